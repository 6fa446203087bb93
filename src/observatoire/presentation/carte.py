"""La carte des quartiers : un SVG dessiné ici, cliquable, lisible au clavier et en noir et blanc."""

from __future__ import annotations

import itertools
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer
from shapely.affinity import affine_transform

from observatoire.presentation import donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent, silence
from observatoire.presentation.constats import constater_les_ecarts
from observatoire.presentation.liens import vers_territoire
from observatoire.presentation.nombres import STATUTS, ecrire, ecrire_ligne, statut_de
from observatoire.presentation.svg import envelopper

if TYPE_CHECKING:
    import pandas as pd

    from observatoire.publie import Publie

LARGEUR = 460
_RAMPE = ("#d9ecf7", "#94c7e6", "#3f93c5", "#0b5a92", "#06304f")
_ENCRES = ("#1f2933", "#1f2933", "#ffffff", "#ffffff", "#ffffff")
MOTIFS = {
    "c": '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6" stroke="#5b1a00" stroke-width="1.4"/>',
    "nd": '<circle cx="2" cy="2" r="1.2" fill="#525c66"/><circle cx="6" cy="6" r="1.2" fill="#525c66"/>',
    "na": '<path d="M0 4H8" stroke="#7b8794" stroke-width="1.4"/>',
    "ne": '<path d="M0 4H8M4 0V8" stroke="#8a6d00" stroke-width="1"/>',
}


def carte(
    valeurs: Publie,
    indicateur: str,
    territoire: str | None = None,
    bailleur: str = "tous",
    depuis: str = "annee",
) -> Fragment:
    """La valeur de chaque quartier, en classes ; chaque quartier mène à sa page.

    ``depuis`` : le dossier de la page qui porte la carte (voir :mod:`observatoire.presentation.liens`).
    """
    declaration = valeurs.catalogue[indicateur]
    if valeurs.contours is None:
        return silence("Cette ville n'a pas de contours de quartiers.")
    repere = reperes.englober(valeurs, territoire)
    commune = repere.code if repere.niveau != valeurs.tout[0] else None
    lignes = selection.quartiers(valeurs, indicateur, bailleur, commune)
    if donnees.vide(lignes):
        return absent(f"{declaration['libelle']} (carte)", donnees.raison({r["nom"]: r for r in lignes}))
    lieux, cadre, schematique = _lieux(valeurs, lignes)
    bornes = _classes([x["valeur"] for x in lieux])
    titre = f"{declaration['libelle']} par quartier, {valeurs.annee}"
    if bailleur != "tous":
        titre = f"{titre}, {valeurs.nom('bailleur', bailleur)}"
    corps = _motifs(lieux) + "".join(
        _dessiner(valeurs, declaration, lieu, bornes, territoire, depuis) for lieu in lieux
    )
    description = " ; ".join(donnees.en_clair(x["nom"], x, declaration) for x in lieux)
    svg = envelopper(cadre, corps, titre, f"{description}.").replace('role="img"', 'role="group"')
    return _mettre_en_page(valeurs, declaration, lignes, svg, titre, bornes, schematique, repere)


def _lieux(valeurs: Publie, lignes: list[dict]) -> tuple[list[dict], str, bool]:
    """Les quartiers projetés, simplifiés et ramenés à la page ; le cadre ; et si la carte est schématique."""
    contours, par_code = valeurs.contours, {r["code"]: r for r in lignes}
    traces, cadre, oui = tracer(contours[contours["niveau"].eq("quartier") & contours["code"].isin(par_code)])
    traces = {t["code"]: t for t in traces.drop(columns="niveau").to_dict("records")}
    return [{**r, **traces[r["code"]]} for r in lignes if r["code"] in traces], cadre, oui


def tracer(contours: pd.DataFrame) -> tuple[pd.DataFrame, str, bool]:
    """Des contours projetés, simplifiés et ramenés à la page (``niveau``, ``code``, ``trace``, ``x``, ``y``) ; le
    cadre ; et si la carte est schématique."""
    plans = shapely.transform(contours["geometry"].to_numpy(), lambert().transform, interleaved=False)
    ouest, sud, est, nord = shapely.total_bounds(plans)
    echelle = (LARGEUR - 8) / (est - ouest)
    cadrage = [echelle, 0, 0, -echelle, 4 - ouest * echelle, 4 + nord * echelle]
    formes = [affine_transform(f, cadrage) for f in shapely.simplify(plans, (est - ouest) / 900)]
    points = shapely.point_on_surface(formes)
    traces = [trace(forme) for forme in formes]
    places = contours[["niveau", "code"]].assign(trace=traces, x=shapely.get_x(points), y=shapely.get_y(points))
    oui = contours["schematique"].astype(str).str.lower().eq("true").any() if "schematique" in contours else False
    return places, f"0 0 {LARGEUR} {(nord - sud) * echelle + 8:.0f}", bool(oui)


@lru_cache(maxsize=1)
def lambert() -> Transformer:
    """De la longitude et de la latitude aux mètres du Lambert-93."""
    return Transformer.from_crs(4326, 2154, always_xy=True)


def trace(forme) -> str:
    """Le chemin SVG d'un polygone ou d'un multipolygone, trous compris, au dixième de point."""
    polygones = getattr(forme, "geoms", [forme])
    anneaux = [anneau for p in polygones for anneau in (p.exterior, *p.interiors)]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in a.coords[:-1]) + "Z" for a in anneaux)


def _classes(valeurs: list[float]) -> np.ndarray:
    """Les bornes d'au plus cinq classes d'effectifs voisins (quantiles)."""
    connues = np.array(valeurs, float)
    connues = connues[np.isfinite(connues)]
    nombre = min(5, max(1, len(np.unique(connues)) // 2 + 1))
    return np.unique(np.quantile(connues, np.linspace(0, 1, nombre + 1)))


def _classer(valeur: float, bornes: np.ndarray) -> int:
    return int(np.clip(np.searchsorted(bornes, valeur, side="right") - 1, 0, max(len(bornes) - 2, 0)))


def _couleur(rang: int, bornes: np.ndarray) -> tuple[str, str]:
    """Le fond et l'encre d'une classe : la rampe va toujours du clair au foncé."""
    nombre = max(len(bornes) - 1, 1)
    place = round(rang * (len(_RAMPE) - 1) / max(nombre - 1, 1)) if nombre > 1 else 2
    return _RAMPE[place], _ENCRES[place]


def _motifs(lieux: list[dict]) -> str:
    presents = [s for s in STATUTS if s in {statut_de(x) for x in lieux}]
    return f"<defs>{''.join(motif(s, s) for s in presents)}</defs>"


def motif(statut: str, cle: str) -> str:
    """Le motif SVG d'un statut, sous l'identifiant ``motif-<cle>``."""
    fond = '<rect width="8" height="8" fill="#fff"/>'
    return (
        f'<pattern id="motif-{cle}" width="8" height="8" patternUnits="userSpaceOnUse">{fond}{MOTIFS[statut]}</pattern>'
    )


def _dessiner(valeurs, declaration, lieu: dict, bornes, territoire, depuis) -> str:
    statut = statut_de(lieu)
    cache = statut != "publie"
    fond, encre = (f"url(#motif-{statut})", "#1f2933") if cache else _couleur(_classer(lieu["valeur"], bornes), bornes)
    texte = donnees.en_clair(lieu["nom"], lieu, declaration)
    etiquette = ecrire_ligne(lieu, declaration).split("\u00a0")[0].replace("\u202f%", "")
    halo = ' stroke="#fff" stroke-width="3"' if cache else ""
    adresse = vers_territoire(valeurs, "quartier", lieu["code"], depuis)
    classe = "obs-lieu obs-courant" if lieu["code"] == territoire else "obs-lieu"
    trait = ' stroke="#525c66"' if cache else ""
    return (
        f'<a class="{classe}" href="{escape(adresse)}" aria-label="{escape(texte)}"><title>{escape(texte)}</title>'
        f'<path d="{lieu["trace"]}" fill="{fond}"{trait}/>'
        f'<text x="{lieu["x"]:.1f}" y="{lieu["y"] + 4:.1f}" text-anchor="middle" font-size="12.5" '
        f'font-weight="600" fill="{encre}" aria-hidden="true"{halo}>{escape(etiquette)}</text></a>'
    )


def _mettre_en_page(valeurs, declaration, lignes, svg, titre, bornes, schematique, repere) -> Fragment:
    ville = reperes.ligne(valeurs, declaration["code"], repere)
    rangs = [(r["nom"], r, valeurs.annee) for r in lignes]
    table = donnees.table_figure("Quartier", [(repere.nom, ville, valeurs.annee), *rangs], declaration, titre)
    marque = '<p class="obs-note"><span class="obs-schematique">carte schématique</span></p>' if schematique else ""
    dessin = f"{svg}{_legende(declaration, lignes, bornes)}{marque}"
    note = donnees.note(valeurs, declaration, ville, f"{repere.nom} : {ecrire_ligne(ville, declaration)}.")
    constat = constater_les_ecarts(valeurs, declaration["code"], lignes, repere, "quartier")
    cartouche = donnees.Cartouche(titre, constat, f"carte-{declaration['code']}")
    fragment = donnees.figure(dessin, cartouche, table, note, avec_statuts=False)
    return Fragment(fragment.html.replace('class="obs-figure"', 'class="obs-figure obs-carte"', 1), titre)


def _legende(declaration: dict, lignes: list[dict], bornes: np.ndarray) -> str:
    decimales = 0 if declaration["nature"] == "effectif" else None
    textes = [ecrire(b, declaration["unite"], avec_unite=False, decimales=decimales) for b in bornes]
    fin = ecrire(bornes[-1], declaration["unite"], decimales=decimales).removeprefix(textes[-1])
    paires = list(itertools.pairwise(textes)) or [(textes[0], textes[0])]
    cases = [_case(_couleur(rang, bornes)[0], f"{bas} à {haut}{fin}") for rang, (bas, haut) in enumerate(paires)]
    presents = [s for s in STATUTS if s in {statut_de(r) for r in lignes}]
    cases += [_case_motif(s, declaration["code"]) for s in presents]
    return f'<ul class="obs-legende" aria-label="Légende">{"".join(cases)}</ul>'


def _case(couleur: str, texte: str) -> str:
    carre = f'<svg viewBox="0 0 22 14" aria-hidden="true"><rect width="22" height="14" fill="{couleur}"/></svg>'
    return f"<li>{carre}{escape(texte)}</li>"


def _case_motif(statut: str, code: str) -> str:
    """La case d'un statut : les mêmes traits, dessinés sans motif (aucun identifiant à répéter)."""
    traits = "".join(f'<g transform="translate({x} {y})">{MOTIFS[statut]}</g>' for x in (0, 8, 16) for y in (0, 8))
    dessin = f'<svg viewBox="0 0 22 14" aria-hidden="true"><rect width="22" height="14" fill="#fff"/>{traits}</svg>'
    return f"<li>{dessin}{statut} : {escape(STATUTS[statut].libelle)}</li>"

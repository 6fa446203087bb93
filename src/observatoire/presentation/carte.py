"""La carte des quartiers : un SVG dessiné ici, cliquable, lisible au clavier et en noir et blanc."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from pyproj import Transformer
from shapely.affinity import affine_transform

from observatoire.presentation import donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent, plier, silence
from observatoire.presentation.classes import Classes, classer
from observatoire.presentation.constats import constater_les_ecarts
from observatoire.presentation.contraste import encre_sur
from observatoire.presentation.etiquettes import CORPS, etiqueter
from observatoire.presentation.liens import vers_territoire
from observatoire.presentation.nombres import STATUTS, ecrire, ecrire_ligne, statut_de
from observatoire.presentation.svg import envelopper
from observatoire.vocabulaire import EFFECTIF, NON_APPLICABLE, NON_DISPONIBLE, NON_EVALUE, SECRET

if TYPE_CHECKING:
    import pandas as pd

    from observatoire.presentation.reperes import Repere
    from observatoire.publie import Publie

#: La largeur d'une carte sur le site (40rem, ``.obs-carte``).
PIXELS = 640
LARGEUR = 460
#: Le rayon du plus grand disque, et le fond des quartiers qui en portent un.
DISQUE, FOND, BLEU = 40, "#f4f6f7", "#80bbdd"
ENCRE = "#1f2933"
SCHEMATIQUE = '<p class="obs-note"><span class="obs-schematique">carte schématique</span></p>'
MOTIFS = {
    SECRET: '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6" stroke="#5b1a00" stroke-width="1.4"/>',
    NON_DISPONIBLE: '<circle cx="2" cy="2" r="1.2" fill="#525c66"/><circle cx="6" cy="6" r="1.2" fill="#525c66"/>',
    NON_APPLICABLE: '<path d="M0 4H8" stroke="#7b8794" stroke-width="1.4"/>',
    NON_EVALUE: '<path d="M0 4H8M4 0V8" stroke="#8a6d00" stroke-width="1"/>',
}


def carte(
    valeurs: Publie,
    indicateur: str,
    territoire: str | None = None,
    bailleur: str = "tous",
    depuis: str = "annee",
) -> Fragment:
    """La valeur de chaque quartier, en classes, ou en disque si c'est un compte ; chaque quartier mène à sa page.

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
    titre = f"{declaration['libelle']} par quartier, {valeurs.annee}"
    if bailleur != "tous":
        titre = f"{titre}, {valeurs.nom('bailleur', bailleur)}"
    echelle = _echelle(valeurs, declaration, bailleur, lignes, repere)
    habit, page = (declaration, echelle), (territoire, depuis)
    svg, schematique = _tracer_la_carte(valeurs, (valeurs.contours, lignes), habit, page, titre)
    dessin = f"{svg}{_legende(declaration, lignes, echelle, (reperes.ligne(valeurs, indicateur, repere), repere))}"
    if schematique:
        dessin += SCHEMATIQUE
    if valeurs.contours_officiels is not None:
        fond = valeurs.contours_officiels, lignes
        officiel, _ = _tracer_la_carte(valeurs, fond, habit, page, f"{titre}, contours officiels")
        dessin += replier_les_officiels(valeurs, officiel)
    return _mettre_en_page(valeurs, declaration, lignes, dessin, titre, repere)


def _tracer_la_carte(
    valeurs: Publie, fond: tuple[pd.DataFrame, list[dict]], habit: tuple, page: tuple[str | None, str], titre: str
) -> tuple[str, bool]:
    """Le dessin, et s'il est schématique. ``fond`` : des contours et les lignes de leurs quartiers ; ``habit`` : la
    déclaration et l'échelle."""
    (declaration, echelle), (lieux, cadre, schematique) = habit, _lieux(*fond)
    habilles = [(lieu, _aspect(lieu, declaration, echelle)) for lieu in lieux]
    formes = [_dessiner(valeurs, declaration, *habille, page) for habille in habilles]
    noms = [_nommer(declaration, *habille) for habille in habilles]
    corps = f'{_motifs(lieux)}{"".join(formes)}<g class="obs-noms" aria-hidden="true">{"".join(noms)}</g>'
    description = " ; ".join(donnees.en_clair(x["nom"], x, declaration) for x in lieux)
    svg = envelopper(cadre, corps, titre, f"{description}.", PIXELS).replace('role="img"', 'role="group"')
    return svg, schematique


def replier_les_officiels(valeurs: Publie, svg: str) -> str:
    """La même carte sur les contours officiels, à ouvrir sous le schéma ; avec leur source."""
    source = escape(str(valeurs.contours_officiels["source"].iloc[0]))
    return plier("Sur les contours officiels", f'{svg}<p class="obs-note">Contours : {source}.</p>')


def _lieux(contours: pd.DataFrame, lignes: list[dict]) -> tuple[list[dict], str, bool]:
    """Les quartiers projetés, simplifiés et ramenés à la page ; le cadre ; et si la carte est schématique."""
    par_code = {r["code"]: r for r in lignes}
    contours = contours[contours["niveau"].eq("quartier") & contours["code"].isin(par_code)]
    traces, cadre, oui = tracer(contours, [par_code[code]["nom"] for code in contours["code"]])
    traces = {t["code"]: t for t in traces.drop(columns="niveau").to_dict("records")}
    return [{**r, **traces[r["code"]]} for r in lignes if r["code"] in traces], cadre, oui


def _echelle(valeurs, declaration, bailleur, lignes, repere) -> Classes | float:
    """Ce qui vaut toutes les années de l'édition : les classes ; d'un compte, le plus grand."""
    toutes = valeurs.extrait(indicateur=declaration["code"], niveau="quartier", bailleur=bailleur)
    toutes = toutes[toutes["territoire"].isin([r["code"] for r in lignes])]
    if declaration["nature"] == EFFECTIF:
        return float(toutes["valeur"].max()) or 1.0
    tout = valeurs.lignes(declaration["code"], repere.niveau, repere.code)
    return classer(toutes, [r["valeur"] for r in tout], declaration)


def tracer(contours: pd.DataFrame, noms: list[str]) -> tuple[pd.DataFrame, str, bool]:
    """Des contours projetés, simplifiés et ramenés à la page (``niveau``, ``code``, ``trace``, ``x``, ``y``, et
    ``abrege``, ce qui s'écrit du nom) ; le cadre ; et si la carte est schématique."""
    geometries = tuple(shapely.to_wkb(contours["geometry"].to_numpy()))
    tracees, cadre = _tracer(tuple(contours["niveau"]), geometries, tuple(noms))
    return contours[["niveau", "code"]].assign(**tracees), cadre, sont_schematiques(contours)


@lru_cache(maxsize=16)  # d'une page à l'autre, les contours sont les mêmes
def _tracer(niveaux: tuple[str, ...], geometries: tuple[bytes, ...], noms: tuple[str, ...]) -> tuple[dict, str]:
    plans = shapely.transform(shapely.from_wkb(geometries), lambert().transform, interleaved=False)
    ouest, sud, est, nord = shapely.total_bounds(plans)
    echelle = (LARGEUR - 8) / (est - ouest)
    cadrage = [echelle, 0, 0, -echelle, 4 - ouest * echelle, 4 + nord * echelle]
    formes = np.array([affine_transform(f, cadrage) for f in shapely.simplify(plans, (est - ouest) / 900)])
    abreges, points = np.array(noms, dtype=object), np.empty((len(noms), 2))
    for niveau in dict.fromkeys(niveaux):
        siens = np.array(niveaux) == niveau
        abreges[siens], points[siens] = etiqueter(list(abreges[siens]), list(formes[siens]))
    traces = {"trace": [trace(forme) for forme in formes], "abrege": abreges, "x": points[:, 0], "y": points[:, 1]}
    return traces, f"0 0 {LARGEUR} {(nord - sud) * echelle + 8:.0f}"


def sont_schematiques(contours: pd.DataFrame) -> bool:
    """L'un de ces contours se dit schématique."""
    return "schematique" in contours and bool(contours["schematique"].astype(str).str.lower().eq("true").any())


@lru_cache(maxsize=1)
def lambert() -> Transformer:
    """De la longitude et de la latitude aux mètres du Lambert-93."""
    return Transformer.from_crs(4326, 2154, always_xy=True)


def trace(forme) -> str:
    """Le chemin SVG d'un polygone ou d'un multipolygone, trous compris, au dixième de point."""
    polygones = getattr(forme, "geoms", [forme])
    anneaux = [anneau for p in polygones for anneau in (p.exterior, *p.interiors)]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in a.coords[:-1]) + "Z" for a in anneaux)


def _motifs(lieux: list[dict]) -> str:
    presents = [s for s in STATUTS if s in {statut_de(x) for x in lieux}]
    return f"<defs>{''.join(motif(s, s) for s in presents)}</defs>"


def motif(statut: str, cle: str) -> str:
    """Le motif SVG d'un statut, sous l'identifiant ``motif-<cle>``."""
    fond = '<rect width="8" height="8" fill="#fff"/>'
    return (
        f'<pattern id="motif-{cle}" width="8" height="8" patternUnits="userSpaceOnUse">{fond}{MOTIFS[statut]}</pattern>'
    )


class Aspect(NamedTuple):
    """Un quartier : son fond, l'encre et le cerne de ses textes, et le rayon de son disque."""

    fond: str
    encre: str
    cerne: str
    rayon: float = 0


def _aspect(lieu: dict, declaration: dict, echelle: Classes | float) -> Aspect:
    statut = statut_de(lieu)
    if statut != "publie":
        return Aspect(f"url(#motif-{statut})", ENCRE, "#ffffff")
    if declaration["nature"] == EFFECTIF:
        return Aspect(FOND, ENCRE, "#ffffff", DISQUE * sqrt(lieu["valeur"] / echelle))
    fond = echelle.teinte(echelle.rang(lieu["valeur"]))
    return Aspect(fond, encre_sur(fond), fond)


def _dessiner(valeurs, declaration: dict, lieu: dict, aspect: Aspect, page: tuple[str | None, str]) -> str:
    """Le lien d'un quartier ; ``page`` : le territoire de celle qui porte la carte, et son dossier."""
    territoire, depuis = page
    texte = donnees.en_clair(lieu["nom"], lieu, declaration)
    adresse = vers_territoire(valeurs, "quartier", lieu["code"], depuis)
    classe = "obs-lieu obs-courant" if lieu["code"] == territoire else "obs-lieu"
    trait = "" if aspect.fond.startswith("#") and not aspect.rayon else ' stroke="#525c66"'
    return (
        f'<a class="{classe}" href="{escape(adresse)}" aria-label="{escape(texte)}"><title>{escape(texte)}</title>'
        f'<path d="{lieu["trace"]}" fill="{aspect.fond}"{trait}/></a>'
    )


def _nommer(declaration: dict, lieu: dict, aspect: Aspect) -> str:
    """Le nom d'un quartier et sa valeur, cernés, sur son disque s'il en a un ; par-dessus tous les contours."""
    x, y = f"{lieu['x']:.1f}", f"{lieu['y']:.1f}"
    disque = f'<circle cx="{x}" cy="{y}" r="{aspect.rayon:.1f}" fill="{BLEU}"/>' if aspect.rayon else ""
    valeur = ecrire_ligne(lieu, declaration).split("\u00a0")[0]
    return (
        f'{disque}<text x="{x}" y="{y}" text-anchor="middle" font-size="{CORPS}" fill="{aspect.encre}" '
        f'stroke="{aspect.cerne}" stroke-width="3"><tspan x="{x}" dy="-.2em">{escape(lieu["abrege"])}</tspan>'
        f'<tspan x="{x}" dy="1.1em" font-weight="700">{escape(valeur)}</tspan></text>'
    )


def _mettre_en_page(valeurs, declaration, lignes, dessin, titre, repere) -> Fragment:
    ville = reperes.ligne(valeurs, declaration["code"], repere)
    rangs = [(r["nom"], r, valeurs.annee) for r in lignes]
    table = donnees.table_figure("Quartier", [(repere.nom, ville, valeurs.annee), *rangs], declaration, titre)
    note = donnees.note(valeurs, declaration, ville, f"{repere.nom} : {ecrire_ligne(ville, declaration)}.")
    constat = constater_les_ecarts(valeurs, declaration["code"], lignes, repere, "quartier")
    cartouche = donnees.Cartouche(titre, constat, f"carte-{declaration['code']}")
    fragment = donnees.figure(dessin, cartouche, table, note, avec_statuts=False)
    return Fragment(fragment.html.replace('class="obs-figure"', 'class="obs-figure obs-carte"', 1), titre)


def _legende(declaration: dict, lignes: list[dict], echelle: Classes | float, ville: tuple[dict, Repere]) -> str:
    """Les classes, celle de la ville nommée ; d'un compte, ce que veut dire un disque ; et les statuts présents."""
    if declaration["nature"] == EFFECTIF:
        grand = ecrire(echelle, declaration["unite"], decimales=0)
        cases = [f"<li>La surface d'un disque est proportionnelle au nombre ; la plus grande : {escape(grand)}.</li>"]
    else:
        (tout, repere), libelles = ville, echelle.libelles()
        if statut_de(tout) == "publie":
            libelles[echelle.rang(tout["valeur"])] += f" ({repere.nom.lower()} : {ecrire_ligne(tout, declaration)})"
        cases = [_case(echelle.teinte(rang), libelle) for rang, libelle in enumerate(libelles)]
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

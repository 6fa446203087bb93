"""Ce dont part l'explorateur : le sommaire de ce qui s'y choisit, et son fond de carte."""

from __future__ import annotations

from html import escape
from math import log10
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.echappement import pour_tableur
from observatoire.presentation import selection
from observatoire.presentation.carte import MOTIFS, SCHEMATIQUE, motif, replier_les_officiels, tracer
from observatoire.presentation.etiquettes import CORPS
from observatoire.presentation.liens import vers_territoire
from observatoire.presentation.nombres import suffixe
from observatoire.publie import est_hors
from observatoire.vocabulaire import DE_DEFINITION, DEPUIS_ZERO, NIVEAUX, STATUTS, UNITES, multiplier

if TYPE_CHECKING:
    from observatoire.publie import Publie


def sommaire(valeurs: Publie) -> dict:
    """Ce qui se choisit et comment cela s'écrit : années, niveaux, bailleurs, lieux, indicateurs, statuts (pour JSON).

    Les codes y sont tels que les fichiers CSV les portent. ``croises`` : niveau -> les seules tables qui s'y croisent
    par bailleur ; le reste y est secret.
    """
    edition, lieux = valeurs.edition, valeurs.territoires
    presents = set(lieux["niveau"])
    bailleurs = selection.vrais_bailleurs(valeurs)
    return {
        "annees": edition["annees"],
        "tout": valeurs.tout[0],
        "croises": (edition.get("regles") or {}).get("par_bailleur") or {},
        "niveaux": [
            {"code": n, "libelle": mot.libelle, "pluriel": mot.pluriel} for n, mot in NIVEAUX.items() if n in presents
        ],
        "bailleurs": [{"code": pour_tableur(c), "nom": n} for c, n in _paires(bailleurs)],
        "lieux": [_lieu(valeurs, niveau, code, nom) for niveau, code, nom in _triplets(lieux)],
        "indicateurs": [_indicateur(valeurs, declaration) for declaration in valeurs.catalogue.values()],
        "statuts": {code: {"libelle": mot.libelle, "sens": mot.sens} for code, mot in STATUTS.items()},
    }


def _paires(table: pd.DataFrame) -> zip:
    return zip(table["code"], table["nom"], strict=True)


def _triplets(lieux: pd.DataFrame) -> zip:
    return zip(lieux["niveau"], lieux["code"], lieux["nom"].fillna(lieux["code"]), strict=True)


def _lieu(valeurs: Publie, niveau: str, code: str, nom: str) -> dict:
    """Un territoire ; ``page`` : la sienne, dans le dossier d'une année."""
    lieu = {"niveau": niveau, "code": pour_tableur(code), "nom": nom}
    page = None if est_hors(code) else vers_territoire(valeurs, niveau, code)
    return lieu | ({"page": page} if page else {})


def _indicateur(valeurs: Publie, declaration: dict) -> dict:
    """Ce qu'il faut d'une déclaration pour écrire ses valeurs comme partout ailleurs.

    ``exposant`` : de combien la virgule se déplace. ``decimales`` absente : une, ou aucune si le nombre est entier.
    ``unites`` : au pluriel, au singulier. ``coupures`` : années qu'une rupture de définition sépare d'avant.
    """
    unite = declaration["unite"]
    connues = UNITES.get(unite)
    champs = ("code", "libelle", "famille", "nature", "numerateur", "denominateur", "source", "periode")
    ruptures = selection.ruptures(valeurs, declaration["code"])
    return {champ: declaration.get(champ) for champ in champs} | {
        "fiche": declaration.get("groupe") or declaration["code"],
        "exposant": round(log10(multiplier(unite))),
        "decimales": connues.decimales if connues else None,
        "unites": [suffixe("2", unite), suffixe("1", unite)],
        "signe": unite == "points",
        "depuisZero": declaration["nature"] in DEPUIS_ZERO,
        "coupures": [r["annee"] for r in ruptures if r["genre"] == DE_DEFINITION],
    }


def fond_de_carte(valeurs: Publie) -> str:
    """Les contours, un groupe par niveau, et les motifs des statuts ; rien sur un territoire sans contours.

    Le dessin est vide : les couleurs et les valeurs viennent du choix.
    """
    if valeurs.contours is None:
        return ""
    motifs = "".join(motif(statut, f"explorateur-{statut}") for statut in MOTIFS)
    fond, schematique = _tracer(valeurs, valeurs.contours, f"<defs>{motifs}</defs>")
    if schematique:
        fond += SCHEMATIQUE
    if valeurs.contours_officiels is not None:
        fond += replier_les_officiels(valeurs, _tracer(valeurs, valeurs.contours_officiels)[0])
    return fond


def _tracer(valeurs: Publie, contours: pd.DataFrame, motifs: str = "") -> tuple[str, bool]:
    """Des contours, un groupe par niveau, et s'ils sont schématiques."""
    traces, cadre, schematique = tracer(contours, _noms(valeurs, contours))
    groupes = "".join(f'<g data-niveau="{escape(n)}">{_formes(siennes)}</g>' for n, siennes in traces.groupby("niveau"))
    return f'<svg class="obs-svg obs-fond" viewBox="{cadre}">{motifs}{groupes}</svg>', schematique


def _noms(valeurs: Publie, contours: pd.DataFrame) -> list[str]:
    """Le nom de chaque contour ; son code s'il n'a pas de valeurs, et ne paraîtra pas."""
    return [valeurs.noms.get(cle, cle[1]) for cle in zip(contours["niveau"], contours["code"], strict=True)]


def _formes(traces: pd.DataFrame) -> str:
    """Les lieux d'un niveau : leurs contours, puis par-dessus leurs noms, avec la place d'un disque."""
    codes = [escape(pour_tableur(code)) for code in traces["code"]]
    contours = "".join(
        f'<g class="obs-lieu" data-code="{code}"><path d="{d}"></path></g>'
        for code, d in zip(codes, traces["trace"], strict=True)
    )
    noms = "".join(
        f'<g data-de="{code}" data-nom="{escape(t.abrege)}"><text x="{t.x:.1f}" y="{t.y:.1f}" text-anchor="middle" '
        f'font-size="{CORPS}"></text></g>'
        for code, t in zip(codes, traces.itertuples(), strict=True)
    )
    return f'{contours}<g class="obs-noms">{noms}</g>'

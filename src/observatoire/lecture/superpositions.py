"""Combien d'immeubles déposés sont sous deux contours à la fois : ce qu'un recouvrement change, avant de le refuser."""

from __future__ import annotations

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.interdits import normaliser
from observatoire.isolement import Panne, faire_a_part
from observatoire.lecture.conversion import convertir
from observatoire.lecture.depots import Fichier, inventorier
from observatoire.lecture.fichiers import lire_fichier
from observatoire.lecture.problemes import compter
from observatoire.lecture.prudence import limites
from observatoire.lecture.refus import FichierIllisible
from observatoire.lecture.territoires import ContoursSuperposes, points
from observatoire.schemas import Schema

POSITION = ("x", "y", "lon", "lat")


def avec_les_immeubles(erreur: ContoursSuperposes, config: Configuration, schema: Schema) -> ContoursSuperposes:
    """Le même refus, où se lit combien d'immeubles de la dernière année déposée il concerne."""
    deposes = inventorier(config)[0] if config.chemin("brut").is_dir() else []
    siens = [f for f in deposes if f.table == "immeubles" and not f.refuse]
    derniers = [f for f in siens if f.annee == max(s.annee for s in siens)]
    lus = [t for t in faire_a_part(_situer, derniers, schema, limites) if not isinstance(t, Panne)]
    if not lus:
        return erreur
    touches = _compter(pd.concat(lus, ignore_index=True), erreur.contours)
    quels = f"{compter(touches, 'immeuble')} de {derniers[0].annee} sous deux contours à la fois."
    return ContoursSuperposes(f"{erreur}\n{quels}", erreur.contours)


def _situer(fichier: Fichier, schema: Schema) -> pd.DataFrame:
    """Les coordonnées écrites dans un fichier, là où elles se lisent."""
    try:
        lu = lire_fichier(fichier.chemin, [schema.colonnes])
    except FichierIllisible:
        return pd.DataFrame(columns=POSITION, dtype="float64")
    rangs = {normaliser(nom): rang for rang, nom in enumerate(lu.entete)}
    vide = pd.Series("", index=lu.cadre.index, dtype="str")
    textes = {c: lu.cadre[rangs[c]] if c in rangs else vide for c in POSITION}
    return pd.DataFrame({c: convertir(t, schema.champs[c])[0] for c, t in textes.items()})


def _compter(immeubles: pd.DataFrame, contours) -> int:
    """Ceux que deux contours d'un même niveau contiennent."""
    from shapely import STRtree

    places = points(immeubles)
    connues = places[places.notna()].to_numpy()
    qui, ou = STRtree(contours.geometry.to_numpy()).query(connues, predicate="intersects")
    trouves = pd.DataFrame({"qui": qui, "niveau": contours["niveau"].to_numpy()[ou]})
    return trouves.loc[trouves.duplicated(), "qui"].nunique()

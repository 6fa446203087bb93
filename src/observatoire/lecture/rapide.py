"""Lire ensemble les dépôts Parquet d'un lot, quand ils sont en ordre.

Des centaines de bailleurs déposent des fichiers justes : les lire l'un après l'autre coûterait surtout des mises en
route. Ici, un lot entier est lu, vérifié et fouillé d'un coup. S'il y a quoi que ce soit à redire, la réponse est
``None`` et chaque part est lue seule par ``lecture.parts``, qui sait dire quoi.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from observatoire.configuration import TABLES
from observatoire.interdits.contenus import suspecte
from observatoire.lecture.allures import regarder
from observatoire.lecture.avertissements import avertir
from observatoire.lecture.conformite import conforme
from observatoire.lecture.corrections import colonne_id
from observatoire.lecture.depots import Contenu, Fichier
from observatoire.lecture.invisibles import en_a
from observatoire.lecture.liens import NIVEAUX, hors_de_l_annee, territoires_inconnus
from observatoire.lecture.parquet import lire_types, numeros
from observatoire.lecture.parts import Outils, hors_contours
from observatoire.lecture.tables import rangs, sans_nr
from observatoire.lecture.temoins import choisir
from observatoire.schemas import Schema


@dataclass(frozen=True)
class _Reunie:
    """Une table de plusieurs fichiers, l'un sous l'autre ; le fichier k commence à la ligne ``debuts[k]``."""

    fichiers: list[Fichier]
    debuts: np.ndarray
    table: pd.DataFrame


def lire_vite(fichiers: list[Fichier], annee: int, outils: Outils) -> dict[str, pd.DataFrame] | None:
    """Les tables réunies d'un lot (comme :func:`lecture.tables.reunir`), codes en ``Categorical`` ; ``None`` s'il y a
    quelque chose à redire. Remplit ``lignes``, ``contenus`` et ``avertissements`` des fichiers.
    """
    reunies = {}
    for nom in TABLES:
        siens = [f for f in fichiers if f.table == nom]
        if siens:
            reunies[nom] = _lire(siens, annee, outils)
            if reunies[nom] is None:
                return None
    if not _lies(reunies, outils):
        return None
    tables = {nom: reunie.table for nom, reunie in reunies.items()}
    for nom, reunie in reunies.items():
        _resumer(reunie, outils.schemas[nom])
        _avertir(nom, reunie, tables, annee, outils)
    return {nom: sans_nr(table, outils.schemas[nom]) for nom, table in tables.items()}


def _lire(fichiers: list[Fichier], annee: int, outils: Outils) -> _Reunie | None:
    schema = outils.schemas[fichiers[0].table]
    lue = lire_types([f.chemin for f in fichiers], schema, fichiers[0].morceau)
    if lue is None or not _sans_interdit(lue[0], schema):
        return None
    brute = lue[0].combine_chunks().to_pandas()
    if outils.contours is not None:  # les jointures de territoire comparent des textes
        brute = brute.astype({nom: "str" for nom in NIVEAUX if nom in brute})
    if not conforme(brute, schema, unique=False):
        return None
    if hors_de_l_annee(brute, brute, fichiers[0], schema) or territoires_inconnus(brute, schema, outils.contours):
        return None
    deposes = _deposants(fichiers, lue[1], outils)
    if not _des_bailleurs(brute, deposes):
        return None
    debuts = np.cumsum([0, *lue[1]])
    if not all(_uniques(lue[0][nom], debuts) for nom, champ in schema.champs.items() if champ.unique):
        return None
    table = brute.assign(annee=annee, **deposes, **_identifiants(lue[0], fichiers, debuts))
    return _Reunie(fichiers, debuts, table)


def _sans_interdit(lue: pa.Table, schema: Schema) -> bool:
    """Aucun texte ne ressemble-t-il à une donnée interdite, ni n'a rien d'invisible ? Sinon, chaque fichier est relu.

    Une valeur admise n'est pas interdite et un nombre a ses bornes : seuls les autres textes sont à voir.
    """
    for nom, champ in schema.champs.items():
        if champ.type == "string" and not champ.admises:
            morceaux = lue[nom].chunks
            distinctes = [m.dictionary if pa.types.is_dictionary(m.type) else m for m in morceaux]
            distinctes = [textes.cast(pa.large_string()) for textes in distinctes]
            if any(suspecte(textes) or en_a(textes) for textes in distinctes):
                return False
    return True


def _cle(nom: str) -> str:
    """La colonne où un identifiant est rendu unique entre bailleurs."""
    return "immeuble" if nom == "id_immeuble" else nom


def _uniques(identifiants: pa.ChunkedArray, debuts: np.ndarray) -> bool:
    """Chaque identifiant ne figure-t-il qu'une fois dans son fichier ?"""
    morceaux = (identifiants.slice(debut, fin - debut) for debut, fin in pairwise(debuts))
    return all(len(pc.unique(morceau)) == len(morceau) for morceau in morceaux)


def _deposants(fichiers: list[Fichier], tailles: list[int], outils: Outils) -> dict[str, object]:
    qui = {d.code: d for d in outils.config.deposants}
    lesquels = np.repeat(np.arange(len(fichiers)), tailles)
    deposants = [f.deposant for f in fichiers]
    bailleurs = np.array([rang if qui[d].est_bailleur else -1 for rang, d in enumerate(deposants)])
    return {
        "deposant": pd.Categorical.from_codes(lesquels, deposants),
        "bailleur": pd.Categorical.from_codes(bailleurs[lesquels], deposants),
        "champ_rpls": np.array([not qui[d].hors_rpls for d in deposants])[lesquels],
    }


def _des_bailleurs(brute: pd.DataFrame, deposes: dict[str, object]) -> bool:
    """Un bailleur ne signe que de son code ; un tiers ne donne que des tables sans identifiant de bailleur."""
    if (deposes["bailleur"].codes < 0).any():
        return not {"bailleur", "id_immeuble", "id_logement"} & set(brute)
    if "bailleur" not in brute:
        return True
    signes = brute["bailleur"].array
    attendus = deposes["bailleur"].categories.get_indexer(signes.categories)
    return bool((np.append(attendus, -1)[signes.codes] == deposes["bailleur"].codes).all())


def _identifiants(lue: pa.Table, fichiers: list[Fichier], debuts: np.ndarray) -> dict[str, pd.Series]:
    """« bailleur:identifiant » : un code pour l'immeuble, écrit une fois par immeuble ; un texte pour le logement."""
    uniques = {}
    for nom in ("id_immeuble", "id_logement"):
        if nom in lue.column_names:
            morceaux = [
                _prefixer(lue[nom].slice(debut, fin - debut).combine_chunks(), f"{fichier.deposant}:")
                for fichier, debut, fin in zip(fichiers, debuts[:-1], debuts[1:], strict=True)
            ]
            colonne = pa.chunked_array(morceaux).unify_dictionaries().combine_chunks()
            uniques[_cle(nom)] = pa.table({nom: colonne}).to_pandas()[nom]
    return uniques


def _prefixer(identifiants: pa.Array, prefixe: str) -> pa.Array:
    if not pa.types.is_dictionary(identifiants.type):
        return pc.binary_join_element_wise(prefixe, identifiants, "")
    # Le dictionnaire est celui de tout le lot : seuls les immeubles de ce fichier en sont gardés.
    codes = identifiants.indices.to_numpy()
    presents, rangs_ = np.unique(codes, return_inverse=True)
    dictionnaire = pc.binary_join_element_wise(prefixe, identifiants.dictionary.take(pa.array(presents)), "")
    return pa.DictionaryArray.from_arrays(pa.array(rangs_.astype(np.int32)), dictionnaire)


def _lies(reunies: dict[str, _Reunie], outils: Outils) -> bool:
    """Chaque identifiant existe dans la table dont il vient."""
    for nom, reunie in reunies.items():
        for colonne, cible in outils.schemas[nom].liens.items():
            if cible not in reunies:
                return False
            ici, la = reunie.table[_cle(colonne)], reunies[cible].table[_cle(colonne)]
            if (rangs(la, ici)[ici.notna().to_numpy()] < 0).any():
                return False
            if not {f.deposant for f in reunie.fichiers} <= {f.deposant for f in reunies[cible].fichiers}:
                return False
    return True


def _resumer(reunie: _Reunie, schema: Schema) -> None:
    remplies = [
        np.add.reduceat(reunie.table[nom].notna().to_numpy(dtype=np.int64), reunie.debuts[:-1])
        for nom in schema.colonnes
    ]
    pleines_par_fichier = np.transpose(remplies)
    for fichier, (debut, fin), pleines in zip(
        reunie.fichiers, pairwise(reunie.debuts), pleines_par_fichier, strict=True
    ):
        lignes = int(fin - debut)
        vides = tuple(nom for nom, n in zip(schema.colonnes, pleines, strict=True) if not n)
        sienne, prefixe = reunie.table.iloc[debut:fin], f"{fichier.deposant}:"
        vus = choisir(sienne, schema, prefixe), regarder(sienne, schema, prefixe)
        remplie = float(pleines.sum() / lignes / len(pleines))
        fichier.lignes, fichier.contenus = lignes, {schema.nom: Contenu(lignes, remplie, vides, *vus)}


def _avertir(nom: str, reunie: _Reunie, tables: dict[str, pd.DataFrame], annee: int, outils: Outils) -> None:
    """Relever les doutes du lot, puis les rendre à leurs fichiers, à la ligne et sous l'identifiant déposés."""
    hors = hors_contours(reunie.table, outils) if nom == "immeubles" else None
    doutes = avertir(nom, reunie.table, outils.schemas[nom], outils.contexte(annee, tables, hors))
    if doutes.empty:
        return
    rangs_ = np.searchsorted(reunie.debuts, doutes["ligne"].to_numpy(dtype=np.int64), side="right") - 1
    for rang in np.unique(rangs_):
        fichier, siens = reunie.fichiers[rang], doutes[rangs_ == rang]
        prefixe = f"{fichier.deposant}:" if colonne_id(outils.schemas[nom]) == "id_logement" else ""
        places = siens["ligne"].to_numpy(dtype=np.int64) - reunie.debuts[rang]
        siens = siens.assign(
            ligne=numeros(fichier.chemin)[places] if fichier.morceau else places + 1,
            id=siens["id"].astype("str").str.removeprefix(prefixe),
        )
        fichier.ajouter_avertissements([siens])

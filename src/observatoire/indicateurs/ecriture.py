"""Écrire les valeurs au fil de leur calcul, à côté, puis mettre les fichiers en place d'un coup."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from observatoire.indicateurs.evaluation import CLES_DES_ROLES, COMPTES, ECRITS, MESURES, Tranche
from observatoire.marque import PROVISOIRE
from observatoire.tables import indicateurs as tables

CODE = pa.dictionary(pa.int32(), pa.string())
CLES, COLONNES = tables.INDICATEURS.noms_des_cles, tables.INDICATEURS.noms
TYPES = {"annee": pa.int64(), **dict.fromkeys([*CLES[1:], "statut"], CODE), **dict.fromkeys(MESURES, pa.float64())}
VALEURS = pa.schema([(nom, TYPES[nom]) for nom in COLONNES])
DES_COMPTES = pa.schema(
    [(nom, TYPES[nom]) for nom in CLES]
    + [(nom, pa.int32() if nom in CLES_DES_ROLES else pa.float64()) for nom in COMPTES]
)


class Ecriture:
    """``indicateurs.parquet`` et ``comptes.parquet``, ligne à ligne, une tranche pendant que la suivante se calcule.

    Un gestionnaire de contexte : les fichiers ne prennent leur nom qu'à la fin, et rien ne reste d'un échec.
    """

    def __init__(self, prepare: Path):
        self.finals = [table.dans(prepare) for table in (tables.INDICATEURS, tables.COMPTES)]
        self.provisoires = [final.with_name(f"{PROVISOIRE}{final.name}.{os.getpid()}") for final in self.finals]
        self.valeurs = 0
        self.fil = ThreadPoolExecutor(1)
        self.en_cours: Future | None = None

    def __enter__(self) -> Ecriture:
        self.ecrivains = [
            pq.ParquetWriter(
                chemin, schema, store_schema=False, write_statistics=False,
                use_dictionary=[c.name for c in schema if pa.types.is_dictionary(c.type)],
            )
            for chemin, schema in zip(self.provisoires, (VALEURS, DES_COMPTES), strict=True)
        ]  # fmt: skip
        return self

    def __exit__(self, erreur: type | None, *_) -> None:
        try:
            with self.fil:
                if erreur is None:
                    self._attendre()
            for ecrivain in self.ecrivains:
                ecrivain.close()
            if erreur is None:
                for provisoire, final in zip(self.provisoires, self.finals, strict=True):
                    provisoire.replace(final)
        finally:
            for provisoire in self.provisoires:
                provisoire.unlink(missing_ok=True)

    def ajouter(self, annee: int, tranche: Tranche) -> None:
        """Écrire toutes les valeurs d'une tranche, territoire par territoire, dès que la précédente l'est."""
        self._attendre()
        self.en_cours = self.fil.submit(self._ecrire, annee, tranche)
        self.valeurs += len(tranche.territoires) * len(tranche.codes)

    def reprendre(self, valeurs: pd.DataFrame, comptes: pd.DataFrame) -> None:
        """Écrire telles quelles les valeurs d'une année qui n'est plus calculée, et leurs comptes."""
        self._attendre()
        self.en_cours = None
        for ecrivain, table, schema in zip(self.ecrivains, (valeurs, comptes), (VALEURS, DES_COMPTES), strict=True):
            textes = pa.Table.from_pandas(table[schema.names], preserve_index=False).replace_schema_metadata(None)
            ecrivain.write_table(textes.cast(schema))
        self.valeurs += len(valeurs)

    def _attendre(self) -> None:
        if self.en_cours is not None:
            self.en_cours.result()

    def _ecrire(self, annee: int, tranche: Tranche) -> None:
        lignes, codes = len(tranche.territoires), len(tranche.codes)
        cles = {
            "annee": pa.array(np.full(lignes * codes, annee)),
            "niveau": _repeter(np.zeros(lignes, np.int32), [tranche.niveau], codes),
            "territoire": _repeter(tranche.territoires.codes, tranche.territoires.categories, codes),
            "bailleur": _repeter(tranche.bailleurs.codes, tranche.bailleurs.categories, codes),
            "indicateur": _code(np.tile(np.arange(codes, dtype=np.int32), lignes), tranche.codes),
        }
        mesures = {nom: pa.array(mesure.ravel(), from_pandas=True) for nom, mesure in tranche.mesures.items()}
        statut = _code(tranche.statuts.ravel(), ECRITS)
        valeurs = pa.table(cles | mesures | {"statut": statut}).select(COLONNES)
        self.ecrivains[0].write_table(valeurs.cast(VALEURS))
        comptes = {nom: pa.array(compte.ravel(), from_pandas=True) for nom, compte in tranche.comptes.items()}
        self.ecrivains[1].write_table(pa.table(cles | comptes).select(DES_COMPTES.names).cast(DES_COMPTES))


def _repeter(codes: np.ndarray, noms, fois: int) -> pa.DictionaryArray:
    return _code(np.repeat(codes, fois), noms)


def _code(codes: np.ndarray, noms) -> pa.DictionaryArray:
    noms = pa.array(pd.Index(noms).astype("str"), type=pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), noms)

"""Ce que sont devenus, un an après, les ménages d'une année : restés, partis, sortis du parc avec leur logement.

Aucun dépôt ne suit un ménage d'une année à l'autre. On sait d'un logement, par son identifiant, s'il est encore loué et
depuis quand : un bail signé dans l'année y dit un nouveau ménage. Un ménage qui change de logement dans le parc compte
donc comme parti, et un bail refait au même nom (décès, séparation) aussi.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from observatoire.configuration import Configuration
from observatoire.conserves import VIDE
from observatoire.droits import creer_dossier
from observatoire.lecture.renumerotations import lire_renumerotations
from observatoire.lecture.tables import ecrire_table, table_vide
from observatoire.schemas import Schema

PARTI, RESTE, HORS_PARC = DEVENIRS = ("parti", "reste", "hors_parc")
DOSSIER = "devenirs.parquet"


def table_tiree_vide(nom: str, schemas: dict[str, Schema]) -> pd.DataFrame:
    """Une table tirée, sans aucune ligne : les colonnes des ménages, et ``devenir``."""
    assert nom == "devenirs"
    return table_vide("menages", schemas["menages"], schemas).assign(devenir=pd.Series(dtype="str"))


def ecrire_devenirs(
    dossier: Path, config: Configuration, schemas: dict[str, Schema], renumerotes: Collection[tuple[int, str]]
) -> None:
    """Écrire ``tables/<annee>/devenirs.parquet`` pour chaque année de l'édition.

    Une ligne par ménage logé au 31 décembre de l'année d'avant, avec ses colonnes d'alors, et ``devenir`` : un mot de
    :data:`DEVENIRS`, manquant si les dépôts de l'année ne le disent pas. Vide quand l'année d'avant manque.
    ``renumerotes`` : (année, déposant) de ceux dont rien ne se suit depuis l'année d'avant.
    """
    renumerotations = lire_renumerotations(config)
    for annee in config.annees:
        destination = dossier / "tables" / str(annee) / DOSSIER
        if destination.is_dir():
            continue
        creer_dossier(destination)
        ecrire_table(table_tiree_vide("devenirs", schemas), destination / VIDE)
        avant = dossier / "tables" / str(annee - 1) / "menages.parquet"
        if annee - 1 not in config.annees or not avant.is_dir():
            continue
        lire, repris = _lecteur(dossier / "tables" / str(annee)), renumerotations.successeurs(annee)
        for lot in sorted(avant.iterdir()):
            menages = pd.read_parquet(lot)
            if len(menages):
                siens = set(menages["deposant"].unique())
                logements, entrees = lire(tuple(sorted(siens.union(*(repris.get(d, ()) for d in siens)))))
                devenir = suivre(menages, _rendre(logements, repris), entrees, annee)
                perdus = menages["deposant"].isin([d for a, d in renumerotes if a == annee])
                suivis = menages.assign(annee=annee, devenir=np.where(perdus, None, devenir))
                ecrire_table(suivis, destination / f"devenirs-{lot.name}")


def _rendre(logements: pd.DataFrame, repris: dict[str, set[str]]) -> pd.DataFrame:
    """Les logements d'un bailleur absorbé, sous son nom : le leur commence par son code."""
    if not repris:
        return logements
    anciens = logements["id_logement"].str.partition(":")[0]
    return logements.assign(deposant=logements["deposant"].astype("str").mask(anciens.isin(list(repris)), anciens))


def _lecteur(tables: Path):
    """De quoi lire, pour des déposants, leurs logements et leurs emménagements d'une année (derniers lus gardés)."""

    @lru_cache(maxsize=1)
    def lire(deposants: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
        return (
            _lire_les_deposes(
                tables / "logements.parquet", ["id_logement", "deposant", "occupation", "date_bail"], deposants
            ),
            _lire_les_deposes(tables / "menages.parquet", ["id_logement", "annee_emmenagement"], deposants),
        )

    return lire


def _lire_les_deposes(dossier: Path, colonnes: list[str], deposants: Iterable[str]) -> pd.DataFrame:
    table = ds.dataset(dossier, format="parquet").to_table(
        columns=colonnes, filter=ds.field("deposant").isin(list(deposants))
    )
    return table.to_pandas()


def suivre(menages: pd.DataFrame, logements: pd.DataFrame, entrees: pd.DataFrame, annee: int) -> np.ndarray:
    """Le devenir de chaque ménage logé au 31 décembre de l'année d'avant.

    ``menages`` : ``id_logement`` et ``deposant`` ; ``logements`` : ceux de ``annee``, avec ``id_logement``,
    ``deposant``, ``occupation`` et ``date_bail`` ; ``entrees`` : ``id_logement`` et ``annee_emmenagement``. Les
    identifiants sont uniques. La date du bail fait foi ; à défaut, l'année d'emménagement.
    """
    places = pd.Index(logements["id_logement"]).get_indexer(menages["id_logement"])
    retrouves = places >= 0
    occupation, bail = (logements[c].array.take(places, allow_fill=True) for c in ("occupation", "date_bail"))
    rangs = pd.Index(entrees["id_logement"]).get_indexer(menages["id_logement"])
    emmenage = entrees["annee_emmenagement"].astype(float).array.take(rangs, allow_fill=True)
    entree = pd.Series(bail).dt.year.astype(float).fillna(pd.Series(emmenage)).to_numpy(dtype=float, na_value=np.nan)
    occupation = pd.Series(occupation, dtype=object)
    depose = menages["deposant"].isin(logements["deposant"].unique()).to_numpy()
    loue = occupation.eq("loue").to_numpy()
    cas = [
        ~depose | (retrouves & occupation.isna().to_numpy()),
        ~retrouves,
        ~loue | (entree >= annee),
        entree < annee,
    ]
    return np.select(cas, [None, HORS_PARC, PARTI, RESTE], None)

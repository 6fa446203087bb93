"""Compter les flux de toutes les années, une lignée de bailleurs à la fois : ``prepare/revue_flux.parquet``."""

from __future__ import annotations

import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.cles import COLONNE as CLE
from observatoire.configuration import Configuration
from observatoire.conserves import a_encore_ses_menages, annees_conservees, relire_d_une_purge
from observatoire.couverture import etats_en_long, renumerotes
from observatoire.indicateurs import lire_regles
from observatoire.indicateurs.perimetre import Presences
from observatoire.indicateurs.releves import Releve, lire_du_bailleur, relever, se_suit
from observatoire.lecture.tables import table_vide
from observatoire.rangement import lire_preparee
from observatoire.schemas import lire_schemas
from observatoire.sujets.revue.calcul.flux import (
    CLES_DES_COMPTES,
    COLONNES,
    COMPTES,
    SANS_QUARTIER,
    compter,
    rapprocher,
    repartir,
    tabuler,
)
from observatoire.sujets.revue.tables import FLUX
from observatoire.tables import en_texte
from observatoire.tables.depots import DEPOTS

_LIENS = ["id_logement", "quartier", "bailleur", "annee", "annee_premiere_location", "champ_rpls", CLE]
_TEXTES = en_texte(FLUX.colonnes)


def parts_du_parc() -> list[Indicateur]:
    """Les parts que l'on décompose : les proportions qui se comptent sur les ménages présents au 31 décembre."""
    return [d for d in catalogue().values() if se_suit(d) and d.tables == ("menages",)]


def compter_les_flux(config: Configuration) -> pd.DataFrame:
    """Les comptes de chaque année face à la précédente (:data:`~.flux.COLONNES`).

    Une année dont les ménages, ou ceux de la précédente, ont été purgés reprend les comptes gardés à la purge.
    """
    paires = [(a - 1, a) for a in config.annees if a - 1 in config.annees]
    morceaux = [_compter_une_paire(config, avant, annee) for avant, annee in paires]
    morceaux = [m for m in morceaux if len(m)]
    table = pd.concat(morceaux, ignore_index=True) if morceaux else pd.DataFrame(columns=COLONNES)
    types = {"annee": "int64"} | dict.fromkeys(_TEXTES, "str") | dict.fromkeys([*COMPTES, *CLES_DES_COMPTES], "int64")
    return table[COLONNES].astype(types)


def _compter_une_paire(config: Configuration, avant: int, annee: int) -> pd.DataFrame:
    gardees = annees_conservees(config)
    if avant in gardees or annee in gardees or not a_encore_ses_menages(config, avant):
        return relire_d_une_purge(config, FLUX.nom, (annee, avant), annee=annee)
    outils = _Outils(config, avant, annee)
    morceaux = [t for lignee in outils.lignees if len(t := outils.compter(lignee))]
    return pd.concat(morceaux, ignore_index=True).assign(annee=annee) if morceaux else pd.DataFrame()


class _Outils:
    """Deux années, leurs règles et ce que chaque lignée de bailleurs y a livré."""

    def __init__(self, config: Configuration, avant: int, annee: int):
        self.annees, self.tables = (avant, annee), config.chemin("prepare") / "tables"
        baremes = lire_baremes(config.chemin("referentiels"))
        vide = _menages_vides(config)
        self.regles = {a: lire_regles(parts_du_parc(), {"menages": vide}, a, baremes) for a in self.annees}
        self.baremes: Baremes = baremes
        depots = lire_preparee(DEPOTS, config.chemin("prepare"))
        self.presences = Presences(
            pd.concat([etats_en_long(depots, self.regles[a].lues, config, a) for a in self.annees], ignore_index=True)
        )
        self.aux_deux, _ = self.presences.aux_deux(self.annees)
        self.colonnes = sorted({*_LIENS}.union(*(c for r in self.regles.values() for c in r.lues.values())))
        self.lignees = self.presences.lignees(annee)
        self.renumerotes = renumerotes(depots, annee)
        self.sans_quartier = config.quartiers == "communes"  # un pays : la ville seule, la mémoire reste bornée

    def compter(self, lignee: list[str]) -> pd.DataFrame:
        """Les comptes d'une lignée de bailleurs, sous le code de l'un d'eux ; aucune ligne s'ils n'ont déposé aucun
        ménage.
        """
        avant, annee = self.annees
        siens = [[self._lire(a, "menages", b, self.colonnes) for b in lignee] for a in self.annees]
        menages = [pd.concat(tables, ignore_index=True) for tables in siens]
        if self.sans_quartier:
            menages = [t.assign(quartier=SANS_QUARTIER) for t in menages]
        if not len(menages[0]) and not len(menages[1]):
            return pd.DataFrame()
        devenirs, logements = (
            pd.concat([self._lire(a, table, b, ["id_logement", *autre]) for b in lignee], ignore_index=True)
            for a, table, autre in ((annee, "devenirs", ["devenir"]), (avant, "logements", []))
        )
        deux = rapprocher(*menages, devenirs, logements)
        composantes = repartir(deux, annee, not self.renumerotes & set(lignee))
        comptes = {}
        for part in self.regles[annee].lues:
            if any(self._livrent(a, part.code) & set(lignee) for a in self.annees):
                releves = tuple(self._relever(part, a, lignee, t) for a, t in zip(self.annees, siens, strict=True))
                comptes[part.code] = compter(deux, composantes, releves, self._est_la(lignee, part.code))
        return tabuler(deux, comptes).assign(bailleur=lignee[0]) if comptes else pd.DataFrame()

    def _relever(self, part: Indicateur, annee: int, lignee: list[str], tables: list[pd.DataFrame]) -> Releve:
        """Une part sur les lignes de chaque bailleur, bout à bout ; rien sur celles de qui ne l'a pas livrée."""
        bareme, qui = self.baremes.au_31_decembre(annee), self._livrent(annee, part.code)
        return Releve.bout_a_bout([relever(part, t, bareme, b in qui) for b, t in zip(lignee, tables, strict=True)])

    def _lire(self, annee: int, table: str, bailleur: str, colonnes: list[str]) -> pd.DataFrame:
        return lire_du_bailleur(self.tables, annee, table, bailleur, colonnes)

    def _livrent(self, annee: int, code: str) -> set[str]:
        return set() if code in self.regles[annee].sans_regle else self.presences.livrent(annee, code)

    def _est_la(self, lignee: list[str], code: str) -> bool:
        """La lignée a-t-elle livré cette part, avant et après ?"""
        calculable = not any(code in self.regles[a].sans_regle for a in self.annees)
        return calculable and bool(self.aux_deux.loc[lignee[0], code])


def _menages_vides(config: Configuration) -> pd.DataFrame:
    schemas = lire_schemas(config.chemin("schemas"))
    return table_vide("menages", schemas["menages"], schemas)

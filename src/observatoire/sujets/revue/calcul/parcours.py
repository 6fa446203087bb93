"""Compter les flux de toutes les années, un bailleur à la fois : ``prepare/revue_flux.parquet``."""

from __future__ import annotations

import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.cles import COLONNE as CLE
from observatoire.configuration import Configuration
from observatoire.conserves import a_encore_ses_menages, annees_conservees, relire_d_une_purge
from observatoire.couverture import disponibilite, renumerotes
from observatoire.indicateurs import lire_regles
from observatoire.indicateurs.releves import lire_du_bailleur, relever, se_suit
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
    morceaux = [t for bailleur in outils.bailleurs if len(t := outils.compter(bailleur))]
    return pd.concat(morceaux, ignore_index=True).assign(annee=annee) if morceaux else pd.DataFrame()


class _Outils:
    """Deux années, leurs règles et ce que chaque bailleur y a livré."""

    def __init__(self, config: Configuration, avant: int, annee: int):
        self.annees, self.tables = (avant, annee), config.chemin("prepare") / "tables"
        baremes = lire_baremes(config.chemin("referentiels"))
        depots = lire_preparee(DEPOTS, config.chemin("prepare"))
        vide = _menages_vides(config)
        self.regles = {a: lire_regles(parts_du_parc(), {"menages": vide}, a, baremes) for a in self.annees}
        self.baremes: Baremes = baremes
        self.etats = {a: disponibilite(depots, self.regles[a].lues, config, a) for a in self.annees}
        self.colonnes = sorted({*_LIENS}.union(*(c for r in self.regles.values() for c in r.lues.values())))
        self.bailleurs = [b.code for b in config.bailleurs]
        self.renumerotes = renumerotes(depots, annee)
        self.sans_quartier = config.quartiers == "communes"  # un pays : la ville seule, la mémoire reste bornée

    def compter(self, bailleur: str) -> pd.DataFrame:
        """Les comptes d'un bailleur ; aucune ligne s'il n'a déposé aucun ménage."""
        avant, annee = self.annees
        menages = [lire_du_bailleur(self.tables, a, "menages", bailleur, self.colonnes) for a in self.annees]
        if self.sans_quartier:
            menages = [t.assign(quartier=SANS_QUARTIER) for t in menages]
        if not len(menages[0]) and not len(menages[1]):
            return pd.DataFrame()
        deux = rapprocher(
            *menages,
            lire_du_bailleur(self.tables, annee, "devenirs", bailleur, ["id_logement", "devenir"]),
            lire_du_bailleur(self.tables, avant, "logements", bailleur, ["id_logement"]),
        )
        composantes = repartir(deux, annee, bailleur not in self.renumerotes)
        comptes = {}
        for part in self.regles[annee].lues:
            livres = tuple(self._livre(a, bailleur, part.code) for a in self.annees)
            if any(livres):
                lus = zip(self.annees, menages, livres, strict=True)
                releves = tuple(relever(part, t, self.baremes.au_31_decembre(a), livre) for a, t, livre in lus)
                comptes[part.code] = compter(deux, composantes, releves, livres)
        return tabuler(deux, comptes).assign(bailleur=bailleur) if comptes else pd.DataFrame()

    def _livre(self, annee: int, bailleur: str, code: str) -> bool:
        return code not in self.regles[annee].sans_regle and self.etats[annee].loc[bailleur, code] == "livre"


def _menages_vides(config: Configuration) -> pd.DataFrame:
    schemas = lire_schemas(config.chemin("schemas"))
    return table_vide("menages", schemas["menages"], schemas)

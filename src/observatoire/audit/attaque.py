"""L'attaque de ce qui est publié : comme quelqu'un du dehors, puis comme chaque bailleur, qui connaît ses ménages.

``prepare`` n'est lu que pour compter les réponses justes, et pour donner à chaque bailleur ce qui est à lui.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.audit.dossier import lire
from observatoire.audit.rapport import Controle
from observatoire.catalogue import catalogue
from observatoire.configuration import plus_larges
from observatoire.couverture import SANS_PARC
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.publie import CLES, INDICATEURS
from observatoire.rangement import vide
from observatoire.schemas import lire_schemas
from observatoire.secret import Regles
from observatoire.secret.attaque import CUMUL, Prises, allotir, assembler, attaquer, definir, nommer_constant, temoigner
from observatoire.secret.cumuls import ANNEES
from observatoire.secret.parution import exactes
from observatoire.sujets.variations.tables import COMPTES, PASSAGES, VARIATIONS
from observatoire.tables import indicateurs as tables
from observatoire.tables.edition import ANTERIEURES, EDITIONS
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, COUVERTURE_PUBLIEE, CUMULS

#: Part des petits comptes au-delà de laquelle ils se devinent, et combien il en faut pour le dire.
DEVINES, ASSEZ = 0.5, 30
_ROLES = ("numerateur", "denominateur", "concernes")
_LUES = ["numerateur", "denominateur", "reponse", "statut"]


class Attaque(Controle):
    """Aucun petit compte n'est établi avec certitude, ni deviné plus d'une fois sur deux."""

    titre = "L'attaque de ce qui est publié"

    def conclure(self) -> Controle:
        """Attaquer du dehors, toutes les années ; puis comme chaque bailleur, la dernière, à moins de vouloir tout."""
        bailleurs = []
        if self._exacts is None:
            self.non_fait.append(
                "rien n'est préparé ici : ni la part des réponses justes, ni ce que sait chaque bailleur n'est compté."
            )
        else:
            presents = set(self._exacts["bailleur"])
            bailleurs = [b.code for b in self.dossier.config.bailleurs if b.code in presents]
        for moi in (None, *bailleurs):
            prises, qui = self.attaquer(moi), f"comme {moi}" if moi else "vu du dehors"
            self.examine[f"petits comptes possibles {qui}"] = prises.vises
            self.examine[f"petits comptes de données ouvertes établis {qui}"] = prises.ouverts
            comment = f"Attaque {qui} : une seule valeur est possible, d'après les comptes publiés et leurs sommes."
            for nom in prises.etablis:
                self.constater(INDICATEURS, nom, "un petit compte s'établit avec certitude", comment)
            if (petits := int(prises.reponses["petit"].sum())) >= ASSEZ:
                self.examine[f"% de bonnes réponses {qui}"] = round(100 * prises.justes)
                if prises.justes > DEVINES:
                    comment = f"Attaque {qui}, {petits} petits comptes."
                    self.constater(INDICATEURS, "", "les petits comptes se devinent", comment)
        return self

    def attaquer(self, moi: str | None = None) -> Prises:
        """Ce que prend quelqu'un du dehors, ou un bailleur (``moi``)."""
        annees = self.dossier.config.annees if moi is None or self.dossier.tout else [max(self.dossier.config.annees)]
        parues, passages = (
            [(table[table["annee"].isin(annees)], regles) for table, regles in tables]
            for tables in (self._parues(moi), [(self._passages(moi), self.dossier.regles)])
        )
        reseau = assembler(parues, self.dossier.territoires, self._definitions, passages)
        return attaquer(reseau, self.dossier.tout)

    @cached_property
    def _definitions(self):
        config = self.dossier.config
        schemas, ouvertes = lire_schemas(config.chemin("schemas")), self.dossier.regles.ouvertes
        temoins = temoigner(catalogue(), schemas, self.dossier.baremes, max(config.annees), ouvertes)
        definitions = definir(*temoins, catalogue())
        definitions.suivre(sorted(self._variations["indicateur"].unique()))
        return definitions

    @cached_property
    def _variations(self) -> pd.DataFrame:
        fichier = VARIATIONS.dans(self.dossier.publie)  # une édition d'avant n'en a pas
        return (lire(fichier) if fichier.is_file() else vide(VARIATIONS)).dropna(subset=COMPTES[0])

    @cached_property
    def _exacts(self) -> pd.DataFrame | None:
        """Les comptes exacts, s'ils sont ici : ceux de chaque année, leurs cumuls et ceux à périmètre constant."""
        prepare = self.dossier.config.chemin("prepare")
        fichiers = [t.dans(prepare) for t in (tables.INDICATEURS, tables.COMPTES, tables.CONSTANTS)]
        if not all(f.is_file() for f in fichiers):
            return None
        table, comptes, constants = (pd.read_parquet(f) for f in fichiers)
        courants = table.assign(concernes=comptes["concernes"], edition="")
        constants["edition"] = nommer_constant(constants["depart"], constants["arrivee"])
        table = pd.concat([courants, constants[courants.columns]], ignore_index=True)
        vrais = {f"vrai_{r}": table[r].astype(float).where(table["statut"].eq("calcule"), 0) for r in _ROLES}
        # Une valeur non disponible a des concernés, que le calcul ne dit pas.
        vrais["vrai_concernes"] = vrais["vrai_concernes"].mask(table["statut"].eq("nd"))
        table = table.astype(dict.fromkeys([*CLES[1:], "statut"], str)).assign(**vrais)
        annuels = table[table["edition"].eq("")]
        trois = pd.concat([annuels.assign(annee=annuels["annee"] + ans) for ans in range(ANNEES)])
        cumuls = trois.groupby(CLES)[[*vrais]].sum(min_count=ANNEES).reset_index()
        cumuls["edition"] = CUMUL + (cumuls["annee"] - ANNEES + 1).astype(str)
        return pd.concat([table, cumuls], ignore_index=True)

    def _parues(self, moi: str | None) -> Iterator[tuple[pd.DataFrame, Regles]]:
        """Ce qui a paru, avec les règles de chaque public : une autre loi sur les mêmes comptes en apprend plus."""
        publie, miennes = self.dossier.publie.parent, self.dossier.regles
        autres = [p for p in plus_larges(self.dossier.public) if (publie / p / INDICATEURS).is_file()]
        for public in (*autres, self.dossier.public):
            regles = self.dossier.regles_de(public)
            if public == self.dossier.public or (regles.bruit, regles.bruits) != (miennes.bruit, miennes.bruits):
                table = pd.concat(_editions(publie / public), ignore_index=True)
                table = table[table["indicateur"].isin(catalogue())]  # une édition d'avant peut en avoir eu d'autres
                cles = [*CLES, "edition"]
                if self._exacts is not None:
                    vrais = self._exacts[[*cles, *(f"vrai_{r}" for r in _ROLES)]]
                    siens = self._exacts[self._est_a(moi, self._exacts["bailleur"]) & self._exacts["statut"].notna()]
                    siens = siens.assign(statut=siens["statut"].replace("calcule", "publie"), absents=np.nan)
                    table = table[~self._est_a(moi, table["bailleur"])].merge(vrais, how="left", on=cles)
                    table = pd.concat([table, siens[table.columns]], ignore_index=True)
                table["exacte"] = self._est_exacte(table, regles, moi)
                lot = allotir(table, lire(COUVERTURE_PUBLIEE.dans(publie / public)), self.dossier.territoires)
                yield table.assign(lot=lot), regles

    def _passages(self, moi: str | None) -> pd.DataFrame:
        """Les passages publiés ; ceux d'un bailleur (``moi``) sont les siens, exacts. Un public plus large dit les
        mêmes, ou moins."""
        table, fichier = self._variations, PASSAGES.dans(self.dossier.config.chemin("prepare"))
        if fichier.is_file():
            exacts = pd.read_parquet(fichier)
            vrais = {compte: f"vrai_{compte}" for compte in COMPTES}
            exacts = exacts.astype(dict.fromkeys(VARIATIONS.noms_des_cles[2:], str)).rename(columns=vrais)
            siens = exacts[self._est_a(moi, exacts["bailleur"])]
            siens = siens.assign(**{compte: siens[vrai] for compte, vrai in vrais.items()})
            table = table.merge(exacts, how="left", on=VARIATIONS.noms_des_cles)
            table = pd.concat([table[~self._est_a(moi, table["bailleur"])], siens], ignore_index=True)
        return table.assign(exacte=self._est_exacte(table, self.dossier.regles, moi))

    def _est_exacte(self, table: pd.DataFrame, regles: Regles, moi: str | None) -> np.ndarray:
        ouverture = etablir_l_ouverture(self.dossier.config, self.dossier.baremes, regles)
        return exactes(table, ouverture, regles) | self._est_a(moi, table["bailleur"])

    def _est_a(self, moi: str | None, bailleurs: pd.Series) -> np.ndarray:
        """Vrai pour ce qu'un bailleur connaît : ses lignes, celles des bailleurs dont tout le parc est passé à lui, et
        les passages de l'un d'eux à lui (« ancien nouveau »)."""
        couverture = self._couverture
        repris = couverture[couverture["statut"].eq(SANS_PARC) & couverture["repris_par"].eq(moi)]
        connus = {moi, *repris["bailleur"]}
        siens = {codes for codes in bailleurs.unique() if set(str(codes).split()) <= connus}
        return bailleurs.isin(siens).to_numpy(bool)

    @cached_property
    def _couverture(self) -> pd.DataFrame:
        lue = lire(COUVERTURE_PUBLIEE.dans(self.dossier.publie))
        return lue if "repris_par" in lue else lue.assign(repris_par="")  # une édition d'avant ne l'a pas


def _editions(dossier: Path) -> Iterator[pd.DataFrame]:
    """La table en place, les valeurs cumulées, celles à périmètre constant, et ce que les éditions d'avant disaient
    autrement.

    Une édition d'avant publiée par suppression disait des comptes exacts : elle a déjà paru, et n'est pas attaquée.
    """
    en_place = lire(dossier / INDICATEURS).assign(edition="", absents=np.nan)
    yield en_place
    if CUMULS.dans(dossier).is_file():
        cumuls = lire(CUMULS.dans(dossier))
        yield cumuls.assign(edition=CUMUL + cumuls["depuis"].astype(str), absents=np.nan)[en_place.columns]
    if CONSTANTS_PUBLIES.dans(dossier).is_file():
        constants = lire(CONSTANTS_PUBLIES.dans(dossier))
        constants["edition"] = nommer_constant(constants["depart"], constants["arrivee"])
        yield constants[en_place.columns]
    gardees = EDITIONS.dans(dossier)
    listees = lire(gardees) if gardees.is_file() else pd.DataFrame()
    for ligne in listees.itertuples():
        if ligne.methode == "bruit":
            avant = lire(dossier / ANTERIEURES / f"{ligne.edition}.csv")
            yield differences(avant, en_place).assign(edition=str(ligne.edition))


def differences(avant: pd.DataFrame, apres: pd.DataFrame) -> pd.DataFrame:
    """Les lignes d'une édition qu'une autre, des mêmes années, dit autrement."""
    la = apres.set_index(CLES).reindex(pd.MultiIndex.from_frame(avant[CLES]))[_LUES].reset_index(drop=True)
    memes = (la == avant[_LUES].reset_index(drop=True)) | (la.isna() & avant[_LUES].reset_index(drop=True).isna())
    return avant[(~memes.all(axis=1) & la["statut"].notna()).to_numpy()]

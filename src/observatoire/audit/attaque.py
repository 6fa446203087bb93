"""L'attaque de ce qui est publié : comme quelqu'un du dehors, puis comme chaque bailleur, qui connaît ses ménages.

``prepare`` n'est lu que pour compter les réponses justes, et pour donner à chaque bailleur ce qui est à lui.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.audit.dossier import Dossier, lire
from observatoire.audit.fichiers import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.catalogue import catalogue
from observatoire.configuration import plus_larges
from observatoire.couverture import SANS_PARC
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.publie import CLES, INDICATEURS
from observatoire.rangement import vide
from observatoire.schemas import lire_schemas
from observatoire.secret import Regles
from observatoire.secret.attaque import (
    CUMUL,
    SOMMES,
    Prises,
    allotir,
    assembler,
    attaquer,
    definir,
    nommer_constant,
    temoigner,
)
from observatoire.secret.cumuls import ANNEES
from observatoire.secret.parution import exactes
from observatoire.sujets.variations.tables import COMPTES, PASSAGES, VARIATIONS
from observatoire.tables.edition import ANTERIEURES
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, CUMULS

#: Part des petits comptes au-delà de laquelle ils se devinent, et combien il en faut pour le dire.
DEVINES, ASSEZ = 0.5, 30
_ROLES = ("numerateur", "denominateur", "concernes")
_LUES = ["numerateur", "denominateur", "reponse", "statut"]


@dataclass
class Attaque:
    """Aucun petit compte n'est établi avec certitude, ni deviné plus d'une fois sur deux."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("L'attaque de ce qui est publié"))

    def examiner(self, fichier: Fichier) -> None:
        """Rien : l'attaque lit les tables publiées."""

    def conclure(self) -> Resultat:
        """Attaquer du dehors, toutes les années ; puis comme chaque bailleur, la dernière, à moins de vouloir tout."""
        self._rendre("vu du dehors", self.attaquer())
        if self._exacts is None:
            self.resultat.non_fait.append(
                "rien n'est préparé ici : ni la part des réponses justes, ni ce que sait chaque bailleur n'est compté."
            )
            return self.resultat
        for bailleur in (b.code for b in self.dossier.config.bailleurs):
            if self._exacts["bailleur"].eq(bailleur).any():
                self._rendre(f"comme {bailleur}", self.attaquer(bailleur))
        return self.resultat

    def attaquer(self, moi: str | None = None) -> Prises:
        """Ce que prend quelqu'un du dehors, ou un bailleur (``moi``)."""
        annees = self.dossier.config.annees if moi is None or self.dossier.tout else [max(self.dossier.config.annees)]
        parues = [(table[table["annee"].isin(annees)], regles) for table, regles in self._parues(moi)]
        passages = [(table[table["annee"].isin(annees)], regles) for table, regles in self._passages(moi)]
        reseau = assembler(parues, self.dossier.territoires, self._definitions, passages)
        return attaquer(reseau, self.dossier.tout)

    def _rendre(self, qui: str, prises: Prises) -> None:
        examine = self.resultat.examine
        examine[f"petits comptes possibles {qui}"] = prises.vises
        examine[f"petits comptes de données ouvertes établis {qui}"] = prises.ouverts
        comment = f"Attaque {qui} : une seule valeur est possible, d'après les comptes publiés et leurs sommes."
        self.resultat.constats += [
            Constat(INDICATEURS, nom, "un petit compte s'établit avec certitude", comment) for nom in prises.etablis
        ]
        if (petits := int(prises.reponses["petit"].sum())) >= ASSEZ:
            examine[f"% de bonnes réponses {qui}"] = round(100 * prises.justes)
            if prises.justes > DEVINES:
                comment = f"Attaque {qui}, {petits} petits comptes."
                self.resultat.constats.append(Constat(INDICATEURS, "", "les petits comptes se devinent", comment))

    @cached_property
    def _definitions(self):
        config = self.dossier.config
        schemas = lire_schemas(config.chemin("schemas"))
        ouvertes = self.dossier.regles.ouvertes
        temoins = temoigner(catalogue(), schemas, self.dossier.baremes, max(config.annees), ouvertes)
        definitions = definir(*temoins, catalogue())
        definitions.suivre(sorted(self._variations.dropna(subset=COMPTES[0])["indicateur"].unique()))
        return definitions

    @cached_property
    def _variations(self) -> pd.DataFrame:
        fichier = VARIATIONS.dans(self.dossier.publie)  # une édition d'avant n'en a pas
        return lire(fichier) if fichier.is_file() else vide(VARIATIONS)

    @cached_property
    def _exacts(self) -> pd.DataFrame | None:
        """Les comptes exacts, ligne à ligne, s'ils sont ici."""
        prepare = self.dossier.config.chemin("prepare")
        fichiers = [prepare / f"{nom}.parquet" for nom in ("indicateurs", "comptes", "constants")]
        if not all(f.is_file() for f in fichiers):
            return None
        table, comptes, constants = (pd.read_parquet(f) for f in fichiers)
        courants = table.assign(concernes=comptes["concernes"], edition="")
        constants["edition"] = nommer_constant(constants["depart"], constants["arrivee"])
        table = pd.concat([courants, constants[courants.columns]], ignore_index=True)
        vrais = {f"vrai_{r}": table[r].where(table["statut"].eq("calcule"), 0) for r in _ROLES}
        # Une valeur non disponible a des concernés, que le calcul ne dit pas.
        vrais["vrai_concernes"] = vrais["vrai_concernes"].mask(table["statut"].eq("nd"))
        return table.astype(dict.fromkeys([*CLES[1:], "statut"], str)).assign(**vrais)

    def _parues(self, moi: str | None) -> Iterator[tuple[pd.DataFrame, Regles]]:
        """Ce qui a paru, avec les règles de chaque public : une autre loi sur les mêmes comptes en apprend plus."""
        publie = self.dossier.publie.parent
        autres = [p for p in plus_larges(self.dossier.public) if (publie / p / INDICATEURS).is_file()]
        for public in (*autres, self.dossier.public):
            regles, dossier = self.dossier.regles_de(public), publie / public
            memes = (regles.bruit, regles.bruits) == (self.dossier.regles.bruit, self.dossier.regles.bruits)
            if public == self.dossier.public or not memes:
                couverture = lire(dossier / "couverture.csv")
                table = pd.concat(_editions(dossier), ignore_index=True)
                table = table[table["indicateur"].isin(catalogue())]  # une édition d'avant peut en avoir eu d'autres
                if moi is not None:
                    table = self._avec_les_siens(table, moi)
                ouverture = etablir_l_ouverture(self.dossier.config, self.dossier.baremes, regles)
                exacte = exactes(table, ouverture, regles) | self._est_a(moi, table["bailleur"])
                table = table.assign(exacte=exacte, lot=allotir(table, couverture, self.dossier.territoires))
                yield self._avec_la_verite(table), regles

    def _passages(self, moi: str | None) -> Iterator[tuple[pd.DataFrame, Regles]]:
        """Les passages publiés ; ceux d'un bailleur (``moi``) sont les siens, exacts. Un public plus large dit les
        mêmes, ou moins."""
        regles, table = self.dossier.regles, self._variations.dropna(subset=COMPTES[0])
        fichier = PASSAGES.dans(self.dossier.config.chemin("prepare"))
        if fichier.is_file():
            exacts = pd.read_parquet(fichier)
            vrais = {compte: f"vrai_{compte}" for compte in COMPTES}
            exacts = exacts.astype(dict.fromkeys(VARIATIONS.noms_des_cles[2:], str)).rename(columns=vrais)
            for tout, *parts, reste in SOMMES:
                exacts[f"vrai_{reste}"] = exacts[vrais[tout]] - exacts[[vrais[c] for c in parts]].sum(axis=1)
            table = table.merge(exacts, how="left", on=VARIATIONS.noms_des_cles)
            if moi is not None:
                siens = exacts[self._est_a(moi, exacts["bailleur"])]
                siens = siens.assign(**{compte: siens[vrai] for compte, vrai in vrais.items()})
                table = pd.concat([table[~self._est_a(moi, table["bailleur"])], siens], ignore_index=True)
        ouverture = etablir_l_ouverture(self.dossier.config, self.dossier.baremes, regles)
        yield table.assign(exacte=exactes(table, ouverture, regles) | self._est_a(moi, table["bailleur"])), regles

    def _avec_la_verite(self, table: pd.DataFrame) -> pd.DataFrame:
        """La table et ses comptes exacts ; ceux d'un cumul s'ajoutent, ceux d'une édition d'avant ne sont plus ici."""
        if self._exacts is None:
            return table
        noms, cumulee = [f"vrai_{r}" for r in _ROLES], table["edition"].str.startswith(CUMUL).to_numpy()
        cles = [*CLES, "edition"]
        exacts, index = self._exacts[noms].to_numpy(float), pd.MultiIndex.from_frame(self._exacts[cles])
        vrais, lieux = np.zeros((len(table), len(noms))), table[cles].assign(edition=table["edition"].mask(cumulee, ""))
        for ans in range(ANNEES):
            la = index.get_indexer(pd.MultiIndex.from_frame(lieux.assign(annee=lieux["annee"] - ans)))
            lus = np.where((la >= 0)[:, None], exacts[la], np.nan)
            vrais += lus if ans == 0 else np.where(cumulee[:, None], lus, 0)
        return table.assign(**dict(zip(noms, vrais.T, strict=True)))

    def _avec_les_siens(self, table: pd.DataFrame, moi: str) -> pd.DataFrame:
        """La table publiée, où les lignes de ce bailleur sont les siennes, exactes."""
        siens = self._exacts[self._est_a(moi, self._exacts["bailleur"])]
        siens = siens.assign(statut=siens["statut"].replace("calcule", "publie"), absents=np.nan)
        return pd.concat([table[~self._est_a(moi, table["bailleur"])], siens[table.columns]], ignore_index=True)

    def _est_a(self, moi: str | None, bailleurs: pd.Series) -> np.ndarray:
        """Vrai pour ce qu'un bailleur connaît : ses lignes, celles des bailleurs dont tout le parc est passé à lui, et
        les passages de l'un d'eux à lui (« ancien nouveau »)."""
        repris = self._couverture[self._couverture["statut"].eq(SANS_PARC) & self._couverture["repris_par"].eq(moi)]
        connus = {moi, *repris["bailleur"]}
        return bailleurs.map(lambda codes: set(str(codes).split()) <= connus).to_numpy(bool)

    @cached_property
    def _couverture(self) -> pd.DataFrame:
        lue = lire(self.dossier.publie / "couverture.csv")
        return lue if "repris_par" in lue else lue.assign(repris_par="")  # une édition d'avant ne l'a pas


def _editions(dossier) -> Iterator[pd.DataFrame]:
    """La table en place, les valeurs cumulées, et ce que les éditions d'avant disaient autrement.

    Une édition d'avant publiée par suppression disait des comptes exacts : elle a déjà paru, et n'est pas attaquée.
    """
    en_place = lire(dossier / INDICATEURS).assign(edition="")
    yield en_place
    if CUMULS.dans(dossier).is_file():
        cumuls = lire(CUMULS.dans(dossier))
        yield cumuls.assign(edition=CUMUL + cumuls["depuis"].astype(str))[en_place.columns]
    if CONSTANTS_PUBLIES.dans(dossier).is_file():
        constants = lire(CONSTANTS_PUBLIES.dans(dossier))
        constants["edition"] = nommer_constant(constants["depart"], constants["arrivee"])
        yield constants[[*en_place.columns, "absents"]]
    listees = lire(dossier / "editions.csv") if (dossier / "editions.csv").is_file() else pd.DataFrame()
    for ligne in listees.itertuples():
        if ligne.methode == "bruit":
            avant = lire(dossier / ANTERIEURES / f"{ligne.edition}.csv")
            yield differences(avant, en_place).assign(edition=str(ligne.edition))


def differences(avant: pd.DataFrame, apres: pd.DataFrame) -> pd.DataFrame:
    """Les lignes d'une édition qu'une autre, des mêmes années, dit autrement."""
    la = apres.set_index(CLES).reindex(pd.MultiIndex.from_frame(avant[CLES]))[_LUES].reset_index(drop=True)
    memes = (la == avant[_LUES].reset_index(drop=True)) | (la.isna() & avant[_LUES].reset_index(drop=True).isna())
    return avant[(~memes.all(axis=1) & la["statut"].notna()).to_numpy()]

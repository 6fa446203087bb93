"""La vie du parc : le même ménage reste, part, est remplacé ; ses impayés durent, les logements vacants attendent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.exemple.menages import RENOUVELLEMENT, tirer_jours, tirer_menages, traits
from observatoire.exemple.parc import Parc
from observatoire.exemple.scenario import Scenario

JOIGNABLE_OU_NON = 0.10
"""Part des ménages qui, d'une année à l'autre, peuvent se mettre à répondre à l'enquête ou cesser de le faire."""


@dataclass
class Annee:
    """L'état du ``parc`` au 31 décembre : ``logements`` et ``menages`` ont une ligne par logement du parc.

    ``present`` dit quels logements existent cette année-là.
    """

    annee: int
    parc: Parc
    logements: pd.DataFrame
    menages: pd.DataFrame

    @property
    def present(self) -> np.ndarray:
        """Les logements livrés et pas encore démolis."""
        return self.logements["occupation"].ne("absent").to_numpy()

    @property
    def loue(self) -> np.ndarray:
        """Les logements loués."""
        return self.logements["occupation"].eq("loue").to_numpy()

    def presents_par_immeuble(self) -> np.ndarray:
        """Nombre de logements présents, par immeuble du parc."""
        return np.bincount(self.parc.logements["im"][self.present], minlength=len(self.parc.immeubles))


class Vie:
    """Le parc qui vit : ``occupation`` des logements et ``menages``, modifiés sur place année après année."""

    def __init__(self, scenario: Scenario, parc: Parc, alea: np.random.Generator):
        self.scenario, self.parc, self.alea = scenario, parc, alea
        self.logements = self._premieres_occupations()
        self.menages = self._premiers_menages()

    def annees(self) -> Iterator[Annee]:
        """Dérouler les années de l'édition, l'une après l'autre."""
        for annee in self.scenario.annees:
            if annee != self.scenario.annees[0]:
                self._relouer(annee)
            self._livrer(annee)
            self._vider(annee)
            self._vieillir()
            yield Annee(annee, self.parc, self.logements.copy(), traits(self.menages, self.parc, annee))

    def _premieres_occupations(self) -> pd.DataFrame:
        taux, n = self.scenario.taux, len(self.parc.logements)
        occupations = ["vacant", "vide_technique", "association", "autre"]
        cumul = np.cumsum([taux[o] for o in occupations])
        tirees = np.array([*occupations, "loue"])[np.searchsorted(cumul, self.alea.random(n))]
        a_livrer = self.parc.du_logement("livre") > 0
        etat = pd.DataFrame({"occupation": np.where(a_livrer, "absent", tirees)})
        duree = np.ceil(self.alea.exponential(2.2, n))
        return etat.assign(mois_vacance=np.where(etat["occupation"].eq("vacant"), duree, np.nan))

    def _premiers_menages(self) -> pd.DataFrame:
        """Un ménage par logement, entré à une date plausible avant la fin de la première année."""
        logements, premiere = self.parc.logements, self.scenario.annees[0]
        n, pieces = len(logements), logements["nb_pieces"].to_numpy()
        menages = tirer_menages(pieces, premiere, self.parc.du_logement("pauvrete"), self.alea)
        au_plus = premiere - logements["annee_premiere_location"].clip(upper=premiere)
        anciennete = np.minimum(
            self.alea.geometric(self.scenario.taux["depart"] * 1.05, n) - 1, au_plus.clip(upper=45)
        ).to_numpy()
        entree = premiere - anciennete
        return menages.assign(
            annee_emmenagement=entree,
            age_titulaire=np.clip(menages["age_titulaire"] + anciennete, 18, 97),
            date_bail=tirer_jours(entree, self.alea),
        )

    def _entrer(self, ou: np.ndarray, annee: int) -> None:
        """Installer un nouveau ménage dans chaque logement de ``ou`` : un peu plus pauvre que le parc."""
        pauvrete = self.parc.du_logement("pauvrete") + 0.03 + self.parc.decalage("moins_40_emmenages", annee)
        pieces = self.parc.logements["nb_pieces"].to_numpy()
        nouveaux = tirer_menages(pieces[ou], annee, pauvrete[ou], self.alea)
        for colonne, valeurs in nouveaux.items():
            self.menages.loc[ou, colonne] = valeurs.to_numpy()

    def _relouer(self, annee: int) -> None:
        """Départs, relocations, vacance qui s'allonge : du 1er janvier au 31 décembre de ``annee``."""
        taux, n, alea = self.scenario.taux, len(self.logements), self.alea
        avant = self.logements["occupation"].to_numpy()
        vacant = avant == "vacant"
        recent = annee - self.menages["annee_emmenagement"].to_numpy() <= 4
        libere = (avant == "loue") & (alea.random(n) < taux["depart"] * np.where(recent, 1.25, 0.9))
        travaux = libere & (alea.random(n) < taux["travaux_au_depart"])
        reloue = libere & ~travaux & (alea.random(n) < taux["relocation"])
        repris = vacant & (alea.random(n) < taux["remise_en_location"])
        fin_de_travaux = (avant == "vide_technique") & (alea.random(n) < taux["fin_de_travaux"])
        fin_de_travaux &= np.isnan(self.parc.du_logement("vide"))
        entre = reloue | repris | fin_de_travaux
        devient_vacant = libere & ~travaux & ~reloue
        self.logements["occupation"] = np.select(
            [travaux, devient_vacant, entre], ["vide_technique", "vacant", "loue"], avant
        )
        duree = np.where(vacant & ~repris, self.logements["mois_vacance"] + 12, np.nan)
        self.logements["mois_vacance"] = np.where(devient_vacant, np.ceil(12 * alea.beta(1, 5.5, n)), duree)
        self._entrer(entre, annee)

    def _livrer(self, annee: int) -> None:
        """Mettre en location les immeubles neufs de l'année, presque tous loués avant le 31 décembre."""
        neuf = self.parc.du_logement("livre") == annee
        vacant = neuf & (self.alea.random(len(neuf)) < 0.03)
        self.logements.loc[neuf, "occupation"] = "loue"
        self.logements.loc[vacant, ["occupation", "mois_vacance"]] = "vacant", 1.0
        self._entrer(neuf, annee)

    def _vider(self, annee: int) -> None:
        """Vider puis démolir les immeubles condamnés."""
        vide, demoli = (self.parc.du_logement(c) <= annee for c in ("vide", "demoli"))
        self.logements.loc[vide, ["occupation", "mois_vacance"]] = "vide_technique", np.nan
        self.logements.loc[demoli, "occupation"] = "absent"

    def _vieillir(self) -> None:
        """Un an de plus ; peu de ménages changent de situation (:data:`RENOUVELLEMENT`)."""
        menages, alea = self.menages, self.alea
        menages["age_titulaire"] = np.minimum(menages["age_titulaire"] + 1, 99)
        parts = {**{f"rang_{rang}": part for rang, part in RENOUVELLEMENT.items()}, "repond": JOIGNABLE_OU_NON}
        for colonne, part in parts.items():
            change = alea.random(len(menages)) < part
            menages.loc[change, colonne] = alea.random(int(change.sum()))

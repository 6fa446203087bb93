"""Ce que disent les colonnes des fichiers de résultats du RPLS, dans les indicateurs du catalogue.

N'y est que ce dont la définition est la même des deux côtés. Le RPLS du 1er janvier N+1 est l'année N. Ses taux sont
des pourcentages ; les nôtres, des fractions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from observatoire.sujets.revue.tables import CONTEXTE

ECHELLES = ("commune", "epci")
CLES = ["annee", "echelle", "territoire", "indicateur"]
COLONNES = CONTEXTE.noms

COMPTES = ("nb_ls", "nb_loues", "nb_vacants", "nb_vides", "nb_ls_en_qpv")
EN_TAUX = ("tx_vac", "tx_vac3", "tx_mob")
LOYER, PARC = "loymoy", "nb_ls"
#: Une colonne d'une année passée : « nb_ls2022 », « tx_vac_2022 », « tx_vac_3_2022 », « loymoy_2022 ».
_SERIE = re.compile(r"(nb_ls|tx_vac|tx_vac_3|tx_mob|loymoy)_?(20\d\d)")
#: Le parc au-dessous duquel le SDES ne publie pas le détail : une case vide y est un secret, non une absence.
PETIT_PARC = 10
#: De combien un taux peut s'écarter du rapport des comptes (en points) : au-delà, ce n'est pas un pourcentage.
ECART_ADMIS = 0.5


@dataclass(frozen=True)
class Mesure:
    """Un indicateur : le rapport d'un compte à une somme de comptes, sinon une colonne toute faite.

    ``divise`` : par combien la colonne toute faite se divise.
    """

    indicateur: str
    numerateur: str = ""
    denominateur: tuple[str, ...] = ()
    toute_faite: str = ""
    divise: int = 100

    @property
    def colonnes(self) -> set[str]:
        """Les colonnes dont une au moins dit que le fichier porte l'indicateur."""
        return {self.numerateur, self.toute_faite} - {""}


OFFERTS = ("nb_loues", "nb_vacants")
MESURES = (
    Mesure("nb_logements", toute_faite=PARC, divise=1),
    Mesure("taux_vacance", "nb_vacants", OFFERTS, "tx_vac"),
    Mesure("taux_vacance_3_mois", "", OFFERTS, "tx_vac3"),
    Mesure("part_vides_techniques", "nb_vides", (PARC,)),
    Mesure("part_parc_qpv", "nb_ls_en_qpv", (PARC,)),
    Mesure("taux_mobilite", toute_faite="tx_mob"),
    Mesure("loyer_m2", toute_faite=LOYER, divise=1),
)


def reconnaitre(colonne: str) -> tuple[str, int | None] | None:
    """Ce que dit une colonne, et son année de RPLS quand son nom en porte une ; ``None`` si elle n'est pas employée.

    >>> reconnaitre("tx_vac_3_2022"), reconnaitre("nb_ls2019"), reconnaitre("nb_ls"), reconnaitre("nb_ls_plai")
    (('tx_vac3', 2022), ('nb_ls', 2019), ('nb_ls', None), None)
    """
    if colonne in (*COMPTES, *EN_TAUX, LOYER):
        return colonne, None
    serie = _SERIE.fullmatch(colonne)
    return (serie[1].replace("vac_3", "vac3"), int(serie[2])) if serie else None


def defauts(nombres: pd.DataFrame) -> dict[str, pd.Series]:
    """Les cases invraisemblables d'un RPLS : ce qui ne va pas -> lesquelles (une ligne par territoire)."""
    fautes = {}
    for colonne in nombres:
        valeurs = nombres[colonne].dropna()
        if colonne in COMPTES:
            fautes[f"« {colonne} » n'est pas un nombre entier."] = valeurs.lt(0) | valeurs.mod(1).ne(0)
        elif colonne in EN_TAUX:
            fautes[f"« {colonne} » n'est pas un pourcentage, de 0 à 100."] = ~valeurs.between(0, 100)
    if {"nb_vacants", "nb_loues", "tx_vac"} <= set(nombres):
        attendu = 100 * nombres["nb_vacants"] / nombres[list(OFFERTS)].sum(axis=1, skipna=False)
        dit = "« tx_vac » n'est pas nb_vacants / (nb_loues + nb_vacants), en pourcentage."
        fautes[dit] = (nombres["tx_vac"] - attendu).abs().gt(ECART_ADMIS)
    return fautes


def mesurer(nombres: pd.DataFrame, secrets: pd.DataFrame, parc_secret: bool) -> pd.DataFrame:
    """Les indicateurs d'un RPLS, une ligne par territoire et indicateur : valeur, denominateur, statut.

    ``nombres`` : une ligne par territoire, une colonne par colonne du fichier ; ``secrets`` : les cases qu'il dit
    secrètes. ``parc_secret`` : un parc laissé vide l'est par secret. Une colonne absente ne donne aucune ligne.
    """
    parc = nombres[PARC] if PARC in nombres else pd.Series(float("nan"), index=nombres.index)
    petit = parc.between(1, PETIT_PARC) | (parc.isna() & parc_secret)
    morceaux = []
    for mesure in MESURES:
        presentes = [c for c in nombres if c in mesure.colonnes]
        if not presentes:
            continue
        valeur, denominateur = _rapporter(nombres, mesure)
        if mesure.indicateur != "nb_logements":
            valeur = valeur.mask(parc.eq(0))
        caches = petit | secrets[presentes].any(axis=1)
        statut = pd.Series("publie", index=nombres.index).mask(valeur.isna(), "nd").mask(valeur.isna() & caches, "c")
        colonnes = {"valeur": valeur, "denominateur": denominateur.where(valeur.notna()), "statut": statut}
        morceaux.append(pd.DataFrame(colonnes).assign(indicateur=mesure.indicateur))
    return pd.concat(morceaux).rename_axis("territoire").reset_index() if morceaux else pd.DataFrame()


def _rapporter(nombres: pd.DataFrame, mesure: Mesure) -> tuple[pd.Series, pd.Series]:
    """La valeur et son dénominateur : des comptes s'ils y sont tous, sinon de la colonne toute faite."""
    rien = pd.Series(float("nan"), index=nombres.index)
    denominateur = rien
    if mesure.denominateur and {*mesure.denominateur} <= set(nombres):
        denominateur = nombres[list(mesure.denominateur)].sum(axis=1, skipna=False).replace(0, float("nan"))
    faite = nombres.get(mesure.toute_faite, rien)
    if mesure.toute_faite == LOYER:
        faite = faite.where(faite.gt(0))
    faite = (faite / mesure.divise).round(10)
    return (nombres.get(mesure.numerateur, rien) / denominateur).fillna(faite), denominateur

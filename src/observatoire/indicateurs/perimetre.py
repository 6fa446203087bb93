"""À périmètre constant : d'une année à l'autre, ce qu'ont livré les bailleurs présents aux deux dates.

Un bailleur qui rejoint l'observatoire change un taux sans que rien ait changé chez les autres. Là où les bailleurs qui
livrent un indicateur ne sont pas les mêmes aux deux dates, les sommes des deux années sont reprises sans ceux qui
manquent à l'une : les deux valeurs se comparent alors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from observatoire.catalogue import Indicateur, catalogue
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, dossier_conserve, lire_conserve
from observatoire.indicateurs.evaluation import croisements, evaluer_par_tranches, livrer
from observatoire.indicateurs.sommes import Regles, Sommes
from observatoire.tables.indicateurs import CONSTANTS
from observatoire.vocabulaire import IMMEUBLE

#: Une comparaison : l'année de départ et celle d'arrivée.
Paire = tuple[int, int]
_LIVRE = "livre"


def paires(config: Configuration) -> list[Paire]:
    """Les deux années que l'on compare : chacune avec celle d'avant, et avec l'état zéro."""
    toutes = {(depart, annee) for annee in config.annees for depart in (config.annee_zero, annee - 1)}
    return sorted((depart, annee) for depart, annee in toutes if depart in config.annees and depart < annee)


def se_compare(declaration: Indicateur) -> bool:
    """Les modalités d'une répartition ne se comparent pas une à une."""
    return declaration.groupe is None


def livres_de(couverture: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Année -> bailleur x indicateur, vrai s'il l'a livré. ``couverture`` : la table, exacte ou publiée."""
    return {
        int(annee): siens.pivot(index="bailleur", columns="indicateur", values="statut").eq(_LIVRE)
        for annee, siens in couverture.groupby("annee")
    }


def presents(livres: Mapping[int, pd.DataFrame], paire: Paire) -> tuple[pd.DataFrame, list[str]]:
    """Bailleur x indicateur, vrai s'il l'a livré aux deux dates ; et les indicateurs dont les bailleurs ont changé."""
    apres = livres.get(paire[1], pd.DataFrame(dtype=bool))
    avant, ici = (
        livres.get(annee, apres.iloc[:0])
        .reindex(index=apres.index, columns=apres.columns, fill_value=False)
        .to_numpy(bool)
        for annee in paire
    )
    deux = avant & ici
    changes = apres.columns[(avant != ici).any(axis=0) & deux.any(axis=0)]
    return pd.DataFrame(deux, apres.index, apres.columns), [code for code in changes if code in catalogue()]


@dataclass(frozen=True)
class Livraison:
    """Les sommes d'une année avant tout tri, ce que chaque bailleur en a livré, et les logements connus."""

    sommes: Sommes
    etats: pd.DataFrame
    parc: pd.DataFrame


class PerimetreConstant:
    """Les valeurs à périmètre constant, une année après l'autre : :meth:`table` rend celles de toutes.

    ``couverture`` : la table, toutes années comprises. D'une année purgée, ce qui a été gardé est repris.
    """

    def __init__(self, config: Configuration, couverture: pd.DataFrame):
        self.config, livres = config, livres_de(couverture)
        self.perimetres = {paire: presents(livres, paire) for paire in paires(config)}
        self.morceaux = [
            lire_conserve(config, annee, CONSTANTS.nom).query("annee == @annee")
            for annee in annees_conservees(config)
            if CONSTANTS.dans(dossier_conserve(config, annee)).is_file()
        ]

    def evaluer(self, annee: int, regles: Regles, livraison: Livraison) -> None:
        """Évaluer une année sans les bailleurs absents de celle à laquelle on la compare, pour chacune."""
        for paire, (deux, codes) in self.perimetres.items():
            if annee in paire and codes:
                tableaux = self._evaluer(regles, livraison, deux, codes)
                self.morceaux += [t.assign(depart=paire[0], arrivee=paire[1], annee=annee) for t in tableaux]

    def table(self) -> pd.DataFrame:
        """Les lignes de :data:`~observatoire.tables.indicateurs.CONSTANTS`."""
        morceaux = [m for m in self.morceaux if len(m)]
        return pd.concat(morceaux, ignore_index=True) if morceaux else pd.DataFrame(columns=CONSTANTS.noms)

    def _evaluer(
        self, regles: Regles, livraison: Livraison, deux: pd.DataFrame, codes: list[str]
    ) -> Iterator[pd.DataFrame]:
        # Un écart se rapporte à un autre indicateur, au même endroit.
        voulus = {*codes, *(catalogue()[c].reference for c in codes if catalogue()[c].reference)}
        declarations = [d for d in regles.lues if d.code in voulus]
        noms = [d.code for d in declarations]
        etats = livraison.etats[noms]
        etats = etats.mask(etats.eq(_LIVRE) & ~deux.reindex(index=etats.index, columns=noms), "non_depose")
        sommes = livraison.sommes
        rangs = [rang for rang, (code, _) in enumerate(sommes.colonnes) if code in voulus]
        siennes = replace(sommes, valeurs=sommes.valeurs[:, rangs], colonnes=[sommes.colonnes[r] for r in rangs])
        livrees = livrer(siennes, etats)
        for croisement in croisements(self.config):
            if croisement.par_bailleur or croisement.niveau == IMMEUBLE:
                continue  # d'un seul bailleur, le périmètre ne change pas
            for tranche in evaluer_par_tranches(
                livrees, croisement, etats, livraison.parc, declarations, regles.sans_regle
            ):
                yield tranche.tableau()

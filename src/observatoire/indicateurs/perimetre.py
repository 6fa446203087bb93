"""À périmètre constant : d'une année à l'autre, ce qu'ont livré les bailleurs présents aux deux dates.

Un bailleur qui rejoint l'observatoire change un taux sans que rien ait changé chez les autres. Là où les bailleurs qui
livrent un indicateur ne sont pas les mêmes aux deux dates, les sommes des deux années sont reprises sans ceux qui
manquent à l'une : les deux valeurs se comparent alors. Deux bailleurs qui fusionnent n'y manquent pas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from observatoire.catalogue import Indicateur, catalogue
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, dossier_conserve, lire_conserve
from observatoire.couverture import SANS_PARC
from observatoire.indicateurs.evaluation import croisements, evaluer_par_tranches, livrer
from observatoire.indicateurs.sommes import Regles, Sommes
from observatoire.tables.indicateurs import CONSTANTS
from observatoire.vocabulaire import IMMEUBLE, LIVRE

#: Une comparaison : l'année de départ et celle d'arrivée.
Paire = tuple[int, int]
_VIDE = pd.DataFrame(dtype=bool)


def paires(config: Configuration) -> list[Paire]:
    """Les deux années que l'on compare : chacune avec celle d'avant, et avec l'état zéro."""
    toutes = {(depart, annee) for annee in config.annees for depart in (config.annee_zero, annee - 1)}
    return sorted((depart, annee) for depart, annee in toutes if depart in config.annees and depart < annee)


def se_compare(declaration: Indicateur) -> bool:
    """Les modalités d'une répartition ne se comparent pas une à une."""
    return declaration.groupe is None


class Presences:
    """Qui livre quoi d'une date à l'autre. ``couverture`` : la table, exacte ou publiée.

    Des bailleurs dont l'un a repris des logements de l'autre sont une *lignée*, et n'y font qu'un : ce que l'un livrait
    hier, l'autre le livre aujourd'hui.
    """

    def __init__(self, couverture: pd.DataFrame):
        lues = couverture.astype(dict.fromkeys(["bailleur", "indicateur", "statut"], object))
        par_annee = {int(annee): siens for annee, siens in lues.groupby("annee")}
        self._livrent, self._sans_parc = (
            {annee: _croiser(siens, siens["statut"].eq(lequel)) for annee, siens in par_annee.items()}
            for lequel in (LIVRE, SANS_PARC)
        )
        connues = couverture.reindex(columns=["annee", "bailleur", "repris_par"]).fillna("")
        repris = connues[connues["repris_par"].ne("")].drop_duplicates()
        self._repris = [(a, b, qui.split()) for a, b, qui in repris.itertuples(index=False)]

    def livrent(self, annee: int, code: str) -> set[str]:
        """Les bailleurs qui ont livré un indicateur, une année."""
        livrent = self._livrent[annee]
        return set(livrent.index[livrent[code]]) if code in livrent else set()

    def lignees(self, annee: int) -> list[list[str]]:
        """Les bailleurs d'une année, réunis avec ceux dont ils ont repris des logements cette année ou avant."""
        noms = {bailleur: bailleur for bailleur in self._livrent.get(annee, _VIDE).index}
        for absorbe, repreneur in ((b, r) for quand, b, qui in self._repris if quand == annee for r in qui):
            ancien, nouveau = noms[absorbe], noms[repreneur]
            noms = {b: nouveau if nom == ancien else nom for b, nom in noms.items()}
        return [[b for b, nom in noms.items() if nom == lignee] for lignee in dict.fromkeys(noms.values())]

    def aux_deux(self, paire: Paire) -> tuple[pd.DataFrame, list[str]]:
        """Bailleur x indicateur, vrai si sa lignée l'a livré aux deux dates ; et les indicateurs dont les lignées ont
        changé.
        """
        apres = self._livrent.get(paire[1], _VIDE)
        lignees = {b: rang for rang, lignee in enumerate(self.lignees(paire[1])) for b in lignee}
        la = [self._la(annee, apres, [lignees[b] for b in apres.index]) for annee in paire]
        changes = apres.columns[(la[0] != la[1]).any(axis=0) & (la[0] & la[1]).any(axis=0)]
        return pd.DataFrame(la[0] & la[1], apres.index, apres.columns), [c for c in changes if c in catalogue()]

    def _la(self, annee: int, comme: pd.DataFrame, lignees: list[int]) -> np.ndarray:
        """Vrai si quelqu'un de la lignée livre, et tous ceux qui ont un parc."""
        la = np.zeros(comme.shape, dtype=bool)
        livre, sans_parc = (
            lus.get(annee, _VIDE).reindex(index=comme.index, columns=comme.columns, fill_value=False).to_numpy(bool)
            for lus in (self._livrent, self._sans_parc)
        )
        sans_manque = livre | sans_parc
        for lignee in set(lignees):
            siens = np.equal(lignees, lignee)
            la[siens] = sans_manque[siens].all(axis=0) & livre[siens].any(axis=0)
        return la


def _croiser(lignes: pd.DataFrame, vrai: pd.Series) -> pd.DataFrame:
    """Bailleur x indicateur, vrai là où la ligne l'est."""
    (lieux, bailleurs), (rangs, codes) = (pd.factorize(lignes[c], sort=True) for c in ("bailleur", "indicateur"))
    croisee = np.zeros((len(bailleurs), len(codes)), dtype=bool)
    croisee[lieux, rangs] = vrai
    return pd.DataFrame(croisee, pd.Index(bailleurs, name="bailleur"), pd.Index(codes, name="indicateur"))


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
        self.config, presences = config, Presences(couverture)
        self.perimetres = {paire: presences.aux_deux(paire) for paire in paires(config)}
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
        etats = etats.mask(etats.eq(LIVRE) & ~deux.reindex(index=etats.index, columns=noms), "non_depose")
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

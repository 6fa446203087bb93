"""Ce que la mixité compare, à quelles conditions, et les tables qu'elle rend."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from observatoire.baremes import BaremeAbsent, Baremes, SansObjet
from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.ruptures import lire_ruptures
from observatoire.sujets.mixite.calcul.unites import PUBLIE, Comptes, Groupe, Lieu
from observatoire.sujets.mixite.tables import EVOLUTION, MIXITE
from observatoire.vocabulaire import DE_DEFINITION, QUARTIER, SECTEUR, VILLE

CLES, COLONNES = MIXITE.noms_des_cles, MIXITE.noms
MESURES = MIXITE.noms_des_mesures[:-2]  # ni la réponse, ni le statut
CLES_DU_CHANGEMENT, COLONNES_DU_CHANGEMENT = EVOLUTION.noms_des_cles, EVOLUTION.noms
#: Niveaux dont les unités se comparent : un immeuble est trop petit pour que ses classes soient connues.
COMPARES = (SECTEUR, QUARTIER)
#: De plus, entre les communes d'une agglomération.
NIVEAUX_D_UNE_AGGLOMERATION = (*COMPARES, VILLE)
#: Un groupe face à tous les autres ménages, puis les répartitions.
BINAIRES = ("moins_40_plafond", "monoparentales")
REPARTITIONS = ("plafond", "composition")


@dataclass(frozen=True)
class Seuils:
    """``reponse`` : taux de réponse en deçà duquel rien n'est évalué ; ``reste`` : part de la ville, au plus, dont les
    unités sont inconnues. ``statut`` : pourquoi ils manquent, vide s'ils sont là."""

    reponse: float = 0.0
    reste: float = 1.0
    statut: str = ""


@dataclass(frozen=True)
class Plan:
    """``lieux`` : les territoires dont on mesure la mixité. ``niveaux`` : ceux des unités. ``seuils`` : ceux de
    chaque année, dans l'ordre. ``ruptures`` : indicateur -> les années de rupture de définition, devant lesquelles rien
    ne se compare."""

    lieux: tuple[Lieu, ...]
    annee_zero: int
    niveaux: tuple[str, ...]
    groupes: tuple[Groupe, ...]
    seuils: dict[int, Seuils]
    ruptures: dict[str, frozenset[int]] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """Les indicateurs dont les comptes servent."""
        return [code for groupe in self.groupes for code in groupe.codes]

    @property
    def paires(self) -> list[tuple[int, int]]:
        """De chaque année à la suivante, et de l'état zéro à chacune."""
        annees = sorted(self.seuils)
        zero = {(self.annee_zero, a) for a in annees if a > self.annee_zero and self.annee_zero in annees}
        return sorted(zero | set(pairwise(annees)))

    def rompu(self, groupe: Groupe, depart: int, annee: int) -> bool:
        """Une rupture de définition sépare-t-elle ces deux années pour ce groupe ?"""
        return any(depart < rupture <= annee for code in groupe.codes for rupture in self.ruptures.get(code, ()))


def planifier(config: Configuration, baremes: Baremes) -> Plan:
    """Ce que cette ville compare, d'après son catalogue, ses niveaux et ses barèmes."""
    modalites = {nom: tuple(c for c, d in catalogue().items() if d.groupe == nom) for nom in REPARTITIONS}
    groupes = [Groupe(code, (code,)) for code in BINAIRES] + [Groupe(nom, codes) for nom, codes in modalites.items()]
    niveaux = tuple(n for n in (NIVEAUX_D_UNE_AGGLOMERATION if config.communes else COMPARES) if n in config.niveaux)
    lieux = [
        Lieu(c.code, VILLE, {"secteur": {*c.secteurs}, QUARTIER: _quartiers(config, c.code)}) for c in config.communes
    ]
    lieux.append(Lieu(config.code, config.tout[0]))
    seuils = {annee: lire_seuils(baremes, annee) for annee in sorted(config.annees)}
    lues = lire_ruptures(config.chemin("referentiels"), catalogue())
    ruptures = lues[lues["genre"].eq(DE_DEFINITION)].groupby("indicateurs")["annee"].agg(frozenset).to_dict()
    return Plan(tuple(lieux), config.annee_zero, niveaux, tuple(groupes), seuils, ruptures)


def _quartiers(config: Configuration, commune: str) -> set[str]:
    return {quartier for quartier, sienne in config.commune_du_quartier.items() if sienne == commune}


def lire_seuils(baremes: Baremes, annee: int) -> Seuils:
    """Les seuils en vigueur au 31 décembre d'une année."""
    bareme = baremes.au_31_decembre(annee)
    try:
        return Seuils(float(bareme("mixite_reponse")), float(bareme("mixite_reste")))
    except (SansObjet, BaremeAbsent) as absence:
        return Seuils(statut="nd" if isinstance(absence, BaremeAbsent) else "na")


def juger(comptes: Comptes, part_du_reste: float, seuils: Seuils) -> str:
    """« publie », ou pourquoi un indice de la ville ne se calcule pas.

    ``part_du_reste`` : la part de ses ménages dont l'unité n'est pas connue.
    """
    if comptes.statut or seuils.statut:
        return comptes.statut or seuils.statut
    if comptes.reponse < seuils.reponse:
        return "ne"
    seule = not comptes.vides and len(comptes.table()) < 2  # une commune d'un seul quartier
    if seule or (comptes.vides and not comptes.secrets) or np.count_nonzero(comptes.ville) < 2:
        return "na"
    return "c" if part_du_reste > seuils.reste else PUBLIE


def ranger(lignes: list[dict], colonnes: list[str], cles: list[str]) -> pd.DataFrame:
    """Des lignes en table, triée par clé ; une mesure absente manque."""
    table = pd.DataFrame(lignes).reindex(columns=colonnes)
    entiers = {c: "Int64" for c in ("unites", "menages") if c in colonnes}
    reels = {c: float for c in colonnes if c not in {*cles, "statut", "absents", *entiers}}
    textes = dict.fromkeys(["niveau", "territoire", "groupe", "indice", "statut"], str)
    if "absents" in colonnes:
        textes["absents"], table["absents"] = str, table["absents"].fillna("")
    return table.astype(entiers | reels | textes).sort_values(cles, ignore_index=True)

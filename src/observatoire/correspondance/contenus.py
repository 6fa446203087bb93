"""Ce qu'une colonne d'un déposant contient, comparé à ce que le schéma attend d'une des nôtres.

Aucune valeur n'en sort, sauf les écritures d'une liste : celles du métier, et les codes qui ne désignent personne.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from observatoire.correspondance.synonymes import OUI_NON, est_du_metier, reconnaitre_valeur
from observatoire.interdits import nomme_une_personne
from observatoire.lecture.conversion import convertir, nombres_ecrits
from observatoire.lecture.traductions import DATE, FORMATS, UNITE, cle_de_valeur, dater
from observatoire.schemas import Champ

#: Les valeurs distinctes regardées, et le nombre d'écritures au-delà duquel une colonne n'est pas une liste.
REGARDEES, ECRITURES = 1_000, 60
#: Une écriture inconnue n'est citée que si autant de lignes au moins la portent.
REPETEE = 3
PIECES = re.compile(r"(?:t|f|p|type|tp|typ)?\s*([1-9]|1\d)\s*(?:bis|b|ter|p|pi|pieces?|pcs?|pp)?")
#: La part de ses cellules à partir de laquelle une liste est reconnue : ailleurs, rien n'est cité.
RECONNUE = 0.5
#: Ce qui n'est jamais un code : un téléphone, un numéro de dossier, une date (celle d'une naissance, peut-être).
NUMERO = re.compile(r"(?:\d[ .-]?){6}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2}")
STUDIOS = {"studio", "st", "chambre", "ch", "studette", "t1 studio", "stu"}
#: Les ressources médianes d'un parc, en pourcentage du plafond ; plus bas, des fractions ; plus haut, des euros.
PLAFOND = (5, 200)
#: Un loyer mensuel médian ne passe pas ce montant ; au-delà, c'est celui d'une année.
LOYER_MENSUEL = 1500
PAR_AN = re.compile(r"annuel|annee|/an\b|\ban\b", re.IGNORECASE)


@dataclass(frozen=True)
class Contenu:
    """``note`` : part des cellules remplies qui conviennent, de 0 à 1 ; ``parle`` : ce contenu suffit à reconnaître la
    colonne ; ``doute`` : la question que ses nombres posent ; le reste : comment les valeurs deviennent les nôtres, et
    celles que l'on ne connaît pas.
    """

    note: float
    parle: bool = False
    valeurs: dict[str, str] = field(default_factory=dict)
    inconnues: tuple[str, ...] = ()
    tues: int = 0
    unite: str = ""
    dates: str = ""
    milliers: str = ""
    doute: str = ""


def comparer(comptes: pd.Series, champ: Champ, nom: str) -> Contenu:
    """Le contenu d'une colonne au regard d'une des nôtres.

    ``comptes`` : ses valeurs distinctes (textes), et leurs nombres de lignes ; ``nom`` : celui de son en-tête.
    """
    if comptes.empty:
        return Contenu(0.9)
    if champ.admises:
        return _enumeree(comptes, champ)
    if champ.nom == "nb_pieces":
        return _pieces(comptes)
    if champ.type == "date":
        return _date(comptes)
    if champ.type in ("number", "integer"):
        return _nombre(comptes.iloc[:REGARDEES], champ, nom)
    return _texte(comptes, champ)


def _part(masque: pd.Series, comptes: pd.Series) -> float:
    return float(comptes[masque.to_numpy(dtype=bool)].sum() / comptes.sum())


def _index(comptes: pd.Series) -> pd.Series:
    return pd.Series(comptes.index, dtype="str")


def _enumeree(comptes: pd.Series, champ: Champ) -> Contenu:
    ecrits = _index(comptes)
    if champ.nom == "impaye_3_mois" and nombres_ecrits(ecrits.str.replace(UNITE, "", regex=True)).gt(1).any():
        return Contenu(0.5, doute="un montant, ou un nombre de mois ? Il faut « oui » au-delà de trois mois de loyer.")
    if len(comptes) > ECRITURES or champ.nom in ("tranche_plafond", "apl"):
        nombres = nombres_ecrits(ecrits.str.replace(UNITE, "", regex=True))
        if _part(nombres.notna(), comptes) > 0.95 and len(comptes) > 6:
            if champ.nom == "tranche_plafond" and _part(nombres.between(0, 1000), comptes) > 0.99:
                if PLAFOND[0] <= nombres.median() <= PLAFOND[1]:
                    return Contenu(0.9, unite="tranches")
                return Contenu(0.5, doute="ce ne sont pas des pourcentages du plafond (45 pour 45 %) ; les y ramener.")
            if set(OUI_NON) <= set(champ.admises) and _part(nombres.between(0, 2000), comptes) > 0.99:
                return Contenu(0.9, unite="montant")
    return _lister(comptes.iloc[:REGARDEES], champ, lambda v: reconnaitre_valeur(v, champ))


def _lister(comptes: pd.Series, champ: Champ, reconnaitre: Callable[[str], str | None]) -> Contenu:
    """Chaque écriture -> la nôtre, une fois quelle qu'en soit la casse ; les inconnues sont citées ou tues."""
    traduites = {ecrit: reconnaitre(ecrit) for ecrit in comptes.index}
    connues = {e: v for e, v in traduites.items() if v is not None}
    inconnues = [e for e, v in traduites.items() if v is None]
    part = float(comptes[list(connues)].sum() / comptes.sum())
    citables = tuple(e for e in inconnues if not champ.personnelle and part >= RECONNUE and citable(e, int(comptes[e])))
    valeurs, vues = {}, set()
    for ecrit, notre in connues.items():
        if cle_de_valeur(ecrit) not in vues:
            vues.add(cle_de_valeur(ecrit))
            valeurs[ecrit] = notre
    parle = part > 0.97 and len(set(connues.values())) > 2 and any(len(e) > 2 for e in connues)
    return Contenu(part, parle, valeurs, citables, len(inconnues) - len(citables))


def citable(ecrit: str, lignes: int) -> bool:
    """Un code répété, court, où personne n'est nommé ; plusieurs mots, s'il y en a un du métier."""
    suspecte = nomme_une_personne(ecrit) or "@" in ecrit or NUMERO.search(ecrit)
    suspecte = suspecte or (len(ecrit.split()) > 1 and not est_du_metier(ecrit))
    return lignes >= REPETEE and len(ecrit) <= 30 and not suspecte


def _pieces(comptes: pd.Series) -> Contenu:
    if _part(nombres_ecrits(_index(comptes)).between(1, 12), comptes) > 0.99:
        return Contenu(0.97)

    def lire(ecrit: str) -> str | None:
        cle = cle_de_valeur(ecrit)
        trouve = PIECES.fullmatch(cle)
        return trouve[1] if trouve else "1" if cle in STUDIOS else None

    sur = Champ("nb_pieces", "string", "", "", False, False, {})
    lu = _lister(comptes.iloc[:REGARDEES], sur, lire)
    lettres = any(re.match("[tf]", cle_de_valeur(e)) for e in lu.valeurs)
    return Contenu(lu.note, lettres and lu.note > 0.9, lu.valeurs, lu.inconnues, lu.tues)


def _date(comptes: pd.Series) -> Contenu:
    comptes = comptes.iloc[:REGARDEES]
    ecrits = _index(comptes)
    lues, _ = convertir(ecrits, DATE)
    if _part(lues.notna(), comptes) > 0.9:
        return Contenu(_part(lues.notna(), comptes), True)
    for forme, (motif, *_) in FORMATS.items():
        if _part(ecrits.str.fullmatch(motif), comptes) < 0.9:
            continue
        lues, _ = convertir(dater(ecrits, forme), DATE)
        if _part(lues.dt.year.between(1900, 2100), comptes) > 0.9:
            return Contenu(_part(lues.notna(), comptes), forme != "MM/AAAA", dates=forme)
    jours = nombres_ecrits(ecrits)
    if _part(jours.between(7_000, 55_000) & ~jours.between(18_00, 2_100), comptes) > 0.95:
        return Contenu(0.95, dates="serie")
    return Contenu(_part(convertir(ecrits, DATE)[0].notna(), comptes))


def _nombre(comptes: pd.Series, champ: Champ, nom: str) -> Contenu:
    ecrits = _index(comptes).str.replace(UNITE, "", regex=True)
    milliers = _milliers(ecrits)
    nombres = nombres_ecrits(ecrits.str.replace(milliers, "", regex=False) if milliers else ecrits)
    bas, haut = champ.bornes
    if champ.type == "integer" and (bas or 0) >= 1000:
        annees = nombres.between(1700, haut or 2100) & (nombres % 1 == 0)
        if _part(annees, comptes) > 0.9:
            return Contenu(_part(annees, comptes), False)
        date = _date(comptes)
        return Contenu(date.note, False, unite="annee", dates=date.dates) if date.note > 0.9 else Contenu(0.0)
    if champ.nom == "loyer_eur" and (nombres.median() > LOYER_MENSUEL or PAR_AN.search(nom)):
        doute = "ce sont des loyers d'une année, divisés par douze ?"
        part = _part((nombres / 12).between(bas, haut), comptes)
        return Contenu(part, False, unite="annuel", milliers=milliers, doute=doute)
    if champ.nom.endswith("_pct") and nombres.max() <= 1 and nombres.max() > 0:
        return Contenu(_part(nombres.between(0, 1), comptes), False, unite="fraction")
    ordinaires = champ.vraisemblable
    admis = nombres.notna() & nombres.ge(-1e12 if bas is None else bas) & nombres.le(1e12 if haut is None else haut)
    if champ.type == "integer":
        admis &= nombres % 1 == 0
    note = _part(admis, comptes)
    if champ.nom == "surface_m2" and not 12 <= nombres.median() <= 200:
        note *= 0.5
    if champ.nom == "loyer_eur" and nombres.median() < 90:
        note *= 0.5
    if ordinaires[1] is not None:
        note *= 0.5 + 0.5 * _part(nombres.isna() | nombres.le(ordinaires[1]), comptes)
    return Contenu(note, False, milliers=milliers)


def _milliers(ecrits: pd.Series) -> str:
    """Le signe des milliers, quand un nombre en a deux genres (« 1.234,56 ») ou le répète (« 1.234.567 »)."""
    if ecrits.str.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+").any() or ecrits.str.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}").any():
        return "."
    if ecrits.str.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d+").any() or ecrits.str.fullmatch(r"\d{1,3}(?:,\d{3}){2,}").any():
        return ","
    return "'" if ecrits.str.fullmatch(r"\d{1,3}(?:'\d{3})+(?:[.,]\d+)?").any() else ""


def _texte(comptes: pd.Series, champ: Champ) -> Contenu:
    ecrits = _index(comptes)
    if champ.role == "identifiant":
        courts = _part(ecrits.str.len().le(40) & ecrits.str.contains(r"\d"), comptes)
        uniques = len(comptes) / comptes.sum()
        return Contenu(courts * (uniques if champ.unique else 1.0))
    if champ.nom == "commune":
        return Contenu(_part(ecrits.str.fullmatch(r"[\dAB]{4,5}"), comptes))
    if champ.role == "libelle":
        return Contenu(0.97 if _part(ecrits.str.contains(r"[^\W\d]{3}"), comptes) > 0.8 else 0.3)
    return Contenu(0.95 if len(comptes) < 500 else 0.3)

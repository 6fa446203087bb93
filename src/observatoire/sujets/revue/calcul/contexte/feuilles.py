"""Lire les fichiers de résultats du RPLS tels que le SDES les publie : la feuille, l'en-tête, les colonnes employées.

Un classeur a plusieurs lignes de titres, puis une ligne de noms techniques (``DEPCOM_ARM``, ``nb_ls``…) dont le rang
change d'une année à l'autre : elle se reconnaît à ses noms. Seules les colonnes employées sont gardées ; aucun autre
texte du fichier ne peut paraître.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from observatoire.interdits import nommer, normaliser, porte_un_nom
from observatoire.lecture.fichiers import decoder, lignes_csv
from observatoire.lecture.interdits import colonnes_interdites
from observatoire.lecture.problemes import Probleme, citer, enumerer
from observatoire.lecture.refus import FichierIllisible
from observatoire.lecture.tableurs import en_texte
from observatoire.sujets.revue.calcul.contexte.mesures import reconnaitre

FORMATS = (".csv", ".xlsx", ".xls", ".ods")
#: Les lignes où l'en-tête se cherche.
PREMIERES = 15
#: Ce qui désigne un territoire, par échelle, et le début du nom de sa feuille.
IDENTIFIANTS = {
    "commune": ("depcom_arm", "depcom", "codgeo"),
    "epci": ("epci", "siren", "siren_epci", "code_epci", "epci_dep", "libepci"),
}


@dataclass(frozen=True)
class Feuille:
    """Une feuille lue. ``table`` : du texte, une ligne par territoire, les seules colonnes employées ; ``millesime`` :
    l'année du RPLS, que dit le nom du fichier ; ``feuille`` : vide pour un CSV."""

    fichier: str
    feuille: str
    millesime: int
    echelle: str
    table: pd.DataFrame

    @property
    def lieu(self) -> str:
        """Où elle est, tel qu'un message le dit."""
        return f"{self.fichier}, {_citer_la_feuille(self.feuille)}" if self.feuille else self.fichier


def lire_feuilles(dossier: Path, echelles: Collection[str]) -> tuple[list[Feuille], list[str]]:
    """Les feuilles de ces échelles dans tous les fichiers d'un dossier, et ce qui ne va pas, un texte par défaut."""
    feuilles, problemes = [], []
    fichiers = sorted(f for f in dossier.iterdir() if not f.name.startswith((".", "~$"))) if dossier.is_dir() else []
    if fichiers and not echelles:
        return [], [f"{dossier.name} : aucun territoire à y chercher. Déclarer « epci » dans observatoire.yml."]
    for fichier in fichiers:
        try:
            feuilles += _lire_les_feuilles(fichier, echelles)
        except FichierIllisible as refus:
            problemes += [f"{nommer(fichier)} : {p.phrase} {p.conseil}".rstrip() for p in refus.problemes]
    return feuilles, problemes


def _lire_les_feuilles(fichier: Path, echelles: Collection[str]) -> list[Feuille]:
    """Les feuilles de ces échelles. Lève :class:`FichierIllisible` avec les défauts de toutes ses feuilles."""
    millesime, lues, problemes = _millesime(fichier), [], []
    for nom, lignes in _ouvrir(fichier, echelles):
        try:
            echelle, table = _lire_la_feuille(nom, lignes)
            lues.append(Feuille(fichier.name, nom, millesime, echelle, table))
        except FichierIllisible as refus:
            problemes += refus.problemes
    if problemes:
        raise FichierIllisible(*problemes)
    siennes = [feuille for feuille in lues if feuille.echelle in echelles]
    if not siennes:
        attendues = enumerer(f"« {e.upper()} »" for e in echelles)
        raise _refus("aucune feuille n'a les territoires attendus.", f"Déposer le fichier qui a {attendues}.")
    return siennes


def _lire_la_feuille(nom: str, lignes: Iterator[list]) -> tuple[str, pd.DataFrame]:
    """L'échelle d'une feuille, que disent ses noms techniques, et ses colonnes employées."""
    premieres = [list(map(en_texte, ligne)) for ligne in islice(lignes, PREMIERES)]
    rang = next((r for r, ligne in enumerate(premieres) if _echelle(ligne)), None)
    if rang is None:
        raise _sans_entete(nom)
    echelle = _echelle(premieres[rang])
    _refuser_les_interdites(premieres[rang], nom)
    return echelle, _garder(premieres[rang], chain(premieres[rang + 1 :], lignes), echelle)


def _millesime(fichier: Path) -> int:
    if porte_un_nom(fichier.name):
        raise _refus("son nom désigne une personne.", "Lui rendre le nom sous lequel le SDES le publie.")
    if fichier.suffix.lower() not in FORMATS:
        admis = enumerer(f.lstrip(".").upper() for f in FORMATS)
        raise _refus("ce format n'est pas lu.", f"Formats admis : {admis} ; ranger ailleurs ce qui n'en est pas.")
    annees = set(re.findall(r"(?<!\d)20\d\d(?!\d)", fichier.stem))
    if len(annees) != 1:
        dit = "n'en dit aucune" if not annees else f"en dit {len(annees)}"
        conseil = "Le renommer avec elle seule, par exemple « resultats_rpls_2011.xlsx » pour le 1er janvier 2011."
        raise _refus(f"l'année du RPLS se lit dans le nom du fichier, qui {dit}.", conseil)
    return int(annees.pop())


def _ouvrir(fichier: Path, echelles: Collection[str]) -> Iterator[tuple[str, Iterator[list]]]:
    """(nom, lignes) de chaque feuille à lire ; un CSV n'en a qu'une."""
    if fichier.suffix.lower() == ".csv":
        texte = decoder(fichier.read_bytes())
        tetes = {s: lignes_csv("\n".join(texte.splitlines()[:PREMIERES]), s) for s in (";", ",")}
        separateur = next((s for s, tete in tetes.items() if any(map(_echelle, tete))), ";")
        yield "", iter(lignes_csv(texte, separateur))
        return
    try:
        with CalamineWorkbook.from_path(str(fichier)) as classeur:
            noms = classeur.sheet_names
            for nom in noms if len(noms) == 1 else _choisir(noms, echelles):
                yield nom, classeur.get_sheet_by_name(nom).iter_rows()
    except CalamineError as erreur:
        conseil = "Le télécharger de nouveau, ou l'enregistrer depuis un tableur, sans mot de passe."
        raise _refus("le classeur ne peut pas être ouvert.", conseil) from erreur


def _choisir(noms: list[str], echelles: Collection[str]) -> list[str]:
    choisies = [n for n in noms if any(normaliser(n) in (e, f"{e}s") for e in echelles)]
    if not choisies:
        raise _refus(
            f"aucune feuille ne se nomme {enumerer(f'« {e.upper()} »' for e in echelles)} ; il y a "
            f"{enumerer(map(citer, noms))}.",
            "Déposer les résultats du RPLS par commune et par EPCI, tels que le SDES les publie.",
        )
    return choisies


def _echelle(entete: Iterable[str]) -> str | None:
    """L'échelle d'une ligne de noms techniques ; ``None`` si ce n'en est pas une."""
    noms = set(map(normaliser, entete))
    if not any(map(reconnaitre, noms)):
        return None
    return next((e for e, siens in IDENTIFIANTS.items() if noms & set(siens)), None)


def _garder(entete: list[str], lignes: Iterable[list], echelle: str) -> pd.DataFrame:
    """Les colonnes employées, en texte ; les lignes sans territoire (totaux, notes) n'en sont pas."""
    noms = [normaliser(nom) for nom in entete]
    rangs = [r for r, nom in enumerate(noms) if reconnaitre(nom) or nom in IDENTIFIANTS[echelle]]
    gardes = [noms[r] for r in rangs]
    if doubles := sorted({nom for nom in gardes if gardes.count(nom) > 1}):
        cites = enumerer(map(citer, doubles))
        raise _refus(f"colonne donnée deux fois : {cites}.", "N'en garder qu'une.")
    cellules = [[en_texte(ligne[r]).strip() if r < len(ligne) else "" for r in rangs] for ligne in lignes]
    table = pd.DataFrame(cellules, columns=gardes, dtype="str")
    siens = [nom for nom in IDENTIFIANTS[echelle] if nom in table]
    return table[table[siens].ne("").any(axis=1)].reset_index(drop=True)


def _refuser_les_interdites(entete: list[str], feuille: str) -> None:
    if problemes := colonnes_interdites([nom.strip() for nom in entete]):
        ou = f"{_citer_la_feuille(feuille)}, " if feuille else ""
        raise FichierIllisible(*(Probleme(p.regle, ou + p.phrase, p.conseil) for p in problemes))


def _citer_la_feuille(nom: str) -> str:
    return "feuille au nom d'une personne" if porte_un_nom(nom) else f"feuille {citer(nom)}"


def _sans_entete(feuille: str) -> FichierIllisible:
    ou = f"{_citer_la_feuille(feuille)}, " if feuille else ""
    return _refus(
        f"{ou}aucune des {PREMIERES} premières lignes n'est celle des noms techniques du RPLS (DEPCOM_ARM ou EPCI_DEP, "
        "puis nb_ls, tx_vac…).",
        "Les résultats publiés sans ces noms (millésimes 2021 et 2022) ne se lisent pas : déposer un classeur plus "
        "récent, noms techniques compris, qui donne aussi les années d'avant ; ou recopier les valeurs dans "
        "contexte.csv.",
    )


def _refus(phrase: str, conseil: str) -> FichierIllisible:
    return FichierIllisible(Probleme("contexte", phrase, conseil))

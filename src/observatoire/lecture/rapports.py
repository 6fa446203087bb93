"""Écrire, par bailleur et par année, le rapport qui lui est renvoyé : une page HTML et un tableau CSV.

Le HTML se lit et s'imprime sans rien d'autre ; le CSV s'ouvre dans un tableur et donne toutes les lignes en cause.
Ni l'un ni l'autre ne contient une valeur d'une colonne personnelle.
"""

from __future__ import annotations

import csv
import re
import shutil
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import pandas as pd

from observatoire.droits import creer_dossier, reserver
from observatoire.echappement import pour_tableur
from observatoire.fichiers import ecrire_dossier
from observatoire.lecture.bilans import tables_attendues, tables_d_autrui
from observatoire.lecture.depots import RPLS, Contenu, Fichier
from observatoire.lecture.problemes import abreger, compter, compter_problemes, nombre

DOUTES_CITES = 200
SANS_DEPOSANT = "a_classer"
COLONNES_CSV = ["fichier", "feuille", "genre", "regle", "lignes", "colonne", "nombre", "texte", "conseil"]


def ecrire_rapports(depots, dossier: Path | str) -> list[Path]:
    """Écrire ``<dossier>/<annee>/<deposant>.html`` et ``.csv`` ; retourne les chemins écrits.

    Le dossier est écrit à côté, puis mis à la place de l'ancien : aucun rapport d'un dépôt retiré n'y reste. Après la
    vérification d'une seule année, les rapports des autres années sont gardés. Lève :class:`ErreurConfiguration` si le
    dossier contient autre chose que des rapports.

    S'appelle aussi après un refus : c'est alors que le bailleur en a le plus besoin. Un fichier dont le nom ou la place
    n'est pas compris est rapporté sous ``a_classer``.
    """
    dossier = Path(dossier).resolve()
    with reserver(depots.config.acces), ecrire_dossier(dossier) as nouveau:
        if dossier.is_dir():
            _garder_les_autres_annees(dossier, nouveau, depots)
        ecrits = _ecrire(depots, nouveau)
    return [dossier / chemin.relative_to(nouveau) for chemin in ecrits]


def _garder_les_autres_annees(dossier: Path, nouveau: Path, depots) -> None:
    if set(depots.annees) == set(depots.config.annees):
        return
    for annee in dossier.iterdir():
        if annee.is_dir() and annee.name not in {str(a) for a in depots.annees}:
            shutil.copytree(annee, nouveau / annee.name)


def _ecrire(depots, dossier: Path) -> list[Path]:
    ecrits = []
    for (annee, deposant), groupe in groupby(sorted(depots.fichiers, key=_destinataire), key=_destinataire):
        fichiers = list(groupe)
        lieu = dossier / annee
        creer_dossier(lieu)
        for chemin, ecrire in ((lieu / f"{deposant}.html", _html), (lieu / f"{deposant}.csv", _csv)):
            ecrire(chemin, fichiers, depots, annee, deposant)
            ecrits.append(chemin)
    return ecrits


def _destinataire(f: Fichier) -> tuple[str, str]:
    return str(f.annee or SANS_DEPOSANT), f.deposant or SANS_DEPOSANT


def typographier(texte: str) -> str:
    """Poser les espaces insécables du français, pour l'écran et l'impression.

    >>> typographier("« dpe » : 3 valeurs").count(chr(160))
    3
    """
    texte = re.sub(r"« ", "«\u00a0", texte)
    texte = re.sub(r" (?=[»:%€])", "\u00a0", texte)
    texte = re.sub(r" (?=[;?!])", "\u202f", texte)
    return re.sub(r"(?<=\d) (?=\d{3}\b)", "\u202f", texte)


def _csv(chemin: Path, fichiers: list[Fichier], depots, annee: str, deposant: str) -> None:
    """UTF-8 avec marque et point-virgule : ce qu'un tableur français ouvre sans question."""
    with chemin.open("w", encoding="utf-8-sig", newline="") as flux:
        ecrivain = csv.DictWriter(flux, COLONNES_CSV, delimiter=";")
        ecrivain.writeheader()
        for fichier in fichiers:
            commun = {"fichier": fichier.relatif, "feuille": fichier.feuille or ""}
            lignes = ({**commun, **ligne} for ligne in _lignes_csv(fichier))
            ecrivain.writerows({cle: pour_tableur(str(dit)) for cle, dit in ligne.items()} for ligne in lignes)


def _lignes_csv(fichier: Fichier):
    statut = "fichier refusé" if fichier.refuse else "fichier accepté"
    yield {"genre": statut, "nombre": fichier.lignes}
    for p in fichier.problemes:
        yield {
            "genre": "problème",
            "regle": p.regle,
            "lignes": " ".join(map(str, p.lignes)),
            "colonne": p.colonne or "",
            "nombre": p.nombre or 1,
            "texte": p.phrase,
            "conseil": p.conseil.replace("\n", " "),
        }
    for t in fichier.traitements:
        if t.nombre:
            yield {"genre": t.genre, "regle": t.nom, "nombre": t.nombre, "texte": t.phrase}
    if fichier.refuse:
        return
    if fichier.avertissements.empty:  # le cas ordinaire : pandas mettrait une milliseconde à ne rien parcourir
        return
    for doute in fichier.avertissements.itertuples():
        yield {
            "genre": "avertissement expliqué" if doute.explication else "avertissement",
            "regle": doute.regle,
            "lignes": "" if pd.isna(doute.ligne) else int(doute.ligne),
            "colonne": doute.colonne,
            "nombre": 1,
            "texte": doute.message,
            "conseil": doute.explication,
        }


@cache
def _gabarit():
    """Le gabarit du rapport, compilé une fois pour tous les déposants."""
    from jinja2 import Environment

    gabarit = files("observatoire.lecture").joinpath("rapport.html.j2").read_text(encoding="utf-8")
    environnement = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environnement.filters.update(fr=typographier, nombre=nombre)
    environnement.globals["compter"] = compter
    return environnement.from_string(gabarit)


def _html(chemin: Path, fichiers: list[Fichier], depots, annee: str, deposant: str) -> None:
    noms = {d.code: d.nom for d in depots.config.deposants}
    page = _gabarit().render(
        titre=depots.config.titre,
        nom=noms.get(deposant, "Fichiers à classer"),
        annee=annee if annee != SANS_DEPOSANT else "",
        fichiers=[_resume(f) for f in sorted(fichiers, key=lambda f: not f.refuse)],
        acceptes=sum(not f.refuse for f in fichiers),
        refuses=sum(f.refuse for f in fichiers),
        couverture=_couverture(fichiers, deposant, annee, depots),
        corrections=_corrections(depots, deposant, annee),
    )
    chemin.write_text(page, encoding="utf-8")


def _resume(f: Fichier) -> dict:
    doutes = () if f.refuse else f.avertissements
    return {
        "titre": f.titre,
        "table": f.table,
        "refuse": f.refuse,
        "lignes": f.lignes,
        "utilisees": _utilisees(f),
        "nb_problemes": compter_problemes(f.problemes),
        "problemes": abreger(f.problemes),
        "traitements": [t for t in f.traitements if t.nombre],
        "doutes": [
            {
                **d,
                "ligne": "" if pd.isna(d["ligne"]) else int(d["ligne"]),
                "colonne": f.siennes.get(d["colonne"], d["colonne"]),
            }
            for d in (doutes.head(DOUTES_CITES).to_dict("records") if len(doutes) else ())
        ],
        "nb_doutes": len(doutes),
    }


def _utilisees(f: Fichier) -> int:
    contenu = f.contenus.get("logements" if f.table == RPLS else f.table)
    return 0 if f.refuse or contenu is None else contenu.lignes


def _couverture(fichiers: list[Fichier], deposant: str, annee: str, depots) -> list[dict]:
    """Ce qui a été utilisé, table par table, y compris les tables qui manquent."""
    siens = [d for d in depots.config.deposants if d.code == deposant]
    attendues = tables_attendues(siens[0], tables_d_autrui(depots.config)) if siens else []
    par_table: dict[str, list[Fichier]] = {}
    for f in fichiers:
        for t in f.tables:
            par_table.setdefault(t, []).append(f)
    return [
        {"table": depots.schemas[t].titre, **_etat(t, par_table.get(t, []))}
        for t in dict.fromkeys([*attendues, *par_table])
    ]


def _etat(table: str, fichiers: list[Fichier]) -> dict:
    if not fichiers:
        return {"etat": "non déposée", "lignes": "", "remplies": ""}
    if any(f.refuse for f in fichiers):
        return {"etat": "refusée", "lignes": 0, "remplies": ""}
    contenu = Contenu.reunir([f.contenus[table] for f in fichiers])
    return {"etat": "utilisée", "lignes": contenu.lignes, "remplies": f"{100 * contenu.remplie:.0f} %"}


def _corrections(depots, deposant: str, annee: str) -> list[dict]:
    c = depots.corrections
    if c.empty:
        return []
    return c[c["deposant"].eq(deposant) & c["annee"].astype(str).eq(annee)].to_dict("records")

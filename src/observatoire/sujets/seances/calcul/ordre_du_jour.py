"""Préparer la prochaine séance : son fichier, son ordre du jour tiré des alertes et des engagements publiés."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd

from observatoire.configuration import PUBLICS, Configuration
from observatoire.configuration.modeles.seances import RESERVE
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.fichiers import ecrire_texte
from observatoire.rangement import lire_publiee
from observatoire.sujets.alertes.tables import ALERTES_PUBLIEES
from observatoire.sujets.objectifs.tables import ENGAGEMENTS
from observatoire.sujets.seances.calcul.comptes_rendus import Seance, dossier_des_seances, lire_seances
from observatoire.sujets.seances.calcul.publication import CLES
from observatoire.tables.edition import CATALOGUE, EDITION, TERRITOIRES
from observatoire.vocabulaire import (
    ALERTES,
    CONFERENCE,
    EMBOITES,
    GENRES_DE_SEANCE,
    GROUPE_DE_TRAVAIL,
    NON_CONCLUANT,
    NON_TENU,
    OUVRENT,
    PARTIEL,
    VERDICTS,
)

#: Mois d'une séance à la suivante.
MOIS_ENTRE_DEUX = {GROUPE_DE_TRAVAIL: 3, CONFERENCE: 12}
#: Les verdicts des alertes qui vont à l'ordre du jour, du plus grave au moins grave.
A_EXAMINER = {code: ALERTES[code].libelle for code in reversed(OUVRENT)}
#: Les verdicts des engagements qui vont à l'ordre du jour.
A_EXPLIQUER = {code: VERDICTS[code].libelle for code in (NON_TENU, PARTIEL, NON_CONCLUANT)}
RIEN = "- Rien à cet ordre du jour."


def preparer_seance(config: Configuration, date: dt.date | None = None, genre: str = "groupe_de_travail") -> Path:
    """Écrire le fichier de la prochaine séance de ce ``genre`` et rendre son chemin.

    ``date`` : à défaut, trois mois (ou un an pour la Conférence) après la dernière du même genre. Lève
    :class:`ErreurObservatoire` si le fichier existe, car une séance préparée ne s'écrase pas, ou si rien n'est publié
    pour les partenaires ; :class:`ErreurConfiguration` si le genre est inconnu.
    """
    if genre not in GENRES_DE_SEANCE:
        raise ErreurConfiguration(f"genre « {genre} » inconnu. Valeurs admises : {', '.join(GENRES_DE_SEANCE)}.")
    publie = config.chemin("publie") / RESERVE
    if not ENGAGEMENTS.dans(publie).is_file():
        raise ErreurObservatoire(
            f"l'édition des partenaires manque : lancer « observatoire proteger --public {RESERVE} »."
        )
    siennes = [s for s in lire_seances(config) if s.genre == genre]
    date = date or _suivante(config, genre, siennes)
    fichier = dossier_des_seances(config) / f"{date.isoformat()}-{genre.replace('_', '-')}.md"
    if fichier.exists():
        raise ErreurObservatoire(f"{fichier.name} existe déjà : rien n'a été écrit. Choisir une autre date (--date).")
    ecrire_texte(_rediger(publie, date, genre, siennes), fichier)
    return fichier


def _suivante(config: Configuration, genre: str, siennes: list[Seance]) -> dt.date:
    """La date qui suit la dernière séance ; sans aucune, le 31 mars qui suit la dernière année de l'édition."""
    if not siennes:
        return dt.date(max(config.annees) + 1, 3, 31)
    derniere = siennes[-1].date
    rang = 12 * derniere.year + derniere.month - 1 + MOIS_ENTRE_DEUX[genre]
    return dt.date(rang // 12, rang % 12 + 1, min(derniere.day, 28))


def _rediger(publie: Path, date: dt.date, genre: str, siennes: list[Seance]) -> str:
    edition = json.loads(EDITION.dans(publie).read_text(encoding="utf-8"))
    annee = edition["annees"][-1]
    alertes, engagements = _alertes(publie, annee), _engagements(publie, annee)
    entete = ["---", f"genre: {genre}", f"date: {date.isoformat()}", "etat: prevue      # « tenue » après la séance"]
    if edition["fictif"]:
        entete.append("fictif: true")
    entete += [
        f"public: {PUBLICS[-1]}   # « {PUBLICS[0]} » : ce texte et les décisions paraîtront aussi au grand public",
        "presents: []       # noms des signataires présents, comme dans observatoire.yml",
        "invites: []        # par exemple [associations_de_locataires]",
        *_liste("alertes", [" ".join(cles) for cles in alertes[CLES].itertuples(index=False, name=None)]),
        "supports: []",
        "decisions: []      # par exemple [{genre: proposer_action, texte: une phrase courte}]",
        "---",
    ]
    corps = [
        "## Ordre du jour",
        "### Alertes à examiner",
        _puces(f"{r.lieu} : {r.libelle} ({A_EXAMINER[r.verdict]})" for r in alertes.itertuples()),
        "### Engagements à expliquer",
        _puces(f"{r.libelle} : {A_EXPLIQUER[r.verdict]}. {r.raison}" for r in engagements.itertuples()),
        "### Suites de la séance précédente",
        _puces(texte for _, texte in _dernieres_decisions(siennes, date)),
        "## Compte rendu",
        "Aucune situation individuelle n'est écrite ici : elle s'oriente vers le PIL.",
    ]
    return "\n".join(entete) + "\n\n" + "\n\n".join(corps) + "\n"


def _dernieres_decisions(siennes: list[Seance], date: dt.date) -> tuple[tuple[str, str], ...]:
    """Les décisions de la dernière séance tenue avant ``date``."""
    tenues = [s for s in siennes if s.etat == "tenue" and s.date < date]
    return max(tenues, key=lambda s: s.date).decisions if tenues else ()


def _liste(cle: str, valeurs: list[str]) -> list[str]:
    return [f"{cle}:", *(f"  - {v}" for v in valeurs)] if valeurs else [f"{cle}: []"]


def _puces(phrases) -> str:
    return "\n".join(f"- {p}" for p in phrases) or RIEN


def _alertes(publie: Path, annee: int) -> pd.DataFrame:
    """Les alertes publiées de l'année, du plus grave au moins grave, avec le nom du lieu et celui de l'indicateur."""
    table = lire_publiee(ALERTES_PUBLIEES, publie)
    table = table[table["annee"].eq(annee) & table["statut"].eq("publie") & table["verdict"].isin(A_EXAMINER)]
    lieux = lire_publiee(TERRITOIRES, publie)
    noms = dict(zip(zip(lieux["niveau"], lieux["code"], strict=True), lieux["nom"], strict=True))
    catalogue = json.loads(CATALOGUE.dans(publie).read_text(encoding="utf-8"))
    libelles = {d["code"]: d["libelle"] for d in catalogue}
    cles = zip(table["niveau"], table["territoire"], strict=True)
    return table.assign(
        lieu=[f"{niveau.capitalize()} {noms.get((niveau, code), code)}" for niveau, code in cles],
        libelle=table["indicateur"].map(libelles),
        _verdict=table["verdict"].map(list(A_EXAMINER).index),
        _niveau=table["niveau"].map(EMBOITES[::-1].index),
    ).sort_values(["_verdict", "_niveau", "territoire", "indicateur"])


def _engagements(publie: Path, annee: int) -> pd.DataFrame:
    table = lire_publiee(ENGAGEMENTS, publie)
    table = table[table["annee"].eq(annee) & table["verdict"].isin(A_EXPLIQUER)]
    return table.assign(_rang=table["verdict"].map(list(A_EXPLIQUER).index)).sort_values(["_rang", "engagement"])

"""Les faits datés qui prouvent un engagement, comptés année par année.

Un registre qui n'est pas encore tenu une année ne prouve rien de cette année-là : ni que la chose a été faite, ni
qu'elle ne l'a pas été.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.rangement import lire_preparee
from observatoire.sujets.alertes.tables import ACTIONS, ALERTES
from observatoire.sujets.objectifs.calcul.declaration import Engagement
from observatoire.sujets.seances.calcul.comptes_rendus import Seance, tenues
from observatoire.sujets.seances.calcul.regles import ASSOCIATIONS
from observatoire.tables.depots import DEPOTS
from observatoire.vocabulaire import (
    ANNUEL,
    EMBOITES,
    NON_EVALUABLE,
    PAR_ACTIONS,
    PAR_ALERTES,
    PAR_DEPOTS,
    PAR_PIECES,
    PAR_SEANCES,
    TRIMESTRIEL,
    UNE_FOIS,
)

#: Combien de fois l'an un rythme promet un fait ; « une fois » ne se compte pas par an.
PAR_AN = {TRIMESTRIEL: 4, ANNUEL: 1}


class Compte(NamedTuple):
    """``faits`` constatés, ``attendus`` (zéro : aucun rythme n'est promis), ``ouvert`` : le registre est tenu ;
    ``tardif`` : ce qui devait l'être avant une échéance ne l'a été qu'après."""

    faits: int
    attendus: int
    ouvert: bool
    tardif: bool = False


@dataclass(frozen=True)
class Registres:
    """Tout ce qui peut prouver. ``actions`` : date, reponse, outil (vide si le suivi n'est pas tenu)."""

    seances: tuple[Seance, ...]
    depots: pd.DataFrame
    alertes: pd.DataFrame
    actions: pd.DataFrame
    niveaux: tuple[str, ...]


def lire_registres(config: Configuration, seances: list[Seance]) -> Registres:
    """Les comptes rendus et, lus dans ``prepare``, les dépôts, les alertes et les actions sur les alertes."""
    prepare = config.chemin("prepare")
    depots = lire_preparee(DEPOTS, prepare, columns=["annee", "deposant", "table", "statut"])
    bailleurs = [b.code for b in config.bailleurs]
    return Registres(
        seances=tuple(tenues(config, seances)),
        depots=depots[depots["deposant"].isin(bailleurs)],
        alertes=_lire_s_il_est_la(ALERTES.dans(prepare), ["annee", "niveau", "verdict"]),
        actions=_lire_s_il_est_la(ACTIONS.dans(prepare), ["date", "reponse", "outil"]),
        niveaux=tuple(n for n in EMBOITES if n in config.niveaux),
    )


def compter(engagement: Engagement, registres: Registres, annee: int) -> Compte:
    """Ce que les registres prouvent d'un engagement jugé sur des faits, une année."""
    preuve = engagement.preuve
    if preuve["genre"] == PAR_DEPOTS:
        return _depots(preuve, registres.depots, annee)
    if preuve["genre"] == PAR_ALERTES:
        return _alertes(registres, annee)
    dates, debut = {
        PAR_SEANCES: lambda: _dates_des_seances(preuve, registres),
        PAR_ACTIONS: lambda: _dates_des_actions(preuve, registres.actions),
        PAR_PIECES: lambda: _dates_des_pieces(engagement.pieces),
    }[preuve["genre"]]()
    rythme = preuve.get("rythme")
    if rythme == UNE_FOIS:
        premiere = min((d.year for d in dates), default=annee + 1)
        fait, tardif = premiere <= annee, engagement.echeance < premiere <= annee
        return Compte(int(fait), 1, debut is not None and debut <= annee, tardif)
    siennes = [d for d in dates if d.year == annee]
    periodes = {(d.month + 2) // 3 for d in siennes} if rythme == TRIMESTRIEL else {d.year for d in siennes}
    faits = len(periodes) if rythme else len(siennes)
    return Compte(faits, PAR_AN.get(rythme, 0), debut is not None and debut <= annee)


def _dates_des_seances(preuve: Mapping, registres: Registres) -> tuple[list, int | None]:
    decidees = set(registres.actions["date"].dt.date) if len(registres.actions) else set()
    siennes = [
        s.date
        for s in registres.seances
        if s.genre == preuve.get("seance", s.genre)
        and set(preuve.get("presents") or ()) <= set(s.presents)
        and _montre(s, preuve.get("avec"), s.date in decidees)
    ]
    return siennes, min((s.annee for s in registres.seances), default=None)


def _montre(seance: Seance, avec: str | None, decide: bool) -> bool:
    """La séance montre-t-elle ce qui est demandé : des alertes, des supports, des associations, une décision ?

    ``decide`` : une action a été décidée sur une alerte, ce jour-là.
    """
    if avec is None:
        return True
    if avec == "associations":
        return ASSOCIATIONS in seance.invites
    if avec == "alertes":
        return decide or bool(seance.alertes)
    if avec in ("supports", "decisions"):
        return bool(getattr(seance, avec))
    return avec in {genre for genre, _ in seance.decisions}


def _dates_des_actions(preuve: Mapping, actions: pd.DataFrame) -> tuple[list, int | None]:
    if actions.empty:
        return [], None
    siennes = actions
    if reponse := preuve.get("reponse"):
        siennes = siennes[siennes["reponse"].eq(reponse)]
    if preuve.get("outil"):
        siennes = siennes[siennes["outil"].fillna("").ne("")]
    return list(siennes["date"]), int(actions["date"].dt.year.min())


def _dates_des_pieces(dates: tuple[dt.date, ...]) -> tuple[list, int | None]:
    return list(dates), min((d.year for d in dates), default=None)


def _depots(preuve: Mapping, depots: pd.DataFrame, annee: int) -> Compte:
    """Les tables acceptées, sur celles que les bailleurs devaient déposer."""
    attendus = depots[depots["annee"].eq(annee)]
    if tables := preuve.get("tables"):
        attendus = attendus[attendus["table"].isin(tables)]
    return Compte(int(attendus["statut"].eq("accepte").sum()), len(attendus), len(attendus) > 0)


def _alertes(registres: Registres, annee: int) -> Compte:
    """Les niveaux où l'alerte a pu être évaluée, sur ceux de l'édition."""
    siennes = registres.alertes[registres.alertes["annee"].eq(annee)]
    evalues = siennes.loc[siennes["verdict"].ne(NON_EVALUABLE), "niveau"].unique()
    return Compte(sum(n in evalues for n in registres.niveaux), len(registres.niveaux), len(siennes) > 0)


def _lire_s_il_est_la(fichier: Path, colonnes: list[str]) -> pd.DataFrame:
    return pd.read_parquet(fichier, columns=colonnes) if fichier.is_file() else pd.DataFrame(columns=colonnes)

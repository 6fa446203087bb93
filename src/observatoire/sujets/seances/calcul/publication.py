"""Ce qu'un public lit des séances.

Le texte d'un compte rendu et celui de ses décisions ne sont que pour le public qu'il nomme. Les autres savent qu'il y a
eu une séance, qui y était et quelles sortes de décisions y ont été prises. Une alerte examinée n'est dite qu'à qui la
lit déjà parmi les alertes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from observatoire.configuration import PUBLICS, Configuration
from observatoire.fichiers import ecrire_texte
from observatoire.rangement import ecrire_publiee, lire_preparee, lire_publiee, sont_fictifs
from observatoire.sujets.alertes.tables import ACTIONS, ALERTES_PUBLIEES, DOSSIERS
from observatoire.sujets.seances.calcul.comptes_rendus import Seance, decomposer
from observatoire.sujets.seances.calcul.regles import ETATS, INVITES
from observatoire.sujets.seances.tables import ALERTES_EXAMINEES, DECISIONS_PUBLIEES, SEANCES
from observatoire.trimestres import sont_depuis
from observatoire.vocabulaire import DECISIONS, GENRES_DE_SEANCE, SIGNALES

CLES = ALERTES_EXAMINEES.noms[1:]
TEXTES = "seances"


def est_lue(seance: Seance, public: str) -> bool:
    """Ce public lit-il le texte de la séance ?"""
    return PUBLICS.index(seance.public) <= PUBLICS.index(public)


def publier_seances(config: Configuration, seances: list[Seance], public: str, travail: Path) -> None:
    """Écrire dans ``travail`` les séances, leurs décisions, les alertes examinées et les textes que ce public lit.

    ``seances`` : telles que :func:`~.comptes_rendus.lire_seances` les lit. ``travail`` contient déjà
    ``alertes.csv`` de ce public, et ``dossiers.csv`` s'il y en a un. Un compte rendu fictif ne paraît que si les dépôts
    sont fictifs.
    """
    fictive = sont_fictifs(config.chemin("prepare"))
    seances = [s for s in seances if fictive or not s.fictif]
    lues = {s.nom for s in seances if est_lue(s, public)}
    lignes = pd.DataFrame([_ligne(s, s.nom in lues) for s in seances], columns=SEANCES.noms)
    ecrire_publiee(SEANCES, lignes, travail, public)
    decisions = [
        (s.nom, genre, DECISIONS[genre], texte if s.nom in lues else None)
        for s in seances
        for genre, texte in s.decisions
    ]
    decidees = pd.DataFrame(decisions, columns=DECISIONS_PUBLIEES.noms)
    ecrire_publiee(DECISIONS_PUBLIEES, decidees, travail, public)
    ecrire_publiee(ALERTES_EXAMINEES, _examinees(seances, _decidees(config), travail), travail, public)
    shutil.rmtree(travail / TEXTES, ignore_errors=True)
    for seance in seances:
        if seance.nom in lues and seance.texte:
            ecrire_texte(seance.texte + "\n", travail / TEXTES / f"{seance.nom}.md")


def _ligne(s: Seance, entier: bool) -> tuple:
    invites = [INVITES[i] for i in s.invites]
    return (
        s.nom, s.date.isoformat(), s.annee, s.genre, GENRES_DE_SEANCE[s.genre], ETATS[s.etat], s.fictif,
        _joindre(s.presents), _joindre(invites), _joindre(s.supports if entier else ()), entier,
    )  # fmt: skip


def _joindre(textes) -> str:
    return " ; ".join(textes)


def _decidees(config: Configuration) -> pd.DataFrame:
    """Les actions (dossier, date) ; aucune si le suivi n'est pas calculé."""
    prepare = config.chemin("prepare")
    if not ACTIONS.dans(prepare).is_file():
        return pd.DataFrame({"dossier": pd.Series(dtype="str"), "date": pd.Series(dtype="datetime64[us]")})
    return lire_preparee(ACTIONS, prepare, columns=["dossier", "date"])


def _examinees(seances: list[Seance], actions: pd.DataFrame, travail: Path) -> pd.DataFrame:
    """Les alertes examinées que ce public lit déjà ; les autres n'existent pas pour lui.

    Une alerte a été examinée à la séance qui la nomme, et à celle, tenue, du jour d'une action décidée sur elle.
    """
    dossiers = lire_publiee(DOSSIERS, travail)
    connus = dict(zip(dossiers["dossier"], dossiers[CLES].itertuples(index=False, name=None), strict=True))
    ouverture = actions["dossier"].map(dossiers.set_index("dossier")["ouverture"])
    actions = actions[sont_depuis(actions["date"], ouverture)]
    du_jour = actions["dossier"].groupby(actions["date"].dt.date).agg(list).to_dict()
    couples = [
        (s.nom, decomposer(alerte) or connus.get(alerte))
        for s in seances
        for alerte in (*s.alertes, *(du_jour.get(s.date, ()) if s.etat == "tenue" else ()))
    ]
    citees = pd.DataFrame([(nom, *cles) for nom, cles in couples if cles], columns=ALERTES_EXAMINEES.noms)
    citees = citees.drop_duplicates(ignore_index=True)
    alertes = lire_publiee(ALERTES_PUBLIEES, travail)
    vues = alertes[alertes["statut"].eq("publie") & alertes["verdict"].isin(SIGNALES)]
    lisibles = pd.MultiIndex.from_frame(citees[CLES]).isin(pd.MultiIndex.from_frame(vues[CLES].astype(str)))
    return citees[lisibles]

"""Les actions, vérifiées au calcul, et le registre des alertes qu'un public lit, dressé sur ce qui lui est publié.

Un dossier n'est fait que de verdicts publiés : une année cachée est une année que l'on ne connaît pas. Son code ne
dépend que de son niveau, de son territoire et de son indicateur.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.configuration import PUBLIQUE, Configuration
from observatoire.rangement import ecrire_preparee, ecrire_publiee, lire_preparee, sont_fictifs
from observatoire.schemas import lire_schema
from observatoire.sujets.alertes.calcul.actions import (
    FICTIVE,
    LIGNE,
    SCHEMA,
    completer,
    lire_actions,
    verifier_les_ouvertures,
)
from observatoire.sujets.alertes.calcul.dossiers import (
    CLES,
    RESOLUTION,
    deja_ouverts,
    dresser,
    jalonner,
    ordonner,
    ouvrables,
)
from observatoire.sujets.alertes.tables import ACTIONS, ACTIONS_PUBLIEES, ALERTES, DOSSIERS, LIBELLES
from observatoire.sujets.seances.calcul.comptes_rendus import lire_seances, tenues
from observatoire.tables import Travail


def ecrire_les_actions(config: Configuration) -> tuple[str, tuple[str, ...]]:
    """De ``suivi/actions.csv`` à ``prepare/actions.parquet`` ; rend le bilan et les avertissements.

    Lève :class:`ErreurConfiguration` si le fichier est refusé. Si l'alerte visée s'est bien ouverte ne se sait qu'à la
    publication (:func:`publier_suivi`). Des dépôts fictifs dont le suivi n'est pas tenu en ont un, fictif.
    """
    prepare = config.chemin("prepare")
    alertes = lire_preparee(ALERTES, prepare, columns=["annee", *CLES, "verdict"])
    actions = lire_actions(config, ouvrables(alertes))
    table = actions.table
    if table.empty and not actions.avertissements and sont_fictifs(prepare):
        table = _imaginer(config, alertes)
    ecrire_preparee(ACTIONS, table, prepare)
    return f"actions : {len(table)}", actions.avertissements


def _imaginer(config: Configuration, alertes: pd.DataFrame) -> pd.DataFrame:
    """Les actions du scénario, sur les alertes des années de l'édition, aux jours des séances tenues."""
    from observatoire.exemple.scenario import Scenario  # long à charger, et l'on ne publie rien d'imaginé
    from observatoire.exemple.suivi import compter_les_vies, imaginer

    jours = [pd.Timestamp(s.date) for s in tenues(config, lire_seances(config)) if s.genre == "groupe_de_travail"]
    vies = compter_les_vies(jalonner(alertes), RESOLUTION)
    return completer(imaginer(vies, jours, Scenario(config)).assign(**{LIGNE: FICTIVE}))


def faire(travail: Travail) -> str:
    """L'étape, telle que la chaîne l'appelle."""
    bilan, travail.avertissements = ecrire_les_actions(travail.config)
    return bilan


def publier_suivi(config: Configuration, alertes: pd.DataFrame, public: str, travail: Path) -> None:
    """Écrire dans ``travail`` les dossiers que ce public lit, leurs actions, et le libellé de leurs codes.

    ``alertes`` : celles qu'il lit, toutes les années, chacune avec le ``quartier`` où elle est. Lève
    :class:`ErreurConfiguration` si une action vise une alerte que les partenaires ne lisent pas, ou la précède : le
    registre que l'on tient est le leur.
    """
    actions = lire_preparee(ACTIONS, config.chemin("prepare"))
    jalons = jalonner(alertes)
    if actions[LIGNE].eq(FICTIVE).all():
        # Imaginées sur les alertes exactes : celles que le bruit efface, ou retarde, ne se racontent pas.
        actions = actions[deja_ouverts(actions, jalons)]
    if public == PUBLIQUE:
        dossiers = dresser(alertes, actions.iloc[:0], config.trimestre, alertes)
        # L'ordre des partenaires dirait qui n'a pas de pilote.
        dossiers = ordonner(dossiers.assign(trimestres_sans_pilote=0))
    else:
        verifier_les_ouvertures(config, actions, jalons)
        dossiers = dresser(alertes, actions, config.trimestre, alertes)
    lues = actions[actions["dossier"].isin(dossiers["dossier"])]
    ecrire_publiee(DOSSIERS, dossiers.assign(statut="publie"), travail, public)
    ecrire_publiee(ACTIONS_PUBLIEES, lues, travail, public)
    paraissent = {c.nom for table in (DOSSIERS, ACTIONS_PUBLIEES) for c in table.paraissent(public == PUBLIQUE)}
    libelles = _libelles(config)
    ecrire_publiee(LIBELLES, libelles[libelles["colonne"].isin(paraissent)], travail, public)


def _libelles(config: Configuration) -> pd.DataFrame:
    """colonne, code, libelle : ce qu'une page écrit à la place d'un code."""
    champs = lire_schema(config.chemin("schemas") / SCHEMA).brut["fields"]
    lignes = [(c["name"], code, libelle) for c in champs for code, libelle in (c.get("libelles") or {}).items()]
    lignes += [("pilote", code, nom) for code, nom in config.partenaires.items()]
    return pd.DataFrame(lignes, columns=LIBELLES.noms)

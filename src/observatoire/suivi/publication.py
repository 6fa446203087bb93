"""Le suivi, du calcul à ce qu'un public en lit.

Un dossier dit en quels trimestres une alerte s'est ouverte, a duré, s'est résolue : il dit donc les verdicts de
plusieurs années. Il ne paraît que si tous ces verdicts peuvent se lire, ce qui ne dépend que des statuts publiés : ce
qui manque n'apprend rien de ce qui est caché.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.configuration import PUBLIQUE, Configuration
from observatoire.fichiers import ecrire_csv, ecrire_parquet
from observatoire.schemas import lire_schema
from observatoire.suivi.actions import SCHEMA, lire_actions
from observatoire.suivi.dossiers import CLES, COLONNES, ETATS, OUVRENT, dresser, jalonner, ordonner

DOSSIERS, ACTIONS, LIBELLES = "dossiers", "actions", "libelles_du_suivi"
#: Ce que seuls les partenaires lisent : qui pilote, ce qui a été décidé et quel jour.
RESERVEES = ("pilote", "trimestres_sans_pilote", "date", "decision", "date_effet")
#: Ce qui vient des verdicts, tu quand l'un d'eux est caché.
DES_VERDICTS = (
    "ouverture", "depuis", "ouvertures", "etat", "resolution", "verdict", "annees", "pilote", "trimestres_sans_pilote",
)  # fmt: skip
ENTIERS = dict.fromkeys(("ouvertures", "annees", "trimestres_sans_pilote"), "Int64")
MONTRE, SECRET = "publie", "c"
#: Les statuts d'une année dont ce public sait tout ce qu'il y a à savoir : un verdict, ou qu'il n'y en a pas.
CONNUS = (MONTRE, "ne", "na")


def ecrire_suivi(config: Configuration) -> tuple[str, tuple[str, ...]]:
    """De ``prepare/alertes.parquet`` et ``suivi/actions.csv`` à ``prepare/dossiers.parquet`` et ``actions.parquet``.

    Rend le bilan et les avertissements. Lève :class:`ErreurConfiguration` si ``actions.csv`` est refusé.
    """
    prepare = config.chemin("prepare")
    alertes = pd.read_parquet(prepare / "alertes.parquet", columns=["annee", *CLES, "verdict"])
    quartiers = pd.read_parquet(prepare / "ampleurs.parquet", columns=["annee", *CLES[:2], "quartier"])
    actions = lire_actions(config, jalonner(alertes))
    dossiers = dresser(alertes, actions.table, config.trimestre, quartiers)
    ecrire_parquet(dossiers, prepare / f"{DOSSIERS}.parquet")
    ecrire_parquet(actions.table, prepare / f"{ACTIONS}.parquet")
    comptes = dossiers["etat"].value_counts()
    bilan = ", ".join(f"{comptes.get(etat, 0)} {etat}{'s' if comptes.get(etat, 0) > 1 else ''}" for etat in ETATS)
    return f"{bilan} ; actions : {len(actions.table)}", actions.avertissements


def publier_suivi(config: Configuration, alertes: pd.DataFrame, public: str, travail: Path) -> None:
    """Écrire dans ``travail`` ce que ce public lit des dossiers, des actions, et le libellé de leurs codes.

    ``alertes`` : celles que ce public lit, avec leur ``statut``, toutes les années.
    """
    prepare = config.chemin("prepare")
    tables = (pd.read_parquet(prepare / f"{nom}.parquet") for nom in (DOSSIERS, ACTIONS))
    dossiers, actions = limiter(*tables, alertes, public)
    ecrire_csv(dossiers, travail / f"{DOSSIERS}.csv")
    ecrire_csv(actions, travail / f"{ACTIONS}.csv")
    libelles = _libelles(config)
    ecrire_csv(libelles[libelles["colonne"].isin([*dossiers, *actions])], travail / f"{LIBELLES}.csv")


def limiter(
    dossiers: pd.DataFrame, actions: pd.DataFrame, alertes: pd.DataFrame, public: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Les dossiers et les actions qu'un public peut lire ; les dossiers portent leur ``statut``.

    Un dossier existe pour un public s'il lit une au moins de ses années en alerte. Quand une autre lui est cachée, le
    grand public n'en lit rien ; les partenaires savent qu'il existe et ce qui a été fait, rien de plus.
    """
    par_cle = pd.MultiIndex.from_frame(dossiers[CLES])
    montrees = alertes["statut"].eq(MONTRE) & alertes["verdict"].isin(OUVRENT)
    lus = dossiers[par_cle.isin(_cles(alertes[montrees]))]
    cache = pd.MultiIndex.from_frame(lus[CLES]).isin(_cles(alertes[~alertes["statut"].isin(CONNUS)]))
    if public == PUBLIQUE:
        # L'ordre des partenaires dirait qui n'a pas de pilote.
        gardes = ordonner(lus[~cache].assign(trimestres_sans_pilote=0)).assign(statut=MONTRE)
    else:
        tus = lus[cache].sort_values(CLES).assign(statut=SECRET, **dict.fromkeys(DES_VERDICTS))
        gardes = pd.concat(
            [lus[~cache].assign(statut=MONTRE).astype(object), tus.astype(object)], ignore_index=True
        ).astype(ENTIERS)
    retirees = RESERVEES if public == PUBLIQUE else ()
    siennes = actions[actions["dossier"].isin(gardes["dossier"])]
    return tuple(t.drop(columns=[c for c in retirees if c in t]) for t in (gardes[[*COLONNES, "statut"]], siennes))


def _cles(alertes: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(alertes[CLES].astype("str").drop_duplicates())


def _libelles(config: Configuration) -> pd.DataFrame:
    """colonne, code, libelle : ce qu'une page écrit à la place d'un code."""
    champs = lire_schema(config.chemin("schemas") / SCHEMA).brut["fields"]
    lignes = [(c["name"], code, libelle) for c in champs for code, libelle in (c.get("libelles") or {}).items()]
    lignes += [("pilote", code, nom) for code, nom in config.partenaires.items()]
    return pd.DataFrame(lignes, columns=["colonne", "code", "libelle"])

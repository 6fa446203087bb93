"""Ce qui accompagne les valeurs : la couverture, les dépôts, les corrections, les bailleurs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.fichiers import ecrire_csv
from observatoire.lecture.explications import tracer_les_passages
from observatoire.secret import Regles

_PARC = ["logements_livres", "logements_connus"]
_COMPTES = ["lignes", "avertissements", "reparees", "mises_a_part", "gardees"]
#: Un nombre de lignes est dit à la dizaine près là où une ligne est un ménage, un bail ou une demande.
_DIZAINE = 10


def publier_accompagnement(config: Configuration, regles: Regles, travail: Path) -> None:
    """Écrire dans ``travail`` les tables d'accompagnement."""
    prepare = config.chemin("prepare")
    couverture, depots, corrections = (
        pd.read_parquet(prepare / f"{nom}.parquet") for nom in ("couverture", "depots", "corrections")
    )
    corrections = pd.concat([corrections, tracer_les_passages(config)], ignore_index=True)
    couverture[_PARC] = couverture[_PARC].astype("Float64").mask(~couverture["bailleur"].isin(regles.accords))
    ecrire_csv(couverture, travail / "couverture.csv")
    ecrire_csv(_taire_les_depots(depots, config, regles), travail / "depots.csv")
    ecrire_csv(corrections.drop(columns=["id", "auteur"]), travail / "corrections.csv")
    bailleurs = [(d.code, d.nom, d.hors_rpls, d.est_bailleur) for d in config.deposants]
    colonnes = ["code", "nom", "hors_rpls", "est_bailleur"]
    ecrire_csv(pd.DataFrame(bailleurs, columns=colonnes), travail / "bailleurs.csv")


def _taire_les_depots(depots: pd.DataFrame, config: Configuration, regles: Regles) -> pd.DataFrame:
    """Les dépôts, sans le compte exact des ménages ; rien de ce qui est petit ou d'un bailleur qui n'a pas accepté."""
    ouvertes = depots["table"].isin(regles.ouvertes)
    petit = depots["lignes"].between(1, regles.seuil - 1) & ~ouvertes
    codes = [b.code for b in config.bailleurs]
    petit |= depots["deposant"].isin(codes) & ~depots["deposant"].isin(regles.accords) & depots["lignes"].gt(0)
    depots["lignes"] = depots["lignes"].where(ouvertes, (depots["lignes"] / _DIZAINE).round() * _DIZAINE)
    depots[_COMPTES] = depots[_COMPTES].astype("Int64").mask(petit)
    return depots[["annee", "deposant", "table", "statut", *_COMPTES]]

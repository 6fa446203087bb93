"""Ce qui accompagne les valeurs : la couverture, les dépôts, les corrections, les bailleurs."""

from __future__ import annotations

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.lecture.explications import tracer_les_passages
from observatoire.publication.contexte import Publication
from observatoire.rangement import lire_preparee
from observatoire.secret import Regles
from observatoire.tables.depots import CORRECTIONS, CORRECTIONS_PUBLIEES, DEPOTS, DEPOTS_PUBLIES
from observatoire.tables.edition import BAILLEURS
from observatoire.tables.indicateurs import COUVERTURE, COUVERTURE_PUBLIEE

_PARC = ["logements_livres", "logements_connus"]
_COMPTES = ["lignes", "avertissements", "reparees", "mises_a_part", "gardees"]
#: Un nombre de lignes est dit à la dizaine près là où une ligne est un ménage, un bail ou une demande.
_DIZAINE = 10


def publier_accompagnement(edition: Publication) -> None:
    """Écrire les tables d'accompagnement."""
    config, regles, prepare = edition.config, edition.regles, edition.config.chemin("prepare")
    couverture, depots, corrections = (lire_preparee(table, prepare) for table in (COUVERTURE, DEPOTS, CORRECTIONS))
    corrections = pd.concat([corrections, tracer_les_passages(config)], ignore_index=True)
    couverture[_PARC] = couverture[_PARC].astype("Float64").mask(~couverture["bailleur"].isin(regles.accords))
    edition.ecrire(COUVERTURE_PUBLIEE, couverture)
    edition.ecrire(DEPOTS_PUBLIES, _taire_les_depots(depots, config, regles))
    edition.ecrire(CORRECTIONS_PUBLIEES, corrections)
    bailleurs = [(d.code, d.nom, d.hors_rpls, d.est_bailleur) for d in config.deposants]
    edition.ecrire(BAILLEURS, pd.DataFrame(bailleurs, columns=BAILLEURS.noms))


def _taire_les_depots(depots: pd.DataFrame, config: Configuration, regles: Regles) -> pd.DataFrame:
    """Les dépôts, sans le compte exact des ménages ; rien de ce qui est petit ou d'un bailleur qui n'a pas accepté."""
    ouvertes = depots["table"].isin(regles.ouvertes)
    petit = depots["lignes"].between(1, regles.seuil - 1) & ~ouvertes
    codes = [b.code for b in config.bailleurs]
    petit |= depots["deposant"].isin(codes) & ~depots["deposant"].isin(regles.accords) & depots["lignes"].gt(0)
    depots["lignes"] = depots["lignes"].where(ouvertes, (depots["lignes"] / _DIZAINE).round() * _DIZAINE)
    depots[_COMPTES] = depots[_COMPTES].astype("Int64").mask(petit)
    return depots

"""Les orientations de peuplement : qualifier, éprouver les poids, proposer ; aux autres, le parc de chaque classe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from observatoire.baremes import Baremes
from observatoire.configuration import PUBLIQUE, Configuration
from observatoire.rangement import ecrire_publiee, lire_preparee
from observatoire.secret import Regles as Secret
from observatoire.sujets.orientations.calcul.parc import compter_le_parc
from observatoire.sujets.orientations.calcul.proposition import proposer
from observatoire.sujets.orientations.calcul.qualification import QUALIFIES, qualifier, situer
from observatoire.sujets.orientations.calcul.regles import Regles, lire_regles_de_qualification
from observatoire.sujets.orientations.calcul.sensibilite import eprouver_les_poids
from observatoire.sujets.orientations.tables import PARC_PAR_CLASSE, PROPOSITIONS, QUALIFICATIONS, SENSIBILITE
from observatoire.sujets.simulation.modele.horizon import duree_de_la_charte
from observatoire.tables.indicateurs import LIEUX
from observatoire.vocabulaire import IMMEUBLE


def regles_de_chaque_annee(config: Configuration, baremes: Baremes) -> dict[int, Regles]:
    """Les règles de la qualification en vigueur, année par année ; aucune si le territoire n'a pas ce barème."""
    lues = {a: lire_regles_de_qualification(config.chemin("referentiels"), baremes, a) for a in config.annees}
    return {annee: regles for annee, regles in lues.items() if regles is not None}


def regles_de_ce_qui_qualifie(secret: Secret, regles: dict[int, Regles], tout: str) -> Secret:
    """Les règles du secret d'un public, étendues à ce qui qualifie une résidence, même s'il n'en voit aucune.

    À l'immeuble, rien d'autre ne borne une part : les partenaires n'y lisent que ces indicateurs-là.
    """
    codes = tuple(dict.fromkeys(code for siennes in regles.values() for code in siennes.codes))
    etendues = secret.etendues((tout, *QUALIFIES), codes)
    return replace(etendues, indicateurs=etendues.indicateurs | {IMMEUBLE: codes})


def publier_les_orientations(
    config: Configuration, regles: dict[int, Regles], publiees: pd.DataFrame, secret: Secret, travail: Path
) -> None:
    """Écrire dans ``travail`` ce que ce public lit des orientations.

    ``publiees`` : les indicateurs tels que les partenaires les lisent, et leur bruit ; rien d'autre n'est à protéger.
    """
    lieux, annee = lire_preparee(LIEUX, config.chemin("prepare")), max(config.annees)
    qualifications = qualifier(publiees, lieux, regles, config.tout)
    if not qualifications.derniers:
        return
    table = qualifications.table
    ecrire_publiee(
        PARC_PAR_CLASSE, compter_le_parc(table, situer(lieux, annee), annee, secret.seuil), travail, secret.public
    )
    if secret.public == PUBLIQUE:
        return
    de_l_annee = publiees[publiees["annee"].eq(annee) & publiees["bailleur"].eq("tous")]
    proposees = proposer(
        de_l_annee, table[table["annee"].eq(annee)], regles[annee], config.tout, duree_de_la_charte(config.charte)
    )
    ecrire_publiee(QUALIFICATIONS, table, travail, secret.public)
    ecrire_publiee(SENSIBILITE, eprouver_les_poids(qualifications.derniers), travail, secret.public)
    ecrire_publiee(PROPOSITIONS, proposees, travail, secret.public)

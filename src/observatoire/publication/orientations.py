"""Les orientations de peuplement : qualifier, éprouver les poids, proposer ; aux autres, le parc de chaque classe."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from observatoire.baremes import Baremes
from observatoire.configuration import PUBLIQUE, Configuration
from observatoire.publication.contexte import Publication
from observatoire.secret import Regles as Secret
from observatoire.secret import porter_le_bruit
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


def publier_les_orientations(edition: Publication, publiees: pd.DataFrame) -> None:
    """Écrire ce que ce public lit des orientations ; rien si le territoire ne qualifie pas.

    ``publiees`` : les indicateurs de ce public, et leur bruit. Une résidence est qualifiée d'après ce que les
    partenaires en lisent : rien d'autre n'est à protéger.
    """
    config, secret, lieux, annee = edition.config, edition.regles, edition.exacts[LIEUX], max(edition.config.annees)
    regles = regles_de_chaque_annee(config, edition.baremes)
    if not regles:
        return
    if secret.public == PUBLIQUE:
        vues = regles_de_ce_qui_qualifie(secret, regles, config.tout[0])
        publiees = porter_le_bruit(edition.bruiter(vues).table, edition.ouverture, vues)
    qualifications = qualifier(publiees, lieux, regles, config.tout)
    if not qualifications.derniers:
        return
    table = qualifications.table
    edition.ecrire(PARC_PAR_CLASSE, compter_le_parc(table, situer(lieux, annee), annee, secret.seuil))
    if secret.public == PUBLIQUE:
        return
    de_l_annee = publiees[publiees["annee"].eq(annee) & publiees["bailleur"].eq("tous")]
    proposees = proposer(
        de_l_annee, table[table["annee"].eq(annee)], regles[annee], config.tout, duree_de_la_charte(config.charte)
    )
    edition.ecrire(QUALIFICATIONS, table)
    edition.ecrire(SENSIBILITE, eprouver_les_poids(qualifications.derniers))
    edition.ecrire(PROPOSITIONS, proposees)

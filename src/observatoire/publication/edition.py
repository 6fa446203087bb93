"""Écrire ``publie/<public>`` : les indicateurs bruités, ce que chaque sujet en tire, et de quoi les lire."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import cle_de, signer
from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.fichiers import ecrire_dossier, ecrire_texte
from observatoire.processus import a_cote
from observatoire.publication.accompagnement import publier_accompagnement
from observatoire.publication.archives import garder_les_anterieures
from observatoire.publication.contexte import Publication
from observatoire.publication.ecrits import publier_les_ecrits
from observatoire.publication.sujets import publier_les_sujets
from observatoire.publication.territoires import publier_territoires
from observatoire.publication.variations import (
    a_perimetre_constant,
    publier_les_changements,
    publier_les_variations,
)
from observatoire.rangement import dictionnaire, lire_preparee, sont_fictifs
from observatoire.ruptures import lire_ruptures
from observatoire.secret import (
    Regles,
    compter,
    dire,
    lire_regles_du_secret,
    porter_le_bruit,
    proteger_les_valeurs,
)
from observatoire.secret.cumuls import ANNEES, cumuler
from observatoire.secret.parution import juger_les_unites
from observatoire.sujets.alertes.calcul.etape import regles_par_annee
from observatoire.sujets.alertes.calcul.publication import (
    evaluer_les_alertes,
    publier_les_alertes,
    regles_de_ce_qui_alerte,
)
from observatoire.sujets.alertes.calcul.suivi import publier_suivi
from observatoire.sujets.alertes.tables import ALERTES_PUBLIEES, AMPLEURS_PUBLIEES
from observatoire.sujets.mixite.calcul.annees import publier_la_mixite
from observatoire.sujets.mixite.calcul.fiches import fiches
from observatoire.sujets.mixite.tables import EVOLUTION, FICHES, MIXITE
from observatoire.tables.depots import DEPOTS, IMMEUBLES_HORS_QUARTIER
from observatoire.tables.edition import BAREMES, CATALOGUE, DICTIONNAIRE, EDITION, RUPTURES
from observatoire.tables.indicateurs import COMPTES, CUMULS, INDICATEURS, INDICATEURS_PUBLIES


@dataclass(frozen=True)
class Bilan:
    """``statuts`` : statut -> nombre de valeurs ; ``phrases`` : ce qui est caché, par quelle règle, et ce qui le
    montrerait."""

    statuts: dict[str, int]
    phrases: list[str]


def proteger(config: Configuration, public: str = "publique") -> Bilan:
    """Écrire ``publie/<public>`` à partir de ``prepare`` ; le dossier est écrit à côté, puis mis en place d'un coup.

    Lève :class:`ErreurObservatoire` quand rien n'est calculé ou que la clé du secret n'est plus celle de l'édition en
    place, :class:`ErreurConfiguration` quand ce public n'existe pas ou que ses règles manquent.
    """
    prepare, referentiels = config.chemin("prepare"), config.chemin("referentiels")
    baremes = lire_baremes(referentiels)
    regles = lire_regles_du_secret(referentiels, baremes, public, max(config.annees))
    if not all(table.dans(prepare).is_file() for table in INDICATEURS_PUBLIES.de):
        raise ErreurObservatoire("aucun indicateur n'est calculé : lancer « observatoire calculer ».")
    if config.tout[0] not in regles.niveaux:
        raise ErreurConfiguration(
            f"confidentialite.yml : la règle de « {public} » ne dit rien du niveau « {config.tout[0]} » (niveaux)."
        )
    signature = signer(cle_de(config))
    en_place = config.chemin("publie") / public
    with ecrire_dossier(en_place) as travail, ExitStack() as pendant:
        edition = Publication.lire(config, baremes, regles, travail)
        # Ce que le reste n'attend pas se calcule à côté : les alertes, les tirages de la mixité, d'autres sujets.
        with a_cote(partial(_publier_les_alertes, edition)):
            bruitees, cumuls = edition.bruiter(regles), _bruiter_les_cumuls(edition)
            publiees = porter_le_bruit(bruitees.table, edition.ouverture, regles)
            constants = a_perimetre_constant(edition, publiees)
            pendant.enter_context(a_cote(partial(_publier_mixite, edition, (bruitees.table, constants))))
            garder_les_anterieures(en_place, max(config.annees), travail, public)
            edition.ecrire(INDICATEURS_PUBLIES, bruitees.table)
            edition.ecrire(CUMULS, cumuls)
            edition.ecrire(DICTIONNAIRE, dictionnaire(public))
            edition.ecrire(BAREMES, baremes.tableau())
            edition.ecrire(RUPTURES, lire_ruptures(referentiels, catalogue()))
            _ecrire_json([declaration.publier() for declaration in catalogue().values()], CATALOGUE.dans(travail))
            publier_accompagnement(edition)
            publier_territoires(config, bruitees.table, regles, travail)
            publier_les_variations(edition, publiees, constants)
            pendant.enter_context(a_cote(partial(publier_les_sujets, edition, publiees)))
        publier_les_ecrits(config, baremes, publiees, regles, travail)
        dite, masquees = _edition(config, regles), compter(bruitees)
        dite["secret"] = {"masquees": masquees, "phrases": dire(masquees, dite)}
        _ecrire_json(dite | {"cle": signature}, EDITION.dans(travail))
    sans_effet = [
        f"confidentialite.yml : un accord nomme « {code} », qui n'est pas un bailleur d'observatoire.yml ; il est sans "
        "effet."
        for code in sorted(regles.accords - {b.code for b in config.bailleurs})
    ]
    return Bilan(bruitees.table["statut"].value_counts().to_dict(), [*dite["secret"]["phrases"], *sans_effet])


def _bruiter_les_cumuls(edition: Publication) -> pd.DataFrame:
    """Les flux cumulés sur trois ans, tels que ce public les lit ; ``depuis`` : la première des trois."""
    montres = edition.regles.montre(edition.exacts[INDICATEURS]).to_numpy()
    table, comptes = (edition.exacts[t][montres] for t in (INDICATEURS, COMPTES))
    unites = juger_les_unites(table, comptes, edition.contributeurs, edition.ouverture, edition.regles)
    comptes = comptes.assign(unites=unites)
    cumules = cumuler(table, comptes, edition.ouverture.declarations)
    contributeurs = edition.contributeurs.de_chaque_annee(ANNEES)
    table = proteger_les_valeurs(*cumules, contributeurs, edition.ouverture, edition.regles).table
    table.insert(1, "depuis", table["annee"] - ANNEES + 1)
    return table


def _publier_les_alertes(edition: Publication) -> None:
    """Les alertes, leur ampleur, le suivi de celles que ce public lit, et les alertes de changement."""
    siennes = regles_par_annee(edition.config, edition.baremes)
    paru = edition.bruiter(regles_de_ce_qui_alerte(edition.regles, siennes)).table
    evaluees = evaluer_les_alertes(edition.config, siennes, paru, edition.ouverture.bruits(edition.regles))
    alertes, ampleurs = publier_les_alertes(evaluees, edition.regles)
    edition.ecrire(ALERTES_PUBLIEES, alertes)
    edition.ecrire(AMPLEURS_PUBLIEES, ampleurs)
    publier_les_changements(edition, paru, siennes)
    publier_suivi(edition.config, alertes.assign(quartier=ampleurs["quartier"]), edition.regles.public, edition.travail)


def _publier_mixite(edition: Publication, parus: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Les indices de mixité, calculés sur ce qui paraît et sur rien d'autre, et leurs fiches."""
    tables = publier_la_mixite(
        parus, edition.config, edition.baremes, lambda source: edition.regles.bruit_de(source).variance
    )
    for table, contenu in zip((MIXITE, EVOLUTION), tables, strict=True):
        edition.ecrire(table, contenu)
    _ecrire_json(fiches(), FICHES.dans(edition.travail))


def _ecrire_json(contenu: object, fichier: Path) -> None:
    ecrire_texte(json.dumps(contenu, ensure_ascii=False, indent=1), fichier)


def _edition(config: Configuration, regles: Regles) -> dict:
    prepare = config.chemin("prepare")
    dehors, depots = (lire_preparee(table, prepare) for table in (IMMEUBLES_HORS_QUARTIER, DEPOTS))
    acceptes = set(depots.loc[depots["statut"].eq("accepte"), "deposant"])
    return {
        "niveau": config.tout[0],
        "communes": [c.code for c in config.communes],
        "nom": config.nom,
        "code": config.code,
        "a": config.a,
        "de": config.de,
        "titre": config.titre,
        "annees": list(config.annees),
        "annee_zero": config.annee_zero,
        "trimestre": config.trimestre,
        "niveaux": list(config.niveaux),
        "fictif": sont_fictifs(prepare),
        "public": regles.public,
        "seuil": regles.seuil,
        "regles": regles.publier(),
        "deposants": len(acceptes & {b.code for b in config.bailleurs}),
        "charte": {cle: str(valeur) for cle, valeur in config.charte.items()},
        "signataires": list(config.signataires),
        "publication": dict(config.publication),
        "immeubles_hors_quartier": {str(a): int(n) for a, n in dehors.groupby("annee").size().items()},
    }

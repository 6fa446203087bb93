"""Écrire ``publie/<public>`` : les indicateurs bruités, ce que chaque sujet en tire, et de quoi les lire."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import cle_de, signer
from observatoire.configuration import PUBLIQUE, Configuration
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.fichiers import ecrire_dossier, ecrire_texte
from observatoire.processus import a_cote
from observatoire.publication.accompagnement import publier_accompagnement
from observatoire.publication.archives import garder_les_anterieures
from observatoire.publication.ecrits import publier_les_ecrits
from observatoire.publication.orientations import (
    publier_les_orientations,
    regles_de_ce_qui_qualifie,
    regles_de_chaque_annee,
)
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.publication.sujets import publier_les_sujets
from observatoire.publication.territoires import publier_territoires
from observatoire.publication.variations import Variations
from observatoire.rangement import dictionnaire, ecrire_publiee, lire_par_categories, lire_preparee, sont_fictifs
from observatoire.ruptures import lire_ruptures
from observatoire.secret import (
    Bruitees,
    Ouverture,
    Regles,
    compter,
    dire,
    lire_regles_du_secret,
    parc_par_cellule,
    porter_le_bruit,
)
from observatoire.secret.cumuls import ANNEES, cumuler
from observatoire.secret.parution import juger_les_unites
from observatoire.secret.valeurs import proteger_les_valeurs
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
from observatoire.tables.indicateurs import COMPTES, CUMULS, INDICATEURS, INDICATEURS_PUBLIES, LIEUX


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
    signature = _reconnaitre_la_cle(config, public)
    ouverture = etablir_l_ouverture(config, baremes, regles)
    exacts = lire_les_exacts(config)
    variations = Variations(config, ouverture, regles, exacts["parc"])
    en_place = config.chemin("publie") / public
    with ecrire_dossier(en_place) as travail, ExitStack() as pendant:
        # Ce que le reste n'attend pas se calcule à côté : les alertes, les tirages de la mixité, d'autres sujets.
        with a_cote(partial(_publier_les_alertes, baremes, exacts, variations, travail)):
            bruitees, cumuls = bruiter(exacts, ouverture, regles), bruiter_les_cumuls(exacts, ouverture, regles)
            publiees = porter_le_bruit(bruitees.table, ouverture, regles)
            constants = variations.bruiter_les_constants(publiees)
            lues = (bruitees.table, constants)
            pendant.enter_context(a_cote(partial(_publier_mixite, lues, config, baremes, regles, travail)))
            garder_les_anterieures(en_place, max(config.annees), travail, public)
            ecrire_publiee(INDICATEURS_PUBLIES, bruitees.table, travail, public)
            ecrire_publiee(CUMULS, cumuls, travail, public)
            ecrire_publiee(DICTIONNAIRE, dictionnaire(public), travail, public)
            ecrire_publiee(BAREMES, baremes.tableau(), travail, public)
            ecrire_publiee(RUPTURES, lire_ruptures(referentiels, catalogue()), travail, public)
            _ecrire_json([declaration.publier() for declaration in catalogue().values()], CATALOGUE.dans(travail))
            publier_accompagnement(config, regles, travail)
            publier_territoires(config, bruitees.table, regles, travail)
            variations.publier(publiees, constants, travail)
            pendant.enter_context(a_cote(partial(_publier_les_autres, baremes, exacts, publiees, variations, travail)))
        publier_les_ecrits(config, baremes, publiees, regles, travail)
        edition = _edition(config, regles)
        edition |= {"secret": {"masquees": (masquees := compter(bruitees)), "phrases": dire(masquees, edition)}}
        _ecrire_json(edition | {"cle": signature}, EDITION.dans(travail))
    return Bilan(bruitees.table["statut"].value_counts().to_dict(), edition["secret"]["phrases"])


def lire_les_exacts(config: Configuration) -> dict[str, pd.DataFrame]:
    """Ce que le calcul a écrit : ``indicateurs``, ``comptes`` et, tiré des lieux, ``parc`` par cellule."""
    prepare = config.chemin("prepare")
    return {
        "indicateurs": lire_par_categories(INDICATEURS, prepare),
        "comptes": lire_preparee(COMPTES, prepare, columns=COMPTES.noms_des_mesures),
        "parc": parc_par_cellule(lire_preparee(LIEUX, prepare)),
    }


def bruiter(exacts: dict[str, pd.DataFrame], ouverture: Ouverture, regles: Regles) -> Bruitees:
    """Les indicateurs tels que le public de ces règles les lit."""
    return proteger_les_valeurs(exacts["indicateurs"], exacts["comptes"], exacts["parc"], ouverture, regles)


def bruiter_les_cumuls(exacts: dict[str, pd.DataFrame], ouverture: Ouverture, regles: Regles) -> pd.DataFrame:
    """Les flux cumulés sur trois ans, tels que ce public les lit ; ``depuis`` : la première des trois."""
    montres = regles.montre(exacts["indicateurs"]).to_numpy()
    table, comptes = exacts["indicateurs"][montres], exacts["comptes"][montres]
    comptes = comptes.assign(unites=juger_les_unites(table, comptes, ouverture, regles))
    cumules = cumuler(table, comptes, ouverture.declarations)
    table = proteger_les_valeurs(*cumules, exacts["parc"], ouverture, regles).table
    table.insert(1, "depuis", table["annee"] - ANNEES + 1)
    return table


def _reconnaitre_la_cle(config: Configuration, public: str) -> str:
    """La signature de la clé ; une autre que celle de l'édition en place est refusée : le bruit changerait."""
    signature = signer(cle_de(config))
    en_place = EDITION.dans(config.chemin("publie") / public)
    if en_place.is_file():
        ancienne = json.loads(en_place.read_text(encoding="utf-8")).get("cle")
        if ancienne not in (None, signature):
            nom = config.chemin("cle").name
            raise ErreurObservatoire(
                f"la clé du secret ({nom}) n'est pas celle de l'édition publiée : publier les mêmes années avec deux "
                "clés ferait deviner les comptes. Remettre la clé d'origine ; si elle est perdue, voir docs/secret.md "
                "(« La clé est perdue »)."
            )
    return signature


def _publier_les_alertes(baremes: Baremes, exacts, variations: Variations, travail: Path) -> None:
    """Les alertes, leur ampleur, le suivi de celles que ce public lit, et les alertes de changement."""
    config, ouverture, regles = variations.config, variations.ouverture, variations.regles
    siennes = regles_par_annee(config, baremes)
    paru = bruiter(exacts, ouverture, regles_de_ce_qui_alerte(regles, siennes)).table
    evaluees = evaluer_les_alertes(config, siennes, paru, ouverture.bruits(regles))
    alertes, ampleurs = publier_les_alertes(evaluees, regles)
    ecrire_publiee(ALERTES_PUBLIEES, alertes, travail, regles.public)
    ecrire_publiee(AMPLEURS_PUBLIEES, ampleurs, travail, regles.public)
    variations.publier_les_changements(paru, siennes, travail)
    publier_suivi(config, alertes.assign(quartier=ampleurs["quartier"]), regles.public, travail)


def _publier_les_autres(
    baremes: Baremes, exacts, publiees: pd.DataFrame, variations: Variations, travail: Path
) -> None:
    """Attributions et revue ; la qualification des résidences, d'après les comptes que les partenaires en lisent."""
    config, ouverture, regles = variations.config, variations.ouverture, variations.regles
    publier_les_sujets(config, publiees, regles, travail)
    siennes = regles_de_chaque_annee(config, baremes)
    if not siennes:
        return
    if regles.public == PUBLIQUE:
        vues = regles_de_ce_qui_qualifie(regles, siennes, config.tout[0])
        publiees = porter_le_bruit(bruiter(exacts, ouverture, vues).table, ouverture, vues)
    publier_les_orientations(config, siennes, publiees, regles, travail)


def _publier_mixite(
    parus: tuple[pd.DataFrame, pd.DataFrame], config: Configuration, baremes: Baremes, regles: Regles, travail: Path
) -> None:
    """Les indices de mixité, calculés sur ce qui paraît et sur rien d'autre, et leurs fiches."""
    tables = publier_la_mixite(parus, config, baremes, lambda source: regles.bruit_de(source).variance)
    for table, contenu in zip((MIXITE, EVOLUTION), tables, strict=True):
        ecrire_publiee(table, contenu, travail, regles.public)
    _ecrire_json(fiches(), FICHES.dans(travail))


def _compter_les_deposants(config: Configuration) -> int:
    """Les bailleurs dont un dépôt au moins est accepté."""
    depots = lire_preparee(DEPOTS, config.chemin("prepare"), columns=["deposant", "statut"])
    acceptes = set(depots.loc[depots["statut"].eq("accepte"), "deposant"])
    return len(acceptes & {b.code for b in config.bailleurs})


def _ecrire_json(contenu: object, fichier: Path) -> None:
    ecrire_texte(json.dumps(contenu, ensure_ascii=False, indent=1), fichier)


def _edition(config: Configuration, regles: Regles) -> dict:
    prepare = config.chemin("prepare")
    dehors = lire_preparee(IMMEUBLES_HORS_QUARTIER, prepare)
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
        "deposants": _compter_les_deposants(config),
        "charte": {cle: str(valeur) for cle, valeur in config.charte.items()},
        "signataires": list(config.signataires),
        "publication": dict(config.publication),
        "immeubles_hors_quartier": {str(a): int(n) for a, n in dehors.groupby("annee").size().items()},
    }

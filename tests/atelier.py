"""De quoi faire une édition minuscule : quelques valeurs publiées et des modèles de trois cellules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pandas as pd

from observatoire.configuration import PUBLIQUE, Configuration, lire_configuration
from observatoire.edition.plan import lister_pages
from observatoire.rangement import vide
from observatoire.sujets.mixite.calcul.plan import COLONNES, COLONNES_DU_CHANGEMENT
from observatoire.sujets.variations.tables import VARIATIONS
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES

RACINE = Path(__file__).resolve().parents[1]
QUARTIERS = {"battant": "Battant", "planoise-chateaufarine": "Planoise - Châteaufarine"}
BAILLEURS = {"gbh": "Grand Besançon Habitat"}
ALERTE = "bcdfghjklmnp"
CODE = "from IPython.display import HTML, display\ndisplay(HTML(f'<p>{annee}, {len([%s]) > 1}</p>'))"
SANS_ANNEE = "from IPython.display import HTML, display\ndisplay(HTML(f'<p>{%s}</p>'))"
MODELES = {
    "accueil": ("# {{ titre }}", "annee = 2010", "annee"),
    "ville": ("# {{ ville }} en {{ annee }}", "annee = 2010", "annee"),
    "quartier": ("# {{ quartier_nom }} en {{ annee }}", 'annee = 2010\nquartier = "battant"', "annee, quartier"),
    "bailleur": ("# {{ bailleur_nom }} en {{ annee }}", 'annee = 2010\nbailleur = "gbh"', "annee, bailleur"),
    "attributions": ("# Attributions en {{ annee }}", "annee = 2010", "annee"),
    "orientations": ("# Orientations de peuplement", "annee = 2010", "annee"),
    "simulation": ("# Simulation", "annee = 2010", "annee"),
    "revue": ("# Revue", "annee = 2010", "annee"),
    "couverture": ("# Couverture", "annee = 2010", "annee"),
    "sources": ("# Sources", "annee = 2010", "annee"),
    "corrections": ("# Corrections", "annee = 2010", "annee"),
    "alertes": ("# Alertes en {{ annee }}", "annee = 2010", "annee"),
    "alerte": ("# {{ alerte_nom }}", 'annee = 2010\nalerte = "bcdf"', "annee, alerte"),
    "note": ("# Note", "annee = 2010", "annee"),
    "rapport": ("# Rapport", "annee = 2010", "annee"),
    "conference": ("# Conférence", "annee = 2010", "annee"),
    "engagements": ("# Engagements", "annee = 2010", "annee"),
    "engagement": ("# {{ engagement_nom }}", 'engagement = "essai"', "engagement"),
}


def ecrire_modele(dossier: Path, nom: str, titre: str, parametres: str, code: str) -> Path:
    """Un notebook de trois cellules : titre, paramètres, code."""
    cellules = [
        nbformat.v4.new_markdown_cell(titre, id="titre"),
        nbformat.v4.new_code_cell(parametres, id="parametres", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(code, id="corps"),
    ]
    noyau = {"name": "observatoire", "display_name": "Observatoire (Python 3)", "language": "python"}
    dossier.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cellules, metadata={"kernelspec": noyau}), dossier / f"{nom}.ipynb")
    return dossier / f"{nom}.ipynb"


def ecrire_modeles(dossier: Path) -> Path:
    for nom, (titre, parametres, lus) in MODELES.items():
        ecrire_modele(dossier, nom, titre, parametres, (CODE if "annee" in lus else SANS_ANNEE) % lus)
    return dossier


def ecrire_publie(dossier: Path, annees: tuple[int, ...] = (2010,), public: str = "publique") -> Path:
    """Un dossier publié de deux indicateurs et d'une répartition, ville et deux quartiers.

    Celui des partenaires a de plus un dossier d'alerte ouvert, :data:`ALERTE`.
    """
    dossier.mkdir(parents=True, exist_ok=True)
    declarations = [
        _declaration("taux_vacance", "Taux de vacance"),
        _declaration("financement_plai", "Financement PLAI", groupe="financement", modalite="PLAI"),
        _declaration("financement_plus", "Financement PLUS", groupe="financement", modalite="PLUS"),
    ]
    edition = {
        "nom": "Besançon", "niveau": "ville", "communes": [], "code": "25056", "a": "à Besançon", "de": "de Besançon",
        "annees": list(annees), "titre": "Observatoire du logement public de Besançon", "annee_zero": annees[0],
        "public": public, "niveaux": ["quartier", "ville"], "fictif": True, "seuil": 11, "charte": {},
        "signataires": [], "immeubles_hors_quartier": {},
    }  # fmt: skip
    (dossier / "catalogue.json").write_text(json.dumps(declarations), encoding="utf-8")
    (dossier / "edition.json").write_text(json.dumps(edition), encoding="utf-8")
    lieux = pd.DataFrame(
        [("ville", "25056", "Besançon"), *(("quartier", c, n) for c, n in QUARTIERS.items())],
        columns=["niveau", "code", "nom"],
    )
    lieux.assign(parent="").to_csv(dossier / "territoires.csv", index=False)
    bailleurs = [(c, n, False, True) for c, n in BAILLEURS.items()]
    pd.DataFrame(bailleurs, columns=["code", "nom", "hors_rpls", "est_bailleur"]).to_csv(
        dossier / "bailleurs.csv", index=False
    )
    codes = [d["code"] for d in declarations]
    valeurs = pd.MultiIndex.from_product([annees, codes], names=["annee", "indicateur"]).to_frame(index=False)
    valeurs.assign(
        niveau="ville", territoire="25056", bailleur="tous", numerateur=35, denominateur=1000, valeur=0.035,
        borne_basse=0.025, borne_haute=0.048, couverture=0.95, reponse=None, statut="publie",
    ).to_csv(dossier / "indicateurs.csv", index=False)  # fmt: skip
    for nom, colonnes in (("mixite", COLONNES), ("mixite_evolution", COLONNES_DU_CHANGEMENT)):
        pd.DataFrame(columns=colonnes).to_csv(dossier / f"{nom}.csv", index=False)
    (dossier / "mixite.json").write_text("[]", encoding="utf-8")
    rupture = {"annee": annees[-1], "indicateurs": "taux_vacance", "genre": "definition", "libelle": "Périmètre"}
    pd.DataFrame([{**rupture, "description": "Un bailleur rejoint le dépôt.", "source": "SDES"}]).to_csv(
        dossier / "ruptures.csv", index=False
    )
    for table in (VARIATIONS, CONSTANTS_PUBLIES):
        vide(table).to_csv(table.dans(dossier), index=False)
    _ecrire_engagements(dossier, [])
    if public == "partenaires":
        ouvert = {"dossier": ALERTE, "niveau": "quartier", "territoire": "battant", "indicateur": "taux_vacance"}
        pd.DataFrame([{**ouvert, "etat": "nouvelle", "statut": "publie"}]).to_csv(dossier / "dossiers.csv", index=False)
    return dossier


def ecrire_gouvernance(dossier: Path, annees: tuple[int, ...] = (2010,)) -> None:
    """Ce que le livre attend de plus : un engagement, et aucune séance."""
    _ecrire_engagements(dossier, annees)
    colonnes = {
        "seances": [
            "seance",
            "date",
            "annee",
            "libelle",
            "etat",
            "fictif",
            "presents",
            "invites",
            "supports",
            "entier",
        ],
        "decisions": ["seance", "genre", "libelle", "texte"],
        "alertes_examinees": ["seance", "niveau", "territoire", "indicateur"],
    }
    for nom, siennes in colonnes.items():
        pd.DataFrame(columns=siennes).to_csv(dossier / f"{nom}.csv", index=False)


def _ecrire_engagements(dossier: Path, annees: Sequence[int]) -> None:
    """Un engagement, une ligne par année ; aucune année : la table vide d'un territoire qui n'a rien déclaré."""
    essai = {"engagement": "essai", "libelle": "Un essai", "texte_nom": "Charte", "verdict": "tenu", "raison": "Fait."}
    essai |= dict.fromkeys(("texte_note", "article", "titulaires", "adoptee_par", "cible_source", "zero_source"))
    lignes = [{**essai, "annee": annee} for annee in annees]
    pd.DataFrame(lignes, columns=[*essai, "annee"]).to_csv(dossier / "engagements.csv", index=False)


def configurer(dossier: Path) -> Configuration:
    """La configuration du dépôt, où tout ce qui s'écrit va dans ``dossier``."""
    return lire_configuration(RACINE / "observatoire.yml").avec_chemins(
        publie=dossier / "publie",
        edition=dossier / "livre" / "edition",
        site=dossier / "site" / "html",
        edition_partenaires=dossier / "partenaires" / "edition",
        site_partenaires=dossier / "partenaires" / "site",
        notebooks=dossier / "notebooks",
    )


def _declaration(code: str, libelle: str, groupe: str | None = None, modalite: str | None = None) -> dict:
    return {
        "code": code, "libelle": libelle, "famille": "parc", "nature": "proportion", "numerateur": "vacants",
        "denominateur": "logements loués ou vacants", "unite": "%", "multiplicateur": 100, "source": "RPLS",
        "tables": ["logements"], "sens": "baisse", "reponse": False, "groupe": groupe, "modalite": modalite,
        "periode": "31 décembre", "reference": None, "perimetre": "rpls", "intervalle": "Wilson à 95 %",
        "sans_lieu": None,
        "fiche": "Part des logements sans locataire.\n\n$$ \\frac{V}{L + V} $$\n\n**Référence.** SDES.",
    }  # fmt: skip


def compter_les_pages(config: Configuration) -> int:
    """Combien de pages le plan de l'édition publique compte."""
    return len(lister_pages(config.chemin("publie") / PUBLIQUE, config.chemin("notebooks")))

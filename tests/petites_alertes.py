"""Les alertes du petit dossier publié : un verdict de chaque sorte, et un statut de chaque sorte.

À Planoise, en 2010, 17 ménages de plus qu'attendu en impayé, entre 8 et 27, portés par deux immeubles sur quatorze.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

PLANOISE = "planoise-chateaufarine"
#: Dossier -> (niveau, territoire, indicateur).
DOSSIERS = {
    "bbbbbbbbbbbb": ("quartier", PLANOISE, "impayes_3_mois"),
    "cccccccccccc": ("immeuble", "gbh:1", "impayes_3_mois"),
    "dddddddddddd": ("quartier", "battant", "signalements"),
    "ffffffffffff": ("immeuble", "gbh:5", "impayes_3_mois"),
    "gggggggggggg": ("quartier", "bregille", "moins_40_plafond"),
}
MESURES = ["observe", "attendu", "exces", "exces_bas", "exces_haut", "ecart_points", "proba_vigilance", "proba_alerte"]
AMPLEURS = [
    "denominateur", "reponse", "quartier", "secteur", "lisse", "reference", "pente", "pente_bas",
    "pente_haut", "proba_pente", "annees_en_alerte", "concordants", "immeubles", "porteurs", "bailleurs_concernes",
    "part_porteurs", "forme", "part_quartier",
]  # fmt: skip
_CLES = ["annee", "niveau", "territoire", "indicateur"]


def ecrire_alertes(dossier: Path, annees: list[int], quartiers: dict, public: str) -> None:
    """Écrire ``alertes.csv``, ``ampleurs.csv`` et les tables du suivi ; vides dans une ville sans quartiers."""
    table = pd.DataFrame(_lignes(annees, public) if quartiers else [], columns=[*_CLES, "verdict", *MESURES,
                         "nb_tests", *AMPLEURS, "statut"])  # fmt: skip
    table[[*_CLES, "verdict", *MESURES, "nb_tests", "statut"]].to_csv(dossier / "alertes.csv", index=False)
    table[[*_CLES, *AMPLEURS, "statut"]].to_csv(dossier / "ampleurs.csv", index=False)
    if quartiers:
        _ecrire_le_suivi(dossier, public)


def _lignes(annees: list[int], public: str) -> list[dict]:
    lignes = []
    for annee in annees:
        derniere = annee == annees[-1]
        lignes += [
            _ligne(annee, "quartier", PLANOISE, "impayes_3_mois", "alerte_confirmee" if derniere else "alerte",
                   exces=17.0, bornes=(8.0, 27.0), immeubles=14, porteurs=2, forme="concentree", part=0.8),
            _ligne(annee, "quartier", "battant", "signalements", "alerte" if derniere else "conforme",
                   exces=31.0, bornes=(-2.4, 60.2), immeubles=9, porteurs=0, forme="diffuse", proba=0.7),
            _ligne(annee, "quartier", "bregille", "moins_40_plafond", "vigilance", exces=5.6, bornes=(1.2, 9.8)),
            _ligne(annee, "quartier", "montrapon-montboucons", "impayes_3_mois", "conforme", exces=-3.0,
                   bornes=(-9.0, 4.0), immeubles=5, porteurs=0, forme=""),
            _cachee(annee, "quartier", "tilleroyes", "impayes_3_mois", "c"),
            _cachee(annee, "quartier", "velotte", "moins_40_plafond", "ne"),
        ]  # fmt: skip
        if public == "partenaires":
            lignes += _immeubles(annee)
    return [_cachee(*(x[c] for c in _CLES), "nd") if _manque(x) else x for x in lignes]


def _manque(ligne: dict) -> bool:
    """L'indicateur lui-même ne paraît pas (voir ``petit_publie``)."""
    return (ligne["indicateur"], ligne["annee"]) == ("impayes_3_mois", 2008)


def _immeubles(annee: int) -> list[dict]:
    commun = {"quartier": PLANOISE, "proba": 0.9}
    return [
        _ligne(annee, "immeuble", "gbh:1", "impayes_3_mois", "alerte", exces=9.4, bornes=(4.0, 16.1), **commun),
        _ligne(annee, "immeuble", "gbh:3", "impayes_3_mois", "vigilance", exces=4.2, bornes=(-0.3, 9.9), **commun),
        _ligne(annee, "immeuble", "gbh:4", "impayes_3_mois", "conforme", exces=-2.0, bornes=(-5.1, 1.4), **commun),
        _ligne(annee, "immeuble", "gbh:5", "impayes_3_mois", "alerte", exces=3.1, bornes=(0.2, 7.4), secteur="cassin",
               **commun),
        _cachee(annee, "immeuble", "gbh:2", "impayes_3_mois", "c"),
    ]  # fmt: skip


def _ligne(annee, niveau, territoire, indicateur, verdict, *, exces, bornes, proba=0.98, quartier=None,
           secteur="", immeubles=None, porteurs=None, forme="", part=None) -> dict:  # fmt: skip
    return {
        "annee": annee, "niveau": niveau, "territoire": territoire, "indicateur": indicateur, "verdict": verdict,
        "observe": 40.0 + exces, "attendu": 40.0, "exces": exces, "exces_bas": bornes[0],
        "exces_haut": bornes[1], "ecart_points": 0.12, "proba_vigilance": 1.0,
        "proba_alerte": proba, "nb_tests": 7, "denominateur": 200.0,
        "reponse": 0.85, "quartier": quartier or territoire, "secteur": secteur,
        "lisse": 0.219, "reference": 0.066, "annees_en_alerte": 2,
        "concordants": 1, "immeubles": immeubles, "porteurs": porteurs, "part_porteurs": part, "forme": forme,
        "part_quartier": 1.0, "statut": "publie",
    }  # fmt: skip


def _cachee(annee, niveau, territoire, indicateur, statut) -> dict:
    quartier = PLANOISE if niveau == "immeuble" else territoire
    return {"annee": annee, "niveau": niveau, "territoire": territoire, "indicateur": indicateur, "nb_tests": 7,
            "quartier": quartier, "statut": statut}  # fmt: skip


def _ecrire_le_suivi(dossier: Path, public: str) -> None:
    etats = {
        "bbbbbbbbbbbb": ("2008-T1", "2008-T1", "persistante", "", "alerte_confirmee", 3, "gbh", 0),
        "cccccccccccc": ("2009-T1", "2009-T1", "persistante", "", "alerte", 2, "", 9),
        "dddddddddddd": ("2011-T1", "2011-T1", "nouvelle", "", "alerte", 1, "", 1),
        "ffffffffffff": ("2010-T1", "2010-T1", "persistante", "", "alerte", 2, "gbh", 0),
        "gggggggggggg": ("2008-T1", "2008-T1", "resolue", "2011-T1", "conforme", 1, "gbh", 0),
    }
    colonnes = ["ouverture", "depuis", "etat", "resolution", "verdict", "annees", "pilote", "trimestres_sans_pilote"]
    lignes = []
    for code, (niveau, territoire, indicateur) in DOSSIERS.items():
        quartier = PLANOISE if niveau == "immeuble" else territoire
        dits = dict(zip(colonnes, etats[code], strict=True))
        lignes.append({"dossier": code, "niveau": niveau, "territoire": territoire, "indicateur": indicateur,
                       "quartier": quartier, **dits, "statut": "publie"})  # fmt: skip
    dossiers = pd.DataFrame(lignes)
    actions = pd.DataFrame(
        [("gggggggggggg", "2009-03-12", "2009-T1", "gbh", "accompagnement", "pil", "engager", "realisee", "2009-04-01"),
         ("bbbbbbbbbbbb", "2009-03-12", "2009-T1", "gbh", None, None, "designer_pilote", None, None)],
        columns=["dossier", "date", "trimestre", "pilote", "reponse", "outil", "decision", "issue", "date_effet"],
    )  # fmt: skip
    if public == "publique":
        dossiers = dossiers[dossiers["niveau"].ne("immeuble")].drop(columns=["pilote", "trimestres_sans_pilote"])
        actions = actions.drop(columns=["date", "pilote", "decision", "date_effet"])
    dossiers.to_csv(dossier / "dossiers.csv", index=False)
    actions.to_csv(dossier / "actions.csv", index=False)
    pd.DataFrame(
        [("pilote", "gbh", "Grand Besançon Habitat"), ("reponse", "accompagnement", "accompagnement"),
         ("outil", "pil", "PIL"), ("decision", "engager", "engager une réponse"), ("issue", "realisee", "réalisée")],
        columns=["colonne", "code", "libelle"],
    ).to_csv(dossier / "libelles_du_suivi.csv", index=False)  # fmt: skip

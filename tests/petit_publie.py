"""Un petit dossier ``publie``, inventé, qui contient tous les cas que les pages doivent savoir montrer."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from petites_alertes import ecrire_alertes

from observatoire.catalogue import catalogue as catalogue_entier
from observatoire.sujets.mixite.calcul.fiches import fiches
from observatoire.sujets.mixite.calcul.plan import COLONNES, COLONNES_DU_CHANGEMENT
from observatoire.sujets.objectifs.tables import DECELABLES, ENGAGEMENTS
from observatoire.sujets.variations.calcul.publication import dresser_les_variations
from observatoire.sujets.variations.tables import PASSAGES
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES

#: Où sont les dossiers déjà calculés, jusqu'à la fin du processus.
_MODELES = tempfile.TemporaryDirectory(prefix="petit-publie-")
ANNEES = [2007, 2008, 2009, 2010]
QUARTIERS = {
    "planoise-chateaufarine": "Planoise - Châteaufarine",
    "palente-orchamps-saragosse": "Palente - Orchamps - Saragosse",
    "montrapon-montboucons": "Montrapon - Montboucons",
    "battant": "Battant",
    "velotte": "Velotte",
    "bregille": "Bregille",
    "tilleroyes": "Tilleroyes",
}
BAILLEURS = {
    "gbh": "Grand Besançon Habitat",
    "saiemb": "SAIEMB Logement",
    "neolia": "Néolia",
    "adoma": "ADOMA",
}
# code : nom, quartier ou secteur ; dans le désordre des noms
IMMEUBLES = {
    "gbh:1": ("Tour Europe", "planoise-chateaufarine"),
    "gbh:2": ("Bâtiment A (secret)", "planoise-chateaufarine"),
    "gbh:3": ("Bâtiment B", "planoise-chateaufarine"),
    "gbh:4": ("Bâtiment C", "planoise-chateaufarine"),
    "gbh:5": ("Bâtiment D", "cassin"),
    "gbh:6": ("Bâtiment E", "cassin"),
    "gbh:7": ("Rue Battant", "battant"),
}

RUPTURES = pd.DataFrame(
    [
        (
            2009,
            code,
            "definition",
            "nouvelle surface",
            "La surface habitable remplace la surface utile.",
            "Arrêté fictif",
        )
        for code in ("loyer_m2", "surface_moyenne")
    ],
    columns=["annee", "indicateurs", "genre", "libelle", "description", "source"],
)
FAMILLES = {
    "parc": "Parc",
    "vacance": "Vacance et mobilité",
    "occupation": "Occupation",
    "difficultes": "Difficultés",
    "demande": "Demande et attributions",
    "production": "Production",
}
# code : libellé, famille, nature, unité, numérateur, dénominateur, niveau moyen
_SIMPLES = {
    "nb_logements": ("Logements", "parc", "effectif", "logements", "logements", None, 0),
    "part_dpe_efg": ("Étiquettes E, F ou G", "parc", "proportion", "%", "logements E à G", "logements", 0.31),
    "surface_moyenne": ("Surface moyenne", "parc", "moyenne", "m²", "surfaces", "logements", 62.0),
    "loyer_m2": ("Loyer par m²", "parc", "moyenne", "€/m²", "loyers", "surfaces", 5.4),
    "anciennete_moyenne": ("Âge moyen", "parc", "moyenne", "années", "âges", "logements", 34.0),
    "part_parc_qpv": ("Part du parc en QPV", "parc", "proportion", "%", "en QPV", "logements", 0.54),
    "taux_vacance": ("Taux de vacance", "vacance", "proportion", "%", "vacants", "loués ou vacants", 0.035),
    "taux_vacance_3_mois": (
        "Vacance de plus de 3 mois", "vacance", "proportion", "%", "vacants > 3 mois", "loués ou vacants", 0.012,
    ),
    "part_vides_techniques": ("Vides techniques", "vacance", "proportion", "%", "vides", "logements", 0.04),
    "taux_mobilite": ("Taux de mobilité", "vacance", "proportion", "%", "emménagements", "offerts", 0.104),
    "taux_rotation": ("Taux de rotation", "vacance", "taux", "%", "sorties", "logements", 0.09),
    "moins_20_plafond": ("Moins de 20 % du plafond", "occupation", "proportion", "%", "ménages", "répondants", 0.2),
    "moins_40_plafond": ("Moins de 40 % du plafond", "occupation", "proportion", "%", "ménages", "répondants", 0.42),
    "moins_60_plafond": ("Moins de 60 % du plafond", "occupation", "proportion", "%", "ménages", "répondants", 0.62),
    "monoparentales": ("Familles monoparentales", "occupation", "proportion", "%", "familles", "répondants", 0.21),
    "familles_nombreuses": ("Familles nombreuses", "occupation", "proportion", "%", "familles", "répondants", 0.1),
    "personnes_seules": ("Personnes seules", "occupation", "proportion", "%", "ménages", "répondants", 0.41),
    "plus_65_ans": ("Plus de 65 ans", "occupation", "proportion", "%", "titulaires", "répondants", 0.19),
    "sans_emploi": ("Sans emploi", "occupation", "proportion", "%", "titulaires", "répondants", 0.28),
    "apl": ("Bénéficiaires de l'APL", "occupation", "proportion", "%", "ménages", "répondants", 0.52),
    "ecart_moins_40_emmenages": (
        "Écart des emménagés, moins de 40 %", "occupation", "ecart", "points", "ménages", "répondants", 0.03,
    ),
    "impayes_3_mois": ("Impayés de plus de 3 mois", "difficultes", "proportion", "%", "ménages", "loués", 0.066),
    "signalements": ("Signalements", "difficultes", "taux", "pour 100 logements", "signalements", "logements", 0.082),
    "delai_cloture": ("Délai de clôture", "difficultes", "moyenne", "jours", "jours", "signalements", 23.0),
    "signalements_ouverts": ("Restés ouverts", "difficultes", "proportion", "%", "ouverts", "signalements", 0.12),
    "demandes_actives": ("Demandes actives", "demande", "effectif", "demandes", "demandes", None, 0),
    "attributions": ("Attributions", "demande", "effectif", "attributions", "baux signés", None, 0),
    "tension": ("Tension", "demande", "rapport", "demandes pour une attribution", "demandes", "baux", 2.4),
    "delai_attente": ("Délai d'attente", "demande", "moyenne", "mois", "mois", "attributions", 9.5),
    "premier_quartile_hors_qpv": (
        "Premier quartile hors QPV", "demande", "proportion", "%", "baux au 1er quartile", "baux hors QPV", 0.17,
    ),
    "premier_quartile_en_qpv": (
        "Premier quartile en QPV", "demande", "proportion", "%", "baux au 1er quartile", "baux en QPV", 0.3,
    ),
    "delai_anormalement_long": ("Délai anormal", "demande", "proportion", "%", "anciennes", "demandes", 0.2),
    "moins_40_entrants": ("Entrants sous 40 %", "demande", "proportion", "%", "baux", "baux connus", 0.46),
    "moins_40_sortants": ("Sortants sous 40 %", "demande", "proportion", "%", "partis", "partis connus", 0.44),
    "moins_40_departs": ("Départs sous 40 %", "demande", "proportion", "%", "partis", "ménages", 0.11),
    "monoparentales_entrants": ("Entrants, monoparentales", "demande", "proportion", "%", "baux", "baux", 0.22),
    "monoparentales_sortants": ("Sortants, monoparentales", "demande", "proportion", "%", "partis", "partis", 0.21),
    "monoparentales_departs": ("Départs, monoparentales", "demande", "proportion", "%", "partis", "ménages", 0.1),
    "personnes_seules_entrants": ("Entrants, seuls", "demande", "proportion", "%", "baux", "baux", 0.4),
    "personnes_seules_sortants": ("Sortants, seuls", "demande", "proportion", "%", "partis", "partis", 0.4),
    "personnes_seules_departs": ("Départs, seuls", "demande", "proportion", "%", "partis", "ménages", 0.1),
    "taux_depart": ("Taux de départ", "demande", "proportion", "%", "partis", "ménages", 0.1),
    "prioritaires": ("Ménages prioritaires", "demande", "proportion", "%", "baux", "attributions", 0.25),
    "mutations": ("Mutations", "demande", "proportion", "%", "baux", "attributions", 0.3),
    "logements_livres": ("Logements livrés", "production", "effectif", "logements", "logements", None, 0),
    "part_tres_social": ("Part du très social", "production", "proportion", "%", "PLAI", "livrés", 0.25),
}  # fmt: skip
_GROUPES = {
    "taille": ("Taille", "parc", ["T1", "T2", "T3", "T4", "T5 et plus"], [0.08, 0.2, 0.34, 0.28, 0.1]),
    "epoque": (
        "Époque de construction",
        "parc",
        ["avant 1949", "1949 à 1974", "1975 à 1989", "1990 à 2005", "depuis 2006"],
        [0.05, 0.52, 0.24, 0.14, 0.05],
    ),
    "dpe": ("Étiquette énergie", "parc", ["A", "B", "C", "D", "E", "F", "G", "inconnue"],
            [0.01, 0.04, 0.2, 0.35, 0.15, 0.07, 0.02, 0.16]),
    "financement": ("Financement", "parc", ["PLAI", "PLUS", "PLS", "PLI", "inconnu"], [0.06, 0.83, 0.05, 0.04, 0.02]),
    "plafond": (
        "Ressources",
        "occupation",
        ["0 à 20 %", "20 à 40 %", "40 à 60 %", "60 à 100 %", "plus de 100 %"],
        [0.2, 0.22, 0.2, 0.28, 0.1],
    ),
    "composition": ("Composition", "occupation", ["seul", "monoparentale", "couple", "autre"], [0.4, 0.2, 0.3, 0.1]),
}  # fmt: skip


def catalogue() -> list[dict]:
    """Les déclarations, dans la forme de ``catalogue.json``."""
    commun = {"source": "RPLS", "tables": ["logements"], "fiche": "Définition.", "reference": None, "sans_lieu": None}
    simples = [
        {
            "code": code, "libelle": libelle, "famille": FAMILLES[famille], "nature": nature, "unite": unite,
            "numerateur": haut, "denominateur": bas, "groupe": None, "modalite": None,
            "sens": "baisse" if code in {"taux_vacance", "impayes_3_mois"} else "neutre",
            "reponse": famille == "occupation", "perimetre": "rpls", "intervalle": "score de Wilson, 95 %",
            "periode": "annee" if famille in {"demande", "production"} else "31 décembre", **commun,
            "tables": ["menages" if famille in {"occupation", "difficultes"} else "logements"],
        }
        for code, (libelle, famille, nature, unite, haut, bas, _) in _SIMPLES.items()
    ]  # fmt: skip
    modalites = [
        {
            "code": f"{groupe}_{rang}", "libelle": f"{libelle} : {nom}", "famille": FAMILLES[famille],
            "nature": "proportion", "unite": "%", "numerateur": nom, "denominateur": "logements",
            "groupe": groupe, "modalite": nom, "sens": "neutre", "reponse": famille == "occupation",
            "perimetre": "rpls", "intervalle": "score de Wilson, 95 %", "periode": "31 décembre", **commun,
        }
        for groupe, (libelle, famille, noms, _) in _GROUPES.items()
        for rang, nom in enumerate(noms)
    ]  # fmt: skip
    return simples + modalites


def indicateurs(code_ville: str, quartiers: dict, bailleurs: dict) -> pd.DataFrame:
    """Des valeurs vraisemblables et toujours les mêmes, avec leurs intervalles."""
    tirage = np.random.default_rng(2007)
    lieux = [("ville", code_ville, 16000)] + [
        ("quartier", c, n) for c, n in zip(quartiers, [5200, 2600, 1900, 700, 240, 60, 8], strict=False)
    ]
    croises = [(n, t, "tous", taille) for n, t, taille in lieux]
    croises += [(n, t, b, taille // 4) for n, t, taille in lieux for b in bailleurs]
    definitions = catalogue()
    moyennes = {d["code"]: _moyenne(d) for d in definitions}
    table = pd.MultiIndex.from_product([range(len(croises)), ANNEES, [d["code"] for d in definitions]]).to_frame(
        index=False, name=["croisement", "annee", "indicateur"]
    )
    cles = pd.DataFrame(croises, columns=["niveau", "territoire", "bailleur", "taille"])
    table = table.join(cles, on="croisement").drop(columns="croisement")
    nature = table["indicateur"].map({d["code"]: d["nature"] for d in definitions})
    effectif, moyenne = nature.eq("effectif"), nature.eq("moyenne")
    derive = 1 + 0.03 * (table["annee"] - 2007) * tirage.normal(0, 0.6, len(table))
    ecart = derive * (1 + tirage.normal(0, 0.08, len(table)))
    valeur = table["indicateur"].map(moyennes) * ecart
    table["denominateur"] = (table["taille"] * np.clip(ecart, 0.9, 1.1)).round()
    table["valeur"] = valeur.where(~effectif, table["denominateur"])
    table["numerateur"] = (table["valeur"] * table["denominateur"]).round().where(~effectif, table["valeur"])
    demi = 1.96 * np.sqrt((table["valeur"].abs() * 0.7 + 1e-4) / table["denominateur"].clip(lower=1))
    avec = ~(effectif | moyenne)
    table["borne_basse"] = (table["valeur"] - demi).where(nature.eq("ecart"), (table["valeur"] - demi).clip(lower=0))
    table["borne_basse"] = table["borne_basse"].where(avec)
    table["borne_haute"] = (table["valeur"] + demi).where(avec)
    table.loc[effectif, "denominateur"] = np.nan
    table["couverture"] = 0.96
    famille = table["indicateur"].map({d["code"]: d["famille"] for d in definitions})
    table["reponse"] = np.where(famille.eq("Occupation"), 0.83, np.nan)
    table["statut"] = "publie"
    return _cacher(table.drop(columns="taille"))


def _moyenne(declaration: dict) -> float:
    if declaration["groupe"]:
        return _GROUPES[declaration["groupe"]][3][int(declaration["code"].rpartition("_")[2])]
    return _SIMPLES[declaration["code"]][6]


def _cacher(table: pd.DataFrame) -> pd.DataFrame:
    """Poser les statuts : secret aux Tilleroyes, non disponible en 2008, sans objet, non évaluable."""
    secret = table["territoire"].eq("tilleroyes")
    absent = table["indicateur"].eq("impayes_3_mois") & table["annee"].eq(2008)
    absent |= table["indicateur"].eq("taux_vacance") & table["territoire"].eq("bregille") & table["annee"].eq(2010)
    absent |= table["bailleur"].eq("adoma") & table["indicateur"].ne("nb_logements")
    sans_objet = table["indicateur"].eq("premier_quartile_hors_qpv")
    vague = table["territoire"].eq("velotte") & table["indicateur"].isin(["taux_vacance", "moins_40_plafond"])
    statut = np.select([sans_objet, absent, secret, vague], ["na", "nd", "c", "ne"], default="publie")
    nombres = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"]
    return table.assign(
        statut=statut,
        **{n: table[n].where(pd.Series(statut, index=table.index).eq("publie")) for n in nombres},
    )


def immeubles() -> pd.DataFrame:
    """Quelques immeubles de Planoise, un par statut, l'un dans un secteur, et un ailleurs ; quelques indicateurs."""
    codes = ["nb_logements", "taux_vacance", "moins_40_plafond", "impayes_3_mois", "signalements"]
    table = pd.MultiIndex.from_product([ANNEES, IMMEUBLES, codes], names=["annee", "territoire", "indicateur"])
    table = table.to_frame(index=False).assign(niveau="immeuble", bailleur="tous", couverture=1.0)
    publie = table["territoire"].isin(["gbh:1", "gbh:7"]) | table["indicateur"].eq("nb_logements")
    zero = table["territoire"].eq("gbh:6") & ~publie
    statut = table["territoire"].map({"gbh:2": "c", "gbh:3": "nd", "gbh:4": "na", "gbh:5": "ne"})
    secret = table["territoire"].eq("gbh:2")
    table["statut"] = statut.where(~publie | secret).fillna("publie")
    table["valeur"] = np.where(zero, 0.0, np.where(table["indicateur"].eq("nb_logements"), 48.0, 0.25))
    table["numerateur"], table["denominateur"] = (table["valeur"] * 48).round(), 48.0
    table["borne_basse"], table["borne_haute"], table["reponse"] = table["valeur"], table["valeur"] + 0.1, np.nan
    nombres = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute"]
    table[nombres] = table[nombres].where(table["statut"].eq("publie"))
    table.loc[table["indicateur"].eq("nb_logements"), ["denominateur", "borne_basse", "borne_haute"]] = np.nan
    return table


def ecrire_publie(
    dossier: Path, contours: Path | None = None, avec_quartiers: bool = True, public: str = "publique"
) -> Path:
    """Écrire le dossier ; sans quartiers, la ville n'a ni carte ni valeurs d'occupation.

    Celui des partenaires a, de plus, des immeubles. Chaque dossier différent n'est calculé qu'une fois par processus :
    c'en est une copie, que l'essai peut changer.
    """
    modele = _modele(avec_quartiers, public, tuple(IMMEUBLES.items()))
    shutil.copytree(modele, dossier, copy_function=shutil.copyfile, dirs_exist_ok=True)
    if contours is not None and avec_quartiers:
        (dossier / "territoires.geojson").write_bytes(contours.read_bytes())
    return dossier


@cache
def _modele(avec_quartiers: bool, public: str, immeubles_: tuple) -> Path:
    """Le dossier ainsi calculé ; ``immeubles_`` : les :data:`IMMEUBLES`, qu'un essai peut changer."""
    dossier = Path(_MODELES.name) / str(len(list(Path(_MODELES.name).iterdir())))
    dossier.mkdir()
    quartiers = QUARTIERS if avec_quartiers else {}
    lignes = indicateurs("25056", quartiers, BAILLEURS)
    if not avec_quartiers:
        parc = lignes["indicateur"].str.match("nb_logements|taille|epoque|dpe|financement|surface")
        nombres = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"]
        lignes.loc[~parc, nombres] = np.nan
        lignes.loc[~parc, "statut"] = "nd"
    partenaires = public == "partenaires"
    lignes = pd.concat([lignes, immeubles()]) if partenaires else lignes
    lignes.to_csv(dossier / "indicateurs.csv", index=False)
    ecrire_variations(dossier, lignes)
    (dossier / "catalogue.json").write_text(json.dumps(catalogue(), ensure_ascii=False), encoding="utf-8")
    _ecrire_tables(dossier, quartiers, IMMEUBLES if partenaires else {})
    ecrire_alertes(dossier, ANNEES, quartiers, public)
    ecrire_attributions(dossier, quartiers)
    edition = {
        "nom": "Besançon", "niveau": "ville", "communes": [], "code": "25056", "a": "à Besançon", "de": "de Besançon",
        "titre": "Observatoire",
        "annees": ANNEES, "annee_zero": 2007, "trimestre": "2011-T1",
        "regles": {"bruit": {"variance": 2.0}, "bruits": {}},
        "niveaux": ["ville"] + ["quartier"] * avec_quartiers,
        "fictif": True, "public": public, "seuil": 11, "charte": {"nom": "Charte"}, "signataires": ["Ville"],
        "secret": {"masquees": [], "phrases": [
            "38 valeurs cachées sur 2\u202f000 : moins de 11 ménages dans l'unité."
        ]},
        "immeubles_hors_quartier": {"2010": 3},
    }  # fmt: skip
    (dossier / "edition.json").write_text(json.dumps(edition, ensure_ascii=False), encoding="utf-8")
    commentaires = dossier / "commentaires" / "2010"
    commentaires.mkdir(parents=True, exist_ok=True)
    (commentaires / "planoise-chateaufarine.md").write_text("Un **commentaire** du groupe.\n", encoding="utf-8")
    return dossier


def mixite(code_ville: str, quartiers: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Des indices vraisemblables : secret aux Tilleroyes, non disponibles en 2008 ; puis leurs changements."""
    deux = [(g, i) for g in ("moins_40_plafond", "monoparentales") for i in ("dissimilarite", "isolement")]
    indices = [*deux, ("plafond", "theil_h"), ("composition", "theil_h")]
    lieux = [("quartier", code_ville, g, i) for g, i in indices] if quartiers else []
    lieux += [("ville", code_ville, g, "entropie") for g in ("plafond", "composition")]
    lieux += [("quartier", q, g, "entropie") for q in quartiers for g in ("plafond", "composition")]
    table = pd.DataFrame([(a, *lieu) for a in ANNEES for lieu in lieux], columns=[*COLONNES[:5]])
    table = table.assign(
        valeur=np.linspace(0.1, 0.9, len(table)), attendu_hasard=0.05, p_hasard=0.004, unites=6, menages=900,
        part_reste=0.02, reponse=0.83, statut="publie",
    )  # fmt: skip
    table = table.assign(borne_basse=table["valeur"] - 0.05, borne_haute=table["valeur"] + 0.05)[COLONNES]
    table["statut"] = np.select([table["annee"].eq(2008), table["territoire"].eq("tilleroyes")], ["nd", "c"], "publie")
    table.loc[table["statut"].ne("publie"), COLONNES[5:-1]] = np.nan
    if not quartiers:
        table = table.assign(statut="nd", **dict.fromkeys(COLONNES[5:-1], np.nan))
    paires = [(2007, a) for a in ANNEES[1:]] + [(2009, 2010)]
    suites = [(d, a, *lieu) for d, a in paires for lieu in lieux if lieu[3] != "entropie"]
    evolution = pd.DataFrame(suites, columns=COLONNES_DU_CHANGEMENT[:6]).assign(
        valeur_depart=0.2, valeur=0.23, variation=0.03, borne_basse=-0.01, borne_haute=0.07, structure=0.04,
        composition=-0.01, unites=6, part_reste=0.02, statut="publie", absents="",
    )  # fmt: skip
    evolution.loc[evolution["annee"].eq(2008), "statut"] = "na"
    return table, evolution[COLONNES_DU_CHANGEMENT]


def ecrire_attributions(dossier: Path, quartiers: dict) -> None:
    """Les quatre tables des attributions : quelques lignes de chaque statut."""
    lieux = [("ville", "25056"), *(("quartier", c) for c in list(quartiers)[:2])]
    vide = dict.fromkeys(["source", "depuis", "jusque", "constat", "verdict"], None)
    fixes = {"annee": 2010, "origine": "conference", "sens": "au_plus", "objectif": "adopte", "cible": 0.4}
    conformite = [
        fixes | vide | {
            "niveau": n, "territoire": c, "bailleur": b, "indicateur": "moins_40_entrants", "depuis": "2008-06-12",
            "source": "Conférence du 12 juin 2008", "constat": "non_atteint", "verdict": v, "statut": s,
            "decelable_bas": 0.33 if s == "publie" else None, "decelable_haut": 0.47 if s == "publie" else None,
        }
        for (n, c), b, v, s in zip(lieux, ["tous", "gbh", "tous"], ["tenu", "non_concluant", None],
                                   ["publie", "publie", "c"], strict=False)
    ]  # fmt: skip
    ecarts = {f"ecart_{nom}{suffixe}": v for nom in ("parc", "sortants")
              for suffixe, v in (("", 0.034), ("_bas", 0.008), ("_haut", 0.061))}  # fmt: skip
    profils = [
        {"annee": 2010, "niveau": n, "territoire": c, "bailleur": "tous", "trait": t, **ecarts,
         "statut_parc": "publie", "statut_sortants": s, "statut": "publie"}
        for n, c in lieux
        for t, s in (("moins_40", "publie"), ("monoparentales", "c"))
    ]  # fmt: skip
    mesures = {"autres": 0.4, "ecart": 0.15, "ecart_bas": 0.04, "ecart_haut": 0.26, "standardise": 0.14,
               "standardise_bas": 0.03, "standardise_haut": 0.25}  # fmt: skip
    cote_a_cote = [
        {"annee": 2010, "niveau": n, "territoire": c, "bailleur": b, "indicateur": "moins_40_entrants",
         **(mesures if s == "publie" else dict.fromkeys(mesures)), "sens": sens, "nb_comparaisons": 9, "statut": s}
        for n, c in lieux
        for b, s, sens in (("gbh", "publie", "plus"), ("neolia", "publie", "semblable"), ("saiemb", "c", None))
    ]  # fmt: skip
    ages = [("quart", 8, 7, 8, "publie"), ("mediane", 21, 19, None, "publie"), ("trois_quarts", None, None, None, "ne"),
            ("au_seuil", 0.24, 0.22, 0.26, "publie"), ("satisfaites_au_seuil", 0.48, 0.46, 0.5, "publie"),
            ("retirees_au_seuil", 0.28, 0.26, 0.3, "publie")]  # fmt: skip
    attente = [
        {"annee": 2010, "groupe": g, "modalite": m, "mesure": nom, "valeur": v, "borne_basse": b, "borne_haute": h,
         "statut": s}
        for g, m in (("ensemble", "tous"), ("quartile_ressources", "1"))
        for nom, v, b, h, s in ages
    ]  # fmt: skip
    tables = {"conformite": conformite, "profils": profils, "cote_a_cote": cote_a_cote, "attente": attente}
    for nom, lignes in tables.items():
        pd.DataFrame(lignes).to_csv(dossier / f"attributions_{nom}.csv", index=False)


def ecrire_variations(dossier: Path, lignes: pd.DataFrame) -> None:
    """Ce qui a changé entre deux années : les bailleurs sont les mêmes, et personne n'est suivi."""
    constants = pd.DataFrame(columns=CONSTANTS_PUBLIES.noms)
    constants.to_csv(dossier / "constants.csv", index=False)
    paires = [(2007, 2008), (2007, 2009), (2007, 2010), (2008, 2009), (2009, 2010)]
    variations = dresser_les_variations(
        lignes.assign(variance=2.0), constants.assign(variance=2.0), pd.DataFrame(columns=PASSAGES.noms), RUPTURES,
        paires, catalogue_entier(),
    )  # fmt: skip
    variations.to_csv(dossier / "variations.csv", index=False)


def _ecrire_tables(dossier: Path, quartiers: dict, batiments: dict) -> None:
    lieux = [("ville", "25056", "Besançon", "")] + [("quartier", c, n, "25056") for c, n in quartiers.items()]
    lieux += [("secteur", "cassin", "Cassin", "planoise-chateaufarine")] * bool(batiments)
    lieux += [("immeuble", code, nom, parent) for code, (nom, parent) in batiments.items()]
    lieux = pd.DataFrame(lieux, columns=["niveau", "code", "nom", "parent"])
    if batiments:
        situes = lieux["niveau"].eq("immeuble") & lieux["code"].ne("gbh:6")
        rangs = lieux.index.to_numpy() / 1000
        lieux = lieux.assign(lon=np.where(situes, 5.96 + rangs, np.nan), lat=np.where(situes, 47.22 + rangs, np.nan))
    noms = [*BAILLEURS.items(), ("sne", "Gestionnaire du fichier de la demande")]
    couverture = pd.MultiIndex.from_product(
        [ANNEES, BAILLEURS, [d["code"] for d in catalogue()]], names=["annee", "bailleur", "indicateur"]
    ).to_frame(index=False)
    statut = np.where(couverture["bailleur"].eq("adoma"), "hors_champ", "livre")
    statut[couverture["bailleur"].eq("neolia") & couverture["annee"].eq(2008)] = "non_depose"
    statut[couverture["bailleur"].eq("saiemb") & couverture["indicateur"].eq("apl")] = "refuse"
    indices, changements = mixite("25056", quartiers)
    (dossier / "mixite.json").write_text(json.dumps(fiches(), ensure_ascii=False), encoding="utf-8")
    tables = {
        "mixite": indices,
        "mixite_evolution": changements,
        "territoires": lieux,
        "bailleurs": pd.DataFrame(
            [(c, n, c == "adoma", c != "sne") for c, n in noms], columns=["code", "nom", "hors_rpls", "est_bailleur"]
        ),
        "couverture": couverture.assign(
            statut=statut, logements_livres=np.where(statut == "livre", 4000, 0), logements_connus=4000
        ),
        "depots": pd.DataFrame(
            [(a, b, "logements", "accepte", 4000, 12, 3, 1, 3999) for a in ANNEES for b in BAILLEURS],
            columns=["annee", "deposant", "table", "statut", "lignes", "avertissements", "reparees", "mises_a_part",
                     "gardees"],
        ),
        "corrections": pd.DataFrame(
            [(2010, "gbh", "logements", "L12", "loyer_eur", "faute de frappe", "Ville", "2011-02-01", "appliquee")],
            columns=["annee", "deposant", "table", "id", "colonne", "motif", "auteur", "date", "statut"],
        ),
        "ruptures": RUPTURES,
        "baremes": pd.DataFrame(
            [
                ("seuil_publication", "Seuil de publication", "2007-01-01", 11, "ménages", "Charte"),
                ("delai_anormalement_long", "Délai anormalement long", "2007-01-01", 24, "mois", "Arrêté fictif"),
            ],
            columns=["code", "libelle", "depuis", "valeur", "unite", "source"],
        ),
    }  # fmt: skip
    tables |= _gouvernance()
    for nom, table in tables.items():
        table.to_csv(dossier / f"{nom}.csv", index=False)


def _gouvernance() -> dict[str, pd.DataFrame]:
    """Trois engagements, un par sorte de preuve, et deux séances dont le texte d'une seule se lit."""
    commun = {
        "texte": "charte_2007", "texte_nom": "Charte de 2007", "article": "non numéroté", "titulaires": "Ville",
        "niveau": "ville", "territoire": "25056", "bailleur": "tous", "sens": "au_moins", "tolerance": 0.0,
        "arithmetique": True, "statut": "publie",
    }  # fmt: skip
    mesure = {
        "engagement": "production_annuelle", "libelle": "Livrer de 50 à 60 logements neufs par an",
        "nature": "resultat", "genre": "indicateur", "indicateur": "part_tres_social", "cible": 0.25, "jusque": 0.5,
        "cible_depuis": "1998-01-01", "adoptee_par": "Ville", "cible_source": "convention de 1998", "tolerance": 0.02,
        "zero_annee": 2007, "zero_valeur": 0.2, "bas": 0.22, "haut": 0.31,
        "decelable_bas": 0.18, "decelable_haut": 0.33, "verdict": "non_concluant",
        "constat": "atteint", "raison": "L'objectif est dans l'intervalle.",
    }  # fmt: skip
    faits = {
        "engagement": "cadence", "libelle": "Se réunir chaque trimestre", "nature": "moyens", "genre": "seances",
        "rythme": "trimestriel", "faits": 3, "attendus": 4, "verdict": "partiel",
        "raison": "Une partie seulement de ce qui était attendu est constatée.",
    }  # fmt: skip
    cache = mesure | {
        "engagement": "cache", "libelle": "Un engagement caché", "statut": "c", "raison": "La valeur est cachée.",
        **dict.fromkeys(["bas", "haut", *(c.nom for c in DECELABLES), "verdict", "constat", "zero_valeur"]),
    }  # fmt: skip
    engagements = [commun | e | {"annee": annee} for e in (mesure, faits, cache) for annee in ANNEES]
    seances = [
        ("2010-03-16-groupe-de-travail", "2010-03-16", 2010, "groupe_de_travail", "Groupe de travail", "tenue", True,
         "Ville ; État", None, None, False),
        ("2010-12-14-conference", "2010-12-14", 2010, "conference", "Conférence communale", "tenue", True,
         "Ville ; Habitat 25", "associations de locataires", "Bilan de 2010", True),
    ]  # fmt: skip
    decisions = [
        (seances[0][0], "proposer_action", "proposer une action complémentaire", None),
        (seances[1][0], "organiser", "organiser le dispositif", "Se réunir 4 fois en 2011."),
    ]
    examinees = [(seances[1][0], "quartier", "battant", "signalements")]
    return {
        "engagements": pd.DataFrame(engagements, columns=ENGAGEMENTS.noms),
        "seances": pd.DataFrame(
            seances,
            columns=["seance", "date", "annee", "genre", "libelle", "etat", "fictif", "presents", "invites", "supports",
                     "entier"],
        ),
        "decisions": pd.DataFrame(decisions, columns=["seance", "genre", "libelle", "texte"]),
        "alertes_examinees": pd.DataFrame(examinees, columns=["seance", "niveau", "territoire", "indicateur"]),
    }  # fmt: skip

"""Une archive d'extraits comme les bailleurs en ont : cinq bailleurs, quatre années, des progiciels, et leur vérité.

Les noms et les codes suivent des descriptions publiques : les libellés de l'arrêté du 5 janvier 2010 (RPLS), ceux de
l'enquête OPS et de l'infocentre de la demande, des guides d'utilisateurs de progiciels de gestion locative. Les nôtres
n'y sont pas. Les lignes sont tirées au sort ; personne n'y est.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

from observatoire.configuration import Configuration, lire_configuration
from observatoire.interdits import normaliser

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"

BAILLEURS = {
    "neolia": ("Néolia", "NEO0000", "-000"),
    "gbh": ("Grand Besançon Habitat", "G000", ".0000"),
    "saiemb": ("SAIEMB Logement", "S-00", "/000"),
    "habitat25": ("Habitat 25", "25H00", "-00"),
    "adoma": ("ADOMA", "R00", "000"),
}
#: Nos valeurs -> celles d'un bailleur, par vocabulaire.
VOCABULAIRES = {
    "mots": {
        "occupation": {"loue": "Occupé", "vacant": "Libre", "vide_technique": "Vacant technique",
                       "association": "Sous-location", "autre": "Logement de fonction"},
        "financement": {"PLAI": "PLA-I", "PLUS": "HLM/O", "PLS": "PLS", "PLI": "PLI"},
        "dpe": {"nr": "Vierge"},
        "composition": {"personne_seule": "Personne seule", "couple_sans_enfant": "Couple sans enfant",
                        "couple_avec_enfants": "Couple avec enfant(s)", "monoparentale": "Famille monoparentale",
                        "autre": "Autre ménage", "nr": "Non renseigné"},
        "tranche_plafond": {"0-20": "Moins de 20 %", "20-40": "De 20 à 40 %", "40-60": "De 40 à 60 %",
                            "60-100": "De 60 à 100 %", "100+": "Plus de 100 %", "nr": "Non renseigné"},
        "activite": {"emploi": "Actif occupé", "chomage": "Demandeur d'emploi", "retraite": "Retraité",
                     "etudes": "Étudiant", "autre_inactif": "Sans activité", "nr": "Inconnu"},
        "oui_non": {"oui": "OUI", "non": "NON", "nr": "NR"},
        "nb_pieces": "T{}",
        "reservataire": {"etat": "Préfecture", "ville": "Mairie", "action_logement": "Action Logement",
                         "bailleur": "Contingent propre", "autre": "Autre", "nr": "NR"},
        "motif_prioritaire": {"aucun": "Non prioritaire", "dalo": "DALO", "mal_loge": "Logement indigne",
                              "hebergement": "Hébergé", "violences": "Victime de violences",
                              "relogement": "Relogement ANRU", "autre": "Autre", "nr": "NR"},
        "type_demande": {"externe": "Nouvelle demande", "mutation": "Mutation"},
        "quartile_ressources": {"1": "Q1", "2": "Q2", "3": "Q3", "4": "Q4", "nr": "NR"},
        "nature": {"voisinage": "Troubles de voisinage", "degradation": "Vandalisme", "proprete": "Encombrants",
                   "insecurite": "Incivilités", "technique": "Panne"},
        "gravite": {"faible": "Mineure", "moyenne": "Moyenne", "forte": "Grave"},
    },
    "codes": {
        "occupation": {"loue": "LOU", "vacant": "VAC", "vide_technique": "VT", "association": "ASS", "autre": "AUT"},
        "financement": {"PLAI": "PLATS", "PLUS": "PLUS", "PLS": "PPLS", "PLI": "PAP"},
        "dpe": {"nr": "NC"},
        "composition": {"personne_seule": "PS", "couple_sans_enfant": "CSE", "couple_avec_enfants": "CAE",
                        "monoparentale": "MONO", "autre": "AUTRE", "nr": "NC"},
        "tranche_plafond": {"0-20": "<20", "20-40": "20 à 40", "40-60": "40 à 60", "60-100": "60 à 100",
                            "100+": ">100", "nr": "NC"},
        "activite": {"emploi": "CDI", "chomage": "CHOMEUR", "retraite": "RET", "etudes": "ETU",
                     "autre_inactif": "INAC", "nr": "NC"},
        "oui_non": {"oui": "O", "non": "N", "nr": ""},
        "nb_pieces": "F{}",
        "reservataire": {"etat": "ETAT", "ville": "VILLE", "action_logement": "1%", "bailleur": "ORGANISME",
                         "autre": "AUTRE", "nr": "NC"},
        "motif_prioritaire": {"aucun": "SANS", "dalo": "DALO", "mal_loge": "INDIGNE", "hebergement": "SDF",
                              "violences": "VIF", "relogement": "RELOGEMENT", "autre": "AUTRE", "nr": "NC"},
        "type_demande": {"externe": "EXT", "mutation": "MUT"},
        "quartile_ressources": {"1": "1", "2": "2", "3": "3", "4": "4", "nr": "NC"},
        "nature": {"voisinage": "BRUIT", "degradation": "TAGS", "proprete": "PROPRETE", "insecurite": "SQUAT",
                   "technique": "TECHNIQUE"},
        "gravite": {"faible": "1", "moyenne": "2", "forte": "3"},
    },
    "rpls": {
        "occupation": {"loue": "1", "vacant": "2", "vide_technique": "3", "association": "4", "autre": "5"},
        "financement": {"PLAI": "10", "PLUS": "52", "PLS": "14", "PLI": "16"},
        "dpe": {"nr": ""},
        "composition": {"personne_seule": "Isolé", "couple_sans_enfant": "Couple seul",
                        "couple_avec_enfants": "Couple avec enfants", "monoparentale": "Isolé avec enfants",
                        "autre": "Complexe", "nr": "Sans réponse"},
        "tranche_plafond": {"0-20": "0 à 20 %", "20-40": "20 à 40 %", "40-60": "40 à 60 %", "60-100": "60 à 100 %",
                            "100+": "100 % et plus", "nr": "Sans réponse"},
        "activite": {"emploi": "Salarié", "chomage": "Chômage", "retraite": "Pensionné", "etudes": "Apprenti",
                     "autre_inactif": "Au foyer", "nr": "NSP"},
        "oui_non": {"oui": "1", "non": "0", "nr": ""},
        "nb_pieces": "{}",
        "reservataire": {"etat": "Contingent préfectoral", "ville": "Collectivités", "action_logement": "CIL",
                         "bailleur": "Non réservé", "autre": "Conseil général", "nr": "NR"},
        "motif_prioritaire": {"aucun": "-", "dalo": "Reconnu DALO", "mal_loge": "Insalubre",
                              "hebergement": "Hébergement", "violences": "Violences conjugales",
                              "relogement": "Renouvellement urbain", "autre": "Autre public prioritaire", "nr": "NR"},
        "type_demande": {"externe": "Externe", "mutation": "Mutation interne"},
        "quartile_ressources": {"1": "1er quartile", "2": "2e quartile", "3": "3e quartile", "4": "4e quartile",
                                "nr": "Inconnu"},
        "nature": {"voisinage": "Nuisances sonores", "degradation": "Dégradations", "proprete": "Propreté",
                   "insecurite": "Rassemblement", "technique": "Panne ascenseur"},
        "gravite": {"faible": "Faible", "moyenne": "Modérée", "forte": "Urgente"},
    },
}  # fmt: skip
#: Par table, les noms de colonnes de chaque progiciel : notre colonne -> la sienne (absente : il ne l'a pas).
PROGICIELS = {
    "logements": {
        "ulis": {"id_logement": "N° logement", "id_immeuble": "Groupe", "bailleur": "Société", "nb_pieces": "Typologie",
                 "surface_m2": "Surf. hab. (m²)", "loyer_eur": "Loyer HC", "financement": "Financement",
                 "annee_construction": "Année constr.", "annee_premiere_location": "Mise en loc.",
                 "dpe": "Étiquette DPE", "occupation": "État", "mois_vacance": "Nb mois vacance",
                 "date_bail": "Date entrée"},
        "patrimoine": {"id_logement": "Réf. lot", "id_immeuble": "Code résidence", "nb_pieces": "Type lgt",
                       "surface_m2": "Surface habit.", "loyer_eur": "Loyer mens. HC", "financement": "Nature du prêt",
                       "annee_construction": "Année d'achèvement", "annee_premiere_location": "1ère mise en location",
                       "dpe": "Classe énergie", "occupation": "Statut d'occupation",
                       "mois_vacance": "Durée vacance (mois)", "date_bail": "Date d'effet du bail"},
        "arrete": {"id_logement": "Identifiant du logement dans le SI du propriétaire", "id_immeuble": "Immeuble",
                   "bailleur": "Raison sociale du propriétaire",
                   "nb_pieces": "Nombre de pièces principales du logement",
                   "surface_m2": "Surface habitable en mètres carrés", "loyer_eur": "Montant du loyer en principal",
                   "financement": "Financement initial du logement",
                   "annee_construction": "Année d'achèvement de la construction",
                   "annee_premiere_location": "Année de première mise en location du logement",
                   "dpe": "Classe de consommation d'énergie", "occupation": "Mode d'occupation du logement",
                   "date_bail": "Date de prise d'effet du bail en cours"},
        "abrege": {"id_logement": "UG", "id_immeuble": "Code ensemble", "bailleur": "Soc.", "nb_pieces": "Nb P.",
                   "surface_m2": "SHAB", "loyer_eur": "LOYER_PPAL", "financement": "FINANCT",
                   "annee_construction": "AN_CONSTR", "annee_premiere_location": "AN_MES", "dpe": "DPE",
                   "occupation": "SIT_LOCATIVE", "mois_vacance": "MOIS_VAC", "date_bail": "DT_ENTREE"},
        "gestion": {"id_logement": "Code logement", "id_immeuble": "Code groupe", "bailleur": "Organisme",
                    "nb_pieces": "Type de logement", "surface_m2": "Surface (m2)",
                    "loyer_eur": "Loyer principal annuel", "financement": "Type financement",
                    "annee_construction": "Date de construction",
                    "annee_premiere_location": "Date mise en location", "dpe": "Étiquette énergie",
                    "occupation": "Situation locative", "mois_vacance": "Ancienneté vacance",
                    "date_bail": "Entrée dans les lieux"},
    },
    "menages": {
        "ops": {"id_logement": "N° logement", "tranche_plafond": "Ressources / plafond PLUS",
                "composition": "Composition familiale", "nb_enfants": "Nb enfants à charge",
                "nb_occupants": "Nombre d'occupants", "age_titulaire": "Âge du titulaire",
                "activite": "Activité professionnelle", "apl": "Bénéficiaire APL",
                "minima_sociaux": "Bénéficiaire RSA", "annee_emmenagement": "Année d'emménagement",
                "impaye_3_mois": "Impayés > 3 mois"},
        "abrege": {"id_logement": "UG", "tranche_plafond": "TRANCHE_RES", "composition": "COMPO_FAM",
                   "nb_enfants": "NB_ENF",
                   "nb_occupants": "NB_OCC", "age_titulaire": "AGE_TIT", "activite": "SIT_PRO", "apl": "APL",
                   "minima_sociaux": "MINIMA", "annee_emmenagement": "AN_ENTREE", "impaye_3_mois": "IMPAYES"},
        "enquete": {"id_logement": "Référence logement", "tranche_plafond": "Tranche de ressources",
                    "composition": "Type de ménage", "nb_enfants": "Enfants", "nb_occupants": "Personnes au foyer",
                    "age_titulaire": "Âge locataire", "activite": "Situation professionnelle",
                    "apl": "Aide au logement", "minima_sociaux": "Minima sociaux",
                    "annee_emmenagement": "Date emménagement", "impaye_3_mois": "Retard > 3 mois"},
    },
    "attributions": {
        "cal": {"date": "Date signature bail", "id_logement": "N° logement", "quartile_ressources": "Quartile",
                "tranche_plafond": "Tranche plafond", "motif_prioritaire": "Public prioritaire",
                "reservataire": "Contingent", "type_demande": "Type de demande",
                "mois_attente": "Délai d'attente (mois)",
                "relogement_operation": "Relogement ANRU", "composition": "Composition du ménage"},
        "sne": {"date": "Date de signature du bail", "id_logement": "Code logement", "bailleur": "Organisme",
                "quartile_ressources": "Quartile de ressources par UC", "tranche_plafond": "Ressources / plafonds",
                "motif_prioritaire": "Prioritaire au titre de", "reservataire": "Réservataire",
                "type_demande": "Nature de la demande", "mois_attente": "Ancienneté de la demande",
                "relogement_operation": "Relog. renouvellement urbain", "composition": "Structure familiale"},
    },
    "signalements": {
        "reclamations": {"date": "Date de la réclamation", "id_immeuble": "Groupe", "nature": "Type réclamation",
                         "gravite": "Urgence", "date_cloture": "Date de clôture"},
        "gardien": {"date": "Ouvert le", "id_immeuble": "Code immeuble", "nature": "Motif", "gravite": "Criticité",
                    "date_cloture": "Clos le"},
    },
    "programmes": {
        "operations": {"id_programme": "Code opération", "bailleur": "Maître d'ouvrage", "commune": "Code INSEE",
                       "quartier": "Quartier", "nb_logements": "Nb lgts", "dont_tres_social": "Dont PLAI",
                       "date_livraison": "Date de livraison", "emprunt_eur": "Montant emprunt (€)",
                       "garantie_ville_pct": "Quotité garantie Ville"},
        "financier": {"id_programme": "N° programme", "bailleur": "Société", "commune": "Commune (INSEE)",
                      "nb_logements": "Nombre de logements", "dont_tres_social": "PLAI", "date_livraison": "Livré le",
                      "emprunt_eur": "Total emprunts", "garantie_ville_pct": "Garantie ville (%)"},
    },
    "immeubles": {
        "sig": {"id_immeuble": "Code groupe", "bailleur": "Organisme", "libelle": "Nom résidence", "x": "X_L93",
                "y": "Y_L93", "qpv": "En QPV"},
        "adresses": {"id_immeuble": "N° immeuble", "libelle": "Adresse principale", "lon": "Longitude",
                     "lat": "Latitude", "quartier": "Code quartier", "qpv": "QPV"},
    },
    "demandes": {
        "infocentre": {"id_demande": "Référence demande", "date_depot": "Date de dépôt de la demande",
                       "type_demande": "Type de la demande", "quartile_ressources": "Quartile de ressources",
                       "nb_pieces": "Type de logement recherché", "quartier_souhaite": "Localisation souhaitée"},
        "guichet": {"id_demande": "N° dossier", "date_depot": "Date création", "type_demande": "Nature demande",
                    "quartile_ressources": "Quartile", "nb_pieces": "Typologie souhaitée",
                    "quartier_souhaite": "Choix quartier"},
    },
}  # fmt: skip
#: Ce que les progiciels ajoutent, et que personne ne lit.
DE_TROP = {
    "Agence": ["Agence Nord", "Agence Sud"],
    "Code postal": ["25000"],
    "Secteur de gestion technique": ["ST1", "ST2"],
}
OUI_NON = ("apl", "minima_sociaux", "impaye_3_mois", "relogement_operation", "qpv")


@dataclass
class Extrait:
    """Un fichier et sa vérité : ``verite`` : {table: nos lignes} ; ``colonnes`` : {table: {la nôtre: la sienne}} ;
    ``valeurs`` : {(table, notre colonne): {la sienne: la nôtre}} de celles qui s'y trouvent.
    """

    nom: str
    deposant: str
    annee: int
    octets: bytes
    verite: dict[str, pd.DataFrame]
    colonnes: dict[str, dict[str, str]]
    valeurs: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    voisins: dict[str, bytes] = field(default_factory=dict)

    def deposer(self, brut: Path) -> Path:
        """L'écrire, avec les fichiers de notre format dont il a les identifiants."""
        dossier = brut / str(self.annee)
        dossier.mkdir(parents=True, exist_ok=True)
        for nom, octets in {**self.voisins, self.nom: self.octets}.items():
            (dossier / nom).write_bytes(octets)
        return dossier / self.nom


def tirer(table: str, deposant: str, annee: int, n: int, graine: int) -> pd.DataFrame:
    """Les lignes vraies d'une table, en textes."""
    hasard = np.random.default_rng(graine)
    _, immeuble, logement = BAILLEURS[deposant]
    groupes = np.arange(n) // 12 + 1
    i = pd.Series([_numeroter(immeuble, g) for g in groupes])
    ids = pd.Series(
        [_numeroter(immeuble + logement, g * 10 ** logement.count("0") + r % 12 + 1) for r, g in enumerate(groupes)]
    )

    def choix(valeurs, **options) -> pd.Series:
        return pd.Series(hasard.choice(valeurs, n, **options)).astype(str)

    def jours(debut: str, fin: str) -> pd.Series:
        bornes = pd.to_datetime([debut, fin])
        ecart = hasard.integers(0, (bornes[1] - bornes[0]).days + 1, n)
        return pd.Series(bornes[0] + pd.to_timedelta(ecart, unit="D")).dt.strftime("%Y-%m-%d")

    dans_l_annee = jours(f"{annee}-01-01", f"{annee}-12-31")
    tranches, compositions = ["0-20", "20-40", "40-60", "60-100", "100+", "nr"], [*VOCABULAIRES["mots"]["composition"]]
    oui = ["oui", "non", "nr"]
    if table == "logements":
        pieces = hasard.integers(1, 6, n)
        surface = np.round(12 + 17 * pieces + hasard.normal(0, 4, n), 1)
        construction = hasard.integers(1955, annee, n)
        occupation = choix(
            ["loue", "vacant", "vide_technique", "association", "autre"], p=[0.8, 0.07, 0.05, 0.04, 0.04]
        )
        vacance = pd.Series(hasard.integers(1, 30, n)).astype(str)
        return pd.DataFrame({
            "id_logement": ids, "id_immeuble": i, "bailleur": deposant, "nb_pieces": pieces.astype(str),
            "surface_m2": _ecrire(surface), "loyer_eur": _ecrire(np.round(surface * hasard.uniform(4.5, 7, n), 2)),
            "financement": choix(["PLAI", "PLUS", "PLS", "PLI"], p=[0.2, 0.6, 0.1, 0.1]),
            "annee_construction": construction.astype(str), "annee_premiere_location": (construction + 1).astype(str),
            "dpe": choix([*"ABCDEFG", "nr"]), "occupation": occupation,
            "mois_vacance": vacance.where(occupation.eq("vacant"), ""),
            "date_bail": jours("1985-01-01", f"{annee}-12-31").where(occupation.eq("loue"), ""),
        })  # fmt: skip
    if table == "menages":
        enfants = hasard.integers(0, 4, n)
        return pd.DataFrame({
            "id_logement": ids, "tranche_plafond": choix(tranches), "composition": choix(compositions),
            "nb_enfants": enfants.astype(str), "nb_occupants": (enfants + hasard.integers(1, 3, n)).astype(str),
            "age_titulaire": hasard.integers(20, 90, n).astype(str),
            "activite": choix([*VOCABULAIRES["mots"]["activite"]]), "apl": choix(oui), "minima_sociaux": choix(oui),
            "annee_emmenagement": hasard.integers(1980, annee + 1, n).astype(str), "impaye_3_mois": choix(oui),
        })  # fmt: skip
    if table == "attributions":
        return pd.DataFrame({
            "date": dans_l_annee, "id_logement": ids, "bailleur": deposant,
            "quartile_ressources": choix(["1", "2", "3", "4", "nr"]), "tranche_plafond": choix(tranches),
            "motif_prioritaire": choix([*VOCABULAIRES["mots"]["motif_prioritaire"]]),
            "reservataire": choix([*VOCABULAIRES["mots"]["reservataire"]]),
            "type_demande": choix(["externe", "mutation"]), "mois_attente": hasard.integers(1, 60, n).astype(str),
            "relogement_operation": choix(oui), "composition": choix(compositions),
        })  # fmt: skip
    if table == "signalements":
        return pd.DataFrame({
            "date": dans_l_annee, "id_immeuble": i, "nature": choix([*VOCABULAIRES["mots"]["nature"]]),
            "gravite": choix(["faible", "moyenne", "forte"]),
            "date_cloture": jours(f"{annee}-06-01", f"{annee + 1}-01-31").where(hasard.random(n) > 0.3, ""),
        })  # fmt: skip
    if table == "programmes":
        logements = hasard.integers(4, 60, n)
        return pd.DataFrame({
            "id_programme": [f"OP{r:03d}" for r in range(n)], "bailleur": deposant,
            "commune": choix(["25056", "25031"]),
            "quartier": "", "nb_logements": logements.astype(str), "dont_tres_social": (logements // 4).astype(str),
            "date_livraison": dans_l_annee,
            "emprunt_eur": (logements * hasard.integers(70_000, 140_000, n)).astype(str),
            "garantie_ville_pct": choix(["50", "100", "0"]),
        })  # fmt: skip
    if table == "immeubles":
        m = n // 12 + 1
        lieux = pd.DataFrame({
            "id_immeuble": [_numeroter(immeuble, g) for g in range(1, m + 1)], "bailleur": deposant,
            "libelle": [f"{g} rue de Savoie" for g in range(1, m + 1)],
            "x": _ecrire(np.round(hasard.uniform(925e3, 931e3, m), 1)),
            "y": _ecrire(np.round(hasard.uniform(6679e3, 6689e3, m), 1)),
            "lon": _ecrire(np.round(hasard.uniform(6.0, 6.04, m), 5)),
            "lat": _ecrire(np.round(hasard.uniform(47.2, 47.24, m), 5)),
            "quartier": hasard.choice(["battant", "planoise"], m),
            "secteur": "", "qpv": hasard.choice(["oui", "non"], m),
        })  # fmt: skip
        return lieux
    return pd.DataFrame({
        "id_demande": [f"D{r:06d}" for r in range(n)], "date_depot": jours(f"{annee - 8}-01-01", f"{annee}-12-31"),
        "type_demande": choix(["externe", "mutation"]), "quartile_ressources": choix(["1", "2", "3", "4", "nr"]),
        "nb_pieces": hasard.integers(1, 6, n).astype(str), "quartier_souhaite": choix(["battant", "planoise", ""]),
    })  # fmt: skip


def _numeroter(forme: str, numero: int) -> str:
    chiffres, sortie = iter(f"{numero:0{forme.count('0')}d}"), ""
    for signe in forme:
        sortie += next(chiffres) if signe == "0" else signe
    return sortie


def _ecrire(nombres) -> pd.Series:
    return pd.Series(nombres).map(lambda v: np.format_float_positional(v, trim="-"))


@dataclass(frozen=True)
class Facon:
    """Comment un progiciel écrit. ``dates`` : une clé de :data:`DATES` ; ``perdus`` : identifiants sans
    zéros ; ``coupe`` : les lettres que garde un nom de colonne ; ``pages`` : les lignes d'une page, que l'en-tête
    rouvre.
    """

    vocabulaire: str = "mots"
    format_: str = "xlsx"
    titres: int = 0
    groupes: bool = False
    unites: bool = False
    total: bool = False
    de_trop: bool = True
    perdus: bool = False
    dates: str = "fr"
    separateur: str = ";"
    encodage: str = "utf-8-sig"
    suffixes: bool = False
    nombres: str = "virgule"
    coupe: int = 0
    pages: int = 0


DATES: dict[str, Callable[[str], str]] = {
    "fr": lambda d: f"{d[8:]}/{d[5:7]}/{d[:4]}",
    "iso": lambda d: d,
    "heure": lambda d: f"{d[8:]}/{d[5:7]}/{d[:4]} 00:00:00",
    "collee": lambda d: d.replace("-", ""),
    "points": lambda d: f"{d[8:]}.{d[5:7]}.{d[:4]}",
    "serie": lambda d: str((pd.Timestamp(d) - pd.Timestamp("1899-12-30")).days),
}
DATEES = ("date_bail", "date", "date_cloture", "date_depot", "date_livraison")


def ecrire_colonne(vraies: pd.Series, champ: str, sienne: str, facon: Facon) -> tuple[pd.Series, dict[str, str]]:
    """La colonne comme le bailleur l'écrit, et {sa valeur: la nôtre} là où il y a à traduire."""
    mots = VOCABULAIRES[facon.vocabulaire]
    if champ == "bailleur":
        siens = vraies.map({c: nom.upper() for c, (nom, *_) in BAILLEURS.items()})
        return siens, dict(zip(siens, vraies, strict=True))
    table = mots["oui_non"] if champ in OUI_NON else mots.get(champ)
    if isinstance(table, str):
        siens = vraies.map(table.format)
    elif table:
        siens = vraies.map(lambda v: table.get(v, v))
    else:
        return _ecrire_mesure(vraies, champ, sienne, facon), {}
    return siens, {s: v for s, v in zip(siens, vraies, strict=True) if s}


def _ecrire_mesure(vraies: pd.Series, champ: str, sienne: str, facon: Facon) -> pd.Series:
    remplies = vraies.ne("")
    if champ in DATEES:
        return vraies.map(lambda d: DATES[facon.dates](d) if d else "")
    if champ in ("id_logement", "id_immeuble") and facon.perdus:
        return vraies.str.replace(r"\D", "", regex=True).str.lstrip("0")
    if "Date" in sienne and champ.startswith("annee"):
        return "01/07/" + vraies
    if champ == "loyer_eur" and "annuel" in sienne:
        vraies = _ecrire(np.round(vraies.astype(float) * 12, 2))
    if champ == "surface_m2" and facon.suffixes:
        return vraies.str.replace(".", ",", regex=False) + " m²"
    if champ == "loyer_eur" and facon.suffixes:
        return vraies.str.replace(".", ",", regex=False) + " €"
    if champ in ("surface_m2", "loyer_eur", "x", "y", "lon", "lat") and facon.nombres == "virgule":
        return vraies.str.replace(".", ",", regex=False)
    if champ == "emprunt_eur" and facon.nombres == "anglais":
        return vraies.where(~remplies, vraies.map(lambda v: f"{int(v):,}.00"))
    return vraies


def composer(
    table: str, progiciel: str, deposant: str, annee: int, facon: Facon, *, graine: int, n: int = 72
) -> Extrait:
    """Un extrait d'une table."""
    verite = tirer(table, deposant, annee, n, graine)
    noms = {c: s for c, s in PROGICIELS[table][progiciel].items() if c in verite}
    if facon.coupe:
        coupes = {c: normaliser(s).upper()[: facon.coupe] for c, s in noms.items()}
        noms = coupes if len(set(coupes.values())) == len(coupes) else noms
    siennes, valeurs = {}, {}
    for champ, sienne in noms.items():
        siennes[sienne], traduites = ecrire_colonne(verite[champ], champ, sienne, facon)
        if traduites:
            valeurs[table, champ] = traduites
        if champ in OUI_NON or VOCABULAIRES[facon.vocabulaire].get(champ):  # ce qui y est vide l'est chez nous
            verite.loc[siennes[sienne].eq("").to_numpy(), champ] = ""
    cadre = pd.DataFrame(siennes)
    hasard = np.random.default_rng(graine + 1)
    for nom, choix in DE_TROP.items() if facon.de_trop else ():
        cadre[nom] = hasard.choice(choix, len(cadre))
    absentes = [c for c in verite if c not in noms and c != "bailleur"]
    verite = verite.assign(**dict.fromkeys(absentes, ""))
    extrait = Extrait(
        f"{table}_{deposant}.{facon.format_}", deposant, annee, ecrire_fichier(cadre, noms, facon, annee, deposant),
        {table: verite}, {table: noms}, valeurs,
    )  # fmt: skip
    extrait.voisins = _voisins(table, deposant, annee, n, graine)
    return extrait


def composer_plusieurs(deposant: str, annee: int, facon: Facon, graine: int, n: int = 72) -> Extrait:
    """Un seul fichier pour les logements et leurs ménages, sous un nom quelconque."""
    logements, menages = (tirer(t, deposant, annee, n, graine) for t in ("logements", "menages"))
    loues = logements["occupation"].eq("loue").to_numpy()
    noms = {"logements": PROGICIELS["logements"]["ulis"], "menages": PROGICIELS["menages"]["ops"]}
    cadre, valeurs = pd.DataFrame(index=logements.index), {}
    for table, vraies in (("logements", logements), ("menages", menages)):
        for champ, sienne in noms[table].items():
            if sienne not in cadre:
                cadre[sienne], traduites = ecrire_colonne(vraies[champ], champ, sienne, facon)
                if traduites:
                    valeurs[table, champ] = traduites
                if champ in OUI_NON or VOCABULAIRES[facon.vocabulaire].get(champ):
                    vraies.loc[cadre[sienne].eq("").to_numpy(), champ] = ""
                if table == "menages":
                    cadre[sienne] = cadre[sienne].where(loues, "")
    octets = ecrire_fichier(cadre, noms["logements"], facon, annee, deposant)
    verite = {"logements": logements, "menages": menages[loues].reset_index(drop=True)}
    return Extrait(f"extraction_{annee}_{deposant}.{facon.format_}", deposant, annee, octets, verite, noms, valeurs,
                   _voisins("logements", deposant, annee, n, graine))  # fmt: skip


def _voisins(table: str, deposant: str, annee: int, n: int, graine: int) -> dict[str, bytes]:
    """Les tables dont celle-ci dépend, dans notre format."""
    besoins = {"logements": ["immeubles", "attributions"], "menages": ["immeubles", "logements"],
               "attributions": ["immeubles", "logements"], "signalements": ["immeubles"]}  # fmt: skip
    return {
        f"{v}_{deposant}.csv": tirer(v, deposant, annee, n, graine).to_csv(index=False, sep=";").encode()
        for v in besoins.get(table, ())
    }


def ecrire_fichier(cadre: pd.DataFrame, noms: dict[str, str], facon: Facon, annee: int, deposant: str) -> bytes:
    """Titres, groupes, unités et totaux compris."""
    large = cadre.shape[1]
    lignes = [
        [t, *[""] * (large - 1)] for t in (f"{BAILLEURS[deposant][0]} – Patrimoine", f"Situation au 31/12/{annee}")
    ]
    lignes = lignes[: facon.titres] + ([[""] * large] if facon.titres > 1 else [])
    if facon.groupes:
        lignes.append(["Identification", "", "", *["Caractéristiques"] * (large > 3), *[""] * (large - 4)])
    debut = len(lignes)
    lignes.append(list(cadre))
    if facon.unites:
        unites = {noms.get("surface_m2"): "m²", noms.get("loyer_eur"): "€/mois", noms.get("mois_vacance"): "mois",
                  noms.get("mois_attente"): "mois", noms.get("emprunt_eur"): "€"}  # fmt: skip
        lignes.append([unites.get(c, "") for c in cadre])
    entete, corps = lignes[debut:], cadre.to_numpy().tolist()
    for page in range(0, len(corps), facon.pages or len(corps) or 1):
        lignes += [*(entete if page else ()), *corps[page : page + (facon.pages or len(corps))]]
    if facon.total:
        lignes.append(["TOTAL", *[""] * (large - 3), str(len(cadre)), ""])
    if facon.format_ == "csv":
        q = [[f'"{v}"' if facon.separateur in v else v for v in ligne] for ligne in lignes]
        return "\r\n".join(facon.separateur.join(ligne) for ligne in q).encode(facon.encodage)
    classeur = openpyxl.Workbook()
    classeur.active.title = "Export"
    for ligne in lignes:
        classeur.active.append([_cellule(v) for v in ligne])
    flux = io.BytesIO()
    classeur.save(flux)
    return flux.getvalue()


def _cellule(texte: str):
    """Un nombre écrit à l'anglaise est un nombre pour un tableur ; le reste est du texte."""
    if texte.isdigit() and not texte.startswith("0"):
        return int(texte)
    return texte or None


def archive() -> Iterator[Extrait]:
    """Tous les extraits : cinq bailleurs, quatre années, treize progiciels."""
    codes, graine = [*BAILLEURS], 0
    facons = [
        Facon("mots", titres=2, groupes=True, total=True, perdus=True),
        Facon("codes", "csv", dates="collee", encodage="cp1252"),
        Facon("rpls", "csv", separateur="\t", dates="iso", perdus=True),
        Facon("mots", "xlsx", titres=1, unites=True, suffixes=True, dates="heure", pages=50),
        Facon("codes", "xlsx", dates="serie", perdus=True, total=True),
        Facon("rpls", "xlsx", titres=2, dates="points", nombres="anglais"),
        Facon("mots", "csv", separateur="|", dates="fr", suffixes=True, total=True),
        Facon("codes", "csv", dates="fr", coupe=10),  # dix lettres par nom, comme dans un fichier dBase
    ]
    for table, progiciels in PROGICIELS.items():
        tours = {"logements": 4, "menages": 3}.get(table, 2)
        for tour in range(tours):
            for rang, progiciel in enumerate(progiciels):
                deposant = codes[(graine + rang) % 4] if table in ("programmes", "demandes") else codes[graine % 5]
                facon = facons[(graine + tour) % len(facons)]
                if table == "immeubles":  # aucun autre fichier n'en a les identifiants
                    facon = replace(facon, perdus=False)
                yield composer(table, progiciel, deposant, 2007 + graine % 4, facon, graine=graine)
                graine += 1
    for tour in range(3):
        yield composer_plusieurs(codes[tour], 2008 + tour, facons[2 * tour], 900 + tour)


def configurer(dossier: Path) -> Configuration:
    """Un territoire vide, de ces cinq bailleurs."""
    bailleurs = "\n".join(f"  - {{code: {code}, nom: {nom}}}" for code, (nom, *_) in BAILLEURS.items())
    (dossier / "observatoire.yml").write_text(
        f'territoire: {{nom: Besançon, code: "25056"}}\nedition: {{annees: [2007, 2008, 2009, 2010]}}\n'
        f"bailleurs:\n{bailleurs}\nchemins: {{brut: brut, suivi: suivi, schemas: {SCHEMAS}}}\n",
        encoding="utf-8",
    )
    return lire_configuration(dossier / "observatoire.yml")

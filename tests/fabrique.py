"""De quoi écrire un essai en quelques lignes : des tables préparées, une configuration, un dossier ``prepare``.

Un essai ne donne que les colonnes qui comptent ; les autres sont complétées, manquantes, au bon type, d'après
les schémas d'échange.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

import pandas as pd
import yaml

from observatoire import rangement
from observatoire.chaine import Chaine
from observatoire.cles import COLONNE, FICTIVE, attribuer
from observatoire.configuration import TABLES, TABLES_TIREES, Configuration, lire_configuration
from observatoire.couverture import dimensions_de, etendre
from observatoire.indicateurs.lots import compter_le_parc
from observatoire.schemas import lire_schemas
from observatoire.sujets.alertes.tables import ACTIONS, ALERTES
from observatoire.sujets.variations.tables import PASSAGES
from observatoire.tables import Etape, Travail, preparees
from observatoire.tables.depots import AVERTISSEMENTS, CORRECTIONS, IMMEUBLES_HORS_QUARTIER, ORIGINE
from observatoire.tables.indicateurs import INDICATEURS

RACINE = Path(__file__).parents[1]
SCHEMAS = lire_schemas(RACINE / "data" / "schemas")
#: Le schéma dont une table tirée de deux années reprend les colonnes.
MODELES = {"devenirs": "menages"}
VILLE = "25056"
TERRITOIRE = ["immeuble", "secteur", "quartier", "qpv", "bailleur"]
DU_LOGEMENT = [
    "nb_pieces", "surface_m2", "loyer_eur", "financement", "annee_construction", "annee_premiere_location", "dpe",
    "date_bail",
]  # fmt: skip
COLONNES_DEPOTS = [
    "annee", "deposant", "table", "fichier", "format", "statut", "lignes", "problemes", "avertissements", "reparees",
    "mises_a_part", "gardees", "colonnes_absentes", "rupture",
]  # fmt: skip
_ORDINAIRE = {"colonnes_absentes": "", "rupture": ""}


class SansRenvoi(yaml.SafeDumper):
    """Écrit en entier ce qui revient : un renvoi (« * ») est refusé à la lecture."""

    def ignore_aliases(self, data) -> bool:
        return True


def table(nom: str, lignes: list[dict], annee: int = 2010, ville: bool = True) -> pd.DataFrame:
    """Une table préparée. Le bailleur est « gbh » et le logement dans le champ du RPLS, sauf mention contraire.

    Chaque ligne a sa clé. Une colonne inconnue est refusée : une faute de frappe ne doit pas rendre l'essai vide de
    sens.
    """
    types = {c: champ.type for c, champ in SCHEMAS[MODELES.get(nom, nom)].champs.items()}
    if nom == "devenirs":
        types["devenir"] = "string"
    if nom in ("menages", "devenirs"):
        types |= {c: SCHEMAS["logements"].champs[c].type for c in DU_LOGEMENT}
    types |= dict.fromkeys(TERRITOIRE, "string")
    inconnues = {c for ligne in lignes for c in ligne} - set(types) - {"champ_rpls"}
    assert not inconnues, f"{nom} : colonnes inconnues, {sorted(inconnues)}"
    defauts = {} if nom == "demandes" else {"bailleur": "gbh"}
    valeurs = pd.DataFrame([defauts | ligne for ligne in lignes], columns=[*types, "champ_rpls"], dtype=object)
    colonnes = {c: _typer(valeurs[c], type_) for c, type_ in types.items()}
    colonnes |= {"annee": annee, "champ_rpls": valeurs["champ_rpls"].ne(False)}
    complete = pd.DataFrame(colonnes, index=valeurs.index)
    complete[COLONNE] = attribuer(
        "immeubles", pd.DataFrame({"immeuble": [f"{nom}:{n}" for n in range(len(valeurs))]}, dtype="str"), FICTIVE
    )[COLONNE].to_numpy()
    if ville:
        complete["ville"] = VILLE
        if nom == "programmes":
            complete["dans_ville"] = complete["commune"].eq(VILLE)
    return complete


def _typer(valeurs: pd.Series, type_: str) -> pd.Series:
    if type_ == "date":
        return pd.to_datetime(valeurs)
    return valeurs.astype("float64" if type_ in ("number", "integer") else "str")


def tables(lignes: dict[str, list[dict]], annee: int = 2010, ville: bool = True) -> dict[str, pd.DataFrame]:
    """Les tables d'une année ; celles que ``lignes`` ne donne pas sont vides."""
    return {
        nom: table(nom, lignes[nom], annee, ville) if lignes.get(nom) else _vide(nom, annee, ville).copy()
        for nom in (*TABLES, *TABLES_TIREES)
    }


@cache
def _vide(nom: str, annee: int, ville: bool) -> pd.DataFrame:
    return table(nom, [], annee, ville)


def configuration(dossier: Path, **rubriques) -> Configuration:
    """Une configuration de deux bailleurs, d'un bailleur hors RPLS et du SNE, dans ``dossier``.

    ``rubriques`` remplace les rubriques du fichier. Les barèmes sont ceux du dépôt.
    """
    contenu = {
        "territoire": {"nom": "Besançon", "code": VILLE},
        "niveaux": ["secteur", "quartier"],
        "edition": {"annees": [2010]},
        "bailleurs": [
            {"code": "gbh", "nom": "Grand Besançon Habitat"},
            {"code": "neolia", "nom": "Néolia"},
            {"code": "adoma", "nom": "ADOMA", "hors_rpls": True, "parc_declare": {"logements": 50}},
        ],
        "autres_deposants": [{"code": "sne", "nom": "Demande", "tables": ["demandes"]}],
        "chemins": {nom: str(RACINE / "data" / nom) for nom in ("referentiels", "schemas")},
        **rubriques,
    }
    fichier = dossier / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")
    return lire_configuration(fichier)


def ecrire_prepare(config: Configuration, annees: dict[int, dict[str, list[dict]]], depots: list[tuple]) -> None:
    """Écrire ``prepare`` : les tables de chaque année et le tableau des dépôts.

    ``depots`` : des (annee, deposant, table) acceptés ; un quatrième élément donne d'autres colonnes.
    """
    prepare = config.chemin("prepare")
    for annee in config.annees:
        dossier = prepare / "tables" / str(annee)
        dossier.mkdir(parents=True)
        for nom, contenu in tables(annees.get(annee, {}), annee, ville=False).items():
            contenu.to_parquet(dossier / f"{nom}.parquet", index=False)
    lignes = [
        {"annee": a, "deposant": d, "table": t, "statut": "accepte", **_ORDINAIRE, **dict(*autres)}
        for a, d, t, *autres in depots
    ]
    pd.DataFrame(lignes, columns=COLONNES_DEPOTS).to_parquet(prepare / "depots.parquet")
    for vide in (AVERTISSEMENTS, CORRECTIONS, IMMEUBLES_HORS_QUARTIER):
        rangement.ecrire_preparee(vide, rangement.vide(vide), prepare)
    ORIGINE.dans(prepare).write_text('{"fictif": false}', encoding="utf-8")


def calculer_tout(config: Configuration) -> None:
    """De ce que :func:`ecrire_prepare` a écrit à tout ce que la protection lit."""
    for table in (INDICATEURS, ALERTES, ACTIONS, PASSAGES):
        _faire(table.etape, config)


def tenir_pour_calcule(config: Configuration) -> None:
    """Faire les étapes qui restent, puis comme si le calcul venait de s'achever : la chaîne accepte de publier."""
    for etape in {t.etape: None for t in preparees().values() if not t.dans(config.chemin("prepare")).is_file()}:
        _faire(etape, config)
    chaine = Chaine(config)
    chaine._memoire_du_calcul(sans_les_refuses=False).retenir("", **chaine._a_retenir_du_calcul())


def _faire(etape: Etape, config: Configuration) -> None:
    getattr(import_module(etape.module), etape.fonction)(Travail(config))


def modifier_bareme(dossier: Path, fichier: Path, changer) -> Path:
    """Une copie d'un barème livré, dans ``dossier``, où ``changer(contenu)`` a passé ; rend ``dossier``."""
    contenu = yaml.safe_load((RACINE / "data" / "referentiels" / fichier).read_text(encoding="utf-8"))
    changer(contenu)
    (dossier / fichier).parent.mkdir(parents=True, exist_ok=True)
    (dossier / fichier).write_text(yaml.dump(contenu, Dumper=SansRenvoi, allow_unicode=True), encoding="utf-8")
    return dossier


def parc_connu(logements: dict[int, pd.DataFrame], config: Configuration) -> pd.DataFrame:
    """Les logements connus de chaque année, de ses tables préparées : une ligne par cellule la plus fine."""
    dimensions = dimensions_de(config)
    return etendre({annee: compter_le_parc(table, dimensions) for annee, table in logements.items()}, config)

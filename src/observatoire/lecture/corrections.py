"""Corriger une valeur ou expliquer un avertissement, à la main et avec une garde.

Chaque entrée de ``suivi/corrections.yml`` dit la valeur qu'elle s'attend à trouver. Si le fichier n'a pas cette valeur,
la correction est refusée et rien n'est changé : le bailleur a sans doute déposé un fichier corrigé.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import CIVILITE, RECONNUS, famille_du_texte, nomme_une_personne
from observatoire.lecture.conversion import convertir
from observatoire.lecture.problemes import citer, compter
from observatoire.saisie import lire_yaml
from observatoire.schemas import Schema
from observatoire.tables.depots import CORRECTIONS

OBLIGATOIRES = ("annee", "deposant", "table", "id", "colonne", "attendu", "motif", "auteur", "date")
AU_CHOIX = ("remplacer_par", "explication")
#: Ce qui explique un doute portant sur toute une table, ou sur toutes les lignes d'une règle.
D_UNE_REGLE = ("annee", "deposant", "table", "regle", "attendu", "explication", "motif", "auteur", "date")
COLONNES = CORRECTIONS.noms
APPLIQUEE, EXPLIQUEE, REFUSEE = "appliquee", "explication", "refusee"


@dataclass(frozen=True)
class Correction:
    """Une entrée de ``corrections.yml`` ; ``rang`` est sa place dans le fichier.

    ``regle`` : l'entrée explique tous les doutes d'une règle ; elle n'a pas d'identifiant, et ``attendu`` est la mesure
    du doute ou, pour une règle qui regarde chaque ligne, le nombre de lignes.
    """

    rang: int
    annee: int
    deposant: str
    table: str
    id: str
    colonne: str
    attendu: str
    remplacer_par: str | None
    explication: str | None
    motif: str
    auteur: str
    date: str
    id_personnel: bool = False
    regle: str = ""

    def refuser(self, raison: str) -> str:
        """La phrase qui dit que la correction n'est pas appliquée ; jamais une valeur d'une colonne personnelle."""
        identifiant = "non affiché" if self.id_personnel else citer(self.id)
        vise = f"règle {citer(self.regle)}" if self.regle else f"identifiant {identifiant}"
        colonne = f", colonne « {self.colonne} »" if self.colonne else ""
        return (
            f"corrections.yml, entrée {self.rang} ({self.table} de {self.deposant}, {self.annee}, {vise}{colonne}) : "
            f"{raison} La correction n'est pas appliquée."
        )

    def vise(self, doutes: pd.DataFrame) -> pd.Series:
        """Les doutes que cette entrée explique."""
        if self.regle:
            return doutes["regle"].eq(self.regle) & doutes["colonne"].eq(self.colonne)
        return doutes["id"].eq(self.id) & doutes["colonne"].eq(self.colonne)

    def ligne(self, statut: str) -> dict:
        """La trace publiable : ni valeur attendue, ni valeur de remplacement, ni identifiant personnel."""
        trace = {nom: getattr(self, nom, statut) for nom in COLONNES}
        return {**trace, "id": ""} if self.id_personnel else trace


def lire_corrections(config: Configuration, schemas: dict[str, Schema]) -> list[Correction]:
    """Lire ``suivi/corrections.yml`` s'il existe ; lève :class:`ErreurConfiguration` avec tout ce qui ne va pas."""
    fichier = config.chemin("suivi") / "corrections.yml"
    if not fichier.is_file():
        return []
    brut = lire_yaml(fichier)
    if brut is not None and (not isinstance(brut, dict) or set(brut) - {"corrections"}):
        raise ErreurConfiguration("corrections.yml : le fichier doit avoir une seule rubrique, « corrections ».")
    entrees = (brut or {}).get("corrections") or []
    if not isinstance(entrees, list):
        raise ErreurConfiguration("corrections.yml : « corrections » doit être une liste (un tiret par entrée).")
    problemes = [f"entrée {rang} : {p}" for rang, e in enumerate(entrees, 1) for p in _problemes(e, config, schemas)]
    problemes += [] if problemes else _repetees(entrees)
    if problemes:
        liste = "\n".join(f"  - {p}" for p in problemes)
        raise ErreurConfiguration(f"corrections.yml : {compter(len(problemes), 'problème')}.\n{liste}")
    return [_correction(rang, e, schemas[e["table"]]) for rang, e in enumerate(entrees, 1)]


def _problemes(entree: object, config: Configuration, schemas: dict[str, Schema]) -> list[str]:
    if not isinstance(entree, dict):
        return ["ce n'est pas une suite de « clé: valeur »."]
    obligatoires, connues = OBLIGATOIRES, (*OBLIGATOIRES, *AU_CHOIX)
    if "regle" in entree:
        obligatoires, connues = D_UNE_REGLE, (*D_UNE_REGLE, "colonne")
    problemes = [f"« {cle} » manque." for cle in obligatoires if cle not in entree]
    problemes += [f"« {cle} » n'est pas une clé connue." for cle in entree if cle not in connues]
    if "regle" not in entree and sum(cle in entree for cle in AU_CHOIX) != 1:
        problemes.append("donner « remplacer_par » ou « explication », l'un des deux.")
    for cle in ("motif", "auteur", "explication"):
        if cle in entree and not (isinstance(entree[cle], str) and entree[cle].strip()):
            problemes.append(f"« {cle} » doit être un texte, et ne peut être vide.")
        elif reconnu := famille_du_texte(entree.get(cle, "")) or _nom(cle, entree):
            problemes.append(f"« {cle} » contient des {RECONNUS[reconnu][1]} : les retirer.")
    for cle in ("id", "attendu", "remplacer_par"):
        if isinstance(entree.get(cle), (bool, list, dict)):
            problemes.append(f"« {cle} » doit être un texte ou un nombre (mettre des guillemets).")
    return problemes + _references(entree, config, schemas)


def _nom(cle: str, entree: dict) -> str | None:
    """Qui corrige peut signer de son nom ; ni le motif ni l'explication ne nomment personne."""
    return CIVILITE if cle != "auteur" and nomme_une_personne(entree.get(cle, "")) else None


def _references(entree: dict, config: Configuration, schemas: dict[str, Schema]) -> list[str]:
    problemes = []
    admis = {
        "annee": config.annees,
        "deposant": tuple(d.code for d in config.deposants),
        "table": tuple(schemas),
    }
    for cle, valeurs in admis.items():
        if cle in entree and entree[cle] not in valeurs:
            problemes.append(
                f"{cle} {citer(entree[cle])} n'est pas connu. Valeurs admises : {', '.join(map(str, valeurs))}."
            )
    schema = schemas.get(entree.get("table")) if isinstance(entree.get("table"), str) else None
    if schema and "colonne" in entree and entree["colonne"] not in schema.colonnes:
        colonnes = ", ".join(schema.colonnes)
        problemes.append(
            f"la table « {schema.nom} » n'a pas de colonne {citer(entree['colonne'])}. Colonnes : {colonnes}."
        )
    if "date" in entree and not isinstance(entree["date"], dt.date):
        problemes.append("« date » doit s'écrire AAAA-MM-JJ.")
    return problemes


def _repetees(entrees: list[dict]) -> list[str]:
    designent = ("annee", "deposant", "table", "id", "regle", "colonne")
    cles = [tuple(str(e.get(c, "")) for c in designent) for e in entrees]
    return [
        f"entrée {n} : la même cellule est déjà corrigée plus haut."
        for n, c in enumerate(cles, 1)
        if c in cles[: n - 1]
    ]


def _correction(rang: int, entree: dict, schema: Schema) -> Correction:
    textes = {cle: en_texte(entree.get(cle)) for cle in ("id", "attendu")}
    return Correction(
        rang=rang,
        **{cle: entree[cle] for cle in ("annee", "deposant", "table", "motif", "auteur")},
        **{cle: en_texte(entree.get(cle)) for cle in ("colonne", "regle")},
        **textes,
        remplacer_par=en_texte(entree["remplacer_par"]) if "remplacer_par" in entree else None,
        explication=entree.get("explication"),
        date=entree["date"].isoformat(),
        id_personnel=colonne_id(schema) in schema.personnelles,
    )


def en_texte(valeur: object) -> str:
    """La valeur comme elle serait écrite dans un fichier déposé ; rien pour une valeur absente."""
    return "" if valeur is None else str(valeur).strip()


def colonne_id(schema: Schema) -> str:
    """Colonne qui désigne une ligne : la clé primaire, sinon l'identifiant d'une autre table."""
    return (*schema.cle, *schema.liens)[0]


def appliquer(textes: pd.DataFrame, corrections: list[Correction], schema: Schema):
    """Appliquer les corrections d'un fichier à ses textes.

    Retourne les textes corrigés, les corrections retenues, et {rang: phrase} pour celles qui sont refusées.
    """
    textes, retenues, refus = textes.copy(), [], {}
    for correction in corrections:
        champ = schema.champs[correction.colonne]
        du_logement = textes[colonne_id(schema)].eq(correction.id)
        trouvees = textes.index[du_logement & _egales(textes[correction.colonne], correction.attendu, champ)]
        if len(trouvees) == 1:
            retenues.append(correction)
            if correction.remplacer_par is not None:
                textes.loc[trouvees[0], correction.colonne] = correction.remplacer_par
        elif not du_logement.any():
            refus[correction.rang] = correction.refuser("cet identifiant n'est pas dans le fichier.")
        elif len(trouvees) > 1:
            refus[correction.rang] = correction.refuser("plusieurs lignes conviennent.")
        else:
            refus[correction.rang] = correction.refuser("la valeur attendue n'est pas celle du fichier.")
    return textes, retenues, refus


def _egales(textes: pd.Series, attendu: str, champ) -> pd.Series:
    """Même écriture, ou même nombre ou même date sous une autre écriture (45.2 et 45,2)."""
    valeurs, _ = convertir(textes, champ)
    attendue, _ = convertir(pd.Series([attendu], dtype="str"), champ)
    return textes.eq(attendu) | (valeurs.eq(attendue.iloc[0]) if attendue.notna().all() else False)

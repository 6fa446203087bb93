"""La page « Format d'échange » : le dictionnaire des tables, tiré de ``data/schemas``."""

from __future__ import annotations

import json
import re
from pathlib import Path

from observatoire.echappement import pour_myst, replier

ORDRE = ("immeubles", "logements", "menages", "attributions", "demandes", "signalements", "programmes")
TYPES = {
    "string": "texte",
    "integer": "entier",
    "number": "nombre",
    "date": "date",
    "boolean": "oui ou non",
    "year": "année",
}

_INTRODUCTION = """# Format d'échange

Chaque bailleur dépose un fichier par table et par année, `<table>_<bailleur>.csv`, `.xlsx`, `.ods` ou `.parquet`.
L'année $N$ porte les stocks au 31 décembre $N$ et les flux de l'année $N$. Les fichiers CSV sont séparés par `;` ou
`,`, en UTF-8 ou en Latin-1, avec la virgule ou le point décimal. Les codes sont du texte : ils gardent leurs zéros.

Un fichier qui ne suit pas ce format est refusé en entier, avec la liste de tous ses problèmes ; un doute
(un loyer de 3 €) est un avertissement que le bailleur peut expliquer.

Les colonnes **personnelles** ne sont jamais affichées, dans aucun message ni aucune page. Une colonne de nom, de
numéro de sécurité sociale, de courriel, de téléphone, de nationalité, de lieu de naissance, d'origine, de religion
ou de santé est refusée, quel que soit son contenu ; une colonne qui contient des adresses électroniques, des
téléphones, des numéros de sécurité sociale ou de compte l'est sous n'importe quel nom. Une colonne de texte libre
(commentaire, observations) n'est pas lue.

Ces tableaux sont tirés des schémas « Table Schema » qui servent aussi à vérifier les dépôts. Un classeur à remplir,
avec ses listes de valeurs, s'y ajoute pour chaque table :"""


def page_des_formats(schemas: Path) -> str:
    """Le Markdown du dictionnaire ; les tables inconnues d'ici suivent les autres, par ordre alphabétique."""
    lus = [json.loads(f.read_text(encoding="utf-8")) for f in sorted(schemas.glob("*.json"))]
    lus.sort(key=lambda s: (ORDRE.index(s["name"]) if s["name"] in ORDRE else len(ORDRE), s["name"]))
    gabarits = "\n".join(f"- {{download}}`{s['name']} <gabarits/{s['name']}_gabarit.xlsx>`" for s in lus)
    return "\n\n".join([_INTRODUCTION, gabarits, *(_table(s) for s in lus)]) + "\n"


def _table(schema: dict) -> str:
    lignes = "\n".join(_colonne(champ) for champ in schema["fields"])
    return (
        f"## {pour_myst(schema['title'])}\n\n{pour_myst(schema['description'])} Table {_code(schema['name'])}.\n\n"
        "| Colonne | Contenu | Type | Valeurs admises | Obligatoire | Personnelle |\n"
        f"|:--|:--|:--|:--|:--|:--|\n{lignes}"
    )


def _colonne(champ: dict) -> str:
    contraintes = champ.get("constraints") or {}
    cases = (
        _code(champ["name"]),
        pour_myst(champ.get("description") or champ.get("title", "")),
        TYPES.get(champ.get("type", "string")) or pour_myst(champ["type"]),
        _valeurs(champ, contraintes),
        "oui" if contraintes.get("required") else "non",
        "oui" if champ.get("personnelle") else "non",
    )
    return f"| {' | '.join(cases)} |"


def _code(texte: object) -> str:
    """Un nom ou une valeur en caractères de code : sans accent grave ni barre, qui en sortiraient."""
    return f"`{re.sub(r'[`|]', '', replier(str(texte)))}`"


def _valeurs(champ: dict, contraintes: dict) -> str:
    if admises := contraintes.get("enum"):
        return ", ".join(map(_code, admises))
    bas, haut = contraintes.get("minimum"), contraintes.get("maximum")
    if bas is not None and haut is not None:
        return f"de {bas} à {haut}"
    if bas is not None or haut is not None:
        return f"au moins {bas}" if haut is None else f"au plus {haut}"
    return "année-mois-jour" if champ.get("type") == "date" else "–"

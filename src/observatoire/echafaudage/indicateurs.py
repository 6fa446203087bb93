"""Un indicateur de plus : sa déclaration, qui compte déjà quelque chose, et son cas, refait à la main."""

from __future__ import annotations

import re
from pathlib import Path

import observatoire
from observatoire.catalogue import catalogue
from observatoire.catalogue.declaration import FAMILLES
from observatoire.configuration import Configuration
from observatoire.echafaudage.commun import ecrire_neufs
from observatoire.erreurs import ErreurObservatoire, ParametreInconnu
from observatoire.fichiers import ecrire_texte
from observatoire.schemas import Schema, lire_schemas

CODE = re.compile(r"[a-z][a-z0-9_]{2,59}")
_FONCTION = '''

@indicateur(
    libelle={libelle!r},
    synonymes={mots!r},  # les mots de qui le cherche sans connaître son nom
    numerateur={numerateur!r},
    denominateur={denominateur!r},
    source="dépôts des bailleurs",
    table={table!r},
    sens="neutre",  # le mouvement qui est une amélioration : hausse, baisse ou neutre
)
def {code}({table}):
    r"""{libelle}.

    $$ \\frac{{A}}{{B}} $$

    **Pièges.** Ce qui fait bouger la valeur sans que la réalité change.

    **Référence.** Le texte ou l'organisme qui définit l'indicateur.
    """
    return {table}["{colonne}"].eq("{valeur}"), {table}["{colonne}"].notna()
'''
_CAS = """- nom: une ligne où la colonne est vide ne compte ni en haut ni en bas
  {table}:
    - {{quartier: battant, {colonne}: {valeur}}}
    - {{quartier: battant, {colonne}: {autre}}}
    - {{quartier: battant}}
  attendu:
    battant: {{numerateur: 1, denominateur: 2, valeur: 0.5}}
"""


def ajouter_un_indicateur(config: Configuration, code: str, famille: str, table: str, libelle: str) -> list[Path]:
    """Déclarer ``code`` dans ``catalogue/<famille>.py``, avec son cas ; rend les fichiers touchés.

    Il compte la première valeur d'une colonne à liste de ``table`` parmi les lignes où elle est renseignée : c'est à
    remplacer. Lève :class:`ParametreInconnu` si un argument ne convient pas, en disant ce qui est admis ;
    :class:`ErreurObservatoire` si la bibliothèque n'est pas celle d'un dépôt.
    """
    paquet = Path(observatoire.__file__).parent
    cas = paquet.parents[1] / "tests" / "cas" / f"{code}.yml"
    if not cas.parent.is_dir():
        raise ErreurObservatoire("un indicateur s'ajoute dans un clone du dépôt : ici, la bibliothèque est installée.")
    schemas = lire_schemas(config.chemin("schemas"))
    colonnes = _colonnes_a_liste(schemas)
    _exiger(code, famille, table, list(colonnes))
    colonne, (valeur, autre) = colonnes[table]
    champs = {
        "code": code, "libelle": libelle, "table": table, "colonne": colonne, "valeur": valeur, "autre": autre,
        "mots": libelle.lower(), "numerateur": f"lignes de « {table} » où {colonne} vaut {valeur}",
        "denominateur": f"lignes de « {table} » où {colonne} est renseigné",
    }  # fmt: skip
    module = paquet / "catalogue" / f"{famille}.py"
    ecrits = ecrire_neufs({cas: _CAS.format(**champs)})
    ecrire_texte(module.read_text(encoding="utf-8") + _FONCTION.format(**champs), module)
    return [module, *ecrits]


def _colonnes_a_liste(schemas: dict[str, Schema]) -> dict[str, tuple[str, tuple[str, str]]]:
    """Table -> sa première colonne à liste de valeurs qui n'est pas un lieu, et deux de ces valeurs."""
    trouvees = {}
    for nom, schema in schemas.items():
        listes = {c: [v for v in champ.admises if v != "nr"] for c, champ in schema.champs.items()}
        propres = [(c, (v[0], v[1])) for c, v in listes.items() if len(v) > 1]
        trouvees |= {nom: propres[0]} if propres else {}
    return trouvees


def _exiger(code: str, famille: str, table: str, tables: list[str]) -> None:
    problemes = []
    if not CODE.fullmatch(code):
        problemes.append(f"« {code} » ne peut pas être un code : des minuscules sans accent, des chiffres et « _ ».")
    if code in catalogue():
        problemes.append(f"« {code} » est déjà au catalogue.")
    if famille not in FAMILLES:
        problemes.append(f"« {famille} » n'est pas une famille. Familles : {', '.join(FAMILLES)}.")
    if table not in tables:
        problemes.append(f"« {table} » n'est pas une table qui s'échafaude. Tables : {', '.join(tables)}.")
    if problemes:
        raise ParametreInconnu("\n".join(problemes))

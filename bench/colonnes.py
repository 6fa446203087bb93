"""Les colonnes que chaque table apporte à un indicateur : celles de CONTRIBUTING.md, tirées des schémas.

python bench/colonnes.py            imprime la table
python bench/colonnes.py --ecrire   la met à jour dans CONTRIBUTING.md
"""

from __future__ import annotations

from pathlib import Path

from observatoire.cles import COLONNE
from observatoire.configuration import TABLES, TABLES_TIREES
from observatoire.lecture.devenirs import table_tiree_vide
from observatoire.lecture.tables import table_vide
from observatoire.schemas import lire_schemas

DEBUT, FIN = "<!-- colonnes : bench/colonnes.py -->", "<!-- fin des colonnes -->"
RACINE = Path(__file__).resolve().parents[1]


def tabler() -> str:
    """Une ligne par table ; ce que toutes apportent est dit une fois, au-dessus."""
    schemas = lire_schemas(RACINE / "data" / "schemas")
    vides = {nom: table_vide(nom, schemas[nom], schemas) for nom in TABLES}
    vides |= {nom: table_tiree_vide(nom, schemas) for nom in TABLES_TIREES}
    communes = [c for c in vides["logements"] if c != COLONNE and all(c in vide for vide in vides.values())]
    lignes = [
        f"| `{nom}` | {_citer(c for c in vide if c not in (*communes, COLONNE))} |" for nom, vide in vides.items()
    ]
    tete = f"Toutes : {_citer(communes)}. `programmes` a de plus `dans_ville`."
    return "\n".join([tete, "", "| table | colonnes |", "|---|---|", *lignes])


def _citer(noms) -> str:
    return ", ".join(f"`{nom}`" for nom in noms)


if __name__ == "__main__":
    from architecture import montrer  # à côté : ce que les essais chargent d'ici n'en a pas besoin

    montrer(tabler, DEBUT, FIN, RACINE / "CONTRIBUTING.md")

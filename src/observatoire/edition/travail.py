"""Ce qui voyage entre qui commande une page et qui la fait : le travail à l'aller, le résultat au retour.

Rien n'y dépend d'une machine, et rien n'y demande papermill.
"""

from __future__ import annotations

from dataclasses import dataclass

import nbformat

from observatoire import lectures
from observatoire.edition.plan import Page, lire_modele
from observatoire.lectures import Lecture
from observatoire.moteur.textes import poser_les_textes

DELAI = 120
#: La métadonnée d'un notebook, et l'en-tête d'une fiche, qui dit pour quel public la page est faite.
MARQUE = "observatoire_public"


@dataclass(frozen=True)
class Travail:
    """Une page à exécuter, telle qu'elle voyage jusqu'à un ouvrier.

    ``sortie`` : chemin dans l'édition, sans suffixe. ``modele`` : nom du notebook. ``notebook`` : son JSON, textes
    remplacés. ``delai`` : secondes laissées à chaque cellule.
    """

    sortie: str
    modele: str
    notebook: str
    parametres: dict[str, object]
    delai: int = DELAI


@dataclass(frozen=True)
class Resultat:
    """Ce qu'a donné une page.

    ``notebook`` : le JSON exécuté, partiel si ``erreur`` est donnée ; ``cellule`` : le rang, dans le modèle, de celle
    qui a échoué. ``lues`` : ce que la page a lu de ``publie``. ``avertissements`` : ce que des bibliothèques ont dit.
    """

    travail: Travail
    notebook: str | None
    lues: frozenset[Lecture] = frozenset()
    erreur: str | None = None
    cellule: int | None = None
    avertissements: tuple[str, ...] = ()


def preparer(page: Page, delai: int = DELAI) -> Travail:
    """Le modèle, ses textes remplacés, la marque de son public, son sommaire et la cellule qui dira ce qui est lu."""
    contenu = lire_modele(page.notebook)
    contenu.metadata[MARQUE] = page.public
    poser_les_textes(contenu, page.textes)
    if page.sommaire:
        lignes = ["```{toctree}", ":hidden:", ":glob:", "", *page.sommaire, "```"]
        contenu.cells.append(nbformat.v4.new_markdown_cell("\n".join(lignes), id="sommaire"))
    contenu.cells.append(nbformat.v4.new_code_cell(lectures.CELLULE, id="lectures"))
    return Travail(page.sortie, page.notebook.name, nbformat.writes(contenu), page.parametres, delai)

"""Les titres d'un notebook que papermill a paramétré : posés, et ses paramètres vérifiés, avant qu'un noyau ne démarre.

L'édition pose elle-même ceux de ses pages ; ceci est pour qui lance ``papermill notebooks/quartier.ipynb …``.
"""

from __future__ import annotations

import ast

import nbformat

from observatoire.erreurs import ParametreInconnu
from observatoire.moteur.matiere import Matiere, parametres_declares, refuser_des_textes, refuser_des_valeurs
from observatoire.moteur.textes import noms_des_textes, poser_les_textes
from observatoire.publie import lire_publie

_RECUS = {"parameters", "injected-parameters"}


def poser_les_titres(contenu: nbformat.NotebookNode) -> None:
    """Remplacer les ``{{ nom }}`` de son Markdown d'après ses paramètres et ce qui est publié.

    Lève :class:`ParametreInconnu` avec tout ce qui ne va pas : un paramètre que le notebook n'a pas, une valeur qui
    n'est pas admise, un texte inconnu.
    """
    matiere, declares = Matiere.lire(lire_publie().dossier), parametres_declares(contenu) or []
    parametres = {nom: valeur for nom, valeur in _valeurs(contenu).items() if nom in matiere.admises}
    problemes = [
        f"le paramètre « {nom} » est inconnu. Paramètres du notebook : {', '.join(declares) or 'aucun'}."
        for nom in contenu.metadata.get("papermill", {}).get("parameters", {})
        if nom not in declares
    ]
    problemes += refuser_des_valeurs(parametres, matiere.admises)
    if not problemes:
        textes = matiere.textes(parametres)
        problemes = refuser_des_textes(noms_des_textes(contenu), textes)
    if problemes:
        raise ParametreInconnu("\n".join(problemes))
    poser_les_textes(contenu, textes)


def _valeurs(contenu: nbformat.NotebookNode) -> dict[str, object]:
    """Les constantes que posent ses cellules de paramètres, celle que papermill ajoute passant après."""
    poses = (
        noeud
        for cellule in contenu.cells
        if _RECUS & set(cellule.metadata.get("tags", ()))
        for noeud in ast.parse(cellule.source).body
        if isinstance(noeud, ast.Assign) and isinstance(noeud.value, ast.Constant)
    )
    return {cible.id: noeud.value.value for noeud in poses for cible in noeud.targets if isinstance(cible, ast.Name)}

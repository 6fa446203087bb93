"""Une page de plus : écrite en Markdown, ou faite d'un notebook ; et sa ligne dans la table des matières."""

from __future__ import annotations

from pathlib import Path

import nbformat
import yaml

from observatoire.configuration import Configuration
from observatoire.configuration.saisie import lire_texte
from observatoire.echafaudage.commun import cles, ecrire_neufs, exiger_un_nom, inserer
from observatoire.erreurs import ErreurConfiguration, ParametreInconnu
from observatoire.moteur import NOYAU

SOMMAIRE = "_toc.yml"
_PAGE = """# {titre}

Ce que cette page dit, en une phrase.

## Une partie

Le texte est en Markdown ; une autre page du livre se cite par son nom : [les indicateurs](edition/indicateurs.md).
"""
_LIRE = """import seaborn as sns

from observatoire import legender, lire_publie

valeurs = lire_publie(annee)"""
_FIGURE = """vacance = valeurs.tableau("taux_vacance", niveau=valeurs.tout[0])
sns.lineplot(vacance, x="annee", y="valeur", marker="o").set_xticks(list(vacance["annee"]))
legender("Taux de vacance", "Une courbe, une valeur par année. Les valeurs sont dans le tableau qui suit.")"""

_TABLEAU = 'vacance[["annee", "nom", "valeur", "borne_basse", "borne_haute", "statut"]]'


def ajouter_une_page(config: Configuration, nom: str, titre: str, partie: str | None = None) -> list[Path]:
    """Écrire ``book/<nom>.md`` et l'inscrire au sommaire ; rend les fichiers touchés.

    ``partie`` : celle du sommaire, la première qui a des pages écrites à la main par défaut. Lève
    :class:`ParametreInconnu` si elle ou le nom ne conviennent pas, :class:`ErreurObservatoire` si la page existe.
    """
    livre = config.chemin("livre")
    liste = _liste_des_chapitres(livre, partie)
    ecrits = ecrire_neufs({livre / "book" / f"{exiger_un_nom(nom)}.md": _PAGE.format(titre=titre)})
    inserer(livre / SOMMAIRE, liste, f"file: book/{nom}")
    return [*ecrits, livre / SOMMAIRE]


def ajouter_un_notebook(config: Configuration, nom: str, titre: str, partie: str | None = None) -> list[Path]:
    """De même pour ``notebooks/<nom>.ipynb``, qui dessine une figure et montre un tableau."""
    livre, derniere = config.chemin("livre"), max(config.annees)
    liste = _liste_des_chapitres(livre, partie)
    cellules = [
        nbformat.v4.new_markdown_cell(f"# {titre}\n\nCe que cette page montre, en une phrase."),
        nbformat.v4.new_code_cell(f"annee = {derniere}", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(_LIRE),
        nbformat.v4.new_markdown_cell("## Une figure"),
        nbformat.v4.new_code_cell(_FIGURE),
        nbformat.v4.new_markdown_cell("## Un tableau"),
        nbformat.v4.new_code_cell(_TABLEAU),
    ]
    for rang, cellule in enumerate(cellules):
        cellule["id"] = f"{exiger_un_nom(nom)}-{rang:02}"
    noyau = {"name": NOYAU, "display_name": "Observatoire (Python 3)", "language": "python"}
    contenu = nbformat.v4.new_notebook(cells=cellules, metadata={"kernelspec": noyau})
    ecrits = ecrire_neufs({config.chemin("notebooks") / f"{nom}.ipynb": nbformat.writes(contenu) + "\n"})
    inserer(livre / SOMMAIRE, liste, f"file: book/edition/{nom}")
    return [*ecrits, livre / SOMMAIRE]


def _liste_des_chapitres(livre: Path, partie: str | None) -> yaml.SequenceNode:
    """La liste des chapitres d'une partie du sommaire, avec sa place dans le fichier."""
    racine = cles(yaml.compose(lire_texte(livre / SOMMAIRE)))
    parties = {
        cles(p)["caption"].value: cles(p)["chapters"]
        for p in (racine["parts"].value if "parts" in racine else ())
        if {"caption", "chapters"} <= cles(p).keys()
    }
    if not parties:
        raise ErreurConfiguration(f"{SOMMAIRE} : aucune partie (caption, chapters) où inscrire une page.")
    if partie is None:
        ecrites = [nom for nom, liste in parties.items() if any("file" in cles(c) for c in liste.value)]
        partie = (ecrites or list(parties))[0]
    if partie not in parties:
        raise ParametreInconnu(f"« {partie} » n'est pas une partie de {SOMMAIRE}. Parties : {', '.join(parties)}.")
    return parties[partie]

"""JupyterLab : choisir une page de l'édition, et en ouvrir le notebook, ses paramètres et ses titres déjà posés.

« Tout exécuter » y donne ce que le site montre : mêmes cellules, mêmes valeurs publiées, même noyau.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import nbformat

from observatoire.edition.page import parametrer
from observatoire.edition.plan import MODELES, Page, lire_modele, lister_pages
from observatoire.erreurs import ParametreInconnu
from observatoire.fichiers import ecrire_texte
from observatoire.moteur.matiere import Matiere
from observatoire.moteur.textes import poser_les_textes
from observatoire.publie import dossier_publie

#: Où sont les notebooks des pages ouvertes, à côté de celui d'accueil ; git ne les suit pas.
PAGES = Path("pages")


def ecrire_une_page(modele: str, notebooks: Path | str = "../notebooks", **parametres: object) -> Path:
    """Écrire dans ``pages`` le notebook d'une page, et rendre son chemin.

    ``ecrire_une_page("quartier", annee=2009, quartier="battant")``. Sans année, c'est la dernière ; sans un autre
    paramètre, la première de ses valeurs. Lève :class:`ParametreInconnu` en disant ce qui est admis.
    """
    page = _trouver(dossier_publie(), Path(notebooks), modele, parametres)
    contenu = lire_modele(page.notebook)
    poser_les_textes(contenu, page.textes)
    contenu = parametrer(contenu, page.parametres)
    fichier = PAGES / f"{page.sortie.replace('/', '-')}.ipynb"
    ecrire_texte(nbformat.writes(contenu) + "\n", fichier)
    return fichier


def choisir_une_page(notebooks: Path | str = "../notebooks"):
    """La barre de JupyterLab : un modèle, une année, un quartier, un bailleur, et le notebook de la page.

    Demande ipywidgets (``make lab``).
    """
    import ipywidgets
    from IPython.display import FileLink, display

    matiere, sortie = Matiere.lire(dossier_publie()), ipywidgets.Output()
    axes = {m.nom: m.axes for m in MODELES if all(matiere.admises[axe] for axe in m.axes)}
    choix = {
        axe: ipywidgets.Dropdown(options=_options(matiere, axe), description=axe.replace("annee", "année").capitalize())
        for axe in dict.fromkeys(axe for siens in axes.values() for axe in siens)
    }
    modele = ipywidgets.Dropdown(options=list(axes), value="ville", description="Page")
    ouvrir = ipywidgets.Button(description="Ouvrir", button_style="primary")

    def montrer_ses_axes(*_) -> None:
        for axe, liste in choix.items():
            liste.layout.display = "" if axe in axes[modele.value] else "none"

    def ecrire(*_) -> None:
        sortie.clear_output()
        with sortie:
            siens = {axe: choix[axe].value for axe in axes[modele.value]}
            display(FileLink(ecrire_une_page(modele.value, notebooks, **siens)))

    modele.observe(montrer_ses_axes, "value")
    ouvrir.on_click(ecrire)
    montrer_ses_axes()
    return ipywidgets.VBox([ipywidgets.HBox([modele, *choix.values(), ouvrir]), sortie])


def _options(matiere: Matiere, axe: str) -> list[tuple[str, object]]:
    """(ce qui se lit, la valeur) de chaque valeur d'un paramètre, la dernière année d'abord."""
    valeurs = reversed(matiere.admises[axe]) if axe == "annee" else matiere.admises[axe]
    return [(str(matiere.noms.get(axe, {}).get(valeur, valeur)), valeur) for valeur in valeurs]


def _trouver(publie: Path, notebooks: Path, modele: str, parametres: dict) -> Page:
    pages = [page for page in lister_pages(publie, notebooks) if page.notebook.stem == modele]
    if not pages:
        connus = sorted(f.stem for f in notebooks.glob("*.ipynb"))
        proches = get_close_matches(modele, connus, cutoff=0.4) or connus
        raise ParametreInconnu(f"« {modele} » n'est pas un modèle de cette édition : {', '.join(proches)}.")
    for nom, valeur in parametres.items():
        admises = list(dict.fromkeys(p.parametres[nom] for p in pages if nom in p.parametres))
        if valeur not in admises:
            dites = ", ".join(map(str, admises)) or "ce modèle n'a pas ce paramètre"
            raise ParametreInconnu(f"{nom} = « {valeur} » n'est pas admis. Valeurs admises : {dites}.")
    admises = [page for page in pages if parametres.items() <= page.parametres.items()]
    derniere = max(page.parametres.get("annee", 0) for page in admises)
    return next(page for page in admises if page.parametres.get("annee", 0) == derniere)

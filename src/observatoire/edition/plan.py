"""Le plan d'une édition : quelles pages, de quel notebook, avec quels paramètres.

Papermill se contente d'un avertissement devant un paramètre inconnu et publie alors la valeur par défaut. Ici
tout est vérifié avant qu'un noyau ne démarre, et tout ce qui ne va pas est dit d'un coup.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path

import nbformat

from observatoire.erreurs import ErreurConfiguration, ParametreInconnu
from observatoire.moteur.matiere import Matiere, parametres_declares, refuser_des_textes, refuser_des_valeurs
from observatoire.moteur.textes import noms_des_textes
from observatoire.tables.edition import EDITION
from observatoire.typographie import compter


@dataclass(frozen=True)
class Modele:
    """Un notebook modèle : ``axes`` nomme les paramètres qui varient d'une page à l'autre.

    ``sortie`` est le chemin de la page dans l'édition, sans suffixe. Un modèle sans axe donne une seule page,
    vue depuis la dernière année de l'édition. ``sommaire`` : motifs des pages qu'il range sous lui, chacun avec l'axe
    dont elles dépendent ; un motif dont l'axe n'a aucune valeur n'est pas écrit, car il ne trouverait rien.
    Un axe sans aucune valeur : pas de page. ``si`` : de même, pour des paramètres dont la page ne dépend pas.
    """

    nom: str
    sortie: str
    axes: tuple[str, ...] = ()
    sommaire: tuple[tuple[str, str], ...] = ()
    si: tuple[str, ...] = ()


MODELES = (
    Modele("accueil", "accueil"),
    Modele(
        "ville", "{annee}/{tout}", ("annee",),
        (
            ("alertes", "annee"), ("attributions", "annee"), ("ville-*", "commune"), ("quartier-*", "quartier"),
            ("bailleur-*", "bailleur"),
        ),
    ),
    Modele("commune", "{annee}/ville-{commune}", ("annee", "commune"), (("quartier-*", "quartier"),)),
    Modele("alertes", "{annee}/alertes", ("annee",), (("alerte-*", "alerte"),)),
    Modele("alerte", "{annee}/alerte-{alerte}", ("annee", "alerte")),
    Modele("quartier", "{annee}/quartier-{quartier}", ("annee", "quartier")),
    Modele("bailleur", "{annee}/bailleur-{bailleur}", ("annee", "bailleur")),
    Modele("attributions", "{annee}/attributions", ("annee",)),
    Modele("couverture", "couverture"),
    Modele("sources", "sources"),
    Modele("simulation", "simulation"),
    Modele("orientations", "orientations"),
    Modele("corrections", "corrections"),
    Modele("note", "note"),
    Modele("rapport", "rapport"),
    Modele("conference", "conference"),
    Modele("revue", "revue"),
    Modele("engagements", "engagements", si=("engagement",)),
    Modele("engagement", "engagements/{engagement}", ("engagement",)),
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """Une page à exécuter.

    ``sortie`` : chemin dans l'édition, sans suffixe. ``parametres`` : ce que reçoit le notebook. ``textes`` :
    ce qui remplace les ``{{ nom }}`` de ses cellules Markdown. ``public`` : à qui elle s'adresse. ``sommaire`` :
    motifs des pages qu'elle range sous elle dans la table des matières.
    """

    notebook: Path
    sortie: str
    parametres: dict[str, object]
    textes: dict[str, object]
    public: str
    sommaire: tuple[str, ...] = field(default=())


def lister_pages(publie: Path, notebooks: Path, modeles: tuple[Modele, ...] | None = None) -> list[Page]:
    """Toutes les pages d'une édition, dans l'ordre du livre, leurs paramètres vérifiés.

    ``publie`` : le dossier publié d'un public. ``notebooks`` : le dossier des modèles ; un notebook que :data:`MODELES`
    ne nomme pas y donne une page, de son nom.
    Lève :class:`ParametreInconnu` avec la liste de tout ce qui ne va pas.
    """
    if not EDITION.dans(publie).is_file():
        raise ErreurConfiguration("rien n'est encore publié : lancer d'abord « observatoire proteger ».")
    matiere = Matiere.lire(publie)
    pages, problemes = [], []
    for modele in modeles or (*MODELES, *_modeles_de_la_ville(notebooks)):
        if not all(matiere.admises[axe] for axe in (*modele.axes, *modele.si)):
            continue
        chemin = notebooks / f"{modele.nom}.ipynb"
        if not chemin.is_file():
            problemes.append(f"{chemin.name} : notebook introuvable dans « {notebooks.name} ».")
            continue
        try:
            _lire(chemin, chemin.stat().st_mtime_ns)
        except ErreurConfiguration as illisible:
            problemes.append(str(illisible))
            continue
        for page in _pages_du_modele(modele, chemin, matiere):
            if not _a_sa_place(page.sortie, modele):
                problemes.append(f"{chemin.name} : un code de « {page.sortie} » ne peut pas nommer une page.")
            problemes += verifier_parametres(chemin, page.parametres, matiere.admises, page.textes)
            pages.append(page)
    if problemes:
        liste = "\n".join(f"  - {p}" for p in dict.fromkeys(problemes))
        raise ParametreInconnu(f"{compter(len(set(problemes)), 'problème')} dans le plan de l'édition.\n{liste}")
    return pages


def _modeles_de_la_ville(notebooks: Path) -> Iterator[Modele]:
    connus = {modele.nom for modele in MODELES}
    return (Modele(f.stem, f.stem) for f in sorted(notebooks.glob("*.ipynb")) if f.stem not in connus)


def _a_sa_place(sortie: str, modele: Modele) -> bool:
    """Un code lu dans un fichier (quartier, alerte…) ne mène pas la page hors de son dossier."""
    morceaux = sortie.replace("\\", "/").split("/")
    return len(morceaux) == modele.sortie.count("/") + 1 and not any(m.startswith(".") or not m for m in morceaux)


def verifier_parametres(
    notebook: Path, parametres: dict, admises: dict[str, tuple], textes: dict | None = None
) -> list[str]:
    """Les problèmes d'un jeu de paramètres face au notebook : inconnus, manquants, inutilisés, valeur refusée."""
    declares, utilises, cites = _lire(notebook, notebook.stat().st_mtime_ns)
    if declares is None:
        return [f"{notebook.name} : aucune cellule ne porte l'étiquette « parameters »."]
    problemes = [
        f"{notebook.name} : le paramètre « {n} » est inconnu. Paramètres du notebook : {_liste(declares)}."
        for n in parametres
        if n not in declares
    ]
    problemes += [
        f"{notebook.name} : le paramètre « {n} » n'est pas donné ; sa valeur par défaut serait publiée."
        for n in declares
        if n not in parametres
    ]
    problemes += [
        f"{notebook.name} : le paramètre « {n} » est déclaré mais ne sert à rien."
        for n in declares
        if n not in utilises
    ]
    problemes += [f"{notebook.name} : {refus}" for refus in refuser_des_valeurs(parametres, admises)]
    if textes is not None:
        problemes += [f"{notebook.name} : {refus}" for refus in refuser_des_textes(cites, textes)]
    return problemes


@lru_cache(maxsize=64)
def _lire(notebook: Path, _version: int) -> tuple[list[str] | None, set[str], list[str]]:
    """Les paramètres d'un modèle, les noms que lit son code et les textes qu'il cite, lus une fois pour ses pages."""
    contenu = lire_modele(notebook)
    utilises = _noms_utilises(contenu, notebook.name)  # d'abord : il dit où le code ne se lit pas
    return parametres_declares(contenu), utilises, noms_des_textes(contenu)


def lire_modele(notebook: Path) -> nbformat.NotebookNode:
    """Un notebook. Lève :class:`ErreurConfiguration`, avec la ligne, si ce n'est pas du JSON, ou pas un notebook."""
    try:
        return nbformat.read(notebook, as_version=4)
    except (ValueError, LookupError, TypeError, AttributeError, nbformat.ValidationError) as erreur:
        ligne = getattr(erreur.__cause__ or erreur.__context__, "lineno", None)
        ou = f", ligne {ligne}" if ligne else ""
        raise ErreurConfiguration(f"{notebook.name}{ou} : ce notebook n'est pas du JSON lisible.") from erreur


def _noms_utilises(contenu: nbformat.NotebookNode, nom: str) -> set[str]:
    """Les noms que lit le code, hors de la cellule des paramètres."""
    noms = set()
    for rang, cellule in enumerate(contenu.cells, start=1):
        if cellule.cell_type != "code":
            continue
        try:
            noeuds = ast.walk(ast.parse(cellule.source))
        except SyntaxError as erreur:
            ou = f"{nom}, cellule {rang}, ligne {erreur.lineno}"
            raise ErreurConfiguration(f"{ou} : ce n'est pas du Python lisible ({erreur.msg}).") from erreur
        if "parameters" not in cellule.metadata.get("tags", ()):
            noms |= {noeud.id for noeud in noeuds if isinstance(noeud, ast.Name)}
    return noms


def _pages_du_modele(modele: Modele, chemin: Path, matiere: Matiere):
    edition = matiere.edition
    declares = _lire(chemin, chemin.stat().st_mtime_ns)[0] or ()
    for valeurs in product(*(matiere.admises[axe] for axe in modele.axes)):
        axes = dict(zip(modele.axes, valeurs, strict=True))
        if axes.get("alerte") and axes["annee"] != edition["annees"][-1]:
            continue  # le registre se tient la dernière année : les dossiers ouverts le sont alors
        parametres = {"annee": edition["annees"][-1]} if "annee" in declares and not modele.axes else axes
        yield Page(
            notebook=chemin,
            sortie=modele.sortie.format(**axes, tout=edition["niveau"]),
            parametres=parametres,
            textes=matiere.textes(axes),
            public=edition["public"],
            sommaire=_sommaire(modele, axes, matiere),
        )


def _sommaire(modele: Modele, axes: dict, matiere: Matiere) -> tuple[str, ...]:
    """Ce qu'une page range sous elle : une page « ville », les alertes, les quartiers et les bailleurs de son année.

    Dans une agglomération, un quartier est rangé sous sa commune.
    """
    admises, commune_de = matiere.admises, matiere.commune_de
    derniere = axes.get("annee") == matiere.edition["annees"][-1]
    motifs = [motif for motif, axe in modele.sommaire if admises[axe] and (axe != "alerte" or derniere)]
    if not commune_de:
        return tuple(motifs)
    siens = [f"quartier-{q}" for q in admises["quartier"] if commune_de.get(q) == axes.get("commune", "")]
    return tuple(m for motif in motifs for m in (siens if motif == "quartier-*" else [motif]))


def _liste(valeurs) -> str:
    return ", ".join(str(v) for v in valeurs) or "aucun"

"""Le plan d'une édition : quelles pages, de quel notebook, avec quels paramètres.

Papermill se contente d'un avertissement devant un paramètre inconnu et publie alors la valeur par défaut. Ici
tout est vérifié avant qu'un noyau ne démarre, et tout ce qui ne va pas est dit d'un coup.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import nbformat
import pandas as pd

from observatoire.communes import VILLE
from observatoire.configuration import PUBLIQUE
from observatoire.edition.textes import noms_des_textes
from observatoire.erreurs import ErreurConfiguration, ParametreInconnu
from observatoire.publie import Contenu, Publie, est_hors


@dataclass(frozen=True)
class Modele:
    """Un notebook modèle : ``axes`` nomme les paramètres qui varient d'une page à l'autre.

    ``sortie`` est le chemin de la page dans l'édition, sans suffixe. Un modèle sans axe donne une seule page,
    vue depuis la dernière année de l'édition. ``sommaire`` : motifs des pages qu'il range sous lui, chacun avec l'axe
    dont elles dépendent ; un motif dont l'axe n'a aucune valeur n'est pas écrit, car il ne trouverait rien.
    ``si`` : un paramètre sans aucune valeur duquel la page n'a pas lieu.
    """

    nom: str
    sortie: str
    axes: tuple[str, ...] = ()
    sommaire: tuple[tuple[str, str], ...] = ()
    si: str | None = None


MODELES = (
    Modele("accueil", "accueil"),
    Modele(
        "ville", "{annee}/{tout}", ("annee",),
        (
            ("alertes", "annee"), ("attributions", "annee"), ("ville-*", "commune"), ("quartier-*", "quartier"),
            ("bailleur-*", "bailleur"),
        ),
    ),
    Modele("commune", "{annee}/ville-{commune}", ("annee", "commune"), (("quartier-*", "quartier"),), si="commune"),
    Modele("alertes", "{annee}/alertes", ("annee",), (("alerte-*", "alerte"),)),
    Modele("alerte", "{annee}/alerte-{alerte}", ("annee", "alerte")),
    Modele("quartier", "{annee}/quartier-{quartier}", ("annee", "quartier")),
    Modele("bailleur", "{annee}/bailleur-{bailleur}", ("annee", "bailleur")),
    Modele("attributions", "{annee}/attributions", ("annee",)),
    Modele("couverture", "couverture"),
    Modele("sources", "sources"),
    Modele("simulation", "simulation"),
    Modele("corrections", "corrections"),
    Modele("note", "note"),
    Modele("rapport", "rapport"),
    Modele("conference", "conference"),
    Modele("revue", "revue"),
    Modele("engagements", "engagements", si="engagement"),
    Modele("engagement", "engagements/{engagement}", ("engagement",), si="engagement"),
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


def lister_pages(publie: Path, notebooks: Path, modeles: tuple[Modele, ...] = MODELES) -> list[Page]:
    """Toutes les pages d'une édition, dans l'ordre du livre, leurs paramètres vérifiés.

    ``publie`` : le dossier publié d'un public. ``notebooks`` : le dossier des modèles.
    Lève :class:`ParametreInconnu` avec la liste de tout ce qui ne va pas.
    """
    if not (publie / "edition.json").is_file():
        raise ErreurConfiguration("rien n'est encore publié : lancer d'abord « observatoire proteger ».")
    edition = json.loads((publie / "edition.json").read_text(encoding="utf-8"))
    admises = valeurs_admises(publie, edition)
    noms, commune_de = _noms(publie, edition), _communes_des_quartiers(publie, edition)
    pages, problemes = [], []
    for modele in modeles:
        if modele.si and not admises[modele.si]:
            continue
        chemin = notebooks / f"{modele.nom}.ipynb"
        if not chemin.is_file():
            problemes.append(f"{chemin.name} : notebook introuvable dans « {notebooks.name} ».")
            continue
        for page in _pages_du_modele(modele, chemin, edition, admises, noms, commune_de):
            problemes += verifier_parametres(chemin, page.parametres, admises, page.textes)
            pages.append(page)
    if problemes:
        liste = "\n".join(f"  - {p}" for p in dict.fromkeys(problemes))
        raise ParametreInconnu(f"{len(set(problemes))} problème(s) dans le plan de l'édition.\n{liste}")
    return pages


def valeurs_admises(publie: Path, edition: dict) -> dict[str, tuple]:
    """Pour chaque paramètre connu, les valeurs qu'il peut prendre, lues dans ce qui est publié.

    Les immeubles hors de tout contour de quartier restent dans les tableaux, sans page à eux.
    """
    territoires = pd.read_csv(publie / "territoires.csv", dtype=str)
    bailleurs = pd.read_csv(publie / "bailleurs.csv", dtype={"code": str})
    quartiers, communes = (territoires.loc[territoires["niveau"].eq(n), "code"] for n in ("quartier", VILLE))
    return {
        "annee": tuple(edition["annees"]),
        "commune": tuple(c for c in edition.get("communes") or () if c in set(communes)),
        "quartier": tuple(c for c in quartiers if not est_hors(c)),
        "bailleur": tuple(bailleurs.loc[bailleurs["est_bailleur"].astype(bool), "code"]),
        "alerte": tuple(d["dossier"] for d in alertes_ouvertes(publie, edition)),
        "engagement": tuple(_libelles_des_engagements(publie)),
    }


def alertes_ouvertes(publie: Path, edition: dict) -> list[dict]:
    """Les dossiers d'alerte qui ont une page : ceux qui sont ouverts, pour les seuls partenaires."""
    if edition["public"] == PUBLIQUE:
        return []
    return Publie(edition["annees"][-1], publie, Contenu(publie)).dossiers_ouverts()


def verifier_parametres(
    notebook: Path, parametres: dict, admises: dict[str, tuple], textes: dict | None = None
) -> list[str]:
    """Les problèmes d'un jeu de paramètres face au notebook : inconnus, manquants, inutilisés, valeur refusée."""
    contenu = nbformat.read(notebook, as_version=4)
    declares = parametres_declares(contenu)
    if declares is None:
        return [f"{notebook.name} : aucune cellule ne porte l'étiquette « parameters »."]
    utilises = _noms_utilises(contenu)
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
    problemes += [
        f"{notebook.name} : {n} = « {v} » n'est pas admis. Valeurs admises : {_liste(admises[n])}."
        for n, v in parametres.items()
        if n in admises and v not in admises[n]
    ]
    if textes is not None:
        problemes += [
            f"{notebook.name} : « {{{{ {n} }}}} » n'est pas un texte connu. Textes connus : {_liste(sorted(textes))}."
            for n in noms_des_textes(contenu)
            if n not in textes
        ]
    return problemes


def parametres_declares(contenu: nbformat.NotebookNode) -> list[str] | None:
    """Les noms que la cellule « parameters » affecte, ou ``None`` quand il n'y en a pas."""
    for cellule in contenu.cells:
        if "parameters" in cellule.metadata.get("tags", ()):
            return [
                cible.id
                for noeud in ast.parse(cellule.source).body
                for cible in (getattr(noeud, "targets", None) or [getattr(noeud, "target", None)])
                if isinstance(cible, ast.Name)
            ]
    return None


def _noms_utilises(contenu: nbformat.NotebookNode) -> set[str]:
    """Les noms que lit le code, hors de la cellule des paramètres."""
    return {
        noeud.id
        for cellule in contenu.cells
        if cellule.cell_type == "code" and "parameters" not in cellule.metadata.get("tags", ())
        for noeud in ast.walk(ast.parse(cellule.source))
        if isinstance(noeud, ast.Name)
    }


def _pages_du_modele(modele: Modele, chemin: Path, edition: dict, admises: dict, noms: dict, commune_de: dict):
    declares = parametres_declares(nbformat.read(chemin, as_version=4)) or ()
    for valeurs in product(*(admises[axe] for axe in modele.axes)):
        axes = dict(zip(modele.axes, valeurs, strict=True))
        if axes.get("alerte") and axes["annee"] != edition["annees"][-1]:
            continue  # le registre se tient la dernière année : les dossiers ouverts le sont alors
        parametres = {"annee": edition["annees"][-1]} if "annee" in declares and not modele.axes else axes
        yield Page(
            notebook=chemin,
            sortie=modele.sortie.format(**axes, tout=edition.get("niveau", VILLE)),
            parametres=parametres,
            textes=_textes(edition, axes, noms),
            public=edition["public"],
            sommaire=_sommaire(modele, axes, edition, admises, commune_de),
        )


def _textes(edition: dict, axes: dict, noms: dict) -> dict:
    """Ce qui peut être écrit entre doubles accolades dans le Markdown d'un modèle."""
    annees = edition["annees"]
    textes = {
        "annee": annees[-1],
        "annee_zero": edition["annee_zero"],
        "premiere_annee": annees[0],
        "derniere_annee": annees[-1],
        "titre": edition["titre"],
        "ville": edition["nom"],
        "a_ville": edition["a"],
        "de_ville": edition["de"],
        **_mots(edition),
        **axes,
    }
    return textes | {f"{axe}_nom": noms[axe][code] for axe, code in axes.items() if axe in noms}


def _mots(edition: dict) -> dict[str, str]:
    """Comment se dit le territoire entier et ce dont il est fait : une ville et ses quartiers, ou une agglomération."""
    if not edition.get("communes"):
        return {
            "titre_parties": "Quartiers", "parties": "quartiers", "chaque_partie": "chaque quartier",
            "du_tout": "de la ville", "au_tout": "à la ville", "partout": "dans la ville et dans les quartiers",
        }  # fmt: skip
    return {
        "titre_parties": "Communes", "parties": "communes", "chaque_partie": "chaque quartier ou commune",
        "du_tout": "de l'agglomération", "au_tout": "à l'agglomération",
        "partout": "dans l'agglomération, ses communes et leurs quartiers",
    }  # fmt: skip


def _sommaire(modele: Modele, axes: dict, edition: dict, admises: dict, commune_de: dict) -> tuple[str, ...]:
    """Ce qu'une page range sous elle : une page « ville », les alertes, les quartiers et les bailleurs de son année.

    Dans une agglomération, un quartier est rangé sous sa commune.
    """
    derniere = axes.get("annee") == edition["annees"][-1]
    motifs = [motif for motif, axe in modele.sommaire if admises[axe] and (axe != "alerte" or derniere)]
    if not commune_de:
        return tuple(motifs)
    siens = [f"quartier-{q}" for q in admises["quartier"] if commune_de.get(q) == axes.get("commune", "")]
    return tuple(m for motif in motifs for m in (siens if motif == "quartier-*" else [motif]))


def _communes_des_quartiers(publie: Path, edition: dict) -> dict[str, str]:
    """La commune de chaque quartier d'une agglomération ; rien pour une ville."""
    if not edition.get("communes"):
        return {}
    lieux = pd.read_csv(publie / "territoires.csv", dtype=str).query("niveau == 'quartier'")
    return dict(zip(lieux["code"], lieux["parent"], strict=True))


def _noms(publie: Path, edition: dict) -> dict[str, dict[str, str]]:
    lieux = pd.read_csv(publie / "territoires.csv", dtype=str)
    territoires, communes = (lieux[lieux["niveau"].eq(niveau)] for niveau in ("quartier", "ville"))
    bailleurs = pd.read_csv(publie / "bailleurs.csv", dtype={"code": str})
    return {
        "commune": dict(zip(communes["code"], communes["nom"], strict=True)),
        "quartier": dict(zip(territoires["code"], territoires["nom"], strict=True)),
        "bailleur": dict(zip(bailleurs["code"], bailleurs["nom"], strict=True)),
        "alerte": _noms_des_alertes(publie, alertes_ouvertes(publie, edition), lieux),
        "engagement": _libelles_des_engagements(publie),
    }


def _noms_des_alertes(publie: Path, ouvertes: list[dict], lieux: pd.DataFrame) -> dict[str, str]:
    """« Locataires en impayé de plus de trois mois, Planoise – Époisses »."""
    declarations = json.loads((publie / "catalogue.json").read_text(encoding="utf-8"))
    libelles = {d["code"]: d["libelle"] for d in declarations}
    noms = dict(zip(zip(lieux["niveau"], lieux["code"], strict=True), lieux["nom"], strict=True))
    return {
        d["dossier"]: f"{libelles[d['indicateur']]}, {noms.get((d['niveau'], d['territoire']), 'sans nom')}"
        for d in ouvertes
    }


def _libelles_des_engagements(publie: Path) -> dict[str, str]:
    """Code -> libellé, dans l'ordre du fichier ; rien quand le territoire n'a pas d'engagement."""
    fichier = publie / "engagements.csv"
    if not fichier.is_file():
        return {}
    table = pd.read_csv(fichier, dtype=str, usecols=["engagement", "libelle"])
    return dict(zip(table["engagement"], table["libelle"], strict=True))


def _liste(valeurs) -> str:
    return ", ".join(str(v) for v in valeurs) or "aucun"

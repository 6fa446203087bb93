"""Ce dont dépendent les pages d'une édition : leurs paramètres admis, et ce que leurs titres peuvent citer."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.publie import Contenu, Publie, est_hors
from observatoire.tables.edition import BAILLEURS, EDITION, TERRITOIRES
from observatoire.vocabulaire import VILLE


@dataclass(frozen=True)
class Matiere:
    """Ce dont dépend le plan, lu dans ce qui est publié.

    ``admises`` : les valeurs que peut prendre chaque paramètre ; les immeubles hors de tout contour restent dans les
    tableaux, sans page à eux. ``noms`` : paramètre -> valeur -> nom. ``commune_de`` : la commune de chaque quartier
    d'une agglomération ; rien pour une ville.
    """

    edition: dict
    admises: dict[str, tuple]
    noms: dict[str, dict[str, str]]
    commune_de: dict[str, str]

    @classmethod
    def lire(cls, publie: Path) -> Matiere:
        """Lire un dossier publié."""
        contenu = Contenu(publie)
        edition, lieux, bailleurs = (contenu.table(t.nom) for t in (EDITION, TERRITOIRES, BAILLEURS))
        quartiers, communes = (lieux[lieux["niveau"].eq(niveau)] for niveau in ("quartier", VILLE))
        noms = {
            "commune": _associer(communes, "code", "nom"),
            "quartier": _associer(quartiers, "code", "nom"),
            "bailleur": _associer(bailleurs, "code", "nom"),
            "alerte": _noms_des_alertes(contenu),
            "engagement": _associer(contenu.table("engagements"), "engagement", "libelle"),
        }
        admises = {
            "annee": tuple(edition["annees"]),
            "commune": tuple(c for c in edition["communes"] if c in noms["commune"]),
            "quartier": tuple(c for c in noms["quartier"] if not est_hors(c)),
            "bailleur": tuple(bailleurs.loc[bailleurs["est_bailleur"].astype(bool), "code"]),
            "alerte": tuple(noms["alerte"]),
            "engagement": tuple(noms["engagement"]),
        }
        return cls(edition, admises, noms, _associer(quartiers, "code", "parent") if edition["communes"] else {})

    def textes(self, axes: dict) -> dict:
        """Ce qui peut être écrit entre doubles accolades dans le Markdown d'un modèle."""
        edition, noms = self.edition, self.noms
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


def _associer(table: pd.DataFrame, cle: str, valeur: str) -> dict[str, str]:
    return dict(zip(table[cle], table[valeur], strict=True))


def _noms_des_alertes(contenu: Contenu) -> dict[str, str]:
    """Les dossiers qui ont une page : ceux qui sont ouverts, pour les seuls partenaires.

    « Locataires en impayé de plus de trois mois, Planoise – Époisses ».
    """
    edition, catalogue = contenu.table("edition"), contenu.table("catalogue")
    if edition["public"] == PUBLIQUE:
        return {}
    ouverts = Publie(edition["annees"][-1], contenu.dossier, contenu).dossiers_ouverts()
    return {
        d["dossier"]: f"{catalogue[d['indicateur']]['libelle']}, "
        + contenu.noms.get((d["niveau"], d["territoire"]), "sans nom")
        for d in ouverts
    }


def _mots(edition: dict) -> dict[str, str]:
    """Comment se dit le territoire entier et ce dont il est fait : une ville et ses quartiers, ou une agglomération."""
    if not edition["communes"]:
        return {
            "titre_parties": "Quartiers", "parties": "quartiers", "chaque_partie": "chaque quartier",
            "du_tout": "de la ville", "au_tout": "à la ville", "partout": "dans la ville et dans les quartiers",
        }  # fmt: skip
    return {
        "titre_parties": "Communes", "parties": "communes", "chaque_partie": "chaque quartier ou commune",
        "du_tout": "de l'agglomération", "au_tout": "à l'agglomération",
        "partout": "dans l'agglomération, ses communes et leurs quartiers",
    }  # fmt: skip


def refuser_des_valeurs(parametres: dict, admises: dict[str, tuple]) -> list[str]:
    """Une phrase par paramètre dont la valeur n'est pas admise, avec celles qui le sont."""
    return [
        f"{n} = « {v} » n'est pas admis. Valeurs admises : {', '.join(map(str, admises[n])) or 'aucune'}."
        for n, v in parametres.items()
        if n in admises and v not in admises[n]
    ]


def refuser_des_textes(cites: list[str], textes: dict) -> list[str]:
    """Une phrase par ``{{ nom }}`` que l'édition ne sait pas remplacer, avec ceux qu'elle sait."""
    connus = ", ".join(sorted(textes))
    return [f"« {{{{ {n} }}}} » n'est pas un texte connu. Textes connus : {connus}." for n in cites if n not in textes]


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

"""La page « Données » : ce qui se télécharge, sous quel droit, et ce que veut dire chaque colonne."""

from __future__ import annotations

from dataclasses import dataclass

from observatoire.diffusion import notices
from observatoire.echappement import pour_myst
from observatoire.presentation.nombres import ecrire
from observatoire.tables import Table

_GENRES_DE_CLE = "désigne la ligne"


@dataclass(frozen=True)
class Diffusee:
    """Une table à télécharger : son nombre de ``lignes``, et le poids de ses deux CSV, en octets."""

    table: Table
    colonnes: tuple[str, ...]
    lignes: int
    international: int
    francais: int


def page(edition: dict, diffusees: list[Diffusee], communs: dict[str, int], vers: str) -> str:
    """Le Markdown de la page. ``communs`` : fichier -> octets ; ``vers`` : l'adresse du dossier des données."""
    droit = notices.licence(edition)
    dit = f"[{pour_myst(droit.nom)}]({droit.adresse})" if droit.adresse else f"**{pour_myst(droit.nom)}**"
    presentes = [f"- {_lier(vers, nom, texte, communs[nom])} : {quoi}" for nom, texte, quoi in _communs(edition)]
    return "\n\n".join(
        [
            "# Données",
            f"Tous les chiffres de l'édition, tels qu'ils paraissent. Licence : {dit}. Une proportion est une fraction "
            "de 0 à 1 ; une valeur qui manque dit pourquoi (`statut`).",
            "## Tout d'un coup",
            "\n".join(presentes),
            "## Table par table",
            "CSV international : virgule, point décimal. CSV français : point-virgule, virgule décimale.",
            "| Table | CSV international | CSV français | Ce qu'elle contient | Lignes |\n|:--|:--|:--|:--|--:|\n"
            + "\n".join(_rang(d, vers) for d in diffusees),
            "## Chaque colonne",
            *(_colonnes(d) for d in diffusees),
        ]
    )  # fmt: skip


def _communs(edition: dict) -> list[tuple[str, str, str]]:
    """(fichier, nom, ce que c'est) de ce qui vaut pour toute l'édition."""
    nom = notices.nommer(edition)
    return [
        (f"{nom}.zip", "L'édition entière (ZIP)", "toutes les tables, leur description, les contours, comment citer"),
        (f"{nom}.xlsx", "Le classeur (XLSX)", "la dernière année, une feuille par famille d'indicateurs"),
        ("datapackage.json", "La description (Table Schema)", "chaque table et chaque colonne, pour un programme"),
        ("catalogue.jsonld", "La notice (DCAT-AP)", "pour un catalogue de données"),
    ]


def _rang(d: Diffusee, vers: str) -> str:
    liens = (
        _lier(vers, f"{dossier}/{d.table.fichier}", "CSV", octets)
        for dossier, octets in (("international", d.international), ("francais", d.francais))
    )
    lignes = ecrire(d.lignes, decimales=0)
    return f"| `{d.table.nom}` | {' | '.join(liens)} | {pour_myst(d.table.libelle)} | {lignes} |"


def _colonnes(d: Diffusee) -> str:
    connues = {c.nom: c for c in d.table.colonnes}
    rangs = "\n".join(
        f"| `{nom}` | {_dire(connues.get(nom))} | {_genre(connues.get(nom), d.table)} |" for nom in d.colonnes
    )
    return (
        f":::{{dropdown}} `{d.table.nom}` : {pour_myst(d.table.libelle)}\n\n"
        f"| Colonne | Ce qu'elle dit | Genre |\n|:--|:--|:--|\n{rangs}\n:::"
    )


def _dire(colonne) -> str:
    if colonne is None:
        return "propre à ce territoire"
    return pour_myst(colonne.libelle) + (f", en {pour_myst(colonne.unite)}" if colonne.unite else "")


def _genre(colonne, table: Table) -> str:
    if colonne is None:
        return "texte"
    return colonne.genre + (f", {_GENRES_DE_CLE}" if colonne in table.cles else "")


def _lier(vers: str, fichier: str, texte: str, octets: int) -> str:
    return f'<a href="{vers}{fichier}" download>{texte}</a> ({_peser(octets)})'


def _peser(octets: int) -> str:
    """« 12 ko », « 3,4 Mo »."""
    return (
        f"{ecrire(max(1, octets / 1e3), decimales=0)} ko" if octets < 1e6 else f"{ecrire(octets / 1e6, decimales=1)} Mo"
    )

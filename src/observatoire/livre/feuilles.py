"""Une seule feuille de style par page, sans ce qu'aucune page n'emploie.

Le thème en apporte neuf, qu'une page demande l'une après l'autre avant de rien montrer ; la plus grosse n'est employée
qu'à six pour cent. Une règle reste si chaque classe et chaque identifiant qu'elle nomme est dans une page du site, ou
dans un de ses scripts, fût-ce par le seul début de son nom (``obs-classe-${rang}``) : dans le doute elle reste.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tinycss2
from tinycss2 import ast

from observatoire.presentation.affichage import empreinte

DOSSIER = "_static"
_LIEN = re.compile(r'<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="(?P<ou>[^"?]*)[^"]*"[^>]*>')
_SCRIPT = re.compile(r'<script\b[^>]*\bsrc="([^"?]*)')
_NOMS = re.compile(r"""=(?:(?<=\bclass=)|(?<=\bid=))(?:"([^"]*)"|'([^']*)')""")
_MOTS = re.compile(r"[A-Za-z_][\w-]*")
# Le début d'un nom dont un script compose la fin : « obs-classe-${rang} », « "obs-classe-" + rang ».
_DEBUT = re.compile(r"""([A-Za-z_][\w-]*-)(?=\$\{|["'`]\s*\+)""")
_NOMMES = re.compile(r"[.#]((?:[\w-]|\\.)+)")
# Ce qu'une négation nomme n'a pas à exister ; ce qu'une alternative nomme, pas toujours.
_ENTRE_PARENTHESES = re.compile(r":(?:not|is|where|has)\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\]")
_ADRESSE = re.compile(r"""url\((["']?)(?!data:|#|[a-z]+:|/)([^"')]+)\1\)""")
_CONDITIONS = {"media", "supports", "layer", "container"}


def reunir_les_feuilles(site: Path) -> None:
    """Réunir, dans chaque page, les feuilles de ``_static`` en une ; celles que plus rien n'appelle s'en vont.

    Celle d'une figure ou d'un tableau est appelée du corps de sa page, où il est.
    """
    pages = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html") if "pagefind" not in page.parts}
    employes = _employes(site, pages)
    reunies: dict[tuple[str, ...], str] = {}
    for page, texte in pages.items():
        dossier = page.relative_to(site).parent.as_posix()
        feuilles = tuple(f for f in _appelees(texte.partition("</head>")[0], dossier) if _est_commune(f))
        if len(feuilles) > 1:
            if feuilles not in reunies:
                reunies[feuilles] = _ecrire(site, feuilles, employes)
            pages[page] = _lier(texte, feuilles, reunies[feuilles], dossier)
            page.write_text(pages[page], encoding="utf-8")
    appelees = {f for page, texte in pages.items() for f in _appelees(texte, page.relative_to(site).parent.as_posix())}
    for fichier in [*(site / DOSSIER).rglob("*.css"), *(site / DOSSIER).rglob("*.css.map")]:
        if fichier.relative_to(site).as_posix() not in appelees:
            fichier.unlink()


@dataclass(frozen=True)
class Employes:
    """Les classes et les identifiants des pages, tous les mots des scripts, les ``debuts`` de ceux qu'ils composent."""

    mots: set[str]
    debuts: tuple[str, ...]

    def __contains__(self, nom: str) -> bool:
        return nom in self.mots or nom.startswith(self.debuts)


def _employes(site: Path, pages: dict[Path, str]) -> Employes:
    mots, debuts, scripts = set(), set(), {*(site / DOSSIER).glob("*.js")}
    for page, texte in pages.items():
        mots.update(mot for deux in set(_NOMS.findall(texte)) for mot in "".join(deux).split())
        scripts.update((page.parent / ou).resolve() for ou in _SCRIPT.findall(texte))
    for script in scripts:
        if script.is_file():
            texte = script.read_text(encoding="utf-8", errors="replace")
            mots.update(_MOTS.findall(texte))
            debuts.update(_DEBUT.findall(texte))
    return Employes(mots, tuple(debuts))


def _appelees(texte: str, dossier: str) -> Iterator[str]:
    """Les feuilles qu'appelle ce texte d'une page de ce dossier, dans l'ordre."""
    return (_situer(lien["ou"], dossier) for lien in _LIEN.finditer(texte))


def _est_commune(feuille: str) -> bool:
    """Celles d'une seule figure restent à part."""
    return feuille.startswith(f"{DOSSIER}/") and not feuille.startswith(f"{DOSSIER}/feuilles/")


def _situer(adresse: str, dossier: str) -> str:
    """Le chemin, dans le site, de ce qu'une page de ce dossier appelle ainsi ; « / » est la racine du site."""
    return posixpath.normpath(posixpath.join("/", dossier, adresse)).lstrip("/")


def _lier(texte: str, feuilles: tuple[str, ...], reunie: str, dossier: str) -> str:
    """La page, où le premier lien mène à la feuille réunie et où les autres ne sont plus."""
    adresse, posee = posixpath.relpath(reunie, dossier), False

    def remplacer(lien: re.Match) -> str:
        nonlocal posee
        if _situer(lien["ou"], dossier) not in feuilles:
            return lien[0]
        premiere, posee = not posee, True
        return f'<link rel="stylesheet" href="{adresse}">' if premiere else ""

    tete, fin, corps = texte.partition("</head>")
    return f"{_LIEN.sub(remplacer, tete)}{fin}{corps}"


def _ecrire(site: Path, feuilles: Iterable[str], employes: Employes) -> str:
    """Écrire la feuille réunie ; rend son chemin dans le site, qui change avec elle."""
    texte = "".join(_lire(site, feuille, employes) for feuille in feuilles)
    nom = f"{DOSSIER}/site-{empreinte(texte)}.css"
    (site / nom).write_text(texte, encoding="utf-8")
    return nom


def _lire(site: Path, feuille: str, employes: Employes) -> str:
    """Les règles utiles d'une feuille et de celles qu'elle importe, leurs adresses prises de ``_static``."""
    regles = tinycss2.parse_stylesheet((site / feuille).read_text(encoding="utf-8"), True, True)
    dossier, morceaux = posixpath.dirname(feuille), []
    for regle in regles:
        if isinstance(regle, ast.AtRule) and regle.lower_at_keyword == "import":
            (importee,) = [
                jeton.value for jeton in regle.prelude if hasattr(jeton, "value") and jeton.type != "whitespace"
            ]
            morceaux.append(_lire(site, posixpath.normpath(posixpath.join(dossier, importee)), employes))
        elif not (isinstance(regle, ast.AtRule) and regle.lower_at_keyword == "charset"):
            morceaux.append(_ADRESSE.sub(lambda a: _deplacer(a, dossier), _garder(regle, employes)))
    return "".join(morceaux)


def _deplacer(adresse: re.Match, dossier: str) -> str:
    chemin = posixpath.relpath(posixpath.normpath(posixpath.join(dossier, adresse[2])), DOSSIER)
    return f"url({adresse[1]}{chemin}{adresse[1]})"


def _garder(regle: ast.Node, employes: Employes) -> str:
    """Le texte d'une règle, réduit aux sélecteurs qui peuvent servir ; vide si aucun ne le peut."""
    if isinstance(regle, ast.QualifiedRule):
        selecteurs = [s for s in _separer(tinycss2.serialize(regle.prelude)) if _peut_servir(s, employes)]
        return f"{','.join(selecteurs)}{{{tinycss2.serialize(regle.content).strip()}}}\n" if selecteurs else ""
    if isinstance(regle, ast.AtRule) and regle.lower_at_keyword in _CONDITIONS and regle.content is not None:
        dedans = "".join(_garder(r, employes) for r in tinycss2.parse_rule_list(regle.content, True, True))
        return f"@{regle.at_keyword}{tinycss2.serialize(regle.prelude)}{{\n{dedans}}}\n" if dedans else ""
    return f"{regle.serialize()}\n"


def _separer(selecteurs: str) -> list[str]:
    """Les sélecteurs d'une liste, séparés par les virgules qui ne sont pas entre parenthèses ou crochets."""
    trouves, debut, profondeur = [], 0, 0
    for rang, signe in enumerate(selecteurs):
        profondeur += (signe in "([") - (signe in ")]")
        if signe == "," and not profondeur:
            trouves.append(selecteurs[debut:rang].strip())
            debut = rang + 1
    return [*trouves, selecteurs[debut:].strip()]


def _peut_servir(selecteur: str, employes: Employes) -> bool:
    """Chaque classe et chaque identifiant que ce sélecteur exige est connu."""
    exiges = _NOMMES.findall(_ENTRE_PARENTHESES.sub("", selecteur))
    return all(nom.replace("\\", "") in employes for nom in exiges)

"""La porte : des chiffres à elle tant qu'une page se fait, et la mémoire de ce qu'elle a imprimé."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: (annee, niveau, territoire, bailleur, indicateur, mesure) d'une valeur de ``indicateurs``.
Cle = tuple[int, str, str, str, str, str]
#: Le texte imprimé, la valeur arrondie, son pas, son unité, puis sa :data:`Cle` si c'est une valeur publiée telle
#: quelle, ou six ``None``.
Impression = tuple[str | float | None, ...]
SANS_CLE = (None,) * 6

TEXTE = "texte"
CHIFFRE = re.compile(r"\d")
_ORDINAIRES = "0123456789"
# Des syllabes de l'écriture yi : aucun calcul n'en écrit, Python y voit des lettres et non des chiffres, et
# great-tables, qui retire d'un identifiant tout ce qui n'est ni lettre ni chiffre, les y laisse.
DES_NOMBRES = "".join(chr(0xA000 + n) for n in range(10))
DES_TEXTES = "".join(chr(0xA010 + n) for n in range(10))
_EN_NOMBRE = str.maketrans(_ORDINAIRES, DES_NOMBRES)
_EN_TEXTE = str.maketrans(_ORDINAIRES, DES_TEXTES)
_RETOUR = [*zip(DES_NOMBRES, _ORDINAIRES, strict=True), *zip(DES_TEXTES, _ORDINAIRES, strict=True)]


@dataclass
class _Page:
    """La page qui se fait dans ce processus : rien n'est marqué ni retenu tant qu'elle n'est pas ``ouverte``."""

    ouverte: bool = False
    impressions: dict[Impression, None] = field(default_factory=dict)
    citables: set[str] = field(default_factory=set)


_page = _Page()


def ouvrir() -> None:
    """Commencer une page : dès maintenant tout nombre doit passer par la porte."""
    _page.ouverte = True
    oublier()


def est_ouvert() -> bool:
    """Une page se fait-elle dans ce processus ?"""
    return _page.ouverte


def oublier() -> None:
    """Oublier ce qui a été imprimé jusque-là."""
    _page.impressions.clear()


@contextmanager
def page() -> Iterator[dict[Impression, None]]:
    """Faire une page dans ce processus : donne ses impressions, qui s'ajoutent à mesure."""
    ouvrir()
    try:
        yield _page.impressions
    finally:
        _page.ouverte = False
        _page.impressions = {}


def imprimer(
    chiffres: str,
    valeur: float | None = None,
    pas: float | None = None,
    unite: str = "",
    cle: Cle | None = None,
    suite: str = "",
) -> str:
    """Imprimer un nombre ; rend ``chiffres`` suivi de ``suite``, l'unité déjà passée par :func:`dire` ou :func:`citer`.

    ``valeur`` : ce que le lecteur en sait, donc arrondie, à l'échelle où elle est publiée (une fraction pour « % ») ;
    ``pas`` : celui de l'arrondi à la même échelle, 0 si elle est exacte. Seul
    :mod:`observatoire.presentation.nombres` appelle cette fonction.
    """
    if not _page.ouverte:
        return chiffres + suite
    _page.impressions[chiffres + relire(suite), valeur, pas, unite, *(cle or SANS_CLE)] = None
    return chiffres.translate(_EN_NOMBRE) + suite


def dire(texte: str) -> str:
    """Une phrase de la bibliothèque qui contient un nombre : ``dire("intervalle à 95 %")``.

    Lève ``ValueError`` si ``texte`` n'est pas écrit tel quel, entre guillemets, dans la fonction qui appelle.
    """
    if texte not in sys._getframe(1).f_code.co_consts:
        raise ValueError(f"« {texte} » n'est pas un texte écrit tel quel : un nombre calculé passe par « ecrire ».")
    return texte.translate(_EN_TEXTE) if _page.ouverte else texte


def texte_publie(texte: object) -> object:
    """Certifier un texte que :mod:`observatoire.publie` vient de lire ; le reste est rendu tel quel."""
    return texte.translate(_EN_TEXTE) if _page.ouverte and isinstance(texte, str) else texte


def admettre(textes: Iterable[object]) -> None:
    """Admettre des codes et des unités que :mod:`observatoire.publie` vient de lire, pour :func:`citer`."""
    if _page.ouverte:
        _page.citables.update(t for t in textes if isinstance(t, str) and CHIFFRE.search(t))


def citer(texte: str) -> str:
    """Recopier un code ou une unité de ``publie`` ; lève ``ValueError`` s'il porte un chiffre et n'y a pas été lu."""
    if not _page.ouverte or not CHIFFRE.search(texte):
        return texte
    if texte not in _page.citables:
        raise ValueError(f"« {texte} » n'est pas un texte publié : un nombre calculé passe par « ecrire ».")
    return texte.translate(_EN_TEXTE)


def relire(texte: str) -> str:
    """Le texte en chiffres ordinaires."""
    if texte.isascii():
        return texte
    for marque, chiffre in _RETOUR:
        texte = texte.replace(marque, chiffre)
    return texte


class Impressions:
    """Ce qui a été imprimé depuis l'ouverture de la page, tel que son exécution le reçoit."""

    TYPE_MIME = "application/vnd.observatoire.registre+json"
    CELLULE = "from observatoire.registre.impressions import Impressions\ndisplay(Impressions())"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        # Une seule chaîne : le protocole des noyaux recopierait des milliers de petites listes une à une.
        contenu = json.dumps(list(_page.impressions), ensure_ascii=False)
        return {self.TYPE_MIME: contenu, "text/plain": f"{len(_page.impressions)} impressions"}


def hors_valeur(textes: Iterable[str]) -> list[Impression]:
    """Des nombres pris dans des textes, chacun une fois : ils n'ont ni valeur ni clé."""
    return [(texte, None, None, TEXTE, *SANS_CLE) for texte in dict.fromkeys(textes)]

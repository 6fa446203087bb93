"""Les identifiants à chercher, réduits à des suites d'atomes (mots et nombres), et comment les retrouver vite."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

_ATOME = re.compile(r"[^\W_]+")
_ACCENT = re.compile(r"[\u0300-\u036f]")
# Un identifiant plus court se confondrait avec un mot ou un nombre ordinaire.
_AVEC_LETTRES_ET_CHIFFRES, _EN_CHIFFRES, _EN_LETTRES = 6, 7, 10
Suite = tuple[str, ...]


def plier(texte: str) -> str:
    """Le texte en minuscules, sans accents : deux écritures d'un même nom se valent."""
    if texte.isascii():
        return texte.lower()
    return _ACCENT.sub("", unicodedata.normalize("NFKD", texte)).lower()


def atomes(texte: str) -> list[str]:
    """Les atomes d'un texte, dans l'ordre : « ADO0001-001 » en a deux, quel que soit ce qui les sépare."""
    return _ATOME.findall(plier(texte))


def distinctif(suite: Suite) -> bool:
    """Un identifiant assez long pour ne pas être un mot ou un nombre ordinaire."""
    colle = "".join(suite)
    if colle.isdigit():
        return len(colle) >= _EN_CHIFFRES
    if any(c.isdigit() for c in colle):
        return len(colle) >= _AVEC_LETTRES_ET_CHIFFRES
    return len(suite) > 1 and len(colle) >= _EN_LETTRES


def masquer(suite: Suite) -> str:
    """Un identifiant reconnaissable par qui le détient, et par personne d'autre : « ad••••• »."""
    colle = "".join(suite)
    return f"« {colle[:2]}{'•' * min(len(colle) - 2, 8)} »"


def entieres(suites: set[Suite]) -> set[Suite]:
    """Les suites qui ne sont pas une partie d'une autre : celle d'un immeuble commence celles de ses logements."""
    parties = {s[i:j] for s in suites for i in range(len(s)) for j in range(i + 1, len(s) + 1) if j - i < len(s)}
    return suites - parties


class Chercheur:
    """Retrouve des suites par leur atome le plus long, puis en entier : chercher dans un fichier coûte une intersection
    d'ensembles."""

    def __init__(self, suites: Iterable[Suite]):
        self._ancres: dict[str, set[Suite]] = defaultdict(set)
        for suite in suites:
            self._ancres[max(suite, key=len)].add(suite)

    def chercher(self, texte: str) -> set[Suite]:
        """Les suites qui se lisent dans un texte."""
        lus = atomes(texte)
        presentes = self._ancres.keys() & set(lus)
        phrase = f" {' '.join(lus)} " if presentes else ""
        return {s for ancre in presentes for s in self._ancres[ancre] if f" {' '.join(s)} " in phrase}

    def censurer(self, texte: str) -> str:
        """Un nom de fichier ou de clé, sans les identifiants qu'il porte."""
        for suite in sorted(self.chercher(texte), key=len, reverse=True):
            motif = r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, suite)) + r"(?![^\W_])"
            texte = re.sub(motif, masquer(suite), plier(texte))
        return texte

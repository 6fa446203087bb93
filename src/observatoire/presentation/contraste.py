"""La clarté d'une couleur, et l'encre qui se lit sur elle."""

from __future__ import annotations

from matplotlib.colors import to_rgb

NOIR, BLANC = "#000000", "#ffffff"
# Ce que pèse chaque composante dans la clarté d'une couleur (UIT-R BT.709).
_CLARTE = (0.2126, 0.7152, 0.0722)


def clarte(couleur) -> float:
    """La luminance relative d'une couleur (WCAG 2), de 0 (noir) à 1 (blanc)."""
    lineaires = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(couleur))
    return sum(poids * v for poids, v in zip(_CLARTE, lineaires, strict=True))


def contraste(une, autre) -> float:
    """Le rapport de contraste de deux couleurs (WCAG 2), de 1 à 21 ; un texte en demande 4,5."""
    sombre, claire = sorted((clarte(une), clarte(autre)))
    return (claire + 0.05) / (sombre + 0.05)


def encre_sur(fond) -> str:
    """Le noir ou le blanc, celui qui se lit le mieux ; sur tout fond, son contraste passe 4,5."""
    return max((NOIR, BLANC), key=lambda encre: contraste(encre, fond))

"""La toile des figures : des artistes de matplotlib posés en points, sans les axes de matplotlib.

Ses axes mesurent chaque texte et dessinent à part chaque graduation : dix fois le prix du dessin. Ici l'échelle est
donnée, donc la place de chaque chose est connue d'avance : chaque tracé est un seul chemin, et le SVG aligne
lui-même ses textes. Longueurs et positions sont en points, depuis le bas à gauche.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.markers import MarkerStyle
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import IdentityTransform

from observatoire.presentation.nombres import graduer

BLEU, ORANGE, GRIS = "#0072B2", "#B34700", "#525c66"
ENCRE, PALE, CADRE, GRILLE = "#1f2933", "#3d4852", "#9aa4ad", "#dfe4e8"
LARGEUR = 288  # sur un téléphone de 390 pixels, un caractère de corps 9 en a onze
MARGE = 20
_SUR_PLACE = IdentityTransform()
# De la hauteur demandée à la ligne de base, en part du corps : la police est connue, il n'y a rien à mesurer.
_BASES = {"haut": -0.76, "chiffre": -0.38, "legende": -0.35, "milieu": -0.26, "pied": 0, "bas": 0.24}
_ANCRES = {"left": 0.0, "center": 0.5, "right": 1.0}


class Etiquette(Text):
    """Un texte que le SVG aligne lui-même : la mise en page de matplotlib, qui le mesurerait, est sautée."""

    def draw(self, renderer) -> None:
        x, y = self.get_position()
        trait = renderer.new_gc()
        trait.set_foreground(self.get_color())
        hauteur = renderer.get_canvas_width_height()[1]
        renderer.draw_text(trait, x, hauteur - y, self.get_text(), self.get_fontproperties(), 0, mtext=self)
        trait.restore()


class Toile:
    """Une figure et son repère : ``bornes_x`` et ``bornes_y`` sont celles des données."""

    def __init__(self, hauteur: float, bornes_x, bornes_y, gauche: float, haut: float, bas: float = MARGE):
        self.gauche, self.droite, self.bas, self.haut = gauche, LARGEUR - MARGE, bas, hauteur - haut
        self.bornes_x, self.bornes_y = bornes_x, bornes_y
        self.figure = Figure(figsize=(LARGEUR / 72, hauteur / 72), dpi=72)
        self.figure.patch.set_visible(False)
        self._halos: list[tuple[float, ...]] = []

    def x(self, valeurs):
        """De l'échelle des données aux points, en largeur."""
        debut, fin = self.bornes_x
        return self.gauche + (np.asarray(valeurs, float) - debut) * ((self.droite - self.gauche) / (fin - debut))

    def y(self, valeurs):
        """De l'échelle des données aux points, en hauteur."""
        debut, fin = self.bornes_y
        return self.bas + (np.asarray(valeurs, float) - debut) * ((self.haut - self.bas) / (fin - debut))

    def relier(self, x, y, couleur: str, largeur: float = 2.2, tirets: str = "-") -> None:
        """Une ligne brisée ; elle s'interrompt à chaque position manquante."""
        self._tracer(_points(x, y)[None], fill=False, ec=couleur, lw=largeur, ls=tirets)

    def tirer(self, x0, y0, x1, y1, couleur: str, *, largeur: float = 0.8, tirets="-") -> None:
        """Des traits séparés, de (``x0``, ``y0``) à (``x1``, ``y1``)."""
        bouts = np.stack(np.broadcast_arrays(x0, y0, x1, y1), axis=-1).reshape(-1, 2, 2)
        self._tracer(bouts[np.isfinite(bouts).all(axis=(1, 2))], fill=False, ec=couleur, lw=largeur, ls=tirets)

    def marquer(self, x, y, forme: str, taille: float, couleur: str, bord: float = 0.75) -> None:
        """Une marque (« o », « s », « D ») bordée de blanc à chaque position connue."""
        centres = _points(x, y)
        centres = centres[np.isfinite(centres).all(axis=1), None]
        marque = _marque(forme)
        self._tracer(marque.vertices * taille + centres, marque.codes, fc=couleur, ec="white", lw=bord, zorder=2)

    def remplir(self, x, bas, haut, couleur: str, opacite: float) -> None:
        """La bande entre deux lignes."""
        contour = np.concatenate([_points(x, bas), _points(x, haut)[::-1]])
        teinte = to_rgba(couleur, opacite)
        self._tracer(contour[None], fc=teinte, ec=teinte, lw=1)

    def encadrer(self, gauche, bas, droite, haut, **aspect) -> None:
        """Des rectangles."""
        coins = np.broadcast_arrays(gauche, bas, droite, bas, droite, haut, gauche, haut, gauche, bas)
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
        self._tracer(np.stack(coins, axis=-1).reshape(-1, 5, 2), codes, **aspect)

    def ecrire(self, x, y, texte: str, *, ancre: str = "center", ligne: str = "milieu", corps: float = 9.5,
               couleur: str = PALE, gras: bool = False, penche: bool = False, halo: bool = False) -> None:  # fmt: skip
        """Un texte ; ``ligne`` dit quelle hauteur du texte est à ``y``, ``halo`` éclaircit ce qu'il couvre."""
        base = float(y) + _BASES[ligne] * corps
        if halo:
            large = mesurer(texte, corps, gras)
            debut = x - _ANCRES[ancre] * large
            self._halos.append((debut - 0.8, base - 0.24 * corps - 0.8, debut + large + 0.8, base + 0.76 * corps + 0.8))
        self.figure.add_artist(
            Etiquette(round(float(x), 2), round(base, 2), texte, color=couleur, ha=ancre, transform=_SUR_PLACE,
                      fontproperties=_police(corps, gras, penche), parse_math=False, zorder=4)
        )  # fmt: skip

    def graduer_x(self, positions, textes, grille: bool = True) -> None:
        """L'axe du bas, ses graduations, et la grille qui en monte."""
        places = self.x(positions)
        if grille:
            self.tirer(places, self.bas, places, self.haut, GRILLE)
        pieds = [self.bas - 3.5] * len(places)
        self.tirer([*places, self.gauche], self.bas, [*places, self.droite], [*pieds, self.bas], CADRE)
        for place, texte in zip(places, textes, strict=True):
            self.ecrire(place, self.bas - 7, texte, ligne="haut")

    def graduer_y(self, positions, textes) -> None:
        """Les textes de gauche, et la grille qui en part."""
        places = self.y(positions)
        self.tirer(self.gauche, places, self.droite, places, GRILLE)
        for place, texte in zip(places, textes, strict=True):
            self.ecrire(self.gauche - 3.5, place, texte, ancre="right", ligne="chiffre")

    def _tracer(self, contours, codes=None, zorder: float = 1, **aspect) -> None:
        """Un seul chemin pour tous les ``contours`` (nombre, points, 2), qui suivent les mêmes ``codes``."""
        nombre, longueur, _ = contours.shape
        if not nombre:
            return
        codes = [Path.MOVETO] + [Path.LINETO] * (longueur - 1) if codes is None else codes
        chemin = Path(contours.reshape(-1, 2).round(2), np.tile(codes, nombre))
        aspect = {"joinstyle": "round", **aspect}
        self.figure.add_artist(PathPatch(chemin, transform=_SUR_PLACE, zorder=zorder, **aspect))

    def achever(self) -> Figure:
        """La figure, ses halos posés sous les textes."""
        if self._halos:
            self.encadrer(*np.transpose(self._halos), fc="white", ec="none", lw=0, alpha=0.85, zorder=3)
            self._halos.clear()
        return self.figure


def graduations(bornes: tuple[float, float], unite: str) -> tuple[np.ndarray, list[str]]:
    """Au plus six nombres ronds entre deux bornes, et ce qui s'y écrit."""
    debut, fin = bornes
    ronds = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(debut, fin)
    jeu = 1e-9 * (fin - debut)
    positions = ronds[(ronds >= debut - jeu) & (ronds <= fin + jeu)]
    return positions, [graduer(p, unite) for p in positions]


def mesurer(texte: str, corps: float, gras: bool = False) -> float:
    """La largeur d'un texte : la somme de ses caractères."""
    return corps * sum(_avance(caractere, gras) for caractere in texte)


def replier(texte: str, corps: float, largeur: float) -> list[str]:
    """Le texte en autant de lignes qu'il en faut pour tenir dans ``largeur`` ; un mot ne se coupe pas."""
    lignes = [""]
    for mot in texte.split():
        suite = f"{lignes[-1]} {mot}".strip()
        if lignes[-1] and mesurer(suite, corps) > largeur:
            lignes.append(mot)
        else:
            lignes[-1] = suite
    return lignes


@lru_cache(maxsize=1024)
def _avance(caractere: str, gras: bool) -> float:
    """La largeur d'un caractère, en part du corps ; celle d'une lettre s'il manque à la police."""
    police = get_font(findfont(_police(10, gras, False)))
    if not police.get_char_index(ord(caractere)):
        return 0.6
    police.set_size(100, 72)
    return police.load_char(ord(caractere)).linearHoriAdvance / 65536 / 100


@lru_cache(maxsize=64)
def _police(corps: float, gras: bool, penche: bool) -> FontProperties:
    aspect = {"weight": "bold" if gras else "normal", "style": "italic" if penche else "normal"}
    return FontProperties(family="sans-serif", size=corps, **aspect)


@lru_cache(maxsize=8)
def _marque(forme: str) -> Path:
    """Le contour d'une marque de matplotlib, pour une taille d'un point."""
    style = MarkerStyle(forme)
    return style.get_path().transformed(style.get_transform())


def _points(x, y) -> np.ndarray:
    return np.column_stack(np.broadcast_arrays(x, y)).astype(float)

"""La toile : ce qu'elle prend à matplotlib et à great-tables reste vrai, et elle reste bon marché."""

from __future__ import annotations

import io
import re
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import IdentityTransform
from petit_publie import ecrire_publie

import observatoire
from observatoire.presentation import tableaux
from observatoire.presentation.evolution import cadrer
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.toile import BLEU, Etiquette, Toile, _police, graduations, mesurer
from observatoire.publie import lire_publie

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"


@pytest.fixture(scope="module")
def valeurs(tmp_path_factory):
    return lire_publie(2010, ecrire_publie(tmp_path_factory.mktemp("publie"), CONTOURS))


def _svg(*artistes) -> str:
    figure, tampon = Figure(figsize=(2, 1), dpi=72), io.StringIO()
    for artiste in artistes:
        figure.add_artist(artiste)
    with style():
        FigureCanvasSVG(figure).print_svg(tampon, metadata={"Date": None})
    return tampon.getvalue()


@pytest.mark.parametrize("ancre", ["left", "center", "right"])
def test_une_etiquette_est_ecrite_comme_un_texte_de_matplotlib(ancre):
    """Elle appelle ``draw_text`` sans mise en page : l'aspect et la place doivent être ceux d'un texte ordinaire."""
    aspect = {"ha": ancre, "color": BLEU, "fontproperties": _police(9.5, True, False), "transform": IdentityTransform()}
    textes = [classe(40, 30, "12,3\u202f%", **aspect) for classe in (Etiquette, Text)]
    ecrits = [re.search(r"<text (.*?) transform.*?>(.*?)</text>", _svg(texte)).groups() for texte in textes]
    assert ecrits[0] == ecrits[1]


@pytest.mark.parametrize("gras", [False, True])
@pytest.mark.parametrize("texte", ["15\u202f444", "Palente – Orchamps", "+12,3\u202f%"])
def test_la_largeur_mesuree_est_celle_de_matplotlib(texte, gras):
    attendue, _, _ = text_to_path.get_text_width_height_descent(texte, _police(9, gras, False), False)
    assert mesurer(texte, 9, gras) == pytest.approx(attendue, rel=0.03)


def test_un_caractere_absent_de_la_police_se_mesure_sans_bruit():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mesurer("\u65e5\t", 10) > 0


def test_une_ligne_s_interrompt_a_une_position_manquante_et_une_marque_y_manque():
    toile = Toile(100, (0, 4), (0, 4), gauche=20, haut=10)
    y = toile.y([1, 2, np.nan, 3, 4])
    toile.relier(toile.x(range(5)), y, BLEU)
    toile.marquer(toile.x(range(5)), y, "s", 5, "#123456")
    with style():
        svg = rendre(toile.achever(), "titre", "description")
    ligne, marques = (re.search(rf'<path d="([^"]*)" style="{s}', svg)[1] for s in ("fill: none", "fill: #123456"))
    assert ligne.count("M") == 2
    assert marques.count("M") == 4


def test_aucun_trait_dessine_ne_franchit_une_rupture(valeurs):
    html = observatoire.evolution(valeurs, "loyer_m2").html
    series = re.findall(r'<path d="([^"]*)" style="fill: none; stroke: #0072b2; stroke-width: 2.2', html)
    assert [trace.count("M") for trace in series if trace.count("L") > 1] == [2]


@pytest.mark.parametrize("nature", ["effectif", "ecart"])
def test_des_valeurs_toutes_nulles_se_dessinent_sur_une_echelle_lisible(nature):
    bornes = cadrer({"nature": nature}, np.zeros(4))
    _, textes = graduations(bornes, "logements")
    assert bornes[0] < bornes[1]
    assert len(set(textes)) == len(textes) > 2


def test_les_graduations_sont_rondes_et_dans_les_bornes():
    positions, textes = graduations((-1.5, 38.2), "%")
    assert list(positions) == [0, 10, 20, 30]
    assert textes == [f"{n}\u202f%" for n in (0, 10, 20, 30)]


def test_une_table_courte_et_une_longue_ont_le_meme_html(monkeypatch):
    table = pd.DataFrame({"Nom": ["<b>a</b>", "b"], "Groupe": ["x", "y"], "Valeur": ["1", "2"], "Date": ["é", "&amp;"]})

    def composer() -> str:
        return tableaux.composer(table, "Titre", gauche=("Date",), groupe="Groupe").html

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        courte = composer()
    monkeypatch.setattr(tableaux, "_COURTE", 0)
    assert courte == composer()
    assert "<b>a</b>" in courte


def test_une_figure_coute_moins_que_des_axes_vides(valeurs):
    """Une édition en dessine des milliers : revenir aux axes de matplotlib la ferait durer cinq fois plus."""

    def axes_vides() -> None:
        figure = Figure()
        figure.subplots()
        FigureCanvasSVG(figure).print_svg(io.StringIO())

    def cout(dessiner) -> float:
        durees = []
        for _ in range(6):
            depart = time.process_time()
            dessiner()
            durees.append(time.process_time() - depart)
        return min(durees)

    assert cout(lambda: observatoire.evolution(valeurs, "taux_vacance")) < cout(axes_vides)

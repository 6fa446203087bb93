"""Ce qui se lit sur une figure : contraste et taille des textes sur un téléphone, classes et noms des cartes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from petit_publie import ecrire_publie
from shapely import Polygon, box

import observatoire
from observatoire.presentation.classes import RAMPE, classer
from observatoire.presentation.contraste import contraste, encre_sur
from observatoire.presentation.etiquettes import CORPS, etiqueter, raccourcir
from observatoire.presentation.repartition import _couleurs
from observatoire.publie import lire_publie

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"
LARGE = 358  # ce qu'une figure a de large sur un téléphone de 390 pixels
PART = {"unite": "%", "nature": "proportion"}
FIGURES = {
    "carte": lambda v: observatoire.carte(v, "taux_vacance"),
    "disques": lambda v: observatoire.carte(v, "nb_logements"),
    "evolution": lambda v: observatoire.evolution(v, "taux_vacance"),
    "quartiers": lambda v: observatoire.comparaison_quartiers(v, "taux_vacance"),
    "repartition": lambda v: observatoire.repartition(v, "taille"),
}


@pytest.fixture(scope="module")
def valeurs(tmp_path_factory):
    return lire_publie(2010, ecrire_publie(tmp_path_factory.mktemp("lisibles"), CONTOURS))


@pytest.mark.parametrize("nom", FIGURES)
def test_chaque_texte_a_onze_pixels_sur_un_telephone_et_se_lit_sur_ce_qu_il_couvre(valeurs, nom):
    for svg in lxml_html.fromstring(FIGURES[nom](valeurs).html).xpath(
        "//*[local-name()='svg'][.//*[local-name()='text']]"
    ):
        large = float((svg.get("viewbox") or svg.get("viewBox")).split()[2])
        for texte in svg.xpath(".//*[local-name()='text']"):
            corps, couleur = _corps(texte), _couleur(texte, "fill", "#000000")
            assert corps * LARGE / large >= 11, texte.text_content()
            assert (
                contraste(couleur, _couleur(texte, "stroke", "#ffffff") if "carte" in nom else _dessous(texte)) >= 4.5
            )


@pytest.mark.parametrize("nombre", range(1, 10))
def test_une_part_se_lit_sur_chaque_couleur_de_sa_barre(nombre):
    assert all(contraste(encre_sur(c), c) >= 4.5 for c in [*_couleurs([str(i) for i in range(nombre)]), *RAMPE])


def test_les_teintes_d_une_carte_restent_distinctes_en_gris():
    assert all(contraste(clair, fonce) > 1.3 for clair, fonce in itertools.pairwise(RAMPE))


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=40),
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6),
    st.floats(0.001, 0.2),
)
def test_la_ville_n_est_jamais_dans_une_classe_extreme_et_les_bornes_sont_rondes(quartiers, ville, demi):
    table = pd.DataFrame({"valeur": quartiers})
    classes = classer(table.assign(borne_basse=table - demi, borne_haute=table + demi), ville, PART)
    assert list(classes.bornes) == sorted(set(classes.bornes))
    assert len(classes.libelles()) == len(classes.bornes) + 1 <= len(RAMPE)
    teintes = [classes.teinte(rang) for rang in range(len(classes.bornes) + 1)]
    assert all(classes.teinte(classes.rang(v)) in RAMPE[1:4] for v in ville)
    assert teintes == [c for c in RAMPE if c in teintes]
    if len(classes.bornes) > 1:
        pas = np.diff(classes.bornes).min()
        assert np.allclose(np.array(classes.bornes) % (pas / 2) % (pas / 2 - 1e-9), 0, atol=1e-6)
        assert re.fullmatch(r"[1245]0*", f"{pas:.9f}".replace(".", "").strip("0")) is not None


def test_les_memes_classes_toutes_les_annees(valeurs):
    cartes = [observatoire.carte(lire_publie(annee, valeurs.dossier), "taux_vacance").html for annee in (2009, 2010)]
    avant, apres = (re.findall(r'fill="(#\w+)"/></svg>(.*?)(?: \(ville|</li>)', html) for html in cartes)
    assert avant == apres
    assert len(avant) > 1


def test_un_compte_est_un_disque_dont_la_surface_suit_le_nombre(valeurs):
    html = observatoire.carte(valeurs, "nb_logements").html
    rayons = [float(r) for r in re.findall(r'<circle[^>]* r="([\d.]+)" fill="#80bbdd"', html)]
    assert rayons
    assert not any(f'fill="{teinte}"/></a>' in html for teinte in RAMPE)


def test_les_noms_s_abregent_sans_se_confondre_ni_se_recouvrir():
    assert raccourcir(["Centre – Chapelle", "Centre – Gare", "Planoise – Île"]) == [
        "Centre – Chapelle", "Centre – Gare", "Planoise",
    ]  # fmt: skip
    est = Polygon([(130, 100), (220, 100), (220, 140)])
    formes = [box(0, 0, 220, 100), box(0, 100, 60, 140), box(60, 100, 130, 140), est]
    noms, points = etiqueter(["Grand quartier – du Sud", "Saint-Ferjeux – Rosemont", "Butte – Grette", "Est"], formes)
    assert noms[:3] == ["Grand quartier – du Sud", "St-Ferjeux", "Butte"]
    assert not (abs(np.diff(points[1:3], axis=0)) < [50, 2 * CORPS]).all()


def _corps(texte) -> float:
    style = texte.get("style") or ""
    trouve = re.search(r"font(?:-size)?:[^;]*?([\d.]+)px", style)
    return float(trouve[1]) if trouve else float(texte.get("font-size"))


def _couleur(noeud, nom: str, defaut: str) -> str:
    trouve = re.search(rf"\b{nom}: (#\w+)", noeud.get("style") or "")
    return trouve[1] if trouve else noeud.get(nom) or defaut


def _dessous(texte) -> str:
    """La couleur du dernier rectangle peint sous le point où commence un texte, à sa hauteur d'œil ; blanc sinon."""
    x, y = float(texte.get("x") or 0), float(texte.get("y") or 0)
    if place := re.search(r"translate\(([\d.]+) ([\d.]+)\)", texte.get("transform") or ""):
        x, y = float(place[1]), float(place[2])
    fond = "#ffffff"
    for trace in texte.xpath("preceding::*[local-name()='path'][contains(@style, 'fill: #')]"):
        for morceau in trace.get("d").split("M")[1:]:
            points = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", morceau), float)
            if (
                len(points) > 2
                and (points.min(axis=0) <= [x, y - 3]).all()
                and ([x, y - 3] <= points.max(axis=0)).all()
            ):
                opacite = re.search(r"opacity: ([\d.]+)", trace.get("style"))
                if opacite is None or float(opacite[1]) > 0.5:
                    fond = _couleur(trace, "fill", fond)
    return fond

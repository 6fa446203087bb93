"""L'image d'une page : légère, la même à chaque fois, et dont aucun texte ne sort ni ne s'interprète."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from PIL import Image
from textes_hostiles import SUR_DES_LIGNES, TEXTES

from observatoire.audit.fichiers import ouvrir
from observatoire.livre.vignettes import HAUTEUR, LARGEUR, dessiner

SITE = "Observatoire du logement public de Besançon"
LONG = "mot " * 200


def _points(octets: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(octets)) as image:
        return np.asarray(image.convert("L"), dtype=int)


def test_elle_est_legere_et_la_meme_a_chaque_fois():
    octets = dessiner(SITE, "Battant en 2010", LONG, fictif=True)
    assert octets == dessiner(SITE, "Battant en 2010", LONG, fictif=True)
    assert len(octets) < 40_000
    assert _points(octets).shape == (HAUTEUR, LARGEUR)


@pytest.mark.parametrize("texte", [LONG, "W" * 400, "\u00a0".join(["mot"] * 100), *TEXTES, *SUR_DES_LIGNES])
def test_tout_texte_tient_dans_l_image_et_l_audit_le_lit(texte):
    octets = dessiner(texte, texte, texte, fictif=True)
    points = _points(octets)
    fond = points[:, :1]
    assert (points[:, :60] == fond).all()
    assert (points[:, -60:] == fond).all()
    lu = ouvrir("page.png", octets)
    assert not lu.defauts
    assert texte in lu.texte


@pytest.mark.parametrize("texte", ["mot" * 30_000, "mot " * 30_000], ids=["un mot", "des mots"])
def test_un_texte_demesure_ne_coute_que_ce_qui_s_en_voit(texte):
    debut = time.process_time()
    dessiner(texte, texte, texte, fictif=True)
    assert time.process_time() - debut < 5


def test_des_donnees_fictives_se_voient():
    vraies, fictives = (_points(dessiner(SITE, "Battant", "", fictif=fictif)) for fictif in (False, True))
    ecart = np.flatnonzero((vraies != fictives).any(axis=1))
    assert ecart.min() > HAUTEUR - 100

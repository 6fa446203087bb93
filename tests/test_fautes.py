"""Des fautes plantées dans les dépôts fictifs sont nommées ; celles qui ne le sont pas ne changent aucun chiffre.

Le banc en plante quatre cents (``bench/fautes.py``, résultats dans ``docs/fiabilite.md``) ; ici, une de chaque genre.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from observatoire.exemple import ecrire_exemple

RACINE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(RACINE / "bench"))

from fautes import Terrain, tirer  # noqa: E402
from genres_de_fautes import GENRES  # noqa: E402

TABLES = ("immeubles", "logements", "menages", "attributions", "demandes", "signalements", "programmes")
#: Part des fautes nommées, au moins, dans une ville de 3 000 logements, dont les tables sont petites ; le dernier
#: relevé entier, à 16 000, en nomme 98 % (docs/fiabilite.md).
NOMMEES = 0.87


@pytest.fixture(scope="module")
def terrain(deux_annees, tmp_path_factory):
    brut = tmp_path_factory.mktemp("fautes") / "brut"
    config = deux_annees.avec_chemins("publique", brut=brut)
    ecrire_exemple(brut, config, 2007, 3000)
    return Terrain(config)


def test_les_depots_fictifs_n_ont_rien_a_expliquer(terrain):
    assert terrain.depots.a_expliquer.empty


def test_une_faute_de_chaque_genre_est_nommee(terrain, tmp_path):
    couples = list(enumerate(tirer(terrain, 400, 2010)))
    plantees = []
    for genre in GENRES:
        essais = (
            terrain.planter(cle, genre, np.random.default_rng(rang), tmp_path)
            for rang, (cle, g) in couples
            if g == genre
        )
        plantees.append(next(c for c in essais if c is not None))
    muettes = [(c.cle, c.genre) for c in plantees if not c.nommee]
    assert len(muettes) <= (1 - NOMMEES) * len(plantees), muettes


def test_chaque_table_a_douze_genres_de_fautes(terrain, tmp_path):
    for table in TABLES:
        cle = next(c for c in terrain.fichiers if c[2] == table and c[0] == 2010)
        faits = [genre for genre in GENRES if terrain.abimer(cle, genre, np.random.default_rng(1)) is not None]
        assert len(faits) >= 12, (table, faits)

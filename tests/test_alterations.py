"""Des fichiers abîmés au hasard sont refusés d'une phrase ou lus : aucun n'arrête la commande.

``bench/alterations.py`` fait la même chose pendant des heures.
"""

from __future__ import annotations

import random

import pytest
from alterations import FORMATS, Essais, depot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def essais(tmp_path_factory):
    return Essais(tmp_path_factory.mktemp("abimes"), ("contours",))


@given(graine=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_un_fichier_abime_est_refuse_ou_lu(essais, graine):
    assert essais.essayer(graine) in ("refusé", "accepté")


@pytest.mark.parametrize("format_", FORMATS)
def test_les_alterations_abiment_vraiment(format_):

    faits = {depot("logements", format_, random.Random(graine)) for graine in range(12)}
    assert len(faits) > 6

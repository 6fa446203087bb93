"""Un territoire et l'ensemble ne sont comparés que là où ils comptent la même chose."""

from __future__ import annotations

import pandas as pd
import petite_edition
import pytest

from observatoire.catalogue import catalogue
from observatoire.catalogue.declaration import SANS_LIEU
from observatoire.presentation import comparaisons, epreuves
from observatoire.publie import lire_publie

HORS = "hors_quartier"


@pytest.fixture(scope="module")
def config():
    return petite_edition.publier()


def test_les_quartiers_et_ce_qui_est_hors_d_eux_font_la_ville_ou_l_indicateur_le_dit(config):
    """Les comptes exacts : ce qu'un quartier ne compte pas, la ville le compterait seule."""
    exacts = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet")
    exacts = exacts[exacts["bailleur"].eq("tous") & exacts["annee"].eq(exacts["annee"].max())]
    comptes = ["numerateur", "denominateur"]
    quartiers = exacts[exacts["niveau"].eq("quartier")].groupby("indicateur")[comptes].sum()
    ville = exacts[exacts["niveau"].eq("ville")].set_index("indicateur")[comptes].fillna(0)
    differe = (ville - quartiers.reindex(ville.index, fill_value=0)).abs().gt(0.01 * ville + 1e-6).any(axis=1)
    dits = {c for c, d in catalogue().items() if set(d.tables) & set(SANS_LIEU)}
    assert set(ville.index[differe]) <= dits
    assert set(ville.index[differe]) >= {"tension", "anciennete_demande", "delai_anormalement_long"}


def test_un_quartier_n_est_pas_compare_a_la_ville_la_ou_les_deux_ne_comptent_pas_la_meme_chose(config):
    valeurs = lire_publie(2010, config.chemin("publie") / "publique")
    dite = comparaisons.comparer_ville(valeurs, "tension", "planoise-chateaufarine")
    assert dite.signe == "impossible"
    assert "sans quartier souhaité" in dite.texte
    page = epreuves.eprouver_la_page(valeurs, "planoise-chateaufarine", "tous")
    assert ("tension", epreuves.TOUT) not in page.ajustees
    assert ("tension", epreuves.ZERO) in page.ajustees

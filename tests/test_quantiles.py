"""Ce qui n'est pas un rapport de sommes : une médiane, un indice s'encadrent, se tirent des classes, se protègent."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from fabrique import configuration, ecrire_prepare, tables
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import quantile_test

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.epreuves import eprouver
from observatoire.indicateurs import calculer
from observatoire.indicateurs.evaluation import remonter
from observatoire.indicateurs.sommes import additionner, lire_regles, sommer_selon
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.rangement import lire_preparee
from observatoire.secret import Contributeurs, lire_regles_du_secret
from observatoire.secret.parution import parc_par_cellule
from observatoire.secret.valeurs import proteger_les_valeurs
from observatoire.statistique.inegalites import gini_de_classes, reechantillonner
from observatoire.statistique.quantiles import quantile_de_classes
from observatoire.tables.indicateurs import COMPTES, INDICATEURS, LIEUX
from observatoire.vocabulaire import DE_DISTRIBUTION, MOYENNE

CODES = {
    "surface_par_occupant": np.median,
    "inegalite_des_surfaces": lambda v: np.abs(np.subtract.outer(v, v)).mean() / (2 * np.mean(v)),
}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=300), st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_le_quantile_et_son_intervalle_sont_ceux_de_numpy_et_de_scipy(valeurs, ordre):
    notre = quantile_de_classes(np.bincount(valeurs, minlength=41), 1, ordre)
    bornes = quantile_test(valeurs, p=ordre).confidence_interval(0.95)
    mediane = np.quantile(valeurs, ordre, method="averaged_inverted_cdf")
    np.testing.assert_allclose(notre, (mediane, bornes.low, bornes.high))


def test_l_intervalle_couvre_au_moins_ce_qu_il_dit():
    tires = np.random.default_rng(4).exponential(20, (4_000, 25)).round()
    effectifs = np.stack([np.bincount(t.astype(int), minlength=400) for t in tires])
    _, bas, haut = quantile_de_classes(effectifs, 1)
    vraie = 20 * np.log(2)
    assert ((bas <= vraie + 0.5) & (vraie - 0.5 <= haut)).mean() >= 0.95


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200).filter(any))
def test_l_indice_de_gini_est_celui_des_ecarts_deux_a_deux(valeurs):
    deux_a_deux = np.abs(np.subtract.outer(valeurs, valeurs)).mean() / (2 * np.mean(valeurs))
    np.testing.assert_allclose(gini_de_classes(np.bincount(valeurs, minlength=41)), deux_a_deux, atol=1e-12)


def test_sans_personne_il_n_y_a_pas_d_indice_et_pour_une_seule_unite_pas_de_bornes():
    effectifs = np.array([[0, 0, 0], [0, 1, 0], [5, 0, 0]])
    np.testing.assert_array_equal(gini_de_classes(effectifs), [np.nan, 0, 0])
    for borne in reechantillonner(effectifs, gini_de_classes):
        np.testing.assert_array_equal(borne, [np.nan, np.nan, 0])


def test_l_intervalle_rechantillonne_est_celui_du_bootstrap_et_couvre_presque_ce_qu_il_dit():
    """Face au bootstrap ordinaire, unité par unité ; « presque » : neuf fois sur dix à quarante unités."""
    alea = np.random.default_rng(8)
    parc = np.bincount(alea.gamma(4, 8, 200_000).astype(int).clip(0, 120), minlength=121)
    vrai = gini_de_classes(parc)
    for unites, attendu in ((40, 0.88), (400, 0.93)):
        echantillons = alea.multinomial(unites, parc / parc.sum(), size=500)
        bas, haut = reechantillonner(echantillons, gini_de_classes)
        assert ((bas <= vrai) & (vrai <= haut)).mean() >= attendu
        ordinaire = gini_de_classes(alea.multinomial(unites, echantillons[0] / unites, size=2_000)).std()
        assert (haut[0] - bas[0]) / 2 / 1.96 == pytest.approx(ordinaire, rel=0.12)
    a_l_envers = reechantillonner(echantillons[::-1], gini_de_classes)
    assert (np.stack(a_l_envers)[:, ::-1] == np.stack([bas, haut])).all()


def _menages(surfaces, quartier: str, debut: int = 0) -> list[dict]:
    return [
        {"id_logement": f"{quartier}{debut + n}", "quartier": quartier, "surface_m2": s, "nb_occupants": 1}
        for n, s in enumerate(surfaces)
    ]


@pytest.mark.parametrize("code", CODES)
def test_de_deux_lots_il_se_tire_de_tous_par_leurs_classes(code, tmp_path):
    """Elles s'ajoutent ; ni la somme, ni la moyenne de deux médianes n'est une médiane."""
    surfaces = np.random.default_rng(5).integers(8, 90, 101)
    baremes = lire_baremes(configuration(tmp_path).chemin("referentiels"))
    lots = [tables({"menages": _menages(part, "battant")}) for part in (surfaces[:30], surfaces[30:])]
    declaration = catalogue()[code]
    regles = lire_regles([declaration], lots[0], 2010, baremes)
    sommes = [sommer_selon(regles, lot, baremes, ["quartier"]) for lot in lots]
    totaux = remonter(additionner(sommes, ["quartier"]), ["quartier"])
    valeur, _, _ = declaration.distribution.mesurer(totaux.classes(declaration))
    assert valeur.item() == pytest.approx(CODES[code](surfaces), rel=0.01)
    assert totaux.role(code, "numerateur") is None


def test_publie_il_est_arrondi_a_son_incertitude_et_ne_porte_aucune_somme(tmp_path):
    config = configuration(tmp_path)
    surfaces = np.random.default_rng(6).integers(15, 75, 60)
    menages = _menages(surfaces, "battant") + _menages(range(20, 30), "velotte")
    logements = [{c: m[c] for c in ("id_logement", "quartier")} | {"occupation": "loue"} for m in menages]
    ecrire_prepare(
        config,
        {2010: {"menages": menages, "logements": logements}},
        [(2010, "gbh", t) for t in ("menages", "logements")],
    )
    calculer(config)
    prepare = config.chemin("prepare")
    exacts, comptes, lieux = (lire_preparee(t, prepare) for t in (INDICATEURS, COMPTES, LIEUX))
    baremes = lire_baremes(config.chemin("referentiels"))
    regles = lire_regles_du_secret(config.chemin("referentiels"), baremes, "publique", 2010)
    regles = type(regles)(**{**vars(regles), "accords": frozenset({"gbh"})})
    ouverture = etablir_l_ouverture(config, baremes, regles)
    protegees = proteger_les_valeurs(exacts, comptes, Contributeurs(parc_par_cellule(lieux)), ouverture, regles).table
    for code, mesure in CODES.items():
        deux = [t[t["indicateur"].eq(code) & t["bailleur"].eq("tous")] for t in (exacts, protegees)]
        exacte, publiee = (t.set_index("territoire").loc["battant"] for t in deux)
        assert exacte["valeur"] == pytest.approx(mesure(surfaces), rel=0.01)
        assert deux[1].set_index("territoire").loc["velotte", "statut"] == "c"  # dix ménages
        assert pd.isna(publiee["numerateur"])
        erreur = (exacte["borne_haute"] - exacte["borne_basse"]) / 2 / 1.96
        assert 0 < abs(publiee["valeur"] - exacte["valeur"]) <= erreur / 2
        assert publiee["borne_basse"] <= exacte["borne_basse"] < exacte["borne_haute"] <= publiee["borne_haute"]
        pas = next(p for p in (5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01) if p <= erreur)
        fois = publiee[["valeur", "borne_basse", "borne_haute"]].astype(float) / pas
        np.testing.assert_allclose(fois, fois.round(), atol=1e-6)


def test_il_ne_se_compare_pas_a_son_tout_mais_a_une_autre_date():
    natures = np.array([*DE_DISTRIBUTION, MOYENNE])
    siens, leurs = (
        np.array([[np.nan] * 3, [60] * 3, [v] * 3, [v - marge] * 3, [v + marge] * 3]) for v, marge in ((30, 3), (40, 1))
    )
    tout, date = (eprouver(natures, np.zeros(3), siens, leurs, contenue) for contenue in (True, False))
    assert np.isnan(tout.probabilite).tolist() == [True, True, False]
    assert (date.probabilite < 0.05).all()


def test_la_fiche_de_chaque_distribution_dit_a_combien_pres_elle_est_prise():
    de_distribution = [d for d in catalogue().values() if d.nature in DE_DISTRIBUTION]
    assert len(de_distribution) >= 2
    for declaration in de_distribution:
        assert re.search(r"\bPrise? au .* près", declaration.fiche), declaration.code

"""Un indicateur qui n'est pas un rapport de sommes : une médiane s'encadre, se remonte par ses classes, se protège."""

from __future__ import annotations

import numpy as np
import pandas as pd
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
from observatoire.secret import lire_regles_du_secret, parc_par_cellule
from observatoire.secret.valeurs import proteger_les_valeurs
from observatoire.statistique.quantiles import quantile_de_classes
from observatoire.tables.indicateurs import COMPTES, INDICATEURS, LIEUX
from observatoire.vocabulaire import MOYENNE, QUANTILE

CODE = "surface_par_occupant"


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


def _menages(surfaces, quartier: str, debut: int = 0) -> list[dict]:
    return [
        {"id_logement": f"{quartier}{debut + n}", "quartier": quartier, "surface_m2": s, "nb_occupants": 1}
        for n, s in enumerate(surfaces)
    ]


def test_la_mediane_de_deux_lots_est_celle_de_tous(tmp_path):
    """Elle se tire des classes, qui s'ajoutent ; ni la somme, ni la moyenne de deux médianes n'est une médiane."""
    surfaces = np.random.default_rng(5).integers(8, 90, 101)
    baremes = lire_baremes(configuration(tmp_path).chemin("referentiels"))
    lots = [tables({"menages": _menages(part, "battant")}) for part in (surfaces[:30], surfaces[30:])]
    regles = lire_regles([catalogue()[CODE]], lots[0], 2010, baremes)
    sommes = [sommer_selon(regles, lot, baremes, ["quartier"]) for lot in lots]
    totaux = remonter(additionner(sommes, ["quartier"]), ["quartier"])
    valeur, _, _ = quantile_de_classes(totaux.classes(catalogue()[CODE]), 1)
    assert valeur.item() == np.median(surfaces)
    assert totaux.role(CODE, "numerateur") is None


def test_une_mediane_publiee_est_arrondie_a_son_incertitude_et_ne_porte_aucune_somme(tmp_path):
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
    publiees = proteger_les_valeurs(exacts, comptes, parc_par_cellule(lieux), ouverture, regles).table
    deux = [t[t["indicateur"].eq(CODE) & t["bailleur"].eq("tous")].set_index("territoire") for t in (exacts, publiees)]
    exacte, publiee = (t.loc["battant"] for t in deux)
    assert exacte["valeur"] == np.median(surfaces)
    assert deux[1].loc["velotte", "statut"] == "c"  # dix ménages
    assert pd.isna(publiee["numerateur"])
    erreur = (exacte["borne_haute"] - exacte["borne_basse"]) / 2 / 1.96
    assert abs(publiee["valeur"] - exacte["valeur"]) <= erreur / 2
    assert publiee["borne_basse"] <= exacte["borne_basse"] < exacte["borne_haute"] <= publiee["borne_haute"]
    pas = next(p for p in (5.0, 2.0, 1.0, 0.5, 0.2) if p <= erreur)
    assert publiee[["valeur", "borne_basse", "borne_haute"]].astype(float).mod(pas).round(6).isin([0, pas]).all()


def test_un_quantile_ne_se_compare_pas_a_son_tout_mais_a_une_autre_date():
    natures = np.array([QUANTILE, MOYENNE])
    siens, leurs = (
        np.array([[np.nan] * 2, [60] * 2, [v] * 2, [v - marge] * 2, [v + marge] * 2]) for v, marge in ((30, 3), (40, 1))
    )
    tout, date = (eprouver(natures, np.zeros(2), siens, leurs, contenue) for contenue in (True, False))
    assert np.isnan(tout.probabilite).tolist() == [True, False]
    assert (date.probabilite < 0.05).all()

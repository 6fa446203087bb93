"""Deux bailleurs fusionnent : leurs logements, leurs ménages et leur périmètre se suivent, d'une maison à l'autre."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabrique import calculer_tout, configuration, ecrire_prepare
from test_variations import _ligne, _lire_les_exacts, _logements, _menages, _publier

from observatoire.audit.attaque import Attaque
from observatoire.audit.dossier import Dossier
from observatoire.cles import FICTIVE, attribuer
from observatoire.indicateurs.perimetre import Presences
from observatoire.publication import proteger
from observatoire.sujets.revue.calcul.parcours import compter_les_flux

BAILLEURS = [{"code": code, "nom": code} for code in ("gbh", "neolia", "habitat25")]


def _absorbes(menages: list[dict]) -> list[dict]:
    """Les mêmes ménages, dans les mêmes logements, un an après la fusion."""
    return [m | {"bailleur": "gbh"} for m in menages]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """2009 : 120 ménages de gbh, 24 en impayé, et 80 de Néolia, 40 en impayé. 2010 : gbh a absorbé Néolia.

    De gbh, 110 restent, 12 à 35 en impayé ; de Néolia, 70 restent, 20 à 49 en impayé ; dix arrivent chez chacun.
    Habitat 25 arrive, avec 50 ménages tous en impayé.
    """
    config = configuration(tmp_path_factory.mktemp("fusions"), edition={"annees": [2009, 2010]}, bailleurs=BAILLEURS)
    avant = _menages("gbh", 0, 120, set(range(24))) + _menages("neolia", 0, 80, set(range(40)))
    restes = _menages("gbh", 0, 110, set(range(12, 36))) + _absorbes(_menages("neolia", 0, 70, set(range(20, 50))))
    arrives = _menages("gbh", 110, 10, (), 2010) + _absorbes(_menages("neolia", 70, 10, (), 2010))
    apres = restes + arrives + _menages("habitat25", 0, 50, set(range(50)))
    gardes = {m["id_logement"] for m in restes}
    devenirs = [m | {"devenir": "reste" if m["id_logement"] in gardes else "parti"} for m in avant]
    annees = {
        2009: {"menages": avant, "logements": _logements(avant)},
        2010: {"menages": apres, "logements": _logements(apres), "devenirs": devenirs},
    }
    deposants = {2009: ("gbh", "neolia"), 2010: ("gbh", "habitat25")}
    depots = [(a, b, t) for a, siens in deposants.items() for b in siens for t in ("menages", "logements")]
    ecrire_prepare(config, annees, depots)
    for fichier in (config.chemin("prepare") / "tables").rglob("menages.parquet"):
        attribuer("menages", pd.read_parquet(fichier), FICTIVE).to_parquet(fichier)
    dossier = config.chemin("suivi") / "renumerotations"
    dossier.mkdir(parents=True)
    (dossier / "gbh.csv").write_text(
        "annee;table;ancien;nouveau;ancien_bailleur\n2010;logements;0;1000;neolia\n", encoding="utf-8"
    )
    calculer_tout(config)
    return config


@pytest.fixture(scope="module")
def exacts(config):
    return _lire_les_exacts(config)


def test_le_parc_repris_n_est_connu_qu_une_fois_et_le_bailleur_absorbe_n_y_manque_pas(exacts):
    couverture = exacts["couverture"].set_index(["annee", "bailleur", "indicateur"])
    absorbe = couverture.loc[2010, "neolia", "impayes_3_mois"]
    assert absorbe[["statut", "repris_par", "logements_connus"]].tolist() == ["sans_parc", "gbh", 0]
    assert couverture.loc[2010, "gbh", "impayes_3_mois"]["logements_connus"] == 200
    assert _ligne(exacts["indicateurs"], annee=2010)["couverture"] == 1
    assert _ligne(exacts["indicateurs"], annee=2009)["couverture"] == pytest.approx(200 / 250)


@pytest.mark.parametrize(
    ("lieu", "attendu"),
    [
        ({}, [180, 32, 22, 32]),
        ({"niveau": "quartier", "territoire": "battant"}, [180, 32, 22, 32]),
        ({"niveau": "immeuble", "territoire": "neolia:1"}, [70, 20, 10, 20]),
        ({"bailleur": "gbh"}, [110, 12, 12, 12]),  # ce qui est à lui aux deux dates
        ({"bailleur": "neolia gbh"}, [70, 20, 10, 20]),  # ce qu'il a repris, pour l'attaque seulement
    ],
)  # fmt: skip
def test_les_menages_qui_changent_de_bailleur_sont_restes(exacts, lieu, attendu):
    ligne = _ligne(exacts["passages"], depart=2009, annee=2010, **lieu)
    assert ligne[["restes", "gardes", "gagnes", "perdus"]].tolist() == attendu


def test_le_perimetre_constant_garde_les_deux_et_ote_qui_arrive(config, exacts):
    bouts = [_ligne(exacts["constants"], depart=2009, arrivee=2010, annee=a) for a in (2009, 2010)]
    assert [(b["numerateur"], b["denominateur"]) for b in bouts] == [(64, 200), (54, 200)]
    variations, constants, _ = _publier(config, exacts, accords=frozenset({"gbh", "neolia", "habitat25"}))
    assert set(constants["absents"]) == {"habitat25"}
    publiee = _ligne(variations)
    assert publiee["absents"] == "habitat25"
    comptes = publiee[["denominateur_depart", "denominateur", "restes", "perdus"]].astype(float)
    assert comptes.tolist() == pytest.approx([200, 200, 180, 32], abs=5)  # le bruit
    assert not variations["bailleur"].str.contains(" ").any()


def test_la_revue_ne_compte_en_couverture_que_qui_arrive(config):
    flux = compter_les_flux(config).query("indicateur == 'impayes_3_mois'")
    comptes = flux.groupby("composante")[["n0", "x0", "n1", "x1"]].sum()
    assert comptes.loc["restes"].tolist() == [180, 64, 180, 54]
    assert comptes.loc["sortants"].tolist() == [20, 0, 0, 0]
    assert comptes.loc["entrants"].tolist() == [0, 0, 20, 0]
    assert comptes.loc["couverture"].tolist() == [0, 0, 50, 50]
    assert set(comptes.index) == {"restes", "sortants", "entrants", "couverture"}


def test_l_attaque_de_qui_a_tout_repris_n_etablit_rien(config):
    proteger(config, "publique")
    attaque = Attaque(Dossier(config, "publique"))
    siens = attaque._est_a("gbh", pd.Series(["gbh", "neolia", "neolia gbh", "habitat25", "tous"]))
    assert siens.tolist() == [True, True, True, False, False]  # du bailleur absorbé, il sait tout
    assert attaque.attaquer("gbh").etablis == []


def test_une_lignee_est_la_si_ceux_qui_existent_encore_livrent():
    """« C » naît de A et B ; D cède une part de son parc à E, et tous deux demeurent."""
    lignes = [
        *((2009, b, "livre", "") for b in "ABDE"), (2009, "C", "sans_parc", ""),
        *((2010, b, "sans_parc", "C") for b in "AB"), (2010, "C", "livre", ""),
        (2010, "D", "non_depose", "E"), (2010, "E", "livre", ""),
    ]  # fmt: skip
    table = pd.DataFrame(lignes, columns=["annee", "bailleur", "statut", "repris_par"]).assign(indicateur="apl")
    presences = Presences(table)
    assert [sorted(x) for x in presences.lignees(2010)] == [["A", "B", "C"], ["D", "E"]]
    deux, changes = presences.aux_deux((2009, 2010))
    assert deux["apl"].to_dict() == {"A": True, "B": True, "C": True, "D": False, "E": False}
    assert changes == ["apl"]
    sans_d = table[~table["bailleur"].isin(["D", "E"])]
    assert Presences(sans_d).aux_deux((2009, 2010))[1] == []
    assert np.array_equal(presences.aux_deux((2009, 2009))[0]["apl"], [True, True, False, True, True])

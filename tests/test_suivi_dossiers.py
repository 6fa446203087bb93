"""Le registre des alertes : ouvrir, persister, résoudre, rouvrir, et garder son identité."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from atelier_suivi import LETTRES, PREMIERE, actions, alertes, du_quartier, identifiant
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire.sujets.alertes.calcul.dossiers import CLES, COLONNES, dresser, jalonner

T1 = "2011-T1"


def registre(table: pd.DataFrame, *gestes, trimestre: str = T1, quartiers=None) -> pd.DataFrame:
    return dresser(table, actions(*gestes), trimestre, quartiers).set_index("territoire")


@pytest.mark.parametrize(
    ("serie", "etat", "ouverture", "resolution", "ouvertures"),
    [
        ("CCCA", "nouvelle", "2011-T1", "", 1),
        ("CCAA", "persistante", "2010-T1", "", 1),
        ("K", "persistante", "2008-T1", "", 1),
        ("CCAC", "resolue", "2010-T1", "2011-T1", 1),
        ("ACCC", "resolue", "2008-T1", "2009-T1", 1),
        ("ACCA", "rouverte", "2008-T1", "", 2),
        ("ACAA", "persistante", "2008-T1", "", 2),
        ("ACAC", "resolue", "2008-T1", "2011-T1", 2),
        ("AVVV", "persistante", "2008-T1", "", 1),  # en veille : ni résolue, ni oubliée
        ("A???", "persistante", "2008-T1", "", 1),  # on ne résout pas ce que l'on ne sait pas
        ("A...", "persistante", "2008-T1", "", 1),
        ("A?.C", "resolue", "2008-T1", "2011-T1", 1),
        ("ACVV", "resolue", "2008-T1", "2009-T1", 1),  # la vigilance ne rouvre pas
    ],
)
def test_ce_que_devient_une_alerte(serie, etat, ouverture, resolution, ouvertures):
    dossier = registre(du_quartier(planoise=serie, temoin="CCCC")).loc["planoise"]
    assert (dossier["etat"], dossier["ouverture"], dossier["resolution"]) == (etat, ouverture, resolution)
    assert dossier["ouvertures"] == ouvertures


@pytest.mark.parametrize("serie", ["CCCC", "VVVV", "????", "CVC?"])
def test_sans_alerte_pas_de_dossier(serie):
    vide = registre(du_quartier(planoise=serie)).reset_index()
    assert vide.empty
    assert list(vide[COLONNES]) == COLONNES


def test_le_verdict_est_celui_de_la_derniere_annee_vue():
    dossiers = registre(du_quartier(planoise="AKKV", battant="AA", bregille="AAA?"))
    assert dossiers["verdict"].to_dict() == {
        "planoise": "vigilance", "battant": "non_evaluable", "bregille": "non_evaluable",
    }  # fmt: skip
    assert dossiers["annees"].to_dict() == {"planoise": 3, "battant": 2, "bregille": 3}


def test_une_alerte_se_voit_au_premier_trimestre_de_l_annee_suivante():
    table = du_quartier(planoise="CCAC")
    assert registre(table, trimestre="2009-T4").empty
    assert registre(table, trimestre="2010-T1").loc["planoise", "etat"] == "nouvelle"
    assert registre(table, trimestre="2010-T2").loc["planoise", "etat"] == "persistante"
    assert registre(table, trimestre="2010-T4").loc["planoise", "etat"] == "persistante"
    assert registre(table, trimestre="2011-T1").loc["planoise", "etat"] == "resolue"


def test_les_trimestres_sans_pilote_se_comptent_depuis_la_derniere_ouverture():
    table = du_quartier(
        neuve="CCCA", ancienne="CCAA", rouverte="AACA", resolue="AAAC", pilotee="AAAA", dechargee="AAAA"
    )
    gestes = [
        ("rouverte", "2008-02-01", "gbh", "designer_pilote"),  # d'avant la résolution : à désigner de nouveau
        ("pilotee", "2008-02-01", "gbh", "designer_pilote"),
        ("pilotee", "2009-02-01", "", "examiner"),
        ("pilotee", "2010-02-01", "ville", "engager"),
        ("dechargee", "2008-02-01", "gbh", "designer_pilote"),
        ("dechargee", "2010-07-01", "", "decharger_pilote"),
    ]
    dossiers = registre(table, *gestes)
    assert dossiers["pilote"].to_dict() == {
        "neuve": "", "ancienne": "", "rouverte": "", "resolue": "", "pilotee": "ville", "dechargee": "",
    }  # fmt: skip
    assert dossiers["trimestres_sans_pilote"].to_dict() == {
        "neuve": 1, "ancienne": 5, "rouverte": 1, "resolue": 0, "pilotee": 0, "dechargee": 3,
    }  # fmt: skip
    assert registre(table, *gestes, trimestre="2011-T2").loc["neuve", "trimestres_sans_pilote"] == 2


def test_un_dossier_resolu_garde_son_pilote_et_une_action_a_venir_ne_compte_pas():
    table = du_quartier(planoise="CCAC", battant="CCCA")
    gestes = [("planoise", "2010-05-01", "gbh", "engager"), ("battant", "2011-04-01", "gbh", "designer_pilote")]
    dossiers = registre(table, *gestes)
    assert dossiers["pilote"].to_dict() == {"planoise": "gbh", "battant": ""}


def test_ce_qui_attend_depuis_longtemps_est_montre_le_premier():
    table = du_quartier(
        a_resolue="AAAC", b_pilotee="KKKK", c_neuve="CCCA", d_longtemps="AAAA", e_moins_longtemps="CCAA", f_grave="CCCK"
    )
    dossiers = registre(table, ("b_pilotee", "2008-02-01", "gbh", "designer_pilote"))
    assert list(dossiers.index) == ["d_longtemps", "e_moins_longtemps", "b_pilotee", "f_grave", "c_neuve", "a_resolue"]


def test_le_quartier_est_le_dernier_connu():
    table = alertes(
        {("immeuble", "gbh:1", "apl"): "AA", ("secteur", "s1", "apl"): "AA", ("quartier", "planoise", "apl"): "A"}
    )
    lieux = pd.DataFrame(
        [(2007, "immeuble", "gbh:1", "battant"), (2008, "immeuble", "gbh:1", "planoise")],
        columns=["annee", "niveau", "territoire", "quartier"],
    )
    dossiers = registre(table, quartiers=lieux)
    assert dossiers["quartier"].to_dict() == {"gbh:1": "planoise", "s1": "", "planoise": "planoise"}


# Identité ---------------------------------------------------------------------------------------------------

NIVEAUX = ["quartier", "secteur", "immeuble"]
TERRITOIRES = ["planoise", "battant", "bregille"]
mondes = st.dictionaries(
    st.tuples(st.sampled_from(NIVEAUX), st.sampled_from(TERRITOIRES), st.sampled_from("xyz")),
    st.text(alphabet=[*LETTRES, "."], min_size=6, max_size=6),
    max_size=12,
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(monde=mondes, derniere=st.integers(PREMIERE, PREMIERE + 4), melange=st.randoms(use_true_random=False))
def test_une_annee_de_plus_ne_change_rien_au_passe(monde, derniere, melange):
    """Ce que l'on savait jusqu'à N est le début de ce que l'on sait jusqu'à N+1, quel que soit l'ordre des lignes."""
    table = alertes(monde)
    table = table.iloc[melange.sample(range(len(table)), len(table))]
    avant, apres = (jalonner(table[table["annee"] <= n]) for n in (derniere, derniere + 1))
    pd.testing.assert_frame_equal(apres.head(len(avant)), avant)
    connus, tous = (
        dresser(table[table["annee"] <= n], actions(), "2030-T1").set_index("dossier") for n in (derniere, derniere + 1)
    )
    assert set(connus.index) <= set(tous.index)
    gardees = [*CLES, "ouverture"]
    pd.testing.assert_frame_equal(tous.loc[connus.index, gardees], connus[gardees])
    assert (tous.loc[connus.index, "ouvertures"] >= connus["ouvertures"]).all()


@settings(max_examples=15, deadline=None)
@given(monde=mondes, rang=st.integers(4 * PREMIERE, 4 * (PREMIERE + 7)))
def test_un_registre_ne_sait_rien_de_l_avenir(monde, rang):
    """Dressé à un trimestre, il est le même avec ou sans les années qui ne sont pas encore vues."""
    table, trimestre = alertes(monde), f"{rang // 4}-T{rang % 4 + 1}"
    vues = table[4 * (table["annee"] + 1) <= rang]
    pd.testing.assert_frame_equal(dresser(table, actions(), trimestre), dresser(vues, actions(), trimestre))


@settings(max_examples=15, deadline=None)
@given(monde=mondes)
def test_les_jalons_alternent(monde):
    """Ouverture d'abord, puis résolution et réouverture tour à tour ; un identifiant par clé."""
    jalons = jalonner(alertes(monde))
    for _, faits in jalons.groupby("dossier")["fait"]:
        attendu = ["ouverture", *["resolution", "reouverture"] * len(faits)][: len(faits)]
        assert faits.tolist() == attendu
    assert len(jalons[["dossier", *CLES]].drop_duplicates()) == jalons["dossier"].nunique()


def test_l_identifiant_ne_depend_que_de_la_cle_et_pas_du_processus():
    ici = identifiant("immeuble", "neolia:I-12", "impayes_3_mois")
    code = "from atelier_suivi import identifiant; print(identifiant('immeuble', 'neolia:I-12', 'impayes_3_mois'))"
    ailleurs = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert ici == ailleurs
    assert len(ici) == 12
    assert set(ici) <= set("bcdfghjklmnpqrstvwxz")
    assert identifiant("immeuble", "gbh:1 2") != identifiant("immeuble", "gbh:12")
    assert identifiant("secteur", "planoise") != identifiant("quartier", "planoise")


def test_cent_mille_dossiers_ont_cent_mille_identifiants():
    jalons = jalonner(alertes({("immeuble", f"gbh:{n}", "apl"): "A" for n in range(100_000)}))
    assert jalons["dossier"].nunique() == 100_000


def test_un_grand_parc_se_dresse_vite():
    """Deux millions de verdicts, dont un vingtième en alerte : quelques secondes."""
    nombre, indicateurs = 60_000, [f"i{n}" for n in range(8)]
    hasard = np.random.default_rng(7)
    cles = pd.MultiIndex.from_product([range(2007, 2011), range(nombre), indicateurs])
    table = pd.DataFrame({"annee": cles.get_level_values(0), "niveau": "immeuble"})
    table["territoire"] = pd.Series(cles.get_level_values(1)).astype("str")
    table["indicateur"] = cles.get_level_values(2)
    table["verdict"] = hasard.choice(["conforme", "vigilance", "alerte"], len(table), p=[0.9, 0.05, 0.05])
    depart = time.perf_counter()
    dossiers = dresser(table, actions(), T1)
    assert len(dossiers) > 50_000
    assert time.perf_counter() - depart < 30

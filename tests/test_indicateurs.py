"""Des tables préparées à ``indicateurs.parquet`` : niveaux, croisements, statuts, couverture."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from fabrique import VILLE, configuration, ecrire_prepare, parc_connu

from observatoire import indicateurs
from observatoire.catalogue import catalogue, declaration
from observatoire.configuration import TABLES
from observatoire.erreurs import ErreurObservatoire

COLONNES = [
    "annee", "niveau", "territoire", "bailleur", "indicateur", "numerateur", "denominateur", "valeur", "borne_basse",
    "borne_haute", "couverture", "reponse", "statut",
]  # fmt: skip
BATTANT = {"immeuble": "gbh:1", "secteur": "battant-1", "quartier": "battant", "qpv": "en_qpv"}
BREGILLE = {"immeuble": "neolia:1", "quartier": "bregille", "qpv": "hors_qpv", "bailleur": "neolia"}
FOYER = {"immeuble": "adoma:1", "quartier": "battant", "qpv": "en_qpv", "bailleur": "adoma", "champ_rpls": False}


def _logements(lieu, loues, vacants):
    return [
        {**lieu, "occupation": occupation, "id_logement": f"{lieu['immeuble']}:{occupation}{rang}"}
        for occupation, nombre in (("loue", loues), ("vacant", vacants))
        for rang in range(nombre)
    ]


#: gbh : 8 loués, 2 vacants à Battant ; Néolia : 5 loués à Bregille ; ADOMA : 4 chambres à Battant, hors RPLS.
PARC = [*_logements(BATTANT, 8, 2), *_logements(BREGILLE, 5, 0), *_logements(FOYER, 3, 1)]
ANNEE = {
    "logements": PARC,
    "menages": [
        {**BATTANT, "tranche_plafond": "0-20"},
        {**BATTANT, "tranche_plafond": "60-100"},
        {**BATTANT},
        {**BREGILLE, "tranche_plafond": "0-20"},
    ],
    "attributions": [{**BATTANT, "qpv": "hors_qpv", "quartile_ressources": "1", "id_logement": "gbh:1:loue0"}],
    "signalements": [{**BATTANT, "nature": "voisinage"}, {**BATTANT, "nature": "technique"}],
    "demandes": [{"quartier": "battant"}, {"quartier": "velotte"}, {}],
    "programmes": [
        {"bailleur": "gbh", "quartier": "battant", "commune": VILLE, "nb_logements": 12},
        {"bailleur": "gbh", "commune": "25462", "nb_logements": 4},
    ],
}
#: Tout le monde dépose tout, sauf Néolia, qui n'a pas déposé ses signalements.
DEPOTS = [
    *((2010, bailleur, t) for bailleur in ("gbh", "neolia", "adoma") for t in TABLES if t != "demandes"),
    (2010, "sne", "demandes"),
]
DEPOTS.remove((2010, "neolia", "signalements"))


@pytest.fixture(scope="module")
def resultat(tmp_path_factory):
    config = configuration(tmp_path_factory.mktemp("indicateurs"))
    ecrire_prepare(config, {2010: ANNEE}, DEPOTS)
    return config, indicateurs.calculer(config)


@pytest.fixture(scope="module")
def valeur(resultat):
    table = resultat[1].set_index(["niveau", "territoire", "bailleur", "indicateur"])

    def lire(indicateur, niveau="ville", territoire=VILLE, bailleur="tous"):
        return table.loc[(niveau, territoire, bailleur, indicateur)]

    return lire


def _calculer(dossier, annees, depots, **rubriques):
    config = configuration(dossier, **rubriques)
    ecrire_prepare(config, annees, depots)
    tableau = indicateurs.calculer(config)
    return config, tableau.set_index(["annee", "niveau", "territoire", "bailleur", "indicateur"]).sort_index()


def test_interface_ecrite(resultat):
    config, tableau = resultat
    ecrit = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet")
    assert list(ecrit.columns) == COLONNES
    pd.testing.assert_frame_equal(ecrit, tableau, check_dtype=False)
    assert not ecrit.duplicated(["annee", "niveau", "territoire", "bailleur", "indicateur"]).any()
    assert set(ecrit["statut"]) <= {"calcule", "nd", "na"}


def test_niveaux_et_croisements(resultat):
    vus = {n: set(zip(t["territoire"], t["bailleur"], strict=True)) for n, t in resultat[1].groupby("niveau")}
    assert vus["immeuble"] == {("gbh:1", "tous"), ("neolia:1", "tous"), ("adoma:1", "tous")}
    assert vus["secteur"] == {("battant-1", "tous"), ("battant-1", "gbh")}
    assert vus["qpv"] == {("en_qpv", "tous"), ("hors_qpv", "tous")}
    assert vus["ville"] == {(VILLE, b) for b in ("tous", "gbh", "neolia", "adoma")}
    assert vus["quartier"] == {
        ("battant", "tous"), ("battant", "gbh"), ("battant", "adoma"),
        ("bregille", "tous"), ("bregille", "neolia"), ("velotte", "tous"),
    }  # fmt: skip


def test_la_ville_est_le_rapport_des_sommes(valeur):
    vacance = valeur("taux_vacance")
    assert (vacance["numerateur"], vacance["denominateur"]) == (2, 15)
    assert vacance["valeur"] == pytest.approx(2 / 15)
    assert vacance["borne_basse"] < 2 / 15 < vacance["borne_haute"]


def test_un_bailleur_hors_rpls_est_sans_objet_et_ne_pese_pas(valeur):
    assert valeur("nb_logements")["valeur"] == 15
    assert valeur("nb_logements")["couverture"] == 1
    assert valeur("nb_logements", bailleur="adoma")["statut"] == "na"
    assert valeur("taux_vacance", "quartier", "battant", "adoma")["statut"] == "na"


def test_le_taux_de_reponse_accompagne_la_valeur(valeur):
    sous = valeur("moins_40_plafond", "quartier", "battant")
    assert (sous["numerateur"], sous["denominateur"]) == (1, 2)
    assert sous["reponse"] == pytest.approx(2 / 3)


def test_les_logements_d_un_bailleur_sans_signalements_ne_sont_pas_au_denominateur(valeur):
    """14 logements de gbh et d'ADOMA ; les 5 de Néolia ne comptent ni en bas, ni dans la couverture."""
    signalements = valeur("signalements")
    assert (signalements["numerateur"], signalements["denominateur"]) == (2, 14)
    assert signalements["couverture"] == pytest.approx(14 / 19)
    assert valeur("signalements", "quartier", "bregille")["statut"] == "nd"
    assert valeur("signalements", bailleur="neolia")["statut"] == "nd"
    assert valeur("signalements", "quartier", "bregille")[["numerateur", "valeur"]].isna().all()


def test_la_demande_n_a_ni_bailleur_ni_immeuble_ni_qpv(valeur):
    assert valeur("demandes_actives")["valeur"] == 3
    assert valeur("demandes_actives", bailleur="gbh")["statut"] == "na"
    assert valeur("demandes_actives", "qpv", "en_qpv")["statut"] == "na"
    assert valeur("tension", "immeuble", "gbh:1")["statut"] == "na"


def test_un_quartier_demande_sans_logement_connu_garde_sa_valeur(valeur):
    velotte = valeur("demandes_actives", "quartier", "velotte")
    assert (velotte["valeur"], velotte["statut"]) == (1, "calcule")
    assert pd.isna(velotte["couverture"])
    assert valeur("taux_vacance", "quartier", "velotte")["statut"] == "na"


def test_une_regle_qui_n_existe_pas_encore_est_sans_objet(valeur):
    assert valeur("loi_2017_hors_qpv")["statut"] == "na"
    assert valeur("premier_quartile_hors_qpv")["valeur"] == 1


def test_les_livraisons_hors_de_la_commune(valeur):
    assert valeur("logements_livres")["valeur"] == 12
    assert valeur("part_livres_ville")["valeur"] == 0.75
    assert valeur("logements_livres", "quartier", "battant")["valeur"] == 12


def test_effectifs_derriere_une_moyenne(tmp_path):
    logements = [{**BATTANT, "annee_construction": 1970 + rang} for rang in range(3)]
    config, _ = _calculer(tmp_path, {2010: {"logements": [*logements, BATTANT]}}, [(2010, "gbh", "logements")])
    comptes = pd.read_parquet(config.chemin("prepare") / "comptes.parquet")
    ville = comptes[comptes["niveau"].eq("ville") & comptes["bailleur"].eq("tous")].set_index("indicateur")
    assert ville.loc["anciennete_moyenne", "effectif"] == 3
    ages = [2010 - 1970 - rang for rang in range(3)]
    assert ville.loc["anciennete_moyenne", "erreur"] == pytest.approx(pd.Series(ages).std(ddof=0) / 3**0.5)


def test_une_colonne_absente_du_fichier_n_est_pas_disponible(tmp_path):
    """Le fichier de Néolia n'a ni loyer ni occupation : il ne livre pas la vacance, mais il livre le parc."""
    absentes = {"colonnes_absentes": "loyer_eur,occupation,mois_vacance,date_bail"}
    depots = [(2010, "gbh", "logements"), (2010, "neolia", "logements", absentes)]
    _, tableau = _calculer(tmp_path, {2010: {"logements": PARC[:15]}}, depots)
    assert tableau.loc[(2010, "ville", VILLE, "neolia", "taux_vacance"), "statut"] == "nd"
    assert tableau.loc[(2010, "ville", VILLE, "neolia", "loyer_m2"), "statut"] == "nd"
    assert tableau.loc[(2010, "ville", VILLE, "neolia", "nb_logements"), "valeur"] == 5
    vacance = tableau.loc[(2010, "ville", VILLE, "tous", "taux_vacance")]
    assert (vacance["numerateur"], vacance["denominateur"]) == (2, 10)
    assert vacance["couverture"] == pytest.approx(10 / 15)


def test_un_depot_refuse_ne_livre_rien(tmp_path):
    depots = [(2010, "gbh", "logements"), (2010, "neolia", "logements", {"statut": "refuse"})]
    config, tableau = _calculer(
        tmp_path,
        {2009: {"logements": PARC[:15]}, 2010: {"logements": PARC[:10]}},
        [(2009, "gbh", "logements"), (2009, "neolia", "logements"), *depots],
        edition={"annees": [2009, 2010]},
    )
    assert tableau.loc[(2010, "ville", VILLE, "tous", "nb_logements"), "couverture"] == pytest.approx(10 / 15)
    assert tableau.loc[(2010, "quartier", "bregille", "tous", "nb_logements"), "statut"] == "nd"
    couverture = pd.read_parquet(config.chemin("prepare") / "couverture.parquet")
    ligne = couverture.query("annee == 2010 and bailleur == 'neolia' and indicateur == 'nb_logements'").iloc[0]
    assert (ligne["statut"], ligne["logements_livres"], ligne["logements_connus"]) == ("refuse", 0, 5)


def test_rien_n_est_depose_cette_annee_la(tmp_path):
    _, tableau = _calculer(
        tmp_path,
        {2010: {"logements": PARC[:10]}},
        [(2010, "gbh", "logements")],
        edition={"annees": [2009, 2010]},
    )
    assert tableau.loc[(2009, "ville", VILLE, "tous"), "statut"].isin(["nd", "na"]).all()
    assert tableau.loc[(2009, "ville", VILLE, "tous", "taux_vacance"), "statut"] == "nd"
    assert tableau.loc[(2009, "quartier", "battant", "tous", "taux_vacance"), "couverture"] == 0


def test_le_parc_connu_est_celui_de_l_annee_la_plus_proche(tmp_path):
    """À égale distance, l'année la plus ancienne ; sans aucun dépôt, le parc déclaré, connu à la ville seule."""
    config = configuration(tmp_path, edition={"annees": [2007, 2008, 2009, 2010]})
    logements = pd.DataFrame([{**BATTANT, "ville": VILLE, "bailleur": "gbh"}] * 6)
    connus = parc_connu({2007: logements[:4], 2009: logements, 2010: logements[:0]}, config)
    gbh = connus[connus["bailleur"].eq("gbh")].set_index("annee")["connus"]
    assert gbh.to_dict() == {2007: 4, 2008: 4, 2009: 6, 2010: 6}
    adoma = connus[connus["bailleur"].eq("adoma")]
    assert adoma["connus"].tolist() == [50] * 4
    assert adoma["ville"].eq(VILLE).all()
    assert adoma["quartier"].isna().all()
    assert not connus["bailleur"].eq("neolia").any()


def test_le_parc_declare_pese_sur_la_couverture_de_la_ville_seule(tmp_path):
    """Les ménages de gbh (10 logements) sont déposés, ceux d'ADOMA (50 déclarés) non : 10 / 60."""
    _, tableau = _calculer(
        tmp_path,
        {2010: {"logements": PARC[:10], "menages": [{**BATTANT, "tranche_plafond": "0-20"}]}},
        [(2010, "gbh", "logements"), (2010, "gbh", "menages")],
    )
    assert tableau.loc[(2010, "ville", VILLE, "tous", "moins_20_plafond"), "couverture"] == pytest.approx(10 / 60)
    assert tableau.loc[(2010, "quartier", "battant", "tous", "moins_20_plafond"), "couverture"] == 1
    assert tableau.loc[(2010, "ville", VILLE, "adoma", "moins_20_plafond"), "statut"] == "nd"


def test_sans_depot_prepare_le_message_dit_quoi_lancer(tmp_path):
    with pytest.raises(ErreurObservatoire, match="observatoire calculer"):
        indicateurs.calculer(configuration(tmp_path))


def test_un_numerateur_plus_grand_que_son_denominateur_nomme_l_indicateur_et_le_lieu(tmp_path, monkeypatch):
    """Une part de tous les logements sur les seuls vacants : 15 sur 2 n'est ni une valeur, ni une absence."""

    def taux_vacance(logements):
        return logements["occupation"].eq(logements["occupation"]), logements["occupation"].eq("vacant")

    fausse = replace(catalogue()["taux_vacance"], fonction=taux_vacance)
    monkeypatch.setitem(declaration._registre, "taux_vacance", fausse)
    with pytest.raises(ErreurObservatoire, match=r"« taux_vacance », .* « .+ »"):
        _calculer(tmp_path, {2010: ANNEE}, DEPOTS)

"""Les alertes dans la chaîne : de vrais dépôts, comptés par lots, dont l'observé est celui des indicateurs."""

from __future__ import annotations

import subprocess

import pandas as pd
import pytest
from petite_ville import commande, ecrire_petite_ville

from observatoire import indicateurs, lecture
from observatoire.cles import MODULE
from observatoire.configuration import lire_configuration
from observatoire.lecture import lots
from observatoire.publication import proteger
from observatoire.sujets.alertes.calcul.etape import AMPLEURS, CLES, COLONNES, calculer_alertes


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    """Une petite ville calculée par la vraie commande."""
    fichier = ecrire_petite_ville(tmp_path_factory.mktemp("alertes"), tous_les_bailleurs=True)
    subprocess.run(commande("calculer", fichier), check=True, capture_output=True)
    return lire_configuration(fichier)


def _lire(config, nom: str) -> pd.DataFrame:
    return pd.read_parquet(config.chemin("prepare") / f"{nom}.parquet")


@pytest.mark.parametrize("niveau", ["quartier", "immeuble"])
def test_l_observe_est_celui_de_l_indicateur(ville, niveau):
    alertes, valeurs = _lire(ville, "alertes"), _lire(ville, "indicateurs")
    valeurs = valeurs[valeurs["bailleur"].eq("tous")]
    reunies = alertes[alertes["niveau"].eq(niveau)].merge(valeurs, how="left", on=CLES)
    assert len(reunies) > 20
    assert (reunies["observe"] == reunies["numerateur"]).all()


def test_les_tables_ecrites_ont_les_colonnes_dites(ville):
    alertes, ampleurs = _lire(ville, "alertes"), _lire(ville, "ampleurs")
    assert (list(alertes), list(ampleurs)) == (COLONNES, AMPLEURS)
    pd.testing.assert_frame_equal(alertes[CLES], ampleurs[CLES])
    quartiers = alertes[alertes["niveau"].eq("quartier")].set_index(["territoire", "indicateur"])
    immeubles = alertes.merge(ampleurs[[*CLES, "quartier"]], on=CLES)
    immeubles = (
        immeubles[immeubles["niveau"].eq("immeuble")].groupby(["quartier", "indicateur"])["exces"].sum().round(1)
    )
    pd.testing.assert_series_equal(
        quartiers["exces"].sort_index(), immeubles.sort_index(), check_names=False, check_index_type=False
    )


@pytest.fixture(scope="module")
def publiees(ville):
    """Les alertes de chaque public, avec leur ampleur et l'indicateur publié au même endroit."""
    lues = {}
    for public in ("publique", "partenaires"):
        proteger(ville, public)
        dossier = ville.chemin("publie") / public
        alertes, ampleurs, valeurs = (
            pd.read_csv(dossier / f"{nom}.csv", dtype={"territoire": str})
            for nom in ("alertes", "ampleurs", "indicateurs")
        )
        reunies = alertes.merge(ampleurs.drop(columns="statut"), on=CLES, validate="1:1")
        tous = valeurs[valeurs["bailleur"].eq("tous")]
        lues[public] = reunies.merge(tous, how="left", on=CLES, suffixes=("", "_publie"), validate="1:1")
    return lues


@pytest.mark.parametrize("public", ["publique", "partenaires"])
def test_les_comptes_des_alertes_sont_ceux_des_indicateurs_publies(publiees, public):
    """Le même bruit à chaque niveau, le même taux de réponse, et rien là où l'indicateur est caché."""
    table = publiees[public]
    publie = table[table["statut"].eq("publie")]
    assert set(publie["niveau"]) == {"secteur", "quartier"} | ({"immeuble"} if public == "partenaires" else set())
    assert len(publie) > 50
    assert (publie["observe"] == publie["numerateur"]).all()
    assert (publie["denominateur"] == publie["denominateur_publie"]).all()
    pd.testing.assert_series_equal(publie["reponse"], publie["reponse_publie"], check_names=False)
    assert set(table["statut"]) <= {"publie", "c", "ne"}
    assert (table["statut"].eq("c") == table["statut_publie"].eq("c")).all()
    muettes = table[table["statut"].ne("publie")]
    assert muettes[["verdict", "observe", "attendu", "exces", "proba_alerte", "denominateur"]].isna().all(axis=None)


def test_l_attendu_est_un_taux_au_millieme_du_denominateur_publie(publiees):
    publie = publiees["partenaires"].query("statut == 'publie'")
    petites = publie[publie["denominateur"].lt(50)]  # au-delà, l'arrondi de l'attendu laisse choisir le taux
    taux = (petites["attendu"] / petites["denominateur"]).round(3)
    assert len(petites) > 20
    assert ((taux * petites["denominateur"] - petites["attendu"]).abs() <= 0.05 + 1e-9).all()
    assert ((publie["observe"] - publie["attendu"]) - publie["exces"]).abs().max() < 1e-9


def test_le_bruit_ecarte_les_comptes_publies_des_exacts(ville, publiees):
    """Sinon les essais d'au-dessus ne diraient rien."""
    exactes = _lire(ville, "alertes")[[*CLES, "observe"]]
    reunies = publiees["partenaires"].merge(exactes, on=CLES, suffixes=("", "_exact")).query("statut == 'publie'")
    ecarts = (reunies["observe"] - reunies["observe_exact"]).abs()
    assert 0.3 < ecarts.gt(0).mean() < 1
    assert ecarts.max() <= 10  # cinq en haut, cinq en bas quand le numérateur est ramené à son dénominateur


def test_le_partage_en_lots_ne_change_rien(ville, tmp_path, monkeypatch):
    monkeypatch.setattr(lots, "POIDS_DU_LOT", 1)
    ici = ville.avec_chemins(prepare=tmp_path)
    lecture.lire(ici)
    indicateurs.ecrire_indicateurs(ici)
    une, autre = calculer_alertes(ici), calculer_alertes(ville)
    pd.testing.assert_frame_equal(une.table, autre.table, rtol=1e-9, atol=1e-9)
    lieux = [c for c in une.strates if " " not in c]
    strates = [t.strates.groupby(["annee", "quartier", "strate"]).sum(numeric_only=True) for t in (une, autre)]
    assert lieux == ["immeuble", "secteur", "quartier", "bailleur", "strate", "annee"]
    cles = [c for c in strates[0] if c.endswith("_cle")]
    assert (strates[0].drop(columns=cles) == strates[1].drop(columns=cles)).all(axis=None)
    assert (strates[0][cles] % MODULE == strates[1][cles] % MODULE).all(axis=None)


def test_un_bailleur_qui_ne_depose_pas_ses_menages_n_est_pas_evalue(ville, tmp_path):
    """Ses immeubles n'ont pas de ligne, et l'attendu des autres ne compte plus ses ménages."""
    brut = tmp_path / "brut"
    subprocess.run(["cp", "-r", ville.chemin("brut"), brut], check=True)
    for fichier in brut.glob("2010/menages_gbh.*"):
        fichier.unlink()
    ici = ville.avec_chemins(brut=brut, prepare=tmp_path / "prepare")
    lecture.lire(ici)
    indicateurs.ecrire_indicateurs(ici)
    table = calculer_alertes(ici).table
    menages = table[table["indicateur"].eq("impayes_3_mois") & table["niveau"].eq("immeuble")]
    assert len(menages)
    assert not menages["bailleur"].eq("gbh").any()
    logements = table[table["indicateur"].eq("taux_vacance_3_mois") & table["niveau"].eq("immeuble")]
    assert logements["bailleur"].eq("gbh").any()

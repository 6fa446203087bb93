"""Les alertes dans la chaîne : de vrais dépôts, comptés par lots, dont l'observé est celui des indicateurs."""

from __future__ import annotations

import subprocess

import pandas as pd
import pytest
from petite_ville import commande, ecrire_petite_ville

from observatoire import indicateurs, lecture
from observatoire.alertes import ALERTES, AMPLEURS, CLES, calculer_alertes
from observatoire.configuration import lire_configuration
from observatoire.lecture import lots


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    """Une petite ville calculée par la vraie commande."""
    fichier = ecrire_petite_ville(tmp_path_factory.mktemp("alertes"))
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
    assert (list(alertes), list(ampleurs)) == (ALERTES, AMPLEURS)
    pd.testing.assert_frame_equal(alertes[CLES], ampleurs[CLES])
    quartiers = alertes[alertes["niveau"].eq("quartier")].set_index(["territoire", "indicateur"])
    immeubles = alertes.merge(ampleurs[[*CLES, "quartier"]], on=CLES)
    immeubles = (
        immeubles[immeubles["niveau"].eq("immeuble")].groupby(["quartier", "indicateur"])["exces"].sum().round(1)
    )
    pd.testing.assert_series_equal(
        quartiers["exces"].sort_index(), immeubles.sort_index(), check_names=False, check_index_type=False
    )


def test_le_partage_en_lots_ne_change_rien(ville, tmp_path, monkeypatch):
    monkeypatch.setattr(lots, "POIDS_DU_LOT", 1)
    ici = ville.avec_chemins(prepare=tmp_path)
    lecture.lire(ici)
    indicateurs.ecrire_indicateurs(ici)
    pd.testing.assert_frame_equal(calculer_alertes(ici), calculer_alertes(ville), rtol=1e-9, atol=1e-9)


def test_un_bailleur_qui_ne_depose_pas_ses_menages_n_est_pas_evalue(ville, tmp_path):
    """Ses immeubles n'ont pas de ligne, et l'attendu des autres ne compte plus ses ménages."""
    brut = tmp_path / "brut"
    subprocess.run(["cp", "-r", ville.chemin("brut"), brut], check=True)
    for fichier in brut.glob("2010/menages_gbh.*"):
        fichier.unlink()
    ici = ville.avec_chemins(brut=brut, prepare=tmp_path / "prepare")
    lecture.lire(ici)
    indicateurs.ecrire_indicateurs(ici)
    table = calculer_alertes(ici)
    menages = table[table["indicateur"].eq("impayes_3_mois") & table["niveau"].eq("immeuble")]
    assert len(menages)
    assert not menages["bailleur"].eq("gbh").any()
    logements = table[table["indicateur"].eq("taux_vacance_3_mois") & table["niveau"].eq("immeuble")]
    assert logements["bailleur"].eq("gbh").any()

"""La première protection : ce qui est assis sur moins de onze unités ne sort pas de ``prepare``."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fabrique import VILLE, configuration, ecrire_prepare

from observatoire import indicateurs
from observatoire.confidentialite import CELLULE, MESURES, cacher, proteger
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.publie import CLES, COLONNES, lire_publie

SEUIL = 11


def _cacher(*lignes, effectifs=None, immeubles=12):
    """Protéger des lignes (indicateur, numerateur, denominateur, {autres colonnes})."""
    completes = [
        {
            "annee": 2010, "niveau": "quartier", "territoire": "battant", "bailleur": "tous", "indicateur": code,
            "numerateur": haut, "denominateur": bas, "valeur": 0.5, "borne_basse": 0.4, "borne_haute": 0.6,
            "couverture": 0.9, "reponse": 0.8, "statut": "calcule", **dict(*autres),
        }
        for code, haut, bas, *autres in lignes
    ]  # fmt: skip
    table = pd.DataFrame(completes, columns=COLONNES)
    unites = table[CLES].assign(effectif=table["indicateur"].map(effectifs or {})).dropna()
    par_cellule = table[CELLULE].drop_duplicates().assign(immeubles=immeubles)
    return cacher(table, unites, par_cellule, SEUIL).set_index("indicateur")


@pytest.mark.parametrize(
    ("haut", "bas", "statut"),
    [
        (11, 22, "publie"),
        (10, 22, "c"),  # numérateur
        (0, 22, "c"),
        (12, 22, "c"),  # complément
        (22, 22, "c"),
        (11, 21, "c"),
        (3, 10, "c"),  # dénominateur
    ],
)
def test_une_proportion_est_cachee_par_son_numerateur_son_complement_ou_son_denominateur(haut, bas, statut):
    assert _cacher(("taux_vacance", haut, bas))["statut"].item() == statut


@pytest.mark.parametrize(("nombre", "statut"), [(11, "publie"), (10, "c"), (0, "c")])
def test_un_effectif_est_cache_par_lui_meme(nombre, statut):
    assert _cacher(("nb_logements", nombre, np.nan))["statut"].item() == statut


@pytest.mark.parametrize(
    ("haut", "bas", "statut"), [(11, 11, "publie"), (40, 11, "publie"), (40, 10, "c"), (10, 40, "c")]
)
def test_un_taux_n_a_pas_de_complement(haut, bas, statut):
    assert _cacher(("signalements", haut, bas))["statut"].item() == statut


@pytest.mark.parametrize(("effectif", "statut"), [(11, "publie"), (10, "c"), (None, "c")])
def test_une_moyenne_est_cachee_par_le_nombre_de_logements_derriere_elle(effectif, statut):
    """3 000 € sur 500 m² ne disent pas combien de logements : c'est l'effectif qui compte."""
    effectifs = {"loyer_m2": effectif} if effectif else {}
    assert _cacher(("loyer_m2", 3000, 500), effectifs=effectifs)["statut"].item() == statut


def test_un_ecart_est_cache_avec_sa_reference():
    reference = ("moins_40_plafond", 5, 200)
    ecart = ("ecart_moins_40_emmenages", 20, 50)
    assert _cacher(reference, ecart)["statut"].to_dict() == {
        "moins_40_plafond": "c",
        "ecart_moins_40_emmenages": "c",
    }
    ailleurs = ("moins_40_plafond", 5, 200, {"territoire": "velotte"})
    assert _cacher(ailleurs, ecart).loc["ecart_moins_40_emmenages", "statut"] == "publie"


def test_les_operations_livrees_sont_publiques():
    assert _cacher(("logements_livres", 4, np.nan), ("part_tres_social", 1, 4))["statut"].eq("publie").all()


def test_aucun_immeuble_n_est_publie():
    assert _cacher(("nb_logements", 300, np.nan, {"niveau": "immeuble"})).empty


@pytest.mark.parametrize("statut", ["nd", "na"])
def test_une_ligne_qui_n_est_pas_publiee_n_a_aucune_mesure(statut):
    """Seule la couverture reste : elle ne dit rien d'un ménage."""
    protege = _cacher(("taux_vacance", 3, 40), ("moins_20_plafond", 30, 90, {"statut": statut}))
    assert protege["statut"].to_dict() == {"taux_vacance": "c", "moins_20_plafond": statut}
    assert protege[MESURES].isna().all(axis=None)
    assert set(MESURES) == {"numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"}
    assert protege["couverture"].eq(0.9).all()


@pytest.fixture
def prepare(tmp_path):
    """Quarante logements à Battant, dont douze vacants, et cinq dans un autre quartier."""
    config = configuration(tmp_path)
    occupations = ["vacant"] * 12 + ["loue"] * 28
    battant = [{"immeuble": "gbh:1", "quartier": "battant", "occupation": o} for o in occupations]
    velotte = [{"immeuble": "gbh:2", "quartier": "velotte", "occupation": "loue"}] * 5
    ecrire_prepare(config, {2010: {"logements": [*battant, *velotte]}}, [(2010, "gbh", "logements")])
    indicateurs.calculer(config)
    return config


def test_le_dossier_publie_se_lit_et_ne_contient_aucun_immeuble(prepare):
    comptes = proteger(prepare)
    assert comptes["publie"] > 0
    dossier = prepare.chemin("publie") / "publique"
    publie = lire_publie(2010, dossier)
    assert list(publie.indicateurs.columns) == COLONNES
    assert publie.ligne("taux_vacance", "ville", VILLE)["valeur"] == pytest.approx(12 / 45)
    assert publie.ligne("nb_logements", "quartier", "velotte")["statut"] == "c"
    assert "immeuble" not in set(publie.indicateurs["niveau"])
    assert not any("gbh:1" in f.read_text(encoding="utf-8") for f in dossier.rglob("*.csv"))
    assert publie.edition["seuil"] == SEUIL
    assert publie.edition["fictif"] is False


def test_des_depots_fictifs_le_restent_une_fois_publies(prepare):
    (prepare.chemin("prepare") / "origine.json").write_text('{"fictif": true}', encoding="utf-8")
    proteger(prepare)
    assert lire_publie(2010, prepare.chemin("publie") / "publique").edition["fictif"] is True


def test_le_dossier_est_remplace_d_un_bloc(prepare):
    dossier = prepare.chemin("publie") / "publique"
    dossier.mkdir(parents=True)
    (dossier / "edition_precedente.csv").write_text("vieux", encoding="utf-8")
    proteger(prepare)
    assert not (dossier / "edition_precedente.csv").exists()
    assert [d.name for d in dossier.parent.iterdir()] == ["publique"]


def test_un_echec_laisse_l_edition_precedente(prepare):
    proteger(prepare)
    (prepare.chemin("prepare") / "depots.parquet").unlink()
    with pytest.raises(FileNotFoundError):
        proteger(prepare)
    edition = prepare.chemin("publie") / "publique" / "edition.json"
    assert json.loads(edition.read_text(encoding="utf-8"))["nom"] == "Besançon"


def test_un_public_inconnu_est_refuse(prepare):
    with pytest.raises(ErreurConfiguration, match="public « presse » inconnu"):
        proteger(prepare, "presse")


def test_sans_seuil_rien_n_est_publie(prepare):
    referentiels = prepare.fichier.parent / "referentiels"
    referentiels.mkdir()
    with pytest.raises(ErreurConfiguration, match="barème « confidentialite » introuvable"):
        proteger(prepare.avec_chemins(referentiels=referentiels))
    (referentiels / "baremes").mkdir()
    (referentiels / "baremes" / "confidentialite.yml").write_text(
        "code: confidentialite\nlibelle: Seuil\nvaleurs: [{depuis: 2050-01-01, valeur: 11, source: s}]",
        encoding="utf-8",
    )
    with pytest.raises(ErreurConfiguration, match="n'a pas de valeur en 2010"):
        proteger(prepare.avec_chemins(referentiels=referentiels))
    assert not prepare.chemin("publie").exists()


def test_sans_indicateur_le_message_dit_quoi_lancer(tmp_path):
    with pytest.raises(ErreurObservatoire, match="observatoire calculer"):
        proteger(configuration(tmp_path))


def test_une_cellule_d_un_seul_immeuble_est_cachee():
    assert _cacher(("taux_vacance", 20, 60), immeubles=1)["statut"].item() == "c"
    assert _cacher(("taux_vacance", 20, 60), immeubles=2)["statut"].item() == "publie"


def test_une_modalite_cachee_ne_reste_jamais_seule():
    """Sur 100 logements, la modalité cachée serait 100 moins les autres : la plus petite des autres l'est aussi."""
    parts = {"plai": 4, "plus": 60, "pls": 24, "pli": 12}
    statuts = _cacher(*((f"financement_{m}", n, 100) for m, n in parts.items()))["statut"].to_dict()
    assert statuts == {
        "financement_plai": "c",
        "financement_pli": "c",
        "financement_plus": "publie",
        "financement_pls": "publie",
    }


@pytest.mark.parametrize(("muets", "publie"), [(0, True), (4, False), (10, False), (11, True), (40, True)])
def test_le_taux_de_reponse_ne_redonne_pas_un_petit_nombre_de_muets(muets, publie):
    ligne = _cacher(("apl", 60, 120, {"reponse": 120 / (120 + muets)})).loc["apl"]
    assert ligne["statut"] == "publie"
    assert pd.notna(ligne["reponse"]) is publie

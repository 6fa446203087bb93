"""Une autre ville, sur un fichier réel : le RPLS détaillé de Cannes, lu sous sa propre configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from observatoire.chaine import Chaine
from observatoire.configuration import lire_configuration
from observatoire.publie import lire_publie

RACINE = Path(__file__).resolve().parents[1]
FICHIER = RACINE.parent / "shared" / "reel" / "rpls_2018_detail_cannes.csv"

pytestmark = [
    pytest.mark.reel,
    pytest.mark.bout_en_bout,
    pytest.mark.skipif(not FICHIER.is_file(), reason="fichier réel absent (../shared/reel)"),
]


@pytest.fixture(scope="module")
def chaine(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("cannes")
    depot = dossier / "brut" / "2017" / "rpls_rpls.csv"
    depot.parent.mkdir(parents=True)
    shutil.copy(FICHIER, depot)
    config = lire_configuration(RACINE / "exemples" / "cannes" / "observatoire.yml").avec_chemins(
        **{nom: dossier / nom for nom in ("brut", "prepare", "publie", "edition")}, site=dossier / "site" / "html"
    )
    chaine = Chaine(config)
    chaine.calculer(sans_les_refuses=False)
    chaine.proteger("publique")
    return chaine


@pytest.fixture(scope="module")
def valeurs(chaine):
    return lire_publie(2017, chaine.config.chemin("publie") / "publique")


# Comptés à part, ligne à ligne, avec le module csv : 3 000 lignes toutes différentes, dont 30 au Cannet.
@pytest.mark.parametrize(
    ("indicateur", "numerateur", "denominateur"),
    [
        ("nb_logements", 2970, None),
        ("part_parc_qpv", 881, 2970),
        ("financement_plus", 2781, 2970),
        ("financement_plai", 30, 2970),
        ("part_dpe_efg", 257, 2835),
        ("part_dpe_inconnu", 135, 2970),
        ("taille_t1", 182, 2970),
        ("epoque_1949_1974", 1392, 2970),
    ],
)
def test_ce_que_le_fichier_permet_est_compte(valeurs, indicateur, numerateur, denominateur):
    ligne = valeurs.ligne(indicateur, "ville", "06029")
    assert ligne["statut"] == "publie"
    assert ligne["numerateur"] == numerateur
    assert pd.isna(ligne["denominateur"]) if denominateur is None else ligne["denominateur"] == denominateur


@pytest.mark.parametrize(
    "indicateur", ["taux_vacance", "taux_mobilite", "loyer_m2", "moins_40_plafond", "impayes_3_mois", "tension"]
)
def test_ce_que_le_fichier_ne_dit_pas_est_non_disponible_jamais_zero(valeurs, indicateur):
    ligne = valeurs.ligne(indicateur, "ville", "06029")
    assert ligne["statut"] == "nd"
    assert pd.isna(ligne["valeur"])
    assert pd.isna(ligne["numerateur"])


def test_ce_qui_est_repare_mis_a_part_et_garde_est_compte(valeurs):
    depot = valeurs.depots.set_index("table").loc["logements"]
    assert depot["lignes"] == 2970
    assert depot["mises_a_part"] == 30  # Le Cannet
    assert depot["reparees"] == 3000 + 135  # codes Insee sans leur zéro, DPE de janvier 1900


def test_le_livre_de_cannes_se_construit(chaine):
    chaine.executer("publique", None)
    chaine.livre("publique")
    site = chaine.config.chemin("site")
    ville = (site / "book" / "edition" / "2017" / "ville.html").read_text(encoding="utf-8")
    assert "Cannes en 2017" in ville
    assert "Données fictives" not in ville
    assert "Besançon" not in ville

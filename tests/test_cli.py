"""La commande ``observatoire`` : 0 fait, 1 refusé, 2 mal écrite ; tout message est en français."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from fabrique import configuration
from petite_ville import garder_peu_de_bailleurs

from observatoire.chaine import _dire_les_statuts
from observatoire.cles import FICTIVE, signer
from observatoire.cli import principal
from observatoire.sujets.alertes.calcul import etape as alertes
from observatoire.sujets.objectifs.calcul import etape as objectifs
from observatoire.sujets.revue.calcul import etape as revue

RACINE = Path(__file__).resolve().parents[1]
CONFIG = "observatoire.yml"
COMMANDES = ["exemple", "verifier", "calculer", "proteger", "executer", "livre", "auditer", "publier"]


@pytest.fixture
def lancer(capfd):
    """Lancer la commande ; rend (code de sortie, ce qui est imprimé, ce qui est dit en erreur)."""

    def lancer(*arguments):
        with pytest.raises(SystemExit) as sortie:
            principal([str(a) for a in arguments])
        imprime = capfd.readouterr()
        return sortie.value.code, imprime.out, imprime.err

    return lancer


@pytest.mark.parametrize("option", ["--aide", "--help"])
def test_l_aide_est_en_francais_et_nomme_les_commandes(lancer, option):
    code, sortie, _ = lancer(option)
    assert code == 0
    assert all(commande in sortie for commande in COMMANDES)
    assert not any(mot in sortie for mot in ("Usage", "Options:", "Commands", "Show this"))


@pytest.mark.parametrize("commande", COMMANDES)
def test_l_aide_de_chaque_commande_est_en_francais(lancer, commande):
    code, sortie, _ = lancer(commande, "--aide")
    assert code == 0
    assert "--config" in sortie
    assert not any(mot in sortie for mot in ("Usage", "Options:", "default", "Show this"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["proteger", "--prepar", "x"], "option inconnue : --prepar"),
        (["proteger", "--prepare"], "l'option --prepare attend une valeur"),
        (["verifier", "--annee", "deux mille"], "valeur non admise pour --annee"),
        (["executer", "--ouvriers", "0"], "valeur non admise pour --ouvriers"),
        (["protege"], "commande inconnue"),
    ],
)
def test_une_commande_mal_ecrite_sort_avec_2(lancer, arguments, message):
    code, _, erreur = lancer(*arguments)
    assert code == 2
    assert message in erreur
    assert "--aide" in erreur
    assert "Traceback" not in erreur


def test_une_mauvaise_configuration_sort_avec_2_et_dit_tout(lancer, tmp_path):
    fichier = tmp_path / "observatoire.yml"
    fichier.write_text("territoire: {nom: Besançon}\nville: oui\n", encoding="utf-8")
    code, _, erreur = lancer("calculer", "--config", fichier)
    assert code == 2
    for attendu in ("4 problèmes", "ligne 2 : « ville » est inconnu", "« code » manque", "annees", "bailleurs"):
        assert attendu in erreur


def test_une_configuration_absente_sort_avec_2(lancer, tmp_path):
    code, _, erreur = lancer("publier", "--config", tmp_path / "absente.yml")
    assert code == 2
    assert "absente.yml : fichier de configuration introuvable." in erreur


def test_proteger_sans_rien_de_calcule_sort_avec_1(lancer, tmp_path):
    config = configuration(tmp_path)
    code, _, erreur = lancer("proteger", "--config", config.fichier)
    assert code == 1
    assert "aucun indicateur n'est calculé" in erreur


def test_proteger_ecrit_dans_le_dossier_donne(lancer, calcule, tmp_path):
    ailleurs = tmp_path / "ailleurs"
    code, *_ = lancer("proteger", "--config", calcule.fichier, "--publie", ailleurs)
    assert code == 0
    assert (ailleurs / "publique" / "indicateurs.csv").is_file()
    assert not calcule.chemin("publie").exists()


def test_un_public_inconnu_sort_avec_2(lancer, tmp_path):
    config = configuration(tmp_path)
    code, _, erreur = lancer("proteger", "--config", config.fichier, "--public", "presse")
    assert code == 2
    assert "public « presse » inconnu" in erreur


@pytest.fixture
def depots(lancer, tmp_path):
    """Des dépôts fictifs, hors du dépôt git, et une configuration d'une année et sans quartiers, vite protégée."""
    reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    reglages["edition"] |= {"annees": [2010], "annee_zero": 2010}
    reglages["niveaux"] = ["immeuble", "ville"]
    garder_peu_de_bailleurs(reglages)
    reglages["chemins"] = {nom: str(RACINE / "data" / nom) for nom in ("schemas", "referentiels", "suivi")}
    (tmp_path / CONFIG).write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    code, _, _ = lancer("exemple", "--dossier", tmp_path / "brut", "--logements", 600, "--config", tmp_path / CONFIG)
    assert code == 0
    return tmp_path


def test_la_chaine_jusqu_au_publie_hors_du_depot(lancer, depots):
    brut, prepare, publie = depots / "brut", depots / "prepare", depots / "publie"
    for commande in (
        ("verifier", "--brut", brut),
        ("calculer", "--brut", brut, "--prepare", prepare),
        ("proteger", "--prepare", prepare, "--publie", publie),
    ):
        code, _, erreur = lancer(*commande, "--config", depots / CONFIG)
        assert code == 0, erreur
    edition = json.loads((publie / "publique" / "edition.json").read_text(encoding="utf-8"))
    assert edition["cle"] == signer(FICTIVE)  # celle des dépôts calculés, où qu'ils soient
    assert not [*depots.rglob("cle_du_secret")]
    entete = (publie / "publique" / "indicateurs.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert entete == (
        "annee,niveau,territoire,bailleur,indicateur,numerateur,denominateur,valeur,borne_basse,borne_haute,"
        "couverture,reponse,statut"
    )


def _remplacer(fichier, avant: str, apres: str) -> None:
    fichier.write_text(fichier.read_text(encoding="utf-8-sig").replace(avant, apres), encoding="utf-8")


def test_un_depot_fautif_arrete_la_chaine_sans_rien_calculer(lancer, depots):
    brut, prepare = depots / "brut", depots / "prepare"
    _remplacer(brut / "2010" / "logements_gbh.csv", "PLUS", "PLUZ")
    code, sortie, _ = lancer("verifier", "--brut", brut, "--annee", 2010, "--config", depots / CONFIG)
    assert code == 1
    assert "« PLUZ » n'est pas un financement connu" in sortie
    code, _, _ = lancer("calculer", "--brut", brut, "--prepare", prepare, "--config", depots / CONFIG)
    assert code == 1
    assert not list(prepare.glob("*.parquet"))
    assert (prepare / "rapports" / "2010" / "gbh.html").is_file()


def test_on_peut_continuer_sans_les_refuses_et_la_couverture_le_dit(lancer, depots):
    brut, prepare = depots / "brut", depots / "prepare"
    _remplacer(brut / "2010" / "menages_gbh.csv", "monoparentale", "mono")
    code, _, erreur = lancer(
        "calculer", "--brut", brut, "--prepare", prepare, "--sans-les-refuses", "--config", depots / CONFIG
    )
    assert code == 0, erreur
    couverture = pd.read_parquet(prepare / "couverture.parquet")
    gbh = couverture.query("annee == 2010 and bailleur == 'gbh' and indicateur == 'apl'").iloc[0]
    assert gbh["statut"] == "refuse"
    assert gbh["logements_livres"] == 0
    assert gbh["logements_connus"] > 0


def test_le_resume_de_chaque_etape_est_en_francais():
    verdicts = {"conforme": 4024, "non_evaluable": 1428, "vigilance": 0, "alerte_confirmee": 1}
    assert str(alertes.Bilan(5482, verdicts)) == (
        "5\u202f482 évaluations : 4\u202f024 conformes, 1\u202f428 non évaluables, 1 alerte confirmée"
    )
    assert str(objectifs.Bilan(827, 1)) == "827 écarts entre bailleurs à logements égaux, 1 attente estimée"
    assert [str(revue.Bilan(n)) for n in (0, 1, 14)] == ["aucun flux", "flux de 1 part", "flux de 14 parts"]
    assert _dire_les_statuts({"publie": 12656, "c": 1483, "na": 2}) == (
        "12\u202f656 valeurs publiées, 1\u202f483 c (secret), 2 na (non applicable)"
    )

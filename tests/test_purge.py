"""Purger : les lignes échues disparaissent du disque, les valeurs publiées restent, et la chaîne continue."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import yaml
from atelier import RACINE
from petite_ville import commande, garder_peu_de_bailleurs
from petite_ville import lancer as lancer_ici

from observatoire.chaine import Chaine
from observatoire.configuration import Configuration, lire_configuration
from observatoire.conserves import dossier_conserve
from observatoire.erreurs import ErreurConfiguration
from observatoire.purge import chercher_echues, echeance, effacer, figer

ANNEES = [2008, 2009, 2010]
JOUR = "2012-01-01"  # 36 mois après 2008 sont passés, pas après 2009


def ecrire_reglages(dossier: Path, annees: Sequence[int] = ANNEES, **conservation: int) -> Path:
    reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    reglages["edition"] |= {"annees": list(annees), "annee_zero": 2008}
    reglages["niveaux"] = ["immeuble", "ville"]
    garder_peu_de_bailleurs(reglages)
    reglages["conservation"] = conservation
    du_depot = {"schemas": "data/schemas", "referentiels": "data/referentiels", "notebooks": "notebooks", "livre": "."}
    reglages["chemins"] = {nom: str(RACINE / chemin) for nom, chemin in du_depot.items()}
    reglages["chemins"] |= {nom: nom for nom in ("brut", "prepare", "publie", "suivi")}
    fichier = dossier / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    return fichier


@pytest.fixture(scope="module")
def calculee(tmp_path_factory):
    """Trois années de dépôts fictifs, calculées et protégées."""
    dossier = tmp_path_factory.mktemp("purge")
    chaine = Chaine(lire_configuration(ecrire_reglages(dossier, brut_mois=36, prepare_mois=36)))
    chaine.exemple(2007, 600)
    chaine.calculer(sans_les_refuses=False)
    chaine.proteger("publique")
    return dossier


@pytest.fixture
def ville(calculee, tmp_path):
    shutil.copytree(calculee, tmp_path / "ville")
    return tmp_path / "ville"


def lancer(nom: str, ville: Path, *options: str) -> subprocess.CompletedProcess:
    return lancer_ici(nom, "--config", ville / "observatoire.yml", *options)


def config_de(ville: Path) -> Configuration:
    return lire_configuration(ville / "observatoire.yml")


def publiees(ville: Path, annee: int) -> pd.DataFrame:
    valeurs = pd.read_csv(ville / "publie/publique/indicateurs.csv", dtype={"territoire": str})
    return valeurs[valeurs["annee"].eq(annee)].reset_index(drop=True)


def lire_attributions(ville: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in (ville / "publie/publique").glob("attributions_*.csv")}


def identifiants(ville: Path, annee: int) -> set[bytes]:
    """Les identifiants de logement et de demande propres à une année, tels qu'ils sont écrits dans les dépôts."""
    par_annee = {}
    for a in ANNEES:
        textes = b"".join(f.read_bytes() for f in (ville / f"brut/{a}").glob("*.csv"))
        par_annee[a] = set(re.findall(rb"(?:[A-Z]{3}\d{4}-\d{3}|D\d{6})", textes))
    return par_annee[annee] - set().union(*(par_annee[a] for a in ANNEES if a != annee))


def octets_du_disque(ville: Path) -> bytes:
    return b"\0".join(f.read_bytes() for d in ("brut", "prepare") for f in (ville / d).rglob("*") if f.is_file())


def lignes_du_disque(ville: Path) -> dict[str, bytes]:
    """Les dépôts, leurs tables et les valeurs conservées."""
    dossiers = ("brut", "prepare/tables", "prepare/conserves")
    fichiers = (f for d in dossiers for f in (ville / d).rglob("*") if f.is_file())
    return {f.relative_to(ville).as_posix(): f.read_bytes() for f in fichiers}


def lignes_de_l_annee(ville: Path, annee: int) -> list[Path]:
    tables = (ville / f"prepare/tables/{annee}").rglob("*.parquet")
    return [f for f in tables if len(pd.read_parquet(f))]


def changer_un_depot(ville: Path) -> None:
    fichier = ville / "brut/2010/logements_gbh.csv"
    texte = fichier.read_text(encoding="utf-8-sig")
    fichier.write_text(texte.replace(";vacant;", ";vide_technique;", 1), encoding="utf-8-sig")


def test_une_echeance_est_en_mois_apres_le_31_decembre():
    assert echeance(2008, 36) == dt.date(2011, 12, 31)
    assert echeance(2010, 2) == dt.date(2011, 2, 28)


def test_sans_confirmer_rien_n_est_touche(ville):
    avant = {f: f.read_bytes() for f in ville.rglob("*") if f.is_file() and f.suffix != ".verrou"}
    fait = lancer("purger", ville, "--jour", JOUR)
    assert fait.returncode == 0
    assert "brut, année 2008 : " in fait.stdout
    assert "prepare, année 2008 : " in fait.stdout
    assert "2009" not in fait.stdout
    assert "conservation échue le 31/12/2011" in fait.stdout
    assert "Rien n'a été effacé" in fait.stdout
    assert avant == {f: f.read_bytes() for f in ville.rglob("*") if f.is_file() and f.suffix != ".verrou"}


def test_purger_garde_les_valeurs_et_efface_les_lignes(ville):
    avant, propres = publiees(ville, 2008), identifiants(ville, 2008)
    assert len(avant) > 150
    assert len(propres) > 20
    fait = lancer("purger", ville, "--jour", JOUR, "--confirmer")
    assert fait.returncode == 0, fait.stderr
    assert not (ville / "brut/2008").exists()
    changer_un_depot(ville)
    for etape in ("calculer", "proteger"):
        fait = lancer(etape, ville)
        assert fait.returncode == 0, fait.stderr
    assert "Valeurs conservées : 2008" in lancer("verifier", ville).stdout
    pd.testing.assert_frame_equal(publiees(ville, 2008), avant)
    assert not publiees(ville, 2010).empty
    assert not lignes_de_l_annee(ville, 2008)
    assert len(lignes_de_l_annee(ville, 2009)) > 3
    octets = octets_du_disque(ville)
    assert not [p for p in propres if p in octets]
    assert "Rien n'est échu" in lancer("purger", ville, "--jour", JOUR, "--confirmer").stdout


def test_les_autres_annees_ne_changent_pas(ville):
    """ADOMA ne dépose qu'en 2009 : la couverture des autres années vient des comptes des années voisines."""
    avant = {annee: publiees(ville, annee) for annee in ANNEES}
    depots = pd.read_csv(ville / "publie/publique/depots.csv")
    attributions, suivis = lire_attributions(ville), ville / "prepare/tables/2010/devenirs.parquet"
    assert set(pd.read_parquet(suivis)["devenir"]) >= {"parti", "reste"}
    assert {"attributions_attente.csv", "attributions_profils.csv"} <= set(attributions)
    assert lancer("purger", ville, "--jour", "2013-06-01", "--confirmer").returncode == 0  # 2008 et 2009
    for etape in ("calculer", "proteger"):
        assert lancer(etape, ville).returncode == 0
    for annee in ANNEES:
        pd.testing.assert_frame_equal(publiees(ville, annee), avant[annee])
    restent = pd.read_csv(ville / "publie/publique/depots.csv")
    # D'une année purgée il ne reste que des nombres : les dépôts de la suivante n'ont plus à quoi se comparer.
    assert restent["avertissements"].le(depots["avertissements"]).where(depots["avertissements"].notna(), True).all()
    sans = {"columns": "avertissements"}
    pd.testing.assert_frame_equal(restent.drop(**sans), depots.drop(**sans))
    assert lire_attributions(ville) == attributions
    assert pd.read_parquet(suivis).empty  # c'étaient des ménages de 2009


def test_tout_purger_laisse_une_edition_entiere(ville):
    avant = {annee: publiees(ville, annee) for annee in ANNEES}
    assert lancer("purger", ville, "--jour", "2030-01-01", "--confirmer").returncode == 0
    for etape in ("calculer", "proteger"):
        fait = lancer(etape, ville)
        assert fait.returncode == 0, fait.stderr
    for annee in ANNEES:
        pd.testing.assert_frame_equal(publiees(ville, annee), avant[annee])


def test_les_depots_seuls_puis_les_tables(ville):
    """Les dépôts sont gardés moins longtemps que les tables : elles restent jusqu'à leur tour."""
    ecrire_reglages(ville, brut_mois=12, prepare_mois=36)
    avant = publiees(ville, 2009)
    assert lancer("purger", ville, "--jour", "2011-06-01", "--confirmer").returncode == 0
    assert sorted(d.name for d in (ville / "brut").iterdir() if d.is_dir()) == ["2010"]
    for etape in ("calculer", "proteger"):
        fait = lancer(etape, ville)
        assert fait.returncode == 0, fait.stderr
    assert lignes_de_l_annee(ville, 2009)
    pd.testing.assert_frame_equal(publiees(ville, 2009), avant)
    fait = lancer("purger", ville, "--jour", "2013-06-01", "--confirmer")
    assert fait.returncode == 0, fait.stderr
    assert not lignes_de_l_annee(ville, 2009)
    for etape in ("calculer", "proteger"):
        assert lancer(etape, ville).returncode == 0
    pd.testing.assert_frame_equal(publiees(ville, 2009), avant)


def test_un_petit_immeuble_ne_garde_aucune_valeur(ville):
    config = config_de(ville)
    figer(config, [2008])
    valeurs = pd.read_parquet(dossier_conserve(config, 2008) / "indicateurs.parquet")
    immeubles = valeurs[valeurs["niveau"].eq("immeuble") & valeurs["indicateur"].eq("nb_logements")]
    assert len(immeubles)
    assert immeubles["numerateur"].min() >= 11


def test_des_valeurs_perimees_ne_sont_pas_figees(ville):
    changer_un_depot(ville)
    fait = lancer("purger", ville, "--jour", JOUR, "--confirmer")
    assert fait.returncode == 1
    assert "observatoire calculer" in fait.stderr
    assert (ville / "brut/2008").is_dir()
    assert not dossier_conserve(config_de(ville), 2008).exists()


@pytest.fixture(scope="module")
def purgee(calculee, tmp_path_factory):
    """Ce que laisse une purge que rien n'interrompt."""
    ville = shutil.copytree(calculee, tmp_path_factory.mktemp("purgee") / "ville")
    assert lancer("purger", ville, "--jour", JOUR, "--confirmer").returncode == 0
    restent = lignes_du_disque(ville)
    assert any(f.startswith("prepare/conserves/2008/") for f in restent)
    return restent


@pytest.mark.parametrize("effaces", range(4))
def test_une_purge_interrompue_se_reprend(ville, purgee, monkeypatch, effaces):
    """Arrêtée après avoir figé l'année, ou au milieu d'un effacement : tout ce que le calcul relira est le même que si
    elle ne l'avait pas été, valeurs conservées comprises, et aucune ligne de l'année ne reste."""
    config, effacer_un_dossier, faits = config_de(ville), shutil.rmtree, []

    def effacer_puis_s_arreter(dossier, **options):
        if len(faits) == effaces:
            next(f for f in dossier.rglob("*") if f.is_file()).unlink()
            raise KeyboardInterrupt
        faits.append(dossier)
        effacer_un_dossier(dossier, **options)

    echues = chercher_echues(config, dt.date.fromisoformat(JOUR))
    figer(config, [2008])
    monkeypatch.setattr(shutil, "rmtree", effacer_puis_s_arreter)
    with pytest.raises(KeyboardInterrupt):
        effacer(config, echues)
    monkeypatch.undo()
    (ville / ".prepare.memoire").unlink()
    fait = lancer("purger", ville, "--jour", JOUR, "--confirmer")
    assert fait.returncode == 0, fait.stderr
    assert not (ville / "brut/2008").exists()
    assert lignes_du_disque(ville) == purgee


def test_un_depot_revenu_pour_une_annee_purgee_n_est_pas_lu(ville):
    avant = publiees(ville, 2008)
    depot = (ville / "brut/2008/logements_gbh.csv").read_bytes()
    assert lancer("purger", ville, "--jour", JOUR, "--confirmer").returncode == 0
    (ville / "brut/2008").mkdir()
    (ville / "brut/2008/logements_gbh.csv").write_bytes(depot)
    for etape in ("calculer", "proteger"):
        assert lancer(etape, ville).returncode == 0
    pd.testing.assert_frame_equal(publiees(ville, 2008), avant)
    assert lancer("purger", ville, "--jour", JOUR, "--confirmer").returncode == 0
    assert not (ville / "brut/2008").exists()


def test_un_dossier_tenu_n_est_pas_purge(ville):
    from observatoire.verrou import Verrou

    with Verrou(ville / "prepare"):
        fait = lancer("purger", ville, "--jour", JOUR, "--confirmer")
    assert fait.returncode == 1
    assert "est tenu par" in fait.stderr
    assert (ville / "brut/2008").is_dir()


def test_sans_duree_la_commande_le_dit(ville):
    config = config_de(ville)
    with pytest.raises(ErreurConfiguration, match="aucune durée de conservation"):
        chercher_echues(lire_configuration(ecrire_reglages(ville)), dt.date(2030, 1, 1))
    assert config.conservation == {"brut_mois": 36, "prepare_mois": 36}
    assert lancer("purger", ville).returncode == 2


@pytest.mark.parametrize("jour", ["hier", "2012-13-01"])
def test_un_jour_mal_ecrit_est_refuse(ville, jour):
    assert lancer("purger", ville, "--jour", jour).returncode == 2


@pytest.mark.parametrize("masque", [0o000, 0o022])
def test_tout_est_ferme_quel_que_soit_l_umask(tmp_path, masque):
    fichier = ecrire_reglages(tmp_path, ANNEES[:1], brut_mois=36, prepare_mois=36)
    (tmp_path / "prepare").mkdir(mode=0o755)
    (tmp_path / "brut").mkdir(mode=0o755)
    for ligne in (
        ("exemple", fichier, "--logements", "200"),
        ("calculer", fichier),
        *([("proteger", fichier)] if masque else []),
    ):
        fait = subprocess.run(commande(*ligne), umask=masque, capture_output=True, text=True)
        assert fait.returncode == 0, fait.stderr
    if masque == 0:
        subprocess.run(commande("purger", fichier, "--jour", JOUR, "--confirmer"), umask=masque, check=True)
    assert _trop_ouverts(tmp_path, ("brut", "prepare"), 0o077) == []
    if masque:
        assert (tmp_path / "publie/publique/indicateurs.csv").stat().st_mode & 0o004


def test_un_groupe_peut_partager_les_depots(tmp_path):
    fichier = ecrire_reglages(tmp_path, ANNEES[:1])
    reglages = yaml.safe_load(fichier.read_text(encoding="utf-8")) | {"acces": "groupe"}
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    for ligne in (("exemple", fichier, "--logements", "200"), ("calculer", fichier)):
        subprocess.run(commande(*ligne), umask=0o022, check=True, capture_output=True)
    assert _trop_ouverts(tmp_path, ("brut", "prepare"), 0o007) == []
    for dossier in ("brut", "prepare"):
        assert (tmp_path / dossier).stat().st_mode & 0o2070 == 0o2070
    assert (tmp_path / "prepare/indicateurs.parquet").stat().st_mode & 0o060 == 0o060


def test_un_dossier_de_depots_ouvert_est_signale_et_celui_de_prepare_referme(ville):
    (ville / "brut").chmod(0o755)
    (ville / "prepare").chmod(0o755)
    (ville / "prepare/indicateurs.parquet").chmod(0o644)
    for etape in ("verifier", "calculer"):
        fait = lancer(etape, ville, *(["--refaire"] if etape == "calculer" else []))
        assert fait.returncode == 0
        assert f"chmod -R go-rwx {ville / 'brut'}" in (fait.stdout + fait.stderr).replace("\n", "")
    assert (ville / "brut").stat().st_mode & 0o077 == 0o055
    assert _trop_ouverts(ville, ("prepare",), 0o077) == []


def _trop_ouverts(racine: Path, dossiers: tuple[str, ...], masque: int) -> list[str]:
    tout = [racine / d for d in dossiers] + [f for d in dossiers for f in (racine / d).rglob("*")]
    tout += [f for f in racine.glob(".prepare*") if f.suffix == ".memoire"]
    return [os.fspath(f) for f in tout if f.stat().st_mode & masque]

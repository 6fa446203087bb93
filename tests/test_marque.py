"""Un dossier n'est vidé que si nous l'avons rempli, et s'il ne contient rien d'autre."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from petite_ville import commande, ecrire_petite_ville, lancer

from observatoire.configuration import PUBLICS
from observatoire.erreurs import ErreurConfiguration
from observatoire.fichiers import ecrire_dossier
from observatoire.marque import MARQUE, PROVISOIRE, exiger, exiger_partage, lister


def _ecrire(dossier: Path, *noms: str) -> None:
    with ecrire_dossier(dossier) as nouveau:
        for nom in noms:
            (nouveau / nom).parent.mkdir(parents=True, exist_ok=True)
            (nouveau / nom).write_text(nom, encoding="utf-8")


def test_ce_que_nous_avons_ecrit_se_remplace(tmp_path):
    _ecrire(tmp_path / "site", "index.html", "book/page.html")
    (tmp_path / "site" / ".gitkeep").touch()
    (tmp_path / "site" / "book" / ".DS_Store").touch()
    _ecrire(tmp_path / "site", "autre.html")
    assert sorted(lister(tmp_path / "site")) == ["autre.html"]
    assert (tmp_path / "site" / ".gitkeep").exists()
    assert [f.name for f in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("vide", [[], [".gitkeep"]])
def test_un_dossier_vide_est_a_qui_le_remplit(tmp_path, vide):
    (tmp_path / "site").mkdir()
    for nom in vide:
        (tmp_path / "site" / nom).touch()
    _ecrire(tmp_path / "site", "index.html")
    assert sorted(lister(tmp_path / "site")) == ["index.html"]


@pytest.mark.parametrize("ajout", ["notes.docx", "book/brouillon.md", ".git/config", ".env", "2010/logements_gbh.csv"])
def test_un_fichier_ajoute_arrete_tout(tmp_path, ajout):
    _ecrire(tmp_path / "site", "index.html")
    fichier = tmp_path / "site" / ajout
    fichier.parent.mkdir(parents=True, exist_ok=True)
    fichier.write_text("à garder", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=r"site : « .*» n'est pas de nous"):
        _ecrire(tmp_path / "site", "index.html")
    assert fichier.read_text(encoding="utf-8") == "à garder"
    assert (tmp_path / "site" / "index.html").exists()


def test_un_fichier_ajoute_au_nom_de_quelqu_un_ne_se_repete_pas(tmp_path):
    _ecrire(tmp_path / "site", "index.html")
    ajoute = tmp_path / "site" / "book" / "Dossier de Mme Dupont.docx"
    ajoute.parent.mkdir()
    ajoute.touch()
    with pytest.raises(ErreurConfiguration, match=r"site : « book/\(1er fichier par ordre alphabétique") as refus:
        _ecrire(tmp_path / "site", "index.html")
    assert "Dupont" not in str(refus.value)


def test_un_fichier_ajoute_pendant_l_ecriture_est_garde(tmp_path):
    _ecrire(tmp_path / "site", "index.html")

    def ajouter_en_chemin():
        with ecrire_dossier(tmp_path / "site") as nouveau:
            (nouveau / "index.html").touch()
            (tmp_path / "site" / "notes.docx").touch()

    with pytest.raises(ErreurConfiguration, match=r"notes\.docx"):
        ajouter_en_chemin()
    assert (tmp_path / "site" / "notes.docx").exists()


def test_un_lien_n_est_pas_un_dossier_a_nous(tmp_path):
    _ecrire(tmp_path / "vrai", "index.html")
    (tmp_path / "site").symlink_to(tmp_path / "vrai")
    with pytest.raises(ErreurConfiguration, match="c'est un lien"):
        exiger(tmp_path / "site")
    (tmp_path / "ailleurs").mkdir()
    (tmp_path / "vrai" / "lien").symlink_to(tmp_path / "ailleurs")
    with pytest.raises(ErreurConfiguration, match="« lien »"):
        exiger(tmp_path / "vrai")


def test_un_dossier_d_avant_la_marque_s_adopte_a_la_main(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").touch()
    with pytest.raises(ErreurConfiguration, match=r"s'adopte ainsi :\n +echo tout > DOSSIER/\.observatoire"):
        exiger(tmp_path / "site")
    (tmp_path / "site" / MARQUE).write_text("tout\n", encoding="utf-8")
    _ecrire(tmp_path / "site", "autre.html")
    assert sorted(lister(tmp_path / "site")) == ["autre.html"]
    (tmp_path / "site" / "notes.docx").touch()
    with pytest.raises(ErreurConfiguration, match=r"notes\.docx"):  # l'adoption ne vaut qu'une fois
        exiger(tmp_path / "site")


def test_un_dossier_partage_est_a_nous_des_qu_une_de_ses_parts_l_est(tmp_path):
    """« prepare » n'est pas vidé d'un coup : ce qui y porte le nom d'une de nos tables serait remplacé."""
    (tmp_path / "depots.parquet").write_text("à garder", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=r"« depots\.parquet »"):
        exiger_partage(tmp_path, tmp_path / "tables")
    _ecrire(tmp_path / "tables", "2010/menages.parquet")
    exiger_partage(tmp_path, tmp_path / "tables")
    (tmp_path / "tables" / "notes.docx").touch()
    with pytest.raises(ErreurConfiguration, match=r"notes\.docx"):
        exiger_partage(tmp_path, tmp_path / "tables")


def test_des_annees_conservees_seules_disent_que_le_dossier_est_a_nous(tmp_path):
    _ecrire(tmp_path / "conserves" / "2007", "indicateurs.parquet")
    exiger_partage(tmp_path, tmp_path / "tables", aussi=(tmp_path / "conserves").glob("*"))
    with pytest.raises(ErreurConfiguration, match="« conserves/2007/"):
        exiger_partage(tmp_path, tmp_path / "tables")


def test_ce_qu_une_commande_tuee_a_laisse_ne_rend_pas_un_dossier_etranger(tmp_path):
    reste = tmp_path / f"{PROVISOIRE}1234" / "tables" / "menages.parquet"
    reste.parent.mkdir(parents=True)
    reste.touch()
    exiger_partage(tmp_path, tmp_path / "tables")


# --- les commandes


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    """La configuration d'une petite ville, et le dossier d'un bailleur à côté."""
    return ecrire_petite_ville(tmp_path_factory.mktemp("ville"), quartiers=False)


@pytest.mark.parametrize(
    ("nom", "option", "dedans"),
    [
        ("livre", "--site", ""),
        ("executer", "--edition", ""),
        ("proteger", "--publie", PUBLICS[0]),
        ("calculer", "--prepare", "tables"),
        ("calculer", "--prepare", "rapports"),
        ("calculer", "--prepare", ""),
        ("verifier", "--rapports", ""),
        ("exemple", "--dossier", ""),
        ("publier", "--site", ""),
        ("publier", "--edition", ""),
    ],
)
def test_aucune_commande_ne_vide_le_dossier_d_un_autre(ville, tmp_path, nom, option, dedans):
    dossier = tmp_path / "a_nous"
    depot = dossier / dedans / "2010" / "logements_gbh.csv"
    depot.parent.mkdir(parents=True)
    depot.write_text("vrai", encoding="utf-8")
    rendu = subprocess.run(commande(nom, ville, option, str(dossier)), capture_output=True, text=True, check=False)
    assert rendu.returncode == (1 if nom == "exemple" else 2), rendu.stderr
    assert "rien n'a été touché" in rendu.stderr.lower() or "rien n'a été écrit" in rendu.stderr.lower()
    assert [f.relative_to(tmp_path) for f in tmp_path.rglob("*") if f.is_file() and "verrou" not in f.name] == [
        depot.relative_to(tmp_path)
    ]


@pytest.mark.parametrize(
    ("nom", "option"),
    [
        ("verifier", "--rapports"),
        ("calculer", "--prepare"),
        ("livre", "--site"),
        ("executer", "--edition"),
        ("exemple", "--dossier"),
        ("publier", "--site"),
    ],
)
def test_un_fichier_donne_pour_dossier_est_garde(ville, tmp_path, nom, option):
    fichier = tmp_path / "notes.docx"
    fichier.write_text("à garder", encoding="utf-8")
    rendu = lancer(nom, "--config", ville, option, fichier)
    assert rendu.returncode in (1, 2)
    assert "est un fichier, pas un dossier" in rendu.stderr
    assert fichier.read_text(encoding="utf-8") == "à garder"

"""Ce qui s'écrit à la main se relit d'un coup : une faute par fichier, toutes dites ensemble, rien de calculé."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from atelier_suivi import ENTETE
from fabrique import RACINE
from petite_ville import lancer

from observatoire.configuration import lire_configuration
from observatoire.saisies import chercher_les_fautes

ACTION = ";quartier;battant;part_apll;2010-03-16;sne;;;examiner;;"
#: Fichier -> (ce qu'on y écrit à la place de quoi, ce que le refus doit dire). Rien à remplacer : le fichier est neuf.
FAUTES = {
    "data/schemas/logements.json": ('"name": "id_logement"', '"nam": "id_logement"', "logements.json"),
    "data/referentiels/baremes/alertes.yml": ("valeurs:", "valleurs:", "alertes.yml"),
    "data/referentiels/quartiers.geojson": ('"code":"battant"', '"code":"velotte"', "velotte"),
    "data/referentiels/ruptures.yml": ("genre: ", "gendre: ", "ruptures.yml"),
    "data/suivi/engagements.yml": ("libelle: ", "libele: ", "engagements.yml"),
    "data/suivi/orientations.yml": (None, "orientations: [{code: 3}]\n", "orientations.yml"),
    "data/suivi/objectifs.yml": (None, "- {code: a}\n", "objectifs.yml ne se lit plus"),
    "data/suivi/actions.csv": (None, f"{ENTETE}\n{ACTION}\n", "« part_apll » n'est pas un indicateur"),
    "data/suivi/corrections.yml": (None, "corrections: [{bailleur: gbh}]\n", "corrections.yml"),
    "data/suivi/correspondances/neolla.yml": (None, "fichiers: []\n", "neolla"),
    "data/suivi/renumerotations/neolla.csv": (None, "ancien,nouveau\n1,2\n", "neolla"),
    "book/gouvernance/2010-03-16-groupe-de-travail.md": ("genre: ", "gendre: ", "2010-03-16-groupe-de-travail.md"),
    "book/commentaires/2010/bregile.md": (None, "Rien.\n", "le plus proche est « bregille »"),
    "book/commentaires/2010/velotte.md": (None, "{{ valeur vacanse }}\n", "ligne 1 : « {{ valeur vacanse }} »"),
    "_toc.yml": ("file: book/charte", "file: book/chartre", "le plus proche est « book/charte »"),
}  # fmt: skip
#: Ceux dont d'autres ont besoin pour être relus.
PREMIERS = (
    "data/schemas/logements.json",
    "data/referentiels/baremes/alertes.yml",
    "data/referentiels/quartiers.geojson",
)


@pytest.fixture
def ville(tmp_path) -> Path:
    """Ce que la ville écrit à la main, sans un dépôt."""
    for nom in ("data/schemas", "data/referentiels", "data/suivi", "book"):
        shutil.copytree(RACINE / nom, tmp_path / nom, ignore=shutil.ignore_patterns("edition", ".*"))
    for nom in ("observatoire.yml", "_toc.yml", "_config.yml"):
        shutil.copy(RACINE / nom, tmp_path / nom)
    (tmp_path / "notebooks").symlink_to(RACINE / "notebooks")
    return tmp_path


def _planter(ville: Path, nom: str) -> str:
    quoi, par, dit = FAUTES[nom]
    fichier = ville / nom
    fichier.parent.mkdir(parents=True, exist_ok=True)
    texte = par if quoi is None else fichier.read_text(encoding="utf-8").replace(quoi, par, 1)
    assert quoi is None or texte != fichier.read_text(encoding="utf-8")
    fichier.write_text(texte, encoding="utf-8")
    return dit


def test_ce_qui_est_bien_ecrit_ne_se_reproche_pas(ville):
    assert chercher_les_fautes(lire_configuration(ville / "observatoire.yml")) == []


def test_toutes_les_fautes_se_disent_ensemble_avant_qu_un_depot_ne_soit_lu(ville):
    dits = [_planter(ville, nom) for nom in FAUTES if nom not in PREMIERS]
    for commande in ("verifier", "calculer"):
        faite = lancer(commande, "--config", ville / "observatoire.yml")
        assert faite.returncode == 2
        assert [dit for dit in dits if dit not in faite.stderr] == []
        assert "brut" not in faite.stderr  # il n'y a pas de dépôts : on n'en est pas là
    assert not (ville / "data" / "prepare").exists() or not any((ville / "data" / "prepare").glob("*.parquet"))


@pytest.mark.parametrize("nom", PREMIERS)
def test_un_fichier_dont_d_autres_dependent_n_empeche_pas_de_relire_le_reste(ville, nom):
    dits = [_planter(ville, nom), _planter(ville, "_toc.yml")]
    fautes = "\n".join(chercher_les_fautes(lire_configuration(ville / "observatoire.yml")))
    assert [dit for dit in dits if dit not in fautes] == []


def test_les_fautes_de_deux_baremes_se_disent_ensemble_chacune_a_sa_ligne(ville):
    """Une date impossible n'arrête ni la lecture de son fichier, ni celle des règles des autres."""
    alertes, secret = (ville / "data/referentiels/baremes" / f"{n}.yml" for n in ("alertes", "confidentialite"))
    autre = ville / "data/referentiels/baremes/delai_anormalement_long.yml"
    autre.write_text(autre.read_text("utf-8").replace("1999-01-01", "2007-13-01"), encoding="utf-8")
    alertes.write_text(alertes.read_text("utf-8").replace("repondants: ", "repondans: ", 1), encoding="utf-8")
    secret.write_text(secret.read_text("utf-8").replace("contributeurs: 3 ", "contributeur: 3 ", 1), encoding="utf-8")
    fautes = "\n".join(chercher_les_fautes(lire_configuration(ville / "observatoire.yml")))
    assert re.search(r"delai_anormalement_long\.yml, ligne \d+ : .*« depuis ».*AAAA-MM-JJ", fautes), fautes
    assert "« repondans »" in fautes
    assert "« contributeur »" in fautes
    assert fautes.count("« repondans »") == 1


def test_chaque_fichier_du_suivi_est_relu(ville):
    """Un YAML illisible, à la place de chacun : aucun n'attend le calcul pour le dire."""
    fichiers = [*(ville / "data" / "suivi").glob("*.yml"), ville / "data" / "referentiels" / "ruptures.yml"]
    for fichier in fichiers:
        fichier.write_text("a: [", encoding="utf-8")
    fautes = "\n".join(chercher_les_fautes(lire_configuration(ville / "observatoire.yml")))
    assert [fichier.name for fichier in fichiers if fichier.name not in fautes] == []


def test_une_page_rangee_nulle_part_se_dit(ville):
    sommaire = yaml.safe_load((ville / "_toc.yml").read_text(encoding="utf-8"))
    (ville / "book" / "nouvelle.md").write_text("# Nouvelle\n", encoding="utf-8")
    sommaire["parts"][-1]["chapters"].append({"glob": "book/neuves/*"})
    (ville / "_toc.yml").write_text(yaml.safe_dump(sommaire), encoding="utf-8")
    (faute,) = chercher_les_fautes(lire_configuration(ville / "observatoire.yml"))
    assert "- file: book/nouvelle" in faute


def test_ce_qu_une_edition_interrompue_laisse_n_est_pas_une_page(ville):
    """Ni les copies qu'un éditeur de texte ou Jupyter cache à côté de ce qu'on écrit."""
    restes = ("edition/.edition", ".edition/pages/2010", ".edition/echecs", ".ipynb_checkpoints")
    for dossier in (*restes, "commentaires/2010/.ipynb_checkpoints", "commentaires/.brouillons"):
        (ville / "book" / dossier).mkdir(parents=True)
        (ville / "book" / dossier / "ville.md").write_text("Rien.\n", encoding="utf-8")
        (ville / "book" / dossier / "ville.ipynb").write_text("{}", encoding="utf-8")
    assert chercher_les_fautes(lire_configuration(ville / "observatoire.yml")) == []

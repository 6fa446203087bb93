"""Ce que la vérification continue exécute : la règle du journal, et les étapes de la publication."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from petit_publie import ecrire_publie
from scripts import charger

RACINE = Path(__file__).parents[1]

# La règle du journal ----------------------------------------------------------------------------------------

JOURNAL = "# Journal\n\n## [Non publié]\n\n### Valeurs\n- Une ligne\n  repliée.\n\n### Corrigé\n- Un défaut.\n"
VALEURS = charger(RACINE / ".ci" / "valeurs")


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """(une édition, la même avec deux valeurs de 2010 changées)."""
    avant = ecrire_publie(tmp_path_factory.mktemp("valeurs") / "publique")
    apres = Path(shutil.copytree(avant, avant.with_name("apres")))
    table = pd.read_csv(apres / "indicateurs.csv")
    publiees = table.index[table["indicateur"].eq("taux_vacance") & table["annee"].eq(2010) & table["valeur"].gt(0)]
    table.loc[publiees[:2], "valeur"] += 0.01
    table.to_csv(apres / "indicateurs.csv", index=False)
    return avant, apres


@pytest.mark.parametrize(
    ("journal", "code"),
    [
        (JOURNAL, 1),
        (JOURNAL.replace("ligne\n  repliée", "ligne repliée"), 1),
        (JOURNAL.replace("- Un défaut", "- Un autre défaut.\n- Un défaut"), 1),
        (JOURNAL.replace("- Une", "- Taux de vacance, 2010 :\n  deux valeurs.\n- Une"), 0),
    ],
    ids=["rien", "replié", "ailleurs", "dit"],
)
def test_une_valeur_qui_change_demande_une_ligne_sous_valeurs(editions, journal, code, tmp_path, capsys):
    assert VALEURS.juger(*editions, (JOURNAL, journal), tmp_path) == code
    dit = capsys.readouterr().out
    assert "taux_vacance, 2010 : 2 valeurs (le calcul" in dit
    assert "indicateurs.csv, 2010 : 2 lignes (valeur)" in dit
    attendu = "- `taux_vacance`, 2010 : …" if code else "  - Taux de vacance, 2010 : deux valeurs."
    assert attendu in dit.splitlines()
    assert {f.name for f in tmp_path.iterdir()} == {"comparaison.html", "comparaison.csv", "comparaison_tables.csv"}


def test_rien_ne_change_rien_n_est_demande(editions, tmp_path, capsys):
    assert VALEURS.juger(editions[0], editions[0], (JOURNAL, JOURNAL), tmp_path) == 0
    assert "Aucune valeur publiée" in capsys.readouterr().out


BIBLIOTHEQUE = """import sys
from pathlib import Path

def principal():
    if sys.argv[1] == "proteger":
        publie = Path(sys.argv[sys.argv.index("--publie") + 1], "publique")
        publie.mkdir(parents=True)
        entete = "annee,niveau,territoire,bailleur,indicateur,valeur,statut"
        publie.joinpath("indicateurs.csv").write_text(f"{entete}\\n2010,ville,25056,tous,taux,{VALEUR},publie\\n")
    sys.exit(ECHEC)
"""


@pytest.fixture
def depot(tmp_path, monkeypatch):
    """Un dépôt git dont la bibliothèque écrit une seule valeur ; rend de quoi y faire un commit."""

    def engager(valeur: str, journal: str, echec: int = 0) -> None:
        paquet = tmp_path / "depot" / "src" / "observatoire"
        paquet.mkdir(parents=True, exist_ok=True)
        (paquet / "__init__.py").touch()
        (paquet / "cli.py").write_text(f"VALEUR, ECHEC = {valeur}, {echec}\n{BIBLIOTHEQUE}", "utf-8")
        (tmp_path / "depot" / "CHANGELOG.md").write_text(journal, "utf-8")
        git("add", ".")
        git("-c", "user.name=a", "-c", "user.email=a@exemple.fr", "commit", "--quiet", "--allow-empty", "-m", "a")

    def git(*commande: str) -> None:
        subprocess.run(["git", *commande], cwd=tmp_path / "depot", check=True, capture_output=True)

    (tmp_path / "depot").mkdir()
    git("init", "--quiet", "--initial-branch", "main")
    monkeypatch.setattr(VALEURS, "RACINE", tmp_path / "depot")
    monkeypatch.setattr("sys.argv", ["valeurs", "HEAD~1", "--sortie", str(tmp_path / "sortie")])
    return engager


@pytest.mark.parametrize(
    ("commits", "code"),
    [
        ([("1", JOURNAL), ("1", JOURNAL)], 0),
        ([("1", JOURNAL), ("2", JOURNAL)], 1),
        ([("1", JOURNAL), ("2", JOURNAL.replace("- Une", "- Le taux double.\n- Une"))], 0),
        ([("1", JOURNAL, 1), ("1", JOURNAL)], 3),
        ([("1", JOURNAL)], 3),
    ],
    ids=["rien", "tue", "dite", "base en échec", "sans base"],
)
def test_les_deux_editions_sont_celles_des_sources_de_leur_revision(depot, commits, code, tmp_path, capsys):
    for commit in commits:
        depot(*commit)
    with pytest.raises(SystemExit) as fin:
        VALEURS.principal()
    assert fin.value.code == code
    assert (code == 3) == ("RIEN n'a été comparé" in capsys.readouterr().err)
    assert not (tmp_path / "depot" / ".git" / "worktrees").exists()

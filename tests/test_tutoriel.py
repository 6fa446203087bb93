"""Le tutoriel du livre : ses commandes et ses cellules, exécutées dans l'ordre où elles se lisent."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import matplotlib
import pytest
import seaborn as sns
from atelier import RACINE, ecrire_modeles
from petite_ville import lancer

PAGE = (RACINE / "book/tutoriel.md").read_text(encoding="utf-8")
BLOCS = re.findall(r"^```(sh|python)\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.fixture(scope="module")
def faits(tmp_path_factory):
    """Le dossier où tout a été fait, et ce qu'a dit chaque commande ; les pages autres que la nôtre sont courtes."""
    dossier, dits, espace = tmp_path_factory.mktemp("tutoriel"), [], {}
    ici = Path.cwd()
    matplotlib.use("agg")
    os.chdir(dossier)
    try:
        for langue, bloc in BLOCS:
            if langue == "python":
                exec(bloc, espace)
            else:
                for ligne in bloc.splitlines():
                    dits.append((ligne, _executer(ligne, dossier)))
    finally:
        os.chdir(ici)
    return Path(dossier / "essai"), dict(dits), espace


def _executer(ligne: str, dossier: Path) -> str:
    """Une ligne du tutoriel, dans ce processus quand c'est notre commande ; le site ne se fait que la dernière fois."""
    mots = shlex.split(ligne)
    if mots[0] == "cd":
        os.chdir(mots[1])
        _raccourcir(Path.cwd())
        return ""
    if mots[0] != "observatoire":
        fait = subprocess.run(ligne, shell=True, capture_output=True, text=True, check=False)
    elif mots[1] == "publier" and not Path("data/publie").exists():
        fait = next((f for f in map(lancer, ("calculer", "proteger")) if f.returncode), lancer("verifier"))
    else:
        config = ["--config", str(RACINE / "observatoire.yml")] if mots[1] == "nouvelle-ville" else []
        fait = lancer(*mots[1:], *config)
    assert fait.returncode == 0, f"{ligne}\n{fait.stdout}{fait.stderr}"
    return fait.stdout + fait.stderr


def _raccourcir(ville: Path) -> None:
    """Des modèles de trois cellules : ceux du dépôt sont exécutés ailleurs, et ce serait une minute de plus."""
    config = ville / "observatoire.yml"
    ecrire_modeles(ville / "notebooks")
    texte = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"^  notebooks: .*$", "  notebooks: notebooks", texte, flags=re.M), encoding="utf-8")
    assert lancer("nouvelle-page", "mon-quartier", "Mon quartier").returncode == 0


def test_le_site_dit_le_commentaire_et_montre_la_figure(faits):
    ville, _, _ = faits
    commentaire = (ville / "data/publie/publique/commentaires/2024/centre.md").read_text(encoding="utf-8")
    assert re.search(r"La vacance y est de \d", commentaire)
    figure = (ville / "_build/html/book/edition/ma_figure.html").read_text(encoding="utf-8")
    assert "<svg" in figure
    for page in ("edition/2024/quartier-gare", "mon-quartier", "edition/engagements/premier_engagement"):
        assert (ville / f"_build/html/book/{page}.html").is_file()


def test_la_seance_les_rapports_et_les_annees_sont_la(faits):
    ville, dits, _ = faits
    assert (ville / "book/gouvernance/2025-03-18-groupe-de-travail.md").is_file()
    assert list((ville / "rapports").rglob("*.html"))
    assert "annees: [2023, 2024]" in (ville / "observatoire.yml").read_text(encoding="utf-8")
    assert any("suivi/engagements.yml, ligne" in dit for dit in dits.values())


def test_les_cellules_montrent_quelque_chose(faits):
    _, _, espace = faits
    assert set(espace["vacance"]["nom"]) == {"Centre", "Gare"}
    assert isinstance(espace["figure"], type(sns.barplot()))
    assert espace["alertes"]

"""Greffon de pytest pour « make test » : les étapes, leur durée, et ce que lisent les notebooks.

Chargé par ``-p durees`` (voir le Makefile). Chaque test appartient à une étape ; le tableau final dit combien
de tests elle compte et combien de temps elle a pris, préparations partagées comprises.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

RACINE = Path(__file__).parents[1]
ESSAI = RACINE / "_build" / "essai"
LOGEMENTS_ESSAI = "16000"
#: La page d'un seul dossier d'alerte n'est que dans l'édition des partenaires (voir test_edition_publics) ; l'essai est
#: public, et un dossier n'existe que dans ses propres dépôts.
SANS_ESSAI = {"alerte.ipynb"}
LANCER = "import sys; from observatoire.cli import principal; sys.exit(principal())"
ETAPES = {
    "forme": "Forme du code, couches, dépôt",
    "unite": "Tests unitaires et propriétés",
    "cas": "Cas du catalogue",
    "notebooks": "Notebooks (nbval)",
    "bout_en_bout": "Bout en bout : une petite édition",
    "site": "Le site dans Chromium",
    "reel": "Fichiers réels",
}
RESULTATS = ("passed", "failed", "error", "skipped")


def etape(item: pytest.Item) -> str:
    """Étape (clé de :data:`ETAPES`) à laquelle appartient un test."""
    if item.path.suffix == ".ipynb":
        return "notebooks"
    marquee = next((m for m in ("site", "bout_en_bout", "reel") if item.get_closest_marker(m)), None)
    if marquee:
        return marquee
    return {"test_depot.py": "forme", "test_catalogue.py": "cas"}.get(item.path.name, "unite")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if collection_path.name in SANS_ESSAI else None


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Durees(), "durees-par-etape")


class Durees:
    """Compte les tests et le temps par étape, et donne aux notebooks une petite édition à lire."""

    def __init__(self) -> None:
        self.secondes: dict[str, float] = defaultdict(float)
        self.comptes: dict[str, Counter] = defaultdict(Counter)
        self.etapes: dict[str, str] = {}
        self.echec_essai: str | None = None
        self.essai_fait = False
        self.publie_avant: str | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Le plus rapide d'abord : une faute de forme se voit avant la construction d'une édition."""
        ordre = list(ETAPES)
        items.sort(key=lambda item: ordre.index(etape(item)))
        self.etapes = {item.nodeid: etape(item) for item in items}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if etape(item) != "notebooks":
            return
        if not self.essai_fait:
            debut = time.perf_counter()
            self.essai_fait, self.echec_essai = True, _preparer_essai()
            self.secondes["notebooks"] += time.perf_counter() - debut
        if self.echec_essai:
            pytest.fail(self.echec_essai, pytrace=False)
        self.publie_avant = os.environ.get("OBSERVATOIRE_PUBLIE")
        os.environ["OBSERVATOIRE_PUBLIE"] = str(ESSAI / "publie" / "publique")

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if etape(item) != "notebooks":
            return
        if self.publie_avant is None:
            os.environ.pop("OBSERVATOIRE_PUBLIE", None)
        else:
            os.environ["OBSERVATOIRE_PUBLIE"] = self.publie_avant

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        cle = self.etapes.get(report.nodeid, "unite")
        self.secondes[cle] += report.duration
        if report.when == "call" or not report.passed:
            resultat = "error" if report.failed and report.when != "call" else report.outcome
            self.comptes[cle][resultat] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter) -> None:
        terminalreporter.section("durées par étape", sep="-")
        terminalreporter.write_line(f"{'étape':<36}{'réussis':>9}{'échecs':>8}{'sautés':>8}{'durée':>10}")
        for cle, libelle in ETAPES.items():
            if cle in self.comptes:
                terminalreporter.write_line(self._ligne(libelle, self.comptes[cle], self.secondes[cle]))
        total = sum(self.comptes.values(), Counter())
        terminalreporter.write_line(self._ligne("Ensemble", total, sum(self.secondes.values())), bold=True)

    @staticmethod
    def _ligne(libelle: str, comptes: Counter, secondes: float) -> str:
        echecs = comptes["failed"] + comptes["error"]
        duree = f"{secondes:.1f} s".replace(".", ",")
        return f"{libelle:<36}{comptes['passed']:>9}{echecs:>8}{comptes['skipped']:>8}{duree:>10}"


def _preparer_essai() -> str | None:
    """Construire ``_build/essai/publie`` (environ 2 000 logements) ; rend le message d'échec éventuel."""
    shutil.rmtree(ESSAI, ignore_errors=True)
    brut, prepare, publie = (str(ESSAI / nom) for nom in ("brut", "prepare", "publie"))
    for commande in (
        ["exemple", "--dossier", brut, "--logements", LOGEMENTS_ESSAI],
        ["calculer", "--brut", brut, "--prepare", prepare],
        ["proteger", "--prepare", prepare, "--publie", publie],
    ):
        fait = subprocess.run(
            [sys.executable, "-c", LANCER, *commande],
            cwd=RACINE,
            capture_output=True,
            text=True,
            check=False,
        )
        if fait.returncode:
            sortie = f"observatoire {' '.join(commande)}\n{fait.stdout}{fait.stderr}"
            return f"La petite édition des notebooks n'a pas pu être faite.\n{sortie}"
    return None

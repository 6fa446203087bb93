"""Greffon de pytest pour « make test » : les étapes, leur durée, le partage du travail, et ce que lisent les notebooks.

Chargé par ``-p durees`` (voir le Makefile). Chaque test appartient à une étape ; le tableau final dit combien
de tests elle compte et combien de temps elle a pris, préparations partagées comprises.

``make test`` fait avancer deux fichiers de tests à la fois ; un fichier nommé (``make test TESTS=tests/test_x.py``) est
lu dans un seul processus, sans attendre que d'autres naissent.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from observatoire.processus import ramasser_moins

#: Deux suffisent : l'édition et la protection emploient déjà tous les cœurs.
OUVRIERS = 2
ETAPES = {
    "forme": "Forme du code, couches, dépôt",
    "unite": "Tests unitaires et propriétés",
    "cas": "Cas du catalogue",
    "notebooks": "Notebooks (nbval)",
    "bout_en_bout": "Bout en bout : une petite édition",
    "site": "Le site dans Chromium",
    "reel": "Fichiers réels",
}
#: Préparation de toute la session (``conftest.py``) -> les fichiers qui l'emploient ; un même processus les fait tous.
#: Les notebooks lisent la petite édition (:mod:`petite_edition`).
PARTAGES = {
    "petite_chaine": {
        "test_audit_site.py", "test_comparables.py", "test_mixite_tables.py", "test_nginx.py", "test_site.py",
    },
    "ville_seule": {"test_pannes.py", "test_ville_seule.py"},
}  # fmt: skip


def etape(item: pytest.Item) -> str:
    """Étape (clé de :data:`ETAPES`) à laquelle appartient un test."""
    if item.path.suffix == ".ipynb":
        return "notebooks"
    marquee = next((m for m in ("site", "bout_en_bout", "reel") if item.get_closest_marker(m)), None)
    if marquee:
        return marquee
    return {"test_depot.py": "forme", "test_catalogue.py": "cas"}.get(item.path.name, "unite")


def ensemble(nodeid: str) -> str:
    """Ce qui est fait par un même processus, dans l'ordre : un fichier, ou tous ceux d'une préparation partagée."""
    fichier = nodeid.partition("::")[0]
    if fichier.endswith(".ipynb"):
        return "petite_chaine"
    return next((nom for nom, siens in PARTAGES.items() if Path(fichier).name in siens), fichier)


class Partage(LoadScopeScheduling):
    """Donner à chaque processus un :func:`ensemble` après l'autre."""

    def _split_scope(self, nodeid: str) -> str:
        return ensemble(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> Partage:
    return Partage(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Des dossiers entiers : :data:`OUVRIERS` processus. Des fichiers ou des tests nommés : un seul, celui-ci."""
    return OUVRIERS if all(Path(argument).is_dir() for argument in config.args) else 0


def pytest_configure(config: pytest.Config) -> None:
    ramasser_moins()
    config.pluginmanager.register(Durees(), "durees-par-etape")
    config.pluginmanager.register(Notebooks(), "edition-des-notebooks")


class Durees:
    """L'ordre des tests, puis leur nombre et leur temps par étape.

    Un compte rendu vient d'un autre processus quand le travail est partagé : il porte donc lui-même son étape.
    """

    def __init__(self) -> None:
        self.secondes: dict[str, float] = defaultdict(float)
        self.comptes: dict[str, Counter] = defaultdict(Counter)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Le plus rapide d'abord : une faute de forme se voit avant la construction d'une édition.

        À plusieurs processus, la forme puis les ensembles les plus longs : aucun n'attend l'autre à la fin.
        """
        _verifier_le_partage(items)
        ordre = {item: list(ETAPES).index(etape(item)) for item in items}
        items.sort(key=ordre.get)
        if "PYTEST_XDIST_WORKER" in os.environ:
            rangs = {ensemble(item.nodeid): ordre[item] for item in items}  # la dernière étape de chacun
            items.sort(key=lambda item: -rangs[ensemble(item.nodeid)] if ordre[item] else -len(ETAPES))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        rapport = yield
        rapport.etape = etape(item)
        return rapport

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        cle = getattr(report, "etape", "unite")  # un processus mort n'a pas rendu compte lui-même
        self.secondes[cle] += report.duration
        if report.when == "call" or not report.passed:
            resultat = "error" if report.failed and report.when != "call" else report.outcome
            self.comptes[cle][resultat] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter, config: pytest.Config) -> None:
        terminalreporter.section("durées par étape", sep="-")
        terminalreporter.write_line(f"{'étape':<36}{'réussis':>9}{'échecs':>8}{'sautés':>8}{'durée':>10}")
        for cle, libelle in ETAPES.items():
            if cle in self.comptes:
                terminalreporter.write_line(self._ligne(libelle, self.comptes[cle], self.secondes[cle]))
        total = sum(self.comptes.values(), Counter())
        terminalreporter.write_line(self._ligne("Ensemble", total, sum(self.secondes.values())), bold=True)
        if config.getoption("numprocesses"):
            terminalreporter.write_line("Durées cumulées des processus ; le temps écoulé est à la dernière ligne.")

    @staticmethod
    def _ligne(libelle: str, comptes: Counter, secondes: float) -> str:
        echecs = comptes["failed"] + comptes["error"]
        duree = f"{secondes:.1f} s".replace(".", ",")
        return f"{libelle:<36}{comptes['passed']:>9}{echecs:>8}{comptes['skipped']:>8}{duree:>10}"


class Notebooks:
    """Donne aux notebooks de quoi lire : la petite édition, ou pour la page d'une alerte celle des partenaires."""

    def __init__(self) -> None:
        self.publie_avant: str | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if etape(item) != "notebooks":
            return
        from petite_edition import publier, publier_aux_partenaires

        if item.path.stem == "alerte":
            publie = publier_aux_partenaires()
            _choisir_une_alerte(item.cell, publie)
        else:
            publie = publier().chemin("publie") / "publique"
        self.publie_avant = os.environ.get("OBSERVATOIRE_PUBLIE")
        os.environ["OBSERVATOIRE_PUBLIE"] = str(publie)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if etape(item) != "notebooks":
            return
        if self.publie_avant is None:
            os.environ.pop("OBSERVATOIRE_PUBLIE", None)
        else:
            os.environ["OBSERVATOIRE_PUBLIE"] = self.publie_avant


def _choisir_une_alerte(cellule, publie: Path) -> None:
    """Un dossier n'existe que dans ses propres dépôts : celui du modèle est remplacé par le premier ouvert ici."""
    from observatoire.moteur.matiere import Matiere

    if "parameters" in cellule.metadata.get("tags", []):
        ouverte = Matiere.lire(publie).admises["alerte"][0]
        cellule.source, remplaces = re.subn(r'^alerte = "\w+"', f'alerte = "{ouverte}"', cellule.source, flags=re.M)
        assert remplaces == 1, "alerte.ipynb : le paramètre « alerte » n'a pas été reconnu."


def _verifier_le_partage(items: list[pytest.Item]) -> None:
    for nom, siens in PARTAGES.items():
        emploient = {item.path.name for item in items if nom in getattr(item, "fixturenames", ())}
        if oublies := sorted(emploient - siens):
            raise pytest.UsageError(f"PARTAGES (tests/durees.py) oublie pour « {nom} » : {', '.join(oublies)}.")

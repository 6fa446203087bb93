"""L'équipe : la mort d'un enfant ou de la souche ne coûte que du temps."""

from __future__ import annotations

import psutil
import pytest
from atelier import compter_les_pages, configurer, ecrire_modele, ecrire_modeles, ecrire_publie

from observatoire.edition import executer
from observatoire.edition.equipe import MEURTRIERE, SANS_SOUCHE
from observatoire.erreurs import EditionIncomplete

pytestmark = pytest.mark.bout_en_bout


@pytest.fixture
def config(tmp_path):
    ecrire_publie(tmp_path / "publie" / "publique", annees=(2009, 2010))
    ecrire_modeles(tmp_path / "notebooks")
    return configurer(tmp_path)


def _souche() -> psutil.Process:
    vivants = (p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE)
    return next(p for p in vivants if "observatoire.moteur" in p.cmdline())


def test_une_souche_qui_meurt_en_route_est_remplacee(config):
    tues = []

    def tuer(fait, total, sortie):
        if fait == 2:
            tues.append(_souche())
            tues[0].kill()

    bilan = executer(config, ouvriers=2, avancement=tuer)
    assert len(tues) == 1
    assert (bilan.pages, bilan.avertissements) == (compter_les_pages(config), {})
    assert len(list(config.chemin("edition").rglob("*.ipynb"))) == bilan.pages


def test_une_page_qui_tue_toujours_qui_la_fait_echoue_et_les_autres_sont_gardees(config):
    tueur = "import os, time\nos.kill(os.getppid(), 9 * (annee > 0))\ntime.sleep(20)"
    ecrire_modele(config.chemin("notebooks"), "corrections", "# Corrections", "annee = 2010", tueur)
    with pytest.raises(EditionIncomplete) as echec:
        executer(config, ouvriers=1)
    assert f"1 page sur {compter_les_pages(config)}" in str(echec.value)
    assert "corrections" in str(echec.value)
    assert MEURTRIERE in str(echec.value)
    ecrire_modele(config.chemin("notebooks"), "corrections", "# Corrections", "annee = 2010", "print(annee > 0)")
    assert executer(config).pages == 1


def test_sans_souche_l_edition_se_fait_et_le_dit(config, monkeypatch):
    monkeypatch.setattr("observatoire.edition.equipe.PRECHARGEMENT", "module_qui_n_existe_pas")
    ecrire_publie(config.chemin("publie") / "publique")  # une année : chaque page attend qu'un noyau ordinaire naisse
    bilan = executer(config, ouvriers=2)
    assert bilan.pages == len(list(config.chemin("edition").rglob("*.ipynb"))) > 10
    assert {a for avertis in bilan.avertissements.values() for a in avertis} == {SANS_SOUCHE}

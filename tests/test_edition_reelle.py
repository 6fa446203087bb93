"""Les vrais notebooks : mêmes octets dans le moteur et dans un noyau, et refaits seulement par ce qu'ils montrent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from petit_publie import ecrire_publie

from observatoire.edition.carnet import Carnet, Etat
from observatoire.edition.equipe import Lieu, demarrer
from observatoire.edition.page import faire_page
from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import preparer
from observatoire.moteur.porte import Porte

RACINE = Path(__file__).resolve().parents[1]
CONTOURS = RACINE / "data" / "referentiels" / "quartiers.geojson"
SORTIES = ("2010/quartier-battant", "2010/quartier-velotte", "2010/ville", "2010/bailleur-gbh", "couverture")

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

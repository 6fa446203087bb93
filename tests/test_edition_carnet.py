"""Le carnet : une édition ne refait que ce qui a changé, et reprend où elle s'était arrêtée."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from atelier import ecrire_modele, ecrire_modeles, ecrire_publie

from observatoire.edition.carnet import Carnet, Etat
from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import Resultat, preparer

VACANCE = ("indicateurs.csv", (("indicateur", "taux_vacance"), ("niveau", "ville")))
TOUT = ("indicateurs.csv", ())
RUPTURES = ("ruptures.csv", ())
ABSENT = ("commentaires/2010/battant.md", ())


@pytest.fixture
def atelier(tmp_path):
    ecrire_publie(tmp_path / "publie", annees=(2009, 2010))
    ecrire_modeles(tmp_path / "notebooks")
    return tmp_path


def _travaux(atelier):
    return {p.sortie: preparer(p) for p in lister_pages(atelier / "publie", atelier / "notebooks")}


def _carnet(atelier):
    return Carnet(atelier / "edition", Etat(atelier / "publie"))


def _faire(atelier, sortie="2010/ville", lues=frozenset({VACANCE, RUPTURES})):
    travail = _travaux(atelier)[sortie]
    _carnet(atelier).ranger(Resultat(travail, travail.notebook, lues))


def _a_jour(atelier, sortie="2010/ville"):
    return _carnet(atelier).est_a_jour(_travaux(atelier)[sortie])


def _changer(atelier, colonne="valeur", **cles):
    fichier = atelier / "publie" / "indicateurs.csv"
    table = pd.read_csv(fichier)
    ou = pd.Series(True, index=table.index)
    for cle, valeur in cles.items():
        ou &= table[cle].eq(valeur)
    assert ou.any()
    table.loc[ou, colonne] *= 2
    table.to_csv(fichier, index=False)


def test_une_page_jamais_faite_n_est_pas_a_jour(atelier):
    assert not _a_jour(atelier)


def test_une_page_faite_est_a_jour_en_attente_puis_en_place(atelier):
    _faire(atelier)
    assert _a_jour(atelier)
    _carnet(atelier).mettre_en_place({Path("2010/ville.ipynb")})
    assert (atelier / "edition" / "2010" / "ville.ipynb").is_file()
    assert _a_jour(atelier)


def test_seules_les_lignes_lues_comptent(atelier):
    _faire(atelier)
    _changer(atelier, indicateur="financement_plai")
    assert _a_jour(atelier)
    _changer(atelier, indicateur="taux_vacance", annee=2009)
    assert not _a_jour(atelier)


def test_qui_lit_toute_la_table_est_refait_au_moindre_changement(atelier):
    _faire(atelier, lues=frozenset({TOUT}))
    _changer(atelier, indicateur="financement_plai", annee=2009)
    assert not _a_jour(atelier)


def test_un_autre_ordre_des_lignes_ou_des_lignes_en_plus_ailleurs_ne_changent_rien(atelier):
    _faire(atelier)
    fichier = atelier / "publie" / "indicateurs.csv"
    table = pd.read_csv(fichier)
    ajout = table[table["indicateur"].eq("financement_plus")].assign(territoire="ailleurs", niveau="quartier")
    pd.concat([ajout, table]).to_csv(fichier, index=False)
    assert _a_jour(atelier)


@pytest.mark.parametrize("lecture", [RUPTURES, ABSENT], ids=["table", "commentaire qui manquait"])
def test_un_fichier_lu_qui_change_ou_apparait_refait_la_page(atelier, lecture):
    _faire(atelier, lues=frozenset({lecture}))
    assert _a_jour(atelier)
    fichier = atelier / "publie" / lecture[0]
    fichier.parent.mkdir(parents=True, exist_ok=True)
    fichier.write_text("autre chose", encoding="utf-8")
    assert not _a_jour(atelier)


def test_un_notebook_ou_un_parametre_qui_change_refait_la_page(atelier):
    _faire(atelier)
    ecrire_modele(atelier / "notebooks", "ville", "# {{ ville }}", "annee = 2010", "print(annee)")
    assert not _a_jour(atelier)


def test_une_page_retouchee_a_la_main_est_refaite(atelier):
    _faire(atelier)
    page = atelier / ".edition" / "pages" / "2010" / "ville.ipynb"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert not _a_jour(atelier)


def test_le_code_de_la_bibliotheque_compte(atelier, monkeypatch):
    _faire(atelier)
    monkeypatch.setattr("observatoire.edition.carnet.empreinte_du_code", lambda: "un autre code")
    assert not _a_jour(atelier)


def test_une_note_sans_sa_page_ne_suffit_pas(atelier):
    _faire(atelier)
    (atelier / ".edition" / "pages" / "2010" / "ville.ipynb").unlink()
    assert not _a_jour(atelier)


@pytest.mark.parametrize("reste", ["", "{", "[]", '{"cle": 1}'])
def test_une_note_abimee_refait_la_page_sans_rien_arreter(atelier, reste):
    _faire(atelier)
    (atelier / ".edition" / "memoire" / "2010" / "ville.json").write_text(reste, encoding="utf-8")
    assert not _a_jour(atelier)


def test_une_page_qui_attend_sans_sa_note_ne_prend_pas_la_place_d_une_page_vraie(atelier):
    _faire(atelier)
    _carnet(atelier).mettre_en_place({Path("2010/ville.ipynb")})
    attente = atelier / ".edition" / "pages" / "2010" / "ville.ipynb"
    attente.parent.mkdir(parents=True, exist_ok=True)
    attente.write_text("écrite juste avant l'arrêt", encoding="utf-8")
    assert not _a_jour(atelier)


def test_la_note_est_ecrite_apres_la_page_et_se_relit(atelier):
    _faire(atelier)
    note = json.loads((atelier / ".edition" / "memoire" / "2010" / "ville.json").read_text(encoding="utf-8"))
    assert set(note) == {"cle", "lu", "page", "lectures"}
    assert len(note["lectures"]) == 2

"""L'édition : paramètres refusés, pages identiques d'une fois à l'autre, échecs dits et rien à moitié."""

from __future__ import annotations

import json

import nbformat
import petit_publie
import pytest
from atelier import CODE, MODELES, QUARTIERS, RACINE, configurer, ecrire_modele, ecrire_modeles, ecrire_publie

from observatoire.edition import executer, lister_pages
from observatoire.edition.carnet import Etat
from observatoire.edition.equipe import Lieu
from observatoire.edition.page import faire_page
from observatoire.edition.travail import preparer
from observatoire.erreurs import EditionIncomplete, ParametreInconnu
from observatoire.moteur.porte import Porte
from observatoire.moteur.souche import Souche
from observatoire.moteur.textes import remplacer


@pytest.fixture
def atelier(tmp_path):
    return _remplir(tmp_path)


def _remplir(tmp_path):
    ecrire_publie(tmp_path / "publie" / "publique")
    ecrire_modeles(tmp_path / "notebooks")
    return tmp_path


def _plan(atelier):
    return lister_pages(atelier / "publie" / "publique", atelier / "notebooks")


@pytest.fixture(scope="module", autouse=True)
def souche():
    """Celle d'où naît qui fait les pages de ce module."""
    with Souche() as en_marche:
        _faire.souche = en_marche
        yield


def _faire(atelier, sortie, delai=60):
    page = next(p for p in _plan(atelier) if p.sortie == sortie)
    vide = atelier / "vide"
    vide.mkdir(exist_ok=True)
    lieu = Lieu(atelier / "publie" / "publique", vide, Porte(), _faire.souche)
    resultat = faire_page(preparer(page, delai), lieu)
    assert not [*vide.iterdir()]
    return resultat


def _remplacer(atelier, nom, titre=None, parametres=None, code=None):
    t, p, lus = MODELES[nom]
    return ecrire_modele(atelier / "notebooks", nom, titre or t, parametres or p, code or CODE % lus)


# --- le plan


def test_le_plan_croise_les_annees_les_quartiers_et_les_bailleurs(tmp_path):
    ecrire_publie(tmp_path / "publie" / "publique", annees=(2009, 2010))
    ecrire_modeles(tmp_path / "notebooks")
    pages = {p.sortie: p for p in _plan(tmp_path)}
    par_annee = [sum(page.startswith(f"{annee}/") for page in pages) for annee in (2009, 2010)]
    assert par_annee == [3 + 2 + 1] * 2  # la ville, les alertes, les attributions ; deux quartiers ; un bailleur
    assert pages["2009/quartier-battant"].parametres == {"annee": 2009, "quartier": "battant"}
    assert pages["2009/quartier-battant"].textes["quartier_nom"] == "Battant"
    assert pages["accueil"].parametres == {"annee": 2010}
    assert pages["2009/ville"].sommaire == ("alertes", "attributions", "quartier-*", "bailleur-*")


@pytest.mark.parametrize("code", ["../../battant", "a/b", "..\\b", "/etc"])
def test_un_code_ne_mene_pas_une_page_hors_de_l_edition(atelier, code):
    territoires = atelier / "publie" / "publique" / "territoires.csv"
    territoires.write_text(territoires.read_text(encoding="utf-8").replace("battant", code), encoding="utf-8")
    with pytest.raises(ParametreInconnu, match="ne peut pas nommer une page"):
        _plan(atelier)


@pytest.mark.parametrize("public", ["publique", "partenaires"])
def test_une_alerte_ouverte_a_sa_page_la_derniere_annee_pour_les_partenaires(tmp_path, public):
    publie = petit_publie.ecrire_publie(tmp_path / public, public=public)
    pages = {p.sortie: p for p in lister_pages(publie, RACINE / "notebooks")}
    siennes = {nom.rpartition("/")[2] for nom in pages if "/alerte-" in nom}
    assert all(nom.startswith("2010/") for nom in pages if "/alerte-" in nom)
    # Un dossier résolu n'en a pas ; celui dont une année est cachée en a une si l'alerte de l'année paraît.
    ouvertes = {f"alerte-{lettre * 12}" for lettre in "bcdf"}
    assert siennes == (ouvertes if public == "partenaires" else set())
    assert pages["2010/alertes"].sommaire == (("alerte-*",) if public == "partenaires" else ())
    assert pages["2009/alertes"].sommaire == ()
    assert "2009/note" not in pages
    assert pages["note"].parametres == {"annee": 2010}


def test_une_page_n_est_refaite_que_si_ses_alertes_ont_change(tmp_path):
    publie = petit_publie.ecrire_publie(tmp_path / "partenaires", public="partenaires")
    battant = frozenset({("alertes.csv", (("annee", 2010), ("quartier", "battant")))})
    suivi = frozenset({("dossiers.csv", (("dossier", "bbbbbbbbbbbb"),))})
    avant = [Etat(publie).empreinte(lues) for lues in (battant, suivi)]
    _changer(publie / "alertes.csv", "bregille", "5.6", "5.7")
    _changer(publie / "dossiers.csv", "dddddddddddd", "nouvelle", "persistante")
    assert [Etat(publie).empreinte(lues) for lues in (battant, suivi)] == avant
    _changer(publie / "ampleurs.csv", "battant", "0.219", "0.218")
    _changer(publie / "dossiers.csv", "bbbbbbbbbbbb", "persistante", "resolue")
    apres = [Etat(publie).empreinte(lues) for lues in (battant, suivi)]
    assert all(a != b for a, b in zip(apres, avant, strict=True))


def _changer(fichier, cle: str, ancien: str, nouveau: str) -> None:
    lignes = fichier.read_text(encoding="utf-8").splitlines()
    changees = [ligne.replace(ancien, nouveau) if cle in ligne else ligne for ligne in lignes]
    assert changees != lignes
    fichier.write_text("\n".join(changees) + "\n", encoding="utf-8")


def test_les_immeubles_hors_quartier_n_ont_pas_de_page(tmp_path):
    publie = ecrire_publie(tmp_path / "publie" / "publique") or tmp_path / "publie" / "publique"
    with (publie / "territoires.csv").open("a", encoding="utf-8") as fichier:
        fichier.write("quartier,hors_quartier,Hors quartier,25056\n")
    ecrire_modeles(tmp_path / "notebooks")
    assert not [p.sortie for p in _plan(tmp_path) if "hors_quartier" in p.sortie]


@pytest.mark.parametrize(
    ("changement", "attendu"),
    [
        ({"parametres": "annee = 2010"}, "« quartier » est inconnu"),
        ({"parametres": 'annee = 2010\nquartier = "a"\nseuil: int = 3'}, "« seuil » n'est pas donné"),
        ({"code": "annee, quartier\n1 +"}, "quartier.ipynb, cellule 3, ligne 2 : ce n'est pas du Python lisible"),
        ({"code": "print(quartier)"}, "« annee » est déclaré mais ne sert à rien"),
        ({"titre": "# {{ quartier_nom }} et {{ voisin }}"}, "« {{ voisin }} » n'est pas un texte connu"),
    ],
)
def test_un_parametre_ou_un_texte_de_travers_est_refuse_avant_tout_noyau(atelier, changement, attendu):
    _remplacer(atelier, "quartier", **changement)
    with pytest.raises(ParametreInconnu) as refus:
        executer(configurer(atelier))
    assert attendu in str(refus.value)
    assert "quartier.ipynb" in str(refus.value)
    assert not (atelier / "livre").exists()


def test_tous_les_problemes_sont_dits_ensemble(atelier):
    _remplacer(atelier, "quartier", code="print(quartier)")
    (atelier / "notebooks" / "ville.ipynb").write_text('{"nbformat": 4,\n"cells": [}', encoding="utf-8")
    _remplacer(atelier, "bailleur", titre="# {{ inconnu }}")
    with pytest.raises(ParametreInconnu) as refus:
        _plan(atelier)
    assert "3 problèmes" in str(refus.value)
    assert "ville.ipynb, ligne 2 : ce notebook n'est pas du JSON lisible." in str(refus.value)


def test_une_cellule_sans_parametres_est_refusee(atelier):
    chemin = _remplacer(atelier, "ville")
    contenu = nbformat.read(chemin, as_version=4)
    contenu.cells[1].metadata["tags"] = []
    nbformat.write(contenu, chemin)
    with pytest.raises(ParametreInconnu, match="parameters"):
        _plan(atelier)


def test_les_textes_laissent_les_roles_de_myst_en_paix():
    assert remplacer("{ref}`a` {{ annee }} {{annee}} {x}", {"annee": 2010}) == "{ref}`a` 2010 2010 {x}"


# --- une page


def test_deux_executions_donnent_le_meme_fichier(atelier):
    resultats = [_faire(atelier, "2010/ville") for _ in "ab"]
    assert resultats[0] == resultats[1]
    assert resultats[0].erreur is None
    contenu = nbformat.reads(resultats[0].notebook, as_version=4)
    assert contenu.cells[0].source == "# Besançon en 2010"
    assert "papermill" not in resultats[0].notebook


def test_une_figure_de_matplotlib_parait(atelier):
    figure = CODE % "annee" + "\nimport matplotlib.pyplot as plt\nplt.plot([1, annee])\nplt.show()"
    _remplacer(atelier, "ville", code=figure)
    resultat = _faire(atelier, "2010/ville")
    assert resultat.erreur is None
    sorties = [s for c in nbformat.reads(resultat.notebook, as_version=4).cells for s in c.get("outputs", ())]
    assert any("<svg " in s.get("data", {}).get("text/html", "") for s in sorties)
    assert not any("image/png" in s.get("data", {}) for s in sorties)


def test_aucun_code_ne_se_voit_et_stderr_est_rapporte(atelier):
    _remplacer(atelier, "ville", code="import sys\nprint('attention', annee, file=sys.stderr)")
    resultat = _faire(atelier, "2010/ville")
    contenu = nbformat.reads(resultat.notebook, as_version=4)
    etiquettes = [c.metadata["tags"] for c in contenu.cells if c.cell_type == "code"]
    assert all({"remove-cell", "remove-input"} & set(e) for e in etiquettes)
    assert resultat.avertissements == ("cellule 3 : attention 2010\n",)
    assert not any(c.outputs for c in contenu.cells if c.cell_type == "code")


def test_un_chemin_de_la_machine_n_est_pas_publie(atelier):
    _remplacer(atelier, "ville", code="import os\nprint(annee, os.getcwd())")
    assert "chemin de cette machine" in _faire(atelier, "2010/ville").erreur


def test_une_page_dit_tout_ce_qu_elle_a_lu_et_rien_d_autre(atelier):
    petit_publie.ecrire_publie(atelier / "publie" / "publique")
    code = (
        "from observatoire import lire_publie\nvaleurs = lire_publie(annee)\n"
        "valeurs.serie('taux_vacance', 'ville', '25056')\nvaleurs.commentaire(annee, '25056')"
    )
    _remplacer(atelier, "ville", code=code)
    cle = {"indicateur": "taux_vacance", "niveau": "ville", "territoire": "25056", "bailleur": "tous"}
    assert _faire(atelier, "2010/ville").lues == {
        ("edition.json", ()),
        ("commentaires/2010/25056.md", ()),
        ("indicateurs.csv", tuple(sorted(cle.items()))),
    }


def test_une_cellule_qui_n_en_finit_pas_est_arretee(atelier):
    _remplacer(atelier, "ville", code="print('avant')\nwhile annee:\n    pass")
    resultat = _faire(atelier, "2010/ville", delai=1)
    assert "dépassait 1 s (--delai)" in resultat.erreur
    assert resultat.cellule == 2
    assert "avant" in resultat.notebook


def test_un_noyau_qui_meurt_est_l_echec_de_sa_page(atelier):
    _remplacer(atelier, "ville", code="import os\nos.kill(os.getpid(), 9 * (annee > 0))")
    resultat = _faire(atelier, "2010/ville")
    assert "le noyau s'est arrêté" in resultat.erreur
    assert resultat.cellule == 2


# --- une édition


@pytest.mark.bout_en_bout
def test_une_page_qui_echoue_n_arrete_pas_les_autres_et_rien_n_est_publie(atelier):
    config = configurer(atelier)
    executer(config)
    edition = config.chemin("edition")
    avant = {f: f.read_bytes() for f in edition.rglob("*") if f.is_file()}
    _remplacer(atelier, "quartier", code='print(annee > 1 / (quartier != "battant"))')
    faits = []
    with pytest.raises(EditionIncomplete) as echec:
        executer(config, avancement=lambda fait, total, quoi: faits.append((fait, total)))
    message = str(echec.value)
    for attendu in ("1 page sur", "2010/quartier-battant", "quartier.ipynb", "ZeroDivisionError", "annee = 2010"):
        assert attendu in message
    assert "cellule 3" in message
    assert faits[-1] == (len(QUARTIERS), len(QUARTIERS))
    assert {f: f.read_bytes() for f in edition.rglob("*") if f.is_file()} == avant
    assert (edition.parent / ".edition" / "echecs" / "2010-quartier-battant.ipynb").is_file()


@pytest.mark.bout_en_bout
def test_une_page_qui_n_est_plus_au_plan_disparait_et_les_autres_ne_bougent_pas(tmp_path):
    publie = ecrire_publie(tmp_path / "publie" / "publique", annees=(2009, 2010))
    ecrire_modeles(tmp_path / "notebooks")
    config = configurer(tmp_path)
    executer(config)
    edition = config.chemin("edition")
    date = (edition / "2010" / "ville.ipynb").stat().st_mtime_ns
    memoire = json.loads((publie / "edition.json").read_text())
    (publie / "edition.json").write_text(json.dumps(memoire | {"annees": [2010], "annee_zero": 2010}))
    bilan = executer(config)
    assert bilan.retirees == 3 + len(QUARTIERS) + 1
    assert not (edition / "2009").exists()
    assert (edition / "2010" / "ville.ipynb").stat().st_mtime_ns == date

"""La mémoire des étapes : rien n'est refait sans raison, tout ce qui compte est une raison."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from fabrique import configuration, tenir_pour_calcule

from observatoire.chaine import Chaine
from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.memoire import Memoire, empreinte, empreinte_du_code
from observatoire.tables import Travail, etapes, sources_de_la_publication


@pytest.fixture
def dossier(tmp_path):
    racine = tmp_path / "depots"
    (racine / "2010").mkdir(parents=True)
    (racine / "2010" / "a.csv").write_text("a;b\n1;2\n")
    (racine / "b.csv").write_text("c\n")
    return racine


# --- ce qui est lu


def test_ni_la_place_ni_la_date_ni_ce_qui_est_cache_ne_compte(dossier, tmp_path):
    avant = empreinte(dossier)
    shutil.copytree(dossier, tmp_path / "ailleurs" / "copie")
    os.utime(dossier / "b.csv", (0, 0))
    (dossier / ".verrou").write_text("1")
    (dossier / "2010" / ".~lock.a.csv#").write_text("1")
    (dossier / "__pycache__").mkdir()
    (dossier / "__pycache__" / "x.pyc").write_text("1")
    assert empreinte(dossier) == empreinte(tmp_path / "ailleurs" / "copie") == avant


@pytest.mark.parametrize(
    "changer",
    [
        lambda d: (d / "2010" / "a.csv").write_text("a;b\n1;3\n"),
        lambda d: (d / "2010" / "a.csv").rename(d / "2010" / "c.csv"),
        lambda d: (d / "2010").rename(d / "2011"),
        lambda d: (d / "b.csv").unlink(),
        lambda d: (d / "c.csv").write_text(""),
        lambda d: shutil.rmtree(d),
    ],
)
def test_un_octet_un_nom_un_fichier_de_plus_ou_de_moins_compte(dossier, changer):
    avant = empreinte(dossier)
    changer(dossier)
    assert empreinte(dossier) != avant


def test_un_fichier_absent_n_est_pas_un_fichier_vide_et_les_chemins_ne_se_confondent_pas(dossier, tmp_path):
    (tmp_path / "vide").mkdir()
    assert len({empreinte(tmp_path / "vide"), empreinte(tmp_path / "absent"), empreinte()}) == 3
    assert empreinte(dossier, tmp_path / "vide") != empreinte(tmp_path / "vide", dossier)
    assert empreinte(autres=["ab", "c"]) != empreinte(autres=["a", "bc"])
    assert empreinte(dossier, sauf=[dossier / "2010"]) != empreinte(dossier)


def test_un_lien_vers_un_dossier_ne_se_suit_pas_parmi_les_depots(dossier, tmp_path):
    """La lecture le refuse : le suivre ferait lire tout ce à quoi il mène, la machine entière s'il mène à la racine."""
    ailleurs = tmp_path / "ailleurs"
    ailleurs.mkdir()
    avant = empreinte(dossier, sans_suivre=[dossier])
    (dossier / "2009").symlink_to(ailleurs)
    avec = empreinte(dossier, sans_suivre=[dossier])
    (ailleurs / "c.csv").write_text("d\n")
    assert avant != avec == empreinte(dossier, sans_suivre=[dossier])
    assert empreinte(dossier) != avec


def test_le_calcul_ne_lit_pas_ce_a_quoi_mene_un_lien(tmp_path):
    config = configuration(tmp_path)
    (config.chemin("brut") / "2010").mkdir(parents=True, exist_ok=True)
    (config.chemin("brut") / "2010" / "racine").symlink_to(tmp_path / "ailleurs")
    (tmp_path / "ailleurs").mkdir()
    chaine = Chaine(config)
    avant = chaine._lu_par_le_calcul(False)
    (tmp_path / "ailleurs" / "x.csv").write_text("a\n")
    assert chaine._lu_par_le_calcul(False) == avant


def test_ce_que_seule_la_publication_lit_ne_refait_pas_le_calcul(prepare):
    """Un engagement, une orientation ne se lisent qu'après : aucune étape du calcul ne les ouvre."""
    suivi = prepare.chemin("suivi")
    suivi.mkdir(parents=True)
    assert sources_de_la_publication("suivi") == {"engagements.yml", "orientations.yml", "passages"}
    avant = Chaine(prepare)._lu_par_le_calcul(False)
    for nom in ("engagements.yml", "orientations.yml"):
        (suivi / nom).write_text("a: [", encoding="utf-8")
    assert Chaine(prepare)._lu_par_le_calcul(False) == avant
    for etape in etapes()[1:]:
        etape.faire(Travail(prepare))
    tenir_pour_calcule(prepare)
    with pytest.raises(ErreurConfiguration, match=r"(?s)engagements\.yml.*orientations\.yml"):
        Chaine(prepare).proteger("publique")
    for nom in ("actions.csv", "corrections.yml", "tout_autre.yml"):
        (suivi / nom).write_text("a\n", encoding="utf-8")
        assert Chaine(prepare)._lu_par_le_calcul(False) != avant
        (suivi / nom).unlink()


def test_l_empreinte_du_code_est_la_meme_d_un_processus_a_l_autre():
    commande = "from observatoire.memoire import empreinte_du_code; print(empreinte_du_code())"
    autre = subprocess.run([sys.executable, "-c", commande], capture_output=True, text=True, check=True)
    assert autre.stdout.strip() == empreinte_du_code()


# --- ce qui est écrit


def test_la_memoire_vaut_tant_que_la_sortie_est_intacte(dossier):
    memoire = Memoire(dossier, "lu")
    assert memoire.relire() is None
    memoire.retenir("2 fichiers")
    (dossier / ".cache").write_text("")
    assert memoire.relire() == "2 fichiers"
    assert Memoire(dossier, "autre chose").relire() is None
    os.utime(dossier / "b.csv", ns=(0, 0))
    assert memoire.relire() is None
    assert {f.name for f in dossier.parent.iterdir()} == {"depots", ".depots.memoire"}


@pytest.mark.parametrize("reste", ["", "{", "[]"])
def test_une_memoire_abimee_n_est_pas_crue(dossier, reste):
    memoire = Memoire(dossier, "lu")
    memoire.fichier.write_text(reste)
    assert memoire.relire() is None


# --- les étapes


@pytest.fixture
def prepare(calcule):
    return calcule


def _proteger(config, **options) -> bool:
    """Protéger ; dire si l'étape a eu lieu."""
    chaine = Chaine(config, **options)
    chaine.proteger("publique")
    return not chaine.journal.etapes[-1][2].startswith("inchangé")


def _dates(dossier):
    return {f: f.stat().st_mtime_ns for f in dossier.rglob("*")}


def test_une_etape_sans_changement_n_ecrit_rien_et_dit_ce_qui_est_la(prepare):
    chaine = Chaine(prepare)
    chaine.proteger("publique")
    dates = _dates(prepare.chemin("publie") / "publique")
    chaine.proteger("publique")
    (_, _, fait), (_, _, inchange) = chaine.journal.etapes
    assert inchange == f"inchangé : {fait}"
    assert _dates(prepare.chemin("publie") / "publique") == dates


def test_la_meme_chose_ailleurs_est_la_meme_chose(prepare, tmp_path):
    assert _proteger(prepare)
    autre = shutil.copytree(prepare.chemin("prepare"), tmp_path / "autre" / "prepare")
    tenir_pour_calcule(prepare.avec_chemins(prepare=autre))
    assert not _proteger(prepare.avec_chemins(prepare=tmp_path / "autre" / "prepare"))


def test_tout_ce_que_l_etape_lit_la_fait_refaire(prepare, tmp_path):
    _proteger(prepare)
    commentaires = prepare.chemin("livre") / "book" / "commentaires" / "2010"
    commentaires.mkdir(parents=True)
    (commentaires / "ville.md").write_text("Vu.\n")
    assert _proteger(prepare)
    texte = prepare.fichier.read_text(encoding="utf-8")
    renommee = tmp_path / "renommee.yml"
    renommee.write_text(texte.replace("Néolia", "Neolia"), encoding="utf-8")
    tenir_pour_calcule(lire_configuration(renommee))
    assert _proteger(lire_configuration(renommee))
    tenir_pour_calcule(prepare)
    assert _proteger(prepare)
    (prepare.chemin("publie") / "publique" / "bailleurs.csv").unlink()
    assert _proteger(prepare)
    assert not _proteger(prepare)
    assert _proteger(prepare, refaire=True)


def test_une_etape_qui_echoue_ne_laisse_pas_de_memoire(prepare, tmp_path):
    _proteger(prepare)
    shutil.copytree(prepare.chemin("referentiels"), tmp_path / "ref")
    (tmp_path / "ref" / "baremes" / "confidentialite.yml").unlink()
    dates = _dates(prepare.chemin("publie") / "publique")
    sans_bareme = prepare.avec_chemins(referentiels=tmp_path / "ref")
    tenir_pour_calcule(sans_bareme)
    with pytest.raises(ErreurConfiguration):
        _proteger(sans_bareme)
    tenir_pour_calcule(prepare)
    assert _dates(prepare.chemin("publie") / "publique") == dates
    assert _proteger(prepare)


@pytest.mark.parametrize(
    "table", ["revue_flux.parquet", "attributions_attente.parquet", "tables/2010/immeubles.parquet"]
)
def test_une_table_qui_n_est_pas_celle_du_calcul_n_est_pas_publiee(prepare, table):
    fichier = prepare.chemin("prepare") / table
    os.utime(fichier, (0, 0))
    assert _proteger(prepare)  # une date ne change rien à ce qui est écrit
    lue = pq.read_table(fichier)
    pq.write_table(lue.slice(1) if len(lue) else lue.append_column("autre", [lue.column(0)]), fichier)
    with pytest.raises(ErreurObservatoire, match=f"« {table} » n'est pas ce que « calculer » a écrit.*Rien n'a été"):
        _proteger(prepare)
    fichier.unlink()
    with pytest.raises(ErreurObservatoire, match=f"« {table} » n'est pas"):
        _proteger(prepare)


def test_sans_rien_a_refaire_rien_de_lourd_n_est_charge(prepare):
    _proteger(prepare)
    commande = [sys.executable, "-X", "importtime", "-m", "observatoire.cli", "proteger", "--config", prepare.fichier]
    resultat = subprocess.run(commande, capture_output=True, text=True, check=True)
    assert "inchangé" in resultat.stderr
    charges = {ligne.rpartition("|")[2].strip().partition(".")[0] for ligne in resultat.stderr.splitlines()}
    assert "typer" in charges
    assert not charges & {"pandas", "numpy", "geopandas", "papermill", "nbformat", "sphinx", "matplotlib", "pyarrow"}

"""La porte : une page n'ouvre que ce qui est publié pour son public, quoi qu'elle emploie pour lire."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from atelier import configurer, ecrire_modele, ecrire_modeles, ecrire_publie

from observatoire.edition.equipe import Lieu, demarrer
from observatoire.edition.page import faire_page
from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import preparer
from observatoire.moteur.porte import Porte, landlock_possible
from observatoire.moteur.publics import porte_autour_de, porte_d_un_public
from observatoire.processus import fourche_possible

SE_LIT = "ce qui est publié se lit, et ne s'écrit pas d'une page."
FERMEE = "qui ne lui est pas ouvert : une page est faite de ce qui est publié pour son public, et de rien d'autre."


@pytest.fixture(scope="module")
def lieu(tmp_path_factory):
    """Un territoire préparé et publié pour les deux publics, et la souche qui fait les pages de l'édition publique."""
    dossier = tmp_path_factory.mktemp("porte")
    for public in ("publique", "partenaires"):
        ecrire_publie(dossier / "publie" / public, public=public)
    ecrire_modeles(dossier / "notebooks")
    for nom in ("brut", "prepare", "suivi"):
        (dossier / nom).mkdir()
        pd.DataFrame({"id_logement": ["SECRET"]}).to_parquet(dossier / nom / "menages.parquet")
        (dossier / nom / "menages.csv").write_text("id_logement\nSECRET\n", encoding="utf-8")
    (dossier / "prepare" / "cle").write_text("SECRET", encoding="utf-8")
    (dossier / "detour").symlink_to(dossier / "prepare")
    (dossier / "atelier").mkdir()
    config = configurer(dossier).avec_chemins(**{nom: dossier / nom for nom in ("brut", "prepare", "suivi")})
    porte = porte_d_un_public(config, "publique")
    with demarrer(dossier / "publie" / "publique", porte) as souche:
        yield Lieu(dossier / "publie" / "publique", dossier / "atelier", porte, souche)


def _faire(lieu: Lieu, code: str):
    notebooks = lieu.publie.parents[1] / "notebooks"
    ecrire_modele(notebooks, "ville", "# {{ ville }}", "annee = 2010", f"annee\n{code}")
    page = next(p for p in lister_pages(lieu.publie, notebooks) if p.sortie == "2010/ville")
    return faire_page(preparer(page), lieu)


LIRE = {
    "open": "open({0!r} + '/menages.csv').read()",
    "pandas, un csv": "import pandas as pd; pd.read_csv({0!r} + '/menages.csv')",
    "pandas, un parquet": "import pandas as pd; pd.read_parquet({0!r} + '/menages.parquet')",
    "pandas, un dossier": "import pandas as pd; pd.read_parquet({0!r})",
    "pyarrow": "import pyarrow.parquet as pq; pq.read_table({0!r} + '/menages.parquet')",
    "pyarrow, un jeu": "import pyarrow.dataset as ds; ds.dataset({0!r}, format='csv').to_table()",
    "duckdb": "import duckdb; duckdb.sql(f\"select * from '{0}/menages.parquet'\").df()",
    "duckdb, un motif": "import duckdb; duckdb.sql(f\"select * from read_csv('{0}/*.csv')\").df()",
    "lister": "import os; os.listdir({0!r})",
    "un lien": "import os; os.symlink({0!r}, 'ici'); open('ici/menages.csv').read()",
    "un lien dur": "import os; os.link({0!r} + '/menages.csv', 'ici.csv'); open('ici.csv').read()",
}


@pytest.mark.skipif(not (landlock_possible() and fourche_possible()), reason="ce système n'a pas Landlock")
@pytest.mark.parametrize("comment", LIRE)
@pytest.mark.parametrize("dossier", ["prepare", "brut"])
def test_ce_qui_est_prepare_ne_se_lit_d_aucune_facon_et_c_est_dit_en_une_phrase(lieu, comment, dossier):
    chemin = str(lieu.publie.parents[1] / dossier)
    resultat = _faire(lieu, LIRE[comment].format(chemin))
    assert resultat.erreur.startswith(f"cette page lit « {dossier}")
    assert resultat.erreur.endswith(FERMEE)
    assert chemin not in resultat.erreur
    assert resultat.cellule == 2
    assert "SECRET" not in resultat.notebook


@pytest.mark.skipif(not (landlock_possible() and fourche_possible()), reason="ce système n'a pas Landlock")
def test_une_commande_un_fil_ou_un_processus_n_en_sait_pas_plus(lieu):
    prepare = lieu.publie.parents[1] / "prepare"
    resultat = _faire(
        lieu,
        f"import os, subprocess, threading\nsubprocess.run(['cat', {str(prepare / 'cle')!r}])\n"
        f"os.system('cat {prepare}/menages.csv; cat /proc/{{}}/root{prepare}/cle'.format(os.getppid()))\n"
        f"threading.Thread(target=lambda: print(open({str(prepare / 'cle')!r}).read())).start()\n"
        "if not os.fork():\n    import builtins\n"
        f"    print(builtins.open({str(prepare / 'cle')!r}).read())\n",
    )
    assert "SECRET" not in str((resultat.notebook, resultat.avertissements, resultat.erreur))
    assert "ermission" in str(resultat.avertissements)


@pytest.mark.skipif(not (landlock_possible() and fourche_possible()), reason="ce système n'a pas Landlock")
def test_l_autre_public_est_ferme_et_le_sien_ouvert(lieu):
    ferme = _faire(lieu, f"open({str(lieu.publie.parent / 'partenaires' / 'edition.json')!r})")
    assert ferme.erreur == f"cette page lit « publie/partenaires/edition.json », {FERMEE}"
    code = (
        "import os, tempfile, duckdb, pandas as pd\nici = os.environ['OBSERVATOIRE_PUBLIE']\n"
        "un = pd.read_csv(f'{ici}/indicateurs.csv')\n"
        "deux = duckdb.sql(f\"select * from '{ici}/indicateurs.csv'\").df()\n"
        "with tempfile.NamedTemporaryFile('w') as fichier:\n    fichier.write('x')\nprint(len(un) == len(deux) > 0)"
    )
    ouvert = _faire(lieu, code)
    assert ouvert.erreur is None
    sorties = [s for c in nbformat.reads(ouvert.notebook, 4).cells for s in c.get("outputs", ())]
    assert [s["text"] for s in sorties] == ["True\n"]


@pytest.mark.skipif(not (landlock_possible() and fourche_possible()), reason="ce système n'a pas Landlock")
@pytest.mark.parametrize("code", ["import os; os.open({0!r}, os.O_RDONLY)", "open({0!r} + '/pirate', 'w')"])
def test_un_dossier_qui_mene_a_ce_qui_est_ferme_est_refuse_en_une_phrase(lieu, code):
    racine = lieu.publie.parents[1]
    erreur = _faire(lieu, code.format(str(racine))).erreur
    assert erreur.startswith("cette page ouvre « ")
    assert erreur.endswith("et de rien d'autre.")
    assert str(racine) not in erreur
    assert not (racine / "pirate").exists()


def test_un_chemin_de_la_machine_dit_sa_cellule_et_que_faire(lieu):
    resultat = _faire(lieu, "from observatoire.publie import dossier_publie\nprint(dossier_publie())")
    assert resultat.cellule == 2
    assert resultat.erreur.endswith("N'en montrer que le nom (Path(…).name), ou rien.")


AILLEURS = """
import observatoire.moteur.porte as porte
from pathlib import Path
import os, subprocess, sys, pandas as pd
porte.landlock_possible = lambda: False
dossier = Path(sys.argv[1])
ouverte = porte.Porte.autour([dossier / "prepare", dossier / "publie"], [dossier / "publie" / "publique"])
ouverte.fermer()
for lire in (open, pd.read_csv, lambda f: f.parent.iterdir().__next__(), lambda f: f.unlink()):
    try:
        lire(dossier / "prepare" / "menages.csv")
    except PermissionError as refus:
        print(ouverte.expliquer(str(refus), dossier))
def par_un_dossier(ou, reste):
    fd = os.open(dossier / ou, os.O_RDONLY)
    return os.open(reste, os.O_RDONLY, dir_fd=fd)
for lancer in (
    lambda: subprocess.run(["cat"]), lambda: os.system("cat"), lambda: os.execv("/bin/cat", ["cat"]),
    lambda: os.posix_spawn("/bin/cat", ["cat"], {}), lambda: par_un_dossier("", "prepare/menages.csv"),
    lambda: par_un_dossier("publie/publique", "../../prepare/menages.csv"),
    lambda: os.symlink(dossier / "prepare", dossier / "neuf"), lambda: (dossier / "publie/publique/neuf").mkdir(),
):
    try:
        lancer()
        print("OUVERT")
    except PermissionError as refus:
        print("COMMANDE" if ouverte.expliquer(str(refus), dossier) == porte.COMMANDE else "FERMÉ")
print(len(pd.read_csv(dossier / "publie" / "publique" / "indicateurs.csv")) > 0)
"""


def test_sans_landlock_ce_que_python_ouvre_est_refuse_de_meme(lieu):
    dossier = lieu.publie.parents[1]
    dit = subprocess.run([sys.executable, "-c", AILLEURS, str(dossier)], capture_output=True, text=True, check=True)
    *refus, ouvert = dit.stdout.splitlines()
    assert refus[4:] == ["COMMANDE"] * 4 + ["FERMÉ"] * 4
    lus = ["prepare/menages.csv"] * 2 + ["prepare", "prepare/menages.csv"]
    assert refus[:4] == [f"cette page lit « {lu} », {FERMEE}" for lu in lus]
    assert ouvert == "True"
    assert (dossier / "prepare" / "menages.csv").is_file()


def test_sans_se_dedoubler_la_porte_est_fermee_de_meme(lieu):
    """Un noyau ordinaire, comme là où il n'y a pas de « fork »."""
    ici = Lieu(lieu.publie, lieu.atelier, lieu.porte)
    assert _faire(ici, LIRE["open"].format(str(lieu.publie.parents[1] / "prepare"))).erreur.endswith(FERMEE)
    ici, la_bas = (_faire(x, "from IPython.display import HTML\nHTML(f'<p>{annee}</p>')") for x in (ici, lieu))
    assert ici == la_bas
    assert ici.erreur is None


@pytest.mark.parametrize("public", ["publique", "partenaires"])
def test_la_porte_se_deduit_de_la_configuration(tmp_path, public):
    config = configurer(tmp_path).avec_chemins(cle=tmp_path / "cle", brut=tmp_path / "brut")
    porte = porte_d_un_public(config, public)
    autre = {"publique": "partenaires", "partenaires": "publique"}[public]
    fermes = [tmp_path / "cle", tmp_path / "brut" / "2010" / "x.csv", tmp_path / "publie" / autre / "edition.json"]
    fermes += [config.chemin("edition", autre) / "accueil.ipynb", config.chemin("site", autre) / "index.html"]
    fermes += [config.chemin("suivi") / "corrections.yml"]
    assert all(porte.est_derriere(str(chemin)) for chemin in fermes)
    ouverts = [tmp_path / "publie" / public / "edition.json", config.chemin("edition", public) / "accueil.ipynb"]
    ouverts += [config.chemin("referentiels") / "quartiers.geojson", Path(sys.prefix)]
    assert not any(porte.est_derriere(str(chemin)) for chemin in ouverts)


def test_sans_configuration_ce_qui_est_a_cote_de_ce_qui_est_publie_est_ferme(tmp_path):
    porte = porte_autour_de(tmp_path / "data" / "publie" / "publique")
    fermes = ("data/prepare/x", "data/brut/2010/x", "data/cle_du_secret", "data/publie/partenaires/x")
    assert all(porte.est_derriere(str(tmp_path / ferme)) for ferme in fermes)
    assert not any(porte.est_derriere(str(tmp_path / x)) for x in ("data/publie/publique/x", "data/schemas", "x"))


def test_un_message_qui_parle_d_autre_chose_n_est_pas_un_refus(tmp_path):
    porte = Porte.autour([tmp_path / "prepare"], [])
    assert porte.expliquer("[Errno 2] No such file or directory: 'prepares/x.csv'", tmp_path) is None
    assert porte.expliquer("division by zero", tmp_path) is None
    assert porte.expliquer("Permission denied: 'prepare/x.csv'", tmp_path).startswith(
        "cette page lit « prepare/x.csv »"
    )


@pytest.mark.skipif(not (landlock_possible() and fourche_possible()), reason="ce système n'a pas Landlock")
def test_une_page_n_ecrit_pas_dans_ce_qui_est_publie(lieu):
    """Elle le lit ; une valeur qu'elle y changerait serait lue par toutes les autres."""
    fichier = lieu.publie / "indicateurs.csv"
    avant = fichier.read_bytes()
    ici = "from observatoire.publie import dossier_publie as d\n"
    for nom, code in {
        "pirate.csv": "open(d() / 'pirate.csv', 'w')",
        "indicateurs.csv": "open(d() / 'indicateurs.csv', 'a').write('x')",
        "sous": "(d() / 'sous').mkdir()",
        "ici.csv": "import os; os.chdir(d()); open('ici.csv', 'w')",
    }.items():
        assert _faire(lieu, ici + code).erreur == f"cette page écrit dans « publie/publique/{nom} » : {SE_LIT}"
    assert fichier.read_bytes() == avant
    assert not (lieu.publie / "pirate.csv").exists()
    assert not _faire(lieu, f"{ici}len(open(d() / 'indicateurs.csv').read())").erreur


def test_sans_landlock_une_page_n_ecrit_pas_non_plus_dans_ce_qui_est_publie(tmp_path):
    (tmp_path / "data" / "publie").mkdir(parents=True)
    code = (
        "import sys; from pathlib import Path; from observatoire.moteur.porte import Porte\n"
        "porte = Porte.autour([Path(sys.argv[1])], [Path(sys.argv[1]) / 'publie'])\n"
        "sys.addaudithook(porte._guetter)\n"
        "(Path(sys.argv[1]) / 'publie' / 'pirate.csv').write_text('x')"
    )
    fait = subprocess.run([sys.executable, "-c", code, str(tmp_path / "data")], capture_output=True, text=True)
    assert "PermissionError" in fait.stderr
    assert not (tmp_path / "data" / "publie" / "pirate.csv").exists()

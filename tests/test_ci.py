"""Ce que la vérification continue exécute : la règle du journal, et les étapes de la publication."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest
from petit_publie import ecrire_publie
from scripts import charger

RACINE = Path(__file__).parents[1]

# La règle du journal ----------------------------------------------------------------------------------------

JOURNAL = "# Journal\n\n## [Non publié]\n\n### Valeurs\n- Une ligne\n  repliée.\n\n### Corrigé\n- Un défaut.\n"
VALEURS, PUBLICATION = (charger(RACINE / ".ci" / nom) for nom in ("valeurs", "publication"))


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """(une édition, la même avec deux valeurs de 2010 changées)."""
    avant = ecrire_publie(tmp_path_factory.mktemp("valeurs") / "publique")
    apres = Path(shutil.copytree(avant, avant.with_name("apres")))
    table = pd.read_csv(apres / "indicateurs.csv")
    publiees = table.index[table["indicateur"].eq("taux_vacance") & table["annee"].eq(2010) & table["valeur"].gt(0)]
    table.loc[publiees[:2], "valeur"] += 0.01
    table.to_csv(apres / "indicateurs.csv", index=False)
    return avant, apres


@pytest.mark.parametrize(
    ("journal", "code"),
    [
        (JOURNAL, 1),
        (JOURNAL.replace("ligne\n  repliée", "ligne repliée"), 1),
        (JOURNAL.replace("- Un défaut", "- Un autre défaut.\n- Un défaut"), 1),
        (JOURNAL.replace("- Une", "- bla\n- Une"), 1),
        (JOURNAL.replace("- Une", "- Toutes les valeurs, `taux_vacances`, taux_vacance.\n- Une"), 1),
        (JOURNAL.replace("- Une", "- Taux de vacance (`taux_vacance`), 2010 :\n  deux valeurs.\n- Une"), 0),
    ],
    ids=["rien", "replié", "ailleurs", "bla", "un autre nom", "dit"],
)
def test_une_valeur_qui_change_demande_une_ligne_sous_valeurs(editions, journal, code, tmp_path, capsys):
    assert VALEURS.juger(*editions, (JOURNAL, journal), tmp_path) == code
    dit = capsys.readouterr().out
    assert "taux_vacance, 2010 : 2 valeurs (le calcul" in dit
    assert "indicateurs.csv, 2010 : 2 lignes (valeur)" in dit
    attendu = "- `taux_vacance`, 2010 : …" if code else "  - Taux de vacance (`taux_vacance`), 2010 : deux valeurs."
    assert attendu in dit.splitlines()
    assert {f.name for f in tmp_path.iterdir()} == {"comparaison.html", "comparaison.csv", "comparaison_tables.csv"}


@pytest.mark.parametrize(
    ("dit", "tus"),
    [
        ("Tout change.", [*"abcdefghijk", "variations.csv"]),
        ("Toutes les valeurs, de même.", []),
        ("Le parc (« Parc ») et `mes_variations.csv`.", ["b", "variations.csv"]),
        ("« Parc », `b` et `variations.csv`", []),
    ],
)
def test_plus_de_dix_indicateurs_se_nomment_ensemble(dit, tus):
    valeurs = pd.DataFrame({"indicateur": [*"abcdefghijk"]})
    tables = pd.DataFrame({"fichier": ["indicateurs.csv", "variations.csv"]})
    familles = dict.fromkeys("abcdefghijk", "Parc") | {"b": "Vacance et mobilité"}
    assert VALEURS.non_dits(valeurs, tables, dit, familles) == tus
    peu = VALEURS.non_dits(valeurs[:2], tables, "« Parc », toutes les valeurs", familles)
    assert peu == ["a", "b", "variations.csv"]


def test_rien_ne_change_rien_n_est_demande(editions, tmp_path, capsys):
    assert VALEURS.juger(editions[0], editions[0], (JOURNAL, JOURNAL), tmp_path) == 0
    assert "Aucune valeur publiée" in capsys.readouterr().out


BIBLIOTHEQUE = """import sys
from pathlib import Path

def principal():
    if sys.argv[1] == "proteger":
        publie = Path(sys.argv[sys.argv.index("--publie") + 1], "publique")
        publie.mkdir(parents=True)
        entete = "annee,niveau,territoire,bailleur,indicateur,valeur,statut"
        publie.joinpath("indicateurs.csv").write_text(f"{entete}\\n2010,ville,25056,tous,taux,{VALEUR},publie\\n")
    sys.exit(ECHEC)
"""


@pytest.fixture
def depot(tmp_path, monkeypatch):
    """Un dépôt git dont la bibliothèque écrit une seule valeur ; rend de quoi y faire un commit."""

    def engager(valeur: str, journal: str, echec: int = 0) -> None:
        paquet = tmp_path / "depot" / "src" / "observatoire"
        paquet.mkdir(parents=True, exist_ok=True)
        (paquet / "__init__.py").touch()
        (paquet / "cli.py").write_text(f"VALEUR, ECHEC = {valeur}, {echec}\n{BIBLIOTHEQUE}", "utf-8")
        (tmp_path / "depot" / "CHANGELOG.md").write_text(journal, "utf-8")
        git("add", ".")
        git("-c", "user.name=a", "-c", "user.email=a@exemple.fr", "commit", "--quiet", "--allow-empty", "-m", "a")

    def git(*commande: str) -> None:
        subprocess.run(["git", *commande], cwd=tmp_path / "depot", check=True, capture_output=True)

    (tmp_path / "depot").mkdir()
    git("init", "--quiet", "--initial-branch", "main")
    monkeypatch.setattr(VALEURS, "RACINE", tmp_path / "depot")
    monkeypatch.setattr("sys.argv", ["valeurs", "HEAD~1", "--sortie", str(tmp_path / "sortie")])
    return engager


@pytest.mark.parametrize(
    ("commits", "code"),
    [
        ([("1", JOURNAL), ("1", JOURNAL)], 0),
        ([("1", JOURNAL), ("2", JOURNAL)], 1),
        ([("1", JOURNAL), ("2", JOURNAL.replace("- Une", "- Le `taux` double.\n- Une"))], 0),
        ([("1", JOURNAL, 1), ("1", JOURNAL)], 3),
        ([("1", JOURNAL)], 3),
    ],
    ids=["rien", "tue", "dite", "base en échec", "sans base"],
)
def test_les_deux_editions_sont_celles_des_sources_de_leur_revision(depot, commits, code, tmp_path, capsys):
    for commit in commits:
        depot(*commit)
    with pytest.raises(SystemExit) as fin:
        VALEURS.principal()
    assert fin.value.code == code
    assert (code == 3) == ("RIEN n'a été comparé" in capsys.readouterr().err)
    assert not (tmp_path / "depot" / ".git" / "worktrees").exists()


# La publication ---------------------------------------------------------------------------------------------

JETON, CLE = "un-jeton", "abcdefgh-_012345"
DEPOT = ("2010/logements_gbh.csv", b"id_logement;surface_m2\n")


def archive(*membres: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    """Un .tar.gz de ces membres : (chemin, octets), ou un membre que l'on a fait soi-même."""
    octets = io.BytesIO()
    with tarfile.open(fileobj=octets, mode="w:gz") as ecrite:
        for membre in membres:
            if isinstance(membre, tarfile.TarInfo):
                ecrite.addfile(membre)
            else:
                fiche = tarfile.TarInfo(membre[0])
                fiche.size = len(membre[1])
                ecrite.addfile(fiche, io.BytesIO(membre[1]))
    return octets.getvalue()


def etendu(nom: str, **champs: str) -> tarfile.TarInfo:
    """Un membre vide, précédé d'un en-tête étendu (PAX)."""
    fiche = tarfile.TarInfo(nom)
    fiche.pax_headers = champs
    return fiche


def lien(nom: str, vers: str, genre: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    fiche = tarfile.TarInfo(nom)
    fiche.type, fiche.linkname = genre, vers
    return fiche


@pytest.fixture(scope="module")
def lieu():
    """Un lieu de dépôt : ``servir`` dit ce qu'il rend à chaque adresse, ``demandes`` ce qu'il a reçu."""

    class Reponse(BaseHTTPRequestHandler):
        def do_GET(self):
            serveur.demandes.append((self.path, self.headers.get("Authorization")))
            code, contenu, renvoi = serveur.servir.get(self.path, (404, b"", None))
            if serveur.jeton and not renvoi and self.headers.get("Authorization") != f"Bearer {serveur.jeton}":
                code, contenu = 401, b""
            self.send_response(code)
            if renvoi:
                self.send_header("Location", renvoi)
            self.send_header("Content-Length", str(len(contenu)))
            self.end_headers()
            self.wfile.write(contenu)

        def log_message(self, *_):
            """Rien."""

    serveur = ThreadingHTTPServer(("127.0.0.1", 0), Reponse)
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    yield serveur
    serveur.shutdown()
    serveur.server_close()


@pytest.fixture
def etape(lieu, tmp_path):
    """Lancer une étape dans un dépôt vide, comme le workflow ; rend (code, ce qui est dit)."""
    lieu.servir, lieu.demandes, lieu.jeton = {}, [], ""
    for dossier in (".ci", "data/brut"):
        (tmp_path / dossier).mkdir(parents=True)
    script = shutil.copy(RACINE / ".ci" / "publication", tmp_path / ".ci")

    def lancer(*arguments: str, **environnement: str) -> tuple[int, str]:
        fait = subprocess.run(
            [sys.executable, script, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path,
            env=os.environ | {"GITHUB_ACTIONS": "true"} | environnement,
        )  # fmt: skip
        return fait.returncode, fait.stdout + fait.stderr

    def recevoir(**environnement: str) -> tuple[int, str]:
        adresse = f"http://127.0.0.1:{lieu.server_port}/depots"
        return lancer("recevoir", **{"DEPOTS_URL": adresse, "DEPOTS_CLE": CLE} | environnement)

    lancer.recevoir, lancer.racine = recevoir, tmp_path
    return lancer


def recus(racine: Path) -> list[str]:
    """Ce qui est sous data, hors des dossiers."""
    return sorted(f.relative_to(racine / "data").as_posix() for f in (racine / "data").rglob("*") if not f.is_dir())


@pytest.mark.parametrize("jeton", ["", JETON])
def test_les_depots_sont_recus_avec_et_sans_jeton(etape, lieu, jeton):
    lieu.servir["/depots"] = 200, archive(DEPOT, ("2009/menages_gbh.csv", b"a;b\n")), None
    lieu.jeton = jeton
    code, dit = etape.recevoir(DEPOTS_JETON=jeton)
    assert (code, dit) == (0, "Dépôts reçus : 2009, 2010.\n")
    assert recus(etape.racine) == ["brut/2009/menages_gbh.csv", "brut/2010/logements_gbh.csv", "cle_du_secret"]
    assert (etape.racine / "data/brut" / DEPOT[0]).read_bytes() == DEPOT[1]
    cle = etape.racine / "data" / "cle_du_secret"
    assert (cle.read_text("ascii"), cle.stat().st_mode & 0o077) == (f"{CLE}\n", 0)
    code, dit = etape.recevoir(DEPOTS_JETON=jeton)
    assert (code, "contient déjà 2009, 2010" in dit) == (1, True)


def test_sans_lieu_de_depot_l_edition_sera_fictive(etape):
    code, dit = etape("recevoir", DEPOTS_URL="")
    assert (code, "données fictives" in dit, recus(etape.racine)) == (0, True, [])


def test_le_jeton_ne_suit_pas_un_renvoi(etape, lieu):
    lieu.servir = {"/depots": (302, b"", "/ailleurs"), "/ailleurs": (200, archive(DEPOT), None)}
    assert etape.recevoir(DEPOTS_JETON=JETON)[0] == 0
    assert lieu.demandes == [("/depots", f"Bearer {JETON}"), ("/ailleurs", None)]


ENTIERE = archive(DEPOT, ("2010/gros.csv", os.urandom(5000)))
REFUSEES = {
    "absente": ((404, b"", None), "code 404"),
    "renvoi en clair": ((302, b"", "http://depots.exemple.fr/a"), "qu'en https"),
    "page": ((200, b"<!doctype html>", None), "ne s'est pas ouverte en entier"),
    "coupée": ((200, ENTIERE[:-3000], None), "ne s'est pas ouverte en entier"),
    "somme fausse": ((200, ENTIERE[:-8] + b"\0" * 8, None), "ne s'est pas ouverte en entier"),
    "vide": ((200, gzip.compress(b"\0" * 1024), None), "aucune année"),
    "sans année": ((200, archive(("brut/2010/logements_gbh.csv", b"")), None), "membre 1"),
    "fictive": ((200, archive(DEPOT, ("FICTIF", b"")), None), "membre 2"),
    "année fichier": ((200, archive(("2010", b"")), None), "dossier d'une année"),
    "remonte": ((200, archive(DEPOT, ("2010/../../intrus", b"")), None), "sort de l'archive"),
    "absolue": ((200, archive(DEPOT, ("/intrus", b"")), None), "sort de l'archive"),
    "lien": ((200, archive(DEPOT, lien("2010/a.csv", "../../cle_du_secret")), None), "un lien"),
    "lien dur": ((200, archive(DEPOT, lien("2010/a.csv", DEPOT[0], tarfile.LNKTYPE)), None), "un lien"),
    "octet nul": ((200, archive(DEPOT, etendu("2010/a.csv", path="2010/a\0.csv")), None), "un octet nul"),
    "en-tête géant": (
        (200, archive(DEPOT, etendu("2010/a.csv", comment="x" * 2**21)), None),
        "y dépasse 1 Mo",
    ),
    "date infinie": ((200, archive(DEPOT, etendu("2010/a.csv", mtime="inf")), None), "ne s'est pas ouverte en entier"),
    "taille négative": ((200, archive(DEPOT, etendu("2010/a.csv", size="-5120")), None), "sa taille est négative"),
    "emboîtée": ((200, gzip.compress(etendu("2010/a.csv", comment="x").tobuf()[:1024] * 2000), None), "ne s'est pas"),
    "tube": ((200, archive(DEPOT, lien("2010/a.csv", "", tarfile.FIFOTYPE)), None), "un fichier spécial"),
}


@pytest.mark.parametrize(("servi", "dit"), REFUSEES.values(), ids=REFUSEES)
def test_une_archive_qui_ne_vient_pas_ou_qui_est_hostile_ne_laisse_rien(etape, lieu, servi, dit):
    lieu.servir["/depots"] = servi
    code, sortie = etape.recevoir()
    assert (code, recus(etape.racine), sorted(p.name for p in etape.racine.iterdir())) == (1, [], [".ci", "data"])
    assert sortie.startswith("::error::")
    assert sortie.count("\n") == 1
    assert dit in sortie
    assert not any(secret in sortie for secret in ("127.0.0.1", "intrus", "gbh", CLE))


def test_ce_qui_sort_d_une_archive_est_borne(monkeypatch, tmp_path):
    """Les en-têtes et ce qui suit le dernier membre comptent aussi."""
    monkeypatch.setattr(PUBLICATION, "PLAFOND", 2**20)
    with pytest.raises(PUBLICATION.Refus, match="ouverte, elle dépasse"):
        PUBLICATION.deballer(io.BytesIO(gzip.compress(gzip.decompress(archive(DEPOT)) + b"\0" * 2**21)), tmp_path)
    monkeypatch.setattr(PUBLICATION, "MEMBRES", 1)
    with pytest.raises(PUBLICATION.Refus, match=r"membre 2 .* plus de 1"):
        PUBLICATION.deballer(io.BytesIO(archive(DEPOT, ("2010/a.csv", b""))), tmp_path)


@pytest.mark.parametrize(
    ("environnement", "dit"),
    [
        ({"DEPOTS_CLE": ""}, "DEPOTS_CLE manque"),
        ({"DEPOTS_CLE": "trop courte"}, "DEPOTS_CLE manque"),
        ({"DEPOTS_URL": "http://depots.exemple.fr/a"}, "qu'en https"),
        ({"DEPOTS_URL": "file:///etc/passwd"}, "qu'en https"),
    ],
)
def test_ni_en_clair_ni_sans_la_cle_de_toujours(etape, environnement, dit):
    code, sortie = etape.recevoir(**environnement)
    assert (code, dit in sortie, recus(etape.racine)) == (1, True, [])


@pytest.fixture
def outille(etape):
    """Un dépôt dont « avis », « make livre » et « valeurs » rendent le code que dit le fichier de leur nom."""
    rendre = "import sys, pathlib\nprint(*sys.argv[1:])\nsys.exit(int(pathlib.Path('code_{}').read_text()))\n"
    for nom in ("avis", "valeurs"):
        (etape.racine / ".ci" / nom).write_text(rendre.format(nom), "utf-8")
    (etape.racine / "Makefile").write_text("livre:\n\t@echo livre $(PUBLIC); exit $$(cat code_livre)\n", "utf-8")
    (etape.racine / ".venv" / "bin").mkdir(parents=True)
    (etape.racine / ".venv" / "bin" / "python").symlink_to(sys.executable)

    def lancer(*arguments: str, codes: dict[str, int], **environnement: str) -> tuple[int, str]:
        for nom, code in codes.items():
            (etape.racine / f"code_{nom}").write_text(str(code), "utf-8")
        return etape(*arguments, **environnement)

    lancer.racine = etape.racine
    return lancer


@pytest.mark.parametrize(
    ("code_des_avis", "malgre", "code", "dit"),
    [
        (0, "", 0, "requirements.lock"),
        (1, "", 1, "::error::un avis vise"),
        (1, "true", 0, "::warning::publié malgré"),
        (3, "", 0, "::warning::les bibliothèques n'ont pas été vérifiées"),
        (2, "", 1, "::error::"),
    ],
)
def test_un_avis_arrete_la_publication_et_le_silence_avertit(outille, code_des_avis, malgre, code, dit):
    rendu, sortie = outille("avis", codes={"avis": code_des_avis}, MALGRE=malgre)
    assert (rendu, dit in sortie) == (code, True)


@pytest.mark.parametrize(
    ("livre", "valeurs", "code", "dit"),
    [
        (0, 0, 0, "HEAD^1 --publie data/publie/publique"),
        (0, 1, 1, "::error::des valeurs publiées changent"),
        (0, 3, 3, "livre publique"),
        (2, 0, 1, "::error::la publication a échoué (code 2)"),
    ],
)
def test_l_essai_a_blanc_publie_puis_compare(outille, livre, valeurs, code, dit):
    rendu, sortie = outille("essai", "HEAD^1", codes={"livre": livre, "valeurs": valeurs})
    assert (rendu, dit in sortie) == (code, True)
    assert outille("publier", codes={"livre": livre})[0] == bool(livre)


def test_l_essai_a_blanc_ne_touche_pas_de_vrais_depots(outille):
    (outille.racine / "data/brut/2010").mkdir()
    code, sortie = outille("essai", "HEAD^1", codes={"livre": 0, "valeurs": 0})
    assert (code, "dépôts fictifs" in sortie, "livre" in sortie) == (1, True, False)

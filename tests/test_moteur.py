"""Le moteur : mêmes sorties qu'un noyau ordinaire ; d'une page à l'autre, rien ; à la fin, personne."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import nbformat
import papermill
import psutil
import pytest
from atelier import MODELES, ecrire_modele, ecrire_publie
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.iorw import load_notebook_node

from observatoire.erreurs import ErreurConfiguration, ParametreInconnu
from observatoire.moteur.papermill import _ranger
from observatoire.moteur.souche import EnfantMort, Ordre, Souche, SoucheMorte, TropLong
from observatoire.processus import fourche_possible
from observatoire.publie import VARIABLE

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="ce système ne sait pas se dédoubler")
NOYAU = {"name": "observatoire", "display_name": "Observatoire (Python 3)", "language": "python"}


@pytest.fixture(scope="module")
def souche():
    with Souche() as en_marche:
        yield en_marche


def carnet(*cellules: str) -> nbformat.NotebookNode:
    ecrites = [nbformat.v4.new_code_cell(source, id=f"c{rang}") for rang, source in enumerate(cellules)]
    return nbformat.v4.new_notebook(cells=ecrites, metadata={"kernelspec": NOYAU})


def executer(souche: Souche, *cellules: str, delai: float = 60) -> list[list[dict]]:
    """Les sorties de chaque cellule, dans un enfant neuf."""
    nb = load_notebook_node(carnet(*cellules))
    papermill_engines.execute_notebook_with_engine(
        "observatoire", nb, kernel_name="observatoire", progress_bar=False, execution_timeout=delai, souche=souche
    )
    return [c.outputs for c in nb.cells]


def valeur(souche: Souche, *cellules: str):
    """L'objet JSON qu'imprime la dernière cellule."""
    return json.loads(executer(souche, *cellules)[-1][0]["text"])


def test_une_souche_qui_ne_demarre_pas_dit_le_fichier_et_la_ligne(tmp_path):
    (tmp_path / "casse.py").write_text("x = 1\ny = (\n", encoding="utf-8")
    with Souche(["casse"], {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}) as cassee:
        assert not cassee.prete
        with pytest.raises(SoucheMorte, match=r"pas pu démarrer : SyntaxError : .*casse\.py, ligne 2"):
            executer(cassee, "1")


def cellule(source: str) -> list[dict]:
    return [{"rang": 0, "source": source, "tolere": False}]


PAGE = (
    "import os, sys\nos.environ['SOURCE_DATE_EPOCH'] = '0'\nimport pandas as pd, matplotlib.pyplot as plt",
    "pd.DataFrame({'quartier': ['Battant', 'Planoise'], 'taux': [0.25, 1 / 3]})",
    "fig, axe = plt.subplots()\naxe.plot([1, 3, 2])\naxe.set_title('Écarts')",
    "import seaborn as sns\nsns.barplot(x=['a', 'b'], y=[1, 2.5]);",
    "%config InlineBackend.figure_formats = ['retina']\nplt.bar(['a', 'b'], [1, 2]);",
    "print('dit', flush=True)\nprint('soufflé', file=sys.stderr)",
    "from IPython.display import HTML, Image, display\ndisplay(HTML('<b>gras</b>'))\nlist({'un', 'deux', 'trois'})[:0]",
    "display({'text/plain': 'un'}, raw=True, display_id='x')",
    "display({'text/plain': 'deux'}, raw=True, display_id='x', update=True)",
    "_, In[2][:8], len(Out), __name__",
    "!echo sous-processus",
    "import observatoire\nobservatoire.grille.__doc__",
    "1 / 0",
)


def test_une_souche_attend_son_depart_et_lit_ce_qui_vient_d_etre_ecrit(tmp_path):
    chemins = os.pathsep.join([str(tmp_path), *sys.path])
    with Souche((), {"PYTHONPATH": chemins}) as souche:
        (tmp_path / "tardif.py").write_text("MOT = 'publié'\n", encoding="utf-8")
        souche.partir("tardif")
        souche.partir("inconnu")  # elle est déjà partie
        assert valeur(souche, "import json, sys; print(json.dumps(sys.modules['tardif'].MOT))") == "publié"


def test_une_souche_fermee_avant_son_depart_finit_sans_rien_dire(capfd):
    souche = Souche(())
    souche._controle.close()
    assert souche._processus.wait(60) == 0
    souche.fermer()
    assert capfd.readouterr() == ("", "")


def test_memes_sorties_que_dans_un_noyau_ordinaire(souche):
    ici = executer(souche, *PAGE)
    client = NotebookClient(carnet(*PAGE), kernel_name="observatoire", timeout=120, allow_errors=True,
                            record_timing=False, shutdown_kernel="immediate", coalesce_streams=True)  # fmt: skip
    la_bas = [c.outputs for c in client.execute().cells]
    for sorties in (ici, la_bas):
        assert len(sorties[-1][0].pop("traceback")) > 2  # ses couleurs sont à chacun ; une page en échec ne paraît pas
    assert ici == la_bas
    types = {t for sorties in ici for s in sorties for t in s.get("data", {})}
    assert {"image/png", "text/html"} <= types
    assert ici[-1][0]["ename"] == "ZeroDivisionError"
    assert ici[7][0]["data"]["text/plain"] == "deux"


SALIR = """
import asyncio, os, random, sys, threading, wave
import matplotlib.pyplot as plt, numpy as np, pandas as pd
random.seed(1); np.random.seed(1)
plt.rcParams['font.size'] = 31; plt.figure()
pd.set_option('display.max_rows', 3)
os.environ['SALE'] = 'oui'; open('sale', 'w').close(); os.chdir('/')
fichier = open('/etc/hostname')
asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
threading.Thread(target=threading.Event().wait, daemon=True).start()
secret = 1
sys.path.append('/sale'); os.umask(0o077)
import observatoire; observatoire.intrus = 1
"""
ETAT = """
import asyncio, hashlib, json, os, sys, threading, psutil
import matplotlib.pyplot as plt, pandas as pd
moi = psutil.Process()
masque = os.umask(0); os.umask(masque)
import observatoire
print(json.dumps({
    'rc': hashlib.sha256(repr(sorted(plt.rcParams.items())).encode()).hexdigest(), 'figures': plt.get_fignums(),
    'lignes': pd.get_option('display.max_rows'),
    'environnement': {n: v for n, v in sorted(os.environ.items()) if n != 'TMPDIR'},
    'dossier': os.listdir(), 'masque': masque, 'chemins': sys.path,
    'fichiers': [f.path for f in moi.open_files() if 'hostname' in f.path],
    'modules': [m for m in ('wave', 'sale') if m in sys.modules],
    'boucles': type(asyncio.get_event_loop_policy()).__name__, 'fils': threading.active_count(),
    'noms': [n for n in dir() if not n.startswith('_')], 'principal': sys.modules['__main__'].__dict__ is globals(),
    'entrees': len(In), 'sorties': len(Out), 'intrus': hasattr(observatoire, 'intrus'),
    'session': os.getsid(0) == os.getpid(), 'ports': len(moi.net_connections('inet')),
    'signaux': [str(__import__('signal').getsignal(s)) for s in (2, 15, 17)],
}))
"""


def test_ce_qu_un_fil_ecrit_apres_la_fin_de_sa_cellule_lui_reste(tmp_path):
    """Entre deux cellules, ou après la dernière : la page n'en meurt pas."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("a"), nbformat.v4.new_code_cell("b")])
    nbformat.write(notebook, tmp_path / "page.ipynb")
    gestion = NotebookExecutionManager(load_notebook_node(str(tmp_path / "page.ipynb")), progress_bar=False)
    gestion.notebook_start()
    tard = {"sortie": {"output_type": "stream", "name": "stdout", "text": "tard"}}
    _ranger(
        gestion,
        iter(
            [
                {"commence": 0}, {"finit": 0, "rang": 1, "reussie": True}, tard,
                {"commence": 1}, {"finit": 1, "rang": 2, "reussie": True}, tard,
            ]
        ),
    )  # fmt: skip
    assert [c.outputs[0].text for c in gestion.nb.cells] == ["tard", "tard"]
    assert not any(c.metadata.papermill.exception for c in gestion.nb.cells)


def test_rien_ne_passe_d_une_page_a_l_autre_et_aucun_port_n_est_ouvert(souche):
    avant = valeur(souche, ETAT)
    executer(souche, SALIR)
    assert valeur(souche, ETAT) == avant
    assert (avant["dossier"], avant["fils"], avant["ports"]) == ([], 1, 0)
    assert avant["principal"]
    assert avant["session"]


def test_le_hasard_n_est_jamais_le_meme(souche):
    tirage = """import json, random, uuid, numpy as np
print(json.dumps([random.random(), np.random.random(), str(uuid.uuid4())]))"""
    premier, second = valeur(souche, tirage), valeur(souche, tirage)
    assert all(a != b for a, b in zip(premier, second, strict=True))


def test_deux_pages_a_la_fois_ne_melent_pas_leurs_figures(souche):
    def page(n):
        tracer = "plt.figure(); plt.plot([0, {}]); time.sleep(0.05); plt.title('{}'); plt.show()"
        return ("import time, matplotlib.pyplot as plt", *(tracer.format(n * k, n) for k in range(1, 6)))

    with ThreadPoolExecutor(2) as equipe:
        melees = list(equipe.map(lambda n: executer(souche, *page(n)), (1, 2)))
    assert melees == [executer(souche, *page(1)), executer(souche, *page(2))]
    assert melees[0] != melees[1]


def test_ce_qui_s_ecrit_sans_python_est_garde(souche):
    (sorties,) = executer(souche, "import os\nprint('avant')\nos.system('echo enfant; echo soufflé >&2')\nNone")
    assert [(s["name"], s["text"]) for s in sorties] == [("stdout", "avant\nenfant\n"), ("stderr", "soufflé\n")]


def test_un_enfant_tue_est_signale_aussitot(souche):
    debut = time.monotonic()
    with pytest.raises(EnfantMort):
        executer(souche, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert time.monotonic() - debut < 5


def test_une_cellule_trop_longue_est_arretee_avec_ce_qu_elle_a_lance(souche):
    lance = []
    with pytest.raises(TropLong), souche.enfant(Ordre(cellule(
        "import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid)\nwhile True: pass"
    ), {}, delai=2)) as messages:  # fmt: skip
        lance.extend(int(m["sortie"]["text"]) for m in messages if "sortie" in m)
    messages.close()
    assert valeur(souche, "print(1)") == 1


def test_quarante_enfants_a_la_fois(souche):
    with ThreadPoolExecutor(40) as equipe:
        sorties = list(equipe.map(lambda n: valeur(souche, f"print({n})"), range(40)))
    assert sorties == list(range(40))
    attendre = time.monotonic() + 10
    while (restes := psutil.Process(souche._processus.pid).children()) and time.monotonic() < attendre:
        time.sleep(0.05)
    assert not restes


PROPRIETAIRE = """
import json, os, sys, time
from observatoire.moteur.souche import Ordre, Souche

souche = Souche(())
source = "import subprocess; p = subprocess.Popen(['sleep', '1000']); print(p.pid); p.wait()"
with souche.enfant(Ordre([{{"rang": 0, "source": source, "tolere": False}}], {{}})) as messages:
    for message in messages:
        if "sortie" in message:
            print(message["sortie"]["text"].strip(), flush=True)
            {fin}
"""


@pytest.mark.parametrize("fin", ["pass", "break", "souche.fermer()", "os.kill(souche._processus.pid, 9)"])
def test_la_fin_du_proprietaire_ou_de_la_souche_ne_laisse_rien(fin):
    proprietaire = subprocess.Popen(
        [sys.executable, "-c", PROPRIETAIRE.format(fin=fin)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    numero = int(proprietaire.stdout.readline())
    descendance = []
    with suppress(psutil.NoSuchProcess):  # déjà mort, sauf si rien ne finit encore
        descendance = [psutil.Process(numero)]
        descendance += [p for p in descendance[0].parents() if _est_du_moteur(p)]
    if fin == "pass":
        assert len(descendance) == 3
        os.kill(proprietaire.pid, signal.SIGKILL)
    # La souche tuée ne peut plus rien : l'enfant meurt avec elle, mais pas ce qu'il avait lancé, qu'on n'attend pas.
    lance = descendance[:1] if fin.startswith("os.kill") else []
    restes = lance + psutil.wait_procs(descendance[len(lance) :], timeout=10)[1]
    vivants = [p for p in restes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    proprietaire.kill()
    proprietaire.wait()
    proprietaire.stdout.close()
    if lance:
        assert {p.name() for p in vivants} <= {"sleep"}
        for vivant in vivants:
            vivant.kill()
    else:
        assert vivants == []


def _est_du_moteur(processus: psutil.Process) -> bool:
    try:
        return "observatoire.moteur" in processus.cmdline()
    except psutil.Error:  # déjà mort, tout juste
        return False


def test_un_enfant_qui_meurt_apres_la_fin_de_sa_souche_ne_fait_rien_ecrire():
    vie = """
import os, signal, socket
from observatoire.moteur.naissance import _servir
client, controle = socket.socketpair()
client.shutdown(socket.SHUT_WR)
assert _servir(controle) is None
os.kill(os.getpid(), signal.SIGCHLD)
"""
    fait = subprocess.run([sys.executable, "-c", vie], capture_output=True, text=True, timeout=60)
    assert (fait.returncode, fait.stdout, fait.stderr) == (0, "", "")


def test_la_souche_refuse_ce_qui_rendrait_ses_copies_boiteuses(tmp_path, monkeypatch, capfd):
    code = "import threading; threading.Thread(target=threading.Event().wait, daemon=True, name='f').start()"
    (tmp_path / "genant.py").write_text(code, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Souche(("genant",)) as souche:
        assert not souche.prete
        with pytest.raises(SoucheMorte):
            executer(souche, "1")
    assert "fil d'exécution (f)" in capfd.readouterr().err


def test_une_copie_du_processus_ne_retient_pas_sa_souche():
    """Un ouvrier forké hérite de l'autre bout de la laisse : il doit le lâcher."""
    souche = Souche(())
    assert souche.prete
    ouvrier = os.fork()
    if not ouvrier:
        time.sleep(60)
        os._exit(0)
    try:
        souche.fermer()
        assert souche._processus.returncode == 0
    finally:
        os.kill(ouvrier, signal.SIGKILL)
        os.waitpid(ouvrier, 0)


def test_ou_se_dedoubler_est_sur(monkeypatch):
    monkeypatch.delenv("OBSERVATOIRE_FOURCHE", raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not fourche_possible()
    monkeypatch.setenv("OBSERVATOIRE_FOURCHE", "1")
    assert fourche_possible()
    monkeypatch.delattr(os, "fork")
    assert not fourche_possible()


def test_le_noyau_est_installe():
    assert KernelSpecManager().get_kernel_spec("observatoire").display_name == "Observatoire (Python 3)"


@pytest.mark.parametrize("comment", [["--engine", "observatoire"], ["-k", "observatoire"], []])
def test_papermill_en_ligne_de_commande(tmp_path, comment):
    """Les titres y sont posés d'après les paramètres, comme sur le site."""
    titre, defauts, _ = MODELES["quartier"]
    entree = ecrire_modele(tmp_path, "quartier", titre, defauts, "annee, quartier, __import__('os').getppid() > 1")
    commande = [sys.executable, "-m", "papermill", *comment, "--no-progress-bar", entree, tmp_path / "b.ipynb"]
    processus = subprocess.run(
        [*commande, "-p", "annee", "2009", "-p", "quartier", "planoise-chateaufarine"], capture_output=True, text=True,
        env=os.environ | {VARIABLE: str(ecrire_publie(tmp_path / "publie", (2009, 2010)))},
    )  # fmt: skip
    assert processus.returncode == 0, processus.stderr
    fait = nbformat.read(tmp_path / "b.ipynb", 4).cells
    assert fait[0].source == "# Planoise - Châteaufarine en 2009"
    assert fait[-1].outputs[0]["data"]["text/plain"] == "(2009, 'planoise-chateaufarine', True)"


@pytest.mark.parametrize(
    ("titre", "parametres", "dit"),
    [
        ("# {{ annee }}", {"annee": 1999}, "annee = « 1999 » n'est pas admis. Valeurs admises : 2009, 2010."),
        ("# {{ annee }}", {"an": 2009}, "« an » est inconnu. Paramètres du notebook : annee, quartier."),
        (
            "# {{ x }}",
            {},
            "« {{ x }} » n'est pas un texte connu. Textes connus : a_ville, annee",
        ),
    ],
)
def test_un_parametre_faux_est_dit_avant_qu_un_noyau_ne_demarre(tmp_path, monkeypatch, titre, parametres, dit):
    monkeypatch.setenv(VARIABLE, str(ecrire_publie(tmp_path / "publie", (2009, 2010))))
    entree = ecrire_modele(tmp_path, "quartier", titre, MODELES["quartier"][1], "1 / 0")
    with pytest.raises(ParametreInconnu, match=re.escape(dit)):
        papermill.execute_notebook(entree, None, parametres, progress_bar=False)


def test_sans_titre_a_poser_ou_pour_un_autre_noyau_papermill_est_le_meme(tmp_path, monkeypatch):
    """Rien de publié : y lire échouerait."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    recus = []
    monkeypatch.setattr(NBClientEngine, "execute_managed_notebook", lambda gestion, noyau, **_: recus.append(noyau))
    ordinaire = papermill_engines.get_engine(None)
    for noyau, titre in (("python3", "# {{ titre }}"), ("observatoire", "# Un titre")):
        cahier = load_notebook_node(str(ecrire_modele(tmp_path, noyau, titre, "annee = 2010", "annee")))
        ordinaire.execute_managed_notebook(NotebookExecutionManager(cahier, progress_bar=False), noyau)
        assert cahier.cells[0].source == titre
    assert recus == ["python3", "observatoire"]
    with pytest.raises(ErreurConfiguration, match="rien n'est encore publié"):
        papermill.execute_notebook(
            ecrire_modele(tmp_path, "page", "# {{ titre }}", "annee = 2010", "annee"), None, progress_bar=False
        )


def test_nbval(tmp_path):
    fichier = tmp_path / "a.ipynb"
    client = NotebookClient(carnet("print(2 * 3)", "import os, observatoire; 'souche' in os.environ"),
                            kernel_name="observatoire")  # fmt: skip
    nbformat.write(client.execute(), fichier)
    commande = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
    commande += ["--nbval-kernel-name=observatoire", "--nbval-cell-timeout=60", str(fichier)]
    processus = subprocess.run(commande, capture_output=True, text=True, cwd=tmp_path)
    assert processus.returncode == 0, processus.stdout

"""Le noyau « observatoire » : forké ou ordinaire, mêmes sorties ; d'une page à l'autre, rien ; à la fin, personne."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from observatoire.noyaux import demarrage
from observatoire.noyaux.demarrage import Souche, fourche_possible
from observatoire.noyaux.gestionnaire import GestionnaireNoyau

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="ce système ne sait pas se dédoubler")
SOURCES = Path(__file__).parents[1] / "src" / "observatoire"


@pytest.fixture(autouse=True)
def _noyaux_forkes(monkeypatch):
    monkeypatch.setenv("OBSERVATOIRE_FOURCHE", "1")
    monkeypatch.delenv("OBSERVATOIRE_SOUCHE", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)


def carnet(*cellules: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source, id=f"c{rang}") for rang, source in enumerate(cellules)]
    )


def client(*cellules: str, noyau: str = "observatoire", **options) -> NotebookClient:
    reglages = {"kernel_manager_class": GestionnaireNoyau, "timeout": 60, "record_timing": False, **options}
    return NotebookClient(carnet(*cellules), kernel_name=noyau, shutdown_kernel="immediate", **reglages)


def executer(*cellules: str, **options) -> list[list[dict]]:
    """Les sorties de chaque cellule, dans un noyau neuf."""
    return [c.outputs for c in client(*cellules, **options).execute().cells]


def valeur(*cellules: str, **options):
    """L'objet JSON qu'imprime la dernière cellule."""
    return json.loads(executer(*cellules, **options)[-1][0]["text"])


PAGE = (
    "import os, sys\nos.environ['SOURCE_DATE_EPOCH'] = '0'\nimport pandas as pd, matplotlib.pyplot as plt\n"
    "plt.rcParams['svg.hashsalt'] = 'x'",
    "pd.DataFrame({'quartier': ['Battant', 'Planoise'], 'taux': [0.25, 1 / 3]})",
    "fig, axe = plt.subplots()\naxe.plot([1, 3, 2])\naxe.set_title('Écarts')",
    "%config InlineBackend.figure_formats = ['svg']\nplt.bar(['a', 'b'], [1, 2]);",
    "print('dit', flush=True)\nprint('soufflé', file=sys.stderr)",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>gras</b>'))\nlist({'un', 'deux', 'trois'})[:0]",
    "_, In[2][:8], len(Out), __name__, sys.argv[1], os.path.basename(sys.argv[0])[-3:]",
    "!echo sous-processus",
    "import observatoire\nobservatoire.grille.__doc__",
    "1 / 0",
)


def test_memes_sorties_forke_ou_ordinaire(monkeypatch):
    forke = executer(*PAGE, allow_errors=True)
    monkeypatch.setenv("OBSERVATOIRE_FOURCHE", "0")
    ordinaire = executer(*PAGE, allow_errors=True)
    usuel = executer(*PAGE, allow_errors=True, noyau="python3", kernel_manager_class=AsyncKernelManager)
    assert forke == ordinaire == usuel
    types = {t for sorties in forke for s in sorties for t in s.get("data", {})}
    assert {"image/png", "image/svg+xml", "text/html"} <= types
    assert forke[-1][0]["ename"] == "ZeroDivisionError"


SALIR = """
import asyncio, os, random, sys, threading, wave, zmq
import matplotlib.pyplot as plt, numpy as np, pandas as pd
random.seed(1); np.random.seed(1)
plt.rcParams['font.size'] = 31; plt.figure()
pd.set_option('display.max_rows', 3)
os.environ['SALE'] = 'oui'; os.chdir('/')
fichier = open('/etc/hostname')
zmq.Context.instance()
asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
threading.Thread(target=threading.Event().wait, daemon=True).start()
secret = 1
sys.path.append('/sale'); os.umask(0o077)
import observatoire; observatoire.intrus = 1
"""
ETAT = """
A_PART = 'JPY_PARENT_PID', 'OBSERVATOIRE_FOURCHE'
import asyncio, hashlib, json, os, sys, threading, psutil, zmq
import matplotlib.pyplot as plt, pandas as pd
moi = psutil.Process()
masque = os.umask(0); os.umask(masque)
import observatoire
print(json.dumps({
    'rc': hashlib.sha256(repr(sorted(plt.rcParams.items())).encode()).hexdigest(), 'figures': plt.get_fignums(),
    'lignes': pd.get_option('display.max_rows'),
    'environnement': {n: v for n, v in sorted(os.environ.items()) if n not in A_PART},
    'dossier': os.getcwd(), 'masque': masque, 'chemins': sys.path,
    'fichiers': [f.path for f in moi.open_files() if 'hostname' in f.path],
    'modules': [m for m in ('wave', 'sale') if m in sys.modules],
    'boucles': type(asyncio.get_event_loop_policy()).__name__, 'contexte': zmq.Context._instance is None,
    'fils': sorted(f.name.split('(')[-1] for f in threading.enumerate() if not f.name.startswith('Thread-')),
    'noms': [n for n in dir() if not n.startswith('_')], 'principal': sys.modules['__main__'].__dict__ is globals(),
    'entrees': len(In), 'sorties': len(Out), 'intrus': hasattr(observatoire, 'intrus'),
    'session': os.getsid(0) == os.getpid(),
    'signaux': [str(__import__('signal').getsignal(s)) for s in (2, 15, 17)],
}))
"""


def test_rien_ne_passe_d_une_page_a_l_autre(monkeypatch):
    avant = valeur(ETAT)
    executer(SALIR)
    assert valeur(ETAT) == avant
    monkeypatch.setenv("OBSERVATOIRE_FOURCHE", "0")
    assert valeur(ETAT) == avant


def test_le_hasard_n_est_jamais_le_meme():
    tirage = """import json, random, uuid, numpy as np
print(json.dumps([random.random(), np.random.random(), str(uuid.uuid4())]))"""
    premier, second = valeur(tirage), valeur(tirage)
    assert all(a != b for a, b in zip(premier, second, strict=True))


def test_deux_pages_a_la_fois_ne_melent_pas_leurs_figures():
    def page(n):
        tracer = "plt.figure(); plt.plot([0, {}]); time.sleep(0.05); plt.title('{}'); plt.show()"
        return ("import time, matplotlib.pyplot as plt", *(tracer.format(n * k, n) for k in range(1, 6)))

    async def ensemble():
        return await asyncio.gather(*(client(*page(n)).async_execute() for n in (1, 2)))

    melees = [[c.outputs for c in nb.cells] for nb in asyncio.run(ensemble())]
    assert melees == [executer(*page(1)), executer(*page(2))]
    assert melees[0] != melees[1]


@pytest.mark.parametrize("fourche", ["1", "0"])
def test_aucun_port_ouvert(monkeypatch, fourche):
    """Ni le nôtre, ni celui qu'ipykernel garde pour les sous-processus ; leurs sorties arrivent quand même."""
    monkeypatch.setenv("OBSERVATOIRE_FOURCHE", fourche)
    sorties = executer(
        "import json, os, stat, sys, psutil\nfrom ipykernel.connect import get_connection_info\n"
        "infos = get_connection_info(unpack=True)\nmode = os.stat(os.path.dirname(infos['ip'])).st_mode\n"
        "ports = len(psutil.Process().net_connections('inet'))\n"
        "print(json.dumps([ports, infos['transport'], oct(stat.S_IMODE(mode) & 0o777), len(infos['key']) > 20]))",
        "if not (enfant := os.fork()):\n    print('enfant', flush=True)\n    os._exit(0)\n"
        "os.waitpid(enfant, 0)\nimport time; time.sleep(0.2)",
    )
    assert json.loads(sorties[0][0]["text"]) == [0, "ipc", "0o700", True]
    assert "".join(s["text"] for s in sorties[1]) == "enfant\n"


def test_sans_socket_de_fichier_tcp_est_chiffre(monkeypatch):
    monkeypatch.setattr(zmq, "has", lambda capacite: capacite == "curve")
    infos = valeur(
        "import json\nfrom ipykernel.connect import get_connection_info\n"
        "infos = get_connection_info(unpack=True)\n"
        "print(json.dumps([infos['transport'], len(infos['curve_publickey'])]))"
    )
    assert infos == ["tcp", 40]


def test_un_noyau_tue_est_signale_aussitot():
    debut = time.monotonic()
    with pytest.raises(DeadKernelError):
        executer("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert time.monotonic() - debut < 3


def test_une_cellule_trop_longue_est_interrompue():
    sorties = executer(
        "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('interrompue')",
        "print('ensuite')",
        timeout=1,
        interrupt_on_timeout=True,
    )
    assert [s[0]["text"] for s in sorties] == ["interrompue\n", "ensuite\n"]


def test_arret_poli_sans_attente():
    """Chez ipykernel, un arrêt sur douze se bloque : douze à la suite passeraient rarement."""

    async def arreter():
        gestionnaire = GestionnaireNoyau(kernel_name="observatoire")
        await gestionnaire.start_kernel()
        dossier = Path(gestionnaire.ip).parent
        await gestionnaire.request_shutdown()
        arrete = gestionnaire.provisioner.process.poll() == 0
        await gestionnaire.finish_shutdown()
        await gestionnaire.cleanup_resources()
        return arrete and not dossier.exists()

    assert all(asyncio.run(arreter()) for _ in range(12))


def test_quarante_noyaux_a_la_fois():
    async def ensemble():
        return await asyncio.gather(*(client(f"print({n})").async_execute() for n in range(40)))

    carnets = asyncio.run(ensemble())
    assert [c.cells[0].outputs[0]["text"] for c in carnets] == [f"{n}\n" for n in range(40)]


PROPRIETAIRE = """
import asyncio, json, os, sys, time
from observatoire.noyaux.demarrage import Souche
from observatoire.noyaux.gestionnaire import GestionnaireNoyau

async def main():
    noyau = GestionnaireNoyau(kernel_name="observatoire")
    await noyau.start_kernel()
    client = noyau.client()
    client.start_channels()
    await client.wait_for_ready()
    await client.execute_interactive("import subprocess; p = subprocess.Popen(['sleep', '1000'])")
    print(json.dumps([souche.adresse, noyau.ip]), flush=True)
    {fin}
    time.sleep(1000)

souche = Souche.demarrer(())
os.environ["OBSERVATOIRE_SOUCHE"] = souche.adresse
asyncio.run(main())
"""


@pytest.mark.parametrize("fin", ["pass", "souche.fermer()", "os.kill(souche._processus.pid, 9)"])
def test_la_fin_du_proprietaire_ou_de_la_souche_ne_laisse_rien(fin):
    proprietaire = subprocess.Popen(
        [sys.executable, "-c", PROPRIETAIRE.format(fin=fin)], stdout=subprocess.PIPE, start_new_session=True
    )
    adresse, ip = json.loads(proprietaire.stdout.readline())
    racine = psutil.Process(proprietaire.pid)
    descendance = racine.children(recursive=True)
    if fin == "pass":
        assert sorted(p.name() for p in descendance)[-1] == "sleep"
        assert len(descendance) == 3
        os.kill(proprietaire.pid, signal.SIGKILL)
    restes = psutil.wait_procs(descendance, timeout=5)[1]
    vivants = [p for p in restes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    proprietaire.kill()
    proprietaire.wait()
    proprietaire.stdout.close()
    if fin.startswith("os.kill"):
        # La souche tuée ne peut plus rien : le noyau meurt avec elle, mais pas ce qu'il avait lancé.
        for vivant in vivants:
            assert vivant.name() == "sleep"
            vivant.kill()
        shutil.rmtree(Path(adresse).parent)
    else:
        assert vivants == []
        assert not Path(adresse).parent.exists()
        assert not Path(ip).parent.exists()


def test_un_environnement_que_la_souche_ne_peut_pas_rendre_donne_un_noyau_ordinaire(monkeypatch):
    with Souche.demarrer(()) as souche:
        monkeypatch.setenv("OBSERVATOIRE_SOUCHE", souche.adresse)
        parent = "import json, os; print(json.dumps(os.getppid()))"
        assert valeur(parent) == souche._processus.pid
        monkeypatch.setenv("OMP_NUM_THREADS", "7")
        assert valeur(parent) == os.getpid()
        monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setenv("OBSERVATOIRE_SOUCHE", souche.adresse)
    assert valeur(parent) == os.getpid()


REPRISE = """
import json, psutil, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_noyaux import valeur
module = Path({module!r})
lire = "import json, os; from observatoire import publie; print(json.dumps([publie.VARIABLE, os.getppid()]))"
un = valeur(lire)
module.write_text(module.read_text("utf-8").replace("OBSERVATOIRE_PUBLIE", "AUTRE_NOM"), "utf-8")
deux = valeur(lire)
print(json.dumps([un, deux, valeur(lire), psutil.pid_exists(un[1]) and psutil.Process(un[1]).status()]))
"""


def test_un_code_modifie_est_relu_au_noyau_suivant(tmp_path):
    shutil.copytree(SOURCES, tmp_path / "observatoire")
    module = tmp_path / "observatoire" / "publie" / "vue.py"
    script = REPRISE.format(tests=str(Path(__file__).parent), module=str(module))
    environnement = {**os.environ, "PYTHONPATH": str(tmp_path)}
    sortie = subprocess.run([sys.executable, "-c", script], env=environnement, capture_output=True, check=True)
    (avant, souche), (apres, autre), encore, etat = json.loads(sortie.stdout)
    assert (avant, apres) == ("OBSERVATOIRE_PUBLIE", "AUTRE_NOM")
    assert encore == [apres, autre]
    assert souche != autre
    assert etat == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("code", "raison"),
    [
        ("import threading; threading.Thread(target=threading.Event().wait, daemon=True, name='f').start()", "fil"),
        ("import zmq; c = zmq.Context()", "contexte zmq"),
        ("import matplotlib_inline.backend_inline", "deviendraient du texte"),
    ],
)
def test_la_souche_refuse_ce_qui_rendrait_ses_copies_boiteuses(tmp_path, monkeypatch, capfd, code, raison):
    (tmp_path / "genant.py").write_text(code, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Souche.demarrer(("genant",)) as souche:
        monkeypatch.setenv("OBSERVATOIRE_SOUCHE", souche.adresse)
        assert executer("1")[0][0]["data"]["text/plain"] == "1"
        assert souche._processus.wait(5) == 1
    assert raison in capfd.readouterr().err


def test_une_copie_du_processus_ne_retient_pas_sa_souche():
    """Un ouvrier forké hérite de l'autre bout de la laisse : il doit le lâcher."""
    souche = Souche.demarrer(())
    ouvrier = os.fork()
    if not ouvrier:
        time.sleep(30)
        os._exit(0)
    try:
        souche.fermer()
        assert souche._processus.returncode == 0
    finally:
        os.kill(ouvrier, signal.SIGKILL)
        os.waitpid(ouvrier, 0)


def test_ou_se_dedoubler_est_sur(monkeypatch):
    monkeypatch.delenv("OBSERVATOIRE_FOURCHE")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not fourche_possible()
    monkeypatch.setenv("OBSERVATOIRE_FOURCHE", "1")
    assert fourche_possible()
    monkeypatch.delattr(os, "fork")
    assert not fourche_possible()


def test_le_noyau_est_installe():
    specification = KernelSpecManager().get_kernel_spec("observatoire")
    assert specification.display_name == "Observatoire (Python 3)"
    assert specification.env == demarrage.environnement_du_noyau()


def test_papermill_en_ligne_de_commande(tmp_path):
    entree, sortie = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    nbformat.write(carnet("import os; os.getppid()"), entree)
    commande = [sys.executable, "-m", "papermill", "-k", "observatoire", "--no-progress-bar", str(entree), str(sortie)]
    processus = subprocess.run(commande, capture_output=True, text=True)
    assert processus.returncode == 0, processus.stderr
    assert nbformat.read(sortie, 4).cells[0].outputs[0]["data"]["text/plain"].isdigit()


def test_nbval(tmp_path):
    fichier = tmp_path / "a.ipynb"
    nbformat.write(client("print(2 * 3)", "import os, observatoire; 'souche' in os.environ").execute(), fichier)
    commande = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
    commande += ["--nbval-kernel-name=observatoire", "--nbval-cell-timeout=30", str(fichier)]
    processus = subprocess.run(commande, capture_output=True, text=True, cwd=tmp_path)
    assert processus.returncode == 0, processus.stdout

"""Exécuter les pages sur une grappe Dask : tout voyage en données, les ouvriers n'ont besoin d'aucun disque commun.

Chaque ouvrier doit avoir la même version de l'observatoire ; il garde sa propre souche.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock

from observatoire.edition.equipe import Lieu, demarrer, resultat_de
from observatoire.edition.page import faire_page
from observatoire.edition.travail import Resultat, Travail
from observatoire.ephemere import dossier_ephemere
from observatoire.erreurs import ErreurObservatoire
from observatoire.grappe import rejoindre
from observatoire.memoire import empreinte_du_code
from observatoire.moteur.porte import Porte
from observatoire.processus import fourche_possible

ESSAIS = 3  # une page dont l'ouvrier disparaît est reprise par un autre
_DATE = (1980, 1, 1, 0, 0, 0)


def executer_sur_grappe(travaux: Iterable[Travail], lieu: Lieu, adresse: str) -> Iterator[Resultat]:
    """Exécuter des pages sur la grappe ``adresse`` (``tcp://…``) ; les rendre à mesure qu'elles sont faites.

    Lève :class:`ErreurConfiguration` si aucune grappe n'y répond ou si un ouvrier n'a pas le même observatoire.
    """
    travaux = list(travaux)
    if not travaux:
        return
    from distributed import as_completed
    from distributed.client import FutureCancelledError

    with rejoindre(adresse) as client:
        # Une tâche, et non un envoi : si l'ouvrier qui la garde disparaît, la grappe la recalcule.
        archive = client.submit(bytes, archiver(lieu.publie), pure=False)
        taches = {
            client.submit(faire_a_distance, t, archive, lieu.porte, empreinte_du_code(), retries=ESSAIS, pure=False): t
            for t in travaux
        }
        try:
            for tache in as_completed(taches):
                yield resultat_de(tache, taches[tache])
        except (FutureCancelledError, OSError) as perte:
            raise ErreurObservatoire(f"la grappe {adresse} a cessé de répondre ; rien n'a été publié.") from perte
        finally:
            client.cancel(list(taches))


def archiver(dossier: Path) -> bytes:
    """Le contenu d'un dossier publié, en une archive ZIP ; le même contenu donne les mêmes octets."""
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for fichier in sorted(f for f in dossier.rglob("*") if f.is_file()):
            entree = zipfile.ZipInfo(fichier.relative_to(dossier).as_posix(), _DATE)
            archive.writestr(entree, fichier.read_bytes(), zipfile.ZIP_DEFLATED)
    return tampon.getvalue()


def faire_a_distance(travail: Travail, archive: bytes, porte: Porte, code: str) -> Resultat:
    """Ce qu'un ouvrier de la grappe exécute pour une page."""
    if empreinte_du_code() != code:
        return Resultat(travail, None, erreur="cet ouvrier de la grappe n'a pas la même version de l'observatoire.")
    with _emprunter(archive, porte) as installation:
        return faire_page(travail, installation.lieu)


class _Installation:
    """Ce qui est publié, déballé chez un ouvrier de la grappe, et la souche qui l'a lu.

    Si l'ouvrier est tué, rien n'en reste chez lui.
    """

    def __init__(self, archive: bytes, porte: Porte):
        self._pile = ExitStack()
        dossier = self._pile.enter_context(dossier_ephemere())
        publie, atelier = dossier / "publie", dossier / "atelier"
        atelier.mkdir()
        with zipfile.ZipFile(io.BytesIO(archive)) as contenu:
            contenu.extractall(publie)
        souche = demarrer(publie, porte) if fourche_possible() else None
        if souche:
            self._pile.callback(souche.fermer)
        self.lieu = Lieu(publie, atelier, porte, souche)
        self.emprunts = 0

    def a_jour(self) -> bool:
        """Sa souche vit-elle encore ? Une page a pu la tuer."""
        return self.lieu.souche is None or self.lieu.souche.vivante()

    def fermer(self) -> None:
        """Arrêter la souche et effacer le dossier."""
        self._pile.close()


_installations: dict[str, _Installation] = {}
_verrou = Lock()


@contextmanager
def _emprunter(archive: bytes, porte: Porte) -> Iterator[_Installation]:
    """L'installation de cette archive, faite au premier emprunt ; celles que plus rien n'emploie sont alors fermées."""
    empreinte = hashlib.sha256(archive).hexdigest()
    with _verrou:
        if empreinte not in _installations or not _installations[empreinte].a_jour():
            for ancienne in [e for e, i in _installations.items() if not i.emprunts]:
                _installations.pop(ancienne).fermer()
            _installations[empreinte] = _Installation(archive, porte)
        installation = _installations[empreinte]
        installation.emprunts += 1
    try:
        yield installation
    finally:
        with _verrou:
            installation.emprunts -= 1

"""Surveiller ce qui s'écrit, et tenir l'ouvrier qui fait les pages ; un autre prend sa place quand son code change."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import webbrowser
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from watchfiles import Change, DefaultFilter, awatch

from observatoire.apercu import racine
from observatoire.apercu.serveur import Etat, application
from observatoire.configuration import PUBLICS, Configuration
from observatoire.erreurs import ErreurObservatoire, ParametreInconnu
from observatoire.livre.preparation import REGLAGES
from observatoire.verrou import Verrou

# Une page qui se ferme pendant qu'on lui écrit n'est pas une erreur : c'est ce que fait chaque rechargement.
logging.getLogger("tornado.general").setLevel(logging.CRITICAL)
HOTE = "127.0.0.1"
CODE = Path(__file__).parents[1]
#: Des fichiers de la bibliothèque, ceux que le navigateur lit tels quels : l'ouvrier n'a pas à renaître.
FEUILLES = CODE / "livre" / "statique"
#: De quoi se fait une page, hors de la bibliothèque : des noms de chemins.
SURVEILLES = ("notebooks", "suivi", "referentiels", "schemas", "brut")
ARRETE = {
    "ou": "L'aperçu",
    "quoi": "il s'est arrêté ; le prochain enregistrement le relance.",
    "code": [],
    "ligne": None,
}
_PATIENCE_MS, _PAS_MS = 300, 30
_TAILLE = 2**24


class Veille:
    """Le serveur, la surveillance et l'ouvrier d'un public."""

    def __init__(self, config: Configuration, public: str):
        self.config, self.public = config, public
        self.dossier = racine(config, public)
        self.etat, self._ouvrier = Etat(), None
        self._demandee: str | None = None

    def lancer(self, page: str, port: int, navigateur: bool) -> None:
        """Montrer, jusqu'à ce qu'on l'arrête. Lève :class:`ParametreInconnu` si la page n'est pas du livre."""
        with Verrou(self.dossier):
            try:
                asyncio.run(self._servir(page, port, navigateur))
            except ExceptionGroup as groupe:
                raise groupe.exceptions[0] from None

    async def _servir(self, page: str, port: int, navigateur: bool) -> None:
        html = self.dossier / "travail" / "sortie" / "html"
        serveur = HTTPServer(application(html, self.dossier / "edition", self.etat, self._dire_qui_regarde))
        prises = _ecouter(port)
        serveur.add_sockets(prises)
        self._adresse, self._demandee = f"http://{HOTE}:{prises[0].getsockname()[1]}/", page
        self._navigateur = navigateur
        print(f"Aperçu ({self.public}) : {self._adresse} ; Ctrl-C pour arrêter.", flush=True)
        taches = [self._tenir_l_ouvrier(), self._veiller(self._dossiers(), True)]
        taches += [self._veiller({self.config.fichier.parent, self.config.chemin("livre")}, False)]
        async with asyncio.TaskGroup() as groupe:
            for tache in taches:
                groupe.create_task(tache)

    # --- ce qui s'écrit

    def _dossiers(self) -> set[Path]:
        voulus = [*(self.config.chemin(nom) for nom in SURVEILLES), self.config.chemin("livre") / "book", CODE]
        return {dossier for dossier in voulus if dossier.is_dir()}

    async def _veiller(self, dossiers: Iterable[Path], profond: bool) -> None:
        racines = self._reglages() if not profond else None
        editions = [self.config.chemin("edition", public) for public in PUBLICS]
        filtre = _Filtre(racines, [*editions, self.config.chemin("livre") / "book" / "edition"])
        async for changes in awatch(
            *dossiers, watch_filter=filtre, recursive=profond, debounce=_PATIENCE_MS, step=_PAS_MS
        ):
            self._changer({Path(chemin) for _, chemin in changes})

    def _reglages(self) -> set[Path]:
        return {self.config.fichier, *(self.config.chemin("livre") / nom for nom in REGLAGES)}

    def _changer(self, fichiers: set[Path]) -> None:
        if any(f in self._reglages() or (f.is_relative_to(CODE) and not f.is_relative_to(FEUILLES)) for f in fichiers):
            if self._vit():
                with suppress(ProcessLookupError):  # il vient de finir
                    self._ouvrier.kill()
            self._a_relancer.set()
        else:
            self._ordonner(change=sorted(map(str, fichiers)))
            self._a_relancer.set()

    # --- l'ouvrier

    async def _tenir_l_ouvrier(self) -> None:
        """Le faire naître, l'écouter ; s'il s'arrête de lui-même, en attendre un changement pour en refaire un."""
        self._a_relancer = asyncio.Event()
        while True:
            self._a_relancer.clear()
            self.etat.fautes.clear()
            chemins = {nom: str(chemin) for nom, chemin in self.config.chemins.items()}
            reglages = {"config": str(self.config.fichier), "public": self.public, "chemins": chemins}
            reglages |= {"renait": self._ouvrier is not None, "demandee": self._demandee}
            commande = [sys.executable, "-m", "observatoire.apercu", json.dumps(reglages)]
            self._ouvrier = await asyncio.create_subprocess_exec(
                *commande, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_TAILLE
            )
            self._dire_qui_regarde()
            async for ligne in self._ouvrier.stdout:
                self._apprendre(json.loads(ligne))
            if await self._ouvrier.wait() > 0:
                if "ouvrier" not in self.etat.fautes:
                    self._montrer("ouvrier", ARRETE)
                await self._a_relancer.wait()

    def _vit(self) -> bool:
        return self._ouvrier is not None and self._ouvrier.returncode is None

    def _ordonner(self, **ordre) -> None:
        if self._vit():
            self._ouvrier.stdin.write(json.dumps(ordre).encode() + b"\n")

    def _dire_qui_regarde(self) -> None:
        self._ordonner(regarde=self.etat.regardees())

    def _apprendre(self, nouvelle: dict) -> None:
        match nouvelle:
            case {"faute": cle}:
                self._montrer(cle, nouvelle)
            case {"levee": cle}:
                self.etat.fautes.pop(cle, None)
                self.etat.recharger()
            case {"etape": etape}:
                self.etat.etape = f"L'aperçu se prépare : {etape.lower()}…"
            case {"prete": _}:
                self.etat.etape = ""
                self.etat.recharger()
            case {"refaites": pages}:
                self.etat.recharger(pages)
            case {"trouvee": page}:
                self._demandee = None
                self._ouvrir(page)
            case {"inconnue": message}:
                raise ParametreInconnu(message)

    def _montrer(self, cle: str, faute: dict) -> None:
        print(f"  ! {faute['ou']} : {faute['quoi']}", file=sys.stderr, flush=True)
        self.etat.fautes[cle] = faute
        self.etat.recharger()

    def _ouvrir(self, page: str) -> None:
        adresse = f"{self._adresse}{page}.html"
        print(f"  → {adresse}", flush=True)
        if self._navigateur:
            webbrowser.open(adresse)


class _Filtre(DefaultFilter):
    """Ce qui s'écrit à la main : ni fichier caché, ni page exécutée ; seulement ``racines``, s'il y en a."""

    def __init__(self, racines: set[Path] | None, ecartes: list[Path]):
        super().__init__()
        self._racines, self._ecartes = racines, ecartes

    def __call__(self, change: Change, chemin: str) -> bool:
        fichier = Path(chemin)
        if self._racines is not None:
            return fichier in self._racines
        cache = fichier.name.startswith((".", "~")) or any(fichier.is_relative_to(e) for e in self._ecartes)
        return not cache and super().__call__(change, chemin)


def _ecouter(port: int) -> list:
    """Le port demandé, sur cette machine seulement ; 0 : le premier libre."""
    try:
        return bind_sockets(port, HOTE)
    except OSError as erreur:
        conseil = "en donner un autre (--port), ou 0 pour le premier libre."
        raise ErreurObservatoire(f"le port {port} est pris : {conseil}") from erreur


def apercevoir(config: Configuration, public: str, page: str, port: int, navigateur: bool) -> None:
    """Ouvrir l'aperçu d'un territoire sur cette page, jusqu'à ce qu'on l'arrête."""
    Veille(config, public).lancer(page, port, navigateur)

"""Montrer les pages de l'aperçu sur cette machine seulement : 127.0.0.1, et aucun autre nom.

La page servie est celle que Sphinx vient d'écrire, avec de quoi la recharger et, s'il y en a, les fautes.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from tornado.iostream import StreamClosedError
from tornado.web import Application, RedirectHandler, RequestHandler, StaticFileHandler

ICI = Path(__file__).parent
ACCUEIL = "book/edition/accueil"
_BATTEMENT = 15.0
#: La politique d'une page du site, moins ce qu'y ajoute la dernière étape de sa construction : ses feuilles de style.
_POLITIQUE = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SA_POLITIQUE = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_CORPS = re.compile(r"<body[^>]*>")
_SCRIPT = '<script src="/_apercu/recharger.js" defer></script>'
#: Elles restent à l'écran quel que soit le défilement, n'en prennent pas la moitié, et défilent elles-mêmes.
_FAUTES = "position:sticky;top:0;z-index:9999;max-height:45vh;overflow:auto;background:#fff;flex:none"
_FAUTE = "margin:1em;padding:1em;border-left:6px solid #b3261e;background:#fdf1f0;color:#222;font:15px/1.5 sans-serif"
_FAUTIVE = "background:#f6c9c5;font-weight:bold"
_VIDE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Aperçu</title></head>
<body><p style="margin:2em;font:16px/1.5 sans-serif">%s</p></body></html>"""


@dataclass
class Etat:
    """Ce que l'aperçu sait : où il en est, les fautes, et qui regarde quelle page."""

    etape: str = "L'aperçu se prépare"
    fautes: dict[str, dict] = field(default_factory=dict)
    abonnes: dict[asyncio.Queue, str] = field(default_factory=dict)

    def regardees(self) -> list[str]:
        """Les pages ouvertes dans un navigateur, la dernière ouverte d'abord."""
        return list(dict.fromkeys(reversed(self.abonnes.values())))

    def recharger(self, pages: list[str] | None = None) -> None:
        """Faire recharger ces pages, toutes par défaut."""
        for file, page in self.abonnes.items():
            if pages is None or page in pages:
                file.put_nowait("recharger")


def application(html: Path, edition: Path, etat: Etat, regarder) -> Application:
    """Le serveur. ``html`` : les pages ; ``edition`` : d'où viennent documents et données ; ``regarder`` : à appeler
    quand une page s'ouvre ou se ferme."""
    app = Application(log_function=lambda _: None)
    joints = [(rf"/{nom}/(.+)", Fichier, {"path": str(edition / nom)}) for nom in ("documents", "donnees")]
    app.add_handlers(r"(127\.0\.0\.1|localhost)", [
        ("/", RedirectHandler, {"url": f"/{ACCUEIL}.html", "permanent": False}),
        ("/_apercu/nouvelles", Nouvelles, {"etat": etat, "regarder": regarder}),
        ("/_apercu/(recharger.js)", Fichier, {"path": str(ICI)}),
        *joints,
        ("/(.+\\.html)", PageServie, {"path": str(html), "etat": etat}),
        ("/(.+)", Fichier, {"path": str(html)}),
    ])  # fmt: skip
    return app


class Fichier(StaticFileHandler):
    """Un fichier tel qu'il est à l'instant : rien ne s'en garde."""

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Content-Security-Policy", _POLITIQUE)

    def compute_etag(self) -> None:
        """Aucune : tornado retiendrait celle d'avant."""

    def should_return_304(self) -> bool:
        return False


class PageServie(Fichier):
    """Une page, les fautes en tête."""

    def initialize(self, path: str, etat: Etat) -> None:
        super().initialize(path)
        self._etat = etat

    async def get(self, path: str, include_body: bool = True) -> None:
        fichier = Path(self.get_absolute_path(self.root, self.parse_url_path(path)))
        dedans = fichier.resolve().is_relative_to(Path(self.root).resolve())
        ecrite = fichier.read_text(encoding="utf-8") if dedans and fichier.is_file() else ""
        self.set_status(200 if ecrite else 404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(completer(ecrite, self._etat))


class Nouvelles(RequestHandler):
    """Un flux d'évènements par page ouverte, jusqu'à ce qu'elle se ferme."""

    def initialize(self, etat: Etat, regarder) -> None:
        self._etat, self._regarder, self._file = etat, regarder, asyncio.Queue()

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        page = self.get_query_argument("page").strip("/").removesuffix(".html")
        self._etat.abonnes[self._file] = page
        self._regarder()
        self.write("retry: 300\n\n")
        await self.flush()
        with suppress(StreamClosedError):  # la page s'est fermée
            while True:
                try:
                    self.write(f"data: {await asyncio.wait_for(self._file.get(), _BATTEMENT)}\n\n")
                except TimeoutError:
                    self.write(": toujours là\n\n")
                await self.flush()

    def on_connection_close(self) -> None:
        self._etat.abonnes.pop(self._file, None)
        self._regarder()


def completer(page: str, etat: Etat) -> str:
    """La page, de quoi la recharger, et les fautes en tête ; sans page, où l'on en est."""
    if not page:
        page = _VIDE % escape(etat.etape or "Cette page n'existe pas.")
    fautes = "".join(map(montrer, etat.fautes.values()))
    ajout = (f'<div style="{_FAUTES}" tabindex="0">{fautes}</div>' if fautes else "") + _SCRIPT
    return _CORPS.sub(lambda corps: corps[0] + ajout, _SA_POLITIQUE.sub("", page), count=1)


def montrer(faute: dict) -> str:
    """Une faute en HTML : où, quoi, et le code de la cellule, la ligne fautive marquée."""
    lignes = [
        f'<span style="{_FAUTIVE if rang == faute["ligne"] else ""}">{rang:3} {escape(ligne)}</span>'
        for rang, ligne in enumerate(faute["code"], start=1)
    ]
    code = f"<pre>{chr(10).join(lignes)}</pre>" if lignes else ""
    quoi = escape(faute["quoi"]).replace("\n", "<br>")
    tete = f"<b>{escape(faute['ou'])}</b><br>{quoi}"
    return f'<aside class="apercu-faute" role="alert" style="{_FAUTE}">{tete}{code}</aside>'

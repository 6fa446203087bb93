"""L'index de recherche du site, par Pagefind.

La recherche de Sphinx en français ne trouve rien pour « evaluation » ni « vacants » ; Pagefind ignore les accents
et ramène les mots à leur racine. Tout vit dans le site : aucune requête ne part ailleurs.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

from observatoire.erreurs import EditionIncomplete
from observatoire.fichiers import ecrire_texte

_HORS_INDEX = "a.headerlink, nav, .bandeau, script, style, svg, .obs-pli"
#: Ce qu'est chaque page de l'index, à côté de lui. Un filtre de Pagefind le dirait aussi, mais ses fichiers changent
#: d'une fois à l'autre.
GENRES = "genres.json"
#: Par quoi commence tout morceau de l'index, une fois décomprimé.
MAGIE = b"pagefind_dcd"
_EDITION = re.compile(r"/book/edition/(?:(\d{4})/|(indicateurs)/)")


def indexer(pages: Path, index: Path) -> None:
    """Écrire dans ``index`` celui de ``pages`` ; lève :class:`EditionIncomplete` avec ce que dit Pagefind."""
    commande = [sys.executable, "-m", "pagefind", "--site", str(pages), "--output-path", str(index)]
    reglages = ["--force-language", "fr", "--root-selector", "article.bd-article", "--exclude-selectors", _HORS_INDEX]
    resultat = subprocess.run([*commande, *reglages], capture_output=True, text=True, encoding="utf-8", check=False)
    if resultat.returncode:
        raise EditionIncomplete(f"l'index de recherche n'a pas pu être fait.\n{resultat.stderr or resultat.stdout}")
    ecrire_texte(json.dumps(_genres(index), sort_keys=True), index / GENRES)


def _genres(index: Path) -> dict[str, str]:
    """Page de l'index -> « fiche », « page », ou « archive » pour celle d'une édition passée."""
    adresses = {f.stem: _adresse(f) for f in (index / "fragment").glob("*.pf_fragment")}
    trouvees = {page: _EDITION.match(adresse) for page, adresse in adresses.items()}
    derniere = max((t[1] for t in trouvees.values() if t and t[1]), default="")
    return {
        page: "page" if not t or t[1] == derniere else "fiche" if t[2] else "archive" for page, t in trouvees.items()
    }


def _adresse(fragment: Path) -> str:
    return json.loads(gzip.decompress(fragment.read_bytes()).removeprefix(MAGIE))["url"]

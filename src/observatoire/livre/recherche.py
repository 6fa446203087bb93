"""L'index de recherche du site, par Pagefind.

La recherche de Sphinx en français ne trouve rien pour « evaluation » ni « vacants » ; Pagefind ignore les accents
et ramène les mots à leur racine. Tout vit dans le site : aucune requête ne part ailleurs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from observatoire.erreurs import EditionIncomplete

_HORS_INDEX = "a.headerlink, nav, .bandeau, script, style, svg, .obs-pli"


def indexer(site: Path) -> None:
    """Écrire ``site/pagefind`` ; lève :class:`EditionIncomplete` avec ce que dit Pagefind s'il échoue."""
    commande = [sys.executable, "-m", "pagefind", "--site", str(site), "--force-language", "fr"]
    reglages = ["--root-selector", "article.bd-article", "--exclude-selectors", _HORS_INDEX]
    resultat = subprocess.run([*commande, *reglages], capture_output=True, text=True, encoding="utf-8", check=False)
    if resultat.returncode:
        raise EditionIncomplete(f"l'index de recherche n'a pas pu être fait.\n{resultat.stderr or resultat.stdout}")

"""Rassembler à l'écart les sources du livre : pages écrites à la main, édition exécutée, réglages.

Le livre se construit hors du dépôt : un dossier de sortie dans la racine du livre serait relu comme source. Les
fichiers inchangés ne sont pas recopiés, si bien que Sphinx ne relit que les pages qui ont changé.
"""

from __future__ import annotations

import filecmp
import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

from observatoire.configuration import Configuration

REGLAGES = ("_config.yml", "_toc.yml")
_OUTILS = ("sphinx", "jupyter-book", "myst-nb", "sphinx-book-theme", "pydata-sphinx-theme")


def preparer_sources(config: Configuration, travail: Path) -> Path:
    """Mettre ``travail/source`` à jour et rendre son chemin.

    Tout ce que Sphinx a gardé de la fois d'avant est oublié quand une page a disparu, ou que les réglages, les
    gabarits ou les outils ont changé : il ne sait pas le voir de lui-même.
    """
    livre, source = config.chemin("livre"), travail / "source"
    attendus = {nom: livre / nom for nom in REGLAGES}
    attendus |= {f"book/{r}": f for r, f in _fichiers(livre / "book", ignorer=config.chemin("edition")).items()}
    attendus |= {f"book/edition/{r}": f for r, f in _fichiers(config.chemin("edition")).items()}
    disparus = [f for r, f in _fichiers(source).items() if r not in attendus]
    for fichier in disparus:
        fichier.unlink()
    for relatif, fichier in attendus.items():
        _copier(fichier, source / relatif)
    marque, empreinte = travail / "empreinte", _empreinte(source)
    if disparus or not marque.is_file() or marque.read_text() != empreinte:
        shutil.rmtree(travail / "sortie", ignore_errors=True)
    marque.write_text(empreinte)
    return source


def _fichiers(dossier: Path, ignorer: Path | None = None) -> dict[str, Path]:
    """Chemin relatif -> fichier, sans les fichiers cachés, ni le dossier ``ignorer``, ni ``book/edition``."""
    ecartes = {ignorer, dossier / "edition"} if ignorer else set()
    return {
        chemin.relative_to(dossier).as_posix(): chemin
        for chemin in sorted(dossier.rglob("*"))
        if chemin.is_file()
        and not any(p.startswith(".") for p in chemin.relative_to(dossier).parts)
        and not ecartes & set(chemin.parents)
    }


def _copier(origine: Path, cible: Path) -> None:
    if cible.is_file() and filecmp.cmp(origine, cible, shallow=False):
        return
    cible.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origine, cible)


def _empreinte(source: Path) -> str:
    """Ce dont dépend toute page : réglages, extension, gabarits, versions des outils."""
    ici = Path(__file__).parent
    fichiers = [source / nom for nom in REGLAGES] + sorted(
        f for f in ici.rglob("*") if f.is_file() and f.suffix != ".pyc"
    )
    fichiers.append(source / "book" / "edition" / "edition.json")
    fichiers += sorted((source / "book" / "_static").glob("*"))
    condense = hashlib.sha256()
    for fichier in fichiers:
        condense.update(fichier.read_bytes())
    condense.update(" ".join(version(outil) for outil in _OUTILS).encode())
    return condense.hexdigest()

"""Rassembler à l'écart les sources du livre : pages écrites à la main, édition exécutée, réglages.

Le livre se construit hors du dépôt : un dossier de sortie dans la racine du livre serait relu comme source. Les
fichiers inchangés ne sont pas recopiés, si bien que Sphinx ne relit que les pages qui ont changé.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from observatoire.configuration import PUBLICS, Configuration
from observatoire.erreurs import EditionIncomplete
from observatoire.fichiers import ecrire_texte, lister_visibles
from observatoire.lecture.gabarits import ecrire_gabarits
from observatoire.livre.publics import GABARITS, verifier_sources
from observatoire.memoire import empreinte, empreinte_du_code
from observatoire.schemas import lire_schemas

REGLAGES = ("_config.yml", "_toc.yml")
_PAGES = {".ipynb", ".md", ".rst"}


def preparer_sources(config: Configuration, travail: Path, public: str) -> Path:
    """Mettre ``travail/source`` à jour pour l'édition d'un public et rendre son chemin.

    Tout ce que Sphinx a gardé de la fois d'avant est oublié quand une page est apparue ou a disparu, ou que les
    réglages, les gabarits ou les outils ont changé : il ne sait pas le voir de lui-même.
    """
    source, attendus = travail / "source", rassembler(config, travail, public)
    commun = [source / nom for nom in (*REGLAGES, "book/_static", "book/edition/edition.json")]
    actuelle = f"{empreinte(*commun, autres=attendus)} {empreinte_du_code()}"
    if not _marque(travail).is_file() or _marque(travail).read_text() != actuelle:
        oublier(travail)
        ecrire_texte(actuelle, _marque(travail))
    return source


def rassembler(config: Configuration, travail: Path, public: str) -> list[str]:
    """Mettre dans ``travail/source`` les pages écrites à la main, l'édition et les réglages ; rend leurs chemins.

    Un fichier inchangé n'est pas touché, et rien d'autre n'y reste.
    """
    livre, source = config.chemin("livre"), travail / "source"
    edition, ecartes = config.chemin("edition", public), _ecartes(config)
    verifier_sources(livre / "book", public, sauf=ecartes)
    attendus = {nom: livre / nom for nom in REGLAGES}
    attendus |= {f"book/{r}": f for r, f in _fichiers(livre / "book", ecartes).items()}
    attendus |= {f"book/edition/{r}": f for r, f in _fichiers(edition, set()).items()}
    gabarits = travail / "gabarits"
    for gabarit in ecrire_gabarits(lire_schemas(config.chemin("schemas")), gabarits):
        attendus[f"{GABARITS}/{gabarit.name}"] = gabarit
    _refuser_les_liens(attendus, [livre.resolve(), (livre / "book").resolve(), edition.resolve(), gabarits.resolve()])
    for fichier in (f for r, f in _fichiers(source, set()).items() if r not in attendus):
        fichier.unlink()
    for relatif, fichier in attendus.items():
        copier(fichier, source / relatif)
    return sorted(attendus)


def _refuser_les_liens(attendus: dict[str, Path], racines: list[Path]) -> None:
    """Un lien qui mène hors du livre y ferait entrer n'importe quel fichier de la machine."""
    dehors = [r for r, f in attendus.items() if not any(f.resolve().is_relative_to(racine) for racine in racines)]
    if dehors:
        raise EditionIncomplete(f"le livre n'a pas été publié : {', '.join(dehors)} mène hors du livre (un lien).")


def pages_prevues(source: Path) -> dict[str, Path]:
    """Les pages que le livre doit avoir : chemin sans suffixe -> source, hors de ce que les réglages en écartent."""
    from sphinx.util.matching import Matcher

    reglages = yaml.safe_load((source / REGLAGES[0]).read_text(encoding="utf-8"))
    ecartee = Matcher(reglages.get("exclude_patterns", ()))
    fichiers = {r: f for r, f in _fichiers(source, set()).items() if f.suffix in _PAGES and not ecartee(r)}
    return {relatif.removesuffix(fichier.suffix): fichier for relatif, fichier in fichiers.items()}


def oublier(travail: Path) -> None:
    """Effacer ce que Sphinx a gardé : la composition suivante repartira de rien."""
    _marque(travail).unlink(missing_ok=True)
    if (travail / "sortie").exists():
        shutil.rmtree(travail / "sortie")


@contextmanager
def composition(travail: Path) -> Iterator[Path]:
    """Donner le dossier où composer ; ce qui s'y trouve n'est gardé que si tout le bloc réussit.

    Sphinx ne redit pas ce qu'il a reproché à une page qu'il ne relit pas, et prendrait pour bonne une page qu'il
    n'a pas fini d'écrire.
    """
    valable = _marque(travail).read_text()
    _marque(travail).unlink()
    yield travail / "sortie"
    ecrire_texte(valable, _marque(travail))


def _marque(travail: Path) -> Path:
    return travail / "empreinte"


def _ecartes(config: Configuration) -> set[Path]:
    """Les dossiers de ``book`` qui ne sont pas des pages écrites à la main : les éditions, celle d'ici ou d'ailleurs.

    Les commentaires et les comptes rendus non plus : ils arrivent dans le livre par les pages de l'édition.
    """
    book = config.chemin("livre") / "book"
    return {
        book / "edition",
        book / "commentaires",
        book / "gouvernance",
        *(config.chemin("edition", public) for public in PUBLICS),
    }


def _fichiers(dossier: Path, ecartes: set[Path]) -> dict[str, Path]:
    """Chemin relatif -> fichier, sans les fichiers cachés ni les dossiers ``ecartes``."""
    return {
        chemin.relative_to(dossier).as_posix(): chemin
        for chemin in lister_visibles(dossier)
        if not ecartes & set(chemin.parents)
    }


def copier(origine: Path, cible: Path) -> bool:
    """Recopier un fichier, s'il a changé ; le dit."""
    if cible.is_file() and filecmp.cmp(origine, cible, shallow=False):
        return False
    cible.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(origine, cible)
    return True

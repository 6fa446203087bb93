"""À chaque public ses pages : rien de ce qui est fait pour l'un n'entre dans le site de l'autre.

Chaque page porte la marque de son public : dans les métadonnées d'un notebook, dans l'en-tête d'une fiche, dans une
balise ``<meta>`` du site, dans les mots-clés d'un PDF, sur tout fragment qui n'est que pour les partenaires. Un fichier
copié l'emporte avec lui.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from observatoire.configuration import PUBLICS
from observatoire.erreurs import EditionIncomplete

# La même marque, qu'elle soit en JSON, en YAML, en HTML ou en HTML dans du JSON.
_MARQUE = re.compile(rb"observatoire[_-]public\W{1,8}(?:content\W{1,4})?(" + "|".join(PUBLICS).encode() + rb")\b")
#: Où sont, dans les sources, les classeurs à remplir, les mêmes pour tous : les seuls fichiers qu'une page joint.
GABARITS = "book/edition/gabarits"
_SUREMENT_MARQUEES = {".ipynb", ".pdf"}


def verifier_edition(edition: Path, pages: list[str], public: str) -> None:
    """Lever :class:`EditionIncomplete` si l'édition contient une page d'un autre public, ou qui n'est pas à elle.

    ``pages`` : les chemins, dans ``edition``, de tout ce que « observatoire executer » y a mis.
    """
    fautes = []
    for relatif, fichier in _fichiers(edition):
        publics = publics_de(fichier)
        if relatif not in pages:
            fautes.append(f"{relatif} : cette page n'est pas de l'édition.")
        if publics - {public}:
            fautes.append(f"{relatif} : {_dire(publics - {public})}")
        elif not publics and fichier.suffix in _SUREMENT_MARQUEES:
            fautes.append(f"{relatif} : cette page ne dit pas pour quel public elle a été exécutée.")
    _refuser(fautes, public, "l'édition")


def verifier_sources(livre: Path, public: str, sauf: set[Path]) -> None:
    """Lever :class:`EditionIncomplete` si une page écrite à la main est d'un autre public.

    ``livre`` : le dossier de ces pages ; ``sauf`` : les dossiers qui n'en sont pas (les éditions).
    """
    fichiers = ((relatif, fichier) for relatif, fichier in _fichiers(livre) if not sauf & set(fichier.parents))
    autres = ((relatif, publics_de(fichier) - {public}) for relatif, fichier in fichiers)
    _refuser([f"{relatif} : {_dire(publics)}" for relatif, publics in autres if publics], public, "les pages du livre")


def verifier_site(site: Path, public: str) -> None:
    """Lever :class:`EditionIncomplete` si un fichier d'un site n'est pas, ou pas sûrement, de ce public.

    Toute page HTML, tout PDF, doit porter la marque de ce public ; aucun fichier ne doit porter celle d'un autre.
    """
    fautes = []
    for relatif, fichier in _fichiers(site):
        publics = publics_de(fichier)
        if publics - {public}:
            fautes.append(f"{relatif} : {_dire(publics - {public})}")
        elif not publics and fichier.suffix in {".html", ".pdf"}:
            fautes.append(f"{relatif} : cette page ne dit pas pour quel public elle est.")
    _refuser(fautes, public, "le site")


def refuser_le_dossier_d_un_autre(site: Path, public: str) -> None:
    """Lever :class:`EditionIncomplete` si le site en place dans ce dossier est celui d'un autre public."""
    accueil = site / "index.html"
    if accueil.is_file() and (autres := publics_de(accueil) - {public}):
        raise EditionIncomplete(
            f"le dossier « {site.name} » contient déjà le site du public « {', '.join(sorted(autres))} » : donner "
            f"un autre dossier au site du public « {public} » (--site)."
        )


def publics_de(fichier: Path) -> set[str]:
    """Les publics dont un fichier porte la marque."""
    return {marque.decode() for marque in _MARQUE.findall(fichier.read_bytes())}


def _fichiers(dossier: Path) -> Iterator[tuple[str, Path]]:
    """(chemin relatif, chemin) de chaque fichier visible, triés ; la mémoire de l'édition n'est pas une page."""
    for fichier in sorted(f for f in dossier.rglob("*") if f.is_file()):
        relatif = fichier.relative_to(dossier)
        if relatif.as_posix() != "edition.json" and not any(p.startswith(".") for p in relatif.parts):
            yield relatif.as_posix(), fichier


def _dire(publics: set[str]) -> str:
    return f"page du public « {', '.join(sorted(publics))} »."


def _refuser(fautes: list[str], public: str, ou: str) -> None:
    if fautes:
        liste = "\n".join(f"  - {faute}" for faute in fautes)
        raise EditionIncomplete(
            f"rien n'a été publié : {ou} du public « {public} » contient ce qui n'est pas à ce public.\n{liste}"
        )

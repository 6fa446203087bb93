"""N'effacer que des dépôts fictifs, et tels que nous les avons écrits : le fichier FICTIF en garde les empreintes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from observatoire.configuration import MARQUE_FICTIF
from observatoire.erreurs import ErreurObservatoire
from observatoire.exemple.verites import COLONNES
from observatoire.marque import lister
from observatoire.typographie import compter

VERITES = "verite.csv"
_AVIS = """Ces dépôts sont fictifs : « observatoire exemple » les a tirés au sort (graine {graine}, {logements}
logements).
Aucun ménage, aucun immeuble, aucun loyer n'est réel. Les bailleurs, eux, existent : aucun chiffre n'est le leur.
Tant que ce fichier est là, chaque page du site le dit. Le retirer avec les dépôts fictifs, jamais seul.

Leurs empreintes, pour reconnaître un fichier ajouté ou changé depuis (sha256sum --check FICTIF) :
"""
_TIRAGE = re.compile(r"graine (\d+), (\d+)\s+logements")
_EMPREINTE = re.compile(r"([0-9a-f]{64})  (.+)")


def marquer_fictif(dossier: Path, graine: int, logements: int) -> int:
    """Écrire FICTIF dans un dossier de dépôts tirés au sort ; rend leur nombre."""
    empreintes = _empreintes(dossier)
    lignes = "".join(f"{empreinte}  {nom}\n" for nom, empreinte in empreintes.items())
    (dossier / MARQUE_FICTIF).write_text(_AVIS.format(graine=graine, logements=logements) + lignes, encoding="utf-8")
    return len(empreintes)


def relire_le_tirage(dossier: Path) -> tuple[int, int] | None:
    """La graine et le nombre de logements dont ces dépôts ont été tirés ; ``None`` s'ils ne sont pas fictifs."""
    marque = dossier / MARQUE_FICTIF
    dit = _TIRAGE.search(marque.read_text(encoding="utf-8", errors="replace")) if marque.is_file() else None
    return (int(dit[1]), int(dit[2])) if dit else None


def exiger_fictif(dossier: Path) -> None:
    """Lever :class:`ErreurObservatoire` si écrire de nouveaux dépôts ici effacerait autre chose que les anciens."""
    if dossier.exists() and not dossier.is_dir():
        raise ErreurObservatoire(f"{dossier} est un fichier, pas un dossier : rien n'a été écrit.")
    marque = dossier / MARQUE_FICTIF
    ecrits = marque.read_text(encoding="utf-8", errors="replace").splitlines() if marque.is_file() else []
    siens = {trouve[2]: trouve[1] for ligne in ecrits if (trouve := _EMPREINTE.fullmatch(ligne))}
    autres = [nom for nom, empreinte in _empreintes(dossier).items() if siens.get(nom) != empreinte]
    if autres and not siens:
        raise ErreurObservatoire(
            f"{dossier} contient des dépôts qui ne sont pas fictifs : rien n'a été écrit.\n"
            "    Choisir un autre dossier avec --dossier, ou retirer d'abord ces dépôts (et ceux qu'une version\n"
            "    précédente a tirés au sort : elle n'en gardait pas les empreintes)."
        )
    if autres:
        combien = compter(len(autres), "fichier ajouté ou changé", "fichiers ajoutés ou changés")
        raise ErreurObservatoire(
            f"{dossier} : {combien} depuis que ces dépôts fictifs sont là, dont « {autres[0]} ». Rien n'a été écrit.\n"
            "    Les déplacer d'abord, ou choisir un autre dossier avec --dossier."
        )
    verites = dossier.parent / VERITES
    if verites.is_file() and not verites.read_bytes().startswith(",".join(COLONNES).encode()):
        raise ErreurObservatoire(f"{verites} n'est pas de nous, et serait remplacé : le déplacer d'abord.")


def _empreintes(dossier: Path) -> dict[str, str]:
    """Chemin relatif -> SHA-256 de chaque dépôt, triés ; rien pour ce qui n'est pas un fichier ordinaire."""
    noms = sorted(nom for nom in lister(dossier) if nom != MARQUE_FICTIF)
    return {nom: _condenser(dossier / nom) for nom in noms}


def _condenser(fichier: Path) -> str:
    ordinaire = fichier.is_file() and not fichier.is_symlink()
    return hashlib.sha256(fichier.read_bytes()).hexdigest() if ordinaire else ""

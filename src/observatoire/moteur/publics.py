"""La porte de chaque public, déduite de la configuration, ou à défaut de la place de ce qui est publié."""

from __future__ import annotations

from pathlib import Path

from observatoire.configuration import PUBLICS, Configuration, lire_configuration
from observatoire.configuration.commun import CHEMINS_PAR_DEFAUT
from observatoire.erreurs import ErreurConfiguration
from observatoire.moteur.porte import Porte

#: Les chemins de la configuration qu'aucune page n'ouvre.
FERMES = ("brut", "prepare", "publie", "suivi", "cle")
FICHIER = "observatoire.yml"


def ecart_de(edition: Path) -> Path:
    """Le dossier caché où attend ce qui n'est pas encore dans une édition."""
    return edition.parent / f".{edition.name}"


def porte_d_un_public(config: Configuration, public: str) -> Porte:
    """Ce que n'ouvre pas une page de ce public : les dépôts et ce qui en vient, la clé, les comptes rendus, et tout ce
    qui est d'un autre public ; mais ce qui est publié pour le sien."""
    autres = [config.chemin(nom, autre) for nom in ("edition", "site") for autre in PUBLICS if autre != public]
    interdits = [config.chemins[nom] for nom in FERMES if nom in config.chemins]
    comptes_rendus = config.chemin("livre") / "book" / "gouvernance"
    ecarts = [ecart_de(dossier) for dossier in autres]
    return Porte.autour([*interdits, *autres, *ecarts, comptes_rendus], [config.chemin("publie") / public])


def porte_autour_de(publie: Path) -> Porte:
    """La porte d'une page qui lit ce dossier : celle du public dont la configuration le dit le dossier.

    La configuration est cherchée du dossier courant, puis de celui-ci, en remontant. Si aucune n'en parle, ce qui a le
    nom usuel des dépôts, de ``prepare``… à côté de lui n'est pas ouvert non plus.
    """
    publie = publie.resolve()
    for fichier in dict.fromkeys(p / FICHIER for ici in (Path.cwd(), publie) for p in (ici, *ici.parents)):
        config = _lire(fichier) if fichier.is_file() and publie.name in PUBLICS else None
        if config and config.chemin("publie").resolve() == publie.parent:
            return porte_d_un_public(config, publie.name)
    usuels = [Path(CHEMINS_PAR_DEFAUT[nom]).name for nom in FERMES]
    autres = [publie.with_name(public) for public in PUBLICS if publie.name in PUBLICS]
    voisins = [dossier / nom for dossier in publie.parents[:2] for nom in usuels]
    return Porte.autour([c for c in (*voisins, *autres) if c != publie], [publie])


def _lire(fichier: Path) -> Configuration | None:
    """Une configuration qui ne se lit pas ne dit rien de ce dossier."""
    try:
        return lire_configuration(fichier)
    except ErreurConfiguration:
        return None

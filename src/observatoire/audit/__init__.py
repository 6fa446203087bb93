"""Auditer une édition : chercher, dans le site construit, ce qui devait rester caché.

Un contrôle est un objet qui reçoit chaque fichier (``examiner``) puis rend un :class:`Resultat` (``conclure``). Pour en
ajouter un, l'écrire et le mettre dans :data:`CONTROLES`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Protocol

from observatoire.audit.attaque import Attaque
from observatoire.audit.cles import Cles
from observatoire.audit.dossier import Dossier
from observatoire.audit.genres import Genres
from observatoire.audit.identifiants import Identifiants
from observatoire.audit.lecteurs import Fichier, lire_dossier
from observatoire.audit.publics import Publics
from observatoire.audit.rapport import Constat, Rapport, Resultat, compter
from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration

__all__ = ["CONTROLES", "Constat", "Controle", "Rapport", "Resultat", "auditer", "compter"]


class Controle(Protocol):
    """Un contrôle de l'audit."""

    def examiner(self, fichier: Fichier) -> None:
        """Examiner un fichier du site, ou de ce qui est publié."""

    def conclure(self) -> Resultat:
        """Rendre ce qui a été trouvé."""


#: Les contrôles, dans l'ordre du rapport ; chacun se construit avec un :class:`Dossier`.
CONTROLES: tuple[Callable[[Dossier], Controle], ...] = (
    Genres,
    Identifiants,
    Cles,
    Publics,
    Attaque,
)


def auditer(
    config: Configuration,
    public: str = "publique",
    avancer: Callable[[str], None] = lambda _: None,
    tout: bool = False,
    controles: tuple[Callable[[Dossier], Controle], ...] = CONTROLES,
) -> Rapport:
    """Auditer le site construit et ce qui est publié pour ``public``.

    ``avancer`` reçoit le nom de chaque fichier examiné ; ``tout`` : l'attaque n'échantillonne rien. Lève
    :class:`ErreurConfiguration` si rien n'est publié pour ce public ou si aucun site n'est construit.
    """
    depart = time.perf_counter()
    dossier, site = Dossier(config, public, tout), config.chemin("site", public)
    if not (dossier.publie / "indicateurs.csv").is_file():
        raise ErreurConfiguration(f"rien n'est publié pour « {public} » : lancer « observatoire proteger ».")
    if not (site / "index.html").is_file():
        raise ErreurConfiguration("aucun site n'est construit ici : lancer « observatoire livre », ou donner --site.")
    suivis = [_Suivi(controle(dossier)) for controle in controles]
    for fichier in _fichiers(dossier, site):
        avancer(fichier.nom)
        for suivi in suivis:
            suivi.examiner(fichier)
    controle = sum(suivi.duree for suivi in suivis)
    lecture = time.perf_counter() - depart - controle
    return Rapport(public, [suivi.conclure() for suivi in suivis], lecture, time.perf_counter() - depart)


def _fichiers(dossier: Dossier, site) -> Iterator[Fichier]:
    """Les fichiers du site, puis ceux qui sont publiés, dont il est fait."""
    return chain(lire_dossier(site), lire_dossier(dossier.publie, f"publie/{dossier.public}/"))


class _Suivi:
    """Un contrôle et le temps qu'il prend."""

    def __init__(self, controle: Controle):
        self.controle, self.duree = controle, 0.0

    def examiner(self, fichier: Fichier) -> None:
        depart = time.perf_counter()
        self.controle.examiner(fichier)
        self.duree += time.perf_counter() - depart

    def conclure(self) -> Resultat:
        depart = time.perf_counter()
        resultat = self.controle.conclure()
        resultat.duree = self.duree + time.perf_counter() - depart
        return resultat

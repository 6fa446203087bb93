"""Auditer une édition : chercher, dans le site construit et dans ce qui est publié, ce qui devait rester caché.

Pour ajouter un contrôle, l'écrire (:class:`Controle`) et le mettre dans :data:`CONTROLES`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain

from observatoire.audit.attaque import Attaque
from observatoire.audit.dossier import Dossier
from observatoire.audit.fichiers import lire_dossier
from observatoire.audit.identifiants import Identifiants
from observatoire.audit.publics import Cles, Genres, Publics
from observatoire.audit.rapport import Constat, Controle, Rapport, compter
from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

__all__ = ["CONTROLES", "Constat", "Controle", "Rapport", "auditer", "compter"]

#: Les contrôles, dans l'ordre du rapport ; chacun se construit avec un :class:`Dossier`.
CONTROLES = (Genres, Identifiants, Cles, Publics, Attaque)


def auditer(
    config: Configuration, public: str = "publique", avancer: Callable[[str], None] = lambda _: None, tout: bool = False
) -> Rapport:
    """Auditer le site construit et ce qui est publié pour ``public``.

    ``avancer`` reçoit le nom de chaque fichier examiné ; ``tout`` : l'attaque n'échantillonne rien. Lève
    :class:`ErreurConfiguration` si rien n'est publié pour ce public ou si aucun site n'est construit.
    """
    depart = time.perf_counter()
    dossier, site = Dossier(config, public, tout), config.chemin("site", public)
    if not INDICATEURS_PUBLIES.dans(dossier.publie).is_file():
        raise ErreurConfiguration(f"rien n'est publié pour « {public} » : lancer « observatoire proteger ».")
    if not (site / "index.html").is_file():
        raise ErreurConfiguration("aucun site n'est construit ici : lancer « observatoire livre », ou donner --site.")
    controles = [controle(dossier) for controle in CONTROLES]
    for fichier in chain(lire_dossier(site), lire_dossier(dossier.publie, f"publie/{public}/")):
        avancer(fichier.nom)
        for controle in controles:
            controle.examiner(fichier)
    return Rapport(public, [controle.conclure() for controle in controles], time.perf_counter() - depart)

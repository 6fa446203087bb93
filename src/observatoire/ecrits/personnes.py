"""Ce que l'on écrit à la main pour le publier : les commentaires de l'édition."""

from __future__ import annotations

from pathlib import Path

from observatoire.configuration.saisie import lire_texte
from observatoire.erreurs import ErreurConfiguration
from observatoire.fichiers import lister_visibles
from observatoire.interdits import CIVILITE, RECONNUS, famille_du_texte, nomme_une_personne, nommer


def refuser_les_ecrits(commentaires: Path) -> None:
    """Lever :class:`ErreurConfiguration` si un commentaire (``*.md``) contient de quoi joindre ou désigner quelqu'un.

    Le message nomme le fichier et la ligne, jamais ce qui y est écrit. Un nom de personne ne se reconnaît qu'à sa
    civilité.
    """
    fautes = [
        f"{(fichier.parent / nommer(fichier)).relative_to(commentaires.parent)}, ligne {rang} : "
        f"des {RECONNUS[reconnu][1]}."
        for fichier in lister_visibles(commentaires, "*.md")
        for rang, ligne in enumerate(lire_texte(fichier).splitlines(), start=1)
        if (reconnu := famille_du_texte(ligne) or (nomme_une_personne(ligne) and CIVILITE))
    ]
    if fautes:
        liste = "\n".join(f"  - {faute}" for faute in fautes)
        raise ErreurConfiguration(
            f"commentaires : ce qui désigne une personne ne se publie pas.\n{liste}\n"
            "Retirer ces passages, puis relancer. Rien n'a été publié."
        )

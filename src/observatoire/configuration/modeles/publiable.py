"""Les textes qui se publieront tels qu'ils sont écrits : rien n'y désigne une personne."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator

from observatoire.configuration.fiche import Texte, dire
from observatoire.interdits import CIVILITE, RECONNUS, famille_du_texte, nomme_une_personne


def _sans(reconnaitre: Callable[[str], str | None]) -> Any:
    def verifier(texte: str) -> str:
        if famille := reconnaitre(texte):
            raise dire(f"{{cle}} : des {RECONNUS[famille][1]}, à retirer : ce qui désigne quelqu'un ne se publie pas.")
        return texte

    return Annotated[Texte, AfterValidator(verifier)]


def _famille_ou_nom(texte: str) -> str | None:
    return famille_du_texte(texte) or (CIVILITE if nomme_une_personne(texte) else None)


#: Ni adresse, ni numéro : rien de ce qui se reconnaît à sa forme.
Publiable = _sans(famille_du_texte)
#: De même, et aucun nom.
SansNom = _sans(_famille_ou_nom)

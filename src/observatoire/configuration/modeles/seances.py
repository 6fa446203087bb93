"""L'en-tête d'un compte rendu (``book/gouvernance``) ; une situation individuelle n'y entre pas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from observatoire.configuration.commun import PUBLICS
from observatoire.configuration.fiche import Chemin, Fiche, Texte, dire, forme, parmi, parmi_ceux

LONGUEUR = 200
#: Qui lit le texte d'un compte rendu, quand il ne le dit pas.
RESERVE = PUBLICS[-1]
#: Un dossier d'alerte : son identifiant au registre, ou « niveau territoire indicateur ».
DOSSIER, CLE_D_ALERTE = r"[bcdfghjklmnpqrstvwxz]{12}", r"(immeuble|secteur|quartier) (\S.*) ([a-z]\w*)"


def _abreger(texte: str, info: ValidationInfo) -> str:
    if len(texte) > LONGUEUR or "\n" in texte.strip():
        raise dire(f"{{cle}} : une phrase d'au plus {LONGUEUR} caractères.")
    if individuel := info.context["individuel"](texte):
        raise dire(f"{{cle}} : {individuel}.")
    return texte.strip()


_Phrase = Annotated[Texte, AfterValidator(_abreger)]
_Alerte = forme(
    f"{DOSSIER}|{CLE_D_ALERTE}", "{cle} : écrire l'identifiant du dossier, ou « quartier battant signalements »."
)


class Decision(Fiche):
    """Ce qui a été décidé."""

    genre: parmi_ceux("decisions")
    texte: _Phrase


class Entete(Fiche):
    """L'en-tête entier."""

    genre: parmi_ceux("genres")
    date: dt.date
    etat: parmi_ceux("etats") = "tenue"
    fictif: bool = False
    public: parmi(*PUBLICS) = RESERVE
    presents: list[parmi_ceux("signataires", "un signataire d'observatoire.yml")] = Field(default_factory=list)
    invites: list[parmi_ceux("invites", "un invité connu")] = Field(default_factory=list)
    alertes: list[_Alerte] = Field(default_factory=list)
    supports: list[_Phrase] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if "date" in sain and not contexte["nom"].startswith(f"{sain['date']}-"):
            yield ("date",), "la date n'est pas celle du nom du fichier, AAAA-MM-JJ-….md."

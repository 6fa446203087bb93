"""Les mots d'un compte rendu, et ce qui y dirait une situation individuelle."""

from __future__ import annotations

import re

from observatoire.interdits import RECONNUS, famille_du_texte, nomme_une_personne

ETATS = {"prevue": "prévue", "tenue": "tenue"}
#: Qui, sans être signataire, est invité.
INVITES = {
    "associations_de_locataires": "associations de locataires",
    "associations_d_insertion": "associations d'insertion",
    "conseils_de_quartier": "conseils de quartier",
}
ASSOCIATIONS = "associations_de_locataires"
_INDIVIDUEL = re.compile(
    r"\b(?:M\.|Mr|Mme|Mmes|Mlle|Monsieur|Madame|Mademoiselle)(?!\w)"
    r"|\b(?:le|la|du|au|ce|cette) (?:locataire|famille(?! (?:«|d['’]indicateurs))|ménage|demandeu(?:r|se)|voisine?)\b"
    r"|\b(?:l['’]|cet |cette )(?:occupante?|habitante?)\b"
    r"|\b(?:logement|appartement|porte|bail) (?:n[°o]|numéro)",
    re.IGNORECASE,
)


def dire_l_individuel(texte: str) -> str | None:
    """Pourquoi ce texte parle d'une personne, ou ``None`` ; ne cite jamais le texte."""
    if reconnu := famille_du_texte(texte):
        return f"des {RECONNUS[reconnu][1]}"
    individuel = _INDIVIDUEL.search(texte) or nomme_une_personne(texte)
    return "une situation individuelle (elle se traite au PIL)" if individuel else None

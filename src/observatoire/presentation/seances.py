"""Ce qui se dit d'une séance, où qu'elle soit citée : son nom, ses décisions."""

from __future__ import annotations

from observatoire.presentation.nombres import ecrire_date


def nommer_la_seance(seance: dict) -> str:
    """« Conférence communale, 14 décembre 2010 (fictive) »."""
    return f"{seance['libelle']}, {ecrire_date(seance['date'])}{' (fictive)' if seance['fictif'] else ''}"


def dire_la_decision(decision: dict) -> str:
    """Le texte d'une décision ; à qui ne le lit pas, ce qu'elle est."""
    return decision["texte"] if isinstance(decision["texte"], str) else f"{decision['libelle'].capitalize()}."

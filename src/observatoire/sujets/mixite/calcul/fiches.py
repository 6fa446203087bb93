"""Les fiches des indices : la docstring de la fonction qui calcule chacun."""

from __future__ import annotations

import inspect

from observatoire.statistique import indices

LIBELLES = {
    "dissimilarite": "Indice de dissimilarité",
    "dissimilarite_corrigee": "Dissimilarité corrigée du hasard",
    "isolement": "Indice d'isolement",
    "theil_h": "Indice de Theil (H)",
    "entropie": "Entropie",
}


def fiches() -> list[dict]:
    """Une fiche par indice, telle qu'elle est publiée : ``code``, ``libelle``, ``fiche`` (Markdown)."""
    return [{"code": c, "libelle": nom, "fiche": inspect.getdoc(getattr(indices, c))} for c, nom in LIBELLES.items()]

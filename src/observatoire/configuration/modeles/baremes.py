"""Les barèmes de ``referentiels/baremes`` : des valeurs datées, chacune avec sa source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pydantic import Field

from observatoire.configuration.fiche import Chemin, Fiche, Texte, doubles, nombre


class Valeur(Fiche):
    """Une valeur, de sa date d'effet à la suivante."""

    depuis: dt.date
    valeur: nombre()
    source: Texte


class BaremeEcrit(Fiche):
    """Un barème. ``regles`` et ce qui suit : ce qu'un lecteur propre au fichier vérifie (secret, alertes)."""

    code: Texte
    libelle: Texte
    unite: Texte | None = None
    valeurs: list[Valeur] = Field(min_length=1)
    regles: object = None
    ouvertes: object = None
    exacts: object = None
    accords: object = None

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        for rang, jour in doubles(v.get("depuis") if isinstance(v, dict) else None for v in sain.get("valeurs") or ()):
            yield ("valeurs", rang, "depuis"), f"une valeur vaut déjà depuis le {jour.isoformat()}."

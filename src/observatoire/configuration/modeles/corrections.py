"""``corrections.yml`` : une valeur corrigée ou un doute expliqué, par entrée."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from observatoire.configuration.fiche import Chemin, Fiche, Texte, dire, doubles, parmi_ceux
from observatoire.configuration.modeles.publiable import Publiable, SansNom

#: Ce qui désigne ce que vise une entrée : une cellule, ou tous les doutes d'une règle.
_DESIGNENT = ("annee", "deposant", "table", "id", "regle", "colonne")


def _en_texte(valeur: Any) -> str:
    """La valeur comme elle serait écrite dans un fichier déposé ; rien pour une valeur absente."""
    if isinstance(valeur, bool | list | dict):
        raise dire("{cle} doit être un texte ou un nombre (mettre des guillemets).")
    return "" if valeur is None else str(valeur).strip()


_Cellule = Annotated[str, PlainValidator(_en_texte)]


class CorrectionEcrite(Fiche):
    """Une entrée. Avec « regle », elle explique tous les doutes d'une règle ; sinon elle vise une cellule."""

    jamais_vides = ("attendu", "remplacer_par")
    annee: parmi_ceux("annees", sorte=int)
    deposant: parmi_ceux("deposants")
    table: parmi_ceux("tables")
    id: _Cellule = ""
    colonne: Texte = ""
    regle: Texte = ""
    attendu: _Cellule
    remplacer_par: _Cellule = None
    explication: SansNom = None
    motif: SansNom
    auteur: Publiable
    date: dt.date

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        ecrites = contexte["ecrites"]
        d_une_regle = "regle" in ecrites
        for cle in sorted(({"explication"} if d_une_regle else {"id", "colonne"}) - ecrites):
            yield (cle,), "{cle} manque."
        for cle in sorted({"id", "remplacer_par"} & ecrites) if d_une_regle else ():
            yield (cle,), "{cle} ne va pas avec « regle »."
        if not d_une_regle and len({"remplacer_par", "explication"} & ecrites) != 1:
            yield (), "{cle} : donner « remplacer_par » ou « explication », l'un des deux."
        colonnes = contexte["colonnes"].get(sain.get("table"), ())
        if colonnes and sain.get("colonne", colonnes[0]) not in colonnes:
            yield (
                ("colonne",),
                f"{{cle}} : la table « {sain['table']} » n'a pas de colonne « {sain['colonne']} ». "
                f"Colonnes : {', '.join(colonnes)}.",
            )


class Corrections(Fiche):
    """Le fichier entier."""

    corrections: list[CorrectionEcrite] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        for rang, _ in doubles(map(_designer, sain.get("corrections", ()))):
            yield ("corrections", rang), "{cle} : la même cellule est déjà corrigée plus haut."


def _designer(entree: dict | None) -> tuple[str, ...] | None:
    """Ce que vise une entrée ; ``None`` si elle est trop mal écrite pour le dire."""
    if not entree or not {"annee", "deposant", "table"} <= set(entree) or not {"id", "regle"} & set(entree):
        return None
    return tuple(str(entree.get(cle, "")) for cle in _DESIGNENT)

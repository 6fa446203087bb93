"""Une faute, telle que la page la montre : où, quoi, et les lignes autour quand une cellule est en cause."""

from __future__ import annotations

import re

import nbformat

from observatoire.edition.travail import Resultat
from observatoire.erreurs import ErreurObservatoire, decrire, dire_panne
from observatoire.livre.reproches import decolorer

_LIGNE = re.compile(r"Cell In\[\d+\], line (\d+)")


def faute_de_page(resultat: Resultat) -> dict[str, object]:
    """Ce qu'une page qui échoue doit dire : son notebook, sa cellule, sa ligne, son code."""
    trace, source = _trace_et_source(resultat)
    ligne = int(trouvee[1]) if (trouvee := _LIGNE.search(trace)) else None
    morceaux = [resultat.travail.modele]
    morceaux += [f"cellule {resultat.cellule + 1}"] * (resultat.cellule is not None)
    morceaux += [f"ligne {ligne}"] * (ligne is not None)
    donnes = ", ".join(f"{nom} = {valeur}" for nom, valeur in resultat.travail.parametres.items())
    return {
        "ou": ", ".join(morceaux) + (f" ({donnes})" if donnes else ""), "quoi": resultat.erreur or "",
        "code": source.splitlines(), "ligne": ligne,
    }  # fmt: skip


def faute(ou: str, quoi: Exception | str) -> dict[str, object]:
    """Une faute qui n'est d'aucune cellule : un écrit refusé, un barème mal écrit, un reproche de Sphinx."""
    if isinstance(quoi, Exception) and not isinstance(quoi, ErreurObservatoire):
        quoi = dire_panne(quoi) or decrire(quoi)
    return {"ou": ou, "quoi": str(quoi), "code": [], "ligne": None}


def _trace_et_source(resultat: Resultat) -> tuple[str, str]:
    """La trace de l'erreur, sans couleur, et le code de sa cellule."""
    if resultat.notebook is None:
        return "", ""
    for cellule in nbformat.reads(resultat.notebook, as_version=4).cells:
        for sortie in cellule.get("outputs", ()):
            if sortie.output_type == "error":
                return decolorer("\n".join(sortie.traceback)), cellule.source
    return "", ""

"""Observatoire du logement public : des dépôts des bailleurs au site publié.

Les noms utiles aux notebooks s'importent d'ici ; chacun n'est chargé qu'à son premier usage, pour que
``import observatoire`` reste immédiat.
"""

from __future__ import annotations

from importlib import import_module

_PRESENTATION = "observatoire.presentation"
_ORIGINES = {
    "atelier_simulation": f"{_PRESENTATION}.atelier",
    "avertir": f"{_PRESENTATION}.textes",
    "carte": f"{_PRESENTATION}.carte",
    "chiffres_cles": f"{_PRESENTATION}.cles",
    "commentaire": f"{_PRESENTATION}.textes",
    "comparaison_bailleurs": f"{_PRESENTATION}.cote_a_cote",
    "comparaison_quartiers": f"{_PRESENTATION}.cote_a_cote",
    "couverture_annee": f"{_PRESENTATION}.suivi",
    "dire": "observatoire.registre.impressions",
    "ecrire": f"{_PRESENTATION}.nombres",
    "ecrire_annee": f"{_PRESENTATION}.nombres",
    "ecrire_date": f"{_PRESENTATION}.nombres",
    "evolution": f"{_PRESENTATION}.evolution",
    "grille": f"{_PRESENTATION}.affichage",
    "lire_publie": "observatoire.publie",
    "livraisons": f"{_PRESENTATION}.suivi",
    "matrice_couverture": f"{_PRESENTATION}.matrice",
    "nouveautes": f"{_PRESENTATION}.suivi",
    "presenter": f"{_PRESENTATION}.textes",
    "repartition": f"{_PRESENTATION}.repartition",
    "section": f"{_PRESENTATION}.affichage",
    "tableau_attentes": f"{_PRESENTATION}.attentes",
    "tableau_bailleurs": f"{_PRESENTATION}.tableaux",
    "tableau_baremes": f"{_PRESENTATION}.sources",
    "tableau_conformite": f"{_PRESENTATION}.attributions",
    "tableau_corrections": f"{_PRESENTATION}.sources",
    "tableau_depots": f"{_PRESENTATION}.sources",
    "tableau_ecarts_marques": f"{_PRESENTATION}.pratiques",
    "tableau_famille": f"{_PRESENTATION}.tableaux",
    "tableau_immeubles": f"{_PRESENTATION}.immeubles",
    "tableau_pertinence": f"{_PRESENTATION}.simulation",
    "tableau_pratiques": f"{_PRESENTATION}.pratiques",
    "tableau_profils": f"{_PRESENTATION}.attributions",
    "tableau_quartiers": f"{_PRESENTATION}.tableaux",
    "tableau_report": f"{_PRESENTATION}.simulation",
    "tableau_ruptures": f"{_PRESENTATION}.sources",
}
__all__ = sorted(_ORIGINES)


def __getattr__(nom: str):
    if nom not in _ORIGINES:
        raise AttributeError(f"module 'observatoire' has no attribute {nom!r}")
    # Le module « carte » et la fonction « carte » ont le même nom : la fonction est retenue ici.
    objet = getattr(import_module(_ORIGINES[nom]), nom)
    globals()[nom] = objet
    return objet


def __dir__() -> list[str]:
    return sorted([*globals(), *_ORIGINES])

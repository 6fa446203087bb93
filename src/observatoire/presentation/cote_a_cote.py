"""Comparer des quartiers, ou des bailleurs, une année donnée : un point et son intervalle par ligne."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent, silence
from observatoire.presentation.nombres import ecrire_ligne, en_unite, graduer
from observatoire.presentation.svg import BLEU, GRIS, HALO, charger_seaborn, marge, rendre, style, toile

if TYPE_CHECKING:
    from observatoire.publie import Publie

_VALEURS = ["valeur", "borne_basse", "borne_haute"]


def comparaison_quartiers(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous"
) -> Fragment:
    """Les quartiers, du plus élevé au moins élevé, chacun avec son intervalle ; la ville pour repère."""
    declaration = valeurs.catalogue[indicateur]
    lignes = selection.quartiers(valeurs, indicateur, bailleur)
    a_qui = "" if bailleur == "tous" else f", {selection.nommer(valeurs, None, bailleur)}"
    titre = f"{declaration['libelle']} par quartier, {valeurs.annee}{a_qui}"
    return _cote_a_cote(valeurs, declaration, lignes, titre, "Quartier", territoire)


def comparaison_bailleurs(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str | None = None
) -> Fragment:
    """Les bailleurs côte à côte sur un même territoire ; ``bailleur`` est celui que l'on met en avant."""
    declaration = valeurs.catalogue[indicateur]
    lignes = selection.bailleurs(valeurs, indicateur, territoire)
    lieu = selection.nommer(valeurs, territoire)
    titre = f"{declaration['libelle']} par bailleur, {lieu}, {valeurs.annee}"
    return _cote_a_cote(valeurs, declaration, lignes, titre, "Bailleur", bailleur)


def _cote_a_cote(valeurs, declaration, lignes, titre, premiere, courant) -> Fragment:
    """Un point et son intervalle par ligne, triés ; les valeurs cachées en bas, par leur statut."""
    if lignes.empty:
        return silence(f"Cette ville n'a pas de {premiere.lower()}s.")
    if lignes["valeur"].isna().all():
        return absent(f"{declaration['libelle']} ({premiere.lower()}s)", donnees.raison(lignes))
    lignes = lignes.sort_values(["valeur", "nom"], ascending=[False, True], na_position="last")
    ville = selection.ligne(valeurs, declaration["code"])
    if declaration["nature"] == "effectif":
        ville = ville.copy()
        ville["valeur"] = np.nan
    with style():
        figure, axe = toile(0.8 + 0.27 * len(lignes), gauche=marge(lignes["nom"]), haut=0.32, bas=0.45)
        _tracer_points(axe, valeurs, declaration, lignes, ville, courant)
        svg = rendre(figure, titre, _decrire_lignes(declaration, lignes, ville))
    repere = [] if pd.isna(ville["valeur"]) else [("Ville", ville, valeurs.annee)]
    rangs = [(r.nom, r._asdict(), valeurs.annee) for r in lignes.itertuples()]
    table = donnees.table_figure(premiere, rangs + repere, declaration, titre)
    return donnees.figure(svg, titre, table, donnees.note(valeurs, declaration, ville))


def _tracer_points(axe, valeurs, declaration, lignes, ville, courant) -> None:
    seaborn = charger_seaborn()
    unite = declaration["unite"]
    trace = lignes.assign(**{c: en_unite(lignes[c].astype(float), unite) for c in _VALEURS})
    trace = trace.assign(rang=np.arange(len(trace)), courant=trace["code"].eq(courant))
    if not pd.isna(ville["valeur"]):
        repere = f"Ville : {ecrire_ligne(ville, declaration)}"
        hauteur = en_unite(float(ville["valeur"]), unite)
        axe.axvline(hauteur, color=GRIS, linestyle="--", linewidth=1.4, zorder=1, label=repere)
    axe.hlines(trace["rang"], trace["borne_basse"], trace["borne_haute"], color=_couleurs(trace), linewidth=2)
    points = {"x": "valeur", "y": "rang", "ax": axe, "legend": False, "edgecolor": "white", "zorder": 3}
    traits = {"hue": "courant", "style": "courant", "size": "courant"}
    aspects = {"palette": {False: GRIS, True: BLEU}, "markers": {False: "o", True: "D"}, "sizes": {False: 48, True: 72}}
    seaborn.scatterplot(trace, **points, **traits, **aspects)
    _habiller_points(axe, valeurs, declaration, lignes, trace)


def _habiller_points(axe, valeurs, declaration, lignes, trace) -> None:
    unite = declaration["unite"]
    axe.set_yticks(trace["rang"], trace["nom"].str.replace(" ", "\u00a0"))
    for etiquette, courant in zip(axe.get_yticklabels(), trace["courant"], strict=True):
        etiquette.set(fontweight="bold" if courant else "normal", color=BLEU if courant else "#1f2933")
    axe.set_ylim(len(trace) - 0.4, -0.6)
    maximum = float(np.nanmax(trace[["valeur", "borne_haute"]].to_numpy(float)))
    minimum = float(np.nanmin(trace[["valeur", "borne_basse"]].to_numpy(float)))
    if declaration["nature"] in {"proportion", "taux", "effectif"}:
        minimum = 0.0
    etendue = max(maximum - minimum, 1e-9)
    axe.set_xlim(minimum - 0.02 * etendue, maximum + 0.25 * etendue)
    axe.locator_params(axis="x", nbins=5)
    axe.xaxis.set_major_formatter(lambda x, _: graduer(x, unite))
    axe.grid(axis="x", visible=True)
    axe.grid(axis="y", visible=True, color="#eef1f3")
    axe.set(ylabel="", xlabel="" if unite in {"%", "‰"} else unite)
    _ecrire_points(axe, declaration, lignes, trace, minimum, etendue)
    if axe.get_legend_handles_labels()[0]:
        axe.legend(loc="lower right", bbox_to_anchor=(1.02, 1.0), borderaxespad=0.2)


def _ecrire_points(axe, declaration, lignes, trace, minimum, etendue) -> None:
    for brute, point in zip(lignes.itertuples(), trace.itertuples(), strict=True):
        texte = ecrire_ligne(brute._asdict(), {**declaration, "unite": declaration["unite"]})
        cachee = pd.isna(point.valeur)
        droite = minimum if cachee else np.nanmax([point.valeur, point.borne_haute])
        axe.annotate(texte.split("\u00a0")[0] if not cachee else texte, (droite, point.rang), xytext=(6, 0),
                     textcoords="offset points", va="center", fontsize=9, bbox=HALO,
                     fontstyle="italic" if cachee else "normal",
                     fontweight="bold" if point.courant else "normal",
                     color=BLEU if point.courant else "#3d4852")  # fmt: skip


def _couleurs(trace: pd.DataFrame) -> list[str]:
    return list(np.where(trace["courant"], BLEU, "#8b97a1"))


def _decrire_lignes(declaration, lignes, ville) -> str:
    clairs = [donnees.en_clair(r.nom, r._asdict(), declaration) for r in lignes.itertuples()]
    repere = [] if pd.isna(ville["valeur"]) else [donnees.en_clair("Ville", ville, declaration)]
    return " ; ".join([*repere, *clairs]) + "."

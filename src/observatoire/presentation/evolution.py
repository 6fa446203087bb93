"""L'évolution d'un indicateur d'une année à l'autre : un SVG en ligne, son texte de remplacement, ses données."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.nombres import STATUTS, ecrire, en_unite, graduer
from observatoire.presentation.svg import BLEU, GRIS, HALO, ORANGE, charger_seaborn, rendre, style, toile

if TYPE_CHECKING:
    from observatoire.publie import Publie

_VALEURS = ["valeur", "borne_basse", "borne_haute"]


def evolution(valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous") -> Fragment:
    """L'évolution d'un indicateur, son intervalle, la ville et l'état zéro pour repères.

    Aucun trait ne franchit une rupture ni une année sans valeur.
    """
    declaration = valeurs.catalogue[indicateur]
    annees = selection.serie(valeurs, indicateur, territoire, bailleur)
    nom = selection.nommer(valeurs, territoire, bailleur)
    if annees["valeur"].isna().all():
        return absent(declaration["libelle"], donnees.raison(annees))
    ville = _serie_ville(valeurs, declaration, territoire, bailleur)
    titre = f"{declaration['libelle']}, {nom}"
    with style():
        figure, axe = toile(2.75, gauche=0.5, haut=0.42)
        _tracer_evolution(axe, valeurs, declaration, annees, ville, nom)
        description = _decrire_evolution(declaration, annees, ville, nom, valeurs)
        svg = rendre(figure, titre, description)
    lignes = [(f"{r.annee}", r._asdict(), r.annee) for r in annees.itertuples()]
    if ville is not None:
        lignes += [(f"Ville, {r.annee}", r._asdict(), r.annee) for r in ville.itertuples()]
    courante = annees.set_index("annee").loc[valeurs.annee]
    note = donnees.note(valeurs, declaration, courante, _dire_ruptures(valeurs, indicateur))
    return donnees.figure(svg, titre, donnees.table_figure("Année", lignes, declaration, titre), note)


def _serie_ville(valeurs, declaration, territoire, bailleur) -> pd.DataFrame | None:
    """La série de la ville, sauf pour elle-même et pour un effectif (rien à comparer)."""
    seule = selection.reperer(valeurs, territoire)[0] == "ville" and bailleur == "tous"
    if seule or declaration["nature"] == "effectif":
        return None
    return selection.serie(valeurs, declaration["code"])


def _tracer_evolution(axe, valeurs, declaration, annees, ville, nom) -> None:
    seaborn = charger_seaborn()
    unite = declaration["unite"]
    commun = {"x": "annee", "y": "valeur", "units": "segment", "estimator": None, "ax": axe, "legend": False}
    if ville is not None:
        repere = _echelle(valeurs, declaration, ville)
        seaborn.lineplot(repere, color=GRIS, linestyle="--", linewidth=1.5, marker="s", markersize=5, **commun)
    trace = _echelle(valeurs, declaration, annees)
    for _, morceau in trace.dropna(subset=["borne_basse"]).groupby("segment"):
        axe.fill_between(morceau["annee"], morceau["borne_basse"], morceau["borne_haute"], color=BLEU, alpha=0.16)
    bornes = trace.dropna(subset=["borne_basse"])
    axe.vlines(bornes["annee"], bornes["borne_basse"], bornes["borne_haute"], color=BLEU, linewidth=1.2)
    seaborn.lineplot(trace, color=BLEU, marker="o", markersize=8, zorder=4, **commun)
    zero = _tracer_zero(axe, valeurs, trace)
    _legender(axe, nom, ville is not None, zero)
    _tracer_ruptures(axe, valeurs, declaration)
    _habiller_evolution(axe, valeurs, declaration, annees, trace)
    axe.yaxis.set_major_formatter(lambda y, _: graduer(y, unite))


def _legender(axe, nom: str, ville: bool, zero: str | None) -> None:
    """La légende, dessinée une fois par série quel que soit le nombre de ses segments."""
    from matplotlib.lines import Line2D

    poignees = [Line2D([], [], color=BLEU, marker="o", label=nom)]
    if ville:
        poignees.append(
            Line2D([], [], color=GRIS, linestyle="--", linewidth=1.5, marker="s", markersize=5, label="Ville")
        )
    if zero:
        poignees.append(Line2D([], [], color=ORANGE, linestyle=":", linewidth=1.5, label=zero))
    place = {"loc": "lower left", "bbox_to_anchor": (-0.08, 1.03), "borderaxespad": 0}
    axe.legend(handles=poignees, ncols=3, handletextpad=0.5, columnspacing=1.2, handlelength=1.8, **place)


def _tracer_zero(axe, valeurs, trace) -> str | None:
    zero = trace.loc[trace["annee"].eq(valeurs.edition["annee_zero"]), "valeur"].dropna()
    if len(trace) > 1 and len(zero):
        repere = f"État zéro {valeurs.edition['annee_zero']}"
        coupures = selection.ruptures(valeurs, trace["indicateur"].iloc[0])["annee"]
        apres = coupures[coupures > valeurs.edition["annee_zero"]]
        fin = apres.min() - 0.5 if len(apres) else trace["annee"].max() + 0.45
        etendue = [valeurs.edition["annee_zero"] - 0.45, fin]
        axe.plot(etendue, [zero.iloc[0]] * 2, color=ORANGE, linestyle=":", linewidth=1.5, zorder=1)
        return repere
    return None


def _tracer_ruptures(axe, valeurs, declaration) -> None:
    for annee in selection.ruptures(valeurs, declaration["code"])["annee"]:
        axe.axvline(annee - 0.5, color=GRIS, linewidth=1, linestyle=(0, (1, 2)), gid="rupture")
        axe.annotate("rupture", (annee - 0.5, 0.99), xycoords=("data", "axes fraction"), xytext=(3, 0),
                     textcoords="offset points", ha="left", va="top", fontsize=8.5, color=GRIS)  # fmt: skip


def _habiller_evolution(axe, valeurs, declaration, annees, trace) -> None:
    tous = _portee(axe, trace)
    if declaration["nature"] in {"proportion", "taux", "effectif"}:
        axe.set_ylim(0, max(tous.max() * 1.22, 1e-9))
    else:
        marge = max(float(np.ptp(tous)), abs(tous).max() * 0.05) * 0.3
        axe.set_ylim(tous.min() - marge, tous.max() + marge * 1.3)
    premiere, derniere = valeurs.edition["annees"][0], valeurs.edition["annees"][-1]
    axe.set_xlim(premiere - 0.45, derniere + 0.45)
    axe.set_xticks(valeurs.edition["annees"], [str(a) for a in valeurs.edition["annees"]])
    axe.grid(axis="x", visible=False)
    axe.locator_params(axis="y", nbins=5)
    axe.set(xlabel="", ylabel="")
    _ecrire_valeurs(axe, declaration, annees, trace)


def _portee(axe, trace) -> np.ndarray:
    """Toutes les hauteurs dessinées : bornes de la série et lignes de repère (hors coupures de rupture)."""
    lignes = [np.asarray(ligne.get_ydata(), float) for ligne in axe.lines if ligne.get_gid() != "rupture"]
    hauteurs = np.concatenate([*lignes, *(trace[c].to_numpy(float) for c in _VALEURS)])
    return hauteurs[np.isfinite(hauteurs)]


def _ecrire_valeurs(axe, declaration, annees, trace) -> None:
    """La valeur au-dessus de chaque point ; au pied de l'axe, le statut d'une année cachée."""
    for brute, point in zip(annees.itertuples(), trace.itertuples(), strict=True):
        if brute.statut != "publie" or pd.isna(brute.valeur):
            texte = STATUTS["nd" if brute.statut == "publie" else brute.statut].sigle
            axe.annotate(texte, (brute.annee, 0.03), xycoords=("data", "axes fraction"), ha="center",
                         fontstyle="italic", color=GRIS)  # fmt: skip
            continue
        haut = point.valeur if pd.isna(point.borne_haute) else point.borne_haute
        texte = ecrire(brute.valeur, declaration["unite"], avec_unite=False, signe=declaration["unite"] == "points")
        axe.annotate(texte, (brute.annee, haut), xytext=(0, 5), textcoords="offset points", ha="center",
                     va="bottom", color=BLEU, fontweight="bold", fontsize=9.5, bbox=HALO)  # fmt: skip


def _decrire_evolution(declaration, annees, ville, nom, valeurs) -> str:
    def suite(table: pd.DataFrame) -> str:
        clairs = [donnees.en_clair(str(r.annee), r._asdict(), declaration) for r in table.itertuples()]
        return " ; ".join(clairs)

    phrase = f"{nom}, {suite(annees)}."
    coupures = _dire_ruptures(valeurs, declaration["code"])
    return " ".join([phrase, f"Ville, {suite(ville)}." if ville is not None else "", coupures]).strip()


def _dire_ruptures(valeurs: Publie, indicateur: str) -> str:
    phrases = [
        f"Rupture entre {r.annee - 1} et {r.annee} : {r.libelle}."
        for r in selection.ruptures(valeurs, indicateur).itertuples()
    ]
    return " ".join(phrases)


def _echelle(valeurs: Publie, declaration: dict, annees: pd.DataFrame) -> pd.DataFrame:
    """La série à l'échelle de l'unité, découpée en segments que rien n'interrompt."""
    echelle = {c: en_unite(annees[c].astype(float), declaration["unite"]) for c in _VALEURS}
    return annees.assign(segment=selection.segments(valeurs, declaration["code"], annees), **echelle)

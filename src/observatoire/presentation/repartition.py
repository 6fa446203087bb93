"""La répartition d'un parc ou de ses occupants : des barres empilées, une par année, et la ville."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.nombres import ecrire, ecrire_statut, en_unite, graduer
from observatoire.presentation.svg import charger_seaborn, rendre, style, toile

if TYPE_CHECKING:
    from observatoire.publie import Publie

_INCONNUES = ("inconnu", "inconnue", "non renseigné", "non renseignée")


def repartition(valeurs: Publie, groupe: str, territoire: str | None = None, bailleur: str = "tous") -> Fragment:
    """Les modalités d'un groupe, en barres empilées : toutes les années, puis la ville pour repère."""
    codes = selection.groupe(valeurs, groupe)
    libelle = valeurs.catalogue[codes[0]]["libelle"].split(" : ")[0]
    barres = _barres(valeurs, codes, territoire, bailleur)
    parts = barres.pivot(index="barre", columns="indicateur", values="valeur")
    parts = parts.reindex(index=barres["barre"].drop_duplicates(), columns=codes)
    if parts.isna().all(axis=None):
        return absent(f"{libelle} (répartition)", "non disponible ou secret")
    nom = selection.nommer(valeurs, territoire, bailleur)
    titre = f"{libelle}, {nom}"
    noms = [valeurs.catalogue[c]["modalite"] for c in codes]
    with style():
        legende = 0.2 * np.ceil(len(codes) / 4)
        figure, axe = toile(0.6 + 0.33 * len(parts) + legende, gauche=0.75, haut=0.2 + legende)
        _tracer(axe, parts, noms, barres)
        svg = rendre(figure, titre, _decrire(parts, noms))
    courante = selection.ligne(valeurs, codes[0], territoire, bailleur)
    note = donnees.note(valeurs, valeurs.catalogue[codes[0]] | {"numerateur": libelle}, courante)
    return donnees.figure(svg, titre, _table(valeurs, barres, titre), note)


def _barres(valeurs: Publie, codes: list[str], territoire, bailleur) -> pd.DataFrame:
    """Une ligne par barre et par modalité, dans l'ordre où elles se lisent."""
    series = [selection.serie(valeurs, c, territoire, bailleur) for c in codes]
    propres = pd.concat(series).assign(barre=lambda t: t["annee"].astype(str)).sort_values("annee", kind="stable")
    if selection.reperer(valeurs, territoire)[0] == "ville" and bailleur == "tous":
        return propres
    reperes = pd.concat([selection.serie(valeurs, c) for c in codes])
    reperes = reperes[reperes["annee"].eq(valeurs.annee)]
    return pd.concat([propres, reperes.assign(barre=f"Ville {valeurs.annee}")])


def _tracer(axe, parts: pd.DataFrame, noms: list[str], barres: pd.DataFrame) -> None:
    couleurs = _couleurs(noms)
    gauche = np.zeros(len(parts))
    for rang, (code, nom) in enumerate(zip(parts.columns, noms, strict=True)):
        largeurs = en_unite(parts[code].fillna(0).to_numpy(float), "%")
        hachure = "///" if nom.lower() in _INCONNUES else ""
        axe.barh(np.arange(len(parts)), largeurs, left=gauche, height=0.74, color=couleurs[rang], label=nom,
                 hatch=hachure, edgecolor="white", linewidth=0.8)  # fmt: skip
        _ecrire_parts(axe, parts[code], largeurs, gauche, couleurs[rang], bool(hachure))
        gauche = gauche + largeurs
    _ecrire_absences(axe, parts, barres)
    axe.set_yticks(np.arange(len(parts)), parts.index)
    axe.set_ylim(len(parts) - 0.45, -0.55)
    axe.set_xlim(0, 100)
    axe.set_xticks([0, 25, 50, 75, 100])
    axe.xaxis.set_major_formatter(lambda x, _: graduer(x, "%"))
    axe.grid(axis="y", visible=False)
    axe.set(xlabel="", ylabel="")
    colonnes = min(4, len(noms))
    poignees, libelles = (_en_lignes(liste, colonnes) for liste in axe.get_legend_handles_labels())
    axe.legend(poignees, libelles, loc="lower center", bbox_to_anchor=(0.45, 1.0), borderaxespad=0.2, ncols=colonnes,
               handlelength=1.2, columnspacing=1.1, handletextpad=0.4)  # fmt: skip


def _en_lignes(liste: list, colonnes: int) -> list:
    """L'ordre qui fait lire une légende ligne par ligne : matplotlib la remplit par colonnes."""
    return [element for depart in range(colonnes) for element in liste[depart::colonnes]]


def _ecrire_parts(axe, parts, largeurs, gauche, couleur, hachure) -> None:
    """La part écrite dans chaque morceau assez large pour la porter."""
    from matplotlib.colors import to_rgb

    clair = np.dot(to_rgb(couleur), [0.299, 0.587, 0.114]) > 0.55
    fond = {"boxstyle": "round,pad=0.12", "facecolor": couleur, "edgecolor": "none"} if hachure else None
    for rang in np.flatnonzero(largeurs >= 6.5):
        texte = ecrire(parts.iloc[rang], "%", decimales=0, avec_unite=False)
        axe.text(gauche[rang] + largeurs[rang] / 2, rang, texte, ha="center", va="center", fontsize=9,
                 color="#1f2933" if clair else "white", bbox=fond)  # fmt: skip


def _ecrire_absences(axe, parts, barres) -> None:
    for rang in np.flatnonzero(parts.isna().all(axis=1)):
        statut = barres.loc[barres["barre"].eq(parts.index[rang]), "statut"].iloc[0]
        axe.text(1, rang, ecrire_statut("nd" if statut == "publie" else statut), va="center", fontstyle="italic")


def _couleurs(noms: list[str]) -> list:
    """Une rampe ordonnée du foncé au clair ; l'inconnu en gris."""
    connus = [n for n in noms if n.lower() not in _INCONNUES]
    rampe = iter(charger_seaborn().color_palette("YlGnBu_r", len(connus) + 1)[: len(connus)])
    return ["#c3cad1" if n.lower() in _INCONNUES else next(rampe) for n in noms]


def _decrire(parts: pd.DataFrame, noms: list[str]) -> str:
    def barre(ligne: pd.Series) -> str:
        return ", ".join(f"{n} {ecrire(v, '%')}" for n, v in zip(noms, ligne, strict=True))

    return " ".join(f"{nom} : {barre(ligne)}." for nom, ligne in parts.iterrows())


def _table(valeurs: Publie, barres: pd.DataFrame, titre: str) -> str:
    lignes = [
        [
            f"{r.barre}, {valeurs.catalogue[r.indicateur]['modalite']}",
            *donnees.cases(r._asdict(), valeurs.catalogue[r.indicateur], r.annee),
        ]
        for r in barres.itertuples()
    ]
    return donnees.tableau_simple(["Année et modalité", *donnees.ENTETES], lignes, titre)

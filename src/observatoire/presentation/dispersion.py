"""La dispersion d'une valeur : les secteurs de chaque quartier, un point chacun, autour de leur quartier (seaborn)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn
from matplotlib import rc_context
from matplotlib.figure import Figure

from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent, silence
from observatoire.presentation.etiquettes import raccourcir
from observatoire.presentation.maison import THEME, dessiner, legender
from observatoire.presentation.nombres import ecrire, en_unite
from observatoire.presentation.toile import BLEU, ENCRE, LARGEUR, graduations, mesurer

if TYPE_CHECKING:
    from observatoire.publie import Publie

_RANGEE, _PIED = 17, 40  # points


def dispersion(valeurs: Publie, indicateur: str) -> Fragment:
    """Les secteurs de la ville, rangés sous leur quartier, du plus bas quartier au plus haut ; un trait : le quartier.

    Rien sur un territoire sans secteurs. Ce qui n'est pas publié n'a pas de point ; la table, dessous, dit pourquoi.
    """
    declaration = valeurs.catalogue[indicateur]
    secteurs = pd.DataFrame(selection.quartiers(valeurs, indicateur, niveau="secteur"))
    if secteurs.empty:
        return silence("Pas de secteurs.")
    lieux = valeurs.territoires
    parents = lieux[lieux["niveau"].eq("secteur")].set_index("code")["parent"]
    quartiers = pd.DataFrame(selection.quartiers(valeurs, indicateur)).sort_values("valeur", kind="stable")
    noms = quartiers.set_index("code")["nom"]
    secteurs = secteurs.assign(quartier=secteurs["code"].map(parents).map(noms))
    titre = f"{declaration['libelle']}, par secteur"
    lignes = secteurs.sort_values(["quartier", "nom"]).to_dict("records")
    if donnees.vide(lignes):
        return absent(titre, donnees.raison({ligne["nom"]: ligne for ligne in lignes}))
    figure = _dessiner(secteurs, quartiers, declaration["unite"])
    legender(titre, _decrire(secteurs.dropna(subset="valeur"), declaration["unite"]), figure)
    table = donnees.table_figure("Secteur", [(li["nom"], li, valeurs.annee) for li in lignes], declaration, titre)
    repere = selection.ligne(valeurs, indicateur)
    complement = "Un point par secteur, un trait par quartier."
    return donnees.deplier(dessiner(figure), titre, table, donnees.note(valeurs, declaration, repere, complement))


def _dessiner(secteurs: pd.DataFrame, quartiers: pd.DataFrame, unite: str) -> Figure:
    ordre = quartiers.loc[quartiers["nom"].isin(secteurs["quartier"]), "nom"].tolist()
    commun = {"x": "x", "order": ordre, "legend": False}
    with rc_context(THEME):
        figure = Figure(figsize=(LARGEUR / 72, (_PIED + _RANGEE * len(ordre)) / 72))
        noms = raccourcir(ordre)
        gauche = 8 + max((mesurer(nom, 9.5) for nom in noms), default=0)
        axe = figure.subplots(gridspec_kw={"left": gauche / LARGEUR, "right": 0.96})
        points, traits = (t.assign(x=en_unite(t["valeur"].to_numpy(float), unite)) for t in (secteurs, quartiers))
        seaborn.stripplot(points, y="quartier", ax=axe, color=BLEU, alpha=0.75, jitter=False, size=6, **commun)
        seaborn.stripplot(
            traits, y="nom", ax=axe, color=ENCRE, marker="|", size=13, linewidth=2, jitter=False, **commun
        )
        positions, textes = graduations((0, float(np.nanmax([points["x"].max(), traits["x"].max()]))), unite)
        axe.set_xticks(positions, textes)
        axe.set_yticks(range(len(noms)), noms)
        axe.set(xlabel="", ylabel="", xlim=(0, None))
        axe.grid(axis="y", visible=False)
    return figure


def _decrire(parus: pd.DataFrame, unite: str) -> str:
    """De combien à combien vont les secteurs, et où ils s'écartent le plus l'un de l'autre."""
    bouts = parus.loc[[parus["valeur"].idxmin(), parus["valeur"].idxmax()]]
    de, a = (f"{ecrire(valeur, unite)} ({nom})" for valeur, nom in bouts[["valeur", "nom"]].to_numpy().tolist())
    etendues = parus.groupby("quartier")["valeur"].agg(np.ptp)
    ou = f" L'écart entre secteurs d'un même quartier est le plus grand à {etendues.idxmax()}." if len(etendues) else ""
    return f"Un point par secteur publié ({len(parus)}), rangé sous son quartier : de {de} à {a}.{ou}"

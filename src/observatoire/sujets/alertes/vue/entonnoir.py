r"""L'entonnoir d'un indicateur : la part de chaque territoire face à son nombre de ménages, et les limites du hasard.

La cible est la valeur de la ville, $\theta$. Un territoire de $n$ unités s'en écarte, par le seul hasard, de
$s = \sqrt{\theta (1 - \theta) / n}$ (proportion) ou $s = \sqrt{\theta / n}$ (taux). La surdispersion est
$\varphi = \frac{1}{I} \sum z_i^2$, où les $z_i = (y_i - \theta) / s_i$ sont ramenés à leurs centiles 10 et 90 ; elle ne
compte que si elle dépasse un. Les limites sont $\theta \pm z \, s \sqrt{\varphi}$.

**Référence.** Spiegelhalter D. J. (2005), « Funnel plots for comparing institutional performance », *Statistics in
Medicine* 24, 1185-1202.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.presentation import donnees, selection
from observatoire.presentation.affichage import Fragment, absent, grille
from observatoire.presentation.nombres import (
    STATUTS,
    ecrire,
    ecrire_compte,
    ecrire_ligne,
    en_unite,
    nommer_statut,
    statut_de,
)
from observatoire.presentation.reperes import Repere, tout
from observatoire.presentation.svg import rendre, style
from observatoire.presentation.toile import BLEU, GRIS, LARGEUR, MARGE, ORANGE, Toile, graduations, replier
from observatoire.sujets.alertes.vue.resume import reserver
from observatoire.sujets.alertes.vue.verdicts import est_signale
from observatoire.vocabulaire import PROPORTION, TAUX

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Quantiles de la loi normale : limites à 95 % et à 99,8 %.
QUANTILES = (1.959964, 3.090232)
RAMENES = (0.1, 0.9)  # centiles auxquels les écarts sont ramenés avant d'estimer la surdispersion
LARGE = {PROPORTION: lambda cible: cible * (1 - cible), TAUX: lambda cible: cible}


def entonnoirs(valeurs: Publie, niveau: str | None = None) -> Fragment:
    """Un entonnoir par indicateur sous alerte, au niveau le plus fin que ce public voit (ou à ``niveau``)."""
    if niveau is None:
        niveau = "secteur" if valeurs.edition["public"] == PUBLIQUE else "immeuble"
    codes = dict.fromkeys(r["indicateur"] for r in valeurs.alertes(annee=valeurs.annee, niveau=niveau))
    codes = [c for c in valeurs.catalogue if c in codes]
    if not codes:
        return absent("Entonnoirs", f"aucun indicateur n'est évalué par {niveau} cette année")
    return reserver(valeurs, grille(*(entonnoir(valeurs, c, niveau) for c in codes)).html, "Entonnoirs")


def entonnoir(valeurs: Publie, indicateur: str, niveau: str = "secteur") -> Fragment:
    """Les territoires publiés d'un niveau, chacun à son nombre d'unités ; ceux qui sont signalés, en orange."""
    declaration = valeurs.catalogue[indicateur]
    titre = f"{declaration['libelle']} par {niveau}, {valeurs.annee}"
    ville = selection.ligne(valeurs, indicateur)
    lignes = valeurs.lignes_de(
        "indicateurs", indicateur=indicateur, niveau=niveau, bailleur="tous", annee=valeurs.annee
    )
    publiees = [r for r in lignes if r["statut"] == "publie" and r["denominateur"] > 0]
    if len(publiees) < 2 or pd.isna(ville["valeur"]):
        statuts = [nommer_statut(s) for s in STATUTS if s in {statut_de(r) for r in [*lignes, ville]}]
        raison = (
            f"trop peu de valeurs publiées par {niveau} ({', '.join(statuts)})" if statuts else "trop peu de valeurs"
        )
        return absent(f"{declaration['libelle']} (entonnoir)", raison)
    alertes = valeurs.alertes(indicateur=indicateur, niveau=niveau, annee=valeurs.annee)
    signales = {r["territoire"] for r in alertes if est_signale(r)}
    parts, unites = (np.array([r[c] for r in publiees], float) for c in ("valeur", "denominateur"))
    limites = Limites(float(ville["valeur"]), declaration["nature"], parts, unites)
    cotes = limites.coter(parts, unites)
    choisis = np.array([r["territoire"] in signales for r in publiees])
    with style():
        toile = _dessiner(valeurs, declaration, limites, (parts, unites, choisis))
        svg = rendre(toile.achever(), titre, _decrire(tout(valeurs), declaration, ville, limites, cotes, len(publiees)))
    ecartes = [(r, cote) for r, cote, oui in zip(publiees, cotes, choisis, strict=True) if cote or oui]
    table = _table(valeurs, declaration, [(tout(valeurs).nom, ville, 0), *_nommer(valeurs, niveau, ecartes)], titre)
    note = _noter(valeurs, declaration, ville, limites, len(lignes) - len(publiees))
    return donnees.figure(svg, donnees.Cartouche(titre), table, note)


class Limites:
    """Les limites d'un entonnoir. ``cible`` : la valeur de la ville ; ``dispersion`` : au moins un."""

    def __init__(self, cible: float, nature: str, parts: np.ndarray, unites: np.ndarray):
        self.cible, self._large, self._plafond = cible, LARGE[nature](cible), 1.0 if nature == "proportion" else np.inf
        self.dispersion = self._disperser(parts, unites)

    def _ecart_type(self, unites: np.ndarray) -> np.ndarray:
        return np.sqrt(self._large / unites)

    def _disperser(self, parts: np.ndarray, unites: np.ndarray) -> float:
        if not self._large:
            return 1.0
        ecarts = (parts - self.cible) / self._ecart_type(unites)
        return max(1.0, float(np.mean(np.clip(ecarts, *np.quantile(ecarts, RAMENES)) ** 2)))

    def a(self, unites: np.ndarray, quantile: float) -> tuple[np.ndarray, np.ndarray]:
        """La limite basse et la limite haute pour ces nombres d'unités, dans l'étendue des valeurs possibles."""
        demi = quantile * self._ecart_type(unites) * np.sqrt(self.dispersion)
        return np.maximum(self.cible - demi, 0), np.minimum(self.cible + demi, self._plafond)

    def coter(self, parts: np.ndarray, unites: np.ndarray) -> np.ndarray:
        """De -2 à 2 : hors des limites à 99,8 %, à 95 %, ou dedans (0) ; négatif au-dessous."""
        cotes = np.zeros(len(parts), int)
        for quantile in QUANTILES:
            bas, haut = self.a(unites, quantile)
            cotes += (parts > haut).astype(int) - (parts < bas).astype(int)
        return cotes


def _dessiner(valeurs: Publie, declaration: dict, limites: Limites, points: tuple) -> Toile:
    unite, (parts, unites, choisis) = declaration["unite"], points
    pire = limites.a(np.array([unites.min()]), QUANTILES[0])[1][0]
    sommet = en_unite(max(parts.max(), min(pire, 2 * parts.max()), limites.cible), unite)
    axe = replier(declaration["denominateur"], 9, LARGEUR - 2 * MARGE)
    plus = 11 * (len(axe) - 1)
    toile = Toile(216 + plus, (0, unites.max() * 1.05), (0, sommet * 1.08 or 1), gauche=36, haut=30.24, bas=36 + plus)
    toile.graduer_y(*graduations(toile.bornes_y, unite))
    toile.graduer_x(*graduations(toile.bornes_x, ""), grille=False)
    for rang, texte in enumerate(reversed(axe)):
        toile.ecrire((toile.gauche + toile.droite) / 2, 6 + 11 * rang, texte, ligne="pied", corps=9)
    abscisses = np.geomspace(max(unites.min() * 0.8, 1), unites.max() * 1.05, 80)
    for quantile, tirets in zip(QUANTILES, ("--", ":"), strict=True):
        for limite in limites.a(abscisses, quantile):
            hauteurs = en_unite(limite, unite)
            visibles = np.where(hauteurs <= toile.bornes_y[1], hauteurs, np.nan)
            toile.relier(toile.x(abscisses), toile.y(visibles), GRIS, 1.2, tirets)
    y = toile.y(en_unite(limites.cible, unite))
    toile.tirer(toile.gauche, y, toile.droite, y, GRIS, largeur=1.2)
    x, hauteurs = toile.x(unites), toile.y(en_unite(parts, unite))
    toile.marquer(x[~choisis], hauteurs[~choisis], "o", 4.5, BLEU, 0.4)
    toile.marquer(x[choisis], hauteurs[choisis], "D", 8, ORANGE, 0.6)
    _legender(toile)
    return toile


def _legender(toile: Toile) -> None:
    """Les points, les points signalés, les deux limites, de gauche à droite au-dessus du dessin."""
    x, y = 6.0, toile.haut + 13.3
    toile.marquer(x, y, "o", 4.5, BLEU, 0)
    toile.ecrire(x + 6, y, "territoire", ancre="left", ligne="legende", corps=9)
    toile.marquer(x + 62, y, "D", 8, ORANGE, 0)
    toile.ecrire(x + 70, y, "signalé", ancre="left", ligne="legende", corps=9)
    for debut, texte, tirets in ((116, "limites à 95 %", "--"), (210, "à 99,8 %", ":")):
        toile.tirer(x + debut, y, x + debut + 16, y, GRIS, largeur=1.2, tirets=tirets)
        toile.ecrire(x + debut + 20, y, texte, ancre="left", ligne="legende", corps=9)


def _compter(cotes: np.ndarray, cote: int) -> str:
    return ecrire(int((cotes >= cote).sum() if cote > 0 else (cotes <= cote).sum()), decimales=0)


def _decrire(ou: Repere, declaration: dict, ville: dict, limites: Limites, cotes: np.ndarray, nombre: int) -> str:
    return (
        f"{ecrire(nombre, decimales=0)} territoires autour {ou.de} ({ecrire_ligne(ville, declaration)}). "
        f"Au-dessus de la limite à 95 % : {_compter(cotes, 1)}, de celle à 99,8 % : "
        f"{_compter(cotes, 2)} ; au-dessous : {_compter(cotes, -1)} et {_compter(cotes, -2)}."
    )


def _nommer(valeurs: Publie, niveau: str, ecartes: list) -> list[tuple[str, dict, int]]:
    nommes = [(valeurs.noms.get((niveau, r["territoire"]), "sans nom"), r, cote) for r, cote in ecartes]
    return sorted(nommes, key=lambda n: (-n[2], n[0]))


def _table(valeurs: Publie, declaration: dict, lignes: list[tuple[str, dict, int]], titre: str) -> str:
    """La ville, puis les territoires hors des limites ou signalés : les autres n'apprennent rien de plus."""
    cotes = {
        2: "au-dessus de 99,8 %", 1: "au-dessus de 95 %", 0: "dans les limites",
        -1: "au-dessous de 95 %", -2: "au-dessous de 99,8 %",
    }  # fmt: skip
    corps = [[escape(nom), *donnees.cases(r, declaration, valeurs.annee), cotes[int(cote)]] for nom, r, cote in lignes]
    entetes = ["Territoire", *donnees.entetes(), "Place"]
    return donnees.tableau_simple(entetes, corps, f"{titre} : hors des limites, ou signalés")


def _noter(valeurs: Publie, declaration: dict, ville: dict, limites: Limites, caches: int) -> str:
    complements = [f"Cible : {tout(valeurs).article}, {ecrire_ligne(ville, declaration)} ; surdispersion "]
    complements[0] += f"{ecrire(limites.dispersion, decimales=1)}."
    if caches:
        complements.append(f"Territoires sans valeur publiée, absents du dessin : {ecrire_compte(caches)}.")
    return donnees.note(valeurs, declaration, ville, *complements)

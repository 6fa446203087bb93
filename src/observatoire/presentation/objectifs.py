"""Ce qui se dit d'un objectif, d'une page à l'autre : où il vaut, sa cible, le verdict et le constat de la règle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation.nombres import ecrire, ecrire_entier, ecrire_statut
from observatoire.vocabulaire import AU_MOINS, CONSTATS, COTES, VERDICTS

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Ce que veut dire la colonne des vraies valeurs qui se verraient.
CE_QUI_SE_VERRAIT = (
    "« Se verrait » : la vraie valeur qui, avec les cas de l'année, donnerait un verdict huit fois sur dix ; entre les "
    "deux bornes, « non concluant » est la réponse la plus probable, et ne dit rien de la vraie valeur."
)
#: Part des comparaisons dont l'intervalle ne contiendrait pas zéro par le seul hasard, à 95 %.
PAR_HASARD = 0.05


def est_ecrit(texte: object) -> bool:
    """Un texte qui n'est ni vide, ni manquant."""
    return isinstance(texte, str) and bool(texte)


def denombrer(nombre: float, un: str, plusieurs: str) -> str:
    """« 1 engagement », « 2 engagements »."""
    return f"{ecrire_entier(nombre)} {plusieurs if nombre > 1 else un}"


def compter_les_verdicts(verdicts: pd.Series) -> str:
    """« 9 tenus, 1 non mesurable, 1 sans verdict » : les engagements de chaque verdict, un par ligne de ``verdicts``.

    La somme en est le nombre de lignes ; vide si aucune n'a de verdict.
    """
    comptes = verdicts[verdicts.isin(VERDICTS)].value_counts()
    dits = [denombrer(comptes[v], mot.libelle, mot.pluriel) for v, mot in VERDICTS.items() if v in comptes]
    sans = len(verdicts) - comptes.sum()
    return ", ".join([*dits, f"{ecrire_entier(sans)} sans verdict"] if dits and sans else dits)


def ecrire_verdict(verdict: object, statut: str | None = None, constat: object = None) -> str:
    """Le verdict, son signe et son libellé, puis le constat de la règle quand elle est arithmétique.

    Sans verdict : rien, ou ``statut``, qui dit pourquoi ; « publie » veut alors dire que rien n'était à juger.
    """
    if not est_ecrit(verdict):
        return "" if statut is None else ecrire_statut("na" if statut == "publie" else statut, html=True)
    mot = VERDICTS[verdict]
    classe = f"obs-verdict obs-verdict-{verdict.replace('_', '-')}"
    suite = f"<br><small>{CONSTATS[constat].libelle}</small>" if est_ecrit(constat) else ""
    return f'<span class="{classe}"><span aria-hidden="true">{mot.signe}</span> {mot.libelle}</span>{suite}'


def ecrire_cible(valeurs: Publie, ligne: dict, sens: object) -> str:
    """« au moins 25 % », « 50 à 60 logements » ; rien sans cible. ``sens`` : ``au_plus`` ou ``au_moins``."""
    if pd.isna(ligne["cible"]):
        return ""
    unite, decimales = unite_de(valeurs, ligne)
    if pd.notna(ligne["jusque"]):
        return f"{ecrire(ligne['cible'], decimales=decimales)} à {ecrire(ligne['jusque'], unite, decimales=decimales)}"
    return f"{COTES.get(sens, COTES[AU_MOINS]).libelle} {ecrire(ligne['cible'], unite, decimales=decimales)}"


def ecrire_decelable(valeurs: Publie, ligne: dict) -> str:
    """« 14,0 % ou moins, 36,6 % ou plus » : les vraies valeurs qui auraient un verdict huit fois sur dix ; ou rien."""
    unite, decimales = unite_de(valeurs, ligne)
    bornes = ((ligne["decelable_bas"], "ou moins"), (ligne["decelable_haut"], "ou plus"))
    return ", ".join(f"{ecrire(v, unite, decimales=decimales)} {suite}" for v, suite in bornes if pd.notna(v))


def unite_de(valeurs: Publie, ligne: dict) -> tuple[str, int | None]:
    """L'unité de l'indicateur d'une ligne et ses décimales ; ``None`` : celles de l'unité."""
    declaration = valeurs.catalogue[ligne["indicateur"]]
    return declaration["unite"], 0 if declaration["nature"] == "effectif" else None


def nommer_lieux(valeurs: Publie, ligne: dict) -> str:
    """« Battant, Grand Besançon Habitat » ; vide pour le territoire entier et tous ses bailleurs."""
    lieux = []
    if (ligne["niveau"], ligne["territoire"]) != valeurs.tout:
        lieux.append(valeurs.nom(ligne["niveau"], ligne["territoire"]))
    if ligne["bailleur"] != "tous":
        lieux.append(valeurs.nom("bailleur", ligne["bailleur"]))
    return ", ".join(lieux)

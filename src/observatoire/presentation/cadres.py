"""Une table de pandas telle qu'elle se lit sur une page : des entêtes, des nombres français, des statuts expliqués."""

from __future__ import annotations

from html import escape

import pandas as pd
from pandas.api import types

from observatoire.presentation.affichage import Fragment, defiler
from observatoire.presentation.donnees import noter_statuts, tableau_simple
from observatoire.presentation.nombres import ABSENT, STATUTS, ecrire, ecrire_date, ecrire_statut

#: Au-delà, seules les premières lignes se montrent : une page n'est pas un fichier.
LIGNES = 100
_DECIMALES = 4
_ANNEES = ("annee", "année")


def montrer(table: pd.DataFrame) -> Fragment:
    """Une table, l'index en entêtes de ligne s'il dit quelque chose, sinon la première colonne.

    ``table.attrs["titre"]`` en est la légende. Une colonne de géométries ne se montre pas.
    """
    titre = str(table.attrs.get("titre") or "Tableau")
    entiere = len(table)
    visible = table.loc[:, [not str(t).startswith("geometry") for t in table.dtypes]].head(LIGNES)
    if not isinstance(visible.index, pd.RangeIndex):
        visible = visible.reset_index(names=_noms_de_l_index(visible))
    entetes = [escape(_nommer(nom)) for nom in visible.columns]
    colonnes = [_ecrire_colonne(nom, visible.iloc[:, rang]) for rang, nom in enumerate(visible.columns)]
    a_gauche = [rang for rang, (_, valeurs) in enumerate(visible.items()) if _est_un_texte(valeurs)]
    html = tableau_simple(entetes, [list(cases) for cases in zip(*colonnes, strict=True)], titre, a_gauche=a_gauche)
    suite = f'<p class="obs-table-note">Les {LIGNES} premières lignes sur {ecrire(entiere, decimales=0)}.</p>'
    return Fragment(defiler(html, titre) + noter_statuts(html) + suite * (entiere > LIGNES), titre)


def _noms_de_l_index(table: pd.DataFrame) -> list[str]:
    """Un nom par niveau de l'index, qui n'est pas déjà celui d'une colonne."""
    noms = [str(nom) if nom is not None else "" for nom in table.index.names]
    return [f"{nom} " if nom in table.columns else nom for nom in noms]


def _est_un_texte(valeurs: pd.Series) -> bool:
    """Ni un nombre, ni une date, ni un oui ou non."""
    return not (types.is_numeric_dtype(valeurs) or types.is_datetime64_any_dtype(valeurs))


def _nommer(nom: object) -> str:
    return ", ".join(map(str, nom)) if isinstance(nom, tuple) else str(nom)


def _ecrire_colonne(nom: object, valeurs: pd.Series) -> list[str]:
    """Les cases d'une colonne, en HTML sûr."""
    if types.is_bool_dtype(valeurs):
        return ["oui" if v else "non" for v in valeurs]
    if types.is_datetime64_any_dtype(valeurs):
        return [ABSENT if pd.isna(v) else ecrire_date(v.date()) for v in valeurs]
    if types.is_numeric_dtype(valeurs):
        if str(nom) in _ANNEES:
            return [ABSENT if pd.isna(v) else str(int(v)) for v in valeurs]
        return [_ecrire_nombre(v) for v in valeurs]
    if str(nom) == "statut":
        return [ecrire_statut(v, html=True) if v in STATUTS else "" for v in valeurs]
    return [ABSENT if pd.isna(v) is True else escape(str(v)) for v in valeurs]


def _ecrire_nombre(valeur: float) -> str:
    if pd.isna(valeur):
        return ABSENT
    ecrit = ecrire(valeur, decimales=0 if float(valeur).is_integer() else _DECIMALES)
    return ecrit.rstrip("0").rstrip(",") if "," in ecrit else ecrit

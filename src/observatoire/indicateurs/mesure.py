"""Mesurer un indicateur du catalogue sur ses propres données, hors de tout dépôt."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.erreurs import ErreurObservatoire, ParametreInconnu
from observatoire.fourni import fourni
from observatoire.indicateurs.evaluation import Croisement, diviser, remonter
from observatoire.indicateurs.sommes import lire_regles, sommer_selon
from observatoire.lecture.devenirs import table_tiree_vide
from observatoire.lecture.problemes import compter
from observatoire.lecture.tables import table_vide
from observatoire.schemas import Champ, Schema, lire_schemas

_ENSEMBLE, _CHAMP = "ensemble", "champ_rpls"
_MESURES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse", "statut"]


def mesurer(
    table: pd.DataFrame | Mapping[str, pd.DataFrame],
    indicateur: str,
    par: Iterable[str] = (),
    annee: int | None = None,
) -> pd.DataFrame:
    """Un indicateur du catalogue, sur n'importe quel tableau qui a les colonnes qu'il lit.

    ``table`` : une ligne par logement, ménage, attribution… ; les codes sont ceux du format d'échange. Un indicateur
    qui lit plusieurs tables en prend un dictionnaire, nom de la table -> tableau. ``par`` : les colonnes selon
    lesquelles ventiler ; une ligne où l'une manque ne compte pas. ``annee`` : celle des données, si une colonne
    ``annee`` ne la dit pas ; elle fixe les barèmes (ceux de l'observatoire).

    Rend une ligne par combinaison de ``par``, triée : ces colonnes, ``indicateur``, ``numerateur``, ``denominateur``,
    ``valeur`` (une proportion est une fraction de 0 à 1), ``borne_basse`` et ``borne_haute`` (95 %), ``reponse`` (part
    de ceux qui ont répondu, 0 à 1) et ``statut`` : « calcule », « nd » (personne n'a répondu, ou il n'y a pas de
    barème) ou « na » (sans objet). Rien n'y est bruité ni caché : ce qui en sort se protège.

    Lève :class:`~observatoire.erreurs.ParametreInconnu` (indicateur ou colonne de ``par`` inconnus) et
    :class:`~observatoire.erreurs.ErreurObservatoire` : une colonne que l'indicateur lit manque, ou porte une valeur que
    le format n'admet pas, qui ne serait comptée nulle part.

    **Source.** La définition, ses pièges et sa référence : ``observatoire.catalogue.catalogue()[code].fiche``.

    >>> import pandas as pd
    >>> from observatoire import mesurer
    >>> logements = pd.DataFrame({
    ...     "quartier": ["battant"] * 4 + ["planoise"] * 2,
    ...     "occupation": ["loue", "loue", "loue", "vacant", "loue", "vide_technique"],
    ... })
    >>> mesurer(logements, "taux_vacance", par=["quartier"])[["quartier", "numerateur", "denominateur", "valeur"]]
       quartier  numerateur  denominateur  valeur
    0   battant         1.0           4.0    0.25
    1  planoise         0.0           1.0    0.00
    >>> mesurer(logements, "taux_vacance")[["valeur", "borne_basse", "borne_haute"]].round(3).values.tolist()
    [[0.2, 0.036, 0.624]]
    """
    declaration, par = _declaration(indicateur), list(par)
    voulues = [declaration, *(catalogue()[code] for code in (declaration.reference,) if code)]
    donnees = _ranger_les_tables(table, declaration)
    _exiger_les_dimensions(donnees, par)
    if annee is None and all("annee" in t for t in donnees.values()):
        annees = sorted({int(a) for t in donnees.values() for a in t["annee"].dropna().unique()})
        if len(annees) > 1 and "annee" not in par:
            raise ErreurObservatoire(f"« {indicateur} » : le tableau a {len(annees)} années ; ventiler par « annee ».")
        parts = [_mesurer({n: t[t["annee"].eq(a)] for n, t in donnees.items()}, voulues, par, a) for a in annees]
        if parts:
            return pd.concat(parts, ignore_index=True).sort_values(par or ["indicateur"], ignore_index=True)
    return _mesurer(donnees, voulues, par, annee)


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Schema]:
    return lire_schemas(fourni("schemas"))


@lru_cache(maxsize=1)
def _baremes() -> Baremes:
    return lire_baremes(fourni("referentiels"))


def _declaration(code: str) -> Indicateur:
    if code not in catalogue():
        proches = ", ".join(f"« {c} »" for c in difflib.get_close_matches(code, catalogue(), n=3))
        raise ParametreInconnu(
            f"« {code} » n'est pas un indicateur du catalogue. "
            + (f"Les plus proches : {proches}." if proches else "Les codes : observatoire.catalogue.catalogue().")
        )
    return catalogue()[code]


def _ranger_les_tables(table: pd.DataFrame | Mapping[str, pd.DataFrame], i: Indicateur) -> dict[str, pd.DataFrame]:
    """Nom -> tableau, aux types du format."""
    if isinstance(table, pd.DataFrame):
        if len(set(i.tables)) > 1:
            attendu = ", ".join(f'"{nom}": …' for nom in i.tables)
            raise ErreurObservatoire(f"« {i.code} » lit plusieurs tables : donner {{{attendu}}}.")
        table = {i.tables[0]: table}
    if absentes := [nom for nom in i.tables if nom not in table]:
        raise ErreurObservatoire(f"« {i.code} » lit {', '.join(i.tables)} ; il manque {', '.join(absentes)}.")
    schemas = _schemas()
    return {nom: _typer(table[nom], nom, i, schemas).reset_index(drop=True) for nom in i.tables}


def _typer(table: pd.DataFrame, nom: str, i: Indicateur, schemas: Mapping[str, Schema]) -> pd.DataFrame:
    """Les colonnes que déclare le format, à leur type ; ``champ_rpls`` vrai partout si personne ne le dit."""
    champs = schemas[nom if nom in schemas else "menages"].champs
    colonnes = {c: _convertir(table[c], champs[c], f"« {i.code} », table « {nom} »") for c in table if c in champs}
    return table.assign(**{_CHAMP: table.get(_CHAMP, True)}, **colonnes)


def _convertir(colonne: pd.Series, champ: Champ, ou: str) -> pd.Series:
    try:
        if champ.type == "date":
            return pd.to_datetime(colonne)
        if champ.type != "string":
            return pd.to_numeric(colonne).astype(float)
    except (ValueError, TypeError) as erreur:
        attendu = "des dates" if champ.type == "date" else "des nombres"
        raise ErreurObservatoire(f"{ou}, colonne « {champ.nom} » : {attendu} y sont attendus.") from erreur
    if champ.admises and not (admise := colonne.isna() | colonne.isin(champ.admises)).all():
        admises, hors = ", ".join(champ.admises), compter(int((~admise).sum()), "valeur")
        raise ErreurObservatoire(f"{ou}, colonne « {champ.nom} » : {hors} hors du format. Admises : {admises}.")
    return colonne


def _exiger_les_dimensions(donnees: Mapping[str, pd.DataFrame], par: list[str]) -> None:
    for nom, table in donnees.items():
        if absentes := [colonne for colonne in par if colonne not in table]:
            raise ParametreInconnu(f"la table « {nom} » n'a pas de colonne {', '.join(f'« {c} »' for c in absentes)}.")


def _mesurer(
    donnees: dict[str, pd.DataFrame], voulues: list[Indicateur], par: list[str], annee: int | None
) -> pd.DataFrame:
    """Une seule année ; le premier indicateur de ``voulues`` est celui que l'on rend."""
    code, dimensions = voulues[0].code, par or [_ENSEMBLE]
    dates = {} if annee is None else {"annee": annee}
    situees = {nom: t.assign(**{_ENSEMBLE: _ENSEMBLE}, **dates) for nom, t in donnees.items()}
    _exiger_les_colonnes(situees, voulues[0], annee)
    baremes = _baremes()
    regles = lire_regles(voulues, situees, annee or 1, baremes)
    totaux = remonter(sommer_selon(regles, situees, baremes, dimensions), dimensions)
    if not len(totaux.cellules):
        return pd.DataFrame(columns=[*par, "indicateur", *_MESURES])
    mesures = diviser(totaux, Croisement("", dimensions[0]), voulues, regles.sans_regle)
    cles = {c: totaux.cellules[c].astype(object).astype(next(iter(donnees.values()))[c].dtype) for c in par}
    table = pd.DataFrame({**cles, "indicateur": code, **{nom: mesures[nom][:, 0] for nom in _MESURES}})
    return table.sort_values(par, ignore_index=True) if par else table


def _exiger_les_colonnes(tables: Mapping[str, pd.DataFrame], i: Indicateur, annee: int | None) -> None:
    """Ce que lit l'indicateur se sait sans aucune ligne ; une règle datée demande une année."""
    schemas, millesime = _schemas(), annee or date.today().year
    vides = {n: table_vide(n, schemas[n], schemas) if n in schemas else table_tiree_vide(n, schemas) for n in i.tables}
    vides = {nom: vide.assign(dans_ville=pd.Series(dtype=bool)) for nom, vide in vides.items()}  # aux seuls programmes
    baremes = _baremes()
    lues = lire_regles([i], vides, millesime, baremes).lues[i] | ({"annee"} if i.avec_bareme else set())
    manquent = sorted(lues - set().union(*tables.values()))
    if manquent == ["annee"]:
        raise ErreurObservatoire(f"« {i.code} » dépend de l'année : donner « annee », ou une colonne de ce nom.")
    if manquent:
        dites = ", ".join(f"« {colonne} »" for colonne in manquent)
        raise ErreurObservatoire(f"« {i.code} » lit {dites}, que le tableau n'a pas.")

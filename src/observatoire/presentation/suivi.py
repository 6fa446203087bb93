"""Ce qui accompagne les valeurs : qui a livré quoi, ce que cela couvre, ce qui est nouveau."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.cles import dire_ecart
from observatoire.presentation.epreuves import SEUIL, eprouver
from observatoire.presentation.liens import lier, lier_et_situer, lier_fiche, vers_territoire
from observatoire.presentation.nombres import ecrire, ecrire_entier, ecrire_ligne, ecrire_part
from observatoire.presentation.sources import TABLES
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.statistique.comparaisons import fausses_decouvertes

if TYPE_CHECKING:
    from observatoire.publie import Publie


def couverture_annee(valeurs: Publie, depuis: str = "annee") -> Fragment:
    """Pour chaque famille, ce que chaque bailleur a livré cette année et la part du parc que cela couvre."""
    table = valeurs.couverture[valeurs.couverture["annee"].eq(valeurs.annee)]
    table = table.assign(famille=table["indicateur"].map({c: d["famille"] for c, d in valeurs.catalogue.items()}))
    if table.empty:
        return absent("Couverture", "elle n'a pas été calculée")
    noms = selection.vrais_bailleurs(valeurs)
    lignes = [
        {"Bailleur": lier(r.nom, vers_territoire(valeurs, "bailleur", r.code, depuis)), **_parts(table, r.code)}
        for r in noms.itertuples()
    ]
    note = "Nombre d'indicateurs de la famille que le dépôt du bailleur permet de calculer, sur leur total."
    return composer(pd.DataFrame(lignes), f"Couverture par bailleur et par famille, {valeurs.annee}", note=note)


def livraisons(valeurs: Publie) -> Fragment:
    """Quels bailleurs ont déposé, et quelles tables, pour l'année de la page."""
    depots = valeurs.depots[valeurs.depots["annee"].eq(valeurs.annee) & valeurs.depots["statut"].eq("accepte")]
    noms = valeurs.bailleurs.set_index("code")["nom"]
    tables = depots.groupby("deposant", sort=False)["table"].agg(lambda t: ", ".join(TABLES.get(x, x) for x in t))
    puces = "".join(f"<li><strong>{escape(noms.get(c, c))}</strong> : {escape(t)}</li>" for c, t in tables.items())
    muets = [noms[c] for c in selection.vrais_bailleurs(valeurs)["code"] if c not in tables.index]
    suite = f"<li>Sans dépôt accepté : {escape(', '.join(muets))}</li>" if muets else ""
    return Fragment(f"<ul>{puces}{suite}</ul>", "Dépôts de l'année")


def nouveautes(valeurs: Publie, nombre: int = 8, depuis: str = "edition") -> Fragment:
    """Les changements depuis l'année précédente que le hasard n'explique pas, les plus nets d'abord."""
    avant = valeurs.annee - 1
    if avant not in valeurs.edition["annees"]:
        return absent("Changements", "c'est la première année de l'édition")
    deux = _changements(valeurs, avant)
    nets = deux[deux["ajustee"].lt(SEUIL)].sort_values(["probabilite", "indicateur", "territoire"])
    entre = f"Entre {avant} et {valeurs.annee}, {ecrire(len(deux), 'comparaisons', decimales=0)}"
    if nets.empty:
        return paragraphe(f"{entre} : aucun changement que le hasard n'expliquerait pas.")
    lignes = [_nouveaute(valeurs, r, avant, depuis) for r in nets.head(nombre).itertuples()]
    note = (
        f"{entre}, et {ecrire(len(nets), 'changements', decimales=0)} que le hasard n'explique pas "
        "(en moyenne, au plus un sur vingt n'est que du hasard) ; les plus nets d'abord."
    )
    titre = f"Ce qui a changé entre {avant} et {valeurs.annee}"
    return composer(pd.DataFrame(lignes), titre, gauche=("Indicateur", "Changement"), note=note)


def _parts(table: pd.DataFrame, bailleur: str) -> dict[str, str]:
    propre = table[table["bailleur"].eq(bailleur)]
    par_famille = propre.assign(livre=propre["statut"].eq("livre")).groupby("famille", sort=False)["livre"]
    comptes = {
        f: f"{ecrire_entier(n)} / {ecrire_entier(t)}" for f, n, t in par_famille.agg(["sum", "count"]).itertuples()
    }
    connus, livres = propre["logements_connus"].max(), propre["logements_livres"].max()
    part = ecrire_part(livres / connus) if connus else "–"
    return {**comptes, "Logements couverts": part}


def _changements(valeurs: Publie, avant: int) -> pd.DataFrame:
    """Chaque couple (indicateur, territoire) comparé d'une année à l'autre : ``probabilite`` et ``ajustee``."""
    table = valeurs.indicateurs
    table = table[table["bailleur"].eq("tous") & table["niveau"].isin([valeurs.tout[0], "ville", "quartier"])]
    rompus = [c for c in valeurs.catalogue if selection.ruptures_entre(valeurs, c, avant)]
    groupes = [c for c, d in valeurs.catalogue.items() if d.get("groupe")]
    table = table[table["statut"].eq("publie") & ~table["indicateur"].isin([*groupes, *rompus])]
    cles = ["indicateur", "niveau", "territoire"]
    deux = table[table["annee"].eq(valeurs.annee)].merge(table.loc[table["annee"].eq(avant), cles], on=cles)
    bouts = [
        deux[cles].merge(table[table["annee"].eq(annee)], on=cles, how="left").to_dict("records")
        for annee in (valeurs.annee, avant)
    ]
    deux = deux.assign(probabilite=eprouver(valeurs, deux["indicateur"].tolist(), *bouts)).dropna(subset="probabilite")
    return deux.assign(ajustee=fausses_decouvertes(deux["probabilite"]))


def _nouveaute(valeurs, r, avant: int, depuis: str) -> dict[str, str]:
    declaration = valeurs.catalogue[r.indicateur]
    ecart = comparaisons.comparer_annee(valeurs, r.indicateur, avant, (r.niveau, r.territoire, "tous"), r.ajustee)
    passee = selection.ligne(valeurs, r.indicateur, r.territoire, annee=avant)
    return {
        "Territoire": lier_et_situer(valeurs, r.niveau, r.territoire, depuis),
        "Indicateur": lier_fiche(valeurs, r.indicateur, depuis),
        "Changement": dire_ecart(ecart),
        str(avant): ecrire_ligne(passee, declaration),
        str(valeurs.annee): ecrire_ligne(selection.ligne(valeurs, r.indicateur, r.territoire), declaration),
    }

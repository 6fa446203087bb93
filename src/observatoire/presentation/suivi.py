"""Ce qui accompagne les valeurs : qui a livré quoi, ce que cela couvre, ce qui est nouveau."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.cles import dire_ecart
from observatoire.presentation.epreuves import SEUIL
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
    """Ce qui a changé de la ville et des quartiers, d'une année à l'autre : les variations, et leur ``ajustee``."""
    table = valeurs.variations
    table = table[table["depart"].eq(avant) & table["annee"].eq(valeurs.annee) & table["bailleur"].eq("tous")]
    table = table[table["niveau"].isin([valeurs.tout[0], "ville", "quartier"])].dropna(subset="probabilite")
    return table.assign(ajustee=fausses_decouvertes(table["probabilite"]))


def _nouveaute(valeurs, r, avant: int, depuis: str) -> dict[str, str]:
    declaration = valeurs.catalogue[r.indicateur]
    ecart = comparaisons.comparer_annee(valeurs, r.indicateur, avant, (r.niveau, r.territoire, "tous"), r.ajustee)
    bouts = (
        ecrire_ligne(selection.ligne(valeurs, r.indicateur, r.territoire, annee=annee), declaration)
        if pd.isna(r.absents)
        else ecrire(valeur, declaration["unite"])
        for annee, valeur in ((avant, r.valeur_depart), (valeurs.annee, r.valeur))
    )
    return {
        "Territoire": lier_et_situer(valeurs, r.niveau, r.territoire, depuis),
        "Indicateur": lier_fiche(valeurs, r.indicateur, depuis),
        "Changement": dire_ecart(ecart),
        **dict(zip((str(avant), str(valeurs.annee)), bouts, strict=True)),
    }

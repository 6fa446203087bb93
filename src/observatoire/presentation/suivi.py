"""Ce qui accompagne les valeurs : qui a livré quoi, ce que cela couvre, ce qui est nouveau."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons, selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.cles import dire_ecart
from observatoire.presentation.liens import lier, lier_et_situer, lier_fiche, vers_territoire
from observatoire.presentation.nombres import ecrire_entier, ecrire_ligne, ecrire_part
from observatoire.presentation.sources import TABLES
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe

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
    """Les plus grands changements depuis l'année précédente, là où les intervalles ne se recouvrent pas."""
    avant = valeurs.annee - 1
    if avant not in valeurs.edition["annees"]:
        return absent("Changements", "c'est la première année de l'édition")
    candidats = _changements(valeurs, avant).head(nombre)
    if candidats.empty:
        entre = f"Entre {avant} et {valeurs.annee}"
        return paragraphe(f"{entre}, aucun changement ne dépasse les intervalles.")
    lignes = [_nouveaute(valeurs, r, avant, depuis) for r in candidats.itertuples()]
    note = "Changements où les intervalles à 95 % des deux années ne se recouvrent pas, les plus nets d'abord."
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
    """Les couples (indicateur, territoire) dont les intervalles se séparent, les plus nets d'abord."""
    table = valeurs.indicateurs
    table = table[table["bailleur"].eq("tous") & table["niveau"].isin([valeurs.tout[0], "ville", "quartier"])]
    table = table.dropna(subset=["valeur", "borne_basse", "borne_haute"])
    table = table[~table["indicateur"].map(lambda c: bool(valeurs.catalogue[c].get("groupe")))]
    cles = ["indicateur", "niveau", "territoire"]
    deux = table[table["annee"].eq(valeurs.annee)].merge(
        table[table["annee"].eq(avant)], on=cles, suffixes=("", "_avant")
    )
    vide = (deux["borne_basse"] - deux["borne_haute_avant"]).clip(lower=deux["borne_basse_avant"] - deux["borne_haute"])
    demi = (deux["borne_haute"] - deux["borne_basse"]).clip(lower=1e-12)
    coupes = {c: {r["annee"] for r in selection.ruptures(valeurs, c)} for c in set(deux["indicateur"])}
    rompus = deux["indicateur"].map(lambda c: valeurs.annee in coupes[c])
    deux = deux.assign(nettete=vide / demi)[vide.gt(0) & ~rompus.astype(bool)]
    return deux.sort_values(["nettete", "indicateur", "territoire"], ascending=[False, True, True])


def _nouveaute(valeurs, r, avant: int, depuis: str) -> dict[str, str]:
    declaration = valeurs.catalogue[r.indicateur]
    ecart = comparaisons.comparer_annee(valeurs, r.indicateur, avant, r.territoire)
    passee = selection.ligne(valeurs, r.indicateur, r.territoire, annee=avant)
    return {
        "Territoire": lier_et_situer(valeurs, r.niveau, r.territoire, depuis),
        "Indicateur": lier_fiche(valeurs, r.indicateur, depuis),
        "Changement": dire_ecart(ecart),
        str(avant): ecrire_ligne(passee, declaration),
        str(valeurs.annee): ecrire_ligne(selection.ligne(valeurs, r.indicateur, r.territoire), declaration),
    }

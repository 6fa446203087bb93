"""Ce qui accompagne les valeurs : qui a livré quoi, ce que cela couvre, ce qui est nouveau."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons, selection
from observatoire.presentation.affichage import Fragment, absent, en_bref
from observatoire.presentation.cles import dire_ecart
from observatoire.presentation.epreuves import SEUIL
from observatoire.presentation.liens import lier, lier_et_situer, lier_fiche, lier_lieu, vers_territoire
from observatoire.presentation.nombres import ecrire, ecrire_entier, ecrire_ligne, ecrire_part
from observatoire.presentation.sources import TABLES
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.statistique.comparaisons import fausses_decouvertes
from observatoire.vocabulaire import PROPORTION

if TYPE_CHECKING:
    from observatoire.publie import Publie


#: Où sont tous les changements de l'année.
LISTE = "accueil.html#ce-qui-est-nouveau"


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
    depots, noms = _acceptes(valeurs), valeurs.bailleurs.set_index("code")["nom"]
    tables = depots.groupby("deposant", sort=False)["table"].agg(lambda t: ", ".join(TABLES.get(x, x) for x in t))
    puces = "".join(f"<li><strong>{escape(noms.get(c, c))}</strong> : {escape(t)}</li>" for c, t in tables.items())
    muets = _sans_depot(valeurs, depots)
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


def changements_en_bref(valeurs: Publie, depuis: str = "edition") -> Fragment:
    """En une phrase : le quartier où ce qui est sous alerte a le plus changé en un an."""
    avant = valeurs.annee - 1
    if avant not in valeurs.edition["annees"]:
        return absent("Changements", "c'est la première année de l'édition")
    deux = _changements(valeurs, avant)
    suivis = {r["indicateur"] for r in valeurs.alertes(annee=valeurs.annee)}
    parts = [code for code in suivis if valeurs.catalogue[code]["nature"] == PROPORTION]
    nets = deux[deux["ajustee"].lt(SEUIL) & deux["indicateur"].isin(parts) & deux["niveau"].eq("quartier")]
    compte = f"{ecrire(deux['ajustee'].lt(SEUIL).sum(), 'changements', decimales=0)} nets depuis {avant}"
    compte = lier(compte, LISTE)
    if nets.empty:
        return en_bref("Ce qui change.", f"{compte}.")
    premier = next(nets.loc[[nets["variation"].abs().idxmax()]].itertuples())
    ecart = comparaisons.comparer_annee(
        valeurs, premier.indicateur, avant, (premier.niveau, premier.territoire, "tous"), premier.ajustee
    )
    quoi = f"{lier_lieu(valeurs, premier.niveau, premier.territoire, depuis)}, "
    quoi += f"{lier_fiche(valeurs, premier.indicateur, depuis)}, {escape(ecart.texte)}"
    return en_bref("Ce qui change.", f"{compte}, dont le plus grand par quartier : {quoi}.")


def silences_en_bref(valeurs: Publie) -> Fragment:
    """En une phrase, sur une page à la racine de l'édition : qui n'a pas déposé, et quelle part des valeurs est
    cachée."""
    muets, table = _sans_depot(valeurs, _acceptes(valeurs)), valeurs.indicateurs
    statuts = table.loc[table["annee"].eq(valeurs.annee), "statut"].value_counts()
    caches = statuts.get("c", 0) / max(statuts.get("c", 0) + statuts.get("publie", 0), 1)
    qui = f"Sans dépôt accepté en {valeurs.annee} : {', '.join(muets)}." if muets else ""
    qui = qui or f"Tous les bailleurs ont déposé en {valeurs.annee}."
    secret = f"{ecrire_part(caches)} des valeurs sont cachées par le secret"
    return en_bref("Ce que l'on ne sait pas.", f"{escape(qui)} {lier(secret, 'sources.html#secret-statistique')}.")


def _acceptes(valeurs: Publie) -> pd.DataFrame:
    """Les dépôts acceptés de l'année de la page."""
    return valeurs.depots[valeurs.depots["annee"].eq(valeurs.annee) & valeurs.depots["statut"].eq("accepte")]


def _sans_depot(valeurs: Publie, depots: pd.DataFrame) -> list[str]:
    """Les noms des bailleurs qui ne sont pas de ces ``depots``."""
    bailleurs = selection.vrais_bailleurs(valeurs)
    return bailleurs.loc[~bailleurs["code"].isin(depots["deposant"]), "nom"].tolist()


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

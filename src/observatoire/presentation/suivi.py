"""Ce qui accompagne les valeurs : qui a livré quoi, ce que cela couvre, ce qui est nouveau."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons, selection
from observatoire.presentation.affichage import Fragment, absent, en_bref, plier
from observatoire.presentation.cles import dire_ecart
from observatoire.presentation.epreuves import SEUIL
from observatoire.presentation.liens import lier, lier_et_situer, lier_fiche, lier_lieu, vers_territoire
from observatoire.presentation.nombres import ecrire, ecrire_entier, ecrire_ligne, ecrire_part
from observatoire.presentation.objectifs import denombrer
from observatoire.presentation.sources import TABLES
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.statistique.comparaisons import fausses_decouvertes
from observatoire.vocabulaire import PROPORTION, QUARTIER, VILLE

if TYPE_CHECKING:
    from observatoire.publie import Publie


#: Où sont tous les changements de l'année.
LISTE = "accueil.html#ce-qui-est-nouveau"
#: Combien s'en lisent d'abord, et celui qui est mis en avant.
PREMIERS = 8
LE_PLUS_GRAND = "le plus grand d'un quartier, parmi les parts sous alerte"


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


def nouveautes(valeurs: Publie, nombre: int | None = None, depuis: str = "edition") -> Fragment:
    """Les changements depuis l'année précédente que le hasard n'explique pas : celui que l'essentiel met en avant,
    puis les plus nets.

    ``nombre`` : ceux-là seulement, et où lire les autres ; sans lui, les :data:`PREMIERS`, et les autres dans un pli.
    """
    avant = valeurs.annee - 1
    if avant not in valeurs.edition["annees"]:
        return absent("Changements", "c'est la première année de l'édition")
    deux = _changements(valeurs, avant)
    nets = deux[deux["ajustee"].lt(SEUIL)].sort_values(["probabilite", "indicateur", "territoire"])
    entre = f"Entre {avant} et {valeurs.annee}, {ecrire(len(deux), 'comparaisons', decimales=0)}"
    if nets.empty:
        return paragraphe(f"{entre} : aucun changement que le hasard n'expliquerait pas.")
    vedette = _mettre_en_avant(valeurs, deux)
    nets = pd.concat([nets[nets.index == vedette], nets[nets.index != vedette]])
    lignes = [_nouveaute(valeurs, r, avant, depuis) for r in nets.itertuples()]
    montres = nombre or PREMIERS
    ordre = "les plus nets" if vedette is None else f"{LE_PLUS_GRAND}, puis les plus nets"
    parmi = f"Ici, {ecrire(montres, decimales=0)} d'entre eux : " if len(lignes) > montres else "D'abord "
    note = (
        f"{entre}, et {ecrire(len(nets), 'changements', decimales=0)} que le hasard n'explique pas "
        f"(en moyenne, au plus un sur vingt n'est que du hasard). {parmi}{ordre}."
    )
    titre = f"Ce qui a changé entre {avant} et {valeurs.annee}"
    tableau = _dresser(lignes[:montres], titre, note)
    if len(lignes) <= montres:
        return tableau
    autres = denombrer(len(lignes) - montres, "autre changement", "autres changements")
    if nombre is None:
        suite = plier(autres, _dresser(lignes[montres:], f"{titre} : la suite").html)
    else:
        suite = f'<p class="obs-note">Et {lier(autres, LISTE)}, à l\'accueil.</p>'
    return Fragment(tableau.html + suite, titre)


def _dresser(lignes: list[dict[str, str]], titre: str, note: str = "") -> Fragment:
    return composer(pd.DataFrame(lignes), titre, gauche=("Indicateur", "Changement"), note=note)


def changements_en_bref(valeurs: Publie, depuis: str = "edition") -> Fragment:
    """En une phrase : le quartier où ce qui est sous alerte a le plus changé en un an."""
    avant = valeurs.annee - 1
    if avant not in valeurs.edition["annees"]:
        return absent("Changements", "c'est la première année de l'édition")
    deux = _changements(valeurs, avant)
    compte = f"{ecrire(deux['ajustee'].lt(SEUIL).sum(), 'changements', decimales=0)} nets depuis {avant}"
    compte = lier(compte, LISTE)
    vedette = _mettre_en_avant(valeurs, deux)
    if vedette is None:
        return en_bref("Ce qui change.", f"{compte}.")
    premier = next(deux.loc[[vedette]].itertuples())
    ecart = comparaisons.comparer_annee(
        valeurs, premier.indicateur, avant, (premier.niveau, premier.territoire, "tous"), premier.ajustee
    )
    quoi = f"{lier_lieu(valeurs, premier.niveau, premier.territoire, depuis)}, "
    quoi += f"{lier_fiche(valeurs, premier.indicateur, depuis)}, {escape(ecart.texte)}"
    return en_bref("Ce qui change.", f"{compte}, dont {LE_PLUS_GRAND} : {quoi}.")


def _mettre_en_avant(valeurs: Publie, deux: pd.DataFrame) -> object | None:
    """La place, parmi les changements, du plus grand des quartiers pour une part sous alerte ; ``None`` sans aucun."""
    suivis = {r["indicateur"] for r in valeurs.alertes(annee=valeurs.annee)}
    parts = [code for code in suivis if valeurs.catalogue[code]["nature"] == PROPORTION]
    nets = deux[deux["ajustee"].lt(SEUIL) & deux["indicateur"].isin(parts) & deux["niveau"].eq("quartier")]
    return None if nets.empty else nets["variation"].abs().idxmax()


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
    table = table[table["niveau"].isin([valeurs.tout[0], VILLE, QUARTIER])].dropna(subset="probabilite")
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

"""Première protection : de ``prepare`` à ce qui peut être publié, par public.

Une valeur est cachée (statut ``c``) quand son numérateur, le complément de son numérateur ou son dénominateur
compte moins d'unités que le seuil du barème ``confidentialite``. Les immeubles ne sont jamais publiés, ni une cellule
qui n'en contient qu'un. Quand une seule modalité d'une répartition est cachée, la plus petite des autres l'est aussi.
Ces règles n'arrêtent pas un attaquant qui recoupe les tableaux : le site le dit.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.baremes import Baremes, SansObjet, lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.fichiers import ecrire_csv, ecrire_dossier, ecrire_texte
from observatoire.publie import CLES, COLONNES
from observatoire.ruptures import lire_ruptures

PUBLICS = ("publique",)
NIVEAUX_CACHES = ("immeuble",)
#: Tables qui ne parlent ni de ménages ni de logements occupés : les opérations livrées sont publiques.
TABLES_SANS_SECRET = frozenset({"programmes"})
CELLULE = ["annee", "niveau", "territoire", "bailleur"]
MESURES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"]


def proteger(config: Configuration, public: str = "publique") -> dict:
    """Écrire ``publie/<public>`` à partir de ``prepare`` ; rend le compte des valeurs par statut.

    Le dossier est écrit à côté puis mis en place d'un coup. Lève :class:`ErreurObservatoire` quand rien n'est
    calculé, :class:`ErreurConfiguration` quand ce public n'existe pas ou que le seuil manque.
    """
    if public not in PUBLICS:
        raise ErreurConfiguration(f"public « {public} » inconnu. Valeurs admises : {', '.join(PUBLICS)}.")
    prepare = config.chemin("prepare")
    if not (prepare / "indicateurs.parquet").is_file():
        raise ErreurObservatoire("aucun indicateur n'est calculé : lancer « observatoire calculer ».")
    baremes = lire_baremes(config.chemin("referentiels"))
    seuil = _seuil(baremes, max(config.annees))
    indicateurs = pd.read_parquet(prepare / "indicateurs.parquet")
    effectifs = pd.read_parquet(prepare / "effectifs.parquet")
    immeubles = pd.read_parquet(prepare / "immeubles_par_cellule.parquet")
    protege = cacher(indicateurs, effectifs, immeubles, seuil)

    with ecrire_dossier(config.chemin("publie") / public) as travail:
        ecrire_csv(protege, travail / "indicateurs.csv")
        declarations = [declaration.publier() for declaration in catalogue().values()]
        ecrire_texte(json.dumps(declarations, ensure_ascii=False, indent=1), travail / "catalogue.json")
        ecrire_csv(baremes.tableau(), travail / "baremes.csv")
        ecrire_csv(lire_ruptures(config.chemin("referentiels"), catalogue()), travail / "ruptures.csv")
        _publier_tables(config, prepare, travail, seuil)
        _publier_territoires(config, protege, travail)
        _publier_commentaires(config, travail)
        edition = _edition(config, public, seuil, prepare)
        ecrire_texte(json.dumps(edition, ensure_ascii=False, indent=1), travail / "edition.json")
    return protege["statut"].value_counts().to_dict()


def _seuil(baremes: Baremes, annee: int) -> int:
    try:
        return baremes.au_31_decembre(annee)("confidentialite")
    except SansObjet as absence:
        raise ErreurConfiguration(f"le barème « confidentialite » n'a pas de valeur en {annee}.") from absence


def cacher(indicateurs: pd.DataFrame, effectifs: pd.DataFrame, immeubles: pd.DataFrame, seuil: int) -> pd.DataFrame:
    """Retirer les immeubles et cacher toute valeur assise sur moins de ``seuil`` unités.

    ``indicateurs`` : colonnes :data:`COLONNES`, statut ``calcule``, ``nd`` ou ``na``. ``effectifs`` : nombre d'unités
    derrière chaque moyenne. ``immeubles`` : nombre d'immeubles de chaque cellule. Rend les mêmes colonnes, statut
    ``publie``, ``c``, ``nd`` ou ``na``.
    """
    table = indicateurs[~indicateurs["niveau"].isin(NIVEAUX_CACHES)].reset_index(drop=True)
    declarations = catalogue()
    nature = table["indicateur"].map({c: i.nature for c, i in declarations.items()})
    libres = {c for c, i in declarations.items() if TABLES_SANS_SECRET.issuperset(i.tables)}
    unites = table[CLES].merge(effectifs, how="left", on=CLES, validate="one_to_one")["effectif"]
    haut = np.where(nature.eq("moyenne"), unites, table["numerateur"])
    bas = np.where(nature.eq("moyenne"), unites, table["denominateur"])
    complement = np.where(nature.isin(["proportion", "ecart"]), bas - haut, seuil)
    petit = ~(haut >= seuil) | ~(complement >= seuil) | (nature.ne("effectif") & ~(bas >= seuil))
    calcule = table["statut"].eq("calcule") & ~table["indicateur"].isin(libres)
    cache = calcule & (petit | _immeuble_seul(table, immeubles))
    cache |= calcule & _reference_cachee(table, cache, declarations)
    cache |= calcule & _seconde_modalite(table, cache, declarations)
    table["statut"] = table["statut"].where(~cache, "c").replace("calcule", "publie")
    table.loc[table["statut"].ne("publie"), MESURES] = np.nan
    # Le taux de réponse à côté du dénominateur redonne le nombre de ceux qui n'ont pas répondu.
    muets = bas / table["reponse"] - bas
    table["reponse"] = table["reponse"].mask((muets > 0.5) & (muets < seuil - 0.5)).round(2)
    table["couverture"] = table["couverture"].round(2)
    return table[COLONNES].sort_values(CLES, ignore_index=True)


def _immeuble_seul(table: pd.DataFrame, immeubles: pd.DataFrame) -> np.ndarray:
    """Vrai là où la cellule tient en un immeuble : ce serait le publier sous un autre nom."""
    seuls = pd.MultiIndex.from_frame(immeubles.loc[immeubles["immeubles"].eq(1), CELLULE])
    return pd.MultiIndex.from_frame(table[CELLULE]).isin(seuls)


def _seconde_modalite(table: pd.DataFrame, cache: pd.Series, declarations) -> pd.Series:
    """Vrai pour la plus petite modalité publiée d'une répartition dont une seule est cachée.

    Une modalité cachée seule est le dénominateur moins les autres.
    """
    groupes = table["indicateur"].map({c: i.groupe for c, i in declarations.items()})
    modalites = table[CELLULE].assign(groupe=groupes, cache=cache, numerateur=table["numerateur"].mask(cache))
    modalites = modalites[groupes.notna()]
    par_groupe = modalites.groupby([*CELLULE, "groupe"])
    seule = par_groupe["cache"].transform("sum").eq(1)
    rang = par_groupe["numerateur"].rank(method="first")
    return (seule & rang.eq(1)).reindex(table.index, fill_value=False)


def _reference_cachee(table: pd.DataFrame, cache: pd.Series, declarations) -> np.ndarray:
    """Vrai pour un écart dont l'indicateur de référence est caché au même endroit."""
    references = table["indicateur"].map({c: i.reference for c, i in declarations.items()})
    cachees = pd.MultiIndex.from_frame(table.loc[cache, CLES])
    visees = pd.MultiIndex.from_frame(table[CLES].assign(indicateur=references))
    return visees.isin(cachees)


def _publier_tables(config: Configuration, prepare: Path, travail: Path, seuil: int) -> None:
    couverture = pd.read_parquet(prepare / "couverture.parquet")
    ecrire_csv(couverture, travail / "couverture.csv")
    depots = pd.read_parquet(prepare / "depots.parquet")
    comptes = ["lignes", "avertissements", "reparees", "mises_a_part", "gardees"]
    petit = depots["lignes"].between(1, seuil - 1) & ~depots["table"].isin(TABLES_SANS_SECRET)
    depots[comptes] = depots[comptes].astype("Int64").mask(petit)
    ecrire_csv(depots[["annee", "deposant", "table", "statut", *comptes]], travail / "depots.csv")
    corrections = pd.read_parquet(prepare / "corrections.parquet")
    ecrire_csv(corrections.drop(columns=["id", "auteur"]), travail / "corrections.csv")
    bailleurs = pd.DataFrame(
        [(d.code, d.nom, d.hors_rpls, d.est_bailleur) for d in config.deposants],
        columns=["code", "nom", "hors_rpls", "est_bailleur"],
    )
    ecrire_csv(bailleurs, travail / "bailleurs.csv")


def _publier_territoires(config: Configuration, protege: pd.DataFrame, travail: Path) -> None:
    """Le nom de chaque territoire qui a des valeurs, et la carte quand il y en a une."""
    lignes = [("ville", config.code, config.nom, None)]
    contours = config.chemin("referentiels") / "quartiers.geojson"
    if contours.is_file():
        shutil.copy(contours, travail / "territoires.geojson")
        for trait in json.loads(contours.read_text(encoding="utf-8"))["features"]:
            p = trait["properties"]
            lignes.append((p["niveau"], p["code"], p["nom"], p.get("parent")))
    lignes.append(("quartier", "hors_quartier", "Hors quartier", config.code))
    lignes += [
        ("qpv", "en_qpv", "En quartier prioritaire", config.code),
        ("qpv", "hors_qpv", "Hors quartier prioritaire", config.code),
    ]
    territoires = pd.DataFrame(lignes, columns=["niveau", "code", "nom", "parent"])
    vus = protege[["niveau", "territoire"]].drop_duplicates()
    presents = territoires.merge(vus, left_on=["niveau", "code"], right_on=["niveau", "territoire"])
    ecrire_csv(presents[["niveau", "code", "nom", "parent"]], travail / "territoires.csv")


def _publier_commentaires(config: Configuration, travail: Path) -> None:
    source = config.chemin("livre") / "book" / "commentaires"
    for annee in config.annees:
        if (source / str(annee)).is_dir():
            shutil.copytree(source / str(annee), travail / "commentaires" / str(annee))


def _edition(config: Configuration, public: str, seuil: int, prepare: Path) -> dict:
    dehors = pd.read_parquet(prepare / "immeubles_hors_quartier.parquet")
    return {
        "nom": config.nom,
        "code": config.code,
        "a": config.a,
        "de": config.de,
        "titre": config.titre,
        "annees": list(config.annees),
        "annee_zero": config.annee_zero,
        "niveaux": list(config.niveaux),
        "fictif": json.loads((prepare / "origine.json").read_text(encoding="utf-8"))["fictif"],
        "public": public,
        "seuil": seuil,
        "charte": {cle: str(valeur) for cle, valeur in config.charte.items()},
        "signataires": list(config.signataires),
        "immeubles_hors_quartier": {str(a): int(n) for a, n in dehors.groupby("annee").size().items()},
    }

"""Publier : de ``prepare`` à ``publie/<public>``, tout ce qu'un public peut lire, et rien d'autre."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from observatoire.attributions import TABLES as TABLES_DES_ATTRIBUTIONS
from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import catalogue
from observatoire.communes import HORS_COMMUNE, HORS_QUARTIER
from observatoire.confidentialite.alertes import proteger_les_alertes
from observatoire.confidentialite.annees import Avancement, proteger_les_annees
from observatoire.confidentialite.attributions import proteger_les_attributions
from observatoire.confidentialite.colonnes import etablir_colonnes
from observatoire.confidentialite.engagements import proteger_les_engagements
from observatoire.confidentialite.lieux import nommer_les_immeubles
from observatoire.confidentialite.primaire import montres_de_plus
from observatoire.confidentialite.protection import Matiere, Outils, Protection, parc_par_cellule
from observatoire.confidentialite.regles import Regles, lire_regles_du_secret
from observatoire.confidentialite.revue import publier_la_revue
from observatoire.confidentialite.structure import ecrire_structure
from observatoire.confidentialite.temoins import TABLES_SANS_SECRET, temoigner
from observatoire.configuration import Configuration, plus_larges
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.fichiers import ecrire_csv, ecrire_dossier, ecrire_texte
from observatoire.gouvernance import publier_seances
from observatoire.lecture.explications import tracer_les_passages
from observatoire.mixite import fiches, publier
from observatoire.publie import CLES, INDICATEURS
from observatoire.ruptures import lire_ruptures
from observatoire.schemas import lire_schemas
from observatoire.suivi.publication import publier_suivi

#: Failles dites en toutes lettres dans le refus.
FAILLES_DITES = 10
#: Où un dossier publié garde ce que les éditions d'avant avaient publié.
ANTERIEURES = "anterieures"


@dataclass(frozen=True)
class Bilan:
    """``statuts`` : statut -> nombre de valeurs. ``secrets`` : niveau -> ``valeurs`` calculées, ``primaires`` et
    ``complementaires`` parmi elles."""

    statuts: dict[str, int]
    secrets: dict[str, dict[str, int]]


def proteger(config: Configuration, public: str = "publique", avancement: Avancement | None = None) -> Bilan:
    """Écrire ``publie/<public>`` à partir de ``prepare``.

    Un public qui en voit plus qu'un autre lit aussi l'édition de l'autre, qui doit être écrite. Le dossier est écrit à
    côté puis mis en place d'un coup. Lève :class:`ErreurObservatoire` quand rien n'est calculé, qu'une édition manque
    ou qu'une valeur cachée se retrouve, :class:`ErreurConfiguration` quand ce public n'existe pas ou que ses règles
    manquent.
    """
    prepare, referentiels = config.chemin("prepare"), config.chemin("referentiels")
    baremes = lire_baremes(referentiels)
    regles = lire_regles_du_secret(referentiels, baremes, public, max(config.annees))
    if not (prepare / "indicateurs.parquet").is_file():
        raise ErreurObservatoire("aucun indicateur n'est calculé : lancer « observatoire calculer ».")
    _refuser_sans_regle(config, regles)
    matiere, outils = lire_matiere(config), preparer_outils(config, baremes)
    anterieures = _lire_anterieures(config, public)
    parues = [*anterieures.values(), *_parues_ailleurs(config, baremes, regles, matiere)]
    protections = proteger_les_annees(matiere, outils, regles, parues, avancement)
    _refuser_les_failles(protections.values())
    protege = pd.concat([p.table for p in protections.values()], ignore_index=True)
    bilan = _dresser_bilan(protections.values())

    with ecrire_dossier(config.chemin("publie") / public) as travail:
        ecrire_csv(protege, travail / INDICATEURS)
        for annee, protection in protections.items():
            ecrire_structure(protection.structure, travail, annee)
        for edition, table in anterieures.items():
            ecrire_csv(table, travail / ANTERIEURES / f"{edition}.csv")
        declarations = [declaration.publier() for declaration in catalogue().values()]
        ecrire_texte(json.dumps(declarations, ensure_ascii=False, indent=1), travail / "catalogue.json")
        ecrire_csv(baremes.tableau(), travail / "baremes.csv")
        ecrire_csv(lire_ruptures(referentiels, catalogue()), travail / "ruptures.csv")
        _publier_mixite(protege, config, baremes, travail)
        _publier_tables(config, prepare, travail, regles)
        _publier_alertes(config, travail, protege, regles)
        conformite = _publier_attributions(config, travail, protege, regles)
        engagements = proteger_les_engagements(pd.read_parquet(prepare / "engagements.parquet"), protege)
        ecrire_csv(engagements, travail / "engagements.csv")
        for nom, table in publier_la_revue(config, regles, protege, engagements, conformite).items():
            ecrire_csv(table, travail / f"{nom}.csv")
        publier_seances(config, public, travail)
        _publier_territoires(config, protege, travail, regles)
        _publier_commentaires(config, travail)
        edition = _edition(config, regles, prepare) | {"secret": bilan.secrets}
        ecrire_texte(json.dumps(edition, ensure_ascii=False, indent=1), travail / "edition.json")
    return bilan


def _refuser_sans_regle(config: Configuration, regles: Regles) -> None:
    """Le territoire entier paraît toujours : sans sa règle, aucune page n'aurait de quoi se comparer."""
    if config.tout[0] not in regles.niveaux:
        raise ErreurConfiguration(
            f"confidentialite.yml : la règle de « {regles.public} » ne dit rien du niveau « {config.tout[0]} » "
            "(niveaux et poids)."
        )


def preparer_outils(config: Configuration, baremes: Baremes) -> Outils:
    """Ce que compte le catalogue, d'après les schémas et les barèmes."""
    declarations = dict(catalogue())
    schemas = lire_schemas(config.chemin("schemas"))
    temoins = temoigner(list(declarations.values()), schemas, baremes, max(config.annees))
    return Outils(etablir_colonnes(temoins, list(declarations.values())), declarations, tuple(config.niveaux))


def _lire_anterieures(config: Configuration, public: str) -> dict[int, pd.DataFrame]:
    """Ce que les éditions d'avant ont publié à ce public : dernière année de l'édition -> table."""
    dossier, derniere = config.chemin("publie") / public, max(config.annees)
    tables = {int(f.stem): _lire_table(f) for f in sorted((dossier / ANTERIEURES).glob("*.csv"))}
    if (dossier / "edition.json").is_file():
        en_place = json.loads((dossier / "edition.json").read_text(encoding="utf-8"))["annees"][-1]
        tables[en_place] = _lire_table(dossier / INDICATEURS)
    return {edition: table for edition, table in sorted(tables.items()) if edition < derniere}


def _parues_ailleurs(config: Configuration, baremes: Baremes, regles: Regles, matiere: Matiere) -> list[pd.DataFrame]:
    """Ce que les publics plus larges lisent déjà : leur édition, et celles d'avant.

    Ce que leurs règles cachent et que celles-ci montrent ne compte pas comme caché.
    """
    tables = []
    for large in plus_larges(regles.public):
        dossier = config.chemin("publie") / large
        if not (dossier / INDICATEURS).is_file():
            raise ErreurObservatoire(f"l'édition « {large} » manque : lancer « observatoire proteger ».")
        siennes = lire_regles_du_secret(config.chemin("referentiels"), baremes, large, max(config.annees))
        parc = parc_par_cellule(matiere.lieux)
        libres = montres_de_plus(matiere.immeubles, parc, siennes, regles)
        for table in (*_lire_anterieures(config, large).values(), _lire_table(dossier / INDICATEURS)):
            tables.append(table[~pd.MultiIndex.from_frame(table[CLES[:4]]).isin(libres)])
    return tables


def _lire_table(fichier: Path) -> pd.DataFrame:
    return pd.read_csv(fichier, dtype={"territoire": str, "bailleur": str}, keep_default_na=False, na_values=[""])


def _dresser_bilan(protections: Iterable[Protection]) -> Bilan:
    table = pd.concat([p.table.assign(primaires=p.primaires, complementaires=p.complementaires) for p in protections])
    calculees = table[table["statut"].isin(["publie", "c"])].assign(valeurs=1)
    comptes = calculees.groupby("niveau")[["valeurs", "primaires", "complementaires"]].sum().astype(int)
    return Bilan(table["statut"].value_counts().to_dict(), comptes.to_dict("index"))


def lire_matiere(config: Configuration) -> Matiere:
    """Ce que la protection lit dans ``prepare``."""
    noms = ("indicateurs", "effectifs", "immeubles_par_cellule", "lieux")
    return Matiere(*(pd.read_parquet(config.chemin("prepare") / f"{nom}.parquet") for nom in noms))


def _refuser_les_failles(protections: Iterable[Protection]) -> None:
    failles = [faille for p in protections for faille in p.failles]
    if not failles:
        return
    dites = "\n".join(f"  - {faille}" for faille in failles[:FAILLES_DITES])
    autres = len(failles) - FAILLES_DITES
    suite = f"\n  ... et {autres} autres." if autres > 0 else ""
    raise ErreurObservatoire(f"rien n'est publié : {len(failles)} valeurs cachées se retrouvent.\n{dites}{suite}")


def _publier_tables(config: Configuration, prepare: Path, travail: Path, regles: Regles) -> None:
    """Les tables d'accompagnement ; ce qui compte le parc d'un bailleur suit l'accord de ce bailleur."""
    couverture = pd.read_parquet(prepare / "couverture.parquet")
    parc = ["logements_livres", "logements_connus"]
    couverture[parc] = couverture[parc].astype("Float64").mask(~couverture["bailleur"].isin(regles.accords))
    ecrire_csv(couverture, travail / "couverture.csv")
    depots = pd.read_parquet(prepare / "depots.parquet")
    comptes = ["lignes", "avertissements", "reparees", "mises_a_part", "gardees"]
    petit = depots["lignes"].between(1, regles.seuil - 1) & ~depots["table"].isin(TABLES_SANS_SECRET)
    codes = [d.code for d in config.bailleurs]
    petit |= depots["deposant"].isin(codes) & ~depots["deposant"].isin(regles.accords) & depots["lignes"].gt(0)
    depots[comptes] = depots[comptes].astype("Int64").mask(petit)
    ecrire_csv(depots[["annee", "deposant", "table", "statut", *comptes]], travail / "depots.csv")
    corrections = pd.read_parquet(prepare / "corrections.parquet")
    corrections = pd.concat([corrections, tracer_les_passages(config)], ignore_index=True)
    ecrire_csv(corrections.drop(columns=["id", "auteur"]), travail / "corrections.csv")
    bailleurs = pd.DataFrame(
        [(d.code, d.nom, d.hors_rpls, d.est_bailleur) for d in config.deposants],
        columns=["code", "nom", "hors_rpls", "est_bailleur"],
    )
    ecrire_csv(bailleurs, travail / "bailleurs.csv")


def _publier_alertes(config: Configuration, travail: Path, protege: pd.DataFrame, regles: Regles) -> None:
    """Les alertes, leur ampleur, et le suivi de celles que ce public peut lire."""
    lues = (pd.read_parquet(config.chemin("prepare") / f"{nom}.parquet") for nom in ("alertes", "ampleurs"))
    alertes, ampleurs = proteger_les_alertes(*lues, protege, regles)
    ecrire_csv(alertes, travail / "alertes.csv")
    ecrire_csv(ampleurs, travail / "ampleurs.csv")
    publier_suivi(config, alertes, regles.public, travail)


def _publier_mixite(protege: pd.DataFrame, config: Configuration, baremes: Baremes, travail: Path) -> None:
    """Les indices de mixité, calculés sur ce qui paraît et sur rien d'autre, et leurs fiches."""
    for nom, table in zip(("mixite", "mixite_evolution"), publier(protege, config, baremes), strict=True):
        ecrire_csv(table, travail / f"{nom}.csv")
    ecrire_texte(json.dumps(fiches(), ensure_ascii=False, indent=1), travail / "mixite.json")


def _publier_attributions(
    config: Configuration, travail: Path, protege: pd.DataFrame, regles: Regles
) -> pd.DataFrame | None:
    """Rend la conformité, que la revue reprend ; rien si les indicateurs ont été calculés seuls."""
    prepare = config.chemin("prepare")
    if not any((prepare / f"{nom}.parquet").is_file() for nom in TABLES_DES_ATTRIBUTIONS):
        return None
    lues = {nom: pd.read_parquet(prepare / f"{nom}.parquet") for nom in TABLES_DES_ATTRIBUTIONS}
    protegees = proteger_les_attributions(lues, protege, regles, config.tout[0])
    for nom, table in protegees.items():
        ecrire_csv(table, travail / f"{nom}.csv")
    return protegees["attributions_conformite"]


def _publier_territoires(config: Configuration, protege: pd.DataFrame, travail: Path, regles: Regles) -> None:
    """Le nom de chaque territoire qui a des valeurs, et la carte quand il y en a une.

    Qui voit les immeubles a de plus leur nom et leur place (``lon``, ``lat``).
    """
    lignes = [(*config.tout, config.nom, None)]
    for trait in _publier_contours(config, travail):
        p = trait["properties"]
        lignes.append((p["niveau"], p["code"], p["nom"], p.get("parent")))
    if config.communes:
        lignes += [("ville", c.code, c.nom, config.code) for c in config.communes]
        lignes += [
            ("quartier", f"{HORS_QUARTIER}_{c.code}", f"Hors quartier, {c.nom}", c.code) for c in config.communes
        ]
        lignes.append(("ville", HORS_COMMUNE, "Hors commune", config.code))
    dehors = HORS_COMMUNE if config.communes else config.code
    lignes.append(("quartier", HORS_QUARTIER, "Hors quartier", dehors))
    lignes += [
        ("qpv", "en_qpv", "En quartier prioritaire", config.code),
        ("qpv", "hors_qpv", "Hors quartier prioritaire", config.code),
    ]
    territoires = pd.DataFrame(lignes, columns=["niveau", "code", "nom", "parent"])
    if "immeuble" in regles.niveaux:
        territoires = pd.concat([territoires, nommer_les_immeubles(config)], ignore_index=True)
    vus = protege[["niveau", "territoire"]].drop_duplicates()
    presents = territoires.merge(vus, left_on=["niveau", "code"], right_on=["niveau", "territoire"])
    ecrire_csv(presents.drop(columns="territoire"), travail / "territoires.csv")


def _publier_contours(config: Configuration, travail: Path) -> list[dict]:
    """La carte, telle qu'elle est donnée ; d'une agglomération, celles de ses communes d'un seul tenant. Rend ses
    entités."""
    referentiels, sortie = config.chemin("referentiels"), travail / "territoires.geojson"
    if not config.communes:
        if not (referentiels / "quartiers.geojson").is_file():
            return []
        shutil.copy(referentiels / "quartiers.geojson", sortie)
        return json.loads(sortie.read_text(encoding="utf-8"))["features"]
    traits = []
    for commune in config.communes:
        siens = json.loads((referentiels / commune.contours).read_text(encoding="utf-8"))["features"]
        for trait in siens:
            if trait["properties"]["niveau"] == "quartier":
                trait["properties"]["parent"] = commune.code
        traits += siens
    ecrire_texte(json.dumps({"type": "FeatureCollection", "features": traits}, ensure_ascii=False), sortie)
    return traits


def _publier_commentaires(config: Configuration, travail: Path) -> None:
    source = config.chemin("livre") / "book" / "commentaires"
    for annee in config.annees:
        if (source / str(annee)).is_dir():
            shutil.copytree(source / str(annee), travail / "commentaires" / str(annee))


def _edition(config: Configuration, regles: Regles, prepare: Path) -> dict:
    dehors = pd.read_parquet(prepare / "immeubles_hors_quartier.parquet")
    return {
        "niveau": config.tout[0],
        "communes": [c.code for c in config.communes],
        "nom": config.nom,
        "code": config.code,
        "a": config.a,
        "de": config.de,
        "titre": config.titre,
        "annees": list(config.annees),
        "annee_zero": config.annee_zero,
        "trimestre": config.trimestre,
        "niveaux": list(config.niveaux),
        "fictif": json.loads((prepare / "origine.json").read_text(encoding="utf-8"))["fictif"],
        "public": regles.public,
        "seuil": regles.seuil,
        "regles": regles.publier(),
        "charte": {cle: str(valeur) for cle, valeur in config.charte.items()},
        "signataires": list(config.signataires),
        "immeubles_hors_quartier": {str(a): int(n) for a, n in dehors.groupby("annee").size().items()},
    }

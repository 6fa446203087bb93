"""Mettre en tableaux ce qui a été déposé, ce qui manque et ce qui fait douter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from observatoire.configuration import Bailleur, Configuration
from observatoire.lecture.depots import RPLS, TABLES_RPLS, Fichier
from observatoire.lecture.problemes import enumerer
from observatoire.tables.depots import AVERTISSEMENTS, IDENTIFIANTS

COLONNES_DU_TABLEAU = AVERTISSEMENTS.noms
_COMPTES = ["lignes", "problemes", "avertissements", "reparees", "mises_a_part", "gardees"]


def tableau_des_avertissements(depots) -> pd.DataFrame:
    """Tous les avertissements des fichiers acceptés, sans aucune valeur personnelle."""
    morceaux = [
        f.avertissements.assign(annee=f.annee, deposant=f.deposant, table=f.table, fichier=f.relatif)
        for f in depots.acceptes
        if len(f.avertissements)
    ]
    if not morceaux:
        morceaux = [pd.DataFrame(columns=COLONNES_DU_TABLEAU)]
    tableau = pd.concat(morceaux, ignore_index=True)[COLONNES_DU_TABLEAU]
    textes = {c: "str" for c in COLONNES_DU_TABLEAU if c not in ("annee", "ligne", "a_expliquer")}
    return tableau.fillna({"mesure": ""}).astype(
        {"annee": "int64", "ligne": "float64", "a_expliquer": "bool", **textes}
    )


def tableau_des_depots(config: Configuration, depots) -> pd.DataFrame:
    """Une ligne par année, déposant et table attendue : accepté, refusé ou non déposé, et ce qui a été traité."""
    lignes = _par_table(ligne for f in depots.fichiers if f.annee and f.deposant for ligne in _lignes_du_fichier(f))
    vues = {(ligne["annee"], ligne["deposant"], ligne["table"]) for ligne in lignes}
    d_autrui = tables_d_autrui(config)
    lignes += [
        {"annee": annee, "deposant": d.code, "table": table, "fichier": "", "format": "", "statut": "non_depose"}
        for annee in depots.annees
        for d in config.deposants
        for table in tables_attendues(d, d_autrui)
        if (annee, d.code, table) not in vues
    ]
    textes = ["deposant", "table", "fichier", "format", "statut", "colonnes_absentes"]
    tableau = pd.DataFrame(lignes, columns=["annee", *textes, *_COMPTES])
    tableau = tableau.fillna({**dict.fromkeys(_COMPTES, 0), "colonnes_absentes": ""}).astype(
        dict.fromkeys([*_COMPTES, "annee"], "int64")
    )
    cles = zip(tableau["annee"], tableau["deposant"], strict=True)
    ruptures = [IDENTIFIANTS if cle in depots.renumerotes else "" for cle in cles]
    tableau["rupture"] = pd.Series(ruptures, index=tableau.index, dtype="str")
    return tableau.sort_values(["annee", "deposant", "table"], ignore_index=True)


def dire_les_absences(config: Configuration, depots) -> list[str]:
    """Les tables attendues que personne n'a déposées ; ce qui est absent de même façon n'est dit qu'une fois.

    « 2007 et 2008 : rien n'est déposé. » ; « 2010 : rien n'est déposé par gbh. » ; « 2010, gbh : il manque demandes. »
    """
    tableau, vides, phrases = tableau_des_depots(config, depots), [], []
    for annee, siennes in tableau.groupby("annee"):
        absentes = siennes[siennes["statut"].eq("non_depose")].groupby("deposant")["table"].agg(tuple)
        if len(absentes) and len(siennes) == absentes.map(len).sum():
            vides.append(str(annee))
            continue
        attendues = siennes.groupby("deposant")["table"].size()
        sans_rien = absentes.map(len).eq(attendues.reindex(absentes.index))
        if sans_rien.any():
            phrases.append(f"{annee} : rien n'est déposé par {enumerer(absentes.index[sans_rien])}.")
        for tables, deposants in absentes[~sans_rien].groupby(absentes[~sans_rien]).groups.items():
            phrases.append(f"{annee}, {enumerer(deposants)} : il manque {enumerer(tables)}.")
    return [*([f"{enumerer(vides)} : rien n'est déposé."] if vides else []), *phrases]


def dire_les_morceaux_absents(decrits: Mapping[tuple[str, str], tuple[str, ...]], parts: Mapping) -> list[str]:
    """Les fichiers qu'une correspondance décrit et qui manquent, l'année où un autre donne la même table.

    ``decrits`` : {(déposant, fichier): les tables qui s'en tirent} ; ``parts`` : {(année, déposant): ses fichiers}.
    « 2010, neolia : « parc_ouest » manque, qui donne aussi logements. »
    """
    phrases = []
    for (annee, deposant), fichiers in sorted(parts.items()):
        siens = {source: set(tables) for (qui, source), tables in decrits.items() if qui == deposant}
        presents = {f.source for f in fichiers if f.source}
        donnees = {table for source in presents for table in siens.get(source, ())}
        phrases += [
            f"{annee}, {deposant} : « {source} » manque, qui donne aussi {enumerer(sorted(communes))}. "
            f"S'il n'existe plus, l'ôter de correspondances/{deposant}.yml."
            for source, tables in siens.items()
            if source not in presents and (communes := tables & donnees)
        ]
    return phrases


def _par_table(lignes: Iterable[dict]) -> list[dict]:
    """Une seule ligne pour une table donnée en plusieurs fichiers : refusée si l'un l'est."""
    par_cle: dict[tuple, dict] = {}
    for ligne in lignes:
        sienne = par_cle.setdefault((ligne["annee"], ligne["deposant"], ligne["table"]), ligne)
        if sienne is not ligne:
            sienne |= {nom: sienne[nom] + ligne[nom] for nom in _COMPTES}
            sienne["fichier"] = f"{sienne['fichier']}, {ligne['fichier']}"
            sienne["statut"] = "refuse" if "refuse" in (sienne["statut"], ligne["statut"]) else sienne["statut"]
    return list(par_cle.values())


def tables_d_autrui(config: Configuration) -> set[str]:
    """Les tables qu'un déposant qui n'est pas bailleur donne pour tous."""
    return {t for d in config.deposants if not d.est_bailleur for t in d.tables}


def tables_attendues(deposant: Bailleur, d_autrui: set[str]) -> list[str]:
    """Tables qu'un déposant doit donner ; un bailleur ne donne pas celles qu'un autre déposant donne pour tous."""
    return [t for t in deposant.tables if not deposant.est_bailleur or t not in d_autrui]


def _colonnes_absentes(f: Fichier, table: str) -> list[str]:
    """Les colonnes d'échange qu'un fichier RPLS ne donne pas : ce qui en dépend est non disponible, jamais zéro."""
    return list(f.contenus[table].vides) if f.table == RPLS and table in f.contenus else []


def _lignes_du_fichier(f: Fichier):
    for table in f.tables:
        principale = table == f.table or table == TABLES_RPLS[-1]
        yield {
            "annee": f.annee,
            "deposant": f.deposant,
            "table": table,
            "fichier": f.relatif,
            "format": RPLS if f.table == RPLS else f.format,
            "statut": "refuse" if f.refuse else "accepte",
            "colonnes_absentes": ",".join(_colonnes_absentes(f, table)),
            "lignes": f.contenus[table].lignes if table in f.contenus else f.lignes,
            "problemes": len(f.problemes) if principale else 0,
            "avertissements": len(f.avertissements) if principale and not f.refuse else 0,
            "reparees": f.traites("réparé") if principale else 0,
            "mises_a_part": f.traites("mis à part") if principale else 0,
            "gardees": f.traites("gardé") if principale else 0,
        }

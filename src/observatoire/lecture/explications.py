"""Ce qui reste à expliquer avant de publier, et qui a passé outre.

Un doute à expliquer arrête ``publier``. On le lève de trois façons : un fichier corrigé, une entrée de
``suivi/corrections.yml`` (le message la donne toute faite), ou ``--passer-outre NOM`` : qui, quand et quoi s'ajoutent
alors à ``suivi/passages/passages.csv``, et se lisent sur la page des corrections.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import yaml

from observatoire.configuration import MARQUE_FICTIF, PASSAGES, Configuration
from observatoire.erreurs import DouteInexplique, ErreurConfiguration, ParametreInconnu
from observatoire.interdits import RECONNUS, famille_du_texte
from observatoire.lecture.avertissements import INVRAISEMBLABLE, REGLES
from observatoire.lecture.corrections import COLONNES
from observatoire.lecture.depots import RPLS, TABLES_RPLS
from observatoire.lecture.problemes import citer_lignes, compter
from observatoire.lecture.vues import COMPARAISONS
from observatoire.tables.depots import AVERTISSEMENTS

CLES = ["annee", "deposant", "table", "regle", "colonne"]
COLONNES_DES_PASSAGES = ["date", "par", *CLES, "attendu"]
PASSE_OUTRE = "passe_outre"
CITES = 30
CONSEIL = (
    "Pour chacun : déposer un fichier corrigé, corriger la valeur (« remplacer_par »), ou l'expliquer en ajoutant ceci "
    "à suivi/corrections.yml, explication, motif et auteur remplis :"
)


def mesurer(doutes: pd.DataFrame) -> str:
    """Ce qu'une explication doit s'attendre à trouver : la mesure du doute, ou le nombre de lignes qu'il touche."""
    return " ; ".join(dict.fromkeys(m for m in doutes["mesure"] if m)) or str(len(doutes))


def a_expliquer(avertissements: pd.DataFrame) -> pd.DataFrame:
    """Une ligne par doute à expliquer que rien n'explique : :data:`CLES`, ``attendu``, ``fichier`` et ``message``."""
    restent = avertissements["a_expliquer"] & avertissements["explication"].eq("")
    lignes = [
        dict(zip(CLES, cle, strict=True))
        | {"attendu": mesurer(groupe), "fichier": groupe["fichier"].iloc[0], "message": _dire(groupe)}
        for cle, groupe in avertissements.groupby(CLES, sort=False)
        if restent[groupe.index].any()
    ]
    return pd.DataFrame(lignes, columns=[*CLES, "attendu", "fichier", "message"])


def _dire(groupe: pd.DataFrame) -> str:
    premier, lignes = groupe.iloc[0], groupe["ligne"].dropna().astype(int)
    morceaux = [citer_lignes(lignes)] if len(lignes) else []
    morceaux += [f"colonne « {premier['colonne']} »"] if premier["colonne"] else []
    message = _phrase(premier["regle"]) if len(lignes) > 1 else premier["message"]
    return f"{', '.join(morceaux)} : {message}" if morceaux else message


def _phrase(regle: str) -> str:
    """Ce que dit une règle, sans aucune valeur."""
    if regle == INVRAISEMBLABLE:
        return "valeurs peu vraisemblables."
    return REGLES[regle].phrase if regle in REGLES else f"{COMPARAISONS.get(regle, regle)}."


def enoncer(doutes: pd.DataFrame) -> list[str]:
    """Chaque doute sous le nom de son fichier ; les premiers seulement, et combien d'autres."""
    textes = [f"{d['fichier']} : {d['message']}" for d in doutes.head(CITES).to_dict("records")]
    if len(doutes) > CITES:
        textes.append(f"{compter(len(doutes) - CITES, 'autre doute', 'autres doutes')} : voir les rapports.")
    return textes


def dire_a_expliquer(doutes: pd.DataFrame) -> str:
    """Les doutes, puis de quoi les expliquer, prêt à copier."""
    cites, textes = doutes.head(CITES), enoncer(doutes)
    entrees = [
        {cle: d[cle] for cle in CLES if d[cle] != ""} | {"attendu": d["attendu"]} | {
            "explication": "", "motif": "", "auteur": "", "date": dt.date.today()
        } for d in cites.to_dict("records")
    ]  # fmt: skip
    for entree in entrees:
        entree["table"] = TABLES_RPLS[-1] if entree["table"] == RPLS else entree["table"]
    tete = f"{compter(len(doutes), 'doute')} à expliquer ou à corriger avant de publier."
    liste = "\n".join(f"  - {texte}" for texte in textes)
    return f"{tete}\n{liste}\n{CONSEIL}\n\n{yaml.safe_dump(entrees, allow_unicode=True, sort_keys=False, width=1000)}"


def exiger_les_explications(config: Configuration, passer_outre: str | None = None) -> None:
    """Lever :class:`DouteInexplique` s'il reste un doute à expliquer dans ``prepare``, sauf si quelqu'un passe outre.

    ``passer_outre`` : son nom, consigné avec la date. Lève :class:`ParametreInconnu` si ce n'est pas un nom.
    """
    fichier = AVERTISSEMENTS.dans(config.chemin("prepare"))
    if not fichier.is_file() or (config.chemin("brut") / MARQUE_FICTIF).is_file():
        return  # « proteger » dira ce qui manque ; des dépôts fictifs, personne n'a à les expliquer
    doutes = a_expliquer(pd.read_parquet(fichier))
    passes = lire_passages(config)
    restent = doutes[~_cle(doutes).isin(_cle(passes))]
    if restent.empty:
        return
    if passer_outre is None:
        raise DouteInexplique(
            f"{dire_a_expliquer(restent)}\nPour publier quand même, en le consignant : "
            "observatoire publier --passer-outre NOM. Rien n'a été publié."
        )
    _consigner(config, restent, passer_outre, passes)


def lire_passages(config: Configuration) -> pd.DataFrame:
    """Les doutes sur lesquels on a passé outre, en textes.

    Lève :class:`ErreurConfiguration` si le fichier est abîmé.
    """
    fichier = _fichier(config)
    if not fichier.is_file():
        return pd.DataFrame(columns=COLONNES_DES_PASSAGES, dtype="str")
    try:
        passes = pd.read_csv(fichier, sep=";", dtype="str", keep_default_na=False)
    except ValueError:  # vide, mal découpé, mal codé
        passes = pd.DataFrame()
    fautes = [f"la colonne « {c} » manque." for c in COLONNES_DES_PASSAGES if c not in passes]
    if not fautes:
        sans_annee = passes.index[~passes["annee"].str.fullmatch(r"\d{4}")] + 2
        fautes = [f"{citer_lignes(sans_annee)} : « annee » s'écrit AAAA."] if len(sans_annee) else []
    if fautes:
        conseil = "Ce fichier s'écrit seul (--passer-outre) : le reprendre d'une sauvegarde."
        raise ErreurConfiguration("\n".join([*(f"{PASSAGES}/{fichier.name} : {faute}" for faute in fautes), conseil]))
    return passes


def tracer_les_passages(config: Configuration) -> pd.DataFrame:
    """Les mêmes, aux colonnes du registre des corrections : qui a passé outre, et sur quoi, sans aucune valeur."""
    passes = lire_passages(config)
    motifs = "Passé outre par " + passes["par"] + " : " + passes["regle"].map(_phrase)
    trace = passes.assign(motif=motifs, auteur=passes["par"], id="", statut=PASSE_OUTRE)
    return trace[COLONNES].astype({"annee": "int64"})


def _fichier(config: Configuration) -> Path:
    return config.chemin("suivi") / PASSAGES / "passages.csv"


def _cle(table: pd.DataFrame) -> pd.Series:
    return table[[*CLES, "attendu"]].astype("str").agg("|".join, axis=1) if len(table) else pd.Series(dtype="str")


def _consigner(config: Configuration, doutes: pd.DataFrame, par: str, passes: pd.DataFrame) -> None:
    par = " ".join(par.split())
    if not par or not par[0].isalpha() or ";" in par:
        raise ParametreInconnu("--passer-outre attend le nom de qui en décide (il sera publié).")
    if reconnu := famille_du_texte(par):
        raise ParametreInconnu(f"--passer-outre : des {RECONNUS[reconnu][1]} ne se publient pas ; écrire une fonction.")
    nouveaux = doutes[[*CLES, "attendu"]].assign(date=dt.date.today().isoformat(), par=par)
    fichier = _fichier(config)
    fichier.parent.mkdir(parents=True, exist_ok=True)
    pd.concat([passes, nouveaux])[COLONNES_DES_PASSAGES].to_csv(fichier, sep=";", index=False)

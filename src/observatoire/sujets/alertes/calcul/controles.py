"""Ce qu'un schéma ne sait pas dire d'une action : les colonnes qui vont ensemble, l'alerte visée, les dates."""

from __future__ import annotations

import re

import pandas as pd

from observatoire.configuration.modeles.seances import DOSSIER
from observatoire.lecture.controles import plus_proche, ressemble
from observatoire.lecture.problemes import Probleme
from observatoire.sujets.alertes.calcul.dossiers import CLES, DECHARGE, RESOLUTION
from observatoire.trimestres import rang_des_dates, rang_du_trimestre

#: Décisions qui engagent quelque chose : dire quelle réponse, et où elle en est.
ENGAGENT = ("engager", "poursuivre", "renforcer", "arreter")
OU_TROUVER = "Le registre (publie/partenaires/dossiers.csv) donne le dossier, le niveau, le territoire et l'indicateur."
#: Un code d'un dossier, ou d'un seul tenant : rien qui puisse être le nom de quelqu'un.
_CODE = re.compile(rf"{DOSSIER}|[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
DISPARUE = "Si un dépôt corrigé a fait disparaître l'alerte, retirer la ligne."


def controler_les_lignes(actions: pd.DataFrame) -> list[Probleme]:
    """Les problèmes d'une ligne prise seule. ``actions`` : textes vides et dates manquantes là où rien n'est écrit."""
    engage, vide = actions["decision"].isin(ENGAGENT), actions.eq("")
    avant = actions["date_effet"] < actions["date"]
    regles: list[tuple[pd.Series, str, str, str]] = [
        (actions["decision"].eq("designer_pilote") & vide["pilote"], "pilote", "aucun pilote n'est désigné.",
         "Écrire le code du pilote, ou une autre décision."),
        (actions["decision"].eq(DECHARGE) & ~vide["pilote"], "pilote", "un pilote déchargé n'est plus à écrire.",
         "Vider la cellule ; pour en changer, écrire « designer_pilote » et le code du nouveau."),
        (engage & vide["reponse"], "reponse", "la décision engage une réponse, qui n'est pas dite.",
         "Écrire laquelle : attributions, dysfonctionnements, travaux ou accompagnement."),
        (engage & vide["issue"], "issue", "la décision engage une réponse, dont on ne dit pas où elle en est.",
         "Écrire a_venir, en_cours, realisee, realisee_en_partie ou non_realisee."),
        (avant, "date_effet", "la décision s'appliquerait avant d'être prise.",
         "Écrire une date d'effet égale ou postérieure à la date, ou laisser vide."),
        (actions.duplicated() & actions["date"].notna(), "", "la même action est déjà écrite plus haut.",
         "Supprimer la ligne en trop."),
    ]  # fmt: skip
    return [_probleme(masque, colonne, phrase, conseil) for masque, colonne, phrase, conseil in regles if masque.any()]


def controler_les_visees(actions: pd.DataFrame) -> list[Probleme]:
    """Les lignes qui ne disent pas quelle alerte elles visent, ou ne le disent qu'à moitié."""
    vide = actions[["dossier", *CLES]].eq("")
    regles = [
        (vide.all(axis=1), "l'alerte visée n'est pas dite.",
         f"Remplir « dossier », ou bien « niveau », « territoire » et « indicateur ». {OU_TROUVER}"),
        (~vide[CLES].all(axis=1) & vide[CLES].any(axis=1), "l'alerte visée n'est dite qu'à moitié.",
         "Remplir ensemble « niveau », « territoire » et « indicateur », ou « dossier » seul."),
    ]  # fmt: skip
    return [_probleme(masque, "", phrase, conseil) for masque, phrase, conseil in regles if masque.any()]


def controler_les_alertes(actions: pd.DataFrame, jalons: pd.DataFrame) -> tuple[pd.Series, list[Probleme]]:
    """Le dossier que vise chaque action, et les problèmes de celles qui n'en visent aucun ou le visent trop tôt.

    ``actions`` a pour index la ligne du tableur.
    """
    ouvertures = jalons[jalons["fait"].ne(RESOLUTION)].drop_duplicates("dossier")
    par_cles = actions[CLES].join(ouvertures.set_index(CLES)["dossier"], on=CLES)["dossier"]
    avec_dossier, cles = actions["dossier"].ne(""), actions[CLES].ne("")
    vise = actions["dossier"].where(avec_dossier, par_cles)
    inconnu = avec_dossier & ~actions["dossier"].isin(ouvertures["dossier"])
    sans_alerte = cles.all(axis=1) & par_cles.isna()
    contredit = avec_dossier & ~inconnu & par_cles.notna() & par_cles.ne(actions["dossier"])
    ouverture = vise.map(ouvertures.set_index("dossier")["trimestre"].map(rang_du_trimestre)).astype("float64")
    trop_tot = actions["date"].notna() & (rang_des_dates(actions["date"].fillna(pd.Timestamp(0))) < ouverture)
    regles: list[tuple[pd.Series, str, str, str]] = [
        (contredit, "dossier", "ce dossier n'est pas celui de ce niveau, de ce territoire et de cet indicateur.",
         "Garder l'un ou l'autre."),
    ]  # fmt: skip
    problemes = [_probleme(m, colonne, phrase, conseil) for m, colonne, phrase, conseil in regles if m.any()]
    connus = {c: {*ouvertures[c]} for c in CLES}
    problemes += _citer(actions[inconnu], ["dossier"], {}, "dossier", "ce n'est pas un dossier du registre")
    phrase = "aucune alerte n'a été ouverte pour ce niveau, ce territoire et cet indicateur"
    problemes += _citer(actions[sans_alerte], CLES, connus, "", phrase)
    return vise, problemes + _trop_tot(vise[trop_tot], ouvertures)


def controler_les_codes(actions: pd.DataFrame, indicateurs: tuple[str, ...]) -> list[Probleme]:
    """Les indicateurs qui n'existent pas, et le plus proche de chacun : ce qui se sait avant d'avoir rien calculé."""
    inconnus = actions[actions["indicateur"].ne("") & ~actions["indicateur"].isin(indicateurs)]
    problemes = []
    for ecrit, siens in inconnus.groupby("indicateur", sort=False):
        proche = plus_proche(ecrit, indicateurs)
        dit = f"« {ecrit} »" if est_un_code(ecrit) or ressemble(ecrit, indicateurs) else "une valeur non affichée"
        conseil = f"Écrire « {proche} »." if proche else OU_TROUVER
        numeros = tuple(int(n) for n in siens.index)
        problemes.append(Probleme("suivi", f"{dit} n'est pas un indicateur.", conseil, "indicateur", numeros))
    return problemes


def est_un_code(texte: str) -> bool:
    """Est-ce écrit comme l'identifiant d'un dossier, ou d'un seul tenant avec des « _ » ? Un nom ne l'est pas.

    >>> [est_un_code(t) for t in ("bcdfghjklmnp", "impayes_3mois", "Durand", "durand", "jean.durand@exemple.fr")]
    [True, True, False, False, False]
    """
    return bool(_CODE.fullmatch(texte))


def _citer(lignes: pd.DataFrame, colonnes: list[str], connus: dict, colonne: str, phrase: str) -> list[Probleme]:
    """Un problème par valeur ; n'est redit qu'un code, ou l'un des ``connus`` de sa colonne."""
    problemes = []
    for ecrits, siennes in lignes.groupby(colonnes, sort=False):
        dicible = all(e in connus.get(c, ()) or est_un_code(e) for c, e in zip(colonnes, ecrits, strict=True))
        dits = f" : « {' '.join(ecrits)} »" if dicible else ""
        numeros = tuple(int(n) for n in siennes.index)
        problemes.append(Probleme("suivi", f"{phrase}{dits}.", f"{OU_TROUVER} {DISPARUE}", colonne or None, numeros))
    return problemes


def _trop_tot(vise: pd.Series, ouvertures: pd.DataFrame) -> list[Probleme]:
    """Un problème par trimestre d'ouverture, qui est dit."""
    trimestres = vise.map(ouvertures.set_index("dossier")["trimestre"])
    return [
        _probleme(
            trimestres.eq(trimestre),
            "date",
            f"l'action est antérieure à l'ouverture de l'alerte ({trimestre}).",
            "Corriger la date, ou l'alerte visée.",
        )
        for trimestre in sorted(trimestres.unique())
    ]


def _probleme(masque: pd.Series, colonne: str, phrase: str, conseil: str) -> Probleme:
    return Probleme("suivi", phrase, conseil, colonne or None, tuple(int(n) for n in masque.index[masque]))

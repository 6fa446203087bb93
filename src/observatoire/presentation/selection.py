"""Choisir dans ``publie`` les lignes qu'une figure ou un tableau montre."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.erreurs import ParametreInconnu
from observatoire.publie import VALEURS, en_lignes
from observatoire.vocabulaire import DE_DEFINITION, POUR_TOUS

if TYPE_CHECKING:
    from observatoire.publie import Publie

_ABSENTE = {**dict.fromkeys(VALEURS, math.nan), "statut": "nd"}


def reperer(valeurs: Publie, territoire: str | None = None) -> tuple[str, str]:
    """Le niveau et le code d'un territoire ; le territoire entier quand rien n'est donné."""
    if territoire is None:
        return valeurs.tout
    for niveau in POUR_TOUS:
        if (niveau, territoire) in valeurs.noms:
            return niveau, territoire
    raise ParametreInconnu(f"« {territoire} » n'est pas un territoire publié.")


def nommer(valeurs: Publie, territoire: str | None = None, bailleur: str = "tous") -> str:
    """Ce dont parle une figure : « Planoise », « Néolia », « Néolia, Planoise »."""
    niveau, code = reperer(valeurs, territoire)
    entier = (niveau, code) == valeurs.tout
    lieu = valeurs.edition["nom"] if entier else valeurs.nom(niveau, code)
    if bailleur == "tous":
        return lieu
    nom = valeurs.nom("bailleur", bailleur)
    return nom if entier else f"{nom}, {lieu}"


def serie(valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous") -> list[dict]:
    """Une ligne par année de l'édition ; une année qui n'a pas été calculée est ``nd``. Ne pas la modifier."""
    return valeurs.lignes(indicateur, *reperer(valeurs, territoire), bailleur)


def ligne(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous", annee: int | None = None
) -> dict:
    """La ligne d'une année (celle de la page par défaut)."""
    return valeurs.ligne(indicateur, *reperer(valeurs, territoire), bailleur, annee)


def variations(valeurs: Publie, depart: int, territoire: str | None = None, bailleur: str = "tous") -> dict[str, dict]:
    """Indicateur -> ce qui en a changé depuis l'année ``depart``, là où deux valeurs se comparent."""
    return variations_en(valeurs, depart, (*reperer(valeurs, territoire), bailleur))


def variations_en(valeurs: Publie, depart: int, lieu: tuple[str, str, str]) -> dict[str, dict]:
    """Comme :func:`variations`, d'un niveau, d'un territoire et d'un bailleur."""
    cles = dict(zip(("niveau", "territoire", "bailleur"), lieu, strict=True))
    lignes = valeurs.lignes_de("variations", depart=depart, annee=valeurs.annee, **cles)
    return {ligne["indicateur"]: ligne for ligne in lignes}


def imputee(valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous") -> float | None:
    """La part de l'année de la page si ceux qui ne répondent plus répondaient comme un an plus tôt ; ou rien."""
    niveau, code = reperer(valeurs, territoire)
    cles = {"niveau": niveau, "territoire": code, "bailleur": bailleur, "indicateur": indicateur}
    lignes = valeurs.lignes_de("variations", depart=valeurs.annee - 1, annee=valeurs.annee, **cles)
    return lignes[0]["imputee"] if lignes else None


def serie_constante(valeurs: Publie, indicateur: str, territoire: str | None = None) -> list[dict]:
    """La série des bailleurs présents à l'état zéro, à partir de lui ; vide si ce sont toujours les mêmes."""
    zero, (niveau, code) = valeurs.edition["annee_zero"], reperer(valeurs, territoire)
    cles = {"indicateur": indicateur, "niveau": niveau, "territoire": code, "bailleur": "tous", "depart": zero}
    siennes = valeurs.lignes_de("constants", **cles)
    par_annee = {r["annee"]: r for r in siennes if r["annee"] == r["arrivee"] and r["statut"] == "publie"}
    depart = [r for r in siennes if r["annee"] == zero and r["statut"] == "publie"]
    return [*depart[:1], *(par_annee[a] for a in sorted(par_annee))] if depart and par_annee else []


def quartiers(
    valeurs: Publie, indicateur: str, bailleur: str = "tous", commune: str | None = None, niveau: str = "quartier"
) -> list[dict]:
    """Une ligne par quartier pour l'année de la page : ``code``, ``nom`` et les valeurs.

    ``commune`` : ceux de cette commune seulement. ``niveau`` : « ville » pour les communes d'une agglomération.
    """
    lieux = valeurs.territoires[valeurs.territoires["niveau"].eq(niveau)]
    if commune is not None:
        lieux = lieux[lieux["parent"].eq(commune)]
    lignes = _de_l_annee(valeurs, indicateur=indicateur, niveau=niveau, bailleur=bailleur)
    return _joindre(lieux, lignes, "territoire")


def parties(
    valeurs: Publie, indicateur: str, territoire: str | None = None, bailleur: str = "tous"
) -> tuple[str, list[dict]]:
    """Ce qui se compare côte à côte : les quartiers de la ville ou de la commune de ``territoire``, ou les communes
    d'une agglomération. Rend leur niveau, et une ligne chacun."""
    if not valeurs.communes:
        return "quartier", quartiers(valeurs, indicateur, bailleur)
    commune = None if territoire is None else valeurs.commune(*reperer(valeurs, territoire))
    if commune is None:
        return "ville", quartiers(valeurs, indicateur, bailleur, niveau="ville")
    return "quartier", quartiers(valeurs, indicateur, bailleur, commune)


def bailleurs(valeurs: Publie, indicateur: str, territoire: str | None = None) -> list[dict]:
    """Une ligne par bailleur pour l'année de la page : ``code``, ``nom`` et les valeurs.

    Dans une partie du territoire, ceux qui y ont ou y ont eu un parc. Ce que ce public n'y croise pas par bailleur est
    secret, non « non déposé ».
    """
    niveau, code = lieu = reperer(valeurs, territoire)
    presents = vrais_bailleurs(valeurs)
    if lieu != valeurs.tout:
        ici = valeurs.lignes_de("indicateurs", niveau=niveau, territoire=code)
        presents = presents[presents["code"].isin({r["bailleur"] for r in ici})]
    lignes = [valeurs.ligne(indicateur, niveau, code, bailleur) for bailleur in presents["code"]]
    return _joindre(presents, lignes, "bailleur")


def immeubles(valeurs: Publie, territoire: str) -> list[dict]:
    """Les immeubles d'un quartier, secteurs compris, ou d'un secteur : ``code`` et ``nom``, par ordre de nom.

    Les nombres d'un nom se suivent comme des nombres : « 3 rue de Vesoul » vient avant « 12 rue de Vesoul ».
    """
    lieux = valeurs.territoires
    secteurs = lieux.loc[lieux["niveau"].eq("secteur") & lieux["parent"].eq(territoire), "code"]
    siens = lieux[lieux["niveau"].eq("immeuble") & lieux["parent"].isin([territoire, *secteurs])]
    siens = en_lignes(siens.assign(nom=siens["nom"].fillna(""))[["code", "nom"]])
    return sorted(siens, key=lambda lieu: (_cle_de_nom(lieu["nom"]), lieu["code"]))


def lignes_des_immeubles(valeurs: Publie, indicateur: str, lieux: list[dict]) -> list[dict]:
    """Une ligne par immeuble de ``lieux``, dans son ordre, pour l'année de la page."""
    lignes = _de_l_annee(valeurs, indicateur=indicateur, niveau="immeuble", bailleur="tous")
    return _joindre(pd.DataFrame(lieux, columns=["code", "nom"]), lignes, "territoire")


def vrais_bailleurs(valeurs: Publie) -> pd.DataFrame:
    """Les bailleurs, sans les autres déposants."""
    oui = valeurs.bailleurs["est_bailleur"].astype(str).str.lower().isin(["true", "1", "oui"])
    return valeurs.bailleurs[oui]


def famille(valeurs: Publie, nom: str) -> list[str]:
    """Les codes d'une famille, dans l'ordre du catalogue ; son premier mot suffit à la nommer."""
    premier = _plat(nom).split()[0]
    return [c for c, d in valeurs.catalogue.items() if _plat(d["famille"]).split()[0] == premier]


def groupe(valeurs: Publie, nom: str) -> list[str]:
    """Les modalités d'une répartition, dans l'ordre du catalogue."""
    return [c for c, d in valeurs.catalogue.items() if d.get("groupe") == nom]


def ruptures(valeurs: Publie, indicateur: str) -> list[dict]:
    """Celles qui touchent un indicateur (``annee``, ``genre``, ``libelle``), entre ``annee`` - 1 et ``annee``.

    Toutes deux sont de l'édition : plus tôt, rien n'y est à comparer.
    """
    premiere = valeurs.edition["annees"][0]
    touches = {indicateur, valeurs.catalogue[indicateur].get("groupe"), "tous", "*"} - {None}
    return [
        {"annee": annee, "genre": genre, "libelle": libelle}
        for annee, genre, libelle, codes in valeurs.dates_rompues
        if codes & touches and annee > premiere
    ]


def ruptures_entre(valeurs: Publie, indicateur: str, avant: int) -> list[int]:
    """Les années des ruptures de définition qui séparent ``avant`` de l'année de la page : rien ne s'y compare."""
    return sorted(annee for annee in _coupures(valeurs, indicateur) if avant < annee <= valeurs.annee)


def segments(valeurs: Publie, indicateur: str, annees: list[dict]) -> list[int]:
    """Le numéro du segment de chaque année : il change à une rupture de définition, et après une année sans valeur."""
    coupures = _coupures(valeurs, indicateur)
    numeros, suivante = [], None
    for r in annees:
        neuf = r["annee"] != suivante or r["annee"] in coupures
        numeros.append(numeros[-1] + neuf if numeros else 1)
        manque = pd.isna(r["valeur"]) or r["statut"] != "publie"
        suivante = None if manque else r["annee"] + 1
    return numeros


def _coupures(valeurs: Publie, indicateur: str) -> set[int]:
    return {r["annee"] for r in ruptures(valeurs, indicateur) if r["genre"] == DE_DEFINITION}


def _de_l_annee(valeurs: Publie, **cles: str) -> list[dict]:
    return valeurs.lignes_de("indicateurs", annee=valeurs.annee, **cles)


def _joindre(lieux: pd.DataFrame, lignes: list[dict], colonne: str) -> list[dict]:
    """Les lieux dans leur ordre, chacun avec sa ligne ; celui qui n'en a pas est ``nd``."""
    par_code = {r[colonne]: r for r in lignes}
    lieux = zip(lieux["code"].tolist(), lieux["nom"].tolist(), strict=True)
    return [{**_ABSENTE, **par_code.get(code, {}), "code": code, "nom": nom} for code, nom in lieux]


def _cle_de_nom(nom: str) -> str:
    sans_accents = unicodedata.normalize("NFKD", nom).encode("ascii", "ignore").decode().lower()
    return re.sub(r"\d+", lambda trouve: trouve[0].zfill(9), sans_accents)


def _plat(texte: str) -> str:
    sans_accents = unicodedata.normalize("NFKD", texte).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", " ", sans_accents.lower()).strip()

"""Comparer chaque table d'un déposant à celle de l'année d'avant et à celles des autres.

Ce qui s'en écarte n'est pas une faute : un parc se vend, une enquête change. Mais rien ne se publie avant que le
déposant l'ait expliqué ou corrigé (``suivi/corrections.yml``). Un écart compte s'il est grand *et* que le hasard n'y
suffit pas ; les deux seuils sont larges, car on compare des centaines de colonnes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pandas as pd

from observatoire.lecture.accords import comparer_les_accords, comparer_les_lieux, comparer_les_valeurs
from observatoire.lecture.depots import COLONNES_AVERTISSEMENTS
from observatoire.lecture.liens import DATES_DE_L_ANNEE
from observatoire.lecture.problemes import citer, nombre
from observatoire.lecture.recoupements import (
    comparer_les_ordres,
    emprunts,
    formes_etranges,
    operations_absentes,
    partagees,
)
from observatoire.lecture.resumes import (
    ABSENT,
    ASSEZ,
    Resume,
    coder_les_grappes,
    compter_utiles,
    ecarter,
    ecrire_part,
    ecrire_valeur,
    nommer,
    reunir,
)
from observatoire.lecture.vues import STOCKS, Vue, connues, douter

ECART_DE_STOCK, ECART_DE_FLUX = 0.10, 0.50
#: Part des lignes qui peut disparaître, ou apparaître, en un an.
RENOUVELLEMENT = {"immeubles": 0.05, "logements": 0.05, "menages": 0.20}
#: Une table déjà déposée : presque toutes ses lignes sont communes et inchangées ; la moitié suffit pour un flux.
PRESQUE_TOUTES, PARTIS_AU_PLUS, DEJA_VUES = 0.98, 0.10, 0.5
#: Écart (h de Cohen pour une part, en écarts-types pour une moyenne) et sa valeur en erreurs-types.
EFFET, EFFET_DES_AUTRES, ERREURS = 0.20, 1.0, 5.0
#: Part de valeurs changées, de plus que d'ordinaire ; « d'ordinaire » se sait mal d'après si peu de comparaisons.
CHANGEMENTS, RARES, CHANGEMENTS_MAL_CONNUS, PAIRES_ASSEZ = 0.05, 0.01, 0.20, 6
FOIS_LES_AUTRES, FOIS_LES_LIVRAISONS, LIVRAISONS_RARES = 2.5, 3, 100
DISPERSION, REMPLIE = 3.0, 0.5
AUTRES_AU_MOINS, PAIRES_AU_MOINS = 2, 3


def comparer(vues: dict[tuple[int, str, str], Vue]) -> dict[tuple[int, str, str], pd.DataFrame]:
    """Les doutes de chaque table : sans ligne ni identifiant, à expliquer, avec leur mesure."""
    doutes: dict[tuple, list[dict]] = {cle: [*_seule(vue)] for cle, vue in vues.items()}
    for _, groupe in groupby(sorted(vues, key=_groupe), key=_groupe):
        siennes = [(cle, vues[cle]) for cle in groupe if vues[cle].lue]
        for cle, doute in _aux_autres(siennes):
            doutes[cle].append(doute)
    lues = {cle: v for cle, v in vues.items() if v.lue}
    paires = {cle: v for cle, v in lues.items() if v.paire and v.schema.cle}
    for cle, doute in (*_changements(paires), *formes_etranges(lues), *emprunts(lues), *operations_absentes(lues)):
        doutes[cle].append(doute)
    _taire_les_suites(doutes, renumerotes(vues))
    return {cle: pd.DataFrame(liste).reindex(columns=COLONNES_AVERTISSEMENTS) for cle, liste in doutes.items() if liste}


def renumerotes(vues: dict[tuple[int, str, str], Vue]) -> frozenset[tuple[int, str]]:
    """(année, déposant) de ceux dont aucun logement, ou presque, ne se retrouve d'une année à l'autre."""
    return frozenset(cle[:2] for cle, vue in vues.items() if cle[2] == "logements" and vue.renumerotee)


def _taire_les_suites(doutes: dict[tuple, list[dict]], renumerotes: frozenset[tuple[int, str]]) -> None:
    """Un parc renuméroté se dit une fois, dans ses logements : le reste n'en est que la suite."""
    for (annee, deposant, table), liste in doutes.items():
        if (annee, deposant) in renumerotes and table in STOCKS:
            tues = {"identifiants_d_une_autre_forme", "identifiants_renumerotes" if table != "logements" else ""}
            liste[:] = [doute for doute in liste if doute["regle"] not in tues]


def _groupe(cle: tuple[int, str, str]) -> tuple[int, str]:
    return cle[0], cle[2]


def _seule(vue: Vue) -> Iterator[dict]:
    """Ce qui se voit en regardant une table et celle d'avant."""
    if vue.avant is None:
        return
    avant, apres = vue.avant.contenu.lignes, vue.contenu.lignes
    flux = vue.schema.nom in DATES_DE_L_ANNEE
    notable = abs(apres - avant) > (ERREURS if flux else 1) * np.sqrt(apres + avant)
    if avant and abs(apres / avant - 1) > (ECART_DE_FLUX if flux else ECART_DE_STOCK) and notable:
        yield douter("volume_qui_change", f"{nombre(avant)} en {vue.annee - 1}, {nombre(apres)} en {vue.annee}")
    if vue.paire:
        yield from _renouvellement(vue)
        yield from _vides(vue)
        yield from comparer_les_ordres(vue)
        yield from _repartitions(vue)
        yield from comparer_les_accords(vue)
        yield from comparer_les_lieux(vue)
        yield from comparer_les_valeurs(vue)
        yield from _livraisons(vue)


def _renouvellement(vue: Vue) -> Iterator[dict]:
    avant, apres, communs = vue.comparables
    if not min(avant, apres):
        return
    partis, venus = 1 - communs / avant, 1 - communs / apres
    if vue.renumerotee:
        yield douter("identifiants_renumerotes", f"{ecrire_part(communs / avant)} retrouvés", vue.schema.cle[0])
        return
    if seuil := RENOUVELLEMENT.get(vue.schema.nom):
        for regle, part, total, ici, la in (
            ("lignes_disparues", partis, avant, vue.avant, vue),
            ("lignes_nouvelles", venus, apres, vue, vue.avant),
        ):
            if part > seuil and part * total >= 5 and _disperses(ici.contenu.temoins, la.contenu.temoins):
                yield douter(regle, ecrire_part(part))
    if vue.schema.nom in DATES_DE_L_ANNEE:
        deja = communs / apres > DEJA_VUES and apres >= (1 if vue.schema.cle else ASSEZ)
    else:
        deja = max(partis, venus) < PARTIS_AU_PLUS and _identiques(vue)
    if deja:
        yield douter("table_deja_deposee", f"{communs} lignes retrouvées sur {apres}")


def _disperses(ici: pd.DataFrame, la: pd.DataFrame) -> bool:
    """Ce qui n'est qu'ici tient-il à plus de quelques immeubles ? Deux immeubles démolis n'étonnent pas."""
    absents, grappes = ~ici.index.isin(la.index), coder_les_grappes(ici)
    utiles = compter_utiles(absents.astype(float), grappes)
    return grappes is None or not utiles or absents.mean() > DISPERSION * np.sqrt(absents.mean() / utiles)


def _identiques(vue: Vue) -> bool:
    """Les lignes communes sont-elles presque toutes les mêmes, là où quelque chose change d'une année à l'autre ?"""
    mobiles = [nom for nom, c in vue.schema.champs.items() if not c.stable and (c.admises or c.type != "string")]
    avant, apres = vue.communs
    if not mobiles or len(avant) < ASSEZ:
        return False
    pareil = (avant[mobiles].to_numpy() == apres[mobiles].to_numpy()) | (
        avant[mobiles].isna().to_numpy() & apres[mobiles].isna().to_numpy()
    )
    return pareil.all(axis=1).mean() >= PRESQUE_TOUTES


def _vides(vue: Vue) -> Iterator[dict]:
    """Même dans une table de deux lignes, une colonne ne se vide pas d'une année à l'autre, ni ne se remplit ; une
    colonne stable ne perd pas les quelques valeurs qu'elle avait.
    """
    for nom, champ in vue.schema.champs.items():
        if (nom in vue.contenu.vides) == (nom in vue.avant.contenu.vides):
            continue
        avant, apres = (connues(v.contenu.temoins[nom], champ).mean() for v in (vue.avant, vue))
        perdues = sum(connues(t[nom], champ).sum() for t in vue.communs) if champ.stable else 0
        if max(avant, apres) > REMPLIE or perdues > 1:
            absentes = [ecrire_part(1 - part) for part in (avant, apres)]
            mesure = f"absente de {absentes[0]} des lignes en {vue.annee - 1}, {absentes[1]} en {vue.annee}"
            yield douter("colonne_qui_se_vide", mesure, nom)


def _repartitions(vue: Vue) -> Iterator[dict]:
    for colonne, modalite, avant, apres in _plus_grands(vue, vue.avant.resume, EFFET):
        mesure = f"{avant} en {vue.annee - 1}, {apres} en {vue.annee}"
        yield douter("repartition_qui_change", mesure, colonne, _de(modalite))


def _plus_grands(vue: Vue, reference: Resume, seuil: float) -> Iterator[tuple[str, str, str, str]]:
    """Le plus grand écart de chaque colonne : sa modalité, la valeur de la référence et celle de la table."""
    effets, erreurs = ecarter(vue.resume, reference)
    grands = np.flatnonzero((effets >= seuil) & (erreurs >= ERREURS))
    if not len(grands):
        return
    noms, vues = nommer(vue.schema), set()
    for rang in grands[np.argsort(-effets[grands], kind="stable")]:
        colonne, modalite = noms[rang]
        if colonne not in vues:
            vues.add(colonne)
            yield colonne, modalite, *(ecrire_valeur(r.valeurs[rang], modalite) for r in (reference, vue.resume))


def _de(modalite: str) -> str:
    if modalite == ABSENT:
        return ", valeurs absentes"
    return f", part de {citer(modalite)}" if modalite else ", moyenne"


def _livraisons(vue: Vue) -> Iterator[dict]:
    if "nb_logements" in vue.contenu.temoins:
        avant, apres = (int(np.nansum(v.contenu.temoins["nb_logements"])) for v in (vue.avant, vue))
        if apres > FOIS_LES_LIVRAISONS * avant and apres - avant > LIVRAISONS_RARES:
            mesure = f"{nombre(avant)} en {vue.annee - 1}, {nombre(apres)} en {vue.annee}"
            yield douter("livraisons_qui_changent", mesure, "nb_logements")


def _aux_autres(siennes: list[tuple[tuple, Vue]]) -> Iterator[tuple[tuple, dict]]:
    """Comparer les bailleurs d'une même année entre eux ; il en faut deux autres, du même genre."""
    yield from partagees([(cle, v) for cle, v in siennes if v.schema.cle])
    for cle, vue in siennes:
        autres = [v for c, v in siennes if c != cle and v.genre == vue.genre and v.contenu.lignes >= ASSEZ]
        if len(autres) < AUTRES_AU_MOINS or vue.contenu.lignes < ASSEZ:
            continue
        yield from ((cle, doute) for doute in _volume_des_autres(vue, autres))
        reference = reunir([v.resume for v in autres])
        for colonne, modalite, ailleurs, ici in _plus_grands(vue, reference, EFFET_DES_AUTRES):
            mesure = f"{ici} en {vue.annee}, {ailleurs} ailleurs"
            yield cle, douter("repartition_des_autres", mesure, colonne, _de(modalite))


def _volume_des_autres(vue: Vue, autres: list[Vue]) -> Iterator[dict]:
    if vue.schema.nom == "immeubles" or not vue.parc or not all(v.parc for v in autres):
        return
    ailleurs = np.median([v.contenu.lignes / v.parc for v in autres])
    rapport = vue.contenu.lignes / vue.parc / ailleurs
    notable = abs(vue.contenu.lignes - ailleurs * vue.parc) > ERREURS * np.sqrt(ailleurs * vue.parc)
    if max(rapport, 1 / rapport) > FOIS_LES_AUTRES and notable:
        ici = f"{100 * vue.contenu.lignes / vue.parc:.0f}"
        yield douter("volume_et_parc", f"{ici} pour 100 logements, {100 * ailleurs:.0f} ailleurs")


def _changements(vues: dict[tuple, Vue]) -> Iterator[tuple[tuple, dict]]:
    """Les colonnes qui ont changé pour trop des mêmes lignes ; « trop » se lit chez les autres et les autres années."""
    lignes = [
        (cle, vue.schema.nom, nom, champ.stable, *_part_changee(*(t[nom] for t in vue.communs), champ, vue.immeubles))
        for cle, vue in vues.items()
        for nom, champ in vue.schema.champs.items()
        if nom not in vue.schema.cle
    ]
    parts = pd.DataFrame(lignes, columns=["cle", "table", "colonne", "stable", "part", "effectif"])
    parts = parts[parts["effectif"].gt(0)]
    groupes = parts.groupby(["table", "colonne"])["part"]
    # Une année fausse abîme deux comparaisons : quand il y en a peu, la plus petite est la plus sûre.
    taille, stables = groupes.transform("size"), parts["stable"].astype(bool)
    ordinaire = groupes.transform("median").where(taille.ge(PAIRES_ASSEZ), groupes.transform("min"))
    ordinaire = ordinaire.where(taille.ge(PAIRES_AU_MOINS)).mask(stables, RARES).clip(lower=RARES)
    seuils = np.where(stables, RARES, np.where(taille.ge(PAIRES_ASSEZ), CHANGEMENTS, CHANGEMENTS_MAL_CONNUS))
    erreurs = (parts["part"] - ordinaire) / np.sqrt(ordinaire * (1 - ordinaire) / parts["effectif"])
    trop = parts[(parts["part"] - ordinaire).ge(seuils) & erreurs.ge(ERREURS)]
    for cle, colonne, part in zip(trop["cle"], trop["colonne"], trop["part"], strict=True):
        yield cle, douter("valeurs_qui_changent", ecrire_part(part), colonne)


def _part_changee(avant: pd.Series, apres: pd.Series, champ, grappes: np.ndarray | None) -> tuple[float, float]:
    """Part des valeurs connues aux deux dates qui ont changé (d'un vingtième, pour un nombre), et l'effectif."""
    a, b = avant.to_numpy(dtype=float), apres.to_numpy(dtype=float)
    connus = connues(avant, champ) & connues(apres, champ)
    if not connus.any():
        return np.nan, 0
    quantite = champ.type in ("number", "integer") and (champ.bornes[0] or 0) < 1000
    tolere = 0.05 * np.maximum(np.abs(a), np.abs(b)) if quantite else 0
    changees = (np.abs(b - a) > tolere)[connus].astype(float)
    return changees.mean(), compter_utiles(changees, None if grappes is None else pd.factorize(grappes[connus])[0])

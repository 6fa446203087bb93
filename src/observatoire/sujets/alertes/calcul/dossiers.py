"""Le registre des alertes : un dossier par niveau, territoire et indicateur, qui garde son identité.

Un dossier s'ouvre quand le verdict atteint ``alerte`` ou ``alerte_confirmee``, se résout quand il retombe à
``conforme``, se rouvre s'il y remonte. ``vigilance`` n'ouvre ni ne résout : un dossier ouvert reste ouvert, en
veille. Une année ``non_evaluable``, ou qui manque, ne change rien : on ne résout pas ce que l'on ne sait pas.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from observatoire.sujets.alertes.tables import DOSSIERS
from observatoire.trimestres import nommer_trimestre, rang_de_l_annee, rang_des_dates, rang_du_trimestre, sont_depuis
from observatoire.vocabulaire import (
    ALERTES,
    CONFORME,
    EMBOITES,
    NON_EVALUABLE,
    NOUVELLE,
    OUVRENT,
    PERSISTANTE,
    RESOLUE,
    ROUVERTE,
    TROP_LONG,
)

CLES = ["niveau", "territoire", "indicateur"]
#: Ce qui arrive à un dossier.
OUVERTURE, REOUVERTURE, RESOLUTION = "ouverture", "reouverture", "resolution"
COLONNES_DES_JALONS = ["dossier", *CLES, "trimestre", "fait"]
#: Le statut ne se sait qu'à la publication.
COLONNES = DOSSIERS.noms[:-1]
DECHARGE = "decharger_pilote"
# Ni voyelle, ni chiffre : un identifiant n'est ni un mot, ni un nombre qu'un tableur abîme ou qu'un registre compte.
_LETTRES = np.array(list("bcdfghjklmnpqrstvwxz"))
_LONGUEUR = 12


def jalonner(alertes: pd.DataFrame) -> pd.DataFrame:
    """Tout ce qui est arrivé aux dossiers, dans l'ordre : les colonnes de :data:`COLONNES_DES_JALONS`.

    ``alertes`` : annee, niveau, territoire, indicateur, verdict ; une ligne au plus par année et par clé. Une année de
    plus ajoute des lignes à la fin et ne change aucune de celles d'avant.
    """
    utiles = _qui_ouvrent(alertes).sort_values([*CLES, "annee"], kind="stable")
    ouvert = utiles["verdict"].isin(OUVRENT)
    par_cle = ouvert.groupby([utiles[c] for c in CLES], sort=False, observed=True)
    avant = par_cle.shift(fill_value=False)
    premiere = par_cle.cumsum().eq(1)
    fait = np.select([~ouvert, premiere], [RESOLUTION, OUVERTURE], REOUVERTURE)
    jalons = utiles.assign(fait=fait, rang=rang_de_l_annee(utiles["annee"]))[ouvert != avant]
    jalons = jalons.sort_values(["rang", *CLES], kind="stable", ignore_index=True)
    noms = _nommer(jalons["rang"])
    return jalons.assign(dossier=identifier(jalons), trimestre=noms)[COLONNES_DES_JALONS]


def ouvrables(evaluees: pd.DataFrame) -> pd.DataFrame:
    """Les jalons de tout ce qui peut devenir un dossier, comme s'il s'ouvrait dès sa première année.

    ``evaluees`` : annee, niveau, territoire, indicateur.
    """
    premieres = evaluees.sort_values("annee", kind="stable").drop_duplicates(CLES).reset_index(drop=True)
    cles = premieres[CLES].astype("str")
    rangs = rang_de_l_annee(premieres["annee"])
    return cles.assign(dossier=identifier(cles), trimestre=_nommer(rangs), fait=OUVERTURE)[COLONNES_DES_JALONS]


def _qui_ouvrent(alertes: pd.DataFrame) -> pd.DataFrame:
    """Les verdicts qui ouvrent ou résolvent, des seules clés qui ont été en alerte : peu de lignes d'un grand parc."""
    cle = np.zeros(len(alertes), dtype=np.int64)
    for colonne in CLES:
        rangs, distinctes = pd.factorize(alertes[colonne])
        cle = cle * (len(distinctes) + 1) + rangs
    verdict = alertes["verdict"]
    ouvre = verdict.isin(OUVRENT).to_numpy()
    retenues = np.isin(cle, np.unique(cle[ouvre])) & (ouvre | verdict.eq(CONFORME).to_numpy())
    return alertes.loc[retenues, ["annee", *CLES, "verdict"]].astype(dict.fromkeys([*CLES, "verdict"], "str"))


def identifier(cles: pd.DataFrame) -> pd.Series:
    """L'identifiant de chaque dossier : douze consonnes tirées de sa clé, et d'elle seule.

    Il ne dépend donc ni de l'ordre, ni de l'année, ni de ce que deviennent les autres alertes.
    """
    # Ni un niveau ni un indicateur n'a d'espace : deux clés ne donnent jamais le même texte.
    textes = cles["niveau"] + " " + cles["indicateur"] + " " + cles["territoire"]
    rangs, distincts = pd.factorize(textes)
    condenses = b"".join(hashlib.blake2b(t.encode(), digest_size=8).digest() for t in distincts)
    restes, lettres = np.frombuffer(condenses, ">u8").astype(np.uint64), []
    for _ in range(_LONGUEUR):
        restes, lettre = np.divmod(restes, np.uint64(len(_LETTRES)))
        lettres.append(_LETTRES[lettre.astype(int)])
    noms = np.ascontiguousarray(np.transpose(lettres)).view(f"U{_LONGUEUR}").ravel()
    return pd.Series(noms[rangs], index=cles.index, dtype="str")


def deja_ouverts(actions: pd.DataFrame, jalons: pd.DataFrame) -> pd.Series:
    """Les actions (dossier, date) dont le dossier s'est ouvert, au plus tard à leur trimestre."""
    ouvertures = jalons[jalons["fait"].ne(RESOLUTION)].drop_duplicates("dossier").set_index("dossier")["trimestre"]
    return sont_depuis(actions["date"], actions["dossier"].map(ouvertures))


def dresser(
    alertes: pd.DataFrame, actions: pd.DataFrame, trimestre: str, quartiers: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Le registre au ``trimestre`` (« 2011-T1 ») : une ligne par dossier, les colonnes de :data:`COLONNES`.

    ``alertes`` : voir :func:`jalonner` ; les années qui ne sont pas encore vues à ce trimestre ne comptent pas.
    ``actions`` : dossier, date, pilote, decision, dans l'ordre des dates. ``quartiers`` : niveau, territoire, quartier,
    et au besoin annee. En tête, les dossiers sans pilote depuis :data:`TROP_LONG` trimestres, puis les autres dossiers
    ouverts, puis ceux qui sont résolus.

    ``depuis`` : trimestre de la dernière ouverture ; ``annees`` : années en alerte ; ``pilote`` : celui de la dernière
    ouverture, vide s'il n'y en a pas ; ``trimestres_sans_pilote`` : 1 dès le trimestre où l'alerte se voit.
    """
    reference = rang_du_trimestre(trimestre)
    vues = alertes[rang_de_l_annee(alertes["annee"]) <= reference]
    jalons = jalonner(vues)
    dossiers = _resumer(jalons, reference)
    dossiers = dossiers.join(_verdicts(vues, dossiers), on=CLES)
    dossiers["verdict"] = dossiers["verdict"].fillna(NON_EVALUABLE)
    dossiers["quartier"] = _quartier_de(dossiers, quartiers)
    return ordonner(_piloter(dossiers, actions, reference))


def _resumer(jalons: pd.DataFrame, reference: int) -> pd.DataFrame:
    """De tous les jalons d'un dossier, ce qu'il est au trimestre de référence."""
    rangs = jalons["trimestre"].map({t: rang_du_trimestre(t) for t in jalons["trimestre"].unique()}).astype("int64")
    jalons = jalons.assign(rang=rangs)
    premier, dernier = (jalons.drop_duplicates("dossier", keep=k).set_index("dossier") for k in ("first", "last"))
    ouverts = jalons[jalons["fait"].ne(RESOLUTION)]
    courante = ouverts.drop_duplicates("dossier", keep="last").set_index("dossier")["trimestre"]
    resolu, ancien = dernier["fait"].eq(RESOLUTION), dernier["rang"].lt(reference)
    etat = np.select([resolu, ancien, dernier["fait"].eq(OUVERTURE)], [RESOLUE, PERSISTANTE, NOUVELLE], ROUVERTE)
    return premier.assign(
        ouverture=premier["trimestre"],
        depuis=courante.reindex(premier.index),
        ouvertures=ouverts.groupby("dossier").size().reindex(premier.index),
        etat=pd.Series(etat, index=dernier.index, dtype="str").reindex(premier.index),
        resolution=dernier["trimestre"].where(resolu, "").reindex(premier.index),
    ).reset_index()


def _verdicts(vues: pd.DataFrame, dossiers: pd.DataFrame) -> pd.DataFrame:
    """Par clé : le verdict de la dernière année vue, et le nombre d'années en alerte."""
    siennes = vues[vues["territoire"].isin(dossiers["territoire"])].astype(dict.fromkeys([*CLES, "verdict"], "str"))
    en_alerte = siennes["verdict"].isin(OUVRENT).groupby([siennes[c] for c in CLES]).sum()
    derniere = siennes[siennes["annee"].eq(vues["annee"].max())].set_index(CLES)["verdict"]
    return pd.DataFrame({"annees": en_alerte, "verdict": derniere})


def _quartier_de(dossiers: pd.DataFrame, quartiers: pd.DataFrame | None) -> pd.Series:
    """Le quartier de chaque dossier : lui-même, ou le dernier connu de son territoire ; vide si on ne le sait pas."""
    lui_meme = dossiers["territoire"].where(dossiers["niveau"].eq("quartier"))
    if quartiers is None:
        return lui_meme.fillna("")
    connus = quartiers[quartiers["territoire"].isin(dossiers["territoire"])].dropna(subset=["quartier"])
    connus = connus.sort_values("annee", kind="stable") if "annee" in connus else connus
    connus = connus.astype(dict.fromkeys(["niveau", "territoire", "quartier"], "str"))
    places = connus.drop_duplicates(CLES[:2], keep="last").set_index(CLES[:2])["quartier"]
    return lui_meme.fillna(dossiers[CLES[:2]].join(places, on=CLES[:2])["quartier"]).fillna("")


def _piloter(dossiers: pd.DataFrame, actions: pd.DataFrame, reference: int) -> pd.DataFrame:
    """Qui pilote depuis la dernière ouverture, et depuis combien de trimestres un dossier ouvert n'a personne."""
    depuis = dossiers["depuis"].map({t: rang_du_trimestre(t) for t in dossiers["depuis"].unique()}).astype("int64")
    retire = actions["decision"].eq(DECHARGE)
    dits = actions.assign(rang=rang_des_dates(actions["date"]))[actions["pilote"].ne("") | retire]
    dits = dits.join(depuis.set_axis(dossiers["dossier"]).rename("ouvert"), on="dossier")
    dits = dits[dits["rang"].between(dits["ouvert"], reference)].drop_duplicates("dossier", keep="last")
    dits = dits.set_index("dossier").reindex(dossiers["dossier"]).set_axis(dossiers.index)
    pilote = dits["pilote"].where(dits["decision"].ne(DECHARGE)).fillna("")
    seul = reference - np.fmax(depuis, dits["rang"]) + 1
    seul = seul.where(pilote.eq("") & dossiers["etat"].ne(RESOLUE), 0).astype("int64")
    return dossiers.assign(pilote=pilote, trimestres_sans_pilote=seul)


def ordonner(dossiers: pd.DataFrame) -> pd.DataFrame:
    """Dans l'ordre où l'on doit les lire : sans pilote depuis longtemps, puis ouverts, puis résolus ; du plus grave au
    moins grave, du plus étendu au moins étendu."""
    ouvert, seuls = dossiers["etat"].ne(RESOLUE), dossiers["trimestres_sans_pilote"]
    ordre = dossiers.assign(
        _groupe=np.select([ouvert & seuls.ge(TROP_LONG), ouvert], [0, 1], 2),
        _seuls=-seuls.where(seuls.ge(TROP_LONG), 0),
        _gravite=dossiers["verdict"].map(tuple(reversed(ALERTES)).index),
        _etendue=dossiers["niveau"].map(EMBOITES[::-1].index),
    )
    cles = ["_groupe", "_seuls", "_gravite", "_etendue", "territoire", "indicateur"]
    return ordre.sort_values(cles, kind="stable", ignore_index=True)[COLONNES]


def _nommer(rangs: pd.Series) -> pd.Series:
    return rangs.map({r: nommer_trimestre(r) for r in rangs.unique()}).astype("str")

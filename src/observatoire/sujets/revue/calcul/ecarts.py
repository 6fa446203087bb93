"""Ce qui a changé dans les engagements depuis l'état zéro, et ce que les règles du départ concluent aujourd'hui."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
import yaml

from observatoire.configuration import Configuration
from observatoire.configuration.modeles.engagements import EngagementEcrit
from observatoire.sujets.objectifs.calcul.declaration import Engagement, lire_contenu
from observatoire.sujets.revue import tables
from observatoire.sujets.revue.calcul.revision import lire_etat_zero
from observatoire.vocabulaire import AJOUTE, INCHANGE, MODIFIE, RETIRE

_INITIAL, _ACTUEL = ["verdict_initial", "statut_initial"], ["verdict", "statut_verdict"]
COLONNES = tables.ECARTS.noms
#: Verser une pièce n'est pas changer la règle.
_SANS_EFFET = {"code", "pieces"}
_COMPARES = [c for c in EngagementEcrit.model_fields if c not in _SANS_EFFET]


def relever_les_ecarts(
    config: Configuration, actuel: dict, engagements: pd.DataFrame, juger: Callable[[list[Engagement]], pd.DataFrame]
) -> pd.DataFrame:
    """Les écarts (:data:`COLONNES`), et le verdict de la dernière année selon chacune des deux règles.

    ``actuel`` : le document d'aujourd'hui ; ``engagements`` : ce qu'il conclut ; ``juger`` : de quoi juger de même ceux
    de l'état zéro. Sans révision ou sans git, une seule ligne « nd ».
    """
    zero = lire_etat_zero(config, actuel)
    if zero.contenu is None:
        ligne = {"revision": zero.revision, "date": zero.date, "statut": "nd", "motif": zero.motif}
        return _typer([ligne])
    entetes = {"revision": zero.revision, "date": zero.date, "statut": "publie", "motif": ""}
    ecarts = _typer([entetes | ligne for ligne in comparer(zero.contenu, actuel)])
    initiaux = juger(lire_contenu(zero.contenu, config))
    for colonnes, juges in ((_INITIAL, initiaux), (_ACTUEL, engagements)):
        lus = juges[juges["annee"].eq(max(config.annees))].set_index("engagement")[["verdict", "statut"]]
        ecarts[colonnes] = lus.reindex(ecarts["engagement"]).astype(object).fillna("").to_numpy()
    return ecarts


def comparer(depart: dict, fin: dict) -> Iterator[dict]:
    """Chaque engagement des deux documents, dans l'ordre du premier : ce qui diffère, champ par champ.

    Un engagement inchangé a une ligne « aucun ». Le texte dont il relève compte comme ses propres champs.
    """
    avant, apres = (_par_code(document) for document in (depart, fin))
    for code in dict.fromkeys([*avant, *apres]):
        commun = {"engagement": code, "libelle": (apres.get(code) or avant[code])["libelle"]}
        if code not in apres or code not in avant:
            yield commun | {"ecart": RETIRE if code in avant else AJOUTE}
            continue
        differents = [c for c in (*_COMPARES, "depuis", "duree_ans") if avant[code].get(c) != apres[code].get(c)]
        for champ in differents:
            dits = {"au_depart": dire(avant[code].get(champ)), "a_la_fin": dire(apres[code].get(champ))}
            yield commun | {"ecart": MODIFIE, "champ": champ, **dits}
        if not differents:
            yield commun | {"ecart": INCHANGE}


def dire(valeur: object) -> str:
    """Un champ tel qu'il s'écrit, sur une ligne ; vide s'il n'y est pas.

    >>> dire([{"valeur": 0.8, "depuis": 1998}])
    '{valeur: 0.8, depuis: 1998}'
    """
    if valeur in (None, "", [], {}):
        return ""
    if isinstance(valeur, list):
        return " ; ".join(map(dire, valeur))
    if isinstance(valeur, dict):
        ecrit = yaml.safe_dump(valeur, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
        return ecrit.strip()
    return {True: "oui", False: "non"}[valeur] if isinstance(valeur, bool) else str(valeur)


def _par_code(document: dict) -> dict[str, dict]:
    """Les engagements d'un document, chacun avec l'entrée en vigueur et la durée de son texte."""
    textes = {t["code"]: {c: t.get(c) for c in ("depuis", "duree_ans")} for t in document["textes"]}
    return {e["code"]: e | textes[e["texte"]] for e in document["engagements"]}


def _typer(lignes: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(lignes, columns=COLONNES, dtype=object).fillna("").astype("str")

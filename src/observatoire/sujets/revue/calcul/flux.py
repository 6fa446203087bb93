"""Qui est entré, sorti, resté entre deux années : les ménages d'une lignée, comptés par composante d'une part du parc.

Les devenirs (:mod:`observatoire.lecture.devenirs`) disent qui est parti et qui est resté ; le reste se lit en
rapprochant, par l'identifiant du logement, les ménages de deux années. Chaque ménage de chaque année est dans une
composante et une seule : les comptes d'une composante à l'autre s'ajoutent donc à ceux du parc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from observatoire.cles import COLONNE as CLE
from observatoire.cles import MODULE
from observatoire.indicateurs.releves import Releve
from observatoire.lecture.devenirs import HORS_PARC, PARTI, RESTE
from observatoire.sujets.revue.tables import BRUITES, COMPTES, FLUX
from observatoire.vocabulaire import (
    COMPTEES,
    DE_COUVERTURE,
    DEMOLITIONS_ET_VENTES,
    DEPLACES,
    ENTRANTS,
    LIVRAISONS,
    NON_REPONSE,
    RESTES,
    SORTANTS,
)

_RANG = {nom: rang for rang, nom in enumerate(COMPTEES)}
CLES, COLONNES = FLUX.noms_des_cles, FLUX.noms
CLES_DES_COMPTES = [f"cle_{compte}" for compte in BRUITES]
SANS_QUARTIER = ""


@dataclass(frozen=True)
class Deux:
    """Les ménages d'une lignée à deux 31 décembre de suite, et la place de chacun dans l'autre table (-1 : aucune).

    ``suivi`` : le devenir des premiers ; ``au_parc`` : le logement des seconds y était déjà l'année d'avant.
    ``situes`` : le rang, dans ``quartiers``, de celui de chaque ménage, avant puis après.
    """

    avant: pd.DataFrame
    apres: pd.DataFrame
    quartiers: pd.Index
    situes: tuple[np.ndarray, np.ndarray]
    suivi: np.ndarray
    au_parc: np.ndarray
    vers_apres: np.ndarray
    vers_avant: np.ndarray


def rapprocher(avant: pd.DataFrame, apres: pd.DataFrame, devenirs: pd.DataFrame, logements: pd.DataFrame) -> Deux:
    """Rapprocher deux années par l'identifiant du logement, unique dans chaque table.

    ``avant``, ``apres`` : ménages ; ``devenirs`` : ``id_logement`` et ``devenir`` de ceux d'avant ; ``logements`` :
    ``id_logement`` de tous les logements de l'année d'avant.
    """
    ids = [pd.Index(t["id_logement"]) for t in (avant, apres)]
    rangs = pd.Index(devenirs["id_logement"]).get_indexer(ids[0])
    suivi = devenirs["devenir"].astype(object).array.take(rangs, allow_fill=True) if len(devenirs) else None
    lieux = pd.concat([avant["quartier"], apres["quartier"]]).fillna(SANS_QUARTIER)
    codes, quartiers = pd.factorize(lieux, sort=True)
    return Deux(
        avant,
        apres,
        pd.Index(quartiers),
        (codes[: len(avant)], codes[len(avant) :]),
        np.full(len(avant), None, object) if suivi is None else np.asarray(suivi, object),
        ids[1].isin(logements["id_logement"]),
        ids[1].get_indexer(ids[0]),
        ids[0].get_indexer(ids[1]),
    )


def repartir(deux: Deux, annee: int, suivis: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Le rang, dans :data:`COMPTEES`, de chaque ménage d'avant, puis de chaque ménage d'après.

    Un ménage resté est ``restes`` ou ``deplaces`` des deux côtés. ``annee`` : la seconde. ``suivis`` : faux d'un parc
    renuméroté, où rien ne se retrouve ; tout y est ``couverture``, et rien une démolition.
    """
    if not suivis:
        return tuple(np.full(len(table), _RANG[DE_COUVERTURE]) for table in (deux.avant, deux.apres))
    reste, parti = (np.equal(deux.suivi, mot) for mot in (RESTE, PARTI))
    lie, vient = deux.vers_apres >= 0, deux.vers_avant >= 0
    ici = np.zeros(len(deux.avant), bool)
    ici[lie] = deux.situes[0][lie] == deux.situes[1][deux.vers_apres[lie]]
    d_avant = np.select(
        [np.equal(deux.suivi, HORS_PARC), parti, reste & lie & ici, reste & lie],
        [_RANG[DEMOLITIONS_ET_VENTES], _RANG[SORTANTS], _RANG[RESTES], _RANG[DEPLACES]],
        _RANG[NON_REPONSE],
    )
    avait = np.where(vient, deux.vers_avant, 0)
    du_meme = d_avant[avait] if len(d_avant) else np.zeros(len(deux.apres), int)
    paire = vient & np.isin(du_meme, [_RANG[RESTES], _RANG[DEPLACES]])
    inconnu = vient & (du_meme == _RANG[NON_REPONSE])
    hors = vient & (du_meme == _RANG[DEMOLITIONS_ET_VENTES])
    neuf = deux.apres["annee_premiere_location"].ge(annee).to_numpy(dtype=bool, na_value=False)
    d_apres = np.select(
        [paire, inconnu, vient & ~hors, deux.au_parc, neuf],
        [du_meme, _RANG[NON_REPONSE], _RANG[ENTRANTS], _RANG[ENTRANTS], _RANG[LIVRAISONS]],
        _RANG[DE_COUVERTURE],
    )
    return d_avant, d_apres


def compter(
    deux: Deux, composantes: tuple[np.ndarray, np.ndarray], releves: tuple[Releve, Releve], aux_deux: bool
) -> np.ndarray:
    """Les comptes d'une part, pour une lignée : (quartiers x composantes, :data:`COMPTES` puis leurs clés).

    ``aux_deux`` : l'a-t-elle livrée avant et après ? Sinon, tout est ``couverture``.
    """
    avant, apres = releves
    d_avant, d_apres = composantes
    if not aux_deux:
        d_avant, d_apres = (np.full(len(d), _RANG[DE_COUVERTURE]) for d in composantes)
    else:
        lie = (deux.vers_apres >= 0) & np.isin(d_avant, [_RANG[RESTES], _RANG[DEPLACES]])
        suite = deux.vers_apres[lie]
        muet = np.zeros(len(deux.avant), bool)
        muet[lie] = (avant.n[lie] != apres.n[suite]) & avant.concerne[lie] & apres.concerne[suite]
        d_avant, d_apres = d_avant.copy(), d_apres.copy()
        d_avant[muet] = d_apres[deux.vers_apres[muet]] = _RANG[NON_REPONSE]
    taille = len(deux.quartiers) * len(COMPTEES)
    cellules = [q * len(COMPTEES) + d for q, d in zip(deux.situes, (d_avant, d_apres), strict=True)]
    cles = [table[CLE].to_numpy(float) for table in (deux.avant, deux.apres)]
    comptes = {
        "menages0": (0, None), "n0": (0, avant.n), "x0": (0, avant.x),
        "menages1": (1, None), "n1": (1, apres.n), "x1": (1, apres.x),
    }  # fmt: skip
    sommes = [np.bincount(cellules[cote], poids, taille) for cote, poids in (comptes[nom] for nom in COMPTES)]
    clefs = [np.bincount(cellules[cote], p * cles[cote], taille) % MODULE for cote, p in (comptes[n] for n in BRUITES)]
    return np.stack([*sommes, *clefs], axis=-1)


def tabuler(deux: Deux, comptes: dict[str, np.ndarray]) -> pd.DataFrame:
    """Les comptes de chaque part (code -> ce que rend :func:`compter`), en long, sans les lignes vides."""
    quartiers, parts = len(deux.quartiers), len(comptes)
    cles = {
        "quartier": np.tile(np.repeat(deux.quartiers.to_numpy(object), len(COMPTEES)), parts),
        "indicateur": np.repeat(np.array(list(comptes), dtype=object), quartiers * len(COMPTEES)),
        "composante": np.tile(np.array(COMPTEES, dtype=object), quartiers * parts),
    }
    colonnes = dict(zip([*COMPTES, *CLES_DES_COMPTES], np.concatenate(list(comptes.values())).T, strict=True))
    table = pd.DataFrame(cles).assign(**colonnes)
    return table[table[["menages0", "menages1"]].gt(0).any(axis=1)]

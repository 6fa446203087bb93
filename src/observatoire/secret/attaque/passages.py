"""Les passages dans l'attaque : ceux qui sont là à deux dates sont de ceux de chacune, et leurs comptes le disent.

De ceux qui répondent aux deux dates (*restes*), les uns gardent le trait, d'autres le gagnent, d'autres le perdent, le
reste ne l'a jamais. Ceux qui l'ont à une date sont de ceux qui l'ont gardé ou gagné, et d'arrivés ; à l'autre, de ceux
qui l'ont gardé ou perdu, et de partis. Ceux qui ne répondent plus (*muets*) répondaient à la première date : les uns
avaient le trait, les autres non.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.secret.attaque.definitions import Definitions
from observatoire.secret.attaque.releve import LIEU, SANS_BORNE, etendue
from observatoire.secret.bruit import Bruit
from observatoire.secret.regles import Regles

#: L'« édition » des passages : ce mot et l'année de départ.
PASSAGE = "passage"
#: De même, celle des valeurs à périmètre constant : ce mot et les deux années.
CONSTANT = "constant"
RESTES, GARDES, GAGNES, PERDUS, JAMAIS = _RESTENT = ("restes", "gardes", "gagnes", "perdus", "jamais")
MUETS, AVEC, SANS = _SE_TAISENT = ("muets", "muets_avec", "muets_sans")
#: Deux sommes : un compte, puis ses parts.
SOMMES = (_RESTENT, _SE_TAISENT)
#: Ce que personne ne publie, et qui complète sa somme.
TUS = (JAMAIS, SANS)
_NOMS = {
    RESTES: "là aux deux dates", GARDES: "aux deux dates", GAGNES: "à la seconde date seulement",
    PERDUS: "à la première date seulement", JAMAIS: "à aucune des deux dates",
    MUETS: "ne répondent plus", AVEC: "ne répondent plus, l'avaient", SANS: "ne répondent plus, ne l'avaient pas",
}  # fmt: skip


def nommer_constant(departs: pd.Series, arrivees: pd.Series) -> pd.Series:
    """L'« édition » des valeurs à périmètre constant de chaque comparaison."""
    return CONSTANT + departs.astype(str) + "-" + arrivees.astype(str)


def declarer(definitions: Definitions, codes: Iterable[str]) -> None:
    """Ajouter aux définitions les comptes de passage de ces indicateurs, et leurs sommes."""
    suivis = [c for c in codes if {(c, "numerateur"), (c, "denominateur")} <= set(definitions.roles)]
    for code in suivis:
        la, table = definitions.roles[code, "numerateur"], definitions.tables[code, "numerateur"]
        for somme in SOMMES:
            rangs = []
            for role in somme:
                rangs.append(len(definitions.noms))
                definitions.roles[code, role], definitions.tables[code, role] = rangs[-1], f"{PASSAGE} {table}"
                definitions.noms.append(f"{definitions.noms[la]}, {_NOMS[role]}")
                definitions.univers.append(f"{PASSAGE} {code} {somme[0]}")
                if la in definitions.ouvertes:
                    definitions.ouvertes.add(rangs[-1])
            definitions.sommes[""].append(tuple(rangs))


def relever_les_passages(
    parus: Iterable[tuple[pd.DataFrame, Regles]], definitions: Definitions, lois: dict[Bruit, int]
) -> list[pd.DataFrame]:
    """Une ligne par compte de passage, comme :func:`~.releve.relever`.

    ``parus`` : des variations publiées, chacune avec ``exacte`` et, pour juger, ``vrai_<compte>`` ; seules celles qui
    disent des passages comptent.
    """
    morceaux = []
    for table, regles in parus:
        for somme in SOMMES:
            dites = table[table[somme[0]].notna()]
            for code, lignes in dites.groupby("indicateur", sort=False, observed=True):
                loi = regles.bruit_de(catalogue()[code].source)
                edition = PASSAGE + lignes["depart"].astype(str)
                lieu = lignes.assign(edition=edition, lot=lignes["absents"].fillna(""))[LIEU]
                for role in (r for r in somme if (code, r) in definitions.roles):
                    morceaux.append(
                        lieu.assign(
                            code=f"{code}, {role}",
                            role="numerateur",
                            colonne=definitions.roles[code, role],
                            unites_de=definitions.tables[code, role],
                            loi=lois.setdefault(loi, len(lois)),
                            **_borner_les_comptes(lignes, role, loi),
                        )
                    )
    return morceaux


def _borner_les_comptes(lignes: pd.DataFrame, role: str, loi: Bruit) -> dict[str, np.ndarray]:
    """Les bornes sûres d'un compte, et ce qui s'en lit ; ce que personne ne publie n'a que des sommes."""
    vrai = lignes.get(f"vrai_{role}", np.nan)
    if role in TUS:
        muet = np.full(len(lignes), np.nan)
        return {
            "cache": True, "plancher": 0.0, "plafond": SANS_BORNE, "vu_bas": muet, "vu_haut": muet, "unites": muet,
            "vrai": vrai,
        }  # fmt: skip
    vu, exacte = lignes[role].to_numpy(float), lignes["exacte"].to_numpy(bool)
    plancher, plafond = etendue(loi, vu, vu)
    return {
        "cache": False, "plancher": np.where(exacte, vu, np.maximum(plancher, 0)),
        "plafond": np.where(exacte, vu, plafond), "vu_bas": np.where(exacte, np.nan, vu),
        "vu_haut": np.where(exacte, np.nan, vu), "vrai": vrai,
        "unites": lignes[MUETS if role in _SE_TAISENT else RESTES].to_numpy(float),
    }  # fmt: skip


def relier_les_passages(reseau, releve: pd.DataFrame, reste: str) -> None:
    """Lier chaque passage aux comptes des deux dates, à périmètre constant s'il a changé : partis et arrivés font le
    reste.

    ``releve`` : les comptes relevés et leur ``variable``. ``reste`` : le genre de ces variables.
    """
    lieu = ["niveau", "territoire", "bailleur"]
    index = releve.drop_duplicates([*lieu, "annee", "edition", "code", "role"])
    places = index.set_index([*lieu, "annee", "edition", "code", "role"])["variable"]
    passages = releve[releve["edition"].str.startswith(PASSAGE)]
    if passages.empty:
        return
    suivis = passages.assign(depart=passages["edition"].str.removeprefix(PASSAGE).astype(int))
    suivis[["code", "passage"]] = suivis["code"].str.split(", ", n=1, expand=True)
    ou = [*lieu, "depart", "annee", "lot", "code"]
    larges = suivis.pivot(index=ou, columns="passage", values="variable").reset_index()
    editions = nommer_constant(larges["depart"], larges["annee"]).where(larges["lot"].ne(""), "")
    for date, change in (("annee", GAGNES), ("depart", PERDUS)):
        for role, parties, muets in (("denominateur", [RESTES], MUETS), ("numerateur", [GARDES, change], AVEC)):
            cles = larges[[*lieu, "code"]].assign(annee=larges[date], edition=editions, role=role)
            totaux = places.reindex(pd.MultiIndex.from_frame(cles[places.index.names])).fillna(-1).to_numpy(int)
            ici = (totaux >= 0) & larges[parties].notna().all(axis=1).to_numpy()
            # Ceux qui se taisent répondaient à la première date, et à elle seule.
            dits = (
                larges[muets].notna().to_numpy()
                if date == "depart" and muets in larges
                else np.zeros(len(larges), bool)
            )
            for la, membres in ((ici & dits, [*parties, muets]), (ici & ~dits, parties)):
                if la.any():
                    _sommer(reseau, reste, totaux[la], larges.loc[la, membres].to_numpy(int))


def _sommer(reseau, reste: str, totaux: np.ndarray, membres: np.ndarray) -> None:
    """Poser que chaque total est la somme de ses ``membres`` et d'un reste que rien ne dit."""
    ajouts = reseau.ajouter(reste, reseau.cellule[totaux], reseau.colonne[totaux], (0.0, SANS_BORNE))
    reseau.sommes.append(np.column_stack([totaux, membres, ajouts]))

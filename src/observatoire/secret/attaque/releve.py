"""Le relevé : chaque compte qu'une ligne publiée nomme, ses bornes sûres, et le compte bruité qui s'y lit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.secret.attaque.definitions import Definitions
from observatoire.secret.bruit import Bruit
from observatoire.secret.cumuls import compte_chaque_annee
from observatoire.secret.parution import CELLULE, TOUS, seuil_flou
from observatoire.secret.regles import Regles

LIEU = [*CELLULE, "edition", "lot"]
#: L'« édition » d'une ligne cumulée : ce mot et sa première année.
CUMUL = "cumul"
SANS_BORNE = 1e9
_ROLES = ("numerateur", "denominateur", "concernes")


def allotir(table: pd.DataFrame, couverture: pd.DataFrame, territoires: pd.DataFrame) -> pd.Series:
    """Ce que chaque ligne couvre : vide si c'est tout ce qui est là, sinon les bailleurs qui ont livré, sans ceux que
    la ligne laisse de côté (``absents``).

    Deux indicateurs ne comptent la même chose en un lieu que s'ils y couvrent les mêmes bailleurs. Un foyer est hors du
    champ de certains : on sait où il y en a, puisque leur bailleur y a des lignes.
    """
    cles = ["annee", "indicateur"]
    livres = couverture[couverture["statut"].eq("livre")].groupby(cles)["bailleur"].agg(lambda b: " ".join(sorted(b)))
    hors = couverture[couverture["statut"].eq("hors_champ")]
    de_la_table = pd.MultiIndex.from_frame(table[cles])
    rangs = livres.reindex(de_la_table, fill_value="?").to_numpy(object)
    # Un cumul dont les bailleurs ont changé en chemin ne couvre ce que couvre aucune de ses années.
    editions = table["edition"].astype(str).to_numpy(object) if "edition" in table else np.full(len(table), "", object)
    cumulee = np.array([e.startswith(CUMUL) for e in editions], dtype=bool)
    for edition in set(editions[cumulee]):
        siennes = editions == edition
        for annee in range(int(edition.removeprefix(CUMUL)), int(table.loc[siennes, "annee"].max())):
            avant = pd.MultiIndex.from_frame(table.loc[siennes, cles].assign(annee=annee))
            alors = livres.reindex(avant, fill_value="?").to_numpy(object)
            rangs[siennes] = np.where(alors == rangs[siennes], alors, "? " + alors + ", " + rangs[siennes])
    if "absents" in table:
        couples = pd.Series(list(zip(rangs, table["absents"].fillna(""), strict=True)))
        gardes = {c: " ".join(b for b in c[0].split() if b not in c[1].split()) for c in couples.unique()}
        rangs = couples.map(gardes).to_numpy(object)
    leurs = table["bailleur"].isin(set(hors["bailleur"]))
    lieux = pd.MultiIndex.from_frame(table.loc[leurs, ["annee", "territoire"]].drop_duplicates())
    parents = territoires.drop_duplicates("code").set_index("code")["parent"]
    avec, lieu = np.zeros(len(table), dtype=bool), table["territoire"]
    for _ in range(3):
        avec |= pd.MultiIndex.from_arrays([table["annee"], lieu]).isin(lieux)
        lieu = lieu.map(parents)
    champ = avec & (table["bailleur"].eq(TOUS) | leurs) & de_la_table.isin(pd.MultiIndex.from_frame(hors[cles]))
    return pd.Series(np.where(champ | (table["couverture"] < 1), rangs, ""), index=table.index)


def relever(
    parues: Sequence[tuple[pd.DataFrame, Regles]], definitions: Definitions
) -> tuple[pd.DataFrame, list[Bruit]]:
    """Une ligne par compte nommé, et les lois du bruit.

    ``parues`` : des tables publiées, chacune avec ``edition``, ``exacte``, ``lot`` (:func:`allotir`) et, pour juger,
    ``vrai_<rôle>``. Rend :data:`LIEU`, ``colonne``, ``cache``, ``plancher`` et ``plafond`` sûrs, ``vu_bas`` et
    ``vu_haut`` du compte bruité, sa ``loi``, ``unites_de`` quelle table il compte, ``unites`` publiées à côté et
    ``vrai``.
    """
    lois: dict[Bruit, int] = {}
    morceaux = []
    for table, regles in parues:
        ici = [table["annee"], table["niveau"], table["indicateur"], table["bailleur"].eq(TOUS)]
        table = table[table["statut"].isin(["publie", "c"]).groupby(ici).transform("any")].reset_index(drop=True)
        bruitee = table["statut"].eq("publie") & ~table["exacte"]
        # Là où quelque chose paraît, ce qui est caché l'est parce que ses unités sont trop peu.
        table["contenant"] = _contenants(table)
        table["petite"] = bruitee.groupby([table[c] for c in LIEU]).transform("any") & table["statut"].eq("c")
        for code, lignes in table.groupby("indicateur", sort=False, observed=True):
            source = catalogue()[code].source
            loi, seuil = regles.bruit_de(source), regles.seuil_de(source)
            rang = lois.setdefault(loi, len(lois))
            morceaux += [
                _compte(lignes, code, role, loi, seuil).assign(
                    colonne=definitions.roles[code, role], unites_de=definitions.tables[code, role], loi=rang
                )
                for role in _ROLES
                if (code, role) in definitions.roles
            ]
    return pd.concat(morceaux, ignore_index=True), list(lois)


def _contenants(table: pd.DataFrame) -> np.ndarray:
    """Le numérateur publié, au même endroit, de la part qui contient celle de chaque ligne : elle y est bornée."""
    contenants = {code: d.dans for code, d in catalogue().items() if getattr(d, "dans", None)}
    cles = [*CELLULE, "indicateur", "edition"]
    vises = table[cles].assign(indicateur=table["indicateur"].map(contenants))
    rangs = pd.MultiIndex.from_frame(table[cles]).get_indexer(pd.MultiIndex.from_frame(vises))
    return np.where(rangs >= 0, table["numerateur"].to_numpy(float)[rangs], np.nan)


def _compte(lignes: pd.DataFrame, code: str, role: str, loi: Bruit, seuil: int) -> pd.DataFrame:
    nature = catalogue()[code].nature
    publie, cache = (lignes["statut"].eq(s).to_numpy() for s in ("publie", "c"))
    exacte, petite = lignes["exacte"].to_numpy(), lignes["petite"].to_numpy()
    bas, haut = _encadrer_le_publie(lignes, role)
    plancher, plafond = etendue(loi, bas, haut)
    plancher, plafond = np.where(exacte, bas, plancher), np.where(exacte, haut, plafond)
    if role != "numerateur" and nature != "effectif":
        plancher = np.fmax(plancher, np.where(publie & ~exacte, seuil, 0))
    cumulee = lignes["edition"].str.startswith(CUMUL).to_numpy()
    petite = petite & (~cumulee | compte_chaque_annee(catalogue()[code]))
    sous_le_seuil = petite & (role == "denominateur" or (role == "numerateur" and nature in ("proportion", "ecart")))
    # Sans objet, une année n'a personne ; trois années, il suffit que l'une d'elles n'ait personne. Mais un rapport
    # sans objet ne dit que son dénominateur, et une valeur non disponible a des concernés, dont personne n'a répondu.
    libre = cache | cumulee | (role == "numerateur" and nature == "rapport")
    libre = libre | (lignes["statut"].eq("nd").to_numpy() & (role == "concernes"))
    # Sous le seuil, le compte exact ou le compte bruité, qui peut en être loin.
    dernier = np.array([seuil - 1])
    dernier = np.where(seuil_flou(lignes), etendue(loi, dernier, dernier)[1], dernier)
    plafond = np.where(publie, plafond, np.where(sous_le_seuil, dernier, np.where(libre, SANS_BORNE, 0)))
    vue = publie & ~exacte & np.isfinite(bas)
    return lignes[LIEU].assign(
        code=code, role=role, cache=cache,
        plancher=np.nan_to_num(np.where(publie, plancher, 0.0)).clip(min=0),
        plafond=np.nan_to_num(plafond, nan=SANS_BORNE, posinf=SANS_BORNE),
        vu_bas=np.where(vue, bas, np.nan), vu_haut=np.where(vue, haut, np.nan),
        unites=lignes["denominateur"], vrai=lignes.get(f"vrai_{role}", np.nan),
    )  # fmt: skip


def _encadrer_le_publie(lignes: pd.DataFrame, role: str) -> tuple[np.ndarray, np.ndarray]:
    """Entre quoi est le compte publié : lui-même ; au moins lui, s'il bute sur le tout qui le contient ; ce que dit le
    taux de réponse, arrondi."""
    haut, bas, reponse = (lignes[c].to_numpy(float) for c in ("numerateur", "denominateur", "reponse"))
    if role == "numerateur":
        bute = (haut == bas) | (haut == lignes["contenant"].to_numpy(float))
        return haut, np.where(bute & ~lignes["exacte"].to_numpy(), np.inf, haut)
    if role == "denominateur":
        return bas, bas
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.ceil(bas / (reponse + 0.005)), np.where(reponse < 1, np.floor(bas / (reponse - 0.005)), np.inf)


def etendue(loi: Bruit, bas: np.ndarray, haut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Le plus petit et le plus grand compte exact que la loi admet derrière un compte bruité de ``bas`` à ``haut``."""
    if not loi.variance:
        return bas, haut
    petits = np.arange(2 * loi.ecart + loi.plancher + 1)
    admis = vraisemblance(loi, np.arange(4 * loi.ecart + loi.plancher)[None, :], petits[:, None], petits[:, None]) > 0
    premiers, derniers = admis.argmax(axis=1), admis.shape[1] - 1 - admis[:, ::-1].argmax(axis=1)

    def suivre(valeurs: np.ndarray, table: np.ndarray, ecart: int) -> np.ndarray:
        connus = valeurs < len(petits)
        return np.where(connus, table[np.where(connus, valeurs, 0).astype(int)], valeurs + ecart)

    return suivre(bas, premiers, -loi.ecart), suivre(haut, derniers, loi.ecart)


def vraisemblance(loi: Bruit, comptes: np.ndarray, bas, haut) -> np.ndarray:
    """La probabilité de publier de ``bas`` à ``haut`` un compte qui vaut ``comptes``."""
    lois = loi.lois
    cumuls = np.concatenate([np.zeros((len(lois), 1)), np.cumsum(lois, axis=1)], axis=1)
    rangs = np.clip(comptes, 0, len(lois) - 1).astype(int)

    def jusqu_a(borne) -> np.ndarray:
        places = np.floor(np.clip(borne - comptes, -loi.ecart - 1, loi.ecart)) + loi.ecart + 1
        return cumuls[rangs, places.astype(int)]

    return np.where(comptes >= 0, np.maximum(jusqu_a(haut) - jusqu_a(bas - 1), 0), 0)

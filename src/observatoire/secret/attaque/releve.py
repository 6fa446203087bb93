"""Le relevé : chaque compte qu'une ligne publiée nomme, ses bornes sûres, et le compte bruité qui s'y lit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.secret.attaque.definitions import SOMMES, Definitions
from observatoire.secret.bruit import Bruit
from observatoire.secret.cumuls import ANNEES, compte_chaque_annee
from observatoire.secret.parution import CELLULE, TOUS, attribuer, seuil_flou
from observatoire.secret.regles import Regles

LIEU = [*CELLULE, "edition", "lot"]
#: L'« édition » d'une ligne cumulée : ce mot et sa première année ; celle d'un passage : ce mot et l'année de départ ;
#: celle d'une valeur à périmètre constant : ce mot et les deux années.
CUMUL, PASSAGE, CONSTANT = "cumul", "passage", "constant"
SANS_BORNE = 1e9
_ROLES = ("numerateur", "denominateur", "concernes")


def nommer_constant(departs: pd.Series, arrivees: pd.Series) -> pd.Series:
    """L'« édition » des valeurs à périmètre constant de chaque comparaison."""
    return CONSTANT + departs.astype(str) + "-" + arrivees.astype(str)


def allotir(table: pd.DataFrame, couverture: pd.DataFrame, territoires: pd.DataFrame) -> pd.Series:
    """Ce que chaque ligne couvre : vide si c'est tout ce qui est là, sinon les bailleurs qui ont livré, sans ceux que
    la ligne laisse de côté (``absents``).

    Deux indicateurs ne comptent la même chose en un lieu que s'ils y couvrent les mêmes bailleurs. Un foyer est hors du
    champ de certains : on sait où il y en a, puisque leur bailleur y a des lignes.
    """
    cles = ["annee", "indicateur"]
    livres = couverture[couverture["statut"].eq("livre")].groupby(cles)["bailleur"].agg(lambda b: " ".join(sorted(b)))
    hors = couverture[couverture["statut"].eq("hors_champ")]

    def livrer(lignes: pd.DataFrame) -> np.ndarray:
        return livres.reindex(pd.MultiIndex.from_frame(lignes[cles]), fill_value="?").to_numpy(object)

    lots = livrer(table)
    # Un cumul dont les bailleurs ont changé en chemin ne couvre ce que couvre aucune de ses années.
    cumulee = table["edition"].str.startswith(CUMUL)
    for ans in range(1, ANNEES):
        alors = livrer(table.assign(annee=table["annee"] - ans))
        lots = np.where(cumulee & (alors != lots), "? " + alors + ", " + lots, lots)
    absents = table.get("absents", pd.Series("", table.index)).fillna("")
    couples = pd.Series(list(zip(lots, absents, strict=True)))
    gardes = {c: " ".join(b for b in c[0].split() if b not in c[1].split()) for c in couples.unique()}
    leurs = table["bailleur"].isin(set(hors["bailleur"]))
    lieux = pd.MultiIndex.from_frame(table.loc[leurs, ["annee", "territoire"]].drop_duplicates())
    parents = territoires.drop_duplicates("code").set_index("code")["parent"]
    avec, lieu = np.zeros(len(table), dtype=bool), table["territoire"]
    for _ in range(3):
        avec |= pd.MultiIndex.from_arrays([table["annee"], lieu]).isin(lieux)
        lieu = lieu.map(parents)
    hors_champ = pd.MultiIndex.from_frame(table[cles]).isin(pd.MultiIndex.from_frame(hors[cles]))
    champ = avec & (table["bailleur"].eq(TOUS) | leurs) & hors_champ
    lots = couples.map(gardes).to_numpy(object)
    return pd.Series(np.where(champ | (table["couverture"] < 1), lots, ""), index=table.index)


def relever(
    parues: Sequence[tuple[pd.DataFrame, Regles]],
    passages: Sequence[tuple[pd.DataFrame, Regles]],
    definitions: Definitions,
) -> tuple[pd.DataFrame, list[Bruit]]:
    """Une ligne par compte nommé, et les lois du bruit.

    ``parues`` : des tables publiées, chacune avec ``edition``, ``exacte``, ``lot`` (:func:`allotir`) et, pour juger,
    ``vrai_<rôle>`` ; ``passages`` : de même, des variations. Rend :data:`LIEU`, ``colonne``, ``cache``, ``plancher`` et
    ``plafond`` sûrs, ``vu_bas`` et ``vu_haut`` du compte bruité, sa ``loi``, ``unites_de`` quelle table il compte,
    ``unites`` publiées à côté et ``vrai``.
    """
    declarations, lois, morceaux = catalogue(), {}, []
    roles = pd.DataFrame([(*cle, rang, definitions.tables[cle]) for cle, rang in definitions.roles.items()],
                         columns=["indicateur", "role", "colonne", "unites_de"])  # fmt: skip
    for table, regles in (*((_lire(t), r) for t, r in parues), *((_lire_les_passages(t), r) for t, r in passages)):
        comptes = table.merge(roles, on=["indicateur", "role"])
        for source in dict.fromkeys(declarations[code].source for code in comptes["indicateur"].unique()):
            siens = [code for code, d in declarations.items() if d.source == source]
            loi = regles.bruit_de(source)
            ici = borner_les_comptes(comptes[comptes["indicateur"].isin(siens)], loi, regles.seuil_de(source))
            morceaux.append(ici.assign(loi=lois.setdefault(loi, len(lois))))
    return pd.concat(morceaux, ignore_index=True), list(lois)


def _lire(table: pd.DataFrame) -> pd.DataFrame:
    """Une ligne par rôle de chaque ligne publiée, et entre quoi est le compte qui s'y lit : lui-même ; au moins lui,
    s'il bute sur le tout ou sur la part qui le contient ; ce que dit le taux de réponse, arrondi."""
    ici = [table["annee"], table["niveau"], table["indicateur"], table["bailleur"].eq(TOUS)]
    table = table[table["statut"].isin(["publie", "c"]).groupby(ici).transform("any")].reset_index(drop=True)
    bruitee = table["statut"].eq("publie") & ~table["exacte"]
    # Là où quelque chose paraît, ce qui est caché l'est parce que ses unités sont trop peu.
    table["petite"] = bruitee.groupby([table[c] for c in LIEU]).transform("any") & table["statut"].eq("c")
    haut, bas, reponse = (table[c].to_numpy(float) for c in ("numerateur", "denominateur", "reponse"))
    cles = [*CELLULE, "indicateur", "edition"]
    contenants = table[cles].assign(indicateur=table["indicateur"].map({c: d.dans for c, d in catalogue().items()}))
    la = pd.MultiIndex.from_frame(table[cles]).get_indexer(pd.MultiIndex.from_frame(contenants))
    bute = ((haut == bas) | (haut == np.where(la >= 0, haut[la], np.nan))) & ~table["exacte"].to_numpy(bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        concernes = np.ceil(bas / (reponse + 0.005)), np.where(reponse < 1, np.floor(bas / (reponse - 0.005)), np.inf)
    lus = {"numerateur": (haut, np.where(bute, np.inf, haut)), "denominateur": (bas, bas), "concernes": concernes}
    garde = table[[*LIEU, "indicateur", "statut", "exacte", "petite"]].assign(unites=bas, logements=_logements(table))
    return pd.concat([
        garde.assign(role=role, bas=lus[role][0], haut=lus[role][1], vrai=table.get(f"vrai_{role}", np.nan))
        for role in _ROLES
    ], ignore_index=True)  # fmt: skip


def _logements(table: pd.DataFrame) -> np.ndarray:
    """Ceux de la cellule de chaque ligne, tels qu'ils paraissent ; manquants s'ils ne paraissent pas."""
    connus = table[table["indicateur"].eq("nb_logements")].drop_duplicates(CELLULE).set_index(CELLULE)["valeur"]
    return connus.reindex(pd.MultiIndex.from_frame(table[CELLULE])).to_numpy(float)


def _lire_les_passages(table: pd.DataFrame) -> pd.DataFrame:
    """De même, une ligne par compte de passage ; le reste d'une somme, que personne ne publie, est caché."""
    lieu = table.assign(edition=PASSAGE + table["depart"].astype(str), lot=table["absents"].fillna(""), petite=False)
    return pd.concat([
        lieu[[*LIEU, "indicateur", "exacte", "petite"]].assign(
            role=role, statut="publie" if role in table else "c", bas=table.get(role, np.nan),
            haut=table.get(role, np.nan), vrai=table.get(f"vrai_{role}", np.nan),
            unites=table[somme[0]] if role in table else np.nan, logements=np.nan,
        )[table[somme[0]].notna()]
        for somme in SOMMES for role in somme
    ], ignore_index=True)  # fmt: skip


def borner_les_comptes(comptes: pd.DataFrame, loi: Bruit, seuil: int) -> pd.DataFrame:
    """Les bornes sûres de chaque compte (:func:`_lire`), et entre quoi s'y lit le compte bruité."""
    declarations = catalogue()
    nature = attribuer(comptes["indicateur"], {code: d.nature for code, d in declarations.items()})
    datee = attribuer(comptes["indicateur"], {c: compte_chaque_annee(d) for c, d in declarations.items()}, bool)
    publie, cache, muet = (comptes["statut"].eq(s).to_numpy() for s in ("publie", "c", "nd"))
    exacte, petite = (comptes[c].to_numpy(bool) for c in ("exacte", "petite"))
    haut_du_rapport, denominateur, concernes = (comptes["role"].eq(role).to_numpy() for role in _ROLES)
    bas, haut = (comptes[c].to_numpy(float) for c in ("bas", "haut"))
    plancher, plafond = (np.where(exacte, lu, b) for lu, b in zip((bas, haut), etendue(loi, bas, haut), strict=True))
    juge = publie & ~exacte & (denominateur | concernes) & (nature != "effectif")
    plancher = np.where(juge, np.fmax(plancher, seuil), plancher)
    cumulee = comptes["edition"].str.startswith(CUMUL).to_numpy()
    petite = petite & (~cumulee | datee) & (denominateur | haut_du_rapport & np.isin(nature, ["proportion", "ecart"]))
    # Sans objet, une année n'a personne ; trois années, il suffit que l'une d'elles n'ait personne. Mais un rapport
    # sans objet ne dit que son dénominateur, et une valeur non disponible a des concernés, dont personne n'a répondu.
    libre = cache | cumulee | (haut_du_rapport & (nature == "rapport")) | (muet & concernes)
    # Sous le seuil, le compte exact ou le compte bruité, qui peut en être loin.
    dernier = np.array([seuil - 1])
    flou = seuil_flou(comptes, comptes["logements"], seuil, loi)
    dernier = np.where(flou, etendue(loi, dernier, dernier)[1], dernier)
    plafond = np.where(publie, plafond, np.where(petite, dernier, np.where(libre, SANS_BORNE, 0)))
    vue = publie & ~exacte & np.isfinite(bas)
    return comptes.drop(columns=["bas", "haut", "exacte", "petite", "statut", "logements"]).assign(
        cache=cache, plancher=np.nan_to_num(np.where(publie, plancher, 0.0)).clip(min=0),
        plafond=np.nan_to_num(plafond, nan=SANS_BORNE, posinf=SANS_BORNE),
        vu_bas=np.where(vue, bas, np.nan), vu_haut=np.where(vue, haut, np.nan),
    )  # fmt: skip


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

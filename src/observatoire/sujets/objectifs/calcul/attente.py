"""L'attente des demandeurs d'une année : satisfaits, en attente, retirés.

Les satisfaits sont les baux signés (``attributions``), ceux qui attendent les demandes actives au 31 décembre
(``demandes``). Une demande active un an plus tôt et qui n'est plus là s'est retirée, si elle n'a pas été satisfaite :
aucun dépôt ne relie un bail à sa demande, on retire donc des disparues, âge par âge, autant que de satisfaites. Elles
comptent comme observées la moitié de l'année.

Ce qu'on ne voit pas : une demande déposée et retirée la même année. L'attente n'est pas celle d'un quartier ni d'un
bailleur : une demande s'adresse à tous.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.baremes import BaremeAbsent, Baremes, SansObjet
from observatoire.configuration import Configuration
from observatoire.conserves import ATTENTES_SUIVANTES, annees_conservees, dossier_conserve, lire_conserve
from observatoire.publie import Parution
from observatoire.statistique.concurrents import Incidences, estimer_les_incidences
from observatoire.sujets.objectifs.tables import ATTENTES, ATTENTES_PUBLIEES

#: Le délai local au-delà duquel l'attente est anormalement longue, en mois.
SEUIL = "delai_anormalement_long"
QUANTILES = {"quart": 0.25, "mediane": 0.5, "trois_quarts": 0.75}
#: Ce que sont devenues les demandes au seuil : la part qui attend encore, puis celle de chaque cause de sortie.
AU_SEUIL, SATISFAITES, RETIREES = DEVENIRS = ("au_seuil", "satisfaites_au_seuil", "retirees_au_seuil")
#: groupe -> la colonne qui le dit, dans ``demandes`` comme dans ``attributions``.
GROUPES = {"ensemble": None, "type_demande": "type_demande", "quartile_ressources": "quartile_ressources"}
#: ``valeur`` et ses bornes : des mois, ou une part pour :data:`DEVENIRS`.
MESURES = ["valeur", "borne_basse", "borne_haute"]
COLONNES, PUBLIEES = ATTENTES.noms, ATTENTES_PUBLIEES.noms
_EFFECTIFS = [nom for nom in ATTENTES.noms_des_mesures if nom not in MESURES]
#: Décimales d'une part qui paraît ; un âge est un nombre entier de mois.
DECIMALES = 2
#: Ce que les attentes supposent publié pour le territoire entier.
_SUPPOSES = ("attributions", "demandes_actives")
_TRAITS = ["type_demande", "quartile_ressources"]
_DEMI_ANNEE, _SANS_ATTENTE_AVANT = 6, -1


def estimer_les_attentes(config: Configuration, baremes: Baremes) -> pd.DataFrame:
    """Les délais de chaque année dont la demande est connue au début et à la fin (:data:`COLONNES`)."""
    prepare, gardees = config.chemin("prepare") / "tables", annees_conservees(config)
    morceaux = []
    for annee in config.annees:
        if annee - 1 not in config.annees or annee in gardees:
            continue
        if annee - 1 in gardees:
            morceaux += _reprendre(config, annee)
            continue
        demandes = ["id_demande", "date_depot", *_TRAITS]
        avant, apres = (
            pd.read_parquet(prepare / str(a) / "demandes.parquet", columns=demandes) for a in (annee - 1, annee)
        )
        signes = ["date", "mois_attente", *_TRAITS]
        baux = pd.read_parquet(prepare / str(annee) / "attributions.parquet", columns=signes)
        if len(avant) and len(apres) and len(baux):
            morceaux.append(estimer_une_annee(observer(avant, apres, baux, annee), annee, _seuil(baremes, annee)))
    return pd.concat(morceaux, ignore_index=True) if morceaux else pd.DataFrame(columns=COLONNES)


def _reprendre(config: Configuration, annee: int) -> list[pd.DataFrame]:
    """Ce qui a été estimé avant que les demandes de l'année d'avant ne soient effacées."""
    if not (dossier_conserve(config, annee - 1) / f"{ATTENTES_SUIVANTES}.parquet").is_file():
        return []
    table = lire_conserve(config, annee - 1, ATTENTES_SUIVANTES)
    return [table] if len(table) else []


def _seuil(baremes: Baremes, annee: int) -> float | None:
    try:
        return baremes.au_31_decembre(annee)(SEUIL)
    except (SansObjet, BaremeAbsent):
        return None


def observer(avant: pd.DataFrame, apres: pd.DataFrame, baux: pd.DataFrame, annee: int) -> pd.DataFrame:
    """Ce que l'on a vu de chaque demande pendant l'année.

    ``avant``, ``apres`` : demandes actives au 31 décembre d'avant et de l'année ; ``baux`` : ``date`` et
    ``mois_attente``. Rend ``entree`` et ``sortie`` (âges en mois), ``evenement`` (satisfaite), ``retiree``,
    ``poids`` et les traits.
    """
    age = _age(apres["date_depot"], annee)
    attendent = pd.DataFrame({"entree": age - 12, "sortie": age, "evenement": False, "poids": 1.0})
    signes = baux[baux["mois_attente"].notna()]
    attente = signes["mois_attente"].round()
    servies = pd.DataFrame(
        {"entree": attente - signes["date"].dt.month, "sortie": attente, "evenement": True, "poids": 1.0}
    )
    disparues = avant[~avant["id_demande"].isin(apres["id_demande"])]
    tables = [attendent.join(apres[_TRAITS]), servies.join(signes[_TRAITS])]
    tables.append(_retirees(disparues.assign(age=_age(disparues["date_depot"], annee - 1)), tables[1]))
    vues = pd.concat([t[t["sortie"].notna()] for t in tables], ignore_index=True)
    return vues.assign(entree=vues["entree"].clip(lower=_SANS_ATTENTE_AVANT), retiree=vues["retiree"].eq(True))


def _age(depots: pd.Series, annee: int) -> pd.Series:
    """L'âge d'une demande, en mois, au 31 décembre de l'année."""
    return (annee - depots.dt.year) * 12 + 12 - depots.dt.month


def _retirees(disparues: pd.DataFrame, servies: pd.DataFrame) -> pd.DataFrame:
    """Les demandes disparues qui n'ont pas été satisfaites : âge par âge et trait par trait, en nombre."""
    cles = ["age", *_TRAITS]
    parties = disparues.groupby(cles, dropna=False, observed=True).size()
    anciennes = servies.assign(age=servies["entree"])[servies["entree"].ge(0)]
    prises = anciennes.groupby(cles, dropna=False, observed=True).size()
    compte = pd.concat([parties.rename("p").reset_index(), prises.rename("s").reset_index()])
    restes = compte.groupby(cles, dropna=False, observed=True)[["p", "s"]].sum().reset_index()
    poids = (restes["p"] - restes["s"]).clip(lower=0)
    retirees = restes[_TRAITS].assign(
        entree=restes["age"], sortie=restes["age"] + _DEMI_ANNEE, evenement=False, retiree=True, poids=poids
    )
    return retirees[poids.gt(0)]


def estimer_une_annee(vues: pd.DataFrame, annee: int, seuil: float | None) -> pd.DataFrame:
    """Les quartiles de l'attente de l'ensemble et de chaque groupe, et ce qu'ils sont devenus au ``seuil``."""
    lignes = []
    for groupe, colonne in GROUPES.items():
        if colonne is None:
            lignes += _mesurer(vues, annee, groupe, "tous", seuil)
            continue
        for modalite in sorted(vues[colonne].dropna().unique()):
            lignes += _mesurer(vues[vues[colonne].eq(modalite)], annee, groupe, modalite, seuil)
    return pd.DataFrame(lignes, columns=COLONNES)


def publier_les_attentes(
    attentes: pd.DataFrame, publiees: pd.DataFrame, tout: tuple[str, str], seuil: int
) -> pd.DataFrame:
    """Les attentes telles qu'un public les lit (:data:`PUBLIEES`) : des mois entiers, des parts au centième.

    ``publiees`` : les indicateurs de ce public. ``tout`` : niveau et code du territoire entier. ``c`` : moins de
    ``seuil`` demandes satisfaites, qui attendent, ou observées à cet âge ; ``ne`` : un âge que l'observation n'atteint
    pas ; sinon le statut de ce dont l'attente se tire.
    """
    parution = Parution(publiees[publiees["indicateur"].isin(_SUPPOSES)])
    lieu = attentes.assign(niveau=tout[0], territoire=tout[1], bailleur="tous")
    statuts = [parution.statuts(lieu, indicateur=code) for code in _SUPPOSES]
    statut = np.where(statuts[0].eq("publie"), statuts[1], statuts[0])
    petit = attentes[_EFFECTIFS].lt(seuil)
    petit["risque"] &= attentes["valeur"].notna()
    statut = np.where((statut == "publie") & petit.any(axis=1), "c", statut)
    statut = np.where((statut == "publie") & attentes["valeur"].isna(), "ne", statut)
    table = attentes.assign(statut=statut)[PUBLIEES]
    decimales = np.where(table["mesure"].isin(DEVENIRS), 10.0**DECIMALES, 1)[:, None]
    table[MESURES] = ((table[MESURES] * decimales).round() / decimales).where(table["statut"].eq("publie"))
    return table


def _mesurer(vues: pd.DataFrame, annee: int, groupe: str, modalite: str, seuil: float | None) -> list[tuple]:
    cause = np.select([vues["evenement"], vues["retiree"]], [0, 1], -1)
    incidences = estimer_les_incidences(vues["entree"], vues["sortie"], cause, 2, vues["poids"])
    satisfaites, en_attente = (float(vues.loc[cause == rang, "poids"].sum()) for rang in (0, -1))
    mesures = {nom: incidences.age(incidences.sorties[0], part) for nom, part in QUANTILES.items()}
    if seuil is not None and len(incidences.temps):
        mesures |= _au_seuil(incidences, seuil)
    return [(annee, groupe, modalite, nom, *valeurs, satisfaites, en_attente) for nom, valeurs in mesures.items()]


def _au_seuil(incidences: Incidences, seuil: float) -> dict[str, tuple[float, float, float, float]]:
    courbes = zip(DEVENIRS, (incidences.attend, *incidences.sorties), strict=True)
    return {nom: incidences.a(courbe, seuil) for nom, courbe in courbes}

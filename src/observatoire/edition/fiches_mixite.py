"""La fiche d'un indice de mixité : sa définition, puis ses valeurs pour la ville."""

from __future__ import annotations

import pandas as pd

from observatoire.echappement import pour_myst
from observatoire.presentation.nombres import ABSENT, ecrire, ecrire_statut, legende_statuts
from observatoire.publie import Contenu
from observatoire.vocabulaire import AGGLOMERATION, QUARTIER, SECTEUR, VILLE

_ENTRE = {
    QUARTIER: "entre quartiers", SECTEUR: "entre secteurs", VILLE: "toute la ville",
    AGGLOMERATION: "toute l'agglomération",
}  # fmt: skip


def noms_des_groupes(contenu: Contenu) -> dict[str, str]:
    """Le nom de chaque groupe : celui de son indicateur, ou ce que les modalités de sa répartition ont en commun."""
    catalogue = contenu.table("catalogue")
    repartitions = {d["groupe"]: d["libelle"].split(" : ")[0] for d in catalogue.values() if d.get("groupe")}
    return {code: d["libelle"] for code, d in catalogue.items()} | repartitions


def fiche_de_mixite(indice: dict, table: pd.DataFrame, noms: dict[str, str], de: str) -> str:
    """Le Markdown d'une fiche. ``indice`` : ``code``, ``libelle``, ``fiche`` ; ``table`` : celle de la ville."""
    siennes = table[table["indice"].eq(indice["code"])]
    parties = [f"# {indice['libelle']}", indice["fiche"].strip(), f"## Valeurs {pour_myst(de)}"]
    if siennes.empty:
        return "\n\n".join([*parties, "Aucune valeur n'est disponible pour la ville."]) + "\n"
    for (groupe, niveau), lignes in siennes.groupby(["groupe", "niveau"], sort=False):
        parties += [
            f"### {pour_myst(noms.get(groupe, groupe))}, {_ENTRE[niveau]}",
            _tableau(lignes.sort_values("annee")),
        ]
    return "\n\n".join(parties) + "\n"


def _tableau(lignes: pd.DataFrame) -> str:
    corps = "\n".join(
        f"| {r['annee']} | {_valeur(r)} | {_bornes(r)} | {_nombre(r['attendu_hasard'])} | {_nombre(r['p_hasard'])} |"
        for r in lignes.to_dict("records")
    )
    tete = "| Année | Valeur | Intervalle à 95 % | Au hasard | p |\n|:--|--:|--:|--:|--:|\n"
    legende = f"\n\n{statuts}." if (statuts := legende_statuts(corps)) else ""
    return f"{tete}{corps}{legende}"


def _valeur(ligne: dict) -> str:
    if ligne["statut"] != "publie":
        return ecrire_statut(ligne["statut"], html=True)
    return ecrire(ligne["valeur"], decimales=4)


def _bornes(ligne: dict) -> str:
    bas, haut = _nombre(ligne["borne_basse"]), _nombre(ligne["borne_haute"])
    return ABSENT if pd.isna(ligne["borne_basse"]) else f"{bas} à {haut}"


def _nombre(valeur: float) -> str:
    return ABSENT if pd.isna(valeur) else ecrire(valeur, decimales=4)

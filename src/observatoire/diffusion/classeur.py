"""Le classeur à lire : une feuille par famille d'indicateurs, un tableau par feuille, accessible (gptables).

Guide suivi : « Releasing statistics in spreadsheets » (Analysis Function du Royaume-Uni), que gptables met en œuvre.
"""

from __future__ import annotations

import io
import warnings

import pandas as pd

from observatoire.diffusion import notices
from observatoire.presentation.nombres import ecrire_reference
from observatoire.publie import Contenu
from observatoire.vocabulaire import STATUTS, UNITES, multiplier

_INTERDITS = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_COLONNES = (
    "Indicateur", "Territoire", "Date", "Valeur", "Borne basse", "Borne haute", "Numérateur", "Dénominateur",
)  # fmt: skip
_SANS = "s.o."


def composer(contenu: Contenu) -> bytes:
    """Le classeur XLSX : la dernière année, la ville et ses quartiers, tous bailleurs ensemble."""
    import gptables

    edition, catalogue = contenu.table("edition"), contenu.table("catalogue")
    lignes = contenu.table("indicateurs")
    niveaux = [edition["niveau"], "quartier"]
    lignes = lignes[
        lignes["annee"].eq(edition["annees"][-1]) & lignes["bailleur"].eq("tous") & lignes["niveau"].isin(niveaux)
    ]
    familles: dict[str, list[str]] = {}
    for code, declaration in catalogue.items():
        familles.setdefault(declaration["famille"], []).append(code)
    feuilles = {
        famille.translate(_INTERDITS)[:31]: gptables.GPTable(
            table=_table(lignes, codes, contenu),
            table_name=f"tableau_{rang}",
            title=en_clair(f"{famille}, {edition['nom']}, {edition['annees'][-1]}"),
            subtitles=[en_clair(notices.intituler(edition))],
            instructions="Cette feuille contient un tableau, dont la première ligne nomme les colonnes.",
            legend=[f"{s.signe} : {s.libelle}" for s in STATUTS.values()] + [f"{_SANS} : sans objet"],
            source=en_clair(f"{edition['titre']}. {notices.licence(edition).nom}"),
            index_columns={1: 0},
        )
        for rang, (famille, codes) in enumerate(familles.items(), start=1)
    }
    sortie = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gptables voudrait une feuille de notes, et emploie un pandas d'hier
        livre = gptables.produce_workbook(
            sortie,
            feuilles,
            contentsheet_label="Sommaire",
            contentsheet_options={
                "title": en_clair(notices.intituler(edition)),
                "subtitles": [],
                "instructions": "Une feuille par famille d'indicateurs ; toutes les années sont dans les fichiers CSV.",
                "column_names": ["Feuille", "Tableau"],
                "table_name": "sommaire",
            },
            auto_width=False,
            workbook_options={
                "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            },
        )  # fmt: skip
    livre.set_properties({"title": notices.intituler(edition), "author": edition["titre"], "created": _date(edition)})
    livre.close()
    return sortie.getvalue()


def en_clair(texte: str) -> str:
    """Un texte où gptables ne verra ni lien ni appel de note : « [x](y) » et « $$x$$ » y prennent une espace.

    >>> en_clair("[x](y) $$1$$")
    '[x] (y) $ $1$ $'
    """
    return texte.replace("](", "] (").replace("$$", "$ $")


def _date(edition: dict):
    """La date que porte le classeur : celle de la situation, pour que les mêmes données donnent les mêmes octets."""
    return pd.Timestamp(edition["annees"][-1], 12, 31, 12).to_pydatetime()


def _table(lignes: pd.DataFrame, codes: list[str], contenu: Contenu) -> pd.DataFrame:
    """Une ligne par indicateur et territoire ; une valeur cachée est remplacée par son sigle, un vide par un tiret."""
    catalogue, annee = contenu.table("catalogue"), contenu.table("edition")["annees"][-1]
    siennes = lignes[lignes["indicateur"].isin(codes)]
    rang = pd.Categorical(siennes["indicateur"], categories=codes, ordered=True)
    siennes = siennes.assign(rang=rang).sort_values(["rang", "niveau", "territoire"], kind="stable")
    unites = siennes["indicateur"].map(lambda code: catalogue[code]["unite"])
    facteurs, decimales = unites.map(multiplier), unites.map(lambda u: UNITES[u].decimales if u in UNITES else 1)
    mesures = {
        nom: _arrondir(siennes[colonne] * facteurs, decimales)
        for nom, colonne in (("Valeur", "valeur"), ("Borne basse", "borne_basse"), ("Borne haute", "borne_haute"))
    }
    sigles = siennes["statut"].map({code: s.signe for code, s in STATUTS.items()})
    lieux = zip(siennes["niveau"], siennes["territoire"], strict=True)
    table = pd.DataFrame(
        {
            "Indicateur": siennes["indicateur"].map(lambda c: f"{catalogue[c]['libelle']} ({catalogue[c]['unite']})"),
            "Territoire": [contenu.noms.get(lieu, lieu[1]) for lieu in lieux],
            "Date": siennes["indicateur"].map(lambda code: ecrire_reference(catalogue[code], annee)),
            **{nom: serie.astype(object) for nom, serie in mesures.items()},
            "Numérateur": siennes["numerateur"].astype(object),
            "Dénominateur": siennes["denominateur"].astype(object),
        },
        columns=_COLONNES,
    )
    table["Valeur"] = table["Valeur"].where(siennes["valeur"].notna(), sigles.fillna(STATUTS["nd"].signe))
    table = table.where(table.notna(), _SANS).reset_index(drop=True)
    return table.map(lambda case: en_clair(case) if isinstance(case, str) else case)


def _arrondir(valeurs: pd.Series, decimales: pd.Series) -> pd.Series:
    return pd.concat([v.round(n) for n, v in valeurs.groupby(decimales.to_numpy())]).reindex(valeurs.index)

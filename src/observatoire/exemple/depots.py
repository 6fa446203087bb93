"""Écrire les dépôts comme les bailleurs les envoient : chacun son format, ses oublis, ses tables."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.exemple import flux
from observatoire.exemple.scenario import Scenario
from observatoire.exemple.vie import Annee

OUI_NON = ("apl", "minima_sociaux", "impaye_3_mois")
A_PEU_PRES = {"composition": 0.01, "activite": 0.08, "apl": 0.02, "minima_sociaux": 0.04, "impaye_3_mois": 0.01}
DES_MENAGES = [
    "id_logement", "tranche_plafond", "composition", "nb_enfants", "nb_occupants", "age_titulaire", "activite", "apl",
    "minima_sociaux", "annee_emmenagement", "impaye_3_mois",
]  # fmt: skip


def tables_de_l_annee(etat: Annee, scenario: Scenario, immeubles, logements, verites, alea) -> dict[str, pd.DataFrame]:
    """Les six tables d'une année, tous bailleurs ensemble ; chacune a une colonne ``bailleur`` pour les séparer."""
    debout = np.bincount(logements["im"].to_numpy()[etat.present], minlength=len(immeubles)) > 0
    du_parc = immeubles[debout]
    deposes = pd.DataFrame(
        {
            **{c: du_parc[c] for c in ("id_immeuble", "bailleur", "libelle", "x", "y")},
            "quartier": du_parc["quartier"].where(du_parc["code_donne"], ""),
            "secteur": du_parc["secteur"].where(du_parc["code_donne"] & du_parc["secteur"].ne(du_parc["quartier"]), ""),
            "qpv": du_parc["qpv"],
        }
    )
    return {
        "immeubles": deposes,
        "logements": _logements(etat, scenario, immeubles, logements),
        "menages": _menages(etat, logements, alea),
        "attributions": flux.attributions(etat, logements, alea),
        "signalements": flux.signalements(etat, immeubles, logements, verites, alea),
        "programmes": flux.programmes(etat.annee, immeubles, scenario, alea),
    }


def _logements(etat: Annee, scenario: Scenario, immeubles, logements) -> pd.DataFrame:
    hausse = (1 + scenario["hausse_loyer"]) ** (etat.annee - scenario.annees[0])
    occupation = etat.logements["occupation"]
    table = pd.DataFrame(
        {
            "id_logement": logements["id_logement"],
            "id_immeuble": immeubles["id_immeuble"].to_numpy()[logements["im"]],
            **{c: logements[c] for c in ("bailleur", "nb_pieces", "surface_m2")},
            "loyer_eur": (logements["loyer_2007"] * hausse).round(2),
            **{c: logements[c] for c in ("financement", "annee_construction", "annee_premiere_location", "dpe")},
            "occupation": occupation,
            "mois_vacance": etat.logements["mois_vacance"].where(occupation.eq("vacant")),
            "date_bail": etat.menages["date_bail"].where(occupation.eq("loue")),
        }
    )[etat.present]
    table.iloc[len(table) // 3, table.columns.get_loc("loyer_eur")] = 3.0  # un doute planté : un loyer de 3 €
    return table


def _menages(etat: Annee, logements: pd.DataFrame, alea) -> pd.DataFrame:
    """Les ménages qui ont répondu ; quelques réponses manquent, et un ménage reste dans un logement vacant."""
    loue = etat.present & etat.logements["occupation"].eq("loue").to_numpy()
    taux = logements["bailleur"].map(lambda b: 0.80 + 0.12 * (sum(map(ord, b)) % 7) / 6).to_numpy()
    repond = loue & (etat.menages["repond"].to_numpy() < taux)
    vacants = np.flatnonzero(etat.present & etat.logements["occupation"].eq("vacant").to_numpy())
    repond[vacants[:1]] = True
    menages = etat.menages.assign(id_logement=logements["id_logement"], bailleur=logements["bailleur"])[repond]
    menages = menages.assign(**{c: np.where(menages[c], "oui", "non") for c in OUI_NON})
    oublis = {c: menages[c].mask(alea.random(len(menages)) < part, "nr") for c, part in A_PEU_PRES.items()}
    return menages.assign(**oublis)[[*DES_MENAGES, "bailleur"]]


def ecrire(table: pd.DataFrame, dossier: Path, nom: str, format_: Callable) -> None:
    """Écrire une table dans ``dossier`` au format d'un déposant."""
    format_(table, dossier / nom)


def _textes(table: pd.DataFrame, decimale: str) -> pd.DataFrame:
    """Tout en texte : dates JJ/MM/AAAA ou ISO, entiers sans décimale, virgule ou point."""
    jours = "%d/%m/%Y" if decimale == "," else "%Y-%m-%d"
    colonnes = {}
    for nom, colonne in table.items():
        if pd.api.types.is_datetime64_any_dtype(colonne):
            colonnes[nom] = colonne.dt.strftime(jours).fillna("")
        elif pd.api.types.is_float_dtype(colonne):
            entiere = colonne.dropna().mod(1).eq(0).all()
            texte = colonne.astype("Int64").astype("str") if entiere else colonne.astype("str")
            colonnes[nom] = texte.where(colonne.notna(), "").str.replace(".", decimale, regex=False)
        else:
            colonnes[nom] = colonne.astype("str")
    return pd.DataFrame(colonnes)


def _csv(separateur: str, encodage: str, decimale: str) -> Callable:
    def ecrire_csv(table: pd.DataFrame, chemin: Path) -> None:
        texte = _textes(table, decimale).to_csv(index=False, sep=separateur, lineterminator="\r\n")
        chemin.with_name(f"{chemin.name}.csv").write_bytes(texte.encode(encodage))

    return ecrire_csv


def _xlsx(table: pd.DataFrame, chemin: Path) -> None:
    from openpyxl import Workbook

    classeur = Workbook(write_only=True)
    feuille = classeur.create_sheet(chemin.name.partition("_")[0].capitalize())
    feuille.append(list(table.columns))
    manque = table.isna().to_numpy()
    cellules = table.astype(object).to_numpy()
    cellules[manque] = None
    for ligne in cellules.tolist():
        feuille.append(ligne)
    tampon = io.BytesIO()
    classeur.save(tampon)
    chemin.with_name(f"{chemin.name}.xlsx").write_bytes(_sans_date(tampon.getvalue()))


def _ods(table: pd.DataFrame, chemin: Path) -> None:
    tampon = io.BytesIO()
    _textes(table, ",").to_excel(
        tampon, engine="odf", index=False, sheet_name=chemin.name.partition("_")[0].capitalize()
    )
    chemin.with_name(f"{chemin.name}.ods").write_bytes(_sans_date(tampon.getvalue()))


def _sans_date(archive: bytes) -> bytes:
    """La même archive sans l'heure de sa création : deux exemples de même graine sont identiques à l'octet."""
    sortie = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as cible:
        for nom in source.namelist():
            contenu = source.read(nom)
            if nom in ("docProps/core.xml", "meta.xml"):
                contenu = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", b"2007-12-31T12:00:00", contenu)
            cible.writestr(zipfile.ZipInfo(nom, (2007, 12, 31, 12, 0, 0)), contenu, zipfile.ZIP_DEFLATED)
    return sortie.getvalue()


FORMATS = {
    "saiemb": _xlsx,
    "habitat25": _csv(";", "cp1252", ","),
    "neolia": _csv(",", "utf-8", "."),
    "adoma": _ods,
}
ORDINAIRE = _csv(";", "utf-8-sig", ",")

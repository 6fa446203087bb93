"""Lire le fichier détail du RPLS comme une table d'immeubles et une table de logements.

Le RPLS du 1er janvier N+1 décrit l'année N. Il ne dit ni le bailleur, ni le loyer, ni l'occupation : ces colonnes sont
entièrement manquantes, et ce qui s'en déduit n'est pas disponible.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.communes import ARRONDISSEMENTS
from observatoire.lecture.depots import Fichier, Traitement
from observatoire.lecture.entetes import reconnaitre
from observatoire.lecture.fichiers import Lu
from observatoire.lecture.problemes import Probleme, par_valeur
from observatoire.lecture.rpls_modeles import (
    ADRESSE,
    CARACTERES,
    ENTETES,
    FINANCEMENTS,
    PLACE,
    choisir_dessin,
    facultatives,
    nom_commun,
)
from observatoire.lecture.rpls_traitements import constater, sans_numero
from observatoire.lecture.rpls_valeurs import (
    compter_illisibles,
    en_etiquette,
    en_nombre,
    en_qpv,
    illisibles,
    positions,
    refuser_illisibles,
    refuser_systemes,
)
from observatoire.schemas import Schema
from observatoire.vocabulaire import QUARTIER, SECTEUR

#: Un code de commune française ; « NC », 99 (étranger) et un en-tête répété n'en sont pas.
COMMUNE = r"(?:0[1-9]|[13-8]\d|2[\dAB]|9[0-5])\d{3}|97[1-8]\d\d"
SANS_COMMUNE = "Logement sans code de commune française."
NOMBRES = {
    "nb_pieces": "NBPIECE",
    "surface_m2": "SURFHAB",
    "annee_construction": "CONSTRUCT",
    "annee_premiere_location": "LOCAT",
}


def lire_rpls(lu: Lu, fichier: Fichier, communes: tuple[str, ...] | None, schemas: dict[str, Schema]) -> None:
    """Remplir ``fichier.donnees`` (immeubles, logements), ses traitements et ses problèmes.

    ``communes`` : les codes de celles que l'on retient ; ``None`` pour les garder toutes, chacune tenant lieu de
    quartier. Quand il y en a plusieurs, les immeubles ont de plus la leur (``commune``).
    """
    dessin = choisir_dessin(lu.entete)
    noms, problemes = reconnaitre(lu.entete, ENTETES[dessin], facultatives(dessin))
    if problemes:
        fichier.problemes += problemes
        return
    textes = _textes(lu, noms)
    fichier.traitements = constater(textes)
    textes["DEPCOM"] = textes["DEPCOM"].str.zfill(5)
    commune = textes["DEPCOM"]
    if communes is not None:
        commune = commune.map(ARRONDISSEMENTS).astype("str").fillna(commune)
    hors = ~commune.str.fullmatch(COMMUNE) if communes is None else ~commune.isin(communes)
    phrase = f"Logement d'une autre commune que {_citer(communes)}." if communes else SANS_COMMUNE
    fichier.traitements.append(Traitement("hors_de_la_commune", "mis à part", int(hors.sum()), phrase))
    textes = textes[~(hors | (textes.duplicated() & ~sans_numero(textes)))]
    dans_le_fichier = dict(zip(textes.columns, textes.columns, strict=True)) | {nom_commun(nom): nom for nom in noms}
    masque = illisibles(textes)
    fichier.traitements += compter_illisibles(masque, dans_le_fichier)
    fichier.problemes += [
        *_problemes(textes, fichier.annee, communes),
        *refuser_illisibles(textes, masque, dans_le_fichier),
        *refuser_systemes(textes["EPSG"]),
    ]
    if fichier.refuse:
        return
    logements, hors_bornes = _logements(textes, fichier.deposant, schemas["logements"])
    fichier.traitements.append(hors_bornes)
    immeubles = _immeubles(textes, logements, fichier.deposant)
    if communes is None:
        immeubles["quartier"] = commune.reindex(immeubles.index)
    elif len(communes) > 1:
        immeubles["commune"] = commune.reindex(immeubles.index)
    fichier.donnees = {"immeubles": immeubles, "logements": logements}


def _textes(lu: Lu, noms: list[str]) -> pd.DataFrame:
    """Textes sous les noms communs, toutes les colonnes utiles présentes (vides si le dessin ne les a pas)."""
    textes = lu.cadre.set_axis([nom_commun(nom) for nom in noms], axis=1).set_axis(lu.lignes, axis=0)
    utiles = [*ADRESSE, *PLACE, *CARACTERES, "QPV", "PATRIMOINE", "DPEDATE", "DPEENERGIE", "X", "Y", "EPSG"]
    for colonne in utiles:
        if colonne not in textes:
            textes[colonne] = pd.Series("", index=textes.index, dtype="str")
    return textes


def aucun_logement(communes: tuple[str, ...] | None) -> Probleme:
    """Le problème d'un fichier où rien ne concerne le territoire."""
    return Probleme(
        "commune",
        f"aucun logement n'est dans la commune {_citer(communes)}."
        if communes
        else "aucun logement n'a de code de commune.",
        "Déposer l'extrait du RPLS de cette commune, ou corriger « territoire » dans la configuration.",
    )


def _citer(communes: tuple[str, ...]) -> str:
    """« 25056 », « 25056, 25495 ou 25532 »."""
    *premieres, derniere = communes
    return f"{', '.join(premieres)} ou {derniere}" if premieres else derniere


def _problemes(textes: pd.DataFrame, annee: int, communes: tuple[str, ...] | None) -> list[Probleme]:
    if textes.empty:
        return [aucun_logement(communes)]
    trop_tard = pd.to_numeric(textes["LOCAT"], errors="coerce") > annee + 1
    if not trop_tard.any():
        return []
    groupes = par_valeur(textes.loc[trop_tard, "LOCAT"], textes.index[trop_tard].to_series())
    return [
        Probleme(
            "annee",
            f"mise en location en {valeur}, après l'année {annee}.",
            f"Le RPLS du 1er janvier {annee + 1} va dans le dossier {annee} : vérifier le millésime du fichier.",
            "LOCAT",
            lignes,
        )
        for valeur, lignes in groupes.items()
    ]


def _logements(textes: pd.DataFrame, deposant: str, schema: Schema) -> tuple[pd.DataFrame, Traitement]:
    """La table ``logements``, plus ``qpv`` qui est déclaré ici logement par logement."""
    vide = pd.Series(np.nan, index=textes.index)
    logements = pd.DataFrame(dict.fromkeys(schema.colonnes, vide))
    hors_bornes = 0
    for nom, colonne in NOMBRES.items():
        valeurs = en_nombre(textes[colonne])
        bas, haut = schema.champs[nom].bornes
        admises = valeurs.between(bas, haut)
        hors_bornes += int((valeurs.notna() & valeurs.ne(0) & ~admises).sum())
        logements[nom] = valeurs.where(admises)
    logements["id_immeuble"] = _empreintes(textes[ADRESSE])
    logements["id_logement"] = _identifiants_de_logement(textes)
    logements["bailleur"] = pd.Series(deposant, index=textes.index, dtype="str")
    logements["financement"] = textes["FINAN"].map(FINANCEMENTS).astype("str")
    logements["dpe"] = en_etiquette(textes["DPEENERGIE"])
    logements["qpv"] = en_qpv(textes["QPV"])
    logements["occupation"] = vide.astype("str")
    logements["date_bail"] = vide.astype("datetime64[us]")
    phrase = "Surface, nombre de pièces ou année hors des bornes admises : manquant."
    return logements, Traitement("valeur_hors_bornes", "réparé", hors_bornes, phrase)


def _empreintes(colonnes: pd.DataFrame) -> pd.Series:
    """Identifiant court et stable : il ne dépend que du contenu, pas de l'ordre des lignes ni du fichier."""
    cle = colonnes.iloc[:, 0].str.upper()
    for nom in colonnes.columns[1:]:
        cle = cle + "|" + colonnes[nom].str.upper()
    hachees = pd.util.hash_pandas_object(cle, index=False)
    return pd.Series([f"{h:016x}" for h in hachees], index=colonnes.index, dtype="str")


def _identifiants_de_logement(textes: pd.DataFrame) -> pd.Series:
    """Adresse, place et caractères du logement ; un rang départage ceux que rien d'autre ne distingue.

    Le rang suit le contenu entier de la ligne, pour ne pas changer quand le fichier est trié autrement.
    """
    cles = [*ADRESSE, *PLACE, *CARACTERES]
    empreintes = _empreintes(textes[cles])
    rang = pd.Series(0, index=textes.index)
    semblables = textes[textes.duplicated(cles, keep=False)].sort_values(list(textes.columns))
    rang.loc[semblables.index] = semblables.groupby(cles).cumcount()
    return empreintes.mask(rang.gt(0), empreintes + "-" + (rang + 1).astype("str"))


def _immeubles(textes: pd.DataFrame, logements: pd.DataFrame, deposant: str) -> pd.DataFrame:
    """Un immeuble par adresse ; en QPV si la moitié au moins de ses logements le sont ; position médiane."""
    par_immeuble = logements.groupby("id_immeuble", sort=False)
    premieres = ~logements["id_immeuble"].duplicated()
    immeubles = pd.DataFrame({"id_immeuble": logements.loc[premieres, "id_immeuble"]})
    immeubles["bailleur"] = pd.Series(deposant, index=immeubles.index, dtype="str")
    adresse = textes.loc[premieres, ["NUMVOIE", "INDREP", "TYPVOIE", "NOMVOIE"]]
    libelle = adresse["NUMVOIE"].str.cat([adresse[c] for c in ("INDREP", "TYPVOIE", "NOMVOIE")], sep=" ")
    immeubles["libelle"] = libelle.str.replace(r"\s+", " ", regex=True).str.strip()
    places = positions(textes).groupby(logements["id_immeuble"]).median()
    for colonne in ("x", "y", "lon", "lat"):
        immeubles[colonne] = immeubles["id_immeuble"].map(places[colonne])
    for colonne in (QUARTIER, SECTEUR):
        immeubles[colonne] = pd.Series(np.nan, index=immeubles.index, dtype="str")
    connus = par_immeuble["qpv"].count()
    part = logements["qpv"].eq("oui").groupby(logements["id_immeuble"]).sum() / connus.clip(lower=1)
    connu = connus.gt(0)
    qpv = part.ge(0.5).map({True: "oui", False: "non"}).where(connu)
    immeubles["qpv"] = immeubles["id_immeuble"].map(qpv).astype("str")
    return immeubles

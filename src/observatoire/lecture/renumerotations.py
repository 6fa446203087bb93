"""Suivre sous leur premier numéro les logements et les immeubles que leur bailleur a renumérotés.

``suivi/renumerotations/<bailleur>.csv`` dit, année par année, quel numéro en remplace un autre. Un objet garde ainsi le
même identifiant, donc la même clé du secret, d'un bout à l'autre de l'édition, même si son bailleur en a absorbé un
autre.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.controles import controler, typer
from observatoire.lecture.depots import Fichier, relatif_a
from observatoire.lecture.entetes import reconnaitre
from observatoire.lecture.fichiers import FORMATS, lire_fichier
from observatoire.lecture.problemes import Lignes, Probleme, compter
from observatoire.lecture.refus import FichierIllisible, refuser
from observatoire.schemas import Schema, lire_schema

DOSSIER = "renumerotations"
#: La déclaration des colonnes, dans le dossier des schémas.
SCHEMA = Path("suivi") / f"{DOSSIER}.json"
#: Nos colonnes qui portent un numéro -> la table où il est donné.
NUMEROS = {"id_immeuble": "immeubles", "id_logement": "logements"}


@dataclass(frozen=True)
class Renumerotations:
    """``ecrites`` : bailleur -> ses lignes (``annee``, ``table``, ``ancien``, ``nouveau``, ``ancien_bailleur``)."""

    ecrites: dict[str, pd.DataFrame] = field(default_factory=dict)

    def d_origine(self, numeros: pd.Series, qui: str, colonne: str, annee: int) -> pd.Series:
        """« bailleur:numéro » sous lequel chaque objet a d'abord été connu ; ``colonne`` : une de :data:`NUMEROS`."""
        if qui not in self.ecrites and isinstance(numeros.dtype, pd.CategoricalDtype):
            return numeros.cat.rename_categories(f"{qui}:" + numeros.cat.categories)  # chacun n'est écrit qu'une fois
        noms = f"{qui}:" + numeros.astype("str")
        if qui not in self.ecrites:
            return noms
        siennes = self.ecrites[qui].query("table == @NUMEROS[@colonne] and annee <= @annee")
        siennes = siennes.sort_values("annee", kind="stable").drop_duplicates("nouveau", keep="last")
        table: dict[str, str] = {}
        for (bailleur, quand), groupe in siennes.groupby(["ancien_bailleur", "annee"]):
            avant = self.d_origine(groupe["ancien"], bailleur, colonne, quand - 1)
            table |= dict(zip(groupe["nouveau"], avant, strict=True))
        return numeros.map(table).astype("str").fillna(noms)

    def traduire(self, donnees: pd.DataFrame, fichier: Fichier) -> pd.DataFrame:
        """Une table d'un déposant sous ses premiers numéros ; la même s'il n'a rien renuméroté, et que nul ne l'a
        absorbé.
        """
        if fichier.deposant not in {*self.ecrites, *(ancien for _, ancien, _ in self.reprises())}:
            return donnees
        siennes = [colonne for colonne in NUMEROS if colonne in donnees]
        return donnees.assign(**{c: self.d_origine(donnees[c], fichier.deposant, c, fichier.annee) for c in siennes})

    def reprises(self) -> list[tuple[int, str, str]]:
        """(année, bailleur absorbé, bailleur qui a repris de ses logements), dans l'ordre."""
        return sorted(
            {
                (int(annee), ancien, qui)
                for qui, lignes in self.ecrites.items()
                for annee, ancien in zip(lignes["annee"], lignes["ancien_bailleur"], strict=True)
                if ancien != qui
            }
        )

    def repris(self, qui: str, annee: int) -> int:
        """Combien de logements un bailleur a repris d'autres, une année."""
        siens = self.ecrites[qui]
        return int((siens["annee"].eq(annee) & siens["table"].eq("logements") & siens["ancien_bailleur"].ne(qui)).sum())

    def successeurs(self, annee: int) -> dict[str, set[str]]:
        """Bailleur absorbé -> lui-même, et ceux qui ont repris de ses logements au plus tard cette année-là."""
        repris: dict[str, set[str]] = {}
        for quand, ancien, qui in self.reprises():
            if quand <= annee:
                repris.setdefault(ancien, {ancien}).add(qui)
        return repris


def lire_renumerotations(config: Configuration) -> Renumerotations:
    """Les fichiers de ``suivi/renumerotations`` ; rien s'il n'y en a pas.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas dans le premier qui est mal écrit.
    """
    dossier = config.chemin("suivi") / DOSSIER
    presents = sorted(f for forme in FORMATS for f in dossier.glob(f"*.{forme}")) if dossier.is_dir() else []
    if not presents:
        return Renumerotations()
    schema = lire_schema(config.chemin("schemas") / SCHEMA)
    ecrites: dict[str, pd.DataFrame] = {}
    for fichier in presents:
        try:
            bailleur = _bailleur(fichier, config, ecrites)
            ecrites[bailleur] = _lire(fichier, config, schema)
        except FichierIllisible as illisible:
            liste = "\n".join(p.texte for p in illisible.problemes)
            tete = f"{relatif_a(fichier, config)} : fichier refusé, {compter(len(illisible.problemes), 'problème')}."
            raise ErreurConfiguration(f"{tete}\n\n{liste}") from None
    return Renumerotations(ecrites)


def _bailleur(fichier: Path, config: Configuration, vus: dict[str, pd.DataFrame]) -> str:
    codes = ", ".join(b.code for b in config.bailleurs)
    if fichier.stem not in {b.code for b in config.bailleurs}:
        phrase, conseil = "le nom du fichier n'est le code d'aucun bailleur.", f"Bailleurs : {codes}."
        raise FichierIllisible(Probleme("nom_de_fichier", phrase, conseil))
    if fichier.stem in vus:
        raise FichierIllisible(Probleme("doublon", "ce bailleur a deux fichiers.", "Garder le bon."))
    return fichier.stem


def _lire(fichier: Path, config: Configuration, schema: Schema) -> pd.DataFrame:
    lu = lire_fichier(fichier, [schema.colonnes])
    noms, problemes = reconnaitre(lu.entete, schema.colonnes, {n for n, c in schema.champs.items() if c.facultative})
    refuser(problemes)
    textes = lu.cadre.set_axis(noms, axis=1).set_axis(lu.lignes, axis=0).reindex(columns=schema.colonnes, fill_value="")
    typees, fautes = typer(textes.astype("str"), schema)
    refuser(controler(textes, typees, fautes, schema))
    ecrites = typees.fillna({"ancien_bailleur": fichier.stem}).astype({"annee": "int64"})
    refuser([*_repetes(ecrites), *_inconnus(ecrites, config)])
    return ecrites


def _repetes(ecrites: pd.DataFrame) -> list[Probleme]:
    """Un numéro ne remplace qu'un objet, et n'est remplacé qu'une fois, la même année."""
    return [
        Probleme("unicite", "le même numéro y est deux fois la même année.", "N'en garder qu'un.", colonne, lignes)
        for colonne, cles in (("nouveau", ["nouveau"]), ("ancien", ["ancien", "ancien_bailleur"]))
        if (lignes := Lignes.de(ecrites.index[ecrites.duplicated(["annee", "table", *cles], keep=False)]))
    ]


def _inconnus(ecrites: pd.DataFrame, config: Configuration) -> list[Probleme]:
    codes = [b.code for b in config.bailleurs]
    lignes = Lignes.de(ecrites.index[~ecrites["ancien_bailleur"].isin(codes)])
    conseil = f"Bailleurs : {', '.join(codes)}."
    return [Probleme("bailleur", "ce bailleur n'est pas connu.", conseil, "ancien_bailleur", lignes)] if lignes else []


def ancien_encore_la(fichier: Fichier, renumerotations: Renumerotations) -> list[Probleme]:
    """Un numéro et celui qu'il remplace ne peuvent pas être tous deux dans un dépôt."""
    if fichier.deposant not in renumerotations.ecrites:
        return []
    ecrit = f"{DOSSIER}/{fichier.deposant}.csv"
    return [
        Probleme(
            "renumerotation",
            f"des numéros y sont avec ceux que {ecrit} leur donne pour anciens.",
            f"Corriger {ecrit}, ou son année : un nouveau numéro remplace l'ancien.",
            colonne,
            Lignes.de(doubles),
        )
        for colonne, table in NUMEROS.items()
        if table in fichier.donnees
        and len(doubles := _doubles(renumerotations.traduire(fichier.donnees[table], fichier)[colonne]))
    ]


def _doubles(numeros: pd.Series) -> pd.Index:
    return numeros.index[numeros.duplicated(keep=False)]

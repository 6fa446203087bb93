"""Vérifier une part : les dépôts d'un déposant pour une année.

Tout ce qui se joint se joint à l'intérieur d'une part (les identifiants sont ceux d'un bailleur). Une part se vérifie
donc seule, dans n'importe quel ordre et dans n'importe quel processus.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.cles import FICTIVE
from observatoire.communes import HORS_QUARTIER
from observatoire.configuration import TABLES, Configuration
from observatoire.interdits import normaliser
from observatoire.lecture.allures import regarder
from observatoire.lecture.avertissements import Contexte, avertir
from observatoire.lecture.conformite import conforme
from observatoire.lecture.controles import controler, typer
from observatoire.lecture.corrections import APPLIQUEE, EXPLIQUEE, REFUSEE, Correction, appliquer
from observatoire.lecture.correspondances import Correspondances, lire_a_travers, sous_ses_noms
from observatoire.lecture.depots import RPLS, Contenu, Fichier, Traitement, cles
from observatoire.lecture.entetes import reconnaitre
from observatoire.lecture.fichiers import ANCIENS, EN_COLONNES, LUS, Lu, encodage_ancien, lire_fichier
from observatoire.lecture.interdits import Interdites, chercher_interdites, nommer_la_feuille, sans_textes_libres
from observatoire.lecture.invisibles import sans_invisibles
from observatoire.lecture.liens import NIVEAU_DE, controler_contexte, controler_liens
from observatoire.lecture.parquet import lire_types
from observatoire.lecture.plusieurs import partager, reunis, solidaires
from observatoire.lecture.positions import examiner
from observatoire.lecture.problemes import TUE
from observatoire.lecture.refus import FichierIllisible
from observatoire.lecture.renumerotations import Renumerotations, ancien_encore_la
from observatoire.lecture.rpls import lire_rpls
from observatoire.lecture.rpls_modeles import ENTETES
from observatoire.lecture.temoins import choisir
from observatoire.lecture.territoires import rattacher
from observatoire.schemas import Schema

if TYPE_CHECKING:
    from observatoire.configuration.modeles.correspondances import FichierEcrit

Trace = tuple[Correction, str, str]


@dataclass(frozen=True)
class Outils:
    """Ce qu'il faut savoir pour lire une part ; voyage jusqu'au processus qui la lit. ``cle`` : la clé du secret."""

    config: Configuration
    schemas: dict[str, Schema]
    contours: object
    corrections: tuple[Correction, ...] = ()
    cle: str = FICTIVE
    correspondances: Correspondances = field(default_factory=dict)
    renumerotations: Renumerotations = field(default_factory=Renumerotations)

    @property
    def par_commune(self) -> bool:
        """Chaque commune tient-elle lieu de quartier ?"""
        return self.config.quartiers == "communes"

    @property
    def plusieurs_communes(self) -> bool:
        """Le parc est-il dans plusieurs communes ?"""
        return self.par_commune or bool(self.config.communes)

    def contexte(self, annee: int, tables: dict[str, pd.DataFrame], hors_contours: pd.Series | None) -> Contexte:
        """Ce que les règles de doute peuvent regarder."""
        commune_de = None if self.par_commune or self.contours is None else self._communes_des_quartiers
        return Contexte(annee, tables, hors_contours, self.plusieurs_communes, commune_de)

    def _communes_des_quartiers(self, quartiers: pd.Series) -> pd.Series:
        if self.config.communes:
            return quartiers.astype("str").map(self.config.commune_du_quartier)
        return pd.Series(self.config.code, index=quartiers.index)

    def rattacher(self, immeubles: pd.DataFrame) -> pd.DataFrame:
        """Le quartier et le secteur de chaque immeuble (voir :func:`~observatoire.lecture.territoires.rattacher`)."""
        return rattacher(immeubles, self.contours, self.par_commune, self.config.communes)

    def correspondance_de(self, fichier: Fichier) -> FichierEcrit | None:
        """Comment ce fichier se lit, si quelqu'un l'a confirmé."""
        return self.correspondances.get((fichier.deposant, fichier.source)) if fichier.source else None

    def corrections_de(self, fichier: Fichier) -> list[Correction]:
        """Les corrections que vise un fichier ; une règle entière s'explique plus tard, quand tout est lu."""
        return [c for c in self.corrections if not c.regle and (c.annee, c.deposant, c.table) in cles(fichier)]


def verifier_part(fichiers: list[Fichier], outils: Outils) -> list[Trace]:
    """Lire et vérifier les fichiers d'une part, en place ; retourne [(correction, statut, phrase)]."""
    traces = []
    for fichier in fichiers:
        traces += controler_fichier(fichier, outils)
    relier(fichiers, outils)
    return traces


def relier(fichiers: list[Fichier], outils: Outils) -> None:
    """Ce que les fichiers lus d'une part disent ensemble : liens entre tables, contenus, doutes."""
    for fichier in fichiers:
        fichier.problemes += ancien_encore_la(fichier, outils.renumerotations)
    for table in TABLES:
        siens = [f for f in fichiers if f.table == table]
        partager(siens, outils.schemas[table])
        par_cle = reunis(fichiers)
        for fichier in siens:
            controler_liens(fichier, outils.schemas[table], par_cle)
            fichier.problemes = [sous_ses_noms(p, fichier.siennes) for p in fichier.problemes]
        solidaires(siens)
    acceptes = [f for f in fichiers if not f.refuse]
    tables = {t: donnees for f in reunis(acceptes).values() for t, donnees in f.donnees.items()}
    for fichier in acceptes:
        for table, donnees in fichier.donnees.items():
            schema, suivies = outils.schemas[table], outils.renumerotations.traduire(donnees, fichier)
            fichier.contenus[table] = Contenu.de(donnees, choisir(suivies, schema), regarder(suivies, schema))
        _avertir(fichier, tables, outils)


def controler_fichier(fichier: Fichier, outils: Outils) -> list[Trace]:
    """Lire un fichier et vérifier ce qu'il contient."""
    if not fichier.a_lire or (fichier.format not in LUS and not fichier.morceau):
        return []
    if (typees := None if fichier.source else _lire_en_types(fichier, outils)) is not None:
        fichier.lignes, fichier.donnees = len(typees), {fichier.table: typees}
        return []
    est_rpls = fichier.table == RPLS
    attendus = list(ENTETES.values()) if est_rpls else [outils.schemas[fichier.table].colonnes]
    ecrit = outils.correspondance_de(fichier)
    try:
        if ecrit is None:
            lu = lire_fichier(fichier.chemin, attendus)
        else:
            lu = lire_a_travers(fichier, ecrit, outils.schemas[fichier.table])
    except FichierIllisible as illisible:
        fichier.problemes += illisible.problemes
        return []
    if fichier.format == "csv" and (ancien := encodage_ancien(fichier.chemin.read_bytes())):
        phrase = f"Encodage {ANCIENS[ancien]}, reconnu à ses lettres accentuées."
        fichier.traitements.append(Traitement("encodage", "réparé", 1, phrase))
    lu, touchees = sans_invisibles(lu)
    if touchees:
        fichier.traitements.append(
            Traitement("caractere_invisible", "réparé", touchees, "Caractère invisible : retiré.")
        )
    fichier.feuille, fichier.lignes = nommer_la_feuille(lu.feuille), len(lu.cadre)
    connues = {nom for attendu in attendus for nom in attendu}
    champs = {} if est_rpls else outils.schemas[fichier.table].champs
    libelles = {nom for nom, champ in champs.items() if champ.role == "libelle"}
    nommables = {nom for nom, champ in champs.items() if champ.role}
    interdites = chercher_interdites(lu.entete, lu.cadre, connues, libelles, nommables)
    lisible = sans_textes_libres(interdites.retirer(lu), fichier, connues)
    if est_rpls:
        lire_rpls(lisible, fichier, outils.config.communes_retenues, outils.schemas)
        refus = "un fichier RPLS ne se corrige pas."
        traces = [(c, REFUSEE, c.refuser(refus)) for c in outils.corrections_de(fichier)]
    else:
        traces = _controler_table(lisible, fichier, outils)
    if interdites.rangs:
        _oublier(fichier, lu, interdites)
    return traces


def _lire_en_types(fichier: Fichier, outils: Outils) -> pd.DataFrame | None:
    """La table d'un fichier typé où il n'y a rien à redire, sans l'écrire en textes.

    ``None`` dès qu'il y a quelque chose à en dire : les textes disent quoi, par les mêmes règles.
    """
    if fichier.table == RPLS or fichier.chemin.suffix.lower() not in EN_COLONNES or outils.corrections_de(fichier):
        return None
    schema = outils.schemas[fichier.table]
    typees = lire_types(fichier.chemin, schema)
    if typees is None or not conforme(typees, schema) or (fichier.table == "immeubles" and examiner(typees)[1]):
        return None
    if outils.contours is not None:  # les jointures de territoire comparent des textes
        typees = typees.astype({nom: "str" for nom in NIVEAU_DE if nom in typees})
    return None if controler_contexte(typees, typees, fichier, schema, outils.contours) else typees


def _oublier(fichier: Fichier, lu: Lu, interdites: Interdites) -> None:
    """Ne rien garder d'un fichier qui a une colonne interdite, sinon ce qu'il a d'autre à corriger.

    D'une telle colonne, seules restent les phrases qui ne citent rien.
    """
    siennes = {normaliser(lu.entete[rang]) for rang in interdites.rangs}
    dicibles = [p for p in fichier.problemes if normaliser(p.colonne or "") not in siennes or TUE in p.phrase]
    fichier.problemes = [*interdites.problemes, *dicibles]
    fichier.donnees, fichier.traitements = {}, []


def _controler_table(lu: Lu, fichier: Fichier, outils: Outils) -> list[Trace]:
    schema = outils.schemas[fichier.table]
    facultatives = {nom for nom, champ in schema.champs.items() if champ.facultative}
    noms, problemes = reconnaitre(lu.entete, schema.colonnes, facultatives)
    if problemes:
        fichier.problemes += problemes
        return []
    corrections = outils.corrections_de(fichier)
    textes = lu.cadre.set_axis(noms, axis=1).set_axis(lu.lignes, axis=0).reindex(columns=schema.colonnes, fill_value="")
    textes, retenues, refus = appliquer(textes.astype("str"), corrections, schema)
    typees, fautes = typer(textes, schema)
    if fichier.table == "immeubles":
        typees, mal_situes = examiner(typees)
        fichier.problemes += mal_situes
    fichier.problemes += controler(textes, typees, fautes, schema)
    fichier.problemes += controler_contexte(typees, textes, fichier, schema, outils.contours)
    fichier.donnees = {fichier.table: typees}
    remplacees = sum(c.remplacer_par is not None for c in retenues)
    if remplacees:
        phrase = "Valeur corrigée à la demande du bailleur (corrections.yml)."
        fichier.traitements.append(Traitement("correction", "réparé", remplacees, phrase))
    return [(c, APPLIQUEE if c.remplacer_par is not None else EXPLIQUEE, "") for c in retenues] + [
        (c, REFUSEE, refus[c.rang]) for c in corrections if c.rang in refus
    ]


def _avertir(fichier: Fichier, tables: dict[str, pd.DataFrame], outils: Outils) -> None:
    """Relever les doutes d'un fichier accepté."""
    morceaux = []
    for table, donnees in fichier.donnees.items():
        hors = hors_contours(donnees, outils) if table == "immeubles" else None
        morceaux.append(avertir(table, donnees, outils.schemas[table], outils.contexte(fichier.annee, tables, hors)))
    fichier.ajouter_avertissements(morceaux)


def hors_contours(immeubles: pd.DataFrame, outils: Outils) -> pd.Series:
    """Vrai pour un immeuble hors de tout quartier."""
    return outils.rattacher(immeubles)["quartier"].str.startswith(HORS_QUARTIER, na=False)

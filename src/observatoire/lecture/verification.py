"""Vérifier un dossier de dépôts d'un bout à l'autre, et dire tout ce qui ne va pas d'un coup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from observatoire.configuration import TABLES, Configuration
from observatoire.erreurs import ParametreInconnu
from observatoire.lecture.avertissements import Contexte, avertir
from observatoire.lecture.controles import controler, typer
from observatoire.lecture.corrections import (
    APPLIQUEE,
    COLONNES,
    EXPLIQUEE,
    REFUSEE,
    Correction,
    appliquer,
    lire_corrections,
)
from observatoire.lecture.depots import RPLS, Fichier, Traitement, inventorier, relatif_a
from observatoire.lecture.entetes import reconnaitre
from observatoire.lecture.fichiers import FORMATS, FichierIllisible, Lu, lire_fichier
from observatoire.lecture.interdits import colonnes_interdites
from observatoire.lecture.liens import controler_contexte, controler_liens
from observatoire.lecture.problemes import compter, enumerer
from observatoire.lecture.rpls import lire_rpls
from observatoire.lecture.rpls_modeles import ENTETES
from observatoire.lecture.territoires import HORS_QUARTIER, lire_contours, rattacher
from observatoire.schemas import Schema, lire_schemas


@dataclass
class Depots:
    """Le résultat de :func:`verifier`.

    ``fichiers`` : un :class:`Fichier` par fichier du dossier ; ``corrections`` : la trace publiable de chaque entrée de
    ``corrections.yml`` ; ``corrections_refusees`` : les phrases qui disent pourquoi une entrée n'est pas appliquée.
    """

    config: Configuration
    schemas: dict[str, Schema]
    contours: object
    annees: tuple[int, ...]
    fichiers: list[Fichier] = field(default_factory=list)
    corrections: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLONNES))
    corrections_refusees: list[str] = field(default_factory=list)

    @property
    def refuses(self) -> list[Fichier]:
        """Les fichiers refusés, dont aucune ligne n'est utilisée."""
        return [f for f in self.fichiers if f.refuse]

    @property
    def acceptes(self) -> list[Fichier]:
        """Les fichiers acceptés."""
        return [f for f in self.fichiers if not f.refuse]

    @property
    def accepte(self) -> bool:
        """Tout est-il en ordre ? Des dépôts, aucun refus, aucune correction sans effet."""
        return bool(self.fichiers) and not self.refuses and not self.corrections_refusees

    @property
    def tables(self) -> dict[tuple[int, str, str], pd.DataFrame]:
        """Tables acceptées et converties : {(année, déposant, table): tableau indexé par la ligne du tableur}."""
        return {(f.annee, f.deposant, t): donnees for f in self.acceptes for t, donnees in f.donnees.items()}

    def message(self) -> str:
        """Tout ce qui est refusé, puis le bilan en une phrase."""
        if not self.fichiers:
            lieu = relatif_a(self.config.chemin("brut"), self.config)
            exemple = f"{lieu}/{max(self.annees)}"
            if not self.config.chemin("brut").is_dir():
                return f"{lieu} : le dossier des dépôts n'existe pas. Le créer, avec un dossier par année ({exemple})."
            return f"{lieu} : aucun dépôt. Placer les fichiers dans un dossier par année, par exemple {exemple}."
        blocs = [f.message() for f in self.refuses] + self.corrections_refusees
        return "\n\n".join([*blocs, self.bilan()])

    def bilan(self) -> str:
        """« 12 fichiers lus : 11 acceptés, 1 refusé ; 3 avertissements. »"""
        doutes = sum(len(f.avertissements) for f in self.acceptes)
        return (
            f"{compter(len(self.fichiers), 'fichier')} : {compter(len(self.acceptes), 'accepté')}, "
            f"{compter(len(self.refuses), 'refusé')} ; {compter(doutes, 'avertissement')}."
        )


def verifier(
    config: Configuration, annee: int | None = None, avancement: Callable[[int, int, str], None] | None = None
) -> Depots:
    """Lire et vérifier tous les dépôts, ou ceux d'une année. N'écrit rien.

    ``avancement(fait, total, libelle)`` est appelé avant la lecture de chaque fichier, avec son chemin relatif, puis à
    la fin. Lève :class:`ErreurConfiguration` si un schéma, un contour ou ``corrections.yml`` est mal écrit,
    :class:`ParametreInconnu` si l'année n'est pas dans l'édition ; un dépôt fautif ne lève rien, il est dans
    ``refuses``.
    """
    if annee is not None and annee not in config.annees:
        raise ParametreInconnu(
            f"L'année {annee} n'est pas une année de l'édition. Années admises : {enumerer(map(str, config.annees))}."
        )
    avancer = avancement or (lambda fait, total, libelle: None)
    schemas = lire_schemas(config.chemin("schemas"))
    annees = config.annees if annee is None else (annee,)
    depots = Depots(config, schemas, lire_contours(config), annees)
    depots.fichiers = inventorier(config, annee) if config.chemin("brut").is_dir() else []
    corrections = [c for c in lire_corrections(config, schemas) if c.annee in annees]
    traces = []
    for rang, fichier in enumerate(depots.fichiers):
        avancer(rang, len(depots.fichiers), fichier.relatif)
        siennes = [c for c in corrections if (c.annee, c.deposant, c.table) in _cles(fichier)]
        traces += _controler_fichier(fichier, depots, siennes)
    avancer(len(depots.fichiers), len(depots.fichiers), "liens entre tables")
    _lier(depots)
    _avertir(depots)
    _tracer(depots, corrections, traces)
    return depots


def _cles(fichier: Fichier) -> list[tuple]:
    return [(fichier.annee, fichier.deposant, table) for table in fichier.tables]


def _controler_fichier(fichier: Fichier, depots: Depots, corrections: list[Correction]) -> list[tuple]:
    """Lire un fichier et vérifier ce qu'il contient ; retourne [(correction, statut, phrase)]."""
    if fichier.annee not in depots.config.annees or fichier.table is None or fichier.format not in FORMATS:
        return []
    est_rpls = fichier.table == RPLS
    attendus = list(ENTETES.values()) if est_rpls else [depots.schemas[fichier.table].colonnes]
    try:
        lu = lire_fichier(fichier.chemin, attendus)
    except FichierIllisible as illisible:
        fichier.problemes += illisible.problemes
        return []
    fichier.feuille, fichier.lignes = lu.feuille, len(lu.cadre)
    connues = {nom for attendu in attendus for nom in attendu}
    interdites = colonnes_interdites(lu.entete, connues)
    if interdites:
        fichier.problemes += interdites
    elif est_rpls:
        lire_rpls(lu, fichier, depots.config.code, depots.schemas)
        return [(c, REFUSEE, c.refuser("un fichier RPLS ne se corrige pas.")) for c in corrections]
    else:
        return _controler_table(lu, fichier, depots, corrections)
    return []


def _controler_table(lu: Lu, fichier: Fichier, depots: Depots, corrections: list[Correction]) -> list[tuple]:
    schema = depots.schemas[fichier.table]
    facultatives = {nom for nom, champ in schema.champs.items() if champ.facultative}
    noms, problemes = reconnaitre(lu.entete, schema.colonnes, facultatives)
    if problemes:
        fichier.problemes += problemes
        return []
    textes = lu.cadre.set_axis(noms, axis=1).set_axis(lu.lignes, axis=0).reindex(columns=schema.colonnes, fill_value="")
    textes, retenues, refus = appliquer(textes.astype("str"), corrections, schema)
    typees, fautes = typer(textes, schema)
    fichier.problemes += controler(textes, typees, fautes, schema)
    fichier.problemes += controler_contexte(typees, textes, fichier, schema, depots.contours)
    fichier.donnees = {fichier.table: typees}
    remplacees = sum(c.remplacer_par is not None for c in retenues)
    if remplacees:
        phrase = "Valeur corrigée à la demande du bailleur (corrections.yml)."
        fichier.traitements.append(Traitement("correction", "réparé", remplacees, phrase))
    return [(c, APPLIQUEE if c.remplacer_par is not None else EXPLIQUEE, "") for c in retenues] + [
        (c, REFUSEE, refus[c.rang]) for c in corrections if c.rang in refus
    ]


def _lier(depots: Depots) -> None:
    """Vérifier les clés entre tables, dans l'ordre de leurs dépendances."""
    par_cle = {cle: f for f in depots.fichiers for cle in _cles(f)}
    for table in TABLES:
        for fichier in depots.fichiers:
            if fichier.table == table and fichier.annee in depots.config.annees:
                controler_liens(fichier, depots.schemas[table], par_cle)


def _avertir(depots: Depots) -> None:
    """Relever les doutes des fichiers acceptés."""
    tables = depots.tables
    for fichier in depots.acceptes:
        siennes = {t: d for (a, dep, t), d in tables.items() if (a, dep) == (fichier.annee, fichier.deposant)}
        precedent = tables.get((fichier.annee - 1, fichier.deposant, "logements"))
        morceaux = []
        for table, donnees in fichier.donnees.items():
            contexte = Contexte(
                fichier.annee,
                siennes,
                None if precedent is None else len(precedent),
                _hors_contours(donnees, depots) if table == "immeubles" else None,
            )
            morceaux.append(avertir(table, donnees, depots.schemas[table], contexte))
        morceaux = [m for m in morceaux if len(m)]
        if morceaux:
            fichier.avertissements = pd.concat(morceaux, ignore_index=True)


def _hors_contours(immeubles: pd.DataFrame, depots: Depots) -> pd.Series:
    return rattacher(immeubles, depots.contours)["quartier"].eq(HORS_QUARTIER)


def _tracer(depots: Depots, corrections: list[Correction], traces: list[tuple]) -> None:
    """Tenir le registre des corrections, et porter les explications sur les avertissements."""
    par_cle = {cle: f for f in depots.acceptes for cle in _cles(f)}
    vues = {c.rang for c, _, _ in traces}
    sans_fichier = "aucun fichier accepté pour cette table et cette année."
    traces = traces + [(c, REFUSEE, c.refuser(sans_fichier)) for c in corrections if c.rang not in vues]
    lignes = []
    for correction, statut, phrase in sorted(traces, key=lambda t: t[0].rang):
        fichier = par_cle.get((correction.annee, correction.deposant, correction.table))
        if statut == EXPLIQUEE and fichier is not None and not _expliquer(fichier, correction):
            statut, phrase = REFUSEE, correction.refuser("aucun avertissement ne porte sur cette cellule.")
        lignes.append(correction.ligne(statut))
        if phrase:
            depots.corrections_refusees.append(phrase)
    depots.corrections = pd.DataFrame(lignes, columns=COLONNES)


def _expliquer(fichier: Fichier, correction: Correction) -> bool:
    doutes = fichier.avertissements
    vises = doutes["id"].eq(correction.id) & doutes["colonne"].eq(correction.colonne)
    doutes.loc[vises, "explication"] = correction.explication
    return bool(vises.any())

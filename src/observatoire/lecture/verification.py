"""Vérifier un dossier de dépôts d'un bout à l'autre, et dire tout ce qui ne va pas d'un coup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pandas as pd

from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees, lire_conserve
from observatoire.erreurs import ParametreInconnu
from observatoire.isolement import preparer
from observatoire.lecture.avertissements import rendre_a_expliquer
from observatoire.lecture.bilans import dire_les_morceaux_absents, tableau_des_avertissements
from observatoire.lecture.corrections import COLONNES, EXPLIQUEE, REFUSEE, Correction, lire_corrections
from observatoire.lecture.correspondances import lire_correspondances
from observatoire.lecture.depots import Contenu, Fichier, cles, inventorier, relatif_a
from observatoire.lecture.explications import a_expliquer, dire_a_expliquer, enoncer, mesurer
from observatoire.lecture.parts import Outils, Trace, verifier_part
from observatoire.lecture.plusieurs import reunis
from observatoire.lecture.problemes import compter, enumerer
from observatoire.lecture.prudence import lire_prudemment
from observatoire.lecture.renumerotations import lire_renumerotations
from observatoire.lecture.superpositions import avec_les_immeubles
from observatoire.lecture.territoires import ContoursSuperposes, lire_contours, remarquer
from observatoire.lecture.vraisemblance import comparer, renumerotes
from observatoire.lecture.vues import Vue
from observatoire.schemas import Schema, lire_schemas


@dataclass
class Depots:
    """Le résultat de :func:`verifier`.

    ``fichiers`` : un :class:`Fichier` par fichier du dossier ; ``corrections`` : la trace publiable de chaque entrée de
    ``corrections.yml`` ; ``corrections_refusees`` : les phrases qui disent pourquoi une entrée n'est pas appliquée ;
    ``suites`` : ce qu'a rendu la suite donnée à :func:`lecture.lire`, par (année, nom du lot préparé) ;
    ``conservees`` : les années purgées, dont les fichiers ne sont plus lus et les valeurs sont reprises ;
    ``laisses`` : les fichiers cachés ou du système, que personne n'a voulu déposer ;
    ``renumerotes`` : (année, déposant) de ceux dont rien ne se suit depuis l'année d'avant ; ``decrits`` : (déposant,
    fichier) -> les tables qu'une correspondance confirmée en tire.
    """

    config: Configuration
    schemas: dict[str, Schema]
    contours: object
    annees: tuple[int, ...]
    fichiers: list[Fichier] = field(default_factory=list)
    corrections: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLONNES))
    corrections_refusees: list[str] = field(default_factory=list)
    suites: dict[tuple[int, str], object] = field(default_factory=dict)
    conservees: tuple[int, ...] = ()
    laisses: list[str] = field(default_factory=list)
    renumerotes: frozenset[tuple[int, str]] = frozenset()
    decrits: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def parts(self) -> dict[tuple[int, str], list[Fichier]]:
        """Les fichiers de chaque (année, déposant) ; ceux que rien ne situe n'en font pas partie."""
        parts: dict[tuple[int, str], list[Fichier]] = {}
        for f in self.fichiers:
            if f.annee in self.config.annees and f.table is not None:
                parts.setdefault((f.annee, f.deposant), []).append(f)
        return parts

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
        return {cle: f.donnees[cle[2]] for cle, f in reunis(self.acceptes).items() if cle[2] in f.donnees}

    def message(self) -> str:
        """Tout ce qui est refusé, puis le bilan en une phrase."""
        if not self.fichiers:
            lieu = relatif_a(self.config.chemin("brut"), self.config)
            exemple = f"{lieu}/{max(self.annees)}"
            if not self.config.chemin("brut").is_dir():
                return f"{lieu} : le dossier des dépôts n'existe pas. Le créer, avec un dossier par année ({exemple})."
            aucun = f"{lieu} : aucun dépôt. Placer les fichiers dans un dossier par année, par exemple {exemple}."
            return "\n\n".join([aucun, *self._laisses()])
        blocs = [f.message() for f in self.refuses] + self.corrections_refusees
        if len(restent := self.a_expliquer):
            blocs.append(dire_a_expliquer(restent))
        return "\n\n".join([*blocs, *self._laisses(), *self.remarques, self.bilan()])

    def _laisses(self) -> list[str]:
        if not self.laisses:
            return []
        return [f"Laissés de côté, cachés ou du système : {enumerer(sorted(self.laisses))}."]

    @property
    def a_expliquer(self) -> pd.DataFrame:
        """Les doutes que personne n'a expliqués, groupés (:func:`~observatoire.lecture.explications.a_expliquer`)."""
        return a_expliquer(tableau_des_avertissements(self))

    @property
    def remarques(self) -> list[str]:
        """Ce qui se dit des contours, et des morceaux de table qui manquent, sans rien empêcher."""
        return [*remarquer(self.contours), *dire_les_morceaux_absents(self.decrits, self.parts)]

    @property
    def a_dire(self) -> list[str]:
        """Ce qui n'empêche pas de calculer : les :attr:`remarques`, et les doutes à expliquer avant de publier."""
        doutes = [f"à expliquer avant de publier, {texte}" for texte in enoncer(self.a_expliquer)]
        return [*self.remarques, *doutes]

    def bilan(self) -> str:
        """« 12 fichiers lus : 11 acceptés, 1 refusé ; 3 avertissements. »"""
        doutes = sum(len(f.avertissements) for f in self.acceptes)
        gardees = f" Valeurs conservées : {enumerer(map(str, self.conservees))}." if self.conservees else ""
        return (
            f"{compter(len(self.fichiers), 'fichier')} : {compter(len(self.acceptes), 'accepté')}, "
            f"{compter(len(self.refuses), 'refusé')} ; {compter(doutes, 'avertissement')}.{gardees}"
        )


def verifier(
    config: Configuration, annee: int | None = None, avancement: Callable[[int, int, str], None] | None = None
) -> Depots:
    """Lire et vérifier tous les dépôts, ou ceux d'une année, en gardant leurs lignes. N'écrit rien.

    ``avancement(fait, total, libelle)`` est appelé pour chaque fichier, avec son chemin relatif, quand ceux de son
    déposant pour cette année sont lus, puis à la fin. Lève :class:`ErreurConfiguration` si un schéma, un contour ou
    ``corrections.yml`` est mal écrit, :class:`ParametreInconnu` si l'année n'est pas dans l'édition ; un dépôt fautif
    ne lève rien, il est dans ``refuses``.
    """
    preparer(__package__)
    depots, outils = inventaire(config, annee)
    suivi = Suivi(avancement, len(depots.fichiers))
    parts, traces = list(depots.parts.values()), []
    verifiees = lire_prudemment(_verifier_part, parts, outils, outils)
    for fichiers, (lus, siennes) in zip(parts, verifiees, strict=True):
        for fichier, lu in zip(fichiers, lus, strict=True):
            vars(fichier).update(vars(lu))  # le processus qui l'a lu en avait une copie
            suivi.avancer(fichier)
        traces += siennes
    suivi.finir()
    conclure(depots, outils, traces)
    return depots


def _verifier_part(fichiers: list[Fichier], outils: Outils) -> tuple[list[Fichier], list[Trace]]:
    return fichiers, verifier_part(fichiers, outils)


class Suivi:
    """Compte les fichiers lus et le dit à qui veut l'entendre."""

    def __init__(self, avancement: Callable[[int, int, str], None] | None, total: int):
        self.dire = avancement or (lambda fait, total, libelle: None)
        self.fait, self.total = 0, total

    def avancer(self, fichier: Fichier, lus: int = 1) -> None:
        """``lus`` fichiers viennent d'être lus, dont celui-ci."""
        self.dire(self.fait, self.total, fichier.relatif)
        self.fait += lus

    def finir(self) -> None:
        """Tout est lu."""
        self.dire(self.total, self.total, "liens entre tables")


def inventaire(config: Configuration, annee: int | None = None) -> tuple[Depots, Outils]:
    """Les fichiers déposés, pas encore lus, et de quoi les lire."""
    if annee is not None and annee not in config.annees:
        raise ParametreInconnu(
            f"L'année {annee} n'est pas une année de l'édition. Années admises : {enumerer(map(str, config.annees))}."
        )
    schemas = lire_schemas(config.chemin("schemas"))
    conservees = annees_conservees(config)
    annees = tuple(a for a in (config.annees if annee is None else (annee,)) if a not in conservees)
    contours = _lire_contours(config, schemas)
    depots = Depots(config, schemas, contours, annees)
    ecrites = lire_correspondances(config, schemas)
    confirmees = {nom: ecrit for nom, ecrit in ecrites.items() if ecrit.confirmee}
    depots.decrits = {nom: tuple(ecrit.tables) for nom, ecrit in confirmees.items()}
    deposes, depots.laisses = inventorier(config, annee, depots.decrits) if config.chemin("brut").is_dir() else ([], [])
    depots.fichiers = [f for f in deposes if f.annee not in conservees]
    depots.conservees = conservees
    corrections = tuple(c for c in lire_corrections(config, schemas) if c.annee in annees)
    outils = Outils(config, schemas, contours, corrections, correspondances=confirmees)
    return depots, replace(outils, renumerotations=lire_renumerotations(config))


def _lire_contours(config: Configuration, schemas: dict[str, Schema]):
    """Les contours, ou rien là où chaque commune tient lieu de quartier. Lève :class:`ErreurConfiguration`."""
    try:
        return None if config.quartiers == "communes" else lire_contours(config)
    except ContoursSuperposes as erreur:
        raise avec_les_immeubles(erreur, config, schemas["immeubles"]) from erreur


def conclure(depots: Depots, outils: Outils, traces: list[Trace]) -> None:
    """Ce qui demande d'avoir tout lu : l'année précédente, les autres déposants, le registre des corrections."""
    vues = voir(depots)
    ecarts, depots.renumerotes = comparer(vues), renumerotes(vues)
    for fichier in depots.acceptes:
        siens = [ecarts.pop(cle) for cle in cles(fichier) if cle in ecarts]
        fichier.ajouter_avertissements(siens)
        fichier.avertissements = rendre_a_expliquer(fichier.avertissements, fichier.lignes)
    _tracer(depots, outils.corrections, traces)


def voir(depots: Depots) -> dict[tuple[int, str, str], Vue]:
    """Toutes les tables acceptées, chacune avec celle d'avant ; d'une année purgée, il ne reste que la taille."""
    lus: dict[tuple[int, str, str], list[Contenu]] = {}
    for f in depots.acceptes:
        for table, contenu in f.contenus.items():
            lus.setdefault((f.annee, f.deposant, table), []).append(contenu)
    contenus = {cle: Contenu.reunir(siens) for cle, siens in lus.items()}
    for annee in depots.conservees:
        gardes = lire_conserve(depots.config, annee, "depots")
        gardes = gardes[gardes["statut"].eq("accepte")]
        for deposant, table, lignes in zip(gardes["deposant"], gardes["table"], gardes["lignes"], strict=True):
            contenus[annee, deposant, table] = Contenu(int(lignes), 1.0)
    genres = {d.code: (d.est_bailleur, d.hors_rpls) for d in depots.config.deposants}
    reprises, deposent = lire_renumerotations(depots.config).reprises(), {cle[:2] for cle in contenus}
    vues: dict[tuple[int, str, str], Vue] = {}
    for (annee, deposant, table), contenu in sorted(contenus.items()):
        parc = contenus.get((annee, deposant, "logements"), Contenu(0, 0.0)).lignes
        absorbes = [a for quand, a, qui in reprises if (quand, qui) == (annee, deposant) and (annee, a) not in deposent]
        avant = _reunir([vues.get((annee - 1, qui, table)) for qui in (deposant, *absorbes)])
        vues[annee, deposant, table] = Vue(
            annee, deposant, genres[deposant], depots.schemas[table], contenu, avant, parc
        )
    return vues


def _reunir(vues: list[Vue | None]) -> Vue | None:
    """La table d'un bailleur et de ceux qu'il a absorbés, un an plus tôt ; None si aucun ne l'a déposée."""
    deposees = [vue for vue in vues if vue is not None]
    if len(deposees) < 2:
        return deposees[0] if deposees else None
    return replace(deposees[0], contenu=Contenu.reunir([vue.contenu for vue in deposees]))


def _tracer(depots: Depots, corrections: tuple[Correction, ...], traces: list[Trace]) -> None:
    """Tenir le registre des corrections, et porter les explications sur les avertissements."""
    par_cle = {cle: f for f in depots.acceptes for cle in cles(f)}
    vues = {c.rang for c, _, _ in traces}
    faites = {c.rang for c, statut, _ in traces if statut != REFUSEE}  # l'un des fichiers de la table a cette ligne
    traces = [trace for trace in traces if trace[1] != REFUSEE or trace[0].rang not in faites]
    sans_fichier = "aucun fichier accepté pour cette table et cette année."
    traces = traces + [
        (c, EXPLIQUEE, "")
        if c.regle and (c.annee, c.deposant, c.table) in par_cle
        else (c, REFUSEE, c.refuser(sans_fichier))
        for c in corrections
        if c.rang not in vues
    ]
    lignes = []
    for correction, statut, phrase in sorted(traces, key=lambda t: t[0].rang):
        fichier = par_cle.get((correction.annee, correction.deposant, correction.table))
        if statut == EXPLIQUEE and fichier is not None and (raison := _expliquer(fichier, correction)):
            statut, phrase = REFUSEE, correction.refuser(raison)
        lignes.append(correction.ligne(statut))
        if phrase:
            depots.corrections_refusees.append(phrase)
    depots.corrections = pd.DataFrame(lignes, columns=COLONNES)


def _expliquer(fichier: Fichier, correction: Correction) -> str:
    """Porter l'explication sur les doutes qu'elle vise ; rend pourquoi elle ne le peut, ou rien."""
    doutes = fichier.avertissements
    vises = correction.vise(doutes)
    if not vises.any():
        return f"aucun avertissement ne porte sur cette {'table' if correction.regle else 'cellule'}."
    if correction.regle and correction.attendu != mesurer(doutes[vises]):
        return "le doute n'a plus la mesure attendue."
    doutes.loc[vises, "explication"] = correction.explication
    return ""

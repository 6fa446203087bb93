"""Ce que les textes disent, face à ce qui paraît : commentaires, séances, objectifs, engagements, revue.

Tout s'y tire de la table publiée et de ce qui est écrit à la main : c'est ce que l'on refait quand seul un écrit
change, sans rien protéger de nouveau.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from observatoire.baremes import Baremes, lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.configuration.saisie import lire_texte
from observatoire.ecrits import Citables, Exactes, Lieu, chercher_les_recopies, refuser_les_ecrits
from observatoire.erreurs import ErreurConfiguration
from observatoire.fichiers import ecrire_dossier, ecrire_texte, lister_visibles
from observatoire.marque import MARQUE
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.rangement import ecrire_publiee, lire_publiee
from observatoire.ruptures import lire_ruptures
from observatoire.secret import Regles, lire_regles_du_secret, porter_le_bruit
from observatoire.sujets.objectifs.calcul.conformite import confronter
from observatoire.sujets.objectifs.calcul.declaration import lire_contenu, lire_le_suivi
from observatoire.sujets.objectifs.calcul.engagements import juger_les_engagements
from observatoire.sujets.objectifs.calcul.objectifs import lire_objectifs
from observatoire.sujets.objectifs.calcul.preuves import lire_registres
from observatoire.sujets.objectifs.tables import CONFORMITE, ENGAGEMENTS
from observatoire.sujets.orientations.calcul.adoptees import lire_orientations
from observatoire.sujets.orientations.calcul.confrontation import confronter_les_orientations
from observatoire.sujets.orientations.tables import CONFRONTATION
from observatoire.sujets.revue.calcul.ecarts import relever_les_ecarts
from observatoire.sujets.revue.calcul.objectifs import dresser_les_objectifs
from observatoire.sujets.revue.tables import ECARTS, OBJECTIFS
from observatoire.sujets.seances.calcul.comptes_rendus import Seance, dossier_des_seances, lire_seances
from observatoire.sujets.seances.calcul.publication import est_lue, publier_seances
from observatoire.sujets.simulation.modele.horizon import duree_de_la_charte
from observatoire.sujets.variations.tables import VARIATIONS
from observatoire.tables import Table
from observatoire.tables.edition import TERRITOIRES
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

COMMENTAIRES = Path("book") / "commentaires"


def republier_les_ecrits(config: Configuration, public: str) -> None:
    """Refaire ce qui tient aux écrits dans une édition en place, d'un bloc ; rien d'autre n'y est touché.

    Lève :class:`ErreurConfiguration` si un écrit est refusé : l'édition en place reste alors ce qu'elle était.
    """
    dossier = config.chemin("publie") / public
    baremes, publiees, regles = _relire(config, public, dossier)
    with ecrire_dossier(dossier) as travail:
        shutil.copytree(dossier, travail, ignore=shutil.ignore_patterns(MARQUE), dirs_exist_ok=True)
        publier_les_ecrits(config, baremes, publiees, regles, travail)


def preparer_les_commentaires(config: Configuration, public: str, dossier: Path) -> Callable[[], None]:
    """De quoi refaire les seuls commentaires d'un dossier publié, lu une fois, aussi souvent qu'on les récrit.

    L'appeler lève :class:`ErreurConfiguration` si un écrit est refusé ; rien n'est alors touché.
    """
    _, publiees, _ = _relire(config, public, dossier)
    lus = config, publiees, public, lire_publiee(TERRITOIRES, dossier)
    return lambda: _ecrire_les_commentaires(_Ecrits(*lus), dossier)


def _relire(config: Configuration, public: str, dossier: Path) -> tuple[Baremes, pd.DataFrame, Regles]:
    """Les barèmes, les indicateurs publiés avec leur bruit, et les règles de ce public."""
    referentiels = config.chemin("referentiels")
    baremes = lire_baremes(referentiels)
    regles = lire_regles_du_secret(referentiels, baremes, public, max(config.annees))
    table = lire_publiee(INDICATEURS_PUBLIES, dossier)
    return baremes, porter_le_bruit(table, etablir_l_ouverture(config, baremes, regles), regles), regles


def publier_les_ecrits(
    config: Configuration, baremes: Baremes, publiees: pd.DataFrame, regles: Regles, dossier: Path
) -> None:
    """Écrire dans ``dossier`` ce qui se tire des écrits.

    ``publiees`` : les indicateurs de ce public, et leur bruit (:func:`~observatoire.secret.porter_le_bruit`).
    ``dossier`` a déjà tout le reste. Lève :class:`ErreurConfiguration`, avec tout ce qui ne va pas, avant d'écrire.
    """
    ecrits = _Ecrits(config, publiees, regles.public, lire_publiee(TERRITOIRES, dossier))
    variations = lire_publiee(VARIATIONS, dossier)
    for table, contenu in _juger(config, baremes, publiees, ecrits, variations).items():
        ecrire_publiee(table, contenu, dossier, regles.public)
    _ecrire_les_commentaires(ecrits, dossier)
    publier_seances(config, [ecrits.citer(s) for s in ecrits.seances], regles.public, dossier)


def _ecrire_les_commentaires(ecrits: _Ecrits, dossier: Path) -> None:
    shutil.rmtree(dossier / COMMENTAIRES.name, ignore_errors=True)
    for relatif, ecrit in ecrits.commentaires.items():
        texte = ecrits.citables.citer(ecrit.texte, ecrit.lieu)
        ecrire_texte(texte, dossier / COMMENTAIRES.name / relatif)


def _juger(
    config: Configuration, baremes: Baremes, publiees: pd.DataFrame, ecrits: _Ecrits, variations: pd.DataFrame
) -> dict[Table, pd.DataFrame]:
    """La conformité aux objectifs, les engagements et leur revue, les orientations adoptées."""
    referentiels, suivi = config.chemin("referentiels"), lire_le_suivi(config)
    objectifs = lire_objectifs(config, baremes, suivi)
    conformite = confronter(objectifs, publiees, config.annees, config.tout)
    juger = partial(juger_les_engagements, config, publiees=publiees, registres=lire_registres(config, ecrits.seances))
    engagements = juger(lire_contenu(suivi, config))
    revus = dresser_les_objectifs(
        publiees,
        engagements,
        conformite,
        lire_ruptures(referentiels, catalogue()),
        variations,
        bouts=(config.annee_zero, max(config.annees)),
        tout=config.tout,
        duree=duree_de_la_charte(config.charte),
    )
    orientees = lire_orientations(config), publiees, ecrits.citables.territoires, config.annees, config.tout
    return {
        CONFORMITE: conformite,
        ENGAGEMENTS: engagements,
        OBJECTIFS: revus,
        ECARTS: relever_les_ecarts(config, suivi, engagements, juger),
        CONFRONTATION: confronter_les_orientations(*orientees),
    }


@dataclass(frozen=True)
class _Ecrit:
    """Un fichier écrit à la main. ``nom`` : son chemin dans « book » ; ``lieu`` : de quoi il parle."""

    nom: str
    texte: str
    lieu: Lieu


class _Ecrits:
    """Les écrits d'une édition, vérifiés d'un coup, et ce qu'un public en lit."""

    def __init__(self, config: Configuration, publiees: pd.DataFrame, public: str, territoires: pd.DataFrame):
        self.config = config
        self.citables = Citables(config, publiees, territoires)
        self.seances = lire_seances(config)
        dossier, gouvernance = config.chemin("livre") / COMMENTAIRES, dossier_des_seances(config)
        self.commentaires = {
            (relatif := fichier.relative_to(dossier)): _Ecrit(
                (Path(dossier.name) / relatif).as_posix(),
                lire_texte(fichier),
                self.citables.situer(fichier.stem, annee),
            )
            for annee in config.annees
            for fichier in lister_visibles(dossier / str(annee), "*.md")
        }
        refuser_les_ecrits(dossier)
        lues = [
            _Ecrit(f"gouvernance/{s.nom}.md", lire_texte(gouvernance / f"{s.nom}.md"), self._lieu_de(s))
            for s in self.seances
            if est_lue(s, public)
        ]
        self._refuser([*self.commentaires.values(), *lues], Exactes(config.chemin("prepare"), publiees))

    def _lieu_de(self, seance: Seance) -> Lieu:
        """Une séance parle du territoire entier, la dernière année de l'édition qui ne la suit pas."""
        annee = max((a for a in self.config.annees if a <= seance.annee), default=min(self.config.annees))
        return Lieu(annee, *self.config.tout)

    def citer(self, seance: Seance) -> Seance:
        """La séance, ses références remplacées."""
        lieu = self._lieu_de(seance)
        return replace(
            seance,
            texte=self.citables.citer(seance.texte, lieu),
            supports=tuple(self.citables.citer(s, lieu) for s in seance.supports),
            decisions=tuple((genre, self.citables.citer(texte, lieu)) for genre, texte in seance.decisions),
        )

    def _refuser(self, ecrits: list[_Ecrit], exactes: Exactes) -> None:
        """Lever :class:`ErreurConfiguration` avec le fichier, la ligne et quoi écrire de chaque faute."""
        fautes = [f"  - {faute}" for ecrit in ecrits for faute in self._chercher(ecrit, exactes)]
        if fautes:
            raise ErreurConfiguration(
                "commentaires et comptes rendus : ces passages ne peuvent pas être publiés.\n" + "\n".join(fautes)
            )

    def _chercher(self, ecrit: _Ecrit, exactes: Exactes) -> Iterator[str]:
        lieux = self._evoquer(ecrit)
        for rang, ligne in enumerate(ecrit.texte.splitlines(), start=1):
            fautes = [*self.citables.chercher_les_fautes(ligne)]
            fautes += chercher_les_recopies(ligne, lieux, self._noms, exactes)
            yield from (f"{ecrit.nom}, ligne {rang} : {faute}" for faute in fautes)

    def _evoquer(self, ecrit: _Ecrit) -> list[Lieu]:
        """Le lieu d'un écrit, ceux qu'il nomme, et les bailleurs qu'il nomme en ces lieux."""
        territoires = self.citables.territoires
        cites = [
            replace(ecrit.lieu, niveau=niveau, territoire=code, bailleur="tous")
            for niveau, code, nom in zip(*(territoires[c] for c in ("niveau", "code", "nom")), strict=True)
            if niveau != "immeuble" and any(_nomme(partie, ecrit.texte) for partie in nom.split(" - "))
        ]
        lieux = list(dict.fromkeys([ecrit.lieu, *cites]))
        bailleurs = [b.code for b in self.config.bailleurs if _nomme(b.nom, ecrit.texte)]
        return [*lieux, *(replace(lieu, bailleur=b) for lieu in lieux for b in bailleurs)]

    @cached_property
    def _noms(self) -> list[str]:
        """Les noms qui contiennent un nombre : « Habitat 25 » n'est pas une valeur."""
        noms = [*(b.nom for b in self.config.bailleurs), *self.config.signataires, *self.citables.territoires["nom"]]
        return sorted({n for n in noms if re.search(r"\d", n)}, key=len, reverse=True)


def _nomme(nom: str, texte: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(nom)}(?!\w)", texte, re.IGNORECASE) is not None

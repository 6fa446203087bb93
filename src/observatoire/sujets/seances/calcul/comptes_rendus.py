"""Lire les comptes rendus : ``book/gouvernance/AAAA-MM-JJ-*.md``, un en-tête YAML puis un texte libre en Markdown."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from observatoire.configuration import Configuration
from observatoire.configuration.modeles.seances import CLE_D_ALERTE, Entete
from observatoire.configuration.saisie import FichierFautif, analyser_fiche, lire_texte
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import nommer
from observatoire.rangement import sont_fictifs
from observatoire.sujets.seances.calcul.regles import ETATS, INVITES, dire_l_individuel
from observatoire.vocabulaire import DECISIONS, GENRES_DE_SEANCE

DOSSIER = Path("book") / "gouvernance"
NOM = re.compile(r"\d{4}-\d{2}-\d{2}-[a-z0-9-]+\.md")
_ENTETE = re.compile(r"\A---\n(.*?\n)---\n(.*)\Z", re.DOTALL)
MAL_NOMME = "le nom s'écrit AAAA-MM-JJ-genre.md, sans accent ni majuscule."
SANS_ENTETE = "l'en-tête manque : le fichier commence par « --- », des « clé: valeur », puis « --- »."


@dataclass(frozen=True)
class Seance:
    """Une séance, prévue ou tenue. ``nom`` : celui du fichier, sans suffixe. ``public`` : qui lit ``texte``.

    ``presents`` : noms des signataires. ``alertes`` : comme écrites. ``decisions`` : (genre, texte).
    """

    nom: str
    genre: str
    date: dt.date
    etat: str
    fictif: bool
    public: str
    presents: tuple[str, ...]
    invites: tuple[str, ...]
    alertes: tuple[str, ...]
    supports: tuple[str, ...]
    decisions: tuple[tuple[str, str], ...]
    texte: str

    @property
    def annee(self) -> int:
        """L'année de la séance."""
        return self.date.year

    @property
    def trimestre(self) -> int:
        """Le trimestre de la séance, de 1 à 4."""
        return (self.date.month + 2) // 3


def dossier_des_seances(config: Configuration) -> Path:
    """Où sont les comptes rendus."""
    return config.chemin("livre") / DOSSIER


def lire_seances(config: Configuration) -> list[Seance]:
    """Toutes les séances, de la plus ancienne à la plus récente.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas, dans tous les fichiers. Le message nomme le fichier
    et la ligne, jamais ce qui y est écrit.
    """
    signataires, seances, problemes = nommer_signataires(config), [], []
    for fichier in sorted(dossier_des_seances(config).glob("*.md")):
        if fichier.name == "README.md":
            continue
        tout = lire_texte(fichier)
        coupe = _ENTETE.match(tout)
        if not NOM.fullmatch(fichier.name) or coupe is None:
            problemes.append(f"{nommer(fichier)} : {SANS_ENTETE if NOM.fullmatch(fichier.name) else MAL_NOMME}")
            continue
        fautes = _fautes_du_corps(fichier.name, coupe[2], tout)
        try:
            contexte = _contexte(fichier, signataires)
            entete = analyser_fiche(f"\n{coupe[1]}", fichier.name, Entete, contexte, discret=True)
        except ErreurConfiguration as erreur:
            fautes = [*(erreur.lignes if isinstance(erreur, FichierFautif) else [str(erreur)]), *fautes]
        problemes += fautes
        if not fautes:
            seances.append(_composer(fichier.stem, entete, coupe[2], signataires))
    if problemes:
        raise ErreurConfiguration("comptes rendus mal écrits :\n" + "\n".join(f"  - {p}" for p in problemes))
    return sorted(seances, key=lambda s: (s.date, s.nom))


def _contexte(fichier: Path, signataires: dict[str, str]) -> dict:
    """Ce que le modèle doit savoir d'ailleurs."""
    return {
        "nom": fichier.name, "genres": tuple(GENRES_DE_SEANCE), "etats": tuple(ETATS), "invites": tuple(INVITES),
        "decisions": tuple(DECISIONS), "signataires": tuple(signataires), "individuel": dire_l_individuel,
    }  # fmt: skip


def tenues(config: Configuration, seances: list[Seance]) -> list[Seance]:
    """Les séances qui ont eu lieu. Un compte rendu fictif ne compte que si les dépôts calculés le sont aussi."""
    fictifs = sont_fictifs(config.chemin("prepare"))
    return [s for s in seances if s.etat == "tenue" and (fictifs or not s.fictif)]


def nommer_signataires(config: Configuration) -> dict[str, str]:
    """Ce qui peut s'écrire dans « presents » (un nom de signataire, ou un code de bailleur) -> le nom."""
    return {b.code: b.nom for b in config.bailleurs} | {nom: nom for nom in config.signataires}


def decomposer(alerte: str) -> tuple[str, str, str] | None:
    """(niveau, territoire, indicateur) d'une alerte écrite en toutes lettres ; ``None`` pour un identifiant.

    >>> decomposer("quartier battant signalements"), decomposer("bcdfghjklmnp")
    (('quartier', 'battant', 'signalements'), None)
    """
    lue = re.fullmatch(CLE_D_ALERTE, alerte)
    return lue.groups() if lue else None


def _fautes_du_corps(nom: str, texte: str, tout: str) -> list[str]:
    debut = tout.count("\n") - texte.count("\n")
    return [
        f"{nom}, ligne {debut + rang} : {individuel}."
        for rang, ligne in enumerate(texte.splitlines(), start=1)
        if (individuel := dire_l_individuel(ligne))
    ]


def _composer(nom: str, entete: Entete, texte: str, signataires: dict[str, str]) -> Seance:
    return Seance(
        nom=nom,
        genre=entete.genre,
        date=entete.date,
        etat=entete.etat,
        fictif=entete.fictif,
        public=entete.public,
        presents=tuple(dict.fromkeys(signataires[p] for p in entete.presents)),
        invites=tuple(entete.invites),
        alertes=tuple(entete.alertes),
        supports=tuple(entete.supports),
        decisions=tuple((d.genre, d.texte) for d in entete.decisions),
        texte=texte.strip(),
    )

"""Lire les comptes rendus : ``book/gouvernance/AAAA-MM-JJ-*.md``, un en-tête YAML puis un texte libre en Markdown."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path

from observatoire.configuration import PUBLICS, Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.gouvernance.regles import ALERTE, chercher_defauts, dire_l_individuel
from observatoire.saisie import analyser_yaml, lire_texte
from observatoire.tables.depots import ORIGINE

DOSSIER = Path("book") / "gouvernance"
NOM = re.compile(r"\d{4}-\d{2}-\d{2}-[a-z0-9-]+\.md")
_ENTETE = re.compile(r"\A---\n(.*?\n)---\n(.*)\Z", re.DOTALL)
#: Qui lit le texte d'un compte rendu, quand il ne le dit pas.
RESERVE = PUBLICS[-1]


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
    seances, problemes = [], []
    for fichier in sorted(dossier_des_seances(config).glob("*.md")):
        if fichier.name == "README.md":
            continue
        tout = lire_texte(fichier)
        entete, texte, defauts = _lire(fichier.name, tout)
        defauts = defauts or chercher_defauts(entete, fichier.name, nommer_signataires(config), PUBLICS)
        defauts += _defauts_du_corps(texte, tout)
        problemes += [f"  - {fichier.name} : {d}" for d in defauts]
        if not defauts:
            seances.append(_composer(fichier.stem, entete, texte, nommer_signataires(config)))
    if problemes:
        raise ErreurConfiguration("comptes rendus mal écrits :\n" + "\n".join(problemes))
    return sorted(seances, key=lambda s: (s.date, s.nom))


def tenues(config: Configuration, seances: list[Seance]) -> list[Seance]:
    """Les séances qui ont eu lieu. Un compte rendu fictif ne compte que si les dépôts calculés le sont aussi."""
    origine = ORIGINE.dans(config.chemin("prepare"))
    fictifs = origine.is_file() and json.loads(origine.read_text(encoding="utf-8"))["fictif"]
    return [s for s in seances if s.etat == "tenue" and (fictifs or not s.fictif)]


def nommer_signataires(config: Configuration) -> dict[str, str]:
    """Ce qui peut s'écrire dans « presents » (un nom de signataire, ou un code de bailleur) -> le nom."""
    return {b.code: b.nom for b in config.bailleurs} | {nom: nom for nom in config.signataires}


def decomposer(alerte: str) -> tuple[str, str, str] | None:
    """(niveau, territoire, indicateur) d'une alerte écrite en toutes lettres ; ``None`` pour un identifiant.

    >>> decomposer("quartier battant signalements"), decomposer("bcdfghjklmnp")
    (('quartier', 'battant', 'signalements'), None)
    """
    lue = ALERTE.fullmatch(alerte)
    return lue.groups() if lue else None


def _lire(nom: str, tout: str) -> tuple[object, str, list[str]]:
    if not NOM.fullmatch(nom):
        return None, "", ["le nom s'écrit AAAA-MM-JJ-genre.md, sans accent ni majuscule."]
    coupe = _ENTETE.match(tout)
    if coupe is None:
        return None, "", []
    try:
        return analyser_yaml(coupe[1], "en-tête"), coupe[2], []
    except ErreurConfiguration as erreur:
        return None, coupe[2], [str(erreur)]


def _defauts_du_corps(texte: str, tout: str) -> list[str]:
    debut = tout.count("\n") - texte.count("\n")
    return [
        f"ligne {debut + rang} : {individuel}."
        for rang, ligne in enumerate(texte.splitlines(), start=1)
        if (individuel := dire_l_individuel(ligne))
    ]


def _composer(nom: str, entete: dict, texte: str, signataires: dict[str, str]) -> Seance:
    presents = dict.fromkeys(signataires[p] for p in entete.get("presents") or ())
    return Seance(
        nom=nom,
        genre=entete["genre"],
        date=entete["date"],
        etat=entete.get("etat") or "tenue",
        fictif=bool(entete.get("fictif")),
        public=entete.get("public") or RESERVE,
        presents=tuple(presents),
        invites=tuple(entete.get("invites") or ()),
        alertes=tuple(entete.get("alertes") or ()),
        supports=tuple(s.strip() for s in entete.get("supports") or ()),
        decisions=tuple((d["genre"], d["texte"].strip()) for d in entete.get("decisions") or ()),
        texte=texte.strip(),
    )

"""Lire ce qu'une personne écrit à la main (YAML, JSON, Markdown) : le contenu, ou où sont les fautes.

Rien n'y est deviné : une clé donnée deux fois, dont YAML ne garderait que la seconde, est une faute. Le contenu se
vérifie ensuite sur un modèle (:mod:`observatoire.configuration.modeles`), et toutes ses fautes sortent à la fois, avec
leur ligne.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import yaml
from yaml.composer import Composer

from observatoire.erreurs import ErreurConfiguration
from observatoire.typographie import compter

if TYPE_CHECKING:
    from observatoire.configuration.fiche import Fiche

Modele = TypeVar("Modele", bound="Fiche")
#: Ce que YAML sait écrire et dont aucun fichier d'ici n'a l'emploi.
_INUSITES = ("binary", "omap", "pairs", "set")
#: Les années dont une date se lit.
DATABLES = range(1800, 2201)
_ENORME = 1e15  # et « .nan » n'est pas plus petit


class _Lecteur(Composer, yaml.CSafeLoader):
    """YAML ordinaire, où les clés sont des textes, uniques, et où rien ne renvoie à autre chose.

    Découpé par libyaml, dix fois plus vite ; composé ici, où les renvois se refusent."""

    yaml_constructors = {
        tag: construire
        for tag, construire in yaml.CSafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] not in _INUSITES
    }

    def __init__(self, texte: str):
        yaml.CSafeLoader.__init__(self, texte)
        Composer.__init__(self)

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            self._refuser(self.peek_event(), "les renvois (« * ») ne sont pas admis ; recopier la valeur.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        vues: set[Hashable] = set()
        for noeud, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            cle = self.construct_object(noeud, deep=True)
            if not isinstance(cle, str):
                self._refuser(noeud, "une clé n'est pas un texte (mettre des guillemets).")
            if cle in vues:
                self._refuser(noeud, f"« {cle} » est donné deux fois.")
            vues.add(cle)
        return super().construct_mapping(node, deep)

    def construct_object(self, node, deep=False):
        try:
            valeur = super().construct_object(node, deep)
        except ValueError:
            if not node.tag.endswith(":timestamp"):
                self._refuser(node, "ce nombre est impossible.")
            return node.value  # « 2007-13-01 » : le modèle la refusera à sa ligne, avec tout ce qui ne va pas
        if isinstance(valeur, dt.datetime) or (isinstance(valeur, dt.date) and valeur.year not in DATABLES):
            self._refuser(node, "une date s'écrit AAAA-MM-JJ, sans heure, de 1800 à 2200.")
        if isinstance(valeur, int | float) and not abs(valeur) < _ENORME:
            self._refuser(node, "ce nombre est impossible.")
        return valeur

    def _refuser(self, lieu: yaml.Node | yaml.Event, faute: str) -> None:
        raise _Faute(None, None, faute, lieu.start_mark)


class _Faute(yaml.MarkedYAMLError):
    """Une faute que nous savons dire."""


def lire_texte(fichier: Path) -> str:
    """Le texte d'un fichier. Lève :class:`ErreurConfiguration` s'il n'est pas en UTF-8."""
    octets = fichier.read_bytes()
    try:
        return octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as erreur:
        ligne = octets.count(b"\n", 0, erreur.start) + 1
        raise ErreurConfiguration(
            f"{fichier.name}, ligne {ligne} : un caractère n'est pas en UTF-8. Enregistrer le fichier en UTF-8."
        ) from erreur


def lire_yaml(fichier: Path) -> object:
    """Le contenu d'un fichier YAML ; lève :class:`ErreurConfiguration` s'il est mal écrit."""
    return analyser_yaml(lire_texte(fichier), fichier.name)


def analyser_yaml(texte: str, nom: str) -> object:
    """Le contenu d'un texte YAML ; ``nom`` : celui du fichier. Lève :class:`ErreurConfiguration` s'il est mal écrit."""
    try:
        return yaml.load(texte, _Lecteur)
    except yaml.YAMLError as erreur:
        lieu = getattr(erreur, "problem_mark", None)
        # Ce qui n'est pas fermé se remarque après la fin : la dernière ligne écrite est celle à lire.
        ou = f", ligne {min(lieu.line, texte.count(chr(10))) + 1}" if lieu else ""
        faute = erreur.problem if isinstance(erreur, _Faute) else "ce n'est pas du YAML valide."
        raise ErreurConfiguration(f"{nom}{ou} : {faute}") from erreur
    except (ValueError, RecursionError) as erreur:
        raison = "trop de niveaux." if isinstance(erreur, RecursionError) else "une date ou un nombre impossible."
        raise ErreurConfiguration(f"{nom} : ce n'est pas du YAML valide, {raison}") from erreur


def lire_json(fichier: Path) -> object:
    """Le contenu d'un fichier JSON ; lève :class:`ErreurConfiguration` s'il est mal écrit."""
    try:
        return json.loads(lire_texte(fichier))
    except json.JSONDecodeError as erreur:
        raise ErreurConfiguration(f"{fichier.name}, ligne {erreur.lineno} : ce n'est pas du JSON valide.") from erreur
    except RecursionError as erreur:
        raise ErreurConfiguration(f"{fichier.name} : ce n'est pas du JSON valide, trop de niveaux.") from erreur


class FichierFautif(ErreurConfiguration):
    """Un fichier dont le contenu ne va pas. ``fautes`` : (ligne, phrase) de chacune, dans l'ordre du fichier."""

    def __init__(self, nom: str, fautes: Iterable[tuple[int | None, str]]):
        self.nom = nom
        self.fautes = sorted(dict.fromkeys(fautes), key=lambda faute: faute[0] or 0)
        liste = "\n".join(f"  - {f'ligne {ligne} : ' if ligne else ''}{phrase}" for ligne, phrase in self.fautes)
        super().__init__(f"{nom} : {compter(len(self.fautes), 'problème')}.\n{liste}")

    def __reduce__(self):
        return type(self), (self.nom, self.fautes)

    @property
    def lignes(self) -> list[str]:
        """Une faute par ligne, qui nomme le fichier : pour un message qui en réunit plusieurs."""
        return [f"{self.nom}{f', ligne {ligne}' if ligne else ''} : {phrase}" for ligne, phrase in self.fautes]


def lire_fiche(fichier: Path, modele: type[Modele], contexte: Mapping | None = None, **facon) -> Modele:
    """Un fichier YAML, lu sur son modèle ; lève :class:`ErreurConfiguration` avec tout ce qui ne va pas."""
    return analyser_fiche(lire_texte(fichier), fichier.name, modele, contexte, **facon)


def analyser_fiche(
    texte: str, nom: str, modele: type[Modele], contexte: Mapping | None = None, liste: str = "", discret: bool = False
) -> Modele:
    """Un texte YAML, lu sur son modèle.

    ``contexte`` : ce que le modèle doit savoir d'ailleurs (les codes admis). ``liste`` : la seule rubrique du fichier,
    quand elle peut s'écrire sans son nom. ``discret`` : les messages ne redisent rien de ce qui est écrit.
    """
    brut = analyser_yaml(texte, nom)
    nue = bool(liste) and not isinstance(brut, dict)
    contenu = {liste: brut} if nue else brut
    reperer = reperer_dans(texte)
    return verifier_fiche(contenu, nom, modele, contexte, discret, lambda ou: reperer(ou[nue:]))


def verifier_fiche(contenu, nom, modele: type[Modele], contexte=None, discret=False, ligne=lambda ou: None) -> Modele:
    """Un contenu déjà lu, sur son modèle. ``ligne`` : la ligne où est un chemin, si on la sait."""
    from pydantic import ValidationError

    from observatoire.configuration.phrases import formuler

    try:
        return modele.model_validate(contenu, context=dict(contexte or {}))
    except ValidationError as erreur:
        fautes = erreur.errors(include_url=False)
    raise FichierFautif(nom, [(ligne(faute["loc"]), formuler(faute, contenu, discret)) for faute in fautes])


def reperer_dans(texte: str) -> Callable[[tuple[str | int, ...]], int | None]:
    """De quoi trouver la ligne d'un chemin dans un texte YAML, relu une fois, et seulement s'il y a une faute."""
    composer = cache(lambda: yaml.compose(texte, _Lecteur))
    return lambda chemin: _ligne_de(composer(), chemin)


def _ligne_de(noeud: yaml.Node | None, chemin: tuple[str | int, ...]) -> int | None:
    """La ligne de ce qui est à ce chemin d'un document composé, ou de ce qui l'aurait contenu."""
    ligne = noeud.start_mark.line + 1 if noeud else None
    for etape in chemin:
        if isinstance(noeud, yaml.MappingNode):
            lieu, noeud = next(((c, v) for c, v in noeud.value if c.value == etape), (None, None))
        elif isinstance(noeud, yaml.SequenceNode) and isinstance(etape, int):
            lieu = noeud = noeud.value[etape] if etape < len(noeud.value) else None
        else:
            lieu = None  # y compris « [key] », que pydantic ajoute à une clé fautive
        if lieu is None:
            break
        ligne = lieu.start_mark.line + 1
    return ligne

"""De quoi décrire un fichier tenu à la main : une fiche, et les sortes de valeurs qui s'y écrivent.

Une fiche est un modèle pydantic strict : rien n'y est converti, une clé inconnue est une faute, une clé vide compte
pour absente. Ses fautes sortent toutes à la fois, celles d'un champ comme celles de l'accord entre les champs.
"""

from __future__ import annotations

import copy
import datetime as dt
import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Annotated, Any, ClassVar

# Pydantic lirait sans cela la métadonnée de chaque paquet installé, à la recherche de greffons : 40 ms par commande.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from observatoire.configuration.saisie import DATABLES

#: Où est une faute dans le contenu : des clés, et des rangs à partir de zéro.
Chemin = tuple[str | int, ...]
_INTERVALLE = re.compile(r"([\[\]])([\d ]+(?:,\d+)?) ; ([\d ]+(?:,\d+)?)([\[\]])")


class Fiche(BaseModel):
    """Une suite de « clé: valeur »."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    #: Clés d'autrefois -> ce qu'il faut en faire.
    abandonnees: ClassVar[dict[str, str]] = {}
    #: Clés dont un vide est une faute, au lieu de compter pour une absence.
    jamais_vides: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        """Les fautes qui tiennent à plusieurs champs : où (sous la fiche), et la phrase qui les dit.

        ``sain`` : le contenu sans ce qui est déjà fautif ; un élément fautif d'une liste y est ``None``. Le contexte
        donne aussi les clés ``ecrites``, fautives ou non.
        """
        return iter(())

    @model_validator(mode="wrap")
    @classmethod
    def _tout_dire(cls, brut: Any, suite: Callable, info: ValidationInfo) -> Any:
        fiche, fautes, gardees = None, [], brut
        if isinstance(brut, dict):
            brut = {cle: v for cle, v in brut.items() if v is not None or cle in cls.jamais_vides}
            gardees = {cle: v for cle, v in brut.items() if cle not in cls.abandonnees}
        try:
            fiche = suite(gardees)
        except ValidationError as erreur:
            fautes = [cls._completer(faute) for faute in erreur.errors(include_url=False)]
        if isinstance(brut, dict):
            fautes += [
                _faute((cle,), brut[cle], dire(raison)) for cle, raison in cls.abandonnees.items() if cle in brut
            ]
            contexte = {**(info.context or {}), "ecrites": frozenset(brut)}
            sain = elaguer(brut, [f["loc"] for f in fautes])
            fautes += [_faute(ou, None, dire(phrase)) for ou, phrase in cls.accorder(sain, contexte)]
        if fautes:
            raise ValidationError.from_exception_data(cls.__name__, fautes)
        return fiche

    @classmethod
    def _completer(cls, faute: dict) -> dict:
        """Une faute à relancer telle quelle ; celle d'une clé, ou de leur absence, dit celles qui sont admises."""
        contexte = dict(faute.get("ctx") or {})
        if (faute["type"], len(faute["loc"])) in (("extra_forbidden", 1), ("model_type", 0)):
            contexte["admis"] = tuple(cls.model_fields)
        elif faute["type"] == "missing" and len(faute["loc"]) == 1:
            attendue = cls.model_fields[faute["loc"][0]].annotation
            contexte["admis"] = tuple(getattr(attendue, "model_fields", ()))
        return _faute(faute["loc"], faute["input"], PydanticCustomError(faute["type"], "", contexte))


def _faute(ou: Chemin, valeur: object, erreur: PydanticCustomError) -> dict:
    return {"type": erreur, "loc": ou, "input": valeur}


def dire(phrase: str) -> PydanticCustomError:
    """Une faute dont la phrase est déjà faite ; « {cle} » y tient la place du nom de ce qui est fautif."""
    return PydanticCustomError("phrase", "", {"phrase": phrase})


def elaguer(contenu: Any, chemins: Iterable[Chemin]) -> Any:
    """Le contenu, sans ce qui est à ces chemins ; un élément de liste y devient ``None`` et garde sa place aux autres.

    >>> elaguer({"a": [1, {"b": 2, "c": 3}], "d": 4}, [("a", 1, "b"), ("a", 0), ("d",), ("e",)])
    {'a': [None, {'c': 3}]}
    """
    sain = copy.deepcopy(contenu)
    for chemin in chemins:
        dedans, *etapes = sain, *(e for e in chemin if e != "[key]")
        for etape in etapes[:-1]:
            dedans = _descendre(dedans, etape)
        if isinstance(dedans, dict):
            dedans.pop(etapes[-1], None)
        elif isinstance(dedans, list) and isinstance(etapes[-1], int) and etapes[-1] < len(dedans):
            dedans[etapes[-1]] = None
    return sain


def _descendre(contenu: Any, etape: str | int) -> Any:
    if isinstance(contenu, dict):
        return contenu.get(etape)
    return contenu[etape] if isinstance(contenu, list) and isinstance(etape, int) and etape < len(contenu) else None


# --- les sortes de valeurs

Texte = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


def _dater(valeur: object) -> dt.date:
    if isinstance(valeur, dt.date):
        return valeur
    if isinstance(valeur, int) and not isinstance(valeur, bool) and valeur in DATABLES:
        return dt.date(valeur, 1, 1)
    raise PydanticCustomError("jour_ou_annee", "")


#: Une date, ou une année seule quand c'est tout ce que l'on sait.
JourOuAnnee = Annotated[dt.date, PlainValidator(_dater)]


def forme(motif: str, comment: str) -> Any:
    """Un texte d'une certaine forme ; ``comment`` : la phrase qui la dit, où « {cle} » est le nom de la valeur."""
    attendue = re.compile(motif)

    def verifier(valeur: str) -> str:
        if not attendue.fullmatch(valeur):
            raise dire(comment)
        return valeur

    return Annotated[str, AfterValidator(verifier)]


def parmi(*admis: str, quoi: str = "") -> Any:
    """Un texte pris dans une liste. ``quoi`` : ce que c'est, pour le dire (« un signataire d'observatoire.yml »)."""
    return Annotated[str, AfterValidator(lambda valeur: _choisir(valeur, admis, quoi))]


def parmi_ceux(nom: str, quoi: str = "", sorte: type = str) -> Any:
    """Un texte (ou une autre ``sorte``) pris dans une liste que donne le contexte de la lecture, sous ce ``nom``."""
    return Annotated[sorte, AfterValidator(lambda valeur, info: _choisir(valeur, info.context[nom], quoi))]


def _choisir(valeur: Any, admis: Iterable[Any], quoi: str) -> Any:
    if valeur not in admis:
        raise PydanticCustomError("inconnu", "", {"admis": tuple(admis), "quoi": quoi})
    return valeur


def nombre(intervalle: str = "", quoi: str = "") -> Any:
    """Un nombre, tel qu'il est écrit (un entier reste un entier), d'un intervalle donné : « ]0 ; 1] »."""
    return Annotated[int | float, PlainValidator(lambda valeur: _mesurer(valeur, intervalle, quoi))]


def _mesurer(valeur: Any, intervalle: str, quoi: str) -> int | float:
    if isinstance(valeur, bool) or not isinstance(valeur, int | float):
        raise PydanticCustomError("nombre", "", {"intervalle": intervalle, "quoi": quoi})
    if intervalle:
        gauche, *bornes, droite = _INTERVALLE.fullmatch(intervalle).groups()
        bas, haut = (float(b.replace(" ", "").replace(",", ".")) for b in bornes)
        dedans = (bas <= valeur if gauche == "[" else bas < valeur) and (
            valeur <= haut if droite == "]" else valeur < haut
        )
        if not dedans:
            raise PydanticCustomError("nombre", "", {"intervalle": intervalle, "quoi": quoi})
    return valeur


def entier(minimum: int, quoi: str = "", maximum: int | None = None) -> Any:
    """Un entier d'au moins ``minimum``, et d'au plus ``maximum`` s'il y en a un."""
    bornes = f"au moins {minimum}" if maximum is None else f"de {minimum} à {maximum}"

    def compter(valeur: Any) -> int:
        if type(valeur) is not int or valeur < minimum or (maximum is not None and valeur > maximum):
            raise PydanticCustomError("entier", "", {"bornes": bornes, "quoi": quoi})
        return valeur

    return Annotated[int, PlainValidator(compter)]


def doubles(valeurs: Iterable[Any]) -> list[tuple[int, Any]]:
    """Les valeurs déjà données plus haut, et leur rang ; ni un manquant, ni une liste n'en est une.

    >>> doubles(["a", None, "b", "a", {}, None, {}])
    [(3, 'a')]
    """
    vues: set = set()
    repetees = []
    for rang, valeur in enumerate(valeurs):
        if valeur is None or not isinstance(valeur, Hashable):
            continue
        if valeur in vues:
            repetees.append((rang, valeur))
        vues.add(valeur)
    return repetees

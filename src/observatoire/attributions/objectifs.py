"""Les objectifs d'attribution : ceux de la loi, dans les barèmes, et ceux que la Conférence a adoptés.

Aucun n'est dans le code, ni inventé : la charte de 2007 n'en chiffre aucun. Un barème en « fraction » qui porte le nom
d'un indicateur est un minimum ou un maximum légal, que la loi fixe pour le territoire entier, jamais pour un quartier
ni pour une commune d'une agglomération (CCH, art. L. 441-1) ; ``suivi/objectifs.yml`` tient les autres ::

    objectifs:
      - code: planoise_ressources
        indicateur: moins_40_entrants
        sens: plafond              # plafond (ne pas dépasser) ou plancher (atteindre au moins)
        cible: 0.40                # une fraction
        niveau: quartier           # ville ou quartier ; agglomeration s'il y a plusieurs communes
        territoire: planoise-chateaufarine    # facultatif : sinon chacun du niveau
        bailleur: neolia           # facultatif : « chacun », ou un code ; sinon tous ensemble
        depuis: 2008-06-12
        jusque: 2010-12-31         # facultatif
        source: Conférence communale du 12 juin 2008, décision n° 3
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from observatoire.baremes import Baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.configuration.saisie import chercher_malformes, lire_yaml
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.territoires import est_inconnu

FICHIER = "objectifs.yml"
SENS = ("plafond", "plancher")
NIVEAUX = ("agglomeration", "ville", "quartier")
TOUS, CHACUN = "tous", "chacun"
LOI, CONFERENCE = ORIGINES = ("loi", "conference")
_OBLIGATOIRES = ("code", "indicateur", "sens", "cible", "niveau", "depuis", "source")
_FACULTATIVES = ("territoire", "bailleur", "jusque")
#: La forme de ce que les contrôles comparent ; leurs messages disent le reste.
_FORME = dict.fromkeys(("code", "indicateur", "sens", "niveau", "territoire", "bailleur", "source"), str)
_LEGAUX = {"hausse": "plancher", "baisse": "plafond"}


@dataclass(frozen=True)
class Objectif:
    """Un objectif en vigueur de ``depuis`` à ``jusque`` (comprises).

    ``territoire`` vide : chacun du ``niveau``. ``bailleur`` : « tous » ensemble, « chacun », ou un code.
    """

    code: str
    indicateur: str
    sens: str
    cible: float
    niveau: str
    depuis: datetime.date
    source: str
    origine: str = CONFERENCE
    territoire: str | None = None
    bailleur: str = TOUS
    jusque: datetime.date | None = None

    def en_vigueur(self, annee: int) -> bool:
        """Vaut-il au 31 décembre de l'année ?"""
        jour = datetime.date(annee, 12, 31)
        return self.depuis <= jour and (self.jusque is None or jour <= self.jusque)


def niveaux_de(config: Configuration) -> tuple[str, ...]:
    """Les niveaux où les attributions se jugent, du territoire entier au quartier."""
    return NIVEAUX[NIVEAUX.index(config.tout[0]) :]


def lire_objectifs(config: Configuration, baremes: Baremes) -> list[Objectif]:
    """Tous les objectifs, légaux puis adoptés ; lève :class:`ErreurConfiguration` avec tout ce qui ne va pas."""
    return [*_legaux(baremes, config.tout[0]), *_adoptes(config)]


def _legaux(baremes: Baremes, entier: str) -> list[Objectif]:
    """Une règle de la loi vaut sur le territoire entier (niveau ``entier``), tous bailleurs ensemble et chacun."""
    objectifs = []
    for code, declaration in catalogue().items():
        bareme = baremes.par_code.get(code)
        if bareme is None or bareme.unite != "fraction" or declaration.sens not in _LEGAUX:
            continue
        suivantes = [*(v["depuis"] - datetime.timedelta(days=1) for v in bareme.valeurs[1:]), None]
        for valeur, jusque in zip(bareme.valeurs, suivantes, strict=True):
            objectifs += [
                Objectif(
                    code, code, _LEGAUX[declaration.sens], valeur["valeur"], entier, valeur["depuis"],
                    valeur["source"], LOI, None, bailleur, jusque,
                )
                for bailleur in (TOUS, CHACUN)
            ]  # fmt: skip
    return objectifs


def _adoptes(config: Configuration) -> list[Objectif]:
    dossier = config.chemins.get("suivi")
    fichier = Path(dossier) / FICHIER if dossier else None
    if fichier is None or not fichier.is_file():
        return []
    contenu = lire_yaml(fichier)
    fiches = contenu.get("objectifs") if isinstance(contenu, dict) else contenu
    if fiches in (None, []):
        return []
    if not isinstance(fiches, list) or not all(isinstance(f, dict) for f in fiches):
        raise ErreurConfiguration(f"{FICHIER} : « objectifs » est une liste de fiches « clé: valeur ».")
    if malformes := chercher_malformes(fiches, [_FORME]):
        raise ErreurConfiguration(f"{FICHIER} est mal écrit :\n" + "\n".join(f"  - objectif {d}" for d in malformes))
    defauts = [f"objectif n° {rang} : {d}" for rang, f in enumerate(fiches, start=1) for d in _defauts(f, config)]
    codes = [f.get("code") for f in fiches]
    defauts += [f"le code « {c} » est donné deux fois." for c in dict.fromkeys(codes) if c and codes.count(c) > 1]
    if defauts:
        raise ErreurConfiguration(f"{FICHIER} est mal écrit :\n" + "\n".join(f"  - {d}" for d in defauts))
    return [Objectif(**{c: f[c] for c in (*_OBLIGATOIRES, *_FACULTATIVES) if f.get(c) is not None}) for f in fiches]


def _defauts(fiche: dict, config: Configuration) -> list[str]:
    defauts = [f"« {cle} » manque." for cle in _OBLIGATOIRES if fiche.get(cle) in (None, "")]
    connues = (*_OBLIGATOIRES, *_FACULTATIVES)
    defauts += [f"« {cle} » est inconnu. Clés admises : {', '.join(connues)}." for cle in fiche if cle not in connues]
    indicateur = catalogue().get(fiche.get("indicateur"))
    if fiche.get("indicateur") and (indicateur is None or indicateur.nature != "proportion"):
        defauts.append(f"« indicateur » : « {fiche['indicateur']} » n'est pas une proportion du catalogue.")
    niveaux = niveaux_de(config)
    for cle, admises in (("sens", SENS), ("niveau", niveaux)):
        if fiche.get(cle) and fiche[cle] not in admises:
            defauts.append(f"« {cle} » : « {fiche[cle]} » est inconnu. Valeurs admises : {', '.join(admises)}.")
    if est_inconnu(config, fiche.get("niveau"), fiche.get("territoire")):
        defauts.append(f"« territoire » : « {fiche['territoire']} » n'est pas un code du niveau « {fiche['niveau']} ».")
    cible = fiche.get("cible")
    if cible is not None and not (isinstance(cible, int | float) and not isinstance(cible, bool) and 0 <= cible <= 1):
        defauts.append("« cible » s'écrit en fraction de [0 ; 1] : 0.25 pour un quart.")
    bailleurs = [TOUS, CHACUN, *(b.code for b in config.bailleurs)]
    if fiche.get("bailleur") and fiche["bailleur"] not in bailleurs:
        defauts.append(f"« bailleur » : « {fiche['bailleur']} » est inconnu. Valeurs admises : {', '.join(bailleurs)}.")
    dates = {cle: fiche.get(cle) for cle in ("depuis", "jusque")}
    fausses = [cle for cle, d in dates.items() if d is not None and not isinstance(d, datetime.date)]
    defauts += [f"« {cle} » s'écrit AAAA-MM-JJ." for cle in fausses]
    if not fausses and dates["depuis"] and dates["jusque"] and dates["jusque"] < dates["depuis"]:
        defauts.append("« jusque » précède « depuis ».")
    return defauts

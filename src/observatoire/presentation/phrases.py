"""La phrase d'une alerte : « 21,8 %, trois fois l'attendu (7,1 %), en hausse depuis 2009 (+3,1 points) ; 17 ménages de
plus qu'attendu en impayé, entre 8 et 27, portés par deux immeubles sur quatorze »."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from observatoire.presentation.nombres import ecrire, ecrire_en_lettres, ecrire_ligne, ecrire_part

#: Les mots par lesquels commence ce qui précise un groupe de noms (« ménages | en impayé »).
_SUITE = re.compile(r"\s(?=(?:en|sous|de|du|au|aux|à|qui|dont|depuis|dans|d'\w+)\b)")
_INVARIABLES = {"plus", "moins", "sous", "dans", "trois"}
_FEMININS = {"dégradations", "familles", "demandes", "attributions"}
#: Une phrase ne redit pas la date : elle est dite à côté.
_TUS = {"de l'année"}


def couper(numerateur: str) -> tuple[str, str]:
    """Ce qui se compte, et ce qui le précise : « ménages », « en impayé de plus de trois mois »."""
    noms, *suite = _SUITE.split(numerateur, maxsplit=1)
    precise = suite[0] if suite else ""
    return noms, "" if precise in _TUS else precise


def mettre_en_nombre(noms: str, nombre: float) -> str:
    """Le groupe de noms au singulier sous deux : « ménage », « dégradation signalée »."""
    if abs(nombre) >= 2:
        return noms
    return " ".join(mot[:-1] if mot.endswith("s") and mot not in _INVARIABLES else mot for mot in noms.split(" "))


def dire_exces(ligne: dict, declaration: dict) -> str:
    """« 17 ménages de plus qu'attendu en impayé de plus de trois mois, entre 8 et 27 »."""
    noms, suite = couper(declaration["numerateur"])
    suite = f" {suite}" if suite else ""
    entier = arrondir(ligne["exces"])
    if entier == 0:
        return f"autant de {noms}{suite} qu'attendu{_dire_bornes(ligne)}"
    sens = "plus" if entier > 0 else "moins"
    nombre = ecrire(abs(ligne["exces"]), decimales=0)
    return f"{nombre} {mettre_en_nombre(noms, entier)} de {sens} qu'attendu{suite}{_dire_bornes(ligne)}"


def arrondir(valeur: float) -> int:
    """L'arrondi tel qu'il s'écrit."""
    return int(Decimal(str(valeur)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _dire_bornes(ligne: dict) -> str:
    """« , entre 8 et 27 » ; une borne de l'autre côté de zéro dit le sien : « , entre 2 de moins et 12 de plus »."""
    bas, haut = ligne["exces_bas"], ligne["exces_haut"]
    ecrites = [ecrire(abs(borne), decimales=0) for borne in (bas, haut)]
    if arrondir(bas) >= 0 and arrondir(ligne["exces"]) > 0:
        return f", entre {ecrites[0]} et {ecrites[1]}"
    if arrondir(haut) <= 0 and arrondir(ligne["exces"]) < 0:
        return f", entre {ecrites[1]} et {ecrites[0]}"
    sens = ["de plus" if arrondir(borne) >= 0 else "de moins" for borne in (bas, haut)]
    return f", entre {ecrites[0]} {sens[0]} et {ecrites[1]} {sens[1]}"


def dire_porteurs(ligne: dict, declaration: dict) -> str:
    """« portés par deux immeubles sur quatorze », ou que l'écart est diffus ; rien d'un immeuble ou si c'est caché."""
    immeubles, porteurs = ligne["immeubles"], ligne["porteurs"]
    if ligne["niveau"] == "immeuble" or pd.isna(immeubles) or pd.isna(porteurs) or not immeubles:
        return ""
    if arrondir(ligne["exces"]) <= 0:
        return ""
    total = ecrire_en_lettres(immeubles)
    if not porteurs:
        seul = "le seul immeuble évalué n'est pas signalé" if immeubles == 1 else f"aucun des {total} immeubles évalués"
        return f"diffus : {seul}" + ("" if immeubles == 1 else " n'est signalé à lui seul")
    noms = f"immeuble{'s' * (porteurs > 1)}"
    sur = f"{ecrire_en_lettres(porteurs)} {noms} sur {total}"
    if ligne["forme"] == "concentree":
        portes = "portée" if couper(declaration["numerateur"])[0].split(" ")[0] in _FEMININS else "porté"
        return f"{portes}{'s' * (round(ligne['exces']) > 1)} par {sur}{_dire_part(ligne)}"
    verbe = "sont signalés" if porteurs > 1 else "est signalé"
    return f"diffus : {sur} {verbe}{_dire_part(ligne)}"


def _dire_part(ligne: dict) -> str:
    """La part de l'excès que portent les immeubles signalés ; au-delà du tout, les autres sont en deçà de l'attendu."""
    part = ligne["part_porteurs"]
    if pd.isna(part) or ligne["porteurs"] == ligne["immeubles"]:
        return ""
    if part > 1:
        return " (les autres sont, ensemble, en deçà de l'attendu)"
    return f" ({ecrire_part(part)} de l'excès)"


def dire_taux(ligne: dict, propre: dict, declaration: dict) -> str:
    """« 21,8 %, trois fois l'attendu (7,1 %) » ; rien si la valeur n'est pas publiée.

    ``ligne`` : l'évaluation ; ``propre`` : la valeur publiée au même endroit.
    """
    if propre["statut"] != "publie" or not propre["denominateur"] > 0 or not ligne["attendu"] > 0:
        return ""
    attendu = ligne["attendu"] / propre["denominateur"]
    fois = _fois(propre["valeur"] / attendu)
    return f"{ecrire_ligne(propre, declaration)}, {fois} ({ecrire(attendu, declaration['unite'])})"


def _fois(rapport: float) -> str:
    """« trois fois l'attendu », arrondi à ce qui se retient."""
    if rapport < 1:
        return "sous l'attendu"
    if rapport < 1.35:
        return "au-dessus de l'attendu"
    if rapport < 1.75:
        return "une fois et demie l'attendu"
    return f"{ecrire_en_lettres(arrondir(rapport))} fois l'attendu"


def dire_alerte(ligne: dict, declaration: dict) -> str:
    """Combien de ménages de plus qu'attendu, et qui les porte ; sans point ni majuscule."""
    return ", ".join(p for p in (dire_exces(ligne, declaration), dire_porteurs(ligne, declaration)) if p)

"""Les règles des alertes, lues dans ``referentiels/baremes/alertes.yml`` : aucune n'est dans le code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from observatoire.baremes import Baremes, SansObjet
from observatoire.catalogue import Indicateur, catalogue
from observatoire.regles_datees import controler_la_date, controler_les_regles, est_nombre, lire_fichier, retenir

FICHIER = Path("baremes") / "alertes.yml"
_FORME = {"regles": [{"seuils_par_niveau": {}}]}
NIVEAUX = ("immeuble", "secteur", "quartier")
NATURES = ("proportion", "taux")
_SEUILS = ("vigilance", "alerte")


@dataclass(frozen=True)
class Regles:
    """Ce qui décide d'un verdict, une année donnée.

    ``probabilite`` : au-delà, un écart compte. ``repondants``, ``reponse`` : en deçà, rien n'est évaluable.
    ``persistance`` : (alertes, années). ``pente`` : hausse annuelle, dans l'unité stockée. ``seuils`` : (vigilance,
    alerte), écart au comparateur dans l'unité stockée ; ``par_niveau`` et ``par_indicateur`` les remplacent, le second
    l'emportant. ``indicateurs`` : ceux qui peuvent alerter, dans l'ordre du fichier.
    """

    probabilite: float
    repondants: int
    reponse: float
    persistance: tuple[int, int]
    pente: float
    seuils: tuple[float, float]
    par_niveau: dict[str, tuple[float, float]]
    par_indicateur: dict[str, tuple[float, float]]
    indicateurs: tuple[str, ...]

    def seuils_de(self, niveau: str, indicateur: str) -> tuple[float, float]:
        """Les écarts (vigilance, alerte) d'un indicateur à un niveau."""
        return self.par_indicateur.get(indicateur) or self.par_niveau.get(niveau) or self.seuils

    @property
    def declarations(self) -> list[Indicateur]:
        """Les déclarations des indicateurs qui peuvent alerter."""
        connus = catalogue()
        return [connus[code] for code in self.indicateurs]


def lire_regles_des_alertes(referentiels: Path, baremes: Baremes, annee: int) -> Regles | None:
    """Les règles en vigueur au 31 décembre d'une année ; ``None`` si le territoire n'en a pas encore.

    Lève :class:`ErreurConfiguration` avec tous les défauts du fichier.
    """
    fichier = referentiels / FICHIER
    if not fichier.is_file():
        return None
    regle = retenir(lire_fichier(fichier, _FORME, _defauts)["regles"], annee)
    try:
        probabilite = baremes.au_31_decembre(annee)("alertes")
    except SansObjet:
        return None
    if regle is None:
        return None
    return Regles(
        probabilite=probabilite,
        repondants=regle["repondants"],
        reponse=regle["reponse"],
        persistance=(regle["persistance"]["alertes"], regle["persistance"]["annees"]),
        pente=regle["pente"],
        seuils=_paire(regle["seuils"]),
        par_niveau={niveau: _paire(s) for niveau, s in (regle.get("seuils_par_niveau") or {}).items()},
        par_indicateur={code: _paire(s) for code, s in regle["indicateurs"].items() if s},
        indicateurs=tuple(regle["indicateurs"]),
    )


def _paire(seuils: dict) -> tuple[float, float]:
    return tuple(float(seuils[cle]) for cle in _SEUILS)


def _defauts(contenu: dict) -> list[str]:
    defauts = [
        f"valeur n° {rang} : « {v['valeur']} » n'est pas une probabilité de ]0 ; 1[."
        for rang, v in enumerate(contenu["valeurs"], start=1)
        if not est_nombre(v["valeur"], 0, 1) or v["valeur"] == 1
    ]
    return defauts + controler_les_regles(contenu, _defauts_de, "« regles » manque : une règle au moins.")


def _defauts_de(regle: dict) -> list[str]:
    attendues = ("depuis", "source", "repondants", "reponse", "persistance", "pente", "seuils", "indicateurs")
    defauts = [f"« {cle} » manque." for cle in attendues if regle.get(cle) in (None, "", {})]
    defauts += controler_la_date(regle, "depuis")
    for cle, maximum in (("repondants", 10_000), ("reponse", 1), ("pente", 1)):
        if regle.get(cle) is not None and not est_nombre(regle[cle], 0, maximum):
            defauts.append(f"« {cle} » : « {regle[cle]} » n'est pas un nombre de ]0 ; {maximum}].")
    persistance = regle.get("persistance")
    if persistance not in (None, "", {}) and not _persistance(persistance):
        defauts.append("« persistance » s'écrit « {alertes: 2, annees: 3} », au plus une alerte par année.")
    defauts += _defauts_des_seuils("« seuils »", regle.get("seuils"))
    for niveau, seuils in (regle.get("seuils_par_niveau") or {}).items():
        if niveau not in NIVEAUX:
            defauts.append(f"« seuils_par_niveau » : « {niveau} » est inconnu. Niveaux admis : {', '.join(NIVEAUX)}.")
        defauts += _defauts_des_seuils(f"« seuils_par_niveau », « {niveau} »", seuils)
    return defauts + _defauts_des_indicateurs(regle.get("indicateurs"))


def _persistance(contenu: object) -> bool:
    if not isinstance(contenu, dict) or set(contenu) != {"alertes", "annees"}:
        return False
    alertes, annees = contenu["alertes"], contenu["annees"]
    return isinstance(alertes, int) and isinstance(annees, int) and 1 <= alertes <= annees


def _defauts_des_seuils(ou: str, seuils: object) -> list[str]:
    if seuils in (None, {}):
        return []
    if not isinstance(seuils, dict) or set(seuils) != set(_SEUILS):
        return [f"{ou} s'écrit « {{vigilance: 0.05, alerte: 0.10}} »."]
    if not all(est_nombre(s, 0, 1) for s in seuils.values()) or seuils["vigilance"] >= seuils["alerte"]:
        return [f"{ou} : deux écarts de ]0 ; 1], celui de vigilance plus petit que celui d'alerte."]
    return []


def _defauts_des_indicateurs(contenu: object) -> list[str]:
    if not contenu:
        return []
    if not isinstance(contenu, dict):
        return ["« indicateurs » s'écrit « code: {} », un par ligne."]
    connus, defauts = catalogue(), []
    for code, seuils in contenu.items():
        if code not in connus:
            defauts.append(f"« indicateurs » : « {code} » n'est pas un indicateur du catalogue.")
        elif connus[code].nature not in NATURES:
            defauts.append(f"« indicateurs » : « {code} » n'est ni une proportion ni un taux.")
        defauts += _defauts_des_seuils(f"« indicateurs », « {code} »", seuils)
    return defauts

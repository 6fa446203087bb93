"""Les barèmes : seuils et objectifs datés, chacun avec sa source. Aucun seuil n'est écrit dans le code.

Un barème est un fichier de ``referentiels/baremes/`` ::

    code: delai_anormalement_long
    libelle: Délai d'attente anormalement long
    unite: mois
    valeurs:
      - {depuis: 2007-12-01, valeur: 24, source: "arrêté préfectoral"}

Une valeur s'applique de sa date jusqu'à la suivante ; avant la première, la règle est *sans objet*.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from observatoire.configuration.saisie import lire_yaml
from observatoire.erreurs import ErreurConfiguration


class SansObjet(Exception):
    """La règle n'existe pas encore à la date demandée."""


class BaremeAbsent(ErreurConfiguration):
    """Le territoire n'a pas ce barème : ce qui en dépend n'est pas disponible."""


@dataclass(frozen=True)
class Bareme:
    """Un barème et ses valeurs, triées par date d'effet."""

    code: str
    libelle: str
    unite: str
    valeurs: tuple[dict, ...]

    def au(self, jour: datetime.date):
        """La valeur en vigueur ``jour`` ; lève :class:`SansObjet` avant la première."""
        en_vigueur = [v for v in self.valeurs if v["depuis"] <= jour]
        if not en_vigueur:
            raise SansObjet(self.code)
        return en_vigueur[-1]["valeur"]


@dataclass(frozen=True)
class Baremes:
    """Tous les barèmes d'un territoire."""

    par_code: dict[str, Bareme]

    def au_31_decembre(self, annee: int):
        """Une fonction ``bareme(code)`` qui rend la valeur en vigueur au 31 décembre de l'année.

        Un code inconnu lève :class:`BaremeAbsent` : un seuil oublié ne vaut pas zéro.
        """
        jour = datetime.date(annee, 12, 31)

        def bareme(code: str):
            if code not in self.par_code:
                connus = ", ".join(sorted(self.par_code)) or "aucun"
                raise BaremeAbsent(f"barème « {code} » introuvable. Barèmes connus : {connus}.")
            return self.par_code[code].au(jour)

        return bareme

    def tableau(self) -> pd.DataFrame:
        """Une ligne par valeur : code, libelle, depuis, valeur, unite, source."""
        lignes = [
            {"code": b.code, "libelle": b.libelle, "depuis": v["depuis"], "valeur": v["valeur"],
             "unite": b.unite, "source": v["source"]}
            for b in self.par_code.values()
            for v in b.valeurs
        ]  # fmt: skip
        return pd.DataFrame(lignes, columns=["code", "libelle", "depuis", "valeur", "unite", "source"])


def lire_baremes(referentiels: Path) -> Baremes:
    """Lire ``referentiels/baremes/*.yml`` ; lève :class:`ErreurConfiguration` avec tout ce qui ne va pas."""
    baremes, problemes = {}, []
    for fichier in sorted((referentiels / "baremes").glob("*.yml")):
        try:
            contenu = lire_yaml(fichier)
        except ErreurConfiguration as erreur:
            problemes.append(f"  - {erreur}")
            continue
        defauts = _defauts(contenu)
        if not defauts and contenu["code"] in baremes:
            defauts = [f"le code « {contenu['code']} » est donné deux fois."]
        if defauts:
            problemes += [f"  - {fichier.name} : {d}" for d in defauts]
            continue
        valeurs = tuple(sorted(contenu["valeurs"], key=lambda v: v["depuis"]))
        baremes[contenu["code"]] = Bareme(contenu["code"], contenu["libelle"], contenu.get("unite", ""), valeurs)
    if problemes:
        raise ErreurConfiguration("barèmes mal écrits :\n" + "\n".join(problemes))
    return Baremes(baremes)


def _defauts(contenu: object) -> list[str]:
    if not isinstance(contenu, dict):
        return ["le fichier est vide ou n'est pas une suite de « clé: valeur »."]
    defauts = [f"« {cle} » manque." for cle in ("code", "libelle", "valeurs") if not contenu.get(cle)]
    defauts += [
        f"« {cle} » n'est pas un texte (mettre des guillemets)."
        for cle in ("code", "libelle", "unite")
        if contenu.get(cle) and not isinstance(contenu[cle], str)
    ]
    valeurs = contenu.get("valeurs") or []
    if not isinstance(valeurs, list):
        return [*defauts, "« valeurs » doit être une liste (un tiret par valeur)."]
    for rang, valeur in enumerate(valeurs, start=1):
        if not isinstance(valeur, dict):
            defauts.append(f"valeur n° {rang} : « depuis », « valeur » et « source » manquent.")
            continue
        defauts += [
            f"valeur n° {rang} : « {cle} » manque."
            for cle in ("depuis", "valeur", "source")
            if valeur.get(cle) in (None, "")
        ]
        if "depuis" in valeur and not isinstance(valeur["depuis"], datetime.date):
            defauts.append(f"valeur n° {rang} : « depuis » s'écrit AAAA-MM-JJ.")
    return defauts

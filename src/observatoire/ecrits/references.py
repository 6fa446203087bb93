"""Les références à une valeur publiée : ``{{ valeur taux_vacance }}``, remplacée par ce que ce public en lit.

Le territoire et l'année sont ceux de l'écrit, sauf mention : ``{{ valeur taux_vacance quartier=battant annee=2009 }}``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.presentation.nombres import ecrire_ligne, nommer_statut, statut_de
from observatoire.publie import Parution
from observatoire.vocabulaire import POUR_TOUS

REFERENCE = re.compile(r"\{\{\s*valeur\b([^{}]*)\}\}")
#: Tout ce qui est entre doubles accolades, juste ou non.
ACCOLADES = re.compile(r"\{\{([^{}]*)\}\}")
#: Ce qui peut préciser où ; une clé par niveau publié pour tous.
PRECISIONS = (*POUR_TOUS, "bailleur", "annee")
EXEMPLE = "{{ valeur taux_vacance quartier=battant annee=2009 }}"


@dataclass(frozen=True)
class Lieu:
    """De quoi parle un écrit, à défaut de précision."""

    annee: int
    niveau: str
    territoire: str
    bailleur: str = "tous"


@dataclass(frozen=True)
class Citables:
    """Ce à quoi un écrit peut se référer : les indicateurs d'un public, et ses ``territoires`` (niveau, code, nom)."""

    config: Configuration
    publiees: pd.DataFrame
    territoires: pd.DataFrame

    def situer(self, code: str, annee: int) -> Lieu:
        """De quoi parle le commentaire d'un code : un territoire, un bailleur, sinon le territoire entier."""
        tout = Lieu(annee, *self.config.tout)
        if code in {b.code for b in self.config.bailleurs}:
            return replace(tout, bailleur=code)
        siens = self.territoires.loc[self.territoires["code"].eq(code), "niveau"]
        niveau = next((n for n in POUR_TOUS if n in set(siens)), None)
        return replace(tout, niveau=niveau, territoire=code) if niveau else tout

    def citer(self, texte: str, lieu: Lieu) -> str:
        """Le texte, chaque référence remplacée ; elles sont supposées justes (:meth:`chercher_les_fautes`)."""
        lignes = {trouvee[0]: self._viser(trouvee[1], lieu) for trouvee in REFERENCE.finditer(texte)}
        if not lignes:
            return texte
        parution = Parution(self.publiees[self.publiees["indicateur"].isin([v["indicateur"] for v in lignes.values()])])
        lues = parution.lire(pd.DataFrame(lignes.values())).to_dict("records")
        ecrites = {reference: _ecrire(vise | lue) for (reference, vise), lue in zip(lignes.items(), lues, strict=True)}
        return REFERENCE.sub(lambda trouvee: ecrites[trouvee[0]], texte)

    def chercher_les_fautes(self, ligne: str) -> Iterator[str]:
        """Ce qui ne va pas dans les références d'une ligne, une phrase par faute."""
        for trouvee in ACCOLADES.finditer(ligne):
            citee = REFERENCE.fullmatch(trouvee[0])
            mots = citee[1].split() if citee else []
            if not citee:
                fautes = [f"ce n'est pas une référence. Écrire {_corriger(trouvee[1].split())}."]
            elif not mots:
                fautes = [f"l'indicateur n'est pas dit. Écrire par exemple {EXEMPLE}."]
            elif mots[0] not in catalogue():
                fautes = [f"« {mots[0]} » n'est pas un indicateur. Écrire {_corriger(mots)}."]
            else:
                fautes = list(self._inconnues([p.partition("=")[::2] for p in mots[1:]]))
            yield from (f"« {trouvee[0]} » : {faute}" for faute in fautes)
        if "{{" in (reste := ACCOLADES.sub("", ligne)) or "}}" in reste:
            yield f"des accolades ne sont pas fermées, ou pas ouvertes, sur cette ligne. Écrire par exemple {EXEMPLE}."

    def _inconnues(self, precisions: list[tuple[str, str]]) -> Iterator[str]:
        admises = {
            "annee": [str(a) for a in self.config.annees],
            "bailleur": ["tous", *(b.code for b in self.config.bailleurs)],
        }
        for cle, valeur in precisions:
            if cle not in PRECISIONS:
                yield f"« {cle} » n'est pas connu. Écrire clé=valeur, où la clé est : {', '.join(PRECISIONS)}."
                continue
            connus = admises.get(cle) or self.territoires.loc[self.territoires["niveau"].eq(cle), "code"].tolist()
            if connus and valeur not in connus:  # sans dépôts, on ne sait pas encore quels secteurs il y a
                yield f"« {valeur} » n'est pas connu ({cle}). Valeurs admises : {', '.join(connus)}."

    def _viser(self, contenu: str, lieu: Lieu) -> dict:
        """La clé de la valeur citée."""
        code, *precisions = contenu.split()
        dites = dict(p.split("=", 1) for p in precisions)
        niveau = next((n for n in POUR_TOUS if n in dites), None)
        if niveau:
            lieu = replace(lieu, niveau=niveau, territoire=dites[niveau], bailleur="tous")
        return {
            "annee": int(dites.get("annee", lieu.annee)), "niveau": lieu.niveau, "territoire": lieu.territoire,
            "bailleur": dites.get("bailleur", lieu.bailleur), "indicateur": code,
        }  # fmt: skip


def _corriger(mots: list[str]) -> str:
    """La référence que ces mots voulaient sans doute écrire, sinon un exemple."""
    if mots and mots[0].casefold().startswith("valeur"):
        mots = mots[1:]
    proches = difflib.get_close_matches(mots[0].casefold(), catalogue(), n=1) if mots else []
    return f"{{{{ valeur {' '.join([*proches, *mots[1:]])} }}}}" if proches else f"par exemple {EXEMPLE}"


def _ecrire(ligne: dict) -> str:
    statut = statut_de(ligne)
    if statut != "publie":
        return nommer_statut(statut)
    return ecrire_ligne(ligne, catalogue()[ligne["indicateur"]].publier())

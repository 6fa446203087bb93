"""Reconnaître de quelle valeur parlent les mots d'une page : année, territoire, bailleur, indicateur."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pandas as pd

from observatoire.audit.jetons import plier

_ANNEE = re.compile(r"\b(?:19|20)\d\d\b")
_VILLE = re.compile(r"(?:^|, |: )(?:ville|commune)(?:$|[ ,:])")
_AGGLOMERATION = re.compile(r"(?:^|, |: )(?:agglomeration|agglo)(?:$|[ ,:])")
#: « Commune », sans la nommer : celle du territoire dont parlent les mots plus lointains.
_SA_COMMUNE = ("ville", "")


class Lexique:
    """Les noms par lesquels les pages d'un public désignent ses valeurs."""

    def __init__(self, publie: Path):
        edition = json.loads((publie / "edition.json").read_text(encoding="utf-8"))
        declarations = json.loads((publie / "catalogue.json").read_text(encoding="utf-8"))
        lieux = pd.read_csv(publie / "territoires.csv", dtype=str)
        bailleurs = pd.read_csv(publie / "bailleurs.csv", dtype=str)
        self.unites = {d["code"]: d["unite"] for d in declarations}
        self.libelles = {d["code"]: d["libelle"] for d in declarations}
        self._annees = {*edition["annees"]}
        self._ville = (edition["niveau"], edition["code"])
        self._communes = _communes(lieux) if edition["communes"] else None
        self._lieux = _Noms(zip(lieux["nom"], zip(lieux["niveau"], lieux["code"], strict=True), strict=True))
        self._bailleurs = _Noms(zip(bailleurs["nom"], bailleurs["code"], strict=True))
        self._indicateurs = _Noms((d["libelle"], d["code"]) for d in declarations)
        self._modalites = {
            (_lisse(groupe), _lisse(d["modalite"])): d["code"]
            for d in declarations
            if d.get("groupe") and d.get("modalite")
            for groupe in {d.get("libelle_groupe") or d["libelle"].removesuffix(d["modalite"]).rstrip(" :–-,")}
        }
        self._groupes = sorted({groupe for groupe, _ in self._modalites}, key=len, reverse=True)

    @lru_cache(maxsize=65536)  # noqa: B019 – un lexique vit le temps d'un audit
    def cle(self, *textes: str) -> tuple | None:
        """La clé dont parlent ``textes``, du plus proche de la valeur au plus lointain ; ``None`` si l'un manque.

        Chaque dimension est prise dans le premier texte qui la nomme ; sans bailleur nommé, c'est « tous ».
        """
        lisses = [_lisse(texte) for texte in textes]
        annee = next((a for t in lisses for a in map(int, _ANNEE.findall(t)) if a in self._annees), None)
        rang, lieu = next(((r, lieu) for r, t in enumerate(lisses) if (lieu := self._lieu(t))), (0, None))
        repere = lieu in (self._ville, _SA_COMMUNE)
        if lieu == _SA_COMMUNE:
            lieu = next((c for t in lisses[rang + 1 :] if (c := self._communes.get(self._lieu(t)))), None)
        indicateur = self._modalite(lisses) or next((i for t in lisses if (i := self._indicateurs.trouver(t))), None)
        # La ville qui sert de repère est celle de tous les bailleurs, même sur la page d'un seul.
        proches = lisses[: rang + 1] if repere else lisses
        bailleur = next((b for t in proches if (b := self._bailleurs.trouver(t))), "tous")
        if annee is None or lieu is None or indicateur is None:
            return None
        return (annee, *lieu, bailleur, indicateur)

    def _lieu(self, texte: str) -> tuple[str, str] | None:
        if self._communes is None:
            return self._ville if _VILLE.search(texte) else self._lieux.trouver(texte)
        if _AGGLOMERATION.search(texte):
            return self._ville
        return _SA_COMMUNE if _VILLE.search(texte) else self._lieux.trouver(texte)

    def _modalite(self, lisses: list[str]) -> str | None:
        """Une répartition est nommée par un titre, et sa modalité par un texte plus proche."""
        for rang, texte in enumerate(lisses):
            groupe = next((g for g in self._groupes if texte.startswith(g)), None)
            if groupe is None:
                continue
            for proche in lisses[:rang]:
                for morceau in (proche, *proche.split(", ")):
                    if (groupe, morceau.strip()) in self._modalites:
                        return self._modalites[groupe, morceau.strip()]
        return None


def _communes(lieux: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """La commune de chaque quartier, de chaque secteur, et d'elle-même, par (niveau, code)."""
    parents = {n: dict(zip(t["code"], t["parent"], strict=True)) for n, t in lieux.groupby("niveau")}
    siennes = {("ville", code): ("ville", code) for code in parents.get("ville", ())}
    siennes |= {("quartier", q): ("ville", c) for q, c in parents.get("quartier", {}).items()}
    des_secteurs = parents.get("secteur", {}).items()
    return siennes | {("secteur", s): siennes[cle] for s, q in des_secteurs if (cle := ("quartier", q)) in siennes}


class _Noms:
    """Des noms et ce qu'ils désignent ; un nom donné deux fois garde son premier sens (quartier avant secteur)."""

    def __init__(self, paires: Iterable[tuple[str, object]]):
        self._sens: dict[str, object] = {}
        for nom, sens in paires:
            self._sens.setdefault(_lisse(nom), sens)
        noms = "|".join(re.escape(n) for n in sorted(self._sens, key=len, reverse=True))
        self._motif = re.compile(rf"(?<!\w)(?:{noms or '(?!)'})(?!\w)")

    @lru_cache(maxsize=65536)  # noqa: B019 – un lexique vit le temps d'un audit
    def trouver(self, texte: str) -> object | None:
        """Ce que désigne le premier nom qui se lit dans un texte, le plus long d'abord."""
        trouve = self._motif.search(texte)
        return self._sens[trouve[0]] if trouve else None


@lru_cache(maxsize=65536)
def _lisse(texte: str) -> str:
    """Sans accents, sans majuscules, les espaces réduites, l'apostrophe et le tiret d'une seule sorte."""
    return " ".join(plier(texte).replace("’", "'").replace("–", "-").split())

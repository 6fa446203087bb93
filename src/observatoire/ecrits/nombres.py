"""Un nombre recopié à la main ne doit pas dire une valeur exacte que l'édition ne publie pas.

Les comptes publiés portent un bruit ; un commentaire qui donnerait l'exact le défait. Un nombre écrit en chiffres est
donc comparé aux comptes et aux valeurs exactes du territoire dont parle l'écrit, de ceux qu'il nomme et des bailleurs
qu'il nomme. Une année, une date, un rang, un renvoi à un texte, une borne de tranche (« 60 % du plafond ») ne sont pas
des valeurs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.ecrits.references import ACCOLADES, Lieu
from observatoire.publie import CLES
from observatoire.rangement import lire_preparee
from observatoire.tables.indicateurs import COMPTES, INDICATEURS

_MOIS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
_PAS_UNE_VALEUR = re.compile(
    rf"\b\d{{1,2}}(?:er)? (?:{_MOIS})\b|\b\d{{1,4}}[-/]\d{{1,2}}(?:[-/]\d{{1,4}})?\b|\b(?:1[89]|20)\d\d\b(?!,\d)"
    r"|\b\d{1,2}(?:ers?|res?|es?|èmes?|ᵉʳ|ᵉ)\b|\b\d{1,2} ?h(?: ?\d{2})?\b|\b\d{1,2} fois\b"
    r"|\b[a-z]+(?:-[a-z]+)*-\d+\b"  # le code d'un secteur : « planoise-chateaufarine-3 »
    r"|\b(?:articles?|art\.|chap\.|n[°o]s?|numéros?|T|p\.|§|L\.|R\.) ?[\d-]+|^\s*\d+[.)] |\]\([^)]*\)|https?://\S+",
    re.IGNORECASE | re.MULTILINE,
)
_NOMBRE = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:[  \u202f]\d{3})+|\d+)(?:[,.](\d+))?(?![\w])(\s?(?:%|‰|points?\b|pour cent))?"
)
#: Un mot du libellé d'un indicateur -> ce qui suit une de ses bornes, dans une phrase.
_BORNES = {"plafond": r"\s?% (?:du|des) plafonds?", "ans": r"\sans"}
_LUES = ["numerateur", "denominateur", "valeur"]
_COMPTES = ["numerateur", "denominateur", "concernes"]
REMEDE = "une valeur s'écrit « {{{{ valeur {reference} }}}} » ; un nombre qui n'en est pas une, en toutes lettres"


class Nombre(NamedTuple):
    """Un nombre lu : ``texte``, sa ``valeur``, ses ``decimales``, et s'il est suivi d'un pour-cent ou de points."""

    texte: str
    valeur: float
    decimales: int
    part: bool


def lire_les_nombres(ligne: str, noms: Iterable[str] = ()) -> list[Nombre]:
    """Les nombres écrits en chiffres d'une ligne, sans les ``noms`` qui en contiennent (les plus longs d'abord).

    >>> lire_les_nombres("En 2010, 1 234 ménages, soit 12,5 % ; le 3 mars, article 4.")
    [Nombre(texte='1 234', valeur=1234.0, decimales=0, part=False), Nombre(texte='12,5 %', valeur=12.5, decimales=1, \
part=True)]
    """
    for nom in noms:
        ligne = ligne.replace(nom, " ")
    for motif in (ACCOLADES, _PAS_UNE_VALEUR, _bornes_de_tranche()):
        ligne = motif.sub(" ; ", ligne)
    return [
        Nombre(
            trouve[0].strip(),
            float(re.sub(r"\D", "", trouve[1]) + "." + (trouve[2] or "0")),
            len(trouve[2] or ""),
            bool(trouve[3]),
        )
        for trouve in _NOMBRE.finditer(ligne)
    ]


@cache
def _bornes_de_tranche() -> re.Pattern:
    """« 60 et 100 % du plafond », « 65 ans » : les bornes que disent les libellés des indicateurs, et elles seules."""
    motifs = []
    for mot, unite in _BORNES.items():
        libelles = [d.libelle for d in catalogue().values() if re.search(rf"\b{mot}\b", d.libelle)]
        borne = "|".join(sorted({nombre for libelle in libelles for nombre in re.findall(r"\d+", libelle)}))
        motifs.append(rf"\b(?:(?:{borne})(?:\s?%)? (?:et|à|ou) )?(?:{borne}){unite}\b")
    return re.compile("|".join(motifs))


@dataclass(frozen=True)
class Exactes:
    """Les valeurs exactes que l'édition d'un public ne publie pas ; lues de ``prepare`` au premier nombre rencontré.

    ``publiees`` : les indicateurs de ce public, et la ``variance`` du bruit de chaque ligne.
    """

    prepare: Path
    publiees: pd.DataFrame
    _deja: dict[tuple, pd.DataFrame] = field(default_factory=dict)

    def reconnaitre(self, nombre: Nombre, lieux: Iterable[Lieu]) -> dict | None:
        """La cellule non publiée de ces lieux dont ce nombre est un compte ou une valeur, ou ``None``."""
        for lieu in lieux:
            table = self._d_un_lieu(lieu.niveau, lieu.territoire, lieu.bailleur)
            trouvees = table[_egales(table, nombre)]
            if len(trouvees):
                return trouvees.sort_values("annee", ascending=False, kind="stable").iloc[0].to_dict()
        return None

    def _d_un_lieu(self, *lieu: str) -> pd.DataFrame:
        """L'exact et ce qui en paraît (« _paru »), cellule par cellule, d'un niveau, d'un territoire, d'un bailleur."""
        if lieu not in self._deja:
            exactes, parues = (t[_est_la(t, lieu)] for t in (self._calculees, self.publiees))
            parues = parues[["annee", "indicateur", *_LUES, "variance"]].assign(concernes=parues["denominateur"])
            table = exactes.merge(parues, on=["annee", "indicateur"], how="left", suffixes=("", "_paru"))
            table["multiplicateur"] = table["indicateur"].map({c: d.multiplicateur for c, d in catalogue().items()})
            self._deja[lieu] = table[table["variance"].ne(0)]
        return self._deja[lieu]

    @cached_property
    def _calculees(self) -> pd.DataFrame:
        valeurs, comptes = (
            lire_preparee(table, self.prepare, columns=colonnes)
            for table, colonnes in ((INDICATEURS, [*CLES, *_LUES, "statut"]), (COMPTES, ["concernes"]))
        )
        return valeurs.join(comptes)[valeurs["statut"].eq("calcule")]


def _est_la(table: pd.DataFrame, lieu: tuple[str, ...]) -> pd.Series:
    ici = [table[cle].eq(valeur) for cle, valeur in zip(("niveau", "territoire", "bailleur"), lieu, strict=True)]
    return ici[0] & ici[1] & ici[2]


def _egales(table: pd.DataFrame, nombre: Nombre) -> np.ndarray:
    """Vrai là où l'exact, et non ce qui en paraît, se dirait ainsi."""
    if not nombre.part and not nombre.decimales:
        exacts, parus = (table[[f"{c}{s}" for c in _COMPTES]].to_numpy(float) for s in ("", "_paru"))
        return ((exacts == nombre.valeur) & (parus != nombre.valeur)).any(axis=1)
    fois = table["multiplicateur"].to_numpy(float)
    exacts, parus = ((table[c].to_numpy(float) * fois).round(nombre.decimales) for c in ("valeur", "valeur_paru"))
    dite = np.isclose(exacts, nombre.valeur) & ~np.isclose(parus, nombre.valeur)
    return dite & (fois > 1) if nombre.part else dite


def chercher_les_recopies(ligne: str, lieux: list[Lieu], noms: Iterable[str], exactes: Exactes) -> Iterator[str]:
    """Les nombres d'une ligne qui disent une valeur exacte non publiée, une phrase par nombre, et quoi écrire."""
    for nombre in lire_les_nombres(ligne, noms):
        trouvee = exactes.reconnaitre(nombre, lieux)
        if trouvee is not None:
            yield f"« {nombre.texte} » est une valeur exacte, qui n'est pas publiée : " + REMEDE.format(
                reference=_referer(trouvee, lieux[0])
            )


def _referer(trouvee: dict, lieu: Lieu) -> str:
    """Ce qui suit « valeur » dans la référence à une cellule, vue de cet écrit."""
    precisions = []
    if (trouvee["niveau"], trouvee["territoire"]) != (lieu.niveau, lieu.territoire):
        precisions.append(f"{trouvee['niveau']}={trouvee['territoire']}")
    if trouvee["bailleur"] != lieu.bailleur:
        precisions.append(f"bailleur={trouvee['bailleur']}")
    if trouvee["annee"] != lieu.annee:
        precisions.append(f"annee={trouvee['annee']}")
    return " ".join([trouvee["indicateur"], *precisions])

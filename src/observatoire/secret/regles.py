"""Les règles du secret, lues dans ``referentiels/baremes/confidentialite.yml`` : aucune n'est dans le code.

Le seuil général est un barème comme un autre. Le même fichier dit, pour chaque public et à chaque date, les niveaux
qu'il voit, le bruit ajouté aux comptes, ce qui se cache, ce qui est public de toute façon, et les accords.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.baremes import Baremes, SansObjet, retenir
from observatoire.catalogue import catalogue
from observatoire.configuration import plus_larges
from observatoire.configuration.modeles.secret import Confidentialite
from observatoire.configuration.saisie import lire_fiche
from observatoire.erreurs import ErreurConfiguration
from observatoire.secret.bruit import Bruit
from observatoire.vocabulaire import NIVEAUX, QUARTIER, SECTEUR

FICHIER = Path("baremes") / "confidentialite.yml"


@dataclass(frozen=True)
class Regles:
    """Ce qui s'applique à un public.

    ``niveaux`` : ceux qu'il voit. ``seuil`` : unités (ménages, logements) au moins dans une case, ``seuils`` ceux
    propres à une source. ``bruit`` : sa loi, ``bruits`` celles propres à une source. ``contributeurs`` : bailleurs au
    moins, ``part_maximale`` : d'un bailleur. ``accords`` : bailleurs qui ont accepté que leurs chiffres soient publiés.
    ``par_bailleur`` : niveau -> les seules tables qui s'y croisent par bailleur. ``indicateurs`` : niveau -> les seuls
    qui y paraissent (tous, si le niveau n'y est pas). ``arrondi`` : décimales. ``ouvertes`` : table -> ses colonnes
    publiques, tous bailleurs réunis (toutes, si la liste est vide). ``exacts`` : (niveau, indicateur) que rien ne
    bruite.
    """

    public: str
    niveaux: tuple[str, ...]
    seuil: int
    seuils: dict[str, int]
    bruit: Bruit
    bruits: dict[str, Bruit]
    contributeurs: int
    part_maximale: float
    accords: frozenset[str]
    par_bailleur: dict[str, tuple[str, ...]]
    indicateurs: dict[str, tuple[str, ...]]
    arrondi: dict[str, int]
    ouvertes: dict[str, frozenset[str]]
    exacts: frozenset[tuple[str, str]]

    def montre(self, table: pd.DataFrame) -> pd.Series:
        """Vrai pour chaque ligne qui peut paraître, publiée ou cachée : son niveau se voit, et l'indicateur y est.

        ``table`` : ``niveau``, ``indicateur`` et, s'il est croisé, ``bailleur``.
        """
        vus = table["niveau"].isin(self.niveaux)
        for niveau, codes in self.indicateurs.items():
            vus &= table["niveau"].ne(niveau) | table["indicateur"].isin(codes)
        if "bailleur" in table:
            for niveau, admises in self.par_bailleur.items():
                croisables = [c for c, d in catalogue().items() if set(d.tables) <= set(admises)]
                ailleurs = table["niveau"].ne(niveau) | table["bailleur"].eq("tous")
                vus &= ailleurs | table["indicateur"].isin(croisables)
        return vus

    def etendues(self, niveaux: Iterable[str], codes: Iterable[str]) -> Regles:
        """Les mêmes, pour ces seuls indicateurs à ces ``niveaux``, même à qui ne les voit pas, et tous bailleurs
        réunis.

        Une part y est bornée par celle qui la contient, comme partout : elle en est aussi.
        """
        niveaux, tous = tuple(niveaux), list(dict.fromkeys(codes))
        for code in tous:  # qui s'allonge en chemin
            if (contenant := catalogue()[code].dans) and contenant not in tous:
                tous.append(contenant)
        seuls, personne = dict.fromkeys(niveaux, tuple(tous)), dict.fromkeys(niveaux, ())
        return replace(self, niveaux=niveaux, indicateurs=seuls, par_bailleur=personne)

    def seuil_de(self, source: str) -> int:
        """Le seuil d'une source : le sien, à défaut le général."""
        return self.seuils.get(source, self.seuil)

    def bruit_de(self, source: str) -> Bruit:
        """La loi du bruit d'une source : la sienne, à défaut la générale."""
        return self.bruits.get(source, self.bruit)

    def bruiter(self, comptes: np.ndarray, cles: np.ndarray, sources: np.ndarray, ou: np.ndarray) -> np.ndarray:
        """Des comptes (dernier axe : un par ligne), bruités selon leurs clés là où ``ou`` est vrai, exacts ailleurs.

        ``sources`` : celle de chaque ligne, qui en dit le bruit.
        """
        bruites = comptes.copy()
        for source in np.unique(sources[ou].astype(str)):
            siens = ou & (sources == source)
            bruites[..., siens] = self.bruit_de(source).bruiter(comptes[..., siens], cles[..., siens])
        return bruites

    def est_ouvert(self, tables: Iterable[str], lues: frozenset[str]) -> bool:
        """Un indicateur qui lit ces colonnes de ces tables ne dit-il que ce qui est public ?"""
        return all(t in self.ouvertes and (not self.ouvertes[t] or lues <= self.ouvertes[t]) for t in tables)

    def publier(self) -> dict:
        """Les règles telles qu'elles accompagnent l'édition (JSON)."""
        return asdict(self) | {
            "accords": sorted(self.accords),
            "ouvertes": {table: sorted(colonnes) for table, colonnes in self.ouvertes.items()},
            "exacts": [list(couple) for couple in sorted(self.exacts)],
        }


def lire_regles_du_secret(referentiels: Path, baremes: Baremes, public: str, annee: int) -> Regles:
    """Les règles d'un public au 31 décembre d'une année.

    Lève :class:`ErreurConfiguration` quand le public n'existe pas, que le seuil ou la règle manque, ou que le fichier
    est mal écrit ; tous les défauts sont dits à la fois.
    """
    plus_larges(public)
    try:
        seuil = baremes.au_31_decembre(annee)("confidentialite")
    except SansObjet as absence:
        raise ErreurConfiguration(f"le barème « confidentialite » n'a pas de valeur en {annee}.") from absence
    sources = sorted({declaration.source for declaration in catalogue().values()})
    admis = {"niveaux": NIVEAUX, "indicateurs": catalogue(), "sources": sources, "bruit": Bruit}
    contenu = lire_fiche(referentiels / FICHIER, Confidentialite, admis)
    regle = retenir((r for r in contenu.regles if r.public == public), annee)
    if regle is None:
        raise ErreurConfiguration(f"{FICHIER.name} : aucune règle n'est en vigueur en {annee} pour « {public} ».")
    jour = datetime.date(annee, 12, 31)
    accords = [a for a in contenu.accords if public in a.publics and a.depuis <= jour <= (a.jusque or jour)]
    return Regles(
        public=public,
        niveaux=tuple(regle.niveaux),
        seuil=seuil,
        seuils={s: propre.seuil for s, propre in regle.sources.items() if propre.seuil},
        bruit=Bruit(**regle.bruit.model_dump()),
        bruits={s: Bruit(**propre.bruit.model_dump()) for s, propre in regle.sources.items() if propre.bruit},
        contributeurs=regle.contributeurs,
        part_maximale=regle.part_maximale,
        accords=frozenset(bailleur for accord in accords for bailleur in accord.bailleurs),
        par_bailleur=_par_bailleur(regle.par_bailleur),
        indicateurs={niveau: tuple(codes) for niveau, codes in regle.indicateurs.items()},
        arrondi=regle.arrondi.model_dump(exclude_unset=True),
        ouvertes={t: frozenset(o.colonnes) for o in contenu.ouvertes if o.depuis <= jour for t in o.tables},
        exacts=frozenset(
            (n, code) for e in contenu.exacts if e.depuis <= jour for n in e.niveaux for code in e.indicateurs
        ),
    )


def _par_bailleur(ecrites: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Niveau -> les tables qui s'y croisent par bailleur ; un secteur ne s'y croise pas plus que son quartier."""
    siennes = {niveau: tuple(tables) for niveau, tables in ecrites.items()}
    return ({SECTEUR: siennes[QUARTIER]} if QUARTIER in siennes else {}) | siennes

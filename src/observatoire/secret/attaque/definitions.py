"""Ce que compte chaque indicateur, et les sommes qui tiennent par définition entre ces comptes, en tout lieu."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from observatoire.catalogue import Indicateur
from observatoire.secret.attaque.temoins import LIGNES, ZONES, Temoin
from observatoire.sujets.variations.tables import MUETS, RESTENT, VARIATIONS

#: Deux sommes de passages : un compte, puis ses parts, dont la dernière, que personne ne publie, complète la somme. De
#: ceux qui répondent aux deux dates, les uns gardent le trait, d'autres le gagnent ou le perdent, le reste ne l'a
#: jamais ; de ceux qui ne répondent plus, les uns l'avaient, les autres non.
JAMAIS, SANS = "jamais", "muets_sans"
SOMMES = ((*RESTENT, JAMAIS), (*MUETS, SANS))
_LIBELLES = {m.nom: m.libelle for m in VARIATIONS.mesures}
_LIBELLES |= {JAMAIS: "ne l'ont jamais", SANS: "dont : ne l'avaient pas"}


@dataclass
class Definitions:
    """Les comptes (*colonnes*) et leurs sommes.

    ``roles`` : (code, rôle) -> colonne ; ``tables`` : (code, rôle) -> la table dont elle compte les unités. ``noms``,
    ``univers`` : de chaque colonne. ``ouvertes`` : celles que chacun peut compter, sans rien qui ne soit public (des
    bâtiments, non des ménages). ``derivees`` : (colonne, tout, partie) des différences que personne ne publie.
    ``sommes`` : zone (vide : partout) -> celles qui y tiennent, le total d'abord. ``zones`` : (zone, colonne, colonne
    du tout) qui comptent la même chose, l'une dans la zone, l'autre partout.
    """

    roles: dict[tuple[str, str], int] = field(default_factory=dict)
    tables: dict[tuple[str, str], str] = field(default_factory=dict)
    noms: list[str] = field(default_factory=list)
    univers: list[str] = field(default_factory=list)
    ouvertes: set[int] = field(default_factory=set)
    derivees: list[tuple[int, int, int]] = field(default_factory=list)
    sommes: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    zones: list[tuple[str, int, int]] = field(default_factory=list)

    def ajouter(self, univers: str, nom: str) -> int:
        """Une colonne de plus ; rend son rang."""
        self.noms.append(nom)
        self.univers.append(univers)
        return len(self.noms) - 1

    def suivre(self, codes: Iterable[str]) -> None:
        """Ajouter les comptes de passage de ces indicateurs (:data:`SOMMES`), et leurs sommes."""
        for code in (c for c in codes if {(c, "numerateur"), (c, "denominateur")} <= set(self.roles)):
            trait = self.roles[code, "numerateur"]
            for roles in SOMMES:
                noms = [f"{self.noms[trait]}, {_LIBELLES[role]}" for role in roles]
                rangs = [self.ajouter(f"passages {code} {roles[0]}", nom) for nom in noms]
                self.roles |= {(code, role): rang for role, rang in zip(roles, rangs, strict=True)}
                self.tables |= {(code, role): f"passages {self.tables[code, 'numerateur']}" for role in roles}
                self.ouvertes |= {*rangs} if trait in self.ouvertes else set()
                self.sommes[""].append(tuple(rangs))


def definir(
    temoins: Mapping[tuple[str, str], Temoin], zones: Mapping[str, np.ndarray], declarations: Mapping[str, Indicateur]
) -> Definitions:
    """Reconnaître les comptes égaux, les différences, et toutes les sommes, sur les lignes témoins.

    ``zones`` : univers -> la zone de chacune de ses lignes.
    """
    releve = _Releve()
    d = releve.faites
    for (code, role), temoin in temoins.items():
        declaration = declarations[code]
        nom = f"concernés, {declaration.libelle}" if role == "concernes" else getattr(declaration, role)
        d.roles[code, role] = releve.relever(temoin.univers, temoin.lignes, nom)
        d.tables[code, role] = temoin.table
        d.ouvertes |= {d.roles[code, role]} if temoin.ouvert else set()
    for code in dict.fromkeys(code for code, _ in temoins):
        for tout, partie in (("denominateur", "numerateur"), ("concernes", "denominateur")):
            if {(code, tout), (code, partie)} <= set(temoins):
                releve.soustraire(d.roles[code, tout], d.roles[code, partie])
    releve.emboiter()
    d.sommes[""] = releve.sommer(releve.lignes)
    groupes: dict[tuple, list[int]] = {}
    for code, declaration in declarations.items():
        if declaration.groupe and (code, "numerateur") in temoins:
            tout, part = (d.roles[code, role] for role in ("denominateur", "numerateur"))
            groupes.setdefault((declaration.groupe, tout), []).append(part)
    d.sommes[""] += [(tout, *parts) for (_, tout), parts in groupes.items() if len(parts) != 2]
    for zone in ZONES:
        dedans = [li & (zones[u] == zone) for li, u in zip(releve.lignes, d.univers, strict=True)]
        d.sommes[zone] = [s for s in releve.sommer(dedans) if s not in {*d.sommes[""]}]
        marques = releve.marquer(dedans)
        d.zones += [(zone, c, releve.vues[m]) for c, m in enumerate(marques.tolist()) if m and m in releve.vues]
    return d


class _Releve:
    """La marque d'une colonne est la somme, modulo 2^64, de poids tirés au sort pour ses lignes : deux colonnes égales
    ont la même, une somme de colonnes disjointes a la somme des leurs, une colonne vide a zéro."""

    def __init__(self):
        self.faites, self.vues, self.lignes = Definitions(), {}, []
        self.poids, self.tirage = {}, np.random.default_rng(1951)

    def marquer(self, lignes: list[np.ndarray], univers: list[str] | None = None) -> np.ndarray:
        univers = univers or self.faites.univers
        for nom in dict.fromkeys(univers):
            if nom not in self.poids:
                self.poids[nom] = self.tirage.integers(1, 2**63, LIGNES, dtype=np.uint64)
        marques = [self.poids[u][li].sum(dtype=np.uint64) for li, u in zip(lignes, univers, strict=True)]
        return np.array(marques, dtype=np.uint64)

    def relever(self, univers: str, lignes: np.ndarray, nom: str) -> int:
        marque = int(self.marquer([lignes], [univers])[0])
        if (marque or univers) not in self.vues:
            self.lignes.append(lignes)
            self.vues[marque or univers] = self.faites.ajouter(univers, nom)
        return self.vues[marque or univers]

    def contient(self, tout: int, partie: int) -> bool:
        memes = self.faites.univers[tout] == self.faites.univers[partie]
        return memes and tout != partie and not (self.lignes[partie] & ~self.lignes[tout]).any()

    def soustraire(self, tout: int, partie: int) -> None:
        """La différence de deux comptes emboîtés, si personne ne la publie."""
        d = self.faites
        if self.contient(tout, partie) and self.lignes[partie].any():
            lignes, avant = self.lignes[tout] & ~self.lignes[partie], len(self.lignes)
            reste = self.relever(d.univers[tout], lignes, f"{d.noms[tout]}, sauf {d.noms[partie]}")
            d.derivees += [(reste, tout, partie)] if reste == avant else []
            d.ouvertes |= {reste} if {tout, partie} <= d.ouvertes else set()

    def emboiter(self) -> None:
        """Les différences de deux comptes emboîtés, sans autre entre eux."""
        derivees = {d for d, _, _ in self.faites.derivees}
        comptes = [c for c, lignes in enumerate(self.lignes) if c not in derivees and lignes.any()]
        dedans = {a: {b for b in comptes if self.contient(a, b)} for a in comptes}
        for a in comptes:
            for b in sorted(dedans[a] - {c for autre in dedans[a] for c in dedans[autre]}):
                self.soustraire(a, b)

    def sommer(self, lignes: list[np.ndarray]) -> list[tuple[int, ...]]:
        """Les colonnes nulles, égales, ou somme de deux autres, sur ces lignes."""
        marques = self.marquer(lignes)
        premieres: dict[int, int] = {}
        for c, marque in enumerate(marques.tolist()):
            premieres.setdefault(marque, c)
        nulles = [(c,) for c in np.flatnonzero(marques == 0).tolist()]
        egales = [(premieres[m], c) for c, m in enumerate(marques.tolist()) if m and premieres[m] != c]
        totaux, vives = marques[:, None] + marques[None, :], marques != 0
        paires = np.argwhere(np.triu(np.isin(totaux, marques), 1) & np.outer(vives, vives))
        return [*nulles, *egales, *((premieres[int(totaux[i, j])], i, j) for i, j in paires.tolist())]

"""Ce que compte chaque indicateur, et les sommes qui tiennent par définition entre ces comptes, en tout lieu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from observatoire.catalogue import Indicateur
from observatoire.secret.attaque.temoins import Temoin

#: Une somme de comptes : le premier est la somme des autres.
Somme = tuple[int, ...]


@dataclass
class Definitions:
    """Les comptes (*colonnes*) et leurs sommes.

    ``roles`` : (code, rôle) -> colonne ; ``tables`` : (code, rôle) -> la table dont elle compte les unités. ``noms``,
    ``univers`` : de chaque colonne. ``ouvertes`` : celles que chacun peut compter, sans rien qui ne soit public (des
    bâtiments, non des ménages). ``derivees`` : (colonne, tout, partie) des différences que personne ne publie.
    ``sommes`` : zone (vide : partout) -> celles qui y tiennent. ``zones`` : (zone, colonne, colonne du tout) qui
    comptent la même chose, l'une dans la zone, l'autre partout.
    """

    roles: dict[tuple[str, str], int] = field(default_factory=dict)
    tables: dict[tuple[str, str], str] = field(default_factory=dict)
    noms: list[str] = field(default_factory=list)
    univers: list[str] = field(default_factory=list)
    ouvertes: set[int] = field(default_factory=set)
    derivees: list[tuple[int, int, int]] = field(default_factory=list)
    sommes: dict[str, list[Somme]] = field(default_factory=dict)
    zones: list[tuple[str, int, int]] = field(default_factory=list)


def definir(
    roles: dict[tuple[str, str], Temoin],
    zones: dict[str, dict[str, np.ndarray]],
    declarations: Mapping[str, Indicateur],
) -> Definitions:
    """Reconnaître les comptes égaux, les différences, et toutes les sommes, sur les lignes témoins."""
    releve = _Releve()
    for (code, role), temoin in roles.items():
        d = declarations[code]
        noms = {"numerateur": d.numerateur, "denominateur": d.denominateur, "concernes": f"concernés, {d.libelle}"}
        releve.faites.roles[code, role] = releve.ajouter(temoin.univers, temoin.lignes, noms[role])
        releve.faites.tables[code, role] = temoin.table
        if temoin.ouvert:
            releve.faites.ouvertes.add(releve.faites.roles[code, role])
    for code in dict.fromkeys(code for code, _ in roles):
        for tout, partie in (("denominateur", "numerateur"), ("concernes", "denominateur")):
            if {(code, tout), (code, partie)} <= set(roles):
                releve.soustraire(releve.faites.roles[code, tout], releve.faites.roles[code, partie])
    releve.emboiter()
    releve.sommer("", {})
    groupes: dict[tuple, list[int]] = {}
    for code, d in declarations.items():
        if d.groupe and (code, "numerateur") in roles:
            cle = (d.groupe, releve.faites.roles[code, "denominateur"])
            groupes.setdefault(cle, []).append(releve.faites.roles[code, "numerateur"])
    releve.faites.sommes[""] += [(tout, *parts) for (_, tout), parts in groupes.items() if len(parts) != 2]
    for zone, lignes in zones.items():
        releve.sommer(zone, lignes)
    return releve.faites


class _Releve:
    """La signature d'une colonne est la somme, modulo 2^64, de poids tirés au sort pour ses lignes : deux colonnes
    égales ont la même, et une somme de colonnes disjointes, la somme des leurs."""

    def __init__(self):
        self.faites, self.vues, self.lignes = Definitions(), {}, []
        self.poids, self.tirage = {}, np.random.default_rng(1951)

    def signer(self, univers: str, lignes: np.ndarray) -> int:
        if univers not in self.poids:
            self.poids[univers] = self.tirage.integers(1, 2**63, len(lignes), dtype=np.uint64)
        return int(self.poids[univers][lignes].sum(dtype=np.uint64))

    def ajouter(self, univers: str, lignes: np.ndarray, nom: str) -> int:
        rang = self.vues.setdefault((univers, self.signer(univers, lignes)), len(self.lignes))
        if rang == len(self.lignes):
            self.lignes.append(lignes)
            self.faites.noms.append(nom)
            self.faites.univers.append(univers)
        return rang

    def contient(self, tout: int, partie: int) -> bool:
        memes = self.faites.univers[tout] == self.faites.univers[partie]
        return memes and tout != partie and not (self.lignes[partie] & ~self.lignes[tout]).any()

    def soustraire(self, tout: int, partie: int) -> None:
        if self.contient(tout, partie) and self.lignes[partie].any():
            avant = len(self.lignes)
            nom = f"{self.faites.noms[tout]}, sauf {self.faites.noms[partie]}"
            reste = self.ajouter(self.faites.univers[tout], self.lignes[tout] & ~self.lignes[partie], nom)
            if reste == avant:
                self.faites.derivees.append((reste, tout, partie))
            if {tout, partie} <= self.faites.ouvertes:
                self.faites.ouvertes.add(reste)

    def emboiter(self) -> None:
        """Les différences de deux comptes emboîtés, sans autre entre eux."""
        derivees = {d for d, _, _ in self.faites.derivees}
        comptes = [c for c in range(len(self.lignes)) if c not in derivees and self.lignes[c].any()]
        dedans = {a: {b for b in comptes if self.contient(a, b)} for a in comptes}
        for a in comptes:
            for b in sorted(dedans[a] - {c for autre in dedans[a] for c in dedans[autre]}):
                self.soustraire(a, b)

    def sommer(self, zone: str, dans: dict[str, np.ndarray]) -> None:
        """Les colonnes nulles, égales, ou somme de deux autres, dans une zone et pas déjà partout."""
        partout = set(self.faites.sommes.get("", ()))
        ici = [li & dans[u] if dans else li for li, u in zip(self.lignes, self.faites.univers, strict=True)]
        trouvees: list[Somme] = [(c,) for c, lignes in enumerate(ici) if not lignes.any()]
        for univers in dict.fromkeys(self.faites.univers):
            siennes = [c for c, u in enumerate(self.faites.univers) if u == univers and ici[c].any()]
            marques = np.array([self.signer(univers, ici[c]) for c in siennes], dtype=np.uint64)
            rangs: dict[int, int] = {}
            for c, marque in zip(siennes, marques.tolist(), strict=True):
                if marque in rangs:
                    trouvees.append((rangs[marque], c))
                rangs.setdefault(marque, c)
            paires = np.triu(np.isin(marques[:, None] + marques[None, :], marques), 1)
            for i, j in np.argwhere(paires):
                total = rangs[(int(marques[i]) + int(marques[j])) % 2**64]
                trouvees.append((total, siennes[i], siennes[j]))
            if zone:
                for c in siennes:
                    autre = self.vues.get((univers, self.signer(univers, ici[c])))
                    if autre is not None:
                        self.faites.zones.append((zone, c, autre))
        self.faites.sommes[zone] = [s for s in trouvees if s not in partout]

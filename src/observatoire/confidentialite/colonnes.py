"""Les comptes élémentaires derrière le catalogue, et les relations linéaires qui tiennent entre eux en tout lieu.

Une *colonne* est un compte : un numérateur, un dénominateur, le nombre des concernés, ou ce qu'une soustraction en
tire (complément, muets, différence de deux parts emboîtées). Deux comptes qui retiennent les mêmes lignes sont une
seule colonne. Les relations sont lues sur les témoins (:mod:`.temoins`) : rien n'est à déclarer avec un indicateur.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from observatoire.catalogue import Indicateur
from observatoire.confidentialite.temoins import ZONES, Temoin, Temoins

Relation = tuple[tuple[int, ...], tuple[float, ...]]


@dataclass
class Colonnes:
    """``noms`` : ce que compte chaque colonne ; ``comptes`` : est-ce un dénombrement. ``roles`` : (code, rôle) ->
    colonne, avec les rôles ``complement`` et ``muets``. ``differences`` : (colonne, grande, petite) ; ``foyers`` :
    celles entre un compte et le même dans le seul champ du RPLS.
    ``relations`` : (colonnes, coefficients), de somme nulle partout ; ``par_zone`` : celles qu'une zone y ajoute.
    """

    noms: list[str] = field(default_factory=list)
    comptes: list[bool] = field(default_factory=list)
    roles: dict[tuple[str, str], int] = field(default_factory=dict)
    differences: list[tuple[int, int, int]] = field(default_factory=list)
    foyers: list[tuple[int, int, int]] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    par_zone: dict[str, list[Relation]] = field(default_factory=dict)

    def publiees(self) -> list[int]:
        """Les colonnes que publier une valeur publie : son numérateur et son dénominateur."""
        return sorted({c for (_, role), c in self.roles.items() if role in ("numerateur", "denominateur")})


def etablir_colonnes(temoins: Temoins, declarations: list[Indicateur]) -> Colonnes:
    """Nommer les colonnes, puis trouver leurs relations."""
    releve = _Releve(temoins)
    par_code = {d.code: d for d in declarations}
    for (code, role), temoin in temoins.roles.items():
        releve.colonnes.roles[code, role] = releve.ajouter(temoin, _nommer(par_code[code], role))
    for code in dict.fromkeys(code for code, _ in temoins.roles):
        releve.soustraire(par_code[code], "complement", "denominateur", "numerateur")
        releve.soustraire(par_code[code], "muets", "concernes", "denominateur")
    parts = {code for code, d in par_code.items() if d.nature in ("proportion", "ecart")}
    releve.emboiter([c for (code, role), c in releve.colonnes.roles.items() if role == "numerateur" and code in parts])
    releve.separer_les_foyers()
    releve.relier(par_code)
    return releve.colonnes


def _nommer(declaration: Indicateur, role: str) -> str:
    return {
        "numerateur": declaration.numerateur,
        "denominateur": declaration.denominateur or declaration.numerateur,
        "concernes": f"concernés par « {declaration.libelle} »",
        "effectif": f"unités derrière « {declaration.libelle} »",
        "complement": f"{declaration.denominateur}, sauf {declaration.numerateur}",
        "muets": f"sans réponse à « {declaration.libelle} »",
    }[role]


class _Releve:
    """Les colonnes en cours d'établissement. La signature d'une colonne est la somme, modulo 2^64, de poids tirés au
    sort pour chaque ligne : deux colonnes égales ont la même, et une somme de colonnes, la somme des leurs."""

    def __init__(self, temoins: Temoins):
        self.temoins = temoins
        self.colonnes = Colonnes()
        self.vues: dict[tuple, int] = {}
        self.lignes: list[Temoin] = []
        self.poids: dict[str, np.ndarray] = {}

    def signer(self, univers: str, lignes: np.ndarray) -> int:
        """La signature de lignes retenues."""
        if univers not in self.poids:
            graine = np.random.default_rng(sum(univers.encode()))
            self.poids[univers] = graine.integers(1, 2**63, len(lignes), dtype=np.uint64)
        return int(self.poids[univers][lignes].sum(dtype=np.uint64))

    def ajouter(self, temoin: Temoin, nom: str) -> int:
        """La colonne de ces lignes : la même si elle est déjà connue."""
        marque = self.signer(temoin.univers, temoin.lignes) if temoin.compte else temoin.lignes.tobytes()
        cle = (temoin.univers, temoin.perimetre, marque)
        if cle not in self.vues:
            self.vues[cle] = len(self.lignes)
            self.lignes.append(temoin)
            self.colonnes.noms.append(nom)
            self.colonnes.comptes.append(temoin.compte)
        return self.vues[cle]

    def soustraire(self, declaration: Indicateur, role: str, grand: str, petit: str) -> None:
        """Ajouter la différence de deux rôles d'un indicateur, quand l'un contient l'autre."""
        roles = self.colonnes.roles
        if (declaration.code, grand) in roles and (declaration.code, petit) in roles:
            a, b = roles[declaration.code, grand], roles[declaration.code, petit]
            difference = self._difference(a, b, _nommer(declaration, role))
            if difference is not None:
                roles[declaration.code, role] = difference

    def _difference(self, grande: int, petite: int, nom: str) -> int | None:
        a, b = self.lignes[grande], self.lignes[petite]
        comparables = a.compte and b.compte and (a.univers, a.perimetre) == (b.univers, b.perimetre)
        if not comparables or grande == petite or (b.lignes & ~a.lignes).any():
            return None
        colonne = self.ajouter(Temoin(a.univers, a.perimetre, a.lignes & ~b.lignes), nom)
        self.colonnes.relations.append(((grande, petite, colonne), (1.0, -1.0, -1.0)))
        return colonne

    def emboiter(self, colonnes: list[int]) -> None:
        """Ajouter la différence de deux parts emboîtées, sans autre part entre elles."""
        colonnes = sorted({c for c in colonnes if self.lignes[c].compte and self.lignes[c].lignes.any()})
        dedans = {a: {b for b in colonnes if b != a and self._contient(a, b)} for a in colonnes}
        for a in colonnes:
            for b in sorted(dedans[a] - {c for autre in dedans[a] for c in dedans[autre]}):
                nom = f"{self.colonnes.noms[a]}, sauf {self.colonnes.noms[b]}"
                difference = self._difference(a, b, nom)
                if difference is not None:
                    self.colonnes.differences.append((difference, a, b))

    def separer_les_foyers(self) -> None:
        """Ajouter ce qu'un compte a de plus que le même dans le champ du RPLS : ce que comptent les foyers."""
        comptes = {c: t for c, t in enumerate(self.lignes) if t.compte and t.lignes.any()}
        marques = {c: (t.univers, self.signer(t.univers, t.lignes)) for c, t in comptes.items()}
        for a in comptes:
            for b in comptes:
                champs = self.lignes[a].perimetre, self.lignes[b].perimetre
                if marques[a] == marques[b] and champs == ("tous", "rpls"):
                    aucune = Temoin(self.lignes[a].univers, f"foyers {a}", np.zeros_like(self.lignes[a].lignes))
                    colonne = self.ajouter(aucune, f"{self.colonnes.noms[a]}, dans des foyers")
                    self.colonnes.relations.append(((a, b, colonne), (1.0, -1.0, -1.0)))
                    self.colonnes.foyers.append((colonne, a, b))

    def _contient(self, grande: int, petite: int) -> bool:
        a, b = self.lignes[grande], self.lignes[petite]
        return (a.univers, a.perimetre) == (b.univers, b.perimetre) and not (b.lignes & ~a.lignes).any()

    def relier(self, par_code: dict[str, Indicateur]) -> None:
        """Trouver toutes les relations, partout puis dans chaque zone, sans en garder deux fois la même."""
        base = _Base(len(self.lignes))
        tout = {t.univers: np.ones(len(t.lignes), dtype=bool) for t in self.lignes}
        candidates = [*self.colonnes.relations, *self._groupes(par_code), *self._candidates(tout)]
        self.colonnes.relations = [r for r in candidates if base.ajouter(r)]
        for zone in ZONES:
            de_zone = _Base(len(self.lignes))
            for relation in self.colonnes.relations:
                de_zone.ajouter(relation)
            dans_zone = self._candidates({**tout, **self.temoins.zones[zone]})
            self.colonnes.par_zone[zone] = [r for r in dans_zone if de_zone.ajouter(r)]

    def _groupes(self, par_code: dict[str, Indicateur]) -> list[Relation]:
        roles, groupes = self.colonnes.roles, {}
        for code, declaration in par_code.items():
            if declaration.groupe and (code, "numerateur") in roles:
                cle = declaration.groupe, roles[code, "denominateur"]
                groupes.setdefault(cle, []).append(roles[code, "numerateur"])
        return [((total, *parts), (1.0, *(-1.0 for _ in parts))) for (_, total), parts in groupes.items()]

    def _candidates(self, zone: dict[str, np.ndarray]) -> list[Relation]:
        """Les colonnes nulles, les égales, celles qui sont la somme de deux autres, puis ce que le rang dit encore."""
        comptes = [c for c, t in enumerate(self.lignes) if t.compte]
        dedans = {c: (self.lignes[c].univers, self.lignes[c].lignes & zone[self.lignes[c].univers]) for c in comptes}
        marques = {c: self.signer(*lignes) for c, lignes in dedans.items()}
        nulles = [((c,), (1.0,)) for c in comptes if marques[c] == 0]
        par_marque: dict[tuple, list[int]] = {}
        for c in comptes:
            if marques[c]:
                par_marque.setdefault((self.lignes[c].univers, marques[c]), []).append(c)
        egales = [((a, b), (1.0, -1.0)) for memes in par_marque.values() for a, b in pairwise(memes)]
        return [*nulles, *egales, *self._sommes(comptes, marques), *self._rang(comptes, zone)]

    def _sommes(self, comptes: list[int], marques: dict[int, int]) -> list[Relation]:
        relations, familles = [], {}
        for c in comptes:
            if marques[c]:
                familles.setdefault((self.lignes[c].univers, self.lignes[c].perimetre), {}).setdefault(marques[c], c)
        for famille in familles.values():
            rangs = sorted(famille.items(), key=lambda couple: couple[1])
            for i, (marque_a, a) in enumerate(rangs):
                for marque_b, b in rangs[i + 1 :]:
                    total = famille.get((marque_a + marque_b) % 2**64)
                    if total is not None:
                        relations.append(((total, a, b), (1.0, -1.0, -1.0)))
        return relations

    def _rang(self, comptes: list[int], zone: dict[str, np.ndarray]) -> list[Relation]:
        """Les relations que donne la réduction de la matrice (ligne témoin, colonne) de chaque univers."""
        relations = []
        for univers in dict.fromkeys(t.univers for t in self.lignes):
            siennes = [c for c in comptes if self.lignes[c].univers == univers]
            if siennes:
                matrice = np.array([self.lignes[c].lignes[zone[univers]] for c in siennes], dtype=float).T
                relations += [
                    (tuple(siennes[i] for i in indices), coefficients)
                    for indices, coefficients in _noyau(np.unique(matrice, axis=0))
                ]
        return relations


def _noyau(matrice: np.ndarray) -> list[Relation]:
    """Une base du noyau, par réduction de Gauss-Jordan de la matrice de Gram : une relation par colonne dépendante."""
    m = matrice.T @ matrice
    m /= max(np.abs(m).max(), 1.0)
    pivots: list[int] = []
    rang = 0
    for colonne in range(m.shape[1]):
        if rang == len(m):
            break
        ligne = rang + int(np.argmax(np.abs(m[rang:, colonne])))
        if abs(m[ligne, colonne]) < 1e-9:
            continue
        m[[rang, ligne]] = m[[ligne, rang]]
        m[rang] /= m[rang, colonne]
        autres = np.arange(len(m)) != rang
        m[autres] -= np.outer(m[autres, colonne], m[rang])
        pivots.append(colonne)
        rang += 1
    relations = []
    for colonne in sorted(set(range(m.shape[1])) - set(pivots)):
        coefficients = np.rint(m[:rang, colonne] * 2) / 2
        dans = np.flatnonzero(coefficients)
        vecteur = np.zeros(m.shape[1])
        vecteur[colonne] = 1
        vecteur[np.array(pivots, dtype=int)[dans]] = -coefficients[dans]
        if not np.abs(matrice @ vecteur).max(initial=0) > 1e-6:
            places = np.flatnonzero(vecteur)
            relations.append((tuple(int(p) for p in places), tuple(float(v) for v in vecteur[places])))
    return relations


class _Base:
    """Des relations indépendantes : une relation que les précédentes impliquent n'y entre pas."""

    def __init__(self, taille: int):
        self.taille = taille
        self.par_pivot: dict[int, np.ndarray] = {}

    def ajouter(self, relation: Relation) -> bool:
        """Vrai si la relation est nouvelle."""
        vecteur = np.zeros(self.taille)
        vecteur[list(relation[0])] = relation[1]
        # Les vecteurs de la base sont réduits entre eux : une passe sur leurs pivots suffit.
        for pivot in np.flatnonzero(vecteur):
            vecteur = self._reduire(vecteur, pivot)
        libres = np.flatnonzero(np.abs(vecteur) > 1e-9)
        if not len(libres):
            return False
        vecteur = vecteur / vecteur[libres[0]]
        for pivot, autre in self.par_pivot.items():
            if abs(autre[libres[0]]) > 1e-9:
                self.par_pivot[pivot] = autre - autre[libres[0]] * vecteur
        self.par_pivot[int(libres[0])] = vecteur
        return True

    def _reduire(self, vecteur: np.ndarray, pivot: int) -> np.ndarray:
        base = self.par_pivot.get(int(pivot))
        return vecteur if base is None or abs(vecteur[pivot]) < 1e-9 else vecteur - vecteur[pivot] * base

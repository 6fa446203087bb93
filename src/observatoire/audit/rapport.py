"""Ce que l'audit a trouvé, sans jamais redire ce qui est caché."""

from __future__ import annotations

from dataclasses import dataclass, field

from observatoire.typographie import grouper

_MONTRES = 20  # constats écrits en entier, par contrôle


@dataclass(frozen=True)
class Constat:
    """Quelque chose de caché qui peut se savoir.

    ``fichier`` et ``lieu`` disent où, ``quoi`` ce qui se sait (jamais la valeur), ``comment`` par quel chemin.
    """

    fichier: str
    lieu: str
    quoi: str
    comment: str

    def __str__(self) -> str:
        ou = f"{self.fichier}, {self.lieu}" if self.lieu else self.fichier
        return f"{ou} : {self.quoi}\n      {self.comment}"


@dataclass
class Resultat:
    """Ce que rend un contrôle : ses constats, ce qu'il a examiné, ce qu'il n'a pas pu faire."""

    titre: str
    constats: list[Constat] = field(default_factory=list)
    examine: dict[str, int] = field(default_factory=dict)
    non_fait: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        comptes = ", ".join(f"{grouper(n)} {quoi}" for quoi, n in self.examine.items())
        verdict = compter(self.constats) if self.constats else "non fait" if self.non_fait else "rien"
        lignes = [f"{self.titre} : {verdict}. Examiné : {comptes or 'rien'}."]
        lignes += [f"  NON FAIT – {raison}" for raison in self.non_fait]
        lignes += [f"  - {constat}" for constat in self.constats[:_MONTRES]]
        if (reste := len(self.constats) - _MONTRES) > 0:
            lignes.append(f"  … et encore {grouper(reste)}.")
        return "\n".join(lignes)


@dataclass
class Rapport:
    """Le rapport d'un audit : un résultat par contrôle, et la durée, en secondes."""

    public: str
    resultats: list[Resultat]
    duree: float

    @property
    def constats(self) -> list[Constat]:
        """Tous les constats, tous contrôles confondus."""
        return [constat for resultat in self.resultats for constat in resultat.constats]

    def __str__(self) -> str:
        return "\n".join([f"Audit de l'édition « {self.public} ».", *map(str, self.resultats), self._conclusion()])

    def _conclusion(self) -> str:
        fin = f"({self.duree:.1f} s).".replace(".", ",", 1)
        if self.constats:
            return f"{compter(self.constats)} : quelque chose de caché peut se savoir {fin}"
        reserve = ", sauf ce qui n'a pas été fait (voir ci-dessus)" if any(r.non_fait for r in self.resultats) else ""
        return f"Rien de caché n'a été trouvé{reserve} {fin}"


def compter(constats: list[Constat]) -> str:
    """« aucun constat », « 1 constat », « 12 constats »."""
    return f"{grouper(len(constats))} constat{'s' * (len(constats) > 1)}" if constats else "aucun constat"

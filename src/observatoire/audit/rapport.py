"""Ce que l'audit a trouvé, sans jamais redire ce qui est caché."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from observatoire.audit.dossier import Dossier
from observatoire.audit.fichiers import Fichier
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
class Controle:
    """Un contrôle examine chaque fichier, puis conclut ; il dit ses constats, ce qu'il a examiné et n'a pas fait."""

    dossier: Dossier
    constats: list[Constat] = field(default_factory=list)
    examine: Counter = field(default_factory=Counter)
    non_fait: list[str] = field(default_factory=list)
    titre: ClassVar[str] = ""

    def examiner(self, fichier: Fichier) -> None:
        """Chercher dans un fichier du site."""

    def conclure(self) -> Controle:
        """Ce qui se fait une fois tous les fichiers examinés ; rend le contrôle."""
        return self

    def constater(self, fichier: str, lieu: str, quoi: str, comment: str) -> None:
        """Un constat de plus."""
        self.constats.append(Constat(fichier, lieu, quoi, comment))

    def __str__(self) -> str:
        comptes = ", ".join(f"{grouper(n)} {quoi}" for quoi, n in self.examine.items())
        verdict = compter(self.constats) if self.constats else "non fait" if self.non_fait else "rien"
        lignes = [f"{self.titre} : {verdict}. Examiné : {comptes or 'rien'}."]
        lignes += [f"  NON FAIT – {raison}" for raison in self.non_fait]
        lignes += [f"  - {constat}" for constat in self.constats[:_MONTRES]]
        reste = len(self.constats) - _MONTRES
        return "\n".join([*lignes, f"  … et encore {grouper(reste)}."] if reste > 0 else lignes)


@dataclass
class Rapport:
    """Le rapport d'un audit : un contrôle après l'autre, et la durée, en secondes."""

    public: str
    resultats: list[Controle]
    duree: float

    @property
    def constats(self) -> list[Constat]:
        """Tous les constats, tous contrôles confondus."""
        return [constat for resultat in self.resultats for constat in resultat.constats]

    def __str__(self) -> str:
        duree = f"({self.duree:.1f} s).".replace(".", ",", 1)
        reserve = ", sauf ce qui n'a pas été fait (voir ci-dessus)" if any(r.non_fait for r in self.resultats) else ""
        fin = f"Rien de caché n'a été trouvé{reserve}"
        if self.constats:
            fin = f"{compter(self.constats)} : quelque chose de caché peut se savoir"
        return "\n".join([f"Audit de l'édition « {self.public} ».", *map(str, self.resultats), f"{fin} {duree}"])


def compter(constats: list[Constat]) -> str:
    """« aucun constat », « 1 constat », « 12 constats »."""
    return f"{grouper(len(constats))} constat{'s' * (len(constats) > 1)}" if constats else "aucun constat"

"""Ce que l'audit a trouvé, sans jamais redire ce qui est caché."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """Ce que rend un contrôle : ses constats, ce qu'il a examiné, ce qu'il n'a pas pu faire, sa durée en secondes."""

    titre: str
    constats: list[Constat] = field(default_factory=list)
    examine: dict[str, int] = field(default_factory=dict)
    non_fait: list[str] = field(default_factory=list)
    duree: float = 0.0

    @property
    def net(self) -> bool:
        """Rien trouvé, et rien laissé de côté."""
        return not self.constats and not self.non_fait

    def __str__(self) -> str:
        comptes = ", ".join(f"{_nombre(n)} {quoi}" for quoi, n in self.examine.items())
        verdict = compter(self.constats) if self.constats else "rien" if self.net else "non fait"
        lignes = [f"{self.titre} : {verdict}. Examiné : {comptes or 'rien'} ({_secondes(self.duree)})."]
        lignes += [f"  NON FAIT – {raison}" for raison in self.non_fait]
        lignes += [f"  - {constat}" for constat in self.constats[:_MONTRES]]
        if (reste := len(self.constats) - _MONTRES) > 0:
            lignes.append(f"  … et encore {_nombre(reste)}.")
        return "\n".join(lignes)


@dataclass
class Rapport:
    """Le rapport d'un audit : un résultat par contrôle, le temps de lecture du site et la durée totale, en secondes."""

    public: str
    resultats: list[Resultat]
    lecture: float
    duree: float

    @property
    def constats(self) -> list[Constat]:
        """Tous les constats, tous contrôles confondus."""
        return [constat for resultat in self.resultats for constat in resultat.constats]

    def __str__(self) -> str:
        tete = f"Audit de l'édition « {self.public} » (lecture des fichiers : {_secondes(self.lecture)})."
        return "\n".join([tete, *(str(r) for r in self.resultats), self._conclusion()])

    def _conclusion(self) -> str:
        fin = f"({_secondes(self.duree)})."
        if self.constats:
            return f"{compter(self.constats)} : quelque chose de caché peut se savoir {fin}"
        reserve = ", sauf ce qui n'a pas été fait (voir ci-dessus)" if any(r.non_fait for r in self.resultats) else ""
        return f"Rien de caché n'a été trouvé{reserve} {fin}"


def compter(constats: list[Constat]) -> str:
    """« aucun constat », « 1 constat », « 12 constats »."""
    return f"{_nombre(len(constats))} constat{'s' * (len(constats) > 1)}" if constats else "aucun constat"


def _nombre(n: int) -> str:
    return f"{n:,}".replace(",", "\u202f")


def _secondes(duree: float) -> str:
    return f"{duree:.1f} s".replace(".", ",")

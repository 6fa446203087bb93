"""Les lignes qui portent la clé d'une valeur cachée : téléchargements, données des pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from observatoire.audit.dossier import Dossier, dire_cle, index
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.publie import CLES, VALEURS

#: Ce que dit une ligne d'indicateurs ; la couverture ne dit rien de la valeur.
MESURES = [m for m in VALEURS if m != "couverture"]
#: Les mesures d'une alerte, d'un engagement ou d'une comparaison de bailleurs qui disent quelque chose de la valeur.
MESURES_TIREES = (
    "observe", "exces", "exces_bas", "exces_haut", "ecart_points", "lisse", "pente", "bas", "haut", "autres", "ecart",
    "ecart_bas", "ecart_haut", "standardise", "standardise_bas", "standardise_haut",
)  # fmt: skip


@dataclass
class Cles:
    """Toute ligne d'une table qui porte une clé non publiée doit être sans mesure."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Lignes qui portent une clé cachée"))
    tables: int = 0
    lignes: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        for lieu, table in fichier.contenu.tables:
            if {*CLES} - {"bailleur"} <= {*table.columns}:
                self.resultat.constats += self._table(fichier.nom, lieu, table)

    def conclure(self) -> Resultat:
        """Les comptes."""
        cachees = int(self.dossier.indicateurs["statut"].ne("publie").sum())
        self.resultat.examine = {"tables": self.tables, "lignes": self.lignes, "clés non publiées": cachees}
        return self.resultat

    def _table(self, nom: str, lieu: str, table: pd.DataFrame) -> Iterator[Constat]:
        if "bailleur" not in table:
            table = table.assign(bailleur="tous")
        mesures = [m for m in (*MESURES, *MESURES_TIREES) if m in table]
        cles = index(table)
        parlantes = table[mesures].notna().to_numpy(dtype=bool) & ~cles.isin(self.dossier.publies)[:, None]
        self.tables += 1
        self.lignes += len(table)
        for rang in parlantes.any(axis=1).nonzero()[0]:
            dites = ", ".join(m for m, dite in zip(mesures, parlantes[rang], strict=True) if dite)
            yield Constat(nom, f"{lieu}, ligne {rang + 2}", dire_cle(cles[rang]), f"Mesures remplies : {dites}.")

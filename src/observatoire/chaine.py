"""La chaîne : une méthode par flèche, de ``brut`` au site, chacune suivie et résumée.

``brut -(lecture)-> prepare -(indicateurs)-> prepare -(confidentialite)-> publie -(edition)-> book/edition
-(livre)-> site``
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from observatoire.configuration import Configuration
from observatoire.erreurs import DepotRefuse
from observatoire.journal import Journal


@dataclass
class Chaine:
    """Les étapes d'un territoire ; chacune n'importe que ce qu'elle emploie."""

    config: Configuration
    journal: Journal = field(default_factory=Journal)

    def exemple(self, graine: int, logements: int) -> None:
        """Écrire les dépôts fictifs."""
        from observatoire.exemple import ecrire_exemple

        with self.journal.etape("exemple") as etape:
            resume = ecrire_exemple(self.config.chemin("brut"), self.config, graine, logements)
            etape.bilan = str(resume)

    def verifier(self, annee: int | None, rapports: Path | None) -> None:
        """Vérifier les dépôts ; lève :class:`DepotRefuse` si un fichier est refusé."""
        from observatoire import lecture

        with self.journal.etape("vérification") as etape:
            depots = lecture.verifier(self.config, annee, etape.avancer)
            if rapports:
                lecture.ecrire_rapports(depots, rapports)
            etape.bilan = depots.bilan()
        print(depots.message())
        if not depots.accepte:
            raise DepotRefuse("Dépôts refusés : voir ci-dessus.")

    def calculer(self, sans_les_refuses: bool) -> None:
        """De ``brut`` à ``prepare`` : préparer les tables, calculer les indicateurs."""
        from observatoire import indicateurs, lecture

        with self.journal.etape("lecture") as etape:
            depots = lecture.verifier(self.config, avancement=etape.avancer)
            if not depots.accepte:
                lecture.ecrire_rapports(depots, self.config.chemin("prepare") / "rapports")
            lecture.preparer(self.config, depots, sans_les_refuses=sans_les_refuses)
            etape.bilan = depots.bilan()
        with self.journal.etape("indicateurs") as etape:
            valeurs = indicateurs.calculer(self.config, etape.avancer)
            etape.bilan = f"{_nombre(len(valeurs))} valeurs, {valeurs['indicateur'].nunique()} indicateurs"

    def proteger(self, public: str) -> None:
        """De ``prepare`` à ``publie``."""
        from observatoire.confidentialite import proteger

        with self.journal.etape("protection") as etape:
            comptes = proteger(self.config, public)
            etape.bilan = ", ".join(f"{_nombre(n)} {statut}" for statut, n in comptes.items())

    def executer(self, public: str, ouvriers: int | None) -> None:
        """De ``publie`` aux pages exécutées."""
        from observatoire.edition import executer

        with self.journal.etape("notebooks") as etape:
            bilan = executer(self.config, public, ouvriers, etape.avancer)
            etape.bilan = f"{bilan.pages} pages exécutées, {bilan.fiches} fiches"
        for page, avertissements in bilan.avertissements.items():
            self.journal.avertir(page, avertissements)

    def livre(self, public: str) -> None:
        """Des pages exécutées au site."""
        from observatoire.livre import construire

        with self.journal.etape("livre") as etape:
            site = construire(self.config, public, etape.avancer)
            etape.bilan = f"{_nombre(len(list(site.rglob('*.html'))))} pages HTML"

    def conclure(self) -> None:
        """Imprimer le bilan, où est le site et comment le regarder."""
        self.journal.resumer()
        site = self.config.chemin("site")
        print(f"\nLe site est construit : {site / 'index.html'}")
        print(f"Pour le lire, recherche comprise : python3 -m http.server -d {site} 8000")
        print("puis ouvrir http://localhost:8000 dans un navigateur.")


def _nombre(n: int) -> str:
    return f"{n:,}".replace(",", "\u202f")

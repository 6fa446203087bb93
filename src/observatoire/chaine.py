"""La chaîne : une méthode par flèche, de ``brut`` au site, chacune suivie et résumée.

``brut -(lecture)-> prepare -(indicateurs)-> prepare -(confidentialite)-> publie -(edition)-> book/edition
-(livre)-> site``

Chaque flèche tient le dossier qu'elle écrit, et n'est refaite que si ce qu'elle lit a changé.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from observatoire.configuration import Configuration
from observatoire.erreurs import DepotRefuse
from observatoire.fichiers import balayer
from observatoire.journal import Journal
from observatoire.memoire import Memoire, empreinte, empreinte_du_code
from observatoire.registre import FICHIER as REGISTRE
from observatoire.verrou import Verrou


@dataclass
class Chaine:
    """Les étapes d'un territoire ; chacune n'importe que ce qu'elle emploie, et rien si elle n'a rien à refaire.

    ``refaire`` : tout refaire, même ce qui n'a pas changé.
    """

    config: Configuration
    journal: Journal = field(default_factory=Journal)
    refaire: bool = False
    _verrous: dict[Path, Verrou] = field(default_factory=dict)

    def exemple(self, graine: int, logements: int) -> None:
        """Écrire les dépôts fictifs."""
        from observatoire.exemple import ecrire_exemple

        brut = self.config.chemin("brut")
        with self._tenir(brut), self.journal.etape("exemple") as etape:
            etape.bilan = str(ecrire_exemple(brut, self.config, graine, logements))

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

    def publier(
        self, public: str, sans_les_refuses: bool, ouvriers: int | None, delai: int | None, dask: str | None
    ) -> None:
        """Toute la chaîne ; les quatre dossiers qu'elle écrit sont tenus du début à la fin."""
        sorties = [self.config.chemin(nom) for nom in ("prepare", "edition", "site")]
        with self._tenir(*sorties, self._publie(public)):
            self.calculer(sans_les_refuses, dask)
            self.proteger(public)
            self.executer(public, ouvriers, delai, dask)
            self.livre(public)

    def calculer(self, sans_les_refuses: bool, dask: str | None = None) -> None:
        """De ``brut`` à ``prepare`` : préparer les tables, calculer les indicateurs."""
        lus = self._chemins("brut", "schemas", "referentiels", "suivi")
        autres = [f"sans les refusés : {sans_les_refuses}"]
        self._au_besoin(
            "calcul",
            self.config.chemin("prepare"),
            lambda: empreinte(*lus, autres=autres),
            lambda: self._calculer(sans_les_refuses, dask),
        )

    def proteger(self, public: str) -> None:
        """De ``prepare`` à ``publie``."""
        prepare, referentiels, livre = self._chemins("prepare", "referentiels", "livre")
        commentaires = livre / "book" / "commentaires"
        self._au_besoin(
            "protection",
            self._publie(public),
            lambda: empreinte(*_tables(prepare), referentiels, commentaires, autres=[public]),
            lambda: self._proteger(public),
            lu=prepare,
        )

    def executer(self, public: str, ouvriers: int | None, delai: int | None = None, dask: str | None = None) -> None:
        """De ``publie`` aux pages exécutées ; ``delai`` : secondes accordées à une cellule ; ``dask`` : une adresse."""
        notebooks, schemas = self._chemins("notebooks", "schemas")
        self._au_besoin(
            "notebooks",
            self.config.chemin("edition"),
            lambda: empreinte(self._publie(public), notebooks, schemas),
            lambda: self._executer(public, ouvriers, delai, dask),
            lu=self._publie(public),
            aussi=self.config.chemin("publie") / REGISTRE,
        )

    def livre(self, public: str) -> None:
        """Des pages exécutées au site."""
        edition, livre = self._chemins("edition", "livre")
        reglages = [livre / nom for nom in ("_config.yml", "_toc.yml")]
        self._au_besoin(
            "livre",
            self.config.chemin("site"),
            lambda: empreinte(
                edition, livre / "book", *reglages, autres=[public], sauf=[edition, livre / "book" / "edition"]
            ),
            lambda: self._livre(public),
            lu=edition,
        )

    def conclure(self) -> None:
        """Imprimer le bilan, où est le site et comment le regarder."""
        self.journal.resumer()
        site = self.config.chemin("site")
        print(f"\nLe site est construit : {site / 'index.html'}")
        print(f"Pour le lire, recherche comprise : python3 -m http.server -d {site} 8000")
        print("puis ouvrir http://localhost:8000 dans un navigateur.")

    # --- ce que fait chaque étape quand elle a lieu ; chacune rend son bilan

    def _calculer(self, sans_les_refuses: bool, dask: str | None) -> str:
        from observatoire import indicateurs, lecture

        with self.journal.etape("lecture") as etape:
            sommeur = None if dask else indicateurs.sommeur(self.config)
            depots = lecture.lire(self.config, etape.avancer, sans_les_refuses, sommeur)
            etape.bilan = depots.bilan()
        with self.journal.etape("indicateurs") as etape:
            bilan = indicateurs.ecrire_indicateurs(self.config, etape.avancer, dask, depots.suites)
            etape.bilan = f"{_nombre(bilan.valeurs)} valeurs, {bilan.indicateurs} indicateurs"
        return etape.bilan

    def _proteger(self, public: str) -> str:
        from observatoire.confidentialite import proteger

        with self.journal.etape("protection") as etape:
            comptes = proteger(self.config, public)
            etape.bilan = ", ".join(f"{_nombre(n)} {statut}" for statut, n in comptes.items())
        return etape.bilan

    def _executer(self, public: str, ouvriers: int | None, delai: int | None, dask: str | None) -> str:
        from observatoire.edition import executer

        options = _donnes(delai=delai, dask=dask, refaire=self.refaire)
        with self.journal.etape("notebooks") as etape:
            bilan = executer(self.config, public, ouvriers, etape.avancer, **options)
            etape.bilan = f"pages exécutées : {bilan.pages}, inchangées : {bilan.inchangees}, fiches : {bilan.fiches}"
        for page, avertissements in bilan.avertissements.items():
            self.journal.avertir(page, avertissements)
        return f"{bilan.pages + bilan.inchangees} pages, {bilan.fiches} fiches"

    def _livre(self, public: str) -> str:
        from observatoire.livre import construire

        with self.journal.etape("livre") as etape:
            site = construire(self.config, public, etape.avancer, refaire=self.refaire)
            etape.bilan = f"{_nombre(len(list(site.rglob('*.html'))))} pages HTML"
        return etape.bilan

    # --- ce qui est commun aux étapes

    def _au_besoin(
        self,
        libelle: str,
        sortie: Path,
        lire: Callable[[], str],
        faire: Callable[[], str],
        lu: Path | None = None,
        aussi: Path | None = None,
    ) -> None:
        """Faire l'étape si ce qu'elle lit (``lire``) ou ce qu'elle a écrit a changé, ou si le fichier ``aussi`` manque.

        ``sortie`` est tenu, et ``lu`` aussi, le dossier de l'étape d'avant : personne ne le change pendant ce temps.
        """
        depart = time.perf_counter()
        with self._tenir(sortie, *([lu] if lu and os.access(lu.parent, os.W_OK) else [])):
            config = replace(self.config, fichier=Path(), chemins={})
            memoire = Memoire(sortie, f"{lire()} {empreinte(autres=[repr(config)])} {empreinte_du_code()}")
            bilan = None if self.refaire or (aussi and not aussi.is_file()) else memoire.relire()
            if bilan is not None:
                self.journal.inchange(libelle, time.perf_counter() - depart, bilan)
                return
            memoire.oublier()
            balayer(sortie)
            memoire.retenir(faire())

    @contextmanager
    def _tenir(self, *dossiers: Path) -> Iterator[None]:
        with ExitStack() as pile:
            for dossier in dossiers:
                pile.enter_context(self._verrous.setdefault(dossier, Verrou(dossier)))
            yield

    def _chemins(self, *noms: str) -> list[Path]:
        return [self.config.chemin(nom) for nom in noms]

    def _publie(self, public: str) -> Path:
        return self.config.chemin("publie") / public


def _tables(prepare: Path) -> Iterable[Path]:
    """Ce qui est publié vient des fichiers de ``prepare``, pas de ses dossiers (tables des ménages, rapports)."""
    return sorted(f for f in prepare.glob("[!.]*") if f.is_file())


def _donnes(**options: object) -> dict[str, object]:
    """Les options données ; les autres gardent la valeur par défaut de qui les reçoit."""
    return {nom: valeur for nom, valeur in options.items() if valeur}


def _nombre(n: int) -> str:
    return f"{n:,}".replace(",", "\u202f")

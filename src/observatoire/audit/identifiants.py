"""Les identifiants des dépôts, cherchés dans tout ce qui se lit du site."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from observatoire.audit.dossier import Dossier
from observatoire.audit.jetons import atomes
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.audit.recueil import Place, Recueil, entiers, masquer
from observatoire.schemas import Schema, lire_schemas

_INDIVIDUELLES = 2  # colonnes personnelles d'une même table qui, ensemble, disent des lignes individuelles


@dataclass
class Identifiants:
    """Cherche, dans chaque fichier, les identifiants de toutes les années et les colonnes de lignes individuelles."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Identifiants des dépôts"))
    jetons: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        self.jetons += len(fichier.atomes)
        self.resultat.constats += [*self._colonnes(fichier), *self._identifiants(fichier)]

    def conclure(self) -> Resultat:
        """Les comptes, et ce qui n'a pas pu être cherché."""
        recueil = self._recueil
        self.resultat.examine = {
            "jetons": self.jetons,
            "identifiants": len(recueil.places),
            **{f"trop courants de « {c} »": n for c, n in _par_colonne(recueil.courants.values())},
            "publiés comme territoires": recueil.publies,
        }
        if not recueil.tables:
            raison = "les tables préparées ne sont pas ici : aucun identifiant n'a pu être cherché dans le site."
            self.resultat.non_fait.append(raison)
        return self.resultat

    @cached_property
    def _schemas(self) -> dict[str, Schema]:
        return lire_schemas(self.dossier.config.chemin("schemas"))

    @cached_property
    def _recueil(self) -> Recueil:
        recueil = Recueil()
        prepare = self.dossier.config.chemin("prepare") / "tables"
        deposants = "|".join(d.code for d in self.dossier.config.deposants)
        for nom, schema in self._schemas.items():
            chemins = [*prepare.glob(f"*/{nom}.parquet"), *prepare.glob(f"*/{nom}.parquet/*")]
            for chemin in sorted(c for c in chemins if c.is_file()):
                recueil.ajouter(chemin, nom, schema.identifiantes, rf"^(?:{deposants}):")
        territoires = self.dossier.territoires
        recueil.retirer(pd.concat([territoires["code"], territoires["nom"]]).dropna())
        return recueil

    def _identifiants(self, fichier: Fichier) -> Iterator[Constat]:
        trouves = self._recueil.chercher(fichier.atomes)
        if not trouves:
            return
        restants = set(trouves)
        groupes: dict[tuple[str, Place], list[tuple[str, ...]]] = defaultdict(list)
        for lieu, texte in fichier.lieux():
            ici = self._recueil.chercher(atomes(texte)) & restants
            restants -= ici
            for suite in entiers(ici):
                groupes[lieu, self._recueil.places[suite]].append(suite)
            if not restants:
                break
        for suite in restants:
            groupes["à cheval sur plusieurs morceaux", self._recueil.places[suite]].append(suite)
        for (lieu, place), suites in groupes.items():
            quoi = f"{len(suites)} valeur(s) de « {place.colonne} » ({place.table}), par exemple {masquer(min(suites))}"
            nom, ou = self._recueil.censurer(fichier.nom), self._recueil.censurer(lieu)
            yield Constat(nom, ou, quoi, "Identifiant d'un dépôt, trouvé en entier.")

    def _colonnes(self, fichier: Fichier) -> Iterator[Constat]:
        """Les tables dont les colonnes sont celles de lignes individuelles."""
        for lieu, table in fichier.contenu.tables:
            noms = {str(c).strip().lower() for c in table.columns}
            for schema in self._schemas.values():
                cles = sorted(noms & {*schema.cle, *schema.liens})
                personnelles = sorted(noms & schema.personnelles)
                if cles or len(personnelles) >= _INDIVIDUELLES:
                    vues = ", ".join(f"« {c} »" for c in dict.fromkeys([*cles, *personnelles]))
                    quoi = f"des lignes individuelles de « {schema.nom} »"
                    yield Constat(fichier.nom, lieu, quoi, f"Colonnes de la table : {vues}.")
                    break


def _par_colonne(places: Iterable[Place]) -> list[tuple[str, int]]:
    return sorted(Counter(place.colonne for place in places).items())

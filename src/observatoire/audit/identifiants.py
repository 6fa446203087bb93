"""Les identifiants des dépôts, cherchés dans tout ce qui se lit du site."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import pandas as pd
import pyarrow.parquet as pq

from observatoire.audit.dossier import Dossier
from observatoire.audit.fichiers import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.audit.suites import Chercheur, Suite, atomes, distinctif, entieres, masquer
from observatoire.schemas import Schema, lire_schemas
from observatoire.typographie import compter

_INDIVIDUELLES = 2  # colonnes personnelles d'une même table qui, ensemble, disent des lignes individuelles


class Place(NamedTuple):
    """D'où vient un identifiant : sa table et sa colonne."""

    table: str
    colonne: str


@dataclass
class Identifiants:
    """Cherche, dans chaque fichier, les identifiants de toutes les années et les colonnes de lignes individuelles.

    ``places`` : suite -> d'où elle vient ; ``courants`` : de même, pour ce qui est trop court pour être cherché.
    """

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Identifiants des dépôts"))
    places: dict[Suite, Place] = field(default_factory=dict)
    courants: dict[Suite, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._schemas = lire_schemas(self.dossier.config.chemin("schemas"))
        prepare = self.dossier.config.chemin("prepare") / "tables"
        for nom, schema in self._schemas.items():
            for chemin in sorted({*prepare.glob(f"*/{nom}.parquet"), *prepare.glob(f"*/{nom}.parquet/*")}):
                if chemin.is_file():
                    self._recueillir(chemin, schema)
        avant, territoires = len(self.places), self.dossier.territoires
        for nom in pd.concat([territoires["code"], territoires["nom"]]).dropna():
            for forme in {nom, nom.partition(":")[2] or nom}:
                self.places.pop(tuple(atomes(forme)), None)
        self.resultat.examine["publiés comme territoires"] = avant - len(self.places)

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        self.resultat.constats += [*self._colonnes(fichier), *self._identifiants(fichier)]

    def conclure(self) -> Resultat:
        """Les comptes, et ce qui n'a pas pu être cherché."""
        courants = Counter(place.colonne for place in self.courants.values())
        self.resultat.examine |= {"identifiants": len(self.places)}
        self.resultat.examine |= {f"trop courants de « {c} »": n for c, n in sorted(courants.items())}
        if not self.places and not self.courants:
            raison = "les tables préparées ne sont pas ici : aucun identifiant n'a pu être cherché dans le site."
            self.resultat.non_fait.append(raison)
        return self.resultat

    def _recueillir(self, chemin, schema: Schema) -> None:
        """Les valeurs des colonnes identifiantes d'une table préparée, sans le préfixe du déposant."""
        prefixe = rf"^(?:{'|'.join(d.code for d in self.dossier.config.deposants)}):"
        colonnes = sorted({*schema.identifiantes} & {*pq.read_schema(chemin).names})
        for colonne, valeurs in pd.read_parquet(chemin, columns=colonnes).items():
            for suite in {tuple(atomes(f)) for f in _formes(valeurs.dropna(), prefixe)} - self.places.keys():
                (self.places if distinctif(suite) else self.courants)[suite] = Place(schema.nom, colonne)

    @cached_property
    def _chercheur(self) -> Chercheur:
        return Chercheur(self.places)

    def _identifiants(self, fichier: Fichier) -> Iterator[Constat]:
        chercheur = self._chercheur
        restants = chercheur.chercher(fichier.atomes)
        groupes: dict[tuple[str, Place], list[Suite]] = defaultdict(list)
        for lieu, texte in fichier.lieux() if restants else ():
            ici = chercheur.chercher(atomes(texte)) & restants
            restants -= ici
            for suite in entieres(ici):
                groupes[lieu, self.places[suite]].append(suite)
            if not restants:
                break
        for suite in restants:
            groupes["à cheval sur plusieurs morceaux", self.places[suite]].append(suite)
        for (lieu, place), suites in groupes.items():
            combien = compter(len(suites), "valeur")
            quoi = f"{combien} de « {place.colonne} » ({place.table}), par exemple {masquer(min(suites))}"
            nom, ou = chercheur.censurer(fichier.nom), chercheur.censurer(lieu)
            yield Constat(nom, ou, quoi, "Identifiant d'un dépôt, trouvé en entier.")

    def _colonnes(self, fichier: Fichier) -> Iterator[Constat]:
        """Les tables dont les colonnes sont celles de lignes individuelles ; sans ligne, c'est un gabarit à remplir."""
        for lieu, table in (t for t in fichier.tables if len(t[1])):
            noms = {str(c).strip().lower() for c in table.columns}
            for schema in self._schemas.values():
                cles = sorted(noms & {*schema.cle, *schema.liens})
                personnelles = sorted(noms & schema.personnelles)
                if cles or len(personnelles) >= _INDIVIDUELLES:
                    vues = ", ".join(f"« {c} »" for c in dict.fromkeys([*cles, *personnelles]))
                    quoi = f"des lignes individuelles de « {schema.nom} »"
                    yield Constat(fichier.nom, lieu, quoi, f"Colonnes de la table : {vues}.")
                    break


def _formes(valeurs: pd.Series, prefixe: str) -> Iterator[str]:
    """Les écritures d'une colonne : un nombre (une coordonnée) s'écrit aussi arrondi, ou avec ses milliers séparés."""
    if pd.api.types.is_numeric_dtype(valeurs):
        return chain.from_iterable((repr(v), f"{v:.0f}", f"{v:,}") for v in valeurs.unique().tolist())
    return iter(valeurs.astype(str).str.replace(prefixe, "", regex=True).unique())

"""Les identifiants des dépôts, cherchés dans tout ce qui se lit du site."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import pandas as pd
import pyarrow.parquet as pq

from observatoire.audit.dossier import Dossier
from observatoire.audit.jetons import atomes
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.schemas import Schema, lire_schemas

# Un identifiant plus court se confondrait avec un mot ou un nombre ordinaire.
_AVEC_LETTRES_ET_CHIFFRES, _EN_CHIFFRES, _EN_LETTRES = 6, 7, 10
_INDIVIDUELLES = 2  # colonnes personnelles d'une même table qui, ensemble, disent des lignes individuelles


class Place(NamedTuple):
    """D'où vient un identifiant : sa table et sa colonne."""

    table: str
    colonne: str


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
        for lieu, texte in fichier.contenu.lieux():
            ici = self._recueil.chercher(atomes(texte)) & restants
            restants -= ici
            for suite in _entiers(ici):
                groupes[lieu, self._recueil.places[suite]].append(suite)
            if not restants:
                break
        for suite in restants:
            groupes["à cheval sur plusieurs morceaux", self._recueil.places[suite]].append(suite)
        for (lieu, place), suites in groupes.items():
            quoi = f"{len(suites)} valeur(s) de « {place.colonne} » ({place.table}), par exemple {masquer(min(suites))}"
            yield Constat(fichier.nom, lieu, quoi, "Identifiant d'un dépôt, trouvé en entier.")

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


class Recueil:
    """Les identifiants à chercher, chacun réduit à la suite de ses atomes.

    ``places`` : suite -> table et colonne d'où elle vient ; ``courants`` : de même, pour ce qui est trop court pour
    être cherché. Une suite est retrouvée par son atome le plus long, puis comparée en entier : la recherche d'un
    fichier coûte une intersection d'ensembles.
    """

    def __init__(self):
        self.places: dict[tuple[str, ...], Place] = {}
        self.courants: dict[tuple[str, ...], Place] = {}
        self.publies = self.tables = 0
        self._ancres: dict[str, set[tuple[str, ...]]] | None = None

    def ajouter(self, chemin, table: str, colonnes: Iterable[str], prefixe: str) -> None:
        """Les valeurs des ``colonnes`` d'une table préparée, sans le ``prefixe`` du déposant."""
        self.tables += 1
        presentes = sorted(set(colonnes) & set(pq.read_schema(chemin).names))
        lue = pd.read_parquet(chemin, columns=presentes)
        for colonne in presentes:
            for suite in {tuple(s) for s in map(atomes, _formes(lue[colonne].dropna(), prefixe))} - self.places.keys():
                (self.places if distinctif(suite) else self.courants)[suite] = Place(table, colonne)

    def retirer(self, noms: Iterable[str]) -> None:
        """Ne pas chercher ce qui est un territoire publié, par son code ou par son nom."""
        for nom in noms:
            for forme in {nom, nom.partition(":")[2] or nom}:
                self.publies += self.places.pop(tuple(atomes(forme)), None) is not None

    def chercher(self, lus: list[str]) -> set[tuple[str, ...]]:
        """Les identifiants qui se lisent dans une suite d'atomes."""
        if self._ancres is None:
            self._ancres = defaultdict(set)
            for suite in self.places:
                self._ancres[max(suite, key=len)].add(suite)
        presentes = self._ancres.keys() & set(lus)
        if not presentes:
            return set()
        return {
            suite
            for rang, atome in enumerate(lus)
            if atome in presentes
            for suite in self._ancres[atome]
            if tuple(lus[(debut := rang - suite.index(atome)) : debut + len(suite)]) == suite and debut >= 0
        }


def _par_colonne(places: Iterable[Place]) -> list[tuple[str, int]]:
    return sorted(Counter(place.colonne for place in places).items())


def _formes(valeurs: pd.Series, prefixe: str) -> Iterator[str]:
    """Les écritures d'une colonne : un nombre (une coordonnée) s'écrit aussi arrondi, ou avec ses milliers séparés."""
    if pd.api.types.is_numeric_dtype(valeurs):
        return chain.from_iterable((repr(v), f"{v:.0f}", f"{v:,}") for v in valeurs.unique().tolist())
    return iter(valeurs.astype(str).str.replace(prefixe, "", regex=True).unique())


def _entiers(suites: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Les identifiants qui ne sont pas une partie d'un autre : celui d'un immeuble commence ceux de ses logements."""
    parties = {s[i:j] for s in suites for i in range(len(s)) for j in range(i + 1, len(s) + 1) if j - i < len(s)}
    return suites - parties


def distinctif(suite: tuple[str, ...]) -> bool:
    """Un identifiant assez long pour ne pas être un mot ou un nombre ordinaire."""
    colle = "".join(suite)
    if colle.isdigit():
        return len(colle) >= _EN_CHIFFRES
    if any(c.isdigit() for c in colle):
        return len(colle) >= _AVEC_LETTRES_ET_CHIFFRES
    return len(suite) > 1 and len(colle) >= _EN_LETTRES


def masquer(suite: tuple[str, ...]) -> str:
    """Un identifiant reconnaissable par qui le détient, et par personne d'autre : « ad••••• »."""
    colle = "".join(suite)
    return f"« {colle[:2]}{'•' * min(len(colle) - 2, 8)} »"

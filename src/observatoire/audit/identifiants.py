"""Les identifiants des dépôts, cherchés dans tout ce qui se lit du site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import pandas as pd
import pyarrow.parquet as pq

from observatoire.audit.fichiers import Fichier
from observatoire.audit.rapport import Controle
from observatoire.audit.suites import Chercheur, atomes, distinctif, entieres, masquer
from observatoire.schemas import lire_schemas
from observatoire.typographie import compter

_INDIVIDUELLES = 2  # colonnes personnelles d'une même table qui, ensemble, disent des lignes individuelles


@dataclass
class Identifiants(Controle):
    """Cherche, dans chaque fichier, les identifiants de toutes les années et les colonnes de lignes individuelles.

    ``_places`` : suite -> la table et la colonne d'où elle vient.
    """

    titre = "Identifiants des dépôts"

    def __post_init__(self) -> None:
        config, territoires = self.dossier.config, self.dossier.territoires
        prepare = config.chemin("prepare") / "tables"
        self._schemas, toutes = lire_schemas(config.chemin("schemas")), {}
        prefixe = rf"^(?:{'|'.join(d.code for d in config.deposants)}):"
        for nom, schema in self._schemas.items():
            chemins = chain(*(prepare.glob(f"*/{nom}.parquet{dedans}") for dedans in ("", "/*")))
            for chemin in sorted(c for c in chemins if c.is_file()):
                colonnes = sorted({*schema.identifiantes} & {*pq.read_schema(chemin).names})
                for colonne, valeurs in pd.read_parquet(chemin, columns=colonnes).items():
                    for suite in {tuple(atomes(forme)) for forme in _formes(valeurs.dropna(), prefixe)}:
                        toutes.setdefault(suite, (nom, colonne))
        self._places = {suite: place for suite, place in toutes.items() if distinctif(suite)}
        publies = {tuple(atomes(f)) for nom in pd.concat([territoires["code"], territoires["nom"]]).dropna()
                   for f in (nom, nom.partition(":")[2])} & self._places.keys()  # fmt: skip
        self._places = {suite: place for suite, place in self._places.items() if suite not in publies}
        self._chercheur = Chercheur(self._places)
        self.examine.update({"publiés comme territoires": len(publies), "identifiants": len(self._places)})
        for suite, (_, colonne) in sorted(toutes.items(), key=lambda t: t[1][1]):
            if not distinctif(suite):
                self.examine[f"trop courants de « {colonne} »"] += 1
        if not toutes:
            raison = "les tables préparées ne sont pas ici : aucun identifiant n'a pu être cherché dans le site."
            self.non_fait.append(raison)

    def examiner(self, fichier: Fichier) -> None:
        """Les identifiants d'un fichier, chacun là où il se lit d'abord ; puis ses tables de lignes individuelles."""
        chercheur, groupes = self._chercheur, defaultdict(list)
        restants = chercheur.chercher(f"{fichier.nom}\n{fichier.texte}")
        for lieu, texte in chain(fichier.lieux(), [("à cheval sur plusieurs morceaux", None)]) if restants else ():
            ici = restants if texte is None else chercheur.chercher(texte) & restants
            for suite in ici if texte is None else entieres(ici):
                groupes[lieu, *self._places[suite]].append(suite)
            if not (restants := restants - ici):
                break
        for (lieu, table, colonne), suites in groupes.items():
            combien = compter(len(suites), "valeur")
            quoi = f"{combien} de « {colonne} » ({table}), par exemple {masquer(min(suites))}"
            nom, ou = chercheur.censurer(fichier.nom), chercheur.censurer(lieu)
            self.constater(nom, ou, quoi, "Identifiant d'un dépôt, trouvé en entier.")
        for lieu, table in fichier.tables:
            noms = {str(c).strip().lower() for c in table.columns} if len(table) else set()  # vide : un gabarit
            for schema in self._schemas.values():
                cles = sorted(noms & {*schema.cle, *schema.liens})
                personnelles = sorted(noms & schema.personnelles)
                if cles or len(personnelles) >= _INDIVIDUELLES:
                    vues = ", ".join(f"« {c} »" for c in dict.fromkeys([*cles, *personnelles]))
                    quoi = f"des lignes individuelles de « {schema.nom} »"
                    self.constater(fichier.nom, lieu, quoi, f"Colonnes de la table : {vues}.")
                    break


def _formes(valeurs: pd.Series, prefixe: str) -> Iterator[str]:
    """Les écritures d'une colonne, sans le préfixe du déposant : un nombre (une coordonnée) s'écrit aussi arrondi, ou
    avec ses milliers séparés."""
    if pd.api.types.is_numeric_dtype(valeurs):
        return chain.from_iterable((repr(v), f"{v:.0f}", f"{v:,}") for v in valeurs.unique().tolist())
    return iter(valeurs.astype(str).str.replace(prefixe, "", regex=True).unique())

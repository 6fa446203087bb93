"""Les fichiers du site : tous lus, aucun d'un autre public, aucune ligne qui dise une valeur cachée."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from lxml import etree

from observatoire.audit.dossier import lire
from observatoire.audit.fichiers import Fichier
from observatoire.audit.rapport import Controle
from observatoire.audit.suites import plier
from observatoire.publie import CLES, VALEURS
from observatoire.tables.edition import EDITION
from observatoire.tables.indicateurs import CUMULS
from observatoire.typographie import compter
from observatoire.vocabulaire import NIVEAUX

#: La balise par laquelle une page dit son public : <meta name="observatoire-public" content="partenaires">.
META = "observatoire-public"
# Ce qu'un public ne voit pas quand ce qui est publié ne dit pas ses règles.
_RESERVES_SANS_REGLES = {"publique": {"immeuble"}}
_RESERVEE = re.compile(r"(?:reservee?s?|version|edition) (?:aux |des )?(?:partenaires|signataires)")
_DECLARES = etree.XPath(f"//meta[@name='{META}']/@content | //@data-public", smart_strings=False)
#: Un document le dit dans ses mots-clés.
_DANS_UN_PDF = re.compile(rf"{META}: (\w+)")
_BANDEAUX = etree.XPath("//*[contains(concat(' ', normalize-space(@class), ' '), ' bandeau ')]")
#: Ce qui, dans une ligne d'indicateurs, d'alertes, d'engagements ou de comparaison, dit quelque chose de la valeur. La
#: couverture n'en dit rien.
_MESURES = (
    *(m for m in VALEURS if m != "couverture"), "observe", "exces", "exces_bas", "exces_haut", "ecart_points", "lisse",
    "pente", "bas", "haut", "autres", "ecart", "ecart_bas", "ecart_haut", "standardise", "standardise_bas",
    "standardise_haut",
)  # fmt: skip


class Genres(Controle):
    """Un fichier de genre inconnu, illisible, ou qui n'est pas ce que son nom annonce, est un constat.

    Les fichiers muets (polices, programme de recherche) sont comptés à part."""

    titre = "Fichiers du site"

    def examiner(self, fichier: Fichier) -> None:
        """Compter le fichier, et dire ce qui n'y a pas été lu."""
        self.examine.update(["fichiers", ("non lus : ." if fichier.muet else ".") + fichier.genre])
        for defaut in fichier.defauts:
            comment = "Il n'a pas pu être examiné : le retirer du site, ou apprendre à le lire."
            self.constater(fichier.nom, "", defaut, comment)

    def conclure(self) -> Controle:
        """Les genres, du plus courant au plus rare."""
        self.examine = Counter(dict(self.examine.most_common()))
        return self


class Cles(Controle):
    """Toute ligne d'une table qui porte une clé non publiée doit être sans mesure."""

    titre = "Lignes qui portent une clé cachée"

    def examiner(self, fichier: Fichier) -> None:
        """Les tables d'un fichier qui ont les clés d'un indicateur."""
        for lieu, table in fichier.tables:
            if {*CLES} - {"bailleur"} <= {*table.columns}:
                self.examine["lignes"] += len(table)
                table = table if "bailleur" in table else table.assign(bailleur="tous")
                mesures, cles = [m for m in _MESURES if m in table], _indexer(table)
                # Une ligne cumulée a sa propre règle : trois années ont plus d'unités qu'une.
                publies = self._cumules if {*CUMULS.noms} <= {*table} else self._publies
                parlantes = table[mesures].notna().to_numpy(dtype=bool) & ~cles.isin(publies)[:, None]
                for rang in parlantes.any(axis=1).nonzero()[0]:
                    dites = ", ".join(m for m, dite in zip(mesures, parlantes[rang], strict=True) if dite)
                    ou, comment = f"{lieu}, ligne {rang + 2}", f"Mesures remplies : {dites}."
                    self.constater(fichier.nom, ou, _dire_la_cle(*cles[rang]), comment)

    def conclure(self) -> Controle:
        """Combien de clés étaient cherchées."""
        self.examine["clés non publiées"] = int(self.dossier.indicateurs["statut"].ne("publie").sum())
        return self

    @cached_property
    def _publies(self) -> pd.MultiIndex:
        return _indexer(self.dossier.indicateurs.query("statut == 'publie'"))

    @cached_property
    def _cumules(self) -> pd.MultiIndex:
        return _indexer(lire(CUMULS.dans(self.dossier.publie)).query("statut == 'publie'"))


def _indexer(table: pd.DataFrame) -> pd.MultiIndex:
    """Les clés d'une table ; l'année est un entier, les autres des textes."""
    annees = pd.to_numeric(table["annee"], errors="coerce").fillna(-1).astype(np.int64)
    return pd.MultiIndex.from_frame(table[CLES].astype(dict.fromkeys(CLES[1:], "str")).assign(annee=annees))


def _dire_la_cle(annee: int, niveau: str, territoire: str, bailleur: str, indicateur: str) -> str:
    """« la valeur cachée de taux_vacance, quartier velotte, 2010 » ; le bailleur quand ce n'est pas « tous »."""
    # Le code d'un immeuble est un identifiant : il n'est pas redit.
    lieu = "un immeuble" if niveau == "immeuble" else f"{niveau} {territoire}"
    qui = "" if bailleur == "tous" else f", bailleur {bailleur}"
    return f"la valeur cachée de {indicateur}, {lieu}{qui}, {annee}"


@dataclass
class Publics(Controle):
    """Aucune page d'un autre public ; aucune page, aucune ligne, d'un niveau que ce public ne voit pas."""

    titre = "Ce qui est réservé à un autre public"

    def __post_init__(self) -> None:
        edition = json.loads(EDITION.dans(self.dossier.publie).read_text(encoding="utf-8"))
        if (declare := edition["public"]) != self.dossier.public:
            quoi = f"ce qui est publié est pour « {declare} », non pour « {self.dossier.public} »"
            self.constater(EDITION.fichier, "", quoi, "Clé « public ».")
        vus = edition.get("regles", {}).get("niveaux")
        caches = _RESERVES_SANS_REGLES.get(self.dossier.public, set()) if vus is None else {*NIVEAUX} - {*vus}
        self._reserves = sorted(caches)

    def examiner(self, fichier: Fichier) -> None:
        """Ce qu'un fichier dit de son public, puis les niveaux de son nom et de ses lignes."""
        self.examine["pages"] += fichier.genre == "html"
        dits = {("mots-clés", "document", p) for p in _DANS_UN_PDF.findall(fichier.texte) if fichier.genre == "pdf"}
        if fichier.racine is not None:
            dits |= {("marque de la page", "page", p) for p in _DECLARES(fichier.racine)}
            for bandeau in _BANDEAUX(fichier.racine) if self.dossier.public == "publique" else ():
                if _RESERVEE.search(plier(" ".join("".join(bandeau.itertext()).split()))):
                    dits.add(("bandeau", "page", "partenaires"))
        for lieu, quoi, public in sorted(dits):
            if public != self.dossier.public:
                reservee = "réservée aux partenaires" if lieu == "bandeau" else f"de l'édition « {public} »"
                comment = f"L'édition auditée est « {self.dossier.public} »."
                self.constater(fichier.nom, lieu, f"{quoi} {reservee}", comment)
        for niveau in self._reserves:
            if re.search(rf"(?:^|[/_-]){niveau}-[^/]*\.html$", fichier.nom):
                comment = "Son nom le dit ; ce public ne voit pas ce niveau."
                self.constater(fichier.nom, "", f"page du niveau « {niveau} »", comment)
            for lieu, table in fichier.tables:
                if lignes := int(table["niveau"].eq(niveau).sum()) if "niveau" in table else 0:
                    comment = "Colonne « niveau » ; ce public ne voit pas ce niveau."
                    self.constater(fichier.nom, lieu, f"{compter(lignes, 'ligne')} du niveau « {niveau} »", comment)

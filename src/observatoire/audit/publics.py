"""Les fichiers du site : tous lus, aucun d'un autre public, aucune ligne qui dise une valeur cachée."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from observatoire.audit.dossier import Dossier, dire_cle, index
from observatoire.audit.fichiers import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.audit.suites import plier
from observatoire.publie import CLES, VALEURS
from observatoire.tables.indicateurs import CUMULS
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


@dataclass
class Genres:
    """Un fichier de genre inconnu, illisible, ou qui n'est pas ce que son nom annonce, est un constat."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Fichiers du site"))
    genres: Counter = field(default_factory=Counter)

    def examiner(self, fichier: Fichier) -> None:
        """Compter le fichier, et dire ce qui n'y a pas été lu."""
        self.genres[("non lus : ." if fichier.muet else ".") + fichier.genre] += 1
        comment = "Il n'a pas pu être examiné : le retirer du site, ou apprendre à le lire."
        self.resultat.constats += [Constat(fichier.nom, "", defaut, comment) for defaut in fichier.defauts]

    def conclure(self) -> Resultat:
        """Les comptes par genre ; les fichiers muets (polices, programme de recherche) sont comptés à part."""
        self.resultat.examine = {"fichiers": self.genres.total(), **dict(self.genres.most_common())}
        return self.resultat


@dataclass
class Cles:
    """Toute ligne d'une table qui porte une clé non publiée doit être sans mesure."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Lignes qui portent une clé cachée"))
    lignes: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        for lieu, table in fichier.tables:
            if {*CLES} - {"bailleur"} <= {*table.columns}:
                self.lignes += len(table)
                table = table if "bailleur" in table else table.assign(bailleur="tous")
                mesures, cles = [m for m in _MESURES if m in table], index(table)
                # Une ligne cumulée a sa propre règle : trois années ont plus d'unités qu'une.
                publies = self.dossier.cumules if {*CUMULS.noms} <= {*table} else self.dossier.publies
                parlantes = table[mesures].notna().to_numpy(dtype=bool) & ~cles.isin(publies)[:, None]
                for rang in parlantes.any(axis=1).nonzero()[0]:
                    dites = ", ".join(m for m, dite in zip(mesures, parlantes[rang], strict=True) if dite)
                    ou, comment = f"{lieu}, ligne {rang + 2}", f"Mesures remplies : {dites}."
                    self.resultat.constats.append(Constat(fichier.nom, ou, dire_cle(cles[rang]), comment))

    def conclure(self) -> Resultat:
        """Les comptes."""
        cachees = int(self.dossier.indicateurs["statut"].ne("publie").sum())
        self.resultat.examine = {"lignes": self.lignes, "clés non publiées": cachees}
        return self.resultat


@dataclass
class Publics:
    """Aucune page d'un autre public ; aucune page, aucune ligne, d'un niveau que ce public ne voit pas."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Ce qui est réservé à un autre public"))
    pages: int = 0

    def __post_init__(self) -> None:
        edition = json.loads((self.dossier.publie / "edition.json").read_text(encoding="utf-8"))
        if (declare := edition["public"]) != self.dossier.public:
            quoi = f"ce qui est publié est pour « {declare} », non pour « {self.dossier.public} »"
            self.resultat.constats.append(Constat("edition.json", "", quoi, "Clé « public »."))
        vus = edition.get("regles", {}).get("niveaux")
        caches = _RESERVES_SANS_REGLES.get(self.dossier.public, set()) if vus is None else {*NIVEAUX} - {*vus}
        self._reserves = sorted(caches)

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        self.pages += fichier.genre == "html"
        self.resultat.constats += [*self._marques(fichier), *self._niveaux(fichier)]

    def conclure(self) -> Resultat:
        """Les comptes."""
        self.resultat.examine = {"pages": self.pages}
        return self.resultat

    def _marques(self, fichier: Fichier) -> Iterator[Constat]:
        comment = f"L'édition auditée est « {self.dossier.public} »."
        if fichier.genre == "pdf":
            for declare in set(_DANS_UN_PDF.findall(fichier.texte)) - {self.dossier.public}:
                yield Constat(fichier.nom, "mots-clés", f"document de l'édition « {declare} »", comment)
        if fichier.racine is None:
            return
        for declare in set(_DECLARES(fichier.racine)) - {self.dossier.public}:
            yield Constat(fichier.nom, "marque de la page", f"page de l'édition « {declare} »", comment)
        for bandeau in _BANDEAUX(fichier.racine) if self.dossier.public == "publique" else ():
            if _RESERVEE.search(plier(" ".join("".join(bandeau.itertext()).split()))):
                yield Constat(fichier.nom, "bandeau", "page réservée aux partenaires", comment)

    def _niveaux(self, fichier: Fichier) -> Iterator[Constat]:
        for niveau in self._reserves:
            if re.search(rf"(?:^|[/_-]){niveau}-[^/]*\.html$", fichier.nom):
                comment = "Son nom le dit ; ce public ne voit pas ce niveau."
                yield Constat(fichier.nom, "", f"page du niveau « {niveau} »", comment)
            for lieu, table in fichier.tables:
                lignes = int(table["niveau"].eq(niveau).sum()) if "niveau" in table else 0
                if lignes:
                    comment = "Colonne « niveau » ; ce public ne voit pas ce niveau."
                    yield Constat(fichier.nom, lieu, f"{lignes} ligne(s) du niveau « {niveau} »", comment)

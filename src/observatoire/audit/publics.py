"""Ce qui est réservé à un autre public : pages des partenaires et niveaux trop fins dans le site public."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from observatoire.audit.dossier import Dossier
from observatoire.audit.jetons import plier
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.configuration import NIVEAUX

#: La balise par laquelle une page dit son public : <meta name="observatoire-public" content="partenaires">.
META = "observatoire-public"
_NIVEAUX = frozenset({*NIVEAUX, "qpv"})
# Ce qu'un public ne voit pas quand ce qui est publié ne dit pas ses règles.
_RESERVES_SANS_REGLES = {"publique": frozenset({"immeuble"})}
_RESERVEE = re.compile(r"(?:reservee?s?|version|edition) (?:aux |des )?(?:partenaires|signataires)")
_DECLARES = etree.XPath(f"//meta[@name='{META}']/@content | //@data-public", smart_strings=False)
#: Un document le dit dans ses mots-clés.
_DANS_UN_PDF = re.compile(rf"{META}: (\w+)")
_BANDEAUX = etree.XPath("//*[contains(concat(' ', normalize-space(@class), ' '), ' bandeau ')]")


@dataclass
class Publics:
    """Aucune page d'un autre public ; aucune page, aucune ligne, d'un niveau que ce public ne voit pas."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Ce qui est réservé à un autre public"))
    pages: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        self.pages += fichier.genre == "html"
        self.resultat.constats += [*self._marques(fichier), *self._niveaux(fichier)]

    def conclure(self) -> Resultat:
        """Les comptes, et le public que déclare ce qui est publié."""
        declare = self._edition["public"]
        if declare != self.dossier.public:
            quoi = f"ce qui est publié est pour « {declare} », non pour « {self.dossier.public} »"
            self.resultat.constats.append(Constat("edition.json", "", quoi, "Clé « public »."))
        self.resultat.examine = {"pages": self.pages}
        return self.resultat

    @cached_property
    def _edition(self) -> dict:
        return json.loads((self.dossier.publie / "edition.json").read_text(encoding="utf-8"))

    @cached_property
    def _reserves(self) -> frozenset[str]:
        """Les niveaux que ce public ne voit pas, d'après les règles de ce qui est publié pour lui."""
        vus = self._edition.get("regles", {}).get("niveaux")
        return _RESERVES_SANS_REGLES.get(self.dossier.public, frozenset()) if vus is None else _NIVEAUX - {*vus}

    def _marques(self, fichier: Fichier) -> Iterator[Constat]:
        racine = fichier.contenu.racine
        comment = f"L'édition auditée est « {self.dossier.public} »."
        if fichier.genre == "pdf":
            for declare in set(_DANS_UN_PDF.findall(fichier.contenu.texte)) - {self.dossier.public}:
                yield Constat(fichier.nom, "mots-clés", f"document de l'édition « {declare} »", comment)
        if racine is None:
            return
        for declare in set(_DECLARES(racine)) - {self.dossier.public}:
            yield Constat(fichier.nom, "marque de la page", f"page de l'édition « {declare} »", comment)
        if self.dossier.public == "publique":
            for bandeau in _BANDEAUX(racine):
                if _RESERVEE.search(plier(" ".join("".join(bandeau.itertext()).split()))):
                    yield Constat(fichier.nom, "bandeau", "page réservée aux partenaires", comment)

    def _niveaux(self, fichier: Fichier) -> Iterator[Constat]:
        for niveau in sorted(self._reserves):
            if re.search(rf"(?:^|[/_-]){niveau}-[^/]*\.html$", fichier.nom):
                comment = "Son nom le dit ; ce public ne voit pas ce niveau."
                yield Constat(fichier.nom, "", f"page du niveau « {niveau} »", comment)
            for lieu, table in fichier.contenu.tables:
                lignes = int(table["niveau"].eq(niveau).sum()) if "niveau" in table else 0
                if lignes:
                    comment = "Colonne « niveau » ; ce public ne voit pas ce niveau."
                    yield Constat(fichier.nom, lieu, f"{lignes} ligne(s) du niveau « {niveau} »", comment)

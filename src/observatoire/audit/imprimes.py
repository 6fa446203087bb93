"""Les nombres des pages et des documents, sur les octets publiés : chacun doit être au registre de sa page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from observatoire.audit.dossier import Dossier
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat
from observatoire.registre import FICHIER
from observatoire.registre.site import DOCUMENTS, EDITION, numeros_hors_registre

_COMMENT = "Imprimé autrement que par la porte, ou après elle ; registre.site.numeros_hors_registre dit lequel."


@dataclass
class Imprimes:
    """Aucune page de l'édition n'imprime un nombre que son registre ne connaît pas."""

    dossier: Dossier
    pages: int = 0
    documents: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Un fichier du site."""
        self.pages += fichier.genre == "html" and fichier.nom.startswith(f"{EDITION.as_posix()}/")
        self.documents += fichier.genre == "pdf" and fichier.nom.startswith(f"{DOCUMENTS.as_posix()}/")

    def conclure(self) -> Resultat:
        """Relire les pages face au registre. Un nombre inconnu peut être une valeur cachée : il n'est pas redit."""
        resultat = Resultat("Nombres imprimés hors du registre")
        config, public = self.dossier.config, self.dossier.public
        if (imprimes := self.dossier.imprimes) is None:
            resultat.non_fait.append(f"il n'y a pas de registre (publie/{FICHIER}) : aucune page n'y a été comparée.")
            return resultat
        registre = imprimes[imprimes["public"].eq(public)]
        trouves = numeros_hors_registre(config.chemin("site", public), registre, public)
        resultat.constats = [
            Constat(_fichier(page), lieu, f"{n} nombre(s) hors du registre", _COMMENT)
            for (page, lieu), n in Counter((t.page, t.lieu) for t in trouves).items()
        ]
        resultat.examine = {
            "pages de l'édition": self.pages, "documents": self.documents, "nombres inscrits": len(registre),
        }  # fmt: skip
        return resultat


def _fichier(page: str) -> str:
    return page if page.endswith(".pdf") else f"{EDITION.as_posix()}/{page}.html"

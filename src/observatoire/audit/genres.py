"""Tous les fichiers du site : combien de chaque genre, lesquels n'ont pas pu être lus."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from observatoire.audit.dossier import Dossier
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.rapport import Constat, Resultat


@dataclass
class Genres:
    """Un fichier de genre inconnu, illisible, ou qui n'est pas ce que son nom annonce, est un constat."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Fichiers du site"))
    genres: Counter = field(default_factory=Counter)
    muets: Counter = field(default_factory=Counter)
    caracteres: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Compter le fichier, et dire ce qui n'y a pas été lu."""
        self.genres[fichier.genre] += 1
        self.muets[fichier.genre] += fichier.contenu.muet
        self.caracteres += len(fichier.contenu.texte)
        comment = "Il n'a pas pu être examiné : le retirer du site, ou apprendre à le lire."
        self.resultat.constats += [Constat(fichier.nom, "", defaut, comment) for defaut in fichier.defauts]

    def conclure(self) -> Resultat:
        """Les comptes par genre ; les fichiers muets (polices, programme de recherche) sont comptés à part."""
        muets = {f"non lus : .{genre}": n for genre, n in sorted(self.muets.items()) if n}
        lus = {f".{genre}": n - self.muets[genre] for genre, n in self.genres.most_common() if n > self.muets[genre]}
        self.resultat.examine = {
            "fichiers": self.genres.total(), "caractères": self.caracteres, **lus, **muets,
        }  # fmt: skip
        return self.resultat

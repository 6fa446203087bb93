"""Dire, dans le refus d'un fichier presque nôtre, quelles colonnes sont les siennes et la commande à lancer."""

from __future__ import annotations

from observatoire.configuration import Configuration
from observatoire.correspondance.examen import Examen, examiner
from observatoire.lecture.correspondances import DOSSIER, lire_correspondances
from observatoire.lecture.depots import RPLS, Fichier, nommer_le_depot
from observatoire.lecture.problemes import Probleme, citer, compter
from observatoire.lecture.verification import Depots

#: Ce qui, dans un refus, laisse penser que le fichier est bon et seulement écrit autrement.
AUTREMENT = {
    "entete", "colonne_inconnue", "colonne_absente", "colonne_sans_nom", "colonne_repetee", "hors_tableau", "type",
    "separateur", "nom_de_fichier", "nombre_de_champs", "contenu_interdit", "erreur_de_tableur", "enum",
}  # fmt: skip
#: Ce dont la proposition est la réponse : une cause, un message.
REPONDU = {
    "entete", "colonne_inconnue", "colonne_absente", "colonne_sans_nom", "hors_tableau", "separateur", "nom_de_fichier",
    "nombre_de_champs",
}  # fmt: skip
#: Les colonnes citées, et celles qu'il faut reconnaître pour proposer.
CITEES, ASSEZ_DE_VALEURS = 6, 3


def conseiller(depots: Depots) -> None:
    """Mettre dans chaque refus de ce genre la proposition et la commande, à la place de ce à quoi elles répondent."""
    ecrites = lire_correspondances(depots.config, depots.schemas)
    refuses = [f for f in depots.refuses if _presque_notre(f)]
    nommes = {id(f): nommer_le_depot(f.chemin, [d.code for d in depots.config.deposants]) for f in refuses}
    a_examiner = [f for f in refuses if nommes[id(f)] and nommes[id(f)] not in ecrites]
    for fichier, examen in zip(a_examiner, examiner([f.chemin for f in a_examiner], depots.config), strict=True):
        if isinstance(examen, Examen) and (probleme := _proposer(fichier, examen, depots.config)):
            fichier.problemes = [*(p for p in fichier.problemes if p.regle not in REPONDU), probleme]
    for fichier in refuses:
        if nommes[id(fichier)] in ecrites:
            conseil = f"Relire {DOSSIER}/{nommes[id(fichier)][0]}.yml, puis y écrire « confirmee: true »."
            non_confirmee = Probleme("correspondance", "sa correspondance n'est pas confirmée.", conseil)
            fichier.problemes = [*(p for p in fichier.problemes if p.regle not in REPONDU), non_confirmee]


def _presque_notre(fichier: Fichier) -> bool:
    regles = {p.regle for p in fichier.problemes}
    return fichier.table != RPLS and not fichier.source and fichier.a_lire and bool(regles & AUTREMENT)


def _proposer(fichier: Fichier, examen: Examen, config: Configuration) -> Probleme | None:
    siennes = {
        f"{citer(e['colonne'])} : {champ}": e["confiance"]
        for colonnes in examen.proposition.tables.values()
        for champ, e in colonnes.items()
        if e.get("colonne") and e["colonne"] != champ
    }
    if len(siennes) < ASSEZ_DE_VALEURS:
        return None
    dites = [*siennes][:CITEES]
    suite = f", et {len(siennes) - CITEES} de plus" if len(siennes) > CITEES else ""
    return Probleme(
        "correspondance",
        f"{compter(len(siennes), 'colonne')} se reconnaissent sous d'autres noms ({', '.join(dites)}{suite}).",
        f"Plutôt que de refaire le fichier, lancer : observatoire correspondre {fichier.relatif}",
    )

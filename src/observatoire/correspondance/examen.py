"""Examiner des fichiers, chacun dans un processus à part : l'un d'eux peut être fait pour arrêter la lecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from observatoire.configuration import TABLES, Configuration
from observatoire.correspondance.identifiants import Connus
from observatoire.correspondance.proposition import Enquete, Proposition
from observatoire.correspondance.reperage import Tableau, reperer
from observatoire.isolement import Panne, faire_a_part
from observatoire.lecture.depots import Fichier, nommer_le_depot
from observatoire.lecture.grilles import lire_grilles
from observatoire.lecture.prudence import dire, limites
from observatoire.lecture.refus import FichierIllisible
from observatoire.schemas import lire_schemas


@dataclass(frozen=True)
class Examen:
    """Ce qu'un fichier montre, sans une seule de ses lignes, et ce qui s'en propose."""

    tableau: Tableau
    proposition: Proposition


def examiner(chemins: Sequence[Path], config: Configuration) -> list[Examen | str]:
    """L'examen de chaque fichier, dont le nom finit par un déposant ; ou la phrase qui dit pourquoi il n'y en a pas."""
    fichiers = [Fichier(chemin, chemin.name) for chemin in chemins]
    resultats = faire_a_part(examiner_ici, fichiers, config, limites)
    return [
        dire(resultat, fichier).texte if isinstance(resultat, Panne) else resultat
        for fichier, resultat in zip(fichiers, resultats, strict=True)
    ]


def examiner_ici(fichier: Fichier, config: Configuration) -> Examen | str:
    """De même pour un seul, dans ce processus."""
    schemas = lire_schemas(config.chemin("schemas"))
    code, source = nommer_le_depot(fichier.chemin, [d.code for d in config.deposants])
    try:
        tableau = reperer(lire_grilles(fichier.chemin), schemas)
    except FichierIllisible as illisible:
        return "\n".join(p.texte for p in illisible.problemes)
    if tableau is None:
        return "Aucune ligne ne ressemble à un en-tête : aucun nom de colonne n'y est reconnu."
    deposant = next(d for d in config.deposants if d.code == code)
    enquete = Enquete(tableau, schemas, (code, deposant.nom), Connus(config, schemas, fichier.chemin))
    proposition = enquete.proposer(source if source in TABLES else None)
    return Examen(replace(tableau, cadre=tableau.cadre.iloc[:0]), proposition)

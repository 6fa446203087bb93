"""Écrire la correspondance proposée, sans rien changer à ce qui y est déjà."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from observatoire.configuration import Configuration
from observatoire.configuration.saisie import lire_yaml
from observatoire.correspondance.examen import Examen, examiner
from observatoire.correspondance.synonymes import est_du_metier
from observatoire.droits import creer_dossier, reserver
from observatoire.erreurs import DepotRefuse, ParametreInconnu
from observatoire.fichiers import ecrire_texte
from observatoire.interdits import nomme_une_personne
from observatoire.lecture.correspondances import DOSSIER, lire_celle_de
from observatoire.lecture.depots import nommer_le_depot, relatif_a
from observatoire.lecture.problemes import compter
from observatoire.lecture.traductions import cle_de_valeur
from observatoire.schemas import Schema, lire_schemas

ENTETE = """\
# Comment les fichiers de {deposant} donnent nos tables, d'une année à l'autre.
# Proposé par « observatoire correspondre » : répondre aux questions, corriger ce qui est faux, puis écrire
# « confirmee: true » sous chaque fichier relu. Une nouvelle exécution n'ajoute que ce qui est nouveau, et garde le
# reste (mais pas les commentaires). Mode d'emploi : docs/correspondances.md.
"""


@dataclass(frozen=True)
class Faite:
    """Ce que la commande a fait : le fichier écrit, ce qui y est nouveau, les questions qui restent."""

    ecrit: Path
    colonnes: int
    valeurs: int
    questions: tuple[str, ...]

    def message(self, nom: str) -> str:
        """Le bilan, et ce qui reste à faire."""
        if not self.colonnes and not self.valeurs:
            dit = " ; restent ces questions." if self.questions else ", la correspondance sait le lire."
            return "\n".join([f"{nom} : rien de nouveau à proposer{dit}", *(f"  ? {q}" for q in self.questions)])
        tete = f"{nom} : {compter(self.colonnes, 'colonne')}, {compter(self.valeurs, 'valeur')} de plus à relire."
        return "\n".join([tete, *(f"  ? {q}" for q in self.questions)])


def correspondre(chemin: Path, config: Configuration) -> Faite:
    """Proposer comment lire ce fichier, et l'écrire dans ``suivi/correspondances/<deposant>.yml``.

    Lève :class:`ParametreInconnu` si son nom ne finit par aucun déposant, :class:`DepotRefuse` s'il ne se lit pas.
    """
    codes = [d.code for d in config.deposants]
    if not chemin.is_file():
        raise ParametreInconnu(f"{relatif_a(chemin.resolve(), config)} : ce fichier n'existe pas.")
    nom = nommer_le_depot(chemin, codes)
    if nom is None:
        raise ParametreInconnu(
            "Le nom du fichier doit finir par le code de son déposant, par exemple "
            f"extraction_{codes[0]}.xlsx. Déposants : {', '.join(codes)}."
        )
    schemas = lire_schemas(config.chemin("schemas"))
    (examen,) = examiner([chemin.resolve()], config)
    if not isinstance(examen, Examen):
        raise DepotRefuse(f"{relatif_a(chemin.resolve(), config)} ne se lit pas.\n{examen}")
    ecrit = config.chemin("suivi") / DOSSIER / f"{nom[0]}.yml"
    contenu = _relire(ecrit, config, schemas) or {"deposant": nom[0], "questions": [], "fichiers": []}
    sien = next((f for f in contenu["fichiers"] if f["fichier"] == nom[1]), None)
    colonnes, valeurs = _ajouter(contenu, sien, nom[1], examen)
    repondues = {q for q, code in examen.proposition.codes.items() if sien and _est_traduite(sien, *code)}
    questions = [q for q in examen.proposition.questions if q not in repondues]
    if colonnes or valeurs or examen.proposition.codes.keys() - repondues:
        contenu["questions"] = list(dict.fromkeys([*(contenu.get("questions") or []), *questions]))
        _ecrire(ecrit, contenu, config)
    return Faite(ecrit, colonnes, valeurs, tuple(questions))


def _est_traduite(sien: dict, table: str, champ: str, ecriture: str) -> bool:
    """L'analyste a déjà dit ce que cette écriture veut dire."""
    siennes = sien["tables"].get(table, {}).get(champ, {}).get("valeurs") or {}
    return cle_de_valeur(ecriture) in map(cle_de_valeur, siennes)


def _relire(ecrit: Path, config: Configuration, schemas: dict[str, Schema]) -> dict | None:
    if not ecrit.is_file():
        return None
    lire_celle_de(ecrit, config, schemas)  # mal écrit, il se dit avant d'être complété
    return lire_yaml(ecrit)


def _ajouter(contenu: dict, sien: dict | None, source: str, examen: Examen) -> tuple[int, int]:
    """Ajouter ce qui manque ; rend le nombre de colonnes et de valeurs ajoutées. Ce qui est écrit ne change pas."""
    tableau, proposition = examen.tableau, examen.proposition
    if sien is None:
        sien = {"fichier": source, "confirmee": False}
        sien |= {"feuille": tableau.feuille} if tableau.feuille and _se_nomme(tableau.feuille) else {}
        sien |= {"entete": tableau.rang + 1}
        sien |= {"unites": True} if tableau.unites else {}
        sien |= {"totaux": list(tableau.totaux)} if tableau.totaux else {}
        sien |= {"tables": proposition.tables, "laissees": proposition.laissees}
        contenu["fichiers"].append(sien)
        ecrites = [e for t in proposition.tables.values() for e in t.values()]
        return len(ecrites), sum(len(e.get("valeurs", ())) for e in ecrites)
    connues = {e.get("colonne") for t in sien["tables"].values() for e in t.values()} | set(sien.get("laissees") or ())
    colonnes = valeurs = 0
    for table, proposees in proposition.tables.items():
        ecrites = sien["tables"].get(table)
        for champ, proposee in proposees.items() if ecrites is not None else ():
            if champ not in ecrites and proposee.get("colonne") and proposee["colonne"] not in connues:
                ecrites[champ], colonnes = proposee, colonnes + 1
            elif champ in ecrites and ecrites[champ].get("colonne") == proposee.get("colonne"):
                siennes = ecrites[champ].get("valeurs") or {}
                nouvelles = {v: n for v, n in proposee.get("valeurs", {}).items() if v not in siennes}
                if nouvelles:
                    ecrites[champ]["valeurs"] = siennes | nouvelles
                    valeurs += len(nouvelles)
    neuves = [c for c in proposition.laissees if c not in connues]
    sien["laissees"] = [*(sien.get("laissees") or []), *neuves]
    if colonnes or valeurs or neuves:
        sien["confirmee"] = False
    return colonnes + len(neuves), valeurs


def _se_nomme(feuille: str) -> bool:
    """Le nom d'une feuille s'écrit s'il est du métier : « DUPONT JEAN » peut être le titulaire de l'export."""
    return est_du_metier(feuille) and not nomme_une_personne(feuille)


def _ecrire(ecrit: Path, contenu: dict, config: Configuration) -> None:
    texte = yaml.safe_dump(contenu, allow_unicode=True, sort_keys=False, width=118)
    with reserver(config.acces):
        creer_dossier(ecrit.parent)
        ecrire_texte(ENTETE.format(deposant=contenu["deposant"]) + texte, ecrit)

"""Reconnaître les colonnes d'un fichier à son en-tête."""

from __future__ import annotations

import difflib
from collections import Counter

from observatoire.interdits import normaliser
from observatoire.lecture.interdits import nommer_la_colonne
from observatoire.lecture.problemes import Probleme, compter, enumerer


def ressemblance(entete: list[str], attendues: list[str]) -> float:
    """Part des colonnes attendues que l'en-tête contient, de 0 à 1."""
    presentes = {normaliser(nom) for nom in entete}
    return sum(normaliser(nom) in presentes for nom in attendues) / max(len(attendues), 1)


def reconnaitre(entete: list[str], attendues: list[str], facultatives: set[str]):
    """Associer chaque colonne du fichier à une colonne du schéma.

    Retourne la liste des noms du schéma, dans l'ordre du fichier, et la liste des problèmes. Un en-tête dont moins
    de la moitié des noms est connue n'est pas cité : ce peut être une ligne de données, donc de valeurs personnelles.
    """
    connus = {normaliser(nom): nom for nom in attendues}
    normalises = [normaliser(nom) for nom in entete]
    if sum(nom in connus for nom in normalises) < max(len(normalises), 1) / 2:
        return [], [_entete_inconnu(attendues)]
    comptes = Counter(normalises)
    absentes = [nom for cle, nom in connus.items() if cle not in comptes]
    problemes = [
        _inconnue(nom, rang, absentes)
        for rang, (nom, cle) in enumerate(zip(entete, normalises, strict=True), start=1)
        if cle not in connus
    ]
    problemes += [
        Probleme(
            "colonne_repetee",
            f"la colonne est donnée {n} fois.",
            "Garder une seule colonne de ce nom.",
            colonne=connus[cle],
        )
        for cle, n in comptes.items()
        if n > 1 and cle in connus
    ]
    manquantes = [nom for nom in absentes if nom not in facultatives]
    if manquantes:
        problemes.append(_manquantes(manquantes))
    return [connus.get(cle) for cle in normalises], problemes


def _entete_inconnu(attendues: list[str]) -> Probleme:
    return Probleme(
        "entete",
        "la première ligne n'est pas l'en-tête attendu.",
        f"Écrire en première ligne les noms de colonnes : {', '.join(attendues)}.",
    )


def _inconnue(nom: str, rang: int, absentes: list[str]) -> Probleme:
    if not normaliser(nom):
        return Probleme(
            "colonne_sans_nom",
            f"la colonne n° {rang} n'a pas de nom.",
            "Lui donner un nom ; si elle est vide ou ne sert à rien, l'ôter.",
        )
    proches = difflib.get_close_matches(normaliser(nom), absentes, n=1, cutoff=0.6)
    conseil = f"Écrire « {proches[0]} »." if proches else "Supprimer cette colonne."
    if absentes and not proches:
        conseil = f"L'appeler par son nom si c'est une de celles qui manquent ({', '.join(absentes)}) ; sinon, l'ôter."
    return Probleme("colonne_inconnue", f"la colonne {nommer_la_colonne(nom, rang)} n'est pas prévue.", conseil)


def _manquantes(absentes: list[str]) -> Probleme:
    noms = enumerer(f"« {nom} »" for nom in absentes)
    if len(absentes) == 1:
        return Probleme(
            "colonne_absente",
            f"la colonne {noms} manque.",
            "Ajouter la colonne ; la laisser vide là où la valeur est inconnue.",
        )
    return Probleme(
        "colonne_absente",
        f"{compter(len(absentes), 'colonne')} manquent : {noms}.",
        "Ajouter ces colonnes ; les laisser vides là où la valeur est inconnue.",
    )

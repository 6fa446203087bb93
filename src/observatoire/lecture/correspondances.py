"""Lire le fichier d'un déposant à travers la correspondance qu'un analyste a confirmée.

``suivi/correspondances/<deposant>.yml`` dit où est son tableau, d'où vient chacune de nos colonnes et ce que veulent
dire ses valeurs. Le reste de la lecture reçoit nos colonnes, à leurs lignes : elle n'est écrite qu'une fois.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.configuration import Configuration
from observatoire.configuration.saisie import lire_fiche
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import normaliser, porte_un_nom
from observatoire.lecture.depots import Fichier, Traitement
from observatoire.lecture.fichiers import Lu
from observatoire.lecture.grilles import (
    PREMIERES,
    Grille,
    en_tableau,
    est_d_unites,
    lire_grilles,
    nommer_les_colonnes,
    premieres_cellules,
)
from observatoire.lecture.interdits import chercher_interdites, colonnes_interdites, nommer_la_colonne
from observatoire.lecture.malfacons import erreurs_ecrites, sont_l_en_tete
from observatoire.lecture.problemes import Lignes, Probleme, citer, enumerer
from observatoire.lecture.refus import FichierIllisible, refuser
from observatoire.lecture.tableurs import trouver_les_fautives
from observatoire.lecture.traductions import cle_de_valeur, traduire
from observatoire.schemas import Champ, Schema

if TYPE_CHECKING:
    from observatoire.configuration.modeles.correspondances import ColonneEcrite, FichierEcrit

DOSSIER = "correspondances"
#: Le rang d'une colonne sans nom, ou dont le nom désigne quelqu'un : « n° 12 ».
RANG = re.compile(r"n° (\d+)")
Correspondances = Mapping[tuple[str, str], "FichierEcrit"]


def lire_correspondances(config: Configuration, schemas: dict[str, Schema]) -> Correspondances:
    """{(déposant, fichier): comment il se lit}, confirmé ou non ; vide sans ``suivi/correspondances``.

    Lève :class:`ErreurConfiguration` si l'un est mal écrit, ou n'est celui d'aucun déposant.
    """
    dossier = config.chemin("suivi") / DOSSIER
    return {
        (ecrit.stem, f.fichier): f
        for ecrit in (sorted(dossier.glob("*.yml")) if dossier.is_dir() else ())
        for f in lire_celle_de(ecrit, config, schemas).fichiers
    }


def lire_celle_de(ecrit: Path, config: Configuration, schemas: dict[str, Schema]):
    """Le contenu d'un fichier de correspondances. Lève :class:`ErreurConfiguration`."""
    from observatoire.configuration.modeles.correspondances import CorrespondancesEcrites

    connus = tuple(d.code for d in config.deposants)
    if ecrit.stem not in connus:
        raise ErreurConfiguration(
            f"{DOSSIER}/{ecrit.name} : aucun déposant n'a ce code. Déposants : {', '.join(connus)}."
        )
    champs: dict[str, dict[str, Champ]] = {nom: schema.champs for nom, schema in schemas.items()}
    return lire_fiche(ecrit, CorrespondancesEcrites, {"deposant": ecrit.stem, "champs": champs})


def lire_a_travers(fichier: Fichier, ecrit: FichierEcrit, schema: Schema) -> Lu:
    """Le tableau de ce fichier sous nos colonnes, à ses lignes ; ce qui est mis à part est compté.

    ``fichier.siennes`` retient le nom qu'ont nos colonnes chez lui. Lève :class:`FichierIllisible`.
    """
    feuille, grille, rang = trouver_l_entete(_grilles(fichier.chemin, fichier.chemin.stat().st_mtime_ns), ecrit)
    noms = nommer_les_colonnes(grille, rang)
    refuser(colonnes_interdites(noms))
    places = {champ: _placer(c, noms) for champ, c in ecrit.tables[schema.nom].items() if c.colonne}
    refuser([_disparue(ecrit.tables[schema.nom][champ], champ) for champ, place in places.items() if place is None])
    tableau, lignes = _decouper(fichier, ecrit, grille, rang, len(noms))
    _refuser_les_erreurs(fichier.chemin, feuille, tableau[sorted({*places.values()})], lignes, noms)
    _regarder_les_nouvelles(fichier, ecrit, noms, tableau)
    colonnes = {}
    for champ, declare in schema.champs.items():
        ecrite = ecrit.tables[schema.nom].get(champ)
        if ecrite is not None:
            textes = tableau[places[champ]] if ecrite.colonne else pd.Series(ecrite.constante, index=tableau.index)
            colonnes[champ] = traduire(textes.astype("str"), ecrite, declare)
        elif not declare.obligatoire:
            colonnes[champ] = pd.Series("", index=tableau.index, dtype="str")
    fichier.siennes = {champ: nommer_la_colonne(noms[p], p + 1).strip("« »") for champ, p in places.items()}
    cadre, lignes = _une_ligne_par_objet(pd.DataFrame(colonnes), lignes, ecrit, schema)
    return Lu(list(cadre), cadre.set_axis(range(cadre.shape[1]), axis=1), lignes, feuille)


@lru_cache(maxsize=1)
def _grilles(chemin: Path, ecrit_a: int) -> dict[str | None, Grille]:
    """Un fichier à plusieurs tables n'est ouvert qu'une fois, tant que personne ne le récrit (``ecrit_a``)."""
    return lire_grilles(chemin)


def trouver_l_entete(grilles: dict[str | None, Grille], ecrit: FichierEcrit) -> tuple[str | None, Grille, int]:
    """La feuille et la ligne qui portent le plus des noms de la correspondance. Lève :class:`FichierIllisible`."""
    attendus = {normaliser(c.colonne) for t in ecrit.tables.values() for c in t.values() if c.colonne}
    notes = {
        (nom, rang): (len(attendus & set(map(normaliser, nommer_les_colonnes(grille, rang)))), nom == ecrit.feuille)
        for nom, grille in grilles.items()
        for rang in range(min(len(grille), PREMIERES))
    }
    (nom, rang), (trouves, _) = max(notes.items(), key=lambda note: note[1], default=((None, 0), (0, False)))
    if not notes or 2 * trouves < len(attendus):
        phrase = f"l'en-tête que dit la correspondance n'est dans aucune des {PREMIERES} premières lignes."
        raise FichierIllisible(Probleme("entete", phrase, "Redéposer le fichier tel que les autres années."))
    autres = sorted({autre for (autre, _), (n, _) in notes.items() if n == trouves and autre != nom}, key=str)
    if autres and nom != ecrit.feuille:
        phrase = f"{1 + len(autres)} feuilles ont l'en-tête que dit la correspondance."
        raise FichierIllisible(Probleme("feuilles", phrase, "Ne garder que la feuille à lire, ou dire « feuille »."))
    return nom, grilles[nom], rang


def _placer(ecrite: ColonneEcrite, noms: list[str]) -> int | None:
    """Le rang, à partir de zéro, d'une de ses colonnes ; ``None`` si elle n'y est pas, ou deux fois."""
    if rang := RANG.fullmatch(ecrite.colonne):
        return int(rang[1]) - 1 if int(rang[1]) <= len(noms) else None
    trouvees = [place for place, nom in enumerate(noms) if normaliser(nom) == normaliser(ecrite.colonne)]
    return trouvees[0] if len(trouvees) == 1 else None


def _disparue(ecrite: ColonneEcrite, champ: str) -> Probleme:
    return Probleme(
        "colonne_disparue",
        f"la colonne {citer(ecrite.colonne)}, qui donnait « {champ} », n'y est plus, ou y est deux fois.",
        "La remettre sous ce nom ; si elle en a changé, le dire dans la correspondance.",
    )


def _decouper(
    fichier: Fichier, ecrit: FichierEcrit, grille: Grille, rang: int, largeur: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Les lignes du tableau et leurs numéros : ni vides, ni unités, ni totaux, ni pied de page."""
    debut = rang + 1 + (ecrit.unites and rang + 1 < len(grille) and est_d_unites(grille[rang + 1]))
    siennes = grille[debut:]
    trop_larges = [debut + n + 1 for n, ligne in enumerate(siennes) if any(ligne[largeur:])]
    if trop_larges:
        conseil = "Mettre entre guillemets les valeurs qui contiennent le séparateur, ou donner un nom à ces colonnes."
        phrase = "des cellules sont remplies à droite de la dernière colonne nommée."
        raise FichierIllisible(Probleme("hors_tableau", phrase, conseil, lignes=Lignes.de(trop_larges)))
    tableau = en_tableau(siennes, largeur)
    lignes = np.arange(debut + 1, debut + 1 + len(tableau))
    remplies = tableau.ne("").sum(axis=1).to_numpy()
    totaux = tuple(nom.lower() for nom in ecrit.totaux)
    total = premieres_cellules(tableau).str.startswith(totaux).to_numpy(dtype=bool) & (remplies < largeur)
    entete = sont_l_en_tete(tableau, *grille[rang:debut])
    pied = (remplies == 1) & ~total & (largeur > 2)
    for masque, nom, phrase in (
        (total, "ligne_de_total", "Ligne de total : mise à part."),
        (entete, "entete_repete", "L'en-tête, répété : mis à part."),
        (pied, "hors_du_tableau", "Ligne d'une seule cellule, hors du tableau : mise à part."),
    ):
        if masque.any():
            fichier.traitements.append(Traitement(nom, "mis à part", int(masque.sum()), phrase))
    gardees = (remplies > 0) & ~total & ~entete & ~pied
    if not gardees.any():
        raise FichierIllisible(Probleme("vide", "le tableau n'a aucune ligne.", "Déposer le fichier complet."))
    return tableau[gardees].reset_index(drop=True), lignes[gardees]


def _refuser_les_erreurs(chemin: Path, feuille: str | None, utiles: pd.DataFrame, lignes: np.ndarray, noms) -> None:
    """Refuser une erreur de tableur dans une colonne qui sert ; ailleurs, personne ne la lira."""
    if feuille is None:
        ecrites = erreurs_ecrites(utiles, lignes)
        fautives = {(erreur, utiles.columns[n - 1] + 1): rangs for (erreur, n), rangs in ecrites.items()}
    else:
        fautives = trouver_les_fautives(chemin, feuille)
    servent = set(lignes)
    gardees = {(e, n): [r for r in rangs if r in servent] for (e, n), rangs in fautives.items() if n - 1 in utiles}
    refuser(
        [
            Probleme(
                "erreur_de_tableur",
                f"{citer(erreur)} est une erreur du tableur, pas une valeur." if erreur else "formule jamais calculée.",
                "Corriger la formule ou écrire la valeur (ou vider la cellule), puis enregistrer de nouveau.",
                noms[n - 1],
                Lignes.de(rangs),
            )
            for (erreur, n), rangs in gardees.items()
            if rangs
        ]
    )


def _regarder_les_nouvelles(fichier: Fichier, ecrit: FichierEcrit, noms: list[str], tableau: pd.DataFrame) -> None:
    """Les colonnes que la correspondance ne connaît pas : refusées si elles désignent quelqu'un, sinon dites."""
    connues = {normaliser(c.colonne) for t in ecrit.tables.values() for c in t.values() if c.colonne}
    laissees = set(map(cle_de_valeur, ecrit.laissees))
    siennes = [
        n for n, nom in enumerate(noms)
        if (nom or tableau[n].ne("").any())
        and not {normaliser(nom), normaliser(f"n° {n + 1}")} & connues
        and not {cle_de_valeur(nom), cle_de_valeur(f"n° {n + 1}")} & laissees
    ]  # fmt: skip
    cadre = tableau[siennes].set_axis(range(len(siennes)), axis=1)
    refuser(chercher_interdites([noms[n] for n in siennes], cadre, set()).problemes)
    if siennes:
        dites = enumerer(nommer_la_colonne(noms[n], n + 1) for n in siennes)
        message = f"Colonnes que la correspondance ne connaît pas, et qui ne sont pas lues : {dites}."
        doute = {"id": "", "colonne": "", "regle": "colonne_nouvelle", "message": message, "explication": "",
                 "a_expliquer": False, "mesure": ""}  # fmt: skip
        fichier.ajouter_avertissements([pd.DataFrame([doute]).assign(ligne=float("nan"))])


def _une_ligne_par_objet(
    cadre: pd.DataFrame, lignes: np.ndarray, ecrit: FichierEcrit, schema: Schema
) -> tuple[pd.DataFrame, np.ndarray]:
    """D'un fichier qui donne plusieurs tables, les lignes qui disent quelque chose de celle-ci, chacune une fois."""
    if len(ecrit.tables) == 1:
        return cadre, lignes
    identifiants = {*schema.cle, *schema.liens, *(c for c, e in ecrit.tables[schema.nom].items() if e.constante)}
    propres = [c for c in cadre if c not in identifiants]
    dites = cadre[propres].ne("").any(axis=1) if propres and schema.nom != "immeubles" else cadre.ne("").any(axis=1)
    gardees = (dites & ~cadre.duplicated()).to_numpy()
    return cadre[gardees].reset_index(drop=True), lignes[gardees]


def sous_ses_noms(probleme: Probleme, siennes: Mapping[str, str]) -> Probleme:
    """Le même problème, sous le nom que le déposant donne à sa colonne."""
    sienne = siennes.get(probleme.colonne or "")
    return probleme if not sienne or porte_un_nom(sienne) else replace(probleme, colonne=sienne)

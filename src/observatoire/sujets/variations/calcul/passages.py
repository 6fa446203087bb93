"""Ceux qui sont là à deux dates : les mêmes ménages, les mêmes logements, et qui a gagné ou perdu chaque trait.

Un ménage est le même si son logement et son emménagement le sont, donc sa clé (:mod:`observatoire.cles`) ; un logement,
si son identifiant l'est. Une unité qu'un contour déplace d'un territoire à l'autre compte, dans l'un, comme partie,
dans l'autre, comme arrivée ; dans ce qui contient les deux, elle est restée. De même, qu'une fusion fait changer de
bailleur est restée dans son quartier, et n'est aux deux dates d'aucun bailleur. Un bailleur n'est compté que si sa
lignée (:class:`~observatoire.indicateurs.perimetre.Presences`) a livré l'indicateur aux deux dates, sous les mêmes
identifiants.

D'une année à la suivante, on compte aussi ceux qui ne répondent plus, et ce qu'ils répondaient un an plus tôt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import COLONNE as CLE
from observatoire.cles import MODULE
from observatoire.configuration import Configuration
from observatoire.conserves import a_encore_ses_menages, annees_conservees, relire_d_une_purge
from observatoire.couverture import ranger, renumerotes
from observatoire.indicateurs import Sommes, croisements, lire_regles
from observatoire.indicateurs.evaluation import remonter
from observatoire.indicateurs.lots import grain
from observatoire.indicateurs.perimetre import Paire, Presences, paires
from observatoire.indicateurs.prepares import ajouter_la_ville
from observatoire.indicateurs.releves import SUIVIES, Releve, lire_du_bailleur, relever, se_suit
from observatoire.indicateurs.sommes import additionner
from observatoire.lecture.tables import table_vide
from observatoire.rangement import lire_preparee
from observatoire.schemas import lire_schemas
from observatoire.sujets.variations.tables import COMPTES, MUETS, PASSAGES
from observatoire.tables.depots import DEPOTS
from observatoire.tables.indicateurs import COUVERTURE

_LIENS = ["id_logement", "immeuble", "secteur", "quartier", "qpv", "bailleur", "annee", "champ_rpls", CLE]
_ROLES = [role for compte in COMPTES for role in (compte, f"cle_{compte}")]


def compter_les_passages(config: Configuration) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.sujets.variations.tables.PASSAGES` : une comparaison, un lieu, une part.

    Une comparaison dont les lignes d'une des deux années ont été purgées reprend les comptes gardés à la purge. Une
    part dont personne n'est là aux deux dates n'a pas de ligne.
    """
    gardees = annees_conservees(config)
    vives = [a for a in config.annees if a not in gardees and a_encore_ses_menages(config, a)]
    a_compter = [paire for paire in paires(config) if set(paire) <= set(vives)]
    par_paire: dict[Paire, list[Sommes]] = {paire: [] for paire in a_compter}
    annees = _Annees(config, [a for a in vives if any(a in paire for paire in a_compter)])
    presences = Presences(lire_preparee(COUVERTURE, config.chemin("prepare")))
    aux_deux = {paire: presences.aux_deux(paire)[0] for paire in a_compter}
    lignees = {paire: presences.lignees(paire[1]) for paire in a_compter}
    depots = lire_preparee(DEPOTS, config.chemin("prepare"))
    perdus = {
        paire: set().union(*(renumerotes(depots, a) for a in range(paire[0] + 1, paire[1] + 1))) for paire in a_compter
    }
    for liees in presences.lignees(max(config.annees)):
        for table in SUIVIES:
            vues = {(a, b): annees.voir(a, table, b) for a in annees.annees for b in liees}
            for paire, deux in aux_deux.items():
                for lignee in lignees[paire]:
                    if not set(lignee) <= set(liees) or perdus[paire] & set(lignee):
                        continue
                    cotes = [_reunir([vues[a, b] for b in lignee]) for a in paire]
                    siens = set(deux.columns[deux.loc[lignee[0]]])
                    codes = [c for c in cotes[0].releves if c in siens and c in cotes[1].releves]
                    if codes:
                        par_paire[paire].append(_compter(cotes, codes, annees.dimensions, se_suivent(paire)))
    purgees = [paire for paire in paires(config) if paire not in a_compter]
    morceaux = [relire_d_une_purge(config, PASSAGES.nom, (a, de), depart=de, annee=a) for de, a in purgees]
    morceaux += [t for paire, sommes in par_paire.items() for t in _tabuler(config, paire, sommes)]
    morceaux = [m for m in morceaux if len(m)]
    table = pd.concat(morceaux, ignore_index=True) if morceaux else pd.DataFrame(columns=PASSAGES.noms)
    return table[PASSAGES.noms].astype(dict.fromkeys(PASSAGES.noms_des_mesures, "int64"))


@dataclass(frozen=True)
class Vue:
    """Un bailleur, une année : ses ``lignes`` (identifiant, clé, territoires), et ce que chaque part en dit."""

    lignes: pd.DataFrame
    releves: Mapping[str, Releve]


def _reunir(vues: list[Vue]) -> Vue:
    """Les lignes de bailleurs d'une même lignée, et ce que relèvent tous ceux qui en ont."""
    vues = [v for v in vues if len(v.lignes)] or vues[:1]
    if len(vues) == 1:
        return vues[0]
    communs = [code for code in vues[0].releves if all(code in v.releves for v in vues)]
    releves = {code: Releve.bout_a_bout([v.releves[code] for v in vues]) for code in communs}
    return Vue(pd.concat([v.lignes for v in vues], ignore_index=True), releves)


class _Annees:
    """Ce qu'il faut pour lire et relever les lignes de chaque année."""

    def __init__(self, config: Configuration, annees: list[int]):
        self.config, self.annees, self.tables = config, annees, config.chemin("prepare") / "tables"
        self.baremes, self.dimensions = lire_baremes(config.chemin("referentiels")), grain(config)
        schemas, suivis = lire_schemas(config.chemin("schemas")), [d for d in catalogue().values() if se_suit(d)]
        vides = {nom: table_vide(nom, schemas[nom], schemas) for nom in SUIVIES}
        self.regles = {a: lire_regles(suivis, vides, a, self.baremes) for a in annees}

    def voir(self, annee: int, table: str, bailleur: str) -> Vue:
        regles = self.regles[annee]
        parts = [d for d in regles.lues if d.tables == (table,) and d.code not in regles.sans_regle]
        colonnes = sorted({*_LIENS}.union(*(regles.lues[d] for d in parts)))
        lignes = lire_du_bailleur(self.tables, annee, table, bailleur, colonnes)
        bareme = self.baremes.au_31_decembre(annee)
        releves = {d.code: relever(d, lignes, bareme, livre=True) for d in parts} if len(lignes) else {}
        situees = ajouter_la_ville(table, lignes, self.config)
        return Vue(situees[list(dict.fromkeys(["id_logement", CLE, *self.dimensions]))], releves)


def se_suivent(paire: Paire) -> bool:
    """D'une année à la suivante : seule une réponse d'un an se prête à ceux qui se taisent."""
    return paire[1] - paire[0] == 1


def _compter(vues: list[Vue], codes: list[str], dimensions: list[str], suivantes: bool) -> Sommes:
    """Les comptes de chaque part, et leurs clés, par cellule du grain le plus fin ; des muets, seulement si les deux
    années se suivent."""
    avant, apres = vues
    cellule, cellules = ranger(pd.concat([v.lignes[dimensions] for v in (avant, apres)]), dimensions)
    depart, arrivee = cellule[: len(avant.lignes)], cellule[len(avant.lignes) :]
    la = pd.Index(apres.lignes["id_logement"]).get_indexer(avant.lignes["id_logement"])
    cles = [v.lignes[CLE].to_numpy(np.int64) for v in (avant, apres)]
    ici = np.flatnonzero((la >= 0) & (cles[0] == cles[1][la]))
    la, cle = la[ici], cles[0][ici].astype(float)
    trajets, ou = np.unique(depart[ici] * len(cellules) + arrivee[la], return_inverse=True)
    cellules = _situer(*(cellules.iloc[bout] for bout in np.divmod(trajets, len(cellules))))
    sommer = partial(np.bincount, ou, minlength=len(cellules))
    colonnes, sommes = [], []
    for code in codes:
        retenues = [*_passer(avant.releves[code], apres.releves[code], ici, la)]
        for compte, retenus in zip(COMPTES, retenues, strict=True):
            retenus = retenus & (suivantes or compte not in MUETS)
            colonnes += [(code, compte), (code, f"cle_{compte}")]
            sommes += [sommer(retenus), sommer(retenus * cle) % MODULE]
    return Sommes(cellules, np.column_stack(sommes).astype(float), colonnes)


def _situer(avant: pd.DataFrame, apres: pd.DataFrame) -> pd.DataFrame:
    """Les territoires où l'on est aux deux dates ; manquant, celui que l'on a quitté pour un autre.

    Le bailleur est celui des deux dates ; « ancien nouveau » s'il a changé : on n'est alors ni chez l'un, ni chez
    l'autre.
    """
    bouts = [cellules.astype(object).reset_index(drop=True) for cellules in (avant, apres)]
    situees = bouts[0].where(bouts[0].eq(bouts[1]))
    change = situees["bailleur"].isna()
    return situees.assign(bailleur=situees["bailleur"].mask(change, bouts[0]["bailleur"] + " " + bouts[1]["bailleur"]))


def _passer(avant: Releve, apres: Releve, ici: np.ndarray, la: np.ndarray) -> Iterator[np.ndarray]:
    """Qui répond aux deux dates, qui garde le trait, le gagne, le perd ; qui ne répond plus, et l'avait."""
    restent = avant.n[ici] & apres.n[la]
    avait, a = avant.x[ici], apres.x[la]
    yield restent
    yield restent & avait & a
    yield restent & ~avait & a
    yield restent & avait & ~a
    muets = avant.n[ici] & apres.concerne[la] & ~apres.n[la]
    yield muets
    yield muets & avait


def _tabuler(config: Configuration, paire: Paire, sommes: list[Sommes]) -> Iterator[pd.DataFrame]:
    """Une comparaison en long, niveau par niveau."""
    toutes = additionner(sommes, grain(config))
    codes = list(dict.fromkeys(code for code, _ in toutes.colonnes))
    for croisement in croisements(config) if len(toutes.cellules) else ():
        totaux = remonter(toutes, croisement.cles)
        lieux, n = totaux.cellules.astype(object), len(codes)
        comptes = {role: np.column_stack([totaux.role(code, role) for code in codes]).ravel() for role in _ROLES}
        comptes |= {role: comptes[role] % MODULE for role in _ROLES if role.startswith("cle_")}
        bailleurs = lieux["bailleur"] if croisement.par_bailleur else np.full(len(lieux), "tous", object)
        table = pd.DataFrame(
            {
                "depart": paire[0], "annee": paire[1], "niveau": croisement.niveau,
                "territoire": np.repeat(lieux[croisement.dimension].to_numpy(object), n),
                "bailleur": np.repeat(np.asarray(bailleurs, object), n),
                "indicateur": np.tile(codes, len(lieux)), **comptes,
            }
        )  # fmt: skip
        yield table[table["restes"] > 0]

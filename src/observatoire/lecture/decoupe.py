"""Couper en morceaux ce qu'un déposant a donné de trop gros pour la mémoire, et recoller ce que la lecture en dit.

Rien ne rapproche deux lignes de communes différentes dans un RPLS (l'immeuble, les doublons, les logements semblables),
ni deux lignes d'immeubles différents dans les tables d'un déposant : des morceaux qui ne partagent aucune commune, ou
aucun immeuble, se lisent donc séparément, et leurs bilans s'ajoutent. Un fichier est parcouru une fois, par blocs ; des
logements, seule une empreinte est tenue en mémoire.
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv
from pyarrow import ipc

from observatoire.lecture.depots import RPLS, Contenu, Fichier, Traitement, peser
from observatoire.lecture.fichiers import AUTRES_SEPARATEURS, MELANGE, binaire
from observatoire.lecture.parquet import ILLISIBLE, LIGNE, SUFFIXE, demesure
from observatoire.lecture.problemes import Lignes, Probleme
from observatoire.lecture.rpls import aucun_logement
from observatoire.schemas import Schema

#: Octets (voir :func:`~observatoire.lecture.depots.peser`) au-delà desquels une part est coupée ; ceux d'un morceau.
TROP_GROS = 64_000_000
MORCEAU = 24_000_000
#: Ce qui est en mémoire à la fois : octets d'un CSV, lignes d'un Parquet.
BLOC, LIGNES_D_UN_BLOC = 8_000_000, 100_000


#: Les règles qui se vérifient après celles du schéma, dans cet ordre.
ETAPES = ("bailleur", "annee", "territoire", "lien")


class Insecable(Exception):
    """Le fichier se lit d'un bloc : la lecture dira ce qui ne va pas."""


@dataclass(frozen=True)
class _Source:
    """Un fichier à couper, bloc après bloc ; ``cle`` : un nombre par ligne, qui dit son morceau."""

    schema: pa.Schema
    blocs: Iterable[pa.Table]
    cle: Callable[[pa.Table], np.ndarray]


def nombre_de_morceaux(fichiers: list[Fichier]) -> int:
    """En combien de morceaux couper une part trop grosse pour être lue d'un bloc ; zéro s'il n'y a pas à la couper.

    Se coupent un RPLS en CSV, et des tables toutes en Parquet.
    """
    formes = [(f.table == RPLS, f.format) for f in fichiers]
    secable = formes == [(True, "csv")] or set(formes) == {(False, "parquet")}
    poids = peser(fichiers)
    if not secable or poids <= TROP_GROS or any(f.problemes or not f.a_lire or f.source for f in fichiers):
        return 0
    return math.ceil(poids / MORCEAU)


def couper(
    fichiers: list[Fichier], schemas: dict[str, Schema], nombre: int, dossier: Path
) -> list[list[Fichier]] | None:
    """Les fichiers d'une part, en ``nombre`` morceaux au plus ; ``None`` s'il faut les lire d'un bloc.

    Un fichier mal formé, un identifiant de logement répété, un morceau où manque une table : la lecture dira quoi.
    """
    lieu = dossier / f"{fichiers[0].annee}-{fichiers[0].deposant}"
    lieu.mkdir(parents=True, exist_ok=True)
    chemins = {f.table: [lieu / f"{f.table}-{rang:04d}{SUFFIXE}" for rang in range(nombre)] for f in fichiers}
    try:
        sources = _sources(fichiers, schemas, nombre)
        remplis = np.array([_repartir(sources[table], siens) for table, siens in chemins.items()])
    except (*ILLISIBLE, KeyError, Insecable):
        return None
    gardes = remplis.any(axis=0)
    if not remplis[:, gardes].all():
        return None
    return [[f.morceler(chemins[f.table][rang]) for f in fichiers] for rang in np.flatnonzero(gardes)]


def _sources(fichiers: list[Fichier], schemas: dict[str, Schema], nombre: int) -> dict[str, _Source]:
    if fichiers[0].table == RPLS:
        return {RPLS: _ouvrir_csv(fichiers[0].chemin)}
    par_table = {f.table: f.chemin for f in fichiers}
    logements = _suivre_les_logements(par_table["logements"]) if "logements" in par_table else None
    return {t: _ouvrir_parquet(chemin, schemas[t], logements, nombre) for t, chemin in par_table.items()}


def _repartir(source: _Source, chemins: list[Path]) -> np.ndarray:
    """Écrire chaque ligne, avec son numéro, dans son morceau ; vrai pour un morceau qui a des lignes."""
    remplis = np.zeros(len(chemins), dtype=bool)
    with ExitStack() as pile:
        options = ipc.IpcWriteOptions(compression="lz4")
        ecrivains = [pile.enter_context(ipc.new_stream(str(c), source.schema, options=options)) for c in chemins]
        for bloc in source.blocs:
            morceaux = source.cle(bloc) % len(chemins)
            for rang in np.unique(morceaux):
                ecrivains[rang].write_table(bloc.filter(pa.array(morceaux == rang)))
                remplis[rang] = True
    return remplis


def _empreintes(textes: pa.ChunkedArray | pa.Array) -> np.ndarray:
    objets = pc.fill_null(textes.cast(pa.string()), "").to_numpy(zero_copy_only=False)
    return pd.util.hash_array(objets, categorize=False)


# --- un Parquet, immeuble par immeuble


def _suivre_les_logements(chemin: Path) -> tuple[np.ndarray, np.ndarray]:
    """L'empreinte de chaque logement, triée, et celle de son immeuble. Lève :class:`Insecable` si l'un est répété."""
    noms = ["id_logement", "id_immeuble"]
    lots = pq.ParquetFile(chemin).iter_batches(LIGNES_D_UN_BLOC, columns=noms)
    connus = (lot.filter(lot["id_logement"].is_valid()) for lot in lots)
    suites = [np.stack([_empreintes(lot[nom]) for nom in noms]) for lot in connus]
    logements, immeubles = np.concatenate([np.empty((2, 0), np.uint64), *suites], axis=1)
    ordre = np.argsort(logements)
    if (np.diff(logements[ordre]) == 0).any():
        raise Insecable
    return logements[ordre], immeubles[ordre]


def _ouvrir_parquet(chemin: Path, schema: Schema, logements: tuple[np.ndarray, np.ndarray] | None, nombre: int):
    fichier = pq.ParquetFile(chemin)
    imprevues = set(fichier.schema_arrow.names) - set(schema.colonnes)  # l'une peut avoir le nom que nous ajoutons
    if imprevues or demesure(fichier, nombre):
        raise Insecable

    def cle(bloc: pa.Table) -> np.ndarray:
        if "id_immeuble" in schema.champs:
            return _empreintes(bloc["id_immeuble"])
        if "id_logement" not in schema.champs or logements is None:
            return bloc[LIGNE].to_numpy()
        connus, immeubles = logements
        places = np.searchsorted(connus, _empreintes(bloc["id_logement"]))
        return immeubles[np.minimum(places, len(connus) - 1)]

    lots = (pa.Table.from_batches([lot]) for lot in fichier.iter_batches(LIGNES_D_UN_BLOC))
    return _Source(fichier.schema_arrow.append(pa.field(LIGNE, pa.int64())), _numeroter(lots, 1), cle)


def _numeroter(blocs: Iterable[pa.Table], debut: int) -> Iterator[pa.Table]:
    for bloc in blocs:
        yield bloc.append_column(LIGNE, pa.array(np.arange(debut, debut + bloc.num_rows)))
        debut += bloc.num_rows


# --- un RPLS en CSV, commune par commune


def _ouvrir_csv(chemin: Path) -> _Source:
    encodage, separateur = _encodage(chemin), _separateur(chemin)
    with chemin.open("rb") as flux:
        entete = flux.readline().decode("utf-8-sig" if encodage == "utf8" else encodage)
    noms = [nom.strip().strip('"') for nom in entete.rstrip("\r\n").split(separateur)]
    commune = next((nom for nom in noms if nom.upper() == "DEPCOM"), None)
    if commune is None or len({*noms, LIGNE}) <= len(noms):
        raise Insecable
    rangs = [str(rang) for rang in range(len(noms))]
    lecteur = arrow_csv.open_csv(
        chemin,
        read_options=arrow_csv.ReadOptions(column_names=rangs, skip_rows=1, block_size=BLOC, encoding=encodage),
        parse_options=arrow_csv.ParseOptions(delimiter=separateur, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(rangs, pa.string()), strings_can_be_null=False
        ),
    )
    nus = (pa.table([pc.utf8_trim_whitespace(c) for c in bloc.columns], names=noms) for bloc in lecteur)
    remplis = (bloc.filter(reduce(pc.or_, [pc.not_equal(bloc[n], "") for n in noms])) for bloc in _numeroter(nus, 2))
    schema = pa.schema([*((nom, pa.string()) for nom in noms), (LIGNE, pa.int64())])
    return _Source(schema, remplis, lambda bloc: _empreintes(pc.utf8_lpad(bloc[commune], 5, "0")))


def _encodage(chemin: Path) -> str:
    """« utf8 » ou « cp1252 », comme à la lecture ordinaire ; lève :class:`Insecable` au moindre doute."""
    for encodage in ("utf-8-sig", "cp1252"):
        decodeur = codecs.getincrementaldecoder(encodage)()
        with chemin.open("rb") as flux:
            try:
                blocs = ((octets, decodeur.decode(octets)) for octets in iter(lambda: flux.read(BLOC), b""))
                douteux = any(binaire(o) or (encodage == "cp1252" and MELANGE.search(texte)) for o, texte in blocs)
                decodeur.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        if not douteux:
            return {"utf-8-sig": "utf8", "cp1252": "cp1252"}[encodage]
        break
    raise Insecable


def _separateur(chemin: Path) -> str:
    with chemin.open("rb") as flux:
        premiere = flux.readline().decode("latin-1")
    if any(premiere.count(autre) for autre in AUTRES_SEPARATEURS):
        raise Insecable
    return max((";", ","), key=premiere.count)


def recoller(
    fichier: Fichier, morceaux: list[Fichier], communes: tuple[str, ...] | None, schema: Schema | None
) -> Fichier:
    """Le bilan d'un fichier, d'après ceux de ses morceaux : les lignes fautives d'une même phrase sont réunies.

    ``schema`` : celui de sa table, ou ``None`` pour un RPLS.
    """
    fautes: dict[Probleme, list[Probleme]] = {}
    for probleme in (p for m in morceaux for p in m.problemes):
        fautes.setdefault(replace(probleme, lignes=()), []).append(probleme)
    aucun = aucun_logement(communes)
    fautes.pop(aucun, None)  # d'un morceau, ce n'est pas une faute
    problemes = [replace(p, lignes=_ensemble(semblables)) for p, semblables in fautes.items()]
    if schema is not None:
        problemes.sort(key=lambda p: _ranger(p, schema))
    comptes: dict[tuple, int] = {}
    for t in (t for m in morceaux for t in m.traitements):
        cle = (t.nom, t.genre, t.phrase)
        comptes[cle] = comptes.get(cle, 0) + t.nombre
    recolle = replace(
        fichier,
        lignes=sum(m.lignes for m in morceaux),
        problemes=problemes,
        traitements=[Traitement(nom, genre, nombre, phrase) for (nom, genre, phrase), nombre in comptes.items()],
        contenus={t: Contenu.reunir([m.contenus[t] for m in morceaux if t in m.contenus]) for t in morceaux[0].tables},
        avertissements=fichier.avertissements,
    )
    recolle.ajouter_avertissements([m.avertissements for m in morceaux])
    if fichier.table == RPLS and not problemes and not recolle.contenus["logements"].lignes:
        recolle.problemes.append(aucun)
    if recolle.refuse:
        recolle.contenus = {}
    return recolle


def _ranger(probleme: Probleme, schema: Schema) -> tuple:
    """La place d'un problème dans l'ordre où la lecture d'un bloc les trouve : colonne par colonne, puis les liens."""
    etape = ETAPES.index(probleme.regle) + 1 if probleme.regle in ETAPES else 0
    rang = schema.colonnes.index(probleme.colonne) if probleme.colonne in schema.champs else -1
    return etape, rang, probleme.lignes


def _ensemble(semblables: list[Probleme]) -> Lignes:
    lignes = Lignes.de([n for p in semblables for n in p.lignes], sum(p.nombre for p in semblables))
    lignes.d_autres_valeurs = any(getattr(p.lignes, "d_autres_valeurs", False) for p in semblables)
    return lignes

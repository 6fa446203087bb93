"""Couper en morceaux un fichier RPLS trop gros pour la mémoire, commune par commune.

Tout ce qui rapproche deux lignes d'un RPLS (l'immeuble, les doublons, les logements semblables) les rapproche à
l'intérieur d'une commune : des morceaux qui ne partagent aucune commune se lisent donc séparément, et leurs bilans
s'ajoutent. Le fichier est parcouru une fois, par blocs.
"""

from __future__ import annotations

import codecs
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv
from pyarrow import ipc

from observatoire.lecture.depots import RPLS, Contenu, Fichier, Traitement
from observatoire.lecture.fichiers import AUTRES_SEPARATEURS, BINAIRE, MELANGE, Lu
from observatoire.lecture.parquet import LIGNE, lire_textes
from observatoire.lecture.problemes import Lignes, Probleme
from observatoire.lecture.rpls import aucun_logement
from observatoire.lecture.temoins import fondre

#: Octets d'un CSV au-delà desquels il est coupé, et octets d'un morceau.
TROP_GROS = 64_000_000
MORCEAU = 24_000_000
BLOC = 8_000_000
SUFFIXE = ".morceau"


def nombre_de_morceaux(fichier: Fichier) -> int:
    """En combien de morceaux couper un RPLS trop gros pour être lu d'un bloc ; zéro pour tout autre fichier."""
    if fichier.table != RPLS or fichier.format != "csv" or fichier.problemes:
        return 0
    octets = fichier.chemin.stat().st_size
    return int(np.ceil(octets / MORCEAU)) if octets > TROP_GROS else 0


def couper(fichier: Fichier, nombre: int, dossier: Path) -> list[Fichier] | None:
    """Couper un fichier RPLS en ``nombre`` morceaux au plus ; ``None`` s'il faut le lire d'un bloc.

    Un fichier mal formé n'est pas coupé : la lecture ordinaire sait dire ce qui ne va pas.
    """
    encodage, separateur = _encodage(fichier.chemin), _separateur(fichier.chemin)
    if encodage is None or separateur is None:
        return None
    chemins = [dossier / f"{fichier.chemin.stem}-{fichier.annee}-{rang:04d}{SUFFIXE}" for rang in range(nombre)]
    dossier.mkdir(parents=True, exist_ok=True)
    try:
        remplis = _repartir(fichier.chemin, encodage, separateur, chemins)
    except (pa.ArrowInvalid, KeyError):
        return None
    return [fichier.morceler(chemin) for chemin in remplis]


def _encodage(chemin: Path) -> str | None:
    """« utf8 » ou « cp1252 », comme à la lecture ordinaire ; ``None`` au moindre doute."""
    for encodage in ("utf-8-sig", "cp1252"):
        decodeur = codecs.getincrementaldecoder(encodage)()
        with chemin.open("rb") as flux:
            try:
                blocs = (decodeur.decode(octets, final=not octets) for octets in iter(lambda: flux.read(BLOC), b""))
                douteux = any(BINAIRE.search(b) or (encodage == "cp1252" and MELANGE.search(b)) for b in blocs)
                decodeur.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        return None if douteux else {"utf-8-sig": "utf8", "cp1252": "cp1252"}[encodage]
    return None


def _separateur(chemin: Path) -> str | None:
    with chemin.open("rb") as flux:
        premiere = flux.readline().decode("latin-1")
    if any(premiere.count(autre) for autre in AUTRES_SEPARATEURS):
        return None
    return max((";", ","), key=premiere.count)


def _repartir(chemin: Path, encodage: str, separateur: str, chemins: list[Path]) -> list[Path]:
    """Écrire chaque ligne dans le morceau de sa commune, avec son numéro ; rend les morceaux qui ont des lignes."""
    with chemin.open("rb") as flux:
        entete = flux.readline().decode("utf-8-sig" if encodage == "utf8" else encodage)
    noms = [nom.strip().strip('"') for nom in entete.rstrip("\r\n").split(separateur)]
    commune = noms.index("DEPCOM") if "DEPCOM" in noms else None
    if commune is None or len({*noms, LIGNE}) <= len(noms):
        raise KeyError("DEPCOM")
    rangs = [str(rang) for rang in range(len(noms))]
    lecteur = arrow_csv.open_csv(
        chemin,
        read_options=arrow_csv.ReadOptions(column_names=rangs, skip_rows=1, block_size=BLOC, encoding=encodage),
        parse_options=arrow_csv.ParseOptions(delimiter=separateur, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(rangs, pa.string()), strings_can_be_null=False
        ),
    )
    schema = pa.schema([(nom, pa.string()) for nom in noms] + [(LIGNE, pa.int64())])
    ecrits, debut = [0] * len(chemins), 2
    with ExitStack() as pile:
        options = ipc.IpcWriteOptions(compression="lz4")
        ecrivains = [pile.enter_context(ipc.new_file(str(c), schema, options=options)) for c in chemins]
        for bloc in lecteur:
            lignes = pa.array(np.arange(debut, debut + bloc.num_rows))
            debut += bloc.num_rows
            table = pa.Table.from_arrays([*(pc.utf8_trim_whitespace(c) for c in bloc.columns), lignes], schema=schema)
            codes = pc.utf8_lpad(table.column(commune), 5, "0").to_pandas()
            morceaux = pd.util.hash_array(codes.to_numpy(dtype=object)) % len(chemins)
            for rang in np.unique(morceaux):
                sienne = table.filter(pa.array(morceaux == rang))
                ecrivains[rang].write_table(sienne)
                ecrits[rang] += sienne.num_rows
    return [c for c, n in zip(chemins, ecrits, strict=True) if n]


def lire_morceau(chemin: Path) -> Lu:
    """Un morceau, tel que la lecture ordinaire rend un fichier ; les lignes vides d'un RPLS sont écartées."""
    if chemin.suffix != SUFFIXE:
        return Lu(*lire_textes(chemin, morceau=True))
    table = ipc.open_file(pa.memory_map(str(chemin))).read_all()
    lignes = table[LIGNE].to_numpy()
    textes = table.drop_columns([LIGNE])
    cadre = pd.DataFrame({rang: pd.Series(c, dtype="str") for rang, c in enumerate(textes.columns)})
    remplies = cadre.ne("").any(axis=1).to_numpy()
    return Lu(textes.column_names, cadre[remplies].reset_index(drop=True), lignes[remplies])


def recoller(fichier: Fichier, morceaux: list[Fichier], communes: tuple[str, ...] | None) -> Fichier:
    """Le bilan d'un fichier, d'après ceux de ses morceaux : les lignes fautives d'une même phrase sont réunies."""
    fautes: dict[Probleme, list[Probleme]] = {}
    for probleme in (p for m in morceaux for p in m.problemes):
        fautes.setdefault(replace(probleme, lignes=()), []).append(probleme)
    aucun = aucun_logement(communes)
    fautes.pop(aucun, None)  # d'un morceau, ce n'est pas une faute
    problemes = [replace(p, lignes=_ensemble(semblables)) for p, semblables in fautes.items()]
    comptes: dict[tuple, int] = {}
    for t in (t for m in morceaux for t in m.traitements):
        cle = (t.nom, t.genre, t.phrase)
        comptes[cle] = comptes.get(cle, 0) + t.nombre
    recolle = replace(
        fichier,
        lignes=sum(m.lignes for m in morceaux),
        problemes=problemes,
        traitements=[Traitement(nom, genre, nombre, phrase) for (nom, genre, phrase), nombre in comptes.items()],
        contenus={t: _reunir([m.contenus[t] for m in morceaux if t in m.contenus]) for t in morceaux[0].tables},
        avertissements=fichier.avertissements,
    )
    recolle.ajouter_avertissements([m.avertissements for m in morceaux])
    if fichier.table == RPLS and not problemes and not recolle.contenus["logements"].lignes:
        recolle.problemes.append(aucun)
    if recolle.refuse:
        recolle.contenus = {}
    return recolle


def _ensemble(semblables: list[Probleme]) -> Lignes:
    return Lignes.de([n for p in semblables for n in p.lignes], sum(p.nombre for p in semblables))


def _reunir(contenus: list[Contenu]) -> Contenu:
    lignes = sum(c.lignes for c in contenus)
    remplie = sum(c.remplie * c.lignes for c in contenus) / max(lignes, 1)
    communes = set.intersection(*(set(c.vides) for c in contenus if c.lignes)) if lignes else set()
    vides = tuple(nom for nom in (contenus[0].vides if contenus else ()) if nom in communes)
    return Contenu(lignes, remplie, vides, fondre([c.temoins for c in contenus]))

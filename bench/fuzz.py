"""Abîmer au hasard ce que l'observatoire lit, et compter ce qui l'arrête : dépôts, saisies en YAML, contours.

    PYTHONPATH=tests nice -n 19 python bench/fuzz.py --minutes 60 --graine 1 [--garder DOSSIER]

Un cas se lit dans un processus à part, sous limites. Il est *lu*, *refusé* par une phrase, ou bien c'est une faute :
une exception, la mort du processus, la mémoire ou le temps passés, ou une valeur personnelle dans ce qui est dit. Les
cas fautifs sont gardés dans DOSSIER.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import geopandas  # noqa: F401 – les processus à part naissent tout importés
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from atelier_lecture import LIGNES, Atelier, octets_csv
from test_saisie import FICHIERS, SURPRISES, _mettre, _places, copier_les_saisies

from observatoire.erreurs import ErreurObservatoire
from observatoire.exemple.formats import _ods, _xlsx
from observatoire.isolement import Limites, Panne, faire_a_part
from observatoire.lecture.parts import controler_fichier, relier, verifier_part
from observatoire.lecture.territoires import est_inconnu, lire_contours
from observatoire.lecture.verification import inventaire

LIMITES = Limites(memoire=2 << 30, secondes=30)
LOT = 300
#: Semées dans les colonnes personnelles et celles où un nom peut être écrit ; rien de ce qui est dit ne les cite.
PERSONNELLES = ("Mme Karwinskaia", "karwinskaia", "4747474747", "KARWINSKAIA 0647474747", "2 84 04 25 056 474 74")
TRAHIES = ("karwinskaia", "474747", "474 74")
CELLULES = (
    "", " ", '"', ";", "\n", "\x00", "\ufeff", "=1+1", "#N/A", "nan", "inf", "1e999", "-0", "1" * 400, "31/02/2010",
    "01/01/0001", "٣", "½", "é\u0301", "\u202e", "x" * 70_000, "NULL", "VRAI", "1 000,5", "0x10", "<b>", "[1]",
)  # fmt: skip
ENTITES = (b"&x;", b"&#0;", b"<a>", b"</row>", b"]]>", b"\xff", b"\x00", b"-1", b"99999999999", b"1e400", b"", b"A0")
TYPES = (
    lambda v: pa.array([[1]] * len(v)), lambda v: pa.array([{"a": 1}] * len(v)), lambda v: pa.nulls(len(v)),
    lambda v: pa.array(v).dictionary_encode(), lambda v: pa.array([b"\xff\x00"] * len(v)),
    lambda v: pa.array([np.inf, *[np.nan] * (len(v) - 1)]), lambda v: pa.array([2**63 - 1] * len(v)),
    lambda v: pa.array([10**18] * len(v), pa.timestamp("ns")),
    lambda v: pa.array([0] * len(v), pa.timestamp("s", "UTC")),
    lambda v: pa.array([1] * len(v), pa.duration("s")), lambda v: pa.array([1] * len(v), pa.time32("s")),
    lambda v: pa.array([-719529] * len(v), pa.date32()), lambda v: pa.array([2**31 - 1] * len(v), pa.date32()),
    lambda v: pa.array([True] * len(v)), lambda v: pa.array(v, pa.large_string()),
    lambda v: pa.array(v, pa.string_view()), lambda v: pa.array([1] * len(v)).cast(pa.decimal128(25, 2)),
)  # fmt: skip


@dataclass(frozen=True)
class Cas:
    """Des octets abîmés : ``genre`` (« csv », « yaml », « geojson »…) et ``nom`` de ce qu'ils remplacent."""

    genre: str
    nom: str
    octets: bytes


# --- abîmer


def abimer_les_octets(octets: bytes, tirage: np.random.Generator) -> bytes:
    """Quelques coupures, répétitions, octets changés ou mots glissés."""
    abimes = bytearray(octets)
    for _ in range(int(tirage.integers(1, 6))):
        a, b = sorted(int(n) for n in tirage.integers(0, len(abimes) + 1, 2))
        b = min(b, a + int(2 ** tirage.integers(0, 9)))
        match int(tirage.integers(5)):
            case 0:
                del abimes[a:b]
            case 1:
                abimes[a:a] = abimes[a:b]
            case 2:
                abimes[a:b] = tirage.bytes(b - a)
            case 3:
                abimes[a:a] = ENTITES[tirage.integers(len(ENTITES))]
            case _:
                del abimes[max(a, 1) : None if tirage.random() < 0.3 else a + 2]
    return bytes(abimes)


def abimer_les_cellules(table: pd.DataFrame, personnelles: list[str], tirage: np.random.Generator) -> pd.DataFrame:
    """Des cellules d'un autre genre, des colonnes ou des lignes déplacées, une valeur personnelle où elle peut être."""
    t = table.copy()
    for _ in range(int(tirage.choice([0, 0, 1, 1, 3]))):
        t.iloc[tirage.integers(len(t)), tirage.integers(t.shape[1])] = CELLULES[tirage.integers(len(CELLULES))]
    if tirage.random() < 0.25:
        colonne = t.columns.get_loc(str(tirage.choice(personnelles)))
        t.iloc[tirage.integers(len(t)), colonne] = str(tirage.choice(PERSONNELLES))
    match int(tirage.integers(15)):
        case 0:
            t = t.drop(columns=tirage.choice(t.columns))
        case 1:
            t = t.rename(
                columns={tirage.choice(t.columns): str(tirage.choice(["", "x", "id_logement", "nom", "a\nb"]))}
            )
        case 2:
            t = pd.concat([t, t.iloc[[tirage.integers(len(t))] * int(tirage.integers(1, 40))]])
        case 3:
            t = t.iloc[:0]
        case 4:
            t = t[tirage.permutation(t.columns)]
    return t


def en_csv(t: pd.DataFrame, tirage: np.random.Generator) -> bytes:
    encodage = str(tirage.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"], p=[0.6, 0.2, 0.15, 0.05]))
    texte = octets_csv(
        t.loc[:, ~t.columns.duplicated()].to_dict("records"),
        list(t),
        str(tirage.choice([";", ",", "\t", "|"], p=[0.7, 0.1, 0.1, 0.1])),
    )
    return texte.decode().encode(encodage, "replace")


def en_archive(ecrire: Callable, suffixe: str, t: pd.DataFrame, tirage: np.random.Generator) -> bytes:
    """Un classeur, dont une fois sur deux une partie est abîmée."""
    t = t.replace("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", regex=True)
    with tempfile.TemporaryDirectory() as aside:
        ecrire(t, Path(aside) / "table")
        octets = (Path(aside) / f"table.{suffixe}").read_bytes()
    if tirage.random() < 0.5:
        return octets
    with zipfile.ZipFile(io.BytesIO(octets)) as ici, zipfile.ZipFile(sortie := io.BytesIO(), "w") as la:
        choisie = str(tirage.choice(ici.namelist()))
        for nom in ici.namelist():
            contenu = ici.read(nom)
            la.writestr(nom, abimer_les_octets(contenu, tirage) if nom == choisie else contenu)
    return sortie.getvalue()


def en_parquet(t: pd.DataFrame, tirage: np.random.Generator) -> bytes:
    colonnes = t.loc[:, ~t.columns.duplicated()].to_dict("list")
    if len(t) and tirage.random() < 0.6:
        nom = str(tirage.choice(list(colonnes)))
        colonnes[nom] = TYPES[tirage.integers(len(TYPES))](colonnes[nom])
    pq.write_table(pa.table(colonnes), sortie := io.BytesIO())
    return sortie.getvalue()


FORMATS = {
    "csv": en_csv,
    "xlsx": partial(en_archive, lambda t, chemin: _xlsx(t, chemin), "xlsx"),
    "ods": partial(en_archive, lambda t, chemin: _ods(t.astype("str"), chemin), "ods"),
    "parquet": en_parquet,
}


def abimer_un_depot(genre: str, schemas: dict, tirage: np.random.Generator) -> Cas:
    table = str(tirage.choice(list(LIGNES)))
    schema = schemas[table]
    personnelles = [n for n, c in schema.champs.items() if c.personnelle or c.role in ("identifiant", "libelle")]
    lignes = pd.DataFrame(LIGNES[table]).reindex(columns=schema.colonnes).fillna("").astype("object")
    octets = FORMATS[genre](abimer_les_cellules(lignes, personnelles, tirage), tirage)
    return Cas(genre, table, abimer_les_octets(octets, tirage) if tirage.random() < 0.15 else octets)


def abimer_une_structure(contenu: object, tirage: np.random.Generator) -> object:
    for _ in range(int(tirage.integers(1, 4))):
        places = list(_places(contenu))
        contenu = _mettre(contenu, places[tirage.integers(len(places))], SURPRISES[tirage.integers(len(SURPRISES))])
    return contenu


def abimer_une_saisie(depart: dict[str, str], tirage: np.random.Generator) -> Cas:
    nom = str(tirage.choice(list(FICHIERS)))
    debut, corps, fin = "", depart[nom], ""
    if nom.endswith(".md"):
        _, corps, fin = corps.split("---\n", 2)
        debut, fin = "---\n", "---\n" + fin
    if tirage.random() < 0.5:
        change = abimer_une_structure(yaml.safe_load(corps), tirage)
        corps = yaml.safe_dump(change, allow_unicode=True, sort_keys=False)
        return Cas("yaml", nom, f"{debut}{corps}{fin}".encode())
    return Cas("yaml", nom, abimer_les_octets(f"{debut}{corps}{fin}".encode(), tirage))


def abimer_des_contours(depart: bytes, tirage: np.random.Generator) -> Cas:
    if tirage.random() < 0.3:
        return Cas("geojson", "", abimer_les_octets(depart, tirage))
    change = abimer_une_structure(json.loads(depart), tirage)
    return Cas("geojson", "", json.dumps(change, default=str).encode())


# --- lire


def lire(cas: Cas, dossier: Path) -> tuple[str, str, float]:
    """(sort, ce qui a été dit, secondes de processeur), dans un processus à part."""
    depart = time.process_time()
    return *_juger(cas, dossier), time.process_time() - depart


def _juger(cas: Cas, dossier: Path) -> tuple[str, str]:
    """(« lu », « refusé », « faute » ou « trahi », ce qui a été dit)."""
    try:
        dit = LECTURES[cas.genre](cas, dossier)
    except MemoryError:
        raise
    except ErreurObservatoire as refus:
        dit = str(refus) or "refus muet"
    except BaseException:  # noqa: BLE001 – c'est ce que l'on cherche
        return "faute", traceback.format_exc()
    if any(valeur in dit.lower() for valeur in TRAHIES):
        return "trahi", dit
    return ("refusé" if dit else "lu"), dit


@cache
def _terrain(dossier: Path) -> tuple:
    """Un observatoire où seul le fichier d'un cas est abîmé ; à chaque processus le sien : un autre peut être mort."""
    dossier = dossier / str(os.getpid())
    (dossier / "depots").mkdir(parents=True)
    atelier = Atelier(dossier / "depots")
    atelier.deposer_tout()
    depots, outils = inventaire(atelier.config)
    verifier_part(depots.fichiers, outils)
    return atelier, {f.table: f for f in depots.fichiers}, outils


def _lire_un_depot(cas: Cas, dossier: Path) -> str:
    _, fichiers, outils = _terrain(dossier)
    chemin = dossier / f"{cas.nom}_neolia.{cas.genre}"
    chemin.write_bytes(cas.octets)
    abime = replace(fichiers[cas.nom], chemin=chemin, problemes=[], traitements=[], donnees={}, contenus={})
    abime.avertissements = abime.avertissements.iloc[:0]
    controler_fichier(abime, outils)
    liees = [replace(fichiers[t]) for t in outils.schemas[cas.nom].liens.values()]
    relier([*liees, abime], outils)
    return "\n".join([abime.message(), *abime.avertissements["message"]]).strip()


def _lire_une_saisie(cas: Cas, dossier: Path) -> str:
    config = _saisies(dossier)
    fichier = config.fichier.parent / cas.nom
    garde = fichier.read_bytes()
    try:
        fichier.write_bytes(cas.octets)
        FICHIERS[cas.nom][1](config)
    finally:
        fichier.write_bytes(garde)
    return ""


@cache
def _saisies(dossier: Path):
    config = copier_les_saisies(dossier / str(os.getpid()) / "saisies")
    for nom, (contenu, _) in FICHIERS.items():
        if contenu is not None:
            (config.fichier.parent / nom).write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")
    return config


def _lire_des_contours(cas: Cas, dossier: Path) -> str:
    atelier, _, outils = _terrain(dossier)
    contours = atelier.config.chemin("referentiels") / "quartiers.geojson"
    garde = contours.read_bytes()
    try:
        contours.write_bytes(cas.octets)
        est_inconnu(atelier.config, "quartier", "battant")
        replace(outils, contours=lire_contours(atelier.config)).rattacher(_immeubles())
    finally:
        contours.write_bytes(garde)
    return ""


def _immeubles() -> pd.DataFrame:
    lieux = {"x": [np.nan] * 3, "y": [np.nan] * 3, "lon": [6.01, 6.03, np.nan], "lat": [47.23, 47.21, np.nan]}
    return pd.DataFrame(lieux | {"quartier": [None, None, "battant"], "secteur": [None, None, "battant_nord"]})


LECTURES = dict.fromkeys(FORMATS, _lire_un_depot) | {"yaml": _lire_une_saisie, "geojson": _lire_des_contours}


# --- compter


def essayer(lot: list[Cas], dossier: Path) -> list[tuple[str, str, float]]:
    """Ce qu'il advient de chaque cas d'un lot ; d'un processus arrêté, le temps de processeur est perdu."""
    dits = faire_a_part(lire, lot, dossier, lambda cas: LIMITES)
    return [
        (d.cause if d.cause != "faute" else f"faute {d.faute}", d.trace, 0.0) if isinstance(d, Panne) else d
        for d in dits
    ]


def principal() -> None:
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("--minutes", type=float, default=60)
    lecteur.add_argument("--graine", type=int, default=1)
    lecteur.add_argument("--garder", type=Path)
    options = lecteur.parse_args()
    depart, comptes, genres, lues = time.monotonic(), Counter(), [*FORMATS, "yaml", "geojson"], 0.0
    with tempfile.TemporaryDirectory() as aside:
        atelier, _, outils = _terrain(Path(aside) / "modele")
        saisies = _saisies(Path(aside) / "modele")
        textes = {nom: (saisies.fichier.parent / nom).read_text(encoding="utf-8") for nom in FICHIERS}
        contours = (atelier.config.chemin("referentiels") / "quartiers.geojson").read_bytes()
        rang = 0
        while time.monotonic() - depart < 60 * options.minutes:
            tirage, lot = np.random.default_rng([options.graine, rang]), []
            for genre in [genres[k % len(genres)] for k in range(LOT)]:
                if genre == "yaml":
                    lot.append(abimer_une_saisie(textes, tirage))
                elif genre == "geojson":
                    lot.append(abimer_des_contours(contours, tirage))
                else:
                    lot.append(abimer_un_depot(genre, outils.schemas, tirage))
            for n, (cas, (sort, dit, duree)) in enumerate(
                zip(lot, essayer(lot, Path(aside) / f"lot{rang}"), strict=True)
            ):
                comptes[cas.genre, sort] += 1
                lues += duree
                if sort not in ("lu", "refusé"):
                    print(f"{sort} : {cas.genre} {cas.nom}, lot {rang}, cas {n}\n{dit[-1500:]}", flush=True)
                    if options.garder:
                        options.garder.mkdir(parents=True, exist_ok=True)
                        (options.garder / f"{rang}-{n}-{Path(cas.nom).name}.{cas.genre}").write_bytes(cas.octets)
            rang += 1
            if rang % 50 == 0:
                print(f"{(time.monotonic() - depart) / 60:.0f} min, {comptes.total()} cas", flush=True)
    print(pd.Series(comptes).unstack(fill_value=0).to_string())
    horloge, abimer = (time.monotonic() - depart) / 60, time.process_time() / 60
    print(
        f"{comptes.total()} cas en {horloge:.0f} minutes ; de processeur, {lues / 60:.1f} à lire, {abimer:.1f} à abîmer"
    )


if __name__ == "__main__":
    import fuzz  # ses fonctions portent alors un nom que les processus à part savent importer

    fuzz.principal()

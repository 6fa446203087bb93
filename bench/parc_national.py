"""Fabriquer un parc FICTIF de la taille d'un pays : dépôts Parquet ou RPLS CSV, et leur configuration.

    python bench/parc_national.py DOSSIER --logements 5400000 --annees 2021-2024 --format parquet

Rien n'y est réel, sauf l'ordre de grandeur : quelques grandes communes et beaucoup de petites, environ 450 bailleurs,
des immeubles de 1 à 200 logements. Une graine redonne les mêmes fichiers. Les tables sont ``immeubles`` et
``logements`` (les familles « Parc » et « Vacance et mobilité » du catalogue), et ``menages`` avec ``--menages``.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml
from pyarrow import csv as arrow_csv

from observatoire.lecture.rpls_modeles import ENTETES

LOGEMENTS_PAR_COMMUNE = 150
LOGEMENTS_PAR_BAILLEUR = 12_000
BAILLEURS_MAX, BAILLEURS_MIN = 450, 5
COMMUNES_PAR_DEPARTEMENT = 375
TAILLE_MAX = 200
LIGNES_RPLS = 200_000
FINANCEMENTS = np.array(["PLAI", "PLUS", "PLS", "PLI"])
ETIQUETTES = np.array(["A", "B", "C", "D", "E", "F", "G", "nr"])
OCCUPATIONS = np.array(["loue", "vacant", "vide_technique", "association", "autre"])
TRANCHES = np.array(["0-20", "20-40", "40-60", "60-100", "100+", "nr"])
COMPOSITIONS = np.array(["personne_seule", "monoparentale", "couple_sans_enfant", "couple_avec_enfants", "autre", "nr"])
OUI_NON = np.array(["oui", "non"])


@dataclass(frozen=True)
class Parc:
    """Les immeubles (un tableau par colonne) et, pour chaque logement, le rang de son immeuble.

    Immeubles et logements sont rangés par bailleur.
    """

    communes: np.ndarray
    bailleur: np.ndarray
    commune: np.ndarray
    qpv: np.ndarray
    construction: np.ndarray
    immeuble: np.ndarray

    @property
    def bailleurs(self) -> list[str]:
        """Codes des bailleurs qui ont au moins un immeuble."""
        return [code_bailleur(b) for b in np.unique(self.bailleur)]


def code_bailleur(rang: int) -> str:
    """« b007 » : un code de bailleur fictif."""
    return f"b{rang:03d}"


def tirer_parc(logements: int, communes: int, alea: np.random.Generator) -> Parc:
    """Tirer les immeubles, leurs communes et leurs bailleurs."""
    tailles = np.minimum(1 + alea.lognormal(1.6, 1.15, logements // 4 + communes).astype(int), TAILLE_MAX)
    nombre = int(np.searchsorted(np.cumsum(tailles), logements)) + 1
    tailles = tailles[:nombre]
    tailles[-1] -= tailles.sum() - logements
    communes = min(communes, nombre)
    poids = np.arange(1, communes + 1) ** -0.85
    commune = np.concatenate([np.arange(communes), alea.choice(communes, nombre - communes, p=poids / poids.sum())])
    codes = alea.permutation(communes)  # les grandes communes ne sont pas toutes dans le premier département
    commune = codes[commune]
    bailleur = _bailleurs_des_immeubles(commune, communes, logements, alea)
    ordre = np.lexsort((commune, bailleur))
    commune, bailleur, tailles = commune[ordre], bailleur[ordre], tailles[ordre]
    return Parc(
        communes=np.array([_code_insee(c) for c in range(communes)]),
        bailleur=bailleur,
        commune=commune,
        qpv=alea.random(nombre) < np.where(tailles > 20, 0.4, 0.1),
        construction=np.clip(alea.normal(1978, 22, nombre), 1880, 2020).astype(int),
        immeuble=np.repeat(np.arange(nombre), tailles),
    )


def _bailleurs_des_immeubles(commune, communes, logements, alea) -> np.ndarray:
    """Une petite commune a un bailleur, une grande une dizaine, choisis parmi ceux du département et de son voisin."""
    bailleurs = int(np.clip(logements // LOGEMENTS_PAR_BAILLEUR, BAILLEURS_MIN, BAILLEURS_MAX))
    departements = max(communes // COMMUNES_PAR_DEPARTEMENT, 1)
    immeubles = np.bincount(commune, minlength=communes)
    presents = np.minimum(1 + np.log2(immeubles) / 1.7, 10).astype(int)
    choix = np.floor(alea.random(len(commune)) ** 1.7 * presents[commune]).astype(int)
    rang = (commune % COMMUNES_PAR_DEPARTEMENT) % 5 + choix
    return (commune // COMMUNES_PAR_DEPARTEMENT + rang * departements) % bailleurs


def _code_insee(rang: int) -> str:
    """Un code de commune fictif, de la forme d'un code Insee."""
    departement, numero = divmod(rang, COMMUNES_PAR_DEPARTEMENT)
    return f"{departement + 1:02d}{numero + 1:03d}"


def _choisir(alea, valeurs: np.ndarray, parts: list[float], n: int, vides: float = 0.0) -> pa.DictionaryArray:
    """Tirer ``n`` valeurs selon leurs parts, codées par un dictionnaire ; une part de ``vides``."""
    codes = np.searchsorted(np.cumsum(parts)[:-1], alea.random(n)).astype(np.int8)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=alea.random(n) < vides if vides else None), pa.array(valeurs.tolist())
    )


def immeubles_du(parc: Parc, bornes: slice) -> pa.Table:
    """La table ``immeubles`` d'un bailleur."""
    rangs = np.arange(bornes.start, bornes.stop)
    bailleur = code_bailleur(parc.bailleur[bornes.start])
    return pa.table(
        {
            "id_immeuble": [f"I{r}" for r in rangs],
            "bailleur": pa.DictionaryArray.from_arrays(np.zeros(len(rangs), np.int32), [bailleur]),
            "quartier": pa.array(parc.communes[parc.commune[bornes]].tolist()).dictionary_encode(),
            "qpv": pa.DictionaryArray.from_arrays((~parc.qpv[bornes]).astype(np.int8), OUI_NON.tolist()),
        }
    )


def logements_du(parc: Parc, bornes: slice, premier: int, annee: int, alea: np.random.Generator) -> pa.Table:
    """La table ``logements`` d'un bailleur : ``bornes``, ses logements ; ``premier``, son premier immeuble."""
    immeuble = parc.immeuble[bornes]
    n = len(immeuble)
    # Ce qui ne change pas d'une année à l'autre sort de la graine du bailleur, non de celle de l'année.
    fixe = np.random.default_rng(bornes.start)
    pieces = np.clip(fixe.normal(3.1, 1.1, n).round(), 1, 8).astype(np.int8)
    surface = np.round(14 + 17.5 * pieces + fixe.normal(0, 6, n), 1).clip(10)
    financement = _choisir(fixe, FINANCEMENTS, [0.08, 0.82, 0.06, 0.04], n, 0.03)
    dpe = _choisir(fixe, ETIQUETTES, [0.02, 0.07, 0.25, 0.38, 0.15, 0.05, 0.02, 0.06], n)
    construction = parc.construction[immeuble].astype(np.int16)
    location = construction + fixe.integers(0, 3, n).astype(np.int16)
    loyer = np.round(surface * fixe.normal(5.9, 0.8, n).clip(2.5, 12), 2)
    occupation = _choisir(alea, OCCUPATIONS, [0.92, 0.035, 0.02, 0.015, 0.01], n)
    loue, vacant = (occupation.indices.to_numpy() == rang for rang in (0, 1))
    jours = np.datetime64(f"{annee}-12-31") - (alea.exponential(2900, n).astype(int) % 14_000)
    return pa.table(
        {
            "id_logement": [f"L{r}" for r in range(bornes.start, bornes.stop)],
            "id_immeuble": pa.DictionaryArray.from_arrays(
                (immeuble - premier).astype(np.int32), [f"I{r}" for r in range(premier, immeuble[-1] + 1)]
            ),
            "bailleur": pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), [code_bailleur(parc.bailleur[premier])]),
            "nb_pieces": pieces,
            "surface_m2": pa.array(surface, mask=fixe.random(n) < 0.01),
            "loyer_eur": pa.array(loyer, mask=~loue),
            "financement": financement,
            "annee_construction": construction,
            "annee_premiere_location": location,
            "dpe": dpe,
            "occupation": occupation,
            "mois_vacance": pa.array(alea.exponential(4, n).round().clip(0, 99), mask=~vacant),
            "date_bail": pa.array(jours.astype("datetime64[D]"), mask=~loue | (alea.random(n) < 0.02)),
        }
    )


def menages_des(logements: pa.Table, annee: int, alea: np.random.Generator) -> pa.Table:
    """Un ménage par logement loué."""
    loues = logements.filter(pc.equal(logements["occupation"].cast("string"), "loue"))
    n = len(loues)
    enfants = alea.poisson(0.8, n).astype(np.int8)
    return pa.table(
        {
            "id_logement": loues["id_logement"],
            "tranche_plafond": _choisir(alea, TRANCHES, [0.2, 0.2, 0.2, 0.25, 0.1, 0.05], n),
            "composition": _choisir(alea, COMPOSITIONS, [0.4, 0.2, 0.15, 0.2, 0.03, 0.02], n),
            "nb_enfants": enfants,
            "nb_occupants": enfants + alea.integers(1, 3, n).astype(np.int8),
            "age_titulaire": alea.integers(20, 90, n).astype(np.int8),
            "activite": _choisir(
                alea, np.array(["emploi", "chomage", "retraite", "etudes", "autre_inactif", "nr"]),
                [0.5, 0.15, 0.2, 0.03, 0.07, 0.05], n,
            ),
            "apl": _choisir(alea, OUI_NON, [0.5, 0.5], n),
            "minima_sociaux": _choisir(alea, OUI_NON, [0.2, 0.8], n),
            "annee_emmenagement": pa.array((annee - alea.exponential(8, n).astype(int) % 50).astype(np.int16)),
            "impaye_3_mois": _choisir(alea, OUI_NON, [0.07, 0.93], n),
        }
    )  # fmt: skip


def ecrire(
    dossier: Path, logements: int, annees: list[int], communes: int | None = None, graine: int = 2007,
    menages: bool = False,
) -> Path:  # fmt: skip
    """Écrire les dépôts Parquet et ``observatoire.yml`` dans ``dossier`` ; rend le chemin de la configuration."""
    parc = tirer_parc(logements, communes or max(logements // LOGEMENTS_PAR_COMMUNE, 1), np.random.default_rng(graine))
    debuts = np.flatnonzero(np.diff(parc.bailleur, prepend=-1))
    fins = [*debuts[1:], len(parc.bailleur)]
    for annee in annees:
        depots = dossier / "brut" / str(annee)
        depots.mkdir(parents=True, exist_ok=True)
        for debut, fin in zip(debuts, fins, strict=True):
            alea = np.random.default_rng([graine, annee, debut])
            code = code_bailleur(parc.bailleur[debut])
            bornes = slice(*np.searchsorted(parc.immeuble, [debut, fin]))
            tables = {"immeubles": immeubles_du(parc, slice(debut, fin))}
            tables["logements"] = logements_du(parc, bornes, debut, annee, alea)
            if menages:
                tables["menages"] = menages_des(tables["logements"], annee, alea)
            for nom, table in tables.items():
                pq.write_table(table, depots / f"{nom}_{code}.parquet")
    tables = ["immeubles", "logements", *(["menages"] if menages else [])]
    return ecrire_configuration(dossier, parc.bailleurs, annees, tables)


def ecrire_rpls(
    dossier: Path, logements: int, annees: list[int], communes: int | None = None, graine: int = 2007
) -> Path:
    """Écrire, par année, un seul fichier RPLS au dessin de 2025 (73 colonnes) et ``observatoire.yml``."""
    parc = tirer_parc(logements, communes or max(logements // LOGEMENTS_PAR_COMMUNE, 1), np.random.default_rng(graine))
    for annee in annees:
        depots = dossier / "brut" / str(annee)
        depots.mkdir(parents=True, exist_ok=True)
        with (depots / "rpls_pays.csv").open("wb") as flux:
            for debut in range(0, logements, LIGNES_RPLS):
                bornes = slice(debut, min(debut + LIGNES_RPLS, logements))
                alea = np.random.default_rng([graine, annee, debut])
                options = arrow_csv.WriteOptions(include_header=debut == 0, delimiter=";", quoting_style="none")
                arrow_csv.write_csv(lignes_rpls(parc, bornes, annee, alea), flux, options)
    return ecrire_configuration(dossier, ["pays"], annees, ["immeubles", "logements"])


def lignes_rpls(parc: Parc, bornes: slice, annee: int, alea: np.random.Generator) -> pa.Table:
    """Des logements sous les 73 colonnes du RPLS de 2025 ; celles qui ne servent à rien ici sont vides."""
    immeuble = parc.immeuble[bornes]
    n = len(immeuble)
    pieces = np.clip(alea.normal(3.1, 1.1, n).round(), 1, 8).astype(int)
    remplies = {
        "DEPCOM": parc.communes[parc.commune[immeuble]],
        "NUMVOIE": immeuble % 97 + 1,
        "TYPVOIE": np.full(n, "RUE"),
        "NOMVOIE": np.char.add("FICTIVE ", immeuble.astype(str)),
        "ETAGE": np.arange(n) % 9,
        "COMPLGEO": np.char.add("LOGT ", np.arange(bornes.start, bornes.stop).astype(str)),
        "QPV_CODE": np.where(parc.qpv[immeuble], "1", "2"),
        "TYPECONST_CODE": np.full(n, "C"),
        "NBPIECE": pieces,
        "SURFHAB": (14 + 17.5 * pieces + alea.normal(0, 6, n)).clip(10).astype(int),
        "CONSTRUCT": parc.construction[immeuble],
        "LOCAT": parc.construction[immeuble] + 1,
        "PATRIMOINE": parc.construction[immeuble] + 1,
        "FINAN_CODE": np.array(["10", "12", "13", "14", "16"])[alea.integers(0, 5, n)],
        "DPEDATE": np.full(n, "01/2020"),
        "DPEENERGIE": ETIQUETTES[np.minimum(alea.integers(0, 8, n), 6)],
        "EPSG": np.full(n, "2154"),
        "X": 650_000 + immeuble % 1000 * 7,
        "Y": 6_700_000 + immeuble % 1777 * 5,
    }
    vide = pa.array([""] * n)
    textes = {nom: pa.array(remplies[nom]).cast(pa.string()) if nom in remplies else vide for nom in ENTETES["2025"]}
    return pa.table(textes)


def ecrire_configuration(dossier: Path, bailleurs: list[str], annees: list[int], tables: list[str]) -> Path:
    """``observatoire.yml`` : chaque commune est un quartier du territoire, le niveau immeuble n'est pas demandé."""
    racine = Path(__file__).resolve().parents[1]
    (dossier / "brut").mkdir(parents=True, exist_ok=True)
    (dossier / "brut" / "FICTIF").write_text("Données fictives, tirées au sort.\n", encoding="utf-8")
    contenu = {
        "territoire": {"nom": "Pays fictif", "code": "FICTIF", "quartiers": "communes"},
        "niveaux": ["quartier", "ville"],
        "edition": {"titre": "Parc fictif", "annees": list(annees), "immeubles": False},
        "bailleurs": [{"code": b, "nom": f"Bailleur fictif {b}", "tables": list(tables)} for b in bailleurs],
        "chemins": {
            "brut": "brut",
            "prepare": "prepare",
            "publie": "publie",
            "schemas": str(racine / "data" / "schemas"),
            "referentiels": "referentiels",
            "suivi": "suivi",
        },
    }
    fichier = dossier / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(contenu, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return fichier


def principal() -> None:
    """Lire la ligne de commande et écrire les dépôts."""
    arguments = argparse.ArgumentParser(description="Dépôts fictifs de la taille d'un pays.")
    arguments.add_argument("dossier", type=Path)
    arguments.add_argument("--logements", type=int, default=5_400_000)
    arguments.add_argument("--communes", type=int, help="par défaut, une pour 150 logements")
    arguments.add_argument("--annees", default="2021-2024", help="2021-2024, ou 2023")
    arguments.add_argument("--graine", type=int, default=2007)
    arguments.add_argument("--format", choices=["parquet", "rpls"], default="parquet")
    arguments.add_argument("--menages", action="store_true", help="écrire aussi la table des ménages")
    lus = arguments.parse_args()
    premiere, _, derniere = lus.annees.partition("-")
    annees = list(range(int(premiere), int(derniere or premiere) + 1))
    if lus.format == "rpls":
        ecrire_rpls(lus.dossier, lus.logements, annees, lus.communes, lus.graine)
    else:
        ecrire(lus.dossier, lus.logements, annees, lus.communes, lus.graine, lus.menages)


if __name__ == "__main__":
    principal()

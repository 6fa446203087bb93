"""L'archive d'extraits de bailleurs : ce que la proposition reconnaît, et ce que la lecture en fait une fois confirmée.

python bench/archive.py            imprime le tableau
python bench/archive.py --ecrire   le met dans bench/RESULTATS.md
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from archive_bailleurs import Extrait, Facon, archive, composer, configurer
from resultats import remplacer

from observatoire.configuration import Configuration
from observatoire.correspondance import correspondre
from observatoire.lecture import verifier
from observatoire.lecture.conversion import convertir
from observatoire.lecture.traductions import cle_de_valeur

RACINE = Path(__file__).resolve().parents[1]
TITRE = "## Les correspondances"
SURE = 0.9


@dataclass
class Mesure:
    """Ce qu'un extrait a donné."""

    nom: str
    colonnes: int
    justes: int
    fausses_sures: list[str]
    valeurs: int
    valeurs_justes: int
    cellules_fausses: int


def mesurer(extrait: Extrait, dossier: Path) -> Mesure:
    """Proposer, comparer à la vérité, confirmer ce qu'un analyste confirmerait, lire, comparer chaque cellule."""
    config = configurer(dossier)
    faite = correspondre(extrait.deposer(dossier / "brut"), config)
    contenu = yaml.safe_load(faite.ecrit.read_text(encoding="utf-8"))
    (sien,) = contenu["fichiers"]
    mesure = Mesure(f"{extrait.nom}, {extrait.annee}", 0, 0, [], 0, 0, 0)
    for table, noms in extrait.colonnes.items():
        proposees = sien["tables"].setdefault(table, {})
        for champ in {*noms, *proposees}:
            proposee = proposees.get(champ, {})
            _juger_la_colonne(mesure, f"{table}.{champ}", noms.get(champ), proposee)
            _juger_les_valeurs(mesure, extrait.valeurs.get((table, champ), {}), proposee)
            _corriger(proposees, champ, noms.get(champ), extrait.valeurs.get((table, champ), {}))
    for autre in set(sien["tables"]) - set(extrait.colonnes):
        del sien["tables"][autre]
    servies = {e.get("colonne") for t in sien["tables"].values() for e in t.values()}
    sien["laissees"] = [c for c in sien["laissees"] if c not in servies]
    sien["confirmee"] = True
    faite.ecrit.write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")
    mesure.cellules_fausses = _comparer(extrait, config)
    return mesure


def _juger_la_colonne(mesure: Mesure, nom: str, vraie: str | None, proposee: dict) -> None:
    sienne = proposee.get("colonne")
    if vraie is not None:
        mesure.colonnes += 1
        mesure.justes += sienne == vraie
    if sienne is not None and sienne != vraie and proposee["confiance"] > SURE:
        mesure.fausses_sures.append(f"{nom} <- {sienne}")


def _juger_les_valeurs(mesure: Mesure, vraies: dict[str, str], proposee: dict) -> None:
    dites = {cle_de_valeur(s): n for s, n in proposee.get("valeurs", {}).items()}
    for sienne, notre in vraies.items():
        mesure.valeurs += 1
        mesure.valeurs_justes += dites.get(cle_de_valeur(sienne), sienne) == notre and bool(proposee)


def _corriger(proposees: dict, champ: str, vraie: str | None, valeurs: dict[str, str]) -> None:
    """Ce que l'analyste écrit à la place de ce qui est faux."""
    if vraie is None:
        if "colonne" in proposees.get(champ, {}):
            del proposees[champ]
        return
    if proposees.get(champ, {}).get("colonne") != vraie:
        proposees[champ] = {"colonne": vraie}
    a_dire = {s: n for s, n in valeurs.items() if s != n}
    if a_dire:
        proposees[champ]["valeurs"] = proposees[champ].get("valeurs", {}) | a_dire


def _comparer(extrait: Extrait, config: Configuration) -> int:
    """Le nombre de cellules qui ne sont pas la vérité ; toutes, si le fichier est refusé."""
    depots = verifier(config, extrait.annee)
    fausses = 0
    for table, verite in extrait.verite.items():
        schema = depots.schemas[table]
        lue = depots.tables.get((extrait.annee, extrait.deposant, table))
        if lue is None or len(lue) != len(verite):
            sien = next((f for f in depots.fichiers if f.table == table), None)
            print(
                extrait.nom, table, sien.message()[:600] if sien else "", "" if lue is None else len(lue), len(verite)
            )
            fausses += verite.size
            continue
        for champ, declare in schema.champs.items():
            vraie = verite[champ] if champ in verite else pd.Series("", index=verite.index, dtype="str")
            attendue = convertir(vraie.astype("str"), declare)[0].astype(object).reset_index(drop=True)
            obtenue = lue[champ].astype(object).reset_index(drop=True)
            pareil = obtenue.eq(attendue) | (obtenue.isna() & attendue.isna())
            if not pareil.all():
                print(extrait.nom, table, champ, obtenue[~pareil].head(3).tolist(), attendue[~pareil].head(3).tolist())
            fausses += int((~pareil).sum())
    return fausses


def chronometrer() -> float:
    """Secondes de processeur pour lire cent mille logements à travers leur correspondance."""
    with tempfile.TemporaryDirectory() as nom:
        dossier = Path(nom)
        facon = Facon("codes", "csv", dates="collee", perdus=True)
        extrait = composer("logements", "ulis", "gbh", 2010, facon, graine=1, n=12 * 900)
        return _lire_cent_mille(extrait, dossier)


def _lire_cent_mille(extrait: Extrait, dossier: Path) -> float:
    from observatoire.lecture.correspondances import lire_a_travers, lire_correspondances
    from observatoire.lecture.depots import Fichier
    from observatoire.schemas import lire_schemas

    config = configurer(dossier)
    chemin = extrait.deposer(dossier / "brut")
    correspondre(chemin, config)
    entete, *lignes = chemin.read_bytes().split(b"\r\n")
    chemin.write_bytes(b"\r\n".join([entete, *(lignes * (100_000 // len(lignes) + 1))[:100_000]]))
    schemas = lire_schemas(config.chemin("schemas"))
    ((_, ecrit),) = lire_correspondances(config, schemas).items()
    debut = time.process_time()
    lu = lire_a_travers(Fichier(chemin, chemin.name, 2010, "gbh", "logements"), ecrit, schemas["logements"])
    assert len(lu.cadre) == 100_000
    return time.process_time() - debut


def main() -> None:
    """Tout mesurer, et l'imprimer."""
    mesures = []
    for extrait in archive():
        with tempfile.TemporaryDirectory() as dossier:
            mesures.append(mesurer(extrait, Path(dossier)))
    lignes = [
        "| extrait | colonnes justes | valeurs justes | fausses au-dessus de 0,9 | cellules fausses |",
        "|:--|--:|--:|--:|--:|",
    ]
    for m in mesures:
        comptes = f"{m.justes} / {m.colonnes} | {m.valeurs_justes} / {m.valeurs} | {len(m.fausses_sures)}"
        lignes.append(f"| {m.nom} | {comptes} | {m.cellules_fausses} |")
        for fausse in m.fausses_sures:
            print("FAUSSE ET SÛRE :", m.nom, fausse)
    c, j, v, w = (sum(getattr(m, a) for m in mesures) for a in ("colonnes", "justes", "valeurs", "valeurs_justes"))
    f, x = sum(len(m.fausses_sures) for m in mesures), sum(m.cellules_fausses for m in mesures)
    colonnes, valeurs, secondes = (f"{n:.1f}".replace(".", ",") for n in (100 * j / c, 100 * w / v, chronometrer()))
    resume = (
        f"{len(mesures)} extraits : {colonnes} % des colonnes (90 visés), {valeurs} % des valeurs (85 visés) ; "
        f"propositions fausses au-dessus de 0,9 : {f} ; cellules fausses à la lecture du fichier confirmé : {x} ; "
        f"100 000 lignes en {secondes} s de processeur (5 visées)."
    )
    partie = "\n".join(["Refait par `python bench/archive.py --ecrire`.", "", resume, "", *lignes])
    print(partie)
    if "--ecrire" in sys.argv:
        remplacer(TITRE, partie)


if __name__ == "__main__":
    main()

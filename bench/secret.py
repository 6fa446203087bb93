"""Le secret : ce que le bruit coûte aux valeurs, si les intervalles publiés le disent, et ce que l'attaque apprend.

    python bench/secret.py erreurs --graines 3            valeurs publiées contre exactes, par niveau
    python bench/secret.py couverture                     part des intervalles publiés qui contiennent la vraie valeur
    python bench/secret.py attaque --graines 20           parcs fictifs tirés au sort
    python bench/secret.py attaque --dossier D            le parc calculé en D (« prepare »), et lui seul
    python bench/secret.py adverse --graines 20           villes choisies pour l'attaque (tests/villes_adverses.py)
    python bench/secret.py suppression --dossier D        le même parc sans bruit, ses numérateurs de 1 à 10 cachés
    python bench/secret.py moyenne --graines 5            une année publiée huit fois, un ménage changé à chaque fois
    python bench/secret.py protection --logements 2000    secondes et mémoire (bench/protection.py)

Chaque mesure écrit un tableau Markdown. « attaque », « adverse » et « moyenne » sortent en 1 si un petit compte
s'établit.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from protection import LOGEMENTS, ecrire_une_ville_immense, mesurer, preparer

from observatoire.audit.attaque import Attaque
from observatoire.audit.dossier import Dossier, lire
from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import MODULE
from observatoire.configuration import Configuration
from observatoire.publication import proteger
from observatoire.publie import CLES, INDICATEURS, VALEURS
from observatoire.secret import Bruit, Contributeurs, Ouverture, lire_regles_du_secret, proteger_les_valeurs
from observatoire.secret.attaque import Prises
from observatoire.secret.attaque.releve import vraisemblance
from observatoire.secret.parution import CELLULE
from observatoire.tables.indicateurs import CUMULS

RACINE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(RACINE / "tests"))
from villes_adverses import sans_bruit, ville  # noqa: E402

SEUIL = 11
NATURES = {"proportion": "apl", "taux": "signalements", "écart": "ecart_moins_40_emmenages", "moyenne": "loyer_m2"}
EFFECTIFS, PARTS, TIRAGES = (11, 20, 40, 100, 400, 2000), (0.01, 0.05, 0.2, 0.5), 4000


def parc(graine: int, logements: int, dossier: Path) -> Configuration:
    """Un parc fictif, calculé ; il n'est pas refait s'il l'est déjà."""
    chemins = {nom: dossier / nom for nom in ("brut", "prepare", "publie")}
    return preparer(RACINE / "observatoire.yml", logements, graine, **chemins)


def mesurer_les_erreurs(config: Configuration, public: str) -> pd.DataFrame:
    """Par niveau : l'erreur due au bruit (médiane, 95ᵉ centile) et le demi-intervalle imprimé (médiane), en points."""
    proteger(config, public)
    exactes = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet").astype(dict.fromkeys(CLES[1:], str))
    publiees = pd.read_csv(config.chemin("publie") / public / INDICATEURS, dtype={"territoire": str})
    parts = [c for c, d in catalogue().items() if d.nature == "proportion"]
    t = publiees[publiees["statut"].eq("publie") & publiees["indicateur"].isin(parts)]
    t = t.merge(exactes[[*CLES, "valeur", "numerateur", "denominateur"]], on=CLES, suffixes=("", "_exacte"))
    t["erreur"] = 100 * (t["valeur"] - t["valeur_exacte"]).abs()
    t["marge"] = 50 * (t["borne_haute"] - t["borne_basse"])
    bruitee = t["numerateur"].ne(t["numerateur_exacte"]) | t["denominateur"].ne(t["denominateur_exacte"])
    t["niveau"] += np.where(t["bailleur"].eq("tous"), "", " x bailleur")
    return t.assign(bruitee=bruitee)[["niveau", "erreur", "marge", "bruitee"]]


def dire_les_erreurs(mesures: pd.DataFrame) -> str:
    """Le tableau des erreurs."""
    groupes = mesures[mesures["bruitee"]].groupby("niveau")
    table = pd.DataFrame(
        {
            "valeurs bruitées": groupes.size(),
            "erreur médiane (points)": groupes["erreur"].median().round(2),
            "95 % des erreurs sous": groupes["erreur"].quantile(0.95).round(2),
            "demi-intervalle imprimé (médiane)": groupes["marge"].median().round(1),
        }
    )
    return tableau(table.reset_index())


def mesurer_la_couverture() -> Iterator[dict]:
    """La part des intervalles publiés, bruit compris, qui contiennent la vraie valeur de la population d'où l'on tire.

    Chaque cas est un lieu de ``n`` ménages tirés au sort, publié par le vrai code.
    """
    referentiels = RACINE / "data" / "referentiels"
    regles = lire_regles_du_secret(referentiels, lire_baremes(referentiels), "publique", 2010)
    ouverture = Ouverture(frozenset(), catalogue())
    for nature, code in NATURES.items():
        for n in EFFECTIFS:
            for part in PARTS if nature != "moyenne" else (None,):
                lignes, comptes, vraie = TIRER[nature](
                    code, n, part, np.random.default_rng([n, int(1000 * (part or 0))])
                )
                publiees = proteger_les_valeurs(lignes, comptes, Contributeurs(_parc(lignes)), ouverture, regles).table
                publiees = publiees[publiees["indicateur"].eq(code) & publiees["statut"].eq("publie")]
                dedans = publiees["borne_basse"].le(vraie + 1e-9) & publiees["borne_haute"].ge(vraie - 1e-9)
                yield {"nature": nature, "n": n, "p": "" if part is None else part, "couverture": dedans.mean()}


def _parc(lignes: pd.DataFrame) -> pd.DataFrame:
    cellules = lignes[CELLULE].drop_duplicates()
    return pd.concat([cellules.assign(contributeur=b, logements=1000) for b in ("gbh", "neolia", "saiemb")])


def _lignes(code: str, x, n, tirage: np.random.Generator, **autres) -> tuple[pd.DataFrame, pd.DataFrame]:
    taille = len(x)
    cles = {
        "annee": 2010, "niveau": "secteur", "territoire": [f"s{k:05d}" for k in range(taille)], "bailleur": "tous",
        "indicateur": code,
    }  # fmt: skip
    mesures = dict.fromkeys(VALEURS, np.nan) | {
        "numerateur": x,
        "denominateur": n,
        "statut": "calcule",
        "couverture": 1,
    }
    hasard = {
        f"cle_{r}": tirage.integers(0, MODULE, taille) for r in ("numerateur", "denominateur", "concernes", "effectif")
    }
    comptes = pd.DataFrame(cles | {"effectif": np.nan, "concernes": np.nan, "erreur": np.nan} | hasard | autres)
    return pd.DataFrame(cles | mesures | {k: v for k, v in autres.items() if k == "valeur"}), comptes


def _tirer_une_proportion(code, n, part, tirage):
    lignes, comptes = _lignes(code, tirage.binomial(n, part, TIRAGES).astype(float), np.full(TIRAGES, float(n)), tirage)
    return lignes, comptes, part


def _tirer_un_taux(code, n, part, tirage):
    lignes, comptes = _lignes(code, tirage.poisson(n * part, TIRAGES).astype(float), np.full(TIRAGES, float(n)), tirage)
    return lignes, comptes, part


def _tirer_un_ecart(code, n, part, tirage):
    """La partie a ``n`` ménages et le tout cinq fois plus ; le trait y est de 1,2 fois moins fréquent."""
    reste = part / 1.2
    x = tirage.binomial(n, part, TIRAGES).astype(float)
    tout = x + tirage.binomial(4 * n, reste, TIRAGES)
    ici = _lignes(code, x, np.full(TIRAGES, float(n)), tirage)
    la = _lignes(catalogue()[code].reference, tout, np.full(TIRAGES, 5.0 * n), tirage)
    vraie = part - (part + 4 * reste) / 5
    return *(pd.concat(paire, ignore_index=True) for paire in zip(ici, la, strict=True)), vraie


def _tirer_une_moyenne(code, n, part, tirage):
    loyers = tirage.lognormal(np.log(5.5), 0.25, (TIRAGES, n))
    erreur = loyers.std(axis=1, ddof=0) / np.sqrt(n)
    un = np.full(TIRAGES, float(n))
    lignes, comptes = _lignes(code, loyers.sum(axis=1), un, tirage, erreur=erreur, effectif=un)
    return lignes.assign(valeur=loyers.mean(axis=1)), comptes, 5.5 * np.exp(0.25**2 / 2)


TIRER: dict[str, Callable] = {
    "proportion": _tirer_une_proportion, "taux": _tirer_un_taux, "écart": _tirer_un_ecart,
    "moyenne": _tirer_une_moyenne,
}  # fmt: skip


def dire_la_couverture(mesures: pd.DataFrame) -> str:
    """Une ligne par nature et effectif ; les parts en colonnes."""
    pour_cent = mesures.assign(couverture=(100 * mesures["couverture"]).round(1))
    return tableau(pour_cent.pivot(index=["nature", "n"], columns="p", values="couverture").reset_index().fillna(""))


def supprimer(config: Configuration, dossier: Path) -> Configuration:
    """La même édition, publiée comme avant le bruit : comptes exacts, numérateurs de 1 à 10 cachés, sans cumul."""
    config = config.avec_chemins(referentiels=sans_bruit(dossier / "referentiels"), publie=dossier / "publie")
    proteger(config)
    fichier = config.chemin("publie") / "publique" / INDICATEURS
    table = lire(fichier)
    cachees = table["statut"].eq("publie") & table["numerateur"].between(1, SEUIL - 1)
    table.loc[cachees, [m for m in VALEURS if m != "couverture"]] = np.nan
    table.loc[cachees, "statut"] = "c"
    table.to_csv(fichier, index=False)
    CUMULS.dans(fichier.parent).unlink()
    return config


def publier_plusieurs_fois(dossier: Path, graine: int, fois: int) -> tuple[Configuration, pd.DataFrame]:
    """Une ville adverse publiée ``fois`` fois, un ménage différent corrigé à chaque fois ; toutes les éditions.

    La dernière est en place, les autres dans ses ``anterieures``. Rend aussi chaque numérateur publié, par édition.
    """
    configs = [ville(dossier / str(k), graine, changes=range(k, k + 1)) for k in range(fois)]
    for config in configs:
        proteger(config)
    publies = [config.chemin("publie") / "publique" for config in configs]
    (publies[-1] / "anterieures").mkdir()
    for k, avant in enumerate(publies[:-1]):
        shutil.copy(avant / INDICATEURS, publies[-1] / "anterieures" / f"{1000 + k}.csv")
    liste = "".join(f"{1000 + k},bruit,1,0\n" for k in range(fois - 1))
    (publies[-1] / "editions.csv").write_text(f"edition,methode,publiees,cachees\n{liste}", encoding="utf-8")
    vus = [lire(p / INDICATEURS).set_index(CLES)["numerateur"] for p in publies]
    return configs[-1], pd.concat(vus, axis=1, keys=range(fois))


def deviner_par_la_moyenne(config: Configuration, vus: pd.DataFrame) -> dict:
    """Les petits comptes exacts que redonne la moyenne de ce qui en a paru, là où le bruit a changé entre deux fois."""
    exacts = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet").astype(dict.fromkeys(CLES[1:], str))
    vrais = exacts.set_index(CLES)["numerateur"].reindex(vus.index)
    change = vus.notna().all(axis=1) & vus.nunique(axis=1).gt(1) & vrais.between(1, SEUIL - 1)
    un, tous = (np.rint(v[change]).eq(vrais[change]) for v in (vus.iloc[:, -1], vus.mean(axis=1)))
    return {"comptes changés": int(change.sum()), "justes, une fois": int(un.sum()), "justes, moyenne": int(tous.sum())}


def simuler_la_moyenne() -> pd.DataFrame:
    """Ce qu'on devine d'un même petit compte, publié plusieurs fois avec un autre bruit : la part de bonnes réponses de
    la moyenne arrondie, et de la plus vraisemblable des valeurs possibles. Les comptes de 1 à 10 sont également tirés.
    """
    loi, tirage, possibles = Bruit(), np.random.default_rng(1951), np.arange(2 * SEUIL)
    vrais = tirage.integers(1, SEUIL, TIRAGES)
    lignes = []
    for fois in (1, 2, 4, 8, 16):
        vus = np.stack([loi.bruiter(vrais, tirage.integers(0, MODULE, TIRAGES)) for _ in range(fois)])
        chances = [vraisemblance(loi, possibles[None, :], v[:, None], v[:, None]) for v in vus]
        reponses = np.rint(vus.mean(axis=0)), np.prod(chances, axis=0).argmax(axis=1)
        lignes.append([fois, *(round(100 * float((r == vrais).mean()), 1) for r in reponses)])
    return pd.DataFrame(lignes, columns=["publications", "la moyenne (%)", "la plus vraisemblable (%)"])


def attaquer(config: Configuration, public: str, moi: str | None = None) -> dict:
    """Une ligne du tableau de l'attaque."""
    depart = time.process_time()
    prises = Attaque(Dossier(config, public)).attaquer(moi)
    return {"public": public, "qui": moi or "du dehors", **resumer(prises), "secondes": time.process_time() - depart}


def resumer(prises: Prises) -> dict:
    """Les comptes d'une attaque."""
    petits = prises.reponses[prises.reponses["petit"]]
    publies = petits[petits["genre"].eq("publié")]
    return {
        "visés": prises.vises, "établis": len(prises.etablis), "petits": len(petits), "justes": petits["juste"].sum(),
        "petits publiés": len(publies), "justes publiés": publies["juste"].sum(), "presque sûrs": prises.presque,
    }  # fmt: skip


def dire_l_attaque(mesures: pd.DataFrame) -> str:
    """Les attaques réunies, par public et par attaquant."""
    groupes = mesures.groupby(["public", "qui"], sort=False)
    sommes = groupes.sum(numeric_only=True)
    table = pd.DataFrame(
        {
            "graines": groupes.size(),
            "petits comptes": sommes["petits"],
            "établis": sommes["établis"],
            "presque sûrs (95 %)": sommes["presque sûrs"],
            "bonnes réponses (%)": (100 * sommes["justes"] / sommes["petits"]).round(1),
            "sur les comptes publiés (%)": (100 * sommes["justes publiés"] / sommes["petits publiés"]).round(1),
            "pire graine (%)": (100 * (mesures["justes"] / mesures["petits"]).groupby(
                [mesures["public"], mesures["qui"]], sort=False).max()).round(1),
            "secondes (processeur)": groupes["secondes"].mean().round(1),
        }
    )  # fmt: skip
    if "comptes changés" in sommes:
        for nom in ("justes, une fois", "justes, moyenne"):
            table[f"{nom} (%)"] = (100 * sommes[nom] / sommes["comptes changés"]).round(1)
        table.insert(1, "comptes changés", sommes["comptes changés"])
    return tableau(table.reset_index())


def tableau(table: pd.DataFrame) -> str:
    """En Markdown."""
    lignes = [table.columns.astype(str).tolist(), [":--"] + ["--:"] * (table.shape[1] - 1)]
    lignes += table.astype(object).where(table.notna(), "–").map(str).to_numpy().tolist()
    return "\n".join(f"| {' | '.join(ligne)} |" for ligne in lignes)


def _parcs(arguments: argparse.Namespace) -> Iterator[Configuration]:
    """Les parcs à mesurer : celui de ``--dossier``, ou un par graine."""
    if arguments.dossier:
        yield parc(2007, arguments.logements, arguments.dossier)
        return
    for graine in range(arguments.premiere, arguments.premiere + arguments.graines):
        with tempfile.TemporaryDirectory() as dossier:
            yield (
                ville(Path(dossier) / "ville", graine)
                if arguments.quoi == "adverse"
                else parc(graine, arguments.logements, Path(dossier))
            )


def _attaques(arguments: argparse.Namespace) -> Iterator[dict]:
    for config in _parcs(arguments):
        for public in arguments.publics.split(","):
            proteger(config, public)
            for moi in (None, *(b for b in arguments.bailleurs.split(",") if b)):
                yield attaquer(config, public, moi)


def _suppressions(arguments: argparse.Namespace) -> Iterator[dict]:
    for config in _parcs(arguments):
        with tempfile.TemporaryDirectory() as dossier:
            supprimee = supprimer(config, Path(dossier))
            for quoi, annees in (("la dernière année", config.annees[-1:]), ("toutes les années", config.annees)):
                yield attaquer(replace(supprimee, annees=annees), "publique") | {"qui": quoi}


def _moyennes(arguments: argparse.Namespace) -> Iterator[dict]:
    for graine in range(arguments.premiere, arguments.premiere + arguments.graines):
        for fois in (2, 4, 8):
            with tempfile.TemporaryDirectory() as dossier:
                config, vus = publier_plusieurs_fois(Path(dossier), graine, fois)
                prise = attaquer(config, "publique") | {"qui": f"publiée {fois} fois"}
                yield prise | deviner_par_la_moyenne(config, vus)


def _protections(arguments: argparse.Namespace) -> Iterator[dict]:
    for config in _immense(arguments) if arguments.immense else _parcs(arguments):
        for public in arguments.publics.split(","):
            yield mesurer(config, public)


def _immense(arguments: argparse.Namespace) -> Iterator[Configuration]:
    with tempfile.TemporaryDirectory() as dossier:
        yield preparer(ecrire_une_ville_immense(Path(dossier)), LOGEMENTS, arguments.premiere)


def _dire_au_fur_et_a_mesure(mesure: dict) -> dict:
    print(mesure, file=sys.stderr, flush=True)
    return mesure


def _erreurs(arguments: argparse.Namespace) -> Iterator[pd.DataFrame]:
    for config in _parcs(arguments):
        yield mesurer_les_erreurs(config, arguments.publics.split(",")[0])


MESURES: dict[str, Callable] = {
    "attaque": _attaques, "adverse": _attaques, "suppression": _suppressions, "moyenne": _moyennes,
    "protection": _protections,
}  # fmt: skip


def principal() -> int:
    """Lire les arguments, mesurer, imprimer le tableau."""
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("quoi", choices=["erreurs", "couverture", *MESURES])
    lecteur.add_argument("--graines", type=int, default=20)
    lecteur.add_argument("--premiere", type=int, default=1)
    lecteur.add_argument("--logements", type=int, default=16000)
    lecteur.add_argument("--dossier", type=Path, help="un parc calculé, ou où le mettre, au lieu d'un par graine")
    lecteur.add_argument("--immense", action="store_true", help="12 ans, 60 quartiers, 12 bailleurs (protection)")
    lecteur.add_argument("--publics", default="publique")
    lecteur.add_argument("--bailleurs", default="gbh", help="attaquants, en plus de celui du dehors")
    arguments = lecteur.parse_args()
    if arguments.quoi == "couverture":
        print(dire_la_couverture(pd.DataFrame(mesurer_la_couverture())))
        return 0
    if arguments.quoi == "erreurs":
        print(dire_les_erreurs(pd.concat(_erreurs(arguments))))
        return 0
    mesures = pd.DataFrame(map(_dire_au_fur_et_a_mesure, MESURES[arguments.quoi](arguments)))
    print(tableau(mesures) if arguments.quoi == "protection" else dire_l_attaque(mesures))
    if arguments.quoi == "moyenne":
        print(f"\n{tableau(simuler_la_moyenne())}")
    return int(arguments.quoi not in ("protection", "suppression") and mesures["établis"].sum() > 0)


if __name__ == "__main__":
    sys.exit(principal())

"""Planter des fautes dans les dépôts fictifs, et compter celles que la lecture nomme.

    python bench/fautes.py [--fautes 400] [--graine 2010] [--brut DOSSIER] [--tranche 0/1] [--mesurer]

Une faute est *nommée* si le fichier est refusé, si un avertissement nouveau paraît, ou si un doute est à expliquer.
``--mesurer`` : pour chaque faute muette, refaire les indicateurs de l'année et dire combien sortent de leur intervalle.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from genres_de_fautes import GENRES, Faute

from observatoire import indicateurs, lecture
from observatoire.chaine import Chaine
from observatoire.configuration import Configuration, lire_configuration
from observatoire.lecture.avertissements import rendre_a_expliquer
from observatoire.lecture.depots import COLONNES_AVERTISSEMENTS, Fichier
from observatoire.lecture.fichiers import lire_fichier
from observatoire.lecture.parts import controler_fichier, relier
from observatoire.lecture.verification import Depots, inventaire, voir
from observatoire.lecture.vraisemblance import comparer

RACINE = Path(__file__).resolve().parents[1]
Cle = tuple[int, str, str]
#: Sans lien déclaré, une règle regarde l'une en lisant l'autre.
RECOUPEES = {"attributions": {"menages"}, "programmes": {"logements", "immeubles"}, "logements": {"programmes"}}


@dataclass
class Constat:
    """Une faute plantée : où, de quel genre, et ce qui l'a nommée (rien si elle est muette)."""

    cle: Cle
    genre: str
    textes: pd.DataFrame = field(repr=False)
    nommee: tuple[str, ...] = ()
    sortis: tuple[str, ...] = ()


class Terrain:
    """Des dépôts en ordre, lus une fois, où l'on plante une faute à la fois."""

    def __init__(self, config: Configuration):
        self.config = config
        self.depots: Depots = lecture.verifier(config)
        assert self.depots.accepte, self.depots.message()
        _, self.outils = inventaire(config)
        self.fichiers: dict[Cle, Fichier] = {(f.annee, f.deposant, f.table): f for f in self.depots.fichiers}
        self.ordinaires = {cle: _doutes(f.avertissements) for cle, f in self.fichiers.items()}
        self.lus: dict[Cle, pd.DataFrame] = {}

    def textes(self, cle: Cle) -> pd.DataFrame | None:
        """La table telle que déposée."""
        if cle not in self.fichiers:
            return None
        if cle not in self.lus:
            lu = lire_fichier(self.fichiers[cle].chemin, [self.depots.schemas[cle[2]].colonnes])
            self.lus[cle] = lu.cadre.set_axis(lu.entete, axis=1)
        return self.lus[cle]

    def planter(self, cle: Cle, genre: str, tirage: np.random.Generator, dossier: Path) -> Constat | None:
        """Planter une faute et vérifier de nouveau ; ``None`` si ce genre ne change rien à cette table."""
        abimee = self.abimer(cle, genre, tirage)
        return None if abimee is None else Constat(cle, genre, abimee, self.nommer(cle, abimee, dossier))

    def abimer(self, cle: Cle, genre: str, tirage: np.random.Generator) -> pd.DataFrame | None:
        """La table abîmée ; ``None`` si ce genre n'y change rien."""
        annee, deposant, table = cle
        autres = [c for c in self.fichiers if c[0] == annee and c[2] == table and c[1] != deposant]
        autre = self.textes(autres[tirage.integers(len(autres))]) if autres else None
        avant = self.textes((annee - 1, deposant, table))
        faute = Faute(self.textes(cle), self.depots.schemas[table], tirage, annee, avant, autre)
        abimee = GENRES[genre](faute)
        pareille = abimee is None or abimee.reset_index(drop=True).equals(faute.textes.reset_index(drop=True))
        return None if pareille else abimee

    def nommer(self, cle: Cle, abimee: pd.DataFrame, dossier: Path) -> tuple[str, ...]:
        """Les règles qui nomment la faute : problèmes, avertissements nouveaux, doutes à expliquer."""
        annee, deposant, table = cle
        chemin = dossier / f"{table}_{deposant}.csv"
        abimee.to_csv(chemin, sep=";", index=False, quoting=csv.QUOTE_MINIMAL)
        part = {
            c: _neuf(f) for c, f in self.fichiers.items() if c[:2] == (annee, deposant) and c[2] in self.liees(table)
        }
        part[cle] = replace(_neuf(self.fichiers[cle]), chemin=chemin, donnees={}, contenus={}, traitements=[])
        controler_fichier(part[cle], self.outils)
        if not part[cle].refuse:
            relier(list(part.values()), self.outils)
        regles = {p.regle for p in part[cle].problemes} | {t.nom for t in part[cle].traitements}
        if regles:
            return tuple(sorted(regles))
        regles = {p.regle for f in part.values() for p in f.problemes}
        for c, f in part.items():
            f.avertissements = rendre_a_expliquer(f.avertissements, f.lignes)
            regles |= {r for r, n in (_doutes(f.avertissements) - self.ordinaires[c]).items() if n}
        depots = dataclasses.replace(self.depots, fichiers=list((self.fichiers | part).values()))
        ecarts = comparer({c: v for c, v in voir(depots).items() if c[2] == table})
        return tuple(sorted(regles | {r for e in ecarts.values() for r in e["regle"]}))

    def liees(self, table: str) -> set[str]:
        """La table, celles dont elle dépend et celles qui dépendent d'elle."""
        liens = {nom: set(schema.liens.values()) for nom, schema in self.depots.schemas.items()}
        dessous = {table, *liens[table], *(c for nom in liens[table] for c in liens[nom])}
        dessus = {nom for nom in liens if liens[nom] & {table}}
        return dessous | dessus | {c for nom in dessus for c in liens[nom]} | RECOUPEES.get(table, set())

    def mesurer(self, constat: Constat, dossier: Path) -> tuple[str, ...]:
        """Les indicateurs de l'année qui sortent de leur intervalle à cause de la faute."""
        annee = constat.cle[0]
        vrai = self._calculer(annee, dossier / f"vrai{annee}", {})
        faux = self._calculer(annee, dossier / f"faux{annee}", {constat.cle: constat.textes})
        cles = ["niveau", "territoire", "bailleur", "indicateur"]
        j = vrai.merge(faux[[*cles, "valeur"]], on=cles, suffixes=("", "_fausse"))
        j = j[j["niveau"].isin(["ville", "quartier"]) & j["valeur"].notna() & j["valeur_fausse"].notna()]
        marge = 1.96 * np.sqrt(j["valeur"].abs())  # un effectif n'a pas d'intervalle : celui de Poisson
        bas, haut = j["borne_basse"].fillna(j["valeur"] - marge), j["borne_haute"].fillna(j["valeur"] + marge)
        return tuple(sorted(j.loc[~j["valeur_fausse"].between(bas, haut), "indicateur"].unique()))

    def _calculer(self, annee: int, dossier: Path, fautes: dict[Cle, pd.DataFrame]) -> pd.DataFrame:
        fichier = dossier / "indicateurs.parquet"
        if fautes or not fichier.is_file():
            brut = dossier / "brut" / str(annee)
            brut.mkdir(parents=True, exist_ok=True)
            for f in brut.iterdir():
                f.unlink()
            for cle, f in self.fichiers.items():
                if cle[0] == annee and cle not in fautes:
                    (brut / f.chemin.name).symlink_to(f.chemin)
            for cle, textes in fautes.items():
                textes.to_csv(brut / f"{cle[2]}_{cle[1]}.csv", sep=";", index=False)
            config = replace(self.config, annees=(annee,), annee_zero=annee)
            config = config.avec_chemins("publique", brut=brut.parent, prepare=dossier / "prepare")
            depots = lecture.lire(config, suite=indicateurs.sommeur(config))
            indicateurs.ecrire_indicateurs(config, deja=depots.suites)
            (dossier / "prepare" / "indicateurs.parquet").replace(fichier)
        return pd.read_parquet(fichier)


def _neuf(f: Fichier) -> Fichier:
    return replace(f, problemes=[], avertissements=pd.DataFrame(columns=COLONNES_AVERTISSEMENTS))


def _doutes(avertissements: pd.DataFrame) -> Counter:
    return Counter(avertissements["regle"])


def tirer(terrain: Terrain, nombre: int, graine: int) -> list[tuple[Cle, str]]:
    """Autant de fautes de chaque table, et dans une table de chaque genre ; la dernière année surtout."""
    tirage = np.random.default_rng(graine)
    par_table: dict[str, list[Cle]] = {}
    for cle in terrain.fichiers:
        par_table.setdefault(cle[2], []).append(cle)
    couples = [(table, genre) for genre in GENRES for table in par_table]
    choisis = [couples[k % len(couples)] for k in range(4 * nombre)]
    return [(par_table[t][tirage.integers(len(par_table[t]))], g) for t, g in choisis]


def planter(
    terrain: Terrain, nombre: int, graine: int, dossier: Path, tranche: tuple[int, int] = (0, 1)
) -> list[Constat]:
    """Planter ``nombre`` fautes qui changent quelque chose ; ``tranche`` (k, n) : n'en faire que la k-ième sur n."""
    constats: list[Constat] = []
    for rang, (cle, genre) in enumerate(tirer(terrain, nombre, graine)):
        if rang % tranche[1] == tranche[0] and len(constats) < nombre // tranche[1]:
            constat = terrain.planter(cle, genre, np.random.default_rng([graine, rang]), dossier)
            constats += [constat] if constat else []
    return constats


def resumer(constats: list[Constat]) -> pd.DataFrame:
    """Une ligne par table : fautes, genres, nommées, muettes, et muettes qui changent un chiffre."""
    t = pd.DataFrame(
        [(c.cle[2], c.genre, bool(c.nommee), not c.nommee, bool(c.sortis)) for c in constats],
        columns=["table", "genres", "nommees", "muettes", "changent"],
    )
    par_table = t.groupby("table").agg({"genres": "nunique", "nommees": "sum", "muettes": "sum", "changent": "sum"})
    return par_table.assign(fautes=t.groupby("table").size())


def principal() -> None:
    lecteur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    lecteur.add_argument("--fautes", type=int, default=400)
    lecteur.add_argument("--graine", type=int, default=2010)
    lecteur.add_argument("--brut", type=Path)
    lecteur.add_argument("--tranche", default="0/1")
    lecteur.add_argument("--mesurer", action="store_true")
    options = lecteur.parse_args()
    config = lire_configuration(RACINE / "observatoire.yml")
    with tempfile.TemporaryDirectory() as aside:
        config = config.avec_chemins("publique", brut=options.brut or Path(aside) / "brut")
        if options.brut is None:
            Chaine(config).exemple(2007, 16000)
        terrain = Terrain(config)
        tranche = tuple(int(n) for n in options.tranche.split("/"))
        constats = planter(terrain, options.fautes, options.graine, Path(aside), tranche)
        for c in (c for c in constats if not c.nommee):
            c.sortis = terrain.mesurer(c, Path(aside)) if options.mesurer else ()
            suite = ", ".join(c.sortis) or "aucun chiffre hors de son intervalle" if options.mesurer else "non mesurée"
            print("muette :", *c.cle, c.genre, "–", suite, flush=True)
    print(resumer(constats).to_string())
    nommees = sum(bool(c.nommee) for c in constats)
    print(f"{nommees} nommées sur {len(constats)} ({nommees / len(constats):.1%})")


if __name__ == "__main__":
    principal()

"""Ce qui a été déposé : l'inventaire des fichiers, et ce que leur vérification en dit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from observatoire.configuration import TABLES, Bailleur, Configuration
from observatoire.interdits import nommer, porte_un_nom
from observatoire.lecture.allures import Allure
from observatoire.lecture.fichiers import LUS, conseiller_format
from observatoire.lecture.inventaires import Trouve, parcourir
from observatoire.lecture.problemes import Probleme, abreger, citer, compter_problemes, enumerer, imprimable
from observatoire.lecture.temoins import fondre

RPLS = "rpls"
TABLES_RPLS = ("immeubles", "logements")
COLONNES_AVERTISSEMENTS = ["ligne", "id", "colonne", "regle", "message", "explication", "a_expliquer", "mesure"]
#: Ce qu'une année ajoute au nom d'un fichier, qui reste le même d'une année à l'autre.
_ANNEE = re.compile(r"[_ -]*(?:19|20)\d\d")
#: Octets d'un CSV qui porterait ce que porte un octet d'un autre format, compressé.
POIDS_COMPRESSE = 5


@dataclass(frozen=True)
class Traitement:
    """Ce que la lecture a fait d'une singularité connue : « réparé », « mis à part » ou « gardé »."""

    nom: str
    genre: str
    nombre: int
    phrase: str


@dataclass(frozen=True)
class Contenu:
    """Ce qu'il faut retenir d'une table lue quand ses lignes ne sont plus en mémoire.

    ``remplie`` : part des cellules remplies, de 0 à 1 ; ``vides`` : les colonnes qui n'ont aucune valeur ;
    ``temoins`` : quelques lignes, pour comparer la table à une autre (:mod:`observatoire.lecture.temoins`) ;
    ``allure`` : l'ordre des lignes, la forme des identifiants (:mod:`observatoire.lecture.allures`).
    """

    lignes: int
    remplie: float
    vides: tuple[str, ...] = ()
    temoins: pd.DataFrame | None = field(default=None, compare=False, repr=False)
    allure: Allure | None = field(default=None, compare=False, repr=False)

    @classmethod
    def de(cls, donnees: pd.DataFrame, temoins: pd.DataFrame | None = None, allure: Allure | None = None) -> Contenu:
        """Le contenu d'un tableau converti."""
        remplies = donnees.notna().to_numpy()
        vides = tuple(donnees.columns[~remplies.any(axis=0)])
        return cls(len(donnees), float(remplies.mean()) if remplies.size else 0.0, vides, temoins, allure)

    @classmethod
    def reunir(cls, contenus: list[Contenu]) -> Contenu:
        """Le contenu d'une table donnée en plusieurs morceaux ; son allure n'en est plus celle d'un fichier."""
        if len(contenus) == 1:
            return contenus[0]
        lignes = sum(c.lignes for c in contenus)
        remplie = sum(c.remplie * c.lignes for c in contenus) / max(lignes, 1)
        communes = set.intersection(*(set(c.vides) for c in contenus if c.lignes)) if lignes else set()
        vides = tuple(nom for nom in (contenus[0].vides if contenus else ()) if nom in communes)
        return cls(lignes, remplie, vides, fondre([c.temoins for c in contenus]))


@dataclass
class Fichier:
    """Un fichier du dossier ``brut`` et tout ce que sa vérification en dit.

    ``relatif`` est le seul chemin affiché. ``donnees`` : {table: tableau converti}, indexé par la ligne du tableur ;
    vidé quand les lignes sont écrites au fur et à mesure. ``contenus`` : {table: :class:`Contenu`}, toujours gardé.
    ``morceau`` : le chemin est celui d'un morceau de ce fichier, coupé par nous ; ``a_lire`` : faux quand l'ouvrir ne
    donnerait rien, ou arrêterait la lecture. ``source`` : le nom sous lequel une correspondance le décrit ;
    ``siennes`` : {notre colonne: le nom qu'elle y a}.
    """

    chemin: Path
    relatif: str
    annee: int | None = None
    deposant: str | None = None
    table: str | None = None
    feuille: str | None = None
    lignes: int = 0
    problemes: list[Probleme] = field(default_factory=list)
    avertissements: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLONNES_AVERTISSEMENTS))
    traitements: list[Traitement] = field(default_factory=list)
    donnees: dict[str, pd.DataFrame] = field(default_factory=dict)
    contenus: dict[str, Contenu] = field(default_factory=dict)
    morceau: bool = False
    a_lire: bool = True
    source: str = ""
    siennes: dict[str, str] = field(default_factory=dict)

    @property
    def refuse(self) -> bool:
        """Un problème suffit : le fichier est refusé en entier."""
        return bool(self.problemes)

    @property
    def format(self) -> str:
        """« csv », « xlsx », « ods » ou « parquet » ; une autre extension, sauf si elle désigne quelqu'un."""
        return "" if porte_un_nom(self.chemin.name) else self.chemin.suffix.lower().lstrip(".")

    @property
    def tables(self) -> tuple[str, ...]:
        """Les tables d'échange que le fichier donne (deux pour un RPLS)."""
        return TABLES_RPLS if self.table == RPLS else (self.table,) if self.table else ()

    @property
    def titre(self) -> str:
        """Chemin et feuille, comme ils s'affichent en tête d'un message."""
        return self.relatif + (f", feuille {citer(self.feuille)}" if self.feuille else "")

    def morceler(self, chemin: Path) -> Fichier:
        """Un morceau de ce fichier, tel qu'il est avant d'être lu."""
        return replace(self, chemin=chemin, morceau=True, problemes=[], traitements=[])

    def ajouter_avertissements(self, morceaux: list[pd.DataFrame]) -> None:
        """Ajouter des doutes à ceux du fichier."""
        morceaux = [m for m in (self.avertissements, *morceaux) if len(m)]
        if morceaux:
            self.avertissements = pd.concat(morceaux, ignore_index=True)

    def traites(self, genre: str) -> int:
        """Nombre de cellules ou de lignes réparées, mises à part ou gardées."""
        return sum(t.nombre for t in self.traitements if t.genre == genre)

    def message(self) -> str:
        """Le refus, dans la forme que reçoit le bailleur ; vide si le fichier est accepté."""
        if not self.refuse:
            return ""
        tete = f"{self.titre} : fichier refusé, {compter_problemes(self.problemes)}."
        corps = "\n".join(p.texte for p in abreger(self.problemes))
        return f"{tete}\n\n{corps}\n\nAucune ligne de ce fichier n'a été utilisée."


def cles(fichier: Fichier) -> list[tuple[int, str, str]]:
    """(année, déposant, table) de chaque table que donne un fichier."""
    return [(fichier.annee, fichier.deposant, table) for table in fichier.tables]


def peser(fichiers: Iterable[Fichier]) -> int:
    """Octets déposés, ramenés à ceux d'un CSV."""
    return sum(
        f.chemin.stat().st_size * (1 if f.format in ("csv", "morceau") else POIDS_COMPRESSE)
        for f in fichiers
        if f.a_lire
    )


def relatif_a(chemin: Path, config: Configuration) -> str:
    """Chemin affichable : à partir du dossier de la configuration, sinon à partir du dossier des dépôts.

    Ce qui, parmi les dépôts, porte le nom de quelqu'un n'est désigné que par son rang.
    """
    racine, brut = config.fichier.parent, config.chemin("brut")
    base = racine if chemin.is_relative_to(racine) else brut.parent
    if not chemin.is_relative_to(base):
        return imprimable(chemin.name)
    lieux = [lieu for lieu in (*reversed(chemin.parents), chemin) if lieu.is_relative_to(base) and lieu != base]
    return imprimable("/".join(nommer(lieu) if brut in lieu.parents else lieu.name for lieu in lieux)) or "."


def inventorier(
    config: Configuration, annee: int | None = None, decrits: Mapping[tuple[str, str], tuple[str, ...]] | None = None
) -> tuple[list[Fichier], list[str]]:
    """Les fichiers de ``brut``, triés, et les chemins de ceux qui sont laissés de côté (cachés, ou du système).

    Tout ce que son nom, sa place, sa nature ou ses droits ne permettent pas de lire porte un problème. ``decrits`` :
    {(déposant, fichier): tables} de ceux qu'une correspondance décrit ; un fichier y est une fois par table.
    """
    trouves = parcourir(config.chemin("brut"))
    fichiers = [
        _situer(fichier, t, config)
        for t in trouves
        if not t.laisse
        for fichier in _par_table(Fichier(t.chemin, relatif_a(t.chemin, config)), config, decrits or {})
    ]
    if annee is not None:
        fichiers = [f for f in fichiers if f.annee == annee or f.chemin == config.chemin("brut")]
    _signaler_doublons([f for f in fichiers if f.annee in config.annees])
    return fichiers, [relatif_a(t.chemin, config) for t in trouves if t.laisse]


def _par_table(fichier: Fichier, config: Configuration, decrits) -> list[Fichier]:
    """Le fichier, sous chacune des tables que sa correspondance dit qu'il donne."""
    nom = nommer_le_depot(fichier.chemin, [d.code for d in config.deposants])
    if nom not in decrits:
        return [fichier]
    deposant, source = nom
    return [replace(fichier, deposant=deposant, source=source, table=table, problemes=[]) for table in decrits[nom]]


def nommer_le_depot(chemin: Path, deposants: Iterable[str]) -> tuple[str, str] | None:
    """(déposant, fichier) d'un nom comme « parc_2010_neolia.xlsx » ; ``None`` s'il ne finit par aucun déposant."""
    nom = _ANNEE.sub("", chemin.stem.lower())
    code = next((d for d in deposants if nom.endswith(f"_{d.lower()}")), None)
    return None if code is None else (code, nom.removesuffix(f"_{code.lower()}"))


def _situer(fichier: Fichier, trouve: Trouve, config: Configuration) -> Fichier:
    """Lire l'année dans le dossier, la table et le déposant dans le nom ; et dire ce qui empêche de les lire."""
    dossiers = fichier.chemin.relative_to(config.chemin("brut")).parts
    dossiers = dossiers[:-1] or (dossiers if trouve.probleme else ())  # une année peut elle-même ne pas se lire
    if len(dossiers) == 1 and re.fullmatch(r"[0-9]{4}", dossiers[0]):
        fichier.annee = int(dossiers[0])
    table, _, deposant = fichier.chemin.stem.lower().partition("_")
    deposants = {d.code.lower(): d for d in config.deposants}
    if fichier.source:
        table, deposant = fichier.table, fichier.deposant.lower()
    if table in (*TABLES, RPLS) and deposant in deposants:
        fichier.table, fichier.deposant = table, deposants[deposant].code
    if trouve.probleme:
        fichier.problemes, fichier.a_lire = [trouve.probleme], False
    elif fichier.annee is not None and fichier.annee not in config.annees:
        fichier.problemes = [_annee_inconnue(fichier.annee, config)]  # rien d'autre ne peut être vérifié
    else:
        fichier.problemes = list(_mal_place(fichier, table, deposant, config))
    return fichier


def _mal_place(fichier: Fichier, table: str, deposant: str, config: Configuration) -> Iterator[Probleme]:
    """Ce que la place et le nom d'un fichier ont de fautif."""
    if fichier.annee is None:
        yield Probleme(
            "dossier",
            "le fichier n'est pas dans un dossier d'année.",
            f"Le placer dans un dossier nommé par son année, par exemple brut/{max(config.annees)}.",
        )
    if porte_un_nom(fichier.chemin.name):
        quoi = "il porte le nom d'une personne, ou de quoi la joindre."
        yield Probleme("nom_de_fichier", f"le nom du fichier ne peut pas être répété : {quoi}", _nom_attendu(config))
        return
    if _a_de_l_invisible(fichier.chemin):
        quoi = "il contient un saut de ligne, une espace de trop ou un caractère illisible."
        conseil = f"Le renommer en retapant son nom. {_nom_attendu(config)}"
        yield Probleme("nom_de_fichier", f"le nom du fichier n'est pas compris : {quoi}", conseil)
        return
    if fichier.format not in LUS:
        yield Probleme(
            "format", f"le format {citer(fichier.chemin.suffix)} n'est pas lu.", conseiller_format(fichier.format)
        )
    if fichier.table is None:
        yield _nom_incompris(table, deposant, config)
    else:
        yield from _table_permise(table, next(d for d in config.deposants if d.code == fichier.deposant))


def _a_de_l_invisible(chemin: Path) -> bool:
    """Un nom que l'on relirait sans voir en quoi il n'est pas celui qui est attendu."""
    mots = [*chemin.stem.split("_"), chemin.suffix]
    return not chemin.name.isprintable() or any(mot != mot.strip() for mot in mots)


def _annee_inconnue(annee: int, config: Configuration) -> Probleme:
    annees = enumerer(map(str, config.annees))
    return Probleme(
        "annee",
        f"l'année {annee} n'est pas une année de l'édition.",
        f"Années de l'édition : {annees}. Déplacer le fichier, ou ajouter l'année dans {config.fichier.name}.",
    )


def _nom_incompris(table: str, deposant: str, config: Configuration) -> Probleme:
    tables = ", ".join((*TABLES, RPLS))
    codes = ", ".join(d.code for d in config.deposants)
    if table not in (*TABLES, RPLS):
        quoi, conseil = f"la table {citer(table)} n'existe pas.", f"Tables connues : {tables}."
    else:
        quoi, conseil = f"le déposant {citer(deposant)} n'est pas connu.", f"Déposants connus : {codes}."
    return Probleme(
        "nom_de_fichier",
        f"le nom du fichier n'est pas compris : {quoi}",
        f"{conseil}\n{_nom_attendu(config)}",
    )


def _nom_attendu(config: Configuration) -> str:
    return f"Écrire <table>_<déposant>, par exemple logements_{config.deposants[0].code}.csv."


def _table_permise(table: str, deposant: Bailleur) -> list[Probleme]:
    if set(TABLES_RPLS if table == RPLS else [table]) <= set(deposant.tables):
        return []
    permises = ", ".join(deposant.tables)
    return [
        Probleme(
            "table_du_deposant",
            f"{deposant.nom} ne dépose pas la table « {table} ».",
            f"Tables de ce déposant : {permises}.",
        )
    ]


def _signaler_doublons(fichiers: list[Fichier]) -> None:
    """Une même table déposée deux fois (CSV et XLSX, ou RPLS et logements) : aucune n'est préférée.

    Deux fichiers que la correspondance décrit l'un et l'autre se complètent : deux agences, deux logiciels.
    """
    depots: dict[tuple, list[Fichier]] = {}
    for fichier in fichiers:
        for table in fichier.tables:
            depots.setdefault((fichier.annee, fichier.deposant, table), []).append(fichier)
    for (_, _, table), concurrents in depots.items():
        if len({f.source for f in concurrents if f.source}) == len(concurrents):
            continue
        for fichier in concurrents if len(concurrents) > 1 else ():
            autres = enumerer(imprimable(nommer(f.chemin)) for f in concurrents if f is not fichier)
            fichier.problemes.append(
                Probleme(
                    "doublon",
                    f"la table « {table} » est aussi déposée dans {autres}.",
                    "N'en garder qu'un seul des deux.",
                )
            )

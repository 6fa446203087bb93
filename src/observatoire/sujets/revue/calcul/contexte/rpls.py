"""Les chiffres des territoires de la configuration, pris dans les fichiers de résultats du RPLS déposés.

``referentiels/contexte`` les reçoit tels que le SDES les publie, autant que l'on veut. Une année est celle du fichier
qui porte son nom ; à défaut, celle d'une colonne de série (« tx_vac_2019 ») du fichier le plus récent.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

import pandas as pd

from observatoire.communes import ARRONDISSEMENTS, INSEE
from observatoire.configuration import Configuration
from observatoire.interdits import normaliser
from observatoire.lecture.conversion import nombres_ecrits
from observatoire.lecture.problemes import citer, enumerer
from observatoire.sujets.revue.calcul.contexte.feuilles import IDENTIFIANTS, Feuille, lire_feuilles
from observatoire.sujets.revue.calcul.contexte.mesures import CLES, COLONNES, defauts, mesurer, reconnaitre

DOSSIER = "contexte"
#: Ce que les statisticiens publics écrivent dans une case sans valeur.
SECRETES, ABSENTES = ("s", "c"), ("nd",)


@dataclass(frozen=True)
class Territoire:
    """Un territoire à chercher : ``echelle`` vaut « commune » ou « epci »."""

    echelle: str
    code: str
    nom: str


def lire_les_deposes(config: Configuration) -> tuple[pd.DataFrame, list[str]]:
    """Les chiffres des fichiers déposés (:data:`COLONNES`, une ligne par clé), et tout ce qui ne va pas."""
    territoires = chercher(config)
    echelles = tuple(dict.fromkeys(t.echelle for t in territoires))
    feuilles, problemes = lire_feuilles(config.chemin("referentiels") / DOSSIER, echelles)
    lues = []
    for feuille in map(_reunir_les_arrondissements, feuilles):
        siens = [t for t in territoires if t.echelle == feuille.echelle]
        table, introuvables = _choisir(feuille, siens)
        nombres, secrets, illisibles = _convertir(feuille, table)
        problemes += [f"{feuille.lieu} : {p}" for p in (*introuvables, *illisibles)]
        if not introuvables and not illisibles:
            lues.append(_mesurer(feuille, nombres, secrets, siens))
    toutes = pd.concat(lues) if lues else pd.DataFrame(columns=[*COLONNES, "millesime", "fichier"])
    return _departager(toutes, problemes), problemes


def chercher(config: Configuration) -> list[Territoire]:
    """Les territoires dont on veut le contexte : la ou les communes, et l'EPCI."""
    if config.communes:
        siennes = [Territoire("commune", c.code, c.nom) for c in config.communes]
        return [*siennes, Territoire("epci", config.code, config.nom)]
    seule = [Territoire("commune", config.code, config.nom)] if INSEE.fullmatch(config.code) else []
    return seule + ([Territoire("epci", config.epci.code, config.epci.nom)] if config.epci else [])


def _reunir_les_arrondissements(feuille: Feuille) -> Feuille:
    """La feuille, plus une ligne par commune dont tous les arrondissements y sont : la somme de leurs nombres.

    Un nombre qu'un seul n'a pas manque à la commune. Un taux, un loyer moyen ne s'additionnent pas : elle n'en a pas.
    """
    if feuille.echelle != "commune":
        return feuille
    codes = _communes(feuille.table, [])
    tous = pd.Series(ARRONDISSEMENTS)
    lignes = []
    for commune, siens in tous.groupby(tous):
        table = feuille.table[codes.isin(siens.index)]
        if len(table) == len(siens) and not codes.isin([commune]).any():
            nombres = [c for c in table if (reconnaitre(c) or ("",))[0].startswith("nb_")]
            identifiant = next(c for c in IDENTIFIANTS["commune"] if c in table)
            lignes.append({identifiant: commune, **{c: _sommer(table[c]) for c in nombres}})
    ajoutees = pd.DataFrame(lignes, columns=feuille.table.columns, dtype="str").fillna("")
    return replace(feuille, table=pd.concat([feuille.table, ajoutees], ignore_index=True))


def _sommer(textes: pd.Series) -> str:
    """La somme de nombres écrits ; la marque du secret si l'un en porte une, rien si l'un manque."""
    secrets = textes.isin(SECRETES)
    if secrets.any():
        return textes[secrets].iloc[0]
    somme = nombres_ecrits(textes).sum(skipna=False)
    return "" if pd.isna(somme) else f"{somme:.15g}"


def _choisir(feuille: Feuille, territoires: list[Territoire]) -> tuple[pd.DataFrame, list[str]]:
    """Les lignes de ces territoires, leur code en index, et ce qui ne se trouve pas.

    Une commune d'une agglomération peut manquer si d'autres sont là : le SDES n'écrit pas celles qui n'ont aucun parc.
    """
    reconnaitre = _communes if feuille.echelle == "commune" else _epci
    codes = reconnaitre(feuille.table, territoires)
    problemes = []
    for t in territoires:
        trouvees = int(codes.eq(t.code).sum())
        if trouvees > 1:
            problemes.append(_plusieurs(t, trouvees))
        elif not trouvees and (len(territoires) == 1 or not codes.isin([t.code for t in territoires]).any()):
            problemes.append(_aucune(feuille, t))
    la = codes.isin([t.code for t in territoires]) & ~codes.duplicated()
    return feuille.table[la].set_axis(codes[la], axis=0), problemes


def _communes(table: pd.DataFrame, _territoires: list[Territoire]) -> pd.Series:
    """Le code de chaque ligne ; un tableur a pu lui ôter son zéro de tête."""
    colonne = next(c for c in IDENTIFIANTS["commune"] if c in table)
    return table[colonne].str.zfill(5)


def _epci(table: pd.DataFrame, territoires: list[Territoire]) -> pd.Series:
    """Le code de l'EPCI de chaque ligne qui est la sienne : son SIREN, où qu'il soit écrit, sinon son nom."""
    (lui,) = territoires
    siennes = [c for c in IDENTIFIANTS["epci"] if c in table]
    par_le_siren = table[siennes].apply(lambda c: c.str.contains(rf"(?<!\d){lui.code}(?!\d)")).any(axis=1)
    par_le_nom = _noms(table).map(normaliser).eq(normaliser(lui.nom))
    return pd.Series("", index=table.index).mask(par_le_siren if par_le_siren.any() else par_le_nom, lui.code)


def _noms(table: pd.DataFrame) -> pd.Series:
    return table["libepci"] if "libepci" in table else pd.Series("", index=table.index)


def _plusieurs(t: Territoire, nombre: int) -> str:
    if t.echelle == "commune":
        return f"la commune {t.code} a {nombre} lignes. N'en garder qu'une."
    return (
        f"l'EPCI {t.code} ({t.nom}) a {nombre} lignes : il est à cheval sur plusieurs départements, aucune n'est lui "
        "tout entier. Retirer ces lignes, et recopier ce que le SDES publie de l'EPCI entier dans contexte.csv."
    )


def _aucune(feuille: Feuille, t: Territoire) -> str:
    if t.echelle == "commune":
        return f"la commune {t.code} ({t.nom}) n'y est pas. Déposer le fichier qui la contient, ou corriger « code »."
    proches = difflib.get_close_matches(t.nom, _noms(feuille.table).tolist(), n=3, cutoff=0.5)
    conseil = f" Noms proches dans ce fichier : {enumerer(map(citer, proches))}." if proches else ""
    return (
        f"l'EPCI {t.code} ({t.nom}) n'y est ni par son SIREN, ni par ce nom.{conseil} Écrire son nom dans "
        "observatoire.yml comme ce fichier l'écrit."
    )


def _convertir(feuille: Feuille, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Les nombres de chaque colonne employée, les cases secrètes, et ce qui ne se lit pas."""
    textes = table[[c for c in table if reconnaitre(c)]]
    secrets = textes.isin(SECRETES)
    nus = textes.mask(secrets | textes.isin(ABSENTES), "")
    nombres = nus.apply(nombres_ecrits).astype("float64")  # sans ligne, « apply » rendrait du texte
    fautes = nus.ne("") & nombres.isna()
    illisibles = [
        f"colonne « {colonne} », {code} : {citer(nus.at[code, colonne])} n'est pas un nombre. Écrire un nombre, ou "
        "vider la case."
        for colonne in fautes
        for code in fautes.index[fautes[colonne]]
    ]
    for millesime, siens in _par_millesime(feuille, nombres):
        for dit, masque in defauts(siens).items():
            illisibles += [f"RPLS {millesime}, {code} : {dit} Vérifier le fichier." for code in masque.index[masque]]
    return nombres, secrets, illisibles


def _par_millesime(feuille: Feuille, table: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    """Les colonnes de chaque RPLS, sous leur nom sans année : celui du fichier, et ceux de ses séries."""
    colonnes: dict[int, dict[str, str]] = {}
    for colonne in sorted(table, key=len):  # « nb_ls » avant « nb_ls2024 », qui le répéterait
        nom, annee = reconnaitre(colonne)
        colonnes.setdefault(annee or feuille.millesime, {}).setdefault(nom, colonne)
    return [(m, table[[*siennes.values()]].set_axis([*siennes], axis=1)) for m, siennes in colonnes.items()]


def _mesurer(
    feuille: Feuille, nombres: pd.DataFrame, secrets: pd.DataFrame, territoires: list[Territoire]
) -> pd.DataFrame:
    """Les indicateurs d'une feuille ; d'un territoire qui n'y a pas de ligne, son parc, non disponible."""
    parc_secret = "secret" in normaliser(feuille.fichier).split("_")
    caches = dict(_par_millesime(feuille, secrets))
    morceaux = [
        mesurer(siens, caches[millesime], parc_secret).assign(millesime=millesime)
        for millesime, siens in _par_millesime(feuille, nombres)
    ]
    absents = [t.code for t in territoires if t.code not in nombres.index]
    sans_ligne = {"territoire": absents, "indicateur": "nb_logements", "statut": "nd", "millesime": feuille.millesime}
    mesures = pd.concat([m.assign(absent=False) for m in morceaux] + [pd.DataFrame(sans_ligne).assign(absent=True)])
    return mesures.assign(
        annee=mesures["millesime"] - 1,
        echelle=feuille.echelle,
        nom=mesures["territoire"].map({t.code: t.nom for t in territoires}),
        source=[f"RPLS au 1er janvier {m} (SDES), fichier {feuille.fichier}" for m in mesures["millesime"]],
        serie=mesures["millesime"].ne(feuille.millesime),
        edite=feuille.millesime,
        fichier=feuille.lieu,
    )


def _departager(lues: pd.DataFrame, problemes: list[str]) -> pd.DataFrame:
    """Une ligne par clé : le fichier de l'année, sinon le plus récent. Deux fichiers d'une même année sont refusés."""
    if lues.empty:
        return lues[COLONNES]
    rangees = lues.sort_values([*CLES, "absent", "serie", "edite"], ascending=[*[True] * 6, False])
    doubles = rangees[~rangees["absent"]]
    doubles = doubles[doubles.duplicated([*CLES, "serie", "edite"], keep=False)]
    for (millesime, echelle), memes in doubles.groupby(["edite", "echelle"]):
        fichiers = enumerer(sorted(set(memes["fichier"])))
        problemes.append(f"{fichiers} donnent les mêmes chiffres ({echelle}, RPLS {millesime}). N'en garder qu'un.")
    return rangees.drop_duplicates(CLES)[COLONNES]

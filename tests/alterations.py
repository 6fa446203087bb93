"""Abîmer un fichier au hasard, de toutes les façons dont un fichier s'abîme : octets, lignes, cellules, parties."""

from __future__ import annotations

import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import yaml
from atelier_lecture import LIGNES, Atelier, colonnes, octets_csv
from openpyxl import Workbook

from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.corrections import lire_corrections
from observatoire.lecture.depots import Fichier, inventorier
from observatoire.lecture.parts import verifier_part
from observatoire.lecture.territoires import lire_contours
from observatoire.lecture.verification import inventaire

#: Ce qu'aucun dépôt ne devrait contenir, et que quelqu'un déposera.
VALEURS = [
    "", " ", "nr", "NaN", "None", "#N/A", "Err:502", "=1+1", "1e308", "-0", "1" * 400, "9" * 19, "99/99/9999",
    "0001-01-01", "9999-12-31", "2010-02-30", "31/12/2010 00:00:00", "12,5 %", "é" * 300, "\u200b", "\u202e", "\ufeff",
    "\U0001f600", "a;b", 'a"b', "a\nb", "<script>", "../../etc", "{{7*7}}", "M. Dupont", "0381000000", "x@y.fr", "L1",
    "neolia", "battant", "12-05-10", "1.234.567,8", "١٢", "²", "½", "−5", "1_000", "0x10", "inf", "True",
]  # fmt: skip
OCTETS = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\r", b"\n", b"\r\n", b'"', b";", b",", b"\t", b"PK\x03\x04",
    b"PAR1",
]  # fmt: skip
NOEUDS = [
    None, True, 0, -1, 1e308, "", "x", [], {}, [[]], [None], {"": None}, "2010-01-01", "é" * 500, 10**30, "\u202e",
    [1, "a"],
]  # fmt: skip
TEXTES = ("contours", "configuration", "corrections")
FORMATS = ("csv", "xlsx", "ods", "parquet")


def depot(table: str, format_: str, alea: random.Random) -> bytes:
    """Une table en ordre, quelques cellules remplacées, dans un format, puis quelques octets abîmés."""
    entete = colonnes(table)
    lignes = [dict(ligne) for ligne in LIGNES[table]] * alea.choice([1, 1, 1, 3, 0])
    for _ in range(alea.choice([0, 1, 1, 2, 5, 40])):
        if lignes:
            alea.choice(lignes)[alea.choice(entete)] = alea.choice(VALEURS)
    for _ in range(alea.choice([0, 0, 0, 0, 0, 1, 2])):
        _deranger(entete, alea)
    octets = ECRIRE[format_](lignes, entete, alea)
    return abimer(octets, alea) if alea.random() < 0.4 else octets


def _deranger(entete: list[str], alea: random.Random) -> None:
    rang = alea.randrange(len(entete))
    geste = alea.randrange(4)
    if geste == 0 and len(entete) > 1:
        del entete[rang]
    elif geste == 1:
        entete.insert(rang, alea.choice([*VALEURS, *entete]))
    elif geste == 2:
        entete[rang] = alea.choice(VALEURS)
    else:
        alea.shuffle(entete)


def abimer(octets: bytes, alea: random.Random) -> bytes:
    """Le même fichier, coupé, recollé, des octets changés ou glissés ; ou, d'une archive, une de ses parties."""
    if octets[:2] == b"PK" and alea.random() < 0.8:
        return _abimer_une_partie(octets, alea)
    for _ in range(alea.choice([1, 1, 2, 8, 60])):
        lieu, fin = sorted(alea.randrange(len(octets) + 1) for _ in range(2))
        geste = alea.randrange(6)
        if geste == 0:
            octets = octets[:lieu]
        elif geste == 1:
            octets = octets[:lieu] + octets[min(fin, lieu + 40) :]
        elif geste == 2:
            octets = octets[:lieu] + alea.choice(OCTETS) + octets[lieu:]
        elif geste == 3:
            octets = octets[:lieu] + bytes([alea.randrange(256)]) + octets[lieu + 1 :]
        elif geste == 4:
            octets = octets[:lieu] + octets[lieu:fin][:2000] * alea.choice([2, 3, 50]) + octets[fin:]
        else:
            octets = octets[:lieu] + alea.choice(VALEURS).encode("utf-8", "surrogatepass") + octets[lieu:]
    return octets


def _abimer_une_partie(octets: bytes, alea: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(octets)) as ici:
        parties = {nom: ici.read(nom) for nom in ici.namelist()}
    choisie = alea.choice(list(parties))
    if alea.random() < 0.1:
        del parties[choisie]
    elif parties[choisie]:
        parties[choisie] = abimer(parties[choisie], alea)
    with zipfile.ZipFile(flux := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as la:
        for nom, contenu in parties.items():
            la.writestr(nom.upper() if alea.random() < 0.01 else nom, contenu)
    return flux.getvalue()


def _csv(lignes, entete, alea) -> bytes:
    separateur, encodage = alea.choice(";;;,\t|"), alea.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"])
    unique = list(dict.fromkeys(entete))
    return octets_csv(lignes, unique, separateur).decode().encode(encodage, "replace")


def _xlsx(lignes, entete, alea) -> bytes:
    classeur = Workbook()
    feuille = classeur.active
    feuille.title = alea.choice(["Feuille", "a&b", "é'", "F" * 31])
    for _ in range(alea.choice([0, 0, 0, 1, 3])):
        feuille.append([alea.choice(["Titre", ""])])
    for ligne in [dict(zip(entete, entete, strict=True)), *lignes]:
        feuille.append([_type(ligne.get(nom, ""), alea) for nom in entete])
    if alea.random() < 0.2:
        classeur.create_sheet("autre").append(entete)
    classeur.save(flux := io.BytesIO())
    return flux.getvalue()


def _type(valeur: str, alea: random.Random):
    """Le texte, ou ce qu'un tableur en aurait fait ; sans ce qu'un classeur ne sait pas écrire."""
    propre = "".join(c for c in valeur if c.isprintable() or c == "\n")
    if alea.random() < 0.3:
        try:
            return float(propre.replace(",", "."))
        except ValueError:
            return propre
    return propre


def _ods(lignes, entete, alea) -> bytes:
    cadre = pd.DataFrame([[ligne.get(nom, "") for nom in entete] for ligne in lignes])
    cadre.columns = [f"{n}" for n in range(cadre.shape[1])]
    cadre.loc[-1] = list(entete)[: cadre.shape[1]]
    cadre = cadre.sort_index().map(lambda v: "".join(c for c in v if c.isprintable()))
    cadre.to_excel(flux := io.BytesIO(), index=False, header=False, engine="odf")
    return flux.getvalue()


def _parquet(lignes, entete, alea) -> bytes:
    noms = list(dict.fromkeys(entete))
    cadre = pd.DataFrame([[ligne.get(nom, "") for nom in noms] for ligne in lignes], columns=noms)
    for nom in noms:
        geste = alea.random()
        if geste < 0.3:
            nombres = pd.to_numeric(cadre[nom], errors="coerce").astype("float64")
            cadre[nom] = nombres.astype(alea.choice(["float64", "float32", "float16"]))
        elif geste < 0.4:
            cadre[nom] = pd.to_datetime(cadre[nom], errors="coerce", format="%Y-%m-%d")
        elif geste < 0.5:
            cadre[nom] = cadre[nom].astype(alea.choice(["category", "bool", "object"]))
        elif geste < 0.53:
            cadre[nom] = [[valeur] for valeur in cadre[nom]]
    return cadre.to_parquet(index=alea.random() < 0.1)


ECRIRE = dict(zip(FORMATS, (_csv, _xlsx, _ods, _parquet), strict=True))

# --- les essais : une graine, un fichier abîmé, et ce qui ne doit jamais arriver


class Essais:
    """Un dossier de dépôts où chaque essai abîme un fichier."""

    def __init__(self, racine: Path, textes: tuple[str, ...] = TEXTES):
        self.atelier = Atelier(racine)
        self.atelier.deposer_tout()
        self.atelier.corriger(CORRECTIONS)
        self.outils = inventaire(self.atelier.config)[1]
        racine = self.atelier.racine
        essais = {
            "contours": (racine / "data/referentiels/quartiers.geojson", lambda: lire_contours(self.atelier.config)),
            "configuration": (racine / "observatoire.yml", lambda: lire_configuration(racine / "observatoire.yml")),
            "corrections": (
                racine / "data/suivi/corrections.yml",
                lambda: lire_corrections(self.atelier.config, self.outils.schemas),
            ),
        }

        self.textes = [essais[nom] for nom in textes]

    def essayer(self, graine: int) -> str:
        """Un essai ; rend « refusé » ou « accepté », et lève ce que l'observatoire ne sait pas dire."""
        alea = random.Random(graine)
        if alea.random() < 0.2:
            return self._essayer_un_texte(*alea.choice(self.textes), alea)
        return self._essayer_un_depot(alea)

    def _essayer_un_depot(self, alea: random.Random) -> str:
        table, format_ = alea.choice(list(LIGNES)), alea.choice(FORMATS)
        deposant = "sne" if table == "demandes" else "neolia"
        chemin = self.atelier.racine / "abimes" / f"{table}_{deposant}.{format_}"
        chemin.parent.mkdir(exist_ok=True)
        chemin.write_bytes(depot(table, format_, alea))
        fichiers = [Fichier(chemin, chemin.name, 2010, deposant, table)]
        sains = [f for f in inventorier(self.atelier.config, 2010)[0] if f.deposant == deposant and f.table != table]
        verifier_part(fichiers + sains, self.outils)
        fichiers[0].message().encode()
        assert all(p.phrase and p.regle for p in fichiers[0].problemes)
        return "refusé" if fichiers[0].refuse else "accepté"

    def _essayer_un_texte(self, fichier: Path, lire: Callable, alea: random.Random) -> str:
        sain = fichier.read_bytes()
        try:
            fichier.write_bytes(abimer_un_texte(sain, fichier.suffix, alea))
            lire()
            return "accepté"
        except ErreurConfiguration as erreur:
            str(erreur).encode()
            return "refusé"
        finally:
            fichier.write_bytes(sain)


@cache
def _essais(dossier: str, textes: tuple[str, ...]) -> Essais:
    return Essais(Path(tempfile.mkdtemp(dir=dossier)), textes)


def essayer_a_part(graine: int, ou: tuple[str, tuple[str, ...]]) -> str:
    """Un essai, dans le dossier que ce processus s'est fait ; ``ou`` : où le faire, et les textes à abîmer."""
    return _essais(*ou).essayer(graine)


CORRECTIONS = """
corrections:
- {annee: 2010, deposant: neolia, table: logements, id: L1, colonne: surface_m2, attendu: "60,5", remplacer_par: "61",
   motif: mesurée de nouveau, auteur: A. B., date: 2011-02-01}
- {annee: 2010, deposant: neolia, table: logements, id: L2, colonne: loyer_eur, attendu: "350",
   explication: loyer de faveur, motif: convention, auteur: A. B., date: 2011-02-01}
"""


def abimer_un_texte(octets: bytes, suffixe: str, alea: random.Random) -> bytes:
    """Un YAML ou un GeoJSON dont un nœud est changé, ou des octets."""
    if alea.random() < 0.4:
        return abimer(octets, alea)
    arbre = json.loads(octets) if suffixe == ".geojson" else yaml.safe_load(octets)
    for _ in range(alea.choice([1, 1, 2, 4])):
        arbre = _changer_un_noeud(arbre, alea)
    return (json.dumps(arbre) if suffixe == ".geojson" else yaml.safe_dump(arbre, allow_unicode=True)).encode()


def _changer_un_noeud(noeud, alea: random.Random):
    if not isinstance(noeud, list | dict) or not noeud or alea.random() < 0.15:
        return alea.choice(NOEUDS)
    cle = alea.choice(list(noeud) if isinstance(noeud, dict) else range(len(noeud)))
    geste = alea.random()
    if geste < 0.1:
        del noeud[cle]
    elif geste < 0.15 and isinstance(noeud, list):
        noeud.append(noeud[cle])
    else:
        noeud[cle] = _changer_un_noeud(noeud[cle], alea)
    return noeud

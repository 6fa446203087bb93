"""Abîmer un fichier au hasard, de toutes les façons dont un fichier s'abîme : octets, lignes, cellules, parties."""

from __future__ import annotations

import io
import random
import zipfile

import pandas as pd
from atelier_lecture import LIGNES, colonnes, octets_csv
from openpyxl import Workbook

#: Ce qu'aucun dépôt ne devrait contenir, et que quelqu'un déposera.
VALEURS = [
    "", " ", "nr", "NaN", "None", "#N/A", "Err:502", "=1+1", "1e308", "-0", "1" * 400, "9" * 19, "99/99/9999", "0001-01-01",
    "9999-12-31", "2010-02-30", "31/12/2010 00:00:00", "12,5 %", "é" * 300, "\u200b", "\u202e", "\ufeff", "\ud83d\ude00", "a;b",
    'a"b', "a\nb", "<script>", "../../etc", "{{7*7}}", "M. Dupont", "0381000000", "x@y.fr", "L1", "neolia", "battant", "12-05-10",
    "1.234.567,8", "١٢", "²", "½", "−5", "1_000", "0x10", "inf", "True",
]  # fmt: skip
OCTETS = [b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\r", b"\n", b"\r\n", b'"', b";", b",", b"\t", b"PK\x03\x04", b"PAR1"]
FORMATS = ("csv", "xlsx", "ods", "parquet")


def depot(table: str, format_: str, alea: random.Random) -> bytes:
    """Une table en ordre, quelques cellules remplacées, dans un format, puis quelques octets abîmés."""
    entete = colonnes(table)
    lignes = [dict(ligne) for ligne in LIGNES[table]] * alea.choice([1, 1, 1, 3, 0])
    for _ in range(alea.choice([0, 1, 1, 2, 5, 40])):
        if lignes:
            alea.choice(lignes)[alea.choice(entete)] = alea.choice(VALEURS)
    for _ in range(alea.choice([0, 0, 0, 1, 2])):
        _deranger(entete, alea)
    octets = ECRIRE[format_](lignes, entete, alea)
    return abimer(octets, alea) if alea.random() < 0.6 else octets


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
    unique = [nom.encode("utf-8", "replace").decode() for nom in dict.fromkeys(entete)]
    cadre = pd.DataFrame([[ligne.get(nom, "").encode("utf-8", "replace").decode() for nom in unique] for ligne in lignes])
    cadre = cadre.reindex(columns=range(len(unique))).set_axis(unique, axis=1)
    for nom in cadre:
        if alea.random() < 0.3:
            cadre[nom] = pd.to_numeric(cadre[nom], errors="coerce").astype(alea.choice(["float64", "float32", "Int64"]), errors="ignore")
        elif alea.random() < 0.1:
            cadre[nom] = pd.to_datetime(cadre[nom], errors="coerce", format="%Y-%m-%d")
        elif alea.random() < 0.1:
            cadre[nom] = cadre[nom].astype(alea.choice(["category", "bool"]))
    return cadre.to_parquet(index=alea.random() < 0.1)


ECRIRE = dict(zip(FORMATS, (_csv, _xlsx, _ods, _parquet), strict=True))

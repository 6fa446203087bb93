"""Ce que coûte la protection : secondes et mémoire de ``observatoire proteger``, dans un processus à elle.

python bench/secret.py protection --logements 2000         un parc fictif de cette taille
python bench/secret.py protection --immense                12 ans, 60 quartiers, 12 bailleurs
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

from observatoire.chaine import Chaine
from observatoire.configuration import Configuration, lire_configuration

RACINE = Path(__file__).resolve().parents[1]
#: La ville immense : années, quartiers (de trois secteurs), bailleurs, logements.
ANS, QUARTIERS, BAILLEURS, LOGEMENTS = range(2007, 2019), 60, 12, 12_000
_COTE, _COIN = 0.006, (5.8, 47.0)  # d'un carré, en degrés


def ecrire_une_ville_immense(dossier: Path) -> Path:
    """La configuration d'une ville de douze ans, soixante quartiers et douze bailleurs ; rend son fichier."""
    reglages = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    reglages["edition"] |= {"annees": list(ANS), "annee_zero": ANS[0]}
    reglages["bailleurs"] = [{"code": f"b{rang:02d}", "nom": f"Bailleur {rang:02d}"} for rang in range(BAILLEURS)]
    referentiels = dossier / "referentiels"
    (referentiels / "baremes").mkdir(parents=True, exist_ok=True)
    for bareme in sorted((RACINE / "data" / "referentiels" / "baremes").glob("*.yml")):
        contenu = yaml.safe_load(bareme.read_text(encoding="utf-8"))
        for accord in contenu.get("accords", ()):
            accord["bailleurs"] = [b["code"] for b in reglages["bailleurs"]]
        (referentiels / "baremes" / bareme.name).write_text(yaml.safe_dump(contenu, allow_unicode=True), "utf-8")
    carte = {"type": "FeatureCollection", "features": list(_carres())}
    (referentiels / "quartiers.geojson").write_text(json.dumps(carte), encoding="utf-8")
    reglages["chemins"] = {"referentiels": "referentiels", "livre": ".", "notebooks": str(RACINE / "notebooks")}
    reglages["chemins"] |= {nom: nom for nom in ("brut", "prepare", "publie", "suivi")}
    reglages["chemins"] |= {"schemas": str(RACINE / "data" / "schemas"), "edition": "edition", "site": "site"}
    (dossier / "suivi").mkdir(exist_ok=True)
    fichier = dossier / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    return fichier


def _carres():
    """Les quartiers et, dans chacun, trois secteurs côte à côte."""
    for rang in range(QUARTIERS):
        x, y = _COIN[0] + 3 * _COTE * (rang % 10), _COIN[1] + _COTE * (rang // 10)
        yield _carre(f"q{rang:02d}", "quartier", None, (x, y, x + 3 * _COTE))
        for place in range(3):
            bords = (x + place * _COTE, y, x + (place + 1) * _COTE)
            yield _carre(f"q{rang:02d}-{place + 1}", "secteur", f"q{rang:02d}", bords)


def _carre(code: str, niveau: str, parent: str | None, bords: tuple[float, float, float]) -> dict:
    gauche, bas, droite = bords
    haut = bas + _COTE
    tour = [[gauche, bas], [droite, bas], [droite, haut], [gauche, haut], [gauche, bas]]
    proprietes = {"code": code, "nom": code.upper(), "niveau": niveau, "parent": parent, "schematique": True}
    return {"type": "Feature", "properties": proprietes, "geometry": {"type": "Polygon", "coordinates": [tour]}}


def preparer(fichier: Path, logements: int, graine: int, **chemins: Path) -> Configuration:
    """Un parc fictif, calculé ; rien n'y est refait s'il l'est déjà."""
    config = lire_configuration(fichier).avec_chemins(**chemins)
    if not (config.chemin("prepare") / "indicateurs.parquet").is_file():
        chaine = Chaine(config)
        chaine.exemple(graine, logements)
        chaine.calculer(sans_les_refuses=False)
    return config


def mesurer(config: Configuration, public: str) -> dict:
    """Une ligne du tableau : la commande, d'un bout à l'autre, imports compris."""
    commande = [sys.executable, "-m", "observatoire.cli", "proteger", "--refaire", "--config", str(config.fichier)]
    commande += ["--public", public, *(f"--{n}={config.chemin(n)}" for n in ("prepare", "publie"))]
    debut = time.monotonic()
    lance = subprocess.Popen(commande, stdout=subprocess.DEVNULL)
    _, statut, usage = os.wait4(lance.pid, 0)
    if statut:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(statut), commande[3:])
    return {
        "public": public, "secondes": round(time.monotonic() - debut, 1),
        "secondes de processeur": round(usage.ru_utime + usage.ru_stime, 1),
        "mémoire (Gio)": round(usage.ru_maxrss / 2**20, 2),
    }  # fmt: skip

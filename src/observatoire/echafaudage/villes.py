"""Une autre ville : son dossier, prêt à publier une édition fictive, et ce qu'il reste à y mettre de vrai."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from observatoire.communes import INSEE
from observatoire.configuration import Configuration, lire_configuration
from observatoire.configuration.commun import CODE, TOUS
from observatoire.echafaudage.commun import en_code
from observatoire.erreurs import ErreurObservatoire, ParametreInconnu
from observatoire.fichiers import ecrire_texte
from observatoire.lecture.territoires import CONTOURS, lire_contours

GABARITS = resources.files("observatoire.echafaudage") / "gabarits"
#: Le côté d'un quartier schématique, en degrés, et le milieu de la carte : celui de la France, à défaut.
_COTE, _MILIEU = (0.018, 0.0125), (2.43, 46.54)
#: Ce qu'un système refuse comme nom de fichier.
_RESERVES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.I)
_LOCAL = "À REMPLIR : "


@dataclass(frozen=True)
class VilleNeuve:
    """Ce qu'il faut dire d'une ville. ``quartiers`` : leurs noms, pour une carte schématique, si ``contours`` (un
    GeoJSON) n'est pas donné ; ni l'un ni l'autre : une ville sans quartiers."""

    nom: str
    code: str
    annees: tuple[int, ...]
    bailleurs: tuple[str, ...]
    quartiers: tuple[str, ...] = ()
    contours: Path | None = None


def fonder_une_ville(dossier: Path, ville: VilleNeuve, modele: Configuration) -> Configuration:
    """Écrire le dossier d'une ville, d'après celui du territoire ``modele``, et rendre sa configuration.

    Schémas et notebooks sont ceux du ``modele`` ; ses barèmes sont recopiés, leurs sources marquées « à remplir » quand
    elles sont locales. Lève :class:`ParametreInconnu` avec tout ce qui ne va pas, :class:`ErreurObservatoire` si le
    dossier n'est pas vide ; un dossier dont les contours sont refusés est retiré.
    """
    if problemes := list(_problemes(ville)):
        raise ParametreInconnu("\n".join(problemes))
    if dossier.exists() and any(dossier.iterdir()):
        raise ErreurObservatoire(f"« {dossier.name} » n'est pas vide : rien n'a été écrit.")
    try:
        _ecrire(dossier, ville, modele)
        config = lire_configuration(dossier / "observatoire.yml")
        lire_contours(config)
    except BaseException:
        shutil.rmtree(dossier, ignore_errors=True)
        raise
    return config


def a_remplir(dossier: Path) -> list[str]:
    """Ce qu'il reste à écrire de vrai dans le dossier d'une ville : un fichier et une ligne par endroit."""
    textes = (f for f in sorted(dossier.rglob("*")) if f.suffix in (".yml", ".md") and "data" not in f.parts)
    return [
        f"{fichier.relative_to(dossier).as_posix()}, ligne {rang} : {ligne.partition(_LOCAL)[2].strip()}"
        for fichier in textes
        for rang, ligne in enumerate(fichier.read_text(encoding="utf-8").splitlines(), start=1)
        if _LOCAL in ligne
    ]


def _problemes(ville: VilleNeuve) -> Iterator[str]:
    if not INSEE.fullmatch(ville.code):
        yield f"« {ville.code} » n'est pas un code Insee de commune (cinq caractères, « 06029 »)."
    codes = [_code_et_nom(dit)[0] for dit in ville.bailleurs]
    for code in codes:
        if not CODE.fullmatch(code) or _RESERVES.fullmatch(code):
            yield f"« {code} » ne peut pas nommer les fichiers d'un bailleur : lettres, chiffres, « _ » et « - »."
        elif code == TOUS or codes.count(code) > 1:
            yield f"le code de bailleur « {code} » est pris. En donner un autre : code:Nom."
    if not codes:
        yield "il faut un bailleur au moins : --bailleur « Nom » ou --bailleur « code:Nom »."
    if ville.contours is not None:
        yield from _defaut_des_contours(ville.contours)


def _defaut_des_contours(fichier: Path) -> Iterator[str]:
    admis = [Path(nom).suffix for nom in CONTOURS]
    if not fichier.is_file():
        yield f"contours : « {fichier} » est introuvable."
    elif fichier.suffix not in admis:
        yield f"contours : « {fichier.name} » ne finit pas par {', '.join(admis)}."


def _ecrire(dossier: Path, ville: VilleNeuve, modele: Configuration) -> None:
    _poser_les_contours(dossier / "referentiels", ville)
    _poser_les_baremes(modele.chemin("referentiels") / "baremes", dossier / "referentiels" / "baremes")
    a, de = situer(ville.nom)
    quartiers = bool(ville.contours or ville.quartiers)
    dits = {
        "nom": ville.nom, "a": a, "de": de, "code": ville.code, "annees": ", ".join(map(str, ville.annees)),
        "premiere": min(ville.annees),
        "niveaux": "immeuble, quartier, ville" if quartiers else "immeuble, ville",
        "bailleurs": "\n".join(f"  - {{code: {c}, nom: {_en_yaml(n)}}}" for c, n in map(_code_et_nom, ville.bailleurs)),
        **{nom: os.path.relpath(modele.chemin(nom), dossier.resolve()) for nom in ("schemas", "notebooks")},
    }  # fmt: skip
    for gabarit in _gabarits():
        ecrire_texte(Template(gabarit.read_text(encoding="utf-8")).substitute(dits), dossier / _place(gabarit))
    reglages = (modele.chemin("livre") / "_config.yml").read_text(encoding="utf-8")
    for cle, valeur in (("title", f"Observatoire du logement public {de}"), ("author", f"Ville {de}")):
        reglages = re.sub(rf"^{cle}: .*$", lambda _, c=cle, v=valeur: f"{c}: {_en_yaml(v)}", reglages, flags=re.M)
    ecrire_texte(reglages, dossier / "_config.yml")


def _gabarits() -> list[Path]:
    return sorted(f for f in Path(str(GABARITS)).rglob("*") if f.is_file())


def _place(gabarit: Path) -> Path:
    return gabarit.relative_to(Path(str(GABARITS)))


def _poser_les_baremes(origine: Path, cible: Path) -> None:
    """Les barèmes du modèle ; ce qui n'y vient pas de la loi est à adopter ici."""
    for fichier in sorted(origine.glob("*.yml")):
        texte = fichier.read_text(encoding="utf-8")
        if any(mot in texte for mot in ("arrêté", "Conférence", "charte")):
            texte = f"# {_LOCAL}ces valeurs, reprises d'une autre ville, sont à adopter ici, avec leur source.\n{texte}"
        ecrire_texte(texte, cible / fichier.name)


def _poser_les_contours(referentiels: Path, ville: VilleNeuve) -> None:
    if ville.contours is not None:
        referentiels.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ville.contours, referentiels / f"quartiers{ville.contours.suffix}")
    elif ville.quartiers:
        ecrire_texte(_carte_schematique(ville.quartiers), referentiels / "quartiers.geojson")


def _carte_schematique(noms: tuple[str, ...]) -> str:
    """Un carré par quartier, côte à côte ; dite schématique, sur la carte comme dans les pages."""
    par_rang = math.ceil(math.sqrt(len(noms)))
    traits = []
    for rang, nom in enumerate(noms):
        (largeur, hauteur), x, y = _COTE, rang % par_rang, -(rang // par_rang)
        ouest, sud = _MILIEU[0] + x * largeur, _MILIEU[1] + y * hauteur
        coins = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
        tour = [[round(ouest + dx * largeur, 5), round(sud + dy * hauteur, 5)] for dx, dy in coins]
        proprietes = {"code": en_code(nom), "nom": nom, "niveau": "quartier", "parent": None, "schematique": True}
        traits.append(
            {"type": "Feature", "properties": proprietes, "geometry": {"type": "Polygon", "coordinates": [tour]}}
        )
    lignes = ",\n".join(json.dumps(trait, ensure_ascii=False) for trait in traits)
    return f'{{"type": "FeatureCollection", "features": [\n{lignes}\n]}}\n'


def situer(nom: str) -> tuple[str, str]:
    """Les compléments de lieu d'une commune : « au Mans » et « du Mans », « à Angers » et « d'Angers »."""
    for article, a, de in (("Le ", "au ", "du "), ("Les ", "aux ", "des ")):
        if nom.startswith(article):
            return a + nom.removeprefix(article), de + nom.removeprefix(article)
    voyelle = en_code(nom)[:1] in tuple("aeiouy")
    return f"à {nom}", f"d'{nom}" if voyelle else f"de {nom}"


def _code_et_nom(dit: str) -> tuple[str, str]:
    """« code:Nom », ou un nom d'où se tire un code."""
    code, trouve, nom = dit.partition(":")
    return (code.strip(), nom.strip()) if trouve else (en_code(dit, "_"), dit.strip())


def _en_yaml(texte: str) -> str:
    """Un texte entre guillemets, tel que YAML le lit."""
    return json.dumps(texte, ensure_ascii=False)

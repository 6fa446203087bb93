"""Ce que pèse et à quoi sert chaque bibliothèque dont dépend l'observatoire : la table de docs/bibliotheques.md.

    python bench/dependances.py            imprime la table, mesurée dans cet environnement
    python bench/dependances.py --ecrire   la met à jour dans docs/bibliotheques.md

Une bibliothèque se déclare dans ``pyproject.toml`` avec, en commentaire, ce à quoi elle sert. Ce qui la suit est ce qui
ne serait plus installé sans elle. Les poids sont ceux de cette machine.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RACINE = Path(__file__).resolve().parents[1]
DEBUT, FIN = "<!-- dépendances : bench/dependances.py -->", "<!-- fin des dépendances -->"
COLONNES = "| bibliothèque | sert à | employée par | elle seule | avec ce qui la suit |\n|:--|:--|:--|--:|--:|"
_DECLAREE = re.compile(r'^    "(?P<exigence>[^"]+)",(?:  # (?P<usage>.+))?$', re.MULTILINE)


def declarees() -> dict[str, tuple[Requirement, str]]:
    """Nom -> (exigence, ce à quoi elle sert), dans l'ordre de ``pyproject.toml``."""
    texte = (RACINE / "pyproject.toml").read_text(encoding="utf-8")
    exigences = tomllib.loads(texte)["project"]["dependencies"]
    usages = {t["exigence"]: t["usage"] or "" for t in _DECLAREE.finditer(texte)}
    lues = [(Requirement(e), usages.get(e, "")) for e in exigences]
    return {canonicalize_name(exigence.name): (exigence, usage) for exigence, usage in lues}


def suite(exigences: Iterable[Requirement]) -> set[str]:
    """Tout ce qui s'installe avec ces exigences, elles comprises."""
    a_voir, vues = [(e, ("", *e.extras)) for e in exigences], set()
    while a_voir:
        exigence, extras = a_voir.pop()
        nom = canonicalize_name(exigence.name)
        if (nom, extras) in vues:
            continue
        vues.add((nom, extras))
        for texte in _exigees(nom):
            suivante = Requirement(texte)
            if suivante.marker is None or any(suivante.marker.evaluate({"extra": extra}) for extra in extras):
                a_voir.append((suivante, ("", *sorted(suivante.extras))))
    return {nom for nom, _ in vues if _poids(nom) is not None}


@cache
def _exigees(nom: str) -> tuple[str, ...]:
    try:
        return tuple(distribution(nom).requires or ())
    except PackageNotFoundError:
        return ()


@cache
def _poids(nom: str) -> float | None:
    """En Mo, sur le disque ; rien si elle n'est pas installée ici."""
    try:
        fichiers = distribution(nom).files or ()
    except PackageNotFoundError:
        return None
    chemins = {Path(f.locate()) for f in fichiers}
    return sum(c.stat().st_size for c in chemins if c.is_file()) / 1e6


def employees() -> dict[str, set[str]]:
    """Bibliothèque -> les parties de l'observatoire qui l'importent."""
    fournisseurs, parties = packages_distributions(), {}
    source = RACINE / "src" / "observatoire"
    for module in source.rglob("*.py"):
        partie = module.relative_to(source).parts[0].removesuffix(".py")
        for noeud in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            noms = [a.name for a in noeud.names] if isinstance(noeud, ast.Import) else []
            noms += [noeud.module] if isinstance(noeud, ast.ImportFrom) and not noeud.level and noeud.module else []
            for nom in {n.partition(".")[0] for n in noms}:
                for fournisseur in fournisseurs.get(nom, ()):
                    parties.setdefault(canonicalize_name(fournisseur), set()).add(partie)
    return parties


def tabler() -> str:
    """La table, la plus lourde d'abord, puis le total."""
    lues, parties = declarees(), employees()
    tout, lignes = suite(e for e, _ in lues.values()), []
    for nom, (exigence, usage) in lues.items():
        propres = tout - suite(e for autre, (e, _) in lues.items() if autre != nom)
        poids = sum(map(_poids, propres))
        par = ", ".join(sorted(parties.get(nom, ()))) or "–"
        seule = f"{_poids(nom) or 0:.1f} Mo".replace(".", ",")
        avec = f"{len(propres)} : {poids:.1f} Mo".replace(".", ",") if propres else "suit une autre"
        lignes.append((-poids, f"| {exigence.name} | {usage} | {par} | {seule} | {avec} |"))
    total = f"{len(tout)} bibliothèques, {sum(map(_poids, tout)):.0f} Mo"
    return "\n".join([COLONNES, *(ligne for _, ligne in sorted(lignes)), "", f"En tout : {total}."])


if __name__ == "__main__":
    from architecture import DOCS, montrer  # à côté : ce que les essais chargent d'ici n'en a pas besoin

    montrer(tabler, DEBUT, FIN, DOCS / "bibliotheques.md")

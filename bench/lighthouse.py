"""Ce que Lighthouse dit du site, sur un téléphone : les quatre notes de cinq pages, et ce qui pèse.

    python bench/lighthouse.py DOSSIER_DU_SITE --lighthouse node_modules/.bin/lighthouse [--fois N] [--ecrire]

Le site est servi par un vrai nginx, avec ``deploiement/nginx.conf`` ; Lighthouse s'installe par npm, hors du dépôt.
Chaque page est mesurée plusieurs fois, et la médiane gardée : une machine occupée fait baisser la note de performance.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import resultats

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import test_nginx

TITRE = "## Lighthouse"
#: Les pages mesurées ; la plus récente des années, le premier des quartiers.
PAGES = {
    "accueil": "book/edition/accueil.html", "quartier": "book/edition/[12]*/quartier-*.html",
    "registre": "book/edition/[12]*/alertes.html", "revue": "book/edition/revue.html",
    "fiche": "book/edition/indicateurs/taux_vacance.html",
}  # fmt: skip
NOTES = {
    "performance": "performance", "accessibility": "accessibilité", "best-practices": "bonnes pratiques",
    "seo": "référencement",
}  # fmt: skip
#: L'audit, ce qu'il mesure, et comment cela s'écrit.
MESURES = {
    "first-contentful-paint": ("premier affichage", lambda ms: f"{ms / 1000:.1f} s"),
    "largest-contentful-paint": ("plus grand élément", lambda ms: f"{ms / 1000:.1f} s"),
    "total-blocking-time": ("blocage", lambda ms: f"{ms:.0f} ms"),
    "cumulative-layout-shift": ("décalage", lambda part: f"{part:.2f}"),
    "total-byte-weight": ("poids", lambda octets: f"{octets / 1000:.0f} ko"),
}


def mesurer(site: Path, lighthouse: str, fois: int) -> dict[str, list[dict]]:
    """Les rapports de chaque page de :data:`PAGES`."""
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as dossier:
        travail = Path(dossier)
        test_nginx._ecrire_secrets(travail / "secrets")
        (travail / "vide").mkdir()
        sites = {"public": site.resolve(), "partenaires": travail / "vide"}
        modele = test_nginx.CONFIGURATION.read_text(encoding="utf-8")
        with test_nginx._servir(travail, modele, sites) as service:
            base = f"https://{test_nginx.PUBLIC}:{service.https}/"
            rapports = {}
            for nom, motif in PAGES.items():
                page = trouver(site, motif)
                rapports[nom] = [_lancer(lighthouse, base + page, travail) for _ in range(fois)]
    return rapports


def trouver(site: Path, motif: str) -> str:
    """La première page de ce motif, de l'année la plus récente."""
    pages = sorted(p.relative_to(site).as_posix() for p in site.glob(motif))
    derniere = pages[-1].rpartition("/")[0]
    return next(page for page in pages if page.startswith(f"{derniere}/"))


def _lancer(lighthouse: str, adresse: str, travail: Path) -> dict:
    ici = f"--host-resolver-rules='MAP {test_nginx.PUBLIC} 127.0.0.1'"
    sortie = travail / "rapport.json"
    commande = [lighthouse, adresse, "--output=json", f"--output-path={sortie}", "--quiet"]
    commande += [f"--chrome-flags=--headless=new --no-sandbox --ignore-certificate-errors {ici}"]
    subprocess.run(commande, check=True, env={**os.environ, "CHROME_PATH": test_nginx.CHROMIUM}, capture_output=True)
    return json.loads(sortie.read_text(encoding="utf-8"))


def tabler(rapports: dict[str, list[dict]]) -> str:
    """Une ligne par page : la médiane de chaque note et de chaque mesure."""
    entetes = ["page", *NOTES.values(), *(nom for nom, _ in MESURES.values())]
    lignes = [f"| {' | '.join(entetes)} |", f"|:--|{'--:|' * (len(entetes) - 1)}"]
    for page, siens in rapports.items():
        notes = [f"{median(100 * r['categories'][note]['score'] for r in siens):.0f}" for note in NOTES]
        mesures = [
            dire(median(r["audits"][audit]["numericValue"] for r in siens)) for audit, (_, dire) in MESURES.items()
        ]
        lignes.append(f"| {' | '.join([page, *notes, *mesures])} |")
    return "\n".join(lignes).replace(".", ",")


def dire_les_causes(rapports: dict[str, list[dict]]) -> str:
    """Ce que Lighthouse reproche encore à chaque page, hors de ce qui n'est qu'une durée."""
    lignes = []
    for nom, siens in rapports.items():
        audits = siens[0]["audits"]
        for categorie in siens[0]["categories"].values():
            pesants = [r["id"] for r in categorie["auditRefs"] if (audits[r["id"]]["score"] or 0) < 0.9
                       and audits[r["id"]]["scoreDisplayMode"] in {"binary", "numeric", "metricSavings"}]  # fmt: skip
            lignes += [f"{nom} : {audits[i]['title']} {audits[i].get('displayValue', '')}" for i in pesants]
    return "\n".join(lignes)


def main() -> None:
    """Mesurer, dire, et écrire au besoin."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("site", type=Path)
    analyseur.add_argument("--lighthouse", default="lighthouse")
    analyseur.add_argument("--fois", type=int, default=5)
    analyseur.add_argument("--ecrire", action="store_true", help="remplacer la partie de bench/RESULTATS.md")
    choix = analyseur.parse_args()
    rapports = mesurer(choix.site, choix.lighthouse, choix.fois)
    table = tabler(rapports)
    print(table, dire_les_causes(rapports), sep="\n\n")
    if choix.ecrire:
        comment = f"Téléphone simulé, médiane de {choix.fois} mesures. {resultats.decrire_la_machine()}"
        resultats.remplacer(TITRE, f"Refait par `python bench/lighthouse.py --ecrire`. {comment}\n\n{table}")


if __name__ == "__main__":
    main()

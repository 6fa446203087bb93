"""Dix questions de partenaire, posées au site : combien de clics, combien de pixels à faire défiler, où est la réponse.

    python bench/questions.py DOSSIER_DU_SITE [--ecrire]

Chaque chemin part de l'accueil, dans une fenêtre de 1 280 sur 900 pixels, et ne suit que des liens que l'on voit. La
réponse est un texte du site, cherché par une expression : si elle n'y est pas, ou demande plus de deux clics ou plus
d'un écran, la commande sort en 1. Les expressions valent pour les dépôts fictifs par défaut.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import re
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import resultats
from playwright.sync_api import Locator, Page, sync_playwright

TITRE = "## Dix questions"
CHROMIUM = "/usr/bin/chromium"
LARGEUR, HAUTEUR = 1280, 900
CLICS = 2
ACCUEIL = "book/edition/accueil.html"
#: Ce qui, dans une page, peut porter une réponse.
PORTEURS = "article.bd-article :is(p, li, tr, dt, dd, caption, figcaption, h1, h2, h3)"


@dataclass(frozen=True)
class Question:
    """Une question ; ``liens`` : le texte de chaque lien à suivre ; ``reponse`` : l'expression qui la reconnaît."""

    texte: str
    liens: tuple[str, ...]
    reponse: str


QUESTIONS = (
    Question(
        "Quel quartier a les pires impayés, et cela s'aggrave-t-il ?",
        (r"^Locataires en impayé de plus de trois mois$",),
        r"à 10,1 % \(Planoise – Châteaufarine\).*Planoise – Châteaufarine : en hausse depuis 2007",
    ),
    Question(
        "L'objectif du premier quartile est-il tenu ?", (r"^1 tenu, 5 non concluants",),
        r"Premier quartile hors QPV, au moins 25,0 % – tenu : Habitat 25",
    ),
    Question("Qu'a-t-on décidé de l'alerte d'Époisses ?", (r"^3 alertes",), r"Époisses.*accompagnement, prévention"),
    Question("Comment Palente a-t-il changé depuis 2007 ?", (r"^Palente",), r"depuis 2007 \(−13,9 points"),
    Question(
        "Quel bailleur loge le moins de plus pauvres, à logements égaux ?", (r"^1 tenu, 5 non concluants",),
        r"à taille et financement de logement égaux : moins que les autres, Grand Besançon Habitat",
    ),
    Question("Qu'est-ce qui est caché, et pourquoi ?", (r"valeurs sont cachées",), r"cachées sur .*moins de 11"),
    Question("Où prendre les chiffres ?", (r"^Télécharger les données$",), r"L.édition entière \(ZIP\)"),
    Question("Qu'est-ce qui a changé depuis l'an dernier ?", (r"^\d+ changements? nets?",), r"Changement"),
    Question(
        "À quel point est-ce sûr ?", (r"à quel point c.est sûr$", r"^Ce que valent les alertes$"),
        r"^Ce que valent les alertes",
    ),
    Question(
        "De quoi discuter à la prochaine séance ?", (r"prochaine séance$",),
        r"Alertes ouvertes : ce qui est décidé, ce qui vient",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Mesure:
    """Ce qu'une réponse a demandé, et ``ou`` elle est ; ``faute`` : ce qui l'a empêchée."""

    question: Question
    clics: int
    pixels: int
    ou: str
    faute: str = ""

    @property
    def tient(self) -> bool:
        """Elle se trouve, en deux clics au plus et moins d'un écran."""
        return not self.faute and self.clics <= CLICS and self.pixels <= HAUTEUR


def poser(page: Page, base: str, question: Question) -> Mesure:
    """Suivre les liens d'une question, puis chercher sa réponse dans la page où ils mènent."""
    page.goto(base + ACCUEIL, wait_until="networkidle")
    pixels = 0
    for rang, lien in enumerate(question.liens):
        trouve, loin = _le_plus_proche(page.locator("a").filter(has_text=_lire(lien)))
        if trouve is None:
            return Mesure(question, rang, pixels, "", f"lien « {lien} » absent")
        pixels += loin
        trouve.click()
        page.wait_for_load_state("networkidle")
    trouve, loin = _le_plus_proche(page.locator(PORTEURS).filter(has_text=_lire(question.reponse)))
    titre = page.locator("h1").inner_text().rstrip("#")
    if trouve is None:
        return Mesure(question, len(question.liens), pixels, titre, "réponse absente")
    return Mesure(question, len(question.liens), pixels + loin, titre)


def _lire(expression: str) -> re.Pattern:
    """Une espace y vaut toute espace, insécable comprise."""
    return re.compile(expression.replace(" ", r"\s"))


def _le_plus_proche(trouves: Locator) -> tuple[Locator | None, int]:
    """L'élément visible qui demande le moins de défilement, et combien de pixels ; (rien, 0) sinon."""
    places = [(boite, trouve) for trouve in trouves.all() if (boite := trouve.bounding_box())]
    loins = [(round(max(b["y"] + min(b["height"], HAUTEUR) - HAUTEUR, -b["y"], 0)), t) for b, t in places]
    loin, trouve = min(loins, key=lambda place: place[0], default=(0, None))
    return trouve, loin


def servir(site: Path) -> http.server.ThreadingHTTPServer:
    """Le site, à une adresse locale."""
    poignee = type("Muet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    serveur = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(poignee, directory=str(site)))
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    return serveur


def tabler(mesures: list[Mesure]) -> str:
    """Une ligne par question."""
    lignes = ["| question | clics | à faire défiler | la réponse est sur | |", "|:--|--:|--:|:--|:--|"]
    for m in mesures:
        verdict = m.faute or ("" if m.tient else "trop loin")
        lignes.append(f"| {m.question.texte} | {m.clics} | {m.pixels} px | {m.ou} | {verdict} |")
    return "\n".join(lignes)


def main() -> None:
    """Poser les dix questions, dire, et écrire au besoin."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("site", type=Path)
    analyseur.add_argument("--ecrire", action="store_true", help="remplacer la partie de bench/RESULTATS.md")
    choix = analyseur.parse_args()
    serveur = servir(choix.site)
    with sync_playwright() as outil:
        navigateur = outil.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = navigateur.new_page(locale="fr-FR", viewport={"width": LARGEUR, "height": HAUTEUR})
        mesures = [poser(page, f"http://127.0.0.1:{serveur.server_port}/", question) for question in QUESTIONS]
        navigateur.close()
    serveur.shutdown()
    table = tabler(mesures)
    print(table)
    if choix.ecrire:
        resume = (
            f"Fenêtre de {LARGEUR} × {HAUTEUR} pixels, dépôts fictifs par défaut, édition publique, depuis l'accueil."
        )
        resultats.remplacer(TITRE, f"Refait par `python bench/questions.py --ecrire`. {resume}\n\n{table}")
    sys.exit(not all(m.tient for m in mesures))


if __name__ == "__main__":
    main()

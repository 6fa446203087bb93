"""Un tableau de page, tel que Typst le compose : colonnes, rangs, alignements, largeurs."""

from __future__ import annotations

import re

from lxml import html

from observatoire.documents.textes import en_texte, morceaux
from observatoire.erreurs import EditionIncomplete

# Une colonne dont la case la plus longue tient là, en caractères, prend la place de son contenu ; les autres se
# partagent le reste, chacune selon ce qu'elle porte.
_COURTE = 14
_PHRASE = 28  # caractères : au-delà, une case porte une phrase, qui se lit depuis la gauche
_NOMBRE = re.compile(r"[+\u2212]?\d")
_LARGE = 9  # colonnes : au-delà, le tableau s'écrit plus petit


def lire_table(noeud: html.HtmlElement) -> dict[str, object]:
    """Le bloc d'une table HTML. Lève :class:`EditionIncomplete` si elle n'a pas de titre."""
    titre = noeud.find("caption")
    if titre is None or not en_texte(titre):
        raise EditionIncomplete("un tableau sans titre ne peut pas entrer dans un document.")
    tete = noeud.xpath("./thead/tr[last()]")[0]
    colonnes = [morceaux([case]) for case in tete.xpath("./th | ./td")]
    rangs = [_rang(tr, len(colonnes)) for tr in noeud.xpath("./tbody/tr")]
    pleins = [r["cases"] for r in rangs if "cases" in r]
    return {
        "genre": "table",
        "titre": en_texte(titre),
        "colonnes": colonnes,
        "rangs": rangs,
        "gauche": [
            oui or any(map(_porte_une_phrase, (r[i] for r in pleins)))
            for i, oui in enumerate(_alignements(noeud, len(colonnes)))
        ],
        "poids": [_poids([r[i] for r in pleins], colonnes[i]) for i in range(len(colonnes))],
        "serree": len(colonnes) >= _LARGE,
    }


def _rang(tr: html.HtmlElement, nombre: int) -> dict[str, object]:
    cases = tr.xpath("./th | ./td")
    if len(cases) == 1 and nombre > 1:
        return {"groupe": en_texte(cases[0])}
    if len(cases) != nombre:
        raise EditionIncomplete("un tableau aux cases fusionnées ne peut pas entrer dans un document.")
    return {"cases": [morceaux([case]) for case in cases]}


def _alignements(noeud: html.HtmlElement, nombre: int) -> list[bool]:
    """Les colonnes alignées à gauche : la première, celles que la page aligne ainsi."""
    tout = "obs-a-gauche" in (noeud.get("class") or "")
    premier = next((tr for tr in noeud.xpath("./tbody/tr") if len(tr.xpath("./th | ./td")) == nombre), None)
    cases = [] if premier is None else premier.xpath("./th | ./td")
    gauche = [tout or "gt_left" in (case.get("class") or "") for case in cases] or [True] * nombre
    return [True, *gauche[1:]]


def _poids(cases: list[list[list[str]]], entete: list[list[str]]) -> float:
    """La part de largeur d'une colonne ; zéro pour celle qui prend juste la place de son contenu."""
    longueurs = [max(map(len, _lignes(case))) for case in cases]
    longue = max(longueurs, default=0)
    nom = "".join(t for t, _ in entete)
    if max(longue, len(nom)) <= _COURTE:
        return 0
    mot = max((len(m) for m in nom.split()), default=0)
    moyenne = sum(longueurs) / len(longueurs) if longueurs else mot
    return round(max(moyenne, longue / 2, mot) ** 0.5, 2)


def _porte_une_phrase(case: list[list[str]]) -> bool:
    """Une ligne longue, et qui ne commence pas par un nombre."""
    return any(len(ligne) > _PHRASE and not _NOMBRE.match(ligne) for ligne in _lignes(case))


def _lignes(case: list[list[str]]) -> list[str]:
    return "".join(t for t, _ in case).split("\n")

"""Du HTML des pages aux blocs d'un document : paragraphes, listes, tableaux, figures.

Un bloc est un dictionnaire que Typst lit en JSON. Un texte est une suite de morceaux ``[texte, style]``, où le style
est vide, « fort », « penche » ou « petit » ; « \\n » passe à la ligne. Ce qui n'a de sens qu'à l'écran (liens, plis)
n'y est pas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html

from observatoire.documents.dessins import lire_dessin
from observatoire.documents.tables import lire_table
from observatoire.documents.textes import en_texte, morceaux
from observatoire.erreurs import EditionIncomplete

#: Ce qu'un document laisse à l'écran : les données repliées, ce qui mène au document lui-même.
_A_L_ECRAN = {"details", "style", "script", "pre", "template", "button", "input", "label", "select"}
CLASSE_A_L_ECRAN = "obs-ecran"
_EN_LIGNE = {"a", "abbr", "b", "br", "code", "em", "i", "small", "span", "strong", "sub", "sup"}
_TITRES = {"h1", "h2", "h3", "h4"}
_NOTES = {"obs-note", "obs-table-note", "obs-absent"}

Bloc = dict[str, object]


def lire_html(texte: str) -> list[Bloc]:
    """Les blocs d'un fragment de page, dans l'ordre. Lève :class:`EditionIncomplete` si une figure n'a pas de titre."""
    if not texte.strip():
        return []
    return list(_blocs(html.fragment_fromstring(texte, create_parent="div")))


def _blocs(noeud: html.HtmlElement) -> Iterator[Bloc]:
    """Les blocs d'un conteneur ; le texte qui s'y trouve à nu fait un paragraphe."""
    nus: list[list[str]] = morceaux([noeud.text or ""])
    for enfant in noeud:
        if isinstance(enfant.tag, str) and enfant.tag in _EN_LIGNE:
            nus += morceaux([enfant])
        elif isinstance(enfant.tag, str):
            yield from _paragraphe(nus)
            nus = []
            yield from _un(enfant)
        nus += morceaux([enfant.tail or ""])
    yield from _paragraphe(nus)


def _un(noeud: html.HtmlElement) -> Iterator[Bloc]:
    classes = _classes(noeud)
    if noeud.tag in _A_L_ECRAN or CLASSE_A_L_ECRAN in classes or _mene_ailleurs(noeud):
        return
    if noeud.tag in _TITRES:
        yield {"genre": "titre", "niveau": int(noeud.tag[1]), "texte": en_texte(noeud)}
    elif noeud.tag == "p":
        yield from _paragraphe(morceaux([noeud]), note=bool(classes & _NOTES))
    elif noeud.tag in {"ul", "ol"}:
        yield _cles(noeud) if "obs-cles" in classes else _liste(noeud)
    elif noeud.tag == "table":
        yield lire_table(noeud)
    elif noeud.tag == "figure":
        yield _figure(noeud)
    else:
        yield from _blocs(noeud)


def _mene_ailleurs(noeud: html.HtmlElement) -> bool:
    """Un paragraphe qui n'est qu'un lien."""
    seul = noeud.tag == "p" and len(noeud) == 1 and noeud[0].tag == "a"
    return seul and not (noeud.text or "").strip() and not (noeud[0].tail or "").strip()


def _paragraphe(suite: list[list[str]], note: bool = False) -> Iterator[Bloc]:
    if any(texte.strip() for texte, _ in suite):
        yield {"genre": "paragraphe", "note": note, "texte": suite}


def _liste(noeud: html.HtmlElement) -> Bloc:
    points = ([e for e in li.iterchildren() if e.tag not in _A_L_ECRAN] for li in noeud.findall("li"))
    textes = [morceaux([li.text or "", *_avec_suites(p)]) for li, p in zip(noeud.findall("li"), points, strict=True)]
    return {"genre": "liste", "points": [t for t in textes if t]}


def _avec_suites(noeuds: list[html.HtmlElement]) -> Iterator[html.HtmlElement | str]:
    for noeud in noeuds:
        yield noeud
        yield noeud.tail or ""


def _cles(noeud: html.HtmlElement) -> Bloc:
    """Les chiffres clés : un tableau, une ligne chacun."""
    rangs = []
    for li in noeud.findall("li"):
        nom, valeur, detail = (
            morceaux(li.xpath(f"./p[contains(@class, 'obs-cle-{c}')]")) for c in ("nom", "valeur", "detail")
        )
        ecarts = li.xpath("./p[@class='obs-cle-ecart']")
        suite = [m for rang, e in enumerate(ecarts) for m in [["\n", ""]] * bool(rang) + morceaux([e])]
        rangs.append([nom, [[t, "fort"] for t, _ in valeur], [[t, "petit"] for t, _ in detail], suite])
    entetes = [[[t, ""]] for t in ("Indicateur", "Valeur", "De quoi la lire", "Comparaison")]
    avec_ecart = any(r[3] for r in rangs)
    garder = 4 if avec_ecart else 3
    return {
        "genre": "table",
        "titre": noeud.get("aria-label", ""),
        "colonnes": entetes[:garder],
        "rangs": [{"cases": r[:garder]} for r in rangs],
        "gauche": [True] * garder,
        "poids": [2.3, 1.6, 3, 2.6][:garder],
    }


def _figure(noeud: html.HtmlElement) -> Bloc:
    titre = " – ".join(en_texte(partie) for partie in noeud.xpath("./figcaption/*"))
    dessins = noeud.xpath("./svg | ./div//svg[not(ancestor::ul)]")
    if not titre or not dessins:
        raise EditionIncomplete("une figure sans titre ou sans dessin ne peut pas entrer dans un document.")
    svg, alternative = lire_dessin(dessins[0])
    legende = [
        {"svg": lire_dessin(li.find("svg"))[0] if li.find("svg") is not None else None, "texte": en_texte(li)}
        for li in noeud.xpath(".//ul[contains(@class, 'obs-legende')]/li")
    ]
    notes = [morceaux([p]) for p in noeud.xpath("./p")]
    return {
        "genre": "figure", "titre": titre, "alternative": alternative or titre, "svg": svg, "legende": legende,
        "notes": notes, "hauteur": _hauteur(svg),
    }  # fmt: skip


def _hauteur(svg: str) -> float:
    """Le rapport de la hauteur d'un dessin à sa largeur."""
    cadre = re.search(r'viewBox="([^"]+)"', svg)
    largeur, hauteur = (float(x) for x in cadre[1].split()[2:])
    return hauteur / largeur


def _classes(noeud: html.HtmlElement) -> set[str]:
    return set((noeud.get("class") or "").split())

"""Un dessin de page, prêt pour un document ; en noir et blanc, s'il s'imprime."""

from __future__ import annotations

import re

from lxml import etree, html

from observatoire.presentation.contraste import clarte
from observatoire.typographie import ponctuer

SVG = "http://www.w3.org/2000/svg"
_COULEUR = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
_MUETS = ("title", "desc")
_A_ROLE = ("href", "class", "role", "tabindex", "aria-label", "aria-labelledby", "aria-hidden", "aria-describedby")


def en_gris(texte: str) -> str:
    """Chaque couleur ``#rrggbb`` d'un texte, remplacée par le gris de même clarté."""
    return _COULEUR.sub(lambda trouve: _griser(trouve[1]), texte)


def _griser(hexa: str) -> str:
    lumiere = clarte(f"#{hexa}")
    gris = 12.92 * lumiere if lumiere <= 0.0031308 else 1.055 * lumiere ** (1 / 2.4) - 0.055
    return "#" + f"{round(gris * 255):02x}" * 3


def lire_dessin(noeud: html.HtmlElement) -> tuple[str, str]:
    """Le SVG d'une figure, sans lien ni texte caché, et le texte de remplacement qu'il portait."""
    alternative = " ".join(t.text or "" for t in noeud.xpath("./desc")) or " ".join(noeud.xpath("./title/text()"))
    racine = _en_svg(noeud)
    racine.tail = None
    return etree.tostring(racine, encoding="unicode"), ponctuer(alternative.strip())


def _en_svg(noeud: html.HtmlElement) -> etree._Element:
    """Le même arbre, dans l'espace de noms de SVG : celui que lit un lecteur de HTML n'en a pas."""
    attributs = {
        _CASSE.get(nom, nom): valeur
        for nom, valeur in noeud.attrib.items()
        if nom not in _A_ROLE and not nom.startswith(("xmlns", "xlink"))
    }
    nom = "g" if noeud.tag == "a" else _CASSE.get(noeud.tag, noeud.tag)
    appel = noeud.get("xlink:href") or (noeud.get("href") if noeud.tag == "use" else None)
    element = etree.Element(f"{{{SVG}}}{nom}", attributs, nsmap={None: SVG})
    if appel and appel.startswith("#"):
        element.set("href", appel)
    if nom == "text" and "stroke" in attributs:
        element.set("paint-order", "stroke")  # le halo passe dessous ; sur les pages, la feuille de style y veille
    if nom == "path" and "stroke" not in attributs and noeud.getparent().tag == "a":
        element.set("stroke", "#ffffff")  # de même, entre deux quartiers
    element.text, element.tail = noeud.text, noeud.tail
    element.extend(_en_svg(n) for n in noeud if isinstance(n.tag, str) and n.tag not in _MUETS)
    return element


# Un lecteur de HTML met tout en minuscules ; SVG distingue les casses.
_CASSE = {
    n.lower(): n
    for n in ("viewBox", "clipPath", "linearGradient", "patternUnits", "patternTransform", "clipPathUnits",
              "gradientUnits", "textPath", "preserveAspectRatio", "patternContentUnits", "markerWidth", "markerHeight",
              "refX", "refY")
}  # fmt: skip

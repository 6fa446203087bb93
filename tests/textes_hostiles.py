"""Soixante textes hostiles, et de quoi voir si l'un d'eux a été pris pour autre chose qu'un texte.

Chacun porte sa marque, ``zz<rang>zz`` : là où elle paraît dans une page, un document ou un tableau, le texte doit
paraître entier et tel quel. Une balise, une directive, une formule ou un lien compris en aurait mangé une partie.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pypdf import PdfReader

from observatoire.echappement import replier

# « @ » est la place de la marque.
_MODELES = (
    # HTML
    "<script>alert('@')</script>", "<img src=x onerror=alert(o)>@", "<svg/onload=alert(o)>@", "</title><b>@</b>",
    "<iframe src=//exemple.invalid>@</iframe>", "<a href=javascript:alert(o)>@</a>", "\"><script src=//x>@</script>",
    "' onmouseover='alert(o) @", "<!-- @", "--> @ <![CDATA[", "<style>*{display:none}</style>@", "&lt;b&gt;@&amp;",
    "<base href=//exemple.invalid>@", "<meta http-equiv=refresh content=0>@", "<form action=//x><input name=@>",
    "</textarea></style></script>@", "<details open ontoggle=alert(o)>@", "<math><mtext>@</mtext></math>",
    # MyST
    "# @", "## @ {#titre}", "**gras @**", "_penché @_", "`code @`", "{ref}`@`", "{download}`@ <../../../etc/passwd>`",
    "{eval-rst}`@`", "![@](../../../etc/passwd)", "![@](https://exemple.invalid/x.png)", "[@](javascript:alert(o))",
    "[@](../../../etc/passwd)", "<https://exemple.invalid/@>", "[@]: https://exemple.invalid", "$\\frac{@$", "$$@$$",
    "1. @", "- @", "> @", "| a | @ |", "% @", "+++ @", "(@)=", "---@", "~~~{raw} html @", ":::{include} /etc/passwd @",
    "```{include} /etc/passwd @", "@{.classe}", "{{ titre }} @", "[^@]", "\\@ \\* \\", "@ {abbr}`x (y)`",
    # Typst, tableurs, lignes de commande, texte
    "#import \"@\": *", "#read(\"/etc/passwd\") @", "$ x^@ $ #panic()", "=HYPERLINK(\"http://x\";\"@\")", "+1+@",
    "-1-@", "@SUM(1) @", "$(touch @) `id`;rm -rf", "%s{0}{nom} @ %n", "100 % @ \\r\\n",
)  # fmt: skip
#: Ce que tentent de plus des lignes, des caractères de commande et des invisibles ; repliés, ils ne tentent rien.
_SUR_DES_LIGNES = (
    "@\n\n```{include} ../../../../etc/passwd\n```", "@\r\n# Titre", "@\u2028<script>", "a\x00b\x07 @",
    "@\u202egpj.exe", "ze\u200bro @", "@\n:::{raw} html\n<b>\n:::", "@\n---\n", "\t=1+1 @", "\x1b[31m@\x1b[0m",
)  # fmt: skip

TEXTES = [m.replace("@", f"zz{_}zz", 1) for _, m in enumerate(_MODELES, start=100)]
SUR_DES_LIGNES = [m.replace("@", f"zz{_}zz", 1) for _, m in enumerate(_SUR_DES_LIGNES, start=200)]
_MARQUE = re.compile(r"zz(\d{3})zz")
_LUS = {_MARQUE.search(t)[1]: replier(t) for t in (*TEXTES, *SUR_DES_LIGNES)}
# Ce que la typographie des pages change, et ce qui coupe un texte en lignes.
_INDIFFERENTS = re.compile(r"\s+|[\u00a0\u202f\u00ad]|[-\u2013\u2014]|\.{3}|\u2026")
_GUILLEMETS = str.maketrans(dict.fromkeys("'’‘“”«»", '"'))


def serrer(texte: str) -> str:
    """Un texte sans ce que la typographie change : espaces, tirets, points de suspension, forme des guillemets."""
    return _INDIFFERENTS.sub("", texte.translate(_GUILLEMETS))


def manques(lu: str) -> Iterator[str]:
    """Les textes hostiles dont la marque paraît dans ``lu`` sans que le texte y soit tel quel, autant de fois."""
    serre = serrer(lu)
    for rang in dict.fromkeys(_MARQUE.findall(serre)):
        if serre.count(f"zz{rang}zz") != serre.count(serrer(_LUS[rang])):
            ou = serre.index(f"zz{rang}zz")
            yield f"« {_LUS[rang]} » se lit « {serre[max(0, ou - 40) : ou + 60]} »"


def presents(lu: str) -> set[str]:
    """Les rangs des textes hostiles qui paraissent dans ``lu``."""
    return set(_MARQUE.findall(serrer(lu)))


def lire_un_document(pdf: Path) -> str:
    """Le texte d'un PDF, où rien ne s'exécute, ne se joint ni ne mène ailleurs que dans le document."""
    lecteur = PdfReader(pdf)
    racine = lecteur.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(racine), pdf.name
    assert not {"/JavaScript", "/EmbeddedFiles"} & set(racine.get("/Names", {})), pdf.name
    liens = [a.get_object() for page in lecteur.pages for a in page.get("/Annots", ())]
    assert all(a.get("/A", {}).get("/S", "/GoTo") == "/GoTo" for a in liens), pdf.name
    return unicodedata.normalize("NFKC", "".join(page.extract_text() for page in lecteur.pages))

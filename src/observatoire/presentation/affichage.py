"""Les fragments de page : du HTML déterministe qu'un notebook affiche, et leurs assemblages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape

_EN_LETTRES = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True)
class Fragment:
    """Un morceau de page. ``resume`` est ce que l'on en lit sans HTML."""

    html: str
    resume: str = ""

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.resume}

    def __str__(self) -> str:
        return self.html


@dataclass(frozen=True)
class Absent(Fragment):
    """Un fragment qui n'a rien à montrer : ``sujet`` (ce qui manque) et ``raison`` (pourquoi)."""

    sujet: str = ""
    raison: str = ""


def absent(sujet: str, raison: str) -> Absent:
    """Dire en une phrase qu'il n'y a rien à dessiner, plutôt que dessiner du vide."""
    phrase = f"{sujet} : {raison}."
    return Absent(f'<p class="obs-absent">{escape(phrase)}</p>', phrase, sujet, raison)


def silence(resume: str) -> Absent:
    """Ce qui n'a pas lieu d'être sur cette page (une carte des quartiers dans une ville sans quartiers)."""
    return Absent("", resume)


def empreinte(*parties: str) -> str:
    """Un identifiant stable, tiré du contenu : deux exécutions donnent la même page.

    Sans chiffre : l'audit y lirait un jour, par hasard, les décimales d'une valeur cachée.
    """
    return "o" + hashlib.sha256("\x1f".join(parties).encode()).hexdigest()[:10].translate(_EN_LETTRES)


def grille(*fragments: Fragment) -> Fragment:
    """Poser des fragments côte à côte, l'un sous l'autre sur un téléphone. Les absents passent dessous."""
    presents = [f for f in fragments if not isinstance(f, Absent)]
    absents = [f for f in fragments if isinstance(f, Absent) and f.sujet]
    if not presents:
        return _dire_absents(absents)
    cases = "".join(f'<div class="obs-case">{f.html}</div>' for f in presents)
    suite = _dire_absents(absents).html if absents else ""
    return Fragment(f'<div class="obs-grille">{cases}</div>{suite}', _resumer(fragments))


def section(nom: str, *fragments: Fragment) -> Fragment:
    """Les fragments d'une section, ou une seule phrase quand aucun n'a de valeur à montrer."""
    presents = [f for f in fragments if not isinstance(f, Absent)]
    absents = [f for f in fragments if isinstance(f, Absent) and f.sujet]
    raisons = list(dict.fromkeys(f.raison for f in absents)) or ["rien à montrer ici"]
    if not presents and len(raisons) == 1:
        return absent(f"{nom}, aucun indicateur n'est publié pour cette page", raisons[0])
    if not presents:
        return _dire_absents(absents)
    corps = "".join(f.html for f in presents)
    suite = _dire_absents(absents).html if absents else ""
    return Fragment(f'<div class="obs-section">{corps}{suite}</div>', _resumer(fragments))


def diapositive(titre: str, *fragments: Fragment) -> Fragment:
    """Une diapositive : son titre, et ce qu'elle montre ; ce qui n'est pas publié n'y est pas."""
    montres = [f for f in fragments if not isinstance(f, Absent)] or list(fragments)
    return Fragment(f"<h2>{escape(titre)}</h2>{''.join(f.html for f in montres)}", titre)


def essentiel(*fragments: Fragment) -> Fragment:
    """Ce qui compte, en tête de page : une puce par fragment (le HTML d'une phrase) ; rien de ce qui est absent."""
    presents = [f for f in fragments if not isinstance(f, Absent)]
    puces = "".join(f"<li>{f.html}</li>" for f in presents)
    return Fragment(f'<ul class="obs-essentiel">{puces}</ul>', _resumer(presents)) if puces else silence("L'essentiel")


def en_bref(titre: str, html: str) -> Fragment:
    """Une phrase de l'essentiel : de quoi elle parle, puis ce qu'elle en dit, en HTML sûr."""
    return Fragment(f"<strong>{escape(titre)}</strong> {html}", titre)


def theme(nom: str, *fragments: Fragment) -> Fragment:
    """Une section repliée : son nom se lit, ses tableaux et ses figures s'ouvrent, sans script.

    Elle s'imprime ouverte. Ce qui n'a rien à montrer le dit en une phrase, sans pli.
    """
    contenu = section(nom, *fragments)
    if isinstance(contenu, Absent):
        return contenu
    resume = f"<summary>{escape(nom)} : tableaux et figures</summary>"
    return Fragment(f'<details class="obs-theme">{resume}{contenu.html}</details>', contenu.resume)


def titrer(titre: str, dessous: str = "") -> str:
    """La légende d'une figure : son titre, et ce qui le précise."""
    suite = f'<span class="obs-sous-titre">{escape(dessous)}</span>' if dessous else ""
    return f'<figcaption><strong class="obs-titre">{escape(titre)}</strong>{suite}</figcaption>'


def plier(resume: str, contenu: str) -> str:
    """Un pli fermé : ``resume`` se lit, ``contenu`` s'ouvre."""
    return f'<details class="obs-pli"><summary>{escape(resume)}</summary>{contenu}</details>'


def defiler(table: str, titre: str) -> str:
    """Un tableau large dans son propre cadre, qui défile au doigt et au clavier sans élargir la page."""
    return f'<div class="obs-defile" role="region" tabindex="0" aria-label="{escape(titre)}">{table}</div>'


def _dire_absents(absents: list[Absent]) -> Absent:
    if not absents:
        return silence("")
    if len(absents) == 1:
        return absents[0]
    par_raison: dict[str, list[str]] = {}
    for fragment in absents:
        par_raison.setdefault(fragment.raison, []).append(fragment.sujet)
    return absent("Sans valeur à montrer", " – ".join(f"{', '.join(s)} : {r}" for r, s in par_raison.items()))


def _resumer(fragments: tuple[Fragment, ...]) -> str:
    return "\n".join(f.resume for f in fragments if f.resume)

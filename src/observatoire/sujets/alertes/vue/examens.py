"""Ce que les séances ont fait d'une alerte : quand elle a été examinée, et ce qui y a été décidé."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.presentation.affichage import Fragment
from observatoire.presentation.liens import lier, vers_seance
from observatoire.presentation.nombres import ecrire_date
from observatoire.presentation.seances import dire_la_decision, nommer_la_seance
from observatoire.presentation.textes import paragraphe

if TYPE_CHECKING:
    from observatoire.publie import Publie

JAMAIS = "jamais examinée"


def examens(valeurs: Publie, alerte: dict) -> list[dict]:
    """Les séances tenues, jusqu'à l'année de la page, qui ont examiné une alerte ; la plus récente d'abord.

    ``alerte`` : ``niveau``, ``territoire`` et ``indicateur``.
    """
    cles = {nom: alerte[nom] for nom in ("niveau", "territoire", "indicateur")}
    vues = {r["seance"] for r in valeurs.lignes_de("alertes_examinees", **cles)}
    tenues = [s for s in valeurs.lignes_de("seances", etat="tenue") if s["seance"] in vues]
    return sorted((s for s in tenues if s["annee"] <= valeurs.annee), key=lambda s: s["date"], reverse=True)


def dater_l_examen(valeurs: Publie, alerte: dict, depuis: str = "annee") -> str:
    """Le jour du dernier examen, lié à la séance, ou qu'il n'y en a jamais eu."""
    siennes = examens(valeurs, alerte)
    if not siennes:
        return f"<strong>{JAMAIS}</strong>"
    return lier(ecrire_date(siennes[0]["date"], court=True), vers_seance(siennes[0]["seance"], depuis))


def raconter_le_dernier(valeurs: Publie, alerte: dict, depuis: str = "annee") -> str:
    """La dernière séance qui a examiné l'alerte et ce qu'elle a décidé, ou qu'il n'y en a jamais eu."""
    siennes = examens(valeurs, alerte)
    return _raconter(valeurs, siennes[0], depuis) if siennes else f"<strong>{JAMAIS}</strong>"


def raconter_les_examens(valeurs: Publie, alerte: dict, depuis: str = "annee") -> Fragment:
    """Chaque séance qui a examiné l'alerte, et ses décisions, la plus récente d'abord."""
    siennes = examens(valeurs, alerte)
    if not siennes:
        return paragraphe("Aucune séance n'a encore examiné cette alerte.")
    puces = "".join(f"<li>{_raconter(valeurs, s, depuis)}</li>" for s in siennes)
    return Fragment(f"<ul>{puces}</ul>", "Examinée en séance")


def _raconter(valeurs: Publie, seance: dict, depuis: str) -> str:
    decisions = valeurs.lignes_de("decisions", seance=seance["seance"])
    quoi = " ".join(escape(dire_la_decision(d)) for d in decisions) or "Aucune décision inscrite."
    return f"{lier(nommer_la_seance(seance), vers_seance(seance['seance'], depuis))} : {quoi}"

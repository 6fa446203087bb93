"""Ce qu'un document met en avant : les questions que posent les verdicts, les décisions de l'année, où l'imprimer."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.engagements import juger
from observatoire.presentation.liens import lier
from observatoire.presentation.nombres import ecrire_date, ecrire_entier
from observatoire.presentation.textes import paragraphe
from observatoire.vocabulaire import NON_TENU, VERDICTS

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Les verdicts qui posent une question, et laquelle.
_QUESTIONS = {
    "non_tenu": "Comment le tenir, ou faut-il l'ajuster ?",
    "partiel": "Que manque-t-il pour qu'il soit tenu ?",
    "non_concluant": "Que faut-il pour conclure ?",
}


def questions_ouvertes(valeurs: Publie) -> Fragment:
    """Les engagements de l'année qui ne sont pas tenus, chacun avec sa raison et la question qu'il pose ; puis combien
    ne se mesurent pas."""
    lignes = valeurs.lignes_de("engagements", annee=valeurs.annee)
    if not lignes:
        return absent("Questions", "aucun engagement n'est déclaré")
    ouverts = [e for verdict in _QUESTIONS for e in lignes if e["verdict"] == verdict]
    puces = "".join(
        f"<li><strong>{_lier(e)}</strong> – {juger(e)}. {escape(e['raison'])} <em>{_QUESTIONS[e['verdict']]}</em></li>"
        for e in ouverts
    )
    sans = sum(e["verdict"] == "non_mesurable" for e in lignes)
    phrases = [] if ouverts else [f"Aucun verdict publié de {valeurs.annee} n'appelle de question."]
    if sans:
        phrases.append(
            f"Engagements qui ne se mesurent pas, faute de donnée, de pièce ou d'objectif : {ecrire_entier(sans)}."
        )
    texte = " ".join(phrases)
    suite = f'<p class="obs-phrase">{escape(texte)}</p>' if texte else ""
    return Fragment(f"<ul>{puces}</ul>{suite}" if puces else suite, texte or VERDICTS[NON_TENU].libelle)


def decisions_de_l_annee(valeurs: Publie) -> Fragment:
    """Les séances de l'année de la page, dans l'ordre, et ce que chacune a décidé."""
    seances = valeurs.lignes_de("seances", annee=valeurs.annee, etat="tenue")
    if not seances:
        return paragraphe(f"Aucune séance tenue en {valeurs.annee} n'a de compte rendu.")
    decisions = valeurs.lignes_de("decisions")
    puces = []
    for s in sorted(seances, key=lambda s: s["date"]):
        siennes = [d for d in decisions if d["seance"] == s["seance"]]
        dites = [d["texte"] if isinstance(d["texte"], str) else f"{d['libelle']}." for d in siennes]
        quoi = " ".join(escape(t[:1].upper() + t[1:]) for t in dites) or "Aucune décision inscrite."
        fictive = " (fictive)" if s["fictif"] else ""
        puces.append(f"<li><strong>{escape(s['libelle'])}, {ecrire_date(s['date'])}{fictive}</strong> : {quoi}</li>")
    return Fragment(f"<ul>{''.join(puces)}</ul>", f"Séances de {valeurs.annee}")


def imprimer_ceci(document: str, texte: str = "Ce document en PDF, à imprimer") -> Fragment:
    """Où est un document (PDF), depuis une page à la racine de l'édition ; ce lien ne s'imprime pas."""
    return Fragment(f'<p class="obs-note obs-ecran">{lier(texte, f"../../documents/{document}.pdf")}</p>', texte)


def _lier(e: dict) -> str:
    return lier(e["libelle"], f"engagements/{e['engagement']}.html")

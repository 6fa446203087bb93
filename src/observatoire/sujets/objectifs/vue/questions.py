"""Les questions que posent les verdicts des engagements."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.liens import lier
from observatoire.presentation.nombres import ecrire_entier
from observatoire.sujets.objectifs.vue.engagements import juger
from observatoire.vocabulaire import NON_CONCLUANT, NON_TENU, PARTIEL, VERDICTS

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Les verdicts qui posent une question, et laquelle.
_QUESTIONS = {
    NON_TENU: "Comment le tenir, ou faut-il l'ajuster ?",
    PARTIEL: "Que manque-t-il pour qu'il soit tenu ?",
    NON_CONCLUANT: "Que faut-il pour conclure ?",
}


def questions_ouvertes(valeurs: Publie, nombre: int | None = None) -> Fragment:
    """Les engagements de l'année qui ne sont pas tenus, chacun avec sa raison et la question qu'il pose ; puis combien
    ne se mesurent pas. ``nombre`` : les plus loin d'être tenus seulement."""
    lignes = valeurs.lignes_de("engagements", annee=valeurs.annee)
    if not lignes:
        return absent("Questions", "aucun engagement n'est déclaré")
    ouverts = [e for verdict in _QUESTIONS for e in lignes if e["verdict"] == verdict]
    puces = "".join(
        f"<li><strong>{_lier(e)}</strong> – {juger(e)}. {escape(e['raison'])} <em>{_QUESTIONS[e['verdict']]}</em></li>"
        for e in ouverts[:nombre]
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


def _lier(e: dict) -> str:
    return lier(e["libelle"], f"engagements/{e['engagement']}.html")

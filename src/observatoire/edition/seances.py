"""Les pages des séances : ce qu'un public lit de chaque compte rendu, et leur calendrier."""

from __future__ import annotations

from collections.abc import Iterator

from observatoire.echappement import markdown_en_myst, pour_myst
from observatoire.presentation.nombres import ecrire_date
from observatoire.presentation.seances import dire_la_decision
from observatoire.publie import Contenu, en_lignes
from observatoire.sujets.seances.tables import SEANCES

CALENDRIER = "calendrier"
RESERVE = "Le texte de ce compte rendu est réservé aux partenaires."
FICTIF = "Compte rendu fictif, qui accompagne des dépôts fictifs."


def pages_des_seances(contenu: Contenu) -> Iterator[tuple[str, str]]:
    """(chemin, Markdown) de chaque page : le calendrier, puis une par séance.

    Aucune quand il n'y a ni séance ni engagement.
    """
    if not SEANCES.dans(contenu.dossier).is_file():
        return
    seances = en_lignes(contenu.table("seances"))
    if seances or len(contenu.table("engagements")):
        yield f"seances/{CALENDRIER}", _calendrier(seances)
    for seance in seances:
        yield f"seances/{seance['seance']}", _page(contenu, seance)


def _calendrier(seances: list[dict]) -> str:
    """Les séances, année par année, chacune liée à sa page."""
    if not seances:
        return "# Calendrier des séances\n\nAucun compte rendu n'a encore été versé.\n"
    lignes = ["# Calendrier des séances"]
    for annee in sorted({s["annee"] for s in seances}, reverse=True):
        siennes = [s for s in seances if s["annee"] == annee]
        puces = [f"- [{_nommer(s)}](<{s['seance']}.md>){_etat(s)}" for s in siennes]
        lignes += [f"## {annee}", "\n".join(puces)]
    return "\n\n".join(lignes) + "\n"


def _page(contenu: Contenu, s: dict) -> str:
    decisions = contenu.table("decisions").query("seance == @s['seance']")
    examinees = contenu.table("alertes_examinees").query("seance == @s['seance']")
    noms, catalogue, annees = contenu.noms, contenu.table("catalogue"), contenu.table("edition")["annees"]
    annee = min(max(s["annee"], annees[0]), annees[-1])  # le registre de l'année de la séance, ou le plus proche
    rangs = {
        "Présents": _liste(s["presents"]),
        "Invités": _liste(s["invites"]),
        "Supports": _liste(s["supports"]),
    }
    lieux = [noms.get((r["niveau"], r["territoire"])) or r["territoire"] for r in en_lignes(examinees)]
    alertes = [
        f"- [{pour_myst(lieu)} : {pour_myst(catalogue[code]['libelle'])}](<../{annee}/alertes.ipynb>)"
        for lieu, code in zip(lieux, examinees["indicateur"], strict=True)
    ]
    prises = [f"- {pour_myst(dire_la_decision(d))}" for d in en_lignes(decisions)]
    texte = contenu.ecrit(f"seances/{s['seance']}.md")
    parties = [f"# {_nommer(s)}"]
    parties += [f"*{FICTIF}*"] * bool(s["fictif"])
    parties += ["Cette séance est prévue."] * (s["etat"] != "tenue")
    parties += [f"## {nom}\n\n{corps}" for nom, corps in rangs.items() if corps]
    parties += ["## Alertes examinées\n\n" + "\n".join(alertes)] * bool(alertes)
    parties += ["## Décisions\n\n" + "\n".join(prises)] * bool(prises)
    parties.append(f"## Compte rendu\n\n{markdown_en_myst(texte)}" if texte else "" if s["entier"] else RESERVE)
    return "\n\n".join(p for p in parties if p) + "\n"


def _nommer(s: dict) -> str:
    return f"{pour_myst(s['libelle'])}, {ecrire_date(s['date'])}"


def _etat(s: dict) -> str:
    dits = ["prévue"] * (s["etat"] != "tenue") + ["fictive"] * bool(s["fictif"])
    return f" ({', '.join(dits)})" if dits else ""


def _liste(textes: object) -> str:
    return "\n".join(f"- {pour_myst(t)}" for t in textes.split(" ; ")) if isinstance(textes, str) else ""

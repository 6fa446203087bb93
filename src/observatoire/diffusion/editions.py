"""L'archive des éditions : ce que chacune a publié, ce qui en a changé depuis, le fil qui les annonce."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pandas as pd

from observatoire.diffusion import notices
from observatoire.diffusion.comparaison import comparer, dire_la_cause, lire_etat, resumer
from observatoire.diffusion.paquet import INTERNATIONAL
from observatoire.echappement import pour_myst, replier
from observatoire.fichiers import ecrire_csv, ecrire_octets, ecrire_texte
from observatoire.presentation.nombres import ecrire
from observatoire.publie import Contenu
from observatoire.rangement import lire_publiee
from observatoire.tables.edition import ANTERIEURES, EDITIONS
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES
from observatoire.vocabulaire import METHODES

#: Où l'archive est rangée, dans les données d'une édition.
DOSSIER = "editions"
LISTE, FIL, CHANGEMENTS = "editions.json", "editions.atom", "changements.csv"
#: Combien d'indicateurs une page nomme ; tous sont dans le fichier.
NOMMES = 12


def archiver(publie: Path, sortie: Path, vers: str) -> tuple[list[str], str]:
    """Écrire dans ``sortie`` les éditions d'avant, ce qui en a changé, leur liste et leur fil.

    Rend les chemins écrits, et le Markdown de la page « Éditions », qui y mène par ``vers``.
    """
    contenu = Contenu(publie)
    edition, catalogue = contenu.table("edition"), contenu.table("catalogue")
    fiches, sections = [_courante(edition)], []
    connues = lire_publiee(EDITIONS, publie).sort_values("edition", ascending=False)
    actuel = lire_etat(publie) if len(connues) else None
    for ligne in connues.itertuples():
        annee, valeurs = int(ligne.edition), publie / ANTERIEURES / f"{ligne.edition}.csv"
        changees = comparer(lire_etat(publie / ANTERIEURES / str(annee), valeurs), actuel)
        noms = [f"{DOSSIER}/{annee}/{nom}" for nom in (INDICATEURS_PUBLIES.fichier, CHANGEMENTS)]
        ecrire_octets(valeurs.read_bytes(), sortie / noms[0])
        ecrire_les_changements(changees, sortie / noms[1])
        fiches.append(_fiche(edition, annee, ligne, noms))
        sections.append("\n\n".join(_section(fiches[-1], changees, catalogue, vers)))
    ecrire_texte(json.dumps(fiches, ensure_ascii=False, indent=1) + "\n", sortie / LISTE)
    ecrire_texte(_fil(edition, fiches), sortie / FIL)
    archivees = [f[nom] for f in fiches[1:] for nom in ("valeurs", "changements")]
    return [*archivees, LISTE, FIL], _page(edition, sections, vers)


def ecrire_les_changements(changees: pd.DataFrame, chemin: Path) -> None:
    """Ce qui a changé, prêt pour un tableur : la cause en toutes lettres."""
    dites = changees["cause"].map({c: dire_la_cause(c) for c in changees["cause"].unique()})
    ecrire_csv(changees.assign(cause=dites), chemin)


def _courante(edition: dict) -> dict:
    return {
        "edition": edition["annees"][-1], "titre": notices.intituler(edition), "date": _date(edition["annees"][-1]),
        "courante": True, "valeurs": f"{INTERNATIONAL}/{INDICATEURS_PUBLIES.fichier}",
    }  # fmt: skip


def _fiche(edition: dict, annee: int, ligne, noms: list[str]) -> dict:
    titre = notices.intituler(edition | {"annees": [*(a for a in edition["annees"] if a < annee), annee]})
    return {
        "edition": annee, "titre": titre, "date": _date(annee), "courante": False, "methode": ligne.methode,
        "publiees": int(ligne.publiees), "cachees": int(ligne.cachees), "valeurs": noms[0], "changements": noms[1],
    }  # fmt: skip


def _date(annee: int) -> str:
    return f"{annee}-12-31"


def _page(edition: dict, sections: list[str], vers: str) -> str:
    """Le Markdown de la page."""
    tete = [
        "# Éditions",
        f"L'édition en ligne est celle de {edition['annees'][-1]}. Une édition remplacée reste ici telle qu'elle a "
        f"paru, à une adresse qui ne change pas. Pour être prévenu de la suivante : "
        f'<a href="{vers}{FIL}">le fil Atom</a> ; pour un programme : <a href="{vers}{LISTE}">{LISTE}</a>.',
    ]
    return "\n\n".join([*tete, *(sections or ["Cette édition est la première : rien n'a encore changé."])])


def _section(fiche: dict, changees: pd.DataFrame, catalogue: dict, vers: str) -> Iterator[str]:
    """Une édition d'avant : ce qu'elle disait, ce qui en a changé, et pourquoi."""
    yield f"## Édition {fiche['edition']}"
    compte = ecrire(fiche["publiees"], decimales=0)
    yield (
        f'{compte} valeurs publiées : <a href="{vers}{fiche["valeurs"]}" download>les retrouver (CSV)</a>. '
        f"Sa méthode du secret : {METHODES[fiche['methode']].sens}."
    )
    if changees.empty:
        yield "Aucune n'a changé depuis."
        return
    lien = f'<a href="{vers}{fiche["changements"]}" download>chacune, avant et après (CSV)</a>'
    yield f"Ont changé depuis : {ecrire(len(changees), decimales=0)} – {lien}."
    resume = resumer(changees)
    rangs = [
        f"| {pour_myst(catalogue.get(r.indicateur, {}).get('libelle', r.indicateur))} "
        f"| {ecrire(r.valeurs, decimales=0)} | {dire_la_cause(r.cause)} |"
        for r in resume.head(NOMMES).itertuples()
    ]
    yield "| Indicateur | Valeurs | Pourquoi |\n|:--|--:|:--|\n" + "\n".join(rangs)
    if len(resume) > NOMMES:
        yield f"Et {ecrire(len(resume) - NOMMES, decimales=0)} autres lignes, dans le fichier."


def _fil(edition: dict, fiches: list[dict]) -> str:
    """Le fil Atom (RFC 4287) ; ses adresses sont relatives à la sienne."""
    racine, auteur = f"urn:observatoire:{edition['code'].lower()}:{edition['public']}", _en_xml(edition["titre"])
    entrees = "".join(
        f"<entry><id>{escape(racine)}:{f['edition']}</id><title>{_en_xml(f['titre'])}</title>"
        f"<updated>{f['date']}T12:00:00Z</updated>"
        f'<link rel="alternate" type="text/csv" href="{escape(f["valeurs"])}"/>'
        f"<summary>{_annoncer(f)}</summary></entry>\n"
        for f in fiches
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">\n'
        f"<id>{escape(racine)}</id><title>{auteur}</title><updated>{fiches[0]['date']}T12:00:00Z"
        f'</updated><author><name>{auteur}</name></author><link rel="self" href="{FIL}"/>\n'
        f"{entrees}</feed>\n"
    )


def _en_xml(texte: str) -> str:
    return escape(replier(texte), quote=False)


def _annoncer(fiche: dict) -> str:
    return "L'édition en ligne." if fiche["courante"] else "Une édition remplacée, telle qu'elle a paru."

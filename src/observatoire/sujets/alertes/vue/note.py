"""La note du trimestre : ce qui est nouveau, ce qui dure, ce qui est résolu, et ce qu'il faut décider."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.presentation import donnees
from observatoire.presentation.affichage import Fragment, absent, defiler, plier
from observatoire.presentation.liens import lier, lier_fiche, vers_alerte, vers_registre, vers_territoire
from observatoire.presentation.nombres import ecrire_en_lettres, ecrire_trimestre
from observatoire.presentation.objectifs import denombrer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import cle_d_alerte, en_lignes
from observatoire.sujets.alertes.vue.bilan import Bilan, bilan_du_trimestre
from observatoire.sujets.alertes.vue.registre import dire_pilote
from observatoire.sujets.alertes.vue.resume import dire, nommer_lieu, reserver
from observatoire.sujets.alertes.vue.suites import dire_le_fait
from observatoire.sujets.alertes.vue.verdicts import est_signale, pastille

if TYPE_CHECKING:
    from observatoire.publie import Publie

NOMS = {
    "nouvelles": ("nouvelle", "nouvelles"),
    "rouvertes": ("rouverte", "rouvertes"),
    "persistantes": ("persistante", "persistantes"),
    "resolues": ("résolue", "résolues"),
}
MOTIFS = {
    "sans_pilote": "désigner un pilote",
    "achevee": "la réponse est terminée et le dossier reste ouvert : que faire de plus",
    "en_suspens": "un pilote, mais rien d'engagé : quelle réponse",
    "a_clore": "l'alerte est résolue et une réponse court encore : la clore ou la poursuivre",
}
DEPUIS = "edition"
#: Ce que la note dit de chaque liste, pour tenir sur deux feuilles ; le reste est dans un pli, qui ne s'imprime pas.
DITS, DECIDES = 6, 8


def ouvrir_la_note(valeurs: Publie) -> Fragment:
    """Le trimestre, le nombre de dossiers de chaque sorte, et où lire le registre."""
    bilan = _bilan(valeurs)
    if bilan is None:
        return absent("Note du trimestre", "aucun suivi d'alertes n'est publié")
    comptes = [
        f"{ecrire_en_lettres(n, feminin=True)} {NOMS[liste][n > 1]}"
        for liste, n in bilan.comptes.items()
        if liste in NOMS
    ]
    phrase = f"Au {ecrire_trimestre(bilan.trimestre)} : {', '.join(comptes[:-1])} et {comptes[-1]}."
    lien = lier("Le registre des alertes", vers_registre(valeurs, DEPUIS))
    return Fragment(f'<p class="obs-phrase">{escape(phrase)}</p><p class="obs-note">{lien}</p>', phrase)


def a_decider(valeurs: Publie) -> Fragment:
    """Pour les partenaires, les dossiers qui attendent une décision et laquelle ; pour le public, où cela se décide."""
    bilan = _bilan(valeurs)
    if valeurs.edition["public"] == PUBLIQUE:
        return paragraphe(
            "Le groupe de travail décide des suites à donner, d'après l'édition réservée aux partenaires."
        )
    attendent = en_lignes(bilan.listes["a_decider"]) if bilan is not None else []
    if not attendent:
        return paragraphe("Aucun dossier n'attend de décision.")
    titre = "Ce qu'il faut décider"
    lignes = [
        [
            _nommer(valeurs, d),
            lier_fiche(valeurs, d["indicateur"], DEPUIS),
            MOTIFS[d["motif"]],
            dire_pilote(valeurs, d),
        ]
        for d in attendent
    ]
    html = _tabuler(lignes[:DECIDES], titre)
    if autres := lignes[DECIDES:]:
        html += _replier(len(autres), _tabuler(autres, f"{titre}, suite"))
    return reserver(valeurs, html, titre)


def _tabuler(lignes: list[list[str]], titre: str) -> str:
    table = donnees.tableau_simple(["Territoire", "Indicateur", "À décider", "Pilote"], lignes, titre, "obs-a-gauche")
    return defiler(table, titre)


def _replier(nombre: int, html: str) -> str:
    """Les suivants, dans un pli ; sur le papier, où les trouver."""
    autres = denombrer(nombre, "autre", "autres")
    return f'<p class="obs-note">Et {autres}, au registre des alertes.</p>{plier(f"Voir {autres}", html)}'


def dossiers_du_trimestre(valeurs: Publie, *listes: str) -> Fragment:
    """Les dossiers de ces listes, une phrase chacun ; ce qui a été fait pour ceux qui sont résolus."""
    bilan = _bilan(valeurs)
    dossiers = [d for nom in listes if bilan is not None for d in en_lignes(bilan.listes[nom])]
    if not dossiers:
        noms = " ni ".join(NOMS[nom][0] for nom in listes)
        return paragraphe(f"Aucune alerte {noms}.")
    evaluees = {cle_d_alerte(r): r for r in valeurs.alertes(annee=valeurs.annee)}
    puces = [f"<li>{_dire(valeurs, d, evaluees.get(cle_d_alerte(d)))}</li>" for d in dossiers]
    html = f'<ul class="obs-alertes">{"".join(puces[:DITS])}</ul>'
    if autres := puces[DITS:]:
        html += _replier(len(autres), f'<ul class="obs-alertes">{"".join(autres)}</ul>')
    return reserver(valeurs, html, ", ".join(listes))


def _bilan(valeurs: Publie) -> Bilan | None:
    """Le bilan des dossiers que ce public peut lire ; ``None`` s'il n'y a pas de suivi."""
    trimestre = valeurs.edition.get("trimestre")
    lus = valeurs.dossiers()
    if trimestre is None or not lus:
        return None
    actions = [a for d in lus for a in valeurs.actions(d["dossier"])]
    colonnes = ["dossier", "trimestre", "decision", "issue"]
    return bilan_du_trimestre(
        pd.DataFrame(lus), pd.DataFrame(actions).reindex(columns=colonnes).astype(object), trimestre
    )


def _nommer(valeurs: Publie, dossier: dict) -> str:
    adresse = vers_alerte(valeurs, dossier, DEPUIS) if dossier["etat"] != "resolue" else None
    adresse = adresse or vers_territoire(valeurs, dossier["niveau"], dossier["territoire"], DEPUIS)
    return lier(nommer_lieu(valeurs, dossier), adresse)


def _dire(valeurs: Publie, dossier: dict, ligne: dict | None) -> str:
    """Un dossier : où, de quoi, depuis quand, sa phrase s'il est signalé, ce qui a été fait."""
    lieu, fiche = _nommer(valeurs, dossier), lier_fiche(valeurs, dossier["indicateur"], DEPUIS)
    quand = f"ouverte au {ecrire_trimestre(dossier['ouverture'])}"
    if dossier["etat"] == "resolue":
        quand += f", résolue au {ecrire_trimestre(dossier['resolution'])}"
    dit = f"{lieu}, {fiche}, {quand}"
    if ligne is not None and est_signale(ligne):
        dit = f"{pastille(ligne)} {dit} : {escape(dire(valeurs, ligne))}"
    fait = _dire_le_fait(valeurs, dossier)
    return f"{dit}.{f' Ce qui a été fait : {fait}.' if fait else ''}"


def _dire_le_fait(valeurs: Publie, dossier: dict) -> str:
    """Chaque réponse apportée ; rien si rien n'a été inscrit."""
    faits = (dire_le_fait(valeurs, action) for action in valeurs.actions(dossier["dossier"]))
    return " ; ".join(filter(None, faits))

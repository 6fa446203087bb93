"""La revue : d'où l'on part, où l'on arrive, ce que l'on pouvait déceler, ce qui a bougé, ce qui est à discuter."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation import comparaisons
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.bilans import imprimer_ceci
from observatoire.presentation.engagements import VERDICTS
from observatoire.presentation.liens import lier_fiche
from observatoire.presentation.nombres import (
    ABSENT,
    ecrire,
    ecrire_annee,
    ecrire_entier,
    ecrire_intervalle,
    ecrire_ligne,
    ecrire_statut,
)
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.publie import en_lignes
from observatoire.registre.impressions import citer, dire

if TYPE_CHECKING:
    from observatoire.publie import Publie

DOCUMENT = "revue"
_SANS_REVUE = "elle n'est pas encore calculée"
_ORIGINES = {
    "engagement": "Les engagements qui se mesurent",
    "objectif": "Les objectifs d'attribution",
    "suivi": "Les parts suivies, sans objectif",
}
_SENS = {
    "hausse": ("en hausse", "en hausse"), "baisse": ("en baisse", "en baisse"), "indecis": ("indécise", "indécises"),
    "compte": ("dénombrement", "dénombrements"),
}  # fmt: skip
#: Ce que nomme chaque composante, dans l'ordre où elles se lisent.
COMPOSANTES = {
    "entrants": "Entrants", "sortants": "Sortants", "restes": "Ceux qui restent", "livraisons": "Livraisons",
    "demolitions_ventes": "Démolitions, ventes", "couverture": "Couverture", "non_reponse": "Non-réponse",
    "autres": "Autres, réunies",
}  # fmt: skip
_PERTINENCES = {
    "deja_acquis": "acquis au profil actuel", "a_portee": "à portée", "hors_d_atteinte": "hors d'atteinte",
}  # fmt: skip
_ECARTS = {"aucun": "inchangé", "modifie": "modifié", "ajoute": "ajouté", "retire": "retiré"}


def ouvrir_la_revue(valeurs: Publie) -> Fragment:
    """En quelques phrases : les années comparées, combien de mesures ont bougé, et ce que cela ne dit pas."""
    lignes = [r for r in en_lignes(valeurs.revue_objectifs) if r["statut"] == "publie"]
    if not len(valeurs.revue_objectifs):
        return absent("Revue", _SANS_REVUE)
    comptes = pd.Series([r["sens"] for r in lignes], dtype=object).value_counts()
    dits = [f"{ecrire_entier(comptes[s])} {noms[int(comptes[s] > 1)]}" for s, noms in _SENS.items() if s in comptes]
    zero, fin = ecrire_annee(valeurs.edition["annee_zero"]), ecrire_annee(valeurs.annee)
    phrase = f"De {zero}, l'état zéro, à {fin} : {ecrire_entier(len(lignes))} comparaisons, {', '.join(dits)}."
    suite = (
        "« Indécise » : l'intervalle de l'écart contient zéro ; le plus petit écart décelable dit alors ce que l'on "
        "aurait pu voir. Aucun de ces écarts ne mesure l'effet de la charte : ils disent ce qui a changé, non pourquoi."
    )
    texte = f"{phrase} {suite}"
    return Fragment(f'{imprimer_ceci(DOCUMENT)}<p class="obs-phrase">{escape(texte)}</p>', texte)


def tableau_de_la_revue(valeurs: Publie, origine: str | None = None) -> Fragment:
    """D'un bout à l'autre : départ, arrivée, écart et son intervalle, le plus petit écart décelable, le verdict.

    ``origine`` : ``engagement``, ``objectif`` ou ``suivi`` ; sans elle, tout ce dont l'écart dépasse son intervalle.
    """
    lignes = [r for r in en_lignes(valeurs.revue_objectifs) if isinstance(r["indicateur"], str)]
    if origine is None:
        titre, lignes = "Ce qui a changé au-delà du hasard", [r for r in lignes if r["sens"] in {"hausse", "baisse"}]
    else:
        titre, lignes = _ORIGINES[origine], [r for r in lignes if r["origine"] == origine]
    if not lignes and origine is None and len(valeurs.revue_objectifs):
        return paragraphe("Aucun écart ne dépasse son intervalle.")
    if not lignes:
        return absent(titre, "rien à comparer" if len(valeurs.revue_objectifs) else _SANS_REVUE)
    note = dire(
        "Décelable : le plus petit écart que cette comparaison verrait huit fois sur dix, au seuil de 5 %. Un "
        "dénombrement complet n'a pas d'intervalle."
    )
    caches = [r for r in lignes if r["statut"] != "publie" and isinstance(r["motif"], str)]
    note += "".join(dict.fromkeys(f" {ecrire_statut(r['statut'])} : {r['motif']}" for r in caches))
    table = pd.DataFrame([_comparer(valeurs, r) for r in lignes])
    vides = [c for c in ("Verdict", "Pertinence") if not table[c].str.len().any()]
    gauche = ("Verdict", "Pertinence")
    return composer(table.drop(columns=vides), f"{titre}, {ecrire_annee(valeurs.annee)}", gauche=gauche, note=note)


def tableau_decomposition(valeurs: Publie) -> Fragment:
    """Ce que chaque composante ajoute à chaque part, en points ; les contributions s'ajoutent à la variation."""
    table = valeurs.revue_decomposition
    table = table[table["niveau"].eq("ville")]
    if table.empty:
        return absent("Décomposition des changements", _SANS_REVUE)
    siennes = {code: en_lignes(t) for code, t in table.groupby("indicateur", sort=False)}
    motifs = {r["motif"] for lignes in siennes.values() for r in lignes if isinstance(r["motif"], str)}
    rangs = [_decomposer(valeurs, code, lignes) for code, lignes in siennes.items()]
    depart, fin = (ecrire_annee(int(table[c].iloc[0])) for c in ("depart", "annee"))
    note = "En points. La somme des composantes est la variation ; « autres » réunit celles qui sont trop petites."
    note += "".join(f" Sans décomposition : {m}." for m in sorted(motifs))
    titre = f"Ce qui a fait bouger chaque part, de {depart} à {fin}"
    return composer(pd.DataFrame(rangs).fillna(ABSENT), titre, note=note)


def tableau_des_ecarts(valeurs: Publie) -> Fragment:
    """Ce qui a changé dans la règle du jeu depuis l'état zéro, et les deux verdicts."""
    lignes = en_lignes(valeurs.revue_ecarts)
    lus = [r for r in lignes if r["statut"] == "publie"]
    if not lus:
        motifs = [r["motif"] for r in lignes if isinstance(r["motif"], str)]
        return paragraphe(" ".join(["La règle du départ ne se relit pas.", *dict.fromkeys(motifs)]))
    changes = [r for r in lus if r["ecart"] != "aucun"]
    if not changes:
        return paragraphe("Aucun engagement n'a changé depuis l'état zéro : la règle de la fin est celle du départ.")
    rangs = [
        {
            "Engagement": escape(str(r["libelle"])),
            "Écart": _ECARTS.get(r["ecart"], ABSENT),
            "Champ": citer(r["champ"]) if isinstance(r["champ"], str) else ABSENT,
            "Au départ": escape(str(r["au_depart"])) if isinstance(r["au_depart"], str) else ABSENT,
            "À la fin": escape(str(r["a_la_fin"])) if isinstance(r["a_la_fin"], str) else ABSENT,
            "Verdict selon le départ": _juger(r["verdict_initial"]),
            "Verdict": _juger(r["verdict"]),
        }
        for r in changes
    ]
    gauche = ("Écart", "Champ", "Au départ", "À la fin", "Verdict selon le départ", "Verdict")
    return composer(pd.DataFrame(rangs), "Écarts à la règle de l'état zéro", gauche=gauche)


def propositions(valeurs: Publie) -> Fragment:
    """Ce qui est à discuter, phrase par phrase, et les engagements que chacune concerne."""
    lignes = [r for r in en_lignes(valeurs.revue_objectifs) if isinstance(r["proposition"], str)]
    if not lignes:
        return absent("Propositions", _SANS_REVUE)
    par_phrase: dict[str, dict[str, None]] = {}
    for r in lignes:
        par_phrase.setdefault(r["proposition"], {})[r["libelle"]] = None
    puces = "".join(
        f"<li><strong>{escape(phrase)}</strong> {escape(' ; '.join(libelles))}.</li>"
        for phrase, libelles in par_phrase.items()
    )
    return Fragment(f"<ul>{puces}</ul>", "Propositions")


def tableau_contexte(valeurs: Publie) -> Fragment:
    """La commune et l'intercommunalité, d'après les fichiers ouverts, à côté de ce qui est observé."""
    lignes = [r for r in en_lignes(valeurs.contexte) if r["indicateur"] in valeurs.catalogue]
    if not lignes:
        return paragraphe("Aucun fichier ouvert de contexte n'a été déposé.")
    rangs = [
        {
            "Indicateur": lier_fiche(valeurs, r["indicateur"], "edition"),
            "Territoire": escape(str(r["nom"])),
            "Année": ecrire_annee(int(r["annee"])),
            "Valeur": ecrire(r["valeur"], valeurs.catalogue[r["indicateur"]]["unite"], r["statut"], html=True),
            "Source": escape(str(r["source"])),
        }
        for r in lignes
    ]
    return composer(pd.DataFrame(rangs), "Contexte", gauche=("Territoire", "Source"))


def _comparer(valeurs: Publie, r: dict) -> dict[str, str]:
    declaration = valeurs.catalogue[r["indicateur"]]
    lieu = (r["indicateur"], r["niveau"], r["territoire"], r["bailleur"])
    bouts = [
        _au(ecrire_ligne(valeurs.ligne(*lieu, annee=int(a)), declaration, html=True), int(a)) if pd.notna(a) else ABSENT
        for a in (r["depart"], r["annee"])
    ]
    pertinence = _PERTINENCES.get(r["pertinence"], "")
    if pertinence and pd.notna(r["probabilite"]):
        pertinence += f"<br><small>probabilité {ecrire(r['probabilite'], '%', decimales=0)}</small>"
    nom = escape(r["libelle"]) if r["origine"] != "suivi" else lier_fiche(valeurs, r["indicateur"], "edition")
    return {
        "Mesure": nom + _situer(valeurs, r),
        "Départ": bouts[0],
        "Arrivée": bouts[1],
        "Écart": _ecart(r, declaration),
        "Décelable": _deceler(r, declaration),
        "Verdict": _juger(r["verdict"]) if isinstance(r["verdict"], str) else "",
        "Pertinence": pertinence,
    }


def _situer(valeurs: Publie, r: dict) -> str:
    lieux = [valeurs.nom("bailleur", r["bailleur"])] if r["bailleur"] != "tous" else []
    lieux += [valeurs.nom(r["niveau"], r["territoire"])] if r["niveau"] != "ville" else []
    return f"<br><small>{escape(', '.join(lieux))}</small>" if lieux else ""


def _au(ecrit: str, annee: int) -> str:
    return f"{ecrit}<br><small>{ecrire_annee(annee)}</small>"


def _ecart(r: dict, declaration: dict) -> str:
    if r["statut"] != "publie":
        return ecrire_statut(r["statut"], html=True)
    ecrit = comparaisons.ecrire_ecart(r["ecart"], declaration)
    if pd.isna(r["ecart_bas"]):
        return ecrit
    unite = "points" if declaration["unite"] == "%" else declaration["unite"]
    return f"{ecrit}<br><small>{ecrire_intervalle(r['ecart_bas'], r['ecart_haut'], unite)}</small>"


def _deceler(r: dict, declaration: dict) -> str:
    if pd.isna(r["effet_minimal"]):
        return ABSENT
    return ecrire(r["effet_minimal"], "points" if declaration["unite"] == "%" else declaration["unite"])


def _decomposer(valeurs: Publie, code: str, lignes: list[dict]) -> dict[str, str]:
    """Une part : sa variation, puis ce que chaque composante y ajoute."""
    premiere = lignes[0]
    variation = _points(premiere["variation"], premiere["statut"])
    rang = {"Part": lier_fiche(valeurs, code, "edition"), "Variation": variation}
    for composante, nom in COMPOSANTES.items():
        sienne = next((r for r in lignes if r["composante"] == composante), None)
        if sienne is not None:
            rang[nom] = _points(sienne["contribution"], sienne["statut"])
    return rang


def _points(fraction: float, statut: str) -> str:
    if pd.isna(fraction):
        return ecrire_statut("nd" if statut == "publie" else statut, html=True)
    return ecrire(fraction, "points", signe=True, avec_unite=False)


def _juger(verdict: object) -> str:
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        return ABSENT
    signe, libelle = VERDICTS[verdict]
    classe = f"obs-verdict obs-verdict-{verdict.replace('_', '-')}"
    return f'<span class="{classe}"><span aria-hidden="true">{signe}</span> {libelle}</span>'

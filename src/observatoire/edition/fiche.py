"""La fiche d'un indicateur ou d'une répartition : ce qu'il vaut, où, quand, chez qui ; sa définition ; ses voisins."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from observatoire.echappement import pour_myst
from observatoire.edition.explorateur import DOSSIER
from observatoire.presentation import reperes, selection
from observatoire.presentation.affichage import Fragment, defiler, grille
from observatoire.presentation.carte import carte
from observatoire.presentation.comparaisons import comparer_zero
from observatoire.presentation.cote_a_cote import comparaison_bailleurs, comparaison_quartiers
from observatoire.presentation.donnees import noter_statuts, tableau_simple
from observatoire.presentation.evolution import evolution
from observatoire.presentation.nombres import (
    ecrire_bornes,
    ecrire_ligne,
    ecrire_mesure,
    ecrire_reference,
    ecrire_reponse,
    statut_de,
)
from observatoire.presentation.repartition import repartition
from observatoire.presentation.tableaux import tableau_bailleurs, tableau_quartiers
from observatoire.publie import Publie, est_hors
from observatoire.vocabulaire import NATURES, NIVEAUX, PROGRES, PUBLIE, STATUTS

_DEPUIS = "fiche"


def regrouper(catalogue: Sequence[dict]) -> dict[str, list[dict]]:
    """Code de la fiche -> déclarations qu'elle réunit, dans l'ordre du catalogue."""
    fiches: dict[str, list[dict]] = {}
    for declaration in catalogue:
        fiches.setdefault(declaration.get("groupe") or declaration["code"], []).append(declaration)
    return fiches


def titre_de_la_fiche(declarations: list[dict]) -> str:
    """Le libellé d'un indicateur ; pour une répartition, ce que ses libellés ont en commun."""
    premiere = declarations[0]
    if len(declarations) == 1:
        return premiere["libelle"]
    if premiere.get("libelle_groupe"):
        return premiere["libelle_groupe"]
    communs = premiere["libelle"].removesuffix(premiere.get("modalite") or "").rstrip(" :–-,")
    return communs or premiere["groupe"].replace("_", " ").capitalize()


def fiche(valeurs: Publie, code: str, declarations: list[dict], lignes: pd.DataFrame, proches: list[str]) -> str:
    """Le Markdown d'une fiche.

    ``lignes`` : les valeurs du territoire entier, avec leur part ``imputee``. ``proches`` : les liens vers les fiches
    voisines, déjà en Markdown.
    """
    premiere, annee = declarations[0], valeurs.annee
    parties = [
        f"# {pour_myst(titre_de_la_fiche(declarations))}",
        *([dire_l_essentiel(valeurs, premiere)] if len(declarations) == 1 else []),
        premiere["fiche"].strip(),
        *_dire_aussi(premiere),
        *_sous(f"## {_titre_des_parties(valeurs)}, en {annee}", *_par_partie(valeurs, code, declarations)),
        _mener_plus_loin(declarations),
        "## D'une année à l'autre",
        *_enchasser(_d_annee_en_annee(valeurs, code, declarations)),
        *(_valeurs(d, lignes, avec_titre=len(declarations) > 1) for d in declarations),
        *_ruptures(declarations, valeurs.ruptures),
        *_sous(f"## Par bailleur, en {annee}", _par_bailleur(valeurs, declarations)),
        "## Carte d'identité",
        _identite(code, declarations),
        *(["## Indicateurs proches", "\n".join(f"- {lien}" for lien in proches)] if proches else []),
    ]
    return "\n\n".join(parties) + "\n"


def dire_l_essentiel(valeurs: Publie, declaration: dict) -> str:
    """« En 2010, 7,1 % à Besançon (6,6 à 7,5 %) ; de 3,2 % (Bregille) à 10,1 % (Planoise) selon les quartiers. »"""
    code, repere = declaration["code"], reperes.tout(valeurs)
    tout = reperes.ligne(valeurs, code, repere)
    statut, bornes = statut_de(tout), ""
    dite = ecrire_ligne(tout, declaration) if statut == PUBLIE else STATUTS[statut].libelle
    if not pd.isna(tout["borne_basse"]):
        bornes = f" ({ecrire_bornes(tout, declaration)})"
    ici = f"{dite} {pour_myst(valeurs.edition['a'])}{bornes}"
    niveau, siennes = selection.parties(valeurs, code)
    parus = [r for r in siennes if statut_de(r) == PUBLIE and not est_hors(r["code"])]
    parus.sort(key=lambda r: r["valeur"])
    etendue = pire = ""
    if len(parus) > 1:
        bas, haut = (f"{ecrire_ligne(r, declaration)} ({pour_myst(r['nom'])})" for r in (parus[0], parus[-1]))
        etendue = f" ; de {bas} à {haut} selon les {NIVEAUX[niveau].pluriel}"
        pire = _dire_le_pire(valeurs, declaration, parus)
    return f"**En {valeurs.annee}, {ici}{etendue}.{pire}**"


def _dire_le_pire(valeurs: Publie, declaration: dict, parus: list[dict]) -> str:
    """« Planoise : en hausse depuis 2007 (+3,7 points). » ; rien quand ni hausse ni baisse n'est un progrès.

    ``parus`` : par valeur croissante.
    """
    if declaration["sens"] not in PROGRES:
        return ""
    pire = parus[0 if declaration["sens"] == "hausse" else -1]
    depuis = comparer_zero(valeurs, declaration["code"], pire["code"])
    return f" {pour_myst(pire['nom'])} : {depuis.texte}." if depuis and depuis.signe != "impossible" else ""


def _dire_aussi(declaration: dict) -> list[str]:
    dits = declaration.get("synonymes")
    return [f'<p class="obs-note" data-pagefind-weight="8">Se cherche aussi sous : {escape(dits)}.</p>'] if dits else []


def _titre_des_parties(valeurs: Publie) -> str:
    return f"Par {NIVEAUX['ville' if valeurs.communes else 'quartier'].libelle}"


def _par_partie(valeurs: Publie, code: str, declarations: list[dict]) -> list[Fragment]:
    if len(declarations) > 1:
        codes = tuple(d["code"] for d in declarations)
        return [tableau_quartiers(valeurs, codes, titre_de_la_fiche(declarations), _DEPUIS)]
    return [grille(carte(valeurs, code, depuis=_DEPUIS), comparaison_quartiers(valeurs, code))]


def _d_annee_en_annee(valeurs: Publie, code: str, declarations: list[dict]) -> Fragment:
    return repartition(valeurs, code) if len(declarations) > 1 else evolution(valeurs, code)


def _par_bailleur(valeurs: Publie, declarations: list[dict]) -> Fragment:
    if len(declarations) > 1:
        codes = tuple(d["code"] for d in declarations)
        return tableau_bailleurs(valeurs, codes, titre_de_la_fiche(declarations), depuis=_DEPUIS)
    return comparaison_bailleurs(valeurs, declarations[0]["code"])


def _enchasser(*fragments: Fragment) -> list[str]:
    """Des fragments dans du Markdown : en CommonMark, un bloc de HTML finit à la première ligne vide.

    La recherche n'y entre pas : le nom de chaque quartier est dans toutes les fiches.
    """
    html = "".join(f.html for f in fragments if f.html)
    lignes = "\n".join(ligne for ligne in html.splitlines() if ligne.strip())
    return [f'<div class="obs-vivant" data-pagefind-ignore="all">\n{lignes}\n</div>'] if lignes else []


def _sous(titre: str, *fragments: Fragment) -> list[str]:
    """Une section et son titre, ou rien du tout."""
    corps = _enchasser(*fragments)
    return [titre, *corps] if corps else []


def _mener_plus_loin(declarations: list[dict]) -> str:
    explorer = f"../explorateur.html?indicateur={declarations[0]['code']}"
    fichiers = [
        f'<a href="../../../{DOSSIER}/indicateurs/{d["code"]}.csv" download>'
        f"{pour_myst(d.get('modalite') or 'toutes les valeurs')} (CSV)</a>"
        for d in declarations
    ]
    return (
        f'<a href="{explorer}">Explorer cet indicateur</a> : une autre année, un autre niveau, un bailleur, deux '
        f"territoires côte à côte. Télécharger : {', '.join(fichiers)}."
    )


def _identite(code: str, declarations: list[dict]) -> str:
    d = declarations[0]
    rangs = [
        ("Code", f"`{code}`"),
        ("Famille", pour_myst(d["famille"])),
        ("Nature", NATURES[d["nature"]].libelle),
        ("Numérateur", _commun(declarations, "numerateur")),
        ("Dénominateur", _commun(declarations, "denominateur")),
        ("Unité", pour_myst(d["unite"])),
        ("Date de référence", _periode(d["periode"])),
        ("Source", pour_myst(d["source"])),
        ("Tables déposées", ", ".join(f"`{t}`" for t in d.get("tables") or ())),
        ("Lecture", PROGRES[d["sens"]].sens),
        ("Intervalle", d.get("intervalle") and pour_myst(d["intervalle"])),
    ]
    corps = "\n".join(f"| {nom} | {valeur} |" for nom, valeur in rangs if valeur)
    return f"| Rubrique | Valeur |\n|:--|:--|\n{corps}"


def _periode(periode: str) -> str:
    connues = {"annee": "flux de l'année", "31 décembre": "stock au 31 décembre"}
    return connues.get(periode) or periode


def _commun(declarations: list[dict], cle: str) -> str | None:
    """Ce qui est commun à toutes les modalités ; sinon la liste, modalité par modalité."""
    valeurs = [d.get(cle) for d in declarations]
    if len(set(valeurs)) == 1 or not all(valeurs):
        return valeurs[0] and pour_myst(valeurs[0])
    return " ; ".join(map(pour_myst, valeurs))


def _valeurs(declaration: dict, lignes: pd.DataFrame, avec_titre: bool) -> str:
    """Le tableau des valeurs du territoire entier, une ligne par année."""
    siennes = lignes[lignes["indicateur"].eq(declaration["code"])].sort_values("annee")
    nom = declaration.get("modalite") or declaration["libelle"]
    titre = f"### {pour_myst(nom)}\n\n" if avec_titre else ""
    if siennes.empty:
        return f"{titre}Aucune valeur n'est disponible."
    repondent = bool(siennes["reponse"].notna().any())
    rangees = [_rangee(r, declaration, repondent) for r in siennes.to_dict("records")]
    titres = ["Date", "Valeur", "Intervalle à 95 %", "Dénominateur", "Couverture", *["Réponse"] * repondent]
    table = tableau_simple(titres, rangees, f"{nom}, année par année")
    return titre + _enchasser(Fragment(defiler(table, nom) + noter_statuts(table)))[0]


def _rangee(ligne: dict, declaration: dict, repondent: bool) -> list[str]:
    reponse = f"<small>{escape(ecrire_reponse(ligne, declaration, ligne['imputee']))}</small>"
    return [
        escape(ecrire_reference(declaration, ligne["annee"])),
        ecrire_ligne(ligne, declaration, html=True),
        ecrire_bornes(ligne, declaration),
        ecrire_mesure(ligne, "denominateur"),
        ecrire_mesure(ligne, "couverture"),
        *[reponse] * repondent,
    ]


def _ruptures(declarations: list[dict], ruptures: pd.DataFrame) -> list[str]:
    codes = {d["code"] for d in declarations} | {declarations[0].get("groupe")} - {None}
    touche = ruptures["indicateurs"].fillna("tous").astype(str).str.split(r"[\s,;|]+", regex=True)
    siennes = ruptures[[bool(codes & set(c)) or "tous" in c for c in touche]]
    if siennes.empty:
        return []
    corps = [
        f"- **Entre {r.annee - 1} et {r.annee}** – {pour_myst(r.libelle)}. "
        f"{pour_myst(r.description)} Source : {pour_myst(r.source)}."
        for r in siennes.itertuples()
    ]
    return ["## Ruptures de série", "\n".join(corps)]

"""Les tableaux : great-tables pour la structure, la feuille de style de l'observatoire pour l'aspect."""

from __future__ import annotations

import re
import warnings
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
from great_tables import GT, html

from observatoire.presentation import comparaisons, donnees, reperes, selection
from observatoire.presentation.affichage import Fragment, absent, defiler, empreinte
from observatoire.presentation.cles import dire_ecart
from observatoire.presentation.cumuls import sur_trois_ans
from observatoire.presentation.liens import lier, lier_fiche, vers_territoire
from observatoire.presentation.nombres import INSECABLE, ecrire_bornes, ecrire_ligne, ecrire_mesure
from observatoire.presentation.reperes import Repere
from observatoire.vocabulaire import NIVEAUX

if TYPE_CHECKING:
    from observatoire.publie import Publie

_COURTE = 100  # lignes
#: Ce qu'un lecteur qui additionne doit savoir, là où il le ferait.
TOTAUX = (
    "Les comptes de ménages, de baux ou de demandes portent un bruit de quelques unités : un total peut différer un "
    "peu de la somme de ses parties."
)
#: L'en-tête de la première colonne, selon ce que sont les lignes.
GENRES = {niveau: mot.nom for niveau, mot in NIVEAUX.items()} | {"bailleur": "Bailleur"}


def composer(
    table: pd.DataFrame, titre: str, gauche: tuple[str, ...] = (), groupe: str | None = None, note: str = ""
) -> Fragment:
    """Un tableau dont la première colonne nomme les lignes ; cases et groupes sont du HTML déjà sûr."""
    colonnes = {nom: table[nom].tolist() for nom in table.columns}
    premiere = next(nom for nom in colonnes if nom != groupe)
    objet = (
        _great_table(table, id=empreinte(titre, repr(colonnes)), rowname_col=premiere, groupname_col=groupe)
        .tab_stubhead(html(escape(premiere)))
        .tab_header(title=html(escape(titre)))
        .fmt_passthrough(columns=list(colonnes), escape=False)
        .cols_align("right")
        .cols_align("left", columns=[nom for nom in gauche if nom in colonnes])
    )
    # « render » donne la table seule : « as_raw_html » compilerait en plus une feuille de style inutile ici.
    corps = re.search(r"<table.*</table>", objet.render("html"), flags=re.S)[0]
    corps = re.sub(r' data-quarto-[a-z-]+="[^"]*"', "", corps)
    corps = _titrer(corps, titre)
    suite = donnees.noter_statuts(corps) + (f'<p class="obs-table-note">{escape(note)}</p>' if note else "")
    return Fragment(defiler(re.sub(r">\s+<", "><", corps), titre) + suite, titre)


def _great_table(table: pd.DataFrame, **options) -> GT:
    """great-tables remplit une table case par case : Arrow y est trois fois plus rapide que pandas, même HTML.

    Une longue table reste en pandas, car Arrow recopie la colonne à chaque case.
    """
    if len(table) > _COURTE:
        return GT(table, **options)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PyArrow Table support is currently experimental")
        return GT(pa.Table.from_pandas(table, preserve_index=False), **options)


def tableau_famille(
    valeurs: Publie,
    famille: str,
    territoire: str | None = None,
    bailleur: str = "tous",
    depuis: str = "annee",
) -> Fragment:
    """Tous les indicateurs d'une famille (hors répartitions), avec tout ce qui permet de les lire."""
    codes = [c for c in selection.famille(valeurs, famille) if not valeurs.catalogue[c].get("groupe")]
    lignes = {c: selection.ligne(valeurs, c, territoire, bailleur) for c in codes}
    nom = selection.nommer(valeurs, territoire, bailleur)
    if all(pd.isna(x["valeur"]) for x in lignes.values()):
        noms = {valeurs.catalogue[c]["libelle"]: ligne for c, ligne in lignes.items()}
        return absent(f"{famille} (tableau)", donnees.raison(noms))
    rangs = [_rang(valeurs, c, lignes[c], territoire, bailleur, depuis) for c in codes]
    table = pd.DataFrame(rangs).dropna(axis="columns", how="all")
    repere = reperes.englober(valeurs, territoire)
    ecarts = (f"Écart {repere.a}", f"Écart {reperes.tout(valeurs).a}", "Depuis l'état zéro")
    return composer(
        table,
        f"{famille}, {nom}, {valeurs.annee}",
        gauche=ecarts,
        note=comparaisons.regle(valeurs, territoire, bailleur),
    )


def tableau_quartiers(
    valeurs: Publie,
    codes: tuple[str, ...],
    titre: str | None = None,
    depuis: str = "annee",
    territoire: str | None = None,
) -> Fragment:
    """Une ligne par quartier (ou par commune d'une agglomération), une colonne par indicateur : valeur, dénominateur.

    ``territoire`` : une commune, dont les quartiers sont côte à côte.
    """
    lieux = {c: selection.parties(valeurs, c, territoire) for c in codes if c in valeurs.catalogue}
    niveau = next((n for n, _ in lieux.values()), "quartier")
    repere, titre = reperes.englober(valeurs, territoire), titre or f"Les {GENRES[niveau].lower()}s côte à côte"
    adresse = _vers_le_repere(valeurs, repere, territoire, depuis)
    return _croiser(valeurs, {c: r for c, (_, r) in lieux.items()}, (niveau, repere, adresse), titre, depuis)


def tableau_bailleurs(
    valeurs: Publie,
    codes: tuple[str, ...],
    titre: str,
    territoire: str | None = None,
    depuis: str = "annee",
) -> Fragment:
    """Une ligne par bailleur, une colonne par indicateur : valeur et dénominateur."""
    lieux = {c: selection.bailleurs(valeurs, c, territoire) for c in codes if c in valeurs.catalogue}
    repere = reperes.englober(valeurs, territoire)
    adresse = _vers_le_repere(valeurs, repere, territoire, depuis)
    return _croiser(valeurs, lieux, ("bailleur", repere, adresse), titre, depuis)


def _vers_le_repere(valeurs: Publie, repere: Repere, territoire: str | None, depuis: str) -> str | None:
    """L'adresse de ce qui englobe la page : d'un quartier à sa commune, d'une commune au tout. Rien vers soi-même."""
    ici = depuis == "annee" and selection.reperer(valeurs, territoire) == (repere.niveau, repere.code)
    return None if ici else vers_territoire(valeurs, repere.niveau, repere.code, depuis)


def _rang(valeurs, code, ligne, territoire, bailleur, depuis) -> dict[str, str | None]:
    ville = comparaisons.comparer_ville(valeurs, code, territoire, bailleur)
    zero = comparaisons.comparer_zero(valeurs, code, territoire, bailleur)
    declaration, repere = (
        valeurs.catalogue[code],
        reperes.repere_de(valeurs, territoire, bailleur) or reperes.tout(valeurs),
    )
    imputee = selection.imputee(valeurs, code, territoire, bailleur)
    ecrites = donnees.cases(ligne, declaration, valeurs.annee, imputee)
    valeur, intervalle, haut, bas, date, couverture, reponse = ecrites
    parts = {"couverture": (couverture, ligne["couverture"]), "réponse": (reponse, ligne["reponse"])}
    bornes = _couper(intervalle).replace(" à ", f"{INSECABLE}à{INSECABLE}") if pd.notna(ligne["borne_basse"]) else ""
    details = [d for d in (bornes, _couper(sur_trois_ans(valeurs, ligne, declaration))) if d]
    contexte = [date, *(f"{nom} {ecrite}" for nom, (ecrite, part) in parts.items() if not pd.isna(part))]
    return {
        "Indicateur": lier_fiche(valeurs, code, depuis),
        "Valeur et intervalle": _empiler(_couper(valeur), "<br>".join(details)),
        "Numérateur / dénominateur": f"{haut}<br>/ {bas}" if pd.notna(ligne["denominateur"]) else haut,
        repere.genre: _couper(ecrire_ligne(reperes.ligne(valeurs, code, repere), declaration, html=True))
        if ville
        else None,
        f"Écart {repere.a}": dire_ecart(ville) if ville else None,
        "Depuis l'état zéro": dire_ecart(zero) if zero else None,
        "Date, couverture, réponse": f"<small>{'<br>'.join(contexte)}</small>",
    }


def _couper(ecrite: str) -> str:
    """Dans une case étroite, l'unité en toutes lettres peut passer à la ligne."""
    return ecrite.replace(INSECABLE, " ")


def _empiler(valeur: str, detail: str) -> str:
    return f"{valeur}<br><small>{detail}</small>" if detail else valeur


def _croiser(valeurs, lieux: dict[str, list[dict]], rangs: tuple, titre: str, depuis: str) -> Fragment:
    """``rangs`` : le niveau des lignes, le repère de la dernière et l'adresse de sa page, s'il faut y mener."""
    niveau, repere, adresse = rangs
    premiere = GENRES[niveau]
    lieux = {c: lignes for c, lignes in lieux.items() if lignes}
    muets = [c for c, lignes in lieux.items() if donnees.vide(lignes)]
    sans = [f"{valeurs.catalogue[c]['libelle']} : {donnees.raison({r['nom']: r for r in lieux.pop(c)})}" for c in muets]
    if not lieux:
        return absent(titre, " ; ".join(sans) or "aucune valeur n'est calculée à ce niveau")
    noms = [lier(r["nom"], vers_territoire(valeurs, niveau, r["code"], depuis)) for r in next(iter(lieux.values()))]
    colonnes = {
        valeurs.catalogue[c]["libelle"]: [
            cellule(r, valeurs.catalogue[c]) for r in [*lignes, reperes.ligne(valeurs, c, repere)]
        ]
        for c, lignes in lieux.items()
    }
    table = pd.DataFrame({premiere: [*noms, f"<strong>{lier(repere.nom, adresse)}</strong>"], **colonnes})
    note = "Sous chaque valeur : son intervalle à 95 % et son dénominateur, quand ils existent."
    note += f" Sans valeur publiée – {' ; '.join(sans)}." if sans else ""
    return composer(table, f"{titre}, {valeurs.annee}", note=f"{note} {TOTAUX}")


def cellule(ligne: dict, declaration: dict) -> str:
    """Une valeur dans une case : ce qu'elle est ou pourquoi elle manque, son intervalle et son dénominateur dessous."""
    valeur = ecrire_ligne(ligne, declaration, html=True)
    details = [ecrire_bornes(ligne, declaration)] * (not pd.isna(ligne["borne_basse"]))
    details += [f"sur {ecrire_mesure(ligne, 'denominateur')}"] * (not pd.isna(ligne["denominateur"]))
    return _empiler(valeur, " · ".join(details))


def _titrer(corps: str, titre: str) -> str:
    """Une vraie légende de tableau à la place de la ligne de titre de great-tables."""
    corps = re.sub(r'<tr class="gt_heading">.*?</tr>', "", corps, count=1, flags=re.S)
    corps = re.sub(r' aria-labelledby="[^"]*"', "", corps, count=1)
    legende = f"<caption>{escape(titre)}</caption>"
    return re.sub(r"<table[^>]*>", lambda balise: balise[0] + legende, corps, count=1)

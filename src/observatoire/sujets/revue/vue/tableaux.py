"""La revue de la charte : le résumé, chaque objectif de l'état zéro à la fin, les propositions, les écarts."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.epreuves import SEUIL, ZERO, eprouver_la_page
from observatoire.presentation.liens import lier, lier_fiche
from observatoire.presentation.nombres import (
    ABSENT,
    ecrire,
    ecrire_compte,
    ecrire_date,
    ecrire_difference,
    ecrire_entier,
    ecrire_intervalle,
    ecrire_ligne,
    ecrire_reference,
    ecrire_statut,
)
from observatoire.presentation.objectifs import (
    PAR_HASARD,
    compter_les_verdicts,
    denombrer,
    ecrire_cible,
    ecrire_verdict,
    est_ecrit,
    nommer_lieux,
    unite_de,
)
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe, texte_depose
from observatoire.publie import en_lignes
from observatoire.sujets.revue.vue.regle import dire_le_champ
from observatoire.vocabulaire import BAISSE, ECARTS_DE_REGLE, EVOLUTIONS, HAUSSE, INCHANGE, INDECIS, PERTINENCES, VILLE

if TYPE_CHECKING:
    from observatoire.publie import Publie

CHAMPS = {
    "texte": "texte", "article": "article", "libelle": "libellé", "titulaires": "titulaires", "nature": "nature",
    "mesure": "indicateur", "preuve": "preuve", "sans_mesure": "pourquoi rien ne le mesure", "sens": "sens",
    "tolerance": "tolérance", "arithmetique": "règle arithmétique", "cibles": "cibles", "etat_zero": "état zéro",
    "echeance": "échéance", "depuis": "entrée en vigueur du texte", "duree_ans": "durée du texte",
}  # fmt: skip
RIEN = "la revue n'est pas calculée"
SANS_COMMENTAIRE = (
    "Aucune explication rivale n'a encore été écrite. Le groupe de travail les liste dans le commentaire « revue » de "
    "l'année : ce qui aurait pu, sans la charte, donner les mêmes chiffres."
)


def resume_de_la_revue(valeurs: Publie) -> Fragment:
    """En quelques phrases : combien de verdicts de chaque sorte, d'écarts qui se voient, de règles changées."""
    table = valeurs.revue_objectifs
    if table.empty:
        return absent("Revue", RIEN)
    engagements = table[table["origine"].eq("engagement")].drop_duplicates("code")
    phrases = []
    if len(engagements):
        total = denombrer(len(engagements), "engagement suivi", "engagements suivis")
        dits = compter_les_verdicts(engagements["verdict"]) or "aucun n’a de verdict publié"
        phrases.append(f"Sur {total}, en {valeurs.annee} : {dits}.")
    avec = table[table["sens"].isin([HAUSSE, BAISSE, INDECIS])]
    bougent = avec["sens"].ne("indecis").sum()
    if len(avec):
        phrases.append(
            f"Comparaisons qui ont un intervalle : {ecrire_entier(len(avec))} ; hausses et baisses annoncées : "
            f"{ecrire_entier(bougent)}. Le seul hasard en ferait paraître environ "
            f"{ecrire(PAR_HASARD * len(avec), decimales=0)}, et la règle en tient compte : en moyenne, au plus une "
            "annoncée sur vingt n'est que du hasard."
        )
    constantes = table["motif"].fillna("").str.startswith("À périmètre constant")
    if constantes.any():
        phrases.append(f"Comparaisons à périmètre constant : {ecrire_entier(constantes.sum())}.")
    rompues = table["motif"].fillna("").str.startswith("Une rupture")
    if rompues.any():
        phrases.append(f"Comparaisons empêchées par une rupture de série : {ecrire_entier(rompues.sum())}.")
    phrases += [_resumer_les_ecarts(valeurs), "Aucun de ces écarts ne mesure l'effet de la charte."]
    return paragraphe(" ".join(phrases))


def _resumer_les_ecarts(valeurs: Publie) -> str:
    ecarts = valeurs.revue_ecarts
    if ecarts.empty or ecarts["statut"].ne("publie").any():
        return "La règle fixée à l'état zéro n'a pas pu être rejouée."
    changes = ecarts[ecarts["ecart"].ne("aucun")]["engagement"].nunique()
    if not changes:
        return "La règle fixée à l'état zéro n'a pas changé."
    return f"Depuis l'état zéro, la règle de {denombrer(changes, 'engagement', 'engagements')} a changé."


def tableau_de_la_revue(valeurs: Publie, suivi: bool = False) -> Fragment:
    """Chaque engagement ou objectif mesuré, de l'état zéro à la fin ; ``suivi`` : les parts sans objectif."""
    table = valeurs.revue_objectifs
    table = table[table["depart"].notna() & table["origine"].eq("suivi").eq(suivi)]
    nom = "Les parts du parc" if suivi else "Les engagements et les objectifs mesurés"
    if table.empty:
        return absent(nom, RIEN if valeurs.revue_objectifs.empty else "aucun n'est mesuré")
    rangs = [_comparer(valeurs, r, suivi) for r in en_lignes(table)]
    lignes = pd.DataFrame(rangs)
    vides = [c for c in lignes if set(lignes[c]) <= {"", ABSENT}]
    titre = f"{nom}, de l'état zéro à {valeurs.annee}"
    return composer(lignes.drop(columns=vides), titre, gauche=("Verdict", "Sens", "À savoir"), note=_regle())


def _comparer(valeurs: Publie, r: dict, suivi: bool) -> dict[str, str]:
    propre, decimales = unite_de(valeurs, r)
    unite = "points" if propre == "%" else propre
    nom = lier_fiche(valeurs, r["indicateur"], "edition") if suivi else _nommer(r)
    cache = ecrire_statut(r["statut"], html=True) if r["statut"] != "publie" else None
    manque = cache or (ecrire_statut("nd", html=True) if pd.isna(r["ecart"]) else None)
    ecart = manque or ecrire_difference(r["valeur"], r["valeur_depart"], propre, decimales)
    bornes = "" if cache else ecrire_intervalle(r["ecart_bas"], r["ecart_haut"], unite).replace(ABSENT, "")
    return {
        "Objectif" if not suivi else "Part": f"{nom}{_dire_ou(valeurs, r)}",
        "Départ": _bout(valeurs, r, "depart", "valeur_depart"),
        "Arrivée": _bout(valeurs, r, "annee", "valeur"),
        "Écart": f"{ecart}<br><small>{bornes}</small>" if bornes else ecart,
        "Effet minimal": ABSENT if pd.isna(r["effet_minimal"]) else ecrire(r["effet_minimal"], unite),
        "Sens": EVOLUTIONS[r["sens"]].libelle if r["sens"] in EVOLUTIONS else ABSENT,
        "Objectif visé": ecrire_cible(valeurs, r, r["cible_sens"]),
        "Verdict": ecrire_verdict(r["verdict"], constat=r["constat"]),
        "À savoir": escape(" ".join(m for m in (r["motif"], _ailleurs(valeurs, r)) if est_ecrit(m))),
    }


def _ailleurs(valeurs: Publie, r: dict) -> str:
    """Ce que la page du lieu ou du bailleur annonce du même écart, quand elle ne tranche pas comme la revue.

    Les deux lisent la même variation ; chacune tient compte du nombre de comparaisons qu'elle fait.
    """
    entier, tous = (r["niveau"], r["territoire"]) == valeurs.tout, r["bailleur"] == "tous"
    sienne = (entier or (tous and r["niveau"] == "quartier")) and r["depart"] == valeurs.edition["annee_zero"]
    if not sienne or r["sens"] not in (HAUSSE, BAISSE, INDECIS):
        return ""
    page = eprouver_la_page(valeurs, None if entier else r["territoire"], r["bailleur"])
    probabilite = page.ajustees.get((r["indicateur"], ZERO), math.nan)
    if math.isnan(probabilite) or (probabilite < SEUIL) == (r["sens"] != INDECIS):
        return ""
    annonce = EVOLUTIONS[HAUSSE if r["ecart"] > 0 else BAISSE].libelle if probabilite < SEUIL else "sans changement net"
    ou = nommer_lieux(valeurs, r) or valeurs.edition["nom"]
    faites = ecrire(page.faites, "comparaisons", decimales=0)
    return f"La page « {ou} », qui fait {faites}, le dit « {annonce} » : la règle tient compte de leur nombre."


def _nommer(r: dict) -> str:
    """Un engagement a sa page ; un objectif adopté, ou de la loi, n'en a pas."""
    return lier(r["libelle"], f"engagements/{r['code']}.html" if r["origine"] == "engagement" else None)


def _dire_ou(valeurs: Publie, r: dict) -> str:
    """Où la mesure vaut, sous son nom ; rien quand il n'y a pas de mesure."""
    if not est_ecrit(r["niveau"]):
        return ""
    return f"<br><small>{escape(nommer_lieux(valeurs, r) or valeurs.edition['nom'])}</small>"


def _bout(valeurs: Publie, r: dict, quand: str, colonne: str) -> str:
    """Une des deux valeurs comparées, telle que le fichier la donne ; ou pourquoi l'année n'en a pas."""
    annee, valeur = int(r[quand]), r[colonne]
    unite, decimales = unite_de(valeurs, r)
    if pd.isna(valeur) and annee in valeurs.edition["annees"]:
        ligne = valeurs.ligne(r["indicateur"], r["niveau"], r["territoire"], r["bailleur"], annee=annee)
        texte = ecrire_ligne(ligne, valeurs.catalogue[r["indicateur"]], html=True)
    else:
        texte = ecrire(valeur, unite, decimales=decimales, signe=unite == "points", html=True)
    return f"{texte}<br><small>{annee}</small>"


def _regle() -> str:
    return (
        "Écart : arrivée moins départ, telles qu'écrites ; intervalle à 95 % (sur les mêmes ménages ou logements, là "
        "où ils se suivent ; sinon, deux années indépendantes). Une hausse ou une baisse n'est annoncée que si le "
        "hasard l'explique mal, compte tenu du nombre de comparaisons de la page : une autre, qui en fait plus ou "
        "moins, peut trancher autrement du même écart. Là où les bailleurs ont changé, les deux valeurs sont à "
        "périmètre constant, et peuvent différer de celles de l'année, que le verdict juge. Effet minimal : le plus "
        "petit écart que cette comparaison aurait 80 chances sur 100 de voir, au risque de 5 %. Les dépôts sont "
        "presque un recensement : intervalle et effet minimal disent ce que le hasard de qui loge où aurait pu "
        "donner. Aucun ne dit pourquoi."
    )


def tableau_des_propositions(valeurs: Publie) -> Fragment:
    """Ce qu'il est proposé de discuter, engagement par engagement : verdict, pertinence, proposition."""
    table = valeurs.revue_objectifs
    table = table[table["origine"].ne("suivi")].drop_duplicates(["origine", "code", "niveau", "territoire", "bailleur"])
    if table.empty:
        return absent("Propositions", RIEN if valeurs.revue_objectifs.empty else "aucun engagement n'est déclaré")
    rangs = [
        {
            "Engagement ou objectif": f"{_nommer(r)}{_dire_ou(valeurs, r)}",
            "Verdict": ecrire_verdict(r["verdict"], constat=r["constat"]),
            "Pertinence": PERTINENCES[r["pertinence"]].libelle if r["pertinence"] in PERTINENCES else "",
            "Probabilité": "" if pd.isna(r["probabilite"]) else ecrire(r["probabilite"], "%", decimales=0),
            "À discuter": escape(r["proposition"]),
        }
        for r in en_lignes(table)
    ]
    lignes = pd.DataFrame(rangs)
    vides = [c for c in ("Pertinence", "Probabilité") if set(lignes[c]) <= {""}]
    note = "Une règle fixe tire chaque phrase du verdict et de la pertinence. Ce ne sont pas des décisions."
    if vides:
        note += (
            " La pertinence est vide : aucun objectif chiffré ne porte sur une part du parc que l'on sait simuler, ou "
            "une des valeurs qu'il faut n'est pas publiée."
        )
    vides += ["Verdict"] * (set(lignes["Verdict"]) <= {""})
    gauche = ("Verdict", "Pertinence", "À discuter")
    return composer(lignes.drop(columns=vides), "Ce qui est à discuter", gauche=gauche, note=note)


def tableau_des_ecarts(valeurs: Publie) -> Fragment:
    """Ce qui a changé dans les engagements depuis l'état zéro, et ce que la règle du départ conclurait."""
    table = valeurs.revue_ecarts
    if table.empty or table["statut"].ne("publie").any():
        motif = table["motif"].iloc[0] if len(table) else RIEN
        return paragraphe(f"La règle du départ n'est pas rejouée. {motif}")
    differe = table["verdict_initial"].fillna("").ne(table["verdict"].fillna(""))
    choisies = table[table["ecart"].ne(INCHANGE) | differe]
    premiere = table.iloc[0]
    phrase = (
        f"Règles relues telles qu'elles étaient le {ecrire_date(premiere['date'])} : "
        f"{denombrer(table['engagement'].nunique(), 'engagement', 'engagements')}, dont "
        f"{denombrer(table.loc[table['ecart'].eq(INCHANGE), 'engagement'].nunique(), 'inchangé', 'inchangés')}."
    )
    if choisies.empty:
        return paragraphe(f"{phrase} Aucun écart.")
    rangs = [
        {
            "Engagement": escape(r["libelle"]),
            "Écart": _dire_l_ecart(r),
            "Au départ": escape(dire_le_champ(valeurs, r["engagement"], r["champ"], r["au_depart"])),
            "À la fin": escape(dire_le_champ(valeurs, r["engagement"], r["champ"], r["a_la_fin"])),
            "Verdict, règle du départ": _rejuger(r, "verdict_initial", "statut_initial"),
            "Verdict, règle d'aujourd'hui": _rejuger(r, "verdict", "statut_verdict"),
        }
        for r in en_lignes(choisies)
    ]
    lignes = pd.DataFrame(rangs)
    return composer(lignes, "Ce qui a changé depuis l'état zéro", gauche=tuple(lignes.columns[1:]), note=phrase)


def _dire_l_ecart(ligne: dict) -> str:
    champ = f" : {CHAMPS[ligne['champ']]}" if isinstance(ligne["champ"], str) else ""
    return ECARTS_DE_REGLE[ligne["ecart"]].libelle + champ


def _rejuger(r: dict, verdict: str, statut: str) -> str:
    """Un verdict, ou pourquoi il n'y en a pas ; un tiret quand l'engagement n'est pas dans le fichier."""
    return ecrire_verdict(r[verdict], r[statut]) if est_ecrit(r[statut]) else ABSENT


def tableau_contexte(valeurs: Publie) -> Fragment:
    """Les chiffres de la commune et de l'agglomération, à côté de ceux de l'observatoire la même année.

    Les années de l'édition ; d'une série qui n'en a aucune, la dernière."""
    table = valeurs.contexte
    table = table[table["indicateur"].isin(valeurs.catalogue)] if len(table) else table
    if table.empty:
        return paragraphe(
            "Aucun chiffre de contexte n'est déposé (fichiers ouverts du RPLS, commune et agglomération)."
        )
    dans_l_edition = table["annee"].isin(valeurs.edition["annees"])
    series = ["echelle", "territoire", "indicateur"]
    derniere = (
        table.groupby(series)["annee"]
        .transform("max")
        .where(~dans_l_edition.groupby([table[c] for c in series]).transform("any"))
    )
    montrees = table[dans_l_edition | table["annee"].eq(derniere)].sort_values([*series, "annee"])
    rangs = [
        {
            "Indicateur": lier_fiche(valeurs, r["indicateur"], "edition"),
            "Date": ecrire_reference(valeurs.catalogue[r["indicateur"]], r["annee"]),
            "Territoire": escape(r["nom"]),
            "Contexte": _du_contexte(valeurs, r),
            "Observatoire": _du_parc(valeurs, r),
            "Source": escape(r["source"]),
        }
        for r in en_lignes(montrees)
    ]
    note = (
        "Le contexte n'est pas un témoin : il ne dit pas ce qui serait arrivé sans la charte. Le RPLS du 1er janvier "
        "est l'état du 31 décembre qui le précède."
    )
    if len(montrees) < len(table):
        note += " Les autres années sont dans contexte.csv."
    return composer(
        pd.DataFrame(rangs),
        "Chiffres ouverts et chiffres de l'observatoire",
        gauche=("Territoire", "Source"),
        note=note,
    )


def _du_contexte(valeurs: Publie, r: dict) -> str:
    """La valeur, et son dénominateur, que la source publie ou non."""
    declaration = valeurs.catalogue[r["indicateur"]]
    compte = declaration["nature"] == "effectif"
    valeur = ecrire(r["valeur"], declaration["unite"], r["statut"], decimales=0 if compte else None, html=True)
    if compte or r["statut"] != "publie":
        return valeur
    if pd.isna(r["denominateur"]):
        return f"{valeur}<br><small>dénominateur non publié par la source</small>"
    return f"{valeur}<br><small>sur {ecrire_compte(r['denominateur'])} {escape(declaration['denominateur'])}</small>"


def _du_parc(valeurs: Publie, r: dict) -> str:
    if r["annee"] not in valeurs.edition["annees"]:
        return ABSENT
    sienne = (VILLE, r["territoire"])  # d'une agglomération, chaque commune se compare à elle-même
    lieu = sienne if r["echelle"] == "commune" and sienne in valeurs.noms else valeurs.tout
    ligne = valeurs.ligne(r["indicateur"], *lieu, annee=r["annee"])
    return ecrire_ligne(ligne, valeurs.catalogue[r["indicateur"]], html=True)


def explications_rivales(valeurs: Publie) -> Fragment:
    """Le commentaire « revue » de l'année, écrit par le groupe de travail ; sinon, qu'il n'y en a pas."""
    texte = valeurs.commentaire(valeurs.annee, "revue")
    return texte_depose(texte) if texte is not None else paragraphe(SANS_COMMENTAIRE)

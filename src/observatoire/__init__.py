"""Observatoire du logement public : des dépôts des bailleurs au site publié.

Les noms utiles aux notebooks s'importent d'ici ; chacun n'est chargé qu'à son premier usage, pour que
``import observatoire`` reste immédiat.
"""

from __future__ import annotations

from importlib import import_module

_PRESENTATION = "observatoire.presentation"
_SUJETS = "observatoire.sujets"
_STATISTIQUE = "observatoire.statistique"
_ORIGINES = {
    "mesurer": "observatoire.indicateurs.mesure",
    "wilson": f"{_STATISTIQUE}.intervalles",
    "byar": f"{_STATISTIQUE}.intervalles",
    "newcombe": f"{_STATISTIQUE}.intervalles",
    "comparer_proportions": f"{_STATISTIQUE}.comparaisons",
    "comparer_taux": f"{_STATISTIQUE}.comparaisons",
    "situer_proportion": f"{_STATISTIQUE}.comparaisons",
    "fausses_decouvertes": f"{_STATISTIQUE}.comparaisons",
    "quantile_de_classes": f"{_STATISTIQUE}.quantiles",
    "gini_de_classes": f"{_STATISTIQUE}.inegalites",
    "reechantillonner": f"{_STATISTIQUE}.inegalites",
    "retrecir": f"{_STATISTIQUE}.depart",
    "standardiser": f"{_STATISTIQUE}.standardisation",
    "a_decider": f"{_SUJETS}.alertes.vue.note",
    "actions_du_dossier": f"{_SUJETS}.alertes.vue.dossier",
    "alertes_du_quartier": f"{_SUJETS}.alertes.vue.resume",
    "alertes_et_decisions": f"{_SUJETS}.alertes.vue.resume",
    "alertes_a_suivre": f"{_SUJETS}.alertes.vue.suites",
    "alertes_en_bref": f"{_SUJETS}.alertes.vue.resume",
    "ampleur": f"{_SUJETS}.alertes.vue.dossier",
    "atelier_simulation": f"{_SUJETS}.simulation.vue.atelier",
    "avertir": f"{_PRESENTATION}.textes",
    "bilan_des_alertes": f"{_SUJETS}.alertes.vue.resume",
    "bilan_des_engagements": f"{_SUJETS}.objectifs.vue.engagements",
    "bilan_du_secret": f"{_PRESENTATION}.sources",
    "calendrier_des_seances": f"{_SUJETS}.seances.vue",
    "carte": f"{_PRESENTATION}.carte",
    "carte_immeubles": f"{_SUJETS}.alertes.vue.immeubles",
    "changements_mixite": f"{_SUJETS}.mixite.vue.tableaux",
    "changements_en_bref": f"{_PRESENTATION}.suivi",
    "chiffres_cles": f"{_PRESENTATION}.cles",
    "commentaire": f"{_PRESENTATION}.textes",
    "comparaison_bailleurs": f"{_PRESENTATION}.cote_a_cote",
    "comparaison_quartiers": f"{_PRESENTATION}.cote_a_cote",
    "constats": f"{_PRESENTATION}.constats",
    "courbe_d_un_engagement": f"{_SUJETS}.objectifs.vue.engagements",
    "couverture_annee": f"{_PRESENTATION}.suivi",
    "decisions_en_bref": f"{_SUJETS}.seances.vue",
    "decisions_de_l_annee": f"{_SUJETS}.seances.vue",
    "dossiers_du_trimestre": f"{_SUJETS}.alertes.vue.note",
    "diapositive": f"{_PRESENTATION}.affichage",
    "dix_chiffres": f"{_PRESENTATION}.fiche",
    "ecrire": f"{_PRESENTATION}.nombres",
    "ecrire_date": f"{_PRESENTATION}.nombres",
    "dispersion": f"{_PRESENTATION}.dispersion",
    "entonnoirs": f"{_SUJETS}.alertes.vue.entonnoir",
    "entropie_quartier": f"{_SUJETS}.mixite.vue.quartier",
    "equilibrer": f"{_SUJETS}.simulation.modele.projection",
    "examens_du_dossier": f"{_SUJETS}.alertes.vue.dossier",
    "essentiel": f"{_PRESENTATION}.affichage",
    "evolution": f"{_PRESENTATION}.evolution",
    "evolution_mixite": f"{_SUJETS}.mixite.vue.tableaux",
    "explications_rivales": f"{_SUJETS}.revue.vue.tableaux",
    "fiche": f"{_PRESENTATION}.fiche",
    "figure_decomposition": f"{_SUJETS}.revue.vue.decomposition",
    "grille": f"{_PRESENTATION}.affichage",
    "histoire_d_un_engagement": f"{_SUJETS}.objectifs.vue.engagements",
    "histoire_des_engagements": f"{_SUJETS}.objectifs.vue.engagements",
    "identite_d_un_engagement": f"{_SUJETS}.objectifs.vue.engagements",
    "imprimer_ceci": f"{_PRESENTATION}.textes",
    "imprimer_la_fiche": f"{_PRESENTATION}.fiche",
    "juger_la_pertinence": f"{_SUJETS}.simulation.modele.pertinence",
    "legender": f"{_PRESENTATION}.maison",
    "lire_publie": "observatoire.publie",
    "livraisons": f"{_PRESENTATION}.suivi",
    "matrice_couverture": f"{_PRESENTATION}.matrice",
    "orientation_du_quartier": f"{_SUJETS}.orientations.vue.orientations",
    "nouveautes": f"{_PRESENTATION}.suivi",
    "objectifs_en_bref": f"{_SUJETS}.objectifs.vue.attributions",
    "ouvrir_dossier": f"{_SUJETS}.alertes.vue.dossier",
    "ouvrir_la_note": f"{_SUJETS}.alertes.vue.note",
    "pratiques_en_bref": f"{_SUJETS}.objectifs.vue.pratiques",
    "presenter": f"{_PRESENTATION}.textes",
    "presenter_mixite": f"{_SUJETS}.mixite.vue.tableaux",
    "parc_par_classe": f"{_SUJETS}.orientations.vue.qualification",
    "preuves": f"{_SUJETS}.alertes.vue.preuves",
    "promesses_en_bref": f"{_SUJETS}.objectifs.vue.engagements",
    "silences_en_bref": f"{_PRESENTATION}.suivi",
    "profil_pour": f"{_SUJETS}.simulation.modele.projection",
    "questions_ouvertes": f"{_SUJETS}.objectifs.vue.questions",
    "registre_des_alertes": f"{_SUJETS}.alertes.vue.registre",
    "repartition": f"{_PRESENTATION}.repartition",
    "reporter": f"{_SUJETS}.simulation.modele.report",
    "resume_de_la_revue": f"{_SUJETS}.revue.vue.tableaux",
    "resume_des_alertes": f"{_SUJETS}.alertes.vue.resume",
    "resume_de_la_qualification": f"{_SUJETS}.orientations.vue.qualification",
    "section": f"{_PRESENTATION}.affichage",
    "tableau_attentes": f"{_SUJETS}.objectifs.vue.attentes",
    "tableau_bailleurs": f"{_PRESENTATION}.tableaux",
    "tableau_baremes": f"{_PRESENTATION}.sources",
    "tableau_conformite": f"{_SUJETS}.objectifs.vue.attributions",
    "tableau_contexte": f"{_SUJETS}.revue.vue.tableaux",
    "tableau_corrections": f"{_PRESENTATION}.sources",
    "tableau_de_bord": f"{_SUJETS}.objectifs.vue.engagements",
    "tableau_de_la_revue": f"{_SUJETS}.revue.vue.tableaux",
    "tableau_decomposition": f"{_SUJETS}.revue.vue.decomposition",
    "tableau_de_sensibilite": f"{_SUJETS}.orientations.vue.qualification",
    "tableau_des_echanges": f"{_SUJETS}.orientations.vue.orientations",
    "tableau_des_quartiers_qualifies": f"{_SUJETS}.orientations.vue.qualification",
    "tableau_des_residences": f"{_SUJETS}.orientations.vue.qualification",
    "tableau_depots": f"{_PRESENTATION}.sources",
    "tableau_des_ecarts": f"{_SUJETS}.revue.vue.tableaux",
    "tableau_des_profils_proposes": f"{_SUJETS}.orientations.vue.orientations",
    "tableau_des_propositions": f"{_SUJETS}.revue.vue.tableaux",
    "tableau_ecarts_marques": f"{_SUJETS}.objectifs.vue.pratiques",
    "tableau_famille": f"{_PRESENTATION}.tableaux",
    "tableau_immeubles": f"{_PRESENTATION}.immeubles",
    "tableau_mixite": f"{_SUJETS}.mixite.vue.tableaux",
    "tableau_pertinence": f"{_SUJETS}.simulation.vue.tableaux",
    "tableau_pratiques": f"{_SUJETS}.objectifs.vue.pratiques",
    "tableau_profils": f"{_SUJETS}.objectifs.vue.attributions",
    "tableau_quartiers": f"{_PRESENTATION}.tableaux",
    "tableau_report": f"{_SUJETS}.simulation.vue.tableaux",
    "tableau_ruptures": f"{_PRESENTATION}.sources",
    "theme": f"{_PRESENTATION}.affichage",
    "verdict_d_un_engagement": f"{_SUJETS}.objectifs.vue.engagements",
    "voisins": f"{_SUJETS}.alertes.vue.voisins",
}
__all__ = sorted(_ORIGINES)


def __getattr__(nom: str):
    if nom not in _ORIGINES:
        raise AttributeError(f"module 'observatoire' has no attribute {nom!r}")
    # Le module « carte » et la fonction « carte » ont le même nom : la fonction est retenue ici.
    objet = getattr(import_module(_ORIGINES[nom]), nom)
    globals()[nom] = objet
    return objet


def __dir__() -> list[str]:
    return sorted([*globals(), *_ORIGINES])

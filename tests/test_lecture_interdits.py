"""Une colonne qui dit qui sont les gens est refusée à vue ; les autres passent."""

from __future__ import annotations

import pytest
from atelier_lecture import SCHEMAS

from observatoire.interdits import famille_interdite
from observatoire.lecture.interdits import colonnes_interdites
from observatoire.lecture.rpls_modeles import ENTETES
from observatoire.schemas import lire_schemas

INTERDITES = """
nom|Nom|NOM|noms|nom locataire|Nom_Locataire|nomLocataire|NomDuTitulaire|locataire_nom|nom de famille|nom d'usage
nom_naissance|prénom|PRENOM|Prénoms|nom-prénom|nom_prenom|NIR|nir_titulaire|numéro de sécurité sociale|N° sécu|numsecu
NumeroSecuriteSociale|no_ss|n° SS|num_ss|numéro unique|NUR|e-mail|Email|E_MAIL|mail|courriel|adresse électronique
téléphone|Tel|tel.|Tél. portable|portable|nationalité|Nationalite|NATIONALITÉ|pays|pays de naissance|lieu de naissance
lieuNaissance|date_naissance|origine|pays d'origine|origine géographique|origine ethnique|ethnie|religion|confession
DDN|NATIO|Nat.|DATNAIS|TELDOM|NOM_LOC|N° S.S.|num_insee|locataire|Titulaire|titulaire du bail|@|adresse mail
santé|état de santé|handicap|Handicapé|situation_handicap|maladie|invalidité|IBAN|titre de séjour|syndicat
"""
PERMISES = """
nom_voie|nom_immeuble|NOM VOIE|nom_residence|nom_bailleur|nom_commune|nom_quartier|renommee|libelle|denomination
origine_du_patrimoine|mobilite|taux_mobilite|date_reconnaissance_dalo|telegestion|pays_de_la_loire|surface_sejour
age_titulaire|nature|code_insee|num_insee_commune|nb_locataires|annee_emmenagement|numero_logement|immobilier|etage|adresse|code_postal|prescription|paysage
"""


@pytest.mark.parametrize("nom", [n for ligne in INTERDITES.split("\n") for n in ligne.split("|") if n])
def test_interdites(nom):
    assert famille_interdite(nom)


@pytest.mark.parametrize("nom", [n for ligne in PERMISES.split("\n") for n in ligne.split("|") if n])
def test_permises(nom):
    assert famille_interdite(nom) is None


def test_une_adresse_en_en_tete_n_est_pas_recopiee():
    (probleme,) = colonnes_interdites(["a", "jean@exemple.fr"])
    assert probleme.phrase == "la colonne n° 2 est interdite (coordonnées)."


def test_aucune_colonne_des_schemas_n_est_interdite():
    colonnes = [c for schema in lire_schemas(SCHEMAS).values() for c in schema.colonnes]
    assert not [c for c in colonnes if famille_interdite(c)]


def test_les_colonnes_du_rpls_sont_permises_sauf_l_origine_du_patrimoine():
    """ORIGINE est permise parce que le dessin du RPLS la prévoit, pas parce que son nom le serait."""
    assert {c for d in ENTETES.values() for c in d if famille_interdite(c)} <= {"ORIGINE"}

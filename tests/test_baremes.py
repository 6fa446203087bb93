"""Les barèmes et les ruptures : datés, sourcés, refusés d'un bloc quand ils sont mal écrits."""

from __future__ import annotations

import datetime

import pytest
from fabrique import RACINE

from observatoire.baremes import Bareme, Baremes, SansObjet, lire_baremes
from observatoire.catalogue import catalogue
from observatoire.erreurs import ErreurConfiguration
from observatoire.ruptures import lire_ruptures

JUSTE = """
code: seuil
libelle: Un seuil
unite: mois
valeurs:
  - {depuis: 2010-07-01, valeur: 24, source: second arrêté}
  - {depuis: 2008-01-01, valeur: 30, source: premier arrêté}
"""


def _ecrire(dossier, **fichiers):
    (dossier / "baremes").mkdir(parents=True, exist_ok=True)
    for nom, contenu in fichiers.items():
        (dossier / "baremes" / f"{nom}.yml").write_text(contenu, encoding="utf-8")
    return dossier


@pytest.mark.parametrize(
    ("jour", "valeur"),
    [
        (datetime.date(2008, 1, 1), 30),
        (datetime.date(2010, 6, 30), 30),
        (datetime.date(2010, 7, 1), 24),
        (datetime.date(2030, 1, 1), 24),
    ],
)
def test_une_valeur_vaut_de_sa_date_a_la_suivante(tmp_path, jour, valeur):
    assert lire_baremes(_ecrire(tmp_path, seuil=JUSTE)).par_code["seuil"].au(jour) == valeur


def test_avant_la_premiere_valeur_la_regle_est_sans_objet(tmp_path):
    bareme = lire_baremes(_ecrire(tmp_path, seuil=JUSTE)).au_31_decembre(2007)
    with pytest.raises(SansObjet):
        bareme("seuil")


def test_un_bareme_inconnu_ne_vaut_pas_zero():
    connu = Bareme("connu", "Connu", "", ())
    with pytest.raises(ErreurConfiguration, match=r"« oublie » introuvable. Barèmes connus : connu\."):
        Baremes({"connu": connu}).au_31_decembre(2010)("oublie")


def test_tous_les_defauts_sont_dits_ensemble(tmp_path):
    dossier = _ecrire(
        tmp_path,
        vide="",
        casse="code: [",
        sans_source="code: a\nlibelle: A\nvaleurs: [{depuis: 2008, valeur: 3}]",
        sans_valeur="code: b\nlibelle: B",
        texte="code: c\nlibelle: C\nvaleurs: [24]",
        seuil=JUSTE,
        seuil_encore=JUSTE,
    )
    with pytest.raises(ErreurConfiguration) as erreur:
        lire_baremes(dossier)
    message = str(erreur.value)
    for attendu in (
        "casse.yml, ligne 1 : ce n'est pas du YAML valide.",
        "sans_source.yml, ligne 3 : valeur n° 1 : « source » manque.",
        "sans_source.yml, ligne 3 : valeur n° 1 : « depuis » s'écrit AAAA-MM-JJ.",
        "sans_valeur.yml, ligne 1 : « valeurs » manque.",
        "texte.yml, ligne 3 : valeur n° 1 n'est pas une suite de « clé: valeur ».",
        "seuil_encore.yml : le code « seuil » est donné deux fois.",
        "vide.yml : le fichier est vide",
    ):
        assert attendu in message


def test_le_tableau_publie_une_ligne_par_valeur(tmp_path):
    tableau = lire_baremes(_ecrire(tmp_path, seuil=JUSTE)).tableau()
    assert tableau["valeur"].tolist() == [30, 24]
    assert tableau["source"].tolist() == ["premier arrêté", "second arrêté"]


def test_les_baremes_du_depot_ont_chacun_une_source():
    tableau = lire_baremes(RACINE / "data" / "referentiels").tableau()
    assert {"confidentialite", "delai_anormalement_long", "loi_2017_hors_qpv"} <= set(tableau["code"])
    assert tableau["source"].str.len().gt(0).all()


def _ruptures(dossier, texte):
    (dossier / "ruptures.yml").write_text(texte, encoding="utf-8")
    return lire_ruptures(dossier, catalogue())


def test_une_rupture_vise_un_indicateur_une_table_ou_tous(tmp_path):
    commun = "libelle: L, description: D, source: S}"
    ruptures = _ruptures(
        tmp_path,
        f"- {{annee: 2008, indicateurs: [taux_vacance], {commun}\n"
        f"- {{annee: 2009, indicateurs: programmes, {commun}\n"
        f"- {{annee: 2010, indicateurs: tous, {commun}\n",
    )
    par_annee = ruptures.groupby("annee")["indicateurs"].agg(set)
    assert par_annee[2008] == {"taux_vacance"}
    assert par_annee[2009] == {
        "logements_livres",
        "logements_livres_partout",
        "part_livres_ville",
        "part_tres_social",
        "part_emprunt_garanti",
    }
    assert par_annee[2010] == set(catalogue())


def test_une_rupture_mal_ecrite_est_refusee(tmp_path):
    with pytest.raises(ErreurConfiguration) as erreur:
        _ruptures(
            tmp_path,
            "- {annee: 2008, indicateurs: [vacanse], libelle: L, description: D, source: S}\n- {annee: 2009}\n",
        )
    dit = "rupture n° 1 : « indicateurs », n° 1 : « vacanse » n'est pas un indicateur du catalogue, ni une table."
    assert dit in str(erreur.value)
    assert "ligne 2 : rupture n° 2 : « source » manque." in str(erreur.value)


def test_sans_fichier_aucune_rupture(tmp_path):
    assert lire_ruptures(tmp_path, catalogue()).empty

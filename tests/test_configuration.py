"""``observatoire.yml`` : lu, complété, ou refusé avec la liste de tout ce qui ne va pas."""

from __future__ import annotations

import re

import pytest
from fabrique import RACINE, configuration

from observatoire.configuration import CHEMINS, lire_configuration
from observatoire.erreurs import ErreurConfiguration


def test_la_configuration_du_depot_est_celle_de_la_charte():
    config = lire_configuration(RACINE / "observatoire.yml")
    assert (config.nom, config.code) == ("Besançon", "25056")
    assert config.annees == (2007, 2008, 2009, 2010)
    assert config.annee_zero == 2007
    assert [b.code for b in config.bailleurs] == ["gbh", "saiemb", "habitat25", "neolia", "adoma"]
    assert [b.code for b in config.bailleurs if b.hors_rpls] == ["adoma"]
    assert [d.code for d in config.deposants if not d.est_bailleur] == ["sne"]
    assert config.epci.code == "242500361"
    assert set(config.chemins) == set(CHEMINS)
    assert all(chemin.is_absolute() for chemin in config.chemins.values())


def test_ce_qui_manque_a_une_valeur_par_defaut(tmp_path):
    config = configuration(tmp_path, edition={"annees": [2012, 2011]}, niveaux=[], autres_deposants=[])
    assert config.annees == (2011, 2012)
    assert config.annee_zero == 2011
    assert config.niveaux == ("immeuble", "ville")
    assert config.a == "à Besançon"
    assert config.epci is None
    assert config.chemin("prepare") == (tmp_path / "data" / "prepare").resolve()


@pytest.mark.parametrize(
    ("epci", "attendu"),
    [
        ("242500361", "« territoire » : « epci » n'est pas une suite de « clé: valeur »."),
        ({"code": "242500361"}, "« territoire », « epci » : « nom » manque."),
        (
            {"code": 242500361, "nom": "Grand Besançon"},
            "« code » doit être un texte (mettre des guillemets).",
        ),
        ({"code": "25056", "nom": "Grand Besançon"}, "le SIREN de l'EPCI, neuf chiffres"),
    ],
)
def test_un_epci_mal_ecrit_est_refuse(tmp_path, epci, attendu):
    with pytest.raises(ErreurConfiguration, match=re.escape(attendu)):
        configuration(tmp_path, territoire={"nom": "Besançon", "code": "25056", "epci": epci})


def test_une_agglomeration_est_son_propre_epci(tmp_path):
    declare = {"code": "242500361", "nom": "Grand Besançon", "communes": []}
    epci = {"code": "242500361", "nom": "Grand Besançon"}
    with pytest.raises(ErreurConfiguration, match="l'EPCI est le territoire lui-même ; retirer « epci »"):
        configuration(tmp_path, territoire=declare | {"epci": epci})


def test_le_trimestre_suit_la_derniere_annee_ou_ce_qui_est_ecrit(tmp_path):
    assert configuration(tmp_path, edition={"annees": [2009, 2010]}).trimestre == "2011-T1"
    assert configuration(tmp_path, edition={"annees": [2010], "trimestre": "2011-T3"}).trimestre == "2011-T3"


@pytest.mark.parametrize(
    ("trimestre", "attendu"),
    [
        ("2011-T5", "« edition » : « trimestre » s'écrit AAAA-T1 à AAAA-T4, par exemple 2011-T1."),
        (2011, "« edition » : « trimestre » s'écrit AAAA-T1 à AAAA-T4, par exemple 2011-T1."),
        ("2010-T4", "le trimestre 2010-T4 précède 2011-T1, le premier où les dépôts de 2010 sont connus."),
    ],
)
def test_un_trimestre_impossible_est_refuse(tmp_path, trimestre, attendu):
    with pytest.raises(ErreurConfiguration, match=re.escape(attendu)):
        configuration(tmp_path, edition={"annees": [2010], "trimestre": trimestre})


@pytest.mark.parametrize("duree", [0, "trois ans", 2.5, None, True])
def test_une_duree_de_charte_impossible_est_refusee(tmp_path, duree):
    with pytest.raises(
        ErreurConfiguration, match=r"« duree_ans » : .* n'est pas un nombre entier d'années, au moins 1"
    ):
        configuration(tmp_path, charte={"duree_ans": duree})
    assert configuration(tmp_path, charte={"duree_ans": 5}).charte["duree_ans"] == 5


def test_les_partenaires_sont_les_bailleurs_et_les_signataires_qui_ont_un_code():
    config = lire_configuration(RACINE / "observatoire.yml")
    assert list(config.partenaires) == [
        "gbh", "saiemb", "habitat25", "neolia", "adoma", "ville", "agglomeration", "etat", "departement", "ccas",
    ]  # fmt: skip
    assert config.partenaires["etat"] == "État"
    assert "Néolia" in config.signataires
    assert len(config.signataires) == 10


@pytest.mark.parametrize(
    ("signataires", "attendu"),
    [
        ([{"code": "gbh", "nom": "Ville"}], "signataire « gbh » : le code « gbh » est donné deux fois."),
        (
            [{"code": "a", "nom": "Un"}, {"code": "a", "nom": "Deux"}],
            "signataire « a » : le code « a » est donné deux fois.",
        ),
        ([{"code": "a"}], "signataire « a » : « nom » manque."),
        ([{"code": 12, "nom": "Un"}], "signataire n° 1 : « code » doit être un texte (mettre des guillemets)."),
    ],
)
def test_un_signataire_mal_ecrit_est_refuse(tmp_path, signataires, attendu):
    with pytest.raises(ErreurConfiguration, match=re.escape(attendu)):
        configuration(tmp_path, signataires=signataires)


def test_un_dossier_donne_remplace_celui_du_fichier(tmp_path):
    config = configuration(tmp_path)
    ailleurs = config.avec_chemins(prepare=tmp_path / "ailleurs", publie=None)
    assert ailleurs.chemin("prepare") == (tmp_path / "ailleurs").resolve()
    assert ailleurs.chemin("publie") == config.chemin("publie")


def test_tous_les_problemes_sont_dits_ensemble(tmp_path):
    fichier = tmp_path / "observatoire.yml"
    fichier.write_text(
        """
territoires: {}
territoire: {nom: Besançon, code: 25056}
niveaux: [ilot]
edition: {annees: [2008, 2009], annee_zero: 2007}
bailleurs:
  - {code: gbh, nom: GBH, tables: [locataires]}
  - {code: gbh, nom: Encore}
  - {code: tous, nom: Tous}
  - {nom: Sans code}
  - un texte
chemins: {brouillon: ailleurs}
""",
        encoding="utf-8",
    )
    with pytest.raises(ErreurConfiguration) as erreur:
        lire_configuration(fichier)
    message = str(erreur.value)
    for attendu in (
        "observatoire.yml : 10 problèmes.",
        "ligne 2 : « territoires » est inconnu (« territoire » ?). Clés admises : territoire, niveaux, edition,",
        "ligne 3 : « territoire » : « code » doit être un texte (mettre des guillemets).",
        "ligne 4 : « niveaux », n° 1 : « ilot » est inconnu. Valeurs admises : immeuble, secteur,",
        "ligne 5 : « edition » : « annee_zero » (2007) n'est pas une des années [2008, 2009].",
        "ligne 7 : bailleur « gbh » : « tables », n° 1 : « locataires » n'est pas une table connue.",
        "ligne 8 : bailleur « gbh » : le code « gbh » est donné deux fois.",
        "ligne 9 : bailleur « tous » : ce code est réservé.",
        "ligne 10 : bailleur n° 4 : « code » manque.",
        "ligne 11 : bailleur n° 5 n'est pas une suite de « clé: valeur ».",
        "ligne 12 : « chemins » : « brouillon » est inconnu. Clés admises : brut, prepare,",
    ):
        assert attendu in message
    assert erreur.value.code == 2


@pytest.mark.parametrize(
    ("contenu", "message"),
    [
        ("", "le fichier est vide"),
        ("- une\n- liste", "n'est pas une suite de « clé: valeur »"),
        ("territoire: [", "ligne 2 : ce n'est pas du YAML valide"),
        ("territoire: Besançon\nedition: 2010", "« territoire » n'est pas une suite"),
    ],
)
def test_un_fichier_illisible_est_explique(tmp_path, contenu, message):
    (tmp_path / "observatoire.yml").write_text(contenu + "\n", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=message):
        lire_configuration(tmp_path / "observatoire.yml")


def test_un_fichier_absent_est_nomme(tmp_path):
    with pytest.raises(ErreurConfiguration, match=r"absent\.yml : fichier de configuration introuvable\."):
        lire_configuration(tmp_path / "absent.yml")


@pytest.mark.parametrize(
    ("rubrique", "message"),
    [
        ("acces: public", "« acces » : « public » est inconnu. Valeurs admises : prive, groupe"),
        ("acces: [prive]", "« acces » doit être un texte"),
        ("conservation: 36", "« conservation » n'est pas une suite"),
        (
            "conservation: {brut_jours: 3}",
            r"« brut_jours » est inconnu \(« brut_mois » \?\). Clés admises : brut_mois",
        ),
        (
            "conservation: {brut_mois: 0}",
            "ligne 4 : .* « brut_mois » : « 0 » n'est pas un nombre entier, au moins 1",
        ),
        ("conservation: {prepare_mois: trois}", "« prepare_mois » : « trois » n'est pas un nombre entier"),
        ("conservation: {prepare_mois: true}", "« prepare_mois » : « true » n'est pas un nombre entier"),
    ],
)
def test_la_conservation_des_depots_est_verifiee(tmp_path, rubrique, message):
    ville = "territoire: {nom: V, code: '1'}\nedition: {annees: [2010]}\nbailleurs: [{code: a, nom: A}]\n"
    (tmp_path / "observatoire.yml").write_text(ville + rubrique + "\n", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=message):
        lire_configuration(tmp_path / "observatoire.yml")


def _deux(**rubriques) -> dict:
    """Ce qu'il faut à une configuration, et ce que l'on y change."""
    return {"bailleurs": [{"code": "a", "nom": "A"}], **rubriques}


@pytest.mark.parametrize(
    ("chemins", "attendu"),
    [
        ({"site": "data/brut"}, "« brut » et « site » sont le même dossier."),
        ({"site": "data/brut/site"}, "« site » est dans « brut »."),
        ({"prepare": "data"}, "« brut » est dans « prepare »."),
        ({"edition": "data/suivi/../publie"}, "« edition » et « publie » sont le même dossier."),
        ({"livre": "data"}, None),
        ({"site": "book/site"}, "« site » est parmi les pages du livre"),
        ({"site": "."}, "« site » sont le même dossier."),
        ({"site_partenaires": "_build/html/prive"}, "« site_partenaires » est dans « site »."),
    ],
)
def test_chaque_dossier_a_sa_place(tmp_path, chemins, attendu):
    if attendu is None:
        assert configuration(tmp_path, chemins=chemins)
        return
    with pytest.raises(ErreurConfiguration, match=re.escape(attendu)):
        configuration(tmp_path, chemins=chemins)
    donnes = {nom: tmp_path / chemin for nom, chemin in chemins.items() if not nom.endswith("_partenaires")}
    if donnes:  # donnés sur la ligne de commande, de même
        with pytest.raises(ErreurConfiguration, match=re.escape(attendu)):
            configuration(tmp_path, chemins={}).avec_chemins(**donnes)


@pytest.mark.parametrize(
    "code", ["../gbh", "gbh/2010", "..", ".", "", " ", "-x", "a b", "a.csv", "C:gbh", "a\nb", "x" * 65]
)
def test_un_code_de_bailleur_peut_nommer_un_fichier(tmp_path, code):
    with pytest.raises(ErreurConfiguration, match="doit n'avoir que des lettres, des chiffres"):
        configuration(tmp_path, **_deux(bailleurs=[{"code": code, "nom": "A"}]))


@pytest.mark.parametrize(
    ("annees", "attendu"),
    [
        ([2009, 2010, 2009], "l'année 2009 est donnée deux fois"),
        ([True], "doit être une liste d'années"),
        ([0], "doit être une liste d'années"),
        ([20100], "doit être une liste d'années"),
        (["2010"], "doit être une liste d'années"),
    ],
)
def test_des_annees_impossibles_sont_refusees(tmp_path, annees, attendu):
    with pytest.raises(ErreurConfiguration, match=re.escape(attendu)):
        configuration(tmp_path, edition={"annees": annees})

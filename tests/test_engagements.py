"""Les engagements : aucun n'est oublié, et changer les données change le verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from fabrique import RACINE, configuration, ecrire_prepare
from scipy import stats

from observatoire import indicateurs
from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.publie import COLONNES
from observatoire.secret import Ouverture, lire_regles_du_secret, porter_le_bruit
from observatoire.statistique.intervalles import clopper_pearson, garwood
from observatoire.sujets.objectifs.calcul.declaration import lire_engagements
from observatoire.sujets.objectifs.calcul.engagements import MESURES, juger_les_engagements
from observatoire.sujets.objectifs.calcul.preuves import lire_registres
from observatoire.sujets.seances.calcul.comptes_rendus import lire_seances
from observatoire.verdicts import CACHEE, juger_les_mesures
from observatoire.vocabulaire import VERDICTS

CONVENTION = {
    "production_annuelle": "de 50 à 60 logements",
    "production_dans_la_ville": "80 %",
    "production_tres_sociale": "un logement neuf sur quatre",
    "apport_foncier": "terrains et des bâtiments",
    "faisabilite": "faisabilité",
    "garantie_des_emprunts": "50 % des emprunts",
    "politique_des_loyers": "politique sociale des loyers",
    "relogement_des_sinistres": "sinistrées",
    "travaux_sur_le_parc": "travaux sur le parc",
    "espaces_exterieurs": "espaces extérieurs",
    "tranquillite": "petite délinquance",
    "insertion": "insertion",
    "regles_d_attribution": "règles communes d'attribution",
    "communication_conjointe": "Communiquer ensemble",
    "rencontre_trimestrielle": "chaque trimestre",
    "rapport_annuel": "rapport d'évaluation aux deux assemblées",
}
CHARTE = {
    "identification_des_difficultes": "Identifier précisément les difficultés",
    "methode_d_alerte": "méthode d'alerte",
    "methode_de_resolution": "méthode de résolution",
    "equilibre_des_attributions": "l'équilibre social",
    "quartiers_fragiles": "quartiers fragiles",
    "non_discrimination": "aucune discrimination",
    "dispositif_d_observation": "état de l'occupation du parc public par quartier",
    "alerte_et_ampleur": "ampleur",
    "echange_sur_les_attributions": "politiques cohérentes sur un même secteur",
    "traitement_des_dysfonctionnements": "dysfonctionnements",
    "traitement_par_les_attributions": "par les attributions",
    "traitement_par_les_travaux": "travaux sur les immeubles",
    "outils_existants": "PIL, PDALPD, prévention des expulsions, décohabitation, logement adapté",
    "conference_annuelle": "Conférence communale",
    "supports_et_comptes_rendus": "les supports et le compte rendu",
    "groupe_de_travail_trimestriel": "chaque trimestre le groupe de travail",
    "conformite_des_attributions": "conformité des attributions aux objectifs",
    "pertinence_des_objectifs": "pertinence des objectifs",
    "actions_complementaires": "actions complémentaires",
    "situations_individuelles": "PIL",
    "reexamen": "trois ans",
    "extension_a_l_agglomeration": "agglomération",
    "droit_nouveau": "DALO",
    "associations_de_locataires": "associations de locataires",
}
TEXTE = {"code": "texte", "nom": "Un texte", "depuis": 1998, "source": "une délibération"}
CIBLE = {"depuis": 1998, "adoptee_par": "la Conférence", "source": "son compte rendu"}
BATTANT = {"bailleur": "gbh", "quartier": "battant", "commune": "25056"}
GROUPE = {"genre": "seances", "seance": "groupe_de_travail", "rythme": "trimestriel"}


def _declarer(code: str = "essai", **champs) -> dict:
    commun = {"texte": "texte", "article": "non numéroté", "libelle": "Un essai", "titulaires": ["Ville"]}
    return {"code": code, **commun, "nature": "resultat", **champs}


def _mesurer(indicateur: str, cible: float | None = None, **champs) -> dict:
    cibles = {"cibles": [{**CIBLE, "valeur": cible}]} if cible is not None else {}
    mesure = {"mesure": {"indicateur": indicateur, "bailleur": "gbh"}, "arithmetique": True}
    return _declarer(**mesure, **{**cibles, **champs})


def _configurer(dossier: Path, *engagements: dict, annees=(2010,), **rubriques):
    dossier.mkdir(parents=True, exist_ok=True)
    config = configuration(dossier, edition={"annees": list(annees)}, signataires=["Ville", "État"], **rubriques)
    suivi = config.chemin("suivi")
    suivi.mkdir(parents=True, exist_ok=True)
    contenu = {"textes": [TEXTE], "engagements": list(engagements)}
    (suivi / "engagements.yml").write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")
    return config


def _juger(dossier: Path, engagement: dict, programmes: list[dict] | None, seances: dict[str, str] | None = None):
    """Du dépôt au verdict, par la vraie chaîne ; ``None`` : la table n'est pas déposée."""
    config = _configurer(dossier, engagement)
    depots = [(2010, "gbh", "logements")] + [(2010, "gbh", "programmes")] * (programmes is not None)
    logements = [{**BATTANT, "immeuble": "gbh:1", "occupation": "loue"}] * 3
    logements = [{c: v for c, v in ligne.items() if c != "commune"} for ligne in logements]
    ecrire_prepare(config, {2010: {"logements": logements, "programmes": programmes or []}}, depots)
    for nom, entete in (seances or {}).items():
        _ecrire_seance(config, nom, entete)
    if "mesure" in engagement:
        indicateurs.ecrire_indicateurs(config)  # un engagement ne se juge sur rien d'autre
    return _conclure(config).iloc[0]


def _paraitre(config) -> pd.DataFrame:
    """Les indicateurs calculés, comme s'ils paraissaient tous, sans bruit."""
    fichier = config.chemin("prepare") / "indicateurs.parquet"
    table = pd.read_parquet(fichier) if fichier.is_file() else pd.DataFrame(columns=COLONNES)
    return table.assign(statut=table["statut"].astype(str).replace("calcule", "publie"), variance=0.0, zero=0.0)


def _conclure(config, publiees: pd.DataFrame | None = None) -> pd.DataFrame:
    registres = lire_registres(config, lire_seances(config))
    publiees = _paraitre(config) if publiees is None else publiees
    return juger_les_engagements(config, lire_engagements(config), publiees, registres)


def _ecrire_seance(config, nom: str, entete: str) -> None:
    fichier = config.chemin("livre") / "book" / "gouvernance" / f"{nom}.md"
    fichier.parent.mkdir(parents=True, exist_ok=True)
    fichier.write_text(f"---\ngenre: groupe_de_travail\ndate: {nom[:10]}\n{entete}---\n", encoding="utf-8")


def _livrer(nombre: int, **champs) -> dict:
    return {**BATTANT, "nb_logements": nombre, **champs}


def _garantir(pourcentage: float) -> list[dict]:
    return [_livrer(50, emprunt_eur=1_000_000, garantie_ville_pct=pourcentage)]


# --- aucun engagement n'est oublié, aucun objectif n'est inventé


def test_tous_les_engagements_des_deux_textes_sont_declares():
    declares = {e.code: e for e in lire_engagements(lire_configuration(RACINE / "observatoire.yml"))}
    for texte, attendus in (("convention_1998", CONVENTION), ("charte_2007", CHARTE)):
        siens = {code: e for code, e in declares.items() if e.texte.code == texte}
        assert set(siens) == set(attendus)
        assert [c for c, mots in attendus.items() if mots not in siens[c].libelle] == []


def test_la_charte_n_a_aucun_objectif_chiffre_et_la_convention_en_a_quatre(tmp_path):
    config = lire_configuration(RACINE / "observatoire.yml").avec_chemins(prepare=tmp_path)  # des dépôts fictifs en ont
    declares = lire_engagements(config)
    cibles = {e.code: (c.valeur, c.valeur_haute) for e in declares for c in e.cibles}
    assert cibles == {
        "production_annuelle": (50, 60),
        "production_dans_la_ville": (0.80, None),
        "production_tres_sociale": (0.25, None),
        "garantie_des_emprunts": (0.50, None),
    }
    assert all(c.adoptee_par and c.source for e in declares for c in e.cibles)


# --- un essai par verdict : les mêmes règles, d'autres données


def test_tenu_puis_non_tenu_quand_moins_de_logements_sont_livres(tmp_path):
    promesse = _mesurer("logements_livres_partout", 50)
    tenu = _juger(tmp_path / "tenu", promesse, [_livrer(40), _livrer(15, commune="25462")])
    assert (tenu["verdict"], tenu["constat"], tenu["observe"]) == ("tenu", "atteint", 55)
    manque = _juger(tmp_path / "manque", promesse, [_livrer(30), _livrer(15, commune="25462")])
    assert (manque["verdict"], manque["constat"]) == ("non_tenu", "non_atteint")


def test_partiel_dans_la_tolerance_et_non_tenu_au_dela(tmp_path):
    promesse = _mesurer("part_emprunt_garanti", 0.5, tolerance=0.1)
    verdicts = {p: _juger(tmp_path / str(p), promesse, _garantir(p))["verdict"] for p in (50, 45, 30)}
    assert verdicts == {50: "tenu", 45: "partiel", 30: "non_tenu"}


def test_non_concluant_quand_l_objectif_est_dans_l_intervalle(tmp_path):
    """44 sur 55 atteignent exactement 80 % : la règle est atteinte, la statistique ne conclut pas."""
    promesse = _mesurer("part_livres_ville", 0.80)
    peu = _juger(tmp_path / "peu", promesse, [_livrer(44), _livrer(11, commune="25462")])
    assert (peu["verdict"], peu["constat"]) == ("non_concluant", "atteint")
    assert peu["bas"] < 0.80 < peu["haut"]
    beaucoup = _juger(tmp_path / "beaucoup", promesse, [_livrer(950), _livrer(50, commune="25462")])
    assert beaucoup["verdict"] == "tenu"
    autre_sens = _juger(
        tmp_path / "sens", {**promesse, "sens": "au_plus"}, [_livrer(950), _livrer(50, commune="25462")]
    )
    assert (autre_sens["verdict"], autre_sens["constat"]) == ("non_tenu", "non_atteint")


def test_non_mesurable_sans_depot_ou_sans_objectif(tmp_path):
    sans_depot = _juger(tmp_path / "depot", _mesurer("logements_livres_partout", 50), None)
    assert (sans_depot["verdict"], sans_depot["statut"], sans_depot["constat"]) == ("non_mesurable", "nd", "")
    sans_objectif = _juger(tmp_path / "objectif", _mesurer("logements_livres_partout"), [_livrer(55)])
    assert (sans_objectif["verdict"], sans_objectif["observe"]) == ("non_mesurable", 55)
    assert sans_depot["raison"] != sans_objectif["raison"]


def test_la_cadence_se_mesure_dans_les_comptes_rendus(tmp_path):
    tenues = {f"2010-{mois}-15-groupe": "" for mois in ("02", "05", "08", "11")}
    promesse = _declarer(preuve=GROUPE)
    toutes = _juger(tmp_path / "toutes", promesse, [], tenues)
    assert (toutes["verdict"], toutes["faits"], toutes["attendus"]) == ("tenu", 4, 4)
    deux_le_meme = {"2010-02-15-a": "", "2010-03-15-b": ""}
    assert _juger(tmp_path / "une", promesse, [], deux_le_meme)[["verdict", "faits"]].tolist() == ["partiel", 1]
    prevues = dict.fromkeys(tenues, "etat: prevue\n") | {"2009-05-15-groupe": ""}
    assert _juger(tmp_path / "prevues", promesse, [], prevues)["verdict"] == "non_tenu"
    assert _juger(tmp_path / "aucune", promesse, [])["verdict"] == "non_mesurable"


def test_un_compte_rendu_fictif_ne_prouve_rien_de_vrais_depots(tmp_path):
    fictives = {f"2010-{mois}-15-groupe": "fictif: true\n" for mois in ("02", "05", "08", "11")}
    assert _juger(tmp_path, _declarer(preuve=GROUPE), [], fictives)["verdict"] == "non_mesurable"


def test_les_presents_et_les_associations_comptent(tmp_path):
    entete = {"2010-02-15-a": "presents: [Ville]\ninvites: [associations_de_locataires]\n"}
    annuel = {"genre": "seances", "rythme": "annuel"}
    cas = {"Ville": "tenu", "État": "non_tenu"}
    for signataire, verdict in cas.items():
        promesse = _declarer(preuve={**annuel, "presents": [signataire]})
        assert _juger(tmp_path / signataire, promesse, [], entete)["verdict"] == verdict
    invitation = _declarer(preuve={**annuel, "avec": "associations"})
    assert _juger(tmp_path / "avec", invitation, [], entete)["verdict"] == "tenu"
    assert _juger(tmp_path / "sans", invitation, [], {"2010-02-15-a": ""})["verdict"] == "non_tenu"


def test_les_depots_attendus_prouvent_le_dispositif(tmp_path):
    promesse = _declarer(preuve={"genre": "depots", "tables": ["logements", "programmes"]})
    assert _juger(tmp_path / "deux", promesse, [_livrer(5)])[["verdict", "attendus"]].tolist() == ["tenu", 2]
    config = _configurer(tmp_path / "refuse", promesse)
    refuse = [(2010, "gbh", "logements"), (2010, "gbh", "programmes", {"statut": "refuse"})]
    ecrire_prepare(config, {}, refuse)
    jugee = _conclure(config).iloc[0]
    assert (jugee["verdict"], jugee["faits"], jugee["attendus"]) == ("partiel", 1, 2)


def test_une_piece_prouve_et_son_absence_ne_prouve_rien(tmp_path):
    piece = {"date": 2010, "libelle": "un terrain", "source": "délibération"}
    verdicts = []
    for nom, pieces in (("avec", [piece]), ("avant", [{**piece, "date": 2009}]), ("sans", [])):
        promesse = _declarer(preuve={"genre": "pieces"}, pieces=pieces)
        verdicts.append(_juger(tmp_path / nom, promesse, [])["verdict"])
    assert verdicts == ["tenu", "non_mesurable", "non_mesurable"]


def test_les_actions_menees_sur_les_alertes_prouvent_leur_traitement(tmp_path):
    travaux = _declarer("travaux", preuve={"genre": "actions", "reponse": "travaux"})
    outils = _declarer("outils", preuve={"genre": "actions", "outil": True})
    config = _configurer(tmp_path, travaux, outils, annees=(2009, 2010))
    ecrire_prepare(config, {}, [])
    assert set(_conclure(config)["verdict"]) == {"non_mesurable"}
    actions = pd.DataFrame({"date": pd.to_datetime(["2010-03-02"]), "reponse": ["travaux"], "outil": [""]})
    actions.to_parquet(config.chemin("prepare") / "actions.parquet")
    juges = _conclure(config).set_index(["engagement", "annee"])["verdict"]
    assert juges["travaux"].tolist() == ["non_mesurable", "tenu"]
    assert juges["outils"].tolist() == ["non_mesurable", "non_mesurable"]


def test_une_obligation_a_terme_n_est_jugee_qu_a_son_terme(tmp_path):
    promesse = _declarer(preuve={"genre": "pieces", "rythme": "une_fois"}, echeance=2010)
    tard = {"date": 2011, "libelle": "un réexamen", "source": "délibération"}
    annees = (2009, 2010, 2011, 2012)
    attendus = {
        2009: ["tenu", "tenu", "tenu", "tenu"],
        2010: ["", "tenu", "tenu", "tenu"],
        2011: ["", "non_mesurable", "partiel", "partiel"],
    }
    for annee, verdicts in attendus.items():
        config = _configurer(tmp_path / str(annee), {**promesse, "pieces": [{**tard, "date": annee}]}, annees=annees)
        ecrire_prepare(config, {}, [])
        juges = _conclure(config)
        assert juges["verdict"].tolist() == verdicts
        assert juges["raison"].str.contains("après l'échéance").tolist() == [v == "partiel" for v in verdicts]


# --- les règles du verdict


@pytest.mark.parametrize(("haut", "bas"), [(5, 40), (13, 80), (21, 120), (39, 200), (85, 400), (179, 800)])
def test_non_tenu_a_25_pour_cent_ne_se_conclut_qu_a_un_risque_de_5_pour_cent(haut, bas):
    """Le plus grand nombre qui conclut : un de plus, et l'on ne sait pas."""
    assert _verdict(haut, bas, 0.25) == "non_tenu"
    assert _verdict(haut + 1, bas, 0.25) == "non_concluant"
    assert stats.binom.cdf(haut, bas, 0.25) <= 0.05 < stats.binom.cdf(haut + 1, bas, 0.25)


def test_22_pour_cent_de_200_ne_conclut_pas():
    assert _verdict(44, 200, 0.25) == "non_concluant"


def _verdict(haut: float, bas: float, cible: float = np.nan, **champs) -> str:
    return juger_les_mesures(_cellule(haut, bas, **{"cible": cible} | champs))["verdict"].iloc[0]


def _cellule(haut: float, bas: float, **champs) -> pd.DataFrame:
    ligne = {
        "nature_indicateur": "proportion", "numerateur": haut, "denominateur": bas, "valeur": haut / bas,
        "borne_basse": np.nan, "borne_haute": np.nan, "couverture": 1.0, "statut": "publie", "cible": np.nan,
        "variance": 0.0, "zero": 0.0,
        "sens": "au_moins", "tolerance": 0.0, "arithmetique": True, "en_vigueur": True, "avant_terme": False,
    }  # fmt: skip
    return pd.DataFrame([ligne | champs])


@pytest.mark.parametrize(
    ("champs", "verdict"),
    [
        ({"cible": 0.5}, "tenu"),
        ({"cible": 0.9}, "non_tenu"),
        ({"cible": 0.9, "avant_terme": True}, "non_concluant"),
        ({"cible": 0.9, "tolerance": 0.3}, "partiel"),
        ({"cible": 0.5, "sens": "au_plus"}, "non_tenu"),
        ({"cible": 0.5, "statut": "ne"}, "non_concluant"),
        ({"cible": 0.5, "statut": "na"}, ""),
        ({"cible": 0.5, "en_vigueur": False}, ""),
        ({"cible": 0.5, "nature_indicateur": "moyenne", "couverture": 0.8}, "non_concluant"),
        ({"cible": 0.5, "nature_indicateur": "effectif", "couverture": 0.8}, "tenu"),
        ({"cible": 0.9, "nature_indicateur": "effectif", "couverture": 0.8}, "non_concluant"),
    ],
)
def test_ce_qui_change_le_verdict(champs, verdict):
    """140 sur 200, soit 70 %."""
    jugee = juger_les_mesures(_cellule(140, 200, **champs)).iloc[0]
    assert jugee["verdict"] == verdict
    assert jugee["raison"].endswith(".")
    assert not any(c.isdigit() for c in jugee["raison"])


def test_les_intervalles_exacts_sont_ceux_de_scipy():
    for x, n in ((0, 12), (5, 40), (12, 12), (333, 800)):
        exact = stats.binomtest(x, n).proportion_ci(0.90, method="exact")
        np.testing.assert_allclose(clopper_pearson(x, n, 0.90), exact, atol=1e-12)
        haut = stats.chi2.ppf(0.95, 2 * x + 2) / 2 / n
        bas = stats.chi2.ppf(0.05, 2 * x) / 2 / n if x else 0
        np.testing.assert_allclose(garwood(x, n, 0.90), (bas, haut), atol=1e-12)
    assert np.isnan(clopper_pearson(1, 0)).all()


def test_un_objectif_vaut_de_son_adoption_au_suivant(tmp_path):
    cibles = [{**CIBLE, "depuis": annee, "valeur": v} for annee, v in ((2009, 10), (2010, 20))]
    config = _configurer(tmp_path, {**_mesurer("logements_livres"), "cibles": cibles}, annees=(2008, 2009, 2010))
    (engagement,) = lire_engagements(config)
    assert [c and c.valeur for c in map(engagement.cible_au, config.annees)] == [None, 10, 20]


# --- ce qu'un public en lit


def test_un_verdict_ne_parait_que_la_ou_la_valeur_parait(tmp_path):
    config = _configurer(tmp_path, _mesurer("part_livres_ville", 0.8), _declarer("faits", preuve=GROUPE))
    ecrire_prepare(config, {2010: {"programmes": [_livrer(90), _livrer(10, commune="25462")]}},
                   [(2010, "gbh", "programmes"), (2010, "gbh", "logements")])  # fmt: skip
    indicateurs.calculer(config)
    parue = _paraitre(config)
    nombres = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute"]
    for statut in ("publie", "c", "nd"):
        publiees = parue.assign(statut=statut, couverture=0.96)
        if statut != "publie":
            publiees[nombres] = np.nan
        mesure, faits = _conclure(config, publiees).to_dict("records")
        assert (mesure["verdict"] == "tenu") is (statut == "publie")
        assert mesure["statut"] == statut
        assert faits["statut"] == "publie"
        assert statut != "publie" or mesure["couverture"] == 0.96  # celle qui paraît, et non celle du calcul
        if statut != "publie":
            assert mesure["constat"] == ""
            assert all(pd.isna(mesure[c]) for c in [*MESURES, "zero_valeur"])
        if statut == "c":
            assert (mesure["verdict"], mesure["raison"]) == ("", CACHEE)


def test_le_bruit_d_un_compte_rend_le_verdict_plus_prudent():
    """1 sur 40 conclut à « non tenu » pour 12 % ; à deux unités de bruit près de chaque côté, on ne sait plus."""
    assert _verdict(1, 40, 0.12) == "non_tenu"
    assert _verdict(1, 40, 0.12, variance=2.0) == "non_concluant"
    exacte, bruitee = (juger_les_mesures(_cellule(10, 40, cible=0.5, variance=v)).iloc[0] for v in (0.0, 2.0))
    assert bruitee["bas"] < exacte["bas"] < exacte["haut"] < bruitee["haut"]
    z, ecart_type = stats.norm.ppf(0.95), np.sqrt(2 * (1 + 0.25**2)) / 40
    assert bruitee["haut"] - 0.25 == pytest.approx(np.hypot(exacte["haut"] - 0.25, z * ecart_type))


def test_un_effectif_bruite_se_juge_sur_l_intervalle_qui_parait():
    champs = {"nature_indicateur": "effectif", "valeur": 52.0, "cible": 50.0, "borne_basse": 49.0, "borne_haute": 55.0}
    assert _verdict(52, np.nan, **champs) == "non_concluant"
    assert _verdict(52, np.nan, **champs | {"cible": 49.0}) == "tenu"
    assert _verdict(52, np.nan, **champs | {"cible": 56.0}) == "non_tenu"


def test_une_regle_jugee_sur_un_total_exact_l_est_sur_la_ligne_publiee():
    """Le barème dit exacts les totaux de la ville sur lesquels la loi se juge : leur ligne ne porte aucun bruit."""
    referentiels = RACINE / "data" / "referentiels"
    regles = lire_regles_du_secret(referentiels, lire_baremes(referentiels), "publique", 2018)
    lignes = pd.DataFrame(
        [("ville", "tous"), ("ville", "gbh"), ("quartier", "tous")], columns=["niveau", "bailleur"]
    ).assign(indicateur="loi_2017_hors_qpv")
    portees = porter_le_bruit(lignes, Ouverture(frozenset(), catalogue()), regles)
    assert portees["variance"].tolist() == [0, 2, 2]


# --- un fichier mal écrit


def test_tous_les_defauts_sont_dits_d_un_coup(tmp_path):
    config = _configurer(
        tmp_path,
        _declarer("sans_rien"),
        _mesurer("taux_de_bonheur", 0.5),
        _declarer("preuve", preuve={"genre": "rumeur"}, nature="voeu"),
        _declarer("objectif", preuve=GROUPE, cibles=[{"valeur": "beaucoup"}]),
        _declarer("melange", preuve={"genre": "depots", "rythme": "annuel"}, pieces=[{"date": 2010}]),
        _declarer("sans_terme", preuve={"genre": "pieces", "rythme": "une_fois"}),
        _mesurer("logements_livres", 5, cibles=[{**CIBLE, "valeur": 60, "valeur_haute": 50}]),
        _mesurer("apl", 5, cibles=[{**CIBLE, "valeur": 50, "jusque": 60}]),
        _mesurer("part_livres_ville", 80, etat_zero={"annee": 2007, "valeur": 70}),
        _declarer("ailleurs", mesure={"indicateur": "apl", "niveau": "quartier", "territoire": "batant"}),
        _declarer("contact", sans_mesure="écrire à jean.dupont@exemple.fr"),
        {"code": "Écart", "texte": "autre", "couleur": "bleu"},
    )
    with pytest.raises(ErreurConfiguration) as refus:
        lire_engagements(config)
    message = str(refus.value)
    attendus = [
        "« sans_rien » : il porte une « mesure », une « preuve » ou « sans_mesure »",
        "« taux_de_bonheur » n'est pas un indicateur du catalogue",
        "« genre » : « rumeur » est inconnu. Valeurs admises : seances, depots, alertes, actions, pieces",
        "« nature » : « voeu » est inconnu",
        "« cibles » : un objectif chiffré demande une « mesure »",
        "« cibles », n° 1 : « depuis » manque",
        "« cibles », n° 1 : « valeur » : « beaucoup » n'est pas un nombre",
        "« couleur » est inconnu",
        "« rythme » ne va pas avec le genre « depots »",
        "« pieces » : la preuve n'est pas",
        "« pieces », n° 1 : « libelle » manque",
        "« echeance » manque : le rythme « une_fois »",
        "« valeur_haute » est plus petit que « valeur »",
        "« jusque » s'écrit désormais « valeur_haute »",
        "« cibles », n° 1 : « valeur » s'écrit en fraction",
        "« etat_zero » : « valeur » s'écrit en fraction",
        "« territoire », « batant » n'est pas un code du niveau « quartier »",
        "adresses électroniques",
    ]
    assert [a for a in attendus if a not in message] == []
    assert "jean.dupont" not in message


def test_une_ville_sans_engagement_n_en_a_aucun(tmp_path):
    config = configuration(tmp_path)
    assert lire_engagements(config) == []
    ecrire_prepare(config, {}, [])
    assert _conclure(config).empty


def test_les_verdicts_sont_cinq():
    assert tuple(VERDICTS) == ("tenu", "partiel", "non_tenu", "non_concluant", "non_mesurable")

"""Le suivi fictif suit les alertes que l'édition trouve, quelles qu'elles soient ; de vrais dépôts n'en ont pas."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from atelier_suivi import SIGNATAIRES, Suivi, alertes
from fabrique import configuration
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire.configuration import lire_configuration
from observatoire.exemple.scenario import Scenario
from observatoire.exemple.suivi import compter_les_vies, imaginer
from observatoire.rangement import lire_preparee, lire_publiee
from observatoire.schemas import lire_schema
from observatoire.sujets.alertes.calcul.actions import SCHEMA
from observatoire.sujets.alertes.calcul.controles import controler_les_lignes
from observatoire.sujets.alertes.calcul.dossiers import RESOLUTION, deja_ouverts, jalonner
from observatoire.sujets.alertes.calcul.suivi import ecrire_les_actions, publier_suivi
from observatoire.sujets.alertes.tables import ACTIONS, DOSSIERS
from observatoire.sujets.objectifs.calcul.declaration import lire_adoptes, lire_engagements
from observatoire.sujets.orientations.calcul.adoptees import lire_orientations
from observatoire.sujets.seances.calcul.comptes_rendus import lire_seances
from observatoire.sujets.seances.calcul.publication import publier_seances
from observatoire.sujets.seances.tables import ALERTES_EXAMINEES
from observatoire.tables import publiees

SEANCE = "---\ngenre: groupe_de_travail\ndate: {jour}\netat: {etat}\nfictif: true\n---\n\nCompte rendu fictif.\n"
SERIES = {
    ("quartier", "planoise-chateaufarine", "moins_40_plafond"): "CAAA",
    ("secteur", "planoise-chateaufarine-3", "impayes_3_mois"): "CCKK",
    ("immeuble", "gbh:GBH0001", "signalements"): "ACAA",
}
JOURS = [f"{annee}-{mois}-15" for annee in (2008, 2009, 2010) for mois in ("03", "06", "09", "12")]


@pytest.fixture
def suivi(tmp_path):
    """Des alertes et des séances fictives, dans ``prepare`` et dans le livre ; ``actions.csv`` n'a que son en-tête."""
    suivi = Suivi(tmp_path, alertes(SERIES))
    suivi.ecrire()
    prepare = suivi.config.chemin("prepare")
    prepare.mkdir(parents=True)
    suivi.alertes.to_parquet(prepare / "alertes.parquet")
    seances = suivi.config.chemin("livre") / "book" / "gouvernance"
    seances.mkdir(parents=True)
    for jour in JOURS:
        (seances / f"{jour}-groupe-de-travail.md").write_text(SEANCE.format(jour=jour, etat="tenue"), encoding="utf-8")
    return suivi


def _declarer(config, fictif: bool) -> None:
    prepare = config.chemin("prepare")
    prepare.mkdir(parents=True, exist_ok=True)
    (prepare / "origine.json").write_text(json.dumps({"fictif": fictif}), encoding="utf-8")


def _actions(suivi: Suivi) -> pd.DataFrame:
    ecrire_les_actions(suivi.config)
    return lire_preparee(ACTIONS, suivi.config.chemin("prepare"))


def test_de_vrais_depots_n_heritent_d_aucun_suivi_fictif(suivi):
    assert _actions(suivi).empty  # rien ne dit d'où viennent les dépôts
    _declarer(suivi.config, fictif=False)
    assert _actions(suivi).empty


def test_un_suivi_tenu_remplace_le_suivi_fictif(suivi):
    _declarer(suivi.config, fictif=True)
    assert len(_actions(suivi)) > 6
    suivi.ecrire(";quartier;planoise-chateaufarine;moins_40_plafond;10/06/2009;ville;;;designer_pilote;;")
    assert _actions(suivi)["decision"].tolist() == ["designer_pilote"]


def test_une_decision_du_jour_d_une_seance_vaut_examen(suivi, tmp_path):
    """Et seulement depuis que l'alerte est au registre de ce public ; une séance prévue n'examine rien."""
    _declarer(suivi.config, fictif=True)
    prevue = suivi.config.chemin("livre") / "book" / "gouvernance" / "2009-06-15-groupe-de-travail.md"
    prises = _actions(suivi)
    prevue.write_text(SEANCE.format(jour="2009-06-15", etat="prevue"), encoding="utf-8")
    lues = suivi.alertes.assign(statut="publie", quartier="planoise-chateaufarine")
    lues = lues[lues["niveau"].ne("immeuble")]
    publier_suivi(suivi.config, lues, "publique", tmp_path / "publie")
    lues.to_csv(tmp_path / "publie" / "alertes.csv", index=False)
    publier_seances(suivi.config, lire_seances(suivi.config), "publique", tmp_path / "publie")
    examinees = lire_publiee(ALERTES_EXAMINEES, tmp_path / "publie")
    dossiers = lire_publiee(DOSSIERS, tmp_path / "publie")
    jours = prises[prises["dossier"].isin(dossiers["dossier"])]["date"].dt.date.astype(str)
    assert len(examinees) == jours.ne("2009-06-15").sum() > 4
    assert set(examinees["seance"].str[:10]) == set(jours) - {"2009-06-15"}
    assert set(examinees["niveau"]) == {"quartier", "secteur"}


def test_ce_que_le_bruit_efface_ou_retarde_ne_se_raconte_pas(suivi, tmp_path):
    _declarer(suivi.config, fictif=True)
    retardees = alertes({**SERIES, ("quartier", "planoise-chateaufarine", "moins_40_plafond"): "CCCA"})
    lues = retardees.assign(statut="publie", quartier="planoise-chateaufarine")
    lues = lues[lues["niveau"].ne("secteur")]
    ecrire_les_actions(suivi.config)
    publier_suivi(suivi.config, lues, "partenaires", tmp_path / "publie")
    parues = lire_publiee(publiees()["actions"], tmp_path / "publie")
    dossiers = lire_publiee(DOSSIERS, tmp_path / "publie").set_index("dossier")
    assert set(dossiers.loc[parues["dossier"].unique(), "niveau"]) == {"immeuble"}


_CLES = st.tuples(
    st.sampled_from(["quartier", "secteur", "immeuble"]),
    st.sampled_from(["gbh:1", "neolia:2", "ailleurs:3"]),
    st.sampled_from(["moins_40_plafond", "impayes_3_mois", "signalements", "moins_40_emmenages", "apl"]),
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_CLES, st.text("CAVK?.", min_size=4, max_size=4), min_size=1, max_size=8))
def test_quelles_que_soient_les_alertes_le_scenario_est_un_suivi_en_ordre(scenario, series):
    """Chaque action est d'un jour de séance, sur un dossier déjà ouvert, et serait acceptée si elle était écrite."""
    jalons = jalonner(alertes(series))
    actions = imaginer(compter_les_vies(jalons, RESOLUTION), [pd.Timestamp(j) for j in JOURS], scenario)
    assert set(actions["date"].astype(str)) <= set(JOURS)
    if actions.empty:
        return
    assert deja_ouverts(actions, jalons).all()
    assert not actions.duplicated(["dossier", "date"]).any()
    ecrites = actions.assign(date_effet=pd.to_datetime(actions["date_effet"]))
    assert controler_les_lignes(ecrites) == []
    assert set(actions["pilote"]) <= {"", *scenario.config.partenaires}
    champs = lire_schema(scenario.config.chemin("schemas") / SCHEMA).champs
    for nom in ("reponse", "outil", "decision", "issue"):
        assert set(actions[nom]) <= {"", *champs[nom].admises}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    """Le scénario livré, d'un territoire qui n'a pas tous les pilotes qu'il nomme."""
    return Scenario(configuration(tmp_path_factory.mktemp("scenario"), signataires=SIGNATAIRES))


def test_les_cibles_pieces_objectifs_et_orientations_fictifs_attendent_des_depots_fictifs(tmp_path):
    """Ceux du dépôt : avec de vrais dépôts, il ne reste que ce que les textes promettent."""
    livree = lire_configuration().avec_chemins(prepare=tmp_path / "prepare")
    lus = {}
    for fictif in (False, True):
        _declarer(livree, fictif)
        engagements = lire_engagements(livree)
        siens = {e.code: e for e in engagements}
        lus[fictif] = (
            sum(len(e.pieces) for e in engagements),
            {e.code for e in engagements if e.cibles},
            [o.code for o in lire_adoptes(livree)],
            [o.code for o in lire_orientations(livree)],
        )
        assert siens["production_annuelle"].cibles[0].valeur == 50
    assert (lus[False][0], lus[False][2:]) == (0, ([], []))
    assert lus[True][0] > 8
    assert lus[True][1] - lus[False][1] == {
        "politique_des_loyers", "tranquillite", "equilibre_des_attributions", "droit_nouveau",
    }  # fmt: skip
    assert len(lus[True][2]) == 2
    assert len(lus[True][3]) == 3

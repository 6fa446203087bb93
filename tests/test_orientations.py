"""Les orientations de peuplement : qualifier, proposer à somme nulle, et rien qui ne soit permis."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from fabrique import RACINE, VILLE, SansRenvoi, configuration, modifier_bareme
from petites_orientations import REFERENTIELS, REGLES, TOUT, batir, lieux_de
from scipy import stats

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration.modeles.orientations import OrientationAdoptee
from observatoire.erreurs import ErreurConfiguration
from observatoire.statistique.classement import (
    AUCUNE,
    attribuer,
    correler,
    encadrer_les_tirages,
    ranger_les_tirages,
    tirer_les_ecarts,
)
from observatoire.statistique.lois import LOIS
from observatoire.sujets.orientations.calcul.adoptees import FICHIER as ORIENTATIONS
from observatoire.sujets.orientations.calcul.adoptees import lire_orientations
from observatoire.sujets.orientations.calcul.confrontation import confronter_les_orientations
from observatoire.sujets.orientations.calcul.parc import RESIDENCES, compter_le_parc
from observatoire.sujets.orientations.calcul.proposition import proposer
from observatoire.sujets.orientations.calcul.qualification import qualifier, situer
from observatoire.sujets.orientations.calcul.regles import FICHIER, admissibles, lire_regles_de_qualification
from observatoire.sujets.orientations.calcul.scores import Comptes, Taux
from observatoire.sujets.orientations.calcul.sensibilite import eprouver_les_poids
from observatoire.sujets.orientations.tables import PROBABILITES
from observatoire.sujets.simulation.modele.partage import partager
from observatoire.vocabulaire import CLASSES, INDETERMINEE

ANNEES = [2008, 2009, 2010]


@pytest.fixture(scope="module")
def ville():
    return batir(np.random.default_rng(1))


@pytest.fixture(scope="module")
def publiees(ville):
    alea = np.random.default_rng(2)
    return pd.concat([ville.publier(annee, alea) for annee in ANNEES], ignore_index=True)


@pytest.fixture(scope="module")
def qualifiees(ville, publiees):
    return qualifier(publiees, lieux_de(ville, ANNEES), dict.fromkeys(ANNEES, REGLES), TOUT)


def test_une_classe_n_est_donnee_que_si_elle_est_assez_sure_ou_deja_donnee(qualifiees):
    table = qualifiees.table
    assert set(table["classe"]) <= set(CLASSES)
    donnees = table[table["classe"].ne(INDETERMINEE)]
    assert len(donnees)
    sienne = np.array([ligne[PROBABILITES[ligne["classe"]]] for ligne in donnees.to_dict("records")])
    neuve = donnees["depuis"].eq(donnees["annee"]).to_numpy()
    assert neuve.any()
    assert not neuve.all()
    arrondi = 0.005
    assert (sienne[neuve] >= REGLES.probabilite - arrondi).all()
    # Gardée de l'an passé : il n'est pas sûr qu'elle ait changé.
    assert (1 - sienne[~neuve] < REGLES.probabilite + arrondi).all()


def test_les_memes_comptes_donnent_les_memes_classes_dans_tout_ordre(ville, publiees, qualifiees):
    melangees = publiees.sample(frac=1, random_state=3)
    lieux = lieux_de(ville, ANNEES).sample(frac=1, random_state=3)
    encore = qualifier(melangees, lieux, dict.fromkeys(ANNEES, REGLES), TOUT)
    pd.testing.assert_frame_equal(encore.table, qualifiees.table)


def test_d_un_lieu_ou_presque_personne_n_a_repondu_on_ne_dit_rien(ville, publiees):
    tue = ville.lieux.index[0]
    muettes = publiees["territoire"].eq(tue)
    table = qualifier(
        publiees.assign(reponse=publiees["reponse"].mask(muettes, REGLES.reponse / 2)), lieux_de(ville, ANNEES),
        dict.fromkeys(ANNEES, REGLES), TOUT,
    ).table.set_index("territoire")  # fmt: skip
    assert set(table.loc[[tue], "classe"]) == {INDETERMINEE}
    assert set(table.loc[[tue], "statut"]) == {"ne"}
    assert table.loc[[tue], "fragilite"].isna().all()


def test_une_ville_sans_quartiers_ou_sans_residences_ne_fait_pas_d_erreur(ville, publiees):
    regles = dict.fromkeys(ANNEES, REGLES)
    sans = publiees[publiees["niveau"].ne("quartier")]
    assert qualifier(sans, lieux_de(ville, ANNEES), regles, TOUT).table.empty
    larges = qualifier(publiees[publiees["niveau"].ne("immeuble")], lieux_de(ville, ANNEES), regles, TOUT)
    assert set(larges.table["niveau"]) == {"quartier"}
    assert len(eprouver_les_poids(larges.derniers)) == 2 * (1 + 3 * len(REGLES.codes))
    sans_immeubles = situer(lieux_de(ville, ANNEES).drop(columns="immeuble"), 2010)
    assert compter_le_parc(larges.table, sans_immeubles, 2010, 11).empty
    de_l_annee = publiees[publiees["annee"].eq(2010) & publiees["niveau"].ne("immeuble")]
    proposees = proposer(de_l_annee, larges.table[larges.table["annee"].eq(2010)], REGLES, TOUT, 3)
    assert (proposees["deplaces"] == 0).all()  # rien n'est proposé à un quartier sans ses résidences
    assert qualifier(publiees.iloc[:0], lieux_de(ville, ANNEES).drop(columns="immeuble"), regles, TOUT).derniers == []


def test_un_bareme_nouveau_repart_de_rien(ville, publiees):
    neuve = replace(REGLES, depuis=dt.date(2010, 1, 1))
    regles = {2008: REGLES, 2009: REGLES, 2010: neuve}
    table = qualifier(publiees, lieux_de(ville, ANNEES), regles, TOUT).table
    derniere = table[table["annee"].eq(2010) & table["classe"].ne(INDETERMINEE)]
    assert set(derniere["depuis"]) == {2010}


@pytest.mark.parametrize(
    ("probabilites", "avant", "attendue"),
    [
        ([0.8, 0.2], AUCUNE, 0),
        ([0.7, 0.3], AUCUNE, AUCUNE),
        ([0.3, 0.7], 0, 0),  # il n'est pas sûr qu'elle ait changé
        ([0.2, 0.8], 0, 1),
        ([0.1, 0.45, 0.45], 0, AUCUNE),  # elle a changé, on ne sait pas pour laquelle
    ],
)
def test_la_classe_de_l_an_passe_est_gardee_tant_qu_il_n_est_pas_sur_qu_elle_ait_change(probabilites, avant, attendue):
    assert attribuer(np.array([probabilites]), 0.75, np.array([avant])).tolist() == [attendue]


def test_un_rang_tire_est_celui_de_scipy():
    tires = np.random.default_rng(4).standard_normal((50, 20))
    attendus = stats.rankdata(-tires, axis=1)
    assert (ranger_les_tirages(tires) == attendus).all()
    bas, haut = encadrer_les_tirages(ranger_les_tirages(tires))
    assert (bas <= haut).all()


@pytest.mark.parametrize("nature", LOIS)
def test_sans_lien_entre_les_taux_chacun_a_la_moyenne_de_sa_loi(nature):
    code = next(c for c in REGLES.codes if catalogue()[c].nature == nature)
    x, n, zeros = np.array([[3.0], [30.0], [0.0]]), np.array([[40.0], [90.0], [0.0]]), np.zeros((3, 1))
    comptes = Comptes(np.array(["a", "b", "c"]), x, n, zeros, n > 0, n)
    taux = Taux(comptes, np.array([0.2]), [code])
    tires = taux.ecarts.tirer(np.random.default_rng(5), np.eye(1), np.array([True, True, True]))
    precision = 4 * tires.std(axis=0).max() / np.sqrt(len(tires))
    assert tires.mean(axis=0) == pytest.approx(taux.lisses, abs=precision)


def test_des_taux_lies_se_renseignent_l_un_l_autre_comme_une_loi_normale():
    alea, correlations = np.random.default_rng(6), np.array([[1.0, 0.8], [0.8, 1.0]])
    ecarts, precisions = np.array([[1.0, 0.0]]), np.array([[4.0, 0.0]])  # du second, on ne sait rien
    tires = np.concatenate([tirer_les_ecarts(alea, ecarts, precisions, correlations)[:, 0] for _ in range(200)])
    vu = 1 / (1 + 1 / precisions[0, 0])
    assert tires.mean(axis=0) == pytest.approx([vu, 0.8 * vu], abs=0.02)
    assert tires.var(axis=0) == pytest.approx([1 - vu, 1 - 0.64 * vu], abs=0.02)


def test_la_correlation_des_vrais_ecarts_se_retrouve_sous_le_hasard():
    alea = np.random.default_rng(7)
    vrais = alea.multivariate_normal([0, 0, 0], [[1, 0.7, 0], [0.7, 1, 0], [0, 0, 1]], 30_000)
    observes = vrais + alea.standard_normal(vrais.shape)
    trouvees = correler(observes, np.full(vrais.shape, 0.5))
    assert trouvees == pytest.approx(np.array([[1, 0.7, 0], [0.7, 1, 0], [0, 0, 1]]), abs=0.04)
    assert correler(observes[:5] * 9, np.full((5, 3), 0.5)) == pytest.approx(
        correler(-observes[:5] * 9, np.full((5, 3), 0.5))
    )
    assert np.linalg.eigvalsh(correler(np.ones((40, 3)) * 9, np.ones((40, 3)))).min() > 0


# --- ce que les autres poids changent, et ce que tous en lisent


def test_les_memes_poids_ne_changent_rien_et_chaque_variante_compte_tous_les_lieux(qualifiees):
    table = eprouver_les_poids(qualifiees.derniers)
    codes = len(REGLES.codes)
    assert len(table) == 2 * (1 + 3 * codes)
    assert table[["gardees", "perdues", "changees"]].sum(axis=1).eq(table["lieux"]).all()
    doubles = [replace(n, regles=replace(REGLES, indicateurs=_doubler(REGLES))) for n in qualifiees.derniers]
    assert eprouver_les_poids(doubles)["lieux"].tolist() == table["lieux"].tolist()


def _doubler(regles):
    return {c: i.model_copy(update={"poids": 2 * i.poids}) for c, i in regles.indicateurs.items()}


def test_le_parc_de_chaque_classe_ne_montre_ni_petite_case_ni_case_cachee_seule(ville, qualifiees):
    lieux = situer(lieux_de(ville, ANNEES), 2010)
    table = compter_le_parc(qualifiees.table, lieux, 2010, 11)
    siennes = qualifiees.table.query("annee == 2010 and niveau == 'immeuble'").set_index("territoire")["classe"]
    residences = lieux.assign(classe=siennes).groupby(["quartier", "classe"])["logements"].agg(["sum", "size"])
    montrees = table[table["statut"].eq("publie")]
    assert len(montrees)
    for ligne in montrees.to_dict("records"):
        vraie = residences.loc[(ligne["territoire"], ligne["classe"])]
        assert (ligne["logements"], vraie["size"] >= RESIDENCES) == (vraie["sum"], True)
    assert table.groupby("territoire")["statut"].agg(lambda s: s.eq("c").sum()).ne(1).all()


# --- la somme nulle


def test_ce_que_les_uns_prennent_de_moins_les_autres_l_accueillent():
    alea = np.random.default_rng(6)
    for _ in range(200):
        entrees, parts, souhaits = alea.uniform(0, 50, 12), alea.random(12), alea.random(12)
        apres = partager(entrees, parts, souhaits)
        assert entrees @ apres == pytest.approx(entrees @ parts)
        # Chacun va vers son souhait, sans le dépasser.
        assert (np.abs(apres - parts) <= np.abs(souhaits - parts) + 1e-12).all()
        assert ((apres - parts) * (souhaits - parts) >= -1e-12).all()
    assert partager([10, 10], [0.5, 0.5], [0.3, 0.5]).tolist() == [0.5, 0.5]  # personne pour accueillir
    with pytest.raises(ValueError, match="fractions"):
        partager([1], [0.5], [1.5])


def test_la_ville_loge_autant_de_menages_a_bas_revenus_apres_qu_avant(ville, publiees, qualifiees):
    table = qualifiees.table
    proposees = proposer(publiees[publiees["annee"].eq(2010)], table[table["annee"].eq(2010)], REGLES, TOUT, 3)
    assert proposees["deplaces"].abs().sum() > 1
    for niveau, siennes in proposees.groupby("niveau"):
        arrondis = 0.005 * len(siennes) + 1e-9
        assert siennes["deplaces"].sum() == pytest.approx(0, abs=arrondis), niveau
    ecart = (proposees["part_proposee"] - proposees["part_entrants"]).abs()
    assert ecart.max() <= REGLES.deplacement + 0.001
    fragiles = proposees[proposees["classe"].eq("fragile") & proposees["fondement"].eq("sienne")]
    assert len(fragiles)
    assert (fragiles["part_proposee"] <= fragiles["part_entrants"]).all()


# --- ce qu'un score ne peut pas prendre


def _lire(tmp_path, changer):
    dossier = modifier_bareme(tmp_path, FICHIER, changer)
    return lire_regles_de_qualification(dossier, lire_baremes(dossier), 2010)


@pytest.mark.parametrize(
    "code", ["nationalite", "pays_naissance", "part_etrangers", "handicap", "religion", "loyer_m2"]
)
def test_le_score_ne_prend_ni_origine_ni_sante_ni_rien_hors_du_catalogue(tmp_path, code):
    def changer(bareme):
        indicateurs = bareme["regles"][0]["indicateurs"]
        indicateurs[code] = indicateurs.pop("sans_emploi")

    with pytest.raises(ErreurConfiguration, match=code):
        _lire(tmp_path, changer)


def _compter_les_etrangers(menages):
    """Un indicateur que personne ne doit pouvoir déclarer."""
    return menages["nationalite"].ne("fr"), menages["nationalite"].notna()


def test_un_indicateur_du_catalogue_qui_lirait_une_colonne_interdite_n_est_pas_admissible():
    declarations = dict(catalogue())
    modele = declarations["sans_emploi"]
    declarations["innocent"] = replace(modele, code="innocent", fonction=_compter_les_etrangers)
    admis = admissibles(declarations)
    assert "sans_emploi" in admis
    assert "innocent" not in admis
    assert not any(mot in code for code in admis for mot in ("natio", "origine", "sante", "religi"))


def test_le_bareme_dit_toutes_ses_fautes_d_un_coup(tmp_path):
    def changer(bareme):
        regle = bareme["regles"][0]
        regle["seuils"]["fragile"] = -1
        regle["deplacement"] = 2
        regle["indicateurs"] = {"sans_emploi": {"axe": "fragilite", "sens": "plus", "poids": 0, "ecart": 0.1}}
        del regle["adoptee_par"]

    with pytest.raises(ErreurConfiguration) as refus:
        _lire(tmp_path, changer)
    dit = str(refus.value)
    for attendu in ("adoptee_par", "deplacement", "a_surveiller", "de 5 à 7", "sens", "poids", "ligne"):
        assert attendu in dit, attendu


def test_le_bareme_livre_est_date_adopte_et_dit_fictif():
    contenu = yaml.safe_load((REFERENTIELS / FICHIER).read_text(encoding="utf-8"))
    for regle in contenu["regles"]:
        assert regle["depuis"]
        assert "fictive" in regle["adoptee_par"]


# --- ce que le groupe adopte, et ce qui s'attribue ensuite

ADOPTEE = {
    "code": "planoise", "indicateur": "moins_40_entrants", "sens": "au_plus", "cible": 0.5, "niveau": "quartier",
    "territoire": "planoise-chateaufarine", "depuis": dt.date(2009, 12, 15), "adoptee_par": "Conférence communale",
    "source": "compte rendu du 15 décembre 2009",
}  # fmt: skip
TERRITOIRES = pd.DataFrame(
    [
        ("quartier", "planoise-chateaufarine", None), ("secteur", "epoisses", "planoise-chateaufarine"),
        ("secteur", "cassin", "planoise-chateaufarine"), ("immeuble", "gbh:1", "cassin"),
    ],
    columns=["niveau", "code", "parent"],
)  # fmt: skip


def _adopter(tmp_path, *orientations):
    config = configuration(tmp_path)
    suivi = config.chemin("suivi")
    suivi.mkdir(parents=True)
    ecrit = yaml.dump({"orientations": list(orientations)}, Dumper=SansRenvoi, allow_unicode=True)
    (suivi / ORIENTATIONS).write_text(ecrit, encoding="utf-8")
    return config


def test_les_orientations_livrees_se_lisent_et_disent_qu_elles_sont_fictives(tmp_path):
    livrees = yaml.safe_load((RACINE / "data" / "suivi" / ORIENTATIONS).read_text(encoding="utf-8"))["orientations"]
    config = _adopter(tmp_path, *livrees)
    assert lire_orientations(config) == []  # de vrais dépôts n'en héritent pas
    config.chemin("prepare").mkdir(parents=True)
    (config.chemin("prepare") / "origine.json").write_text('{"fictif": true}', encoding="utf-8")
    lues = lire_orientations(config)
    assert [o.code for o in lues] == [o["code"] for o in livrees]
    assert {o.bailleur for o in lues} == {"chacun"}
    assert all("fictif" in o.source and "fictive" in o.adoptee_par for o in lues)
    # Ce que l'une demande de moins, d'autres l'accueillent.
    assert {o.sens for o in lues} == {"au_plus", "au_moins"}


def test_toutes_les_fautes_des_orientations_se_disent_d_un_coup_avec_leur_ligne(tmp_path):
    fautes = [
        ADOPTEE | {"cible": 48},
        ADOPTEE | {"territoire": "nulle-part", "jusque": dt.date(2009, 1, 1)},
        {c: v for c, v in ADOPTEE.items() if c not in ("adoptee_par", "territoire")} | {"code": "autre"},
        ADOPTEE | {"code": "famille", "indicateur": "monoparentales_entrants", "bailleur": "inconnu"},
    ]
    with pytest.raises(ErreurConfiguration) as refus:
        lire_orientations(_adopter(tmp_path, *fautes))
    dit = str(refus.value)
    for attendu in (
        "fraction", "nulle-part", "précède", "adoptee_par", "déjà le code", "monoparentales_entrants", "inconnu",
    ):  # fmt: skip
        assert attendu in dit, attendu
    assert dit.count("ligne ") >= len(fautes)


def _attribuees(*cellules):
    lignes = [
        {
            "annee": annee, "niveau": niveau, "territoire": code, "bailleur": bailleur,
            "indicateur": "moins_40_entrants", "numerateur": x, "denominateur": n, "valeur": x / n,
            "borne_basse": np.nan, "borne_haute": np.nan, "couverture": 1.0, "statut": "publie", "variance": 2.0,
            "zero": 5.9,
        }
        for annee, niveau, code, bailleur, x, n in cellules
    ]  # fmt: skip
    return pd.DataFrame(lignes)


def _confronter(adoptees, publiees):
    table = confronter_les_orientations(adoptees, publiees, TERRITOIRES, [2009, 2010], ("ville", VILLE))
    cles = ["annee", "niveau", "territoire", "bailleur"]
    return table.set_index(cles)["verdict"].to_dict(), table


def test_chaque_bailleur_de_chaque_secteur_est_face_a_l_orientation_de_son_quartier():
    planoise = "planoise-chateaufarine"
    verdicts, table = _confronter(
        [OrientationAdoptee.model_construct(**ADOPTEE, bailleur="chacun", jusque=None)],
        _attribuees(
            (2010, "quartier", planoise, "gbh", 20, 100), (2010, "quartier", planoise, "tous", 60, 200),
            (2010, "secteur", "epoisses", "gbh", 5, 60), (2010, "secteur", "epoisses", "neolia", 45, 50),
            (2010, "secteur", "cassin", "gbh", 7, 15), (2010, "quartier", "battant", "gbh", 90, 100),
        ),
    )  # fmt: skip
    assert verdicts[2010, "quartier", planoise, "gbh"] == "tenu"
    assert verdicts[2010, "secteur", "epoisses", "gbh"] == "tenu"
    assert verdicts[2010, "secteur", "epoisses", "neolia"] == "non_tenu"
    assert verdicts[2010, "secteur", "cassin", "gbh"] == "non_concluant"
    assert not any(code == "battant" for _, _, code, _ in verdicts)
    siens = table[table["territoire"].eq("epoisses")]
    assert set(siens["quartier"]) == {planoise}
    assert set(siens["adoptee_par"]) == {"Conférence communale"}
    assert {annee for annee, *_ in verdicts} == {2010}  # adoptée en décembre 2009 : les baux de 2009 étaient signés
    jugees = siens[siens["verdict"].eq("non_tenu")].iloc[0]
    assert jugees["bas"] > ADOPTEE["cible"]
    assert jugees["bas"] < jugees["observe"] < jugees["haut"]


def test_une_residence_n_a_pas_de_verdict_a_elle():
    orientation = ADOPTEE | {"niveau": "immeuble", "territoire": "gbh:1"}
    verdicts, table = _confronter(
        [OrientationAdoptee.model_construct(**orientation, bailleur="tous", jusque=None)],
        _attribuees((2010, "secteur", "cassin", "gbh", 7, 15)),
    )
    assert verdicts[2010, "immeuble", "gbh:1", "tous"] == "non_mesurable"
    assert set(table["secteur"]) == {"cassin"}
    assert set(table["quartier"]) == {"planoise-chateaufarine"}

"""Les orientations de peuplement : qualifier, proposer à somme nulle, et rien qui ne soit permis."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from fabrique import modifier_bareme
from petites_orientations import REFERENTIELS, REGLES, TOUT, batir, lieux_de
from scipy import stats

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.erreurs import ErreurConfiguration
from observatoire.statistique.classement import AUCUNE, attribuer, encadrer_les_tirages, ranger_les_tirages
from observatoire.statistique.lois import LOIS
from observatoire.sujets.orientations.calcul.parc import RESIDENCES, compter_le_parc
from observatoire.sujets.orientations.calcul.proposition import proposer
from observatoire.sujets.orientations.calcul.qualification import qualifier, situer
from observatoire.sujets.orientations.calcul.regles import FICHIER, admissibles, lire_regles_de_qualification
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
def test_les_tirages_d_un_taux_ont_la_moyenne_de_sa_loi(nature):
    loi, alea = LOIS[nature], np.random.default_rng(5)
    x, n, moyenne, dispersion = (
        np.array([3.0, 0.0]),
        np.array([40.0, 0.0]),
        np.array([0.2, 0.2]),
        np.array([0.02, 0.02]),
    )
    tires = loi.tirer(alea, 40_000, x, n, moyenne, dispersion)
    assert tires.mean(axis=0) == pytest.approx(loi.esperance(x, n, moyenne, dispersion), abs=0.002)
    au_dela = [(tires[:, i] > 0.2).mean() for i in range(2)]
    assert au_dela == pytest.approx(loi.au_dela(0.2, x, n, moyenne, dispersion), abs=0.01)


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

"""La mixité : indices refaits à la main, comparés à ``segregation``, au hasard énuméré, et jamais bavards."""

from __future__ import annotations

import math
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from observatoire.statistique import delta, hasard, indices
from observatoire.statistique.decomposition import ajuster, decomposer
from observatoire.sujets.mixite.calcul.fiches import fiches
from observatoire.sujets.mixite.calcul.villes import BINAIRES, MULTIPLES

INDICES = {
    "dissimilarite": indices.dissimilarite,
    "isolement": indices.isolement,
    "theil_h": indices.theil_h,
}
PENTES = {
    "dissimilarite": delta.pente_de_la_dissimilarite,
    "isolement": delta.pente_de_l_isolement,
    "theil_h": delta.pente_de_theil,
}
ATTENDUS = {
    "dissimilarite": hasard.dissimilarite_attendue,
    "isolement": hasard.isolement_attendu,
    "theil_h": hasard.theil_attendu,
}


def tables(classes: int, mini: int = 0, maxi: int = 60):
    """Des tables (unités, classes) dont aucune classe ni aucune unité n'est vide."""
    formes = st.integers(2, 6).map(lambda unites: (unites, classes))
    brutes = formes.flatmap(lambda forme: arrays(np.int64, forme, elements=st.integers(mini, maxi)))
    return brutes.filter(lambda t: t.sum(axis=0).all() and t.sum(axis=1).all())


# --- à la main


@pytest.mark.parametrize(
    ("table", "dissimilarite", "isolement"),
    [
        ([[10, 0], [0, 10]], 1.0, 1.0),
        ([[5, 5], [15, 15]], 0.0, 0.5),
        # 8/10 et 2/10 du groupe, 2/10 et 8/10 des autres : (0,6 + 0,6) / 2 ; 0,8 × 0,8 + 0,2 × 0,2
        ([[8, 2], [2, 8]], 0.6, 0.68),
        # 30/40 et 10/40 du groupe, 10/60 et 50/60 des autres : (7/12 + 7/12) / 2 ; 3/4 × 3/4 + 1/4 × 1/6
        ([[30, 10], [10, 50]], 7 / 12, 9 / 16 + 1 / 24),
        ([[8, 2], [0, 0], [2, 8]], 0.6, 0.68),
    ],
)
def test_dissimilarite_et_isolement_a_la_main(table, dissimilarite, isolement):
    assert indices.dissimilarite(np.array(table)) == pytest.approx(dissimilarite, abs=1e-12)
    assert indices.isolement(np.array(table)) == pytest.approx(isolement, abs=1e-12)


def test_theil_a_la_main():
    assert indices.theil_h(np.array([[10, 0, 0], [0, 10, 0], [0, 0, 10]])) == pytest.approx(1)
    assert indices.theil_h(np.array([[1, 2, 3], [10, 20, 30]])) == pytest.approx(0)
    # 3 contre 1 puis 1 contre 3 : la ville est à moitié, chaque quartier aux trois quarts.
    quartier = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert indices.theil_h(np.array([[3, 1], [1, 3]])) == pytest.approx(1 - quartier / math.log(2))


def test_entropie_a_la_main():
    obtenues = indices.entropie(np.array([[7, 7, 7, 7], [9, 0, 0, 0], [5, 5, 0, 0], [0, 0, 0, 0]]))
    assert obtenues == pytest.approx([1, 0, 0.5, 0])


def test_la_dissimilarite_corrigee_retranche_les_carres_et_n_est_jamais_negative():
    assert indices.dissimilarite_corrigee(0.3, 0.3) == 0
    assert indices.dissimilarite_corrigee(0.5, 0.3) == pytest.approx(0.4)
    assert indices.dissimilarite_corrigee(0.2, 0.3) == 0


# --- le hasard, énuméré


def test_la_valeur_attendue_de_deux_classes_est_la_moyenne_de_tous_les_tirages():
    tailles, groupe = [2, 3, 1], 3
    debuts = np.repeat(range(len(tailles)), tailles)
    tirages = [np.bincount(debuts[list(choix)], minlength=3) for choix in combinations(range(6), groupe)]
    toutes = np.stack([np.column_stack([t, np.array(tailles) - t]) for t in tirages])
    for nom, indice in INDICES.items():
        assert ATTENDUS[nom](toutes[0]) == pytest.approx(indice(toutes).mean(), abs=1e-12), nom


def test_la_valeur_attendue_de_trois_classes_est_la_moyenne_de_tous_les_tirages():
    debuts, menages = np.array([0, 0, 1, 1, 2]), [0, 0, 1, 1, 2]
    toutes = np.zeros((math.factorial(5), 3, 3), int)
    for rang, ordre in enumerate(permutations(menages)):
        np.add.at(toutes[rang], (debuts, list(ordre)), 1)
    assert hasard.theil_attendu(toutes[0]) == pytest.approx(indices.theil_h(toutes).mean(), abs=1e-12)
    attendues = hasard.entropies_attendues(np.array([2, 2, 1]), np.array([2, 2, 1])) / math.log(3)
    assert attendues == pytest.approx(indices.entropie(toutes).mean(axis=0), abs=1e-12)


def test_la_valeur_attendue_d_un_grand_parc_est_celle_des_tirages():
    comptes = np.array([[900, 300, 40], [200, 700, 60], [30, 80, 9], [400, 100, 11]])
    tires = hasard.tirer_au_hasard(comptes, hasard.semer("grand parc"))
    assert hasard.theil_attendu(comptes) == pytest.approx(indices.theil_h(tires).mean(), rel=0.05)
    deux = comptes[:, :2]
    tires = hasard.tirer_au_hasard(deux, hasard.semer("grand parc"))
    assert hasard.dissimilarite_attendue(deux) == pytest.approx(indices.dissimilarite(tires).mean(), rel=0.05)


def _repartir(tailles: np.ndarray, classes: np.ndarray, tirage: np.random.Generator) -> np.ndarray:
    """Une vraie répartition au hasard : les ménages sont mêlés, puis logés."""
    menages = tirage.permutation(np.repeat(np.arange(len(classes)), classes))
    table = np.zeros((len(tailles), len(classes)), int)
    np.add.at(table, (np.repeat(np.arange(len(tailles)), tailles), menages), 1)
    return table


@pytest.mark.parametrize("nom", INDICES)
@pytest.mark.parametrize("tailles", [[20, 25, 40, 45, 70, 100], [12, 15, 20], [300, 280, 500, 900, 450]])
def test_au_hasard_cinq_tables_sur_cent_paraissent_inegales(nom, tailles):
    tirage, tailles = np.random.default_rng(1971), np.array(tailles)
    indice = (BINAIRES | MULTIPLES)[nom]
    parts = np.array([0.4, 0.6] if nom in BINAIRES else [0.2, 0.3, 0.33, 0.17])
    classes = np.floor(parts * tailles.sum()).astype(int)
    classes[-1] += tailles.sum() - classes.sum()
    p, corrigees = [], []
    for _ in range(300):
        table = _repartir(tailles, classes, tirage)
        valeur, attendu = float(indice.mesurer(table)), indice.attendre(table)
        p.append(indice.eprouver(table, valeur, attendu, tirage))
        corrigees.append(valeur - attendu)
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09
    assert np.mean(p) == pytest.approx(0.5, abs=0.06)
    assert np.mean(corrigees) == pytest.approx(0, abs=0.015)


def test_une_ville_d_une_seule_unite_peuplee_ne_s_ecarte_pas_du_hasard():
    assert hasard.probabilite_d_un_khi_deux(np.array([[30, 20], [0, 0]]), 0.0, 0.0) == 1


def _pente_par_differences(indice, table: np.ndarray) -> np.ndarray:
    pas, pente = 1e-4, np.zeros(table.shape)
    for case in np.ndindex(table.shape):
        plus = np.zeros(table.shape)
        plus[case] = pas
        pente[case] = (indice(table + plus) - indice(table - plus)).sum() / (2 * pas)
    return pente


@given(tables(3, mini=1))
def test_la_pente_de_chaque_indice_est_celle_de_ses_differences(table):
    deux = table[:, :2].astype(float)
    parts = deux / deux.sum(axis=0)
    assume((np.abs(parts[:, 0] - parts[:, 1]) > 1e-3).all())  # un coude n'a pas de pente
    for nom, pente in PENTES.items():
        lue = deux if nom != "theil_h" else table.astype(float)
        assert pente(lue) == pytest.approx(_pente_par_differences(INDICES[nom], lue), abs=1e-6), nom
    entropie = delta.pente_de_l_entropie(table.astype(float))
    assert entropie == pytest.approx(_pente_par_differences(indices.entropie, table.astype(float)), abs=1e-6)


def _enqueter(parts: np.ndarray, tailles: np.ndarray, tirage, bruit: float, fois: int = 300) -> np.ndarray:
    """Des enquêtes de la même ville, comptes bruités compris : (enquêtes, unités, classes)."""
    classes = tirage.multinomial(tailles, parts, (fois, len(tailles))).astype(float)
    publies = classes if parts.shape[1] > 2 else np.stack([classes[..., 0], classes.sum(axis=-1)], axis=-1)
    publies = np.maximum(np.rint(publies + tirage.normal(0, bruit**0.5, publies.shape)), 0)
    if parts.shape[1] > 2:
        return publies
    return np.stack([publies[..., 0], np.maximum(publies[..., 1] - publies[..., 0], 0)], axis=-1)


@pytest.mark.parametrize("bruit", [0.0, 2.0])
@pytest.mark.parametrize(("unites", "menages", "dispersion"), [(13, 900, 0.12), (48, 60, 0.15), (4, 60, 0.2)])
@pytest.mark.parametrize("nom", INDICES)
def test_l_intervalle_d_un_indice_et_de_sa_variation_tient_ce_qu_ils_valent_en_moyenne(
    nom, unites, menages, dispersion, bruit
):
    tirage, force = np.random.default_rng(2000), (1 - dispersion**2) / dispersion**2
    tailles = np.maximum(tirage.poisson(tirage.gamma(2, menages / 2, unites)), 12)
    moyennes = np.array([0.2, 0.8] if nom != "theil_h" else [0.25, 0.3, 0.2, 0.15, 0.1])
    enquetes = _enqueter(tirage.dirichlet(moyennes * force, unites), tailles, tirage, bruit)
    valeurs = INDICES[nom](enquetes)
    variances = np.array([delta.variances(t, PENTES[nom](t), bruit).sum() for t in enquetes])
    bas, haut = delta.encadrer(valeurs, variances)
    assert np.mean((bas <= valeurs.mean()) & (valeurs.mean() <= haut)) >= 0.9
    assert (haut - bas).mean() <= 1.7 * 3.92 * valeurs.std()
    moitie = len(valeurs) // 2
    bas, haut = delta.encadrer(valeurs[:moitie] - valeurs[moitie:], variances[:moitie] + variances[moitie:])
    assert np.mean((bas <= 0) & (haut >= 0)) >= 0.9


@pytest.mark.parametrize("menages", [15, 40, 300])
def test_l_intervalle_d_une_entropie_tient_ce_qu_elle_vaut_en_moyenne(menages):
    tirage, bruit = np.random.default_rng(1959), 2.0
    parts = tirage.dirichlet([4, 3, 2, 1, 1], 40)
    enquetes = _enqueter(parts, np.full(40, menages), tirage, bruit)
    entropies = indices.entropie(enquetes)
    variances = np.array([delta.variances_de_l_entropie(t, bruit) for t in enquetes])
    bas, haut = delta.encadrer(entropies, variances)
    moyennes = entropies.mean(axis=0)
    assert 0.9 <= np.mean((bas <= moyennes) & (moyennes <= haut)) <= 0.99


def test_la_correction_ote_le_biais():
    """Vingt quartiers qui diffèrent vraiment, deux cents enquêtes."""
    tirage, tailles = np.random.default_rng(1955), np.full(20, 200)
    parts = np.clip(tirage.normal(0.4, 0.08, 20), 0.05, 0.95)
    vrai = indices.dissimilarite(np.column_stack([parts, 1 - parts]) * tailles[:, None])
    groupes = tirage.binomial(tailles, parts, (200, 20))
    enquetes = np.stack([groupes, tailles - groupes], axis=-1)
    brutes = indices.dissimilarite(enquetes)
    attendues = np.array([hasard.dissimilarite_attendue(table) for table in enquetes])
    assert brutes.mean() > vrai + 0.008
    assert indices.dissimilarite_corrigee(brutes, attendues).mean() == pytest.approx(vrai, abs=0.003)


# --- propriétés


@given(tables(2), st.integers(2, 9))
def test_les_indices_sont_bornes_et_ignorent_l_echelle_et_l_ordre_des_quartiers(table, fois):
    for nom, indice in INDICES.items():
        valeur = indice(table)
        assert -1e-12 <= valeur <= 1 + 1e-12, nom
        assert indice(table * fois) == pytest.approx(valeur, abs=1e-12)
        assert indice(table[::-1]) == pytest.approx(valeur, abs=1e-12)
    assert ((indices.entropie(table) >= 0) & (indices.entropie(table) <= 1 + 1e-12)).all()


@given(tables(4))
def test_reunir_deux_quartiers_n_augmente_aucun_indice(table):
    """D'où ce que disent les pages : un reste réuni donne un indice qui minore celui du découpage complet."""
    reunis = np.vstack([table[:1] + table[1:2], table[2:]])
    assume(len(reunis) > 1)
    assert indices.theil_h(reunis) <= indices.theil_h(table) + 1e-12
    for nom in ("dissimilarite", "isolement"):
        deux, avant = reunis[:, :2], table[:, :2]
        assume(avant.sum(axis=0).all())
        assert INDICES[nom](deux) <= INDICES[nom](avant) + 1e-12, nom


@settings(deadline=None)
@given(tables(3, mini=1), tables(3, mini=1), st.sampled_from(["theil_h", "isolement", "dissimilarite"]))
def test_la_decomposition_se_referme(avant, apres, nom):
    unites, classes = min(len(avant), len(apres)), 3 if nom == "theil_h" else 2
    avant, apres = avant[:unites, :classes], apres[:unites, :classes]
    changement = decomposer(INDICES[nom], avant, apres)
    assert changement.variation == pytest.approx(INDICES[nom](apres) - INDICES[nom](avant), abs=1e-12)
    assert changement.structure + changement.composition == pytest.approx(changement.variation, abs=1e-12)
    retour = decomposer(INDICES[nom], apres, avant)
    assert retour.structure == pytest.approx(-changement.structure, abs=1e-9)


@settings(deadline=None)
@given(tables(3, mini=1), tables(3, mini=1))
def test_la_table_ajustee_a_les_marges_de_l_une_et_les_rapports_de_chances_de_l_autre(structure, marges):
    unites = min(len(structure), len(marges))
    structure, marges = structure[:unites], marges[:unites]
    obtenue = ajuster(structure, marges)
    assert obtenue.sum(axis=0) == pytest.approx(marges.sum(axis=0))
    assert obtenue.sum(axis=1) == pytest.approx(marges.sum(axis=1))
    for ligne in range(1, unites):
        for colonne in (1, 2):
            chances = [
                t[0, 0] * t[ligne, colonne] / (t[0, colonne] * t[ligne, 0]) for t in (obtenue, structure.astype(float))
            ]
            assert chances[0] == pytest.approx(chances[1], rel=1e-6)


def _ajuster_pas_a_pas(structure: np.ndarray, marges: np.ndarray) -> np.ndarray:
    """L'ajustement proportionnel itératif, tel que Deming et Stephan l'écrivent."""
    table = structure.astype(float)
    for _ in range(20_000):
        for axe in (1, 0):
            voulu, present = (t.sum(axis=axe, keepdims=True) for t in (marges, table))
            table = table * np.divide(voulu, present, out=np.zeros(present.shape), where=present > 0)
    return table


@settings(deadline=None, max_examples=15)
@given(tables(4), st.integers(0, 2**32 - 1))
def test_la_table_ajustee_est_la_limite_de_l_ajustement_iteratif(structure, graine):
    """Cases vides comprises : les marges sont celles d'une table de même support, où l'ajustement existe."""
    facteurs = np.random.default_rng(graine).integers(1, 9, structure.shape)
    marges = structure * facteurs
    obtenue = ajuster(structure, marges)
    assert obtenue is not None
    np.testing.assert_allclose(obtenue, _ajuster_pas_a_pas(structure, marges), atol=1e-6 * marges.sum())


def test_une_ville_qui_s_appauvrit_partout_de_meme_ne_change_que_de_composition():
    avant = np.array([[40, 60], [10, 90], [25, 75]])
    apres = ajuster(avant, np.array([[60, 40], [20, 80], [45, 55]]))
    for indice in INDICES.values():
        changement = decomposer(indice, avant, apres)
        assert changement.structure == pytest.approx(0, abs=1e-9)
        assert changement.composition == pytest.approx(changement.variation, abs=1e-9)


def test_des_quartiers_qui_echangent_sans_que_la_ville_change_ne_changent_que_de_structure():
    avant, apres = np.array([[40, 60], [30, 70], [30, 70]]), np.array([[60, 40], [20, 80], [20, 80]])
    changement = decomposer(indices.dissimilarite, avant, apres)
    assert changement.composition == pytest.approx(0, abs=1e-9)
    assert changement.structure == pytest.approx(changement.variation)


def test_une_case_vide_qu_il_faudrait_remplir_ne_se_decompose_pas():
    avant, apres = np.array([[10, 0], [0, 10]]), np.array([[8, 4], [2, 6]])
    changement = decomposer(indices.dissimilarite, avant, apres)
    assert math.isnan(changement.structure)
    assert changement.variation == pytest.approx(indices.dissimilarite(apres) - 1)


# --- l'oracle


@pytest.fixture(scope="module")
def oracle():
    """``segregation``, importé ici seulement ; il règle numpy pour tout le processus, ce qui est défait."""
    with np.errstate():
        from segregation import decomposition, local, multigroup, singlegroup

        yield {"deux": singlegroup, "classes": multigroup, "quartiers": local, "changement": decomposition}


def _parcs(classes: int, nombre: int = 20) -> list[pd.DataFrame]:
    tirage = np.random.default_rng(2002)
    parts = tirage.dirichlet(np.full(classes, 3), (nombre, 15))
    comptes = [tirage.multinomial(tirage.integers(30, 900, 15), p) for p in parts]
    return [pd.DataFrame(c, columns=[f"c{k}" for k in range(classes)]).assign(tous=c.sum(axis=1)) for c in comptes]


def test_deux_classes_comme_segregation(oracle):
    for parc in _parcs(2):
        table = parc[["c0", "c1"]].to_numpy()
        for nom, classe in (("dissimilarite", "Dissim"), ("isolement", "Isolation"), ("theil_h", "Entropy")):
            attendu = getattr(oracle["deux"], classe)(parc, "c0", "tous").statistic
            assert INDICES[nom](table) == pytest.approx(attendu, abs=1e-12), nom


def test_plusieurs_classes_comme_segregation(oracle):
    for parc in _parcs(5):
        noms = [f"c{k}" for k in range(5)]
        table = parc[noms].to_numpy()
        assert indices.theil_h(table) == pytest.approx(
            oracle["classes"].MultiInfoTheory(parc, noms).statistic, abs=1e-12
        )
        diversite = oracle["classes"].MultiDiversity(parc, noms, normalized=True).statistic
        assert indices.entropie(table.sum(axis=0)[None])[0] == pytest.approx(diversite, abs=1e-12)
        locales = oracle["quartiers"].MultiLocalEntropy(parc, noms).statistics
        assert indices.entropie(table) == pytest.approx(np.asarray(locales), abs=1e-12)


def test_la_correction_du_biais_est_proche_de_celle_de_segregation(oracle):
    """Par le bootstrap d'Allen et al., ce que le hasard ajoute à ce qui est là ; ici, par les carrés."""
    for parc in _parcs(2, 5):
        table = parc[["c0", "c1"]].to_numpy()
        brute, attendue = indices.dissimilarite(table), hasard.dissimilarite_attendue(table)
        autre = oracle["deux"].BiasCorrectedDissim(parc, "c0", "tous", B=200).statistic
        corrigee = indices.dissimilarite_corrigee(brute, attendue)
        assert corrigee == pytest.approx(autre, abs=0.02)


def test_la_variation_que_segregation_decompose_est_la_meme(oracle):
    avant, apres = _parcs(2, 2)
    changement = decomposer(indices.dissimilarite, *(p[["c0", "c1"]].to_numpy() for p in (avant, apres)))
    autre = oracle["changement"].DecomposeSegregation(*(oracle["deux"].Dissim(p, "c0", "tous") for p in (avant, apres)))
    assert -(autre.c_s + autre.c_a) == pytest.approx(changement.variation, abs=1e-12)


# --- les fiches


@pytest.mark.parametrize("fiche", fiches(), ids=lambda f: f["code"])
def test_chaque_fiche_dit_sa_formule_ses_pieges_et_sa_reference(fiche):
    for partie in ("$$", "**Pièges.**", "**Référence.**"):
        assert partie in fiche["fiche"], partie

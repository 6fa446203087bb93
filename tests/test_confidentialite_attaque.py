"""L'attaquant et ce qui l'arrête, sur des tableaux assez petits pour être refaits à la main ou par un autre calcul."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from observatoire.confidentialite.attaque import attaquer, expliquer
from observatoire.confidentialite.colonnes import Colonnes
from observatoire.confidentialite.complementaire import completer
from observatoire.confidentialite.etat import Etat, lire_les_arrondis, taire
from observatoire.confidentialite.liens import Relations, Systeme
from observatoire.confidentialite.primaire import Exigences, Valeurs

SEUIL, LARGEUR = 11, 5


def _systeme(valeurs, relations) -> Systeme:
    """Des comptes, et des relations {variable: coefficient} de somme nulle."""
    matrice = np.zeros((len(relations), len(valeurs)))
    for ligne, relation in enumerate(relations):
        for variable, coefficient in relation.items():
            matrice[ligne, variable] = coefficient
    nombre = len(relations)
    cellules = pd.DataFrame(
        {"annee": 2010, "niveau": "quartier", "territoire": [f"v{v}" for v in range(len(valeurs))], "bailleur": "tous"}
    )
    liens = Relations(
        sparse.csr_array(matrice),
        np.zeros(nombre, dtype=int),
        np.zeros(nombre, dtype=int),
        np.full(nombre, -1),
        ["somme"],
    )
    presentes = np.ones(len(valeurs), dtype=bool)
    colonnes = Colonnes(noms=["ménages"], comptes=[True])
    return Systeme(colonnes, cellules, np.array(valeurs, dtype=float), presentes, np.zeros((0, 2), dtype=int), liens)


def _tableau(corps) -> Systeme:
    """Un tableau à deux entrées et ses marges : les lignes puis les colonnes somment."""
    plein = np.pad(np.array(corps), ((0, 1), (0, 1)))
    plein[-1, :-1], plein[:, -1] = plein[:-1, :-1].sum(axis=0), plein[:, :-1].sum(axis=1)
    plein[-1, -1] = plein[-1, :-1].sum()
    h, largeur = plein.shape
    rang = np.arange(plein.size).reshape(plein.shape)
    lignes = [{**dict.fromkeys(rang[i, :-1].tolist(), 1.0), int(rang[i, -1]): -1.0} for i in range(h)]
    colonnes = [{**dict.fromkeys(rang[:-1, j].tolist(), 1.0), int(rang[-1, j]): -1.0} for j in range(largeur)]
    return _systeme(plein.ravel(), lignes + colonnes)


def _exiger(systeme: Systeme, variables) -> Exigences:
    variables = np.array(sorted(variables), dtype=int)
    petites = systeme.valeurs[variables] < SEUIL
    return Exigences(variables, np.where(petites, SEUIL, 0).astype(float), np.full(len(variables), float(LARGEUR)))


def _etat(systeme: Systeme, poids=None) -> Etat:
    """Une parution par variable, sans taux de réponse."""
    n = len(systeme.valeurs)
    rien = np.full(n, -1)
    valeurs = Valeurs(
        np.arange(n), {"numerateur": np.arange(n)}, np.ones(n, dtype=bool), np.zeros(n, dtype=bool),
        np.full(n, "effectif"), np.full(n, SEUIL), np.full(n, "OPS"), rien, np.ones(n),
    )  # fmt: skip
    imprime = sparse.vstack([sparse.eye_array(n), sparse.csr_array((n, n))], format="csr")
    poids = np.ones(n) if poids is None else np.array(poids, dtype=float)
    admises = np.concatenate([np.ones(n, dtype=bool), np.zeros(n, dtype=bool)])
    return Etat(systeme, valeurs, imprime, np.tile(poids, 2), admises, np.zeros(n, dtype=bool))


def _connues(systeme, cachees):
    return ~np.isin(np.arange(len(systeme.valeurs)), list(cachees))


def _bornes(systeme: Systeme, cachees: np.ndarray, variable: int) -> tuple[float, float]:
    """Un autre calcul : les bornes continues d'une variable, sans rien de notre code."""
    bornes = [(0, None) if c else (v, v) for v, c in zip(systeme.valeurs, cachees, strict=True)]
    cout = np.zeros(len(bornes))
    cout[variable] = 1
    matrice = systeme.relations.matrice.toarray()
    bas, haut = (linprog(s * cout, A_eq=matrice, b_eq=np.zeros(len(matrice)), bounds=bornes) for s in (1, -1))
    return bas.fun, -haut.fun if haut.status == 0 else np.inf


def test_une_case_cachee_a_cote_d_un_total_publie_se_retrouve():
    """4 + 20 + 30 = 54 : qui lit 20, 30 et 54 lit 4. La relation qui l'a donnée est nommée."""
    systeme = _systeme([4, 20, 30, 54], [{0: 1, 1: 1, 2: 1, 3: -1}])
    failles = attaquer(systeme, _connues(systeme, {0}), _exiger(systeme, {0}))
    (faille,) = expliquer(systeme, _connues(systeme, {0}), failles)
    assert (faille.variable, faille.bas, faille.haut, faille.relations) == (0, 4, 4, (0,))
    assert "quartier v0 2010" in systeme.nommer_relation(faille.relations[0])


def test_deux_cases_cachees_dont_la_somme_est_petite_restent_sous_le_seuil():
    """4 + 5 = 54 − 45 = 9 : chacune est entre 0 et 9, donc sous le seuil ; avec 20 de plus, elles n'y sont plus."""
    systeme = _systeme([4, 5, 20, 25, 54], [{0: 1, 1: 1, 2: 1, 3: 1, 4: -1}])
    failles = attaquer(systeme, _connues(systeme, {0, 1}), _exiger(systeme, {0, 1}))
    assert [(f.variable, f.bas, f.haut) for f in failles] == [(0, 0, 9), (1, 0, 9)]
    assert not attaquer(systeme, _connues(systeme, {0, 1, 2}), _exiger(systeme, {0, 1}))


def test_un_carre_cache_se_resout_a_la_main():
    """Dans [[3, 20], [30, 40]], le carré caché, la case 3 va de 0 à 23 : le plus petit de ses totaux, 23 et 33."""
    systeme = _tableau([[3, 20, 50], [30, 40, 50], [15, 15, 15]])
    cachees = {0, 1, 4, 5}
    assert not attaquer(systeme, _connues(systeme, cachees), _exiger(systeme, {0}))
    trop = Exigences(np.array([0]), np.array([24.0]), np.array([1.0]))
    (faille,) = expliquer(systeme, _connues(systeme, cachees), attaquer(systeme, _connues(systeme, cachees), trop))
    assert (faille.bas, faille.haut) == (0, 23)
    assert faille.relations


def test_les_entiers_comptent():
    """2x + 3y = 11 : x irait de 0 à 5,5 si les ménages se coupaient en deux ; entier, il vaut 1 ou 4."""
    systeme = _systeme([1, 3, 11], [{0: 2, 1: 3, 2: -1}])
    demande = Exigences(np.array([0]), np.array([5.0]), np.array([1.0]))
    (faille,) = attaquer(systeme, _connues(systeme, {0, 1}), demande)
    assert (faille.bas, faille.haut) == (1, 4)


def test_la_suppression_complementaire_cache_la_moins_chere():
    """Une case sur une ligne : il faut en cacher une autre, et c'est celle qui pèse le moins."""
    systeme = _systeme([4, 20, 30, 54], [{0: 1, 1: 1, 2: 1, 3: -1}])
    etat = _etat(systeme, poids=[1, 8, 2, 100])
    rien = np.zeros(8, dtype=bool)
    cachees, failles = completer(etat, np.eye(8, dtype=bool)[0], _exiger(systeme, {0}), rien, rien)
    assert not failles
    assert np.flatnonzero(cachees[:4]).tolist() == [0, 2]


def test_ce_qui_a_deja_paru_n_est_pas_cache():
    systeme = _systeme([4, 20, 30, 54], [{0: 1, 1: 1, 2: 1, 3: -1}])
    etat = _etat(systeme, poids=[1, 8, 2, 100])
    rien = np.zeros(8, dtype=bool)
    cachees, failles = completer(etat, np.eye(8, dtype=bool)[0], _exiger(systeme, {0}), np.eye(8, dtype=bool)[2], rien)
    assert not failles
    assert np.flatnonzero(cachees[:4]).tolist() == [0, 1]


def test_sans_complement_l_attaquant_trouve_presque_tout_et_rien_avec():
    """Treize quartiers, cinq bailleurs, des totaux : le cas de la note de conception."""
    corps = np.random.default_rng(13).poisson(np.outer(np.linspace(2, 9, 13), [1, 2, 3, 6, 9]))
    systeme = _tableau(corps)
    petites = np.flatnonzero(systeme.valeurs < SEUIL)
    exigences = _exiger(systeme, petites)
    trouvees = attaquer(systeme, _connues(systeme, petites), exigences)
    etat = _etat(systeme, poids=systeme.valeurs + 1)
    rien = np.zeros(2 * len(systeme.valeurs), dtype=bool)
    debut = rien.copy()
    debut[petites] = True
    cachees, failles = completer(etat, debut, exigences, rien, rien)
    assert len(trouvees) > len(petites) / 4
    assert not failles
    assert cachees.sum() < len(systeme.valeurs)
    assert np.array_equal(cachees, completer(etat, debut, exigences, rien, rien)[0])


@pytest.mark.parametrize("graine", [16, 21, 36])
def test_rien_n_est_cache_de_trop(graine):
    """Dans un tableau simple, republier une seule des cases du complément trahirait une petite case."""
    moyennes = np.outer(np.linspace(10, 60, 8), [0.45, 0.3, 0.15, 0.1])
    systeme = _tableau(np.random.default_rng(graine).negative_binomial(1.5, 1.5 / (1.5 + moyennes)))
    petites = np.flatnonzero(systeme.valeurs < SEUIL)
    exigences = _exiger(systeme, petites)
    rien = np.zeros(2 * len(systeme.valeurs), dtype=bool)
    debut = rien.copy()
    debut[petites] = True
    cachees, failles = completer(_etat(systeme), debut, exigences, rien, rien)
    cases = np.flatnonzero(cachees[: len(systeme.valeurs)])
    complement = np.setdiff1d(cases, petites)
    assert len(complement)
    assert not failles
    for case in complement:
        assert attaquer(systeme, _connues(systeme, cases[cases != case]), exigences), case


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda h: st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=h, max_size=h)
    )
)
def test_jamais_rien_d_exact(corps):
    """Quel que soit le tableau, un autre calcul ne situe aucune petite case sous le seuil, ni à moins de la largeur."""
    systeme = _tableau(corps)
    petites = np.flatnonzero(systeme.valeurs < SEUIL)
    rien = np.zeros(2 * len(systeme.valeurs), dtype=bool)
    debut = rien.copy()
    debut[petites] = True
    cachees, failles = completer(_etat(systeme), debut, _exiger(systeme, petites), rien, rien)
    assert not failles
    for variable in petites:
        bas, haut = _bornes(systeme, cachees[: len(systeme.valeurs)], variable)
        assert haut >= SEUIL - 1e-6
        assert haut - bas >= LARGEUR - 1e-6


def test_l_attaque_trouve_ce_qu_un_autre_calcul_trouve():
    systeme = _tableau([[3, 20, 7], [30, 9, 50], [15, 8, 2]])
    petites = np.flatnonzero(systeme.valeurs < SEUIL)
    cachees = ~_connues(systeme, petites)
    attendues = []
    for variable in petites:
        bas, haut = _bornes(systeme, cachees, variable)
        if haut < SEUIL or haut - bas < LARGEUR:
            attendues.append((int(variable), pytest.approx(bas), pytest.approx(haut)))
    failles = attaquer(systeme, _connues(systeme, petites), _exiger(systeme, petites))
    assert [(f.variable, f.bas, f.haut) for f in failles] == attendues
    assert attendues


def test_un_taux_de_reponse_arrondi_donne_un_intervalle_et_non_un_compte():
    """100 répondants et « 85 % » : de 100 / 0,855 à 100 / 0,845, soit 117 ou 118 ménages (17 ou 18 muets).

    Le taux exact (100 / 118) aurait dit 118. Un taux tu ne dit rien.
    """
    etat = _etat(_systeme([100, 118, 18], [{0: 1, 2: 1, 1: -1}]))
    variables = {"denominateur": np.array([0, -1, -1]), "concernes": np.array([1, -1, -1]), "effectif": np.full(3, -1)}
    etat = replace(etat, valeurs=replace(etat.valeurs, variables=etat.valeurs.variables | variables))
    reponse, publiees = np.array([100 / 118, np.nan, np.nan]), np.zeros(6, dtype=bool)
    cachees = publiees | np.isin(np.arange(6), [1, 2])
    sues, (bas, haut) = lire_les_arrondis(etat, reponse, cachees, 2)
    assert sues.tolist() == [True, False, False]
    assert (bas[1], haut[1]) == (117, 118)
    exigences = Exigences(np.array([2]), np.array([0.0]), np.array([5.0]))
    (faille,) = attaquer(etat.systeme, sues, exigences, bornes=(bas, haut))
    assert (faille.bas, faille.haut) == (17, 18)
    taux_tu = cachees | np.isin(np.arange(6), [3])
    _, (bas, haut) = lire_les_arrondis(etat, reponse, taux_tu, 2)
    assert (bas[1], haut[1]) == (0, np.inf)


def test_ce_qui_ne_parait_jamais_et_se_tait_aussi():
    """Les non-réponses d'une ligne sans taux, et ce qu'une somme publiée a de plus que ses parties."""
    systeme = _systeme([100, 118, 18], [{0: 1, 2: 1, 1: -1}])
    systeme = replace(systeme, restes=np.array([[1, 0]]), valeurs=np.append(systeme.valeurs, 11.0))
    systeme = replace(systeme, colonnes=Colonnes(noms=["ménages"], comptes=[True], roles={("m", "numerateur"): 0}))
    valeurs = _etat(systeme).valeurs
    muets = np.array([2, -1, -1, -1])
    valeurs = replace(valeurs, variables={"numerateur": np.arange(4), "muets": muets})
    regles = SimpleNamespace(muets={"OPS"})
    silences, restes = taire(valeurs, systeme, np.array([True, False, False, False]), regles)
    assert (silences.tolist(), restes.tolist()) == ([2], [3])
    assert taire(valeurs, systeme, np.zeros(4, dtype=bool), regles)[0].tolist() == []

"""Les flux rares sur trois ans : les comptes et les clés s'ajoutent, puis sont bruités une fois."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fabrique import RACINE

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import MODULE
from observatoire.indicateurs.evaluation import COMPTES
from observatoire.publie import COLONNES
from observatoire.rangement import lire_publiee
from observatoire.secret import Bruit, Contributeurs, Ouverture, lire_regles_du_secret, proteger_les_valeurs
from observatoire.secret.cumuls import cumuler, se_cumule
from observatoire.statistique.intervalles import byar, wilson
from observatoire.tables.indicateurs import CUMULS

REFERENTIELS = RACINE / "data" / "referentiels"
REGLES = lire_regles_du_secret(REFERENTIELS, lire_baremes(REFERENTIELS), "publique", 2010)
SANS_BRUIT = replace(REGLES, bruit=Bruit(variance=0))
OUVERTURE = Ouverture(frozenset(), catalogue())


def _annees(code: str, comptes: dict[int, tuple[int, int]], **autres) -> pd.DataFrame:
    """Les lignes exactes d'un indicateur à Battant, et leurs comptes : année -> (en haut, en bas)."""
    lieu = {"niveau": "quartier", "territoire": "battant", "bailleur": "tous", "indicateur": code}
    lignes = [
        lieu
        | {"annee": a, "numerateur": x, "denominateur": n, "valeur": x / n, "couverture": 1.0, "statut": "calcule"}
        | {"cle_numerateur": 1_000_003 * x, "cle_denominateur": 777_777 * n}
        for a, (x, n) in comptes.items()
    ]
    return pd.DataFrame(lignes, columns=[*COLONNES, *COMPTES]).assign(**autres)


def _cumuler(*tables: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = pd.concat(tables, ignore_index=True)
    return cumuler(table[COLONNES], table[COMPTES].assign(unites=table["denominateur"]), catalogue())


def _publier(*tables: pd.DataFrame, regles=REGLES) -> pd.DataFrame:
    parc = pd.DataFrame(columns=["annee", "niveau", "territoire", "bailleur", "contributeur", "logements"])
    parc = parc.astype({"logements": "float64"})
    return proteger_les_valeurs(*_cumuler(*tables), Contributeurs(parc), OUVERTURE, regles).table


def test_seuls_les_flux_en_proportion_ou_en_taux_se_cumulent():
    retenus = {code for code, d in catalogue().items() if se_cumule(d)}
    assert {"signalements", "taux_depart", "prioritaires", "moins_40_sortants"} <= retenus
    assert not {"apl", "taux_vacance", "attributions", "delai_attente", "tension", "demandes_actives"} & retenus


def test_trois_annees_s_ajoutent_comptes_et_cles():
    annees = {2007: (3, 20), 2008: (4, 15), 2009: (5, 12), 2010: (6, 18)}
    valeurs, comptes = _cumuler(_annees("prioritaires", annees))
    assert valeurs["annee"].tolist() == [2009, 2010]
    assert valeurs[["numerateur", "denominateur"]].values.tolist() == [[12, 47], [15, 45]]
    np.testing.assert_allclose(valeurs["valeur"], [12 / 47, 15 / 45])
    np.testing.assert_allclose(valeurs[["borne_basse", "borne_haute"]].T, wilson([12, 15], [47, 45]))
    assert comptes["cle_numerateur"].tolist() == [1_000_003 * x % MODULE for x in (12, 15)]
    assert comptes["cle_denominateur"].tolist() == [777_777 * n % MODULE for n in (47, 45)]


def test_un_taux_cumule_est_celui_d_une_annee_moyenne():
    valeurs, _ = _cumuler(_annees("signalements", {2008: (1, 100), 2009: (2, 110), 2010: (6, 120)}))
    assert valeurs["valeur"].tolist() == [9 / 330]
    np.testing.assert_allclose(valeurs[["borne_basse", "borne_haute"]].T, byar([9], [330]))


def test_la_regle_de_onze_compte_les_baux_de_trois_ans_mais_chaque_logement_une_fois():
    """Cinq baux par an font quinze unités ; six logements trois ans de suite n'en font que six."""
    baux = _annees("prioritaires", dict.fromkeys((2008, 2009, 2010), (2, 5)))
    logements = _annees("signalements", dict.fromkeys((2008, 2009, 2010), (2, 6)))
    statuts = _publier(baux, logements).set_index("indicateur")["statut"]
    assert statuts.to_dict() == {"prioritaires": "publie", "signalements": "c"}
    rares = _annees("prioritaires", dict.fromkeys((2008, 2009, 2010), (1, 3)))
    assert _publier(rares)["statut"].tolist() == ["c"]


def test_le_cumul_porte_un_seul_bruit_et_toujours_le_meme():
    annees = {2008: (10, 30), 2009: (12, 35), 2010: (11, 28)}
    exact, publie = (_publier(_annees("prioritaires", annees), regles=r) for r in (SANS_BRUIT, REGLES))
    assert exact[["numerateur", "denominateur"]].values.tolist() == [[33, 93]]
    cles = [1_000_003 * 33 % MODULE, 777_777 * 93 % MODULE]
    attendus = REGLES.bruit.bruiter(np.array([33.0, 93.0]), np.array(cles))
    assert publie[["numerateur", "denominateur"]].values.tolist() == [attendus.tolist()]
    assert publie["borne_haute"].iloc[0] > wilson(*attendus)[1]  # le bruit élargit
    pd.testing.assert_frame_equal(publie, _publier(_annees("prioritaires", annees)))


@pytest.mark.parametrize("statut", ["nd", "na"])
def test_une_annee_qui_manque_donne_son_statut(statut):
    table = _annees("prioritaires", {2008: (3, 20), 2009: (4, 15), 2010: (5, 12)})
    table.loc[table["annee"].eq(2009), ["statut", "numerateur", "denominateur", "valeur"]] = [statut, *[np.nan] * 3]
    valeurs, _ = _cumuler(table)
    assert valeurs["statut"].tolist() == [statut]
    assert valeurs[["numerateur", "denominateur", "valeur"]].isna().all(axis=None)


def test_moins_de_trois_annees_ne_se_cumulent_pas(tmp_path):
    valeurs, _ = _cumuler(_annees("prioritaires", {2009: (3, 20), 2010: (4, 15)}))
    assert valeurs.empty
    vide = lire_publiee(CUMULS, tmp_path)  # une édition d'avant n'a pas le fichier
    assert (list(vide.columns), len(vide)) == (CUMULS.noms, 0)

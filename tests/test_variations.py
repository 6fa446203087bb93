"""Ce qui change d'une année à l'autre : les mêmes bailleurs, les mêmes ménages, et rien de plus que ce qui paraît."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fabrique import RACINE, calculer_tout, configuration, ecrire_prepare

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import FICTIVE, attribuer
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.purge import a_garder
from observatoire.rangement import lire_preparee
from observatoire.ruptures import lire_ruptures
from observatoire.secret import Contributeurs, lire_regles_du_secret, porter_le_bruit
from observatoire.secret.valeurs import proteger_les_valeurs
from observatoire.statistique.comparaisons import comparer_proportions
from observatoire.sujets.variations.calcul.perimetre import bruiter_les_constants, bruiter_les_passages
from observatoire.sujets.variations.calcul.publication import dresser_les_variations
from observatoire.sujets.variations.tables import PASSAGES
from observatoire.tables.indicateurs import COMPTES, CONSTANTS, COUVERTURE, INDICATEURS, LIEUX

CODE = "impayes_3_mois"
BAREMES = lire_baremes(RACINE / "data" / "referentiels")
VILLE = {"niveau": "ville", "bailleur": "tous", "indicateur": CODE}


def _menages(bailleur: str, debut: int, nombre: int, en_impaye, entree: int = 2000) -> list[dict]:
    """Des ménages numérotés ; ``en_impaye`` : le numéro de ceux qui y sont."""
    return [
        {
            "id_logement": f"{bailleur}{n}", "bailleur": bailleur, "immeuble": f"{bailleur}:1", "quartier": "battant",
            "secteur": "s1", "qpv": "hors_qpv", "impaye_3_mois": "oui" if n in en_impaye else "non",
            "annee_emmenagement": entree,
        }
        for n in range(debut, debut + nombre)
    ]  # fmt: skip


def _disant(menages: list[dict], muets=()) -> list[dict]:
    """Les cent premiers ont l'APL, les autres non ; les ``muets`` n'ont pas répondu."""
    rang = {m["id_logement"]: int(m["id_logement"].removeprefix(m["bailleur"])) for m in menages}
    return [
        m | {"apl": None if rang[m["id_logement"]] in muets else "oui" if rang[m["id_logement"]] < 100 else "non"}
        for m in menages
    ]


def _logements(menages: list[dict]) -> list[dict]:
    gardees = ("id_logement", "bailleur", "immeuble", "quartier", "secteur", "qpv")
    return [{c: m[c] for c in gardees} | {"occupation": "loue"} for m in menages]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """2009 : 200 ménages de gbh, 40 en impayé. 2010 : 180 restés, 20 partis, 30 arrivés ; Néolia dépose les siens.

    De ceux qui restent, 20 qui avaient l'APL ne répondent plus sur elle, et 10 qui ne l'avaient pas.
    """
    config = configuration(tmp_path_factory.mktemp("variations"), edition={"annees": [2009, 2010]})
    avant = _menages("gbh", 0, 200, set(range(40)))
    apres = _menages("gbh", 0, 180, set(range(10, 50))) + _menages("gbh", 180, 30, {180, 181}, entree=2010)
    neolia = _menages("neolia", 0, 100, set(range(80)))
    muets = {*range(20), *range(150, 160)}
    annees = {
        annee: {"menages": menages, "logements": _logements(menages)}
        for annee, menages in ((2009, _disant(avant)), (2010, _disant(apres, muets) + _disant(neolia)))
    }
    depots = [(a, "gbh", t) for a in (2009, 2010) for t in ("menages", "logements")]
    depots += [(2010, "neolia", t) for t in ("menages", "logements")]
    ecrire_prepare(config, annees, depots)
    for fichier in (config.chemin("prepare") / "tables").rglob("menages.parquet"):
        attribuer("menages", pd.read_parquet(fichier), FICTIVE).to_parquet(fichier)
    calculer_tout(config)
    return config


def _lire_les_exacts(config):
    tables = (INDICATEURS, COMPTES, CONSTANTS, COUVERTURE, LIEUX, PASSAGES)
    return {t.nom: lire_preparee(t, config.chemin("prepare")) for t in tables}


@pytest.fixture(scope="module")
def exacts(config):
    return _lire_les_exacts(config)


def _regles(config, **changees):
    return replace(lire_regles_du_secret(config.chemin("referentiels"), BAREMES, "publique", 2010), **changees)


def _publier(config, exacts, **regles):
    """Les variations, les valeurs à périmètre constant et les indicateurs d'un public dont les règles sont changées."""
    siennes = _regles(config, **regles)
    ouverture = etablir_l_ouverture(config, BAREMES, siennes)
    qui = Contributeurs.lire(exacts["lieux"], exacts["couverture"])
    publiees = proteger_les_valeurs(exacts["indicateurs"], exacts["comptes"], qui, ouverture, siennes).table
    constants = bruiter_les_constants(exacts["constants"], exacts["couverture"], qui.parc, ouverture, siennes)
    variations = dresser_les_variations(
        porter_le_bruit(publiees, ouverture, siennes), porter_le_bruit(constants, ouverture, siennes),
        bruiter_les_passages(exacts["passages"], (publiees, constants), qui, ouverture, siennes),
        lire_ruptures(config.chemin("referentiels"), catalogue()).iloc[:0], [(2009, 2010)], catalogue(),
    )  # fmt: skip
    return variations, constants, publiees


def _ligne(table: pd.DataFrame, **cles) -> pd.Series:
    cles = VILLE | cles
    trouvees = table[np.logical_and.reduce([table[c].eq(v) for c, v in cles.items()])]
    assert len(trouvees) == 1
    return trouvees.iloc[0]


def test_les_passages_sont_ceux_qu_on_compte_a_la_main(exacts):
    """Restés : 0 à 179, dont en impayé 0 à 39 avant, 10 à 49 après ; un autre ménage a emménagé dans 180 à 199."""
    ligne = _ligne(exacts["passages"], depart=2009, annee=2010)
    assert ligne[["restes", "gardes", "gagnes", "perdus"]].tolist() == [180, 30, 10, 10]


def test_ceux_qui_ne_repondent_plus_comptent_comme_ils_repondaient(config, exacts):
    """À périmètre constant, 80 des 180 qui répondent ont l'APL ; avec les 30 muets, dont 20 l'avaient, 100 de 210."""
    ligne = _ligne(exacts["passages"], indicateur="apl", depart=2009, annee=2010)
    assert ligne[["restes", "muets", "muets_avec"]].tolist() == [150, 30, 20]
    assert not _ligne(exacts["passages"], depart=2009, annee=2010)["muets"]
    variations, _, _ = _publier(config, exacts, accords=frozenset({"gbh", "neolia", "adoma"}))
    publiee = _ligne(variations, indicateur="apl")
    haut = publiee["valeur"] * publiee["denominateur"]
    comptes = np.array([haut, *publiee[["muets_avec", "denominateur", "muets"]]], dtype=float)
    assert comptes == pytest.approx([80, 20, 180, 30], abs=5)  # le bruit
    assert publiee["imputee"] == pytest.approx(comptes[:2].sum() / comptes[2:].sum(), abs=1e-6)
    assert np.isnan(_ligne(variations)["imputee"])


def test_un_logement_reste_le_meme_quand_son_menage_change(exacts):
    assert _ligne(exacts["passages"], indicateur="taux_vacance", depart=2009, annee=2010)["restes"] == 200


def test_a_perimetre_constant_le_bailleur_qui_arrive_ne_compte_pas(exacts):
    bouts = [_ligne(exacts["constants"], depart=2009, arrivee=2010, annee=a) for a in (2009, 2010)]
    assert [(b["numerateur"], b["denominateur"]) for b in bouts] == [(40, 200), (42, 210)]
    courant = _ligne(exacts["indicateurs"], annee=2010)
    assert (courant["numerateur"], courant["denominateur"]) == (122, 310)


def test_rien_n_est_repris_la_ou_les_bailleurs_sont_les_memes(exacts):
    """La couverture de chaque indicateur le dit ; un immeuble ou un bailleur n'a pas de périmètre."""
    constants = exacts["constants"]
    assert not constants["niveau"].eq("immeuble").any()
    assert constants["bailleur"].eq("tous").all()
    livres = exacts["couverture"][exacts["couverture"]["statut"].eq("livre")]
    bailleurs = livres.groupby(["indicateur", "annee"])["bailleur"].agg(frozenset).unstack()
    changes = bailleurs.index[bailleurs[2009].ne(bailleurs[2010])]
    references = {catalogue()[c].reference for c in changes} - {None}
    assert set(constants["indicateur"]) <= {*changes, *references}


def test_la_variation_est_la_difference_de_ce_qui_parait_et_dit_qui_manque(config, exacts):
    variations, constants, _ = _publier(config, exacts, accords=frozenset({"gbh", "neolia", "adoma"}))
    ligne = _ligne(variations)
    bouts = [_ligne(constants, annee=a) for a in (2009, 2010)]
    assert ligne["absents"] == "neolia"
    assert ligne["valeur_depart"] == bouts[0]["valeur"]
    assert ligne["variation"] == pytest.approx(bouts[1]["valeur"] - bouts[0]["valeur"], abs=1e-6)
    assert abs(ligne["variation"]) < 0.06  # tous bailleurs confondus : + 19 points
    assert ligne["borne_basse"] < ligne["variation"] < ligne["borne_haute"]


def test_les_memes_menages_se_comparent_mieux_que_deux_groupes(config, exacts):
    variations, constants, _ = _publier(config, exacts, accords=frozenset({"gbh", "neolia", "adoma"}))
    ligne, (x0, n0), (x1, n1) = _ligne(variations), *(
        _ligne(constants, annee=a)[["numerateur", "denominateur"]].astype(float) for a in (2009, 2010)
    )  # fmt: skip
    deux_groupes = comparer_proportions(x1, n1, x0, n0, 2.0)
    assert ligne["borne_haute"] - ligne["borne_basse"] < 0.8 * float(deux_groupes.haut - deux_groupes.bas)


def test_ce_que_l_on_oterait_de_tous_pour_lire_un_bailleur_est_cache(config, exacts):
    """Sans l'accord de Néolia, ses ménages se liraient par différence : rien ne paraît à périmètre constant."""
    variations, constants, publiees = _publier(config, exacts, accords=frozenset({"gbh"}), contributeurs=1)
    assert _ligne(publiees, annee=2009)["statut"] == "publie"
    cachee = _ligne(constants, annee=2010)
    assert cachee["statut"] == "c"
    assert cachee[["numerateur", "denominateur", "valeur", "borne_basse"]].isna().all()
    siennes = variations[variations["indicateur"].eq(CODE)]
    assert siennes["bailleur"].unique().tolist() == ["gbh"]  # celle de gbh, qui a accepté


@pytest.mark.parametrize("regles", [{"contributeurs": 3}, {"contributeurs": 1}])
def test_des_passages_ne_disent_pas_les_chiffres_d_un_bailleur(config, exacts, regles):
    """Seuls les ménages de gbh, qui n'a pas accepté, se suivent de 2009 à 2010, quand bien même la part de chaque
    année a trois bailleurs derrière elle."""
    sien = exacts["lieux"][exacts["lieux"]["bailleur"].eq("gbh")]
    autres = [sien.assign(bailleur=b) for b in ("neolia", "adoma")]
    livrent = exacts["couverture"].assign(statut="livre")
    trois = exacts | {"lieux": pd.concat([sien, *autres], ignore_index=True), "couverture": livrent}
    siennes = _regles(config, accords=frozenset({"neolia", "adoma"}), **regles)
    ouverture, qui = etablir_l_ouverture(config, BAREMES, siennes), Contributeurs.lire(trois["lieux"], livrent)
    publiees = proteger_les_valeurs(trois["indicateurs"], trois["comptes"], qui, ouverture, siennes).table
    assert _ligne(publiees, annee=2010)["statut"] == "publie"
    parues = (publiees, pd.DataFrame(columns=[*CONSTANTS.noms_des_cles, "statut"]))
    cles = ["bailleur", "indicateur"]
    muets, dits = (
        bruiter_les_passages(exacts["passages"], parues, qui, ouverture, r).set_index(cles).loc[("tous", CODE)]
        for r in (siennes, _regles(config, accords=frozenset({"gbh", "neolia", "adoma"}), **regles))
    )
    assert muets["restes"].isna().all()
    assert dits["restes"].notna().any()


def test_une_rupture_de_definition_retire_la_variation_pas_une_de_perimetre(config, exacts):
    regles = _regles(config)
    ouverture = etablir_l_ouverture(config, BAREMES, regles)
    qui = Contributeurs.lire(exacts["lieux"], exacts["couverture"])
    publiees = proteger_les_valeurs(exacts["indicateurs"], exacts["comptes"], qui, ouverture, regles).table
    constants = bruiter_les_constants(exacts["constants"], exacts["couverture"], qui.parc, ouverture, regles)
    tables = [porter_le_bruit(t, ouverture, regles) for t in (publiees, constants)]
    passages = bruiter_les_passages(exacts["passages"], (publiees, constants), qui, ouverture, regles)
    presentes = {
        genre: CODE in set(
            dresser_les_variations(
                *tables, passages, pd.DataFrame([{"annee": 2010, "indicateurs": CODE, "genre": genre}]),
                [(2009, 2010)], catalogue(),
            )["indicateur"]
        )
        for genre in ("perimetre", "definition")
    }  # fmt: skip
    assert presentes == {"perimetre": True, "definition": False}


def test_trop_peu_de_menages_restes_ne_se_comptent_pas(config, exacts):
    peu = exacts | {"passages": exacts["passages"].assign(restes=8, gardes=2, gagnes=1, perdus=1)}
    variations, _, _ = _publier(config, peu, accords=frozenset({"gbh", "neolia", "adoma"}))
    ligne = _ligne(variations)
    assert ligne[["restes", "gardes", "gagnes", "perdus"]].isna().all()
    assert ligne["borne_basse"] < ligne["variation"] < ligne["borne_haute"]


def test_une_purge_garde_ce_qui_part_de_l_annee_et_ce_qui_y_mene(config):
    prepare = config.chemin("prepare")
    for table in (PASSAGES, CONSTANTS):
        for annee in (2009, 2010):
            gardes = a_garder(table, prepare, annee, set())
            assert len(gardes)
            assert not gardes["niveau"].eq("immeuble").any()


def test_les_ruptures_livrees_ne_sont_que_de_perimetre():
    ruptures = lire_ruptures(RACINE / "data" / "referentiels", catalogue())
    assert set(ruptures["genre"]) == {"perimetre"}

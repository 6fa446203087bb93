"""Les alertes de changement : ce qui arrive à qui reste, ce qu'apporte qui arrive, et ce qui n'est que du hasard."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from petit_publie import ecrire_publie

from observatoire.baremes import lire_baremes
from observatoire.publie import lire_publie
from observatoire.secret import Bruit
from observatoire.statistique.depart import pente_ponderee, retrecir
from observatoire.sujets.alertes.calcul.changements import compter_les_mouvements, evaluer_les_changements
from observatoire.sujets.alertes.calcul.regles import lire_regles_des_alertes
from observatoire.sujets.alertes.vue.changements import dire_un_changement, qualifier

REFERENTIELS = Path(__file__).parents[1] / "data" / "referentiels"
CODE = "impayes_3_mois"
SANS_BRUIT = {CODE: Bruit(variance=0)}


@pytest.fixture(scope="module")
def regles():
    return lire_regles_des_alertes(REFERENTIELS, lire_baremes(REFERENTIELS), 2010)


def _lieux(secteurs: bool = True) -> pd.DataFrame:
    """Six quartiers de deux secteurs de quatre immeubles."""
    rang = np.arange(48)
    lieux = {"quartier": rang // 8, "secteur": rang // 4, "immeuble": rang}
    table = pd.DataFrame({niveau: np.char.add(niveau[0], rangs.astype(str)) for niveau, rangs in lieux.items()})
    return table.assign(annee=2010, bailleur="gbh", secteur=table["secteur"] if secteurs else None)


def _mouvements(lieux: pd.DataFrame, **propres: dict[str, int]) -> pd.DataFrame:
    """Quatre-vingts ménages par immeuble, dont vingt avec le trait ; deux le gagnent, deux le perdent, deux arrivent
    avec lui. ``propres`` : immeuble -> ce qui y change."""
    commun = {"gagnes_x": 2, "gagnes_n": 60, "perdus_x": 2, "perdus_n": 20, "arrives_x": 2, "arrives_n": 8}
    immeubles = pd.DataFrame([commun | propres.get(i, {}) for i in lieux["immeuble"]])
    tables = []
    for niveau in ("quartier", "secteur", "immeuble"):
        if lieux[niveau].notna().all():
            sommes = immeubles.groupby(lieux[niveau]).sum().rename_axis("territoire").reset_index()
            tables.append(sommes.assign(niveau=niveau))
    return pd.concat(tables, ignore_index=True).assign(annee=2010, indicateur=CODE).astype({"gagnes_x": float})


def _signales(table: pd.DataFrame, mouvement: str, verdict: str = "alerte") -> set[str]:
    return set(table.loc[table["mouvement"].eq(mouvement) & table["verdict"].eq(verdict), "territoire"])


def test_ou_ceux_qui_restent_gagnent_le_trait_l_alerte_le_dit(regles):
    lieux = _lieux()
    table = evaluer_les_changements(_mouvements(lieux, i5={"gagnes_x": 15}), lieux, {2010: regles}, SANS_BRUIT)
    assert "i5" in _signales(table, "gagnes")
    assert not _signales(table, "gagnes") - {"i5", "s1", "q0"}
    assert not _signales(table, "perdus") | _signales(table, "arrives")
    ligne = table[table["territoire"].eq("i5") & table["mouvement"].eq("gagnes")].iloc[0]
    assert ligne["attendu"] == 2  # le reste de la ville : 2 sur 60
    assert (ligne["exces"], ligne["exposes"]) == (13, 60)
    assert ligne["exces_bas"] < 13 < ligne["exces_haut"]


@pytest.mark.parametrize("change", [{"perdus_x": 8}, {"arrives_x": 6}], ids=["le perdent", "l'apportent"])
def test_ceux_qui_perdent_le_trait_ou_l_apportent_sont_vus_a_part(regles, change):
    lieux = _lieux()
    propres = {f"i{rang}": change for rang in range(8)}
    table = evaluer_les_changements(_mouvements(lieux, **propres), lieux, {2010: regles}, SANS_BRUIT)
    (mouvement,) = (nom.removesuffix("_x") for nom in change)
    assert "q0" in _signales(table, mouvement)
    assert not _signales(table, "gagnes")


def test_un_immeuble_sans_secteur_se_compare_a_son_quartier(regles):
    lieux = _lieux(secteurs=False)
    table = evaluer_les_changements(_mouvements(lieux, i5={"gagnes_x": 15}), lieux, {2010: regles}, SANS_BRUIT)
    assert "i5" in _signales(table, "gagnes")
    assert set(table["niveau"]) == {"quartier", "immeuble"}


def _bruite(part: float, bruit: float = 0.5) -> dict[str, int]:
    """Quatre-vingts ménages, une part d'entre eux avec le trait, dont ``bruit`` des réponses sont tirées de nouveau."""
    avaient = round(80 * part)
    gagnent, perdent = round(bruit * part * (80 - avaient)), round(bruit * (1 - part) * avaient)
    return {"gagnes_x": gagnent, "gagnes_n": 80 - avaient, "perdus_x": perdent, "perdus_n": avaient}


def test_des_reponses_mal_notees_ne_passent_pas_pour_un_changement(regles):
    """Là où le trait est fréquent, elles le font gagner plus souvent qu'ailleurs ; un vrai gain se voit encore."""
    lieux = _lieux()
    tires = {f"i{rang}": _bruite(0.05 + 0.7 * ((7 * rang) % 48) / 47) for rang in range(48)}
    table = evaluer_les_changements(_mouvements(lieux, **tires), lieux, {2010: regles}, SANS_BRUIT)
    assert not _signales(table, "gagnes") | _signales(table, "perdus")
    tires["i5"]["gagnes_x"] += 15
    table = evaluer_les_changements(_mouvements(lieux, **tires), lieux, {2010: regles}, SANS_BRUIT)
    assert "i5" in _signales(table, "gagnes")


def test_la_pente_est_celle_des_reponses_mal_notees_et_nulle_au_hasard():
    """Trente réponses sur cent tirées de nouveau : la pente est de 0,3, que la part de départ soit connue ou non."""
    alea, taille = np.random.default_rng(2010), 25
    part = np.clip(0.3 + 0.12 * alea.standard_normal((4000, 1)), 0.02, 0.9)
    avaient = alea.binomial(taille, part)
    gagnent = alea.binomial(taille - avaient, 0.02 + 0.3 * part)
    depart = retrecir(avaient, np.full(avaient.shape, taille))
    assert pente_ponderee(gagnent, taille - avaient, depart)[0] == pytest.approx(0.3, abs=0.04)
    assert np.corrcoef(depart[:, 0], part[:, 0])[0, 1] > 0.75
    seuls = alea.binomial(taille - avaient, 0.05)
    assert abs(pente_ponderee(seuls, taille - avaient, depart)[0]) < 0.02
    assert not retrecir(np.zeros((3, 2)), np.zeros((3, 2))).any()
    assert not pente_ponderee(seuls, taille - avaient, np.full(avaient.shape, 0.3)).any()


def test_le_hasard_seul_n_alerte_presque_jamais(regles):
    """Vingt villes où rien ne change : moins d'une alerte d'immeuble sur deux cents."""
    lieux, alea, alertes, cases = _lieux(), np.random.default_rng(2010), 0, 0
    for _ in range(20):
        tires = {
            i: {"gagnes_x": alea.binomial(60, 0.03), "perdus_x": alea.binomial(20, 0.1)} for i in lieux["immeuble"]
        }
        table = evaluer_les_changements(_mouvements(lieux, **tires), lieux, {2010: regles}, SANS_BRUIT)
        ici = table[table["mouvement"].isin(["gagnes", "perdus"])]
        alertes, cases = alertes + ici["verdict"].eq("alerte").sum(), cases + len(ici)
    assert alertes < cases / 200


def test_sans_seuils_au_bareme_rien_n_est_evalue(regles):
    lieux = _lieux()
    sans = replace(regles, changement=None)
    assert evaluer_les_changements(_mouvements(lieux), lieux, {2010: sans}, SANS_BRUIT).empty


def test_les_mouvements_se_tirent_des_passages_et_des_comptes_de_l_arrivee():
    lieu = {"annee": 2010, "niveau": "ville", "territoire": "25056", "indicateur": CODE}
    passages = pd.DataFrame(
        [lieu | {"depart": d, "bailleur": "tous", "restes": 180, "gardes": 30, "gagnes": 10, "perdus": 12}
         for d in (2007, 2009)]
    )  # fmt: skip
    marges = pd.DataFrame([lieu | {"numerateur": 42, "denominateur": 210}])
    seul = compter_les_mouvements(passages, marges, SANS_BRUIT)
    assert len(seul) == 1  # d'une année à la suivante
    comptes = seul.iloc[0]
    assert (comptes["gagnes_x"], comptes["gagnes_n"]) == (10, 138)
    assert (comptes["perdus_x"], comptes["perdus_n"]) == (12, 42)
    assert (comptes["arrives_x"], comptes["arrives_n"]) == (2, 30)


@pytest.fixture(scope="module")
def valeurs(tmp_path_factory):
    return lire_publie(2010, ecrire_publie(tmp_path_factory.mktemp("publie") / "publique"))


@pytest.mark.parametrize(
    ("code", "mouvement", "phrase", "qualite"),
    [
        (CODE, "gagnes", "parmi 60 ménages restés qui n'en étaient pas, 15 en sont", "dégradation"),
        (CODE, "perdus", "parmi 60 ménages restés qui en étaient, 15 n'en sont plus", "amélioration"),
        ("monoparentales", "arrives", "parmi 60 ménages arrivés, 15 en sont", ""),
    ],
)
def test_une_phrase_dit_qui_et_combien(code, mouvement, phrase, qualite, valeurs):
    ligne = {"indicateur": code, "mouvement": mouvement, "exposes": 60, "observe": 15, "attendu": 2}
    dite = re.sub(r"[\u00a0\u202f]", " ", dire_un_changement(valeurs, ligne))
    assert dite == f"{phrase} (25 %, pour 3 % attendus)"
    assert qualifier(valeurs, ligne) == qualite

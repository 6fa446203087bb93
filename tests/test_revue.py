"""La revue : une décomposition qui ferme, un effet minimal juste, la règle du départ rejouée, rien de caché dehors."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pandas as pd
import pytest
import yaml
from fabrique import RACINE, VILLE, calculer_tout, configuration, ecrire_prepare, table
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, power_proportions_2indep

from observatoire import indicateurs
from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import MODULE
from observatoire.configuration import lire_configuration
from observatoire.conserves import dossier_conserve
from observatoire.erreurs import ErreurConfiguration
from observatoire.indicateurs.releves import relever
from observatoire.publie import TOUTES
from observatoire.purge import a_garder
from observatoire.rangement import ecrire_preparee, vide
from observatoire.secret import Bruit, lire_regles_du_secret
from observatoire.statistique.intervalles import ecart_de_bornes, newcombe, wilson
from observatoire.statistique.puissance import effet_minimal, effet_minimal_d_un_taux
from observatoire.sujets.objectifs.calcul.declaration import lire_engagements, lire_le_suivi
from observatoire.sujets.objectifs.calcul.engagements import juger_les_engagements
from observatoire.sujets.objectifs.calcul.preuves import lire_registres
from observatoire.sujets.revue.calcul.comparaison import COMPLET, CONSTANT, DONNEE, INCOMPLET, SANS_LOI
from observatoire.sujets.revue.calcul.contributions import (
    PARAISSENT,
    Parus,
    bruiter_les_comptes,
    publier_la_decomposition,
)
from observatoire.sujets.revue.calcul.decomposition import contribuer, cumuler, decomposer, totaliser
from observatoire.sujets.revue.calcul.ecarts import comparer, relever_les_ecarts
from observatoire.sujets.revue.calcul.flux import (
    BRUITES,
    CLES_DES_COMPTES,
    compter,
    rapprocher,
    repartir,
    tabuler,
)
from observatoire.sujets.revue.calcul.flux import COLONNES as COLONNES_DES_FLUX
from observatoire.sujets.revue.calcul.objectifs import dresser_les_objectifs
from observatoire.sujets.revue.calcul.parcours import compter_les_flux, parts_du_parc
from observatoire.sujets.revue.calcul.propositions import (
    ADOPTER,
    AUTREMENT,
    DEPOSER,
    INFLECHIR,
    INSISTER,
    REVOIR,
    proposer,
)
from observatoire.sujets.revue.calcul.propositions import CACHEE as A_DISCUTER
from observatoire.sujets.revue.calcul.revision import ILLISIBLE, INTROUVABLE, SANS_GIT, SANS_REVISION, lire_etat_zero
from observatoire.sujets.revue.tables import FLUX
from observatoire.sujets.seances.calcul.comptes_rendus import lire_seances
from observatoire.sujets.variations.tables import VARIATIONS
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, COUVERTURE_PUBLIEE
from observatoire.vocabulaire import COMPTEES, DU_BRUIT, REUNIES

REFERENTIELS = RACINE / "data" / "referentiels"
BAREMES = lire_baremes(REFERENTIELS)
PUBLIQUE = lire_regles_du_secret(REFERENTIELS, BAREMES, "publique", 2010)
ANNEES = (2008, 2009, 2010)
PARTS = ("moins_40_plafond", "monoparentales", "plus_65_ans", "sans_emploi", "impayes_3_mois")


# --- la décomposition ferme


@st.composite
def _comptes(tirer):
    taille = tirer(st.integers(1, 8))
    n0, n1 = (tirer(st.lists(st.integers(0, 9000), min_size=taille, max_size=taille)) for _ in range(2))
    x0, x1 = ([tirer(st.integers(0, n)) for n in ns] for ns in (n0, n1))
    return np.array([x0, n0, x1, n1])


@given(_comptes())
def test_les_contributions_s_ajoutent_a_la_variation_et_aucun_ordre_ne_compte(comptes):
    x0, n0, x1, n1 = comptes
    apports = contribuer(x0, n0, x1, n1)
    if not n0.sum() or not n1.sum():
        assert np.isnan(apports).all()
        return
    assert abs(apports.sum() - (x1.sum() / n1.sum() - x0.sum() / n0.sum())) <= 1e-9
    np.testing.assert_allclose(contribuer(*comptes[:, ::-1])[::-1], apports, atol=1e-12)
    reunies = np.concatenate([comptes[:, :2].sum(axis=1, keepdims=True), comptes[:, 2:]], axis=1)
    np.testing.assert_allclose(contribuer(*reunies)[0], apports[:2].sum(), atol=1e-9)


def test_une_entree_compte_pour_ce_qui_la_separe_de_la_part_de_depart():
    """40 sur 100 ; 20 sortent, dont 10 ; 20 entrent, dont 2 ; 3 restés perdent le trait : 29 sur 100."""
    apports = contribuer([10, 0, 30], [20, 0, 80], [0, 2, 27], [0, 20, 80])
    np.testing.assert_allclose(apports, [-(10 - 8) / 100, (2 - 8) / 100, -3 / 100])


# --- des dépôts au résidu, sur des parcs au hasard


def _parc(tirage: np.random.Generator, logements: int) -> tuple[dict[int, dict[str, list[dict]]], list[tuple]]:
    """Trois ans d'un parc où tout bouge : départs, livraisons, démolitions, bailleur qui arrive, réponses."""
    annees, depots = {}, []
    quartiers, loges = ["battant", "planoise", None], {}
    parc = {f"{b}:{n}": (b, quartiers[tirage.integers(3)], 1960) for b in ("gbh", "neolia") for n in range(logements)}
    for annee in ANNEES:
        parc |= {f"gbh:{annee}-{n}": ("gbh", "battant", annee) for n in range(tirage.integers(0, 4))}
        parc |= {f"gbh:vieux-{annee}": ("gbh", "battant", 1950)}
        avant = dict(loges)
        for cle in [c for c in parc if tirage.random() < 0.05]:
            parc.pop(cle), loges.pop(cle, None)
        if annee == 2010:
            parc = {c: (b, "planoise" if tirage.random() < 0.1 else q, a) for c, (b, q, a) in parc.items()}
        tables = {"logements": [], "menages": [], "devenirs": []}
        for cle, (bailleur, quartier, premiere) in parc.items():
            part = tirage.random() < 0.2
            reste = cle in loges and not part
            loue = reste or tirage.random() < 0.9
            lieu = {"id_logement": cle, "bailleur": bailleur, "quartier": quartier}
            neuf = {"annee_premiere_location": premiere}
            tables["logements"].append({**lieu, **neuf, "occupation": "loue" if loue else "vacant"})
            if loue:
                loges[cle] = {
                    "tranche_plafond": tirage.choice(np.array(["0-20", "40-60", None], object)),
                    "composition": tirage.choice(np.array(["monoparentale", "autre", None], object)),
                    "age_titulaire": tirage.choice(np.array([40.0, 64.0, 66.0, np.nan])),
                    "activite": tirage.choice(np.array(["emploi", "chomage", "retraite", None], object)),
                    "impaye_3_mois": tirage.choice(np.array(["oui", "non", None], object)),
                    **lieu, **neuf,
                }  # fmt: skip
                tables["menages"].append(loges[cle])
            else:
                loges.pop(cle, None)
            if cle in avant:
                suivi = None if tirage.random() < 0.05 else "reste" if reste else "parti"
                tables["devenirs"].append({**avant[cle], "devenir": suivi})
        partis = [m for c, m in avant.items() if c not in parc]
        tables["devenirs"] += [{**m, "devenir": "hors_parc"} for m in partis]
        bailleurs = ["gbh"] if annee == 2008 else ["gbh", "neolia"]
        tables = {n: [r for r in t if n == "logements" or r["bailleur"] in bailleurs] for n, t in tables.items()}
        annees[annee] = tables
        depots += [(annee, b, "logements") for b in ("gbh", "neolia")] + [(annee, b, "menages") for b in bailleurs]
    return annees, depots


def _preparer(dossier: Path, graine: int, logements: int = 30):
    dossier.mkdir(parents=True, exist_ok=True)
    config = configuration(dossier, edition={"annees": list(ANNEES), "annee_zero": 2008})
    annees, depots = _parc(np.random.default_rng(graine), logements)
    ecrire_prepare(config, annees, depots)
    return config


def test_des_depots_au_residu_la_decomposition_ferme(tmp_path):
    """Le résidu, face aux indicateurs calculés sans elle, est nul à 1e-9 près : ville, quartiers, trois ans."""
    config = _preparer(tmp_path, 2007)
    valeurs = indicateurs.calculer(config)
    valeurs = valeurs[valeurs["bailleur"].eq("tous")].astype({"niveau": str, "territoire": str, "indicateur": str})
    flux = compter_les_flux(config)
    assert set(flux["composante"]) == set(COMPTEES)
    for niveau in ("ville", "quartier"):
        siennes = valeurs[valeurs["niveau"].eq(niveau)].set_index(["annee", "territoire", "indicateur"])["valeur"]
        sommes = cumuler(decomposer(totaliser(flux, niveau, ("ville", VILLE))), 2008, 2010)
        sommes = sommes.groupby(["territoire", "indicateur"])["contribution"].sum()
        bouts = [siennes.xs(annee).reindex(sommes.index) for annee in (2008, 2010)]
        assert set(PARTS) <= set(sommes.index.get_level_values("indicateur"))
        assert (sommes - (bouts[1] - bouts[0])).abs().max() <= 1e-9


@settings(max_examples=15, deadline=None)
@given(graine=st.integers(0, 2**32 - 1), livres=st.tuples(st.booleans(), st.booleans()))
def test_sur_un_parc_au_hasard_chaque_menage_compte_une_fois_et_le_residu_est_nul(graine, livres):
    annees, _ = _parc(np.random.default_rng(graine), 10)
    avant, apres = (table("menages", annees[a]["menages"], a) for a in ANNEES[1:])
    deux = rapprocher(
        avant, apres, table("devenirs", annees[2010]["devenirs"], 2010), table("logements", annees[2009]["logements"])
    )
    composantes = repartir(deux, 2010)
    for code in PARTS:
        lus = zip((avant, apres), livres, strict=True)
        releves = tuple(relever(catalogue()[code], t, lambda bareme: None, livre) for t, livre in lus)
        comptes = tabuler(deux, {code: compter(deux, composantes, releves, all(livres))})
        sommes = comptes[["menages0", "menages1", "x0", "n0", "x1", "n1"]].sum().tolist()
        assert sommes == [len(avant), len(apres), *(s for r in releves for s in (r.x.sum(), r.n.sum()))]
        if sommes[3] and sommes[5]:
            apports = contribuer(*(comptes[c].to_numpy() for c in ("x0", "n0", "x1", "n1")))
            assert abs(apports.sum() - (sommes[4] / sommes[5] - sommes[2] / sommes[3])) <= 1e-9


def test_chaque_menage_est_dans_une_composante_et_une_seule():
    """Un logement par cas, avant et après ; le ménage y est, ou n'y est pas."""
    avant = pd.DataFrame({"id_logement": [*"abcdef"], "quartier": ["x", "x", "x", "x", "x", None]})
    apres = pd.DataFrame(
        {
            "id_logement": ["a", "b", "d", "f", "etait-vacant", "neuf", "ancien"],
            "quartier": ["x", "x", "y", None, "x", "x", "x"],
            "annee_premiere_location": [1970, 1970, 1970, 1970, 1970, 2010, 1970],
        }
    )
    devenirs = pd.DataFrame(
        {"id_logement": [*"abcdef"], "devenir": ["reste", "parti", "hors_parc", "reste", None, "reste"]}
    )
    logements = pd.DataFrame({"id_logement": [*"abcdef", "etait-vacant"]})
    cotes = repartir(rapprocher(avant, apres, devenirs, logements), 2010)
    noms = [[COMPTEES[rang] for rang in cote] for cote in cotes]
    assert noms[0] == ["restes", "sortants", "demolitions_ventes", "deplaces", "non_reponse", "restes"]
    assert noms[1] == ["restes", "entrants", "deplaces", "restes", "entrants", "livraisons", "couverture"]


def test_un_bailleur_qui_rejoint_n_est_que_de_la_couverture(tmp_path):
    flux = compter_les_flux(_preparer(tmp_path, 7))
    rejoint = flux[flux["bailleur"].eq("neolia") & flux["annee"].eq(2009)]
    assert set(rejoint["composante"]) == {"couverture"}
    assert not rejoint["n0"].any()
    assert rejoint["n1"].sum()
    ensuite = flux[flux["bailleur"].eq("neolia") & flux["annee"].eq(2010)]
    assert {"restes", "sortants", "entrants"} <= set(ensuite["composante"])


def test_une_annee_purgee_garde_ses_flux(tmp_path):
    """Les lignes de 2008 effacées, la décomposition depuis 2008 se fait encore, la même."""
    config = _preparer(tmp_path, 3)
    entiers = compter_les_flux(config)
    garde = dossier_conserve(config, 2008)
    garde.mkdir(parents=True)
    ecrire_preparee(FLUX, entiers, config.chemin("prepare"))
    ecrire_preparee(FLUX, a_garder(FLUX, config.chemin("prepare"), 2008, set()), garde)
    for lignes in (config.chemin("prepare") / "tables" / "2008").iterdir():
        lignes.unlink()
    pd.testing.assert_frame_equal(compter_les_flux(config), entiers)


# --- ce qui en paraît


def _flux(*lignes: tuple, annee: int = 2010, lieu: str = "battant") -> pd.DataFrame:
    """Des (composante, bailleur, n0, x0, n1, x1) : tous les ménages répondent ; la clé d'un compte se tire de lui."""
    table = pd.DataFrame(lignes, columns=["composante", "bailleur", "n0", "x0", "n1", "x1"])
    table = table.assign(annee=annee, quartier=lieu, indicateur="apl", menages0=table["n0"], menages1=table["n1"])
    cles = {cle: table[compte] * 1_234_577 for cle, compte in zip(CLES_DES_COMPTES, BRUITES, strict=True)}
    return table.assign(**cles)[COLONNES_DES_FLUX]


GROS = [
    *(("restes", b, 300, 120, 300, 110) for b in ("gbh", "neolia", "saiemb")),
    *(("entrants", b, 0, 0, 40, 20) for b in ("gbh", "neolia", "saiemb")),
    *(("sortants", b, 40, 15, 0, 0) for b in ("gbh", "neolia", "saiemb")),
    *(("non_reponse", b, 12, 5, 12, 5) for b in ("gbh", "neolia", "saiemb")),
]
SANS_BRUIT = replace(PUBLIQUE, bruit=Bruit(variance=0))


def _parus(flux: pd.DataFrame, ajout: float = 0.0) -> pd.DataFrame:
    """Les indicateurs que l'on publierait de ces flux, à la ville et au quartier ; ``ajout`` : le bruit de la fin."""
    totaux = flux[["n0", "x0", "n1", "x1"]].sum()
    parts = {2009: totaux["x0"] / totaux["n0"], 2010: totaux["x1"] / totaux["n1"] + ajout}
    lignes = [
        {"annee": a, "niveau": n, "territoire": t, "bailleur": "tous", "indicateur": "apl", "valeur": p}
        for a, p in parts.items()
        for n, t in (("ville", VILLE), ("quartier", "battant"))
    ]
    return pd.DataFrame(lignes).assign(statut="publie")


def _publier(flux: pd.DataFrame, regles=PUBLIQUE, parus: pd.DataFrame | None = None) -> pd.DataFrame:
    parus = Parus(_parus(flux) if parus is None else parus, vide(CONSTANTS_PUBLIES), vide(COUVERTURE_PUBLIEE))
    return publier_la_decomposition(flux, parus, regles, ("ville", VILLE), (2009, 2010)).set_index(
        ["niveau", "composante"]
    )


def test_sans_bruit_tout_parait_et_il_ne_reste_que_l_arrondi():
    ville = _publier(_flux(*GROS), SANS_BRUIT).loc["ville"]
    assert set(ville.index) == {*PARAISSENT, DU_BRUIT}
    assert set(ville["statut"]) == {"publie"}
    assert ville["contribution"].sum() == pytest.approx(ville["variation"].iloc[0], abs=1e-12)
    assert ville.loc["livraisons", "contribution"] == 0
    assert abs(ville.loc[DU_BRUIT, "contribution"]) <= 0.0015


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(PARAISSENT), st.sampled_from(["gbh", "neolia"]), *[st.integers(0, 90)] * 4),
             max_size=10),
    st.floats(-0.2, 0.2),
)  # fmt: skip
def test_la_decomposition_publiee_ferme_toujours_sur_la_variation_publiee(tirees, ajout):
    """Quels que soient les comptes, les composantes cachées et le bruit des bouts : au millième, sans aucun reste."""
    flux = _flux(*GROS, *((c, b, n0, min(x0, n0), n1, min(x1, n1)) for c, b, n0, x0, n1, x1 in tirees))
    table = _publier(flux, parus=_parus(flux, ajout))
    for niveau in ("ville", "quartier"):
        milliemes = (table.loc[niveau, ["contribution", "variation"]] * 1000).round().astype("Int64")
        assert milliemes["contribution"].sum() == milliemes["variation"].iloc[0]
        bouts = table.loc[niveau, ["valeur_depart", "valeur"]].iloc[0]
        assert milliemes["variation"].iloc[0] == round((bouts["valeur"] - bouts["valeur_depart"]) * 1000)
        np.testing.assert_allclose(table.loc[niveau, "contribution"], milliemes["contribution"] / 1000, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PARAISSENT), st.integers(0, 15), st.integers(0, 15)), max_size=6))
def test_une_composante_de_moins_de_onze_menages_ne_parait_jamais_seule(tirees):
    ajouts = [(c, "gbh", n0, 0, n1, 0) for c, n0, n1 in tirees if c not in {g[0] for g in GROS}]
    flux = _flux(*GROS, *ajouts)
    ville = _publier(flux).loc["ville"]
    sommes = flux.groupby("composante")[["menages0", "menages1"]].sum()
    petites = sommes[sommes.max(axis=1).between(1, 10)]
    assert set(ville.index[ville["statut"].eq("c")]) == set(petites.index)
    assert ville.loc[ville["statut"].eq("c"), "contribution"].isna().all()
    assert (REUNIES in ville.index) == (petites.sum().max() >= 11)


def test_des_composantes_trop_petites_sont_fondues_ensemble():
    flux = _flux(*GROS, ("livraisons", "gbh", 0, 0, 8, 8), ("couverture", "gbh", 0, 0, 9, 0))
    ville = _publier(flux, SANS_BRUIT).loc["ville"]
    assert ville.loc[["livraisons", "couverture"], "statut"].tolist() == ["c", "c"]
    exactes = decomposer(totaliser(flux, "ville", ("ville", VILLE))).set_index("composante")["contribution"]
    reunies = exactes[["livraisons", "couverture"]].sum()
    assert ville.loc[REUNIES, "contribution"] == pytest.approx(reunies, abs=5e-4)


def test_les_contributions_se_tirent_des_comptes_bruites_et_de_leur_cle():
    flux = _flux(*GROS)
    totaux = totaliser(flux, "ville", ("ville", VILLE))
    bruites = bruiter_les_comptes(totaux, PUBLIQUE)
    for compte in BRUITES:
        exacts, cles = totaux[compte].to_numpy(float), totaux[f"cle_{compte}"].to_numpy(float)
        attendu = PUBLIQUE.bruit.bruiter(exacts, cles)
        assert (bruites[compte] <= attendu).all()  # un haut ne dépasse pas son bas
        assert abs(bruites[compte] - exacts).max() <= PUBLIQUE.bruit.ecart
    assert not bruites[[*BRUITES]].equals(totaux[[*BRUITES]])
    pd.testing.assert_frame_equal(bruites, bruiter_les_comptes(totaux, PUBLIQUE))
    publiee, exacte = (_publier(flux, r).loc["ville", "contribution"] for r in (PUBLIQUE, SANS_BRUIT))
    assert not publiee.equals(exacte)
    assert abs(publiee - exacte).max() < 0.03


def test_qui_est_reste_a_le_meme_bruit_aux_deux_dates(tmp_path):
    """Les mêmes ménages ont la même clé : ce qui n'a pas changé ne bouge pas."""
    lignes = [{"id_logement": f"gbh:{n}", "quartier": "battant", "tranche_plafond": "0-20"} for n in range(40)]
    avant, apres = (table("menages", lignes, a) for a in (2009, 2010))
    devenirs = table("devenirs", [{**r, "devenir": "reste"} for r in lignes], 2010)
    deux = rapprocher(avant, apres, devenirs, table("logements", [{"id_logement": r["id_logement"]} for r in lignes]))
    releves = tuple(relever(catalogue()["moins_40_plafond"], t, lambda b: None, True) for t in (avant, apres))
    flux = tabuler(deux, {"moins_40_plafond": compter(deux, repartir(deux, 2010), releves, True)})
    assert flux["composante"].tolist() == ["restes"]
    assert flux["cle_n0"].tolist() == flux["cle_n1"].tolist() == [avant["cle"].sum() % MODULE]
    assert flux["cle_x0"].tolist() == flux["cle_x1"].tolist()


def test_une_annee_du_chemin_qui_manque_se_dit_sans_rien_decomposer():
    flux = _flux(*GROS)
    assert set(_publier(flux).index.get_level_values("niveau")) == {"ville", "quartier"}
    parus = _parus(flux)
    parus.loc[parus["niveau"].eq("quartier") & parus["annee"].eq(2009), ["statut", "valeur"]] = ["c", np.nan]
    quartier = _publier(flux, parus=parus).loc["quartier"]
    assert quartier.index.tolist() == [TOUTES]
    assert quartier["statut"].tolist() == ["c"]
    assert "secrète" in quartier["motif"].iloc[0]
    assert quartier[["valeur", "variation", "contribution"]].isna().all(axis=None)


def test_a_perimetre_constant_la_decomposition_est_celle_des_bailleurs_des_deux_dates():
    """Un bailleur qui rejoint n'y est pas, même restés et entrants de l'année d'après ; elle ferme sur les valeurs à
    périmètre constant, et se cache avec la courante."""
    trois = ("gbh", "neolia", "saiemb")
    retour = [(c, b, n1, x1, n0, x0) for c, b, n0, x0, n1, x1 in GROS]  # l'année d'après, chacun revient
    deux_ans = pd.concat([_flux(*GROS, annee=2009), _flux(*retour)])
    arrive = [
        _flux(("couverture", "adoma", 0, 0, 200, 150), annee=2009),
        _flux(("restes", "adoma", 180, 140, 180, 139), ("entrants", "adoma", 0, 0, 20, 15)),
    ]
    livres = [(a, b, "apl", "livre") for a in (2008, 2009, 2010) for b in trois]
    livres += [(a, "adoma", "apl", "non_depose" if a == 2008 else "livre") for a in (2008, 2009, 2010)]
    couverture = pd.DataFrame(livres, columns=["annee", "bailleur", "indicateur", "statut"])
    depart = _parus(_flux(*GROS)).query("annee == 2009")
    fixes = pd.concat([depart.assign(annee=a, depart=2008, arrivee=2010, absents="adoma") for a in (2008, 2010)])
    tous = _parus(pd.concat([deux_ans, *arrive]))
    courants = pd.concat([tous, tous[tous["annee"].eq(2009)].assign(annee=2008)])

    def publier(courants: pd.DataFrame) -> pd.DataFrame:
        parus = Parus(courants, fixes, couverture)
        table = publier_la_decomposition(
            pd.concat([deux_ans, *arrive]), parus, SANS_BRUIT, ("ville", VILLE), (2008, 2010)
        )
        return table[table["niveau"].eq("ville")].set_index(["perimetre", "composante"])

    table = publier(courants)
    courant, constant = table.loc["courant"], table.loc["constant"]
    assert set(courant["absents"]) == {""}
    assert set(constant["absents"]) == {"adoma"}
    assert abs(courant.loc["couverture", "contribution"]) > 0.01
    assert constant.loc["couverture", "contribution"] == 0
    attendues = cumuler(decomposer(totaliser(deux_ans, "ville", ("ville", VILLE))), 2008, 2010)
    attendues = attendues.set_index("composante")["contribution"]
    assert constant.loc[attendues.index, "contribution"].to_dict() == pytest.approx(attendues.to_dict(), abs=5e-4)
    assert constant["variation"].eq(0).all()
    assert constant["contribution"].sum() == pytest.approx(0, abs=1e-12)
    assert abs(constant.loc[DU_BRUIT, "contribution"]) <= 0.0015  # sans bruit, rien que l'arrondi
    # Là où les absents n'ont personne, les mêmes ménages ont le même bruit : les deux périmètres n'en disent pas plus.
    bruites = [
        bruiter_les_comptes(totaliser(f, "ville", ("ville", VILLE)), PUBLIQUE).query("composante == 'sortants'")
        for f in (deux_ans, pd.concat([deux_ans, *arrive]))
    ]
    pd.testing.assert_frame_equal(*(b.reset_index(drop=True) for b in bruites))
    courants.loc[courants["annee"].eq(2009), ["statut", "valeur"]] = ["c", np.nan]
    assert set(publier(courants)["statut"]) == {"c"}


def test_un_public_ne_lit_que_ses_niveaux():
    sans_quartier = replace(PUBLIQUE, niveaux=("ville",))
    assert set(_publier(_flux(*GROS), sans_quartier).index.get_level_values("niveau")) == {"ville"}


# --- ce qu'une comparaison peut voir


@pytest.mark.parametrize(("p0", "n0", "n1"), [(0.45, 350, 340), (0.1, 120, 1500), (0.97, 200, 200), (0.02, 80, 90)])
def test_l_effet_minimal_est_celui_que_statsmodels_voit_huit_fois_sur_dix(p0, n0, n1):
    effet = float(effet_minimal(p0, n0, n1))
    vus = [
        power_proportions_2indep(signe * effet, p0, n1, ratio=n0 / n1, alpha=0.05, return_results=False)
        for signe in (1, -1)
        if 0 <= p0 + signe * effet <= 1
    ]
    assert min(vus) == pytest.approx(0.80, abs=2e-3)


def test_l_effet_minimal_d_un_taux_se_voit_huit_fois_sur_dix_au_tirage():
    r0, n0, n1 = 0.08, 900, 1100
    effet = float(effet_minimal_d_un_taux(r0, n0, n1))
    tirage = np.random.default_rng(2010)
    x0, x1 = tirage.poisson(r0 * n0, 20_000), tirage.poisson((r0 + effet) * n1, 20_000)
    z = (x1 / n1 - x0 / n0) / np.sqrt((x0 + x1) / (n0 + n1) * (1 / n0 + 1 / n1))
    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(0.80, abs=0.02)
    assert np.isnan(effet_minimal([np.nan, 0.5, 57], [10, 0, 10], [10, 10, 10])).all()


def test_l_ecart_de_bornes_est_newcombe_avec_des_bornes_de_wilson():
    x1, n1, x0, n0 = 120, 300, 150, 310
    bornes = ecart_de_bornes(x1 / n1, *wilson(x1, n1), x0 / n0, *wilson(x0, n0))
    np.testing.assert_allclose(bornes, newcombe(x1, n1, x0, n0))
    attendues = confint_proportions_2indep(x1, n1, x0, n0, method="newcomb")
    np.testing.assert_allclose(bornes, attendues, atol=1e-9)


# --- de l'état zéro à la dernière année


def _cellules(indicateur: str, valeurs: dict[int, tuple[int, int]], **lieu) -> pd.DataFrame:
    lignes = pd.DataFrame(
        [{"annee": a, "numerateur": x, "denominateur": n, "valeur": x / n} for a, (x, n) in valeurs.items()]
    )
    bas, haut = wilson(lignes["numerateur"], lignes["denominateur"])
    ou = {"niveau": "ville", "territoire": VILLE, "bailleur": "tous"} | lieu
    return lignes.assign(
        **ou, indicateur=indicateur, borne_basse=bas, borne_haute=haut, reponse=1.0, couverture=1.0, statut="publie"
    )


RUPTURES = pd.DataFrame(
    {"annee": [2009], "indicateurs": ["moins_40_plafond"], "genre": ["definition"], "libelle": ["un plafond change"]}
)
SANS_RUPTURE = RUPTURES.iloc[:0]
SANS_ENGAGEMENT = pd.DataFrame(
    columns=[
        "annee", "engagement", "libelle", "genre", "indicateur", "niveau", "territoire", "bailleur", "sens", "cible",
        "jusque", "echeance", "zero_annee", "zero_valeur", "zero_source", "verdict", "constat", "raison", "statut",
    ]
)  # fmt: skip


def _objectif(indicateur: str, sens: str, cible: float, verdict: str) -> pd.DataFrame:
    return pd.DataFrame(
        [{"annee": 2010, "niveau": "ville", "territoire": VILLE, "bailleur": "tous", "indicateur": indicateur,
          "objectif": "essai", "origine": "conference", "sens": sens, "cible": cible, "depuis": "2008-01-01",
          "source": "Conférence", "constat": "non_atteint", "verdict": verdict, "statut": "publie"}]
    )  # fmt: skip


def _dresser(cellules, engagements=SANS_ENGAGEMENT, conformite=None, ruptures=SANS_RUPTURE, variations=None):
    conformite = _objectif("apl", "au_plus", 0.5, "").iloc[:0] if conformite is None else conformite
    return dresser_les_objectifs(
        cellules, engagements, conformite, ruptures, vide(VARIATIONS) if variations is None else variations,
        bouts=(2007, 2010), tout=("ville", VILLE), duree=3,
    )  # fmt: skip


def test_ce_qui_se_suit_est_juge_sur_la_variation_publiee_a_perimetre_constant():
    """Un bailleur arrive : la part de tous monte, celle des bailleurs présents aux deux dates baisse."""
    variation = {
        "depart": 2007, "annee": 2010, "niveau": "ville", "territoire": VILLE, "bailleur": "tous", "indicateur": "apl",
        "valeur_depart": 0.4, "denominateur_depart": 1000.0, "valeur": 0.37, "denominateur": 990.0, "variation": -0.03,
        "borne_basse": -0.045, "borne_haute": -0.015, "probabilite": 1e-4, "absents": "adoma",
    }  # fmt: skip
    cellules = _cellules("apl", {2007: (400, 1000), 2010: (700, 1500)})
    ligne = _dresser(cellules, variations=vide(VARIATIONS).reindex([0]).assign(**variation)).iloc[0]
    assert (ligne["sens"], ligne["motif"], ligne["statut"]) == ("baisse", CONSTANT, "publie")
    assert (ligne["valeur"], ligne["ecart"], ligne["ecart_haut"]) == (0.37, -0.03, -0.015)
    assert ligne["effet_minimal"] == pytest.approx(2.8 * 0.015 / 1.96, rel=0.01)


def test_une_revue_annonce_moins_que_ses_intervalles_n_excluent_zero():
    """Sur vingt comparaisons dont une seule est à peine significative, le hasard suffit : rien n'est annoncé."""
    autres = [d.code for d in parts_du_parc() if d.code != "apl"]
    cellules = [_cellules(code, {2007: (400, 1000), 2010: (400, 1000)}) for code in autres]
    seule = _cellules("apl", {2007: (400, 1000), 2010: (445, 1000)})
    assert _dresser(seule).iloc[0]["sens"] == "hausse"
    parmi = _dresser(pd.concat([seule, *cellules]))
    ligne = parmi[parmi["code"].eq("apl")].iloc[0]
    assert ligne["ecart_bas"] > 0
    assert ligne["sens"] == "indecis"


def test_l_ecart_porte_son_intervalle_et_son_effet_minimal():
    ligne = _dresser(_cellules("apl", {2007: (400, 1000), 2010: (460, 1000)})).iloc[0]
    assert (ligne["origine"], ligne["code"], ligne["sens"], ligne["statut"]) == ("suivi", "apl", "hausse", "publie")
    bas, haut = confint_proportions_2indep(460, 1000, 400, 1000, method="newcomb")
    np.testing.assert_allclose(ligne[["ecart", "ecart_bas", "ecart_haut"]].astype(float), [0.06, bas, haut], atol=1e-6)
    assert ligne["effet_minimal"] == pytest.approx(float(effet_minimal(0.4, 1000, 1000)), abs=1e-6)
    indecis = _dresser(_cellules("apl", {2007: (400, 1000), 2010: (420, 1000)})).iloc[0]
    assert indecis["sens"] == "indecis"
    assert indecis["ecart_bas"] < 0 < indecis["ecart_haut"]


def test_une_rupture_interdit_de_comparer_et_la_suite_part_d_elle():
    valeurs = {2007: (400, 1000), 2008: (400, 1000), 2009: (300, 1000), 2010: (350, 1000)}
    rompue, suite = (r for _, r in _dresser(_cellules("moins_40_plafond", valeurs), ruptures=RUPTURES).iterrows())
    assert (rompue["depart"], rompue["statut"], rompue["sens"]) == (2007, "na", "")
    assert rompue[["ecart", "ecart_bas", "effet_minimal"]].isna().all()
    assert "rupture" in rompue["motif"]
    assert rompue["valeur_depart"] == 0.4
    assert rompue["valeur"] == 0.35
    assert (suite["depart"], suite["statut"], round(suite["ecart"], 3)) == (2009, "publie", 0.05)


def test_un_bout_cache_cache_l_ecart():
    cellules = _cellules("apl", {2007: (400, 1000), 2010: (460, 1000)})
    nombres = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute"]
    cellules.loc[cellules["annee"].eq(2007), nombres] = np.nan
    cellules.loc[cellules["annee"].eq(2007), "statut"] = "c"
    ligne = _dresser(cellules).iloc[0]
    assert ligne["statut"] == "c"
    assert ligne["sens"] == ""
    assert "secrète" in ligne["motif"]
    assert ligne[["valeur_depart", "ecart", "ecart_bas", "effet_minimal"]].isna().all()
    assert ligne["valeur"] == 0.46


def _simulable(entrants: tuple[int, int]) -> pd.DataFrame:
    """Un parc dont un dixième part chaque année."""
    stock = {2007: (4500, 10_000), 2010: (4500, 10_000)}
    return pd.concat(
        [
            _cellules("moins_40_plafond", stock),
            _cellules("moins_40_entrants", {2010: entrants}),
            _cellules("moins_40_departs", {2010: (450, 4500)}),
            _cellules("taux_depart", {2010: (1000, 10_000)}),
        ]
    )


@pytest.mark.parametrize(
    ("cible", "pertinence", "phrase"), [(0.10, "hors_d_atteinte", REVOIR), (0.38, "a_portee", INFLECHIR)]
)
def test_un_objectif_hors_d_atteinte_appelle_a_le_revoir_jamais_a_decider(cible, pertinence, phrase):
    objectif = _objectif("moins_40_plafond", "au_plus", cible, "non_tenu")
    table = _dresser(_simulable((450, 1000)), conformite=objectif)
    ligne = table[table["origine"].eq("objectif")].iloc[0]
    assert (ligne["pertinence"], ligne["proposition"]) == (pertinence, phrase)
    assert 0 <= ligne["probabilite"] < 0.2
    assert "discuter" in ligne["proposition"]


def test_la_proposition_ne_depend_que_du_verdict_et_de_la_pertinence():
    champs = ["origine", "verdict", "pertinence", "cible", "mesuree", "visible", "sans_mesure", "en_vigueur"]
    cas = [
        ("engagement", "non_tenu", "", 0.5, True, True, False, True),
        ("engagement", "non_mesurable", "", np.nan, True, True, False, True),
        ("engagement", "non_mesurable", "", np.nan, False, False, True, True),
        ("engagement", "", "", 0.5, True, False, False, True),
    ]
    assert proposer(pd.DataFrame(cas, columns=champs)).tolist() == [INSISTER, ADOPTER, AUTREMENT, A_DISCUTER]


@pytest.mark.parametrize(("statut", "phrase"), [("c", A_DISCUTER), ("nd", DEPOSER)])
def test_un_objectif_dont_la_valeur_est_secrete_ne_manque_pas_de_donnees(statut, phrase):
    objectif = _objectif("moins_40_plafond", "au_plus", 0.4, "tenu").assign(statut=statut, verdict=np.nan)
    cellules = _cellules("moins_40_plafond", {2007: (45, 100), 2010: (45, 100)})
    cellules["statut"] = cellules["statut"].mask(cellules["annee"].eq(2010), statut)
    table = _dresser(cellules, conformite=objectif)
    assert table.loc[table["origine"].eq("objectif"), "proposition"].tolist() == [phrase]
    assert "leur édition" not in phrase


@pytest.mark.parametrize(
    ("indicateur", "couverture", "donnee", "sens", "motif"),
    [
        ("nb_logements", 1.0, "", "compte", COMPLET),
        ("nb_logements", 0.8, "", "sans_intervalle", INCOMPLET),
        ("nb_logements", 1.0, "un texte", "sans_intervalle", DONNEE),
        ("loyer_m2", 1.0, "", "sans_intervalle", SANS_LOI),
        ("loyer_m2", 0.8, "", "sans_intervalle", INCOMPLET),
        ("part_emprunt_garanti", 1.0, "", "sans_intervalle", SANS_LOI),
    ],
)
def test_seul_un_denombrement_complet_aux_deux_dates_est_exact(indicateur, couverture, donnee, sens, motif):
    cellules = _cellules(indicateur, {2007: (40, 100), 2010: (50, 100)})
    cellules[["borne_basse", "borne_haute"]] = np.nan
    cellules["couverture"] = cellules["couverture"].mask(cellules["annee"].eq(2007), couverture)
    lieu = {"niveau": "ville", "territoire": VILLE, "bailleur": "tous", "indicateur": indicateur}
    textes = {"constat": "", "raison": "", "statut": "publie", "verdict": "", "zero_source": donnee}
    promesse = {"annee": 2010, "engagement": "e", "libelle": "e", "genre": "indicateur", "sens": "au_moins", **textes}
    engagements = pd.DataFrame([SANS_ENGAGEMENT.columns.to_series().map(lieu | promesse | {"zero_annee": 2007})])
    engagements["zero_valeur"] = 0.4
    ligne = _dresser(cellules, engagements).iloc[0]
    assert (ligne["sens"], ligne["motif"], ligne["statut"]) == (sens, motif, "publie")
    assert ligne["ecart"] == pytest.approx(0.1)


# --- la règle du départ, par sa révision git


TEXTE = {"code": "texte", "nom": "Un texte", "depuis": 1998, "source": "une délibération"}
CIBLE = {"depuis": 1998, "valeur": 50, "adoptee_par": "la Conférence", "source": "son compte rendu"}


def _engagement(code: str, valeur: int = 50, **champs) -> dict:
    return {
        "code": code, "texte": "texte", "article": "1", "libelle": f"Essai {code}", "titulaires": ["Ville"],
        "nature": "resultat", "mesure": {"indicateur": "logements_livres_partout", "bailleur": "gbh"},
        "arithmetique": True, "cibles": [{**CIBLE, "valeur": valeur}], **champs,
    }  # fmt: skip


def _git(dossier: Path, *arguments: str) -> str:
    qui = ["-c", "user.name=essai", "-c", "user.email=essai@exemple.fr", "-c", "commit.gpgsign=false"]
    rendu = subprocess.run(["git", *qui, *arguments], cwd=dossier, capture_output=True, text=True, check=True)
    return rendu.stdout.strip()


def _engager(config, engagements: list[dict], **rubriques) -> Path:
    fichier = config.chemin("suivi") / "engagements.yml"
    fichier.parent.mkdir(parents=True, exist_ok=True)
    contenu = {**rubriques, "textes": [TEXTE], "engagements": engagements}
    fichier.write_text(yaml.safe_dump(contenu, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return fichier


@pytest.fixture
def depot(tmp_path):
    """Un vrai dépôt git : à l'état zéro, deux engagements ; 45 logements livrés en 2010."""
    config = configuration(tmp_path, signataires=["Ville"])
    livres = [{"bailleur": "gbh", "quartier": "battant", "commune": VILLE, "nb_logements": 45}]
    logements = [{"bailleur": "gbh", "quartier": "battant", "immeuble": "gbh:1", "occupation": "loue"}] * 3
    depots = [(2010, "gbh", "logements"), (2010, "gbh", "programmes")]
    ecrire_prepare(config, {2010: {"logements": logements, "programmes": livres}}, depots)
    _engager(config, [_engagement("livrer"), _engagement("retire"), _engagement("tenir", 40)])
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", str(config.chemin("suivi")))
    _git(tmp_path, "commit", "-qm", "état zéro")
    calculer_tout(config)
    return config, _git(tmp_path, "rev-parse", "HEAD")


def _rejuger(config, statut: str = "publie") -> tuple[pd.DataFrame, str]:
    parus = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet")
    parus = parus.assign(statut=statut, variance=0.0, zero=0.0)
    if statut != "publie":
        parus[["numerateur", "denominateur", "valeur"]] = np.nan
    registres = lire_registres(config, lire_seances(config))

    def juger(engagements):
        return juger_les_engagements(config, engagements, parus, registres)

    ecarts = relever_les_ecarts(config, lire_le_suivi(config), juger(lire_engagements(config)), juger)
    return ecarts, ecarts["motif"].iloc[0]


def test_baisser_la_cible_en_chemin_ne_change_pas_le_verdict_du_depart(depot):
    config, revision = depot
    zero = {"revision": revision, "date": "2007-12-31"}
    fichier = _engager(config, [_engagement("livrer", 40), _engagement("tenir", 40), _engagement("neuf")])
    texte = f"etat_zero: {{revision: '{zero['revision']}', date: {zero['date']}}}\n"
    fichier.write_text(texte + fichier.read_text(encoding="utf-8"), encoding="utf-8")
    table, _ = _rejuger(config)
    lignes = table.set_index("engagement")
    assert lignes["ecart"].to_dict() == {"livrer": "modifie", "retire": "retire", "tenir": "aucun", "neuf": "ajoute"}
    livrer = lignes.loc["livrer"]
    assert (livrer["champ"], livrer["verdict_initial"], livrer["verdict"]) == ("cibles", "non_tenu", "tenu")
    assert "valeur: 50" in livrer["au_depart"]
    assert "valeur: 40" in livrer["a_la_fin"]
    assert lignes["verdict_initial"].to_dict() | {} == {
        "livrer": "non_tenu", "retire": "non_tenu", "tenir": "tenu", "neuf": "",
    }  # fmt: skip
    assert set(table["revision"]) == {revision}
    assert set(table["date"]) == {"2007-12-31"}


def test_sans_revision_ou_sans_git_la_revue_le_dit(depot, monkeypatch):
    config, revision = depot
    assert _rejuger(config)[1] == SANS_REVISION

    def inscrire(empreinte: str) -> str:
        fichier = _engager(config, [_engagement("livrer")])
        entete = f"etat_zero: {{revision: '{empreinte}', date: 2007-12-31}}\n"
        fichier.write_text(entete + fichier.read_text(encoding="utf-8"), encoding="utf-8")
        return _rejuger(config)[1]

    assert inscrire("0" * 40) == INTROUVABLE
    monkeypatch.setenv("GIT_DIR", "/nulle/part")
    assert inscrire(revision) == ""
    monkeypatch.setenv("PATH", "")
    assert inscrire(revision) == SANS_GIT


def test_l_etat_zero_de_l_edition_fictive_se_relit():
    """Le dépôt cloné en entier : la révision inscrite est la sienne ; une preuve et des cibles fictives ont changé."""
    question = ["git", "rev-parse", "--is-shallow-repository"]
    if not which("git") or subprocess.run(question, cwd=RACINE, capture_output=True).stdout.strip() != b"false":
        pytest.skip("git, ou l'histoire de ce dépôt, n'est pas là")
    config = lire_configuration(RACINE / "observatoire.yml")
    actuel = lire_le_suivi(config)
    zero = lire_etat_zero(config, actuel)
    assert (zero.motif, zero.date) == ("", "2007-12-31")
    ecarts = pd.DataFrame(comparer(zero.contenu, actuel)).query("ecart != 'aucun'")
    assert set(ecarts["ecart"]) == {"modifie"}
    assert ecarts[["engagement", "champ"]].to_numpy().tolist() == [
        ["politique_des_loyers", "cibles"], ["tranquillite", "cibles"], ["equilibre_des_attributions", "cibles"],
        ["reexamen", "preuve"], ["droit_nouveau", "cibles"],
    ]  # fmt: skip


def test_un_etat_zero_qui_ne_se_relit_plus_le_dit(depot):
    config, _ = depot
    fichier = config.chemin("suivi") / "engagements.yml"
    fichier.write_text("textes: []\nengagements: []\nanciens: []\n", encoding="utf-8")
    racine = config.chemin("suivi").parent
    _git(racine, "commit", "-qam", "un autre format")
    revision = _git(racine, "rev-parse", "HEAD")
    fichier = _engager(config, [_engagement("livrer")])
    entete = f"etat_zero: {{revision: '{revision}', date: 2007-12-31}}\n"
    fichier.write_text(entete + fichier.read_text(encoding="utf-8"), encoding="utf-8")
    assert _rejuger(config)[1] == ILLISIBLE


@pytest.mark.parametrize("revision", ["main", "--output=x", "HEAD~1", "abc"])
def test_une_revision_est_une_empreinte(tmp_path, revision):
    config = configuration(tmp_path)
    fichier = _engager(config, [_engagement("livrer")])
    entete = f"etat_zero: {{revision: '{revision}', date: 2007-12-31}}\n"
    fichier.write_text(entete + fichier.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match="hexadécimaux"):
        lire_engagements(config)


def test_le_verdict_du_depart_se_cache_avec_sa_valeur(depot):
    config, revision = depot
    _engager(config, [_engagement("livrer")])
    fichier = config.chemin("suivi") / "engagements.yml"
    entete = f"etat_zero: {{revision: '{revision}', date: 2007-12-31}}\n"
    fichier.write_text(entete + fichier.read_text(encoding="utf-8"), encoding="utf-8")
    lu, _ = _rejuger(config, "c")
    assert set(lu["verdict_initial"]) == {""}
    assert set(lu["statut_initial"]) == {"c"}
    assert set(lu["ecart"]) == {"aucun", "retire"}


def test_les_regles_de_la_revue_suivent_le_bareme():
    plus_haut = replace(PUBLIQUE, seuil=130)
    assert _publier(_flux(*GROS), plus_haut).loc[("ville", "entrants"), "statut"] == "c"

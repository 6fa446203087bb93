"""Ce qui paraît des alertes : rien là où l'indicateur est caché, rien qui se retrouverait par différence."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from petit_parc import REFERENTIELS, REGLES, evaluer, sommes, tirer

from observatoire.alertes import ALERTES, AMPLEURS, CLES, SIGNALES
from observatoire.alertes.etendue import mesurer_l_etendue
from observatoire.alertes.suites import juger
from observatoire.baremes import lire_baremes
from observatoire.confidentialite.alertes import COMPAREES, MESURES, PENTES, PORTEES, proteger_les_alertes
from observatoire.confidentialite.regles import lire_regles_du_secret

IMPAYES = "impayes_3_mois"
MESUREES = [c for c in (*MESURES, *COMPAREES, *PENTES) if c != "variance"]
SANS_RUPTURE = pd.DataFrame({"annee": [], "indicateurs": []})


@pytest.fixture(scope="module")
def jugees():
    """Un parc jugé une année ; le seuil est si bas qu'un bon tiers des immeubles est signalé."""
    regles = replace(REGLES, probabilite=0.2)
    evaluees = evaluer(sommes(*tirer(11, immeubles=80)), regles).assign(annee=2010)
    return mesurer_l_etendue(juger(evaluees, {2010: regles}, SANS_RUPTURE)).sort_values(CLES, ignore_index=True)


def _proteger(jugees, public="partenaires", caches=(), muets=()):
    """Tout ce que voit un public ; ``caches``, ``muets`` : (niveau, territoire, indicateur) dont l'indicateur, ou son
    seul taux de réponse, est caché."""
    regles = lire_regles_du_secret(REFERENTIELS, lire_baremes(REFERENTIELS), public, 2010)
    regles = replace(regles, indicateurs={})
    valeurs = jugees[[*CLES, "reponse"]].assign(bailleur="tous", statut="publie")
    vises = pd.MultiIndex.from_frame(valeurs[["niveau", "territoire", "indicateur"]])
    valeurs.loc[vises.isin(list(caches)), "statut"] = "c"
    valeurs.loc[vises.isin([*caches, *muets]), "reponse"] = None
    alertes, ampleurs = proteger_les_alertes(jugees[ALERTES], jugees[AMPLEURS], valeurs, regles)
    return alertes.merge(ampleurs, on=[*CLES, "statut"], validate="1:1")


def _lignes(table, niveau, territoire=None, indicateur=IMPAYES):
    garde = table["niveau"].eq(niveau) & table["indicateur"].eq(indicateur)
    return table[garde & (table["territoire"].eq(territoire) if territoire else True)]


def _signales(jugees, niveau="immeuble"):
    lignes = _lignes(jugees, niveau)
    return lignes[lignes["verdict"].isin(SIGNALES) & lignes["secteur"].notna() & lignes["quartier"].notna()]


def test_un_taux_de_reponse_tu_l_est_aussi_dans_les_ampleurs(jugees):
    vise = _signales(jugees).iloc[0]
    lieu = ("immeuble", vise["territoire"])
    paru, tu = (_lignes(_proteger(jugees, muets=m), *lieu).iloc[0] for m in ((), [(*lieu, IMPAYES)]))
    assert paru["reponse"] == round(vise["reponse"], 2)
    assert tu["statut"] == "publie"
    assert pd.isna(tu["reponse"])
    assert tu["exces"] == paru["exces"]


def test_rien_ne_parait_la_ou_l_indicateur_est_cache(jugees):
    vise = _signales(jugees).iloc[0]
    paru = _lignes(_proteger(jugees), "immeuble", vise["territoire"]).iloc[0]
    assert paru["statut"] == "publie"
    assert (paru["observe"], paru["exces"], paru["verdict"]) == (vise["observe"], vise["exces"], vise["verdict"])
    cache = _lignes(
        _proteger(jugees, caches=[("immeuble", vise["territoire"], IMPAYES)]), "immeuble", vise["territoire"]
    )
    assert cache["statut"].item() == "c"
    assert cache[[*MESUREES, "verdict", "concordants", "annees_en_alerte"]].isna().all(axis=None)


def test_ce_qui_n_est_pas_evaluable_ne_dit_rien(jugees):
    vise = _lignes(jugees, "immeuble")
    vise = vise[vise["verdict"].eq("non_evaluable")].iloc[0]
    paru = _lignes(_proteger(jugees), "immeuble", vise["territoire"]).iloc[0]
    assert paru["statut"] == "ne"
    assert paru[MESUREES].isna().all()


def test_un_immeuble_conforme_n_a_pas_de_mesure(jugees):
    parus = _lignes(_proteger(jugees), "immeuble")
    conformes = parus[parus["verdict"].eq("conforme")]
    assert len(conformes)
    assert conformes[MESUREES].isna().all(axis=None)
    assert _lignes(_proteger(jugees), "quartier")["observe"].notna().all()


def test_le_public_ne_voit_aucun_immeuble_ni_ce_qu_ils_portent(jugees):
    paru = _proteger(jugees, "publique")
    assert set(paru["niveau"]) == {"secteur", "quartier"}
    assert paru.loc[paru["niveau"].eq("secteur"), PORTEES].isna().all(axis=None)
    assert paru["part_porteurs"].isna().all()
    assert paru["bailleurs_concernes"].isna().all()


@pytest.mark.parametrize("entourage", ["secteur", "quartier"])
def test_la_reference_ne_parait_que_si_tout_ce_qui_entoure_parait(jugees, entourage):
    vise = _signales(jugees).iloc[0]
    paru = _proteger(jugees, caches=[(entourage, vise[entourage], IMPAYES)])
    ligne = _lignes(paru, "immeuble", vise["territoire"]).iloc[0]
    assert ligne["statut"] == "publie"
    assert ligne["observe"] == vise["observe"]
    assert ligne[[*COMPAREES[:-1], *PENTES]].isna().all()
    ailleurs = _signales(jugees)
    ailleurs = ailleurs[ailleurs[entourage].ne(vise[entourage])].iloc[0]
    assert _lignes(paru, "immeuble", ailleurs["territoire"])["reference"].notna().all()


def test_un_attendu_cache_ne_se_trouve_pas_par_difference(jugees):
    """Le seul immeuble caché d'un quartier dont tous les autres ont leurs mesures : aucun n'en garde.

    L'attendu du quartier, moins ceux des immeubles mesurés, donnerait le sien.
    """
    quartier = _signales(jugees)["quartier"].iloc[0]
    dedans = jugees["quartier"].eq(quartier) & jugees["niveau"].eq("immeuble") & jugees["indicateur"].eq(IMPAYES)
    cas = jugees.copy()
    cas.loc[dedans, "verdict"] = "vigilance"
    cache = cas.loc[dedans, "territoire"].iloc[0]
    paru = _proteger(cas, caches=[("immeuble", cache, IMPAYES)])
    voisins = paru[paru["quartier"].eq(quartier) & paru["niveau"].eq("immeuble") & paru["indicateur"].eq(IMPAYES)]
    assert voisins[MESURES].isna().all(axis=None)
    cas.loc[dedans & cas["territoire"].eq(cas.loc[dedans, "territoire"].iloc[1]), "verdict"] = "conforme"
    paru = _proteger(cas, caches=[("immeuble", cache, IMPAYES)])
    voisins = paru[paru["quartier"].eq(quartier) & paru["niveau"].eq("immeuble") & paru["indicateur"].eq(IMPAYES)]
    assert voisins["attendu"].notna().sum() == len(voisins) - 2

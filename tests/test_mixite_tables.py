"""La table de la mixité : ce qu'elle emploie, quand elle se tait, et qu'elle n'apprend rien de ce qui est caché."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from observatoire.baremes import Bareme, Baremes, lire_baremes
from observatoire.configuration import lire_configuration
from observatoire.publie import CLES
from observatoire.statistique import indices
from observatoire.sujets.mixite.calcul.annees import calculer, publier_la_mixite
from observatoire.sujets.mixite.calcul.plan import Plan, Seuils, lire_seuils, planifier
from observatoire.sujets.mixite.calcul.unites import Groupe, Lieu

BESANCON = "25056"
CLASSES = ("plafond_bas", "plafond_moyen", "plafond_haut")
GROUPES = (Groupe("moins_40_plafond", ("moins_40_plafond",)), Groupe("plafond", CLASSES))
PLAN = Plan((Lieu(BESANCON),), 2009, ("quartier",), GROUPES, dict.fromkeys((2009, 2010), Seuils(0.6, 0.5)))
#: quartier -> ménages de chaque classe
VILLE = {"battant": (60, 30, 10), "bregille": (20, 50, 30), "velotte": (15, 12, 13), "tilleroyes": (40, 40, 20)}


def lignes(annee: int = 2010, comptes=VILLE, caches=(), reponse=0.8, statut="publie", **autres) -> pd.DataFrame:
    """Les indicateurs d'une ville ; ``caches`` : (quartier, indicateur) dont le compte est secret."""
    territoires = {("quartier", q): c for q, c in comptes.items()}
    territoires["ville", BESANCON] = tuple(np.sum(list(comptes.values()), axis=0))
    table = pd.DataFrame(
        [
            (annee, niveau, code, "tous", indicateur, nombre, sum(c), reponse, statut)
            for (niveau, code), c in territoires.items()
            for indicateur, nombre in [*zip(CLASSES, c, strict=True), ("moins_40_plafond", c[0])]
        ],
        columns=[*CLES, "numerateur", "denominateur", "reponse", "statut"],
    )
    secret = [(t, i) in caches for t, i in zip(table["territoire"], table["indicateur"], strict=True)]
    table.loc[secret, ["numerateur", "denominateur", "reponse"]] = np.nan
    return table.assign(statut=table["statut"].mask(pd.Series(secret), "c"), **autres)


def deux_ans(**options) -> pd.DataFrame:
    return pd.concat([lignes(2009, {**VILLE, "battant": (50, 35, 15)}), lignes(**options)], ignore_index=True)


def trouver(table: pd.DataFrame, **cles) -> pd.Series:
    choisies = table[np.logical_and.reduce([table[c].eq(v) for c, v in cles.items()])]
    assert len(choisies) == 1
    return choisies.iloc[0]


def test_les_indices_sont_ceux_des_comptes_des_quartiers():
    valeurs, _ = calculer(lignes(), replace(PLAN, annee_zero=2010, seuils={2010: Seuils(0.6, 0.5)}))
    table = np.array(list(VILLE.values()))
    deux = np.column_stack([table[:, 0], table[:, 1:].sum(axis=1)])
    ligne = trouver(valeurs, indice="dissimilarite", niveau="quartier")
    assert ligne["valeur"] == pytest.approx(indices.dissimilarite(deux))
    assert (ligne["unites"], ligne["menages"], ligne["part_reste"], ligne["reponse"]) == (4, table.sum(), 0, 0.8)
    assert ligne["borne_basse"] < ligne["valeur"] < ligne["borne_haute"]
    assert trouver(valeurs, indice="theil_h")["valeur"] == pytest.approx(indices.theil_h(table))
    assert trouver(valeurs, indice="isolement")["valeur"] == pytest.approx(indices.isolement(deux))
    entropies = valeurs[valeurs["indice"].eq("entropie") & valeurs["niveau"].eq("quartier")].set_index("territoire")
    assert entropies["valeur"].to_dict() == pytest.approx(dict(zip(VILLE, indices.entropie(table), strict=True)))
    assert trouver(valeurs, indice="entropie", niveau="ville")["menages"] == table.sum()


def test_le_bruit_des_comptes_publies_elargit_chaque_intervalle():
    sans, avec = (calculer(deux_ans(), PLAN, bruit) for bruit in (0.0, 2.0))
    for nettes, bruitees in zip(sans, avec, strict=True):
        seules = nettes["indice"].ne("dissimilarite_corrigee")  # la sienne est tirée : voir test_segregation
        largeurs = [(t["borne_haute"] - t["borne_basse"])[seules] for t in (nettes, bruitees)]
        assert (largeurs[1] > largeurs[0]).all()
        assert (largeurs[1] < 1.5 * largeurs[0]).all()


def test_un_menage_qui_n_a_pas_repondu_ne_compte_pas():
    """Le dénominateur est celui des réponses connues : la part du groupe, pas celle des ménages logés."""
    valeurs, _ = calculer(lignes(reponse=0.61), replace(PLAN, annee_zero=2010, seuils={2010: Seuils(0.6, 0.5)}))
    assert trouver(valeurs, indice="dissimilarite")["menages"] == sum(map(sum, VILLE.values()))


def test_deux_calculs_donnent_les_memes_octets():
    un, autre = (calculer(deux_ans(), PLAN) for _ in range(2))
    for a, b in zip(un, autre, strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_un_quartier_secret_n_a_pas_d_entropie_et_se_fond_dans_le_reste():
    caches = {("velotte", "plafond_bas"), ("velotte", "plafond_moyen"), ("tilleroyes", "plafond_moyen")}
    valeurs, _ = calculer(deux_ans(caches=caches), PLAN)
    en_2010 = valeurs[valeurs["annee"].eq(2010)]
    for quartier in ("velotte", "tilleroyes"):
        ligne = trouver(en_2010, indice="entropie", territoire=quartier)
        assert ligne["statut"] == "c"
        assert ligne.drop(["annee", "niveau", "territoire", "groupe", "indice", "statut"]).isna().all()
    ligne = trouver(en_2010, indice="theil_h")
    reunis = np.array([VILLE["battant"], VILLE["bregille"], np.add(VILLE["velotte"], VILLE["tilleroyes"])])
    assert ligne["valeur"] == pytest.approx(indices.theil_h(reunis))
    assert (ligne["unites"], ligne["statut"]) == (2, "publie")
    assert ligne["part_reste"] == pytest.approx(140 / 340)
    assert trouver(en_2010, indice="dissimilarite")["unites"] == 4


def test_rien_ne_depend_de_la_facon_dont_les_menages_se_partagent_entre_quartiers_secrets():
    """Deux villes dont les comptes cachés diffèrent, et dont tout ce qui est publié est le même : mêmes indices."""
    caches = {(q, c) for q in ("velotte", "tilleroyes") for c in (*CLASSES, "moins_40_plafond")}
    autre = VILLE | {"velotte": (10, 20, 5), "tilleroyes": (45, 32, 28)}
    une, deux = (calculer(deux_ans(comptes=v, caches=caches), PLAN) for v in (VILLE, autre))
    for a, b in zip(une, deux, strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_trop_de_quartiers_secrets_rien_ne_parait():
    caches = {(q, c) for q in ("battant", "velotte", "tilleroyes") for c in CLASSES}
    valeurs, changements = calculer(deux_ans(caches=caches), PLAN)
    assert trouver(valeurs, annee=2010, indice="theil_h")["statut"] == "c"
    assert trouver(changements, indice="theil_h")["statut"] == "c"
    assert trouver(valeurs, annee=2010, indice="dissimilarite")["statut"] == "publie"


def test_tous_les_quartiers_secrets_ou_aucun_quartier():
    caches = {(q, c) for q in VILLE for c in CLASSES}
    valeurs, _ = calculer(deux_ans(caches=caches), PLAN)
    siennes = valeurs[valeurs["annee"].eq(2010) & valeurs["groupe"].eq("plafond")].set_index(["niveau", "territoire"])
    assert siennes["statut"].to_dict() == {
        ("quartier", BESANCON): "c", ("ville", BESANCON): "publie", **{("quartier", q): "c" for q in VILLE},
    }  # fmt: skip
    sans = calculer(deux_ans().query("niveau == 'ville'"), PLAN)[0]
    assert set(sans.loc[sans["niveau"].eq("quartier"), "statut"]) == {"na"}
    for table in calculer(deux_ans(), replace(PLAN, niveaux=())):
        assert table.empty


def test_une_ville_cachee_ou_absente_dit_pourquoi():
    caches = {(BESANCON, "plafond_bas")}
    valeurs, _ = calculer(deux_ans(caches=caches), PLAN)
    siennes = valeurs[valeurs["groupe"].eq("plafond") & valeurs["annee"].eq(2010)]
    assert set(siennes["statut"]) == {"c"}
    assert siennes["valeur"].isna().all()
    vide = calculer(deux_ans().query("annee == 2009"), PLAN)[0]
    assert set(vide.loc[vide["annee"].eq(2010), "statut"]) == {"nd"}


def test_trop_peu_de_reponses_ne_s_evalue_pas():
    valeurs, changements = calculer(deux_ans(reponse=0.59), PLAN)
    assert set(valeurs.loc[valeurs["annee"].eq(2010), "statut"]) == {"ne"}
    assert set(valeurs.loc[valeurs["annee"].eq(2009), "statut"]) == {"publie"}
    assert set(changements["statut"]) == {"ne"}


def test_une_rupture_interdit_de_comparer_deux_annees():
    plan = replace(PLAN, ruptures={"plafond_moyen": frozenset({2010})})
    _, changements = calculer(deux_ans(), plan)
    assert changements.set_index("indice")["statut"].to_dict() == {
        "dissimilarite": "publie", "isolement": "publie", "theil_h": "na",
    }  # fmt: skip
    assert changements.loc[changements["statut"].eq("na"), "variation"].isna().all()


def test_a_travers_une_rupture_de_perimetre_on_compare_les_bailleurs_des_deux_dates():
    """Un bailleur qui rejoint ne fait pas la variation : la même ville, à périmètre constant, n'a pas bougé."""
    fixes = lignes(2009, VILLE), lignes(2010, VILLE)
    arrives = VILLE | {"velotte": (95, 22, 13)}  # 90 ménages d'un bailleur qui rejoint
    constants = pd.concat(fixes).assign(depart=2009, arrivee=2010, absents="adoma")
    _, changements = calculer(pd.concat([fixes[0], lignes(2010, arrives)]), PLAN, 0.0, constants)
    _, memes = calculer(pd.concat(fixes), PLAN)
    assert set(changements["absents"]) == {"adoma"}
    pd.testing.assert_frame_equal(changements.assign(absents=""), memes)
    assert changements["variation"].eq(0).all()
    # Un indicateur dont les bailleurs n'ont pas changé garde ses valeurs courantes.
    seul = constants[constants["indicateur"].eq("moins_40_plafond")]
    _, changements = calculer(pd.concat([fixes[0], lignes(2010, arrives)]), PLAN, 0.0, seul)
    assert changements.set_index("indice")["absents"].to_dict() == {
        "dissimilarite": "adoma", "isolement": "adoma", "theil_h": "",
    }  # fmt: skip
    assert trouver(changements, indice="theil_h")["variation"] != 0


def test_un_changement_porte_sur_les_quartiers_connus_aux_deux_dates_et_se_referme():
    _, changements = calculer(deux_ans(caches={("velotte", "moins_40_plafond")}), PLAN)
    ligne = trouver(changements, indice="dissimilarite")
    assert (ligne["depart"], ligne["annee"], ligne["unites"]) == (2009, 2010, 3)
    assert ligne["structure"] + ligne["composition"] == pytest.approx(ligne["variation"], abs=1e-12)
    assert ligne["valeur"] - ligne["valeur_depart"] == pytest.approx(ligne["variation"], abs=1e-12)
    assert ligne["borne_basse"] < ligne["variation"] < ligne["borne_haute"]


def test_des_quartiers_bruites_qui_depassent_la_ville_n_ont_pas_de_reste():
    table = deux_ans()
    table.loc[table["niveau"].eq("ville"), "numerateur"] -= 3
    ligne = trouver(calculer(table, PLAN)[0], annee=2010, indice="theil_h")
    assert (ligne["unites"], ligne["menages"]) == (4, 340)
    assert ligne["valeur"] == pytest.approx(indices.theil_h(np.array(list(VILLE.values()))))


@pytest.mark.parametrize(("codes", "annee", "statut"), [({}, 2010, "nd"), ({"mixite_reponse"}, 2010, "nd")])
def test_sans_bareme_rien_n_est_disponible(codes, annee, statut):
    depuis = datetime.date(2007, 12, 1)
    baremes = {c: Bareme(c, c, "", ({"depuis": depuis, "valeur": 0.6},)) for c in codes}
    assert lire_seuils(Baremes(baremes), annee).statut == statut


def test_avant_la_date_du_bareme_la_mixite_est_sans_objet():
    depuis = datetime.date(2009, 12, 1)
    baremes = {c: Bareme(c, c, "", ({"depuis": depuis, "valeur": 0.6},)) for c in ("mixite_reponse", "mixite_reste")}
    assert lire_seuils(Baremes(baremes), 2008).statut == "na"
    assert lire_seuils(Baremes(baremes), 2009) == Seuils(0.6, 0.6)


def test_le_plan_vient_du_catalogue_et_de_la_configuration():
    config = lire_configuration("observatoire.yml")
    plan = planifier(config, lire_baremes(config.chemin("referentiels")))
    assert plan.niveaux == ("secteur", "quartier")
    assert [(g.code, len(g.codes)) for g in plan.groupes] == [
        ("moins_40_plafond", 1), ("monoparentales", 1), ("plafond", 5), ("composition", 5),
    ]  # fmt: skip
    assert plan.paires == [(2007, 2008), (2007, 2009), (2007, 2010), (2008, 2009), (2009, 2010)]
    # Les ruptures livrées sont de périmètre : rien n'y est rompu, on compare à périmètre constant.
    assert not any(plan.rompu(groupe, *paire) for groupe in plan.groupes for paire in plan.paires)


def _relire(dossier, nom: str) -> pd.DataFrame:
    return pd.read_csv(
        dossier / f"{nom}.csv", dtype={"territoire": str, "bailleur": str}, keep_default_na=False, na_values=[""]
    )


def test_ce_qui_est_publie_se_refait_de_ce_qui_est_publie(petite_chaine):
    """La preuve que la mixité n'apprend rien : un lecteur la refait, à l'octet près, des seuls CSV de son édition."""
    config = petite_chaine
    dossier = config.chemin("publie") / "publique"
    regles = json.loads((dossier / "edition.json").read_text(encoding="utf-8"))["regles"]
    refaites = publier_la_mixite(
        (_relire(dossier, "indicateurs"), _relire(dossier, "constants")),
        config,
        lire_baremes(config.chemin("referentiels")),
        lambda source: regles["bruits"].get(source, regles["bruit"])["variance"],
    )
    for nom, refaite in zip(("mixite", "mixite_evolution"), refaites, strict=True):
        assert refaite.to_csv(index=False) == (dossier / f"{nom}.csv").read_text(encoding="utf-8")


def test_l_entropie_d_un_quartier_ne_parait_que_si_toute_sa_repartition_parait(petite_chaine):
    dossier = petite_chaine.chemin("publie") / "publique"
    valeurs, table = _relire(dossier, "mixite"), _relire(dossier, "indicateurs")
    entropies = valeurs[valeurs["indice"].eq("entropie") & valeurs["niveau"].eq("quartier")]
    assert entropies["statut"].eq("publie").any()
    mesures = [c for c in valeurs if c not in {"annee", "niveau", "territoire", "groupe", "indice", "statut"}]
    assert valeurs.loc[valeurs["statut"].ne("publie"), mesures].isna().all(axis=None)
    for ligne in entropies.itertuples():
        classes = table[
            table["annee"].eq(ligne.annee) & table["niveau"].eq("quartier") & table["bailleur"].eq("tous")
            & table["territoire"].eq(ligne.territoire) & table["indicateur"].str.startswith(f"{ligne.groupe}_")
        ]  # fmt: skip
        assert (ligne.statut == "publie") == (len(classes) == 5 and classes["statut"].eq("publie").all())

"""Les attributions : devenirs, attente, objectifs, profils, bailleurs côte à côte, et ce qui en paraît."""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import yaml
from fabrique import RACINE, SansRenvoi, configuration, ecrire_prepare
from statsmodels.stats.proportion import confint_proportions_2indep

from observatoire import indicateurs
from observatoire.baremes import Bareme, Baremes, lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.indicateurs import Sommes
from observatoire.lecture.devenirs import suivre
from observatoire.rangement import lire_preparee
from observatoire.statistique.intervalles import wilson
from observatoire.sujets.objectifs.calcul.attente import COLONNES as DES_ATTENTES
from observatoire.sujets.objectifs.calcul.attente import estimer_une_annee, observer, publier_les_attentes
from observatoire.sujets.objectifs.calcul.conformite import confronter
from observatoire.sujets.objectifs.calcul.cote_a_cote import comparer_les_bailleurs
from observatoire.sujets.objectifs.calcul.declaration import lire_engagements
from observatoire.sujets.objectifs.calcul.deplacements import COLONNES as DES_DEPLACEMENTS
from observatoire.sujets.objectifs.calcul.deplacements import PRATIQUES, standardiser
from observatoire.sujets.objectifs.calcul.etape import ecrire_attributions
from observatoire.sujets.objectifs.calcul.objectifs import Objectif, lire_objectifs
from observatoire.sujets.objectifs.calcul.profils import comparer_les_profils
from observatoire.sujets.objectifs.tables import ATTENTES, DEPLACEMENTS

BAREMES = lire_baremes(RACINE / "data" / "referentiels")
SEUIL = 11
LIEU = {"annee": 2010, "niveau": "quartier", "territoire": "battant", "bailleur": "tous"}


# --- ce que deviennent les ménages


def test_le_devenir_se_lit_sur_le_logement():
    cas = {
        # logement : (occupation, date du bail, année d'emménagement) un an après -> devenir
        "bail d'avant": ("loue", "2003-05-01", 2003, "reste"),
        "bail de l'année": ("loue", "2010-02-01", 2010, "parti"),
        "le bail fait foi": ("loue", "2010-02-01", 2003, "parti"),
        "sans bail, emménagé cette année": ("loue", None, 2010, "parti"),
        "sans bail, emménagé avant": ("loue", None, 2004, "reste"),
        "sans bail ni emménagement": ("loue", None, None, None),
        "vacant": ("vacant", None, None, "parti"),
        "vidé": ("vide_technique", "2003-05-01", None, "parti"),
        "occupation inconnue": (None, "2003-05-01", 2003, None),
    }
    noms = list(cas)
    menages = pd.DataFrame({"id_logement": [*noms, "démoli", "d'un autre"], "deposant": "gbh"})
    menages.loc[menages["id_logement"].eq("d'un autre"), "deposant"] = "neolia"
    logements = pd.DataFrame(
        {
            "id_logement": noms,
            "deposant": "gbh",
            "occupation": [c[0] for c in cas.values()],
            "date_bail": pd.to_datetime([c[1] for c in cas.values()]),
        }
    )
    entrees = pd.DataFrame({"id_logement": noms, "annee_emmenagement": [c[2] for c in cas.values()]})
    attendu = [*(c[3] for c in cas.values()), "hors_parc", None]
    assert suivre(menages, logements, entrees, 2010).tolist() == attendu


# --- l'attente


def _demandes(lignes):
    table = pd.DataFrame(lignes, columns=["id_demande", "date_depot"])
    table["date_depot"] = pd.to_datetime(table["date_depot"])
    return table.assign(type_demande="externe", quartile_ressources="1")


def test_ce_que_l_on_voit_d_une_demande_pendant_l_annee():
    avant = _demandes([("attend", "2009-10-05"), ("servie", "2009-06-20"), ("retirée", "2008-12-01")])
    apres = _demandes([("attend", "2009-10-05"), ("neuve", "2010-11-03")])
    baux = pd.DataFrame(
        {
            "date": pd.to_datetime(["2010-03-10", "2010-09-01"]),
            "mois_attente": [9.0, 2.0],  # déposée en juin 2009, puis en juillet 2010
            "type_demande": "externe",
            "quartile_ressources": "1",
        }
    )
    vues = observer(avant, apres, baux, 2010).sort_values(["evenement", "sortie"], ignore_index=True)
    lues = list(vues[["entree", "sortie", "evenement", "poids"]].itertuples(index=False, name=None))
    assert lues == [
        (-1, 1, False, 1),  # neuve : vue dès son dépôt
        (2, 14, False, 1),  # attend : deux mois au 31 décembre 2009
        (12, 18, False, 1),  # retirée : vue la moitié de l'année
        (-1, 2, True, 1),
        (6, 9, True, 1),  # servie : six mois au 31 décembre 2009, elle n'est donc pas comptée comme retirée
    ]
    comptees = estimer_une_annee(vues, 2010, None)[["satisfaites", "en_attente"]].drop_duplicates()
    assert comptees.values.tolist() == [[2, 2]]  # la retirée n'attend plus


def test_ce_que_sont_devenues_les_demandes_fait_le_tout():
    """À deux mois, une demande est satisfaite ; à dix-huit, une autre se retire : elle n'attend plus."""
    vues = pd.DataFrame(
        {
            "entree": [-1, -1, -1, -1], "sortie": [2, 18, 30, 30], "evenement": [True, False, False, False],
            "retiree": [False, True, False, False], "poids": 1.0, "type_demande": "externe", "quartile_ressources": "1",
        }
    )  # fmt: skip
    estimees = estimer_une_annee(vues, 2010, 24)
    ensemble = estimees[estimees["groupe"].eq("ensemble")].set_index("mesure")["valeur"]
    assert ensemble[["au_seuil", "satisfaites_au_seuil", "retirees_au_seuil"]].tolist() == [0.5, 0.25, 0.25]
    assert ensemble["quart"] == 2
    assert np.isnan(ensemble["mediane"])


# --- les objectifs


#: Tout est couvert, et sans bruit.
EXACTE = {"couverture": 1.0, "variance": 0.0, "zero": 0.0}


def _valeurs(x, n, indicateur="moins_40_entrants", **autres):
    bas, haut = map(float, wilson(x, n))
    ligne = LIEU | EXACTE | {"indicateur": indicateur, "numerateur": x, "denominateur": n, "valeur": x / n}
    return pd.DataFrame(
        [ligne | {"borne_basse": bas, "borne_haute": haut, "couverture": 1.0, "statut": "publie"} | autres]
    )


OBJECTIF = Objectif(
    "essai", "moins_40_entrants", "au_moins", 0.25, "quartier", datetime.date(2008, 1, 1), "Conférence", jusque=None
)
DE_LA_VILLE, DE_L_AGGLOMERATION = ("ville", "25056"), ("agglomeration", "999000990")


@pytest.mark.parametrize(
    ("sens", "x", "n", "constat", "verdict"),
    [
        # À cinq chances sur cent de se tromper, 25 % est tenu dès 61 sur 200, et manqué jusqu'à 39.
        ("au_moins", 44, 200, "non_atteint", "non_concluant"),
        ("au_moins", 39, 200, "non_atteint", "non_tenu"),
        ("au_moins", 40, 200, "non_atteint", "non_concluant"),
        ("au_moins", 60, 200, "atteint", "non_concluant"),
        ("au_moins", 61, 200, "atteint", "tenu"),
        ("au_plus", 30, 200, "atteint", "tenu"),
        ("au_plus", 44, 200, "atteint", "non_concluant"),
        ("au_plus", 80, 200, "non_atteint", "non_tenu"),
    ],
)
def test_chaque_verdict_bascule_avec_la_donnee(sens, x, n, constat, verdict):
    ligne = confronter([replace(OBJECTIF, sens=sens)], _valeurs(x, n), [2010], DE_LA_VILLE).iloc[0]
    assert (ligne["constat"], ligne["verdict"]) == (constat, verdict)


def test_ce_qui_manque_peut_decider_d_une_part():
    """70 sur 200 dépasse 25 %, mais pas si le quart des baux, qui n'a pas été déposé, n'en compte aucun."""
    verdicts = [
        confronter([OBJECTIF], _valeurs(70, 200, couverture=c), [2010], DE_LA_VILLE)["verdict"].iloc[0]
        for c in (1.0, 0.9, 0.75)
    ]
    assert verdicts == ["tenu", "tenu", "non_concluant"]


def test_sans_valeur_l_objectif_n_est_pas_mesurable_et_avant_sa_date_il_est_sans_objet():
    absente = _valeurs(1, 2, valeur=np.nan, borne_basse=np.nan, borne_haute=np.nan, statut="nd")
    assert confronter([OBJECTIF], absente, [2010], DE_LA_VILLE)["verdict"].tolist() == ["non_mesurable"]
    tard = replace(OBJECTIF, depuis=datetime.date(2017, 1, 29))
    assert confronter([tard], _valeurs(80, 200), [2010], DE_LA_VILLE).empty
    nomme = replace(tard, territoire="battant")
    assert confronter([nomme], _valeurs(80, 200), [2010], DE_LA_VILLE)["verdict"].tolist() == ["sans_objet"]
    fini = replace(nomme, depuis=datetime.date(2008, 1, 1), jusque=datetime.date(2009, 12, 31))
    assert confronter([fini], _valeurs(80, 200), [2010], DE_LA_VILLE)["verdict"].tolist() == ["sans_objet"]


def test_avant_sa_date_une_regle_de_l_agglomeration_n_a_qu_une_ligne_et_ne_vise_jamais_hors_commune():
    lieux = (("agglomeration", "999000990"), ("ville", "99101"), ("ville", "hors_commune"))
    toutes = pd.concat([_valeurs(80, 200, niveau=n, territoire=t) for n, t in lieux])
    regle = [replace(OBJECTIF, niveau=n) for n in ("agglomeration", "ville")]
    en_vigueur = confronter(regle, toutes, [2010], DE_L_AGGLOMERATION)
    assert en_vigueur["territoire"].tolist() == ["999000990", "99101"]
    tard = [replace(o, depuis=datetime.date(2017, 1, 29)) for o in regle]
    assert confronter(tard, toutes, [2010], DE_L_AGGLOMERATION)["territoire"].tolist() == ["999000990"]


def test_un_objectif_vise_les_territoires_et_les_bailleurs_qu_il_dit():
    toutes = pd.concat(
        [
            _valeurs(80, 200, bailleur=b, niveau=n, territoire=t)
            for n, t in (("ville", "25056"), ("quartier", "battant"), ("quartier", "velotte"))
            for b in ("tous", "gbh", "neolia")
        ]
    )

    def vises(**autres):
        lignes = confronter([replace(OBJECTIF, **autres)], toutes, [2010], DE_LA_VILLE)
        return list(lignes[["territoire", "bailleur"]].itertuples(index=False, name=None))

    assert vises() == [("battant", "tous"), ("velotte", "tous")]
    assert vises(territoire="battant", bailleur="chacun") == [("battant", "gbh"), ("battant", "neolia")]
    assert vises(niveau="ville", bailleur="neolia") == [("25056", "neolia")]


def test_la_loi_de_2017_vaut_de_sa_date_a_la_ville_et_par_bailleur(tmp_path):
    objectifs = lire_objectifs(configuration(tmp_path), BAREMES)
    assert {o.indicateur for o in objectifs} == {"loi_2017_hors_qpv", "loi_2017_en_qpv"}
    assert {o.origine for o in objectifs} == {"loi"}
    assert {(o.indicateur, o.sens, o.cible) for o in objectifs} == {
        ("loi_2017_hors_qpv", "au_moins", 0.25),
        ("loi_2017_en_qpv", "au_moins", 0.5),
    }
    assert not any(o.en_vigueur(2010) for o in objectifs)
    assert all(o.en_vigueur(2017) for o in objectifs)
    assert {(o.niveau, o.bailleur) for o in objectifs} == {("ville", "tous"), ("ville", "chacun")}


def test_la_loi_ne_juge_jamais_un_quartier(tmp_path):
    """Le minimum légal est celui d'un bailleur sur tout le territoire (CCH, art. L. 441-1)."""
    lieux = (("ville", "25056"), ("quartier", "battant"))
    toutes = pd.concat(
        _valeurs(10, 200, "loi_2017_hors_qpv", annee=2018, niveau=n, territoire=t, bailleur=b)
        for n, t in lieux for b in ("tous", "gbh")
    )  # fmt: skip
    table = confronter(lire_objectifs(configuration(tmp_path), BAREMES), toutes, [2018], DE_LA_VILLE)
    lues = table[table["verdict"].eq("non_tenu")]
    assert lues[["niveau", "bailleur"]].values.tolist() == [["ville", "gbh"], ["ville", "tous"]]
    assert set(table["niveau"]) == {"ville"}


def test_un_minimum_legal_releve_s_applique_de_sa_date(tmp_path):
    valeurs = tuple(
        {"depuis": datetime.date(a, 1, 1), "valeur": v, "source": "loi"} for a, v in ((2017, 0.25), (2020, 0.3))
    )
    baremes = Baremes({"loi_2017_hors_qpv": Bareme("loi_2017_hors_qpv", "règle", "fraction", valeurs)})
    objectifs = lire_objectifs(configuration(tmp_path), baremes)
    en_2019 = {o.cible for o in objectifs if o.en_vigueur(2019)}
    assert (en_2019, {o.cible for o in objectifs if o.en_vigueur(2021)}) == ({0.25}, {0.3})
    annees = (2010, 2018, 2021)
    observees = pd.concat(
        _valeurs(80, 200, "loi_2017_hors_qpv", annee=a, niveau="ville", territoire="25056") for a in annees
    )
    table = confronter(objectifs, observees, annees, DE_LA_VILLE)
    assert table[["annee", "cible", "verdict"]].values.tolist() == [
        [2010, 0.25, "sans_objet"], [2018, 0.25, "tenu"], [2021, 0.3, "tenu"],
    ]  # fmt: skip
    assert table["jusque"].tolist() == ["2019-12-31", "2019-12-31", ""]


def test_un_lieu_nomme_ou_rien_n_est_calcule_garde_sa_ligne():
    nomme = replace(OBJECTIF, territoire="bregille", bailleur="gbh")
    table = confronter([nomme], _valeurs(80, 200), [2010], DE_LA_VILLE)
    assert table[["territoire", "bailleur", "verdict"]].values.tolist() == [["bregille", "gbh", "non_mesurable"]]
    de_la_ville = confronter([replace(OBJECTIF, niveau="ville")], _valeurs(80, 200), [2010], DE_LA_VILLE)
    assert de_la_ville[["territoire", "verdict"]].values.tolist() == [["25056", "non_mesurable"]]


def _suivi(tmp_path, objectifs):
    (tmp_path / "suivi").mkdir()
    if not isinstance(objectifs, str):
        objectifs = yaml.dump({"objectifs": objectifs}, Dumper=SansRenvoi, allow_unicode=True)
    (tmp_path / "suivi" / "engagements.yml").write_text(objectifs, encoding="utf-8")
    chemins = {nom: str(RACINE / "data" / nom) for nom in ("referentiels", "schemas")}
    return configuration(tmp_path, chemins=chemins | {"suivi": str(tmp_path / "suivi")})


FICHE = {
    "code": "battant", "indicateur": "moins_40_entrants", "sens": "au_plus", "cible": 0.4, "niveau": "quartier",
    "territoire": "battant", "bailleur": "chacun", "depuis": datetime.date(2008, 6, 12), "source": "Conférence",
}  # fmt: skip


def test_un_objectif_adopte_est_lu(tmp_path):
    lus = lire_objectifs(_suivi(tmp_path, [FICHE]), Baremes({}))
    assert lus == [Objectif(**FICHE)]


def test_des_objectifs_se_passent_d_engagements(tmp_path):
    assert lire_engagements(_suivi(tmp_path, [FICHE])) == []


def test_le_fichier_livre_n_invente_aucun_objectif(tmp_path):
    config = lire_configuration(RACINE / "observatoire.yml").avec_chemins(prepare=tmp_path)  # des dépôts fictifs en ont
    assert lire_objectifs(config, Baremes({})) == []


def test_un_fichier_d_objectifs_reste_a_cote_n_est_jamais_ignore(tmp_path):
    config = _suivi(tmp_path, [FICHE])
    (tmp_path / "suivi" / "objectifs.yml").write_text("objectifs: []", encoding="utf-8")
    for lire in (lire_engagements, partial(lire_objectifs, baremes=Baremes({}))):
        with pytest.raises(
            ErreurConfiguration, match=r"objectifs\.yml ne se lit plus : recopier sa liste .* engagements\.yml"
        ):
            lire(config)


def test_un_fichier_d_objectifs_mal_ecrit_dit_tout_ce_qui_ne_va_pas(tmp_path):
    mauvais = FICHE | {"indicateur": "attributions", "sens": "baisse", "cible": 40, "niveau": "secteur", "cibel": 3}
    mauvais |= {"bailleur": "inconnu", "depuis": "juin 2008"}
    ailleurs = FICHE | {"code": "ailleurs", "territoire": "batant"}
    del mauvais["source"]
    with pytest.raises(ErreurConfiguration) as refus:
        lire_objectifs(_suivi(tmp_path, [mauvais, FICHE, ailleurs]), Baremes({}))
    dit = str(refus.value)
    attendus = (
        "« source » manque", "« cibel » est inconnu (« cible » ?)", "« attributions » n'est pas une proportion",
        "au_moins, au_plus", "ville, quartier", "0.25 pour un quart", "« inconnu » est inconnu",
        "« depuis » s'écrit AAAA-MM-JJ",
        "« battant » est donné deux fois", "« batant » n'est pas un code du niveau « quartier »",
    )  # fmt: skip
    for attendu in attendus:
        assert attendu in dit
    assert "ligne 4 : objectif « battant » : « cible » s'écrit" in dit


@pytest.mark.parametrize(("ancien", "nouveau"), [("plafond", "au_plus"), ("plancher", "au_moins")])
def test_les_mots_d_avant_sont_refuses_et_le_message_dit_les_nouveaux(tmp_path, ancien, nouveau):
    dit = f"« sens » : « {ancien} » s'écrit désormais « {nouveau} »."
    with pytest.raises(ErreurConfiguration, match=dit):
        lire_objectifs(_suivi(tmp_path, [FICHE | {"sens": ancien}]), Baremes({}))


# --- les profils et les bailleurs


def test_l_ecart_au_parc_d_avant_et_aux_sortants_a_sans_bruit_l_intervalle_de_newcombe():
    valeurs = pd.concat(
        [
            _valeurs(23, 50),
            _valeurs(16, 40, "moins_40_sortants"),
            _valeurs(120, 300, "moins_40_plafond", annee=2009),
            _valeurs(290, 300, "moins_40_plafond"),  # le parc de l'année même ne compte pas
        ]
    )
    ligne = comparer_les_profils(valeurs).iloc[0]
    for nom, (x, n) in {"ecart_parc": (120, 300), "ecart_sortants": (16, 40)}.items():
        oracle = confint_proportions_2indep(23, 50, x, n, method="newcomb")
        assert ligne[nom] == pytest.approx(23 / 50 - x / n, abs=5e-4)
        assert (ligne[f"{nom}_bas"], ligne[f"{nom}_haut"]) == pytest.approx(oracle, abs=5e-4)


def test_le_bruit_d_un_terme_elargit_l_ecart_de_profil():
    parc = _valeurs(120, 300, "moins_40_plafond", annee=2009)
    large = _valeurs(23, 50, borne_basse=0.2, borne_haute=0.7)
    exact, bruite = (comparer_les_profils(pd.concat([e, parc])).iloc[0] for e in (_valeurs(23, 50), large))
    assert exact["ecart_parc"] == bruite["ecart_parc"]
    assert bruite["ecart_parc_bas"] < exact["ecart_parc_bas"] < exact["ecart_parc_haut"] < bruite["ecart_parc_haut"]


def test_un_ecart_de_profil_demande_que_ses_deux_termes_paraissent():
    cachee = {"valeur": np.nan, "borne_basse": np.nan, "borne_haute": np.nan, "statut": "c"}
    parc, sortants = _valeurs(120, 300, "moins_40_plafond", annee=2009), _valeurs(1, 2, "moins_40_sortants", **cachee)
    ligne = comparer_les_profils(pd.concat([_valeurs(23, 50), parc, sortants])).iloc[0]
    assert (ligne["statut_parc"], ligne["statut_sortants"], ligne["statut"]) == ("publie", "c", "publie")
    assert ligne[["ecart_sortants", "ecart_sortants_bas", "ecart_sortants_haut"]].isna().all()
    muets = comparer_les_profils(pd.concat([_valeurs(1, 2, **cachee), parc]))
    assert muets["statut"].tolist() == ["c"]
    assert muets[["ecart_parc", "ecart_parc_bas"]].isna().all(axis=None)


def _sommes(lignes):
    """(quartier, bailleur, strate, en haut, en bas) de l'indicateur « prioritaires »."""
    cellules = pd.DataFrame([ligne[:3] for ligne in lignes], columns=["quartier", "bailleur", "strate"])
    valeurs = np.array([ligne[3:] for ligne in lignes], dtype=float)
    colonnes = [("prioritaires", "numerateur"), ("prioritaires", "denominateur")]
    return Sommes(cellules.assign(ville="25056").astype("category"), valeurs, colonnes)


def _comparees(lignes, niveau="quartier", variance=0.0, **changees):
    """Les bailleurs comparés, d'après des lignes publiées qui diraient exactement ces comptes."""
    table = pd.DataFrame(lignes, columns=["quartier", "bailleur", "strate", "x", "n"]).assign(ville="25056")
    siens = table.groupby([niveau, "bailleur"], as_index=False)[["x", "n"]].sum()
    tous = table.groupby(niveau, as_index=False)[["x", "n"]].sum().assign(bailleur="tous")
    publiees = pd.concat([
        _valeurs(x, n, "prioritaires", niveau=niveau, territoire=t, bailleur=b, variance=variance)
        for t, b, x, n in pd.concat([siens, tous])[[niveau, "bailleur", "x", "n"]].itertuples(index=False)
    ], ignore_index=True)  # fmt: skip
    for bailleur, statut in changees.items():
        publiees.loc[publiees["bailleur"].eq(bailleur), "statut"] = statut
    deplacements = standardiser(_sommes(lignes), niveau, [catalogue()["prioritaires"]]).assign(annee=2010)
    table = comparer_les_bailleurs(publiees, deplacements[DES_DEPLACEMENTS], SEUIL)
    return table.set_index(["territoire", "bailleur"])


BATTANT = [("battant", b, "", x, n) for b, x, n in (("gbh", 30, 50), ("neolia", 10, 50), ("saiemb", 8, 40))]


def test_un_bailleur_se_compare_a_tous_les_autres_du_meme_quartier():
    table = _comparees([*BATTANT, ("velotte", "gbh", "", 5, 20)])
    gbh = table.loc[("battant", "gbh")]
    assert gbh["autres"] == pytest.approx(18 / 90)
    assert gbh["ecart"] == gbh["standardise"] == pytest.approx(30 / 50 - 18 / 90)
    assert (gbh["ecart_bas"], gbh["ecart_haut"]) == pytest.approx(
        confint_proportions_2indep(30, 50, 18, 90, method="newcomb"), abs=5e-4
    )
    assert gbh["sens"] == "plus"
    assert table.loc[("battant", "neolia"), "sens"] == "moins"
    assert table.loc[("velotte", "gbh"), "statut"] == "ne"  # seul : personne à qui le comparer
    assert np.isnan(table.loc[("velotte", "gbh"), "ecart"])


def test_le_bruit_de_quatre_comptes_elargit_l_intervalle_comme_au_tirage():
    """L'écart type que le bruit ajoute, par simulation : deux lignes publiées, donc quatre comptes bruités."""
    tirage = np.random.default_rng(2010)
    bruits = tirage.normal(0, np.sqrt(2), (4, 200_000))
    x, n, x_tous, n_tous = (v + b for v, b in zip((30, 50, 48, 140), bruits, strict=True))
    attendu = (x / n - (x_tous - x) / (n_tous - n)).std()
    exact, bruite = (_comparees(BATTANT, variance=v).loc[("battant", "gbh")] for v in (0.0, 2.0))
    z = 1.959964
    ajoute = np.sqrt((bruite["ecart"] - bruite["ecart_bas"]) ** 2 - (exact["ecart"] - exact["ecart_bas"]) ** 2) / z
    assert ajoute == pytest.approx(attendu, rel=0.03)


@pytest.mark.parametrize("niveau", ["quartier", "ville"])
def test_a_logements_egaux_un_ecart_du_seul_au_parc_disparait(niveau):
    # Partout 80 % dans les petits et 20 % dans les grands ; l'un n'a que des petits, l'autre que des grands.
    lignes = [("battant", "gbh", "T1", 80, 100), ("battant", "gbh", "T4", 2, 10), ("battant", "neolia", "T4", 20, 100),
              ("battant", "neolia", "T1", 8, 10)]  # fmt: skip
    table = _comparees(lignes, niveau).loc[("battant" if niveau == "quartier" else "25056", "gbh")]
    assert table["ecart"] > 0.4
    assert table["standardise"] == pytest.approx(0, abs=1.1e-3)
    assert table["sens"] == "semblable"
    assert table["standardise_haut"] - table["standardise_bas"] == pytest.approx(
        table["ecart_haut"] - table["ecart_bas"], abs=1.1e-3
    )


@pytest.mark.parametrize("niveau", ["quartier", "ville"])
def test_a_parc_egal_l_ecart_standardise_est_l_ecart(niveau):
    lignes = [("battant", b, s, x, 50) for b, s, x in (("gbh", "T1", 30), ("gbh", "T4", 20), ("neolia", "T1", 20),
                                                       ("neolia", "T4", 10))]  # fmt: skip
    table = _comparees(lignes, niveau).loc[("battant" if niveau == "quartier" else "25056", "gbh")]
    assert table["standardise"] == pytest.approx(table["ecart"])
    assert table["ecart"] == pytest.approx(0.2)


@pytest.mark.parametrize(("sien", "ensemble", "attendu"), [("publie", "publie", "publie"), ("c", "publie", "c"),
                                                           ("publie", "c", "c")])  # fmt: skip
def test_un_bailleur_ne_se_compare_que_si_l_ensemble_parait_aussi(sien, ensemble, attendu):
    parue = _comparees(BATTANT, gbh=sien, tous=ensemble).loc[("battant", "gbh")]
    assert parue["statut"] == attendu
    assert parue[["autres", "ecart", "standardise_haut"]].notna().all() == (attendu == "publie")
    assert (parue["sens"] == "plus") == (attendu == "publie")
    assert parue["nb_comparaisons"] == 3


def test_un_verdict_ne_parait_que_si_la_valeur_parait():
    secret = _valeurs(80, 200, territoire="velotte", statut="c", valeur=np.nan, borne_basse=np.nan, borne_haute=np.nan)
    table = confronter([OBJECTIF], pd.concat([_valeurs(80, 200), secret]), [2010], DE_LA_VILLE)
    assert table["statut"].tolist() == ["publie", "c"]
    assert table["verdict"].tolist()[0] == "tenu"
    assert table.loc[1, ["constat", "verdict"]].isna().all()


@pytest.mark.parametrize(
    ("changement", "statut"),
    [
        ({}, "publie"),
        ({"satisfaites": 10}, "c"),
        ({"en_attente": 3}, "c"),
        ({"risque": 8}, "c"),
        ({"valeur": np.nan}, "ne"),
    ],
)
def test_une_attente_demande_assez_de_demandes(changement, statut):
    parue = _attente(changement)
    assert parue["statut"] == statut
    assert pd.notna(parue["valeur"]) == (statut == "publie")
    assert not {"risque", "satisfaites", "en_attente"} & set(parue.index)


def test_une_attente_se_dit_en_mois_entiers_et_une_part_au_centieme():
    assert _attente({"valeur": 20.6})["valeur"] == 21
    part = _attente({"mesure": "au_seuil", "valeur": 0.4567, "borne_basse": 0.4449, "borne_haute": 0.4651})
    assert part[["valeur", "borne_basse", "borne_haute"]].tolist() == [0.46, 0.44, 0.47]


def test_une_attente_se_cache_avec_ce_dont_elle_se_tire():
    assert _attente({}, attributions="c")["statut"] == "c"
    assert _attente({}, demandes_actives="nd")["statut"] == "nd"


def _attente(changement: dict, **statuts: str) -> pd.Series:
    """Une attente publiée, et ce que disent à la ville les indicateurs dont elle se tire."""
    ligne = {"annee": 2010, "groupe": "ensemble", "modalite": "tous", "mesure": "mediane", "valeur": 21.0}
    ligne |= {"borne_basse": 19.0, "borne_haute": 22.0, "risque": 800.0, "satisfaites": 1500.0, "en_attente": 5000.0}
    statuts = {"attributions": "publie", "demandes_actives": "publie"} | statuts
    lieu = {"annee": 2010, "niveau": "ville", "territoire": "25056", "bailleur": "tous"}
    publiees = pd.DataFrame([lieu | {"indicateur": c, "statut": s} for c, s in statuts.items()])
    attentes = pd.DataFrame([ligne | changement], columns=DES_ATTENTES)
    return publier_les_attentes(attentes, publiees, DE_LA_VILLE, SEUIL).iloc[0]


# --- de bout en bout, sur deux années minuscules


def test_tout_se_calcule_sur_des_tables_preparees(tmp_path):
    config = configuration(tmp_path, edition={"annees": [2009, 2010]})
    lieu = {"quartier": "battant", "qpv": "hors_qpv"}
    demandes = [{"id_demande": f"d{i}", "date_depot": "2009-03-01", "type_demande": "externe"} for i in range(6)]
    bail = lieu | {"date": "2010-05-01", "mois_attente": 4, "type_demande": "externe", "tranche_plafond": "20-40"}
    baux = [
        bail | {"id_logement": f"l{i}", "bailleur": b, "motif_prioritaire": "aucun" if i % 2 else "dalo"}
        for i, b in enumerate(["gbh"] * 4 + ["neolia"] * 4)
    ]
    logements = [lieu | {"id_logement": f"l{i}", "nb_pieces": 2, "financement": "PLUS", "occupation": "loue",
                         "bailleur": "gbh" if i < 4 else "neolia"} for i in range(8)]  # fmt: skip
    annees = {
        2009: {"demandes": demandes, "logements": logements},
        2010: {
            "demandes": demandes[:3], "attributions": baux, "logements": logements,
            "devenirs": [lieu | {"devenir": d, "tranche_plafond": "20-40"} for d in ("parti", "reste", "reste")],
        },
    }  # fmt: skip
    depots = [
        (a, b, t) for a in (2009, 2010) for b in ("gbh", "neolia") for t in ("logements", "menages", "attributions")
    ]
    depots += [(a, "sne", "demandes") for a in (2009, 2010)]
    ecrire_prepare(config, annees, depots)
    valeurs = indicateurs.calculer(config)
    depart = valeurs[valeurs["indicateur"].astype(str).eq("taux_depart") & valeurs["niveau"].astype(str).eq("ville")]
    depart = depart[depart["bailleur"].astype(str).eq("tous")].set_index("annee")
    assert depart.loc[2010, ["numerateur", "denominateur"]].tolist() == [1, 3]
    assert depart.loc[2009, "statut"] == "nd"
    ecrire_attributions(config)
    tables = {table: lire_preparee(table, config.chemin("prepare")) for table in (DEPLACEMENTS, ATTENTES)}
    assert all(list(contenu) == table.noms for table, contenu in tables.items())
    deplacements = tables[DEPLACEMENTS].set_index(["niveau", "bailleur", "indicateur"])
    assert deplacements.loc[("quartier", "gbh", "prioritaires"), "deplacement"] == 0
    attente = tables[ATTENTES].set_index(["groupe", "mesure"])
    assert attente.loc[("ensemble", "quart"), "valeur"] == 4
    assert attente.loc[("ensemble", "quart"), "satisfaites"] == 8


def test_les_pratiques_comparees_sont_des_proportions_du_catalogue():
    assert {catalogue()[code].nature for code in PRATIQUES} == {"proportion"}
    assert {catalogue()[code].tables for code in PRATIQUES} == {("attributions",)}

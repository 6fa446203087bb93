"""Les pages des attributions et de la simulation : ce qu'elles montrent, ce qu'elles taisent."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from petit_publie import ecrire_publie

from observatoire.presentation.affichage import Absent
from observatoire.presentation.nombres import ecrire
from observatoire.presentation.tableaux import tableau_famille
from observatoire.publie import VARIABLE, lire_publie
from observatoire.sujets.objectifs.vue.attentes import tableau_attentes
from observatoire.sujets.objectifs.vue.attributions import objectifs_en_bref, tableau_conformite, tableau_profils
from observatoire.sujets.objectifs.vue.pratiques import pratiques_en_bref, tableau_ecarts_marques, tableau_pratiques
from observatoire.sujets.simulation.modele.projection import projeter
from observatoire.sujets.simulation.modele.tirages import Tirage
from observatoire.sujets.simulation.vue.atelier import atelier_simulation, montrer_un_choix
from observatoire.sujets.simulation.vue.tableaux import (
    Lieu,
    lire_lieu,
    lire_lieux,
    reporter_sur_les_autres,
    table_de_pertinence,
    tableau_pertinence,
    tableau_report,
)
from observatoire.tables.indicateurs import CUMULS

PLANOISE = "planoise-chateaufarine"


@pytest.fixture(scope="module")
def dossier(tmp_path_factory):
    return ecrire_publie(tmp_path_factory.mktemp("publie") / "publique")


@pytest.fixture
def valeurs(dossier):
    return lire_publie(2010, dossier)


def lignes(fragment) -> list[str]:
    """Les rangées d'un tableau, en texte."""
    rangees = re.findall(r"<tr.*?</tr>", str(fragment), flags=re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", r).split()) for r in rangees]


def test_la_conformite_dit_le_constat_et_le_verdict_a_part(valeurs):
    texte = " ".join(lignes(tableau_conformite(valeurs)))
    assert "non atteint" in texte
    assert "non concluant" in texte
    assert "au plus 40,0" in texte
    assert "33,0 % ou moins, 47,0 % ou plus" in texte.replace("\u202f", " ").replace("\xa0", " ")
    assert "Conférence du 12 juin 2008" in texte
    assert "obs-statut-c" in str(tableau_conformite(valeurs))


def test_la_conformite_se_restreint_a_un_territoire_ou_a_un_bailleur(valeurs):
    assert len(lignes(tableau_conformite(valeurs, PLANOISE))) == 2
    assert len(lignes(tableau_conformite(valeurs, bailleur="gbh"))) == 2
    sans = str(tableau_conformite(valeurs, "velotte"))
    assert "Aucun objectif chiffré d'attribution n'était en vigueur" in sans.replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("depuis", "jusque", "dit"),
    [
        ("2008-01-01", "2009-12-31", "n'est plus en vigueur depuis le 1er janvier 2010."),
        ("2017-01-29", None, "non applicable, en vigueur depuis le 29 janvier 2017."),
        ("2017-01-29", "2019-12-31", "non applicable, en vigueur depuis le 29 janvier 2017."),
    ],
)
def test_un_objectif_expire_ne_se_dit_pas_a_venir(tmp_path, depuis, jusque, dit):
    dossier = ecrire_publie(tmp_path / "publique")
    fichier = dossier / "attributions_conformite.csv"
    table = pd.read_csv(fichier).assign(depuis=depuis, jusque=jusque, constat=None, verdict="sans_objet", statut="na")
    table.to_csv(fichier, index=False)
    phrase = re.sub(r"<[^>]+>", "", str(tableau_conformite(lire_publie(2010, dossier)))).replace("&#x27;", "'")
    assert dit in phrase.replace("\u202f", " ").replace("\u00a0", " ")


def test_les_profils_montrent_les_trois_parts_et_taisent_ce_qui_est_cache(valeurs):
    rangees = lignes(tableau_profils(valeurs))
    assert "+3,4 points" in rangees[1]
    assert rangees[1].count("points") >= 4
    mono = next(r for r in rangees if "Parent seul" in r)
    assert mono.endswith(" c")
    assert "secret" in str(tableau_profils(valeurs, "tilleroyes"))


def test_sans_annee_d_avant_le_parc_d_avant_n_est_pas_disponible(dossier):
    rangee = lignes(tableau_profils(lire_publie(2007, dossier)))[1]
    assert rangee.split()[-4:].count("nd") >= 2


def test_un_ecart_net_est_en_gras_et_compte(valeurs):
    tableau = str(tableau_pratiques(valeurs, PLANOISE))
    assert tableau.count("<strong>") == 1
    assert "+14,0" in tableau
    marques = tableau_ecarts_marques(valeurs)
    assert len(lignes(marques)) == 1 + 2
    assert "9 comparaisons d&#x27;un bailleur" in str(marques)
    assert "4 sont publiées ; 2 s’écartent, contre 0,2 par" in str(marques)


def test_la_page_dit_d_abord_qui_tient_l_objectif_et_quel_bailleur_se_distingue(valeurs, tmp_path):
    """Un objectif sans verdict publié n'y est pas ; un écart que le hasard explique non plus."""

    def lire(fragment) -> str:
        return unescape(re.sub(r"<[^>]+>", "", str(fragment))).replace("\u202f", " ").replace("\xa0", " ")

    dit = lire(objectifs_en_bref(valeurs))
    assert re.search(
        r"Objectifs\. .+, au plus 40,0 % – tenu : Besançon ; non concluant : .+, Grand Besançon Habitat\.$", dit
    )
    dit = lire(pratiques_en_bref(valeurs))
    assert (
        "à taille et financement de logement égaux : plus que les autres, Grand Besançon Habitat (+14,0 points" in dit
    )
    assert "Néolia" not in dit
    publie = shutil.copytree(valeurs.dossier, tmp_path / "publique")
    table = pd.read_csv(publie / "attributions_cote_a_cote.csv", dtype=str)
    table.assign(sens="semblable").to_csv(publie / "attributions_cote_a_cote.csv", index=False)
    assert "aucun bailleur ne se distingue nettement" in lire(pratiques_en_bref(lire_publie(2010, publie)))
    assert isinstance(objectifs_en_bref(lire_publie(2007, publie)), Absent)


def test_l_attente_ecrit_la_borne_inconnue_et_l_age_non_atteint(valeurs):
    rangees = lignes(tableau_attentes(valeurs))
    assert "21 mois 19 à –" in rangees[1]
    assert " ne" in rangees[1]
    assert "Premier quartile" in rangees[2]
    entete = lignes(tableau_attentes(valeurs))[0]
    assert all(f"{devenir} après 24 mois" in entete for devenir in ("Attendent", "Logées", "Retirées"))
    assert all(part in rangees[1] for part in ("24", "48", "28"))
    assert "La moyenne des seules demandes satisfaites" in str(tableau_attentes(valeurs))


def test_un_lieu_se_lit_de_ce_qui_est_publie(valeurs):
    lieu = lire_lieu(valeurs, PLANOISE)
    stock = valeurs.ligne("moins_40_plafond", "quartier", PLANOISE)
    assert isinstance(lieu, Lieu)
    assert lieu.parc.part == stock["valeur"]
    assert lieu.parc.menages == pytest.approx(stock["denominateur"] / stock["reponse"])
    assert lieu.parc.depart == pytest.approx(valeurs.ligne("taux_depart", "quartier", PLANOISE)["valeur"], abs=1e-9)
    assert lieu.parc.connus[0] == stock["denominateur"]


def test_un_quartier_secret_ne_se_simule_pas(valeurs):
    assert "c (secret)" in str(lire_lieu(valeurs, "tilleroyes"))
    assert "tilleroyes" not in [lieu.code for lieu in lire_lieux(valeurs)]
    assert table_de_pertinence(valeurs, {"tilleroyes": (0.3, "baisse")}) == {}
    assert "ne sont pas tous publiés" in str(reporter_sur_les_autres(valeurs, "tilleroyes", 0.3))


def test_la_table_de_la_revue_juge_chaque_cible(valeurs):
    lieu = lire_lieu(valeurs, PLANOISE)
    loin, pres = 0.05, float(projeter(lieu.parc, lieu.entrants / 2, 3))
    juges = table_de_pertinence(valeurs, {PLANOISE: (pres, "baisse"), "25056": (loin, "baisse")}, tirage=Tirage(200))
    assert juges[PLANOISE].verdict == "a_portee"
    assert juges[PLANOISE].profil == pytest.approx(lieu.entrants / 2, abs=1e-6)
    assert juges["25056"].verdict == "hors_d_atteinte"
    tableau = tableau_pertinence(valeurs, {PLANOISE: (pres, "baisse"), "25056": (loin, "baisse")})
    texte = " ".join(lignes(tableau))
    assert "à portée" in texte
    assert "hors d'atteinte" in texte.replace("&#x27;", "'")
    assert "aucun" in texte


def test_le_report_a_l_ecran_conserve_la_demande(valeurs):
    lieux = lire_lieux(valeurs)
    report = reporter_sur_les_autres(valeurs, PLANOISE, 0.3)
    entrees = np.array([x.parc.entrees for x in lieux])
    avant = entrees @ np.array([x.entrants for x in lieux])
    assert entrees @ report.parts + report.reste == pytest.approx(avant)
    assert len(lignes(tableau_report(valeurs, PLANOISE, 0.3))) == 1 + len(lieux)
    assert len(lignes(tableau_report(valeurs))) == 1 + len(lieux)


def _cases(fragment, debut: str) -> dict[str, str]:
    """Les cases de la rangée qui commence ainsi, par en-tête."""
    rangees = re.findall(r"<tr.*?</tr>", unescape(str(fragment)), flags=re.S)
    lues = [[" ".join(re.sub(r"<[^>]+>", " ", c).split()) for c in re.findall(r"<t[hd].*?</t[hd]>", r, flags=re.S)]
            for r in rangees]  # fmt: skip
    return dict(zip(*(next(c for c in lues if c[0].startswith(d)) for d in ("Territoire", debut)), strict=True))


@pytest.mark.parametrize(
    ("cible", "sens", "qu_il_faut", "huit_fois_sur_dix", "verdict"),
    [
        (1.0, "baisse", "tous conviennent", "tous conviennent", "déjà acquis"),
        (0.0, "hausse", "tous conviennent", "tous conviennent", "déjà acquis"),
        (0.01, "baisse", "aucun", "aucun", "hors d'atteinte"),
    ],
)
def test_aucun_profil_n_est_pas_tous_les_profils(valeurs, cible, sens, qu_il_faut, huit_fois_sur_dix, verdict):
    cases = _cases(tableau_pertinence(valeurs, {PLANOISE: (cible, sens)}), "Planoise")
    assert cases["Entrants qu'il faut"] == qu_il_faut
    assert cases["Pour y mener 8 fois sur 10"] == huit_fois_sur_dix
    assert verdict in cases["Pertinence"]


def test_l_horizon_de_la_page_est_la_duree_de_la_charte(tmp_path):
    dossier = ecrire_publie(tmp_path / "publique")
    assert "ce que 3\xa0ans permettent" in str(tableau_pertinence(lire_publie(2010, dossier)))
    edition = json.loads((dossier / "edition.json").read_text(encoding="utf-8"))
    edition["charte"]["duree_ans"] = "5"
    (dossier / "edition.json").write_text(json.dumps(edition), encoding="utf-8")
    valeurs = lire_publie(2010, dossier)
    lieu = lire_lieu(valeurs, PLANOISE)
    loin = float(projeter(lieu.parc, 0.0, 4))
    assert "ce que 5\xa0ans permettent" in str(tableau_pertinence(valeurs))
    assert table_de_pertinence(valeurs, {PLANOISE: (loin, "baisse")}, tirage=Tirage(50))[PLANOISE].verdict == "a_portee"
    assert str(tableau_report(valeurs, PLANOISE, 0.3)) == str(tableau_report(valeurs, PLANOISE, 0.3, annees=5))


def test_un_taux_de_reponse_tu_se_dit_ou_le_lieu_est_montre(valeurs, tmp_path):
    dossier = ecrire_publie(tmp_path / "publique")
    table = pd.read_csv(dossier / "indicateurs.csv", dtype={"territoire": str})
    ici = table["territoire"].eq(PLANOISE) & table["indicateur"].eq("moins_40_plafond")
    table.assign(reponse=table["reponse"].mask(ici)).to_csv(dossier / "indicateurs.csv", index=False)
    phrase = "Taux de réponse non publié (Planoise - Châteaufarine) : seuls les ménages qui ont répondu y sont comptés."
    for montrer in (tableau_pertinence, tableau_report, lambda v: tableau_report(v, PLANOISE, 0.3)):
        assert phrase in str(montrer(lire_publie(2010, dossier)))
        assert "Taux de réponse non publié" not in str(montrer(valeurs))


def test_le_report_dit_combien_au_plus_et_dans_quel_sens(valeurs):
    lieux = lire_lieux(valeurs)
    plein = {x.code: x.entrants for x in lieux}[PLANOISE]
    assert "les livraisons restent à leur moyenne des années connues" in str(tableau_report(valeurs, PLANOISE, 0.3))
    assert "ménages par an en plus, de ceux qui ont le trait" in str(tableau_report(valeurs, PLANOISE, plein - 0.1))
    moins = str(tableau_report(valeurs, PLANOISE, plein + 0.1))
    assert "ménages par an en moins, de ceux qui ont le trait" in moins
    assert "prennent −" not in moins
    assert "Pour chacun d'eux, au plus" in str(tableau_report(valeurs)).replace("&#x27;", "'")


def test_un_quartier_deja_plein_ne_cache_pas_ce_que_prennent_les_autres(valeurs, tmp_path):
    # Tous les autres quartiers, sauf Battant, n'ont que des entrants qui ont le trait : leur médiane est nulle.
    dossier = ecrire_publie(tmp_path / "publique")
    table = pd.read_csv(dossier / "indicateurs.csv", dtype={"territoire": str})
    entrants = table["niveau"].eq("quartier") & table["indicateur"].eq("moins_40_entrants") & table["valeur"].notna()
    voulues = table["territoire"].map({PLANOISE: lire_lieu(valeurs).entrants + 0.01, "battant": 0.3}).fillna(1.0)
    table.assign(valeur=table["valeur"].mask(entrants, voulues)).to_csv(dossier / "indicateurs.csv", index=False)
    valeurs = lire_publie(2010, dossier)
    planoise, battant = (lire_lieu(valeurs, code) for code in (PLANOISE, "battant"))
    deplace = 0.01 * planoise.parc.entrees / battant.parc.entrees
    rangee = next(r for r in lignes(tableau_report(valeurs)) if r.startswith("Planoise"))
    assert rangee.endswith(" ".join(ecrire(deplace, "points", signe=True).split()))


def test_dans_une_edition_l_atelier_est_une_phrase(valeurs, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(valeurs.dossier))
    assert "make lab" in str(atelier_simulation(valeurs))


@pytest.mark.skipif(
    importlib.util.find_spec("ipywidgets") is None, reason="ipywidgets est à l'environnement des analystes"
)
def test_dans_jupyterlab_l_atelier_a_des_curseurs(valeurs):
    atelier = atelier_simulation(valeurs)
    noms = {enfant.description for enfant in atelier.children if hasattr(enfant, "description")}
    assert {"Cible (%)", "Horizon (ans)", "Quartier", "Trait", "Part des entrants (%)", "Sens"} <= noms


def test_un_choix_de_curseurs_donne_les_deux_tableaux(valeurs):
    pertinence, report = montrer_un_choix(valeurs, "moins_40", PLANOISE, sens="baisse", cible=40, annees=3, part=30)
    assert "au plus 40,0" in " ".join(lignes(pertinence))
    assert "30,0" in " ".join(lignes(report))


def test_une_edition_d_avant_n_a_pas_ces_tables(tmp_path):
    dossier = ecrire_publie(tmp_path / "publique")
    for fichier in dossier.glob("attributions_*.csv"):
        fichier.unlink()
    valeurs = lire_publie(2010, dossier)
    assert isinstance(valeurs.attributions_profils, pd.DataFrame)
    for montrer in (tableau_conformite, tableau_attentes, tableau_ecarts_marques, tableau_pratiques, tableau_profils):
        assert str(montrer(valeurs))


# --- les bailleurs d'un quartier, dans une édition qui ne les croise pas ; les flux rares


def _dossier_a_part(tmp_path, **regles) -> Path:
    """Une édition sans aucune comparaison au quartier, et ces règles."""
    dossier = ecrire_publie(tmp_path / "publie")
    table = pd.read_csv(dossier / "attributions_cote_a_cote.csv")
    table[table["niveau"].ne("quartier")].to_csv(dossier / "attributions_cote_a_cote.csv", index=False)
    edition = json.loads((dossier / "edition.json").read_text(encoding="utf-8")) | {"regles": regles}
    (dossier / "edition.json").write_text(json.dumps(edition), encoding="utf-8")
    return dossier


def test_l_edition_qui_ne_croise_pas_les_menages_par_bailleur_le_dit_en_une_phrase(tmp_path):
    reservee = lire_publie(2010, _dossier_a_part(tmp_path / "a", par_bailleur={"quartier": ["logements"]}))
    for fragment in (tableau_pratiques(reservee, PLANOISE), tableau_ecarts_marques(reservee)):
        assert "l'édition publique ne détaille pas" in str(fragment).replace("&#x27;", "'")
        assert "<table" not in str(fragment)
    assert "<table" in str(tableau_pratiques(reservee))  # la ville, elle, se croise
    ouverte = lire_publie(2010, _dossier_a_part(tmp_path / "b", par_bailleur={}))
    assert "ne détaille pas" not in str(tableau_pratiques(ouverte, PLANOISE))


@pytest.mark.parametrize(("bornes", "dit"), [((0.01, 0.09), True), ((0.025, 0.035), False)])
def test_un_flux_rare_se_lit_sur_trois_ans_la_ou_l_annee_seule_dit_peu(tmp_path, bornes, dit):
    """Trois pour cent : l'intervalle de l'année est plus large que la valeur, ou il ne l'est pas."""
    dossier = ecrire_publie(tmp_path / "publie")
    table = pd.read_csv(dossier / "indicateurs.csv", dtype={"territoire": str})
    ou = table["indicateur"].eq("signalements") & table["territoire"].eq(PLANOISE) & table["annee"].eq(2010)
    cumul = table[ou].assign(depuis=2008, valeur=0.072, borne_basse=0.046, borne_haute=0.108, statut="publie")
    cumul[CUMULS.noms].to_csv(dossier / "cumuls.csv", index=False)
    table.loc[ou, ["valeur", "borne_basse", "borne_haute"]] = (0.03, *bornes)
    table.to_csv(dossier / "indicateurs.csv", index=False)
    valeurs = lire_publie(2010, dossier)
    assert valeurs.cumul("signalements", "quartier", PLANOISE)["depuis"] == 2008
    assert ("2008 à 2010 : 7,2" in str(tableau_famille(valeurs, "Difficultés", PLANOISE))) == dit

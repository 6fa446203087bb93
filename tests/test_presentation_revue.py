"""La page de la revue : ce qu'elle montre, ce qu'elle tait, et aucun mot qui dise une cause."""

from __future__ import annotations

import html
import json
import re

import pandas as pd
import pytest
from petit_publie import ecrire_publie

from observatoire.presentation.epreuves import Epreuves
from observatoire.publie import lire_publie
from observatoire.rangement import vide
from observatoire.sujets.objectifs.vue.engagements import (
    bilan_des_engagements,
    tableau_de_bord,
    verdict_d_un_engagement,
)
from observatoire.sujets.objectifs.vue.questions import questions_ouvertes
from observatoire.sujets.revue.calcul.contributions import COLONNES, PARAISSENT
from observatoire.sujets.revue.calcul.ecarts import COLONNES as COLONNES_DES_ECARTS
from observatoire.sujets.revue.calcul.objectifs import dresser_les_objectifs
from observatoire.sujets.revue.vue.decomposition import figure_decomposition, tableau_decomposition
from observatoire.sujets.revue.vue.regle import dire_le_champ
from observatoire.sujets.revue.vue.tableaux import (
    explications_rivales,
    resume_de_la_revue,
    tableau_contexte,
    tableau_de_la_revue,
    tableau_des_ecarts,
    tableau_des_propositions,
)
from observatoire.sujets.variations.tables import VARIATIONS

CAUSES = re.compile(r"grâce|à cause|impact|provoqu|entraîn|permis de|dû à|conséquence|explique par", re.I)
VILLE, PLANOISE = "25056", "planoise-chateaufarine"
EPCI = ["epci", "242500361", "Grand Besançon"]
DE_2011 = "RPLS au 1er janvier 2011 (SDES), fichier rpls_2011.xlsx"
LU = ["annee", "echelle", "territoire", "nom", "indicateur", "valeur", "denominateur", "source", "statut"]
CONTEXTE = [
    [2010, *EPCI, "taux_vacance", 0.034, 18000, DE_2011, "publie"],
    [2010, *EPCI, "taux_mobilite", 0.1271, None, DE_2011, "publie"],
    [2010, *EPCI, "loyer_m2", None, None, DE_2011, "c"],
    [2010, *EPCI, "nb_logements", 18242, None, DE_2011, "publie"],
    [2014, *EPCI, "taux_vacance", 0.029, 18100, "d'une autre année", "publie"],
    [2014, "commune", VILLE, "Besançon", "loyer_m2", None, None, "avant-dernière année", "nd"],
    [2015, "commune", VILLE, "Besançon", "loyer_m2", 5.25, None, "dernière année", "publie"],
]


#: Deux objectifs, tels que ``revue_ecarts.csv`` les garde.
CIBLES = (
    "{depuis: 2007, valeur: 0.4, adoptee_par: Ville, source: charte} ; {depuis: 2009-12-15, valeur: 0.45, "
    "adoptee_par: 'Conférence : communale', source: compte rendu fictif, echeance: 2012, fictif: true}"
)


def _engagement(code: str, verdict: str, **champs) -> dict:
    return {
        "annee": 2010, "engagement": code, "libelle": f"Tenir {code}", "genre": "indicateur", "indicateur": "apl",
        "niveau": "ville", "territoire": VILLE, "bailleur": "tous", "sens": "au_plus", "cible": 0.45, "jusque": None,
        "echeance": None, "zero_annee": 2007, "zero_valeur": 0.5, "zero_source": "", "verdict": verdict,
        "constat": "non_atteint", "raison": "Une raison.", "statut": "publie", **champs,
    }  # fmt: skip


def _decomposer(niveau: str, territoire: str, perimetre: str = "courant", absents: str = "") -> pd.DataFrame:
    """Sept composantes, dont deux cachées et réunies, et ce que le bruit laisse ; leur somme est la variation."""
    commun = {
        "depart": 2007, "annee": 2010, "niveau": niveau, "territoire": territoire, "indicateur": "moins_40_plafond",
        "valeur_depart": 0.42, "valeur": 0.427, "variation": 0.007, "motif": "",
        "perimetre": perimetre, "absents": absents,
    }  # fmt: skip
    valeurs = dict(zip(PARAISSENT, (0.02, -0.01, -0.005, None, 0.0, 0.003, None), strict=True))
    valeurs |= {"autres": 0.001, "bruit": -0.002}
    return pd.DataFrame(
        [{**commun, "composante": c, "contribution": v, "statut": "publie" if v is not None else "c"}
         for c, v in valeurs.items()], columns=COLONNES
    )  # fmt: skip


def _ecrire(dossier, public: str):
    """Un petit dossier publié et ses tables de la revue, dressées comme elles le sont."""
    ecrire_publie(dossier, public=public)
    parus = pd.read_csv(dossier / "indicateurs.csv", dtype={"territoire": str})
    engagements = pd.DataFrame([_engagement("un", "non_tenu"), _engagement("deux", "non_concluant", bailleur="gbh")])
    ruptures = pd.DataFrame(
        {"annee": [2009], "indicateurs": ["impayes_3_mois"], "genre": ["definition"], "libelle": ["x"]}
    )
    sans = pd.DataFrame(columns=["annee", "objectif", "indicateur", "niveau", "territoire", "bailleur", "sens",
                                 "cible", "source", "constat", "verdict", "statut"])  # fmt: skip
    objectifs = dresser_les_objectifs(
        parus, engagements, sans, ruptures, vide(VARIATIONS), bouts=(2007, 2010), tout=("ville", VILLE), duree=3
    )
    objectifs[objectifs["indicateur"].isin(lire_publie(2010, dossier).catalogue)].to_csv(
        dossier / "revue_objectifs.csv", index=False
    )
    constants = [(*lieu, "constant", "adoma neolia") for lieu in (("ville", VILLE), ("quartier", PLANOISE))]
    lieux = [("ville", VILLE), ("quartier", PLANOISE), *constants]
    pd.concat([_decomposer(*lieu) for lieu in lieux]).to_csv(dossier / "revue_decomposition.csv", index=False)
    ecart = ["0e12345678", "2007-12-31", "un", "Tenir un", "modifie", "cibles", "", CIBLES]
    pas_encore = [*ecart[:2], "deux", "Attendre deux", "modifie", "preuve", "{genre: seances, rythme: annuel}",
                  "{genre: seances, seance: conference, rythme: une_fois, avec: reexaminer_charte}"]  # fmt: skip
    jugements = [["non_tenu", "publie", "tenu", "publie", "publie", ""], ["", "na", "", "c", "publie", ""]]
    pd.DataFrame(
        [e + j for e, j in zip((ecart, pas_encore), jugements, strict=True)], columns=COLONNES_DES_ECARTS
    ).to_csv(dossier / "revue_ecarts.csv", index=False)
    pd.DataFrame(CONTEXTE, columns=LU).to_csv(dossier / "contexte.csv", index=False)
    return dossier


@pytest.fixture(scope="module")
def dossiers(tmp_path_factory):
    racine = tmp_path_factory.mktemp("revue")
    return {public: _ecrire(racine / public, public) for public in ("publique", "partenaires")}


def _fragments(valeurs) -> list:
    return [
        resume_de_la_revue(valeurs), tableau_de_la_revue(valeurs), tableau_de_la_revue(valeurs, suivi=True),
        figure_decomposition(valeurs, "moins_40_plafond"), tableau_decomposition(valeurs),
        tableau_decomposition(valeurs, territoires=True), tableau_contexte(valeurs), explications_rivales(valeurs),
        tableau_des_propositions(valeurs), tableau_des_ecarts(valeurs),
    ]  # fmt: skip


def test_un_nom_a_apostrophe_n_est_echappe_qu_une_fois(tmp_path):
    """« &amp;#x27; » se lit tel quel sur la page."""
    dossier = _ecrire(tmp_path / "publique", "publique")
    edition = json.loads((dossier / "edition.json").read_text(encoding="utf-8")) | {"nom": "Val d'Ombre"}
    (dossier / "edition.json").write_text(json.dumps(edition), encoding="utf-8")
    figure = str(figure_decomposition(lire_publie(2010, dossier), "moins_40_plafond"))
    assert "Val d&#x27;Ombre" in figure
    assert "&amp;" not in figure


@pytest.mark.parametrize("public", ["publique", "partenaires"])
def test_rien_ne_dit_une_cause(dossiers, public):
    fragments = _fragments(lire_publie(2010, dossiers[public]))
    assert not CAUSES.search(" ".join(re.sub(r"<[^>]+>", " ", str(f)) for f in fragments))


def test_chaque_ecart_est_a_cote_de_son_effet_minimal(dossiers):
    valeurs = lire_publie(2010, dossiers["publique"])
    texte = str(tableau_de_la_revue(valeurs))
    assert "Effet minimal" in re.sub(r"<br[^>]*>|\s+", " ", texte)
    assert "au plus 45,0" in texte
    suivies = valeurs.revue_objectifs.query("origine == 'suivi' and statut == 'publie'")
    assert suivies["effet_minimal"].notna().all()
    assert "rupture de série" in str(tableau_de_la_revue(valeurs, suivi=True))


@pytest.fixture(scope="module")
def compares(tmp_path_factory):
    """Une part dont les bailleurs ont changé : ses deux valeurs comparées ne sont pas celles des années."""
    dossier = _ecrire(tmp_path_factory.mktemp("compares") / "publique", "publique")
    table = pd.read_csv(dossier / "revue_objectifs.csv", dtype={"territoire": str})
    sienne = table["origine"].eq("suivi") & table["indicateur"].eq("moins_40_plafond")
    table.loc[sienne, ["valeur_depart", "valeur", "ecart"]] = [0.8246, 0.8421, 0.0175]
    table.to_csv(dossier / "revue_objectifs.csv", index=False)
    return lire_publie(2010, dossier)


def _ligne(fragment, mot: str) -> str:
    (seule,) = (r for r in re.findall(r"<tr>.*?</tr>", str(fragment), flags=re.S) if mot in r)
    return _en_texte(seule)


def test_les_deux_bouts_sont_ceux_de_la_comparaison(compares):
    ligne = _ligne(tableau_de_la_revue(compares, suivi=True), "indicateurs/moins_40_plafond")
    assert "82,5 % 2007 84,2 % 2010" in ligne
    assert "+1,7 point" in ligne  # de 0,8246 à 0,8421 : 1,75 point, qui s'arrondit à 1,8


def test_un_meme_ecart_dit_autrement_ailleurs_est_explique(compares, monkeypatch):
    """La revue et la page de la ville ne font pas le même nombre de comparaisons : la revue le dit, à sa ligne."""
    code = "moins_40_plafond"
    revue = "observatoire.sujets.revue.vue.tableaux"
    sens = compares.revue_objectifs.set_index("code").at[code, "sens"]
    for probabilite, annonce in {0.001: "en hausse", 0.9: "sans changement net"}.items():
        page = Epreuves({(code, "zero"): probabilite, ("apl", "zero"): 1.0})
        monkeypatch.setattr(f"{revue}.eprouver_la_page", lambda *_, page=page: page)
        ligne = _ligne(tableau_de_la_revue(compares, suivi=True), f"indicateurs/{code}")
        differe = (probabilite < 0.05) == (sens == "indecis")
        assert (f"qui fait 2 comparaisons, le dit « {annonce} »" in ligne) == differe
    assert "peut trancher autrement du même écart" in _en_texte(tableau_de_la_revue(compares, suivi=True))


def test_la_decomposition_s_ajoute_a_la_difference_des_parts_ecrites(tmp_path):
    dossier = _ecrire(tmp_path / "publique", "publique")
    table = _decomposer("ville", VILLE).assign(valeur_depart=0.42645, valeur=0.412672, variation=-0.014)
    table.loc[table["composante"].eq("bruit"), "contribution"] = -0.023  # le fichier ferme au millième
    assert table["contribution"].sum() == pytest.approx(-0.014)
    table.to_csv(dossier / "revue_decomposition.csv", index=False)
    valeurs = lire_publie(2010, dossier)
    ecrits = re.findall(r"[+−]?\d+,\d(?= point)", _ligne(tableau_decomposition(valeurs), "moins_40_plafond"))
    variation, *contributions = (round(10 * float(e.replace("−", "-").replace(",", "."))) for e in ecrits)
    assert variation == -13  # de 42,6 à 41,3 %
    assert sum(contributions) == variation
    assert "−1,3" in str(figure_decomposition(valeurs, "moins_40_plafond"))


def test_ce_que_le_bruit_laisse_est_une_ligne_a_elle_a_la_ville_comme_au_quartier(dossiers):
    publique = lire_publie(2010, dossiers["publique"])
    assert "Planoise" in str(tableau_decomposition(publique, territoires=True))
    for fragment in (tableau_decomposition(publique), figure_decomposition(publique, "moins_40_plafond", PLANOISE)):
        assert "Ce que le bruit laisse" in str(fragment)
        assert "−0,2" in str(fragment)
    svg = str(figure_decomposition(publique, "moins_40_plafond"))
    assert all(mot in svg for mot in ("Entrants", "+2,0", "Autres, réunis", "obs-statut-c", "+0,7"))


def test_la_ville_montre_les_deux_perimetres_un_quartier_le_constant(dossiers):
    valeurs = lire_publie(2010, dossiers["publique"])
    sans = "à périmètre constant (sans ADOMA ni Néolia)"
    assert str(tableau_decomposition(valeurs)).count("Moins de 40") == 2 * str(tableau_decomposition(valeurs)).count(
        sans
    )
    assert str(tableau_decomposition(valeurs, territoires=True)).count("indicateurs/moins_40_plafond") == 1
    assert sans in str(tableau_decomposition(valeurs, territoires=True))
    figures = str(figure_decomposition(valeurs, "moins_40_plafond"))
    assert figures.count("<svg") == 2
    assert sans in figures


def test_la_regle_changee_se_lit_avec_les_deux_verdicts(dossiers):
    valeurs = lire_publie(2010, dossiers["publique"])
    texte = str(tableau_des_ecarts(valeurs))
    assert all(
        mot in texte for mot in ("modifié : cibles", "obs-verdict-non-tenu", "obs-verdict-tenu", "31\u00a0décembre")
    )
    (attente,) = re.findall(r"<tr>(?:(?!</tr>).)*Attendre deux.*?</tr>", texte, flags=re.S)
    assert [s for s in ("na", "c") if re.search(rf">{s}<", attente)] == ["na", "c"]
    assert "la règle de 1 engagements" not in str(resume_de_la_revue(valeurs))


def test_la_regle_changee_se_lit_en_francais_sans_notation_ni_empreinte(dossiers):
    fragment = tableau_des_ecarts(lire_publie(2010, dossiers["partenaires"]))
    texte = _en_texte(fragment)
    assert not re.search(r"[{}]|\b[a-z]+_[a-z]+\b|0e12345678|True|true|depuis:", texte)
    assert (
        "0,4 à partir de 2007, adopté par : Ville (charte) ; 0,5 à partir du 15 décembre 2009, à atteindre en 2012"
        in texte
    )
    assert "adopté par : Conférence : communale (compte rendu fictif), fictif" in texte
    assert "comptes rendus des séances, chaque année" in texte
    assert "comptes rendus des séances, Conférence communale, une fois" in texte
    assert "avec : réexaminer la charte" in texte


def test_un_objectif_se_dit_dans_l_unite_de_sa_mesure(dossiers):
    valeurs = lire_publie(2010, dossiers["publique"])
    dit = dire_le_champ(valeurs, "production_annuelle", "cibles", "{depuis: 2009-12-15, valeur: 0.25}")
    assert dit.replace("\u202f", " ").replace("\u00a0", " ") == "au moins 25,0 % à partir du 15 décembre 2009"
    assert dire_le_champ(valeurs, "x", "mesure", "{indicateur: apl, bailleur: gbh}").endswith(
        "(Grand Besançon Habitat)"
    )
    assert dire_le_champ(valeurs, "x", "sens", "au_plus") == "au plus"
    assert dire_le_champ(valeurs, "x", "cibles", "{mal: [écrit") == "{mal: [écrit"


def test_le_contexte_dit_sa_date_son_denominateur_et_pourquoi_il_manque(dossiers):
    texte = str(tableau_contexte(lire_publie(2010, dossiers["publique"])))
    lignes = {re.sub(r"<[^>]+>|\s", " ", ligne) for ligne in re.findall(r"<tr>.*?</tr>", texte, flags=re.S)}

    def ligne(*mots: str) -> str:
        (seule,) = (dite for dite in lignes if all(mot in dite for mot in mots))
        return " ".join(seule.split())

    assert "3,4 % sur 18 000 loués ou vacants" in ligne("Taux de vacance", "31 décembre 2010", DE_2011)
    assert "12,7 % dénominateur non publié par la source" in ligne("mobilité", "31 décembre 2010")
    assert "18 242" in ligne("Logements", DE_2011)
    assert "dénominateur" not in ligne("Logements", DE_2011)
    assert ligne("Loyer", "Grand Besançon")
    assert "obs-statut-c" in texte
    assert "dernière année" in ligne("Loyer", "31 décembre 2015", "5,25")
    assert "avant-dernière année" not in texte
    assert "d'une autre année" not in texte.replace("&#x27;", "'")
    assert "Les autres années sont dans contexte.csv" in texte


def test_une_commune_se_compare_a_elle_meme_et_l_epci_a_tout_le_territoire(tmp_path):
    dossier = _ecrire(tmp_path / "publique", "publique")
    for nom, colonne in (("indicateurs.csv", "territoire"), ("territoires.csv", "code")):
        table = pd.read_csv(dossier / nom, dtype={colonne: str})
        autre = table[table["niveau"].eq("ville")].assign(**{colonne: "99101", "valeur": 0.777, "nom": "Valombre"})
        pd.concat([table, autre[table.columns]]).to_csv(dossier / nom, index=False)
    lignes = [
        [2010, "commune", "99101", "Valombre", "taux_vacance", 0.05, None, "a", "publie"],
        [2010, *EPCI, "taux_vacance", 0.034, None, "b", "publie"],
    ]
    pd.DataFrame(lignes, columns=LU).to_csv(dossier / "contexte.csv", index=False)
    texte = re.sub(r"<[^>]+>", " ", str(tableau_contexte(lire_publie(2010, dossier))))
    commune, epci = texte[texte.index("Valombre") :].split("Grand Besançon")
    assert "77,7" in commune
    assert "77,7" not in epci


def test_sans_rien_la_page_le_dit(tmp_path):
    valeurs = lire_publie(2010, ecrire_publie(tmp_path / "publique"))
    textes = [re.sub(r"<[^>]+>", "", str(f)) for f in _fragments(valeurs)]
    assert all(textes)
    assert "Aucune explication rivale" in textes[7]
    assert "Aucun chiffre de contexte" in textes[6]


def test_les_explications_rivales_sont_le_commentaire_de_l_annee(tmp_path):
    dossier = ecrire_publie(tmp_path / "publique")
    (dossier / "commentaires" / "2010").mkdir(parents=True, exist_ok=True)
    (dossier / "commentaires" / "2010" / "revue.md").write_text("- la crise de 2008\n", encoding="utf-8")
    assert "<li>la crise de 2008</li>" in explications_rivales(lire_publie(2010, dossier)).html


# --- les engagements de l'année


def _engager(dossier, engagement: str = "", **champs):
    """Un petit dossier publié dont un engagement (tous, sans ``engagement``) est changé."""
    ecrire_publie(dossier)
    fichier = dossier / "engagements.csv"
    table = pd.read_csv(fichier, dtype=object)
    choisis = table["engagement"].eq(engagement) if engagement else table["engagement"].ne("")
    for colonne, valeur in champs.items():
        table.loc[choisis, colonne] = valeur
    table.to_csv(fichier, index=False)
    return lire_publie(2010, dossier)


def _en_texte(fragment) -> str:
    texte = html.unescape(re.sub(r"<[^>]+>", " ", str(fragment)))
    return " ".join(texte.replace("’", "'").split())


@pytest.mark.parametrize(
    ("genre", "rythme", "faits", "attendus", "dit"),
    [
        ("pieces", "annuel", 1, 1, "1 sur 1 pièce"),
        ("actions", "une_fois", 0, 1, "0 sur 1 action"),
        ("actions", None, 3, 0, "3 actions"),
        ("seances", "annuel", 1, 1, "1 sur 1 séance"),
        ("seances", "trimestriel", 3, 4, "3 sur 4 trimestres"),
    ],
)
def test_ce_qui_est_compte_a_le_nom_de_sa_preuve(tmp_path, genre, rythme, faits, attendus, dit):
    champs = {"genre": genre, "rythme": rythme, "faits": faits, "attendus": attendus}
    texte = _en_texte(tableau_de_bord(_engager(tmp_path / "publique", "cadence", **champs)))
    assert dit in texte
    assert genre == "seances" or "séance" not in texte


def test_les_verdicts_s_accordent_sur_toutes_les_pages(tmp_path, dossiers):
    bilan = _en_texte(bilan_des_engagements(_engager(tmp_path / "publique")))
    assert "Sur 3 engagements suivis" in bilan
    assert "1 tenu en partie, 1 non concluant, 1 sans verdict." in bilan  # 1 + 1 + 1 : les trois
    tous = _engager(tmp_path / "tenus", verdict="non_mesurable")
    assert "3 non mesurables." in _en_texte(bilan_des_engagements(tous))
    revue = lire_publie(2010, dossiers["publique"])
    assert "Sur 2 engagements suivis, en 2010 : 1 non tenu, 1 non concluant." in _en_texte(resume_de_la_revue(revue))
    deux = revue.revue_objectifs.assign(verdict="tenu")
    deux.to_csv(ecrire_publie(tmp_path / "deux") / "revue_objectifs.csv", index=False)
    assert "2 tenus." in _en_texte(resume_de_la_revue(lire_publie(2010, tmp_path / "deux")))


def test_ce_qui_ne_conclut_pas_dit_ce_qui_se_serait_vu(tmp_path):
    se_verrait = "Se verrait huit fois sur dix : 18,0 % ou moins, 33,0 % ou plus."
    assert se_verrait in _en_texte(tableau_de_bord(_engager(tmp_path / "publique", "production_annuelle")))
    tenu = _engager(tmp_path / "tenu", "production_annuelle", verdict="tenu")
    assert "Se verrait huit fois" not in _en_texte(tableau_de_bord(tenu))


def test_sans_verdict_publie_la_page_ne_dit_pas_que_tout_est_tenu(tmp_path):
    texte = _en_texte(questions_ouvertes(_engager(tmp_path / "publique", verdict=None, statut="c")))
    assert texte == "Aucun verdict publié de 2010 n'appelle de question."


def test_le_verdict_est_suivi_d_un_point(tmp_path):
    texte = _en_texte(verdict_d_un_engagement(_engager(tmp_path / "publique"), "cadence"))
    assert "tenu en partie . Une partie" in texte


def test_une_pertinence_vide_peut_venir_d_une_valeur_cachee(dossiers):
    texte = _en_texte(tableau_des_propositions(lire_publie(2010, dossiers["publique"])))
    assert "ou une des valeurs qu'il faut n'est pas publiée" in texte

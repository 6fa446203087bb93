"""Les pages des alertes : leurs phrases, leur registre, leurs figures, et ce que chaque public en lit."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from petit_publie import ecrire_publie
from petites_alertes import PLANOISE
from scipy import stats

import observatoire
from observatoire.livre.publics import publics_de
from observatoire.presentation.affichage import Absent
from observatoire.presentation.nombres import FINE, ecrire_en_lettres, ecrire_trimestre
from observatoire.presentation.phrases import couper, dire_alerte, dire_taux, mettre_en_nombre
from observatoire.presentation.toile import LARGEUR, MARGE, mesurer, replier
from observatoire.publie import lire_publie
from observatoire.sujets.alertes.vue.dossier import _fraction
from observatoire.sujets.alertes.vue.entonnoir import Limites, _dessiner
from observatoire.sujets.alertes.vue.resume import dire

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"
IMPAYES = {"numerateur": "ménages en impayé"}
LIGNE = {
    "niveau": "quartier", "exces": 17.0, "exces_bas": 8.0, "exces_haut": 27.0, "immeubles": 14, "porteurs": 2,
    "forme": "concentree", "part_porteurs": float("nan"),
}  # fmt: skip
FRAGMENTS = {
    "bilan": observatoire.bilan_des_alertes,
    "registre": observatoire.registre_des_alertes,
    "entonnoirs": lambda v: observatoire.entonnoirs(v, "quartier"),
    "resume": observatoire.resume_des_alertes,
    "quartier": lambda v: observatoire.alertes_du_quartier(v, PLANOISE),
    "note": observatoire.ouvrir_la_note,
    "a_decider": observatoire.a_decider,
    "persistantes": lambda v: observatoire.dossiers_du_trimestre(v, "persistantes"),
    "resolues": lambda v: observatoire.dossiers_du_trimestre(v, "resolues"),
}
DU_DOSSIER = {
    "dossier": lambda v: observatoire.ouvrir_dossier(v, "cccccccccccc"),
    "preuves": lambda v: observatoire.preuves(v, "bbbbbbbbbbbb"),
    "ampleur": lambda v: observatoire.ampleur(v, "bbbbbbbbbbbb"),
    "voisins": lambda v: observatoire.voisins(v, "cccccccccccc"),
    "actions": lambda v: observatoire.actions_du_dossier(v, "gggggggggggg"),
}


@pytest.fixture(scope="module")
def publique(tmp_path_factory):
    return lire_publie(2010, ecrire_publie(tmp_path_factory.mktemp("a") / "publique", CONTOURS))


@pytest.fixture(scope="module")
def partenaires(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("a") / "partenaires"
    return lire_publie(2010, ecrire_publie(dossier, CONTOURS, public="partenaires"))


def _texte(fragment) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", fragment.html))).replace(" ,", ",")


# --- la phrase


def test_la_phrase_de_la_charte():
    assert dire_alerte(LIGNE, IMPAYES) == (
        "17 ménages de plus qu'attendu en impayé, entre 8 et 27, portés par deux immeubles sur quatorze"
    )


@pytest.mark.parametrize(
    ("change", "numerateur", "phrase"),
    [
        ({"exces": 1.2, "exces_bas": 0.0, "exces_haut": 3.4, "porteurs": 1}, "ménages en impayé",
         "1 ménage de plus qu'attendu en impayé, entre 0 et 3, porté par un immeuble sur quatorze"),
        ({"exces": 0.3, "exces_bas": -2.0, "exces_haut": 3.0}, "ménages en impayé",
         "autant de ménages en impayé qu'attendu, entre 2 de moins et 3 de plus"),
        ({"exces": 0.5, "exces_bas": -2.5, "exces_haut": 3.5, "immeubles": 0}, "ménages en impayé",
         "1 ménage de plus qu'attendu en impayé, entre 3 de moins et 4 de plus"),
        ({"exces": -6.0, "exces_bas": -9.0, "exces_haut": -2.0}, "ménages en impayé",
         "6 ménages de moins qu'attendu en impayé, entre 2 et 9"),
        ({"porteurs": 0, "forme": "diffuse"}, "signalements de l'année",
         "17 signalements de plus qu'attendu, entre 8 et 27, diffus : aucun des quatorze immeubles évalués n'est "
         "signalé à lui seul"),
        ({"porteurs": 3, "forme": "diffuse", "part_porteurs": 0.2, "immeubles": 141}, "dégradations signalées",
         "17 dégradations signalées de plus qu'attendu, entre 8 et 27, diffus : trois immeubles sur 141 sont signalés "
         "(20\u202f% de l'excès)"),
        ({"part_porteurs": 1.3}, "dégradations signalées",
         "17 dégradations signalées de plus qu'attendu, entre 8 et 27, portées par deux immeubles sur quatorze "
         "(les autres sont, ensemble, en deçà de l'attendu)"),
        ({"niveau": "immeuble"}, "emménagés récents sous 40 % du plafond",
         "17 emménagés récents de plus qu'attendu sous 40 % du plafond, entre 8 et 27"),
        ({"immeubles": np.nan, "porteurs": np.nan, "forme": np.nan}, "titulaires au chômage ou inactifs",
         "17 titulaires de plus qu'attendu au chômage ou inactifs, entre 8 et 27"),
    ],
)  # fmt: skip
def test_la_phrase_s_accorde_et_dit_ce_qui_manque(change, numerateur, phrase):
    assert dire_alerte(LIGNE | change, {"numerateur": numerateur}) == phrase


@pytest.mark.parametrize(
    ("attendu", "dite"),
    [
        (8.0, "24,0 %, trois fois l'attendu (8,0 %)"),
        (15.0, "24,0 %, une fois et demie l'attendu (15,0 %)"),
        (20.0, "24,0 %, au-dessus de l'attendu (20,0 %)"),
        (30.0, "24,0 %, sous l'attendu (30,0 %)"),
        (0.0, ""),
    ],
)
def test_le_taux_vient_d_abord_face_a_ce_qui_est_attendu(attendu, dite):
    propre = {"statut": "publie", "valeur": 0.24, "denominateur": 100.0}
    assert dire_taux({"attendu": attendu}, propre, {"unite": "%", "nature": "proportion"}).replace(FINE, " ") == dite
    assert dire_taux({"attendu": attendu}, propre | {"statut": "c"}, {"unite": "%"}) == ""


def test_une_alerte_dit_son_taux_sa_tendance_puis_ses_menages(partenaires):
    dite = next(dire(partenaires, r) for r in partenaires.alertes(annee=2010) if r["verdict"] == "alerte_confirmee")
    taux, menages = dite.split(" ; ")
    assert "l'attendu (" in taux
    assert "depuis 2009" in taux
    assert "qu'attendu" in menages


def test_un_compte_s_ecrit_en_lettres_jusqu_a_seize():
    assert [ecrire_en_lettres(n) for n in (0, 1, 2, 16, 17)] == ["aucun", "un", "deux", "seize", "17"]
    assert [ecrire_en_lettres(n, feminin=True) for n in (0, 1, 2)] == ["aucune", "une", "deux"]
    assert ecrire_trimestre("2011-T1") == "1er trimestre\u00a02011"
    assert ecrire_trimestre("2011-T1", court=True) == "T1\u00a02011"
    assert ecrire_trimestre("2011-T3") == "3e trimestre\u00a02011"


def test_ce_qui_se_compte_et_ce_qui_le_precise():
    assert couper("ménages d'un adulte et d'au moins un enfant") == ("ménages", "d'un adulte et d'au moins un enfant")
    assert couper("logements vacants depuis plus de trois mois") == ("logements vacants", "depuis plus de trois mois")
    assert mettre_en_nombre("emménagés récents", 1) == "emménagé récent"


@pytest.mark.parametrize("nom", DU_DOSSIER)
def test_la_page_d_une_alerte_porte_sa_marque(nom, partenaires, tmp_path):
    fragment = DU_DOSSIER[nom](lire_publie(2010, partenaires.dossier))
    (tmp_path / "f.html").write_text(fragment.html, encoding="utf-8")
    assert publics_de(tmp_path / "f.html") == {"partenaires"}


# --- le registre et la section d'un quartier


def test_le_registre_met_devant_ce_que_personne_ne_pilote_puis_le_plus_grave(partenaires):
    html = observatoire.registre_des_alertes(partenaires).html
    lieux = re.findall(r'<th scope="row">(?:<a [^>]*>)?([^<]+)', html)
    assert lieux[0] == "Tour Europe"  # l'immeuble gbh:1, sans pilote depuis neuf trimestres
    assert lieux[1] == "Planoise - Châteaufarine"
    assert "sans pilote depuis 9\u00a0trimestres" in html
    assert "Bâtiment D" in lieux


def test_le_registre_se_lit_sans_script(partenaires):
    html = observatoire.registre_des_alertes(partenaires).html
    assert "<script" not in html
    assert " hidden" not in html.replace('aria-hidden="true"', "")
    assert html.count("<tr>") == 1 + 6
    assert 'class="obs-table obs-registre obs-fiches"' in html


def test_les_verdicts_et_les_statuts_ne_se_confondent_pas(partenaires):
    html = observatoire.registre_des_alertes(partenaires).html
    for verdict, signe in {"alerte_confirmee": "▲▲", "alerte": "▲", "vigilance": "△"}.items():
        assert f'obs-verdict-{verdict}"><span aria-hidden="true">{signe}</span>' in html


def test_le_grand_public_n_a_ni_immeuble_ni_pilote_ni_page_d_alerte(publique):
    for nom, fragment in FRAGMENTS.items():
        html = fragment(publique).html
        assert "Tour Europe" not in html, nom
        assert "Grand Besançon Habitat" not in html, nom
        assert "alerte-" not in html, nom
    assert "édition réservée aux partenaires" in observatoire.a_decider(publique).html


def test_la_section_d_un_quartier_a_une_phrase_par_alerte(partenaires):
    texte = _texte(observatoire.alertes_du_quartier(partenaires, PLANOISE))
    assert texte.count("Alerte confirmée") == 1
    assert "portés par deux immeubles sur quatorze (80\u202f% de l'excès)".replace("\u202f", " ") in texte
    assert "3 alertes, dont une confirmée." in texte
    assert "1 en vigilance" in texte


def test_toutes_les_alertes_annoncees_sont_listees_ou_le_reste_est_dit(partenaires, monkeypatch):
    html = observatoire.resume_des_alertes(partenaires).html
    assert "4 alertes, dont une confirmée." in _texte(observatoire.resume_des_alertes(partenaires))
    assert html.count("De quoi en juger") == 4
    assert "autres" not in html
    monkeypatch.setattr("observatoire.sujets.alertes.vue.resume.LISTEES", 2)
    html = observatoire.resume_des_alertes(partenaires).html
    assert html.count("De quoi en juger") == 2
    assert "Les 2 autres, moins graves, sont au registre des alertes." in html
    assert "Les 2 autres" in observatoire.alertes_et_decisions(partenaires, PLANOISE, 1).html


def test_un_quartier_sans_alerte_le_dit_avec_ce_qui_est_cache(publique):
    assert "Aucune alerte. Comparaisons publiées : 1." in _texte(
        observatoire.alertes_du_quartier(publique, "montrapon-montboucons")
    )
    cache = _texte(observatoire.alertes_du_quartier(publique, "tilleroyes"))
    assert "Aucune alerte publiée. Comparaisons publiées : 0 ; 1 c (secret)." in cache
    assert isinstance(observatoire.alertes_du_quartier(publique, "palente-orchamps-saragosse"), Absent)


def test_le_bilan_dit_les_comparaisons_et_les_fausses_alertes_attendues(publique):
    texte = _texte(observatoire.bilan_des_alertes(publique))
    assert "21 comparaisons en 2010 : 21 par quartier." in texte
    assert "2 alertes, dont une confirmée." in texte
    assert "Nombre attendu de fausses alertes parmi elles, d'après leur probabilité : 0,3." in texte  # 0,02 + 0,30


def test_le_suivi_ne_se_montre_que_la_derniere_annee(partenaires):
    avant = lire_publie(2009, partenaires.dossier)
    assert avant.dossiers_ouverts() == []
    assert "Pilote" not in observatoire.registre_des_alertes(avant).html


def test_une_vigilance_dont_le_dossier_est_ouvert_dit_son_examen_et_la_suite_de_son_dossier(tmp_path):
    """Bregille n'est plus qu'en vigilance : son dossier se suit encore, au registre comme à la conférence."""
    dossier = ecrire_publie(tmp_path / "publique", CONTOURS)
    for nom, change in {
        "dossiers": lambda t: t.assign(
            etat=t["etat"].mask(t["dossier"].eq("gggggggggggg"), "persistante"),
            resolution=t["resolution"].mask(t["dossier"].eq("gggggggggggg"), None),
        ),
        "alertes_examinees": lambda t: pd.concat([t, t.assign(territoire="bregille", indicateur="moins_40_plafond")]),
    }.items():
        change(pd.read_csv(dossier / f"{nom}.csv", dtype=object)).to_csv(dossier / f"{nom}.csv", index=False)
    valeurs = lire_publie(2010, dossier)
    pages = {"registre": observatoire.registre_des_alertes, "conference": observatoire.alertes_a_suivre}
    for nom, page in pages.items():
        (ligne,) = (r for r in re.findall(r"<tr>.*?</tr>", page(valeurs).html, flags=re.S) if "Bregille" in r)
        assert "14\u00a0déc.\u00a02010" in ligne, nom
        assert "le dossier reste ouvert" in ligne, nom
        assert "l'alerte demeure" not in ligne, nom


# --- la page d'une alerte


def test_les_exces_s_ajoutent_tels_qu_ils_s_ecrivent(partenaires):
    html = observatoire.ampleur(partenaires, "bbbbbbbbbbbb").html
    exces = [float(x.replace(",", ".").replace("\u2212", "-")) for x in re.findall(r"<td>([+\u2212][\d,]+)</td>", html)]
    assert exces == [9, 3, 4, 1, 17]
    assert round(sum(exces[:-1]), 1) == exces[-1]


def test_une_alerte_d_immeuble_montre_son_quartier_et_ses_voisins(partenaires):
    assert "<strong>immeuble Tour Europe</strong>" in observatoire.ampleur(partenaires, "cccccccccccc").html
    html = observatoire.voisins(partenaires, "cccccccccccc").html
    assert html.count("<g><title>") == 5  # gbh:6 n'est pas situé
    assert "Tour Europe : Alerte" in html
    assert "gbh:" not in html


def test_aucun_trait_ne_franchit_une_rupture(partenaires, tmp_path):
    fichier = partenaires.dossier / "ruptures.csv"
    avant = fichier.read_text(encoding="utf-8")
    sans = observatoire.preuves(partenaires, "bbbbbbbbbbbb").html
    d_avant = f"{avant}{partenaires.edition['annees'][0]},impayes_3_mois,definition,Champ d'avant,,Charte\n"
    fichier.write_text(
        f"{d_avant}2010,impayes_3_mois,definition,Nouveau champ,Un bailleur de plus.,Charte\n", encoding="utf-8"
    )
    (partenaires.dossier / "edition.json").touch()
    avec = observatoire.preuves(lire_publie(2010, partenaires.dossier), "bbbbbbbbbbbb").html
    fichier.write_text(avant, encoding="utf-8")
    assert "rupture" not in sans
    assert avec.count(">rupture<") == 1  # celle qui précède l'édition n'est pas sur l'axe
    assert "Champ d'avant" not in avec
    assert avec.count("Rupture entre 2009 et 2010") >= 1


def test_la_note_dit_ce_qui_est_nouveau_dure_et_est_resolu_avec_ce_qui_a_ete_fait(partenaires):
    assert "une nouvelle, aucune rouverte, trois persistantes et une résolue" in _texte(
        observatoire.ouvrir_la_note(partenaires)
    )
    resolues = _texte(observatoire.dossiers_du_trimestre(partenaires, "resolues"))
    assert "Ce qui a été fait : accompagnement, PIL, réalisée (1er trimestre 2009)." in resolues
    decider = _texte(observatoire.a_decider(partenaires))
    assert "désigner un pilote" in decider
    assert "un pilote, mais rien d'engagé" in decider


# --- l'entonnoir


def test_le_nom_de_l_axe_se_replie_et_n_est_jamais_coupe():
    long = "titulaires de moins de 65 ans à l'activité connue, hors retraite et études"
    lignes = replier(long, 9, LARGEUR - 2 * MARGE)
    assert len(lignes) == 2
    assert " ".join(lignes) == long
    assert all(mesurer(ligne, 9) <= LARGEUR - 2 * MARGE for ligne in lignes)
    declaration = {"unite": "%", "denominateur": long}
    points = (np.array([0.2, 0.3]), np.array([100.0, 200.0]), np.array([True, False]))
    toile = _dessiner(None, declaration, Limites(0.25, "proportion", *points[:2]), points)
    dits = [texte.get_text() for texte in toile.figure.findobj(Text)]
    assert all(ligne in dits for ligne in lignes)


def test_les_limites_sont_celles_de_spiegelhalter():
    """Refait à part : z tiré de scipy, écarts ramenés par pandas, surdispersion multiplicative."""
    tirage = np.random.default_rng(7)
    unites = tirage.integers(20, 900, 60).astype(float)
    parts = np.clip(tirage.normal(0.2, 0.06, 60), 0.01, 0.99)
    limites = Limites(0.2, "proportion", parts, unites)
    z = pd.Series((parts - 0.2) / np.sqrt(0.16 / unites))
    phi = (z.clip(z.quantile(0.1), z.quantile(0.9)) ** 2).mean()
    assert phi > 1
    assert limites.dispersion == pytest.approx(phi, rel=1e-12)
    for quantile, niveau in ((1.959964, 0.95), (3.090232, 0.998)):
        demi = stats.norm.ppf(0.5 + niveau / 2) * np.sqrt(phi * 0.16 / 100)
        bas, haut = limites.a(np.array([100.0]), quantile)
        assert haut[0] == pytest.approx(0.2 + demi, abs=1e-6)
        assert bas[0] == pytest.approx(max(0.2 - demi, 0), abs=1e-6)


def test_sans_surdispersion_les_limites_sont_celles_du_hasard():
    unites = np.full(50, 100.0)
    limites = Limites(0.3, "proportion", np.full(50, 0.3), unites)
    assert limites.dispersion == 1.0
    assert limites.coter(np.array([0.3, 0.4, 0.5, 0.1]), np.full(4, 100.0)).tolist() == [0, 1, 2, -2]
    taux = Limites(0.09, "taux", np.full(50, 0.09), unites)
    assert taux.a(np.array([100.0]), 1.959964)[1][0] == pytest.approx(0.09 + 1.959964 * np.sqrt(0.09 / 100))


def test_l_entonnoir_ne_montre_que_ce_qui_est_publie(publique):
    html = observatoire.entonnoirs(publique, "quartier").html
    assert "Tilleroyes" not in html
    assert "Territoires sans valeur publiée, absents du dessin : 1." in html
    assert isinstance(observatoire.entonnoirs(publique), Absent)  # aucun secteur n'est évalué ici


def test_la_page_d_une_alerte_donne_la_ligne_a_inscrire_au_releve(partenaires):
    entete = (CONTOURS.parents[1] / "suivi" / "actions.csv").read_text(encoding="utf-8").strip().split(";")
    code = "cccccccccccc"
    (ligne,) = re.findall(r"<pre><code>(.+?)</code></pre>", observatoire.actions_du_dossier(partenaires, code).html)
    cases = dict(zip(entete, ligne.split(";"), strict=True))
    assert (cases["dossier"], cases["decision"]) == (code, "designer_pilote")
    texte = _texte(observatoire.ouvrir_dossier(partenaires, code))
    assert f"Dossier {code} :" in texte


def test_une_part_d_exces_que_d_autres_compensent_n_est_pas_dite():
    parts = [_fraction(8, 1), _fraction(-7, 1), _fraction(3, 4), _fraction(0, 4), _fraction(1, -2)]
    assert parts == ["–", "–", "75\u202f%", "0\u202f%", "–"]

"""Un constat n'est fait que s'il est sûr, et dit ce que le reste de la page dit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from petit_publie import ecrire_publie
from statsmodels.stats.multitest import multipletests

from observatoire.livre.extension import _distinguer_les_figures
from observatoire.presentation import comparaisons, constats, reperes, selection
from observatoire.presentation.carte import carte
from observatoire.presentation.cote_a_cote import comparaison_quartiers
from observatoire.presentation.epreuves import eprouver
from observatoire.presentation.evolution import evolution
from observatoire.presentation.nombres import ecrire, ecrire_difference
from observatoire.presentation.repartition import repartition
from observatoire.publie import VARIABLE, lire_publie
from observatoire.vocabulaire import EFFECTIF

CONTOURS = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"


@pytest.fixture(scope="module")
def valeurs(tmp_path_factory):
    publie = ecrire_publie(tmp_path_factory.mktemp("constats") / "publique", CONTOURS, public="publique")
    with pytest.MonkeyPatch.context() as poser:
        poser.setenv(VARIABLE, str(publie))
        yield lire_publie(2010)


def _quartiers(valeurs) -> list[str]:
    return [q["code"] for q in selection.quartiers(valeurs, "nb_logements")]


def test_les_quartiers_nommes_sont_ceux_que_benjamini_et_hochberg_retiennent(valeurs):
    repere, dits = reperes.tout(valeurs), 0
    for code, declaration in valeurs.catalogue.items():
        lignes = selection.quartiers(valeurs, code)
        phrase = constats.constater_les_ecarts(valeurs, code, lignes, repere, "quartier")
        if declaration["nature"] == EFFECTIF or declaration["sans_lieu"]:
            assert phrase == "", code
            continue
        tout = reperes.ligne(valeurs, code, repere)
        brutes = eprouver(valeurs, [code] * len(lignes), lignes, [tout] * len(lignes), contenue=True)
        jugees = [(r, p) for r, p in zip(lignes, brutes, strict=True) if p == p]
        if not jugees:
            assert phrase == "", code
            continue
        surs = [
            r
            for (r, _), oui in zip(jugees, multipletests([p for _, p in jugees], 0.05, "fdr_bh")[0], strict=True)
            if oui
        ]
        noms = {
            s: [r["nom"] for r in surs if (r["valeur"] > tout["valeur"]) == (s == "plus")] for s in ("plus", "moins")
        }
        for siens in noms.values():
            assert all(nom in phrase for nom in siens) or len(siens) > constats.NOMMES, (code, phrase)
        assert phrase.startswith("Aucun quartier ne se distingue") == (not surs), (code, phrase)
        dits += bool(surs)
    assert dits


def test_le_titre_d_une_evolution_dit_ce_que_disent_les_comparaisons(valeurs):
    for quartier in _quartiers(valeurs):
        for code in ("impayes_3_mois", "moins_40_plafond", "nb_logements"):
            zero = comparaisons.comparer_zero(valeurs, code, quartier)
            ville = comparaisons.comparer_ville(valeurs, code, quartier)
            phrase = constats.constater_l_evolution(valeurs, code, quartier)
            for dite in (zero, ville):
                assert not dite or not dite.mot or dite.mot.lower() in phrase.lower(), (quartier, code, phrase)
            assert bool(phrase) == any(c and c.mot for c in (zero, ville))


def test_trois_constats_au_plus_un_par_famille_et_aucun_que_le_hasard_explique(valeurs):
    for quartier in [*_quartiers(valeurs), None]:
        html = constats.constats(valeurs, quartier).html
        puces = re.findall(r"<li>(.*?)</li>", html)
        assert 1 <= len(puces) <= constats.RETENUS, quartier
        codes = re.findall(r"indicateurs/(\w+)\.html", html)
        familles = [valeurs.catalogue[c]["famille"] for c in codes]
        assert len(set(familles)) == len(familles)
        for code in codes:
            dites = [
                comparaisons.comparer_ville(valeurs, code, quartier),
                comparaisons.comparer_zero(valeurs, code, quartier),
            ]
            assert {c.signe for c in dites if c} & {"plus", "moins"}, (quartier, code)
        assert codes or "ne se distingue nettement" in html


def test_un_ecart_est_celui_des_valeurs_ecrites():
    assert (ecrire(0.1234, "%"), ecrire(0.0926, "%")) == ("12,3\u202f%", "9,3\u202f%")
    assert ecrire_difference(0.1234, 0.0926, "%") == "+3,0\u00a0points"
    assert ecrire_difference(0.0926, 0.1234, "%") == "\u22123,0\u00a0points"
    assert ecrire_difference(5.644, 5.646, "€/m²") == "\u22120,01\u00a0€/m²"
    assert ecrire_difference(4535, 4684, "logements", 0) == "\u2212149\u00a0logements"


def test_une_figure_a_son_adresse_et_deux_fois_la_meme_en_ont_deux(valeurs):
    figures = [
        evolution(valeurs, "impayes_3_mois"), carte(valeurs, "impayes_3_mois"),
        comparaison_quartiers(valeurs, "impayes_3_mois"), repartition(valeurs, "taille"),
        evolution(valeurs, "impayes_3_mois"),
    ]  # fmt: skip
    page = _distinguer_les_figures("".join(f.html for f in figures))
    noms = re.findall(r'<figure class="[^"]*" id="([^"]+)"', page)
    assert noms == [
        "figure-evolution-impayes_3_mois", "figure-carte-impayes_3_mois", "figure-quartiers-impayes_3_mois",
        "figure-repartition-taille", "figure-evolution-impayes_3_mois-2",
    ]  # fmt: skip
    assert re.findall(r'href="#(figure-[^"]+)"', page) == noms

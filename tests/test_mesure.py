"""La bibliothèque sur ses propres données : mesurer, encadrer, comparer, standardiser, hors de tout dépôt."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from importlib import import_module
from inspect import getdoc

import numpy as np
import pandas as pd
import pytest
import yaml
from fabrique import RACINE, tables
from hatchling.builders.wheel import WheelBuilder
from petit_publie import ecrire_publie
from PHStatsMethods import ph_ISRatio
from test_catalogue import CAS

import observatoire
from observatoire import mesurer, standardiser
from observatoire.catalogue import catalogue
from observatoire.configuration import TABLES, TABLES_TIREES
from observatoire.edition.reference import fonctions_de_calcul
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire, ParametreInconnu
from observatoire.publie import lire_publie


def _cas_ordinaires():
    """Les cas du catalogue dont la règle ne dépend d'aucun barème : un indicateur, ses tables, l'attendu."""
    for fichier in sorted(CAS.glob("*.yml")):
        declaration = catalogue().get(fichier.stem)
        for cas in yaml.safe_load(fichier.read_text(encoding="utf-8")) if declaration else ():
            if not declaration.avec_bareme and "non_depose" not in cas:
                yield pytest.param(declaration, cas, id=f"{fichier.stem} : {cas['nom']}")


@pytest.mark.parametrize(("declaration", "cas"), list(_cas_ordinaires()))
def test_sur_un_tableau_quelconque_la_mesure_est_celle_de_la_chaine(declaration, cas):
    annee = cas.get("annee", 2010)
    donnees = tables({nom: cas.get(nom, []) for nom in (*TABLES, *TABLES_TIREES)}, annee)
    siennes = {nom: donnees[nom] for nom in declaration.tables}
    mesures = mesurer(siennes, declaration.code, par=["quartier"], annee=annee).set_index("quartier")
    for quartier, attendu in cas["attendu"].items():
        if attendu.get("valeur") is not None:
            lue = mesures.loc[quartier]
            assert lue["statut"] == "calcule"
            sues = {m: attendu[m] for m in ("numerateur", "valeur") if attendu.get(m) is not None}
            assert lue[[*sues]].to_dict() == pytest.approx(sues, abs=1e-6)
        elif quartier in mesures.index:
            assert mesures.loc[quartier, "statut"] != "calcule"


def test_plusieurs_annees_se_ventilent_et_ne_se_melangent_pas():
    table = pd.DataFrame({"annee": [2009, 2010, 2010], "occupation": ["loue", "loue", "vacant"]})
    assert mesurer(table, "taux_vacance", par=["annee"])[["annee", "valeur"]].values.tolist() == [
        [2009, 0],
        [2010, 0.5],
    ]
    with pytest.raises(ErreurObservatoire, match="2 années ; ventiler par « annee »"):
        mesurer(table, "taux_vacance")


@pytest.mark.parametrize(
    ("table", "indicateur", "options", "dit"),
    [
        ({"occupation": ["loue"]}, "taux_vacanse", {}, "Les plus proches : « taux_vacance »"),
        ({"occupation": ["loue"]}, "taux_vacance", {"par": ["quartier"]}, "n'a pas de colonne « quartier »"),
        ({"quartier": ["q"]}, "taux_vacance", {}, "« taux_vacance » lit « occupation », que le tableau n'a pas"),
        ({"occupation": ["vacante"]}, "taux_vacance", {}, "1 valeur hors du format. Admises : loue, vacant"),
        ({"surface_m2": ["grand"]}, "taux_vacance", {}, "colonne « surface_m2 » : des nombres"),
        ({"occupation": ["loue"]}, "taux_rotation", {}, 'donner {"attributions": …, "logements": …}'),
        (
            {"occupation": ["loue"], "date_bail": ["2010-01-01"], "annee_premiere_location": [1970]},
            "taux_mobilite", {}, "dépend de l'année : donner « annee »",
        ),
    ],
)  # fmt: skip
def test_ce_qui_ne_va_pas_se_dit_en_une_phrase(table, indicateur, options, dit):
    with pytest.raises((ErreurObservatoire, ParametreInconnu)) as erreur:
        mesurer(pd.DataFrame(table), indicateur, **options)
    assert dit in str(erreur.value)
    assert "\n" not in str(erreur.value)


def test_un_tableau_vide_n_a_aucune_mesure():
    assert mesurer(pd.DataFrame({"occupation": [], "quartier": []}), "taux_vacance", par=["quartier"]).empty


def test_un_indicateur_publie_se_range_et_se_cartographie(tmp_path):
    dossier = ecrire_publie(tmp_path / "publie", RACINE / "data/referentiels/quartiers.geojson")
    valeurs = lire_publie(dossier=dossier)
    carte = valeurs.carte("taux_vacance")
    assert carte.crs.to_epsg() == 4326
    assert carte.geometry.notna().all()
    table = valeurs.tableau("taux_vacance").query("annee == @valeurs.annee").set_index("territoire")["valeur"]
    lues = carte.set_index("territoire")["valeur"]
    pd.testing.assert_series_equal(lues.dropna(), table.reindex(lues.index).dropna(), check_names=False)
    assert carte.plot("valeur") is not None
    with pytest.raises(ErreurConfiguration, match="pas de contours"):
        valeurs.carte("taux_vacance", niveau="immeuble")


def test_la_standardisation_est_celle_de_phstatsmethods():
    tirage = np.random.default_rng(7)
    n, reference = tirage.integers(20, 300, (6, 4)), tirage.integers(2_000, 9_000, 4)
    x_reference, x = tirage.integers(100, 900, 4), tirage.integers(0, 40, (6, 4))
    longues = pd.DataFrame(
        {
            "lieu": np.repeat([*"abcdef"], 4), "x": x.ravel(), "n": n.ravel(), "xr": np.tile(x_reference, 6),
            "nr": np.tile(reference, 6),
        }
    )  # fmt: skip
    oracle = ph_ISRatio(longues, "x", "n", "xr", "nr", group_cols="lieu").sort_values("lieu")
    nous = standardiser(x.sum(axis=1), n, x_reference, reference)
    for sien, notre in (("Expected", nous.attendu), ("Value", nous.rapport)):
        np.testing.assert_allclose(oracle[sien].astype(float), notre, rtol=1e-9)
    bornes = oracle[["lower_95_ci", "upper_95_ci"]].astype(float)
    np.testing.assert_allclose(bornes, np.column_stack([nous.bas, nous.haut]), rtol=1e-9)


@pytest.mark.parametrize("fonction", fonctions_de_calcul(), ids=lambda f: f.__name__)
def test_chaque_fonction_de_calcul_se_dit_et_son_exemple_tourne(fonction):
    texte = getdoc(fonction)
    module = import_module(fonction.__module__).__doc__ or ""
    assert re.search(r"Référence|Source", texte + module)
    essais = doctest.DocTestFinder(recurse=False).find(fonction, globs={})
    assert sum(len(e.examples) for e in essais) > 0
    for essai in essais:
        assert doctest.DocTestRunner().run(essai).failed == 0


def test_la_roue_suffit_loin_du_depot(tmp_path):
    """Construite, ouverte dans un dossier vide, sans le dépôt ni le réseau : elle mesure, barèmes compris."""
    (roue,) = WheelBuilder(str(RACINE)).build(directory=str(tmp_path / "dist"), versions=["standard"])
    subprocess.run([sys.executable, "-m", "zipfile", "-e", roue, str(tmp_path / "site")], check=True)
    programme = (
        "import sys; sys.path.insert(0, 'site')\n"
        "import observatoire, pandas as pd\n"
        f"assert {str(RACINE)!r} not in observatoire.__file__, observatoire.__file__\n"
        "mesure = observatoire.mesurer(pd.DataFrame({'occupation': ['loue', 'vacant']}), 'taux_vacance')\n"
        "attente = pd.DataFrame({'date_depot': ['2007-01-01', '2010-12-01']})\n"
        "anormal = observatoire.mesurer(attente, 'delai_anormalement_long', annee=2010)\n"
        "print(mesure['valeur'].item(), anormal['valeur'].item())\n"
    )
    sans_depot = [sys.executable, "-c", programme]
    fait = subprocess.run(sans_depot, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert fait.returncode == 0, fait.stderr
    assert fait.stdout.split() == ["0.5", "0.5"]


def test_ce_qui_est_a_la_racine_se_charge():
    for nom in observatoire.__all__:
        assert callable(getattr(observatoire, nom))

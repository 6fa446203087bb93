"""Les figures et les tables de l'analyste : seaborn, pandas et geopandas paraissent dans le site, à notre aspect."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import petit_publie
import pytest
from atelier import RACINE, configurer, ecrire_gouvernance, ecrire_modele, ecrire_modeles, ecrire_publie
from lxml import html as lxml_html

from observatoire import dispersion, legender
from observatoire.configuration import TABLES
from observatoire.edition import executer
from observatoire.livre.construction import construire
from observatoire.moteur.interprete import creer
from observatoire.presentation.cadres import LIGNES, montrer
from observatoire.presentation.classes import RAMPE
from observatoire.presentation.maison import SANS_TEXTE, dessiner
from observatoire.publie import lire_publie

ANALYSTE = """
import geopandas as gpd, pandas as pd, seaborn as sns
from observatoire import legender, lire_publie
valeurs = lire_publie(annee)
table = valeurs.tableau("taux_vacance", niveau="ville")
table
"""
FIGURE = """
sns.pointplot(table, x="valeur", y="nom", hue="annee")
legender("Vacance : la ville en 2010", "Un seul point : 3,5 % des logements offerts sont vacants.")
"""
CARTE = f"""
contours = gpd.read_file({str(RACINE / "data" / "referentiels" / "quartiers.geojson")!r})
contours.plot(column="nom");
"""


@pytest.mark.bout_en_bout
def test_une_figure_seaborn_une_table_et_une_carte_paraissent_dans_le_site(tmp_path):
    ecrire_gouvernance(ecrire_publie(tmp_path / "publie" / "publique"))
    ecrire_modeles(tmp_path / "notebooks")
    modele = ecrire_modele(tmp_path / "notebooks", "ville", "# {{ ville }}", "annee = 2010", ANALYSTE)
    _ajouter(modele, FIGURE, CARTE)
    config = configurer(tmp_path)
    bilan = executer(config)
    assert bilan.avertissements == {"2010/ville": (f"cellule 5 : {SANS_TEXTE}\n",)}
    premiere = (config.chemin("edition") / "2010" / "ville.ipynb").read_bytes()
    executer(config, refaire=True)
    assert (config.chemin("edition") / "2010" / "ville.ipynb").read_bytes() == premiere
    construire(config)
    assert len([*config.chemin("site").glob("_downloads/*/*_gabarit.xlsx")]) == len(TABLES)
    page = lxml_html.parse(str(config.chemin("site") / "book" / "edition" / "2010" / "ville.html")).getroot()
    (table,) = page.xpath("//article//table")
    assert {th.get("scope") for th in table.iter("th")} == {"col", "row"}
    assert "0,035" in table.text_content()
    seaborn, carte = page.xpath("//article//*[local-name()='svg'][@role='img']")
    assert seaborn.xpath("string(*[local-name()='desc'])").startswith("Un seul point")
    assert "0,0350" in seaborn.text_content()
    assert "." not in re.sub(r"[^\d.,]", "", "".join(t.text or "" for t in seaborn.xpath(".//*[local-name()='text']")))
    assert len(carte.xpath(".//*[local-name()='path']")) > 13
    assert not page.xpath("//article//img[contains(@src, '.png')]")


def _ajouter(modele, *codes):
    import nbformat

    nb = nbformat.read(modele, 4)
    nb.cells += [nbformat.v4.new_code_cell(code, id=f"suite{rang}") for rang, code in enumerate(codes)]
    nbformat.write(nb, modele)


@pytest.fixture
def figure():
    figure, axe = plt.subplots()
    axe.plot([0.5, 1.5], [0.25, 0.75])
    axe.text(1, 0.5, "3.5 %")
    axe.text(1, 0.6, "v. 1.2")
    yield figure
    plt.close(figure)


def test_une_figure_sans_texte_est_dite_et_porte_quand_meme_son_titre(figure, capsys):
    figure.axes[0].set_title("Vacance & mobilité")
    rendue = dessiner(figure)
    assert capsys.readouterr().err == f"{SANS_TEXTE}\n"
    assert '<figcaption><strong class="obs-titre">Vacance &amp; mobilité</strong></figcaption>' in rendue
    legender("Titre", "Ce qu'elle montre", figure)
    assert "<desc" in dessiner(figure)
    assert not capsys.readouterr().err


def test_une_figure_est_la_meme_deux_fois_sans_feuille_de_style_ni_identifiant_nu(figure):
    legender("Titre", "Ce qu'elle montre", figure)
    rendue = dessiner(figure)
    assert rendue == dessiner(figure)
    assert "<style" not in rendue
    assert "<metadata" not in rendue
    nommes = re.findall(r'(?: id="|url\(#|href="#)(\w+)', rendue)
    assert len({nom[:11] for nom in nommes}) == 1
    assert all(f">{texte}<" in rendue for texte in ("0,6", "3,5 %", "v. 1.2"))


@pytest.fixture(scope="module")
def shell():
    return creer()


def _montrer(shell, code: str) -> dict:
    """Ce qui paraît de la dernière expression d'une cellule, et d'une figure laissée ouverte."""
    resultat = shell.run_cell(code, silent=True)
    resultat.raise_error()
    return shell.display_formatter.format(shell.user_ns["montre"])[0]


@pytest.mark.parametrize(
    "objet",
    ["plt.gca()", "plt.plot([1, 2])", "plt.hist([1, 2])", "plt.subplots(2)[1]", "plt.subplots()", "plt.boxplot([1, 2])",
     "sns.displot(x=[1, 2], height=1)", "sns.pairplot(pd.DataFrame({'a': [1, 2]}), height=1)"],
)  # fmt: skip
def test_d_une_figure_rien_ne_parait_que_son_dessin(shell, objet):
    code = f"import matplotlib.pyplot as plt, pandas as pd, seaborn as sns\nmontre = {objet}"
    assert _montrer(shell, code) == {}
    plt.close("all")


def test_une_adresse_en_memoire_ne_se_publie_pas(shell):
    assert _montrer(shell, "montre = [object(), 3]")["text/plain"] == "[<object>, 3]"
    assert "text/html" in _montrer(shell, "import matplotlib.pyplot as plt\nmontre = plt.figure()")


def test_une_table_mise_en_forme_est_la_meme_deux_fois(shell):
    code = "import pandas as pd\nmontre = pd.DataFrame({'a': [1.5]}).style.highlight_max()"
    rendue = _montrer(shell, code)["text/html"]
    assert rendue == _montrer(shell, code)["text/html"]
    assert ">1,500000<" in rendue


def test_une_teinte_numerique_des_annees_et_une_carte_sont_a_l_aspect_de_la_maison(shell, capsys):
    code = (
        "import geopandas as gpd, matplotlib.pyplot as plt, seaborn as sns, shapely\n"
        "montre, (gauche, droite) = plt.subplots(1, 2)\n"
        "sns.barplot(x=[1, 2], y=['a', 'b'], hue=[2009, 2010], ax=gauche, saturation=1)\n"
        "droite.plot([2009, 2010], [2010.5, 2011])\n"
        "carte = gpd.GeoDataFrame({'v': [1.0]}, geometry=[shapely.box(6, 47, 6.1, 47.1)], crs=4326).plot('v')"
    )
    dessin = _montrer(shell, code)["text/html"].lower()
    assert all(f"fill: {teinte.lower()}" in dessin for teinte in ("#5b8fb9", RAMPE[-1]))
    lus = re.findall(r"<text[^>]*>([^<]*)</text>", dessin)
    assert {"2009", "2010"} <= {*lus}
    assert not [lu for lu in lus if "e3" in lu or re.fullmatch(r"20\d\d,.*", lu)]
    carte = dessiner(shell.user_ns["carte"].figure)
    assert "Geodetic" not in carte
    assert f"fill: {RAMPE[0]}" in carte
    capsys.readouterr()
    plt.close("all")


def test_une_colonne_de_texte_se_lit_a_gauche():
    rendue = montrer(pd.DataFrame({"nom": ["a"], "mot": ["b"], "n": [1.0]})).html
    assert '<th scope="col" class="gt_left">mot</th><th scope="col">n</th>' in rendue
    assert '<td class="gt_left">b</td><td>1</td>' in rendue


def test_une_table_a_des_entetes_des_nombres_francais_et_des_statuts_expliques():
    table = pd.DataFrame({
        "annee": [2009, 2010, 2010], "nom": ["<b>", "Battant", None], "valeur": [1234.5, 0.0348, np.nan],
        "compte": [1234567, 2, 3], "vrai": [True, False, True], "statut": ["publie", "publie", "c"],
        "le": pd.to_datetime(["2010-01-01", None, "2010-12-31"]),
    })  # fmt: skip
    table.attrs["titre"] = "La vacance"
    rendue = montrer(table).html
    assert "<caption>La vacance</caption>" in rendue
    assert rendue.count('scope="col"') == 7
    assert rendue.count('scope="row"') == 3
    cases = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", rendue)
    dates = {"2009", "1er\u00a0janvier\u00a02010"}
    assert dates | {"&lt;b&gt;", "1\u202f234,5", "0,0348", "1\u202f234\u202f567", "oui"} <= {*cases}
    assert "c : secret" in rendue


def test_l_index_fait_les_entetes_de_ligne_et_une_longue_table_est_coupee():
    par_quartier = pd.DataFrame({"taux": [0.1, 0.2]}, index=pd.Index(["Battant", "Velotte"], name="quartier"))
    assert '<th scope="row">Velotte</th><td>0,2</td>' in montrer(par_quartier).html
    longue = montrer(pd.DataFrame({"n": range(LIGNES + 50)}))
    assert longue.html.count('scope="row"') == LIGNES
    assert f"Les {LIGNES} premières lignes sur {LIGNES + 50}." in longue.html
    assert "Tableau" in montrer(par_quartier.groupby("quartier").agg(["mean", "max"])).html


def test_les_secteurs_se_dispersent_autour_de_leur_quartier(tmp_path):
    """Un modèle livré dessine avec seaborn : un point par secteur publié, aucun pour ce qui est caché."""
    sans, publie = (petit_publie.ecrire_publie(tmp_path / nom) for nom in ("sans", "publique"))
    assert dispersion(lire_publie(2010, sans), "taux_vacance").html == ""
    secteurs = {"battant-1": 0.02, "battant-2": 0.08, "velotte-1": 0.03, "velotte-2": None}
    lieux, valeurs = (pd.read_csv(publie / f"{n}.csv", dtype=str) for n in ("territoires", "indicateurs"))
    vacances = valeurs.query("indicateur == 'taux_vacance' and annee == '2010' and niveau == 'quartier'").iloc[:1]
    for code, valeur in secteurs.items():
        lieu = {"niveau": "secteur", "code": code, "nom": code.capitalize(), "parent": code.partition("-")[0]}
        lieux = pd.concat([lieux, pd.DataFrame([lieu])], ignore_index=True)
        statut = "publie" if valeur else "c"
        ligne = vacances.assign(niveau="secteur", territoire=code, valeur=valeur, statut=statut, bailleur="tous")
        valeurs = pd.concat([valeurs, ligne], ignore_index=True)
    lieux.to_csv(publie / "territoires.csv", index=False)
    valeurs.to_csv(publie / "indicateurs.csv", index=False)
    figure = lxml_html.fromstring(dispersion(lire_publie(2010, publie), "taux_vacance").html)
    (dessin,) = figure.xpath(".//*[local-name()='svg'][@role='img']")
    texte = dessin.xpath("string(*[local-name()='desc'])")
    assert re.sub(r"\s", " ", texte) == (
        "Un point par secteur publié (3), rangé sous son quartier : de 2,0 % (Battant-1) à 8,0 % (Battant-2). "
        "L'écart entre secteurs d'un même quartier est le plus grand à Battant."
    )
    points = [n for n in dessin.iter() if "#0072b2" in n.get("style", "").lower() and n.tag.endswith("use")]
    assert len(points) == 3
    assert "c : secret" in figure.text_content()


def test_le_tableau_d_un_indicateur_est_en_lignes(tmp_path):
    valeurs = lire_publie(2010, petit_publie.ecrire_publie(tmp_path / "publique"))
    table = valeurs.tableau("taux_vacance")
    assert [*table] == ["annee", "territoire", "nom", "valeur", "borne_basse", "borne_haute", "statut"]
    assert set(table["annee"]) == {2007, 2008, 2009, 2010}
    assert table["nom"].isin(petit_publie.QUARTIERS.values()).any()
    assert table.attrs["titre"] == "Taux de vacance"


def test_le_theme_sert_aussi_hors_d_ipython():
    """Une figure de la maison se dessine dans un simple script : rien n'y charge l'extension."""
    code = (
        "import matplotlib.pyplot as plt; from observatoire.presentation.maison import THEME\n"
        "with plt.rc_context(THEME): plt.scatter([1, 2], [3, 4], c=[0, 1])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"MPLBACKEND": "agg"})

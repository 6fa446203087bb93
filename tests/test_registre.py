"""Le registre : aucun nombre n'atteint une page sans y être inscrit, avec son arrondi et sa clé."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from atelier import CODE, configurer, ecrire_modele, ecrire_modeles, ecrire_publie
from petit_publie import ecrire_publie as ecrire_petit_publie

from observatoire.configuration import PUBLICS, PUBLIQUE
from observatoire.edition import executer
from observatoire.edition.equipe import souche
from observatoire.edition.fiches import ecrire_fiches
from observatoire.edition.page import faire_page
from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import preparer
from observatoire.erreurs import EditionIncomplete
from observatoire.presentation import nombres
from observatoire.registre.impressions import (
    DES_NOMBRES,
    DES_TEXTES,
    SANS_CLE,
    admettre,
    citer,
    dire,
    imprimer,
    page,
    relire,
)
from observatoire.registre.site import numeros_hors_registre
from observatoire.registre.sorties import nombres_nus
from observatoire.registre.table import COLONNES, inscrire, lire_registre

RACINE = Path(__file__).resolve().parents[1]
SOURCES = RACINE / "src" / "observatoire"
CONTOURS = RACINE / "data" / "referentiels" / "quartiers.geojson"
HTML = "from IPython.display import HTML, display\n"
LIGNE = {
    "annee": 2010, "niveau": "quartier", "territoire": "battant", "bailleur": "tous", "indicateur": "taux_vacance",
    "numerateur": 43.0, "denominateur": 1234.0, "valeur": 0.03484, "borne_basse": 0.0259, "borne_haute": 0.0466,
    "couverture": 0.957, "reponse": None, "statut": "publie",
}  # fmt: skip
CLE = (2010, "quartier", "battant", "tous", "taux_vacance")
TAUX = {"unite": "%", "nature": "proportion"}


@pytest.fixture
def ouvert():
    with page() as impressions:
        yield impressions


# --- la porte


def test_hors_d_une_page_rien_n_est_marque_ni_retenu():
    assert imprimer("12", 12.0, 0.0) == "12"
    assert dire("plus de 3 mois") == "plus de 3 mois"
    assert citer("n'importe quoi 12") == "n'importe quoi 12"
    with page() as impressions:
        assert not impressions


def test_les_chiffres_de_la_porte_ne_sont_plus_des_chiffres_et_se_relisent(ouvert):
    texte = nombres.ecrire(1234.5, "logements")
    assert not any(c.isdigit() for c in texte)
    assert relire(texte) == "1\u202f234,5\u00a0logements"


def test_une_valeur_publiee_est_inscrite_arrondie_avec_son_pas_et_sa_cle(ouvert):
    nombres.ecrire_ligne(LIGNE, TAUX)
    nombres.ecrire_bornes(LIGNE, TAUX)
    nombres.ecrire_mesure(LIGNE, "denominateur")
    nombres.ecrire_mesure(LIGNE, "couverture")
    nombres.ecrire_mesure(LIGNE, "reponse")
    assert list(ouvert) == [
        ("3,5\u202f%", 0.035, 0.001, "%", *CLE, "valeur"),
        ("2,6", 0.026, 0.001, "%", *CLE, "borne_basse"),
        ("4,7\u202f%", 0.047, 0.001, "%", *CLE, "borne_haute"),
        ("1\u202f234", 1234.0, 0.0, "", *CLE, "denominateur"),
        ("96\u202f%", 0.96, 0.01, "%", *CLE, "couverture"),
    ]


def test_un_nombre_derive_une_graduation_et_une_date_n_ont_pas_de_cle(ouvert):
    nombres.ecrire(-0.0234, "points", signe=True)
    nombres.ecrire(1234567.8, decimales=0)
    nombres.graduer(12.5, "%")
    nombres.ecrire_annee(2010, court=True)
    nombres.ecrire_date("2010-12-31")
    assert [i[:4] for i in ouvert] == [
        ("−2,3\u00a0points", -0.023, 0.001, "points"),
        ("1\u202f234\u202f568", 1234568.0, 1.0, ""),
        ("12,5\u202f%", 0.125, 0.0, "%"),
        ("10", 2010.0, 0.0, "année"),
        ("31\u00a0décembre\u00a02010", None, None, "date"),
    ]
    assert {i[4:] for i in ouvert} == {SANS_CLE}


def test_le_meme_nombre_imprime_deux_fois_est_inscrit_a_chaque_page():
    for _ in "ab":
        with page() as impressions:
            nombres.ecrire_ligne(LIGNE, TAUX)
            nombres.ecrire_date("2010-12-31")
            assert len(impressions) == 2


def test_dire_n_accepte_qu_un_texte_ecrit_tel_quel(ouvert):
    assert relire(dire("intervalle à 95 %")) == "intervalle à 95 %"
    secret = 7
    for compose in (f"moins de {secret}", "moins de " + str(secret)):
        with pytest.raises(ValueError, match="écrit tel quel"):
            dire(compose)


def test_citer_n_accepte_que_ce_qui_est_publie(ouvert):
    admettre(["pour 100 logements", "habitat25", None, 7])
    assert relire(citer("habitat25")) == "habitat25"
    with pytest.raises(ValueError, match="n'est pas un texte publié"):
        citer("7")
    with pytest.raises(ValueError, match="n'est pas un texte publié"):
        nombres.ecrire(1.0, "logements sur 7")


# --- ce qui se lit dans une sortie


@pytest.mark.parametrize(
    ("sortie", "nombre", "lieu"),
    [
        ({"data": {"text/html": "<p>12,3\u202f% de 1\u202f234</p>"}}, "12,3", "texte"),
        ({"data": {"text/html": "<b>1&#50;</b>"}}, "12", "texte"),
        ({"data": {"text/markdown": "l&#x27;an 1&#50;"}}, "12", "text/markdown"),
        ({"data": {"text/html": '<svg><text x="1" y="2">42</text></svg>'}}, "42", "texte"),
        ({"data": {"image/svg+xml": "<svg><title>42 logements</title></svg>"}}, "42", "texte"),
        ({"data": {"text/html": '<abbr title="42 logements">c</abbr>'}}, "42", "attribut « title »"),
        ({"data": {"text/html": "<img alt='42'>"}}, "42", "attribut « alt »"),
        ({"data": {"text/html": "<p data-valeur=42>c</p>"}}, "42", "attribut « data-valeur »"),
        ({"data": {"text/html": '<svg aria-label="42 &gt; 3"></svg>'}}, "42", "attribut « aria-label »"),
        ({"data": {"text/html": '<p title="a>b" data-n="42">c</p>'}}, "42", "attribut « data-n »"),
        ({"data": {"text/html": "<!-- 42 -->"}}, "42", "texte"),
        ({"data": {"text/html": "<script>let n = 42</script>"}}, "42", "texte"),
        ({"data": {"text/html": "<p>3 < 42</p>"}}, "42", "texte"),
        ({"data": {"text/plain": "42"}}, "42", "text/plain"),
        ({"data": {"text/markdown": "**42**"}}, "42", "text/markdown"),
        ({"data": {"application/json": {"n": [42]}}}, "42", "application/json"),
        ({"data": {"application/vnd.vega+json": {"n": 42}}}, "42", "application/vnd.vega+json"),
        ({"data": {}, "metadata": {"image/svg+xml": {"alt": "42"}}}, "42", "métadonnées"),
        ({"name": "stdout", "text": "42\n"}, "42", "texte"),
        ({"data": {"image/png": "iVBORw0KGgo="}}, "une image", "image/png, qui ne peut pas être relue"),
        ({"data": {"application/pdf": "JVBERi0="}}, "une image", "application/pdf, qui ne peut pas être relue"),
    ],
)
def test_un_chiffre_ordinaire_se_voit_partout_ou_il_se_lit(sortie, nombre, lieu):
    assert (nombre, lieu) in nombres_nus(sortie)


def test_les_coordonnees_et_les_identifiants_ne_se_lisent_pas(ouvert):
    svg = (
        f'<svg class="c1" viewBox="0 0 10 10" id="o12" style="width: 3px"><path d="M1 2L3 4"/>'
        f'<a href="../2010/ville.html"><text x="1.5" y=\'2\' font-size="12">{nombres.ecrire(42)}</text></a></svg>'
    )
    assert nombres_nus({"data": {"text/html": svg}, "metadata": {}}) == []


# --- une page


@pytest.fixture(scope="module")
def atelier(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("registre")
    ecrire_publie(dossier / "publie" / "publique")
    ecrire_modeles(dossier / "notebooks")
    (dossier / "vide").mkdir()
    return dossier


@pytest.fixture(scope="module")
def sous_souche(atelier):
    with souche(atelier / "publie" / "publique") as naissance, pytest.MonkeyPatch.context() as poser:
        for nom, valeur in naissance.environnement.items():
            poser.setenv(nom, valeur)
        yield


def _faire(atelier, code, sortie="2010/ville"):
    ecrire_modele(atelier / "notebooks", "ville", "# {{ ville }} en {{ annee }}", "annee = 2010", code)
    publie = atelier / "publie" / "publique"
    travail = next(preparer(p) for p in lister_pages(publie, atelier / "notebooks") if p.sortie == sortie)
    return faire_page(travail, publie, atelier / "vide")


FUITES = {
    "f-string": HTML + "taux = 3.5\ndisplay(HTML(f'<p>{taux} % de logements en {annee:.0f}</p>'))",
    "svg": HTML + 'display(HTML(f\'<svg viewBox="0 0 9 9"><text x="1">{annee}</text></svg>\'))',
    "infobulle": HTML + "display(HTML(f'<abbr title=\"{annee}\">c</abbr>'))",
    "alternative": HTML + 'display(HTML(f\'<span role="img" alt="{annee}"></span>\'))',
    "donnée": HTML + "display(HTML(f'<p data-v=\"{annee}\">c</p>'))",
    "print": "print(annee)",
    "résultat": "annee",
    "table": "import pandas as pd\npd.DataFrame({'a': [annee]})",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, annee])\nplt.show()",
    "valeur publiée": "from observatoire import lire_publie\nv = lire_publie(annee)\n"
    "print(v.ligne('taux_vacance', 'ville', '25056')['valeur'])",
    "le même que par la porte": "from observatoire import ecrire_annee\nprint(ecrire_annee(annee), annee)",
}


@pytest.mark.usefixtures("sous_souche")
@pytest.mark.parametrize("code", FUITES.values(), ids=FUITES.keys())
def test_une_page_qui_imprime_un_nombre_par_une_autre_porte_est_refusee(code, atelier):
    resultat = _faire(atelier, code)
    assert "imprimé sans passer par le registre" in resultat.erreur
    assert "« ecrire »" in resultat.erreur
    assert resultat.cellule == 2


PORTES = HTML + (
    "from observatoire import dire, ecrire, ecrire_annee, ecrire_date, lire_publie\n"
    "v = lire_publie(annee)\nprint(ecrire(0.035, '%'), ecrire_annee(annee), ecrire_date('2010-12-31'))\n"
    'display(HTML(f\'<svg viewBox="0 0 9 9" aria-label="{ecrire(42)}"><text x="1">{ecrire(43)}</text></svg>\'))\n'
    "print(dire('plus de 3 mois'), v.nom('bailleur', 'gbh'), v.ruptures['libelle'].iloc[0])"
)


@pytest.mark.usefixtures("sous_souche")
def test_les_memes_nombres_passent_par_la_porte_et_redeviennent_des_chiffres(atelier):
    resultat = _faire(atelier, PORTES)
    assert resultat.erreur is None
    assert [i[0] for i in resultat.impressions] == [
        "3,5\u202f%", "2010", "31\u00a0décembre\u00a02010", "42", "43", "2010", "3",
    ]  # fmt: skip
    assert not set(DES_NOMBRES + DES_TEXTES) & set(resultat.notebook)
    sorties = [s for c in nbformat.reads(resultat.notebook, 4).cells for s in c.get("outputs", ())]
    assert sorties[0]["text"].startswith("3,5\u202f% 2010 31\u00a0décembre\u00a02010")


def test_sans_souche_la_page_est_verifiee_de_meme(atelier, monkeypatch):
    monkeypatch.setenv("OBSERVATOIRE_FOURCHE", "0")
    assert "« 2010 » (texte)" in _faire(atelier, "print(annee)").erreur
    assert _faire(atelier, PORTES).erreur is None


def test_une_fiche_ou_un_nombre_passerait_a_cote_n_est_pas_ecrite(atelier, tmp_path, monkeypatch):
    monkeypatch.setattr("observatoire.edition.fiches.ecrire_annee", str)
    with pytest.raises(EditionIncomplete, match=r"indicateurs/taux_vacance.*2009"):
        ecrire_fiches(atelier / "publie" / "publique", RACINE / "data" / "schemas", tmp_path)


# --- les vraies pages


@pytest.mark.bout_en_bout
@pytest.mark.parametrize("public", PUBLICS)
def test_toutes_les_pages_des_vrais_notebooks_passent_et_leurs_valeurs_sont_celles_de_publie(public, tmp_path):
    publie = ecrire_petit_publie(tmp_path / "publie" / public, CONTOURS, public=public)
    config = configurer(tmp_path).avec_chemins(notebooks=RACINE / "notebooks")
    voulues = {"accueil", "couverture", "sources", "corrections", "2010/ville", "2010/quartier-battant"}
    voulues |= {"2010/bailleur-gbh", "2010/quartier-tilleroyes", "2010/quartier-planoise-chateaufarine"}
    voulues |= {"2010/alertes", "note"} | ({"2010/alerte-bbbbbbbbbbbb"} if public != PUBLIQUE else set())
    travaux = [preparer(p) for p in lister_pages(publie, config.chemin("notebooks")) if p.sortie in voulues]
    with souche(publie) as naissance, pytest.MonkeyPatch.context() as poser:
        for nom, valeur in naissance.environnement.items():
            poser.setenv(nom, valeur)
        faites = {t.sortie: faire_page(t, publie, tmp_path) for t in travaux}
    assert {s: r.erreur for s, r in faites.items()} == dict.fromkeys(voulues)
    inscrire(tmp_path / "publie", 2010, public, {s: r.impressions for s, r in faites.items()})
    table = lire_registre(tmp_path / "publie")
    cles = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
    valeurs = pd.read_csv(publie / "indicateurs.csv", dtype={"territoire": str})
    longues = valeurs.melt(cles, ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "couverture",
                                  "reponse"], "mesure", "publiee")  # fmt: skip
    avec = table[table["indicateur"].notna()].merge(longues, how="left", on=[*cles, "mesure"])
    assert len(avec) > 1000
    assert avec["publiee"].notna().all()
    assert (avec["valeur"] - avec["publiee"]).abs().le(avec["pas"] / 2 + 1e-9).all()
    assert set(avec["mesure"]) == set(longues["mesure"])
    assert avec["niveau"].eq("immeuble").any() == (public != PUBLIQUE)


# --- l'édition et le registre


@pytest.fixture
def config(tmp_path):
    ecrire_publie(tmp_path / "publie" / "publique", annees=(2009, 2010))
    ecrire_modeles(tmp_path / "notebooks")
    return configurer(tmp_path)


@pytest.mark.bout_en_bout
def test_le_registre_d_une_edition_suit_ses_pages_et_garde_celles_qui_n_ont_pas_change(config, tmp_path):
    executer(config)
    publie = tmp_path / "publie"
    table = lire_registre(publie, "publique", 2010)
    assert list(table.columns) == COLONNES
    assert {"2009/ville", "accueil", "indicateurs/taux_vacance", "formats", "indicateurs.csv"} <= set(table["page"])
    ecrire_modele(config.chemin("notebooks"), "ville", "# {{ ville }}", "annee = 2010", CODE % "annee" + "\nprint()")
    bilan = executer(config)
    assert bilan.pages == 2
    autre = lire_registre(publie, "publique", 2010)
    garder = ~table["page"].str.endswith("/ville")
    assert (
        table[garder].reset_index(drop=True).equals(autre[~autre["page"].str.endswith("/ville")].reset_index(drop=True))
    )
    executer(config, refaire=True)
    assert lire_registre(publie).equals(autre)


def _hors_villes(table):
    return table[~table["page"].str.endswith("/ville")].reset_index(drop=True)


@pytest.mark.bout_en_bout
def test_une_edition_refusee_dit_la_page_la_cellule_et_le_nombre(config, tmp_path):
    ecrire_modele(config.chemin("notebooks"), "corrections", "# Corrections", "annee = 2010", "print(annee + 1)")
    with pytest.raises(EditionIncomplete) as refus:
        executer(config)
    for attendu in ("corrections (corrections.ipynb, cellule 3", "« 2011 »", "ecrire"):
        assert attendu in str(refus.value)
    assert not (tmp_path / "publie" / "registre.parquet").exists()


def test_les_lignes_d_un_autre_public_et_d_une_autre_edition_sont_gardees(tmp_path):
    une = ("3,5\u202f%", 0.035, 0.001, "%", *CLE, "valeur")
    for edition, public in ((2009, "publique"), (2010, "publique"), (2010, "partenaires")):
        inscrire(tmp_path, edition, public, {"accueil": [une]})
    inscrire(tmp_path, 2010, "publique", {"accueil": [], "ville": [une, ("2010", 2010.0, 0.0, "année", *SANS_CLE)]})
    table = lire_registre(tmp_path)
    assert table.groupby(["edition", "public"])["page"].agg(list).to_dict() == {
        (2009, "publique"): ["accueil"],
        (2010, "partenaires"): ["accueil"],
        (2010, "publique"): ["ville", "ville"],
    }
    assert table["rang"].tolist() == [0, 0, 0, 1]
    assert table["indicateur"].isna().sum() == 1


def test_les_fichiers_publies_y_sont_sans_arrondi(config, tmp_path):
    from observatoire.edition.execution import inscrire_l_edition

    inscrire_l_edition(config, "publique", {})
    table = lire_registre(tmp_path / "publie")
    valeurs = pd.read_csv(tmp_path / "publie" / "publique" / "indicateurs.csv")
    assert set(table["page"]) == {"indicateurs.csv"}
    assert table["texte"].isna().all()
    assert table["pas"].eq(0).all()
    assert len(table) == 6 * len(valeurs)
    assert table.groupby("mesure")["valeur"].first()["borne_haute"] == 0.048


def test_les_mesures_des_alertes_y_sont_avec_leur_cle(tmp_path):
    from observatoire.edition.execution import inscrire_l_edition

    publie = ecrire_petit_publie(tmp_path / "publie" / "publique")
    config = configurer(tmp_path)
    inscrire_l_edition(config, "publique", {})
    table = lire_registre(tmp_path / "publie").query("page == 'alertes.csv'")
    alertes = pd.read_csv(publie / "alertes.csv")
    assert table.groupby("mesure").size()["exces"] == alertes["exces"].notna().sum() > 0
    assert table.groupby("mesure").size()["valeur"] == alertes["observe"].notna().sum()
    assert table["bailleur"].eq("tous").all()


# --- le site construit


def _site(tmp_path, article, page_="2010/ville"):
    fichier = tmp_path / "site" / "book" / "edition" / f"{page_}.html"
    fichier.parent.mkdir(parents=True, exist_ok=True)
    fichier.write_text(
        f'<html><nav>99</nav><article class="bd-article">{article}</article><footer>88</footer></html>',
        encoding="utf-8",
    )
    return tmp_path / "site"


def test_le_site_ne_montre_que_des_nombres_inscrits(tmp_path):
    une = ("3,5\u202f%", 0.035, 0.001, "%", *CLE, "valeur")
    inscrire(tmp_path, 2010, "publique", {"2010/ville": [une, ("2010", 2010.0, 0.0, "année", *SANS_CLE)]})
    registre = lire_registre(tmp_path)
    site = _site(tmp_path, '<h1>En 2010<a class="headerlink" href="#12">#</a></h1><p title="3,5 %">3,5\u202f%</p>')
    assert numeros_hors_registre(site, registre, "publique") == []
    _site(tmp_path, '<p title="7">3,5\u202f% de 1\u202f234</p>')
    trouves = numeros_hors_registre(site, registre, "publique")
    assert trouves == [("2010/ville", "1\u202f234", "texte"), ("2010/ville", "7", "attribut « title »")]
    assert numeros_hors_registre(site, registre, "partenaires")


# --- aucune autre porte dans le code


def _noms(chemin: Path) -> set[str]:
    arbre = ast.parse(chemin.read_text(encoding="utf-8"))
    importes = {a.name for n in ast.walk(arbre) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
    modules = {n.module for n in ast.walk(arbre) if isinstance(n, ast.ImportFrom) and n.module}
    return importes | modules | {n.attr for n in ast.walk(arbre) if isinstance(n, ast.Attribute)}


@pytest.mark.parametrize(
    ("noms", "admis"),
    [
        ({"imprimer"}, {"presentation/nombres.py"}),
        ({"texte_publie", "admettre"}, {"publie/tables.py", "publie/contenu.py"}),
        ({"DES_NOMBRES", "DES_TEXTES", "_EN_NOMBRE", "_EN_TEXTE"}, {"registre/sorties.py"}),
        ({"format_decimal", "format_date", "babel", "babel.numbers"}, {"presentation/nombres.py"}),
    ],
    ids=["inscrire un nombre", "certifier un texte", "les chiffres de la porte", "écrire en français"],
)
def test_seul_qui_le_doit_tient_la_porte(noms, admis):
    qui = {f.relative_to(SOURCES).as_posix() for f in SOURCES.rglob("*.py") if noms & _noms(f)}
    assert qui == admis

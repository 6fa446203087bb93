"""« c », « nd », « na », « ne » et zéro : cinq choses différentes, partout où une valeur se montre.

Chaque fonction de présentation montre cinq fois la même case, avec chaque statut et avec zéro : les cinq rendus sont
différents, chacun dit son statut ailleurs que dans ses données repliées, et aucun ne dit celui d'un autre.
"""

from __future__ import annotations

import itertools
import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from petit_publie import ANNEES, ecrire_publie, ecrire_variations

import observatoire
from observatoire.edition.fiches import ecrire_fiches
from observatoire.presentation import comparaisons, donnees, reperes, selection
from observatoire.presentation.nombres import STATUTS, ecrire
from observatoire.publie import VALEURS, lire_publie

RACINE = Path(__file__).parents[1]
CONTOURS = RACINE / "data" / "referentiels" / "quartiers.geojson"
CAS = (*STATUTS, "zero")
PLANOISE, CODE, PARTIE = "planoise-chateaufarine", "plus_65_ans", "plafond_1"
IMMEUBLES = ("taux_vacance", "signalements")
NOMBRES = [nom for nom in VALEURS if nom != "couverture"]
# Ce que chaque fonction montre de la case, ou des cases, mises à l'essai.
MONTRER = {
    "tableau_famille": lambda v: observatoire.tableau_famille(v, "Occupation", PLANOISE),
    "tableau_quartiers": lambda v: observatoire.tableau_quartiers(v, (CODE,), "Quartiers"),
    "tableau_bailleurs": lambda v: observatoire.tableau_bailleurs(v, (CODE,), "Bailleurs", PLANOISE),
    "tableau_immeubles": lambda v: observatoire.tableau_immeubles(v, IMMEUBLES, "Immeubles", PLANOISE),
    "chiffres_cles": lambda v: observatoire.chiffres_cles(v, PLANOISE, codes=(CODE, "apl")),
    "chiffres_cles_seul": lambda v: observatoire.chiffres_cles(v, PLANOISE, codes=(CODE,)),
    "carte": lambda v: observatoire.carte(v, CODE),
    "evolution": lambda v: observatoire.evolution(v, CODE, PLANOISE),
    "comparaison_quartiers": lambda v: observatoire.comparaison_quartiers(v, CODE, PLANOISE),
    "comparaison_bailleurs": lambda v: observatoire.comparaison_bailleurs(v, CODE, PLANOISE),
    "repartition": lambda v: observatoire.repartition(v, "plafond", PLANOISE),
    "presenter": lambda v: observatoire.presenter(v, PLANOISE),
    "comparer_zero": lambda v: comparaisons.comparer_zero(v, CODE, PLANOISE).texte,
    "part_de_la_ville": lambda v: comparaisons.comparer_ville(v, "nb_logements", PLANOISE).texte,
    "en_clair": lambda v: donnees.en_clair("Planoise", selection.ligne(v, CODE, PLANOISE), v.catalogue[CODE]),
}


def _poser(dossier: Path, cas: str) -> None:
    """Mettre un cas dans une case de chaque sorte : quartier, bailleur, modalité, effectif, immeuble."""
    fichier = dossier / "indicateurs.csv"
    table = pd.read_csv(fichier, dtype={"territoire": str}, keep_default_na=False, na_values=[""])
    ici = table["annee"].eq(ANNEES[-1]) & table["territoire"].isin([PLANOISE, "gbh:1"])
    ici &= table["indicateur"].isin([CODE, PARTIE, "nb_logements", "taux_vacance"])
    ici &= table["bailleur"].eq("tous") | (table["bailleur"].eq("gbh") & table["indicateur"].eq(CODE))
    assert ici.sum() >= 5
    if cas == "zero":
        table.loc[ici, ["numerateur", "valeur", "borne_basse"]] = 0.0
    else:
        table.loc[ici, NOMBRES] = float("nan")
        table.loc[ici, "statut"] = cas
    table.to_csv(fichier, index=False)
    ecrire_variations(dossier, table)


@pytest.fixture(scope="module")
def publies(tmp_path_factory):
    """Cas -> ce qui est publié pour les partenaires, la même case y portant ce cas."""
    dossier = tmp_path_factory.mktemp("statuts")
    for cas in CAS:
        ecrire_publie(dossier / cas, CONTOURS, public="partenaires")
        _poser(dossier / cas, cas)
    return {cas: lire_publie(ANNEES[-1], dossier / cas) for cas in CAS}


def _visible(rendu) -> str:
    """Ce qui se voit sans rien ouvrir : ni données repliées, ni infobulles, ni légende, ni constat."""
    html = re.sub(r"<details.*?</details>|<defs>.*?</defs>|<figcaption.*?</figcaption>", "", str(rendu), flags=re.S)
    html = re.sub(r'<ul class="obs-legende".*?</ul>|<p class="obs-note[^>]*>.*?</p>', "", html, flags=re.S)
    return re.sub(r' title="[^"]*"', "", html)


def _texte(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))


def _dits(rendu) -> dict[str, int]:
    """Combien de fois chaque statut est écrit : par son sigle, dans une case ou une étiquette, ou nommé au long."""
    mots = re.findall(r"(?<![\w'’])(c|nd|na|ne)(?![\w'’])", _texte(_visible(rendu)))
    return {statut: mots.count(statut) for statut in STATUTS}


@pytest.mark.parametrize("nom", MONTRER)
def test_les_cinq_cas_se_montrent_differemment(publies, nom):
    rendus = {cas: str(MONTRER[nom](publies[cas])) for cas in CAS}
    for un, autre in itertools.combinations(CAS, 2):
        assert _visible(rendus[un]) != _visible(rendus[autre]), f"{un} et {autre}"


@pytest.mark.parametrize("nom", MONTRER)
def test_chaque_statut_est_dit_et_aucun_autre_a_sa_place(publies, nom):
    dits = {cas: _dits(MONTRER[nom](publies[cas])) for cas in CAS}
    for cas in STATUTS:
        en_plus = {s: dits[cas][s] - dits["zero"][s] for s in STATUTS}
        assert en_plus[cas] > 0, f"{cas} n'est pas dit"
        assert {s for s, n in en_plus.items() if n > 0} == {cas}


@pytest.mark.parametrize("nom", MONTRER)
def test_zero_s_ecrit_zero(publies, nom):
    texte = _texte(_visible(MONTRER[nom](publies["zero"])))
    assert re.search(r"(?<![\d,])0(,0)?(?![\d,])|proche d|sans changement net|en baisse", texte)


@pytest.mark.parametrize("statut", STATUTS)
@pytest.mark.parametrize("nom", ["carte", "evolution", "comparaison_quartiers", "repartition", "tableau_famille"])
def test_le_statut_est_explique_sous_la_figure_et_lu_par_un_lecteur_d_ecran(publies, nom, statut):
    html = str(MONTRER[nom](publies[statut]))
    ferme = re.sub(r"<details.*?</details>", "", html, flags=re.S)
    assert f"{STATUTS[statut].signe} : {STATUTS[statut].libelle}" in _texte(ferme)
    if "<desc" in html:
        description = re.search(r"<desc[^>]*>(.*?)</desc>", html, flags=re.S)[1]
        assert f"{statut} ({STATUTS[statut].libelle})" in description


def test_une_modalite_cachee_laisse_un_trou_hachure_et_une_modalite_nulle_n_en_laisse_pas(publies):
    hachures = {
        cas: re.findall(r"<pattern.*?</pattern>", str(MONTRER["repartition"](publies[cas])), re.S) for cas in CAS
    }
    assert hachures["zero"] == []
    traits = [re.search(r' d="([^"]*)"', hachures[s][0])[1] for s in STATUTS]
    assert len(set(traits)) == len(STATUTS)


def test_la_carte_a_un_motif_par_statut(publies):
    for statut in STATUTS:
        html = str(MONTRER["carte"](publies[statut]))
        assert re.search(rf'<path d="[^"]+" fill="url\(#\w+-motif-{statut}\)" stroke="#\w+"/>', html)
    assert re.search(
        r'Planoise - Châteaufarine : 0,0.{0,60}<path d="[^"]+" fill="#', str(MONTRER["carte"](publies["zero"]))
    )


def test_une_valeur_publiee_mais_manquante_a_le_motif_et_la_legende_de_nd(tmp_path):
    ecrire_publie(tmp_path, CONTOURS)
    fichier = tmp_path / "indicateurs.csv"
    table = pd.read_csv(fichier, keep_default_na=False, na_values=[""])
    table.loc[table["territoire"].eq(PLANOISE) & table["indicateur"].eq(CODE), NOMBRES] = float("nan")
    table.to_csv(fichier, index=False)
    html = str(observatoire.carte(lire_publie(ANNEES[-1], tmp_path), CODE))
    assert "-motif-nd)" in html
    assert 'id="' in html
    assert re.search(r'<pattern id="\w+-motif-nd"', html)
    assert "nd : non disponible" in html


def test_la_ville_cachee_n_est_pas_prise_pour_le_quartier(publies):
    declaration = publies["zero"].catalogue[CODE]
    ligne = selection.ligne(publies["zero"], CODE, "battant")
    for statut in STATUTS:
        repere = {**ligne, **dict.fromkeys(NOMBRES, float("nan")), "statut": statut}
        mots = comparaisons.en_mots(reperes.tout(publies["zero"]))
        texte = comparaisons.comparer(ligne, repere, declaration, mots, 0.001).texte
        assert texte == f"pas de comparaison : {statut} ({STATUTS[statut].libelle})"


def test_les_raisons_d_une_absence_ne_sont_pas_confondues(publies):
    lignes = {cas: {"statut": cas, "valeur": float("nan")} for cas in STATUTS}
    assert donnees.raison(lignes) == (
        "c (secret) pour c ; nd (non disponible) pour nd ; na (non applicable) pour na ; ne (non évaluable) pour ne"
    )
    assert donnees.raison({"a": lignes["na"], "b": lignes["na"]}) == "na (non applicable)"


def test_le_csv_garde_les_cinq_cas_et_les_relit(publies):
    """« na » n'est pas une valeur manquante de pandas, et une case vide n'est pas zéro."""
    for cas in CAS:
        ligne = selection.ligne(publies[cas], CODE, PLANOISE)
        assert ligne["statut"] == ("publie" if cas == "zero" else cas)
        assert (ligne["valeur"] == 0) == (cas == "zero")


@pytest.fixture(scope="module")
def fiches(tmp_path_factory):
    """Statut -> la fiche d'un indicateur dont la valeur de la ville porte ce statut."""
    dossier = tmp_path_factory.mktemp("fiches")
    codes = dict(zip(STATUTS, (CODE, "monoparentales", "sans_emploi", "personnes_seules"), strict=True))
    fichier = ecrire_publie(dossier / "publie") / "indicateurs.csv"
    table = pd.read_csv(fichier, dtype=str, keep_default_na=False)
    for statut, code in codes.items():
        ici = table["niveau"].eq("ville") & table["indicateur"].eq(code)
        assert ici.any()
        table.loc[ici, ["valeur", "statut"]] = ["", statut]
    table.to_csv(fichier, index=False)
    ecrire_fiches(dossier / "publie", RACINE / "data" / "schemas", dossier / "edition")
    return {s: (dossier / "edition" / "indicateurs" / f"{c}.md").read_text(encoding="utf-8") for s, c in codes.items()}


@pytest.mark.parametrize("statut", STATUTS)
def test_la_fiche_d_un_indicateur_dit_et_explique_le_statut(fiches, statut):
    assert f">{statut}</abbr></td>" in fiches[statut]
    assert f"{statut} : {STATUTS[statut].libelle}." in fiches[statut]


def test_un_compte_de_depot_trop_petit_est_secret_et_zero_est_zero(tmp_path):
    ecrire_publie(tmp_path)
    depots = pd.read_csv(tmp_path / "depots.csv")
    comptes = ["lignes", "avertissements", "reparees", "mises_a_part", "gardees"]
    depots[comptes] = depots[comptes].astype("Int64")
    depots.loc[0, comptes] = pd.NA
    depots.loc[1, comptes] = 0
    depots.head(2).to_csv(tmp_path / "depots.csv", index=False)
    html = observatoire.tableau_depots(lire_publie(ANNEES[-1], tmp_path)).html
    assert html.count(">c</abbr>") == html.count(">0</td>") == len(comptes)
    assert "c : secret" in html


def test_un_statut_inconnu_est_refuse():
    with pytest.raises(ValueError, match="statut inconnu"):
        ecrire(0.5, "%", "secret")

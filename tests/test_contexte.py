"""Le contexte de la revue : les fichiers ouverts du RPLS tels quels, le relevé tenu à la main, ce qui les refuse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from fabrique import VILLE, configuration

from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.sujets.revue.calcul.contexte import COLONNES, lire_contexte

REEL = Path(__file__).resolve().parents[2] / "shared" / "reel" / "rpls_2024_communes_doubs.csv"
SIREN, GRAND_BESANCON = "242500361", "Grand Besançon Métropole"
RELEVE = "annee;echelle;territoire;nom;indicateur;valeur;source\n"
#: Les titres d'un classeur de 2024, au-dessus des noms techniques : groupes, sous-groupes, libellés, colonnes, vide.
TITRES = [["Ensemble du parc"], ["", "Vacance et mobilité"], ["", "proposés à la location"], ["Région", "Commune"], []]
BESANCON = {
    "REG": 27, "DEP": 25, "DEPCOM_ARM": VILLE, "LIBCOM_DEP": "Besançon (25)", "LIBCOM": "Besançon", "nb_loues": 14574,
    "nb_vacants": 526, "nb_vides": 711, "nb_ls": 16463, "nb_lgt_tot": 16500, "nb_ls_en_qpv": 8960, "nb_ls_plai": 900,
    "nb_ls2023": 16500, "tx_vac": 3.48, "tx_vac_2023": 3.1, "tx_vac3": 1.21, "tx_vac_3_2023": 1.05, "tx_mob": 10.38,
    "tx_mob_2023": 9.5, "loymoy": 6.02, "loymoy_2023": 5.9, "loymoy_plai": 5.5,
}  # fmt: skip
EPCI = {"EPCI_DEP": SIREN, "LIBEPCI": f"CU {GRAND_BESANCON}", "DEP": "25"}
AGGLOMERATION = EPCI | {"nb_loues": 15900, "nb_vacants": 600, "nb_ls": 18242, "tx_mob": 12.71, "loymoy": 5.454}
INFORMATIONS = pd.DataFrame([["Parc locatif social"], ["tx_vac : taux de vacance"]])


def configurer(dossier: Path, **rubriques) -> Configuration:
    """Une configuration dont les référentiels n'ont qu'un dossier « contexte », vide."""
    (dossier / "referentiels" / "contexte").mkdir(parents=True)
    territoire = {"nom": "Besançon", "code": VILLE, "epci": {"code": SIREN, "nom": GRAND_BESANCON}}
    contenu = {"territoire": territoire, "edition": {"annees": [2022, 2023]}} | rubriques
    return configuration(dossier, chemins={"referentiels": "referentiels"}, **contenu)


def deposer(config: Configuration, nom: str, feuilles: dict[str, list[dict]] | str) -> None:
    """Déposer un CSV (son texte), ou un classeur au dessin de 2024 : feuille -> lignes."""
    fichier = config.chemin("referentiels") / "contexte" / nom
    if isinstance(feuilles, str):
        fichier.write_text(feuilles, encoding="utf-8")
        return
    with pd.ExcelWriter(str(fichier), engine={".xlsx": "openpyxl", ".ods": "odf"}[fichier.suffix]) as classeur:
        INFORMATIONS.to_excel(classeur, sheet_name="INFORMATIONS", index=False, header=False)
        for feuille, lignes in feuilles.items():
            table = pd.DataFrame(lignes)
            large = table.shape[1]
            titres = [(ligne + [""] * large)[:large] for ligne in TITRES]
            cellules = table.astype(object).where(table.notna(), None).values.tolist()
            entier = pd.DataFrame([*titres, list(table), *cellules])
            entier.to_excel(classeur, sheet_name=feuille, index=False, header=False)


def relever(config: Configuration) -> pd.DataFrame:
    """Le contexte, rangé par (annee, territoire, indicateur)."""
    return lire_contexte(config).set_index(["annee", "territoire", "indicateur"])


def refuser(config: Configuration) -> str:
    with pytest.raises(ErreurConfiguration) as refus:
        lire_contexte(config)
    return str(refus.value)


@pytest.mark.reel
@pytest.mark.skipif(not REEL.is_file(), reason="fichier réel absent (../shared/reel)")
def test_le_fichier_reel_du_doubs(tmp_path):
    """Besançon au 1er janvier 2024 : 526 vacants de 15 100 offerts, 3,48 %, ce que le SDES publie."""
    config = configurer(tmp_path)
    shutil.copy(REEL, config.chemin("referentiels") / "contexte")
    lu = relever(config)
    assert lu.index.tolist() == [
        (2023, VILLE, i) for i in ("nb_logements", "part_vides_techniques", "taux_vacance")
    ]  # fmt: skip
    assert lu["valeur"].tolist() == pytest.approx([16463, 711 / 16463, 0.0348], abs=5e-5)
    assert lu["denominateur"].fillna(0).tolist() == [0, 16463, 15100]
    assert set(lu["source"]) == {"RPLS au 1er janvier 2024 (SDES), fichier rpls_2024_communes_doubs.csv"}


@pytest.mark.reel
@pytest.mark.skipif(not REEL.is_file(), reason="fichier réel absent (../shared/reel)")
def test_ce_que_le_fichier_reel_tait_est_secret(tmp_path):
    """Amagney a neuf logements : son parc paraît, le reste est secret, ni zéro ni absent."""
    config = configurer(tmp_path, territoire={"nom": "Amagney", "code": "25014"})
    shutil.copy(REEL, config.chemin("referentiels") / "contexte")
    lu = lire_contexte(config).set_index("indicateur")
    assert lu["statut"].to_dict() == {"nb_logements": "publie", "part_vides_techniques": "c", "taux_vacance": "c"}
    assert lu["valeur"].dropna().tolist() == [9]


@pytest.mark.parametrize("format_", ["xlsx", "ods"])
def test_un_classeur_tel_que_publie(tmp_path, format_):
    """Sous cinq lignes de titres : les comptes donnent leur dénominateur, les taux toute faits n'en ont pas."""
    config = configurer(tmp_path)
    autres = [{**BESANCON, "DEPCOM_ARM": "01001", "nb_loues": None}, {"LIBCOM_DEP": "Total", "nb_ls": 1}]
    deposer(config, f"resultats_rpls_2024_v4.{format_}", {"EPCI": [AGGLOMERATION], "COMMUNES": [*autres, BESANCON]})
    lu = relever(config)
    attendues = {
        "nb_logements": (16463, None), "taux_vacance": (526 / 15100, 15100), "taux_vacance_3_mois": (0.0121, 15100),
        "part_vides_techniques": (711 / 16463, 16463), "part_parc_qpv": (8960 / 16463, 16463),
        "taux_mobilite": (0.1038, None), "loyer_m2": (6.02, None),
    }  # fmt: skip
    ville = lu.loc[2023].loc[VILLE]
    assert set(ville.index) == set(attendues)
    for indicateur, (valeur, denominateur) in attendues.items():
        assert ville.at[indicateur, "valeur"] == pytest.approx(valeur, abs=1e-12)
        assert ville.at[indicateur, "denominateur"] == denominateur or denominateur is None
        assert pd.isna(ville.at[indicateur, "denominateur"]) == (denominateur is None)
    epci = lu.loc[2023].loc[SIREN]
    assert epci.at["taux_vacance", "valeur"] == pytest.approx(600 / 16500)
    assert set(epci["nom"]) == {GRAND_BESANCON}
    assert set(lu["statut"]) == {"publie"}
    assert list(lire_contexte(config)) == COLONNES


def test_une_serie_donne_les_annees_d_avant_sauf_celles_qui_ont_leur_fichier(tmp_path):
    config = configurer(tmp_path)
    deposer(config, "resultats_rpls_2024.xlsx", {"COMMUNES": [BESANCON]})
    lu = relever(config).loc[2022]
    assert lu["valeur"].loc[VILLE].to_dict() == {
        "nb_logements": 16500, "taux_vacance": 0.031, "taux_vacance_3_mois": 0.0105, "taux_mobilite": 0.095,
        "loyer_m2": 5.9,
    }  # fmt: skip
    assert "1er janvier 2023 (SDES), fichier resultats_rpls_2024.xlsx" in lu["source"].iloc[0]
    deposer(config, "rpls_2023_resultats.csv", "DEPCOM_ARM;nb_loues;nb_vacants;tx_vac\n25056;14000;450;3,11\n")
    lu = relever(config).loc[2022].loc[VILLE]
    assert lu.at["taux_vacance", "valeur"] == pytest.approx(450 / 14450)
    assert lu.at["taux_vacance", "denominateur"] == 14450
    assert lu.at["loyer_m2", "valeur"] == 5.9


@pytest.mark.parametrize(
    "texte",
    [
        "\ufeffDEPCOM_ARM,LIBCOM,nb_loues,nb_vacants\n6029,Cannes,\"14 574\",526\n",
        "Parc social, au 1er janvier\n;;\nDEPCOM_ARM;nb_loues;nb_vacants;tx_vac\n06029;14\u00a0574;526;3,48\n",
        "depcom_arm;nb_loues;nb_vacants\n6029;14\u202f574;526,0\n",
    ],
    ids=["virgule", "titres et insécable", "fine"],
)  # fmt: skip
def test_un_csv_a_ses_separateurs_ses_milliers_et_ses_zeros_perdus(tmp_path, texte):
    config = configurer(tmp_path, territoire={"nom": "Cannes", "code": "06029"})
    deposer(config, "rpls-2024-communes.csv", texte)
    assert relever(config).loc[(2023, "06029", "taux_vacance"), "valeur"] == pytest.approx(526 / 15100)


def test_une_case_vide_est_secrete_ou_non_disponible_jamais_zero(tmp_path):
    """Secrète quand le parc a dix logements au plus, ou que le fichier le dit ; sinon non disponible."""
    config = configurer(tmp_path, territoire={"nom": "Besançon", "code": VILLE})
    vides = dict.fromkeys(("nb_loues", "nb_vacants", "nb_ls_en_qpv", "tx_vac", "loymoy_2023"))
    deposer(config, "rpls_2024.xlsx", {"COMMUNES": [BESANCON | vides | {"tx_mob": "s", "tx_vac3": "nd", "loymoy": 0}]})
    statuts = relever(config)["statut"]
    du_parc = {i: statuts[2023, VILLE, i] for i in ("taux_vacance", "part_parc_qpv", "taux_mobilite", "loyer_m2")}
    assert du_parc == {"taux_vacance": "nd", "part_parc_qpv": "nd", "taux_mobilite": "c", "loyer_m2": "nd"}
    assert statuts[2022, VILLE, "loyer_m2"] == "nd"
    deposer(config, "rpls_2024.xlsx", {"COMMUNES": [BESANCON | vides | {"nb_ls": 10, "nb_ls2023": 3, "nb_vides": 0}]})
    lu = relever(config)
    assert lu["statut"][2023, VILLE, "taux_vacance"] == lu["statut"][2022, VILLE, "loyer_m2"] == "c"
    assert lu["valeur"][2023, VILLE, "part_vides_techniques"] == 0
    masque = BESANCON | vides | {"nb_ls": None, "nb_ls2023": None}
    for nom, statut in (("rpls_2024.xlsx", "nd"), ("resultats_rpls_2025_secret_donnees.xlsx", "c")):
        shutil.rmtree(config.chemin("referentiels") / "contexte")
        (config.chemin("referentiels") / "contexte").mkdir()
        deposer(config, nom, {"COMMUNES": [masque]})
        assert lire_contexte(config).query("indicateur == 'taux_vacance'")["statut"].iloc[-1] == statut


@pytest.mark.parametrize(
    "ligne",
    [
        {"EPCI_DEP": f"{SIREN} (25)"},
        {"EPCI_DEP": "Grand Besançon (25)", "LIBEPCI": "GRAND BESANCON METROPOLE"},
        {"EPCI_DEP": "x", "EPCI": int(SIREN)},
    ],
)
def test_l_epci_se_reconnait_a_son_siren_sinon_a_son_nom(tmp_path, ligne):
    config = configurer(tmp_path)
    voisin = AGGLOMERATION | {"EPCI_DEP": "200000000", "LIBEPCI": "CC Loue-Lison", "nb_ls": 1}
    deposer(config, "rpls_2024.xlsx", {"EPCI": [voisin, AGGLOMERATION | ligne]})
    lu = relever(config)
    assert lu.loc[(2023, SIREN, "nb_logements"), "valeur"] == 18242
    assert lu.loc[(2023, SIREN, "loyer_m2"), "valeur"] == 5.454
    assert set(lu["echelle"]) == {"epci"}


def test_un_epci_a_cheval_ou_introuvable_ne_se_choisit_pas(tmp_path):
    config = configurer(tmp_path)
    deposer(config, "rpls_2023.xlsx", {"EPCI": [AGGLOMERATION, AGGLOMERATION | {"DEP": "70"}]})
    deposer(config, "rpls_2024.xlsx", {"EPCI": [AGGLOMERATION | {"EPCI_DEP": "x"}]})
    dit = refuser(config)
    assert "rpls_2023.xlsx, feuille « EPCI » : l'EPCI 242500361" in dit
    assert "2 lignes" in dit
    assert "plusieurs départements" in dit
    assert f"Noms proches dans ce fichier : « CU {GRAND_BESANCON} »" in dit


def test_une_agglomeration_a_ses_communes_et_elle_meme(tmp_path):
    """Une commune sans logement social n'a pas de ligne : son parc est non disponible, jamais zéro."""
    exemple = Path(__file__).parents[1] / "exemples" / "agglomeration"
    shutil.copytree(exemple / "referentiels", tmp_path / "referentiels")
    communes = [{"code": c, "nom": n} for c, n in (("99101", "Valombre"), ("99102", "Rivecourt"), ("99103", "Essarts"))]
    val = {"nom": "Val d'Ombre", "code": "999000990", "communes": communes}
    config = configurer(tmp_path, territoire=val, niveaux=["quartier"])
    siennes = [BESANCON | {"DEPCOM_ARM": "99101"}, BESANCON | {"DEPCOM_ARM": "99102", "nb_ls": 7}, BESANCON]
    entier = AGGLOMERATION | {"EPCI_DEP": "999000990", "LIBEPCI": "Val d'Ombre"}
    deposer(config, "rpls_2024.xlsx", {"Commune": siennes, "EPCI": [entier]})
    lu = relever(config).loc[2023]
    assert lu["valeur"].xs("nb_logements", level="indicateur").dropna().to_dict() == {
        "99101": 16463, "99102": 7, "999000990": 18242,
    }  # fmt: skip
    assert lu.loc["99103", ["nom", "statut"]].values.tolist() == [["Essarts", "nd"]]
    deposer(config, "rpls_2024.xlsx", {"Commune": [BESANCON]})
    assert refuser(config).count("n'y est pas") == 3


def test_tout_ce_qui_ne_va_pas_est_dit_d_un_coup(tmp_path):
    config = configurer(tmp_path)
    fautive = BESANCON | {"tx_mob": "dix", "nb_vides": 1.5, "tx_vac_3_2023": 240, "tx_vac": 0.0348}
    deposer(config, "rpls_2021.xlsx", {"COMMUNES": [fautive]})
    deposer(config, "rpls_2022.xlsx", {"COMMUNES": [BESANCON | {"DEPCOM_ARM": "25057"}]})
    deposer(
        config, "rpls_2023.xlsx", {"COMMUNES": [{"commune": "x", "total": 3}], "EPCI": [EPCI | {"tel": 1, "nb_ls": 2}]}
    )
    deposer(config, "rpls_2024.xlsx", {"REGION": [BESANCON], "DEPARTEMENT": [BESANCON]})
    deposer(config, "resultats.csv", "DEPCOM_ARM;nb_ls\n25056;1\n")
    deposer(config, "rpls_2019_maj_2020.csv", "DEPCOM_ARM;nb_ls\n25056;1\n")
    deposer(config, "rpls_2018.csv", "DEPCOM_ARM;nb_ls;nom_locataire\n25056;1;Camille\n")
    deposer(config, "rpls_2017.pdf", "x")
    deposer(config, "rpls_2016.xlsx", "ce n'est pas un classeur")
    (config.chemin("referentiels") / "contexte.csv").write_text(RELEVE + "2010;pays;1;N;apl;0,3;s\n", encoding="utf-8")
    dit = refuser(config)
    for attendu in (
        "rpls_2021.xlsx, feuille « COMMUNES » : colonne « tx_mob », 25056 : « dix » n'est pas un nombre",
        "« nb_vides » n'est pas un nombre entier",
        "RPLS 2023, 25056 : « tx_vac3 » n'est pas un pourcentage",
        "« tx_vac » n'est pas nb_vacants / (nb_loues + nb_vacants)",
        "rpls_2022.xlsx, feuille « COMMUNES » : la commune 25056 (Besançon) n'y est pas",
        "rpls_2023.xlsx : feuille « COMMUNES », aucune des 15 premières lignes",
        "rpls_2023.xlsx : feuille « EPCI », la colonne « tel » est interdite",
        "rpls_2024.xlsx : aucune feuille ne se nomme « COMMUNE » et « EPCI » ; il y a « INFORMATIONS », « REGION »",
        "resultats.csv : l'année du RPLS se lit dans le nom du fichier, qui n'en dit aucune. Le renommer",
        "rpls_2019_maj_2020.csv : l'année du RPLS se lit dans le nom du fichier, qui en dit 2",
        "rpls_2018.csv : la colonne « nom_locataire » est interdite",
        "rpls_2017.pdf : ce format n'est pas lu",
        "rpls_2016.xlsx : le classeur ne peut pas être ouvert",
        "contexte.csv, ligne 2 : « echelle » vaut commune ou epci",
    ):
        assert attendu in dit
    assert "Camille" not in dit


def test_un_territoire_qui_n_est_pas_une_commune_n_a_que_son_epci(tmp_path):
    config = configurer(tmp_path, territoire={"nom": "Un pays", "code": "pays", "quartiers": "communes"})
    assert lire_contexte(config).empty
    deposer(config, "rpls_2024.xlsx", {"COMMUNES": [BESANCON]})
    assert "aucun territoire à y chercher. Déclarer « epci »" in refuser(config)


def test_un_meme_chiffre_ne_vient_pas_de_deux_endroits(tmp_path):
    config = configurer(tmp_path)
    deposer(config, "rpls_2024.xlsx", {"COMMUNES": [BESANCON | {"tx_mob": None}]})
    releve = config.chemin("referentiels") / "contexte.csv"
    mobilite = f"2023;commune;{VILLE};Besançon;taux_mobilite;0,1038;annexe du SDES\n"
    releve.write_text(RELEVE + mobilite, encoding="utf-8")
    lu = relever(config).loc[(2023, VILLE, "taux_mobilite")]
    assert (lu["valeur"], lu["statut"], lu["source"]) == (0.1038, "publie", "annexe du SDES")
    releve.write_text(RELEVE + f"2023;commune;{VILLE};Besançon;loyer_m2;6;annexe\n", encoding="utf-8")
    assert "contexte.csv : 2023, commune 25056, loyer_m2 est aussi donné par « RPLS au 1er janvier 2024" in refuser(
        config
    )
    releve.unlink()
    deposer(config, "resultats_2024_v4.csv", f"DEPCOM_ARM;nb_ls\n{VILLE};16463\n")
    assert "donnent les mêmes chiffres (commune, RPLS 2024). N'en garder qu'un." in refuser(config)


def test_le_releve_d_un_tableur_se_lit_et_un_guillemet_ouvert_se_dit(tmp_path):
    config = configurer(tmp_path)
    releve = config.chemin("referentiels") / "contexte.csv"
    ligne = "2010;epci;242500361;Grand Besançon;taux_vacance;0,034;EPLS, relevé\n"
    releve.write_bytes((RELEVE + "\n" + ligne).encode("cp1252"))
    assert lire_contexte(config)[["nom", "source"]].values.tolist() == [["Grand Besançon", "EPLS, relevé"]]
    releve.write_text(RELEVE + ligne.replace("EPLS", '"EPLS'), encoding="utf-8")
    assert "contexte.csv : un guillemet ouvert" in refuser(config)
    releve.write_text(RELEVE + ligne.replace("relevé", "relevé ; annexe"), encoding="utf-8")
    assert "contexte.csv : ligne 2, plus de valeurs que de colonnes" in refuser(config)
    releve.write_text(RELEVE.replace("nom", "source"), encoding="utf-8")
    assert "une colonne est donnée deux fois" in refuser(config)
    releve.write_text(RELEVE.replace("source\n", "source;;\n"), encoding="utf-8")
    assert lire_contexte(config).empty
    releve.write_bytes(b"")
    assert "colonnes absentes" in refuser(config)


def test_le_releve_se_lit_ou_dit_tout_ce_qui_ne_va_pas(tmp_path):
    config = configurer(tmp_path)
    assert lire_contexte(config).empty
    releve = config.chemin("referentiels") / "contexte.csv"
    releve.write_text(RELEVE + "2010;epci;242500361;Grand Besançon;taux_vacance;0,034;RPLS\n", encoding="utf-8")
    assert lire_contexte(config)[["annee", "valeur", "statut"]].values.tolist() == [[2010, 0.034, "publie"]]
    avec = RELEVE.replace("source", "source;denominateur") + "2010;commune;25056;Besançon;apl;0,3;EPLS;1500\n"
    releve.write_text(avec, encoding="utf-8")
    assert lire_contexte(config)["denominateur"].tolist() == [1500]
    releve.write_text(RELEVE + "2010;pays;1;;inconnu;3,4 %;RPLS\n2010;epci;1;N;apl;34;s\n", encoding="utf-8")
    dit = refuser(config)
    for attendu in ("echelle", "indicateur", "n'est pas un nombre", "fraction", "nom"):
        assert attendu in dit


def test_une_commune_par_arrondissements(tmp_path):
    """Lyon n'a de lignes que ses neuf arrondissements : leurs nombres s'additionnent, leurs taux non."""
    config = configurer(tmp_path, territoire={"nom": "Lyon", "code": "69123"})
    siens = [
        {"DEPCOM_ARM": str(69381 + n), "nb_loues": 90 + n, "nb_vacants": 10, "nb_vides": 1, "nb_ls": 200, "tx_mob": 9}
        for n in range(9)
    ]
    deposer(config, "rpls_2024.xlsx", {"COMMUNES": siens})
    lu = lire_contexte(config).set_index("indicateur")["valeur"]
    assert lu["nb_logements"] == 1800
    assert lu["taux_vacance"] == pytest.approx(90 / (sum(range(90, 99)) + 90))
    assert pd.isna(lu["taux_mobilite"])
    deposer(config, "rpls_2024.xlsx", {"COMMUNES": siens[:8]})
    assert "la commune 69123 (Lyon) n'y est pas" in refuser(config)

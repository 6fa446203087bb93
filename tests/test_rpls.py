"""Les deux dessins du RPLS : reconnus à leur en-tête, chaque singularité traitée et comptée."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from atelier_lecture import Atelier, octets_csv

from observatoire import lecture
from observatoire.configuration import MARQUE_FICTIF, lire_configuration
from observatoire.lecture import preparer
from observatoire.lecture.problemes import citer_code, ressemble_a_un_code
from observatoire.lecture.rpls_modeles import ENTETES
from observatoire.lecture.rpls_traitements import SINGULARITES
from observatoire.lecture.territoires import points

REEL = Path(__file__).resolve().parents[2] / "shared" / "reel"
LIGNE = {
    "2018": {
        "DEPCOM": "25056", "NOMVOIE": "RUE BATTANT", "NUMVOIE": "4", "NUMAPPT": "12", "ETAGE": "1", "IMMEU": "B1",
        "QPV": "1", "NBPIECE": "3", "SURFHAB": "62", "CONSTRUCT": "1970", "LOCAT": "1971", "PATRIMOINE": "1971",
        "FINAN": "52", "DPEDATE": "01/2010", "DPEENERGIE": "D", "TYPECONST": "C",
    },
    "2025": {
        "DEPCOM": "25056", "NOMVOIE": "BATTANT", "NUMVOIE": "4", "ETAGE": "1", "QPV_CODE": "2", "NBPIECE": "3",
        "SURFHAB": "62", "CONSTRUCT": "1970", "LOCAT": "1971", "PATRIMOINE": "1971", "FINAN_CODE": "13",
        "FINAN_LIBELLE": "PLUS", "DPEENERGIE": "B", "EPSG": "2154", "X": "927700", "Y": "6683000",
        "TYPECONST_CODE": "C",
    },
}  # fmt: skip


def lire(tmp_path, lignes, dessin="2018"):
    atelier = Atelier(tmp_path)
    atelier.deposer("rpls", octets=octets_csv([{**LIGNE[dessin], **x} for x in lignes], DESSINS[dessin]))
    return atelier, atelier.verifier()


def traites(depots) -> dict[str, int]:
    return {t.nom: t.nombre for t in depots.fichiers[0].traitements if t.nombre}


LIGNE |= {
    "2018 géocodé": {**LIGNE["2018"], "X": "927700", "Y": "6683000"},
    "2023": LIGNE["2025"],
    "minuscules": {nom.lower(): valeur for nom, valeur in LIGNE["2018"].items()},
}
DESSINS = ENTETES | {"minuscules": [nom.lower() for nom in ENTETES["2018"]]}


@pytest.mark.parametrize("dessin", ["2018", "2018 géocodé", "2023", "2025", "minuscules"])
def test_tous_les_dessins(tmp_path, dessin):
    etage = "etage" if dessin == "minuscules" else "ETAGE"
    atelier, depots = lire(tmp_path, [{}, {etage: "2"}], dessin)
    assert depots.accepte, depots.message()
    preparer(atelier.config, depots)
    logements = pd.read_parquet(tmp_path / "data/prepare/tables/2010/logements.parquet")
    assert len(logements) == logements["id_logement"].nunique() == 2
    assert logements["immeuble"].nunique() == 1
    assert logements["financement"].tolist() == ["PLUS", "PLUS"]
    assert logements["dpe"].tolist() == ["B" if dessin in ("2023", "2025") else "D"] * 2
    assert logements["qpv"].tolist() == ["hors_qpv" if dessin in ("2023", "2025") else "en_qpv"] * 2
    for absente in ("loyer_eur", "occupation", "mois_vacance", "date_bail"):
        assert logements[absente].isna().all()
    attendu = "hors_quartier" if dessin in ("2018", "minuscules") else "battant"
    assert set(logements["quartier"]) == {attendu}


@pytest.mark.parametrize(
    ("lignes", "attendu"),
    [
        ([{"DPEDATE": "01/1900", "DPEENERGIE": ""}], {"dpe_fictif": 1}),
        ([{"DPEENERGIE": "5"}], {"dpe_en_chiffres": 1}),
        ([{"SURFHAB": "0"}], {"surface_non_renseignee": 1}),
        ([{"NBPIECE": "NC"}], {"pieces_non_renseignees": 1}),
        ([{"SURFHAB": "2000"}], {"valeur_hors_bornes": 1}),
        ([{"FINAN": "99"}], {"financement_inconnu": 1}),
        ([{"LIBEPCI": "Pays de L\ufffdrins"}], {"caracteres_perdus": 1}),
        (
            [{"COMPLGEO": "Les Gen?ts"}, {"COMPLGEO": "Les Gen"}],
            {"accents_en_point_d_interrogation": 1, "adresse_coupee_a_l_accent": 1},
        ),
        ([{"IMMEU": "7190-01-01"}], {"immeuble_comme_une_date": 1}),
        ([{"NUMCONV": "6.19951E+021"}], {"nombre_abime_par_un_tableur": 1}),
        ([{"PATRIMOINE": "1960"}], {"patrimoine_avant_location": 1}),
        ([{}, {}], {"doublons_exacts": 1}),
        ([{"NUMAPPT": ""}, {"NUMAPPT": ""}], {"lignes_identiques_sans_numero": 2}),
        ([{"NUMAPPT": ""}, {"NUMAPPT": "", "SURFHAB": "70"}], {"adresse_partagee": 2}),
        ([{}, {"DEPCOM": "25057"}], {"hors_de_la_commune": 1}),
    ],
)
def test_singularites(tmp_path, lignes, attendu):
    _, depots = lire(tmp_path, lignes)
    assert depots.accepte, depots.message()
    assert traites(depots) == attendu
    logements = depots.tables[2010, "neolia", "logements"]
    parts = attendu.get("doublons_exacts", 0) + attendu.get("hors_de_la_commune", 0)
    assert len(logements) == logements["id_logement"].nunique() == len(lignes) - parts


@pytest.mark.parametrize(
    ("colonne", "valeur"),
    [("CONSTRUCT", "19xx"), ("SURFHAB", "abc"), ("DPEENERGIE", "H"), ("QPV", "X"), ("LOCAT", "?"), ("FINAN", "PLUS")],
)
def test_valeur_illisible(tmp_path, colonne, valeur):
    """Une sur dix : elle est manquante et comptée. Deux sur onze : le fichier est refusé, et la valeur citée, sauf
    un mot qui pourrait être un nom."""
    bonnes = [{"NUMAPPT": str(n)} for n in range(9)]
    _, depots = lire(tmp_path, [*bonnes, {colonne: valeur}])
    assert depots.accepte, depots.message()
    assert traites(depots) == {f"illisible_{colonne.lower()}": 1}
    (tmp_path / "b").mkdir()
    _, depots = lire(tmp_path / "b", [*bonnes, {colonne: valeur}, {colonne: valeur, "NUMAPPT": "99"}])
    dite = citer_code(valeur if ressemble_a_un_code(valeur) else None)
    assert f"lignes 11 et 12, colonne « {colonne} » : {dite} ne peut pas être lu" in depots.message()
    assert "    Écrire " in depots.message()


@pytest.mark.parametrize(
    ("valeur", "attendu"), [("1", "oui"), ("2", "non"), ("QP025001", "oui"), ("QN02501M", "oui"), ("QN00601", "oui")]
)
def test_qpv_de_2025(tmp_path, valeur, attendu):
    _, depots = lire(tmp_path, [{"QPV_CODE": valeur}], "2025")
    assert depots.accepte, depots.message()
    assert depots.tables[2010, "neolia", "logements"]["qpv"].tolist() == [attendu]


def test_une_colonne_illisible_a_son_nom_de_2025(tmp_path):
    assert "ligne 2, colonne « QPV_CODE » : « X »" in lire(tmp_path, [{"QPV_CODE": "X"}], "2025")[1].message()


@pytest.mark.parametrize("systeme", ["2154.0", "EPSG:2154", "", "4326.0"])
def test_systeme_de_coordonnees(tmp_path, systeme):
    place = {"X": "6,01", "Y": "47,23"} if systeme == "4326.0" else {}
    _, depots = lire(tmp_path, [{"EPSG": systeme, **place}], "2025")
    assert depots.accepte, depots.message()
    assert points(depots.tables[2010, "neolia", "immeubles"]).iloc[0].x == pytest.approx(6.01, abs=0.02)


@pytest.mark.parametrize("systeme", ["L93", "99999"])
def test_systeme_de_coordonnees_inconnu(tmp_path, systeme):
    message = lire(tmp_path, [{"EPSG": systeme}], "2025")[1].message()
    assert f"ligne 2, colonne « EPSG » : « {systeme} » n'est pas un système de coordonnées connu." in message


def test_un_rpls_en_parquet_se_prepare_comme_en_csv(tmp_path):
    lignes, prepares = [{**LIGNE["2018"], "NUMAPPT": str(n)} for n in range(3)], []
    en_parquet = pd.DataFrame(lignes).reindex(columns=ENTETES["2018"], fill_value="").to_parquet(index=False)
    for genre, octets in (("csv", octets_csv(lignes, ENTETES["2018"])), ("parquet", en_parquet)):
        (tmp_path / genre).mkdir()
        atelier = Atelier(tmp_path / genre)
        atelier.deposer("rpls", nom=f"rpls_neolia.{genre}", octets=octets)
        (atelier.config.chemin("brut") / MARQUE_FICTIF).touch()  # la même clé du secret, ici et là
        lecture.lire(atelier.config)
        prepares.append(pd.read_parquet(atelier.config.chemin("prepare") / "tables" / "2010" / "logements.parquet"))
    assert len(prepares[0]) == 3
    pd.testing.assert_frame_equal(*prepares)


def test_zero_initial_perdu(tmp_path):
    atelier = Atelier(tmp_path)
    fichier = tmp_path / "observatoire.yml"
    fichier.write_text(fichier.read_text("utf-8").replace("25056", "06029"), encoding="utf-8")
    from observatoire.configuration import lire_configuration

    atelier.config = lire_configuration(fichier)
    atelier.deposer("rpls", octets=octets_csv([{**LIGNE["2018"], "DEPCOM": "6029"}], ENTETES["2018"]))
    depots = atelier.verifier()
    assert traites(depots) == {"zeros_perdus": 1}
    assert len(depots.tables[2010, "neolia", "logements"]) == 1


def test_les_identifiants_ne_dependent_pas_de_l_ordre(tmp_path):
    lignes = [{"NUMAPPT": "", "LIBCOM": str(n % 3)} for n in range(6)] + [{"NUMAPPT": str(n)} for n in range(4)]
    identifiants = []
    for dossier, ordre in (("a", lignes), ("b", lignes[::-1])):
        (tmp_path / dossier).mkdir()
        logements = lire(tmp_path / dossier, ordre)[1].tables[2010, "neolia", "logements"]
        identifiants.append(set(logements["id_logement"]))
    assert identifiants[0] == identifiants[1]


def test_millesime_d_une_autre_annee(tmp_path):
    _, depots = lire(tmp_path, [{"LOCAT": "2017"}])
    assert "mise en location en 2017, après l'année 2010." in depots.message()


def test_aucun_logement_de_la_commune(tmp_path):
    _, depots = lire(tmp_path, [{"DEPCOM": "06030"}])
    assert "Aucun logement n'est dans la commune 25056." in depots.message()


def test_un_dessin_geocode_sans_ses_autres_colonnes(tmp_path):
    """Le fichier de 2018 à qui l'on n'a ajouté que X et Y."""
    atelier = Atelier(tmp_path)
    atelier.deposer("rpls", octets=octets_csv([LIGNE["2018 géocodé"]], [*ENTETES["2018"], "X", "Y"]))
    assert atelier.verifier().accepte


def test_les_arrondissements_sont_leur_commune(tmp_path):
    """Le RPLS code les arrondissements de Lyon ; deux immeubles de même adresse y restent deux immeubles."""
    atelier = Atelier(tmp_path)
    config = tmp_path / "observatoire.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("25056", "69123"), encoding="utf-8")
    atelier.config = lire_configuration(config)
    lignes = [{**LIGNE["2018"], "DEPCOM": code} for code in ("69381", "69382", "69266")]
    atelier.deposer("rpls", octets=octets_csv(lignes, ENTETES["2018"]))
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    assert len(depots.tables[2010, "neolia", "immeubles"]) == 2
    assert traites(depots)["hors_de_la_commune"] == 1


def test_colonne_inconnue_ou_interdite(tmp_path):
    atelier = Atelier(tmp_path)
    entete = [*ENTETES["2018"], "Nom locataire"]
    atelier.deposer("rpls", octets=octets_csv([LIGNE["2018"]], entete))
    assert "est interdite (identité)" in atelier.verifier().message()


def test_rpls_et_logements_ensemble(tmp_path):
    atelier, _ = lire(tmp_path, [{}])
    atelier.deposer("logements")
    assert "est aussi déposée dans" in atelier.verifier().message()


@pytest.mark.reel
@pytest.mark.skipif(not REEL.is_dir(), reason="fichiers réels absents (../shared/reel)")
def test_cannes(tmp_path):
    """Le fichier réel de Cannes : chaque singularité comptée, 2 970 logements distincts."""
    (tmp_path / "brut/2017").mkdir(parents=True)
    shutil.copy(REEL / "rpls_2018_detail_cannes.csv", tmp_path / "brut/2017/rpls_parc.csv")
    schemas = Path(__file__).parents[1] / "data" / "schemas"
    (tmp_path / "observatoire.yml").write_text(
        'territoire: {nom: Cannes, code: "06029"}\nedition: {annees: [2017]}\n'
        "bailleurs: [{code: parc, nom: Parc social, tables: [immeubles, logements]}]\n"
        f"chemins: {{brut: brut, schemas: {schemas}}}\n",
        encoding="utf-8",
    )
    from observatoire.configuration import lire_configuration
    from observatoire.lecture import verifier

    depots = verifier(lire_configuration(tmp_path / "observatoire.yml"))
    assert depots.accepte, depots.message()
    assert traites(depots) == {
        "zeros_perdus": 3000,
        "dpe_fictif": 135,
        "caracteres_perdus": 3000,
        "accents_en_point_d_interrogation": 196,
        "adresse_coupee_a_l_accent": 181,
        "immeuble_comme_une_date": 753,
        "patrimoine_avant_location": 15,
        "adresse_partagee": 30,
        "hors_de_la_commune": 30,
    }
    logements = depots.tables[2017, "parc", "logements"]
    assert len(logements) == logements["id_logement"].nunique() == 2970
    assert logements["financement"].value_counts().to_dict() == {"PLUS": 2781, "PLI": 82, "PLS": 77, "PLAI": 30}
    assert logements["dpe"].isna().sum() == 135


@pytest.mark.reel
@pytest.mark.skipif(not REEL.is_dir(), reason="fichiers réels absents (../shared/reel)")
def test_les_entetes_sont_ceux_des_fichiers_reels():
    for nom, dessin in (("rpls_2018_detail_cannes.csv", "2018"), ("rpls_2025_entete.csv", "2025")):
        with (REEL / nom).open(encoding="utf-8") as flux:
            assert flux.readline().strip().split(";") == ENTETES[dessin]


def test_chaque_singularite_a_une_phrase():
    assert all(fonction.__doc__.strip().endswith(".") for _, fonction in SINGULARITES.values())


def test_ce_qui_n_est_pas_une_commune_francaise_est_mis_a_part(tmp_path):
    """Un pays entier : « NC », l'étranger, un en-tête répété se comptent, et ne font pas de territoire."""
    atelier = Atelier(tmp_path)
    fichier = tmp_path / "observatoire.yml"
    ecrit = fichier.read_text("utf-8").replace('code: "25056"', "code: pays, quartiers: communes")
    fichier.write_text(ecrit, encoding="utf-8")
    from observatoire.configuration import lire_configuration

    atelier.config = lire_configuration(fichier)
    codes = ("25056", "6029", "2A004", "97105", "NC", "99999", "Code commune", "0")
    lignes = [{**LIGNE["2018"], "DEPCOM": code} for code in codes]
    atelier.deposer("rpls", octets=octets_csv(lignes, ENTETES["2018"]))
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    assert set(depots.tables[2010, "neolia", "immeubles"]["quartier"]) == {"25056", "06029", "2A004", "97105"}
    assert traites(depots)["hors_de_la_commune"] == 4

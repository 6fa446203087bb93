"""De grands dépôts : en lots, en morceaux, en Parquet ou sur une grappe, ce sont les mêmes indicateurs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from atelier_lecture import LIGNES, SCHEMAS, Atelier
from fabrique import RACINE
from petite_grappe import ouvrir_grappe

from observatoire import indicateurs, isolement, lecture
from observatoire.configuration import MARQUE_FICTIF, lire_configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture import conformite, decoupe, lots, parquet
from observatoire.schemas import lire_schemas

sys.path.insert(0, str(RACINE / "bench"))

import calculer as banc
import parc_national

LOGEMENTS = 3_000
CALCULES = ["indicateurs", "comptes", "couverture"]
TABLES = lire_schemas(SCHEMAS)


@pytest.fixture(scope="module")
def pays(tmp_path_factory):
    """Un petit pays fictif : 3 000 logements, 20 communes, 3 bailleurs, 2 années, ménages compris."""
    dossier = tmp_path_factory.mktemp("pays")
    with pytest.MonkeyPatch.context() as substitution:
        substitution.setattr(parc_national, "BAILLEURS_MIN", 3)
        fichier = parc_national.ecrire(dossier, LOGEMENTS, [2022, 2023], communes=20, menages=True)
    return lire_configuration(fichier)


@pytest.fixture(scope="module")
def d_un_bloc(pays, tmp_path_factory):
    """Ce que le pays donne en un lot par année."""
    return _calculer(pays, tmp_path_factory.mktemp("bloc"))


def _calculer(config, prepare: Path, **options) -> Path:
    ici = config.avec_chemins(prepare=prepare)
    lecture.lire(ici)
    indicateurs.ecrire_indicateurs(ici, **options)
    return prepare


def _calculer_en_preparant(config, prepare: Path) -> Path:
    """Comme la commande : chaque lot est sommé là où il vient d'être préparé, et aucun n'est relu."""
    ici = config.avec_chemins(prepare=prepare)
    suites = lecture.lire(ici, suite=indicateurs.sommeur(ici)).suites
    ecrits = {(int(f.parts[-3]), f.name) for f in (prepare / "tables").rglob("lot-*.parquet")}
    assert set(suites) == ecrits
    indicateurs.ecrire_indicateurs(ici, deja=suites)
    return prepare


def _assert_memes(un: Path, autre: Path) -> None:
    for nom in CALCULES:
        tables = [pd.read_parquet(dossier / f"{nom}.parquet") for dossier in (un, autre)]
        pd.testing.assert_frame_equal(*tables, check_exact=True, obj=nom)


@pytest.mark.parametrize("poids", [1, 30_000, 100_000])
def test_le_partage_en_lots_ne_change_rien(pays, d_un_bloc, tmp_path, monkeypatch, poids):
    monkeypatch.setattr(lots, "POIDS_DU_LOT", poids)
    _assert_memes(_calculer(pays, tmp_path), d_un_bloc)
    ecrits = list((tmp_path / "tables" / "2023" / "logements.parquet").iterdir())
    assert len(ecrits) > 1 or poids > 50_000


def test_plusieurs_processus_ne_changent_rien(pays, d_un_bloc, tmp_path, monkeypatch):
    monkeypatch.setattr(lots, "POIDS_DU_LOT", 50_000)
    monkeypatch.setattr(indicateurs.ouvrage, "POIDS_SEUL", 0)
    _assert_memes(_calculer(pays, tmp_path), d_un_bloc)


def test_sommer_en_preparant_ne_change_rien(pays, d_un_bloc, tmp_path, monkeypatch):
    monkeypatch.setattr(lots, "POIDS_DU_LOT", 20_000)
    _assert_memes(_calculer_en_preparant(pays, tmp_path), d_un_bloc)


def test_les_memes_depots_en_csv_donnent_les_memes_valeurs(pays, d_un_bloc, tmp_path):
    """Lu en textes ou directement aux types de l'observatoire, un dépôt donne les mêmes valeurs."""
    for fichier in pays.chemin("brut").rglob("*.parquet"):
        cible = tmp_path / "brut" / fichier.parent.name / f"{fichier.stem}.csv"
        cible.parent.mkdir(parents=True, exist_ok=True)
        pq.read_table(fichier).to_pandas().to_csv(cible, sep=";", index=False)
    (tmp_path / "brut" / MARQUE_FICTIF).touch()  # la clé du secret est celle des dépôts fictifs, ici comme là
    en_csv = pays.avec_chemins(brut=tmp_path / "brut")
    _assert_memes(_calculer_en_preparant(en_csv, tmp_path / "prepare"), d_un_bloc)


def test_un_fichier_seul_en_textes_donne_les_memes_valeurs(pays, d_un_bloc, tmp_path):
    """Un Parquet dont tout est du texte se lit aussi."""
    for fichier in pays.chemin("brut").rglob("*.parquet"):
        cible = tmp_path / "brut" / fichier.parent.name / fichier.name
        cible.parent.mkdir(parents=True, exist_ok=True)
        table = pq.read_table(fichier)
        pq.write_table(table.cast(pa.schema([(nom, pa.string()) for nom in table.column_names])), cible)
    (tmp_path / "brut" / MARQUE_FICTIF).touch()
    _assert_memes(_calculer(pays.avec_chemins(brut=tmp_path / "brut"), tmp_path / "prepare"), d_un_bloc)


def test_les_sommes_sont_celles_du_sql(pays, tmp_path):
    config = pays.avec_chemins(prepare=pays.chemin("brut").parent / "prepare")
    lecture.lire(config)
    indicateurs.ecrire_indicateurs(config)
    lieu = config.chemin("brut").parent
    subprocess.run(banc.commande_sql(lieu), check=True)
    assert banc.comparer(lieu) > 2_000


def test_le_niveau_immeuble_est_au_choix(pays, d_un_bloc, tmp_path):
    valeurs = pd.read_parquet(d_un_bloc / "indicateurs.parquet")
    assert set(valeurs["niveau"]) == {"quartier", "ville", "qpv"}
    fichier = pays.fichier.with_name("avec_immeubles.yml")
    texte = pays.fichier.read_text(encoding="utf-8")
    fichier.write_text(texte.replace("immeubles: false", "immeubles: true"), encoding="utf-8")
    _calculer(lire_configuration(fichier), tmp_path)
    avec = pd.read_parquet(tmp_path / "indicateurs.parquet")
    assert avec.query("niveau == 'immeuble' and indicateur == 'nb_logements'")["valeur"].sum() == 2 * LOGEMENTS
    autres = avec[avec["niveau"].ne("immeuble")].reset_index(drop=True)
    pd.testing.assert_frame_equal(autres, valeurs, check_exact=True)


def test_chaque_commune_tient_lieu_de_quartier(pays, d_un_bloc):
    communes = pd.concat(pd.read_parquet(f) for f in (pays.chemin("brut") / "2023").glob("immeubles_*"))
    valeurs = pd.read_parquet(d_un_bloc / "indicateurs.parquet").query("annee == 2023 and bailleur == 'tous'")
    assert set(valeurs.loc[valeurs["niveau"].eq("quartier"), "territoire"]) == set(communes["quartier"])
    assert valeurs.query("niveau == 'ville' and indicateur == 'nb_logements'")["valeur"].tolist() == [LOGEMENTS]


# --- des fichiers Parquet mal faits : les mêmes phrases que pour un CSV


def _deposer_parquet(atelier: Atelier, table: str, deposant: str = "neolia", **colonnes) -> None:
    """Une table correcte de l'atelier, en Parquet typé, dont des colonnes sont remplacées."""
    lignes = pd.DataFrame(LIGNES[table])
    for nom, champ in TABLES[table].champs.items():
        if nom in lignes and champ.type in ("number", "integer"):
            textes = lignes[nom].str.replace(r"\s", "", regex=True).str.replace(",", ".")
            lignes[nom] = pd.to_numeric(textes)
        elif nom in lignes and champ.type == "date":
            lignes[nom] = pd.to_datetime(lignes[nom], format="mixed", dayfirst=True).dt.date
    lignes = lignes.assign(**colonnes)
    dossier = atelier.racine / "data" / "brut" / "2010"
    dossier.mkdir(exist_ok=True)
    lignes.to_parquet(dossier / f"{table}_{deposant}.parquet", index=False)


@pytest.fixture
def atelier(tmp_path):
    atelier = Atelier(tmp_path)
    _deposer_parquet(atelier, "immeubles")
    return atelier


@pytest.mark.parametrize(
    ("colonnes", "phrases"),
    [
        ({"financement": ["PLIA", "PLUS", "PLUS", "PLUS"]}, ["ligne 1, colonne « financement » : « PLIA » n'est pas"]),
        ({"surface_m2": [45.2, 2.0, 45.0, 45.0]}, ["ligne 2, colonne « surface_m2 » : « 2 » est hors des bornes"]),
        ({"id_logement": ["L1", "L1", "L3", "L4"]}, ["lignes 1 et 2, colonne « id_logement » : une valeur non"]),
        ({"id_immeuble": ["I1", "I1", "I9", "I2"]}, ["n'existe pas dans immeubles_neolia.parquet."]),
        ({"bailleur": ["gbh"] * 4}, ["une valeur non affichée n'est pas le bailleur de ce fichier."]),
        ({"occupation": [None, "loue", "loue", "loue"]}, ["ligne 1, colonne « occupation » : valeur absente."]),
        ({"nb_pieces": [3.5, 3.0, 3.0, 3.0]}, ["« 3.5 » n'est pas un nombre entier."]),
        ({"nb_pieces": [[1], [2], [3], [4]]}, ["n'est faite ni de textes, ni de nombres, ni de dates."]),
        ({"nationalite": ["x"] * 4}, ["a colonne « nationalite » est interdite (nationalité)."]),
        ({"couleur": ["x"] * 4}, ["a colonne « couleur » n'est pas prévue."]),
        ({"date_bail": ["bientôt"] * 4}, ["colonne « date_bail »", "n'est pas une date"]),
    ],
)  # fmt: skip
def test_un_parquet_fautif_est_refuse_avec_les_memes_phrases(atelier, colonnes, phrases):
    _deposer_parquet(atelier, "logements", **colonnes)
    message = atelier.verifier().message()
    for phrase in phrases:
        assert phrase in message
    with pytest.raises(lecture.preparation.DepotRefuse) as refus:
        lecture.lire(atelier.config)
    assert str(refus.value) == message
    assert not (atelier.config.chemin("prepare") / "tables").exists()


def test_un_faux_parquet_est_refuse(atelier):
    (atelier.racine / "data" / "brut" / "2010" / "logements_neolia.parquet").write_bytes(b"pas du Parquet")
    assert "Ce n'est pas un fichier Parquet lisible." in atelier.verifier().message()


def test_les_doutes_sont_les_memes_par_les_deux_commandes(atelier):
    """Loyer invraisemblable, bail d'après l'année : même ligne, même identifiant, même phrase."""
    baux = [pd.Timestamp("2005-03-01").date(), pd.Timestamp("2012-03-01").date(), None, None]
    _deposer_parquet(atelier, "logements", loyer_eur=[3.0, 350.0, 350.0, np.nan], date_bail=baux)
    complete = next(f for f in atelier.verifier().fichiers if f.table == "logements").avertissements
    par_lots = next(f for f in lecture.lire(atelier.config).fichiers if f.table == "logements").avertissements
    assert len(complete) == 2
    pd.testing.assert_frame_equal(complete, par_lots, check_dtype=False)


def test_les_doutes_d_un_bailleur_ne_dependent_pas_de_ses_voisins_de_lot(atelier):
    """Un autre dépose ses attributions ; celui qui n'en dépose pas n'a pas pour autant des baux à justifier."""
    _deposer_parquet(atelier, "logements")
    for table in ("immeubles", "logements", "attributions"):
        _deposer_parquet(atelier, table, "gbh", bailleur="gbh")
    depots = [atelier.verifier(), lecture.lire(atelier.config)]
    doutes = [{f.relatif: set(f.avertissements["regle"]) for f in lus.fichiers} for lus in depots]
    assert doutes[0] == doutes[1]
    assert "bail_sans_attribution" not in doutes[1]["data/brut/2010/logements_neolia.parquet"]


# Le nom que pandera donne à chaque contrainte, et le nôtre.
REGLES = {
    "isin": "enum", "in_range": "bornes", "greater_than_or_equal_to": "bornes", "less_than_or_equal_to": "bornes",
    "str_matches": "forme", "not_nullable": "absence", "field_uniqueness": "unicite",
}  # fmt: skip


def test_les_ecarts_au_schema_sont_ceux_de_pandera():
    """Sur des tables abîmées au hasard, « conforme » ne dit oui que si pandera ne trouve rien, et les cellules en cause
    sont les siennes."""
    from pandera.errors import SchemaErrors

    schema = TABLES["logements"]
    alea = np.random.default_rng(7)
    verdicts = []
    for _ in range(30):
        table = pd.DataFrame(
            {
                nom: pd.Series(dtype=float).reindex(range(5))
                if champ.type != "string"
                else alea.choice([*(champ.admises or ["A", "B", "C"]), *["zz", None] * alea.integers(0, 2)], 5)
                for nom, champ in schema.champs.items()
            }
        ).assign(
            id_logement=alea.choice(["a", "b", "c", "d", "e", "f", " x"], 5, replace=bool(alea.integers(0, 2))),
            surface_m2=alea.choice([5.0, 1000.0, 45.2, *[4.9, 1000.1] * alea.integers(0, 2)], 5),
            date_bail=pd.NaT,
        )  # fmt: skip
        textes = [nom for nom, champ in schema.champs.items() if champ.type == "string"]
        table = table.astype(dict.fromkeys(textes, "str"))
        try:
            schema.pandera.validate(table, lazy=True)
            juste, siens = True, set()
        except SchemaErrors as erreur:
            cas = erreur.failure_cases
            regles = cas["check"].str.replace(r"\(.*", "", regex=True).map(REGLES)
            juste, siens = False, set(zip(cas["column"], regles, cas["index"], strict=True))
        assert siens == {
            (nom, regle, rang)
            for nom, champ in schema.champs.items()
            for regle, masque in conformite.ecarts(table[nom], champ).items()
            for rang in np.flatnonzero(masque)
        }
        verdicts.append((conformite.conforme(table, schema), juste))
        codes = table.astype(dict.fromkeys([t for t in textes if t != "id_logement"], "category"))
        assert conformite.conforme(codes, schema) == verdicts[-1][0]
    assert {v for v, juste in verdicts if not juste} == {False}
    assert {v for v, juste in verdicts if juste} == {True}


def test_des_depots_parquet_en_ordre_ne_passent_pas_par_des_textes(pays, tmp_path, monkeypatch):
    monkeypatch.setattr(isolement, "POSSIBLE", False)  # tout se lit dans ce processus
    monkeypatch.setattr(parquet, "lire_textes", lambda *_: pytest.fail("un dépôt en ordre est lu en textes"))
    lecture.lire(pays.avec_chemins(prepare=tmp_path))


# --- un déposant trop gros pour la mémoire


@pytest.fixture
def un_seul(tmp_path, monkeypatch):
    """Tout le parc est d'un seul bailleur ; ``couper()`` fait couper ses fichiers en une dizaine de morceaux."""
    monkeypatch.setattr(parc_national, "BAILLEURS_MIN", 1)
    monkeypatch.setattr(parc_national, "BAILLEURS_MAX", 1)
    fichier = parc_national.ecrire(tmp_path, 4_000, [2023], communes=30, menages=True)

    def couper():
        monkeypatch.setattr(decoupe, "TROP_GROS", 1)
        monkeypatch.setattr(decoupe, "MORCEAU", 100_000)

    return lire_configuration(fichier), couper


def test_un_seul_depot_coupe_en_morceaux_donne_les_memes_valeurs(un_seul, tmp_path):
    config, couper = un_seul
    entier = _calculer(config, tmp_path / "entier")
    couper()
    coupe = _calculer(config, tmp_path / "coupe")
    _assert_memes(entier, coupe)
    assert len(list((coupe / "tables" / "2023" / "menages.parquet").iterdir())) > 3
    depots = [pd.read_parquet(d / "depots.parquet") for d in (entier, coupe)]
    pd.testing.assert_frame_equal(*depots)
    assert not (coupe / "morceaux").exists()


def test_un_depot_coupe_est_refuse_avec_les_memes_lignes(un_seul, tmp_path):
    config, couper = un_seul
    fichier = tmp_path / "brut" / "2023" / "logements_b000.parquet"
    table = pq.read_table(fichier).to_pandas()
    table["surface_m2"] = table["surface_m2"].mask(table.index.isin([7, 3000]), 2.0)
    table["id_immeuble"] = table["id_immeuble"].astype(str).mask(table.index == 11, "I999999")
    table.to_parquet(fichier, index=False)
    messages = []
    for preparer in (lambda: None, couper):
        preparer()
        with pytest.raises(lecture.preparation.DepotRefuse) as refus:
            lecture.lire(config)
        messages.append(str(refus.value))
    assert "lignes 8 et 3001, colonne « surface_m2 » : « 2 » est hors des bornes" in messages[0]
    assert "une valeur non affichée n'existe pas dans immeubles_b000.parquet." in messages[0]
    assert messages[0] == messages[1]


def test_un_identifiant_repete_dans_deux_morceaux_est_refuse(un_seul, tmp_path):
    config, couper = un_seul
    fichier = tmp_path / "brut" / "2023" / "logements_b000.parquet"
    table = pq.read_table(fichier).to_pandas()
    table["id_logement"] = table["id_logement"].mask(table.index == len(table) - 1, "L0")
    table.to_parquet(fichier, index=False)
    couper()
    with pytest.raises(lecture.preparation.DepotRefuse, match="une valeur non affichée figure plusieurs fois"):
        lecture.lire(config)


# --- un RPLS trop gros pour la mémoire


def test_un_rpls_coupe_en_morceaux_donne_les_memes_valeurs(tmp_path, monkeypatch):
    config = lire_configuration(parc_national.ecrire_rpls(tmp_path, 1_500, [2023], communes=20))
    entier = _calculer(config, tmp_path / "entier")
    monkeypatch.setattr(decoupe, "TROP_GROS", 1)
    monkeypatch.setattr(decoupe, "MORCEAU", 60_000)
    coupe = _calculer(config, tmp_path / "coupe")
    _assert_memes(entier, coupe)
    assert len(list((coupe / "tables" / "2023" / "logements.parquet").iterdir())) > 3
    depots = [pd.read_parquet(d / "depots.parquet") for d in (entier, coupe)]
    pd.testing.assert_frame_equal(*depots)


def test_un_rpls_coupe_est_refuse_avec_les_memes_lignes(tmp_path, monkeypatch):
    config = lire_configuration(parc_national.ecrire_rpls(tmp_path, 2_000, [2023], communes=30))
    fichier = tmp_path / "brut" / "2023" / "rpls_pays.csv"
    lignes = fichier.read_text(encoding="utf-8").splitlines()
    rang = lignes[0].replace('"', "").split(";").index("LOCAT")
    for numero in (10, 1500):
        champs = lignes[numero - 1].split(";")
        champs[rang] = "2031"
        lignes[numero - 1] = ";".join(champs)
    fichier.write_text("\n".join(lignes), encoding="utf-8")
    messages = []
    for gros in (10**9, 1):
        monkeypatch.setattr(decoupe, "TROP_GROS", gros)
        monkeypatch.setattr(decoupe, "MORCEAU", 60_000)
        with pytest.raises(lecture.preparation.DepotRefuse) as refus:
            lecture.lire(config)
        messages.append(str(refus.value))
    assert "lignes 10 et 1500, colonne « LOCAT »" in messages[0]
    assert messages[0] == messages[1]


# --- mémoire et grappe


_SCRIPT = """
import resource, sys
from observatoire import indicateurs, isolement, lecture
from observatoire.configuration import MARQUE_FICTIF, lire_configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture import lots
isolement.POSSIBLE = False  # tout se lit dans ce processus, dont la mémoire se mesure
lots.POIDS_DU_LOT = 1_000_000
config = lire_configuration(sys.argv[1])
lecture.lire(config)
indicateurs.ecrire_indicateurs(config)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_la_memoire_ne_suit_pas_le_nombre_de_logements(tmp_path):
    """Quatre fois plus de logements dans les mêmes communes : la mémoire ne croît pas d'un quart."""
    pics = []
    for logements in (40_000, 160_000):
        fichier = parc_national.ecrire(tmp_path / str(logements), logements, [2023], communes=200)
        sortie = subprocess.run(
            [sys.executable, "-c", _SCRIPT, str(fichier)], check=True, capture_output=True, text=True
        )
        pics.append(int(sortie.stdout))
    assert pics[1] < 1.25 * pics[0], f"{pics[0] // 1024} puis {pics[1] // 1024} Mio"


def test_sur_une_grappe_ce_sont_les_memes_valeurs(pays, d_un_bloc, tmp_path, monkeypatch):
    monkeypatch.setattr(lots, "POIDS_DU_LOT", 50_000)
    with ouvrir_grappe(tmp_path / "grappe") as (adresse, _):
        _assert_memes(_calculer(pays, tmp_path, dask=adresse), d_un_bloc)


def test_une_grappe_absente_est_dite_simplement(pays, d_un_bloc, tmp_path, monkeypatch):
    monkeypatch.setattr("observatoire.grappe.ATTENTE", 1)
    ici = pays.avec_chemins(prepare=shutil.copytree(d_un_bloc, tmp_path / "prepare"))
    with pytest.raises(ErreurConfiguration, match=r"aucune grappe Dask ne répond à tcp://127\.0\.0\.1:9\."):
        indicateurs.ecrire_indicateurs(ici, dask="tcp://127.0.0.1:9")

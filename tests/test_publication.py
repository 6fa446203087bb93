"""De ``prepare`` à ``publie`` : le dossier d'un public, écrit d'un bloc, le même bruit chaque fois."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fabrique import RACINE, VILLE, calculer_tout, configuration, ecrire_prepare, modifier_bareme

from observatoire.baremes import lire_baremes
from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.marque import MARQUE, TOUT
from observatoire.publication import proteger
from observatoire.publication.ouverture import etablir_l_ouverture
from observatoire.publie import CLES, COLONNES, lire_publie
from observatoire.secret import lire_regles_du_secret

#: Le plus grand bruit du barème livré.
ECART = 5


@pytest.fixture(scope="module")
def calculee(tmp_path_factory):
    """Quarante logements à Battant, dont douze vacants, et cinq dans un autre quartier ; un bailleur, qui a accepté."""
    dossier = tmp_path_factory.mktemp("calculee")
    config = configuration(dossier)
    occupations = ["vacant"] * 12 + ["loue"] * 28
    battant = [{"immeuble": "gbh:1", "quartier": "battant", "occupation": o} for o in occupations]
    velotte = [{"immeuble": "gbh:2", "quartier": "velotte", "occupation": "loue"}] * 5
    ecrire_prepare(config, {2010: {"logements": [*battant, *velotte]}}, [(2010, "gbh", "logements")])
    calculer_tout(config)
    return dossier


@pytest.fixture
def prepare(calculee, tmp_path):
    shutil.copytree(calculee, tmp_path, dirs_exist_ok=True)
    return lire_configuration(tmp_path / "observatoire.yml")


def test_le_dossier_publie_se_lit_et_ne_contient_aucun_immeuble(prepare):
    bilan = proteger(prepare)
    assert bilan.statuts["publie"] > 0
    dossier = prepare.chemin("publie") / "publique"
    publie = lire_publie(2010, dossier)
    assert list(publie.indicateurs.columns) == COLONNES
    vacance = publie.ligne("taux_vacance", "ville", VILLE)
    assert abs(vacance["numerateur"] - 12) <= ECART
    assert abs(vacance["denominateur"] - 45) <= ECART
    assert vacance["valeur"] == pytest.approx(vacance["numerateur"] / vacance["denominateur"])
    assert publie.ligne("taux_vacance", "quartier", "velotte")["statut"] == "c"
    assert publie.ligne("nb_logements", "quartier", "velotte")["valeur"] == 5
    assert "immeuble" not in set(publie.indicateurs["niveau"])
    assert not any("gbh:1" in f.read_text(encoding="utf-8") for f in dossier.rglob("*.csv"))
    assert publie.edition["seuil"] == 11
    assert publie.edition["fictif"] is False


def test_des_depots_fictifs_le_restent_une_fois_publies(prepare):
    (prepare.chemin("prepare") / "origine.json").write_text('{"fictif": true}', encoding="utf-8")
    proteger(prepare)
    assert lire_publie(2010, prepare.chemin("publie") / "publique").edition["fictif"] is True


def test_le_dossier_est_remplace_d_un_bloc(prepare):
    dossier = prepare.chemin("publie") / "publique"
    dossier.mkdir(parents=True)
    (dossier / "edition_precedente.csv").write_text("vieux", encoding="utf-8")
    (dossier / MARQUE).write_text(TOUT, encoding="utf-8")
    proteger(prepare)
    assert not (dossier / "edition_precedente.csv").exists()
    assert [d.name for d in dossier.parent.iterdir()] == ["publique"]


def test_un_echec_laisse_l_edition_precedente(prepare):
    proteger(prepare)
    (prepare.chemin("prepare") / "depots.parquet").unlink()
    with pytest.raises(FileNotFoundError):
        proteger(prepare)
    edition = prepare.chemin("publie") / "publique" / "edition.json"
    assert json.loads(edition.read_text(encoding="utf-8"))["nom"] == "Besançon"


def test_la_meme_case_a_le_meme_bruit_d_une_publication_et_d_un_public_a_l_autre(prepare):
    tables = []
    for public in ("publique", "publique", "partenaires"):
        proteger(prepare, public)
        table = pd.read_csv(prepare.chemin("publie") / public / "indicateurs.csv", dtype={"territoire": str})
        tables.append(table.set_index(CLES)[["numerateur", "denominateur", "statut"]])
    pd.testing.assert_frame_equal(tables[0], tables[1])
    commun = tables[0].index
    pd.testing.assert_frame_equal(tables[0], tables[2].loc[commun])


def test_une_autre_cle_que_celle_de_l_edition_en_place_est_refusee(prepare):
    proteger(prepare)
    prepare.chemin("cle").write_text("0" * 16, encoding="utf-8")
    with pytest.raises(ErreurObservatoire, match="n'est pas celle de l'édition publiée"):
        proteger(prepare)


def test_le_bilan_dit_ce_qui_est_cache_et_ce_qui_le_montrerait(prepare):
    fichier = Path("baremes") / "confidentialite.yml"
    referentiels = modifier_bareme(prepare.fichier.parent / "referentiels", fichier, lambda c: c.pop("accords"))
    for bareme in (RACINE / "data" / "referentiels" / "baremes").glob("*.yml"):
        if bareme.name != "confidentialite.yml":
            shutil.copy(bareme, referentiels / "baremes")
    shutil.copy(RACINE / "data" / "referentiels" / "ruptures.yml", referentiels)
    proteger(prepare.avec_chemins(referentiels=referentiels))
    edition = lire_publie(2010, prepare.chemin("publie") / "publique").edition
    phrases = " ".join(edition["secret"]["phrases"])
    assert "1 bailleur dépose, la règle en demande 3" in phrases
    assert "confidentialite.yml" in phrases


def test_un_public_inconnu_est_refuse(prepare):
    with pytest.raises(ErreurConfiguration, match="public « presse » inconnu"):
        proteger(prepare, "presse")


def test_sans_seuil_rien_n_est_publie(prepare):
    referentiels = prepare.fichier.parent / "referentiels"
    referentiels.mkdir()
    with pytest.raises(ErreurConfiguration, match="barème « confidentialite » introuvable"):
        proteger(prepare.avec_chemins(referentiels=referentiels))
    (referentiels / "baremes").mkdir()
    (referentiels / "baremes" / "confidentialite.yml").write_text(
        "code: confidentialite\nlibelle: Seuil\nvaleurs: [{depuis: 2050-01-01, valeur: 11, source: s}]",
        encoding="utf-8",
    )
    with pytest.raises(ErreurConfiguration, match="n'a pas de valeur en 2010"):
        proteger(prepare.avec_chemins(referentiels=referentiels))
    assert not prepare.chemin("publie").exists()


def test_sans_indicateur_le_message_dit_quoi_lancer(tmp_path):
    with pytest.raises(ErreurObservatoire, match="observatoire calculer"):
        proteger(configuration(tmp_path))


def test_les_editions_d_avant_restent_avec_leur_methode(prepare):
    """Une édition de 2008 par suppression, une de 2009 déjà bruitée : lues, gardées, et dites."""
    dossier = prepare.chemin("publie") / "publique"
    proteger(prepare)
    edition = json.loads((dossier / "edition.json").read_text(encoding="utf-8")) | {"annees": [2009]}
    (dossier / "edition.json").write_text(json.dumps(edition), encoding="utf-8")
    (dossier / "anterieures").mkdir()
    shutil.copy(dossier / "indicateurs.csv", dossier / "anterieures" / "2008.csv")
    (dossier / MARQUE).write_text(TOUT, encoding="utf-8")
    for _ in range(2):
        proteger(prepare)
        editions = pd.read_csv(dossier / "editions.csv").set_index("edition")
        assert editions["methode"].to_dict() == {2008: "suppression", 2009: "bruit"}
        assert editions["publiees"].gt(0).all()
        assert sorted(f.name for f in (dossier / "anterieures").glob("*.csv")) == ["2008.csv", "2009.csv"]
    assert lire_publie(2010, dossier).indicateurs["annee"].eq(2010).all()


def test_une_faute_de_frappe_du_bareme_se_voit(prepare):
    """Un accord pour un bailleur inconnu, une colonne ouverte que sa table n'a pas."""
    bilan = proteger(prepare)
    assert any("un accord nomme « habitat25 », qui n'est pas un bailleur" in phrase for phrase in bilan.phrases)
    assert not any("« gbh »" in phrase for phrase in bilan.phrases)
    referentiels = prepare.chemin("referentiels")
    baremes = lire_baremes(referentiels)
    regles = lire_regles_du_secret(referentiels, baremes, "publique", 2010)
    fautives = replace(regles, ouvertes={"logements": frozenset({"surfaces_m2"})})
    with pytest.raises(ErreurConfiguration, match="« surfaces_m2 » n'est pas une colonne de logements"):
        etablir_l_ouverture(prepare, baremes, fautives)

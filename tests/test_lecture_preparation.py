"""Ce qui est écrit dans ``prepare`` : tables, territoires, avertissements, rapports."""

from __future__ import annotations

import json
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import atelier_lecture
import numpy as np
import pandas as pd
import pytest
from atelier_lecture import Atelier

from observatoire.configuration import lire_configuration
from observatoire.droits import creer_dossier
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture import ecrire_rapports, positions, preparer, verifier
from observatoire.lecture.avertissements import REGLES
from observatoire.lecture.rapports import typographier
from observatoire.lecture.territoires import lire_contours, remarquer
from observatoire.tables import preparees
from observatoire.tables.depots import LECTURE


@pytest.fixture(scope="module")
def en_ordre(tmp_path_factory):
    """Les dépôts de l'atelier, vérifiés et préparés une fois : qui écrit dans ``prepare`` en prend une copie."""
    dossier = tmp_path_factory.mktemp("en_ordre")
    tables, bilan = prepares(dossier)
    config = lire_configuration(dossier / "observatoire.yml")
    return SimpleNamespace(config=config, depots=verifier(config), tables=tables, bilan=bilan)


def prepares(tmp_path, abimer=lambda lignes: None, contours=True, **options):
    atelier = Atelier(tmp_path, contours)
    abimer(atelier.lignes)
    atelier.deposer_tout()
    depots = atelier.verifier()
    bilan = preparer(atelier.config, depots, **options)
    dossier = tmp_path / "data" / "prepare"
    tables = {p.stem: pd.read_parquet(p) for p in [*dossier.glob("*.parquet"), *dossier.glob("tables/2010/*.parquet")]}
    return tables, bilan


def test_chaque_table_a_ses_colonnes_de_territoire(en_ordre):
    tables, bilan = en_ordre.tables, en_ordre.bilan
    assert bilan["fichiers"] == bilan["acceptes"] == 7
    for nom in ("immeubles", "logements", "menages", "attributions", "signalements", "programmes", "demandes"):
        assert {"annee", "deposant", "bailleur", "immeuble", "secteur", "quartier", "qpv", "champ_rpls"} <= set(
            tables[nom]
        )
    logements = tables["logements"].set_index("id_logement")
    assert logements.loc["neolia:L1", ["immeuble", "secteur", "quartier"]].tolist() == [
        "neolia:I1", "battant_nord", "battant",
    ]  # fmt: skip
    assert logements.loc["neolia:L4", "qpv"] == "en_qpv"
    assert tables["demandes"]["quartier"].tolist() == ["battant"]
    assert tables["demandes"]["bailleur"].isna().all()
    assert tables["signalements"]["quartier"].tolist() == ["planoise"]
    assert tables["attributions"]["secteur"].tolist() == ["battant_nord"]


def test_menages_a_une_ligne_par_logement_loue(en_ordre):
    """Trois logements loués, deux ménages décrits : le troisième est un non-répondant, tout manque."""
    menages = en_ordre.tables["menages"].set_index("id_logement")
    assert menages.index.tolist() == ["neolia:L1", "neolia:L2", "neolia:L3"]
    assert menages["tranche_plafond"].isna().tolist() == [False, False, True]
    assert menages["impaye_3_mois"].isna().all()
    assert menages.loc["neolia:L3", "surface_m2"] == 60.5


def test_types(en_ordre):
    logements = en_ordre.tables["logements"]
    assert logements["nb_pieces"].dtype == "float64"
    assert pd.api.types.is_datetime64_any_dtype(logements["date_bail"])
    assert logements["dpe"].dtype == "str"
    assert logements.loc[0, "loyer_eur"] == 1200.5


@pytest.mark.parametrize(
    ("place", "quartier", "secteur"),
    [
        ({"lon": "6,01", "lat": "47,21"}, "battant", "battant_sud"),
        ({"lon": "6,02", "lat": "47,23"}, "battant", "battant_nord"),
        ({"lon": "6,01", "lat": "47,22"}, "battant", "battant_nord"),
        ({"lon": "6,03", "lat": "47,23"}, "planoise", None),
        ({"lon": "7", "lat": "47,23"}, "hors_quartier", None),
        ({"lon": "", "lat": ""}, "hors_quartier", None),
        ({"lon": "6,03", "lat": "47,23", "secteur": "battant_sud"}, "battant", "battant_sud"),
        ({"lon": "6,03", "lat": "47,23", "quartier": "battant"}, "battant", None),
        ({"lon": "", "lat": "", "x": "927690,4", "y": "6685418,0"}, "battant", "battant_nord"),
    ],
)
def test_rattachement(tmp_path, place, quartier, secteur):
    """Dedans, sur une limite (un seul quartier), dehors, sans coordonnées, code donné, Lambert-93."""
    tables, bilan = prepares(tmp_path, lambda lignes: lignes["immeubles"][0].update(place))
    immeuble = tables["immeubles"].iloc[0]
    assert immeuble["quartier"] == quartier
    assert immeuble["secteur"] == secteur if secteur else pd.isna(immeuble["secteur"])
    assert len(tables["immeubles"]) == 2
    assert bilan["immeubles_hors_quartier"] == len(tables["immeubles_hors_quartier"]) == (quartier == "hors_quartier")


def test_sans_contours_les_quartiers_sont_manquants(tmp_path):
    tables, bilan = prepares(tmp_path, contours=False)
    assert tables["logements"]["quartier"].isna().all()
    assert bilan["immeubles_hors_quartier"] == 0


def test_contours_mal_ecrits(tmp_path):
    atelier = Atelier(tmp_path)
    fichier = tmp_path / "data/referentiels/quartiers.geojson"
    fichier.write_text(fichier.read_text().replace('"parent": "battant"', '"parent": "butte"'))
    with pytest.raises(ErreurConfiguration, match="n'a pas de quartier connu pour parent"):
        atelier.verifier()


def test_les_depots_disent_ce_qui_manque(en_ordre):
    depots = en_ordre.tables["depots"].set_index(["annee", "deposant", "table"])
    assert depots.loc[(2010, "neolia", "logements"), ["statut", "lignes"]].tolist() == ["accepte", 4]
    assert depots.loc[(2009, "neolia", "logements"), "statut"] == "non_depose"
    assert depots.loc[(2010, "sne", "demandes"), "statut"] == "accepte"
    assert (2010, "neolia", "demandes") not in depots.index


def test_sans_les_refuses(tmp_path):
    tables, bilan = prepares(tmp_path, lambda lignes: lignes["menages"][0].update(apl="?"), sans_les_refuses=True)
    assert bilan["refuses"] == 1
    assert tables["menages"].empty
    depots = tables["depots"].set_index(["annee", "deposant", "table"])
    assert depots.loc[(2010, "neolia", "menages"), "statut"] == "refuse"
    assert depots.loc[(2010, "neolia", "logements"), "statut"] == "accepte"


def test_les_dossiers_sont_fermes_et_rien_ne_traine(en_ordre):
    prepare = en_ordre.config.chemin("prepare")
    for dossier in [prepare, *(p for p in prepare.rglob("*") if p.is_dir())]:
        assert stat.S_IMODE(dossier.stat().st_mode) == 0o700
    assert not list(prepare.glob(".*"))


def test_des_lecteurs_a_la_fois_creent_le_meme_dossier(tmp_path):
    feu = Barrier(8, timeout=5)

    def creer(rang):
        for essai in range(100):
            feu.wait()
            creer_dossier(tmp_path / str(essai) / "tables" / "2010")

    with ThreadPoolExecutor(8) as equipe:
        list(equipe.map(creer, range(8)))
    assert len(list(tmp_path.glob("*/tables/2010"))) == 100


def test_preparer_deux_fois_donne_la_meme_chose(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    etats = []
    for _ in range(2):
        preparer(atelier.config, atelier.verifier())
        assert not (tmp_path / "data/prepare/indicateurs.parquet").exists()
        (tmp_path / "data/prepare/indicateurs.parquet").write_bytes(b"autre etape")
        etats.append({p: p.read_bytes() for p in (tmp_path / "data/prepare").rglob("*") if p.is_file()})
    assert etats[0] == etats[1]


DOUTES = {
    "loyer_invraisemblable": ("logements", {"loyer_eur": "3"}),
    "surface_et_pieces": ("logements", {"nb_pieces": "9"}),
    "vacance_d_un_logement_loue": ("logements", {"mois_vacance": "3"}),
    "bail_apres_l_annee": ("logements", {"date_bail": "01/01/2011"}),
    "construction_apres_l_annee": ("logements", {"annee_construction": "2012", "annee_premiere_location": "2013"}),
    "location_avant_construction": ("logements", {"annee_premiere_location": "1950"}),
    "menage_hors_logement_loue": ("menages", {"id_logement": "L4"}),
    "emmenagement_avant_construction": ("menages", {"annee_emmenagement": "1960"}),
    "emmenagement_apres_l_annee": ("menages", {"annee_emmenagement": "2012"}),
    "occupants_et_enfants": ("menages", {"nb_occupants": "2"}),
    "cloture_lointaine": ("signalements", {"date_cloture": "01/02/2012"}),
    "demande_ancienne": ("demandes", {"date_depot": "1984-12-31"}),
    "bail_anterieur": ("attributions", {"id_logement": "L2"}),
    "grand_programme": ("programmes", {"nb_logements": "101"}),
    "emprunt_par_logement": ("programmes", {"emprunt_eur": "15"}),
    "cloture_avant_signalement": ("signalements", {"date_cloture": "01/01/2010"}),
    "tres_social_superieur_au_total": ("programmes", {"dont_tres_social": "21"}),
    "garantie_en_fraction": ("programmes", {"garantie_ville_pct": "0,5"}),
    "immeuble_hors_contours": ("immeubles", {"lat": "47,3"}),
}


@pytest.mark.parametrize("regle", DOUTES)
def test_un_doute_est_un_avertissement(tmp_path, regle):
    table, valeurs = DOUTES[regle]
    atelier = Atelier(tmp_path)
    atelier.lignes[table][0].update(valeurs)
    atelier.deposer_tout()
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    doutes = pd.concat([f.avertissements.assign(table=f.table) for f in depots.acceptes])
    assert (table, 2, regle) in set(doutes[["table", "ligne", "regle"]].itertuples(index=False, name=None))


OCCUPANT = {"composition_du_menage": ("composition", "autre"), "ressources_du_menage": ("tranche_plafond", "100+")}
IDENTIQUES = {"attributions_identiques": "attributions", "signalements_identiques": "signalements"}


@pytest.mark.parametrize("regle", IDENTIQUES)
def test_une_ligne_identique_est_un_doute(tmp_path, regle):
    table = IDENTIQUES[regle]
    atelier = Atelier(tmp_path)
    atelier.lignes[table] *= 2
    atelier.deposer_tout()
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    doutes = next(f.avertissements for f in depots.fichiers if f.table == table)
    assert doutes[["ligne", "regle"]].to_numpy().tolist() == [[3, regle]]


def test_un_bail_sans_attribution(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["attributions"][0]["id_logement"] = "L2"
    atelier.deposer_tout()
    doutes = next(f.avertissements for f in atelier.verifier().fichiers if f.table == "logements")
    assert doutes[["ligne", "regle"]].to_numpy().tolist() == [[2, "bail_sans_attribution"]]


def test_un_immeuble_loin_des_autres(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"] += [
        {"id_immeuble": "I3", "bailleur": "neolia", "lon": "6,011", "lat": "47,231"},
        {"id_immeuble": "I4", "bailleur": "neolia", "lon": "5", "lat": "47"},
    ]
    atelier.deposer("immeubles")
    doutes = atelier.verifier().fichiers[0].avertissements
    assert doutes.loc[doutes["regle"].eq("immeuble_isole"), "id"].tolist() == ["I4"]


def test_un_parc_hors_de_la_ville_se_dit_d_un_mot(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"] = [
        {"id_immeuble": f"I{k}", "bailleur": "neolia", "lon": f"2,3{k}", "lat": "48,85"} for k in range(6)
    ]
    atelier.deposer("immeubles")
    (doute,) = atelier.verifier().a_expliquer.to_dict("records")
    assert (doute["regle"], doute["attendu"]) == ("parc_hors_contours", "6")


def test_un_parc_qui_change(tmp_path):
    atelier = Atelier(tmp_path)
    for annee in (2009, 2010):
        atelier.deposer("immeubles", annee=annee)
        atelier.deposer("logements", annee=annee)
        atelier.lignes["logements"] = atelier.lignes["logements"][:1]
    doutes = atelier.verifier().fichiers[-1].avertissements
    assert doutes["message"].tolist() == [
        "le nombre de lignes a beaucoup changé depuis l'année précédente : 4 en 2009, 1 en 2010."
    ]


@pytest.mark.parametrize("regle", OCCUPANT)
def test_une_attribution_et_son_occupant_se_contredisent(tmp_path, regle):
    atelier = Atelier(tmp_path)
    colonne, valeur = OCCUPANT[regle]
    atelier.lignes["attributions"][0][colonne] = valeur
    atelier.deposer_tout()
    doutes = next(f.avertissements for f in atelier.verifier().fichiers if f.table == "attributions")
    assert doutes[["regle", "colonne"]].to_numpy().tolist() == [[regle, colonne]]
    assert valeur not in " ".join(doutes["message"])


def test_chaque_regle_a_son_essai():
    dans_test_vraisemblance = {
        "programmes_identiques", "quartier_d_une_autre_commune", "livraisons_et_parc", "tres_social_et_parc",
    }  # fmt: skip
    seules = {"immeuble_isole", "parc_hors_contours", "bail_sans_attribution"}
    assert set(REGLES) == {*DOUTES, *IDENTIQUES, *OCCUPANT, *seules, *dans_test_vraisemblance}


@pytest.mark.parametrize("table", [t for t in preparees().values() if t.etape is not LECTURE], ids=lambda t: t.nom)
def test_ce_qui_se_tire_des_anciens_depots_est_efface(en_ordre, tmp_path, table, monkeypatch):
    """Même interrompue, la mise en place ne laisse rien qui ne se tire pas des tables en place."""
    prepare = shutil.copytree(en_ordre.config.chemin("prepare"), tmp_path / "prepare")
    derive = table.dans(prepare)
    derive.write_bytes(b"ancien")

    def interrompre(nouveau, final):
        raise KeyboardInterrupt

    monkeypatch.setattr("observatoire.lecture.preparation.remplacer_dossier", interrompre)
    with pytest.raises(KeyboardInterrupt):
        preparer(en_ordre.config.avec_chemins(prepare=prepare), en_ordre.depots)
    assert not derive.exists()


def test_un_rapport_d_un_depot_retire_disparait(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    (tmp_path / "data/brut/2009").mkdir()
    atelier.deposer("demandes", "sne", 2009)
    ecrire_rapports(atelier.verifier(), tmp_path / "rapports")
    for depot in (tmp_path / "data/brut/2010").glob("*_neolia.csv"):
        depot.unlink()
    ecrire_rapports(atelier.verifier(2010), tmp_path / "rapports")
    restes = {p.relative_to(tmp_path / "rapports").as_posix() for p in (tmp_path / "rapports").glob("*/*.html")}
    assert restes == {"2009/sne.html", "2010/sne.html"}


def test_les_rapports_ne_remplacent_pas_un_autre_dossier(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    with pytest.raises(ErreurConfiguration, match="n'a pas notre marque"):
        ecrire_rapports(atelier.verifier(), tmp_path)
    assert (tmp_path / "observatoire.yml").is_file()


def _contours(*proprietes: dict) -> str:
    carre = {"type": "Polygon", "coordinates": [[[6, 47], [6.1, 47], [6.1, 47.1], [6, 47]]]}
    communs = {"nom": "N", "parent": None}
    traits = [{"type": "Feature", "geometry": carre, "properties": communs | p} for p in proprietes]
    return json.dumps({"type": "FeatureCollection", "features": traits})


@pytest.mark.parametrize(
    ("contenu", "message"),
    [
        ("abc", "ce n'est pas un GeoJSON lisible"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "a"}}]}', "géométrie"),
        (
            _contours({"code": None, "niveau": "quartier"}, {"code": "b", "niveau": "quartier"}),
            "1 contour sans « code »",
        ),
        (
            _contours({"code": None, "niveau": "quartier"}, {"code": None, "niveau": None}),
            "2 contours sans « code », « niveau »",
        ),
    ],
)
def test_contours_illisibles(tmp_path, contenu, message):
    atelier = Atelier(tmp_path)
    (tmp_path / "data/referentiels/quartiers.geojson").write_text(contenu, encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=message):
        atelier.verifier()


@pytest.mark.parametrize("format_", ["gpkg", "zip"])
def test_des_contours_d_un_sig(tmp_path, format_):
    """GeoPackage ou Shapefile zippé, en Lambert-93 : les mêmes contours."""
    atelier = Atelier(tmp_path)
    attendus, dossier = lire_contours(atelier.config), tmp_path / "data/referentiels"
    (dossier / "quartiers.geojson").unlink()
    en_lambert = attendus.drop(columns="schematique").to_crs(2154)
    if format_ == "gpkg":
        en_lambert.to_file(dossier / "quartiers.gpkg")
    else:
        en_lambert.to_file(tmp_path / "shp", driver="ESRI Shapefile", encoding="utf-8")
        shutil.make_archive(str(dossier / "quartiers"), "zip", tmp_path / "shp")
    lus = lire_contours(atelier.config)
    assert lus["code"].tolist() == attendus["code"].tolist()
    assert lus.geometry.to_crs(2154).symmetric_difference(en_lambert.geometry).area.max() < 1
    (dossier / "quartiers.geojson").write_text("{}", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match="un seul fichier de contours"):
        lire_contours(atelier.config)


@pytest.mark.parametrize("encodage", ["utf-8", "cp1252"])
def test_un_shapefile_sans_encodage_en_sous_dossier(tmp_path, encodage):
    """Sans « .cpg », propriétés en majuscules, dans un dossier du zip ; « schematique » y est écourté."""
    atelier = Atelier(tmp_path)
    dossier = tmp_path / "data/referentiels"
    contours = lire_contours(atelier.config).assign(nom="Cité des Prés", schematique=True).drop(columns="repris")
    (dossier / "quartiers.geojson").unlink()
    (tmp_path / "zip").mkdir()
    capitales = {c: c.upper()[:10] for c in contours.columns.drop("geometry")}
    contours.rename(columns=capitales).to_file(tmp_path / "zip/export", driver="ESRI Shapefile", encoding=encodage)
    next((tmp_path / "zip").rglob("*.cpg")).unlink()
    shutil.make_archive(str(dossier / "quartiers"), "zip", tmp_path / "zip")
    lus = lire_contours(atelier.config)
    assert set(lus["nom"]) == {"Cité des Prés"}
    assert lus["schematique"].all()


def test_d_un_geopackage_la_couche_des_quartiers(tmp_path):
    """La première couche n'est pas la bonne parce qu'elle est la première."""
    atelier = Atelier(tmp_path)
    contours, fichier = lire_contours(atelier.config), tmp_path / "data/referentiels/quartiers.gpkg"
    fichier.with_suffix(".geojson").unlink()
    contours.iloc[:1].to_file(fichier, layer="essai")
    contours.to_file(fichier, layer="tout")
    with pytest.raises(ErreurConfiguration, match="2 couches"):
        lire_contours(atelier.config)
    contours.to_file(fichier, layer="quartiers")
    assert len(lire_contours(atelier.config)) == len(contours)


@pytest.mark.parametrize(
    ("forme", "message"),
    [
        ({"type": "LineString", "coordinates": [[6, 47], [6.1, 47.1]]}, "« a » n'est pas une surface"),
        ({"type": "Polygon", "coordinates": []}, "n'est pas une surface"),
        ({"type": "Polygon", "coordinates": [[[6, 47], [6.1, 47.1], [6.1, 47], [6, 47.1], [6, 47]]]}, "se croise"),
        ({"type": "Polygon", "coordinates": [[[9e5, 67e5], [92e4, 67e5], [92e4, 68e5], [9e5, 67e5]]]}, "des degrés"),
        ({"type": "Polygon", "coordinates": [[[47, 6], [47.1, 6], [47.1, 6.1], [47, 6]]]}, "semblent échangées"),
    ],
)
def test_des_contours_mal_traces_ou_mal_places(tmp_path, forme, message):
    atelier = Atelier(tmp_path)
    proprietes = {"code": "a", "nom": "A", "niveau": "quartier", "parent": None}
    trait = {"type": "Feature", "geometry": forme, "properties": proprietes}
    contenu = {"type": "FeatureCollection", "features": [trait]}
    (tmp_path / "data/referentiels/quartiers.geojson").write_text(json.dumps(contenu), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=message):
        lire_contours(atelier.config)


def test_schematique_est_facultatif(tmp_path):
    atelier = Atelier(tmp_path)
    fichier = tmp_path / "data/referentiels/quartiers.geojson"
    fichier.write_text(fichier.read_text("utf-8").replace("schematique", "autre"), encoding="utf-8")
    assert lire_contours(atelier.config)["schematique"].tolist() == [False] * 4


def test_rapport_d_un_refus(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["logements"][0]["financement"] = "<b>PLIA</b>"
    atelier.deposer_tout()
    ecrire_rapports(atelier.verifier(), tmp_path / "rapports")
    html = (tmp_path / "rapports/2010/neolia.html").read_text("utf-8")
    assert '<html lang="fr">' in html
    assert "PLIA" not in html  # ni recopié, ni interprété : ce n'est pas un code
    assert "http" not in html
    csv = (tmp_path / "rapports/2010/neolia.csv").read_text("utf-8-sig")
    assert "problème;enum;2;financement;1;" in csv
    assert (tmp_path / "rapports/2010/sne.html").is_file()


def test_typographie():
    assert typographier("« a » : 12 345 %") == "«\u00a0a\u00a0»\u00a0: 12\u202f345\u00a0%"


def test_des_contours_qui_se_recouvrent_sont_refuses(tmp_path, monkeypatch):
    """Un quartier qui en recouvre un autre prendrait ses immeubles en silence : il est nommé, avec l'étendue."""
    monkeypatch.setitem(atelier_lecture.CARRES, ("quartier", "planoise", ""), (6.015, 47.20, 6.04, 47.24))
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"][0]["lon"] = "6,017"
    atelier.deposer("immeubles")
    with pytest.raises(ErreurConfiguration, match=r"« planoise » : recouvre « battant » \(\d+ ha\)") as refus:
        atelier.verifier()
    assert "1 immeuble de 2010 sous deux contours" in str(refus.value)


def test_un_trace_repris_et_un_vide_se_disent(tmp_path):
    """Trois carrés autour d'un quatrième qui manque, dont un a un point doublé : rien d'empêché, tout est dit."""
    cadre = [[6.00, 47.20], [6.03, 47.20], [6.03, 47.23], [6.00, 47.23], [6.00, 47.20]]
    trou = [[6.01, 47.21], [6.02, 47.21], [6.02, 47.22], [6.01, 47.22], [6.01, 47.21]]
    pointe = [[6.03, 47.20], [6.04, 47.20], [6.04, 47.23], [6.05, 47.23], [6.04, 47.23], [6.03, 47.23], [6.03, 47.20]]
    traits = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": formes},
         "properties": {"code": code, "nom": code, "niveau": "quartier", "parent": None}}
        for code, formes in (("a", [cadre, trou]), ("b", [pointe]))
    ]  # fmt: skip
    atelier = Atelier(tmp_path)
    contenu = json.dumps({"type": "FeatureCollection", "features": traits})
    (tmp_path / "data/referentiels/quartiers.geojson").write_text(contenu, encoding="utf-8")
    dits = remarquer(lire_contours(atelier.config))
    assert dits[0].endswith("« b ».")
    assert "1 vide entre les quartiers (84 ha)" in dits[1]


@pytest.mark.parametrize(
    ("colonnes_", "deux", "dit"),
    [
        (("x", "y"), ("0", "0"), "x et y sont à zéro"),
        (("lon", "lat"), ("0", "0"), "sont à zéro"),
        (("x", "y"), ("6687000", "927000"), "x et y semblent échangés"),
        (("lon", "lat"), ("47,23", "6,01"), "longitude et latitude semblent échangées"),
        (("x", "y"), ("6,01", "47,23"), "x et y sont des degrés."),
        (("lon", "lat"), ("927000", "6687000"), "sont des mètres"),
        (("x", "y"), ("878000", "2255000"), "Lambert II étendu"),
        (("x", "y"), ("1927000", "6230000"), "CC42 à CC50"),
        (("x", "y"), ("878000", "255000"), "ancienne zone Lambert"),
    ],
)
def test_des_immeubles_mal_situes_ne_se_disent_qu_une_fois(colonnes_, deux, dit):
    """Axes échangés, zéros, autre système : une cause, un message ; rien n'est déplacé en silence."""
    justes = {"x": [927000.0], "y": [6687000.0], "lon": [6.02], "lat": [47.24]}
    immeubles = pd.DataFrame({c: v + [np.nan] * 2 for c, v in justes.items()}, index=[2, 3, 4])
    nombres = [float(v.replace(",", ".")) for v in deux]
    immeubles.loc[[3, 4], list(colonnes_)] = nombres
    nettes, problemes = positions.examiner(immeubles)
    assert [(p.phrase, p.lignes) for p in problemes if dit in p.phrase] == [(problemes[0].phrase, (3, 4))]
    assert len(problemes) == 1
    assert nettes.loc[[3, 4]].isna().all(axis=None)
    assert nettes.loc[2].notna().all()

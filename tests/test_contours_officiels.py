"""Des contours officiels à côté d'un schéma : ils situent les immeubles, et chaque carte les offre sous le sien."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from atelier_lecture import CARRES, Atelier, contours
from fabrique import configuration
from petit_publie import ecrire_publie
from shapely import bounds

import observatoire
from observatoire.communes import ContoursOfficiels
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.territoires import lire_contours, lire_les_dessines, rattacher, remarquer
from observatoire.presentation.explorateur import fond_de_carte
from observatoire.publication.territoires import publier_territoires
from observatoire.publie import lire_publie
from observatoire.publie.tables import lire_table

SCHEMA = Path(__file__).parents[1] / "data" / "referentiels" / "quartiers.geojson"
SOURCE = "Ville de Besançon, <b>2010</b>"
OFFICIELS = ContoursOfficiels("officiels.geojson", SOURCE)
# Le premier quartier va, en vrai, deux fois moins loin à l'est.
VRAIS = {
    ("quartier", "battant", ""): (6.00, 47.20, 6.005, 47.24),
    ("quartier", "planoise", ""): (6.005, 47.20, 6.04, 47.24),
    ("secteur", "battant_nord", "battant"): (6.00, 47.22, 6.005, 47.24),
    ("secteur", "battant_sud", "battant"): (6.00, 47.20, 6.005, 47.22),
}


@pytest.fixture
def atelier(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.config = dataclasses.replace(atelier.config, contours_officiels=OFFICIELS)
    _deposer(atelier, VRAIS)
    return atelier


def _deposer(atelier: Atelier, carres: dict) -> None:
    fichier = atelier.config.chemin("referentiels") / OFFICIELS.fichier
    fichier.write_text(json.dumps(contours(carres)), encoding="utf-8")


def test_ils_situent_les_immeubles_et_le_schema_reste_dessine(atelier):
    est = {c.code: bounds(c.geometry)[2] for c in lire_contours(atelier.config).itertuples() if c.niveau == "quartier"}
    assert est == {"battant": 6.005, "planoise": 6.04}
    dessines = lire_les_dessines(atelier.config).set_index("code")
    assert bounds(dessines.geometry["battant"])[2] == 6.02
    assert dessines["schematique"].all()
    immeuble = pd.DataFrame([{**dict.fromkeys(("x", "y", "quartier", "secteur")), "lon": 6.01, "lat": 47.23}])
    immeuble = immeuble.astype({"quartier": "str", "secteur": "str"})
    sans = dataclasses.replace(atelier.config, contours_officiels=None)
    situes = [rattacher(immeuble, lire_contours(c))["quartier"].item() for c in (atelier.config, sans)]
    assert situes == ["planoise", "battant"]


def test_ils_sont_ceux_des_memes_territoires(atelier):
    autres = {
        ("quartier", "planoise", ""): CARRES["quartier", "planoise", ""],
        ("quartier", "cras", ""): (7, 47, 8, 48),
    }
    _deposer(atelier, autres)
    with pytest.raises(ErreurConfiguration) as refus:
        lire_contours(atelier.config)
    assert "officiels.geojson : 4 problèmes." in str(refus.value)
    assert "il y manque le quartier « battant »." in str(refus.value)
    assert "le quartier « cras » n'est pas dans les contours dessinés." in str(refus.value)
    (atelier.config.chemin("referentiels") / "quartiers.geojson").unlink()
    with pytest.raises(ErreurConfiguration, match="cette ville n'a pas d'autres contours"):
        lire_contours(atelier.config)


def test_un_second_fichier_de_quartiers_n_est_pas_de_trop_s_il_est_declare(atelier):
    dossier = atelier.config.chemin("referentiels")
    lire_contours(atelier.config).drop(columns="repris").to_file(dossier / "quartiers.gpkg")
    officiels = dataclasses.replace(OFFICIELS, fichier="quartiers.gpkg")
    config = dataclasses.replace(atelier.config, contours_officiels=officiels)
    assert bounds(lire_contours(config).set_index("code").geometry["battant"])[2] == 6.005


@pytest.mark.parametrize(
    ("declare", "attendu"),
    [
        ({"fichier": "officiels.geojson"}, "« source » manque"),
        ({"fichier": "absent.gpkg", "source": "s"}, "« absent.gpkg » manque dans les référentiels"),
        ({"fichier": "officiels.shp", "source": "s"}, "est un .geojson, .gpkg, .zip"),
        ({"fichier": "../../x.geojson", "source": "s"}, "« ../../x.geojson » n'est pas dans les référentiels"),
        ({"fichier": "/etc/x.geojson", "source": "s"}, "« /etc/x.geojson » n'est pas dans les référentiels"),
    ],
)
def test_ils_se_declarent_entiers(tmp_path, declare, attendu):
    territoire = {"nom": "Besançon", "code": "25056", "contours_officiels": declare}
    with pytest.raises(ErreurConfiguration, match=re.escape(attendu)):
        configuration(tmp_path, territoire=territoire)


def _decaler(carres: dict, lon: float, lat: float) -> dict:
    return {cle: (o + lon, s + lat, e + lon, n + lat) for cle, (o, s, e, n) in carres.items()}


@pytest.mark.parametrize(
    ("carres", "km"),
    [(_decaler(VRAIS, -3.66, 1.63), r"32\d"), (_decaler(VRAIS, 0.03, 0), "2")],
    ids=["Paris", "à côté"],
)
def test_ceux_d_un_autre_lieu_sont_refuses(atelier, carres, km):
    _deposer(atelier, carres)
    with pytest.raises(ErreurConfiguration, match=rf"pas ceux de cette ville : {km} km entre les deux\."):
        lire_contours(atelier.config)


def test_ce_qui_n_est_pas_a_sa_place_se_dit(atelier):
    """Deux quartiers échangés, et un secteur hors du sien : rien d'empêché, tout est dit."""
    assert remarquer(lire_contours(atelier.config)) == []
    ouest, est = (6.00, 47.20, 6.02, 47.24), (6.0201, 47.20, 6.04, 47.24)
    _deposer(atelier, VRAIS | {("quartier", "battant", ""): est, ("quartier", "planoise", ""): ouest})
    dits = remarquer(lire_contours(atelier.config))
    assert "« battant » ne touche pas le contour de même code que dessinent les pages." in dits[0]
    assert dits[1].endswith("dans son quartier, « battant_nord » et « battant_sud ».")


def test_un_seul_fichier_pour_les_deux_est_refuse(atelier):
    config = dataclasses.replace(atelier.config, contours_officiels=ContoursOfficiels("quartiers.geojson", SOURCE))
    with pytest.raises(ErreurConfiguration, match=r"quartiers\.geojson : .* En donner d'autres"):
        lire_contours(config)


def test_un_contour_sans_nombres_est_dit(atelier):
    fichier = atelier.config.chemin("referentiels") / OFFICIELS.fichier
    fichier.write_text(fichier.read_text(encoding="utf-8").replace("6.005", "NaN", 1), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match="« battant » a des coordonnées qui ne sont pas des nombres"):
        lire_contours(atelier.config)


@pytest.fixture
def valeurs(tmp_path):
    """Le schéma de Besançon, et d'autres tracés, publiés comme officiels."""
    publie = ecrire_publie(tmp_path / "publie", SCHEMA)
    traits = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for trait in traits["features"]:
        trait["properties"] |= {"source": SOURCE, "schematique": False}
    (publie / "contours_officiels.geojson").write_text(json.dumps(traits), encoding="utf-8")
    return lire_publie(2010, publie)


def test_une_carte_offre_les_deux_et_dit_d_ou_viennent_les_seconds(valeurs):
    html = observatoire.carte(valeurs, "taux_vacance").html
    schema, _, pli = html.partition('<details class="obs-pli"><summary>Sur les contours officiels</summary>')
    assert schema.count('<svg class="obs-svg"') == pli.partition("</details>")[0].count('<svg class="obs-svg"') == 1
    assert "carte schématique" in schema
    assert "Contours : Ville de Besançon, &lt;b&gt;2010&lt;/b&gt;." in pli
    ancres = re.findall(r' id="([^"]+)"', html)
    assert len(ancres) == len(set(ancres))
    assert html.count("<figcaption") == 1
    assert "contours officiels" in fond_de_carte(valeurs)
    (valeurs.dossier / "contours_officiels.geojson").unlink()
    sans = lire_publie(2010, shutil.copytree(valeurs.dossier, valeurs.dossier.with_name("sans")))
    assert "contours officiels" not in observatoire.carte(sans, "taux_vacance").html + fond_de_carte(sans)


def test_ils_sont_publies_avec_leur_source(atelier, tmp_path):
    travail = tmp_path / "publie"
    travail.mkdir()
    vus = pd.DataFrame({"niveau": ["quartier"], "territoire": ["battant"]})
    publier_territoires(atelier.config, vus, SimpleNamespace(public="publique", niveaux=("ville", "quartier")), travail)
    lus = lire_table("contours_officiels", travail)
    assert set(lus["source"]) == {SOURCE}
    assert bounds(lus.set_index("code").geometry["battant"])[2] == 6.005
    assert bounds(lire_table("contours", travail).set_index("code").geometry["battant"])[2] == 6.02

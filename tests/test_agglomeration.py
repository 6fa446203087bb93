"""Une agglomération de trois communes : ses sommes, sa couverture, ses pages, son secret, et ce qui la fait refuser."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from atelier import RACINE, ecrire_modele, ecrire_modeles
from atelier_lecture import octets_csv
from fabrique import SCHEMAS, calculer_tout, ecrire_prepare
from test_rpls import LIGNE

from observatoire import indicateurs
from observatoire.audit.attaque import Attaque
from observatoire.audit.dossier import Dossier
from observatoire.baremes import lire_baremes
from observatoire.configuration import lire_configuration
from observatoire.edition.plan import lister_pages
from observatoire.erreurs import ErreurConfiguration
from observatoire.indicateurs.prepares import ajouter_la_ville
from observatoire.lecture import preparer, verifier
from observatoire.lecture.rpls_modeles import ENTETES
from observatoire.lecture.territoires import lire_contours, rattacher
from observatoire.presentation import reperes, selection
from observatoire.publication import proteger
from observatoire.publie import lire_publie
from observatoire.sujets.mixite.calcul.annees import publier_la_mixite
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

EXEMPLE = RACINE / "exemples" / "agglomeration"
SIREN, COMMUNES = "999000990", ("99101", "99102", "99103")
QUARTIERS = {
    "99101": ("vb-centre", "vb-plateau", "vb-gare", "vb-moulins", "vb-coteaux"),
    "99102": ("rc-bourg", "rc-cites", "rc-port"),
    "99103": ("es-essarts",),
}
#: Logements, ménages sous 40 % du plafond, et de parents seuls, de chaque quartier ; tous louent et tous répondent.
PARC = {
    "vb-centre": (60, 24, 13), "vb-plateau": (90, 58, 30), "vb-gare": (45, 20, 5), "vb-moulins": (50, 15, 14),
    "vb-coteaux": (40, 13, 12), "rc-bourg": (48, 16, 12), "rc-cites": (56, 34, 4), "rc-port": (30, 9, 3),
    "es-essarts": (52, 14, 15), "hors_quartier": (13, 6, 2),
}  # fmt: skip
BAILLEURS = ("hvo", "rivage", "essor")


def configurer(dossier, **territoire):
    """La configuration de l'exemple, où tout s'écrit dans ``dossier`` ; ``territoire`` en remplace des clés."""
    contenu = yaml.safe_load((EXEMPLE / "observatoire.yml").read_text(encoding="utf-8"))
    contenu["territoire"] |= territoire
    contenu["edition"] |= {"annees": [2010], "annee_zero": 2010, "immeubles": False}
    contenu["niveaux"] = ["quartier"]
    contenu["chemins"] = {"schemas": str(RACINE / "data" / "schemas"), "livre": "."}
    if not (dossier / "data" / "referentiels").is_dir():
        shutil.copytree(EXEMPLE / "referentiels", dossier / "data" / "referentiels")
    fichier = dossier / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")
    return lire_configuration(fichier)


@pytest.fixture(scope="module")
def agglo(tmp_path_factory):
    """Une agglomération de près de cinq cents logements, calculée et publiée ; rend sa configuration."""
    config = configurer(tmp_path_factory.mktemp("agglo"))
    logements, menages = [], []
    for quartier, (nombre, pauvres, seuls) in PARC.items():
        for rang in range(nombre):
            bailleur = BAILLEURS[rang % 3]
            lieu = {
                "bailleur": bailleur, "quartier": quartier, "immeuble": f"{bailleur}:{quartier}{rang % 6}",
                "qpv": "en_qpv" if quartier in ("vb-plateau", "rc-cites") else "hors_qpv",
                "id_logement": f"{quartier}-{rang}",
            }  # fmt: skip
            logements.append({**lieu, "occupation": "loue", "nb_pieces": 1 + rang % 4})
            menages.append(
                {
                    **lieu,
                    "tranche_plafond": "0-20" if rang < pauvres else "60-100",
                    "composition": "monoparentale" if rang % 40 < seuls and rang < seuls else "seul",
                }
            )
    # « essor » n'a pas déposé ses ménages : ceux de ses logements ne sont pas couverts.
    depots = [(2010, b, "logements") for b in BAILLEURS] + [(2010, b, "menages") for b in BAILLEURS[:2]]
    menages = [m for m in menages if m["bailleur"] != "essor"]
    ecrire_prepare(config, {2010: {"logements": logements, "menages": menages}}, depots)
    calculer_tout(config)
    proteger(config, "publique")
    return config


def _prepares(config, bailleur="tous"):
    table = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet")
    return table[table["bailleur"].eq(bailleur)]


@pytest.mark.parametrize("bailleur", ["tous", "rivage"])
def test_les_quartiers_font_les_communes_qui_font_l_agglomeration(agglo, bailleur):
    table = _prepares(agglo, bailleur).set_index(["niveau", "territoire", "indicateur"])
    for mesure in ("numerateur", "denominateur"):
        sommes = table[mesure].fillna(0).unstack("indicateur")
        for commune, quartiers in QUARTIERS.items():
            attendu = sommes.loc[[("quartier", q) for q in quartiers]].sum()
            np.testing.assert_array_equal(sommes.loc[("ville", commune)], attendu)
        communes = sommes.loc[[("ville", c) for c in (*COMMUNES, "hors_commune")]].sum()
        np.testing.assert_array_equal(sommes.loc[("agglomeration", SIREN)], communes)
    nombre = table["numerateur"].get(("agglomeration", SIREN, "nb_logements"))
    assert nombre == (sum(n for n, _, _ in PARC.values()) if bailleur == "tous" else 161)


def test_la_couverture_est_celle_de_chaque_commune(agglo):
    table = _prepares(agglo).set_index(["niveau", "territoire", "indicateur"])["couverture"]
    for niveau, code, quartiers in (
        ("ville", "99103", ["es-essarts"]), ("ville", "99102", QUARTIERS["99102"]), ("agglomeration", SIREN, PARC)
    ):  # fmt: skip
        total = sum(PARC[q][0] for q in quartiers)
        sans_essor = sum(len([r for r in range(PARC[q][0]) if r % 3 < 2]) for q in quartiers)
        assert table[niveau, code, "moins_40_plafond"] == pytest.approx(sans_essor / total)
        assert table[niveau, code, "nb_logements"] == 1


def test_un_parc_declare_n_est_connu_que_de_l_agglomeration(agglo):
    from observatoire.couverture import couvrir, etendre

    declare = replace(agglo.deposants[3], parc_declare=100)
    config = replace(agglo, deposants=(*agglo.deposants[:3], declare, *agglo.deposants[4:]))
    comptes = {2010: pd.DataFrame({"bailleur": ["hvo"], "quartier": ["rc-bourg"], "ville": ["99102"],
                                   "agglomeration": [SIREN], "connus": [300]})}  # fmt: skip
    connus = etendre(comptes, config)
    assert connus.groupby("agglomeration")["connus"].sum().to_dict() == {SIREN: 400}
    assert connus.groupby("ville")["connus"].sum().to_dict() == {"99102": 300}
    etats = pd.DataFrame({"nb_logements": ["livre", "non_depose"]}, index=["hvo", "toits"])
    part, _ = couvrir(connus.drop(columns="annee"), etats, ["agglomeration"])
    assert part(np.array([0])).item() == 0.75


def test_hors_de_tout_contour(tmp_path):
    """Rien ne se perd : sans commune connue, hors commune ; dans une commune, son reste ou son seul quartier."""
    config = configurer(tmp_path)
    contours = lire_contours(config)
    du_bourg = contours.set_index("code").loc["rc-bourg"].geometry.representative_point()
    immeubles = pd.DataFrame(
        [
            {"lon": du_bourg.x, "lat": du_bourg.y},
            {"lon": 7.0, "lat": 47.2},
            {"lon": 7.0, "lat": 47.2, "commune": "99101"},
            {"commune": "99103"},
            {"lon": du_bourg.x, "lat": du_bourg.y, "commune": "99101"},
        ],
    )
    immeubles[["x", "y"]] = np.nan
    immeubles[["quartier", "secteur"]] = pd.DataFrame(np.nan, index=immeubles.index, columns=list("qs"), dtype="str")
    immeubles["commune"] = immeubles["commune"].astype("str")
    places = rattacher(immeubles, contours, communes=config.communes)
    assert places["quartier"].tolist() == [
        "rc-bourg", "hors_quartier", "hors_quartier_99101", "es-essarts", "hors_quartier_99101",
    ]  # fmt: skip
    assert places["motif"].isna().tolist() == [True, False, False, True, False]
    situes = ajouter_la_ville("logements", places, config)
    assert situes["ville"].tolist() == ["99102", "hors_commune", "99101", "99103", "99101"]
    assert set(situes["agglomeration"]) == {SIREN}


def test_un_logement_d_une_commune_qui_n_est_pas_declaree_est_mis_a_part(tmp_path):
    config = configurer(tmp_path)
    lignes = [{"DEPCOM": c, "ETAGE": str(r)} for r, c in enumerate(("99101", "99102", "99103", "25056"))]
    depot = config.chemin("brut") / "2010" / "rpls_hvo.csv"
    depot.parent.mkdir(parents=True)
    depot.write_bytes(octets_csv([{**LIGNE["2018"], **x} for x in lignes], ENTETES["2018"]))
    depots = verifier(config)
    assert depots.accepte, depots.message()
    (mis_a_part,) = [t for t in depots.fichiers[0].traitements if t.nom == "hors_de_la_commune"]
    assert (mis_a_part.nombre, mis_a_part.genre) == (1, "mis à part")
    assert mis_a_part.phrase == "Logement d'une autre commune que 99101, 99102 ou 99103."
    preparer(config, depots)
    logements = pd.read_parquet(config.chemin("prepare") / "tables/2010/logements.parquet")
    assert sorted(logements["quartier"]) == ["es-essarts", "hors_quartier_99101", "hors_quartier_99102"]


def test_les_livraisons_sont_celles_de_leur_commune(agglo):
    table = pd.DataFrame({"commune": ["99101", "25056", None], "quartier": ["vb-gare", None, None]}, dtype="str")
    situes = ajouter_la_ville("programmes", table, agglo)
    assert situes["dans_ville"].tolist() == [True, False, False]
    assert situes["ville"].astype(object).where(situes["ville"].notna(), None).tolist() == ["99101", None, None]


def test_l_attaque_ne_trouve_rien(agglo):
    resultat = Attaque(Dossier(agglo, "publique")).conclure()
    assert not resultat.non_fait
    assert resultat.examine["petits comptes possibles vu du dehors"] > 0
    assert not resultat.constats


def test_une_commune_de_onze_logements_et_plus_parait(agglo):
    """Rien n'est caché d'un territoire pour en protéger un autre : seule compte sa propre taille."""
    publies = lire_publie(2010, agglo.chemin("publie") / "publique").indicateurs
    publies = publies[publies["bailleur"].eq("tous") & publies["indicateur"].eq("taux_vacance")]
    statuts = publies.set_index(["annee", "niveau", "territoire"])["statut"]
    for lieu in (("agglomeration", SIREN), *(("ville", c) for c in COMMUNES)):
        assert statuts[2010, *lieu] == "publie"


def test_sans_regle_du_secret_pour_l_agglomeration(tmp_path):
    config = configurer(tmp_path)
    fichier = config.chemin("referentiels") / "baremes" / "confidentialite.yml"
    fichier.write_text(fichier.read_text(encoding="utf-8").replace("[agglomeration, ", "["), encoding="utf-8")
    config.chemin("prepare").mkdir(parents=True)
    for table in INDICATEURS_PUBLIES.de:
        table.dans(config.chemin("prepare")).touch()
    with pytest.raises(ErreurConfiguration, match="ne dit rien du niveau « agglomeration »"):
        proteger(config, "publique")


def test_le_plan_des_pages(agglo, tmp_path):
    notebooks = ecrire_modeles(tmp_path / "notebooks")
    ecrire_modele(
        notebooks, "commune", "# {{ commune_nom }}", 'annee = 2010\ncommune = "99101"', "print(annee, commune)"
    )
    pages = {p.sortie: p for p in lister_pages(agglo.chemin("publie") / "publique", notebooks)}
    attendues = {"2010/agglomeration", *(f"2010/ville-{c}" for c in COMMUNES)}
    attendues |= {f"2010/quartier-{q}" for quartiers in QUARTIERS.values() for q in quartiers}
    assert attendues <= set(pages)
    assert "2010/ville" not in pages
    assert not [p for p in pages if "hors_" in p]
    assert "ville-*" in pages["2010/agglomeration"].sommaire
    assert not [m for m in pages["2010/agglomeration"].sommaire if m.startswith("quartier")]
    for commune, quartiers in QUARTIERS.items():
        assert set(pages[f"2010/ville-{commune}"].sommaire) == {f"quartier-{q}" for q in quartiers}
    assert pages["2010/ville-99102"].parametres == {"annee": 2010, "commune": "99102"}
    assert pages["2010/ville-99102"].textes["commune_nom"] == "Rivecourt"


def test_a_quoi_chacun_se_compare(agglo):
    valeurs = lire_publie(2010, agglo.chemin("publie") / "publique")
    assert reperes.repere_de(valeurs) is None
    assert reperes.repere_de(valeurs, "99102")[:3] == ("agglomeration", SIREN, "Agglomération")
    assert reperes.repere_de(valeurs, "rc-port")[:3] == ("ville", "99102", "Rivecourt")
    assert reperes.repere_de(valeurs, None, "hvo")[:2] == ("agglomeration", SIREN)
    niveau, lignes = selection.parties(valeurs, "nb_logements", "rc-port")
    assert (niveau, {r["code"] for r in lignes}) == ("quartier", set(QUARTIERS["99102"]))
    niveau, lignes = selection.parties(valeurs, "nb_logements")
    assert (niveau, {r["code"] for r in lignes}) == ("ville", {*COMMUNES, "hors_commune"})


def test_la_mixite_de_chaque_commune_est_celle_d_une_ville(agglo):
    """Les indices d'une commune sont ceux que donnerait une ville faite de ses seuls quartiers."""
    lignes = _prepares(agglo)
    lignes = lignes.assign(statut=lignes["statut"].replace("calcule", "publie"))
    constants = lignes.iloc[:0].assign(depart=0, arrivee=0, absents="")
    baremes = lire_baremes(agglo.chemin("referentiels"))
    valeurs, _ = publier_la_mixite((lignes, constants), agglo, baremes, lambda source: 2.0)
    ville = replace(agglo, communes=(), code="99101", niveaux=("quartier", "ville"))
    siennes = lignes[lignes["territoire"].isin(["99101", *QUARTIERS["99101"]])]
    attendues, _ = publier_la_mixite((siennes, constants), ville, baremes, lambda source: 2.0)
    cles = ["niveau", "territoire", "groupe", "indice"]
    obtenues = valeurs.merge(attendues[cles], on=cles)
    assert set(attendues["statut"]) & {"publie"}
    pd.testing.assert_frame_equal(
        obtenues.sort_values(cles, ignore_index=True), attendues.sort_values(cles, ignore_index=True)
    )
    du_tout = valeurs[valeurs["territoire"].eq(SIREN) & valeurs["indice"].eq("dissimilarite")]
    assert set(du_tout["niveau"]) == {"quartier", "ville"}
    seule = valeurs[valeurs["territoire"].eq("99103") & valeurs["indice"].eq("dissimilarite")]
    assert set(seule["statut"]) == {"na"}


def test_une_mauvaise_configuration_dit_tout_d_un_coup(tmp_path):
    referentiels = tmp_path / "data" / "referentiels"
    shutil.copytree(EXEMPLE / "referentiels", referentiels)
    double = json.loads((referentiels / "quartiers_99102.geojson").read_text(encoding="utf-8"))
    double["features"] = double["features"][:1]
    (referentiels / "double.geojson").write_text(json.dumps(double), encoding="utf-8")
    communes = [
        {"code": "99101", "nom": "Valombre"},
        {"code": "99101", "nom": "Valombre", "contours": "quartiers_99103.geojson"},
        {"code": "99102", "nom": "Rivecourt"},
        {"code": "99104", "nom": "Sans carte"},
        {"code": "99105", "nom": "Voisine", "contours": "double.geojson"},
        {"code": "7", "nom": "Courte"},
    ]
    with pytest.raises(ErreurConfiguration) as refus:
        configurer(tmp_path, communes=communes, code="12")
    message = str(refus.value)
    for phrase in (
        "« code » est le SIREN de l'EPCI, neuf chiffres.",
        "« 99101 » est donnée deux fois.",
        "le fichier de contours « quartiers_99104.geojson » manque dans les référentiels.",
        "le quartier « rc-bourg » est dans Rivecourt et Voisine.",
        "« 7 » n'est pas un code Insee de commune.",
    ):
        assert phrase in message
    assert "5 problèmes" in message


@pytest.mark.parametrize(
    ("territoire", "phrase"),
    [
        ({"communes": [{"code": "99101", "nom": "Valombre"}]}, "au moins deux communes"),
        ({"communes": "99101"}, "« communes » doit être une liste"),
        ({"quartiers": "communes"}, "ne va pas avec « quartiers: communes »"),
    ],
)
def test_ce_que_communes_n_admet_pas(tmp_path, territoire, phrase):
    with pytest.raises(ErreurConfiguration, match=phrase):
        configurer(tmp_path, **territoire)


def test_une_ville_n_a_pas_d_agglomeration(tmp_path):
    contenu = yaml.safe_load((RACINE / "observatoire.yml").read_text(encoding="utf-8"))
    contenu["niveaux"] = ["quartier", "agglomeration"]
    fichier = tmp_path / "observatoire.yml"
    fichier.write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match="demande plusieurs communes"):
        lire_configuration(fichier)
    config = lire_configuration(RACINE / "observatoire.yml")
    assert config.tout == ("ville", "25056")
    assert "agglomeration" not in {c.niveau for c in indicateurs.croisements(config)}
    vide = pd.DataFrame({c: pd.Series(dtype="str") for c in SCHEMAS["logements"].champs})
    assert "agglomeration" not in ajouter_la_ville("logements", vide, config)

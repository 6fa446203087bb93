"""Les dépôts fictifs : déterministes, cohérents d'une année à l'autre, calés sur des chiffres publiés."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import yaml
from python_calamine import CalamineWorkbook

from observatoire.configuration import MARQUE_FICTIF, lire_configuration
from observatoire.erreurs import ErreurObservatoire
from observatoire.exemple import ecrire_exemple
from observatoire.lecture import verifier

RACINE = Path(__file__).resolve().parents[1]
CONFIG = lire_configuration(RACINE / "observatoire.yml")
ANNEES = CONFIG.annees

# Ville de Besançon, RPLS au 1er janvier 2024 (SDES), sauf mention : chiffre publié, puis écart admis, car l'exemple
# raconte d'autres années et le tirage d'une graine varie.
CALAGE = {
    "vacance": (0.0348, 0.006),
    "vacance_3_mois": (0.0090, 0.003),  # Grand Besançon 2019 : 0,73 % ; un peu plus dans la ville-centre
    "mobilite": (0.1038, 0.010),
    "vide_technique": (711 / 16463, 0.015),  # dont les immeubles vidés avant démolition
    "qpv": (8960 / 16504, 0.025),  # RPLS au 1er janvier 2019
    "dpe_efg": (2674 / 16504, 0.015),  # RPLS au 1er janvier 2019
    "dpe_inconnu": (2182 / 16504, 0.010),  # RPLS au 1er janvier 2019
    "loyer_m2": (5.454, 0.25),  # Grand Besançon, RPLS au 1er janvier 2019
}


class Exemple:
    """Des dépôts fictifs écrits dans un dossier, et lus comme l'observatoire lit ceux des bailleurs."""

    def __init__(self, dossier: Path, logements: int, graine: int = 2007, config=CONFIG):
        self.brut = dossier / "brut"
        self.config = config.avec_chemins(brut=self.brut)
        self.resume = ecrire_exemple(self.brut, self.config, graine, logements)

    @cached_property
    def depots(self):
        return verifier(self.config)

    @cached_property
    def verites(self) -> pd.DataFrame:
        return pd.read_csv(self.brut.parent / "verite.csv")

    def table(self, nom: str) -> pd.DataFrame:
        """Toutes les années et tous les bailleurs d'une table ; ``logement`` et ``immeuble`` sont uniques."""
        morceaux = [
            t.assign(annee=annee, deposant=deposant)
            for (annee, deposant, table), t in self.depots.tables.items()
            if table == nom
        ]
        tout = pd.concat(morceaux, ignore_index=True)
        for court in ("logement", "immeuble"):
            if f"id_{court}" in tout:
                tout[court] = tout["deposant"] + ":" + tout[f"id_{court}"]
        return tout

    @cached_property
    def logements(self) -> pd.DataFrame:
        """Les logements, avec ce que l'on sait de leur immeuble."""
        immeubles = self.table("immeubles")[["annee", "immeuble", "qpv"]]
        return self.table("logements").merge(immeubles, on=["annee", "immeuble"], validate="many_to_one")

    @cached_property
    def menages(self) -> pd.DataFrame:
        """Les ménages des logements loués, avec leur bail et leur territoire."""
        colonnes = ["annee", "logement", "immeuble", "date_bail", "occupation"]
        menages = self.table("menages").merge(self.logements[colonnes], on=["annee", "logement"])
        return menages[menages["occupation"].eq("loue")].merge(self.situations, on="immeuble", how="left")

    @cached_property
    def situations(self) -> pd.DataFrame:
        """Secteur et quartier de chaque immeuble, d'après son point."""
        immeubles = self.table("immeubles").drop_duplicates("immeuble").dropna(subset="x")
        points = gpd.GeoDataFrame(
            immeubles[["immeuble"]], geometry=gpd.points_from_xy(immeubles["x"], immeubles["y"]), crs=2154
        )
        carte = gpd.read_file(self.config.chemin("referentiels") / "quartiers.geojson").to_crs(2154)
        secteurs = carte.loc[carte["niveau"].eq("secteur"), ["code", "parent", "geometry"]]
        return points.sjoin(secteurs)[["immeuble", "code", "parent"]].set_axis(
            ["immeuble", "secteur", "quartier"], axis=1
        )

    @cached_property
    def suivis(self) -> pd.DataFrame:
        """Les ménages présents deux 31 décembre de suite : même logement, même bail. Suffixes _n et _n1."""
        suivants = self.menages.assign(annee=self.menages["annee"] - 1)
        return self.menages.merge(suivants, on=["annee", "logement", "date_bail"], suffixes=("_n", "_n1"))


@pytest.fixture(scope="module")
def exemple(tmp_path_factory) -> Exemple:
    """L'exemple à sa taille ordinaire."""
    return Exemple(tmp_path_factory.mktemp("exemple"), 16000)


@pytest.fixture(scope="module")
def six_cents(deux_annees, tmp_path_factory) -> Exemple:
    """Le plus petit exemple, qu'aucun essai ne change."""
    return Exemple(tmp_path_factory.mktemp("six_cents"), 600, config=deux_annees)


@pytest.fixture(scope="module")
def trois_mille(deux_annees, tmp_path_factory) -> Exemple:
    return Exemple(tmp_path_factory.mktemp("trois_mille"), 3000, config=deux_annees)


def empreintes(dossier: Path) -> dict[str, str]:
    """Une empreinte par fichier d'un dossier."""
    fichiers = (f for f in sorted(dossier.rglob("*")) if f.is_file())
    return {str(f.relative_to(dossier)): hashlib.sha256(f.read_bytes()).hexdigest() for f in fichiers}


# Déterminisme


def test_la_meme_graine_donne_les_memes_octets(deux_annees, six_cents, tmp_path):
    Exemple(tmp_path / "b", 600, config=deux_annees)
    commande = (
        "import sys; from pathlib import Path; from observatoire.configuration import lire_configuration;"
        "from observatoire.exemple import ecrire_exemple;"
        "ecrire_exemple(Path(sys.argv[1]), lire_configuration(sys.argv[2]), logements=600)"
    )
    arguments = [sys.executable, "-c", commande, str(tmp_path / "c" / "brut"), str(deux_annees.fichier)]
    subprocess.run(arguments, check=True, env={"PYTHONPATH": str(RACINE / "src"), "PYTHONHASHSEED": "7"})
    premier = empreintes(six_cents.brut.parent)
    assert premier == empreintes(tmp_path / "b") == empreintes(tmp_path / "c")
    assert {Path(f).suffix for f in premier} == {".csv", ".xlsx", ".ods", ""}


def test_une_autre_graine_donne_d_autres_depots(deux_annees, six_cents, tmp_path):
    une, autre = (empreintes(e.brut) for e in (six_cents, Exemple(tmp_path, 600, 2, deux_annees)))
    communs = (set(une) & set(autre)) - {MARQUE_FICTIF}
    assert communs
    # Une petite table (un programme de deux logements) peut se répéter par hasard, pas les grandes.
    assert not [f for f in communs if une[f] == autre[f] and "programmes" not in f]


# Formats


def test_l_ods_est_conforme_et_se_relit(exemple):
    fichier = exemple.brut / "2009" / "immeubles_adoma.ods"
    with zipfile.ZipFile(fichier) as archive:
        premier, *suivants = archive.infolist()
        assert (premier.filename, premier.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        manifeste = archive.read("META-INF/manifest.xml").decode()
        assert [m.filename for m in suivants] == ["META-INF/manifest.xml", "content.xml"]
        assert 'manifest:full-path="content.xml"' in manifeste
    classeur = CalamineWorkbook.from_path(fichier)
    assert classeur.sheet_names == ["Immeubles"]
    entete, ligne, *_ = classeur.get_sheet_by_index(0).to_python()
    assert entete == ["id_immeuble", "bailleur", "libelle", "x", "y", "quartier", "secteur", "qpv"]
    assert isinstance(ligne[3], float)


@pytest.mark.parametrize("taille", ["six_cents", "trois_mille"])
def test_les_depots_sont_acceptes(request, taille):
    exemple = request.getfixturevalue(taille)
    assert exemple.depots.accepte, exemple.depots.message()
    assert exemple.resume.fichiers == len(exemple.depots.fichiers)
    planifies = exemple.verites[exemple.verites["niveau"].eq("immeuble")]
    assert planifies["indicateur"].nunique() == 4
    assert len(planifies) <= max(4, 0.02 * exemple.resume.immeubles)


def test_les_doutes_plantes_sont_vus(exemple):
    assert exemple.depots.accepte, exemple.depots.message()
    assert any(len(f.avertissements) for f in exemple.depots.fichiers)


# Calage


@pytest.mark.parametrize("annee", ANNEES)
def test_le_parc_est_cale_sur_les_chiffres_publies(exemple, annee):
    hors_rpls = {b.code for b in exemple.config.bailleurs if b.hors_rpls}
    parc = exemple.logements[exemple.logements["annee"].eq(annee) & ~exemple.logements["deposant"].isin(hors_rpls)]
    loue, vacant = parc["occupation"].eq("loue"), parc["occupation"].eq("vacant")
    ancien = (loue | vacant) & parc["annee_premiere_location"].lt(annee)
    obtenu = {
        "vacance": vacant.sum() / (loue | vacant).sum(),
        "vacance_3_mois": (vacant & parc["mois_vacance"].gt(3)).sum() / (loue | vacant).sum(),
        "mobilite": (ancien & loue & parc["date_bail"].dt.year.eq(annee)).sum() / ancien.sum(),
        "vide_technique": parc["occupation"].eq("vide_technique").mean(),
        "qpv": parc["qpv"].eq("oui").mean(),
        "dpe_efg": parc["dpe"].isin(["E", "F", "G"]).mean(),
        "dpe_inconnu": (parc["dpe"].isna() | parc["dpe"].eq("nr")).mean(),
        "loyer_m2": parc["loyer_eur"].sum() / parc["surface_m2"].sum(),
    }
    ecarts = {nom: (obtenu[nom], *CALAGE[nom]) for nom in CALAGE if abs(obtenu[nom] - CALAGE[nom][0]) > CALAGE[nom][1]}
    assert not ecarts
    assert len(parc) == pytest.approx(16000, rel=0.05)


def test_planoise_est_le_plus_grand_quartier(exemple):
    par_quartier = exemple.logements.merge(exemple.situations, on="immeuble")["quartier"].value_counts(normalize=True)
    assert par_quartier.index[0] == "planoise-chateaufarine"
    assert len(par_quartier) == 13


# Cohérence d'une année à l'autre


def test_chaque_attribution_est_un_bail_et_chaque_entree_une_attribution(exemple):
    attributions = exemple.table("attributions")
    assert (attributions["date"].dt.year == attributions["annee"]).all()
    entrees = exemple.menages[exemple.menages["annee_emmenagement"].eq(exemple.menages["annee"])]
    assert (entrees["date_bail"].dt.year == entrees["annee"]).all()
    cles = ["annee", "logement"]
    livrees = {(annee, deposant) for annee, deposant, table in exemple.depots.tables if table == "attributions"}
    avec = pd.MultiIndex.from_frame(entrees[["annee", "deposant"]]).isin(livrees)
    reunis = entrees[avec].merge(attributions[[*cles, "date"]], on=cles, how="left", validate="one_to_one")
    assert reunis["date"].eq(reunis["date_bail"]).all()
    titulaires = attributions.merge(exemple.menages, on=cles)
    assert titulaires["annee_emmenagement"].eq(titulaires["annee"]).all()


def test_les_identifiants_et_les_logements_restent(exemple):
    fixes = ["immeuble", "nb_pieces", "surface_m2", "annee_construction", "dpe", "financement"]
    assert exemple.logements.groupby("logement")[fixes].nunique(dropna=False).eq(1).all(axis=None)
    du_debut = exemple.logements[exemple.logements["deposant"].ne("adoma")].groupby("annee")["logement"].agg(set)
    anciens, recents = du_debut[ANNEES[0]], du_debut[ANNEES[-1]]
    assert len(anciens & recents) > 0.98 * len(anciens)
    assert anciens - recents, "des immeubles sont démolis"
    assert recents - anciens, "des immeubles sont livrés"


def test_un_menage_qui_reste_vieillit_d_un_an(exemple):
    suivis = exemple.suivis
    assert len(suivis) > 10000
    assert suivis["annee_emmenagement_n"].eq(suivis["annee_emmenagement_n1"]).all()
    assert suivis["age_titulaire_n1"].eq((suivis["age_titulaire_n"] + 1).clip(upper=99)).all()


def test_les_impayes_durent(exemple):
    suivis = exemple.suivis[exemple.suivis["impaye_3_mois_n1"].notna()]
    en_impaye = suivis["impaye_3_mois_n"].eq("oui")
    ensuite = suivis["impaye_3_mois_n1"].eq("oui")
    assert ensuite[en_impaye].mean() > 0.5
    assert ensuite[~en_impaye].mean() < 0.05


def test_on_reloge_les_annees_ou_l_on_vide(exemple):
    attributions = exemple.table("attributions")
    reloge = attributions["relogement_operation"].eq("oui")
    assert attributions["motif_prioritaire"].eq("relogement").equals(reloge)
    part = reloge.groupby([attributions["deposant"], attributions["annee"]]).mean()
    assert part[("gbh", 2008)] > 0.1
    assert part.drop(("gbh", 2008)).max() < 0.02


# Vérités plantées


def part_parmi(menages: pd.DataFrame, colonne: str, valeurs: list[str]) -> float:
    """Part des ménages dont la réponse est dans ``valeurs``, parmi les réponses connues."""
    connus = menages.loc[menages[colonne].notna() & menages[colonne].ne("nr"), colonne]
    return connus.isin(valeurs).mean()


PLAFOND_40 = ("tranche_plafond", ["0-20", "20-40"])
IMPAYE = ("impaye_3_mois", ["oui"])


def ecart_au_reste(menages: pd.DataFrame, touches: pd.Series, mesure: tuple) -> float:
    """Part chez les ménages ``touches`` moins part chez les autres."""
    return part_parmi(menages[touches], *mesure) - part_parmi(menages[~touches], *mesure)


def test_les_immeubles_en_impayes_se_voient(exemple):
    plantes = exemple.verites.query("niveau == 'immeuble' and indicateur == 'impayes_3_mois'")
    assert len(plantes) == 3
    menages = exemple.menages.merge(plantes[["code", "annee_debut"]], left_on="immeuble", right_on="code", how="left")
    touches = menages["annee"].ge(menages["annee_debut"])
    assert ecart_au_reste(menages, touches, IMPAYE) == pytest.approx(0.20, abs=0.08)
    avant = menages["annee"].lt(menages["annee_debut"])
    assert abs(ecart_au_reste(menages, avant, IMPAYE)) < 0.08


def test_le_secteur_qui_derive_se_voit(exemple):
    (verite,) = exemple.verites.query("niveau == 'secteur'").itertuples()
    dedans, depuis = exemple.menages["secteur"].eq(verite.code), exemple.menages["annee"].ge(verite.annee_debut)
    ecart = [ecart_au_reste(exemple.menages[p], dedans[p], IMPAYE) for p in (depuis, ~depuis)]
    # Quelque 800 ménages, les mêmes d'une année à l'autre : trois écarts-types font près de cinq points.
    assert ecart[0] - ecart[1] == pytest.approx(verite.ampleur, abs=0.05)


def test_le_bailleur_qui_concentre_se_voit(exemple):
    (verite,) = exemple.verites.query("niveau == 'bailleur'").itertuples()
    entrants = exemple.table("attributions").query("annee >= @verite.annee_debut")
    ecart = ecart_au_reste(entrants, entrants["deposant"].eq(verite.code), PLAFOND_40)
    assert ecart == pytest.approx(verite.ampleur, abs=0.05)


def test_le_quartier_qui_s_ameliore_se_voit(exemple):
    (verite,) = exemple.verites.query("niveau == 'quartier'").itertuples()
    dedans = exemple.menages["quartier"].eq(verite.code)
    ecarts = {
        annee: ecart_au_reste(exemple.menages[ici], dedans[ici], PLAFOND_40)
        for annee in ANNEES
        if (ici := exemple.menages["annee"].eq(annee)).any()
    }
    durees = ANNEES[-1] - verite.annee_debut + 1
    assert ecarts[ANNEES[-1]] - ecarts[ANNEES[0]] == pytest.approx(durees * verite.ampleur, abs=0.05)


def test_les_verites_disent_leur_unite(exemple):
    par_multiple = exemple.verites["indicateur"].eq("signalements")
    assert exemple.verites["unite"].eq("multiple").equals(par_multiple)
    assert exemple.verites.loc[~par_multiple, "unite"].eq("points").all()
    assert exemple.verites.loc[~par_multiple, "ampleur"].abs().lt(1).all()
    assert len(exemple.verites.query("niveau == 'immeuble'")) <= 0.02 * exemple.resume.immeubles


# Garde-fous et autres territoires


def test_de_vrais_depots_ne_sont_pas_ecrases(tmp_path):
    brut = tmp_path / "brut"
    (brut / "2010").mkdir(parents=True)
    (brut / "2010" / "logements_gbh.csv").write_text("vrai", encoding="utf-8")
    avant = empreintes(tmp_path)
    with pytest.raises(ErreurObservatoire, match="ne sont pas fictifs"):
        Exemple(tmp_path, 600)
    assert empreintes(tmp_path) == avant
    assert [f.name for f in tmp_path.iterdir()] == ["brut"]


def test_un_exemple_remplace_le_precedent_et_rien_d_autre(deux_annees, six_cents, tmp_path):
    shutil.copytree(six_cents.brut.parent, tmp_path, dirs_exist_ok=True)
    brut = tmp_path / "brut"
    (brut / ".gitkeep").touch()
    Exemple(tmp_path, 600, 2008, deux_annees)
    assert empreintes(brut) != empreintes(six_cents.brut)
    assert (brut / ".gitkeep").exists()
    assert "fictifs" in (brut / MARQUE_FICTIF).read_text(encoding="utf-8")
    assert [f.name for f in tmp_path.iterdir() if f.name.startswith(".")] == []

    ajoute, remplace = brut / "2010" / "logements_ccas.csv", brut / "2010" / "logements_gbh.csv"
    garde = remplace.read_bytes()
    for fichier in (ajoute, remplace):
        fichier.write_text("vrai", encoding="utf-8")
        with pytest.raises(ErreurObservatoire, match=rf"1 fichier ajouté.*{fichier.name}"):
            Exemple(tmp_path, 600)
        assert fichier.read_text(encoding="utf-8") == "vrai"
        ajoute.unlink(missing_ok=True)
    remplace.write_bytes(garde)
    (tmp_path / "verite.csv").write_text("autre chose", encoding="utf-8")
    with pytest.raises(ErreurObservatoire, match="n'est pas de nous"):
        Exemple(tmp_path, 600)


def carre(code: str, ouest: float) -> dict:
    """Un quartier carré dont le bord ouest est donné."""
    sud, cote = 48.50, 0.02
    coins = [(ouest, sud), (ouest + cote, sud), (ouest + cote, sud + cote), (ouest, sud + cote), (ouest, sud)]
    proprietes = {"code": code, "nom": code.title(), "niveau": "quartier", "parent": None, "schematique": True}
    return {"type": "Feature", "properties": proprietes, "geometry": {"type": "Polygon", "coordinates": [coins]}}


def test_un_autre_territoire(tmp_path):
    reglages = {
        "territoire": {"nom": "Ailleurs", "code": "54999"},
        "niveaux": ["quartier", "ville"],
        "edition": {"annees": [2021, 2022]},
        "bailleurs": [{"code": "oph", "nom": "Office"}, {"code": "foyers", "nom": "Foyers", "hors_rpls": True}],
        "autres_deposants": [{"code": "fichier", "nom": "Fichier", "tables": ["demandes"]}],
        "chemins": {"schemas": str(RACINE / "data" / "schemas"), "referentiels": "ref"},
    }
    (tmp_path / "observatoire.yml").write_text(yaml.safe_dump(reglages, allow_unicode=True), encoding="utf-8")
    (tmp_path / "ref").mkdir()
    shutil.copytree(RACINE / "data" / "referentiels" / "baremes", tmp_path / "ref" / "baremes")
    entites = {"type": "FeatureCollection", "features": [carre("nord", 6.18), carre("sud", 6.20)]}
    (tmp_path / "ref" / "quartiers.geojson").write_text(json.dumps(entites), encoding="utf-8")

    exemple = Exemple(tmp_path, 600, config=lire_configuration(tmp_path / "observatoire.yml"))

    assert exemple.depots.accepte, exemple.depots.message()
    assert {(f.annee, f.deposant) for f in exemple.depots.fichiers} == {
        (annee, deposant) for annee in (2021, 2022) for deposant in ("oph", "foyers", "fichier")
    }
    assert set(exemple.verites["niveau"]) == {"immeuble"}
    assert set(exemple.verites["annee_debut"]) == {2022}
    assert set(exemple.table("demandes")["quartier_souhaite"].dropna()) == {"nord", "sud"}

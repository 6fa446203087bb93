"""Ce qui est vrai de tout le catalogue, quelles que soient les données.

Les mondes sont tirés au sort à chaque lancement, et chacun n'est calculé qu'une fois : toutes les propriétés le lisent.
La trace d'un échec le nomme : sa graine, mise à la place du tirage, le redonne.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
from fabrique import DU_LOGEMENT, MODELES, RACINE, SCHEMAS, VILLE, configuration, parc_connu, table

from observatoire import indicateurs
from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import TABLES, TABLES_TIREES

ANNEE = 2018
CATALOGUE = catalogue()
BAREMES = lire_baremes(RACINE / "data" / "referentiels")
#: immeuble : bailleur, quartier, secteur, QPV
IMMEUBLES = {
    "gbh:1": ("gbh", "battant", "battant-1", "en_qpv"),
    "gbh:2": ("gbh", "bregille", "bregille-1", "hors_qpv"),
    "gbh:3": ("gbh", "hors_quartier", None, None),
    "neolia:1": ("neolia", "battant", "battant-2", "hors_qpv"),
    "neolia:2": ("neolia", "battant", "battant-1", "en_qpv"),
    "adoma:1": ("adoma", "bregille", "bregille-1", "hors_qpv"),
}
MESURES = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "couverture", "reponse"]
CLES = ["niveau", "territoire", "bailleur", "indicateur"]

#: Les lignes par table de chaque monde, au plus, et la part des dépôts livrés : le premier est vide, deux incomplets.
TAILLES = (0, 6, 14, 25, 40, 60)
PARTS_LIVREES = (1, 1, 0.7)


@dataclass(frozen=True)
class Monde:
    """Des dépôts tirés au sort : les sept tables et ce que chaque bailleur a livré."""

    graine: int
    taille: int
    part_livree: float
    tables: dict[str, pd.DataFrame] = field(repr=False)
    etats: pd.DataFrame = field(repr=False)
    config: object = field(repr=False)

    @cached_property
    def valeurs(self) -> pd.DataFrame:
        """Toutes les valeurs de l'année, à tous les niveaux."""
        return self.calculer(self.tables)

    def calculer(self, tables) -> pd.DataFrame:
        sommes, lues, sans_regle = indicateurs.sommer(tables, ANNEE, BAREMES)
        parc = parc_connu({ANNEE: tables["logements"]}, self.config)
        morceaux = [
            indicateurs.evaluer(sommes, niveau, self.etats, parc, lues, sans_regle)
            for niveau in indicateurs.croisements(self.config)
        ]
        return pd.concat(morceaux, ignore_index=True)


def _colonne(champ, tirage, n):
    """Des valeurs admises par le schéma, dont une sur cinq manque."""
    if champ.admises:
        valeurs = tirage.choice([v for v in champ.admises if v != "nr"], n).astype(object)
    elif champ.type == "date":
        jours = pd.to_timedelta(tirage.integers(0, 1300, n), unit="D")
        valeurs = (pd.Timestamp(ANNEE - 3, 6, 1) + jours).to_numpy().astype("datetime64[s]").astype(object)
    elif champ.nom.startswith("annee"):
        valeurs = tirage.integers(1940, ANNEE + 1, n).astype(object)
    elif champ.type in ("number", "integer"):
        basse = max(int(champ.bornes[0] or 0), 1)
        valeurs = tirage.integers(basse, basse + (80 if champ.nom.startswith("age") else 8), n).astype(object)
    else:
        valeurs = np.full(n, None)
    return np.where(tirage.random(n) < 0.2, None, valeurs) if not champ.obligatoire else valeurs


def _table(nom, tirage, n):
    champs = dict(SCHEMAS[MODELES.get(nom, nom)].champs)
    if nom in ("menages", "devenirs"):
        champs |= {c: SCHEMAS["logements"].champs[c] for c in DU_LOGEMENT}
    donnees = pd.DataFrame({c: _colonne(champ, tirage, n) for c, champ in champs.items()})
    if nom == "devenirs":
        donnees["devenir"] = tirage.choice(["parti", "reste", "hors_parc", None], n)
    immeuble = tirage.choice(list(IMMEUBLES), n)
    if nom == "logements":  # aucun ménage, aucun signalement dans un immeuble sans logement
        immeuble[: len(IMMEUBLES)] = list(IMMEUBLES)[:n]
    lieux = pd.DataFrame([IMMEUBLES[i] for i in immeuble], columns=["bailleur", "quartier", "secteur", "qpv"])
    if nom == "demandes":
        lieux = lieux[["quartier"]]
    elif nom == "programmes":
        lieux = lieux[["bailleur", "quartier"]]
        donnees["commune"] = tirage.choice([VILLE, "25462"], n)
        donnees["dont_tres_social"] = donnees[["dont_tres_social", "nb_logements"]].astype(float).min(axis=1)
    else:
        donnees["immeuble"] = immeuble
        donnees["champ_rpls"] = lieux["bailleur"].ne("adoma")
    if "id_logement" in champs:
        donnees["id_logement"] = [f"l{i}" for i in tirage.integers(0, max(n, 1), n)]
    donnees[lieux.columns] = lieux
    return table(nom, donnees.astype(object).where(donnees.notna(), None).to_dict("records"), ANNEE)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return configuration(tmp_path_factory.mktemp("proprietes"), edition={"annees": [ANNEE]})


@pytest.fixture(scope="module", params=range(len(TAILLES)))
def monde(request, config) -> Monde:
    graine, plafond = secrets.randbits(32), TAILLES[request.param]
    tirage = np.random.default_rng(graine)
    taille = int(tirage.integers(len(IMMEUBLES), plafond, endpoint=True)) if plafond else 0
    part_livree = PARTS_LIVREES[request.param % len(PARTS_LIVREES)]
    tables = {nom: _table(nom, tirage, taille) for nom in (*TABLES, *TABLES_TIREES)}
    return Monde(graine, taille, part_livree, tables, _etats(tirage, part_livree), config)


def _etats(tirage, part_livree: float) -> pd.DataFrame:
    bailleurs = ["gbh", "neolia", "adoma"]
    etats = pd.DataFrame(
        np.where(tirage.random((3, len(CATALOGUE))) < part_livree, "livre", "non_depose"),
        index=pd.Index(bailleurs, name="bailleur"), columns=list(CATALOGUE),
    )  # fmt: skip
    etats.loc["adoma", [c for c, i in CATALOGUE.items() if i.perimetre == "rpls"]] = "hors_champ"
    for i in CATALOGUE.values():
        modele = next(m for m in CATALOGUE.values() if m.groupe == i.groupe and i.groupe) if i.groupe else i
        etats[i.code] = etats[i.reference or modele.code]
        if i.tables == ("demandes",):  # le SNE dépose pour tous
            etats[i.code] = "livre"
    return etats


def _calculees(valeurs):
    return valeurs[valeurs["statut"].eq("calcule")]


def _sommes(valeurs, niveau, croise, par):
    """Numérateurs et dénominateurs d'un niveau, sommés par ``par``.

    Un rapport de deux tables n'a pas de numérateur là où son dénominateur est nul : seul le sien s'ajoute.
    """
    lignes = valeurs[valeurs["niveau"].eq(niveau) & (valeurs["bailleur"] != "tous").eq(croise)]
    de_deux_tables = lignes["indicateur"].map({c: len(i.tables) > 1 for c, i in CATALOGUE.items()})
    lignes = lignes.assign(numerateur=lignes["numerateur"].where(~de_deux_tables.astype(bool)))
    return lignes.groupby(par)[["numerateur", "denominateur"]].sum()


def _memes_sommes(tout, parties):
    assert tout.sub(parties, fill_value=0).abs().lt(1e-6).all(axis=None)


def _codes(sans):
    """Les indicateurs dont aucune table n'ignore la dimension ``sans``."""
    return [c for c, i in CATALOGUE.items() if not any(sans in indicateurs.SANS_DIMENSION.get(t, ()) for t in i.tables)]


def test_la_ville_est_la_somme_des_quartiers(monde):
    valeurs = monde.valeurs
    ville = _sommes(valeurs, "ville", False, "indicateur")
    quartiers = _sommes(valeurs, "quartier", False, "indicateur")
    _memes_sommes(ville, quartiers)


def test_le_quartier_est_la_somme_de_ses_bailleurs(monde):
    valeurs = monde.valeurs
    valeurs = valeurs[valeurs["indicateur"].isin(_codes("bailleur"))]
    for niveau in ("quartier", "ville"):
        tous = _sommes(valeurs, niveau, False, ["territoire", "indicateur"])
        par_bailleur = _sommes(valeurs, niveau, True, ["territoire", "indicateur"])
        _memes_sommes(tous, par_bailleur)


def test_le_quartier_est_la_somme_de_ses_immeubles(monde):
    valeurs = monde.valeurs
    valeurs = valeurs[valeurs["indicateur"].isin(_codes("immeuble"))]
    valeurs = valeurs.assign(quartier=valeurs["territoire"].map({i: lieu[1] for i, lieu in IMMEUBLES.items()}))
    immeubles = _sommes(valeurs, "immeuble", False, ["quartier", "indicateur"])
    quartiers = _sommes(valeurs.assign(quartier=valeurs["territoire"]), "quartier", False, ["quartier", "indicateur"])
    _memes_sommes(immeubles, quartiers)


def test_l_ordre_des_lignes_est_indifferent(monde):
    melangees = {
        nom: t.sample(frac=1, random_state=monde.graine).reset_index(drop=True) if len(t) else t
        for nom, t in monde.tables.items()
    }
    droites, melees = (v.sort_values(CLES) for v in (monde.valeurs, monde.calculer(melangees)))
    pd.testing.assert_frame_equal(droites.reset_index(drop=True), melees.reset_index(drop=True))


def test_bornes_couverture_et_reponse(monde):
    calculees = _calculees(monde.valeurs)
    nature = calculees["indicateur"].map({c: i.nature for c, i in CATALOGUE.items()})
    encadrees = calculees[nature.isin(["proportion", "taux"])]
    assert encadrees[["borne_basse", "borne_haute"]].notna().all(axis=None)
    encadrees = calculees[calculees["borne_basse"].notna()]
    assert (encadrees["borne_basse"] <= encadrees["valeur"] + 1e-12).all()
    assert (encadrees["valeur"] <= encadrees["borne_haute"] + 1e-12).all()
    proportions = calculees[nature.eq("proportion")]
    assert (proportions["numerateur"] <= proportions["denominateur"]).all()
    for part in (proportions["borne_basse"], proportions["borne_haute"], calculees["couverture"], calculees["reponse"]):
        assert part.dropna().between(0, 1).all()
    ecarts = calculees[nature.eq("ecart")]
    assert ecarts["valeur"].between(-1, 1).all()


def test_sans_denominateur_rien_et_jamais_zero(monde):
    valeurs = monde.valeurs
    rapports = valeurs[valeurs["indicateur"].map(lambda c: CATALOGUE[c].nature != "effectif")]
    assert (_calculees(rapports)["denominateur"] > 0).all()
    assert _calculees(valeurs)["valeur"].notna().all()
    muettes = valeurs[~valeurs["statut"].eq("calcule")]
    assert muettes["statut"].isin(["nd", "na"]).all()
    assert (
        muettes[["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"]].isna().all(axis=None)
    )


def test_les_modalites_somment_au_denominateur(monde):
    calculees = _calculees(monde.valeurs)
    groupe = calculees["indicateur"].map({c: i.groupe for c, i in CATALOGUE.items()})
    repartitions = calculees[groupe.notna()].assign(groupe=groupe)
    par_groupe = repartitions.groupby(["niveau", "territoire", "bailleur", "groupe"])
    assert (par_groupe["denominateur"].nunique() == 1).all()
    assert (par_groupe["numerateur"].sum() == par_groupe["denominateur"].first()).all()


def test_des_donnees_doublees_ne_changent_que_les_effectifs(monde):
    doubles = {nom: pd.concat([t, t], ignore_index=True) for nom, t in monde.tables.items()}
    simple, double = (v.set_index(CLES).sort_index() for v in (monde.valeurs, monde.calculer(doubles)))
    # ADOMA, qui n'a rien déposé quand les tables sont vides, garde son parc déclaré : même couverture.
    effectif = np.array([CATALOGUE[c].nature == "effectif" for c in simple.index.get_level_values("indicateur")])
    pd.testing.assert_series_equal(2 * simple["numerateur"], double["numerateur"])
    pd.testing.assert_series_equal(2 * simple["denominateur"], double["denominateur"])
    pd.testing.assert_series_equal(simple["valeur"][~effectif], double["valeur"][~effectif])
    pd.testing.assert_series_equal(simple["reponse"], double["reponse"])
    pd.testing.assert_series_equal(simple["statut"], double["statut"])
    assert _calculees(double)["couverture"].dropna().between(0, 1).all()

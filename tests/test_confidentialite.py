"""De ``prepare`` à ``publie`` : rien de ce qui porte sur moins de onze unités ne paraît, ni ne se retrouve."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fabrique import RACINE, SCHEMAS, VILLE, calculer_tout, configuration, ecrire_prepare

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.confidentialite import CELLULE, MESURES, proteger
from observatoire.confidentialite.colonnes import etablir_colonnes
from observatoire.confidentialite.protection import Matiere, Outils, preparer, proteger_table
from observatoire.confidentialite.publication import lire_matiere
from observatoire.confidentialite.regles import lire_regles_du_secret
from observatoire.confidentialite.temoins import temoigner
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.publie import CLES, COLONNES, lire_publie

SEUIL = 11
REFERENTIELS = RACINE / "data" / "referentiels"
BAREMES = lire_baremes(REFERENTIELS)
DECLARATIONS = dict(catalogue())
CATALOGUE = etablir_colonnes(
    temoigner(list(DECLARATIONS.values()), SCHEMAS, BAREMES, 2010), list(DECLARATIONS.values())
)
REGLES = lire_regles_du_secret(REFERENTIELS, BAREMES, "publique", 2010)
NIVEAUX = ["immeuble", "secteur", "quartier", "ville"]
OUTILS = Outils(CATALOGUE, DECLARATIONS, tuple(NIVEAUX))
LIEUX = pd.DataFrame(columns=["annee", "bailleur", *NIVEAUX, "qpv", "logements"])


def _protection(*lignes, effectifs=None, immeubles=12, regles=REGLES, parues=()):
    """Protéger des lignes (indicateur, numerateur, denominateur, {autres colonnes})."""
    completes = [
        {
            "annee": 2010, "niveau": "quartier", "territoire": "battant", "bailleur": "tous", "indicateur": code,
            "numerateur": haut, "denominateur": bas, "valeur": 0.5, "borne_basse": 0.4, "borne_haute": 0.6,
            "couverture": 0.9, "reponse": np.nan, "statut": "calcule", **dict(*autres),
        }
        for code, haut, bas, *autres in lignes
    ]  # fmt: skip
    table = pd.DataFrame(completes, columns=COLONNES)
    unites = table[CLES].assign(effectif=table["indicateur"].map(effectifs or {})).dropna()
    par_cellule = table[CELLULE].drop_duplicates().assign(immeubles=immeubles)
    matiere = Matiere(table, unites, par_cellule, LIEUX)
    return proteger_table(matiere, OUTILS, regles, parues)


def _cacher(*lignes, **options):
    protection = _protection(*lignes, **options)
    assert not protection.failles, protection.failles
    return protection.table.set_index("indicateur")


@pytest.mark.parametrize(
    ("haut", "bas", "statut"),
    [
        (11, 22, "publie"),
        (10, 22, "c"),  # numérateur
        (0, 22, "c"),
        (12, 22, "c"),  # complément
        (22, 22, "c"),
        (11, 21, "c"),
        (3, 10, "c"),  # dénominateur
    ],
)
def test_une_proportion_est_cachee_par_son_numerateur_son_complement_ou_son_denominateur(haut, bas, statut):
    assert _cacher(("taux_vacance", haut, bas))["statut"].item() == statut


@pytest.mark.parametrize(("nombre", "statut"), [(11, "publie"), (10, "c"), (0, "c")])
def test_un_effectif_est_cache_par_lui_meme(nombre, statut):
    assert _cacher(("nb_logements", nombre, np.nan))["statut"].item() == statut


@pytest.mark.parametrize(
    ("haut", "bas", "statut"), [(11, 11, "publie"), (40, 11, "publie"), (40, 10, "c"), (10, 40, "c")]
)
def test_un_taux_n_a_pas_de_complement(haut, bas, statut):
    assert _cacher(("signalements", haut, bas))["statut"].item() == statut


@pytest.mark.parametrize(("effectif", "statut"), [(11, "publie"), (10, "c"), (None, "c")])
def test_une_moyenne_est_cachee_par_le_nombre_de_logements_derriere_elle(effectif, statut):
    """3 000 € sur 500 m² ne disent pas combien de logements : c'est l'effectif qui compte."""
    effectifs = {"loyer_m2": effectif} if effectif else {}
    assert _cacher(("loyer_m2", 3000, 500), effectifs=effectifs)["statut"].item() == statut


def test_un_ecart_est_cache_avec_sa_reference():
    reference = ("moins_40_plafond", 5, 200)
    ecart = ("ecart_moins_40_emmenages", 20, 50)
    assert _cacher(reference, ecart)["statut"].to_dict() == {
        "moins_40_plafond": "c",
        "ecart_moins_40_emmenages": "c",
    }
    ailleurs = ("moins_40_plafond", 5, 200, {"territoire": "velotte"})
    assert _cacher(ailleurs, ecart).loc["ecart_moins_40_emmenages", "statut"] == "publie"


def test_les_operations_livrees_sont_publiques():
    assert _cacher(("logements_livres", 4, np.nan), ("part_tres_social", 1, 4))["statut"].eq("publie").all()


def test_aucun_immeuble_n_est_publie():
    assert _cacher(("nb_logements", 300, np.nan, {"niveau": "immeuble"})).empty


@pytest.mark.parametrize("statut", ["nd", "na"])
def test_une_ligne_qui_n_est_pas_publiee_n_a_aucune_mesure(statut):
    """Seule la couverture reste : elle ne dit rien d'un ménage."""
    protege = _cacher(("taux_vacance", 3, 40), ("moins_20_plafond", 30, 90, {"statut": statut}))
    assert protege["statut"].to_dict() == {"taux_vacance": "c", "moins_20_plafond": statut}
    assert protege[MESURES].isna().all(axis=None)
    assert set(MESURES) == {"numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"}
    assert protege["couverture"].eq(0.9).all()


@pytest.fixture
def prepare(tmp_path):
    """Quarante logements à Battant, dont douze vacants, et cinq dans un autre quartier."""
    config = configuration(tmp_path)
    occupations = ["vacant"] * 12 + ["loue"] * 28
    battant = [{"immeuble": "gbh:1", "quartier": "battant", "occupation": o} for o in occupations]
    velotte = [{"immeuble": "gbh:2", "quartier": "velotte", "occupation": "loue"}] * 5
    ecrire_prepare(config, {2010: {"logements": [*battant, *velotte]}}, [(2010, "gbh", "logements")])
    calculer_tout(config)
    return config


def test_le_dossier_publie_se_lit_et_ne_contient_aucun_immeuble(prepare):
    bilan = proteger(prepare)
    assert bilan.statuts["publie"] > 0
    dossier = prepare.chemin("publie") / "publique"
    publie = lire_publie(2010, dossier)
    assert list(publie.indicateurs.columns) == COLONNES
    assert publie.ligne("taux_vacance", "ville", VILLE)["valeur"] == pytest.approx(12 / 45)
    assert publie.ligne("nb_logements", "quartier", "velotte")["statut"] == "c"
    assert "immeuble" not in set(publie.indicateurs["niveau"])
    assert not any("gbh:1" in f.read_text(encoding="utf-8") for f in dossier.rglob("*.csv"))
    assert publie.edition["seuil"] == SEUIL
    assert publie.edition["fictif"] is False


def test_des_depots_fictifs_le_restent_une_fois_publies(prepare):
    (prepare.chemin("prepare") / "origine.json").write_text('{"fictif": true}', encoding="utf-8")
    proteger(prepare)
    assert lire_publie(2010, prepare.chemin("publie") / "publique").edition["fictif"] is True


def test_le_dossier_est_remplace_d_un_bloc(prepare):
    dossier = prepare.chemin("publie") / "publique"
    dossier.mkdir(parents=True)
    (dossier / "edition_precedente.csv").write_text("vieux", encoding="utf-8")
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


def test_une_cellule_d_un_seul_immeuble_est_cachee():
    assert _cacher(("taux_vacance", 20, 60), immeubles=1)["statut"].item() == "c"
    assert _cacher(("taux_vacance", 20, 60), immeubles=2)["statut"].item() == "publie"


def test_une_modalite_cachee_ne_reste_jamais_seule():
    """Sur 100 logements, la modalité cachée serait 100 moins les autres : une autre au moins l'est aussi."""
    parts = {"plai": 4, "plus": 60, "pls": 24, "pli": 12}
    statuts = _cacher(*((f"financement_{m}", n, 100) for m, n in parts.items()))["statut"]
    assert statuts["financement_plai"] == "c"
    assert statuts.eq("c").sum() == 2


def test_des_parts_emboitees_ne_redonnent_pas_leur_difference():
    """30 sous 40 % du plafond moins 26 sous 20 % : quatre ménages entre 20 et 40 %."""
    parts = ("plafond_20_40", 4, 100), ("moins_20_plafond", 26, 100), ("moins_40_plafond", 30, 100)
    statuts = _cacher(*parts)["statut"]
    assert statuts["plafond_20_40"] == "c"
    assert "c" in {statuts["moins_20_plafond"], statuts["moins_40_plafond"]}


def test_douze_menages_dont_onze_ont_le_trait():
    """Le douzième se verrait : la part est cachée, et rien ne la redonne."""
    lignes = ("apl", 11, 12), ("monoparentales", 11, 12), ("minima_sociaux", 11, 12)
    assert _cacher(*lignes)["statut"].eq("c").all()


@pytest.mark.parametrize("muets", [0, 4, 10, 11, 40])
def test_le_taux_de_reponse_ne_redonne_pas_un_petit_nombre_de_muets(muets):
    ligne = _cacher(("apl", 60, 120, {"reponse": 120 / (120 + muets)})).loc["apl"]
    visible = pd.notna(ligne["reponse"]) and ligne["statut"] == "publie"
    assert visible is (muets in (0, 11, 40))


def test_le_total_d_un_quartier_ne_redonne_pas_son_secteur_cache():
    """Trois secteurs et leur quartier : le petit caché, un deuxième doit l'être, ou le total."""
    lieux = LIEUX.assign(secteur=["a", "b", "c"], quartier="battant", ville=VILLE, annee=2010, bailleur="gbh",
                         qpv="hors_qpv", immeuble=["1", "2", "3"], logements=[50, 60, 70])  # fmt: skip
    secteurs = [
        ("taux_vacance", n, 60, {"niveau": "secteur", "territoire": t}) for t, n in (("a", 5), ("b", 20), ("c", 30))
    ]
    quartier = ("taux_vacance", 55, 180)
    cle = {"annee": 2010, "niveau": "quartier", "territoire": "battant", "bailleur": "tous", "statut": "calcule"}
    lignes = [
        cle | {"indicateur": c, "numerateur": n, "denominateur": d, "valeur": n / d} | dict(*autres)
        for c, n, d, *autres in [*secteurs, quartier]
    ]
    table = pd.DataFrame(lignes, columns=COLONNES)
    immeubles = table[CELLULE].assign(immeubles=5)
    matiere = Matiere(table, table[CLES].assign(effectif=np.nan).dropna(), immeubles, lieux)
    rendu = proteger_table(matiere, OUTILS, REGLES)
    statuts = rendu.table.set_index("territoire")["statut"]
    assert statuts["a"] == "c"
    assert statuts["battant"] == "publie"
    assert statuts[["b", "c"]].eq("c").sum() == 1
    assert (rendu.primaires.sum(), rendu.complementaires.sum(), rendu.failles) == (1, 1, ())


@pytest.fixture
def ville(tmp_path):
    """Deux quartiers de deux bailleurs, et un troisième où Néolia est seule, avec un immeuble."""
    config = configuration(tmp_path)
    parcs = {("gbh", "battant"): 60, ("neolia", "battant"): 45, ("gbh", "velotte"): 70, ("neolia", "velotte"): 40,
             ("neolia", "palente"): 30}  # fmt: skip
    logements = [
        {"bailleur": b, "quartier": q, "secteur": f"{q}-1", "qpv": "hors_qpv", "nb_pieces": 1 + rang % 4,
         "immeuble": f"{b}:{q}{rang % (1 if q == 'palente' else 3)}",
         "occupation": "vacant" if rang % (3 + len(q) % 2) == 0 else "loue"}
        for (b, q), nombre in parcs.items() for rang in range(nombre)
    ]  # fmt: skip
    ecrire_prepare(config, {2010: {"logements": logements}}, [(2010, b, "logements") for b in ("gbh", "neolia")])
    calculer_tout(config)
    return config


def _de_la_ville(config, regles=REGLES):
    return proteger_table(lire_matiere(config), OUTILS, regles)


def test_un_quartier_d_un_bailleur_et_d_un_immeuble_ne_se_retrouve_pas(ville):
    rendu = _de_la_ville(ville)
    assert not rendu.failles, rendu.failles
    palente = rendu.table[rendu.table["territoire"].isin(["palente", "palente-1"])]
    assert not palente["statut"].eq("publie").any()
    total = rendu.table[rendu.table["indicateur"].eq("nb_logements") & rendu.table["bailleur"].eq("tous")]
    quartiers = total[total["niveau"].eq("quartier")].set_index("territoire")["statut"]
    publie_a_la_ville = total.loc[total["niveau"].eq("ville"), "statut"].item() == "publie"
    assert not (publie_a_la_ville and quartiers[["battant", "velotte"]].eq("publie").all())


def test_sans_accord_les_chiffres_d_un_bailleur_ne_paraissent_pas(ville):
    sans = replace(REGLES, accords=frozenset())
    rendu = _de_la_ville(ville, sans)
    assert not rendu.failles, rendu.failles
    publiees = rendu.table[rendu.table["statut"].eq("publie")]
    assert publiees["bailleur"].eq("tous").all()
    # Deux bailleurs seulement : leur total dirait à chacun les chiffres de l'autre.
    assert not publiees["indicateur"].eq("nb_logements").any()


def test_proteger_deux_fois_donne_le_meme_tableau(ville):
    premier, second = _de_la_ville(ville), _de_la_ville(ville)
    pd.testing.assert_frame_equal(premier.table, second.table)


def test_le_motif_reste_d_une_edition_a_l_autre(ville):
    """Une case qui change d'une unité : rien de caché ne paraît pour autant, et le motif se garde."""
    matiere = lire_matiere(ville)
    precedent = _de_la_ville(ville).table
    indicateurs_ = matiere.indicateurs.copy()
    ici = indicateurs_["territoire"].isin(["velotte", "velotte-1", VILLE])
    ici &= indicateurs_["bailleur"].isin(["tous", "gbh"]) & indicateurs_["statut"].eq("calcule")
    for code, pas in (("taille_t2", 1), ("taille_t3", -1)):
        indicateurs_.loc[ici & indicateurs_["indicateur"].eq(code), "numerateur"] += pas
    changee = replace(matiere, indicateurs=indicateurs_)
    rendu = proteger_table(changee, OUTILS, REGLES, [precedent])
    assert not rendu.failles, rendu.failles
    avant, apres = (t.set_index(CLES)["statut"].eq("c") for t in (precedent, rendu.table))
    assert apres[avant].all()


def test_un_sans_objet_ne_dit_pas_qu_un_compte_cache_est_nul():
    """« Signalements restés ouverts » sans objet dirait qu'il n'y a eu aucun signalement, ce qui est caché."""
    na = {"statut": "na", "valeur": np.nan}
    ailleurs = {"territoire": "velotte"}
    lignes = [("signalements", 0, 80), ("signalements_ouverts", np.nan, np.nan, na),
              ("signalements", 40, 80, ailleurs), ("signalements_ouverts", 20, 40, ailleurs)]  # fmt: skip
    battant = _protection(*lignes).table.query("territoire == 'battant'")
    assert battant["statut"].eq("c").all()


def test_les_lignes_que_rien_ne_lie_n_exigent_rien_de_plus():
    matiere = Matiere(
        pd.DataFrame(columns=COLONNES).astype({"annee": int}), pd.DataFrame(columns=[*CLES, "effectif"]),
        pd.DataFrame(columns=[*CELLULE, "immeubles"]), LIEUX,
    )  # fmt: skip
    assert preparer(matiere, OUTILS, REGLES).table.empty

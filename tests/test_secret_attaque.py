"""L'attaque : elle n'établit rien de ce qui est bruité, et presque tout de ce qui ne l'est pas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from villes_adverses import ville

from observatoire.audit.attaque import DEVINES, Attaque, differences
from observatoire.audit.dossier import Dossier
from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.publication import proteger
from observatoire.publie import CLES
from observatoire.schemas import lire_schemas
from observatoire.secret.attaque import _publics, definir, temoigner
from observatoire.secret.attaque.propagation import LARGEUR, borner, croire, resserrer
from observatoire.secret.attaque.releve import (
    CUMUL,
    LIEU,
    PASSAGE,
    SANS_BORNE,
    borner_les_comptes,
    etendue,
    vraisemblance,
)
from observatoire.secret.attaque.reseau import Reseau, _confondre, lier_les_parties
from observatoire.secret.bruit import Bruit

GRAINES = (1, 2)


@pytest.fixture(scope="module")
def publiees(tmp_path_factory):
    """Fonction : la ville d'une graine, publiée pour un public ; l'une et l'autre choses ne sont faites qu'une fois."""
    faites, protegees = {}, set()

    def donner(graine, public="publique", **options):
        cle = (graine, *options.items())
        if cle not in faites:
            faites[cle] = ville(tmp_path_factory.mktemp("ville"), graine, **options)
        if (cle, public) not in protegees:
            proteger(faites[cle], public)
            protegees.add((cle, public))
        return faites[cle]

    return donner


@pytest.fixture(scope="module")
def prises(publiees):
    """Fonction : ce que prend l'attaque, du dehors ou comme un bailleur."""
    faites = {}

    def donner(graine, public="publique", moi=None, **options):
        cle = (graine, public, moi, *options.items())
        if cle not in faites:
            faites[cle] = Attaque(Dossier(publiees(graine, public, **options), public)).attaquer(moi)
        return faites[cle]

    return donner


@pytest.mark.parametrize("public", ["publique", "partenaires"])
@pytest.mark.parametrize("graine", GRAINES)
def test_aucun_petit_compte_ne_s_etablit(prises, graine, public):
    prise = prises(graine, public)
    assert prise.vises > 300
    assert prise.etablis == []


@pytest.mark.parametrize("moi", ["gbh", "neolia"])
def test_un_bailleur_qui_connait_ses_menages_n_etablit_rien_des_autres(prises, moi):
    assert prises(GRAINES[0], "publique", moi).etablis == []
    assert prises(GRAINES[0], "partenaires", moi).etablis == []


@pytest.mark.parametrize("public", ["publique", "partenaires"])
def test_la_meilleure_reponse_est_juste_moins_d_une_fois_sur_deux(prises, public):
    reponses = pd.concat([prises(graine, public).reponses for graine in GRAINES])
    petits = reponses[reponses["petit"]]
    assert len(petits) > 300
    assert petits["juste"].mean() < DEVINES
    assert petits[petits["genre"].eq("publié")]["juste"].mean() < DEVINES


def test_l_attaque_sait_quand_elle_sait(prises):
    """Une attaque qui se tromperait sur elle-même ne prouverait rien (sur un parc entier : bench/secret.py)."""
    reponses = pd.concat([prises(graine).reponses for graine in GRAINES])
    dites = reponses[reponses["petite"]]
    sures, douteuses = (dites[dites["probabilite"].between(*b)]["juste"].mean() for b in ((0.6, 1), (0, 0.4)))
    assert sures > 1.5 * douteuses


def test_sans_bruit_elle_etablit_presque_tout(prises):
    prise = prises(GRAINES[0], muette=True)
    petits = prise.reponses[prise.reponses["petit"] & prise.reponses["genre"].eq("publié")]
    assert len(prise.etablis) > 100
    assert petits["juste"].mean() > 0.99


def test_sans_bruit_les_petits_numerateurs_masques_se_retrouvent(publiees):
    """Une suppression naïve : les numérateurs de moins de onze sont masqués, les totaux restent exacts."""
    dossier = Dossier(publiees(GRAINES[1], muette=True), "publique")
    fichier = dossier.publie / "indicateurs.csv"
    table = dossier.indicateurs
    masquees = (
        table["statut"].eq("publie") & table["numerateur"].between(1, 10) & ~table["indicateur"].eq("nb_logements")
    )
    assert masquees.sum() > 100
    mesures = ["numerateur", "denominateur", "valeur", "borne_basse", "borne_haute", "reponse"]
    table.loc[masquees, mesures], table.loc[masquees, "statut"] = np.nan, "c"
    avant = fichier.read_bytes()
    table.to_csv(fichier, index=False)
    try:
        prise = Attaque(Dossier(dossier.config, "publique")).attaquer()
    finally:
        fichier.write_bytes(avant)
    assert len(prise.etablis) > 29


def test_le_message_dit_ou_mais_jamais_combien(publiees):
    attaque = Attaque(Dossier(publiees(GRAINES[0], muette=True), "publique"))
    constats = attaque.conclure().constats
    assert constats
    vrais = attaque._exacts.set_index(CLES)["numerateur"]
    assert vrais.between(1, 10).any()
    assert not any(c.lieu.rpartition(" : ")[2].strip().isdigit() or "vaut" in str(c) for c in constats)


def test_un_menage_corrige_entre_deux_editions_ne_trahit_pas_les_comptes(publiees, tmp_path):
    """La même année publiée deux fois, une famille corrigée : les comptes qui l'ont ne se devinent pas davantage."""
    avant, apres = (Dossier(publiees(GRAINES[1], **o), "publique") for o in ({}, {"changes": range(1)}))
    changees = differences(avant.indicateurs, apres.indicateurs)
    assert 0 < len(changees) < 200
    anterieures = apres.publie / "anterieures"
    anterieures.mkdir()
    avant.indicateurs.to_csv(anterieures / "2009.csv", index=False)
    (apres.publie / "editions.csv").write_text("edition,methode,publiees,cachees\n2009,bruit,1,0\n", encoding="utf-8")
    prise = Attaque(Dossier(apres.config, "publique")).attaquer()
    assert prise.etablis == []
    assert prise.justes < DEVINES


def test_toute_somme_vraie_des_definitions_est_trouvee():
    """Les sommes trouvées ont le rang de toutes celles qui existent entre les comptes, univers par univers."""
    racine = __import__("fabrique").RACINE / "data"
    temoins, zones = temoigner(
        catalogue(), lire_schemas(racine / "schemas"), lire_baremes(racine / "referentiels"), 2010
    )
    faites = definir(temoins, zones, catalogue())
    lignes = {rang: temoins[role].lignes for role, rang in faites.roles.items()}
    for colonne, tout, partie in faites.derivees:
        lignes[colonne] = lignes[tout] & ~lignes[partie]
    for univers in set(faites.univers):
        siennes = [c for c, u in enumerate(faites.univers) if u == univers]
        matrice = np.stack([lignes[c] for c in siennes]).astype(float)
        sommes = np.zeros((0, len(siennes)))
        for somme in (s for s in faites.sommes[""] if s[0] in siennes):
            ligne = np.zeros(len(siennes))
            np.add.at(ligne, [siennes.index(c) for c in somme], [1.0] + [-1.0] * (len(somme) - 1))
            assert np.abs(ligne @ matrice).max() == 0
            sommes = np.vstack([sommes, ligne])
        existent = len(siennes) - np.linalg.matrix_rank(matrice @ matrice.T)
        assert np.linalg.matrix_rank(sommes) >= existent - 1, univers


@pytest.mark.parametrize(
    ("code", "role", "statut", "edition", "plafond"),
    [
        ("signalements_ouverts", "denominateur", "na", "", 0),
        ("signalements_ouverts", "denominateur", "na", f"{CUMUL}2008", SANS_BORNE),
        ("signalements_ouverts", "denominateur", "c", f"{CUMUL}2008", 15),
        ("moins_40_sortants", "denominateur", "c", "", 15),
        ("moins_40_sortants", "denominateur", "c", f"{CUMUL}2008", SANS_BORNE),
        ("tension", "denominateur", "na", "", 0),
        ("tension", "numerateur", "na", "", SANS_BORNE),
        ("prioritaires", "denominateur", "nd", "", 0),
        ("prioritaires", "concernes", "nd", "", SANS_BORNE),
        ("prioritaires", "concernes", "na", "", 0),
    ],
)
def test_ce_qu_une_ligne_muette_borne_est_de_son_annee(code, role, statut, edition, plafond):
    """Sans objet, une des trois années suffit ; caché, c'est l'année qui a le moins de ménages suivis qui en a peu ; un
    quartier sans bail n'est pas sans demande ; des baux dont aucun ne dit son motif ne sont pas aucun bail.
    L'attaque prenait ces silences pour des totaux nuls, ou de dix : elle en « établissait » des comptes."""
    lieu = dict(zip(LIEU, (2010, "quartier", "velotte", "gbh", edition, ""), strict=True))
    lus = {"indicateur": code, "role": role, "bas": np.nan, "haut": np.nan, "logements": np.nan}
    ligne = pd.DataFrame([lieu | lus | {"statut": statut, "exacte": False, "petite": statut == "c"}])
    compte = borner_les_comptes(ligne, Bruit(), 11).iloc[0]
    assert (compte["plancher"], compte["plafond"]) == (0, plafond)
    if plafond == 15:  # dans un grand immeuble, le seuil ne porte que sur le compte exact
        compte = borner_les_comptes(ligne.assign(niveau="immeuble", logements=40), Bruit(), 11).iloc[0]
        assert compte["plafond"] == 10
        compte = borner_les_comptes(ligne.assign(niveau="immeuble", logements=11), Bruit(), 11).iloc[0]
        assert compte["plafond"] == 15


def test_une_partie_absente_d_un_cumul_laisse_un_reste():
    """Un secteur né en 2009 est dans les trois ans de son quartier, sans ligne à lui : l'attaque tenait les autres
    secteurs pour tout le quartier, et en « établissait » des comptes."""
    lieux = [(a, "quartier", "q", "") for a in (2008, 2009, 2010)] + [(2010, "quartier", "q", f"{CUMUL}2008")]
    lieux += [(a, "secteur", "q-1", "") for a in (2008, 2009, 2010)] + [(2010, "secteur", "q-1", f"{CUMUL}2008")]
    lieux += [(a, "secteur", "q-2", "") for a in (2009, 2010)]
    cellules = pd.DataFrame(lieux, columns=["annee", "niveau", "territoire", "edition"]).assign(bailleur="tous", lot="")
    territoires = pd.DataFrame({"code": ["q", "q-1", "q-2"], "niveau": ["quartier", "secteur", "secteur"],
                                "parent": [None, "q", "q"]})  # fmt: skip
    liens = lier_les_parties(cellules, territoires)
    pleins = {(cellules["annee"][t], cellules["edition"][t]): p
              for t, p in zip(liens["total"], liens["plein"], strict=True)}  # fmt: skip
    assert pleins == {(2008, ""): True, (2009, ""): True, (2010, ""): True, (2010, f"{CUMUL}2008"): False}


@pytest.mark.parametrize("manque", [False, True])
def test_un_passage_n_a_pas_de_reste_si_chaque_partie_en_a_une_ligne(manque):
    """Qui est seul dans un secteur y connaît les passages de tous : l'attaque les disait établis."""
    lieux = [(a, e, t) for a, e in ((2009, ""), (2010, ""), (2010, f"{PASSAGE}2009")) for t in ("q", "q-1", "q-2")]
    cellules = pd.DataFrame(lieux[: len(lieux) - manque], columns=["annee", "edition", "territoire"])
    niveaux = cellules["territoire"].str.len().map({1: "quartier", 3: "secteur"})
    cellules = cellules.assign(bailleur="tous", lot="", niveau=niveaux)
    territoires = pd.DataFrame({"code": ["q", "q-1", "q-2"], "niveau": ["quartier", "secteur", "secteur"],
                                "parent": [None, "q", "q"]})  # fmt: skip
    liens = lier_les_parties(cellules, territoires)
    assert liens.groupby(cellules["edition"][liens["total"]].to_numpy())["plein"].all().tolist() == [True, not manque]


def test_une_partie_egale_a_son_total_n_en_est_pas_publique():
    """Elle n'apprend rien de plus que lui : l'attaque tenait aussi pour public ce qu'un bailleur en établissait."""
    reseau = _reseau([5, 0, 3], [5, 5, 8], [[2, 0, 1]], [(0, 5), (2, 5)])
    _confondre(reseau)
    assert reseau.observations["variable"].tolist() == [2]
    assert reseau.nuls.tolist() == [1]
    assert not _publics(reseau).any()


def test_ce_que_chacun_peut_compter_est_reconnu():
    """Le parc en service est public (sa date l'est), pas ses logements loués, ni les baux, ni les ménages."""
    racine = __import__("fabrique").RACINE / "data"
    ouvertes = {"logements": frozenset({"annee_premiere_location", "financement"}), "programmes": frozenset()}
    schemas, baremes = lire_schemas(racine / "schemas"), lire_baremes(racine / "referentiels")
    temoins, zones = temoigner(catalogue(), schemas, baremes, 2010, ouvertes)
    ouverts = {code for (code, role), t in temoins.items() if role == "denominateur" and t.ouvert}
    assert {"taux_rotation", "financement_plus"} <= ouverts
    assert not {"taux_vacance", "prioritaires", "apl", "dpe_a"} & ouverts
    faites = definir(temoins, zones, catalogue())
    assert faites.roles["nb_logements", "numerateur"] in faites.ouvertes
    inconnu = next(c for c, tout, partie in faites.derivees
                   if partie == faites.roles["financement_plus", "denominateur"])  # fmt: skip
    assert inconnu in faites.ouvertes


def _reseau(bas, haut, sommes, vues=(), loi=None) -> Reseau:
    observations = pd.DataFrame(
        [(v, float(j), float(j), 0, "x", "denominateur", np.nan) for v, j in vues],
        columns=["variable", "vu_bas", "vu_haut", "loi", "indicateur", "role", "unites"],
    )
    n, rien = len(bas), np.zeros(len(bas), dtype=int)
    matrice = np.zeros((len(sommes), n))
    for rang, (total, *parties) in enumerate(sommes):
        matrice[rang, total], matrice[rang, parties] = 1, -1
    genres, bornes = np.full(n, "publié", dtype=object), [np.array(b, dtype=float) for b in (bas, haut)]
    return Reseau(
        pd.DataFrame(), None, np.zeros((0, 0)), observations, [loi or Bruit()], genres, rien, rien, *bornes,
        np.full(n, np.nan), sparse.csr_array(matrice),
    )  # fmt: skip


def test_les_bornes_entieres_sont_celles_qu_on_enumere():
    """Trois parties et leurs deux sommes ; toutes les valeurs essayées une à une."""
    reseau = _reseau([0, 0, 0, 6, 9], [5, 5, 5, 7, 9], [[3, 0, 1], [4, 1, 2]])
    for variable in range(3):
        possibles = [
            v for v in np.ndindex(6, 6, 6) if v[0] + v[1] in (6, 7) and v[1] + v[2] == 9
        ]  # fmt: skip
        attendues = min(v[variable] for v in possibles), max(v[variable] for v in possibles)
        assert borner(reseau, variable) == attendues
        resserre = _reseau([0, 0, 0, 6, 9], [5, 5, 5, 7, 9], [[3, 0, 1], [4, 1, 2]])
        resserrer(resserre)
        assert resserre.bas[variable] <= attendues[0] <= attendues[1] <= resserre.haut[variable]


def test_une_somme_que_ce_qui_est_publie_contredit_s_en_va():
    reseau = _reseau([0, 0, 20], [5, 5, 20], [[2, 0, 1]])
    resserrer(reseau)
    assert not reseau.sommes.shape[0]
    assert (reseau.haut == [5, 5, 20]).all()
    assert borner(reseau, 0) == (0, 5)


def test_la_probabilite_est_celle_de_bayes():
    """Deux comptes et leur somme, trois bruits : la loi à postériori est celle qu'on énumère."""
    loi = Bruit()
    publies = (5, 7, 10)
    bornes = [[float(etendue(loi, np.array([j]), np.array([j]))[c][0]) for j in publies] for c in (0, 1)]
    reseau = _reseau(*bornes, [[2, 0, 1]], [(v, j) for v, j in enumerate(publies)], loi)
    suivies, croyances = croire(reseau, np.ones(3, dtype=bool), poids=1.0)
    a, b = np.meshgrid(np.arange(30), np.arange(30), indexing="ij")
    ensemble = np.prod([vraisemblance(loi, x, j, j) for x, j in zip((a, b, a + b), publies, strict=True)], axis=0)
    exacte = ensemble.sum(axis=1) / ensemble.sum()
    bas = int(reseau.bas[0])
    assert suivies.tolist() == [0, 1, 2]
    assert croyances[0].argmax() + bas == exacte.argmax()
    assert np.abs(croyances[0] - exacte[bas : bas + LARGEUR]).max() < 1e-3


@pytest.mark.parametrize("loi", [Bruit(), Bruit(8, 4.0, 1)], ids=str)
def test_l_etendue_et_la_vraisemblance_sont_celles_de_la_loi(loi):
    for publie in (0, loi.plancher + 1, loi.plancher + 4, 25):
        possibles = [i for i in range(60) if abs(publie - i) <= loi.ecart
                     and loi.lois[min(i, len(loi.lois) - 1), publie - i + loi.ecart] > 0]  # fmt: skip
        bas, haut = etendue(loi, np.array([publie]), np.array([publie]))
        assert (bas[0], haut[0]) == (min(possibles), max(possibles))
    cumul = vraisemblance(loi, np.array([30]), 28, np.inf)
    assert cumul[0] == pytest.approx(loi.lois[-1, loi.ecart - 2 :].sum())

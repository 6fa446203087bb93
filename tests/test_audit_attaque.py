"""L'attaque, depuis ce qui paraît, sur des parcs choisis pour elle : elle ne trouve rien de ce qui est protégé, et
presque tout de ce qui ne l'est qu'à moitié."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from fabrique import calculer_tout, configuration, ecrire_prepare

from observatoire.audit.attaque import Attaque
from observatoire.audit.dossier import Dossier
from observatoire.baremes import lire_baremes
from observatoire.confidentialite import proteger
from observatoire.confidentialite.protection import cacher_sans_complement
from observatoire.confidentialite.publication import lire_matiere, preparer_outils
from observatoire.confidentialite.regles import lire_regles_du_secret
from observatoire.configuration import lire_configuration
from observatoire.fichiers import ecrire_csv
from observatoire.publie import INDICATEURS

QUARTIERS = ("battant", "velotte", "bregille", "palente")


def _parc(nombre, *, bailleur="gbh", quartier="battant", secteur=None, qpv="hors_qpv", immeubles=4, monoparentales=0):
    """``nombre`` logements loués, leurs ménages, dont ``monoparentales``."""
    logements = [
        {
            "bailleur": bailleur, "quartier": quartier, "secteur": secteur or f"{quartier}-1", "qpv": qpv,
            "immeuble": f"{bailleur}:{quartier}{secteur or ''}{rang % immeubles}", "occupation": "loue",
            "nb_pieces": 1 + rang % 4, "id_logement": f"{bailleur}-{quartier}-{secteur or ''}{qpv}-{rang}",
        }
        for rang in range(nombre)
    ]  # fmt: skip
    menages = [
        {**{c: x[c] for c in ("bailleur", "quartier", "secteur", "qpv", "immeuble", "id_logement")},
         "composition": "monoparentale" if rang < monoparentales else "seul"}
        for rang, x in enumerate(logements)
    ]  # fmt: skip
    return logements, menages


def _ville(dossier, annees):
    """Calculer une ville : ``annees`` donne les parcs de chacune."""
    config = configuration(dossier, edition={"annees": list(annees)})
    tables = {
        annee: {
            "logements": [x for logements, _ in parcs for x in logements],
            "menages": [x for _, menages in parcs for x in menages],
        }
        for annee, parcs in annees.items()
    }
    depots = [(a, b, t) for a in annees for b in ("gbh", "neolia") for t in ("logements", "menages")]
    ecrire_prepare(config, tables, depots)
    calculer_tout(config)
    return config


def _dossier(parent, nom):
    (parent / nom).mkdir()
    return parent / nom


def _publier(config, public="publique"):
    proteger(config, public)


def _attaquer(config, public="publique"):
    resultat = Attaque(Dossier(config, public)).conclure()
    assert not resultat.non_fait
    assert resultat.examine["comptes cachés"] > 0
    return resultat.constats


def _sans_complement(config):
    """Remplacer ce qui est publié par ce que la seule suppression primaire publierait ; rend le nombre de cachées."""
    baremes = lire_baremes(config.chemin("referentiels"))
    regles = lire_regles_du_secret(config.chemin("referentiels"), baremes, "publique", max(config.annees))
    table = cacher_sans_complement(lire_matiere(config), preparer_outils(config, baremes), regles)
    ecrire_csv(table, config.chemin("publie") / "publique" / INDICATEURS)
    return table


ORDINAIRES = [
    _parc(60, quartier="battant", monoparentales=4),
    _parc(45, quartier="battant", bailleur="neolia", monoparentales=20),
    _parc(70, quartier="velotte", monoparentales=30),
    _parc(40, quartier="velotte", bailleur="neolia", monoparentales=15),
    _parc(80, quartier="bregille", monoparentales=25),
    _parc(50, quartier="bregille", bailleur="neolia", monoparentales=14),
]
DE_NEOLIA = _parc(35, quartier="palente", bailleur="neolia", monoparentales=13)
UN_IMMEUBLE = _parc(30, bailleur="neolia", immeubles=1, monoparentales=12)
A_CHEVAL = [_parc(40, quartier="palente", qpv="en_qpv", monoparentales=18), _parc(14, quartier="palente")]
SECTEURS = [
    _parc(nombre, quartier="palente", secteur=secteur, monoparentales=familles)
    for secteur, nombre, familles in (("a", 50, 3), ("b", 60, 20), ("c", 55, 22))
]
PARCS = {
    "un petit nombre à côté d'un total imprimé": ORDINAIRES,
    "un quartier d'un seul bailleur": [*ORDINAIRES, DE_NEOLIA],
    "un bailleur d'un seul immeuble": [*ORDINAIRES[::2], UN_IMMEUBLE],
    "douze ménages dont onze ont le trait": [*ORDINAIRES, _parc(12, quartier="palente", monoparentales=11)],
    "un quartier à cheval sur un QPV": [*ORDINAIRES, *A_CHEVAL],
    "des secteurs dont un est petit": [*ORDINAIRES, *SECTEURS],
}


ORDINAIRE = next(iter(PARCS))


@pytest.fixture(scope="module")
def villes(tmp_path_factory):
    """Les villes déjà publiées, par le nom de leur parc : chacune n'est calculée qu'une fois."""
    return {}, tmp_path_factory.mktemp("villes")


@pytest.fixture
def publiee(villes, tmp_path):
    """Fonction : une ville d'une année, d'un des :data:`PARCS`, l'édition publique publiée ; à soi seul."""
    faites, parent = villes

    def donner(nom):
        if nom not in faites:
            faites[nom] = _ville(_dossier(parent, str(len(faites))), {2010: PARCS[nom]})
            _publier(faites[nom])
        shutil.copytree(faites[nom].fichier.parent, tmp_path, dirs_exist_ok=True)
        return lire_configuration(tmp_path / "observatoire.yml")

    return donner


@pytest.mark.parametrize("parc", PARCS)
@pytest.mark.parametrize("public", ["publique", "partenaires"])
def test_rien_de_cache_ne_se_retrouve(publiee, parc, public):
    config = publiee(parc)
    if public == "partenaires":
        _publier(config, public)
    assert not _attaquer(config, public)


def test_sans_suppression_complementaire_presque_tout_se_retrouve(publiee):
    """Deux bailleurs, trois quartiers : chaque case cachée seule dans sa ligne est la différence des autres."""
    config = publiee(ORDINAIRE)
    table = _sans_complement(config)
    trouves = {(c.lieu, c.quoi) for c in _attaquer(config)}
    cachees = table["statut"].eq("c") & table["indicateur"].eq("monoparentales") & table["niveau"].eq("quartier")
    assert cachees.sum() >= 1
    monoparentales = [lieu for lieu, _ in trouves if "d'au moins un enfant" in lieu and "quartier battant" in lieu]
    assert monoparentales, "la case de 4 familles se retrouve par soustraction"


def test_la_relation_qui_a_trahi_est_nommee(publiee):
    config = publiee(ORDINAIRE)
    _sans_complement(config)
    assert any("somme de ses bailleurs" in c.comment or "somme de ses parties" in c.comment for c in _attaquer(config))


def test_un_nombre_cache_publie_par_megarde_se_retrouve(publiee):
    """Une édition d'avant a dit un numérateur de plus que celle-ci : l'attaque s'en sert."""
    config = publiee(ORDINAIRE)
    assert not _attaquer(config)
    fichier = config.chemin("publie") / "publique" / "anterieures" / "2009.csv"
    cles = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
    publie = pd.read_csv(config.chemin("publie") / "publique" / INDICATEURS, dtype={"territoire": str})
    cachees = publie.loc[publie["statut"].eq("c") & publie["indicateur"].eq("monoparentales"), cles]
    vraies = lire_matiere(config).indicateurs.merge(cachees.tail(1), on=cles)
    fichier.parent.mkdir()
    vraies[[*cles, "numerateur"]].reindex(columns=publie.columns).to_csv(fichier, index=False)
    assert _attaquer(config)


def test_une_case_qui_bouge_d_une_unite_entre_deux_editions(tmp_path):
    """L'édition 2009 a publié 2009 ; l'édition 2010 le republie après la correction d'un ménage."""
    avant = _ville(_dossier(tmp_path, "avant"), {2009: ORDINAIRES})
    _publier(avant)
    corriges = [*ORDINAIRES]
    corriges[1] = _parc(45, quartier="battant", bailleur="neolia", monoparentales=19)
    config = _ville(_dossier(tmp_path, "apres"), {2009: corriges, 2010: ORDINAIRES})
    avant.chemin("publie").rename(config.chemin("publie"))
    _publier(config)
    assert set(Dossier(config, "publique").parus["edition"]) == {2009, 2010}
    assert (config.chemin("publie") / "publique" / "anterieures" / "2009.csv").is_file()
    assert not _attaquer(config)


def test_ce_qu_une_edition_d_avant_cachait_le_reste(tmp_path):
    avant = _ville(_dossier(tmp_path, "avant"), {2009: ORDINAIRES})
    _publier(avant)
    cles = ["annee", "niveau", "territoire", "bailleur", "indicateur"]
    cachees = pd.read_csv(avant.chemin("publie") / "publique" / INDICATEURS).query("statut == 'c'")[cles]
    config = _ville(_dossier(tmp_path, "apres"), {2009: ORDINAIRES, 2010: ORDINAIRES})
    avant.chemin("publie").rename(config.chemin("publie"))
    _publier(config)
    apres = pd.read_csv(config.chemin("publie") / "publique" / INDICATEURS).query("statut == 'publie'")[cles]
    assert cachees.merge(apres).empty


def test_les_partenaires_lisent_aussi_l_edition_publique(publiee):
    """Ce que l'édition publique publie ne donne rien de ce que celle des partenaires cache, et inversement."""
    config = publiee("des secteurs dont un est petit")
    _publier(config, "partenaires")
    du_public = len(Dossier(config, "publique").parus)
    assert 0 < du_public < len(Dossier(config, "partenaires").parus)
    assert not _attaquer(config, "partenaires")
    immeubles = Dossier(config, "partenaires").indicateurs.query("niveau == 'immeuble'")
    assert {"publie", "c"} <= set(immeubles["statut"])


def test_sans_de_quoi_lier_les_comptes_l_attaque_le_dit(tmp_path):
    config = _ville(tmp_path, {2010: ORDINAIRES})
    proteger(config)
    shutil.rmtree(config.chemin("publie") / "publique" / "structure")
    resultat = Attaque(Dossier(config, "publique")).conclure()
    assert resultat.non_fait
    assert not resultat.net

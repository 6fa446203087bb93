"""Les règles du secret sont des données : datées, par public, relues avec tous leurs défauts à la fois."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from fabrique import RACINE, modifier_bareme
from petites_orientations import REGLES as QUALIFICATION

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.cles import MODULE
from observatoire.erreurs import ErreurConfiguration
from observatoire.indicateurs.evaluation import COMPTES
from observatoire.publication.orientations import regles_de_ce_qui_qualifie
from observatoire.publie import COLONNES
from observatoire.secret import Contributeurs, Ouverture, dire, proteger_les_valeurs
from observatoire.secret.parution import CELLULE
from observatoire.secret.regles import FICHIER, lire_regles_du_secret

REFERENTIELS = RACINE / "data" / "referentiels"


def _lire(referentiels=REFERENTIELS, public="publique", annee=2010):
    return lire_regles_du_secret(referentiels, lire_baremes(referentiels), public, annee)


@pytest.fixture
def modifier(tmp_path):
    return partial(modifier_bareme, tmp_path, FICHIER)


def test_le_public_ne_voit_pas_les_immeubles_et_les_partenaires_si():
    assert "immeuble" not in _lire().niveaux
    assert "immeuble" in _lire(public="partenaires").niveaux
    assert _lire().seuil == _lire().seuil_de("RPLS") == 11


def test_un_secteur_ne_se_croise_pas_plus_par_bailleur_que_son_quartier():
    table = pd.DataFrame(
        [("secteur", "gbh"), ("secteur", "tous"), ("quartier", "gbh")], columns=["niveau", "bailleur"]
    ).assign(indicateur="moins_40_entrants")
    assert _lire().montre(table).tolist() == [False, True, False]
    assert _lire(public="partenaires").montre(table).all()


def test_ce_qui_qualifie_se_lit_a_l_immeuble_comme_les_partenaires_le_lisent():
    siennes = regles_de_ce_qui_qualifie(_lire(), {2010: QUALIFICATION}, "ville")
    codes = set(QUALIFICATION.codes)
    partenaires = _lire(public="partenaires")
    assert set(siennes.indicateurs["immeuble"]) == codes
    assert codes <= set(partenaires.indicateurs["immeuble"])
    # Une part n'y est bornée par rien de plus que dans l'édition des partenaires : mêmes comptes, mêmes classes.
    contenants = {d.dans for c, d in catalogue().items() if c in codes} - {None}
    assert contenants
    assert not contenants & set(partenaires.indicateurs["immeuble"])
    assert contenants <= set(siennes.indicateurs["quartier"])
    assert siennes.bruit_de("OPS") == partenaires.bruit_de("OPS")


def test_un_seuil_et_un_bruit_propres_a_une_source_l_emportent(modifier):
    referentiels = modifier(
        lambda c: c["regles"][0].update(
            sources={"OPS": {"seuil": 20, "bruit": {"ecart": 8, "variance": 4, "plancher": 2}}}
        )
    )
    regles = _lire(referentiels)
    assert (regles.seuil_de("OPS"), regles.seuil_de("RPLS")) == (20, 11)
    assert (regles.bruit_de("OPS").variance, regles.bruit_de("RPLS").variance) == (4, 2)


def test_une_regle_et_un_accord_valent_de_leur_date(modifier):
    def changer(contenu):
        contenu["regles"].append({**contenu["regles"][0], "depuis": contenu["regles"][1]["depuis"].replace(year=2010),
                                  "contributeurs": 9})  # fmt: skip
        contenu["accords"][0]["jusque"] = contenu["accords"][0]["depuis"].replace(year=2009)

    referentiels = modifier(changer)
    assert (_lire(referentiels, annee=2009).contributeurs, _lire(referentiels, annee=2010).contributeurs) == (3, 9)
    assert _lire(referentiels, annee=2008).accords
    assert not _lire(referentiels, annee=2010).accords


def test_les_partenaires_n_ont_pas_de_regle_avant_la_charte():
    with pytest.raises(ErreurConfiguration, match="aucune règle n'est en vigueur en 2006 pour « partenaires »"):
        _lire(public="partenaires", annee=2006)


def test_tous_les_defauts_sont_dits_a_la_fois(modifier):
    def abimer(contenu):
        contenu["regles"][0].update(
            public="presse", part_maximale=85, contributeurs="cinq", niveaux=["rue"], amplitude=5
        )
        contenu["regles"][0]["bruit"]["variance"] = 30
        del contenu["regles"][1]["source"]
        contenu["accords"][0].update(depuis="jadis", publics=["tous"])
        contenu["valeurs"][0]["valeur"] = 1
        contenu["ouvertes"][0].update(tables=["voisins"], source="")
        contenu["exacts"][0]["indicateurs"] = ["inconnu"]

    with pytest.raises(ErreurConfiguration) as refus:
        _lire(modifier(abimer))
    for attendu in (
        "règle n° 1 : « public » : « presse » est inconnu. Valeurs admises : publique, partenaires.",
        "« part_maximale » : « 85 » n'est pas une fraction",
        "« contributeurs » : « cinq » n'est pas un nombre entier, au moins 1",
        "« amplitude » ne sert plus depuis que les comptes sont bruités",
        "« bruit » : aucun bruit d'au plus 5 n'a une variance de 30",
        "« ouvertes », n° 1 : « source » est vide",
        "« tables », n° 1 : « voisins » est inconnu",
        "« exacts », n° 1 : « indicateurs », n° 1 : « inconnu » n'est pas un indicateur du catalogue",
        "« niveaux », n° 1 : « rue » est inconnu",
        "règle n° 2 : « source » manque",
        "accord n° 1 : « publics », n° 1 : « tous » est inconnu",
        "« depuis » s'écrit AAAA-MM-JJ",
        "valeur n° 1 : « valeur » : « 1 » n'est pas un nombre entier, au moins 2",
    ):
        assert re.search(re.escape(attendu), str(refus.value)), attendu


def test_un_fichier_sans_regle_est_refuse(modifier):
    with pytest.raises(ErreurConfiguration, match="« regles » manque"):
        _lire(modifier(lambda c: c.pop("regles")))


def test_ce_qui_est_ouvert_l_est_de_sa_date(modifier):
    def ouvrir(contenu):
        contenu["ouvertes"] = [
            {"depuis": datetime.date(2009, 6, 1), "tables": ["logements"], "colonnes": ["dpe"], "source": "un texte"}
        ]

    referentiels = modifier(ouvrir)
    avant, apres = (_lire(referentiels, annee=annee) for annee in (2008, 2009))
    assert not avant.est_ouvert(["logements"], frozenset({"dpe"}))
    assert apres.est_ouvert(["logements"], frozenset({"dpe"}))
    assert not apres.est_ouvert(["logements"], frozenset({"dpe", "loyer_eur"}))
    assert not apres.est_ouvert(["menages"], frozenset())


def test_dans_un_quartier_le_grand_public_ne_croise_que_le_parc_par_bailleur():
    lignes = pd.DataFrame(
        [
            ("quartier", "gbh", "apl"),
            ("quartier", "gbh", "taux_vacance"),
            ("quartier", "tous", "apl"),
            ("ville", "gbh", "apl"),
        ],
        columns=["niveau", "bailleur", "indicateur"],
    )
    assert _lire().montre(lignes).tolist() == [False, True, True, True]
    assert _lire(public="partenaires").montre(lignes).all()


@pytest.mark.parametrize(
    ("livrent", "accords", "parait"),
    [
        (None, (), True),
        ({"gbh", "neolia", "adoma"}, (), True),
        ({"gbh"}, (), False),
        ({"gbh"}, ("gbh",), True),
        ({"gbh", "neolia"}, ("neolia",), False),
    ],
)
def test_les_bailleurs_derriere_une_valeur_sont_ceux_qui_l_ont_livree(livrent, accords, parait):
    """Trois ont un parc dans le quartier ; ceux qui n'ont pas déposé leurs ménages ne cachent pas les autres."""
    cellule = {"annee": 2010, "niveau": "quartier", "territoire": "battant", "bailleur": "tous"}
    parc = pd.DataFrame([cellule | {"contributeur": b, "logements": 100.0} for b in ("gbh", "neolia", "adoma")])
    lignes = pd.DataFrame([cellule | {"indicateur": "apl", "statut": "calcule", "numerateur": 90, "denominateur": 300}])
    comptes = pd.DataFrame(1.0, [0], COMPTES)
    livraisons = {} if livrent is None else {(2010, "apl"): frozenset(livrent)}
    table = proteger_les_valeurs(
        lignes.reindex(columns=COLONNES), comptes, Contributeurs(parc, livraisons),
        Ouverture(frozenset(), catalogue()), replace(_lire(), accords=frozenset(accords)),
    ).table  # fmt: skip
    assert table["statut"].tolist() == ["publie" if parait else "c"]


def test_d_un_cumul_sont_derriere_ceux_qui_ont_livre_chaque_annee():
    qui = Contributeurs(
        pd.DataFrame(), {(a, "apl"): frozenset("abc" if a < 2010 else "ab") for a in (2008, 2009, 2010)}
    )
    assert qui.de_chaque_annee(3).livrent[2010, "apl"] == frozenset("ab")


def test_une_source_mal_ecrite_est_dite(modifier):
    with pytest.raises(ErreurConfiguration, match="« OPSS » n'est pas la source d'un indicateur du catalogue"):
        _lire(modifier(lambda c: c["regles"][0].update(sources={"OPSS": {"seuil": 90}})))


def _publier_des_lieux(niveau: str, logements: int = 40) -> pd.DataFrame:
    """Ce qui paraît de lieux de dix à seize ménages, sous mille clés chacun ; ``menages`` : leur compte exact.
    ``logements`` : ceux de chaque lieu."""
    menages, tirage = np.repeat(np.arange(10, 17), 1000), np.random.default_rng(1951)
    lieux = {"annee": 2010, "niveau": niveau, "territoire": [f"l{k:05d}" for k in range(len(menages))]}
    lignes = pd.DataFrame(lieux | {"bailleur": "tous", "indicateur": "apl", "statut": "calcule", "couverture": 1.0})
    lignes = lignes.assign(denominateur=menages.astype(float), numerateur=5.0).reindex(columns=COLONNES)
    comptes = pd.DataFrame(np.nan, range(len(menages)), COMPTES)
    cles = [c for c in COMPTES if c.startswith("cle_")]
    comptes[cles] = tirage.integers(0, MODULE, (len(menages), len(cles)))
    parc = pd.concat([lignes[CELLULE].assign(contributeur=b, logements=logements / 3) for b in "abc"])
    ouverture = Ouverture(frozenset(), catalogue())
    return proteger_les_valeurs(
        lignes, comptes, Contributeurs(parc), ouverture, _lire(public="partenaires")
    ).table.assign(menages=menages)


def test_le_seuil_ne_se_lit_pas_dans_ce_qui_se_cache():
    """Cachée, une unité peut avoir quinze ménages ; publiée, elle en a onze au moins, et jamais un compte de dix."""
    table = _publier_des_lieux("quartier")
    caches = table[table["statut"].eq("c")].groupby("menages").size().reindex(range(10, 17), fill_value=0)
    assert caches[10] == 1000
    assert caches[11] > caches[12] > caches[13] > caches[14] > caches[16] == 0
    assert table["denominateur"].min() == 11


def test_un_grand_immeuble_de_onze_menages_parait_toujours():
    table = _publier_des_lieux("immeuble")
    assert (table["statut"].eq("publie") == table["menages"].ge(11)).all()


def test_un_petit_immeuble_ne_dit_pas_ce_qu_il_cache():
    """De onze logements dont dix ménages se cachent, on saurait que l'un n'est pas loué."""
    table = _publier_des_lieux("immeuble", logements=15)
    caches = table[table["statut"].eq("c")].groupby("menages").size().reindex(range(10, 17), fill_value=0)
    assert caches[10] == 1000
    assert caches[11] > caches[12] > caches[13] > 0
    assert (_publier_des_lieux("immeuble", logements=16)["statut"].eq("c") == table["menages"].eq(10)).all()


def test_ce_qui_est_cache_se_lit_avec_ses_milliers_et_son_accord():
    edition = {"seuil": 11, "deposants": 1, "regles": {"contributeurs": 3, "part_maximale": 0.85}}
    masquees = [{"valeurs": 30346, "unite": 951, "bailleurs": 1, "accord": 0}]
    unite, bailleurs = dire(masquees, edition)
    assert unite.startswith("951 valeurs cachées sur 30\u202f346 :")
    assert bailleurs.startswith("1 valeur cachée sur 30\u202f346 :")

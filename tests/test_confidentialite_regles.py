"""Les règles du secret sont des données : datées, par public, relues avec tous leurs défauts à la fois."""

from __future__ import annotations

import re
from functools import partial

import pytest
from fabrique import RACINE, modifier_bareme

from observatoire.baremes import lire_baremes
from observatoire.confidentialite.regles import FICHIER, lire_regles_du_secret
from observatoire.erreurs import ErreurConfiguration

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


def test_un_seuil_propre_a_une_source_l_emporte(modifier):
    referentiels = modifier(lambda c: c["regles"][0].update(sources={"OPS": 20}))
    assert (_lire(referentiels).seuil_de("OPS"), _lire(referentiels).seuil_de("RPLS")) == (20, 11)


def test_une_regle_et_un_accord_valent_de_leur_date(modifier):
    def changer(contenu):
        contenu["regles"].append({**contenu["regles"][0], "depuis": contenu["regles"][1]["depuis"].replace(year=2010),
                                  "amplitude": 9})  # fmt: skip
        contenu["accords"][0]["jusque"] = contenu["accords"][0]["depuis"].replace(year=2009)

    referentiels = modifier(changer)
    assert (_lire(referentiels, annee=2009).amplitude, _lire(referentiels, annee=2010).amplitude) == (5, 9)
    assert _lire(referentiels, annee=2008).accords
    assert not _lire(referentiels, annee=2010).accords


def test_les_partenaires_n_ont_pas_de_regle_avant_la_charte():
    with pytest.raises(ErreurConfiguration, match="aucune règle n'est en vigueur en 2006 pour « partenaires »"):
        _lire(public="partenaires", annee=2006)


def test_tous_les_defauts_sont_dits_a_la_fois(modifier):
    def abimer(contenu):
        contenu["regles"][0].update(public="presse", part_maximale=85, amplitude="cinq", niveaux={"rue": 3})
        del contenu["regles"][1]["source"]
        contenu["accords"][0].update(depuis="jadis", publics=["tous"])
        contenu["valeurs"][0]["valeur"] = 1

    with pytest.raises(ErreurConfiguration) as refus:
        _lire(modifier(abimer))
    for attendu in (
        "règle n° 1 : public « presse » inconnu",
        "« part_maximale » : « 85 » n'est pas une fraction",
        "« amplitude » : « cinq » n'est pas un entier positif",
        "« niveaux » : « rue » est inconnu",
        "règle n° 2 : « source » manque",
        "accord n° 1 : public « tous » inconnu",
        "« depuis » s'écrit AAAA-MM-JJ",
        "le seuil « 1 » n'est pas un entier d'au moins 2",
    ):
        assert re.search(re.escape(attendu), str(refus.value)), attendu


def test_un_fichier_sans_regle_est_refuse(modifier):
    with pytest.raises(ErreurConfiguration, match="« regles » manque"):
        _lire(modifier(lambda c: c.pop("regles")))

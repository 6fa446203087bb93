"""Les règles des alertes sont des données : datées, avec leur source, relues avec tous leurs défauts à la fois."""

from __future__ import annotations

import re
from functools import partial

import pytest
from fabrique import modifier_bareme
from petit_parc import REFERENTIELS

from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.erreurs import ErreurConfiguration
from observatoire.sujets.alertes.calcul.regles import FICHIER, lire_regles_des_alertes


def _lire(referentiels=REFERENTIELS, annee=2010):
    return lire_regles_des_alertes(referentiels, lire_baremes(referentiels), annee)


@pytest.fixture
def modifier(tmp_path):
    return partial(modifier_bareme, tmp_path, FICHIER)


def test_le_bareme_livre():
    regles = _lire()
    assert (regles.probabilite, regles.repondants, regles.reponse) == (0.6, 11, 0.6)
    assert regles.seuils_de("immeuble", "impayes_3_mois") == (0.05, 0.10)
    assert regles.seuils_de("quartier", "signalements_voisinage") == (0.03, 0.06)
    assert len(regles.declarations) == 12
    assert {d.nature for d in regles.declarations} == {"proportion", "taux"}


def test_rien_avant_la_premiere_regle_ni_sans_fichier(tmp_path):
    assert _lire(annee=2006) is None
    assert lire_regles_des_alertes(tmp_path, lire_baremes(REFERENTIELS), 2010) is None


def test_une_regle_vaut_de_sa_date(modifier):
    def changer(contenu):
        suivante = {
            **contenu["regles"][0],
            "depuis": contenu["regles"][0]["depuis"].replace(year=2009),
            "repondants": 20,
        }
        contenu["regles"].append(suivante)

    referentiels = modifier(changer)
    assert [_lire(referentiels, annee).repondants for annee in (2008, 2009, 2010)] == [11, 20, 20]


def test_le_seuil_de_l_indicateur_l_emporte_sur_celui_du_niveau(modifier):
    regle = {"seuils_par_niveau": {"quartier": {"vigilance": 0.02, "alerte": 0.04}}}
    regles = _lire(modifier(lambda c: c["regles"][0].update(regle)))
    assert regles.seuils_de("quartier", "impayes_3_mois") == (0.02, 0.04)
    assert regles.seuils_de("immeuble", "impayes_3_mois") == (0.05, 0.10)
    assert regles.seuils_de("quartier", "signalements_voisinage") == (0.03, 0.06)


def test_tous_les_defauts_sont_dits_a_la_fois(modifier):
    moyenne = next(code for code, d in catalogue().items() if d.nature not in ("proportion", "taux"))

    def abimer(contenu):
        regle = contenu["regles"][0]
        contenu["valeurs"][0]["valeur"] = 60
        del regle["source"]
        regle.update(depuis="jadis", repondants=0, reponse=60, pente="forte", persistance={"alertes": 4, "annees": 3})
        regle.update(seuils={"vigilance": 0.2, "alerte": 0.1}, seuils_par_niveau={"rue": {"vigilance": 0.1}})
        regle["indicateurs"] |= {"bonheur": {}, moyenne: {}, "impayes_3_mois": {"vigilance": 5, "alerte": 10}}

    with pytest.raises(ErreurConfiguration) as refus:
        _lire(modifier(abimer))
    for attendu in (
        "« 60 » n'est pas une probabilité",
        "« source » manque",
        "« depuis » s'écrit AAAA-MM-JJ",
        "« repondants » : « 0 » n'est pas un nombre",
        "« reponse » : « 60 » n'est pas un nombre de ]0 ; 1]",
        "« pente » : « forte » n'est pas un nombre",
        "« persistance » s'écrit « {alertes: 2, annees: 3} »",
        "« seuils » : l'écart de vigilance doit être plus petit que celui d'alerte",
        "« seuils_par_niveau » : « rue » est inconnu",
        "« seuils_par_niveau », « rue » : « alerte » manque",
        "« bonheur » n'est pas une proportion ou un taux du catalogue",
        f"« indicateurs » : « {moyenne} » n'est pas une proportion ou un taux du catalogue",
        "« indicateurs », « impayes_3_mois » : « vigilance » : « 5 » n'est pas un nombre de ]0 ; 1]",
    ):
        assert re.search(re.escape(attendu), str(refus.value)), attendu


def test_un_bareme_sans_regle_est_refuse(modifier):
    with pytest.raises(ErreurConfiguration, match="« regles » manque"):
        _lire(modifier(lambda c: c.pop("regles")))

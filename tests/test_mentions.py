"""Les mentions légales et la déclaration d'accessibilité disent ce que la configuration dit, et ce qui manque."""

from __future__ import annotations

import pytest
from fabrique import configuration

from observatoire.configuration import PUBLICS
from observatoire.edition.mentions import ABSENT, pages_de_mentions
from observatoire.erreurs import ErreurConfiguration
from observatoire.livre.construction import _plan_du_site

DITES = {"editeur": "Ville de [X]", "directeur": "La maire", "hebergeur": "Hôte, 1 rue", "contact": "a@exemple.fr"}
EDITION = {"annees": [2010], "code": "25056", "titre": "Observatoire", "fictif": True}


@pytest.mark.parametrize("public", PUBLICS)
def test_ce_qui_n_est_pas_renseigne_est_dit_et_rien_n_est_invente(public):
    sans = dict(pages_de_mentions(EDITION | {"public": public}))
    assert sans["mentions"].count(ABSENT) == 4
    assert ABSENT in sans["accessibilite"]
    assert "Non établi" in sans["accessibilite"]
    adresse = {"adresse": "https://exemple.fr"}
    avec = dict(pages_de_mentions(EDITION | {"public": public, "publication": DITES | adresse}))
    assert ABSENT not in "".join(avec.values())
    assert "Ville de \\[X\\]" in avec["mentions"]  # un texte de la configuration n'est pas du Markdown
    assert ("Licence Ouverte" in avec["mentions"]) == (public == "publique")


def test_la_configuration_les_porte_jusqu_a_l_edition_et_refuse_une_adresse_mal_ecrite(tmp_path):
    config = configuration(tmp_path, publication=DITES)
    assert config.publication == DITES
    for fausse in ("http://exemple.fr", "https://exemple.fr/", "exemple.fr", "https://exemple.fr?x"):
        with pytest.raises(ErreurConfiguration, match="celle du site"):
            configuration(tmp_path, publication={"adresse": fausse})


@pytest.mark.parametrize(("public", "adresse"), [("publique", "https://exemple.fr/obs"), ("publique", None),
                                                 ("partenaires", "https://exemple.fr/obs")])  # fmt: skip
def test_le_plan_du_site_est_public_et_attend_une_adresse(tmp_path, public, adresse):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "méthode.html").write_text("", encoding="utf-8")
    _plan_du_site(tmp_path, EDITION | {"public": public, "publication": {"adresse": adresse} if adresse else {}})
    ecrit = public == "publique" and adresse is not None
    assert {f.name for f in tmp_path.iterdir()} == {"book", *(["sitemap.xml", "robots.txt"] * ecrit)}
    if ecrit:
        assert f"<loc>{adresse}/book/m%C3%A9thode.html</loc>" in (tmp_path / "sitemap.xml").read_text(encoding="utf-8")

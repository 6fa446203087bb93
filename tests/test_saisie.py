"""Ce qu'une personne écrit à la main est lu, ou refusé par une phrase ; jamais par une trace."""

from __future__ import annotations

import copy
import datetime as dt
import importlib
import itertools
import json
import pkgutil
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from fabrique import RACINE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import observatoire.configuration
from observatoire.baremes import lire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import PUBLICS, lire_configuration
from observatoire.configuration.fiche import Fiche, Texte, doubles, nombre
from observatoire.configuration.saisie import FichierFautif, analyser_fiche, analyser_yaml, lire_yaml, verifier_fiche
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.corrections import lire_corrections
from observatoire.ruptures import lire_ruptures
from observatoire.schemas import lire_schema, lire_schemas
from observatoire.secret import Bruit, lire_regles_du_secret
from observatoire.sujets.alertes.calcul.regles import lire_regles_des_alertes
from observatoire.sujets.objectifs.calcul.declaration import lire_engagements
from observatoire.sujets.objectifs.calcul.objectifs import lire_objectifs
from observatoire.sujets.orientations.calcul.adoptees import lire_orientations
from observatoire.sujets.orientations.calcul.regles import lire_regles_de_qualification
from observatoire.sujets.seances.calcul.comptes_rendus import lire_seances

BAREMES, SUIVI = Path("referentiels/baremes"), Path("suivi")
#: Ce que l'on met à la place d'une valeur, où que ce soit : un autre genre, un vide, un excès, un chemin.
SURPRISES = (
    None, True, 0, -1, 10**30, 1.5, float("nan"), "", "  ", "../x", "a\nb", "é/..", "x" * 300, [], [None], [[]], {},
    {"a": None}, [{"a": 1}], {"a": [1]}, dt.date(1, 1, 1), dt.date(2010, 1, 1), dt.datetime(2010, 1, 1), "2010-01-01",
)  # fmt: skip
CORRECTION = {
    "annee": 2010, "deposant": "gbh", "table": "logements", "id": "12", "colonne": "financement", "attendu": "PLUZ",
    "remplacer_par": "PLUS", "motif": "faute", "auteur": "GBH", "date": dt.date(2011, 1, 1),
}  # fmt: skip
OBJECTIF = {
    "code": "o1", "indicateur": "moins_40_entrants", "sens": "au_plus", "cible": 0.4, "niveau": "quartier",
    "territoire": "battant", "bailleur": "gbh", "depuis": dt.date(2008, 1, 1), "source": "séance",
}  # fmt: skip


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    return copier_les_saisies(tmp_path_factory.mktemp("saisie"))


def copier_les_saisies(dossier: Path):
    """Une copie de tout ce qui s'écrit à la main, et la configuration qui la lit."""
    for nom in ("referentiels", "schemas", "suivi"):
        shutil.copytree(RACINE / "data" / nom, dossier / "data" / nom)
    shutil.copytree(RACINE / "book" / "gouvernance", dossier / "book" / "gouvernance")
    shutil.copy(RACINE / "observatoire.yml", dossier)
    return lire_configuration(dossier / "observatoire.yml")


def _lire_la_configuration(config):
    lue = lire_configuration(config.fichier)
    return lue.bailleurs, lue.partenaires, lue.communes_retenues, lue.chemin("site")


def _lire_les_engagements(config):
    return lire_engagements(config), lire_objectifs(config, lire_baremes(config.chemin("referentiels")))


#: Fichier -> (contenu de départ s'il n'est pas celui du dépôt, lecture).
FICHIERS: dict[str, tuple[object, Callable]] = {
    "observatoire.yml": (None, _lire_la_configuration),
    "data/referentiels/baremes/loi_2017_en_qpv.yml": (None, lambda c: lire_baremes(c.chemin("referentiels")).tableau()),
    "data/referentiels/baremes/alertes.yml": (
        None,
        lambda c: lire_regles_des_alertes(c.chemin("referentiels"), lire_baremes(c.chemin("referentiels")), 2010),
    ),
    "data/referentiels/baremes/qualification.yml": (
        None,
        lambda c: lire_regles_de_qualification(c.chemin("referentiels"), lire_baremes(c.chemin("referentiels")), 2010),
    ),
    "data/suivi/orientations.yml": (None, lire_orientations),
    "data/referentiels/baremes/confidentialite.yml": (
        None,
        lambda c: [
            lire_regles_du_secret(c.chemin("referentiels"), lire_baremes(c.chemin("referentiels")), public, 2010)
            for public in PUBLICS
        ],
    ),
    "data/referentiels/ruptures.yml": (None, lambda c: lire_ruptures(c.chemin("referentiels"), catalogue())),
    "data/suivi/engagements.yml": (None, _lire_les_engagements),
    "data/suivi/corrections.yml": (
        {"corrections": [CORRECTION]},
        lambda c: lire_corrections(c, lire_schemas(RACINE / "data" / "schemas")),
    ),
    "book/gouvernance/2009-12-15-conference.md": (None, lire_seances),
}


def _places(contenu: object, avant: tuple = ()) -> Iterator[tuple]:
    yield avant
    if isinstance(contenu, dict | list):
        cles = contenu if isinstance(contenu, dict) else range(len(contenu))
        for cle in cles:
            yield from _places(contenu[cle], (*avant, cle))


def _mettre(contenu: object, place: tuple, surprise: object) -> object:
    if not place:
        return surprise
    change = copy.deepcopy(contenu)
    dedans = change
    for cle in place[:-1]:
        dedans = dedans[cle]
    dedans[place[-1]] = surprise
    return change


@pytest.mark.parametrize("nom", FICHIERS)
def test_une_valeur_surprenante_est_lue_ou_refusee(ville, nom):
    """N'importe où dans n'importe quel fichier : jamais d'autre erreur que celle qui se dit."""
    depart, lire = FICHIERS[nom]
    fichier = ville.fichier.parent / nom
    garde = fichier.read_text(encoding="utf-8")
    debut, fin = ("---\n", "---\n" + garde.split("---\n", 2)[2]) if nom.endswith(".md") else ("", "")
    depart = depart or yaml.safe_load(garde.split("---\n")[1] if debut else garde)
    if "engagements" in depart:
        depart["engagements"] = [depart["engagements"][rang] for rang in (0, 1, 20, -1)]
        depart["objectifs"] = [OBJECTIF]
    places = list(_places(depart))

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(place=st.sampled_from(places), surprise=st.sampled_from(SURPRISES))
    def essayer(place, surprise):
        change = yaml.safe_dump(_mettre(depart, place, surprise), allow_unicode=True, sort_keys=False)
        fichier.write_text(f"{debut}{change}{fin}", encoding="utf-8")
        try:
            lire(ville)
        except ErreurConfiguration:
            return

    try:
        essayer()
    finally:
        fichier.write_text(garde, encoding="utf-8")
    lire(ville)


@pytest.mark.parametrize("nom", FICHIERS)
def test_un_fichier_en_latin_1_est_dit_avec_sa_ligne(ville, nom):
    _, lire = FICHIERS[nom]
    fichier = ville.fichier.parent / nom
    garde = fichier.read_bytes()
    try:
        fichier.write_bytes(garde + "\n# a\n# é\n".encode("latin-1"))
        ligne = garde.count(b"\n") + 3
        with pytest.raises(ErreurConfiguration, match=rf"{re.escape(fichier.name)}, ligne {ligne} : .*UTF-8"):
            lire(ville)
    finally:
        fichier.write_bytes(garde)


def test_la_marque_d_un_editeur_et_ses_fins_de_ligne_ne_comptent_pas(tmp_path):
    (tmp_path / "a.yml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: deux\r\n")
    assert lire_yaml(tmp_path / "a.yml") == {"a": 1, "b": "deux"}


@pytest.mark.parametrize(
    ("texte", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "x.yml, ligne 3 : « a » est donné deux fois."),
        ("a: &b [1]\nc: *b\n", "x.yml, ligne 2 : les renvois"),
        ("a: [\n", "x.yml, ligne 2 : ce n'est pas du YAML valide."),
        ("oui: 1\non: 2\n", "x.yml, ligne 2 : une clé n'est pas un texte"),
        ("? [1]\n: 2\n", "x.yml, ligne 1 : une clé n'est pas un texte"),
        ("a: 2010-01-01 10:00:00\n", "x.yml, ligne 1 : une date s'écrit AAAA-MM-JJ"),
        ("a: .inf\n", "x.yml, ligne 1 : ce nombre est impossible."),
        (f"a: {'1' * 5000}\n", "x.yml, ligne 1 : ce nombre est impossible."),
        ("a: !!python/object:os.system {}\n", "ce n'est pas du YAML valide"),
        ("a: !!set {b}\n", "ce n'est pas du YAML valide"),
        ("[" * 5000, "trop de niveaux"),
        ("a: \x00\n", "ce n'est pas du YAML valide"),
    ],
)
def test_ce_que_le_lecteur_refuse(texte, message):
    with pytest.raises(ErreurConfiguration, match=re.escape(message)):
        analyser_yaml(texte, "x.yml")


def test_une_bombe_de_renvois_ne_s_ouvre_pas():
    bombe = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    with pytest.raises(ErreurConfiguration, match="renvois"):
        analyser_yaml(bombe, "x.yml")


# --- les modèles


class _Lieu(Fiche):
    nom: Texte
    part: nombre("[0 ; 1]") = 0


class _Liste(Fiche):
    lieux: list[_Lieu]
    depuis: dt.date = None
    jusque: dt.date = None

    @classmethod
    def accorder(cls, sain, contexte):
        for rang, nom in doubles((lieu or {}).get("nom") for lieu in sain.get("lieux", ())):
            yield ("lieux", rang, "nom"), f"« {nom} » est donné deux fois."
        if sain.get("jusque", dt.date.max) < sain.get("depuis", dt.date.min):
            yield ("jusque",), "{cle} précède « depuis »."


def _fautes(texte: str) -> list[tuple[int | None, str]]:
    with pytest.raises(FichierFautif) as refus:
        analyser_fiche(texte, "x.yml", _Liste)
    return refus.value.fautes


def test_les_fautes_d_un_champ_ne_cachent_pas_celles_de_l_accord_des_champs():
    """Un élément fautif n'empêche ni de voir qu'il répète un autre, ni que deux dates se contredisent."""
    texte = """
depuis: 2010-01-01
lieux:
  - {nom: a, part: 3}
  - nom: a
    prat: 1
  - 12
jusque: 2009-01-01
"""
    assert _fautes(texte) == [
        (4, "« lieux », n° 1 : « part » : « 3 » n'est pas un nombre de [0 ; 1]."),
        (5, "« lieux », n° 2 : « a » est donné deux fois."),
        (6, "« lieux », n° 2 : « prat » est inconnu (« part » ?). Clés admises : nom, part."),
        (7, "« lieux », n° 3 n'est pas une suite de « clé: valeur ». Clés admises : nom, part."),
        (8, "« jusque » précède « depuis »."),
    ]


def test_ce_qui_manque_a_la_ligne_de_ce_qui_devrait_le_contenir():
    assert _fautes("depuis: 2010-01-01\n") == [(1, "« lieux » manque.")]
    assert _fautes("lieux:\n  - nom: a\n\n  - part: 1\n") == [(4, "« lieux », n° 2 : « nom » manque.")]
    assert _fautes("") == [
        (None, "le fichier est vide ou n'est pas une suite de « clé: valeur ». Clés admises : lieux, depuis, jusque.")
    ]


def test_une_cle_vide_compte_pour_absente_et_rien_n_est_converti():
    lue = analyser_fiche("lieux: [{nom: a, part: 1}]\ndepuis:\n", "x.yml", _Liste)
    assert lue.depuis is None
    assert type(lue.lieux[0].part) is int
    assert _fautes("lieux: [{nom: 3}]") == [
        (1, "« lieux », n° 1 : « nom » doit être un texte (mettre des guillemets).")
    ]
    assert _fautes("lieux: [{nom: a, part: '1'}]")[0][1].endswith("« 1 » n'est pas un nombre de [0 ; 1].")


def test_toute_sorte_de_faute_a_sa_phrase():
    """Ce que pydantic peut reprocher aux modèles, il le fait en français : une sorte oubliée ferait une trace."""
    for module in pkgutil.walk_packages(observatoire.configuration.__path__, "observatoire.configuration."):
        importlib.import_module(module.name)
    modeles = [m for m in _descendants(Fiche) if m.__module__.startswith("observatoire")]
    assert len(modeles) > 25
    for modele in modeles:
        for champ, surprise in itertools.product(modele.model_fields, SURPRISES):
            dites = _dites(modele, {champ: surprise})
            assert not [phrase for phrase in dites if "{cle}" in phrase or phrase.endswith("est mal écrit.")]


def _dites(modele: type[Fiche], contenu: dict) -> list[str]:
    """Les phrases des fautes d'un contenu."""
    try:
        verifier_fiche(contenu, "x", modele, CONTEXTE)
    except FichierFautif as refus:
        return [phrase for _, phrase in refus.fautes]
    return []


def _descendants(modele: type) -> Iterator[type]:
    for fille in modele.__subclasses__():
        yield fille
        yield from _descendants(fille)


CONTEXTE = {
    **dict.fromkeys(
        ("niveaux", "indicateurs", "bailleurs", "genres", "avec", "signataires", "etats", "invites", "decisions",
         "annees", "deposants", "tables", "vises", "parts", "proportions",
         "niveaux_juges", "bailleurs_ou_chacun", "entrants", "niveaux_orientes", "sources"), ("x",)
    ),
    "entier": "ville", "est_inconnu": lambda niveau, lieu: False, "individuel": lambda texte: None, "nom": "x",
    "bruit": Bruit, "referentiels": Path("nulle-part"), "colonnes": {}, "deposant": "x",
}  # fmt: skip


def test_une_cle_de_schema_mal_ecrite_est_refusee(tmp_path):
    """« personelle: true » laisserait sinon imprimer les valeurs de la colonne."""
    brut = json.loads((RACINE / "data" / "schemas" / "menages.json").read_text(encoding="utf-8"))
    brut["fields"][0]["personelle"] = True
    (tmp_path / "menages.json").write_text(json.dumps(brut), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=r"« personelle » est inconnu \(« personnelle » \?\)"):
        lire_schema(tmp_path / "menages.json")

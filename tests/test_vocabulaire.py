"""Les mots : chacun n'est défini qu'une fois."""

from __future__ import annotations

import ast

import pytest
from fabrique import RACINE

from observatoire import vocabulaire
from observatoire.catalogue import catalogue
from observatoire.presentation.nombres import ecrire
from observatoire.vocabulaire import ALERTES, OUVRENT, SIGNALES, STATUTS, UNITES, VERDICTS

SOURCE = RACINE / "src" / "observatoire"
LEXIQUES = {nom: valeur for nom, valeur in vars(vocabulaire).items() if isinstance(valeur, dict) and nom.isupper()}
CODES = {nom: set(lexique) for nom, lexique in LEXIQUES.items() if nom not in ("UNITES", "FONDEMENTS")}
#: Les fonctions pures n'importent rien de la maison, les dépôts fictifs n'en savent que le format, et l'attaque ne se
#: fie à aucun de ses mots.
SANS_LE_VOCABULAIRE = {"vocabulaire.py", "statistique", "exemple", "audit", "secret/attaque"}


def _modules():
    for module in sorted(SOURCE.rglob("*.py")):
        relatif = module.relative_to(SOURCE)
        dossiers = {d.as_posix() for d in (relatif, *relatif.parents)}
        if not dossiers & SANS_LE_VOCABULAIRE:
            yield relatif.as_posix(), ast.parse(module.read_text(encoding="utf-8"))


def test_un_lexique_ne_se_recopie_pas():
    """Deux codes d'un même lexique, et rien d'autre d'écrit, dans une suite ou les clés d'un dictionnaire."""
    copies = []
    for relatif, arbre in _modules():
        for noeud in ast.walk(arbre):
            cites = [e.value for e in getattr(noeud, "elts", getattr(noeud, "keys", [])) if isinstance(e, ast.Constant)]
            if len(cites) > 1:
                copies += [(relatif, noeud.lineno, nom) for nom, siens in CODES.items() if siens.issuperset(cites)]
    assert not copies


def test_un_nom_du_vocabulaire_n_en_dit_pas_un_autre_ailleurs():
    """Hors des déclarations de tables et de colonnes, que l'on lit d'après leur module."""
    siens = {nom for nom in vars(vocabulaire) if nom.isupper()}
    repris = [
        (relatif, noeud.lineno, nom.id)
        for relatif, arbre in _modules()
        if not relatif.startswith("tables/") and not relatif.endswith("/tables.py")
        for noeud in arbre.body
        if isinstance(noeud, ast.Assign)
        for nom in ast.walk(ast.Tuple(noeud.targets))
        if isinstance(nom, ast.Name) and nom.id in siens
    ]
    assert not repris


def test_ce_qui_ouvre_un_dossier_est_signale_et_le_plus_grave_vient_en_dernier():
    codes = list(ALERTES)
    assert set(OUVRENT) < set(SIGNALES) < set(codes)
    assert [codes.index(c) for c in SIGNALES] == sorted(codes.index(c) for c in SIGNALES)
    assert list(SIGNALES) == codes[-3:]


@pytest.mark.parametrize("mots", [STATUTS, VERDICTS, {c: ALERTES[c] for c in SIGNALES}])
def test_deux_mots_d_un_lexique_n_ont_pas_le_meme_signe(mots):
    assert len({m.signe for m in mots.values()} - {""}) == len(mots)


def test_chaque_indicateur_parle_avec_les_mots_du_vocabulaire():
    for code, declaration in catalogue().items():
        assert declaration.nature in vocabulaire.NATURES, code
        assert declaration.sens in vocabulaire.PROGRES, code


def test_une_unite_dit_comment_elle_s_ecrit():
    assert ecrire(0.1234, "%") == "12,3\u202f%"
    assert ecrire(5.4545, "€/m²") == "5,45\u00a0€/m²"
    assert UNITES["‰"].multiplicateur == vocabulaire.multiplier("‰") == 1000
    assert vocabulaire.multiplier("logements") == 1

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
#: Ce qui lit un fichier écrit à la main, ou nomme des colonnes, énumère encore des niveaux.
AILLEURS = {
    "lecture/tables.py", "exemple/depots.py",
}  # fmt: skip


def test_un_lexique_ne_se_recopie_pas():
    """Trois codes d'un même lexique, et rien d'autre, dans une suite écrite à la main."""
    copies, codes = [], {nom: set(lexique) for nom, lexique in LEXIQUES.items()}
    for module in SOURCE.rglob("*.py"):
        relatif = module.relative_to(SOURCE).as_posix()
        if relatif in {"vocabulaire.py", *AILLEURS}:
            continue
        for noeud in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            cites = {getattr(e, "value", None) for e in getattr(noeud, "elts", [])}
            if len(cites) > 2:
                copies += [(relatif, noeud.lineno, nom) for nom, siens in codes.items() if cites <= siens]
    assert not copies


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

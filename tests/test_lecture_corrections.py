"""Corrections gardées et explications."""

from __future__ import annotations

import pandas as pd
import pytest
from atelier_lecture import Atelier

from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture import preparer

ENTREE = {
    "annee": "2010",
    "deposant": "neolia",
    "table": "logements",
    "id": "L1",
    "colonne": "surface_m2",
    "attendu": '"605"',
    "remplacer_par": '"60,5"',
    "motif": "virgule oubliée",
    "auteur": "service patrimoine",
    "date": "2011-02-14",
}


def entree(sans: tuple = (), **changements) -> str:
    valeurs = {**{k: v for k, v in ENTREE.items() if k not in sans}, **changements}
    return "  - " + "\n    ".join(f"{cle}: {valeur}" for cle, valeur in valeurs.items()) + "\n"


def corriges(tmp_path, *entrees: str, **valeurs):
    atelier = Atelier(tmp_path)
    atelier.lignes["logements"][0].update(valeurs)
    atelier.deposer_tout()
    atelier.corriger("corrections:\n" + "".join(entrees))
    return atelier, atelier.verifier()


def test_une_correction_remplace_la_valeur_attendue(tmp_path):
    _, depots = corriges(tmp_path, entree(), surface_m2="605")
    assert depots.accepte, depots.message()
    assert depots.tables[2010, "neolia", "logements"]["surface_m2"].iloc[0] == 60.5
    assert depots.corrections["statut"].tolist() == ["appliquee"]
    assert [t.nombre for f in depots.fichiers for t in f.traitements] == [1]


def test_une_correction_repare_un_refus(tmp_path):
    _, depots = corriges(tmp_path, entree(attendu='"60,5 m²"'), surface_m2="60,5 m²")
    assert depots.accepte, depots.message()


@pytest.mark.parametrize("ecriture", ["60.5", "60,50", '"60,5"'])
def test_la_valeur_attendue_se_compare_comme_un_nombre(tmp_path, ecriture):
    _, depots = corriges(tmp_path, entree(attendu=ecriture, remplacer_par="61"))
    assert depots.accepte, depots.message()


@pytest.mark.parametrize(
    ("changements", "raison"),
    [
        ({"attendu": "42"}, "la valeur attendue n'est pas celle du fichier."),
        ({"id": "L99"}, "cet identifiant n'est pas dans le fichier."),
        ({"deposant": "gbh"}, "aucun fichier accepté pour cette table et cette année."),
    ],
)
def test_une_correction_sans_prise_est_refusee(tmp_path, changements, raison):
    _, depots = corriges(tmp_path, entree(**changements), surface_m2="605")
    assert not depots.accepte
    assert raison in depots.message()
    assert "La correction n'est pas appliquée." in depots.message()
    assert depots.corrections["statut"].tolist() == ["refusee"]
    assert depots.tables[2010, "neolia", "logements"]["surface_m2"].iloc[0] == 605


def test_une_explication_accompagne_l_avertissement(tmp_path):
    explication = entree(sans=("remplacer_par",), colonne="loyer_eur", attendu="12", explication="logement de gardien")
    atelier, depots = corriges(tmp_path, explication, loyer_eur="12")
    assert depots.accepte, depots.message()
    preparer(atelier.config, depots)
    doutes = pd.read_parquet(tmp_path / "data/prepare/avertissements.parquet")
    assert doutes[["ligne", "regle", "explication"]].values.tolist() == [
        [2, "loyer_invraisemblable", "logement de gardien"]
    ]
    assert doutes["message"].tolist() == ["« 12 » : loyer inférieur à 1 €/m² ou supérieur à 30 €/m²."]
    assert "logement de gardien" in (tmp_path / "data/prepare/rapports/2010/neolia.html").read_text("utf-8")


def test_une_explication_sans_avertissement_est_refusee(tmp_path):
    _, depots = corriges(tmp_path, entree(sans=("remplacer_par",), attendu="605", explication="x"), surface_m2="60,5")
    assert "n'est pas celle du fichier" in depots.message()
    _, depots = corriges(tmp_path / "b", entree(sans=("remplacer_par",), attendu="60.5", explication="x"))
    assert "aucun avertissement ne porte sur cette cellule" in depots.message()


@pytest.fixture(autouse=True)
def _dossier_b(tmp_path):
    (tmp_path / "b").mkdir()


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("corrections: [", "ce n'est pas du YAML valide"),
        ("autre: 1", "« autre » est inconnu. Clés admises : corrections."),
        ("corrections: {a: 1}", "doit être une liste"),
        ("corrections: [3]", "ligne 1 : entrée n° 1 n'est pas une suite"),
        (
            "corrections:\n" + entree(sans=("motif", "date")),
            "« motif » manque.\n  - ligne 2 : entrée n° 1 : « date » manque.",
        ),
        ("corrections:\n" + entree(explication="x"), "l'un des deux"),
        (
            "corrections:\n" + entree(annee="2004"),
            "« annee » : « 2004 » est inconnu. Valeurs admises : 2009, 2010.",
        ),
        ("corrections:\n" + entree(table="locataires"), "« table » : « locataires » est inconnu"),
        ("corrections:\n" + entree(colonne="nom"), "n'a pas de colonne « nom »"),
        ("corrections:\n" + entree(date="hier"), "« date » s'écrit AAAA-MM-JJ."),
        ("corrections:\n" + entree(valeur="1"), "« valeur » est inconnu. Clés admises : annee, deposant,"),
        ("corrections:\n" + entree(attendu="[1]"), "« attendu » doit être un texte ou un nombre"),
        (
            "corrections:\n" + entree() + entree(),
            "ligne 12 : entrée n° 2 : la même cellule est déjà corrigée",
        ),
    ],
)
def test_un_fichier_mal_ecrit_est_refuse(tmp_path, texte, attendu):
    atelier = Atelier(tmp_path)
    atelier.corriger(texte)
    with pytest.raises(ErreurConfiguration) as refus:
        atelier.verifier()
    assert attendu in str(refus.value)


def test_la_trace_ne_porte_aucune_valeur(tmp_path):
    _, depots = corriges(tmp_path, entree(), surface_m2="605")
    assert list(depots.corrections) == [
        "annee", "deposant", "table", "id", "colonne", "motif", "auteur", "date", "statut",
    ]  # fmt: skip
    assert "605" not in depots.corrections.to_csv()

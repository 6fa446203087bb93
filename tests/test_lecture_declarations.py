"""La configuration et les ruptures mal écrites : refusées avec la liste de tout ce qui ne va pas."""

from __future__ import annotations

import pytest

from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.ruptures import lire_ruptures


def test_les_types_de_la_configuration(tmp_path):
    (tmp_path / "observatoire.yml").write_text(
        """
territoire: {nom: Besançon, code: "25056", a: 3}
edition: {annees: [2010]}
charte: adoptée
niveaux: ville
signataires: la ville
bailleurs:
  - {code: 12, nom: [GBH]}
  - {code: adoma, nom: ADOMA, parc_declare: 640, tables: logements}
chemins: {brut: 3}
""",
        encoding="utf-8",
    )
    with pytest.raises(ErreurConfiguration) as erreur:
        lire_configuration(tmp_path / "observatoire.yml")
    message = str(erreur.value)
    for attendu in (
        "observatoire.yml : 9 problèmes.",
        "ligne 2 : « territoire » : « a » doit être un texte",
        "« charte » n'est pas une suite de « clé: valeur ». Clés admises : nom, adoption, duree_ans.",
        "« niveaux » doit être une liste.",
        "« signataires » doit être une liste.",
        "ligne 8 : bailleur n° 1 : « code » doit être un texte (mettre des guillemets).",
        "ligne 8 : bailleur n° 1 : « nom » doit être un texte",
        "« parc_declare » n'est pas une suite de « clé: valeur ». Clés admises : logements, source.",
        "ligne 9 : bailleur « adoma » : « tables » doit être une liste.",
        "ligne 10 : « chemins » : « brut » doit être un texte",
    ):
        assert attendu in message, message


@pytest.mark.parametrize(
    ("contenu", "messages"),
    [
        ("- annee: [", ["ruptures.yml, ligne 2 : ce n'est pas du YAML valide."]),
        ("annee: 2009", ["le fichier doit être une liste"]),
        (
            "- une phrase\n- {annee: deux mille, indicateurs: {a: 1}, libelle: l, description: d, source: s}",
            [
                "rupture n° 1 n'est pas une suite de « clé: valeur ». Clés admises : annee, genre, indicateurs,",
                "rupture n° 2 : « annee » : « deux mille » n'est pas une année, de 1900 à 2100.",
                "rupture n° 2 : « indicateurs » doit être une liste",
            ],
        ),
    ],
)
def test_ruptures_mal_ecrites(tmp_path, contenu, messages):
    (tmp_path / "ruptures.yml").write_text(contenu + "\n", encoding="utf-8")
    with pytest.raises(ErreurConfiguration) as erreur:
        lire_ruptures(tmp_path, {})
    for message in messages:
        assert message in str(erreur.value)

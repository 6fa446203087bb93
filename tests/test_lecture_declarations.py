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
        "observatoire.yml : 9 problème(s).",
        "territoire : « a » n'est pas un texte",
        "« charte » doit être une suite de « clé: valeur ».",
        "« niveaux » doit être une liste.",
        "« signataires » doit être une liste.",
        "bailleurs, 12 : « code » n'est pas un texte (mettre des guillemets).",
        "bailleurs, 12 : « nom » n'est pas un texte",
        "bailleurs, adoma : « parc_declare » doit s'écrire {logements: 640, source: …}.",
        "bailleurs, adoma : « tables » doit être une liste.",
        "chemins : « brut » n'est pas un texte.",
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
                "rupture n° 1 : ce n'est pas une suite de « clé: valeur ».",
                "rupture n° 2 : « annee » doit être une année",
                "rupture n° 2 : « indicateurs » doit être un code",
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

"""Les mentions légales et la déclaration d'accessibilité : ce que la configuration en dit, et rien de plus."""

from __future__ import annotations

from collections.abc import Iterator

from observatoire.configuration import PUBLIQUE
from observatoire.diffusion.notices import licence
from observatoire.echappement import pour_myst

ABSENT = "*non renseigné*"
#: Ce que demande la loi pour la confiance dans l'économie numérique (2004, art. 1-1), par clé de la configuration.
_MENTIONS = {
    "editeur": "Éditeur", "directeur": "Directeur ou directrice de la publication", "hebergeur": "Hébergeur",
    "adresse": "Adresse du site",
}  # fmt: skip
_NON_RENSEIGNE = (
    "Ce qui n'est pas renseigné est à écrire sous « publication », dans la configuration du site, avant de l'ouvrir "
    "à tous."
)


def pages_de_mentions(edition: dict) -> Iterator[tuple[str, str]]:
    """(page, Markdown) des deux pages ; ``edition`` : ``edition.json``."""
    yield "mentions", _mentions(edition)
    yield "accessibilite", _accessibilite(edition)


def _mentions(edition: dict) -> str:
    dites, droit = edition.get("publication", {}), licence(edition)
    rangs = [f"- **{nom}** : {_dire(dites, cle)}" for cle, nom in _MENTIONS.items()]
    ouverte = f"[{pour_myst(droit.nom)}]({droit.adresse})" if droit.adresse else pour_myst(droit.nom)
    parties = ["# Mentions légales", "\n".join(rangs)]
    if any(cle not in dites for cle in _MENTIONS):
        parties.append(_NON_RENSEIGNE)
    if edition.get("fictif"):
        parties.append("Les données de ce site sont fictives : elles n'engagent aucun des organismes qu'il nomme.")
    return "\n\n".join(
        [
            *parties,
            "## Données et droits",
            f"Les données : {ouverte}. Le logiciel : licence GPL 3.0 ou ultérieure.",
            "## Vie privée",
            "Ce site ne dépose aucun cookie, ne mesure pas son audience et n'appelle aucun autre site. Aucune donnée "
            "n'y désigne une personne : ce qui est caché, et pourquoi, est dit sur chaque page.",
            "",
        ]
    )


def _accessibilite(edition: dict) -> str:
    """La déclaration, sur le plan du modèle de l'État (RGAA 4.1) ; aucune conformité n'y est dite sans audit."""
    dites = edition.get("publication", {})
    qui = pour_myst(dites["editeur"]) if "editeur" in dites else f"L'éditeur de ce site ({ABSENT})"
    ou = "" if edition["public"] == PUBLIQUE else " Cette édition est réservée aux signataires."
    return f"""# Accessibilité

{qui} s'engage à rendre son site accessible, conformément à l'article 47 de la loi n° 2005-102 du 11 février
2005. Cette déclaration s'applique à l'ensemble de ce site.{ou}

## État de conformité

**Non établi** : le site n'a pas été audité selon le référentiel général d'amélioration de l'accessibilité (RGAA
4.1). Il ne peut donc être dit ni conforme, ni partiellement conforme.

## Ce qui est vérifié à chaque construction

- axe-core (règles WCAG 2.1, niveaux A et AA, et bonnes pratiques) sur une page de chaque sorte, large et sur
  téléphone : aucun défaut n'est admis ;
- les documents PDF sont balisés, et validés selon PDF/UA-1 par veraPDF ;
- chaque figure a un titre, un texte de remplacement et le tableau de ses valeurs ; aucune information ne tient
  à la seule couleur ;
- tout se lit sans JavaScript, sauf la recherche et l'explorateur, dont chaque indicateur a une version
  statique.

Un outil ne voit qu'une partie des défauts.

## Contenus dont on sait qu'ils sont imparfaits

- les cartes : chaque territoire s'y suit au clavier, mais leur lecture commode passe par le tableau qui les
  accompagne ;
- les formules des fiches, en MathML, que toutes les aides techniques ne lisent pas de la même façon ;
- les fichiers CSV, qui ne portent pas de balise : le classeur en est la version accessible.

## Signaler un défaut

Contact : {_dire(dites, "contact")}. Une réponse et, s'il le faut, une autre forme du contenu sont dues.

## Voies de recours

Sans réponse satisfaisante : le [Défenseur des droits](https://www.defenseurdesdroits.fr/nous-contacter-355), en
ligne, auprès de son délégué dans le département, ou par courrier gratuit, sans timbre : Défenseur des droits,
Libre réponse 71120, 75342 Paris CEDEX 07.
"""


def _dire(dites: dict, cle: str) -> str:
    return pour_myst(dites[cle]) if cle in dites else ABSENT

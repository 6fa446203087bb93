"""La mixité : des indices de ce qui paraît, et leur changement."""

from observatoire.tables.colonnes import (
    ANNEE,
    BORNES,
    DEPART,
    NIVEAU,
    REPONSE,
    STATUT,
    TERRITOIRE,
    VALEUR_DEPART,
    VARIATION,
    code,
    entier,
    nombre,
    texte,
)
from observatoire.tables.contrat import PROTECTION, PUBLIE, Table
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, INDICATEURS_PUBLIES

CLES = (ANNEE, NIVEAU, TERRITOIRE, code("groupe", "groupe réparti"), code("indice", "indice"))
_INDICE = nombre("valeur", "indice")
_UNITES = entier("unites", "unités comparées", "unités")
_RESTE = nombre("part_reste", "part du tout dont les unités sont inconnues")

MIXITE = Table(
    "mixite", PUBLIE, "les indices de mixité", PROTECTION,
    cles=CLES,
    mesures=(
        _INDICE, *BORNES, nombre("attendu_hasard", "indice que donnerait le hasard"),
        nombre("p_hasard", "probabilité que le hasard en donne autant"), _UNITES,
        nombre("menages", "ménages comptés", "ménages"), _RESTE, REPONSE, STATUT,
    ),
    de=(INDICATEURS_PUBLIES,), sources=("barèmes",), protection="calculée sur ce qui paraît",
)  # fmt: skip
EVOLUTION = Table(
    "mixite_evolution", PUBLIE, "ce qui a changé d'un indice", PROTECTION,
    cles=(DEPART, *CLES),
    mesures=(
        VALEUR_DEPART, _INDICE, VARIATION, *BORNES, nombre("structure", "part due aux lieux"),
        nombre("composition", "part due aux groupes"), _UNITES, _RESTE, STATUT,
        texte("absents", "bailleurs laissés de côté aux deux dates"),
    ),
    de=(INDICATEURS_PUBLIES, CONSTANTS_PUBLIES), sources=("barèmes",), protection=MIXITE.protection,
)  # fmt: skip
FICHES = Table(
    "fiches_mixite", PUBLIE, "la fiche de chaque indice", PROTECTION,
    protection="public de toute façon", nom_du_fichier="mixite.json",
)  # fmt: skip

"""Les variations : ce qui a changé entre deux années, et chez qui."""

from observatoire.tables.colonnes import (
    ANNEE,
    BAILLEUR,
    BORNES,
    DENOMINATEUR,
    DEPART,
    INDICATEUR,
    NIVEAU,
    TERRITOIRE,
    VALEUR,
    VALEUR_DEPART,
    VARIATION,
    entier,
    nombre,
    texte,
)
from observatoire.tables.contrat import PREPARE, PROTECTION, PUBLIE, Etape, Purge, Table
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, COUVERTURE, INDICATEURS_PUBLIES

CALCUL = Etape("variations", "observatoire.sujets.variations.calcul.etape")
_CLES = (DEPART, ANNEE, NIVEAU, TERRITOIRE, BAILLEUR, INDICATEUR)
#: Ceux qui sont là aux deux dates et dont la réponse est connue, d'après le trait que compte l'indicateur.
_RESTENT = {
    "restes": "présents aux deux dates, réponse connue", "gardes": "ont le trait aux deux dates",
    "gagnes": "ne l'avaient pas, l'ont", "perdus": "l'avaient, ne l'ont plus",
}  # fmt: skip
RESTENT = tuple(_RESTENT)
#: Ceux qui sont là aux deux dates, une année après l'autre, et ne répondent plus : ce qu'ils disaient.
_MUETS = {
    "muets": "là aux deux dates, ne répondent plus à la seconde", "muets_avec": "dont : avaient le trait à la première",
}  # fmt: skip
MUETS = tuple(_MUETS)
COMPTES = RESTENT + MUETS

PASSAGES = Table(
    "passages", PREPARE, "ceux qui sont là aux deux dates, et qui a gagné ou perdu un trait, exact", CALCUL,
    cles=_CLES,
    mesures=(
        *(entier(nom, libelle, "unités") for nom, libelle in (_RESTENT | _MUETS).items()),
        *(entier(f"cle_{nom}", f"clé du compte {nom}") for nom in COMPTES),
    ),
    de=(COUVERTURE,), sources=("tables préparées", "catalogue", "barèmes"),
    purge=Purge(annees=(0, 1), petits="retirés"),
)  # fmt: skip
VARIATIONS = Table(
    "variations", PUBLIE, "ce qui a changé d'un indicateur entre deux années, bailleurs constants", PROTECTION,
    cles=_CLES,
    mesures=(
        VALEUR_DEPART, nombre("denominateur_depart", "ce qui compte en bas, au départ"), VALEUR, DENOMINATEUR,
        VARIATION, *BORNES,
        nombre("probabilite", "probabilité d'une telle variation s'il n'y en avait aucune"),
        *(nombre(nom, libelle, "unités") for nom, libelle in (_RESTENT | _MUETS).items()),
        nombre("imputee", "part, les muets comptés comme ils répondaient un an plus tôt"),
        texte("absents", "bailleurs laissés de côté aux deux dates"),
    ),
    de=(INDICATEURS_PUBLIES, CONSTANTS_PUBLIES, PASSAGES), protection="comptes bruités ; trop petits, cachés",
    extraite=True,
)  # fmt: skip

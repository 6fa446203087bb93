"""La revue de la charte : de l'état zéro à la dernière année, ce qui a changé et pourquoi."""

from observatoire.sujets.objectifs.tables import CONFORMITE, ENGAGEMENTS
from observatoire.sujets.variations.tables import VARIATIONS
from observatoire.tables.colonnes import (
    ANNEE,
    BAILLEUR,
    CONSTAT,
    DENOMINATEUR,
    DEPART,
    INDICATEUR,
    LIBELLE,
    MOTIF,
    NIVEAU,
    QUARTIER,
    SOURCE,
    STATUT,
    TERRITOIRE,
    VALEUR,
    VALEUR_DEPART,
    VARIATION,
    VERDICT,
    code,
    date,
    entier,
    nombre,
    texte,
)
from observatoire.tables.contrat import ECRITS, PREPARE, PROTECTION, PUBLIE, Etape, Purge, Table
from observatoire.tables.depots import DEPOTS
from observatoire.tables.edition import RUPTURES
from observatoire.tables.indicateurs import CONSTANTS_PUBLIES, COUVERTURE_PUBLIEE, INDICATEURS_PUBLIES

CALCUL = Etape("revue", "observatoire.sujets.revue.calcul.etape")
COMPOSANTE = code("composante", "ce qui a changé")
ORIGINE = code("origine", "engagement, objectif ou part suivie")
#: Les bailleurs que compte une décomposition : tous, ou ceux qui sont là aux deux dates.
COURANT, CONSTANT = "courant", "constant"
#: Ménages, répondants et ménages qui ont le trait, avant puis après.
COMPTES = ("menages0", "menages1", "n0", "x0", "n1", "x1")
#: Ceux qui se publient, donc se bruitent ; la clé de chacun est à côté de lui.
BRUITES = ("x0", "n0", "x1", "n1")
MESURES = (
    VALEUR_DEPART, nombre("denominateur_depart", "ce qui compte en bas, au départ"), VALEUR, DENOMINATEUR,
    nombre("ecart", "écart depuis le départ"), nombre("ecart_bas", "borne basse de l'écart"),
    nombre("ecart_haut", "borne haute de l'écart"), nombre("effet_minimal", "plus petit écart qui se verrait"),
)  # fmt: skip

FLUX = Table(
    "revue_flux", PREPARE, "qui est entré, sorti, resté, d'une année à l'autre", CALCUL,
    cles=(ANNEE, QUARTIER, BAILLEUR, INDICATEUR, COMPOSANTE),
    mesures=(
        *(entier(c, f"compte {c}", "ménages") for c in COMPTES), *(entier(f"cle_{c}", f"clé de {c}") for c in BRUITES),
    ),
    de=(DEPOTS,), sources=("tables préparées", "barèmes"), purge=Purge(annees=(0, 1)),
)  # fmt: skip

DECOMPOSITION = Table(
    "revue_decomposition", PUBLIE, "de quoi la variation d'une part est faite", PROTECTION,
    cles=(DEPART, ANNEE, NIVEAU, TERRITOIRE, INDICATEUR, code("perimetre", "courant ou constant"), COMPOSANTE),
    mesures=(
        VALEUR_DEPART, VALEUR, VARIATION, nombre("contribution", "ce qu'elle y apporte"), STATUT, MOTIF,
        texte("absents", "bailleurs laissés de côté aux deux dates"),
    ),
    de=(FLUX, INDICATEURS_PUBLIES, CONSTANTS_PUBLIES, COUVERTURE_PUBLIEE),
    protection="comptes bruités ; trop petits, réunis", facultative=True,
)  # fmt: skip
OBJECTIFS = Table(
    "revue_objectifs", PUBLIE, "chaque engagement, objectif ou part suivie, de l'état zéro à la fin", ECRITS,
    cles=(ORIGINE, code("code", "code"), LIBELLE, INDICATEUR, NIVEAU, TERRITOIRE, BAILLEUR, DEPART, ANNEE),
    mesures=(
        *MESURES, code("sens", "hausse, baisse ou indécis"), nombre("cible", "objectif"),
        nombre("jusque", "haut de l'objectif"), code("cible_sens", "au moins ou au plus"), VERDICT, CONSTAT,
        texte("raison", "pourquoi ce verdict"), code("pertinence", "est-ce à portée"),
        nombre("probabilite", "probabilité d'y arriver"), texte("proposition", "à discuter"), STATUT, MOTIF,
    ),
    de=(INDICATEURS_PUBLIES, VARIATIONS, ENGAGEMENTS, CONFORMITE, RUPTURES), protection="calculée sur ce qui paraît",
    facultative=True,
)  # fmt: skip
ECARTS = Table(
    "revue_ecarts", PUBLIE, "ce qui a changé de la règle depuis l'état zéro", ECRITS,
    cles=(
        code("revision", "révision de l'état zéro"), date("date", "jour de l'état zéro"),
        code("engagement", "code de l'engagement"),
    ),
    mesures=(
        LIBELLE, code("ecart", "ajouté, retiré, modifié"), code("champ", "champ changé"),
        texte("au_depart", "ce qu'il disait"), texte("a_la_fin", "ce qu'il dit"),
        code("verdict_initial", "verdict selon la règle du départ"), code("statut_initial", "son statut"), VERDICT,
        code("statut_verdict", "son statut"), STATUT, MOTIF,
    ),
    de=(INDICATEURS_PUBLIES, ENGAGEMENTS), sources=("suivi/engagements.yml",), protection="jugés sur ce qui paraît",
    facultative=True,
)  # fmt: skip
CONTEXTE = Table(
    "contexte", PUBLIE, "ce que les fichiers ouverts du RPLS disent ailleurs", PROTECTION,
    cles=(ANNEE, code("echelle", "commune ou EPCI"), TERRITOIRE, INDICATEUR),
    mesures=(texte("nom", "nom du territoire"), VALEUR, DENOMINATEUR, SOURCE, STATUT),
    sources=("référentiels/contexte",), protection="public de toute façon", facultative=True,
)  # fmt: skip

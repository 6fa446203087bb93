"""Les engagements des textes, jugés chaque année ; les attributions, conformes, comparées, et après quelle attente."""

from observatoire.sujets.alertes.tables import ACTIONS, ALERTES
from observatoire.tables.colonnes import (
    ANNEE,
    BAILLEUR,
    BORNES,
    CELLULE,
    CONSTAT,
    COUVERTURE,
    DENOMINATEUR,
    INDICATEUR,
    LIBELLE,
    LIEU,
    NIVEAU,
    NUMERATEUR,
    SOURCE,
    STATUT,
    TERRITOIRE,
    VERDICT,
    booleen,
    code,
    date,
    entier,
    nombre,
    texte,
)
from observatoire.tables.contrat import ECRITS, PREPARE, PROTECTION, PUBLIE, Etape, Purge, Table
from observatoire.tables.depots import DEPOTS, ORIGINE
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

CALCUL = Etape("attributions", "observatoire.sujets.objectifs.calcul.etape")
_DES_PUBLIEES = "calculée sur ce qui paraît"
_ECARTS = tuple(
    nombre(f"{nom}{suite}", f"{libelle}{dit}")
    for nom, libelle in (("ecart_parc", "entrants moins parc d'avant"), ("ecart_sortants", "entrants moins sortants"))
    for suite, dit in (("", ""), ("_bas", ", borne basse"), ("_haut", ", borne haute"))
)
_VALEUR = (nombre("valeur", "mois, ou part au seuil"), *BORNES)
_MODALITE = (
    ANNEE, code("groupe", "selon quoi"), code("modalite", "modalité"), code("mesure", "quartile de l'attente, ou part"),
)  # fmt: skip

DEPLACEMENTS = Table(
    "attributions_deplacements", PREPARE, "ce qui, entre bailleurs, tient aux logements", CALCUL,
    cles=CELLULE, mesures=(nombre("deplacement", "ce qui s'ajoute à l'écart"),), de=(DEPOTS,),
    sources=("tables préparées", "barèmes"), purge=Purge(),
)  # fmt: skip
ATTENTES = Table(
    "attributions_attente", PREPARE, "les délais d'attente, exacts", CALCUL,
    cles=_MODALITE,
    mesures=(
        *_VALEUR, nombre("risque", "demandes observées à cet âge", "demandes"),
        nombre("satisfaites", "demandes satisfaites dans l'année", "demandes"),
        nombre("en_attente", "demandes qui attendent au 31 décembre", "demandes"),
    ),
    sources=("tables préparées", "barèmes"), purge=Purge(),
)  # fmt: skip

#: Ce que l'effectif permet de voir huit fois sur dix.
DECELABLES = (
    nombre("decelable_bas", "vraie valeur au plus, pour un verdict huit fois sur dix"),
    nombre("decelable_haut", "vraie valeur au moins, pour un verdict huit fois sur dix"),
)

CONFORMITE = Table(
    "attributions_conformite", PUBLIE, "chaque objectif d'attribution, chaque année", ECRITS,
    cles=(*CELLULE, code("objectif", "code de l'objectif")),
    mesures=(
        code("origine", "loi ou Conférence"), code("sens", "plafond ou plancher"), nombre("cible", "objectif"),
        date("depuis", "en vigueur depuis"), date("jusque", "en vigueur jusque"), SOURCE,
        *DECELABLES, CONSTAT, VERDICT, STATUT,
    ),
    de=(INDICATEURS_PUBLIES,), sources=("suivi/engagements.yml", "barèmes"), protection=_DES_PUBLIEES, facultative=True,
)  # fmt: skip
PROFILS = Table(
    "attributions_profils", PUBLIE, "les entrants face au parc d'avant et aux sortants", PROTECTION,
    cles=(*LIEU, code("trait", "trait comparé")),
    mesures=(
        *_ECARTS, code("statut_parc", "statut de l'écart au parc"),
        code("statut_sortants", "statut de l'écart aux sortants"), STATUT,
    ),
    de=(INDICATEURS_PUBLIES,), protection=_DES_PUBLIEES, facultative=True,
)  # fmt: skip
COTE_A_COTE = Table(
    "attributions_cote_a_cote", PUBLIE, "chaque bailleur face aux autres du même lieu", PROTECTION,
    cles=CELLULE,
    mesures=(
        nombre("autres", "part des autres bailleurs"),
        nombre("ecart", "écart aux autres"), nombre("ecart_bas", "borne basse"), nombre("ecart_haut", "borne haute"),
        nombre("standardise", "écart à logements égaux"), nombre("standardise_bas", "borne basse"),
        nombre("standardise_haut", "borne haute"), code("sens", "plus, moins ou semblable"),
        entier("nb_comparaisons", "comparaisons faites", "comparaisons"), STATUT,
    ),
    de=(INDICATEURS_PUBLIES, DEPLACEMENTS), protection=_DES_PUBLIEES, facultative=True,
)  # fmt: skip
ATTENTES_PUBLIEES = Table(
    "attributions_attente", PUBLIE, "les délais d'attente", PROTECTION,
    cles=_MODALITE, mesures=(*_VALEUR, STATUT), de=(ATTENTES, INDICATEURS_PUBLIES),
    protection="mois entiers, parts au centième ; petits effectifs cachés", facultative=True,
)  # fmt: skip

#: Ce qui décrit un engagement, le même toutes les années.
DECRITS = (
    code("texte", "texte qui le porte"), texte("texte_nom", "nom du texte"), texte("texte_note", "note sur le texte"),
    texte("article", "article"), LIBELLE, texte("titulaires", "qui s'engage"), code("nature", "moyens ou résultat"),
    code("genre", "genre"), code("rythme", "rythme"), INDICATEUR, NIVEAU, TERRITOIRE, BAILLEUR,
    code("sens", "au moins ou au plus"), nombre("tolerance", "tolérance"),
    booleen("arithmetique", "la règle se lit sur la valeur elle-même"),
)  # fmt: skip
#: L'objectif en vigueur.
CIBLES = (
    nombre("cible", "objectif"), nombre("jusque", "haut de l'objectif, s'il est une fourchette"),
    date("cible_depuis", "objectif en vigueur depuis"), entier("echeance", "échéance", "année"),
    texte("adoptee_par", "qui l'a adopté"), texte("cible_source", "d'où vient l'objectif"),
)  # fmt: skip
ETAT_ZERO = (
    entier("zero_annee", "année de l'état zéro"), nombre("zero_valeur", "valeur à l'état zéro"),
    texte("zero_source", "d'où elle vient"),
)  # fmt: skip
#: Ce qui vient d'une cellule publiée de l'indicateur, et manque avec elle.
MESURES = (
    NUMERATEUR, DENOMINATEUR, nombre("observe", "valeur observée"), nombre("bas", "borne basse du verdict"),
    nombre("haut", "borne haute du verdict"), COUVERTURE, *DECELABLES,
)  # fmt: skip
JUGES = (
    entier("faits", "faits constatés", "faits"), entier("attendus", "faits attendus", "faits"), VERDICT, CONSTAT,
    texte("raison", "pourquoi ce verdict"), STATUT,
)  # fmt: skip

ENGAGEMENTS = Table(
    "engagements", PUBLIE, "chaque engagement, chaque année", ECRITS,
    cles=(ANNEE, code("engagement", "code de l'engagement")),
    mesures=(*DECRITS, *CIBLES, *ETAT_ZERO, *MESURES, *JUGES),
    de=(INDICATEURS_PUBLIES, DEPOTS, ALERTES, ACTIONS, ORIGINE), sources=("suivi/engagements.yml", "book/gouvernance"),
    protection="jugés sur ce qui paraît",
)  # fmt: skip

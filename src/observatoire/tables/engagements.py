"""Les engagements de la charte et de la convention, et les séances qui les suivent."""

from observatoire.sujets.alertes.tables import ACTIONS, ALERTES, ALERTES_PUBLIEES, DOSSIERS
from observatoire.tables.colonnes import (
    ANNEE,
    BAILLEUR,
    CONSTAT,
    COUVERTURE,
    DENOMINATEUR,
    INDICATEUR,
    LIBELLE,
    NIVEAU,
    NUMERATEUR,
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
from observatoire.tables.contrat import ECRITS, PUBLIE, Table
from observatoire.tables.depots import DEPOTS, ORIGINE
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

_GENRE = code("genre", "genre")
_TEXTE_PROPRE = "le texte, à qui la séance le donne"
SEANCE = code("seance", "séance")
#: Ce qui décrit un engagement, le même toutes les années.
DECRITS = (
    code("texte", "texte qui le porte"), texte("texte_nom", "nom du texte"), texte("texte_note", "note sur le texte"),
    texte("article", "article"), LIBELLE, texte("titulaires", "qui s'engage"), code("nature", "moyens ou résultat"),
    _GENRE, code("rythme", "rythme"), INDICATEUR, NIVEAU, TERRITOIRE, BAILLEUR, code("sens", "au moins ou au plus"),
    nombre("tolerance", "tolérance"), booleen("arithmetique", "la règle se lit sur la valeur elle-même"),
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
    nombre("haut", "borne haute du verdict"), COUVERTURE,
)  # fmt: skip
JUGES = (
    entier("faits", "faits constatés", "faits"), entier("attendus", "faits attendus", "faits"), VERDICT, CONSTAT,
    texte("raison", "pourquoi ce verdict"), STATUT,
)  # fmt: skip

SEANCES = Table(
    "seances", PUBLIE, "chaque séance", ECRITS,
    cles=(SEANCE,),
    mesures=(
        date("date", "jour"), ANNEE, _GENRE, LIBELLE, code("etat", "prévue ou tenue"), booleen("fictif", "fictive"),
        texte("presents", "présents"), texte("invites", "invités"), texte("supports", "supports"),
        booleen("entier", "ce public en lit le texte"),
    ),
    de=(ORIGINE,), sources=("book/gouvernance",), protection=_TEXTE_PROPRE,
)  # fmt: skip
DECISIONS_PUBLIEES = Table(
    "decisions", PUBLIE, "chaque décision d'une séance", ECRITS,
    cles=(SEANCE, _GENRE), mesures=(LIBELLE, texte("texte", "texte de la décision")), de=(ORIGINE,),
    sources=("book/gouvernance",), protection=_TEXTE_PROPRE,
)  # fmt: skip
ALERTES_EXAMINEES = Table(
    "alertes_examinees", PUBLIE, "chaque alerte examinée en séance", ECRITS,
    cles=(SEANCE, NIVEAU, TERRITOIRE, INDICATEUR), de=(ALERTES_PUBLIEES, DOSSIERS, ORIGINE),
    sources=("book/gouvernance",), protection="celles que ce public lit déjà",
)  # fmt: skip
ENGAGEMENTS = Table(
    "engagements", PUBLIE, "chaque engagement, chaque année", ECRITS,
    cles=(ANNEE, code("engagement", "code de l'engagement")),
    mesures=(*DECRITS, *CIBLES, *ETAT_ZERO, *MESURES, *JUGES),
    de=(INDICATEURS_PUBLIES, DEPOTS, ALERTES, ACTIONS), sources=("suivi/engagements.yml", "book/gouvernance"),
    protection="jugés sur ce qui paraît",
)  # fmt: skip

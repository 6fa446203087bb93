"""Les séances : ce qu'un public en lit, décisions et alertes examinées."""

from observatoire.sujets.alertes.tables import ACTIONS, ALERTES_PUBLIEES, DOSSIERS
from observatoire.tables.colonnes import ANNEE, INDICATEUR, LIBELLE, NIVEAU, TERRITOIRE, booleen, code, date, texte
from observatoire.tables.contrat import ECRITS, PUBLIE, Table
from observatoire.tables.depots import ORIGINE

_GENRE = code("genre", "genre")
_TEXTE_PROPRE = "le texte, à qui la séance le donne"
SEANCE = code("seance", "séance")

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
    mesures=(SEANCE, _GENRE, LIBELLE, texte("texte", "texte de la décision")), de=(ORIGINE,),
    sources=("book/gouvernance",), protection=_TEXTE_PROPRE,
)  # fmt: skip
ALERTES_EXAMINEES = Table(
    "alertes_examinees", PUBLIE, "chaque alerte examinée en séance", ECRITS,
    cles=(SEANCE, NIVEAU, TERRITOIRE, INDICATEUR), de=(ALERTES_PUBLIEES, DOSSIERS, ACTIONS, ORIGINE),
    sources=("book/gouvernance",), protection="celles que ce public lit déjà",
)  # fmt: skip

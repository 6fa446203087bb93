"""Le suivi des alertes : les dossiers, et ce qui a été fait sur chacun."""

from observatoire.tables.alertes import ALERTES, ALERTES_PUBLIEES
from observatoire.tables.colonnes import (
    INDICATEUR,
    LIBELLE,
    NIVEAU,
    QUARTIER,
    STATUT,
    TERRITOIRE,
    VERDICT,
    code,
    date,
    entier,
    texte,
)
from observatoire.tables.contrat import PREPARE, PROTECTION, PUBLIE, RIEN, Etape, Table

CALCUL = Etape("suivi", "observatoire.suivi.publication")
DOSSIER = code("dossier", "identifiant du dossier")
_LIBRES = (
    date("date", "jour de la décision", reservee=True),
    texte("trimestre", "trimestre de la décision"),
    code("pilote", "qui pilote", reservee=True),
    code("reponse", "réponse apportée"),
    code("outil", "outil employé"),
    code("decision", "ce qui a été décidé", reservee=True),
    code("issue", "issue"),
    date("date_effet", "jour de l'effet", reservee=True),
)

ACTIONS = Table(
    "actions", PREPARE, "chaque décision sur une alerte, vérifiée", CALCUL,
    cles=(DOSSIER,), mesures=(*_LIBRES, entier("ligne", "numéro de la ligne")), de=(ALERTES,),
    sources=("suivi/actions.csv",), purge=RIEN,
)  # fmt: skip

DOSSIERS = Table(
    "dossiers", PUBLIE, "chaque dossier d'alerte", PROTECTION,
    cles=(DOSSIER,),
    mesures=(
        NIVEAU, TERRITOIRE, INDICATEUR, QUARTIER,
        texte("ouverture", "trimestre d'ouverture"), texte("depuis", "trimestre de la dernière ouverture"),
        entier("ouvertures", "combien de fois il s'est ouvert", "fois"),
        code("etat", "état au trimestre de l'édition"),
        texte("resolution", "trimestre de résolution"), VERDICT, entier("annees", "années en alerte", "années"),
        code("pilote", "qui pilote", reservee=True),
        entier("trimestres_sans_pilote", "depuis combien de temps personne ne pilote", "trimestres", reservee=True),
        STATUT,
    ),
    de=(ALERTES_PUBLIEES, ACTIONS), protection="fait des seuls verdicts publiés", facultative=True, extraite=True,
)  # fmt: skip
ACTIONS_PUBLIEES = Table(
    "actions", PUBLIE, "ce qui a été fait sur chaque dossier", PROTECTION,
    cles=(DOSSIER,), mesures=_LIBRES, de=(ACTIONS, DOSSIERS), protection="celles des dossiers qui paraissent",
    facultative=True, extraite=True,
)  # fmt: skip
LIBELLES = Table(
    "libelles_du_suivi", PUBLIE, "ce qui s'écrit à la place d'un code du suivi", PROTECTION,
    cles=(code("colonne", "colonne"), code("code", "code")), mesures=(LIBELLE,),
    sources=("schémas", "observatoire.yml"), protection="public de toute façon", facultative=True, extraite=True,
)  # fmt: skip

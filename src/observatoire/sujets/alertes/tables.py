"""Les alertes, évaluées sur l'exact, puis de nouveau sur ce qui paraît ; leurs dossiers, et ce qui a été fait."""

from observatoire.sujets.variations.tables import PASSAGES
from observatoire.tables.colonnes import (
    ANNEE,
    BAILLEUR,
    DENOMINATEUR,
    INDICATEUR,
    LIBELLE,
    NIVEAU,
    QUARTIER,
    REPONSE,
    SECTEUR,
    STATUT,
    TERRITOIRE,
    VERDICT,
    code,
    date,
    entier,
    nombre,
    texte,
)
from observatoire.tables.contrat import PREPARE, PROTECTION, PUBLIE, RIEN, Etape, Purge, Table
from observatoire.tables.depots import DEPOTS, ORIGINE
from observatoire.tables.indicateurs import COMPTES, CONSTANTS, INDICATEURS, LIEUX, SANS_PETITS

CALCUL = Etape("alertes", "observatoire.sujets.alertes.calcul.etape")
CLES = (ANNEE, NIVEAU, TERRITOIRE, INDICATEUR)
_LU = ("tables préparées", "barèmes")
_DIT = (
    VERDICT,
    nombre("observe", "observé", "unités"),
    nombre("attendu", "attendu", "unités"),
    nombre("exces", "observé moins attendu", "unités"),
    nombre("exces_bas", "borne basse de l'excès", "unités"),
    nombre("exces_haut", "borne haute de l'excès", "unités"),
    nombre("ecart_points", "écart au reste"),
    nombre("proba_vigilance", "probabilité de dépasser le seuil de vigilance"),
    nombre("proba_alerte", "probabilité de dépasser le seuil d'alerte"),
    entier("nb_tests", "comparaisons faites cette année-là", "comparaisons"),
)
_EXPLIQUE = (
    DENOMINATEUR,
    REPONSE,
    QUARTIER,
    SECTEUR,
    BAILLEUR,
    nombre("lisse", "part rétrécie vers celle du reste"),
    nombre("reference", "part du reste"),
    nombre("variance", "variance de la part observée"),
    nombre("pente", "hausse annuelle de l'écart"),
    nombre("pente_bas", "borne basse de la pente"),
    nombre("pente_haut", "borne haute de la pente"),
    nombre("proba_pente", "probabilité que l'écart grandisse"),
    entier("annees_en_alerte", "années en alerte, des dernières", "années"),
    entier("concordants", "indicateurs en alerte au même lieu", "indicateurs"),
    entier("immeubles", "immeubles évalués", "immeubles"),
    entier("porteurs", "immeubles qui portent l'excès", "immeubles"),
    entier("bailleurs_concernes", "bailleurs des immeubles qui le portent", "bailleurs"),
    nombre("part_porteurs", "part de l'excès qu'ils portent"),
    code("forme", "concentrée ou diffuse"),
    nombre("part_quartier", "part de l'excès du quartier"),
)
_TUES = ("variance", "bailleur")  # l'une ne sert qu'aux pentes, l'autre qu'à compter ceux d'un quartier

ALERTES = Table(
    "alertes", PREPARE, "le verdict de chaque territoire et indicateur, exact", CALCUL,
    cles=CLES, mesures=_DIT, de=(DEPOTS,), sources=_LU, purge=SANS_PETITS,
)  # fmt: skip
AMPLEURS = Table(
    "ampleurs", PREPARE, "ce qui explique chaque verdict, exact", CALCUL,
    cles=CLES, mesures=_EXPLIQUE, de=(DEPOTS,), sources=_LU, purge=SANS_PETITS,
)  # fmt: skip
STRATES = Table(
    "strates", PREPARE, "les comptes par strate dont se refont les attendus", CALCUL,
    cles=(ANNEE,), ouverte=True, de=(DEPOTS,), sources=_LU, purge=Purge(petits="fondus"),
)  # fmt: skip

ALERTES_PUBLIEES = Table(
    "alertes", PUBLIE, "le verdict de chaque territoire et indicateur", PROTECTION,
    cles=CLES, mesures=(*_DIT, STATUT), de=(STRATES, INDICATEURS, COMPTES, LIEUX),
    protection="évaluées de nouveau, sur les comptes bruités", facultative=True, extraite=True,
)  # fmt: skip
AMPLEURS_PUBLIEES = Table(
    "ampleurs", PUBLIE, "ce qui explique chaque verdict ; les pages la lisent avec les alertes", PROTECTION,
    cles=CLES, mesures=(*(c for c in _EXPLIQUE if c.nom not in _TUES), STATUT), de=ALERTES_PUBLIEES.de,
    protection=ALERTES_PUBLIEES.protection, facultative=True,
)  # fmt: skip

CHANGEMENTS = Table(
    "changements", PUBLIE, "qui gagne, perd ou apporte un trait, d'une année à la suivante", PROTECTION,
    cles=(*CLES, code("mouvement", "gagnés ou perdus par qui reste, ou arrivés")),
    mesures=(
        VERDICT, nombre("observe", "observé", "unités"), nombre("exposes", "à qui il pouvait arriver", "unités"),
        *_DIT[2:], QUARTIER, STATUT,
    ),
    de=(INDICATEURS, CONSTANTS, PASSAGES, LIEUX), protection="évalués sur les comptes bruités", facultative=True,
    extraite=True,
)  # fmt: skip

SUIVI = Etape("suivi", "observatoire.sujets.alertes.calcul.suivi")
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
    "actions", PREPARE, "chaque décision sur une alerte, vérifiée", SUIVI,
    cles=(DOSSIER,), mesures=(*_LIBRES, entier("ligne", "numéro de la ligne")), de=(ALERTES, ORIGINE),
    sources=("suivi/actions.csv", "book/gouvernance"), purge=RIEN,
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

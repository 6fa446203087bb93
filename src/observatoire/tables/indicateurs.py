"""Les indicateurs : ce qui est calculé, et ce qui en paraît."""

from observatoire.tables.colonnes import (
    ANNEE,
    BAILLEUR,
    CELLULE,
    DEPART,
    INDICATEUR,
    MESURES,
    NIVEAU,
    STATUT,
    TERRITOIRE,
    code,
    entier,
    nombre,
    texte,
)
from observatoire.tables.contrat import PREPARE, PROTECTION, PUBLIE, RIEN, Etape, Purge, Table
from observatoire.tables.depots import DEPOTS

CALCUL = Etape("indicateurs", "observatoire.indicateurs.calcul")
SANS_PETITS = Purge(petits="retirés")
BRUITES = "comptes bruités ; trop petits, cachés"
_LU = ("tables préparées", "catalogue", "barèmes")
_PARC = (
    entier("logements_livres", "logements dont le bailleur a déposé", "logements"),
    entier("logements_connus", "logements connus", "logements"),
)
_LIVREE = (ANNEE, BAILLEUR, INDICATEUR)
_DISPONIBLE = code("statut", "livré, ou pourquoi il manque")
#: Une date d'une comparaison : ``annee`` est l'une des deux, de ``depart`` à ``arrivee``.
COMPARAISON = (DEPART, entier("arrivee", "année d'arrivée"), *CELLULE)
#: Les comptes qui portent une clé, donc un bruit.
ROLES = ("numerateur", "denominateur", "concernes", "effectif")

INDICATEURS = Table(
    "indicateurs", PREPARE, "chaque indicateur en chaque lieu, exact", CALCUL,
    cles=CELLULE, mesures=(*MESURES, STATUT), de=(DEPOTS,), sources=_LU, purge=SANS_PETITS,
)  # fmt: skip
COMPTES = Table(
    "comptes", PREPARE, "les unités de chaque valeur et leurs clés, ligne à ligne avec les indicateurs", CALCUL,
    cles=CELLULE,
    mesures=(
        nombre("effectif", "unités de la cellule"), nombre("concernes", "unités dont la réponse était attendue"),
        nombre("erreur", "erreur type d'une moyenne"),
        *(entier(f"cle_{role}", f"clé du compte {role}") for role in ROLES),
    ),
    de=(DEPOTS,), sources=_LU, purge=SANS_PETITS,
)  # fmt: skip
COUVERTURE = Table(
    "couverture", PREPARE, "ce que chaque bailleur a livré de chaque indicateur", CALCUL,
    cles=_LIVREE,
    mesures=(_DISPONIBLE, texte("repris_par", "qui a repris de ses logements, cette année ou avant"), *_PARC),
    de=(DEPOTS,), sources=(*_LU, "suivi/renumerotations"), purge=Purge(),
)  # fmt: skip
CONSTANTS = Table(
    "constants", PREPARE, "chaque indicateur à périmètre constant, là où les bailleurs ont changé, exact", CALCUL,
    cles=COMPARAISON, mesures=(*MESURES, STATUT, *COMPTES.mesures), de=(DEPOTS,), sources=_LU, purge=SANS_PETITS,
)  # fmt: skip
LIEUX = Table(
    "lieux", PREPARE, "les logements de chaque combinaison de territoires et de bailleur", CALCUL,
    cles=(ANNEE, BAILLEUR), mesures=(entier("logements", "logements connus", "logements"),), ouverte=True, sources=_LU,
    purge=RIEN,
)  # fmt: skip

INDICATEURS_PUBLIES = Table(
    "indicateurs", PUBLIE, "chaque indicateur en chaque lieu", PROTECTION,
    cles=CELLULE, mesures=INDICATEURS.mesures, de=(INDICATEURS, COMPTES, LIEUX), protection=BRUITES, extraite=True,
)  # fmt: skip
CUMULS = Table(
    "cumuls", PUBLIE, "les flux cumulés sur trois ans", PROTECTION,
    cles=(ANNEE, entier("depuis", "première des trois années"), NIVEAU, TERRITOIRE, BAILLEUR, INDICATEUR),
    mesures=INDICATEURS.mesures, de=(INDICATEURS, COMPTES, LIEUX), protection=BRUITES, facultative=True, extraite=True,
)  # fmt: skip
CONSTANTS_PUBLIES = Table(
    "constants", PUBLIE, "chaque indicateur à périmètre constant, là où les bailleurs ont changé", PROTECTION,
    cles=COMPARAISON, mesures=(*INDICATEURS.mesures, texte("absents", "bailleurs laissés de côté aux deux dates")),
    de=(CONSTANTS, COUVERTURE, LIEUX), protection=BRUITES, extraite=True,
)  # fmt: skip
COUVERTURE_PUBLIEE = Table(
    "couverture", PUBLIE, "ce que chaque bailleur a livré de chaque indicateur", PROTECTION,
    cles=_LIVREE, mesures=COUVERTURE.mesures, de=(COUVERTURE,),
    protection="logements tus d'un bailleur qui n'a pas accepté",
)  # fmt: skip

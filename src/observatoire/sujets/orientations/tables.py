"""Les orientations de peuplement : qualification, sensibilité, proposition, ce qui est adopté, et sa confrontation."""

from observatoire.sujets.objectifs.tables import CONFORMITE
from observatoire.tables.colonnes import (
    ANNEE,
    BAILLEUR,
    DENOMINATEUR,
    INDICATEUR,
    NIVEAU,
    NUMERATEUR,
    QUARTIER,
    SECTEUR,
    STATUT,
    TERRITOIRE,
    code,
    entier,
    nombre,
    texte,
)
from observatoire.tables.contrat import ECRITS, PROTECTION, PUBLIE, Table
from observatoire.tables.edition import TERRITOIRES
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES, LIEUX
from observatoire.vocabulaire import AXES, CLASSES, INDETERMINEE

_DES_PUBLIES = "calculée sur les comptes publiés aux partenaires"
_LIEU = (ANNEE, NIVEAU, TERRITOIRE)
_CLASSE = code("classe", "classe du lieu")
_SCORES = tuple(
    nombre(f"{axe}{suite}", f"{mot.libelle}{dit}", unite)
    for axe, mot in AXES.items()
    for suite, dit, unite in (
        ("", ", score", "points"), ("_bas", ", borne basse", "points"), ("_haut", ", borne haute", "points"),
        ("_rang", ", rang (1 : le plus haut score)", "rang"), ("_rang_bas", ", borne basse du rang", "rang"),
        ("_rang_haut", ", borne haute du rang", "rang"), ("_connue", ", part du poids que l'on connaît ici", ""),
    )
)  # fmt: skip
PROBABILITES = {c: f"proba_{c}" for c in CLASSES if c != INDETERMINEE}

QUALIFICATIONS = Table(
    "qualifications", PUBLIE, "la classe de chaque résidence et de chaque quartier", PROTECTION,
    cles=_LIEU,
    mesures=(
        QUARTIER, SECTEUR, BAILLEUR, nombre("logements", "logements connus", "logements"), *_SCORES,
        *(nombre(colonne, f"probabilité d'être « {CLASSES[c].libelle} »") for c, colonne in PROBABILITES.items()),
        _CLASSE, entier("depuis", "année depuis laquelle le lieu a cette classe", "année"),
        entier("classes_de", "lieux rangés de ce niveau", "lieux"), STATUT,
    ),
    de=(INDICATEURS_PUBLIES, LIEUX), sources=("barèmes",), protection=_DES_PUBLIES, facultative=True, reservee=True,
    extraite=True,
)  # fmt: skip
SENSIBILITE = Table(
    "qualifications_sensibilite", PUBLIE, "combien de classes changeraient avec d'autres poids", PROTECTION,
    cles=(NIVEAU, code("variante", "ce qui change des poids"), INDICATEUR),
    mesures=(
        entier("lieux", "lieux qui ont une classe avec les poids adoptés", "lieux"),
        entier("gardees", "lieux qui la gardent", "lieux"), entier("perdues", "lieux qui n'en ont plus", "lieux"),
        entier("changees", "lieux qui en ont une autre", "lieux"),
        entier("gagnees", "lieux qui n'en avaient pas et en ont une", "lieux"),
    ),
    de=(INDICATEURS_PUBLIES,), sources=("barèmes",), protection=_DES_PUBLIES, facultative=True, reservee=True,
)  # fmt: skip
PARC_PAR_CLASSE = Table(
    "qualifications_parc", PUBLIE, "les logements de chaque classe, dans chaque quartier", PROTECTION,
    cles=(ANNEE, TERRITOIRE, _CLASSE), mesures=(nombre("logements", "logements connus", "logements"), STATUT),
    de=(INDICATEURS_PUBLIES, LIEUX), sources=("barèmes",),
    protection="trois résidences et onze logements au moins ; une case cachée n'est jamais seule", facultative=True,
)  # fmt: skip
PROPOSITIONS = Table(
    "orientations_proposees", PUBLIE, "le profil d'entrants proposé à chaque résidence et quartier", PROTECTION,
    cles=_LIEU,
    mesures=(
        QUARTIER, _CLASSE, code("fondement", "d'où vient la classe qui la fonde"),
        nombre("entrees", "entrées attendues par an", "ménages"), nombre("part_parc", "part du parc, rétrécie"),
        nombre("part_entrants", "part des entrants aujourd'hui, rétrécie"),
        nombre("part_proposee", "part des entrants proposée"),
        nombre("deplaces", "entrants par an de plus que le profil d'aujourd'hui", "ménages"),
        nombre("part_prevue", "part du parc au terme, au profil d'aujourd'hui"),
        nombre("part_visee", "part du parc au terme, au profil proposé"),
    ),
    de=(QUALIFICATIONS, INDICATEURS_PUBLIES), sources=("barèmes",), protection=_DES_PUBLIES, facultative=True,
    reservee=True, extraite=True,
)  # fmt: skip
CONFRONTATION = Table(
    "orientations_confrontation", PUBLIE, "les attributions face aux orientations adoptées, chaque année", ECRITS,
    cles=CONFORMITE.cles,
    mesures=(
        SECTEUR, QUARTIER, NUMERATEUR, DENOMINATEUR, nombre("observe", "part observée"),
        nombre("bas", "borne basse du verdict"), nombre("haut", "borne haute du verdict"),
        texte("adoptee_par", "qui l'a adoptée"),
        *(c for c in CONFORMITE.mesures if c.nom not in ("origine", "constat", STATUT.nom)), STATUT,
    ),
    de=(INDICATEURS_PUBLIES, TERRITOIRES), sources=("suivi/orientations.yml",), protection=_DES_PUBLIES,
    facultative=True, reservee=True,
)  # fmt: skip

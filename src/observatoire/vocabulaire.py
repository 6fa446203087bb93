"""Les mots de l'observatoire : de chacun, le code qui s'écrit dans une table, son rang, son signe et ce qui se lit.

Le rang d'un mot est sa place dans son lexique. Rien d'autre ne définit un niveau, un statut, un verdict, un sens ni une
unité : tout en est tiré.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mot:
    """``signe`` : ce qui le distingue sans couleur, ou le sigle d'une case. ``sens`` : ce qu'il veut dire, au long."""

    code: str
    libelle: str
    signe: str = ""
    sens: str = ""
    pluriel: str = ""

    @property
    def nom(self) -> str:
        """Le libellé, avec une majuscule."""
        return self.libelle[:1].upper() + self.libelle[1:]


@dataclass(frozen=True)
class Unite:
    """``multiplicateur`` : ce par quoi une valeur stockée se multiplie pour se lire. ``decimales`` : à l'ordinaire."""

    multiplicateur: int = 1
    decimales: int = 1


def lexique(*mots: Mot) -> dict[str, Mot]:
    """Code -> mot, du premier rang au dernier."""
    return {mot.code: mot for mot in mots}


#: Du plus fin au plus large ; un immeuble est dans un secteur, qui est dans un quartier.
NIVEAUX = lexique(
    Mot("immeuble", "immeuble", pluriel="immeubles"),
    Mot("secteur", "secteur", pluriel="secteurs"),
    Mot("quartier", "quartier", pluriel="quartiers"),
    Mot("qpv", "quartier prioritaire", pluriel="quartiers prioritaires"),
    Mot("ville", "commune", pluriel="communes"),
    Mot("agglomeration", "agglomération", pluriel="agglomérations"),
)
IMMEUBLE, SECTEUR, QUARTIER, QPV, VILLE, AGGLOMERATION = NIVEAUX
#: Ceux qui s'emboîtent jusqu'au quartier : où l'on alerte.
EMBOITES = (IMMEUBLE, SECTEUR, QUARTIER)
#: Ceux qui paraissent pour tous, du plus large au plus fin.
POUR_TOUS = tuple(reversed(NIVEAUX))[:-1]

#: Pourquoi une valeur n'est pas écrite.
STATUTS = lexique(
    Mot("c", "secret", "c", "secret statistique : trop peu de ménages ou de logements, ou chiffres d'un bailleur"),
    Mot("nd", "non disponible", "nd", "non disponible : les données nécessaires n'ont pas été déposées"),
    Mot("na", "non applicable", "na", "non applicable : l'indicateur ne s'applique pas ici à cette date"),
    Mot("ne", "non évaluable", "ne", "non évaluable : trop peu de réponses pour conclure"),
)
SECRET, NON_DISPONIBLE, NON_APPLICABLE, NON_EVALUE = STATUTS
#: Comment une édition a gardé le secret.
METHODES = lexique(
    Mot("suppression", "suppression", sens="des comptes exacts, et les petits cachés (suppression)"),
    Mot("bruit", "bruit", sens="des comptes de ménages qui portent tous un bruit de quelques unités"),
)
SUPPRESSION, BRUIT = METHODES
#: Une valeur calculée, dans ``prepare`` ; une valeur qui se lit, dans ``publie``.
CALCULE, PUBLIE = "calcule", "publie"
#: Un bailleur a livré ce que lit un indicateur.
LIVRE = "livre"

#: Du moins grave au plus grave : ce que l'on ne sait pas passe avant ce qui va bien.
ALERTES = lexique(
    Mot("conforme", "conforme", "○", "aucun écart probable au-delà des seuils", "conformes"),
    Mot("non_evaluable", "non évaluable", pluriel="non évaluables"),
    Mot("vigilance", "vigilance", "△", "écart probablement supérieur au seuil de vigilance", "vigilances"),
    Mot("alerte", "alerte", "▲", "écart probablement supérieur au seuil d'alerte", "alertes"),
    Mot("alerte_confirmee", "alerte confirmée", "▲▲", "alerte qui dure, ou dont l'écart grandit", "alertes confirmées"),
)
CONFORME, NON_EVALUABLE, VIGILANCE, ALERTE, ALERTE_CONFIRMEE = ALERTES
#: Ce qui mérite d'être regardé ; ce qui ouvre un dossier. Du moins grave au plus grave.
SIGNALES = (VIGILANCE, ALERTE, ALERTE_CONFIRMEE)
OUVRENT = (ALERTE, ALERTE_CONFIRMEE)

#: Ce qui peut arriver d'une année à l'autre : à qui reste, et par qui arrive.
MOUVEMENTS = lexique(
    Mot("gagnes", "le deviennent", sens="parmi ceux qui restent et ne l'étaient pas"),
    Mot("perdus", "cessent de l'être", sens="parmi ceux qui restent et l'étaient"),
    Mot("arrives", "le sont en arrivant", sens="parmi ceux qui arrivent"),
)
GAGNES, PERDUS, ARRIVES = MOUVEMENTS
#: Ce qu'est un dossier d'alerte au trimestre de l'édition.
ETATS_D_UN_DOSSIER = lexique(
    Mot("nouvelle", "nouvelle"),
    Mot("persistante", "persistante"),
    Mot("resolue", "résolue"),
    Mot("rouverte", "rouverte"),
)
NOUVELLE, PERSISTANTE, RESOLUE, ROUVERTE = ETATS_D_UN_DOSSIER
#: Trimestres sans pilote à partir desquels un dossier est montré le premier.
TROP_LONG = 2
#: Comment l'excès d'un territoire se répartit entre ses immeubles.
FORMES = lexique(Mot("concentree", "concentrée"), Mot("diffuse", "diffuse"))
CONCENTREE, DIFFUSE = FORMES

#: Le verdict d'un engagement ou d'un objectif.
VERDICTS = lexique(
    Mot("tenu", "tenu", "✓", pluriel="tenus"),
    Mot("partiel", "tenu en partie", "◐", pluriel="tenus en partie"),
    Mot("non_tenu", "non tenu", "✗", pluriel="non tenus"),
    Mot("non_concluant", "non concluant", "≈", pluriel="non concluants"),
    Mot("non_mesurable", "non mesurable", "∅", pluriel="non mesurables"),
)
TENU, PARTIEL, NON_TENU, NON_CONCLUANT, NON_MESURABLE = VERDICTS
#: Un objectif qui n'est pas en vigueur n'est pas jugé.
SANS_OBJET = "sans_objet"
#: Ce que dit l'arithmétique seule.
CONSTATS = lexique(Mot("atteint", "objectif atteint"), Mot("non_atteint", "objectif non atteint"))
ATTEINT, NON_ATTEINT = CONSTATS
#: Un objectif est-il à portée, à cette rotation et dans le temps qui reste ?
PERTINENCES = lexique(
    Mot("deja_acquis", "déjà acquis au profil actuel"),
    Mot("a_portee", "à portée"),
    Mot("hors_d_atteinte", "hors d'atteinte", sens="hors d'atteinte : aucun profil d'entrants n'y mène"),
)
DEJA_ACQUIS, A_PORTEE, HORS_D_ATTEINTE = PERTINENCES

#: Ce sur quoi un lieu est qualifié ; la classe qu'il en reçoit, de la plus fragile à celle qui peut le plus accueillir.
AXES = lexique(
    Mot("fragilite", "fragilité de l'occupation", sens="ce que vivent ceux qui y habitent"),
    Mot("capacite", "capacité d'accueil", sens="ce que le lieu peut accueillir de plus"),
)
FRAGILITE, CAPACITE = AXES
CLASSES = lexique(
    Mot("fragile", "fragile", "▲", "l'occupation y est nettement plus fragile que dans la ville", "fragiles"),
    Mot("a_surveiller", "à surveiller", "△", "l'occupation y est plus fragile que dans la ville", "à surveiller"),
    Mot("equilibree", "équilibrée", "○", "ni plus fragile que la ville, ni en mesure d'accueillir plus", "équilibrées"),
    Mot("en_capacite", "en capacité d'accueil", "●", "pas plus fragile que la ville, et peut accueillir plus",
        "en capacité d'accueil"),
    Mot("indeterminee", "indéterminée", "?", "trop peu de ménages pour le dire", "indéterminées"),
)  # fmt: skip
FRAGILE, A_SURVEILLER, EQUILIBREE, EN_CAPACITE, INDETERMINEE = CLASSES
#: D'autres poids que ceux du barème, pour voir ce qu'en changent les classes.
VARIANTES = lexique(
    Mot("egaux", "poids égaux"), Mot("sans", "sans lui"), Mot("plus", "poids et demi"), Mot("moins", "demi-poids")
)
POIDS_EGAUX, SANS_LUI, POIDS_ET_DEMI, DEMI_POIDS = VARIANTES
#: D'où vient la classe qui fonde l'orientation proposée à un lieu.
FONDEMENTS = lexique(
    Mot("sienne", "sa classe"), Mot("quartier", "celle de son quartier"), Mot("residences", "celles de ses résidences"),
    Mot("aucun", "aucune classe"),
)  # fmt: skip
DE_LUI, DE_SON_QUARTIER, DE_SES_RESIDENCES, SANS_CLASSE = FONDEMENTS

#: Vers où va le progrès d'un indicateur.
PROGRES = lexique(
    Mot("hausse", "hausse", sens="une hausse est un progrès"),
    Mot("baisse", "baisse", sens="une baisse est un progrès"),
    Mot("neutre", "neutre", sens="ni la hausse ni la baisse n'est en soi un progrès"),
)
#: Ce que dit l'écart entre deux dates. « compte » : deux dénombrements exacts ; « sans_intervalle » : rien autour.
EVOLUTIONS = lexique(
    Mot("hausse", "en hausse"), Mot("baisse", "en baisse"), Mot("indecis", "indécis"), Mot("compte", "compte exact"),
    Mot("sans_intervalle", "sans intervalle"),
)  # fmt: skip
HAUSSE, BAISSE, INDECIS, COMPTE, SANS_INTERVALLE = EVOLUTIONS
#: La pratique d'un bailleur, face à celle des autres du même lieu.
PRATIQUES_D_UN_BAILLEUR = lexique(
    Mot("plus", "plus que les autres"), Mot("moins", "moins que les autres"), Mot("semblable", "semblable")
)
PLUS, MOINS, SEMBLABLE = PRATIQUES_D_UN_BAILLEUR
#: De quoi la variation d'une part est faite : ce qu'ont fait les ménages, les logements, les dépôts. « deplaces » :
#: restés dans un logement que les deux dépôts ne situent pas dans le même quartier ; il ne paraît pas.
COMPOSANTES = lexique(
    Mot("entrants", "entrants"), Mot("sortants", "sortants"), Mot("restes", "restés, situation changée"),
    Mot("livraisons", "logements livrés"), Mot("demolitions_ventes", "démolitions et ventes"),
    Mot("couverture", "périmètre et couverture"), Mot("non_reponse", "non-réponse"), Mot("deplaces", "déplacés"),
    Mot("autres", "autres, réunis"), Mot("bruit", "ce que le bruit laisse"),
)  # fmt: skip
(ENTRANTS, SORTANTS, RESTES, LIVRAISONS, DEMOLITIONS_ET_VENTES, DE_COUVERTURE, NON_REPONSE, DEPLACES, REUNIES,
 DU_BRUIT) = COMPOSANTES  # fmt: skip
#: Celles que l'on compte ; les deux dernières se font à la publication.
COMPTEES = tuple(COMPOSANTES)[:-2]
#: Ce qu'une rupture de série a changé : qui dépose, et l'on compare alors à périmètre constant ; ou ce que l'on compte,
#: et rien ne se compare.
RUPTURES = lexique(Mot("perimetre", "qui dépose"), Mot("definition", "ce que l'on compte"))
DE_PERIMETRE, DE_DEFINITION = RUPTURES
#: De quel côté de la cible il faut être.
COTES = lexique(Mot("au_moins", "au moins"), Mot("au_plus", "au plus"))
AU_MOINS, AU_PLUS = COTES

#: Ce à quoi un engagement oblige.
OBLIGATIONS = lexique(Mot("moyens", "moyens"), Mot("resultat", "résultat"))
#: À quel rythme il promet des faits.
RYTHMES = lexique(
    Mot("trimestriel", "chaque trimestre"), Mot("annuel", "chaque année"),
    Mot("une_fois", "une fois, au plus tard à l'échéance"),
)  # fmt: skip
TRIMESTRIEL, ANNUEL, UNE_FOIS = RYTHMES
#: Ce qui le prouve (``sens``), et ce que l'on en compte (``libelle``) : un indicateur, des faits datés, ou rien.
PREUVES = lexique(
    Mot("indicateur", "indicateur", sens="indicateur"),
    Mot("seances", "séance", sens="comptes rendus des séances", pluriel="séances"),
    Mot("depots", "table déposée", sens="dépôts des bailleurs", pluriel="tables déposées"),
    Mot("alertes", "niveau évalué", sens="alertes évaluées", pluriel="niveaux évalués"),
    Mot("actions", "action", sens="actions menées sur les alertes", pluriel="actions"),
    Mot("pieces", "pièce", sens="pièces versées", pluriel="pièces"),
    Mot("aucune", "aucune", sens="aucune"),
)
PAR_INDICATEUR, PAR_SEANCES, PAR_DEPOTS, PAR_ALERTES, PAR_ACTIONS, PAR_PIECES, SANS_PREUVE = PREUVES
#: Ce qui a changé d'une règle depuis l'état zéro.
ECARTS_DE_REGLE = lexique(
    Mot("aucun", "inchangé"), Mot("modifie", "modifié"), Mot("ajoute", "ajouté"), Mot("retire", "retiré")
)
INCHANGE, MODIFIE, AJOUTE, RETIRE = ECARTS_DE_REGLE

#: Les séances, et ce qui s'y décide : code -> ce qui s'en écrit.
GENRES_DE_SEANCE = {"conference": "Conférence communale", "groupe_de_travail": "Groupe de travail"}
CONFERENCE, GROUPE_DE_TRAVAIL = GENRES_DE_SEANCE
DECISIONS = {
    "adopter_objectif": "adopter un objectif",
    "evaluer_conformite": "évaluer la conformité des attributions aux objectifs",
    "evaluer_pertinence": "évaluer la pertinence des objectifs",
    "proposer_action": "proposer une action complémentaire",
    "confier_pilotage": "confier le pilotage d'une réponse",
    "presenter_rapport": "présenter le rapport d'évaluation aux assemblées délibérantes",
    "adopter_bareme": "adopter un barème",
    "reexaminer_charte": "réexaminer la charte",
    "organiser": "organiser le dispositif",
}

#: Ce qu'est un indicateur.
NATURES = lexique(
    Mot("proportion", "proportion"), Mot("taux", "taux"), Mot("moyenne", "moyenne"), Mot("effectif", "effectif"),
    Mot("ecart", "écart"), Mot("rapport", "rapport de deux comptes"), Mot("quantile", "médiane ou quantile"),
    Mot("indice", "indice d'inégalité"),
)  # fmt: skip
PROPORTION, TAUX, MOYENNE, EFFECTIF, ECART, RAPPORT, QUANTILE, INDICE = NATURES
#: Celles d'un numérateur sur un dénominateur, qui ont une loi : elles alertent, se cumulent, se qualifient.
A_LOI = (PROPORTION, TAUX)
#: Celles que l'on tire de la distribution des unités, et non de deux sommes : rien ne s'en ajoute.
DE_DISTRIBUTION = (QUANTILE, INDICE)
#: Celles dont une figure part de zéro.
DEPUIS_ZERO = (PROPORTION, TAUX, EFFECTIF, RAPPORT)
#: Une proportion est une fraction de [0, 1] ; elle ne se lit en pour cent qu'à la fin.
UNITES = {
    "%": Unite(100),
    "points": Unite(100),
    "‰": Unite(1000),
    "pour 100 logements": Unite(100),
    "sur 100": Unite(100),
    "€/m²": Unite(decimales=2),
    "m²": Unite(),
    "mois": Unite(),
    "ans": Unite(),
    "années": Unite(),
}


def multiplier(unite: str) -> int:
    """Ce par quoi une valeur stockée se multiplie pour se lire dans cette unité."""
    return UNITES[unite].multiplicateur if unite in UNITES else 1

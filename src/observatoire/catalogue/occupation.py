"""Occupation : qui habite le parc, d'après l'enquête sur l'occupation du parc social (OPS).

La table ``menages`` préparée a une ligne par logement loué d'un bailleur qui a déposé : un ménage qui n'a pas
répondu y est, sans réponse. Le taux de réponse en découle.
"""

from observatoire.catalogue.declaration import indicateur, repartition, tous
from observatoire.catalogue.distributions import Indice, Quantile
from observatoire.statistique.inegalites import gini_de_classes

_PLAFONDS = {
    "0_20": "moins de 20 %",
    "20_40": "20 à 40 %",
    "40_60": "40 à 60 %",
    "60_100": "60 à 100 %",
    "100_plus": "plus de 100 %",
}
_COMPOSITIONS = {
    "personne_seule": "personne seule",
    "monoparentale": "famille monoparentale",
    "couple_sans_enfant": "couple sans enfant",
    "couple_avec_enfants": "couple avec enfants",
    "autre": "autre ménage",
}
_TRANCHES = {"0-20": "0_20", "20-40": "20_40", "40-60": "40_60", "60-100": "60_100", "100+": "100_plus"}


def _recent(menages):
    """Emménagé dans l'année ou la précédente : la définition de l'OPS depuis 2014 (moins de deux ans)."""
    return menages["annee_emmenagement"].ge(menages["annee"] - 1)


@repartition(
    libelle="Ressources rapportées au plafond PLUS",
    synonymes="revenus des locataires, niveau de vie, tranches de revenus",
    denominateur="ménages aux ressources connues",
    source="OPS",
    table="menages",
    modalites=_PLAFONDS,
)
def plafond(menages):
    """Répartition des ménages selon leur revenu, en pourcentage du plafond de ressources du PLUS.

    **Pièges.** Le revenu fiscal de référence a deux ans de retard ; les plafonds sont revalorisés chaque année.

    **Référence.** GIP SNE, enquête OPS (loi n° 2009-323 du 25 mars 2009) ; arrêté du 29 juillet 1987 modifié.
    """
    return menages["tranche_plafond"].map(_TRANCHES), menages["tranche_plafond"].notna(), tous(menages)


def _sous(menages, *tranches):
    return menages["tranche_plafond"].isin(tranches), menages["tranche_plafond"].notna(), tous(menages)


@indicateur(
    libelle="Ménages sous 20 % du plafond PLUS",
    synonymes="les plus démunis, très pauvres, extrême pauvreté",
    numerateur="ménages sous 20 % du plafond",
    denominateur="ménages aux ressources connues",
    source="OPS",
    table="menages",
    dans="moins_40_plafond",
)
def moins_20_plafond(menages):
    """Part des ménages dont le revenu est inférieur à 20 % du plafond de ressources du PLUS.

    **Pièges.** Réponse incomplète : lire le taux de réponse. Le revenu a deux ans de retard.

    **Référence.** GIP SNE, enquête OPS.
    """
    return _sous(menages, "0-20")


@indicateur(
    libelle="Ménages sous 40 % du plafond PLUS",
    synonymes="pauvreté, ménages pauvres, bas revenus, ménages modestes, précarité",
    numerateur="ménages sous 40 % du plafond",
    denominateur="ménages aux ressources connues",
    source="OPS",
    table="menages",
    dans="moins_60_plafond",
)
def moins_40_plafond(menages):
    """Part des ménages dont le revenu est inférieur à 40 % du plafond de ressources du PLUS.

    **Pièges.** Réponse incomplète : lire le taux de réponse. Le revenu a deux ans de retard.

    **Référence.** GIP SNE, enquête OPS.
    """
    return _sous(menages, "0-20", "20-40")


@indicateur(
    libelle="Ménages sous 60 % du plafond PLUS",
    synonymes="revenus modestes, très sociaux",
    numerateur="ménages sous 60 % du plafond",
    denominateur="ménages aux ressources connues",
    source="OPS",
    table="menages",
)
def moins_60_plafond(menages):
    """Part des ménages dont le revenu est inférieur à 60 % du plafond de ressources du PLUS.

    Ce seuil est celui du PLAI.

    **Référence.** GIP SNE, enquête OPS.
    """
    return _sous(menages, "0-20", "20-40", "40-60")


@indicateur(
    libelle="Familles monoparentales",
    synonymes="parents isolés, mères seules, parent seul avec enfants",
    numerateur="ménages d'un adulte et d'au moins un enfant",
    denominateur="ménages à la composition connue",
    source="OPS",
    table="menages",
)
def monoparentales(menages):
    """Part des ménages formés d'un adulte et d'au moins un enfant à charge.

    **Pièges.** La définition diffère de celle du recensement, qui ne retient pas la charge fiscale.

    **Référence.** GIP SNE, enquête OPS.
    """
    return menages["composition"].eq("monoparentale"), menages["composition"].notna(), tous(menages)


@repartition(
    libelle="Composition des ménages",
    synonymes="types de familles, structure familiale, couples avec enfants",
    denominateur="ménages à la composition connue",
    source="OPS",
    table="menages",
    modalites=_COMPOSITIONS,
)
def composition(menages):
    """Répartition des ménages selon qu'ils sont d'une personne, d'un couple ou d'un parent, avec ou sans enfants.

    **Pièges.** La taille des logements la commande en partie : comparer des quartiers de même typologie.

    **Référence.** GIP SNE, enquête OPS.
    """
    return menages["composition"], menages["composition"].notna(), tous(menages)


@indicateur(
    libelle="Familles nombreuses",
    synonymes="trois enfants et plus, grandes familles",
    numerateur="ménages d'au moins trois enfants",
    denominateur="ménages au nombre d'enfants connu",
    source="OPS",
    table="menages",
)
def familles_nombreuses(menages):
    """Part des ménages qui ont au moins trois enfants à charge.

    **Pièges.** La taille des logements commande cette part : comparer des quartiers de même typologie. D'autres
    sources retiennent cinq occupants ou plus.

    **Référence.** GIP SNE, enquête OPS.
    """
    return menages["nb_enfants"].ge(3), menages["nb_enfants"].notna(), tous(menages)


@indicateur(
    libelle="Personnes seules",
    synonymes="célibataires, isolement, solitude",
    numerateur="ménages d'une personne",
    denominateur="ménages à la composition connue",
    source="OPS",
    table="menages",
)
def personnes_seules(menages):
    """Part des ménages d'une seule personne.

    **Référence.** GIP SNE, enquête OPS.
    """
    return menages["composition"].eq("personne_seule"), menages["composition"].notna(), tous(menages)


@indicateur(
    libelle="Titulaires de 65 ans ou plus",
    synonymes="personnes âgées, seniors, retraités, vieillissement",
    numerateur="titulaires de 65 ans ou plus",
    denominateur="titulaires à l'âge connu",
    source="OPS",
    table="menages",
)
def plus_65_ans(menages):
    """Part des ménages dont le titulaire du bail a 65 ans ou plus au 31 décembre.

    **Référence.** GIP SNE, enquête OPS.
    """
    return menages["age_titulaire"].ge(65), menages["age_titulaire"].notna(), tous(menages)


@indicateur(
    libelle="Titulaires sans emploi",
    synonymes="chômage, chômeurs, demandeurs d'emploi",
    numerateur="titulaires au chômage ou autrement inactifs",
    denominateur="titulaires de moins de 65 ans à l'activité connue, hors retraite et études",
    source="OPS",
    table="menages",
)
def sans_emploi(menages):
    """Part des titulaires de moins de 65 ans qui n'ont pas d'emploi, hors retraités et étudiants.

    **Pièges.** L'OPS compte les majeurs du ménage ; le dépôt ne donne que le titulaire. L'activité inconnue est
    fréquente : lire le taux de réponse, qui est un minimum, car un muet peut être retraité.

    **Référence.** GIP SNE, enquête OPS, situation d'activité.
    """
    possible = ~menages["age_titulaire"].ge(65) & ~menages["activite"].isin(["retraite", "etudes"])
    connu = possible & menages["age_titulaire"].notna() & menages["activite"].notna()
    return menages["activite"].isin(["chomage", "autre_inactif"]) & connu, connu, possible


@indicateur(
    libelle="Bénéficiaires d'une aide au logement",
    synonymes="allocations logement, CAF, aides au loyer",
    numerateur="ménages qui perçoivent une aide au logement",
    denominateur="ménages dont l'aide est connue",
    source="OPS",
    table="menages",
)
def apl(menages):
    """Part des ménages qui perçoivent l'APL ou une autre aide personnelle au logement.

    **Pièges.** N'est pas une mesure de la pauvreté dans le temps : le barème de l'aide change (réforme de 2021).

    **Référence.** GIP SNE, enquête OPS ; Caf.
    """
    return menages["apl"].eq("oui"), menages["apl"].notna(), tous(menages)


@indicateur(
    libelle="Bénéficiaires d'un minimum social",
    synonymes="RSA, RMI, AAH, minimum vieillesse, allocataires",
    numerateur="ménages qui perçoivent un minimum social",
    denominateur="ménages dont la situation est connue",
    source="OPS",
    table="menages",
)
def minima_sociaux(menages):
    """Part des ménages qui perçoivent un minimum social.

    **Référence.** GIP SNE, enquête OPS.
    """
    return menages["minima_sociaux"].eq("oui"), menages["minima_sociaux"].notna(), tous(menages)


@indicateur(
    libelle="Emménagés récents",
    synonymes="nouveaux locataires, arrivées récentes",
    numerateur="ménages entrés dans l'année ou la précédente",
    denominateur="ménages à l'année d'emménagement connue",
    source="OPS",
    table="menages",
)
def emmenages_recents(menages):
    """Part des ménages entrés dans leur logement depuis moins de deux ans.

    **Pièges.** Moins de trois ans dans l'enquête de 1997, moins de deux ans aujourd'hui : série rompue.

    **Référence.** GIP SNE, enquête OPS.
    """
    return _recent(menages), menages["annee_emmenagement"].notna(), tous(menages)


def _parmi_les_recents(menages, trait, connu):
    """Le trait parmi les récents. Un ménage qui n'a pas répondu était concerné si son bail est récent."""
    recent = _recent(menages)
    bail_recent = menages["date_bail"].dt.year.ge(menages["annee"] - 1)
    return trait & recent, connu & recent, recent | (menages["annee_emmenagement"].isna() & bail_recent)


_ECART_40 = {
    "numerateur": "emménagés récents sous 40 % du plafond",
    "denominateur": "emménagés récents aux ressources connues",
    "source": "OPS",
    "table": "menages",
}


@indicateur(
    libelle="Emménagés récents sous 40 % du plafond PLUS",
    synonymes="nouveaux locataires pauvres, arrivants pauvres",
    **_ECART_40,
)
def moins_40_emmenages(menages):
    """Part des emménagés récents dont le revenu est inférieur à 40 % du plafond du PLUS.

    **Référence.** GIP SNE, enquête OPS.
    """
    sous, connu, _ = _sous(menages, "0-20", "20-40")
    return _parmi_les_recents(menages, sous, connu)


@indicateur(
    libelle="Écart des emménagés récents au parc, sous 40 % du plafond PLUS",
    synonymes="paupérisation, appauvrissement",
    nature="ecart",
    unite="points",
    reference="moins_40_plafond",
    **_ECART_40,
)
def ecart_moins_40_emmenages(menages):
    r"""Part sous 40 % du plafond parmi les emménagés récents, moins la même part dans tout le parc.

    $$ p_{\text{récents}} - p_{\text{parc}} $$

    **Pièges.** Les récents font partie du parc : l'intervalle en tient compte. Un écart positif dit que le parc
    s'appauvrit par ses entrées, non pourquoi.

    **Référence.** GIP SNE, enquête OPS ; Newcombe (1998).
    """
    return moins_40_emmenages(menages)


_ECART_MONO = {
    "numerateur": "familles monoparentales parmi les emménagés récents",
    "denominateur": "emménagés récents à la composition connue",
    "source": "OPS",
    "table": "menages",
}


@indicateur(
    libelle="Familles monoparentales parmi les emménagés récents",
    synonymes="parents isolés parmi les nouveaux locataires",
    **_ECART_MONO,
)
def monoparentales_emmenages(menages):
    """Part des familles monoparentales parmi les emménagés récents.

    **Référence.** GIP SNE, enquête OPS.
    """
    trait, connu, _ = monoparentales(menages)
    return _parmi_les_recents(menages, trait, connu)


@indicateur(
    libelle="Écart des emménagés récents au parc, familles monoparentales",
    synonymes="parents isolés, arrivants et parc",
    nature="ecart",
    unite="points",
    reference="monoparentales",
    **_ECART_MONO,
)
def ecart_monoparentales_emmenages(menages):
    r"""Part des familles monoparentales parmi les emménagés récents, moins la même part dans tout le parc.

    $$ p_{\text{récents}} - p_{\text{parc}} $$

    **Référence.** GIP SNE, enquête OPS ; Newcombe (1998).
    """
    return monoparentales_emmenages(menages)


@indicateur(
    libelle="Surface médiane par occupant",
    synonymes="mètres carrés par personne, place, sous-peuplement, logement trop grand",
    numerateur="surface habitable par occupant (m²), rangée",
    denominateur="ménages dont la surface et le nombre d'occupants sont connus",
    unite="m²",
    nature="quantile",
    distribution=Quantile(ordre=0.5, pas=1, plafond=120),
    source="OPS",
    table="menages",
)
def surface_par_occupant(menages):
    """La moitié des ménages a moins de cette surface par personne, l'autre plus.

    **Pièges.** Prise au mètre carré près. Une médiane ne s'ajoute pas : celle de l'ensemble n'est pas une moyenne de
    celles des quartiers, et un quartier ne se compare pas par elle au tout qui le contient.

    **Référence.** Insee, enquête Logement, « surface par personne » ; l'intervalle est celui des statistiques d'ordre.
    """
    surface = _surface_par_occupant(menages)
    return surface, surface.notna(), tous(menages)


@indicateur(
    libelle="Inégalité des surfaces par occupant",
    synonymes="indice de Gini, partage de l'espace, sous-occupation et suroccupation",
    numerateur="surface habitable par occupant (m²), indice de Gini",
    denominateur="ménages dont la surface et le nombre d'occupants sont connus",
    unite="sur 100",
    nature="indice",
    distribution=Indice(formule=gini_de_classes, pas=2, plafond=120),
    source="OPS",
    table="menages",
)
def inegalite_des_surfaces(menages):
    r"""De combien, en moyenne, deux ménages diffèrent par leur surface par personne, rapporté au double de la moyenne.

    $$ G = \frac{\sum_i \sum_j |s_i - s_j|}{2\, n \sum_i s_i} $$

    $s_i$ : surface par personne du ménage $i$ ; $n$ : les ménages. Zéro : tous ont la même.

    **Pièges.** Pris au demi-point sur cent près, ou moins finement là où les ménages sont peu nombreux. Une personne
    seule dans un grand logement et une famille à l'étroit l'augmentent autant : lire à côté la surface médiane. Un
    indice ne s'ajoute pas, et un quartier ne se compare pas par lui au tout qui le contient. Un peu trop bas sur
    quelques dizaines de ménages.

    **Référence.** Gini (1912) ; intervalle par rééchantillonnage, Rubin (1981).
    """
    surface = _surface_par_occupant(menages)
    return surface, surface.notna(), tous(menages)


def _surface_par_occupant(menages):
    return menages["surface_m2"] / menages["nb_occupants"].where(menages["nb_occupants"].gt(0))

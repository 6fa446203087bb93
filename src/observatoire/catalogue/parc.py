"""Parc : combien de logements, lesquels, à quel loyer."""

import numpy as np
import pandas as pd

from observatoire.catalogue.declaration import indicateur, repartition, tous


@indicateur(
    libelle="Logements du parc locatif social",
    synonymes="nombre de HLM, taille du parc social, combien de logements sociaux",
    numerateur="logements",
    unite="logements",
    nature="effectif",
    source="RPLS",
    perimetre="rpls",
    table="logements",
)
def nb_logements(logements):
    """Nombre de logements ordinaires des bailleurs sociaux au 31 décembre.

    Loués, vacants, vides pour raison technique, pris par une association ou autrement occupés.

    **Pièges.** Les foyers et résidences sociales sont hors du champ du RPLS : ils ne comptent pas ici. Un
    bailleur qui n'a pas déposé manque au compte : lire la couverture.

    **Référence.** SDES, RPLS, définition du parc locatif social ; stock au 31 décembre N = RPLS du
    1er janvier N+1.
    """
    return (tous(logements),)


@indicateur(
    libelle="Part du parc en quartier prioritaire",
    synonymes="HLM en QPV, quartiers prioritaires, ZUS",
    numerateur="logements en QPV",
    denominateur="logements dont la situation est connue",
    source="RPLS",
    perimetre="rpls",
    table="logements",
)
def part_parc_qpv(logements):
    r"""Part des logements situés en quartier prioritaire de la politique de la ville.

    $$ \frac{\text{logements en QPV}}{\text{logements dont la situation est connue}} $$

    **Pièges.** Le périmètre des QPV a changé en 2015 puis en 2024 : la série est rompue à ces dates. Dans le
    RPLS de 2018, la situation est déclarée par le bailleur, non calculée.

    **Référence.** SDES, RPLS ; décret n° 2014-1750 du 30 décembre 2014, décret n° 2023-1314 du 28 décembre
    2023.
    """
    return logements["qpv"].eq("en_qpv"), logements["qpv"].notna(), tous(logements)


@repartition(
    libelle="Financement",
    synonymes="PLAI, PLUS, PLS, types de prêts",
    denominateur="logements au financement connu",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    modalites={"plai": "PLAI", "plus": "PLUS", "pls": "PLS", "pli": "PLI"},
)
def financement(logements):
    """Répartition des logements selon la famille de leur financement d'origine.

    Les HLM ordinaires, les PLR-PSR et les PLA sont classés avec le PLUS, les PLA d'intégration et très sociaux
    avec le PLAI.

    **Pièges.** Le financement d'origine ne dit pas le loyer d'aujourd'hui. Les financements inconnus ou
    inclassables ne comptent ni en haut ni en bas : lire le taux de réponse.

    **Référence.** SDES, RPLS, variable FINAN.
    """
    connu = logements["financement"].notna()
    return logements["financement"].map(str.lower, na_action="ignore"), connu, tous(logements)


@repartition(
    libelle="Taille",
    synonymes="T1, T2, T3, T4, T5, nombre de pièces, typologie, grands logements",
    denominateur="logements au nombre de pièces connu",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    modalites={"t1": "1 pièce", "t2": "2 pièces", "t3": "3 pièces", "t4": "4 pièces", "t5_plus": "5 pièces ou plus"},
)
def taille(logements):
    """Répartition des logements selon leur nombre de pièces principales.

    **Référence.** SDES, RPLS, variable NBPIECE.
    """
    pieces = logements["nb_pieces"]
    categories = pd.cut(pieces, [0, 1, 2, 3, 4, np.inf], labels=["t1", "t2", "t3", "t4", "t5_plus"])
    return categories, pieces.notna(), tous(logements)


@repartition(
    libelle="Époque de construction",
    synonymes="date de construction, logements anciens, immeubles des Trente Glorieuses",
    denominateur="logements à l'année de construction connue",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    modalites={
        "avant_1949": "avant 1949",
        "1949_1974": "1949 à 1974",
        "1975_1989": "1975 à 1989",
        "1990_2005": "1990 à 2005",
        "depuis_2006": "depuis 2006",
    },
)
def epoque(logements):
    """Répartition des logements selon leur époque de construction.

    Les bornes suivent les réglementations thermiques : la première date de 1974.

    **Référence.** SDES, RPLS, variable CONSTRUCT ; arrêté du 10 avril 1974.
    """
    annee = logements["annee_construction"]
    bornes = [-np.inf, 1948, 1974, 1989, 2005, np.inf]
    noms = ["avant_1949", "1949_1974", "1975_1989", "1990_2005", "depuis_2006"]
    return (
        pd.cut(annee, bornes, labels=noms),
        annee.notna(),
        tous(logements),
    )


@repartition(
    libelle="Étiquette énergie",
    synonymes="DPE, diagnostic de performance énergétique, classe énergétique",
    denominateur="logements à l'étiquette connue",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    modalites={lettre.lower(): lettre for lettre in "ABCDEFG"},
)
def dpe(logements):
    """Répartition des logements diagnostiqués selon l'étiquette énergie (DPE).

    **Pièges.** Les logements sans diagnostic ne comptent pas : le taux de réponse dit combien ils sont. La
    méthode du diagnostic a changé en 2021 : ne pas comparer de part et d'autre.

    **Référence.** SDES, RPLS, variable DPEENERGIE ; arrêté du 15 septembre 2006, arrêté du 31 mars 2021.
    """
    connu = logements["dpe"].notna()
    return logements["dpe"].map(str.lower, na_action="ignore"), connu, tous(logements)


@indicateur(
    libelle="Part des étiquettes E, F ou G",
    synonymes="passoires thermiques, passoires énergétiques, logements énergivores, précarité énergétique, mal isolés",
    numerateur="logements classés E, F ou G",
    denominateur="logements à l'étiquette connue",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    sens="baisse",
)
def part_dpe_efg(logements):
    r"""Part des logements diagnostiqués dont l'étiquette énergie est E, F ou G.

    $$ \frac{E + F + G}{A + B + C + D + E + F + G} $$

    **Pièges.** Comme pour la répartition : seuls comptent les logements diagnostiqués.

    **Référence.** SDES, RPLS, variable DPEENERGIE.
    """
    return (
        logements["dpe"].isin(["E", "F", "G"]),
        logements["dpe"].notna(),
        tous(logements),
    )


@indicateur(
    libelle="Étiquette énergie inconnue",
    synonymes="DPE manquant, sans diagnostic",
    numerateur="logements sans étiquette",
    denominateur="logements",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    sens="baisse",
)
def part_dpe_inconnu(logements):
    """Part des logements dont l'étiquette énergie n'est pas connue.

    **Référence.** SDES, RPLS, variable DPEENERGIE.
    """
    return logements["dpe"].isna(), tous(logements)


@indicateur(
    libelle="Surface moyenne",
    synonymes="superficie, mètres carrés",
    numerateur="somme des surfaces habitables (m²)",
    denominateur="logements à la surface connue",
    unite="m²",
    nature="moyenne",
    source="RPLS",
    perimetre="rpls",
    table="logements",
)
def surface_moyenne(logements):
    """Surface habitable moyenne d'un logement, en mètres carrés.

    **Référence.** SDES, RPLS, variable SURFHAB.
    """
    surface = logements["surface_m2"]
    return surface, surface.notna(), tous(logements)


@indicateur(
    libelle="Âge moyen des logements",
    synonymes="vétusté, âge du bâti",
    numerateur="somme des âges (années)",
    denominateur="logements à l'année de construction connue",
    unite="ans",
    nature="moyenne",
    source="RPLS",
    perimetre="rpls",
    table="logements",
)
def anciennete_moyenne(logements):
    """Nombre moyen d'années écoulées depuis l'achèvement de la construction.

    **Référence.** SDES, RPLS, variable CONSTRUCT.
    """
    age = logements["annee"] - logements["annee_construction"]
    return age, age.notna(), tous(logements)


@indicateur(
    libelle="Loyer au mètre carré",
    synonymes="prix des loyers, loyer moyen, montant du loyer, cherté",
    numerateur="somme des loyers mensuels hors charges (€)",
    denominateur="somme des surfaces habitables (m²)",
    unite="€/m²",
    nature="moyenne",
    source="RPLS",
    perimetre="rpls",
    table="logements",
)
def loyer_m2(logements):
    r"""Loyer mensuel hors charges par mètre carré habitable des logements loués.

    $$ \frac{\sum \text{loyers}}{\sum \text{surfaces}} $$

    **Pièges.** C'est un rapport de sommes, non la moyenne des loyers au mètre carré.

    **Référence.** SDES, RPLS, loyer moyen par mètre carré de surface habitable.
    """
    compte = logements["occupation"].eq("loue") & logements["loyer_eur"].gt(0) & logements["surface_m2"].notna()
    return logements["loyer_eur"].where(compte), logements["surface_m2"].where(compte, 0)

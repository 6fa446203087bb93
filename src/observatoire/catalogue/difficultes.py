"""Difficultés : impayés et signalements."""

from observatoire.catalogue.declaration import indicateur, tous

_PAR_LOGEMENT = {
    "denominateur": "logements",
    "unite": "pour 100 logements",
    "nature": "taux",
    "source": "bailleurs",
    "table": ("signalements", "logements"),
    "sens": "baisse",
}


@indicateur(
    libelle="Locataires en impayé de plus de trois mois",
    synonymes="loyers impayés, dettes de loyer, dette locative, retards de paiement, expulsions",
    numerateur="ménages en impayé de plus de trois mois",
    denominateur="ménages dont la situation est connue",
    source="bailleurs",
    table="menages",
    sens="baisse",
)
def impayes_3_mois(menages):
    """Part des locataires présents qui ont au moins trois termes nets successifs impayés.

    **Pièges.** Les définitions diffèrent d'un bailleur à l'autre : celle-ci est celle du format d'échange. Ce n'est
    pas le taux d'impayés, qui rapporte des euros à des euros.

    **Référence.** USH Centre, enquête 2012 sur les impayés.
    """
    return menages["impaye_3_mois"].eq("oui"), menages["impaye_3_mois"].notna(), tous(menages)


def _par_logement(signalements, logements, nature=None):
    retenus = signalements["nature"].eq(nature) if nature else tous(signalements)
    return retenus, tous(logements)


@indicateur(
    libelle="Signalements pour 100 logements",
    synonymes="plaintes, réclamations, incidents",
    numerateur="signalements de l'année",
    **_PAR_LOGEMENT,
)
def signalements(signalements, logements):
    """Difficultés signalées dans l'année, de toute nature, pour cent logements.

    **Pièges.** Un signalement n'est pas une difficulté : un gardien présent signale davantage. Comparer d'abord un
    immeuble à lui-même.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    return _par_logement(signalements, logements)


@indicateur(
    libelle="Troubles de voisinage pour 100 logements",
    synonymes="conflits de voisinage, bruit, nuisances, tapage",
    numerateur="troubles signalés",
    **_PAR_LOGEMENT,
)
def signalements_voisinage(signalements, logements):
    """Troubles de voisinage signalés dans l'année, pour cent logements.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    return _par_logement(signalements, logements, "voisinage")


@indicateur(
    libelle="Dégradations pour 100 logements",
    synonymes="vandalisme, dégâts, tags",
    numerateur="dégradations signalées",
    **_PAR_LOGEMENT,
)
def signalements_degradation(signalements, logements):
    """Dégradations signalées dans l'année, pour cent logements.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    return _par_logement(signalements, logements, "degradation")


@indicateur(
    libelle="Défauts de propreté pour 100 logements",
    synonymes="saleté, déchets, encombrants, nettoyage",
    numerateur="défauts signalés",
    **_PAR_LOGEMENT,
)
def signalements_proprete(signalements, logements):
    """Défauts de propreté signalés dans l'année, pour cent logements.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    return _par_logement(signalements, logements, "proprete")


@indicateur(
    libelle="Faits d'insécurité pour 100 logements",
    synonymes="délinquance, sécurité, trafics, violences",
    numerateur="faits signalés",
    **_PAR_LOGEMENT,
)
def signalements_insecurite(signalements, logements):
    """Faits d'insécurité signalés dans l'année, pour cent logements.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    return _par_logement(signalements, logements, "insecurite")


@indicateur(
    libelle="Problèmes techniques pour 100 logements",
    synonymes="pannes, ascenseur en panne, chauffage",
    numerateur="problèmes signalés",
    **_PAR_LOGEMENT,
)
def signalements_technique(signalements, logements):
    """Problèmes techniques signalés dans l'année, pour cent logements.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    return _par_logement(signalements, logements, "technique")


@indicateur(
    libelle="Signalements restés ouverts",
    synonymes="réclamations sans réponse, plaintes non traitées",
    numerateur="signalements sans date de clôture",
    denominateur="signalements de l'année",
    source="bailleurs",
    table="signalements",
    sens="baisse",
)
def signalements_ouverts(signalements):
    """Part des signalements de l'année qui n'ont pas de date de clôture.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    return signalements["date_cloture"].isna(), tous(signalements)


@indicateur(
    libelle="Délai moyen de clôture",
    synonymes="temps de réponse, temps de traitement des réclamations",
    numerateur="somme des délais (jours)",
    denominateur="signalements clos",
    unite="jours",
    nature="moyenne",
    source="bailleurs",
    table="signalements",
    sens="baisse",
)
def delai_cloture(signalements):
    """Nombre moyen de jours entre un signalement de l'année et sa clôture.

    **Pièges.** Les signalements restés ouverts ne comptent pas : lire leur part à côté.

    **Référence.** Charte communale du logement public (2007), dispositif d'observation.
    """
    delai = (signalements["date_cloture"] - signalements["date"]).dt.days
    return delai, delai.notna()

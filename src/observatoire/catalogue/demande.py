"""Demande et attributions."""

from observatoire.catalogue.declaration import indicateur, tous


def _mois_depuis_le_depot(demandes):
    """Mois entiers écoulés entre le dépôt et le 31 décembre de l'année."""
    return (demandes["annee"] - demandes["date_depot"].dt.year) * 12 + 12 - demandes["date_depot"].dt.month


@indicateur(
    libelle="Demandes actives",
    synonymes="liste d'attente, demandeurs de logement social, file d'attente, demandes de HLM",
    numerateur="demandes actives",
    unite="demandes",
    nature="effectif",
    source="SNE",
    table="demandes",
)
def demandes_actives(demandes):
    """Nombre de demandes actives au 31 décembre, mutations comprises.

    **Pièges.** D'autres sources comptent les demandes actives au moins un jour dans l'année : près du double. Par
    quartier, seules comptent les demandes qui en souhaitent un.

    **Référence.** SNE, demandes actives au 31 décembre.
    """
    return (tous(demandes),)


@indicateur(
    libelle="Attributions",
    synonymes="baux signés, logements attribués, relogés dans l'année",
    numerateur="baux signés",
    unite="baux",
    nature="effectif",
    source="bailleurs",
    table="attributions",
)
def attributions(attributions):
    """Nombre de baux signés dans l'année.

    **Référence.** SNE, demandes radiées pour attribution.
    """
    return (tous(attributions),)


@indicateur(
    libelle="Tension",
    synonymes="pénurie, demandes par logement, chances d'obtenir un HLM",
    numerateur="demandes actives au 31 décembre",
    denominateur="attributions de l'année",
    unite="demandes par attribution",
    nature="rapport",
    source="SNE et bailleurs",
    table=("demandes", "attributions"),
    sens="baisse",
)
def tension(demandes, attributions):
    r"""Demandes actives au 31 décembre pour une attribution de l'année.

    $$ \frac{D}{A} $$

    **Pièges.** Le choix des demandes fait varier le rapport de un à plus d'un et demi. Un bailleur qui n'a pas
    déposé ses attributions l'augmente : lire la couverture.

    **Référence.** SNE ; 4,26 en France fin 2022.
    """
    return tous(demandes), tous(attributions)


@indicateur(
    libelle="Ancienneté moyenne des demandes",
    synonymes="depuis combien de temps attendent les demandeurs",
    numerateur="somme des anciennetés (mois)",
    denominateur="demandes actives",
    unite="mois",
    nature="moyenne",
    source="SNE",
    table="demandes",
    sens="baisse",
)
def anciennete_demande(demandes):
    """Nombre moyen de mois écoulés depuis le dépôt, parmi les demandes actives.

    **Pièges.** Ce n'est pas le délai d'attribution : les demandes qui durent y pèsent davantage.

    **Référence.** SNE.
    """
    mois = _mois_depuis_le_depot(demandes)
    return mois, mois.notna()


@indicateur(
    libelle="Délai moyen d'attribution",
    synonymes="temps d'attente, durée d'attente, combien de temps pour obtenir un HLM",
    numerateur="somme des attentes (mois)",
    denominateur="attributions à l'attente connue",
    unite="mois",
    nature="moyenne",
    source="bailleurs",
    table="attributions",
    sens="baisse",
)
def delai_attente(attributions):
    """Nombre moyen de mois entre le dépôt de la demande et la signature du bail.

    **Pièges.** Ne compte que les demandes satisfaites : biais de survie.

    **Référence.** SNE, ancienneté à l'attribution.
    """
    return attributions["mois_attente"], attributions["mois_attente"].notna(), tous(attributions)


@indicateur(
    libelle="Demandes au délai anormalement long",
    synonymes="DALO, droit au logement opposable, attente trop longue",
    numerateur="demandes plus anciennes que le seuil local",
    denominateur="demandes actives",
    source="SNE",
    table="demandes",
    sens="baisse",
)
def delai_anormalement_long(demandes, bareme):
    """Part des demandes actives plus anciennes que le délai anormalement long fixé localement.

    **Pièges.** Le seuil est fixé par arrêté du préfet, sans règle nationale : il est daté dans les barèmes.

    **Référence.** Code de la construction et de l'habitation, art. L. 441-1-4.
    """
    return _mois_depuis_le_depot(demandes).gt(bareme("delai_anormalement_long")), tous(demandes)


def _premier_quartile(attributions, zone):
    dedans, connu = attributions["qpv"].eq(zone), attributions["quartile_ressources"].notna()
    return attributions["quartile_ressources"].eq("1") & dedans, connu & dedans, dedans


@indicateur(
    libelle="Premier quartile hors QPV",
    synonymes="les plus pauvres hors des quartiers, loi Égalité et citoyenneté",
    numerateur="baux signés hors QPV par un ménage du premier quartile",
    denominateur="baux signés hors QPV, quartile connu",
    source="bailleurs",
    table="attributions",
    sens="hausse",
)
def premier_quartile_hors_qpv(attributions):
    """Part des baux signés hors quartier prioritaire par des demandeurs du premier quartile de ressources.

    **Référence.** Définition du quartile : code de la construction et de l'habitation, art. L. 441-1.
    """
    return _premier_quartile(attributions, "hors_qpv")


@indicateur(
    libelle="Premier quartile en QPV",
    synonymes="les plus pauvres dans les quartiers prioritaires",
    numerateur="baux signés en QPV par un ménage du premier quartile",
    denominateur="baux signés en QPV, quartile connu",
    source="bailleurs",
    table="attributions",
    sens="baisse",
)
def premier_quartile_en_qpv(attributions):
    """Part des baux signés en quartier prioritaire par des demandeurs du premier quartile de ressources.

    **Référence.** Définition du quartile : code de la construction et de l'habitation, art. L. 441-1.
    """
    return _premier_quartile(attributions, "en_qpv")


@indicateur(
    libelle="Règle de 2017 : premier quartile ou relogés, hors QPV",
    synonymes="25 % d'attributions au premier quartile, loi Égalité et citoyenneté",
    numerateur="baux signés hors QPV par un ménage du premier quartile ou relogé",
    denominateur="baux signés hors QPV",
    source="bailleurs",
    table="attributions",
    sens="hausse",
)
def loi_2017_hors_qpv(attributions, bareme):
    """Part des baux signés hors quartier prioritaire qui répondent à la règle de la loi du 27 janvier 2017.

    **Pièges.** Sans objet avant l'entrée en vigueur de la loi. La règle porte sur tous les baux : un quartile inconnu
    compte en bas et non en haut.

    **Référence.** Loi n° 2017-86 du 27 janvier 2017, art. 70 ; code de la construction et de l'habitation,
    art. L. 441-1.
    """
    bareme("loi_2017_hors_qpv")
    dehors = attributions["qpv"].eq("hors_qpv")
    retenu = attributions["quartile_ressources"].eq("1") | attributions["relogement_operation"].eq("oui")
    return retenu & dehors, dehors


@indicateur(
    libelle="Règle de 2017 : autres que le premier quartile, en QPV",
    synonymes="50 % des attributions aux trois autres quartiles, loi Égalité et citoyenneté",
    numerateur="baux signés en QPV par un ménage des trois autres quartiles",
    denominateur="baux signés en QPV",
    source="bailleurs",
    table="attributions",
    sens="hausse",
)
def loi_2017_en_qpv(attributions, bareme):
    """Part des baux signés en quartier prioritaire par des demandeurs des deuxième, troisième et quatrième quartiles.

    **Pièges.** Sans objet avant l'entrée en vigueur de la loi. La règle porte sur tous les baux : un quartile inconnu
    compte en bas et non en haut.

    **Référence.** Loi n° 2017-86 du 27 janvier 2017, art. 70 ; code de la construction et de l'habitation,
    art. L. 441-1.
    """
    bareme("loi_2017_en_qpv")
    dedans = attributions["qpv"].eq("en_qpv")
    return attributions["quartile_ressources"].isin(["2", "3", "4"]) & dedans, dedans


@indicateur(
    libelle="Attributions prioritaires",
    synonymes="publics prioritaires, DALO, urgence, mal-logés",
    numerateur="baux signés par un ménage prioritaire",
    denominateur="baux dont le motif est connu",
    source="bailleurs",
    table="attributions",
    sens="hausse",
)
def prioritaires(attributions):
    """Part des baux signés par un ménage reconnu prioritaire, à quelque titre que ce soit.

    **Référence.** Code de la construction et de l'habitation, art. L. 441-1 ; loi DALO du 5 mars 2007.
    """
    motif = attributions["motif_prioritaire"]
    return motif.notna() & motif.ne("aucun"), motif.notna(), tous(attributions)


@indicateur(
    libelle="Mutations",
    synonymes="changer de HLM, parcours résidentiel, échanges de logement",
    numerateur="baux signés par un locataire du parc social",
    denominateur="baux signés",
    source="bailleurs",
    table="attributions",
)
def mutations(attributions):
    """Part des baux signés par un ménage déjà locataire du parc social.

    **Référence.** SNE, demandes de mutation.
    """
    return attributions["type_demande"].eq("mutation"), tous(attributions)


@indicateur(
    libelle="Relogements d'opération",
    synonymes="rénovation urbaine, ANRU, relogement après démolition",
    numerateur="baux signés pour reloger un ménage d'une opération",
    denominateur="baux dont l'origine est connue",
    source="bailleurs",
    table="attributions",
)
def relogements(attributions):
    """Part des baux signés pour reloger un ménage d'un immeuble à démolir ou d'une opération.

    **Référence.** Anru, relogements.
    """
    origine = attributions["relogement_operation"]
    return origine.eq("oui"), origine.notna(), tous(attributions)

"""Entrants et sortants : qui arrive dans le parc, qui en part, avec quelle fréquence.

Les entrants sont les baux signés dans l'année (table ``attributions``). Les sortants viennent de ``devenirs`` : une
ligne par ménage logé au 31 décembre de l'année d'avant, avec ce que l'on savait alors de lui, et ce qu'il est devenu.
"""

from observatoire.catalogue.declaration import indicateur, tous

_SOUS_40 = ("0-20", "20-40")


def _suivi(devenirs):
    """On sait si le ménage est parti ou resté ; un logement démoli ou vendu n'est ni l'un ni l'autre."""
    return devenirs["devenir"].isin(["parti", "reste"])


def _parti(devenirs):
    return devenirs["devenir"].eq("parti")


def _sous_40(table):
    return table["tranche_plafond"].isin(_SOUS_40), table["tranche_plafond"].notna()


def _compose(table, modalite):
    return table["composition"].eq(modalite), table["composition"].notna()


def _entrants(attributions, trait):
    oui, connu = trait
    return oui, connu, tous(attributions)


def _sortants(devenirs, trait):
    """Le trait parmi les ménages partis."""
    oui, connu = trait
    return oui & _parti(devenirs), connu & _parti(devenirs), _parti(devenirs)


def _departs(devenirs, trait):
    """Les départs parmi les ménages qui ont le trait : dit aussi combien sont restés, et le protège."""
    oui, _ = trait
    return oui & _parti(devenirs), oui & _suivi(devenirs)


_ENTRANTS = {"source": "bailleurs", "table": "attributions"}
_SORTANTS = {"source": "OPS", "table": "devenirs"}


@indicateur(
    libelle="Entrants sous 40 % du plafond PLUS",
    synonymes="entrants pauvres, à qui l'on attribue",
    numerateur="baux signés par un ménage sous 40 % du plafond",
    denominateur="baux signés par un ménage aux ressources connues",
    **_ENTRANTS,
)
def moins_40_entrants(attributions):
    """Part des baux signés dans l'année par des ménages dont le revenu est inférieur à 40 % du plafond du PLUS.

    **Pièges.** Les ressources sont celles du dossier d'attribution, plus récentes que celles de l'enquête OPS. Un
    ménage qui change de logement dans le parc y entre ici et en sort ailleurs.

    **Référence.** Même seuil que l'enquête OPS (GIP SNE) ; code de la construction et de l'habitation, art. L. 441-1.
    """
    return _entrants(attributions, _sous_40(attributions))


@indicateur(
    libelle="Familles monoparentales parmi les entrants",
    synonymes="parents isolés logés dans l'année",
    numerateur="baux signés par une famille monoparentale",
    denominateur="baux signés par un ménage à la composition connue",
    **_ENTRANTS,
)
def monoparentales_entrants(attributions):
    """Part des baux signés dans l'année par des familles monoparentales.

    **Référence.** Même définition que l'enquête OPS (GIP SNE), à l'entrée dans les lieux.
    """
    return _entrants(attributions, _compose(attributions, "monoparentale"))


@indicateur(
    libelle="Personnes seules parmi les entrants",
    synonymes="célibataires logés dans l'année",
    numerateur="baux signés par une personne seule",
    denominateur="baux signés par un ménage à la composition connue",
    **_ENTRANTS,
)
def personnes_seules_entrants(attributions):
    """Part des baux signés dans l'année par des personnes seules.

    **Référence.** Même définition que l'enquête OPS (GIP SNE), à l'entrée dans les lieux.
    """
    return _entrants(attributions, _compose(attributions, "personne_seule"))


@indicateur(
    libelle="Taux de départ",
    synonymes="départs, sorties du parc",
    numerateur="ménages partis dans l'année",
    denominateur="ménages logés au 31 décembre précédent, au devenir connu",
    **_SORTANTS,
)
def taux_depart(devenirs):
    r"""Part des ménages logés au 31 décembre précédent qui ont quitté leur logement dans l'année.

    $$ \frac{P}{P + R} $$

    $P$ : partis ; $R$ : restés. Les ménages d'un logement démoli ou vendu dans l'année ne comptent pas.

    **Pièges.** Aucun dépôt ne suit un ménage : le départ se lit sur le logement (vacant, vidé, ou loué par un bail de
    l'année). Un bail refait au même nom et un changement de logement dans le parc comptent comme des départs. Deux
    départs du même logement dans l'année n'en font qu'un.

    **Référence.** Rapprochement de deux dépôts par l'identifiant du logement ; comparer au taux de rotation.
    """
    return _parti(devenirs), _suivi(devenirs), ~devenirs["devenir"].eq("hors_parc")


@indicateur(
    libelle="Sortants sous 40 % du plafond PLUS",
    synonymes="partants pauvres",
    numerateur="ménages partis qui étaient sous 40 % du plafond",
    denominateur="ménages partis aux ressources connues",
    **_SORTANTS,
)
def moins_40_sortants(devenirs):
    """Part, parmi les ménages partis dans l'année, de ceux dont le revenu était inférieur à 40 % du plafond du PLUS.

    **Pièges.** Ce que l'on sait d'eux date du 31 décembre précédent. Lire le taux de départ pour ce qui compte comme un
    départ.

    **Référence.** GIP SNE, enquête OPS ; rapprochement de deux dépôts par l'identifiant du logement.
    """
    return _sortants(devenirs, _sous_40(devenirs))


@indicateur(
    libelle="Familles monoparentales parmi les sortants",
    synonymes="parents isolés partis dans l'année",
    numerateur="familles monoparentales parties dans l'année",
    denominateur="ménages partis à la composition connue",
    **_SORTANTS,
)
def monoparentales_sortants(devenirs):
    """Part des familles monoparentales parmi les ménages partis dans l'année.

    **Référence.** GIP SNE, enquête OPS ; rapprochement de deux dépôts par l'identifiant du logement.
    """
    return _sortants(devenirs, _compose(devenirs, "monoparentale"))


@indicateur(
    libelle="Personnes seules parmi les sortants",
    synonymes="célibataires partis dans l'année",
    numerateur="personnes seules parties dans l'année",
    denominateur="ménages partis à la composition connue",
    **_SORTANTS,
)
def personnes_seules_sortants(devenirs):
    """Part des personnes seules parmi les ménages partis dans l'année.

    **Référence.** GIP SNE, enquête OPS ; rapprochement de deux dépôts par l'identifiant du logement.
    """
    return _sortants(devenirs, _compose(devenirs, "personne_seule"))


@indicateur(
    libelle="Départs des ménages sous 40 % du plafond PLUS",
    synonymes="les ménages pauvres partent-ils",
    numerateur="ménages partis qui étaient sous 40 % du plafond",
    denominateur="ménages sous 40 % du plafond au 31 décembre précédent, au devenir connu",
    **_SORTANTS,
)
def moins_40_departs(devenirs):
    """Part des ménages sous 40 % du plafond du PLUS qui ont quitté leur logement dans l'année.

    **Référence.** GIP SNE, enquête OPS ; rapprochement de deux dépôts par l'identifiant du logement.
    """
    return _departs(devenirs, _sous_40(devenirs))


@indicateur(
    libelle="Départs des familles monoparentales",
    synonymes="les parents isolés partent-ils",
    numerateur="familles monoparentales parties dans l'année",
    denominateur="familles monoparentales au 31 décembre précédent, au devenir connu",
    **_SORTANTS,
)
def monoparentales_departs(devenirs):
    """Part des familles monoparentales qui ont quitté leur logement dans l'année.

    **Référence.** GIP SNE, enquête OPS ; rapprochement de deux dépôts par l'identifiant du logement.
    """
    return _departs(devenirs, _compose(devenirs, "monoparentale"))


@indicateur(
    libelle="Départs des personnes seules",
    synonymes="les célibataires partent-ils",
    numerateur="personnes seules parties dans l'année",
    denominateur="personnes seules au 31 décembre précédent, au devenir connu",
    **_SORTANTS,
)
def personnes_seules_departs(devenirs):
    """Part des personnes seules qui ont quitté leur logement dans l'année.

    **Référence.** GIP SNE, enquête OPS ; rapprochement de deux dépôts par l'identifiant du logement.
    """
    return _departs(devenirs, _compose(devenirs, "personne_seule"))

"""Vacance et mobilité."""

from observatoire.catalogue.declaration import indicateur


def _offert(logements):
    """Loué ou vacant : proposé à la location."""
    return logements["occupation"].isin(["loue", "vacant"])


def _en_location_avant_l_annee(logements):
    """Offert au 31 décembre et déjà mis en location avant le début de l'année : les livraisons n'en sont pas."""
    return _offert(logements) & logements["annee_premiere_location"].lt(logements["annee"])


@indicateur(
    libelle="Taux de vacance",
    synonymes="HLM vides, logements vides, logements vacants, logements inoccupés",
    numerateur="logements vacants",
    denominateur="logements loués ou vacants",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    sens="baisse",
)
def taux_vacance(logements):
    r"""Part des logements offerts à la location qui n'ont pas de locataire.

    $$ \frac{V}{L + V} $$

    $V$ : vacants ; $L$ : loués. Les vides techniques ne comptent pas.

    **Pièges.** Un programme de démolition fait passer des logements de vacants à vides techniques : lire les deux.
    C'est l'état d'un jour.

    **Référence.** SDES, RPLS, définition du taux de vacance.
    """
    return logements["occupation"].eq("vacant"), _offert(logements)


@indicateur(
    libelle="Taux de vacance de plus de trois mois",
    synonymes="vacance longue, vacance structurelle, vides depuis longtemps",
    numerateur="logements vacants depuis plus de trois mois",
    denominateur="logements loués, ou vacants depuis un temps connu",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    sens="baisse",
    dans="taux_vacance",
)
def taux_vacance_3_mois(logements):
    r"""Part des logements offerts à la location qui sont vacants depuis plus de trois mois.

    $$ \frac{V_{>3}}{L + V} $$

    Dite « vacance structurelle ».

    **Référence.** SDES, RPLS, définition du taux de vacance structurelle.
    """
    connu = logements["occupation"].eq("loue") | logements["mois_vacance"].notna()
    longue = logements["occupation"].eq("vacant") & logements["mois_vacance"].gt(3)
    return longue, _offert(logements) & connu, _offert(logements)


@indicateur(
    libelle="Part des logements vides pour raison technique",
    synonymes="logements en travaux, démolition, logements gelés, retirés de la location",
    numerateur="logements vides pour raison technique",
    denominateur="logements dont l'occupation est connue",
    source="RPLS",
    perimetre="rpls",
    table="logements",
)
def part_vides_techniques(logements):
    """Part des logements retirés de la location : travaux, vente ou démolition à venir.

    **Pièges.** À lire à côté du taux de vacance, qui les exclut.

    **Référence.** SDES, RPLS, logements vides pour raison technique.
    """
    return logements["occupation"].eq("vide_technique"), logements["occupation"].notna()


@indicateur(
    libelle="Taux de mobilité",
    synonymes="emménagements, turnover, déménagements",
    numerateur="emménagements de l'année dans un logement mis en location avant elle",
    denominateur="logements loués ou vacants mis en location avant l'année",
    source="RPLS",
    perimetre="rpls",
    table="logements",
    periode="annee",
)
def taux_mobilite(logements):
    r"""Part des logements déjà en location avant l'année dont le bail en cours a commencé dans l'année.

    $$ \frac{E}{L + V} \text{, logements mis en location avant l'année} $$

    **Pièges.** Les livraisons de l'année ne comptent ni en haut ni en bas, ni les logements loués dont la date du bail
    manque. Ce n'est pas le taux de rotation.

    **Référence.** SDES, RPLS, définition du taux de mobilité.
    """
    ancien = _en_location_avant_l_annee(logements)
    connu = logements["occupation"].eq("vacant") | logements["date_bail"].notna()
    emmenage = logements["occupation"].eq("loue") & logements["date_bail"].dt.year.eq(logements["annee"])
    return ancien & emmenage, ancien & connu, ancien


@indicateur(
    libelle="Taux de rotation",
    synonymes="turnover, relocations",
    numerateur="baux signés dans un logement mis en location avant l'année",
    denominateur="logements",
    nature="taux",
    unite="pour 100 logements",
    source="bailleurs",
    table=("attributions", "logements"),
)
def taux_rotation(attributions, logements):
    r"""Baux signés dans l'année dans le parc déjà en location, pour cent logements de ce parc.

    $$ 100 \times \frac{B}{N} $$

    **Pièges.** Le taux de rotation rapporte les sorties à tout le parc, vacant ou non ; un même logement peut
    compter deux fois. Les sorties ne sont pas déposées : chaque relocation en tient lieu.

    **Référence.** USH, glossaire ; comparer au taux de mobilité du RPLS.
    """
    anciens = logements["annee_premiere_location"].lt(logements["annee"])
    relouables = logements["id_logement"][anciens] if len(attributions) else ()
    return attributions["id_logement"].isin(relouables), anciens

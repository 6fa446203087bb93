"""Production : les engagements de construction de la convention de 1998."""

from observatoire.catalogue.declaration import indicateur

_OPERATIONS = {"source": "bailleurs", "table": "programmes", "sens": "hausse"}


@indicateur(
    libelle="Logements livrés",
    synonymes="construction neuve, nouveaux HLM, logements construits, logements neufs",
    numerateur="logements livrés dans la commune",
    unite="logements",
    nature="effectif",
    **_OPERATIONS,
)
def logements_livres(programmes):
    """Nombre de logements neufs livrés dans l'année dans la commune.

    **Référence.** Convention cadre Ville – Office public d'HLM (1998), programmation.
    """
    return (programmes["nb_logements"].where(programmes["dans_ville"], 0),)


@indicateur(
    libelle="Logements livrés, toutes communes",
    synonymes="construction dans l'agglomération",
    numerateur="logements livrés, dans la commune et hors d'elle",
    unite="logements",
    nature="effectif",
    **_OPERATIONS,
)
def logements_livres_partout(programmes):
    """Nombre de logements neufs livrés dans l'année, dans la commune et dans les communes voisines.

    **Pièges.** Seules comptent les opérations des bailleurs qui déposent.

    **Référence.** Convention cadre Ville – Office public d'HLM (1998) : de 50 à 60 logements neufs par an.
    """
    return (programmes["nb_logements"],)


@indicateur(
    libelle="Part des livraisons dans la commune",
    synonymes="où l'on construit",
    numerateur="logements livrés dans la commune",
    denominateur="logements livrés, toutes communes",
    **_OPERATIONS,
)
def part_livres_ville(programmes):
    """Part des logements livrés dans l'année qui le sont dans la commune.

    **Référence.** Convention cadre Ville – Office public d'HLM (1998) : 80 % à Besançon.
    """
    livres = programmes["nb_logements"]
    return livres.where(programmes["dans_ville"], 0), livres


@indicateur(
    libelle="Part très sociale des livraisons",
    synonymes="PLAI, PLA très social, logements pour les plus démunis",
    numerateur="logements très sociaux livrés",
    denominateur="logements livrés dont le financement est connu",
    **_OPERATIONS,
)
def part_tres_social(programmes):
    """Part des logements livrés dans l'année, toutes communes, qui sont très sociaux (PLA-TS, PLAI).

    **Référence.** Convention cadre Ville – Office public d'HLM (1998) : un sur quatre, si possible.
    """
    connu = programmes["dont_tres_social"].notna()
    return programmes["dont_tres_social"].where(connu, 0), programmes["nb_logements"].where(connu, 0)


@indicateur(
    libelle="Part des emprunts garantie par la ville",
    synonymes="garanties d'emprunt, cautions",
    numerateur="emprunts garantis par la ville (€)",
    denominateur="emprunts (€)",
    nature="moyenne",
    **_OPERATIONS,
)
def part_emprunt_garanti(programmes):
    """Part, en euros, des emprunts des opérations livrées que la ville garantit.

    **Référence.** Convention cadre Ville – Office public d'HLM (1998) : 50 % des emprunts.
    """
    connu = programmes["garantie_ville_pct"].notna() & programmes["emprunt_eur"].notna()
    emprunts = programmes["emprunt_eur"].where(connu, 0)
    return emprunts * programmes["garantie_ville_pct"].fillna(0) / 100, emprunts

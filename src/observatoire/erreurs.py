"""Les erreurs que l'observatoire sait dire, chacune en une phrase utile et en français."""


class ErreurObservatoire(Exception):
    """Toute erreur dont le message s'adresse à la personne qui a lancé la commande.

    ``code`` est le code de sortie de la commande : 1 quand le travail est refusé ou a échoué, 2 quand la
    commande, la configuration ou un paramètre est mal écrit.
    """

    code = 1


class ErreurConfiguration(ErreurObservatoire):
    """``observatoire.yml``, un barème ou un fichier de suivi est absent ou mal écrit."""

    code = 2


class ParametreInconnu(ErreurObservatoire):
    """Un paramètre de notebook manque, est inconnu ou n'a pas une valeur admise."""

    code = 2


class DepotRefuse(ErreurObservatoire):
    """Un fichier au moins a été refusé ; le message liste tous les problèmes."""


class EditionIncomplete(ErreurObservatoire):
    """Une page au moins n'a pas pu être exécutée, ou le livre n'a pas pu être construit."""

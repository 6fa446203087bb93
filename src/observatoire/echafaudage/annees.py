"""Une année de plus : dans la configuration, et la liste de ce que chacun doit déposer."""

from __future__ import annotations

import yaml

from observatoire.configuration import MARQUE_FICTIF, Configuration, lire_configuration
from observatoire.configuration.saisie import lire_texte
from observatoire.echafaudage.commun import cles
from observatoire.erreurs import ParametreInconnu
from observatoire.fichiers import ecrire_texte


def ajouter_une_annee(config: Configuration, annee: int | None = None) -> tuple[Configuration, list[str]]:
    """Ajouter ``annee`` (la suivante par défaut) à l'édition ; rend la configuration relue et les dépôts attendus.

    Rien d'autre ne change dans ``observatoire.yml``, et son dossier de dépôts est prêt, sauf si les dépôts sont
    fictifs : « observatoire exemple » les refait tous. Lève :class:`ParametreInconnu` si l'année y est déjà,
    :class:`ErreurConfiguration` si le fichier n'est plus juste ensuite ; il reste alors ce qu'il était.
    """
    annee = max(config.annees) + 1 if annee is None else annee
    if annee in config.annees:
        raise ParametreInconnu(f"l'année {annee} est déjà dans l'édition : {', '.join(map(str, config.annees))}.")
    avant = lire_texte(config.fichier)
    liste = cles(cles(yaml.compose(avant))["edition"])["annees"]
    annees = sorted([*config.annees, annee])
    ecrites, debut, fin = f"[{', '.join(map(str, annees))}]", liste.start_mark.index, liste.end_mark.index
    # Une liste en bloc commence à la ligne d'après sa clé, et finit là où commence ce qui la suit.
    en_bloc = f"{avant[:debut].rstrip()} {ecrites}\n{' ' * liste.end_mark.column}"
    ecrire_texte((f"{avant[:debut]}{ecrites}" if liste.flow_style else en_bloc) + avant[fin:], config.fichier)
    try:
        relue = lire_configuration(config.fichier)
    except BaseException:
        ecrire_texte(avant, config.fichier)
        raise
    if not (config.chemin("brut") / MARQUE_FICTIF).is_file():
        (config.chemin("brut") / str(annee)).mkdir(parents=True, exist_ok=True)
    return relue, [f"{annee}/{table}_{d.code}" for d in config.deposants for table in d.tables]

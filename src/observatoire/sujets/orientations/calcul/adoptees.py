"""Les orientations que le groupe a adoptées : ``suivi/orientations.yml``, tenu à la main.

L'observatoire propose ; le groupe adopte la proposition, la change ou l'écarte, et l'écrit ici avec sa date et sa
source ::

    orientations:
      - code: planoise_2009
        indicateur: moins_40_entrants
        sens: au_plus              # au_plus (ne pas dépasser) ou au_moins (accueillir au moins)
        cible: 0.48                # une fraction
        niveau: quartier           # immeuble, secteur ou quartier
        territoire: planoise-chateaufarine
        bailleur: chacun           # facultatif : « chacun », « tous » ensemble, ou un code
        depuis: 2009-12-15
        jusque: 2012-12-31         # facultatif
        adoptee_par: Conférence communale
        source: compte rendu du 15 décembre 2009
"""

from __future__ import annotations

from observatoire.configuration import Configuration
from observatoire.configuration.commun import TOUS
from observatoire.configuration.modeles.objectifs import CHACUN
from observatoire.configuration.modeles.orientations import OrientationAdoptee, Orientations
from observatoire.configuration.saisie import lire_fiche
from observatoire.lecture.territoires import chercher_les_inconnus
from observatoire.rangement import sont_fictifs
from observatoire.sujets.simulation.modele.traits import TRAITS
from observatoire.vocabulaire import EMBOITES

FICHIER = "orientations.yml"
#: Ce qu'une orientation peut demander des entrants : leurs ressources, jamais leur situation de famille ni leur âge.
PARTS_D_ENTRANTS = (TRAITS["moins_40"].entrants,)


def lire_orientations(config: Configuration) -> list[OrientationAdoptee]:
    """Les orientations adoptées, dans l'ordre du fichier ; aucune si le groupe n'en a pas adopté.

    Une orientation fictive n'existe qu'avec des dépôts fictifs.

    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas, et la ligne de chaque faute.
    """
    fichier = config.chemin("suivi") / FICHIER
    if not fichier.is_file():
        return []
    contexte = {
        "entrants": PARTS_D_ENTRANTS,
        "niveaux_orientes": EMBOITES,
        "est_inconnu": chercher_les_inconnus(config),
        "bailleurs_ou_chacun": (CHACUN, TOUS, *(b.code for b in config.bailleurs)),
    }
    fictifs = sont_fictifs(config.chemin("prepare"))
    return [o for o in lire_fiche(fichier, Orientations, contexte).orientations if fictifs or not o.fictif]

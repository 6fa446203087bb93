"""Ce que tous les territoires ont de commun : les mots et les formes que la configuration admet."""

from __future__ import annotations

import re

from observatoire import vocabulaire

NIVEAUX_CHOISIS = tuple(niveau for niveau in vocabulaire.NIVEAUX if niveau != vocabulaire.QPV)
TABLES = ("immeubles", "logements", "menages", "attributions", "demandes", "signalements", "programmes")
#: Les tables que la préparation tire de deux années de dépôts ; personne ne les dépose.
TABLES_TIREES = ("devenirs",)
#: D'où vient le quartier d'un immeuble : du référentiel de contours, ou de sa commune (un parc de plusieurs communes).
QUARTIERS = CONTOURS, COMMUNES = "contours", "communes"
#: Ce qui désigne tous les bailleurs ensemble, qu'aucun ne peut avoir pour code.
TOUS = "tous"
#: Qui peut lire les dépôts et les tables préparées : leur propriétaire, ou son groupe aussi.
ACCES = ("prive", "groupe")
#: Ce qui peut s'écrire dans un nom de fichier, et les années que l'on peut dater.
CODE = re.compile(r"\w[\w-]{0,63}")
ANNEES = range(1900, 2101)
#: Fichier de ``brut`` qui dit que les dépôts sont fictifs.
MARQUE_FICTIF = "FICTIF"
#: Dossier de « suivi » où est consigné qui a publié malgré des doutes.
PASSAGES = "passages"
#: Dossier de ``prepare`` où sont les valeurs des années purgées.
CONSERVES = "conserves"
#: À qui s'adresse une édition, du public le plus large au plus restreint : chacun peut aussi lire l'édition des
#: précédents. Chaque public a ses pages et son site, dans des dossiers à lui.
PUBLICS = ("publique", "partenaires")
PUBLIQUE = PUBLICS[0]
CHEMINS_D_UN_PUBLIC = ("edition", "site")
#: Où est chaque dossier si rien n'est dit.
CHEMINS_PAR_DEFAUT = {
    "brut": "data/brut",
    "prepare": "data/prepare",
    "publie": "data/publie",
    "edition": "book/edition",
    "site": "_build/html",
    "edition_partenaires": "_partenaires/edition",
    "site_partenaires": "_partenaires/site",
    "schemas": "data/schemas",
    "referentiels": "data/referentiels",
    "suivi": "data/suivi",
    "notebooks": "notebooks",
    "livre": ".",
    "cle": "data/cle_du_secret",
}
CHEMINS = tuple(CHEMINS_PAR_DEFAUT)

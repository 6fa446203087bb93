"""Les colonnes que plusieurs tables portent, et de quoi en déclarer une."""

from __future__ import annotations

from functools import partial

from observatoire.tables.contrat import BOOLEEN, CODE, DATE, ENTIER, NOMBRE, TEXTE, Colonne

code = partial(Colonne, CODE)
texte = partial(Colonne, TEXTE)
date = partial(Colonne, DATE)
entier = partial(Colonne, ENTIER)
nombre = partial(Colonne, NOMBRE)
booleen = partial(Colonne, BOOLEEN)

ANNEE = entier("annee", "année")
DEPART = entier("depart", "année de départ")
NIVEAU = code("niveau", "niveau du territoire")
TERRITOIRE = code("territoire", "code du territoire")
BAILLEUR = code("bailleur", "code du bailleur, ou « tous »")
INDICATEUR = code("indicateur", "code de l'indicateur")
QUARTIER = code("quartier", "quartier où c'est")
SECTEUR = code("secteur", "secteur où c'est")
LIEU = (ANNEE, NIVEAU, TERRITOIRE, BAILLEUR)
CELLULE = (*LIEU, INDICATEUR)

VALEUR = nombre("valeur", "valeur, dans l'unité de l'indicateur")
VALEUR_DEPART = nombre("valeur_depart", "valeur de l'année de départ")
VARIATION = nombre("variation", "variation depuis l'année de départ")
BORNES = (nombre("borne_basse", "borne basse de l'intervalle"), nombre("borne_haute", "borne haute de l'intervalle"))
NUMERATEUR = nombre("numerateur", "ce qui compte en haut")
DENOMINATEUR = nombre("denominateur", "ce qui compte en bas")
COUVERTURE = nombre("couverture", "part des logements connus dont le bailleur a déposé")
REPONSE = nombre("reponse", "part des ménages concernés dont la réponse est connue")
MESURES = (NUMERATEUR, DENOMINATEUR, VALEUR, *BORNES, COUVERTURE, REPONSE)
STATUT = code("statut", "publie, ou pourquoi la valeur manque")
VERDICT = code("verdict", "verdict")
CONSTAT = code("constat", "ce que dit l'arithmétique seule : atteint ou non")
MOTIF = texte("motif", "pourquoi")
LIBELLE = texte("libelle", "libellé")
SOURCE = texte("source", "d'où cela vient")

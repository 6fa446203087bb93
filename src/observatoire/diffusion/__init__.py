"""Les données d'une édition, à télécharger : chaque table en CSV, toutes en une archive décrite, un classeur à lire.

Tout se tire de ``publie`` et de la déclaration des tables. ``paquet`` décrit et réunit, ``classeur`` compose le
tableur, ``notices`` dit le droit et comment citer, ``page`` présente ; ``ecriture`` range le tout dans l'édition.
"""

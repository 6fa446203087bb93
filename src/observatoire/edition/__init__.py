"""L'édition : des notebooks modèles et des valeurs publiées aux pages du livre.

``plan`` dit quelles pages existent, ``execution`` les exécute, ``page`` en fait une, ``fiches`` écrit celles qui
se tirent du catalogue et des schémas.
"""

from observatoire.edition.execution import Bilan, chauffer_d_avance, executer
from observatoire.edition.plan import Page, lister_pages, verifier_parametres

__all__ = ["Bilan", "Page", "chauffer_d_avance", "executer", "lister_pages", "verifier_parametres"]

"""Ce qui est public de toute façon, trouvé sans qu'aucun indicateur ait à le déclarer."""

from __future__ import annotations

from observatoire.baremes import Baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import TABLES, TABLES_TIREES, Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.indicateurs import lire_regles
from observatoire.lecture.devenirs import table_tiree_vide
from observatoire.lecture.tables import table_vide
from observatoire.schemas import lire_schemas
from observatoire.secret import Ouverture, Regles


def etablir_l_ouverture(config: Configuration, baremes: Baremes, regles: Regles) -> Ouverture:
    """Ce qui est public de toute façon, d'après les colonnes que lit chaque indicateur.

    Lève :class:`ErreurConfiguration` si le barème ouvre une colonne que sa table n'a pas.
    """
    schemas, declarations = lire_schemas(config.chemin("schemas")), catalogue()
    if inconnues := [
        f"« {colonne} » n'est pas une colonne de {table} (elle a : {', '.join(schemas[table].champs)})."
        for table, colonnes in regles.ouvertes.items()
        if table in schemas
        for colonne in sorted(colonnes - set(schemas[table].champs))
    ]:
        raise ErreurConfiguration("\n".join(f"confidentialite.yml, « ouvertes » : {faute}" for faute in inconnues))
    vides = {nom: table_vide(nom, schemas[nom], schemas) for nom in TABLES}
    vides |= {nom: table_tiree_vide(nom, schemas) for nom in TABLES_TIREES}
    vides["programmes"] = vides["programmes"].assign(dans_ville=False)
    candidats = [d for d in declarations.values() if set(d.tables) <= set(regles.ouvertes)]
    annee = max(config.annees)
    calculables = lire_regles(candidats, vides, annee, baremes)
    ouverts = set()
    for d, colonnes in calculables.lues.items():
        deposees = frozenset().union(*(schemas[t].champs for t in d.tables if t in schemas))
        if d.code not in calculables.sans_regle and regles.est_ouvert(d.tables, colonnes & deposees):
            ouverts.add(d.code)
    return Ouverture(frozenset(ouverts), declarations)

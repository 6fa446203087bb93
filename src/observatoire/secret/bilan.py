"""Ce qui est caché, par quelle règle, et ce qui le montrerait."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from observatoire.secret.parution import ACCORD, BAILLEURS, TOUS, UNITE
from observatoire.secret.valeurs import Bruitees
from observatoire.typographie import grouper


def compter(bruitees: Bruitees) -> list[dict]:
    """Par niveau, croisé ou non par bailleur : ``valeurs`` calculées, et combien chaque règle en cache."""
    table = bruitees.table
    calculees = table["statut"].isin(["publie", "c"]).to_numpy()
    cles = {"niveau": table["niveau"], "croise": table["bailleur"].ne(TOUS)}
    colonnes = pd.DataFrame(cles).assign(valeurs=1, **{m: bruitees.motifs == m for m in (UNITE, BAILLEURS, ACCORD)})
    sommes = colonnes[calculees].groupby(["niveau", "croise"], sort=True).sum().astype(int).reset_index()
    return sommes.astype({"croise": bool}).to_dict("records")


def dire(masquees: Iterable[dict], edition: dict) -> list[str]:
    """Une phrase par règle qui cache quelque chose : combien, pourquoi, et ce qui le montrerait.

    ``edition`` : ``seuil``, ``deposants`` et ``regles``, comme dans ``edition.json``.
    """
    masquees, regles = list(masquees), edition["regles"]
    total = sum(m["valeurs"] for m in masquees)
    sommes = {motif: sum(m[motif] for m in masquees) for motif in (UNITE, BAILLEURS, ACCORD)}
    deposants = f"{edition['deposants']} bailleur{'s déposent' if edition['deposants'] > 1 else ' dépose'}"
    part = round(100 * regles["part_maximale"])
    phrases = {
        UNITE: (
            f"moins de {edition['seuil']} ménages ou logements dans l'unité, ou dans le compte bruité à publier ; "
            "aucun accord n'y changerait rien."
        ),
        BAILLEURS: (
            f"trop peu de bailleurs dans l'unité, ou un seul qui y pèse plus de {part} % ({deposants}, la règle en "
            f"demande {regles['contributeurs']}). L'accord écrit des bailleurs, dans confidentialite.yml, les montre."
        ),
        ACCORD: "les chiffres d'un bailleur sans son accord. Son accord écrit, dans confidentialite.yml, les montre.",
    }
    comptes = {m: f"{grouper(n)} valeur{'s' * (n > 1)} cachée{'s' * (n > 1)}" for m, n in sommes.items() if n}
    return [f"{compte} sur {grouper(total)} : {phrases[motif]}" for motif, compte in comptes.items()]

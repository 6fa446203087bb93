"""Les clés de contrôle des numéros d'identification, calculées sur toute une colonne à la fois."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Chiffres qu'un reste modulo 97 peut porter sans dépasser un entier de 64 bits.
TRANCHE = 9


def cles_nir(numeros: pd.Series) -> np.ndarray:
    """La clé d'un NIR de quinze caractères est-elle la sienne ? La Corse (2A, 2B) compte pour 19 et 18.

    >>> cles_nir(pd.Series(["185057800608436", "185057800608491"]))
    array([False,  True])
    """
    corps = numeros.str[:13].str.replace("2A", "19").str.replace("2B", "18")
    return ((97 - corps.astype("int64") % 97) == numeros.str[13:].astype("int64")).to_numpy()


def cles_iban(comptes: pd.Series) -> np.ndarray:
    """La clé d'un IBAN (lettres et chiffres, sans espace) est-elle la sienne ?

    >>> cles_iban(pd.Series(["FR1420041010050500013M02606", "FR1520041010050500013M02606"]))
    array([ True, False])
    """
    chiffres = comptes.str[4:] + comptes.str[:4]
    for rang, lettre in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=10):
        chiffres = chiffres.str.replace(lettre, str(rang))
    reste = np.zeros(len(chiffres), dtype=np.int64)
    for debut in range(0, int(chiffres.str.len().max()), TRANCHE):
        tranche = chiffres.str[debut : debut + TRANCHE]
        valeurs = tranche.where(tranche.ne(""), "0").astype("int64").to_numpy()
        reste = (reste * 10 ** tranche.str.len().to_numpy(dtype=np.int64) + valeurs) % 97
    return reste == 1

"""La clé du secret, et celle que chaque ménage, logement, bail ou demande en tire.

Chaque unité porte une clé permanente, tirée de ses identifiants par une empreinte à clé (SipHash-2-4). La clé d'une
case est la somme de celles de ses unités : les mêmes unités donnent donc toujours le même bruit, dans toute table,
toute année, tout public et toute édition (:mod:`observatoire.secret`).

**Référence.** Fraser B. et Wooton J. (2005), *A proposed method for confidentialising tabular output to protect
against differencing*, ONU-CEE/Eurostat ; Aumasson J.-P. et Bernstein D. J. (2012), *SipHash*, INDOCRYPT.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from observatoire.configuration import MARQUE_FICTIF, PUBLICS, Configuration
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire
from observatoire.tables.edition import EDITION

if TYPE_CHECKING:
    import pandas as pd

#: Une clé d'unité est un entier de [0, MODULE[ : une somme de cinq cents millions de clés reste exacte en ``float64``.
MODULE = 2**24
#: La colonne qui la porte dans une table préparée.
COLONNE = "cle"
#: Celle des dépôts fictifs, que chacun peut lire : leurs ménages n'existent pas.
FICTIVE = "0123456789abcdef"
_TAILLE = 16
#: Ce qui désigne l'unité d'une ligne de chaque table : des colonnes, et celle dont seule l'année compte.
_UNITES = {
    "immeubles": (("immeuble",), None),
    "logements": (("id_logement",), None),
    "menages": (("id_logement",), "annee_emmenagement"),
    "attributions": (("id_logement",), "date"),
    "demandes": (("deposant", "id_demande"), None),
    "signalements": (("immeuble", "nature", "date"), None),
    "programmes": (("deposant", "id_programme"), None),
}


def lire_la_cle(fichier: Path, fictif: bool) -> str:
    """La clé du secret ; celle des dépôts fictifs s'ils le sont. Absente, elle est tirée au sort et écrite, pour soi.

    Lève :class:`ErreurConfiguration` si le fichier n'est pas une clé, ou si d'autres que son propriétaire le lisent.
    """
    if fictif:
        return FICTIVE
    if not fichier.is_file():
        _ecrire(fichier)
    cle = fichier.read_text(encoding="ascii", errors="replace").strip()
    if len(cle) != _TAILLE or not cle.isascii():
        raise ErreurConfiguration(f"{fichier.name} : ce n'est pas une clé du secret ({_TAILLE} caractères attendus).")
    if fichier.stat().st_mode & 0o077:
        raise ErreurConfiguration(f"{fichier.name} : d'autres que vous peuvent la lire. Écrire : chmod 600 {fichier}")
    return cle


def cle_de(config: Configuration) -> str:
    """La clé du secret d'un territoire, d'après sa configuration et ses dépôts (:func:`lire_la_cle`).

    Lève :class:`ErreurObservatoire` si une édition en place en porte une autre : aucune n'est alors tirée.
    """
    fichier, fictif = config.chemin("cle"), (config.chemin("brut") / MARQUE_FICTIF).is_file()
    portees = {public: signature for public, signature in _signatures(config).items() if signature != signer(FICTIVE)}
    perdue = bool(portees) and not fictif and not fichier.is_file()
    cle = "" if perdue else lire_la_cle(fichier, fictif)
    if autres := [public for public, signature in portees.items() if signature != signer(cle)]:
        quoi = "manque" if perdue else "n'est pas celle de l'édition publiée"
        raise ErreurObservatoire(
            f"la clé du secret ({fichier.name}) {quoi} (« {' », « '.join(autres)} ») : publier les mêmes années avec "
            "deux clés ferait deviner les comptes. Remettre la clé d'origine ; si elle est perdue, voir docs/secret.md "
            "(« La clé est perdue »)."
        )
    return cle


def _signatures(config: Configuration) -> dict[str, str]:
    """Public -> la signature de la clé de son édition en place ; rien pour une édition d'avant le bruit."""
    editions = {public: EDITION.dans(config.chemin("publie") / public) for public in PUBLICS}
    lues = {p: json.loads(f.read_text(encoding="utf-8")).get("cle") for p, f in editions.items() if f.is_file()}
    return {public: signature for public, signature in lues.items() if signature}


def _ecrire(fichier: Path) -> None:
    fichier.parent.mkdir(parents=True, exist_ok=True)
    descripteur = os.open(fichier, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descripteur, "w", encoding="ascii") as flux:
        flux.write(secrets.token_urlsafe(_TAILLE)[:_TAILLE] + "\n")


def signer(cle: str) -> str:
    """Ce qui distingue une clé d'une autre sans la dire : huit chiffres de son empreinte SHA-256."""
    return hashlib.sha256(cle.encode("ascii")).hexdigest()[:8]


def attribuer(nom: str, table: pd.DataFrame, cle: str) -> pd.DataFrame:
    """Ajouter à une table préparée la clé de l'unité de chaque ligne.

    Un bail et le ménage qu'il installe ont la même ; un ménage qui reste la garde d'une année à l'autre.
    """
    import numpy as np  # longs à charger, pour qui ne veut que la clé
    import pandas as pd

    identifiants, datee = _UNITES[nom]
    textes = [table[c].astype("str") for c in identifiants]
    if datee is not None:
        annees = table[datee].dt.year if pd.api.types.is_datetime64_any_dtype(table[datee]) else table[datee]
        textes.append(annees.astype("Int64").astype("str"))
    unites = textes[0] if len(textes) == 1 else textes[0].str.cat(textes[1:], sep="/", na_rep="")
    objets = unites.fillna("").to_numpy(object)
    empreintes = pd.util.hash_array(objets, hash_key=cle, categorize=False)
    return table.assign(**{COLONNE: (empreintes % MODULE).astype(np.int32)})

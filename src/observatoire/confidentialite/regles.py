"""Les règles du secret, lues dans ``referentiels/baremes/confidentialite.yml`` : aucune n'est dans le code.

Le seuil général est un barème comme un autre. Le même fichier dit, pour chaque public et à chaque date, les niveaux
qu'il voit, ce qu'il faut derrière une valeur, et à combien près une valeur cachée peut être devinée.
"""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.baremes import Baremes, SansObjet
from observatoire.catalogue import catalogue
from observatoire.configuration import PUBLICS, plus_larges
from observatoire.erreurs import ErreurConfiguration
from observatoire.regles_datees import (
    controler_la_date,
    controler_les_regles,
    est_entier,
    est_nombre,
    lire_fichier,
    retenir,
)

FICHIER = Path("baremes") / "confidentialite.yml"
NIVEAUX = ("immeuble", "secteur", "quartier", "ville", "agglomeration", "qpv")
_ENTIERS = ("immeubles", "contributeurs", "amplitude")
_PARTS = ("part_maximale", "amplitude_relative", "poids_par_bailleur")
_ARRONDIS = ("reponse", "couverture")


@dataclass(frozen=True)
class Regles:
    """Ce qui s'applique à un public.

    ``seuil`` : unités au moins derrière une valeur, ``seuils`` ceux propres à une source. ``niveaux`` : niveau vu ->
    logements qu'il y faut. ``immeubles``, ``contributeurs`` : nombres minimaux ; ``part_maximale`` : d'un bailleur.
    ``amplitude`` (unités) et ``amplitude_relative`` (part de la valeur) : largeur minimale de l'intervalle où un
    attaquant peut situer une valeur cachée. ``muets`` : sources dont les non-réponses sont un secret.
    ``accords`` : bailleurs qui ont accepté que leurs chiffres soient publiés. ``arrondi`` : décimales. ``poids`` : ce
    que coûte de cacher une valeur d'un niveau, multiplié par ``poids_par_bailleur`` si elle est croisée.
    ``indicateurs`` : niveau -> les seuls qui y paraissent (tous, si le niveau n'y est pas).
    """

    public: str
    seuil: int
    seuils: dict[str, int]
    niveaux: dict[str, int]
    immeubles: int
    contributeurs: int
    part_maximale: float
    amplitude: int
    amplitude_relative: float
    muets: frozenset[str]
    accords: frozenset[str]
    arrondi: dict[str, int]
    poids: dict[str, int]
    indicateurs: dict[str, tuple[str, ...]]
    poids_par_bailleur: float

    def montre(self, indicateurs: pd.DataFrame) -> pd.Series:
        """Vrai pour chaque ligne qui peut paraître, publiée ou cachée : son niveau se voit, et l'indicateur y est."""
        vus = indicateurs["niveau"].isin(self.niveaux)
        for niveau, codes in self.indicateurs.items():
            vus &= indicateurs["niveau"].ne(niveau) | indicateurs["indicateur"].isin(codes)
        return vus

    def largeur_relative(self, valeurs: np.ndarray, entieres: np.ndarray) -> np.ndarray:
        """La largeur qu'il faut à chaque valeur : une part d'elle, et l'amplitude au moins si c'est un dénombrement
        (``entieres``)."""
        part = self.amplitude_relative * np.abs(valeurs)
        return np.where(entieres, np.maximum(np.ceil(part), self.amplitude), part)

    def seuil_de(self, source: str) -> int:
        """Le seuil d'une source : le sien, à défaut le général."""
        return self.seuils.get(source, self.seuil)

    def publier(self) -> dict:
        """Les règles telles qu'elles accompagnent l'édition (JSON)."""
        return asdict(self) | {"muets": sorted(self.muets), "accords": sorted(self.accords)}


def lire_regles_du_secret(referentiels: Path, baremes: Baremes, public: str, annee: int) -> Regles:
    """Les règles d'un public au 31 décembre d'une année.

    Lève :class:`ErreurConfiguration` quand le public n'existe pas, que le seuil ou la règle manque, ou que le fichier
    est mal écrit ; tous les défauts sont dits à la fois.
    """
    plus_larges(public)
    try:
        seuil = baremes.au_31_decembre(annee)("confidentialite")
    except SansObjet as absence:
        raise ErreurConfiguration(f"le barème « confidentialite » n'a pas de valeur en {annee}.") from absence
    contenu = lire_fichier(referentiels / FICHIER, _FORME, _defauts_du_fichier)
    regle = retenir((r for r in contenu["regles"] if r["public"] == public), annee)
    if regle is None:
        raise ErreurConfiguration(f"{FICHIER.name} : aucune règle n'est en vigueur en {annee} pour « {public} ».")
    jour = datetime.date(annee, 12, 31)
    accords = [a for a in contenu.get("accords") or () if public in a["publics"] and a["depuis"] <= jour]
    return Regles(
        public=public,
        seuil=seuil,
        seuils=dict(regle.get("sources") or {}),
        niveaux=dict(regle["niveaux"]),
        muets=frozenset(regle.get("muets") or ()),
        accords=frozenset(b for a in accords for b in a["bailleurs"] if jour <= a.get("jusque", jour)),
        arrondi=dict(regle["arrondi"]),
        poids=dict(regle["poids"]),
        indicateurs={n: tuple(codes) for n, codes in (regle.get("indicateurs") or {}).items()},
        **{cle: regle[cle] for cle in (*_ENTIERS, *_PARTS)},
    )


#: La forme de ce que les contrôles parcourent ; leurs messages disent le reste.
_FORME = {
    "valeurs": [{"depuis": datetime.date}],
    "regles": [{"public": str, "muets": [str], "indicateurs": {str: [str]}}],
    "accords": [{"publics": [str], "bailleurs": [str]}],
}


def _defauts_du_fichier(contenu: dict) -> list[str]:
    regles = controler_les_regles(contenu, _defauts, "« regles » manque : une règle au moins par public.")
    return [*regles, *_defauts_des_accords(contenu), *_defauts_du_seuil(contenu)]


def _defauts_du_seuil(contenu: dict) -> list[str]:
    return [
        f"valeur n° {rang} : le seuil « {v['valeur']} » n'est pas un entier d'au moins 2."
        for rang, v in enumerate(contenu["valeurs"], start=1)
        if not est_entier(v["valeur"], 2)
    ]


def _defauts(regle: dict) -> list[str]:
    attendues = ("public", "depuis", "source", "niveaux", *_ENTIERS, *_PARTS, "arrondi", "poids")
    defauts = [f"« {cle} » manque." for cle in attendues if regle.get(cle) in (None, "")]
    if regle.get("public") not in (None, *PUBLICS):
        defauts.append(f"public « {regle['public']} » inconnu. Valeurs admises : {', '.join(PUBLICS)}.")
    defauts += controler_la_date(regle, "depuis")
    defauts += [
        f"« {c} » : « {regle[c]} » n'est pas un entier positif."
        for c in _ENTIERS
        if regle.get(c) is not None and not est_entier(regle[c], 1)
    ]
    for cle in _PARTS:
        valeur = regle.get(cle)
        if valeur is not None and not est_nombre(valeur, 0, 1):
            defauts.append(f"« {cle} » : « {valeur} » n'est pas une fraction de ]0 ; 1].")
    defauts += _table_d_entiers(regle, "niveaux", NIVEAUX)
    defauts += _table_d_entiers(regle, "arrondi", _ARRONDIS)
    defauts += _table_d_entiers(regle, "poids", NIVEAUX)
    defauts += _table_d_entiers(regle, "sources", ())
    defauts += _defauts_des_indicateurs(regle.get("indicateurs"))
    niveaux, poids = (regle.get(c) if isinstance(regle.get(c), dict) else {} for c in ("niveaux", "poids"))
    defauts += [f"« poids » ne dit pas ce que vaut le niveau « {n} »." for n in niveaux if n not in poids]
    return defauts


def _defauts_des_indicateurs(contenu: object) -> list[str]:
    """``indicateurs`` nomme, niveau par niveau, des codes du catalogue."""
    if contenu is None:
        return []
    if not isinstance(contenu, dict) or not all(isinstance(codes, list) for codes in contenu.values()):
        return ["« indicateurs » s'écrit « niveau: [code, code] »."]
    defauts = [f"« indicateurs » : « {n} » est inconnu." for n in contenu if n not in NIVEAUX]
    connus = catalogue()
    return defauts + [
        f"« indicateurs », « {n} » : « {code} » n'est pas un indicateur du catalogue."
        for n, codes in contenu.items()
        for code in codes
        if code not in connus
    ]


def _table_d_entiers(regle: dict, cle: str, admises: tuple[str, ...]) -> list[str]:
    contenu = regle.get(cle)
    if contenu is None:
        return []
    if not isinstance(contenu, dict):
        return [f"« {cle} » n'est pas une suite de « clé: nombre »."]
    inconnues = [c for c in contenu if admises and c not in admises]
    defauts = [f"« {cle} » : « {c} » est inconnu. Valeurs admises : {', '.join(admises)}." for c in inconnues]
    faux = {c: v for c, v in contenu.items() if not est_entier(v)}
    return defauts + [f"« {cle} », « {c} » : « {v} » n'est pas un entier." for c, v in faux.items()]


def _defauts_des_accords(contenu: dict) -> list[str]:
    defauts = []
    for rang, accord in enumerate(contenu.get("accords") or (), start=1):
        ici = [f"« {c} » manque." for c in ("depuis", "publics", "bailleurs", "source") if not accord.get(c)]
        ici += [f"public « {p} » inconnu." for p in accord.get("publics") or () if p not in PUBLICS]
        ici += [*controler_la_date(accord, "depuis"), *controler_la_date(accord, "jusque")]
        defauts += [f"accord n° {rang} : {d}" for d in ici]
    return defauts

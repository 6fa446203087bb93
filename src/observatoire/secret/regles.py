"""Les règles du secret, lues dans ``referentiels/baremes/confidentialite.yml`` : aucune n'est dans le code.

Le seuil général est un barème comme un autre. Le même fichier dit, pour chaque public et à chaque date, les niveaux
qu'il voit, le bruit ajouté aux comptes, ce qui se cache, ce qui est public de toute façon, et les accords.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from observatoire.baremes import Baremes, SansObjet
from observatoire.catalogue import catalogue
from observatoire.configuration import PUBLICS, TABLES, TABLES_TIREES, plus_larges
from observatoire.erreurs import ErreurConfiguration
from observatoire.regles_datees import (
    controler_la_date,
    controler_les_regles,
    est_entier,
    est_nombre,
    lire_fichier,
    retenir,
)
from observatoire.secret.bruit import Bruit

FICHIER = Path("baremes") / "confidentialite.yml"
NIVEAUX = ("immeuble", "secteur", "quartier", "ville", "agglomeration", "qpv")
_ARRONDIS = ("reponse", "couverture")
#: Rubriques d'avant le bruit par clés ; un fichier qui en a une est refusé, et le message dit quoi écrire.
_ABANDONNEES = ("immeubles", "amplitude", "amplitude_relative", "muets", "poids", "poids_par_bailleur")


@dataclass(frozen=True)
class Regles:
    """Ce qui s'applique à un public.

    ``niveaux`` : ceux qu'il voit. ``seuil`` : unités (ménages, logements) au moins dans une case, ``seuils`` ceux
    propres à une source. ``bruit`` : sa loi, ``bruits`` celles propres à une source. ``contributeurs`` : bailleurs au
    moins, ``part_maximale`` : d'un bailleur. ``accords`` : bailleurs qui ont accepté que leurs chiffres soient publiés.
    ``par_bailleur`` : niveau -> les seules tables qui s'y croisent par bailleur. ``indicateurs`` : niveau -> les seuls
    qui y paraissent (tous, si le niveau n'y est pas). ``arrondi`` : décimales. ``ouvertes`` : table -> ses colonnes
    publiques, tous bailleurs réunis (toutes, si la liste est vide). ``exacts`` : (niveau, indicateur) que rien ne
    bruite.
    """

    public: str
    niveaux: tuple[str, ...]
    seuil: int
    seuils: dict[str, int]
    bruit: Bruit
    bruits: dict[str, Bruit]
    contributeurs: int
    part_maximale: float
    accords: frozenset[str]
    par_bailleur: dict[str, tuple[str, ...]]
    indicateurs: dict[str, tuple[str, ...]]
    arrondi: dict[str, int]
    ouvertes: dict[str, frozenset[str]]
    exacts: frozenset[tuple[str, str]]

    def montre(self, table: pd.DataFrame) -> pd.Series:
        """Vrai pour chaque ligne qui peut paraître, publiée ou cachée : son niveau se voit, et l'indicateur y est.

        ``table`` : ``niveau``, ``indicateur`` et, s'il est croisé, ``bailleur``.
        """
        vus = table["niveau"].isin(self.niveaux)
        for niveau, codes in self.indicateurs.items():
            vus &= table["niveau"].ne(niveau) | table["indicateur"].isin(codes)
        if "bailleur" in table:
            for niveau, admises in self.par_bailleur.items():
                croisables = [c for c, d in catalogue().items() if set(d.tables) <= set(admises)]
                ailleurs = table["niveau"].ne(niveau) | table["bailleur"].eq("tous")
                vus &= ailleurs | table["indicateur"].isin(croisables)
        return vus

    def seuil_de(self, source: str) -> int:
        """Le seuil d'une source : le sien, à défaut le général."""
        return self.seuils.get(source, self.seuil)

    def bruit_de(self, source: str) -> Bruit:
        """La loi du bruit d'une source : la sienne, à défaut la générale."""
        return self.bruits.get(source, self.bruit)

    def est_ouvert(self, tables: Iterable[str], lues: frozenset[str]) -> bool:
        """Un indicateur qui lit ces colonnes de ces tables ne dit-il que ce qui est public ?"""
        return all(t in self.ouvertes and (not self.ouvertes[t] or lues <= self.ouvertes[t]) for t in tables)

    def publier(self) -> dict:
        """Les règles telles qu'elles accompagnent l'édition (JSON)."""
        return asdict(self) | {
            "accords": sorted(self.accords),
            "ouvertes": {table: sorted(colonnes) for table, colonnes in self.ouvertes.items()},
            "exacts": [list(couple) for couple in sorted(self.exacts)],
        }


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
    ouvertes = [o for o in contenu.get("ouvertes") or () if o["depuis"] <= jour]
    exacts = [e for e in contenu.get("exacts") or () if e["depuis"] <= jour]
    propres = {s: regle["sources"][s] for s in regle.get("sources") or {}}
    return Regles(
        public=public,
        niveaux=tuple(regle["niveaux"]),
        seuil=seuil,
        seuils={s: r["seuil"] for s, r in propres.items() if "seuil" in r},
        bruit=Bruit(**regle["bruit"]),
        bruits={s: Bruit(**r["bruit"]) for s, r in propres.items() if "bruit" in r},
        contributeurs=regle["contributeurs"],
        part_maximale=regle["part_maximale"],
        accords=frozenset(b for a in accords for b in a["bailleurs"] if jour <= a.get("jusque", jour)),
        par_bailleur={n: tuple(tables) for n, tables in (regle.get("par_bailleur") or {}).items()},
        indicateurs={n: tuple(codes) for n, codes in (regle.get("indicateurs") or {}).items()},
        arrondi=dict(regle["arrondi"]),
        ouvertes={t: frozenset(o.get("colonnes") or ()) for o in ouvertes for t in o["tables"]},
        exacts=frozenset((n, code) for e in exacts for n in e["niveaux"] for code in e["indicateurs"]),
    )


#: La forme de ce que les contrôles parcourent ; leurs messages disent le reste.
_FORME = {
    "valeurs": [{"depuis": datetime.date}],
    "regles": [{"public": str, "indicateurs": {str: [str]}, "par_bailleur": {str: [str]}}],
    "ouvertes": [{"tables": [str], "colonnes": [str]}],
    "exacts": [{"niveaux": [str], "indicateurs": [str]}],
    "accords": [{"publics": [str], "bailleurs": [str]}],
}


def _defauts_du_fichier(contenu: dict) -> list[str]:
    regles = controler_les_regles(contenu, _defauts, "« regles » manque : une règle au moins par public.")
    return [
        *regles,
        *_defauts_des_accords(contenu),
        *_defauts_du_seuil(contenu),
        *_defauts_d_une_liste(contenu, "ouvertes", {"tables": (*TABLES, *TABLES_TIREES)}),
        *_defauts_d_une_liste(contenu, "exacts", {"niveaux": NIVEAUX, "indicateurs": catalogue()}),
    ]


def _defauts_du_seuil(contenu: dict) -> list[str]:
    return [
        f"valeur n° {rang} : le seuil « {v['valeur']} » n'est pas un entier d'au moins 2."
        for rang, v in enumerate(contenu["valeurs"], start=1)
        if not est_entier(v["valeur"], 2)
    ]


def _defauts(regle: dict) -> list[str]:
    attendues = ("public", "depuis", "source", "niveaux", "contributeurs", "part_maximale", "arrondi", "bruit")
    defauts = [f"« {cle} » manque." for cle in attendues if regle.get(cle) in (None, "")]
    defauts += [
        f"« {cle} » ne sert plus depuis que les comptes sont bruités : l'enlever (docs/secret.md)."
        for cle in _ABANDONNEES
        if cle in regle
    ]
    if regle.get("public") not in (None, *PUBLICS):
        defauts.append(f"public « {regle['public']} » inconnu. Valeurs admises : {', '.join(PUBLICS)}.")
    defauts += controler_la_date(regle, "depuis")
    if regle.get("contributeurs") is not None and not est_entier(regle["contributeurs"], 1):
        defauts.append(f"« contributeurs » : « {regle['contributeurs']} » n'est pas un entier positif.")
    if regle.get("part_maximale") is not None and not est_nombre(regle["part_maximale"], 0, 1):
        defauts.append(f"« part_maximale » : « {regle['part_maximale']} » n'est pas une fraction de ]0 ; 1].")
    defauts += _hors_liste(regle.get("niveaux"), "niveaux", NIVEAUX)
    defauts += _defauts_de_l_arrondi(regle.get("arrondi"))
    defauts += _defauts_du_bruit(regle.get("bruit"), "bruit")
    defauts += _defauts_des_sources(regle.get("sources") or {})
    defauts += _defauts_par_niveau(regle.get("indicateurs"), "indicateurs", catalogue())
    return defauts + _defauts_par_niveau(regle.get("par_bailleur"), "par_bailleur", (*TABLES, *TABLES_TIREES))


def _hors_liste(valeurs: object, cle: str, admises: Iterable[str]) -> list[str]:
    if valeurs is None:
        return []
    if not isinstance(valeurs, list):
        return [f"« {cle} » s'écrit [un, deux]."]
    inconnues = [v for v in valeurs if v not in admises]
    return [f"« {cle} » : « {v} » est inconnu. Valeurs admises : {', '.join(admises)}." for v in inconnues]


def _defauts_de_l_arrondi(contenu: object) -> list[str]:
    if contenu is None:
        return []
    if not isinstance(contenu, dict):
        return ["« arrondi » n'est pas une suite de « clé: nombre »."]
    defauts = _hors_liste(list(contenu), "arrondi", _ARRONDIS)
    return defauts + [
        f"« arrondi », « {c} » : « {v} » n'est pas un entier." for c, v in contenu.items() if not est_entier(v)
    ]


def _defauts_du_bruit(contenu: object, ou: str) -> list[str]:
    """Une loi du bruit : trois nombres, et une loi qui existe."""
    if contenu is None:
        return []
    attendus = ("ecart", "variance", "plancher")
    if not isinstance(contenu, dict) or set(contenu) != set(attendus):
        return [f"« {ou} » s'écrit {{ecart: 5, variance: 2, plancher: 2}}."]
    entiers = [c for c in ("ecart", "plancher") if not est_entier(contenu[c])]
    if entiers or not (contenu["variance"] == 0 or est_nombre(contenu["variance"], 0, 10_000)):
        return [f"« {ou} » : « ecart » et « plancher » sont des entiers, « variance » un nombre positif ou nul."]
    try:
        Bruit(**contenu).lois  # noqa: B018 : la loi se cherche ici, et le fichier est refusé si elle n'existe pas
    except ValueError as erreur:
        return [f"« {ou} » : {erreur}"]
    return []


def _defauts_des_sources(contenu: object) -> list[str]:
    if not isinstance(contenu, dict):
        return ["« sources » s'écrit « source: {seuil: 11, bruit: {...}} »."]
    defauts = []
    for source, siennes in contenu.items():
        if not isinstance(siennes, dict) or set(siennes) - {"seuil", "bruit"}:
            defauts.append(f"« sources », « {source} » s'écrit {{seuil: 11, bruit: {{...}}}}.")
            continue
        if "seuil" in siennes and not est_entier(siennes["seuil"], 2):
            defauts.append(f"« sources », « {source} » : le seuil n'est pas un entier d'au moins 2.")
        defauts += _defauts_du_bruit(siennes.get("bruit"), f"sources, {source}, bruit")
    return defauts


def _defauts_par_niveau(contenu: object, cle: str, admises: Iterable[str]) -> list[str]:
    """Niveau par niveau, des codes admis."""
    if contenu is None:
        return []
    if not isinstance(contenu, dict) or not all(isinstance(codes, list) for codes in contenu.values()):
        return [f"« {cle} » s'écrit « niveau: [code, code] »."]
    defauts = _hors_liste(list(contenu), cle, NIVEAUX)
    return defauts + [d for n, codes in contenu.items() for d in _hors_liste(codes, f"{cle}, {n}", admises)]


def _defauts_d_une_liste(contenu: dict, cle: str, champs: dict[str, Iterable[str]]) -> list[str]:
    """Une liste d'entrées datées et sourcées, chacune avec des codes admis."""
    defauts = []
    for rang, entree in enumerate(contenu.get(cle) or (), start=1):
        ici = [f"« {c} » manque." for c in ("depuis", "source", *champs) if not entree.get(c)]
        ici += controler_la_date(entree, "depuis")
        ici += [d for champ, admis in champs.items() for d in _hors_liste(entree.get(champ), champ, admis)]
        defauts += [f"{cle}, n° {rang} : {d}" for d in ici]
    return defauts


def _defauts_des_accords(contenu: dict) -> list[str]:
    defauts = []
    for rang, accord in enumerate(contenu.get("accords") or (), start=1):
        ici = [f"« {c} » manque." for c in ("depuis", "publics", "bailleurs", "source") if not accord.get(c)]
        ici += [f"public « {p} » inconnu." for p in accord.get("publics") or () if p not in PUBLICS]
        ici += [*controler_la_date(accord, "depuis"), *controler_la_date(accord, "jusque")]
        defauts += [f"accord n° {rang} : {d}" for d in ici]
    return defauts

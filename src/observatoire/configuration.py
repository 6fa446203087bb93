"""Lire ``observatoire.yml`` : le territoire, ses bailleurs, ses années, ses dossiers.

Rien d'un territoire n'est dans le code ; tout ce qui change d'une ville à l'autre est ici.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations
from pathlib import Path

from observatoire.communes import (
    AGGLOMERATION,
    HORS_COMMUNE,
    HORS_QUARTIER,
    VILLE,
    Commune,
    Epci,
    lire_communes,
    lire_epci,
)
from observatoire.erreurs import ErreurConfiguration
from observatoire.saisie import ATTENDU, lire_yaml
from observatoire.trimestres import FORME, nommer_trimestre, rang_de_l_annee, rang_du_trimestre

NIVEAUX = ("immeuble", "secteur", "quartier", VILLE, AGGLOMERATION)
TABLES = ("immeubles", "logements", "menages", "attributions", "demandes", "signalements", "programmes")
#: Les tables que la préparation tire de deux années de dépôts ; personne ne les dépose.
TABLES_TIREES = ("devenirs",)
#: D'où vient le quartier d'un immeuble : du référentiel de contours, ou de sa commune (un parc de plusieurs communes).
QUARTIERS = ("contours", "communes")
#: Qui peut lire les dépôts et les tables préparées : leur propriétaire, ou son groupe aussi.
ACCES = ("prive", "groupe")
#: Mois de conservation après le 31 décembre de l'année, et taille (en logements) en deçà de laquelle les valeurs d'un
#: immeuble ne sont pas conservées après une purge.
CONSERVATION = ("brut_mois", "prepare_mois", "immeuble_logements")
#: Ce qui peut s'écrire dans un nom de fichier, et les années que l'on peut dater.
CODE = re.compile(r"\w[\w-]{0,63}")
ANNEES = range(1900, 2101)
#: Fichier de ``brut`` qui dit que les dépôts sont fictifs.
MARQUE_FICTIF = "FICTIF"
#: Dossier de « suivi » où est consigné qui a publié malgré des doutes.
PASSAGES = "passages"
#: À qui s'adresse une édition, du public le plus large au plus restreint : chacun peut aussi lire l'édition des
#: précédents. Chaque public a ses pages et son site, dans des dossiers à lui.
PUBLICS = ("publique", "partenaires")
PUBLIQUE = PUBLICS[0]
CHEMINS_D_UN_PUBLIC = ("edition", "site")
CHEMINS = (
    "brut", "prepare", "publie", "edition", "site", "edition_partenaires", "site_partenaires", "schemas",
    "referentiels", "suivi", "notebooks", "livre", "cle",
)  # fmt: skip


@dataclass(frozen=True)
class Bailleur:
    """Un bailleur, ou un autre déposant quand ``est_bailleur`` est faux.

    ``tables`` : tables qu'il dépose. ``hors_rpls`` : ses logements sont hors du champ du RPLS (foyers,
    résidences sociales). ``parc_declare`` : nombre de logements connu par ailleurs, tant qu'il n'a jamais
    déposé la table ``logements``.
    """

    code: str
    nom: str
    tables: tuple[str, ...] = TABLES
    hors_rpls: bool = False
    parc_declare: int | None = None
    est_bailleur: bool = True


@dataclass(frozen=True)
class Configuration:
    """Le contenu de ``observatoire.yml``, vérifié.

    ``chemins`` associe chaque nom de :data:`CHEMINS` à un chemin absolu. ``quartiers`` : « contours », ou « communes »
    quand chaque commune tient lieu de quartier (le code donné avec l'immeuble, ou celui du RPLS). ``acces`` : qui peut
    lire les dépôts et les tables préparées, « prive » ou « groupe ». ``conservation`` : les durées de
    :data:`CONSERVATION` qui sont fixées. ``trimestre`` : celui où se tient l'édition (« 2011-T1 »), qui date le suivi
    des alertes. ``codes_des_signataires`` : le code de chaque signataire qui en a un -> son nom. ``communes`` : celles
    d'une agglomération, dont ``code`` est alors le SIREN ; vide quand le territoire est une commune. ``epci`` : celui
    d'une commune, s'il est déclaré ; il ne sert qu'au contexte de la revue.
    """

    fichier: Path
    nom: str
    code: str
    a: str
    de: str
    titre: str
    niveaux: tuple[str, ...]
    annees: tuple[int, ...]
    annee_zero: int
    deposants: tuple[Bailleur, ...]
    signataires: tuple[str, ...]
    codes_des_signataires: Mapping[str, str]
    trimestre: str
    charte: dict
    chemins: dict[str, Path]
    quartiers: str = "contours"
    acces: str = ACCES[0]
    conservation: Mapping[str, int] = field(default_factory=dict)
    communes: tuple[Commune, ...] = ()
    epci: Epci | None = None

    @property
    def tout(self) -> tuple[str, str]:
        """Le niveau et le code du territoire entier : la ville, ou l'agglomération quand il y a des communes."""
        return (AGGLOMERATION if self.communes else VILLE), self.code

    @cached_property
    def communes_retenues(self) -> tuple[str, ...] | None:
        """Le code Insee des communes dont les logements comptent ; ``None`` : toutes, chacune étant un quartier."""
        if self.quartiers == "communes":
            return None
        return tuple(c.code for c in self.communes) or (self.code,)

    @cached_property
    def commune_du_quartier(self) -> Mapping[str, str]:
        """La commune de chaque quartier d'une agglomération, ses restes hors de tout contour compris."""
        propres = {q: c.code for c in self.communes for q in (*c.quartiers, c.hors_quartier)}
        return propres | {HORS_QUARTIER: HORS_COMMUNE}

    @cached_property
    def bailleurs(self) -> tuple[Bailleur, ...]:
        """Les bailleurs seuls, sans les autres déposants."""
        return tuple(d for d in self.deposants if d.est_bailleur)

    @cached_property
    def partenaires(self) -> dict[str, str]:
        """Qui peut piloter une action, code -> nom : les bailleurs, puis les signataires qui ont un code."""
        return {b.code: b.nom for b in self.bailleurs} | dict(self.codes_des_signataires)

    def __post_init__(self) -> None:
        """Lève :class:`ErreurConfiguration` si deux dossiers sont le même, ou l'un dans l'autre."""
        melanges = list(_melanges(self.chemins))
        if melanges:
            raise ErreurConfiguration("chemins : chaque dossier a sa place.\n" + "\n".join(melanges))

    def chemin(self, nom: str, public: str = PUBLIQUE) -> Path:
        """Chemin absolu du dossier ``nom`` (une des valeurs de :data:`CHEMINS`), celui de ce public s'il a le sien."""
        return self.chemins[nom_du_chemin(nom, public)]

    def avec_chemins(self, public: str = PUBLIQUE, **chemins: Path | str | None) -> Configuration:
        """Même configuration, où les dossiers donnés remplacent ceux du fichier (``None`` ne change rien).

        ``public`` : celui dont « edition » et « site » sont donnés.
        """
        donnes = {
            nom_du_chemin(nom, public): Path(chemin).resolve() for nom, chemin in chemins.items() if chemin is not None
        }
        return replace(self, chemins={**self.chemins, **donnes})


def _melanges(chemins: Mapping[str, Path]) -> Iterator[str]:
    """Les dossiers mêlés, une phrase par paire ; seul celui du livre peut en contenir d'autres, hors de ses pages."""
    for (un, ici), (autre, la) in permutations(chemins.items(), 2):
        if ici == la and un < autre:
            yield f"  - « {un} » et « {autre} » sont le même dossier."
        elif ici != la and la.is_relative_to(ici) and un != "livre":
            yield f"  - « {autre} » est dans « {un} »."
    pages = chemins.get("livre", Path()) / "book"
    for nom in (n for n in chemins if n.startswith("site") and chemins[n].is_relative_to(pages)):
        yield f"  - « {nom} » est parmi les pages du livre, qui seraient relues à la construction suivante."


def plus_larges(public: str) -> tuple[str, ...]:
    """Les publics dont ce public lit aussi l'édition. Lève :class:`ErreurConfiguration` s'il est inconnu."""
    if public not in PUBLICS:
        raise ErreurConfiguration(f"public « {public} » inconnu. Valeurs admises : {', '.join(PUBLICS)}.")
    return PUBLICS[: PUBLICS.index(public)]


def nom_du_chemin(nom: str, public: str) -> str:
    """Le nom, dans :data:`CHEMINS`, du dossier ``nom`` de ce public.

    Lève :class:`ErreurConfiguration` si le public est inconnu.
    """
    plus_larges(public)
    return nom if public == PUBLIQUE or nom not in CHEMINS_D_UN_PUBLIC else f"{nom}_{public}"


def lire_configuration(fichier: Path | str = "observatoire.yml") -> Configuration:
    """Lire et vérifier ``observatoire.yml``.

    Lève :class:`ErreurConfiguration` avec la liste de tout ce qui ne va pas.
    """
    fichier = Path(fichier).resolve()
    if not fichier.is_file():
        raise ErreurConfiguration(f"{fichier.name} : fichier de configuration introuvable.")
    brut = lire_yaml(fichier)
    problemes, communes, epci = _problemes(brut), (), None
    if isinstance(brut, dict):
        referentiels = _rubrique(brut, "chemins", dict).get("referentiels", _CHEMINS_PAR_DEFAUT["referentiels"])
        territoire = _rubrique(brut, "territoire", dict)
        communes, defauts = lire_communes(territoire, fichier.parent / str(referentiels))
        epci, de_l_epci = lire_epci(territoire)
        problemes += defauts + de_l_epci
    if problemes:
        liste = "\n".join(f"  - {p}" for p in problemes)
        raise ErreurConfiguration(f"{fichier.name} : {len(problemes)} problème(s).\n{liste}")
    territoire, edition = brut["territoire"], brut["edition"]
    chemins_donnes = brut.get("chemins") or {}
    return Configuration(
        fichier=fichier,
        nom=territoire["nom"],
        code=territoire["code"],
        a=territoire.get("a", f"à {territoire['nom']}"),
        de=territoire.get("de", f"de {territoire['nom']}"),
        titre=edition.get("titre", f"Observatoire du logement public – {territoire['nom']}"),
        niveaux=_niveaux(brut),
        annees=tuple(sorted(edition["annees"])),
        annee_zero=edition.get("annee_zero", min(edition["annees"])),
        deposants=tuple(_deposants(brut)),
        signataires=tuple(s if isinstance(s, str) else s["nom"] for s in brut.get("signataires") or ()),
        codes_des_signataires={s["code"]: s["nom"] for s in _signataires_avec_code(brut)},
        trimestre=edition.get("trimestre", nommer_trimestre(rang_de_l_annee(max(edition["annees"])))),
        charte=brut.get("charte") or {},
        chemins={
            nom: (fichier.parent / chemins_donnes.get(nom, _CHEMINS_PAR_DEFAUT[nom])).resolve() for nom in CHEMINS
        },
        quartiers=territoire.get("quartiers", QUARTIERS[0]),
        acces=brut.get("acces") or ACCES[0],
        conservation=dict(brut.get("conservation") or {}),
        communes=communes,
        epci=epci,
    )


def _niveaux(brut: dict) -> tuple[str, ...]:
    """Les niveaux demandés et la ville ; l'immeuble aussi, sauf si l'édition dit « immeubles: false ».

    Avec des communes, l'agglomération de même, et les quartiers, dont toute commune est la somme.
    """
    voulus = {*(brut.get("niveaux") or ()), VILLE} - {"immeuble"}
    if brut["territoire"].get("communes"):
        voulus |= {"quartier", AGGLOMERATION}
    if brut["edition"].get("immeubles", True):
        voulus.add("immeuble")
    return tuple(n for n in NIVEAUX if n in voulus)


_CHEMINS_PAR_DEFAUT = {
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

_TYPES = {
    "territoire": dict,
    "niveaux": list,
    "edition": dict,
    "charte": dict,
    "bailleurs": list,
    "autres_deposants": list,
    "signataires": list,
    "chemins": dict,
    "acces": str,
    "conservation": dict,
}
_CLES = set(_TYPES)


def _problemes(brut: object) -> list[str]:
    """Tout ce qui ne va pas dans la configuration, en français, une phrase par problème."""
    if not isinstance(brut, dict):
        return ["le fichier est vide ou n'est pas une suite de « clé: valeur »."]
    problemes = [f"« {cle} » n'est pas une rubrique connue." for cle in sorted(map(str, set(brut) - _CLES))]
    problemes += [
        f"« {cle} » doit être {ATTENDU[type_]}."
        for cle, type_ in _TYPES.items()
        if brut.get(cle) is not None and not isinstance(brut[cle], type_)
    ]
    territoire, edition = (_rubrique(brut, cle, dict) for cle in ("territoire", "edition"))
    deposants = [d for cle in ("bailleurs", "autres_deposants") for d in _rubrique(brut, cle, list)]
    for cle in ("nom", "code"):
        if not isinstance(territoire.get(cle), str):
            problemes.append(f"territoire : « {cle} » manque ou n'est pas un texte (mettre des guillemets).")
    for rubrique, contenu, cles in (
        ("territoire", territoire, ("a", "de")),
        ("edition", edition, ("titre",)),
        ("charte", _rubrique(brut, "charte", dict), ("nom",)),
    ):
        problemes += [
            f"{rubrique} : « {cle} » n'est pas un texte (mettre des guillemets)."
            for cle in cles
            if cle in contenu and not isinstance(contenu[cle], str)
        ]
    if territoire.get("quartiers", QUARTIERS[0]) not in QUARTIERS:
        problemes.append(f"territoire : « quartiers » vaut {' ou '.join(QUARTIERS)}.")
    if not isinstance(edition.get("immeubles", True), bool):
        problemes.append("edition : « immeubles » vaut true ou false.")
    duree = _rubrique(brut, "charte", dict).get("duree_ans", 1)
    if not isinstance(duree, int) or isinstance(duree, bool) or duree < 1:
        problemes.append("charte : « duree_ans » est un nombre entier d'années, au moins 1.")
    annees = edition.get("annees")
    if not (isinstance(annees, list) and annees and all(_est_une_annee(a) for a in annees)):
        problemes.append("edition : « annees » doit être une liste d'années, par exemple [2007, 2008].")
    elif doubles := sorted({a for a in annees if annees.count(a) > 1}):
        problemes.append(f"edition : l'année {doubles[0]} est donnée deux fois dans « annees ».")
    elif (zero := edition.get("annee_zero", min(annees))) not in annees:
        problemes.append(f"edition : annee_zero ({zero}) n'est pas une des années {annees}.")
    else:
        problemes += _problemes_du_trimestre(edition, max(annees))
    for niveau in _rubrique(brut, "niveaux", list):
        if niveau not in NIVEAUX:
            problemes.append(f"niveaux : « {niveau} » est inconnu. Valeurs admises : {', '.join(NIVEAUX)}.")
        elif niveau == AGGLOMERATION and not territoire.get("communes"):
            problemes.append(f"niveaux : « {niveau} » demande plusieurs communes, sous « territoire ».")
    if not brut.get("bailleurs"):
        problemes.append("bailleurs : la liste est vide.")
    illisibles = [d for d in deposants if not isinstance(d, dict) or not {"code", "nom"} <= set(d)]
    problemes += [f"bailleurs : « code » ou « nom » manque dans {d}." for d in illisibles]
    deposants = [d for d in deposants if d not in illisibles]
    problemes += [p for d in deposants for p in _problemes_du_deposant(d)]
    codes = [d["code"] for d in deposants if isinstance(d["code"], str)]
    problemes += [p for c in codes for p in _problemes_du_code(c)]
    doubles = sorted({c for c in codes if codes.count(c) > 1})
    problemes += [f"bailleurs : le code « {c} » est donné deux fois." for c in doubles]
    problemes += ["bailleurs : « tous » est réservé."] if "tous" in codes else []
    for nom, chemin in _rubrique(brut, "chemins", dict).items():
        if nom not in CHEMINS:
            problemes.append(f"chemins : « {nom} » est inconnu. Valeurs admises : {', '.join(CHEMINS)}.")
        elif not isinstance(chemin, str):
            problemes.append(f"chemins : « {nom} » n'est pas un texte.")
    return problemes + _problemes_des_signataires(brut, codes) + _problemes_des_depots(brut)


def _est_une_annee(valeur: object) -> bool:
    return isinstance(valeur, int) and not isinstance(valeur, bool) and valeur in ANNEES


def _problemes_du_code(code: str) -> list[str]:
    """Un code de déposant nomme ses fichiers et sa page : il doit pouvoir s'écrire dans un nom de fichier."""
    if CODE.fullmatch(code):
        return []
    return [f"bailleurs : le code « {code} » doit n'avoir que des lettres, des chiffres, « _ » et « - »."]


def _problemes_du_trimestre(edition: dict, derniere: int) -> list[str]:
    """Ce qui ne va pas dans « trimestre » : sa forme, ou un trimestre où la dernière année n'est pas connue."""
    premier = nommer_trimestre(rang_de_l_annee(derniere))
    trimestre = edition.get("trimestre", premier)
    if not (isinstance(trimestre, str) and FORME.fullmatch(trimestre)):
        return [f"edition : « trimestre » s'écrit AAAA-T1 à AAAA-T4, par exemple {premier}."]
    if rang_du_trimestre(trimestre) < rang_du_trimestre(premier):
        return [
            f"edition : le trimestre {trimestre} précède {premier}, le premier où les dépôts de {derniere} sont connus."
        ]
    return []


def _problemes_des_signataires(brut: dict, deposants: list[str]) -> list[str]:
    donnes = _rubrique(brut, "signataires", list)
    illisibles = [
        s
        for s in donnes
        if not isinstance(s, str)
        and not (isinstance(s, dict) and set(s) == {"code", "nom"} and all(isinstance(v, str) for v in s.values()))
    ]
    if illisibles:
        return [f"signataires : {s} doit être un nom, ou s'écrire {{code: …, nom: …}}." for s in illisibles]
    codes = [s["code"] for s in donnes if isinstance(s, dict)]
    doubles = sorted({c for c in codes if [*codes, *deposants].count(c) > 1})
    return [f"signataires : le code « {c} » est donné deux fois." for c in doubles]


def _problemes_des_depots(brut: dict) -> list[str]:
    """Ce qui ne va pas dans « acces » et « conservation »."""
    problemes = []
    if isinstance(acces := brut.get("acces", ACCES[0]), str) and acces not in ACCES:
        problemes.append(f"« acces » vaut {' ou '.join(ACCES)}.")
    for cle, valeur in _rubrique(brut, "conservation", dict).items():
        if cle not in CONSERVATION:
            problemes.append(f"conservation : « {cle} » est inconnu. Valeurs admises : {', '.join(CONSERVATION)}.")
        elif isinstance(valeur, bool) or not isinstance(valeur, int) or valeur < 1:
            problemes.append(f"conservation : « {cle} » doit être un nombre entier, au moins 1.")
    return problemes


def _problemes_du_deposant(deposant: dict) -> list[str]:
    qui = f"bailleurs, {deposant['code']}"
    problemes = [
        f"{qui} : « {cle} » n'est pas un texte (mettre des guillemets)."
        for cle in ("code", "nom")
        if not isinstance(deposant[cle], str)
    ]
    tables = deposant.get("tables") or []
    if isinstance(tables, list):
        problemes += [f"{qui} : la table « {table} » est inconnue." for table in tables if table not in TABLES]
    else:
        problemes.append(f"{qui} : « tables » doit être {ATTENDU[list]}.")
    declare = deposant.get("parc_declare")
    if declare is not None and not (isinstance(declare, dict) and isinstance(declare.get("logements"), int)):
        problemes.append(f"{qui} : « parc_declare » doit s'écrire {{logements: 640, source: …}}.")
    return problemes


def _rubrique(brut: dict, cle: str, type_: type):
    """Le contenu d'une rubrique, vide quand elle manque ou n'a pas la forme attendue."""
    contenu = brut.get(cle)
    return contenu if isinstance(contenu, type_) else type_()


def _signataires_avec_code(brut: dict) -> list[dict[str, str]]:
    return [s for s in brut.get("signataires") or () if isinstance(s, dict)]


def _deposants(brut: dict):
    for cle, est_bailleur in (("bailleurs", True), ("autres_deposants", False)):
        for d in brut.get(cle) or ():
            declare = d.get("parc_declare") or {}
            yield Bailleur(
                code=d["code"],
                nom=d["nom"],
                tables=tuple(d.get("tables") or TABLES),
                hors_rpls=bool(d.get("hors_rpls", False)),
                parc_declare=declare.get("logements"),
                est_bailleur=est_bailleur,
            )

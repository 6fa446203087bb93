"""Lire ``observatoire.yml`` : le territoire, ses bailleurs, ses années, ses dossiers.

Rien d'un territoire n'est dans le code ; tout ce qui change d'une ville à l'autre est ici.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

from observatoire.communes import HORS_COMMUNE, HORS_QUARTIER, Commune, ContoursOfficiels, Epci, lire_contours_de
from observatoire.configuration.commun import (
    ACCES,
    CHEMINS_D_UN_PUBLIC,
    CHEMINS_PAR_DEFAUT,
    NIVEAUX_CHOISIS,
    PUBLICS,
    PUBLIQUE,
    TABLES,
)
from observatoire.configuration.saisie import analyser_yaml, lire_texte, reperer_dans, verifier_fiche
from observatoire.erreurs import ErreurConfiguration
from observatoire.trimestres import nommer_trimestre, rang_de_l_annee
from observatoire.vocabulaire import AGGLOMERATION, VILLE

if TYPE_CHECKING:
    from observatoire.configuration.modeles.ville import Deposant, Ville


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
    lire les dépôts et les tables préparées, « prive » ou « groupe ». ``conservation`` : les durées
    qui sont fixées. ``trimestre`` : celui où se tient l'édition (« 2011-T1 »), qui date le suivi
    des alertes. ``codes_des_signataires`` : le code de chaque signataire qui en a un -> son nom. ``communes`` : celles
    d'une agglomération, dont ``code`` est alors le SIREN ; vide quand le territoire est une commune. ``epci`` : celui
    d'une commune, s'il est déclaré ; il ne sert qu'au contexte de la revue. ``contours_officiels`` : ceux qui situent
    les immeubles, quand les autres ne sont qu'un schéma. ``publication`` : qui publie le
    site, et où.
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
    publication: Mapping[str, str] = field(default_factory=dict)
    communes: tuple[Commune, ...] = ()
    epci: Epci | None = None
    contours_officiels: ContoursOfficiels | None = None

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
    from observatoire.configuration.modeles.ville import Ville  # pydantic ne se charge que pour lire

    fichier = Path(fichier).resolve()
    if not fichier.is_file():
        raise ErreurConfiguration(f"{fichier.name} : fichier de configuration introuvable.")
    texte = lire_texte(fichier)
    brut = analyser_yaml(texte, fichier.name)
    referentiels = fichier.parent / _dossier_donne(brut, "referentiels")
    contexte = {"referentiels": referentiels}
    ville = verifier_fiche(brut, fichier.name, Ville, contexte, ligne=reperer_dans(texte))
    return _composer(ville, fichier, referentiels)


def _dossier_donne(brut: object, nom: str) -> str:
    """Un dossier, avant que le fichier soit vérifié : ses contours servent à le vérifier."""
    chemins = brut.get("chemins") if isinstance(brut, dict) else None
    donne = chemins.get(nom) if isinstance(chemins, dict) else None
    return donne if isinstance(donne, str) else CHEMINS_PAR_DEFAUT[nom]


def _composer(ville: Ville, fichier: Path, referentiels: Path) -> Configuration:
    territoire, edition = ville.territoire, ville.edition
    officiels = territoire.contours_officiels
    chemins = {nom: getattr(ville.chemins, nom, None) or ici for nom, ici in CHEMINS_PAR_DEFAUT.items()}
    deposants = [(d, True) for d in ville.bailleurs] + [(d, False) for d in ville.autres_deposants]
    communes = tuple(lire_contours_de(c.model_dump(), referentiels)[0] for c in territoire.communes or ())
    return Configuration(
        fichier=fichier,
        nom=territoire.nom,
        code=territoire.code,
        a=territoire.a or f"à {territoire.nom}",
        de=territoire.de or f"de {territoire.nom}",
        titre=edition.titre or f"Observatoire du logement public – {territoire.nom}",
        niveaux=_niveaux(ville),
        annees=tuple(sorted(edition.annees)),
        annee_zero=edition.annee_zero or min(edition.annees),
        deposants=tuple(_deposant(d, est_bailleur) for d, est_bailleur in deposants),
        signataires=tuple(s.nom for s in ville.signataires),
        codes_des_signataires={s.code: s.nom for s in ville.signataires if s.code},
        trimestre=edition.trimestre or nommer_trimestre(rang_de_l_annee(max(edition.annees))),
        charte=ville.charte.model_dump(exclude_unset=True) if ville.charte else {},
        chemins={nom: (fichier.parent / chemin).resolve() for nom, chemin in chemins.items()},
        quartiers=territoire.quartiers,
        acces=ville.acces,
        conservation=ville.conservation.model_dump(exclude_unset=True) if ville.conservation else {},
        publication=ville.publication.model_dump(exclude_none=True) if ville.publication else {},
        communes=communes,
        epci=Epci(territoire.epci.code, territoire.epci.nom) if territoire.epci else None,
        contours_officiels=ContoursOfficiels(**officiels.model_dump()) if officiels else None,
    )


def _niveaux(ville: Ville) -> tuple[str, ...]:
    """Les niveaux demandés et la ville ; l'immeuble aussi, sauf si l'édition dit « immeubles: false ».

    Avec des communes, l'agglomération de même, et les quartiers, dont toute commune est la somme.
    """
    voulus = {*ville.niveaux, VILLE} - {"immeuble"}
    if ville.territoire.communes:
        voulus |= {"quartier", AGGLOMERATION}
    if ville.edition.immeubles:
        voulus.add("immeuble")
    return tuple(n for n in NIVEAUX_CHOISIS if n in voulus)


def _deposant(declare: Deposant, est_bailleur: bool) -> Bailleur:
    return Bailleur(
        code=declare.code,
        nom=declare.nom,
        tables=tuple(declare.tables or TABLES),
        hors_rpls=declare.hors_rpls,
        parc_declare=declare.parc_declare.logements if declare.parc_declare else None,
        est_bailleur=est_bailleur,
    )

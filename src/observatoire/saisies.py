"""Tout ce qui s'écrit à la main, relu d'un coup, avant qu'aucun dépôt ne soit ouvert et que rien ne soit calculé.

Une faute de frappe dans ``objectifs.yml`` ne doit pas coûter un calcul, ni deux fautes deux allers et retours : chaque
fichier est relu par celui qui s'en sert, et toutes les fautes se disent ensemble.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

from observatoire.baremes import BaremeAbsent, relire_baremes
from observatoire.catalogue import catalogue
from observatoire.configuration import PUBLICS, Configuration
from observatoire.configuration.saisie import FichierFautif, lire_texte, lire_yaml
from observatoire.ecrits import Citables, refuser_les_ecrits
from observatoire.erreurs import ErreurConfiguration
from observatoire.fichiers import lister_visibles
from observatoire.lecture.corrections import lire_corrections
from observatoire.lecture.correspondances import lire_correspondances
from observatoire.lecture.renumerotations import lire_renumerotations
from observatoire.lecture.territoires import chercher_les_inconnus, codes, lire_contours
from observatoire.publication.ecrits import COMMENTAIRES
from observatoire.publication.orientations import regles_de_chaque_annee
from observatoire.ruptures import lire_ruptures
from observatoire.schemas import lire_schemas
from observatoire.secret import lire_regles_du_secret
from observatoire.sujets.alertes.calcul.actions import relire_les_actions
from observatoire.sujets.alertes.calcul.etape import regles_par_annee
from observatoire.sujets.objectifs.calcul.declaration import lire_engagements
from observatoire.sujets.orientations.calcul.adoptees import lire_orientations
from observatoire.sujets.revue.calcul.contexte import lire_contexte
from observatoire.sujets.seances.calcul.comptes_rendus import lire_seances
from observatoire.typographie import compter
from observatoire.vocabulaire import POUR_TOUS

#: Le commentaire d'une page qui n'est pas celle d'un lieu : « 2010/revue.md ».
REVUE = "revue"
_TEXTES = (".md", ".ipynb")


def exiger_les_saisies(config: Configuration) -> None:
    """Lever :class:`ErreurConfiguration` avec tout ce qui ne va pas dans ce qui s'écrit à la main.

    Ce sont les schémas, les barèmes, les contours, les ruptures, le contexte, tout ``suivi``, les comptes rendus, les
    commentaires et le sommaire du livre ; ``config`` est déjà lue.
    """
    if not (fautes := chercher_les_fautes(config)):
        return
    if len(fautes) == 1:
        raise ErreurConfiguration(fautes[0])
    raise ErreurConfiguration("\n\n".join([f"{len(fautes)} fichiers écrits à la main sont à reprendre.", *fautes]))


def chercher_les_fautes(config: Configuration) -> list[str]:
    """Ce qui ne va pas, un texte par fichier fautif, dans l'ordre où les lire."""
    relecture = _Relecture()
    referentiels, livre = config.chemin("referentiels"), config.chemin("livre")
    schemas = relecture.de(lire_schemas, config.chemin("schemas"))
    baremes, mal_ecrits = relire_baremes(referentiels)
    relecture.noter("barèmes", mal_ecrits)
    contours = relecture.de(lire_contours, config)
    relecture.de(lire_ruptures, referentiels, catalogue())
    relecture.de(lire_contexte, config)
    for public in PUBLICS:
        relecture.de(lire_regles_du_secret, referentiels, baremes, public, max(config.annees))
    relecture.de(regles_par_annee, config, baremes)
    relecture.de(regles_de_chaque_annee, config, baremes)
    if schemas is not None:
        relecture.de(lire_correspondances, config, schemas)
        relecture.de(lire_corrections, config, schemas)
    relecture.de(relire_les_actions, config)
    relecture.de(lire_renumerotations, config)
    relecture.de(lire_engagements, config)
    relecture.de(lire_orientations, config)
    relecture.de(lire_seances, config)
    commentaires = livre / COMMENTAIRES
    relecture.de(refuser_les_ecrits, commentaires)
    relecture.noter("commentaires", relecture.de(lambda: list(_commentaires(config, commentaires, contours))))
    relecture.noter("_toc.yml", relecture.de(lambda: list(_sommaire(livre))))
    return relecture.fautes


class _Relecture:
    """Ce qui a été trouvé jusqu'ici ; une même faute, vue par deux lecteurs, n'est dite qu'une fois."""

    def __init__(self):
        self.fautes: list[str] = []

    def de(self, lire: Callable, *arguments):
        """Ce que rend cette lecture, ou ``None`` : sa faute est retenue.

        Un barème qui manque parce qu'il est mal écrit a déjà sa faute.
        """
        try:
            return lire(*arguments)
        except ErreurConfiguration as faute:
            lignes = faute.lignes if isinstance(faute, FichierFautif) else [str(faute)]
            absent = isinstance(faute, BaremeAbsent) and self.fautes
            if not absent and any(all(ligne not in dite for dite in self.fautes) for ligne in lignes):
                self.fautes.append(str(faute))
            return None

    def noter(self, nom: str, phrases: list[str] | None) -> None:
        """Les fautes d'un même écrit."""
        if phrases:
            tete = f"{nom} : {compter(len(phrases), 'problème')}."
            self.fautes.append("\n".join([tete, *(f"  - {p}" for p in phrases)]))


def _commentaires(config: Configuration, dossier: Path, contours) -> Iterator[str]:
    """Un commentaire qu'aucune page ne montrerait, une référence à ce qui n'existe pas."""
    lieux = pd.DataFrame([(n, c) for n in POUR_TOUS for c in codes(contours, n)], columns=["niveau", "code"])
    citables = Citables(config, pd.DataFrame(), lieux)
    connus = [config.tout[1], REVUE, *(b.code for b in config.bailleurs), *(c.code for c in config.communes)]
    connus += codes(contours, "quartier")
    est_inconnu = chercher_les_inconnus(config)
    for fichier in lister_visibles(dossier, "*.md"):
        annee, *dedans = fichier.relative_to(dossier).with_suffix("").parts
        nom = fichier.relative_to(dossier.parent).as_posix()
        if not dedans or (annee.isdigit() and int(annee) not in config.annees):
            continue  # « README.md » explique ; une année sortie de l'édition n'est pas une faute
        if not annee.isdigit():
            yield f"{nom} : le dossier d'un commentaire est une année, « commentaires/{max(config.annees)} »."
        elif est_inconnu("quartier", (code := "/".join(dedans))) and code not in connus:
            pourquoi = "n'est ni un quartier, ni un bailleur : aucune page ne le montrerait"
            yield f"{nom} : « {code} » {pourquoi}{_proche(code, connus)}."
        for rang, ligne in enumerate(lire_texte(fichier).splitlines(), start=1):
            yield from (f"{nom}, ligne {rang} : {faute}" for faute in citables.chercher_les_fautes(ligne))


def _sommaire(livre: Path) -> Iterator[str]:
    """Les pages que « _toc.yml » nomme et qui n'existent pas, et celles du livre qu'il ne range nulle part.

    Celles de l'édition ne sont pas encore là : la construction du livre le dira.
    """
    if not (livre / "_toc.yml").is_file():
        return  # on peut calculer sans livre
    nommees = list(_nommees(lire_yaml(livre / "_toc.yml")))
    ecrites = {
        (Path("book") / f).with_suffix("").as_posix()
        for suffixe in _TEXTES
        for f in (f.relative_to(livre / "book") for f in lister_visibles(livre / "book", f"*{suffixe}"))
        if not {"edition", "commentaires", "gouvernance"} & {*f.parts[:-1]}
    } - {"book/README"}
    siennes = {page for genre, page in nommees if not page.startswith("book/edition/")}
    for page in sorted({p for genre, p in nommees if genre != "glob"} & siennes - ecrites):
        yield f"« {page} » n'existe pas : ni {page}.md, ni {page}.ipynb{_proche(page, ecrites)}."
    rangees = {p for p in ecrites for genre, motif in nommees if genre == "glob" and fnmatch(p, motif)}
    for page in sorted(ecrites - siennes - rangees):
        yield f"« {page} » n'y est rangée nulle part : ajouter « - file: {page} » où elle doit se lire."


def _nommees(noeud: object) -> Iterator[tuple[str, str]]:
    """(« root », « file » ou « glob », page) de tout un sommaire."""
    if isinstance(noeud, dict):
        yield from ((genre, str(noeud[genre])) for genre in ("root", "file", "glob") if genre in noeud)
        yield from (trouvee for valeur in noeud.values() for trouvee in _nommees(valeur))
    elif isinstance(noeud, list):
        yield from (trouvee for element in noeud for trouvee in _nommees(element))


def _proche(nom: str, connus: Iterable[str]) -> str:
    """« ; le plus proche : « battant » », s'il y en a un."""
    proches = difflib.get_close_matches(nom, connus, n=1, cutoff=0.6)
    return f" ; le plus proche est « {proches[0]} »" if proches else ""

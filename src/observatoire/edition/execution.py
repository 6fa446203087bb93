"""Exécuter une édition : toutes les pages du plan qui ont changé, plusieurs à la fois, et rien à moitié.

Les pages sont écrites à l'écart, puis mises en place ensemble. Si une seule échoue, les autres continuent, les
échecs sont tous dits à la fin et l'édition en place n'est pas touchée ; les pages réussies ne seront pas refaites.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from observatoire.configuration import Configuration
from observatoire.diffusion.ecriture import diffuser
from observatoire.diffusion.editions import DOSSIER as EDITIONS
from observatoire.diffusion.editions import archiver
from observatoire.echappement import replier
from observatoire.edition.carnet import Carnet, Etat
from observatoire.edition.documents import mettre_en_documents
from observatoire.edition.equipe import Lieu, chauffer, demarrer, executer_ici
from observatoire.edition.explorateur import DOSSIER as DONNEES
from observatoire.edition.fiches import ecrire_fiches, ecrire_seances
from observatoire.edition.plan import lister_pages
from observatoire.edition.travail import DELAI, MARQUE, Resultat, Travail, preparer
from observatoire.erreurs import EditionIncomplete, ErreurConfiguration
from observatoire.fichiers import ecrire_texte
from observatoire.memoire import empreinte, empreinte_du_code
from observatoire.moteur.publics import porte_d_un_public
from observatoire.moteur.souche import Souche
from observatoire.processus import a_cote, fourche_possible
from observatoire.typographie import compter, grouper

Avancement = Callable[[int, int, str], None]
MEMOIRE_DE_L_EDITION = "edition.json"


@dataclass(frozen=True)
class Bilan:
    """``pages`` exécutées, ``inchangees`` (pages encore vraies), ``fiches`` écrites, ``retirees`` (pages qui ne sont
    plus au plan), et les ``avertissements`` que des bibliothèques ont émis, page par page."""

    pages: int
    inchangees: int
    fiches: int
    retirees: int
    avertissements: dict[str, tuple[str, ...]]


def executer(
    config: Configuration,
    public: str = "publique",
    ouvriers: int | None = None,
    avancement: Avancement | None = None,
    *,
    delai: int = DELAI,
    dask: str | None = None,
    refaire: bool = False,
    souche: Callable[[], Souche | None] = lambda: None,
) -> Bilan:
    """Exécuter l'édition d'un public dans son dossier, ``config.chemin("edition", public)``.

    ``delai`` : secondes laissées à chaque cellule ; ``dask`` : adresse d'une grappe où exécuter ; ``refaire`` :
    exécuter aussi les pages qui n'ont pas changé ; ``souche`` : donne, s'il le faut, celle que
    :func:`chauffer_d_avance` a rendue.

    Lève :class:`ParametreInconnu` avant tout noyau, :class:`EditionIncomplete` si une page échoue : les notebooks
    partiels sont alors gardés dans le dossier ``.<edition>/echecs``, à côté de l'édition.
    """
    publie = (config.chemin("publie") / public).resolve()
    carnet = Carnet(config.chemin("edition", public), Etat(publie))
    pages = lister_pages(publie, config.chemin("notebooks"))
    _refuser_un_autre_public(publie, carnet.edition, public)
    travaux = [preparer(page, delai) for page in pages]
    a_faire = [t for t in travaux if refaire or not carnet.est_a_jour(t)]
    shutil.rmtree(carnet.echecs, ignore_errors=True)
    ici = Lieu(publie, carnet.ecart / "atelier", porte_d_un_public(config, public))
    with (
        a_cote(partial(ecrire_les_fiches, carnet, config.chemin("schemas"))) as fiches,
        _demarre(ici, souche, utile=bool(a_faire) and not dask) as lieu,
    ):
        resultats = _executer(a_faire, lieu, ouvriers, dask)
        rates, avertissements = _ranger(carnet, resultats, len(a_faire), avancement)
    (ecrites,) = fiches
    if rates:
        raise EditionIncomplete(_message(rates, len(travaux), carnet.echecs))
    attendus = joindre_le_reste(carnet, travaux, ecrites)
    retirees = carnet.mettre_en_place(attendus)
    jointes = len(attendus) - len(travaux) - 1  # sans la mémoire de l'édition
    return Bilan(len(a_faire), len(travaux) - len(a_faire), jointes, retirees, dict(sorted(avertissements.items())))


def chauffer_d_avance(config: Configuration, public: str) -> Souche | None:
    """Démarrer ce dont naîtront les pages avant que rien ne soit publié ; ``None`` si l'on ne peut se dédoubler."""
    if not fourche_possible():
        return None
    return chauffer((config.chemin("publie") / public).resolve(), porte_d_un_public(config, public))


def joindre_le_reste(carnet: Carnet, travaux: list[Travail], fiches: list[Path]) -> set[Path]:
    """Écrire, en attente, les documents des pages faites et la mémoire de l'édition ; rend tout ce qu'elle contient."""
    memoire = _lire_la_memoire(carnet.etat.publie)
    memoire["titre"] = replier(memoire["titre"])  # le livre et les documents le prennent d'ici
    attendus = {Path(f"{t.sortie}.ipynb") for t in travaux} | set(fiches)
    attendus |= set(mettre_en_documents(carnet, travaux, memoire))
    memoire["pages"] = sorted(f.as_posix() for f in attendus)
    ecrire_texte(json.dumps(memoire, ensure_ascii=False, indent=1), carnet.attente / MEMOIRE_DE_L_EDITION)
    return attendus | {Path(MEMOIRE_DE_L_EDITION)}


def ecrire_les_fiches(carnet: Carnet, schemas: Path) -> list[Path]:
    """Les comptes rendus ; les fiches et les données, si ce qu'elles montrent a changé : pas pour un commentaire."""
    publie = carnet.etat.publie
    ecrits = [publie / nom for nom in ("commentaires", "seances")]
    cle = f"{empreinte(publie, schemas, sauf=ecrits)} {empreinte_du_code()}"
    fiches = carnet.garder_le_lot("fiches", cle, lambda: ecrire_fiches(publie, schemas, carnet.attente))
    donnees = carnet.garder_le_lot("diffusion", cle, lambda: _diffuser(publie, carnet.attente))
    return [*fiches, *donnees, *ecrire_seances(publie, carnet.attente)]


def _diffuser(publie: Path, edition: Path) -> list[Path]:
    """Les données à télécharger et l'archive des éditions, chacune avec sa page."""
    ecrits, public = [], _lire_la_memoire(publie)["public"]
    for nom, ecrire in ((DONNEES, diffuser), (EDITIONS, archiver)):
        chemins, texte = ecrire(publie, edition / DONNEES, f"../../{DONNEES}/")
        ecrire_texte(f"---\n{MARQUE}: {public}\n---\n\n{texte}\n", edition / f"{nom}.md")
        ecrits += [*(Path(DONNEES, chemin) for chemin in chemins), Path(f"{nom}.md")]
    return ecrits


def _refuser_un_autre_public(publie: Path, edition: Path, public: str) -> None:
    """Ne pas mêler deux publics : ni les valeurs de l'un dans les pages de l'autre, ni leurs pages dans un dossier."""
    if (lu := _lire_la_memoire(publie)["public"]) != public:
        raise ErreurConfiguration(f"le dossier « {publie.name} » contient ce qui est publié pour le public « {lu} ».")
    if (edition / MEMOIRE_DE_L_EDITION).is_file() and (lu := _lire_la_memoire(edition)["public"]) != public:
        raise ErreurConfiguration(
            f"le dossier « {edition.name} » contient déjà l'édition du public « {lu} » : donner un autre dossier à "
            f"celle du public « {public} » (--edition)."
        )


def _lire_la_memoire(dossier: Path) -> dict:
    return json.loads((dossier / MEMOIRE_DE_L_EDITION).read_text(encoding="utf-8"))


@contextmanager
def _demarre(lieu: Lieu, souche: Callable[[], Souche | None], utile: bool) -> Iterator[Lieu]:
    """Le même lieu, sa souche en marche si elle est ``utile`` et que l'on peut se dédoubler."""
    if not (utile and fourche_possible()):
        yield lieu
        return
    with demarrer(lieu.publie, lieu.porte, souche()) as en_marche:
        yield replace(lieu, souche=en_marche)


def _ranger(
    carnet: Carnet, resultats: Iterator[Resultat], total: int, avancement: Avancement | None
) -> tuple[list[Resultat], dict[str, tuple[str, ...]]]:
    """Ranger chaque page à mesure ; rendre celles qui ont échoué, et les avertissements de toutes."""
    rates, avertissements = [], {}
    for fait, resultat in enumerate(resultats, start=1):
        if resultat.erreur:
            carnet.garder_l_echec(resultat)
            rates.append(resultat)
        else:
            carnet.ranger(resultat)
        if resultat.avertissements:
            avertissements[resultat.travail.sortie] = resultat.avertissements
        if avancement:
            avancement(fait, total, resultat.travail.sortie)
    return rates, avertissements


def _executer(travaux: list[Travail], lieu: Lieu, ouvriers: int | None, dask: str | None) -> Iterator[Resultat]:
    if dask:
        from observatoire.edition.grappe import executer_sur_grappe

        return executer_sur_grappe(travaux, lieu, dask)
    lieu.atelier.mkdir(parents=True, exist_ok=True)
    return executer_ici(travaux, lieu, ouvriers)


def _message(rates: list[Resultat], total: int, echecs: Path) -> str:
    lignes = [f"{compter(len(rates), 'page')} sur {grouper(total)} en échec ; rien n'a été publié."]
    for r in sorted(rates, key=lambda r: r.travail.sortie):
        donnes = ", ".join(f"{n} = {v}" for n, v in r.travail.parametres.items()) or "aucun paramètre"
        ou = f", cellule {r.cellule + 1}" if r.cellule is not None else ""
        lignes.append(f"\n{r.travail.sortie} ({r.travail.modele}{ou} ; {donnes})\n    {r.erreur}")
    lignes.append(f"\nNotebooks partiels : {os.path.relpath(echecs)}")
    return "\n".join(lignes)

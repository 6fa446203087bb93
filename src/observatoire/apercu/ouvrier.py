"""L'ouvrier de l'aperçu : il refait ce qui a changé, la page regardée d'abord, les autres ensuite, une à une.

Il reçoit des ordres, une ligne de JSON chacun : ``change`` (des chemins), ``regarde`` (des pages) ; il rend des
nouvelles : ``etape``, ``prete``, ``refaites`` (des pages, ou toutes), ``faute``, ``levee``, ``trouvee``, ``inconnue``,
``repos``. Une page est son chemin dans le livre, sans suffixe.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TextIO

from observatoire.apercu.compositeur import Compositeur
from observatoire.apercu.fautes import faute, faute_de_page
from observatoire.apercu.vitrine import Vitrine
from observatoire.configuration import Configuration, lire_configuration
from observatoire.edition.execution import ecrire_les_fiches, joindre_le_reste
from observatoire.edition.page import faire_page
from observatoire.edition.plan import Page, lister_pages
from observatoire.edition.travail import Resultat, Travail, preparer
from observatoire.erreurs import ParametreInconnu
from observatoire.livre.preparation import copier, rassembler
from observatoire.moteur.souche import SoucheMorte
from observatoire.processus import coeurs

#: Le dossier de l'édition dans le livre.
EDITION = "book/edition/"
_FEUILLES = {".css", ".js", ".svg", ".woff2"}
Annoncer = Callable[[dict], None]


def principal(reglages: dict) -> None:
    """Servir jusqu'à ce que l'entrée se ferme. ``reglages`` : ``config``, ``public``, les ``chemins``, ``renait``,
    ``demandee``."""
    sortie = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # ce qu'une bibliothèque imprime ne se mêle pas aux nouvelles
    # ``sys.stdin`` reste libre : un processus fourché la ferme, et attendrait sans fin celui qui la lit.
    entree = os.fdopen(os.dup(0), encoding="utf-8")
    ordres: queue.Queue = queue.Queue()
    threading.Thread(target=_ecouter, args=(entree, ordres), daemon=True).start()

    def annoncer(nouvelle: dict) -> None:
        print(json.dumps(nouvelle, ensure_ascii=False), file=sortie, flush=True)

    try:
        config = lire_configuration(reglages["config"]).avec_chemins(**reglages["chemins"])
        ouvrier = Ouvrier(config, reglages["public"], ordres, annoncer, reglages["renait"])
    except Exception as erreur:  # noqa: BLE001 – elle est montrée dans la page
        annoncer({"faute": "reglages", **faute("Les réglages", erreur)})
        _attendre_un_changement(ordres)
    else:
        ouvrier.servir(reglages["demandee"])


def _ecouter(entree: TextIO, ordres: queue.Queue) -> None:
    for ligne in entree:
        ordres.put(json.loads(ligne))
    os._exit(0)  # la souche finit avec qui la tient


def _attendre_un_changement(ordres: queue.Queue) -> None:
    while "change" not in ordres.get():
        pass


class Ouvrier:
    """Tout ce qui est chaud : la vitrine, la souche, Sphinx ; et ce qui attend d'être refait."""

    def __init__(self, config: Configuration, public: str, ordres: queue.Queue, annoncer: Annoncer, renait: bool):
        """``renait`` : un autre vient de lui laisser sa place, et les pages en place sont peut-être d'un autre code."""
        self.config, self.public = config, public
        self.ordres, self.annoncer, self._renait = ordres, annoncer, renait
        self.livre = self.config.chemin("livre")
        self.vitrine = Vitrine(self.config, public)
        self.pages: dict[str, Page] = {}
        self._regardees: list[str] = []
        self._fautes: set[str] = set()
        self._composees: set[str] = set()
        #: Ce qui attend : la clé de sa faute, où elle serait, quoi faire.
        self._attente: deque[tuple[str, str, Callable[[], object]]] = deque()
        self._fil, self._confiees, self._age = ThreadPoolExecutor(1), 0, 0

    def servir(self, demandee: str | None = None) -> None:
        """Se préparer, dire où est la page ``demandee``, puis obéir aux ordres ; entre deux, avancer ce qui attend.
        Rend la main si se préparer échoue, dès que quelque chose a changé."""
        if not self._essayer("chaine", "La préparation", partial(self._preparer, demandee)):
            _attendre_un_changement(self.ordres)
            return
        self.annoncer({"prete": True})
        if demandee:
            page = self._trouver(demandee)
            self._essayer(f"faire {page}", page, partial(self._refaire, page, a_neuf=True))
            self.annoncer({"trouvee": page})
        self._tout_attend()
        while True:
            if self.ordres.empty() and not self._confiees and self._attente:
                self._essayer(*self._attente.popleft())
            else:
                self._obeir(self.ordres.get())

    def _preparer(self, demandee: str | None) -> None:
        self.annoncer({"etape": "Ce qui est publié"})
        self.vitrine.rafraichir()
        _ = self.vitrine.lieu  # la souche s'échauffe pendant ce temps
        self._replanifier()
        if demandee:
            self._trouver(demandee)
        self.annoncer({"etape": "Les pages"})
        manquantes = [s for s in self.pages if not self._notebook(s).is_file()]
        with ThreadPoolExecutor(coeurs()) as equipe:
            for resultat in equipe.map(self._faire, [preparer(self.pages[s]) for s in manquantes]):
                self._ranger(resultat)
        if manquantes:
            self._joindre()
        self.annoncer({"etape": "Le livre"})
        rassembler(self.vitrine.config, self.vitrine.travail, self.public)
        self._compositeur = Compositeur(self.vitrine.travail / "source", self.vitrine.travail / "sortie")
        if self._compositeur.neuf:
            self._tout_composer()

    # --- les ordres

    def _obeir(self, ordre: dict) -> None:
        if "regarde" in ordre:
            ouvertes = [page for page in ordre["regarde"] if page not in self._regardees]
            self._regardees = ordre["regarde"]
            for page in ouvertes:
                a_neuf = self._renait and page not in self._composees
                self._essayer(f"faire {page}", page, partial(self._refaire, page, a_neuf=a_neuf))
        elif "change" in ordre:
            self._changer([Path(chemin) for chemin in ordre["change"]])
        else:
            self._confiees -= 1
            if ordre["age"] == self._age:
                ordre["suite"]()

    def _trouver(self, demandee: str) -> str:
        """La page de l'édition ou du livre qui porte ce nom, au besoin dans la dernière année ; si elle n'existe pas,
        le dit à qui l'a demandée, et lève :class:`ParametreInconnu`."""
        nom = demandee.removeprefix("book/").removeprefix("edition/").removesuffix(".html").removesuffix(".ipynb")
        annee, edition = max(self.config.annees), self.vitrine.config.chemin("edition", self.public)
        for sortie in (nom, f"{annee}/{nom}"):
            if sortie in self.pages or (edition / f"{sortie}.md").is_file():
                return f"{EDITION}{sortie}"
        if (self.livre / "book" / f"{nom}.md").is_file():
            return f"book/{nom}"
        proches = get_close_matches(nom, [s.removeprefix(f"{annee}/") for s in self.pages], n=5, cutoff=0.4)
        suite = f" Les plus proches : {', '.join(proches)}." if proches else ""
        self.annoncer({"inconnue": f"« {demandee} » n'est pas une page du livre.{suite}"})
        raise ParametreInconnu(demandee)

    def _changer(self, fichiers: list[Path]) -> None:
        """Refaire ce que demandent ces fichiers, les pages regardées d'abord."""
        sortes = {fichier: self._sorte(fichier) for fichier in fichiers}
        self._poser_les_feuilles([f for f, sorte in sortes.items() if sorte == "feuille"])
        autres = {*sortes.values()} - {"feuille"}
        if not autres:
            return
        self._age += 1
        possible = True
        if "chaine" in autres:
            possible = self._essayer("chaine", "Les données", self.vitrine.rafraichir)
        elif "commentaire" in autres:
            possible = self._essayer("chaine", "Les commentaires", self.vitrine.relire_les_commentaires)
        if possible and autres & {"chaine", "modele"}:
            possible = self._essayer("plan", "Les modèles", self._replanifier)
        if possible:
            for page in self._regardees:
                self._essayer(f"faire {page}", page, partial(self._refaire, page))
            self._tout_attend()

    def _sorte(self, fichier: Path) -> str:
        """Ce que demande un fichier qui a changé."""
        book = self.livre / "book"
        if fichier.suffix in _FEUILLES:
            return "feuille"
        if fichier.is_relative_to(self.config.chemin("notebooks")):
            return "modele"
        if fichier.is_relative_to(book / "commentaires"):
            return "commentaire"
        ecrite = fichier.is_relative_to(book) and not fichier.is_relative_to(book / "gouvernance")
        return "ecrite" if ecrite else "chaine"

    def _poser_les_feuilles(self, feuilles: list[Path]) -> None:
        for feuille in feuilles:
            shutil.copyfile(feuille, self._compositeur.html / "_static" / feuille.name)
        if feuilles:
            self.annoncer({"refaites": None})

    # --- les pages

    def _replanifier(self) -> None:
        pages = lister_pages(self.vitrine.publie, self.config.chemin("notebooks"))
        self.pages = {page.sortie: page for page in pages}
        for page in [p for p in self._fautes if p.startswith(EDITION) and p.removeprefix(EDITION) not in self.pages]:
            self._lever(page)

    def _notebook(self, sortie: str) -> Path:
        return self.vitrine.carnet.fichier(Path(f"{sortie}.ipynb"))

    def _perimee(self, page: str) -> Travail | None:
        """Le travail d'une page de l'édition qui n'a plus le contenu que son exécution donnerait.

        Si elle l'a (le modèle est redevenu ce qu'il était), elle n'a plus de faute : c'est dit.
        """
        sortie = page.removeprefix(EDITION)
        if not page.startswith(EDITION) or sortie not in self.pages:
            return None
        travail = preparer(self.pages[sortie])
        if not self.vitrine.carnet.est_a_jour(travail):
            return travail
        self._lever(page)
        return None

    def _refaire(self, page: str, a_neuf: bool = False) -> None:
        if travail := self._perimee(page):
            self._ranger(self._faire(travail))
        self._recomposer(page, a_neuf)

    def _faire(self, travail: Travail) -> Resultat:
        return faire_page(travail, self.vitrine.lieu)

    def _ranger(self, resultat: Resultat) -> None:
        page = f"{EDITION}{resultat.travail.sortie}"
        if resultat.erreur:
            self._dire_la_faute(page, faute_de_page(resultat))
        else:
            self._lever("souche")
            self.vitrine.carnet.ranger(resultat)
            self._lever(page)

    def _recomposer(self, page: str, a_neuf: bool = False) -> None:
        """Composer une page dont la source a changé, ou de toute façon (``a_neuf``), et le dire."""
        source = self._notebook(page.removeprefix(EDITION)) if page.startswith(EDITION) else self.livre / f"{page}.md"
        if not (source.is_file() and self._compositeur.connait(page)):
            return
        if copier(source, self._compositeur.source / f"{page}{source.suffix}") or a_neuf:
            self._achever(page)

    # --- ce qui attend

    def _tout_attend(self) -> None:
        """Tout regarder de nouveau, une page à la fois, puis finir."""
        ecrites = [f"book/{f.stem}" for f in sorted((self.livre / "book").glob("*.md"))]
        pages = [*(f"{EDITION}{sortie}" for sortie in self.pages), *ecrites]
        suivies = [(f"faire {page}", page, partial(self._suivre, page)) for page in pages]
        self._attente = deque([*suivies, ("finir", "L'édition", self._finir)])

    def _suivre(self, page: str) -> None:
        """Refaire une page dans le fil de derrière, où elle ne retarde pas celle que l'on regarde."""
        travail = self._perimee(page)
        if travail is None:
            self._recomposer(page)
            return

        def arriver() -> None:
            self._ranger(tache.result())
            self._recomposer(page)

        self._confiees += 1
        suite = {"age": self._age, "suite": partial(self._essayer, f"faire {page}", page, arriver)}
        tache = self._fil.submit(self._faire, travail)
        tache.add_done_callback(lambda _: self.ordres.put(suite))

    def _finir(self) -> None:
        """Quand plus rien ne presse : la chaîne entière, les fiches, les documents, puis ce que Sphinx doit récrire."""
        self.vitrine.rafraichir()
        self._joindre()
        rassembler(self.vitrine.config, self.vitrine.travail, self.public)
        perimees = self._compositeur.perimees()
        self._attente.extend((f"composer {page}", page, partial(self._achever, page)) for page in perimees)
        self._attente.append(("composer", "Le livre", self._tout_composer))
        self._attente.append(("repos", "L'aperçu", partial(self.annoncer, {"repos": True})))

    def _tout_composer(self) -> None:
        self._reprocher("livre", self._compositeur.tout_composer())

    def _achever(self, page: str) -> None:
        self._composees.add(page)
        self._reprocher(f"livre {page}", self._compositeur.composer([page]))
        self.annoncer({"refaites": [page]})

    def _joindre(self) -> None:
        carnet = self.vitrine.carnet
        fiches = ecrire_les_fiches(carnet, self.config.chemin("schemas"))
        faites = [preparer(page) for sortie, page in self.pages.items() if self._notebook(sortie).is_file()]
        carnet.mettre_en_place(joindre_le_reste(carnet, faites, fiches))

    # --- les fautes

    def _essayer(self, cle: str, ou: str, faire: Callable[[], object]) -> bool:
        """Faire, ou dire la faute : l'aperçu continue, quoi qu'on y écrive."""
        try:
            faire()
        except SoucheMorte as morte:
            self._dire_la_faute("souche", faute("La bibliothèque", str(morte)))  # la même, de quelque page que ce soit
            return False
        except Exception as erreur:  # noqa: BLE001 – elle est montrée dans la page, et l'enregistrement suivant la lève
            self._dire_la_faute(cle, faute(ou, erreur))
            return False
        self._lever(cle)
        return True

    def _reprocher(self, cle: str, reproches: list[str]) -> None:
        if reproches:
            self._dire_la_faute(cle, faute("Le livre ne se construirait pas", "\n".join(reproches)))
        else:
            self._lever(cle)

    def _dire_la_faute(self, cle: str, faute: dict) -> None:
        self._fautes.add(cle)
        self.annoncer({"faute": cle, **faute})

    def _lever(self, cle: str) -> None:
        if cle in self._fautes:
            self._fautes.discard(cle)
            self.annoncer({"levee": cle})

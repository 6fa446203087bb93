"""La chaîne : une méthode par flèche, de ``brut`` au site, chacune suivie et résumée.

``brut -(lecture)-> prepare -(indicateurs, alertes)-> prepare -(publication : secret, sujets, écrits)-> publie
-(edition)-> book/edition -(livre)-> site``

Chaque flèche tient le dossier qu'elle écrit, et n'est refaite que si ce qu'elle lit a changé.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from observatoire import tables
from observatoire.cles import cle_de, signer
from observatoire.configuration import CONSERVES, PASSAGES, PUBLICS, PUBLIQUE, Configuration, plus_larges
from observatoire.droits import REFERMER, creer_traversable, ouvert, reserver
from observatoire.erreurs import DepotRefuse, ErreurConfiguration, ErreurObservatoire, SecretDecouvert
from observatoire.fichiers import balayer
from observatoire.grappe import en_clair
from observatoire.isolement import preparer
from observatoire.journal import Journal
from observatoire.marque import exiger, exiger_partage
from observatoire.memoire import Memoire, alteres, attester, empreinte, empreinte_du_code
from observatoire.processus import a_cote
from observatoire.tables import Etape, Travail
from observatoire.tables.indicateurs import INDICATEURS
from observatoire.typographie import compter, grouper
from observatoire.verrou import Verrou
from observatoire.vocabulaire import PUBLIE, STATUTS

if TYPE_CHECKING:
    from observatoire.moteur.souche import Souche

#: Octets de tables préparées au-delà desquels une étape se fait seule : deux les liraient à la fois en mémoire.
_PETIT = 64 << 20


@dataclass
class Chaine:
    """Les étapes d'un territoire ; chacune n'importe que ce qu'elle emploie, et rien si elle n'a rien à refaire.

    ``refaire`` : tout refaire, même ce qui n'a pas changé ; ``passer_outre`` : qui publie malgré les doutes ;
    ``code`` : l'empreinte de la bibliothèque sous laquelle se souvenir, celle d'à présent par défaut.
    """

    config: Configuration
    journal: Journal = field(default_factory=Journal)
    refaire: bool = False
    passer_outre: str | None = None
    code: str | None = None
    _verrous: dict[Path, Verrou] = field(default_factory=dict)

    def exemple(self, graine: int, logements: int) -> None:
        """Écrire les dépôts fictifs."""
        from observatoire.exemple import ecrire_exemple

        brut = self.config.chemin("brut")
        with self._tenir(brut), self.journal.etape("exemple") as etape:
            etape.bilan = str(ecrire_exemple(brut, self.config, graine, logements))

    def verifier(self, annee: int | None, rapports: Path | None) -> None:
        """Vérifier les dépôts ; lève :class:`DepotRefuse` si un fichier est refusé."""
        from observatoire import lecture
        from observatoire.saisies import exiger_les_saisies

        self._avertir_si_ouvert()
        exiger_les_saisies(self.config)
        with self.journal.etape("vérification") as etape:
            depots = lecture.verifier(self.config, annee, etape.avancer)
            if depots.refuses:
                from observatoire.correspondance import conseiller

                conseiller(depots)
            if rapports:
                with self._tenir(rapports.resolve()):
                    balayer(rapports.resolve())
                    lecture.ecrire_rapports(depots, rapports)
            etape.bilan = depots.bilan()
        self.journal.avertir("dépôts", lecture.dire_les_absences(self.config, depots))
        print(depots.message())
        if not depots.accepte:
            raise DepotRefuse("Dépôts refusés : voir ci-dessus.")

    def correspondre(self, fichier: Path) -> None:
        """Proposer comment lire ce fichier ; n'écrit que ce qui est nouveau."""
        from observatoire.correspondance import correspondre
        from observatoire.interdits import nommer
        from observatoire.lecture.depots import relatif_a

        with self.journal.etape("correspondance") as etape:
            faite = correspondre(fichier, self.config)
            etape.bilan = f"{grouper(faite.colonnes)} colonnes, {grouper(faite.valeurs)} valeurs"
        print(faite.message(nommer(fichier)))
        print(f"À relire, puis à confirmer : {relatif_a(faite.ecrit, self.config)}")

    def gabarits(self, dossier: Path) -> None:
        """Écrire un classeur à remplir par table."""
        from observatoire.lecture.gabarits import ecrire_gabarits
        from observatoire.schemas import lire_schemas

        for ecrit in ecrire_gabarits(lire_schemas(self.config.chemin("schemas")), dossier):
            print(ecrit)

    def seance(self, date: dt.date | None, genre: str) -> None:
        """Écrire le fichier de la prochaine séance, son ordre du jour tiré de ce qui est publié."""
        from observatoire.sujets.seances.calcul.ordre_du_jour import preparer_seance

        print(f"Séance préparée : {preparer_seance(self.config, date, genre)}")

    def purger(self, jour: dt.date, confirmer: bool) -> None:
        """Lister ce dont la conservation est échue au ``jour`` ; l'effacer si ``confirmer``, en gardant les valeurs."""
        from observatoire import purge

        prepare, brut = self.config.chemin("prepare"), self.config.chemin("brut")
        with self._tenir(brut, prepare):
            echues = purge.chercher_echues(self.config, jour)
            for echue in echues:
                print(f"  {echue}")
            if not echues:
                print(f"Rien n'est échu au {jour:%d/%m/%Y}.")
                return
            if not confirmer:
                print("Rien n'a été effacé. Pour effacer ces lignes et garder les valeurs : --confirmer.")
                return
            a_figer = purge.annees_a_figer(self.config, echues)
            if a_figer and not self._sur_les_depots_calcules().est_calcule():
                raise ErreurObservatoire(
                    "les valeurs à conserver ne sont pas à jour : lancer « observatoire calculer », puis relancer. "
                    "Rien n'a été effacé."
                )
            purge.figer(self.config, a_figer)
            Memoire(prepare, "").oublier()
            purge.effacer(self.config, echues)
        print("Effacé ; les valeurs sont conservées. Relancer « observatoire calculer » pour les reprendre.")
        self._rappeler_les_corrections({echue.annee for echue in echues})

    def publier(
        self, public: str, sans_les_refuses: bool, ouvriers: int | None, delai: int | None, dask: str | None
    ) -> None:
        """Toute la chaîne ; les quatre dossiers qu'elle écrit sont tenus du début à la fin.

        Lève :class:`DouteInexplique` s'il reste un doute à expliquer et que personne ne passe outre.
        """
        sorties = [self.config.chemin(nom, public) for nom in ("prepare", "edition", "site")]
        creer_traversable(sorties[-1].parent)
        with self._tenir(*sorties, self._publie(public)):
            self._exiger_prepare()
            exiger(*sorties[1:], self._publie(public))
            self.calculer(sans_les_refuses, dask)
            with ExitStack() as pile:
                souche = cache(lambda: self._chauffer(public, dask, pile))
                self.proteger_jusqu_a(public, avant=souche)
                self.executer(public, ouvriers, delai, dask, souche)
            self.livre(public)

    def calculer(self, sans_les_refuses: bool, dask: str | None = None) -> None:
        """De ``brut`` à ``prepare`` : préparer les tables, calculer indicateurs et alertes, relire ce qui se juge."""
        self._exiger_prepare()
        with reserver(self.config.acces):
            self._au_besoin(
                "calcul",
                self.config.chemin("prepare"),
                lambda: self._lu_par_le_calcul(sans_les_refuses),
                lambda: self._calculer(sans_les_refuses, dask),
                retenir=self._a_retenir_du_calcul,
            )

    def proteger(self, public: str) -> None:
        """De ``prepare`` à ``publie``, les publics plus larges d'abord. Quand seuls les écrits ont changé
        (commentaires, séances, engagements, objectifs), eux seuls sont refaits.

        Lève :class:`ErreurObservatoire` si le calcul n'est pas allé à son terme, que ce qu'il lit a changé depuis, ou
        qu'une table n'est pas celle qu'il a écrite.
        """
        for large in (*plus_larges(public), public):  # un dossier qui n'est pas à nous, un public inconnu : d'abord
            exiger(self._publie(large))
        if not INDICATEURS.dans(self.config.chemin("prepare")).is_file():
            raise ErreurObservatoire("aucun indicateur n'est calculé : lancer « observatoire calculer ».")
        chaine = self._sur_les_depots_calcules()
        if pourquoi := chaine.pourquoi_recalculer():
            raise ErreurObservatoire(f"{pourquoi} : lancer « observatoire calculer ». Rien n'a été publié.")
        chaine.proteger_jusqu_a(public)

    def proteger_jusqu_a(self, public: str, avant: Callable[[], object] = lambda: None) -> None:
        """De ``prepare``, que l'on sait à jour, à ``publie`` ; ``avant`` : à faire d'abord, s'il y a à protéger."""
        if self.passer_outre is not None:  # à consigner avant que l'étape regarde ce qu'elle lit
            self._exiger_les_explications()
        exiger(self._publie(public))
        for large in plus_larges(public):
            self.proteger_jusqu_a(large, avant)
        prepare, referentiels, schemas, suivi = self._chemins("prepare", "referentiels", "schemas", "suivi")
        textes = [self.config.chemin("livre") / "book" / nom for nom in ("commentaires", "gouvernance")]

        @cache
        def protege() -> str:
            lus = (*_a_proteger(prepare), referentiels, schemas, suivi / PASSAGES)
            return empreinte(*lus, autres=[public])

        self._au_besoin(
            "protection",
            self._publie(public),
            lambda: f"{protege()} {empreinte(suivi, *textes)}",
            lambda: self._proteger(public, protege(), avant),
            lu=prepare,
        )

    def executer(
        self,
        public: str,
        ouvriers: int | None,
        delai: int | None = None,
        dask: str | None = None,
        souche: Callable[[], Souche | None] = lambda: None,
    ) -> None:
        """De ``publie`` aux pages exécutées ; ``delai`` : secondes accordées à une cellule ; ``dask`` : une adresse ;
        ``souche`` : donne, s'il le faut, celle dont naissent les pages."""
        notebooks, schemas = self._chemins("notebooks", "schemas")
        exiger(self.config.chemin("edition", public))
        self._au_besoin(
            "notebooks",
            self.config.chemin("edition", public),
            lambda: empreinte(self._publie(public), notebooks, schemas),
            lambda: self._executer(public, ouvriers, delai, dask, souche),
            lu=self._publie(public),
        )

    def livre(self, public: str) -> None:
        """Des pages exécutées au site."""
        edition, livre = self.config.chemin("edition", public), self.config.chemin("livre")
        exiger(self.config.chemin("site", public))
        creer_traversable(self.config.chemin("site", public).parent)
        autres = [livre / "book" / "edition", *(self.config.chemin("edition", p) for p in PUBLICS)]
        reglages = [livre / nom for nom in ("_config.yml", "_toc.yml")]
        self._au_besoin(
            "livre",
            self.config.chemin("site", public),
            lambda: f"{empreinte(edition)} {empreinte(livre / 'book', *reglages, autres=[public], sauf=autres)}",
            lambda: self._livre(public),
            lu=edition,
        )

    def auditer(self, public: str, tout: bool = False) -> None:
        """Imprimer le rapport de l'audit ; ``tout`` : sans rien échantillonner.

        Lève :class:`SecretDecouvert` si quelque chose de caché peut se savoir."""
        from observatoire.audit import auditer, compter

        with self.journal.etape("audit") as etape:
            rapport = auditer(self.config, public, tout=tout)
            etape.bilan = compter(rapport.constats)
        print(rapport)
        if rapport.constats:
            raise SecretDecouvert("Quelque chose de caché peut se savoir : voir ci-dessus.")

    def conclure(self, public: str) -> None:
        """Imprimer le bilan, où est le site et comment le regarder."""
        self.journal.resumer()
        site = self.config.chemin("site", public)
        print(f"\nLe site est construit : {site / 'index.html'}")
        print(f"Pour le lire, recherche comprise : python3 -m http.server --bind 127.0.0.1 -d {quote(str(site))} 8000")
        print("puis ouvrir http://localhost:8000 dans un navigateur.")
        if public != PUBLIQUE:
            print("Cette édition est réservée aux partenaires ; comment la servir : docs/partenaires.md")

    # --- ce que fait chaque étape quand elle a lieu ; chacune rend son bilan

    def _calculer(self, sans_les_refuses: bool, dask: str | None) -> str:
        preparer("observatoire.lecture")  # pendant que l'on relit ce qui s'écrit à la main
        from observatoire.saisies import exiger_les_saisies

        self._avertir_si_ouvert()
        self._avertir_si_en_clair(dask)
        exiger_les_saisies(self.config)
        travail = Travail(self.config, dask, sans_les_refuses)
        lecture, *suivantes = tables.etapes()
        self._faire([lecture], travail)
        if dask or not self._tient_deux_fois():
            return self._faire(suivantes, travail)[INDICATEURS.etape]
        ici, *autres = tables.branches()
        a_part = [etape for branche in autres for etape in branche]
        with a_cote(partial(_faire_a_part, a_part, replace(travail, lots={}, avancer=None))) as faites:
            bilans = self._faire(ici, travail)
        for etape, (bilan, duree, avertissements) in zip(a_part, *faites, strict=True):
            self.journal.faite(etape.nom, duree, bilan)
            self.journal.avertir(etape.nom, avertissements)
        return bilans[INDICATEURS.etape]

    def _faire(self, etapes: Iterable[Etape], travail: Travail) -> dict[Etape, str]:
        bilans = {}
        for etape in etapes:
            with self.journal.etape(etape.nom) as suivie:
                travail.avancer, travail.avertissements = suivie.avancer, ()
                bilans[etape] = suivie.bilan = etape.faire(travail)
            self.journal.avertir(etape.nom, travail.avertissements)
        return bilans

    def _tient_deux_fois(self) -> bool:
        """Ce qui est préparé est-il assez petit pour que deux étapes le lisent à la fois ?"""
        return sum(f.stat().st_size for f in self.config.chemin("prepare").rglob("*.parquet")) < _PETIT

    def _proteger(self, public: str, protege: str, avant: Callable[[], object]) -> str:
        """Tout publier ; seulement les écrits, si ce qui se protège (``protege``, son empreinte) est déjà en place."""
        self._exiger_les_explications()
        with self._dire_toutes_les_fautes():
            return self._proteger_ou_recrire(public, protege, avant)

    @contextmanager
    def _dire_toutes_les_fautes(self) -> Iterator[None]:
        """Une faute de ce qui s'écrit à la main, trouvée en chemin, se dit avec toutes les autres."""
        try:
            yield
        except ErreurConfiguration:
            from observatoire.saisies import exiger_les_saisies

            exiger_les_saisies(self.config)
            raise

    def _proteger_ou_recrire(self, public: str, protege: str, avant: Callable[[], object]) -> str:
        from observatoire.publication import proteger, republier_les_ecrits

        memoire = self._memoire(self._publie(public), protege, "protection")
        bilan = None if self.refaire else memoire.relire()
        if bilan is not None:
            with self.journal.etape("écrits"):
                republier_les_ecrits(self.config, public)
        else:
            memoire.oublier()
            avant()
            with self.journal.etape("protection") as etape:
                faite = proteger(self.config, public)
                bilan = etape.bilan = _dire_les_statuts(faite.statuts)
            self.journal.avertir("secret", faite.phrases)
        memoire.retenir(bilan)
        return bilan

    def _chauffer(self, public: str, dask: str | None, pile: ExitStack) -> Souche | None:
        """Pendant que l'on protège, sur un cœur, ce dont naîtront les pages importe ce qu'elles emploient."""
        from observatoire.edition import chauffer_d_avance

        souche = None if dask else chauffer_d_avance(self.config, public)
        return souche and pile.enter_context(souche)

    def _executer(
        self,
        public: str,
        ouvriers: int | None,
        delai: int | None,
        dask: str | None,
        souche: Callable[[], Souche | None],
    ) -> str:
        from observatoire.edition import executer

        self._avertir_si_en_clair(dask)
        options = _donnes(delai=delai, dask=dask, refaire=self.refaire, souche=souche)
        with self.journal.etape("notebooks") as etape:
            bilan = executer(self.config, public, ouvriers, etape.avancer, **options)
            etape.bilan = (
                f"pages exécutées : {grouper(bilan.pages)}, inchangées : {grouper(bilan.inchangees)}, "
                f"fiches : {grouper(bilan.fiches)}"
            )
        for page, avertissements in bilan.avertissements.items():
            self.journal.avertir(page, avertissements)
        return f"{compter(bilan.pages + bilan.inchangees, 'page')}, {compter(bilan.fiches, 'fiche')}"

    def _livre(self, public: str) -> str:
        from observatoire.livre.construction import construire

        with self.journal.etape("livre") as etape:
            site = construire(self.config, public, etape.avancer, refaire=self.refaire)
            etape.bilan = f"{grouper(len(list(site.rglob('*.html'))))} pages HTML"
        return etape.bilan

    # --- ce qui est commun aux étapes

    def _au_besoin(
        self,
        libelle: str,
        sortie: Path,
        lire: Callable[[], str],
        faire: Callable[[], str],
        lu: Path | None = None,
        retenir: Callable[[], dict] = dict,
    ) -> None:
        """Faire l'étape si ce qu'elle lit (``lire``) ou ce qu'elle a écrit a changé ; ``retenir`` : quoi d'autre.

        ``sortie`` est tenu, et ``lu`` aussi, le dossier de l'étape d'avant : personne ne le change pendant ce temps.
        """
        depart = time.perf_counter()
        with self._tenir(sortie, *([lu] if lu and os.access(lu.parent, os.W_OK) else [])):
            memoire = self._memoire(sortie, lire())
            bilan = None if self.refaire else memoire.relire()
            if bilan is not None:
                self.journal.inchange(libelle, time.perf_counter() - depart, bilan)
                return
            memoire.oublier()
            balayer(sortie)
            with _dire_ce_qui_manque(lu):
                memoire.retenir(faire(), **retenir())

    def _memoire(self, sortie: Path, lu: str, partie: str = "") -> Memoire:
        """La mémoire d'une étape qui lit ``lu`` ; dossiers, droits et durées ne changent aucune valeur."""
        config = replace(self.config, fichier=Path(), chemins={}, acces="", conservation={})
        return Memoire(sortie, f"{lu} {empreinte(autres=[repr(config)])} {self.code or empreinte_du_code()}", partie)

    def _lu_par_le_calcul(self, sans_les_refuses: bool) -> str:
        lus = self._chemins("brut", "schemas", "referentiels", "suivi")
        seances = self.config.chemin("livre") / "book" / "gouvernance"
        suivi, brut = self.config.chemin("suivi"), self.config.chemin("brut")
        apres = [suivi / nom for nom in tables.sources_de_la_publication("suivi")]
        autres = [f"sans les refusés : {sans_les_refuses}", signer(cle_de(self.config))]
        return empreinte(*lus, seances, autres=autres, sauf=apres, sans_suivre=[brut])

    def est_calcule(self) -> bool:
        """N'y a-t-il rien à recalculer (:meth:`pourquoi_recalculer`) ?"""
        return not self.pourquoi_recalculer()

    def pourquoi_recalculer(self) -> str:
        """Ce qui empêche de publier ce qui est préparé, en français ; vide si tout y est tel que calculé."""
        prepare = self.config.chemin("prepare")
        retenu = Memoire(prepare, "").retenu()
        if all(self._memoire_du_calcul(refuses).lu != retenu.get("lu") for refuses in (False, True)):
            return "le dernier calcul n'est pas allé à son terme, ou ce qu'il lit a changé depuis"
        if autres := alteres(prepare, _a_proteger(prepare), retenu.get("ecrites", {})):
            noms, ne_sont = ", ".join(f"« {nom} »" for nom in autres), "ne sont" if len(autres) > 1 else "n'est"
            return f"{noms} {ne_sont} pas ce que « calculer » a écrit dans « {prepare.name} »"
        return ""

    def _a_retenir_du_calcul(self) -> dict:
        """Où étaient les dépôts, et de quoi reconnaître les tables qui viennent d'en être tirées."""
        prepare = self.config.chemin("prepare")
        brut = os.path.relpath(self.config.chemin("brut"), prepare)
        return {"brut": brut, "ecrites": attester(prepare, _a_proteger(prepare))}

    def _sur_les_depots_calcules(self) -> Chaine:
        """La même chaîne, sur les dépôts que le dernier calcul a lus, où qu'ils soient : eux seuls disent s'ils sont
        fictifs, donc de quelle clé vient le bruit."""
        prepare = self.config.chemin("prepare")
        brut = Memoire(prepare, "").retenu().get("brut")
        return replace(self, config=self.config.avec_chemins(brut=prepare / brut)) if brut else self

    def _memoire_du_calcul(self, sans_les_refuses: bool) -> Memoire:
        return self._memoire(self.config.chemin("prepare"), self._lu_par_le_calcul(sans_les_refuses))

    def _avertir_si_ouvert(self) -> None:
        """Dire que d'autres comptes de la machine lisent les dépôts, et comment y remédier."""
        brut, acces = self.config.chemin("brut"), self.config.acces
        if ouvert(brut, acces):
            conseil = f"d'autres comptes de cette machine peuvent y entrer. Les en écarter : chmod -R {REFERMER[acces]}"
            self.journal.avertir(brut.name, [f"{conseil} {quote(str(brut))}"])

    def _exiger_les_explications(self) -> None:
        from observatoire.lecture.explications import exiger_les_explications

        exiger_les_explications(self.config, self.passer_outre)

    def _avertir_si_en_clair(self, dask: str | None) -> None:
        if dask and en_clair(dask):
            dit = "rien n'est chiffré : qui écoute ce réseau lit ce qui voyage, qui atteint l'ordonnanceur exécute. "
            self.journal.avertir(dask, [f"{dit}Donner --dask-tls et une adresse tls:// (docs/edition.md)."])

    def _rappeler_les_corrections(self, annees: set[int]) -> None:
        from observatoire.lecture.corrections import lire_corrections
        from observatoire.schemas import lire_schemas

        corrections = lire_corrections(self.config, lire_schemas(self.config.chemin("schemas")))
        restantes = sum(c.annee in annees for c in corrections)
        if restantes:
            entrees = compter(restantes, "entrée")
            print(f"corrections.yml : des lignes citées par {entrees} de ces années ; à retirer à la main.")

    @contextmanager
    def _tenir(self, *dossiers: Path) -> Iterator[None]:
        with ExitStack() as pile:
            for dossier in dossiers:
                pile.enter_context(self._verrous.setdefault(dossier, Verrou(dossier)))
            yield

    def _exiger_prepare(self) -> None:
        prepare = self.config.chemin("prepare")
        conserves = (prepare / CONSERVES).glob("*")  # tout ce que « make propre » y laisse
        exiger_partage(prepare, prepare / "tables", prepare / "rapports", aussi=conserves)

    def _chemins(self, *noms: str) -> list[Path]:
        return [self.config.chemin(nom) for nom in noms]

    def _publie(self, public: str) -> Path:
        return self.config.chemin("publie") / public


@contextmanager
def _dire_ce_qui_manque(lu: Path | None) -> Iterator[None]:
    """Un fichier absent de ce que l'étape d'avant a écrit (``lu``) dit qu'elle a échoué ou été tuée en chemin."""
    try:
        yield
    except FileNotFoundError as absent:
        manque = Path(str(absent.filename or absent))
        if lu is None or not manque.is_relative_to(lu):
            raise
        raise ErreurObservatoire(
            f"« {manque.name} » manque dans « {lu.name} » : l'étape d'avant n'est pas allée à son terme. La relancer."
        ) from absent


def _a_proteger(prepare: Path) -> list[Path]:
    """Ce que la protection lit : les tables déclarées, et celles des immeubles, dont elle tire les noms."""
    declarees = [table.dans(prepare) for table in tables.preparees().values()]
    return [*declarees, *sorted(prepare.glob("tables/*/immeubles.parquet"))]


def _faire_a_part(etapes: Iterable[Etape], travail: Travail) -> list[tuple[str, float, tuple[str, ...]]]:
    """Le bilan, les secondes et les avertissements de chaque étape, l'une après l'autre."""
    faites = []
    for etape in etapes:
        depart, travail.avertissements = time.perf_counter(), ()
        bilan = etape.faire(travail)
        faites.append((bilan, time.perf_counter() - depart, travail.avertissements))
    return faites


def _dire_les_statuts(statuts: dict[str, int]) -> str:
    """« 12 656 valeurs publiées, 1 483 c (secret) » : ce qui est publié d'abord."""
    parues = compter(statuts.get(PUBLIE, 0), "valeur publiée", "valeurs publiées")
    autres = [f"{grouper(statuts[s])} {m.signe} ({m.libelle})" for s, m in STATUTS.items() if statuts.get(s)]
    return ", ".join([parues, *autres])


def _donnes(**options: object) -> dict[str, object]:
    """Les options données ; les autres gardent la valeur par défaut de qui les reçoit."""
    return {nom: valeur for nom, valeur in options.items() if valeur}

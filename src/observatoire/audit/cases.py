"""Une valeur cachée écrite comme elle s'imprime (« 12,3 % »), à côté des mots qui la désignent.

Une case de tableau se lit avec son en-tête de colonne, son en-tête de ligne, sa légende et le titre de la page ; une
marque de figure ou une phrase, avec ce qui la précède et les titres qui la portent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from lxml import etree

from observatoire.audit.dossier import Dossier, dire_cle, index
from observatoire.audit.jetons import pas, plier
from observatoire.audit.lecteurs import Fichier
from observatoire.audit.lexique import Lexique
from observatoire.audit.rapport import Constat, Resultat

_ECHELLES = {"%": 100, "points": 100, "‰": 1000, "pour 100 logements": 100}
_NOMBRE = re.compile(r"[+\u2212-]?(\d{1,3}(?:[\u202f\u00a0]\d{3})+|\d+)(,\d+)?")
# Ce que ces colonnes portent n'est pas la valeur de la ligne : un écart, une date, une part de réponses.
_A_COTE = re.compile(r"\b(?:ecart|depuis|date|couverture|reponse|denominateur$)")
_TABLES = etree.XPath("//table[.//td]")
_MARQUES = etree.XPath(
    "//*[local-name()='svg']//*[local-name()='title' or local-name()='desc'] | //*[@aria-label] | //img[@alt] | "
    "//article//p | //article//li | //article//figcaption"
)
_PHRASES = {"title", "desc", "p", "li", "figcaption"}
_ANNEE = re.compile(r"\d{4}")
_PONCTUATION = re.compile(r"\s([;:])\s")  # l'espace d'avant est parfois insécable
_PHRASE = re.compile(r"\.\s|\n")
_LONGUEUR = 4000  # une marque plus longue est un conteneur, pas une phrase


class Marque(NamedTuple):
    """Un texte où une valeur peut s'écrire. ``contexte`` : les mots qui la désignent, du plus proche au plus lointain.

    ``libre`` : le texte mêle mots et nombres ; un entier n'y compte que suivi de son unité.
    """

    lieu: str
    texte: str
    contexte: tuple[str, ...]
    libre: bool


#: Deux parts plus proches s'impriment de même.
ARRONDI = 0.001


@dataclass
class Ecrites:
    """Aucune valeur cachée n'est imprimée à côté de son propre nom."""

    dossier: Dossier
    resultat: Resultat = field(default_factory=lambda: Resultat("Valeurs cachées telles qu'elles s'impriment"))
    marques: int = 0
    reconnues: int = 0
    cachees: int = 0

    def examiner(self, fichier: Fichier) -> None:
        """Une page du site."""
        racine = fichier.contenu.racine
        if racine is None or self.dossier.cachees is None:
            return
        for marque in (*_cases(racine), *_textes(racine)):
            self.marques += 1
            cle = self._lexique.cle(*marque.contexte)
            self.reconnues += cle is not None
            rang = self._rangs.get(cle)
            if rang is None:
                continue
            self.cachees += 1
            mesure = self._dite(marque, rang, cle[-1])
            if mesure and not (marque.libre and self._dite_aussi(cle, rang, mesure)):
                quoi = f"{dire_cle(cle)} ({mesure})"
                self.resultat.constats.append(Constat(fichier.nom, marque.lieu, quoi, "Écrite à côté de son nom."))

    def conclure(self) -> Resultat:
        """Les comptes, et ce qui n'a pas pu être comparé."""
        if self.dossier.cachees is None:
            raison = "prepare n'est pas ici : les valeurs cachées sont inconnues et n'ont pas pu être comparées."
            self.resultat.non_fait.append(raison)
        self.resultat.examine = {
            "cases, marques et phrases": self.marques,
            "qui nomment une valeur": self.reconnues,
            "qui nomment une valeur cachée": self.cachees,
        }
        return self.resultat

    @cached_property
    def _lexique(self) -> Lexique:
        return Lexique(self.dossier.publie)

    @cached_property
    def _rangs(self) -> dict[tuple, int]:
        return {cle: rang for rang, cle in enumerate(index(self.dossier.cachees).tolist())}

    @cached_property
    def _valeurs(self) -> dict[str, np.ndarray]:
        mesures = ["valeur", "borne_basse", "borne_haute", "numerateur"]
        return {m: self.dossier.cachees[m].to_numpy(float) for m in mesures}

    def _dite_aussi(self, cle: tuple, rang: int, mesure: str) -> bool:
        """Dans une phrase, ce nombre est-il celui, publié, de tous les bailleurs du même lieu ?"""
        annee, niveau, territoire, _, indicateur = cle
        publiee = self._publiees.get((annee, niveau, territoire, "tous", indicateur))
        return publiee is not None and abs(publiee - self._valeurs[mesure][rang]) < ARRONDI

    @cached_property
    def _publiees(self) -> dict[tuple, float]:
        table = self.dossier.indicateurs
        table = table[table["statut"].eq("publie")]
        return dict(zip(index(table).tolist(), table["valeur"].to_numpy(float), strict=True))

    def _dite(self, marque: Marque, rang: int, indicateur: str) -> str | None:
        """La mesure que le texte dit, ou ``None``."""
        unite = self._lexique.unites[indicateur]
        echelle, numerateur = _ECHELLES.get(unite, 1), self._valeurs["numerateur"][rang]
        # « Ménages sous 40 % du plafond » : le nombre d'un libellé n'est pas une valeur.
        du_libelle = {ecrit for ecrit, _ in _nombres(self._lexique.libelles[indicateur])} if marque.libre else set()
        for ecrit, suite in _nombres(marque.texte):
            if ecrit in du_libelle:
                continue
            if "." in ecrit or _suivi(suite, unite):
                marge = 0.5 * pas(ecrit) + 1e-9
                for mesure in ("valeur", "borne_basse", "borne_haute"):
                    if abs(abs(self._valeurs[mesure][rang] * echelle) - float(ecrit)) <= marge:
                        return mesure
            elif not marque.libre and numerateur == float(ecrit):
                return "numerateur"
        return None


def _nombres(texte: str) -> Iterator[tuple[str, str]]:
    """Chaque nombre d'un texte, avec un point décimal, et ce qui le suit."""
    for trouve in _NOMBRE.finditer(texte):
        entier = trouve[1].replace("\u202f", "").replace("\u00a0", "")
        yield entier + (trouve[2] or "").replace(",", "."), texte[trouve.end() :]


def _suivi(suite: str, unite: str) -> bool:
    """L'unité suit-elle, au singulier ou au pluriel ?"""
    return plier(suite).lstrip().startswith(plier(unite)[: max(1, len(unite.split(" ")[0]) - 1)])


def _dire(element) -> str:
    return "".join(element.itertext())


def _titre(racine) -> str:
    titres = racine.xpath("//h1 | //title")
    return " ".join(_dire(t) for t in titres[:2])


def _cases(racine) -> Iterator[Marque]:
    """Les cases de chaque tableau, avec ce qui les nomme."""
    titre = _titre(racine)
    for table in _TABLES(racine):
        legende = _dire(table.find("caption")) if table.find("caption") is not None else ""
        rangs = table.findall(".//tr")
        tetes = [_dire(c) for c in rangs[0]] if rangs and rangs[0].find("td") is None else []
        for numero, rang in enumerate(rangs, start=1):
            cases = [c for c in rang if c.tag in ("td", "th")]
            if not cases or rang.find("td") is None:
                continue
            nom = _dire(cases[0])
            for colonne, case in enumerate(cases[1:], start=1):
                tete = tetes[colonne] if colonne < len(tetes) else ""
                texte = _dire(case)
                if not _A_COTE.search(plier(tete)):
                    lieu = f"tableau « {legende} », ligne {numero}, colonne {colonne + 1}"
                    yield Marque(lieu, texte, (tete, nom, legende, titre), libre=False)


def _textes(racine) -> Iterator[Marque]:
    """Les textes de remplacement, les infobulles et les phrases, coupés en affirmations."""
    titre = _titre(racine)
    for element in _MARQUES(racine):
        balise = etree.QName(element).localname
        textes = [element.get("aria-label"), element.get("alt"), _dire(element) if balise in _PHRASES else None]
        figure = _titre_de_la_figure(element)
        for texte in {t for t in textes if t and len(t) <= _LONGUEUR and any(c.isdigit() for c in t)}:
            for phrase in _PHRASE.split(texte):
                # Une figure dit elle-même de quoi elle parle ; une phrase le tient du titre de sa page.
                yield from _affirmations(phrase, figure or titre, balise)


def _affirmations(phrase: str, titre: str, balise: str) -> Iterator[Marque]:
    """« Ville, 2007 : 1 pièce 8,3 %, 2 pièces 20,0 % ; 2008 : secret » dit trois choses, toutes de la ville."""
    phrase = _PONCTUATION.sub(r" \1 ", phrase)
    premiere = phrase.partition(" : ")[0]
    for partie in phrase.split(" ; "):
        tete, deux_points, suite = partie.partition(" : ")
        for morceau in suite.split(", ") if deux_points else [partie]:
            mots = _NOMBRE.split(morceau)[0].strip()
            # « Battant, 2007 : … ; 2008 : … » : le lieu n'est dit qu'une fois. Tout autre nom le remplace.
            reste = premiere if _ANNEE.fullmatch(tete.strip()) else ""
            contexte = (morceau, mots, tete if deux_points else "", reste, titre)
            yield Marque(f"<{balise}> « {titre.strip()} »", morceau, contexte, libre=True)


def _titre_de_la_figure(element) -> str:
    for parent in element.iterancestors():
        nom = etree.QName(parent).localname if isinstance(parent.tag, str) else ""
        if nom in ("svg", "figure"):
            return next((_dire(e) for e in parent if etree.QName(e).localname in ("title", "figcaption")), "")
    return ""

"""Proposer d'où vient chacune de nos colonnes, avec une confiance et une raison ; le doute est une question."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from observatoire.configuration import TABLES
from observatoire.correspondance.contenus import Contenu, comparer
from observatoire.correspondance.identifiants import Connus, trouver_la_forme
from observatoire.correspondance.reperage import Tableau
from observatoire.correspondance.synonymes import Rapprochement, rapprocher, simplifier
from observatoire.interdits import famille_interdite
from observatoire.lecture.interdits import nommer_la_colonne
from observatoire.lecture.problemes import citer, compter, enumerer
from observatoire.schemas import Champ, Schema

#: La confiance à partir de laquelle une colonne est proposée ; au-dessous, et jusqu'à la seconde, c'est une question.
PROPOSEE, DEMANDEE = 0.6, 0.45
#: Ce qu'un nom du métier vaut avec un contenu qui convient ; un contenu qui parle seul.
SURE, PAR_LE_CONTENU = 0.95, 0.5
#: D'un fichier dont le nom n'est pas celui d'une table : celles qui s'ajoutent à la principale, et ce qu'il leur faut.
SECONDES = {"immeubles": ("libelle", "x", "lon", "quartier", "qpv"), "menages": ("tranche_plafond", "composition")}

#: Ce dont une colonne au moins dit où est un immeuble.
SITUENT = frozenset({"x", "lon", "quartier", "secteur", "commune"})


@dataclass
class Proposition:
    """``tables`` : {table: {notre colonne: ce qui s'écrit}} ; ``questions`` : ce que l'on ne sait pas ;
    ``codes`` : de celles-ci, {question: (table, notre colonne, écriture inconnue)}.
    """

    tables: dict[str, dict[str, dict]] = field(default_factory=dict)
    laissees: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    codes: dict[str, tuple[str, str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """Une colonne du fichier pour une des nôtres."""

    rapprochement: Rapprochement
    contenu: Contenu

    @property
    def confiance(self) -> float:
        """De 0 à 1 ; jamais plus de 0,9 sans un mot du métier ; pas de quoi proposer un nom qui dit autre chose."""
        return min(self._ressemblance, PROPOSEE - 0.05) if self.rapprochement.contraire else self._ressemblance

    @property
    def _ressemblance(self) -> float:
        nom, contenu = self.rapprochement.note, self.contenu.note
        if nom >= 0.97:
            return SURE if contenu >= 0.95 else 0.85 if contenu >= 0.85 else 0.7 if contenu >= 0.5 else 0.3
        if nom >= 0.72 and contenu >= 0.85:
            return 0.4 + 0.5 * nom
        if self.contenu.parle and nom >= 0.3:
            return PAR_LE_CONTENU + 0.25 * nom
        return min(0.4, 0.5 * nom * contenu)

    @property
    def raison(self) -> str:
        """Ce qui fait croire à cette colonne."""
        nom, part = self.rapprochement, f"{100 * self.contenu.note:.0f} % des valeurs conviennent"
        if nom.note >= 0.97:
            return f"« {nom.synonyme} » est un nom courant ({nom.source}) ; {part}."
        if nom.note >= 0.72:
            return f"son nom ressemble à « {nom.synonyme} » ({nom.source}) ; {part}."
        return f"à son contenu : {part}."


class Enquete:
    """Ce que l'on cherche dans un tableau : de chaque colonne, à quel point elle serait chacune des nôtres."""

    def __init__(self, tableau: Tableau, schemas: dict[str, Schema], deposant: tuple[str, str], connus: Connus):
        self.tableau, self.schemas, self.deposant, self.connus = tableau, schemas, deposant, connus
        self.interdites = {n for n, nom in enumerate(tableau.noms) if famille_interdite(nom)}
        self._vues: dict[tuple[int, str, str], Candidate] = {}
        self._valeurs: dict[int, pd.Series] = {}

    def proposer(self, table: str | None) -> Proposition:
        """La proposition pour cette table, ou pour celles que le fichier donne."""
        proposition = Proposition()
        if self.tableau.jumelles:
            autres = compter(self.tableau.jumelles, "autre feuille")
            proposition.questions.append(f"Le même en-tête est sur {autres}, qui ne se lira pas : est-ce la bonne ?")
        affectees = {table: self._affecter(self.schemas[table])} if table else self._tables()
        for nom, siennes in affectees.items():
            proposition.tables[nom] = self._table(nom, siennes, proposition)
        prises = {e.get("colonne") for t in proposition.tables.values() for e in t.values()}
        noms = [nommer(nom, n) for n, nom in enumerate(self.tableau.noms)]
        demandees = " ".join(proposition.questions)
        for n, nom in enumerate(noms):
            if n in self.interdites:
                famille = famille_interdite(self.tableau.noms[n])
                proposition.questions.append(
                    f"La colonne {citer(nom)} est interdite ({famille}) : la retirer du fichier."
                )
            elif nom not in prises:
                proposition.laissees.append(nom)
                if citer(nom) not in demandees and not self.tableau.noms[n] and self.tableau.cadre[n].ne("").any():
                    proposition.questions.append(f"La colonne {nom} n'a pas de nom : que contient-elle ?")
        return proposition

    def _tables(self) -> dict[str, dict[str, tuple[int, Candidate]]]:
        """La table qui reconnaît le plus de colonnes, puis celles qui s'y ajoutent ; de chacune, ses colonnes."""
        affectees = {t: self._affecter(self.schemas[t]) for t in TABLES}
        poids = {t: sum(c.confiance for _, c in a.values()) for t, a in affectees.items()}
        entieres = [t for t in TABLES if self._obligatoires(t) <= set(affectees[t])]
        principale = max(entieres or list(TABLES), key=poids.get)
        trouvees = {principale: affectees[principale]}
        ajoutables = SECONDES.keys() - self.connus.tables_deposees() if principale == "logements" else ()
        for seconde in sorted(ajoutables):
            siennes = self._ajoutees(seconde, affectees)
            if self._obligatoires(seconde) <= set(siennes) and set(SECONDES[seconde]) & set(siennes):
                trouvees[seconde] = siennes
        return trouvees

    def _ajoutees(self, seconde: str, affectees: dict) -> dict[str, tuple[int, Candidate]]:
        """Les colonnes d'une table qui s'ajoute aux logements : ses identifiants sont les leurs, bien qu'ils s'y
        répètent, et ce qui change d'un logement à l'autre d'un immeuble n'est pas de l'immeuble.
        """
        siennes = dict(affectees[seconde])
        communs = {c for c, d in self.schemas[seconde].champs.items() if d.role == "identifiant"}
        siennes |= {c: affectees["logements"][c] for c in communs & set(affectees["logements"])}
        (cle,) = self.schemas[seconde].cle
        if cle not in siennes:
            return {}
        objets = self.tableau.cadre.groupby(self.tableau.cadre[siennes[cle][0]])
        return {c: (n, vue) for c, (n, vue) in siennes.items() if c == cle or objets[n].nunique().max() == 1}

    def _obligatoires(self, table: str) -> set[str]:
        return {n for n, c in self.schemas[table].champs.items() if c.obligatoire and n != "bailleur"}

    def _candidate(self, n: int, table: str, champ: Champ) -> Candidate:
        cle = (n, table, champ.nom)
        if cle not in self._vues:
            nom = self.tableau.noms[n]
            proche = rapprocher(nom, table, champ.nom)
            liste = bool(champ.admises) or champ.nom == "nb_pieces"  # elle seule se reconnaît sans son nom
            vaine = proche.note < (0.3 if liste else 0.5)
            contenu = Contenu(0.0) if vaine else comparer(self._comptes(n), champ, nom)
            self._vues[cle] = Candidate(proche, contenu)
        return self._vues[cle]

    def _comptes(self, n: int) -> pd.Series:
        if n not in self._valeurs:
            textes = self.tableau.cadre[n]
            self._valeurs[n] = textes[textes.ne("")].value_counts()
        return self._valeurs[n]

    def _affecter(self, schema: Schema) -> dict[str, tuple[int, Candidate]]:
        """Notre colonne -> le rang de la sienne, au plus grand total des confiances."""
        champs = list(schema.champs.values())
        rangs = [n for n in range(len(self.tableau.noms)) if n not in self.interdites]
        if not rangs:
            return {}
        notes = np.array([[self._candidate(n, schema.nom, c).confiance for c in champs] for n in rangs])
        lignes, colonnes = linear_sum_assignment(-notes)
        return {
            champs[c].nom: (rangs[i], self._candidate(rangs[i], schema.nom, champs[c]))
            for i, c in zip(lignes, colonnes, strict=True)
            if notes[i, c] >= PROPOSEE
        }

    def _table(self, table: str, affectees: dict, proposition: Proposition) -> dict[str, dict]:
        ecrites = {}
        for nom, champ in self.schemas[table].champs.items():
            if nom in affectees:
                ecrites[nom] = self._ecrire(table, champ, *affectees[nom], proposition)
            elif nom == "bailleur":
                ecrites[nom] = {"constante": self.deposant[0], "confiance": 1.0, "raison": "le déposant du fichier."}
            elif not champ.facultative:
                proposition.questions.append(self._demander(table, champ, {n for n, _ in affectees.values()}))
        if table == "immeubles" and SITUENT.isdisjoint(ecrites):
            proposition.questions.append(
                "immeubles : aucune colonne ne les situe ; sans leurs coordonnées (x et y, ou longitude et latitude), "
                "leur quartier ou leur secteur, aucun n'est compté dans un quartier. Les ajouter à l'export."
            )
        return ecrites

    def _demander(self, table: str, champ: Champ, prises: set[int]) -> str:
        """La question d'une colonne que rien ne donne, avec celles qui pourraient la donner."""
        libres = [n for n in range(len(self.tableau.noms)) if n not in prises | self.interdites]
        notes = {n: self._candidate(n, table, champ).confiance for n in libres}
        proches = [
            nommer(self.tableau.noms[n], n) for n in sorted(notes, key=notes.get, reverse=True) if notes[n] >= DEMANDEE
        ]
        debut = f"{table}, « {champ.nom} » ({champ.titre}) : "
        if proches:
            return debut + f"peut-être {enumerer(map(citer, proches[:3]))} ? L'écrire si c'est elle."
        suite = "la colonne est obligatoire." if champ.obligatoire else "elle manquera si rien ne la donne."
        return debut + f"aucune colonne ne lui ressemble ; {suite}"

    def _ecrire(self, table: str, champ: Champ, n: int, candidate: Candidate, proposition: Proposition) -> dict:
        contenu, sienne = candidate.contenu, nommer(self.tableau.noms[n], n)
        ecrite = {"colonne": sienne, "confiance": round(candidate.confiance, 2), "raison": candidate.raison}
        utiles = {e: v for e, v in contenu.valeurs.items() if e != v}
        ecrite |= {c: v for c in ("unite", "dates", "milliers") if (v := getattr(contenu, c))}
        if champ.nom == "bailleur":
            ecrite |= self._bailleur(n, proposition)
        elif utiles:
            ecrite["valeurs"] = utiles
        if champ.role == "identifiant":
            ecrite |= self._identifiant(champ, n, ecrite)
        ecrite["raison"] = ecrite.pop("raison")  # en dernier, la phrase
        if contenu.doute:
            proposition.questions.append(f"{table}, {citer(sienne)} : {contenu.doute}")
        debut = f"{table}, {citer(sienne)} ({champ.nom}) : "
        for inconnue in contenu.inconnues if champ.admises or champ.nom == "nb_pieces" else ():
            question = debut + f"que veut dire {citer(inconnue)} ? L'ajouter à ses valeurs."
            proposition.questions.append(question)
            proposition.codes[question] = (table, champ.nom, inconnue)
        if contenu.tues and (champ.admises or champ.nom == "nb_pieces"):
            valeurs = compter(contenu.tues, "valeur")
            proposition.questions.append(debut + f"{valeurs} de plus, non affichées, n'y sont pas connues.")
        if candidate.confiance < 0.8:
            proposition.questions.append(debut + "est-ce bien elle ? " + candidate.raison)
        return ecrite

    def _bailleur(self, n: int, proposition: Proposition) -> dict:
        """Ses noms pour lui-même -> son code ; un autre nom est une question."""
        code, nom = self.deposant
        valeurs = {}
        for ecrit in self.tableau.cadre[n].loc[lambda t: t.ne("")].unique()[:20]:
            simple = simplifier(ecrit)
            if simple in (simplifier(code), simplifier(nom)) or simplifier(code) in simple.split():
                valeurs[ecrit] = code
            else:
                proposition.questions.append(f"« bailleur » : une valeur n'est ni « {code} » ni « {nom} ».")
        return {"valeurs": {e: c for e, c in valeurs.items() if e != c}}

    def _identifiant(self, champ: Champ, n: int, ecrite: dict) -> dict:
        forme, part, ou = trouver_la_forme(self.tableau.cadre[n], champ.nom, self.connus)
        if not ou:
            return {}
        trouves = f"{100 * part:.0f} % des identifiants de {ou} y sont"
        ajout = {"raison": f"{ecrite['raison'].rstrip('.')} ; {trouves}{f' sous la forme {forme}' if forme else ''}."}
        return ajout | ({"forme": forme} if forme else {})


def nommer(nom: str, rang: int) -> str:
    """Le nom d'une de ses colonnes, ou son numéro si elle n'en a pas, ou s'il désigne quelqu'un."""
    dit = nommer_la_colonne(nom, rang + 1)
    return nom if dit.startswith("«") else dit

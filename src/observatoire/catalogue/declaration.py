"""Déclarer un indicateur : une fonction qui dit, pour chaque ligne, ce qui compte en haut et en bas.

Le nom de la fonction est le code ; sa docstring est la fiche publiée. La bibliothèque somme, divise, agrège,
calcule l'intervalle, la couverture et le taux de réponse.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from observatoire.catalogue.distributions import Distribution
from observatoire.catalogue.fautes import PANNES, IndicateurFautif, controler, situer
from observatoire.catalogue.lues import ColonneRefusee, TableSuivie, contourne, lit_un_interdit
from observatoire.configuration import TABLES, TABLES_TIREES
from observatoire.vocabulaire import (
    DE_DISTRIBUTION,
    ECART,
    EFFECTIF,
    INDICE,
    MOYENNE,
    NATURES,
    PROGRES,
    PROPORTION,
    QUANTILE,
    RAPPORT,
    TAUX,
    multiplier,
)

FLUX = frozenset({"attributions", "devenirs", "signalements", "programmes"})
_DU_BRUIT = "élargi du bruit là où les comptes en portent un"
INTERVALLES = {
    PROPORTION: f"score de Wilson, 95 %, {_DU_BRUIT}",
    TAUX: f"Byar, exact sous dix événements, 95 %, {_DU_BRUIT}",
    RAPPORT: f"logarithme du rapport de deux comptes, 95 %, {_DU_BRUIT}",
    MOYENNE: "d'après son erreur type, 95 %",
    EFFECTIF: "ce que le bruit peut avoir changé, 95 % ; sans intervalle s'il est exact",
    ECART: f"Newcombe, ramené à l'écart entre une partie et le tout, 95 %, {_DU_BRUIT}",
    QUANTILE: "statistiques d'ordre (loi binomiale), au moins 95 %",
    INDICE: "rééchantillonnage (bootstrap), 95 %",
}

#: Table -> ce qui, d'elle, n'est d'aucun quartier : un territoire et l'ensemble n'y comptent pas la même chose.
SANS_LIEU = {
    "demandes": "les demandes sans quartier souhaité ne comptent que dans l'ensemble",
    "programmes": "les opérations d'autres communes ne comptent que dans l'ensemble",
}

#: Module -> nom de la famille, dans l'ordre des pages.
FAMILLES = {
    "parc": "Parc",
    "vacance": "Vacance et mobilité",
    "occupation": "Occupation",
    "difficultes": "Difficultés",
    "demande": "Demande et attributions",
    "mouvements": "Demande et attributions",
    "production": "Production",
}

#: Ce que vaut ce qu'une déclaration ne dit pas.
_PAR_DEFAUT = {
    "unite": "%", "nature": "proportion", "sens": "neutre", "perimetre": "tous", "reference": None,
    "distribution": None,
}  # fmt: skip
_registre: dict[str, Indicateur] = {}


@dataclass(frozen=True)
class Comptage:
    """Ce qu'un indicateur compte sur des lignes.

    ``colonnes`` : rôle (``numerateur``, ``denominateur``, ``concernes``) -> colonne alignée sur sa table.
    ``lues`` : les colonnes qu'il a fallu lire.
    """

    colonnes: dict[str, pd.Series]
    lues: frozenset[str]


@dataclass(frozen=True)
class Indicateur:
    """Une déclaration du catalogue.

    ``fonction`` prend les tables de ``tables`` (et ``bareme`` si elle le demande) et rend deux ou trois
    colonnes : au-dessus (alignée sur la première table), au-dessous (sur la dernière) et, pour un
    questionnaire, qui était concerné, d'où le taux de réponse. ``reference`` est le code de l'indicateur
    auquel un écart se rapporte ; ``dans``, celui de la part qui contient la sienne. ``groupe`` est le code de la
    répartition dont l'indicateur est une modalité ; sa fonction rend alors la catégorie de chaque ligne, et
    ``categorie`` est celle que l'indicateur compte. ``synonymes`` : les mots sous lesquels on le cherche.
    D'un quantile ou d'un indice, ``distribution`` dit lequel ; sa fonction rend la mesure de chaque ligne, puis qui
    compte.
    """

    code: str
    libelle: str
    famille: str
    nature: str
    numerateur: str
    denominateur: str | None
    unite: str
    source: str
    tables: tuple[str, ...]
    sens: str
    fiche: str
    fonction: Callable
    perimetre: str
    periode: str
    avec_bareme: bool
    reference: str | None = None
    dans: str | None = None
    groupe: str | None = None
    modalite: str | None = None
    categorie: str | None = None
    synonymes: str = ""
    distribution: Distribution | None = None

    @property
    def multiplicateur(self) -> int:
        """Ce par quoi la présentation multiplie la valeur (100 pour un pourcentage)."""
        return multiplier(self.unite)

    def compter(self, tables: dict[str, pd.DataFrame], bareme: Callable) -> Comptage:
        """Appliquer la fonction aux tables d'une année.

        Lève :class:`~observatoire.baremes.SansObjet` quand le barème demandé n'existe pas encore, et
        :class:`~observatoire.catalogue.lues.ColonneRefusee` si une colonne lue est interdite ou inconnue, et
        :class:`~observatoire.catalogue.fautes.IndicateurFautif` si la fonction échoue ou rend autre chose.
        """
        comptage = self.classer(tables, bareme)
        if self.groupe is None:
            return comptage
        numerateur = comptage.colonnes["numerateur"].eq(self.categorie) & comptage.colonnes["denominateur"]
        return Comptage({**comptage.colonnes, "numerateur": numerateur}, comptage.lues)

    def classer(self, tables: dict[str, pd.DataFrame], bareme: Callable) -> Comptage:
        """Comme :meth:`compter`, mais le numérateur d'une modalité est la catégorie de chaque ligne.

        Toutes les modalités d'une répartition partagent ce comptage.
        """
        suivies = [TableSuivie.suivre(tables[t], t) for t in self.tables]
        ou = f"indicateur « {self.groupe or self.code} », table « {' et '.join(self.tables)} »"
        try:
            colonnes = self.fonction(*suivies, **({"bareme": bareme} if self.avec_bareme else {}))
            roles = controler(colonnes, suivies, self.tables)
        except ColonneRefusee as erreur:
            raise ColonneRefusee(f"{ou}, {situer(self.fonction, erreur)} : {erreur}") from None
        except PANNES as erreur:
            raison = " ".join(str(erreur).split()).rstrip(".")
            raise IndicateurFautif(f"{ou}, {situer(self.fonction, erreur)} : {raison}.") from erreur
        return Comptage(roles, frozenset().union(*(t.lues for t in suivies)))

    def publier(self) -> dict:
        """La déclaration telle qu'elle accompagne les valeurs publiées (JSON)."""
        champs = (
            "code", "libelle", "famille", "nature", "numerateur", "denominateur", "unite", "multiplicateur",
            "source", "tables", "sens", "periode", "reference", "perimetre", "groupe", "modalite", "fiche", "synonymes",
        )  # fmt: skip
        sans_lieu = next((SANS_LIEU[table] for table in self.tables if table in SANS_LIEU), None)
        return {c: getattr(self, c) for c in champs} | {
            "intervalle": INTERVALLES[self.nature], "sans_lieu": sans_lieu,
        }  # fmt: skip


def tous(table: pd.DataFrame) -> pd.Series:
    """Vrai pour chaque ligne de la table : toutes comptent, ou toutes étaient concernées."""
    return pd.Series(True, index=table.index)


def catalogue() -> MappingProxyType:
    """Tous les indicateurs, par famille puis dans l'ordre de déclaration : code -> :class:`Indicateur`."""
    rang = {nom: place for place, nom in enumerate(FAMILLES.values())}
    return MappingProxyType(dict(sorted(_registre.items(), key=lambda item: rang[item[1].famille])))


def indicateur(
    *,
    libelle: str,
    numerateur: str,
    table: str | tuple[str, ...],
    source: str,
    denominateur: str | None = None,
    unite: str = "%",
    nature: str = "proportion",
    sens: str = "neutre",
    perimetre: str = "tous",
    periode: str | None = None,
    reference: str | None = None,
    dans: str | None = None,
    synonymes: str = "",
    distribution: Distribution | None = None,
):
    """Décorer une fonction pour l'inscrire au catalogue.

    ``table`` nomme la ou les tables qu'elle reçoit, dans l'ordre ; ``sens`` dit quel mouvement est une
    amélioration (``hausse``, ``baisse`` ou ``neutre``) ; ``perimetre``, si les foyers comptent (``tous``) ou non
    (``rpls``) ; ``dans``, la part qui contient la sienne : bruitée, elle ne la dépasse pas. Un effectif n'a pas de
    dénominateur ; un quantile ou un indice dit lequel (``distribution`` : ``Quantile``, ``Indice``). ``synonymes`` :
    les mots de qui le cherche sans connaître son nom. Une déclaration mal faite lève ``ValueError`` dès l'import.
    """

    def inscrire(fonction: Callable) -> Callable:
        _inscrire(
            fonction, fonction.__name__, libelle=libelle, numerateur=numerateur, table=table, source=source,
            denominateur=denominateur, unite=unite, nature=nature, sens=sens, perimetre=perimetre, periode=periode,
            reference=reference, dans=dans, synonymes=synonymes, distribution=distribution,
        )  # fmt: skip
        return fonction

    return inscrire


def repartition(*, libelle: str, table: str, source: str, denominateur: str, modalites: dict[str, str], **autres):
    """Décorer une fonction qui classe chaque ligne : une proportion par modalité, qui somment à un.

    La fonction rend la catégorie de chaque ligne et, comme un indicateur, qui compte en bas puis qui était
    concerné. ``modalites`` associe chaque catégorie (suffixe du code) à son libellé, dans l'ordre d'affichage.
    """

    def inscrire(fonction: Callable) -> Callable:
        groupe = fonction.__name__
        for categorie, nom in modalites.items():
            _inscrire(
                fonction, f"{groupe}_{categorie}", table=table, source=source,
                libelle=f"{libelle} : {nom}", numerateur=f"{denominateur}, {nom}", denominateur=denominateur,
                groupe=groupe, modalite=nom, categorie=categorie, **autres,
            )  # fmt: skip
        return fonction

    return inscrire


def _natures() -> str:
    return ", ".join(f"{nature} ({INTERVALLES[nature]})" for nature in NATURES)


def _inscrire(
    fonction: Callable, code: str, *, table: str | tuple[str, ...], periode: str | None = None, **champs
) -> None:
    champs = _PAR_DEFAUT | champs
    tables = (table,) if isinstance(table, str) else tuple(table)
    module = fonction.__module__.rpartition(".")[2]
    parametres = list(inspect.signature(fonction).parameters)
    nature, reference = champs["nature"], champs["reference"]
    defauts = [
        (set(tables) - {*TABLES, *TABLES_TIREES}, f"table inconnue parmi {tables}"),
        (module not in FAMILLES, f"le module « {module} » n'est pas une famille de FAMILLES"),
        (nature not in NATURES, f"nature « {nature} » inconnue ; c'est d'elle que se tire l'intervalle : {_natures()}"),
        (champs["perimetre"] not in ("tous", "rpls"), f"perimetre « {champs['perimetre']} » inconnu : tous, ou rpls"),
        (champs["sens"] not in PROGRES, f"sens « {champs['sens']} » inconnu : {', '.join(PROGRES)}"),
        (not inspect.getdoc(fonction), "la fiche (docstring) manque"),
        (code in _registre, "ce code est déjà déclaré"),
        ([p for p in parametres if p != "bareme"] != list(tables), f"ses arguments doivent être {tables}"),
        ((nature == "effectif") != (champs["denominateur"] is None), "seul un effectif n'a pas de dénominateur"),
        ((nature == "ecart") != (reference is not None), "un écart, et lui seul, a une référence"),
        (
            getattr(champs["distribution"], "nature", "") != (nature if nature in DE_DISTRIBUTION else ""),
            "un quantile (distribution=Quantile(…)) ou un indice (Indice(…)), et eux seuls, dit lequel",
        ),
        (
            nature in DE_DISTRIBUTION and {"groupe", "dans"} & {c for c in champs if champs[c]},
            f"« {nature} » n'est pas une part",
        ),
        (reference not in (None, *_registre), f"la référence « {reference} » n'est pas déclarée avant lui"),
        (lit_un_interdit(fonction), "aucun indicateur ne porte sur une variable interdite"),
        (contourne(fonction), 'une colonne se lit par son nom : table["colonne"]'),
    ]
    refus = [message for defaut, message in defauts if defaut]
    if refus:
        raise ValueError(f"indicateur « {code} », {situer(fonction)} : " + " ; ".join(refus) + ".")
    _registre[code] = Indicateur(
        code=code,
        famille=FAMILLES[module],
        tables=tables,
        fiche=inspect.getdoc(fonction),
        fonction=fonction,
        periode=periode or ("annee" if FLUX & set(tables) else "31 décembre"),
        avec_bareme="bareme" in parametres,
        **champs,
    )

"""Les doutes : ce qui n'empêche pas d'utiliser un fichier, mais que le bailleur doit regarder.

Une fonction est une règle ; sa docstring est la phrase du rapport. Elle reçoit la table convertie et son contexte, et
retourne le masque des lignes douteuses. Un bailleur peut expliquer un doute dans ``suivi/corrections.yml``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from observatoire.lecture.conversion import ecrire
from observatoire.lecture.corrections import colonne_id
from observatoire.lecture.depots import COLONNES_AVERTISSEMENTS
from observatoire.lecture.problemes import citer, nombre
from observatoire.lecture.territoires import points
from observatoire.schemas import Schema

LOYER_M2 = (1, 30)
SURFACE_PAR_PIECE = (9, 60)
ECART_DU_PARC = 0.20
ISOLEMENT_M = 5_000


@dataclass(frozen=True)
class Contexte:
    """Ce qu'une règle peut regarder : l'année, les autres tables du même bailleur, la taille du fichier et de celui
    de l'année précédente.
    """

    annee: int
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    hors_contours: pd.Series | None = None
    par_commune: bool = False
    lignes: int = 0
    lignes_precedentes: int | None = None

    @cached_property
    def _logements(self) -> pd.DataFrame:
        return self.tables["logements"].drop_duplicates("id_logement")

    @cached_property
    def _identifiants(self) -> pd.Index:
        return pd.Index(self._logements["id_logement"])

    def du_logement(self, table: pd.DataFrame, colonne: str) -> pd.Series:
        """Une colonne de ``logements``, ramenée à chaque ligne de ``table`` par son id_logement."""
        rangs = self._identifiants.get_indexer(table["id_logement"])
        return pd.Series(self._logements[colonne].array.take(rangs, allow_fill=True), index=table.index)


@dataclass(frozen=True)
class Regle:
    """Une règle de doute. ``colonne`` : celle que le bailleur doit regarder ; ``None`` pour tout le fichier."""

    nom: str
    table: str
    colonne: str | None
    phrase: str
    fonction: Callable


REGLES: dict[str, Regle] = {}


def regle(table: str, colonne: str | None = None):
    """Déclarer une règle ; son nom est celui de la fonction."""

    def inscrire(fonction):
        phrase = fonction.__doc__.splitlines()[0]
        REGLES[fonction.__name__] = Regle(fonction.__name__, table, colonne, phrase, fonction)
        return fonction

    return inscrire


@regle("logements", "loyer_eur")
def loyer_invraisemblable(t, contexte):
    """loyer inférieur à 1 €/m² ou supérieur à 30 €/m²."""
    return t["loyer_eur"].notna() & t["surface_m2"].notna() & ~(t["loyer_eur"] / t["surface_m2"]).between(*LOYER_M2)


@regle("logements", "surface_m2")
def surface_et_pieces(t, contexte):
    """surface de moins de 9 m² ou de plus de 60 m² par pièce."""
    connues = t["surface_m2"].notna() & t["nb_pieces"].notna()
    return connues & ~(t["surface_m2"] / t["nb_pieces"]).between(*SURFACE_PAR_PIECE)


@regle("logements", "mois_vacance")
def vacance_d_un_logement_loue(t, contexte):
    """mois de vacance donnés pour un logement loué."""
    return t["occupation"].eq("loue") & t["mois_vacance"].gt(0)


@regle("logements", "date_bail")
def bail_apres_l_annee(t, contexte):
    """bail postérieur au 31 décembre de l'année."""
    return t["date_bail"].dt.year.gt(contexte.annee)


@regle("logements", "annee_construction")
def construction_apres_l_annee(t, contexte):
    """construction postérieure à l'année du dépôt."""
    return t["annee_construction"].gt(contexte.annee)


@regle("logements", "annee_premiere_location")
def location_avant_construction(t, contexte):
    """première mise en location avant la construction."""
    return t["annee_premiere_location"].lt(t["annee_construction"])


@regle("logements")
def parc_qui_change(t, contexte):
    """le nombre de logements a changé de plus de 20 % depuis l'année précédente."""
    avant = contexte.lignes_precedentes
    return bool(avant) and abs(contexte.lignes / avant - 1) > ECART_DU_PARC


@regle("menages", "id_logement")
def menage_hors_logement_loue(t, contexte):
    """ménage dans un logement qui n'est pas loué."""
    occupation = contexte.du_logement(t, "occupation")
    return occupation.notna() & occupation.ne("loue")


@regle("menages", "annee_emmenagement")
def emmenagement_avant_construction(t, contexte):
    """emménagement antérieur à la construction du logement."""
    return t["annee_emmenagement"].lt(contexte.du_logement(t, "annee_construction"))


@regle("menages", "annee_emmenagement")
def emmenagement_apres_l_annee(t, contexte):
    """emménagement postérieur à l'année du dépôt."""
    return t["annee_emmenagement"].gt(contexte.annee)


@regle("menages", "nb_occupants")
def occupants_et_enfants(t, contexte):
    """moins d'occupants que les enfants et un adulte."""
    return t["nb_occupants"].lt(t["nb_enfants"] + 1)


@regle("signalements", "date_cloture")
def cloture_avant_signalement(t, contexte):
    """clôture antérieure au signalement."""
    return t["date_cloture"].lt(t["date"])


@regle("attributions", "id_logement")
def attributions_identiques(t, contexte):
    """ligne identique à une ligne précédente : vérifier que l'attribution n'est pas donnée deux fois."""
    return t.duplicated()


@regle("signalements", "id_immeuble")
def signalements_identiques(t, contexte):
    """ligne identique à une ligne précédente : vérifier que le signalement n'est pas donné deux fois."""
    return t.duplicated()


@regle("programmes", "dont_tres_social")
def tres_social_superieur_au_total(t, contexte):
    """plus de logements très sociaux que de logements livrés."""
    return t["dont_tres_social"].gt(t["nb_logements"])


@regle("immeubles", "id_immeuble")
def immeuble_isole(t, contexte):
    """immeuble à plus de 5 km de tous les autres : vérifier ses coordonnées."""
    # Dans un parc de plusieurs communes, un immeuble peut être seul dans la sienne : ce n'est pas un doute.
    if contexte.par_commune or t[["x", "y", "lon", "lat"]].isna().all(axis=None):
        return pd.Series(False, index=t.index)
    from shapely import STRtree

    places = points(t)
    places = places[places.notna()].to_crs(2154)
    arbre = STRtree(places.to_numpy())
    (entree, _), distances = arbre.query_nearest(
        places.to_numpy(), exclusive=True, all_matches=False, return_distance=True
    )
    isoles = places.index[entree[distances > ISOLEMENT_M]]
    return t.index.to_series().isin(isoles)


@regle("immeubles", "id_immeuble")
def immeuble_hors_contours(t, contexte):
    """immeuble hors de tout quartier : il est compté à part."""
    return contexte.hors_contours if contexte.hors_contours is not None else pd.Series(False, index=t.index)


def avertir(table: str, donnees: pd.DataFrame, schema: Schema, contexte: Contexte) -> pd.DataFrame:
    """Les avertissements des lignes d'une table : ligne, id, colonne, règle, message, explication (vide)."""
    morceaux = [
        _constat(r, donnees, schema, r.fonction(donnees, contexte))
        for r in REGLES.values()
        if r.table == table and r.colonne is not None
    ]
    morceaux = [m for m in morceaux if len(m)]
    vide = pd.DataFrame(columns=COLONNES_AVERTISSEMENTS)
    return pd.concat(morceaux, ignore_index=True) if morceaux else vide


def avertir_du_fichier(table: str, contexte: Contexte) -> pd.DataFrame:
    """Les doutes qui portent sur tout un fichier : même tableau, sans ligne, ni identifiant, ni colonne."""
    constats = [
        [np.nan, "", "", r.nom, f"{r.phrase[:-1]} ({nombre(contexte.lignes)} lignes).", ""]
        for r in REGLES.values()
        if r.table == table and r.colonne is None and r.fonction(None, contexte)
    ]
    return pd.DataFrame(constats, columns=COLONNES_AVERTISSEMENTS)


def _constat(r: Regle, donnees: pd.DataFrame, schema: Schema, douteux: pd.Series) -> pd.DataFrame:
    douteux = douteux.fillna(False).astype(bool)
    if not douteux.any():
        return pd.DataFrame(columns=COLONNES_AVERTISSEMENTS)
    choisies = donnees[douteux]
    message = pd.Series(r.phrase, index=choisies.index, dtype="str")
    if r.colonne not in schema.personnelles and r.colonne != colonne_id(schema):
        message = ecrire(_lisible(choisies[r.colonne])).map(citer).astype("str") + " : " + message
    return pd.DataFrame(
        {
            "ligne": choisies.index,
            "id": choisies[colonne_id(schema)].to_numpy(),
            "colonne": r.colonne,
            "regle": r.nom,
            "message": message.to_numpy(),
            "explication": "",
        }
    )


def _lisible(valeurs: pd.Series) -> pd.Series:
    """Les dates s'écrivent JJ/MM/AAAA."""
    return valeurs.dt.strftime("%d/%m/%Y") if pd.api.types.is_datetime64_any_dtype(valeurs) else valeurs

"""Les doutes : ce qui n'empêche pas d'utiliser un fichier, mais que le bailleur doit regarder.

Une fonction est une règle ; sa docstring est la phrase du rapport. Elle reçoit la table convertie et son contexte, et
retourne le masque des lignes douteuses. Un bailleur peut expliquer un doute dans ``suivi/corrections.yml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial

import pandas as pd

from observatoire.lecture.controles import ecrire_bornes
from observatoire.lecture.conversion import ecrire
from observatoire.lecture.corrections import colonne_id
from observatoire.lecture.depots import COLONNES_AVERTISSEMENTS
from observatoire.lecture.problemes import citer
from observatoire.lecture.territoires import points
from observatoire.schemas import NON_RENSEIGNE, Schema

LOYER_M2 = (1, 30)
SURFACE_PAR_PIECE = (9, 60)
ISOLEMENT_M = 5_000
ANNEES_D_ATTENTE = 25
EMPRUNT_PAR_LOGEMENT = (20_000, 500_000)
#: Un programme de plus de tant de logements, et de plus de cette part du parc du bailleur, est à expliquer.
GRAND_PROGRAMME, PART_DU_PARC = 100, 0.10
DELAI_DU_BAIL = pd.Timedelta(days=62)
#: À partir de cette part des lignes d'une table, et de ce nombre, un même doute devient à expliquer.
REPANDU, PLUSIEURS = 0.05, 5


@dataclass(frozen=True)
class Contexte:
    """Ce qu'une règle peut regarder : l'année et les autres tables du même bailleur ; ``commune_de`` : la commune de
    chaque quartier.
    """

    annee: int
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    hors_contours: pd.Series | None = None
    par_commune: bool = False
    commune_de: Callable[[pd.Series], pd.Series] | None = None

    @cached_property
    def _par_logement(self) -> dict[str, tuple[pd.DataFrame, pd.Index]]:
        tables = {nom: self.tables[nom].drop_duplicates("id_logement") for nom in ("logements", "menages")
                  if nom in self.tables}  # fmt: skip
        return {nom: (table, pd.Index(table["id_logement"])) for nom, table in tables.items()}

    def du_logement(self, table: pd.DataFrame, colonne: str, source: str = "logements") -> pd.Series:
        """Une colonne de ``logements``, ramenée à chaque ligne de ``table`` par son id_logement."""
        connue, identifiants = self._par_logement[source]
        rangs = identifiants.get_indexer(table["id_logement"])
        return pd.Series(connue[colonne].array.take(rangs, allow_fill=True), index=table.index)

    def du_menage(self, table: pd.DataFrame, colonne: str) -> pd.Series:
        """De même, une colonne de ``menages``."""
        return self.du_logement(table, colonne, "menages")


@dataclass(frozen=True)
class Regle:
    """Une règle de doute. ``colonne`` : celle que le bailleur doit regarder ; ``a_expliquer`` : rien n'est publié avant
    qu'il l'ait expliquée, car une seule ligne peut changer un chiffre.
    """

    nom: str
    table: str
    colonne: str
    phrase: str
    fonction: Callable
    a_expliquer: bool = False


REGLES: dict[str, Regle] = {}
#: Une valeur admise, hors des limites « vraisemblable » du schéma.
INVRAISEMBLABLE = "valeur_invraisemblable"


def regle(table: str, colonne: str, a_expliquer: bool = False):
    """Déclarer une règle ; son nom est celui de la fonction."""

    def inscrire(fonction):
        phrase = fonction.__doc__.splitlines()[0]
        REGLES[fonction.__name__] = Regle(fonction.__name__, table, colonne, phrase, fonction, a_expliquer)
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


@regle("logements", "date_bail")
def bail_sans_attribution(t, contexte):
    """bail signé dans l'année, sans attribution déposée."""
    if "attributions" not in contexte.tables:
        return pd.Series(False, index=t.index)
    recent = t["occupation"].eq("loue") & t["date_bail"].dt.year.eq(contexte.annee)
    return recent & ~t["id_logement"].isin(contexte.tables["attributions"]["id_logement"])


@regle("logements", "annee_construction")
def construction_apres_l_annee(t, contexte):
    """construction postérieure à l'année du dépôt."""
    return t["annee_construction"].gt(contexte.annee)


@regle("logements", "annee_premiere_location")
def location_avant_construction(t, contexte):
    """première mise en location avant la construction."""
    return t["annee_premiere_location"].lt(t["annee_construction"])


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


@regle("signalements", "date_cloture", a_expliquer=True)
def cloture_lointaine(t, contexte):
    """clôture plus d'un an après l'année du dépôt."""
    return t["date_cloture"].dt.year.gt(contexte.annee + 1)


@regle("demandes", "date_depot", a_expliquer=True)
def demande_ancienne(t, contexte):
    """demande déposée il y a plus de vingt-cinq ans."""
    return t["date_depot"].dt.year.lt(contexte.annee - ANNEES_D_ATTENTE)


@regle("attributions", "date")
def bail_anterieur(t, contexte):
    """le bail en cours du logement est antérieur à cette attribution."""
    loue = contexte.du_logement(t, "occupation").eq("loue")
    return loue & (contexte.du_logement(t, "date_bail") < t["date"] - DELAI_DU_BAIL)


@regle("attributions", "composition")
def composition_du_menage(t, contexte):
    """la composition n'est pas celle du ménage qui occupe le logement depuis cette attribution."""
    return _contredit(t, contexte, "composition")


@regle("attributions", "tranche_plafond")
def ressources_du_menage(t, contexte):
    """les ressources ne sont pas celles du ménage qui occupe le logement depuis cette attribution."""
    return _contredit(t, contexte, "tranche_plafond")


def _contredit(t, contexte, colonne: str) -> pd.Series:
    if "menages" not in contexte.tables:
        return pd.Series(False, index=t.index)
    occupant = contexte.du_menage(t, colonne)
    le_meme = contexte.du_logement(t, "date_bail").eq(t["date"])
    connues = occupant.notna() & occupant.ne(NON_RENSEIGNE) & t[colonne].ne(NON_RENSEIGNE)
    return le_meme & connues & t[colonne].notna() & occupant.astype("str").ne(t[colonne].astype("str"))


@regle("attributions", "id_logement")
def attributions_identiques(t, contexte):
    """ligne identique à une ligne précédente : vérifier que l'attribution n'est pas donnée deux fois."""
    return t.duplicated()


@regle("signalements", "id_immeuble")
def signalements_identiques(t, contexte):
    """ligne identique à une ligne précédente : vérifier que le signalement n'est pas donné deux fois."""
    return t.duplicated()


@regle("programmes", "nb_logements", a_expliquer=True)
def grand_programme(t, contexte):
    """plus de cent logements, et plus d'un dixième du parc du bailleur."""
    parc = len(contexte.tables.get("logements", ()))
    return t["nb_logements"].gt(GRAND_PROGRAMME) & t["nb_logements"].gt(PART_DU_PARC * parc)


@regle("programmes", "emprunt_eur", a_expliquer=True)
def emprunt_par_logement(t, contexte):
    """emprunt de moins de 20 000 € ou de plus de 500 000 € par logement."""
    par_logement = t["emprunt_eur"] / t["nb_logements"]
    return t["emprunt_eur"].gt(0) & ~par_logement.between(*EMPRUNT_PAR_LOGEMENT)


@regle("programmes", "dont_tres_social", a_expliquer=True)
def tres_social_superieur_au_total(t, contexte):
    """plus de logements très sociaux que de logements livrés."""
    return t["dont_tres_social"].gt(t["nb_logements"])


@regle("programmes", "garantie_ville_pct", a_expliquer=True)
def garantie_en_fraction(t, contexte):
    """garantie de 1 % ou moins : un pourcentage écrit en fraction (0,5 pour 50) ?"""
    return t["garantie_ville_pct"].gt(0) & t["garantie_ville_pct"].le(1)


@regle("programmes", "nb_logements", a_expliquer=True)
def livraisons_et_parc(t, contexte):
    """les opérations livrées ici n'ont pas autant de logements que le parc en compte de nouveaux."""
    return _contredites_par_le_parc(t, contexte, "nb_logements")


@regle("programmes", "dont_tres_social", a_expliquer=True)
def tres_social_et_parc(t, contexte):
    """les opérations livrées ici n'ont pas autant de logements très sociaux que le parc compte de nouveaux PLAI."""
    return _contredites_par_le_parc(t, contexte, "dont_tres_social", "PLAI")


def _contredites_par_le_parc(t, contexte, colonne: str, financement: str | None = None) -> pd.Series:
    """Les opérations du territoire, si leur somme sort de ce que le parc compte de logements nouveaux : sûrement (bâtis
    et loués dans l'année) ou peut-être (l'un des deux, un financement inconnu).

    Un parc où rien n'est encore nouveau ne contredit rien ; celui de plusieurs communes ne dit pas lesquelles.
    """
    personne = pd.Series(False, index=t.index)
    if "logements" not in contexte.tables or contexte.commune_de is None or contexte.par_commune:
        return personne
    parc = contexte.tables["logements"]
    dates = [parc[c].ge(contexte.annee).fillna(False) for c in ("annee_construction", "annee_premiere_location")]
    surs, nouveaux = dates[0] & dates[1], dates[0] | dates[1]
    possibles = nouveaux
    if financement:
        sien = parc["financement"].eq(financement).fillna(False)
        surs, possibles = surs & sien, nouveaux & (sien | parc["financement"].isna())
    ici = t["commune"].astype("str").eq(contexte.commune_de(t["quartier"]))
    connues = t.loc[ici, colonne]
    if not nouveaux.any() or connues.isna().any():
        return personne
    contredites = not surs.sum() <= connues.sum() <= possibles.sum()
    return (ici if ici.any() else ~ici) & contredites


@regle("programmes", "id_programme", a_expliquer=True)
def programmes_identiques(t, contexte):
    """programme identique à un autre, identifiant mis à part : vérifier qu'il n'est pas donné deux fois."""
    return t.drop(columns="id_programme").duplicated()


@regle("programmes", "commune", a_expliquer=True)
def quartier_d_une_autre_commune(t, contexte):
    """le quartier donné n'est pas dans cette commune."""
    if contexte.commune_de is None:
        return pd.Series(False, index=t.index)
    return t["quartier"].notna() & contexte.commune_de(t["quartier"]).ne(t["commune"].astype("str"))


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
    hors = contexte.hors_contours
    return hors if hors is not None and not _tous_dehors(hors) else pd.Series(False, index=t.index)


@regle("immeubles", "id_immeuble", a_expliquer=True)
def parc_hors_contours(t, contexte):
    """aucun immeuble n'est dans un quartier : vérifier le système de leurs coordonnées, ou leur commune."""
    hors = contexte.hors_contours
    return hors if hors is not None and _tous_dehors(hors) else pd.Series(False, index=t.index)


def _tous_dehors(hors: pd.Series) -> bool:
    return len(hors) >= PLUSIEURS and bool(hors.all())


def avertir(table: str, donnees: pd.DataFrame, schema: Schema, contexte: Contexte) -> pd.DataFrame:
    """Les avertissements des lignes d'une table : ligne, id, colonne, règle, message, explication (vide)."""
    regles = [*(r for r in REGLES.values() if r.table == table), *_ordinaires(schema)]
    morceaux = [_constat(r, donnees, schema, r.fonction(donnees, contexte)) for r in regles]
    morceaux = [m for m in morceaux if len(m)]
    vide = pd.DataFrame(columns=COLONNES_AVERTISSEMENTS)
    return pd.concat(morceaux, ignore_index=True) if morceaux else vide


def _ordinaires(schema: Schema) -> Iterator[Regle]:
    """Une règle par colonne dont le schéma dit les valeurs vraisemblables."""
    for nom, champ in schema.champs.items():
        if champ.ordinaire:
            phrase = f"valeur peu vraisemblable (d'ordinaire {ecrire_bornes(champ, *champ.vraisemblable)})."
            yield Regle(INVRAISEMBLABLE, schema.nom, nom, phrase, partial(_hors_de, nom, *champ.vraisemblable), True)


def _hors_de(nom: str, bas, haut, t: pd.DataFrame, contexte: Contexte) -> pd.Series:
    trop_bas = t[nom].lt(bas) if bas is not None else False
    return trop_bas | (t[nom].gt(haut) if haut is not None else False)


def rendre_a_expliquer(doutes: pd.DataFrame, lignes: int) -> pd.DataFrame:
    """Un doute que trop de lignes d'une table partagent devient à expliquer, lui aussi."""
    if doutes.empty:
        return doutes
    nombres = doutes.groupby(["regle", "colonne"], sort=False)["regle"].transform("size")
    repandu = doutes["ligne"].notna() & nombres.ge(PLUSIEURS) & nombres.gt(REPANDU * lignes)
    return doutes.assign(a_expliquer=doutes["a_expliquer"].fillna(False).astype(bool) | repandu)


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
            "a_expliquer": r.a_expliquer,
            "mesure": "",
        }
    )


def _lisible(valeurs: pd.Series) -> pd.Series:
    """Les dates s'écrivent JJ/MM/AAAA."""
    return valeurs.dt.strftime("%d/%m/%Y") if pd.api.types.is_datetime64_any_dtype(valeurs) else valeurs

"""Le profil d'entrants proposé à chaque résidence et à chaque quartier, à somme nulle sur la ville.

Le profil est la part des entrants dont les ressources sont sous 40 % du plafond. D'un lieu fragile, on souhaite qu'elle
ramène sa part vers celle de la ville au terme de la charte ; d'un lieu à surveiller, qu'elle ne l'élève plus ; un lieu
équilibré peut accueillir jusqu'à garder la sienne ; un lieu en capacité, jusqu'à rejoindre celle de la ville. Aucun
profil ne change de plus que ce que dit le barème (``deplacement``). Ce que les uns demandent de moins est exactement ce
que les autres accueillent de plus (:mod:`~observatoire.sujets.simulation.modele.partage`) : la ville loge autant de ces
ménages qu'avant. Une résidence sans classe suit son quartier ; un quartier est la somme de ses résidences.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.sujets.orientations.calcul.qualification import lire_les_grands
from observatoire.sujets.orientations.calcul.regles import Regles
from observatoire.sujets.orientations.calcul.scores import Comptes, Taux, lire_les_comptes, references
from observatoire.sujets.orientations.tables import PROPOSITIONS
from observatoire.sujets.simulation.modele.lieux import codes_du_parc
from observatoire.sujets.simulation.modele.partage import partager
from observatoire.sujets.simulation.modele.projection import Parc, equilibrer, profil_pour, projeter
from observatoire.sujets.simulation.modele.traits import TRAITS
from observatoire.vocabulaire import (
    A_SURVEILLER,
    DE_LUI,
    DE_SES_RESIDENCES,
    DE_SON_QUARTIER,
    EN_CAPACITE,
    EQUILIBREE,
    FRAGILE,
    IMMEUBLE,
    INDETERMINEE,
    QUARTIER,
    SANS_CLASSE,
)

#: Le trait dont on oriente les entrants.
TRAIT = TRAITS["moins_40"]
DECIMALES = {"part": 3, "entrees": 1, "deplaces": 2}


def proposer(
    publiees: pd.DataFrame, qualifications: pd.DataFrame, regles: Regles, tout: tuple[str, str], annees: int
) -> pd.DataFrame:
    """Les lignes de :data:`~observatoire.sujets.orientations.tables.PROPOSITIONS`, d'une année.

    ``publiees`` : les indicateurs de l'année publiés aux partenaires, tous bailleurs réunis, et leur bruit.
    ``qualifications`` : celles de l'année. ``annees`` : le terme. Rien là où les flux de la ville ne sont pas connus.
    """
    codes = list(codes_du_parc(TRAIT))
    ville, quartiers = lire_les_grands(publiees, codes, regles, tout)
    reference = references(ville) if len(ville.codes) else np.full(len(codes), np.nan)
    if np.isnan(reference).any() or not len(quartiers.codes):
        return pd.DataFrame(columns=PROPOSITIONS.noms)
    des_quartiers = Taux(quartiers, reference, codes)
    residences = _decrire(publiees, qualifications, regles, quartiers)
    parents = residences["rang"].to_numpy()
    flux = np.vstack([des_quartiers.lisses, reference])[parents]  # sans quartier (-1) : la ville
    parts = Taux(_comptes(residences), flux[:, :1], codes[:1]).lisses[:, 0]
    parc = equilibrer(residences["menages"].to_numpy(), parts, flux[:, 3], flux[:, 2])
    entrants = flux[:, 1]
    souhaits = souhaiter(parc, entrants, residences["classe"].to_numpy(), reference[0], (annees, regles.deplacement))
    proposes = partager(parc.entrees, entrants, souhaits)
    siennes = residences.assign(niveau=IMMEUBLE, classe=residences["sienne"])
    table = _tabuler(siennes, parc, (entrants, proposes), annees)
    ensemble = _reunir(quartiers, des_quartiers.lisses, parc.entrees, parc.entrees * (proposes - entrants), parents)
    larges = _tabuler(_classer_les_quartiers(quartiers, qualifications), *ensemble, annees)
    annee = qualifications["annee"].iloc[0]
    return pd.concat([larges, table], ignore_index=True).assign(annee=annee)[PROPOSITIONS.noms]


def souhaiter(parc: Parc, entrants, classes, part_de_la_ville: float, bornes: tuple[int, float]) -> np.ndarray:
    """Le profil que l'on voudrait à chaque lieu, d'après sa classe ; ``bornes`` : le terme, et ce qui peut changer."""
    annees, deplacement = bornes
    garder = profil_pour(parc, parc.part, annees)
    vers_la_ville = profil_pour(parc, np.full(np.shape(parc.part), part_de_la_ville), annees)
    baisser, monter = entrants - deplacement, entrants + deplacement
    souhaits = np.select(
        [classes == FRAGILE, classes == A_SURVEILLER, classes == EQUILIBREE, classes == EN_CAPACITE],
        [
            np.clip(np.where(np.isnan(vers_la_ville), baisser, vers_la_ville), baisser, entrants),
            np.clip(np.where(np.isnan(garder), entrants, garder), baisser, entrants),
            np.clip(np.where(np.isnan(garder), entrants, garder), entrants, monter),
            np.clip(np.where(np.isnan(vers_la_ville), monter, vers_la_ville), entrants, monter),
        ],
        entrants,
    )
    return np.clip(souhaits, 0, 1)


def _decrire(publiees: pd.DataFrame, qualifications: pd.DataFrame, regles: Regles, quartiers: Comptes) -> pd.DataFrame:
    """Les résidences dont on connaît les ménages : leur compte, leur quartier, et la classe qui fonde leur profil."""
    comptes = lire_les_comptes(publiees, IMMEUBLE, [TRAIT.parc], regles)
    siennes = qualifications[qualifications["niveau"].eq(IMMEUBLE)].set_index("territoire").reindex(comptes.codes)
    des_quartiers = qualifications[qualifications["niveau"].eq(QUARTIER)].set_index("territoire")["classe"]
    sienne = siennes["classe"].fillna(INDETERMINEE).to_numpy(object)
    du_quartier = des_quartiers.reindex(siennes[QUARTIER]).fillna(INDETERMINEE).to_numpy(object)
    propre, suivie = sienne != INDETERMINEE, du_quartier != INDETERMINEE
    table = pd.DataFrame(
        {
            "territoire": comptes.codes, QUARTIER: siennes[QUARTIER].to_numpy(object), "sienne": sienne,
            "classe": np.where(propre, sienne, du_quartier),
            "fondement": np.select([propre, suivie], [DE_LUI, DE_SON_QUARTIER], SANS_CLASSE),
            "rang": pd.Index(quartiers.codes).get_indexer(siennes[QUARTIER]),
            "menages": comptes.concernes[:, 0],
            "x": comptes.x[:, 0], "n": comptes.n[:, 0], "bruit": comptes.bruit[:, 0],
        }
    )  # fmt: skip
    return table[comptes.connus[:, 0]].reset_index(drop=True)


def _comptes(residences: pd.DataFrame) -> Comptes:
    x, n, bruit = (residences[[c]].to_numpy(float) for c in ("x", "n", "bruit"))
    return Comptes(residences["territoire"].to_numpy(object), x, n, bruit, n > 0, n)


def _classer_les_quartiers(quartiers: Comptes, qualifications: pd.DataFrame) -> pd.DataFrame:
    siennes = qualifications[qualifications["niveau"].eq(QUARTIER)].set_index("territoire")["classe"]
    classe = siennes.reindex(quartiers.codes).fillna(INDETERMINEE).to_numpy(object)
    colonnes = {"niveau": QUARTIER, "territoire": quartiers.codes, QUARTIER: quartiers.codes, "classe": classe}
    return pd.DataFrame(colonnes | {"fondement": DE_SES_RESIDENCES})


def _reunir(quartiers: Comptes, flux: np.ndarray, entrees: np.ndarray, deplaces: np.ndarray, parents: np.ndarray):
    """Le parc de chaque quartier, et son profil avant et après ce qu'échangent ses résidences."""
    parc = equilibrer(quartiers.concernes[:, 0], flux[:, 0], flux[:, 3], flux[:, 2])
    siens = parents >= 0
    ensemble = [np.bincount(parents[siens], v[siens], len(flux)) for v in (entrees, deplaces)]
    au_moins = np.maximum(parc.entrees, ensemble[0])
    parts = np.divide(ensemble[1], au_moins, out=np.zeros(len(flux)), where=au_moins > 0)
    return parc, (flux[:, 1], np.clip(flux[:, 1] + parts, 0, 1))


def _tabuler(lieux: pd.DataFrame, parc: Parc, profils: tuple[np.ndarray, np.ndarray], annees: int) -> pd.DataFrame:
    aujourd_hui, propose = profils
    mesures = {
        "entrees": parc.entrees, "part_parc": parc.part, "part_entrants": aujourd_hui, "part_proposee": propose,
        "deplaces": parc.entrees * (propose - aujourd_hui), "part_prevue": projeter(parc, aujourd_hui, annees),
        "part_visee": projeter(parc, propose, annees),
    }  # fmt: skip
    arrondies = {nom: np.round(v, DECIMALES.get(nom, DECIMALES["part"])) for nom, v in mesures.items()}
    return lieux[["niveau", "territoire", QUARTIER, "classe", "fondement"]].assign(**arrondies)

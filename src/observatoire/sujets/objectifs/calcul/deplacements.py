r"""Ce qui, dans l'écart d'un bailleur aux autres d'un même lieu, tient à la taille et au financement de ses logements.

Par standardisation indirecte, l'écart à logements égaux est l'écart observé, déplacé de

$$ \frac{E_a}{n_a} - \frac{E_b}{n_b} $$

où $b$ est le bailleur, $a$ les autres et $E$ ce que donneraient les parts de toute la ville, strate par strate. Ce
déplacement ne dépend que des logements attribués et de taux de la ville : il est dit au millième.

**Référence.** Breslow N. E. et Day N. E. (1987), *Statistical Methods in Cancer Research* II, p. 65-69.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire.baremes import Baremes
from observatoire.catalogue import Indicateur, catalogue
from observatoire.configuration import Configuration
from observatoire.conserves import annees_conservees
from observatoire.couverture import disponibilite, ranger
from observatoire.indicateurs.evaluation import livrer
from observatoire.indicateurs.lots import Reglages, regler
from observatoire.indicateurs.ouvrage import distribuer
from observatoire.indicateurs.prepares import LotPrepare, lire_lot, lots_prepares, tables_vides
from observatoire.indicateurs.sommes import Sommes, additionner, sommer_selon
from observatoire.publie import CLES
from observatoire.rangement import lire_preparee
from observatoire.sujets.alertes.calcul.attendus import reunir
from observatoire.sujets.alertes.calcul.strates import COLONNES as STRATES
from observatoire.sujets.alertes.calcul.strates import STRATE, stratifier
from observatoire.sujets.objectifs.calcul.declaration import niveaux_de
from observatoire.sujets.objectifs.tables import DEPLACEMENTS
from observatoire.tables.depots import DEPOTS

#: Ce qui se compare : les pratiques d'attribution.
PRATIQUES = (
    "premier_quartile_hors_qpv", "premier_quartile_en_qpv", "prioritaires", "mutations", "relogements",
    "moins_40_entrants", "monoparentales_entrants", "personnes_seules_entrants",
)  # fmt: skip
COLONNES = DEPLACEMENTS.noms
DECIMALES = 3
#: En deçà, une strate ne dit rien : toutes ensemble en tiennent lieu.
STRATE_MINIMALE = 11


def deplacer(config: Configuration, baremes: Baremes, dask: str | None = None) -> pd.DataFrame:
    """Une ligne par année, territoire, bailleur et pratique où le bailleur et d'autres ont signé (:data:`COLONNES`)."""
    prepare, gardees = config.chemin("prepare"), annees_conservees(config)
    depots = lire_preparee(DEPOTS, prepare)
    vives = [a for a in config.annees if a not in gardees]
    lots = {annee: lots_prepares(prepare, annee) for annee in vives}
    pratiques = [catalogue()[code] for code in PRATIQUES]
    dimensions = [*reversed(niveaux_de(config)), "bailleur", STRATE]
    vides = {annee: tables_vides(siens) for annee, siens in lots.items()}
    reglages = regler(config, pratiques, baremes, vides, dimensions)
    taches = [lot for siens in lots.values() for lot in siens if "attributions" in lot.sources]
    par_annee: dict[int, list[Sommes]] = {annee: [] for annee in vives}
    for tache, sommes in zip(taches, distribuer(compter_les_baux, taches, reglages, dask), strict=True):
        par_annee[tache.annee].append(sommes)
    morceaux = []
    for annee, siennes in par_annee.items():
        lues = reglages[annee].regles.lues
        etats = disponibilite(depots, lues, config, annee)
        sommes = livrer(additionner(siennes, reglages[annee].dimensions), etats)
        morceaux += [standardiser(sommes, n, list(lues)).assign(annee=annee) for n in niveaux_de(config)]
    morceaux = [m for m in morceaux if len(m)]
    if not morceaux:
        return pd.DataFrame(columns=COLONNES)
    return pd.concat(morceaux, ignore_index=True)[COLONNES].sort_values(CLES, ignore_index=True)


def compter_les_baux(lot: LotPrepare, par_annee: dict[int, Reglages]) -> Sommes:
    """Lire un lot et compter par quartier, bailleur et strate du logement attribué."""
    reglages = par_annee[lot.annee]
    sources = {nom: lot.sources[nom] for nom in ("attributions", "logements") if nom in lot.sources}
    lues = lire_lot(LotPrepare(lot.annee, lot.nom, sources), reglages.utiles("id_logement", *STRATES))
    baux = decrire_le_logement(lues["attributions"], lues.get("logements"))
    tables = reglages.situer({"attributions": baux})
    tables["attributions"] = stratifier(tables["attributions"])
    return sommer_selon(reglages.regles, tables, reglages.baremes, reglages.dimensions)


def decrire_le_logement(baux: pd.DataFrame, logements: pd.DataFrame | None) -> pd.DataFrame:
    """Ajouter à chaque bail la taille et le financement de son logement, déposé dans le même lot."""
    if logements is None:
        return baux
    places = pd.Index(logements["id_logement"]).get_indexer(baux["id_logement"])
    return baux.assign(**{c: logements[c].array.take(places, allow_fill=True) for c in STRATES if c in logements})


def standardiser(sommes: Sommes, niveau: str, declarations: list[Indicateur]) -> pd.DataFrame:
    """Le déplacement de chaque bailleur de chaque territoire (:data:`COLONNES`, sans l'année)."""
    situees = sommes.cellules[[niveau, "bailleur"]].notna().all(axis=1).to_numpy()
    cellules, valeurs = sommes.cellules[situees].reset_index(drop=True), sommes.valeurs[situees]
    if not len(cellules):
        return pd.DataFrame(columns=COLONNES)
    comptees = Sommes(cellules, valeurs, sommes.colonnes)
    x, n = (comptees.roles(declarations, role) for role in ("numerateur", "denominateur"))
    attendus = attendre_de_la_ville(x, n, ranger(cellules, [STRATE])[0])
    du_lieu, lieux = ranger(cellules, [niveau, "bailleur"])
    du_territoire, territoires = ranger(lieux, [niveau])
    siens = [reunir(t, du_lieu, len(lieux)) for t in (n, attendus)]
    leurs = [reunir(t, du_territoire, len(territoires))[du_territoire] - t for t in siens]
    return _tabuler(lieux, niveau, [d.code for d in declarations], siens, leurs)


def attendre_de_la_ville(x: np.ndarray, n: np.ndarray, strates: np.ndarray) -> np.ndarray:
    """Ce que compterait chaque ligne (cellule, pratique) aux parts de toute la ville dans sa strate.

    Une strate de moins de :data:`STRATE_MINIMALE` baux prend la part de toutes.
    """
    nombre = int(strates.max(initial=-1)) + 1
    x_strate, n_strate = reunir(x, strates, nombre), reunir(n, strates, nombre)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(n_strate >= STRATE_MINIMALE, x_strate / n_strate, x.sum(axis=0) / n.sum(axis=0))
    return n * np.nan_to_num(parts)[strates]


def _tabuler(lieux: pd.DataFrame, niveau: str, codes: list[str], siens: list, leurs: list) -> pd.DataFrame:
    (n, attendu), (n_a, attendu_a) = siens, leurs
    compares = (n > 0) & (n_a > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        deplacement = (attendu_a / n_a - attendu / n).round(DECIMALES)
    table = pd.DataFrame(
        {
            "niveau": niveau,
            "territoire": np.repeat(lieux[niveau].astype("str").to_numpy(), len(codes)),
            "bailleur": np.repeat(lieux["bailleur"].astype("str").to_numpy(), len(codes)),
            "indicateur": np.tile(codes, len(lieux)),
            "deplacement": deplacement.ravel() + 0.0,
        }
    )
    return table[compares.ravel()].reset_index(drop=True)

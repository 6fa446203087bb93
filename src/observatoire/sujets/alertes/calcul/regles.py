"""Les règles des alertes, lues dans ``referentiels/baremes/alertes.yml`` : aucune n'est dans le code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from observatoire.baremes import Baremes, SansObjet, retenir
from observatoire.catalogue import Indicateur, catalogue
from observatoire.configuration.modeles.alertes import Alertes
from observatoire.configuration.saisie import lire_fiche
from observatoire.vocabulaire import A_LOI, EMBOITES

FICHIER = Path("baremes") / "alertes.yml"


@dataclass(frozen=True)
class Regles:
    """Ce qui décide d'un verdict, une année donnée.

    ``probabilite`` : au-delà, un écart compte. ``repondants``, ``reponse`` : en deçà, rien n'est évaluable.
    ``persistance`` : (alertes, années). ``pente`` : hausse annuelle, dans l'unité stockée. ``seuils`` : (vigilance,
    alerte), écart au comparateur dans l'unité stockée ; ``par_niveau`` et ``par_indicateur`` les remplacent, le second
    l'emportant. ``indicateurs`` : ceux qui peuvent alerter, dans l'ordre du fichier. ``changement`` : de même, écart de
    ce qui arrive à ceux qui restent, ou qui arrivent ; rien n'en est évalué sans lui. ``suivis`` : les indicateurs dont
    on évalue aussi le changement.
    """

    probabilite: float
    repondants: int
    reponse: float
    persistance: tuple[int, int]
    pente: float
    seuils: tuple[float, float]
    par_niveau: dict[str, tuple[float, float]]
    par_indicateur: dict[str, tuple[float, float]]
    indicateurs: tuple[str, ...]
    changement: tuple[float, float] | None = None
    suivis: tuple[str, ...] = ()

    def seuils_de(self, niveau: str, indicateur: str) -> tuple[float, float]:
        """Les écarts (vigilance, alerte) d'un indicateur à un niveau."""
        return self.par_indicateur.get(indicateur) or self.par_niveau.get(niveau) or self.seuils

    @property
    def declarations(self) -> list[Indicateur]:
        """Les déclarations des indicateurs qui peuvent alerter."""
        connus = catalogue()
        return [connus[code] for code in self.indicateurs]


def lire_regles_des_alertes(referentiels: Path, baremes: Baremes, annee: int) -> Regles | None:
    """Les règles en vigueur au 31 décembre d'une année ; ``None`` si le territoire n'en a pas encore.

    Lève :class:`ErreurConfiguration` avec tous les défauts du fichier.
    """
    fichier = referentiels / FICHIER
    if not fichier.is_file():
        return None
    alertables = tuple(code for code, declaration in catalogue().items() if declaration.nature in A_LOI)
    contenu = lire_fiche(fichier, Alertes, {"niveaux": EMBOITES, "indicateurs": alertables})
    regle = retenir(contenu.regles, annee)
    try:
        probabilite = baremes.au_31_decembre(annee)("alertes")
    except SansObjet:
        return None
    if regle is None:
        return None
    return Regles(
        probabilite=probabilite,
        repondants=regle.repondants,
        reponse=regle.reponse,
        persistance=(regle.persistance.alertes, regle.persistance.annees),
        pente=regle.pente,
        seuils=regle.seuils.paire,
        par_niveau={niveau: seuils.paire for niveau, seuils in regle.seuils_par_niveau.items()},
        par_indicateur={code: seuils.paire for code, seuils in regle.indicateurs.items() if seuils},
        indicateurs=tuple(regle.indicateurs),
        changement=regle.changement.paire if regle.changement else None,
        suivis=tuple(c for c in regle.indicateurs if regle.changement and c not in regle.changement.sauf),
    )

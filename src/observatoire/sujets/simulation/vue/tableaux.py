"""La simulation, nourrie de ce qui est publié : à portée, hors d'atteinte, et qui loge les autres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from observatoire.presentation import selection
from observatoire.presentation.affichage import Fragment, absent
from observatoire.presentation.donnees import raison
from observatoire.presentation.liens import lier_et_situer
from observatoire.presentation.nombres import ecrire, ecrire_ligne, ecrire_statut
from observatoire.presentation.reperes import tout
from observatoire.presentation.tableaux import composer
from observatoire.sujets.simulation.modele.horizon import duree_de_la_charte
from observatoire.sujets.simulation.modele.lieux import codes_du_parc, composer_le_parc
from observatoire.sujets.simulation.modele.pertinence import Pertinence, juger_la_pertinence
from observatoire.sujets.simulation.modele.projection import Parc, atteignables, projeter
from observatoire.sujets.simulation.modele.report import Report, reporter
from observatoire.sujets.simulation.modele.tirages import Tirage
from observatoire.sujets.simulation.modele.traits import DEPARTS, LIVRES, TRAITS
from observatoire.vocabulaire import PERTINENCES

if TYPE_CHECKING:
    from observatoire.publie import Publie

_NOTE_DU_MODELE = (
    "Le modèle suppose que le taux de départ reste celui de l'année et que les livraisons restent à leur moyenne des "
    "années connues, que tout logement quitté est reloué et que la situation de ceux qui restent ne change pas."
)
_AUCUN, _TOUS = "aucun", "tous conviennent"


@dataclass(frozen=True)
class Lieu:
    """Un territoire tel qu'on le simule : son ``parc`` et la part de ses entrants qui ont le trait.

    ``reponse_tue`` : son taux de réponse n'est pas publié, et ses ménages ne sont que les répondants.
    """

    code: str
    nom: str
    parc: Parc
    entrants: float
    reponse_tue: bool


def nommer_trait(valeurs: Publie, trait: str) -> str:
    """Le nom d'un trait : celui de sa part dans le parc."""
    return valeurs.catalogue[TRAITS[trait].parc]["libelle"]


def lire_lieu(valeurs: Publie, territoire: str | None = None, trait: str = "moins_40") -> Lieu | Fragment:
    """Un territoire d'après ce qui est publié ; sinon le fragment qui dit ce qui manque."""
    decrit = TRAITS[trait]
    codes = codes_du_parc(decrit)
    nom = selection.nommer(valeurs, territoire)
    if any(c not in valeurs.catalogue for c in codes):
        return absent(f"{nom}, simulation", "des indicateurs ne sont pas calculés")
    lignes = {c: selection.ligne(valeurs, c, territoire) for c in codes}
    manquent = {valeurs.catalogue[c]["libelle"]: r for c, r in lignes.items() if pd.isna(r["valeur"])}
    if manquent:
        return absent(f"{nom}, simulation", raison(manquent))
    livres = selection.serie(valeurs, LIVRES, territoire) if LIVRES in valeurs.catalogue else []
    parc, entrants = composer_le_parc(lignes, decrit, (r["valeur"] for r in livres))
    reponse_tue = bool(pd.isna(lignes[decrit.parc]["reponse"]))
    return Lieu(selection.reperer(valeurs, territoire)[1], nom, parc, entrants, reponse_tue)


def lire_lieux(valeurs: Publie, trait: str = "moins_40") -> list[Lieu]:
    """Les quartiers dont tout ce qu'il faut est publié, par nom."""
    lieux = [lire_lieu(valeurs, r["code"], trait) for r in selection.quartiers(valeurs, TRAITS[trait].parc)]
    return sorted((x for x in lieux if isinstance(x, Lieu)), key=lambda x: x.nom)


def table_de_pertinence(
    valeurs: Publie, cibles: dict[str, tuple[float, str]], trait: str = "moins_40", annees: int | None = None,
    tirage: Tirage | None = None,
) -> dict[str, Pertinence]:  # fmt: skip
    """Juger des objectifs sur le parc : code du territoire -> :class:`Pertinence`.

    ``cibles`` : code du territoire -> (cible, ``baisse`` ou ``hausse``). ``annees`` : la durée de la charte, sinon. Un
    territoire dont quelque chose n'est pas publié n'y est pas.
    """
    annees = _horizon(valeurs, annees)
    ville = valeurs.edition["code"]
    lieux = {code: lire_lieu(valeurs, None if code == ville else code, trait) for code in cibles}
    return {
        code: juger_la_pertinence(lieu.parc, lieu.entrants, *cibles[code], annees, tirage=tirage)
        for code, lieu in lieux.items()
        if isinstance(lieu, Lieu)
    }


def tableau_pertinence(
    valeurs: Publie, cibles: dict[str, tuple[float, str]] | None = None, trait: str = "moins_40",
    annees: int | None = None, depuis: str = "edition",
) -> Fragment:  # fmt: skip
    """Ce que la rotation permet, territoire par territoire : la part au terme si rien ne change, et ses bornes.

    Avec des ``cibles`` (voir :func:`table_de_pertinence`) : le profil qu'il faut, la probabilité, le verdict.
    """
    cibles, annees = cibles or {}, _horizon(valeurs, annees)
    ville = lire_lieu(valeurs, None, trait)
    lieux = [*lire_lieux(valeurs, trait), *([ville] if isinstance(ville, Lieu) else [])]
    if not lieux:
        return ville
    juges = table_de_pertinence(valeurs, cibles, trait, annees)
    an = ecrire(annees, "ans", decimales=0)
    titre = f"{nommer_trait(valeurs, trait)} : ce que {an} permettent, {valeurs.annee}"
    rangees = [_rangee(valeurs, lieu, trait, annees, depuis) | _rangee_cible(cibles, juges, lieu) for lieu in lieux]
    return composer(pd.DataFrame(rangees).fillna(""), titre, note=_NOTE_DU_MODELE + _noter_les_reponses(lieux))


def _horizon(valeurs: Publie, annees: int | None) -> int:
    return duree_de_la_charte(valeurs.edition["charte"]) if annees is None else annees


def _noter_les_reponses(lieux: list[Lieu]) -> str:
    noms = ", ".join(lieu.nom for lieu in lieux if lieu.reponse_tue)
    if not noms:
        return ""
    return (
        f" Taux de réponse non publié ({noms}) : seuls les ménages qui ont répondu y sont comptés. Leur nombre et les "
        "entrées d'une année y sont sous-estimés, et le poids des livraisons surestimé."
    )


def _rangee(valeurs: Publie, lieu: Lieu, trait: str, annees: int, depuis: str) -> dict[str, str]:
    decrit, ville = TRAITS[trait], lieu.code == valeurs.edition["code"]
    territoire = None if ville else lieu.code
    basse, haute = atteignables(lieu.parc, annees)
    nom = lier_et_situer(valeurs, valeurs.tout[0] if ville else "quartier", lieu.code, depuis)

    def publiee(code: str) -> str:
        return ecrire_ligne(selection.ligne(valeurs, code, territoire), valeurs.catalogue[code], html=True)

    return {
        "Territoire": f"<strong>{nom}</strong>" if ville else nom,
        "Part du parc": publiee(decrit.parc),
        "Taux de départ": publiee(DEPARTS),
        "Part des entrants": publiee(decrit.entrants),
        "Au terme, si rien ne change": ecrire(float(projeter(lieu.parc, lieu.entrants, annees)), "%"),
        "Au plus bas": ecrire(basse, "%"),
        "Au plus haut": ecrire(haute, "%"),
    }


def _rangee_cible(cibles: dict, juges: dict[str, Pertinence], lieu: Lieu) -> dict[str, str]:
    if lieu.code not in juges:
        return {}
    cible, sens = cibles[lieu.code]
    juge = juges[lieu.code]
    sans_profil = _AUCUN if juge.verdict == "hors_d_atteinte" else _TOUS
    return {
        "Cible": f"{'au plus' if sens == 'baisse' else 'au moins'} {ecrire(cible, '%')}",
        "Entrants qu'il faut": sans_profil if np.isnan(juge.profil) else ecrire(juge.profil, "%"),
        "Pour y mener 8 fois sur 10": _ecrire_le_profil_sur(juge.profil_sur, sens),
        "Probabilité au profil actuel": ecrire(juge.probabilite, "%", decimales=0),
        "Pertinence": PERTINENCES[juge.verdict].sens or PERTINENCES[juge.verdict].libelle,
    }


def _ecrire_le_profil_sur(profil: float, sens: str) -> str:
    """Le profil le moins exigeant ; tous conviennent quand c'est tout entrant, ou aucun, selon le sens."""
    if np.isnan(profil):
        return _AUCUN
    return _TOUS if profil == (1 if sens == "baisse" else 0) else ecrire(profil, "%")


def reporter_sur_les_autres(valeurs: Publie, quartier: str, part: float, trait: str = "moins_40") -> Report | Fragment:
    """Ce que demande aux autres quartiers, à demande constante, que les entrants de ``quartier`` aient ce profil."""
    lieux = lire_lieux(valeurs, trait)
    codes = [x.code for x in lieux]
    if quartier not in codes:
        return absent(f"{selection.nommer(valeurs, quartier)}, report", "ses flux ne sont pas tous publiés")
    return reporter([x.parc.entrees for x in lieux], [x.entrants for x in lieux], codes.index(quartier), part)


def tableau_report(
    valeurs: Publie, quartier: str | None = None, part: float | None = None, trait: str = "moins_40",
    annees: int | None = None, depuis: str = "edition",
) -> Fragment:  # fmt: skip
    """Qui loge les autres. Sans ``quartier`` : ce que chacun demanderait s'il prenait le profil de la ville.

    Avec un ``quartier`` et une ``part`` : ce que chacun des autres prendrait, et où cela le mènerait.
    """
    annees = _horizon(valeurs, annees)
    lieux, ville = lire_lieux(valeurs, trait), lire_lieu(valeurs, None, trait)
    if len(lieux) < 2 or not isinstance(ville, Lieu):
        return absent("Report sur les autres quartiers", "moins de deux quartiers ont tous leurs flux publiés")
    if quartier is None:
        return _report_de_chacun(valeurs, lieux, ville, trait, depuis)
    report = reporter_sur_les_autres(valeurs, quartier, ville.entrants if part is None else part, trait)
    if isinstance(report, Fragment):
        return report
    rangees = [
        {
            "Quartier": lier_et_situer(valeurs, "quartier", lieu.code, depuis),
            "Entrées par an": ecrire(lieu.parc.entrees, decimales=0),
            "Entrants aujourd'hui": ecrire(lieu.entrants, "%"),
            "Entrants après report": ecrire(float(apres), "%"),
            "Part du parc au terme": ecrire(float(projeter(lieu.parc, float(apres), annees)), "%"),
        }
        for lieu, apres in zip(lieux, report.parts, strict=True)
    ]
    titre = f"{nommer_trait(valeurs, trait)} : report sur les autres quartiers, {valeurs.annee}"
    return composer(pd.DataFrame(rangees), titre, note=_note_du_report(report) + _noter_les_reponses(lieux))


def _report_de_chacun(valeurs: Publie, lieux: list[Lieu], ville: Lieu, trait: str, depuis: str) -> Fragment:
    entrees, parts = np.array([x.parc.entrees for x in lieux]), np.array([x.entrants for x in lieux])
    rangees = []
    for rang, lieu in enumerate(lieux):
        report = reporter(entrees, parts, rang, ville.entrants)
        autres = np.delete(report.parts - parts, rang)
        au_plus = float(autres[np.abs(autres).argmax()])
        rangees.append(
            {
                "Quartier": lier_et_situer(valeurs, "quartier", lieu.code, depuis),
                "Entrées par an": ecrire(lieu.parc.entrees, decimales=0),
                "Ses entrants": ecrire(lieu.entrants, "%"),
                "Ménages par an pour les autres": ecrire(report.deplaces, signe=True, decimales=1),
                "Pour chacun d'eux, au plus": ecrire(au_plus, "points", signe=True)
                if report.possible
                else ecrire_statut("na", html=True),
            }
        )
    titre = f"{nommer_trait(valeurs, trait)} : si les entrants de chaque quartier avaient le profil {tout(valeurs).de}"
    note = f"Profil des entrants {tout(valeurs).de} : {ecrire(ville.entrants, '%')}. "
    note += (
        "À demande constante, ce qu'un quartier ne prend plus, les autres le prennent, tous du même nombre de points, "
        "moins là où tous les entrants, ou aucun, auraient alors le trait. Les ménages par an : ceux qui ont le trait."
    )
    return composer(pd.DataFrame(rangees), titre, note=note + _noter_les_reponses(lieux))


def _note_du_report(report: Report) -> str:
    sens = "en moins" if report.deplaces < 0 else "en plus"
    nombre = ecrire(abs(report.deplaces), decimales=1)
    phrase = f"À demande constante, les autres prennent {nombre} ménages par an {sens}, de ceux qui ont le trait."
    if not report.possible:
        phrase += f" Ils ne le peuvent pas tous : il en reste {ecrire(abs(report.reste), decimales=1)}."
    return f"{phrase} {_NOTE_DU_MODELE}"

"""Les orientations : ce qui est adopté face à ce que chaque bailleur attribue, et ce qui est proposé."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from observatoire.configuration import PUBLIQUE
from observatoire.configuration.commun import TOUS
from observatoire.presentation import selection
from observatoire.presentation.affichage import Fragment, absent, silence
from observatoire.presentation.liens import lier, lier_lieu, vers_les_orientations
from observatoire.presentation.nombres import ABSENT, ecrire, ecrire_date, ecrire_statut
from observatoire.presentation.objectifs import denombrer, est_ecrit
from observatoire.presentation.reperes import tout
from observatoire.presentation.tableaux import composer
from observatoire.presentation.textes import paragraphe
from observatoire.sujets.orientations.vue.qualification import ecrire_la_classe, lire_les_qualifies
from observatoire.vocabulaire import (
    CLASSES,
    COTES,
    IMMEUBLE,
    INDETERMINEE,
    NON_TENU,
    PUBLIE,
    QUARTIER,
    SECTEUR,
    TENU,
    VERDICTS,
)

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Le trait dont on oriente les entrants, tel qu'il se lit au milieu d'une phrase.
PAUVRES = "entrants sous 40 % du plafond"
#: Un écart au profil d'aujourd'hui plus petit que cela ne se lit pas.
_INSENSIBLE = 0.005
_CONFORMES = {TENU: "conforme", NON_TENU: "non conforme"}


def tableau_des_echanges(valeurs: Publie, quartier: str | None = None, depuis: str = "edition") -> Fragment:
    """Un lieu par ligne, un bailleur par colonne : la part de ses entrants face à l'orientation adoptée."""
    titre = f"Les attributions face aux orientations adoptées, {valeurs.annee}"
    if valeurs.edition["public"] == PUBLIQUE:
        return paragraphe("Les attributions de chaque bailleur par secteur se lisent dans l'édition des partenaires.")
    lignes = [r for r in valeurs.lignes_de("orientations_confrontation") if r["annee"] == valeurs.annee]
    lignes = [r for r in lignes if quartier in (None, r["quartier"])]
    if not lignes:
        return absent(titre, "aucune orientation adoptée n'était en vigueur toute l'année")
    presents = [b for b in selection.vrais_bailleurs(valeurs)["code"] if b in {r["bailleur"] for r in lignes}]
    noms = {TOUS: "Tous", **{b: valeurs.nom("bailleur", b) for b in presents}}
    lieux: dict[tuple, dict[str, dict]] = {}
    for r in lignes:
        lieux.setdefault((r["objectif"], r["niveau"], r["territoire"]), {})[r["bailleur"]] = r
    lus = {cle: siens for cle, siens in lieux.items() if cle[1] == QUARTIER or _se_lit(siens)}
    rangees = [
        {"Orientation": _nommer_l_orientation(valeurs, siens), "Lieu": _nommer_le_lieu(valeurs, cle, depuis)}
        | {nom: _case(siens.get(b)) for b, nom in noms.items()}
        for cle, siens in sorted(lus.items(), key=lambda x: (x[0][0], x[0][1] != QUARTIER, x[0][2]))
    ]
    bilan = _compter(lignes)
    note = (
        f"Part des {PAUVRES} parmi les attributions de l'année, et nombre de baux. ✓ conforme, ✗ non conforme : tout "
        "l'intervalle est du même côté de l'orientation, chaque bord se trompant cinq fois sur cent au plus ; ≈ : trop "
        "peu de baux pour conclure. Une orientation est celle d'un lieu, jamais d'un ménage : elle n'oblige personne à "
        "refuser personne."
    )
    if muets := sorted(valeurs.noms.get(cle[1:], "sans nom") for cle in set(lieux) - set(lus)):
        note += f" Aucun bailleur n'y a assez de baux pour être lu : {', '.join(muets)}."
    return Fragment(bilan + composer(pd.DataFrame(rangees), titre, groupe="Orientation", note=note).html, titre)


def _se_lit(siens: dict[str, dict]) -> bool:
    """Un bailleur au moins y a assez de baux pour que sa part se lise."""
    return any(r["statut"] == PUBLIE for bailleur, r in siens.items() if bailleur != TOUS)


def _compter(lignes: list[dict]) -> str:
    des_bailleurs = [r["verdict"] for r in lignes if r["bailleur"] != TOUS and r["niveau"] == SECTEUR]
    comptes = [f"{des_bailleurs.count(v)} {mot}" for v, mot in _CONFORMES.items()]
    jugees = sum(est_ecrit(v) for v in des_bailleurs)
    phrase = (
        f"Chaque bailleur sur chaque secteur : {len(des_bailleurs)} cases, dont {jugees} se lisent ; "
        f"{', '.join(comptes)}, les autres non concluantes. Une case a peu de baux : c'est l'ensemble qui se discute."
    )
    return f'<p class="obs-phrase">{escape(phrase)}</p>'


def _nommer_l_orientation(valeurs: Publie, siens: dict[str, dict]) -> str:
    r = next(iter(siens.values()))
    lieu = valeurs.noms.get((QUARTIER, r["quartier"])) or valeurs.noms.get((r["niveau"], r["territoire"]), "sans nom")
    cible = f"{COTES[r['sens']].libelle} {ecrire(r['cible'], '%', decimales=0)}"
    qui = f"{r['adoptee_par']}, depuis le {ecrire_date(r['depuis'])}"
    return f"{escape(lieu)} : {cible} d'{escape(PAUVRES)} <small>({escape(qui)} ; {escape(r['source'])})</small>"


def _nommer_le_lieu(valeurs: Publie, cle: tuple[str, str, str], depuis: str) -> str:
    _, niveau, code = cle
    if niveau == QUARTIER:
        return f"<strong>{lier_lieu(valeurs, niveau, code, depuis)}</strong>"
    return escape(valeurs.noms.get((niveau, code), "sans nom"))


def _case(r: dict | None) -> str:
    if r is None or r["statut"] == "na":
        return ABSENT
    if r["statut"] != PUBLIE:
        return ecrire_statut(r["statut"], html=True)
    baux = ecrire(r["denominateur"], "baux", decimales=0)
    verdict = r["verdict"]
    mot = VERDICTS[verdict]
    dit = f'<abbr title="{_CONFORMES.get(verdict, mot.libelle)}">{mot.signe}</abbr>' if est_ecrit(verdict) else ""
    return f"{dit} {ecrire(r['observe'], '%', decimales=0)}<br><small>{baux}</small>"


def tableau_des_profils_proposes(valeurs: Publie, depuis: str = "edition") -> Fragment:
    """Un quartier par ligne : sa classe, le profil de ses entrants aujourd'hui, et celui qui est proposé."""
    titre = f"Le profil d'entrants proposé à chaque quartier, d'après {valeurs.annee}"
    if valeurs.edition["public"] == PUBLIQUE:
        return paragraphe("Les orientations proposées se lisent dans l'édition des partenaires, qui les adopte ou non.")
    lignes = valeurs.lignes_de("orientations_proposees", niveau=QUARTIER)
    if not lignes:
        return absent(titre, "les flux du territoire ne sont pas tous publiés")
    rangees = [
        {
            "Quartier": lier_lieu(valeurs, QUARTIER, r["territoire"], depuis),
            "Classe": ecrire_la_classe(r["classe"]),
            "Part du parc": ecrire(r["part_parc"], "%", decimales=0),
            "Entrées par an": ecrire(r["entrees"], decimales=0),
            "Entrants aujourd'hui": ecrire(r["part_entrants"], "%", decimales=0),
            "Proposé": f"<strong>{ecrire(r['part_proposee'], '%', decimales=0)}</strong>",
            "Ménages par an": ecrire(r["deplaces"], decimales=0, signe=True),
            "Parc au terme": "<br>".join(
                [ecrire(r["part_prevue"], "%"), f"<strong>{ecrire(r['part_visee'], '%')}</strong>"]
            ),
        }
        for r in sorted(lignes, key=lambda r: r["deplaces"])
    ]
    echanges = ecrire(sum(max(r["deplaces"], 0) for r in lignes), "ménages", decimales=0)
    repere = tout(valeurs)
    note = (
        f"Part des {PAUVRES}, rétrécie vers celle {repere.de} là où peu de baux la disent ; en gras, au profil "
        f"proposé. Ce que les uns prennent de moins, les autres l'accueillent : {echanges} par an changent de lieu, "
        f"et {repere.article} en loge autant. Une résidence sans classe suit celle de son quartier. C'est une "
        "proposition : le groupe l'adopte, la change ou l'écarte (data/suivi/orientations.yml)."
    )
    return composer(pd.DataFrame(rangees), titre, note=note)


def orientation_du_quartier(valeurs: Publie, quartier: str, depuis: str = "annee") -> Fragment:
    """La classe d'un quartier, de ses résidences, et ce qui lui est proposé, en phrases."""
    lignes = lire_les_qualifies(valeurs, QUARTIER, territoire=quartier)
    if not lignes:
        return silence("Pas de qualification.")
    r = lignes[0]
    residences = [x["classe"] for x in lire_les_qualifies(valeurs, IMMEUBLE, quartier=quartier)]
    phrases = [f"Qualification : {ecrire_la_classe(r['classe'])}"]
    if r["classe"] == INDETERMINEE:
        phrases[0] += f" ({CLASSES[INDETERMINEE].sens})"
    comptes = [
        denombrer(residences.count(c), mot.libelle, mot.pluriel) for c, mot in CLASSES.items() if c in residences
    ]
    if comptes:
        phrases.append(f"Ses résidences : {', '.join(comptes)}")
    proposees = valeurs.lignes_de("orientations_proposees", annee=valeurs.annee, niveau=QUARTIER, territoire=quartier)
    phrases += [_dire_la_proposition(p) for p in proposees]
    adoptees = [
        x for x in valeurs.lignes_de("orientations_confrontation")
        if (x["annee"], x["niveau"], x["territoire"], x["bailleur"]) == (valeurs.annee, QUARTIER, quartier, TOUS)
    ]  # fmt: skip
    phrases += [
        f"Orientation adoptée : {COTES[x['sens']].libelle} {ecrire(x['cible'], '%', decimales=0)} ; "
        f"{_CONFORMES.get(x['verdict'], 'trop peu de baux pour conclure')}"
        for x in adoptees
    ]
    lien = lier("Toutes les orientations de peuplement", vers_les_orientations(depuis))
    html = f'<p class="obs-phrase">{". ".join(phrases)}. {lien}.</p>'
    return Fragment(html, f"Orientation : {CLASSES[r['classe']].libelle}")


def _dire_la_proposition(p: dict) -> str:
    aujourd_hui, propose = (ecrire(p[c], "%", decimales=0) for c in ("part_entrants", "part_proposee"))
    if abs(p["part_proposee"] - p["part_entrants"]) < _INSENSIBLE:
        return f"Proposé : garder le profil d'entrants d'aujourd'hui, {aujourd_hui} sous 40 % du plafond"
    verbe = "accueillir moins" if p["part_proposee"] < p["part_entrants"] else "accueillir plus"
    return f"Proposé : {verbe} d'{PAUVRES}, {propose} au lieu de {aujourd_hui}"

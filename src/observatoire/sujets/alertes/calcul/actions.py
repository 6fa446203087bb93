"""Lire ``data/suivi/actions.csv`` : ce qui a été décidé sur les alertes.

Le fichier est tenu à la main. Une faute le fait refuser en entier, avec tout ce qui ne va pas : on ne publie pas la
moitié d'un suivi. Aucune colonne n'est libre, pour qu'aucune situation individuelle n'y entre.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from observatoire.catalogue import catalogue
from observatoire.configuration import Configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import texte_libre
from observatoire.lecture.controles import controler, plus_proche, ressemble, typer
from observatoire.lecture.depots import relatif_a
from observatoire.lecture.entetes import reconnaitre
from observatoire.lecture.fichiers import FORMATS, Lu, lire_fichier
from observatoire.lecture.interdits import chercher_interdites, nommer_la_colonne
from observatoire.lecture.problemes import Probleme, citer_lignes, compter, enumerer
from observatoire.lecture.refus import FichierIllisible
from observatoire.schemas import Schema, lire_schema
from observatoire.sujets.alertes.calcul.controles import (
    controler_les_alertes,
    controler_les_codes,
    controler_les_lignes,
    controler_les_visees,
    est_un_code,
)
from observatoire.sujets.alertes.calcul.dossiers import CLES
from observatoire.sujets.alertes.tables import ACTIONS
from observatoire.trimestres import nommer_trimestre, rang_des_dates, rang_du_trimestre
from observatoire.vocabulaire import NIVEAUX

NOM = "actions"
#: Où est la déclaration des colonnes, dans le dossier des schémas.
SCHEMA = Path("suivi") / f"{NOM}.json"
ECRITURE_D_UNE_DATE = r"[\d/.: -]{1,19}"
#: La ligne du tableur où est l'action ; elle ne se publie pas.
LIGNE = "ligne"
#: Sa place quand elle n'est dans aucun tableur : l'action est fictive.
FICTIVE = 0
COLONNES = ACTIONS.noms
#: Une cellule que l'on ne redit pas : la lecture n'affiche rien de ce qui passe à la ligne.
TUE = "\n"
POURQUOI = (
    "Rien ne s'écrit librement dans ce fichier : une situation individuelle pourrait y entrer ; elle se traite au PIL."
)


@dataclass(frozen=True)
class Actions:
    """``table`` : les colonnes de :data:`COLONNES`, par dossier et par date ; ``avertissements`` : des phrases."""

    table: pd.DataFrame
    avertissements: tuple[str, ...] = ()


def lire_actions(config: Configuration, jalons: pd.DataFrame) -> Actions:
    """Lire et vérifier le fichier, s'il existe.

    ``jalons`` : les alertes que l'on peut viser et quand elles s'ouvrent, comme :func:`suivi.dossiers.jalonner` ou
    :func:`~suivi.dossiers.ouvrables` les rendent, pour toutes les années de l'édition. Une action datée
    d'après le trimestre de l'édition est mise à part, avec un avertissement : le même fichier sert à toutes
    les éditions.
    Lève :class:`ErreurConfiguration` avec tout ce qui ne va pas ; une valeur n'est citée que si elle ressemble à une
    valeur admise.
    """
    lues = _lire(config)
    if lues is None:
        return AUCUNE
    chemin, typees, problemes = lues
    a_venir = rang_des_dates(typees["date"].fillna(pd.Timestamp(0))) > rang_du_trimestre(config.trimestre)
    vues = typees[~a_venir]
    dossiers, inconnues = controler_les_alertes(vues, jalons)
    problemes += inconnues
    if problemes:
        raise _refuser(chemin, config, problemes)
    retenues = completer(vues.assign(dossier=dossiers, **{LIGNE: vues.index}))
    return Actions(retenues, _avertir(chemin, typees[a_venir], config))


def relire_les_actions(config: Configuration) -> None:
    """Lever :class:`ErreurConfiguration` avec tout ce qui ne va pas dans le fichier, sans connaître les alertes."""
    lues = _lire(config)
    if lues is None:
        return
    chemin, typees, problemes = lues
    problemes += controler_les_codes(typees, tuple(catalogue()))
    if problemes:
        raise _refuser(chemin, config, problemes)


def _lire(config: Configuration) -> tuple[Path, pd.DataFrame, list[Probleme]] | None:
    """Le fichier, ses lignes et ce qui ne va pas dans chacune ; ``None`` s'il n'y a rien à en lire.

    Lève :class:`ErreurConfiguration` si l'on n'y reconnaît pas de lignes.
    """
    chemin = _fichier(config)
    if chemin is None:
        return None
    schema = _admettre_les_partenaires(lire_schema(config.chemin("schemas") / SCHEMA), config)
    try:
        lu = lire_fichier(chemin, [schema.colonnes], sans_ligne=True)
    except FichierIllisible as illisible:
        raise _refuser(chemin, config, illisible.problemes) from None
    textes, problemes = _reconnaitre(lu, schema)
    if textes is None or (problemes and textes.empty):
        raise _refuser(chemin, config, problemes)
    if textes.empty:
        return None
    typees, fautes = typer(textes, schema)
    connus = {*config.partenaires, *(d.code for d in config.deposants), *NIVEAUX}
    connu = lambda texte: texte in connus or est_un_code(texte)  # noqa: E731
    problemes += controler(_dicibles(textes, schema, connu), typees, fautes, schema, connu)
    typees = typees.fillna(dict.fromkeys(typees.select_dtypes(exclude="datetime").columns, ""))
    return chemin, typees, problemes + controler_les_lignes(typees) + controler_les_visees(typees)


def verifier_les_ouvertures(config: Configuration, actions: pd.DataFrame, jalons: pd.DataFrame) -> None:
    """Lever :class:`ErreurConfiguration` si une action vise un dossier qui ne s'est pas ouvert, ou le précède.

    ``actions`` : les colonnes de :data:`COLONNES`. ``jalons`` : ce qui est arrivé aux dossiers que l'on lit.
    """
    visees = actions.set_index(LIGNE).assign(**dict.fromkeys(CLES, ""))
    problemes = controler_les_alertes(visees, jalons)[1]
    if problemes:
        raise _refuser(_fichier(config) or config.chemin("suivi") / f"{NOM}.csv", config, problemes)


def _fichier(config: Configuration) -> Path | None:
    """Le fichier des actions, CSV ou tableur ; deux à la fois sont refusés, car on ne saurait lequel croire."""
    presents = [f for f in (config.chemin("suivi") / f"{NOM}.{format_}" for format_ in FORMATS) if f.is_file()]
    if len(presents) > 1:
        noms = enumerer(f.name for f in presents)
        raise ErreurConfiguration(f"{noms} : le suivi des alertes est donné deux fois. Garder un seul fichier.")
    return presents[0] if presents else None


def _admettre_les_partenaires(schema: Schema, config: Configuration) -> Schema:
    """Le schéma où « pilote » n'admet que les codes des bailleurs et des signataires de la configuration."""
    codes = list(config.partenaires)
    champ = schema.champs["pilote"]
    champ = replace(champ, contraintes={**champ.contraintes, "enum": codes})
    bruts = [
        {**b, "constraints": {**(b.get("constraints") or {}), "enum": codes}} if b["name"] == champ.nom else b
        for b in schema.brut["fields"]
    ]
    return replace(schema, champs={**schema.champs, champ.nom: champ}, brut={**schema.brut, "fields": bruts})


def _reconnaitre(lu: Lu, schema: Schema) -> tuple[pd.DataFrame | None, list[Probleme]]:
    """Les textes, une colonne par colonne du schéma, et ce qui ne va pas dans l'en-tête ou dans un contenu interdit.

    Les textes sont ``None`` quand on ne sait pas quelle colonne est laquelle.
    """
    interdites = chercher_interdites(lu.entete, lu.cadre, set(schema.colonnes))
    permis = interdites.retirer(lu)
    facultatives = {nom for nom, champ in schema.champs.items() if champ.facultative}
    noms, problemes = reconnaitre(permis.entete, schema.colonnes, facultatives)
    perdu = not noms or any(p.regle in ("colonne_absente", "colonne_repetee") for p in problemes)
    places = [rang for rang in range(len(lu.entete)) if rang not in interdites.rangs - interdites.prevues]
    inconnues = [_inconnue(lu.entete[rang], rang, schema) for rang, nom in zip(places, noms, strict=False) if not nom]
    autres = [p for p in problemes if p.regle not in ("colonne_inconnue", "colonne_sans_nom")]
    problemes = [*interdites.problemes, *inconnues, *autres]
    if perdu:
        return None, problemes
    gardees = [rang for rang, nom in enumerate(noms) if nom is not None]
    cadre = permis.cadre.iloc[:, gardees].set_axis([noms[rang] for rang in gardees], axis=1)
    cadre = cadre.set_axis(permis.lignes, axis=0).reindex(columns=schema.colonnes, fill_value="")
    return cadre.astype("str"), problemes


def _inconnue(nom: str, rang: int, schema: Schema) -> Probleme:
    """Une colonne de trop ; son nom n'est dit que s'il ne peut pas être celui de quelqu'un."""
    proche = plus_proche(nom, tuple(schema.colonnes))
    lieu = nommer_la_colonne(nom if proche or texte_libre(nom) else "", rang + 1)
    conseil = f"Écrire « {proche} »." if proche else f"Supprimer cette colonne. {POURQUOI}"
    return Probleme("colonne_inconnue", f"la colonne {lieu} n'est pas prévue.", conseil)


def _dicibles(textes: pd.DataFrame, schema: Schema, connu: Callable[[str], bool]) -> pd.DataFrame:
    """Les textes tels qu'un message peut les redire : ce qui ressemble à une valeur admise, un code, une date."""
    dicibles = textes.copy()
    for nom, champ in schema.champs.items():
        if champ.type == "date":
            admis = textes[nom].str.fullmatch(ECRITURE_D_UNE_DATE)
        else:
            ecrits = textes[nom].unique()
            admis = textes[nom].isin([t for t in ecrits if connu(t) or ressemble(t, champ.admises)])
        dicibles[nom] = textes[nom].where(admis, TUE)
    return dicibles


def completer(actions: pd.DataFrame) -> pd.DataFrame:
    """Le trimestre de chaque action, et les types ; par dossier et par date, dans l'ordre du fichier le même jour."""
    dates = actions.assign(**{c: pd.to_datetime(actions[c]).astype("datetime64[us]") for c in ("date", "date_effet")})
    rangs = rang_des_dates(dates["date"])
    trimestres = rangs.map({r: nommer_trimestre(r) for r in rangs.unique()})
    types = dict.fromkeys([c for c in COLONNES if not c.startswith("date")], "str") | {LIGNE: "int64"}
    complet = dates.assign(trimestre=trimestres).astype(types)
    return complet.sort_values(["dossier", "date"], kind="stable", ignore_index=True)[COLONNES]


AUCUNE = Actions(completer(pd.DataFrame(columns=COLONNES)))


def _refuser(chemin: Path, config: Configuration, problemes: list[Probleme]) -> ErreurConfiguration:
    """L'erreur qui dit tout : le fichier d'abord, puis ses lignes dans l'ordre."""
    liste = "\n".join(p.texte for p in sorted(problemes, key=lambda p: p.lignes[:1]))
    tete = f"{relatif_a(chemin, config)} : fichier refusé, {compter(len(problemes), 'problème')}."
    return ErreurConfiguration(f"{tete}\n\n{liste}\n\nAucune action de ce fichier n'a été utilisée.")


def _avertir(chemin: Path, a_venir: pd.DataFrame, config: Configuration) -> tuple[str, ...]:
    if a_venir.empty:
        return ()
    sont = "est datée" if len(a_venir) == 1 else "sont datées"
    trimestre = nommer_trimestre(int(rang_des_dates(a_venir["date"]).max()))
    return (
        f"{citer_lignes(a_venir.index)} : {compter(len(a_venir), 'action')} {sont} d'après le trimestre de l'édition "
        f"({config.trimestre}) et n'y {'paraît' if len(a_venir) == 1 else 'paraissent'} pas. Pour les montrer, écrire "
        f"« trimestre: {trimestre} » sous « edition » dans {config.fichier.name}.",
    )

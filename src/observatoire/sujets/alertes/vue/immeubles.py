"""La carte des immeubles d'un quartier, pour les partenaires : la valeur de chacun, et ceux qu'une alerte signale."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from observatoire.configuration import PUBLIQUE
from observatoire.presentation import donnees, plan, reperes, selection
from observatoire.presentation.affichage import Fragment, absent, silence
from observatoire.presentation.carte import SCHEMATIQUE
from observatoire.presentation.classes import Classes, classer
from observatoire.presentation.nombres import STATUTS, ecrire, ecrire_entier, statut_de
from observatoire.presentation.svg import envelopper
from observatoire.presentation.tableaux import cellule
from observatoire.sujets.alertes.vue.resume import reserver
from observatoire.sujets.alertes.vue.verdicts import est_signale, pastille

if TYPE_CHECKING:
    from observatoire.publie import Publie

#: Le rayon d'une marque : d'un immeuble, d'un immeuble trop petit pour avoir une valeur, d'un immeuble signalé.
_GRAND, _PETIT, _LOSANGE = 5.5, 3.5, 8.5
_GRIS, _BLANC = "#9aa5ad", "#ffffff"


def carte_immeubles(valeurs: Publie, indicateur: str, territoire: str) -> Fragment:
    """Chaque immeuble d'un quartier à sa place, dans la classe de sa valeur ; en losange et nommé s'il est signalé, sur
    quelque indicateur que ce soit. Les trop petits sont gris. Rien dans l'édition publique.
    """
    if valeurs.edition["public"] == PUBLIQUE:
        return silence("")
    declaration = valeurs.catalogue[indicateur]
    lieux = selection.immeubles(valeurs, territoire)
    signalements = _signalements(valeurs, territoire)
    lignes = [
        {**ligne, "signale": signalements.get(ligne["code"], [])}
        for ligne in selection.lignes_des_immeubles(valeurs, indicateur, lieux)
    ]
    trouve = plan.placer(valeurs, lignes, ("quartier", territoire))
    if trouve is None:
        return absent("Carte des immeubles", "aucun immeuble de ce territoire n'est situé")
    classes = _classes(valeurs, declaration)
    titre = f"{declaration['libelle']}, immeuble par immeuble, {valeurs.annee}"
    note = _compter(lignes, len(trouve.situes))
    ordre = sorted(trouve.situes, key=lambda i: (bool(i["signale"]), statut_de(i) == "publie"))
    corps = (
        trouve.fond
        + "".join(_marquer(i, classes, declaration) for i in ordre)
        + plan.nommer(trouve, [i for i in trouve.situes if i["signale"]], _LOSANGE)
    )
    svg = envelopper(trouve.cadre, corps, titre, f"{note} Chaque immeuble est dans le tableau qui suit.")
    cartouche = donnees.Cartouche(titre, _constater(lignes), f"immeubles-{indicateur}")
    dessin = f"{svg}{_legender(valeurs, trouve.situes, classes)}{SCHEMATIQUE if trouve.schematique else ''}"
    fragment = donnees.figure(dessin, cartouche, _lister(lignes, declaration, titre), escape(note), avec_statuts=False)
    html = fragment.html.replace('class="obs-figure"', 'class="obs-figure obs-plan"', 1)
    return reserver(valeurs, html, titre)


def _signalements(valeurs: Publie, territoire: str) -> dict[str, list[dict]]:
    """Les verdicts qui signalent chaque immeuble du quartier, l'année de la page, tous indicateurs."""
    trouves: dict[str, list[dict]] = {}
    for ligne in valeurs.alertes(annee=valeurs.annee, niveau="immeuble", quartier=territoire):
        if est_signale(ligne):
            libelle = valeurs.catalogue[ligne["indicateur"]]["libelle"]
            trouves.setdefault(ligne["territoire"], []).append({**ligne, "libelle": libelle})
    return trouves


def _classes(valeurs: Publie, declaration: dict) -> Classes:
    """Celles de la carte des quartiers : la même teinte dit la même chose."""
    code, repere = declaration["code"], reperes.tout(valeurs)
    ville = [ligne["valeur"] for ligne in valeurs.lignes(code, repere.niveau, repere.code)]
    return classer(valeurs.extrait(indicateur=code, niveau="quartier", bailleur="tous"), ville, declaration)


def _marquer(immeuble: dict, classes: Classes, declaration: dict) -> str:
    """Sa marque, avec son nom, sa valeur et ce qui le signale pour qui la survole."""
    dits = [donnees.en_clair(immeuble["nom"], immeuble, declaration)]
    dits += [f"signalé : {', '.join(s['libelle'] for s in immeuble['signale'])}"] * bool(immeuble["signale"])
    fond = _fond(immeuble, classes)
    forme = (plan.losange(immeuble["x"], immeuble["y"], _LOSANGE, fond) if immeuble["signale"]
             else _rond(immeuble["x"], immeuble["y"], fond))  # fmt: skip
    return f"<g><title>{escape(' ; '.join(dits))}</title>{forme}</g>"


def _fond(immeuble: dict, classes: Classes) -> str:
    """La teinte de sa classe ; gris s'il est trop petit ; blanc s'il n'a pas de valeur."""
    statut = statut_de(immeuble)
    if statut == "publie":
        return classes.teinte(classes.rang(immeuble["valeur"]))
    return _GRIS if statut == "c" else _BLANC


def _rond(x: float, y: float, fond: str) -> str:
    rayon = _PETIT if fond in (_GRIS, _BLANC) else _GRAND
    tirets = ' stroke-dasharray="2 1.5"' if fond == _BLANC else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{rayon}" fill="{fond}" stroke="#525c66"{tirets}/>'


def _compter(lignes: list[dict], situes: int) -> str:
    """« 61 immeubles, dont 18 de valeur cachée, 3 signalés, 1 sans place connue. »"""
    petits = sum(statut_de(ligne) == "c" for ligne in lignes)
    signales = sum(bool(ligne["signale"]) for ligne in lignes)
    comptes = [
        (petits, "de valeur cachée"),
        (signales, "signalés" if signales > 1 else "signalé"),
        (len(lignes) - situes, "sans place connue"),
    ]
    dits = ", ".join(f"{ecrire_entier(nombre)} {quoi}" for nombre, quoi in comptes if nombre)
    return f"{ecrire(len(lignes), 'immeubles', decimales=0)}{f', dont {dits}' if dits else ''}."


def _constater(lignes: list[dict]) -> str:
    """« 3 immeubles sur 61 sont signalés » ; rien si aucun ne l'est."""
    signales = sum(bool(ligne["signale"]) for ligne in lignes)
    if not signales:
        return ""
    verbe = "sont signalés" if signales > 1 else "est signalé"
    return f"{ecrire(signales, 'immeubles', decimales=0)} sur {ecrire_entier(len(lignes))} {verbe}"


def _legender(valeurs: Publie, situes: list[dict], classes: Classes) -> str:
    """Les classes, le losange, le gris, et ce qui n'a pas de valeur, s'il y en a."""
    presents = {statut_de(i) for i in situes}
    cases = [(_rond(11, 10, classes.teinte(rang)), libelle) for rang, libelle in enumerate(classes.libelles())]
    if any(i["signale"] for i in situes):
        cases.append((plan.losange(11, 10, _LOSANGE, _BLANC), "signalé, sur un indicateur au moins"))
    if "c" in presents:
        cases.append((_rond(11, 10, _GRIS), f"moins de {valeurs.edition['seuil']} ménages ou logements (c)"))
    sans = [f"{s} ({STATUTS[s].libelle})" for s in STATUTS if s in presents - {"c"}]
    if sans:
        cases.append((_rond(11, 10, _BLANC), f"sans valeur : {', '.join(sans)}"))
    dites = "".join(
        f'<li><svg viewBox="0 0 22 20" aria-hidden="true">{marque}</svg>{escape(texte)}</li>' for marque, texte in cases
    )
    return f'<ul class="obs-legende obs-legende-plan" aria-label="Légende">{dites}</ul>'


def _lister(lignes: list[dict], declaration: dict, titre: str) -> str:
    """Ce que dit la carte, sans la carte : chaque immeuble, sa valeur, ce qui le signale."""
    rangs = [
        [
            escape(ligne["nom"]),
            cellule(ligne, declaration),
            ", ".join(f"{pastille(s)} {escape(s['libelle'])}" for s in ligne["signale"]) or "–",
        ]
        for ligne in sorted(lignes, key=lambda ligne: not ligne["signale"])
    ]
    return donnees.tableau_simple(["Immeuble", escape(declaration["libelle"]), "Signalé"], rangs, titre)

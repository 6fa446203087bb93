"""La matrice de couverture : bailleur, indicateur, année, dans un seul tableau."""

from __future__ import annotations

import itertools
from html import escape
from typing import TYPE_CHECKING

from observatoire.presentation import selection
from observatoire.presentation.affichage import Fragment, absent, defiler, section
from observatoire.presentation.liens import lier, lier_fiche, vers_territoire
from observatoire.presentation.nombres import ecrire_statut

if TYPE_CHECKING:
    from observatoire.publie import Publie

CASES = {
    "livre": ("L", "livré"),
    "non_depose": ("–", "non déposé"),
    "refuse": ("R", "fichier refusé"),
    "hors_champ": ("h", "hors du champ de l'indicateur"),
    "sans_parc": ("→", "fusion : son parc est à un autre bailleur"),
}


def matrice_couverture(valeurs: Publie, bailleur: str | None = None, depuis: str = "annee") -> Fragment:
    """Qui a livré de quoi calculer quoi : indicateurs en lignes, années en colonnes, sous chaque bailleur."""
    table = valeurs.couverture[valeurs.couverture["indicateur"].isin(valeurs.catalogue)]
    if table.empty:
        return absent("Couverture", "elle n'a pas été calculée")
    noms = selection.vrais_bailleurs(valeurs).set_index("code")["nom"]
    codes = [bailleur] if bailleur else list(noms.index)
    annees = sorted(table["annee"].unique().tolist())
    cles = zip(*(table[c].tolist() for c in ("indicateur", "bailleur", "annee")), strict=True)
    statuts = dict(zip(cles, table["statut"].tolist(), strict=True))
    titre = f"Couverture, {noms[bailleur]}" if bailleur else "Couverture par bailleur, par indicateur et par année"
    liens = {c: lier(noms[c], vers_territoire(valeurs, "bailleur", c, depuis)) for c in codes}
    tete = _tete(annees, liens, seul=bailleur is not None)
    corps = _corps(valeurs, statuts, list(itertools.product(codes, annees)), depuis)
    legende = "".join(f"<li>{_pastille(s)} {escape(texte)}</li>" for s, (_, texte) in CASES.items())
    cles = Fragment(f'<ul class="obs-legende" aria-label="Légende">{legende}</ul>', "")
    html = f'<table class="obs-matrice"><caption>{escape(titre)}</caption>{tete}{corps}</table>'
    return section("Couverture", cles, Fragment(defiler(html, titre), titre))


def _tete(annees: list[int], liens: dict[str, str], seul: bool) -> str:
    """Les bailleurs au-dessus de leurs années ; deux chiffres suffisent à une année quand la place manque."""
    largeur = len(annees)
    haut = "".join(f'<th scope="colgroup" colspan="{largeur}" class="obs-debut">{lien}</th>' for lien in liens.values())
    ecrites = [str(a) if seul else _abreger(a) for a in annees]
    bas = "".join(f'<th scope="col"{_debut(rang)}>{ecrite}</th>' for _ in liens for rang, ecrite in enumerate(ecrites))
    if seul:
        return f'<thead><tr><th scope="col">Indicateur</th>{bas}</tr></thead>'
    return f'<thead><tr><th scope="col" rowspan="2">Indicateur</th>{haut}</tr><tr>{bas}</tr></thead>'


def _corps(valeurs: Publie, statuts: dict[tuple, str], colonnes: list[tuple[str, int]], depuis: str) -> str:
    """Un bloc par famille, dans l'ordre du catalogue ; ``statuts`` : (indicateur, bailleur, année) -> livraison."""
    connus, debut = {code for code, _, _ in statuts}, colonnes[0][1]
    familles: dict[str, list[str]] = {}
    for code, declaration in valeurs.catalogue.items():
        if code in connus and not declaration.get("groupe"):
            familles.setdefault(declaration["famille"], []).append(code)
    blocs = []
    for famille, codes in familles.items():
        rangs = "".join(
            f'<tr><th scope="row" class="gt_stub">{lier_fiche(valeurs, c, depuis)}</th>'
            + "".join(f"<td{_debut(a - debut)}>{_pastille(statuts.get((c, b, a)))}</td>" for b, a in colonnes)
            + "</tr>"
            for c in codes
        )
        nom = f'<th scope="rowgroup" class="gt_group_heading" colspan="{len(colonnes) + 1}">{escape(famille)}</th>'
        blocs.append(f"<tbody><tr>{nom}</tr>{rangs}</tbody>")
    return "".join(blocs)


def _abreger(annee: int) -> str:
    return f'<abbr title="{annee}">{annee % 100:02d}</abbr>'


def _debut(rang: int) -> str:
    return "" if rang else ' class="obs-debut"'


def _pastille(statut: str | None) -> str:
    if statut is None:
        return ecrire_statut("nd", html=True)
    sigle, texte = CASES[statut]
    return f'<abbr class="obs-pastille obs-{statut}" title="{escape(texte)}">{sigle}</abbr>'

"""Le diagramme de fiabilité de la page « La méthode » : une table CSV, ici, et une figure SVG, dans le livre."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from observatoire.fichiers import ecrire_csv, ecrire_texte

ICI = Path(__file__).resolve().parent
TABLE, FIGURE = ICI / "fiabilite_des_alertes.csv", ICI.parent / "book" / "fiabilite_des_alertes.svg"
#: Moins d'évaluations dans une classe : sa fréquence ne veut rien dire.
AU_MOINS = 30
COTE, MARGE = 360, 60
TRAITS = {"vigilance": ("#0072B2", "circle"), "alerte": ("#B34700", "square")}


def ecrire(fiabilite: pd.DataFrame) -> None:
    """Écrire la table et la figure, pour les immeubles d'un parc mêlé (toutes tailles, toutes dérives)."""
    table = fiabilite[fiabilite["niveau"].eq("immeuble") & fiabilite["derive"].str.contains(" ou ")]
    table = table[["seuil", "classe", "nombre", "annoncee", "observee"]].round(3)
    ecrire_csv(table, TABLE)
    ecrire_texte(_dessiner(table[table["nombre"] >= AU_MOINS]), FIGURE)


def _dessiner(table: pd.DataFrame) -> str:
    largeur = COTE + 2 * MARGE
    elements = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {largeur} {largeur}" role="img" '
        'aria-labelledby="titre description" font-family="sans-serif" font-size="13" fill="#1f2933">',
        '<title id="titre">Fiabilité des probabilités annoncées</title>',
        f'<desc id="description">{_decrire(table)}</desc>',
        f'<rect x="{MARGE}" y="{MARGE}" width="{COTE}" height="{COTE}" fill="#fff" stroke="#9aa4ad"/>',
        *_graduer(),
        f'<path d="M{MARGE} {MARGE + COTE}L{MARGE + COTE} {MARGE}" stroke="#525c66" stroke-dasharray="5 4"/>',
    ]
    for rang, (seuil, (couleur, forme)) in enumerate(TRAITS.items()):
        points = [_placer(a, o) for a, o in table.loc[table["seuil"].eq(seuil), ["annoncee", "observee"]].to_numpy()]
        trace = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        elements += [f'<path d="M{trace}" fill="none" stroke="{couleur}" stroke-width="2"/>']
        elements += [_marquer(x, y, couleur, forme) for x, y in points]
        y = MARGE + 24 + 22 * rang
        elements += [_marquer(MARGE + 18, y, couleur, forme), f'<text x="{MARGE + 30}" y="{y + 4}">{seuil}</text>']
    return "\n".join([*elements, "</svg>"]) + "\n"


def _graduer() -> list[str]:
    traits = []
    for pourcent in range(0, 101, 20):
        x, y = _placer(pourcent / 100, pourcent / 100)
        traits += [
            f'<text x="{x:.0f}" y="{MARGE + COTE + 20}" text-anchor="middle">{pourcent}</text>',
            f'<text x="{MARGE - 8}" y="{y + 4:.0f}" text-anchor="end">{pourcent}</text>',
        ]
    milieu = MARGE + COTE / 2
    return [
        *traits,
        f'<text x="{milieu:.0f}" y="{MARGE + COTE + 44}" text-anchor="middle">Probabilité annoncée (%)</text>',
        f'<text x="{MARGE}" y="{MARGE - 14}">Écarts vraiment au-delà du seuil (%)</text>',
    ]


def _placer(annoncee: float, observee: float) -> tuple[float, float]:
    return MARGE + COTE * annoncee, MARGE + COTE * (1 - observee)


def _marquer(x: float, y: float, couleur: str, forme: str) -> str:
    if forme == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{couleur}"/>'
    return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="{couleur}"/>'


def _decrire(table: pd.DataFrame) -> str:
    phrases = []
    for seuil, lignes in table.groupby("seuil", sort=False):
        couples = [f"{100 * r.annoncee:.0f} % annoncés, {100 * r.observee:.0f} % observés" for r in lignes.itertuples()]
        phrases.append(f"Seuil de {seuil} : {' ; '.join(couples)}.")
    return " ".join(phrases)

"""Les vérités plantées des dépôts fictifs : lesquelles sont trouvées, et pourquoi les autres ne le sont pas.

    python bench/verites.py [--config observatoire.yml] [--publie DOSSIER] [--verites data/verite.csv]

Lit l'édition des partenaires (``observatoire publier --public partenaires``), et rend le tableau de la page de
méthode. Une vérité est trouvée si son lieu est signalé pour son indicateur, une année où elle est active.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.configuration import lire_configuration
from observatoire.publie import Contenu
from observatoire.vocabulaire import ALERTES, SIGNALES

#: Un écart observé plus petit que cette part de l'écart planté tient au tirage, non à la méthode.
_TIRAGE = 0.5


def juger(verites: pd.DataFrame, contenu: Contenu, noms: dict[str, str]) -> pd.DataFrame:
    """Une ligne par vérité : ce qui s'observe la dernière année, le meilleur verdict, et pourquoi pas mieux."""
    tables = {nom: contenu.table(nom) for nom in ("alertes", "changements", "indicateurs")}
    return pd.DataFrame([_juger(v, tables, noms) for v in verites.itertuples()])


def _juger(v, tables: dict[str, pd.DataFrame], noms: dict[str, str]) -> dict[str, str]:
    siennes = {
        nom: t[t["territoire"].eq(v.code) & t["indicateur"].eq(v.indicateur) & t["annee"].ge(v.annee_debut)]
        for nom, t in tables.items()
    }
    derniere = siennes["alertes"].tail(1)
    n = siennes["indicateurs"].query("bailleur == 'tous'")["denominateur"].tail(1).sum()
    multiple = v.unite == "multiple"
    attendu, observe = (derniere[c].sum() for c in ("attendu", "observe"))
    plante = (v.ampleur - 1) * attendu / n if multiple and n else v.ampleur
    ecart = (observe - attendu) / n if n else np.nan
    ou = f"un immeuble de {v.code.partition(':')[0]}" if v.niveau == "immeuble" else v.code
    verdicts = [_meilleur(siennes[nom]) for nom in ("alertes", "changements")]
    return {
        "Où": ou, "Indicateur": noms.get(v.indicateur, v.indicateur),
        "Planté": f"× {v.ampleur:.0f}" if multiple else f"{100 * v.ampleur:+.0f} points", "Depuis": str(v.annee_debut),
        "Cas": f"{n:.0f}" if n else "–", "Observé moins attendu": f"{100 * ecart:+.0f} points" if n else "–",
        "Niveau": verdicts[0], "Changement": verdicts[1],
        "Pourquoi pas": "" if set(verdicts) != {"–"} else _pourquoi(derniere, ecart < _TIRAGE * plante),
    }  # fmt: skip


def _meilleur(table: pd.DataFrame) -> str:
    trouves = table.loc[table["verdict"].isin(SIGNALES), "verdict"]
    return "–" if trouves.empty else ALERTES[max(trouves, key=SIGNALES.index)].libelle


def _pourquoi(derniere: pd.DataFrame, le_tirage: bool) -> str:
    if derniere.empty:
        return "un bailleur n'est pas un lieu d'alerte : voir la comparaison des attributions"
    chance = f"probabilité d'une vigilance : {100 * derniere['proba_vigilance'].iloc[0]:.0f} %"
    if le_tirage:
        return f"le tirage n'en montre pas la moitié ; {chance}"
    return f"trop peu de cas pour le distinguer du hasard et des écarts ordinaires entre immeubles ; {chance}"


def en_markdown(table: pd.DataFrame) -> str:
    """Le tableau, en Markdown."""
    lignes = [table.columns, [":--"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(ligne)} |" for ligne in lignes)


if __name__ == "__main__":
    analyseur = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    analyseur.add_argument("--config", type=Path, default=Path("observatoire.yml"))
    analyseur.add_argument("--publie", type=Path)
    analyseur.add_argument("--verites", type=Path, default=Path("data/verite.csv"))
    choix = analyseur.parse_args()
    config = lire_configuration(choix.config).avec_chemins("partenaires", publie=choix.publie)
    contenu = Contenu(config.chemin("publie", "partenaires"))
    noms = {code: d["libelle"] for code, d in contenu.table("catalogue").items()}
    jugees = juger(pd.read_csv(choix.verites), contenu, noms)
    print(en_markdown(jugees))
    trouvees = jugees["Pourquoi pas"].eq("").sum()
    print(f"\n{trouvees} vérités trouvées sur {len(jugees)}.")

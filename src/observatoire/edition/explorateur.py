"""L'explorateur : sa page, et les fichiers qu'elle lit, que l'on peut aussi télécharger."""

from __future__ import annotations

import json
from pathlib import Path

from observatoire.edition.travail import MARQUE
from observatoire.fichiers import ecrire_csv, ecrire_texte
from observatoire.presentation.explorateur import fond_de_carte, sommaire
from observatoire.publie import Publie

#: Le dossier des données à lire et à télécharger, dans l'édition comme dans le site.
DOSSIER = "donnees"
_PAGE = f"""# Explorer les indicateurs

Un indicateur, une année, un niveau, un bailleur : sur la carte, en liste, d'une année à l'autre, et deux territoires
côte à côte. L'adresse de la page garde ce que vous choisissez : elle s'envoie telle quelle. Les données
d'un indicateur, toutes ses valeurs, sont à télécharger (CSV).

<div id="explorateur" class="obs-explorateur" data-donnees="../../{DOSSIER}/">
<p class="obs-sans-script">L'explorateur a besoin de JavaScript. Sans lui, <a href="indicateurs.html">chaque indicateur
a sa fiche</a> : définition, carte, quartiers classés, années, bailleurs.</p>
<div hidden>%s</div>
</div>
"""


def page_de_l_explorateur(valeurs: Publie) -> str:
    """Le Markdown de la page : un renvoi aux fiches, que le script remplace, et le fond de la carte."""
    return _PAGE % fond_de_carte(valeurs)


def ecrire_donnees(valeurs: Publie, edition: Path) -> list[Path]:
    """Écrire ``donnees/indicateurs/<code>.csv``, les lignes d'``indicateurs.csv`` de chacun, et ``explorateur.json``.

    ``edition`` : le dossier où écrire ; rend les chemins dans ce dossier.
    """
    contenu = {MARQUE: valeurs.edition["public"], **sommaire(valeurs)}
    ecrites = [Path(DOSSIER, "explorateur.json")]
    ecrire_texte(json.dumps(contenu, ensure_ascii=False, separators=(",", ":")), edition / ecrites[0])
    par_indicateur = dict(iter(valeurs.contenu.table("indicateurs").groupby("indicateur", sort=False)))
    vide = valeurs.contenu.table("indicateurs").iloc[:0]
    for code in valeurs.catalogue:
        ecrites.append(Path(DOSSIER, "indicateurs", f"{code}.csv"))
        ecrire_csv(par_indicateur.get(code, vide), edition / ecrites[-1])
    return ecrites

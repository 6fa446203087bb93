"""Les pages qui ne s'exécutent pas : fiches des indicateurs, explorateur, comptes rendus, dictionnaire du format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from observatoire.echappement import pour_myst
from observatoire.edition.explorateur import ecrire_donnees, page_de_l_explorateur
from observatoire.edition.fiche import fiche, regrouper, titre_de_la_fiche
from observatoire.edition.fiches_mixite import fiche_de_mixite, noms_des_groupes
from observatoire.edition.formats import page_des_formats
from observatoire.edition.liste import page_des_indicateurs
from observatoire.edition.mentions import pages_de_mentions
from observatoire.edition.reference import page_de_la_reference
from observatoire.edition.seances import pages_des_seances
from observatoire.edition.travail import MARQUE
from observatoire.fichiers import ecrire_texte
from observatoire.presentation import reperes
from observatoire.presentation.nombres import ecrire_ligne
from observatoire.publie import CLES, Contenu, Publie, lire_publie

#: Les fiches voisines que l'on propose, les plus proches au catalogue dans la même famille.
PROCHES = 6


def ecrire_fiches(publie: Path, schemas: Path, edition: Path) -> list[Path]:
    """Écrire dans ``edition`` les fiches, leur liste, le format d'échange, les mentions, l'explorateur et ses données.

    Une répartition (des indicateurs de même ``groupe``) n'a qu'une fiche, qui porte le code du groupe. Rend les
    chemins de tout ce qui est écrit.
    """
    valeurs = lire_publie(dossier=publie)
    pages = [*_textes(valeurs), ("formats", page_des_formats(schemas)), ("reference", page_de_la_reference())]
    pages += pages_de_mentions(valeurs.edition)
    return [*ecrire_donnees(valeurs, edition), *_ecrire(pages, valeurs, edition)]


def ecrire_seances(publie: Path, edition: Path) -> list[Path]:
    """Écrire dans ``edition`` le calendrier des séances et leurs comptes rendus ; rend leurs chemins."""
    valeurs = lire_publie(dossier=publie)
    return _ecrire(pages_des_seances(valeurs.contenu), valeurs, edition)


def _ecrire(pages: Iterable[tuple[str, str]], valeurs: Publie, edition: Path) -> list[Path]:
    ecrites = []
    for nom, texte in pages:
        ecrites.append(Path(f"{nom}.md"))
        ecrire_texte(f"---\n{MARQUE}: {valeurs.edition['public']}\n---\n\n{texte}", edition / ecrites[-1])
    return ecrites


def _textes(valeurs: Publie) -> Iterator[tuple[str, str]]:
    """(page, Markdown) de l'explorateur, des fiches et de leur liste."""
    contenu, (niveau, ville) = valeurs.contenu, valeurs.tout
    lignes, mixite = contenu.table("indicateurs"), contenu.table("mixite")
    lignes = _avec_les_imputees(lignes[lignes["niveau"].eq(niveau) & lignes["bailleur"].eq("tous")], contenu)
    mixite = mixite[mixite["territoire"].eq(ville)]
    fiches = regrouper(list(valeurs.catalogue.values()))
    yield "explorateur", page_de_l_explorateur(valeurs)
    yield "indicateurs", page_des_indicateurs(valeurs, fiches)
    for code, declarations in fiches.items():
        yield f"indicateurs/{code}", fiche(valeurs, code, declarations, lignes, _proches(valeurs, code, fiches))
    for code, indice in contenu.table("fiches_mixite").items():
        de = valeurs.edition["de"]
        yield f"indicateurs/mixite_{code}", fiche_de_mixite(indice, mixite, noms_des_groupes(contenu), de)


def _avec_les_imputees(lignes: pd.DataFrame, contenu: Contenu) -> pd.DataFrame:
    """Les mêmes, et la part (``imputee``) si ceux qui ne répondent plus répondaient comme un an plus tôt."""
    variations = contenu.table("variations")
    d_un_an = variations.loc[variations["annee"] - variations["depart"] == 1, [*CLES, "imputee"]]
    return lignes.merge(d_un_an, how="left", on=CLES)


def _proches(valeurs: Publie, code: str, fiches: dict[str, list[dict]]) -> list[str]:
    """Les liens, en Markdown, vers les fiches de sa famille les plus proches, et ce que vaut chacune."""
    famille = [c for c, d in fiches.items() if d[0]["famille"] == fiches[code][0]["famille"]]
    ici = famille.index(code)
    voisines = sorted(famille, key=lambda c: abs(famille.index(c) - ici))[1 : PROCHES + 1]
    return [_lier(valeurs, c, fiches[c]) for c in sorted(voisines, key=famille.index)]


def _lier(valeurs: Publie, code: str, declarations: list[dict]) -> str:
    lien = f"[{pour_myst(titre_de_la_fiche(declarations))}]({code}.md)"
    if len(declarations) > 1:
        return lien
    ligne = reperes.ligne(valeurs, code, reperes.tout(valeurs))
    return f"{lien} : {ecrire_ligne(ligne, declarations[0], html=True)} {pour_myst(valeurs.edition['a'])}"

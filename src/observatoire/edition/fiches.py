"""Les pages qui ne s'exécutent pas : fiches des indicateurs, comptes rendus des séances, dictionnaire du format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from observatoire.echappement import pour_myst
from observatoire.edition.explorateur import ecrire_donnees, page_de_l_explorateur
from observatoire.edition.fiches_mixite import fiche_de_mixite, noms_des_groupes
from observatoire.edition.formats import page_des_formats
from observatoire.edition.seances import pages_des_seances
from observatoire.edition.travail import MARQUE
from observatoire.fichiers import ecrire_texte
from observatoire.presentation.nombres import (
    ecrire_bornes,
    ecrire_ligne,
    ecrire_mesure,
    ecrire_reference,
    ecrire_reponse,
    legende_statuts,
)
from observatoire.publie import CLES, Contenu, lire_publie
from observatoire.vocabulaire import NATURES, PROGRES


def ecrire_fiches(publie: Path, schemas: Path, edition: Path) -> list[Path]:
    """Écrire ``indicateurs/<code>.md``, ``seances/*.md``, ``formats.md``, l'explorateur et ses données dans ``edition`` ;
    rend leurs chemins.

    Une répartition (des indicateurs de même ``groupe``) n'a qu'une fiche, qui porte le code du groupe.
    """
    valeurs = lire_publie(dossier=publie)
    tete = f"---\n{MARQUE}: {valeurs.edition['public']}\n---\n\n"
    ecrites = ecrire_donnees(valeurs, edition)
    seules = [("formats", page_des_formats(schemas)), ("explorateur", page_de_l_explorateur(valeurs))]
    for nom, texte in [*_textes(valeurs.contenu), *seules]:
        ecrites.append(Path(f"{nom}.md"))
        ecrire_texte(tete + texte, edition / ecrites[-1])
    return ecrites


def _textes(contenu: Contenu) -> Iterator[tuple[str, str]]:
    """(page, Markdown) des fiches et des séances."""
    edition, lignes, mixite = contenu.table("edition"), contenu.table("indicateurs"), contenu.table("mixite")
    niveau, ville = edition["niveau"], edition["code"]
    lignes = _avec_les_imputees(lignes[lignes["niveau"].eq(niveau) & lignes["bailleur"].eq("tous")], contenu)
    mixite = mixite[mixite["territoire"].eq(ville)]
    ruptures, de = contenu.table("ruptures"), edition["de"]
    for code, declarations in regrouper(list(contenu.table("catalogue").values())).items():
        yield f"indicateurs/{code}", fiche(code, declarations, lignes, ruptures, de)
    for code, indice in contenu.table("fiches_mixite").items():
        yield (
            f"indicateurs/mixite_{code}",
            fiche_de_mixite(indice, mixite, noms_des_groupes(contenu), de),
        )
    yield from pages_des_seances(contenu)


def _avec_les_imputees(lignes: pd.DataFrame, contenu: Contenu) -> pd.DataFrame:
    """Les mêmes, et la part (``imputee``) si ceux qui ne répondent plus répondaient comme un an plus tôt."""
    variations = contenu.table("variations")
    d_un_an = variations.loc[variations["annee"] - variations["depart"] == 1, [*CLES, "imputee"]]
    return lignes.merge(d_un_an, how="left", on=CLES)


def regrouper(catalogue: list[dict]) -> dict[str, list[dict]]:
    """Code de la fiche -> déclarations qu'elle réunit, dans l'ordre du catalogue."""
    fiches: dict[str, list[dict]] = {}
    for declaration in catalogue:
        fiches.setdefault(declaration.get("groupe") or declaration["code"], []).append(declaration)
    return fiches


def fiche(code: str, declarations: list[dict], lignes: pd.DataFrame, ruptures: pd.DataFrame, de: str) -> str:
    """Le Markdown d'une fiche : définition, carte d'identité, valeurs de la ville, ruptures."""
    premiere = declarations[0]
    titre = titre_de_la_fiche(declarations)
    parties = [
        f"# {pour_myst(titre)}",
        premiere["fiche"].strip(),
        "## Carte d'identité",
        _identite(code, declarations),
        f"## Valeurs {pour_myst(de)}",
        *(_valeurs(d, lignes, avec_titre=len(declarations) > 1) for d in declarations),
        *_ruptures(declarations, ruptures),
    ]
    return "\n\n".join(parties) + "\n"


def titre_de_la_fiche(declarations: list[dict]) -> str:
    """Le libellé d'un indicateur ; pour une répartition, ce que ses libellés ont en commun."""
    premiere = declarations[0]
    if len(declarations) == 1:
        return premiere["libelle"]
    if premiere.get("libelle_groupe"):
        return premiere["libelle_groupe"]
    communs = premiere["libelle"].removesuffix(premiere.get("modalite") or "").rstrip(" :–-,")
    return communs or premiere["groupe"].replace("_", " ").capitalize()


def _identite(code: str, declarations: list[dict]) -> str:
    d = declarations[0]
    rangs = [
        ("Code", f"`{code}`"),
        ("Famille", pour_myst(d["famille"])),
        ("Nature", NATURES[d["nature"]].libelle),
        ("Numérateur", _commun(declarations, "numerateur")),
        ("Dénominateur", _commun(declarations, "denominateur")),
        ("Unité", pour_myst(d["unite"])),
        ("Date de référence", _periode(d["periode"])),
        ("Source", pour_myst(d["source"])),
        ("Tables déposées", ", ".join(f"`{t}`" for t in d.get("tables") or ())),
        ("Lecture", PROGRES[d["sens"]].sens),
        ("Intervalle", d.get("intervalle") and pour_myst(d["intervalle"])),
    ]
    corps = "\n".join(f"| {nom} | {valeur} |" for nom, valeur in rangs if valeur)
    return f"| Rubrique | Valeur |\n|:--|:--|\n{corps}"


def _periode(periode: str) -> str:
    connues = {"annee": "flux de l'année", "31 décembre": "stock au 31 décembre"}
    return connues.get(periode) or periode


def _commun(declarations: list[dict], cle: str) -> str | None:
    """Ce qui est commun à toutes les modalités ; sinon la liste, modalité par modalité."""
    valeurs = [d.get(cle) for d in declarations]
    if len(set(valeurs)) == 1 or not all(valeurs):
        return valeurs[0] and pour_myst(valeurs[0])
    return " ; ".join(map(pour_myst, valeurs))


def _valeurs(declaration: dict, lignes: pd.DataFrame, avec_titre: bool) -> str:
    """Le tableau des valeurs de la ville, une ligne par année."""
    siennes = lignes[lignes["indicateur"].eq(declaration["code"])].sort_values("annee")
    titre = f"### {pour_myst(declaration.get('modalite') or declaration['libelle'])}\n\n" if avec_titre else ""
    if siennes.empty:
        return f"{titre}Aucune valeur n'est disponible pour la ville."
    repondent = bool(siennes["reponse"].notna().any())
    corps = "\n".join(
        f"| {ecrire_reference(declaration, r['annee'])} | {ecrire_ligne(r, declaration, html=True)}"
        f" | {ecrire_bornes(r, declaration)}"
        f" | {ecrire_mesure(r, 'denominateur')} | {ecrire_mesure(r, 'couverture')} |"
        f"{_repondre(r, declaration) if repondent else ''}"
        for r in siennes.to_dict("records")
    )
    legende = f"\n\n{legende}." if (legende := legende_statuts(corps)) else ""
    titres = ["Date", "Valeur", "Intervalle à 95 %", "Dénominateur", "Couverture", *["Réponse"] * repondent]
    tete = f"| {' | '.join(titres)} |\n|:--|{'--:|' * (len(titres) - 1)}\n"
    return f"{titre}{tete}{corps}{legende}"


def _repondre(ligne: dict, declaration: dict) -> str:
    return f" {ecrire_reponse(ligne, declaration, ligne['imputee'])} |"


def _ruptures(declarations: list[dict], ruptures: pd.DataFrame) -> list[str]:
    codes = {d["code"] for d in declarations} | {declarations[0].get("groupe")} - {None}
    touche = ruptures["indicateurs"].fillna("tous").astype(str).str.split(r"[\s,;|]+", regex=True)
    siennes = ruptures[[bool(codes & set(c)) or "tous" in c for c in touche]]
    if siennes.empty:
        return []
    corps = [
        f"- **Entre {r.annee - 1} et {r.annee}** – {pour_myst(r.libelle)}. "
        f"{pour_myst(r.description)} Source : {pour_myst(r.source)}."
        for r in siennes.itertuples()
    ]
    return ["## Ruptures de série", "\n".join(corps)]

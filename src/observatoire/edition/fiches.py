"""Les pages qui se tirent du catalogue et des schémas : fiches des indicateurs, dictionnaire du format."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from observatoire.edition.formats import page_des_formats
from observatoire.edition.travail import MARQUE
from observatoire.fichiers import ecrire_texte
from observatoire.presentation.nombres import (
    ecrire_compte,
    ecrire_intervalle,
    ecrire_ligne,
    ecrire_part,
    ecrire_reference,
    legende_statuts,
)

SENS = {
    "hausse": "une hausse est un progrès",
    "baisse": "une baisse est un progrès",
    "neutre": "ni la hausse ni la baisse n'est en soi un progrès",
}
NATURES = {
    "proportion": "proportion",
    "taux": "taux",
    "moyenne": "moyenne",
    "effectif": "effectif",
    "ecart": "écart",
}
PERIODES = {"annee": "flux de l'année", "31 décembre": "stock au 31 décembre"}


def ecrire_fiches(publie: Path, schemas: Path, edition: Path) -> set[Path]:
    """Écrire ``indicateurs/<code>.md`` et ``formats.md`` dans ``edition`` ; rend leurs chemins dans ce dossier.

    Une répartition (des indicateurs de même ``groupe``) n'a qu'une fiche, qui porte le code du groupe.
    """
    catalogue = json.loads((publie / "catalogue.json").read_text(encoding="utf-8"))
    lignes = pd.read_csv(
        publie / "indicateurs.csv", dtype={"territoire": str, "bailleur": str}, keep_default_na=False, na_values=[""]
    )
    lignes = lignes.query("niveau == 'ville' and bailleur == 'tous'")
    ruptures = pd.read_csv(publie / "ruptures.csv")
    territoire = json.loads((publie / "edition.json").read_text(encoding="utf-8"))
    textes = {
        Path("indicateurs", f"{code}.md"): fiche(code, declarations, lignes, ruptures, territoire["de"])
        for code, declarations in regrouper(catalogue).items()
    }
    textes[Path("formats.md")] = page_des_formats(schemas)
    for relatif, texte in textes.items():
        ecrire_texte(f"---\n{MARQUE}: {territoire['public']}\n---\n\n{texte}", edition / relatif)
    return set(textes)


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
        f"# {titre}",
        premiere["fiche"].strip(),
        "## Carte d'identité",
        _identite(code, declarations),
        f"## Valeurs {de}",
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
        ("Famille", d["famille"]),
        ("Nature", NATURES.get(d["nature"], d["nature"])),
        ("Numérateur", _commun(declarations, "numerateur")),
        ("Dénominateur", _commun(declarations, "denominateur")),
        ("Unité", d["unite"]),
        ("Date de référence", PERIODES.get(d["periode"], d["periode"])),
        ("Source", d["source"]),
        ("Tables déposées", ", ".join(f"`{t}`" for t in d.get("tables") or ())),
        ("Lecture", SENS.get(d["sens"], d["sens"])),
        ("Intervalle", d.get("intervalle")),
    ]
    corps = "\n".join(f"| {nom} | {_case(valeur)} |" for nom, valeur in rangs if valeur)
    return f"| Rubrique | Valeur |\n|:--|:--|\n{corps}"


def _commun(declarations: list[dict], cle: str) -> str | None:
    """Ce qui est commun à toutes les modalités ; sinon la liste, modalité par modalité."""
    valeurs = [d.get(cle) for d in declarations]
    if len(set(valeurs)) == 1 or not all(valeurs):
        return valeurs[0]
    return " ; ".join(valeurs)


def _valeurs(declaration: dict, lignes: pd.DataFrame, avec_titre: bool) -> str:
    """Le tableau des valeurs de la ville, une ligne par année."""
    siennes = lignes[lignes["indicateur"].eq(declaration["code"])].sort_values("annee")
    titre = f"### {declaration.get('modalite') or declaration['libelle']}\n\n" if avec_titre else ""
    if siennes.empty:
        return f"{titre}Aucune valeur n'est disponible pour la ville."
    corps = "\n".join(
        f"| {ecrire_reference(declaration, r['annee'])} | {ecrire_ligne(r, declaration, html=True)}"
        f" | {ecrire_intervalle(r['borne_basse'], r['borne_haute'], declaration['unite'])}"
        f" | {ecrire_compte(r['denominateur'])} | {ecrire_part(r['couverture'])} |"
        for r in siennes.to_dict("records")
    )
    legende = f"\n\n{legende}." if (legende := legende_statuts(corps)) else ""
    tete = "| Date | Valeur | Intervalle à 95 % | Dénominateur | Couverture |\n|:--|--:|--:|--:|--:|"
    return f"{titre}{tete}\n{corps}{legende}"


def _ruptures(declarations: list[dict], ruptures: pd.DataFrame) -> list[str]:
    codes = {d["code"] for d in declarations} | {declarations[0].get("groupe")} - {None}
    touche = ruptures["indicateurs"].fillna("tous").astype(str).str.split(r"[\s,;|]+", regex=True)
    siennes = ruptures[[bool(codes & set(c)) or "tous" in c for c in touche]]
    if siennes.empty:
        return []
    corps = [
        f"- **Entre {r.annee - 1} et {r.annee}** – {r.libelle}. {r.description} Source : {r.source}."
        for r in siennes.itertuples()
    ]
    return ["## Ruptures de série", "\n".join(corps)]


def _case(valeur: object) -> str:
    """Une valeur dans une case de tableau Markdown."""
    return str(valeur).replace("|", "\\|").replace("\n", " ")

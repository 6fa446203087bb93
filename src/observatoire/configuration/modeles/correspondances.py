"""``correspondances/<deposant>.yml`` : comment les fichiers d'un déposant, tels qu'il les a, donnent nos tables."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from observatoire.configuration.fiche import Chemin, Fiche, Texte, doubles, entier, nombre, parmi

#: Ce qu'une colonne du déposant donne de plus qu'une valeur toute faite -> ce que la lecture en fait.
CONVERSIONS = {
    "annuel": "montant d'une année, divisé par douze",
    "fraction": "fraction, multipliée par cent",
    "annee": "date, dont l'année est gardée",
    "tranches": "pourcentage du plafond, rangé dans sa tranche",
    "montant": "montant, « oui » s'il est positif",
}
#: Comment une date est écrite, quand ce n'est ni JJ/MM/AAAA, ni AAAA-MM-JJ.
DATES = ("AAAAMMJJ", "JJMMAAAA", "JJ.MM.AAAA", "JJ-MM-AAAA", "MM/AAAA", "serie")
_UNITES_ADMISES = {
    "annuel": ("number",), "fraction": ("number",), "annee": ("integer",), "tranches": ("string",),
    "montant": ("string",),
}  # fmt: skip


class ColonneEcrite(Fiche):
    """D'où vient une de nos colonnes : d'une des siennes, ou d'une constante.

    ``colonne`` : le nom qu'il lui donne, ou « n° 12 » ; ``valeurs`` : ses valeurs -> les nôtres ; ``forme`` : celle de
    l'identifiant, où chaque 0 attend un chiffre (« NEO0000-000 » : 1001 y est NEO0001-001) ; ``milliers`` : le signe
    qui sépare les milliers de ses nombres. ``confiance`` et ``raison`` : ce qu'en pense qui l'a proposée.
    """

    colonne: Texte = ""
    constante: Texte = ""
    valeurs: dict[Texte, str] = Field(default_factory=dict)
    unite: parmi(*CONVERSIONS) = ""
    dates: parmi(*DATES) = ""
    milliers: parmi(".", ",", "'") = ""
    forme: Texte = ""
    confiance: nombre("[0 ; 1]") = 1
    raison: Texte = ""

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if len({"colonne", "constante"} & contexte["ecrites"]) != 1:
            yield (), "{cle} : donner « colonne » ou « constante », l'une des deux."


class FichierEcrit(Fiche):
    """Comment un fichier se lit, d'une année à l'autre.

    ``fichier`` : ce qui précède « _<déposant> » dans son nom ; ``entete`` : la ligne où il a été vu (il se retrouve à
    ses noms) ; ``unites`` : la ligne suivante dit des unités ; ``totaux`` : ce que porte une ligne qui n'est pas du
    tableau ; ``tables`` : {table: {notre colonne: d'où elle vient}} ; ``laissees`` : celles qui ne servent pas ;
    ``confirmee`` : quelqu'un a tout relu, et le fichier se lit ainsi.
    """

    fichier: Texte
    confirmee: bool = False
    feuille: Texte = ""
    entete: entier(1) = 1
    unites: bool = False
    totaux: list[Texte] = Field(default_factory=list)
    tables: dict[Texte, dict[Texte, ColonneEcrite]]
    laissees: list[Texte] = Field(default_factory=list)

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        for table, colonnes in (sain.get("tables") or {}).items():
            champs = contexte["champs"].get(table)
            if champs is None:
                yield (
                    ("tables", table),
                    f"{{cle}} : cette table n'existe pas. Tables : {', '.join(contexte['champs'])}.",
                )
                continue
            for nom, ecrite in (colonnes or {}).items():
                ou = ("tables", table, nom)
                if nom not in champs:
                    yield ou, f"{{cle}} n'est pas une colonne de « {table} ». Colonnes : {', '.join(champs)}."
                    continue
                yield from ((ou, phrase) for phrase in _accorder_la_colonne(ecrite or {}, champs[nom]))


def _accorder_la_colonne(ecrite: dict, champ) -> Iterator[str]:
    """Ce qu'une colonne écrite a de contraire à notre colonne."""
    admises = champ.admises
    if ecrite.get("unite") and champ.type not in _UNITES_ADMISES[ecrite["unite"]]:
        yield f"{{cle}} : l'unité « {ecrite['unite']} » n'y a pas de sens."
    if ecrite.get("dates") and champ.type != "date" and ecrite.get("unite") != "annee":
        yield "{cle} : ce n'est pas une date."
    for valeur in {*(ecrite.get("valeurs") or {}).values(), ecrite.get("constante") or ""} if admises else ():
        if valeur and valeur not in admises:
            yield f"{{cle}} : « {valeur} » n'y est pas admis. Valeurs : {', '.join(admises)}."


class CorrespondancesEcrites(Fiche):
    """Le fichier entier. ``questions`` : ce que la proposition ne sait pas ; à résoudre, puis à effacer."""

    deposant: Texte
    questions: list[Texte] = Field(default_factory=list)
    fichiers: list[FichierEcrit]

    @classmethod
    def accorder(cls, sain: dict, contexte: dict) -> Iterator[tuple[Chemin, str]]:
        if sain.get("deposant", contexte["deposant"]) != contexte["deposant"]:
            yield ("deposant",), f"{{cle}} : ce fichier est celui de « {contexte['deposant']} »."
        noms = [f and f.get("fichier") for f in sain.get("fichiers") or ()]
        for rang, nom in doubles(noms):
            yield ("fichiers", rang), f"{{cle}} : « {nom} » est déjà décrit plus haut."

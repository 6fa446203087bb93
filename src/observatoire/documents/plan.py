"""Quels documents, et de quelle page chacun vient."""

from __future__ import annotations

from dataclasses import dataclass

from observatoire.sujets.revue.tables import OBJECTIFS

#: Le dossier des documents, dans l'édition comme dans le site.
DOSSIER = "documents"


@dataclass(frozen=True)
class Document:
    """Un document.

    ``nom`` : celui du fichier, sans suffixe. ``page`` : la page de l'édition dont il vient, sans suffixe ; sans elle,
    pas de document. ``titre`` et ``objet`` : comment la page « Documents » le présente. ``destinataires`` : à qui il
    est remis, sous le titre. ``gabarit`` : le fichier Typst qui le compose. ``table`` : le fichier
    publié sans les lignes duquel il n'a rien à dire. ``etiquette`` : celle des cellules qui le font ; sans elle, toutes
    celles qui n'en portent pas.
    """

    nom: str
    page: str
    titre: str
    objet: str
    destinataires: str
    gabarit: str
    table: str | None = None
    etiquette: str = ""


#: L'étiquette des cellules qui font la fiche à imprimer d'une page, ou ses diapositives ; le site ne les montre pas.
ETIQUETTES = FICHE, DIAPOSITIVES = "fiche", "diapositives"


def fiche_de(page: str, titre: str) -> Document:
    """La fiche d'une page de territoire ou de bailleur."""
    return Document(
        f"{FICHE}-{page.rpartition('/')[2]}", page, titre, "Une feuille : constats, chiffres, carte, alertes.",
        "Fiche de synthèse.", "fiche.typ", etiquette=FICHE,
    )  # fmt: skip


DOCUMENTS = (
    Document(
        "rapport-annuel",
        "rapport",
        "Rapport annuel d'évaluation",
        "Ce que les textes promettent et ce qu'il en est, puis l'état du parc, de son occupation, de la demande et des "
        "attributions. Une page de résumé d'abord.",
        "Remis aux assemblées délibérantes.",
        "document.typ",
    ),
    Document(
        "note-trimestrielle",
        "note",
        "Note trimestrielle",
        "Les alertes nouvelles, persistantes et résolues du trimestre, et ce qu'il faut décider.",
        "Remise au groupe de travail.",
        "note.typ",
    ),
    Document(
        "dossier-de-la-conference",
        "conference",
        "Dossier de la Conférence",
        "Les supports de la séance annuelle : les questions qui lui sont soumises, l'occupation par quartier, les "
        "alertes, les attributions et la pertinence des objectifs, les séances de l'année.",
        "Remis aux membres de la Conférence.",
        "document.typ",
    ),
    Document(
        "diapositives-de-la-conference",
        "conference",
        "Conférence communale",
        "Dix diapositives à projeter (16:9) : l'essentiel, les chiffres, une carte et des courbes, les alertes et leur "
        "suite, les engagements à discuter.",
        "Support de séance.",
        "diapositives.typ",
        etiquette=DIAPOSITIVES,
    ),
    Document(
        "revue",
        "revue",
        "Revue de la charte",
        "Chaque objectif, de l'état zéro au terme ; la décomposition exacte des changements, ce que l'on pouvait "
        "déceler, les ajustements proposés.",
        "Remise aux signataires de la charte.",
        "document.typ",
        table=OBJECTIFS.fichier,
    ),
)  # fmt: skip

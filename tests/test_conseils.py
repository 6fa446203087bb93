"""Un conseil suivi à la lettre ne fait pas de mal : ce qui fait ôter quelque chose, ou propose une valeur, est relu."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from archive_bailleurs import archive, configurer
from atelier_lecture import Atelier, colonnes, octets_csv

from observatoire.configuration import lire_configuration
from observatoire.correspondance.conseil import conseiller
from observatoire.interdits import normaliser
from observatoire.lecture.depots import Fichier
from observatoire.lecture.parts import controler_fichier
from observatoire.lecture.verification import inventaire

SOURCES = Path(__file__).parents[1] / "src" / "observatoire"
#: Ce qui fait ôter quelque chose, ou le remplacer.
DANGEREUX = re.compile(r"\b(supprimer|ôter|retirer|la plus proche)\b", re.IGNORECASE)
#: Les conseils relus, et pourquoi chacun ne fait perdre aucune donnée du format.
RELUS = {
    "Supprimer cette colonne du fichier, puis le déposer de nouveau. ": "le nom est celui d'une donnée interdite",
    "Supprimer cette colonne.": "toutes les nôtres y sont déjà : elle est de trop",
    "Lui donner un nom ; si elle est vide ou ne sert à rien, l'ôter.": "le nom d'abord",
    ") ; sinon, l'ôter.": "« L'appeler par son nom si c'est une de celles qui manquent » d'abord",
    "Le remplacer par le fichier lui-même, dans un dossier d'année, ou le retirer.": "un lien, pas un fichier",
    "Donner un nom à leur colonne ; si elles ne sont pas du tableau, les ôter.": "le nom d'abord",
    "Supprimer le titre et les lignes qui précèdent l'en-tête.": "rien n'y est lu",
    "Dans le tableur, aller à la dernière cellule (Ctrl+Fin), supprimer les colonnes et les lignes qui ne sont pas du "
    "tableau, puis enregistrer de nouveau.": "au-delà de la colonne ZZ",
    " : corriger l'identifiant, ou ôter la ligne donnée deux fois.": "la correction d'abord",
    " La plus proche : ": "jamais la valeur écrite (voir plus bas)",
    ") : la retirer du fichier.": "le nom est celui d'une donnée interdite",
    "Supprimer ces lignes.": "elles répètent l'en-tête",
    " : ce sont les contours que dessinent les pages. En donner d'autres pour « contours_officiels », sous un autre "
    "nom, ou retirer « contours_officiels ».": "un réglage, et les contours restent",
    ". S'il n'existe plus, l'ôter de correspondances/": "la description d'un fichier qui ne se dépose plus",
}


def _conseils_ecrits() -> set[str]:
    """Les textes du code qui font ôter ou remplacer, docstrings mises à part."""
    trouves = set()
    for dossier in ("lecture", "correspondance"):
        for source in sorted((SOURCES / dossier).glob("*.py")):
            arbre = ast.parse(source.read_text(encoding="utf-8"))
            docs = {id(n.value) for n in ast.walk(arbre) if isinstance(n, ast.Expr)}
            textes = (n for n in ast.walk(arbre) if isinstance(n, ast.Constant) and isinstance(n.value, str))
            trouves |= {n.value for n in textes if id(n) not in docs and DANGEREUX.search(n.value)}
    return trouves


def test_chaque_conseil_d_oter_ou_de_remplacer_est_relu():
    assert _conseils_ecrits() == set(RELUS)


def _dangereux(problemes) -> list[tuple[str, str]]:
    return [(p.phrase, p.conseil) for p in problemes if DANGEREUX.search(p.conseil)]


def test_aucun_conseil_de_l_archive_ne_fait_perdre_une_colonne(tmp_path):
    """Sans correspondance, rien ne conseille d'ôter une colonne dont nos tables viennent."""
    _, outils = inventaire(configurer(tmp_path))
    for rang, extrait in enumerate(archive()):
        chemin = extrait.deposer(tmp_path / f"brut{rang}")
        table = next(iter(extrait.colonnes))
        fichier = Fichier(chemin, extrait.nom, extrait.annee, extrait.deposant, table)
        controler_fichier(fichier, outils)
        servent = {normaliser(sienne) for noms in extrait.colonnes.values() for sienne in noms.values()}
        for phrase, conseil in _dangereux(fichier.problemes):
            cites = {normaliser(nom) for nom in re.findall(r"« (.+?) »", phrase)}
            assert conseil != "Supprimer cette colonne." or not cites & servent, (extrait.nom, phrase, conseil)
            assert "plus proche" not in conseil, (extrait.nom, phrase, conseil)


def test_la_plus_proche_n_est_jamais_la_valeur_ecrite(tmp_path):
    atelier = Atelier(tmp_path)
    ecrites = [
        ("financement", "PLUS\u200b"),
        ("occupation", "LOUÉ"),
        ("occupation", "vaccant"),
        ("financement", "PLIA"),
    ]
    for ligne, (colonne, valeur) in zip(atelier.lignes["logements"], ecrites, strict=True):
        ligne[colonne] = valeur
    atelier.deposer_tout()
    dits = [c for f in atelier.verifier().refuses for c in _dangereux(f.problemes)]
    assert [(p[:11], c.rpartition(" : ")[2]) for p, c in dits] == [("« vaccant »", "vacant.")]


def test_un_en_tete_a_la_ligne_trois_n_a_qu_un_message(tmp_path):
    """Titres, noms à lui, total : la proposition répond à tout, et rien d'autre n'est dit."""
    atelier = Atelier(tmp_path, contours=False)
    atelier.deposer_tout()
    noms = "N° logement;N° groupe;Société;Typologie;Surf. hab.;Loyer HC;Financement;Année constr.;Mise en location"
    siennes = dict(zip(colonnes("logements"), noms.split(";"), strict=False))
    lignes = [{siennes.get(c, c): v for c, v in ligne.items()} for ligne in atelier.lignes["logements"]]
    octets = octets_csv(lignes, list(lignes[0]))
    atelier.deposer("logements", octets="Parc au 31 décembre\n;;;\n".encode() + octets)
    depots = atelier.verifier()
    conseiller(depots)
    (refus,) = [f for f in depots.refuses if f.table == "logements"]
    assert [p.regle for p in refus.problemes] == ["correspondance"]


def test_le_refus_de_calculer_porte_la_proposition(tmp_path):
    from observatoire.erreurs import DepotRefuse
    from observatoire.indicateurs.calcul import lire_les_depots
    from observatoire.tables import Travail

    extrait = next(archive())
    config = configurer(tmp_path)
    extrait.deposer(tmp_path / "brut")
    with pytest.raises(DepotRefuse, match="observatoire correspondre"):
        lire_les_depots(Travail(lire_configuration(config.fichier)))

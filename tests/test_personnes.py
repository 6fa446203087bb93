"""Une civilité et un nom désignent une personne, un mot de voie devant désigne un lieu ; rien n'en est recopié."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from atelier_lecture import SCHEMAS, Atelier, colonnes
from openpyxl import Workbook

from observatoire.cli import principal
from observatoire.echappement import pour_tableur
from observatoire.ecrits import refuser_les_ecrits
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import familles_des_colonnes, nomme_une_personne
from observatoire.lecture import ecrire_rapports
from observatoire.lecture.bilans import tableau_des_avertissements, tableau_des_depots
from observatoire.lecture.controles import citable
from observatoire.schemas import lire_schemas

PERSONNES = [
    "Mme Dupont", "M. Dupont", "M. et Mme Durand", "M. ou Mme Durand", "Madame Veuve MARTIN", "Vve MARTIN",
    "Mlle Petit", "Melle Petit", "Dr Martin", "Dr. Martin", "Me Leroy", "Maître Leroy", "Mr Dupont", "MR DUPONT",
    "mme dupont", "MME DUPONT", "Mme\u00a0Dupont", "Mme\u202fDupont", "Mme. Dupont", "M.Dupont", "M DURAND",
    "Mme  Le Goff", "Mme D'Alembert", "Mme d’Arc", "Monsieur Jean Petit", "Tour B, chez Mme Roy",
    "Gardienne : Mme N'Guyen", "Résidence des Lilas - Mme Roy", "Dupont (Mme)", "DUPONT Mlle", "Mme J. Dupont",
    "M\u200bme Dupont", "\uff2d\uff4d\uff45 Dupont", "Mme-Dupont", "Mme_Dupont", "Mme, Dupont", "Époux Durand",
    "Famille Martin", "Appt 12 M. Ben Ali", "Pr Durand", "Mesdames Roy et Petit", "MM. Roy et Petit",
    "12 rue Pasteur (M. Roy)", "logement de M. Roy", "Immeuble de Madame Roy", "Professeur Tournesol", "M. É. Zola",
    "3 Grande Rue, M. Roy", "Mme Dupont (rue du Lac)", "Bât R Mme Dupont 3e", "LOCATAIRE M DUPONT", "Dupont (Madame)",
    "DUPONT Madame", "M\u1d50\u1d49 Dupont",
]  # fmt: skip
LIEUX = [
    "Résidence Madame de Sévigné", "Rue du Docteur Mouras", "12 rue du Docteur Mouras", "Square Saint-Amour",
    "Monseigneur", "Les Messieurs", "Les Demoiselles", "Rue Mme de Staël", "7 rue Mme de Staël",
    "Avenue du Professeur Bergonié", "Impasse Maître Jacques", "Rue Monsieur-le-Prince", "Place Madame", "Notre-Dame",
    "Bâtiment M", "Bat M escalier 3", "Tour M.", "45 m. de façade", "Le Maître", "Résidence du Maître-Autel",
    "Cité de la Famille", "Mesnil", "Mermoz", "Résidence Mermoz", "Drake", "Tour Meurthe", "Me", "Bd. du Dr Blanche",
    "R. DU DR MOURAS", "AV DU PR LEBRUN", "Résidence M. Curie", "Clos Monsieur", "Monsieur le Maire", "Les Époux",
    "Mairie", "M", "Mme", "Rés. Mlle de Montpensier", "Tour A", "Maisons de famille", "Square M. Pagnol",
    "place du Docteur-Schweitzer", "allée Madame", "Immeuble Le Melles", "12 R Docteur Mouras", "R Docteur Mouras",
    "Villa Madame", "Tour M GRAND LARGE",
]  # fmt: skip
NOM = "Dupont-Lajoie"


@pytest.mark.parametrize("texte", PERSONNES)
def test_une_personne_nommee(texte):
    assert nomme_une_personne(texte)
    libelles = pd.Series([f"{k} rue des Lilas" for k in range(500)] + [texte], dtype="str")
    un = frozenset([0])
    assert familles_des_colonnes({0: libelles}, un, un) == {0: "civilite"}
    assert familles_des_colonnes({0: libelles}, un, frozenset(), un) == {0: "civilite"}


@pytest.mark.parametrize("texte", LIEUX)
def test_un_lieu_n_est_pas_une_personne(texte):
    assert not nomme_une_personne(texte)
    un = frozenset([0])
    assert familles_des_colonnes({0: pd.Series([texte] * 5, dtype="str")}, un, un) == {}


def test_un_seul_libelle_suffit_au_refus(tmp_path):
    atelier = Atelier(tmp_path)
    modele = atelier.lignes["immeubles"][0]
    atelier.lignes["immeubles"] = [{**modele, "id_immeuble": f"I{n}"} for n in range(300)]
    atelier.lignes["immeubles"][7]["libelle"] = f"Tour B, chez M. et Mme {NOM}"
    atelier.deposer("immeubles")
    message = atelier.verifier().message()
    assert "colonne « libelle » contient des noms de personnes" in message
    assert NOM not in message


TEXTES = [
    (table, nom)
    for table, schema in lire_schemas(SCHEMAS).items()
    for nom, champ in schema.champs.items()
    if not champ.facultative
]


#: Les tables auxquelles d'autres renvoient : ce qui n'y va pas se dit aussi de celles-là.
LIEES = ("immeubles", "logements")


@pytest.mark.parametrize(("table", "colonne"), TEXTES)
def test_un_nom_seul_n_est_recopie_d_aucune_colonne(tmp_path, table, colonne):
    """Répété, pour qu'un identifiant soit un doublon ; nulle part le nom, ni au message ni dans les rapports."""
    atelier = Atelier(tmp_path)
    atelier.lignes[table] = [{**ligne, colonne: NOM} for ligne in atelier.lignes[table] * 2]
    for liee in {"immeubles", "logements", table} if table not in LIEES else atelier.lignes:
        atelier.deposer(liee, "sne" if liee == "demandes" else "neolia")
    depots = atelier.verifier()
    ecrire_rapports(depots, tmp_path / "rapports")
    ecrits = [f.read_text("utf-8") for f in (tmp_path / "rapports").rglob("*.*")]
    assert not [texte for texte in [depots.message(), *ecrits] if NOM in texte]


#: Des noms de famille parmi les plus portés, et de très courts.
NOMS = """
    Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David
    Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefevre Faure Andre Mercier
    Blanc Guerin Boyer Garnier Francois Garcia Gauthier Clement Marie Leroux Fabre Aubry Carre Vidal Maillard Bailly
    Lopez Louis Paris Lucas Moulin Cousin Bouvier Martinez Traore Nguyen Ali Benali Le Li Ba Ly Wu Ho
"""


@pytest.mark.parametrize(("table", "colonne"), TEXTES)
def test_un_nom_courant_ne_passe_pour_le_code_d_aucune_colonne(table, colonne):
    champ = lire_schemas(SCHEMAS)[table].champs[colonne]
    assert [nom for nom in NOMS.split() if not champ.personnelle and citable(champ, nom)] == []


def test_un_nom_a_une_lettre_d_un_code_ne_se_lit_que_dans_la_colonne_de_ce_code():
    """« Louet » passe pour « loue » mal écrit, dans une colonne qui n'est pas personnelle, et dans elle seule."""
    schemas = lire_schemas(SCHEMAS)
    lues = [
        (t, c) for t, c in TEXTES if not schemas[t].champs[c].personnelle and citable(schemas[t].champs[c], "Louet")
    ]
    assert lues == [("logements", "occupation")]


@pytest.mark.parametrize("feuille", [f"=HYPERLINK({NOM})", f"Mme {NOM}", NOM, "+1+1", "@SOMME"])
def test_le_nom_d_une_feuille_est_neutralise(tmp_path, feuille):
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"][0]["qpv"] = "peut-être"
    classeur, flux = Workbook(), io.BytesIO()
    classeur.active.title = feuille
    for ligne in (
        [*colonnes("immeubles")],
        *([x.get(c) for c in colonnes("immeubles")] for x in atelier.lignes["immeubles"]),
    ):
        classeur.active.append(ligne)
    classeur.save(flux)
    atelier.deposer("immeubles", nom="immeubles_neolia.xlsx", octets=flux.getvalue())
    depots = atelier.verifier()
    ecrire_rapports(depots, tmp_path / "rapports")
    rapport = (tmp_path / "rapports/2010/neolia.csv").read_text("utf-8-sig")
    lues = list(csv.DictReader(io.StringIO(rapport), delimiter=";"))
    assert {ligne["feuille"] for ligne in lues} <= {"autre", "'+1+1"}
    assert NOM not in rapport + depots.message()


@pytest.mark.parametrize("texte", ["=1+1", " =1+1", "+33+1", "-1+a", "@a", "\t=1", "\r=1", "\uff1d1+1"])
def test_une_formule_est_neutralisee(texte):
    assert pour_tableur(texte) == f"'{texte.strip()}"


def test_un_commentaire_ne_nomme_personne(tmp_path):
    (tmp_path / "commentaires").mkdir()
    fichier = tmp_path / "commentaires/ville.md"
    fichier.write_text("Trois livraisons rue du Docteur Mouras.\n\nMme Dupont attend.\n", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=r"ville\.md, ligne 3 : des noms de personnes"):
        refuser_les_ecrits(tmp_path / "commentaires")


def test_deux_identifiants_qui_se_lisent_de_meme_sont_le_meme(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"][0]["id_immeuble"] = "I\u200b1"
    atelier.lignes["logements"][0] |= {
        "financement": "PL\u00adUS",
        "occupation": "\ufeffloue",
        "id_immeuble": "I1\u00a0",
    }
    atelier.lignes["menages"][0]["id_logement"] = "L\u20601"
    atelier.deposer_tout()
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    traites = {f.table: f.traites("réparé") for f in depots.fichiers if f.traitements}
    assert traites == {"immeubles": 1, "logements": 2, "menages": 1}


PORTEURS = [
    "Mme Dupont-Lajoie", "export_MmeDupont-Lajoie", "M_DUPONT-LAJOIE", "logements M. Dupont-Lajoie",
    "DUPONT-LAJOIE (Mme)", "logements_MME_DUPONT-LAJOIE", "locataire 06 12 34 56 78 Dupont-Lajoie",
    "Dupont-Lajoie@exemple.fr", "Logements de la famille Dupont-Lajoie",
]  # fmt: skip


@pytest.mark.parametrize("nom", PORTEURS)
def test_un_nom_qui_designe_quelqu_un_n_est_repete_nulle_part(tmp_path, nom, capsys):
    """Nom de fichier, de dossier, de fichier caché, extension, en-tête, feuille : le lieu se dit, le nom jamais."""
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    ici = tmp_path / "data/brut/2010"
    for lieu in (f"{nom}.csv", f"logements_neolia.{nom}", f".~lock.{nom}.csv#", f"{nom}/logements_neolia.csv"):
        (ici / lieu).parent.mkdir(exist_ok=True)
        (ici / lieu).write_text("a;b\n1;2\n", encoding="utf-8")
    (ici / f"menages_{nom}.csv").symlink_to("nulle_part")
    entete = [nom, f"Observations {nom}", *colonnes("immeubles")]
    octets = "\n".join([";".join(entete), ";".join(["1"] * len(entete))]).encode()
    atelier.deposer("immeubles", octets=octets)
    depots = atelier.verifier()
    ecrire_rapports(depots, tmp_path / "rapports")
    ecrits = [f.read_text("utf-8") for f in (tmp_path / "rapports").rglob("*.*")]
    inventaire = tableau_des_depots(atelier.config, depots).to_csv() + tableau_des_avertissements(depots).to_csv()
    with pytest.raises(SystemExit):
        principal(["verifier", "--config", str(tmp_path / "observatoire.yml")])
    dits = [depots.message(), *ecrits, inventaire, *capsys.readouterr()]
    assert not [dit for dit in dits if NOM.lower() in dit.lower() or "06 12 34 56 78" in dit]
    assert re.search("(la|La) colonne n° 1 (est|n'est pas prévue)", depots.message())
    assert "par ordre alphabétique, au nom d'une personne)" in depots.message()


def test_un_fichier_au_nom_d_une_personne_se_designe_par_son_rang(tmp_path):
    atelier = Atelier(tmp_path)
    for nom in ("Zoé.csv", "Mme Dupont.csv", "logements_neolia.csv", ".cache", "annexe.csv"):
        atelier.deposer("logements", nom=nom, octets=b"a;b\n1;2\n")
    (tmp_path / "data/brut/2010/Annexes").mkdir()
    (refuse,) = (f for f in atelier.verifier().refuses if "Dupont" in f.chemin.name)
    assert refuse.relatif == "data/brut/2010/(3e fichier par ordre alphabétique, au nom d'une personne)"
    assert [p.regle for p in refuse.problemes] == ["nom_de_fichier"]
    assert "par exemple logements_neolia.csv" in refuse.message()

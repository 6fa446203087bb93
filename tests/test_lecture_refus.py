"""Chaque dépôt fautif reçoit la phrase attendue, et rien n'en est utilisé."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from atelier_lecture import Atelier, colonnes, octets_csv

from observatoire.erreurs import DepotRefuse, ParametreInconnu
from observatoire.lecture import dire_les_absences, ecrire_rapports, preparer, verifier


@dataclass
class Cas:
    """Un dépôt fautif : ce qu'on abîme, le fichier refusé, les phrases attendues."""

    nom: str
    abimer: Callable[[Atelier], None]
    fichier: str
    attendu: list[str]


def poser(table: str, **valeurs):
    """Abîmer la première ligne d'une table."""
    return lambda a: a.lignes[table][0].update(valeurs)


def redeposer(table: str, **options):
    """Remplacer le fichier d'une table, une fois tout déposé."""
    return lambda a: a.deposer(table, **options)


def brut(texte: str, encodage: str = "utf-8"):
    return texte.encode(encodage)


ENTETE = ";".join(colonnes("menages"))

# Ce qui s'abîme dans les valeurs, avant le dépôt.
VALEURS = [
    Cas(
        "valeur hors de la liste",
        poser("logements", financement="PLIA"),
        "logements_neolia.csv",
        [
            "ligne 2, colonne « financement » : « PLIA » n'est pas un financement connu.",
            "    Valeurs admises : PLAI, PLUS, PLS, PLI.",
        ],
    ),
    Cas(
        "valeur mal écrite, avec la plus proche",
        poser("logements", occupation="Louée"),
        "logements_neolia.csv",
        ["« Louée » n'est pas une occupation connue.", "association, autre. La plus proche : loue."],
    ),
    Cas(
        "nombre suivi de son unité",
        lambda a: [ligne.update(surface_m2="45,2 m²") for ligne in a.lignes["logements"][:2]],
        "logements_neolia.csv",
        [
            "lignes 2 et 3, colonne « surface_m2 » : « 45,2 m² » n'est pas un nombre.",
            "    Écrire 45,2 sans l'unité.",
        ],
    ),
    Cas(
        "entier",
        poser("logements", nb_pieces="3,5"),
        "logements_neolia.csv",
        ["ligne 2, colonne « nb_pieces » : « 3,5 » n'est pas un nombre entier."],
    ),
    Cas(
        "date impossible",
        poser("logements", date_bail="30/02/2010"),
        "logements_neolia.csv",
        ["colonne « date_bail » : valeur qui n'est pas une date", "    Écrire la date JJ/MM/AAAA ou AAAA-MM-JJ."],
    ),
    Cas(
        "date impossible d'une colonne qui se cite",
        poser("signalements", date="30/02/2010"),
        "signalements_neolia.csv",
        ["colonne « date » : « 30/02/2010 » n'est pas une date."],
    ),
    Cas(
        "texte libre à la place d'un code",
        poser("signalements", nature="M. Dupont, 06 12 34 56 78"),
        "signalements_neolia.csv",
        ["ligne 2, colonne « nature » : une valeur non affichée n'est pas une nature de difficulté connue."],
    ),
    Cas(
        "texte libre à la place d'un identifiant",
        poser("signalements", id_immeuble="chez Mme Durand"),
        "signalements_neolia.csv",
        ["La colonne « id_immeuble » contient des noms de personnes : interdite (identité)."],
    ),
    Cas(
        "attribution d'une autre année",
        poser("attributions", date="2009-05-04"),
        "attributions_neolia.csv",
        ["la date n'est pas une date de l'année 2010 (donnée personnelle, non affichée)."],
    ),
    Cas(
        "hors des bornes",
        poser("logements", surface_m2="2"),
        "logements_neolia.csv",
        ["ligne 2, colonne « surface_m2 » : « 2 » est hors des bornes.", "    Valeurs admises : de 5 à 1 000."],
    ),
    Cas(
        "sous le minimum, sans maximum",
        poser("programmes", emprunt_eur="-3"),
        "programmes_neolia.csv",
        ["colonne « emprunt_eur » : « -3 » est hors des bornes.", "    Valeurs admises : 0 ou plus."],
    ),
    Cas(
        "forme",
        poser("programmes", commune="2556"),
        "programmes_neolia.csv",
        ["colonne « commune » : « 2556 » n'a pas la forme attendue.", "    Code Insee de la commune, sur cinq"],
    ),
    Cas(
        "absence",
        poser("logements", occupation=""),
        "logements_neolia.csv",
        ["ligne 2, colonne « occupation » : valeur absente.", "    Renseigner la colonne."],
    ),
    Cas(
        "absence d'une donnée personnelle qui admet nr",
        poser("menages", tranche_plafond=""),
        "menages_neolia.csv",
        [
            "ligne 2, colonne « tranche_plafond » : valeur absente (donnée personnelle, non affichée).",
            "    Renseigner la colonne ou écrire « nr ».",
        ],
    ),
    Cas(
        "identifiant répété",
        lambda a: a.lignes["logements"][1].update(id_logement="L1"),
        "logements_neolia.csv",
        ["lignes 2 et 3, colonne « id_logement » : une valeur non affichée figure plusieurs fois."],
    ),
    Cas(
        "identifiant absent de la table liée",
        poser("logements", id_immeuble="I9"),
        "logements_neolia.csv",
        ["ligne 2, colonne « id_immeuble » : une valeur non affichée n'existe pas dans immeubles_neolia.csv."],
    ),
    Cas(
        "autre bailleur",
        poser("logements", bailleur="gbh"),
        "logements_neolia.csv",
        ["une valeur non affichée n'est pas le bailleur de ce fichier.", "    Écrire « neolia »"],
    ),
    Cas(
        "quartier inconnu",
        poser("immeubles", quartier="batant"),
        "immeubles_neolia.csv",
        ["colonne « quartier » : « batant » n'est pas un quartier connu.", "    Écrire « battant »."],
    ),
    Cas(
        "secteur d'un autre quartier",
        poser("immeubles", quartier="planoise", secteur="battant_nord"),
        "immeubles_neolia.csv",
        ["le secteur « battant_nord » n'est pas dans le quartier donné", "est dans le quartier « battant »."],
    ),
    Cas(
        "flux d'une autre année",
        poser("signalements", date="03/02/2011"),
        "signalements_neolia.csv",
        ["ligne 2, colonne « date » : « 03/02/2011 » n'est pas une date de l'année 2010."],
    ),
    Cas(
        "demande postérieure",
        poser("demandes", date_depot="2011-01-02"),
        "demandes_sne.csv",
        ["colonne « date_depot » : la date est postérieure au 31 décembre 2010 (donnée personnelle, non affichée)."],
    ),
]

# Ce qui s'abîme dans le fichier, après le dépôt.
FICHIERS = [
    Cas("vide", redeposer("menages", octets=b""), "menages_neolia.csv", ["Le fichier est vide."]),
    Cas(
        "sans ligne",
        redeposer("menages", octets=ENTETE.encode()),
        "menages_neolia.csv",
        ["Le fichier n'a aucune ligne sous l'en-tête."],
    ),
    Cas(
        "ligne trop courte",
        redeposer("menages", octets=(ENTETE + "\nL1;20-40\n").encode()),
        "menages_neolia.csv",
        ["ligne 2 : 2 valeurs au lieu de 11."],
    ),
    Cas(
        "guillemet",
        redeposer("menages", octets=(ENTETE + '\n"L1;20-40\n').encode()),
        "menages_neolia.csv",
        ["Un guillemet ouvert n'est pas refermé"],
    ),
    Cas(
        "utf-16",
        redeposer("menages", octets=brut(ENTETE + "\nL1", "utf-16")),
        "menages_neolia.csv",
        ["Le fichier est encodé en UTF-16.", "CSV UTF-8"],
    ),
    Cas(
        "ni utf-8 ni latin-1",
        redeposer("menages", octets=(ENTETE + "\nL1").encode() + b"\x81"),
        "menages_neolia.csv",
        ["L'encodage n'est ni UTF-8, ni Latin-1."],
    ),
    Cas(
        "deux encodages",
        redeposer("menages", octets=(ENTETE + "\né").encode() + b"\xe9"),
        "menages_neolia.csv",
        ["Le fichier mêle deux encodages"],
    ),
    Cas(
        "colonne inconnue, colonne absente",
        redeposer("menages", entete=["id_logment", *colonnes("menages")[1:]]),
        "menages_neolia.csv",
        [
            "La colonne « id_logment » n'est pas prévue.",
            "    Écrire « id_logement ».",
            "La colonne « id_logement » manque.",
        ],
    ),
    Cas(
        "colonne répétée",
        redeposer("menages", octets=(ENTETE + ";APL\n" + "L1;" * 11 + "\n").encode()),
        "menages_neolia.csv",
        ["colonne « apl » : la colonne est donnée 2 fois."],
    ),
    Cas(
        "pas d'en-tête",
        redeposer("menages", octets=b"L1;20-40;autre;1;3;41;emploi;oui;non;2005;nr\n" * 2),
        "menages_neolia.csv",
        ["La première ligne n'est pas l'en-tête attendu."],
    ),
    Cas(
        "colonne interdite",
        redeposer("menages", octets=(ENTETE + ";Nom du locataire\n" + "L1;" * 11 + "Dupont\n").encode()),
        "menages_neolia.csv",
        ["La colonne « Nom du locataire » est interdite (identité)."],
    ),
    Cas(
        "titre au-dessus de l'en-tête",
        redeposer("menages", octets=("Ménages 2010\n\n" + ENTETE + "\n" + ";" * 10 + "\n").encode()),
        "menages_neolia.csv",
        ["L'en-tête est à la ligne 3 ; il doit être sur la première."],
    ),
    Cas(
        "tabulations",
        redeposer("menages", separateur="\t"),
        "menages_neolia.csv",
        [
            "Les valeurs sont séparées par des tabulations.",
            "    Enregistrer de nouveau avec le séparateur « ; » ou « , ».",
        ],
    ),
    Cas(
        "erreur de tableur écrite dans un CSV",
        redeposer("menages", octets=(ENTETE + "\nL1;#REF!" + ";" * 9 + "\n").encode()),
        "menages_neolia.csv",
        ["ligne 2, colonne « tranche_plafond » : « #REF! » est une erreur du tableur, pas une valeur."],
    ),
    Cas(
        "classeur illisible",
        lambda a: a.deposer("programmes", "gbh", octets=b"PK abc", nom="programmes_gbh.xlsx"),
        "programmes_gbh.xlsx",
        ["Le classeur ne peut pas être ouvert"],
    ),
    Cas(
        "deux dépôts de la même table",
        lambda a: a.deposer("menages", octets=b"PK", nom="menages_neolia.xlsx"),
        "menages_neolia.csv",
        ["La table « menages » est aussi déposée dans menages_neolia.xlsx."],
    ),
    Cas(
        "table inconnue",
        lambda a: a.deposer("menages", nom="locataires_neolia.csv"),
        "locataires_neolia.csv",
        ["Le nom du fichier n'est pas compris : la table « locataires » n'existe pas.", "Tables connues : immeubles,"],
    ),
    Cas(
        "déposant inconnu",
        lambda a: a.deposer("menages", nom="menages_nolia.csv"),
        "menages_nolia.csv",
        ["le déposant « nolia » n'est pas connu.", "Déposants connus : neolia, gbh, adoma, sne."],
    ),
    Cas(
        "format",
        lambda a: a.deposer("menages", "gbh", nom="menages_gbh.xlsb"),
        "menages_gbh.xlsb",
        ["Le format « .xlsb » n'est pas lu.", "CSV, XLSX et ODS"],
    ),
    Cas(
        "table d'un autre",
        lambda a: a.deposer("menages", "sne"),
        "menages_sne.csv",
        ["Fichier de la demande ne dépose pas la table « menages »."],
    ),
    Cas(
        "année hors de l'édition",
        lambda a: a.deposer("demandes", "sne", 2015),
        "2015/demandes_sne.csv",
        ["L'année 2015 n'est pas une année de l'édition.", "2009 et 2010"],
    ),
    Cas(
        "hors d'un dossier d'année",
        lambda a: (a.racine / "data/brut/menages_gbh.csv").write_bytes(b"x"),
        "menages_gbh.csv",
        ["Le fichier n'est pas dans un dossier d'année."],
    ),
    Cas(
        "table liée absente",
        lambda a: (a.racine / "data/brut/2010/immeubles_neolia.csv").unlink(),
        "logements_neolia.csv",
        ["la table « immeubles » de neolia n'est pas déposée pour 2010."],
    ),
]


@pytest.mark.parametrize("cas", VALEURS + FICHIERS, ids=lambda c: c.nom)
def test_refus(tmp_path, cas):
    atelier = Atelier(tmp_path)
    if cas in VALEURS:
        cas.abimer(atelier)
    atelier.deposer_tout()
    if cas in FICHIERS:
        cas.abimer(atelier)
    depots = atelier.verifier()
    refuses = {f.relatif: f for f in depots.refuses}
    fautif = next(f for nom, f in refuses.items() if nom.endswith(cas.fichier))
    message = fautif.message()
    assert message.startswith(fautif.titre)
    for phrase in cas.attendu:
        assert phrase in message, message
    assert message.endswith("Aucune ligne de ce fichier n'a été utilisée.")
    with pytest.raises(DepotRefuse, match="fichier refusé"):
        preparer(atelier.config, depots)
    assert not (tmp_path / "data/prepare").exists()
    assert all(f.annee is None or f not in depots.acceptes for f in depots.refuses)


def test_un_dossier_correct_est_accepte(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    depots = atelier.verifier()
    assert depots.message() == "7 fichiers : 7 acceptés, 0 refusé ; 0 avertissement."
    assert depots.accepte


def test_le_message_entier(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["logements"][0].update(financement="PLIA")
    atelier.lignes["logements"][1].update(surface_m2="45,2 m²")
    atelier.lignes["logements"][2].update(surface_m2="45,2 m²")
    atelier.deposer_tout()
    fautif = next(f for f in atelier.verifier().refuses if f.table == "logements")
    assert fautif.message() == (
        "data/brut/2010/logements_neolia.csv : fichier refusé, 2 problèmes.\n\n"
        "lignes 3 et 4, colonne « surface_m2 » : « 45,2 m² » n'est pas un nombre.\n"
        "    Écrire 45,2 sans l'unité.\n"
        "ligne 2, colonne « financement » : « PLIA » n'est pas un financement connu.\n"
        "    Valeurs admises : PLAI, PLUS, PLS, PLI.\n\n"
        "Aucune ligne de ce fichier n'a été utilisée."
    )


def test_un_fichier_qui_depend_d_un_refuse_est_mis_a_part_d_une_phrase(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"][0]["lat"] = "quarante-sept"
    atelier.deposer_tout()
    refuses = {f.table: f for f in atelier.verifier().refuses}
    assert set(refuses) == {"immeubles", "logements", "menages", "attributions", "signalements"}
    for table in set(refuses) - {"immeubles"}:
        assert len(refuses[table].problemes) == 1
        assert "n'a pas pu être vérifié" in refuses[table].message()
        assert "mis à part" in refuses[table].message()


def test_les_lignes_longues_sont_abregees(tmp_path):
    atelier = Atelier(tmp_path)
    modele = atelier.lignes["logements"][0]
    atelier.lignes["logements"] = [{**modele, "id_logement": f"L{n}", "dpe": "H"} for n in range(815)]
    atelier.deposer_tout()
    assert "lignes 2, 3, 4 et 812 autres, colonne « dpe »" in atelier.verifier().message()


def test_le_numero_de_ligne_suit_le_tableur(tmp_path):
    """Une valeur sur deux lignes et une ligne vide : le numéro reste celui que le tableur affiche."""
    atelier = Atelier(tmp_path)
    atelier.lignes["immeubles"][0]["libelle"] = "Résidence\ndes Lilas"
    atelier.deposer_tout()
    chemin = tmp_path / "data/brut/2010/immeubles_neolia.csv"
    texte = chemin.read_text(encoding="utf-8").rstrip("\r\n")
    chemin.write_text(texte + "\n\n" + "I3;neolia;;;;;;;;peut-être\n", encoding="utf-8", newline="")
    assert "ligne 5, colonne « qpv » : une valeur non affichée" in atelier.verifier().message()


def test_aucun_depot(tmp_path):
    depots = Atelier(tmp_path).verifier()
    assert not depots.accepte
    assert "aucun dépôt" in depots.message()


def test_sans_dossier_de_depots(tmp_path):
    atelier = Atelier(tmp_path)
    (tmp_path / "data/brut").rmdir()
    assert "data/brut : le dossier des dépôts n'existe pas." in atelier.verifier().message()


def test_une_annee_hors_de_l_edition(tmp_path):
    """Demandée, elle est refusée ; déposée, elle est le seul problème du fichier."""
    atelier = Atelier(tmp_path)
    with pytest.raises(ParametreInconnu, match="Années admises : 2009 et 2010"):
        atelier.verifier(1999)
    atelier.deposer("menages", annee=2011, octets=b"n'importe quoi")
    assert [p.regle for p in atelier.verifier().fichiers[0].problemes] == ["annee"]


def test_l_avancement_est_dit(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    pas = []
    verifier(atelier.config, avancement=lambda *p: pas.append(p))
    assert [p[:2] for p in pas] == [(n, 7) for n in range(8)]
    assert pas[0][2] == "data/brut/2010/attributions_neolia.csv"


def test_verifier_une_annee_ne_lit_pas_les_autres(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    atelier.deposer("demandes", "sne", 2009, octets=b"")
    assert atelier.verifier(2010).accepte
    assert not atelier.verifier(2009).accepte


def test_une_table_attendue_qui_manque_se_dit(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    (tmp_path / "data" / "brut" / "2010" / "attributions_neolia.csv").unlink()
    dites = dire_les_absences(atelier.config, atelier.verifier())
    assert "2010, neolia : il manque attributions." in dites
    assert any("rien n'est déposé par" in dite and "gbh" in dite for dite in dites)


CANARI = "zzcanari"


@pytest.mark.parametrize("table", ["menages", "attributions", "demandes"])
def test_une_valeur_personnelle_ne_sort_jamais(tmp_path, table, capsys):
    """Un canari dans chaque colonne personnelle : aucune sortie ne le répète."""
    atelier = Atelier(tmp_path)
    schema = atelier.verifier().schemas[table]
    atelier.lignes[table][0].update({nom: f"{CANARI}{n}" for n, nom in enumerate(schema.personnelles)})
    atelier.corriger(
        f"""
corrections:
  - annee: 2010
    deposant: {"sne" if table == "demandes" else "neolia"}
    table: {table}
    id: {f"{CANARI}_id" if table == "demandes" else "L1"}
    colonne: {sorted(schema.personnelles)[0]}
    attendu: {CANARI}_attendu
    remplacer_par: {CANARI}_remplace
    motif: essai
    auteur: essai
    date: 2011-01-01
"""
    )
    atelier.deposer_tout()
    depots = atelier.verifier()
    fautif = next(f for f in depots.refuses if f.table == table)
    assert len(fautif.problemes) == len(schema.personnelles - set(schema.cle))  # un identifiant peut tout être
    ecrire_rapports(depots, tmp_path / "rapports")
    with pytest.raises(DepotRefuse) as refus:
        preparer(atelier.config, depots)
    preparer(atelier.config, depots, sans_les_refuses=True)
    sorties = [depots.message(), str(refus.value), repr(depots.corrections), *capsys.readouterr()]
    for chemin in [*(tmp_path / "rapports").rglob("*"), *(tmp_path / "data/prepare").rglob("*")]:
        if chemin.is_file():
            sorties.append(lire(chemin))
    assert not [s for s in sorties if CANARI in s]


def test_un_avertissement_ne_montre_pas_de_valeur_personnelle(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["menages"][0].update(annee_emmenagement="1913", nb_occupants="1", nb_enfants="17")
    atelier.deposer_tout()
    depots = atelier.verifier()
    assert len(depots.acceptes) == 7
    preparer(atelier.config, depots)
    rapport = lire(tmp_path / "data/prepare/rapports/2010/neolia.html")
    assert "emménagement antérieur à la construction" in rapport
    assert "1913" not in rapport
    assert ">17" not in rapport


def lire(chemin: Path) -> str:
    """Le contenu d'un fichier en texte, Parquet compris."""
    if chemin.suffix == ".parquet":
        import pandas as pd

        return pd.read_parquet(chemin).to_csv()
    return chemin.read_text(encoding="utf-8")


def test_un_en_tete_inconnu_n_est_pas_recopie(tmp_path):
    """Sans en-tête, la première ligne est une ligne de données : elle ne doit pas être citée."""
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    ligne = {nom: f"{CANARI}{n}" for n, nom in enumerate(colonnes("menages"))}
    octets = octets_csv([ligne], colonnes("menages")).split(b"\r\n", 1)[1]
    atelier.deposer("menages", octets=octets * 2)
    assert CANARI not in atelier.verifier().message()


def test_beaucoup_de_valeurs_differentes_sont_comptees(tmp_path):
    atelier = Atelier(tmp_path)
    modele = atelier.lignes["logements"][0]
    atelier.lignes["logements"] = [{**modele, "id_logement": f"L{n}", "surface_m2": f"x{n}"} for n in range(50)]
    atelier.deposer_tout()
    depots = atelier.verifier()
    assert "fichier refusé, 50 problèmes." in depots.message()
    assert "colonne « surface_m2 » : 30 autres problèmes du même genre, sur 30 lignes." in depots.message()
    ecrire_rapports(depots, tmp_path / "rapports")
    assert lire(tmp_path / "rapports/2010/neolia.csv").count("n'est pas un nombre") == 50

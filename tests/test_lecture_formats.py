"""Le même contenu, quel que soit son format, donne le même tableau."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from itertools import product

import numpy as np
import pandas as pd
import pytest
from atelier_lecture import Atelier, colonnes, octets_csv
from classeur_ancien import ecrire_xls
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from observatoire.interdits import mots, normaliser
from observatoire.lecture.conversion import cle_de_valeur, convertir
from observatoire.lecture.depots import Fichier
from observatoire.lecture.fichiers import lire_fichier
from observatoire.lecture.grilles import lire_grilles
from observatoire.lecture.parts import controler_fichier
from observatoire.lecture.refus import FichierIllisible
from observatoire.lecture.tableurs import en_texte, en_textes
from observatoire.lecture.verification import inventaire
from observatoire.schemas import Champ

CSV = [
    *product((";", ","), ("utf-8", "utf-8-sig", "latin-1"), (False, True)),
    *((";", ancien, False) for ancien in ("cp850", "mac_roman")),
]
NATURES = {"nb_pieces": int, "surface_m2": float, "loyer_eur": float, "annee_construction": int}


def lire(atelier: Atelier) -> dict:
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    return depots.tables


@pytest.fixture(scope="module")
def attendues(tmp_path_factory) -> dict:
    """Ce que donne le fichier le plus ordinaire."""
    atelier = Atelier(tmp_path_factory.mktemp("attendues"))
    atelier.deposer("immeubles")
    atelier.deposer("logements")
    return lire(atelier)


def comparer(tables: dict, attendues: dict) -> None:
    assert tables.keys() == attendues.keys()
    for cle, table in tables.items():
        pd.testing.assert_frame_equal(table, attendues[cle])


@pytest.mark.parametrize(("separateur", "encodage", "point"), CSV)
def test_csv(tmp_path, attendues, separateur, encodage, point):
    atelier = Atelier(tmp_path)
    for table in ("immeubles", "logements"):
        atelier.deposer(table, separateur=separateur, encodage=encodage, point=point)
    comparer(lire(atelier), attendues)


@pytest.mark.parametrize("format_", ["xlsx", "ods"])
@pytest.mark.parametrize("natif", [False, True], ids=["textes", "nombres et dates"])
def test_tableurs(tmp_path, attendues, format_, natif):
    """Une première feuille de notes est sautée ; les nombres et les dates du tableur valent leur texte."""
    atelier = Atelier(tmp_path)
    for table in ("immeubles", "logements"):
        octets = classeur(atelier.lignes[table], colonnes(table), format_, natif)
        atelier.deposer(table, nom=f"{table}_neolia.{format_}", octets=octets)
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    comparer(depots.tables, attendues)
    assert {f.feuille for f in depots.fichiers} == {"Données"}


def classeur(lignes, entete, format_, natif) -> bytes:
    cadre = pd.DataFrame(lignes, columns=entete).astype(object).fillna("")
    if natif:
        for nom, nature in NATURES.items():
            if nom in cadre:
                cadre[nom] = cadre[nom].map(lambda v, n=nature: n(v.replace(",", ".").replace(" ", "")))
        if "date_bail" in cadre:
            cadre["date_bail"] = cadre["date_bail"].map(
                lambda v: dt.datetime.strptime(v, "%d/%m/%Y").date() if v else None
            )
    flux = io.BytesIO()
    with pd.ExcelWriter(flux, engine={"xlsx": "openpyxl", "ods": "odf"}[format_]) as ecrivain:
        pd.DataFrame({"Notes": ["à lire"]}).to_excel(ecrivain, sheet_name="Notes", index=False)
        cadre.to_excel(ecrivain, sheet_name="Données", index=False)
    return flux.getvalue()


def test_la_feuille_est_nommee_dans_le_refus(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["logements"][0]["dpe"] = "Z"
    atelier.deposer("immeubles")
    octets = classeur(atelier.lignes["logements"], colonnes("logements"), "xlsx", True)
    atelier.deposer("logements", nom="logements_neolia.xlsx", octets=octets)
    debut = "data/brut/2010/logements_neolia.xlsx, feuille « Données » : fichier refusé, 1 problème."
    assert atelier.verifier().message().startswith(debut)


@pytest.fixture
def avec_classeur(tmp_path):
    """Les immeubles en XLSX ; la fonction reçue abîme le classeur, puis le message de la vérification est rendu."""

    def fabriquer(abimer) -> str:
        atelier = Atelier(tmp_path)
        classeur_abime = load_workbook(
            io.BytesIO(classeur(atelier.lignes["immeubles"], colonnes("immeubles"), "xlsx", False))
        )
        abimer(classeur_abime)
        flux = io.BytesIO()
        classeur_abime.save(flux)
        atelier.deposer("immeubles", nom="immeubles_neolia.xlsx", octets=flux.getvalue())
        return atelier.verifier().message()

    return fabriquer


def test_une_colonne_interdite_dans_une_autre_feuille(avec_classeur):
    def abimer(classeur_abime):
        feuille = classeur_abime.create_sheet("Extraction")
        feuille.append(["Liste des baux"])
        feuille.append(["id_logement", "Nom du locataire"])
        feuille.append(["L1", "Dupont"])

    message = avec_classeur(abimer)
    assert "Feuille « Extraction », la colonne « Nom du locataire » est interdite (identité)." in message
    assert "Dupont" not in message


def test_une_cellule_en_erreur_n_est_pas_une_absence(avec_classeur):
    def abimer(classeur_abime):
        cellule = classeur_abime["Données"]["C3"]
        cellule.value, cellule.data_type = "#N/A", "e"
        classeur_abime["Données"]["H2"] = "=A1"

    message = avec_classeur(abimer)
    assert "ligne 3, colonne « libelle » : « #N/A » est une erreur du tableur, pas une valeur." in message
    assert "ligne 2, colonne « quartier » : formule jamais calculée." in message


def test_un_titre_au_dessus_de_l_en_tete(avec_classeur):
    message = avec_classeur(lambda c: (c["Données"].insert_rows(1), c["Données"].cell(1, 1, "Parc au 31 décembre")))
    assert "L'en-tête est à la ligne 2 ; il doit être sur la première." in message


def test_un_en_tete_repete_est_une_seule_cause(avec_classeur):
    """Un état imprimé rouvre l'en-tête à chaque page : une phrase, et non une par colonne."""

    def abimer(classeur_abime):
        feuille = classeur_abime["Données"]
        feuille.insert_rows(3)
        for n in range(1, feuille.max_column + 1):
            feuille.cell(3, n, feuille.cell(1, n).value)

    message = avec_classeur(abimer)
    assert "ligne 3 : l'en-tête est répété au milieu du tableau.\n" in message
    assert message.count("ligne 3") == 1


def test_des_groupes_de_colonnes_au_dessus_de_l_en_tete(avec_classeur):
    """« Identité » coiffe les identifiants : ce n'est pas une colonne, et rien ne conseille de la supprimer."""
    message = avec_classeur(
        lambda c: (c["Données"].insert_rows(1), c["Données"].cell(1, 1, "Identité"), c["Données"].cell(1, 4, "Lieu"))
    )
    assert "L'en-tête est à la ligne 2 ; il doit être sur la première." in message
    assert "interdite" not in message


@pytest.mark.parametrize("format_", ["xlsx", "ods"])
def test_un_pourcentage_de_tableur_est_ce_qui_s_affiche(tmp_path, format_):
    """« 50 % » y est 0,5, « 7 % » 0,07 ; un nombre ordinaire de la même colonne reste le sien."""
    chemin = tmp_path / f"programmes.{format_}"
    table = pd.DataFrame({"id_programme": ["P1", "P2", "P3"], "garantie_ville_pct": [0.5, 0.07, 30]})
    table.to_excel(chemin, index=False, engine={"xlsx": "openpyxl", "ods": "odf"}[format_])
    if format_ == "xlsx":
        feuille = (livre := load_workbook(chemin)).active
        feuille["B2"].number_format, feuille["B3"].number_format = "0.0%", "0%"
        livre.save(chemin)
    else:
        marque = rb'office:value-type="float"(?= office:value="0)|(?<=office:value="0.5" )office:value-type="float"'
        recrire(chemin, lambda contenu: re.sub(marque, b'office:value-type="percentage"', contenu))
    lu = lire_fichier(chemin, [list(table)])
    assert lu.cadre[1].tolist() == ["50", "7", "30"]


def recrire(chemin, changer) -> None:
    """Changer le contenu d'un ODS."""
    entree = zipfile.ZipFile(io.BytesIO(chemin.read_bytes()))
    with zipfile.ZipFile(chemin, "w") as sortie:
        for nom in entree.namelist():
            contenu = entree.read(nom)
            sortie.writestr(nom, changer(contenu) if nom == "content.xml" else contenu)


def test_une_cellule_en_erreur_dans_un_ods(tmp_path):
    atelier = Atelier(tmp_path)
    entree = zipfile.ZipFile(io.BytesIO(classeur(atelier.lignes["immeubles"], colonnes("immeubles"), "ods", False)))
    flux = io.BytesIO()
    with zipfile.ZipFile(flux, "w") as sortie:
        for nom in entree.namelist():
            contenu = entree.read(nom)
            if nom == "content.xml":
                contenu = re.sub(
                    rb"<table:table-cell[^>]*><text:p>Tour</text:p>",
                    b'<table:table-cell xmlns:calcext="urn:calcext" office:value-type="string" office:string-value=""'
                    b' calcext:value-type="error"><text:p>#REF!</text:p>',
                    contenu,
                )
                assert b"#REF!" in contenu
            sortie.writestr(nom, contenu)
    atelier.deposer("immeubles", nom="immeubles_neolia.ods", octets=flux.getvalue())
    assert "ligne 3, colonne « libelle » : « #REF! » est une erreur du tableur" in atelier.verifier().message()


def test_l_en_tete_tolere_casse_espaces_et_accents(tmp_path):
    atelier = Atelier(tmp_path)
    octets = octets_csv(atelier.lignes["immeubles"], colonnes("immeubles"))
    atelier.deposer("immeubles", octets=octets.replace(b"id_immeuble;bailleur", " ID Immeuble;Bâilleur ".encode()))
    assert atelier.verifier().accepte


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("45,2", 45.2),
        ("45.2", 45.2),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234\u202f567", 1234567),
        ("+3", 3),
        ("-0,5", -0.5),
    ],
)
def test_nombres_lus(texte, attendu):
    valeurs, fautes = convertir(pd.Series([texte]), champ("number"))
    assert valeurs.tolist() == [attendu]
    assert not fautes.any()


@pytest.mark.parametrize("texte", ["45,2 m²", "1,2,3", "12 34", "1E+05", "nr", "—", "1.234,5", "0x10", "inf", "nan"])
def test_nombres_refuses(texte):
    valeurs, fautes = convertir(pd.Series([texte]), champ("number"))
    assert fautes.all()
    assert valeurs.isna().all()


@pytest.mark.parametrize(
    "texte",
    [
        "2010-03-01",
        "01/03/2010",
        "1/3/2010",
        "2010-03-01 00:00:00",
        "01/03/2010 00:00:00",
        "1/3/2010 8:05",
        "2010-03-01T14:30:00.5",
    ],
)
def test_dates_lues(texte):
    assert convertir(pd.Series([texte]), champ("date"))[0].tolist() == [pd.Timestamp("2010-03-01")]


@pytest.mark.parametrize(
    "texte",
    ["2010-02-30", "03-01-2010", "mars 2010", "40238", "1/3/2010 25:00", "31/11/2010", "2010"],
)
def test_dates_refusees(texte):
    assert convertir(pd.Series([texte]), champ("date"))[1].all()


@given(st.floats(-1e9, 1e9), st.sampled_from([",", "."]))
def test_un_nombre_ecrit_se_relit(nombre, separateur):
    texte = f"{nombre:.4f}".replace(".", separateur)
    assert convertir(pd.Series([texte], dtype="str"), champ("number"))[0].iloc[0] == pytest.approx(nombre, abs=1e-4)


@given(st.dates(dt.date(1800, 1, 1), dt.date(2100, 1, 1)), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y"]))
def test_une_date_ecrite_se_relit(date, forme):
    valeurs, _ = convertir(pd.Series([date.strftime(forme)], dtype="str"), champ("date"))
    assert valeurs.iloc[0].date() == date


@given(st.lists(st.sampled_from(["1", "2,5", "", "x"]), min_size=1))
def test_une_cellule_est_lue_ou_fautive_ou_vide(textes):
    valeurs, fautes = convertir(pd.Series(textes, dtype="str"), champ("number"))
    vides = np.array([t == "" for t in textes])
    assert (valeurs.notna().to_numpy() ^ fautes ^ vides).all()


def test_ni_la_casse_ni_les_accents_ne_comptent_dans_une_liste():
    liste = Champ("c", "string", "c", "", False, False, {"enum": ["loue", "PLUS", "60-100"]})
    lues, _ = convertir(pd.Series(["Loué", "plus", " LOUE", "60-100", "louer", ""], dtype="str"), liste)
    assert lues.fillna("").tolist() == ["loue", "PLUS", "loue", "60-100", "louer", ""]


def test_cellules_de_tableur():
    assert en_texte(12.0) == "12"
    assert en_texte(0.00001) == "0.00001"
    assert en_texte(dt.datetime(2010, 3, 1)) == "2010-03-01"
    assert en_texte(True) == "VRAI"


def test_noms_de_colonnes():
    assert normaliser(" Âge  du-titulaire ") == "age_du_titulaire"
    assert mots("NomLocataire") == ["nom", "locataire"]


def champ(type_: str) -> Champ:
    return Champ("c", type_, "c", "", False, False, {})


@pytest.mark.parametrize(
    "ecrit", ["Loué", " LOUE ", "vide   technique", "Vide\u00a0Technique", "ŒUF", "zz", "> 100  %"]
)
def test_une_liste_se_compare_de_meme_par_valeur_et_par_colonne(ecrit):
    admises = ("loue", "vide technique", "> 100 %")
    champ = Champ("occupation", "string", "", "", False, False, {"enum": list(admises)})
    lue = convertir(pd.Series([ecrit], dtype="str"), champ)[0][0]
    attendue = {cle_de_valeur(admise): admise for admise in admises}.get(cle_de_valeur(ecrit), ecrit)
    assert lue == attendue


def _en_xls(atelier: Atelier, table: str, **options) -> None:
    entete = colonnes(table)
    lignes = [entete, *([ligne.get(nom, "") for nom in entete] for ligne in atelier.lignes[table])]
    atelier.deposer(table, nom=f"{table}_neolia.xls", octets=ecrire_xls(lignes, **options))


def test_un_ancien_classeur(tmp_path, attendues):
    """Un XLS d'avant 2007 se lit ; une cellule en erreur n'y passe pas pour vide."""
    atelier = Atelier(tmp_path)
    for table in ("immeubles", "logements"):
        _en_xls(atelier, table)
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    comparer(depots.tables, attendues)
    _en_xls(atelier, "logements", erreurs={(2, colonnes("logements").index("surface_m2"))})
    (refus,) = atelier.verifier().refuses
    assert "ligne 3, colonne « surface_m2 » : « #N/A » est une erreur du tableur" in refus.message()


def test_un_pourcentage_d_un_ancien_classeur_et_un_conteneur_abime(tmp_path):
    octets = ecrire_xls([["a", "b"], [0.5, 0.5]], pourcents={(1, 1)})
    (tmp_path / "a.xls").write_bytes(octets)
    assert en_textes(tmp_path / "a.xls", "Feuil1", [["a", "b"], [0.5, 0.5]]) == [["a", "b"], ["0.5", "50"]]
    for abime in (octets[:600], b"<html>" * 200, octets[:512] + b"\1\0\0\0" * 128 + octets[1024:]):
        (tmp_path / "a.xls").write_bytes(abime)
        with pytest.raises(FichierIllisible):
            lire_fichier(tmp_path / "a.xls", [["a", "b"]])


def test_une_feuille_masquee_ne_se_lit_pas(tmp_path):
    """Deux feuilles au même en-tête : celle que le tableur montre ; toutes deux montrées, un refus."""
    classeur_ = Workbook()
    for nom, valeur in (("vieux", "A"), ("neuf", "B")):
        feuille = classeur_.create_sheet(nom)
        feuille.append(["code", "nom"])
        feuille.append([valeur, "x"])
    classeur_.remove(classeur_.worksheets[0])
    classeur_.save(tmp_path / "a.xlsx")
    with pytest.raises(FichierIllisible):
        lire_fichier(tmp_path / "a.xlsx", [["code", "nom"]])
    classeur_["vieux"].sheet_state = "hidden"
    classeur_.save(tmp_path / "a.xlsx")
    assert lire_fichier(tmp_path / "a.xlsx", [["code", "nom"]]).cadre[0].tolist() == ["B"]
    assert list(lire_grilles(tmp_path / "a.xlsx")) == ["neuf"]


@pytest.mark.parametrize(
    ("colonne", "ecrites", "dit"),
    [
        ("surface_m2", ["45,2 m²", "50 m²", "61,5 m²"], "avec leur unité"),
        ("date_bail", ["40238", "40239", "40240"], "numéros de jour du tableur"),
        ("date_bail", ["20100301", "20100302", "20100303"], "sans séparateur"),
        ("nb_pieces", ["1.250", "2,000", "3.000"], "milliers sont séparés"),
    ],
)
def test_une_facon_d_ecrire_toute_une_colonne_se_dit_une_fois(tmp_path, colonne, ecrites, dit):
    atelier = Atelier(tmp_path)
    for ligne, ecrite in zip(atelier.lignes["logements"], ecrites, strict=False):
        ligne[colonne] = ecrite
    (probleme,) = _controler(atelier, "logements")
    assert dit in probleme.phrase
    assert probleme.lignes == (2, 3, 4)


def _controler(atelier: Atelier, table: str) -> list:
    """Les problèmes d'un fichier, lu ici."""
    chemin = atelier.deposer(table)
    fichier = Fichier(chemin, chemin.name, 2010, "neolia", table)
    controler_fichier(fichier, inventaire(atelier.config)[1])
    return fichier.problemes

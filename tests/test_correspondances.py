"""Un bailleur dépose le fichier qu'il a : la correspondance proposée, confirmée, relue, et ce qui change ensuite."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from archive_bailleurs import Extrait, Facon, composer, composer_plusieurs, configurer
from hypothesis import given
from hypothesis import strategies as st

from observatoire.configuration.modeles.correspondances import ColonneEcrite, FichierEcrit
from observatoire.correspondance import conseiller, contenus, correspondre
from observatoire.correspondance.proposition import DEMANDEE, PROPOSEE, Candidate
from observatoire.correspondance.synonymes import rapprocher, reconnaitre_valeur, synonymes_de, valeurs_de
from observatoire.erreurs import DepotRefuse, ErreurConfiguration, ParametreInconnu
from observatoire.lecture import ecrire_rapports, lire, verifier
from observatoire.lecture.conformite import colonne_conforme
from observatoire.lecture.conversion import convertir
from observatoire.lecture.correspondances import lire_a_travers
from observatoire.lecture.depots import Fichier
from observatoire.lecture.gabarits import ecrire_gabarits, exemple
from observatoire.lecture.grilles import separer
from observatoire.lecture.traductions import mettre_en_forme, traduire
from observatoire.schemas import lire_schemas

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
ENTIER = Facon("mots", titres=2, groupes=True, unites=True, total=True, perdus=True, suffixes=True, pages=40)


def confirmer(ecrit: Path) -> dict:
    """Confirmer tout ce qui est proposé, et le rendre."""
    ecrit.write_text(ecrit.read_text(encoding="utf-8").replace("confirmee: false", "confirmee: true"), encoding="utf-8")
    return yaml.safe_load(ecrit.read_text(encoding="utf-8"))


def comparer(extrait: Extrait, depots) -> None:
    """Chaque cellule lue est la vraie."""
    for table, verite in extrait.verite.items():
        lue = depots.tables[extrait.annee, extrait.deposant, table].reset_index(drop=True)
        assert len(lue) == len(verite)
        for champ, declare in depots.schemas[table].champs.items():
            attendue = convertir(verite[champ].astype("str"), declare)[0].reset_index(drop=True)
            pd.testing.assert_series_equal(
                lue[champ].astype(object).fillna("-"), attendue.astype(object).fillna("-"), check_names=False
            )


@pytest.fixture(scope="module")
def confirmee(tmp_path_factory):
    """Un classeur avec titres, groupes, unités, totaux et identifiants abîmés ; sa correspondance est confirmée."""
    dossier = tmp_path_factory.mktemp("confirmee")
    config = configurer(dossier)
    extrait = composer("logements", "ulis", "neolia", 2010, ENTIER, graine=5)
    faite = correspondre(extrait.deposer(dossier / "brut"), config)
    return extrait, config, faite, confirmer(faite.ecrit)


def copie(confirmee, dossier: Path):
    """Les mêmes dépôts et la même correspondance, ailleurs."""
    extrait, _, faite, _ = confirmee
    config = configurer(dossier)
    extrait.deposer(dossier / "brut")
    (dossier / "suivi/correspondances").mkdir(parents=True)
    ecrit = dossier / "suivi/correspondances" / faite.ecrit.name
    ecrit.write_text(faite.ecrit.read_text(encoding="utf-8"), encoding="utf-8")
    return config, ecrit


def test_un_fichier_a_travers_sa_correspondance_est_la_verite(confirmee):
    extrait, config, _, contenu = confirmee
    depots = verifier(config)
    assert depots.accepte, depots.message()
    comparer(extrait, depots)
    (fichier,) = (f for f in depots.fichiers if f.table == "logements")
    assert {t.nom: t.nombre for t in fichier.traitements} == {
        "ligne_de_total": 1, "entete_repete": 2 * ((len(extrait.verite["logements"]) - 1) // 40),
    }  # fmt: skip
    (sien,) = contenu["fichiers"]
    assert {"entete": 5, "unites": True, "totaux": ["total"]}.items() <= sien.items()
    logements = sien["tables"]["logements"]
    assert logements["id_logement"]["forme"] == "NEO0000-000"
    assert {"T3": "3"}.items() <= logements["nb_pieces"]["valeurs"].items()
    assert all(0 <= e["confiance"] <= 1 and e["raison"] for e in logements.values())


def test_une_seconde_execution_ne_propose_que_le_nouveau(confirmee, tmp_path):
    config, ecrit = copie(confirmee, tmp_path)
    avant = ecrit.read_text(encoding="utf-8")
    extrait = confirmee[0]
    chemin = tmp_path / "brut/2010" / extrait.nom
    assert correspondre(chemin, config).colonnes == 0
    assert ecrit.read_text(encoding="utf-8") == avant
    contenu = yaml.safe_load(avant)
    del contenu["fichiers"][0]["tables"]["logements"]["dpe"]
    contenu["fichiers"][0]["tables"]["logements"]["loyer_eur"]["raison"] = "vu avec eux"
    ecrit.write_text(yaml.safe_dump(contenu, allow_unicode=True), encoding="utf-8")
    assert correspondre(chemin, config).colonnes == 1
    (sien,) = yaml.safe_load(ecrit.read_text(encoding="utf-8"))["fichiers"]
    assert sien["tables"]["logements"]["dpe"]["colonne"] == "Étiquette DPE"
    assert sien["tables"]["logements"]["loyer_eur"]["raison"] == "vu avec eux"
    assert sien["confirmee"] is False


def test_un_code_nouveau_se_dit_sous_son_nom_a_lui(confirmee, tmp_path):
    """L'an suivant, « Libre » est devenu « Squatté » : le refus nomme sa colonne et ses lignes."""
    config, _ = copie(confirmee, tmp_path)
    extrait = confirmee[0]
    chemin = tmp_path / "brut/2010" / extrait.nom
    classeur = openpyxl.load_workbook(chemin)
    feuille = classeur.active
    feuille["K9"] = "Squatté"
    feuille.cell(5, feuille.max_column + 1, "Balcon")
    feuille.cell(9, feuille.max_column, "oui")
    classeur.save(chemin)
    depots = verifier(config)
    refuse = next(f for f in depots.refuses if f.table == "logements")
    (probleme,) = refuse.problemes
    assert probleme.colonne == "État"
    assert tuple(probleme.lignes) == (9,)
    assert "Balcon" in refuse.avertissements["message"].iloc[0]
    rapports = tmp_path / "rapports"
    ecrire_rapports(depots, rapports)
    assert "État" in (rapports / "2010/neolia.html").read_text(encoding="utf-8")


def test_un_code_nouveau_est_une_question_une_seule_fois(confirmee, tmp_path):
    """Tant que l'analyste n'a pas répondu, la correspondance ne dit pas qu'elle sait lire ce fichier."""
    extrait = confirmee[0]
    config, ecrit = copie(confirmee, tmp_path)
    chemin = extrait.deposer(config.chemin("brut"))
    classeur = openpyxl.load_workbook(chemin)
    cellules = [c for ligne in classeur.active.iter_rows() for c in ligne if c.value == "Vacant technique"]
    for cellule in cellules:
        cellule.value = "Zeta"
    classeur.save(chemin)
    assert len(cellules) > 2
    assert "que veut dire « Zeta »" in correspondre(chemin, config).message("x")
    assert any("Zeta" in q for q in yaml.safe_load(ecrit.read_text(encoding="utf-8"))["questions"])
    texte = ecrit.read_text(encoding="utf-8").replace(
        "Vacant technique: vide", "Zeta: vide_technique\n          V.T.: vide"
    )
    ecrit.write_text(texte, encoding="utf-8")
    assert correspondre(chemin, config).message("x").endswith("sait le lire.")


def test_une_colonne_disparue_se_dit(confirmee, tmp_path):
    config, ecrit = copie(confirmee, tmp_path)
    ecrit.write_text(
        ecrit.read_text(encoding="utf-8").replace("colonne: Loyer HC", "colonne: Loyer nu"), encoding="utf-8"
    )
    refuse = next(f for f in verifier(config).refuses if f.table == "logements")
    assert "la colonne « Loyer nu », qui donnait « loyer_eur », n'y est plus" in refuse.problemes[0].phrase


def test_sans_confirmation_rien_ne_change(confirmee, tmp_path):
    config, ecrit = copie(confirmee, tmp_path)
    ecrit.write_text(ecrit.read_text(encoding="utf-8").replace("confirmee: true", "confirmee: false"), encoding="utf-8")
    depots = verifier(config)
    conseiller(depots)
    (refuse,) = [f for f in depots.refuses if f.table == "logements"]
    assert [p.phrase for p in refuse.problemes] == ["sa correspondance n'est pas confirmée."]  # une cause, un message


def test_le_refus_d_un_fichier_presque_notre_porte_la_proposition(tmp_path):
    config = configurer(tmp_path)
    extrait = composer("logements", "patrimoine", "gbh", 2010, Facon("codes", "csv"), graine=3)
    extrait.deposer(tmp_path / "brut")
    depots = verifier(config)
    conseiller(depots)
    message = depots.message()
    assert "« Réf. lot » : id_logement" in message
    assert "observatoire correspondre brut/2010/logements_gbh.csv" in message


def test_un_fichier_pour_deux_tables_sous_un_nom_quelconque(tmp_path):
    config = configurer(tmp_path)
    extrait = composer_plusieurs("gbh", 2009, Facon("rpls", "csv", separateur="\t", dates="iso"), 4)
    contenu = confirmer(correspondre(extrait.deposer(tmp_path / "brut"), config).ecrit)
    assert contenu["fichiers"][0]["fichier"] == "extraction"
    assert set(contenu["fichiers"][0]["tables"]) == {"logements", "menages"}
    depots = verifier(config)
    assert depots.accepte, depots.message()
    comparer(extrait, depots)


def test_un_fichier_pour_deux_tables_se_prepare(tmp_path):
    config = configurer(tmp_path)
    extrait = composer_plusieurs("gbh", 2009, Facon("rpls", "csv", separateur="\t", dates="iso"), 4)
    confirmer(correspondre(extrait.deposer(tmp_path / "brut"), config).ecrit)
    depots = lire(config)
    lus = {f.table: f.contenus[f.table].lignes for f in depots.fichiers if f.source}
    assert lus == {table: len(verite) for table, verite in extrait.verite.items()}


@pytest.mark.parametrize("par_logement", [False, True])
def test_une_adresse_par_immeuble_nomme_les_immeubles(tmp_path, par_logement):
    """Leur code se répète à chaque logement ; une adresse qui porte le numéro de la porte n'est pas de l'immeuble."""
    lignes = ["Code UG;Code Bât.;Adresse;Typologie;Surf. hab.;Etat"]
    for n in range(60):
        porte = f", porte {n}" if par_logement else ""
        lignes.append(f"{n:04d};{n // 10:03d};{n // 10} rue des Lilas{porte};T{n % 4 + 1};{40 + n},5;LOUE")
    chemin = tmp_path / "brut/2010/extraction_neolia.csv"
    chemin.parent.mkdir(parents=True)
    chemin.write_text("\n".join(lignes), encoding="utf-8")
    config = configurer(tmp_path)
    faite = correspondre(chemin, config)
    tables = confirmer(faite.ecrit)["fichiers"][0]["tables"]
    assert ("immeubles" in tables) is not par_logement
    if not par_logement:
        assert {"id_immeuble": "Code Bât.", "libelle": "Adresse"}.items() <= {
            champ: ecrite.get("colonne") for champ, ecrite in tables["immeubles"].items()
        }.items()
        assert any(q.startswith("immeubles : aucune colonne ne les situe") for q in faite.questions)
        assert len(verifier(config).tables[2010, "neolia", "immeubles"]) == 6


def test_deux_fichiers_pour_une_table(tmp_path):
    """Deux agences, deux fichiers que la correspondance décrit ; une ligne commune est refusée dans les deux."""
    config = configurer(tmp_path)
    extrait = composer("logements", "ulis", "neolia", 2010, Facon("mots", "csv"), graine=5)
    extrait.deposer(tmp_path / "brut")
    dossier = tmp_path / "brut/2010"
    entete, *lignes = extrait.octets.decode("utf-8-sig").splitlines()
    (dossier / extrait.nom).unlink()

    def deposer(nord: list[str], sud: list[str]) -> None:
        for nom, siennes in (("nord", nord), ("sud", sud)):
            (dossier / f"{nom}_neolia.csv").write_text("\n".join([entete, *siennes]) + "\n", encoding="utf-8-sig")

    deposer(lignes, lignes)
    for nom in ("nord", "sud"):
        contenu = confirmer(correspondre(dossier / f"{nom}_neolia.csv", config).ecrit)
    assert [f["fichier"] for f in contenu["fichiers"]] == ["nord", "sud"]
    deposer(lignes[:40], lignes[40:])
    depots = lire(config)
    bilan = pd.read_parquet(config.chemin("prepare") / "depots.parquet")
    (ligne,) = bilan[
        bilan["table"].eq("logements") & bilan["deposant"].eq("neolia") & bilan["annee"].eq(2010)
    ].itertuples()
    assert (ligne.statut, ligne.lignes) == ("accepte", len(lignes))
    assert len(pd.read_parquet(config.chemin("prepare") / "tables/2010/logements.parquet")) == len(lignes)
    deposer(lignes[:41], lignes[40:])
    depots = verifier(config)
    assert [p.lignes for f in depots.refuses for p in f.problemes if p.regle == "unicite"] == [(42,), (2,)]
    assert not [dite for dite in depots.remarques if "manque" in dite]
    (dossier / "sud_neolia.csv").unlink()
    assert [dite for dite in verifier(config).remarques if "« sud » manque, qui donne aussi logements" in dite]


@pytest.mark.parametrize("rang", range(2))
def test_une_valeur_personnelle_n_est_jamais_ecrite(tmp_path, rang, capsys):
    """Des noms dans une colonne de trop, dans une liste personnelle : ni le fichier, ni l'écran ne les répètent."""
    config = configurer(tmp_path)
    extrait = composer("menages", "ops", "neolia", 2010, Facon("mots", "csv", de_trop=False), graine=8)
    texte = extrait.octets.decode("utf-8-sig")
    if rang:
        texte = texte.replace("Personne seule", "Mme Duchemolle Josette", 3)
    else:
        entete, *lignes = texte.split("\r\n")
        texte = "\r\n".join([entete + ";Contact", *(ligne + ";M. Duchemolle" for ligne in lignes if ligne)])
    extrait.octets = texte.encode("utf-8-sig")
    faite = correspondre(extrait.deposer(tmp_path / "brut"), config)
    print(faite.message(extrait.nom))
    assert "Duchemolle" not in faite.ecrit.read_text(encoding="utf-8") + capsys.readouterr().out


@pytest.mark.parametrize("ecrit", ["06 12 34 56 78", "0612345678", "12/03/1971", "Mme Duchemolle", "a@b.fr"])
def test_ce_qui_n_est_pas_un_code_n_est_jamais_cite(ecrit):
    assert not contenus.citable(ecrit, 50)
    assert contenus.citable("Vac. technique 2", 3)


def test_un_nom_sans_civilite_n_est_pas_cite_meme_repete(tmp_path):
    """Trois cellules « DUCHEMOLLE JOSETTE » dans une liste ; un nom seul dans une colonne que rien ne reconnaît."""
    assert not contenus.citable("DUCHEMOLLE JOSETTE", 50)
    inconnue = pd.Series({"Duchemolle": 40, "loué": 10})
    champ = lire_schemas(configurer(tmp_path).chemin("schemas"))["logements"].champs["occupation"]
    assert contenus.comparer(inconnue, champ, "Gardien").inconnues == ()
    assert contenus.comparer(pd.Series({"loué": 90, "Squatté": 40}), champ, "Occupation").inconnues == ("Squatté",)


@pytest.mark.parametrize("nom", ["Export Mme Duchemolle", "DUCHEMOLLE JOSETTE"])
def test_une_feuille_au_nom_de_quelqu_un_n_est_pas_nommee(tmp_path, nom):
    extrait = composer("logements", "ulis", "neolia", 2010, ENTIER, graine=5)
    chemin = extrait.deposer(tmp_path / "brut")
    classeur = openpyxl.load_workbook(chemin)
    classeur.active.title = nom
    classeur.save(chemin)
    faite = correspondre(chemin, configurer(tmp_path))
    assert nom not in faite.ecrit.read_text(encoding="utf-8")
    confirmer(faite.ecrit)
    assert verifier(configurer(tmp_path)).accepte


def test_une_colonne_interdite_reste_interdite(tmp_path):
    config = configurer(tmp_path)
    extrait = composer("menages", "ops", "neolia", 2010, Facon("mots", "csv", de_trop=False), graine=8)
    extrait.octets = extrait.octets.replace(b"Composition familiale", b"Nom du locataire")
    faite = correspondre(extrait.deposer(tmp_path / "brut"), config)
    assert any("interdite" in q for q in faite.questions)
    confirmer(faite.ecrit)
    assert any("est interdite" in p.phrase for f in verifier(config).refuses for p in f.problemes)


@pytest.mark.parametrize(
    ("ancien", "nouveau", "message"),
    [
        ("loyer_eur:", "loyer_euros:", "« loyer_euros » n'est pas une colonne de « logements »"),
        ("T3: '3'", "T3: 3", "doit être un texte"),
        ("\n  confirmee: true", "\n  confirmée: true", "inconnu"),
        ("    logements:", "    logement:", "cette table n'existe pas"),
        ("Occupé: loue", "Occupé: louée", "« louée » n'y est pas admis"),
        ("deposant: neolia", "deposant: gbh", "ce fichier est celui de « neolia »"),
    ],
)
def test_une_correspondance_mal_ecrite_dit_sa_ligne(confirmee, tmp_path, ancien, nouveau, message):
    config, ecrit = copie(confirmee, tmp_path)
    texte = ecrit.read_text(encoding="utf-8")
    assert ancien in texte
    ecrit.write_text(texte.replace(ancien, nouveau, 1), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=r"ligne \d+") as refus:
        verifier(config)
    assert message in str(refus.value)


def test_ce_qui_ne_peut_pas_se_proposer_se_dit(tmp_path):
    config = configurer(tmp_path)
    (tmp_path / "brut/2010").mkdir(parents=True)
    vide = tmp_path / "brut/2010/parc_neolia.csv"
    vide.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(DepotRefuse, match="aucun nom de colonne n'y est reconnu"):
        correspondre(vide, config)
    with pytest.raises(ParametreInconnu, match="finir par le code de son déposant"):
        correspondre(vide.rename(vide.with_name("parc.csv")), config)
    with pytest.raises(ParametreInconnu, match="n'existe pas"):
        correspondre(vide, config)


def candidater(table: str, champ: str, nom: str, valeurs: list[str]) -> Candidate:
    """Ce que cette colonne vaut pour cette autre, des nôtres."""
    declare, comptes = lire_schemas(SCHEMAS)[table].champs[champ], pd.Series(valeurs, dtype="str").value_counts()
    return Candidate(rapprocher(nom, table, champ), contenus.comparer(comptes, declare, nom))


@pytest.mark.parametrize(
    ("champ", "nom", "valeurs"),
    [
        ("loyer_eur", "Loyer CC", ["420,5", "510"]),
        ("loyer_eur", "Loyer + charges", ["420,5", "510"]),
        ("loyer_eur", "Loyer trimestriel", ["920,5", "1110"]),
        ("surface_m2", "Surface corrigée", ["91", "110"]),
        ("mois_vacance", "Durée vacance (jours)", ["30", "90"]),
        ("date_bail", "Date fin bail", ["31/12/2010", "30/06/2011"]),
        ("dpe", "Étiquette GES", ["A", "D"]),
    ],
)
def test_un_nom_qui_dit_autre_chose_n_est_pas_propose(champ, nom, valeurs):
    """Un loyer charges comprises ressemble au loyer ; le prendre serait une figure fausse sans une question."""
    assert DEMANDEE <= candidater("logements", champ, nom, valeurs).confiance < PROPOSEE


@pytest.mark.parametrize(
    ("champ", "nom", "valeurs"),
    [
        ("tranche_plafond", "Ressources / plafond", [f"0,{n}" for n in range(10, 90)]),
        ("tranche_plafond", "Ressources", [str(n) for n in range(300, 900, 7)]),
        ("impaye_3_mois", "Impayés", ["0"] * 40 + [f"{n},50" for n in range(1, 80)]),
        ("impaye_3_mois", "Impayés", ["0"] * 90 + ["1", "2", "3", "4"]),
    ],
)
def test_des_nombres_d_une_autre_grandeur_sont_une_question(champ, nom, valeurs):
    """0,45 n'est pas la tranche 0-20, et quelques euros de dette ne sont pas trois mois."""
    contenu = candidater("menages", champ, nom, valeurs).contenu
    assert (contenu.unite, contenu.valeurs, bool(contenu.doute)) == ("", {}, True)


def test_une_autre_feuille_de_meme_en_tete_est_une_question(tmp_path):
    """Une feuille par agence : celle qui n'est pas lue serait perdue sans un mot."""
    extrait = composer("logements", "ulis", "neolia", 2010, ENTIER, graine=5)
    chemin = extrait.deposer(tmp_path / "brut")
    classeur = openpyxl.load_workbook(chemin)
    assert not any("en-tête" in q for q in correspondre(chemin, configurer(tmp_path)).questions)
    classeur.copy_worksheet(classeur.active)
    classeur.save(chemin)
    (tmp_path / "suivi/correspondances/neolia.yml").unlink()
    assert any("sur 1 autre feuille" in q for q in correspondre(chemin, configurer(tmp_path)).questions)


@pytest.mark.parametrize(
    ("champ", "ecrite", "textes", "attendus"),
    [
        ("loyer_eur", {"unite": "annuel"}, ["5 697,36", "x"], ["474.78", "x"]),
        ("loyer_eur", {}, ["350,20 €", "1 200 EUR"], ["350,20", "1 200"]),
        ("surface_m2", {"milliers": "."}, ["1.064,5 m²"], ["1064,5"]),
        ("annee_construction", {"unite": "annee"}, ["01/07/1966", "1970"], ["1966", "1970"]),
        ("date_bail", {"dates": "serie"}, ["40238", "01/03/2010"], ["2010-03-01", "01/03/2010"]),
        ("date_bail", {"dates": "AAAAMMJJ"}, ["20100301", ""], ["2010-03-01", ""]),
        ("date_bail", {"dates": "MM/AAAA"}, ["3/2010"], ["2010-03-01"]),
        ("occupation", {"valeurs": {"Occupé": "loue"}}, ["OCCUPE", "Libre"], ["loue", "Libre"]),
    ],
)
def test_les_valeurs_se_traduisent(champ, ecrite, textes, attendus):
    declare = lire_schemas(SCHEMAS)["logements"].champs[champ]
    colonne = ColonneEcrite.model_validate({"colonne": "X", **ecrite}, context={})
    assert traduire(pd.Series(textes, dtype="str"), colonne, declare).tolist() == attendus


def test_les_ressources_en_pourcentage_se_rangent_dans_leur_tranche():
    champs = lire_schemas(SCHEMAS)["menages"].champs
    tranches = ColonneEcrite.model_validate({"colonne": "X", "unite": "tranches"}, context={})
    dites = traduire(pd.Series(["19,9", "20", "100 %", "?"], dtype="str"), tranches, champs["tranche_plafond"])
    assert dites.tolist() == ["0-20", "20-40", "100+", "?"]
    montant = ColonneEcrite.model_validate({"colonne": "X", "unite": "montant"}, context={})
    assert traduire(pd.Series(["0", "120,5", ""], dtype="str"), montant, champs["apl"]).tolist() == ["non", "oui", ""]


@given(st.integers(1, 9_999_999))
def test_un_numero_sans_ses_zeros_retrouve_sa_forme(numero):
    entier = f"NEO{numero:07d}"
    entier = f"{entier[:7]}-{entier[7:]}"
    abimes = pd.Series([str(numero), f"{numero}.0", entier, f"{numero:07d}"], dtype="str")
    assert mettre_en_forme(abimes, "NEO0000-000").tolist() == [entier] * 4


def test_le_dictionnaire_ne_nomme_que_nos_colonnes_et_nos_valeurs():
    """Chaque mot du métier vise une colonne et une valeur du format, et une seule par liste."""
    schemas = lire_schemas(SCHEMAS)
    from observatoire.correspondance.synonymes import _lire

    connus = {c for s in schemas.values() for c in s.champs} | {
        f"{s.nom}.{c}" for s in schemas.values() for c in s.champs
    }
    assert set(_lire()["champs"]) <= connus
    sources = {s for champ in _lire()["champs"].values() for s in champ}
    assert sources <= set(_lire()["sources"])
    for schema in schemas.values():
        for champ in schema.champs.values():
            assert synonymes_de(schema.nom, champ.nom)
            assert {reconnaitre_valeur(v, champ) for v in champ.admises} == set(champ.admises)
            assert set(valeurs_de(champ.nom, champ.admises).values()) <= set(champ.admises)


def test_le_separateur_d_un_fichier_a_titres():
    assert separer("Parc, groupes et lots\n\nN°\tLoyer\n1\t350,20\n") == "\t"


def test_des_lignes_plus_courtes_que_l_en_tete_se_lisent(tmp_path):
    """Un tableur n'écrit pas les cellules vides qui finissent une ligne."""
    config = configurer(tmp_path)
    extrait = composer("signalements", "gardien", "gbh", 2010, Facon("mots", "csv", de_trop=False), graine=2, n=24)
    entete, *lignes = extrait.octets.decode("utf-8-sig").split("\r\n")
    sans_cloture = [";".join(ligne.split(";")[:-1]) for ligne in lignes if ligne]
    extrait.octets = "\n".join([entete, *sans_cloture]).encode()
    extrait.verite["signalements"]["date_cloture"] = ""
    confirmer(correspondre(extrait.deposer(tmp_path / "brut"), config).ecrit)
    comparer(extrait, verifier(config))


def test_un_gabarit_rempli_de_ses_exemples_se_lit(tmp_path):
    """Chaque table a son classeur : l'en-tête du format, verrouillé, ses listes, et des exemples qui s'acceptent."""
    schemas = lire_schemas(SCHEMAS)
    ecrits = ecrire_gabarits(schemas, tmp_path)
    octets = [chemin.read_bytes() for chemin in ecrits]
    assert octets == [chemin.read_bytes() for chemin in ecrire_gabarits(schemas, tmp_path / "encore")]
    for chemin in ecrits:
        classeur = openpyxl.load_workbook(chemin)
        schema = schemas[chemin.stem.removesuffix("_gabarit")]
        feuille = classeur[schema.nom]
        assert [c.value for c in feuille[1]] == schema.colonnes
        assert feuille.protection.sheet
        assert all(c.protection.locked for c in feuille[1])
        assert not feuille.column_dimensions["A"].protection.locked
        listes = {v.formula1.strip('"') for v in feuille.data_validations.dataValidation}
        assert listes == {",".join(c.admises) for c in schema.champs.values() if c.admises}
        for champ in schema.champs.values():
            lue, fautes = convertir(pd.Series([exemple(champ)], dtype="str"), champ)
            assert not fautes.any()
            assert colonne_conforme(lue, champ)


def test_une_colonne_sans_nom_se_dit_meme_a_cote_d_une_constante(tmp_path):
    chemin = tmp_path / "immeubles_gbh.csv"
    chemin.write_text("Code;;Résidence\nA;12;Tour\nB;13;Barre\n", encoding="utf-8")
    schema = lire_schemas(SCHEMAS)["immeubles"]
    ecrites = {
        "id_immeuble": {"colonne": "Code"},
        "bailleur": {"constante": "gbh"},
        "libelle": {"colonne": "Résidence"},
    }
    ecrit = FichierEcrit.model_validate(
        {"fichier": "immeubles", "tables": {"immeubles": ecrites}}, context={"champs": {"immeubles": schema.champs}}
    )
    fichier = Fichier(chemin, chemin.name, 2010, "gbh", "immeubles")
    lire_a_travers(fichier, ecrit, schema)
    assert fichier.avertissements["message"].str.contains("n° 2").tolist() == [True]

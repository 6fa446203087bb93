"""``data/suivi/actions.csv`` : ce qui est lu, ce qui est refusé, et ce que lit qui l'a écrit."""

from __future__ import annotations

import csv
import json
import shutil

import pandas as pd
import pytest
from atelier_suivi import ENTETE, Suivi, du_quartier, identifiant
from fabrique import RACINE
from semeur import TOUS
from textes_hostiles import presents

from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.fichiers import lire_fichier
from observatoire.schemas import lire_schema
from observatoire.sujets.alertes.calcul.actions import COLONNES, lire_actions

PLANOISE = identifiant("quartier", "planoise")
COLONNES_ECRITES = ENTETE.split(";")
BONNE = ";quartier;planoise;apl;10/02/2011;gbh;travaux;programme_travaux;engager;en_cours;01/09/2011"


def refus(suivi: Suivi) -> str:
    with pytest.raises(ErreurConfiguration) as erreur:
        lire_actions(suivi.config, suivi.jalons)
    return str(erreur.value)


def test_une_action_se_lit_par_sa_cle_ou_par_son_dossier(tmp_path):
    suivi = Suivi(tmp_path)
    suivi.ecrire(BONNE, f"{PLANOISE};;;;2008-03-04;ville;;;designer_pilote;;")
    lues = lire_actions(suivi.config, suivi.jalons)
    assert lues.avertissements == ()
    assert list(lues.table) == COLONNES
    assert lues.table["dossier"].tolist() == [PLANOISE, PLANOISE]
    assert lues.table["trimestre"].tolist() == ["2008-T1", "2011-T1"]  # par date, quel que soit l'ordre du fichier
    assert lues.table["pilote"].tolist() == ["ville", "gbh"]
    assert lues.table["date_effet"].tolist() == [pd.NaT, pd.Timestamp("2011-09-01")]


@pytest.mark.parametrize(("separateur", "encodage"), [(";", "utf-8-sig"), (";", "latin-1"), (",", "utf-8")])
def test_les_ecritures_des_depots_sont_lues(tmp_path, separateur, encodage):
    suivi = Suivi(tmp_path)
    lignes = (ligne.replace(";", separateur) for ligne in (ENTETE, BONNE))
    suivi.ecrire(*list(lignes)[1:], entete=ENTETE.replace(";", separateur), encodage=encodage)
    assert len(lire_actions(suivi.config, suivi.jalons).table) == 1


def test_un_classeur_est_lu_mais_pas_deux_fichiers(tmp_path):
    suivi = Suivi(tmp_path)
    lignes = pd.DataFrame([BONNE.split(";")], columns=ENTETE.split(";"))
    lignes.to_excel(suivi.dossier / "actions.xlsx", index=False, engine="openpyxl")
    assert lire_actions(suivi.config, suivi.jalons).table["dossier"].tolist() == [PLANOISE]
    suivi.ecrire()
    assert refus(suivi) == (
        "actions.csv et actions.xlsx : le suivi des alertes est donné deux fois. Garder un seul fichier."
    )


def test_sans_fichier_ou_sans_ligne_il_n_y_a_pas_d_action(tmp_path):
    suivi = Suivi(tmp_path)
    for vide in (lire_actions(suivi.config, suivi.jalons), suivi.ecrire() and lire_actions(suivi.config, suivi.jalons)):
        assert vide.table.empty
        assert list(vide.table) == COLONNES
        assert vide.avertissements == ()


def test_le_refus_tel_que_le_lit_qui_a_ecrit_le_fichier(tmp_path):
    """Tout est dit d'un coup, ligne par ligne : où, quoi, et quoi écrire."""
    suivi = Suivi(tmp_path)
    suivi.ecrire(
        ";quartier;planoise;apl;10/02/2011;gbh;travaux;pill;engager;en_cours;01/09/2010",
        ";quartier;battant;impayes_3_mois;10/02/2011;;;;examiner;;",
        f"{PLANOISE};;;;hier;ville;;;engager;;",
    )
    assert refus(suivi) == (
        "data/suivi/actions.csv : fichier refusé, 6 problèmes.\n\n"
        "ligne 2, colonne « outil » : « pill » n'est pas une valeur admise.\n"
        "    Valeurs admises : pil, pdalpd, prevention_expulsions, decohabitation, logement_adapte, mutation, "
        "commission_attribution, gestion_proximite, programme_travaux, autre. La plus proche : pil.\n"
        "ligne 2, colonne « date_effet » : la décision s'appliquerait avant d'être prise.\n"
        "    Écrire une date d'effet égale ou postérieure à la date, ou laisser vide.\n"
        "ligne 3 : aucune alerte n'a été ouverte pour ce niveau, ce territoire et cet indicateur : "
        "« quartier battant impayes_3_mois ».\n"
        "    Le registre (publie/partenaires/dossiers.csv) donne le dossier, le niveau, le territoire et l'indicateur. "
        "Si un dépôt corrigé a fait disparaître l'alerte, retirer la ligne.\n"
        "ligne 4, colonne « date » : une valeur non affichée n'est pas une date.\n"
        "    Écrire la date JJ/MM/AAAA ou AAAA-MM-JJ.\n"
        "ligne 4, colonne « reponse » : la décision engage une réponse, qui n'est pas dite.\n"
        "    Écrire laquelle : attributions, dysfonctionnements, travaux ou accompagnement.\n"
        "ligne 4, colonne « issue » : la décision engage une réponse, dont on ne dit pas où elle en est.\n"
        "    Écrire a_venir, en_cours, realisee, realisee_en_partie ou non_realisee.\n\n"
        "Aucune action de ce fichier n'a été utilisée."
    )


@pytest.mark.parametrize("colonne", range(len(COLONNES_ECRITES)), ids=COLONNES_ECRITES)
def test_un_texte_hostile_est_refuse_sans_etre_redit(tmp_path, colonne):
    """Aucune colonne n'est libre : un texte venu d'ailleurs s'arrête ici, et le message n'en cite rien."""
    suivi = Suivi(tmp_path)
    lignes = [BONNE.split(";") for _ in TOUS]
    for ligne, texte in zip(lignes, TOUS, strict=True):
        ligne[colonne] = texte
    with (suivi.dossier / "actions.csv").open("w", encoding="utf-8", newline="") as flux:
        csv.writer(flux, delimiter=";").writerows([COLONNES_ECRITES, *lignes])
    message = refus(suivi)
    assert not presents(message), message
    suivi.ecrire(BONNE, entete=ENTETE + f';"{TOUS[0]}"')
    assert not presents(refus(suivi))


@pytest.mark.parametrize(
    ("ligne", "attendu"),
    [
        (";;;;10/02/2011;;;;examiner;;", "ligne 2 : l'alerte visée n'est pas dite."),
        (";quartier;;apl;10/02/2011;;;;examiner;;", "ligne 2 : l'alerte visée n'est dite qu'à moitié."),
        (";ville;planoise;apl;10/02/2011;;;;examiner;;", "colonne « niveau » : « ville » n'est pas"),
        (
            "zzzzzzzzzzzz;;;;10/02/2011;;;;examiner;;",
            "colonne « dossier » : ce n'est pas un dossier du registre : « zzzzzzzzzzzz ».",
        ),
        (f"{PLANOISE};quartier;battant;apl;10/02/2011;;;;examiner;;", "ce dossier n'est pas celui de ce niveau"),
        (f"{PLANOISE};;;;10/02/2011;;;;;;", "ligne 2, colonne « decision » : valeur absente."),
        (f"{PLANOISE};;;;;;;;examiner;;", "ligne 2, colonne « date » : valeur absente."),
        (f"{PLANOISE};;;;31/02/2011;;;;examiner;;", "« 31/02/2011 » n'est pas une date."),
        (f"{PLANOISE};;;;31/12/2007;;;;examiner;;", "l'action est antérieure à l'ouverture de l'alerte (2008-T1)."),
        (
            f"{PLANOISE};;;;10/02/2011;sne;;;examiner;;",
            "« sne » n'est pas une valeur admise.\n    Valeurs admises : gbh, neolia, adoma, ville, ccas.",
        ),
        (f"{PLANOISE};;;;10/02/2011;;;;designer_pilote;;", "aucun pilote n'est désigné."),
        (f"{PLANOISE};;;;10/02/2011;gbh;;;decharger_pilote;;", "un pilote déchargé n'est plus à écrire."),
        (f"{BONNE}\n{BONNE}", "ligne 3 : la même action est déjà écrite plus haut."),
        (f"{BONNE};et plus", "ligne 2 : 12 valeurs au lieu de 11."),
    ],
)
def test_une_action_mal_ecrite_est_refusee(tmp_path, ligne, attendu):
    suivi = Suivi(tmp_path)
    suivi.ecrire(ligne)
    message = refus(suivi)
    assert attendu in message, message


def test_une_alerte_resolue_ou_en_vigilance_se_suit_encore(tmp_path):
    suivi = Suivi(tmp_path, du_quartier(planoise="AVVV", battant="ACCC"))
    suivi.ecrire(BONNE, BONNE.replace("planoise", "battant"))
    assert len(lire_actions(suivi.config, suivi.jalons).table) == 2


# Une situation individuelle n'entre pas ----------------------------------------------------------------------

SUSPECTES = ["Mme Durand", "Durand", "la famille du 3e", "enceinte de 6 mois", "jean.durand@exemple.fr", "0381424344"]


@pytest.mark.parametrize("suspecte", SUSPECTES)
@pytest.mark.parametrize("rang", range(11))
def test_une_valeur_hors_des_listes_est_refusee_sans_etre_redite(tmp_path, suspecte, rang):
    suivi = Suivi(tmp_path)
    cellules = BONNE.split(";")
    cellules[rang] = suspecte
    suivi.ecrire(";".join(cellules))
    message = refus(suivi)
    assert f"colonne « {ENTETE.split(';')[rang]} »" in message or "aucune alerte n'a été ouverte" in message
    assert not [mot for mot in suspecte.split() if len(mot) > 3 and mot in message], message
    assert "0381424344" not in message


@pytest.mark.parametrize("nom", ["observations", "commentaire", "Mme Durand", "adresse"])
def test_une_colonne_libre_est_refusee_avec_sa_raison(tmp_path, nom):
    suivi = Suivi(tmp_path)
    suivi.ecrire(f"{BONNE};locataire en difficulté", entete=f"{ENTETE};{nom}")
    message = refus(suivi)
    cite = f"« {nom} »" if nom in ("observations", "commentaire") else "n° 12"
    assert f"La colonne {cite} n'est pas prévue.\n    Supprimer cette colonne." in message
    assert "une situation individuelle pourrait y entrer ; elle se traite au PIL." in message
    assert "Durand" not in message
    assert "difficulté" not in message


def test_une_colonne_interdite_est_refusee_a_vue(tmp_path):
    suivi = Suivi(tmp_path)
    suivi.ecrire(f"{BONNE};", entete=f"{ENTETE};nom_locataire")
    assert "La colonne « nom_locataire » est interdite (identité)." in refus(suivi)


def test_une_colonne_mal_nommee_est_corrigee(tmp_path):
    suivi = Suivi(tmp_path)
    suivi.ecrire(BONNE, entete=ENTETE.replace("territoire", "teritoire"))
    assert "La colonne « teritoire » n'est pas prévue.\n    Écrire « territoire »." in refus(suivi)


def test_aucune_colonne_du_schema_n_est_libre():
    """Énumérée, date, ou code que la lecture confronte au registre ou à la configuration."""
    schema = lire_schema(RACINE / "data" / "schemas" / "suivi" / "actions.json")
    libres = {n for n, c in schema.champs.items() if c.type == "string" and not c.admises}
    assert libres == {"dossier", "territoire", "indicateur", "pilote"}
    for champ in json.loads((RACINE / "data/schemas/suivi/actions.json").read_text("utf-8"))["fields"]:
        assert list(champ.get("libelles", {})) == champ.get("constraints", {}).get("enum", [])


# Le trimestre de l'édition -----------------------------------------------------------------------------------


def test_une_action_d_apres_l_edition_attend_la_suivante(tmp_path):
    suivi = Suivi(tmp_path)
    suivi.ecrire(BONNE, BONNE.replace("10/02/2011", "15/05/2011"), BONNE.replace("10/02/2011", "16/05/2011"))
    lues = lire_actions(suivi.config, suivi.jalons)
    assert lues.table["date"].tolist() == [pd.Timestamp("2011-02-10")]
    assert lues.avertissements == (
        "lignes 3 et 4 : 2 actions sont datées d'après le trimestre de l'édition (2011-T1) et n'y paraissent pas. "
        "Pour les montrer, écrire « trimestre: 2011-T2 » sous « edition » dans observatoire.yml.",
    )


def test_le_trimestre_avance_l_action_parait(tmp_path):
    suivi = Suivi(tmp_path, trimestre="2011-T2")
    suivi.ecrire(BONNE.replace("10/02/2011", "15/05/2011"))
    lues = lire_actions(suivi.config, suivi.jalons)
    assert (len(lues.table), lues.avertissements) == (1, ())


def test_le_meme_fichier_sert_a_une_edition_d_avant(tmp_path):
    """L'édition de 2008-T1 ne connaît pas encore l'alerte que vise une action de 2011 : ce n'est pas une faute."""
    suivi = Suivi(tmp_path, du_quartier(planoise="C"), annees=[2007])
    suivi.ecrire(BONNE)
    lues = lire_actions(suivi.config, suivi.jalons)
    assert lues.table.empty
    assert len(lues.avertissements) == 1


# Ce que le dépôt livre ---------------------------------------------------------------------------------------


def test_le_fichier_livre_n_a_que_son_en_tete(tmp_path):
    suivi = Suivi(tmp_path)
    shutil.copy(RACINE / "data" / "suivi" / "actions.csv", suivi.dossier)
    assert lire_actions(suivi.config, suivi.jalons).table.empty


def test_l_exemple_du_mode_d_emploi_se_lit(tmp_path):
    """Les lignes de docs/suivi.md sont justes : recopiées, elles sont acceptées."""
    texte = (RACINE / "docs" / "suivi.md").read_text(encoding="utf-8")
    bloc = texte.split("```csv\n")[1].split("```")[0]
    suivi = Suivi(tmp_path, du_quartier(planoise="CAAC"))
    (suivi.dossier / "actions.csv").write_text(bloc, encoding="utf-8")
    assert len(lire_fichier(suivi.dossier / "actions.csv", [ENTETE.split(";")]).cadre) == 4
    assert lire_actions(suivi.config, suivi.jalons).table["decision"].tolist() == [
        "designer_pilote", "engager", "poursuivre", "arreter",
    ]  # fmt: skip

"""Ce que chaque public lit du suivi, et le bilan du trimestre."""

from __future__ import annotations

import pandas as pd
import pytest
from atelier_suivi import Suivi, alertes, identifiant

from observatoire.erreurs import ErreurConfiguration
from observatoire.rangement import lire_publiee
from observatoire.sujets.alertes.calcul.dossiers import dresser
from observatoire.sujets.alertes.calcul.suivi import ecrire_les_actions, publier_suivi
from observatoire.sujets.alertes.vue.bilan import bilan_du_trimestre
from observatoire.tables import publiees

SERIES = {
    ("quartier", "planoise", "apl"): "AAAA",
    ("quartier", "battant", "apl"): "CCAC",
    ("secteur", "planoise-1", "apl"): "CCCA",
    ("secteur", "battant-1", "apl"): "AACA",
    ("immeuble", "gbh:I-1", "apl"): "CAAA",
    ("immeuble", "gbh:I-2", "apl"): "AAAC",
    ("quartier", "bregille", "apl"): "CCCC",
}
QUARTIERS = {"planoise-1": "planoise", "battant-1": "battant", "gbh:I-1": "planoise", "gbh:I-2": "battant"}
LIGNES = (
    ";quartier;battant;apl;10/02/2010;ville;accompagnement;prevention_expulsions;engager;en_cours;",
    ";quartier;battant;apl;10/09/2010;ville;accompagnement;prevention_expulsions;arreter;realisee;",
    ";secteur;planoise-1;apl;10/01/2011;neolia;;;designer_pilote;;",
    ";immeuble;gbh:I-1;apl;10/01/2011;gbh;travaux;programme_travaux;engager;realisee;",
    ";immeuble;gbh:I-2;apl;10/01/2010;gbh;travaux;programme_travaux;engager;en_cours;",
)


@pytest.fixture
def suivi(tmp_path):
    """Un suivi calculé, dans ``prepare``."""
    suivi = Suivi(tmp_path, alertes(SERIES))
    suivi.ecrire(*LIGNES)
    prepare = suivi.config.chemin("prepare")
    prepare.mkdir(parents=True)
    suivi.alertes.to_parquet(prepare / "alertes.parquet")
    return suivi


def lues(suivi: Suivi, public: str, *cachees: tuple[int, str]) -> pd.DataFrame:
    """Les alertes qu'un public lit ; ``cachees`` : (année, territoire)."""
    table = suivi.alertes.assign(statut="publie", quartier=suivi.alertes["territoire"].map(QUARTIERS))
    table = table[table["niveau"].ne("immeuble")] if public == "publique" else table
    cache = pd.MultiIndex.from_frame(table[["annee", "territoire"]]).isin(cachees)
    return table.assign(statut=table["statut"].mask(cache, "c"), verdict=table["verdict"].mask(cache))


def publier(suivi: Suivi, public: str, *cachees: tuple[int, str]) -> dict[str, pd.DataFrame]:
    """Les fichiers publiés, relus comme une page les relit."""
    ecrire_les_actions(suivi.config)
    dossier = suivi.config.fichier.parent / public
    publier_suivi(suivi.config, lues(suivi, public, *cachees), public, dossier)
    return {f.stem: lire_publiee(publiees()[f.stem], dossier) for f in dossier.glob("*.csv")}


def test_le_calcul_verifie_et_compte_les_actions(suivi):
    assert ecrire_les_actions(suivi.config) == ("actions : 5", ())
    suivi.ecrire(";quartier;velotte;apl;10/02/2010;ville;;;examiner;;")
    with pytest.raises(ErreurConfiguration, match="ligne 2 : aucune alerte n'a été ouverte"):
        ecrire_les_actions(suivi.config)


def test_une_alerte_que_le_bruit_fait_disparaitre_ne_se_sait_qu_a_la_publication(suivi):
    """Évaluée, elle peut être une alerte : le calcul l'accepte ; les partenaires ne la lisent pas : elle est refusée,
    avec sa ligne."""
    suivi.ecrire(*LIGNES, ";quartier;bregille;apl;10/02/2010;ville;;;examiner;;")
    assert ecrire_les_actions(suivi.config)[0] == "actions : 6"
    assert "bregille" not in set(publier(suivi, "publique")["dossiers"]["territoire"])
    with pytest.raises(ErreurConfiguration) as refus:
        publier(suivi, "partenaires")
    assert "actions.csv : fichier refusé, 1 problème." in str(refus.value)
    assert "ligne 7, colonne « dossier » : ce n'est pas un dossier du registre" in str(refus.value)


def test_une_action_d_avant_l_ouverture_publiee_est_refusee_aux_partenaires(suivi):
    suivi.ecrire(";quartier;battant;apl;10/02/2008;ville;;;examiner;;")
    ecrire_les_actions(suivi.config)
    with pytest.raises(ErreurConfiguration, match=r"ligne 2, .* antérieure à l'ouverture de l'alerte \(2010-T1\)"):
        publier(suivi, "partenaires")


def test_les_partenaires_lisent_tout(suivi):
    tables = publier(suivi, "partenaires")
    dossiers = tables["dossiers"].set_index("territoire")
    assert set(dossiers.index) == {cle[1] for cle in SERIES} - {"bregille"}
    assert dossiers["statut"].eq("publie").all()
    assert dossiers["quartier"].to_dict() == QUARTIERS | {"planoise": "planoise", "battant": "battant"}
    assert dossiers.index[0] == "planoise"  # sans pilote depuis treize trimestres
    assert dossiers.loc["planoise", "trimestres_sans_pilote"] == 13
    assert dossiers.loc["gbh:I-1", "pilote"] == "gbh"
    assert len(tables["actions"]) == len(LIGNES)
    libelles = tables["libelles_du_suivi"].set_index(["colonne", "code"])["libelle"]
    assert libelles["outil", "prevention_expulsions"] == "prévention des expulsions"
    assert libelles["pilote", "ville"] == "Ville de Besançon"


def test_une_alerte_resolue_montre_ce_qui_avait_ete_fait(suivi):
    tables = publier(suivi, "partenaires")
    battant = tables["dossiers"].set_index("territoire").loc["battant"]
    assert (battant["etat"], battant["resolution"], battant["pilote"]) == ("resolue", "2011-T1", "ville")
    siennes = tables["actions"][tables["actions"]["dossier"].eq(battant["dossier"])]
    assert siennes["decision"].tolist() == ["engager", "arreter"]
    assert siennes["issue"].tolist() == ["en_cours", "realisee"]


def test_le_grand_public_ne_lit_ni_immeuble_ni_pilote(suivi):
    tables = publier(suivi, "publique")
    assert set(tables["dossiers"]["niveau"]) == {"quartier", "secteur"}
    assert not {"pilote", "trimestres_sans_pilote", "date", "decision", "date_effet"} & {
        *tables["dossiers"],
        *tables["actions"],
    }
    assert list(tables["actions"]) == ["dossier", "trimestre", "reponse", "outil", "issue"]
    immeuble = identifiant("immeuble", "gbh:I-1")
    assert immeuble not in {*tables["dossiers"]["dossier"], *tables["actions"]["dossier"]}
    texte = "".join(f.read_text("utf-8") for f in (suivi.config.fichier.parent / "publique").glob("*.csv"))
    assert not [mot for mot in ("gbh", "neolia", "pilote", "2010-02-10", "ville") if mot in texte]


def test_l_ordre_public_ne_dit_pas_qui_n_a_pas_de_pilote(suivi):
    """Les mêmes alertes, pilotées ou non, se lisent dans le même ordre."""
    avant = publier(suivi, "publique")["dossiers"]
    suivi.ecrire()
    pd.testing.assert_frame_equal(publier(suivi, "publique")["dossiers"], avant)


@pytest.mark.parametrize(
    ("annee", "attendu"),
    [
        (2007, ("resolue", "2010-T1", "2011-T1", 1)),  # CCAC : rien ne change, elle s'ouvre en 2010
        (2010, ("persistante", "2010-T1", "", 1)),  # on ne résout pas ce que l'on ne sait pas
        (2009, None),  # sa seule alerte
    ],
)
def test_une_annee_cachee_est_une_annee_que_l_on_ne_connait_pas(suivi, annee, attendu):
    tables = publier(suivi, "publique", (annee, "battant"))
    dossiers = tables["dossiers"].astype({"resolution": object}).fillna({"resolution": ""}).set_index("territoire")
    if attendu is None:
        assert "battant" not in dossiers.index
        assert identifiant("quartier", "battant") not in set(tables["actions"]["dossier"])
    else:
        assert tuple(dossiers.loc["battant", ["etat", "ouverture", "resolution", "annees"]]) == attendu
        assert dossiers.loc["battant", "dossier"] == identifiant("quartier", "battant")


def test_ce_qui_manque_ne_depend_que_de_ce_qui_est_publie(suivi):
    """Deux villes que seul un verdict caché distingue donnent au public les mêmes fichiers."""
    cachee = (2008, "planoise")
    premiers = publier(suivi, "publique", cachee)["dossiers"]
    autre = suivi.alertes["annee"].eq(2008) & suivi.alertes["territoire"].eq("planoise")
    suivi.alertes = suivi.alertes.assign(verdict=suivi.alertes["verdict"].mask(autre, "conforme"))
    suivi.alertes.to_parquet(suivi.config.chemin("prepare") / "alertes.parquet")
    pd.testing.assert_frame_equal(publier(suivi, "publique", cachee)["dossiers"], premiers)


def test_chaque_public_a_le_registre_de_ce_qu_il_lit(suivi):
    """Une année cachée au grand public seulement : deux registres, le même code."""
    public = publier(suivi, "publique", (2010, "battant"))["dossiers"].set_index("territoire").loc["battant"]
    partenaires = publier(suivi, "partenaires")["dossiers"].set_index("territoire").loc["battant"]
    assert (public["etat"], partenaires["etat"]) == ("persistante", "resolue")
    assert public["dossier"] == partenaires["dossier"]


# Le bilan du trimestre ---------------------------------------------------------------------------------------


def test_la_note_trimestrielle_dit_ce_qui_a_change_et_ce_qu_il_faut_decider(suivi):
    tables = publier(suivi, "partenaires")
    bilan = bilan_du_trimestre(tables["dossiers"], tables["actions"], "2011-T1")
    noms = {nom: liste["territoire"].tolist() for nom, liste in bilan.listes.items()}
    assert noms == {
        "nouvelles": ["planoise-1"],
        "rouvertes": ["battant-1"],
        "persistantes": ["planoise", "gbh:I-1"],
        "resolues": ["battant", "gbh:I-2"],
        "sans_pilote": ["planoise"],
        "a_decider": ["planoise", "battant-1", "planoise-1", "gbh:I-1", "gbh:I-2"],
    }
    motifs = bilan.listes["a_decider"].set_index("territoire")["motif"].to_dict()
    assert motifs == {
        "planoise": "sans_pilote", "battant-1": "sans_pilote", "planoise-1": "en_suspens", "gbh:I-1": "achevee",
        "gbh:I-2": "a_clore",
    }  # fmt: skip
    assert bilan.comptes == {
        "nouvelles": 1, "rouvertes": 1, "persistantes": 2, "resolues": 2, "sans_pilote": 1, "a_decider": 5,
    }  # fmt: skip


def test_une_resolution_d_avant_n_est_plus_du_trimestre(suivi):
    ecrire_les_actions(suivi.config)
    actions = pd.read_parquet(suivi.config.chemin("prepare") / "actions.parquet")
    bilan = bilan_du_trimestre(dresser(suivi.alertes, actions, "2011-T2"), actions, "2011-T2")
    assert bilan.comptes["resolues"] == bilan.comptes["nouvelles"] == bilan.comptes["rouvertes"] == 0
    assert bilan.comptes["persistantes"] == 4


def test_le_bilan_public_ne_pretend_rien_savoir_des_pilotes(suivi):
    tables = publier(suivi, "publique")
    bilan = bilan_du_trimestre(tables["dossiers"], tables["actions"], "2011-T1")
    assert bilan.comptes == {"nouvelles": 1, "rouvertes": 1, "persistantes": 1, "resolues": 1}

"""Les écrits : une valeur s'y cite, un nombre exact n'y entre pas, et en changer un ne refait pas la protection."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest
from fabrique import VILLE, calculer_tout, configuration, ecrire_prepare, tenir_pour_calcule

from observatoire.chaine import Chaine
from observatoire.configuration import PUBLICS, lire_configuration
from observatoire.ecrits import Citables, Exactes, Lieu
from observatoire.ecrits.nombres import lire_les_nombres
from observatoire.erreurs import ErreurConfiguration
from observatoire.presentation.nombres import ecrire_ligne
from observatoire.publication import proteger, republier_les_ecrits
from observatoire.publie import Parution, lire_publie

#: Des comptes exacts dont le bruit s'écarte (voir :func:`_secret`) ; 38 ménages sous 40 % du plafond, sur 97.
TRANCHES = ["0-20"] * 38 + ["60-100"] * 59


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """Battant, 97 ménages, et Velotte, cinq ; deux années ; publiée pour les deux publics."""
    dossier = tmp_path_factory.mktemp("edition")
    config = configuration(dossier, edition={"annees": [2009, 2010]}, signataires=["Ville"])
    annees = {}
    for annee in (2009, 2010):
        lieux = ["battant"] * len(TRANCHES) + ["velotte"] * 5
        menages = [
            {"id_logement": f"gbh:{n}", "immeuble": "gbh:1", "quartier": lieu, "tranche_plafond": tranche}
            for n, (lieu, tranche) in enumerate(zip(lieux, [*TRANCHES, *["0-20"] * 5], strict=True))
        ]
        identites = [{c: m[c] for c in ("id_logement", "immeuble", "quartier")} for m in menages]
        annees[annee] = {"menages": menages, "logements": [i | {"occupation": "loue"} for i in identites]}
    ecrire_prepare(config, annees, [(a, "gbh", t) for a in annees for t in ("logements", "menages")])
    calculer_tout(config)
    tenir_pour_calcule(config)
    for public in PUBLICS:
        proteger(config, public)
    return dossier


@pytest.fixture
def atelier(edition, tmp_path):
    """L'édition, et un livre où écrire."""
    shutil.copytree(edition, tmp_path / "ville")
    return lire_configuration(tmp_path / "ville" / "observatoire.yml")


def _commenter(config, texte: str, nom: str = "2010/battant.md"):
    fichier = config.chemin("livre") / "book" / "commentaires" / nom
    fichier.parent.mkdir(parents=True, exist_ok=True)
    fichier.write_text(texte, encoding="utf-8")


def _tenir(config, texte: str, entete: str = "public: publique\n"):
    fichier = config.chemin("livre") / "book" / "gouvernance" / "2010-12-14-conference.md"
    fichier.parent.mkdir(parents=True, exist_ok=True)
    fichier.write_text(f"---\ngenre: conference\ndate: 2010-12-14\n{entete}---\n{texte}", encoding="utf-8")


def _publie(config):
    return lire_publie(2010, config.chemin("publie") / "publique")


def _secret(config) -> tuple[int, dict]:
    """Un compte exact de Battant que le bruit a déplacé, et la ligne publiée."""
    exacts = pd.read_parquet(config.chemin("prepare") / "indicateurs.parquet")
    exacts = exacts[
        exacts["niveau"].eq("quartier") & exacts["territoire"].eq("battant") & exacts["bailleur"].eq("tous")
    ]
    exacts = exacts[exacts["annee"].eq(2010)].set_index("indicateur")
    for code in ("moins_40_plafond", "moins_20_plafond", "moins_60_plafond", "plafond_60_100"):
        ligne = _publie(config).ligne(code, "quartier", "battant")
        if ligne["numerateur"] != exacts.loc[code, "numerateur"]:
            return int(exacts.loc[code, "numerateur"]), ligne
    raise AssertionError("le bruit n'a rien déplacé : changer les comptes de l'essai")


# --- citer une valeur


def test_une_reference_devient_la_valeur_publiee_mise_en_forme(atelier):
    _commenter(
        atelier, "Ici {{ valeur moins_40_plafond }}, contre {{valeur moins_40_plafond ville=25056 annee=2009}}.\n"
    )
    republier_les_ecrits(atelier, "publique")
    publie = _publie(atelier)
    texte = publie.commentaire(2010, "battant")
    lignes = [publie.ligne("moins_40_plafond", *lieu) for lieu in (("quartier", "battant"),)]
    lignes.append(publie.ligne("moins_40_plafond", "ville", VILLE, annee=2009))
    ecrites = [ecrire_ligne(r, publie.catalogue["moins_40_plafond"]) for r in lignes]
    assert texte == f"Ici {ecrites[0]}, contre {ecrites[1]}."
    assert re.search(r"\d,\d\u202f%", ecrites[0])


def test_une_valeur_cachee_se_dit_par_son_statut(atelier):
    _commenter(atelier, "{{ valeur moins_40_plafond }}", "2010/velotte.md")
    republier_les_ecrits(atelier, "publique")
    assert _publie(atelier).commentaire(2010, "velotte") == "c (secret)"


def test_un_compte_rendu_cite_la_derniere_annee_qui_ne_le_suit_pas(atelier):
    decision = "decisions: [{genre: organiser, texte: 'Constater {{ valeur nb_logements }}.'}]\npublic: publique\n"
    _tenir(atelier, "Le parc : {{ valeur nb_logements }}.", decision)
    republier_les_ecrits(atelier, "publique")
    publie = _publie(atelier)
    ecrit = ecrire_ligne(publie.ligne("nb_logements", "ville", VILLE), publie.catalogue["nb_logements"])
    assert publie.contenu.ecrit("seances/2010-12-14-conference.md") == f"Le parc : {ecrit}."
    assert publie.decisions["texte"].tolist() == [f"Constater {ecrit}."]


@pytest.mark.parametrize(
    ("reference", "faute"),
    [
        ("{{ valeur taux_de_bonheur }}", "« taux_de_bonheur » n'est pas un indicateur"),
        ("{{ valeur }}", "l'indicateur n'est pas dit. Écrire par exemple {{ valeur taux_vacance quartier="),
        ("{{valeur}}", "l'indicateur n'est pas dit"),
        ("{{ taux_vacance }}", "ce n'est pas une référence. Écrire {{ valeur taux_vacance }}."),
        ("{{ Valeur taux_vacance annee=2009 }}", "Écrire {{ valeur taux_vacance annee=2009 }}."),
        ("{{ valeurs taux_vacance }}", "Écrire {{ valeur taux_vacance }}."),
        ("{{ valeur taux_vacence }}", "Écrire {{ valeur taux_vacance }}."),
        ("{{ annee }}", "ce n'est pas une référence. Écrire par exemple"),
        ("{{ valeur apl }", "des accolades ne sont pas fermées"),
        ("{{ valeur apl quartier=batant }}", "« batant » n'est pas connu (quartier)"),
        ("{{ valeur apl annee=2020 }}", "Valeurs admises : 2009, 2010"),
        ("{{ valeur apl immeuble=gbh:1 }}", "« immeuble » n'est pas connu"),
        ("{{ valeur apl bailleur=neo }}", "Valeurs admises : tous, gbh, neolia, adoma"),
    ],
)
def test_une_reference_fausse_est_refusee_avec_sa_ligne(atelier, reference, faute):
    _commenter(atelier, f"Une phrase.\n\nUne autre : {reference}.\n")
    with pytest.raises(ErreurConfiguration) as refus:
        republier_les_ecrits(atelier, "publique")
    assert "commentaires/2010/battant.md, ligne 3 :" in str(refus.value)
    assert faute in str(refus.value)


# --- un nombre recopié à la main


def test_ce_qui_est_un_nombre_et_ce_qui_n_en_est_pas():
    lus = [n.texte for n in lire_les_nombres("En 2010, le 14 décembre, à 14 h 30, la 2e fois : 38 ménages sur 1 234.")]
    assert lus == ["38", "1 234"]
    assert not lire_les_nombres("1. L'article 14, la loi n° 2017-86, le 12/03/2010, un T4, moins_40_plafond, le 1er.")
    assert not lire_les_nombres("entre 60 et 100 % du plafond, sous 40 % des plafonds, 65 ans ou plus, réuni 6 fois")
    vrais = lire_les_nombres("60 ménages, 38 % du plafond, 100 % des baux, 38 ans, 60 et 97, 138 fois")
    assert [n.texte for n in vrais] == ["60", "38 %", "100 %", "38", "60", "97", "138"]
    assert not lire_les_nombres("Habitat 25 a 2 noms", ["Habitat 25 a 2 noms"])
    parts = lire_les_nombres("12,5 % ou 3 points, {{ valeur apl annee=2009 }}, [voir](page-7.html)")
    assert [(n.valeur, n.decimales, n.part) for n in parts] == [(12.5, 1, True), (3.0, 0, True)]


def test_un_compte_exact_non_publie_est_refuse_avec_ce_qu_il_faut_ecrire(atelier):
    exact, _ = _secret(atelier)
    _commenter(atelier, f"Rien à dire.\nIls sont {exact} à vivre de peu.\n")
    with pytest.raises(ErreurConfiguration) as refus:
        republier_les_ecrits(atelier, "publique")
    message = str(refus.value)
    assert f"commentaires/2010/battant.md, ligne 2 : « {exact} » est une valeur exacte" in message
    assert re.search(r"\{\{ valeur \w+.* \}\}", message)
    _commenter(atelier, "Ils sont {{ valeur moins_40_plafond }} à vivre de peu.\n")
    republier_les_ecrits(atelier, "publique")


def test_une_part_exacte_arrondie_est_refusee_et_celle_qui_parait_ne_l_est_pas(atelier):
    _, ligne = _secret(atelier)
    exacts = pd.read_parquet(atelier.chemin("prepare") / "indicateurs.parquet")
    cles = [exacts[c].eq(ligne[c]) for c in ("annee", "niveau", "territoire", "bailleur", "indicateur")]
    exacte = exacts[pd.concat(cles, axis=1).all(axis=1)]["valeur"].iloc[0]
    dites = {nom: f"{100 * v:.1f} %".replace(".", ",") for nom, v in (("exacte", exacte), ("parue", ligne["valeur"]))}
    assert dites["exacte"] != dites["parue"]
    _commenter(atelier, f"Soit {dites['exacte']} des ménages.")
    with pytest.raises(ErreurConfiguration, match="valeur exacte"):
        republier_les_ecrits(atelier, "publique")
    exactes = Exactes(atelier.chemin("prepare"), _publie(atelier).indicateurs.assign(variance=2.0))
    (parue,) = lire_les_nombres(dites["parue"])
    trouvee = exactes.reconnaitre(parue, [Lieu(2010, "quartier", "battant")])
    assert trouvee is None or trouvee["indicateur"] != ligne["indicateur"]


def test_un_lieu_nomme_compte_autant_que_celui_de_la_page(atelier):
    """Velotte, cinq ménages, est caché : la page de la ville qui le nomme ne peut pas en dire le nombre."""
    _commenter(atelier, "Velotte n'a que 5 ménages.", f"2010/{VILLE}.md")
    with pytest.raises(ErreurConfiguration, match=r"quartier=velotte"):
        republier_les_ecrits(atelier, "publique")


def test_le_code_d_un_lieu_n_est_pas_une_valeur(atelier):
    """« secteur planoise-3 impayes_3_mois », dans l'en-tête d'un compte rendu, cite une alerte et non trois ménages."""
    exact, _ = _secret(atelier)
    _commenter(atelier, f"Alerte examinée : secteur battant-{exact}.")
    republier_les_ecrits(atelier, "publique")
    _commenter(atelier, f"Alerte examinée : secteur battant, {exact}.")
    with pytest.raises(ErreurConfiguration, match="valeur exacte"):
        republier_les_ecrits(atelier, "publique")


def test_ce_qui_est_public_de_toute_facon_n_est_pas_un_secret(atelier):
    """102 logements : le fichier du RPLS le dit, et la valeur publiée est l'exacte ; 102 ménages, non."""
    publiees = _publie(atelier).indicateurs
    publiees = publiees.assign(variance=publiees["indicateur"].ne("nb_logements") * 2.0)
    (nombre,) = lire_les_nombres("102 logements")
    trouvee = Exactes(atelier.chemin("prepare"), publiees).reconnaitre(nombre, [Lieu(2010, "ville", VILLE)])
    assert trouvee is None or trouvee["indicateur"] != "nb_logements"


def test_un_compte_rendu_reserve_n_est_lu_que_pour_son_public(atelier):
    exact, _ = _secret(atelier)
    _tenir(atelier, f"À Battant, {exact} ménages.", "public: partenaires\n")
    republier_les_ecrits(atelier, "publique")
    with pytest.raises(ErreurConfiguration, match=r"gouvernance/2010-12-14-conference.md, ligne 6"):
        republier_les_ecrits(atelier, "partenaires")


def test_situer_un_commentaire(atelier):
    territoires = pd.DataFrame({"niveau": ["quartier"], "code": ["battant"], "nom": ["Battant"]})
    citables = Citables(atelier, pd.DataFrame(), territoires)
    assert citables.situer("battant", 2010) == Lieu(2010, "quartier", "battant")
    assert citables.situer("gbh", 2009) == Lieu(2009, "ville", VILLE, "gbh")
    assert citables.situer("revue", 2010) == Lieu(2010, "ville", VILLE)


# --- un écrit de plus ne refait pas la protection


def test_un_commentaire_ajoute_ne_refait_que_les_ecrits(atelier):
    chaine = Chaine(atelier)
    chaine.proteger("publique")
    dossier = atelier.chemin("publie") / "publique"
    avant = {f.name: f.read_bytes() for f in dossier.glob("*.csv")}
    _commenter(atelier, "Vu : {{ valeur moins_40_plafond }}.")
    chaine.proteger("publique")
    assert [libelle for libelle, *_ in chaine.journal.etapes] == ["protection", "écrits"]
    assert (dossier / "commentaires" / "2010" / "battant.md").is_file()
    assert {f.name: f.read_bytes() for f in dossier.glob("*.csv")} == avant
    _commenter(atelier, "{{ valeur rien }}")
    with pytest.raises(ErreurConfiguration):
        chaine.proteger("publique")
    (atelier.chemin("livre") / "book" / "commentaires" / "2010" / "battant.md").unlink()
    chaine.proteger("publique")
    assert (dossier / "indicateurs.csv").read_bytes() == avant["indicateurs.csv"]
    assert [nom for nom, *_ in chaine.journal.etapes].count("protection") == 1
    assert not (dossier / "commentaires" / "2010" / "battant.md").exists()


def test_republier_les_ecrits_rend_les_memes_octets_que_tout_publier(atelier):
    dossier = atelier.chemin("publie") / "publique"
    avant = {f.relative_to(dossier): f.read_bytes() for f in dossier.rglob("*") if f.is_file()}
    republier_les_ecrits(atelier, "publique")
    assert {f.relative_to(dossier): f.read_bytes() for f in dossier.rglob("*") if f.is_file()} == avant


def test_un_ecrit_refuse_laisse_l_edition_en_place(atelier):
    dossier = atelier.chemin("publie") / "publique"
    avant = {f.name: f.read_bytes() for f in dossier.glob("*.csv")}
    _commenter(atelier, "{{ valeur rien }}")
    with pytest.raises(ErreurConfiguration):
        republier_les_ecrits(atelier, "publique")
    assert {f.name: f.read_bytes() for f in dossier.glob("*.csv")} == avant


def test_ce_qui_ne_se_croise_pas_par_bailleur_est_secret_non_absent(atelier):
    """Dans l'édition publique, les ménages d'un quartier ne se croisent pas par bailleur : ce n'est pas un dépôt qui
    manque."""
    parution = Parution(_publie(atelier).indicateurs)
    cases = pd.DataFrame(
        {"annee": 2010, "niveau": "quartier", "territoire": ["battant", "bregille"], "bailleur": "gbh"}
    )
    assert parution.statuts(cases, indicateur="moins_40_plafond").tolist() == ["c", "nd"]
    assert parution.statuts(cases, indicateur="nb_logements").tolist() != ["c", "c"]

"""Le catalogue : chaque indicateur a sa fiche et ses cas, refaits à la main dans ``tests/cas``."""

from __future__ import annotations

import datetime
import inspect
import math
from pathlib import Path

import pandas as pd
import pytest
import yaml
from fabrique import RACINE, VILLE, tables

from observatoire import indicateurs
from observatoire.baremes import Bareme, Baremes, lire_baremes
from observatoire.catalogue import catalogue, indicateur, repartition
from observatoire.catalogue import declaration as declaration_des_indicateurs
from observatoire.catalogue.distributions import Quantile
from observatoire.configuration import TABLES as DEPOSEES
from observatoire.configuration import TABLES_TIREES
from observatoire.couverture import DIMENSIONS
from observatoire.erreurs import ErreurObservatoire

TABLES = (*DEPOSEES, *TABLES_TIREES)
CAS = Path(__file__).parent / "cas"
CATALOGUE = catalogue()
DECLARES = {i.groupe or code for code, i in CATALOGUE.items()}
BAREMES = lire_baremes(RACINE / "data" / "referentiels")
CLES_D_UN_CAS = {"nom", "annee", "bareme", "attendu", *TABLES}
PRECISION = 1e-6


def _cas():
    for fichier in sorted(CAS.glob("*.yml")):
        for cas in yaml.safe_load(fichier.read_text(encoding="utf-8")):
            yield pytest.param(fichier.stem, cas, id=f"{fichier.stem} : {cas['nom']}")


def _declarations(code: str) -> dict:
    """L'indicateur, ou toutes les modalités de la répartition, avec le parc et ce à quoi un écart se rapporte."""
    visees = {c: i for c, i in CATALOGUE.items() if code in (c, i.groupe)}
    references = {i.reference for i in visees.values() if i.reference}
    return {c: CATALOGUE[c] for c in ("nb_logements", *references, *visees)} if visees else {}


def _baremes(cas: dict) -> Baremes:
    depuis = datetime.date(1900, 1, 1)
    donnes = {
        code: Bareme(code, code, "", ({"depuis": depuis, "valeur": valeur},))
        for code, valeur in cas.get("bareme", {}).items()
    }
    return Baremes({**BAREMES.par_code, **donnes})


def _valeurs_par_quartier(cas: dict, declarations: dict) -> pd.DataFrame:
    """Le calcul de la bibliothèque, au niveau du quartier, quand le seul bailleur a tout déposé."""
    annee = cas.get("annee", 2010)
    preparees = tables({nom: cas.get(nom, []) for nom in TABLES}, annee)
    sommes, lues, sans_regle = indicateurs.sommer(preparees, annee, _baremes(cas))
    etats = pd.DataFrame("livre", index=pd.Index(["gbh"], name="bailleur"), columns=list(declarations))
    quartiers = pd.DataFrame({"quartier": list(cas["attendu"]), "bailleur": "gbh", "ville": VILLE, "connus": 1})
    parc = quartiers.reindex(columns=[*DIMENSIONS, "connus"])
    niveau = indicateurs.Croisement("quartier", "quartier")
    valeurs = indicateurs.evaluer(sommes, niveau, etats, parc, lues, sans_regle)
    return valeurs.set_index(["territoire", "indicateur"])


@pytest.mark.parametrize(("code", "cas"), list(_cas()))
def test_cas(code, cas, monkeypatch):
    assert set(cas) <= CLES_D_UN_CAS
    declarations = _declarations(code)
    assert declarations, f"tests/cas/{code}.yml ne correspond à aucun indicateur"
    monkeypatch.setattr(indicateurs, "catalogue", lambda: declarations)
    obtenues = _valeurs_par_quartier(cas, declarations)
    for quartier, attendu in cas["attendu"].items():
        en_modalites = attendu if code not in CATALOGUE else {None: attendu}
        for modalite, mesures in en_modalites.items():
            obtenue = obtenues.loc[(quartier, f"{code}_{modalite}" if modalite else code)]
            assert "valeur" in mesures
            for mesure, valeur in mesures.items():
                assert _egales(obtenue[mesure], valeur), f"{quartier}, {modalite or code}, {mesure}"


def _egales(obtenue, attendue) -> bool:
    if isinstance(attendue, str):
        return obtenue == attendue
    if attendue is None:
        return pd.isna(obtenue)
    return math.isclose(obtenue, attendue, rel_tol=PRECISION, abs_tol=PRECISION)


def test_chaque_indicateur_a_un_cas_et_chaque_cas_un_indicateur():
    assert {fichier.stem for fichier in CAS.glob("*.yml")} == DECLARES


@pytest.mark.parametrize("code", [code for code, i in CATALOGUE.items() if i.groupe])
def test_chaque_modalite_figure_dans_un_cas(code):
    declaration = CATALOGUE[code]
    cas = yaml.safe_load((CAS / f"{declaration.groupe}.yml").read_text(encoding="utf-8"))
    vues = {str(m) for c in cas for modalites in c["attendu"].values() for m in modalites}
    assert code.removeprefix(f"{declaration.groupe}_") in vues


@pytest.mark.parametrize("code", CATALOGUE)
def test_chaque_fiche_cite_sa_reference(code):
    fiche = CATALOGUE[code].fiche
    assert "**Référence.** " in fiche
    assert len(fiche.splitlines()[0]) > 20


def test_chaque_indicateur_se_cherche_sous_d_autres_mots_que_son_nom():
    assert not [code for code, declaration in CATALOGUE.items() if not declaration.synonymes]


def test_le_catalogue_couvre_les_familles():
    assert len(CATALOGUE) >= 30
    assert [*dict.fromkeys(i.famille for i in CATALOGUE.values())] == [
        "Parc", "Vacance et mobilité", "Occupation", "Difficultés", "Demande et attributions", "Production",
    ]  # fmt: skip


def _fonction(corps, nom="essai", module="observatoire.catalogue.parc", fiche="Une fiche."):
    corps.__name__, corps.__module__, corps.__doc__ = nom, module, fiche
    return corps


def _essai(logements):
    return logements["dpe"].eq("A"), logements["dpe"].notna()


def _interdite(logements):
    return logements["nationalite"].eq("A"), logements["dpe"].notna()


def _autre_argument(menages):
    return (menages["apl"].eq("oui"),)


MEDIANE = Quantile(ordre=0.5, pas=1, plafond=9)
JUSTE = {"libelle": "Essai", "numerateur": "a", "denominateur": "b", "table": "logements", "source": "RPLS"}


@pytest.mark.parametrize(
    ("corps", "options", "autour", "message"),
    [
        (_essai, {"table": "maisons"}, {}, "table inconnue"),
        (_essai, {}, {"fiche": None}, "la fiche"),
        (_essai, {}, {"module": "observatoire.catalogue.divers"}, "n'est pas une famille"),
        (_essai, {}, {"nom": "taux_vacance"}, "déjà déclaré"),
        (_essai, {"nature": "mediane"}, {}, "nature « mediane » inconnue ; .*proportion .score de Wilson"),
        (_essai, {"nature": "indice"}, {}, "et eux seuls, dit lequel"),
        (_essai, {"nature": "indice", "distribution": MEDIANE}, {}, "et eux seuls, dit lequel"),
        (_essai, {"distribution": MEDIANE}, {}, "et eux seuls, dit lequel"),
        (_essai, {"nature": "quantile", "distribution": MEDIANE, "dans": "x"}, {}, "« quantile » n'est pas une part"),
        (_essai, {"sens": "haut"}, {}, "sens « haut » inconnu : hausse, baisse, neutre"),
        (_essai, {"denominateur": None}, {}, "seul un effectif"),
        (_essai, {"nature": "ecart"}, {}, "a une référence"),
        (_essai, {"reference": "taux_vacance"}, {}, "a une référence"),
        (_essai, {"nature": "ecart", "reference": "taux_vacanse"}, {}, "n'est pas déclarée"),
        (_interdite, {}, {}, "variable interdite"),
        (_autre_argument, {}, {}, "ses arguments doivent être"),
    ],
)
def test_une_declaration_mal_faite_est_refusee(corps, options, autour, message):
    with pytest.raises(ValueError, match=message):
        indicateur(**{**JUSTE, **options})(_fonction(corps, **autour))
    assert "essai" not in catalogue()


def _fusion(logements):
    return logements.merge(logements)["dpe"].eq("A"), logements["dpe"].notna()


def _tableau(logements):
    return logements[["dpe"]], logements["dpe"].notna()


def _scalaire(logements):
    return 1, logements["dpe"].notna()


def _seule(logements):
    return logements["dpe"].eq("A")


def _d_une_autre(attributions, logements):
    return logements["dpe"].eq("A"), logements["dpe"].notna()


def _masque(attributions, logements):
    retenus = logements["dpe"].notna()
    return attributions["id_logement"][retenus.to_numpy()].notna(), retenus


def _mal_nommee(logements):
    return logements["dep"].eq("A"), logements["dpe"].notna()


def _mauvais_type(logements):
    return logements["dpe"].dt.year.eq(2000), logements["dpe"].notna()


@pytest.mark.parametrize("remplies", [True, False], ids=["des lignes", "aucune ligne"])
@pytest.mark.parametrize(
    ("corps", "dit"),
    [
        (_fusion, "ce qui compte en haut n'a pas les lignes de sa table (une fusion ?)"),
        (_tableau, "ce qui compte en haut est un tableau entier"),
        (_scalaire, "ce qui compte en haut est un nombre ; c'est une colonne de « logements »"),
        (_seule, "elle rend une seule colonne ; écrire « return en_haut, en_bas »"),
        (
            _d_une_autre,
            "ce qui compte en haut est une colonne de « logements » ; c'est une colonne de « attributions »",
        ),
        (_masque, None),
        (_mal_nommee, "« dep » n'est pas une colonne du schéma « logements »"),
        (_mauvais_type, "Can only use .dt accessor"),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_une_fonction_fausse_se_dit_en_une_phrase(corps, dit, remplies, monkeypatch):
    """L'indicateur, sa table et sa ligne, même sans aucune donnée : c'est ainsi que la chaîne commence."""
    if corps is _masque and not remplies:
        pytest.skip("sans ligne, un masque a toujours la bonne longueur")
    monkeypatch.setattr(declaration_des_indicateurs, "_registre", {})
    lues = tuple(inspect.signature(corps).parameters)
    indicateur(**JUSTE | {"table": lues})(_fonction(corps))
    (essai,) = catalogue().values()
    lignes = {"logements": [{"dpe": "A"}, {"dpe": "B"}], "attributions": [{"id_logement": "L1"}]} if remplies else {}
    donnees = tables({nom: lignes.get(nom, []) for nom in TABLES})
    with pytest.raises(ErreurObservatoire) as erreur:
        essai.compter(donnees, lambda code: 0)
    phrase = str(erreur.value)
    assert phrase.startswith(f"indicateur « essai », table « {' et '.join(lues)} », test_catalogue.py, ligne ")
    assert dit is None or dit in phrase
    assert "\n" not in phrase
    premiere, lignes_du_corps = corps.__code__.co_firstlineno, len(inspect.getsource(corps).splitlines())
    assert premiere <= int(phrase.partition("ligne ")[2].partition(" ")[0]) <= premiere + lignes_du_corps


def test_une_repartition_mal_faite_est_refusee():
    options = {c: v for c, v in JUSTE.items() if c != "numerateur"} | {"modalites": {"a": "A"}}
    with pytest.raises(ValueError, match="la fiche"):
        repartition(**options)(_fonction(_essai, fiche=None))


def test_chaque_bareme_demande_par_le_catalogue_est_dans_le_referentiel():
    """Un code de barème mal écrit passerait sinon pour une donnée non disponible."""
    demandes = set()

    def bareme(code):
        demandes.add(code)
        return 0

    vides = tables({nom: [] for nom in TABLES})
    for declaration in CATALOGUE.values():
        declaration.compter(vides, bareme)
    assert demandes
    assert demandes <= set(BAREMES.par_code)

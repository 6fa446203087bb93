"""Les recettes de CONTRIBUTING : chacune ne touche que ce qu'elle nomme, et toutes ensemble font une édition."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from atelier import RACINE, ecrire_modeles
from atelier_lecture import CARRES, LIGNES, colonnes, contours, octets_csv
from fabrique import SansRenvoi
from petite_ville import garder_peu_de_bailleurs

NEUF, ANNEE = "neuf", 2010
GUIDE = (RACINE / "CONTRIBUTING.md").read_text(encoding="utf-8")
REPRIS = ("src/observatoire", "data/schemas", "data/referentiels", "book", "tests/cas")


def _inserer(fichier: Path, avant: str, texte: str) -> None:
    """Écrire ``texte`` devant la première ligne qui commence par ``avant``."""
    ecrit = fichier.read_text(encoding="utf-8")
    tete, trouve, suite = ecrit.partition(avant)
    assert trouve, (fichier.name, avant)
    fichier.write_text(tete + texte + trouve + suite, encoding="utf-8")


def _completer(fichier: Path, texte: str) -> None:
    fichier.parent.mkdir(parents=True, exist_ok=True)
    with fichier.open("a", encoding="utf-8") as suite:
        suite.write(texte)


def _regler(depot: Path, regler: Callable[[dict], None]) -> None:
    fichier = depot / "observatoire.yml"
    reglages = yaml.safe_load(fichier.read_text(encoding="utf-8"))
    regler(reglages)
    fichier.write_text(yaml.safe_dump(reglages, allow_unicode=True, sort_keys=False), encoding="utf-8")


# --- les recettes

INDICATEUR = '''

@indicateur(
    libelle="Part des grands logements",
    numerateur="logements de 80 m² et plus",
    denominateur="logements de surface connue",
    source="dépôts des bailleurs",
    table="logements",
)
def grands_logements(logements):
    r"""Part des logements d'au moins 80 m².

    $$ \\frac{G}{S} $$

    **Pièges.** La surface est celle que déclare le bailleur.

    **Référence.** Inventée pour l'occasion.
    """
    return logements["surface_m2"].ge(80), logements["surface_m2"].notna()
'''
CAS = """- nom: un logement de surface inconnue ne compte pas
  logements:
    - {quartier: battant, surface_m2: 90}
    - {quartier: battant, surface_m2: 40}
    - {quartier: battant}
  attendu:
    battant: {numerateur: 1, denominateur: 2, valeur: 0.5}
"""


def _ajouter_un_indicateur(depot: Path) -> None:
    _completer(depot / "src/observatoire/catalogue/parc.py", INDICATEUR)
    _completer(depot / "tests/cas/grands_logements.yml", CAS)


DECLARATION = """
PARUTIONS = Table(
    "parutions", PUBLIE, "combien de valeurs paraissent de chaque indicateur", PROTECTION,
    cles=(ANNEE, code("indicateur", "code de l'indicateur")),
    mesures=(entier("valeurs", "valeurs qui paraissent", "valeurs"),),
    de=(INDICATEURS_PUBLIES,), protection="calculée sur ce qui paraît",
)
"""
CALCUL = '''"""Ce que la recette ajoute."""


def compter_les_parutions(publiees):
    """Une ligne par année et par indicateur."""
    parues = publiees[publiees["statut"].eq("publie")]
    return parues.groupby(["annee", "indicateur"], observed=True).size().rename("valeurs").reset_index()
'''
APPEL = "    edition.ecrire(PARUTIONS, compter_les_parutions(publiees))\n"
IMPORTS = """from observatoire.sujets.mixite.calcul.parutions import compter_les_parutions
from observatoire.sujets.mixite.tables import PARUTIONS
"""


def _ajouter_une_table(depot: Path) -> None:
    mixite = depot / "src/observatoire/sujets/mixite"
    _completer(mixite / "tables.py", DECLARATION)
    _completer(mixite / "calcul/parutions.py", CALCUL)
    _ecrire_a_la_publication(depot, IMPORTS, APPEL)


def _ecrire_a_la_publication(depot: Path, imports: str, appel: str) -> None:
    sujets = depot / "src/observatoire/publication/sujets.py"
    _inserer(sujets, "    edition.ecrire(", appel)
    _inserer(sujets, "\n\ndef ", imports)


DU_SUJET = '''"""Ce que la recette déclare."""

from observatoire.tables.colonnes import ANNEE, code, entier
from observatoire.tables.contrat import PROTECTION, PUBLIE, Table
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES
'''
VUE = '''"""Ce que la recette montre."""


def dire(valeurs):
    """Combien de lignes."""
    return len(valeurs.neuves)
'''


def _ajouter_un_sujet(depot: Path) -> None:
    """La même table, sous un autre nom, dans un dossier à elle."""
    sujet = depot / "src/observatoire/sujets/neuf"
    du_sujet = {
        "PARUTIONS": "NEUVES",
        "mixite.calcul.parutions": "neuf.calcul",
        "mixite": "neuf",
        "parutions": "neuves",
    }
    declaration, calcul, imports, appel = (
        _remplacer(ecrit, du_sujet) for ecrit in (DECLARATION, CALCUL, IMPORTS, APPEL)
    )
    ecrits = {
        "__init__": '"""Ce que la recette ajoute."""\n',
        "tables": DU_SUJET + declaration,
        "calcul": calcul,
        "vue": VUE,
    }
    for nom, ecrit in ecrits.items():
        _completer(sujet / f"{nom}.py", ecrit)
    _ecrire_a_la_publication(depot, imports, appel)


def _remplacer(texte: str, mots: dict[str, str]) -> str:
    for ancien, neuf in mots.items():
        texte = texte.replace(ancien, neuf)
    return texte


def _ajouter_une_page(depot: Path) -> None:
    _completer(depot / "book/neuve.md", "# Une page neuve\n\nDe la main de la ville.\n")
    _inserer(depot / "_toc.yml", "      - file: book/glossaire", "      - file: book/neuve\n")


def _ajouter_un_controle(depot: Path) -> None:
    schema = depot / "data/schemas/logements.json"
    ecrit = schema.read_text(encoding="utf-8")
    contrainte = '    "minimum": 5,\n    "maximum": 1000\n'
    assert ecrit.count(contrainte) == 1
    schema.write_text(ecrit.replace(contrainte, contrainte.replace("1000", "500")), encoding="utf-8")


def _changer_une_regle_d_alerte(depot: Path) -> None:
    """Un seul indicateur alerte à partir de 2010, celui de la première recette."""
    fichier = depot / "data/referentiels/baremes/alertes.yml"
    bareme = yaml.safe_load(fichier.read_text(encoding="utf-8"))
    derniere = bareme["regles"][-1]
    seuils = {"grands_logements": {"vigilance": 0.01, "alerte": 0.02}}
    bareme["regles"].append({**derniere, "depuis": dt.date(ANNEE, 1, 1), "indicateurs": seuils})
    fichier.write_text(yaml.dump(bareme, Dumper=SansRenvoi, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _ajouter_un_verdict(depot: Path) -> None:
    vocabulaire, verdicts = (depot / "src/observatoire" / f"{nom}.py" for nom in ("vocabulaire", "verdicts"))
    _inserer(
        vocabulaire, '    Mot("non_concluant"', '    Mot("loin", "loin du compte", "✗✗", pluriel="loin du compte"),\n'
    )
    _inserer(vocabulaire, "NON_CONCLUANT, NON_MESURABLE = VERDICTS", "LOIN, ")
    _inserer(verdicts, "    NON_ATTEINT,\n", "    LOIN,\n")
    _inserer(
        verdicts,
        "        (manque & compte, NON_TENU",
        '        (manque & compte & (valeur < cible / 2), LOIN, "Moins de la moitié."),\n',
    )


def _deposer(depot: Path, annee: int, de: str, bailleur: str) -> None:
    """Le dépôt d'un autre, à son nom."""
    for table in ("immeubles", "logements"):
        (lu,) = (depot / f"data/brut/{annee}").glob(f"{table}_{de}.csv")
        ecrit = re.sub(rf"\b{de}\b", bailleur, lu.read_text(encoding="utf-8-sig"))
        lu.with_name(f"{table}_{bailleur}.csv").write_text(ecrit, encoding="utf-8")


def _ajouter_un_bailleur(depot: Path) -> None:
    neuf = {"code": NEUF, "nom": "Bailleur neuf", "tables": ["immeubles", "logements"]}
    _regler(depot, lambda r: r["bailleurs"].append(neuf))
    _deposer(depot, ANNEE - 1, "gbh", NEUF)


def _ajouter_une_annee(depot: Path) -> None:
    shutil.copytree(depot / "a_venir", depot / f"data/brut/{ANNEE}")
    _regler(depot, lambda r: r["edition"]["annees"].append(ANNEE))


VILLE = "exemples/ailleurs"


def _adapter_a_une_autre_ville(depot: Path) -> None:
    """Le dossier de Cannes, sous un autre nom, avec des quartiers, un bailleur et une année."""
    ville, modele = depot / VILLE, RACINE / "exemples/cannes"
    for fichier in (f for f in modele.rglob("*.*") if f.suffix in (".yml", ".md") and f.name != "README.md"):
        _completer(
            ville / fichier.relative_to(modele), fichier.read_text(encoding="utf-8").replace("Cannes", "Ailleurs")
        )
    reglages = {
        "territoire": {"nom": "Ailleurs", "code": "99001", "a": "à Ailleurs", "de": "d'Ailleurs"},
        "niveaux": ["quartier", "ville"],
        "bailleurs": [{"code": NEUF, "nom": "Bailleur neuf", "tables": ["immeubles", "logements"]}],
    }
    _regler(ville, lambda r: r.update(reglages) or r["edition"].update(annees=[ANNEE], annee_zero=ANNEE))
    _completer(ville / "referentiels/quartiers.geojson", json.dumps(contours(CARRES)))
    immeuble, logement = ({**LIGNES[table][0], "bailleur": NEUF} for table in ("immeubles", "logements"))
    lignes = {"immeubles": [immeuble], "logements": [{**logement, "id_logement": f"L{n}"} for n in range(40)]}
    for table, siennes in lignes.items():
        octets = octets_csv(siennes, colonnes(table))
        _completer(ville / f"data/brut/{ANNEE}/{table}_{NEUF}.csv", octets.decode())


RECETTES = {
    "Ajouter un indicateur": _ajouter_un_indicateur,
    "Ajouter une table": _ajouter_une_table,
    "Ajouter un sujet": _ajouter_un_sujet,
    "Ajouter une page": _ajouter_une_page,
    "Ajouter un contrôle sur les dépôts": _ajouter_un_controle,
    "Changer une règle d'alerte": _changer_une_regle_d_alerte,
    "Ajouter un verdict": _ajouter_un_verdict,
    "Ajouter un bailleur": _ajouter_un_bailleur,
    "Ajouter une année": _ajouter_une_annee,
    "Adapter à une autre ville": _adapter_a_une_autre_ville,
}


# --- la copie, et ce que chaque recette y touche


def nommes(titre: str) -> list[re.Pattern]:
    """Ce que nomme la ligne « Fichiers : » d'une recette ; « <…> » y tient la place d'un nom."""
    section = re.search(rf"^## {re.escape(titre)}\n(.*?)(?=^## |\Z)", GUIDE, re.M | re.S)[1]
    ligne = re.search(r"^Fichiers : (.*?)\.$", section, re.M | re.S)[1]
    return [re.compile(re.sub(r"<[^>]*>", "[^/]+", re.escape(f))) for f in re.findall(r"`([^`]+)`", ligne)]


def _etat(depot: Path) -> dict[str, bytes]:
    fichiers = (f for f in depot.rglob("*") if f.is_file() and "__pycache__" not in f.parts)
    return {f.relative_to(depot).as_posix(): f.read_bytes() for f in fichiers}


def _lancer(depot: Path, *arguments: str) -> subprocess.CompletedProcess:
    source = next(d / "src" for d in (depot, *depot.parents) if (d / "src").is_dir())
    chemins = {**os.environ, "PYTHONPATH": str(source), "OBSERVATOIRE_TRACE": "1"}
    return subprocess.run([sys.executable, *arguments], env=chemins, cwd=depot, capture_output=True, text=True)


def _observatoire(depot: Path, nom: str, *options: str) -> subprocess.CompletedProcess:
    return _lancer(depot, "-m", "observatoire.cli", nom, "--config", str(depot / "observatoire.yml"), *options)


@pytest.fixture(scope="module")
def copie(tmp_path_factory):
    """Le dépôt, à l'échelle de 400 logements, en 2009 ; les fichiers de 2010 attendent leur recette."""
    depot = tmp_path_factory.mktemp("recettes")
    for nom in REPRIS:
        shutil.copytree(RACINE / nom, depot / nom, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(depot / "book/edition", ignore_errors=True)
    for nom in ("observatoire.yml", "_toc.yml", "_config.yml"):
        shutil.copy(RACINE / nom, depot)
    engagements = yaml.safe_load((RACINE / "data/suivi/engagements.yml").read_text(encoding="utf-8"))
    engagements["engagements"] = engagements["engagements"][:2]
    _completer(depot / "data/suivi/engagements.yml", yaml.safe_dump(engagements, allow_unicode=True))
    ecrire_modeles(depot / "notebooks")
    reduire = {"annees": [ANNEE - 1, ANNEE], "annee_zero": ANNEE - 1, "immeubles": False}
    _regler(depot, lambda r: r["edition"].update(reduire) or r.update(niveaux=["quartier", "ville"]))
    _regler(depot, garder_peu_de_bailleurs)
    fait = _observatoire(depot, "exemple", "--logements", "400")
    assert fait.returncode == 0, fait.stderr
    shutil.move(depot / f"data/brut/{ANNEE}", depot / "a_venir")
    _regler(depot, lambda r: r["edition"].update(annees=[ANNEE - 1]))
    return depot


@pytest.fixture(scope="module")
def touches(copie):
    """Recette -> fichiers qu'elle a touchés ; toutes sont appliquées, l'une après l'autre."""
    faits, avant = {}, _etat(copie)
    for titre, appliquer in RECETTES.items():
        appliquer(copie)
        apres = _etat(copie)
        faits[titre] = {nom for nom in avant.keys() | apres.keys() if avant.get(nom) != apres.get(nom)}
        avant = apres
    return faits


@pytest.mark.parametrize("titre", RECETTES)
def test_une_recette_ne_touche_que_ce_qu_elle_nomme(touches, titre):
    motifs = nommes(titre)
    assert {f for f in touches[titre] if not any(m.fullmatch(f) for m in motifs)} == set()
    assert [m.pattern for m in motifs if not any(m.fullmatch(f) for f in touches[titre])] == []


@pytest.fixture(scope="module")
def publie(copie, touches):
    """L'édition de bout en bout, toutes recettes appliquées."""
    fait = _observatoire(copie, "publier")
    assert fait.returncode == 0, fait.stdout + fait.stderr
    return copie / "data/publie/publique"


def test_tout_ce_que_les_recettes_ajoutent_est_dans_l_edition(copie, publie):
    valeurs = pd.read_csv(publie / "indicateurs.csv", low_memory=False)
    neuves = valeurs[valeurs["indicateur"].eq("grands_logements") & valeurs["statut"].eq("publie")]
    assert set(neuves["annee"]) == {ANNEE - 1, ANNEE}
    assert NEUF in set(valeurs["bailleur"])
    dites = set(pd.read_csv(publie / "dictionnaire.csv")["table"])
    for table in ("parutions", "neuves"):
        assert pd.read_csv(publie / f"{table}.csv")["valeurs"].sum() == valeurs["statut"].eq("publie").sum() > 0
        assert table in dites
    site = copie / "_build/html"
    assert "De la main de la ville." in (site / "book/neuve.html").read_text(encoding="utf-8")
    assert (site / f"book/edition/{ANNEE}/ville.html").is_file()
    assert (site / f"book/edition/{ANNEE}/bailleur-{NEUF}.html").is_file()
    alertes = pd.read_csv(publie / "alertes.csv")
    assert set(alertes.loc[alertes["annee"].eq(ANNEE), "indicateur"]) == {"grands_logements"}
    assert len(set(alertes.loc[alertes["annee"].lt(ANNEE), "indicateur"])) > 5
    assert "loin" in set(pd.read_csv(publie / "engagements.csv")["verdict"])


def test_une_autre_ville_va_jusqu_au_site(copie, touches):
    ville = copie / VILLE
    fait = _observatoire(ville, "publier")
    assert fait.returncode == 0, fait.stdout + fait.stderr
    valeurs = pd.read_csv(ville / "data/publie/publique/indicateurs.csv")
    lue = valeurs[valeurs["indicateur"].eq("part_dpe_inconnu") & valeurs["territoire"].astype(str).eq("99001")]
    assert set(lue["annee"]) == {ANNEE}
    assert "battant" in set(valeurs["territoire"])
    assert "Ailleurs" in (ville / f"_build/html/book/edition/{ANNEE}/ville.html").read_text(encoding="utf-8")


LIRE = """
import sys
from pathlib import Path
import observatoire
from observatoire.publie import lire_publie
from observatoire.sujets.neuf.vue import dire
from observatoire.sujets.objectifs.vue.engagements import tableau_de_bord
assert Path(observatoire.__file__).is_relative_to(sys.argv[1])
valeurs = lire_publie(dossier=Path(sys.argv[2]), annee=int(sys.argv[3]))
assert valeurs.parutions["valeurs"].sum() == valeurs.neuves["valeurs"].sum() > 0
assert dire(valeurs) == len(valeurs.neuves)
print(tableau_de_bord(valeurs)._repr_mimebundle_())
"""


def test_une_page_lit_la_table_le_sujet_et_le_libelle_du_verdict(copie, publie):
    fait = _lancer(copie, "-c", LIRE, str(copie), str(publie), str(ANNEE))
    assert "loin du compte" in fait.stdout, fait.stderr


def test_la_page_d_architecture_dit_la_table(copie, touches):
    assert "| `parutions` | combien de valeurs" in _lancer(copie, str(RACINE / "bench/tables.py")).stdout


def test_la_maison_reste_en_ordre(copie, touches):
    """Un sujet, une table de plus : ni la carte des modules, ni les couches n'en demandent davantage."""
    for nom in ("docs/modules.md", ".importlinter", "tests/test_depot.py", "tests/scripts.py"):
        (copie / nom).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RACINE / nom, copie / nom)
    essais = (
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/test_depot.py",
        "-k",
        "carte_des_modules or couches",
    )
    fait = _lancer(copie, *essais)
    assert fait.returncode == 0, fait.stdout
    assert "2 passed" in fait.stdout


def test_un_depot_que_le_controle_neuf_refuse(copie, publie):
    depot = copie / f"data/brut/{ANNEE}/logements_gbh.csv"
    garde = depot.read_text(encoding="utf-8-sig")
    lues = pd.read_csv(depot, sep=";", dtype=str, encoding="utf-8-sig")
    lues.loc[0, "surface_m2"] = "700"
    lues.to_csv(depot, sep=";", index=False)
    refus = _observatoire(copie, "verifier", "--annee", str(ANNEE))
    depot.write_text(garde, encoding="utf-8")
    assert refus.returncode == 1
    assert "500" in refus.stdout + refus.stderr

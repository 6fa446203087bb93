"""Les tables : chacune est déclarée une fois, et tout le reste s'en tire."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from fabrique import RACINE
from petite_ville import commande, ecrire_petite_ville

from observatoire import tables
from observatoire.chaine import Chaine
from observatoire.configuration import PUBLICS, PUBLIQUE, lire_configuration
from observatoire.erreurs import ErreurObservatoire
from observatoire.rangement import dictionnaire, ecrire_publiee, lire_publiee, vide
from observatoire.sujets.alertes.calcul import etape as calcul_des_alertes
from observatoire.sujets.alertes.tables import ACTIONS_PUBLIEES, DOSSIERS
from observatoire.tables.contrat import BOOLEEN, CODE, DATE, ENTIER, NOMBRE, TEXTE
from observatoire.tables.depots import DEPOTS
from observatoire.tables.indicateurs import INDICATEURS

SOURCE = RACINE / "src" / "observatoire"


# --- les déclarations


def test_chaque_table_se_dit_entiere():
    for table in tables.toutes():
        noms = [c.nom for c in table.colonnes]
        assert len(set(noms)) == len(noms), table.nom
        assert table.libelle, table.nom
        assert table.de or table.sources or not table.colonnes, table.nom
        assert bool(table.protection) == (table.etage == tables.PUBLIE), table.nom
        assert all(c.libelle and c.genre in (CODE, TEXTE, DATE, ENTIER, NOMBRE, BOOLEEN) for c in table.colonnes)
        assert set(table.purge.vider) <= set(noms), table.nom
        assert not table.purge.annees or "annee" in noms, table.nom


def test_deux_tables_d_un_etage_n_ont_ni_le_meme_nom_ni_le_meme_fichier():
    for etage in (tables.PREPARE, tables.PUBLIE):
        siennes = [t for t in tables.toutes() if t.etage == etage]
        assert len({t.nom for t in siennes}) == len({t.fichier for t in siennes}) == len(siennes)


def test_rien_de_publie_ne_sert_a_preparer():
    assert not [t.nom for t in tables.preparees().values() if any(d.etage == tables.PUBLIE for d in t.de)]


def test_l_ordre_du_calcul_suit_ce_que_chaque_etape_lit():
    etapes = tables.etapes()
    assert etapes[:2] == (DEPOTS.etape, INDICATEURS.etape)
    for table in tables.preparees().values():
        assert all(etapes.index(lue.etape) <= etapes.index(table.etape) for lue in table.de), table.nom


def test_aucune_branche_du_calcul_n_attend_rien_d_une_autre():
    premiere, branches = tables.etapes()[0], tables.branches()
    assert sorted([premiere, *(e for b in branches for e in b)], key=tables.etapes().index) == [*tables.etapes()]
    for branche in branches:
        for rang, etape in enumerate(branche):
            assert tables.attendues()[etape] <= {premiere, *branche[:rang]}, etape.nom
    assert len(branches) > 1


def test_declarer_ne_charge_rien_de_lourd():
    code = "import sys, observatoire.tables as t; t.etapes(); print(*{m.partition('.')[0] for m in sys.modules})"
    faits = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "numpy", "pyarrow"} & set(faits)


def test_aucune_liste_de_tables_n_est_tenue_a_la_main():
    """Une table ne se nomme que dans sa déclaration : deux noms de suite, et rien d'autre, seraient une liste."""
    noms = {t.nom for t in tables.toutes()} | {t.fichier for t in tables.toutes()}
    permis = {"sujets/seances/calcul/regles.py"}  # des clés
    listes = []
    for module in SOURCE.rglob("*.py"):
        relatif = module.relative_to(SOURCE).as_posix()
        if relatif in permis or relatif.startswith("tables/") or module.match("sujets/*/tables.py"):
            continue
        for noeud in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            elements = noeud.elts if isinstance(noeud, ast.Tuple | ast.List | ast.Set) else []
            cites = {e.value for e in elements if isinstance(e, ast.Constant)}
            liste = len(cites & noms) > 3 or (len(cites) > 1 and cites <= noms)
            listes += [(relatif, *sorted(cites))] if liste else []
    assert not listes


def test_un_fichier_de_table_ne_se_nomme_nulle_part():
    """Ni lu, ni écrit par son nom : le chemin vient de la déclaration."""
    fichiers = "|".join(re.escape(t.fichier) for t in tables.toutes())
    nomme = re.compile(rf'["/}}]({fichiers})"')
    permis = {
        "edition/execution.py", "livre/construction.py", "livre/extension.py", "livre/preparation.py",
        "livre/publics.py",  # la mémoire des pages, non la table
        "diffusion/editions.py",  # ce qui a changé d'une édition à l'autre, non d'une année
        "sujets/revue/calcul/contexte/recopie.py",  # un référentiel
    }  # fmt: skip
    trouves = [
        f"{module.relative_to(SOURCE)} : {m[1]}"
        for module in SOURCE.rglob("*.py")
        if module.name != "tables.py" and not module.relative_to(SOURCE).as_posix().startswith("tables/")
        if module.relative_to(SOURCE).as_posix() not in permis
        for m in nomme.finditer(module.read_text(encoding="utf-8"))
    ]
    assert not trouves


@pytest.mark.parametrize(("programme", "page"), [("tables", "docs/architecture.md"), ("colonnes", "CONTRIBUTING.md")])
def test_ce_qui_se_tire_des_declarations_est_a_jour_dans_sa_page(programme, page):
    """Qui écrit et qui lit chaque table ; les colonnes que chacune apporte à un indicateur."""
    script = runpy.run_path(str(RACINE / "bench" / f"{programme}.py"))
    texte = (RACINE / page).read_text(encoding="utf-8")
    ecrite = texte.partition(script["DEBUT"])[2].partition(script["FIN"])[0].strip()
    assert ecrite == script["tabler"](), f"python bench/{programme}.py --ecrire"


# --- lire et écrire


def _pleine(table: tables.Table) -> pd.DataFrame:
    return pd.DataFrame({c.nom: ["007" if c.genre == CODE else 1] for c in table.colonnes})


def test_ce_qui_n_est_pas_declare_n_est_pas_publie(tmp_path):
    ecrire_publiee(DOSSIERS, _pleine(DOSSIERS).assign(nom_du_locataire="Dupont"), tmp_path, PUBLICS[1])
    assert list(lire_publiee(DOSSIERS, tmp_path)) == DOSSIERS.noms


def test_ce_qui_est_reserve_ne_l_est_qu_aux_partenaires(tmp_path):
    reservees = {c.nom for c in ACTIONS_PUBLIEES.colonnes if c.reservee}
    assert reservees == {"date", "pilote", "decision", "date_effet"}
    ecrire_publiee(ACTIONS_PUBLIEES, _pleine(ACTIONS_PUBLIEES), tmp_path, PUBLIQUE)
    assert not reservees & set(lire_publiee(ACTIONS_PUBLIEES, tmp_path))
    secrete = replace(ACTIONS_PUBLIEES, nom="secrete", reservee=True)
    ecrire_publiee(secrete, _pleine(secrete), tmp_path, PUBLIQUE)
    assert not secrete.dans(tmp_path).exists()
    ecrire_publiee(secrete, _pleine(secrete), tmp_path, PUBLICS[1])
    assert list(lire_publiee(secrete, tmp_path)) == secrete.noms


def test_un_code_fait_de_chiffres_reste_un_texte(tmp_path):
    ecrire_publiee(DOSSIERS, _pleine(DOSSIERS), tmp_path, PUBLICS[1])
    assert lire_publiee(DOSSIERS, tmp_path)["territoire"].tolist() == ["007"]


def test_une_table_que_le_territoire_n_a_pas_est_vide_avec_ses_colonnes(tmp_path):
    facultatives = [t for t in tables.publiees().values() if t.facultative]
    assert facultatives
    assert all(list(lire_publiee(t, tmp_path)) == t.noms == list(vide(t)) for t in facultatives)


def test_une_colonne_que_rien_n_a_calculee_se_dit(tmp_path):
    with pytest.raises(ValueError, match="verdict"):
        ecrire_publiee(DOSSIERS, _pleine(DOSSIERS).drop(columns="verdict"), tmp_path, PUBLICS[1])


@pytest.mark.parametrize("public", PUBLICS)
def test_le_dictionnaire_dit_chaque_colonne_qu_un_public_lit(public):
    dites = dictionnaire(public)
    pilotes = dites[dites["colonne"].eq("pilote")]["table"].tolist()
    assert pilotes == ([] if public == PUBLIQUE else ["actions", "dossiers"])
    assert dites["table"].is_monotonic_increasing
    assert set(dites["table"]) == {t.nom for t in tables.publiees().values() if t.paraissent(public == PUBLIQUE)}
    assert dites[dites["table"].eq("indicateurs") & dites["cle"]]["colonne"].tolist() == INDICATEURS.noms_des_cles


# --- publier : un calcul entier, et de ce qui est là


@pytest.fixture(scope="module")
def ville(tmp_path_factory):
    fichier = ecrire_petite_ville(tmp_path_factory.mktemp("ville"), quartiers=False)
    Chaine(lire_configuration(fichier)).calculer(sans_les_refuses=False)
    return lire_configuration(fichier)


def test_le_calcul_ecrit_tout_ce_qui_est_declare_et_rien_d_autre(ville):
    ecrits = {f.name for f in ville.chemin("prepare").iterdir() if f.is_file() and not f.name.startswith(".")}
    assert ecrits == {t.fichier for t in tables.preparees().values()}
    for table in tables.preparees().values():
        if table.colonnes:
            colonnes = list(pd.read_parquet(table.dans(ville.chemin("prepare"))))
            assert set(table.noms) <= set(colonnes) if table.ouverte else colonnes == table.noms


def test_un_calcul_arrete_en_chemin_ne_se_publie_pas(ville, monkeypatch):
    """De nouveaux indicateurs à côté d'anciennes alertes ne se publieraient pas : il n'y a plus d'anciennes alertes."""

    def echouer(*_):
        raise ErreurObservatoire("arrêté en chemin")

    with monkeypatch.context() as substitution:
        substitution.setattr(calcul_des_alertes, "ecrire_alertes", echouer)
        with pytest.raises(ErreurObservatoire, match="arrêté en chemin"):
            Chaine(ville, refaire=True).calculer(sans_les_refuses=False)
    en_place = {t.nom for t in tables.preparees().values() if t.dans(ville.chemin("prepare")).is_file()}
    assert "indicateurs" in en_place
    assert not en_place & {"alertes", "actions", "attributions_attente", "attributions_deplacements", "revue_flux"}
    refus = subprocess.run(commande("proteger", ville.fichier), capture_output=True, text=True, check=False)
    assert refus.returncode == 1
    assert "observatoire calculer" in refus.stderr
    assert not (ville.chemin("publie") / PUBLIQUE).exists()
    Chaine(ville).calculer(sans_les_refuses=False)


def test_un_depot_change_depuis_le_calcul_ne_se_publie_pas(ville):
    depot = next(ville.chemin("brut").glob("2010/logements_gbh.*"))
    avant = depot.read_bytes()
    depot.write_bytes(avant + b"\n")
    with pytest.raises(ErreurObservatoire, match="a changé depuis"):
        Chaine(ville).proteger(PUBLIQUE)
    depot.write_bytes(avant)

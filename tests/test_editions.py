"""L'archive des éditions : ce qui a changé de l'une à l'autre, et pourquoi ; leur liste, leur fil, leur page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree
from petit_publie import ecrire_publie

from observatoire import cli
from observatoire.diffusion.comparaison import CLES, Etat, comparer, comparer_les_tables, lire_etat
from observatoire.diffusion.editions import FIL, LISTE, archiver
from observatoire.diffusion.rapport import PAGE, TABLES, VALEURS, compter, ecrire_le_rapport
from observatoire.erreurs import ErreurObservatoire
from observatoire.publication.archives import garder_les_anterieures
from observatoire.vocabulaire import METHODES

ATOM = "{http://www.w3.org/2005/Atom}"
BATTANT_2010 = {"annee": 2010, "territoire": "battant", "bailleur": "tous"}


@pytest.fixture(scope="module")
def publie(tmp_path_factory):
    return ecrire_publie(tmp_path_factory.mktemp("editions") / "publique")


@pytest.fixture
def deux(publie, tmp_path):
    """Deux dossiers publiés, les mêmes."""
    return [Path(shutil.copytree(publie, tmp_path / nom)) for nom in ("avant", "apres")]


def _changer(dossier: Path, indicateur: str, **mesures) -> None:
    table = pd.read_csv(dossier / "indicateurs.csv")
    ou = (table[list(BATTANT_2010)] == pd.Series(BATTANT_2010)).all(axis=1) & table["indicateur"].eq(indicateur)
    assert ou.sum() == 1
    for nom, valeur in mesures.items():
        table.loc[ou, nom] = valeur
    table.to_csv(dossier / "indicateurs.csv", index=False)


def _declarer(dossier: Path, indicateur: str, **champs) -> None:
    fichier = dossier / "catalogue.json"
    declarations = json.loads(fichier.read_text(encoding="utf-8"))
    changees = [d | champs if d["code"] == indicateur else d for d in declarations]
    fichier.write_text(json.dumps(changees, ensure_ascii=False), encoding="utf-8")


def test_chaque_valeur_qui_change_se_dit_avec_sa_cause(deux):
    avant, apres = deux
    for indicateur in ("taux_vacance", "moins_40_plafond", "taux_mobilite", "signalements"):
        _changer(apres, indicateur, valeur=0.5)
    _changer(apres, "impayes_3_mois", valeur=float("nan"), statut="c")
    _declarer(avant, "moins_40_plafond", numerateur="autre chose", libelle="Un autre nom")
    _declarer(apres, "taux_mobilite", libelle="Un autre nom")  # un mot n'est pas une définition
    _changer(apres, "apl", valeur=0.5)
    _declarer(avant, "apl", code="disparu")
    for dossier in deux:
        _declarer(dossier, "signalements", tables=["signalements"])
    depots = pd.read_csv(apres / "depots.csv")
    de_plus = depots.head(1).assign(annee=2010, table="signalements")
    pd.concat([depots, de_plus]).to_csv(apres / "depots.csv", index=False)
    changees = comparer(lire_etat(avant), lire_etat(apres)).set_index("indicateur")
    assert set(changees["territoire"]) == {"battant"}
    assert set(changees["annee"]) == {2010}
    assert changees["cause"].to_dict() == {
        "taux_vacance": "inconnue", "moins_40_plafond": "definition", "taux_mobilite": "inconnue",
        "signalements": "depot", "impayes_3_mois": "protection", "apl": "catalogue",
    }  # fmt: skip
    assert changees.loc["impayes_3_mois", ["statut_avant", "statut"]].tolist() == ["publie", "c"]


def test_deux_editions_egales_n_ont_rien_a_dire_et_une_annee_de_plus_n_est_pas_un_changement(publie):
    etat = lire_etat(publie)
    assert comparer(etat, etat).empty
    sans_la_derniere = Etat(etat.valeurs[etat.valeurs["annee"] < 2010])
    assert comparer(sans_la_derniere, etat).empty
    sans_battant = Etat(etat.valeurs[etat.valeurs["territoire"].ne("battant")])
    nouvelles = comparer(sans_battant, etat)
    assert set(nouvelles["territoire"]) == {"battant"}
    assert nouvelles["statut_avant"].isna().all()
    assert not nouvelles.duplicated(CLES).any()


def test_chaque_table_dit_ses_lignes_et_ses_colonnes_qui_changent(deux):
    """Un nombre, un code, une ligne de moins ; ni un texte, ni une relecture, ni une année de plus."""
    avant, apres = deux
    assert comparer_les_tables(avant, apres).empty
    alertes = pd.read_csv(apres / "alertes.csv")
    assert len(alertes) > 2
    alertes["observe"] += 1e-12
    alertes.loc[0, ["exces", "verdict"]] = [-1.5, "autre"]
    pd.concat([alertes.iloc[:-1], alertes.tail(1).assign(annee=2011)]).to_csv(apres / "alertes.csv", index=False)
    bailleurs = pd.read_csv(apres / "bailleurs.csv")
    bailleurs.assign(nom="Un autre nom", code_de_plus="", rang=1).to_csv(apres / "bailleurs.csv", index=False)
    (apres / "couverture.csv").unlink()
    (avant / "dictionnaire.csv").write_text("table,colonne\nrien,rien\n", "utf-8")
    dites = comparer_les_tables(avant, apres).groupby("fichier")
    lignes = dites["lignes"].sum()
    assert lignes.to_dict() == {
        "alertes.csv": 2, "bailleurs.csv": len(bailleurs), "couverture.csv": len(pd.read_csv(avant / "couverture.csv")),
    }  # fmt: skip
    assert dites["colonnes"].first().loc[["alertes.csv", "bailleurs.csv"]].str.contains("exces|rang").all()
    assert not any("nom" in c.split(", ") or "observe" in c.split(", ") for c in dites["colonnes"].first())


def test_une_edition_remplacee_garde_ses_valeurs_et_ses_temoins_et_parait_avec_ce_qui_a_change(deux, tmp_path):
    """L'édition de 2009 est en place ; celle de 2010 la remplace, avec une valeur de 2009 corrigée."""
    avant, apres = deux
    en_place = json.loads((avant / "edition.json").read_text(encoding="utf-8")) | {"annees": [2007, 2008, 2009]}
    (avant / "edition.json").write_text(json.dumps(en_place), encoding="utf-8")
    table = pd.read_csv(avant / "indicateurs.csv")
    table = table[table["annee"] < 2010]
    change = table["annee"].eq(2009) & table["indicateur"].eq("taux_vacance") & table["statut"].eq("publie")
    table.loc[change, "valeur"] += 0.01
    table.to_csv(avant / "indicateurs.csv", index=False)
    garder_les_anterieures(avant, 2010, apres, "publique")
    assert (apres / "anterieures" / "2009" / "catalogue.json").is_file()
    chemins, page = archiver(apres, tmp_path / "donnees", "../../donnees/")
    assert sorted(chemins) == sorted(
        f.relative_to(tmp_path / "donnees").as_posix() for f in (tmp_path / "donnees").rglob("*") if f.is_file()
    )
    assert (tmp_path / "donnees" / "editions/2009/indicateurs.csv").read_bytes() == (
        avant / "indicateurs.csv"
    ).read_bytes()
    changees = pd.read_csv(tmp_path / "donnees" / "editions/2009/changements.csv")
    assert len(changees) == change.sum() > 5
    assert "## Édition 2009" in page
    assert f"Sa méthode du secret : {METHODES['bruit' if en_place.get('cle') else 'suppression'].sens}." in page
    assert all(f'href="../../donnees/{c}"' in page for c in chemins)
    liste = json.loads((tmp_path / "donnees" / LISTE).read_text(encoding="utf-8"))
    assert [(e["edition"], e["courante"]) for e in liste] == [(2010, True), (2009, False)]
    fil = etree.parse(tmp_path / "donnees" / FIL).getroot()
    identifiants = [e.findtext(f"{ATOM}id") for e in fil.findall(f"{ATOM}entry")]
    assert identifiants == ["urn:observatoire:25056:publique:2010", "urn:observatoire:25056:publique:2009"]
    # L'édition suivante recopie l'archive telle quelle.
    (tmp_path / "suivante").mkdir()
    garder_les_anterieures(apres, 2011, tmp_path / "suivante", "publique")
    assert {f.name for f in (tmp_path / "suivante" / "anterieures").iterdir()} == {
        "2009.csv", "2009", "2010.csv", "2010",
    }  # fmt: skip


def test_la_premiere_edition_le_dit(publie, tmp_path):
    chemins, page = archiver(publie, tmp_path, "../../donnees/")
    assert chemins == [LISTE, FIL]
    assert "est la première" in page


def test_la_commande_ecrit_une_page_et_un_csv(deux, tmp_path, capsys):
    avant, apres = deux
    _changer(apres, "taux_vacance", valeur=0.5)
    with pytest.raises(SystemExit) as fin:
        cli.principal(["comparer", str(avant), str(apres), "--sortie", str(tmp_path / "dit")])
    assert fin.value.code == 0
    dit = capsys.readouterr().out
    assert "1 valeur changée (" in dit
    assert "indicateurs.csv 2010 : 1 ligne (valeur)" in dit
    assert len(pd.read_csv(tmp_path / "dit" / VALEURS)) == 1
    tables = pd.read_csv(tmp_path / "dit" / TABLES)
    assert tables.to_numpy().tolist() == [["indicateurs.csv", 2010, 1, "valeur"]]
    assert "Taux de vacance" in (tmp_path / "dit" / PAGE).read_text(encoding="utf-8")
    assert compter(comparer(lire_etat(avant), lire_etat(avant))) == "Aucune valeur n'a changé."
    with pytest.raises(ErreurObservatoire, match="n'est pas un dossier publié"):
        ecrire_le_rapport(tmp_path, apres, tmp_path / "dit")

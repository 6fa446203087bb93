"""Un bailleur renumérote son parc : il se voit, rien n'en devient une démolition, et une table rétablit les flux."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from atelier_lecture import Atelier
from fabrique import table
from test_vraisemblance import deposer, parc

from observatoire import lecture
from observatoire.configuration import lire_configuration
from observatoire.couverture import disponibilite, renumerotes
from observatoire.erreurs import ErreurConfiguration
from observatoire.lecture.renumerotations import Renumerotations, lire_renumerotations
from observatoire.sujets.revue.calcul.flux import rapprocher, repartir
from observatoire.vocabulaire import COMPTEES

AUTRES = {"L": "1", "I": "9"}


def renumeroter(tables: dict[str, list[dict]], tous: bool = True) -> dict[str, list[dict]]:
    """Les mêmes, sous d'autres numéros ; ``tous`` : les immeubles aussi."""
    colonnes = ("id_logement", "id_immeuble") if tous else ("id_logement",)
    return {
        nom: [{c: AUTRES[v[0]] + v[1:] if c in colonnes else v for c, v in ligne.items()} for ligne in lignes]
        for nom, lignes in tables.items()
    }


def ecrire(atelier: Atelier, lignes: list[str], bailleur: str = "neolia", entete: str = "annee;table;ancien;nouveau"):
    dossier = atelier.racine / "data" / "suivi" / "renumerotations"
    dossier.mkdir(parents=True, exist_ok=True)
    (dossier / f"{bailleur}.csv").write_text("\n".join([entete, *lignes]) + "\n", encoding="utf-8")


def dire_les_anciens(n: int = 120) -> list[str]:
    return [f"2010;logements;L{k};1{k}" for k in range(n)] + [f"2010;immeubles;I{k};9{k}" for k in range(30)]


@pytest.fixture
def atelier(tmp_path):
    """2009, puis le même parc sous d'autres numéros."""
    atelier = Atelier(tmp_path, contours=False)
    deposer(atelier, 2009, parc(120, 2009))
    deposer(atelier, 2010, renumeroter(parc(120, 2010)))
    return atelier


def lire(atelier: Atelier) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(dépôts, devenirs de 2010)."""
    lecture.lire(atelier.config)
    prepare = atelier.config.chemin("prepare")
    return pd.read_parquet(prepare / "depots.parquet"), pd.read_parquet(prepare / "tables/2010/devenirs.parquet")


def livre(depots: pd.DataFrame, config) -> str:
    from observatoire.catalogue import catalogue

    depart = catalogue()["taux_depart"]
    return disponibilite(depots, {depart: frozenset()}, config, 2010).loc["neolia", "taux_depart"]


def test_un_parc_renumerote_se_dit_une_fois_et_abaisse_la_couverture(atelier):
    verifies = atelier.verifier()
    doutes = verifies.a_expliquer
    assert "presque aucun identifiant" in verifies.a_dire[0]  # calculer le dit aussi
    assert list(zip(doutes["table"], doutes["regle"], strict=True)) == [("logements", "identifiants_renumerotes")]
    depots, devenirs = lire(atelier)
    assert renumerotes(depots, 2010) == {"neolia"}
    assert livre(depots, atelier.config) == "non_depose"
    assert devenirs["devenir"].isna().all()


def test_sa_table_retablit_les_flux(atelier):
    ecrire(atelier, dire_les_anciens())
    assert atelier.verifier().a_expliquer.empty
    depots, devenirs = lire(atelier)
    assert not renumerotes(depots, 2010)
    assert livre(depots, atelier.config) == "livre"
    assert devenirs["devenir"].isin(["reste", "parti"]).all()
    cles = [
        pd.read_parquet(atelier.config.chemin("prepare") / f"tables/{annee}/logements.parquet").set_index("id_logement")
        for annee in (2009, 2010)
    ]
    assert cles[0]["cle"].equals(cles[1]["cle"].reindex(cles[0].index))  # le bruit ne change pas


def test_une_demolition_n_est_pas_une_renumerotation(atelier):
    gardes = parc(120, 2010)
    sans = {x["id_logement"] for x in gardes["logements"] if int(x["id_immeuble"][1:]) < 2}
    for nom in ("logements", "menages", "attributions"):
        gardes[nom] = [x for x in gardes[nom] if x["id_logement"] not in sans]
    deposer(atelier, 2010, gardes)
    assert not atelier.verifier().renumerotes


def test_rien_d_un_parc_renumerote_n_est_une_demolition():
    avant, apres = (
        table("menages", [{"id_logement": f"gbh:{p}{k}", "quartier": "q"} for k in range(3)], annee)
        for p, annee in (("L", 2009), ("1", 2010))
    )
    devenirs = pd.DataFrame({"id_logement": avant["id_logement"], "devenir": "hors_parc"})
    deux = rapprocher(avant, apres, devenirs, avant[["id_logement"]])
    nommer = lambda suivis: [{COMPTEES[r] for r in rangs} for rangs in repartir(deux, 2010, suivis)]  # noqa: E731
    assert nommer(True) == [{"demolitions_ventes"}, {"couverture"}]
    assert nommer(False) == [{"couverture"}, {"couverture"}]


def test_un_bailleur_qui_en_absorbe_un_autre_suit_ses_logements(tmp_path):
    atelier = Atelier(tmp_path, contours=False)
    deposer(atelier, 2009, parc(120, 2009), "gbh")
    deposer(atelier, 2010, renumeroter(parc(120, 2010)), "neolia")
    entete = "annee;table;ancien;nouveau;ancien_bailleur"
    ecrire(atelier, [f"{ligne};gbh" for ligne in dire_les_anciens()], entete=entete)
    depots, devenirs = lire(atelier)
    assert devenirs["bailleur"].eq("gbh").all()
    assert devenirs["devenir"].isin(["reste", "parti"]).all()
    etats = disponibilite(depots, {}, atelier.config, 2010)
    assert list(etats.index) == ["neolia", "gbh", "adoma"]


def test_une_fusion_explique_un_parc_qui_double(tmp_path):
    """Le fichier du repreneur se compare aux deux d'avant, réunis, et non au sien seul."""
    atelier = Atelier(tmp_path, contours=False)
    prefixer = lambda tables: {  # noqa: E731
        nom: [{c: f"N{v}" if c.startswith("id_") else v for c, v in x.items()} for x in tables[nom]]
        for nom in ("immeubles", "logements", "menages")
    }
    deposer(atelier, 2009, parc(120, 2009), "gbh")
    deposer(atelier, 2009, prefixer(parc(120, 2009)), "neolia")
    repris, siens = renumeroter(parc(120, 2010)), prefixer(parc(120, 2010))
    deposer(atelier, 2010, {nom: repris[nom] + siens[nom] for nom in siens}, "neolia")
    regles = lambda: set(atelier.verifier().a_expliquer["regle"])  # noqa: E731
    assert {"volume_qui_change", "lignes_nouvelles"} <= regles()
    entete = "annee;table;ancien;nouveau;ancien_bailleur"
    ecrire(atelier, [f"{ligne};gbh" for ligne in dire_les_anciens()], entete=entete)
    assert regles() == set()


def test_les_numeros_se_suivent_a_travers_deux_changements():
    colonnes = ["annee", "table", "ancien", "nouveau", "ancien_bailleur"]
    ecrites = {
        "neolia": pd.DataFrame([(2010, "logements", "B", "C", "neolia"), (2011, "logements", "X", "Y", "gbh")]),
        "gbh": pd.DataFrame([(2010, "logements", "W", "X", "gbh"), (2009, "logements", "V", "W", "gbh")]),
    }
    suite = Renumerotations({qui: t.set_axis(colonnes, axis=1) for qui, t in ecrites.items()})
    origine = lambda *numeros, annee: suite.d_origine(  # noqa: E731
        pd.Series(numeros, dtype="str"), "neolia", "id_logement", annee
    ).tolist()
    assert origine("C", "Y", "Z", annee=2011) == ["neolia:B", "gbh:V", "neolia:Z"]
    assert origine("C", "Y", annee=2009) == ["neolia:C", "neolia:Y"]
    assert suite.successeurs(2011)["gbh"] == {"gbh", "neolia"}
    assert "gbh" not in suite.successeurs(2009)


@pytest.mark.parametrize(
    ("lignes", "bailleur", "dit"),
    [
        (["2010;logements;L1;11", "2010;logements;L2;11"], "neolia", "lignes 2 et 3, colonne « nouveau »"),
        (["2010;chambres;L1;11"], "neolia", "colonne « table »"),
        (["dix;logements;L1;11"], "neolia", "n'est pas un nombre entier"),
        (["2010;logements;L1;11"], "inconnu", "n'est le code d'aucun bailleur"),
        (["2010;logements;L1;11;nemo"], "neolia", "colonne « ancien_bailleur »"),
    ],
)
def test_une_table_fausse_est_refusee(tmp_path, lignes, bailleur, dit):
    atelier = Atelier(tmp_path, contours=False)
    entete = "annee;table;ancien;nouveau" + ";ancien_bailleur" * (lignes[0].count(";") == 4)
    ecrire(atelier, lignes, bailleur, entete)
    with pytest.raises(ErreurConfiguration, match=dit):
        lire_renumerotations(lire_configuration(Path(atelier.config.fichier)))


def test_un_numero_et_son_ancien_ne_sont_pas_deux_logements(atelier):
    deposer(atelier, 2010, parc(120, 2010))
    ecrire(atelier, ["2010;logements;L1;L2"])
    (refus,) = [f for f in atelier.verifier().refuses if f.table == "logements"]
    assert refus.problemes[0].lignes == (3, 4)
    assert "anciens" in refus.message()

"""Ce qui est admis mais peu vraisemblable s'explique avant de publier, ou se consigne."""

from __future__ import annotations

import datetime as dt
import random

import pandas as pd
import pytest
import yaml
from atelier_lecture import Atelier

from observatoire import lecture
from observatoire.configuration import lire_configuration
from observatoire.erreurs import DouteInexplique, ErreurConfiguration, ParametreInconnu
from observatoire.lecture import preparer
from observatoire.lecture.explications import (
    COLONNES_DES_PASSAGES,
    exiger_les_explications,
    lire_passages,
    tracer_les_passages,
)
from observatoire.lecture.vues import COMPARAISONS

GRAINE = 2010


def parc(n: int, annee: int) -> dict[str, list[dict]]:
    """Un bailleur de ``n`` logements dans trente immeubles, dont les ménages changent un peu d'une année à l'autre."""
    fixe, alea = random.Random(GRAINE), random.Random(annee)
    immeubles = [
        {"id_immeuble": f"I{i}", "libelle": f"Résidence {i}", "lon": f"6,0{i % 3 + 1}", "lat": "47,23"}
        for i in range(30)
    ]
    logements = [
        {
            "id_logement": f"L{k}", "id_immeuble": f"I{k % 30}", "nb_pieces": str(fixe.randint(2, 5)),
            "surface_m2": str(60 + fixe.randint(-9, 9)), "loyer_eur": f"{(300 + k % 90) * (annee - 1959) / 50:.1f}",
            "financement": fixe.choice(["PLUS", "PLAI"]), "annee_construction": str(fixe.randint(1950, 1999)),
            "annee_premiere_location": "2000", "dpe": fixe.choice("BCDE"),
            "occupation": alea.choices(["loue", "vacant"], [9, 1])[0], "mois_vacance": "", "date_bail": "",
        }
        for k in range(n)
    ]  # fmt: skip
    menages = [
        {
            "id_logement": x["id_logement"], "tranche_plafond": alea.choice(["0-20", "20-40", "40-60", "60-100"]),
            "composition": alea.choice(["personne_seule", "couple_avec_enfants", "monoparentale"]), "nb_enfants": "0",
            "nb_occupants": "2", "age_titulaire": str(alea.randint(20, 90)), "activite": "emploi",
            "apl": alea.choice(["oui", "non"]),
            "annee_emmenagement": str(2000 + int(x["id_logement"][1:]) % 9), "impaye_3_mois": "non",
        }
        for x in logements if x["occupation"] == "loue"
    ]  # fmt: skip
    for menage in menages:
        menage["minima_sociaux"] = "oui" if menage["tranche_plafond"] in ("0-20", "20-40") else "non"
    attributions = [
        {
            "date": f"{annee}-{1 + k % 12:02d}-{1 + alea.randint(0, 27):02d}", "id_logement": f"L{alea.randrange(n)}",
            "tranche_plafond": "0-20", "reservataire": "ville", "type_demande": alea.choice(["externe", "mutation"]),
            "mois_attente": str(alea.randint(1, 60)), "quartile_ressources": alea.choice("1234"),
        }
        for k in range(60)
    ]  # fmt: skip
    programmes = [
        {"id_programme": f"P{annee}{k}", "commune": "25056", "nb_logements": "20", "dont_tres_social": "5",
         "date_livraison": f"{annee}-06-{29 + k}", "emprunt_eur": "2000000", "garantie_ville_pct": "50"}
        for k in range(2)
    ]  # fmt: skip
    tables = {"immeubles": immeubles, "logements": logements, "menages": menages, "attributions": attributions,
              "programmes": programmes}  # fmt: skip
    for nom in ("immeubles", "logements", "attributions", "programmes"):
        for ligne in tables[nom]:
            ligne["bailleur"] = "neolia"
    return tables


def deposer(atelier: Atelier, annee: int, tables: dict[str, list[dict]], bailleur: str = "neolia") -> None:
    for nom, lignes in tables.items():
        atelier.lignes[nom] = [{**x, "bailleur": bailleur} for x in lignes]
        atelier.deposer(nom, bailleur, annee)


@pytest.fixture
def atelier(tmp_path):
    """Deux années en ordre, que l'essai abîme avant de les déposer de nouveau."""
    return _deux_annees(tmp_path)


def _deux_annees(dossier) -> Atelier:
    atelier = Atelier(dossier, contours=False)
    deposer(atelier, 2009, parc(300, 2009))
    deposer(atelier, 2010, parc(300, 2010))
    return atelier


def abimer(atelier: Atelier, **tables) -> list[tuple[str, str]]:
    """Redéposer 2010 avec ces tables ; rend (règle, colonne) de chaque doute à expliquer."""
    deposer(atelier, 2010, parc(300, 2010) | tables)
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    return list(depots.a_expliquer[["regle", "colonne"]].itertuples(index=False, name=None))


def _sans(n: int) -> dict:
    t = parc(300, 2010)
    gardes = {x["id_logement"] for x in t["logements"][n:]}
    return {nom: [x for x in t[nom] if x["id_logement"] in gardes] for nom in ("logements", "menages", "attributions")}


def _remplacer(table: str, colonne: str, fonction) -> dict:
    return {table: [{**x, colonne: fonction(x[colonne])} for x in parc(300, 2010)[table]]}


def _decaler(table: str, colonne: str) -> dict:
    lignes = parc(300, 2010)[table]
    valeurs = [x[colonne] for x in lignes]
    return {table: [{**x, colonne: v} for x, v in zip(lignes, valeurs[1:] + valeurs[:1], strict=True)]}


def _trier(table: str, colonne: str) -> dict:
    lignes = parc(300, 2010)[table]
    return {table: [{**x, colonne: v} for x, v in zip(lignes, sorted(x[colonne] for x in lignes), strict=True)]}


def _coller(table: str, colonne: str, valeur: str) -> dict:
    return {table: [{**x, colonne: valeur} if 50 <= k < 110 else x for k, x in enumerate(parc(300, 2010)[table])]}


def _emprunter() -> dict:
    modele = parc(300, 2010)["programmes"][0]
    return {"programmes": [
        {**modele, "id_programme": f"P2010{k}", "nb_logements": f"{20 + k}", "emprunt_eur": emprunt}
        for k, emprunt in enumerate(("900000", "2000000", "2000000"))
    ]}  # fmt: skip


def _de_2009(nom: str) -> dict:
    return {nom: [{c: v.replace("2009-", "2010-") for c, v in x.items()} for x in parc(300, 2009)[nom]]}


FAUTES = {
    "volume_qui_change": (lambda: _sans(150), ""),
    "lignes_disparues": (lambda: _sans(30), ""),
    "lignes_nouvelles": (lambda: {"immeubles": parc(300, 2010)["immeubles"] + [
        {"id_immeuble": f"N{k}", "lon": "6,01", "lat": "47,23", "bailleur": "neolia"} for k in range(5)]}, ""),
    "table_deja_deposee": (lambda: _de_2009("attributions"), ""),
    "repartition_qui_change": (lambda: _remplacer("menages", "apl", lambda v: "oui"), "apl"),
    "valeurs_qui_changent": (lambda: _decaler("logements", "surface_m2"), "surface_m2"),
    "colonne_qui_se_vide": (lambda: _remplacer("programmes", "garantie_ville_pct", lambda v: ""), "garantie_ville_pct"),
    "colonne_rangee": (lambda: _trier("menages", "apl"), "apl"),
    "valeur_en_suite": (lambda: _coller("menages", "composition", "monoparentale"), "composition"),
    "identifiants_d_une_autre_forme": (
        lambda: _remplacer("programmes", "id_programme", lambda v: v.replace("0", "")), "id_programme"),
    "emprunt_hors_du_commun": (_emprunter, "emprunt_eur"),
    "accord_qui_change": (
        lambda: _remplacer("menages", "minima_sociaux", {"oui": "non", "non": "oui"}.get), "tranche_plafond"),
    "livraisons_qui_changent": (lambda: _remplacer("programmes", "nb_logements", lambda v: "99"), "nb_logements"),
}  # fmt: skip


def test_deux_annees_ordinaires_ne_levent_aucun_doute(atelier):
    assert abimer(atelier) == []


@pytest.mark.parametrize("regle", FAUTES)
def test_une_table_qui_change_trop_est_a_expliquer(atelier, regle):
    fautes, colonne = FAUTES[regle]
    assert (regle, colonne) in abimer(atelier, **fautes())


@pytest.mark.parametrize("table", ["logements", "menages", "programmes"])
def test_la_table_de_l_an_dernier_se_reconnait(atelier, table):
    assert ("table_deja_deposee", "") in abimer(atelier, **_de_2009(table))


def _aux_autres(tmp_path, table: str, changer) -> list[tuple[str, str]]:
    """Une seule année et trois bailleurs : le premier s'écarte des deux autres."""
    atelier = Atelier(tmp_path, contours=False)
    texte = atelier.config.fichier.read_text("utf-8").replace(", hors_rpls: true", "")
    atelier.config.fichier.write_text(texte, encoding="utf-8")
    atelier.config = lire_configuration(atelier.config.fichier)
    for bailleur in ("neolia", "gbh", "adoma"):
        tables = parc(300, 2010)
        for lignes in tables.values():
            for ligne in lignes:
                ligne |= {cle: f"{bailleur}{v}" for cle, v in ligne.items() if cle.startswith("id_")}
        if bailleur == "neolia":
            tables[table] = changer(tables[table])
        deposer(atelier, 2010, tables, bailleur)
    doutes = atelier.verifier().a_expliquer
    assert set(doutes["deposant"]) <= {"neolia"}
    return list(doutes[["regle", "colonne"]].itertuples(index=False, name=None))


AUX_AUTRES = {
    "repartition_des_autres": ("logements", lambda t: [{**x, "occupation": "vacant"} for x in t], "occupation"),
    "volume_et_parc": ("attributions", lambda t: t * 3, ""),
}


@pytest.mark.parametrize("regle", AUX_AUTRES)
def test_la_premiere_annee_se_compare_aux_autres(tmp_path, regle):
    table, changer, colonne = AUX_AUTRES[regle]
    assert (regle, colonne) in _aux_autres(tmp_path, table, changer)


def test_chaque_comparaison_a_son_essai():
    a_part = {
        "identifiants_renumerotes", "table_d_un_autre", "lieux_muets", "operations_absentes", "codes_et_lieux",
        "codes_et_valeurs",
    }  # fmt: skip
    assert set(COMPARAISONS) == {*FAUTES, *AUX_AUTRES, *a_part}


def test_des_immeubles_qui_se_suivent_ne_se_taisent_pas_ensemble(atelier):
    def signalements(annee: int, immeubles) -> list[dict]:
        fixe = {"nature": "proprete", "gravite": "faible", "date_cloture": ""}
        return [{"date": f"{annee}-03-{k + 10}", "id_immeuble": f"I{i}", **fixe} for i in immeubles for k in range(3)]

    deposer(atelier, 2009, {"signalements": signalements(2009, range(30))})
    attendu = ("lieux_muets", "id_immeuble")
    assert attendu not in abimer(atelier, signalements=signalements(2010, [i for i in range(30) if i % 4]))
    assert attendu in abimer(atelier, signalements=signalements(2010, range(8, 30)))


@pytest.mark.parametrize(
    ("propres", "echanges", "attendu"), [(0.8, True, True), (0.8, False, False), (0.5, True, False)]
)
def test_deux_codes_echanges_se_voient_a_leurs_immeubles(atelier, propres, echanges, attendu):
    """``propres`` : part de la propreté dans un immeuble sur deux, du voisinage dans les autres ; en tout, moitié."""

    def signalements(annee: int, natures: tuple[str, str]) -> list[dict]:
        alea = random.Random(annee)
        return [
            {"date": f"{annee}-{1 + k % 12:02d}-{1 + k % 28:02d}", "id_immeuble": f"I{k % 30}", "gravite": "faible",
             "nature": natures[(alea.random() < propres) ^ (k % 2)], "date_cloture": ""}
            for k in range(240)
        ]  # fmt: skip

    natures = ("voisinage", "proprete")
    deposer(atelier, 2009, {"signalements": signalements(2009, natures)})
    doutes = abimer(atelier, signalements=signalements(2010, natures[:: -1 if echanges else 1]))
    assert (("codes_et_lieux", "nature") in doutes) == attendu
    assert not {regle for regle, _ in doutes} & {"repartition_qui_change", "accord_qui_change"}


@pytest.mark.parametrize(
    ("liees", "echanges", "attendu"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_deux_codes_echanges_se_voient_a_ce_qui_va_avec_eux(atelier, liees, echanges, attendu):
    """Une panne est grave, une querelle l'est peu ; deux natures aussi fréquentes, et dans tous les immeubles."""
    poids = {"voisinage": (60, 35, 5), "technique": (15, 45, 40)} if liees else {}

    def signalements(annee: int, dites: dict[str, str]) -> list[dict]:
        alea, lignes = random.Random(annee), []
        for k in range(240):
            nature = alea.choice(["voisinage", "technique"])
            (gravite,) = alea.choices(["faible", "moyenne", "forte"], poids.get(nature, (40, 40, 20)))
            lieu = {"date": f"{annee}-{1 + k % 12:02d}-{1 + k % 28:02d}", "id_immeuble": f"I{k % 30}"}
            lignes.append(lieu | {"gravite": gravite, "nature": dites.get(nature, nature), "date_cloture": ""})
        return lignes

    deposer(atelier, 2009, {"signalements": signalements(2009, {})})
    faux = {"voisinage": "technique", "technique": "voisinage"} if echanges else {}
    doutes = abimer(atelier, signalements=signalements(2010, faux))
    assert (("codes_et_valeurs", "nature") in doutes) == attendu


def test_une_operation_perdue_se_voit_aux_autres_annees(tmp_path):
    atelier = Atelier(tmp_path)
    texte = atelier.config.fichier.read_text("utf-8").replace("[2009, 2010]", "[2007, 2008, 2009, 2010]")
    atelier.config.fichier.write_text(texte, encoding="utf-8")
    atelier.config = lire_configuration(atelier.config.fichier)
    (ici,) = atelier.lignes["programmes"]
    for annee in atelier.config.annees:
        operations = [ici | {"id_programme": f"P{annee}", "date_livraison": f"{annee}-06-30"}]
        if annee != 2009:
            operations.append(operations[0] | {"id_programme": f"A{annee}", "commune": "25031", "quartier": ""})
        deposer(atelier, annee, {"programmes": operations})
    doutes = atelier.verifier().a_expliquer
    absentes = doutes[doutes["regle"].eq("operations_absentes")]
    assert absentes["attendu"].tolist() == ["aucune hors des quartiers en 2009"]


def test_les_lignes_d_un_autre_deposant_se_reconnaissent(tmp_path):
    atelier = Atelier(tmp_path, contours=False)
    for bailleur in ("neolia", "gbh"):
        deposer(atelier, 2010, parc(300, 2010), bailleur)
    doutes = atelier.verifier().a_expliquer
    partagees = doutes[doutes["regle"].eq("table_d_un_autre")]
    assert set(partagees["deposant"]) == {"neolia", "gbh"}
    assert set(partagees["table"]) == {"immeubles", "logements", "menages", "programmes"}


def test_un_programme_donne_deux_fois_est_a_expliquer(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.lignes["programmes"].append(atelier.lignes["programmes"][0] | {"id_programme": "P2"})
    atelier.deposer_tout()
    assert "programmes_identiques" in set(atelier.verifier().a_expliquer["regle"])


@pytest.mark.parametrize(
    ("livres", "tres_sociaux", "attendus"),
    [(20, 5, set()), (19, 6, set()), (18, 5, {"livraisons_et_parc"}), (21, 5, {"livraisons_et_parc"}),
     (20, 4, {"tres_social_et_parc"}), (20, 7, {"tres_social_et_parc"})],
)  # fmt: skip
def test_les_livraisons_se_recoupent_avec_le_parc(tmp_path, livres, tres_sociaux, attendus):
    atelier = Atelier(tmp_path)
    neuf = atelier.lignes["logements"][0] | {"annee_construction": "2010", "annee_premiere_location": "2010"}
    neufs = [
        neuf | {"id_logement": f"N{k}", "financement": financement}
        for k, financement in enumerate(["PLAI"] * 5 + [""] + ["PLUS"] * 14)
    ]
    neufs[-1]["annee_construction"] = "2009"  # livré avant, ou cette année
    atelier.lignes["logements"] += neufs
    (ici,) = atelier.lignes["programmes"]
    ici |= {"nb_logements": str(livres), "dont_tres_social": str(tres_sociaux)}
    ailleurs = ici | {"id_programme": "P2", "commune": "25031", "quartier": "", "nb_logements": "7"}
    atelier.lignes["programmes"].append(ailleurs | {"dont_tres_social": "1"})
    atelier.deposer_tout()
    doutes = atelier.verifier().a_expliquer
    recoupes = doutes[doutes["regle"].isin(["livraisons_et_parc", "tres_social_et_parc"])]
    assert set(recoupes["regle"]) == attendus
    assert len(recoupes) == len(attendus)  # l'opération d'une autre commune n'est pas douteuse


def test_trois_valeurs_en_ordre_ne_sont_pas_une_colonne_rangee(atelier):
    def logements(annee: int, *mois: str) -> list[dict]:
        tous = parc(300, annee)["logements"]
        for ligne, duree in zip(tous[::100], mois, strict=True):
            ligne["mois_vacance"] = duree
        return tous

    deposer(atelier, 2009, {"logements": logements(2009, "3", "1", "2")})
    assert ("colonne_rangee", "mois_vacance") not in abimer(atelier, logements=logements(2010, "1", "2", "3"))


@pytest.mark.parametrize(
    ("table", "colonne", "valeur", "regle"),
    [
        ("signalements", "date_cloture", "01/06/2099", "cloture_lointaine"),
        ("attributions", "mois_attente", "300", "valeur_invraisemblable"),
        ("demandes", "date_depot", "01/06/1961", "demande_ancienne"),
        ("programmes", "nb_logements", "1800", "grand_programme"),
        ("programmes", "nb_logements", "1800", "valeur_invraisemblable"),
        ("programmes", "commune", "25031", "quartier_d_une_autre_commune"),
        ("programmes", "emprunt_eur", "15", "emprunt_par_logement"),
        ("programmes", "dont_tres_social", "21", "tres_social_superieur_au_total"),
        ("logements", "mois_vacance", "400", "valeur_invraisemblable"),
        ("logements", "date_bail", "01/01/1905", "valeur_invraisemblable"),
    ],
)
def test_une_seule_valeur_peut_etre_a_expliquer(tmp_path, table, colonne, valeur, regle):
    atelier = Atelier(tmp_path)
    atelier.lignes[table][0][colonne] = valeur
    atelier.deposer_tout()
    doutes = atelier.verifier().a_expliquer
    assert (table, regle, colonne) in set(doutes[["table", "regle", "colonne"]].itertuples(index=False, name=None))
    assert valeur not in " ".join(doutes["message"]) or table in ("signalements", "programmes", "logements")


@pytest.mark.parametrize(
    ("table", "colonne", "valeur"),
    [
        ("signalements", "date_cloture", "31/12/9999"),
        ("attributions", "mois_attente", "600"),
        ("demandes", "date_depot", "01/01/0001"),
        ("programmes", "nb_logements", "20000"),
        ("logements", "date_bail", "01/01/1066"),
    ],
)
def test_une_valeur_impossible_est_refusee(tmp_path, table, colonne, valeur):
    atelier = Atelier(tmp_path)
    atelier.lignes[table][0][colonne] = valeur
    atelier.deposer_tout()
    message = atelier.verifier().message()
    assert f"colonne « {colonne} »" in message
    assert "Valeurs admises : d" in message


def test_un_doute_repandu_devient_a_expliquer(atelier):
    fautes = {
        "menages": [{**x, "nb_enfants": "4"} if k % 8 == 0 else x for k, x in enumerate(parc(300, 2010)["menages"])]
    }
    assert ("occupants_et_enfants", "nb_occupants") in abimer(atelier, **fautes)


def _preparer(atelier) -> None:
    abimer(atelier, **_sans(150))
    preparer(atelier.config, atelier.verifier())


def test_publier_s_arrete_et_dit_quoi_ecrire(atelier):
    _preparer(atelier)
    with pytest.raises(DouteInexplique) as arret:
        exiger_les_explications(atelier.config)
    message = str(arret.value)
    assert arret.value.code == 1
    assert "data/brut/2010/logements_neolia.csv : le nombre de lignes a beaucoup changé" in message
    modele = message.split("auteur remplis :\n\n")[1].split("\n\nPour publier quand même")[0]
    vides = dict.fromkeys(("explication", "motif", "auteur"), "vente de la moitié du parc")
    atelier.corriger(yaml.safe_dump({"corrections": [e | vides for e in yaml.safe_load(modele)]}, allow_unicode=True))
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    preparer(atelier.config, depots)
    exiger_les_explications(atelier.config)


def test_une_explication_ne_vaut_que_pour_ce_qu_elle_attend(atelier):
    _preparer(atelier)
    entree = {
        "annee": 2010, "deposant": "neolia", "table": "logements", "regle": "volume_qui_change", "motif": "vente",
        "attendu": "300 en 2009, 151 en 2010", "explication": "vente", "auteur": "nous", "date": dt.date(2011, 1, 1),
    }  # fmt: skip
    atelier.corriger(yaml.safe_dump({"corrections": [entree]}))
    message = atelier.verifier().message()
    assert "règle « volume_qui_change ») : le doute n'a plus la mesure attendue." in message


def test_passer_outre_se_consigne_et_se_publie(atelier):
    _preparer(atelier)
    exiger_les_explications(atelier.config, "Direction de l'habitat")
    passes = lire_passages(atelier.config)
    assert set(passes["par"]) == {"Direction de l'habitat"}
    assert set(passes["date"]) == {dt.date.today().isoformat()}
    exiger_les_explications(atelier.config)  # ce qui est consigné ne se redemande pas
    trace = tracer_les_passages(atelier.config)
    assert trace["motif"].str.startswith("Passé outre par Direction de l'habitat : ").all()
    assert not trace["motif"].str.contains("150").any()
    avant = len(passes)
    abimer(atelier, **_sans(200))
    preparer(atelier.config, atelier.verifier())
    with pytest.raises(DouteInexplique):  # un autre doute, lui, arrête
        exiger_les_explications(atelier.config)
    assert len(lire_passages(atelier.config)) == avant


@pytest.fixture(scope="module")
def en_doute(tmp_path_factory):
    """La configuration de dépôts préparés, dont un doute reste à expliquer ; rien n'y est écrit."""
    atelier = _deux_annees(tmp_path_factory.mktemp("doute"))
    _preparer(atelier)
    return atelier.config


@pytest.mark.parametrize("nom", ["", "  ", "moi@exemple.fr", "=1+1", "a;b"])
def test_passer_outre_demande_un_nom(en_doute, nom):
    with pytest.raises(ParametreInconnu):
        exiger_les_explications(en_doute, nom)
    assert lire_passages(en_doute).empty


def test_lire_et_verifier_levent_les_memes_doutes(atelier):
    abimer(atelier, **_sans(150))
    attendus = atelier.verifier().a_expliquer.drop(columns="fichier")
    depots = lecture.lire(atelier.config)
    pd.testing.assert_frame_equal(depots.a_expliquer.drop(columns="fichier"), attendus)


@pytest.mark.parametrize(
    ("texte", "faute"),
    [
        ("", "la colonne « par » manque"),
        ("date;annee\n2011-02-14;2010\n", "la colonne « regle » manque"),
        (
            f"{';'.join(COLONNES_DES_PASSAGES)}\n2011-02-14;A. Dupré;l'an dix;gbh;menages;doublons;;3\n",
            "ligne 2 : « annee » s'écrit AAAA",
        ),
    ],
)
def test_un_registre_des_passages_abime_se_dit(atelier, texte, faute):
    fichier = atelier.config.chemin("suivi") / "passages" / "passages.csv"
    fichier.parent.mkdir(parents=True, exist_ok=True)
    fichier.write_text(texte, encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=f"passages/passages.csv : {faute}"):
        lire_passages(atelier.config)

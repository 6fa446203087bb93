"""Une donnée interdite est reconnue sous n'importe quel nom, et refusée sans qu'aucune valeur ne soit montrée."""

from __future__ import annotations

import json
import random
import re
import string
import unicodedata

import pandas as pd
import pytest
from atelier_lecture import SCHEMAS, Atelier, colonnes
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire import lecture
from observatoire.catalogue.declaration import Indicateur
from observatoire.catalogue.lues import TableSuivie, contourne, lit_un_interdit
from observatoire.ecrits import refuser_les_ecrits
from observatoire.erreurs import ErreurConfiguration
from observatoire.interdits import famille_du_texte, famille_interdite, familles_des_colonnes
from observatoire.lecture.rpls_modeles import ENTETES
from observatoire.schemas import lire_schema, lire_schemas

alea = random.Random(2007)
LOGEMENTS = 60
NOMS = """
email|e_mail|first_name|lastName|birth_date|birthDate|nationality|phone|mobile_phone|nom1|tel_2|NIR2|prenom_3|NATIONALIT
LIEU_NAISS|dob|ssn|religious|health|tеl|nоm|no​m|﻿nom|ＮＯＭ|ethnicity|tenant_name|num.secu|courriels|Prénoms|sexualité
""".replace("\n", "|")
MULTIPLES = """
nom de famille|numéro de sécurité sociale|adresse électronique|date de naissance|lieu de naissance|état de santé
téléphone portable|nom du locataire|pays d'origine|titre de séjour|nationalité|religion|handicap|courriel|iban|prénom
"""


def _nir() -> str:
    corps = f"{alea.choice('12')}{alea.randrange(100):02d}{alea.randrange(1, 13):02d}25056{alea.randrange(1, 999):03d}"
    corps += f"{alea.randrange(1, 99):03d}"
    corps = corps[:13]
    return f"{corps}{97 - int(corps) % 97:02d}"


def _corse() -> str:
    corps = f"1{alea.randrange(100):02d}052A{alea.randrange(1, 999):03d}{alea.randrange(1, 999):03d}"
    return f"{corps}{97 - int(corps.replace('2A', '19')) % 97:02d}"


def _mobile() -> str:
    return f"0{alea.choice('67')}{alea.randrange(10**8):08d}"


def _paires(texte: str, par: str) -> str:
    return par.join(texte[i : i + 2] for i in range(0, len(texte), 2))


DEGUISEES = {
    "adresse": lambda: f"{''.join(alea.choices(string.ascii_lowercase, k=6))}@exemple.fr",
    "telephone": _mobile,
    "telephone sans zéro": lambda: _mobile()[1:],
    "telephone par paires": lambda: _paires(_mobile(), " "),
    "telephone à points": lambda: _paires(_mobile(), "."),
    "telephone international": lambda: f"+33 {_paires('0' + _mobile()[1:], ' ')[1:]}",
    "telephone serré": lambda: f"+33{_mobile()[1:]}",
    "nir": _nir,
    "nir sans clé": lambda: _nir()[:13],
    "nir espacé": lambda: " ".join(re.fullmatch(r"(.)(..)(..)(..)(...)(...)(..)", _nir()).groups()),
    "nir de Corse": _corse,
    "nir d'un tableur": lambda: f"{int(_nir()):.14e}",
    "iban": lambda: "FR14 2004 1010 0505 0001 3M02 606",
    "numero_unique": lambda: f"025{alea.randrange(1, 13):02d}10{alea.randrange(10**6):06d}25001",
    "civilite": lambda: alea.choice(["Mme Durand", "M. Dupont", "Monsieur Petit"]),
}


@pytest.mark.parametrize("nom", [n for n in NOMS.split("|") if n])
def test_les_variantes_d_un_nom(nom):
    assert famille_interdite(nom)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_casse_accents_et_separateurs_n_y_changent_rien(data):
    nom = data.draw(st.sampled_from([n for n in MULTIPLES.replace("\n", "|").split("|") if n]))
    separateur = data.draw(st.sampled_from(["_", "-", " ", ".", "", "\u00a0", "__", "/", " - "]))
    if data.draw(st.booleans()):
        nom = unicodedata.normalize("NFD", nom).encode("ascii", "ignore").decode()
    if data.draw(st.booleans()):
        nom = unicodedata.normalize("NFD", nom)
    nom = nom.replace("'", " ").replace(" ", separateur)
    nom = "".join(c.upper() if data.draw(st.booleans()) else c for c in nom)
    nom += data.draw(st.sampled_from(["", "1", "_2", " 3"]))
    invisible = data.draw(st.integers(0, len(nom)))
    nom = nom[:invisible] + data.draw(st.sampled_from(["", "\u200b", "\ufeff", "\u00ad"])) + nom[invisible:]
    assert famille_interdite(nom), ascii(nom)


def test_les_colonnes_prevues_restent_permises():
    prevues = {c for schema in lire_schemas(SCHEMAS).values() for c in schema.colonnes}
    prevues |= {c for entete in ENTETES.values() for c in entete} - {"ORIGINE"}
    assert not {c for c in prevues for forme in (c, c.upper(), c.title(), f"{c}_1") if famille_interdite(forme)}


@pytest.mark.parametrize("connue", [False, True])
@pytest.mark.parametrize("genre", DEGUISEES)
def test_un_contenu_deguise_est_reconnu(genre, connue):
    valeurs = pd.Series([DEGUISEES[genre]() for _ in range(200)] + [""] * 50, dtype="str")
    assert familles_des_colonnes({0: valeurs}, frozenset([0] if connue else [])) == {0: genre.split()[0]}


@pytest.mark.parametrize(
    "fabriquer",
    [
        lambda i: f"GBH{i // 40:04d}-{i % 40:03d}",
        lambda i: f"06029{i:05d}",
        lambda i: f"{i // 9:04d}-01-01",
        lambda i: f"{alea.randrange(10**9, 10**10)}",
        lambda i: f"{alea.randrange(10**13, 10**14)}",
        lambda i: f"{2007 + i % 4}{i:05d}",
        lambda i: f"928{i:03d},4",
        lambda i: f"06/2008/03/998{i:02d}/2/013038/07",
        lambda i: f"{1 + i % 28:02d}/03/2005",
        lambda i: f"{i} rue Mme de Staël",
        lambda i: f"{alea.randrange(10**15, 10**16):x}",
    ],
)
def test_un_identifiant_n_est_pas_une_donnee_interdite(fabriquer):
    valeurs = pd.Series([fabriquer(i) for i in range(400)], dtype="str")
    assert familles_des_colonnes({0: valeurs}, frozenset([0])) == {}


def _atelier(tmp_path, nom: str, genre: str):
    """Un atelier de 60 logements dont la colonne ``nom`` contient une donnée déguisée ; et ses valeurs."""
    atelier = Atelier(tmp_path)
    modele = atelier.lignes["logements"][0]
    valeurs = [DEGUISEES[genre]() for _ in range(LOGEMENTS)]
    atelier.lignes["logements"] = [
        {**modele, "id_logement": f"L{n}", **({nom: valeur} if nom else {})} for n, valeur in enumerate(valeurs)
    ]
    atelier.lignes["logements"][3]["surface_m2"] = "45,2 m²"
    atelier.deposer("immeubles")
    return atelier, valeurs


@pytest.mark.parametrize("genre", ["adresse", "telephone", "nir", "nir de Corse", "iban", "telephone sans zéro"])
@pytest.mark.parametrize("nom", ["couleur", "commentaire", "id_logement"])
def test_un_depot_qui_deguise_est_refuse_sans_qu_une_valeur_soit_dite(tmp_path, nom, genre):
    atelier, valeurs = _atelier(tmp_path, nom, genre)
    entete = colonnes("logements") + ([] if nom in colonnes("logements") else [nom])
    atelier.deposer("logements", entete=entete)
    depots = atelier.verifier()
    message = depots.message()
    assert f"colonne « {nom} » contient des " in message
    assert "« 45,2 m² » n'est pas un nombre" in message  # le reste du fichier est vérifié
    assert not [v for v in valeurs if v in message]
    (fichier,) = depots.refuses
    assert fichier.donnees == {}


def test_un_parquet_qui_deguise_est_refuse_par_les_deux_lectures(tmp_path):
    atelier, valeurs = _atelier(tmp_path, "", "nir")
    lignes = pd.DataFrame(atelier.lignes["logements"]).assign(id_logement=valeurs, surface_m2=60.0, nb_pieces=3.0)
    lignes = lignes.assign(loyer_eur=350.0, annee_construction=1970.0, annee_premiere_location=1971.0)
    lignes = lignes.assign(mois_vacance=None, date_bail=pd.Timestamp("2005-03-01").date())
    (atelier.racine / "data/brut/2010/immeubles_neolia.csv").unlink()
    immeubles = pd.DataFrame(atelier.lignes["immeubles"]).reindex(columns=colonnes("immeubles"))
    immeubles = immeubles.assign(lon=6.01, lat=47.23, x=None, y=None)
    for nom, table in (("immeubles", immeubles), ("logements", lignes)):
        table.to_parquet(atelier.racine / f"data/brut/2010/{nom}_neolia.parquet", index=False)
    message = atelier.verifier().message()
    assert "colonne « id_logement » contient des numéros de sécurité sociale" in message
    with pytest.raises(lecture.preparation.DepotRefuse) as refus:
        lecture.lire(atelier.config)
    assert str(refus.value) == message
    octets = b"".join(f.read_bytes() for f in (tmp_path / "data/prepare").rglob("*") if f.is_file())
    assert not [v for v in valeurs if v.encode() in octets]


def test_un_texte_libre_n_est_pas_lu(tmp_path):
    atelier, _ = _atelier(tmp_path, "observations", "adresse")
    for n, ligne in enumerate(atelier.lignes["logements"]):
        ligne |= {"observations": f"fuite au plafond {n}", "surface_m2": "60"}
    atelier.deposer("logements", entete=[*colonnes("logements"), "observations"])
    depots = atelier.verifier()
    assert depots.accepte, depots.message()
    fichier = next(f for f in depots.fichiers if f.table == "logements")
    assert "observations" not in fichier.donnees["logements"]
    (doute,) = fichier.avertissements.query("regle == 'texte_libre'").to_dict("records")
    assert doute["colonne"] == "observations"
    lecture.lire(atelier.config)
    lecture.ecrire_rapports(depots, tmp_path / "rapports")
    octets = b"".join(
        f.read_bytes() for d in ("data/prepare", "rapports") for f in (tmp_path / d).rglob("*") if f.is_file()
    )
    assert b"fuite au plafond" not in octets


def test_une_adresse_dans_un_seul_libelle_suffit(tmp_path):
    atelier = Atelier(tmp_path)
    modele = atelier.lignes["immeubles"][0]
    atelier.lignes["immeubles"] = [{**modele, "id_immeuble": f"I{n}"} for n in range(300)]
    atelier.lignes["immeubles"][7]["libelle"] = "Tour, gardien 03 81 61 50 50"
    atelier.deposer("immeubles")
    assert "colonne « libelle » contient des numéros de téléphone" in atelier.verifier().message()


@pytest.mark.parametrize(
    ("texte", "famille"),
    [
        ("voir jean.dupont@exemple.fr", "adresse"),
        ("rappeler au 06.12.34.56.78 demain", "telephone"),
        ("NIR 1 85 05 78 006 084 91", "nir"),
        ("compte FR14 2004 1010 0505 0001 3M02 606", "iban"),
        ("le loyer passe de 350,25 à 410,00 € au 01/01/2010, voir 0077-01-01 et le parc de 16 504 logements", None),
    ],
)
def test_un_texte_ecrit_a_la_main(texte, famille):
    assert famille_du_texte(texte) == famille


def test_un_commentaire_publie_est_examine(tmp_path):
    (tmp_path / "commentaires/2010").mkdir(parents=True)
    fichier = tmp_path / "commentaires/2010/planoise.md"
    fichier.write_text("Trois livraisons.\n\nÉcrire à jean@exemple.fr\n", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=r"2010/planoise\.md, ligne 3") as refus:
        refuser_les_ecrits(tmp_path / "commentaires")
    assert "jean" not in str(refus.value)
    fichier.write_text("Trois livraisons.", encoding="utf-8")
    refuser_les_ecrits(tmp_path / "commentaires")


@pytest.mark.parametrize(
    ("champ", "message"),
    [
        ({"name": "nationalite", "type": "string"}, "donnée interdite"),
        ({"name": "culte_pratique", "type": "string"}, "donnée interdite"),
        ({"name": "c12", "title": "Religion déclarée", "type": "integer"}, "donnée interdite"),
        ({"name": "remarque", "type": "string"}, "texte libre"),
        ({"name": "remarque", "type": "string", "role": "divers"}, "texte libre"),
    ],
)
def test_un_schema_ne_peut_pas_l_admettre(tmp_path, champ, message):
    brut = json.loads((SCHEMAS / "menages.json").read_text(encoding="utf-8"))
    brut["fields"].append(champ)
    fichier = tmp_path / "menages.json"
    fichier.write_text(json.dumps(brut), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match=message):
        lire_schema(fichier)


CACHEE = "nationalite"


def _par_une_constante(menages):
    return menages[CACHEE].eq("A"), menages["apl"].notna()


def _par_un_attribut(menages):
    return menages.religion.eq("A"), menages["apl"].notna()


def _dans_une_fonction(menages):
    return (lambda t: t["etat_sante"].eq("A"))(menages), menages["apl"].notna()


def _par_une_requete(menages):
    return menages.query("nationalite == 'A'"), menages["apl"].notna()


def _assemblee(menages):
    return menages["natio" + "nalite"].eq("A"), menages["apl"].notna()


def _sans_nom(menages):
    return menages.iloc[:, 3].eq("A"), menages["apl"].notna()


@pytest.mark.parametrize("fonction", [_par_une_constante, _par_un_attribut, _dans_une_fonction, _par_une_requete])
def test_le_code_d_un_indicateur_est_examine(fonction):
    assert lit_un_interdit(fonction)


@pytest.mark.parametrize("fonction", [_par_une_requete, _sans_nom])
def test_un_indicateur_nomme_ce_qu_il_lit(fonction):
    assert contourne(fonction)


def test_une_colonne_assemblee_est_refusee_au_calcul():
    menages = pd.DataFrame({"nationalite": ["A"], "apl": ["oui"]})
    vides = dict.fromkeys(("libelle", "famille", "numerateur", "unite", "source", "sens", "fiche", "periode"), "")
    declaration = Indicateur(
        code="essai", nature="proportion", denominateur="", tables=("menages",), fonction=_assemblee,
        perimetre="tous", avec_bareme=False, **vides,
    )  # fmt: skip
    attendu = "indicateur « essai », table « menages », .* : aucun indicateur ne lit « nationalite »"
    with pytest.raises(ErreurConfiguration, match=attendu):
        declaration.compter({"menages": menages}, None)


def test_une_colonne_hors_des_schemas_est_refusee():
    suivie = TableSuivie.suivre(pd.DataFrame({"apl": ["oui"]}), "menages")
    with pytest.raises(ErreurConfiguration, match="« couleur » n'est pas une colonne du schéma « menages »"):
        suivie["couleur"]

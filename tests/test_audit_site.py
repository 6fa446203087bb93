"""« observatoire auditer » : chaque fuite plantée dans un petit site est trouvée et nommée ; un site net passe.

Un fichier fautif qui se suffit a son dossier (:func:`planter`) dans un site qui les a tous, audité une fois ; ce qui
change ce qui est publié ou préparé a son propre audit.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import cbor2
import numpy as np
import pandas as pd
import pytest
from petit_publie import ecrire_publie
from petite_ville import lancer
from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from observatoire.audit import auditer
from observatoire.audit.suites import atomes, distinctif, masquer
from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurConfiguration
from observatoire.publie import INDICATEURS
from observatoire.tables.indicateurs import CUMULS

RACINE = Path(__file__).resolve().parents[1]
LOGEMENT, DEMANDE, LIBELLE = "GBH0007-012", "D004217", "14 rue de l'Églantine"
CACHEE = {"annee": 2010, "niveau": "quartier", "territoire": "tilleroyes", "bailleur": "tous"}
# La valeur brute que le secret protège : 3 ménages sur 17, et son intervalle.
BRUTES = {"numerateur": 3.0, "denominateur": 17.0, "valeur": 3 / 17, "borne_basse": 0.0619174, "borne_haute": 0.4103}
PAGE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Tilleroyes en 2010</title>{tete}</head>
<body><article class="bd-article"><h1>Tilleroyes en 2010</h1>{corps}</article></body></html>"""
TABLEAU = """<table><caption>{legende}</caption>
<thead><tr><th>Quartier</th><th>Valeur</th><th>Couverture</th></tr></thead>
<tbody><tr><th>Battant</th><td>17,6\u202f%</td><td>96\u202f%</td></tr>
<tr><th>Tilleroyes</th><td>{case}</td><td>96\u202f%</td></tr></tbody></table>"""


#: Fichier du site -> ce qu'on y plante, dans l'ordre des essais.
PLANTES: dict[str, bytes | str] = {}


def planter(nom: str, contenu: bytes | str) -> str:
    """Inscrire un fichier parmi ceux que :func:`plante` audite ; rend son chemin, dans un dossier à lui."""
    chemin = f"{len(PLANTES):03d}/{nom}"
    PLANTES[chemin] = contenu
    return chemin


@pytest.fixture(scope="module")
def plante(tmp_path_factory, modele):
    """Fonction : les constats du fichier qu'on lui dit, dans l'audit du site où tous sont plantés."""
    net = copier(modele, tmp_path_factory.mktemp("plante"))
    for chemin, contenu in PLANTES.items():
        ajouter(net, chemin, contenu)
    trouves = constats(net)
    ailleurs = [c for c in trouves if c.fichier[:3] not in {chemin[:3] for chemin in PLANTES}]
    assert ailleurs == []
    return lambda chemin: [c for c in trouves if c.fichier[:3] == chemin[:3]]


@pytest.fixture
def net(tmp_path, modele):
    """Un site où rien ne fuit, ce qui est publié et ce qui est préparé ; on y plante une fuite."""
    return copier(modele, tmp_path)


def copier(modele: Path, dossier: Path) -> SimpleNamespace:
    shutil.copytree(modele, dossier, dirs_exist_ok=True)
    chemins = {nom: dossier / nom for nom in ("publie", "prepare", "site")}
    config = lire_configuration(RACINE / "observatoire.yml").avec_chemins(**chemins)
    return SimpleNamespace(config=config, **chemins)


@pytest.fixture(scope="module")
def modele(tmp_path_factory):
    """Le site net, fait une fois."""
    dossier = tmp_path_factory.mktemp("net")
    publie, prepare, site = dossier / "publie", dossier / "prepare", dossier / "site"
    ecrire_publie(publie / "publique")
    publies = pd.read_csv(publie / "publique" / "indicateurs.csv", dtype={"territoire": str})
    publies = publies.query("annee >= 2009 and bailleur == 'tous' and territoire in ['25056', 'battant', 'tilleroyes']")
    publies.to_csv(publie / "publique" / "indicateurs.csv", index=False)
    for nom in ("alertes", "ampleurs"):
        alertes = pd.read_csv(publie / "publique" / f"{nom}.csv").query("annee >= 2009 and territoire == 'battant'")
        alertes.to_csv(publie / "publique" / f"{nom}.csv", index=False)
    for nom in (
        "attributions_cote_a_cote",
        "engagements",
        "variations",
    ):  # leurs valeurs ne sont pas de celles qui restent
        fichier = publie / "publique" / f"{nom}.csv"
        pd.read_csv(fichier, nrows=0).to_csv(fichier, index=False)
    _preparer(prepare, publies)
    (site / "_static").mkdir(parents=True)
    legende = "Moins de 40 % du plafond par quartier, 2010"
    corps = TABLEAU.format(legende=legende, case='<abbr class="obs-statut">c</abbr>') + "<p>Au 31 décembre 2010.</p>"
    (site / "index.html").write_text(PAGE.format(tete="", corps=corps), encoding="utf-8")
    (site / "_static" / "site.js").write_text("const tiers = 0.3333333333333333;", encoding="utf-8")
    (site / "indicateurs.csv").write_bytes((publie / "publique" / "indicateurs.csv").read_bytes())
    (site / ".nojekyll").touch()
    return dossier


def _preparer(prepare: Path, publies: pd.DataFrame) -> None:
    """Les mêmes cellules avant protection, et des tables dont deux années portent des identifiants."""
    brutes = publies.assign(statut=publies["statut"].replace({"publie": "calcule", "c": "calcule"}))
    cachee = brutes["territoire"].eq("tilleroyes") & brutes["statut"].eq("calcule")
    for mesure, valeur in BRUTES.items():
        brutes[mesure] = np.where(cachee, valeur, brutes[mesure])
    prepare.mkdir()
    brutes.to_parquet(prepare / "indicateurs.parquet")
    for annee, suffixe in ((2009, ""), (2010, "-012")):
        tables = prepare / "tables" / str(annee)
        tables.mkdir(parents=True)
        pd.DataFrame({"id_logement": [f"gbh:GBH0007{suffixe}", "gbh:12"]}).to_parquet(tables / "logements.parquet")
        pd.DataFrame({"id_demande": [DEMANDE], "date_depot": ["2009-03-12"]}).to_parquet(tables / "demandes.parquet")
        immeubles = {"id_immeuble": ["GBH0007"], "libelle": [LIBELLE], "x": [928498.8], "y": [6685630.4]}
        pd.DataFrame(immeubles).to_parquet(tables / "immeubles.parquet")


def constats(net, public="publique") -> list:
    return auditer(net.config, public).constats


def un_constat(trouves: list, *mots: str):
    """Le seul de ces constats, qui dit tous ces mots et ne redit ni identifiant, ni valeur."""
    assert len(trouves) == 1, trouves
    dit = str(trouves[0])
    assert all(mot in dit for mot in mots), dit
    assert not any(secret in dit for secret in (LOGEMENT, DEMANDE, "Églantine", "0.1764", "17,6"))
    return trouves[0]


def ajouter(net, nom: str, contenu: bytes | str) -> None:
    chemin = net.site / nom
    chemin.parent.mkdir(parents=True, exist_ok=True)
    chemin.write_bytes(contenu.encode() if isinstance(contenu, str) else contenu)


def page(corps: str = "", tete: str = "") -> str:
    return PAGE.format(corps=corps, tete=tete)


# Un site net ------------------------------------------------------------------------------------------------


def test_un_site_net_passe_et_le_rapport_dit_ce_qui_a_ete_examine(net):
    rapport = auditer(net.config)
    assert rapport.constats == []
    examine = {cle: n for resultat in rapport.resultats for cle, n in resultat.examine.items()}
    assert examine["identifiants"] == 9  # logement, immeuble, demande, libellé, x écrit de deux façons et y de trois
    assert examine["trop courants de « id_logement »"] == 1  # « 12 » ne se distingue pas d'un nombre ordinaire
    assert examine["clés non publiées"] > 0


# Identifiants -----------------------------------------------------------------------------------------------


def pdf(texte: str) -> bytes:
    """Un vrai PDF d'une page, au flux comprimé."""
    document = PdfWriter()
    feuille = document.add_blank_page(300, 100)
    police = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    objet = DictionaryObject({NameObject(c): NameObject(v) for c, v in police.items()})
    polices = DictionaryObject({NameObject("/F1"): objet})
    feuille[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): polices})
    flux = DecodedStreamObject()
    flux.set_data(f"BT /F1 12 Tf 10 50 Td ({texte}) Tj ET".encode("latin-1"))
    feuille[NameObject("/Contents")] = document._add_object(flux.flate_encode())
    tampon = io.BytesIO()
    document.write(tampon)
    return tampon.getvalue()


def png(texte: str) -> bytes:
    """Une image dont un texte comprimé dit d'où elle vient."""
    infos = PngImagePlugin.PngInfo()
    infos.add_text("Description", texte, zip=True)
    tampon = io.BytesIO()
    Image.new("RGB", (2, 2)).save(tampon, "png", pnginfo=infos)
    return tampon.getvalue()


def feuille(lignes: list[dict]) -> bytes:
    tampon = io.BytesIO()
    pd.DataFrame(lignes).to_excel(tampon, index=False, engine="openpyxl")
    return tampon.getvalue()


def classeur(texte: str) -> bytes:
    return feuille([{"remarque": texte}])


def parquet(texte: str) -> bytes:
    return pd.DataFrame({"remarque": [texte]}).to_parquet()


def archive(texte: str, nom: str = "dedans/notes.txt") -> bytes:
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as zip_:
        zip_.writestr(nom, texte)
    return tampon.getvalue()


def fragment(texte: str) -> bytes:
    return gzip.compress(b"pagefind_dcd" + json.dumps({"url": "/x.html", "content": texte}).encode(), mtime=0)


def mots(texte: str) -> bytes:
    return gzip.compress(b"pagefind_dcd" + cbor2.dumps([[[texte.lower(), [[3, [-25, 591], []]]]]]), mtime=0)


EN_DATA = base64.b64encode(f"<svg xmlns='http://www.w3.org/2000/svg'><desc>{LOGEMENT}</desc></svg>".encode()).decode()


@pytest.mark.parametrize(
    ("fichier", "lieu"),
    [
        (planter("p.html", page(f"<p>Voir {LOGEMENT}.</p>")), "texte de <p>"),
        (planter("p.html", page(f"<p>Voir {LOGEMENT[:6]}<b>{LOGEMENT[6:]}</b></p>")), "coupé par des balises"),
        (planter("p.html", page(f'<img alt="Logement {LOGEMENT}" src="a.png">')), "attribut « alt » de <img>"),
        (
            planter("p.html", page(f'<tr data-cle="gbh:{LOGEMENT}"></tr><td data-cle="gbh:{LOGEMENT}"></td>')),
            "« data-cle »",
        ),
        (planter("p.html", page(tete=f'<meta name="description" content="{LOGEMENT}">')), "« content » de <meta>"),
        (planter("p.html", page(f'<a href="x?q=gbh%3A{LOGEMENT}">x</a>')), "« href » de <a>"),
        (planter("p.html", page(f"<!-- {LOGEMENT} -->")), "commentaire"),
        (planter("p.html", page(f"<script>var l = '{LOGEMENT}';</script>")), "texte de <script>"),
        (planter("p.html", page(f'<svg><g aria-label="{LOGEMENT}"></g></svg>')), "« aria-label » de <g>"),
        (planter("p.html", page(f'<img alt="" src="data:image/svg+xml;base64,{EN_DATA}">')), "« data: »"),
        (planter("c.svg", f'<svg xmlns="http://www.w3.org/2000/svg"><desc>{LOGEMENT}</desc></svg>'), "texte de <desc>"),
        (planter("d.json", json.dumps({"pages": [{"titre": f"Logement {LOGEMENT}"}]})), "/pages[]/titre"),
        (planter("d.js.map", json.dumps({"sourcesContent": [f"// {LOGEMENT}"]})), "/sourcesContent[]"),
        (planter("d.csv", f"quoi;note\nx;{LOGEMENT}\n"), "ligne 2"),
        (planter("notes.txt", f"un\n{LOGEMENT.lower()}\n"), "ligne 2"),
        (planter("notes.md", f"une note\n{LOGEMENT}".encode("utf-16")), "ligne 2"),
        (planter("r.pdf", pdf(LOGEMENT)), "page 1"),
        (planter("i.png", png(LOGEMENT)), "métadonnée « Description »"),
        (planter("t.xlsx", classeur(LOGEMENT)), "sheet1.xml"),
        (planter("t.parquet", parquet(LOGEMENT)), "colonne « remarque »"),
        (planter("t.zip", archive(LOGEMENT)), "dedans/notes.txt"),
        (planter("notes.txt.gz", gzip.compress(LOGEMENT.encode(), mtime=0)), "décomprimé"),
        (planter("pagefind/fragment/fr_1.pf_fragment", fragment(LOGEMENT)), "index de la page /x.html"),
        (planter("pagefind/index/fr_1.pf_index", mots(LOGEMENT)), "mots de l'index"),
        (planter(f"{LOGEMENT}.html", page()), "nom du fichier"),
        (planter("d.json", json.dumps({LOGEMENT: 1})), "nom de clé sous « / »"),
        (planter("d.json", json.dumps({LOGEMENT: LOGEMENT})), "nom de clé sous « / »"),
        (planter("police.woff2", b"wOF2\0\1" + LOGEMENT.encode()), "en clair"),
    ],
)
def test_un_identifiant_est_trouve_ou_qu_il_soit(plante, fichier, lieu):
    masque = masquer(tuple(atomes(LOGEMENT)))
    constat = un_constat(plante(fichier), lieu, "« id_logement »", masque)
    assert constat.fichier == fichier.replace(LOGEMENT, masque)


@pytest.mark.parametrize(
    ("fichier", "colonne"),
    [
        (planter("p.html", page(f"<p>Voir {texte} ici.</p>")), colonne)
        for texte, colonne in (
            (DEMANDE, "id_demande"),
            ("au 14, rue de l&rsquo;eglantine", "libelle"),
            ("6685630.4", "y"),
            ("6 685 630,4".replace(" ", "\u202f"), "y"),
            ("928498.8", "x"),
        )
    ],
)
def test_toutes_les_colonnes_identifiantes_sont_cherchees(plante, fichier, colonne):
    un_constat(plante(fichier), f"« {colonne} »")


@pytest.mark.parametrize(
    "fichier",
    [
        planter("p.html", page("<p>12 logements, GBH00071, D0042170 et AD004217</p>")),
        planter("d.csv", "part,menages\n0.928498,8\n"),
        planter("d.zip", archive("part;menages\n0,928498;8\n", "francais/d.csv")),
    ],
)
def test_un_identifiant_plus_long_ou_trop_court_n_est_pas_confondu(plante, fichier):
    assert plante(fichier) == []


def test_les_regles_disent_ce_qui_est_trop_courant():
    cherches = {"GBH001": True, "12": False, "2010": False, "A12": False, "0612345": True, "Les Hortensias": True}
    assert {texte: distinctif(tuple(atomes(texte))) for texte in cherches} == cherches


INDIVIDUS = planter("m.csv", "age_titulaire;minima_sociaux;n\n41;oui;1\n")


def test_des_colonnes_de_lignes_individuelles_sont_un_constat(plante):
    un_constat(
        plante(INDIVIDUS), INDIVIDUS, "lignes individuelles de « menages »", "« age_titulaire », « minima_sociaux »"
    )


def test_sans_tables_preparees_l_audit_dit_ce_qu_il_n_a_pas_fait(net):
    ajouter(net, "p.html", page(f"<p>{LOGEMENT}</p>"))
    net.config = net.config.avec_chemins(prepare=net.prepare / "ailleurs")
    rapport = auditer(net.config)
    assert rapport.constats == []
    assert str(rapport).count("NON FAIT") == 2  # identifiants, attaque
    assert "aucun identifiant n'a pu être cherché" in str(rapport)
    assert "sauf ce qui n'a pas été fait" in str(rapport)


# Fichiers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fichier", "defaut"),
    [
        (planter("base.sqlite", b"SQLite format 3\0" + bytes(range(256))), "genre de fichier inconnu (.sqlite)"),
        (planter("sans_suffixe", b"\0\1\2\3"), "un binaire, sous un nom de texte"),
        (planter("r.pdf", b"%PDF-1.7 rien"), "PDF abîmé"),
        (planter("i.png", b"\x89PNG rien"), "ce n'est pas une image"),
        (planter("f.woff2", b"rien de tel"), "ce n'est pas une police"),
        (planter("d.json", b"{"), "JSON mal formé, ligne 1"),
        (planter("t.zip", archive("x")[:-30]), "archive abîmée"),
        (planter("pagefind/a.pf_index", gzip.compress(b"autre chose", mtime=0)), "pas un morceau d'index"),
        (planter("t.parquet", b"PAR1"), "pas un fichier Parquet"),
    ],
)
def test_un_fichier_qui_ne_peut_etre_lu_est_un_constat(plante, fichier, defaut):
    assert un_constat(plante(fichier), defaut).fichier == fichier


INCONNU = planter("base.sqlite", b"SQLite format 3\0\0" + LOGEMENT.encode() + b"\0")


def test_ce_qui_se_lit_en_clair_d_un_fichier_inconnu_est_lu(plante):
    assert [c.lieu for c in plante(INCONNU)] == ["", "en clair"]


# Valeurs cachées --------------------------------------------------------------------------------------------


def ligne(**mesures) -> dict:
    return {**CACHEE, "indicateur": "moins_40_plafond", **mesures}


@pytest.mark.parametrize(
    "fichier",
    [
        planter("d.csv", pd.DataFrame([ligne(valeur=0.2)]).to_csv(index=False, sep=";")),
        planter("d.json", json.dumps({"lignes": [ligne(valeur=0.2)]})),
        planter("p.html", page(f'<script type="application/json">{json.dumps([ligne(valeur=0.2)])}</script>')),
        planter("d.parquet", pd.DataFrame([ligne(valeur=0.2)]).to_parquet()),
        planter("d.xlsx", feuille([ligne(valeur=0.2)])),
        planter("alertes.csv", pd.DataFrame([ligne(verdict="alerte", observe=0.2)]).drop(columns="bailleur").to_csv()),
    ],
)
def test_une_ligne_qui_porte_une_cle_cachee_doit_etre_vide(plante, fichier):
    un_constat(
        plante(fichier),
        fichier,
        "la valeur cachée de moins_40_plafond, quartier tilleroyes, 2010",
        "Mesures remplies : ",
    )


LICITES = planter(
    "d.csv",
    pd.DataFrame([ligne(valeur=None, couverture=0.96), ligne(territoire="battant", valeur=0.4)]).to_csv(index=False),
)


def test_une_ligne_cachee_vide_ou_une_cle_publiee_passe(plante):
    assert plante(LICITES) == []


def test_une_valeur_cumulee_se_montre_la_ou_celle_de_l_annee_est_cachee(net):
    """Trois années ont assez d'unités : la ligne cumulée a sa propre règle, et elle seule."""
    cumul = ligne(depuis=2008, valeur=0.2, numerateur=4, denominateur=20, statut="publie")
    publies = pd.DataFrame([cumul]).reindex(columns=CUMULS.noms)
    publies.to_csv(net.publie / "publique" / "cumuls.csv", index=False)
    assert constats(net) == []
    publies.assign(statut="c").to_csv(net.publie / "publique" / "cumuls.csv", index=False)
    un_constat(constats(net), "cumuls.csv", "la valeur cachée de moins_40_plafond", "Mesures remplies : ")


# Publics ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fichier", "mots"),
    [
        (planter("p.html", page(tete='<meta name="observatoire-public" content="partenaires">')), "« partenaires »"),
        (
            planter("p.html", page('<div class="bandeau bandeau-avis">Édition réservée aux\n signataires</div>')),
            "réservée",
        ),
        (planter("documents/note.pdf", pdf("observatoire-public: partenaires")), "« partenaires »"),
        (planter("2010/immeuble-7.html", page()), "page du niveau « immeuble »"),
        (planter("lieux.csv", "niveau,nom\nimmeuble,x\nquartier,y\n"), "1 ligne du niveau « immeuble »"),
    ],
)
def test_rien_des_partenaires_n_est_dans_le_site_public(plante, fichier, mots):
    un_constat(plante(fichier), fichier, mots)


@pytest.mark.parametrize(("vus", "trouves"), [(["ville", "quartier", "secteur"], 0), (["ville", "quartier"], 1)])
def test_les_niveaux_reserves_sont_ceux_que_les_regles_publiees_ne_montrent_pas(net, vus, trouves):
    fichier = net.publie / "publique" / "edition.json"
    regles = {"niveaux": dict.fromkeys(vus, 11)}
    fichier.write_text(json.dumps(json.loads(fichier.read_text(encoding="utf-8")) | {"regles": regles}), "utf-8")
    ajouter(net, "lieux.csv", "niveau,nom\nsecteur,x\nquartier,y\n")
    assert [c.quoi for c in constats(net)] == ["1 ligne du niveau « secteur »"] * trouves


def test_un_immeuble_publie_pour_les_partenaires_n_est_pas_un_constat_chez_eux(net):
    """Le code et le libellé d'un immeuble ne sont à eux que s'ils sont parmi leurs territoires publiés."""
    partenaires = shutil.copytree(net.publie / "publique", net.publie / "partenaires")
    edition = partenaires / "edition.json"
    edition.write_text(edition.read_text(encoding="utf-8").replace('"publique"', '"partenaires"'), encoding="utf-8")
    net.site = shutil.copytree(net.site, net.site.with_name("site-partenaires"))
    net.config = net.config.avec_chemins("partenaires", site=net.site)
    ajouter(net, "p.html", page(f"<p>gbh:GBH0007, {LIBELLE}</p>"))
    dits = " ".join(c.quoi for c in constats(net, "partenaires"))
    assert "« id_" in dits
    assert "« libelle »" in dits
    with (partenaires / "territoires.csv").open("a", encoding="utf-8") as fichier:
        fichier.write(f"immeuble,gbh:GBH0007,{LIBELLE},battant\n")
    # Les nombres de cette petite édition sont écrits à la main, sans bruit : l'attaque, elle, a le droit d'y trouver.
    assert [c for c in constats(net, "partenaires") if c.fichier != INDICATEURS] == []


# La commande ------------------------------------------------------------------------------------------------


def test_la_commande_rend_0_1_ou_2(net, tmp_path):
    chemins = ["--publie", net.publie, "--prepare", net.prepare, "--config", RACINE / "observatoire.yml", "--site"]
    bon = lancer("auditer", *chemins, net.site)
    assert (bon.returncode, "Rien de caché n'a été trouvé" in bon.stdout) == (0, True), bon.stderr
    ajouter(net, "p.html", page(f"<p>{LOGEMENT}</p>"))
    commande = [sys.executable, "-m", "observatoire.cli", "auditer", *map(str, chemins), str(net.site)]
    mauvais = subprocess.run(commande, capture_output=True, text=True, check=False)
    assert mauvais.returncode == 1
    assert "p.html, texte de <p>" in mauvais.stdout
    assert "Quelque chose de caché peut se savoir" in mauvais.stderr
    assert LOGEMENT not in mauvais.stdout + mauvais.stderr
    assert lancer("auditer", *chemins, tmp_path / "vide").returncode == 2
    assert lancer("auditer", "--sit", net.site).returncode == 2


def test_rien_de_publie_ou_pas_de_site_est_dit(net, tmp_path):
    with pytest.raises(ErreurConfiguration, match="aucun site n'est construit ici"):
        auditer(net.config.avec_chemins(site=tmp_path / "vide"))
    with pytest.raises(ErreurConfiguration, match="rien n'est publié pour « partenaires »"):
        auditer(net.config, "partenaires")


# Un vrai site -----------------------------------------------------------------------------------------------


def test_le_site_d_une_vraie_edition_passe(petite_chaine):
    """Tout y est lu : aucun genre inconnu, aucun identifiant, rien d'un autre public."""
    rapport = auditer(petite_chaine)
    assert rapport.constats == [], str(rapport)
    examine = {cle: n for resultat in rapport.resultats for cle, n in resultat.examine.items()}
    assert examine["identifiants"] > 5000
    assert examine["clés non publiées"] > 500
    assert examine["non lus : .woff2"] == 3

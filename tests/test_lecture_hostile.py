"""Un fichier abîmé ou fait pour nuire n'arrête pas la commande : il est refusé, et les autres sont lus."""

from __future__ import annotations

import difflib
import io
import json
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from atelier_lecture import LIGNES, Atelier, colonnes
from openpyxl import Workbook

from observatoire import lecture
from observatoire.erreurs import ErreurConfiguration
from observatoire.isolement import Panne
from observatoire.lecture import parquet, prudence, rapports
from observatoire.lecture.controles import plus_proche
from observatoire.lecture.parts import controler_fichier
from observatoire.lecture.problemes import LIGNES_GARDEES, nombre, par_code, par_valeur
from observatoire.lecture.refus import FichierIllisible
from observatoire.lecture.tableurs import ouvrir
from observatoire.lecture.territoires import chercher_les_inconnus, lire_contours
from observatoire.lecture.verification import inventaire

CAS = Path(__file__).parent.parent.parent / "shared" / "cas" / "lecture"


def _classeur(table: str = "logements") -> bytes:
    classeur = Workbook()
    classeur.active.append(colonnes(table))
    for ligne in LIGNES[table]:
        classeur.active.append([ligne.get(c, "") for c in colonnes(table)])
    classeur.save(flux := io.BytesIO())
    return flux.getvalue()


def _refaire(octets: bytes, renommer=lambda nom: nom, changer=lambda nom, contenu: contenu) -> bytes:
    """Le même classeur, dont les parties sont renommées ou changées."""
    with zipfile.ZipFile(io.BytesIO(octets)) as ici:
        with zipfile.ZipFile(flux := io.BytesIO(), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as la:
            for nom in ici.namelist():
                la.writestr(renommer(nom), changer(nom, ici.read(nom)))
        return flux.getvalue()


def _dans_la_feuille(ajout: bytes, fois: int = 1):
    def ajouter(nom: str, contenu: bytes) -> bytes:
        lignes, fin, suite = contenu.partition(b"</sheetData>")
        return b"".join([lignes, ajout * fois, fin, suite]) if fin else contenu

    return ajouter


def _strict(nom: str, contenu: bytes) -> bytes:
    return contenu.replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    ).replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    )


def _rire(nom: str, contenu: bytes) -> bytes:
    if "sheet1" not in nom and not nom.endswith("xl/workbook.xml"):
        return contenu
    entites = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    corps = re.sub(rb"^<\?xml[^>]*\?>", b"", contenu).replace(
        b"</sheetData>", b'<row r="9"><c r="A9" t="str"><f>1</f><v>&l9;</v></c></row></sheetData>'
    )
    return f'<!DOCTYPE x [<!ENTITY l0 "rire">{entites}]>'.encode() + corps


EGAREE = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t> </t></is></c></row>'
FORMULE = b'<row r="9"><c r="B9"><f>1+1</f></c></row>'
LISIBLES = {
    "Open XML « strict »": lambda: _refaire(_classeur(), changer=_strict),
    "parties dans une autre casse": lambda: _refaire(
        _classeur(), lambda nom: nom.replace("workbook.xml", "Workbook.xml").replace("worksheets", "Worksheets")
    ),
}
HOSTILES = {
    "cellule en XFD1048576": (_dans_la_feuille(EGAREE), "loin à droite du tableau"),
    "un milliard de rires": (_rire, "ne peut pas être ouvert"),
    "1 Go d'espaces": (_dans_la_feuille(b" ", 10**9), "1 000 Mo une fois décompressé"),
    "XML tronqué": (lambda nom, contenu: contenu[: len(contenu) // 2], "ne peut pas être ouvert"),
}


def _avec(atelier: Atelier, octets: bytes, nom: str = "logements_neolia.xlsx") -> lecture.Depots:
    """La vérification de dépôts en ordre, dont un fichier est remplacé."""
    atelier.deposer_tout()
    (atelier.racine / "data/brut/2010" / Path(nom).with_suffix(".csv")).unlink()
    atelier.deposer("logements", nom=nom, octets=octets)
    return atelier.verifier()


def _refus(depots: lecture.Depots) -> lecture.depots.Fichier:
    """Le seul fichier refusé qui ne l'est pas à cause d'un autre."""
    (refuse,) = (f for f in depots.refuses if f.problemes[0].regle != "dependance")
    assert {"immeubles", "demandes"} <= {f.table for f in depots.acceptes}
    assert all(p.conseil for p in refuse.problemes)
    return refuse


@pytest.mark.parametrize("octets", LISIBLES.values(), ids=LISIBLES)
def test_un_classeur_d_une_autre_facture_se_lit_et_ses_fautes_se_disent(tmp_path, octets):
    atelier = Atelier(tmp_path)
    assert _avec(atelier, octets()).accepte
    depots = _avec(atelier, _refaire(octets(), changer=_dans_la_feuille(FORMULE)))
    assert "ligne 9, colonne « id_immeuble » : formule jamais calculée" in _refus(depots).message()


@pytest.mark.parametrize(("changer", "phrase"), HOSTILES.values(), ids=HOSTILES)
def test_un_classeur_hostile_est_refuse_et_les_autres_fichiers_sont_lus(tmp_path, changer, phrase):
    depots = _avec(Atelier(tmp_path), _refaire(_classeur(), changer=changer))
    assert phrase in _refus(depots).message()


def test_le_classeur_du_solveur(tmp_path):
    """Le cas reçu : 9 Ko, une espace en XFD1048576."""
    recu = next((CAS / "xlsx_cellule_XFD1048576" / "brut").rglob("*.xlsx"), None)
    if recu is None:
        pytest.skip("le cas n'est pas là")
    assert "loin à droite du tableau" in _refus(_avec(Atelier(tmp_path), recu.read_bytes())).message()


def test_des_cellules_repetees_des_milliards_de_fois(tmp_path):
    """ODS écrit une fois une ligne répétée ; la dernière cellule de la feuille en ferait dix-sept milliards."""
    espaces = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    espaces += 'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    cellule = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    rangee = f'<table:table-row table:number-rows-repeated="1048576">{cellule}</table:table-row>'
    contenu = f'<office:document-content {espaces}><office:body><office:spreadsheet><table:table table:name="F">'
    contenu += f"{rangee}</table:table></office:spreadsheet></office:body></office:document-content>"
    depots = _avec(Atelier(tmp_path), _ods(contenu), "logements_neolia.ods")
    assert "loin à droite du tableau" in _refus(depots).message()


def test_un_ods_coupe_avant_sa_fin_se_refuse_aussitot(tmp_path):
    """La bibliothèque qui lit les classeurs en attendait la fin pour toujours."""
    ods = ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    contenu = f'<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"{ods}><o:body>'
    contenu += '<o:spreadsheet><table:table table:name="F"><table:table-row><table:table-cell/></table:table-row>'
    (tmp_path / "coupe.ods").write_bytes(_ods(contenu))
    with pytest.raises(FichierIllisible):
        ouvrir(tmp_path / "coupe.ods")


def _ods(contenu: str) -> bytes:
    with zipfile.ZipFile(flux := io.BytesIO(), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", contenu)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return flux.getvalue()


def test_un_ods_qui_s_arrete_en_route(tmp_path):
    """Coupé au milieu d'une feuille, il occupait la lecture jusqu'à sa limite de temps."""
    with zipfile.ZipFile(flux := io.BytesIO(), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", '<a xmlns:table="t"><table:table table:name="F"><table:table-column/>')
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    assert "abîmé" in _refus(_avec(Atelier(tmp_path), flux.getvalue(), "logements_neolia.ods")).message()


def _parquet(table: pa.Table, fois: int = 1) -> bytes:
    with pq.ParquetWriter(flux := io.BytesIO(), table.schema) as ecrivain:
        for _ in range(fois):
            ecrivain.write_table(table)
    return flux.getvalue()


def _vides(lignes: int) -> pa.Table:
    return pa.table({nom: pa.nulls(lignes, pa.string()) for nom in colonnes("logements")})


def test_cent_millions_de_lignes_vides(tmp_path):
    atelier = Atelier(tmp_path)
    verifies = _avec(atelier, _parquet(_vides(1_000_000), 100), "logements_neolia.parquet")
    for depots in (verifies, lecture.lire(atelier.config, sans_les_refuses=True)):
        assert "trop grand : 100 000 000 lignes" in _refus(depots).message()


@pytest.mark.parametrize("nom", [parquet.LIGNE, "morceau", "file_row_number"])
@pytest.mark.parametrize("lire", [lecture.verifier, lambda config: lecture.lire(config, sans_les_refuses=True)])
def test_une_colonne_parquet_nommee_comme_l_une_des_notres(tmp_path, monkeypatch, nom, lire):
    monkeypatch.setattr(lecture.decoupe, "TROP_GROS", 1)
    atelier = Atelier(tmp_path)
    for table in ("immeubles", "logements"):
        lignes = pd.DataFrame(LIGNES[table]).reindex(columns=colonnes(table)).astype("str")
        lignes[nom] = "x"
        atelier.deposer(table, nom=f"{table}_neolia.parquet", octets=lignes.to_parquet(index=False))
    depots = lire(atelier.config)
    regles = [[p.regle for p in f.problemes] for f in depots.fichiers]
    assert regles == [["colonne_inconnue"], ["colonne_inconnue", "dependance"]]
    assert all(f"colonne « {nom} » n'est pas prévue" in f.message() for f in depots.fichiers)


@pytest.mark.parametrize(
    ("nom", "valeurs"),
    [("nb_pieces", pa.array([2**63 - 1])), ("date_bail", pa.array([2**31 - 1], pa.date32()))],
    ids=["entier", "date"],
)
def test_une_valeur_parquet_que_nos_types_ne_portent_pas(tmp_path, nom, valeurs):
    table = pa.table({c: pa.array([LIGNES["logements"][0].get(c, "")]) for c in colonnes("logements")})
    octets = _parquet(table.set_column(table.column_names.index(nom), nom, valeurs))
    atelier = Atelier(tmp_path)
    verifies = _avec(atelier, octets, "logements_neolia.parquet")
    for depots in (verifies, lecture.lire(atelier.config, sans_les_refuses=True)):
        assert {p.colonne for p in _refus(depots).problemes} == {nom}


@pytest.mark.parametrize("nom", ["occupation", "id_logement", "bailleur"])
def test_un_texte_parquet_qui_n_est_pas_en_utf_8(tmp_path, nom):
    table = pa.table({c: pa.array([LIGNES["logements"][0].get(c, "")]) for c in colonnes("logements")})
    abime = pa.array([b"neo\xf1a"]).cast(pa.string(), safe=False)
    octets = _parquet(table.set_column(table.column_names.index(nom), nom, abime))
    refuse = _refus(_avec(Atelier(tmp_path), octets, "logements_neolia.parquet"))
    assert "pas un fichier Parquet lisible" in refuse.message()
    assert "faute de l'observatoire" not in refuse.message()


def test_un_classeur_dont_les_octets_sont_abimes(tmp_path):
    octets = bytearray(_classeur())
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        feuille = archive.getinfo("xl/worksheets/sheet1.xml")
    debut = feuille.header_offset + 30 + len(feuille.filename)
    octets[debut : debut + feuille.compress_size] = b"\xff" * feuille.compress_size
    assert "ne peut pas être ouvert" in _refus(_avec(Atelier(tmp_path), bytes(octets))).message()


@pytest.mark.parametrize(
    ("changer", "lire"),
    [
        (lambda trait: trait["geometry"]["coordinates"][0].pop(), lire_contours),
        (
            lambda trait: trait["properties"].update(code=["a"]),
            lambda config: chercher_les_inconnus(config)("quartier", "a"),
        ),
        (lambda trait: trait.update(properties="x"), lambda config: chercher_les_inconnus(config)("quartier", "a")),
    ],
    ids=["anneau ouvert", "code en liste", "propriétés en texte"],
)
def test_des_contours_abimes_se_refusent_d_une_phrase(tmp_path, changer, lire):
    atelier = Atelier(tmp_path)
    fichier = atelier.config.chemin("referentiels") / "quartiers.geojson"
    contours = json.loads(fichier.read_text(encoding="utf-8"))
    changer(contours["features"][0])
    fichier.write_text(json.dumps(contours), encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match="n'est pas un GeoJSON lisible"):
        lire(atelier.config)


def test_un_depot_nomme_comme_un_morceau_n_en_est_pas_un(tmp_path):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    atelier.deposer("logements", nom="rpls_gbh.morceau", octets=b"n'importe quoi")
    depots = atelier.verifier()
    assert "e format « .morceau » n'est pas lu" in depots.refuses[0].message()


@pytest.mark.parametrize("lire", [lecture.verifier, lambda config: lecture.lire(config, sans_les_refuses=True)])
def test_une_lecture_qui_demande_trop_de_memoire_est_le_refus_de_ce_fichier(tmp_path, monkeypatch, lire):
    """Dans les bornes, mais plus que la mémoire permise : le processus cède, la commande continue."""
    monkeypatch.setattr(prudence, "MEMOIRE", 1 << 30)
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    (tmp_path / "data/brut/2010/logements_neolia.csv").unlink()
    atelier.deposer("logements", nom="logements_neolia.parquet", octets=_parquet(_vides(1_000_000), 5))
    refuse = _refus(lire(atelier.config))
    assert [p.regle for p in refuse.problemes] == ["lecture"]
    assert "demande plus de 1 Go de mémoire" in refuse.message()


@pytest.mark.parametrize("panne", [Panne("temps"), Panne("mort"), Panne("memoire"), Panne("faute", "KeyError, x.py")])
def test_chaque_panne_a_sa_phrase_et_son_conseil(tmp_path, panne):
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    probleme = prudence.dire(panne, atelier.verifier().fichiers[0])
    assert probleme.phrase.endswith(".")
    assert probleme.conseil
    assert panne.faute in probleme.phrase


# --- le coût d'un fichier fautif partout


def test_des_identifiants_orphelins_se_groupent_en_un_temps_proportionnel():
    def duree(n):
        debut = time.perf_counter()
        groupes = par_code(pd.Series([f"X {k} 123456" for k in range(n)], index=range(2, n + 2), dtype="str"))
        assert groupes[None].nombre == n
        return time.perf_counter() - debut

    duree(1000)
    assert duree(160_000) < 20 * max(duree(20_000), 0.05)


def test_ce_qui_ne_se_repete_pas_n_est_pas_denombre(tmp_path, monkeypatch):
    n, denombrees = 50_000, []
    atelier = Atelier(tmp_path)
    fausse = pd.Series([f"zz{k}.{k % 10}" for k in range(n)])
    fausses = pd.DataFrame(dict.fromkeys(colonnes("logements"), fausse))
    atelier.deposer("logements", octets=fausses.to_csv(sep=";", index=False).encode())
    for module, nom in ((pc, "unique"), (pc, "value_counts"), (pd, "factorize")):
        faire = getattr(module, nom)
        compter = lambda valeurs, *a, _faire=faire, **k: denombrees.append(len(valeurs)) or _faire(valeurs, *a, **k)  # noqa: E731
        monkeypatch.setattr(module, nom, compter)
    depots, outils = inventaire(atelier.config)
    (fichier,) = depots.fichiers
    controler_fichier(fichier, outils)
    assert sum(p.nombre for p in fichier.problemes) == 11 * n  # deux identifiants sont possibles
    assert "colonne « surface_m2 » : une valeur non affichée n'est pas un nombre." in fichier.message()
    assert sum(denombrees) < 10 * n  # chacune des treize colonnes, plutôt que deux ou trois fois


def test_aligner_une_faute_n_indexe_pas_de_nouveau_les_valeurs_admises(monkeypatch):
    indexees = []
    indexer = difflib.SequenceMatcher.set_seq2
    monkeypatch.setattr(difflib.SequenceMatcher, "set_seq2", lambda s, b: indexees.append(b) or indexer(s, b))
    admises = ("appartement", "maison", "foyer")
    assert [plus_proche(f"maisons {k}", admises) for k in range(9)] == ["maison"] * 9
    assert sorted(indexees) == sorted(admises)


def test_les_groupes_sont_ceux_d_une_boucle():
    alea = np.random.default_rng(3)
    valeurs = pd.Series(alea.choice(["a", "b", "M. Dupont, 3e", "0381000000", "c"], 500), dtype="str")
    attendus: dict = {}
    for ligne, valeur in valeurs.items():
        attendus.setdefault(valeur if len(valeur) == 1 else None, []).append(ligne)
    assert par_code(valeurs) == {cle: tuple(lignes) for cle, lignes in attendus.items()}
    assert list(par_code(valeurs)) == list(attendus)
    ordinaires = par_valeur(valeurs, valeurs.index.to_series())
    assert ordinaires == {v: tuple(valeurs.index[valeurs.eq(v)]) for v in valeurs.unique()}


def test_un_fichier_faux_partout_dit_les_premieres_fautes_et_leurs_nombres(tmp_path):
    n = 20_000
    atelier = Atelier(tmp_path)
    atelier.deposer_tout()
    entete = colonnes("logements")
    fautes = pd.DataFrame({nom: [f"z{k}" for k in range(n)] for nom in entete}).assign(
        id_logement=[f"L{k % 10}" for k in range(n)], dpe="#N/A!", occupation="louer"
    )
    atelier.deposer("logements", octets=fautes.to_csv(sep=";", index=False).encode())
    depots = atelier.verifier()
    (refuse,) = (f for f in depots.refuses if f.table == "logements")
    texte = refuse.message()
    debut = "lignes 2, 3, 4 et 19 997 autres"
    assert f"{debut}, colonne « id_logement » : une valeur non affichée figure plusieurs fois." in texte
    assert f"{debut}, colonne « occupation » : « louer »" in texte
    assert "colonne « surface_m2 » : « z0 » n'est pas un nombre." in texte
    assert re.search(r"« surface_m2 » : au moins 981 autres problèmes du même genre, sur 19 980 lignes\.", texte)
    assert f": fichier refusé, au moins {nombre(len(refuse.problemes))} problèmes." in texte  # ce que l'on a distingué
    assert len(refuse.problemes) < 20 * 1002
    assert max(len(p.lignes) for p in refuse.problemes) <= LIGNES_GARDEES
    rapports.ecrire_rapports(depots, tmp_path / "rapports")
    page = (tmp_path / "rapports/2010/neolia.html").read_text(encoding="utf-8").replace("\u202f", " ")
    assert f"Refusé : au moins {nombre(len(refuse.problemes))} problèmes" in page.replace("\u00a0", " ")
    table = pd.read_csv(tmp_path / "rapports/2010/neolia.csv", sep=";", encoding="utf-8-sig")
    loues = table[table["colonne"].eq("occupation")]
    assert loues["nombre"].tolist() == [n]

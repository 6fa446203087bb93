"""La clé du secret et celle de chaque unité : permanente, la même d'une table et d'une année à l'autre."""

from __future__ import annotations

import json
import os
import shutil
import stat

import numpy as np
import pandas as pd
import pytest
from fabrique import configuration

from observatoire.chaine import Chaine
from observatoire.cles import COLONNE, FICTIVE, MODULE, attribuer, cle_de, lire_la_cle, signer
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire

AUTRE = "fedcba9876543210"
ATTENDUES = [3604224, 5733001, 3191215]


def _menages(annees=(2005.0, 2009.0, None), logements=("gbh:L1", "gbh:L2", "gbh:L3")) -> pd.DataFrame:
    return pd.DataFrame({"id_logement": pd.Series(logements, dtype="str"), "annee_emmenagement": annees})


def test_la_cle_d_un_menage_ne_depend_que_de_son_logement_et_de_son_arrivee():
    cles = attribuer("menages", _menages(), FICTIVE)[COLONNE]
    retournee = attribuer("menages", _menages().iloc[::-1].assign(annee=2010), FICTIVE)[COLONNE].iloc[::-1]
    assert cles.tolist() == retournee.tolist()
    assert cles.nunique() == 3
    assert cles.between(0, MODULE - 1).all()


def test_un_nouveau_menage_dans_le_meme_logement_a_une_autre_cle():
    avant, apres = (
        attribuer("menages", _menages(annees=(a, 2009.0, None)), FICTIVE)[COLONNE] for a in (2005.0, 2010.0)
    )
    assert avant.iloc[0] != apres.iloc[0]
    assert avant.iloc[1] == apres.iloc[1]


def test_le_bail_et_le_menage_qu_il_installe_ont_la_meme_cle():
    baux = pd.DataFrame({"id_logement": pd.Series(["gbh:L2"], dtype="str"), "date": pd.to_datetime(["2009-03-12"])})
    assert (
        attribuer("attributions", baux, FICTIVE)[COLONNE].iloc[0]
        == attribuer("menages", _menages(), FICTIVE)[COLONNE].iloc[1]
    )


def test_une_autre_cle_du_secret_change_toutes_les_cles():
    une, autre = (attribuer("menages", _menages(), cle)[COLONNE] for cle in (FICTIVE, AUTRE))
    assert (une != autre).all()
    assert signer(FICTIVE) != signer(AUTRE)
    assert FICTIVE not in signer(FICTIVE)


def test_les_cles_sont_reparties_au_hasard():
    logements = pd.DataFrame({"id_logement": pd.Series([f"gbh:{n}" for n in range(20_000)], dtype="str")})
    parts = attribuer("logements", logements, FICTIVE)[COLONNE].to_numpy() / MODULE
    assert np.histogram(parts, bins=20, range=(0, 1))[0].std() < 3 * np.sqrt(1000)


def test_la_cle_se_tire_au_premier_besoin_et_se_garde(tmp_path):
    fichier = tmp_path / "secret" / "cle"
    cle = lire_la_cle(fichier, fictif=False)
    assert lire_la_cle(fichier, fictif=False) == cle != FICTIVE
    assert stat.S_IMODE(fichier.stat().st_mode) == 0o600
    assert lire_la_cle(fichier, fictif=True) == FICTIVE


def test_une_cle_que_d_autres_lisent_ou_mal_ecrite_est_refusee(tmp_path):
    fichier = tmp_path / "cle"
    lire_la_cle(fichier, fictif=False)
    os.chmod(fichier, 0o644)
    with pytest.raises(ErreurConfiguration, match="chmod 600"):
        lire_la_cle(fichier, fictif=False)
    os.chmod(fichier, 0o600)
    fichier.write_text("trop courte\n", encoding="utf-8")
    with pytest.raises(ErreurConfiguration, match="n'est pas une clé du secret"):
        lire_la_cle(fichier, fictif=False)


def test_les_cles_des_depots_fictifs_sont_toujours_les_memes():
    """Changer d'empreinte changerait tous les comptes publiés : ce serait une rupture, à dire au journal."""
    assert attribuer("menages", _menages(), FICTIVE)[COLONNE].tolist() == ATTENDUES


@pytest.fixture
def ville(tmp_path):
    """Une ville aux vrais dépôts, dont l'édition publique en place porte la signature de sa clé."""
    ici = configuration(tmp_path)
    edition = ici.chemin("publie") / "publique" / "edition.json"
    edition.parent.mkdir(parents=True)
    edition.write_text(json.dumps({"cle": signer(cle_de(ici))}), encoding="utf-8")
    return ici


def test_une_cle_perdue_n_est_pas_remplacee_sous_une_edition_en_place(ville):
    perdue = ville.chemin("cle").read_text(encoding="ascii")
    ville.chemin("cle").unlink()
    with pytest.raises(ErreurObservatoire, match=r"manque.*publique.*Remettre la clé d'origine"):
        cle_de(ville)
    assert not ville.chemin("cle").exists()
    lire_la_cle(ville.chemin("cle"), fictif=False)  # une autre, que quelqu'un aurait tirée
    with pytest.raises(ErreurObservatoire, match="n'est pas celle de l'édition publiée"):
        cle_de(ville)
    ville.chemin("cle").write_text(perdue, encoding="ascii")
    assert cle_de(ville) == perdue.strip()


def test_une_edition_fictive_n_empeche_pas_les_premiers_vrais_depots(ville):
    edition = ville.chemin("publie") / "publique" / "edition.json"
    edition.write_text(json.dumps({"cle": signer(FICTIVE)}), encoding="utf-8")
    ville.chemin("cle").unlink()
    assert cle_de(ville) != FICTIVE


def test_le_calcul_se_refait_sous_une_autre_cle(ville):
    """Ce qui est préparé porte les clés des cases : sous une autre clé, ce n'est plus le même calcul."""
    avant = Chaine(ville)._lu_par_le_calcul(False)
    assert Chaine(ville)._lu_par_le_calcul(False) == avant
    shutil.rmtree(ville.chemin("publie"))
    ville.chemin("cle").unlink()
    assert Chaine(ville)._lu_par_le_calcul(False) != avant

"""Une ville qui ne publie que son total : ni quartier, ni immeuble, des dépôts au site."""

from __future__ import annotations

import pandas as pd
import pytest
from petite_ville import SORTIES

pytestmark = pytest.mark.bout_en_bout


def test_la_ville_seule_va_jusqu_au_site(ville_seule):
    ville, fait = ville_seule
    assert fait.returncode == 0, fait.stderr
    assert "Traceback" not in fait.stdout + fait.stderr
    publies = pd.read_csv(ville / SORTIES["publie"] / "publique" / "indicateurs.csv")
    assert set(publies["niveau"]) == {"ville", "qpv"}
    assert publies["statut"].eq("publie").any()
    site = ville / SORTIES["site"]
    assert list(site.rglob("index.html"))
    assert not [page for page in site.rglob("*.html") if page.parent.name == "quartiers"]

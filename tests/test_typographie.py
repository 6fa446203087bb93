"""Les espaces insécables et les apostrophes posées sur les pages."""

from __future__ import annotations

import pytest

from observatoire.typographie import ponctuer, ponctuer_html


@pytest.mark.parametrize(
    ("tape", "lu"),
    [
        (
            "un taux : 3 % ; vraiment ?",
            "un taux\u00a0: 3\u202f% ; vraiment ?".replace(" ;", "\u202f;").replace(" ?", "\u202f?"),
        ),
        ("l”", "l’"),
        ("« secret »", "«\u00a0secret\u00a0»"),
        ("l'état d'un lieu", "l’état d’un lieu"),
        ("16 / 830 logements", "16\u00a0/\u00a0830 logements"),
        ("12:30, https://exemple.fr", "12:30, https://exemple.fr"),
    ],
)
def test_la_ponctuation_est_francaise_et_la_refaire_ne_change_rien(tape, lu):
    assert ponctuer(tape) == lu
    assert ponctuer(lu) == lu


def test_ni_les_balises_ni_le_code_ne_bougent():
    html = '<p title="l\'an : 1">l&#x27;an : 1 <code>a : b</code></p><style>a : hover{}</style>'
    attendu = '<p title="l\'an : 1">l’an\u00a0: 1 <code>a : b</code></p><style>a : hover{}</style>'
    assert ponctuer_html(html) == attendu

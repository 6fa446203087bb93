"""Écrire un nombre comme il se lit en français : pages, figures, infobulles, textes de remplacement.

Les proportions sont des fractions de [0, 1] partout ailleurs ; elles ne deviennent des pourcentages qu'ici.
"""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from html import escape

import pandas as pd
from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal, parse_pattern

from observatoire.vocabulaire import PROPORTION, STATUTS, UNITES, multiplier

FINE = "\u202f"  # espace fine insécable : milliers, « % »
INSECABLE = "\u00a0"
SIGNE_MOINS = "\u2212"
ABSENT = "–"
#: De combien ceux qui n'ont pas répondu pourraient différer des autres, pour dire ce que leur silence change.
DIFFERENCE = 0.10

_FRANCAIS = Locale("fr")
_COLLEES = {"%", "‰"}
_SINGULIERS = {"baux": "bail"}
_EN_LETTRES = (
    "aucun", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize",
)  # fmt: skip
_DENOMBRES = {
    "logement",
    "ménage",
    "demande",
    "attribution",
    "signalement",
    "point",
    "année",
    "an",
    "jour",
    "immeuble",
    "comparaison",
    "dossier",
    "trimestre",
    "alerte",
    "changement",
}


_STATUT_ECRIT = re.compile(r'class="obs-statut obs-statut-(\w+)"')


def ecrire(
    valeur: float | None,
    unite: str = "",
    statut: str = "publie",
    *,
    decimales: int | None = None,
    signe: bool = False,
    avec_unite: bool = True,
    html: bool = False,
) -> str:
    """Écrire une valeur comme elle se lit en français : « 1 234,5 », « 12,3 % », « −2,0 points ».

    ``valeur`` est la valeur publiée (une fraction pour « % » et « points »). ``signe`` écrit aussi le « + ».
    Une valeur cachée s'écrit par son statut ; en HTML, dans une abréviation expliquée. Une valeur publiée
    mais manquante (dénominateur nul) s'écrit « nd ».
    """
    if statut not in STATUTS and statut != "publie":
        raise ValueError(f"statut inconnu : « {statut} ».")
    if statut != "publie" or pd.isna(valeur):
        return ecrire_statut("nd" if statut == "publie" else statut, html=html)
    chiffres = _arrondir(float(valeur), unite, decimales, signe)
    return chiffres + (suffixe(chiffres, unite) if avec_unite else "")


def ecrire_statut(statut: str, html: bool = False) -> str:
    """Le sigle d'un statut ; en HTML, une abréviation dont le titre dit pourquoi la valeur manque."""
    explique = STATUTS[statut]
    if not html:
        return explique.signe
    classe = f"obs-statut obs-statut-{statut}"
    return f'<abbr class="{classe}" title="{escape(explique.sens)}">{explique.signe}</abbr>'


def statut_de(ligne: dict) -> str:
    """Le statut qui se montre : une valeur publiée mais manquante (dénominateur nul) est « nd », comme elle s'écrit."""
    return "nd" if ligne["statut"] == "publie" and pd.isna(ligne["valeur"]) else ligne["statut"]


def nommer_statut(statut: str) -> str:
    """« c (secret) » : le sigle des cases et ce qu'il veut dire, là où rien d'autre ne l'explique."""
    return f"{STATUTS[statut].signe} ({STATUTS[statut].libelle})"


def legende_statuts(html: str) -> str:
    """La légende des statuts écrits dans un fragment, « c : secret ; nd : non disponible » ; rien s'il n'y en a pas."""
    presents = set(_STATUT_ECRIT.findall(html))
    return " ; ".join(f"{s.signe} : {s.libelle}" for cle, s in STATUTS.items() if cle in presents)


def ecrire_intervalle(bas: float | None, haut: float | None, unite: str = "") -> str:
    """« 11,2 à 13,4 % » ; un tiret quand il n'y a pas d'intervalle."""
    if pd.isna(bas) or pd.isna(haut):
        return ABSENT
    signe = unite == "points"
    return f"{ecrire(bas, unite, avec_unite=False, signe=signe)} à {ecrire(haut, unite, signe=signe)}"


def ecrire_bornes(ligne: dict, declaration: dict) -> str:
    """L'intervalle d'une ligne de ``indicateurs``, dans l'unité de sa déclaration."""
    return ecrire_intervalle(ligne["borne_basse"], ligne["borne_haute"], declaration["unite"])


def ecrire_entier(valeur: float | None) -> str:
    """Un dénombrement sans unité ; un tiret quand il n'est pas publié."""
    return ABSENT if pd.isna(valeur) else ecrire(valeur, decimales=0)


def ecrire_compte(valeur: float | None) -> str:
    """Un numérateur ou un dénominateur : entier s'il l'est, sinon à une décimale (une somme de loyers)."""
    if pd.isna(valeur):
        return ABSENT
    return ecrire(valeur, decimales=0 if float(valeur).is_integer() or abs(valeur) >= 1000 else 1)


def ecrire_part(valeur: float | None) -> str:
    """Une couverture ou un taux de réponse : un pourcentage entier ; un tiret quand il n'a pas de sens."""
    if pd.isna(valeur):
        return ABSENT
    return ecrire(valeur, "%", decimales=0)


def ecrire_mesure(ligne: dict, mesure: str) -> str:
    """Ce qui accompagne la valeur d'une ligne de ``indicateurs`` : numerateur, denominateur, couverture ou reponse."""
    ecrit = ecrire_part if mesure in {"couverture", "reponse"} else ecrire_compte
    return ecrit(ligne[mesure])


def ecrire_reponse(ligne: dict, declaration: dict, imputee: float | None = None) -> str:
    """Le taux de réponse et, d'une part, où elle serait si ceux qui n'ont pas répondu différaient de
    :data:`DIFFERENCE` des autres ; puis, si on la connaît, ce qu'elle serait s'ils répondaient comme un an plus tôt
    (``imputee``)."""
    reponse, valeur = ligne["reponse"], ligne["valeur"]
    if pd.isna(reponse) or pd.isna(valeur) or declaration["nature"] != PROPORTION or reponse >= 1:
        return ecrire_part(reponse)
    marge = (1 - reponse) * DIFFERENCE
    bande = ecrire_intervalle(max(valeur - marge, 0.0), min(valeur + marge, 1.0), declaration["unite"])
    autres = ecrire(DIFFERENCE, "points", decimales=0)
    suite = ""
    if not pd.isna(imputee):
        suite = f" ; {ecrire(imputee, declaration['unite'])} avec leurs réponses d'un an plus tôt"
    return f"{ecrire_part(reponse)} ({bande} si les autres différaient de {autres}{suite})"


def ecrire_en_lettres(nombre: float, feminin: bool = False) -> str:
    """« deux », « seize », puis « 17 » : un petit dénombrement dans une phrase ; zéro s'écrit « aucun »."""
    entier = int(nombre)
    if not 0 <= entier < len(_EN_LETTRES):
        return ecrire(entier, decimales=0)
    return _EN_LETTRES[entier] + "e" * (feminin and entier < 2)


def ecrire_trimestre(trimestre: str, court: bool = False) -> str:
    """« 2011-T1 » s'écrit « 1er trimestre 2011 » ; ``court`` : « T1 2011 », quand la place manque."""
    annee, rang = trimestre.split("-T")
    if court:
        return f"T{rang}{INSECABLE}{int(annee)}"
    return f"{rang}{'er' if rang == '1' else 'e'} trimestre{INSECABLE}{int(annee)}"


@lru_cache(maxsize=256)
def ecrire_date(date: str | datetime.date, court: bool = False) -> str:
    """« 31 décembre 2010 », « 1er janvier 2011 » ; ``court`` : « 31 déc. 2010 », quand la place manque."""
    jour = datetime.date.fromisoformat(date[:10]) if isinstance(date, str) else date
    texte = format_date(jour, "d MMM y" if court else "d MMMM y", locale="fr").replace(" ", INSECABLE)
    return texte.replace("1", "1er", 1) if jour.day == 1 else texte


def ecrire_reference(declaration: dict, annee: int) -> str:
    """La date d'une valeur : « 31 décembre 2010 » pour un stock, « année 2010 » pour un flux."""
    if declaration.get("periode") == "annee":
        return f"année{INSECABLE}{annee}"
    return ecrire_date(datetime.date(annee, 12, 31))


def ecrire_ligne(ligne: dict, declaration: dict, html: bool = False) -> str:
    """La valeur d'une ligne de ``indicateurs``, dans l'unité de sa déclaration."""
    unite = declaration["unite"]
    decimales = 0 if declaration["nature"] == "effectif" else None
    return ecrire(ligne["valeur"], unite, ligne["statut"], decimales=decimales, signe=unite == "points", html=html)


def en_unite(valeur, unite: str):
    """La valeur (ou la colonne) dans l'échelle où elle se dessine : une fraction devient un pourcentage."""
    return valeur * multiplier(unite)


def graduer(position: float, unite: str = "") -> str:
    """L'étiquette d'une graduation : ``position`` est déjà à l'échelle de l'unité."""
    arrondi = Decimal(str(round(float(position), 6))).normalize()
    texte = _ponctuer(arrondi, max(0, -arrondi.as_tuple().exponent), unite == "points")
    return texte + (f"{FINE}{unite}" if unite in _COLLEES else "")


def ecrire_difference(valeur: float, repere: float, unite: str = "", decimales: int | None = None) -> str:
    """L'écart de deux valeurs, signé, tel qu'un lecteur le retrouve : la différence de ce qui est écrit d'elles.

    Celui de deux pourcentages est en points.

    >>> ecrire_difference(0.1234, 0.0926, "%"), ecrire(0.1234 - 0.0926, "points", signe=True)
    ('+3,0\xa0points', '+3,1\xa0points')
    """
    ecrits = [quantifier(v, unite, decimales) for v in (valeur, repere)]
    chiffres = _ponctuer(ecrits[0] - ecrits[1], max(-nombre.as_tuple().exponent for nombre in ecrits), signe=True)
    return chiffres + suffixe(chiffres, "points" if unite == "%" else unite)


@lru_cache(maxsize=16384)
def _arrondir(valeur: float, unite: str, decimales: int | None, signe: bool) -> str:
    arrondi = quantifier(valeur, unite, decimales)
    return _ponctuer(arrondi, -arrondi.as_tuple().exponent, signe)


def quantifier(valeur: float, unite: str, decimales: int | None = None) -> Decimal:
    """Une valeur à l'échelle où elle s'écrit, arrondie comme elle s'écrit."""
    nombre = Decimal(str(valeur)) * multiplier(unite)
    if decimales is None:
        entier = nombre == nombre.to_integral_value()
        decimales = UNITES[unite].decimales if unite in UNITES else 0 if entier else 1
    return nombre.quantize(Decimal(1).scaleb(-decimales), rounding=ROUND_HALF_UP)


@lru_cache(maxsize=16)
def _patron(decimales: int) -> NumberPattern:
    """Le patron d'un nombre, lu une fois : sa lecture coûte plus que son emploi."""
    return parse_pattern("#,##0" + ("." + "0" * decimales if decimales else ""))


def _ponctuer(nombre: Decimal, decimales: int, signe: bool) -> str:
    texte = format_decimal(abs(nombre), format=_patron(decimales), locale=_FRANCAIS, decimal_quantization=False)
    if nombre < 0:
        return SIGNE_MOINS + texte
    return f"+{texte}" if signe and nombre > 0 else texte


def suffixe(texte: str, unite: str) -> str:
    """L'unité et son espace, au singulier sous deux : « 1 logement », « −1,5 point »."""
    if not unite:
        return ""
    if unite in _COLLEES:
        return f"{FINE}{unite}"
    petit = texte.lstrip(f"+{SIGNE_MOINS}").split(",")[0] in {"0", "1"}
    if petit and unite in _SINGULIERS:
        return INSECABLE + _SINGULIERS[unite]
    mot, *suite = unite.split(" ")
    if petit and mot.endswith("s") and mot[:-1] in _DENOMBRES:
        return INSECABLE + " ".join([mot[:-1], *suite])
    return INSECABLE + unite

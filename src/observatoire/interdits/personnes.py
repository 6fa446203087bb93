"""Reconnaître une personne nommée : une civilité et un nom, où qu'ils soient dans un texte.

La règle tient en trois phrases. Une civilité (M., Mme, Mlle, Dr, Me, veuve, époux, famille…) suivie d'un nom désigne
une personne. Elle n'en désigne pas si un mot de voie ou « résidence » la précède : « Rue du Docteur Mouras »,
« Résidence Madame de Sévigné ». Un nom seul ne se reconnaît pas.
"""

from __future__ import annotations

import re
import unicodedata

_ESPACES = r"[\s.,:;_/|()«»\"-]"
_TITRES = (
    r"mesdames|mesdemoiselles|messieurs|mademoiselle|monsieur|madame|docteure?|professeure?|ma[iî]tre|"
    r"mmes?|melles?|mlles?|mrs?|mm|dr|vve|veuve|[ée]poux|[ée]pse|famille"
)
#: Ce qui est trop court pour ne pas avoir sa casse et sa place : « M. », « Me », « Pr » ; « M » sans point, en tête ou
#: après ce qui annonce quelqu'un.
_COURTS = (
    r"(?:M\.|(?<!\d )m\.|(?:Me|ME|Pr|PR)\.?(?=\s+[A-ZÀ-Ý])|^M(?=\s+[A-Z])|"
    r"(?i:locataires?|occupante?s?|titulaires?|chez|logement\s+de)\s+M(?=\s+[A-Z]))"
)
_VOIES = (
    r"r(?=\.|\s+d)|(?<=\d\s)r|(?<![\s\S])r|rue|ruelle|av|ave|avenue|bd|bld|boul|boulevard|pl|place|placette|sq|square|imp|impasse|all|all[ée]e|ch|che|chemin|"
    r"quai|cours|cour|rte|route|pass|passage|esp|esplanade|promenade|mont[ée]e|c[ôo]te|sentier|venelle|faubourg|fbg|fg|"
    r"rond-point|pont|r[ée]s|r[ée]sidence|clos|cit[ée]|villa|h[ôo]tel|[ée]cole|coll[èe]ge|lyc[ée]e|stade|parc|jardin"
)
_LIAISON = r"(?:\s+(?:du|de\s+la|de|des|d['’]|le|la|les))?"
_VOIE_AVANT = re.compile(rf"(?:^|[^\w])(?:{_VOIES})\.?{_LIAISON}\s*$", re.IGNORECASE)
_CIVILITE = re.compile(rf"(?<![^\W_])(?<!['’])(?:(?i:{_TITRES})(?![^\W_])(?!['’])|{_COURTS})")
_FONCTIONS = (
    r"(?:l[ea]s?\s+|l['’])(?:maire|pr[ée]sident|pr[ée]fet|directeur|directrice|ministre|adjoint|prince|comte|duc|gardien|"
    r"d[ée]put[ée]|chef|commissaire|sous-pr[ée]f)"
)
#: Entre la civilité et le nom : d'autres civilités, une initiale, une particule.
_NOM = re.compile(
    rf"{_ESPACES}*(?:(?:et|ou|&|{_TITRES}|m)\b{_ESPACES}*)*(?!{_FONCTIONS})(?:[^\W\d_]\.{_ESPACES}*)*"
    r"(?!(?:et|ou|du|des|en|qui|est|a|sont|au|aux|dans|pour|par|sur|avec)\b)[^\W\d_]['’]?[^\W\d_]+",
    re.IGNORECASE,
)
#: « Dupont (Mme) », « DUPONT Mlle » : le nom d'abord.
_SEULES = r"mme|mlle|mr|madame|mademoiselle|monsieur"
_UN_NOM = rf"(?<![^\W_])(?!(?:{_VOIES})\b)[^\W\d_]{{2,}}"
_APRES = re.compile(rf"{_UN_NOM}[\s,]*\(\s*(?:m|dr|{_SEULES})\.?\s*\)|{_UN_NOM}[\s,]+(?:{_SEULES})\.?$", re.IGNORECASE)
#: Sans cela, rien n'est à regarder de plus près (pour les noyaux de pyarrow, sur toute une colonne).
CANDIDAT = (
    r"(?i)(?:^|[^\pL])(?:m|mm|mmes?|mrs?|m?e?lles?|me|dr|pr|vve|veuve|[ée]poux|[ée]pse|famille|docteure?|professeure?|"
    r"ma[iî]tre|monsieur|madame|mademoiselle|messieurs|mesdames|mesdemoiselles)(?:[^\pL]|$)|[\x{FF21}-\x{FF5A}\x{1D2C}-\x{1D6A}]"
)


def nomme_une_personne(texte: str) -> bool:
    """Le texte porte-t-il une civilité et un nom ? Casse, insécables, ponctuation, caractères invisibles n'y font rien.

    >>> nomme_une_personne("Tour B, chez M. et Mme Durand"), nomme_une_personne("12 rue du Docteur Mouras")
    (True, False)
    """
    texte = unicodedata.normalize("NFKC", str(texte))
    texte = "".join(c for c in texte if unicodedata.category(c) != "Cf")
    if _APRES.search(texte) and not _voie(texte, _APRES.search(texte).start()):
        return True
    return any(
        _NOM.match(texte, trouve.end()) and not _voie(texte, trouve.start()) for trouve in _CIVILITE.finditer(texte)
    )


def _voie(texte: str, debut: int) -> bool:
    """Un mot de voie est-il juste avant, civilités liées comprises (« rue M. et Mme Curie ») ?"""
    return bool(_VOIE_AVANT.search(texte[:debut].rstrip(" -")) or _VOIE_AVANT.search(texte[:debut]))

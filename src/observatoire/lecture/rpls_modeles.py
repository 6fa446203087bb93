"""Les dessins du fichier détail du RPLS (2018, géocodé ou non, 2023, 2025) et le sens de leurs codes.

Source : SDES, répertoire des logements locatifs des bailleurs sociaux, dictionnaire des variables du fichier détail.
"""

from __future__ import annotations

from observatoire.interdits import normaliser

_ENTETE_2018 = """
    REG LIBREG DEP LIBDEP EPCI LIBEPCI DROIT DEPCOM CODEPOSTAL LIBCOM NUMVOIE INDREP TYPVOIE NOMVOIE NUMAPPT
    NUMBOITE ESC COULOIR ETAGE COMPLIDENT ENTREE BAT IMMEU COMPLGEO LIEUDIT QPV TYPECONST NBPIECE SURFHAB
    CONSTRUCT LOCAT PATRIMOINE ORIGINE FINAN FINANAUTRE CONV NUMCONV DATCONV NEWLOGT CUS DPEDATE DPEENERGIE
    DPESERRE SRU_EXPIR SRU_ALINEA CODSEGPATRIM LIBSEGPATRIM
"""
_DEPUIS_2023 = """
    REG_CODE REG_LIBELLE LIBREG DEP_CODE DEP_LIBELLE LIBDEP EPCI_CODE EPCI_LIBELLE LIBEPCI DROIT_CODE
    DROIT_LIBELLE DEPCOM CODEPOSTAL LIBCOM NUMVOIE INDREP TYPVOIE NOMVOIE ETAGE COMPLGEO LIEUDIT QPV_CODE
    QPV_LIBELLE TYPECONST_CODE TYPECONST_LIBELLE NBPIECE SURFHAB CONSTRUCT LOCAT PATRIMOINE ORIGINE FINAN_CODE
    FINAN_LIBELLE FINANAUTRE CONV NUMCONV DATCONV NEWLOGT_CODE NEWLOGT_LIBELLE CUS DPEDATE DPEENERGIE DPESERRE
    SRU_EXPIR SRU_ALINEA CODSEGPATRIM LIBSEGPATRIM PMR_CODE PMR_LIBELLE
"""
_LIEUX_2023 = """
    PLG_VOIE EPSG X Y PLG_QP PLG_IRIS2022_CODE PLG_IRIS2022_LIBELLE PLG_ZUS PLG_ZFU PLG_QVA QUALITE_VOIE
    QUALITE_NUMERO QUALITE_XY DISTANCE_PRECISION QUALITE_IRIS QUALITE_QP QUALITE_ZUS QUALITE_ZFU QUALITE_QVA COMAQP
    COMAZUS COMIRIS UU2020 AAV2020 ZE2020
"""
_LIEUX_2025 = """
    PLG_VOIE EPSG X Y PLG_QP24 PLG_QP15
    PLG_IRIS2024_CODE PLG_IRIS2024_LIBELLE PLG_ZUS PLG_QVA QUALITE_VOIE QUALITE_NUMERO QUALITE_XY
    DISTANCE_PRECISION QUALITE_QP24 QUALITE_QP15 QUALITE_IRIS QUALITE_ZUS QUALITE_QVA COMAQP COMAZUS UU2020
    AAV2020 ZE2020
"""
ENTETES = {
    "2018": _ENTETE_2018.split(),
    "2018 géocodé": [*_ENTETE_2018.split(), *_LIEUX_2023.split()],
    "2023": [*_DEPUIS_2023.split(), *_LIEUX_2023.split()],
    "2025": [*_DEPUIS_2023.split(), *_LIEUX_2025.split()],
}

# Sans elles, le fichier ne peut pas être lu ; les autres colonnes du dessin peuvent manquer.
NECESSAIRES = {"DEPCOM", "NOMVOIE", "QPV", "NBPIECE", "SURFHAB", "CONSTRUCT", "LOCAT", "FINAN", "DPEENERGIE"}

# Adresse de l'immeuble, puis ce qui distingue un logement dans l'immeuble, puis ses caractères. Aucune de ces
# colonnes ne sert seule de clé : chacune peut être vide, tronquée ou abîmée par un tableur.
ADRESSE = ["DEPCOM", "NUMVOIE", "INDREP", "TYPVOIE", "NOMVOIE", "ENTREE", "BAT", "IMMEU", "COMPLGEO", "LIEUDIT"]
PLACE = ["NUMAPPT", "NUMBOITE", "ESC", "COULOIR", "ETAGE", "COMPLIDENT"]
CARACTERES = ["TYPECONST", "NBPIECE", "SURFHAB", "CONSTRUCT", "LOCAT", "FINAN"]

# Familles de financement. SDES : HBM, PLR/PSR, HLM/O, ILM, ILN et prêts spéciaux du CFF sont les « PLUS
# d'avant 1977 » ; PLA ordinaire et PLUS, les « PLUS d'après 1977 » ; PAP locatif et PCL se rangent avec le
# PLI (loyers intermédiaires). « Autre financement » (49, 99) ne dit pas lequel :
# il reste inconnu.
FINANCEMENTS = {
    **dict.fromkeys(("10", "11"), "PLAI"),
    **dict.fromkeys(("12", "13", "50", "51", "52", "53", "54", "55"), "PLUS"),
    "14": "PLS",
    **dict.fromkeys(("15", "16", "17"), "PLI"),
}

# Le dictionnaire de 2018 annonce des codes de 2 à 8 là où les fichiers portent des lettres : les deux sont lus.
ETIQUETTES = {**{lettre: lettre for lettre in "ABCDEFG"}, **dict(zip("2345678", "ABCDEFG", strict=True))}
DIT_QPV = {"1": "oui", "2": "non"}
# Le fichier de 2025 peut donner, à la place de « 1 », le code du quartier prioritaire (QP025001, QN02501M).
CODE_QPV = r"Q[PN]\d{4,6}[A-Z]?"


def choisir_dessin(entete: list[str]) -> str:
    """Le dessin qui connaît le plus de colonnes de cet en-tête ; entre plusieurs, celui dont il manque le moins."""
    ecrits = {normaliser(nom) for nom in entete}
    connus = {dessin: sum(normaliser(nom) in ecrits for nom in noms) for dessin, noms in ENTETES.items()}
    return max(ENTETES, key=lambda dessin: (connus[dessin], connus[dessin] / len(ENTETES[dessin])))


def nom_commun(colonne: str) -> str:
    """Nom de 2018 d'une colonne de 2025 : FINAN_CODE devient FINAN, les libellés gardent le leur."""
    return colonne.removesuffix("_CODE") if not colonne.startswith("PLG_") else colonne


def facultatives(dessin: str) -> set[str]:
    """Colonnes du dessin qui peuvent manquer."""
    return {c for c in ENTETES[dessin] if nom_commun(c) not in NECESSAIRES}

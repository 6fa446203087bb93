"""Ce que l'on sait des dépôts : acceptés, refusés, corrigés, mis en doute."""

from observatoire.tables.colonnes import ANNEE, BAILLEUR, MOTIF, code, date, entier, nombre, texte
from observatoire.tables.contrat import PREPARE, PROTECTION, PUBLIE, RIEN, Etape, Purge, Table

LECTURE = Etape("lecture", "observatoire.indicateurs.calcul", "lire_les_depots")
LU = ("dépôts", "suivi/correspondances", "suivi/corrections.yml")
DEPOSANT = code("deposant", "code du déposant")
DEPOSEE = code("table", "table déposée")
STATUT = code("statut", "ce qu'il en est advenu")
MESURE = texte("mesure", "de combien")
#: Ce qui empêche de suivre les lignes d'un déposant depuis l'année d'avant : ses identifiants ont changé.
IDENTIFIANTS = "identifiants"
_FICHIER = texte("fichier", "fichier déposé")
_LIGNES = entier("lignes", "lignes lues", "lignes")
_TRAITEES = (
    entier("avertissements", "doutes", "lignes"),
    entier("reparees", "lignes réparées", "lignes"),
    entier("mises_a_part", "lignes mises à part", "lignes"),
    entier("gardees", "lignes gardées", "lignes"),
)
_COLONNE = code("colonne", "colonne en cause")
_CORRIGEE = (
    code("id", "identifiant de la ligne"), _COLONNE, MOTIF, texte("auteur", "qui l'a écrite"), date("date", "quand"),
    STATUT,
)  # fmt: skip

DEPOTS = Table(
    "depots", PREPARE, "chaque fichier attendu, déposé ou non", LECTURE,
    cles=(ANNEE, DEPOSANT, DEPOSEE),
    mesures=(
        _FICHIER, code("format", "format du fichier"), STATUT,
        texte("colonnes_absentes", "colonnes que le fichier n'a pas"),
        code("rupture", "« identifiants » : rien ne s'y suit depuis l'année d'avant"), _LIGNES,
        entier("problemes", "problèmes distingués qui font refuser", "lignes"), *_TRAITEES,
    ),
    sources=LU, purge=Purge(),
)  # fmt: skip
AVERTISSEMENTS = Table(
    "avertissements", PREPARE, "chaque doute sur un dépôt accepté", LECTURE,
    cles=(ANNEE, DEPOSANT, DEPOSEE),
    mesures=(
        _FICHIER, nombre("ligne", "numéro de la ligne"), _COLONNE, code("regle", "règle qui doute"),
        texte("message", "ce qui est dit"), texte("explication", "ce que le bailleur en a dit"),
        code("a_expliquer", "faut-il l'expliquer avant de publier"), MESURE,
    ),
    sources=LU, purge=RIEN,
)  # fmt: skip
CORRECTIONS = Table(
    "corrections", PREPARE, "chaque valeur corrigée ou expliquée", LECTURE,
    cles=(ANNEE, DEPOSANT, DEPOSEE), mesures=_CORRIGEE, sources=LU, purge=Purge(vider=("id",)),
)  # fmt: skip
IMMEUBLES_HORS_QUARTIER = Table(
    "immeubles_hors_quartier", PREPARE, "chaque immeuble qu'aucun quartier ne contient", LECTURE,
    cles=(ANNEE, BAILLEUR, code("immeuble", "code de l'immeuble")), mesures=(MOTIF,),
    sources=("dépôts", "contours"), purge=Purge(vider=("immeuble",)),
)  # fmt: skip
ORIGINE = Table(
    "origine", PREPARE, "les dépôts sont-ils fictifs", LECTURE, sources=("dépôts",), nom_du_fichier="origine.json"
)

DEPOTS_PUBLIES = Table(
    "depots", PUBLIE, "chaque fichier attendu, déposé ou non", PROTECTION,
    cles=DEPOTS.cles, mesures=(STATUT, _LIGNES, *_TRAITEES), de=(DEPOTS,),
    protection="comptes à la dizaine, tus s'ils sont petits ou d'un bailleur qui n'a pas accepté",
)  # fmt: skip
CORRECTIONS_PUBLIEES = Table(
    "corrections", PUBLIE, "chaque valeur corrigée ou expliquée, et qui a publié malgré un doute", PROTECTION,
    cles=CORRECTIONS.cles, mesures=tuple(c for c in _CORRIGEE if c.nom not in ("id", "auteur")),
    de=(CORRECTIONS, AVERTISSEMENTS), sources=("suivi/passages",), protection="ni identifiant, ni valeur, ni auteur",
)  # fmt: skip

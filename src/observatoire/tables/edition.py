"""Ce qui situe une édition : ses territoires, ses bailleurs, ses barèmes, ses ruptures, celles d'avant."""

from observatoire.tables.colonnes import ANNEE, LIBELLE, NIVEAU, SOURCE, booleen, code, date, entier, nombre, texte
from observatoire.tables.contrat import PROTECTION, PUBLIE, Table
from observatoire.tables.depots import DEPOTS, IMMEUBLES_HORS_QUARTIER, ORIGINE
from observatoire.tables.indicateurs import INDICATEURS_PUBLIES

_CODE = code("code", "code")
_NOM = texte("nom", "nom")
PUBLIC = "public de toute façon"
#: Où un dossier publié garde ce que les éditions d'avant avaient publié.
ANTERIEURES = "anterieures"

TERRITOIRES = Table(
    "territoires", PUBLIE, "chaque territoire qui a des valeurs", PROTECTION,
    cles=(NIVEAU, _CODE),
    mesures=(
        _NOM, code("parent", "ce qui le contient"),
        nombre("lon", "longitude d'un immeuble", "degrés", au_choix=True),
        nombre("lat", "latitude d'un immeuble", "degrés", au_choix=True),
    ),
    de=(INDICATEURS_PUBLIES,), sources=("contours", "immeubles préparés"),
    protection="les immeubles, à qui les voit ; leur place à dix mètres près",
)  # fmt: skip
BAILLEURS = Table(
    "bailleurs", PUBLIE, "chaque déposant", PROTECTION,
    cles=(_CODE,),
    mesures=(
        _NOM, booleen("hors_rpls", "son parc est hors du champ du RPLS"), booleen("est_bailleur", "est-ce un bailleur"),
    ),
    sources=("observatoire.yml",), protection=PUBLIC,
)  # fmt: skip
BAREMES = Table(
    "baremes", PUBLIE, "les seuils et leurs dates", PROTECTION,
    cles=(_CODE,),
    mesures=(LIBELLE, date("depuis", "en vigueur depuis"), nombre("valeur", "seuil"), texte("unite", "unité"), SOURCE),
    sources=("barèmes",), protection=PUBLIC,
)  # fmt: skip
RUPTURES = Table(
    "ruptures", PUBLIE, "les ruptures de série", PROTECTION,
    cles=(ANNEE, code("indicateurs", "indicateur rompu")),
    mesures=(
        code("genre", "qui dépose, ou ce que l'on compte"), LIBELLE, texte("description", "ce qui a changé"), SOURCE,
    ),
    sources=("référentiels/ruptures.yml",), protection=PUBLIC,
)  # fmt: skip
EDITIONS = Table(
    "editions", PUBLIE, "les éditions d'avant, gardées telles qu'elles ont paru", PROTECTION,
    cles=(entier("edition", "dernière année de l'édition"),),
    mesures=(
        code("methode", "suppression ou bruit"), entier("publiees", "valeurs publiées", "valeurs"),
        entier("cachees", "valeurs cachées", "valeurs"),
    ),
    sources=("l'édition en place",), protection="déjà publié", facultative=True,
)  # fmt: skip
DICTIONNAIRE = Table(
    "dictionnaire", PUBLIE, "chaque colonne de chaque table publiée", PROTECTION,
    cles=(code("table", "table"), code("colonne", "colonne")),
    mesures=(
        LIBELLE, code("genre", "code, texte, date, entier, nombre ou booléen"), texte("unite", "unité, s'il y en a"),
        booleen("cle", "désigne-t-elle une ligne"),
    ),
    sources=("les déclarations",), protection=PUBLIC, facultative=True,
)  # fmt: skip
CATALOGUE = Table(
    "catalogue", PUBLIE, "la déclaration de chaque indicateur", PROTECTION,
    sources=("catalogue",), protection=PUBLIC, nom_du_fichier="catalogue.json",
)  # fmt: skip
CONTOURS = Table(
    "contours", PUBLIE, "les contours des quartiers et des secteurs", PROTECTION,
    sources=("contours",), protection=PUBLIC, nom_du_fichier="territoires.geojson",
)  # fmt: skip
CONTOURS_OFFICIELS = Table(
    "contours_officiels", PUBLIE, "les contours officiels des mêmes territoires, et leur source", PROTECTION,
    sources=("contours officiels",), protection=PUBLIC, facultative=True, nom_du_fichier="contours_officiels.geojson",
)  # fmt: skip
EDITION = Table(
    "edition", PUBLIE, "ce qu'est cette édition, et ce qu'elle cache", PROTECTION,
    de=(DEPOTS, IMMEUBLES_HORS_QUARTIER, ORIGINE, INDICATEURS_PUBLIES), sources=("observatoire.yml", "barèmes"),
    protection="des nombres d'immeubles et de valeurs cachées", nom_du_fichier="edition.json",
)  # fmt: skip

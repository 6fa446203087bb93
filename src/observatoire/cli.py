"""La commande ``observatoire``.

Codes de sortie : 0 fait, 1 refusé ou échoué, 2 commande mal écrite, 70 défaut du programme, 130 ou 143 interrompue
(Ctrl-C, SIGTERM).
"""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from observatoire.aide import Commande, Groupe, UsageError, dire_mauvais_usage
from observatoire.chaine import Chaine
from observatoire.configuration import PUBLIQUE, lire_configuration
from observatoire.defaut import CODE, VARIABLE, dire_defaut
from observatoire.ephemere import tout_y_mettre
from observatoire.erreurs import ErreurConfiguration, ErreurObservatoire, ParametreInconnu, dire_panne
from observatoire.grappe import chiffrer
from observatoire.interruption import Interruptible
from observatoire.processus import ramasser_moins

app = typer.Typer(
    cls=Groupe,
    help="Des dépôts des bailleurs au site publié.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--aide", "--help"]},
)


def _dossier(nom: str, aide: str):
    return Annotated[Path | None, typer.Option(f"--{nom}", help=aide, show_default=False, metavar="DOSSIER")]


Config = Annotated[Path, typer.Option("--config", help="Fichier du territoire.", metavar="FICHIER")]
Brut = _dossier("brut", "Dépôts tels que reçus [défaut : celui de la configuration].")
Prepare = _dossier("prepare", "Tables vérifiées et indicateurs.")
Publie = _dossier("publie", "Ce qui peut être publié, par public.")
Edition = _dossier("edition", "Pages exécutées [défaut : celles de ce public].")
Site = _dossier("site", "Site construit [défaut : celui de ce public].")
Public = Annotated[
    str, typer.Option("--public", help="Public de l'édition : publique ou partenaires.", metavar="PUBLIC")
]
Ouvriers = Annotated[
    int | None,
    typer.Option("--ouvriers", min=1, help="Notebooks à la fois [défaut : un par cœur].", metavar="N"),
]
SansLesRefuses = Annotated[
    bool,
    typer.Option("--sans-les-refuses", help="Continuer sans les fichiers refusés ; la couverture le dira."),
]
Delai = Annotated[
    int | None,
    typer.Option("--delai", min=1, help="Temps accordé à une cellule ; au-delà, sa page échoue.", metavar="SECONDES"),
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", help="Grappe Dask à qui confier le travail.", show_default=False, metavar="tcp://HOTE:PORT"),
]
PasserOutre = Annotated[
    str | None,
    typer.Option(
        "--passer-outre",
        help="Publier malgré les doutes à expliquer ; ce nom et la date seront publiés.",
        show_default=False,
        metavar="NOM",
    ),
]
DaskTls = Annotated[
    Path | None,
    typer.Option(
        "--dask-tls",
        help="Chiffrer la grappe : dossier de autorite.pem, certificat.pem et cle.pem.",
        show_default=False,
        metavar="DOSSIER",
        callback=lambda dossier: chiffrer(dossier) if dossier else None,
        expose_value=False,
    ),
]
Refaire = Annotated[bool, typer.Option("--refaire", help="Tout refaire, même ce qui n'a pas changé.")]
DEFAUT = Path("observatoire.yml")
GRAINE, LOGEMENTS = 2007, 16000
INSTALLER = "make installer, ou pip install observatoire[analyse]."


@app.command(cls=Commande)
def exemple(
    dossier: Annotated[
        Path | None, typer.Option("--dossier", help="Où écrire les dépôts fictifs.", metavar="DOSSIER")
    ] = None,
    graine: Annotated[int, typer.Option("--graine", help="Graine du tirage.", metavar="N")] = GRAINE,
    logements: Annotated[int, typer.Option("--logements", min=200, help="Taille du parc.", metavar="N")] = LOGEMENTS,
    config: Config = DEFAUT,
) -> None:
    """Écrire des dépôts fictifs et, à côté, les vérités plantées (verite.csv)."""
    _chaine(config, brut=dossier).exemple(graine, logements)


@app.command(cls=Commande)
def verifier(
    brut: Brut = None,
    annee: Annotated[
        int | None, typer.Option("--annee", help="Une seule année.", show_default=False, metavar="AAAA")
    ] = None,
    rapports: Annotated[
        Path | None,
        typer.Option("--rapports", help="Où écrire un rapport par déposant.", metavar="DOSSIER"),
    ] = None,
    config: Config = DEFAUT,
) -> None:
    """Vérifier les dépôts sans rien en faire : 0 acceptés, 1 refusés."""
    _chaine(config, brut=brut).verifier(annee, rapports)


@app.command(cls=Commande)
def correspondre(
    fichier: Annotated[Path, typer.Argument(help="Fichier déposé, tel que le bailleur l'a.", metavar="FICHIER")],
    brut: Brut = None,
    config: Config = DEFAUT,
) -> None:
    """Proposer comment un fichier de bailleur donne nos tables (suivi/correspondances)."""
    _chaine(config, brut=brut).correspondre(fichier)


@app.command(cls=Commande)
def gabarits(
    dossier: Annotated[Path, typer.Option("--dossier", help="Où les écrire.", metavar="DOSSIER")] = Path("gabarits"),
    config: Config = DEFAUT,
) -> None:
    """Écrire un classeur à remplir par table, pour un bailleur qui n'a pas d'extrait."""
    _chaine(config).gabarits(dossier)


@app.command(cls=Commande)
def calculer(
    brut: Brut = None,
    prepare: Prepare = None,
    config: Config = DEFAUT,
    sans_les_refuses: SansLesRefuses = False,
    dask: Dask = None,
    dask_tls: DaskTls = None,
    refaire: Refaire = False,
) -> None:
    """Lire les dépôts, les préparer et calculer les indicateurs."""
    _chaine(config, refaire, brut=brut, prepare=prepare).calculer(sans_les_refuses, dask)


@app.command(cls=Commande)
def proteger(
    prepare: Prepare = None,
    publie: Publie = None,
    public: Public = "publique",
    config: Config = DEFAUT,
    passer_outre: PasserOutre = None,
    refaire: Refaire = False,
) -> None:
    """Ne garder des indicateurs que ce qui peut être publié."""
    chaine = _chaine(config, refaire, prepare=prepare, publie=publie)
    chaine.passer_outre = passer_outre
    chaine.proteger(public)


@app.command(cls=Commande)
def executer(
    publie: Publie = None,
    edition: Edition = None,
    public: Public = "publique",
    ouvriers: Ouvriers = None,
    delai: Delai = None,
    dask: Dask = None,
    dask_tls: DaskTls = None,
    config: Config = DEFAUT,
    refaire: Refaire = False,
) -> None:
    """Exécuter les notebooks de l'édition."""
    _chaine(config, refaire, public, publie=publie, edition=edition).executer(public, ouvriers, delai, dask)


@app.command(cls=Commande)
def livre(
    publie: Publie = None,
    edition: Edition = None,
    site: Site = None,
    public: Public = "publique",
    config: Config = DEFAUT,
    refaire: Refaire = False,
) -> None:
    """Construire le site ; un avertissement est une erreur."""
    _chaine(config, refaire, public, publie=publie, edition=edition, site=site).livre(public)


@app.command(cls=Commande)
def apercu(
    page: Annotated[
        str, typer.Argument(help="Page à ouvrir : quartier-battant, 2009/ville, glossaire…", metavar="[PAGE]")
    ] = "accueil",
    brut: Brut = None,
    prepare: Prepare = None,
    publie: Publie = None,
    edition: Edition = None,
    site: Site = None,
    public: Public = "publique",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port, sur cette machine ; 0 : un port libre.", metavar="N")
    ] = 8001,
    navigateur: Annotated[
        bool, typer.Option("--navigateur/--sans-navigateur", help="Ouvrir la page dans le navigateur.")
    ] = True,
    config: Config = DEFAUT,
) -> None:
    """Montrer le site pendant qu'on l'écrit : chaque enregistrement refait la page et la recharge (127.0.0.1)."""
    chemins = {"brut": brut, "prepare": prepare, "publie": publie, "edition": edition, "site": site}
    lue = lire_configuration(config).avec_chemins(public, **chemins)
    try:
        from observatoire.apercu.veille import apercevoir
    except ModuleNotFoundError as absent:
        raise ErreurConfiguration(
            f"l'aperçu demande l'extra « analyse » ({absent.name} manque) : {INSTALLER}"
        ) from absent
    apercevoir(lue, public, page, port, navigateur)


Partie = Annotated[
    str | None, typer.Option("--partie", help="Partie du sommaire (_toc.yml).", show_default=False, metavar="PARTIE")
]


@app.command("nouvelle-page", cls=Commande)
def nouvelle_page(
    nom: Annotated[str, typer.Argument(help="Nom de la page, celui de son adresse.", metavar="NOM")],
    titre: Annotated[str, typer.Argument(help="Titre de la page.", metavar="TITRE")],
    notebook: Annotated[
        bool, typer.Option("--notebook", help="Une page faite d'un notebook, avec une figure à vous.")
    ] = False,
    partie: Partie = None,
    config: Config = DEFAUT,
) -> None:
    """Écrire une page de plus et l'inscrire au sommaire."""
    from observatoire.echafaudage.pages import ajouter_un_notebook, ajouter_une_page

    ajouter = ajouter_un_notebook if notebook else ajouter_une_page
    _lister(ajouter(lire_configuration(config), nom, titre, partie))
    print(f"La voir pendant qu'on l'écrit : observatoire apercu {nom}")


@app.command("nouvel-indicateur", cls=Commande)
def nouvel_indicateur(
    code: Annotated[str, typer.Argument(help="Son code : minuscules, chiffres et « _ ».", metavar="CODE")],
    libelle: Annotated[str, typer.Argument(help="Son libellé, tel qu'il se lira.", metavar="LIBELLÉ")],
    famille: Annotated[str, typer.Option("--famille", help="Module du catalogue.", metavar="FAMILLE")] = "parc",
    table: Annotated[
        str, typer.Option("--table", help="Table dont il compte les lignes.", metavar="TABLE")
    ] = "logements",
    config: Config = DEFAUT,
) -> None:
    """Écrire la déclaration d'un indicateur, qui compte déjà, et son cas refait à la main."""
    from observatoire.echafaudage.indicateurs import ajouter_un_indicateur

    _lister(ajouter_un_indicateur(lire_configuration(config), code, famille, table, libelle))
    print(f'Puis : make test TESTS="tests/test_catalogue.py -k {code}", et une ligne dans CHANGELOG.md (Valeurs).')


@app.command("nouvelle-annee", cls=Commande)
def nouvelle_annee(
    annee: Annotated[
        int | None, typer.Argument(help="L'année [défaut : celle qui suit la dernière].", metavar="[AAAA]")
    ] = None,
    config: Config = DEFAUT,
) -> None:
    """Ajouter une année à l'édition ; des dépôts fictifs la reçoivent aussitôt."""
    from observatoire.echafaudage.annees import ajouter_une_annee
    from observatoire.exemple.place import relire_le_tirage

    relue, attendus = ajouter_une_annee(lire_configuration(config), annee)
    if tirage := relire_le_tirage(relue.chemin("brut")):
        Chaine(relue).exemple(*tirage)
    else:
        print(f"Dépôts attendus dans « {relue.chemin('brut').name} » (CSV, XLSX, ODS ou Parquet) :")
        _lister(attendus)
    print("Puis : observatoire verifier, et observatoire publier.")


@app.command("nouvelle-ville", cls=Commande)
def nouvelle_ville(
    dossier: Annotated[Path, typer.Argument(help="Dossier de la ville, vide ou à créer.", metavar="DOSSIER")],
    nom: Annotated[str, typer.Option("--nom", help="Nom de la commune.", metavar="NOM")],
    code: Annotated[str, typer.Option("--code", help="Son code Insee.", metavar="CODE")],
    bailleur: Annotated[
        list[str], typer.Option("--bailleur", help="« Nom » ou « code:Nom » ; un par bailleur.", metavar="BAILLEUR")
    ],
    annee: Annotated[
        list[int] | None, typer.Option("--annee", help="Une par année [défaut : les deux passées].", metavar="AAAA")
    ] = None,
    quartier: Annotated[
        list[str] | None,
        typer.Option("--quartier", help="Nom d'un quartier, sur une carte schématique.", metavar="NOM"),
    ] = None,
    contours: Annotated[
        Path | None, typer.Option("--contours", help="Vrais contours (GeoJSON…), vérifiés.", metavar="FICHIER")
    ] = None,
    logements: Annotated[
        int, typer.Option("--logements", min=0, help="Taille du parc fictif ; 0 : aucun dépôt fictif.", metavar="N")
    ] = 4000,
    config: Config = DEFAUT,
) -> None:
    """Fonder l'observatoire d'une autre ville, et lui donner aussitôt des dépôts fictifs."""
    from observatoire.echafaudage.villes import VilleNeuve, a_remplir, fonder_une_ville

    ici = dt.date.today().year
    ville = VilleNeuve(nom, code, tuple(annee or (ici - 2, ici - 1)), tuple(bailleur), tuple(quartier or ()), contours)
    faite = fonder_une_ville(dossier, ville, lire_configuration(config))
    if logements and (quartier or contours):
        Chaine(faite).exemple(GRAINE, logements)
    print("À remplir :")
    _lister(a_remplir(dossier))
    print(f"La voir : observatoire publier --config {dossier / DEFAUT}")


def _lister(choses: Iterable[object]) -> None:
    for chose in choses:
        print(f"  {chose}")


@app.command(cls=Commande)
def auditer(
    publie: Publie = None,
    site: Site = None,
    prepare: Prepare = None,
    public: Public = "publique",
    tout: Annotated[bool, typer.Option("--tout", help="Attaquer sans rien échantillonner (plus long).")] = False,
    config: Config = DEFAUT,
) -> None:
    """Chercher ce qui est caché dans le site et dans ce qui est publié : 0 rien ne se sait, 1 quelque chose se sait."""
    _chaine(config, public=public, publie=publie, site=site, prepare=prepare).auditer(public, tout)


@app.command(cls=Commande)
def comparer(
    avant: Annotated[Path, typer.Argument(help="Dossier publié d'une édition, pour un public.", metavar="AVANT")],
    apres: Annotated[Path, typer.Argument(help="Celui d'une autre.", metavar="APRES")],
    sortie: Annotated[Path, typer.Option("--sortie", help="Où écrire la page et le CSV.", metavar="DOSSIER")] = Path(
        "comparaison"
    ),
) -> None:
    """Lister chaque valeur qui change d'une édition à une autre, et pourquoi."""
    from observatoire.diffusion.rapport import PAGE, compter, ecrire_le_rapport
    from observatoire.lecture import problemes

    valeurs, tables = ecrire_le_rapport(avant, apres, sortie)
    print(compter(valeurs))
    for table in tables.itertuples():
        ou, combien = f"{table.fichier} {table.annee}".strip(), problemes.compter(table.lignes, "ligne")
        print(f"  {ou} : {combien} ({table.colonnes or 'ajoutées ou retirées'})")
    print(f"Écrit : {sortie / PAGE}")


@app.command(cls=Commande)
def seance(
    date: Annotated[
        dt.datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            help="Jour de la séance [défaut : d'après la dernière du même genre].",
            show_default=False,
            metavar="AAAA-MM-JJ",
        ),
    ] = None,
    genre: Annotated[
        str, typer.Option("--genre", help="groupe_de_travail ou conference.", metavar="GENRE")
    ] = "groupe_de_travail",
    publie: Publie = None,
    config: Config = DEFAUT,
) -> None:
    """Préparer le compte rendu de la prochaine séance ; n'écrase jamais un fichier."""
    _chaine(config, publie=publie).seance(date.date() if date else None, genre)


@app.command(cls=Commande)
def purger(
    brut: Brut = None,
    prepare: Prepare = None,
    jour: Annotated[
        dt.datetime | None,
        typer.Option(
            "--jour",
            formats=["%Y-%m-%d"],
            help="Jour où l'on se place [défaut : aujourd'hui].",
            show_default=False,
            metavar="AAAA-MM-JJ",
        ),
    ] = None,
    confirmer: Annotated[bool, typer.Option("--confirmer", help="Effacer ; sans elle, rien n'est touché.")] = False,
    config: Config = DEFAUT,
) -> None:
    """Effacer les lignes dont la conservation est échue, en gardant les valeurs publiées."""  # fmt: skip
    quand = jour.date() if jour else dt.date.today()
    _chaine(config, brut=brut, prepare=prepare).purger(quand, confirmer)


@app.command(cls=Commande)
def publier(
    brut: Brut = None,
    prepare: Prepare = None,
    publie: Publie = None,
    edition: Edition = None,
    site: Site = None,
    public: Public = "publique",
    ouvriers: Ouvriers = None,
    delai: Delai = None,
    dask: Dask = None,
    dask_tls: DaskTls = None,
    config: Config = DEFAUT,
    sans_les_refuses: SansLesRefuses = False,
    passer_outre: PasserOutre = None,
    refaire: Refaire = False,
) -> None:
    """Toute la chaîne, des dépôts au site, pour ce qui a changé ; puis le bilan."""
    chaine = _chaine(config, refaire, public, brut=brut, prepare=prepare, publie=publie, edition=edition, site=site)
    chaine.passer_outre = passer_outre
    chaine.publier(public, sans_les_refuses, ouvriers, delai, dask)
    chaine.conclure(public)


def _chaine(config: Path, refaire: bool = False, public: str = PUBLIQUE, **chemins: Path | None) -> Chaine:
    return Chaine(lire_configuration(config).avec_chemins(public, **chemins), refaire=refaire)


def principal(arguments: list[str] | None = None) -> None:
    """Point d'entrée : toute erreur attendue devient un message ; une autre est un défaut du programme, et se dit."""
    for flux in (sys.stdout, sys.stderr):
        if isinstance(flux, io.TextIOWrapper):  # un terminal, un nom de fichier qui ne sont pas en UTF-8
            flux.reconfigure(errors="replace")
    ramasser_moins()
    try:
        with Interruptible(), tout_y_mettre():
            code = app(args=arguments, standalone_mode=False) or 0
    except Exception as erreur:
        if os.environ.get(VARIABLE):
            raise
        code = _dire(*_conclure(erreur, sys.argv[1:] if arguments is None else arguments))
    sys.exit(code)


def _conclure(erreur: Exception, arguments: list[str]) -> tuple[str, int]:
    """Ce qu'il faut dire d'une erreur, et le code de sortie."""
    if isinstance(erreur, ErreurObservatoire):
        return str(erreur), erreur.code
    if isinstance(erreur, UsageError):
        return dire_mauvais_usage(erreur), ParametreInconnu.code
    if _ici_n_existe_plus():
        return "le dossier courant n'existe plus : aller dans un autre (cd), puis relancer.", ErreurConfiguration.code
    if panne := dire_panne(erreur):
        return panne, 1
    return dire_defaut(erreur, arguments), CODE


def _ici_n_existe_plus() -> bool:
    """Le dossier d'où la commande est lancée a-t-il été effacé ? Aucun chemin relatif ne se lit plus."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _dire(message: str, code: int) -> int:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(message)
    return code


if __name__ == "__main__":
    principal()

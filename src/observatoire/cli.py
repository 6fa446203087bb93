"""La commande ``observatoire``. Codes de sortie : 0 fait, 1 refusé ou échoué, 2 commande mal écrite."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from typer._click import exceptions as usage
from typer.core import TyperCommand, TyperGroup

from observatoire.chaine import Chaine
from observatoire.configuration import lire_configuration
from observatoire.erreurs import ErreurObservatoire, ParametreInconnu

_AIDE = {
    "Usage:": "Emploi :",
    "COMMAND [ARGS]...": "COMMANDE [OPTIONS]",
    "Options:": "Options :",
    "Commands:": "Commandes :",
    "Show this message and exit.": "Afficher cette aide.",
    "[default: ": "[défaut : ",
    "[required]": "[obligatoire]",
    "  [x>=1]": "",
    "; x>=200]": "]",
}


def _traduire(aide: str) -> str:
    """L'aide de typer, en français : il n'en livre pas la traduction."""
    for anglais, francais in _AIDE.items():
        aide = aide.replace(anglais, francais)
    return aide


class _Groupe(TyperGroup):
    def get_help(self, ctx) -> str:
        return _traduire(super().get_help(ctx))


class _Commande(TyperCommand):
    def get_help(self, ctx) -> str:
        return _traduire(super().get_help(ctx))


app = typer.Typer(
    cls=_Groupe,
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
Edition = _dossier("edition", "Pages exécutées.")
Site = _dossier("site", "Site construit.")
Public = Annotated[str, typer.Option("--public", help="Public de l'édition : publique.", metavar="PUBLIC")]
Ouvriers = Annotated[
    int | None,
    typer.Option("--ouvriers", min=1, help="Notebooks à la fois [défaut : un par cœur].", metavar="N"),
]
SansLesRefuses = Annotated[
    bool,
    typer.Option("--sans-les-refuses", help="Continuer sans les fichiers refusés ; la couverture le dira."),
]
DEFAUT = Path("observatoire.yml")


@app.command(cls=_Commande)
def exemple(
    dossier: Annotated[
        Path | None, typer.Option("--dossier", help="Où écrire les dépôts fictifs.", metavar="DOSSIER")
    ] = None,
    graine: Annotated[int, typer.Option("--graine", help="Graine du tirage.", metavar="N")] = 2007,
    logements: Annotated[int, typer.Option("--logements", min=200, help="Taille du parc.", metavar="N")] = 16000,
    config: Config = DEFAUT,
) -> None:
    """Écrire des dépôts fictifs et, à côté, les vérités plantées (verite.csv)."""
    _chaine(config, brut=dossier).exemple(graine, logements)


@app.command(cls=_Commande)
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


@app.command(cls=_Commande)
def calculer(
    brut: Brut = None,
    prepare: Prepare = None,
    config: Config = DEFAUT,
    sans_les_refuses: SansLesRefuses = False,
) -> None:
    """Lire les dépôts, les préparer et calculer les indicateurs."""
    _chaine(config, brut=brut, prepare=prepare).calculer(sans_les_refuses)


@app.command(cls=_Commande)
def proteger(
    prepare: Prepare = None, publie: Publie = None, public: Public = "publique", config: Config = DEFAUT
) -> None:
    """Ne garder des indicateurs que ce qui peut être publié."""
    _chaine(config, prepare=prepare, publie=publie).proteger(public)


@app.command(cls=_Commande)
def executer(
    publie: Publie = None,
    edition: Edition = None,
    public: Public = "publique",
    ouvriers: Ouvriers = None,
    config: Config = DEFAUT,
) -> None:
    """Exécuter les notebooks de l'édition."""
    _chaine(config, publie=publie, edition=edition).executer(public, ouvriers)


@app.command(cls=_Commande)
def livre(
    publie: Publie = None,
    edition: Edition = None,
    site: Site = None,
    public: Public = "publique",
    config: Config = DEFAUT,
) -> None:
    """Construire le site ; un avertissement est une erreur."""
    _chaine(config, publie=publie, edition=edition, site=site).livre(public)


@app.command(cls=_Commande)
def publier(
    brut: Brut = None,
    prepare: Prepare = None,
    publie: Publie = None,
    edition: Edition = None,
    site: Site = None,
    public: Public = "publique",
    ouvriers: Ouvriers = None,
    config: Config = DEFAUT,
    sans_les_refuses: SansLesRefuses = False,
) -> None:
    """Toute la chaîne, des dépôts au site, puis le bilan."""
    chaine = _chaine(config, brut=brut, prepare=prepare, publie=publie, edition=edition, site=site)
    chaine.calculer(sans_les_refuses)
    chaine.proteger(public)
    chaine.executer(public, ouvriers)
    chaine.livre(public)
    chaine.conclure()


def _chaine(config: Path, **chemins: Path | None) -> Chaine:
    return Chaine(lire_configuration(config).avec_chemins(**chemins))


def principal(arguments: list[str] | None = None) -> None:
    """Point d'entrée : toute erreur attendue devient un message, jamais une trace."""
    erreurs = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    try:
        code = app(args=arguments, standalone_mode=False) or 0
    except ErreurObservatoire as erreur:
        erreurs.print(str(erreur))
        code = erreur.code
    except usage.UsageError as erreur:
        erreurs.print(_en_francais(erreur))
        code = ParametreInconnu.code
    except (KeyboardInterrupt, typer.Abort):
        erreurs.print("Interrompu : ce qui était publié l'est encore.")
        code = 130
    sys.exit(code)


def _en_francais(erreur: usage.UsageError) -> str:
    """Le message d'un mauvais usage de la commande."""
    if isinstance(erreur, usage.NoArgsIsHelpError):
        return erreur.ctx.get_help()
    if isinstance(erreur, usage.NoSuchOption):
        message = f"option inconnue : {erreur.option_name}."
        if erreur.possibilities:
            message += f" Vouliez-vous dire {', '.join(sorted(erreur.possibilities))} ?"
    elif isinstance(erreur, usage.MissingParameter):
        message = f"il manque {erreur.param_hint or erreur.param.opts[0]}."
    elif isinstance(erreur, usage.BadOptionUsage):
        message = f"l'option {erreur.option_name} attend une valeur."
    elif isinstance(erreur, usage.BadParameter):
        message = f"valeur non admise pour {'/'.join(erreur.param.opts)}."
    else:
        message = "commande inconnue ou mal écrite."
    commande = erreur.ctx.command_path if erreur.ctx else "observatoire"
    return f"{commande} : {message}\nAide : {commande} --aide"


if __name__ == "__main__":
    principal()

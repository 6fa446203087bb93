"""L'aide et les fautes de frappe de la commande, en français : typer n'en livre pas la traduction."""

from __future__ import annotations

import sys

import typer
from typer.core import TyperCommand, TyperGroup

usage = sys.modules[typer.BadParameter.__module__]  # d'une version de typer à l'autre, ses erreurs changent de module
UsageError = usage.UsageError

_AIDE = {
    "Usage:": "Emploi :",
    "COMMAND [ARGS]...": "COMMANDE [OPTIONS]",
    "Options:": "Options :",
    "Commands:": "Commandes :",
    "Show this message and exit.": "Afficher cette aide.",
    "[default:": "[défaut :",
    "[required]": "[obligatoire]",
    "  [x>=1]": "",
    "; x>=200]": "]",
}


def _traduire(aide: str) -> str:
    for anglais, francais in _AIDE.items():
        aide = aide.replace(anglais, francais)
    return aide


class Groupe(TyperGroup):
    """La commande et ses sous-commandes."""

    def get_help(self, ctx) -> str:
        return _traduire(super().get_help(ctx))


class Commande(TyperCommand):
    """Une sous-commande."""

    def get_help(self, ctx) -> str:
        return _traduire(super().get_help(ctx))


def dire_mauvais_usage(erreur: UsageError) -> str:
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

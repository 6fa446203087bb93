"""Montrer où en est la chaîne, puis dire ce qu'elle a fait et en combien de temps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


class Journal:
    """Les étapes d'une commande : une barre pour celle qui court, un bilan à la fin."""

    def __init__(self, console: Console | None = None):
        self.console = console or Console(
            stderr=True, highlight=False, soft_wrap=True
        )  # une commande à recopier reste entière
        self.etapes: list[tuple[str, float, str]] = []
        self._depart = time.perf_counter()

    @contextmanager
    def etape(self, libelle: str) -> Iterator[Etape]:
        """Suivre une étape ; ``etape.avancer(fait, total, quoi)`` déplace la barre, ``etape.bilan`` la résume."""
        depart = time.perf_counter()
        colonnes = (
            SpinnerColumn(),
            TextColumn("{task.fields[etape]:<14}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", style="dim", markup=False),
        )
        with Progress(*colonnes, console=self.console, transient=True, disable=not self.console.is_terminal) as barre:
            suivi = Etape(barre, barre.add_task("", total=None, etape=libelle))
            yield suivi
        self.faite(libelle, time.perf_counter() - depart, suivi.bilan)

    def faite(self, libelle: str, duree: float, bilan: str) -> None:
        """Dire qu'une étape est faite, et le temps (s) qu'elle a pris."""
        self._noter("[green]✓[/]", libelle, duree, bilan)

    def inchange(self, libelle: str, duree: float, bilan: str) -> None:
        """Dire qu'une étape n'avait rien à refaire, le temps (s) qu'il a fallu pour le savoir, et ce qui est là."""
        self._noter("[dim]=[/]", libelle, duree, f"inchangé : {bilan}")

    def _noter(self, marque: str, libelle: str, duree: float, bilan: str) -> None:
        self.etapes.append((libelle, duree, bilan))
        self.console.print(f"  {marque} {libelle:<14} {_duree(duree):>9}  [dim]{escape(bilan)}")

    def avertir(self, ou: str, avertissements: Iterable[str]) -> None:
        """Dire ce que des bibliothèques ont écrit pendant l'étape, sans l'arrêter."""
        for avertissement in avertissements:
            self.console.print(f"  [yellow]![/] {escape(ou)} : [dim]{escape(avertissement.strip())}")

    def resumer(self) -> None:
        """Imprimer le bilan : chaque étape, sa durée, sa part du temps passé ; deux ont pu se faire à la fois."""
        total = time.perf_counter() - self._depart
        if len(self.etapes) < 2:
            return
        tableau = Table(title="Bilan", title_justify="left", box=None, pad_edge=False)
        tableau.add_column("étape")
        for titre in ("durée", "part"):
            tableau.add_column(titre, justify="right")
        tableau.add_column("ce qui a été fait")
        for libelle, duree, bilan in self.etapes:
            tableau.add_row(libelle, _duree(duree), f"{duree / total:.0%}".replace("%", " %"), escape(bilan))
        tableau.add_row("total", _duree(total), "", "")
        self.console.print(tableau, soft_wrap=False)


class Etape:
    """Une étape en cours."""

    def __init__(self, barre: Progress, tache):
        self._barre, self._tache, self.bilan = barre, tache, ""

    @property
    def avancer(self) -> Callable[[int, int, str], None]:
        """La fonction à donner à qui avance : ``avancement(fait, total, libelle)``."""

        def avancement(fait: int, total: int, libelle: str = "") -> None:
            self._barre.update(self._tache, completed=fait, total=total, description=libelle)

        return avancement


def _duree(secondes: float) -> str:
    if secondes < 60:
        return f"{secondes:.1f} s".replace(".", ",")
    return f"{int(secondes // 60)} min {int(secondes % 60):02d} s"

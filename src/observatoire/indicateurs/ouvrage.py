"""Distribuer des lots entre les processeurs de cette machine, ou sur une grappe Dask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from observatoire.grappe import rejoindre
from observatoire.lecture.lots import ouvriers

#: En deçà (octets des tables préparées), démarrer d'autres processus coûte plus qu'ils ne rapportent.
POIDS_SEUL = 60_000_000

_commun: list = []


def distribuer(fonction: Callable, lots: list, reglages: dict, dask: str | None = None) -> Iterator:
    """``fonction(lot, reglages)`` pour chaque lot ; les résultats viennent dans l'ordre des lots."""
    if dask:
        yield from _sur_dask(fonction, lots, reglages, dask)
    elif len(lots) == 1 or _peser(lots) < POIDS_SEUL:
        yield from (fonction(lot, reglages) for lot in lots)
    else:
        with ouvriers(_retenir, reglages) as equipe:
            yield from equipe.map(partial(_appliquer, fonction), lots)


def _peser(lots: list) -> int:
    return sum(Path(source).stat().st_size for lot in lots for source in lot.sources.values())


def _retenir(reglages: dict) -> None:
    _commun[:] = [reglages]


def _appliquer(fonction: Callable, lot):
    return fonction(lot, _commun[0])


def _sur_dask(fonction: Callable, lots: list, reglages: dict, adresse: str) -> Iterator:
    """Les tables voyagent comme des octets : les ouvriers n'ont besoin d'aucun disque commun.

    Peu de lots sont en vol à la fois, pour que ni cette machine ni l'ordonnanceur n'aient à les tenir tous.
    """
    with rejoindre(adresse) as client:
        commun = client.scatter(reglages, broadcast=True, hash=False)
        en_vol, a_rendre = [], iter(lots)
        for _ in range(2 * max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)):
            en_vol += [client.submit(fonction, lot.emporter(), commun, pure=False) for lot in _suivant(a_rendre)]
        while en_vol:
            premier = en_vol.pop(0)
            yield premier.result()
            en_vol += [client.submit(fonction, lot.emporter(), commun, pure=False) for lot in _suivant(a_rendre)]


def _suivant(lots: Iterator) -> list:
    return [lot for lot in [next(lots, None)] if lot is not None]

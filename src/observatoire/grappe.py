"""Se joindre à une grappe Dask qui existe déjà, après avoir vérifié qu'elle peut servir."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from observatoire.erreurs import ErreurConfiguration
from observatoire.memoire import empreinte_du_code

if TYPE_CHECKING:
    from distributed import Client

ATTENTE = 10  # secondes laissées à la grappe pour répondre, puis pour avoir un ouvrier

#: Ce que contient le dossier donné à --dask-tls, et le réglage de Dask qu'il pose.
PIECES = {
    "autorite.pem": "distributed.comm.tls.ca-file",
    "certificat.pem": "distributed.comm.tls.client.cert",
    "cle.pem": "distributed.comm.tls.client.key",
}


def chiffrer(dossier: Path) -> None:
    """Se joindre désormais aux grappes en TLS, avec les :data:`PIECES` de ce dossier, et jamais en clair.

    Lève :class:`ErreurConfiguration` si l'une d'elles manque.
    """
    if absentes := [nom for nom in PIECES if not (dossier / nom).is_file()]:
        raise ErreurConfiguration(f"--dask-tls : {', '.join(absentes)} manque dans « {dossier.name} ».")
    import dask

    reglages = {reglage: str((dossier / nom).resolve()) for nom, reglage in PIECES.items()}
    dask.config.set(reglages | {"distributed.comm.require-encryption": True})


def en_clair(adresse: str) -> bool:
    """Ce qui part vers cette adresse se lit-il sur un réseau ?"""
    protocole, _, reste = adresse.partition("://")
    return protocole == "tcp" and not reste.startswith(("127.", "localhost:", "[::1]:"))


def rejoindre(adresse: str) -> Client:
    """Un client de la grappe ``adresse`` (``tcp://…``), à fermer par qui l'emploie.

    Lève :class:`ErreurConfiguration` si aucune grappe n'y répond, si elle n'a aucun ouvrier, ou si un ouvrier n'a pas
    le même observatoire que cette machine.
    """
    try:
        from distributed import Client
    except ImportError as absente:
        raise ErreurConfiguration("--dask demande la bibliothèque « distributed ».") from absente
    if "://" not in adresse:
        raise ErreurConfiguration(f"--dask attend une adresse comme tcp://machine:8786, pas « {adresse} ».")
    try:
        client = Client(adresse, timeout=ATTENTE)
    except (OSError, ValueError, TypeError, RuntimeError) as refus:
        raise ErreurConfiguration(f"aucune grappe Dask ne répond à {adresse}.") from refus
    try:
        client.wait_for_workers(1, timeout=ATTENTE)
        codes = client.run(empreinte_du_code, on_error="return")
    except TimeoutError as vide:
        client.close()
        raise ErreurConfiguration(f"la grappe {adresse} n'a aucun ouvrier.") from vide
    autres = sorted(ouvrier for ouvrier, code in codes.items() if code != empreinte_du_code())
    if autres:
        client.close()
        raise ErreurConfiguration(
            "ces ouvriers n'ont pas la même version de l'observatoire ou de ses bibliothèques ; y installer celle-ci "
            f"({len(autres)} sur {len(codes)}) : {', '.join(autres)}."
        )
    return client

"""Ranger dans une édition tout ce qui se télécharge, et la page qui le présente."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from observatoire.diffusion import classeur, notices, paquet
from observatoire.diffusion.page import Diffusee, page
from observatoire.fichiers import ecrire_octets
from observatoire.publie import Contenu

CATALOGUE = "catalogue.jsonld"
_TYPES = {".zip": "application/zip", ".json": "application/json", ".csv": "text/csv",
          ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


def diffuser(publie: Path, sortie: Path, vers: str) -> tuple[list[str], str]:
    """Écrire dans ``sortie`` les CSV, l'archive, le classeur et les notices d'un dossier publié.

    Rend les chemins écrits, dans ``sortie``, et le Markdown de la page « Données », qui y mène par ``vers``.
    """
    contenu = Contenu(publie)
    edition = contenu.table("edition")
    diffusees, ressources, fichiers = [], [], {}
    for table in paquet.tables_a_diffuser(publie, edition["public"]):
        lue = paquet.lire_en_texte(table, publie)
        deux = table.dans(publie).read_bytes(), paquet.a_la_francaise(table, lue)
        for dossier, octets in zip((paquet.INTERNATIONAL, paquet.FRANCAIS), deux, strict=True):
            fichiers[f"{dossier}/{table.fichier}"] = octets
        ressources.append(paquet.decrire(table, lue))
        diffusees.append(Diffusee(table, tuple(lue.columns), len(lue), *map(len, deux)))
    fichiers[paquet.DESCRIPTEUR] = paquet.en_json(paquet.descripteur(edition, ressources))
    nom = notices.nommer(edition)
    fichiers |= {
        f"{nom}.zip": paquet.archiver(edition, publie, fichiers), f"{nom}.xlsx": classeur.composer(contenu),
    }  # fmt: skip
    fichiers[CATALOGUE] = paquet.en_json(notices.dcat(edition, list(_distribuer(fichiers, edition))))
    for chemin, octets in fichiers.items():
        ecrire_octets(octets, sortie / chemin)
    communs = {chemin: len(octets) for chemin, octets in fichiers.items() if "/" not in chemin}
    return list(fichiers), page(edition, diffusees, communs, vers)


def _distribuer(fichiers: dict[str, bytes], edition: dict) -> Iterator[dict]:
    """Ce qu'un catalogue moissonne : tout, sauf la version française des tables, la même à l'écriture près."""
    for chemin, octets in fichiers.items():
        if not chemin.startswith(paquet.FRANCAIS):
            titre = f"{notices.intituler(edition)} : {Path(chemin).name}"
            yield {"chemin": chemin, "titre": titre, "type": _TYPES[Path(chemin).suffix], "octets": len(octets)}

"""Écrire un fichier neuf, jamais sur un autre ; insérer une ligne dans un YAML tenu à la main, et rien d'autre."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import yaml

from observatoire.erreurs import ErreurObservatoire, ParametreInconnu
from observatoire.fichiers import ecrire_texte

#: Un nom de page ou de notebook : il fait une adresse.
NOM = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def exiger_un_nom(nom: str) -> str:
    """Ce nom, s'il peut nommer une page. Lève :class:`ParametreInconnu` en en proposant un."""
    if not NOM.fullmatch(nom):
        raise ParametreInconnu(
            f"« {nom} » ne peut pas nommer une page : des minuscules sans accent, des chiffres, « - » et « _ » ; par "
            f"exemple « {en_code(nom) or 'ma-page'} »."
        )
    return nom


def en_code(texte: str, liaison: str = "-") -> str:
    """Un texte, réduit à ce qui s'écrit dans un nom de fichier : « Habitat du Nord » donne « habitat-du-nord »."""
    sans_accent = unicodedata.normalize("NFKD", texte).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", liaison, sans_accent).strip(liaison)


def ecrire_neufs(textes: Mapping[Path, str]) -> list[Path]:
    """Écrire ces fichiers. Lève :class:`ErreurObservatoire`, sans rien écrire, si l'un d'eux existe déjà."""
    deja = [fichier.name for fichier in textes if fichier.exists()]
    if deja:
        raise ErreurObservatoire(f"« {', '.join(deja)} » existe déjà : rien n'a été écrit.")
    for fichier, texte in textes.items():
        ecrire_texte(texte, fichier)
    return list(textes)


def inserer(fichier: Path, liste: yaml.SequenceNode, ligne: str) -> None:
    """Ajouter un élément à la fin d'une ``liste`` en bloc d'un fichier YAML ; ses commentaires restent."""
    lignes = fichier.read_text(encoding="utf-8").splitlines()
    rang = _derniere_ligne(liste)
    lignes.insert(rang + 1, f"{' ' * liste.start_mark.column}- {ligne}")
    ecrire_texte("\n".join(lignes) + "\n", fichier)


def cles(noeud: yaml.Node | None) -> dict[str, yaml.Node]:
    """Les valeurs d'une table YAML, par clé, avec leur place dans le fichier."""
    return {cle.value: valeur for cle, valeur in noeud.value} if isinstance(noeud, yaml.MappingNode) else {}


def _derniere_ligne(noeud: yaml.Node) -> int:
    """La ligne où finit ce qui est écrit d'un nœud, commentaires et vides qui suivent non compris."""
    if isinstance(noeud, yaml.ScalarNode) or noeud.flow_style or not noeud.value:
        return noeud.end_mark.line
    dernier = noeud.value[-1]
    return _derniere_ligne(dernier[1] if isinstance(dernier, tuple) else dernier)

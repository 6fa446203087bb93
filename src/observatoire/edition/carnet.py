"""Le carnet d'une édition : ce qu'elle retient de chaque page, pour ne refaire que ce qui a changé.

Une page est encore vraie quand son notebook, ses paramètres et le code de la bibliothèque sont les mêmes, que ce
qu'elle a lu de ``publie`` n'a pas changé, et que son fichier est celui qu'elle avait donné. Tout est écrit à côté puis
renommé : arrêtée à n'importe quel moment, une édition reprend où elle en était.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from observatoire.edition.travail import Resultat, Travail
from observatoire.fichiers import ecrire_texte
from observatoire.lectures import Lecture, relire
from observatoire.marque import exiger, lister, marquer
from observatoire.memoire import empreinte, empreinte_du_code
from observatoire.moteur.publics import ecart_de
from observatoire.publie import EXTRAITES, Contenu

_NOTE = {"cle", "lu", "page", "lectures"}
_LOT = {"cle", "page", "fichiers"}


class Etat:
    """L'empreinte de ce qui est publié : fichier par fichier, et ligne par ligne pour les tables que l'on extrait."""

    def __init__(self, publie: Path):
        self.publie = publie
        self._connues: dict[Lecture, bytes] = {}
        self._condenses: dict[str, np.ndarray] = {}

    def empreinte(self, lues: frozenset[Lecture]) -> str:
        """L'empreinte de tout ce que disent ces lectures."""
        condense = hashlib.sha256()
        for lecture in sorted(lues, key=repr):
            condense.update(repr(lecture).encode())
            condense.update(self._une(lecture))
        return condense.hexdigest()

    def oublier(self, dossier: str) -> None:
        """Relire, la fois d'après, les fichiers de ce ``dossier`` ; le reste n'a pas changé."""
        gardees = {lue: vu for lue, vu in self._connues.items() if not lue[0].startswith(f"{dossier}/")}
        self._connues = gardees

    def _une(self, lecture: Lecture) -> bytes:
        if lecture not in self._connues:
            fichier, cles = lecture
            contenu = self._lignes(EXTRAITES[fichier], dict(cles)) if fichier in EXTRAITES else self._fichier(fichier)
            self._connues[lecture] = hashlib.sha256(contenu).digest()
        return self._connues[lecture]

    def _fichier(self, nom: str) -> bytes:
        chemin = self.publie / nom
        return chemin.read_bytes() if chemin.is_file() else b"absent"

    def _lignes(self, nom: str, cles: dict) -> bytes:
        if nom not in self._condenses:
            table = self._contenu.table(nom)
            self._condenses[nom] = pd.util.hash_pandas_object(table, index=False).to_numpy()
        return self._condenses[nom][self._contenu.positions(cles, nom)].tobytes()

    @cached_property
    def _contenu(self) -> Contenu:
        return Contenu(self.publie)


class Carnet:
    """Les pages faites, en place dans ``edition`` ou en attente dans ``ecart``, et ce qu'on en retient.

    ``ecart`` : ``pages/`` (faites, pas encore en place), ``memoire/`` (une note par page), ``echecs/``.
    """

    def __init__(self, edition: Path, etat: Etat):
        self.edition, self.etat = edition, etat
        self.ecart = ecart_de(edition)
        self.attente = self.ecart / "pages"
        self.echecs = self.ecart / "echecs"

    def est_a_jour(self, travail: Travail) -> bool:
        """La page a-t-elle encore le contenu que son exécution donnerait ?"""
        note = self._lire_note(travail.sortie)
        page = self.fichier(Path(f"{travail.sortie}.ipynb"))
        return (
            note is not None
            and note["cle"] == _cle(travail)
            and note["lu"] == self.etat.empreinte(relire(note["lectures"]))
            and note["page"] == empreinte(page)
        )

    def fichier(self, relatif: Path) -> Path:
        """Où est un fichier : celui qui attend prendra la place de celui de l'édition, c'est lui qui compte."""
        return self.attente / relatif if (self.attente / relatif).is_file() else self.edition / relatif

    def ranger(self, resultat: Resultat) -> None:
        """Garder une page réussie, en attente de sa mise en place ; la note vient après la page."""
        sortie = resultat.travail.sortie
        page = self.attente / f"{sortie}.ipynb"
        ecrire_texte(resultat.notebook, page)
        note = {
            "cle": _cle(resultat.travail),
            "lu": self.etat.empreinte(resultat.lues),
            "page": empreinte(page),
            "lectures": sorted(resultat.lues, key=repr),
        }
        ecrire_texte(json.dumps(note, ensure_ascii=False), self._note(sortie))

    def garder_le_lot(self, nom: str, cle: str, ecrire: Callable[[], list[Path]]) -> list[Path]:
        """Les fichiers d'un lot, écrits en attente par ``ecrire`` si ``cle`` a changé, ou si l'un d'eux a changé ou
        manque ; rend leurs chemins."""
        note = self._lire_note(nom, _LOT)
        if note is not None and note["cle"] == cle:
            siens = [Path(fichier) for fichier in note["fichiers"]]
            if note["page"] == empreinte(*map(self.fichier, siens)):
                return siens
        siens = ecrire()
        note = {
            "cle": cle,
            "page": empreinte(*map(self.fichier, siens)),
            "fichiers": [fichier.as_posix() for fichier in siens],
        }
        ecrire_texte(json.dumps(note, ensure_ascii=False), self._note(nom))
        return siens

    def garder_l_echec(self, resultat: Resultat) -> None:
        """Garder le notebook partiel d'une page qui a échoué, pour qu'on puisse l'ouvrir."""
        if resultat.notebook is not None:
            ecrire_texte(resultat.notebook, self.echecs / f"{resultat.travail.sortie.replace('/', '-')}.ipynb")

    def mettre_en_place(self, attendus: set[Path]) -> int:
        """Mettre en place ce qui attend, retirer ce qui n'est pas dans ``attendus`` ; rend le nombre de retirées.

        ``attendus`` : chemins relatifs de tous les fichiers de l'édition. Un fichier identique n'est pas touché : le
        livre se reconstruit alors plus vite. Lève :class:`ErreurConfiguration`, sans rien toucher, si l'édition
        contient ce que nous n'y avons pas mis.
        """
        exiger(self.edition)
        self.edition.mkdir(parents=True, exist_ok=True)
        en_attente = sorted(f for f in self.attente.rglob("*") if f.is_file())
        # La marque d'abord : arrêtée en chemin, l'édition est encore reconnue pour nôtre.
        marquer(self.edition, [f.relative_to(self.attente).as_posix() for f in en_attente])
        for fichier in en_attente:
            cible = self.edition / fichier.relative_to(self.attente)
            cible.parent.mkdir(parents=True, exist_ok=True)
            if cible.is_file() and cible.read_bytes() == fichier.read_bytes():
                fichier.unlink()
            else:
                fichier.replace(cible)
        anciens = set(map(Path, lister(self.edition))) - attendus
        for ancien in anciens:
            (self.edition / ancien).unlink()
            self._note(ancien.with_suffix("").as_posix()).unlink(missing_ok=True)
        for dossier in sorted((d for d in self.edition.rglob("*") if d.is_dir()), reverse=True):
            if not any(dossier.iterdir()):
                dossier.rmdir()
        marquer(self.edition)
        return len(anciens)

    def _note(self, sortie: str) -> Path:
        return self.ecart / "memoire" / f"{sortie}.json"

    def _lire_note(self, sortie: str, cles: set[str] = _NOTE) -> dict | None:
        """La note d'une page ; ``None`` si elle manque ou a été abîmée, et la page est alors refaite."""
        try:
            note = json.loads(self._note(sortie).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return note if isinstance(note, dict) and note.keys() >= cles else None


def _cle(travail: Travail) -> str:
    """Ce qui fait une page, hors de ce qu'elle lit : son notebook, ses paramètres, le code."""
    parametres = json.dumps(travail.parametres, sort_keys=True, ensure_ascii=False)
    return empreinte(autres=[travail.notebook, parametres, empreinte_du_code()])

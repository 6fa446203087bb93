"""Ce dont les pages de l'aperçu sont faites : des dossiers à part, où le site publié n'est jamais touché."""

from __future__ import annotations

import filecmp
import json
import shutil
from functools import cache
from pathlib import Path

import observatoire
from observatoire.apercu import racine
from observatoire.chaine import Chaine
from observatoire.configuration import Configuration
from observatoire.edition.carnet import Carnet, Etat
from observatoire.edition.equipe import Lieu, demarrer
from observatoire.fichiers import ecrire_texte
from observatoire.memoire import empreinte, empreinte_du_code
from observatoire.moteur.porte import Porte
from observatoire.moteur.publics import porte_d_un_public
from observatoire.processus import fourche_possible
from observatoire.publication import preparer_les_commentaires
from observatoire.publication.ecrits import COMMENTAIRES

CODE = Path(observatoire.__file__).parent
#: Ce qui, dans la bibliothèque, ne fait aucune valeur d'un dépôt.
SANS_VALEUR = (
    "apercu", "audit", "diffusion", "documents", "echafaudage", "edition", "exemple", "livre", "moteur", "presentation",
)  # fmt: skip


@cache
def empreinte_du_calcul() -> str:
    """L'empreinte de ce qui, dans la bibliothèque, fait les valeurs."""
    return empreinte(CODE, sauf=[*(CODE / nom for nom in SANS_VALEUR), *CODE.glob("sujets/*/vue")])


class Vitrine:
    """Ce qui est publié, tel que l'aperçu le montre, et de quoi en faire des pages.

    ``publie`` reste le même dossier quand son contenu change : la porte d'une souche tient à lui. ``config`` : celle du
    territoire, où ce qui s'écrit va dans :func:`~observatoire.apercu.racine`.
    """

    def __init__(self, config: Configuration, public: str):
        dossier = racine(config, public)
        ailleurs = {"publie": dossier / "publie", "edition": dossier / "edition", "site": dossier / "site"}
        self.config, self.public = config.avec_chemins(public, **ailleurs), public
        self.publie, self.travail = dossier / "vitrine" / public, dossier / "travail"
        self._souvenir = dossier / "code.json"
        self._porte = self._fermer_autour(config)
        self._lieu: Lieu | None = None
        self._amorcer(config)

    def rafraichir(self) -> None:
        """Refaire de la chaîne ce qui doit l'être, et montrer ce qui a changé."""
        chaine = self._chaine()
        chaine.proteger_jusqu_a(self.public)
        ecrire_texte(json.dumps({"calcul": empreinte_du_calcul(), "code": chaine.code}), self._souvenir)
        changes = _copier_les_changements(self.config.chemin("publie") / self.public, self.publie)
        if changes - {COMMENTAIRES.name, "seances"}:
            self._oublier_la_souche()  # elle a lu les tables d'avant
        self.carnet = Carnet(self.config.chemin("edition", self.public), Etat(self.publie))
        self._republier = preparer_les_commentaires(self.config, self.public, self.publie)

    def _chaine(self) -> Chaine:
        """La chaîne, ses calculs faits. Un changement de ce qui ne fait que montrer ne fait rien recalculer."""
        souvenir = json.loads(self._souvenir.read_text(encoding="utf-8")) if self._souvenir.is_file() else {}
        codes = [empreinte_du_code(), *([souvenir["code"]] if souvenir.get("calcul") == empreinte_du_calcul() else [])]
        for code in reversed(codes):
            if (chaine := Chaine(self.config, code=code)).est_calcule():
                return chaine
        chaine = Chaine(self.config, code=codes[0])
        chaine.calculer(sans_les_refuses=False)
        return chaine

    def relire_les_commentaires(self) -> None:
        """Ne refaire que les commentaires : la chaîne le fera aussi, plus tard, à sa façon."""
        self._republier()
        self.carnet.etat.oublier(COMMENTAIRES.name)

    @property
    def lieu(self) -> Lieu:
        """Où se fait une page ; la souche y est chaude, où l'on peut se dédoubler."""
        if self._lieu is None or (self._lieu.souche and not self._lieu.souche.vivante()):
            atelier = self.carnet.ecart / "atelier"
            atelier.mkdir(parents=True, exist_ok=True)
            souche = demarrer(self.publie, self._porte) if fourche_possible() else None
            self._lieu = Lieu(self.publie, atelier, self._porte, souche)
        return self._lieu

    def _oublier_la_souche(self) -> None:
        if self._lieu and self._lieu.souche:
            self._lieu.souche.fermer()
        self._lieu = None

    def _fermer_autour(self, config: Configuration) -> Porte:
        """Rien de ce qui est fermé à une page du site ne s'ouvre à celle de l'aperçu, qui ne lit que sa vitrine."""
        portes = [porte_d_un_public(c, self.public) for c in (config, self.config)]
        interdits = [Path(chemin) for porte in portes for chemin in porte.interdits]
        return Porte.autour([*interdits, self.publie.parent], [self.publie])

    def _amorcer(self, config: Configuration) -> None:
        """La première fois, partir de ce qui est publié plutôt que de rien."""
        for nom in ("publie", "edition"):
            deja, ici = (c.chemin(nom, self.public) for c in (config, self.config))
            notes = [Carnet(dossier, None).ecart / "memoire" for dossier in (deja, ici)]
            for avant, apres in ((deja, ici), notes):
                if avant.is_dir() and not apres.exists():
                    shutil.copytree(avant, apres, ignore=shutil.ignore_patterns("*.verrou", "*.tenu"))


def _copier_les_changements(origine: Path, cible: Path) -> set[str]:
    """Rendre ``cible`` semblable à ``origine`` sans toucher ce qui l'est déjà ; le premier nom de ce qui a changé."""
    voulus, la = _fichiers(origine), _fichiers(cible)
    changes = {r for r in voulus if r not in la or not filecmp.cmp(origine / r, cible / r, shallow=False)}
    for relatif in changes:
        (cible / relatif).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(origine / relatif, cible / relatif)
    for relatif in la - voulus:
        (cible / relatif).unlink()
    return {relatif.parts[0] for relatif in changes | (la - voulus)}


def _fichiers(dossier: Path) -> set[Path]:
    return {f.relative_to(dossier) for f in dossier.rglob("*") if f.is_file()}

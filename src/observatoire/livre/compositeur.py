"""Le processus qui compose le livre : jupyter-book, qui ne survit pas à celui qui l'a lancé.

Sans cela, une publication tuée continuerait d'écrire ses pages pendant la suivante.
"""

from __future__ import annotations

import os
import signal
import threading

from observatoire.processus import ramasser_moins


def principal() -> None:
    """Lancer jupyter-book avec les arguments reçus, dans un groupe de processus à part."""
    threading.Thread(target=_mourir_avec_le_parent, daemon=True).start()
    ramasser_moins()
    from jupyter_book.cli.main import main

    main()


def _mourir_avec_le_parent() -> None:
    """L'entrée est un tube que le parent tient ouvert : elle finit quand il meurt, quelle qu'en soit la cause."""
    os.read(0, 1)
    if hasattr(os, "killpg"):
        os.killpg(os.getpgid(0), signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    principal()

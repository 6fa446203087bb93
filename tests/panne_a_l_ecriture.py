"""Une extension de Sphinx qui échoue, ou meurt, en écrivant une page : ``OBS_PANNE`` dit comment."""

import os
import signal


def _tomber(app, pagename, templatename, context, doctree):
    if pagename == "book/glossaire":
        if os.environ["OBS_PANNE"] == "erreur":
            raise RuntimeError("panne d'essai")
        os.kill(os.getpid(), signal.SIGKILL)


def setup(app):
    app.connect("html-page-context", _tomber)
    # Sphinx lirait « sûre en parallèle » si l'extension ne le disait pas : elle l'est, et rien ne s'y oppose d'ici.
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""``python -m observatoire.apercu`` : l'ouvrier ; des ordres en JSON sur son entrée, des nouvelles sur sa sortie."""

import json
import sys

if __name__ == "__main__":
    try:
        from observatoire.apercu.ouvrier import principal
    except Exception as erreur:
        from observatoire.erreurs import decrire

        faute = {"ou": "La bibliothèque", "quoi": decrire(erreur), "code": [], "ligne": None}
        print(json.dumps({"faute": "ouvrier", **faute}), flush=True)
        raise

    principal(json.loads(sys.argv[1]))

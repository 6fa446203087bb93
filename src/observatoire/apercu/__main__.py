"""``python -m observatoire.apercu`` : l'ouvrier ; des ordres en JSON sur son entrée, des nouvelles sur sa sortie."""

import json
import sys

if __name__ == "__main__":
    from observatoire.apercu.ouvrier import principal

    principal(json.loads(sys.argv[1]))

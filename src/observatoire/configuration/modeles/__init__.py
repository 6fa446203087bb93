"""Ce que chaque fichier tenu à la main peut contenir : un modèle pydantic par fichier, et rien qui calcule."""

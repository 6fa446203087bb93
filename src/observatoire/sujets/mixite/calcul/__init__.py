"""Des indices de ce qui paraît : d'une ville, d'un quartier, et leur changement d'une année à l'autre."""

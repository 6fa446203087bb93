"""Ce que les pages montrent de la mixité."""

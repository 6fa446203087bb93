"""Ce que les pages montrent des orientations de peuplement ; rien n'y est calculé."""

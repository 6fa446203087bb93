"""Ce qui a changé d'une année à l'autre : les mêmes ménages, les mêmes bailleurs, et l'épreuve qui leur va."""

"""Le suivi des alertes : leur registre, et les actions que l'on y tient à la main.

``dossiers`` : une alerte est un dossier, qui s'ouvre, persiste, se résout, se rouvre. ``actions`` : lire
``data/suivi/actions.csv``. ``publication`` : le registre que lit un public. ``bilan`` : de quoi faire la note
trimestrielle.
"""

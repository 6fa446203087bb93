"""La revue de la charte : d'où l'on part, où l'on arrive, ce qui a changé, et si la règle a changé en chemin."""

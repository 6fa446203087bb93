"""Simuler l'occupation : quel profil d'entrants mène un territoire à son objectif, et ce qu'il demande aux autres."""

"""La mixité : comment les ménages se répartissent entre les quartiers, selon leurs ressources et leur composition."""

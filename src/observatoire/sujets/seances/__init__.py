"""Les séances de la gouvernance comme données : un compte rendu par séance, lu, vérifié, publié ; et la suivante."""

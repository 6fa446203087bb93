"""Les protections propres à un sujet, jusqu'à ce qu'il se calcule sur les comptes publiés."""

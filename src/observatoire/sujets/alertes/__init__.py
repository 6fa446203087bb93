"""Les alertes : signaler un problème dans un immeuble, un secteur ou un quartier, dire son ampleur, le suivre."""

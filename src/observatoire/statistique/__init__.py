"""La statistique, sans fichier ni index : des tableaux entrent, des tableaux sortent ; à chacune sa référence."""

"""Les documents à imprimer : des PDF balisés, composés par Typst d'après les pages exécutées de l'édition.

Un document est une page de l'édition, remise en forme pour du papier : ses nombres sont ceux de la page, passés par
la même porte. ``plan`` dit quels documents ; ``contenu`` lit une page exécutée, ``blocs`` et ``dessins`` en tirent ce
que Typst compose (``gabarits``), ``composition`` en fait un PDF, ``ecriture`` vérifie ses nombres et le range.
"""

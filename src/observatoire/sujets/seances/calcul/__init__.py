"""Des comptes rendus à ce qu'un public en lit.

``comptes_rendus`` lit ``book/gouvernance/AAAA-MM-JJ-*.md`` ; ``regles`` dit ce qu'un en-tête peut contenir ;
``ordre_du_jour`` prépare le fichier de la prochaine séance ; ``publication`` écrit ce qu'un public en lit.
"""

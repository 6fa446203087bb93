"""Le livre : des pages d'une édition au site publié.

``construction`` enchaîne, ``preparation`` rassemble les sources à l'écart, ``publics`` tient chaque public chez lui,
``extension`` est l'extension Sphinx (formules, bandeaux, français), ``recherche`` indexe le site. Rien n'est importé
ici : le processus qui compose les pages n'a que faire de ce qui les prépare.
"""

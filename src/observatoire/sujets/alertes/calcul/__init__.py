"""Des comptes par immeuble au verdict de chaque territoire, et de là aux dossiers.

``strates`` compte par immeuble, taille et financement ; ``attendus`` dit ce que l'on y attend ; ``hierarchie`` compare
chaque territoire à son environnement, avec les lois et le mélange de :mod:`observatoire.statistique` ; ``suites`` met
les années bout à bout et rend le verdict ; ``etendue`` dit qui porte l'écart. ``etape`` le fait de ce que ``calculer``
a préparé ; ``standards`` garde de quoi refaire les attendus, et ``publication`` réévalue tout sur les comptes publiés.
Les seuils sont dans le barème ``alertes``.

Une alerte est un dossier (``dossiers``), qui s'ouvre, persiste, se résout, se rouvre ; ``actions`` lit
``data/suivi/actions.csv``, que ``controles`` vérifie ; ``suivi`` en tire le registre que lit un public.
"""

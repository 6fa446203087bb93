"""Des engagements déclarés et des attributions déposées à leurs verdicts.

``declaration`` lit ``data/suivi/engagements.yml`` ; ``preuves`` rassemble les faits datés (séances, dépôts, alertes,
actions, pièces) ; ``engagements`` les juge sur ce qui paraît. ``objectifs`` lit ceux de la loi et de la Conférence,
auxquels ``conformite`` confronte les valeurs ; l'un et l'autre jugent par :mod:`observatoire.verdicts`.

Se tirent des lignes, dans ``prepare`` (``etape``) : ``deplacements`` (ce qui, entre bailleurs, tient aux logements) et
``attente`` (les délais). Se calculent sur ce qui paraît : ``profils`` compare les entrants au parc d'avant et aux
sortants ; ``cote_a_cote`` compare les bailleurs d'un même lieu.
"""

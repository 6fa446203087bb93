"""Le registre : tout nombre imprimé passe par une seule porte, qui retient ce qu'elle a imprimé et à quel pas près.

Comment rien ne peut passer à côté. Pendant qu'une page se fait, la porte (:mod:`observatoire.presentation.nombres`)
n'écrit pas les chiffres ordinaires : elle écrit à leur place dix caractères à elle, qu'aucun calcul ne produit. La
page finie, un chiffre ordinaire dans ce qui se lit est donc un chiffre qui n'est pas passé par la porte : la page est
refusée. Il ne sert à rien qu'il soit par hasard le même qu'un autre, bien enregistré. Puis les chiffres de la porte
redeviennent ordinaires.

Les nombres qui ne sont pas des valeurs ont trois autres entrées, dont aucune n'accepte un nombre calculé :

- ce que ``publie`` dit en toutes lettres (noms, libellés, commentaires) est certifié à la lecture, par
  :mod:`observatoire.publie` ;
- un code ou une unité de ``publie`` se recopie par :func:`citer`, qui refuse ce qui n'y a pas été lu ;
- une phrase de la bibliothèque (« intervalle à 95 % ») passe par :func:`dire`, qui n'accepte qu'un texte écrit tel
  quel dans le code qui l'appelle : ni texte composé, ni variable.

``impressions`` tient la porte, ``sorties`` vérifie les pages, ``table`` lit et écrit ``publie/registre.parquet``,
``site`` refait la vérification sur le site construit, où les chiffres sont redevenus ordinaires.
"""

#: Le nom du registre, dans le dossier ``publie`` qui contient les publics.
FICHIER = "registre.parquet"

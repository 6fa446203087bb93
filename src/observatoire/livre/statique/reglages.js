// Le thème attend de savoir dans quel jeu de couleurs il s'affiche : il n'y en a qu'un.
document.documentElement.dataset.mode = "light";

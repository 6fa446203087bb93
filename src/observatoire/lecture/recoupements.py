"""Ce que les parts ne montrent pas : ordre des lignes, forme des identifiants, lignes d'un autre, emprunts."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from observatoire.lecture.allures import comparer_l_ordre, formes_etrangeres, lieux_muets
from observatoire.lecture.problemes import nombre
from observatoire.lecture.resumes import ASSEZ, GRAPPE, ecrire_part
from observatoire.lecture.vues import Vue, douter

#: D'un programme à l'autre, l'emprunt par logement reste entre la moitié et le double de la médiane de cinq au moins.
FOIS_L_EMPRUNT, PROGRAMMES_AU_MOINS = 2, 5
MEMES_LIGNES = 0.5
ANNEES_AU_MOINS = 2
#: Un lieu où l'on livre chaque année ne se connaît pas à moins d'autres années, ni à moins de logements chacune.
AUTRES_ANNEES, LIVRES = 3, 2


def comparer_les_ordres(vue: Vue) -> Iterator[dict]:
    """Ce qui a été rangé ou collé seul, d'une année à l'autre."""
    avant, apres = vue.avant.contenu, vue.contenu
    if avant.allure is None or apres.allure is None or min(avant.lignes, apres.lignes) < ASSEZ:
        return
    for regle, colonne, (la, ici) in comparer_l_ordre(avant.allure, apres.allure):
        annees = f"{vue.annee - 1} et {vue.annee}"
        suites = f"{nombre(la)} lignes en {vue.annee - 1}, {nombre(ici)} en {vue.annee}"
        yield douter(regle, suites if ici else annees, colonne)
    for annee, (immeubles, lignes) in (
        (vue.annee, lieux_muets(avant.allure, apres.allure)),
        (vue.annee - 1, lieux_muets(apres.allure, avant.allure)),
    ):
        if lignes:
            mesure = f"{nombre(immeubles)} immeubles, {nombre(lignes)} lignes l'autre année, aucune en {annee}"
            yield douter("lieux_muets", mesure, GRAPPE)


def partagees(siennes: list[tuple[tuple, Vue]]) -> Iterator[tuple[tuple, dict]]:
    """Deux déposants n'ont pas les mêmes lignes sous les mêmes identifiants : l'un a déposé la table de l'autre."""
    lignes = [
        pd.util.hash_pandas_object(v.contenu.temoins.drop(columns="bailleur", errors="ignore")).drop_duplicates()
        for _, v in siennes
    ]
    toutes = pd.concat(lignes) if lignes else pd.Series(dtype="uint64")
    doubles = toutes[toutes.duplicated(keep=False)]
    for (cle, _), empreintes in zip(siennes, lignes, strict=True):
        part = empreintes.isin(doubles).mean()
        if part >= MEMES_LIGNES:
            yield cle, douter("table_d_un_autre", ecrire_part(part))


def formes_etranges(vues: dict[tuple, Vue]) -> Iterator[tuple[tuple, dict]]:
    """Un zéro de tête perdu, une lettre ajoutée : des identifiants ne sont plus ceux des autres années."""
    par_table: dict[tuple, list[tuple[tuple, Vue]]] = {}
    for cle, vue in vues.items():
        if vue.contenu.allure is not None and vue.contenu.allure.formes:
            par_table.setdefault(cle[1:], []).append((cle, vue))
    for siennes in par_table.values():
        for cle, vue in siennes:
            autres = [v.contenu.allure for c, v in siennes if c != cle]
            if vue.avant is None and len(autres) < ANNEES_AU_MOINS:
                continue
            if formes := formes_etrangeres(vue.contenu.allure, autres):
                yield cle, douter("identifiants_d_une_autre_forme", f"{formes} en {vue.annee}", vue.schema.cle[0])


def operations_absentes(vues: dict[tuple, Vue]) -> Iterator[tuple[tuple, dict]]:
    """Un bailleur qui livre ici, ou ailleurs, chaque autre année de l'édition, et pas celle-là : une ligne perdue sur
    deux change la part livrée dans la ville, et rien d'autre ne la contredit.
    """
    par_bailleur: dict[str, dict[tuple, pd.Series]] = {}
    for cle, vue in vues.items():
        t = vue.contenu.temoins
        if "nb_logements" in t:
            lieux = t["quartier"].ne(0).map({True: "dans un quartier", False: "hors des quartiers"})
            par_bailleur.setdefault(vue.deposant, {})[cle] = t["nb_logements"].groupby(lieux).sum()
    for siennes in par_bailleur.values():
        for cle, livres in siennes.items():
            autres = [set(autre.index[autre.ge(LIVRES)]) for c, autre in siennes.items() if c != cle]
            manquent = set.intersection(*autres) - set(livres.index) if len(autres) >= AUTRES_ANNEES else set()
            for lieu in sorted(manquent):
                yield cle, douter("operations_absentes", f"aucune {lieu} en {cle[0]}", "quartier")


def emprunts(vues: dict[tuple, Vue]) -> Iterator[tuple[tuple, dict]]:
    """Les emprunts par logement loin de ceux de toute l'édition."""
    par_logement = {
        cle: (t["emprunt_eur"] / t["nb_logements"])[t["emprunt_eur"].gt(0) & t["nb_logements"].gt(0)]
        for cle, t in ((cle, v.contenu.temoins) for cle, v in vues.items())
        if "emprunt_eur" in t
    }
    if sum(map(len, par_logement.values())) < PROGRAMMES_AU_MOINS:
        return
    mediane = pd.concat(par_logement.values()).median()
    for cle, siens in par_logement.items():
        hors = siens[~siens.between(mediane / FOIS_L_EMPRUNT, mediane * FOIS_L_EMPRUNT)]
        if len(hors):
            mesure = f"{nombre(round(hors.iloc[0]))} €, {nombre(round(mediane))} € d'ordinaire"
            yield cle, douter("emprunt_hors_du_commun", mesure, "emprunt_eur")

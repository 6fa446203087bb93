// L'explorateur : un indicateur, une année, un niveau, un bailleur, et deux territoires que l'on compare. L'adresse de la
// page porte le choix.
import {
  adresseDe, borner, calcule, cleDe, compter, dater, direEnClair, ecrire, enUnite, lieux, lire, part, prendre, racine, sommaire,
  statutDe,
} from "./explorateur-donnees.js";
import { colorier, el, etendre, graduer, nommerLesSeries, tracer } from "./explorateur-dessins.js";

const declarations = new Map(sommaire.indicateurs.map((d) => [d.code, d]));
const niveaux = new Map(sommaire.niveaux.map((n) => [n.code, n]));

// --- choisir

function grouper(objets, groupe, option) {
  const noms = [...new Set(objets.map(groupe))];
  return noms.map((nom) => el("optgroup", { label: nom }, ...objets.filter((o) => groupe(o) === nom).map((o) => new Option(...option(o)))));
}

function grouperLesLieux() {
  const rang = (lieu) => [...niveaux.keys()].indexOf(lieu.niveau);
  const duPlusLarge = [...sommaire.lieux].sort((a, b) => rang(b) - rang(a));
  return grouper(duPlusLarge, (lieu) => niveaux.get(lieu.niveau).pluriel, (lieu) => [lieu.nom, cleDe(lieu)]);
}

const champs = {
  indicateur: ["Indicateur", grouper(sommaire.indicateurs, (d) => d.famille, (d) => [d.libelle, d.code])],
  annee: ["Année", [...sommaire.annees].reverse().map((annee) => new Option(annee))],
  niveau: ["Par", sommaire.niveaux.map((n) => new Option(n.libelle, n.code))],
  bailleur: ["Bailleur", [new Option("tous"), ...sommaire.bailleurs.map((b) => new Option(b.nom, b.code))]],
  lieu: ["Territoire", grouperLesLieux()],
  avec: ["Comparé à", [new Option("aucun autre", ""), ...grouperLesLieux()]],
};
const listes = Object.fromEntries(Object.entries(champs).map(([nom, [, options]]) => [nom, el("select", { name: nom }, ...options)]));
const PAR_DEFAUT = {
  indicateur: (sommaire.indicateurs.find((d) => d.nature === "proportion") ?? sommaire.indicateurs[0]).code,
  annee: String(sommaire.annees.at(-1)),
  niveau: niveaux.has("quartier") ? "quartier" : sommaire.tout,
  bailleur: "tous",
  lieu: cleDe(sommaire.lieux.find((lieu) => lieu.niveau === sommaire.tout)),
  avec: "",
};

// Ce que demande l'adresse, ramené à ce qui existe.
function lireLAdresse() {
  const demande = new URLSearchParams(location.search);
  for (const [nom, liste] of Object.entries(listes)) {
    const existe = [...liste.options].some((option) => option.value === demande.get(nom));
    liste.value = existe ? demande.get(nom) : PAR_DEFAUT[nom];
  }
}

function ecrireLAdresse() {
  const adresse = new URL(location);
  adresse.search = new URLSearchParams(Object.entries(listes).map(([nom, liste]) => [nom, liste.value]).filter(([, valeur]) => valeur));
  history.pushState(null, "", adresse);
}

// --- montrer

function montrer(ligne, d) {
  const statut = statutDe(ligne);
  if (statut === "publie") return ecrire(ligne, d);
  return el("abbr", { class: `obs-statut obs-statut-${statut}`, title: sommaire.statuts[statut].sens }, statut);
}

function tabler(titre, entetes, lignes) {
  const tete = el("tr", {}, ...entetes.map((entete) => el("th", { scope: "col" }, entete)));
  const corps = lignes.map(([premiere, ...cases]) =>
    el("tr", {}, el("th", { scope: "row" }, premiere), ...cases.map((c) => el("td", {}, ...[c].flat()))));
  const table = el("table", { class: "obs-table" }, el("caption", {}, titre), el("thead", {}, tete), el("tbody", {}, ...corps));
  return el("div", { class: "obs-defile", role: "region", tabindex: "0", "aria-label": titre }, table);
}

function titrer({ d, choix }) {
  const bailleur = choix.bailleur === "tous" ? "" : `, ${listes.bailleur.selectedOptions[0].text}`;
  return `${d.libelle} par ${niveaux.get(choix.niveau).libelle}, ${choix.annee}${bailleur}`;
}

function classer({ d, choix, presents, prendre: prise }) {
  const valeur = (ligne) => (statutDe(ligne) === "publie" ? enUnite(ligne.valeur, d) : -Infinity);
  const lignes = presents.map((lieu) => [lieu, prise(lieu)]);
  lignes.sort(([a, x], [b, y]) => valeur(y) - valeur(x) || a.nom.localeCompare(b.nom, "fr", { numeric: true }));
  const echelle = graduer(lignes.flatMap(([, l]) => [l.valeur, l.borne_basse, l.borne_haute]), d);
  const rangees = lignes.map(([lieu, ligne]) => {
    const attributs = { type: "button", "data-lieu": cleDe(lieu), "aria-pressed": choix.lieu === cleDe(lieu) };
    return [el("button", attributs, lieu.nom), montrer(ligne, d), borner(ligne, d), etendre(ligne, d, echelle)];
  });
  return tabler("Du plus élevé au moins élevé", [niveaux.get(choix.niveau).libelle, "Valeur", "Intervalle à 95 %", el("span", { class: "sr-only" }, "Dessin")], rangees);
}

function evoluer({ d, choix, prendre: prise }) {
  const suivis = [choix.lieu, choix.avec].filter(Boolean).map((cle) => lieux.get(cle));
  const noms = suivis.map((lieu) => lieu.nom);
  const series = suivis.map((lieu) => sommaire.annees.map((annee) => prise(lieu, annee)));
  const titre = `${d.libelle}, ${noms.join(" et ")}`;
  const decrit = series.map((serie, n) => `${noms[n]}, ${serie.map((ligne, rang) => direEnClair(sommaire.annees[rang], ligne, d)).join(" ; ")}.`);
  const empiler = (ligne) => [montrer(ligne, d), el("br", {}), el("small", {}, borner(ligne, d))];
  const rangees = sommaire.annees.map((annee, rang) => [String(annee), ...series.map((serie) => empiler(serie[rang]))]);
  const vides = series.flat().every((ligne) => statutDe(ligne) !== "publie");
  const figure = vides ? [] : [el("figure", { class: "obs-figure" }, tracer(series, d, decrit.join(" ")), nommerLesSeries(noms))];
  const reserve = "Le recouvrement de deux intervalles ne dit pas si deux territoires diffèrent : leurs pages le disent.";
  const note = suivis.length > 1 ? [el("p", { class: "obs-note" }, reserve)] : [];
  const grille = el("div", { class: "obs-grille" }, ...figure, el("div", {}, tabler(titre, ["Année", ...noms], rangees), ...note));
  return [el("h2", {}, `D’une année à l’autre : ${noms.join(" et ")}`), grille];
}

function detailler(vue) {
  const { d, choix, presents, prendre: prise } = vue;
  const rangees = presents.map((lieu) => {
    const l = prise(lieu);
    return [lieu.nom, montrer(l, d), borner(l, d), compter(l.numerateur), compter(l.denominateur), part(l.couverture), part(l.reponse)];
  });
  const entetes = [niveaux.get(choix.niveau).libelle, "Valeur", "Intervalle à 95 %", "Numérateur", "Dénominateur", "Couverture", "Réponse"];
  const resume = el("summary", {}, "Tableau : numérateurs, dénominateurs, couverture et réponse");
  return el("details", { class: "obs-pli" }, resume, tabler(titrer(vue), entetes, rangees));
}

function lier({ d, choix }) {
  const siens = [choix.lieu, choix.avec].map((cle) => lieux.get(cle)).filter((lieu) => lieu?.page);
  const liens = [
    el("a", { href: `indicateurs/${d.fiche}.html` }, "Définition et fiche"),
    el("a", { href: adresseDe(d.code), download: "" }, "Toutes les valeurs (CSV)"),
    ...siens.map((lieu) => el("a", { href: `${choix.annee}/${lieu.page}` }, `${lieu.nom} en ${choix.annee}`)),
  ];
  return liens.flatMap((lien, rang) => (rang ? [" · ", lien] : [lien]));
}

function resumer(vue) {
  const { presents, prendre: prise } = vue;
  if (!presents.length) return "Cet indicateur ne se calcule pas à ce niveau.";
  const statuts = presents.map((lieu) => statutDe(prise(lieu)));
  const compte = (code) => statuts.filter((statut) => statut === code).length;
  const caches = Object.entries(sommaire.statuts).filter(([code]) => compte(code)).map(([code, mot]) => `${compte(code)} ${code} (${mot.libelle})`);
  const [publiees, pluriel] = [compte("publie"), compte("publie") > 1 ? "s" : ""];
  const tete = publiees ? `${publiees} valeur${pluriel} publiée${pluriel} sur ${presents.length}` : "Aucune valeur publiée";
  return `${[tete, ...caches].join(" ; ")}.`;
}

const [titre, contexte, liens, etat, dessous] = ["h2", "p", "p", "p", "div"].map((nom) => el(nom, {}));
contexte.className = etat.className = "obs-note";
etat.setAttribute("role", "status");

async function afficher() {
  const choix = Object.fromEntries(Object.entries(listes).map(([nom, liste]) => [nom, liste.value]));
  const [d, table] = [declarations.get(choix.indicateur), await lire(choix.indicateur)];
  const presents = sommaire.lieux.filter((lieu) => lieu.niveau === choix.niveau && calcule(table, lieu));
  const vue = { d, choix, presents, prendre: (lieu, annee = choix.annee) => prendre(table, lieu, annee, choix.bailleur) };
  const tenu = document.activeElement?.dataset.lieu;
  titre.textContent = titrer(vue);
  document.title = `${titrer(vue)} – Explorer`;
  contexte.textContent = `${[d.numerateur, d.denominateur].filter(Boolean).join(" / ")}, ${dater(d, choix.annee)}. Source : ${d.source}.`;
  liens.replaceChildren(...lier(vue));
  etat.replaceChildren(el("span", { class: "sr-only" }, `${titrer(vue)} : `), resumer(vue));
  const publie = presents.some((lieu) => statutDe(vue.prendre(lieu)) === "publie");
  const haut = publie ? [el("div", { class: "obs-grille" }, ...colorier(vue, titrer(vue)), classer(vue)), detailler(vue)] : [];
  dessous.replaceChildren(...haut, ...evoluer(vue));
  if (tenu) dessous.querySelector(`[data-lieu="${CSS.escape(tenu)}"]`)?.focus();
}

function choisir(change = {}) {
  for (const [nom, valeur] of Object.entries(change)) listes[nom].value = valeur;
  ecrireLAdresse();
  return afficher();
}

const barre = el("form", { class: "obs-filtres", "aria-label": "Ce que l’on montre" },
  ...Object.entries(champs).map(([nom, [libelle]]) => el("label", {}, libelle, listes[nom])));
barre.addEventListener("change", () => choisir());
barre.addEventListener("submit", (evenement) => evenement.preventDefault());
dessous.addEventListener("click", (evenement) => {
  const { lieu, code } = evenement.target.closest("[data-lieu], [data-code]")?.dataset ?? {};
  if (lieu || code) choisir({ lieu: lieu ?? `${listes.niveau.value}:${code}` });
});
addEventListener("popstate", () => { lireLAdresse(); afficher(); });
lireLAdresse();
await afficher();
racine.querySelector(".obs-sans-script").replaceWith(barre, titre, contexte, liens, etat, dessous);

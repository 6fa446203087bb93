// Ce que l'explorateur dessine : la carte, l'étendue d'une ligne de la liste, l'évolution. Une « vue » porte la déclaration
// (d), le choix, les lieux présents, et de quoi prendre une ligne. Un texte est une donnée : il n'est jamais lu comme du HTML.
import { chiffresDe, cleDe, direEnClair, enUnite, racine, sommaire, statutDe } from "./explorateur-donnees.js";

const CLASSES = 6;
const ETIQUETTES = 20; // lieux au-delà desquels la carte n'écrit plus les valeurs
const DISQUE = 36; // rayon du plus grand disque d'un compte
const [LARGEUR, HAUTEUR, GAUCHE, BAS, HAUT] = [360, 220, 44, 26, 14];
const DE_SVG = new Set(["svg", "g", "text", "line", "circle", "rect", "title", "tspan"]);
const fonds = [...racine.querySelectorAll(".obs-fond")]; // le schéma, puis les contours officiels, dans leur pli
const [marque, pli] = [".obs-schematique", ".obs-pli"].map((sorte) => racine.querySelector(sorte));

export function el(nom, attributs, ...dedans) {
  const noeud = DE_SVG.has(nom) ? document.createElementNS("http://www.w3.org/2000/svg", nom) : document.createElement(nom);
  for (const [cle, valeur] of Object.entries(attributs)) noeud.setAttribute(cle, valeur);
  noeud.append(...dedans);
  return noeud;
}

// Des bornes rondes qui enferment ces valeurs, en six intervalles au plus ; aucune si rien n'est connu.
export function graduer(textes, d) {
  const connues = textes.map((texte) => enUnite(texte, d)).filter(Number.isFinite);
  if (!connues.length) return [];
  const [bas, haut] = [Math.min(...connues, ...(d.depuisZero ? [0] : [])), Math.max(...connues)];
  const ordre = 10 ** Math.floor(Math.log10((haut - bas || Math.abs(haut) || 1) / CLASSES));
  const tient = (pas) => Math.ceil(haut / pas) - Math.floor(bas / pas) <= CLASSES;
  const pas = [1, 2, 2.5, 5, 10, 20].map((m) => m * ordre).find(tient);
  const debut = Math.floor(bas / pas);
  const nombre = Math.max(Math.ceil(haut / pas) - debut, 1);
  return Array.from({ length: nombre + 1 }, (_, rang) => Number(((debut + rang) * pas).toPrecision(12)));
}

function ecrireBorne(borne) {
  return new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 6 }).format(borne).replace("-", "−");
}

// --- la carte : les mêmes classes toutes les années ; un compte est un disque, jamais une teinte

export function colorier(vue, titre) {
  const bornes = graduer(sommaire.annees.flatMap((annee) => vue.presents.map((lieu) => vue.prendre(lieu, annee).valeur)), vue.d);
  if (!bornes.length || !fonds.some((fond) => sienDe(fond, vue))) return [];
  for (const fond of fonds) {
    for (const groupe of groupesDe(fond)) groupe.setAttribute("display", groupe === sienDe(fond, vue) ? "inline" : "none");
    remplir(vue, sienDe(fond, vue), bornes);
    fond.setAttribute("role", "img");
    fond.setAttribute("aria-label", `Carte : ${titre}${pli?.contains(fond) ? ", contours officiels" : ""}. Les valeurs sont dans la liste.`);
  }
  const dessous = [marque, pli].filter(Boolean);
  return [el("figure", { class: "obs-figure obs-carte" }, fonds[0], legender(vue, bornes), ...dessous)];
}

function groupesDe(fond) {
  return [...fond.querySelectorAll("g[data-niveau]")];
}

function sienDe(fond, vue) {
  return groupesDe(fond).find((groupe) => groupe.dataset.niveau === vue.choix.niveau);
}

function remplir(vue, groupe, bornes) {
  const parCode = new Map(vue.presents.map((lieu) => [lieu.code, lieu]));
  const formes = [...groupe.querySelectorAll(".obs-lieu")].filter((forme) => parCode.has(forme.dataset.code));
  for (const forme of formes) teindre(vue, forme, parCode.get(forme.dataset.code), bornes, formes.length <= ETIQUETTES);
}

function teindre(vue, forme, lieu, bornes, ecrit) {
  const { d, choix } = vue;
  const ligne = vue.prendre(lieu);
  const [statut, disque] = [statutDe(ligne), d.nature === "effectif"];
  const trace = forme.querySelector("path");
  const dessus = [...forme.parentNode.querySelectorAll("[data-de]")].find((nom) => nom.dataset.de === lieu.code);
  const texte = dessus.querySelector("text");
  const classe = statut === "publie" && !disque ? classer(enUnite(ligne.valeur, d), bornes) : "aucune";
  for (const ancien of [...forme.querySelectorAll("title"), ...dessus.querySelectorAll("circle")]) ancien.remove();
  forme.prepend(el("title", {}, direEnClair(lieu.nom, ligne, d)));
  trace.setAttribute("class", `obs-classe-${classe}`);
  trace.setAttribute("fill", statut === "publie" ? "#fff" : `url(#motif-explorateur-${statut})`);
  const [x, y] = ["x", "y"].map((axe) => texte.getAttribute(axe));
  if (statut === "publie" && disque) {
    dessus.prepend(el("circle", { cx: x, cy: y, r: DISQUE * Math.sqrt(Number(ligne.valeur) / (bornes.at(-1) || 1)) }));
  }
  texte.setAttribute("class", `obs-sur-${classe}`);
  const valeur = statut === "publie" ? chiffresDe(ligne, d) : statut;
  texte.replaceChildren(...(ecrit ? [el("tspan", { x, dy: "-.2em" }, dessus.dataset.nom), el("tspan", { x, dy: "1.1em" }, valeur)] : []));
  forme.classList.toggle("obs-courant", [choix.lieu, choix.avec].includes(cleDe(lieu)));
}

// La teinte d'une valeur, de 0 à 5 ; la rampe va toujours jusqu'au bout.
function classer(valeur, bornes) {
  const dernier = Math.max(bornes.length - 2, 1);
  const rang = bornes.filter((borne) => valeur >= borne).length - 1;
  return Math.round((Math.min(rang, dernier) * (CLASSES - 1)) / dernier);
}

function legender({ d, presents, prendre }, bornes) {
  const teintes = bornes.slice(0, -1).map((bas, rang) =>
    el("li", {}, carre({ class: `obs-classe-${classer(bas, bornes)}` }), `${ecrireBorne(bas)} à ${ecrireBorne(bornes[rang + 1])}${d.unites[0]}`));
  const disque = el("li", {}, "La surface d’un disque est proportionnelle au nombre.");
  const caches = new Set(presents.map((lieu) => statutDe(prendre(lieu))));
  const statuts = Object.entries(sommaire.statuts).filter(([code]) => caches.has(code)).map(([code, { libelle }]) =>
    el("li", {}, carre({ fill: `url(#motif-explorateur-${code})` }), `${code} : ${libelle}`));
  return el("ul", { class: "obs-legende", "aria-label": "Légende" }, ...(d.nature === "effectif" ? [disque] : teintes), ...statuts);
}

function carre(attributs) {
  return el("svg", { viewBox: "0 0 22 14", "aria-hidden": "true" }, el("rect", { width: 22, height: 14, ...attributs }));
}

// --- la liste : la valeur et son intervalle, d'une ligne à l'autre sur la même échelle

export function etendre(ligne, d, echelle) {
  const dessin = el("svg", { class: "obs-etendue", viewBox: "0 0 120 14", "aria-hidden": "true" });
  const x = (texte) => 5 + (110 * (enUnite(texte, d) - echelle[0])) / (echelle.at(-1) - echelle[0]);
  if (ligne.borne_basse) dessin.append(el("line", { x1: x(ligne.borne_basse), x2: x(ligne.borne_haute), y1: 7, y2: 7 }));
  if (ligne.valeur) dessin.append(el("circle", { cx: x(ligne.valeur), cy: 7, r: 4 }));
  return dessin;
}

// --- l'évolution d'un ou deux territoires

export function tracer(series, d, decrit) {
  const bornes = graduer(series.flat().flatMap((l) => [l.valeur, l.borne_basse, l.borne_haute]), d);
  const dessin = el("svg", { class: "obs-svg", viewBox: `0 0 ${LARGEUR} ${HAUTEUR}`, role: "img", "aria-label": decrit });
  const [bas, haut] = [bornes[0], bornes.at(-1)];
  const milieu = (rang) => GAUCHE + ((LARGEUR - GAUCHE) * (rang + 0.5)) / sommaire.annees.length;
  const y = (valeur) => HAUTEUR - BAS - ((valeur - bas) * (HAUTEUR - BAS - HAUT)) / (haut - bas);
  for (const borne of bornes) {
    dessin.append(el("line", { class: "obs-filet", x1: GAUCHE, x2: LARGEUR, y1: y(borne), y2: y(borne) }));
    dessin.append(el("text", { x: GAUCHE - 6, y: y(borne) + 4, "text-anchor": "end" }, ecrireBorne(borne)));
  }
  sommaire.annees.forEach((annee, rang) => dessin.append(el("text", { x: milieu(rang), y: HAUTEUR - 6, "text-anchor": "middle" }, annee)));
  series.forEach((serie, n) => dessin.append(suivre(serie, n, { d, y, x: (rang) => milieu(rang) + (n - (series.length - 1) / 2) * 12 })));
  return dessin;
}

// Un trait d'une année publiée à la suivante, sauf à travers une rupture de définition ; l'intervalle ; la valeur ou le statut.
function suivre(serie, n, { d, x, y }) {
  const groupe = el("g", { class: `obs-serie-${n}` });
  const hauteurs = serie.map((ligne) => y(enUnite(ligne.valeur, d)));
  serie.forEach((ligne, rang) => {
    if (Number.isNaN(hauteurs[rang])) {
      groupe.append(el("text", { x: x(rang), y: HAUTEUR - BAS - 6 - 15 * n, "text-anchor": "middle" }, statutDe(ligne)));
      return;
    }
    const suit = rang && !Number.isNaN(hauteurs[rang - 1]) && sommaire.annees[rang] - sommaire.annees[rang - 1] === 1;
    if (suit && !d.coupures.includes(sommaire.annees[rang])) {
      groupe.append(el("line", { x1: x(rang - 1), y1: hauteurs[rang - 1], x2: x(rang), y2: hauteurs[rang] }));
    }
    if (ligne.borne_basse) {
      const [y1, y2] = [ligne.borne_basse, ligne.borne_haute].map((borne) => y(enUnite(borne, d)));
      groupe.append(el("line", { class: "obs-intervalle", x1: x(rang), x2: x(rang), y1, y2 }));
    }
    groupe.append(marquer(n, x(rang), hauteurs[rang]));
  });
  return groupe;
}

function marquer(n, x, y) {
  return n ? el("rect", { x: x - 4, y: y - 4, width: 8, height: 8 }) : el("circle", { cx: x, cy: y, r: 4.5 });
}

export function nommerLesSeries(noms) {
  const trait = (n) => el("svg", { viewBox: "0 0 22 14", "aria-hidden": "true" },
    el("g", { class: `obs-serie-${n}` }, el("line", { x1: 1, x2: 21, y1: 7, y2: 7 }), marquer(n, 11, 7)));
  return el("ul", { class: "obs-legende obs-legende-nue", "aria-label": "Légende" }, ...noms.map((nom, n) => el("li", {}, trait(n), nom)));
}

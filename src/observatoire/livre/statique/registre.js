// Trier et filtrer un registre. Sans ce script, le tableau est entier, dans l'ordre où il doit se lire.
const GRAVITE = ["obs-verdict-alerte_confirmee", "obs-verdict-alerte", "obs-verdict-vigilance"];

const plat = (texte) => texte.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

function cle(cellule) {
  const verdict = cellule.querySelector(".obs-verdict");
  if (verdict) return GRAVITE.findIndex((nom) => verdict.classList.contains(nom));
  const texte = (cellule.firstChild?.textContent ?? "").trim();
  const nombre = texte.replace(/[\s\u00a0\u202f+]/g, "").replace("\u2212", "-").replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(nombre) ? Number(nombre) : plat(cellule.textContent.trim());
}

function comparer(a, b) {
  if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b, "fr", { numeric: true });
  return typeof a === "number" ? -1 : 1;
}

function trier(table, rang, sens) {
  const corps = table.tBodies[0];
  const lignes = [...corps.rows].map((ligne) => [cle(ligne.cells[rang]), ligne]);
  lignes.sort((a, b) => sens * comparer(a[0], b[0]));
  corps.append(...lignes.map(([, ligne]) => ligne));
}

function rendre_triable(table) {
  [...table.tHead.rows[0].cells].forEach((entete, rang) => {
    const bouton = document.createElement("button");
    bouton.type = "button";
    bouton.append(...entete.childNodes);
    entete.append(bouton);
    bouton.addEventListener("click", () => {
      const croissant = entete.getAttribute("aria-sort") !== "ascending";
      for (const autre of table.tHead.rows[0].cells) autre.removeAttribute("aria-sort");
      entete.setAttribute("aria-sort", croissant ? "ascending" : "descending");
      trier(table, rang, croissant ? 1 : -1);
    });
  });
}

function choix(table, rang, nom, appliquer) {
  const etiquette = document.createElement("label");
  const liste = document.createElement("select");
  const valeurs = new Set([...table.tBodies[0].rows].map((ligne) => ligne.cells[rang].textContent.trim()));
  liste.append(new Option("tous", ""), ...[...valeurs].map((valeur) => new Option(valeur, valeur)));
  liste.addEventListener("change", appliquer);
  etiquette.append(`${nom} `, liste);
  return { etiquette, garde: (ligne) => !liste.value || ligne.cells[rang].textContent.trim() === liste.value };
}

function mots(appliquer) {
  const etiquette = document.createElement("label");
  const champ = document.createElement("input");
  champ.type = "search";
  champ.addEventListener("input", appliquer);
  etiquette.append("Contient ", champ);
  return { etiquette, garde: (ligne) => plat(ligne.textContent).includes(plat(champ.value.trim())) };
}

function rendre_filtrable(table) {
  const compte = document.createElement("p");
  compte.className = "obs-note";
  compte.setAttribute("role", "status");
  const appliquer = () => {
    const lignes = [...table.tBodies[0].rows];
    for (const ligne of lignes) ligne.hidden = !filtres.every(({ garde }) => garde(ligne));
    const vues = lignes.filter((ligne) => !ligne.hidden).length;
    compte.textContent = `Lignes montrées : ${vues} sur ${lignes.length}.`;
  };
  const noms = [...table.tHead.rows[0].cells].map((entete) => entete.textContent.trim());
  const filtrees = table.dataset.filtres?.split(" ") ?? ["Niveau", "Verdict", "Indicateur", "État"];
  const colonnes = filtrees.filter((nom) => noms.includes(nom));
  const filtres = [mots(appliquer), ...colonnes.map((nom) => choix(table, noms.indexOf(nom), nom, appliquer))];
  const barre = document.createElement("div");
  barre.className = "obs-filtres";
  barre.append(...filtres.map(({ etiquette }) => etiquette), compte);
  table.closest(".obs-defile").before(barre);
  appliquer();
}

for (const table of document.querySelectorAll("table.obs-registre")) {
  rendre_filtrable(table);
  rendre_triable(table);
}

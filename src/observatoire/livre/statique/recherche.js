// La page de recherche : l'index Pagefind du site, lu sur place.
const racine = new URL("..", import.meta.url);
const formulaire = document.getElementById("formulaire-recherche");
const champ = document.getElementById("mots");
const compte = document.getElementById("compte");
const liste = document.getElementById("resultats");
const MAXIMUM = 30;
// Les fiches d'abord, les éditions passées en dernier.
const POIDS = { fiche: 2, page: 1, archive: 0.4 };
// Ce qui ne dit rien de ce que l'on cherche, et que Pagefind voudrait trouver dans la page.
const VIDES = new Set(("a à au aux avec ce ces combien comment dans de des du elle en est et il ils la le les leur ne nos notre on ou où "
  + "par pas pour que quel quelle quelles quels qui sa se ses son sont sur un une y").split(" "));

const pagefind = await import(new URL("pagefind/pagefind.js", racine));
await pagefind.options({ baseUrl: racine.pathname });
const genres = await (await fetch(new URL("pagefind/genres.json", racine))).json();

function element(page) {
  const ligne = document.createElement("li");
  const lien = document.createElement("a");
  lien.href = page.url;
  lien.textContent = page.meta.title || page.url;
  const extrait = document.createElement("p");
  extrait.innerHTML = page.excerpt; // Pagefind n'y laisse que ses <mark>
  ligne.append(lien, extrait);
  return ligne;
}

function utiles(phrase) {
  const mots = phrase.toLowerCase().split(/\s+/).filter((mot) => mot && !VIDES.has(mot));
  return mots.length ? mots : [phrase];
}

// Les pages qui ont tous ces mots : de chacune, son poids.
async function peser(mots) {
  const { results } = await pagefind.search(mots);
  return results.map((page) => ({ page, poids: page.score * POIDS[genres[page.id] ?? "page"] }));
}

function reunir(lots, ensemble) {
  const pesees = new Map();
  for (const { page, poids } of lots.flat()) {
    pesees.set(page.id, { page, poids: ensemble(pesees.get(page.id)?.poids ?? 0, poids) });
  }
  return [...pesees.values()];
}

// Les pages qui ont tous les mots, « d'attente » ou « attente » ; à défaut, d'abord celles qui en ont le plus.
export async function classer(phrase) {
  const mots = utiles(phrase);
  const nus = mots.map((mot) => mot.replace(/^(?:[cdjlmnst]|qu)['’]/, ""));
  let pesees = reunir([await peser(mots.join(" ")), await peser(nus.join(" "))], Math.max);
  if (!pesees.length) pesees = reunir(await Promise.all(nus.map(peser)), (somme, poids) => somme + poids);
  return pesees.sort((a, b) => b.poids - a.poids).map(({ page }) => page);
}

async function chercher() {
  const mots = champ.value.trim();
  liste.replaceChildren();
  if (!mots) {
    compte.textContent = "";
    return;
  }
  const trouvees = await classer(mots);
  const pages = await Promise.all(trouvees.slice(0, MAXIMUM).map((r) => r.data()));
  const n = trouvees.length;
  compte.textContent = n === 0 ? `Aucune page ne contient « ${mots} ».`
    : n === 1 ? "1 page trouvée."
    : `${n} pages trouvées${n > MAXIMUM ? `, les ${MAXIMUM} premières sont données` : ""}.`;
  liste.append(...pages.map(element));
}

formulaire.addEventListener("submit", (evenement) => {
  evenement.preventDefault();
  const adresse = new URL(location);
  adresse.searchParams.set("q", champ.value);
  history.replaceState(null, "", adresse);
  chercher();
});
champ.value = new URLSearchParams(location.search).get("q") ?? "";
chercher();

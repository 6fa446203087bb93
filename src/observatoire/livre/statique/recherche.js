// La page de recherche : l'index Pagefind du site, lu sur place.
const racine = new URL("..", import.meta.url);
const formulaire = document.getElementById("formulaire-recherche");
const champ = document.getElementById("mots");
const compte = document.getElementById("compte");
const liste = document.getElementById("resultats");
const MAXIMUM = 30;

const pagefind = await import(new URL("pagefind/pagefind.js", racine));
await pagefind.options({ baseUrl: racine.pathname });

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

async function chercher() {
  const mots = champ.value.trim();
  liste.replaceChildren();
  if (!mots) {
    compte.textContent = "";
    return;
  }
  const { results } = await pagefind.search(mots);
  const pages = await Promise.all(results.slice(0, MAXIMUM).map((r) => r.data()));
  const n = results.length;
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

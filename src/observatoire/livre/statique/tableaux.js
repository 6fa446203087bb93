// Emporter un tableau : un bouton sous chacun, qui en fait un CSV, tel qu'il se lit. Sans ce script, il se copie.
const NOM_LONG = 80;

// Un texte qui commencerait comme une formule est rendu inoffensif pour un tableur.
const caser = (cellule) => {
  const texte = cellule.innerText.replace(/\s+/g, " ").trim();
  const sur = /^[=+\-@]/.test(texte) ? `'${texte}` : texte;
  return `"${sur.replaceAll('"', '""')}"`;
};

const enCsv = (table) => [...table.rows].map((rang) => [...rang.cells].map(caser).join(";")).join("\r\n");

function nommer(titre) {
  const plat = titre.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  return `${plat.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, NOM_LONG) || "tableau"}.csv`;
}

function emporter(table) {
  const fichier = URL.createObjectURL(new Blob(["\ufeff", enCsv(table)], { type: "text/csv;charset=utf-8" }));
  const lien = document.createElement("a");
  lien.href = fichier;
  lien.download = nommer(table.caption?.innerText ?? document.title);
  lien.click();
  URL.revokeObjectURL(fichier);
}

for (const cadre of document.querySelectorAll(".obs-defile")) {
  const table = cadre.querySelector("table");
  if (!table) continue;
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "obs-emporter";
  bouton.textContent = "Télécharger ce tableau (CSV)";
  bouton.addEventListener("click", () => emporter(table));
  cadre.after(bouton);
}

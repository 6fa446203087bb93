// Les données de l'explorateur : les lire, et les écrire comme le reste du site.
export const racine = document.getElementById("explorateur");
export const dossier = new URL(racine.dataset.donnees, location);
const ecrit = await (await fetch(new URL("explorateur.json", dossier))).text();
export const sommaire = JSON.parse(ecrit.replace(/(?<=\p{L})'(?=\p{L})/gu, "’")); // l'apostrophe des autres pages
export const lieux = new Map(sommaire.lieux.map((lieu) => [cleDe(lieu), lieu]));

export function cleDe(lieu) { return `${lieu.niveau}:${lieu.code}`; }
export function adresseDe(code) { return new URL(`indicateurs/${encodeURIComponent(code)}.csv`, dossier); }
function rangDe(...cles) { return cles.join("\n"); }

function decouper(texte) {
  const lignes = [[]];
  for (const [, entre, nu, fin] of texte.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    lignes.at(-1).push(entre?.replaceAll('""', '"') ?? nu);
    if (fin === "\n") lignes.push([]);
  }
  return lignes.filter((cases) => cases.length > 1);
}

const lues = new Map();

// Les lignes d'un indicateur ; chaque fichier n'est demandé qu'une fois.
export async function lire(code) {
  if (!lues.has(code)) {
    const [noms, ...lignes] = decouper(await (await fetch(adresseDe(code))).text());
    const nommees = lignes.map((cases) => Object.fromEntries(noms.map((nom, rang) => [nom, cases[rang]])));
    lues.set(code, new Map(nommees.map((l) => [rangDe(l.annee, `${l.niveau}:${l.territoire}`, l.bailleur), l])));
  }
  return lues.get(code);
}

// La ligne d'un lieu, une année. S'il n'en a pas, elle est secrète là où ce public ne croise pas par bailleur.
export function prendre(table, lieu, annee, bailleur) {
  const connue = table.get(rangDe(annee, cleDe(lieu), bailleur));
  if (connue) return connue;
  const reservee = bailleur !== "tous" && lieu.niveau in sommaire.croises && calcule(table, lieu);
  return { valeur: "", borne_basse: "", borne_haute: "", statut: reservee ? "c" : "nd" };
}

export function calcule(table, lieu) {
  return sommaire.annees.some((annee) => table.has(rangDe(annee, cleDe(lieu), "tous")));
}

// Une valeur publiée mais manquante (dénominateur nul) est « nd », comme elle s'écrit.
export function statutDe(ligne) { return ligne.statut === "publie" && ligne.valeur === "" ? "nd" : ligne.statut; }

export function enUnite(texte, d) { return texte ? Number(texte) * 10 ** d.exposant : NaN; }

// Le nombre est arrondi d'après ses chiffres : passer par un nombre binaire en changerait parfois le dernier.
function chiffrer(texte, exposant, decimales, signe = false) {
  const exact = texte.includes("e") ? Number(texte) * 10 ** exposant : `${texte}E${exposant}`;
  const n = decimales ?? (Number.isInteger(Number(exact)) ? 0 : 1);
  const format = { minimumFractionDigits: n, maximumFractionDigits: n, signDisplay: signe ? "exceptZero" : "negative" };
  return new Intl.NumberFormat("fr-FR", format).format(exact).replace("-", "−");
}

function unir(chiffres, d) {
  const petit = ["0", "1"].includes(chiffres.replace(/^[+−]/, "").split(",")[0]);
  return chiffres + d.unites[petit ? 1 : 0];
}

export function chiffresDe(ligne, d) {
  return chiffrer(ligne.valeur, d.exposant, d.nature === "effectif" ? 0 : d.decimales, d.signe);
}

export function ecrire(ligne, d) {
  const statut = statutDe(ligne);
  return statut === "publie" ? unir(chiffresDe(ligne, d), d) : statut;
}

export function borner(ligne, d) {
  if (!ligne.borne_basse || !ligne.borne_haute) return "–";
  const [bas, haut] = [ligne.borne_basse, ligne.borne_haute].map((b) => chiffrer(b, d.exposant, d.decimales, d.signe));
  return `${bas} à ${unir(haut, d)}`;
}

export function compter(texte) {
  if (!texte) return "–";
  return chiffrer(texte, 0, Number.isInteger(Number(texte)) || Math.abs(Number(texte)) >= 1000 ? 0 : 1);
}

export function part(texte) { return texte ? `${chiffrer(texte, 2, 0)}\u202f%` : "–"; }

export function dater(d, annee) { return d.periode === "annee" ? `année ${annee}` : `31 décembre ${annee}`; }

export function direEnClair(nom, ligne, d) {
  const statut = statutDe(ligne);
  if (statut !== "publie") return `${nom} : ${statut} (${sommaire.statuts[statut].libelle})`;
  return `${nom} : ${ecrire(ligne, d)}${ligne.borne_basse ? ` (${borner(ligne, d)})` : ""}`;
}

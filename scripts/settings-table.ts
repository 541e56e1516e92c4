/** `npm run docs`: writes the tables of settings and of who may call what into docs/; with --check says whether they are up to date. */
import { writeFileSync } from "node:fs";
import { writtenSections } from "./written-sections.ts";

for (const { file, text, fresh } of writtenSections()) {
  if (fresh === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`${file} is not up to date: run \`npm run docs\``);
    process.exitCode = 1;
  } else {
    writeFileSync(file, fresh);
  }
}

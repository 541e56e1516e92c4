/** `npm run docs`: writes the table of settings into docs/operations.md; with --check says whether it is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { settingsMarkdown } from "../src/config.ts";

const file = "docs/operations.md";
const mark = "<!-- settings: written by `npm run docs` -->";
const text = readFileSync(file, "utf8");
const at = text.indexOf(mark);
if (at < 0) throw new Error(`${file} has no line ${mark}`);
const fresh = `${text.slice(0, at)}${mark}\n\n${settingsMarkdown()}`;
if (process.argv.includes("--check")) {
  if (fresh !== text) {
    console.error(`${file} is not up to date: run \`npm run docs\``);
    process.exit(1);
  }
} else {
  writeFileSync(file, fresh);
}

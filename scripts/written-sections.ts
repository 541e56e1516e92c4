import { readFileSync } from "node:fs";
import { settingsMarkdown } from "../src/config.ts";
import { accessMarkdown } from "./access-table.ts";

/** Tables of the documentation that the code knows best: each from its mark to the next heading or the file's end. */
const sections = [
  { file: "docs/operations.md", name: "settings", text: settingsMarkdown },
  { file: "docs/access.md", name: "access", text: accessMarkdown },
];

/** Each file as it is and as it should be. */
export function writtenSections(): { file: string; text: string; fresh: string }[] {
  return sections.map(({ file, name, text: table }) => {
    const mark = `<!-- ${name}: written by \`npm run docs\` -->`;
    const text = readFileSync(file, "utf8");
    const at = text.indexOf(mark);
    if (at < 0) throw new Error(`${file} has no line ${mark}`);
    const heading = text.indexOf("\n## ", at);
    const rest = heading < 0 ? "" : text.slice(heading);
    return { file, text, fresh: `${text.slice(0, at)}${mark}\n\n${table()}${rest}` };
  });
}

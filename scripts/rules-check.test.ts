import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Rows of docs/rules.md end with a file and a test in it. */
function testsIn(markdown: string): { path: string; title: string }[] {
  const row = /\| `(?<path>[^`]+\.ts)`: (?<title>[^|]+?) \|$/gm;
  return [...markdown.matchAll(row)].map(({ groups }) => ({ path: groups!.path!, title: groups!.title! }));
}

const rules = readFileSync("docs/rules.md", "utf8");

test("every row names a test", () => {
  const rows = rules.split("\n").filter((line) => /^\| (?!rule|---)/.test(line) && !line.startsWith("|---"));
  expect(testsIn(rules)).toHaveLength(rows.length);
});

test.each(testsIn(rules))("$path: $title", ({ path, title }) => {
  expect(readFileSync(path, "utf8")).toContain(title);
});

test("every file that enforces one is there", () => {
  const files = [...rules.matchAll(/`(src\/[^`]+)`/g)].map(([, path]) => path!);
  for (const file of files) expect(() => readFileSync(file)).not.toThrow();
});

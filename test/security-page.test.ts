import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

test("every test that the threat model names is there", () => {
  const there = new Set(globSync("{src,test,scripts}/**/*.ts", { cwd: root }).map((path) => basename(path)));
  const text = readFileSync(`${root}/SECURITY.md`, "utf8");
  const named = [...text.matchAll(/`([\w.-]+\.ts)`/g)].map((match) => match[1]!);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !there.has(name))).toEqual([]);
});

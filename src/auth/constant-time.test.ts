import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Where what a caller sends meets what it must not be able to find out, byte by byte, by how long a refusal takes. */
const guarded = ["auth/*.ts", "keys/*.ts", "draws/ticket-code.ts"];
const comparison =
  /\.equals\(|\.compare\(|[=!]==? *[\w.#!]*(hash|secret|fingerprint|digest|signature)\b|\b(hash|secret|fingerprint|digest|signature) *[=!]==?/i;
/** What is public: whether there is one, and how long it is. */
const ordinary = /[=!]== undefined|\.length [=!]==/;

const src = fileURLToPath(new URL("..", import.meta.url));
const files = globSync(guarded, { cwd: src }).filter((file) => !/\.(test|fixture)\.ts$/.test(file));

test.each(files)("%s compares secrets in constant time alone", (file) => {
  const lines = readFileSync(`${src}/${file}`, "utf8").split("\n");
  expect(lines.filter((line) => comparison.test(line) && !ordinary.test(line))).toEqual([]);
});

test("keys, tickets and the master key's fingerprint are compared by timingSafeEqual", () => {
  for (const file of ["auth/access.ts", "draws/ticket-code.ts", "keys/master-keys.ts"])
    expect(readFileSync(`${src}/${file}`, "utf8")).toMatch(/ !?timingSafeEqual\(/);
});

test("the comparisons that it looks for are found", () => {
  for (const line of [
    "if (a.hash === b.hash)",
    "key.hash.equals(sent.hash)",
    "secret != other",
    "x !== this.#secret",
  ])
    expect(comparison.test(line), line).toBe(true);
});

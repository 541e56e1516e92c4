import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { services } from "./access-table.ts";
import { writtenSections } from "./written-sections.ts";

test.each(writtenSections())("$file says what the code says", ({ text, fresh }) => {
  // Else: `npm run docs`.
  expect(text).toBe(fresh);
});

test("the table of who may call what has every service of the contract", () => {
  const folder = new URL("../proto/allot/v1/", import.meta.url);
  const declared = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    return [...text.matchAll(/^service (\w+)/gm)].map(([, name]) => name!);
  });
  expect(services.map(({ name }) => name).sort()).toEqual(declared.sort());
});

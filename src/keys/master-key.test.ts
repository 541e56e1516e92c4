import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { masterKeyIn } from "./master-key.ts";

let parent: string;
let directory: string;
let file: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "allot-master-key-"));
  directory = join(parent, "data");
  file = join(directory, "master.key");
});
afterEach(() => rm(parent, { recursive: true }));

test("is made once, for its owner alone, and found again", async () => {
  const key = await masterKeyIn(directory);
  expect(key).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, "utf8")).toBe(`${key.toString("base64")}\n`);
  expect(await masterKeyIn(directory)).toEqual(key);
});

test("several that make one at once agree, and leave nothing else behind", async () => {
  for (let round = 0; round < 20; round++) {
    const place = join(directory, String(round));
    const keys = await Promise.all(Array.from({ length: 8 }, () => masterKeyIn(place)));
    expect(new Set(keys.map((key) => key.toString("hex"))).size).toBe(1);
    expect(await readdir(place)).toEqual(["master.key"]);
  }
});

test.each(["", "short\n", Buffer.alloc(33).toString("base64")])(
  "a file without a whole key stops it and stays as it is: %j",
  async (text) => {
    await masterKeyIn(directory);
    await writeFile(file, text);
    await expect(masterKeyIn(directory)).rejects.toThrow(
      /master\.key does not hold a master key .* Restore it/,
    );
    expect(await readFile(file, "utf8")).toBe(text);
  },
);

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { instantWins, type Kept, lottery, prize, raffle, recordsOf } from "../../verify/records.fixture.ts";
import type { Records } from "../../verify/records.ts";
import { fromFiles } from "./from-files.ts";
import { writeFiles } from "./write-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "allot-files-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const acts = Array.from({ length: 60 }, (_, n) => ({ user: n % 25, afterMs: 3, nextDay: n === 40 }));
const winners = [prize("car", { quota: 1 }), prize("mug", { quota: 3 })];
const kinds: Record<string, () => Kept> = {
  "instant win": () => instantWins(1, 2, [prize("gold", { oddsPpm: 500_000, quota: 5 })], acts),
  raffle: () => raffle(1, 30, 20, winners),
  lottery: () => lottery(1, 2, winners, acts),
};

const write = (kept: Kept, withUserIds = false) => writeFiles(recordsOf(kept), { dir, withUserIds });
async function contentOf(records: Records) {
  const { entries, userHash: _, ...rest } = records;
  return { ...rest, rows: (await Array.fromAsync(entries())).flat() };
}
const path = (name: string) => join(dir, name);
const everything = () =>
  readdirSync(dir)
    .map((name) => readFileSync(path(name), "utf8"))
    .join("");

describe.each(Object.entries(kinds))("%s", (_, make) => {
  test("what is read is what was written", async () => {
    const kept = make();
    await write(kept, true);
    const { userHash: _, ...expected } = kept;
    const found = await contentOf(await fromFiles(dir));
    // Undrawn rounds have nothing of their secret in the files.
    for (const round of expected.rounds) if (!round.draw && !expected.campaign.revealed) delete round.secret;
    expect(found).toEqual(expected);
  });

  test("nothing that is not revealed gets out, nor who anybody is", async () => {
    const kept = make();
    kept.campaign.revealed = false;
    await write(kept);
    expect(everything()).not.toContain(kept.campaign.secret!.toString("hex"));
    expect(everything()).not.toContain("user 1");
    for (const { draw, secret } of kept.rounds) {
      expect(everything().includes(secret!.toString("hex"))).toBe(draw !== undefined);
    }
  });

  test("a line that is cut or changed anywhere is a bad file, and no crash", async () => {
    await write(make());
    const names = readdirSync(dir).filter((name) => name !== "manifest.json");
    const originals = new Map(readdirSync(dir).map((name) => [name, readFileSync(path(name), "utf8")]));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.constantFrom("", "}", '"', "-1", "\n", "[", "x"),
        async (name, at, put) => {
          const before = originals.get(name)!;
          const place = at % before.length;
          const text = before.slice(0, place) + put + before.slice(place + 3);
          // A line's end in place of itself changes nothing.
          fc.pre(text !== before);
          writeFileSync(path(name), text);
          await expect(fromFiles(dir)).rejects.toThrow(/was changed/);
          const manifest = JSON.parse(originals.get("manifest.json")!);
          manifest.files.find((file: { name: string }) => file.name === name).sha256 = createHash("sha256")
            .update(text)
            .digest("hex");
          writeFileSync(path("manifest.json"), JSON.stringify(manifest));
          const outcome = await fromFiles(dir)
            .then(contentOf)
            .catch((error) => error);
          for (const [file, content] of originals) writeFileSync(path(file), content);
          if (outcome instanceof Error) expect(outcome.name, outcome.stack).toBe("BadFile");
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("a folder that has something in it is left alone", async () => {
  writeFileSync(path("mine.txt"), "mine");
  await expect(write(kinds.raffle!())).rejects.toThrow("is not empty");
  expect(readdirSync(dir)).toEqual(["mine.txt"]);
});

test("without its manifest an export is not whole", async () => {
  await write(kinds.raffle!());
  rmSync(path("manifest.json"));
  await expect(fromFiles(dir)).rejects.toThrow("this is no whole export");
});

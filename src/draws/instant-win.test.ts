import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InstantWin, prizeAt } from "./instant-win.ts";

test("a draw is the same for ever", () => {
  const draws = new InstantWin(Buffer.alloc(32, 7), "summer");
  const user = Buffer.from("00112233445566778899aabbccddeeff", "hex");
  // As anybody computes it, from the description alone.
  const fields = ["draw", "summer", user, "2026-11-20", "1"].map((field) => Buffer.from(field));
  const hmac = createHmac("sha256", Buffer.alloc(32, 7));
  for (const bytes of fields) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  const u = BigInt(`0x${hmac.digest().subarray(0, 6).toString("hex")}`);
  const expected = Number((u * 1_000_000n) >> 48n);
  expect(draws.number(user, "2026-11-20", 1)).toBe(expected);
  expect(draws.number(user, "2026-11-20", 2)).not.toBe(expected);
  expect(draws.number(user, "2026-11-21", 1)).not.toBe(expected);
});

test("each prize owns as many numbers as its odds, one after the other", () => {
  const odds = fc
    .array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 20 })
    .filter((all) => all.reduce((sum, one) => sum + one, 0) <= 1_000_000);
  fc.assert(
    fc.property(odds, fc.integer({ min: 0, max: 999_999 }), (all, number) => {
      const prizes = all.map((oddsPpm, no) => ({ oddsPpm, no }));
      const ends = prizes.map(({ no }) => all.slice(0, no + 1).reduce((sum, one) => sum + one, 0));
      const owner = ends.findIndex((end) => number < end);
      expect(prizeAt(prizes, number)?.no).toBe(owner < 0 ? undefined : owner);
    }),
  );
});

test("odds of a million always win, and the last number is the last prize's", () => {
  const prizes = [{ oddsPpm: 999_999 }, { oddsPpm: 1 }];
  expect(prizeAt(prizes, 999_998)).toBe(prizes[0]);
  expect(prizeAt(prizes, 999_999)).toBe(prizes[1]);
  expect(prizeAt([{ oddsPpm: 1_000_000 }], 999_999)).toBeDefined();
});

/** Upper point of the chi-square distribution with k degrees of freedom at p = 0.001 (Wilson and Hilferty). */
const critical = (k: number) => k * (1 - 2 / (9 * k) + 3.09 * Math.sqrt(2 / (9 * k))) ** 3;

test("over a million draws every prize has its share, for secrets that are fixed", () => {
  const odds = [10, 500, 20_000, 100_000, 250_000];
  const none = 1_000_000 - odds.reduce((sum, one) => sum + one, 0);
  for (const seed of [1, 2, 3]) {
    const draws = new InstantWin(Buffer.alloc(32, seed), "fair");
    const counts = new Array(odds.length + 1).fill(0);
    const prizes = odds.map((oddsPpm, no) => ({ oddsPpm, no }));
    const user = Buffer.alloc(16);
    for (let i = 0; i < 1_000_000; i++) {
      user.writeUInt32BE(i);
      counts[prizeAt(prizes, draws.number(user, "2026-11-20", 1))?.no ?? odds.length]++;
    }
    const chi2 = [...odds, none].reduce((sum, share, at) => sum + (counts[at] - share) ** 2 / share, 0);
    expect(chi2).toBeLessThan(critical(odds.length));
  }
});

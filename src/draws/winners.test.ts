import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClaimsDigest } from "./claims-digest.ts";
import { pickWinners, roundSecret, winnersSeed } from "./winners.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const seedOf = (text: string) => createHash("sha256").update(text).digest();
const secret = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

/** Computed by a program in another language from the comments of this folder alone. */
describe("the bytes that others recompute", () => {
  const ballots = new ClaimsDigest();
  for (let i = 0; i < 3; i++) ballots.addBallot(Buffer.alloc(16, i), i + 1, 1_795_132_800_000 + i);
  const ofRound = roundSecret(secret, "spring-lottery", "2026-11-20");
  const ofBallots = ballots.digest();
  const seed = winnersSeed(ofRound, "spring-lottery", "2026-11-20", ofBallots, Buffer.from("beacon"));

  test("a round's secret", () => {
    expect(hex(ofRound)).toBe("591f461740821ad9a2d03f9c5116a1ef6055d5737831bcddce642928d4b0cb3e");
  });

  test("the digest of ballots", () => {
    expect(hex(ofBallots)).toBe("ffac2f502ffc73b636f822f0351eaacc62f99705032a1ebcf79844a788871055");
    expect(ballots.count).toBe(3);
  });

  test("the digest of tickets", () => {
    const tickets = new ClaimsDigest();
    for (let i = 0; i < 3; i++) tickets.addTicket(7 * i, Buffer.alloc(16, i));
    expect(hex(tickets.digest())).toBe("873799540d9188b322ad0186db254b7a41f670509789831f9abb237d6652c169");
  });

  test("the winners' seed", () => {
    expect(hex(seed)).toBe("6d197e6f7eee0458a6bcbf825a34021dd41229b6da6770076d168b9d01e02c34");
  });

  test("the winners", () => {
    expect(pickWinners(seed, 10, 10)).toEqual([5, 8, 7, 4, 0, 3, 1, 2, 9, 6]);
    expect(pickWinners(seed, 1_000, 5)).toEqual([215, 332, 159, 252, 317]);
    expect(pickWinners(seed, 100_000, 8)).toEqual([39215, 44990, 97387, 10705, 6557, 69790, 19686, 32482]);
  });

  test("a number behind the last whole multiple is drawn again", () => {
    const rejected = Buffer.alloc(32);
    rejected.writeUInt32BE(938_124, 28);
    expect(pickWinners(rejected, 4_294_962_296, 1)).toEqual([883_489_497]);
  });
});

describe("winners", () => {
  test("are distinct positions below the count, as many as there may be", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.oneof(fc.nat(50), fc.integer({ min: 0, max: 2 ** 32 })),
        fc.nat(60),
        (text, count, wanted) => {
          const picked = pickWinners(seedOf(text), count, wanted);
          expect(picked.length).toBe(Math.min(count, wanted));
          expect(new Set(picked).size).toBe(picked.length);
          for (const position of picked) expect(position >= 0 && position < count).toBe(true);
        },
      ),
    );
  });

  test("of fewer places are those of more, cut short", () => {
    const picked = pickWinners(seedOf("prefix"), 1_000, 100);
    expect(pickWinners(seedOf("prefix"), 1_000, 10)).toEqual(picked.slice(0, 10));
  });

  test("are each position equally often, in each rank", () => {
    const count = 10;
    const ranks = 3;
    const draws = 20_000;
    const seen = Array.from({ length: ranks }, () => new Array<number>(count).fill(0));
    for (let i = 0; i < draws; i++) {
      pickWinners(seedOf(`uniform ${i}`), count, ranks).forEach((position, rank) => {
        seen[rank]![position]!++;
      });
    }
    // Chi-square with 9 degrees of freedom: 33.72 is passed by one in ten thousand.
    for (const ofRank of seen) expect(chiSquare(ofRank)).toBeLessThan(33.72);
  });

  test("are each pair of positions equally often, in their order", () => {
    const count = 5;
    const seen = new Array<number>(count * count).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const [first, second] = pickWinners(seedOf(`pairs ${i}`), count, 2);
      seen[first! * count + second!]!++;
    }
    const pairs = seen.filter((_, pair) => pair % (count + 1) !== 0);
    expect(pairs.length).toBe(20);
    // 19 degrees of freedom.
    expect(chiSquare(pairs)).toBeLessThan(50.79);
  });
});

describe("the digest", () => {
  const claim = fc.record({
    userHash: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    number: fc.integer({ min: 1, max: 100 }),
    timeMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  });
  type Claim = typeof claim extends fc.Arbitrary<infer One> ? One : never;
  const digestOf = (claims: Claim[]) => {
    const digest = new ClaimsDigest();
    for (const { userHash, number, timeMs } of claims) digest.addBallot(userHash, number, timeMs);
    return hex(digest.digest());
  };

  test("is another one when two claims change places, one is left out, or one differs", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(claim, { minLength: 2, maxLength: 20, comparator: "SameValue" }),
        (claims) => {
          const [first, second, ...rest] = claims as [Claim, Claim, ...Claim[]];
          fc.pre(digestOf([first]) !== digestOf([second]));
          const others = [
            [second, first, ...rest],
            [second, ...rest],
            [{ ...first, timeMs: (first.timeMs + 1) % 2 ** 48 }, second, ...rest],
          ];
          for (const other of others) expect(digestOf(other)).not.toBe(digestOf(claims));
        },
      ),
    );
  });

  test("is the same whatever the size of the blocks it is made in", () => {
    const claims = Array.from({ length: 5_000 }, (_, i) => ({
      userHash: seedOf(`user ${i}`).subarray(0, 16),
      number: (i % 100) + 1,
      timeMs: 1_795_132_800_000 + i,
    }));
    const records = claims.map(({ userHash, number, timeMs }) => {
      const record = Buffer.alloc(24);
      userHash.copy(record);
      record.writeUIntBE(number, 16, 2);
      record.writeUIntBE(timeMs, 18, 6);
      return record;
    });
    const expected = createHash("sha256").update(Buffer.concat(records)).digest("hex");
    expect(digestOf(claims)).toBe(expected);
  });
});

function chiSquare(counts: number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

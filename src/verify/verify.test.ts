import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Act,
  instantWins,
  type Kept,
  lottery,
  prize,
  raffle,
  recordsOf,
  userHashOf,
} from "./records.fixture.ts";
import type { EntryRecord, PrizeRecord } from "./records.ts";
import { verify } from "./verify.ts";

const dayMs = 86_400_000;

const act: fc.Arbitrary<Act> = fc.record({
  user: fc.nat(15),
  afterMs: fc.integer({ min: 1, max: 600_000 }),
  nextDay: fc.nat(20).map((of) => of === 0),
});
const acts = fc.array(act, { minLength: 40, maxLength: 120 });
const odds: PrizeRecord[] = [
  prize("gold", { oddsPpm: 200_000, quota: 4 }),
  prize("silver", { oddsPpm: 300_000, dailyQuota: 5 }),
  prize("bronze", { oddsPpm: 250_000 }),
];
const winners = [prize("car", { quota: 1 }), prize("mug", { quota: 4 })];

const draws = fc
  .tuple(fc.nat(1_000), fc.integer({ min: 1, max: 3 }), acts)
  .map(([seed, partitions, all]) => instantWins(seed, partitions, odds, all));
const tickets = fc
  .tuple(fc.nat(1_000), fc.integer({ min: 20, max: 60 }), fc.nat(20))
  .map(([seed, claimed, rest]) => raffle(seed, claimed + rest, claimed, winners));
const ballots = fc
  .tuple(fc.nat(1_000), fc.integer({ min: 1, max: 3 }), acts)
  .map(([seed, partitions, all]) => lottery(seed, partitions, winners, all));

const check = (kept: Kept) => verify(recordsOf(kept));

/** A change of one thing; `at` chooses which row, or winner. */
type Tampering = (kept: Kept, at: number) => void;

const row = ({ rows }: Kept, at: number): EntryRecord => rows[at % rows.length]!;
const ofRow =
  (change: (entry: EntryRecord) => Partial<EntryRecord>): Tampering =>
  (kept, at) => {
    kept.rows[at % kept.rows.length] = { ...row(kept, at), ...change(row(kept, at)) };
  };
const flipped = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes);
  copy[at % copy.length]! ^= 1 << (at % 8);
  return copy;
};

const ofAll: Record<string, Tampering> = {
  "a row left out": (kept, at) => kept.rows.splice(at % kept.rows.length, 1),
  "a row added": (kept, at) => kept.rows.splice((at % kept.rows.length) + 1, 0, { ...row(kept, at), i: 1 }),
  "a row twice": (kept, at) => kept.rows.splice((at % kept.rows.length) + 1, 0, { ...row(kept, at) }),
  "two rows swapped": (kept, at) => {
    const first = at % (kept.rows.length - 1);
    kept.rows.splice(first, 2, kept.rows[first + 1]!, kept.rows[first]!);
  },
  "another user": ofRow(({ user }) => ({ user: flipped(user, 5) })),
  "another user id": ofRow(() => ({ userId: "somebody else" })),
  "another number": ofRow(({ number }) => ({ number: number + 1 })),
  "another day's time": ofRow(({ timeMs }) => ({ timeMs: timeMs - dayMs })),
  "another date": ofRow(() => ({ date: "2026-12-24" })),
  "a revision that there is not": ofRow(({ revision }) => ({ revision: revision + 1 })),
  "another partition": ofRow(({ partition }) => ({ partition: partition + 7 })),
  "another secret": ({ campaign }, at) => {
    campaign.secret = flipped(campaign.secret!, at);
  },
  "another commitment": ({ campaign }, at) => {
    campaign.commitment = flipped(campaign.commitment, at);
  },
};

const ofDraws: Record<string, Tampering> = {
  "another prize drawn": ofRow(({ drawn }) => ({ drawn: ((drawn ?? -1) + 1) % odds.length })),
  "a prize not drawn": ofRow(({ drawn }) => ({ drawn: drawn === undefined ? 0 : undefined })),
  "a prize given, or not given": ofRow(({ given }) => ({ given: given === undefined ? 2 : undefined })),
  "another prize given": ofRow(({ given }) => ({ given: ((given ?? -1) + 1) % odds.length })),
};

const ofTickets: Record<string, Tampering> = {
  "another ticket": ofRow(({ offset }) => ({ offset: offset! + 1 })),
  "another ticket number": ofRow(({ ticket }) => ({ ticket: ticket! + 1 })),
};

/** Of a raffle, or of a lottery's first round. */
const drawOf = ({ raffle, rounds }: Kept) =>
  raffle ? { draw: raffle, won: raffle.won } : { draw: rounds[0]!.draw!, won: rounds[0]!.won };

const ofWinners: Record<string, Tampering> = {
  "two winners swapped": (kept, at) => {
    const { won } = drawOf(kept);
    const [a, b] = [at % won.length, (at + 1) % won.length];
    [won[a], won[b]] = [{ ...won[b]!, rank: a + 1 } as never, { ...won[a]!, rank: b + 1 } as never];
  },
  "a winner left out": (kept, at) => drawOf(kept).won.splice(at % drawOf(kept).won.length, 1),
  "another prize won": (kept, at) => {
    const { won } = drawOf(kept);
    won[at % won.length]!.prize ^= 1;
  },
  "another digest": (kept, at) => {
    const { draw } = drawOf(kept);
    draw.digest = flipped(draw.digest, at);
  },
  "another entropy": (kept, at) => {
    const { draw } = drawOf(kept);
    draw.entropy = flipped(draw.entropy, at);
  },
  "another number of claims": (kept) => {
    drawOf(kept).draw.claims++;
  },
  "another number of winners": (kept) => {
    drawOf(kept).draw.winners++;
  },
};

const ofRounds: Record<string, Tampering> = {
  "a ballot's time, by a millisecond": (kept, at) => {
    const drawn = kept.rows.filter(({ date }) => date === kept.rounds[0]!.date);
    drawn[at % drawn.length]!.timeMs += at % 2 === 0 ? 1 : -1;
  },
  "a round's day": ({ rounds }) => {
    rounds[0]!.endMs += 1;
  },
  "a round left out": ({ rounds }) => rounds.splice(0, 1),
  "how many win": ({ rounds }) => {
    rounds[0]!.quotas![1]! += 1;
  },
  "up to where ballots count": (kept) => {
    kept.rounds[0]!.mark = kept.rounds[0]!.mark!.map((one) => ({ ...one, n: 0 }));
  },
  "a round's secret": ({ rounds }, at) => {
    rounds[0]!.secret = flipped(rounds[0]!.secret!, at);
  },
  "a round's commitment": ({ rounds }, at) => {
    rounds[0]!.commitment = flipped(rounds[0]!.commitment!, at);
  },
  "whose a winning ballot was": ({ rounds }, at) => {
    const { won } = rounds[0]!;
    won[at % won.length]!.user = userHashOf("somebody else");
  },
};

const mechanics = [
  { name: "instant win", records: draws, tamperings: { ...ofAll, ...ofDraws } },
  { name: "raffle", records: tickets, tamperings: { ...ofAll, ...ofTickets, ...ofWinners } },
  {
    name: "lottery",
    // Enough ballots in a round that is drawn for another seed to draw others.
    records: ballots.filter(({ rounds }) => (rounds[0]!.draw?.claims ?? 0) >= 20),
    tamperings: { ...ofAll, ...ofWinners, ...ofRounds },
  },
];

describe.each(mechanics)("$name", ({ records, tamperings }) => {
  test("what was drawn as it should be is right", () =>
    fc.assert(
      fc.asyncProperty(records, async (kept) => {
        expect(await check(kept)).toMatchObject({ findings: [], wrong: 0 });
      }),
      { numRuns: 40 },
    ));

  test.each(Object.entries(tamperings))("found: %s", (_, tamper) =>
    fc.assert(
      fc.asyncProperty(records, fc.nat(), async (kept, at) => {
        tamper(kept, at);
        expect((await check(kept)).wrong).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    ),
  );
});

test("a prize that was not the one drawn is found, however well it is counted", async () => {
  const all = Array.from({ length: 60 }, (_, user) => ({ user, afterMs: 1, nextDay: false }));
  const kept = instantWins(1, 1, odds, all);
  const silver = kept.rows.find(({ given }) => given === 1)!;
  silver.given = 2;
  kept.campaign.given[1]!--;
  kept.campaign.given[2]!++;
  expect((await check(kept)).findings).toContainEqual(
    expect.stringContaining("it drew silver, and got bronze"),
  );
});

test("a ticket that was handed out twice is found before anything is drawn", async () => {
  const kept = raffle(1, 30, 20, winners);
  kept.raffle = undefined;
  Object.assign(kept.rows[7]!, { offset: 3, ticket: kept.rows[3]!.ticket });
  expect((await check(kept)).findings).toEqual([expect.stringContaining("ticket 3 was handed out before")]);
});

test("a winner's ticket number is that of its ticket", async () => {
  const kept = raffle(1, 30, 20, winners);
  kept.raffle!.won[2]!.ticket! += 1;
  expect((await check(kept)).findings).toEqual([expect.stringContaining("winner 3 has ticket number")]);
});

describe("a round's secret", () => {
  const drawnLottery = () =>
    lottery(1, 1, winners, [
      ...Array.from({ length: 30 }, (_, user) => ({ user, afterMs: 1, nextDay: false })),
      { user: 1, afterMs: 1, nextDay: true },
    ]);
  const other = Buffer.alloc(32, 7);

  test("is the one that the round committed to, before the campaign's is revealed", async () => {
    const kept = drawnLottery();
    delete kept.campaign.secret;
    expect((await check(kept)).wrong).toBe(0);
    kept.rounds[0]!.commitment = other;
    expect((await check(kept)).findings).toEqual([
      expect.stringContaining("not the one that was committed to"),
    ]);
  });

  test("follows from the campaign's, where that is known", async () => {
    const kept = drawnLottery();
    delete kept.rounds[0]!.commitment;
    kept.rounds[0]!.secret = other;
    expect((await check(kept)).findings).toEqual([
      expect.stringContaining("does not follow from the campaign's"),
    ]);
  });

  test("and so does what the round committed to", async () => {
    const kept = drawnLottery();
    delete kept.rounds[0]!.secret;
    kept.rounds[0]!.commitment = other;
    expect((await check(kept)).findings).toEqual([expect.stringContaining("committed to another secret")]);
  });
});

test("a ballot may come before its round is made, while there are rounds to come", async () => {
  const kept = lottery(1, 2, winners, [{ user: 1, afterMs: 1, nextDay: false }]);
  kept.rounds = [];
  expect((await check(kept)).findings).toEqual([expect.stringContaining("there is no round")]);
  kept.campaign.revealed = false;
  const { wrong, unchecked } = await check(kept);
  expect(wrong).toBe(0);
  expect(unchecked).toEqual(["ballots of a round that has just begun: 1"]);
});

test("without the secret all that needs none is looked at, and what is left is told", async () => {
  const kept = instantWins(1, 2, odds, [{ user: 1, afterMs: 1, nextDay: false }]);
  delete kept.campaign.secret;
  const { wrong, unchecked } = await check(kept);
  expect(wrong).toBe(0);
  expect(unchecked).toHaveLength(2);
  kept.rows[0]!.number = 2;
  expect((await check(kept)).findings[0]).toContain("it is number 2, and should be 1");
});

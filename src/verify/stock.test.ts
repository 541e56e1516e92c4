import { describe, expect, test } from "vitest";
import { Findings } from "./findings.ts";
import { prize } from "./records.fixture.ts";
import type { CampaignRecord, EntryRecord, RevisionRecord } from "./records.ts";
import { Stock } from "./stock.ts";

const dayMs = 86_400_000;

/** An entry: the prize it drew, 0, was given or not; on which day, at which revision, and in which partition. */
interface Had {
  given: boolean;
  day?: number;
  revision?: number;
  partition?: number;
  returned?: boolean;
}

const gave = (more: Omit<Had, "given"> = {}): Had => ({ given: true, ...more });
const denied = (more: Omit<Had, "given"> = {}): Had => ({ given: false, ...more });

/** By revision: [quota, daily quota] of the one prize. */
type Quotas = [number | undefined, number | undefined][];

function findingsOf(
  quotas: Quotas,
  had: Had[],
  over: Partial<CampaignRecord> & { inDoubt?: number; settled?: number } = {},
) {
  const revisions = quotas.map(
    ([quota, dailyQuota], at): RevisionRecord => ({
      revision: at + 1,
      createMs: at,
      startMs: 0,
      endMs: 100 * dayMs,
      paused: false,
      timeZone: "UTC",
      entriesPerDay: 1,
      prizes: [
        prize("gold", { ...(quota && { quota }), ...(dailyQuota && { dailyQuota }), oddsPpm: 1_000_000 }),
      ],
    }),
  );
  const { inDoubt = 0, settled = quotas.at(-1)![0], ...rest } = over;
  const campaign: CampaignRecord = {
    id: "autumn",
    mechanic: { kind: "instant-win" },
    partitions: 1,
    commitment: Buffer.alloc(32),
    revealed: false,
    revisions,
    stock: [{ ...(settled && { quota: settled }), reserved: settled ?? 1_000, inDoubt }],
    given: [had.filter(({ given }) => given).length],
    withoutPrize: had.filter(({ given }) => !given).length,
    ...rest,
  };
  const findings = new Findings();
  const stock = new Stock(findings, campaign);
  for (const [at, { given, day = 0, revision = 1, partition = 0, returned = false }] of had.entries()) {
    const entry: EntryRecord = {
      partition,
      epoch: 1,
      n: at,
      i: 0,
      revision,
      timeMs: day * dayMs,
      date: new Date(day * dayMs).toISOString().slice(0, 10),
      user: Buffer.alloc(16, at),
      number: 1,
      drawn: 0,
      ...(given && { given: 0 }),
      returned,
    };
    stock.entry(entry);
  }
  stock.end();
  return findings.kept;
}

const wrong = (words: string) => [expect.stringContaining(words)];

describe("a draw gets nothing only where its prize had run out", () => {
  test("in all", () => {
    expect(findingsOf([[2, undefined]], [gave(), gave(), denied()])).toEqual([]);
    expect(findingsOf([[2, undefined]], [gave(), denied(), gave()])).toEqual(wrong("1 had been given"));
    expect(findingsOf([[3, undefined]], [gave(), gave(), denied()])).toEqual(wrong("had not run out"));
  });

  test("or that day", () => {
    const daily: Quotas = [[10, 1]];
    expect(findingsOf(daily, [gave(), denied(), gave({ day: 1 }), denied({ day: 1 })])).toEqual([]);
    expect(findingsOf(daily, [gave(), denied({ day: 1 }), gave({ day: 1 })])).toEqual(wrong("1970-01-02"));
  });

  test("with several partitions by all that was given: theirs are not in one order", () => {
    const spread = { partitions: 2 };
    const other = (had: Had) => ({ ...had, partition: 1 });
    expect(findingsOf([[2, undefined]], [gave(), denied(), other(gave())], spread)).toEqual([]);
    expect(findingsOf([[3, undefined]], [gave(), denied(), other(gave())], spread)).toEqual(
      wrong("had not run out"),
    );
  });

  test("never where there is no quota, but for the codes that there are", () => {
    expect(findingsOf([[undefined, undefined]], [gave(), denied()])).toEqual(wrong("had not run out"));
    const stock = [{ reserved: 1, inDoubt: 0 }];
    expect(findingsOf([[undefined, undefined]], [gave(), denied()], { stock })).toEqual([]);
  });

  test("what is in doubt may have been given", () => {
    expect(findingsOf([[3, undefined]], [gave(), gave(), denied()], { inDoubt: 1 })).toEqual([]);
  });

  test("a raised quota counts at once, or a moment later", () => {
    const raised: Quotas = [
      [1, undefined],
      [3, undefined],
      [3, undefined],
    ];
    expect(findingsOf(raised, [gave(), denied({ revision: 2 })])).toEqual([]);
    expect(findingsOf(raised, [gave(), denied({ revision: 3 })])).toEqual(wrong("had not run out"));
  });
});

describe("no more is given than there is", () => {
  test("in all", () => {
    expect(findingsOf([[2, undefined]], [gave(), gave(), gave()])).toEqual(
      wrong("3 were given, and there are 2"),
    );
    expect(findingsOf([[2, undefined]], [gave(), gave()], { inDoubt: 1 })).toEqual(wrong("3 were given"));
  });

  test("on any day", () => {
    expect(findingsOf([[undefined, 1]], [gave(), gave({ day: 1 })])).toEqual([]);
    expect(findingsOf([[undefined, 1]], [gave(), gave({ day: 1 }), gave({ day: 1 })])).toEqual(
      wrong("gold, 1970-01-02: 2 were given, and there are 1 a day"),
    );
  });

  test("what was taken back may be given again", () => {
    const had = [gave({ returned: true }), gave(), denied()];
    expect(findingsOf([[1, 1]], had)).toEqual([]);
  });

  test("what was given before a quota was lowered stays given", () => {
    const lowered: Quotas = [
      [5, 5],
      [1, 1],
    ];
    const had = [gave(), gave(), gave(), denied({ revision: 2 })];
    expect(findingsOf(lowered, had, { settled: 3 })).toEqual([]);
    expect(findingsOf(lowered, had, { settled: 2 })).toEqual(wrong("3 were given, and there are 2"));
  });
});

test("as many are there as were counted when they were recorded", () => {
  expect(findingsOf([[5, undefined]], [gave(), gave()], { given: [3] })).toEqual(wrong("3 were counted"));
  expect(findingsOf([[1, undefined]], [gave(), denied()], { withoutPrize: 2 })).toEqual(
    wrong("2 were counted"),
  );
});

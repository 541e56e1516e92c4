import { expect, test } from "vitest";
import { EntryOrder } from "./entry-order.ts";
import { Findings } from "./findings.ts";
import { prize, raffle, userHashOf } from "./records.fixture.ts";
import type { EntryRecord, RevisionRecord } from "./records.ts";

const dayMs = 86_400_000;
const first: RevisionRecord = {
  revision: 1,
  createMs: 0,
  startMs: dayMs,
  endMs: 3 * dayMs,
  paused: false,
  timeZone: "UTC",
  entriesPerDay: 2,
  prizes: [],
};
const revisions = [
  first,
  { ...first, revision: 2, paused: true },
  { ...first, revision: 3, endedMs: 2 * dayMs },
  { ...first, revision: 4, timeZone: "Asia/Seoul", entriesPerDay: 0 },
];
const usual: EntryRecord = {
  partition: 0,
  epoch: 1,
  n: 1,
  i: 0,
  revision: 1,
  timeMs: dayMs,
  date: "1970-01-02",
  user: userHashOf("ada"),
  number: 1,
  returned: false,
};

function findingsOf(...entries: Partial<EntryRecord>[]): string[] {
  const { campaign } = raffle(1, 1, 0, [prize("mug", { quota: 1 })]);
  const findings = new Findings();
  const counted = { ...campaign, revisions, given: [1], withoutPrize: 1 };
  const order = new EntryOrder(findings, counted, undefined);
  for (const entry of entries) order.entry({ ...usual, ...entry });
  order.end();
  return findings.kept;
}

const wrong = (words: string) => [expect.stringContaining(words)];

test.each<[Partial<EntryRecord>, Partial<EntryRecord>]>([
  [{}, { i: 1 }],
  [{ i: 5 }, { n: 2 }],
  [{ n: 9 }, { epoch: 2 }],
])("%j comes before %j, and not the other way round", (before, after) => {
  expect(findingsOf(before, after)).toEqual([]);
  expect(findingsOf(after, before)).toEqual(wrong("does not come after the one before it"));
  expect(findingsOf(after, after)).toEqual(wrong("does not come after the one before it"));
});

test("a partition's clock goes forward", () => {
  const later = { timeMs: dayMs + 1 };
  expect(findingsOf({}, { ...later, n: 2 })).toEqual([]);
  expect(findingsOf(later, { n: 2 })).toEqual(wrong(`at ${dayMs} ms, and the one before it at ${dayMs + 1}`));
});

test.each<[Partial<EntryRecord>, string]>([
  [{ timeMs: dayMs - 1, date: "1970-01-01" }, "when the campaign ran"],
  [{ timeMs: 3 * dayMs, date: "1970-01-04" }, "when the campaign ran"],
  [{ timeMs: 2 * dayMs }, "which is 1970-01-03 in UTC"],
  [{ revision: 4, timeMs: 2 * dayMs - 1 }, "which is 1970-01-03 in Asia/Seoul"],
  [{ revision: 2 }, "paused"],
  [{ revision: 3 }, "ended"],
  [{ revision: 5 }, "there is no revision 5"],
  [{ number: 3 }, "2 a day at most"],
])("what its revision did not allow is found: %j", (entry, words) => {
  const findings = findingsOf(entry).filter((finding) => !finding.includes("were counted"));
  expect(findings).toEqual(wrong(words));
});

test("there are as many as were counted", () => {
  expect(findingsOf({})).toEqual(wrong("there are 1, and 2 were counted"));
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { Findings } from "./findings.ts";
import { userHashOf } from "./records.fixture.ts";
import { UserNumbers } from "./user-numbers.ts";
import { UserTable } from "./user-table.ts";

/** The numbers of one user's entries of a day; those behind a ! were returned at some time. */
function findingsOf(...numbers: string[]): string[] {
  const findings = new Findings();
  const check = new UserNumbers(findings);
  for (const [n, text] of numbers.entries()) {
    check.entry({
      partition: 0,
      epoch: 1,
      n,
      i: 0,
      revision: 1,
      timeMs: 0,
      date: "2026-11-20",
      user: userHashOf("ada"),
      number: Number(text.replace("!", "")),
      returned: text.startsWith("!"),
    });
  }
  return findings.kept;
}

test("a user's numbers of a day have no gap", () => {
  expect(findingsOf("1", "2", "3")).toEqual([]);
  expect(findingsOf("1", "3")).toEqual([expect.stringContaining("it is number 3, and should be 2")]);
  expect(findingsOf("2")).toHaveLength(1);
  expect(findingsOf("0")).toHaveLength(1);
  expect(findingsOf("1", "1")).toHaveLength(1);
});

test("an entry that was returned counts no more, from some time on", () => {
  expect(findingsOf("!1", "1")).toEqual([]);
  expect(findingsOf("!1", "2", "2")).toEqual([]);
  expect(findingsOf("1", "!2", "2", "3")).toEqual([]);
  // Neither before there was one to return, nor twice, nor counting again.
  expect(findingsOf("1", "1", "!2")).not.toEqual([]);
  expect(findingsOf("!1", "1", "1")).not.toEqual([]);
  expect(findingsOf("!1", "1", "3")).not.toEqual([]);
});

test("a table keeps what belongs to each user, however many there are", () => {
  const users = fc.array(fc.nat(5_000), { minLength: 1_000, maxLength: 20_000 });
  fc.assert(
    fc.property(users, (all) => {
      const table = new UserTable(2);
      const counts = new Map<number, number>();
      for (const user of all) {
        const at = table.at(userHashOf(String(user)));
        table.values[at + 1]!++;
        counts.set(user, (counts.get(user) ?? 0) + 1);
      }
      for (const [user, count] of counts)
        expect(table.values[table.at(userHashOf(String(user))) + 1]).toBe(count);
    }),
    { numRuns: 5 },
  );
});

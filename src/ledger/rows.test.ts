import fc from "fast-check";
import { expect, test } from "vitest";
import { noPrize } from "../campaign/campaign.ts";
import type { EntryRun } from "./lending.ts";
import { Rows } from "./rows.ts";

/** One entry without a user id. */
const someone = Buffer.concat([Buffer.of(0, 17), Buffer.alloc(17)]);

function runOf(campaignNo: number, i: number, size: number): EntryRun {
  const who = Buffer.concat(Array.from({ length: size }, () => someone));
  const what = { campaignNo, revision: 1, spaceNo: 1, prizeNo: 0, number: 0, drawnNo: undefined };
  return { ...what, i, serial: 100 * i, size, who };
}

test("serials go up along a run that has any; what else it says is said of each of its entries", () => {
  const won = { ...runOf(1, 0, 2), serial: 70, number: 3, drawnNo: 4 };
  const lost = { ...runOf(1, 2, 2), serial: undefined, prizeNo: noPrize, number: 1, drawnNo: 5 };
  const rows = new Rows(0, [{ epoch: 1, n: 1, timeMs: 0, runs: [won, lost], handBacks: [] }]);
  const entries = [0, 1, 2, 3].map((row) => rows.entry(row));
  expect(
    entries.map(({ i, serial, prizeNo, number, drawnNo }) => [i, serial, prizeNo, number, drawnNo]),
  ).toEqual([
    [0, 70, 0, 3, 4],
    [1, 71, 0, 3, 4],
    [2, undefined, noPrize, 1, 5],
    [3, undefined, noPrize, 1, 5],
  ]);
});

test("rows are numbered in the order of the ledger's key, so that two who record the same lock in one order", () => {
  const taken = fc.array(
    fc.array(fc.record({ campaignNo: fc.integer({ min: 1, max: 4 }), size: fc.integer({ min: 1, max: 3 }) })),
  );
  fc.assert(
    fc.property(taken, (lists) => {
      const batches = lists.map((list, at) => {
        let i = 0;
        const runs = list.map(({ campaignNo, size }) => {
          const run = runOf(campaignNo, i, size);
          i += size;
          return run;
        });
        return { epoch: 1 + Math.floor(at / 3), n: at, timeMs: 0, runs, handBacks: [] };
      });
      const rows = new Rows(0, batches);
      const keys = Array.from({ length: rows.size }, (_, row) => {
        const { campaignNo, epoch, n, i } = rows.entry(row);
        return [campaignNo, epoch, n, i];
      });
      const inOrder = keys.toSorted((a, b) => {
        const column = a.findIndex((value, k) => value !== b[k]);
        return column < 0 ? 0 : a[column]! - b[column]!;
      });
      expect(keys).toEqual(inOrder);
      const handedOut = batches.flatMap(({ runs }) => runs).reduce((sum, { size }) => sum + size, 0);
      expect(rows.size).toBe(handedOut);
    }),
  );
});

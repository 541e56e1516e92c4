import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { type Campaign, noPrize } from "../../campaign/campaign.ts";
import type { EntryFilter, Mark } from "../entries.ts";
import type { Entry, EntryKey } from "../ledger.ts";
import { create, fresh, type Harness, hash16, NOW_MS, prize } from "./harness.ts";

const batches = [
  [20, 5],
  [20, 6],
  [20, 30],
  [22, 1],
  [22, 2],
  [23, 900],
] as const;

/** What a filter lets through, by the book. */
function passes(entry: Entry, { userHash, fromMark, toMark, fromMs, toMs, withPrize }: EntryFilter): boolean {
  const at = (mark: Mark) => mark.find(({ partitionNo }) => partitionNo === entry.partitionNo);
  const isUpTo = (mark: Mark) => {
    const upTo = at(mark);
    return upTo !== undefined && (entry.epoch - upTo.epoch || entry.n - upTo.n) <= 0;
  };
  return (
    (!userHash || entry.userHash.equals(userHash)) &&
    (!fromMark || !isUpTo(fromMark)) &&
    (!toMark || isUpTo(toMark)) &&
    (fromMs === undefined || entry.timeMs >= fromMs) &&
    (toMs === undefined || entry.timeMs < toMs) &&
    (!withPrize || entry.prizeNo !== noPrize)
  );
}

export function listsEntries(harness: Harness): void {
  let campaign: Campaign;
  let entries: Entry[];
  const users = Array.from({ length: 3 }, () => {
    const userId = fresh("player");
    return { userId, userHash: hash16(userId) };
  });

  /** Three of each batch, of several users, times and epochs; won, and lost. */
  beforeAll(async () => {
    const { ledger, record } = harness();
    campaign = await create(ledger, { prizes: [prize("a", 100)] });
    const other = await create(ledger, { prizes: [prize("a", 100)] });
    const all = [campaign, other].flatMap(({ no, space, prizes }, c) =>
      batches.flatMap(([epoch, n], b) =>
        [0, 1, 2].map((k): Entry => {
          const at = 3 * b + k;
          const won = at % 4 === 0;
          return {
            ...{ partitionNo: 0, epoch, n, i: 2 * k + c, campaignNo: no, revision: 1, spaceNo: space.no },
            ...{ prizeNo: won ? 0 : noPrize, serial: won ? prizes[0]!.ranges[0]!.first + at : undefined },
            ...{ number: k + 1, drawnNo: at % 3 === 0 ? 0 : undefined, timeMs: NOW_MS + 10 * b },
            ...users[at % 5 === 0 ? 0 : 1 + (at % 2)]!,
            ...{ requestHash: undefined, requestFields: undefined, addressHash: undefined },
          };
        }),
      ),
    );
    await record(all);
    entries = all.filter(({ campaignNo }) => campaignNo === campaign.no);
  });

  async function paged(filter: EntryFilter, size: number): Promise<Entry[]> {
    const seen: Entry[] = [];
    for (;;) {
      const page = await harness().ledger.entriesOf(campaign.no, filter, seen.at(-1), size);
      expect(page.length).toBeLessThanOrEqual(size);
      seen.push(...page);
      if (page.length < size) return seen;
    }
  }
  const key = ({ partitionNo, epoch, n, i }: EntryKey) => [partitionNo, epoch, n, i].join();

  test("all of a campaign are listed in their order, whatever they won, and no others", async () => {
    expect(await paged({}, 100)).toEqual(entries);
    expect(await paged({}, 1)).toEqual(entries);
    expect(await harness().ledger.entriesOf(campaign.no + 1_000, {}, undefined, 9)).toEqual([]);
  });

  test("any filters at once, any number at a time", async () => {
    const aMark = fc
      .record({
        partitionNo: fc.constantFrom(0, 0, 0, 1),
        epoch: fc.integer({ min: 19, max: 24 }),
        n: fc.constantFrom(0, 1, 2, 5, 6, 7, 30, 31, 900),
      })
      .map((mark) => [mark]);
    const aTime = fc.integer({ min: 0, max: 60 }).map((ms) => NOW_MS + ms);
    const aFilter = fc.record(
      {
        userHash: fc.constantFrom(...users.map(({ userHash }) => userHash)),
        fromMark: aMark,
        toMark: aMark,
        fromMs: aTime,
        toMs: aTime,
        withPrize: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(aFilter, fc.constantFrom(1, 2, 4, 100), async (filter, size) => {
        const wanted = entries.filter((entry) => passes(entry, filter));
        expect((await paged(filter, size)).map(key)).toEqual(wanted.map(key));
      }),
      { numRuns: 100 },
    );
  });

  test("a mark is where what is recorded ends", async () => {
    const { ledger } = harness();
    const mark = await ledger.entryMark();
    expect(await paged({ toMark: mark }, 100)).toEqual(entries);
    expect(await paged({ fromMark: mark }, 100)).toEqual([]);
  });
}

import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import type { CampaignDraft } from "../../campaign/draft.ts";
import { LedgerLostCommits } from "../lending.ts";
import { create, freshFormat, NOW_MS, prize } from "./harness.ts";
import { books, type LendingHarness, PARTITIONS, StoreSide, serialsOf } from "./lending-harness.ts";

const TODAY = "2026-11-20";
const TOMORROW = "2026-11-21";

export function lendsBlocks(harness: () => LendingHarness): void {
  let store: StoreSide;
  beforeAll(async () => {
    const side = new StoreSide(harness());
    for (let no = 0; no < PARTITIONS; no++) await side.arm(no);
  });
  beforeEach(() => {
    store = new StoreSide(harness());
  });
  const campaignOf = (...prizes: CampaignDraft["prizes"]) => create(harness().ledger, { prizes });
  const setQuota = async ({ id }: Campaign, ...prizes: CampaignDraft["prizes"]) => {
    await harness().ledger.changeCampaign(id, undefined, { prizes, nowMs: NOW_MS }, undefined);
  };

  test("blocks are numbered from 1, of the prize's serials, and never more than the quota", async () => {
    const campaign = await campaignOf(prize("other", 7), prize("a", 10));
    const pool = await store.pool(campaign, 1);
    const { first } = campaign.prizes[1]!.ranges[0]!;
    const given = [
      await store.next(pool, 4),
      await store.next(pool, 4),
      await store.next(pool, 4),
      await store.next(pool, 4, false),
    ];
    expect(given).toEqual([
      { kind: "block", block: { number: 1, first, size: 4, exhausted: undefined } },
      { kind: "block", block: { number: 2, first: first + 4, size: 4, exhausted: undefined } },
      { kind: "block", block: { number: 3, first: first + 8, size: 2, exhausted: undefined } },
      { kind: "nothing" },
    ]);
    expect(await harness().lending.blocksAfter(pool, 1)).toEqual(
      given.slice(1, 3).map((lent) => lent.kind === "block" && lent.block),
    );
    expect(await books(harness(), campaign, 1)).toMatchObject({ granted: 10, free: [] });
    expect(await books(harness(), campaign, 0)).toMatchObject({
      granted: 0,
      free: serialsOf({ first: 0, size: 7 }),
    });
  });

  test("a number lent twice, by twenty at once, is one block", async () => {
    const campaign = await campaignOf(prize("a", 1_000));
    const pool = await store.pool(campaign);
    const { lending, other } = harness();
    const given = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? lending : other).lend(pool, 1, 10 + i, true)),
    );
    for (const lent of given) expect(lent).toEqual(given[0]);
    const { block } = given[0] as { block: { size: number } };
    expect(await books(harness(), campaign)).toMatchObject({ granted: block.size });
    expect(await lending.blocksAfter(pool, 0)).toEqual([block]);
    expect(await store.next(pool, 5)).toMatchObject({ block: { number: 2, first: block.size } });
    expect(await lending.lend(pool, 1, 99, true)).toEqual(given[0]);
  });

  test("partitions that lend at once share the quota out, each serial once", async () => {
    const campaign = await campaignOf(prize("a", 100));
    const pools = await Promise.all(
      Array.from({ length: PARTITIONS }, (_, no) => store.pool(campaign, 0, "", no)),
    );
    const blocks = await Promise.all(
      pools.map(async (pool, i) => {
        const mine: number[] = [];
        for (let number = 1; ; number++) {
          const lent = await (i % 2 ? harness().lending : harness().other).lend(pool, number, 7, false);
          if (lent.kind !== "block") return mine;
          mine.push(...serialsOf(lent.block));
        }
      }),
    );
    expect(blocks.flat().toSorted((a, b) => a - b)).toEqual(serialsOf({ first: 0, size: 100 }));
    expect(await books(harness(), campaign)).toMatchObject({ granted: 100, free: [] });
  });

  test("what the ledger should know and does not stops lending", async () => {
    const campaign = await campaignOf(prize("a", 10));
    const pool = await store.pool(campaign);
    const { lending } = harness();
    await expect(lending.lend(pool, 2, 1, true)).rejects.toThrow(LedgerLostCommits);
    await expect(lending.lend({ ...pool, epoch: pool.epoch + 1 }, 1, 1, true)).rejects.toThrow(
      LedgerLostCommits,
    );
    await expect(lending.lend({ ...pool, prizeNo: 1 }, 1, 1, true)).rejects.toThrow(LedgerLostCommits);
    await expect(lending.lend({ ...pool, campaignNo: 999_999 }, 1, 1, true)).rejects.toThrow(
      LedgerLostCommits,
    );
    await expect(lending.lend({ ...pool, day: TODAY }, 1, 1, true)).rejects.toThrow(
      "only prizes with a daily quota",
    );
    expect(await books(harness(), campaign)).toMatchObject({ granted: 0 });
  });

  test("nothing is lent to an earlier epoch, nor to one that is still being armed", async () => {
    const { lending } = harness();
    const campaign = await campaignOf(prize("a", 10));
    const pool = await store.pool(campaign, 0, "", 3);
    const epoch = (await lending.beginArming(3, pool.epoch, "armer", 60_000))!;
    expect(await lending.lend(pool, 1, 1, true)).toEqual({ kind: "other-epoch" });
    expect(await lending.lend({ ...pool, epoch }, 1, 1, true)).toEqual({ kind: "other-epoch" });
    await lending.endArming(3, epoch, "armer", true);
    expect(await lending.lend({ ...pool, epoch }, 1, 1, true)).toMatchObject({
      kind: "block",
      block: { number: 1 },
    });
  });

  test("sold out is said when all is spent, and a raised quota lifts it", async () => {
    const campaign = await campaignOf(prize("a", 5));
    const [here, there] = [await store.pool(campaign, 0, "", 0), await store.pool(campaign, 0, "", 1)];
    await store.block(here, 3);
    const theirs = await store.block(there, 2);
    expect(await store.next(here, 3)).toEqual({ kind: "elsewhere", pools: [there] });
    expect(await harness().lending.poolsOf(campaign.no, 0)).toEqual([here, there]);
    await store.spend(campaign, there, [theirs.first]);
    expect(await store.next(here, 3)).toEqual({ kind: "elsewhere", pools: [there] });
    await store.spend(campaign, there, [theirs.first + 1]);
    // What the asker's own pool holds by the ledger's knowledge it has spent: it is dry.
    const mark = { number: 2, first: 0, size: 0, exhausted: "total" };
    expect(await store.next(here, 3)).toEqual({ kind: "block", block: mark });
    expect(await harness().lending.lend(here, 2, 3, true)).toEqual({ kind: "block", block: mark });
    expect(await harness().lending.poolsOf(campaign.no, 0)).toEqual([here]);
    await setQuota(campaign, prize("a", 9));
    expect(await store.next(here, 9)).toMatchObject({ block: { number: 3, size: 4 } });
    expect(await books(harness(), campaign)).toMatchObject({ granted: 9, free: [] });
  });

  test("what comes back is lent again, lowest first, in one piece with its neighbours", async () => {
    const campaign = await campaignOf(prize("a", 12));
    const [here, there] = [await store.pool(campaign, 0, "", 0), await store.pool(campaign, 0, "", 1)];
    const [a, b, c] = [await store.block(here, 4), await store.block(there, 4), await store.block(here, 4)];
    await store.handBack(campaign, here, c, 2);
    expect(await books(harness(), campaign)).toMatchObject({ granted: 10, free: [10, 11] });
    await store.handBack(campaign, here, a, 1);
    expect(await books(harness(), campaign)).toMatchObject({ granted: 7, free: [1, 2, 3, 10, 11] });
    expect(await store.next(there, 9)).toMatchObject({ block: { number: 2, first: 1, size: 3 } });
    await store.handBack(campaign, there, b, 0);
    await store.handBack(campaign, here, { ...c, size: 2 }, 0);
    expect(await books(harness(), campaign)).toMatchObject({
      granted: 4,
      free: serialsOf({ first: 4, size: 8 }),
    });
    expect(await store.next(here, 9)).toMatchObject({ block: { number: 3, first: 4, size: 8 } });
    expect((await harness().lending.blocksAfter(here, 0)).map(({ size }) => size)).toEqual([1, 0, 8]);
  });

  test("a daily quota bounds each day, and the total all of them", async () => {
    const campaign = await campaignOf(prize("a", 10, 6));
    const today = await store.pool(campaign, 0, TODAY, 0);
    const alsoToday = await store.pool(campaign, 0, TODAY, 1);
    const tomorrow = await store.pool(campaign, 0, TOMORROW, 0);
    const [x, y] = [await store.block(today, 4), await store.block(alsoToday, 4)];
    expect([x.size, y.size]).toEqual([4, 2]);
    expect(await store.next(today, 4)).toEqual({ kind: "elsewhere", pools: [alsoToday] });
    await store.spend(campaign, alsoToday, serialsOf(y));
    expect(await store.next(today, 4)).toMatchObject({ block: { number: 2, size: 0, exhausted: "day" } });
    expect((await store.block(tomorrow, 9)).size).toBe(4);
    expect(await books(harness(), campaign)).toMatchObject({
      granted: 10,
      grantedOn: { [TODAY]: 6, [TOMORROW]: 4 },
    });
    // All is granted, but what tomorrow holds does not help today, whose own quota is used up.
    expect(await store.next(alsoToday, 4)).toEqual({ kind: "elsewhere", pools: [today] });
    await store.spend(campaign, today, serialsOf(x));
    expect(await store.next(alsoToday, 4)).toMatchObject({ block: { exhausted: "day" } });
  });

  test("what is lent for another day can be recalled while the day itself has quota left", async () => {
    const campaign = await campaignOf(prize("a", 10, 6));
    const today = await store.pool(campaign, 0, TODAY);
    const tomorrow = await store.pool(campaign, 0, TOMORROW);
    const ahead = await store.block(tomorrow, 6);
    const block = await store.block(today, 6);
    await store.spend(campaign, today, serialsOf(block));
    expect(await store.next(today, 6)).toEqual({ kind: "elsewhere", pools: [tomorrow] });
    await store.handBack(campaign, tomorrow, ahead, 1);
    expect(await books(harness(), campaign)).toMatchObject({
      granted: 5,
      grantedOn: { [TODAY]: 4, [TOMORROW]: 1 },
    });
    expect((await store.block(today, 6)).size).toBe(2);
    await store.spend(campaign, tomorrow, [ahead.first]);
    expect(await harness().lending.pastPools(campaign.no, TOMORROW)).toEqual([today]);
    expect(await harness().lending.pastPools(campaign.no, TODAY)).toEqual([]);
    expect(await harness().lending.pastPools(campaign.no, "2027-01-01")).toEqual([today]);
  });

  test("the last serials of the total, spent on the day's last, are sold out for good", async () => {
    const campaign = await campaignOf(prize("a", 3, 3));
    const pool = await store.pool(campaign, 0, TODAY);
    await store.spend(campaign, pool, serialsOf(await store.block(pool, 3)));
    expect(await store.next(pool, 1)).toMatchObject({ block: { exhausted: "total" } });
    expect(await store.next(await store.pool(campaign, 0, TOMORROW), 1)).toMatchObject({
      block: { exhausted: "total" },
    });
  });

  test("an unlimited prize reserves more as it goes, until its space is full", async () => {
    const format = freshFormat({ alphabet: "0123456789", length: 4 });
    const campaign = await create(harness().ledger, {
      format,
      allowGuessable: true,
      prizes: [prize("a", undefined)],
    });
    const pool = await store.pool(campaign);
    const sizes: number[] = [];
    for (;;) {
      const { size, exhausted } = await store.block(pool, 5_000);
      if (size === 0) {
        expect(exhausted).toBe("total");
        break;
      }
      sizes.push(size);
    }
    expect(sizes.reduce((sum, size) => sum + size)).toBe(10_000);
    expect(await books(harness(), campaign)).toMatchObject({ granted: 10_000, quota: null });
    const { ranges } = (await harness().ledger.campaign(campaign.id))!.prizes[0]!;
    expect(ranges.flatMap(serialsOf)).toEqual(serialsOf({ first: 0, size: 10_000 }));
  });
}

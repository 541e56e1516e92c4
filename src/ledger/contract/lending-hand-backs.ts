import { beforeAll, expect, test } from "vitest";
import type { Block } from "../lending.ts";
import { books, type LendingHarness, record, StoreSide, serialsOf } from "./lending-harness.ts";
import { lendOneBlock } from "./one-block.ts";

export function takesBack(harness: () => LendingHarness): void {
  beforeAll(() => new StoreSide(harness()).arm(1));

  test("handing back is done once, at its place in the run", async () => {
    const { store, campaign, pool, block } = await lendOneBlock(harness());
    const { lending } = harness();
    const back = { number: block.number, first: block.first + 2, size: 2_998 };
    const batches = [
      await store.batch(campaign, pool, [block.first]),
      await store.batch(campaign, pool, [], [back]),
    ];
    expect(await record(lending, 1, batches)).toMatchObject({ recorded: 1, dead: 0 });
    expect(await record(lending, 1, batches)).toMatchObject({ recorded: 0, dead: 0 });
    expect(await books(harness(), campaign)).toMatchObject({ granted: 2, lent: [block.first + 1] });
    await store.spend(campaign, pool, [block.first + 1]);
    expect(await harness().lending.poolsOf(campaign.no, 0)).toEqual([]);
  });

  test("a block is closed when it is spent to its end, or handed back to what is spent", async () => {
    const { store, campaign, pool, block } = await lendOneBlock(harness());
    const open = async () => {
      const rows = await harness()
        .queries.selectFrom("block")
        .select("number")
        .where("campaign_no", "=", campaign.no)
        .where("closed", "=", 0)
        .orderBy("number")
        .execute();
      return rows.map(({ number }) => number);
    };
    const [second, third] = [await store.block(pool, 5), await store.block(pool, 5)];
    expect(await open()).toEqual([1, 2, 3]);
    await store.spend(campaign, pool, serialsOf(second));
    expect(await open()).toEqual([1, 3]);
    await store.spend(campaign, pool, [third.first]);
    await store.handBack(campaign, pool, third, 1);
    await store.handBack(campaign, pool, block, 0);
    expect(await open()).toEqual([]);
  });

  test("handing back and lending at the same time keep the prize's books", async () => {
    const { store, campaign, pool } = await lendOneBlock(harness());
    await new StoreSide(harness()).arm(2);
    const there = await store.pool(campaign, 0, "", 2);
    const blocks: Block[] = [];
    for (let i = 0; i < 20; i++) blocks.push(await store.block(pool, 50));
    const giveBack = async () => {
      for (const one of blocks) await store.handBack(campaign, pool, one, 20);
    };
    const lend = async () => {
      for (let number = 1; number <= 40; number++) await harness().other.lend(there, number, 10, false);
    };
    await Promise.all([giveBack(), lend()]);
    const { reserved, free, lent, granted } = await books(harness(), campaign);
    expect([...free, ...lent].toSorted((a, b) => a - b)).toEqual(reserved);
    expect(granted).toBe(lent.length);
  });

  test("what is handed back but is not the unspent end of a block goes to the dead letters", async () => {
    const { store, campaign, pool, block, deadLetters } = await lendOneBlock(harness());
    const { lending } = harness();
    const { number, first, size } = block;
    await store.spend(campaign, pool, [first, first + 1]);
    const wrong = [
      { number, first: first + 1, size: size - 1 },
      { number, first: first + 2, size: size - 3 },
      { number, first: first + 2, size: size - 1 },
      { number, first: first + size, size: 0 },
      { number: number + 1, first: first + 2, size: size - 2 },
    ];
    const batch = await store.batch(campaign, pool, [], wrong);
    expect(await record(lending, 1, [batch])).toMatchObject({ recorded: 0, dead: 5 });
    expect((await deadLetters()).map(({ i, problem }) => [i, problem])).toEqual(
      wrong.map((_, i) => [i, "it is not the unspent end of a block"]),
    );
    expect(await books(harness(), campaign)).toMatchObject({ granted: 3_000 });
  });
}

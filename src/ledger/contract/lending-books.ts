import fc from "fast-check";
import { expect, test } from "vitest";
import type { Campaign } from "../../campaign/campaign.ts";
import type { Block, PoolKey } from "../lending.ts";
import { create, NOW_MS, prize } from "./harness.ts";
import { books, type LendingHarness, record, StoreSide } from "./lending-harness.ts";
import type { Draft } from "./outbox-batch.ts";

const DAYS = ["2026-11-20", "2026-11-21"];
const places = [0, 1].flatMap((partitionNo) => DAYS.map((day) => ({ partitionNo, day })));

const place = fc.constantFrom(...places);
const partitionNo = fc.constantFrom(0, 1);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("lend" as const), place, wanted: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("spend" as const), place, count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("recall" as const), place, keep: fc.integer({ min: 0, max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("drain" as const), partitionNo, again: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), partitionNo, lost: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("late" as const), partitionNo }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("quota" as const), quota: fc.integer({ min: 1, max: 40 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What the store has of one pool: blocks, spent from their first serial on. */
interface Stock {
  blocks: { block: Block; spent: number; size: number }[];
}

/** The store as the rules have it, beside a ledger that is the real one. */
class Run {
  readonly #harness: LendingHarness;
  readonly #side: StoreSide;
  readonly #campaign: Campaign;
  readonly #stocks = new Map<string, Stock>();
  readonly #outboxes: Draft[][] = [[], []];
  readonly #recorded: Draft[][] = [[], []];
  readonly #lost: Draft[][] = [[], []];
  /** Every serial that the store ever handed out. */
  readonly handedOut: number[] = [];
  quota = 20;

  constructor(harness: LendingHarness, campaign: Campaign) {
    this.#harness = harness;
    this.#side = new StoreSide(harness);
    this.#campaign = campaign;
  }

  async take(one: Step): Promise<void> {
    switch (one.do) {
      case "lend":
        return this.#lend(await this.#pool(one.place), one.wanted);
      case "spend":
        return this.#spend(await this.#pool(one.place), one.count);
      case "recall":
        return this.#recall(await this.#pool(one.place), one.keep);
      case "drain":
        return this.drain(one.partitionNo, one.again);
      case "restart":
        return this.#restart(one.partitionNo, one.lost);
      case "late":
        return this.#late(one.partitionNo);
      case "quota":
        this.quota = one.quota;
        await this.#harness.ledger.changeCampaign(
          this.#campaign.id,
          undefined,
          { prizes: [prize("a", one.quota, 12)], nowMs: NOW_MS },
          undefined,
        );
    }
  }

  /** Serials that takes could still get, by partition and day. */
  inStock(): number[] {
    return [...this.#stocks.values()].flatMap(({ blocks }) =>
      blocks.flatMap(({ block, spent, size }) =>
        Array.from({ length: size - spent }, (_, i) => block.first + spent + i),
      ),
    );
  }

  async drain(no: number, again: boolean): Promise<void> {
    const outbox = this.#outboxes[no]!.splice(0);
    const batches = again ? [...this.#recorded[no]!, ...outbox] : outbox;
    expect(await record(this.#harness.lending, no, batches)).toMatchObject({ dead: 0 });
    this.#recorded[no]!.push(...outbox);
  }

  #pool({ partitionNo, day }: { partitionNo: number; day: string }): Promise<PoolKey> {
    return this.#side.pool(this.#campaign, 0, day, partitionNo);
  }

  #stock(pool: PoolKey): Stock {
    const key = `${pool.partitionNo} ${pool.day}`;
    const stock = this.#stocks.get(key) ?? { blocks: [] };
    this.#stocks.set(key, stock);
    return stock;
  }

  async #lend(pool: PoolKey, wanted: number): Promise<void> {
    const stock = this.#stock(pool);
    const dry = stock.blocks.every(({ spent, size }) => spent === size);
    if (dry) await this.drain(pool.partitionNo, false);
    const lent = await this.#side.next(pool, wanted, dry);
    if (lent.kind === "nothing") expect(dry).toBe(false);
    if (lent.kind === "block" && lent.block.size > 0) {
      stock.blocks.push({ block: lent.block, spent: 0, size: lent.block.size });
    }
    if (lent.kind !== "block" || lent.block.size === 0) return;
    expect(lent.block.size).toBeLessThanOrEqual(wanted);
  }

  async #spend(pool: PoolKey, count: number): Promise<void> {
    const serials: number[] = [];
    for (const part of this.#stock(pool).blocks) {
      while (part.spent < part.size && serials.length < count) serials.push(part.block.first + part.spent++);
    }
    if (serials.length === 0) return;
    this.handedOut.push(...serials);
    this.#outboxes[pool.partitionNo]!.push(await this.#side.batch(this.#campaign, pool, serials));
  }

  /** The last block with anything in it gives up all but `keep`. */
  async #recall(pool: PoolKey, keep: number): Promise<void> {
    const part = this.#stock(pool).blocks.findLast(({ spent, size }) => spent < size);
    if (!part) return;
    const stays = Math.min(part.spent + keep, part.size);
    const back = { number: part.block.number, first: part.block.first + stays, size: part.size - stays };
    if (back.size === 0) return;
    part.size = stays;
    this.#outboxes[pool.partitionNo]!.push(await this.#side.batch(this.#campaign, pool, [], [back]));
  }

  /** The store dies, loses its last batches perhaps, and is armed anew. */
  async #restart(no: number, lost: number): Promise<void> {
    const missing = lost === 0 ? [] : this.#outboxes[no]!.splice(-lost);
    // Hand-backs that are lost will never come: what they gave up is set aside with the rest.
    this.#lost[no]!.push(...missing.filter(({ entries }) => entries.length > 0));
    await this.drain(no, false);
    this.#recorded[no] = [];
    for (const day of DAYS) this.#stocks.delete(`${no} ${day}`);
    await this.#side.arm(no, { proven: missing.length === 0 });
  }

  /** What was lost is found before anything newer was recorded. */
  async #late(no: number): Promise<void> {
    const { highEpoch, highN } = await this.#harness.lending.partition(no);
    const found = this.#lost[no]!.splice(0).filter(
      ({ epoch, n }) => epoch > highEpoch || (epoch === highEpoch && n > highN),
    );
    expect(await record(this.#harness.lending, no, found)).toMatchObject({ dead: 0 });
  }
}

const sorted = (serials: number[]) => serials.toSorted((a, b) => a - b);

export function keepsItsBooks(harness: () => LendingHarness): void {
  test("whatever happens, every serial is in one place, and no more is granted than the quotas allow", async () => {
    const side = new StoreSide(harness());
    await side.arm(0);
    await side.arm(1);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const campaign = await create(harness().ledger, { prizes: [prize("a", 20, 12)] });
        const run = new Run(harness(), campaign);
        let before = 0;
        let highest = run.quota;
        for (const one of steps) {
          await run.take(one);
          highest = Math.max(highest, run.quota);
          const { reserved, free, lent, doubt, issued, granted, quota, grantedOn } = await books(
            harness(),
            campaign,
          );
          expect(sorted([...free, ...lent, ...doubt, ...issued])).toEqual(reserved);
          expect(granted).toBe(reserved.length - free.length);
          expect(quota).toBe(run.quota);
          expect(granted).toBeLessThanOrEqual(Math.max(run.quota, before));
          for (const ofDay of Object.values(grantedOn)) expect(ofDay).toBeLessThanOrEqual(12);
          expect(Object.values(grantedOn).reduce((sum, ofDay) => sum + ofDay, 0)).toBe(granted);
          const out = [...run.handedOut, ...run.inStock()];
          expect(new Set(out).size).toBe(out.length);
          expect(run.handedOut.length).toBeLessThanOrEqual(highest);
          before = granted;
        }
      }),
      { numRuns: 20 },
    );
  });
}

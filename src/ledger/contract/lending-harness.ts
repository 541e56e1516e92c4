import type { Campaign } from "../../campaign/campaign.ts";
import type { Entry, Ledger } from "../ledger.ts";
import type { Block, HandBack, Lending, Lent, PoolKey } from "../lending.ts";
import type { Queries } from "../sql/database.ts";
import { fresh, hash16, NOW_MS } from "./harness.ts";
import { type Draft, outboxBatch } from "./outbox-batch.ts";

/** What the contract needs of a ledger that lends beside the ports. */
export interface LendingHarness {
  ledger: Ledger;
  /** Set up with PARTITIONS partitions. */
  lending: Lending;
  /** The same as another server has it open. */
  other: Lending;
  /** To look at the tables, and to bring them where only accidents bring them. */
  queries: Queries;
  /** Transactions run one at a time, so that none ever waits for another's row. */
  isSerial?: boolean;
  close(): Promise<void>;
}

export const PARTITIONS = 4;

/** A server's view of the store: it arms partitions, lends for their pools and numbers what they hand out and back. */
export class StoreSide {
  readonly #harness: LendingHarness;
  readonly #owner = fresh("server");
  readonly #last = new Map<number, { epoch: number; n: number }>();

  constructor(harness: LendingHarness) {
    this.#harness = harness;
  }

  /** Arms a partition anew; returns the epoch. */
  async arm(partitionNo: number, { proven = true, durable = true } = {}): Promise<number> {
    const { lending } = this.#harness;
    const { epoch: before } = await lending.partition(partitionNo);
    const epoch = (await lending.beginArming(partitionNo, before, this.#owner, 60_000))!;
    await lending.closeBlocks(partitionNo, epoch, proven);
    await lending.endArming(partitionNo, epoch, this.#owner, durable);
    return epoch;
  }

  async pool(campaign: Campaign, prizeNo = 0, day = "", partitionNo = 0): Promise<PoolKey> {
    const { epoch } = await this.#harness.lending.partition(partitionNo);
    return { campaignNo: campaign.no, prizeNo, day, partitionNo, epoch };
  }

  /** The next block of a pool. */
  async next(pool: PoolKey, wanted: number, dry = true): Promise<Lent> {
    const { lending } = this.#harness;
    const last = (await lending.blocksAfter(pool, 0)).at(-1)?.number ?? 0;
    return lending.lend(pool, last + 1, wanted, dry);
  }

  async block(pool: PoolKey, wanted: number): Promise<Block> {
    const lent = await this.next(pool, wanted);
    if (lent.kind !== "block") throw new Error(lent.kind);
    return lent.block;
  }

  /** The outbox entry of coupons with these serials, and of what is handed back. */
  async batch(
    campaign: Campaign,
    pool: PoolKey,
    serials: number[],
    handBacks: Omit<HandBack, keyof PoolKey>[] = [],
  ): Promise<Draft> {
    const { partitionNo, epoch, campaignNo, prizeNo, day } = pool;
    const n = await this.#nextN(partitionNo, epoch);
    const timeMs = NOW_MS + n;
    const entries = serials.map(
      (serial, i): Entry => ({
        partitionNo,
        epoch,
        n,
        i,
        campaignNo,
        prizeNo,
        revision: 1,
        spaceNo: campaign.space.no,
        serial,
        number: 0,
        drawnNo: undefined,
        timeMs,
        userId: `u${serial}`,
        userHash: hash16(`u${serial}`),
        requestHash: undefined,
        requestFields: undefined,
        addressHash: undefined,
      }),
    );
    return {
      epoch,
      n,
      timeMs,
      entries,
      handBacks: handBacks.map((back) => ({ ...back, campaignNo, prizeNo, day })),
    };
  }

  async spend(campaign: Campaign, pool: PoolKey, serials: number[]): Promise<void> {
    await record(this.#harness.lending, pool.partitionNo, [await this.batch(campaign, pool, serials)]);
  }

  /** Hands back the end of a block from its `keep`-th serial on. */
  async handBack(
    campaign: Campaign,
    pool: PoolKey,
    { number, first, size }: Block,
    keep: number,
  ): Promise<void> {
    const back = { number, first: first + keep, size: size - keep };
    await record(this.#harness.lending, pool.partitionNo, [await this.batch(campaign, pool, [], [back])]);
  }

  async #nextN(partitionNo: number, epoch: number): Promise<number> {
    let last = this.#last.get(partitionNo);
    if (!last) {
      const { highEpoch, highN } = await this.#harness.lending.partition(partitionNo);
      last = { epoch: highEpoch, n: highN };
    }
    const n = last.epoch === epoch ? last.n + 1 : 1;
    this.#last.set(partitionNo, { epoch, n });
    return n;
  }
}

export const record = (lending: Lending, partitionNo: number, drafts: Draft[]) =>
  lending.record(partitionNo, drafts.map(outboxBatch));

export const serialsOf = ({ first, size }: { first: number; size: number }): number[] =>
  Array.from({ length: size }, (_, i) => first + i);

/** The serials of a campaign's prize by what the tables say of them, and what they say is granted. */
export async function books({ queries }: LendingHarness, campaign: Campaign, prizeNo = 0) {
  const ranges = async (table: "prize_range" | "free_range" | "doubt") => {
    const rows = await queries
      .selectFrom(table)
      .select(["first", "size"])
      .where("campaign_no", "=", campaign.no)
      .where("prize_no", "=", prizeNo)
      .orderBy("first")
      .execute();
    return rows.flatMap(serialsOf);
  };
  const blocks = await queries
    .selectFrom("block")
    .selectAll()
    .where("campaign_no", "=", campaign.no)
    .where("prize_no", "=", prizeNo)
    .where("closed", "=", 0)
    .execute();
  const entries = await queries
    .selectFrom("entry")
    .select(["serial", "partition_no"])
    .where("campaign_no", "=", campaign.no)
    .where("prize_no", "=", prizeNo)
    .orderBy("serial")
    .execute();
  const prize = await queries
    .selectFrom("prize")
    .select(["granted", "quota"])
    .where("campaign_no", "=", campaign.no)
    .where("no", "=", prizeNo)
    .executeTakeFirstOrThrow();
  const days = await queries
    .selectFrom("prize_day")
    .select(["day", "granted"])
    .where("campaign_no", "=", campaign.no)
    .where("prize_no", "=", prizeNo)
    .execute();
  return {
    reserved: await ranges("prize_range"),
    free: await ranges("free_range"),
    doubt: await ranges("doubt"),
    lent: blocks.flatMap(({ first, size, spent }) => serialsOf({ first: first + spent, size: size - spent })),
    issued: entries.map((entry) => entry.serial!),
    granted: prize.granted,
    quota: prize.quota,
    grantedOn: Object.fromEntries(days.map(({ day, granted }) => [day, granted])),
  };
}

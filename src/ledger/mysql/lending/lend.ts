import type { Selectable } from "kysely";
import type { SerialRange } from "../../../campaign/campaign.ts";
import { type Block, type Exhausted, LedgerLostCommits, type Lent, type PoolKey } from "../../lending.ts";
import type { Database, Queries } from "../../sql/database.ts";
import { takeLowestFree } from "../../sql/free-ranges.ts";
import { addGranted, grantedOn, lockPrize } from "../../sql/prizes.ts";
import { reserveMore } from "../../sql/reserve.ts";
import type { PrizeTable } from "../../sql/schema.ts";
import { blocksOf, toBlock, unspentPools } from "./blocks.ts";
import { sharePartition } from "./partitions.ts";

export function lend(
  db: Database,
  pool: PoolKey,
  number: number,
  wanted: number,
  dry: boolean,
): Promise<Lent> {
  return db.write(async (tx) => {
    const { epoch, armedEpoch } = await sharePartition(tx, pool.partitionNo);
    if (pool.epoch > epoch)
      throw new LedgerLostCommits(`epoch ${pool.epoch} of partition ${pool.partitionNo}`);
    if (pool.epoch !== epoch || pool.epoch !== armedEpoch) return { kind: "other-epoch" };
    const prize = await lockPrize(tx, pool);
    if (!prize) throw new LedgerLostCommits(`prize ${pool.prizeNo} of campaign ${pool.campaignNo}`);
    if ((pool.day === "") !== (prize.daily_quota === null)) {
      throw new Error(
        `pool "${pool.day}" of campaign ${pool.campaignNo}: only prizes with a daily quota have pools by day`,
      );
    }

    const last = await blocksOf(tx, pool).orderBy("number", "desc").limit(1).executeTakeFirst();
    const expected = (last?.number ?? 0) + 1;
    if (number > expected)
      throw new LedgerLostCommits(`block ${number - 1} of a pool whose last one here is ${expected - 1}`);
    if (number < expected) {
      const before = await blocksOf(tx, pool).where("number", "=", number).executeTakeFirstOrThrow();
      return { kind: "block", block: toBlock(before) };
    }
    return lendNext(tx, pool, prize, number, wanted, dry);
  });
}

async function lendNext(
  tx: Queries,
  pool: PoolKey,
  prize: Selectable<PrizeTable>,
  number: number,
  wanted: number,
  dry: boolean,
): Promise<Lent> {
  let ofTotal = prize.quota === null ? Number.POSITIVE_INFINITY : Math.max(prize.quota - prize.granted, 0);
  const ofDay =
    prize.daily_quota === null
      ? Number.POSITIVE_INFINITY
      : Math.max(prize.daily_quota - (await grantedOn(tx, pool, pool.day)), 0);
  const size = Math.min(wanted, ofTotal, ofDay);
  if (size > 0) {
    const serials = await takeSerials(tx, pool, prize, size);
    if (serials) {
      await addGranted(tx, pool, pool.day, serials.size);
      return insertBlock(tx, pool, { number, ...serials, exhausted: undefined });
    }
    // The code space is full: that bounds an unlimited prize.
    ofTotal = 0;
  }
  if (!dry) return { kind: "nothing" };

  const others = (await unspentPools(tx, pool)).filter((other) => !isSamePool(other, pool));
  // Where the day's quota is used up, only what comes back of the same day can be lent.
  const useful = ofDay === 0 ? others.filter(({ day }) => day === pool.day) : others;
  if (useful.length > 0) return { kind: "elsewhere", pools: useful };
  const exhausted: Exhausted = ofDay === 0 && (ofTotal > 0 || others.length > 0) ? "day" : "total";
  return insertBlock(tx, pool, { number, first: 0, size: 0, exhausted });
}

/** Free serials of a prize; of an unlimited one, more are reserved when there are none. */
async function takeSerials(
  tx: Queries,
  pool: PoolKey,
  prize: Selectable<PrizeTable>,
  size: number,
): Promise<SerialRange | undefined> {
  const serials = await takeLowestFree(tx, pool, size);
  if (serials) return serials;
  if (prize.quota !== null)
    throw new Error(`prize ${pool.prizeNo} of campaign ${pool.campaignNo} has quota left but no serials`);
  return (await reserveMore(tx, pool)) > 0 ? takeLowestFree(tx, pool, size) : undefined;
}

async function insertBlock(tx: Queries, pool: PoolKey, block: Block): Promise<Lent> {
  await tx
    .insertInto("block")
    .values({
      partition_no: pool.partitionNo,
      epoch: pool.epoch,
      campaign_no: pool.campaignNo,
      prize_no: pool.prizeNo,
      day: pool.day,
      number: block.number,
      first: block.first,
      size: block.size,
      spent: 0,
      exhausted: block.exhausted ?? null,
      closed: block.size === 0 ? 1 : 0,
    })
    .execute();
  return { kind: "block", block };
}

function isSamePool(a: PoolKey, b: PoolKey): boolean {
  return a.partitionNo === b.partitionNo && a.epoch === b.epoch && a.day === b.day;
}

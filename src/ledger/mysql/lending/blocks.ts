import type { Selectable } from "kysely";
import type { Block, PoolKey } from "../../lending.ts";
import type { Queries } from "../../sql/database.ts";
import type { PrizeKey } from "../../sql/free-ranges.ts";
import type { BlockTable } from "../../sql/schema.ts";

export type BlockRow = Selectable<BlockTable>;

export function blocksOf(queries: Queries, pool: PoolKey) {
  return queries
    .selectFrom("block")
    .selectAll()
    .where("partition_no", "=", pool.partitionNo)
    .where("epoch", "=", pool.epoch)
    .where("campaign_no", "=", pool.campaignNo)
    .where("prize_no", "=", pool.prizeNo)
    .where("day", "=", pool.day);
}

/** Blocks of a prize that have unspent serials by the ledger's knowledge, in whichever partition. */
export function openBlocks(queries: Queries, { campaignNo, prizeNo }: PrizeKey) {
  return queries
    .selectFrom("block")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where("closed", "=", 0);
}

export async function blocksAfter(queries: Queries, pool: PoolKey, number: number): Promise<Block[]> {
  const rows = await blocksOf(queries, pool).where("number", ">", number).orderBy("number").execute();
  return rows.map(toBlock);
}

export function toBlock({ number, first, size, exhausted }: BlockRow): Block {
  return { number, first, size, exhausted: exhausted ?? undefined };
}

/** Pools that hold serials of a prize which the ledger does not know to be spent. */
export async function unspentPools(queries: Queries, prize: PrizeKey): Promise<PoolKey[]> {
  return distinctPools(queries, prize.campaignNo).where("prize_no", "=", prize.prizeNo).execute();
}

export async function pastPools(queries: Queries, campaignNo: number, date: string): Promise<PoolKey[]> {
  return distinctPools(queries, campaignNo).where("day", "!=", "").where("day", "<", date).execute();
}

function distinctPools(queries: Queries, campaignNo: number) {
  return queries
    .selectFrom("block")
    .select([
      "campaign_no as campaignNo",
      "prize_no as prizeNo",
      "day",
      "partition_no as partitionNo",
      "epoch",
    ])
    .distinct()
    .where("campaign_no", "=", campaignNo)
    .where("closed", "=", 0)
    .orderBy("prize_no")
    .orderBy("day")
    .orderBy("partition_no")
    .orderBy("epoch");
}

export async function setBlock(
  tx: Queries,
  block: BlockRow,
  change: Partial<Pick<BlockRow, "size" | "spent" | "closed">>,
): Promise<void> {
  await tx
    .updateTable("block")
    .set(change)
    .where("partition_no", "=", block.partition_no)
    .where("epoch", "=", block.epoch)
    .where("campaign_no", "=", block.campaign_no)
    .where("prize_no", "=", block.prize_no)
    .where("day", "=", block.day)
    .where("number", "=", block.number)
    .execute();
}

export function closeBlock(tx: Queries, block: BlockRow): Promise<void> {
  return setBlock(tx, block, { closed: 1 });
}

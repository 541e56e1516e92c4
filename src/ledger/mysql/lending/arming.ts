import { sql } from "kysely";
import type { Database, Queries } from "../../sql/database.ts";
import type { PrizeKey } from "../../sql/free-ranges.ts";
import { closeBlock, openBlocks } from "./blocks.ts";
import { freeSerials } from "./free-serials.ts";
import { lockPartition, nowMs } from "./partitions.ts";

export async function beginArming(
  queries: Queries,
  partitionNo: number,
  epoch: number,
  owner: string,
  ttlMs: number,
): Promise<number | undefined> {
  const { numUpdatedRows } = await queries
    .updateTable("partition_state")
    .set({ epoch: epoch + 1, arming_owner: owner, arming_until_ms: sql`${nowMs} + ${ttlMs}` })
    .where("no", "=", partitionNo)
    .where("epoch", "=", epoch)
    .where((eb) =>
      eb.or([
        eb("arming_owner", "is", null),
        eb("arming_owner", "=", owner),
        eb("arming_until_ms", "<=", nowMs),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n ? epoch + 1 : undefined;
}

export async function extendArming(
  queries: Queries,
  partitionNo: number,
  epoch: number,
  owner: string,
  ttlMs: number,
): Promise<void> {
  await queries
    .updateTable("partition_state")
    .set({ arming_until_ms: sql`${nowMs} + ${ttlMs}` })
    .where("no", "=", partitionNo)
    .where("epoch", "=", epoch)
    .where("arming_owner", "=", owner)
    .execute();
}

/** One transaction a prize, since each holds up the lending of that prize; what one left undone, the next call does. */
export async function closeBlocks(
  db: Database,
  partitionNo: number,
  epoch: number,
  proven: boolean,
): Promise<void> {
  for (const prize of await prizesWithBlocks(db.kysely, partitionNo, epoch)) {
    await db.write(async (tx) => {
      const { epoch: current } = await lockPartition(tx, partitionNo);
      if (current !== epoch) throw overtaken(partitionNo, epoch);
      await closeOfPrize(tx, partitionNo, epoch, prize, proven);
    });
  }
}

async function closeOfPrize(
  tx: Queries,
  partitionNo: number,
  epoch: number,
  prize: PrizeKey,
  proven: boolean,
): Promise<void> {
  const blocks = await openBlocks(tx, prize)
    .where("partition_no", "=", partitionNo)
    .where("epoch", "<", epoch)
    .execute();
  for (const block of blocks) {
    await closeBlock(tx, block);
    const rest = { first: block.first + block.spent, size: block.size - block.spent };
    if (proven) {
      await freeSerials(tx, prize, block.day, rest);
    } else {
      await tx
        .insertInto("doubt")
        .values({
          campaign_no: prize.campaignNo,
          prize_no: prize.prizeNo,
          ...rest,
          partition_no: partitionNo,
          epoch: block.epoch,
          create_ms: nowMs,
        })
        .execute();
    }
  }
}

async function prizesWithBlocks(queries: Queries, partitionNo: number, epoch: number): Promise<PrizeKey[]> {
  return queries
    .selectFrom("block")
    .select(["campaign_no as campaignNo", "prize_no as prizeNo"])
    .distinct()
    .where("partition_no", "=", partitionNo)
    .where("closed", "=", 0)
    .where("epoch", "<", epoch)
    .orderBy("campaign_no")
    .orderBy("prize_no")
    .execute();
}

/** Repeating it is fine; but once somebody else has gone on to a higher epoch, this one must not come into force. */
export async function endArming(
  queries: Queries,
  partitionNo: number,
  epoch: number,
  owner: string,
  durable: boolean,
): Promise<void> {
  const { numUpdatedRows } = await queries
    .updateTable("partition_state")
    .set({ armed_epoch: epoch, durable: durable ? 1 : 0, arming_owner: null, arming_until_ms: 0 })
    .where("no", "=", partitionNo)
    .where("epoch", "=", epoch)
    .where((eb) => eb.or([eb("arming_owner", "=", owner), eb("armed_epoch", "=", epoch)]))
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw overtaken(partitionNo, epoch);
}

function overtaken(partitionNo: number, epoch: number): Error {
  return new Error(
    `partition ${partitionNo} is no longer being armed for epoch ${epoch}: somebody else went on`,
  );
}

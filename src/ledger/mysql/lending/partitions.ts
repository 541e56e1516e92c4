import { sql } from "kysely";
import type { Partition } from "../../lending.ts";
import { type Database, inserted, type Queries } from "../../sql/database.ts";

/** The database's own clock, in milliseconds: it alone decides when a lease is over. */
export const nowMs = sql<number>`cast(unix_timestamp(now(3)) * 1000 as signed)`;

export function setUpPartitions(db: Database, count: number): Promise<void> {
  return db.write(async (tx) => {
    const setting = { name: "partitions", value: String(count) };
    if (await inserted(db, tx.insertInto("setting").values(setting))) {
      const rows = Array.from({ length: count }, (_, no) => ({ ...unused, no }));
      await tx.insertInto("partition_state").values(rows).execute();
      return;
    }
    const { value } = await tx
      .selectFrom("setting")
      .select("value")
      .where("name", "=", setting.name)
      .executeTakeFirstOrThrow();
    if (value === setting.value) return;
    throw new Error(`the ledger was set up with ${value} partitions, which is fixed, and not ${count}`);
  });
}

const unused = {
  epoch: 0,
  high_epoch: 0,
  high_n: 0,
  clock_ms: 0,
  armed_epoch: 0,
  durable: 0,
  lease_owner: null,
  lease_until_ms: 0,
  arming_owner: null,
  arming_until_ms: 0,
};

export async function partition(queries: Queries, no: number): Promise<Partition> {
  return toPartition(no, await partitionRow(queries, no).executeTakeFirst());
}

/** A partition that nobody else changes until the transaction ends. */
export async function lockPartition(tx: Queries, no: number): Promise<Partition> {
  return toPartition(no, await partitionRow(tx, no).forUpdate().executeTakeFirst());
}

/** A partition whose epoch stays what it is until the transaction ends. (MariaDB knows no FOR SHARE.) */
export async function sharePartition(tx: Queries, no: number): Promise<Partition> {
  return toPartition(no, await partitionRow(tx, no).modifyEnd(sql`lock in share mode`).executeTakeFirst());
}

const partitionRow = (queries: Queries, no: number) =>
  queries.selectFrom("partition_state").selectAll().where("no", "=", no);

type PartitionRow = Awaited<ReturnType<ReturnType<typeof partitionRow>["executeTakeFirst"]>>;

function toPartition(no: number, row: PartitionRow): Partition {
  if (!row) throw new Error(`there is no partition ${no}`);
  return {
    no,
    epoch: row.epoch,
    armedEpoch: row.armed_epoch,
    highEpoch: row.high_epoch,
    highN: row.high_n,
    clockMs: row.clock_ms,
    durable: row.durable === 1,
  };
}

export async function lease(queries: Queries, no: number, owner: string, ttlMs: number): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("partition_state")
    .set({ lease_owner: owner, lease_until_ms: sql`${nowMs} + ${ttlMs}` })
    .where("no", "=", no)
    .where((eb) => eb.or([eb("lease_owner", "=", owner), eb("lease_until_ms", "<=", nowMs)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function release(queries: Queries, no: number, owner: string): Promise<void> {
  await queries
    .updateTable("partition_state")
    .set({ lease_owner: null, lease_until_ms: 0 })
    .where("no", "=", no)
    .where("lease_owner", "=", owner)
    .execute();
}

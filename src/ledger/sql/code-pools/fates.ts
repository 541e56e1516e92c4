import type { PoolCode } from "../../code-pools.ts";
import type { Queries } from "../database.ts";
import { batchesFrom } from "./batches.ts";

/** What became of codes of a pool, in the order of the serials given; what is no code of it is left out. */
export async function codesBySerial(
  queries: Queries,
  campaignNo: number,
  serials: number[],
): Promise<PoolCode[]> {
  if (serials.length === 0) return [];
  const [lowest, highest] = [Math.min(...serials), Math.max(...serials)];
  const made = await batchesFrom(queries, campaignNo, lowest, serials.length, highest);
  const { space_no: spaceNo } = await queries
    .selectFrom("campaign")
    .select("space_no")
    .where("no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  const entries = await queries
    .selectFrom("entry")
    .select(["serial", "user_id", "time_ms"])
    .where("space_no", "=", spaceNo)
    .where("serial", "in", serials)
    .execute();
  const deleted = await queries
    .selectFrom("deleted_code")
    .select(["serial", "delete_ms"])
    .where("space_no", "=", spaceNo)
    .where("serial", "in", serials)
    .where("delete_ms", "is not", null)
    .execute();
  const redemptions = await queries
    .selectFrom("redemption")
    .select(["serial", "redeem_ms", "revoke_ms"])
    .where("space_no", "=", spaceNo)
    .where("serial", "in", serials)
    .execute();
  const doubts = await queries
    .selectFrom("doubt")
    .select(["first", "size"])
    .where("campaign_no", "=", campaignNo)
    .where("first", "<=", highest)
    .execute();
  const entryOf = new Map(entries.map((row) => [row.serial!, row]));
  const deletedMs = new Map(deleted.map((row) => [row.serial, row.delete_ms!]));
  const redemptionOf = new Map(redemptions.map((row) => [row.serial, row]));

  return serials.flatMap((serial) => {
    const batch = made.find(({ first, size }) => serial >= first && serial < first + size);
    if (!batch) return [];
    const entry = entryOf.get(serial);
    const { redeem_ms: redeemMs, revoke_ms: revokeMs } = redemptionOf.get(serial) ?? {};
    const deleteMs = deletedMs.get(serial) ?? revokeMs ?? undefined;
    const inDoubt = doubts.some(({ first, size }) => serial >= first && serial < first + size);
    return {
      serial,
      createMs: batch.createMs,
      state: stateOf({ deleteMs, redeemMs, isAssigned: entry !== undefined, inDoubt }),
      userId: entry?.user_id ?? "",
      assignMs: entry?.time_ms,
      redeemMs: redeemMs ?? undefined,
      deleteMs,
    };
  });
}

interface Fate {
  deleteMs: number | undefined;
  redeemMs: number | null | undefined;
  isAssigned: boolean;
  inDoubt: boolean;
}

function stateOf({ deleteMs, redeemMs, isAssigned, inDoubt }: Fate): PoolCode["state"] {
  if (deleteMs !== undefined) return "deleted";
  if (redeemMs) return "redeemed";
  if (isAssigned) return "assigned";
  return inDoubt ? "in-doubt" : "free";
}

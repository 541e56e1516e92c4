import type { SerialRange } from "../../../campaign/campaign.ts";
import type { CodeKey } from "../../code-pools.ts";
import type { Queries } from "../database.ts";

/** Serials of a pool that have codes, and when they got them. */
export interface MadeCodes extends SerialRange {
  createMs: number;
}

/**
 * Batches of a pool in order: the one that a serial is in or comes after (undefined: none), and at most so many above it, up to `last`. Each
 * has a code at least.
 */
export async function batchesFrom(
  queries: Queries,
  campaignNo: number,
  serial: number | undefined,
  limit: number,
  last = Number.MAX_SAFE_INTEGER,
): Promise<MadeCodes[]> {
  const batches = queries
    .selectFrom("code_batch")
    .select(["first", "made as size", "create_ms as createMs"])
    .where("campaign_no", "=", campaignNo)
    .where("made", ">", 0);
  const around =
    serial === undefined
      ? []
      : await batches.where("first", "<=", serial).orderBy("first", "desc").limit(1).execute();
  const above = await batches
    .where("first", ">", serial ?? -1)
    .where("first", "<=", last)
    .orderBy("first")
    .limit(limit)
    .execute();
  return [...around, ...above];
}

export async function poolOf(queries: Queries, { spaceNo, serial }: CodeKey): Promise<number | undefined> {
  const batch = await queries
    .selectFrom("code_batch")
    .select(["campaign_no", "first", "made"])
    .where("space_no", "=", spaceNo)
    .where("first", "<=", serial)
    .orderBy("first", "desc")
    .limit(1)
    .executeTakeFirst();
  return batch && serial < batch.first + batch.made ? batch.campaign_no : undefined;
}

/** What is above a serial (undefined: all) of ascending ranges, neighbours as one. */
export function rangesAfter(ranges: readonly SerialRange[], after: number | undefined): SerialRange[] {
  const joined: SerialRange[] = [];
  for (const range of ranges) {
    const first = Math.max(range.first, after === undefined ? 0 : after + 1);
    const size = range.first + range.size - first;
    if (size <= 0) continue;
    const last = joined.at(-1);
    if (last && last.first + last.size === first) last.size += size;
    else joined.push({ first, size });
  }
  return joined;
}

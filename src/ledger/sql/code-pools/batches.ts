import type { SerialRange } from "../../../campaign/campaign.ts";
import type { CodeKey } from "../../code-pools.ts";
import type { Queries } from "../database.ts";

/** Serials of a pool that have codes, and when they got them. */
export interface MadeCodes extends SerialRange {
  createMs: number;
}

/** A pool's, ascending. */
export async function madeCodes(queries: Queries, campaignNo: number): Promise<MadeCodes[]> {
  const rows = await queries
    .selectFrom("code_batch")
    .select(["first", "made as size", "create_ms as createMs"])
    .where("campaign_no", "=", campaignNo)
    .where("made", ">", 0)
    .orderBy("first")
    .execute();
  return rows;
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

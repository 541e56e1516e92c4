import type { SerialRange } from "../../../campaign/campaign.ts";
import type { PoolCodeState } from "../../code-pools.ts";
import type { Database, Queries } from "../database.ts";
import { batchesFrom, rangesAfter } from "./batches.ts";

/** Where the codes of a pool are looked for. */
export interface SearchedPool {
  campaignNo: number;
  spaceNo: number;
  /** All that are reserved for it, ascending. */
  reserved: readonly SerialRange[];
}

export async function searchedPool(queries: Queries, campaignNo: number): Promise<SearchedPool> {
  const { space_no: spaceNo } = await queries
    .selectFrom("campaign")
    .select("space_no")
    .where("no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  const reserved = await queries
    .selectFrom("prize_range")
    .select(["first", "size"])
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", 0)
    .orderBy("first")
    .execute();
  return { campaignNo, spaceNo, reserved };
}

/** Serials of a pool, ascending, above one and at most so many, among which are all in some state. */
export type Source = (
  queries: Queries,
  pool: SearchedPool,
  after: number | undefined,
  limit: number,
) => Promise<number[]>;

/** Every code. */
export const all: Source = async (queries, { campaignNo }, after, limit) =>
  serialsIn(rangesAfter(await batchesFrom(queries, campaignNo, after, limit), after), limit);

/**
 * Where codes in a state are to be found without looking at those in the others, of which there may be a million: free serials are ranges,
 * what was given out or taken away are rows in the order of serials.
 */
export function sourceOf(state: PoolCodeState, { lends }: Pick<Database, "lends">): Source {
  switch (state) {
    case "free":
      return lends ? freeOrLent : free;
    case "assigned":
      return assigned;
    case "redeemed":
      return touched;
    case "deleted":
      return merged([deleted, touched]);
  }
}

/** The lowest of what several sources find. */
export function merged(sources: Source[]): Source {
  return async (queries, pool, after, limit) => {
    const found = new Set<number>();
    for (const source of sources)
      for (const serial of await source(queries, pool, after, limit)) found.add(serial);
    return [...found].sort((a, b) => a - b).slice(0, limit);
  };
}

const free: Source = async (queries, pool, after, limit) =>
  serialsIn(rangesAfter(await freeRanges(queries, pool, after, limit), after), limit);

/** What is lent and not spent is free to the ledger's knowledge. */
const freeOrLent: Source = async (queries, pool, after, limit) => {
  const blocks = await queries
    .selectFrom("block")
    .select((eb) => [
      eb("first", "+", eb.ref("spent")).as("first"),
      eb("size", "-", eb.ref("spent")).as("size"),
    ])
    .where("campaign_no", "=", pool.campaignNo)
    .where("prize_no", "=", 0)
    .where("closed", "=", 0)
    .execute();
  const ranges = [...blocks, ...(await freeRanges(queries, pool, after, limit))];
  return serialsIn(
    rangesAfter(
      ranges.sort((a, b) => a.first - b.first),
      after,
    ),
    limit,
  );
};

/** As many ranges as may be needed: each has a serial at least. */
async function freeRanges(
  queries: Queries,
  { campaignNo }: SearchedPool,
  after: number | undefined,
  limit: number,
): Promise<SerialRange[]> {
  const ranges = queries
    .selectFrom("free_range")
    .select(["first", "size"])
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", 0);
  if (after === undefined) return ranges.orderBy("first").limit(limit).execute();
  // The one that the serial is in, and those above it.
  const around = await ranges.where("first", "<=", after).orderBy("first", "desc").limit(1).execute();
  return [...around, ...(await ranges.where("first", ">", after).orderBy("first").limit(limit).execute())];
}

/** In the pool's part of a table whose key is the serial. */
const inTable =
  (table: "entry" | "redemption"): Source =>
  async (queries, { spaceNo, reserved }, after, limit) => {
    const serials: number[] = [];
    for (const { first, size } of rangesAfter(reserved, after)) {
      const rows = await queries
        .selectFrom(table)
        .select("serial")
        .where("space_no", "=", spaceNo)
        .where("serial", ">=", first)
        .where("serial", "<", first + size)
        .orderBy("serial")
        .limit(limit - serials.length)
        .execute();
      serials.push(...rows.map(({ serial }) => serial!));
      if (serials.length === limit) break;
    }
    return serials;
  };

const assigned = inTable("entry");
/** Reserved, redeemed or revoked. */
const touched = inTable("redemption");

const deleted: Source = async (queries, { campaignNo }, after, limit) => {
  const rows = await queries
    .selectFrom("deleted_code")
    .select("serial")
    .where("campaign_no", "=", campaignNo)
    .where("serial", ">", after ?? -1)
    .where("delete_ms", "is not", null)
    .orderBy("serial")
    .limit(limit)
    .execute();
  return rows.map(({ serial }) => serial);
};

function serialsIn(ranges: SerialRange[], limit: number): number[] {
  const serials: number[] = [];
  for (const { first, size } of ranges) {
    for (let i = 0; i < size; i++) {
      if (serials.length === limit) return serials;
      serials.push(first + i);
    }
  }
  return serials;
}

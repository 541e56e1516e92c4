import type { SerialRange } from "../../campaign/campaign.ts";
import type { Queries } from "./database.ts";

/** A prize by place. Whoever moves its serials holds a lock on its row. */
export interface PrizeKey {
  campaignNo: number;
  prizeNo: number;
}

/** Adds serials to the free ones of a prize, as one range with their neighbours. */
export async function addFree(tx: Queries, prize: PrizeKey, { first, size }: SerialRange): Promise<void> {
  const before = await of(tx, prize)
    .where("first", "<", first)
    .orderBy("first", "desc")
    .limit(1)
    .executeTakeFirst();
  const after = await of(tx, prize)
    .where("first", "=", first + size)
    .executeTakeFirst();
  const joined = { first, size };
  if (before && before.first + before.size === first) {
    await remove(tx, prize, before.first);
    joined.first = before.first;
    joined.size += before.size;
  }
  if (after) {
    await remove(tx, prize, after.first);
    joined.size += after.size;
  }
  await add(tx, prize, joined);
}

/** Takes up to `max` serials from the start of the lowest free range; undefined: there is none. */
export async function takeLowestFree(
  tx: Queries,
  prize: PrizeKey,
  max: number,
): Promise<SerialRange | undefined> {
  const lowest = await of(tx, prize).orderBy("first").limit(1).executeTakeFirst();
  if (!lowest) return undefined;
  const taken = { first: lowest.first, size: Math.min(lowest.size, max) };
  await cut(tx, prize, lowest, taken);
  return taken;
}

/** Takes one serial out of the free ones; false: it is not free. */
export async function takeFree(tx: Queries, prize: PrizeKey, serial: number): Promise<boolean> {
  const range = await of(tx, prize)
    .where("first", "<=", serial)
    .orderBy("first", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!range || serial >= range.first + range.size) return false;
  await cut(tx, prize, range, { first: serial, size: 1 });
  return true;
}

async function cut(tx: Queries, prize: PrizeKey, range: SerialRange, piece: SerialRange): Promise<void> {
  await remove(tx, prize, range.first);
  for (const rest of without(range, piece)) await add(tx, prize, rest);
}

/** What is left of a range, on either side, when a piece of it is gone. */
export function without(range: SerialRange, piece: SerialRange): SerialRange[] {
  const end = piece.first + piece.size;
  return [
    { first: range.first, size: piece.first - range.first },
    { first: end, size: range.first + range.size - end },
  ].filter(({ size }) => size > 0);
}

function of(tx: Queries, { campaignNo, prizeNo }: PrizeKey) {
  return tx
    .selectFrom("free_range")
    .select(["first", "size"])
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo);
}

async function remove(tx: Queries, { campaignNo, prizeNo }: PrizeKey, first: number): Promise<void> {
  await tx
    .deleteFrom("free_range")
    .where("campaign_no", "=", campaignNo)
    .where("prize_no", "=", prizeNo)
    .where("first", "=", first)
    .execute();
}

async function add(tx: Queries, { campaignNo, prizeNo }: PrizeKey, range: SerialRange): Promise<void> {
  await tx
    .insertInto("free_range")
    .values({ campaign_no: campaignNo, prize_no: prizeNo, ...range })
    .execute();
}

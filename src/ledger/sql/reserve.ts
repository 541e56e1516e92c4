import type { SerialRange } from "../../campaign/campaign.ts";
import { room } from "../../codes/format.ts";
import type { Queries } from "./database.ts";
import { addFree, type PrizeKey } from "./free-ranges.ts";

const STEP = 2 ** 20;
const MIN_STEP = 2 ** 10;

/** A code space whose row is locked, so that its serials go to one prize at a time. */
export interface LockedSpace {
  no: number;
  /** The next serial that nobody has reserved. */
  next: number;
  /** How many can be reserved still. */
  left: number;
}

export async function lockSpace(tx: Queries, no: number, allowGuessable: boolean): Promise<LockedSpace> {
  const row = await tx
    .selectFrom("code_space")
    .select(["alphabet", "length", "prefix", "next_serial"])
    .where("no", "=", no)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { no, next: row.next_serial, left: Math.max(room(row, { allowGuessable }) - row.next_serial, 0) };
}

/** Takes serials of a space, which nobody gets any more. The space has them left. */
export async function takeOfSpace(tx: Queries, space: LockedSpace, size: number): Promise<SerialRange> {
  const range = { first: space.next, size };
  space.next += size;
  space.left -= size;
  await tx.updateTable("code_space").set({ next_serial: space.next }).where("no", "=", space.no).execute();
  return range;
}

/** Reserves serials for a prize; they are free at first. */
async function reserve(tx: Queries, space: LockedSpace, prize: PrizeKey, size: number): Promise<void> {
  const range = await takeOfSpace(tx, space, size);
  await tx
    .insertInto("prize_range")
    .values({ campaign_no: prize.campaignNo, prize_no: prize.prizeNo, ...range })
    .execute();
  await addFree(tx, prize, range);
}

/** What a prize is to get: so many serials, or, where it is unlimited, a step. */
export interface Want extends PrizeKey {
  size: number | undefined;
}

/** Reserves for several prizes of a campaign, or for none: then it returns the room there is. */
export async function reserveAll(
  tx: Queries,
  space: LockedSpace,
  wants: Want[],
): Promise<number | undefined> {
  const needed = wants.reduce((total, { size = 1 }) => total + size, 0);
  if (needed > space.left) return space.left;
  // Unlimited ones last: they take of what the others leave.
  const steps = wants.filter(({ size }) => size === undefined);
  for (const want of wants) if (want.size) await reserve(tx, space, want, want.size);
  for (const [at, want] of steps.entries()) {
    await reserve(tx, space, want, Math.min(stepOf(space), space.left - (steps.length - 1 - at)));
  }
  return undefined;
}

/**
 * How many serials an unlimited prize reserves at a time: a million, but of a small space only a part of what is left, since other
 * campaigns may share it.
 */
function stepOf(space: LockedSpace): number {
  return Math.min(STEP, Math.max(MIN_STEP, Math.floor(space.left / 16)), space.left);
}

/**
 * Reserves the next serials of an unlimited prize, whose row is locked, because it has none free; returns how many: 0 when its code
 * space is full. The campaign's ranges grow by this without a new revision.
 */
export async function reserveMore(tx: Queries, prize: PrizeKey): Promise<number> {
  const campaign = await tx
    .selectFrom("campaign")
    .select(["space_no", "allow_guessable"])
    .where("no", "=", prize.campaignNo)
    .executeTakeFirstOrThrow();
  const space = await lockSpace(tx, campaign.space_no, campaign.allow_guessable === 1);
  const size = stepOf(space);
  if (size > 0) await reserve(tx, space, prize, size);
  return size;
}

import { sql } from "kysely";
import type { Mechanic } from "../../campaign/campaign.ts";
import type { Mutation } from "../ledger.ts";
import type { Claim, RaffleDraw, RaffleDrawn, RaffleLedger, RaffleWinner } from "../raffles.ts";
import { buffer } from "./bytes.ts";
import { attempt, type Database, inserted, type Queries } from "./database.ts";
import { appendEvent } from "./events.ts";
import { addMutation } from "./mutations.ts";

/** Rows of one INSERT. */
const rowsAtOnce = 1_000;

export function sqlRaffles(db: Database): RaffleLedger {
  const { kysely } = db;
  return {
    claims: (spaceNo, from, to) => claims(db, spaceNo, from, to),
    lastClaim: (spaceNo, from, to) => lastClaim(kysely, spaceNo, from, to),
    raffleDraw: (campaignNo) => raffleDraw(kysely, campaignNo),
    drawRaffle: (draw, winners, mutation) => drawRaffle(db, draw, winners, mutation),
    raffleWinners: (campaignNo, userHash, after, limit) =>
      raffleWinners(kysely, campaignNo, userHash, after, limit),
    raffleWinner: (campaignNo, serial) => raffleWinner(kysely, campaignNo, serial),
    unrevealed: (mechanic) => unrevealed(kysely, mechanic),
    reveal: (campaignNo) => reveal(kysely, campaignNo),
  };
}

/** Added to a serial's offset, so that its decimal digits are always as many: twelve, and two of them a byte when they are read. */
const digitsBase = 100_000_000_000;
const serialBytes = 6;
const claimBytes = serialBytes + 16;

/**
 * The database joins a page into one text, in hexadecimal: a raffle may have millions of claims, and a row and an object for each would take
 * several times as long.
 */
async function claims(
  { kysely, joined }: Database,
  spaceNo: number,
  from: number,
  to: number,
): Promise<Claim[]> {
  const claim = sql<string>`concat(serial + ${sql.lit(digitsBase - from)}, hex(user_hash))`;
  const page = await claimed(kysely, spaceNo, from, to).select(joined(claim).as("packed")).executeTakeFirst();
  const packed = Buffer.from(page?.packed ?? "", "hex");
  const found: Claim[] = [];
  for (let at = 0; at < packed.length; at += claimBytes) {
    let digits = 0;
    for (let b = at; b < at + serialBytes; b++)
      digits = digits * 100 + (packed[b]! >> 4) * 10 + (packed[b]! & 15);
    const userHash = packed.subarray(at + serialBytes, at + claimBytes);
    found.push({ serial: from + digits - digitsBase, userHash });
  }
  return found.sort((a, b) => a.serial - b.serial);
}

async function lastClaim(queries: Queries, spaceNo: number, from: number, to: number) {
  const row = await claimed(queries, spaceNo, from, to)
    .select(({ fn }) => fn.max<number | null>("serial").as("serial"))
    .executeTakeFirst();
  return row?.serial ?? undefined;
}

const claimed = (queries: Queries, spaceNo: number, from: number, to: number) =>
  queries
    .selectFrom("entry")
    .where("space_no", "=", spaceNo)
    .where("serial", ">=", from)
    .where("serial", "<", to);

async function raffleDraw(queries: Queries, campaignNo: number): Promise<RaffleDraw | undefined> {
  const row = await queries
    .selectFrom("raffle_draw")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .executeTakeFirst();
  return (
    row && {
      campaignNo,
      tickets: row.tickets,
      winners: row.winners,
      digest: buffer(row.digest),
      entropy: buffer(row.entropy),
      drawMs: row.draw_ms,
    }
  );
}

function drawRaffle(
  db: Database,
  { campaignNo, tickets, winners: count, digest, entropy, drawMs }: RaffleDraw,
  winners: RaffleWinner[],
  mutation: Mutation | undefined,
): Promise<RaffleDrawn> {
  return attempt<RaffleDrawn>(db, async (tx, undo) => {
    if (mutation && !(await addMutation(db, tx, mutation, { subject: String(campaignNo) }, drawMs))) {
      return undo("repeated");
    }
    const row = { campaign_no: campaignNo, tickets, winners: count, digest, entropy, draw_ms: drawMs };
    // Its key makes it the only one: who draws at the same time waits here, and then finds it taken.
    if (!(await inserted(db, tx.insertInto("raffle_draw").values(row)))) return undo("drawn-before");
    for (let at = 0; at < winners.length; at += rowsAtOnce) {
      const rows = winners.slice(at, at + rowsAtOnce).map(({ position, prizeNo, serial }) => ({
        campaign_no: campaignNo,
        position,
        prize_no: prizeNo,
        serial,
      }));
      await tx.insertInto("raffle_winner").values(rows).execute();
    }
    await reveal(tx, campaignNo);
    await appendEvent(tx, campaignNo, "winners.drawn", { tickets, winners: count }, drawMs);
    return "drawn";
  });
}

async function raffleWinners(
  queries: Queries,
  campaignNo: number,
  userHash: Uint8Array | undefined,
  afterPosition: number,
  limit: number,
): Promise<(RaffleWinner & { userId: string })[]> {
  let query = queries
    .selectFrom("raffle_winner as winner")
    .innerJoin("campaign", "campaign.no", "winner.campaign_no")
    .innerJoin("entry", (join) =>
      join.onRef("entry.space_no", "=", "campaign.space_no").onRef("entry.serial", "=", "winner.serial"),
    )
    .select(["winner.position", "winner.prize_no", "winner.serial", "entry.user_id"])
    .where("winner.campaign_no", "=", campaignNo)
    .where("winner.position", ">", afterPosition);
  if (userHash !== undefined) query = query.where("entry.user_hash", "=", buffer(userHash));
  const rows = await query.orderBy("winner.position").limit(limit).execute();
  return rows.map((row) => ({
    position: row.position,
    prizeNo: row.prize_no,
    serial: row.serial,
    userId: row.user_id,
  }));
}

async function raffleWinner(
  queries: Queries,
  campaignNo: number,
  serial: number,
): Promise<RaffleWinner | undefined> {
  const row = await queries
    .selectFrom("raffle_winner")
    .select(["position", "prize_no"])
    .where("campaign_no", "=", campaignNo)
    .where("serial", "=", serial)
    .executeTakeFirst();
  return row && { position: row.position, prizeNo: row.prize_no, serial };
}

async function unrevealed(queries: Queries, mechanic: Mechanic["kind"]): Promise<number[]> {
  const rows = await queries
    .selectFrom("campaign")
    .select("no")
    .where("mechanic", "=", mechanic)
    .where("draw_revealed", "=", 0)
    .where("deleted_ms", "is", null)
    .orderBy("no")
    .execute();
  return rows.map(({ no }) => no);
}

async function reveal(queries: Queries, campaignNo: number): Promise<void> {
  await queries.updateTable("campaign").set({ draw_revealed: 1 }).where("no", "=", campaignNo).execute();
}

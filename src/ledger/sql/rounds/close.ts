import type { Day } from "../../../campaign/day.ts";
import { endingMs } from "../../../campaign/rounds.ts";
import type { Mark } from "../../entries.ts";
import type { Mutation } from "../../mutation.ts";
import type { RoundDraw, RoundDrawn, RoundWinner } from "../../rounds.ts";
import { attempt, type Database, inserted, type Queries } from "../database.ts";
import { appendEvent } from "../events.ts";
import { addMutation } from "../mutations.ts";
import { markText } from "./find.ts";

/** Rows of one INSERT. */
const rowsAtOnce = 1_000;

export async function addRounds(
  db: Database,
  campaignNo: number,
  days: Day[],
  fromMark: Mark | undefined,
): Promise<void> {
  for (const { date, startMs, endMs } of days) {
    const row = {
      campaign_no: campaignNo,
      date,
      start_ms: startMs,
      end_ms: endMs,
      state: "open" as const,
      from_marks: fromMark ? markText(fromMark) : null,
      lease_until_ms: 0,
    };
    // Every server makes them.
    await db.write((tx) => inserted(db, tx.insertInto("round").values(row)));
  }
}

export async function leaseRound(
  db: Database,
  campaignNo: number,
  date: string,
  owner: string,
  ttlMs: number,
): Promise<boolean> {
  const update = (tx: Queries) =>
    ofRound(tx, campaignNo, date)
      .set((eb) => ({ lease_owner: owner, lease_until_ms: eb(db.clockMs, "+", ttlMs) }))
      .where("state", "!=", "drawn")
      .where((eb) =>
        eb.or([
          eb("lease_owner", "is", null),
          eb("lease_owner", "=", owner),
          eb("lease_until_ms", "<=", db.clockMs),
        ]),
      )
      .executeTakeFirst();
  const { numUpdatedRows } = await db.write(update);
  return numUpdatedRows > 0n;
}

export async function releaseRound(
  db: Database,
  campaignNo: number,
  date: string,
  owner: string,
): Promise<void> {
  await db.write((tx) =>
    ofRound(tx, campaignNo, date).set({ lease_owner: null }).where("lease_owner", "=", owner).execute(),
  );
}

/** A change of the prizes waits for this to end, or comes before it. */
export function sealRound(db: Database, campaignNo: number, date: string): Promise<void> {
  return db.write(async (tx) => {
    await tx.selectFrom("campaign").select("no").where("no", "=", campaignNo).forUpdate().execute();
    const prizes = await tx
      .selectFrom("prize")
      .select("quota")
      .where("campaign_no", "=", campaignNo)
      .orderBy("no")
      .execute();
    await ofRound(tx, campaignNo, date)
      .set({ state: "sealed", quotas: JSON.stringify(prizes.map(({ quota }) => quota!)) })
      .where("state", "=", "open")
      .execute();
  });
}

export async function markRound(db: Database, campaignNo: number, date: string, mark: Mark): Promise<void> {
  await db.write((tx) =>
    ofRound(tx, campaignNo, date)
      .set({ marks: markText(mark) })
      .where("marks", "is", null)
      .execute(),
  );
}

export async function roundWaits(db: Database, campaignNo: number, date: string): Promise<void> {
  await db.write((tx) =>
    ofRound(tx, campaignNo, date).set({ state: "waiting" }).where("state", "=", "sealed").execute(),
  );
}

export function drawRound(
  db: Database,
  campaignNo: number,
  date: string,
  draw: RoundDraw,
  winners: RoundWinner[],
  mutation: Mutation | undefined,
): Promise<RoundDrawn> {
  const { ballots, digest, entropy, drawMs } = draw;
  return attempt<RoundDrawn>(db, async (tx, undo) => {
    const about = { subject: `${campaignNo} ${date}` };
    if (mutation && !(await addMutation(db, tx, mutation, about, drawMs))) return undo("repeated");
    // Who draws at the same time waits here, and then finds it drawn.
    const { numUpdatedRows } = await ofRound(tx, campaignNo, date)
      .set({
        state: "drawn",
        ballots,
        winners: winners.length,
        digest,
        entropy,
        draw_ms: drawMs,
        lease_owner: null,
      })
      .where("state", "in", ["sealed", "waiting"])
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return undo("drawn-before");
    const rows = winners.map((winner) => ({
      campaign_no: campaignNo,
      date,
      rank: winner.rank,
      prize_no: winner.prizeNo,
      partition_no: winner.partitionNo,
      epoch: winner.epoch,
      n: winner.n,
      i: winner.i,
      user_hash: winner.userHash,
    }));
    for (let at = 0; at < rows.length; at += rowsAtOnce) {
      await tx
        .insertInto("round_winner")
        .values(rows.slice(at, at + rowsAtOnce))
        .execute();
    }
    if (await isOver(tx, campaignNo, drawMs)) {
      await tx.updateTable("campaign").set({ draw_revealed: 1 }).where("no", "=", campaignNo).execute();
    }
    await appendEvent(tx, campaignNo, "round.closed", { date, ballots, winners: winners.length }, drawMs);
    return "drawn";
  });
}

/** Whether a lottery's last round is drawn, and with it all. */
export async function isOver(tx: Queries, campaignNo: number, nowMs: number): Promise<boolean> {
  const { end_ms, ended_ms } = await tx
    .selectFrom("campaign")
    .select(["end_ms", "ended_ms"])
    .where("no", "=", campaignNo)
    .executeTakeFirstOrThrow();
  const overMs = Math.min(end_ms, ended_ms ?? end_ms);
  const untilMs = Math.min(end_ms, (ended_ms ?? end_ms) + endingMs);
  if (overMs > nowMs) return false;
  const rounds = await tx
    .selectFrom("round")
    .select("state")
    .where("campaign_no", "=", campaignNo)
    .where("start_ms", "<", untilMs)
    .where((eb) => eb.or([eb("state", "!=", "drawn"), eb("end_ms", ">=", untilMs)]))
    .execute();
  return rounds.length === 1 && rounds[0]!.state === "drawn";
}

function ofRound(queries: Queries, campaignNo: number, date: string) {
  return queries.updateTable("round").where("campaign_no", "=", campaignNo).where("date", "=", date);
}

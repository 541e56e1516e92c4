import type { Expression, ExpressionBuilder, Selectable, SqlBool } from "kysely";
import type { Campaign } from "../../../campaign/campaign.ts";
import { endingMs } from "../../../campaign/rounds.ts";
import type { Mark } from "../../entries.ts";
import type { Round, RoundFilter } from "../../rounds.ts";
import { buffer } from "../bytes.ts";
import { withParts } from "../campaigns.ts";
import type { Database, Queries } from "../database.ts";
import type { RoundTable } from "../rounds-schema.ts";
import type { Schema } from "../schema.ts";

export async function round(queries: Queries, campaignNo: number, date: string): Promise<Round | undefined> {
  const row = await queries
    .selectFrom("round")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("date", "=", date)
    .executeTakeFirst();
  return row && toRound(row);
}

export async function lastRound(queries: Queries, campaignNo: number): Promise<Round | undefined> {
  const row = await queries
    .selectFrom("round")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .orderBy("date", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && toRound(row);
}

function toRound(row: Selectable<RoundTable>): Round {
  return {
    campaignNo: row.campaign_no,
    date: row.date,
    startMs: row.start_ms,
    endMs: row.end_ms,
    state: row.state,
    quotas: row.quotas === null ? undefined : JSON.parse(row.quotas),
    mark: toMark(row.marks),
    draw:
      row.state === "drawn"
        ? {
            ballots: row.ballots!,
            winners: row.winners!,
            digest: buffer(row.digest!),
            entropy: buffer(row.entropy!),
            drawMs: row.draw_ms!,
          }
        : undefined,
  };
}

export function markText(mark: Mark): string {
  return JSON.stringify(mark.map(({ partitionNo, epoch, n }) => [partitionNo, epoch, n]));
}

export function toMark(text: string | null): Mark | undefined {
  if (text === null) return undefined;
  const places: [number, number, number][] = JSON.parse(text);
  return places.map(([partitionNo, epoch, n]) => ({ partitionNo, epoch, n }));
}

export async function rounds(
  queries: Queries,
  campaignNo: number,
  filter: RoundFilter,
  beforeDate: string | undefined,
  limit: number,
): Promise<Round[]> {
  const { states, nowMs, untilMs } = filter;
  let query = queries
    .selectFrom("round")
    .selectAll()
    .where("campaign_no", "=", campaignNo)
    .where("start_ms", "<=", nowMs)
    .where("start_ms", "<", untilMs);
  if (states.length > 0)
    query = query.where((eb) => eb.or(states.map((state) => inState(eb, state, filter))));
  if (beforeDate !== undefined) query = query.where("date", "<", beforeDate);
  const rows = await query.orderBy("date", "desc").limit(limit).execute();
  return rows.map(toRound);
}

function inState(
  eb: ExpressionBuilder<Schema, "round">,
  state: RoundFilter["states"][number],
  { nowMs, overMs }: RoundFilter,
): Expression<SqlBool> {
  if (state === "drawn") return eb("state", "=", "drawn");
  const open = eb("state", "=", "open");
  const isOver = nowMs >= overMs;
  // A comparison that holds for none stands for "none": a constant is no condition to every database.
  if (state === "open") return eb.and([open, eb("end_ms", ">", isOver ? Number.MAX_SAFE_INTEGER : nowMs)]);
  const ended = eb.and([open, eb("end_ms", "<=", isOver ? Number.MAX_SAFE_INTEGER : nowMs)]);
  return eb.or([eb("state", "in", ["sealed", "waiting"]), ended]);
}

export function lotteriesWithoutRound(
  db: Database,
  nowMs: number,
  untilMs: number,
  limit: number,
): Promise<Campaign[]> {
  return db.read(async (tx) => {
    const rows = await tx
      .selectFrom("campaign")
      .selectAll()
      .where("mechanic", "=", "lottery")
      .where("start_ms", "<=", nowMs)
      .where("deleted_ms", "is", null)
      .where((eb) =>
        eb.or([eb("ended_ms", "is", null), eb(eb("ended_ms", "+", endingMs), ">", eb.ref("start_ms"))]),
      )
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom("round")
              .select("date")
              .whereRef("round.campaign_no", "=", "campaign.no")
              .where((of) =>
                of.or([
                  of("round.end_ms", ">", untilMs),
                  of("round.end_ms", ">=", of.ref("campaign.end_ms")),
                  of("round.end_ms", ">=", of("campaign.ended_ms", "+", endingMs)),
                ]),
              ),
          ),
        ),
      )
      .limit(limit)
      .execute();
    return withParts(tx, rows);
  });
}

export async function roundsToClose(
  queries: Queries,
  nowMs: number,
  limit: number,
): Promise<{ campaignNo: number; date: string }[]> {
  const rows = await queries
    .selectFrom("round")
    .innerJoin("campaign", "campaign.no", "round.campaign_no")
    .select(["round.campaign_no", "round.date"])
    .where("round.state", "in", ["open", "sealed"])
    .where((eb) => eb("round.start_ms", "<", eb.ref("campaign.end_ms")))
    .where((eb) =>
      eb.or([
        eb("campaign.ended_ms", "is", null),
        eb("round.start_ms", "<", eb("campaign.ended_ms", "+", endingMs)),
      ]),
    )
    .where((eb) =>
      eb.or([
        eb("round.end_ms", "<=", nowMs),
        eb("campaign.end_ms", "<=", nowMs),
        eb("campaign.ended_ms", "<=", nowMs),
      ]),
    )
    .orderBy("round.end_ms")
    .orderBy("round.campaign_no")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ campaignNo: row.campaign_no, date: row.date }));
}

export async function markBefore(
  queries: Queries,
  campaignNo: number,
  date: string,
): Promise<Mark | undefined> {
  const row = await queries
    .selectFrom("round")
    .select("from_marks")
    .where("campaign_no", "=", campaignNo)
    .where("date", "<=", date)
    .where("from_marks", "is not", null)
    .orderBy("date", "desc")
    .limit(1)
    .executeTakeFirst();
  return toMark(row?.from_marks ?? null);
}

export async function sealedUntil(queries: Queries, campaignNo: number): Promise<number> {
  const row = await queries
    .selectFrom("round")
    .select("end_ms")
    .where("campaign_no", "=", campaignNo)
    .where("state", "!=", "open")
    .orderBy("date", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.end_ms ?? 0;
}

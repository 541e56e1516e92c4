import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import type { Campaign, CampaignState } from "../../campaign/campaign.ts";
import type { CampaignFilter } from "../ledger.ts";
import { type CampaignRow, withParts } from "./campaigns.ts";
import type { Database, Queries } from "./database.ts";
import type { Schema } from "./schema.ts";

export function campaign(db: Database, id: string): Promise<Campaign | undefined> {
  return one(db, (tx) =>
    tx
      .selectFrom("campaign")
      .selectAll()
      .where("id", "=", id)
      .where("deleted_ms", "is", null)
      .executeTakeFirst(),
  );
}

export function campaignByNo(db: Database, no: number): Promise<Campaign | undefined> {
  return one(db, (tx) => tx.selectFrom("campaign").selectAll().where("no", "=", no).executeTakeFirst());
}

function one(
  db: Database,
  find: (tx: Queries) => Promise<CampaignRow | undefined>,
): Promise<Campaign | undefined> {
  return db.read(async (tx) => {
    const row = await find(tx);
    return row && (await withParts(tx, [row]))[0];
  });
}

/** Numbers are given in the order of creation, so the newest first is the highest first. */
export function campaigns(
  db: Database,
  { states, nowMs }: CampaignFilter,
  beforeNo: number | undefined,
  limit: number,
): Promise<Campaign[]> {
  return db.read(async (tx) => {
    let query = tx.selectFrom("campaign").selectAll().where("deleted_ms", "is", null);
    if (states.length > 0)
      query = query.where((eb) => eb.or(states.map((state) => inState(eb, state, nowMs))));
    if (beforeNo !== undefined) query = query.where("no", "<", beforeNo);
    return withParts(tx, await query.orderBy("no", "desc").limit(limit).execute());
  });
}

/** As stateAt() in campaign/campaign.ts. */
function inState(
  eb: ExpressionBuilder<Schema, "campaign">,
  state: CampaignState,
  nowMs: number,
): Expression<SqlBool> {
  const ended = eb.or([eb("ended_ms", "is not", null), eb("end_ms", "<=", nowMs)]);
  if (state === "ended") return ended;
  const paused = eb("paused", "=", 1);
  if (state === "paused") return eb.and([eb.not(ended), paused]);
  const started = eb("start_ms", "<=", nowMs);
  return eb.and([eb.not(ended), eb.not(paused), state === "active" ? started : eb.not(started)]);
}

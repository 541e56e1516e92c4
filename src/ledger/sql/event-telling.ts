import type { Fact } from "../events.ts";
import { type Database, inserted, type Queries } from "./database.ts";
import { appendEvents } from "./events.ts";

const atOnce = 100;

/** However many servers do this at once: the key of what was told keeps all but one from telling it. */
export async function tellOverdue(db: Database, nowMs: number): Promise<number> {
  const overdue = [...(await endedCampaigns(db.kysely, nowMs)), ...(await usedUpQuotas(db, nowMs))];
  let told = 0;
  for (const { key, fact } of overdue) {
    told += await db.write(async (tx) => {
      const row = { campaign_no: fact.campaignNo, fact: key };
      if (!(await inserted(db, tx.insertInto("event_told").values(row)))) return 0;
      await appendEvents(tx, [fact]);
      return 1;
    });
  }
  return told;
}

interface Overdue {
  /** What it is told under, once. */
  key: string;
  fact: Fact;
}

async function endedCampaigns(queries: Queries, nowMs: number): Promise<Overdue[]> {
  const rows = await queries
    .selectFrom("campaign")
    .leftJoin("event_told", (join) =>
      join.onRef("event_told.campaign_no", "=", "campaign.no").on("event_told.fact", "=", "ended"),
    )
    .select(["campaign.no", "campaign.end_ms", "campaign.ended_ms"])
    .where("event_told.fact", "is", null)
    .where((eb) => eb.or([eb("campaign.ended_ms", "is not", null), eb("campaign.end_ms", "<=", nowMs)]))
    .orderBy("campaign.no")
    .limit(atOnce)
    .execute();
  return rows.map(({ no, end_ms, ended_ms }) => ({
    key: "ended",
    fact: {
      campaignNo: no,
      type: "campaign.ended",
      data: { by: ended_ms === null ? "time" : "manager" },
      timeMs: ended_ms ?? end_ms,
    },
  }));
}

/** Nothing is left to lend, and nothing that was lent is unspent. Raised and used up again, a quota is told again. */
async function usedUpQuotas(db: Database, nowMs: number): Promise<Overdue[]> {
  let query = db.kysely
    .selectFrom("prize")
    .select(["campaign_no", "no", "quota"])
    .where("quota", ">", 0)
    .whereRef("granted", ">=", "quota")
    .where(({ not, exists, selectFrom, fn, val }) =>
      not(
        exists(
          selectFrom("event_told")
            .select("event_told.fact")
            .whereRef("event_told.campaign_no", "=", "prize.campaign_no")
            .where(
              "event_told.fact",
              "=",
              fn<string>("concat", [val("quota "), "prize.no", val(" "), "prize.quota"]),
            ),
        ),
      ),
    );
  if (db.lends) {
    query = query.where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("block")
            .select("block.number")
            .whereRef("block.campaign_no", "=", "prize.campaign_no")
            .whereRef("block.prize_no", "=", "prize.no")
            .where("block.closed", "=", 0),
        ),
      ),
    );
  }
  const rows = await query.orderBy("campaign_no").orderBy("no").limit(atOnce).execute();
  return rows.map(({ campaign_no, no, quota }) => ({
    key: `quota ${no} ${quota}`,
    fact: {
      campaignNo: campaign_no,
      type: "quota.exhausted",
      data: { prizeNo: no, quota: quota! },
      timeMs: nowMs,
    },
  }));
}

export async function pruneEvents({ kysely }: Database, beforeMs: number): Promise<number> {
  const old = await kysely
    .selectFrom("event")
    .select(({ fn }) => ["campaign_no", fn.max<number>("seq").as("seq")])
    .where("create_ms", "<", beforeMs)
    .groupBy("campaign_no")
    .execute();
  const endpoints = await kysely.selectFrom("webhook_endpoint").select(["no", "campaign_no"]).execute();
  let pruned = 0;
  for (const { campaign_no: campaignNo, seq } of old) {
    const wanting = endpoints.filter(({ campaign_no }) => campaign_no === null || campaign_no === campaignNo);
    const passed = await passedByAll(
      kysely,
      campaignNo,
      wanting.map(({ no }) => no),
    );
    const { numDeletedRows } = await kysely
      .deleteFrom("event")
      .where("campaign_no", "=", campaignNo)
      .where("seq", "<=", Math.min(seq, passed))
      .where("create_ms", "<", beforeMs)
      .executeTakeFirst();
    pruned += Number(numDeletedRows);
  }
  return pruned;
}

/** The last fact that lies behind each of some endpoints. */
async function passedByAll(queries: Queries, campaignNo: number, endpointNos: number[]): Promise<number> {
  if (endpointNos.length === 0) return Number.MAX_SAFE_INTEGER;
  const rows = await queries
    .selectFrom("webhook_position")
    .select("seq")
    .where("campaign_no", "=", campaignNo)
    .where("endpoint_no", "in", endpointNos)
    .execute();
  return rows.length < endpointNos.length ? 0 : Math.min(...rows.map(({ seq }) => seq));
}

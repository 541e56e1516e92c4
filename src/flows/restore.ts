import type { Campaign } from "../campaign/campaign.ts";
import { type Day, dayAt } from "../campaign/day.ts";
import { type Plan, planFirstCome, ruleKeys } from "../campaign/plan.ts";
import type { Entry, EntryKey, Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import type { RedisPartition } from "../store/redis/partition.ts";

const pageRows = 1_000;

export interface Restore {
  ledger: Ledger;
  lending: Lending;
  partition: RedisPartition;
  epoch: number;
  campaigns: Campaign[];
  /** The store's data is what it acknowledged: its counters stay, only its pools are emptied. */
  intact: boolean;
}

/** Brings a partition, drained and with its blocks closed, to what the ledger knows: no stock, every coupon counted. */
export async function restorePartition({
  lending,
  partition,
  epoch,
  campaigns,
  intact,
}: Restore): Promise<void> {
  const issued = await lending.issuedIn(partition.no);
  if (!intact) await partition.clear(epoch);
  await inTurns(campaigns, 64, async (campaign) => {
    const counts = issued.filter((one) => one.campaignNo === campaign.no);
    await partition.reset(epoch, campaign, new Map(counts.map((one) => [one.prizeNo, one.issued])));
  });
  if (intact || issued.length === 0) return;
  const plans = new Map(
    campaigns.map((campaign) => [campaign.no, { campaign, plan: planFirstCome(campaign) }]),
  );
  let after: EntryKey | undefined;
  for (;;) {
    const entries = await lending.entries(partition.no, after, pageRows);
    for (const [no, rows] of Map.groupBy(entries, (entry) => entry.campaignNo)) {
      const known = plans.get(no);
      if (known) await restoreCampaign(partition, epoch, known.campaign, known.plan, rows);
    }
    if (entries.length < pageRows) return;
    after = entries.at(-1)!;
  }
}

async function restoreCampaign(
  partition: RedisPartition,
  epoch: number,
  campaign: Campaign,
  plan: Plan,
  rows: Entry[],
) {
  const days = new Map<string, { day: Day; rows: Entry[] }>();
  for (const row of rows) {
    const day = dayAt(campaign.timeZone, plan.daily ? row.timeMs : 0);
    const known = days.get(day.date);
    if (known) known.rows.push(row);
    else days.set(day.date, { day, rows: [row] });
  }
  for (const { day, rows: ofDay } of days.values()) {
    await partition.restore(
      epoch,
      plan,
      day,
      ofDay.map((row) => ({
        serial: row.serial,
        timeMs: row.timeMs,
        request:
          row.requestHash && row.requestFields
            ? { key: row.requestHash, fields: row.requestFields }
            : undefined,
        // A request that names no user has an empty user id, and no rule per user counted it.
        keys: ruleKeys(plan, {
          userHash: row.userId === "" ? undefined : row.userHash,
          addressHash: row.addressHash,
        }),
      })),
    );
  }
}

async function inTurns<T>(items: T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += width) await Promise.all(items.slice(at, at + width).map(work));
}

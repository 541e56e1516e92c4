import type { Campaign } from "../campaign/campaign.ts";
import { type Day, dayAt } from "../campaign/day.ts";
import { type Plan, planOf, ruleKeys } from "../campaign/plan.ts";
import type { Entry, Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import type { RedisPartition } from "../store/redis/partition.ts";

const pageRows = 1_000;
const pageCampaigns = 100;

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
  const issued = Map.groupBy(await lending.issuedIn(partition.no), (one) => one.campaignNo);
  if (!intact) await partition.clear(epoch);
  await inTurns(campaigns, 64, async (campaign) => {
    const counts = issued.get(campaign.no) ?? [];
    await partition.reset(epoch, campaign, new Map(counts.map((one) => [one.prizeNo, one.issued])));
  });
  if (intact) return;
  const withCoupons = campaigns.filter((campaign) => issued.has(campaign.no));
  for (let at = 0; at < withCoupons.length; at += pageCampaigns)
    await restoreCampaigns(lending, partition, epoch, withCoupons.slice(at, at + pageCampaigns));
}

/** Several at once: a query for each of many small campaigns would take longer than their rows. */
async function restoreCampaigns(
  lending: Lending,
  partition: RedisPartition,
  epoch: number,
  campaigns: Campaign[],
): Promise<void> {
  const plans = new Map(campaigns.map((campaign) => [campaign.no, { campaign, plan: planOf(campaign) }]));
  let after: Entry | undefined;
  for (;;) {
    const entries = await lending.entries(partition.no, [...plans.keys()], after, pageRows);
    const byCampaign = Map.groupBy(entries, (entry) => entry.campaignNo);
    await Promise.all(
      [...byCampaign].map(([no, rows]) => {
        const { campaign, plan } = plans.get(no)!;
        return restoreCampaign(partition, epoch, campaign, plan, rows);
      }),
    );
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
  let last: { day: Day; rows: Entry[] } | undefined;
  for (const row of rows) {
    const timeMs = plan.daily ? row.timeMs : 0;
    // Neighbours are mostly of one day, and finding out which takes half as long as all the rest.
    if (!last || timeMs < last.day.startMs || timeMs >= last.day.endMs) {
      const day = dayAt(campaign.timeZone, timeMs);
      last = days.get(day.date) ?? { day, rows: [] };
      days.set(day.date, last);
    }
    last.rows.push(row);
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

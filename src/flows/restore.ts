import type { Campaign } from "../campaign/campaign.ts";
import { type Day, dayAt } from "../campaign/day.ts";
import { type Plan, planOf, ruleKeys } from "../campaign/plan.ts";
import type { Entry, Ledger } from "../ledger/ledger.ts";
import type { Lending } from "../ledger/lending.ts";
import type { RedisPartition } from "../store/redis/partition.ts";

const pageRows = 1_000;
const pageCampaigns = 100;
const none: ReadonlySet<number> = new Set();

export interface Restore {
  ledger: Pick<Ledger, "participants" | "returned" | "sealedUntil">;
  lending: Lending;
  partition: RedisPartition;
  epoch: number;
  campaigns: Campaign[];
  /** The store's data is what it acknowledged: its counters stay, only its pools are emptied. */
  intact: boolean;
  /** By its settings it can't have lost what it acknowledged last. */
  proven: boolean;
}

/** Brings a partition, drained and with its blocks closed, to what the ledger knows: no stock, every entry counted, bans and seals in force. */
export async function restorePartition(restore: Restore): Promise<void> {
  const { ledger, lending, partition, epoch, campaigns, intact, proven } = restore;
  const issued = Map.groupBy(await lending.issuedIn(partition.no), (one) => one.campaignNo);
  if (!intact) await partition.clear(epoch);
  await inTurns(campaigns, 64, async (campaign) => {
    const counts = issued.get(campaign.no) ?? [];
    const sealedMs = campaign.mechanic.kind === "lottery" ? await ledger.sealedUntil(campaign.no) : 0;
    const issuedOf = new Map(counts.map((one) => [one.prizeNo, one.issued]));
    await partition.reset(epoch, campaign, issuedOf, sealedMs);
  });
  // They are the ledger's, and few: a word of one that the store lost is said again.
  if (!intact || !proven) await restoreBans(restore);
  if (intact) return;
  const withEntries = campaigns.filter((campaign) => issued.has(campaign.no));
  for (let at = 0; at < withEntries.length; at += pageCampaigns)
    await restoreCampaigns(restore, withEntries.slice(at, at + pageCampaigns));
}

async function restoreBans({ ledger, partition, epoch }: Restore): Promise<void> {
  let afterNo = 0;
  for (;;) {
    const banned = await ledger.participants(true, afterNo, pageRows);
    const hashes = banned.map(({ userHash }) => userHash);
    await partition.restoreBans(epoch, hashes, afterNo === 0);
    if (banned.length < pageRows) return;
    afterNo = banned.at(-1)!.no;
  }
}

/** Several at once: a query for each of many small campaigns would take longer than their rows. */
async function restoreCampaigns(
  { ledger, lending, partition, epoch }: Restore,
  campaigns: Campaign[],
): Promise<void> {
  const plans = new Map(campaigns.map((campaign) => [campaign.no, { campaign, plan: planOf(campaign) }]));
  // Of entries with numbers a returned coupon's stays counted: its unit came back, but the chance was spent.
  const unnumbered = [...plans.values()].filter(({ plan }) => plan.numberedBy === undefined);
  const returned = await ledger.returned(unnumbered.map(({ campaign }) => campaign.no));
  let after: Entry | undefined;
  for (;;) {
    const entries = await lending.entries(partition.no, [...plans.keys()], after, pageRows);
    const byCampaign = Map.groupBy(entries, (entry) => entry.campaignNo);
    await Promise.all(
      [...byCampaign].map(async ([no, rows]) => {
        const { campaign, plan } = plans.get(no)!;
        const restored = { campaign, plan, released: returned.get(no) ?? none };
        await restoreCampaign(partition, epoch, restored, rows);
      }),
    );
    if (entries.length < pageRows) return;
    after = entries.at(-1)!;
  }
}

interface Restored {
  campaign: Campaign;
  plan: Plan;
  /** Serials of entries that count no more. */
  released: ReadonlySet<number>;
}

async function restoreCampaign(
  partition: RedisPartition,
  epoch: number,
  { campaign, plan, released }: Restored,
  rows: Entry[],
): Promise<void> {
  const isReleased = ({ serial }: Entry) => serial !== undefined && released.has(serial);
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
        number: row.number,
        timeMs: row.timeMs,
        request:
          row.requestHash && row.requestFields
            ? { key: row.requestHash, fields: row.requestFields }
            : undefined,
        keys: isReleased(row) ? plan.rules.map(() => undefined) : keysOf(plan, row),
      })),
    );
  }
  const serials = rows.filter(isReleased).map(({ serial }) => serial!);
  if (serials.length > 0) await partition.restoreReleased(epoch, campaign.no, serials);
}

/** A request that names no user is recorded under its own hash, and no rule per user counted it. A user who was erased still has a hash. */
function keysOf(plan: Plan, { userHash, requestHash, addressHash }: Entry): (Buffer | undefined)[] {
  const namesNobody = requestHash?.equals(userHash);
  return ruleKeys(plan, { userHash: namesNobody ? undefined : userHash, addressHash });
}

async function inTurns<T>(items: T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += width) await Promise.all(items.slice(at, at + width).map(work));
}

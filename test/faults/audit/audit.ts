import { setTimeout as delay } from "node:timers/promises";
import type { CampaignStats } from "../../../src/gen/allot/v1/campaign_pb.js";
import type { Clients } from "../../client.ts";
import { type History, isSame, type Told, text } from "../load/history.ts";
import type { Campaign, Given } from "../load/sale.ts";
import type { Stand } from "../stand.ts";
import { checkBooks } from "./check-books.ts";
import { checkRefusals } from "./check-refusals.ts";

const drainedWithinMs = 30_000;

/** What one campaign's audit looks at, when nobody asks any more and all that was given out is recorded. */
export interface Case {
  campaign: Campaign;
  stats: CampaignStats;
  told: Told[];
  /** What was acknowledged, each once. */
  given: Map<string, Given>;
  /** Rows of the ledger, by user. */
  rows: Map<string, number>;
  /** How many more of them may be there than were acknowledged, by user: where asking again may give another one. */
  unknown: Map<string, number>;
}

/** Lays what the load was told beside what the ledger has, by the public port and by SQL. Gives back whatever is wrong. */
export async function audit(
  stand: Stand,
  campaigns: Campaign[],
  history: History,
  clients: Clients,
): Promise<string[]> {
  const wrong = [...history.violations];
  const giveUpMs = performance.now() + drainedWithinMs;
  for (const campaign of campaigns) {
    const found = await auditCampaign(stand, campaign, history, clients, giveUpMs);
    wrong.push(...found.map((what) => `${campaign.id}: ${what}`));
  }
  const letters = (await stand.ledger?.deadLetters()) ?? [];
  return [...wrong, ...letters.map((letter) => `dead letter: ${letter}`)];
}

async function auditCampaign(
  { ledger }: Stand,
  campaign: Campaign,
  history: History,
  clients: Clients,
  giveUpMs: number,
): Promise<string[]> {
  const stats = await drained(clients, campaign.id, giveUpMs);
  if (stats.undrained > 0) return [`${stats.undrained} were not recorded within ${drainedWithinMs} ms`];
  const told = history.told.filter((one) => one.campaign === campaign);
  const given = new Map(
    told.flatMap(({ answer }) => ("given" in answer ? [[answer.given.key, answer.given]] : [])),
  );
  const listed = await campaign.sale.listed(clients, campaign.id, [...given.values()]);
  const books = await ledger?.books(campaign.id);
  const rows = countBy<{ user: string }>(books?.entries ?? listed, ({ user }) => user);
  const { repeats } = campaign.sale;
  const unknown = new Map(repeats ? told.map(({ user, unanswered }) => [user, unanswered]) : []);
  const one: Case = { campaign, stats, told, given, rows, unknown };
  return [
    ...checkAcknowledged(one, listed),
    ...checkShared(one),
    ...checkUsers(one),
    ...checkStats(one),
    ...checkRefusals(one),
    ...(books ? checkBooks(books, stats) : []),
  ];
}

async function drained(clients: Clients, campaignId: string, giveUpMs: number): Promise<CampaignStats> {
  for (;;) {
    const { campaign } = await clients.campaigns.getCampaign({ campaignId });
    if (campaign!.stats!.undrained === 0 || performance.now() > giveUpMs) return campaign!.stats!;
    await delay(50);
  }
}

export const countBy = <T>(from: Iterable<T>, keyOf: (one: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const one of from) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  return counts;
};

function* checkAcknowledged({ given, unknown }: Case, listed: Given[]): Generator<string> {
  const byKey = new Map(listed.map((one) => [one.key, one]));
  if (byKey.size !== listed.length) yield `${listed.length} in the list, of which ${byKey.size} are distinct`;
  for (const one of given.values()) {
    const there = byKey.get(one.key);
    if (!there) yield `${text(one)} was acknowledged and is not in the ledger`;
    else if (!isSame(one, there)) yield `${text(one)} was acknowledged; the ledger has ${text(there)}`;
  }
  for (const one of listed)
    if (!given.has(one.key) && !unknown.get(one.user)) yield `nobody was told of ${text(one)}`;
}

/** One request, one outcome; and nobody else has it. */
function* checkShared({ told }: Case): Generator<string> {
  const owners = new Map<string, string>();
  for (const { user, requestId, answer } of told) {
    if (!("given" in answer)) continue;
    const owner = `${user} ${requestId}`;
    const before = owners.get(answer.given.key);
    if (before !== undefined && before !== owner)
      yield `${answer.given.key} was given to ${before} and to ${owner}`;
    owners.set(answer.given.key, owner);
    if (answer.given.user !== user)
      yield `${user} was given what is ${answer.given.user}'s: ${answer.given.key}`;
  }
}

/** Everybody asked until there was an answer, so that all there is was acknowledged, and no one has more than the limits allow. */
function* checkUsers({ campaign, given, rows, unknown }: Case): Generator<string> {
  const { perUser = 0, perUserPerDay = 0 } = campaign.sale.campaign.limits ?? {};
  const known = countBy(given.values(), ({ user }) => user);
  for (const [user, count] of rows) {
    const told = known.get(user) ?? 0;
    const more = unknown.get(user) ?? 0;
    if (count < told || count > told + more)
      yield `${user} has ${count} rows and was told of ${told}; ${more} tries got no answer`;
    const most = perUser || perUserPerDay;
    if (most > 0 && count > most) yield `${user} has ${count}, and the limit is ${most}`;
  }
  for (const [user, count] of known) if (!rows.has(user)) yield `${user} was told of ${count} and has no row`;
}

function* checkStats({ campaign, given, rows, stats }: Case): Generator<string> {
  const total = rows.values().reduce((sum, count) => sum + count, 0);
  if (stats.issued + stats.withoutPrize !== total)
    yield `${total} rows; by the stats ${stats.issued} issued and ${stats.withoutPrize} without a prize`;
  if (stats.inDoubt > 0) yield `${stats.inDoubt} in doubt, where nothing can have been lost`;
  for (const [i, { quota }] of (campaign.sale.campaign.prizes ?? []).entries()) {
    const prize = stats.prizes[i];
    if (!prize || quota === undefined) continue;
    const known = [...given.values()].filter(({ prizeId }) => prizeId === prize.prizeId).length;
    if (known > quota) yield `${known} of ${prize.prizeId}, whose quota is ${quota}`;
    if (prize.remaining !== undefined && prize.issued + prize.remaining + prize.inDoubt !== quota)
      yield `${prize.prizeId}: ${prize.issued} issued + ${prize.remaining} remaining + ${prize.inDoubt} in doubt is not ${quota}`;
  }
}

import type { Campaign } from "../../src/campaign/campaign.ts";
import { prizeOf, stockOf } from "../../src/campaign/campaign.ts";
import { dayAt } from "../../src/campaign/day.ts";
import type { Books } from "./books.ts";
import type { Told } from "./history.ts";
import type { Closed } from "./manager.ts";

interface EntryRow {
  campaign_no: number;
  prize_no: number;
  drawn_no: number | null;
  number: number;
  serial: number | null;
  time_ms: number;
  user_id: string;
  user_hash: Buffer;
  request_hash: Buffer | null;
  address_hash: Buffer | null;
  is_returned: number;
}

export interface Checked {
  books: Books;
  told: Told[];
  /** How often somebody asked without a request id, by campaign and user. */
  asked: Map<string, number>;
  campaigns: Campaign[];
  /** What serials of a campaign stand for. */
  texts(campaign: Campaign, serials: number[]): string[];
  /** By the clocks of the campaign's partitions. */
  nowMs(campaign: Campaign): number[];
  /** The most that a prize's day was ever allowed, by campaign and prize. */
  dailyMost(campaignNo: number, prizeNo: number): number;
  closed: Closed[];
  /** Redis lost what it had acknowledged. */
  hasLost: boolean;
}

/** What is wrong with a run that has come to rest. */
export function* check(checked: Checked): Generator<string> {
  const { books, campaigns } = checked;
  yield* books.problems();
  for (const { problem } of books.rows<{ problem: string }>("SELECT problem FROM dead_letter")) {
    // A master that does not know that it is none any more hands back what was set aside when another one was armed.
    const isLate = checked.hasLost && problem === "it is not the unspent end of a block";
    if (!isLate) yield `dead letter: ${problem}`;
  }
  yield* closedProblems(checked);
  const entries = books.rows<EntryRow>(
    `SELECT entry.*, returned.serial IS NOT NULL AS is_returned FROM entry
     LEFT JOIN returned ON returned.space_no = entry.space_no AND returned.serial = entry.serial`,
  );
  for (const campaign of campaigns) {
    const own = entries.filter((entry) => entry.campaign_no === campaign.no);
    yield* toldProblems(checked, campaign, own);
    // What was returned counts no more, but a draw stays a draw.
    const counted = own.filter((row) => row.is_returned === 0 || campaign.mechanic.kind === "instant-win");
    yield* limitProblems(campaign, counted);
    yield* quotaProblems(checked, campaign, own);
    yield* numberProblems(campaign, own);
    yield* leakProblems(checked, campaign, own);
    yield* underProblems(checked, campaign, own);
    for (const { time_ms } of own)
      if (time_ms < campaign.startMs || time_ms >= campaign.endMs)
        yield `${campaign.id}: an entry of ${time_ms} is out of its time`;
  }
}

/** Acknowledged ⊆ ledger; one request, one outcome. */
function* toldProblems(
  { told, texts, hasLost }: Checked,
  campaign: Campaign,
  entries: EntryRow[],
): Generator<string> {
  const withSerial = entries.filter(({ serial }) => serial !== null);
  const codes = texts(
    campaign,
    withSerial.map(({ serial }) => serial!),
  );
  const byCode = new Map(codes.map((code, i) => [code, withSerial[i]!]));
  const outcomes = new Map<string, string>();
  const owners = new Map<string, string>();
  const fresh = new Set<string>();
  for (const { campaignId, request, result } of told) {
    if (campaignId !== campaign.id || (result.kind !== "coupon" && result.kind !== "entry")) continue;
    const who = `${campaign.id}, ${request.userId || request.requestId}`;
    const same = (row: EntryRow | undefined) =>
      row !== undefined &&
      row.user_id === request.userId &&
      row.time_ms === result.issueMs &&
      row.number === result.number &&
      (result.kind === "entry" || prizeOf(campaign, row.serial!)?.id === result.prizeId);
    const isThere =
      result.kind === "coupon"
        ? same(byCode.get(result.code))
        : entries.some((row) => row.serial === null && same(row));
    if (!isThere && !hasLost)
      yield `${who} was told of ${JSON.stringify(result)}, which is not in the ledger`;
    const what = `${result.kind === "coupon" ? result.code : ""} ${result.number} ${result.issueMs}`;
    if (result.kind === "coupon") {
      const owner = owners.getOrInsertComputed(result.code, () => who);
      if (owner !== who) yield `${result.code} of ${campaign.id} was given to ${owner} and to ${who}`;
    }
    if (!result.replayed) {
      const entry = `${request.userId} ${what}`;
      if (fresh.has(entry)) yield `${who} was told twice that ${what} is new`;
      fresh.add(entry);
    }
    const hasReturned = entries.some((row) => row.is_returned === 1 && row.user_id === request.userId);
    const once = campaign.limits.perUser === 1 && request.userId !== "";
    // Who was given the user's coupon again, and asks when it was taken back, gets another one.
    if (once && hasReturned) continue;
    const requests = [
      ...(request.requestId !== "" ? [`${request.userId} ${request.requestId}`] : []),
      ...(once ? [request.userId] : []),
    ];
    for (const name of requests) {
      const before = outcomes.getOrInsertComputed(name, () => what);
      if (before !== what && !hasLost) yield `${who} got ${before} and then ${what} for the same request`;
    }
  }
  const requests = entries.filter(({ request_hash }) => request_hash !== null);
  yield* moreThan(
    requests,
    (row) => row.request_hash!.toString("hex"),
    1,
    `${campaign.id}: entries of one request`,
  );
}

/** Paused, ended and banned are in force once it is said so. */
function* closedProblems({ told, closed }: Checked): Generator<string> {
  for (const { campaignId, userId, fromMs, toMs } of closed) {
    for (const { request, result, askedMs, toldMs, ...one } of told) {
      const isAbout =
        (campaignId ?? one.campaignId) === one.campaignId && (userId ?? request.userId) === request.userId;
      const isNew = (result.kind === "coupon" || result.kind === "entry") && !result.replayed;
      if (isAbout && isNew && askedMs > fromMs && toldMs < toMs)
        yield `${one.campaignId} gave ${request.userId} ${JSON.stringify(result)} though it was closed from ${fromMs} to ${toMs}`;
    }
  }
}

function* limitProblems({ id, limits, timeZone }: Campaign, entries: EntryRow[]): Generator<string> {
  const { perUser, perUserPerDay, perAddress } = limits;
  const named = entries.filter(({ user_id }) => user_id !== "");
  if (perUser > 0) yield* moreThan(named, (row) => row.user_id, perUser, `${id}: entries of a user`);
  const dayOf = (row: EntryRow) => dayAt(timeZone, row.time_ms).date;
  if (perUserPerDay > 0)
    yield* moreThan(
      named,
      (row) => `${row.user_id} ${dayOf(row)}`,
      perUserPerDay,
      `${id}: entries of a user's day`,
    );
  if (perAddress > 0)
    yield* moreThan(
      entries,
      (row) => row.address_hash!.toString("hex"),
      perAddress,
      `${id}: entries of an address`,
    );
}

function* quotaProblems({ dailyMost }: Checked, campaign: Campaign, entries: EntryRow[]): Generator<string> {
  for (const prize of stockOf(campaign)) {
    const own = entries.filter((row) => row.prize_no === prize.no && row.is_returned === 0);
    if (prize.quota !== undefined && own.length > prize.quota)
      yield `${campaign.id}: ${own.length} of prize ${prize.id}, whose quota is ${prize.quota}`;
    if (prize.dailyQuota === undefined) continue;
    const dayOf = (row: EntryRow) => dayAt(campaign.timeZone, row.time_ms).date;
    const most = dailyMost(campaign.no, prize.no);
    yield* moreThan(own, dayOf, most, `${campaign.id}: entries of prize ${prize.id} on a day`);
  }
}

/** Whoever asks, and whatever is lost on the way: a request takes one thing at most. */
function* leakProblems({ asked }: Checked, { id }: Campaign, entries: EntryRow[]): Generator<string> {
  const unnamed = entries.filter(({ request_hash }) => request_hash === null);
  for (const [user, own] of Map.groupBy(unnamed, ({ user_id }) => user_id)) {
    const times = asked.get(`${id} ${user}`) ?? 0;
    if (own.length > times)
      yield `${id}: ${user} asked ${times} times without a request id and has ${own.length}`;
  }
}

/** Where somebody was told that nothing is left, or drew what had run out, nothing is: all of it is issued or in doubt. */
function* underProblems(
  { books, told, nowMs }: Checked,
  campaign: Campaign,
  entries: EntryRow[],
): Generator<string> {
  const isAbout = (one: Told) => one.campaignId === campaign.id && one.isQuiet && one.request.prizeId === "";
  const isSoldOut = told.some(
    (one) =>
      isAbout(one) &&
      one.result.kind === "refusal" &&
      (one.result.reason === "SOLD_OUT" || one.result.reason === "DAILY_QUOTA_REACHED"),
  );
  const late = new Set(told.filter(isAbout).map(({ request }) => request.userId));
  const missed = new Set(
    entries.filter((row) => row.serial === null && late.has(row.user_id)).map((row) => row.drawn_no),
  );
  for (const prize of stockOf(campaign)) {
    if (prize.quota === undefined || !(isSoldOut || missed.has(prize.no))) continue;
    const [{ granted } = { granted: 0 }] = books.rows<{ granted: number }>(
      `SELECT granted - (SELECT coalesce(sum(size - spent), 0) FROM block
         WHERE campaign_no = prize.campaign_no AND prize_no = prize.no AND closed = 0) AS granted
       FROM prize WHERE campaign_no = ? AND no = ?`,
      campaign.no,
      prize.no,
    );
    if (granted >= prize.quota) continue;
    if (prize.dailyQuota !== undefined) {
      const days = new Set(nowMs(campaign).map((ms) => dayAt(campaign.timeZone, ms).date));
      const used = books.rows<{ day: string; used: number }>(
        `SELECT day, granted - (SELECT coalesce(sum(size - spent), 0) FROM block
           WHERE campaign_no = prize_day.campaign_no AND prize_no = prize_day.prize_no AND day = prize_day.day AND closed = 0) AS used
         FROM prize_day WHERE campaign_no = ? AND prize_no = ?`,
        campaign.no,
        prize.no,
      );
      if (used.some(({ day, used }) => days.has(day) && used >= prize.dailyQuota!)) continue;
    }
    yield `${campaign.id}: prize ${prize.id} is said to have run out, but ${granted} of ${prize.quota} are gone`;
  }
}

/** The n-th draw of a user's day is there once, and those before it too. */
function* numberProblems({ id, mechanic, timeZone }: Campaign, entries: EntryRow[]): Generator<string> {
  if (mechanic.kind !== "instant-win") return;
  const days = Map.groupBy(entries, (row) => `${row.user_id} ${dayAt(timeZone, row.time_ms).date}`);
  for (const [day, rows] of days) {
    const numbers = rows.map(({ number }) => number).sort((a, b) => a - b);
    if (numbers.some((number, i) => number !== i + 1)) yield `${id}: draws of ${day} are ${numbers}`;
  }
}

function* moreThan(
  rows: EntryRow[],
  by: (row: EntryRow) => string,
  most: number,
  what: string,
): Generator<string> {
  for (const [key, own] of Map.groupBy(rows, by))
    if (own.length > most) yield `${what} (${key}): ${own.length}, not ${most} at most`;
}

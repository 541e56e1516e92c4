import type { Campaign } from "./campaign.ts";
import { type Day, dayAfter, dayAt } from "./day.ts";

type Window = Pick<Campaign, "startMs" | "endMs" | "endedMs" | "timeZone">;

/**
 * When somebody ends a campaign some partitions still take ballots until they are told, maybe past midnight, and by clocks that are not quite
 * the one it was ended by: a day that begins so soon after has a round too.
 */
export const endingMs = 60_000;

/** When a campaign takes nothing more: at its end, or when somebody ended it. */
export const overMs = ({ endMs, endedMs = Number.POSITIVE_INFINITY }: Window) => Math.min(endMs, endedMs);

/** Days that begin from here on have no round. */
export const roundsUntilMs = ({ endMs, endedMs = Number.POSITIVE_INFINITY }: Window) =>
  Math.min(endMs, endedMs + endingMs);

/** From when to when a lottery's round takes ballots: its day, cut to the campaign. */
export function openTimes(campaign: Window, day: Day): { startMs: number; endMs: number } {
  const startMs = Math.max(day.startMs, campaign.startMs);
  return { startMs, endMs: Math.max(startMs, Math.min(day.endMs, overMs(campaign))) };
}

/** Whether a day of the campaign's zone is one of its rounds', past or to come. */
export function hasRound(campaign: Window, day: Day): boolean {
  return campaign.startMs < day.endMs && openTimes(campaign, day).startMs < roundsUntilMs(campaign);
}

/**
 * The days of a lottery's rounds that have begun by `nowMs` and come after `last` (undefined: from the first on), `limit` at most. Each
 * begins when the one before ends, whatever has become of the zone's rules meanwhile.
 */
export function daysBegun(campaign: Window, last: Day | undefined, nowMs: number, limit: number): Day[] {
  const { timeZone } = campaign;
  const days: Day[] = [];
  let day = last ? dayAfter(timeZone, last) : dayAt(timeZone, campaign.startMs);
  while (days.length < limit && openTimes(campaign, day).startMs <= nowMs && hasRound(campaign, day)) {
    days.push(day);
    day = dayAfter(timeZone, day);
  }
  return days;
}

/** Whose ballots a round draws from, by the store's clock: those of its day; all that come later are the last one's (undefined). */
export function drawnTimes(campaign: Window, day: Day): { fromMs: number; toMs: number | undefined } {
  return { fromMs: day.startMs, toMs: day.endMs < roundsUntilMs(campaign) ? day.endMs : undefined };
}

/** Until when a round that is over is sealed: days that begin before take nothing more, and after a campaign that was ended none does. */
export function sealUntilMs({ endMs, endedMs }: Window, day: Day): number {
  return endedMs === undefined ? day.endMs : Math.max(day.endMs, endMs);
}

import type { Campaign } from "./campaign.ts";
import { type Day, dayAfter, dayAt } from "./day.ts";

type Window = Pick<Campaign, "startMs" | "endMs" | "endedMs" | "timeZone">;

/** When a campaign takes nothing more: at its end, or when somebody ended it. */
export const overMs = ({ endMs, endedMs = Number.POSITIVE_INFINITY }: Window) => Math.min(endMs, endedMs);

/** From when to when a lottery's round takes ballots: its day, cut to the campaign. Of a day that has no round the end is not after the start. */
export function openTimes(campaign: Window, day: Day): { startMs: number; endMs: number } {
  return {
    startMs: Math.max(day.startMs, campaign.startMs),
    endMs: Math.min(day.endMs, overMs(campaign)),
  };
}

/** Whether a day of the campaign's zone is one of its rounds', past or to come. */
export function hasRound(campaign: Window, day: Day): boolean {
  const { startMs, endMs } = openTimes(campaign, day);
  return startMs < endMs;
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

/**
 * Whose ballots a round draws from, by the store's clock: those of its day. Before every partition knows that somebody ended the campaign some
 * still take ballots, maybe past midnight: they are the last round's, so `toMs` is undefined there.
 */
export function drawnTimes({ endedMs }: Window, day: Day): { fromMs: number; toMs: number | undefined } {
  const isLast = endedMs !== undefined && endedMs < day.endMs;
  return { fromMs: day.startMs, toMs: isLast ? undefined : day.endMs };
}

/** Until when a round that is over is sealed: days that begin before take nothing more, and after a campaign that was ended none does. */
export function sealUntilMs({ endMs, endedMs }: Window, day: Day): number {
  return endedMs === undefined ? day.endMs : Math.max(day.endMs, endMs);
}

/** Every type of event there is; docs/events.md has an example of each. */
export const EVENT_TYPES = [
  "allot.coupon.issued",
  "allot.draw.won",
  "allot.ticket.claimed",
  "allot.ballot.submitted",
  "allot.coupon.redeemed",
  "allot.coupon.revoked",
  "allot.winners.drawn",
  "allot.round.closed",
  "allot.quota.exhausted",
  "allot.campaign.ended",
  "allot.user.banned",
  "allot.user.unbanned",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What an endpoint gets that does not say: all but ballots, which are many and of little interest before their round closes. */
export const USUAL_TYPES: EventType[] = EVENT_TYPES.filter((type) => type !== "allot.ballot.submitted");

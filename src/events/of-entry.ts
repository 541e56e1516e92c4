import type { Campaign, Mechanic } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import type { Entry } from "../ledger/entries.ts";
import { type CloudEvent, cloudEvent } from "./cloud-event.ts";
import type { EventType } from "./event-type.ts";

/** What serials of a campaign stand for: codes, or the numbers of a raffle's tickets. */
export type Texts = (campaign: Campaign, serials: number[]) => string[] | Promise<string[]>;

const types: Record<Mechanic["kind"], EventType> = {
  "first-come": "allot.coupon.issued",
  "code-pool": "allot.coupon.issued",
  "instant-win": "allot.draw.won",
  raffle: "allot.ticket.claimed",
  lottery: "allot.ballot.submitted",
};

/** What an entry of this campaign is told as, if it is told. */
export const typeOfEntries = ({ mechanic }: Campaign): EventType => types[mechanic.kind];

/** An event for each entry of a campaign; undefined: it is none (a draw that won nothing). */
export async function eventsOfEntries(
  campaign: Campaign,
  entries: Entry[],
  texts: Texts,
  userIds: boolean,
): Promise<(CloudEvent | undefined)[]> {
  const given = entries.filter(({ serial }) => serial !== undefined);
  const found = await textsOf(campaign, given, texts);
  const byEntry = new Map(given.map((entry, i) => [entry, found[i]!]));
  return entries.map((entry) => {
    const text = byEntry.get(entry);
    if (text === undefined && campaign.mechanic.kind !== "lottery") return undefined;
    return cloudEvent(typeOfEntries(campaign), {
      id: `${campaign.no}-${entry.partitionNo}-${entry.epoch}-${entry.n}-${entry.i}`,
      source: sourceOf(campaign),
      subject: text,
      timeMs: entry.timeMs,
      data: {
        campaignId: campaign.id,
        ...says(campaign, entry, text),
        ...(userIds && { userId: entry.userId }),
      },
    });
  });
}

const textsOf = (campaign: Campaign, entries: Entry[], texts: Texts) =>
  entries.length === 0
    ? []
    : texts(
        campaign,
        entries.map(({ serial }) => serial!),
      );

export const sourceOf = ({ id }: Campaign) => `/campaigns/${id}`;

export function prizeIdOf(campaign: Campaign, prizeNo: number): string {
  return campaign.prizes.find(({ no }) => no === prizeNo)?.id ?? "";
}

function says(campaign: Campaign, entry: Entry, text: string | undefined): Record<string, unknown> {
  const date = () => dayAt(campaign.timeZone, entry.timeMs).date;
  const prizeId = prizeIdOf(campaign, entry.prizeNo);
  switch (campaign.mechanic.kind) {
    case "instant-win":
      return { code: text, prizeId, date: date(), number: entry.number };
    case "raffle":
      return { number: Number(text) };
    case "lottery":
      return { date: date(), number: entry.number };
    default:
      return { code: text, prizeId };
  }
}

import type { Campaign, Mechanic } from "../campaign/campaign.ts";
import { dayAt } from "../campaign/day.ts";
import type { Entry } from "../ledger/entries.ts";
import { type CloudEvent, cloudEvent } from "./cloud-event.ts";
import type { EventType } from "./event-type.ts";

/** By which names callers know what was given out. */
export interface Names {
  /** What serials of a campaign stand for: codes, or the numbers of a raffle's tickets. */
  texts(campaign: Campaign, serials: number[]): string[] | Promise<string[]>;
  ballotId(campaign: Campaign, ballot: Entry): string;
}

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
  names: Names,
  userIds: boolean,
): Promise<(CloudEvent | undefined)[]> {
  const subjects = await subjectsOf(campaign, entries, names);
  return entries.map((entry) => {
    const text = subjects.get(entry);
    if (text === undefined) return undefined;
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

/** Entries that won nothing have none. */
async function subjectsOf(campaign: Campaign, entries: Entry[], names: Names): Promise<Map<Entry, string>> {
  if (campaign.mechanic.kind === "lottery") {
    return new Map(entries.map((entry) => [entry, names.ballotId(campaign, entry)]));
  }
  const given = entries.filter(({ serial }) => serial !== undefined);
  const serials = given.map(({ serial }) => serial!);
  const texts = serials.length === 0 ? [] : await names.texts(campaign, serials);
  return new Map(given.map((entry, i) => [entry, texts[i]!]));
}

export const sourceOf = ({ id }: Campaign) => `/campaigns/${id}`;

export function prizeIdOf(campaign: Campaign, prizeNo: number): string {
  return campaign.prizes.find(({ no }) => no === prizeNo)?.id ?? "";
}

function says(campaign: Campaign, entry: Entry, text: string): Record<string, unknown> {
  const date = () => dayAt(campaign.timeZone, entry.timeMs).date;
  const prizeId = prizeIdOf(campaign, entry.prizeNo);
  switch (campaign.mechanic.kind) {
    case "instant-win":
      return { code: text, prizeId, date: date(), number: entry.number };
    case "raffle":
      return { number: Number(text) };
    case "lottery":
      return { id: text, date: date(), number: entry.number };
    default:
      return { code: text, prizeId };
  }
}

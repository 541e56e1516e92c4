import { type Campaign, prizeOf } from "../campaign/campaign.ts";
import type { EventLedger, ToldFact } from "../ledger/events.ts";
import { type CloudEvent, cloudEvent } from "./cloud-event.ts";
import type { EventType } from "./event-type.ts";
import { type Names, prizeIdOf, sourceOf } from "./of-entry.ts";

export const typeOfFact = ({ type }: Pick<ToldFact, "type">): EventType => `allot.${type}`;

/** An event for each fact of a campaign, or of none (undefined). */
export async function eventsOfFacts(
  campaign: Campaign | undefined,
  facts: ToldFact[],
  ledger: Pick<EventLedger, "entriesOfSerials" | "userIds">,
  names: Names,
  userIds: boolean,
): Promise<CloudEvent[]> {
  const [coupons, users] = await Promise.all([
    couponsOf(campaign, facts, ledger, names),
    ledger.userIds(facts.flatMap(({ data }) => ("userHash" in data ? [data.userHash] : []))),
  ]);
  return facts.map((fact) => {
    const { subject, userId, ...said } = says(fact, campaign, coupons, users);
    return cloudEvent(typeOfFact(fact), {
      id: `${fact.campaignNo}-${fact.seq}`,
      source: campaign ? sourceOf(campaign) : "/participants",
      timeMs: fact.timeMs,
      subject,
      data: {
        ...(campaign && { campaignId: campaign.id }),
        ...said,
        ...(userIds && userId !== undefined && { userId }),
      },
    });
  });
}

interface ReferredCoupon {
  code: string;
  prizeId: string;
  userId: string;
}

/** By serial: a campaign's coupons are of one space. */
async function couponsOf(
  campaign: Campaign | undefined,
  facts: ToldFact[],
  ledger: Pick<EventLedger, "entriesOfSerials">,
  names: Names,
): Promise<Map<number, ReferredCoupon>> {
  const named = facts.flatMap(({ data }) => ("serial" in data ? [data.serial] : []));
  if (!campaign || named.length === 0) return new Map();
  const serials = [...new Set(named)];
  const [codes, entries] = await Promise.all([
    names.texts(campaign, serials),
    ledger.entriesOfSerials(campaign.space.no, serials),
  ]);
  const userIds = new Map(entries.map(({ serial, userId }) => [serial, userId]));
  return new Map(
    serials.map((serial, i) => [
      serial,
      {
        code: codes[i]!,
        prizeId: prizeOf(campaign, serial)?.id ?? "",
        userId: userIds.get(serial) ?? "",
      },
    ]),
  );
}

type Said = Record<string, unknown> & { subject?: string; userId?: string };

function says(
  fact: ToldFact,
  campaign: Campaign | undefined,
  coupons: Map<number, ReferredCoupon>,
  users: Map<string, string>,
): Said {
  switch (fact.type) {
    case "coupon.redeemed":
    case "coupon.revoked": {
      const { spaceNo: _, serial, ...rest } = fact.data;
      const coupon = coupons.get(serial)!;
      return { subject: coupon.code, ...coupon, ...rest };
    }
    case "user.banned":
    case "user.unbanned":
      return { userId: users.get(fact.data.userHash) ?? "" };
    case "quota.exhausted": {
      const prizeId = prizeIdOf(campaign!, fact.data.prizeNo);
      return { subject: prizeId, prizeId, quota: fact.data.quota };
    }
    case "round.closed":
      return { subject: fact.data.date, ...fact.data };
    default:
      return { ...fact.data };
  }
}

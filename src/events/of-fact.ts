import type { Campaign } from "../campaign/campaign.ts";
import type { CouponFact, EventLedger, ToldFact } from "../ledger/events.ts";
import { type CloudEvent, cloudEvent } from "./cloud-event.ts";
import type { EventType } from "./event-type.ts";
import { prizeIdOf, sourceOf, type Texts } from "./of-entry.ts";

export const typeOfFact = ({ type }: Pick<ToldFact, "type">): EventType => `allot.${type}`;

/** An event for each fact of a campaign, or of none (undefined). */
export async function eventsOfFacts(
  campaign: Campaign | undefined,
  facts: ToldFact[],
  ledger: Pick<EventLedger, "entriesOfSerials" | "userIds">,
  texts: Texts,
  userIds: boolean,
): Promise<CloudEvent[]> {
  const [coupons, users] = await Promise.all([
    couponsOf(campaign, facts, ledger, texts),
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
  texts: Texts,
): Promise<Map<number, ReferredCoupon>> {
  const serials = facts.flatMap(({ data }) => ("serial" in data ? [(data as CouponFact).serial] : []));
  if (!campaign || serials.length === 0) return new Map();
  const entries = await ledger.entriesOfSerials(campaign.space.no, serials);
  const codes = await texts(
    campaign,
    entries.map(({ serial }) => serial!),
  );
  return new Map(
    entries.map(({ serial, prizeNo, userId }, i) => [
      serial!,
      { code: codes[i]!, prizeId: prizeIdOf(campaign, prizeNo), userId },
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
      const { spaceNo, serial, ...rest } = fact.data;
      const coupon = coupons.get(serial);
      if (!coupon)
        throw new Error(`a fact is about serial ${serial} of space ${spaceNo}, which has no entry`);
      return { subject: coupon.code, ...coupon, ...rest };
    }
    case "user.banned":
    case "user.unbanned": {
      const userId = users.get(fact.data.userHash) ?? "";
      return { userId };
    }
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

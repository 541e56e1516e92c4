import { campaignOf } from "../../test/campaign-of.ts";
import type { Campaign, Mechanic } from "../campaign/campaign.ts";
import type { Entry } from "../ledger/entries.ts";
import type { Fact, ToldFact } from "../ledger/events.ts";
import type { CloudEvent } from "./cloud-event.ts";
import { eventsOfEntries, type Names } from "./of-entry.ts";
import { eventsOfFacts } from "./of-fact.ts";

const TIME_MS = Date.UTC(2026, 10, 20, 9, 30);

const setup = { prizes: [{ quota: 100 }], perUser: 1, timeZone: "Asia/Seoul" };

function campaign(mechanic: Mechanic): Campaign {
  const plain = campaignOf(12, setup);
  return {
    ...plain,
    id: "autumn",
    mechanic,
    prizes: plain.prizes.map((prize) => ({ ...prize, id: "bag", ranges: [{ first: 0, size: 100 }] })),
  };
}

const entry = (over: Partial<Entry>): Entry => ({
  ...{
    campaignNo: 12,
    partitionNo: 3,
    epoch: 1,
    n: 4711,
    i: 0,
    prizeNo: 0,
    revision: 1,
    spaceNo: 1,
    serial: 8,
  },
  ...{ number: 0, drawnNo: undefined, timeMs: TIME_MS, userId: "user-1", userHash: Buffer.alloc(16) },
  ...{ requestHash: undefined, requestFields: undefined, addressHash: undefined },
  ...over,
});

const given: [Mechanic, Entry][] = [
  [{ kind: "first-come" }, entry({})],
  [{ kind: "instant-win" }, entry({ number: 1, drawnNo: 0 })],
  [{ kind: "raffle", tickets: 1_000, autoDraw: false, requireEntropy: false }, entry({ prizeNo: 1_000 })],
  [{ kind: "lottery", requireEntropy: false }, entry({ number: 2, prizeNo: 65_535, serial: undefined })],
];

const userHash = "00".repeat(16);
const facts: Pick<Fact, "type" | "data">[] = [
  { type: "coupon.redeemed", data: { spaceNo: 1, serial: 8, orderId: "order-77" } },
  { type: "coupon.revoked", data: { spaceNo: 1, serial: 8, reason: "bought by a bot", quotaReturned: true } },
  { type: "winners.drawn", data: { tickets: 1_000, winners: 25 } },
  { type: "round.closed", data: { date: "2026-11-20", ballots: 3_120, winners: 1 } },
  { type: "quota.exhausted", data: { prizeNo: 0, quota: 100 } },
  { type: "campaign.ended", data: { by: "time" } },
  { type: "user.banned", data: { userHash } },
  { type: "user.unbanned", data: { userHash } },
];

/** One event of every type, made of rows as the ledger has them, or as it has them once the user was erased. */
export async function exampleEvents({
  userIds = true,
  erased = false,
}: {
  userIds?: boolean;
  erased?: boolean;
} = {}): Promise<CloudEvent[]> {
  const userId = erased ? "" : "user-1";
  const ledger = {
    entriesOfSerials: async () => [entry({ userId })],
    userIds: async () => new Map(erased ? [] : [[userHash, userId]]),
  };
  const names: Names = {
    texts: ({ mechanic }, serials) => serials.map(() => (mechanic.kind === "raffle" ? "418" : "EAERBWMTDP")),
    ballotId: () => "7KQJ4DT5ZWM3HX9FPE2A",
  };
  const events: (CloudEvent | undefined)[] = [];
  for (const [i, [mechanic, one]] of given.entries())
    events.push(...(await eventsOfEntries(campaign(mechanic), [{ ...one, i, userId }], names, userIds)));
  for (const [i, fact] of facts.entries()) {
    const ofCampaign = fact.type.startsWith("user.") ? undefined : campaign({ kind: "first-come" });
    const told = { ...fact, campaignNo: ofCampaign ? 12 : 0, seq: i + 1, timeMs: TIME_MS } as ToldFact;
    events.push(...(await eventsOfFacts(ofCampaign, [told], ledger, names, userIds)));
  }
  return events.map((event) => event!);
}

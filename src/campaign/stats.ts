import { type Campaign, noPrize, stockOf } from "./campaign.ts";
import type { Stats } from "./effects.ts";

/** What the ledger has of a prize, or under `noPrize` of entries that won nothing. */
interface Recorded {
  prizeNo: number;
  issued: number;
  /** Of these, given back to the quota. */
  returned: number;
  inDoubt: number;
}

const none = { issued: 0, returned: 0, inDoubt: 0 };

/**
 * A campaign's stats from what the ledger has of each prize and what each of its partitions handed out. The ledger's counts are read
 * first: what arrives in between makes too much undrained, never too little.
 */
export function statsOf(campaign: Campaign, recorded: Recorded[], handedOut: Map<number, number>[]): Stats {
  const ofPrize = new Map(recorded.map((one) => [one.prizeNo, one]));
  function count(prizeNo: number) {
    const { issued: inLedger, returned, inDoubt } = ofPrize.get(prizeNo) ?? none;
    const given = handedOut.reduce((sum, partition) => sum + (partition.get(prizeNo) ?? 0), 0);
    // A campaign that the store has forgotten is all in the ledger.
    const issued = Math.max(given, inLedger);
    return { issued, returned, inDoubt, undrained: issued - inLedger };
  }
  const stock = stockOf(campaign).map((prize) => {
    const counted = count(prize.no);
    const { issued, returned, inDoubt } = counted;
    const left = (quota: number) => Math.max(quota - (issued - returned) - inDoubt, 0);
    const remaining = prize.quota === undefined ? undefined : left(prize.quota);
    return { ...counted, remaining };
  });
  const lost = count(noPrize);
  const sum = (of: (one: (typeof stock)[number]) => number) =>
    stock.reduce((total, one) => total + of(one), 0);
  const unlimited = stock.some(({ remaining }) => remaining === undefined);
  return {
    issued: sum(({ issued }) => issued),
    remaining: unlimited ? undefined : sum(({ remaining }) => remaining!),
    undrained: sum(({ undrained }) => undrained) + lost.undrained,
    inDoubt: sum(({ inDoubt }) => inDoubt),
    withoutPrize: lost.issued,
    // Tickets and ballots are of no prize.
    prizes: campaign.prizes.map((prize) => {
      const of = campaign.tickets ? undefined : stock[prize.no];
      return { issued: of?.issued ?? 0, remaining: of?.remaining, inDoubt: of?.inDoubt ?? 0 };
    }),
  };
}

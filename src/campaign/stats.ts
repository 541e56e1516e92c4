import type { Campaign } from "./campaign.ts";
import type { Stats } from "./effects.ts";

/** What the ledger has of a prize. */
interface Recorded {
  issued: number;
  inDoubt: number;
}

/**
 * A campaign's stats from what the ledger has of each prize and what each of its partitions handed out. The ledger's counts are read
 * first: what arrives in between makes too much undrained, never too little.
 */
export function statsOf(campaign: Campaign, recorded: Recorded[], handedOut: Map<number, number>[]): Stats {
  const prizes = campaign.prizes.map((prize, i) => {
    const { issued: inLedger, inDoubt } = recorded[i]!;
    const given = handedOut.reduce((sum, partition) => sum + (partition.get(prize.no) ?? 0), 0);
    // A campaign that the store has forgotten is all in the ledger.
    const issued = Math.max(given, inLedger);
    const remaining = prize.quota === undefined ? undefined : Math.max(prize.quota - issued - inDoubt, 0);
    return { issued, remaining, inDoubt, undrained: issued - inLedger };
  });
  const sum = (of: (prize: (typeof prizes)[number]) => number) =>
    prizes.reduce((total, prize) => total + of(prize), 0);
  const unlimited = prizes.some((prize) => prize.remaining === undefined);
  return {
    issued: sum((prize) => prize.issued),
    remaining: unlimited ? undefined : sum((prize) => prize.remaining!),
    undrained: sum((prize) => prize.undrained),
    inDoubt: sum((prize) => prize.inDoubt),
    prizes: prizes.map(({ issued, remaining, inDoubt }) => ({ issued, remaining, inDoubt })),
  };
}

import type { OutcomeCount } from "../ledger/outcomes.ts";
import type { Failed, Issued } from "./request.ts";

/** Counts how requests were answered, campaign by campaign, until somebody takes the counts away. */
export class Tallies {
  #counts = new Map<number, Map<string, number>>();

  /** Errors are not counted: who gets one asks again. */
  count(campaignNo: number, result: Issued | Failed): void {
    const outcome = outcomeOf(result);
    if (outcome === undefined) return;
    let ofCampaign = this.#counts.get(campaignNo);
    if (ofCampaign === undefined) {
      ofCampaign = new Map();
      this.#counts.set(campaignNo, ofCampaign);
    }
    ofCampaign.set(outcome, (ofCampaign.get(outcome) ?? 0) + 1);
  }

  /** What was counted since the last time. */
  take(): OutcomeCount[] {
    const taken = this.#counts;
    this.#counts = new Map();
    return [...taken].flatMap(([campaignNo, outcomes]) =>
      [...outcomes].map(([outcome, count]) => ({ campaignNo, outcome, count })),
    );
  }

  /** What could not be told anybody is counted again. */
  giveBack(counts: OutcomeCount[]): void {
    for (const { campaignNo, outcome, count } of counts) {
      const ofCampaign = this.#counts.getOrInsertComputed(campaignNo, () => new Map());
      ofCampaign.set(outcome, (ofCampaign.get(outcome) ?? 0) + count);
    }
  }
}

function outcomeOf(result: Issued | Failed): string | undefined {
  switch (result.kind) {
    case "coupon":
    case "entry":
      return result.replayed ? "REPLAYED" : "ISSUED";
    case "refusal":
      return result.reason;
    default:
      return undefined;
  }
}

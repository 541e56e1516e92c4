/** How many requests for a campaign were answered how, over all servers: figures to look at, not to count by. */
export interface OutcomeCounts {
  addOutcomes(counts: OutcomeCount[]): Promise<void>;
  outcomes(campaignNo: number): Promise<OutcomeCount[]>;
}

export interface OutcomeCount {
  campaignNo: number;
  /** "ISSUED", "REPLAYED", or a refusal's reason. */
  outcome: string;
  count: number;
}

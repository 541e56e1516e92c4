import type { Campaign } from "../campaign/campaign.ts";
import type { Mark } from "./entries.ts";
import type { PrizeCounts } from "./prize-counts.ts";

/** The ledger's part of checking draws: by what they were made. Entries, raffles and rounds are read where they always are. */
export interface DrawRecords {
  /** Undefined: there is no such campaign, or it was deleted. */
  drawRecord(campaignId: string): Promise<DrawRecord | undefined>;
}

/** A campaign as of one moment: its entries up to the mark are those that were counted. */
export interface DrawRecord {
  campaign: Campaign;
  /** The first one first. */
  revisions: Revision[];
  /** As in Ledger.counts. */
  counts: PrizeCounts[];
  /** The serials whose quota was returned. */
  returned: Set<number>;
  mark: Mark;
}

/** What is kept of each revision: by what its entries were decided. */
export interface Revision
  extends Pick<
    Campaign,
    "revision" | "startMs" | "endMs" | "timeZone" | "prizes" | "limits" | "paused" | "endedMs"
  > {
  /** Since when it is the latest. */
  createMs: number;
}

import type { Campaign, CampaignState, CodeSpace } from "../campaign/campaign.ts";
import type { CampaignChange } from "../campaign/change.ts";
import type { CampaignDraft } from "../campaign/draft.ts";
import type { AuditLedger } from "./audit.ts";
import type { CodePools } from "./code-pools.ts";
import type { DrawRecords } from "./draw-records.ts";
import type { CouponRow, Entry, EntryKey, EntryLists } from "./entries.ts";
import type { EventLedger } from "./events.ts";
import type { Mutation, RecordedMutation } from "./mutation.ts";
import type { OutcomeCounts } from "./outcomes.ts";
import type { Participants } from "./participants.ts";
import type { PrizeCounts } from "./prize-counts.ts";
import type { RaffleLedger } from "./raffles.ts";
import type { Redemptions } from "./redemptions.ts";
import type { RoundLedger } from "./rounds.ts";
import type { WrappedKeys } from "./wrapped-keys.ts";

export type { CouponRow, Entry, EntryKey } from "./entries.ts";
export type { Mutation, RecordedMutation } from "./mutation.ts";
export type { PrizeCounts } from "./prize-counts.ts";

/**
 * The ledger remembers: campaigns, what was issued, keys and secrets. Two implementations, one contract: mysql/ and sqlite/.
 * Throws LedgerUnavailable when the database can't be reached or does not answer in time.
 */
export interface Ledger
  extends AuditLedger,
    CodePools,
    DrawRecords,
    EntryLists,
    Participants,
    EventLedger,
    OutcomeCounts,
    RaffleLedger,
    Redemptions,
    RoundLedger,
    WrappedKeys {
  /** Creates a campaign at revision 1, reserves its serials and, where its format is new, its code space. */
  createCampaign(draft: CampaignDraft, mutation: Mutation | undefined): Promise<Created>;
  /** By id; deleted ones are not found. */
  campaign(id: string): Promise<Campaign | undefined>;
  /** By number; deleted ones too, since their coupons stay. */
  campaignByNo(no: number): Promise<Campaign | undefined>;
  /** Newest first, below `beforeNo` where given, at most `limit`. */
  campaigns(filter: CampaignFilter, beforeNo: number | undefined, limit: number): Promise<Campaign[]>;
  /** Applies a change and adds one to the revision, where the revision is still the expected one (undefined: whatever it is). */
  changeCampaign(
    id: string,
    revision: number | undefined,
    change: CampaignChange,
    mutation: Mutation | undefined,
  ): Promise<Changed>;
  /** Counts by prize, in their order; then those of entries without one, if any, under `noPrize`. */
  counts(campaignNo: number): Promise<PrizeCounts[]>;

  /** The first answer to a mutation, if it was made before. */
  mutation(method: string, requestId: string): Promise<RecordedMutation | undefined>;
  /** Keeps the answer for repeats. */
  answer(method: string, requestId: string, answer: Uint8Array): Promise<void>;

  /** What was handed out with a serial: a coupon, or a raffle's ticket. */
  coupon(spaceNo: number, serial: number): Promise<CouponRow | undefined>;
  /**
   * The entry a request got (`requestHash`), else the latest of a user in a campaign, with a serial or without; for campaigns the store has
   * forgotten.
   */
  couponOf(
    campaignNo: number,
    who: { userHash?: Uint8Array; requestHash?: Uint8Array },
  ): Promise<Entry | undefined>;
  /** In the order they were recorded, after the cursor; no tickets. At least one of the filters is given. */
  coupons(
    filter: { campaignNo?: number; userHash?: Uint8Array },
    after: EntryKey | undefined,
    limit: number,
  ): Promise<CouponRow[]>;
  codeSpaces(): Promise<CodeSpace[]>;

  /** Stores a secret unless there is one under this name, and returns the one that is there. */
  secret(name: string, wrapped: Uint8Array): Promise<Uint8Array>;

  addApiKey(key: ApiKey): Promise<void>;
  apiKeys(): Promise<ApiKey[]>;
  /** False: no such key. */
  revokeApiKey(id: string, nowMs: number): Promise<boolean>;

  /** Answers when the database does. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type Created =
  | { kind: "created"; campaign: Campaign }
  | { kind: "id-taken" }
  /** Another format could produce the same strings. */
  | { kind: "format-overlaps"; prefix: string; length: number }
  /** This imported code is one that its format could produce. */
  | { kind: "code-imported"; code: string }
  /** The space has room for `room` serials more. */
  | { kind: "no-room"; room: number }
  /** The same mutation was recorded in between: look it up. */
  | { kind: "repeated" };

export type Changed =
  | { kind: "changed"; campaign: Campaign }
  | { kind: "not-found" }
  | { kind: "revision-mismatch"; revision: number }
  | { kind: "no-room"; room: number }
  | { kind: "repeated" };

export interface CampaignFilter {
  /** By the clock `nowMs`; empty: all. */
  states: CampaignState[];
  nowMs: number;
}

export type Role = "manager" | "issuer" | "redeemer" | "viewer";

/** An API key as stored: never the key itself, `hash` is its SHA-256. */
export interface ApiKey {
  id: string;
  name: string;
  role: Role;
  hash: Uint8Array;
  createMs: number;
  revokeMs: number | undefined;
}

/** Nothing was done, or nobody knows: try again under the same request id. */
export class LedgerUnavailable extends Error {
  override name = "LedgerUnavailable";
}

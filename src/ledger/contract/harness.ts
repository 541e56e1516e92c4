import { hash } from "node:crypto";
import type { CampaignDraft } from "../../campaign/draft.ts";
import type { Fact } from "../events.ts";
import type { Entry, Ledger, Mutation } from "../ledger.ts";
import type { Queries } from "../sql/database.ts";

/** What the contract needs of a ledger beside the port. */
export interface LedgerHarness {
  ledger: Ledger;
  /** The same ledger as another server has it open; where there can be no other, the same object. */
  other: Ledger;
  /** Its tables, for what the port does not show. */
  queries: Queries;
  /** Records what a store handed out. */
  record(entries: Entry[]): Promise<void>;
  /** Tells facts in a transaction, which fails where an error is given. */
  tell(facts: Fact[], failure?: Error): Promise<void>;
  close(): Promise<void>;
}

export type Harness = () => LedgerHarness;

export const digest = (text: string) => hash("sha256", text, "buffer");
export const hash16 = (text: string) => digest(text).subarray(0, 16);

let count = 0;
/** A name that no other test uses. */
export const fresh = (kind: string) => `${kind}-${++count}`;

/** A format whose codes no other test's can equal. */
export const freshFormat = (over: Partial<CampaignDraft["format"]> = {}): CampaignDraft["format"] => ({
  alphabet: "0123456789ABCDEF",
  length: 12,
  prefix: `T${String(++count).padStart(4, "0")}`,
  ...over,
});

export const prize = (id: string, quota: number | undefined, dailyQuota?: number) => ({
  id,
  name: `The ${id}`,
  quota,
  dailyQuota,
  oddsPpm: 0,
  attributes: {},
});

export const NOW_MS = Date.UTC(2026, 10, 20, 12);
const HOUR_MS = 3_600_000;

/** A campaign that runs from an hour before NOW_MS to an hour after. */
export function draft(over: Partial<CampaignDraft> = {}): CampaignDraft {
  return {
    id: fresh("campaign"),
    name: "Autumn",
    startMs: NOW_MS - HOUR_MS,
    endMs: NOW_MS + HOUR_MS,
    timeZone: "Asia/Seoul",
    mechanic: { kind: "first-come" },
    requireRegistration: false,
    couponExpiry: undefined,
    drawSecret: undefined,
    prizes: [prize("coupon", 100)],
    limits: { perUser: 1, perUserPerDay: 0, perAddress: 0 },
    format: freshFormat(),
    allowGuessable: false,
    partitions: 1,
    wrappedKey: digest("key"),
    nowMs: NOW_MS,
    ...over,
  };
}

export const mutation = (method = "CreateCampaign"): Mutation => ({
  method,
  requestId: fresh("request"),
  digest: digest("what was asked"),
});

/** Creates a campaign that nothing keeps from being created. */
export async function create(ledger: Ledger, over: Partial<CampaignDraft> = {}) {
  const created = await ledger.createCampaign(draft(over), undefined);
  if (created.kind !== "created") throw new Error(created.kind);
  return created.campaign;
}

/** Runs the same thing many times at once, by turns on both servers. */
export function crowd<T>(
  { ledger, other }: LedgerHarness,
  size: number,
  run: (ledger: Ledger, i: number) => Promise<T>,
) {
  return Promise.all(Array.from({ length: size }, (_, i) => run(i % 2 === 0 ? ledger : other, i)));
}

/** How many there are of each kind of outcome. */
export function tally(outcomes: { kind: string }[]): Record<string, number> {
  const groups = Map.groupBy(outcomes, ({ kind }) => kind);
  return Object.fromEntries([...groups].map(([kind, all]) => [kind, all.length]));
}

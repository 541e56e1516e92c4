import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Campaign, CampaignSchema } from "../../src/gen/allot/v1/campaign_pb.js";
import type { Case } from "../audit/case.ts";
import type { Check } from "../audit/check.ts";
import type { Listed } from "../audit/ledger-rows.ts";
import type { Tables } from "../audit/tables/tables.ts";
import type { JournalPages } from "../record/journal.ts";
import type { Naming } from "../record/naming.ts";
import type { Ask } from "../sender/method.ts";
import type { Clients } from "../target/clients.ts";

/** A request as a scenario numbers it, with the names that the numbers go by. */
export interface Item {
  campaignId: string;
  user: number;
  userId: string;
  requestId: string;
  /** "": it names none. */
  address: string;
  /** What it is about, where a scenario tells its requests apart. */
  detail: number;
  /** What was laid out for the load (Play.goods). */
  goods: readonly string[];
}

/** What a crowd asks for: one of the service's mechanics as its clients meet it. */
export interface Mechanic {
  /** What it gives, in a word: coupon. */
  thing: string;
  things: string;
  ask(item: Item): Ask;
  /** It counts against none of the campaign's limits. */
  unlimited?: true;
  /** Whether sending a request again asks for the same, so that nobody gets more by it; absent: always. */
  isRepeatable?(detail: number): boolean;
  /** Whether what a request was given stays so for ever; absent: always. */
  lasts?(detail: number): boolean;
  /** What a campaign of it has; `quota` is its size. */
  campaign(quota: number): Pick<MessageInitShape<typeof CampaignSchema>, "mechanic" | "prizes">;
  /** Before the load: whatever the campaign needs. */
  open(stage: Stage): Promise<Play> | Play;
}

/** Where a mechanic is played. */
export interface Stage {
  clients: Clients;
  campaign: Campaign;
  naming: Naming;
  /** The campaign's size. */
  quota: number;
  /** The crowd's users are the numbers below. */
  users: number;
}

/** A mechanic in one run: what else goes on around the load, and what the audit asks of it. */
export interface Play {
  /** Laid out for the load. */
  goods?: readonly string[];
  /** What somebody else does while the load lasts; between two acts it pauses. */
  meanwhile?(over: AbortSignal, pause: (ms: number) => Promise<void>): Promise<void>;
  /** When the load is over and every outcome that can be known is, before the ledger is read. */
  afterwards?(journals: JournalPages[]): Promise<void>;
  /** What the ledger lists for the campaign. */
  listed(): AsyncIterable<Listed>;
  judge(of: Case): Check[];
  /** What only the ledger's tables can tell, where they can be read. */
  judgeTables?(of: Case, tables: Tables): Promise<Check[]>;
}

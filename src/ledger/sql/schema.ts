import type { Generated, GeneratedAlways } from "kysely";
import type { AuditTables } from "./audit-schema.ts";
import type { CodePoolTables } from "./code-pools-schema.ts";
import type { EventTables } from "./events-schema.ts";
import type { OutcomeTable } from "./outcomes-schema.ts";
import type { ParticipantTables } from "./participants-schema.ts";
import type { RaffleTables } from "./raffles-schema.ts";
import type { RedemptionTables } from "./redemptions-schema.ts";
import type { RoundTables } from "./rounds-schema.ts";

/**
 * The tables as both databases have them; migrations/*.sql says what they mean. Ids and texts are strings, hashes and wrapped keys
 * bytes, flags 0 or 1, times milliseconds since the Unix epoch.
 */
export interface Schema
  extends AuditTables,
    CodePoolTables,
    EventTables,
    ParticipantTables,
    RaffleTables,
    RedemptionTables,
    RoundTables {
  setting: { name: string; value: string };
  secret: { name: string; wrapped: Uint8Array };
  api_key: ApiKeyTable;
  mutation: MutationTable;
  code_space: CodeSpaceTable;
  campaign: CampaignTable;
  campaign_revision: RevisionTable;
  campaign_outcome: OutcomeTable;
  prize: PrizeTable;
  prize_day: { campaign_no: number; prize_no: number; day: string; granted: number };
  prize_range: RangeTable;
  free_range: RangeTable;
  entry: EntryTable;
  prize_count: { campaign_no: number; prize_no: number; partition_no: number; issued: number };
  doubt: DoubtTable;
  partition_state: PartitionTable;
  /** MySQL only, like the columns on leases and arming: there the store is apart from the ledger. */
  block: BlockTable;
  dead_letter: DeadLetterTable;
}

export interface ApiKeyTable {
  id: string;
  name: string;
  role: string;
  hash: Uint8Array;
  create_ms: number;
  revoke_ms: number | null;
}

interface MutationTable {
  method: string;
  request_id: string;
  digest: Uint8Array;
  subject: string | null;
  user_hash: Uint8Array | null;
  answer: Uint8Array | null;
  create_ms: number;
}

export interface CodeSpaceTable {
  no: Generated<number>;
  alphabet: string;
  length: number;
  prefix: string;
  total_length: number;
  wrapped_key: Uint8Array;
  next_serial: number;
  format_hash: Uint8Array;
}

export interface CampaignTable {
  no: Generated<number>;
  id: string;
  revision: number;
  name: string;
  start_ms: number;
  end_ms: number;
  time_zone: string;
  mechanic: string;
  mechanic_settings: string;
  per_user: number;
  per_user_per_day: number;
  per_address: number;
  space_no: number;
  allow_guessable: number;
  partitions: number;
  paused: number;
  ended_ms: number | null;
  deleted_ms: number | null;
  retired: number;
  pushed_revision: number;
  /** MySQL only. */
  unpushed: GeneratedAlways<number>;
  create_ms: number;
  update_ms: number;
  require_registration: number;
  coupon_expire_ms: number | null;
  coupon_lifetime_ms: number | null;
  draw_secret: Uint8Array | null;
  draw_commitment: Uint8Array | null;
  draw_revealed: number;
}

interface RevisionTable {
  campaign_no: number;
  revision: number;
  content: string;
  create_ms: number;
}

export interface PrizeTable {
  campaign_no: number;
  no: number;
  id: string;
  name: string;
  quota: number | null;
  daily_quota: number | null;
  odds_ppm: number;
  attributes: string;
  granted: number;
}

interface RangeTable {
  campaign_no: number;
  prize_no: number;
  first: number;
  size: number;
}

export interface EntryTable {
  partition_no: number;
  epoch: number;
  n: number;
  i: number;
  campaign_no: number;
  prize_no: number;
  revision: number;
  space_no: number;
  serial: number | null;
  time_ms: number;
  number: number;
  drawn_no: number | null;
  user_id: string;
  user_hash: Uint8Array;
  request_hash: Uint8Array | null;
  request_fields: Uint8Array | null;
  address_hash: Uint8Array | null;
}

interface DoubtTable extends RangeTable {
  partition_no: number;
  epoch: number;
  create_ms: number;
}

interface PartitionTable {
  no: number;
  epoch: number;
  high_epoch: number;
  high_n: number;
  clock_ms: number;
  armed_epoch: number;
  durable: number;
  lease_owner: string | null;
  lease_until_ms: number;
  arming_owner: string | null;
  arming_until_ms: number;
}

export interface BlockTable {
  partition_no: number;
  epoch: number;
  campaign_no: number;
  prize_no: number;
  day: string;
  number: number;
  first: number;
  size: number;
  spent: number;
  exhausted: "total" | "day" | null;
  closed: number;
}

interface DeadLetterTable {
  no: Generated<number>;
  partition_no: number;
  epoch: number;
  n: number;
  i: number;
  problem: string;
  content: string;
  create_ms: number;
}

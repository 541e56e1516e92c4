import type { Generated } from "kysely";

/** The tables of migrations/0008-events.sql. */
export interface EventTables {
  event: { campaign_no: number; seq: number; type: string; data: string; create_ms: number };
  event_head: { campaign_no: number; seq: number };
  event_told: { campaign_no: number; fact: string };
  webhook_endpoint: WebhookEndpointTable;
  webhook_position: {
    endpoint_no: number;
    campaign_no: number;
    entries: number;
    places: string;
    seq: number;
  };
}

export interface WebhookEndpointTable {
  no: Generated<number>;
  id: string;
  url: string;
  types: string;
  campaign_no: number | null;
  user_ids: number;
  wrapped_secret: Uint8Array;
  wrapped_previous: Uint8Array | null;
  previous_until_ms: number;
  create_ms: number;
  disabled_ms: number | null;
  retry_ms: number;
  delivered_ms: number | null;
  failures: number;
  failing_ms: number | null;
  next_ms: number | null;
  problem: string;
  lease_owner: string | null;
  lease_until_ms: number;
}

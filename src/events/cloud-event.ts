import type { EventType } from "./event-type.ts";

/** A CloudEvent 1.0 as structured JSON has it (https://cloudevents.io, "JSON Event Format"). */
export interface CloudEvent {
  specversion: "1.0";
  /** The same whenever the event is sent again; no other event has it. */
  id: string;
  /** The campaign, as in /campaigns/autumn, or where what is of none belongs: /participants. */
  source: string;
  type: EventType | typeof TEST_TYPE;
  /** The coupon's code, the ticket's number, …: what it is about, where that is one thing. */
  subject?: string;
  /** RFC 3339, in UTC. */
  time: string;
  datacontenttype: "application/json";
  data: Record<string, unknown>;
}

/** What `allot webhooks test` sends. */
export const TEST_TYPE = "allot.webhook.test";

export const CONTENT_TYPE = "application/cloudevents+json; charset=utf-8";

export function cloudEvent(
  type: CloudEvent["type"],
  {
    id,
    source,
    subject,
    timeMs,
    data,
  }: {
    id: string;
    source: string;
    subject: string | undefined;
    timeMs: number;
    data: Record<string, unknown>;
  },
): CloudEvent {
  return {
    specversion: "1.0",
    id,
    source,
    type,
    // The specification knows no empty subject.
    ...(subject && { subject }),
    time: new Date(timeMs).toISOString(),
    datacontenttype: "application/json",
    data,
  };
}

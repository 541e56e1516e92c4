import { retryAfterMs } from "./back-off.ts";
import { type CloudEvent, CONTENT_TYPE } from "./cloud-event.ts";
import type { Connections, PostAnswer } from "./post.ts";
import { signatureHeaders } from "./sign.ts";

/** What became of one attempt. */
export interface Sent {
  /** Unreachable: no answer, or one that says "not now"; gone: never again. */
  kind: "delivered" | "refused" | "unreachable" | "gone";
  /** For people. */
  said: string;
  /** How long the receiver asks us to wait. */
  askedMs: number;
}

/** Nobody is there, or the receiver has too much to do: that is about the endpoint. Other answers are about the event. */
const notNow = new Set([429, 502, 503, 504]);

/** Sends an event once, signed by each of the secrets. */
export async function sendEvent(
  connections: Connections,
  secrets: Uint8Array[],
  event: CloudEvent,
  timeoutMs: number,
): Promise<Sent> {
  const body = JSON.stringify(event);
  const headers = {
    "content-type": CONTENT_TYPE,
    "user-agent": "allot",
    ...signatureHeaders(secrets, event.id, Date.now(), body),
  };
  try {
    return judge(await connections.post(headers, body, timeoutMs));
  } catch (error) {
    const { message, name } = error as Error;
    return { kind: "unreachable", said: message || name, askedMs: 0 };
  }
}

function judge({ status, retryAfter }: PostAnswer): Sent {
  const said = `it answered ${status}`;
  const askedMs = retryAfterMs(retryAfter, Date.now());
  if (status >= 200 && status < 300) return { kind: "delivered", said, askedMs: 0 };
  if (status === 410) return { kind: "gone", said, askedMs };
  return { kind: notNow.has(status) ? "unreachable" : "refused", said, askedMs };
}

import { Webhook } from "standardwebhooks";

const PREFIX = "whsec_";

/** A secret as receivers are given it. */
export const secretText = (secret: Uint8Array) => PREFIX + Buffer.from(secret).toString("base64");

/**
 * The headers of the Standard Webhooks scheme (https://www.standardwebhooks.com), with a signature by each secret, so that a receiver may
 * know either while one takes the place of the other.
 */
export function signatureHeaders(
  secrets: Uint8Array[],
  id: string,
  nowMs: number,
  body: string,
): Record<string, string> {
  const now = new Date(nowMs);
  const signatures = secrets.map((secret) => new Webhook(secretText(secret)).sign(id, now, body));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(nowMs / 1_000)),
    "webhook-signature": signatures.join(" "),
  };
}

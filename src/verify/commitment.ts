import { hash } from "node:crypto";

/** Whether this is the secret that was committed to: its SHA-256 was known before anything was drawn. */
export function isCommittedTo(commitment: Buffer, secret: Uint8Array): boolean {
  return commitment.equals(hash("sha256", secret, "buffer"));
}

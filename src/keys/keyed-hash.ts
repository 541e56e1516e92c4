import { hash } from "node:crypto";

const LENGTH_BYTES = 4;
const HASH_BYTES = 16;

let scratch = Buffer.alloc(1024);

/**
 * Sixteen bytes that stand for `parts`, unguessable without the key: the first half of SHA-256 over the key and each part behind
 * its length. One shot instead of a Hash or Hmac object, which costs several times as much on the hot path. Appending to a hash
 * (length extension) takes the whole of its last state, and half of it is never seen; nor can a longer list of parts be mistaken for
 * a shorter one, since the lengths say where each ends. `key` has 32 bytes.
 */
export function keyedHash(key: Buffer, parts: readonly (string | Buffer)[]): Buffer {
  let sizeBytes = key.length;
  for (const part of parts) sizeBytes += LENGTH_BYTES + Buffer.byteLength(part);
  if (sizeBytes > scratch.length) scratch = Buffer.alloc(sizeBytes * 2);
  let at = key.copy(scratch);
  for (const part of parts) {
    const start = at + LENGTH_BYTES;
    const partBytes = typeof part === "string" ? scratch.write(part, start) : part.copy(scratch, start);
    scratch.writeUInt32BE(partBytes, at);
    at = start + partBytes;
  }
  // By way of a string: a Buffer from the hash itself has memory of its own, which takes as long again.
  return Buffer.from(hash("sha256", scratch.subarray(0, at), "latin1").slice(0, HASH_BYTES), "latin1");
}

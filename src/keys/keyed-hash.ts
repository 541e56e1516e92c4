import { hash } from "node:crypto";

const LENGTH_BYTES = 4;
const HASH_BYTES = 16;
/** UTF-8 bytes of a UTF-16 unit, at most. */
const UNIT_BYTES = 3;
/** Up to here a loop is faster than a call out of JavaScript. */
const SHORT = 32;

let scratch = Buffer.alloc(1024);
/** Of the first bytes of `scratch`, by their number: to make one takes longer than to fill it. */
let views: Uint8Array[] = [];

/**
 * Sixteen bytes that stand for `parts`, unguessable without the key: the first half of SHA-256 over the key and each part behind
 * its length. One shot instead of a Hash or Hmac object, which costs several times as much on the hot path. Appending to a hash
 * (length extension) takes the whole of its last state, and half of it is never seen; nor can a longer list of parts be mistaken for
 * a shorter one, since the lengths say where each ends. `key` has 32 bytes.
 */
export function keyedHash(key: Buffer, parts: readonly (string | Buffer)[]): Buffer {
  let mostBytes = key.length;
  for (let p = 0; p < parts.length; p++) mostBytes += LENGTH_BYTES + UNIT_BYTES * parts[p]!.length;
  if (mostBytes > scratch.length) {
    scratch = Buffer.alloc(mostBytes * 2);
    views = [];
  }
  scratch.set(key);
  let at = key.length;
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!;
    const start = at + LENGTH_BYTES;
    const partBytes = typeof part === "string" ? write(part, start) : part.copy(scratch, start);
    scratch.writeUInt32BE(partBytes, at);
    at = start + partBytes;
  }
  views[at] ??= scratch.subarray(0, at);
  // By way of a string: a Buffer from the hash itself has memory of its own, which takes as long again.
  const digest = hash("sha256", views[at]!, "latin1");
  const half = Buffer.allocUnsafe(HASH_BYTES);
  for (let i = 0; i < HASH_BYTES; i++) half[i] = digest.charCodeAt(i);
  return half;
}

/** In UTF-8; returns its bytes. */
function write(text: string, start: number): number {
  if (text.length > SHORT) return scratch.write(text, start);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return scratch.write(text, start);
    scratch[start + i] = unit;
  }
  return text.length;
}

import { createCipheriv } from "node:crypto";

export const BLOCK_BYTES = 16;

/**
 * AES without padding under a key of 16, 24 or 32 bytes (else a RangeError), on whole 16-byte blocks: `ecb`
 * maps each block by itself, `ctr` mixes in the key stream, counted from zero and carried on from call to
 * call. A call costs about a microsecond whatever it holds, so put a batch into it.
 */
export function aes(mode: "ecb" | "ctr", key: Uint8Array): (blocks: Uint8Array) => Buffer {
  if (![16, 24, 32].includes(key.length)) {
    throw new RangeError(`an AES key has 16, 24 or 32 bytes, this one has ${key.length}`);
  }
  const start = mode === "ctr" ? Buffer.alloc(BLOCK_BYTES) : null;
  const cipher = createCipheriv(`aes-${key.length * 8}-${mode}`, key, start).setAutoPadding(false);
  return (blocks) => cipher.update(blocks);
}

import { createHmac } from "node:crypto";
import { seal, unseal } from "./seal.ts";

/** How the records of mutations keep to themselves what they are about. */
export interface Discretion {
  /** 32 bytes that stand for a request. */
  digestOf(request: Uint8Array): Buffer;
  seal(answer: Uint8Array): Uint8Array;
  open(sealed: Uint8Array): Uint8Array;
}

/**
 * For what names a person: an answer is encrypted, and the digest of a request keyed, since whoever has the database could try all phone
 * numbers against a plain hash. `key` has 32 bytes.
 */
export function discreet(key: Buffer): Discretion {
  const context = "answer";
  // Not the same key twice: see NIST SP 800-57, 5.2.
  const digestKey = createHmac("sha256", key).update("digest").digest();
  const sealKey = createHmac("sha256", key).update("seal").digest();
  return {
    digestOf: (request) => createHmac("sha256", digestKey).update(request).digest(),
    seal: (answer) => seal(sealKey, context, answer),
    open(sealed) {
      const answer = unseal(sealKey, context, sealed);
      if (answer === undefined) throw new Error("a recorded answer can't be opened: it was damaged");
      return answer;
    },
  };
}

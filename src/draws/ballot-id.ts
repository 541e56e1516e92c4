import { BASE32 } from "../codes/alphabet.ts";
import { FieldsHmac } from "./hmac.ts";

/** A hundred bits: no two are alike, and nobody finds another one's. */
const symbols = 20;

/**
 * The ids of a lottery's ballots: the first twenty bytes of HMAC-SHA-256(key, "ballot", campaign id, user hash, date, number), each as the
 * symbol of its lowest five bits. Stored nowhere, and not derived from the secret that is revealed.
 */
export class BallotIds {
  readonly #hmac: FieldsHmac;

  constructor(key: Uint8Array) {
    this.#hmac = new FieldsHmac(key);
  }

  of(campaignId: string, userHash: Uint8Array, date: string, number: number): string {
    let id = "";
    for (const byte of this.#hmac.of(["ballot", campaignId, userHash, date, number]).subarray(0, symbols))
      id += BASE32[byte & 31];
    return id;
  }
}

import { timingSafeEqual } from "node:crypto";
import { BASE32 } from "../codes/alphabet.ts";
import { FieldsHmac } from "./hmac.ts";

/** Sixty bits: with a handful of guesses a minute nobody lives to see one. */
const symbols = 12;

/**
 * The codes that prove who holds which ticket of a raffle: the first twelve bytes of HMAC-SHA-256(key, "ticket", campaign id, number), each
 * as the symbol of its lowest five bits. Stored nowhere, and not derived from the secret that is revealed.
 */
export class TicketCodes {
  readonly #hmac: FieldsHmac;

  constructor(key: Uint8Array) {
    this.#hmac = new FieldsHmac(key);
  }

  of(campaignId: string, number: number): string {
    let code = "";
    for (const byte of this.#hmac.of(["ticket", campaignId, number]).subarray(0, symbols))
      code += BASE32[byte & 31];
    return code;
  }

  /** In constant time. */
  isRight(campaignId: string, number: number, code: string): boolean {
    const right = Buffer.from(this.of(campaignId, number));
    const given = Buffer.from(code);
    return given.length === right.length && timingSafeEqual(given, right);
  }
}

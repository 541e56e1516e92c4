import type { Prize } from "../campaign/campaign.ts";
import { FieldsHmac } from "./hmac.ts";

const million = 1_000_000;
const numberBytes = 6;
const range = 2 ** (8 * numberBytes);

/** What instant wins are drawn by: the campaign's secret, whose SHA-256 was published before anybody drew. */
export class InstantWin {
  readonly #hmac: FieldsHmac;
  readonly #campaignId: string;

  constructor(secret: Uint8Array, campaignId: string) {
    this.#hmac = new FieldsHmac(secret);
    this.#campaignId = campaignId;
  }

  /**
   * The number, 0 to 999,999, that a user's n-th draw of a day comes to: floor(u × 1,000,000 / 2^48) of the first 6 bytes u, big endian, of
   * HMAC-SHA-256(secret, "draw", campaign id, user hash, date, n). Of 2^48 values some numbers have one more than others: 4 in a billion.
   */
  number(userHash: Uint8Array, date: string, n: number): number {
    const drawn = this.#hmac.of(["draw", this.#campaignId, userHash, date, n]);
    return Math.floor((drawn.readUIntBE(0, numberBytes) * million) / range);
  }
}

/** The prize that a number wins; each owns as many numbers as its odds, in the order of the prizes. Undefined: no prize. */
export function prizeAt<P extends Pick<Prize, "oddsPpm">>(
  prizes: readonly P[],
  number: number,
): P | undefined {
  let end = 0;
  for (const prize of prizes) {
    end += prize.oddsPpm;
    if (number < end) return prize;
  }
  return undefined;
}

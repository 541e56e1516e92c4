import { FieldsHmac } from "./hmac.ts";

/** A draw's numbers are the first bytes of an HMAC. */
const DRAWN_BYTES = 6;
const DRAWN_VALUES = 2 ** (8 * DRAWN_BYTES);

/**
 * The secret of one round of a lottery, 32 bytes: HMAC-SHA-256(the campaign's secret, "round", campaign id, date). Shown when the round
 * is drawn, it tells nothing about another round's.
 */
export function roundSecret(campaignSecret: Uint8Array, campaignId: string, date: string): Buffer {
  return new FieldsHmac(campaignSecret).of(["round", campaignId, date]);
}

/**
 * What winners are drawn from, 32 bytes: HMAC-SHA-256(secret, "winners", campaign id, date, digest, entropy). `secret`: a raffle's is
 * its campaign's, a round's is its own; `date`: the round's, "" for a raffle; `digest`: a ClaimsDigest of all who take part; `entropy`:
 * what was public when the draw was made, or nothing. Who knows the secret beforehand still can't know the seed before the last claim
 * is in.
 */
export function winnersSeed(
  secret: Uint8Array,
  campaignId: string,
  date: string,
  digest: Uint8Array,
  entropy: Uint8Array,
): Buffer {
  return new FieldsHmac(secret).of(["winners", campaignId, date, digest, entropy]);
}

/**
 * Draws among `count` (up to 2^32): distinct positions from 0, in the order drawn, each position as likely as any other; all of them
 * where `winners` is as many or more. It is the beginning of a Fisher–Yates shuffle (Durstenfeld, Algorithm 235): draw k swaps the
 * place k with the place k + u, u being uniform on 0..count − k − 1 and drawn by HMAC-SHA-256(seed, "pick", k, attempt). Of
 * that the first six bytes, big-endian, count; where they fall behind the last whole multiple of count − k, the next attempt is made,
 * from 0 on; u is the remainder.
 */
export function pickWinners(seed: Uint8Array, count: number, winners: number): number[] {
  const picked: number[] = [];
  const hmac = new FieldsHmac(seed);
  // Only places that were swapped are kept, so that a few winners among many claims cost little.
  const swapped = new Map<number, number>();
  for (let k = 0; k < Math.min(winners, count); k++) {
    const place = k + uniform(hmac, k, count - k);
    picked.push(swapped.get(place) ?? place);
    swapped.set(place, swapped.get(k) ?? k);
    swapped.delete(k);
  }
  return picked;
}

/** Without rejection the low remainders would come a little more often. */
function uniform(hmac: FieldsHmac, k: number, below: number): number {
  const bound = DRAWN_VALUES - (DRAWN_VALUES % below);
  for (let attempt = 0; ; attempt++) {
    const drawn = hmac.of(["pick", k, attempt]).readUIntBE(0, DRAWN_BYTES);
    if (drawn < bound) return drawn % below;
  }
}

import { ff1, MIN_FF1_SPACE } from "../codes/ff1.ts";
import { keyedShuffle } from "../codes/small-permutation.ts";
import { FieldsHmac } from "./hmac.ts";

/**
 * In which order a raffle's tickets are handed out: a permutation of 1..N under a key that follows from the campaign's secret. Serials go by
 * their offset from the raffle's first one.
 */
export interface TicketOrder {
  /** The numbers of tickets, from 1, by the offsets of their serials. */
  numbers(offsets: readonly number[]): number[];
  /** The offset of a ticket's serial. */
  offset(number: number): number;
}

/** The key is HMAC-SHA-256(secret, "tickets"). */
export function ticketOrder(secret: Uint8Array, tickets: number): TicketOrder {
  const key = new FieldsHmac(secret).of(["tickets"]);
  return tickets < MIN_FF1_SPACE ? byTable(key, tickets) : byFf1(key, tickets);
}

function byTable(key: Uint8Array, tickets: number): TicketOrder {
  const images = keyedShuffle(tickets, key);
  let origins: Uint32Array | undefined;
  return {
    numbers: (offsets) => offsets.map((offset) => images[offset]! + 1),
    offset(number) {
      if (!origins) {
        origins = new Uint32Array(tickets);
        for (let offset = 0; offset < tickets; offset++) origins[images[offset]!] = offset;
      }
      return origins[number - 1]!;
    },
  };
}

/** FF1 over pairs of numerals, the fewest there can be; what falls beyond the last ticket goes through it again (cycle walking). */
function byFf1(key: Uint8Array, tickets: number): TicketOrder {
  const radix = Math.ceil(Math.sqrt(tickets));
  const permutation = ff1({ radix, length: 2, key });
  function walk(values: number[], replace: (numerals: Uint16Array) => void): number[] {
    const out = [...values];
    let beyond = out.map((_, at) => at);
    while (beyond.length > 0) {
      const numerals = new Uint16Array(beyond.length * 2);
      for (const [row, at] of beyond.entries()) {
        numerals[row * 2] = Math.floor(out[at]! / radix);
        numerals[row * 2 + 1] = out[at]! % radix;
      }
      replace(numerals);
      for (const [row, at] of beyond.entries()) out[at] = numerals[row * 2]! * radix + numerals[row * 2 + 1]!;
      beyond = beyond.filter((at) => out[at]! >= tickets);
    }
    return out;
  }
  return {
    numbers: (offsets) => walk([...offsets], permutation.encrypt).map((value) => value + 1),
    offset: (number) => walk([number - 1], permutation.decrypt)[0]!,
  };
}

import { createCipheriv, createHmac } from "node:crypto";

/**
 * The number of the ticket at each place of a raffle, from docs/fairness.md alone: with nothing of the program's own. For fewer than a million
 * tickets.
 */
export function ticketNumbers(secret: Buffer, tickets: number): number[] {
  const numbers = Array.from({ length: tickets }, (_, place) => place + 1);
  const stream = createCipheriv("aes-256-ctr", ticketsKey(secret), Buffer.alloc(16));
  for (let last = tickets - 1; last > 0; last--) {
    const below = last + 1;
    let word: number;
    do word = stream.update(Buffer.alloc(4)).readUInt32BE();
    while (word >= 2 ** 32 - (2 ** 32 % below));
    const other = word % below;
    [numbers[last], numbers[other]] = [numbers[other]!, numbers[last]!];
  }
  return numbers;
}

/** Of a million tickets or more: FF1 (NIST SP 800-38G) over two numerals, again while the result is beyond the last ticket. */
export function ticketNumber(secret: Buffer, tickets: number, place: number): number {
  const key = ticketsKey(secret);
  const radix = Math.ceil(Math.sqrt(tickets));
  const halfBytes = Math.ceil((radix - 1).toString(2).length / 8);
  const head = [1, 2, 1, radix >> 16, (radix >> 8) & 255, radix & 255, 10, 1, 0, 0, 0, 2, 0, 0, 0, 0];
  const padding = new Array(15 - halfBytes).fill(0);
  let halves = [BigInt(Math.floor(place / radix)), BigInt(place % radix)] as const;
  let found: number;
  do {
    for (let round = 0; round < 10; round++) {
      const [left, right] = halves;
      const half = Buffer.from(right.toString(16).padStart(halfBytes * 2, "0"), "hex");
      const mac = createCipheriv("aes-256-cbc", key, Buffer.alloc(16)).setAutoPadding(false);
      const block = mac.update(Buffer.from([...head, ...padding, round, ...half])).subarray(16);
      const drawn = BigInt(`0x${block.subarray(0, 4 * Math.ceil(halfBytes / 4) + 4).toString("hex")}`);
      halves = [right, (left + drawn) % BigInt(radix)];
    }
    found = Number(halves[0]) * radix + Number(halves[1]);
  } while (found >= tickets);
  return found + 1;
}

function ticketsKey(secret: Buffer): Buffer {
  const field = Buffer.from("tickets");
  return createHmac("sha256", secret)
    .update(Buffer.from([0, 0, 0, field.length]))
    .update(field)
    .digest();
}

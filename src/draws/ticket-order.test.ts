import fc from "fast-check";
import { expect, test } from "vitest";
import { ticketOrder } from "./ticket-order.ts";

const all = (tickets: number) => Array.from({ length: tickets }, (_, offset) => offset);

test.each([1, 2, 3, 10, 1_000, 999_999, 1_000_000, 1_000_003])(
  "hands out each of %i tickets once",
  (tickets) => {
    const order = ticketOrder(Buffer.alloc(32, 5), tickets);
    const seen = new Uint8Array(tickets + 1);
    for (const number of order.numbers(all(tickets))) seen[number]!++;
    expect(seen[0]).toBe(0);
    expect(seen.subarray(1).every((times) => times === 1)).toBe(true);
  },
);

test("an offset is found again from its number, however many are asked for at once", () => {
  const tickets = fc.oneof(
    fc.integer({ min: 1, max: 5_000 }),
    fc.integer({ min: 1_000_000, max: 100_000_000 }),
  );
  fc.assert(
    fc.property(tickets, fc.nat(), fc.nat(255), (count, at, seed) => {
      const order = ticketOrder(Buffer.alloc(32, seed), count);
      const offset = at % count;
      const [number, again] = order.numbers([offset, (offset + 1) % count, offset]).filter((_, i) => i !== 1);
      expect(again).toBe(number);
      expect(order.numbers([offset])).toEqual([number]);
      expect(order.offset(number!)).toBe(offset);
    }),
    { numRuns: 60 },
  );
});

test("the order passes a runs test: no more rises and falls in sequence than chance has", () => {
  for (const tickets of [100_000, 1_000_000]) {
    const numbers = ticketOrder(Buffer.alloc(32, 9), tickets).numbers(all(tickets));
    let runs = 1;
    for (let i = 2; i < tickets; i++) {
      if (numbers[i]! > numbers[i - 1]! !== numbers[i - 1]! > numbers[i - 2]!) runs++;
    }
    const expected = (2 * tickets - 1) / 3;
    const deviation = Math.sqrt((16 * tickets - 29) / 90);
    // Beyond 3.29 deviations lies one order in a thousand, and this one is fixed.
    expect(Math.abs(runs - expected) / deviation).toBeLessThan(3.29);
  }
});

test("another secret is another order", () => {
  const order = (seed: number) => ticketOrder(Buffer.alloc(32, seed), 1_000).numbers(all(10));
  expect(order(1)).not.toEqual(order(2));
});

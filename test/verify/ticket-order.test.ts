import fc from "fast-check";
import { expect, test } from "vitest";
import { ticketOrder } from "../../src/draws/ticket-order.ts";
import { ticketNumber, ticketNumbers } from "./ticket-order.ts";

const secret = Buffer.alloc(32, 5);
const offsets = (tickets: number) => Array.from({ length: tickets }, (_, offset) => offset);

test.each([1, 2, 10, 1_000, 50_000])("the order of %i tickets is as it is described", (tickets) => {
  expect(ticketNumbers(secret, tickets)).toEqual(ticketOrder(secret, tickets).numbers(offsets(tickets)));
});

test("and of millions", () => {
  const many = fc.integer({ min: 1_000_000, max: 100_000_000 });
  fc.assert(
    fc.property(many, fc.nat(), (tickets, at) => {
      const offset = at % tickets;
      expect(ticketNumber(secret, tickets, offset)).toBe(ticketOrder(secret, tickets).numbers([offset])[0]);
    }),
  );
});

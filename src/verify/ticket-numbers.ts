import type { TicketOrder } from "../draws/ticket-order.ts";

/** The numbers of tickets by their offsets; undefined for one that is none of so many tickets. */
export function ticketNumbers(
  order: TicketOrder,
  tickets: number,
  offsets: readonly (number | undefined)[],
): (number | undefined)[] {
  const numbers = order.numbers(offsets.map((offset) => (isTicket(offset, tickets) ? offset : 0)));
  return numbers.map((number, at) => (isTicket(offsets[at], tickets) ? number : undefined));
}

/** Whether there is a ticket at this place, of so many. */
export function isTicket(offset: number | undefined, tickets: number): offset is number {
  return offset !== undefined && Number.isInteger(offset) && offset >= 0 && offset < tickets;
}

import type { Campaign } from "../campaign/campaign.ts";
import { type TicketOrder, ticketOrder } from "../draws/ticket-order.ts";

/** Of a million tickets an order takes 4 MB. */
const ordersMax = 64;

/** The numbers of raffles' tickets by their serials. A raffle's serials are one range, and neither it nor the secret ever changes. */
export class TicketBook {
  readonly #orders = new Map<
    number,
    { first: number; secret: Uint8Array; size: number; order?: TicketOrder }
  >();

  add({ no, tickets }: Campaign, secret: Uint8Array): void {
    const { first, size } = tickets!.ranges[0]!;
    if (!this.#orders.has(no)) this.#orders.set(no, { first, secret, size });
  }

  numbers(campaignNo: number, serials: number[]): number[] {
    const { first, order } = this.#of(campaignNo);
    return order.numbers(serials.map((serial) => serial - first));
  }

  /** `number`: from 1 to the raffle's number of tickets. */
  serial(campaignNo: number, number: number): number {
    const { first, order } = this.#of(campaignNo);
    return first + order.offset(number);
  }

  /** Made when it is needed: a large one takes some ms. The one that was used longest ago makes room. */
  #of(campaignNo: number): { first: number; order: TicketOrder } {
    const known = this.#orders.get(campaignNo)!;
    const order = known.order ?? ticketOrder(known.secret, known.size);
    this.#orders.delete(campaignNo);
    this.#orders.set(campaignNo, { ...known, order });
    const made = [...this.#orders.values()].filter((one) => one.order);
    if (made.length > ordersMax) delete made[0]!.order;
    return { first: known.first, order };
  }
}

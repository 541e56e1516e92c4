import type { Event } from "./inbox.ts";

/** What a user is told, if an event is for a user at all. */
function wordsFor({ type, data }: Event): string | undefined {
  switch (type) {
    case "allot.coupon.issued":
      return `Your coupon is ${data.code}.`;
    case "allot.draw.won":
      return `You have won (${data.prizeId})! Show this code: ${data.code}.`;
    case "allot.ticket.claimed":
      return `Your ticket has the number ${data.number}. Good luck!`;
    case "allot.coupon.revoked":
      return `Your coupon ${data.code} was taken back: ${data.reason}.`;
    default:
      // There are more types, and there will be others yet.
      return undefined;
  }
}

/**
 * Sends a message to the user of an event. Here the SMS or e-mail goes out: look the user's number up, and hand the event's id to your
 * provider as its idempotency key, since this process may end between sending and noting that it has sent.
 */
export async function tell(event: Event): Promise<void> {
  const words = wordsFor(event);
  const { userId } = event.data;
  if (words === undefined || !userId) return;
  console.log(`to ${userId}: ${words} [${event.id}]`);
}

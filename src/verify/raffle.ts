import { ClaimsDigest } from "../draws/claims-digest.ts";
import { type TicketOrder, ticketOrder } from "../draws/ticket-order.ts";
import { pickWinners, winnersSeed } from "../draws/winners.ts";
import type { Check, Checked } from "./check.ts";
import type { Findings } from "./findings.ts";
import type { CampaignRecord, EntryRecord, RaffleRecord } from "./records.ts";
import { isTicket, ticketNumbers } from "./ticket-numbers.ts";
import { difference, prizesInOrder, type Won } from "./won.ts";

const hashBytes = 16;
/** So many ticket numbers are made at once. */
const numbersAtOnce = 10_000;

/** Every ticket was handed out once, in the order that the secret gives, and the winners are those of the seed. Takes 21 bytes a ticket. */
export class Raffle implements Check {
  readonly #findings: Findings;
  readonly #campaign: CampaignRecord;
  readonly #tickets: number;
  readonly #draw: RaffleRecord | undefined;
  readonly #order: TicketOrder | undefined;
  /** By offset. */
  readonly #users: Buffer;
  readonly #isClaimed: Uint8Array;
  #claimed = 0;
  #withoutPrize = 0;
  /** Whose numbers are not looked at yet. */
  #pending: EntryRecord[] = [];
  #numbers = 0;

  constructor(findings: Findings, campaign: CampaignRecord, draw: RaffleRecord | undefined, tickets: number) {
    this.#findings = findings;
    this.#campaign = campaign;
    this.#tickets = tickets;
    this.#draw = draw;
    this.#order = campaign.secret && ticketOrder(campaign.secret, tickets);
    this.#users = Buffer.alloc(tickets * hashBytes);
    this.#isClaimed = new Uint8Array(tickets);
  }

  entry(entry: EntryRecord): void {
    const { offset, user, number, drawn, given } = entry;
    if (drawn !== undefined || given !== undefined) {
      this.#findings.about(entry, "it has a prize: a raffle's are in the list of winners");
    }
    if (number !== 0) this.#findings.about(entry, "it has a number: a raffle's entries have none");
    if (!isTicket(offset, this.#tickets)) {
      this.#findings.about(entry, `there is no ticket ${offset}: there are ${this.#tickets}`);
    } else if (this.#isClaimed[offset] === 1) {
      this.#findings.about(entry, `ticket ${offset} was handed out before`);
    } else {
      this.#isClaimed[offset] = 1;
      this.#claimed++;
      this.#users.set(user, offset * hashBytes);
      if (this.#order && entry.ticket !== undefined) this.#pending.push(entry);
      if (this.#pending.length === numbersAtOnce) this.#checkNumbers();
    }
    this.#withoutPrize++;
  }

  end(): Checked {
    this.#checkNumbers();
    const { withoutPrize } = this.#campaign;
    if (this.#withoutPrize !== withoutPrize) {
      const problem = `there are ${this.#withoutPrize}, and ${withoutPrize} were counted when they were recorded`;
      this.#findings.add("tickets", problem);
    }
    const claimed = `${this.#claimed.toLocaleString("en")} tickets, each handed out once`;
    const checked = [claimed];
    const unchecked: string[] = [];
    if (!this.#order) unchecked.push("the tickets' order: the secret is not revealed yet");
    else if (this.#numbers > 0)
      checked.push(`${this.#numbers.toLocaleString("en")} ticket numbers made anew from the secret`);
    if (!this.#draw) {
      unchecked.push("the winners: none have been drawn yet");
    } else {
      this.#checkDraw(this.#draw, unchecked);
      checked.push(`${this.#draw.won.length.toLocaleString("en")} winners, and the digest of all claims`);
    }
    return { checked, unchecked };
  }

  #checkNumbers(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (!this.#order || pending.length === 0) return;
    const numbers = ticketNumbers(
      this.#order,
      this.#tickets,
      pending.map(({ offset }) => offset),
    );
    this.#numbers += pending.length;
    for (const [at, entry] of pending.entries()) {
      if (entry.ticket === numbers[at]) continue;
      this.#findings.about(
        entry,
        `it is ticket number ${entry.ticket}, and by the secret number ${numbers[at]}`,
      );
    }
  }

  #checkDraw(draw: RaffleRecord, unchecked: string[]): void {
    const claims = new ClaimsDigest();
    const offsets = new Uint32Array(this.#claimed);
    for (let offset = 0; offset < this.#isClaimed.length; offset++) {
      if (this.#isClaimed[offset] === 0) continue;
      offsets[claims.count] = offset;
      claims.addTicket(offset, this.#user(offset));
    }
    const problem = (text: string) => this.#findings.add("the draw", text);
    if (draw.claims !== claims.count)
      problem(`it was of ${draw.claims} tickets, and ${claims.count} were claimed`);
    const digest = claims.digest();
    if (!digest.equals(draw.digest)) {
      problem(`its digest is ${draw.digest.toString("hex")}, and of the claims ${digest.toString("hex")}`);
    }
    if (draw.winners !== draw.won.length)
      problem(`it had ${draw.winners} winners, and ${draw.won.length} are listed`);
    if (!this.#campaign.secret) {
      unchecked.push("who won: the secret is not revealed yet");
      return;
    }
    const { secret, id } = this.#campaign;
    const seed = winnersSeed(secret, id, "", digest, draw.entropy);
    const numbers = ticketNumbers(
      this.#order!,
      this.#tickets,
      draw.won.map(({ offset }) => offset),
    );
    for (const [at, { rank, ticket }] of draw.won.entries()) {
      if (ticket !== undefined && ticket !== numbers[at])
        problem(`winner ${rank} has ticket number ${ticket}, and by the secret ${numbers[at]}`);
    }
    const wrong = this.#differences(draw, (count) => pickWinners(seed, offsets.length, count), offsets);
    if (wrong) problem(wrong);
  }

  /** The quotas count as they were at the draw; a change that was made at the same time may have come before or after it. */
  #differences(
    { won, drawMs }: RaffleRecord,
    pick: (winners: number) => number[],
    offsets: Uint32Array,
  ): string | undefined {
    const recorded = won.map(({ rank, prize, offset }): Won<number> => ({ rank, prize, claim: offset }));
    const { revisions } = this.#campaign;
    const latest = Math.max(
      revisions.findLastIndex(({ createMs }) => createMs <= drawMs),
      0,
    );
    let first: string | undefined;
    for (const revision of [revisions[latest], revisions[latest - 1], revisions[latest + 1]]) {
      if (!revision) continue;
      const prizes = prizesInOrder(revision.prizes.map(({ quota }) => quota!));
      const due = pick(prizes.length).map(
        (place, at): Won<number> => ({ rank: at + 1, prize: prizes[at]!, claim: offsets[place]! }),
      );
      const found = difference(recorded, due, (one) => this.#text(one));
      if (!found) return undefined;
      first ??= found;
    }
    return first;
  }

  #text({ prize, claim }: Won<number>): string {
    const name = this.#campaign.revisions.at(-1)!.prizes[prize]?.id ?? `prize ${prize}`;
    return `${name} for ticket ${claim}`;
  }

  #user = (offset: number) => this.#users.subarray(offset * hashBytes, (offset + 1) * hashBytes);
}

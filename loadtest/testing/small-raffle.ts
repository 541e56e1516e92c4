import { createHash } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { TicketCodes } from "../../src/draws/ticket-code.ts";
import { type TicketOrder, ticketOrder } from "../../src/draws/ticket-order.ts";
import { pickWinners, winnersSeed } from "../../src/draws/winners.ts";
import type { Campaign } from "../../src/gen/allot/v1/campaign_pb.js";
import { type ClaimTicketRequest, RaffleService } from "../../src/gen/allot/v1/raffle_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import type { Tables } from "../audit/tables/tables.ts";
import type { Small } from "./small.ts";

/** Ways in which a raffle can be wrong; each must turn the audit red. */
export const raffleFaults = [
  "gives a number twice",
  "gives numbers that there are not",
  "gives users two tickets",
  "refuses who has a ticket",
  "gives another ticket when asked again",
  "gives numbers in order",
  "loses a ticket",
  "verifies any code",
  "stops short",
  "counts too many",
  "draws winners twice",
  "draws too few winners",
  "lets a ticket win twice",
  "names another winner",
  "picks winners by hand",
  "shows another secret",
] as const;

export type RaffleFault = (typeof raffleFaults)[number];

const secret = Buffer.alloc(32, 5);
const codes = new TicketCodes(Buffer.alloc(32, 6));
const digest = Buffer.alloc(32, 7);
const sha256 = (of: Uint8Array) => createHash("sha256").update(of).digest();

/** A raffle: honest unless it is given a fault, which every tenth request meets. */
export class SmallRaffle implements Small {
  readonly #fault: RaffleFault | undefined;
  /** By their places in the order, the users who have them. */
  readonly #claims: string[] = [];
  readonly #numbers = new Map<string, number>();
  #campaign!: Campaign;
  #tickets = 0;
  #order!: TicketOrder;
  #winners: { rank: number; ticketNumber: number; prizeId: string; userId: string }[] = [];
  #requests = 0;
  #drawings = 0;
  #ended = false;

  constructor(fault?: RaffleFault) {
    this.#fault = fault;
  }

  begin(campaign: Campaign): void {
    this.#campaign = campaign;
    this.#tickets = campaign.mechanic.case === "raffle" ? campaign.mechanic.value.tickets : 0;
    this.#order = ticketOrder(secret, this.#tickets);
  }

  end(): void {
    this.#ended = true;
  }

  now(): Partial<Campaign> {
    const shown = this.#fault === "shows another secret" ? Buffer.alloc(32, 6) : secret;
    return { secretCommitment: sha256(secret), ...(this.#winners.length > 0 && { revealedSecret: shown }) };
  }

  stats() {
    const issued = this.#claims.length + (this.#fault === "counts too many" ? 1 : 0);
    return { issued, remaining: this.#tickets - this.#claims.length };
  }

  routes(router: ConnectRouter): void {
    router.service(RaffleService, {
      claimTicket: (request) => this.#claim(request),
      drawWinners: () => this.#draw(),
      listWinners: () => ({
        winners: this.#winners,
        draw: {
          campaignId: this.#campaign.id,
          tickets: this.#claims.length,
          winners: this.#winners.length,
          digest,
        },
      }),
      verifyTicket: ({ number, code }) => {
        const right = this.#fault === "verifies any code" || codes.isRight(this.#campaign.id, number, code);
        const userId = right ? this.#claims[this.#order.offset(number)] : undefined;
        if (userId === undefined) throw new ConnectError("no such ticket", Code.NotFound);
        return { ticket: { campaignId: this.#campaign.id, number, code, userId } };
      },
    });
  }

  tables(): Tables {
    const rows = this.#claims
      .map((userId, place) => ({ user_id: userId, place }))
      .filter(({ user_id }) => user_id);
    return {
      async *each() {
        yield* rows;
      },
      close: async () => {},
    };
  }

  #now(fault: RaffleFault): boolean {
    return this.#fault === fault && this.#requests % 10 === 0;
  }

  #claim({ userId }: ClaimTicketRequest) {
    this.#requests++;
    const refused = (reason: Reason) => ({ outcome: { case: "refusal" as const, value: { reason } } });
    const known = this.#numbers.get(userId);
    if (known !== undefined && this.#now("refuses who has a ticket")) return refused(Reason.SOLD_OUT);
    if (known !== undefined && this.#now("gives another ticket when asked again"))
      return this.#told(userId, 1, true);
    if (known !== undefined && !this.#now("gives users two tickets")) return this.#told(userId, known, true);
    const most = this.#tickets - (this.#fault === "stops short" ? 3 : 0);
    if (this.#claims.length >= most) return refused(Reason.SOLD_OUT);
    this.#claims.push(this.#now("loses a ticket") ? "" : userId);
    const place = this.#claims.length;
    const [random] = this.#order.numbers([place - 1]) as [number];
    const number = this.#fault === "gives numbers in order" ? place : random;
    this.#numbers.set(userId, number);
    if (this.#now("gives a number twice")) return this.#told(userId, 1, false);
    if (this.#now("gives numbers that there are not"))
      return this.#told(userId, this.#tickets + place, false);
    return this.#told(userId, number, false);
  }

  #told(userId: string, number: number, replayed: boolean) {
    const { id: campaignId } = this.#campaign;
    const value = {
      campaignId,
      number,
      code: codes.of(campaignId, number),
      userId,
      claimTime: timestampFromMs(1),
    };
    return { outcome: { case: "ticket" as const, value }, replayed };
  }

  #draw() {
    const refused = (reason: Reason) => ({ outcome: { case: "refusal" as const, value: { reason } } });
    if (this.#claims.length < this.#tickets && !this.#ended) return refused(Reason.TICKETS_REMAIN);
    if (this.#drawings++ > 0 && this.#fault !== "draws winners twice") return refused(Reason.ALREADY_DRAWN);
    const { id, prizes } = this.#campaign;
    const seed = winnersSeed(secret, id, "", digest, new Uint8Array());
    const won = prizes.flatMap(({ id: prizeId, quota = 0 }) => Array<string>(quota).fill(prizeId));
    const picked = pickWinners(seed, this.#claims.length, won.length);
    if (this.#fault === "lets a ticket win twice") picked[1] = picked[0]!;
    if (this.#fault === "picks winners by hand") picked.reverse();
    if (this.#fault === "draws too few winners") picked.pop();
    const numbers = this.#order.numbers(picked);
    this.#winners = picked.map((place, i) => ({
      rank: i + 1,
      ticketNumber: numbers[i]!,
      prizeId: won[i]!,
      userId: this.#fault === "names another winner" && i === 0 ? "somebody-else" : this.#claims[place]!,
    }));
    return { outcome: { case: "draw" as const, value: { campaignId: id } } };
  }
}

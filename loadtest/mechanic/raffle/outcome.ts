import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import type { RaffleDraw, Winner } from "../../../src/gen/allot/v1/raffle_pb.js";
import { Reason } from "../../../src/gen/allot/v1/refusal_pb.js";
import { awaitDrained } from "../../audit/await-drained.ts";
import { acknowledged, type Claim } from "../../audit/claims.ts";
import type { JournalPages } from "../../record/journal.ts";
import type { Stage } from "../mechanic.ts";
import { pageSize, pages } from "../pages.ts";
import { partsOf } from "./claim-ticket.ts";

/** What a raffle came to, as its clients see it. */
export interface RaffleOutcome {
  /** Every ticket that somebody was told of, a number once for each user. */
  tickets: Ticket[];
  /** What drawing the winners, more than once at once, was answered. */
  drawings: string[];
  draw: RaffleDraw | undefined;
  winners: Winner[];
  verified: number;
  /** What VerifyTicket said differently. */
  misjudged: string[];
}

export interface Ticket {
  number: number;
  code: string;
  user: number;
}

const drawersAtOnce = 2;
const drainPatienceMs = 60_000;
const verifiedMost = 2_000;
const verifiersAtOnce = 16;
const wrongCodes = 3;

/** Draws the winners, several at once; where tickets remain, once the campaign is ended. Then lists them, and has tickets verified. */
export const finishRaffle = async (stage: Stage, journals: JournalPages[]): Promise<RaffleOutcome> => {
  const { clients, campaign } = stage;
  const campaignId = campaign.id;
  await awaitDrained(clients, campaignId, drainPatienceMs);
  let drawings = await drawAtOnce(stage);
  if (drawings.every((answer) => answer === "TICKETS_REMAIN")) {
    await clients.campaigns.endCampaign({ campaignId });
    drawings = await drawAtOnce(stage);
  }
  const winners: Winner[] = [];
  let draw: RaffleDraw | undefined;
  const list = (pageToken: string) => clients.raffles.listWinners({ campaignId, pageSize, pageToken });
  for await (const page of pages(list)) {
    winners.push(...page.winners);
    draw ??= page.draw;
  }
  const tickets = ticketsOf(acknowledged(journals));
  const { verified, misjudged } = await verify(stage, tickets);
  return { tickets, drawings, draw, winners, verified, misjudged };
};

const drawAtOnce = ({ clients, campaign }: Stage): Promise<string[]> =>
  Promise.all(
    Array.from({ length: drawersAtOnce }, async () => {
      for (;;) {
        try {
          const { outcome } = await clients.raffles.drawWinners({ campaignId: campaign.id });
          return outcome.case === "refusal" ? Reason[outcome.value.reason]! : (outcome.case ?? "nothing");
        } catch (error) {
          if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) throw error;
          await sleep(250);
        }
      }
    }),
  );

/** A user who asked several times has the same one several times. */
const ticketsOf = (claims: Iterable<Claim>): Ticket[] => {
  const known = new Set<string>();
  const tickets: Ticket[] = [];
  for (const { key, user } of claims) {
    const one = `${user} ${key}`;
    if (known.has(one)) continue;
    known.add(one);
    tickets.push({ ...partsOf(key), user });
  }
  return tickets;
};

/** Tickets, spread over all of them, with their own codes, and a few with another's. */
const verify = async (
  { clients, campaign, naming }: Stage,
  tickets: Ticket[],
): Promise<Pick<RaffleOutcome, "verified" | "misjudged">> => {
  const misjudged: string[] = [];
  const holderOf = async (number: number, code: string): Promise<string | undefined> => {
    try {
      const { ticket } = await clients.raffles.verifyTicket({ campaignId: campaign.id, number, code });
      return ticket?.userId;
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.NotFound) return undefined;
      throw error;
    }
  };
  const step = Math.max(1, Math.ceil(tickets.length / verifiedMost));
  const sample = tickets.filter((_, i) => i % step === 0);
  const left = sample.values();
  await Promise.all(
    Array.from({ length: verifiersAtOnce }, async () => {
      for (const { number, code, user } of left) {
        const holder = await holderOf(number, code);
        if (holder !== naming.userId(user))
          misjudged.push(`ticket ${number} of ${naming.userId(user)} is said to be ${holder ?? "nobody"}'s`);
      }
    }),
  );
  for (const [i, { number }] of sample.slice(1, wrongCodes + 1).entries())
    if ((await holderOf(number, sample[i]!.code)) !== undefined)
      misjudged.push(`ticket ${number} is verified with the code of ${sample[i]!.number}`);
  return { verified: sample.length, misjudged };
};

import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import type { ClaimTicketResponse, Ticket, Winner } from "../../src/gen/allot/v1/raffle_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { failureOf } from "../../src/rpc/campaign-service.fixture.ts";
import type { Clients } from "../client.ts";

let raffles = 0;

/** Raffles through the public port; `servers` are several of one service, or the same one. */
export function rafflesTickets(servers: () => Clients[]): void {
  const one = () => servers()[0]!;
  const some = (i: number) => servers()[i % servers().length]!;

  async function create(tickets: number, prizes: object[], raffle: object = {}, more: object = {}) {
    const id = `raffle-${++raffles}`;
    const endTime = timestampFromMs(Date.now() + 3_600_000);
    const mechanic = { case: "raffle" as const, value: { tickets, ...raffle } };
    await one().campaigns.createCampaign({ campaign: { id, endTime, mechanic, prizes, ...more } });
    return id;
  }

  const ticketOf = ({ outcome }: ClaimTicketResponse): Ticket => {
    if (outcome.case !== "ticket") throw new Error(`refused: ${Reason[outcome.value?.reason ?? 0]}`);
    return outcome.value;
  };
  const claim = (campaignId: string, userId: string, more: object = {}, i = 0) =>
    some(i).raffles.claimTicket({ campaignId, userId, ...more });
  const claimAll = (campaignId: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => claim(campaignId, `user-${i}`, {}, i).then(ticketOf)),
    );
  async function winnersOf(campaignId: string): Promise<Winner[]> {
    const found: Winner[] = [];
    let pageToken = "";
    do {
      const page = await one().raffles.listWinners({ campaignId, pageSize: 3, pageToken });
      found.push(...page.winners);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return found;
  }
  /** "draw", or why not. */
  async function drawWinners(campaignId: string, more: object = {}, i = 0): Promise<string> {
    const { outcome } = await some(i).raffles.drawWinners({ campaignId, ...more });
    return outcome.case === "refusal" ? Reason[outcome.value.reason]! : outcome.case!;
  }
  const prizes = [
    { id: "car", quota: 1 },
    { id: "mug", quota: 4 },
  ];

  describe("raffle", () => {
    test("every number is claimed once, each by one user, and then there are none", async () => {
      const id = await create(40, prizes);
      const tickets = await claimAll(id, 40);
      expect(tickets.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
      expect(new Set(tickets.map(({ code }) => code)).size).toBe(40);
      const late = await claim(id, "late");
      expect(late.outcome).toMatchObject({ case: "refusal", value: { reason: Reason.SOLD_OUT } });
    });

    test("a repeated claim is the same ticket with the same code, from any server", async () => {
      const id = await create(10, prizes);
      const first = await claim(id, "ada");
      for (let i = 0; i < 4; i++) expect(await claim(id, "ada", {}, i)).toEqual({ ...first, replayed: true });
      const other = await claim(id, "grace");
      expect(ticketOf(other).number).not.toBe(ticketOf(first).number);
    });

    test("one ticket per address, where the campaign says so", async () => {
      const id = await create(10, prizes, {}, { limits: { perAddress: 1 } });
      const address = "203.0.113.9";
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, i) => claim(id, `user-${i}`, { address }, i)),
      );
      expect(all.filter(({ outcome }) => outcome.case === "ticket")).toHaveLength(1);
      const refused = all.flatMap(({ outcome }) =>
        outcome.case === "refusal" ? [outcome.value.reason] : [],
      );
      expect(refused).toEqual(Array(7).fill(Reason.ADDRESS_LIMIT_REACHED));
    });

    test("winners are drawn once, however many draw at once, and each ticket wins at most once", async () => {
      const id = await create(30, prizes);
      const tickets = await claimAll(id, 29);
      expect(await drawWinners(id)).toBe("TICKETS_REMAIN");
      tickets.push(ticketOf(await claim(id, "last")));
      const draws = await Promise.all(Array.from({ length: 6 }, (_, i) => drawWinners(id, {}, i)));
      expect(draws.toSorted()).toEqual([...Array(5).fill("ALREADY_DRAWN"), "draw"]);
      const winners = await winnersOf(id);
      expect(winners.map(({ rank, prizeId }) => [rank, prizeId])).toEqual([
        [1, "car"],
        [2, "mug"],
        [3, "mug"],
        [4, "mug"],
        [5, "mug"],
      ]);
      expect(new Set(winners.map(({ ticketNumber }) => ticketNumber)).size).toBe(5);
      for (const { ticketNumber, userId } of winners) {
        expect(tickets.find(({ number }) => number === ticketNumber)!.userId).toBe(userId);
      }
    });

    test("the same request to draw is answered with the same draw", async () => {
      const id = await create(3, [{ quota: 1 }]);
      await claimAll(id, 3);
      const draws = await Promise.all(
        [0, 1, 2].map((i) => some(i).raffles.drawWinners({ campaignId: id, requestId: "once" })),
      );
      expect(draws[0]!.outcome.case).toBe("draw");
      expect(draws).toEqual(Array(3).fill(draws[0]));
    });

    test("with tickets left winners are drawn when the campaign has ended, among those claimed", async () => {
      const id = await create(100, prizes);
      await claimAll(id, 3);
      await one().campaigns.endCampaign({ campaignId: id });
      expect(await drawWinners(id)).toBe("draw");
      // Fewer tickets than prizes: the first prizes go, and every ticket wins.
      expect((await winnersOf(id)).map(({ prizeId }) => prizeId)).toEqual(["car", "mug", "mug"]);
      expect((await claim(id, "late")).outcome).toMatchObject({ value: { reason: Reason.ENDED } });
    });

    test("draws by itself when the last ticket is claimed", async () => {
      const id = await create(5, [{ quota: 2 }], { autoDraw: true });
      await claimAll(id, 5);
      await expect.poll(async () => (await winnersOf(id)).length, { timeout: 15_000 }).toBe(2);
      expect(await drawWinners(id)).toBe("ALREADY_DRAWN");
    });

    test("with entropy required, none is drawn without", async () => {
      const id = await create(2, [{ quota: 1 }], { requireEntropy: true });
      await claimAll(id, 2);
      expect(Object.keys((await failureOf(drawWinners(id))).fields)).toEqual(["entropy"]);
      const entropy = new TextEncoder().encode("a beacon's value");
      const { outcome } = await one().raffles.drawWinners({ campaignId: id, entropy });
      expect(outcome).toMatchObject({ case: "draw", value: { tickets: 2, winners: 1, entropy } });
    });

    test("a ticket is verified with its code; wrong ones are alike, and not for ever", async () => {
      const id = await create(4, [{ id: "car", quota: 4 }]);
      const [ticket, other] = await claimAll(id, 2);
      const verify = (number: number, code: string) =>
        one().raffles.verifyTicket({ campaignId: id, number, code });
      const { number, code, userId } = ticket!;
      expect((await verify(number, code)).ticket).toMatchObject({ number, code, userId, prizeId: "" });
      const wrong = [
        await failureOf(verify(number, other!.code)),
        await failureOf(verify(number, code.toLowerCase())),
        await failureOf(verify(4_000_000_000, code)),
      ];
      expect(new Set(wrong.map((failure) => JSON.stringify(failure))).size).toBe(1);
      expect(wrong[0]).toMatchObject({ reason: "TICKET_NOT_FOUND" });
      await one().campaigns.endCampaign({ campaignId: id });
      await drawWinners(id);
      expect((await verify(number, code)).ticket!.prizeId).toBe("car");
      const guesses = await Promise.all(
        Array.from({ length: 100 }, () => failureOf(verify(number, "AAAAAAAAAAAA"))),
      );
      expect(guesses.map(({ reason }) => reason)).toContain("RATE_LIMITED");
    });

    test.each([
      [5, [{ quota: 6 }], "campaign.prizes"],
      [5, [{}], "campaign.prizes[0].quota"],
      [0, [{ quota: 1 }], "campaign.raffle.tickets"],
      [5, [{ quota: 1, oddsPpm: 5 }], "campaign.prizes[0].odds_ppm"],
      [5, [{ quota: 1, dailyQuota: 1 }], "campaign.prizes[0].daily_quota"],
    ])("%i tickets and prizes %j are refused at creation", async (tickets, some, field) => {
      expect(Object.keys((await failureOf(create(tickets, some))).fields)).toContain(field);
    });

    test("tickets are not listed as coupons, and their numbers are the campaign's stats", async () => {
      const id = await create(8, prizes);
      await claimAll(id, 3);
      const stats = async () => (await one().campaigns.getCampaign({ campaignId: id })).campaign!.stats!;
      await expect.poll(async () => (await stats()).undrained).toBe(0);
      expect(await stats()).toMatchObject({ issued: 3, remaining: 5 });
      expect(await one().all(id)).toEqual([]);
    });
  });
}

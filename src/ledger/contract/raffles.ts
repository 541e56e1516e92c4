import { expect, test } from "vitest";
import type { Ledger } from "../ledger.ts";
import type { RaffleDraw } from "../raffles.ts";
import { create, crowd, digest, type Harness, hash16, mutation, NOW_MS, prize } from "./harness.ts";

const raffle = { kind: "raffle" as const, tickets: 10, autoDraw: false, requireEntropy: false };
const drawSecret = { wrapped: digest("secret"), commitment: digest("commitment"), revealed: false };

const createRaffle = (ledger: Ledger) =>
  create(ledger, {
    mechanic: raffle,
    drawSecret,
    prizes: [prize("car", 1), prize("mug", 2)],
    format: { alphabet: "", length: 0, prefix: "" },
  });

let epochs = 500;

/** Tickets that users claimed, by how far their serials are from the first. */
async function claimed(harness: ReturnType<Harness>, offsets: number[]) {
  const campaign = await createRaffle(harness.ledger);
  const { first } = campaign.tickets!.ranges[0]!;
  epochs += 1;
  await harness.record(
    offsets.map((offset, i) => ({
      partitionNo: 0,
      epoch: epochs,
      n: 1,
      i,
      campaignNo: campaign.no,
      prizeNo: 1_000,
      revision: 1,
      spaceNo: campaign.space.no,
      serial: first + offset,
      number: 0,
      drawnNo: undefined,
      timeMs: NOW_MS,
      userId: `user ${offset}`,
      userHash: hash16(`${campaign.id} user ${offset}`),
      requestHash: undefined,
      requestFields: undefined,
      addressHash: undefined,
    })),
  );
  const draw: RaffleDraw = {
    campaignNo: campaign.no,
    tickets: offsets.length,
    winners: 2,
    digest: digest("claims"),
    entropy: Buffer.from([0, 255, 39, 92]),
    drawMs: NOW_MS,
  };
  const winner = (position: number, prizeNo: number, offset: number) => ({
    position,
    prizeNo,
    serial: first + offset,
  });
  return { campaign, first, draw, winner };
}

export function drawsRaffles(harness: Harness): void {
  test("a raffle's tickets are one range of serials, beside its prizes", async () => {
    const { ledger } = harness();
    const { prizes, tickets } = await createRaffle(ledger);
    expect(tickets).toMatchObject({ no: 1_000, quota: 10, ranges: [{ size: 10 }] });
    expect(prizes.map(({ id, quota, ranges }) => [id, quota, ranges])).toEqual([
      ["car", 1, []],
      ["mug", 2, []],
    ]);
  });

  test("claims are read in the order of their serials, a part at a time", async () => {
    const { campaign, first } = await claimed(harness(), [3, 0, 7, 4]);
    const { ledger } = harness();
    const read = async (from: number, to: number) =>
      (await ledger.claims(campaign.space.no, first + from, first + to)).map(({ serial }) => serial - first);
    expect(await read(0, 10)).toEqual([0, 3, 4, 7]);
    expect(await read(0, 4)).toEqual([0, 3]);
    expect(await read(4, 7)).toEqual([4]);
    expect(await read(8, 10)).toEqual([]);
    const last = async (to: number) => ledger.lastClaim(campaign.space.no, first + 1, first + to);
    expect([await last(10), await last(7), await last(2)]).toEqual([first + 7, first + 4, undefined]);
    const [one] = await ledger.claims(campaign.space.no, first, first + 1);
    expect(one).toEqual({ serial: first, userHash: hash16(`${campaign.id} user 0`) });
  });

  test("of many who draw at once one does, and the secret is revealed with it", async () => {
    const { ledger } = harness();
    const { campaign, draw, winner } = await claimed(harness(), [0, 1, 2]);
    expect(await ledger.unrevealed("raffle")).toContain(campaign.no);
    const outcomes = await crowd(harness(), 6, (one, i) =>
      one.drawRaffle({ ...draw, drawMs: NOW_MS + i }, [winner(1, 0, i % 3)], undefined),
    );
    expect(outcomes.toSorted()).toEqual(["drawn", ...Array(5).fill("drawn-before")]);
    const drawn = await ledger.raffleDraw(campaign.no);
    expect(drawn).toEqual({ ...draw, drawMs: expect.any(Number) });
    const winners = await ledger.raffleWinners(campaign.no, undefined, 0, 10);
    expect(winners).toHaveLength(1);
    expect(winners[0]!.serial).toBe(winner(1, 0, (drawn!.drawMs - NOW_MS) % 3).serial);
    expect((await ledger.campaign(campaign.id))!.drawSecret!.revealed).toBe(true);
    expect(await ledger.unrevealed("raffle")).not.toContain(campaign.no);
  });

  test("the same mutation draws once", async () => {
    const { ledger } = harness();
    const { draw, winner } = await claimed(harness(), [0, 1]);
    const asked = mutation("DrawWinners");
    expect(await ledger.drawRaffle(draw, [winner(1, 0, 1)], asked)).toBe("drawn");
    expect(await ledger.drawRaffle(draw, [winner(1, 0, 0)], asked)).toBe("repeated");
    expect(await ledger.drawRaffle(draw, [winner(1, 0, 0)], mutation("DrawWinners"))).toBe("drawn-before");
    expect(await ledger.mutation("DrawWinners", asked.requestId)).toMatchObject({
      subject: String(draw.campaignNo),
    });
  });

  test("winners are listed in the order drawn, all or one user's, and found by their tickets", async () => {
    const { ledger } = harness();
    const { campaign, draw, winner } = await claimed(harness(), [0, 1, 2, 3]);
    const winners = [winner(1, 0, 2), winner(2, 1, 0), winner(3, 1, 3)];
    await ledger.drawRaffle({ ...draw, winners: 3 }, winners, undefined);
    const named = winners.map((one, at) => ({ ...one, userId: `user ${[2, 0, 3][at]}` }));
    expect(await ledger.raffleWinners(campaign.no, undefined, 0, 10)).toEqual(named);
    expect(await ledger.raffleWinners(campaign.no, undefined, 1, 1)).toEqual([named[1]]);
    const userHash = hash16(`${campaign.id} user 3`);
    expect(await ledger.raffleWinners(campaign.no, userHash, 0, 10)).toEqual([named[2]]);
    expect(await ledger.raffleWinner(campaign.no, winner(0, 0, 0).serial)).toEqual(winners[1]);
    expect(await ledger.raffleWinner(campaign.no, winner(0, 0, 1).serial)).toBeUndefined();
  });

  test("nothing is left of a draw that fails", async () => {
    const { ledger } = harness();
    const { campaign, draw, winner } = await claimed(harness(), [0, 1]);
    // A ticket wins once.
    const twice = [winner(1, 0, 0), winner(2, 1, 0)];
    await expect(ledger.drawRaffle(draw, twice, undefined)).rejects.toThrow();
    expect(await ledger.raffleDraw(campaign.no)).toBeUndefined();
    expect(await ledger.raffleWinners(campaign.no, undefined, 0, 10)).toEqual([]);
    expect((await ledger.campaign(campaign.id))!.drawSecret!.revealed).toBe(false);
  });

  test("counts of outcomes add up, over all who count", async () => {
    const { ledger } = harness();
    const { no: campaignNo } = await createRaffle(ledger);
    await crowd(harness(), 8, (one, i) =>
      one.addOutcomes([
        { campaignNo, outcome: i % 2 === 0 ? "SOLD_OUT" : "ISSUED", count: i },
        { campaignNo, outcome: "REPLAYED", count: 1 },
      ]),
    );
    expect(await ledger.outcomes(campaignNo)).toEqual([
      { campaignNo, outcome: "ISSUED", count: 16 },
      { campaignNo, outcome: "REPLAYED", count: 8 },
      { campaignNo, outcome: "SOLD_OUT", count: 12 },
    ]);
  });
}

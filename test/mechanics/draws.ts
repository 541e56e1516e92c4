import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import type { Draw, DrawResponse } from "../../src/gen/allot/v1/draw_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { failureOf } from "../../src/rpc/campaign-service.fixture.ts";
import type { Clients } from "../client.ts";

let campaigns = 0;

/** Instant wins through the public port; `servers` are several of one service, or the same one. */
export function drawsInstantly(servers: () => Clients[]): void {
  const one = () => servers()[0]!;
  const some = (i: number) => servers()[i % servers().length]!;

  async function create(prizes: object[], more: object = {}): Promise<string> {
    const id = `win-${++campaigns}`;
    const endTime = timestampFromMs(Date.now() + 3_600_000);
    const mechanic = { case: "instantWin" as const, value: {} };
    await one().campaigns.createCampaign({ campaign: { id, endTime, mechanic, prizes, ...more } });
    return id;
  }

  const drawOf = ({ outcome }: DrawResponse): Draw => {
    if (outcome.case !== "draw") throw new Error(`refused: ${Reason[outcome.value?.reason ?? 0]}`);
    return outcome.value;
  };
  const draw = async (campaignId: string, userId: string, more: object = {}, i = 0) =>
    some(i).draws.draw({ campaignId, userId, ...more });
  const stats = async (campaignId: string) =>
    (await one().campaigns.getCampaign({ campaignId })).campaign!.stats!;
  async function listed(campaignId: string, more: object = {}): Promise<Draw[]> {
    const found: Draw[] = [];
    let pageToken = "";
    do {
      const page = await one().draws.listDraws({ campaignId, pageSize: 7, pageToken, ...more });
      found.push(...page.draws);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return found;
  }
  const drained = (campaignId: string) =>
    expect.poll(async () => (await stats(campaignId)).undrained).toBe(0);

  describe("instant win", () => {
    test("a draw is told at once, and asking again on the same day gives the same one", async () => {
      const id = await create([{ id: "gold", oddsPpm: 500_000, quota: 100 }]);
      for (const userId of Array.from({ length: 10 }, (_, i) => `user-${i}`)) {
        const first = await draw(id, userId);
        const { prizeId, coupon, number } = drawOf(first);
        expect(number).toBe(1);
        expect(coupon?.prizeId ?? "").toBe(prizeId);
        const again = await draw(id, userId, {}, 1);
        expect(again).toEqual({ ...first, replayed: true });
      }
    });

    test("two draws by one user at the same instant are one draw", async () => {
      const id = await create([{ id: "gold", oddsPpm: 500_000 }]);
      const all = await Promise.all(Array.from({ length: 20 }, (_, i) => draw(id, "ada", {}, i)));
      expect(all.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(new Set(all.map((one) => JSON.stringify(drawOf(one).coupon?.code))).size).toBe(1);
    });

    test("odds of a million always win, until the prize has run out: then it is no prize, and no error", async () => {
      const id = await create([{ id: "gold", oddsPpm: 1_000_000, quota: 5 }]);
      const draws = await Promise.all(
        Array.from({ length: 12 }, (_, i) => draw(id, `user-${i}`, {}, i).then(drawOf)),
      );
      const won = draws.filter(({ prizeId }) => prizeId === "gold");
      expect(won).toHaveLength(5);
      expect(new Set(won.map(({ coupon }) => coupon!.code)).size).toBe(5);
      expect(await stats(id)).toMatchObject({ issued: 5, remaining: 0, withoutPrize: 7 });
    });

    test("a prize that has run out changes no other's odds", async () => {
      const halves = [
        { id: "rare", oddsPpm: 500_000, quota: 1 },
        { id: "rest", oddsPpm: 500_000 },
      ];
      const id = await create(halves);
      const draws = await Promise.all(
        Array.from({ length: 60 }, (_, i) => draw(id, `user-${i}`, {}, i).then(drawOf)),
      );
      const count = (prizeId: string) => draws.filter((one) => one.prizeId === prizeId).length;
      expect(count("rare")).toBe(1);
      // Some thirty each; that all who drew the rare one got the other instead is not to be.
      expect(count("rest")).toBeLessThan(58);
      expect(count("")).toBe(59 - count("rest"));
    });

    test("as many draws a day as the campaign says, numbered; lost ones spend the chance too", async () => {
      const id = await create([{ id: "gold", oddsPpm: 1, quota: 1 }], { limits: { perUserPerDay: 3 } });
      const all = await Promise.all(Array.from({ length: 8 }, (_, i) => draw(id, "ada", {}, i)));
      const numbers = all.flatMap(({ outcome }) => (outcome.case === "draw" ? [outcome.value.number] : []));
      expect(numbers.sort()).toEqual([1, 2, 3]);
      const refused = all.flatMap(({ outcome }) => (outcome.case === "refusal" ? [outcome.value] : []));
      expect(refused.map(({ reason }) => reason)).toEqual(Array(5).fill(Reason.USER_LIMIT_REACHED));
    });

    test("a request id gives the same draw again, among several a day", async () => {
      const id = await create([{ id: "gold", oddsPpm: 300_000 }], { limits: { perUserPerDay: 10 } });
      const first = await Promise.all(
        Array.from({ length: 6 }, (_, i) => draw(id, "ada", { requestId: `r${i}` }, i)),
      );
      for (const [i, before] of first.entries()) {
        expect(await draw(id, "ada", { requestId: `r${i}` }, i + 1)).toEqual({ ...before, replayed: true });
      }
      expect(first.map((one) => drawOf(one).number).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test("a daily quota holds", async () => {
      const id = await create([{ id: "gold", oddsPpm: 1_000_000, quota: 10, dailyQuota: 3 }]);
      const draws = await Promise.all(
        Array.from({ length: 9 }, (_, i) => draw(id, `user-${i}`, {}, i).then(drawOf)),
      );
      expect(draws.filter(({ prizeId }) => prizeId === "gold")).toHaveLength(3);
    });

    test("a coupon that is revoked with its quota goes to a later draw; the chance stays spent", async () => {
      const id = await create([{ id: "gold", oddsPpm: 1_000_000, quota: 1 }], {
        limits: { perUserPerDay: 2 },
      });
      const { coupon } = drawOf(await draw(id, "ada"));
      const code = coupon!.code;
      await one().coupons.revokeCoupon({ code, reason: "not of age", returnQuota: true });
      const next = drawOf(await draw(id, "ada", {}, 1));
      expect(next).toMatchObject({ number: 2, prizeId: "gold" });
      expect(next.coupon!.code).not.toBe(code);
      expect((await draw(id, "ada")).outcome).toMatchObject({ value: { reason: Reason.USER_LIMIT_REACHED } });
      expect(drawOf(await draw(id, "grace")).prizeId).toBe("");
    });

    test("draws are listed, of all, of a user, and those that won", async () => {
      const id = await create([{ id: "gold", oddsPpm: 400_000 }], { limits: { perUserPerDay: 2 } });
      const drawn: Draw[] = [];
      for (let i = 0; i < 20; i++) drawn.push(drawOf(await draw(id, `user-${i >> 1}`, {}, i)));
      await drained(id);
      const key = ({ userId, number, prizeId, coupon, date }: Draw) =>
        [userId, number, prizeId, coupon?.code, date].join(" ");
      expect((await listed(id)).map(key).sort()).toEqual(drawn.map(key).sort());
      const won = drawn.filter(({ prizeId }) => prizeId !== "");
      expect((await listed(id, { won: true })).map(key).sort()).toEqual(won.map(key).sort());
      const ofOne = drawn.filter(({ userId }) => userId === "user-3");
      expect((await listed(id, { userId: "user-3" })).map(key).sort()).toEqual(ofOne.map(key).sort());
    });

    test("the secret was committed to at the start, and is shown when nothing is drawn any more", async () => {
      const id = await create([{ id: "gold", oddsPpm: 500_000 }]);
      const before = (await one().campaigns.getCampaign({ campaignId: id })).campaign!;
      expect(before.secretCommitment).toHaveLength(32);
      expect(before.revealedSecret).toHaveLength(0);
      await draw(id, "ada");
      await one().campaigns.endCampaign({ campaignId: id });
      const revealed = async () =>
        (await one().campaigns.getCampaign({ campaignId: id })).campaign!.revealedSecret;
      await expect.poll(async () => (await revealed()).length, { timeout: 15_000 }).toBe(32);
      const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(await revealed()));
      expect(new Uint8Array(digest)).toEqual(before.secretCommitment);
    });

    test.each([
      [{}, "user_id"],
      [{ userId: "x".repeat(129) }, "user_id"],
      [{ userId: "ada", requestId: "x".repeat(129) }, "request_id"],
      [{ userId: "ada", address: "nowhere" }, "address"],
    ])("a bad request is told its field: %j", async (fields, field) => {
      const id = await create([{ oddsPpm: 1 }]);
      const failure = await failureOf(one().draws.draw({ campaignId: id, ...fields }));
      expect(failure).toMatchObject({ reason: "INVALID_ARGUMENT" });
      expect(Object.keys(failure.fields)).toContain(field);
    });

    test("a campaign of another kind is told apart", async () => {
      const id = `first-${++campaigns}`;
      const endTime = timestampFromMs(Date.now() + 3_600_000);
      await one().campaigns.createCampaign({ campaign: { id, endTime, prizes: [{ quota: 1 }] } });
      expect(await failureOf(draw(id, "ada"))).toMatchObject({ reason: "WRONG_MECHANIC" });
      const win = await create([{ oddsPpm: 1 }]);
      const coupon = one().coupons.issueCoupon({ campaignId: win, userId: "ada" });
      expect(await failureOf(coupon)).toMatchObject({ reason: "WRONG_MECHANIC" });
      expect(await failureOf(draw("nowhere", "ada"))).toMatchObject({ reason: "CAMPAIGN_NOT_FOUND" });
    });

    test.each([
      [[{ oddsPpm: 600_000 }, { oddsPpm: 400_001 }], "campaign.prizes"],
      [[{ oddsPpm: 0 }], "campaign.prizes[0].odds_ppm"],
      [[{ oddsPpm: 1_000_001 }], "campaign.prizes[0].odds_ppm"],
    ])("odds that make no sense are refused at creation: %j", async (prizes, field) => {
      expect(Object.keys((await failureOf(create(prizes))).fields)).toContain(field);
    });
  });
}

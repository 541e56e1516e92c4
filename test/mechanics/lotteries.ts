import { createHash } from "node:crypto";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { pickWinners, winnersSeed } from "../../src/draws/winners.ts";
import {
  type Ballot,
  type Round,
  Round_State as State,
  type SubmitBallotResponse,
} from "../../src/gen/allot/v1/lottery_pb.js";
import { Reason } from "../../src/gen/allot/v1/refusal_pb.js";
import { failureOf } from "../../src/rpc/campaign-service.fixture.ts";
import type { Clients } from "../client.ts";

const DAY_MS = 86_400_000;
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

let campaigns = 0;

/** Lotteries through the public port; `servers` are several of one service, or the same one. */
export function drawsLotteries(servers: () => Clients[]): void {
  const one = () => servers()[0]!;
  const some = (i: number) => servers()[i % servers().length]!;

  /** It began two days ago, in UTC. */
  async function create(
    more: { lottery?: object; campaign?: object; prizes?: object[] } = {},
  ): Promise<string> {
    const id = `lottery-${++campaigns}`;
    await one().campaigns.createCampaign({
      campaign: {
        id,
        startTime: timestampFromMs(Date.now() - 2 * DAY_MS),
        endTime: timestampFromMs(Date.now() + 3 * DAY_MS),
        mechanic: { case: "lottery", value: more.lottery ?? {} },
        prizes: more.prizes ?? [
          { id: "car", quota: 1 },
          { id: "mug", quota: 2 },
        ],
        ...more.campaign,
      },
    });
    return id;
  }

  const ballotOf = ({ outcome }: SubmitBallotResponse): Ballot => {
    if (outcome.case !== "ballot") throw new Error(`refused: ${Reason[outcome.value?.reason ?? 0]}`);
    return outcome.value;
  };
  const submit = (campaignId: string, userId: string, more: object = {}, i = 0) =>
    some(i).lotteries.submitBallot({ campaignId, userId, ...more });
  const reasonOf = ({ outcome }: { outcome: SubmitBallotResponse["outcome"] }) =>
    outcome.case === "refusal" ? outcome.value.reason : undefined;
  const round = async (campaignId: string, date = ""): Promise<Round> =>
    (await one().lotteries.getRound({ campaignId, date })).round!;
  const drawn = async (campaignId: string, date = ""): Promise<Round> => {
    await expect
      .poll(async () => (await round(campaignId, date)).state, { timeout: 20_000 })
      .toBe(State.DRAWN);
    return round(campaignId, date);
  };
  async function listed(campaignId: string, date: string, more: object = {}): Promise<Ballot[]> {
    const found: Ballot[] = [];
    let pageToken = "";
    do {
      const page = await one().lotteries.listBallots({ campaignId, date, pageSize: 7, pageToken, ...more });
      found.push(...page.ballots);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return found;
  }

  const failed = async (call: Promise<unknown>) => {
    const failure = await failureOf(call);
    return { ...failure, fields: Object.keys(failure.fields) };
  };

  describe("lottery", () => {
    test("a ballot is in the day's round, and asking again gives the same one", async () => {
      const id = await create();
      const first = await submit(id, "ada");
      const ballot = ballotOf(first);
      const open = await round(id);
      expect(ballot).toMatchObject({
        campaignId: id,
        userId: "ada",
        number: 1,
        date: open.date,
        prizeId: "",
      });
      expect(open).toMatchObject({
        state: State.OPEN,
        ballots: 0,
        winners: [],
        revealedSecret: new Uint8Array(),
      });
      expect(open.secretCommitment).toHaveLength(32);
      expect(await submit(id, "ada", {}, 1)).toEqual({ ...first, replayed: true });
      expect(await submit(id, "ada", { date: open.date }, 1)).toEqual({ ...first, replayed: true });
      expect(ballotOf(await submit(id, "grace")).id).not.toBe(ballot.id);
    });

    test("as many ballots as the campaign says, numbered, from all servers at once", async () => {
      const id = await create({ campaign: { limits: { perUserPerDay: 5 } } });
      const all = await Promise.all(Array.from({ length: 12 }, (_, i) => submit(id, "ada", {}, i)));
      const ballots = all.filter(({ outcome }) => outcome.case === "ballot").map(ballotOf);
      expect(ballots.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4, 5]);
      expect(new Set(ballots.map((ballot) => ballot.id)).size).toBe(5);
      expect(all.map(reasonOf).filter((reason) => reason === Reason.USER_LIMIT_REACHED)).toHaveLength(7);
    });

    test("a ballot for a round that is over is refused, for one to come too, with the time to come back", async () => {
      const id = await create();
      const today = Date.now();
      expect(reasonOf(await submit(id, "ada", { date: dateOf(today - DAY_MS) }))).toBe(Reason.ROUND_SEALED);
      const late = { date: dateOf(today - DAY_MS), requestId: "late" };
      expect(reasonOf(await submit(id, "ada", late))).toBe(Reason.ROUND_SEALED);
      const tomorrow = dateOf(today + DAY_MS);
      const early = await submit(id, "ada", { date: tomorrow });
      expect(reasonOf(early)).toBe(Reason.NOT_STARTED);
      if (early.outcome.case !== "refusal") throw new Error();
      expect(timestampMs(early.outcome.value.retryTime!)).toBe(Date.parse(`${tomorrow}T00:00Z`));
    });

    test("rounds are drawn by themselves when the campaign ends, once; everybody can check them", async () => {
      const id = await create({ campaign: { limits: { perUserPerDay: 2 }, partitions: 1 } });
      const before = await round(id);
      const ballots = await Promise.all(
        Array.from({ length: 40 }, async (_, i) => ballotOf(await submit(id, `user-${i >> 1}`, {}, i))),
      );
      await one().campaigns.endCampaign({ campaignId: id });
      expect(reasonOf(await submit(id, "late"))).toBe(Reason.ENDED);
      const after = await drawn(id, before.date);
      expect(after).toMatchObject({ ballots: 40, entropy: new Uint8Array() });
      expect(after.secretCommitment).toEqual(before.secretCommitment);
      expect(sha256(after.revealedSecret)).toEqual(Buffer.from(after.secretCommitment));
      expect(after.winners.map(({ prizeId }) => prizeId)).toEqual(["car", "mug", "mug"]);
      const inOrder = await listed(id, before.date);
      expect(inOrder.map((ballot) => ballot.id).sort()).toEqual(ballots.map((ballot) => ballot.id).sort());
      const seed = winnersSeed(after.revealedSecret, id, before.date, after.digest, after.entropy);
      const picked = pickWinners(seed, 40, 3).map((place) => inOrder[place]!.id);
      expect(after.winners.map((winner) => winner.id)).toEqual(picked);
      // The list says so too, and of one user alone.
      expect(
        inOrder
          .filter(({ prizeId }) => prizeId !== "")
          .map((ballot) => ballot.id)
          .sort(),
      ).toEqual(picked.sort());
      const [winner] = after.winners;
      const own = await listed(id, before.date, { userId: winner!.userId });
      expect(own).toHaveLength(2);
      expect(own.find((ballot) => ballot.id === winner!.id)).toEqual(winner);
      await expect
        .poll(
          async () => (await one().campaigns.getCampaign({ campaignId: id })).campaign!.revealedSecret.length,
        )
        .toBe(32);
    });

    test("a ballot wins once at most, and where all win there are as many winners as ballots", async () => {
      const id = await create({ prizes: [{ id: "pen", quota: 1_000 }] });
      await Promise.all(Array.from({ length: 25 }, (_, i) => submit(id, `user-${i}`, {}, i)));
      const { date } = await round(id);
      await one().campaigns.endCampaign({ campaignId: id });
      const { winners } = await drawn(id, date);
      expect(new Set(winners.map((winner) => winner.id)).size).toBe(25);
    });

    test("past rounds without ballots close with no winner; rounds are listed, the latest first", async () => {
      const id = await create();
      const dates = [0, 1, 2].map((days) => dateOf(Date.now() - days * DAY_MS));
      for (const date of dates.slice(1)) {
        const empty = await drawn(id, date);
        expect(empty).toMatchObject({ ballots: 0, winners: [] });
        expect(Buffer.from(empty.digest)).toEqual(sha256(Buffer.alloc(0)));
      }
      const list = async (more: object = {}) =>
        (await one().lotteries.listRounds({ campaignId: id, ...more })).rounds.map(({ date }) => date);
      expect(await list()).toEqual(dates);
      expect(await list({ states: [State.DRAWN] })).toEqual(dates.slice(1));
      expect(await list({ states: [State.OPEN] })).toEqual(dates.slice(0, 1));
      expect(await list({ states: [State.SEALED] })).toEqual([]);
      const first = await one().lotteries.listRounds({ campaignId: id, pageSize: 2 });
      expect(await list({ pageSize: 2, pageToken: first.nextPageToken })).toEqual(dates.slice(2));
      expect((await round(id, dates[1]!)).drawTime).toBeDefined();
    });

    test("a round that wants entropy is sealed by itself and drawn by a manager, once", async () => {
      const id = await create({ lottery: { requireEntropy: true } });
      await Promise.all(Array.from({ length: 9 }, (_, i) => submit(id, `user-${i}`, {}, i)));
      const { date } = await round(id);
      const close = (more: object, i = 0) => some(i).lotteries.closeRound({ campaignId: id, date, ...more });
      const entropy = Buffer.from("a beacon's value");
      expect(await failed(close({ entropy }))).toMatchObject({ reason: "ROUND_OPEN" });
      await one().campaigns.endCampaign({ campaignId: id });
      await expect.poll(async () => (await round(id, date)).state, { timeout: 20_000 }).toBe(State.SEALED);
      expect(await failed(close({}))).toMatchObject({ reason: "INVALID_ARGUMENT", fields: ["entropy"] });
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, i) => close({ entropy, requestId: "close" }, i)),
      );
      expect(
        new Set(
          all.map(({ outcome }) =>
            JSON.stringify(outcome, (_, v) => (typeof v === "bigint" ? String(v) : v)),
          ),
        ).size,
      ).toBe(1);
      expect(all[0]!.outcome).toMatchObject({ case: "round", value: { state: State.DRAWN, ballots: 9 } });
      const closed = await round(id, date);
      expect(Buffer.from(closed.entropy)).toEqual(entropy);
      expect(closed.winners).toHaveLength(3);
      expect(reasonOf((await close({ entropy })) as never)).toBe(Reason.ALREADY_DRAWN);
      expect(reasonOf((await close({ entropy, requestId: "another" })) as never)).toBe(Reason.ALREADY_DRAWN);
      const other = { entropy: Buffer.from("other"), requestId: "close" };
      expect(await failed(close(other))).toMatchObject({ reason: "REQUEST_ID_REUSED" });
    });

    test("closing by hand at once on all servers draws once", async () => {
      const id = await create();
      await Promise.all(Array.from({ length: 9 }, (_, i) => submit(id, `user-${i}`, {}, i)));
      const { date } = await round(id);
      await one().campaigns.endCampaign({ campaignId: id });
      const close = (i: number) => some(i).lotteries.closeRound({ campaignId: id, date });
      const all = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => close(i)));
      const cases = all.flatMap((one) => (one.status === "fulfilled" ? [one.value.outcome.case] : []));
      expect(cases.filter((of) => of === "round").length).toBeLessThan(2);
      expect((await drawn(id, date)).winners).toHaveLength(3);
    });

    test("bad requests are told by their fields and reasons", async () => {
      const id = await create();
      const other = `first-come-${++campaigns}`;
      await one().campaigns.createCampaign({
        campaign: {
          id: other,
          endTime: timestampFromMs(Date.now() + DAY_MS),
          mechanic: { case: "firstCome", value: {} },
          prizes: [{ id: "a", quota: 1 }],
        },
      });
      const { lotteries } = one();
      const far = "2190-01-01";
      const calls = [
        [() => submit(id, "ada", { date: "2026-02-30" }), { reason: "INVALID_ARGUMENT", fields: ["date"] }],
        [() => submit(id, "ada", { date: "today" }), { reason: "INVALID_ARGUMENT", fields: ["date"] }],
        [() => submit(id, ""), { reason: "INVALID_ARGUMENT", fields: ["user_id"] }],
        [() => submit(id, "ada", { date: far }), { reason: "ROUND_NOT_FOUND" }],
        [() => submit(other, "ada"), { reason: "WRONG_MECHANIC" }],
        [() => submit("nowhere", "ada"), { reason: "CAMPAIGN_NOT_FOUND" }],
        [() => lotteries.getRound({}), { reason: "INVALID_ARGUMENT", fields: ["campaign_id"] }],
        [
          () => lotteries.getRound({ campaignId: id, date: "x" }),
          { reason: "INVALID_ARGUMENT", fields: ["date"] },
        ],
        [() => lotteries.getRound({ campaignId: id, date: far }), { reason: "ROUND_NOT_FOUND" }],
        [
          () => lotteries.getRound({ campaignId: id, date: dateOf(Date.now() + DAY_MS) }),
          { reason: "ROUND_NOT_FOUND" },
        ],
        [() => lotteries.getRound({ campaignId: other }), { reason: "WRONG_MECHANIC" }],
        [() => lotteries.listRounds({ campaignId: id, states: [9 as State] }), { fields: ["states[0]"] }],
        [() => lotteries.listRounds({ campaignId: id, pageToken: "x" }), { fields: ["page_token"] }],
        [() => lotteries.listBallots({ campaignId: id }), { reason: "INVALID_ARGUMENT", fields: ["date"] }],
        [() => lotteries.listBallots({ campaignId: id, date: far }), { reason: "ROUND_NOT_FOUND" }],
        [() => lotteries.closeRound({ campaignId: id }), { reason: "INVALID_ARGUMENT", fields: ["date"] }],
        [() => lotteries.closeRound({ campaignId: id, date: far }), { reason: "ROUND_NOT_FOUND" }],
        [
          () => lotteries.closeRound({ campaignId: id, date: dateOf(Date.now() + DAY_MS) }),
          { reason: "ROUND_OPEN" },
        ],
        [
          () =>
            lotteries.closeRound({ campaignId: id, date: dateOf(Date.now()), entropy: Buffer.alloc(1_025) }),
          { reason: "INVALID_ARGUMENT", fields: ["entropy"] },
        ],
      ] as const;
      for (const [call, expected] of calls) expect(await failed(call())).toMatchObject(expected);
    });
  });
}

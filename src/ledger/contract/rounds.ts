import { beforeEach, describe, expect, test } from "vitest";
import { type Campaign, noPrize } from "../../campaign/campaign.ts";
import { dayAfter, dayAt } from "../../campaign/day.ts";
import type { Entry, EntryKey } from "../ledger.ts";
import type { BallotRow, RoundDraw, RoundWinner } from "../rounds.ts";
import { create, crowd, digest, fresh, type Harness, hash16, mutation, NOW_MS, prize } from "./harness.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const zone = "Asia/Seoul";
const mechanic = { kind: "lottery", requireEntropy: false } as const;
const drawSecret = { wrapped: Buffer.alloc(60, 7), commitment: Buffer.alloc(32, 1), revealed: false };
const today = dayAt(zone, NOW_MS);
const tomorrow = dayAfter(zone, today);
const yesterday = dayAt(zone, today.startMs - 1);

export function keepsRounds(harness: Harness): void {
  let campaign: Campaign;

  const lottery = (over: Parameters<typeof create>[1] = {}) =>
    create(harness().ledger, {
      mechanic,
      drawSecret,
      startMs: NOW_MS - 3 * DAY_MS,
      endMs: NOW_MS + 3 * DAY_MS,
      timeZone: zone,
      prizes: [prize("car", 1), prize("mug", 3)],
      ...over,
    });

  beforeEach(async () => {
    campaign = await lottery();
  });

  const ballot = (key: EntryKey, over: Partial<Entry> = {}): Entry => {
    const userId = fresh("player");
    return {
      ...key,
      ...{ campaignNo: campaign.no, revision: 1, spaceNo: campaign.space.no, prizeNo: noPrize },
      ...{
        serial: undefined,
        number: 1,
        drawnNo: undefined,
        timeMs: NOW_MS,
        userId,
        userHash: hash16(userId),
      },
      ...{ requestHash: undefined, requestFields: undefined, addressHash: undefined },
      ...over,
    };
  };

  const drawOf = (over: Partial<RoundDraw> = {}): RoundDraw => ({
    ballots: 5,
    winners: 0,
    digest: digest("ballots"),
    entropy: Buffer.from([0xff, 0, 0xc3]),
    drawMs: NOW_MS,
    ...over,
  });

  const winnersOf = (entries: Entry[]): RoundWinner[] =>
    entries.map(({ partitionNo, epoch, n, i, userHash }, at) => ({
      ...{ partitionNo, epoch, n, i, userHash },
      rank: at + 1,
      prizeNo: at === 0 ? 0 : 1,
    }));

  const dates = (rounds: { date: string }[]) => rounds.map(({ date }) => date);
  const asNow = { states: [], nowMs: NOW_MS, overMs: NOW_MS + 3 * DAY_MS, untilMs: NOW_MS + 3 * DAY_MS };

  describe("rows", () => {
    test("are made once, whoever makes them, and read back", async () => {
      const { ledger, other } = harness();
      await crowd(harness(), 6, (one) => one.addRounds(campaign.no, [yesterday, today], undefined));
      await ledger.addRounds(campaign.no, [{ ...today, endMs: today.endMs + 1 }, tomorrow], undefined);
      const open = {
        campaignNo: campaign.no,
        state: "open",
        quotas: undefined,
        mark: undefined,
        draw: undefined,
      };
      expect(await other.round(campaign.no, today.date)).toEqual({ ...open, ...today });
      expect(await other.round(campaign.no, tomorrow.date)).toEqual({ ...open, ...tomorrow });
      expect(await other.round(campaign.no, "2026-01-01")).toBeUndefined();
      expect(await other.lastRound(campaign.no)).toMatchObject(tomorrow);
      expect(await other.lastRound((await lottery()).no)).toBeUndefined();
    });

    test("list the latest first, in pages, without those that are made ahead or lie behind the end", async () => {
      const { ledger } = harness();
      const before = dayAt(zone, yesterday.startMs - 1);
      await ledger.addRounds(campaign.no, [before, yesterday, today, tomorrow], undefined);
      expect(dates(await ledger.rounds(campaign.no, asNow, undefined, 10))).toEqual(
        dates([today, yesterday, before]),
      );
      expect(dates(await ledger.rounds(campaign.no, asNow, today.date, 1))).toEqual([yesterday.date]);
      const over = { ...asNow, overMs: yesterday.endMs, untilMs: yesterday.endMs };
      expect(dates(await ledger.rounds(campaign.no, over, undefined, 10))).toEqual(
        dates([yesterday, before]),
      );
    });

    test("list by the state that they are in by the clock", async () => {
      const { ledger } = harness();
      const days = [dayAt(zone, NOW_MS - 3 * DAY_MS), dayAt(zone, NOW_MS - 2 * DAY_MS), yesterday, today];
      await ledger.addRounds(campaign.no, days, undefined);
      for (const { date } of days.slice(0, 2)) await ledger.sealRound(campaign.no, date);
      await ledger.drawRound(campaign.no, days[0]!.date, drawOf(), [], undefined);
      await ledger.roundWaits(campaign.no, days[1]!.date);
      const listed = async (states: ("open" | "sealed" | "drawn")[], over = {}) =>
        dates(await ledger.rounds(campaign.no, { ...asNow, states, ...over }, undefined, 10)).reverse();
      expect(await listed(["open"])).toEqual(dates([today]));
      expect(await listed(["sealed"])).toEqual(dates(days.slice(1, 3)));
      expect(await listed(["drawn"])).toEqual(dates(days.slice(0, 1)));
      expect(await listed(["open", "drawn"])).toEqual(dates([days[0]!, today]));
      const over = { overMs: NOW_MS };
      expect(await listed(["open"], over)).toEqual([]);
      expect(await listed(["sealed"], over)).toEqual(dates(days.slice(1)));
    });

    test("are missing of lotteries that have begun, until there is one that lasts", async () => {
      const { ledger } = harness();
      const missing = async (nowMs: number, untilMs = nowMs) =>
        (await ledger.lotteriesWithoutRound(nowMs, untilMs, 1_000)).filter(({ no }) => no === campaign.no);
      expect(await missing(campaign.startMs - 1)).toEqual([]);
      expect(await missing(NOW_MS)).toEqual([campaign]);
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      expect(await missing(NOW_MS)).toHaveLength(1);
      await ledger.addRounds(campaign.no, [today], undefined);
      expect(await missing(NOW_MS)).toEqual([]);
      expect(await missing(NOW_MS, today.endMs)).toHaveLength(1);
      // The last one is cut, and no other follows.
      const last = dayAt(zone, campaign.endMs - 1);
      await ledger.addRounds(campaign.no, [last], undefined);
      expect(await missing(campaign.endMs + DAY_MS)).toEqual([]);
    });

    test("are not missing of a lottery that was ended, deleted, or is of another kind", async () => {
      const { ledger } = harness();
      const others = [await lottery(), await lottery(), await lottery({ mechanic: { kind: "first-come" } })];
      await ledger.addRounds(others[0]!.no, [today], undefined);
      await ledger.changeCampaign(others[0]!.id, 1, { endedMs: NOW_MS, nowMs: NOW_MS }, undefined);
      await ledger.changeCampaign(others[1]!.id, 1, { deletedMs: NOW_MS, nowMs: NOW_MS }, undefined);
      const found = await ledger.lotteriesWithoutRound(NOW_MS + DAY_MS, NOW_MS + DAY_MS, 1_000);
      const nos = new Set(found.map(({ no }) => no));
      expect(nos.has(campaign.no)).toBe(true);
      for (const { no } of others) expect(nos.has(no)).toBe(false);
    });
  });

  describe("closing", () => {
    const due = async (nowMs: number, no = campaign.no) =>
      dates(
        (await harness().ledger.roundsToClose(nowMs, 1_000)).filter(({ campaignNo }) => campaignNo === no),
      );

    test("is due when the day is over, until it is drawn or waits", async () => {
      const { ledger } = harness();
      await ledger.addRounds(campaign.no, [yesterday, today, tomorrow], undefined);
      expect(await due(yesterday.endMs - 1)).toEqual([]);
      expect(await due(yesterday.endMs)).toEqual([yesterday.date]);
      expect(await due(today.endMs)).toEqual(dates([yesterday, today]));
      await ledger.sealRound(campaign.no, yesterday.date);
      expect(await due(yesterday.endMs)).toEqual([yesterday.date]);
      await ledger.drawRound(campaign.no, yesterday.date, drawOf(), [], undefined);
      await ledger.sealRound(campaign.no, today.date);
      await ledger.roundWaits(campaign.no, today.date);
      expect(await due(today.endMs)).toEqual([]);
    });

    test("is due when the campaign is over, not of rounds made ahead for days after it", async () => {
      const { ledger } = harness();
      await ledger.addRounds(campaign.no, [today, tomorrow], undefined);
      await ledger.changeCampaign(campaign.id, 1, { endedMs: NOW_MS, nowMs: NOW_MS }, undefined);
      expect(await due(NOW_MS - 1)).toEqual([]);
      expect(await due(NOW_MS)).toEqual([today.date]);
      const short = await lottery({ endMs: NOW_MS + HOUR_MS });
      await ledger.addRounds(short.no, [today, tomorrow], undefined);
      expect(await due(NOW_MS, short.no)).toEqual([]);
      expect(await due(NOW_MS + HOUR_MS, short.no)).toEqual([today.date]);
    });

    test("is one server's at a time, until its lease ends", async () => {
      const { ledger, other } = harness();
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      const lease = (owner: string, ttlMs: number, one = ledger) =>
        one.leaseRound(campaign.no, yesterday.date, owner, ttlMs);
      expect(await lease("a", 60_000)).toBe(true);
      expect(await lease("a", 60_000)).toBe(true);
      expect(await lease("b", 60_000, other)).toBe(false);
      await other.releaseRound(campaign.no, yesterday.date, "b");
      expect(await lease("b", 60_000, other)).toBe(false);
      await ledger.releaseRound(campaign.no, yesterday.date, "a");
      expect(await lease("b", -1, other)).toBe(true);
      expect(await lease("c", 60_000)).toBe(true);
      await ledger.sealRound(campaign.no, yesterday.date);
      await ledger.drawRound(campaign.no, yesterday.date, drawOf(), [], undefined);
      expect(await lease("c", 60_000)).toBe(false);
    });

    test("fixes how many win when it seals, and keeps the first mark", async () => {
      const { ledger, other } = harness();
      await ledger.addRounds(campaign.no, [yesterday, today], undefined);
      expect(await ledger.sealedUntil(campaign.no)).toBe(0);
      await ledger.sealRound(campaign.no, yesterday.date);
      expect(await ledger.sealedUntil(campaign.no)).toBe(yesterday.endMs);
      const prizes = [prize("car", 2), prize("mug", 5), prize("pen", 7)];
      await ledger.changeCampaign(campaign.id, 1, { prizes, nowMs: NOW_MS }, undefined);
      await other.sealRound(campaign.no, yesterday.date);
      expect(await other.round(campaign.no, yesterday.date)).toMatchObject({
        state: "sealed",
        quotas: [1, 3],
      });
      await ledger.sealRound(campaign.no, today.date);
      expect(await other.round(campaign.no, today.date)).toMatchObject({ quotas: [2, 5, 7] });
      const mark = [
        { partitionNo: 1, epoch: 7, n: 2 ** 40 },
        { partitionNo: 3, epoch: 1, n: 0 },
      ];
      await ledger.markRound(campaign.no, yesterday.date, mark);
      await other.markRound(campaign.no, yesterday.date, []);
      expect((await other.round(campaign.no, yesterday.date))!.mark).toEqual(mark);
      await ledger.drawRound(campaign.no, yesterday.date, drawOf(), [], undefined);
      await ledger.sealRound(campaign.no, yesterday.date);
      await ledger.roundWaits(campaign.no, yesterday.date);
      expect(await other.round(campaign.no, yesterday.date)).toMatchObject({
        state: "drawn",
        quotas: [1, 3],
      });
      expect(await ledger.sealedUntil(campaign.no)).toBe(today.endMs);
    });

    test("looks for ballots behind the mark of its own day or of one before", async () => {
      const { ledger } = harness();
      const mark = [{ partitionNo: 0, epoch: 2, n: 30 }];
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      await ledger.addRounds(campaign.no, [today], mark);
      await ledger.addRounds(campaign.no, [tomorrow], undefined);
      expect(await ledger.markBefore(campaign.no, yesterday.date)).toBeUndefined();
      expect(await ledger.markBefore(campaign.no, today.date)).toEqual(mark);
      expect(await ledger.markBefore(campaign.no, tomorrow.date)).toEqual(mark);
    });
  });

  describe("ballots", () => {
    test("are read by partition, in pages, above a place and up to a mark", async () => {
      const { ledger, record } = harness();
      const keys = [
        [601, 5],
        [601, 6],
        [601, 90],
        [603, 1],
        [603, 2],
      ].flatMap(([epoch, n]) => [0, 1, 2].map((i) => ({ partitionNo: 0, epoch: epoch!, n: n!, i })));
      const entries = keys.map((key, at) => ballot(key, { number: at + 1, timeMs: NOW_MS + key.n }));
      await record(entries);
      const { no } = campaign;
      const all: BallotRow[] = [];
      for (;;) {
        const page = await ledger.ballots(no, { partitionNo: 0, epoch: 603, n: 1 }, all.at(-1), 2);
        all.push(...page);
        if (page.length === 0) break;
      }
      const rows = entries.map(({ epoch, n, i, userHash, number, timeMs }) => ({
        ...{ epoch, n, i, userHash, number, timeMs },
      }));
      expect(all).toEqual(rows.slice(0, 12));
      const upTo = { partitionNo: 0, epoch: 603, n: 2 };
      for (let at = 0; at < rows.length; at++) {
        expect(await ledger.ballots(no, upTo, rows[at], 4)).toEqual(rows.slice(at + 1, at + 5));
      }
      expect(await ledger.ballots(no, { ...upTo, partitionNo: 1 }, undefined, 4)).toEqual([]);
      expect(await ledger.ballots(no, { partitionNo: 0, epoch: 601, n: 4 }, undefined, 4)).toEqual([]);
    });
  });

  describe("drawing", () => {
    const facts = async () => {
      const { seq } = await harness().ledger.eventEnd(campaign.no);
      return harness().ledger.facts(campaign.no, 0, seq, 100);
    };

    test("is done once, however many do it at once", async () => {
      const { ledger, other, record } = harness();
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      await ledger.sealRound(campaign.no, yesterday.date);
      const entries = [1, 2, 3, 4].map((i) => ballot({ partitionNo: 0, epoch: 604, n: 1, i }));
      await record(entries);
      const winners = winnersOf([entries[2]!, entries[0]!, entries[3]!]);
      const draw = drawOf({ winners: 3 });
      const outcomes = await crowd(harness(), 10, (one) =>
        one.drawRound(campaign.no, yesterday.date, draw, winners, undefined),
      );
      expect(outcomes.toSorted()).toEqual(["drawn", ...Array(9).fill("drawn-before")]);
      expect(await other.round(campaign.no, yesterday.date)).toMatchObject({ state: "drawn", draw });
      expect(await other.roundWinners(campaign.no, yesterday.date)).toEqual(winners);
      const hashes = [entries[3]!.userHash, entries[1]!.userHash];
      expect(await other.roundWinners(campaign.no, yesterday.date, hashes)).toEqual([winners[2]]);
      expect(await other.roundWinners(campaign.no, yesterday.date, [])).toEqual([]);
      expect(await other.winningBallots(campaign.no, [yesterday.date, today.date])).toEqual([
        { date: yesterday.date, prizeNo: 0, entry: entries[2] },
        { date: yesterday.date, prizeNo: 1, entry: entries[0] },
        { date: yesterday.date, prizeNo: 1, entry: entries[3] },
      ]);
      expect(await other.winningBallots(campaign.no, [])).toEqual([]);
      expect(await facts()).toMatchObject([
        { type: "round.closed", timeMs: NOW_MS, data: { date: yesterday.date, ballots: 5, winners: 3 } },
      ]);
    });

    test("takes a sealed round, or one that waits", async () => {
      const { ledger } = harness();
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      const draw = () => ledger.drawRound(campaign.no, yesterday.date, drawOf(), [], undefined);
      expect(await draw()).toBe("drawn-before");
      expect(await ledger.round(campaign.no, yesterday.date)).toMatchObject({
        state: "open",
        draw: undefined,
      });
      await ledger.sealRound(campaign.no, yesterday.date);
      await ledger.roundWaits(campaign.no, yesterday.date);
      expect(await draw()).toBe("drawn");
    });

    test("by request is done once for its id; where it was drawn before there is no record", async () => {
      const { ledger } = harness();
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      await ledger.sealRound(campaign.no, yesterday.date);
      const [first, second] = [mutation("CloseRound"), mutation("CloseRound")];
      const outcomes = await crowd(harness(), 6, (one) =>
        one.drawRound(campaign.no, yesterday.date, drawOf(), [], first),
      );
      expect(outcomes.toSorted()).toEqual(["drawn", ...Array(5).fill("repeated")]);
      expect(await ledger.mutation("CloseRound", first.requestId)).toMatchObject({
        subject: `${campaign.no} ${yesterday.date}`,
      });
      expect(await ledger.drawRound(campaign.no, yesterday.date, drawOf(), [], second)).toBe("drawn-before");
      expect(await ledger.mutation("CloseRound", second.requestId)).toBeUndefined();
    });

    test("of a hundred thousand winners is recorded whole", async () => {
      const { ledger } = harness();
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      await ledger.sealRound(campaign.no, yesterday.date);
      const userHash = hash16("winner");
      const winners = Array.from({ length: 100_000 }, (_, at) => ({
        ...{ rank: at + 1, prizeNo: 1, partitionNo: 0, epoch: 1, n: at, i: 0, userHash },
      }));
      await ledger.drawRound(campaign.no, yesterday.date, drawOf(), winners, undefined);
      expect((await ledger.roundWinners(campaign.no, yesterday.date)).length).toBe(100_000);
    });

    test("reveals the campaign's secret when the last round of a campaign that is over is drawn", async () => {
      const { ledger } = harness();
      await ledger.addRounds(campaign.no, [yesterday, today, tomorrow], undefined);
      const revealed = async () => (await ledger.campaign(campaign.id))!.drawSecret!.revealed;
      const draw = async (date: string) => {
        await ledger.sealRound(campaign.no, date);
        await ledger.drawRound(campaign.no, date, drawOf({ drawMs: NOW_MS + 1 }), [], undefined);
      };
      await ledger.changeCampaign(campaign.id, 1, { endedMs: NOW_MS + 1, nowMs: NOW_MS + 1 }, undefined);
      await draw(today.date);
      expect(await revealed()).toBe(false);
      await draw(yesterday.date);
      expect(await revealed()).toBe(true);
    });

    test("reveals nothing while the campaign goes on", async () => {
      const { ledger } = harness();
      await ledger.addRounds(campaign.no, [yesterday], undefined);
      await ledger.sealRound(campaign.no, yesterday.date);
      await ledger.drawRound(campaign.no, yesterday.date, drawOf(), [], undefined);
      expect((await ledger.campaign(campaign.id))!.drawSecret!.revealed).toBe(false);
    });
  });
}

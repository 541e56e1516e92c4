import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { dayAt } from "../campaign/day.ts";
import { ClaimsDigest } from "../draws/claims-digest.ts";
import { pickWinners, roundSecret, winnersSeed } from "../draws/winners.ts";
import { issuing } from "../issuing/issuing.fixture.ts";
import type { Round } from "../ledger/rounds.ts";
import { RoundDraws } from "./round-draws.ts";
import { Rounds } from "./rounds.ts";

const ms = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const MINUTE_MS = 60_000;
const log = pino({ level: "silent" });
const secret = Buffer.alloc(32, 5);

/** A lottery, and the service that opens and closes its rounds; the test moves the one clock there is. */
async function lottery(timeZone: string, start: string, end: string, requireEntropy = false) {
  const all = await issuing();
  const { ledger, secrets, store, clock } = all;
  const drawSecret = { wrapped: secrets.wrap("draw", secret), commitment: Buffer.alloc(32), revealed: false };
  const limits = { perUser: 0, perUserPerDay: 100, perAddress: 0 };
  const campaign = await all.create(
    { quota: 2 },
    {
      ...{ timeZone, startMs: ms(start), endMs: ms(end), limits, drawSecret },
      mechanic: { kind: "lottery", requireEntropy },
    },
  );
  const flush = async () => {};
  const draws = new RoundDraws({ ledger, store, secrets, partitions: 1, flush });
  const rounds = new Rounds({ ledger, store, draws, partitions: 1, log });
  const submit = all.server();
  let nowMs = campaign.startMs;
  clock.nowMs = () => nowMs;
  /** What the service does at an instant. */
  const at = async (instantMs: number) => {
    nowMs = instantMs;
    await rounds.open(nowMs);
    await rounds.close(nowMs);
  };
  const round = (date: string) => ledger.round(campaign.no, date);
  const everything = { states: [], nowMs: Number.MAX_SAFE_INTEGER, overMs: Number.MAX_SAFE_INTEGER };
  const allRounds = async () =>
    (
      await ledger.rounds(campaign.no, { ...everything, untilMs: Number.MAX_SAFE_INTEGER }, undefined, 100)
    ).reverse();
  return {
    ...all,
    campaign,
    rounds,
    draws,
    submit,
    at,
    round,
    allRounds,
    setClock: (to: number) => (nowMs = to),
  };
}

type Lottery = Awaited<ReturnType<typeof lottery>>;

const drawnOf = (round: Round | undefined) => {
  if (!round?.draw) throw new Error(`not drawn: ${round?.state}`);
  return round.draw;
};

/** Recomputes a round from its ballots, as anybody could. */
async function expectFair({ ledger, campaign }: Lottery, round: Round, entropy = Buffer.alloc(0)) {
  const all = await ledger.entriesOf(campaign.no, {}, undefined, 100_000);
  const ballots = all.filter(({ timeMs }) => dayAt(campaign.timeZone, timeMs).date === round.date);
  const claims = new ClaimsDigest();
  for (const { userHash, number, timeMs } of ballots) claims.addBallot(userHash, number, timeMs);
  const digest = claims.digest();
  const { draw } = round;
  expect(draw).toMatchObject({ ballots: ballots.length, digest, entropy });
  const seed = winnersSeed(
    roundSecret(secret, campaign.id, round.date),
    campaign.id,
    round.date,
    digest,
    entropy,
  );
  const picked = pickWinners(seed, ballots.length, 4).map((place) => ballots[place]!);
  const won = await ledger.winningBallots(campaign.no, [round.date]);
  expect(won.map(({ entry }) => entry)).toEqual(picked);
  expect(won.map(({ prizeNo }) => prizeNo)).toEqual([0, 0, 1, 1].slice(0, picked.length));
}

describe("rounds by themselves", () => {
  test.each([
    ["Europe/Berlin", "2026-03-27T12:00Z", "2026-03-31T12:00Z"],
    ["Europe/Berlin", "2026-10-23T12:00Z", "2026-10-27T12:00Z"],
    ["America/Havana", "2026-03-06T12:00Z", "2026-03-10T12:00Z"],
    ["Asia/Beirut", "2024-03-29T12:00Z", "2024-04-02T12:00Z"],
    ["Pacific/Apia", "2011-12-28T12:00Z", "2012-01-02T12:00Z"],
  ])("in %s from %s to %s every ballot is drawn on its day, to the millisecond", async (zone, start, end) => {
    const one = await lottery(zone, start, end);
    const { campaign, submit, at, setClock, allRounds } = one;
    let user = 0;
    const expected = new Map<string, number>();
    for (
      let day = dayAt(zone, campaign.startMs);
      day.startMs < campaign.endMs;
      day = dayAt(zone, day.endMs)
    ) {
      const from = Math.max(day.startMs, campaign.startMs);
      const to = Math.min(day.endMs, campaign.endMs);
      for (const instantMs of [from, from + 1, from + 90 * MINUTE_MS, to - 5 * MINUTE_MS, to - 1]) {
        // Nothing is closed that is not over, however often the service looks.
        if (instantMs !== from) await at(instantMs);
        setClock(instantMs);
        expect(await submit(`user-${user++ % 7}`)).toMatchObject({ kind: "entry", issueMs: instantMs });
        expect((await one.round(day.date))?.state ?? "open").toBe("open");
      }
      expected.set(day.date, 5);
    }
    await at(campaign.endMs);
    const rounds = await allRounds();
    expect(new Map(rounds.map((round) => [round.date, drawnOf(round).ballots]))).toEqual(expected);
    for (const round of rounds) await expectFair(one, round);
  });

  test("a round is closed when the store's clock says so, whatever the server's says", async () => {
    const { rounds, submit, at, round, setClock } = await lottery(
      "UTC",
      "2026-03-01T12:00Z",
      "2026-03-05T00:00Z",
    );
    const midnight = ms("2026-03-02T00:00Z");
    await at(midnight - 2);
    await rounds.open(midnight + MINUTE_MS);
    await rounds.close(midnight + MINUTE_MS);
    expect((await round("2026-03-01"))!.state).toBe("open");
    setClock(midnight - 1);
    await submit("ada");
    await at(midnight);
    expect(drawnOf(await round("2026-03-01")).ballots).toBe(1);
  });

  test("a round that can't be closed keeps no other one from it, and is closed when it can be", async () => {
    const one = await lottery("UTC", "2026-03-01T12:00Z", "2026-03-05T00:00Z");
    const { campaign, ledger, store, secrets } = one;
    const { mechanic, drawSecret, startMs, endMs, timeZone, limits } = campaign;
    const more = { mechanic, drawSecret, startMs, endMs, timeZone, limits };
    const other = await one.create({ quota: 2 }, { ...more, id: "d" });
    const isBroken = { yes: true };
    const draws = new RoundDraws({
      ...{ ledger, secrets, partitions: 1, flush: async () => {} },
      store: {
        nowMs: () => store.nowMs(),
        seal: async (no, campaignNo, untilMs) => {
          if (campaignNo === campaign.no && isBroken.yes) throw new Error("away");
          await store.seal(no, campaignNo, untilMs);
        },
      },
    });
    const rounds = new Rounds({ ledger, store, draws, partitions: 1, log });
    const midnight = ms("2026-03-02T00:00Z");
    await rounds.open(one.setClock(midnight));
    await expect(rounds.close(midnight)).rejects.toThrow("away");
    const states = () =>
      Promise.all([campaign, other].map(async ({ no }) => (await ledger.round(no, "2026-03-01"))!.state));
    expect(await states()).toEqual(["sealed", "drawn"]);
    isBroken.yes = false;
    await rounds.close(midnight);
    expect(await states()).toEqual(["drawn", "drawn"]);
  });

  test("what was missed for days is made up for, round by round", async () => {
    const one = await lottery("Asia/Seoul", "2026-03-01T12:00Z", "2026-03-20T00:00Z");
    for (let day = 1; day <= 6; day++) {
      one.setClock(ms(`2026-03-0${day}T13:00Z`));
      for (let i = 0; i < day; i++) await one.submit(`user-${i}`);
    }
    await one.at(ms("2026-03-07T13:00Z"));
    const rounds = await one.allRounds();
    expect(rounds.map(({ state }) => state)).toEqual(
      [...Array(6).fill("drawn"), "open", "open"].slice(0, rounds.length),
    );
    expect(rounds.slice(0, 6).map((round) => drawnOf(round).ballots)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const round of rounds.slice(0, 6)) await expectFair(one, round);
  });

  test("a round made ahead looks only behind what was recorded when it was made", async () => {
    const one = await lottery("UTC", "2026-03-01T12:00Z", "2026-03-05T00:00Z");
    const midnight = ms("2026-03-02T00:00Z");
    await one.submit("ada");
    await one.at(midnight - 11 * MINUTE_MS);
    expect(await one.round("2026-03-02")).toBeUndefined();
    await one.at(midnight - 9 * MINUTE_MS);
    expect(await one.round("2026-03-02")).toMatchObject({ state: "open", startMs: midnight });
    const [before] = (await one.ledger.markBefore(one.campaign.no, "2026-03-02"))!;
    const [entry] = await one.ledger.entriesOf(one.campaign.no, {}, undefined, 1);
    expect(before!.n).toBeGreaterThanOrEqual(entry!.n);
    one.setClock(midnight - 1);
    await one.submit("grace");
    one.setClock(midnight);
    await one.submit("grace");
    await one.at(ms("2026-03-03T00:00Z"));
    for (const date of ["2026-03-01", "2026-03-02"]) await expectFair(one, (await one.round(date))!);
    expect(drawnOf(await one.round("2026-03-01")).ballots).toBe(2);
  });

  test("thousands of ballots are read in pages, and winners found in them", { timeout: 30_000 }, async () => {
    const one = await lottery("UTC", "2026-03-01T12:00Z", "2026-03-03T00:00Z");
    for (let i = 0; i < 7; i++) await one.submit(`user-${i}`);
    one.setClock(ms("2026-03-02T12:00Z"));
    for (let i = 0; i < 12; i++)
      await Promise.all(Array.from({ length: 1_000 }, (_, j) => one.submit(`user-${i}-${j}`)));
    await one.at(one.campaign.endMs);
    const round = (await one.round("2026-03-02"))!;
    expect(drawnOf(round)).toMatchObject({ ballots: 12_000, winners: 4 });
    await expectFair(one, round);
  });

  test("what is taken while somebody ends the campaign is drawn, also past midnight", async () => {
    const one = await lottery("UTC", "2026-03-01T12:00Z", "2026-03-09T00:00Z");
    const midnight = ms("2026-03-02T00:00Z");
    await one.at(midnight - 3);
    one.setClock(midnight - 2);
    await one.submit("ada");
    // The clock that it is ended by is behind the store's, and the store hears of it later.
    one.setClock(midnight);
    await one.submit("grace");
    await one.change({ endedMs: midnight - 1 });
    await one.at(midnight + 1);
    await one.at(midnight + 2);
    const rounds = await one.allRounds();
    expect(rounds.map((round) => [round.date, drawnOf(round).ballots])).toEqual([
      ["2026-03-01", 1],
      ["2026-03-02", 1],
    ]);
    expect((await one.ledger.campaignByNo(one.campaign.no))!.drawSecret!.revealed).toBe(true);
    expect((await one.submit("linus")).kind).toBe("refusal");
  });

  test("a round that wants entropy waits for it, and no other round waits for it", async () => {
    const one = await lottery("UTC", "2026-03-01T12:00Z", "2026-03-09T00:00Z", true);
    const { campaign, draws } = one;
    await one.submit("ada");
    await one.at(ms("2026-03-02T00:00Z"));
    one.setClock(ms("2026-03-02T01:00Z"));
    await one.submit("ada");
    await one.at(ms("2026-03-03T00:00Z"));
    const states = async () => (await one.allRounds()).map(({ state }) => state);
    expect((await states()).slice(0, 2)).toEqual(["waiting", "waiting"]);
    const entropy = Buffer.from("a beacon's value");
    expect(await draws.close(campaign, "2026-03-02", entropy, undefined)).toBe("drawn");
    expect(await draws.close(campaign, "2026-03-02", entropy, undefined)).toBe("drawn-before");
    expect(await draws.close(campaign, "2026-03-03", entropy, undefined)).toBe("open");
    expect((await states()).slice(0, 2)).toEqual(["waiting", "drawn"]);
    await expectFair(one, (await one.round("2026-03-02"))!, entropy);
  });
});

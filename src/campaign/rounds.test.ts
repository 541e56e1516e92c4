import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayAt, dayOf, isDate } from "./day.ts";
import { daysBegun, drawnTimes, endingMs, hasRound, openTimes, sealUntilMs } from "./rounds.ts";

const ms = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Over {
  startMs?: number;
  endMs?: number;
  endedMs?: number;
}

const campaign = (timeZone: string, start: string, end: string, over: Over = {}) => ({
  timeZone,
  startMs: ms(start),
  endMs: ms(end),
  endedMs: undefined,
  ...over,
});

/** Every round there ever is, as it takes ballots. */
function allRounds(window: ReturnType<typeof campaign>) {
  const days = daysBegun(window, undefined, Number.MAX_SAFE_INTEGER, 10_000);
  return days.map((day) => ({ date: day.date, ...openTimes(window, day) }));
}

const hours = ({ startMs, endMs }: { startMs: number; endMs: number }) => (endMs - startMs) / HOUR_MS;

describe("rounds", () => {
  test("are days of the campaign's zone, the first and the last cut to the campaign", () => {
    const rounds = allRounds(campaign("Asia/Seoul", "2026-11-19T12:00Z", "2026-11-21T03:00Z"));
    expect(rounds).toEqual([
      { date: "2026-11-19", startMs: ms("2026-11-19T12:00Z"), endMs: ms("2026-11-19T15:00Z") },
      { date: "2026-11-20", startMs: ms("2026-11-19T15:00Z"), endMs: ms("2026-11-20T15:00Z") },
      { date: "2026-11-21", startMs: ms("2026-11-20T15:00Z"), endMs: ms("2026-11-21T03:00Z") },
    ]);
  });

  test("are one where the campaign begins and ends on one day, and none is empty where it ends at midnight", () => {
    const within = campaign("UTC", "2026-11-20T09:00Z", "2026-11-20T17:00Z");
    expect(allRounds(within).map(hours)).toEqual([8]);
    const toMidnight = campaign("UTC", "2026-11-20T09:00Z", "2026-11-22T00:00Z");
    expect(allRounds(toMidnight).map(({ date }) => date)).toEqual(["2026-11-20", "2026-11-21"]);
  });

  test.each([
    ["Europe/Berlin", "2026-03-27T12:00Z", "2026-03-31T12:00Z", [11, 24, 23, 24, 14]],
    ["Europe/Berlin", "2026-10-23T12:00Z", "2026-10-27T12:00Z", [10, 24, 25, 24, 13]],
    ["America/Havana", "2026-03-07T12:00Z", "2026-03-09T12:00Z", [17, 23, 8]],
    ["Asia/Beirut", "2024-03-30T12:00Z", "2024-04-01T12:00Z", [10, 23, 15]],
    ["Australia/Lord_Howe", "2026-04-04T12:00Z", "2026-04-06T12:00Z", [1, 24.5, 22.5]],
  ])(
    "in %s from %s to %s have as many hours as the day has: summer time, and midnights that are skipped",
    (timeZone, start, end, expected) => {
      expect(allRounds(campaign(timeZone, start, end)).map(hours)).toEqual(expected);
    },
  );

  test("leave no instant out and none to two, whatever zone and window", () => {
    const zones = [
      "Asia/Seoul",
      "Europe/Berlin",
      "America/Havana",
      "Asia/Beirut",
      "America/St_Johns",
      "Pacific/Apia",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: ms("2009-01-01T00:00Z"), max: ms("2030-01-01T00:00Z") }),
        fc.integer({ min: 1, max: 40 * DAY_MS }),
        fc.option(fc.integer({ min: -DAY_MS, max: 41 * DAY_MS })),
        (timeZone, startMs, lengthMs, endedAfterMs) => {
          const endedMs = endedAfterMs === null ? undefined : startMs + endedAfterMs;
          const window = { timeZone, startMs, endMs: startMs + lengthMs, endedMs };
          const overMs = Math.min(window.endMs, endedMs ?? window.endMs);
          const rounds = allRounds(window);
          if ((endedMs ?? window.endMs) + endingMs <= startMs) {
            expect(rounds).toEqual([]);
            return;
          }
          expect(rounds[0]!.startMs).toBe(startMs);
          expect(rounds.at(-1)!.endMs).toBe(Math.max(rounds.at(-1)!.startMs, overMs));
          for (const [at, { date, startMs: from }] of rounds.entries()) {
            if (at > 0) expect(from).toBe(rounds[at - 1]!.endMs);
            expect(dayAt(timeZone, from).date).toBe(date);
            expect(hasRound(window, dayOf(timeZone, date)!)).toBe(true);
          }
          expect(new Set(rounds.map(({ date }) => date)).size).toBe(rounds.length);
        },
      ),
    );
  });

  test("begin one after the other, and are found in parts as in one", () => {
    const window = campaign("Europe/Berlin", "2026-03-27T12:00Z", "2026-03-31T12:00Z");
    const dates = (nowMs: number) => daysBegun(window, undefined, nowMs, 10).map(({ date }) => date);
    expect(dates(window.startMs - 1)).toEqual([]);
    expect(dates(window.startMs)).toEqual(["2026-03-27"]);
    expect(dates(ms("2026-03-27T22:59:59.999Z"))).toEqual(["2026-03-27"]);
    expect(dates(ms("2026-03-27T23:00Z"))).toEqual(["2026-03-27", "2026-03-28"]);
    const all = daysBegun(window, undefined, window.endMs, 10);
    const first = daysBegun(window, undefined, window.endMs, 2);
    expect([...first, ...daysBegun(window, first.at(-1), window.endMs, 10)]).toEqual(all);
    expect(daysBegun(window, all.at(-1), window.endMs, 10)).toEqual([]);
  });

  test("end with a campaign that somebody ends, and what is taken meanwhile is the last one's", () => {
    const window = campaign("UTC", "2026-11-18T09:00Z", "2026-11-30T00:00Z", {
      endedMs: ms("2026-11-20T17:00Z"),
    });
    expect(allRounds(window).at(-1)).toMatchObject({ date: "2026-11-20", endMs: ms("2026-11-20T17:00Z") });
    const [last, before] = [dayOf("UTC", "2026-11-20")!, dayOf("UTC", "2026-11-19")!];
    expect(drawnTimes(window, last)).toEqual({ fromMs: last.startMs, toMs: undefined });
    expect(drawnTimes(window, before)).toEqual({ fromMs: before.startMs, toMs: before.endMs });
    expect(sealUntilMs(window, last)).toBe(window.endMs);
    expect(sealUntilMs({ ...window, endedMs: undefined }, last)).toBe(last.endMs);
    expect(allRounds({ ...window, endedMs: window.startMs - endingMs })).toEqual([]);
  });

  test("are one more where somebody ends the campaign just before midnight: some may not have heard of it in time", () => {
    const midnight = ms("2026-11-21T00:00Z");
    const ended = (endedMs: number) => campaign("UTC", "2026-11-18T09:00Z", "2026-11-30T00:00Z", { endedMs });
    expect(allRounds(ended(midnight - endingMs)).at(-1)!.date).toBe("2026-11-20");
    const late = ended(midnight - 1);
    expect(allRounds(late).slice(-2)).toMatchObject([
      { date: "2026-11-20", endMs: midnight - 1 },
      { date: "2026-11-21", startMs: midnight, endMs: midnight },
    ]);
    expect(drawnTimes(late, dayOf("UTC", "2026-11-20")!).toMs).toBe(midnight);
    expect(drawnTimes(late, dayOf("UTC", "2026-11-21")!).toMs).toBeUndefined();
    // Nor does it matter that a clock was ahead and the round before is drawn already.
    expect(drawnTimes({ ...late, endedMs: undefined }, dayOf("UTC", "2026-11-20")!).toMs).toBe(midnight);
  });
});

describe("the day of a date", () => {
  test("is the day that has it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("Asia/Seoul", "America/Havana", "Asia/Beirut", "America/St_Johns", "Pacific/Apia"),
        fc.integer({ min: ms("2005-01-01T00:00Z"), max: ms("2030-01-01T00:00Z") }),
        (timeZone, nowMs) => {
          const day = dayAt(timeZone, nowMs);
          expect(dayOf(timeZone, day.date)).toEqual(day);
        },
      ),
    );
  });

  test.each([
    "2026-02-29",
    "2026-13-01",
    "2026-1-1",
    "20261120",
    "2026-11-20T00:00",
    "tomorrow",
    "",
    "-2026-11-20",
  ])("%j is none", (text) => {
    expect(isDate(text)).toBe(false);
    expect(dayOf("UTC", text)).toBeUndefined();
  });

  test("there is none of a date that a zone skipped", () => {
    expect(isDate("2011-12-30")).toBe(true);
    expect(dayOf("Pacific/Apia", "2011-12-30")).toBeUndefined();
    expect(dayOf("Pacific/Apia", "2011-12-31")).toMatchObject({ startMs: ms("2011-12-30T10:00Z") });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Day, dayAfter, dayAt, isTimeZone } from "./day.ts";

const HOUR_MS = 3_600_000;

function ms(text: string): number {
  return Temporal.Instant.from(text).epochMilliseconds;
}

function hours(day: Day): number {
  return (day.endMs - day.startMs) / HOUR_MS;
}

describe("a day", () => {
  test("of Seoul runs from midnight to midnight there", () => {
    const day = { date: "2026-11-20", startMs: ms("2026-11-19T15:00Z"), endMs: ms("2026-11-20T15:00Z") };
    expect(dayAt("Asia/Seoul", ms("2026-11-19T15:00Z"))).toEqual(day);
    expect(dayAt("Asia/Seoul", ms("2026-11-20T14:59:59.999Z"))).toEqual(day);
    expect(dayAt("Asia/Seoul", ms("2026-11-20T15:00Z")).date).toBe("2026-11-21");
    expect(dayAfter("Asia/Seoul", day)).toEqual(dayAt("Asia/Seoul", day.endMs));
  });

  test.each([
    ["Europe/Berlin", "2026-03-29", 23],
    ["Europe/Berlin", "2026-10-25", 25],
    ["America/New_York", "2026-03-08", 23],
    ["America/New_York", "2026-11-01", 25],
    ["Australia/Lord_Howe", "2026-10-04", 23.5],
    ["Australia/Lord_Howe", "2026-04-05", 24.5],
  ])("in %s on %s, when summer time begins or ends, has %d hours", (zone, date, expected) => {
    const day = dayAt(zone, ms(`${date}T12:00Z`));
    expect(day.date).toBe(date);
    expect(hours(day)).toBe(expected);
  });

  test.each([
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00-02:00"],
    ["Africa/Cairo", "2024-04-26", "2024-04-26T01:00+03:00"],
    ["Asia/Beirut", "2024-03-31", "2024-03-31T01:00+03:00"],
    ["America/Havana", "2026-03-08", "2026-03-08T01:00-04:00"],
  ])("in %s on %s, where there is no midnight, begins at 01:00", (zone, date, start) => {
    const day = dayAt(zone, ms(start));
    expect(day).toMatchObject({ date, startMs: ms(start) });
    expect(hours(day)).toBe(23);
    expect(dayAt(zone, ms(start) - 1)).toMatchObject({ endMs: ms(start) });
    expect(hours(dayAt(zone, ms(start) - 1))).toBe(24);
  });

  test("begins at the first of two midnights", () => {
    expect(dayAt("America/Havana", ms("2026-11-01T04:00Z"))).toEqual({
      date: "2026-11-01",
      startMs: ms("2026-11-01T00:00-04:00"),
      endMs: ms("2026-11-02T00:00-05:00"),
    });
  });

  test("goes on where clocks are set back from 00:01 to 23:01 of the day before", () => {
    const first = ms("2010-11-07T00:00-02:30");
    const day = dayAt("America/St_Johns", first);
    expect(day).toMatchObject({ date: "2010-11-07", startMs: first });
    expect(dayAt("America/St_Johns", ms("2010-11-06T23:30-03:30"))).toEqual(day);
    expect(dayAt("America/St_Johns", first - 1)).toMatchObject({ date: "2010-11-06", endMs: first });
  });

  test("knows quarters of an hour: Kathmandu was 15 minutes short on its way to +05:45", () => {
    expect(dayAt("Asia/Kathmandu", ms("2026-11-20T00:00+05:45"))).toEqual({
      date: "2026-11-20",
      startMs: ms("2026-11-19T18:15Z"),
      endMs: ms("2026-11-20T18:15Z"),
    });
    expect(hours(dayAt("Asia/Kathmandu", ms("1986-01-01T12:00Z")))).toBe(23.75);
  });

  test("can be missing: Samoa had no 30 December 2011", () => {
    const before = dayAt("Pacific/Apia", ms("2011-12-29T23:59:59-10:00"));
    expect(before.date).toBe("2011-12-29");
    expect(hours(before)).toBe(24);
    const after = dayAfter("Pacific/Apia", before);
    expect(after).toMatchObject({ date: "2011-12-31", startMs: before.endMs });
    expect(dayAt("Pacific/Apia", before.endMs)).toEqual(after);
  });
});

/** When a zone's clocks are changed next, or `fromMs` where they never are. */
function nextChange(timeZone: string, fromMs: number): number {
  const from = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(timeZone);
  return from.getTimeZoneTransition("next")?.epochMilliseconds ?? fromMs;
}

test("in every zone each instant is in one day, and days follow each other without a gap", () => {
  const zone = fc.constantFrom("UTC", "America/St_Johns", ...Intl.supportedValuesOf("timeZone"));
  const time = fc.integer({ min: ms("1970-01-02T00:00Z"), max: ms("2200-01-01T00:00Z") });
  const fromChangeMs = fc.option(fc.integer({ min: -30 * HOUR_MS, max: 30 * HOUR_MS }));
  fc.assert(
    fc.property(zone, time, fromChangeMs, (timeZone, anyMs, fromChangeMs) => {
      const nowMs = fromChangeMs === null ? anyMs : nextChange(timeZone, anyMs) + fromChangeMs;
      const day = dayAt(timeZone, nowMs);
      expect(day.startMs).toBeLessThanOrEqual(nowMs);
      expect(day.endMs).toBeGreaterThan(nowMs);
      expect(dayAt(timeZone, day.startMs)).toEqual(day);
      expect(dayAt(timeZone, day.endMs - 1)).toEqual(day);
      const next = dayAfter(timeZone, day);
      expect(next).toEqual(dayAt(timeZone, day.endMs));
      expect(next.startMs).toBe(day.endMs);
      expect(next.date > day.date).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test.each(["Asia/Seoul", "asia/seoul", "UTC", "Etc/GMT+9", "America/Argentina/Buenos_Aires", "EST5EDT"])(
  "%s is a time zone",
  (name) => expect(isTimeZone(name)).toBe(true),
);

test.each([
  "",
  "Mars/Olympus",
  "+09:00",
  "-00",
  "Z",
  " UTC",
  "UTC ",
  "2020-01-01T00:00Z[Asia/Seoul]",
  "T00:00Z",
  "T00:00[Asia/Seoul]",
  "Asia/Seoul\0",
])("%j is no time zone", (name) => expect(isTimeZone(name)).toBe(false));

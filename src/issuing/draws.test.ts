import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { dayAt } from "../campaign/day.ts";
import { InstantWin, prizeAt } from "../draws/instant-win.ts";
import { keyedHash } from "../keys/keyed-hash.ts";
import { issuing } from "./issuing.fixture.ts";
import type { Issued } from "./request.ts";

const timeZone = "America/New_York";
const hourMs = 3_600_000;
const secret = Buffer.alloc(32, 11);
const prizes = [
  { id: "car", quota: 1, dailyQuota: undefined, oddsPpm: 1_000 },
  { id: "mug", quota: 5_000, dailyQuota: 40, oddsPpm: 200_000 },
  { id: "sticker", quota: undefined, dailyQuota: undefined, oddsPpm: 300_000 },
];

/** An instant win that users draw from twice an hour, from an instant on for some hours; and what each got when. */
async function drawing(fromMs: number, hours: number, usersEach: number) {
  const { ledger, secrets, clock, server, create } = await issuing();
  clock.nowMs = () => fromMs;
  await create(
    {},
    {
      timeZone,
      endMs: fromMs + 365 * 24 * hourMs,
      mechanic: { kind: "instant-win" },
      drawSecret: {
        wrapped: secrets.wrap("draw", secret),
        commitment: hash("sha256", secret, "buffer"),
        revealed: false,
      },
      prizes: prizes.map((prize) => ({ ...prize, name: "", attributes: {} })),
      limits: { perUser: 0, perUserPerDay: 1, perAddress: 0 },
      format: { alphabet: "0123456789ABCDEF", length: 10, prefix: "" },
    },
  );
  const draw = server();
  const drawn: { userId: string; atMs: number; issued: Issued }[] = [];
  for (let half = 0; half < hours * 2; half++) {
    const atMs = fromMs + half * (hourMs / 2);
    clock.nowMs = () => atMs;
    // Most are new; every fifth has been there all the time.
    const users = Array.from({ length: usersEach }, (_, i) =>
      i % 5 === 0 ? `old-${i}` : `new-${half}-${i}`,
    );
    const all = await Promise.all(users.map((userId) => draw(userId)));
    for (const [i, issued] of all.entries()) drawn.push({ userId: users[i]!, atMs, issued });
  }
  const recorded = await ledger.entriesOf(1, {}, undefined, 1_000_000);
  const hashOf = (userId: string) => keyedHash(secrets.userHashKey, [userId]);
  return { drawn, recorded, hashOf };
}

const prizeOf = (issued: Issued) => (issued.kind === "coupon" ? issued.prizeId : "");

test.each([
  ["begins", "2027-03-13T22:00:00-05:00", 23],
  ["ends", "2027-11-06T22:00:00-04:00", 25],
])(
  "across midnights and the day summer time %s, nobody draws twice a day and no quota is passed",
  async (_, from, hoursOfDay) => {
    const { drawn, recorded, hashOf } = await drawing(Date.parse(from), 52, 300);
    const days = Map.groupBy(drawn, ({ atMs }) => dayAt(timeZone, atMs).date);
    expect(days.size).toBe(4);
    const [, shifted] = [...days.keys()];
    const { startMs, endMs } = dayAt(timeZone, days.get(shifted!)![0]!.atMs);
    expect(endMs - startMs).toBe(hoursOfDay * hourMs);

    const draws = new InstantWin(secret, "c");
    let cars = 0;
    for (const [date, ofDay] of days) {
      const first = new Map<string, Issued>();
      for (const { userId, issued } of ofDay) {
        const before = first.get(userId);
        if (before) {
          expect(issued).toEqual({ ...before, replayed: true });
          continue;
        }
        first.set(userId, issued);
        expect(issued).toMatchObject({ replayed: false, number: 1 });
        const comes = prizeAt(prizes, draws.number(hashOf(userId), date, 1))?.id ?? "";
        // What was drawn, or nothing: a prize that has run out is no other prize.
        if (prizeOf(issued) !== "") expect(prizeOf(issued)).toBe(comes);
      }
      const count = (prizeId: string) => [...first.values()].filter((one) => prizeOf(one) === prizeId).length;
      const wanted = [...first.keys()].filter(
        (userId) => prizeAt(prizes, draws.number(hashOf(userId), date, 1))?.id === "mug",
      ).length;
      expect(count("mug")).toBe(Math.min(wanted, 40));
      cars += count("car");
    }
    expect(cars).toBe(1);
    expect(recorded).toHaveLength(
      drawn.filter(({ issued }) => "replayed" in issued && !issued.replayed).length,
    );
  },
);

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { CampaignSchema } from "../gen/allot/v1/campaign_pb.js";
import { draftOf } from "./draft.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const HOUR_MS = 3_600_000;
const drawSecret = { wrapped: Buffer.alloc(60), commitment: Buffer.alloc(32, 1), revealed: false };
const setting = { nowMs: NOW_MS, freshId: "fresh", wrappedKey: Buffer.alloc(60), drawSecret, partitions: 16 };

type Init = MessageInitShape<typeof CampaignSchema>;
const least: Init = { endTime: timestampFromMs(NOW_MS + HOUR_MS), prizes: [{ quota: 5 }] };

function draftFrom(init: Init) {
  return draftOf(create(CampaignSchema, { ...least, ...init } as Init), setting);
}

function problemsOf(init: Init): Record<string, string> {
  const { problems = [] } = draftFrom(init);
  return Object.fromEntries(problems.map(({ field, problem }) => [field, problem]));
}

test("what is left out has defaults", () => {
  expect(draftFrom({ prizes: [{}, { id: "gold" }, {}] })).toEqual({
    value: {
      id: "fresh",
      name: "",
      startMs: NOW_MS,
      endMs: NOW_MS + HOUR_MS,
      timeZone: "UTC",
      mechanic: { kind: "first-come" },
      requireRegistration: false,
      couponExpiry: undefined,
      drawSecret: undefined,
      prizes: ["p1", "gold", "p3"].map((id) => ({
        id,
        name: "",
        quota: undefined,
        dailyQuota: undefined,
        oddsPpm: 0,
        attributes: {},
      })),
      limits: { perUser: 0, perUserPerDay: 0, perAddress: 0 },
      format: { alphabet: "23456789ABCDEFGHJKLMNPQRSTUVWXYZ", length: 10, prefix: "" },
      allowGuessable: false,
      partitions: 1,
      wrappedKey: setting.wrappedKey,
      nowMs: NOW_MS,
    },
  });
});

test("a time between two milliseconds is taken inwards: never earlier than asked for, never later", () => {
  const seconds = BigInt(NOW_MS / 1_000);
  const { value } = draftFrom({
    startTime: { seconds, nanos: 1 },
    endTime: { seconds: seconds + 9n, nanos: 999_999_999 },
  }) as { value: { startMs: number; endMs: number } };
  expect(value.startMs).toBe(NOW_MS + 1);
  expect(value.endMs).toBe(NOW_MS + 9_999);
});

test("an absent campaign is named", () => {
  expect(draftOf(undefined, setting)).toEqual({
    problems: [{ field: "campaign", problem: "It is required." }],
  });
});

const at = (ms: number) => timestampFromMs(ms);
const seconds = (value: bigint, nanos = 0) => ({ seconds: value, nanos });
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`key-${n}`, "value"]));

describe("is refused by name:", () => {
  test.each<[string, Init, string, RegExp]>([
    ["a capital in an id", { id: "Summer" }, "campaign.id", /a-z, 0-9 and -/],
    ["an id that begins with -", { id: "-summer" }, "campaign.id", /not begin with -/],
    ["an id with a line end", { id: "summer\n" }, "campaign.id", /1 to 63/],
    ["an id of 64", { id: "a".repeat(64) }, "campaign.id", /1 to 63/],
    ["a name of 201", { name: "é".repeat(201) }, "campaign.name", /200 characters, not 201/],
    ["no end", { endTime: undefined }, "campaign.end_time", /required/],
    [
      "an end in the past",
      { startTime: at(NOW_MS - 9), endTime: at(NOW_MS - 1) },
      "campaign.end_time",
      /future/,
    ],
    ["an end now", { endTime: at(NOW_MS) }, "campaign.end_time", /future/],
    ["an end at the start", { startTime: least.endTime }, "campaign.end_time", /after start_time/],
    [
      "an end before the start",
      { startTime: at(NOW_MS + 2 * HOUR_MS) },
      "campaign.end_time",
      /after start_time/,
    ],
    ["a start in 1999", { startTime: seconds(946_684_799n) }, "campaign.start_time", /2000 to 2199/],
    ["an end in 2200", { endTime: seconds(7_258_118_400n) }, "campaign.end_time", /2000 to 2199/],
    ["an end in no year", { endTime: seconds(2n ** 62n) }, "campaign.end_time", /2000 to 2199/],
    ["negative nanos", { startTime: seconds(1_800_000_000n, -1) }, "campaign.start_time", /nanos/],
    ["nanos beyond a second", { endTime: seconds(1_900_000_000n, 1e9) }, "campaign.end_time", /nanos/],
    ["an unknown time zone", { timeZone: "Asia/Soul" }, "campaign.time_zone", /IANA.*"Asia\/Seoul"/],
    ["an offset for a time zone", { timeZone: "+09:00" }, "campaign.time_zone", /IANA/],
    ["no prizes", { prizes: [] }, "campaign.prizes", /1 to 100 of them, not 0/],
    ["101 prizes", { prizes: Array(101).fill({}) }, "campaign.prizes", /1 to 100 of them, not 101/],
    ["a bad prize id", { prizes: [{}, { id: "Ü" }] }, "campaign.prizes[1].id", /a-z/],
    [
      "two prizes with one id",
      { prizes: [{ id: "a" }, { id: "a" }] },
      "campaign.prizes[1].id",
      /Prize 0 has/,
    ],
    ["an id like a default", { prizes: [{ id: "p2" }, {}] }, "campaign.prizes[1].id", /Prize 0 has the same/],
    ["a prize's long name", { prizes: [{ name: "n".repeat(201) }] }, "campaign.prizes[0].name", /200/],
    ["a quota of 0", { prizes: [{ quota: 0 }] }, "campaign.prizes[0].quota", /at least 1/],
    ["a daily quota of 0", { prizes: [{ dailyQuota: 0 }] }, "campaign.prizes[0].daily_quota", /at least 1/],
    [
      "a daily quota over the quota",
      { prizes: [{ quota: 5, dailyQuota: 6 }] },
      "campaign.prizes[0].daily_quota",
      /more than the quota, 5/,
    ],
    ["21 attributes", { prizes: [{ attributes: attributes(21) }] }, "campaign.prizes[0].attributes", /20/],
    [
      "an empty key",
      { prizes: [{ oddsPpm: 0, attributes: { "": "" } }] },
      "campaign.prizes[0].attributes",
      /empty/,
    ],
    [
      "a key of 65",
      { prizes: [{ oddsPpm: 0, attributes: { ["k".repeat(65)]: "" } }] },
      "campaign.prizes[0].attributes",
      /64 characters, not 65/,
    ],
    [
      "a value of 1,001",
      { prizes: [{ oddsPpm: 0, attributes: { color: "v".repeat(1_001) } }] },
      'campaign.prizes[0].attributes["color"]',
      /1000 characters, not 1001/,
    ],
    [
      "a limit per address over partitions",
      { limits: { perAddress: 1 }, partitions: 2 },
      "campaign.limits.per_address",
      /partitions = 1, not 2/,
    ],
    ["more partitions than there are", { partitions: 17 }, "campaign.partitions", /has 16, not 17/],
    ["a symbol twice", { codeFormat: { alphabet: "ABCA" } }, "campaign.code_format.alphabet", /twice/],
    [
      "a combining mark",
      { codeFormat: { alphabet: "ab\u0301" } },
      "campaign.code_format.alphabet",
      /combines/,
    ],
    ["one symbol", { codeFormat: { alphabet: "A" } }, "campaign.code_format.alphabet", /At least 2/],
    ["codes of 65", { codeFormat: { length: 65 } }, "campaign.code_format.length", /1 to 64, not 65/],
    [
      "a space in the prefix",
      { codeFormat: { prefix: "A B" } },
      "campaign.code_format.prefix",
      /white space/,
    ],
  ])("%s", (_, init, field, problem) => {
    const problems = problemsOf(init);
    expect(Object.keys(problems)).toEqual([field]);
    expect(problems[field]).toMatch(problem);
  });

  test("codes too few for the quota, with what to do", () => {
    const digits = { alphabet: "0123456789", length: 8 };
    const prizes = [{ quota: 60 }, { quota: 60 }, {}];
    expect(problemsOf({ prizes, codeFormat: digits })).toEqual({
      "campaign.code_format.length":
        "It leaves room for 100 codes and the prizes need 121: use a length of 9 or allow_guessable.",
    });
    expect(problemsOf({ prizes, codeFormat: { ...digits, length: 2, allowGuessable: true } })).toEqual({
      "campaign.code_format.length":
        "It leaves room for 100 codes and the prizes need 121: use a length of 3.",
    });
    const short = { alphabet: "01", length: 2, prefix: "P".repeat(32) };
    expect(problemsOf({ prizes: [{ quota: 9_999 }], codeFormat: short })).toEqual({
      "campaign.code_format.length":
        "It leaves room for 0 codes and the prizes need 9999: use a larger alphabet.",
    });
    expect(problemsOf({ prizes, codeFormat: { ...digits, allowGuessable: true } })).toEqual({});
    expect(problemsOf({ prizes, codeFormat: { ...digits, length: 9 } })).toEqual({});
  });

  test("everything at once", () => {
    const problems = problemsOf({
      id: "UP",
      endTime: undefined,
      timeZone: "Nowhere",
      prizes: [{ quota: 0 }, { dailyQuota: 0 }],
      partitions: 99,
      codeFormat: { alphabet: "AA" },
    });
    expect(Object.keys(problems)).toEqual([
      "campaign.id",
      "campaign.end_time",
      "campaign.time_zone",
      "campaign.prizes[0].quota",
      "campaign.prizes[1].daily_quota",
      "campaign.partitions",
      "campaign.code_format.alphabet",
    ]);
  });

  test("not more than fits an error's headers", () => {
    const { problems = [] } = draftFrom({ prizes: Array(30).fill({ quota: 0 }) });
    expect(problems).toHaveLength(21);
    expect(problems[20]).toEqual({ field: "campaign", problem: "10 more problems are not listed." });
  });
});

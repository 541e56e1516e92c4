import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { type CampaignSchema, UpdateCampaignRequestSchema } from "../gen/allot/v1/campaign_pb.js";
import type { Campaign } from "./campaign.ts";
import { changeOf } from "./change.ts";

const START_MS = Date.UTC(2026, 10, 20);
const HOUR_MS = 3_600_000;
const END_MS = START_MS + 10 * HOUR_MS;
const BEFORE_MS = START_MS - HOUR_MS;
const DURING_MS = START_MS + HOUR_MS;

const prize = { name: "", quota: 10, dailyQuota: undefined, oddsPpm: 0, attributes: {}, ranges: [] };
const current: Campaign = {
  no: 7,
  id: "summer",
  revision: 3,
  name: "Summer",
  startMs: START_MS,
  endMs: END_MS,
  timeZone: "Asia/Seoul",
  mechanic: { kind: "first-come" },
  tickets: undefined,
  requireRegistration: false,
  couponExpiry: undefined,
  drawSecret: undefined,
  prizes: [
    { ...prize, no: 0, id: "gold" },
    { ...prize, no: 1, id: "silver", dailyQuota: 2 },
  ],
  limits: { perUser: 1, perUserPerDay: 0, perAddress: 0 },
  space: { no: 1, alphabet: "0123456789", length: 10, prefix: "", wrappedKey: Buffer.alloc(60) },
  allowGuessable: false,
  partitions: 4,
  paused: false,
  endedMs: undefined,
  retired: false,
  createMs: BEFORE_MS,
  updateMs: BEFORE_MS,
};

type Init = MessageInitShape<typeof CampaignSchema>;

function requestFor(paths: string[], campaign: Init, revision = 3) {
  return create(UpdateCampaignRequestSchema, {
    campaign: { id: "summer", ...campaign } as Init,
    updateMask: { paths },
    revision,
  });
}

function changeFrom(paths: string[], campaign: Init, nowMs = BEFORE_MS, of: Campaign | undefined = current) {
  return changeOf(requestFor(paths, campaign), of, nowMs);
}

function problemsOf(...change: Parameters<typeof changeFrom>): Record<string, string> {
  const { problems = [] } = changeFrom(...change);
  return Object.fromEntries(problems.map(({ field, problem }) => [field, problem]));
}

const at = timestampFromMs;

describe("a change", () => {
  test("has the fields named in update_mask, whatever else the message holds", () => {
    const message = { name: "New", timeZone: "nowhere", prizes: [], partitions: 9, limits: { perUser: 2 } };
    expect(changeFrom(["name"], message)).toEqual({ value: { nowMs: BEFORE_MS, name: "New" } });
    expect(changeFrom(["limits", "name"], message)).toEqual({
      value: {
        nowMs: BEFORE_MS,
        name: "New",
        limits: { perUser: 2, perUserPerDay: 0, perAddress: 0 },
      },
    });
  });

  test("before the start can move everything", () => {
    const paths = ["start_time", "end_time", "time_zone"];
    const message = { startTime: at(START_MS + 5), endTime: at(START_MS + 6) };
    expect(changeFrom(paths, message)).toEqual({
      value: { nowMs: BEFORE_MS, startMs: START_MS + 5, endMs: START_MS + 6, timeZone: "UTC" },
    });
  });

  test("after the start may name what it leaves as it is", () => {
    const message = { startTime: at(START_MS), timeZone: "Asia/Seoul", endTime: at(END_MS + 1) };
    expect(changeFrom(["start_time", "time_zone", "end_time"], message, DURING_MS)).toEqual({
      value: { nowMs: DURING_MS, startMs: START_MS, timeZone: "Asia/Seoul", endMs: END_MS + 1 },
    });
  });

  test("raises and lowers quotas, lifts them, and adds prizes at the end", () => {
    const prizes = [{ id: "gold" }, { id: "silver", quota: 1, dailyQuota: 1 }, { quota: 7 }];
    const { value } = changeFrom(["prizes"], { prizes }, DURING_MS) as { value: { prizes: object[] } };
    expect(value.prizes).toMatchObject([
      { id: "gold", quota: undefined },
      { id: "silver", quota: 1, dailyQuota: 1 },
      { id: "p3", quota: 7, dailyQuota: undefined },
    ]);
  });
});

describe("is refused by name:", () => {
  const gold = { id: "gold", quota: 10 };
  const silver = { id: "silver", quota: 10, dailyQuota: 2 };

  test.each<[string, string[], Init, number, string, RegExp]>([
    ["no mask", [], {}, BEFORE_MS, "update_mask", /name what to change: name, start_time/],
    ["an unknown path", ["name", "colour"], {}, BEFORE_MS, "update_mask.paths[1]", /no such field/],
    ["a part of a field", ["limits.per_user"], {}, BEFORE_MS, "update_mask.paths[0]", /as a whole/],
    ["all fields", ["*"], {}, BEFORE_MS, "update_mask.paths[0]", /no such field/],
    ["the id", ["id"], {}, BEFORE_MS, "update_mask.paths[0]", /"id" is fixed/],
    ["the mechanic", ["first_come"], {}, BEFORE_MS, "update_mask.paths[0]", /is fixed/],
    ["the code format", ["code_format.length"], {}, BEFORE_MS, "update_mask.paths[0]", /is fixed/],
    ["the partitions", ["partitions"], {}, BEFORE_MS, "update_mask.paths[0]", /is fixed/],
    ["the state", ["state"], {}, BEFORE_MS, "update_mask.paths[0]", /set by the server/],
    ["no id", ["name"], { id: "" }, BEFORE_MS, "campaign.id", /1 to 63/],
    ["a long name", ["name"], { name: "n".repeat(201) }, BEFORE_MS, "campaign.name", /200/],
    ["a zone nobody knows", ["time_zone"], { timeZone: "X" }, BEFORE_MS, "campaign.time_zone", /IANA/],
    ["a zone after the start", ["time_zone"], {}, START_MS, "campaign.time_zone", /fixed .*: Asia\/Seoul/],
    ["no start", ["start_time"], {}, BEFORE_MS, "campaign.start_time", /required/],
    [
      "a start after it",
      ["start_time"],
      { startTime: at(END_MS - 1) },
      START_MS,
      "campaign.start_time",
      /fixed/,
    ],
    [
      "a start at the end",
      ["start_time"],
      { startTime: at(END_MS) },
      BEFORE_MS,
      "campaign.start_time",
      /before/,
    ],
    ["no end", ["end_time"], {}, BEFORE_MS, "campaign.end_time", /required/],
    [
      "an end in 9999",
      ["end_time"],
      { endTime: at(253_402_300_799_999) },
      DURING_MS,
      "campaign.end_time",
      /2199/,
    ],
    [
      "an end now",
      ["end_time"],
      { endTime: at(DURING_MS) },
      DURING_MS,
      "campaign.end_time",
      /call EndCampaign/,
    ],
    [
      "an end at the start",
      ["end_time"],
      { endTime: at(START_MS) },
      BEFORE_MS,
      "campaign.end_time",
      /after start/,
    ],
    ["anything after the end", ["name"], {}, END_MS, "campaign", /has ended/],
    [
      "a limit per address",
      ["limits"],
      { limits: { perAddress: 1 } },
      BEFORE_MS,
      "campaign.limits.per_address",
      /4/,
    ],
    ["no prizes", ["prizes"], { prizes: [] }, BEFORE_MS, "campaign.prizes", /./],
    ["a prize less", ["prizes"], { prizes: [gold] }, BEFORE_MS, "campaign.prizes", /"silver" is missing/],
    [
      "a zero",
      ["prizes"],
      { prizes: [{ ...gold, quota: 0 }, silver] },
      BEFORE_MS,
      "campaign.prizes[0].quota",
      /1/,
    ],
    [
      "another prize in front",
      ["prizes"],
      { prizes: [gold, { id: "new" }, silver] },
      BEFORE_MS,
      "campaign.prizes[1].id",
      /must be "silver": prizes keep their places/,
    ],
    [
      "a daily quota switched on",
      ["prizes"],
      { prizes: [{ ...gold, dailyQuota: 1 }, silver] },
      BEFORE_MS,
      "campaign.prizes[0].daily_quota",
      /can't be given one later/,
    ],
    [
      "a daily quota switched off",
      ["prizes"],
      { prizes: [gold, { id: "silver", quota: 10 }] },
      BEFORE_MS,
      "campaign.prizes[1].daily_quota",
      /can't lose it later/,
    ],
    [
      "quotas beyond the codes",
      ["prizes"],
      { prizes: [{ ...gold, quota: 9_999 }, silver] },
      BEFORE_MS,
      "campaign.prizes",
      /room for 10000 codes and the prizes need 10009/,
    ],
  ])("%s", (_, paths, campaign, nowMs, field, problem) => {
    const problems = problemsOf(paths, campaign, nowMs);
    expect(Object.keys(problems)).toEqual([field]);
    expect(problems[field]).toMatch(problem);
  });

  test("a missing revision and a missing campaign", () => {
    const { problems = [] } = changeOf(create(UpdateCampaignRequestSchema), current, BEFORE_MS);
    expect(problems.map(({ field }) => field)).toEqual(["update_mask", "revision", "campaign"]);
  });

  test("two prizes that changed places, each", () => {
    expect(Object.keys(problemsOf(["prizes"], { prizes: [silver, gold] }))).toEqual([
      "campaign.prizes[0].id",
      "campaign.prizes[1].id",
    ]);
  });

  test("anything after it was ended early", () => {
    const ended = { ...current, endedMs: DURING_MS };
    expect(problemsOf(["end_time"], { endTime: at(END_MS + 9) }, DURING_MS + 1, ended)).toEqual({
      campaign: "It has ended: nothing can be changed any more.",
    });
  });
});

test("without the campaign only the request is judged", () => {
  const prizes = [{ id: "other" }, { quota: 0 }];
  const { problems } = changeOf(requestFor(["prizes", "start_time"], { prizes }), undefined, DURING_MS);
  expect(problems?.map(({ field }) => field)).toEqual(["campaign.start_time", "campaign.prizes[1].quota"]);
  expect(changeOf(requestFor(["time_zone"], { prizes: [] }), undefined, DURING_MS).problems).toBeUndefined();
});

import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CreateCampaignRequestSchema, ListCampaignsRequestSchema } from "../gen/allot/v1/campaign_pb.js";
import { locateFields } from "./locate-fields.ts";

const count = "must be a whole number from 0 to 4294967295";

test.each<[string, JsonValue, string, string]>([
  ["negative", { prizes: [{ quota: 1 }, { quota: -1 }] }, "campaign.prizes[1].quota", count],
  ["2^53", { prizes: [{ dailyQuota: 2 ** 53 }] }, "campaign.prizes[0].daily_quota", count],
  ["a fraction", { prizes: [{ daily_quota: 1.5 }] }, "campaign.prizes[0].daily_quota", count],
  ["a word", { limits: { perUser: "many" } }, "campaign.limits.per_user", count],
  [
    "no time",
    { endTime: "tomorrow" },
    "campaign.end_time",
    'must be a time such as "2026-11-20T09:00:00Z" (RFC 3339)',
  ],
  ["no text", { name: 5 }, "campaign.name", "must be a string of valid Unicode"],
  ["half a character", { name: "\ud83c" }, "campaign.name", "must be a string of valid Unicode"],
  ["no list", { prizes: { quota: 1 } }, "campaign.prizes", "must be a list"],
  ["no object", { limits: [] }, "campaign.limits", "must be an object"],
  [
    "in a map",
    { prizes: [{ oddsPpm: 0, attributes: { color: 5 } }] },
    'campaign.prizes[0].attributes["color"]',
    "must be a string of valid Unicode",
  ],
  ["misspelt", { prizes: [{ quotta: 5 }] }, "campaign.prizes[0].quotta", "is not a field of Prize"],
])("%s", (_, campaign, field, problem) => {
  expect(locateFields(CreateCampaignRequestSchema, { campaign })).toEqual([{ field, problem }]);
});

test("an unknown value of an enum, with those there are", () => {
  expect(locateFields(ListCampaignsRequestSchema, { states: ["STATE_ACTIVE", "RUNNING"] })).toEqual([
    {
      field: "states[1]",
      problem: expect.stringContaining("one of STATE_UNSPECIFIED, STATE_SCHEDULED, STATE_ACTIVE"),
    },
  ]);
});

test("all problems at once, but no more than 20", () => {
  const prizes = Array.from({ length: 30 }, () => ({ quota: -1 }));
  expect(
    locateFields(CreateCampaignRequestSchema, { campaign: { name: 1, endTime: 2 }, requestId: 3 }),
  ).toHaveLength(3);
  expect(locateFields(CreateCampaignRequestSchema, { campaign: { prizes } })).toHaveLength(20);
});

test("a field under both its names", () => {
  expect(locateFields(CreateCampaignRequestSchema, { requestId: "a", request_id: "a" })).toHaveLength(1);
});

test("finds something exactly where the decoder refuses", () => {
  const value = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom("a", "1", null, true, 1.5, 2 ** 53),
    fc.constant([]),
  );
  const prize = fc.dictionary(fc.constantFrom("id", "quota", "dailyQuota", "nope"), value);
  const campaign = fc.record(
    {
      id: value,
      startTime: value,
      prizes: fc.oneof(value, fc.array(prize)),
      limits: fc.oneof(value, fc.record({ perUser: value })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(campaign, (json) => {
      let decodes = true;
      try {
        fromJson(CreateCampaignRequestSchema, { campaign: json } as JsonValue);
      } catch {
        decodes = false;
      }
      expect(locateFields(CreateCampaignRequestSchema, { campaign: json } as JsonValue).length === 0).toBe(
        decodes,
      );
    }),
  );
});

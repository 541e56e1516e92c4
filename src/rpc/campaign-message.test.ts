import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Campaign, Mechanic } from "../campaign/campaign.ts";
import { changeOf } from "../campaign/change.ts";
import { type CampaignDraft, draftOf } from "../campaign/draft.ts";
import { traitsOf } from "../campaign/mechanics.ts";
import { createdPreview } from "../campaign/preview.ts";
import type { PrizeDraft } from "../campaign/prize-draft.ts";
import type { Checked } from "../campaign/problem.ts";
import { NO_CODES } from "../codes/format.ts";
import {
  CampaignSchema,
  Campaign_State as State,
  UpdateCampaignRequestSchema,
} from "../gen/allot/v1/campaign_pb.js";
import { campaignMessage, stateOf } from "./campaign-message.ts";

const NOW_MS = Date.UTC(2026, 10, 20);
const unwrap = (_: string, wrapped: Uint8Array) => wrapped;
const MAX_MS = Date.UTC(2199, 11, 31);
const drawSecret = { wrapped: Buffer.alloc(60), commitment: Buffer.alloc(32, 1), revealed: false };
const setting = { nowMs: NOW_MS, freshId: "fresh", wrappedKey: Buffer.alloc(60), drawSecret, partitions: 16 };

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const name = fc.string({ unit: "grapheme-ascii", maxLength: 200 });
const uint32 = fc.nat({ max: 0xffff_ffff });

const prize = fc
  .record({
    id,
    name,
    quota: fc.option(fc.integer({ min: 1, max: 10_000_000 }), { nil: undefined }),
    dailyQuota: fc.option(fc.integer({ min: 1, max: 0xffff_ffff }), { nil: undefined }),
    attributes: fc.dictionary(fc.string({ minLength: 1, maxLength: 64 }), fc.string(), {
      maxKeys: 20,
      noNullPrototype: true,
    }),
  })
  .map((prize) => ({
    ...prize,
    dailyQuota: prize.dailyQuota && Math.min(prize.dailyQuota, prize.quota ?? 0xffff_ffff),
  }));

const mechanics: fc.Arbitrary<Mechanic> = fc.oneof(
  fc.constant<Mechanic>({ kind: "first-come" }),
  fc.constant<Mechanic>({ kind: "instant-win" }),
  fc.record({
    kind: fc.constant("raffle" as const),
    tickets: fc.integer({ min: 1_000, max: 100_000_000 }),
    autoDraw: fc.boolean(),
    requireEntropy: fc.constant(false),
  }),
  fc.record({ kind: fc.constant("lottery" as const), requireEntropy: fc.boolean() }),
  fc.record({ kind: fc.constant("code-pool" as const), imported: fc.boolean() }),
);
const extras = fc.record({
  requireRegistration: fc.boolean(),
  couponExpiry: fc.oneof(
    fc.constant(undefined),
    fc.record({ kind: fc.constant("at" as const), ms: fc.integer({ min: Date.UTC(2000), max: MAX_MS }) }),
    fc.record({
      kind: fc.constant("after" as const),
      ms: fc.integer({ min: 1, max: 100 * 365 * 86_400_000 }),
    }),
  ),
});

type Some = Omit<
  CampaignDraft,
  | "mechanic"
  | "prizes"
  | "wrappedKey"
  | "drawSecret"
  | "nowMs"
  | "endMs"
  | "requireRegistration"
  | "couponExpiry"
> & { durationMs: number; prizes: Omit<PrizeDraft, "oddsPpm">[] };

/** What a mechanic asks of prizes, limits and codes. */
function withMechanic(mechanic: Mechanic, { durationMs, ...draft }: Some) {
  const prizes = draft.prizes.map((prize) => ({ ...prize, oddsPpm: 0 }));
  const { isNumbered, hasCodes, isDrawn } = traitsOf(mechanic);
  const limits = { ...draft.limits, perAddress: draft.partitions === 1 ? draft.limits.perAddress : 0 };
  return {
    ...draft,
    endMs: Math.min(Math.max(draft.startMs, NOW_MS) + durationMs, MAX_MS),
    mechanic,
    prizes: {
      "first-come": prizes,
      "instant-win": prizes.map((prize) => ({ ...prize, oddsPpm: Math.floor(1e6 / prizes.length) })),
      raffle: prizes.map((prize) => ({ ...prize, quota: 10, dailyQuota: undefined })),
      lottery: prizes.map((prize) => ({ ...prize, quota: 10, dailyQuota: undefined })),
      "code-pool": prizes.slice(0, 1).map((prize) => ({ ...prize, quota: 0, dailyQuota: undefined })),
    }[mechanic.kind],
    limits: {
      perUser:
        limits.perUser || (mechanic.kind === "first-come" || isNumbered || limits.perAddress > 0 ? 0 : 1),
      perUserPerDay: isNumbered ? (limits.perUserPerDay % 100) + 1 : limits.perUserPerDay,
      perAddress: limits.perAddress,
    },
    ...(!(hasCodes && !("imported" in mechanic && mechanic.imported)) && {
      format: NO_CODES,
      allowGuessable: false,
    }),
    wrappedKey: setting.wrappedKey,
    drawSecret: isDrawn ? setting.drawSecret : undefined,
    nowMs: NOW_MS,
  };
}

const draft: fc.Arbitrary<CampaignDraft> = fc
  .record({
    id,
    name,
    startMs: fc.integer({ min: Date.UTC(2000), max: MAX_MS - 1 }),
    durationMs: fc.integer({ min: 1, max: MAX_MS - NOW_MS }),
    timeZone: fc.constantFrom("UTC", ...Intl.supportedValuesOf("timeZone")),
    prizes: fc.uniqueArray(prize, { minLength: 1, maxLength: 100, selector: (prize) => prize.id }),
    limits: fc.record({ perUser: uint32, perUserPerDay: uint32, perAddress: uint32 }),
    format: fc.record({
      alphabet: fc.constantFrom("0123456789", "가나다라마바사아자차", "🎁🎄🎅🤶🦌❄"),
      length: fc.integer({ min: 20, max: 32 }),
      prefix: fc.constantFrom("", "X-", "쿠폰"),
    }),
    allowGuessable: fc.boolean(),
    partitions: fc.integer({ min: 1, max: 16 }),
  })
  .chain((draft) => mechanics.map((mechanic) => withMechanic(mechanic, draft)))
  .chain((draft) => extras.map((more) => ({ ...draft, ...more })));

test("a valid draft, shown as a message and read again, is the same", () => {
  fc.assert(
    fc.property(draft, (draft) => {
      const message = campaignMessage(createdPreview(draft), NOW_MS, unwrap);
      const received = fromBinary(CampaignSchema, toBinary(CampaignSchema, message));
      expect(draftOf(received, setting)).toEqual({ value: draft });
    }),
  );
});

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "a", "UTC", "AB", "p1"));
const anyTime = fc.option(
  fc.record({
    seconds: fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 1_700_000_000n, max: 9n ** 10n }),
    ),
    nanos: fc.oneof(fc.constant(0), fc.integer()),
  }),
  { nil: undefined },
);
const anyCount = fc.oneof(uint32, fc.nat({ max: 20 }));
const anyMessage: fc.Arbitrary<MessageInitShape<typeof CampaignSchema>> = fc.record(
  {
    id: anyText,
    name: anyText,
    startTime: anyTime,
    endTime: anyTime,
    timeZone: anyText,
    prizes: fc.array(
      fc.record(
        {
          id: anyText,
          name: anyText,
          quota: anyCount,
          dailyQuota: anyCount,
          attributes: fc.dictionary(anyText, anyText),
        },
        { requiredKeys: [] },
      ),
    ),
    limits: fc.record({ perUser: uint32, perUserPerDay: uint32, perAddress: anyCount }),
    codeFormat: fc.record({
      alphabet: anyText,
      length: anyCount,
      prefix: anyText,
      allowGuessable: fc.boolean(),
    }),
    partitions: anyCount,
    state: fc.integer() as fc.Arbitrary<State>,
    revision: uint32,
  },
  { requiredKeys: [] },
);

function isAnswer(checked: Checked<unknown>): boolean {
  if (checked.problems === undefined) return true;
  return (
    checked.problems.length > 0 &&
    checked.problems.every(({ field, problem }) => field !== "" && /^.+\.$/su.test(problem))
  );
}

test("any message is a draft or a list of problems", () => {
  fc.assert(
    fc.property(anyMessage, (message) => isAnswer(draftOf(create(CampaignSchema, message), setting))),
    { numRuns: 500 },
  );
});

test("any update is a change or a list of problems", () => {
  const paths = fc.array(
    fc.oneof(anyText, fc.constantFrom("name", "start_time", "end_time", "time_zone", "prizes", "limits")),
  );
  fc.assert(
    fc.property(
      anyMessage,
      paths,
      uint32,
      fc.option(draft, { nil: undefined }),
      (message, paths, revision, draft) => {
        const request = create(UpdateCampaignRequestSchema, {
          campaign: message,
          updateMask: { paths },
          revision,
        });
        const current = draft && createdPreview(draft);
        return isAnswer(changeOf(request, current, NOW_MS));
      },
    ),
    { numRuns: 500 },
  );
});

test("shows state and stats, and nothing of the ledger's own", () => {
  const campaign: Campaign = {
    no: 12_345,
    id: "summer",
    revision: 3,
    name: "Summer",
    startMs: NOW_MS,
    endMs: NOW_MS + 1_000,
    timeZone: "Asia/Seoul",
    mechanic: { kind: "first-come" },
    tickets: undefined,
    requireRegistration: false,
    couponExpiry: undefined,
    drawSecret: undefined,
    prizes: [
      { no: 0, id: "a", name: "A", quota: 2, dailyQuota: 1, oddsPpm: 0, attributes: { k: "v" }, ranges: [] },
      {
        no: 1,
        id: "b",
        name: "",
        quota: undefined,
        dailyQuota: undefined,
        oddsPpm: 0,
        attributes: {},
        ranges: [],
      },
    ],
    limits: { perUser: 1, perUserPerDay: 2, perAddress: 3 },
    space: { no: 54_321, alphabet: "01", length: 64, prefix: "", wrappedKey: Buffer.alloc(60) },
    allowGuessable: true,
    partitions: 1,
    paused: true,
    endedMs: undefined,
    retired: false,
    createMs: NOW_MS - 2,
    updateMs: NOW_MS - 1,
  };
  const stats = {
    issued: 5,
    remaining: undefined,
    undrained: 2,
    inDoubt: 1,
    withoutPrize: 4,
    prizes: [
      { issued: 2, remaining: 0, inDoubt: 0 },
      { issued: 3, remaining: undefined, inDoubt: 1 },
    ],
  };
  const message = campaignMessage(campaign, NOW_MS, unwrap, stats);
  expect(message).toEqual(
    create(CampaignSchema, {
      id: "summer",
      name: "Summer",
      startTime: timestampFromMs(NOW_MS),
      endTime: timestampFromMs(NOW_MS + 1_000),
      timeZone: "Asia/Seoul",
      mechanic: { case: "firstCome", value: {} },
      prizes: [
        { id: "a", name: "A", quota: 2, dailyQuota: 1, oddsPpm: 0, attributes: { k: "v" } },
        { id: "b", oddsPpm: 0, attributes: {} },
      ],
      limits: { perUser: 1, perUserPerDay: 2, perAddress: 3 },
      codeFormat: { alphabet: "01", length: 64, allowGuessable: true },
      partitions: 1,
      state: State.PAUSED,
      revision: 3,
      stats: {
        issued: 5,
        undrained: 2,
        inDoubt: 1,
        withoutPrize: 4,
        prizes: [
          { prizeId: "a", issued: 2, remaining: 0 },
          { prizeId: "b", issued: 3, inDoubt: 1 },
        ],
      },
      createTime: timestampFromMs(NOW_MS - 2),
      updateTime: timestampFromMs(NOW_MS - 1),
    }),
  );
  expect(campaignMessage({ ...campaign, paused: false }, NOW_MS - 1, unwrap).state).toBe(State.SCHEDULED);
  expect(campaignMessage({ ...campaign, paused: false }, NOW_MS, unwrap).state).toBe(State.ACTIVE);
  expect(campaignMessage(campaign, NOW_MS + 1_000, unwrap).state).toBe(State.ENDED);
});

test("states are read back", () => {
  expect(stateOf(State.ENDED)).toBe("ended");
  expect(stateOf(State.UNSPECIFIED)).toBeUndefined();
  expect(stateOf(99 as State)).toBeUndefined();
});

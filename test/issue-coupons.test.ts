import { gzipSync } from "node:zlib";
import { toJson } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IssueCouponResponse, IssueCouponsResponseSchema } from "../src/gen/allot/v1/coupon_pb.js";
import { Reason } from "../src/gen/allot/v1/refusal_pb.js";
import { BadRequestSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../src/rpc/errors.ts";
import { type Clients, clientsOf } from "./client.ts";
import { connectGrpc } from "./interop/connect-clients.ts";
import { startAllot } from "./servers/allot.ts";
import type { TestServer } from "./servers/test-server.ts";

let server: TestServer;
let clients: Clients;
let campaigns = 0;
beforeAll(async () => {
  server = await startAllot();
  clients = clientsOf(server.url);
});
afterAll(() => server.stop());

async function create(campaign: object, of = clients): Promise<string> {
  const id = `batch-${++campaigns}`;
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  await of.campaigns.createCampaign({ campaign: { id, endTime, prizes: [{ quota: 10_000 }], ...campaign } });
  return id;
}

const issued = async (campaignId: string, of = clients) =>
  (await of.campaigns.getCampaign({ campaignId })).campaign!.stats!.issued;

/** In a few words; a coupon by the place of its code among those seen before, since codes differ from campaign to campaign. */
function brief({ outcome, replayed }: IssueCouponResponse, codes: string[]): string {
  switch (outcome.case) {
    case "coupon": {
      const { code, prizeId, userId } = outcome.value;
      if (!codes.includes(code)) codes.push(code);
      return `coupon ${codes.indexOf(code)} of ${prizeId} for ${userId}${replayed ? ", again" : ""}`;
    }
    case "refusal":
      return Reason[outcome.value.reason];
    default:
      return outcome.value?.reason ?? "nothing";
  }
}

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (thrown) => ConnectError.from(thrown),
  );

test("whatever a batch asks, its results are those of as many calls one after the other", async () => {
  const campaign = {
    prizes: [
      { id: "a", quota: 5 },
      { id: "b", quota: 3 },
    ],
    limits: { perUser: 2, perAddress: 4 },
  };
  const request = fc.record({
    userId: fc.constantFrom("u1", "u2", "u3", "u4"),
    prizeId: fc.constantFrom("", "", "a", "b"),
    requestId: fc.constantFrom("", "", "r1", "r2"),
    address: fc.constantFrom("", "203.0.113.1", "203.0.113.2"),
    known: fc.integer({ min: 0, max: 9 }).map((one) => one > 0),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 30 }), async (asked) => {
      const of = (campaignId: string) =>
        asked.map(({ known, ...rest }) => ({ ...rest, campaignId: known ? campaignId : "nowhere" }));
      const one = await create(campaign);
      const alone: string[] = [];
      const seenAlone: string[] = [];
      for (const each of of(one)) {
        const answer = clients.coupons.issueCoupon(each);
        alone.push(
          await answer.then(
            (response) => brief(response, seenAlone),
            (error) => reasonOf(error) ?? "",
          ),
        );
      }
      const { results } = await clients.coupons.issueCoupons({ requests: of(await create(campaign)) });
      const seen: string[] = [];
      expect(results.map((result) => brief(result, seen))).toEqual(alone);
    }),
    { numRuns: 40 },
  );
});

test("the same user twice gets the same coupon, and a retried batch all of them again", async () => {
  const campaignId = await create({ limits: { perUser: 1 } });
  const requests = ["ada", "ada", "grace"].map((userId) => ({ campaignId, userId }));
  const first = (await clients.coupons.issueCoupons({ requests })).results;
  const seen: string[] = [];
  expect(first.map((result) => brief(result, seen))).toEqual([
    "coupon 0 of p1 for ada",
    "coupon 0 of p1 for ada, again",
    "coupon 1 of p1 for grace",
  ]);
  const again = (await clients.coupons.issueCoupons({ requests })).results;
  expect(again).toEqual(first.map((result) => ({ ...result, replayed: true })));
  expect(await issued(campaignId)).toBe(2);
});

test("a thousand at once get a coupon each, over several campaigns", async () => {
  const ids = [await create({}), await create({ prizes: [{ quota: 100 }] })];
  const requests = Array.from({ length: 1_000 }, (_, i) => ({
    campaignId: ids[i % 2]!,
    userId: `user-${i}`,
  }));
  const { results } = await clients.coupons.issueCoupons({ requests });
  expect(results).toHaveLength(1_000);
  const codes = new Set<string>();
  for (const [i, { outcome }] of results.entries()) {
    if (outcome.case === "coupon") {
      expect(outcome.value).toMatchObject({ campaignId: ids[i % 2], userId: `user-${i}` });
      codes.add(outcome.value.code);
    } else {
      expect(outcome).toMatchObject({ case: "refusal", value: { reason: Reason.SOLD_OUT } });
      expect(i % 2).toBe(1);
    }
  }
  expect(codes.size).toBe(600);
  expect([await issued(ids[0]!), await issued(ids[1]!)]).toEqual([500, 100]);
});

describe("a batch that is refused as a whole issues nothing", () => {
  async function refused(requests: { campaignId?: string; userId?: string; prizeId?: string }[]) {
    const error = await errorOf(clients.coupons.issueCoupons({ requests }));
    expect(error?.code).toBe(Code.InvalidArgument);
    return error!.findDetails(BadRequestSchema)[0]!.fieldViolations.map(({ field }) => field);
  }

  test("none, or more than a thousand", async () => {
    const campaignId = await create({});
    const requests = Array.from({ length: 1_001 }, (_, i) => ({ campaignId, userId: `user-${i}` }));
    expect(await refused(requests)).toEqual(["requests"]);
    expect(await refused([])).toEqual(["requests"]);
    expect(await issued(campaignId)).toBe(0);
  });

  test("bad fields, each named with its place", async () => {
    const campaignId = await create({ limits: { perUser: 1 } });
    const fields = await refused([
      { campaignId, userId: "good" },
      { campaignId, userId: "x".repeat(129) },
      { userId: "u" },
      { campaignId, userId: "u", prizeId: "nope" },
    ]);
    expect(fields).toEqual(["requests[1].user_id", "requests[2].campaign_id", "requests[3].prize_id"]);
    expect(await issued(campaignId)).toBe(0);
  });

  test("very many bad fields still make an answer that gRPC clients take", async () => {
    expect(await refused(Array.from({ length: 1_000 }, () => ({ userId: "u" })))).toHaveLength(10);
  });
});

test("past the queue's bound each request is told so by itself, and the others get their coupons", async () => {
  const small = await startAllot({ env: { ALLOT_MAX_QUEUE: "10" } });
  try {
    const of = clientsOf(small.url);
    const campaignId = await create({ limits: { perUser: 1 } }, of);
    const requests = Array.from({ length: 25 }, (_, i) => ({ campaignId, userId: `user-${i}` }));
    const { results } = await of.coupons.issueCoupons({ requests });
    expect(results.slice(0, 10).map(({ outcome }) => outcome.case)).toEqual(Array(10).fill("coupon"));
    for (const { outcome } of results.slice(10)) {
      expect(outcome).toMatchObject({
        case: "error",
        value: { reason: "OVERLOADED", retryDelay: durationFromMs(250) },
      });
    }
    expect(await issued(campaignId, of)).toBe(10);
  } finally {
    await small.stop();
  }
});

describe("a batch's message may have 1 MiB", () => {
  /** As large as `requests` get with this much of padding in their ids. */
  const batch = (campaignId: string, count: number) => ({
    requests: Array.from({ length: count }, (_, i) => ({
      campaignId,
      userId: `${i}-`.padEnd(128, "u"),
      requestId: `${i}-`.padEnd(128, "r"),
    })),
  });
  const post = (method: string, message: object, headers: Record<string, string> = {}) => {
    const text = JSON.stringify(message);
    return fetch(`${server.url}/allot.v1.CouponService/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: headers["content-encoding"] === "gzip" ? gzipSync(text) : text,
    });
  };

  test.each([
    ["as it is", {}],
    ["compressed", { "content-encoding": "gzip" }],
  ])("%s", async (_, headers) => {
    const campaignId = await create({});
    const message = batch(campaignId, 1_000);
    expect(JSON.stringify(message).length).toBeGreaterThan(256 * 1024);
    const response = await post("IssueCoupons", message, headers as Record<string, string>);
    expect(response.status).toBe(200);
    const { results } = (await response.json()) as { results: unknown[] };
    expect(results).toHaveLength(1_000);
    expect(await issued(campaignId)).toBe(1_000);
  });

  test("over gRPC", async () => {
    const campaignId = await create({});
    const client = connectGrpc(server.url);
    try {
      const answer = await client.call("CouponService/IssueCoupons", batch(campaignId, 1_000));
      expect((answer as { ok: { results: unknown[] } }).ok.results).toHaveLength(1_000);
      const larger = Array(1_000).fill({ campaignId, userId: "u", requestId: "r".repeat(1_100) });
      expect(await client.call("CouponService/IssueCoupons", { requests: larger })).toEqual({
        code: "RESOURCE_EXHAUSTED",
        reason: "MESSAGE_TOO_LARGE",
      });
    } finally {
      await client.close();
    }
    expect(await issued(campaignId)).toBe(1_000);
  });

  test.each([
    ["as it is", {}],
    ["compressed", { "content-encoding": "gzip" }],
  ])("and no more, %s; other methods stay at 64 KiB", async (_, headers) => {
    const campaignId = await create({});
    const requests = Array(1_000).fill({ campaignId, userId: "u", requestId: "r".repeat(1_100) });
    for (const [method, message] of [
      ["IssueCoupons", { requests }],
      ["IssueCoupon", { campaignId, userId: "u".repeat(65 * 1024) }],
    ] as const) {
      const response = await post(method, message, headers as Record<string, string>);
      const { code, details } = (await response.json()) as { code: string; details: { debug: object }[] };
      expect({ method, code, reason: details[0]!.debug }).toMatchObject({
        method,
        code: "resource_exhausted",
        reason: { reason: "MESSAGE_TOO_LARGE" },
      });
    }
    expect(await issued(campaignId)).toBe(0);
  });
});

test("in JSON a result has one of coupon, refusal and error", async () => {
  const campaignId = await create({ prizes: [{ quota: 1 }], limits: { perUser: 1 } });
  const requests = [
    { campaignId, userId: "ada" },
    { campaignId, userId: "grace" },
    { campaignId: "nowhere", userId: "ada" },
  ];
  const response = await clients.coupons.issueCoupons({ requests });
  expect(toJson(IssueCouponsResponseSchema, response)).toEqual({
    results: [
      { coupon: expect.objectContaining({ userId: "ada", campaignId }) },
      { refusal: { reason: "REASON_SOLD_OUT" } },
      { error: { reason: "CAMPAIGN_NOT_FOUND", message: expect.stringContaining("nowhere") } },
    ],
  });
});

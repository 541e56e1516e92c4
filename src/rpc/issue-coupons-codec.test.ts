import { create, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CouponService,
  type IssueCouponResponseSchema,
  IssueCouponsRequestSchema,
  IssueCouponsResponseSchema,
  Coupon_State as State,
} from "../gen/allot/v1/coupon_pb.js";
import { Reason } from "../gen/allot/v1/refusal_pb.js";
import { reflectiveCodec } from "../server/fast-lane/codec.ts";
import { issueCouponsCodec } from "./issue-coupons-codec.ts";

const byReflection = reflectiveCodec(CouponService.method.issueCoupons);

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("", "한글", '"', "\\", "a".repeat(127), "a".repeat(128), "é".repeat(9_000)),
);
const requests = fc.array(
  fc.record(
    { campaignId: text, userId: text, prizeId: text, requestId: text, address: text },
    { requiredKeys: [] },
  ),
  { maxLength: 5 },
);

describe("a batch is read as reflection reads it", () => {
  /** What a codec makes of bytes, fields only; or a refusal to read them. */
  function read(codec: Pick<typeof byReflection, "read">, bytes: Uint8Array, json: boolean): unknown {
    try {
      const message = codec.read(Buffer.from(bytes), json) as MessageInitShape<
        typeof IssueCouponsRequestSchema
      >;
      return message.requests!.map((each) => {
        const { campaignId, userId, prizeId, requestId, address } = each;
        return [campaignId, userId, prizeId, requestId, address];
      });
    } catch {
      return "unreadable";
    }
  }
  function same(bytes: Uint8Array, json: boolean): void {
    expect(read(issueCouponsCodec, bytes, json)).toEqual(read(byReflection, bytes, json));
  }
  const binary = requests.map((each) =>
    toBinary(IssueCouponsRequestSchema, create(IssueCouponsRequestSchema, { requests: each })),
  );

  test("in binary, whatever is in it", () => {
    fc.assert(
      fc.property(binary, (bytes) => same(bytes, false)),
      { numRuns: 500 },
    );
  });

  test("in binary, whatever is wrong with it", () => {
    const damaged = fc
      .tuple(binary, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
      .map(([bytes, at, byte, length]) => {
        const copy = Uint8Array.from(bytes);
        if (copy.length > 0) copy[at % copy.length] = byte;
        return copy.subarray(0, length % (copy.length + 1));
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 40 })), (bytes) => same(bytes, false)),
      { numRuns: 2_000 },
    );
  });

  test("in JSON, whatever is in it", () => {
    const spelled = fc.oneof(
      requests.map((each) => JSON.stringify({ requests: each })),
      requests.map((each) => JSON.stringify({ requests: each }, null, 2)),
      fc.json(),
      fc.constantFrom(
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"requests":null}',
        '{"requests":{}}',
        '{"requests":[null]}',
        '{"requests":[[]]}',
        '{"requests":[{"userId":1}]}',
        '{"requests":[{"user_id":"a"}]}',
        '{"requests":[{"userId":"\\ud800"}]}',
        '{"requests":[{"userId":"a","userId":"b"}]}',
        '{"requests":[{"userId":"a"}],"requests":[{"userId":"b"}]}',
        '{"requests":[{"userId":"a"}],"more":[]}',
        '{"requests":[{"usrId":"a"}]}',
      ),
    );
    fc.assert(
      fc.property(spelled, (json) => same(Buffer.from(json), true)),
      { numRuns: 1_000 },
    );
  });
});

describe("results are written as reflection writes them", () => {
  const timestamp = fc.integer({ min: 0, max: 253_402_300_799_999 }).map((ms) => timestampFromMs(ms));
  const coupon = fc.record({
    code: text,
    campaignId: text,
    prizeId: text,
    userId: text,
    state: fc.constant(State.ISSUED),
    issueTime: timestamp,
  });
  const refusal = fc.record(
    { reason: fc.constantFrom(Reason.SOLD_OUT, Reason.NOT_STARTED), retryTime: timestamp },
    { requiredKeys: ["reason"] },
  );
  const error = fc.record(
    { reason: text, message: text, retryDelay: fc.nat().map((ms) => durationFromMs(ms)) },
    { requiredKeys: ["reason"] },
  );
  const outcome = fc.oneof(
    coupon.map((value) => ({ case: "coupon" as const, value })),
    refusal.map((value) => ({ case: "refusal" as const, value })),
    error.map((value) => ({ case: "error" as const, value })),
  );
  const results = fc.array(fc.record({ outcome, replayed: fc.boolean() }), {
    maxLength: 5,
  }) as fc.Arbitrary<MessageInitShape<typeof IssueCouponResponseSchema>[]>;

  test("byte by byte", () => {
    const bytesOf = (written: Uint8Array | string) =>
      typeof written === "string" ? Buffer.from(written, "latin1") : Buffer.from(written);
    fc.assert(
      fc.property(results, (each) => {
        const message = create(IssueCouponsResponseSchema, { results: each });
        expect(bytesOf(issueCouponsCodec.write(message, false))).toEqual(
          Buffer.from(toBinary(IssueCouponsResponseSchema, message)),
        );
        expect(bytesOf(issueCouponsCodec.write(message, true)).toString()).toBe(
          toJsonString(IssueCouponsResponseSchema, message),
        );
      }),
      { numRuns: 500 },
    );
  });
});

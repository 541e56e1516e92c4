import { create, fromBinary, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CouponService,
  IssueCouponRequestSchema,
  IssueCouponResponseSchema,
  Coupon_State as State,
} from "../gen/allot/v1/coupon_pb.js";
import { Reason } from "../gen/allot/v1/refusal_pb.js";
import { reflectiveCodec } from "../server/fast-lane/codec.ts";
import { issueCouponCodec } from "./issue-coupon-codec.ts";

const byReflection = reflectiveCodec(CouponService.method.issueCoupon);

/** Long ones need lengths of two and three bytes; some are no well-formed UTF-16. */
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "\ufffd", "\ud800", "한글", "a".repeat(127), "a".repeat(128), "é".repeat(9_000)),
);
const request = fc.record(
  { campaignId: text, userId: text, prizeId: text, requestId: text, address: text },
  { requiredKeys: [] },
);
const fields = ["campaignId", "userId", "prizeId", "requestId", "address"] as const;
const plain = (message: unknown) => fields.map((field) => (message as Record<string, unknown>)[field]);

const bytesOf = (written: Uint8Array | string) =>
  typeof written === "string" ? Buffer.from(written, "latin1") : Buffer.from(written);

/** What a codec makes of bytes: a message, or a refusal to read them. */
function read(codec: Pick<typeof byReflection, "read">, bytes: Uint8Array, json: boolean): unknown {
  try {
    return plain(codec.read(Buffer.from(bytes), json));
  } catch {
    return "unreadable";
  }
}

describe("a request is read as reflection reads it", () => {
  function same(bytes: Uint8Array, json: boolean): void {
    expect(read(issueCouponCodec, bytes, json)).toEqual(read(byReflection, bytes, json));
  }

  test("in binary, whatever is in it", () => {
    fc.assert(
      fc.property(request, (init) => {
        const bytes = toBinary(IssueCouponRequestSchema, create(IssueCouponRequestSchema, init));
        same(bytes, false);
        expect(read(issueCouponCodec, bytes, false)).toEqual(
          plain(fromBinary(IssueCouponRequestSchema, bytes)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("in binary, whatever is wrong with it", () => {
    const whole = request.map((init) =>
      toBinary(IssueCouponRequestSchema, create(IssueCouponRequestSchema, init)),
    );
    const damaged = fc
      .tuple(whole, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
      .map(([bytes, at, byte, length]) => {
        const copy = Uint8Array.from(bytes);
        if (copy.length > 0) copy[at % copy.length] = byte;
        return copy.subarray(0, length % (copy.length + 1));
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 40 })), (bytes) => same(bytes, false)),
      {
        numRuns: 2_000,
      },
    );
  });

  test("in JSON, whatever is in it", () => {
    const spelled = fc.oneof(
      request.map((init) => JSON.stringify(init)),
      fc.json(),
      fc
        .record({ campaign_id: text, userId: fc.oneof(text, fc.constant(null), fc.integer()) })
        .map((init) => JSON.stringify(init)),
      fc.constantFrom(
        "",
        "{",
        "null",
        "[]",
        '{"userId":"\\ud800"}',
        '{"userId":"a","userId":"b"}',
        '{"usrId":"a"}',
        '{"__proto__":"a"}',
      ),
    );
    fc.assert(
      fc.property(spelled, (json) => same(Buffer.from(json), true)),
      { numRuns: 1_000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => same(bytes, true)));
  });
});

describe("an answer is written as reflection writes it", () => {
  const timestamp = fc.integer({ min: 0, max: 253_402_300_799_999 }).map((ms) => timestampFromMs(ms));
  const wellFormed = text.map((value) => value.toWellFormed());
  const coupon = fc.record(
    {
      code: wellFormed,
      campaignId: wellFormed,
      prizeId: wellFormed,
      userId: wellFormed,
      state: fc.constantFrom(State.ISSUED, State.ISSUED, State.UNSPECIFIED),
      issueTime: timestamp,
      expireTime: timestamp,
    },
    { requiredKeys: [] },
  );
  const refusal = fc.record(
    {
      reason: fc.constantFrom(Reason.SOLD_OUT, Reason.NOT_STARTED, Reason.UNSPECIFIED),
      retryTime: timestamp,
    },
    { requiredKeys: ["reason"] },
  );
  const outcome = fc.oneof(
    coupon.map((value) => ({ case: "coupon" as const, value })),
    refusal.map((value) => ({ case: "refusal" as const, value })),
    fc.constant(undefined),
  );
  const response = fc.record({ outcome, replayed: fc.boolean() }) as fc.Arbitrary<
    MessageInitShape<typeof IssueCouponResponseSchema>
  >;

  test("byte by byte", () => {
    fc.assert(
      fc.property(response, (init) => {
        const message = create(IssueCouponResponseSchema, init);
        expect(bytesOf(issueCouponCodec.write(init, false))).toEqual(
          Buffer.from(toBinary(IssueCouponResponseSchema, message)),
        );
        expect(bytesOf(issueCouponCodec.write(init, true)).toString()).toBe(
          toJsonString(IssueCouponResponseSchema, message),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

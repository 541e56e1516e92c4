import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RawAnswer, rawGrpc } from "../../test/interop/raw-call.ts";
import { startTarget, type Target } from "../../test/interop/target.ts";
import { IssueCouponRequestSchema } from "../gen/allot/v1/coupon_pb.js";

let target: Target;
beforeEach(async () => {
  target = await startTarget();
});
afterEach(() => target.stop(1_000));

const message = toBinary(
  IssueCouponRequestSchema,
  create(IssueCouponRequestSchema, { campaignId: "none", userId: "u" }),
);

function enveloped(flags: number, content: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function ask(...envelopes: Uint8Array[]): Promise<RawAnswer> {
  const envelope = Buffer.concat(envelopes);
  return rawGrpc({ url: target.url, method: "allot.v1.CouponService/IssueCoupon", envelope });
}

describe("what is wrong with a request's envelopes is the client's mistake:", () => {
  test.each<[string, Uint8Array[], RegExp]>([
    ["trailers", [enveloped(0, message), enveloped(128, Buffer.from("grpc-status: 0\r\n"))], /the flags 128/],
    ["a compression that is not named", [enveloped(1, message)], /grpc-encoding does not say how/],
    [
      "a second message that is none",
      [enveloped(0, message), enveloped(0, Buffer.from("{}"))],
      /does not decode/,
    ],
  ])("%s", async (_, envelopes, text) => {
    const answer = await ask(...envelopes);
    expect(answer).toMatchObject({ code: Code.InvalidArgument, reason: "INVALID_ARGUMENT" });
    expect(answer.message).toMatch(text);
  });

  test("two messages where the method takes one are UNIMPLEMENTED, as gRPC wants it", async () => {
    expect((await ask(enveloped(0, message), enveloped(0, message))).code).toBe(Code.Unimplemented);
  });
});

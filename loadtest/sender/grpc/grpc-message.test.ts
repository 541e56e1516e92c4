import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IssueCouponRequestSchema, IssueCouponResponseSchema } from "../../../src/gen/allot/v1/coupon_pb.js";
import { ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.js";
import { issueCoupon } from "../../mechanic/coupon/issue-coupon.ts";
import { frame, readAnswer as read } from "./grpc-message.ts";

const { method } = issueCoupon({});
const readAnswer = (...[data, trailers]: [Buffer, Parameters<typeof read>[2]]) =>
  read(method, data, trailers);

const message = toBinary(
  IssueCouponResponseSchema,
  create(IssueCouponResponseSchema, { outcome: { case: "coupon", value: { code: "ABC" } } }),
);
const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
const ok = { "grpc-status": "0" };
const unreadable = { kind: "lost", why: "unreadable answer" };

test("a request is framed with an uncompressed flag and its length", () => {
  fc.assert(
    fc.property(fc.string(), (userId) => {
      const request = create(IssueCouponRequestSchema, { userId });
      const bytes = frame(issueCoupon({ userId }));
      expect([bytes[0], bytes.readUInt32BE(1)]).toEqual([0, bytes.length - 5]);
      expect(bytes.subarray(5)).toEqual(Buffer.from(toBinary(IssueCouponRequestSchema, request)));
    }),
  );
});

test("a whole message with status 0 is an outcome", () => {
  expect(readAnswer(framed, ok)).toMatchObject({
    kind: "given",
    given: { key: "ABC" },
  });
});

test("a trailers-only error has its code and reason", () => {
  const error = new ConnectError("too much", Code.ResourceExhausted, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "RATE_LIMITED" } },
  ]);
  const trailers = Object.fromEntries(setTrailerStatus(new Headers(), error));
  expect(readAnswer(Buffer.alloc(0), trailers)).toEqual({
    kind: "error",
    code: "RESOURCE_EXHAUSTED",
    reason: "RATE_LIMITED",
  });
});

test("a message that is cut short anywhere is unreadable", () => {
  fc.assert(
    fc.property(fc.nat({ max: framed.length - 1 }), (length) => {
      expect(readAnswer(framed.subarray(0, length), ok)).toEqual(unreadable);
    }),
  );
});

test("without a status, or compressed, a message is unreadable", () => {
  expect(readAnswer(framed, {})).toEqual(unreadable);
  expect(readAnswer(Buffer.concat([Buffer.from([1]), framed.subarray(1)]), ok)).toEqual(unreadable);
});

import { fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { codeFromHttpStatus, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import {
  type IssueCouponRequest,
  IssueCouponRequestSchema,
  IssueCouponResponseSchema,
} from "../../src/gen/allot/v1/coupon_pb.js";
import type { Answer } from "../record/answer.ts";
import { errorAnswer } from "./error-reason.ts";

/** How the Connect protocol (https://connectrpc.com/docs/protocol) puts a unary call into an HTTP message. */
export interface ConnectCodec {
  contentType: string;
  encode(request: IssueCouponRequest): Uint8Array;
  decode(status: number, body: Uint8Array): Answer;
}

const codec = (
  contentType: string,
  encode: ConnectCodec["encode"],
  parse: (body: Uint8Array) => ReturnType<typeof fromBinary<typeof IssueCouponResponseSchema>>,
): ConnectCodec => ({
  contentType,
  encode,
  decode: (status, body) => {
    try {
      if (status === 200) return { kind: "outcome", response: parse(body) };
      const fallback = new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status));
      return errorAnswer(errorFromJsonBytes(body, undefined, fallback));
    } catch (error) {
      if (error instanceof ConnectError) return errorAnswer(error);
      return { kind: "lost", why: "unreadable answer" };
    }
  },
});

const utf8 = new TextDecoder();

export const protoCodec: ConnectCodec = codec(
  "application/proto",
  (request) => toBinary(IssueCouponRequestSchema, request),
  (body) => fromBinary(IssueCouponResponseSchema, body),
);

export const jsonCodec: ConnectCodec = codec(
  "application/json",
  (request) => Buffer.from(toJsonString(IssueCouponRequestSchema, request)),
  (body) => fromJsonString(IssueCouponResponseSchema, utf8.decode(body)),
);

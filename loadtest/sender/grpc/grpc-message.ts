import type { IncomingHttpHeaders } from "node:http2";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import type { Answer } from "../../record/answer.ts";
import { errorAnswer } from "../error-reason.ts";
import type { Ask, Method } from "../method.ts";

const prefixBytes = 5;

/** A message behind its gRPC prefix: an uncompressed flag and the length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export const frame = ({ method, message: request }: Ask): Buffer => {
  const message = toBinary(method.desc.input, request);
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  return framed;
};

/**
 * The answer in a finished gRPC call. `trailers` are the response's headers where it was trailers-only; without a status the
 * answer was not complete.
 */
export const readAnswer = (method: Method, data: Buffer, trailers: IncomingHttpHeaders): Answer => {
  if (trailers["grpc-status"] === undefined) return { kind: "lost", why: "unreadable answer" };
  const status = new Headers();
  for (const name of ["grpc-status", "grpc-message", "grpc-status-details-bin"])
    if (trailers[name] !== undefined) status.set(name, String(trailers[name]));
  const error = findTrailerError(status);
  if (error) return errorAnswer(error);
  const complete = data.length >= prefixBytes && data.readUInt32BE(1) === data.length - prefixBytes;
  if (!complete || data.readUInt8(0) !== 0) return { kind: "lost", why: "unreadable answer" };
  try {
    return method.read(fromBinary(method.desc.output, data.subarray(prefixBytes)));
  } catch {
    return { kind: "lost", why: "unreadable answer" };
  }
};

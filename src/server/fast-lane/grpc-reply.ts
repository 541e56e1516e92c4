import type { OutgoingHttpHeaders } from "node:http2";
import type { ConnectError } from "@connectrpc/connect";
import { type Compression, compressionNegotiate } from "@connectrpc/connect/protocol";
import { grpcStatusOk, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { Call } from "./call.ts";
import { compressions, compressMinBytes } from "./connect-reply.ts";

/** What gRPC puts before a message: whether it is compressed, then its length in 4 bytes. */
export const prefixBytes = 5;
const compressed = 1;

/** A gRPC answer: headers, one message or none, trailers. */
export interface GrpcReply {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
  readonly trailers: OutgoingHttpHeaders;
}

const okTrailers: OutgoingHttpHeaders = { "grpc-status": grpcStatusOk };

/** The answer to a unary call. Usually at once; a promise where the client takes compressed messages and this one is worth it. */
export function grpcReply(call: Call, message: Uint8Array | string): GrpcReply | Promise<GrpcReply> {
  const compression = compressionFor(call);
  const headers = headersOf(call, compression);
  const trailers = trailersOf(call);
  if (compression === null || message.length < compressMinBytes)
    return { headers, body: framed(message, 0), trailers };
  const bytes = typeof message === "string" ? Buffer.from(message, "latin1") : message;
  return compression.compress(bytes).then((less) => ({ headers, body: framed(less, compressed), trailers }));
}

export function grpcErrorReply(call: Call, error: ConnectError): GrpcReply {
  const trailers = setTrailerStatus(new Headers(call.adorned ? call.responseTrailer : undefined), error);
  return { headers: headersOf(call, compressionFor(call)), body: undefined, trailers: plain(trailers) };
}

function headersOf(call: Call, compression: Compression | null): OutgoingHttpHeaders {
  const contentType = call.head.json ? "application/grpc+json" : "application/grpc+proto";
  if (!call.adorned) {
    const headers: OutgoingHttpHeaders = { ":status": 200, "content-type": contentType };
    if (compression !== null) headers["grpc-encoding"] = compression.name;
    return headers;
  }
  const headers = new Headers(call.responseHeader);
  headers.set("content-type", contentType);
  if (compression !== null) headers.set("grpc-encoding", compression.name);
  return { ":status": 200, ...plain(headers) };
}

/** Of a call that went well. */
function trailersOf(call: Call): OutgoingHttpHeaders {
  if (!call.adorned) return okTrailers;
  const trailers = new Headers(call.responseTrailer);
  trailers.set("grpc-status", grpcStatusOk);
  return plain(trailers);
}

function compressionFor(call: Call): Compression | null {
  const accepted = call.header("grpc-accept-encoding");
  return accepted === null ? null : compressionNegotiate(compressions, null, accepted, "").response;
}

function framed(message: Uint8Array | string, flags: number): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  frame[0] = flags;
  frame.writeUInt32BE(message.length, 1);
  if (typeof message === "string") frame.write(message, prefixBytes, "latin1");
  else frame.set(message, prefixBytes);
  return frame;
}

const plain = (headers: Headers): OutgoingHttpHeaders => Object.fromEntries(headers);

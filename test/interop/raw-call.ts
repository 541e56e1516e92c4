import { once } from "node:events";
import http2 from "node:http2";
import { buffer } from "node:stream/consumers";
import type { JsonObject } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromJson } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { BadRequestSchema } from "../../src/gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../../src/rpc/errors.ts";

/** What came back for bytes that no client library would send. */
export interface RawAnswer {
  readonly status: number;
  readonly header: Headers;
  /** Undefined where the call succeeded. */
  readonly code: Code | undefined;
  readonly reason: string | undefined;
  readonly message: string;
  readonly fields: readonly string[];
}

export interface RawCall {
  readonly url: string;
  /** By its full name, as in `allot.v1.CouponService/IssueCoupon`. */
  readonly method: string;
  /** The message; gRPC's envelope is put around it here. */
  readonly body?: Uint8Array | string;
  readonly headers?: Record<string, string>;
}

export async function rawConnect(call: RawCall & { verb?: string; query?: string }): Promise<RawAnswer> {
  const { url, method, body, headers, verb = "POST", query = "" } = call;
  const response = await fetch(`${url}/${method}${query}`, {
    method: verb,
    headers,
    body: body as BodyInit | undefined,
  });
  const json = (await response.json()) as JsonObject;
  const unknown = new ConnectError("not an error of Connect's", Code.Unknown);
  const error = response.ok ? undefined : errorFromJson(json, undefined, unknown);
  return answered(response.status, response.headers, error);
}

/** Over a connection of its own, in cleartext HTTP/2. */
export async function rawGrpc(call: RawCall & { envelope?: Uint8Array }): Promise<RawAnswer> {
  const session = http2.connect(call.url);
  const stream = session.request({
    ":method": "POST",
    ":path": `/${call.method}`,
    "content-type": "application/grpc",
    ...call.headers,
  });
  const received = new Headers();
  const keep = (headers: http2.IncomingHttpHeaders) => {
    for (const [name, value] of Object.entries(headers)) {
      if (!name.startsWith(":")) received.set(name, String(value));
    }
  };
  stream.on("trailers", keep).end(call.envelope ?? enveloped(call.body ?? "", call.headers));
  const [response] = await once(stream, "response");
  keep(response);
  await buffer(stream);
  session.close();
  return answered(response[":status"], received, findTrailerError(received));
}

export async function rawGrpcWeb(call: RawCall): Promise<RawAnswer> {
  const response = await fetch(`${call.url}/${call.method}`, {
    method: "POST",
    headers: { "content-type": "application/grpc-web", ...call.headers },
    body: enveloped(call.body ?? "", call.headers) as BodyInit,
  });
  const body = Buffer.from(await response.arrayBuffer());
  const trailers = new Headers(response.headers);
  // The last envelope, marked by its highest bit, holds the trailers as text.
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    if (body[at]! & 0x80) {
      for (const line of body
        .toString("latin1", at + 5, end)
        .trim()
        .split("\r\n")) {
        trailers.set(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
      }
    }
    at = end;
  }
  return answered(response.status, trailers, findTrailerError(trailers));
}

function enveloped(body: Uint8Array | string, headers: Record<string, string> = {}): Uint8Array {
  const message = Buffer.from(body);
  const head = Buffer.alloc(5);
  head[0] = headers["grpc-encoding"] === undefined ? 0 : 1;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function answered(status: number, header: Headers, error: ConnectError | undefined): RawAnswer {
  const violations =
    error?.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations) ?? [];
  return {
    status,
    header,
    code: error?.code,
    reason: error && reasonOf(error),
    message: error?.rawMessage ?? "",
    fields: violations.map(({ field }) => field),
  };
}

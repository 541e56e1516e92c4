import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import type { Origin } from "../caller.ts";
import type { CallHead } from "./call.ts";
import type { UnaryMethod } from "./methods.ts";
import type { PlainOptions } from "./plain.ts";

const forms: Readonly<Record<string, { protocol: CallHead["protocol"]; json: boolean }>> = {
  "application/grpc": { protocol: "grpc", json: false },
  "application/grpc+proto": { protocol: "grpc", json: false },
  "application/grpc+json": { protocol: "grpc", json: true },
  "application/proto": { protocol: "connect", json: false },
  "application/json": { protocol: "connect", json: true },
};

/** Headers of a plain request over HTTP/2, with gRPC's or Connect's unary protocol; undefined for any other. */
export function plainHeaders(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: PlainOptions,
): Http2Head | undefined {
  const method = options.methods.get(headers[":path"] ?? "");
  if (method === undefined || headers[":method"] !== "POST") return undefined;
  const form = forms[headers["content-type"] ?? ""];
  if (form === undefined || !isIdentity(headers["content-encoding"]) || !isIdentity(headers["grpc-encoding"]))
    return undefined;
  const grpc = form.protocol === "grpc";
  const timeout = grpc
    ? parseGrpcTimeout(single(headers["grpc-timeout"]), options.maxTimeoutMs)
    : parseConnectTimeout(single(headers["connect-timeout-ms"]), options.maxTimeoutMs);
  if (timeout.error !== undefined || "expect" in headers) return undefined;
  const origin = options.callerOf(stream.session!.socket, single(headers["x-forwarded-for"]) ?? undefined);
  return new Http2Head(headers, method, form.protocol, form.json, timeout.timeoutMs, origin);
}

export class Http2Head implements CallHead {
  readonly #headers: IncomingHttpHeaders;
  readonly method: UnaryMethod;
  readonly protocol: CallHead["protocol"];
  readonly json: boolean;
  readonly timeoutMs: number | undefined;
  readonly origin: Origin;

  constructor(
    headers: IncomingHttpHeaders,
    method: UnaryMethod,
    protocol: CallHead["protocol"],
    json: boolean,
    timeoutMs: number | undefined,
    origin: Origin,
  ) {
    this.#headers = headers;
    this.method = method;
    this.protocol = protocol;
    this.json = json;
    this.timeoutMs = timeoutMs;
    this.origin = origin;
  }

  get url(): string {
    const headers = this.#headers;
    return `${headers[":scheme"]}://${headers[":authority"]}${headers[":path"]}`;
  }

  header(name: string): string | undefined {
    return single(this.#headers[name]) ?? undefined;
  }

  headers(): [string, string][] {
    const names = Object.keys(this.#headers).filter((name) => !name.startsWith(":"));
    return names.map((name) => [name, this.header(name)!]);
  }
}

const isIdentity = (encoding: string | string[] | undefined) =>
  encoding === undefined || encoding === "identity";

function single(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  return Array.isArray(value) ? value.join(", ") : value;
}

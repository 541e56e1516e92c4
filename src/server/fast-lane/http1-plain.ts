import type { Socket } from "node:net";
import { parseTimeout } from "@connectrpc/connect/protocol-connect";
import type { CallHead } from "./call.ts";
import { contentTypes } from "./connect-reply.ts";
import { readHttp1Head } from "./http1-head.ts";
import type { PlainOptions } from "./plain.ts";

/** The head of a plain request, good for every request of its connection that begins with the same bytes. */
export interface PlainHead extends CallHead {
  readonly bytes: Buffer;
  readonly bodyBytes: number;
  /** Header lines for a page of another origin. */
  readonly cors: string;
  /** The usual answer up to its length, and from there to its date. */
  readonly begin: string;
  readonly middle: string;
}

/** Connect's unary protocol over HTTP/1.1, with everything as a plain request has it. */
export function readPlainHead(
  bytes: Buffer,
  socket: Socket,
  options: PlainOptions,
): PlainHead | "partial" | undefined {
  const http = readHttp1Head(bytes);
  if (http === undefined || http === "partial") return http;
  const { headers, path, bodyBytes, sizeBytes } = http;
  const method = options.methods.get(path);
  const contentType = headers.get("content-type");
  const json = contentType === contentTypes.json;
  if (method === undefined || !(json || contentType === contentTypes.proto)) return undefined;
  if (bodyBytes > options.limits.of(method.desc)) return undefined;
  const timeout = parseTimeout(headers.get("connect-timeout-ms") ?? null, options.maxTimeoutMs);
  if (timeout.error !== undefined) return undefined;
  const page = headers.get("origin");
  let cors = "";
  for (const [name, value] of Object.entries(page === undefined ? {} : options.corsHeaders(page)))
    cors += `${name}: ${value}\r\n`;
  return {
    method,
    protocol: "connect",
    json,
    url: `${"encrypted" in socket ? "https" : "http"}://${headers.get("host")}${path}`,
    timeoutMs: timeout.timeoutMs,
    origin: options.callerOf(socket, headers.get("x-forwarded-for")),
    header: (name) => headers.get(name),
    headers: () => headers,
    // A copy: the rest of what came with it is not to be kept.
    bytes: Buffer.from(bytes.subarray(0, sizeBytes)),
    bodyBytes,
    cors,
    begin: `HTTP/1.1 200 OK\r\n${cors}content-length: `,
    middle: `\r\ncontent-type: ${contentType}\r\nDate: `,
  };
}

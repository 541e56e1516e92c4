import type { ConnectError } from "@connectrpc/connect";

import {
  type Compression,
  compressionNegotiate,
  mergeNonProtocolHeaders,
} from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes, trailerMux } from "@connectrpc/connect/protocol-connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type { Call } from "./call.ts";

/** An answer as HTTP knows it. */
export interface Reply {
  readonly status: number;
  /** In the order that they go out, names in lower case. */
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** connect's own bound: below it compression costs more than it saves. */
export const compressMinBytes = 1_024;
export const compressions: Compression[] = [compressionGzip, compressionBrotli];

export const contentTypes = { json: "application/json", proto: "application/proto" } as const;

/** Whether an answer needs neither compression nor headers of its handler's, as nearly all do. */
export function isUsual(call: Call, message: Uint8Array | string): boolean {
  return message.length < compressMinBytes && !call.adorned;
}

/** The answer to a unary call in Connect's protocol, any answer. */
export function connectReply(call: Call, message: Uint8Array | string): Reply | Promise<Reply> {
  const headers = call.adorned ? new Headers(call.responseHeader) : new Headers();
  headers.set("content-type", contentTypes[call.head.json ? "json" : "proto"]);
  const body = typeof message === "string" ? Buffer.from(message, "latin1") : message;
  return complete(call, 200, headers, body);
}

export function connectErrorReply(call: Call, error: ConnectError): Reply | Promise<Reply> {
  const headers = call.adorned ? new Headers(call.responseHeader) : new Headers();
  headers.set("content-type", contentTypes.json);
  mergeNonProtocolHeaders(headers, error.metadata);
  return complete(call, codeToHttpStatus(error.code), headers, errorToJsonBytes(error, undefined));
}

function complete(call: Call, status: number, given: Headers, body: Uint8Array): Reply | Promise<Reply> {
  const finish = (bytes: Uint8Array): Reply => {
    const headers = call.adorned ? trailerMux(given, call.responseTrailer) : given;
    headers.set("content-length", String(bytes.length));
    return { status, headers, body: bytes };
  };
  if (body.length < compressMinBytes) return finish(body);
  const { response } = compressionNegotiate(
    compressions,
    null,
    call.header("accept-encoding"),
    "accept-encoding",
  );
  if (response === null) return finish(body);
  return response.compress(body).then((compressed) => {
    given.set("content-encoding", response.name);
    return finish(compressed);
  });
}

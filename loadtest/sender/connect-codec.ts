import { fromBinary, fromJsonString, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { codeFromHttpStatus, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import type { Answer } from "../record/answer.ts";
import { errorAnswer } from "./error-reason.ts";
import type { Ask, Method } from "./method.ts";

/** How the Connect protocol (https://connectrpc.com/docs/protocol) puts a unary call into an HTTP message. */
export interface ConnectCodec {
  contentType: string;
  encode(ask: Ask): Uint8Array;
  decode(method: Method, status: number, body: Uint8Array): Answer;
}

const codec = (
  contentType: string,
  encode: ConnectCodec["encode"],
  parse: (method: Method, body: Uint8Array) => Message,
): ConnectCodec => ({
  contentType,
  encode,
  decode: (method, status, body) => {
    try {
      if (status === 200) return method.read(parse(method, body));
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
  ({ method, message }) => toBinary(method.desc.input, message),
  ({ desc }, body) => fromBinary(desc.output, body),
);

export const jsonCodec: ConnectCodec = codec(
  "application/json",
  ({ method, message }) => Buffer.from(toJsonString(method.desc.input, message)),
  ({ desc }, body) => fromJsonString(desc.output, utf8.decode(body)),
);

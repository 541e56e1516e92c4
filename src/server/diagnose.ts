import { type DescMethod, fromBinary, fromJsonString, type JsonValue } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { type Fault, fault, invalid } from "../rpc/errors.ts";
import { locateFields } from "./locate-fields.ts";

const compressions = [compressionGzip, compressionBrotli];

/** A request's message as far as it was read, its size by its own account, and how to read it. */
interface Message {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly json: boolean;
  readonly compression: string;
  /** Of its envelope; 0 where it has none. */
  readonly flags: number;
}

/**
 * Says what is wrong with a unary request that connect would not decode; undefined where it is not the message, and connect's own error is
 * the best there is. connect calls malformed protobuf its own mistake and names a field without its place, so the answer comes from here.
 */
export async function diagnose(
  method: DescMethod,
  request: UniversalServerRequest,
  body: Uint8Array,
  maxBytes: number,
): Promise<Fault | undefined> {
  const messages = request.method === "GET" ? [messageInQuery(request)] : messagesInBody(request, body);
  for (const message of messages) {
    const problem = await diagnoseMessage(method, message, maxBytes);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

async function diagnoseMessage(
  method: DescMethod,
  message: Message,
  maxBytes: number,
): Promise<Fault | undefined> {
  const tooLarge = fault(
    "MESSAGE_TOO_LARGE",
    `the message is larger than ${maxBytes} bytes, the most this server reads`,
  );
  if (message.flags > 1) {
    return fault(
      "INVALID_ARGUMENT",
      `a message has the flags ${message.flags}: a request's are 0, or 1 where it is compressed`,
    );
  }
  if (message.flags === 1 && message.compression === "identity") {
    return fault(
      "INVALID_ARGUMENT",
      "a message is marked as compressed, and the header grpc-encoding does not say how",
    );
  }
  if (message.sizeBytes > maxBytes) return tooLarge;
  if (message.bytes.length < message.sizeBytes) return undefined;
  let { bytes } = message;
  if (message.compression !== "identity") {
    const compression = compressions.find(({ name }) => name === message.compression);
    if (compression === undefined) return undefined;
    try {
      bytes = await compression.decompress(bytes, maxBytes);
    } catch (error) {
      if (ConnectError.from(error).code === Code.ResourceExhausted) return tooLarge;
      return fault("INVALID_ARGUMENT", `the message is not what it says it is: ${message.compression}`);
    }
  }
  return message.json ? diagnoseJson(method, bytes) : diagnoseBinary(method, bytes);
}

function diagnoseBinary({ input }: DescMethod, bytes: Uint8Array): Fault | undefined {
  try {
    fromBinary(input, bytes);
    return undefined;
  } catch {
    return fault(
      "INVALID_ARGUMENT",
      `the message does not decode as ${input.typeName} in protobuf's binary format`,
    );
  }
}

function diagnoseJson({ input }: DescMethod, bytes: Uint8Array): Fault | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fault("INVALID_ARGUMENT", "the message is not JSON: it is not UTF-8");
  }
  let json: JsonValue;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fault("INVALID_ARGUMENT", `the message is not JSON${jsonHint(text, String(error))}`);
  }
  const fields = locateFields(input, json);
  if (fields.length > 0) return invalid(fields);
  try {
    fromJsonString(input, text);
    return undefined;
  } catch {
    // What JSON.parse swallows and protobuf does not.
    return fault(
      "INVALID_ARGUMENT",
      `the message does not decode as ${input.typeName} in JSON: it names a key twice`,
    );
  }
}

function jsonHint(text: string, error: string): string {
  if (text.trim() === "") return ": it is empty; {} is an empty message";
  if (error.includes("end of JSON")) return ": it ends too early";
  const place = /position \d+ \(line \d+ column \d+\)/.exec(error)?.[0];
  return place === undefined ? "" : `: see ${place}`;
}

function messageInQuery({ url }: UniversalServerRequest): Message {
  const query = new URL(url).searchParams;
  const text = query.get("message") ?? "";
  const bytes = query.get("base64") === "1" ? fromBase64(text) : new TextEncoder().encode(text);
  const json = query.get("encoding") === "json";
  const compression = query.get("compression") || "identity";
  return { bytes, sizeBytes: bytes.length, json, compression, flags: 0 };
}

/** In envelopes there can be more than the one that the method takes; none where it never began. */
function messagesInBody({ header }: UniversalServerRequest, body: Uint8Array): Message[] {
  const [, grpc, format] =
    /^application\/(grpc-web|grpc)?\+?(json)?/i.exec(header.get("content-type") ?? "") ?? [];
  const json = format !== undefined;
  if (grpc === undefined) {
    const sizeBytes = Math.max(body.length, Number(header.get("content-length")) || 0);
    const compression = header.get("content-encoding") || "identity";
    return [{ bytes: body, sizeBytes, json, compression, flags: 0 }];
  }
  const messages: Message[] = [];
  for (let at = 0; at + 5 <= body.length; ) {
    const flags = body[at]!;
    const sizeBytes = new DataView(body.buffer, body.byteOffset + at).getUint32(1);
    const compression = ((flags & 1) === 1 && header.get("grpc-encoding")) || "identity";
    at += 5;
    messages.push({ bytes: body.subarray(at, at + sizeBytes), sizeBytes, json, compression, flags });
    at += sizeBytes;
  }
  return messages;
}

/** What isn't base64 becomes a byte that is neither protobuf nor UTF-8. */
function fromBase64(text: string): Uint8Array {
  try {
    return base64Decode(text);
  } catch {
    return Uint8Array.of(0xff);
  }
}

import type { Random } from "../../simulate/random.ts";
import type { BytesInput } from "../input.ts";
import { type CallGrammar, callInput } from "./calls.ts";

/** Requests over HTTP/1.1 as no library writes them (RFC 9112): what servers in a row may read differently, and what ends nowhere. */
export function http1Input(grammar: CallGrammar): BytesInput {
  const { random } = grammar;
  const requests = Array.from({ length: random.pick([1, 1, 2, 3, 12]) }, () => request(grammar));
  let bytes: Buffer = Buffer.concat(requests);
  if (random.chance(0.2)) bytes = bytes.subarray(0, random.between(0, bytes.length));
  if (random.chance(0.1)) bytes = Buffer.concat([random.bytes(random.between(1, 40)), bytes]);
  if (random.chance(0.3)) bytes = mangled(bytes, random);
  return {
    kind: "bytes",
    pieces: inPieces(bytes, random),
    end: random.pick(["wait", "wait", "half", "cut"]),
  };
}

export function inPieces(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  const count = random.pick([1, 1, 2, 3, 8]);
  for (let at = 0, left = count; at < bytes.length; left--) {
    const to = left <= 1 ? bytes.length : Math.min(bytes.length, at + random.between(1, bytes.length - at));
    pieces.push(bytes.subarray(at, to));
    at = to;
  }
  return pieces;
}

/** Some bytes are others, twice, or not there. */
export function mangled(bytes: Buffer, random: Random): Buffer {
  let changed = Buffer.from(bytes);
  for (let times = random.pick([1, 1, 2, 4]); times > 0 && changed.length > 0; times--) {
    const at = random.between(0, changed.length - 1);
    const to = Math.min(changed.length, at + random.between(1, 16));
    switch (random.between(0, 4)) {
      case 0:
        changed[at] = random.between(0, 255);
        break;
      case 1:
        changed[at]! ^= 1 << random.between(0, 7);
        break;
      case 2:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(to)]);
        break;
      case 3:
        changed = Buffer.concat([changed.subarray(0, to), changed.subarray(at)]);
        break;
      default:
        changed = Buffer.concat([
          changed.subarray(0, at),
          random.pick([random.bytes(4), Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.alloc(4)]),
          changed.subarray(at),
        ]);
    }
  }
  return changed;
}

const verbs = [
  "POST",
  "GET",
  "PUT",
  "HEAD",
  "OPTIONS",
  "DELETE",
  "TRACE",
  "CONNECT",
  "PRI",
  "post",
  "P\tOST",
  "",
];
const targets = [
  ...[
    "/",
    "/metrics",
    "/healthz",
    "/readyz",
    "*",
    "http://x/allot.v1.CouponService/IssueCoupon",
    "/..%2f..%2fetc",
  ],
  ...[
    "//",
    "/?",
    "/allot.v1.CouponService/IssueCoupon?x=%ff",
    "/%00",
    "/\u00ff",
    "http://[",
    "",
    "/a b",
    "x".repeat(9_000),
  ],
];
const versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.1 ", "http/1.1", ""];
const lineEnds = ["\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n"];

function request(grammar: CallGrammar): Buffer {
  const { random } = grammar;
  const subject = random.pick(["protobuf", "json", "headers"] as const);
  const { path, headers, body } = callInput(subject, grammar);
  const end = random.pick(lineEnds);
  const odd = random.chance(0.4);
  const verb = odd ? random.pick(verbs) : "POST";
  const target = random.chance(0.2) ? random.pick(targets) : path;
  const lines = [`${verb} ${target} ${odd ? random.pick(versions) : "HTTP/1.1"}`, "Host: 127.0.0.1"];
  lines.push(...headers.map(([name, value]) => `${name}: ${value}`));
  const { framing, bytes } = frame(body, random);
  lines.push(...framing);
  return Buffer.concat([Buffer.from(`${lines.join(end)}${end}${end}`, "latin1"), bytes]);
}

/** How long the body is, said once, twice, otherwise, or not; and the body. */
function frame(body: Buffer, random: Random): { framing: string[]; bytes: Buffer } {
  const { length } = body;
  const chunk = `${length.toString(16)}\r\n${body.toString("latin1")}\r\n0\r\n\r\n`;
  const asChunks = (text: string, ...more: string[]) => ({
    framing: ["Transfer-Encoding: chunked", ...more],
    bytes: Buffer.from(text, "latin1"),
  });
  const asLength = (...framing: string[]) => ({ framing, bytes: body });
  switch (random.between(0, 17)) {
    case 0:
      return asChunks(chunk);
    case 1:
      return asChunks(chunk, `Content-Length: ${length}`);
    case 2:
      return asChunks(chunk, "Transfer-Encoding: identity");
    case 3:
      return asChunks(
        `${length.toString(16)};x=y\r\n${body.toString("latin1")}\r\n0\r\nX-Trailer: 1\r\n\r\n`,
      );
    case 4:
      return asChunks(`ffffffffffffffff\r\n${body.toString("latin1")}`);
    case 5:
      return asChunks(`-1\r\n${body.toString("latin1")}\r\n0\r\n\r\n`);
    case 6:
      return asChunks(chunk.replaceAll("\r\n", "\n"));
    case 7:
      return asChunks([...body].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join(""));
    case 8:
      return asChunks(`0\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n`);
    case 9:
      return asLength(`Content-Length: ${length}`, `Content-Length: ${length + 1}`);
    case 10:
      return asLength(`Content-Length: ${length}, ${length}`);
    case 11:
      return asLength(`Content-Length: ${random.pick(["-1", "+5", "0x10", "1e3", "", "9".repeat(30)])}`);
    case 12:
      return asLength(`Content-Length: ${random.between(0, 2 * length)}`);
    case 13:
      return asLength(`Content-Length : ${length}`);
    case 14:
      return asLength(` Content-Length: ${length}`);
    case 15:
      return asLength();
    case 16:
      return asLength(`Content-Length: ${length}`, "Expect: 100-continue");
    default:
      return asLength(`Content-Length: ${length}`);
  }
}

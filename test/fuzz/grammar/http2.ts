import type { Random } from "../../simulate/random.ts";
import type { BytesInput, Header } from "../input.ts";
import { type CallGrammar, callInput, envelope } from "./calls.ts";
import { inPieces, mangled } from "./http1.ts";

/** Frames of HTTP/2 written by hand (RFC 9113), in orders and with contents that no library sends. */

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  more: 9,
};
const endStream = 1;
const endHeaders = 4;

export function frame(
  kind: number,
  flags: number,
  stream: number,
  payload: Buffer,
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length % 2 ** 24, 0, 3);
  head[3] = kind;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK's literals without indexing and without Huffman (RFC 7541 §6.2.2). */
export function literals(headers: readonly Header[]): Buffer {
  const parts = headers.flatMap(([name, value]) => [Buffer.from([0]), hpackText(name), hpackText(value)]);
  return Buffer.concat(parts);
}

function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

export function http2Input(grammar: CallGrammar): BytesInput {
  const { random } = grammar;
  const frames: Buffer[] = random.chance(0.97) ? [preface] : [];
  if (random.chance(0.97))
    frames.push(frame(type.settings, 0, 0, random.chance(0.5) ? settings(random) : Buffer.alloc(0)));
  let stream = 1;
  for (let count = random.between(1, 6); count > 0; count--) {
    frames.push(...some(grammar, stream));
    if (random.chance(0.8)) stream += 2;
  }
  const bytes = Buffer.concat(frames);
  const sent = random.chance(0.15) ? mangled(bytes, random) : bytes;
  return { kind: "bytes", pieces: inPieces(sent, random), end: random.pick(["wait", "wait", "half", "cut"]) };
}

function some(grammar: CallGrammar, stream: number): Buffer[] {
  const { random } = grammar;
  const many = random.pick([2, 20, 300]);
  switch (random.between(0, 15)) {
    case 0:
      return Array.from({ length: many }, () => frame(type.settings, 0, 0, settings(random)));
    case 1:
      return Array.from({ length: many }, () => frame(type.ping, random.pick([0, 1]), 0, random.bytes(8)));
    case 2:
      return [frame(type.ping, 0, random.pick([0, 1]), random.bytes(random.pick([0, 7, 9])))];
    case 3:
      return continuations(grammar, stream, many);
    case 4:
      return Array.from({ length: many }, (_, at) => {
        const id = stream + 2 * at;
        return Buffer.concat([request(grammar, id, false), frame(type.reset, 0, id, code(random))]);
      });
    case 5:
      return [
        frame(
          type.reset,
          0,
          random.pick([0, stream, 99]),
          random.chance(0.8) ? code(random) : random.bytes(3),
        ),
      ];
    case 6:
      return [
        frame(type.window, 0, random.pick([0, stream]), word(random.pick([0, 1, 2 ** 31 - 1, 2 ** 32 - 1]))),
      ];
    case 7:
      return Array.from({ length: many }, () => frame(type.window, 0, random.pick([0, stream]), word(1)));
    case 8:
      return Array.from({ length: many }, () =>
        frame(type.priority, 0, random.pick([0, stream, 2 ** 31 - 1]), random.bytes(random.pick([5, 5, 4]))),
      );
    case 9:
      return [
        frame(
          type.data,
          random.pick([0, 1, 8]),
          random.pick([0, stream, 99]),
          random.bytes(random.between(0, 64)),
        ),
      ];
    case 10:
      return [frame(type.push, 4, stream, random.bytes(20)), frame(type.goaway, 0, 0, random.bytes(8))];
    case 11:
      return [
        frame(random.between(10, 255), random.between(0, 255), random.pick([0, stream]), random.bytes(30)),
      ];
    case 12:
      return [
        frame(
          random.between(0, 9),
          random.between(0, 255),
          stream,
          random.bytes(10),
          random.pick([0, 16_385, 2 ** 24 - 1]),
        ),
      ];
    case 13:
      return [frame(type.headers, endHeaders | endStream, stream, badHpack(random))];
    default:
      return [request(grammar, stream, true)];
  }
}

/** A whole call, good or with headers that are not. */
function request(grammar: CallGrammar, stream: number, whole: boolean): Buffer {
  const { random } = grammar;
  const call = callInput(random.pick(["protobuf", "json", "grpc", "headers"] as const), grammar);
  let headers: Header[] = [
    [":method", random.chance(0.9) ? "POST" : random.pick(["GET", "CONNECT", "post", ""])],
    [":scheme", random.chance(0.9) ? "http" : random.pick(["ftp", "", "https"])],
    [":path", random.chance(0.95) ? call.path : random.pick(["", "*", "x", "/\u0000", "//"])],
    [":authority", random.chance(0.9) ? "127.0.0.1" : random.pick(["", "a b", "[", "user@x"])],
    ...call.headers.map(([name, value]): Header => [random.chance(0.97) ? name.toLowerCase() : name, value]),
  ];
  if (random.chance(0.1))
    headers = random.pick([headers.slice(1), [...headers, headers[0]!], headers.toReversed()]);
  if (random.chance(0.05)) headers.push(["connection", "close"], [":status", "200"]);
  if (random.chance(0.02)) headers.push(...Array<Header>(random.pick([100, 2_000])).fill(["x-many", "v"]));
  const block = literals(headers);
  const padded = random.chance(0.1);
  const payload = padded
    ? Buffer.concat([Buffer.from([random.pick([0, 4, 255])]), block, Buffer.alloc(4)])
    : block;
  const body =
    call.protocol === "connect" ? call.body : call.body.length > 0 ? call.body : envelope(Buffer.alloc(0));
  const head = frame(type.headers, endHeaders | (padded ? 8 : 0), stream, payload);
  if (!whole) return head;
  const parts = [head];
  const step = random.chance(0.7) ? 16_384 : random.pick([1, 7, 1_000]);
  for (let at = 0; at < body.length && parts.length < 400; at += step) {
    parts.push(frame(type.data, 0, stream, body.subarray(at, at + step)));
  }
  if (random.chance(0.9)) parts.push(frame(type.data, endStream, stream, Buffer.alloc(0)));
  else parts.push(frame(type.headers, endHeaders | endStream, stream, literals([["x-trailer", "1"]])));
  return Buffer.concat(parts);
}

function continuations(grammar: CallGrammar, stream: number, many: number): Buffer[] {
  const { random } = grammar;
  const piece = literals([["x-more", random.bytes(20).toString("hex")]]);
  const parts = Array.from({ length: many }, () =>
    frame(type.more, 0, random.chance(0.98) ? stream : stream + 2, piece),
  );
  const begin = literals([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "x"],
  ]);
  const ends = random.chance(0.5) ? [frame(type.more, endHeaders, stream, Buffer.alloc(0))] : [];
  return [frame(type.headers, random.pick([0, endStream]), stream, begin), ...parts, ...ends];
}

/** Indexes that are not there, table sizes, lengths that never end, Huffman that is none. */
function badHpack(random: Random): Buffer {
  return random.pick([
    () => Buffer.from([0x80]),
    () => Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    () => Buffer.from([0xfe]),
    () => Buffer.from([0x3f, 0xff, 0xff, 0xff, 0x0f]),
    () => Buffer.from([0x40, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    () => Buffer.from([0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00]),
    () => Buffer.from([0x20, 0x20, 0x20, 0x82]),
    () => Buffer.alloc(4_000, 0x82),
    () =>
      Buffer.concat([
        Buffer.from([0x40]),
        hpackText("x".repeat(2_000)),
        hpackText("y".repeat(2_000)),
        Buffer.alloc(2_000, 0xbe),
      ]),
    () => random.bytes(random.between(1, 60)),
  ])();
}

function settings(random: Random): Buffer {
  if (random.chance(0.1)) return random.bytes(random.pick([1, 5, 7]));
  const one = () => {
    const bytes = Buffer.alloc(6);
    bytes.writeUInt16BE(random.pick([1, 2, 3, 4, 5, 6, 8, 0, 0xffff]));
    bytes.writeUInt32BE(random.pick([0, 1, 65_535, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]), 2);
    return bytes;
  };
  return Buffer.concat(Array.from({ length: random.pick([0, 1, 3, 40]) }, one));
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

const code = (random: Random) => word(random.pick([0, 1, 2, 8, 13, 255, 2 ** 32 - 1]));

import { issueCouponPath } from "../drive.ts";
import { grpcFrame } from "../grpc-frame.ts";

/** Frame types and flags (RFC 9113 §6). */
export const frameType = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, goAway: 7 };
export const flag = { endStream: 1, ack: 1, endHeaders: 4 };
export const headBytes = 9;

const digits = 9;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(headBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, headBytes);
  return bytes;
}

/** A literal that enters the dynamic table (RFC 7541 §6.2.1); `name` is its number in the static table, or itself. */
function remembered(name: number | string, value: string): Buffer {
  const text = (words: string) => Buffer.concat([Buffer.from([words.length]), Buffer.from(words)]);
  const named =
    typeof name === "number" ? Buffer.from([0x40 | name]) : Buffer.concat([Buffer.from([0x40]), text(name)]);
  return Buffer.concat([named, text(value)]);
}

/** `:method: POST` and `:scheme: http` are numbers of the static table. */
const fixed = Buffer.from([0x83, 0x86]);
/** The four remembered headers: the one that came last has the lowest number, 62. */
const numbers = Buffer.from([0xc1, 0xc0, 0xbf, 0xbe]);

/** HEADERS and DATA of one request each: the first on a connection spells its headers out, the others name them by number. */
export class RequestFrames {
  readonly #first: Buffer;
  readonly #next: Buffer;
  readonly #digitsFromEnd: number;
  #users = 0;

  constructor(authority: string, before: Buffer, after: Buffer) {
    const data = grpcFrame(Buffer.concat([before, Buffer.alloc(digits), after]));
    const request = (headers: Buffer) =>
      Buffer.concat([
        frame(frameType.headers, flag.endHeaders, 0, headers),
        frame(frameType.data, flag.endStream, 0, data),
      ]);
    const spelt = [
      remembered(4, issueCouponPath),
      remembered(1, authority),
      remembered(31, "application/grpc"),
      remembered("te", "trailers"),
    ];
    this.#first = request(Buffer.concat([fixed, ...spelt]));
    this.#next = request(Buffer.concat([fixed, numbers]));
    this.#digitsFromEnd = digits + after.length;
  }

  /** Requests of new users on streams from `stream` on, each two further than the one before; 1 is a connection's first. */
  make(stream: number, count: number): Buffer {
    const firsts = stream === 1 ? 1 : 0;
    const bytes = Buffer.allocUnsafe(firsts * this.#first.length + (count - firsts) * this.#next.length);
    for (let i = 0, at = 0; i < count; i++) {
      const template = i < firsts ? this.#first : this.#next;
      bytes.set(template, at);
      const headersBytes = headBytes + template.readUIntBE(0, 3);
      bytes.writeUInt32BE(stream + 2 * i, at + 5);
      bytes.writeUInt32BE(stream + 2 * i, at + headersBytes + 5);
      at += template.length;
      bytes.write(String(++this.#users).padStart(digits, "0"), at - this.#digitsFromEnd, "latin1");
    }
    return bytes;
  }
}

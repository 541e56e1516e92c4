import type { Random } from "../../simulate/random.ts";

/** Protobuf's binary format as it may be, and as it may not (the encoding spec, "Message Structure"). */

export function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

/** The same value with bytes that add nothing, or more bytes than a varint has. */
export function overlongVarint(value: bigint, random: Random): Buffer {
  const bytes = [...varint(value)];
  bytes[bytes.length - 1]! |= 128;
  for (let more = random.pick([1, 3, 8, 12, 40]); more > 0; more--) bytes.push(128);
  return Buffer.from([...bytes, random.pick([0, 1, 127])]);
}

export function tag(no: number, wireType: number): Buffer {
  return varint((BigInt(no) << 3n) | BigInt(wireType));
}

export function delimited(no: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([tag(no, 2), varint(BigInt(bytes.length)), bytes]);
}

/** A field that no message has, or that is not as its message has it. */
export function oddField(no: number, random: Random): Buffer {
  const strange = random.chance(0.5) ? no : random.pick([0, 19_000, 536_870_911, 536_870_912, 2 ** 40]);
  const bytes = random.bytes(random.between(0, 24));
  switch (random.between(0, 9)) {
    case 0:
      return Buffer.concat([tag(strange, 0), overlongVarint(BigInt(random.between(0, 300)), random)]);
    case 1:
      return Buffer.concat([tag(strange, 1), random.bytes(8)]);
    case 2:
      return Buffer.concat([tag(strange, 5), random.bytes(4)]);
    case 3:
      return delimited(strange, bytes);
    case 4:
      return Buffer.concat([tag(strange, 2), varint(random.pick(hugeLengths)), bytes]);
    case 5:
      return Buffer.concat([tag(strange, 3), bytes, tag(strange, 4)]);
    case 6:
      return tag(strange, random.pick([4, 6, 7]));
    case 7:
      return Buffer.alloc(random.pick([10, 200, 20_000]), tag(Math.min(strange, 15) || 1, 3));
    case 8:
      return nested(no, random.pick([5, 120, 3_000]));
    default:
      return Buffer.concat([tag(strange, 0), varint(BigInt(random.between(0, 2 ** 31)))]);
  }
}

const hugeLengths = [100n, 65_536n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n];

/** A field within itself within itself. */
function nested(no: number, depth: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level++) {
    const head = Buffer.concat([tag(no, 2), varint(BigInt(length))]);
    parts.push(head);
    length += head.length;
  }
  return Buffer.concat(parts.reverse());
}

import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { integerFor, oddIntegers, type Scalars, textFor } from "./scalars.ts";
import { delimited, oddField, overlongVarint, tag, varint } from "./wire.ts";

const deepest = 6;

/** A message in protobuf's binary format, by its descriptor: good mostly, and else wrong in one of the ways there are. */
export function binaryMessage(desc: DescMessage, scalars: Scalars, depth = 0): Buffer {
  const { random, oddness } = scalars;
  const parts: Buffer[] = [];
  for (const field of chosen(desc, scalars)) {
    if (random.chance(oddness * 0.3)) parts.push(oddField(field.number, random));
    else parts.push(binaryField(field, scalars, depth));
    // The last one counts, and of a message they add up.
    if (random.chance(oddness * 0.2)) parts.push(parts.at(-1)!);
  }
  if (random.chance(oddness * 0.4)) parts.push(oddField(random.between(1, 40), random));
  const bytes = Buffer.concat(parts);
  return random.chance(oddness * 0.2) ? bytes.subarray(0, random.between(0, bytes.length)) : bytes;
}

/** Of a oneof one, unless it is to be odd. */
export function chosen({ fields }: DescMessage, { random, oddness }: Scalars): DescField[] {
  const fill = random.pick([0.3, 0.6, 0.9]);
  const taken = new Set<string>();
  const picked: DescField[] = [];
  for (const field of random.chance(0.5) ? fields : [...fields].reverse()) {
    const usual = /campaign_id|user_id|^code$|^campaign$|end_time/.test(field.name) ? 0.95 : fill;
    if (!random.chance(usual)) continue;
    const { oneof } = field;
    if (oneof && taken.has(oneof.name) && !random.chance(oddness)) continue;
    if (oneof) taken.add(oneof.name);
    picked.push(field);
  }
  return picked;
}

function binaryField(field: DescField, scalars: Scalars, depth: number): Buffer {
  const { random, oddness } = scalars;
  const { number } = field;
  const times = howOften(field, scalars);
  const one = (): Buffer => {
    switch (field.fieldKind) {
      case "message":
        return delimited(number, submessage(field.message, scalars, depth));
      case "enum":
        return Buffer.concat([tag(number, 0), varint(enumNumber(field.enum, scalars))]);
      case "map": {
        const value = field.mapKind === "message" ? submessage(field.message, scalars, depth) : undefined;
        const key = delimited(1, Buffer.from(textFor(field.localName, scalars)));
        return delimited(
          number,
          Buffer.concat([key, value ? delimited(2, value) : delimited(2, Buffer.from(textFor("", scalars)))]),
        );
      }
      case "list":
        if (field.listKind === "message") return delimited(number, submessage(field.message, scalars, depth));
        if (field.listKind === "enum")
          return Buffer.concat([tag(number, 0), varint(enumNumber(field.enum, scalars))]);
        return binaryScalar(number, field.scalar, field.localName, scalars);
      case "scalar":
        return binaryScalar(number, field.scalar, field.localName, scalars);
    }
  };
  const all = Buffer.concat(Array.from({ length: times }, one));
  // Now and then one of them many times, which costs nothing to make.
  return field.fieldKind === "list" && random.chance(oddness * 0.02)
    ? Buffer.concat(Array(random.pick([1_001, 10_001])).fill(one()))
    : all;
}

/** How many elements a field has, which has one unless it is a list. */
export function howOften({ fieldKind }: DescField, { random }: Scalars): number {
  return fieldKind === "list" || fieldKind === "map" ? random.pick([0, 1, 1, 2, 3, 8]) : 1;
}

function submessage(desc: DescMessage, scalars: Scalars, depth: number): Buffer {
  return depth < deepest ? binaryMessage(desc, scalars, depth + 1) : Buffer.alloc(0);
}

export function enumNumber({ values }: DescEnum, { random, oddness }: Scalars): bigint {
  return random.chance(oddness) ? random.pick(oddIntegers) : BigInt(random.pick(values).number);
}

function binaryScalar(no: number, type: ScalarType, name: string, scalars: Scalars): Buffer {
  const { random, oddness } = scalars;
  switch (type) {
    case ScalarType.STRING: {
      const bytes = Buffer.from(textFor(name, scalars));
      return delimited(no, random.chance(oddness * 0.2) ? notUtf8(bytes, random.between(0, 4)) : bytes);
    }
    case ScalarType.BYTES:
      return delimited(no, random.bytes(random.pick([0, 1, 31, 32, 33, 1_024, 1_025])));
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return Buffer.concat([tag(no, 1), random.bytes(8)]);
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return Buffer.concat([tag(no, 5), random.bytes(4)]);
    case ScalarType.BOOL:
      return Buffer.concat([tag(no, 0), varint(random.chance(0.9) ? 1n : random.pick(oddIntegers))]);
    default: {
      const value = integerFor(name, scalars);
      return Buffer.concat([
        tag(no, 0),
        random.chance(oddness * 0.1) ? overlongVarint(value, random) : varint(value),
      ]);
    }
  }
}

/** A lone continuation, a surrogate, an overlong form, a byte that never is, a beginning without an end. */
function notUtf8(bytes: Buffer, how: number): Buffer {
  const wrong = [[0x80], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xff], [0xf0, 0x9f]][how]!;
  return Buffer.concat([bytes, Buffer.from(wrong)]);
}

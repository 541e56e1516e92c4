import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { chosen, enumNumber, howOften } from "./message.ts";
import { integerFor, oddTexts, type Scalars, textFor } from "./scalars.ts";

const deepest = 6;
const dayMs = 86_400_000;

/** A message in protobuf's JSON by its descriptor, as text: what is wrong may be in the JSON or in what it says. */
export function jsonMessage(desc: DescMessage, scalars: Scalars): string {
  const { random, oddness } = scalars;
  const text = objectText(desc, scalars, 0);
  if (!random.chance(oddness * 0.2)) return text;
  const at = random.between(0, text.length);
  return random.pick([
    text.slice(0, at),
    `${text}${text}`,
    `\ufeff${text}`,
    `[${text}]`,
    `${text.slice(0, at)}\0${text.slice(at)}`,
    `${text.slice(0, at)},${text.slice(at)}`,
    text.replaceAll('"', "'"),
    `${"[".repeat(5_000)}`,
    `${'{"campaign":'.repeat(3_000)}`,
    "",
    "null",
    "NaN",
  ]);
}

function objectText(desc: DescMessage, scalars: Scalars, depth: number): string {
  const { random, oddness } = scalars;
  const wellKnown = wellKnownText(desc, scalars);
  if (wellKnown !== undefined) return wellKnown;
  const members: string[] = [];
  for (const field of chosen(desc, scalars)) {
    const key = random.chance(0.8) ? field.jsonName : field.name;
    const value = random.chance(oddness * 0.4) ? oddValue(scalars) : fieldText(field, scalars, depth);
    members.push(`${keyText(key, scalars)}:${value}`);
    if (random.chance(oddness * 0.1)) members.push(`${JSON.stringify(key)}:${value}`);
  }
  if (random.chance(oddness * 0.3)) members.push(`${JSON.stringify(random.pick(oddTexts))}:1`);
  if (random.chance(oddness * 0.1)) members.push('"__proto__":{"campaignId":"x"}', '"constructor":null');
  return `{${members.join(",")}}`;
}

function keyText(key: string, { random, oddness }: Scalars): string {
  if (!random.chance(oddness * 0.1)) return JSON.stringify(key);
  return `"${[...key].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
}

function fieldText(field: DescField, scalars: Scalars, depth: number): string {
  const { random } = scalars;
  const one = (): string => {
    switch (field.fieldKind) {
      case "message":
        return depth < deepest ? objectText(field.message, scalars, depth + 1) : "{}";
      case "enum":
        return enumText(field.enum, scalars);
      case "list":
        if (field.listKind === "message")
          return depth < deepest ? objectText(field.message, scalars, depth + 1) : "{}";
        return field.listKind === "enum"
          ? enumText(field.enum, scalars)
          : scalarText(field.scalar, field.localName, scalars);
      case "map":
        return `${JSON.stringify(textFor(field.localName, scalars))}:${stringText("", scalars)}`;
      case "scalar":
        return scalarText(field.scalar, field.localName, scalars);
    }
  };
  const texts = Array.from({ length: howOften(field, scalars) }, one);
  if (field.fieldKind === "list") {
    const many = random.chance(scalars.oddness * 0.01) ? Array(1_001).fill(one()) : texts;
    return `[${many.join(",")}]`;
  }
  return field.fieldKind === "map" ? `{${texts.join(",")}}` : texts[0]!;
}

function enumText(desc: Parameters<typeof enumNumber>[0], scalars: Scalars): string {
  const { random } = scalars;
  return random.chance(0.7)
    ? JSON.stringify(random.pick(desc.values).name)
    : String(enumNumber(desc, scalars));
}

function scalarText(type: ScalarType, name: string, scalars: Scalars): string {
  const { random, oddness } = scalars;
  switch (type) {
    case ScalarType.STRING:
      return stringText(name, scalars);
    case ScalarType.BYTES:
      return JSON.stringify(
        random.chance(oddness)
          ? random.pick(["=", "a", "ab-_", "\u00e9", "AAAA====", " AA=="])
          : random.bytes(random.pick([0, 1, 32, 1_024])).toString(random.pick(["base64", "base64url"])),
      );
    case ScalarType.BOOL:
      return random.chance(oddness)
        ? random.pick(['"true"', "1", "null", "TRUE"])
        : random.pick(["true", "false"]);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return random.pick(['"NaN"', "1e308", "1e309", "-0", "0.1"]);
    default:
      return numberText(integerFor(name, scalars), scalars);
  }
}

function numberText(value: bigint, { random, oddness }: Scalars): string {
  if (!random.chance(oddness)) return String(value);
  return random.pick([
    `"${value}"`,
    `${value}.0`,
    `${value}.5`,
    `${value}e0`,
    `1e${value % 400n}`,
    `0${value}`,
    `" ${value}"`,
    `-${value}`,
    "9".repeat(400),
  ]);
}

/** Escapes that say what no text can: half of a pair. */
function stringText(name: string, scalars: Scalars): string {
  const text = JSON.stringify(textFor(name, scalars));
  const { random, oddness } = scalars;
  if (!random.chance(oddness * 0.3)) return text;
  const wrong = random.pick(["\\ud800", "\\udfff\\ud800", "\\ud83d\\ude00", "\\u0000", "\\x41", "\\", "\n"]);
  return `${text.slice(0, -1)}${wrong}"`;
}

function oddValue({ random }: Scalars): string {
  return random.pick([
    "null",
    "true",
    "[]",
    "{}",
    "[[]]",
    '""',
    "0",
    "-1",
    "1e400",
    '{"a":{"b":[null]}}',
    '"x"',
  ]);
}

/** Messages that JSON has forms of their own for. */
function wellKnownText({ typeName }: DescMessage, { random, oddness, nowMs }: Scalars): string | undefined {
  const odd = random.chance(oddness);
  switch (typeName) {
    case "google.protobuf.Timestamp": {
      const offsetMs = random.pick([-1, 0, 0.01, 1, 30, 400, 36_500]) * dayMs;
      return JSON.stringify(odd ? random.pick(oddTimes) : new Date(nowMs + offsetMs).toISOString());
    }
    case "google.protobuf.Duration":
      return JSON.stringify(odd ? random.pick(oddDurations) : `${random.between(0, 700_000)}s`);
    case "google.protobuf.FieldMask":
      return JSON.stringify(
        odd ? random.pick(["name,,name", "a_b", ".", "é"]) : random.pick(["name", "endTime,prizes", ""]),
      );
    default:
      return undefined;
  }
}

const oddTimes = [
  ...[
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "10000-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
  ],
  ...["2026-11-21T25:00:00Z", "2026-11-21", "now", "", "2026-11-21T00:00:00+25:00", "2016-12-31T23:59:60Z"],
];
const oddDurations = [
  "-1s",
  "0s",
  "315576000000s",
  "315576000001s",
  "1e3s",
  "0.0000000001s",
  "1",
  "s",
  "NaNs",
];

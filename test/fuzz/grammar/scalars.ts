import type { Random } from "../../simulate/random.ts";
import type { Known } from "./known.ts";

const dayMs = 86_400_000;

/** Text that some part of a program takes for something else. */
export const oddTexts: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\r\nx-injected: 1",
  "\u{1F600}",
  "\u{1F600}".repeat(32),
  "e\u0301",
  "\u00e9",
  "\u212b",
  "\uFEFFbom",
  "\u202Ertl",
  "\ufffd",
  "\uffff",
  "가".repeat(43),
  "x".repeat(63),
  "x".repeat(64),
  "x".repeat(127),
  "x".repeat(128),
  "x".repeat(129),
  "x".repeat(5_000),
  "'; --",
  "%00%ff",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "NaN",
  "-1",
  "1e999",
  "0x10",
  "{{7*7}}",
  "\\u0000",
  '"',
  "\u2028",
];

export const oddIntegers: readonly bigint[] = [
  0n,
  1n,
  2n,
  99n,
  100n,
  101n,
  127n,
  128n,
  255n,
  256n,
  999n,
  1_000n,
  1_001n,
  65_534n,
  65_535n,
  65_536n,
  1_000_000n,
  1_000_001n,
  100_000_000n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  -1n,
  -(2n ** 31n),
  -(2n ** 63n),
];

const zones = ["UTC", "Asia/Seoul", "America/New_York", "Pacific/Apia", "Middle/Earth", "+09:00", "utc", "Z"];
const masks = [
  ...["name", "start_time", "end_time", "time_zone", "prizes", "limits", "coupon_expire_time", "id", "*"],
  ...[
    "coupon_lifetime",
    "mechanic",
    "code_format",
    "prizes.0.quota",
    "",
    "name,name",
    "__proto__",
    "endTime",
  ],
];
const phones = ["+821012345678", "+82 10-1234-5678", "01012345678", "+1", "+00000000000", "tel:+12025550123"];
const alphabets = [
  "0123456789",
  "01",
  "AB",
  "가나다라마바사아자차카타파하",
  "a",
  "AA",
  "😀😁😂",
  "\ud83d",
  "A B",
];

/** A text for a field of this name that a server may well take. */
function likely(name: string, random: Random, nowMs: number): string {
  const day = (offset: number) => new Date(nowMs + offset * dayMs).toISOString().slice(0, 10);
  switch (name) {
    case "campaignId":
    case "id":
      return `made-${random.between(0, 9_999)}`;
    case "userId":
      return `user-${random.between(0, 199)}`;
    case "requestId":
    case "orderId":
    case "uploadId":
      return `${name}-${random.between(0, 99)}`;
    case "prizeId":
      return random.pick(["p1", "p2", "p3", "none"]);
    case "date":
      return random.pick([
        day(0),
        day(-1),
        day(1),
        day(-400),
        day(400),
        "2026-02-30",
        "0000-00-00",
        "2026-1-1",
      ]);
    case "address":
      return random.pick(["203.0.113.7", "2001:db8::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4:5", "::"]);
    case "timeZone":
      return random.pick(zones);
    case "phoneNumber":
      return random.chance(0.5) ? `+8210${random.between(10_000_000, 99_999_999)}` : random.pick(phones);
    case "region":
      return random.pick(["KR", "US", "kr", "ZZ", "001"]);
    case "alphabet":
      return random.pick(alphabets);
    case "prefix":
      return random.pick(["", "A", "A-", "-".repeat(64), "가"]);
    case "paths":
      return random.pick(masks);
    case "codes":
    case "code":
      return random.bytes(5).toString("hex").toUpperCase();
    default:
      return random.bytes(random.between(0, 12)).toString("hex");
  }
}

export interface Scalars {
  readonly random: Random;
  readonly known: Known;
  readonly nowMs: number;
  /** How often a value is an odd one. */
  readonly oddness: number;
}

export function textFor(name: string, { random, known, nowMs, oddness }: Scalars): string {
  if (random.chance(oddness)) {
    const text = random.pick(oddTexts);
    return random.chance(0.5) ? text : tampered(known.pick(name, random) ?? text, random);
  }
  const seen = random.chance(0.75) ? known.pick(name, random) : undefined;
  return seen ?? likely(name, random, nowMs);
}

function tampered(text: string, random: Random): string {
  const at = random.between(0, Math.max(text.length - 1, 0));
  const middle = random.pick(["", "A", "\0", text.charAt(at) + text.charAt(at), "é", "="]);
  return text.slice(0, at) + middle + text.slice(at + 1);
}

/** Small numbers, mostly; those that were seen in a field of this name; and odd ones. */
export function integerFor(name: string, { random, known, nowMs, oddness }: Scalars): bigint {
  if (random.chance(oddness)) return random.pick(oddIntegers);
  const seen = random.chance(0.6) ? known.pick(name, random) : undefined;
  if (seen !== undefined && /^\d{1,18}$/.test(seen)) return BigInt(seen);
  if (name === "seconds") return BigInt(Math.floor(nowMs / 1_000) + random.between(-100_000, 1_000_000));
  return BigInt(random.between(0, random.pick([1, 3, 10, 100, 5_000])));
}

import type { TakeReason } from "../../campaign/reason.ts";
import type { Outcome } from "../store.ts";
import { refusalBytes, todayBytes } from "./encode.ts";
import { readSerial } from "./serial.ts";

const reasons = new Map<number, { reason: TakeReason; today: boolean }>();
for (const [bytes, today] of [
  [refusalBytes, false],
  [todayBytes, true],
] as const) {
  for (const [reason, byte] of Object.entries(bytes)) {
    reasons.set(byte.charCodeAt(0), { reason: reason as TakeReason, today });
  }
}
const at = (byte: string) => byte.charCodeAt(0);
const issued = at("I");
const again = at("A");
const dry = at("D");
const otherDay = at("O");
const bare = new Map<number, Outcome>([
  [at("S"), { kind: "stale" }],
  [at("B"), { kind: "ledger-behind" }],
  [at("R"), { kind: "reused" }],
  [at("?"), { kind: "unknown" }],
]);

/**
 * One group's outcomes, from the bytes that functions/take.lua describes. Takes that were refused alike share one outcome.
 */
export function decodeOutcomes(bytes: Buffer, isNumbered: boolean, nowMs: number): Outcome[] {
  const outcomes: Outcome[] = [];
  const numberBytes = isNumbered ? 2 : 0;
  const numberAt = (i: number) => (isNumbered ? bytes.readUInt16BE(i) : 0);
  let last = 0;
  for (let i = 0; i < bytes.length; ) {
    const kind = bytes[i]!;
    if (kind === issued) {
      const takes = bytes.readUInt16BE(i + 1);
      const first = readSerial(bytes, i + 3);
      const number = numberAt(i + 9);
      for (let t = 0; t < takes; t++) {
        const serial = first === undefined ? undefined : first + t;
        outcomes.push({ kind: "issued", serial, number, timeMs: nowMs, replayed: false });
      }
      i += 9 + numberBytes;
    } else if (kind === again) {
      const serial = readSerial(bytes, i + 1);
      const timeMs = bytes.readUIntBE(i + 7, 6);
      outcomes.push({ kind: "issued", serial, number: numberAt(i + 13), timeMs, replayed: true });
      i += 13 + numberBytes;
    } else if (kind === dry) {
      outcomes.push({ kind: "dry", pool: bytes[i + 1]! - 1 });
      i += 2;
    } else {
      outcomes.push(kind === last ? outcomes.at(-1)! : refused(kind, nowMs));
      i++;
    }
    last = kind;
  }
  return outcomes;
}

function refused(kind: number, nowMs: number): Outcome {
  if (kind === otherDay) return { kind: "other-day", nowMs };
  const refusal = reasons.get(kind);
  return refusal ? { kind: "refused", ...refusal, nowMs } : bare.get(kind)!;
}

/** What is left in the pools that a batch looked into: [pool's place from 0, serials]. */
export function decodeLevels(text: string): [number, number][] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [place, stock] = part.split(":");
    return [Number(place) - 1, Number(stock)];
  });
}

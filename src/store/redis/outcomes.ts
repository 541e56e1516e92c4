import type { TakeReason } from "../../campaign/reason.ts";
import type { Outcome } from "../store.ts";
import { refusalBytes, todayBytes } from "./encode.ts";

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

/** One group's outcomes, from the bytes that functions/take.lua describes. Takes that were refused alike share one outcome. */
export function decodeOutcomes(bytes: Buffer, nowMs: number): Outcome[] {
  const outcomes: Outcome[] = [];
  let last = 0;
  for (let i = 0; i < bytes.length; ) {
    const kind = bytes[i]!;
    if (kind === issued) {
      const takes = bytes.readUInt16BE(i + 1);
      const first = bytes.readUIntBE(i + 3, 6);
      for (let serial = first; serial < first + takes; serial++)
        outcomes.push({ kind: "issued", serial, number: 0, timeMs: nowMs, replayed: false });
      i += 9;
    } else if (kind === again) {
      const serial = bytes.readUIntBE(i + 1, 6);
      outcomes.push({
        kind: "issued",
        serial,
        number: 0,
        timeMs: bytes.readUIntBE(i + 7, 6),
        replayed: true,
      });
      i += 13;
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

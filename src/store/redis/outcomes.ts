import type { Reason } from "../../campaign/reason.ts";
import type { Outcome } from "../store.ts";
import { refusalBytes, todayBytes } from "./encode.ts";

const reasons = new Map<number, { reason: Reason; today: boolean }>();
for (const [bytes, today] of [
  [refusalBytes, false],
  [todayBytes, true],
] as const) {
  for (const [reason, byte] of Object.entries(bytes)) {
    reasons.set(byte.charCodeAt(0), { reason: reason as Reason, today });
  }
}
const at = (byte: string) => byte.charCodeAt(0);
const issued = at("I");
const again = at("A");
const dry = at("D");
const bare = new Map<number, Outcome>([
  [at("S"), { kind: "stale" }],
  [at("B"), { kind: "ledger-behind" }],
  [at("R"), { kind: "reused" }],
  [at("?"), { kind: "unknown" }],
]);

/** One group's outcomes, from the bytes that functions/take.lua describes. */
export function decodeOutcomes(bytes: Buffer, nowMs: number): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const kind = bytes[i]!;
    if (kind === issued || kind === again) {
      const serial = bytes.readUIntBE(i + 1, 6);
      const timeMs = bytes.readUIntBE(i + 7, 6);
      outcomes.push({ kind: "issued", serial, timeMs, replayed: kind === again });
      i += 12;
    } else if (kind === dry) {
      outcomes.push({ kind: "dry", pool: bytes[++i]! - 1 });
    } else if (kind === at("O")) {
      outcomes.push({ kind: "other-day", nowMs });
    } else {
      const refusal = reasons.get(kind);
      outcomes.push(refusal ? { kind: "refused", ...refusal, nowMs } : bare.get(kind)!);
    }
  }
  return outcomes;
}

/** What is left in the pools that a batch looked into: [pool's place from 0, serials]. */
export function decodeLevels(text: string): [number, number][] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [place, stock] = part.split(":");
    return [Number(place) - 1, Number(stock)];
  });
}

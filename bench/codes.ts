/**
 * What a code costs: serials into codes of the default format, in batches as a lane makes them, beside a
 * pure-JavaScript FF1 that takes them one by one. All sizes and the yardstick take turns in every round, so
 * that a busy machine slows them alike; the figures are medians over the rounds. Passes at 10 µs for a code
 * alone and 1 µs in a batch of 128.
 *
 *   node bench/codes.ts
 */
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { FF1 } from "@noble/ciphers/ff1.js";
import { codec } from "../src/codes/codec.ts";
import { DEFAULT_FORMAT } from "../src/codes/format.ts";

const ROUNDS = 21;
/** Long enough for each to collect its own garbage, rather than leave it to the next. */
const TURN_MS = 60;
const LIMITS_US = new Map([
  [1, 10],
  [128, 1],
]);

const key = randomBytes(32);
const { encode } = codec(DEFAULT_FORMAT, key);
const symbols = [...DEFAULT_FORMAT.alphabet];
const other = FF1(symbols.length, key);

let nextSerial = 0;

/** Microseconds a code, over one turn. */
function time(batchSize: number, encodeBatch: (serials: number[]) => string[]): number {
  const serials = new Array<number>(batchSize);
  const start = performance.now();
  let codes = 0;
  let elapsedMs = 0;
  while (elapsedMs < TURN_MS) {
    // The clock is read once in a while, so that it costs nothing.
    for (const end = codes + 200; codes < end; codes += batchSize) {
      for (let i = 0; i < batchSize; i++) serials[i] = nextSerial++;
      encodeBatch(serials);
    }
    elapsedMs = performance.now() - start;
  }
  return (elapsedMs * 1000) / codes;
}

function encodeByYardstick(serials: number[]): string[] {
  return serials.map((serial) => {
    const numerals = new Array<number>(DEFAULT_FORMAT.length);
    for (let at = DEFAULT_FORMAT.length - 1, rest = serial; at >= 0; at--) {
      numerals[at] = rest % symbols.length;
      rest = Math.floor(rest / symbols.length);
    }
    return other
      .encrypt(numerals)
      .map((numeral) => symbols[numeral])
      .join("");
  });
}

const contenders = [
  { name: "yardstick", batchSize: 1, encodeBatch: encodeByYardstick },
  ...[1, 8, 128, 1000].map((batchSize) => ({
    name: `batch of ${batchSize}`,
    batchSize,
    encodeBatch: encode,
  })),
].map((contender) => ({ ...contender, timesUs: [] as number[] }));

if (encode([1])[0] !== encodeByYardstick([1])[0]) throw new Error("the yardstick makes other codes");
for (let round = 0; round < ROUNDS; round++) {
  for (const { batchSize, encodeBatch, timesUs } of contenders) timesUs.push(time(batchSize, encodeBatch));
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const yardstickUs = median(contenders[0]!.timesUs);
console.log(`${cpus()[0]?.model}, Node ${process.version}, ${ROUNDS} rounds, AES-256`);
for (const { name, batchSize, timesUs } of contenders) {
  const us = median(timesUs);
  const limitUs = name === "yardstick" ? undefined : LIMITS_US.get(batchSize);
  const verdict = limitUs && (us <= limitUs ? `PASS (≤ ${limitUs})` : `FAIL (> ${limitUs})`);
  const ratio = `${(yardstickUs / us).toFixed(1)} ×`;
  console.log(
    `${name.padEnd(13)} ${us.toFixed(2).padStart(6)} µs a code ${ratio.padStart(8)}  ${verdict ?? ""}`,
  );
  if (limitUs && us > limitUs) process.exitCode = 1;
}

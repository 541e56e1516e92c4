import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { parseDurationMs } from "../../loadtest/cli/duration.ts";

export const usage = `usage: npm run faults -- [options]

  --for 30s      no new round after this time
  --kills N      until N processes were killed
  --seed S       of the first round; each next one has the next number
  --only TEXT    only faults whose name or kind has this in it
  --resume       go on with the campaign in docs/faults.md until its numbers are reached, and add this run to it

Without --for, --kills and --resume: one minute.
`;

export interface FaultOptions {
  forMs: number;
  kills: number;
  seed: number;
  only: string;
  resume: boolean;
}

/** Undefined: they make no sense. */
export function parseArguments(args: string[]): FaultOptions | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        for: { type: "string" },
        kills: { type: "string" },
        seed: { type: "string" },
        only: { type: "string" },
        resume: { type: "boolean" },
      },
    });
    const isBounded = values.for !== undefined || values.kills !== undefined || values.resume;
    const forMs = parseDurationMs(values.for ?? (isBounded ? "1000h" : "1m"));
    const kills = values.kills === undefined ? Number.POSITIVE_INFINITY : Number(values.kills);
    const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
    if (forMs === undefined || Number.isNaN(kills) || !Number.isSafeInteger(seed)) return undefined;
    return { forMs, kills, seed, only: values.only ?? "", resume: values.resume ?? false };
  } catch {
    return undefined;
  }
}

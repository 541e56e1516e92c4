import { describe, expect, test } from "vitest";
import { startEmbedded } from "./faults/embedded-stand.ts";
import type { Fault, FaultKind } from "./faults/fault.ts";
import { faults } from "./faults/faults/faults.ts";
import { startLent } from "./faults/lent-stand.ts";
import { preload } from "./faults/preload/preload.ts";
import { playRound } from "./faults/round.ts";
import type { Stand } from "./faults/stand.ts";
import { Random } from "./simulate/random.ts";

const kinds: Record<Stand["kind"], FaultKind[]> = {
  lent: ["server", "redis", "mysql", "two", "hop", "hop", "resource", "clock", "aof"],
  embedded: ["server", "hop", "resource", "clock", "sqlite"],
};

const start = { lent: () => startLent({ servers: 2, drainApart: true }), embedded: startEmbedded };

/** A slice of the campaign of `npm run faults`: every kind of fault once, under load, and then the audit. */
describe("broken processes, under load", () => {
  test.each(["lent", "embedded"] as const)(
    "%s: nothing lost, doubled or over",
    { timeout: 180_000 },
    async (kind) => {
      const seed = Number(process.env.FAULTS_SEED ?? 20261121);
      const random = new Random(seed);
      const canCompile = (await preload("disk")) !== undefined;
      const choice = faults.filter(
        ({ stands, needs }) => stands.includes(kind) && (canCompile || needs !== "cc"),
      );
      const chosen = kinds[kind].flatMap((of): Fault[] => {
        const ofKind = choice.filter((fault) => fault.kind === of);
        return ofKind.length > 0 ? [random.pick(ofKind)] : [];
      });
      const stand = await start[kind]();
      let isWell = false;
      try {
        const { violations, struck, acknowledged } = await playRound(stand, seed, chosen);
        isWell = violations.length === 0;
        expect(violations, `FAULTS_SEED=${seed}; kept in ${stand.dir}`).toEqual([]);
        expect(struck.map(({ fault }) => fault.name)).toEqual(chosen.map(({ name }) => name));
        expect(acknowledged).toBeGreaterThan(500);
      } finally {
        await stand.stop(!isWell);
      }
    },
  );
});

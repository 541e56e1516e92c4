import { LedgerUnavailable } from "../../../src/ledger/ledger.ts";
import type { Owner } from "../clock.ts";
import type { World } from "../world.ts";
import type { LedgerWire } from "./dialect.ts";

const deadlineMs = 3_000;
const latencyMs = 0.3;
const slowMs = 600;

/** Whether the database can be reached now. */
export interface Reach {
  isUp: boolean;
}

/** The way from a server to the database. */
export function ledgerWire(world: World, owner: Owner, reach: Reach): LedgerWire {
  const fail = async (what: string, delayMs: number): Promise<never> => {
    await world.sleep(owner, delayMs);
    throw new LedgerUnavailable(`MySQL: ${what}`);
  };
  const pass = async (sql: string, way: "request" | "reply", meanMs: number) => {
    const { random, faults, trace } = world;
    if (!reach.isUp) return fail("the server is gone", random.unit() * latencyMs);
    if (random.chance(faults.ledgerCut)) {
      trace.fault(`ledger-${way}-lost`, owner.name, sql.slice(0, 40));
      return fail(`${way} lost`, random.chance(0.5) ? random.unit() * latencyMs : deadlineMs);
    }
    const delayMs = random.chance(faults.ledgerSlow)
      ? random.around(slowMs)
      : meanMs && random.around(meanMs);
    if (delayMs > deadlineMs) return fail("no answer in time", deadlineMs);
    if (delayMs > 0) await world.sleep(owner, delayMs);
  };
  return {
    async connect() {
      await world.sleep(owner, world.random.around(latencyMs));
      if (!reach.isUp) await fail("it can't be reached", world.random.unit() * 2_000);
    },
    inTime: (turn) => {
      const late = Promise.withResolvers<void>();
      const timer = world.clock.after(owner, deadlineMs, () =>
        late.reject(new LedgerUnavailable("MySQL: other transactions were in the way")),
      );
      turn.then(() => {
        timer.isCancelled = true;
        late.resolve();
      });
      return late.promise;
    },
    request: (sql, parameters) => {
      world.trace.detail(
        "sql",
        () => `${owner.name} ${sql.slice(0, 70)} ${JSON.stringify(parameters).slice(0, 120)}`,
      );
      return pass(sql, "request", 0);
    },
    reply: (sql) => pass(sql, "reply", sql === "commit" ? latencyMs : 0),
  };
}

import { inBatches, overHttp1 } from "../generator/http1.ts";
import { atLeast } from "../line.ts";
import { type Benchmark, median } from "../result.ts";
import { ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const connections = 64;
const batch = { connections: 8, size: 500 };
const seconds = 5;
/** Each leaves hundreds of thousands of rows to drain. */
const roundsMax = 3;

/**
 * A partner's server that asks for many users at once. A burst, because it gives out faster than any ledger takes in: it stays within the
 * outbox's bound, and is drained when it is over, before the next turn.
 */
export const batches: Benchmark = {
  title: "IssueCoupons, 500 at a time",
  about: `A burst of ${seconds} s over ${batch.connections} connections, ${batch.size} new users in every request, drained afterwards; beside IssueCoupon over ${connections} connections.`,
  async run(options) {
    const rounds = Math.min(options.rounds, roundsMax);
    const drive = overHttp1(connections);
    await using field = new Field();
    const stand = await field.stand();
    const turns = await takeTurns(
      {
        issue: await field.issuing(stand, "issue", drive),
        batches: await field.issuing(stand, "batches", inBatches(batch.connections, batch.size)),
      },
      { rounds, seconds },
    );
    return {
      settings: { generator: drive.generator, rounds, seconds, connections, batch },
      lines: [
        atLeast("IssueCoupons ÷ IssueCoupon, coupons a second", ratios(turns.batches, turns.issue), 6),
        await field.audit(stand),
      ],
      contenders: turns,
      yardstick: "issue",
      figures: { couponsPerSecond: median(turns.batches.map(({ perSecond }) => perSecond)) },
    };
  },
};

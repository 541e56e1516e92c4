import { overHttp1 } from "../generator/http1.ts";
import { atLeast } from "../line.ts";
import type { Benchmark } from "../result.ts";
import { ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const connections = 64;
const seconds = 3;

/**
 * The line that everything else hangs on: a crowd that waits for its answers asks for coupons over Connect, a new user with every request,
 * and what it is given is drained into the ledger as it goes. Beside it what the same exchange costs without a store (echo), without
 * anything (bare), and by connect-node's adapter doing nothing; and ours through connect-node's own adapter.
 */
export const http1At64: Benchmark = {
  title: "IssueCoupon, Connect and protobuf over HTTP/1.1, 64 connections",
  about:
    "A new user with every request, limit 1, drained as it goes. *adapter* is the same through connect-node's own adapter, *nothing* that adapter with a handler that does nothing.",
  async run({ rounds }) {
    const drive = overHttp1(connections);
    await using field = new Field();
    const stand = await field.stand();
    const turns = await takeTurns(
      {
        bare: await field.yardstick("bare", drive),
        echo: await field.yardstick("echo", drive),
        nothing: await field.yardstick("nothing", drive),
        adapter: await field.issuing(stand, "adapter", overHttp1(connections, "application/Proto")),
        issue: await field.issuing(stand, "issue", drive),
      },
      { rounds, seconds },
    );
    return {
      settings: { generator: drive.generator, rounds, seconds, connections },
      lines: [
        atLeast("issue ÷ echo", ratios(turns.issue, turns.echo), 0.8),
        atLeast("issue ÷ connect-node doing nothing", ratios(turns.issue, turns.nothing), 2.5),
        atLeast("through connect-node's adapter ÷ doing nothing", ratios(turns.adapter, turns.nothing), 0.75),
        await field.audit(stand),
      ],
      contenders: turns,
      yardstick: "echo",
      figures: {},
    };
  },
};

import { http1Generator } from "../generator/http1.ts";
import { atLeast } from "../line.ts";
import type { Benchmark } from "../result.ts";
import { ratios, takeTurns } from "../rounds/take-turns.ts";
import { Field } from "./field.ts";

const connections = 256;
const seconds = 3;

/** What curl and browsers send: the same in JSON, beside an echo and an idle connect-node that speak JSON too. */
export const json: Benchmark = {
  title: "IssueCoupon, Connect and JSON over HTTP/1.1, 256 connections",
  about: "What curl and browsers send. The yardsticks beside it speak JSON too.",
  async run({ rounds }) {
    await using field = new Field(connections, "application/json");
    const stand = await field.stand();
    const turns = await takeTurns(
      {
        echo: await field.yardstick("echo"),
        nothing: await field.yardstick("nothing"),
        issue: await field.issuing(stand, "issue"),
      },
      { rounds, seconds },
    );
    return {
      settings: { generator: http1Generator, rounds, seconds, connections },
      lines: [
        atLeast("issue ÷ echo", ratios(turns.issue, turns.echo), 0.8),
        atLeast("issue ÷ connect-node doing nothing", ratios(turns.issue, turns.nothing), 2.5),
        await field.audit(stand),
      ],
      contenders: turns,
      yardstick: "echo",
      figures: {},
    };
  },
};
